/*
 * Validation of ResourceQuota and LimitRange.
 *
 * Models: v1.34 pkg/apis/core/validation: ValidateResourceQuota, ValidateLimitRange.
 */
#include "api/kinds/quota.h"
#include "api/kinds/hooks.h"

static const char *const scope_names[] = {"Terminating",
                                          "NotTerminating",
                                          "BestEffort",
                                          "NotBestEffort",
                                          "PriorityClass",
                                          "CrossNamespacePodAffinity",
                                          "VolumeAttributesClass",
                                          NULL};
static const char *const pod_compute_names[] = {"cpu",          "memory",          "limits.cpu",
                                                "limits.memory", "requests.cpu",
                                                "requests.memory", NULL};

static void
check_amounts(ApiErrors *errors, const char *part, const QuantityMap *map)
{
    api_errors_push(errors, part);
    for (guint i = 0; i < map->count; i++) {
        api_errors_push_key(errors, map->items[i].key);
        check_quota_resource_name(errors, map->items[i].key);
        check_quantity(errors, NULL, map->items[i].key, &map->items[i].value);
        api_errors_pop(errors);
    }
    api_errors_pop(errors);
}

/* --- scopes -------------------------------------------------------------------------------------- */

/* IsResourceQuotaScopeValidForResource: a scope that nobody knows fits everything */
static gboolean
scope_fits(const char *scope, const char *resource)
{
    if (str_is(scope, "BestEffort"))
        return str_is(resource, "pods");
    if (str_is(scope, "VolumeAttributesClass"))
        return str_is(resource, "persistentvolumeclaims") || str_is(resource, "requests.storage");
    return !g_strv_contains(scope_names, scope) || str_is(resource, "pods") ||
           g_strv_contains(pod_compute_names, resource);
}

static gboolean
has_pair(const StrList *scopes, const char *a, const char *b)
{
    return str_list_contains(scopes, str_intern(a)) && str_list_contains(scopes, str_intern(b));
}

static void
check_scopes(ApiErrors *errors, const QuotaSpec *spec)
{
    const char *printed = print_str_list(&spec->scopes);

    for (guint i = 0; i < spec->scopes.count; i++) {
        const char *scope = spec->scopes.items[i];

        if (!g_strv_contains(scope_names, scope))
            field_invalid_raw(errors, "scopes", printed, "unsupported scope");
        for (guint k = 0; k < spec->hard.count; k++)
            if (is_quota_resource(spec->hard.items[k].key) &&
                !scope_fits(scope, spec->hard.items[k].key))
                field_invalid_raw(errors, "scopes", printed,
                                  "unsupported scope applied to resource");
    }
    if (has_pair(&spec->scopes, "BestEffort", "NotBestEffort"))
        field_invalid_raw(errors, "scopes", printed, "conflicting scopes");
    if (has_pair(&spec->scopes, "Terminating", "NotTerminating"))
        field_invalid_raw(errors, "scopes", printed, "conflicting scopes");
}

/* The selector with the names of the server's own type. */
static const char *
print_scope_selector(const ScopeSelector *selector)
{
    g_autoptr(Value) value = value_new_map();
    Value *rows = value_new_list();
    g_autofree char *printed = NULL;

    for (guint i = 0; i < selector->match_expressions.count; i++) {
        const ScopeRequirement *row = &selector->match_expressions.items[i];
        Value *printed_row = value_new_map();
        Value *values = row->values.count == 0 ? value_new_null() : value_new_list();

        for (guint k = 0; k < row->values.count; k++)
            value_append(values, value_new_string(row->values.items[k]));
        value_set(printed_row, "ScopeName", value_new_string(str_or_empty(row->scope_name)));
        value_set(printed_row, "Operator", value_new_string(str_or_empty(row->operator_)));
        value_set(printed_row, "Values", values);
        value_append(rows, printed_row);
    }
    value_set(value, "MatchExpressions", rows);
    printed = value_to_json(value, VALUE_COMPACT);
    return str_intern(printed);
}

/* validateScopedResourceSelectorRequirement: a scope against the resources that are limited */
static void
check_scope_resources(ApiErrors *errors, const QuotaSpec *spec, const char *scope)
{
    for (guint i = 0; i < spec->hard.count; i++)
        if (is_quota_resource(spec->hard.items[i].key) &&
            !scope_fits(scope, spec->hard.items[i].key))
            field_invalid_raw(errors, NULL, print_scope_selector(spec->scope_selector),
                              "unsupported scope applied to resource");
}

