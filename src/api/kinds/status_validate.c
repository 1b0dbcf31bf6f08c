/*
 * Validation of what is written to the status of pods, of workloads other than Jobs, and of what has simple rules.
 *
 * Models: v1.34 pkg/apis/core/validation: ValidatePodStatusUpdate, ValidateReplicationControllerStatus;
 * pkg/apis/apps/validation: ValidateDeploymentStatusUpdate and its like.
 */
#include "api/kinds/autoscaling.h"
#include "api/kinds/hooks.h"
#include "api/kinds/policy.h"
#include "api/kinds/tables.h"

#include <string.h>

/* --- workloads ------------------------------------------------------------------------------------------ */

static void
check_at_most(ApiErrors *errors, const char *child, gint32 count, gint32 most, const char *what)
{
    if (count > most)
        field_invalid_int(errors, child, count, str_internf("cannot be greater than %s", what));
}

static void
check_collisions(ApiErrors *errors, OptInt32 now, OptInt32 was)
{
    if (was.is_set && (!now.is_set || now.value < was.value))
        field_invalid_int(errors, "collisionCount", now.is_set ? now.value : 0, "cannot be decremented");
}

static void
check_optional_count(ApiErrors *errors, const char *child, OptInt32 count)
{
    if (count.is_set)
        check_not_negative(errors, child, count.value);
}

void
replica_set_validate_status(const ApiObject *object, const ApiObject *old, ApiErrors *errors)
{
    const ReplicaSetStatus *status = object->status;

    (void)old;
    api_errors_push(errors, "status");
    check_not_negative(errors, "replicas", status->replicas);
    check_not_negative(errors, "fullyLabeledReplicas", status->fully_labeled_replicas);
    check_not_negative(errors, "readyReplicas", status->ready_replicas);
    check_not_negative(errors, "availableReplicas", status->available_replicas);
    check_not_negative(errors, "observedGeneration", status->observed_generation);
    check_at_most(errors, "fullyLabeledReplicas", status->fully_labeled_replicas, status->replicas, "status.replicas");
    check_at_most(errors, "readyReplicas", status->ready_replicas, status->replicas, "status.replicas");
    check_at_most(errors, "availableReplicas", status->available_replicas, status->replicas, "status.replicas");
    check_at_most(errors, "availableReplicas", status->available_replicas, status->ready_replicas, "readyReplicas");
    api_errors_pop(errors);
}

void
deployment_validate_status(const ApiObject *object, const ApiObject *old, ApiErrors *errors)
{
    const DeploymentStatus *status = object->status;

    api_errors_push(errors, "status");
    check_not_negative(errors, "observedGeneration", status->observed_generation);
    check_not_negative(errors, "replicas", status->replicas);
    check_not_negative(errors, "updatedReplicas", status->updated_replicas);
    check_not_negative(errors, "readyReplicas", status->ready_replicas);
    check_not_negative(errors, "availableReplicas", status->available_replicas);
    check_not_negative(errors, "unavailableReplicas", status->unavailable_replicas);
    check_optional_count(errors, "collisionCount", status->collision_count);
    check_at_most(errors, "updatedReplicas", status->updated_replicas, status->replicas, "status.replicas");
    check_at_most(errors, "readyReplicas", status->ready_replicas, status->replicas, "status.replicas");
    check_at_most(errors, "availableReplicas", status->available_replicas, status->replicas, "status.replicas");
    check_at_most(errors, "availableReplicas", status->available_replicas, status->ready_replicas, "readyReplicas");
    check_collisions(errors, status->collision_count, ((const DeploymentStatus *)old->status)->collision_count);
    api_errors_pop(errors);
}

void
daemon_set_validate_status(const ApiObject *object, const ApiObject *old, ApiErrors *errors)
{
    const DaemonSetStatus *status = object->status;

    api_errors_push(errors, "status");
    check_not_negative(errors, "currentNumberScheduled", status->current_scheduled);
    check_not_negative(errors, "numberMisscheduled", status->misscheduled);
    check_not_negative(errors, "desiredNumberScheduled", status->desired_scheduled);
    check_not_negative(errors, "numberReady", status->ready);
    check_not_negative(errors, "observedGeneration", status->observed_generation);
    check_not_negative(errors, "updatedNumberScheduled", status->updated_scheduled);
    check_not_negative(errors, "numberAvailable", status->available);
    check_not_negative(errors, "numberUnavailable", status->unavailable);
    check_optional_count(errors, "collisionCount", status->collision_count);
    check_collisions(errors, status->collision_count, ((const DaemonSetStatus *)old->status)->collision_count);
    api_errors_pop(errors);
}

