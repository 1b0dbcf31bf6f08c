/* ReplicaSet and Deployment: tables and kinds. */
#include "api/kinds/hooks.h"
#include "api/kinds/tables.h"
#include "api/names.h"

static const ApiField replica_set_condition_fields[] = {
    CONDITION_HEAD("v1.ReplicaSetConditionType", "ReplicaFailure."),
    CONDITION_TAIL,
    {0},
};
static const ApiType replica_set_condition_type = TYPE("ReplicaSetCondition",
                                                       Condition,
                                                       replica_set_condition_fields,
                                                       "One aspect of the ReplicaSet's state.");

static const ApiField replica_set_spec_fields[] = {
    {"replicas", API_OPT_INT32, AT(ReplicaSetSpec, replicas), .def = "1",
     .doc = "Number of pods wanted."},
    {"minReadySeconds", API_INT32, AT(ReplicaSetSpec, min_ready_s),
     .doc = "A new pod counts as available once it has been ready this long."},
    {"selector", API_MESSAGE, AT(ReplicaSetSpec, selector),
     API_REQUIRED | API_IMMUTABLE | API_ALWAYS, .message = &label_selector_type,
     .doc = "The pods that belong to the ReplicaSet; must match the template's labels."},
    {"template", API_STRUCT, AT(ReplicaSetSpec, template_), API_ALWAYS,
     .message = &pod_template_spec_type, .doc = "The form that new pods are made after."},
    {0},
};
const ApiType replica_set_spec_type =
    TYPE("ReplicaSetSpec", ReplicaSetSpec, replica_set_spec_fields, "What is wanted.");

static const ApiField replica_set_status_fields[] = {
    {"replicas", API_INT32, AT(ReplicaSetStatus, replicas), API_ALWAYS,
     .doc = "Number of pods that are there and not being deleted."},
    {"fullyLabeledReplicas", API_INT32, AT(ReplicaSetStatus, fully_labeled_replicas),
     .doc = "Number of pods that have all labels of the template."},
    {"readyReplicas", API_INT32, AT(ReplicaSetStatus, ready_replicas),
     .doc = "Number of pods that are ready."},
    {"availableReplicas", API_INT32, AT(ReplicaSetStatus, available_replicas),
     .doc = "Number of pods that have been ready for minReadySeconds."},
    {"terminatingReplicas", API_OPT_INT32, AT(ReplicaSetStatus, terminating_replicas),
     .doc = "Number of pods that are being deleted."},
    {"observedGeneration", API_INT64, AT(ReplicaSetStatus, observed_generation),
     .doc = "The metadata.generation that the controller has acted on."},
    {"conditions", API_MESSAGE_LIST, AT(ReplicaSetStatus, conditions),
     .message = &replica_set_condition_type, .merge = API_MERGE_MERGE, .merge_key = "type",
     .doc = "Aspects of the ReplicaSet's state."},
    {0},
};
const ApiType replica_set_status_type =
    TYPE("ReplicaSetStatus", ReplicaSetStatus, replica_set_status_fields, "What is there.");

static const ApiField rolling_update_fields[] = {
    {"maxUnavailable", API_INT_OR_STRING, AT(RollingUpdateDeployment, max_unavailable),
     .def = "25%", .go_type = "intstr.IntOrString",
     .doc = "How many pods may be missing during the update; a percentage is rounded down."},
    {"maxSurge", API_INT_OR_STRING, AT(RollingUpdateDeployment, max_surge), .def = "25%",
     .go_type = "intstr.IntOrString",
     .doc = "How many pods more than wanted there may be; a percentage is rounded up."},
    {0},
};
static const ApiType rolling_update_type = TYPE("RollingUpdateDeployment",
                                                RollingUpdateDeployment,
                                                rolling_update_fields,
                                                "The pace of a rolling update.");

static const ApiField strategy_fields[] = {
    {"type", API_STRING, AT(DeploymentStrategy, type), .def = "RollingUpdate",
     .go_type = "v1.DeploymentStrategyType",
     .doc = "RollingUpdate, or Recreate to stop all old pods before new ones start."},
    {"rollingUpdate", API_MESSAGE, AT(DeploymentStrategy, rolling_update),
     .message = &rolling_update_type, .doc = "The pace of a rolling update."},
    {0},
};
static const ApiType strategy_type = TYPE("DeploymentStrategy",
                                          DeploymentStrategy,
                                          strategy_fields,
                                          "How old pods are replaced by new ones.");

