/* VerticalPodAutoscaler: tables, schema, kinds. */
#include "api/kinds/vpa.h"
#include "api/kinds/hooks.h"
#include "api/kinds/tables.h"

static const ApiField target_fields[] = {
    {"apiVersion", API_STRING, AT(CrossVersionObjectReference, api_version), .doc = "API group and version of the object."},
    {"kind", API_STRING, AT(CrossVersionObjectReference, kind), API_REQUIRED, .doc = "Kind of the object."},
    {"name", API_STRING, AT(CrossVersionObjectReference, name), API_REQUIRED, .doc = "Name of the object."},
    {0},
};
static const ApiType target_type =
    TYPE("CrossVersionObjectReference", CrossVersionObjectReference, target_fields, "The controller of the pods.");
static const ApiField requirement_fields[] = {
    {"resources", API_STR_LIST, AT(VpaEvictionRequirement, resources), API_REQUIRED,
     .doc = "Resources of which one at least must meet the requirement."},
    {"changeRequirement", API_STRING, AT(VpaEvictionRequirement, change_requirement), API_REQUIRED,
     .doc = "TargetHigherThanRequests or TargetLowerThanRequests."},
    {0},
};
static const ApiType requirement_type =
    TYPE("EvictionRequirement", VpaEvictionRequirement, requirement_fields, "What must hold before a pod is evicted.");
static const ApiField update_policy_fields[] = {
    {"updateMode", API_STRING, AT(VpaUpdatePolicy, update_mode), API_POINTER,
     .doc = "Off (recommend only), Initial, Recreate, InPlaceOrRecreate or Auto: when pods get what is recommended."},
    {"minReplicas", API_OPT_INT32, AT(VpaUpdatePolicy, min_replicas),
     .doc = "Pods are evicted only if so many are alive."},
    {"evictionRequirements", API_MESSAGE_LIST, AT(VpaUpdatePolicy, eviction_requirements), .message = &requirement_type,
     .doc = "What must hold before a pod is evicted, all of it."},
    {0},
};
static const ApiType update_policy_type =
    TYPE("PodUpdatePolicy", VpaUpdatePolicy, update_policy_fields, "How recommendations come to pods.");
static const ApiField container_policy_fields[] = {
    {"containerName", API_STRING, AT(VpaContainerPolicy, container_name),
     .doc = "Name of the container; * for those without a policy of their own."},
    {"mode", API_STRING, AT(VpaContainerPolicy, mode), API_POINTER,
     .doc = "Auto, or Off: nothing is recommended for the container."},
    {"minAllowed", API_QUANTITY_MAP, AT(VpaContainerPolicy, min_allowed), .doc = "The least that is recommended."},
    {"maxAllowed", API_QUANTITY_MAP, AT(VpaContainerPolicy, max_allowed), .doc = "The most that is recommended."},
    {"controlledResources", API_STR_LIST, AT(VpaContainerPolicy, controlled_resources),
     .doc = "What is recommended: cpu, memory; both if nothing is said."},
    {"controlledValues", API_STRING, AT(VpaContainerPolicy, controlled_values), API_POINTER,
     .doc = "RequestsAndLimits or RequestsOnly."},
    {0},
};
static const ApiType container_policy_type =
    TYPE("ContainerResourcePolicy", VpaContainerPolicy, container_policy_fields, "Bounds for one container.");
static const ApiField resource_policy_fields[] = {
    {"containerPolicies", API_MESSAGE_LIST, AT(VpaResourcePolicy, container_policies), .message = &container_policy_type,
     .doc = "Bounds by container."},
    {0},
};
static const ApiType resource_policy_type =
    TYPE("PodResourcePolicy", VpaResourcePolicy, resource_policy_fields, "Bounds of recommendations.");
static const ApiField recommender_fields[] = {
    {"name", API_STRING, AT(VpaRecommenderSelector, name), API_REQUIRED, .doc = "Name of the recommender."},
    {0},
};
static const ApiType recommender_type = TYPE("VerticalPodAutoscalerRecommenderSelector",
                                             VpaRecommenderSelector,
                                             recommender_fields,
                                             "Who computes the recommendation.");