void
stateful_set_validate_status(const ApiObject *object, const ApiObject *old, ApiErrors *errors)
{
    const StatefulSetStatus *status = object->status;

    api_errors_push(errors, "status");
    check_not_negative(errors, "replicas", status->replicas);
    check_not_negative(errors, "readyReplicas", status->ready_replicas);
    check_not_negative(errors, "currentReplicas", status->current_replicas);
    check_not_negative(errors, "updatedReplicas", status->updated_replicas);
    check_not_negative(errors, "availableReplicas", status->available_replicas);
    check_not_negative(errors, "observedGeneration", status->observed_generation);
    check_optional_count(errors, "collisionCount", status->collision_count);
    check_at_most(errors, "readyReplicas", status->ready_replicas, status->replicas, "status.replicas");
    check_at_most(errors, "currentReplicas", status->current_replicas, status->replicas, "status.replicas");
    check_at_most(errors, "updatedReplicas", status->updated_replicas, status->replicas, "status.replicas");
    check_at_most(errors, "availableReplicas", status->available_replicas, status->replicas, "status.replicas");
    check_at_most(errors, "availableReplicas", status->available_replicas, status->ready_replicas, "status.readyReplicas");
    check_collisions(errors, status->collision_count, ((const StatefulSetStatus *)old->status)->collision_count);
    api_errors_pop(errors);
}

/* --- pods ------------------------------------------------------------------------------------------------------- */

/* validatePodConditions */
static void
check_conditions(ApiErrors *errors, const ConditionList *conditions)
{
    for (guint i = 0; i < conditions->count; i++) {
        const Condition *condition = &conditions->items[i];

        if (condition->observed_generation < 0)
            field_invalid_int(errors, str_internf("conditions[%u].observedGeneration", i), condition->observed_generation,
                              "must be a non-negative integer");
        if (condition->type == str_intern("PodScheduled") || condition->type == str_intern("Ready") ||
            condition->type == str_intern("Initialized") || name_is_fine(NAME_QUALIFIED, condition->type))
            continue;
        api_errors_push(errors, "conditions");
        api_errors_push_index(errors, i);
        check_name(errors, "Type", NAME_QUALIFIED, condition->type);
        api_errors_pop(errors);
        api_errors_pop(errors);
    }
}

static const ContainerStatus *
find_container(const ContainerStatusList *list, const char *name)
{
    for (guint i = 0; i < list->count; i++)
        if (str_is(list->items[i].name, str_or_empty(name)))
            return &list->items[i];
    return NULL;
}

static gboolean
is_sidecar(const PodSpec *spec, const char *name)
{
    for (guint i = 0; i < spec->init_containers.count; i++)
        if (str_is(spec->init_containers.items[i].name, str_or_empty(name)))
            return container_is_sidecar(&spec->init_containers.items[i]);
    return FALSE;
}

/* ValidateContainerStateTransition and its like: what ended does not run again where it is not restarted. */
static void
check_transitions(ApiErrors *errors, gboolean is_init, const ContainerStatusList *now, const ContainerStatusList *was, const PodSpec *spec)
{
    for (guint i = 0; i < was->count; i++) {
        const ContainerStateTerminated *end = was->items[i].state.terminated;
        const ContainerStatus *next = find_container(now, was->items[i].name);

        if (end == NULL || (end->exit_code != 0 && str_is(spec->restart_policy, "OnFailure")) ||
            (is_init && is_sidecar(spec, was->items[i].name)))
            continue;
        if (next != NULL && next->state.terminated == NULL)
            field_forbidden(errors, str_internf("%s[%u].state", is_init ? "initContainerStatuses" : "containerStatuses", i),
                            "may not be transitioned to non-terminated state");
    }
}