static const ApiField deployment_spec_fields[] = {
    {"replicas", API_OPT_INT32, AT(DeploymentSpec, replicas), .def = "1",
     .doc = "Number of pods wanted."},
    {"selector", API_MESSAGE, AT(DeploymentSpec, selector),
     API_REQUIRED | API_IMMUTABLE | API_ALWAYS, .message = &label_selector_type,
     .doc = "The pods that belong to the Deployment; must match the template's labels."},
    {"template", API_STRUCT, AT(DeploymentSpec, template_), API_REQUIRED | API_ALWAYS,
     .message = &pod_template_spec_type,
     .doc = "The form that pods are made after; a change starts a rollout."},
    {"strategy", API_STRUCT, AT(DeploymentSpec, strategy), API_ALWAYS, .message = &strategy_type,
     .merge = API_MERGE_RETAIN_KEYS, .doc = "How old pods are replaced by new ones."},
    {"minReadySeconds", API_INT32, AT(DeploymentSpec, min_ready_s),
     .doc = "A new pod counts as available once it has been ready this long."},
    {"revisionHistoryLimit", API_OPT_INT32, AT(DeploymentSpec, revision_history_limit), .def = "10",
     .doc = "How many old ReplicaSets are kept for going back."},
    {"paused", API_BOOL, AT(DeploymentSpec, paused),
     .doc = "Whether changes of the template wait instead of being rolled out."},
    {"progressDeadlineSeconds", API_OPT_INT32, AT(DeploymentSpec, progress_deadline_s),
     .def = "600", .doc = "Seconds without progress after which a rollout counts as failed."},
    {0},
};
const ApiType deployment_spec_type =
    TYPE("DeploymentSpec", DeploymentSpec, deployment_spec_fields, "What is wanted.");

static const ApiField deployment_condition_fields[] = {
    CONDITION_HEAD("v1.DeploymentConditionType", "Available, Progressing or ReplicaFailure."),
    {"lastUpdateTime", API_TIME, AT(Condition, last_update_time), API_ALWAYS,
     .doc = "When the condition was last written."},
    CONDITION_TAIL,
    {0},
};
static const ApiType deployment_condition_type = TYPE("DeploymentCondition",
                                                      Condition,
                                                      deployment_condition_fields,
                                                      "One aspect of the Deployment's state.");

static const ApiField deployment_status_fields[] = {
    {"observedGeneration", API_INT64, AT(DeploymentStatus, observed_generation),
     .doc = "The metadata.generation that the controller has acted on."},
    {"replicas", API_INT32, AT(DeploymentStatus, replicas),
     .doc = "Number of pods that are there and not being deleted."},
    {"updatedReplicas", API_INT32, AT(DeploymentStatus, updated_replicas),
     .doc = "Number of pods made after the current template."},
    {"readyReplicas", API_INT32, AT(DeploymentStatus, ready_replicas),
     .doc = "Number of pods that are ready."},
    {"availableReplicas", API_INT32, AT(DeploymentStatus, available_replicas),
     .doc = "Number of pods that have been ready for minReadySeconds."},
    {"unavailableReplicas", API_INT32, AT(DeploymentStatus, unavailable_replicas),
     .doc = "Number of pods still needed to be fully available."},
    {"terminatingReplicas", API_OPT_INT32, AT(DeploymentStatus, terminating_replicas),
     .doc = "Number of pods that are being deleted."},
    {"conditions", API_MESSAGE_LIST, AT(DeploymentStatus, conditions),
     .message = &deployment_condition_type, .merge = API_MERGE_MERGE, .merge_key = "type",
     .doc = "Aspects of the Deployment's state."},
    {"collisionCount", API_OPT_INT32, AT(DeploymentStatus, collision_count),
     .doc = "How often the name of a new ReplicaSet was already taken."},
    {0},
};
const ApiType deployment_status_type =
    TYPE("DeploymentStatus", DeploymentStatus, deployment_status_fields, "What is there.");

