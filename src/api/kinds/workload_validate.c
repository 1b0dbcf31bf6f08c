/*
 * Validation of Deployments and ReplicaSets.
 *
 * Models: v1.34 pkg/apis/apps/validation, pkg/registry/apps strategies.
 */
#include "api/kinds/hooks.h"
#include "api/kinds/tables.h"
#include "api/selector.h"

/* ValidatePodTemplateSpecForReplicaSet: the cursor stands on "spec" */
static void
check_template(ApiErrors *errors, const PodTemplateSpec *template_, const LabelSelector *selector, const char *kind)
{
    static const char *const always[] = {"Always", NULL};
    gboolean is_empty = selector != NULL && selector->match_labels.count == 0 &&
                        selector->match_expressions.count == 0;

    api_errors_push(errors, "template");
    if (!is_empty && !label_selector_matches(selector, &template_->metadata.labels))
        field_invalid_raw(errors, "metadata.labels", print_str_map(&template_->metadata.labels),
                          "`selector` does not match template `labels`");
    check_pod_template(errors, template_, NULL);
    api_errors_push(errors, "spec");
    if (!str_is(template_->spec.restart_policy, "Always"))
        field_not_supported(errors, "restartPolicy", str_or_empty(template_->spec.restart_policy),
                            always);
    if (template_->spec.active_deadline_s.is_set)
        field_forbidden(errors, "activeDeadlineSeconds",
                        str_internf("activeDeadlineSeconds in %s is not Supported", kind));
    api_errors_pop(errors);
    api_errors_pop(errors);
}

static void
check_selector_and_template(ApiErrors *errors,
                            const LabelSelector *selector,
                            const PodTemplateSpec *template_)
{
    if (selector == NULL) {
        field_required(errors, "selector", NULL);
    } else {
        check_label_selector(errors, "selector", selector);
        if (selector->match_labels.count == 0 && selector->match_expressions.count == 0)
            field_invalid_raw(errors, "selector", "{}", "empty selector is invalid for deployment");
        if (!label_selector_is_convertible(selector)) {
            field_invalid_raw(errors, "selector", print_struct(&label_selector_type, selector),
                              "invalid label selector");
            return;
        }
    }
    check_template(errors, template_, selector, "ReplicaSet");
}

void
check_selector_unchanged(ApiErrors *errors, const LabelSelector *selector, const LabelSelector *old)
{
    gboolean is_equal = selector == NULL || old == NULL
                            ? selector == old
                            : api_struct_equal(&label_selector_type, selector, old);

    if (is_equal)
        return;
    field_invalid_raw(errors, "selector",
                      selector == NULL ? "null" : print_struct(&label_selector_type, selector),
                      "field is immutable");
}

/* --- ReplicaSet ---------------------------------------------------------------------------- */

/* ValidateReplicaSetSpec */
void
replica_set_validate(const ApiObject *object, ApiErrors *errors)
{
    const ReplicaSetSpec *spec = object->spec;

    api_errors_push(errors, "spec");
    check_not_negative(errors, "replicas", spec->replicas.value);
    check_not_negative(errors, "minReadySeconds", spec->min_ready_s);
    check_selector_and_template(errors, spec->selector, &spec->template_);
    api_errors_pop(errors);
}

void
replica_set_validate_update(const ApiObject *object, const ApiObject *old, ApiErrors *errors)
{
    if (object->spec == old->spec)
        return;
    api_errors_push(errors, "spec");
    check_selector_unchanged(errors, replica_set_spec(object)->selector,
                             replica_set_spec(old)->selector);
    api_errors_pop(errors);
}

/* --- ReplicationController, PodTemplate ------------------------------------------------------------ */

/* ValidateReplicationControllerSpec */
void
replication_controller_validate(const ApiObject *object, ApiErrors *errors)
{
    const ReplicaSetSpec *spec = replica_set_spec(object);
    LabelSelector selector = replica_set_selector(object);

    api_errors_push(errors, "spec");
    check_not_negative(errors, "minReadySeconds", spec->min_ready_s);
    if (selector.match_labels.count == 0)
        field_required(errors, "selector", NULL);
    check_not_negative(errors, "replicas", spec->replicas.value);
    if (spec->template_.spec.containers.count == 0 && spec->template_.metadata.labels.count == 0)
        field_required(errors, "template", NULL);
    else
        check_template(errors, &spec->template_, &selector, "ReplicationController");
    api_errors_pop(errors);
}

void
pod_template_validate(const ApiObject *object, ApiErrors *errors)
{
    api_errors_push(errors, "template");
    check_pod_template(errors, &((const PodTemplateBody *)object->body)->template_, NULL);
    api_errors_pop(errors);
}

void
pod_template_validate_update(const ApiObject *object, const ApiObject *old, ApiErrors *errors)
{
    if (object->body != old->body)
        pod_template_validate(object, errors);
}

/* --- Deployment ---------------------------------------------------------------------------- */

const char *
print_int_or_string(const IntOrString *value)
{
    if (value->type == INT_OR_STRING_STRING)
        return api_quote(value->string);
    return str_internf("%d", value->type == INT_OR_STRING_INT ? value->integer : 0);
}