static gboolean
is_dual_stack(const PodIp *ips, guint count)
{
    guint n_v6 = 0;

    for (guint i = 0; i < count; i++)
        n_v6 += strchr(str_or_empty(ips[i].ip), ':') != NULL;
    return n_v6 > 0 && n_v6 < count;
}

/* validatePodIPs, validateHostIPs: one of each family at most */
static void
check_ips(ApiErrors *errors, const char *list, const PodIp *ips, guint count)
{
    g_autoptr(GString) printed = NULL;

    for (guint i = 0; i < count; i++)
        if (!name_is_ip(str_or_empty(ips[i].ip)))
            check_ip(errors, str_internf("%s[%u]", list, i), ips[i].ip);
    if (count <= 1 || (count == 2 && is_dual_stack(ips, count)))
        return;
    printed = g_string_new("[");
    for (guint i = 0; i < count; i++)
        g_string_append_printf(printed, "%s{\"IP\":%s}", i > 0 ? "," : "", api_quote(str_or_empty(ips[i].ip)));
    g_string_append_c(printed, ']');
    field_invalid_raw(errors, list, str_intern(printed->str), "may specify no more than one IP for each IP family");
}

void
pod_validate_status(const ApiObject *object, const ApiObject *old, ApiErrors *errors)
{
    const PodStatus *now = object->status;
    const PodStatus *was = old->status;
    const PodSpec *spec = old->spec;

    api_errors_push(errors, "status");
    check_conditions(errors, &now->conditions);
    if (!str_is_empty(now->nominated_node_name) && !str_is(now->nominated_node_name, str_or_empty(was->nominated_node_name)))
        check_name(errors, "nominatedNodeName", NAME_DNS_SUBDOMAIN, now->nominated_node_name);
    if (now->observed_generation < 0)
        field_invalid_int(errors, "observedGeneration", now->observed_generation, "must be a non-negative integer");
    check_immutable(errors, "qosClass", now->qos_class, was->qos_class);
    if (spec->restart_policy != str_intern("Always")) {
        check_transitions(errors, FALSE, &now->container_statuses, &was->container_statuses, spec);
        check_transitions(errors, TRUE, &now->init_container_statuses, &was->init_container_statuses, spec);
    }
    check_ips(errors, "podIPs", now->pod_ips.items, now->pod_ips.count);
    if (now->host_ips.count > 0 && !str_is(str_or_empty(now->host_ip), str_or_empty(now->host_ips.items[0].ip)))
        field_invalid_string(errors, "hostIPs[0].ip", str_or_empty(now->host_ips.items[0].ip), "must be equal to `hostIP`");
    check_ips(errors, "hostIPs", now->host_ips.items, now->host_ips.count);
    api_errors_pop(errors);
}

/* The generation that the old condition of this type, the @nth of its type, was of. */
static gint64
old_generation(const ConditionList *conditions, const char *type, guint nth)
{
    for (guint i = 0; i < conditions->count; i++)
        if (conditions->items[i].type == type && nth-- == 0)
            return conditions->items[i].observed_generation;
    return 0;
}

static gboolean
has_generations(const ConditionList *conditions)
{
    for (guint i = 0; i < conditions->count; i++)
        if (conditions->items[i].observed_generation != 0)
            return TRUE;
    return FALSE;
}

static guint
count_before(const ConditionList *conditions, guint index)
{
    guint count = 0;

    for (guint i = 0; i < index; i++)
        count += conditions->items[i].type == conditions->items[index].type;
    return count;
}

/* v1.34 pkg/apis/core/v1/conversion.go, Convert_v1_PodStatus_To_core_PodStatus: podIP counts, and is the first of podIPs. */
static void
settle_ips(ApiObject *object)
{
    const PodStatus *now = object->status;
    const char *first = now->pod_ips.count > 0 ? str_or_empty(now->pod_ips.items[0].ip) : "";
    PodStatus *status;

    if (str_is(first, str_or_empty(now->pod_ip)))
        return;
    status = api_edit_status(object);
    if (str_is_empty(status->pod_ip)) {
        status->pod_ip = first;
        return;
    }
    g_free(status->pod_ips.items);
    memset(&status->pod_ips, 0, sizeof status->pod_ips);
    API_LIST_ADD(&status->pod_ips)->ip = status->pod_ip;
}