static const ApiField spec_fields[] = {
    {"targetRef", API_MESSAGE, AT(VpaSpec, target), API_REQUIRED, .message = &target_type,
     .doc = "The controller whose pods this is about."},
    {"updatePolicy", API_MESSAGE, AT(VpaSpec, update_policy), .message = &update_policy_type,
     .doc = "How recommendations come to pods."},
    {"resourcePolicy", API_MESSAGE, AT(VpaSpec, resource_policy), .message = &resource_policy_type,
     .doc = "Bounds of recommendations."},
    {"recommenders", API_MESSAGE_LIST, AT(VpaSpec, recommenders), .message = &recommender_type,
     .doc = "Who computes the recommendation; nobody named: the default one."},
    {0},
};
const ApiType vpa_spec_type = TYPE("VerticalPodAutoscalerSpec", VpaSpec, spec_fields, "What is wanted.");

static const ApiField container_recommendation_fields[] = {
    {"containerName", API_STRING, AT(VpaContainerRecommendation, container_name), .doc = "Name of the container."},
    {"target", API_QUANTITY_MAP, AT(VpaContainerRecommendation, target), API_ALWAYS, .doc = "What it should request."},
    {"lowerBound", API_QUANTITY_MAP, AT(VpaContainerRecommendation, lower_bound),
     .doc = "A request below this is too small."},
    {"upperBound", API_QUANTITY_MAP, AT(VpaContainerRecommendation, upper_bound),
     .doc = "A request above this is wasted."},
    {"uncappedTarget", API_QUANTITY_MAP, AT(VpaContainerRecommendation, uncapped_target),
     .doc = "The target as use alone gives it, without the bounds of the policy."},
    {0},
};
static const ApiType container_recommendation_type = TYPE("RecommendedContainerResources",
                                                          VpaContainerRecommendation,
                                                          container_recommendation_fields,
                                                          "What is recommended for one container.");
static const ApiField recommendation_fields[] = {
    {"containerRecommendations", API_MESSAGE_LIST, AT(VpaRecommendation, containers),
     .message = &container_recommendation_type, .doc = "By container, ordered by name."},
    {0},
};
const ApiType vpa_recommendation_type =
    TYPE("RecommendedPodResources", VpaRecommendation, recommendation_fields, "What is recommended.");
static const ApiField condition_fields[] = {
    {"type", API_STRING, AT(Condition, type), API_ALWAYS,
     .doc = "RecommendationProvided, NoPodsMatched, ConfigUnsupported."},
    {"status", API_STRING, AT(Condition, status), API_ALWAYS, .doc = "True, False or Unknown."},
    {"lastTransitionTime", API_TIME, AT(Condition, last_transition_time), .doc = "When the status last changed."},
    {"reason", API_STRING, AT(Condition, reason), .doc = "Why the condition last changed, as one CamelCase word."},
    {"message", API_STRING, AT(Condition, message), .doc = "Details of the last change for people to read."},
    {0},
};
static const ApiType condition_type =
    TYPE("VerticalPodAutoscalerCondition", Condition, condition_fields, "One aspect of the autoscaler's state.");
static const ApiField status_fields[] = {
    {"recommendation", API_MESSAGE, AT(VpaStatus, recommendation), .message = &vpa_recommendation_type,
     .doc = "What was recommended last."},
    {"conditions", API_MESSAGE_LIST, AT(VpaStatus, conditions), .message = &condition_type, .merge = API_MERGE_MERGE,
     .merge_key = "type", .doc = "Aspects of the autoscaler's state."},
    {0},
};
const ApiType vpa_status_type = TYPE("VerticalPodAutoscalerStatus", VpaStatus, status_fields, "What is there.");

static const ApiField checkpoint_spec_fields[] = {
    {"vpaObjectName", API_STRING, AT(VpaCheckpointSpec, vpa_name), .doc = "The autoscaler that this belongs to."},
    {"containerName", API_STRING, AT(VpaCheckpointSpec, container_name), .doc = "Name of the container."},
    {0},
};
static const ApiType checkpoint_spec_type = TYPE("VerticalPodAutoscalerCheckpointSpec",
                                                 VpaCheckpointSpec,
                                                 checkpoint_spec_fields,
                                                 "Of what this is the memory.");
