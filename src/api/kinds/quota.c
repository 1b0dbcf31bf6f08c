/* ResourceQuota and LimitRange: tables, kinds, defaults. */
#include "api/kinds/quota.h"
#include "api/kinds/hooks.h"
#include "api/kinds/tables.h"

static const ApiField scope_requirement_fields[] = {
    {"scopeName", API_STRING, AT(ScopeRequirement, scope_name), API_REQUIRED | API_ALWAYS,
     .go_type = "v1.ResourceQuotaScope", .doc = "The scope that the row is about."},
    {"operator", API_STRING, AT(ScopeRequirement, operator_), API_REQUIRED | API_ALWAYS,
     .go_type = "v1.ScopeSelectorOperator", .doc = "In, NotIn, Exists or DoesNotExist."},
    {"values", API_STR_LIST, AT(ScopeRequirement, values), .doc = "Values for In and NotIn."},
    {0},
};
static const ApiType scope_requirement_type = TYPE("ScopedResourceSelectorRequirement",
                                                   ScopeRequirement,
                                                   scope_requirement_fields,
                                                   "One condition on what is counted.");
static const ApiField scope_selector_fields[] = {
    {"matchExpressions", API_MESSAGE_LIST, AT(ScopeSelector, match_expressions),
     .message = &scope_requirement_type, .doc = "Conditions; all of them must hold."},
    {0},
};
static const ApiType scope_selector_type =
    TYPE("ScopeSelector", ScopeSelector, scope_selector_fields, "Which objects are counted.");
static const ApiField quota_spec_fields[] = {
    {"hard", API_QUANTITY_MAP, AT(QuotaSpec, hard), .go_type = "v1.ResourceList",
     .doc = "The most of each resource that the namespace may use."},
    {"scopes", API_STR_LIST, AT(QuotaSpec, scopes), API_IMMUTABLE,
     .doc = "Only objects of all of these scopes are counted."},
    {"scopeSelector", API_MESSAGE, AT(QuotaSpec, scope_selector), .message = &scope_selector_type,
     .doc = "Like scopes, with operators."},
    {0},
};
const ApiType quota_spec_type =
    TYPE("ResourceQuotaSpec", QuotaSpec, quota_spec_fields, "What is wanted.");
static const ApiField quota_status_fields[] = {
    {"hard", API_QUANTITY_MAP, AT(QuotaStatus, hard), .go_type = "v1.ResourceList",
     .doc = "The limits that are in force."},
    {"used", API_QUANTITY_MAP, AT(QuotaStatus, used), .go_type = "v1.ResourceList",
     .doc = "What is used of them."},
    {0},
};
const ApiType quota_status_type =
    TYPE("ResourceQuotaStatus", QuotaStatus, quota_status_fields, "What is there.");

static const ApiField limit_item_fields[] = {
    {"type", API_STRING, AT(LimitRangeItem, type), API_REQUIRED | API_ALWAYS,
     .go_type = "v1.LimitType", .doc = "Pod, Container or PersistentVolumeClaim."},
    {"max", API_QUANTITY_MAP, AT(LimitRangeItem, max), .go_type = "v1.ResourceList",
     .doc = "The most that one may ask for."},
    {"min", API_QUANTITY_MAP, AT(LimitRangeItem, min), .go_type = "v1.ResourceList",
     .doc = "The least that one must ask for."},
    {"default", API_QUANTITY_MAP, AT(LimitRangeItem, default_), .go_type = "v1.ResourceList",
     .doc = "Limits of containers that have none."},
    {"defaultRequest", API_QUANTITY_MAP, AT(LimitRangeItem, default_request),
     .go_type = "v1.ResourceList", .doc = "Requests of containers that have none."},
    {"maxLimitRequestRatio", API_QUANTITY_MAP, AT(LimitRangeItem, max_ratio),
     .go_type = "v1.ResourceList", .doc = "The most that a limit may be of its request."},
    {0},
};
static const ApiType limit_item_type =
    TYPE("LimitRangeItem", LimitRangeItem, limit_item_fields, "Bounds for one sort of thing.");
static const ApiField limit_range_spec_fields[] = {
    {"limits", API_MESSAGE_LIST, AT(LimitRangeSpec, limits), API_REQUIRED | API_ALWAYS,
     .message = &limit_item_type, .doc = "Bounds, one for each sort of thing."},
    {0},
};
const ApiType limit_range_spec_type =
    TYPE("LimitRangeSpec", LimitRangeSpec, limit_range_spec_fields, "What is wanted.");

/* --- defaults: v1.34 pkg/apis/core/v1/defaults.go -------------------------------------------------- */

static void
quota_set_defaults(ApiObject *object)
{
    QuotaSpec *spec = api_edit_spec(object);

    resource_map_set_defaults(&spec->hard);
}

static void
add_absent(QuantityMap *map, const QuantityMap *from)
{
    for (guint i = 0; i < from->count; i++)
        if (quantity_map_get(map, from->items[i].key) == NULL)
            quantity_map_set(map, from->items[i].key, from->items[i].value);
}

/* SetDefaults_LimitRangeItem */
static void
limit_range_set_defaults(ApiObject *object)
{
    LimitRangeSpec *spec = api_edit_spec(object);

    for (guint i = 0; i < spec->limits.count; i++) {
        LimitRangeItem *item = &spec->limits.items[i];
        QuantityMap *maps[] = {&item->max, &item->min, &item->default_, &item->default_request,
                               &item->max_ratio};

        for (guint k = 0; k < G_N_ELEMENTS(maps); k++)
            resource_map_set_defaults(maps[k]);
        if (!str_is(item->type, "Container"))
            continue;
        add_absent(&item->default_, &item->max);
        add_absent(&item->default_request, &item->default_);
        add_absent(&item->default_request, &item->min);
    }
}

static const char *const quota_short_names[] = {"quota", NULL};
static const char *const limit_range_short_names[] = {"limits", NULL};

const ApiKind resource_quota_kind = {
    .kind = "ResourceQuota",
    .group = "",
    .version = "v1",
    .plural = "resourcequotas",
    .singular = "resourcequota",
    .short_names = quota_short_names,
    .is_namespaced = TRUE,
    .has_status = TRUE,
    .allows_unconditional_update = TRUE,
    .spec = &quota_spec_type,
    .status = &quota_status_type,
    .doc = "Bounds what a namespace may use altogether.",
    .set_defaults = quota_set_defaults,
    .validate = quota_validate,
    .validate_update = quota_validate_update,
    .validate_status = quota_validate_status,
    .update_steps = "UVD",
    .name_rule = NAME_DNS_SUBDOMAIN,
};

const ApiKind limit_range_kind = {
    .kind = "LimitRange",
    .group = "",
    .version = "v1",
    .plural = "limitranges",
    .singular = "limitrange",
    .is_created_by_update = TRUE,
    .short_names = limit_range_short_names,
    .is_namespaced = TRUE,
    .allows_unconditional_update = TRUE,
    .spec = &limit_range_spec_type,
    .doc = "Bounds and defaults for each pod, container and claim of a namespace.",
    .set_defaults = limit_range_set_defaults,
    .validate = limit_range_validate,
    .update_steps = "MV",
    .name_rule = NAME_DNS_SUBDOMAIN,
};
