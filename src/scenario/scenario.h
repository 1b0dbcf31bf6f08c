/*
 * scenario.h - a scenario file, read and checked
 *
 * One YAML file: the Scenario document and, if wanted, manifests as further
 * documents. Files that it names (`manifests:`, -f of its kubectl commands) are
 * looked for beside it. Everything is read and checked before anything runs; all
 * mistakes are reported at once.
 */
#pragma once

#include "api/object.h"
#include "scenario/fields.h"
#include "world/runtime.h"

typedef struct {
    gint64 priority, grace_ns;
} ScShutdownGroup;

typedef struct {
    const char *name;
    gint64 count, first; /* count 0: the name stands alone */
    gboolean has_count;
    gint64 cpu_milli, memory_bytes, disk_bytes, max_pods;
    const char *zone, *region;
    LabelList labels;
    StringList taints; /* key=value:Effect */
    gint64 boot_min_ns, boot_max_ns;
    const char *instance_type; /* NULL: named after its size */
    gint64 autoscale_min, autoscale_max; /* max 0: its size stays */
    gint64 shutdown_ns, shutdown_critical_ns;
    ScList shutdown_groups; /* of ScShutdownGroup */
    LabelList eviction_hard; /* "memory.available" -> "100Mi"; empty: the defaults */
    LabelList eviction_soft, eviction_soft_grace, eviction_reclaim;
    gint64 eviction_max_grace_s, eviction_transition_ns;
    LabelList kube_reserved, system_reserved; /* "cpu" -> "100m" */
    gint64 image_gc_high, image_gc_low; /* percent */
} ScNodeGroup;

typedef struct {
    const char *expander;
    gint64 unneeded_ns, unready_ns, delay_after_add_ns, provision_limit_ns, utilization_percent;
} ScAutoscaler;

typedef struct {
    gint64 etcd_members;
    Dist fsync;
    gboolean has_fsync;
    gint64 apiservers, controller_managers, schedulers;
    gint64 replicas; /* of all four sorts, where they say nothing themselves; 0: not given */
    gboolean has_members, has_apiservers, has_controller_managers, has_schedulers;
} ScControlPlane;

typedef struct {
    Dist same_zone, cross_zone, external;
    gboolean has_same_zone, has_cross_zone, has_external;
    const char *pod_cidr, *service_cidr, *proxy; /* pod_cidr NULL: by the number of nodes; loaded, it is there */
    gint64 min_sync_ns;
    gboolean has_min_sync;
} ScNetwork;

typedef struct {
    gboolean is_there;
    gint64 resolution_ns;
} ScMetricsServer;

typedef struct {
    gboolean is_there;
    gint64 min_cpu_milli, min_memory_bytes, margin_percent;
} ScVpa;

/* The cloud that the cluster runs in. */
typedef struct {
    gboolean is_there;
    Dist latency; /* of one question to it */
    Dist provision;
    gboolean has_balancers;
    gint64 check_interval_ns, check_timeout_ns, unhealthy, healthy;
} ScCloud;

/* A metric that is no CPU and no memory, for autoscalers. */
typedef struct {
    gint64 at_ns, value_milli;
} ScMetricChange;
typedef struct {
    const char *name, *object;
    LabelList pods, external;
    gboolean has_pods, has_external, shared;
    gint64 value_milli;
    ScList changes; /* ScMetricChange */
} ScMetric;

typedef struct {
    ScControlPlane control_plane;
    ScList nodes; /* ScNodeGroup */
    ScNetwork network;
    const char *kubelet; /* "real", "ideal" */
    const char *dns;     /* "cluster", "none" */
    ScMetricsServer metrics_server;
    ScVpa vpa;
    const Value *feature_gates; /* NULL: as the version has them */
    ScAutoscaler autoscaler;
    ScCloud cloud;
} ScCluster;

typedef struct {
    const char *match;
    gint64 size_bytes;
    gboolean present, missing;
    gint64 delay_ns;
    const char *error;
} ScImage;

typedef struct {
    const char *image;
    LabelList labels;
} ScAppMatch;

typedef struct {
    gint64 cpu_ns, concurrency, backlog, memory_bytes;
    Dist wait;
    gboolean has_cpu, has_concurrency, has_backlog, has_memory, has_wait;
} ScAppRequest;

typedef struct {
    ScAppMatch match;
    Dist startup, stop;
    gboolean has_startup, has_stop;
    gboolean ignores_term, has_ignores_term, abrupt, has_abrupt, serves, has_serves;
    gint64 close_delay_ns, memory_bytes, memory_growth, idle_cpu_milli;
    gboolean has_close_delay, has_memory, has_memory_growth, has_idle_cpu;
    ScAppRequest request;
    gint64 exit_after_ns, exit_code, crash_after_ns, crash_exit_code;
    gboolean has_exit_after, has_crash_after;
    gint64 ready_delay_ns, unready_from_ns, unready_until_ns, unhealthy_after_ns;
    gboolean has_ready_delay, has_unready_from, has_unready_until, has_unhealthy_after;
} ScApplication;

typedef struct {
    const char *name, *from, *to, *arrivals;
    gint64 rate_micro, timeout_ns, retries, start_ns, stop_ns, client_ports;
    gboolean reuse, has_stop;
    /* derived from `to`: */
    const char *to_namespace, *to_service, *to_node;
    gboolean by_balancer; /* to_service, at the address of its load balancer */
    gint32 port;
} ScTraffic;