static const ApiField histogram_fields[] = {
    {"referenceTimestamp", API_TIME, AT(VpaHistogramCheckpoint, reference_time),
     .doc = "A sample of this time counts once, one of a day later twice."},
    {"bucketWeights", API_RAW, AT(VpaHistogramCheckpoint, bucket_weights),
     .doc = "Weights of buckets by number, the largest 10000."},
    {"totalWeight", API_RAW, AT(VpaHistogramCheckpoint, total_weight), .doc = "Weight of all samples."},
    {0},
};
static const ApiType histogram_type =
    TYPE("HistogramCheckpoint", VpaHistogramCheckpoint, histogram_fields, "A histogram as it is kept.");
static const ApiField checkpoint_status_fields[] = {
    {"lastUpdateTime", API_TIME, AT(VpaCheckpointStatus, last_update_time), .doc = "When it was written."},
    {"version", API_STRING, AT(VpaCheckpointStatus, version), .doc = "Version of the form."},
    {"cpuHistogram", API_STRUCT, AT(VpaCheckpointStatus, cpu), .message = &histogram_type, .doc = "CPU that was used."},
    {"memoryHistogram", API_STRUCT, AT(VpaCheckpointStatus, memory), .message = &histogram_type,
     .doc = "Peaks of memory."},
    {"firstSampleStart", API_TIME, AT(VpaCheckpointStatus, first_sample_start), .doc = "Time of the first sample."},
    {"lastSampleStart", API_TIME, AT(VpaCheckpointStatus, last_sample_start), .doc = "Time of the last sample."},
    {"totalSamplesCount", API_INT64, AT(VpaCheckpointStatus, total_samples_count), .doc = "Number of samples of CPU."},
    {0},
};
const ApiType vpa_checkpoint_status_type = TYPE("VerticalPodAutoscalerCheckpointStatus",
                                                VpaCheckpointStatus,
                                                checkpoint_status_fields,
                                                "What is remembered.");

const VpaContainerPolicy *
vpa_container_policy(const VpaSpec *spec, const char *container)
{
    const VpaContainerPolicy *found = NULL;

    if (spec->resource_policy == NULL)
        return NULL;
    for (guint i = 0; i < spec->resource_policy->container_policies.count; i++) {
        const VpaContainerPolicy *policy = &spec->resource_policy->container_policies.items[i];

        if (str_is(policy->container_name, container))
            return policy;
        if (str_is(policy->container_name, "*"))
            found = policy;
    }
    return found;
}

/* --- the schema: apiextensions-apiserver pkg/apiserver/validation ------------------------------------------ */

static void
check_words(ApiErrors *errors, const char *child, const char *text, const char *const *words)
{
    if (text != NULL && !g_strv_contains(words, text))
        field_not_supported(errors, child, text, words);
}

static void
check_update_policy(ApiErrors *errors, const VpaUpdatePolicy *policy)
{
    static const char *const modes[] = {"Off", "Initial", "Recreate", "InPlaceOrRecreate", "Auto", NULL};
    static const char *const changes[] = {"TargetHigherThanRequests", "TargetLowerThanRequests", NULL};

    api_errors_push(errors, "updatePolicy");
    for (guint i = 0; i < policy->eviction_requirements.count; i++) {
        const VpaEvictionRequirement *requirement = &policy->eviction_requirements.items[i];

        api_errors_push(errors, str_internf("evictionRequirements[%u]", i));
        if (requirement->change_requirement == NULL)
            field_required(errors, "changeRequirement", NULL);
        if (requirement->resources.count == 0)
            field_required(errors, "resources", NULL);
        check_words(errors, "changeRequirement", requirement->change_requirement, changes);
        api_errors_pop(errors);
    }
    check_words(errors, "updateMode", policy->update_mode, modes);
    api_errors_pop(errors);
}

