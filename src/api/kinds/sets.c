/* DaemonSet, StatefulSet, ControllerRevision: tables and kinds. */
#include "api/kinds/hooks.h"
#include "api/kinds/tables.h"


static const ApiField condition_fields[] = {
    {"type", API_STRING, AT(Condition, type), API_ALWAYS, .doc = "What the condition is about."},
    CONDITION_STATUS,
    CONDITION_TAIL,
    {0},
};
static const ApiType daemon_condition_type =
    TYPE("DaemonSetCondition", Condition, condition_fields, "One aspect of the set's state.");
static const ApiType stateful_condition_type =
    TYPE("StatefulSetCondition", Condition, condition_fields, "One aspect of the set's state.");

/* --- DaemonSet ------------------------------------------------------------------------------ */

static const ApiField daemon_rolling_fields[] = {
    {"maxUnavailable", API_INT_OR_STRING, AT(RollingUpdateDaemonSet, max_unavailable), .def = "1",
     .go_type = "intstr.IntOrString",
     .doc = "How many nodes may lack a ready pod during the update; a percentage is rounded up."},
    {"maxSurge", API_INT_OR_STRING, AT(RollingUpdateDaemonSet, max_surge), .def = "0",
     .go_type = "intstr.IntOrString",
     .doc = "How many nodes may have a new pod beside the old one; a percentage is rounded up."},
    {0},
};
static const ApiType daemon_rolling_type = TYPE("RollingUpdateDaemonSet",
                                                RollingUpdateDaemonSet,
                                                daemon_rolling_fields,
                                                "The pace of a rolling update.");

static const ApiField daemon_strategy_fields[] = {
    {"type", API_STRING, AT(DaemonSetUpdateStrategy, type), .def = "RollingUpdate",
     .go_type = "v1.DaemonSetUpdateStrategyType",
     .doc = "RollingUpdate, or OnDelete to replace a pod only once it was deleted by hand."},
    {"rollingUpdate", API_MESSAGE, AT(DaemonSetUpdateStrategy, rolling_update),
     .message = &daemon_rolling_type, .doc = "The pace of a rolling update."},
    {0},
};
static const ApiType daemon_strategy_type = TYPE("DaemonSetUpdateStrategy",
                                                 DaemonSetUpdateStrategy,
                                                 daemon_strategy_fields,
                                                 "How old pods are replaced by new ones.");

static const ApiField daemon_set_spec_fields[] = {
    {"selector", API_MESSAGE, AT(DaemonSetSpec, selector),
     API_REQUIRED | API_IMMUTABLE | API_ALWAYS, .message = &label_selector_type,
     .doc = "The pods that belong to the DaemonSet; must match the template's labels."},
    {"template", API_STRUCT, AT(DaemonSetSpec, template_), API_REQUIRED | API_ALWAYS,
     .message = &pod_template_spec_type, .doc = "The form that pods are made after, one per node."},
    {"updateStrategy", API_STRUCT, AT(DaemonSetSpec, update_strategy), API_ALWAYS,
     .message = &daemon_strategy_type, .doc = "How old pods are replaced by new ones."},
    {"minReadySeconds", API_INT32, AT(DaemonSetSpec, min_ready_s),
     .doc = "A new pod counts as available once it has been ready this long."},
    {"revisionHistoryLimit", API_OPT_INT32, AT(DaemonSetSpec, revision_history_limit), .def = "10",
     .doc = "How many old ControllerRevisions are kept for going back."},
    {0},
};
const ApiType daemon_set_spec_type =
    TYPE("DaemonSetSpec", DaemonSetSpec, daemon_set_spec_fields, "What is wanted.");