static void
check_scope_row(ApiErrors *errors, const QuotaSpec *spec, const ScopeRequirement *row)
{
    gboolean is_in = str_is(row->operator_, "In") || str_is(row->operator_, "NotIn");
    gboolean is_exists = str_is(row->operator_, "Exists") || str_is(row->operator_, "DoesNotExist");

    if (!g_strv_contains(scope_names, str_or_empty(row->scope_name)))
        field_invalid_string(errors, "scopeName", str_or_empty(row->scope_name),
                             "unsupported scope");
    check_scope_resources(errors, spec, str_or_empty(row->scope_name));
    if (g_strv_contains(scope_names, str_or_empty(row->scope_name)) && !str_is(row->scope_name, "PriorityClass") &&
             !str_is(row->scope_name, "VolumeAttributesClass") && !str_is(row->operator_, "Exists"))
        field_invalid_string(errors, "operator", str_or_empty(row->operator_),
                             "must be 'Exists' when scope is any of ResourceQuotaScopeTerminating, "
                             "ResourceQuotaScopeNotTerminating, ResourceQuotaScopeBestEffort, "
                             "ResourceQuotaScopeNotBestEffort or "
                             "ResourceQuotaScopeCrossNamespacePodAffinity");
    if (is_in && row->values.count == 0)
        field_required(errors, "values",
                       "must be at least one value when `operator` is 'In' or 'NotIn' for scope "
                       "selector");
    else if (is_exists && row->values.count > 0)
        field_invalid_raw(errors, "values", print_str_list(&row->values),
                          "must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope "
                          "selector");
    else if (!is_in && !is_exists)
        field_invalid_string(errors, "operator", str_or_empty(row->operator_),
                             "not a valid selector operator");
}

void
quota_validate(const ApiObject *object, ApiErrors *errors)
{
    const QuotaSpec *spec = object->spec;

    api_errors_push(errors, "spec");
    check_amounts(errors, "hard", &spec->hard);
    check_scopes(errors, spec);
    if (spec->scope_selector != NULL) {
        api_errors_push(errors, "scopeSelector");
        api_errors_push(errors, "matchExpressions");
        for (guint i = 0; i < spec->scope_selector->match_expressions.count; i++)
            check_scope_row(errors, spec, &spec->scope_selector->match_expressions.items[i]);
        api_errors_pop(errors);
        api_errors_pop(errors);
    }
    api_errors_pop(errors);
}

/* ValidateResourceQuotaStatusUpdate */
void
quota_validate_status(const ApiObject *object, const ApiObject *old, ApiErrors *errors)
{
    const QuotaStatus *status = object->status;

    (void)old;
    api_errors_push(errors, "status");
    check_amounts(errors, "hard", &status->hard);
    check_amounts(errors, "used", &status->used);
    api_errors_pop(errors);
}

static gboolean
has_same_scopes(const StrList *a, const StrList *b)
{
    for (guint i = 0; i < a->count; i++)
        if (!str_list_contains(b, a->items[i]))
            return FALSE;
    for (guint i = 0; i < b->count; i++)
        if (!str_list_contains(a, b->items[i]))
            return FALSE;
    return TRUE;
}

void
quota_validate_update(const ApiObject *object, const ApiObject *old, ApiErrors *errors)
{
    const QuotaSpec *spec = object->spec;

    if (!has_same_scopes(&spec->scopes, &quota_spec(old)->scopes)) {
        api_errors_push(errors, "spec");
        field_invalid_raw(errors, "scopes", print_str_list(&spec->scopes), "field is immutable");
        api_errors_pop(errors);
    }
}

/* --- LimitRange ---------------------------------------------------------------------------------- */

static void
check_limit_names(ApiErrors *errors, const LimitRangeItem *item, const char *part, const QuantityMap *map)
{
    api_errors_push(errors, part);
    for (guint i = 0; i < map->count; i++) {
        api_errors_push_key(errors, map->items[i].key);
        check_limit_resource_name(errors, item->type, map->items[i].key);
        api_errors_pop(errors);
    }
    api_errors_pop(errors);
}

/* The bound at part[key] is no good: @value is printed, which is not always that bound. */
static void
refuse_bound(ApiErrors *errors, const char *part, const char *key, const Quantity *value, const char *why)
{
    api_errors_push(errors, part);
    api_errors_push_key(errors, key);
    field_invalid_raw(errors, NULL, api_quote(quantity_format(value)), why);
    api_errors_pop(errors);
    api_errors_pop(errors);
}

static gboolean
exceeds(const Quantity *a, const Quantity *b)
{
    return a != NULL && b != NULL && quantity_compare(a, b) > 0;
}

static const char *
greater_text(const char *what, const Quantity *a, const char *other, const Quantity *b)
{
    return str_internf("%s value %s is greater than %s value %s", what, quantity_format(a), other,
                       quantity_format(b));
}