/* v1.34 pkg/apis/apps/v1/defaults.go: SetDefaults_ReplicaSet */
static void
replica_set_set_defaults(ApiObject *object)
{
    ReplicaSetSpec *spec = api_edit_spec(object);

    pod_spec_set_defaults(&spec->template_.spec);
}

/* v1.34 pkg/apis/apps/v1/defaults.go: SetDefaults_Deployment */
static void
deployment_set_defaults(ApiObject *object)
{
    DeploymentSpec *spec = api_edit_spec(object);
    DeploymentStrategy *strategy = &spec->strategy;

    if (str_is(strategy->type, "RollingUpdate") && strategy->rolling_update == NULL) {
        strategy->rolling_update = api_struct_new(&rolling_update_type);
        api_struct_default(&rolling_update_type, strategy->rolling_update);
    }
    pod_spec_set_defaults(&spec->template_.spec);
}

/* v1.34 pkg/registry/apps/replicaset/strategy.go */
static void
replica_set_prepare_create(ApiObject *object)
{
    api_struct_clear(&replica_set_status_type, api_edit_status(object));
    api_edit_meta(object)->generation = 1;
}

static void
replica_set_prepare_update(ApiObject *object, const ApiObject *old)
{
    set_generation(object, old, part_differs(&replica_set_spec_type, object->spec, old->spec));
}

/* v1.34 pkg/registry/apps/deployment/strategy.go: annotations count, labels do not */
static void
deployment_prepare_create(ApiObject *object)
{
    api_struct_clear(&deployment_status_type, api_edit_status(object));
    api_edit_meta(object)->generation = 1;
}

static void
deployment_prepare_update(ApiObject *object, const ApiObject *old)
{
    set_generation(object, old,
                   part_differs(&deployment_spec_type, object->spec, old->spec) ||
                       !str_map_equal(&object->meta->annotations, &old->meta->annotations));
}

static const char *
replica_set_select_field(const ApiObject *object, const char *label)
{
    if (strcmp(label, "status.replicas") == 0)
        return str_internf("%d", replica_set_status(object)->replicas);
    return NULL;
}

static const char *const replica_set_short_names[] = {"rs", NULL};
static const char *const deployment_short_names[] = {"deploy", NULL};

const ApiKind replica_set_kind = {
    .kind = "ReplicaSet",
    .group = "apps",
    .version = "v1",
    .plural = "replicasets",
    .singular = "replicaset",
    .short_names = replica_set_short_names,
    .is_namespaced = TRUE,
    .has_status = TRUE,
    .has_generation = TRUE,
    .allows_unconditional_update = TRUE,
    .in_all = TRUE,
    .spec = &replica_set_spec_type,
    .status = &replica_set_status_type,
    .doc = "Keeps a number of equal pods running.",
    .set_defaults = replica_set_set_defaults,
    .prepare_create = replica_set_prepare_create,
    .prepare_update = replica_set_prepare_update,
    .validate = replica_set_validate,
    .validate_update = replica_set_validate_update,
    .validate_status = replica_set_validate_status,
    .warn = workload_warn,
    .update_steps = "MVUVD",
    .name_rule = NAME_DNS_SUBDOMAIN,
    .select_field = replica_set_select_field,
};

const ApiKind deployment_kind = {
    .kind = "Deployment",
    .group = "apps",
    .version = "v1",
    .plural = "deployments",
    .singular = "deployment",
    .short_names = deployment_short_names,
    .is_namespaced = TRUE,
    .has_status = TRUE,
    .has_generation = TRUE,
    .allows_unconditional_update = TRUE,
    .in_all = TRUE,
    .spec = &deployment_spec_type,
    .status = &deployment_status_type,
    .doc = "Keeps equal pods running and replaces them step by step when the template changes.",
    .set_defaults = deployment_set_defaults,
    .prepare_create = deployment_prepare_create,
    .prepare_update = deployment_prepare_update,
    .validate = deployment_validate,
    .validate_update = deployment_validate_update,
    .validate_status = deployment_validate_status,
    .warn = workload_warn,
    .name_rule = NAME_DNS_SUBDOMAIN,
};
