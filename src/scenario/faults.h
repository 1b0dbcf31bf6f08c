/*
 * faults.h - things that break: words of Chaos Mesh and Litmus where they have one
 *
 * A fault touches the world only: power, processes, wires, disks. (podKill is
 * what Chaos Mesh means by it: a forced delete through the API.) Each fault is
 * one file in faults/ and one line in its list. With `duration` it undoes itself.
 * With `mttf` it begins anew at random, with the mean time between the end of
 * one failure and the next, exponentially distributed; so does `mttr` end it.
 */
#pragma once

#include "scenario/scenario.h"

typedef struct Cluster Cluster;
typedef struct FaultDef FaultDef;

/* The keys that faults have; each fault's table says which ones it takes. */
typedef struct {
    const FaultDef *def;
    const Value *source; /* borrowed */
    const char *node;
    StringList nodes;
    LabelList selector; /* labels of nodes, or of pods for pod faults */
    const char *mode;   /* one, all, fixed, percent */
    gint64 value;
    gint64 duration_ns, mttf_ns, mttr_ns;
    gboolean has_duration, has_mttf, has_mttr;
    const char *component, *pod, *namespace_, *container;
    gint64 exit_code, restart_ns, factor_milli, member, loss_percent;
    gboolean has_restart, has_member, gone;
    Dist latency;
    StringList peers; /* networkPartition: the other side; default everybody else */
} FaultArgs;

struct FaultDef {
    const char *name;
    const char *doc;
    const ScField *fields;
    gboolean takes_nodes; /* node, nodes, selector + mode + value */
    gboolean takes_pods;
    /* check: what the table cannot say. */
    void (*check)(const ScReader *reader, const Scenario *scenario, const FaultArgs *args, const char *path);
    void (*begin)(Cluster *cluster, const FaultArgs *args, Machine *const *nodes, guint n_nodes);
    /* misses: nothing is there that it could hit, so it does not begin: a sentence that says so (owned). NULL, or returns NULL: it hits. */
    char *(*misses)(Cluster *cluster, const FaultArgs *args);
    void (*end)(Cluster *cluster, const FaultArgs *args, Machine *const *nodes, guint n_nodes); /* NULL: cannot be undone */
    const char *over; /* after the name of what was hit, when it has ended: "is connected again" */
    /* tell: one plain sentence for the narration: "worker-2 loses power". (owned) */
    char *(*tell)(const FaultArgs *args, Machine *const *nodes, guint n_nodes);
};

extern const FaultDef *const fault_defs[]; /* NULL-terminated, sorted by name */
const FaultDef *fault_find(const char *name);

/* fault_read: {NAME: {...}}; mistakes are reported. NULL if the fault is unknown. (owned) */
FaultArgs *fault_read(const ScReader *reader, const Scenario *scenario, const Value *value, const char *path);
void fault_args_free(FaultArgs *args);

/* fault_begin: picks the targets (in @out_nodes, owned array of Machine*), does it, says it. Returns the sentence (owned). */
char *fault_begin(Cluster *cluster, const FaultArgs *args, GPtrArray **out_nodes);
/* fault_end: undoes it. Returns the sentence that says so (owned). */
char *fault_end(Cluster *cluster, const FaultArgs *args, GPtrArray *nodes);
