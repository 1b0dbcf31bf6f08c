/*
 * tests/kubectl/support.h - what the tests of kubectl share
 */
#pragma once

#include "kubectl/internal.h"

#include <check.h>

/* object_from_yaml: decoded and defaulted; fails the test if it cannot be. (owned) */
ApiObject *object_from_yaml(const char *yaml);
/* value_from_text: a tree of YAML or JSON. (owned) */
Value *value_from_text(const char *text);
/* A wall time that the tests' objects lie before: 2026-11-20T12:00:00Z. */
#define NOW_NS (G_GINT64_CONSTANT(1795176000) * 1000000000)

/* A control plane without controllers and nodes, and a kubectl. */
typedef struct {
    Sim *sim;
    World *world;
    Machine *machine, *user;
    Etcd *etcd;
    ApiServer *server;
    Kubectl *kubectl;
} Cluster;
Cluster *cluster_new(void);
/* cluster_new_of: kubectl of 1.@minor. */
Cluster *cluster_new_of(guint minor);
void cluster_free(Cluster *cluster);

typedef struct {
    gboolean is_done;
    int exit;
    char *out, *err; /* (owned) */
} Output;
void output_clear(Output *output);
/* cluster_start: runs in the background of the simulation. */
void cluster_start(Cluster *cluster, const char *line, const char *input, Output *output);
/* cluster_run: until it ends; fails the test if it does not within a minute. */
void cluster_run(Cluster *cluster, const char *line, const char *input, Output *output);