static const ApiField daemon_set_status_fields[] = {
    {"currentNumberScheduled", API_INT32, AT(DaemonSetStatus, current_scheduled), API_ALWAYS,
     .doc = "Number of nodes that should run the pod and have one."},
    {"numberMisscheduled", API_INT32, AT(DaemonSetStatus, misscheduled), API_ALWAYS,
     .doc = "Number of nodes that should not run the pod but have one."},
    {"desiredNumberScheduled", API_INT32, AT(DaemonSetStatus, desired_scheduled), API_ALWAYS,
     .doc = "Number of nodes that should run the pod."},
    {"numberReady", API_INT32, AT(DaemonSetStatus, ready), API_ALWAYS,
     .doc = "Number of nodes that should run the pod and have a ready one."},
    {"observedGeneration", API_INT64, AT(DaemonSetStatus, observed_generation),
     .doc = "The metadata.generation that the controller has acted on."},
    {"updatedNumberScheduled", API_INT32, AT(DaemonSetStatus, updated_scheduled),
     .doc = "Number of nodes with a pod made after the current template."},
    {"numberAvailable", API_INT32, AT(DaemonSetStatus, available),
     .doc = "Number of nodes with a pod that has been ready for minReadySeconds."},
    {"numberUnavailable", API_INT32, AT(DaemonSetStatus, unavailable),
     .doc = "Number of nodes that should have such a pod and do not."},
    {"collisionCount", API_OPT_INT32, AT(DaemonSetStatus, collision_count),
     .doc = "How often the name of a new ControllerRevision was already taken."},
    {"conditions", API_MESSAGE_LIST, AT(DaemonSetStatus, conditions),
     .message = &daemon_condition_type, .merge = API_MERGE_MERGE, .merge_key = "type",
     .doc = "Aspects of the DaemonSet's state."},
    {0},
};
const ApiType daemon_set_status_type =
    TYPE("DaemonSetStatus", DaemonSetStatus, daemon_set_status_fields, "What is there.");

/* v1.34 pkg/apis/apps/v1/defaults.go: SetDefaults_DaemonSet; the annotation is the internal templateGeneration. */
static void
daemon_set_set_defaults(ApiObject *object)
{
    DaemonSetSpec *spec = api_edit_spec(object);
    DaemonSetUpdateStrategy *strategy = &spec->update_strategy;

    if (str_is(strategy->type, "RollingUpdate") && strategy->rolling_update == NULL) {
        strategy->rolling_update = api_struct_new(&daemon_rolling_type);
        api_struct_default(&daemon_rolling_type, strategy->rolling_update);
    }
    pod_spec_set_defaults(&spec->template_.spec);
}

static gint64
template_generation(const ApiObject *object)
{
    const char *text = str_map_get(&object->meta->annotations, DAEMON_TEMPLATE_GENERATION);

    return text == NULL ? 0 : g_ascii_strtoll(text, NULL, 10);
}

static void
set_template_generation(ApiObject *object, gint64 generation)
{
    str_map_set(&api_edit_meta(object)->annotations, DAEMON_TEMPLATE_GENERATION,
                str_internf("%" G_GINT64_FORMAT, generation));
}

/* v1.34 pkg/registry/apps/daemonset/strategy.go */
static void
daemon_set_prepare_create(ApiObject *object)
{
    api_struct_clear(&daemon_set_status_type, api_edit_status(object));
    api_edit_meta(object)->generation = 1;
    set_template_generation(object, MAX(template_generation(object), 1));
}

static void
daemon_set_prepare_update(ApiObject *object, const ApiObject *old)
{
    const DaemonSetSpec *spec = object->spec;
    const DaemonSetSpec *old_spec = old->spec;
    gboolean has_new_template =
        spec != old_spec &&
        !api_struct_equal(&pod_template_spec_type, &spec->template_, &old_spec->template_);
    gint64 generation = template_generation(old) + (has_new_template ? 1 : 0);

    if (template_generation(object) != generation)
        set_template_generation(object, generation);
    set_generation(object, old, part_differs(&daemon_set_spec_type, object->spec, old->spec));
}

/* --- StatefulSet ---------------------------------------------------------------------------- */