/* v1.34 pkg/registry/core/pod/strategy.go: podStatusStrategy.PrepareForUpdate */
void
pod_prepare_status(ApiObject *object, const ApiObject *old)
{
    const PodStatus *was = old->status;
    const PodStatus *now = object->status;
    gboolean is_whole, was_told;

    settle_ips(object);
    now = object->status;
    is_whole = !str_is_empty(now->qos_class) && (now->observed_generation != 0 || was->observed_generation == 0);
    was_told = has_generations(&was->conditions);
    for (guint i = 0; is_whole && was_told && i < now->conditions.count; i++)
        is_whole = now->conditions.items[i].observed_generation != 0 ||
                   old_generation(&was->conditions, now->conditions.items[i].type, count_before(&now->conditions, i)) == 0;
    if (!is_whole) {
        PodStatus *status = api_edit_status(object);

        if (str_is_empty(status->qos_class))
            status->qos_class = was->qos_class;
        if (status->observed_generation == 0)
            status->observed_generation = was->observed_generation;
        for (guint i = 0; i < status->conditions.count; i++) {
            Condition *condition = &status->conditions.items[i];

            if (condition->observed_generation == 0)
                condition->observed_generation = old_generation(&was->conditions, condition->type, count_before(&status->conditions, i));
        }
    }
}

/* --- budgets, scalers, namespaces, services ---------------------------------------------------------------- */

#define CONDITION_REASON "[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?"

/* The pattern above. */
static gboolean
is_condition_reason(const char *reason)
{
    gsize length = strspn(reason, G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "_,:");

    return g_ascii_isalpha(reason[0]) && reason[length] == '\0' && strchr(",:", reason[length - 1]) == NULL;
}

/* apimachinery pkg/apis/meta/v1/validation: ValidateCondition */
static void
check_condition(ApiErrors *errors, const Condition *condition)
{
    static const char *const statuses[] = {"False", "True", "Unknown", NULL};

    check_name(errors, "type", NAME_QUALIFIED, str_or_empty(condition->type));
    if (!g_strv_contains(statuses, str_or_empty(condition->status)))
        field_not_supported(errors, "status", str_or_empty(condition->status), statuses);
    if (condition->observed_generation < 0)
        field_invalid_int(errors, "observedGeneration", condition->observed_generation,
                          "must be greater than or equal to zero");
    if (condition->last_transition_time == 0)
        field_required(errors, "lastTransitionTime", "must be set");
    if (str_is_empty(condition->reason))
        field_required(errors, "reason", "must be set");
    else if (!is_condition_reason(condition->reason))
        field_invalid_string(errors, "reason", condition->reason,
                             "a condition reason must start with alphabetic character, optionally followed by a string of "
                             "alphanumeric characters or '_,:', and must end with an alphanumeric character or '_' (e.g. "
                             "'my_name',  or 'MY_NAME',  or 'MyName',  or 'ReasonA,ReasonB',  or 'ReasonA:ReasonB', regex "
                             "used for validation is '" CONDITION_REASON "')");
}

static void
check_meta_conditions(ApiErrors *errors, const ConditionList *conditions)
{
    for (guint i = 0; i < conditions->count; i++) {
        const char *type = conditions->items[i].type;
        gboolean is_repeated = FALSE;

        for (guint k = 0; k < i; k++)
            is_repeated = is_repeated || str_is(conditions->items[k].type, type);
        api_errors_push(errors, "conditions");
        api_errors_push_index(errors, i);
        if (is_repeated)
            field_duplicate(errors, "type", api_quote(str_or_empty(type)));
        check_condition(errors, &conditions->items[i]);
        api_errors_pop(errors);
        api_errors_pop(errors);
    }
}

/* pkg/apis/policy/validation: ValidatePodDisruptionBudgetStatusUpdate */
void
pdb_validate_status(const ApiObject *object, const ApiObject *old, ApiErrors *errors)
{
    const PdbStatus *status = object->status;

    (void)old;
    api_errors_push(errors, "status");
    check_meta_conditions(errors, &status->conditions);
    check_not_negative(errors, "disruptionsAllowed", status->disruptions_allowed);
    check_not_negative(errors, "currentHealthy", status->current_healthy);
    check_not_negative(errors, "desiredHealthy", status->desired_healthy);
    check_not_negative(errors, "expectedPods", status->expected_pods);
    api_errors_pop(errors);
}

