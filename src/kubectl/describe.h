/*
 * describe.h - what `kubectl describe` writes about an object
 *
 * A describer writes lines whose cells are separated by tabs; describe_align
 * makes columns of them. Models: k8s.io/kubectl pkg/describe v0.34.
 */
#pragma once

#include "kubectl/internal.h"

/* An object and what had to be asked for with it. */
typedef struct {
    const ApiObject *object;
    const GPtrArray *events;  /* of ApiObject; NULL: not to be shown */
    const GPtrArray *related; /* of ApiObject: replica sets, pods, slices; may be NULL */
    const GPtrArray *others;  /* of ApiObject: a namespace's limit ranges; may be NULL */
    const ApiObject *lease;   /* of a node, may be NULL */
    const ApiStatus *lease_status;
    gint64 wall_ns;
} Description;

typedef struct {
    const ApiKind *kind;
    void (*write)(GString *out, const Description *description);
    const ApiKind *related_kind; /* NULL: nothing else is needed */
    /* related: the list's selectors. */
    void (*related)(const ApiObject *object, ApiRequest *request);
    const ApiKind *other_kind; /* one more, only with related_kind; the same selectors */
    gboolean has_no_events;
} Describer;

extern const Describer describe_pod, describe_deployment, describe_replica_set, describe_replication_controller,
    describe_daemon_set, describe_stateful_set, describe_job, describe_cron_job, describe_hpa, describe_service,
    describe_endpoint_slice, describe_endpoints, describe_node, describe_namespace, describe_config_map,
    describe_secret, describe_service_account, describe_priority_class, describe_pdb,
    describe_resource_quota, describe_limit_range, describe_claim, describe_volume_of_cluster, describe_storage_class,
    describe_ingress_object, describe_network_policy, describe_role, describe_cluster_role, describe_role_binding,
    describe_cluster_role_binding, describe_csi_node;
/* describer_find: never NULL; a kind without one of its own is told field by field. */
const Describer *describer_find(const ApiKind *kind);

/* --- pieces ---------------------------------------------------------------------------- */

/* describe_line: @level * 2 blanks, then the text; adds no newline. */
void describe_line(GString *out, guint level, const char *format, ...) G_GNUC_PRINTF(3, 4);
/* describe_align: tabs to columns. (owned) */
char *describe_align(const char *text);
void describe_labels(GString *out, const char *title, const StrMap *labels);
void describe_annotations(GString *out, const char *title, const StrMap *annotations);
/* describe_head: Name, Namespace. */
void describe_head(GString *out, const ApiObject *object);
void describe_controller(GString *out, const ApiObject *object);
void describe_tolerations(GString *out, const char *title, const TolerationList *tolerations);
/* describe_quotas, describe_limit_ranges: those of a namespace, with their heads. */
void describe_quotas(GString *out, const GPtrArray *quotas);
void describe_limit_ranges(GString *out, const GPtrArray *ranges);
void describe_taints(GString *out, const TaintList *taints);
/* taint_text: "key=value:Effect". (interned) */
const char *taint_text(const Taint *taint);
void describe_events(GString *out, const GPtrArray *events, gint64 wall_ns);
/* event_interval: "5s", "4s (x2 over 1m)". (owned) */
char *event_interval(const EventBody *event, gint64 wall_ns);
/* describe_conditions: "Type Status Reason". */
void describe_conditions(GString *out, const ConditionList *conditions);
/* describe_count_phase: pods of the object (it controls them) among what was fetched with it. */
guint describe_count_phase(const Description *description, const char *phase);
/* describe_template: "Pod Template:" and what is in it. */
void describe_template(GString *out, const PodTemplateSpec *template_);
/* time_text: as RFC 1123; the zero time for 0. (owned) */
char *time_text(ApiTime time);
/* text_or: @text, or @other if it is empty. */
const char *text_or(const char *text, const char *other);

/* describe_containers.c, describe_volumes.c; @pod: NULL in a template. @space: "" or "  ". */
void describe_containers(GString *out,
                         const char *label,
                         const Container *containers,
                         guint count,
                         const ContainerStatusList *statuses,
                         const ApiObject *pod,
                         const char *space);
void describe_volumes(GString *out, const PodSpec *spec, const char *space);
/* endpoints_text: ready addresses of the slices' port called @name, three at most; "<none>" without slices. (owned) */
char *endpoints_text(const GPtrArray *slices, const char *name);
/* describe_limits: Limits and Requests. */
void describe_limits(GString *out, const ResourceRequirements *resources, guint level);