static const ApiField stateful_rolling_fields[] = {
    {"partition", API_OPT_INT32, AT(RollingUpdateStatefulSet, partition), .def = "0",
     .doc = "Only pods with this ordinal or a higher one are updated."},
    {"maxUnavailable", API_INT_OR_STRING, AT(RollingUpdateStatefulSet, max_unavailable),
     .go_type = "intstr.IntOrString",
     .doc = "How many pods may be unavailable during the update; a percentage is rounded down."},
    {0},
};
static const ApiType stateful_rolling_type = TYPE("RollingUpdateStatefulSetStrategy",
                                                  RollingUpdateStatefulSet,
                                                  stateful_rolling_fields,
                                                  "The pace of a rolling update.");

static const ApiField stateful_strategy_fields[] = {
    {"type", API_STRING, AT(StatefulSetUpdateStrategy, type),
     .go_type = "v1.StatefulSetUpdateStrategyType",
     .doc = "RollingUpdate, or OnDelete to replace a pod only once it was deleted by hand."},
    {"rollingUpdate", API_MESSAGE, AT(StatefulSetUpdateStrategy, rolling_update),
     .message = &stateful_rolling_type, .doc = "The pace of a rolling update."},
    {0},
};
static const ApiType stateful_strategy_type = TYPE("StatefulSetUpdateStrategy",
                                                   StatefulSetUpdateStrategy,
                                                   stateful_strategy_fields,
                                                   "How old pods are replaced by new ones.");

static const ApiField retention_fields[] = {
    {"whenDeleted", API_STRING, AT(ClaimRetentionPolicy, when_deleted), .def = "Retain",
     .go_type = "v1.PersistentVolumeClaimRetentionPolicyType",
     .doc = "Whether claims go with the set: Retain or Delete."},
    {"whenScaled", API_STRING, AT(ClaimRetentionPolicy, when_scaled), .def = "Retain",
     .go_type = "v1.PersistentVolumeClaimRetentionPolicyType",
     .doc = "Whether claims go with pods that a smaller size removes: Retain or Delete."},
    {0},
};
static const ApiType retention_type = TYPE("StatefulSetPersistentVolumeClaimRetentionPolicy",
                                           ClaimRetentionPolicy,
                                           retention_fields,
                                           "What becomes of claims that are needed no more.");

static const ApiField ordinals_fields[] = {
    {"start", API_INT32, AT(StatefulSetOrdinals, start), API_ALWAYS,
     .doc = "Ordinal of the first pod."},
    {0},
};
static const ApiType ordinals_type = TYPE("StatefulSetOrdinals",
                                          StatefulSetOrdinals,
                                          ordinals_fields,
                                          "How pods are numbered.");

static const ApiField stateful_set_spec_fields[] = {
    {"replicas", API_OPT_INT32, AT(StatefulSetSpec, replicas), .def = "1",
     .doc = "Number of pods wanted."},
    {"selector", API_MESSAGE, AT(StatefulSetSpec, selector),
     API_REQUIRED | API_IMMUTABLE | API_ALWAYS, .message = &label_selector_type,
     .doc = "The pods that belong to the StatefulSet; must match the template's labels."},
    {"template", API_STRUCT, AT(StatefulSetSpec, template_), API_REQUIRED | API_ALWAYS,
     .message = &pod_template_spec_type, .doc = "The form that pods are made after."},
    {"volumeClaimTemplates", API_MESSAGE_LIST, AT(StatefulSetSpec, claim_templates),
     .message = &claim_template_type, .go_type = "v1.PersistentVolumeClaim",
     .doc = "Claims that each pod gets for itself."},
    {"serviceName", API_STRING, AT(StatefulSetSpec, service_name), API_IMMUTABLE | API_ALWAYS,
     .doc = "The headless Service that gives the pods their names in DNS."},
    {"podManagementPolicy", API_STRING, AT(StatefulSetSpec, pod_management_policy),
     .def = "OrderedReady", .go_type = "v1.PodManagementPolicyType",
     .doc = "OrderedReady: one after the other; Parallel: all at once."},
    {"updateStrategy", API_STRUCT, AT(StatefulSetSpec, update_strategy), API_ALWAYS,
     .message = &stateful_strategy_type, .doc = "How old pods are replaced by new ones."},
    {"revisionHistoryLimit", API_OPT_INT32, AT(StatefulSetSpec, revision_history_limit),
     .def = "10", .doc = "How many old ControllerRevisions are kept for going back."},
    {"minReadySeconds", API_INT32, AT(StatefulSetSpec, min_ready_s),
     .doc = "A new pod counts as available once it has been ready this long."},
    {"persistentVolumeClaimRetentionPolicy", API_MESSAGE, AT(StatefulSetSpec, claim_retention),
     .message = &retention_type, .doc = "What becomes of claims that are needed no more."},
    {"ordinals", API_MESSAGE, AT(StatefulSetSpec, ordinals), .message = &ordinals_type,
     .doc = "How pods are numbered."},
    {0},
};
const ApiType stateful_set_spec_type =
    TYPE("StatefulSetSpec", StatefulSetSpec, stateful_set_spec_fields, "What is wanted.");