/* pkg/apis/autoscaling/validation: ValidateHorizontalPodAutoscalerStatusUpdate */
void
hpa_validate_status(const ApiObject *object, const ApiObject *old, ApiErrors *errors)
{
    const HpaStatus *status = object->status;

    (void)old;
    api_errors_push(errors, "status");
    check_not_negative(errors, "currentReplicas", status->current_replicas);
    check_not_negative(errors, "desiredReplicas", status->desired_replicas);
    api_errors_pop(errors);
}

/* pkg/apis/core/validation: ValidateNamespaceStatusUpdate, with its capital P */
void
namespace_validate_status(const ApiObject *object, const ApiObject *old, ApiErrors *errors)
{
    const char *phase = str_or_empty(namespace_status(object)->phase);

    (void)old;
    if (object->meta->deletion_time == 0 && !str_is(phase, "Active"))
        field_invalid_string(errors, "status.Phase", phase, "may only be 'Active' if `deletionTimestamp` is empty");
    else if (object->meta->deletion_time != 0 && !str_is(phase, "Terminating"))
        field_invalid_string(errors, "status.Phase", phase,
                             "may only be 'Terminating' if `deletionTimestamp` is not empty");
}

static void
check_ingress_hostname(ApiErrors *errors, const char *hostname)
{
    if (str_is_empty(hostname))
        return;
    check_name(errors, "hostname", NAME_DNS_SUBDOMAIN, hostname);
    if (name_is_ip(hostname))
        field_invalid_string(errors, "hostname", hostname, "must be a DNS name, not an IP address");
}

static void
check_ingress(ApiErrors *errors, const LoadBalancerIngress *ingress)
{
    static const char *const modes[] = {"Proxy", "VIP", NULL};
    gboolean has_ip = !str_is_empty(ingress->ip);

    if (has_ip)
        check_ip(errors, "ip", ingress->ip);
    if (ingress->ip_mode == NULL && has_ip)
        field_required(errors, "ipMode", "must be specified when `ip` is set");
    else if (ingress->ip_mode != NULL && !has_ip)
        field_forbidden(errors, "ipMode", "may not be specified when `ip` is not set");
    else if (ingress->ip_mode != NULL && !g_strv_contains(modes, ingress->ip_mode))
        field_not_supported(errors, "ipMode", ingress->ip_mode, modes);
    check_ingress_hostname(errors, ingress->hostname);
}

/* pkg/apis/core/validation: ValidateServiceStatusUpdate, ValidateLoadBalancerStatus */
void
service_validate_status(const ApiObject *object, const ApiObject *old, ApiErrors *errors)
{
    const ServiceStatus *status = object->status;
    const ServiceSpec *spec = object->spec;

    (void)old;
    if (!str_is(spec->type, "LoadBalancer") && status->load_balancer.ingress.count > 0) {
        field_forbidden(errors, "status.loadBalancer.ingress", "may only be used when `spec.type` is 'LoadBalancer'");
        return;
    }
    for (guint i = 0; i < status->load_balancer.ingress.count; i++) {
        api_errors_push(errors, str_internf("status.loadBalancer.ingress[%u]", i));
        check_ingress(errors, &status->load_balancer.ingress.items[i]);
        api_errors_pop(errors);
    }
}

/* pkg/apis/networking/validation: ValidateIngressStatusUpdate; of an Ingress nobody looks at the ports. */
void
ingress_validate_status(const ApiObject *object, const ApiObject *old, ApiErrors *errors)
{
    const LoadBalancerStatus *status = &((const IngressStatus *)object->status)->load_balancer;

    (void)old;
    for (guint i = 0; i < status->ingress.count; i++) {
        api_errors_push(errors, str_internf("status.loadBalancer.ingress[%u]", i));
        if (!str_is_empty(status->ingress.items[i].ip))
            check_ip(errors, "ip", status->ingress.items[i].ip);
        check_ingress_hostname(errors, status->ingress.items[i].hostname);
        api_errors_pop(errors);
    }
}