static void
check_resource_policy(ApiErrors *errors, const VpaResourcePolicy *policy)
{
    static const char *const modes[] = {"Auto", "Off", NULL};
    static const char *const values[] = {"RequestsAndLimits", "RequestsOnly", NULL};

    for (guint i = 0; i < policy->container_policies.count; i++) {
        api_errors_push(errors, str_internf("resourcePolicy.containerPolicies[%u]", i));
        check_words(errors, "controlledValues", policy->container_policies.items[i].controlled_values, values);
        check_words(errors, "mode", policy->container_policies.items[i].mode, modes);
        api_errors_pop(errors);
    }
}

static void
vpa_validate(const ApiObject *object, ApiErrors *errors)
{
    const VpaSpec *spec = vpa_spec(object);

    api_errors_push(errors, "spec");
    if (spec->target == NULL)
        field_required(errors, "targetRef", NULL);
    for (guint i = 0; i < spec->recommenders.count; i++)
        if (spec->recommenders.items[i].name == NULL)
            field_required(errors, str_internf("recommenders[%u].name", i), NULL);
    if (spec->resource_policy != NULL)
        check_resource_policy(errors, spec->resource_policy);
    if (spec->target != NULL && spec->target->kind == NULL)
        field_required(errors, "targetRef.kind", NULL);
    if (spec->target != NULL && spec->target->name == NULL)
        field_required(errors, "targetRef.name", NULL);
    if (spec->update_policy != NULL)
        check_update_policy(errors, spec->update_policy);
    api_errors_pop(errors);
}

static void
vpa_validate_update(const ApiObject *object, const ApiObject *old, ApiErrors *errors)
{
    (void)old;
    vpa_validate(object, errors);
}

/* --- kinds: apiextensions-apiserver pkg/registry/customresource/strategy.go -------------------------------- */

static void
vpa_prepare_create(ApiObject *object)
{
    api_struct_clear(&vpa_status_type, api_edit_status(object));
    api_edit_meta(object)->generation = 1;
}

static void
vpa_prepare_update(ApiObject *object, const ApiObject *old)
{
    set_generation(object, old, part_differs(&vpa_spec_type, object->spec, old->spec));
}

static void
checkpoint_prepare_create(ApiObject *object)
{
    api_edit_meta(object)->generation = 1;
}

/* Without a status subresource everything but metadata counts. */
static void
checkpoint_prepare_update(ApiObject *object, const ApiObject *old)
{
    set_generation(object, old,
                   part_differs(&checkpoint_spec_type, object->spec, old->spec) ||
                       part_differs(&vpa_checkpoint_status_type, object->status, old->status));
}

static const char *const vpa_short_names[] = {"vpa", NULL};
static const char *const checkpoint_short_names[] = {"vpacheckpoint", NULL};

const ApiKind vpa_kind = {
    .kind = "VerticalPodAutoscaler",
    .group = VPA_GROUP,
    .version = "v1",
    .plural = "verticalpodautoscalers",
    .singular = "verticalpodautoscaler",
    .short_names = vpa_short_names,
    .is_namespaced = TRUE,
    .is_custom = TRUE,
    .has_status = TRUE,
    .has_generation = TRUE,
    .spec = &vpa_spec_type,
    .status = &vpa_status_type,
    .doc = "Recommends what the containers of a workload should request, after what they use.",
    .prepare_create = vpa_prepare_create,
    .prepare_update = vpa_prepare_update,
    .validate = vpa_validate,
    .validate_update = vpa_validate_update,
    .name_rule = NAME_DNS_SUBDOMAIN,
};
const ApiKind vpa_checkpoint_kind = {
    .kind = "VerticalPodAutoscalerCheckpoint",
    .group = VPA_GROUP,
    .version = "v1",
    .plural = "verticalpodautoscalercheckpoints",
    .singular = "verticalpodautoscalercheckpoint",
    .short_names = checkpoint_short_names,
    .is_namespaced = TRUE,
    .is_custom = TRUE,
    .has_generation = TRUE,
    .spec = &checkpoint_spec_type,
    .status = &vpa_checkpoint_status_type,
    .doc = "What the recommender of a VerticalPodAutoscaler remembers across its own restarts.",
    .prepare_create = checkpoint_prepare_create,
    .prepare_update = checkpoint_prepare_update,
    .name_rule = NAME_DNS_SUBDOMAIN,
};