static const ApiField stateful_set_status_fields[] = {
    {"observedGeneration", API_INT64, AT(StatefulSetStatus, observed_generation),
     .doc = "The metadata.generation that the controller has acted on."},
    {"replicas", API_INT32, AT(StatefulSetStatus, replicas), API_ALWAYS,
     .doc = "Number of pods that are there."},
    {"readyReplicas", API_INT32, AT(StatefulSetStatus, ready_replicas),
     .doc = "Number of pods that are ready."},
    {"currentReplicas", API_INT32, AT(StatefulSetStatus, current_replicas),
     .doc = "Number of pods of currentRevision."},
    {"updatedReplicas", API_INT32, AT(StatefulSetStatus, updated_replicas),
     .doc = "Number of pods of updateRevision."},
    {"currentRevision", API_STRING, AT(StatefulSetStatus, current_revision),
     .doc = "The revision that low ordinals still have during an update."},
    {"updateRevision", API_STRING, AT(StatefulSetStatus, update_revision),
     .doc = "The revision of the current template."},
    {"collisionCount", API_OPT_INT32, AT(StatefulSetStatus, collision_count),
     .doc = "How often the name of a new ControllerRevision was already taken."},
    {"conditions", API_MESSAGE_LIST, AT(StatefulSetStatus, conditions),
     .message = &stateful_condition_type, .merge = API_MERGE_MERGE, .merge_key = "type",
     .doc = "Aspects of the StatefulSet's state."},
    {"availableReplicas", API_INT32, AT(StatefulSetStatus, available_replicas), API_ALWAYS,
     .doc = "Number of pods that have been ready for minReadySeconds."},
    {0},
};
const ApiType stateful_set_status_type =
    TYPE("StatefulSetStatus", StatefulSetStatus, stateful_set_status_fields, "What is there.");

/* v1.34 pkg/apis/apps/v1/defaults.go: SetDefaults_StatefulSet: a given type gets no rollingUpdate. */
static void
stateful_set_set_defaults(ApiObject *object)
{
    StatefulSetSpec *spec = api_edit_spec(object);
    StatefulSetUpdateStrategy *strategy = &spec->update_strategy;

    if (str_is_empty(strategy->type)) {
        strategy->type = str_intern("RollingUpdate");
        if (strategy->rolling_update == NULL) {
            strategy->rolling_update = api_struct_new(&stateful_rolling_type);
            api_struct_default(&stateful_rolling_type, strategy->rolling_update);
        }
    }
    if (spec->claim_retention == NULL) {
        spec->claim_retention = api_struct_new(&retention_type);
        api_struct_default(&retention_type, spec->claim_retention);
    }
    pod_spec_set_defaults(&spec->template_.spec);
}

/* v1.34 pkg/registry/apps/statefulset/strategy.go */
static void
stateful_set_prepare_create(ApiObject *object)
{
    api_struct_clear(&stateful_set_status_type, api_edit_status(object));
    api_edit_meta(object)->generation = 1;
}