static void
check_ratio(ApiErrors *errors,
            const char *key,
            const Quantity *ratio,
            const Quantity *min,
            const Quantity *max)
{
    Quantity one = quantity_from_int(1, QUANTITY_DECIMAL_SI);
    gint64 least;
    __int128 scaled;

    if (ratio == NULL)
        return;
    if (quantity_compare(ratio, &one) < 0)
        refuse_bound(errors, "maxLimitRequestRatio", key, ratio,
                     str_internf("ratio %s is less than 1", quantity_format(ratio)));
    if (min == NULL || max == NULL || quantity_sign(min) == 0)
        return;
    least = quantity_value_milli(min);
    /* Millionths, as %f prints them. */
    scaled = (__int128)quantity_value_milli(max) * 1000000;
    if ((__int128)quantity_value_milli(ratio) * least > (__int128)quantity_value_milli(max) * 1000) {
        gint64 millionths = (gint64)((scaled + least / 2) / least);

        refuse_bound(errors, "maxLimitRequestRatio", key, ratio,
                     str_internf("ratio %s is greater than max/min = %" G_GINT64_FORMAT
                                 ".%06" G_GINT64_FORMAT,
                                 quantity_format(ratio), millionths / 1000000,
                                 millionths % 1000000));
    }
}

static void
check_bounds(ApiErrors *errors, const LimitRangeItem *item, const char *key)
{
    const Quantity *min = quantity_map_get(&item->min, key);
    const Quantity *max = quantity_map_get(&item->max, key);
    const Quantity *limit = quantity_map_get(&item->default_, key);
    const Quantity *request = quantity_map_get(&item->default_request, key);

    if (exceeds(min, max))
        refuse_bound(errors, "min", key, min, greater_text("min", min, "max", max));
    if (exceeds(min, request))
        refuse_bound(errors, "defaultRequest", key, request,
                     greater_text("min", min, "default request", request));
    if (exceeds(request, max))
        refuse_bound(errors, "defaultRequest", key, request,
                     greater_text("default request", request, "max", max));
    if (exceeds(request, limit))
        refuse_bound(errors, "defaultRequest", key, request,
                     greater_text("default request", request, "default limit", limit));
    if (exceeds(min, limit))
        refuse_bound(errors, "default", key, min, greater_text("min", min, "default", limit));
    if (exceeds(limit, max))
        refuse_bound(errors, "default", key, max, greater_text("default", limit, "max", max));
    check_ratio(errors, key, quantity_map_get(&item->max_ratio, key), min, max);
    if (!is_overcommit_allowed(key) && limit != NULL && request != NULL &&
        quantity_compare(limit, request) != 0)
        refuse_bound(errors, "defaultRequest", key, request,
                     str_internf("default value %s must equal to defaultRequest value %s in %s",
                                 quantity_format(limit), quantity_format(request), key));
}

static void
check_item(ApiErrors *errors, const LimitRangeItem *item)
{
    static const char *const forbidden = "may not be specified when `type` is 'Pod'";
    const QuantityMap *maps[] = {&item->max, &item->min, &item->default_, &item->default_request,
                                 &item->max_ratio};
    QuantityMap keys = {0};

    check_limit_names(errors, item, "max", &item->max);
    check_limit_names(errors, item, "min", &item->min);
    if (str_is(item->type, "Pod")) {
        if (item->default_.count > 0)
            field_forbidden(errors, "default", forbidden);
        if (item->default_request.count > 0)
            field_forbidden(errors, "defaultRequest", forbidden);
    } else {
        check_limit_names(errors, item, "default", &item->default_);
        check_limit_names(errors, item, "defaultRequest", &item->default_request);
    }
    if (str_is(item->type, "PersistentVolumeClaim") &&
        quantity_map_get(&item->min, "storage") == NULL &&
        quantity_map_get(&item->max, "storage") == NULL)
        field_required(errors, "limits",
                       "either minimum or maximum storage value is required, but neither was "
                       "provided");
    check_limit_names(errors, item, "maxLimitRequestRatio", &item->max_ratio);
    for (guint i = 0; i < G_N_ELEMENTS(maps); i++)
        for (guint k = 0; k < maps[i]->count; k++)
            quantity_map_set(&keys, maps[i]->items[k].key, maps[i]->items[k].value);
    for (guint i = 0; i < keys.count; i++)
        check_bounds(errors, item, keys.items[i].key);
    g_free(keys.items);
}

void
limit_range_validate(const ApiObject *object, ApiErrors *errors)
{
    static const char *const types[] = {"Pod", "Container", "PersistentVolumeClaim", NULL};
    const LimitRangeSpec *spec = object->spec;

    api_errors_push(errors, "spec");
    api_errors_push(errors, "limits");
    for (guint i = 0; i < spec->limits.count; i++) {
        const LimitRangeItem *item = &spec->limits.items[i];
        const char *type = str_or_empty(item->type);

        api_errors_push_index(errors, i);
        if (check_name(errors, "type", NAME_QUALIFIED, type) && strchr(type, '/') == NULL &&
            !g_strv_contains(types, type))
            field_invalid_string(errors, "type", type,
                                 "must be a standard limit type or fully qualified");
        for (guint k = 0; k < i; k++)
            if (str_is(spec->limits.items[k].type, item->type)) {
                field_duplicate(errors, "type", api_quote(type));
                break;
            }
        check_item(errors, item);
        api_errors_pop(errors);
    }
    api_errors_pop(errors);
    api_errors_pop(errors);
}
