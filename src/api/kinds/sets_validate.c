/*
 * Validation of DaemonSets, StatefulSets and ControllerRevisions.
 *
 * Models: v1.34 pkg/apis/apps/validation, pkg/registry/apps strategies.
 */
#include "api/kinds/hooks.h"
#include "api/kinds/tables.h"
#include "api/selector.h"

static gboolean
selector_selects_all(const LabelSelector *selector)
{
    return selector != NULL && selector->match_labels.count == 0 &&
           selector->match_expressions.count == 0;
}

static void
check_labels_match(ApiErrors *errors,
                   const PodTemplateSpec *template_,
                   const LabelSelector *selector)
{
    if (label_selector_matches(selector, &template_->metadata.labels))
        return;
    field_invalid_raw(errors, "template.metadata.labels",
                      print_str_map(&template_->metadata.labels),
                      "`selector` does not match template `labels`");
}

/* Rules of templates whose pods run for ever; the cursor stands on the workload's spec. */
static void
check_lasting(ApiErrors *errors, const PodTemplateSpec *template_, const char *kind)
{
    static const char *const always[] = {"Always", NULL};

    api_errors_push(errors, "template");
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
check_template(ApiErrors *errors, const PodTemplateSpec *template_, const StrList *claims)
{
    api_errors_push(errors, "template");
    check_pod_template(errors, template_, claims);
    api_errors_pop(errors);
}

/* --- DaemonSet ------------------------------------------------------------------------------ */

/* ValidateRollingUpdateDaemonSet */
static void
check_daemon_rolling(ApiErrors *errors, const RollingUpdateDaemonSet *update)
{
    const struct {
        const char *name;
        const IntOrString *value;
    } parts[] = {{"maxUnavailable", &update->max_unavailable}, {"maxSurge", &update->max_surge}};
    gboolean has_unavailable = int_or_percent(&update->max_unavailable) != 0;
    gboolean has_surge = int_or_percent(&update->max_surge) != 0;

    api_errors_push(errors, "rollingUpdate");
    for (guint i = 0; i < G_N_ELEMENTS(parts); i++)
        check_int_or_percent(errors, parts[i].name, parts[i].value);
    for (guint i = 0; i < G_N_ELEMENTS(parts); i++)
        check_at_most_all(errors, parts[i].name, parts[i].value);
    if (has_unavailable && has_surge)
        field_invalid_raw(errors, "maxSurge", print_int_or_string(&update->max_surge),
                          "may not be set when maxUnavailable is non-zero");
    else if (!has_unavailable && !has_surge)
        field_required(errors, "maxUnavailable", "cannot be 0 when maxSurge is 0");
    api_errors_pop(errors);
}

static const char *
print_daemon_strategy(const DaemonSetUpdateStrategy *strategy)
{
    const RollingUpdateDaemonSet *update = strategy->rolling_update;
    const char *printed = "null";

    if (update != NULL)
        printed = str_internf("{\"MaxUnavailable\":%s,\"MaxSurge\":%s}",
                              print_int_or_string(&update->max_unavailable),
                              print_int_or_string(&update->max_surge));
    return str_internf("{\"Type\":%s,\"RollingUpdate\":%s}", api_quote(strategy->type), printed);
}

static void
check_daemon_strategy(ApiErrors *errors, const DaemonSetUpdateStrategy *strategy)
{
    api_errors_push(errors, "updateStrategy");
    if (str_is(strategy->type, "RollingUpdate")) {
        if (strategy->rolling_update == NULL)
            field_required(errors, "rollingUpdate", NULL);
        else
            check_daemon_rolling(errors, strategy->rolling_update);
    } else if (!str_is(strategy->type, "OnDelete")) {
        field_not_supported_raw(errors, NULL, print_daemon_strategy(strategy),
                                (const char *const[]){"RollingUpdate", "OnDelete", NULL});
    }
    api_errors_pop(errors);
}

/* ValidateDaemonSetSpec */
static void
check_daemon_spec(const ApiObject *object, ApiErrors *errors)
{
    const DaemonSetSpec *spec = object->spec;

    if (spec->selector != NULL)
        check_label_selector(errors, "selector", spec->selector);
    if (spec->selector == NULL || label_selector_is_convertible(spec->selector))
        check_labels_match(errors, &spec->template_, spec->selector);
    if (selector_selects_all(spec->selector))
        field_invalid_raw(errors, "selector", "{}", "empty selector is invalid for daemonset");
    check_template(errors, &spec->template_, NULL);
    check_lasting(errors, &spec->template_, "DaemonSet");
    check_not_negative(errors, "minReadySeconds", spec->min_ready_s);
    check_daemon_strategy(errors, &spec->update_strategy);
    if (spec->revision_history_limit.is_set)
        check_not_negative(errors, "revisionHistoryLimit", spec->revision_history_limit.value);
}

void
daemon_set_validate(const ApiObject *object, ApiErrors *errors)
{
    api_errors_push(errors, "spec");
    check_daemon_spec(object, errors);
    api_errors_pop(errors);
}

void
daemon_set_validate_update(const ApiObject *object, const ApiObject *old, ApiErrors *errors)
{
    if (object->spec == old->spec)
        return;
    api_errors_push(errors, "spec");
    check_selector_unchanged(errors, daemon_set_spec(object)->selector,
                             daemon_set_spec(old)->selector);
    api_errors_pop(errors);
}

/* --- StatefulSet ----------------------------------------------------------------------------- */

static const char *
print_stateful_rolling(const RollingUpdateStatefulSet *update)
{
    if (update == NULL)
        return "null";
    return str_internf("{\"Partition\":%s,\"MaxUnavailable\":%s}",
                       update->partition.is_set ? str_internf("%d", update->partition.value)
                                                : "null",
                       update->max_unavailable.type == INT_OR_STRING_UNSET
                           ? "null"
                           : print_int_or_string(&update->max_unavailable));
}

static void
check_stateful_strategy(ApiErrors *errors, const StatefulSetUpdateStrategy *strategy)
{
    const char *rolling = print_stateful_rolling(strategy->rolling_update);

    if (str_is(strategy->type, "OnDelete")) {
        if (strategy->rolling_update != NULL)
            field_invalid_raw(errors, "updateStrategy.rollingUpdate", rolling,
                              "only allowed for updateStrategy 'RollingUpdate'");
    } else if (str_is(strategy->type, "RollingUpdate")) {
        const RollingUpdateStatefulSet *update = strategy->rolling_update;

        if (update != NULL && update->partition.is_set)
            check_not_negative(errors, "updateStrategy.rollingUpdate.partition", update->partition.value);
    } else {
        field_invalid_raw(errors, "updateStrategy",
                          str_internf("{\"Type\":%s,\"RollingUpdate\":%s}",
                                      api_quote(strategy->type), rolling),
                          "must be 'RollingUpdate' or 'OnDelete'");
    }
}

static void
check_retention(ApiErrors *errors, const ClaimRetentionPolicy *policy)
{
    static const char *const known[] = {"Retain", "Delete", NULL};

    if (policy == NULL)
        return;
    api_errors_push(errors, "persistentVolumeClaimRetentionPolicy");
    if (!str_is(policy->when_deleted, "Retain") && !str_is(policy->when_deleted, "Delete"))
        field_not_supported(errors, "whenDeleted", policy->when_deleted, known);
    if (!str_is(policy->when_scaled, "Retain") && !str_is(policy->when_scaled, "Delete"))
        field_not_supported(errors, "whenScaled", policy->when_scaled, known);
    api_errors_pop(errors);
}

static void
check_claim_templates(ApiErrors *errors, const StatefulSetSpec *spec)
{
    api_errors_push(errors, "volumeClaimTemplates");
    for (guint i = 0; i < spec->claim_templates.count; i++) {
        api_errors_push_index(errors, i);
        api_errors_push(errors, "spec");
        check_claim_spec(errors, &spec->claim_templates.items[i].spec);
        api_errors_pop(errors);
        api_errors_pop(errors);
    }
    api_errors_pop(errors);
}

/* Pods get a volume for each claim template, by its name. */
static void
check_template_with_claims(ApiErrors *errors, const StatefulSetSpec *spec)
{
    StrList claims = {0};

    for (guint i = 0; i < spec->claim_templates.count; i++)
        str_list_add(&claims, str_or_empty(spec->claim_templates.items[i].metadata.name));
    check_template(errors, &spec->template_, &claims);
    g_free(claims.items);
}

static void
check_stateful_template(ApiErrors *errors, const StatefulSetSpec *spec)
{
    if (spec->selector == NULL) {
        field_required(errors, "selector", NULL);
    } else {
        check_label_selector(errors, "selector", spec->selector);
        if (selector_selects_all(spec->selector))
            field_invalid_raw(errors, "selector", "{}",
                              "empty selector is invalid for statefulset");
    }
    if (spec->selector != NULL && !label_selector_is_convertible(spec->selector)) {
        field_invalid_raw(errors, "selector", print_struct(&label_selector_type, spec->selector),
                          NULL);
    } else {
        if (!selector_selects_all(spec->selector))
            check_labels_match(errors, &spec->template_, spec->selector);
        check_template_with_claims(errors, spec);
    }
    check_lasting(errors, &spec->template_, "StatefulSet");
}

/* ValidateStatefulSetSpec */
void
stateful_set_validate(const ApiObject *object, ApiErrors *errors)
{
    const StatefulSetSpec *spec = object->spec;

    api_errors_push(errors, "spec");
    if (!str_is(spec->pod_management_policy, "OrderedReady") &&
        !str_is(spec->pod_management_policy, "Parallel"))
        field_invalid_string(errors, "podManagementPolicy",
                             str_or_empty(spec->pod_management_policy),
                             "must be 'OrderedReady' or 'Parallel'");
    check_stateful_strategy(errors, &spec->update_strategy);
    check_retention(errors, spec->claim_retention);
    check_claim_templates(errors, spec);
    check_not_negative(errors, "replicas", spec->replicas.value);
    check_not_negative(errors, "minReadySeconds", spec->min_ready_s);
    if (spec->ordinals != NULL)
        check_not_negative(errors, "ordinals.start", spec->ordinals->start);
    if (!str_is_empty(spec->service_name))
        check_name(errors, "serviceName", NAME_DNS1035_LABEL, spec->service_name);
    check_stateful_template(errors, spec);
    api_errors_pop(errors);
}

/* ValidateStatefulSetUpdate: what may not change is equal, member by member. */
void
stateful_set_validate_update(const ApiObject *object, const ApiObject *old, ApiErrors *errors)
{
    static const char *const fixed[] = {"selector", "volumeClaimTemplates", "serviceName",
                                        "podManagementPolicy"};
    g_autoptr(Value) new_tree = NULL;
    g_autoptr(Value) old_tree = NULL;
    gboolean is_equal = TRUE;

    if (object->spec == old->spec)
        return;
    stateful_set_validate(object, errors);
    new_tree = api_struct_encode(&stateful_set_spec_type, object->spec);
    old_tree = api_struct_encode(&stateful_set_spec_type, old->spec);
    for (guint i = 0; i < G_N_ELEMENTS(fixed); i++) {
        const Value *a = value_get(new_tree, fixed[i]);
        const Value *b = value_get(old_tree, fixed[i]);

        is_equal = is_equal && (a == NULL || b == NULL ? a == b : value_equal(a, b));
    }
    if (!is_equal)
        field_forbidden(errors, "spec",
                        "updates to statefulset spec for fields other than 'replicas', 'ordinals', "
                        "'template', 'updateStrategy', 'revisionHistoryLimit', "
                        "'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are "
                        "forbidden");
}

/* --- ControllerRevision ------------------------------------------------------------------------ */

/* ValidateControllerRevision */
void
controller_revision_validate(const ApiObject *object, ApiErrors *errors)
{
    const ControllerRevisionBody *body = object->body;

    if (body->data == NULL)
        field_required(errors, "data", "data is mandatory");
    if (body->revision < 0)
        field_invalid_int(errors, "revision", body->revision,
                          "must be greater than or equal to 0");
}

/* ValidateControllerRevisionUpdate: the data never changes. */
void
controller_revision_validate_update(const ApiObject *object,
                                    const ApiObject *old,
                                    ApiErrors *errors)
{
    const ControllerRevisionBody *body = object->body;
    const ControllerRevisionBody *old_body = old->body;

    controller_revision_validate(object, errors);
    if (body->data != NULL && old_body->data != NULL && !value_equal(body->data, old_body->data)) {
        g_autofree char *printed = value_to_json(body->data, 0);

        field_invalid_raw(errors, "data", str_intern(printed), "field is immutable");
    }
}
