/*
 * autoscaler.h - cluster-autoscaler as a controller with a loop
 *
 * Models: kubernetes/autoscaler cluster-autoscaler 1.34: core/static_autoscaler.go
 * (RunOnce every 10 s), scale-up by simulating copies of a node of each group with
 * the scheduler's own filters and choosing among the groups by an expander,
 * scale-down of nodes that were not needed for 10 min: empty ones at once, others
 * one at a time through the eviction API. It lives beside the scheduler because
 * it asks the scheduler's plugins.
 *
 * Left out: more than one drain at a time (--max-drain-parallelism is 1), provisioning
 * requests, priorities among groups.
 */
#pragma once

#include "client/controller.h"

/* What the cloud knows of one group of equal machines. */
typedef struct {
    const char *name; /* interned */
    guint min, max;
} AutoscalerGroup;

typedef enum { EXPANDER_LEAST_WASTE, EXPANDER_MOST_PODS, EXPANDER_RANDOM } AutoscalerExpander;

/* ControllerManagerOptions.config of its manager. */
typedef struct {
    const AutoscalerGroup *groups; /* (borrowed) */
    guint n_groups;
    AutoscalerExpander expander;
    gint64 unneeded_ns;          /* --scale-down-unneeded-time */
    gint64 unready_ns;           /* --scale-down-unready-time */
    gint64 delay_after_add_ns;   /* --scale-down-delay-after-add */
    gint64 delay_after_failure_ns; /* --scale-down-delay-after-failure */
    gint64 provision_limit_ns;   /* --max-node-provision-time */
    gint64 backoff_ns, backoff_max_ns, backoff_reset_ns; /* --initial-node-group-backoff-duration, --max-..., --...-reset-timeout */
    guint utilization_permille;  /* --scale-down-utilization-threshold */
    guint empty_bulk_max;        /* --max-empty-bulk-delete */
    guint version_minor;
    /* The cloud. target_size: machines asked for; group_of: of a node, by name; NULL: of none. */
    guint (*target_size)(gpointer user, const char *group);
    const char *(*group_of)(gpointer user, const char *node);
    const ApiObject *(*template_of)(gpointer user, const char *group); /* a node as the group would have it; NULL: it cannot say */
    void (*set_size)(gpointer user, const char *group, gint64 size);
    void (*delete_node)(gpointer user, const char *node, gint64 unused);
    gpointer user;
} AutoscalerConfig;

/* autoscaler_config_init: the defaults of its flags. */
void autoscaler_config_init(AutoscalerConfig *config);

extern const ControllerDef cluster_autoscaler;

#define AUTOSCALER_DELETE_TAINT "ToBeDeletedByClusterAutoscaler"
#define AUTOSCALER_SOFT_TAINT   "DeletionCandidateOfClusterAutoscaler"