/* A million requests a second: more than the model is made for. */
#define SC_MAX_RATE_MICRO G_GINT64_CONSTANT(1000000000000)

/* Larger than any metric that makes sense. */
#define SC_MAX_METRIC_MILLI G_GINT64_CONSTANT(1000000000000000)

/* `traffic:` of an entry. */
typedef struct {
    const char *name;
    gint64 rate_micro;
    gboolean has_rate;
} ScChange;

typedef enum { ENTRY_KUBECTL, ENTRY_FAULT, ENTRY_MARK, ENTRY_TRAFFIC, ENTRY_SET } ScEntryVerb;

typedef struct {
    ScEntryVerb verb;
    const char *id, *after;
    gint64 at_ns, delay_ns, every_ns, times, until_ns;
    gboolean has_at, has_delay, has_every, has_times, has_until;
    const char *kubectl, *mark;
    const Value *fault, *traffic, *set; /* borrowed */
    const char *input;                  /* stdin of the command */
    char **argv;                        /* (owned) kubectl: words */
    const Value *source;                /* borrowed: where it stands */
    gpointer fault_args;                /* (owned) FaultArgs, see faults.h */
    ScChange change;                    /* `traffic`: what it says */
    ScApplication *application;         /* (owned) `set`: what it says */
    guint app_rule;                     /* `set`: its place among the rules */
} ScEntry;

typedef struct {
    const char *that, *always, *at, *after;
    gint64 within_ns;
    gboolean has_within;
    const Value *source;
} ScExpect;

typedef struct {
    const char *kubernetes_version;
    gint64 seed, duration_ns, epoch_ns;
    gboolean has_duration, has_epoch;
    const char *until;
    ScCluster cluster;
    ScList images;       /* ScImage */
    ScList applications; /* ScApplication */
    StringList manifests;
    ScList traffic;      /* ScTraffic */
    ScList metrics;      /* ScMetric */
    ScList timeline;     /* ScEntry */
    ScList expect;       /* ScExpect */
    StringList plots;
    const Value *parameters;
} ScSpec;

/* A document that is no Scenario: a manifest to apply at 0 s (or, a Node, to be there from the start). */
typedef struct {
    const char *file;   /* interned */
    const Value *value; /* borrowed from documents */
    const ApiKind *kind; /* NULL: unknown kind */
} ScManifest;

typedef struct Scenario {
    const char *file, *directory; /* interned */
    const char *name, *description;
    char *text; /* (owned) the file as read: for its hash */
    gsize text_length;
    ScSpec spec;
    guint version_minor;
    guint profile; /* that, and the gates that are set: profile.h */
    GPtrArray *documents; /* (owned) every tree that was read: Value* */
    GArray *manifests;    /* (owned) ScManifest, Nodes excepted */
    GArray *nodes;        /* (owned) ScManifest of kind Node */
    GHashTable *files;    /* (owned) path -> GString: every file it names, read once */
    ImageRule *image_rules; /* (owned) */
    guint n_image_rules;
    AppRule *app_rules; /* (owned) those of `set` entries come last and match nothing until they fire */
    guint n_app_rules;
    /* The API server keeps metadata.managedFields, whatever the timeline says: set by who will ask for them. */
    gboolean tracks_managers;
} Scenario;

/*
 * scenario_load: @path "-" reads standard input. @sets: PATH=VALUE overrides
 * ("spec.seed=9"), NULL-terminated, may be NULL. Mistakes go to @diag; the result
 * is complete only if there were no errors. NULL if nothing could be read. (owned)
 */
Scenario *scenario_load(const char *path, const char *const *sets, Diag *diag);
void scenario_free(Scenario *scenario);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Scenario, scenario_free)

/* scenario_check_file: a file that holds manifests only: decode, default, validate as the server would. */
void scenario_check_file(const char *path, Diag *diag);
/* scenario_read_file: a file beside the scenario; NULL if missing. (owned) */
char *scenario_read_file(const Scenario *scenario, const char *path, gsize *out_length);
/* scenario_list_files: names in a directory beside the scenario, sorted, those of directories with "/" behind. NULL: it is none. (owned) */
char **scenario_list_files(const Scenario *scenario, const char *path);

/* scenario_group_size: machines of a group: those that are there at first and those that its autoscaler could ask for. */
guint scenario_group_size(const ScNodeGroup *group);
/* scenario_node_names: every node, in order: groups expanded, then Node manifests. (owned array, interned items) */
GPtrArray *scenario_node_names(const Scenario *scenario);
/* scenario_pod_cidr_for: 10.244.0.0/16, and as much wider as it takes to give each of @n_nodes (to 32,768) a /24. (interned) */
const char *scenario_pod_cidr_for(guint n_nodes);
/* scenario_check_node_name: a mistake at @at unless there is a node of that name. */
void scenario_check_node_name(const ScReader *reader, const Scenario *scenario, const Value *at, const char *path, const char *name);
/* scenario_group_node_name: node number @index (from 0) of a group. (interned) */
const char *scenario_group_node_name(const ScNodeGroup *group, guint index);

extern const ScField scenario_spec_fields[], scenario_entry_fields[], scenario_application_fields[], scenario_change_fields[];
