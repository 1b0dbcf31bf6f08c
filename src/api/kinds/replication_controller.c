/* ReplicationController and PodTemplate: tables and kinds; v1.34 pkg/apis/core/v1. */
#include "api/kinds/hooks.h"
#include "api/kinds/tables.h"
#include "api/kinds/workload.h"

static const ApiField condition_fields[] = {
    CONDITION_HEAD("v1.ReplicationControllerConditionType", "ReplicaFailure."),
    CONDITION_TAIL,
    {0},
};
static const ApiType condition_type = TYPE("ReplicationControllerCondition",
                                           Condition,
                                           condition_fields,
                                           "One aspect of the ReplicationController's state.");

static const ApiField spec_fields[] = {
    {"replicas", API_OPT_INT32, AT(ReplicationControllerSpec, set.replicas), .def = "1", .doc = "Number of pods wanted."},
    {"minReadySeconds", API_INT32, AT(ReplicationControllerSpec, set.min_ready_s),
     .doc = "A new pod counts as available once it has been ready this long."},
    {"selector", API_STR_MAP, AT(ReplicationControllerSpec, selector),
     .doc = "Labels of the pods that belong to it; those of the template if absent."},
    {"template", API_STRUCT, AT(ReplicationControllerSpec, set.template_), .message = &pod_template_spec_type,
     .doc = "The form that new pods are made after."},
    {0},
};
const ApiType replication_controller_spec_type =
    TYPE("ReplicationControllerSpec", ReplicationControllerSpec, spec_fields, "What is wanted.");

static const ApiField status_fields[] = {
    {"replicas", API_INT32, AT(ReplicaSetStatus, replicas), API_ALWAYS,
     .doc = "Number of pods that are there and not being deleted."},
    {"fullyLabeledReplicas", API_INT32, AT(ReplicaSetStatus, fully_labeled_replicas),
     .doc = "Number of pods that have all labels of the template."},
    {"readyReplicas", API_INT32, AT(ReplicaSetStatus, ready_replicas), .doc = "Number of pods that are ready."},
    {"availableReplicas", API_INT32, AT(ReplicaSetStatus, available_replicas),
     .doc = "Number of pods that have been ready for minReadySeconds."},
    {"observedGeneration", API_INT64, AT(ReplicaSetStatus, observed_generation),
     .doc = "The metadata.generation that the controller has acted on."},
    {"conditions", API_MESSAGE_LIST, AT(ReplicaSetStatus, conditions), .message = &condition_type,
     .merge = API_MERGE_MERGE, .merge_key = "type", .doc = "Aspects of the ReplicationController's state."},
    {0},
};
const ApiType replication_controller_status_type =
    TYPE("ReplicationControllerStatus", ReplicaSetStatus, status_fields, "What is there.");

static const ApiField pod_template_fields[] = {
    {"template", API_STRUCT, AT(PodTemplateBody, template_), .message = &pod_template_spec_type,
     .doc = "The form that pods are made after."},
    {0},
};
static const ApiType pod_template_type =
    TYPE("PodTemplate", PodTemplateBody, pod_template_fields, "A form for pods that nothing acts on by itself.");

/* v1.34 pkg/apis/core/v1/defaults.go, SetDefaults_ReplicationController */
static void
set_defaults(ApiObject *object)
{
    ReplicationControllerSpec *spec = api_edit_spec(object);
    const StrMap *labels = &spec->set.template_.metadata.labels;

    if (labels->count > 0 && spec->selector.count == 0)
        str_map_copy(&spec->selector, labels);
    if (labels->count > 0 && object->meta->labels.count == 0)
        str_map_copy(&api_edit_meta(object)->labels, labels);
    pod_spec_set_defaults(&spec->set.template_.spec);
}

static void
prepare_create(ApiObject *object)
{
    api_struct_clear(&replication_controller_status_type, api_edit_status(object));
    api_edit_meta(object)->generation = 1;
}

static void
prepare_update(ApiObject *object, const ApiObject *old)
{
    set_generation(object, old, part_differs(&replication_controller_spec_type, object->spec, old->spec));
}

static const char *
select_field(const ApiObject *object, const char *label)
{
    if (strcmp(label, "status.replicas") == 0)
        return str_internf("%d", replica_set_status(object)->replicas);
    return NULL;
}

static void
template_set_defaults(ApiObject *object)
{
    pod_spec_set_defaults(&((PodTemplateBody *)api_edit_body(object))->template_.spec);
}

static void
template_prepare_create(ApiObject *object)
{
    api_edit_meta(object)->generation = 1;
}

static void
template_prepare_update(ApiObject *object, const ApiObject *old)
{
    set_generation(object, old, part_differs(&pod_template_type, object->body, old->body));
}

static const char *const short_names[] = {"rc", NULL};

const ApiKind replication_controller_kind = {
    .kind = "ReplicationController",
    .group = "",
    .version = "v1",
    .plural = "replicationcontrollers",
    .singular = "replicationcontroller",
    .short_names = short_names,
    .is_namespaced = TRUE,
    .has_status = TRUE,
    .has_generation = TRUE,
    .allows_unconditional_update = TRUE,
    .in_all = TRUE,
    .spec = &replication_controller_spec_type,
    .status = &replication_controller_status_type,
    .doc = "Keeps a number of equal pods running; the older form of a ReplicaSet.",
    .set_defaults = set_defaults,
    .prepare_create = prepare_create,
    .prepare_update = prepare_update,
    .validate = replication_controller_validate,
    .validate_status = replica_set_validate_status,
    .warn = workload_warn,
    .update_steps = "MVUV",
    .name_rule = NAME_DNS_SUBDOMAIN,
    .select_field = select_field,
};

const ApiKind pod_template_kind = {
    .kind = "PodTemplate",
    .group = "",
    .version = "v1",
    .plural = "podtemplates",
    .singular = "podtemplate",
    .is_namespaced = TRUE,
    .has_generation = TRUE,
    .allows_unconditional_update = TRUE,
    .body = &pod_template_type,
    .doc = "A form for pods that nothing acts on by itself.",
    .set_defaults = template_set_defaults,
    .prepare_create = template_prepare_create,
    .prepare_update = template_prepare_update,
    .validate = pod_template_validate,
    .validate_update = pod_template_validate_update,
    .warn = pod_template_warn,
    .name_rule = NAME_DNS_SUBDOMAIN,
};