static gboolean
is_percent(const char *text)
{
    gsize length = strlen(text);

    if (length < 2 || text[length - 1] != '%')
        return FALSE;
    for (gsize i = 0; i + 1 < length; i++) {
        if (!g_ascii_isdigit(text[i]))
            return FALSE;
    }
    return TRUE;
}

/* getIntOrPercentValue: the number, with or without its percent sign; 0 for other text */
gint64
int_or_percent(const IntOrString *value)
{
    gint64 number = 0;

    if (value->type == INT_OR_STRING_STRING) {
        if (is_percent(value->string))
            return g_ascii_strtoll(value->string, NULL, 10);
        return g_ascii_string_to_signed(value->string, 10, G_MININT64, G_MAXINT64, &number, NULL) ? number : 0;
    }
    return value->type == INT_OR_STRING_INT ? value->integer : 0;
}

/* ValidatePositiveIntOrPercent */
void
check_int_or_percent(ApiErrors *errors, const char *child, const IntOrString *value)
{
    if (value->type == INT_OR_STRING_STRING)
        check_name(errors, child, NAME_PERCENT, value->string);
    else
        check_not_negative(errors, child, int_or_percent(value));
}

/* IsNotMoreThan100Percent */
void
check_at_most_all(ApiErrors *errors, const char *child, const IntOrString *value)
{
    if (value->type == INT_OR_STRING_STRING && is_percent(value->string) && int_or_percent(value) > 100)
        field_invalid_raw(errors, child, print_int_or_string(value), "must not be greater than 100%");
}

static void
check_rolling_update(ApiErrors *errors, const RollingUpdateDeployment *update)
{
    api_errors_push(errors, "rollingUpdate");
    check_int_or_percent(errors, "maxUnavailable", &update->max_unavailable);
    check_int_or_percent(errors, "maxSurge", &update->max_surge);
    if (int_or_percent(&update->max_unavailable) == 0 && int_or_percent(&update->max_surge) == 0)
        field_invalid_raw(errors, "maxUnavailable", print_int_or_string(&update->max_unavailable),
                          "may not be 0 when `maxSurge` is 0");
    check_at_most_all(errors, "maxUnavailable", &update->max_unavailable);
    api_errors_pop(errors);
}

/* The strategy with the field names of the internal type. */
static const char *
print_strategy(const DeploymentStrategy *strategy)
{
    const RollingUpdateDeployment *update = strategy->rolling_update;
    const char *printed = "null";

    if (update != NULL)
        printed = str_internf("{\"MaxUnavailable\":%s,\"MaxSurge\":%s}",
                              print_int_or_string(&update->max_unavailable),
                              print_int_or_string(&update->max_surge));
    return str_internf("{\"Type\":%s,\"RollingUpdate\":%s}", api_quote(strategy->type), printed);
}

/* ValidateDeploymentStrategy */
static void
check_strategy(ApiErrors *errors, const DeploymentStrategy *strategy)
{
    api_errors_push(errors, "strategy");
    if (str_is(strategy->type, "Recreate")) {
        if (strategy->rolling_update != NULL)
            field_forbidden(errors, "rollingUpdate",
                            "may not be specified when strategy `type` is 'Recreate'");
    } else if (str_is(strategy->type, "RollingUpdate")) {
        if (strategy->rolling_update == NULL)
            field_required(errors, "rollingUpdate", "this should be defaulted and never be nil");
        else
            check_rolling_update(errors, strategy->rolling_update);
    } else {
        field_not_supported_raw(errors, NULL, print_strategy(strategy),
                                (const char *const[]){"Recreate", "RollingUpdate", NULL});
    }
    api_errors_pop(errors);
}

/* ValidateDeploymentSpec */
void
deployment_validate(const ApiObject *object, ApiErrors *errors)
{
    const DeploymentSpec *spec = object->spec;

    api_errors_push(errors, "spec");
    check_not_negative(errors, "replicas", spec->replicas.value);
    check_selector_and_template(errors, spec->selector, &spec->template_);
    check_strategy(errors, &spec->strategy);
    check_not_negative(errors, "minReadySeconds", spec->min_ready_s);
    if (spec->revision_history_limit.is_set)
        check_not_negative(errors, "revisionHistoryLimit", spec->revision_history_limit.value);
    if (spec->progress_deadline_s.is_set) {
        check_not_negative(errors, "progressDeadlineSeconds", spec->progress_deadline_s.value);
        if (spec->progress_deadline_s.value <= spec->min_ready_s)
            field_invalid_int(errors, "progressDeadlineSeconds", spec->progress_deadline_s.value,
                              "must be greater than minReadySeconds");
    }
    api_errors_pop(errors);
}

void
deployment_validate_update(const ApiObject *object, const ApiObject *old, ApiErrors *errors)
{
    if (object->spec == old->spec)
        return;
    deployment_validate(object, errors);
    api_errors_push(errors, "spec");
    check_selector_unchanged(errors, deployment_spec(object)->selector,
                             deployment_spec(old)->selector);
    api_errors_pop(errors);
}