static void
stateful_set_prepare_update(ApiObject *object, const ApiObject *old)
{
    set_generation(object, old, part_differs(&stateful_set_spec_type, object->spec, old->spec));
}

/* --- ControllerRevision ----------------------------------------------------------------------- */

static const ApiField revision_fields[] = {
    {"data", API_RAW, AT(ControllerRevisionBody, data), .go_type = "runtime.RawExtension",
     .doc = "The state, as a patch to its owner."},
    {"revision", API_INT64, AT(ControllerRevisionBody, revision), API_REQUIRED | API_ALWAYS,
     .doc = "Position in the history of the owner."},
    {0},
};
static const ApiType revision_type = TYPE("ControllerRevision",
                                          ControllerRevisionBody,
                                          revision_fields,
                                          "A state that its owner had.");

/* --- the kinds ---------------------------------------------------------------------------------- */

const PodTemplateSpec *
workload_template(const ApiObject *object)
{
    if (object->kind == &deployment_kind)
        return &deployment_spec(object)->template_;
    if (object->kind == &replica_set_kind || object->kind == &replication_controller_kind)
        return &replica_set_spec(object)->template_;
    if (object->kind == &daemon_set_kind)
        return &daemon_set_spec(object)->template_;
    if (object->kind == &stateful_set_kind)
        return &stateful_set_spec(object)->template_;
    return NULL;
}

static const char *const daemon_set_short_names[] = {"ds", NULL};
static const char *const stateful_set_short_names[] = {"sts", NULL};

const ApiKind daemon_set_kind = {
    .kind = "DaemonSet",
    .group = "apps",
    .version = "v1",
    .plural = "daemonsets",
    .singular = "daemonset",
    .short_names = daemon_set_short_names,
    .is_namespaced = TRUE,
    .has_status = TRUE,
    .has_generation = TRUE,
    .allows_unconditional_update = TRUE,
    .in_all = TRUE,
    .spec = &daemon_set_spec_type,
    .status = &daemon_set_status_type,
    .doc = "Keeps one pod on every suitable node.",
    .set_defaults = daemon_set_set_defaults,
    .prepare_create = daemon_set_prepare_create,
    .prepare_update = daemon_set_prepare_update,
    .validate = daemon_set_validate,
    .validate_update = daemon_set_validate_update,
    .validate_status = daemon_set_validate_status,
    .warn = workload_warn,
    .update_steps = "MVUVD",
    .name_rule = NAME_DNS_SUBDOMAIN,
};

const ApiKind stateful_set_kind = {
    .kind = "StatefulSet",
    .group = "apps",
    .version = "v1",
    .plural = "statefulsets",
    .singular = "statefulset",
    .short_names = stateful_set_short_names,
    .is_namespaced = TRUE,
    .has_status = TRUE,
    .has_generation = TRUE,
    .allows_unconditional_update = TRUE,
    .in_all = TRUE,
    .spec = &stateful_set_spec_type,
    .status = &stateful_set_status_type,
    .doc = "Keeps pods with lasting names and storage.",
    .set_defaults = stateful_set_set_defaults,
    .prepare_create = stateful_set_prepare_create,
    .prepare_update = stateful_set_prepare_update,
    .validate = stateful_set_validate,
    .validate_update = stateful_set_validate_update,
    .validate_status = stateful_set_validate_status,
    .warn = stateful_set_warn,
    .name_rule = NAME_DNS_LABEL,
};

const ApiKind controller_revision_kind = {
    .kind = "ControllerRevision",
    .group = "apps",
    .version = "v1",
    .plural = "controllerrevisions",
    .singular = "controllerrevision",
    .is_namespaced = TRUE,
    .allows_unconditional_update = TRUE,
    .body = &revision_type,
    .doc = "A state that a DaemonSet or StatefulSet had, kept for going back to it.",
    .validate = controller_revision_validate,
    .validate_update = controller_revision_validate_update,
    .name_rule = NAME_DNS_SUBDOMAIN,
};
