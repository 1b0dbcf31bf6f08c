/*
 * Validation of requests and limits.
 *
 * Models: v1.34 pkg/apis/core/validation: validateResourceRequirements; pkg/apis/core/helper.
 */
#include "api/kinds/hooks.h"
#include "api/kinds/tables.h"

static const char *const standard_names[] = {"cpu",
                                             "memory",
                                             "ephemeral-storage",
                                             "requests.cpu",
                                             "requests.memory",
                                             "requests.ephemeral-storage",
                                             "limits.cpu",
                                             "limits.memory",
                                             "limits.ephemeral-storage",
                                             "pods",
                                             "resourcequotas",
                                             "services",
                                             "replicationcontrollers",
                                             "secrets",
                                             "configmaps",
                                             "persistentvolumeclaims",
                                             "storage",
                                             "requests.storage",
                                             "services.nodeports",
                                             "services.loadbalancers",
                                             NULL};
static const char *const container_names[] = {"cpu", "memory", "ephemeral-storage", NULL};
static const char *const counted_names[] = {"pods",
                                            "resourcequotas",
                                            "services",
                                            "replicationcontrollers",
                                            "secrets",
                                            "configmaps",
                                            "persistentvolumeclaims",
                                            "services.nodeports",
                                            "services.loadbalancers",
                                            NULL};

static gboolean
is_huge_page(const char *name)
{
    return g_str_has_prefix(name, "hugepages-");
}

/* IsQuotaHugePageResourceName */
static gboolean
is_quota_huge_page(const char *name)
{
    return is_huge_page(name) || g_str_has_prefix(name, "requests.hugepages-");
}

static gboolean
is_native(const char *name)
{
    return strchr(name, '/') == NULL || strstr(name, "kubernetes.io/") != NULL;
}

/* IsExtendedResourceName: as a quota's "requests." + name it must still be a qualified name */
static gboolean
is_extended(const char *name)
{
    StrList messages = {0};
    gboolean is_fine;

    if (is_native(name) || g_str_has_prefix(name, "requests."))
        return FALSE;
    is_fine = name_check(NAME_QUALIFIED, str_internf("requests.%s", name), FALSE, &messages);
    g_free(messages.items);
    return is_fine;
}

static gboolean
may_overcommit(const char *name)
{
    return is_native(name) && !is_huge_page(name);
}

/* ValidateResourceQuantityValue */
void
check_quantity(ApiErrors *errors, const char *child, const char *name, const Quantity *value)
{
    if (quantity_sign(value) < 0)
        field_invalid_raw(errors, child, api_quote(quantity_format(value)), "must be greater than or equal to 0");
    if (quantity_value_milli(value) % 1000 != 0 &&
        (g_strv_contains(counted_names, name) || is_extended(name)))
        field_invalid_raw(errors, child, api_quote(quantity_format(value)), "must be an integer");
}

/* validateResourceName and validateContainerResourceName; the cursor stands on the entry */
static void
check_name_of_resource(ApiErrors *errors, const char *name, gboolean is_pod)
{
    static const char *const pod_names[] = {"cpu", "hugepages-", "memory", NULL};

    if (!check_name(errors, NULL, NAME_QUALIFIED, name)) {
        if (is_pod)
            return;
    } else if (strchr(name, '/') == NULL && !g_strv_contains(standard_names, name) &&
               !is_quota_huge_page(name)) {
        field_invalid_string(errors, NULL, name,
                             "must be a standard resource type or fully qualified");
        if (is_pod)
            return;
    }
    if (is_pod) {
        if (!str_is(name, "cpu") && !str_is(name, "memory") && !is_huge_page(name))
            field_not_supported(errors, NULL, name, pod_names);
    } else if (strchr(name, '/') == NULL) {
        if (!g_strv_contains(container_names, name) && !is_huge_page(name))
            field_invalid_string(errors, NULL, name, "must be a standard resource for containers");
    } else if (!is_native(name) && !is_extended(name)) {
        field_invalid_string(errors, NULL, name, "doesn't follow extended resource name standard");
    }
}

void
check_container_resource_name(ApiErrors *errors, const char *name)
{
    check_name_of_resource(errors, name, FALSE);
}

/* IsHugePageResourceValueDivisible: a size that is none divides nothing */
static void
check_huge_pages(ApiErrors *errors, const char *name, const Quantity *value)
{
    Quantity page;
    gint64 size = 0;

    if (quantity_parse(name + strlen("hugepages-"), &page) && quantity_value_milli(&page) % 1000 == 0)
        size = quantity_value(&page);
    if (size <= 0 || quantity_value(value) % size != 0)
        field_invalid_string(errors, NULL, quantity_format(value),
                             str_internf("%s is not positive integer multiple of %s",
                                         quantity_format(value), name));
}

static void
check_entry(ApiErrors *errors, const QuantityPair *pair, gboolean is_pod)
{
    check_name_of_resource(errors, pair->key, is_pod);
    check_quantity(errors, NULL, pair->key, &pair->value);
}

/* Request against limit: the cursor stands on "resources". */
static void
check_against_limit(ApiErrors *errors, const QuantityPair *request, const QuantityMap *limits)
{
    const Quantity *limit = quantity_map_get(limits, request->key);
    gboolean must_be_equal = !may_overcommit(request->key);
    const char *value = quantity_format(&request->value);
    int order;

    if (limit == NULL) {
        if (must_be_equal)
            field_required(errors, "limits", "Limit must be set for non overcommitable resources");
        return;
    }
    order = quantity_compare(&request->value, limit);
    if (order != 0 && must_be_equal)
        field_invalid_string(errors, "requests", value,
                             str_internf("must be equal to %s limit of %s", request->key,
                                         quantity_format(limit)));
    else if (order > 0)
        field_invalid_string(errors, "requests", value,
                             str_internf("must be less than or equal to %s limit of %s",
                                         request->key, quantity_format(limit)));
}

static gboolean
has_key(const ResourceRequirements *resources, gboolean (*matches)(const char *key))
{
    for (guint i = 0; i < resources->limits.count; i++) {
        if (matches(resources->limits.items[i].key))
            return TRUE;
    }
    for (guint i = 0; i < resources->requests.count; i++) {
        if (matches(resources->requests.items[i].key))
            return TRUE;
    }
    return FALSE;
}

static gboolean
is_cpu_or_memory(const char *key)
{
    return str_is(key, "cpu") || str_is(key, "memory");
}

void
check_resources(ApiErrors *errors, const ResourceRequirements *resources, gboolean is_pod)
{
    for (guint i = 0; i < resources->limits.count; i++) {
        const QuantityPair *pair = &resources->limits.items[i];

        api_errors_push(errors, "limits");
        api_errors_push_key(errors, pair->key);
        check_entry(errors, pair, is_pod);
        if (is_huge_page(pair->key))
            check_huge_pages(errors, pair->key, &pair->value);
        api_errors_pop(errors);
        api_errors_pop(errors);
    }
    for (guint i = 0; i < resources->requests.count; i++) {
        const QuantityPair *pair = &resources->requests.items[i];

        api_errors_push(errors, "requests");
        api_errors_push_key(errors, pair->key);
        check_entry(errors, pair, is_pod);
        api_errors_pop(errors);
        api_errors_pop(errors);
        check_against_limit(errors, pair, &resources->limits);
        if (is_huge_page(pair->key)) {
            api_errors_push(errors, "requests");
            api_errors_push_key(errors, pair->key);
            check_huge_pages(errors, pair->key, &pair->value);
            api_errors_pop(errors);
            api_errors_pop(errors);
        }
    }
    if (has_key(resources, is_huge_page) && !has_key(resources, is_cpu_or_memory))
        field_forbidden(errors, NULL, "HugePages require cpu or memory");
}

/* --- claims ------------------------------------------------------------------------------------------ */

static void
check_pod_claim(ApiErrors *errors, const Value *claim, StrList *names)
{
    const char *name = str_intern(value_get_string(claim, "name", ""));
    const char *claim_name = value_get_string(claim, "resourceClaimName", NULL);
    const char *template_name = value_get_string(claim, "resourceClaimTemplateName", NULL);
    const char *printed = str_internf("{\"Name\":%s,\"ResourceClaimName\":%s,\"ResourceClaimTemplateName\":%s}", api_quote(name),
                                      claim_name == NULL ? "null" : api_quote(claim_name),
                                      template_name == NULL ? "null" : api_quote(template_name));

    if (name[0] == '\0') {
        field_required(errors, "name", NULL);
    } else if (str_list_contains(names, name)) {
        field_duplicate(errors, "name", api_quote(name));
    } else {
        check_name(errors, "name", NAME_DNS_LABEL, name);
        str_list_add(names, name);
    }
    if (claim_name != NULL && template_name != NULL)
        field_invalid_raw(errors, NULL, printed,
                          "at most one of `resourceClaimName` or `resourceClaimTemplateName` may be specified");
    if (claim_name == NULL && template_name == NULL)
        field_invalid_raw(errors, NULL, printed, "must specify one of: `resourceClaimName`, `resourceClaimTemplateName`");
    if (claim_name != NULL)
        check_name(errors, "resourceClaimName", NAME_DNS_SUBDOMAIN, claim_name);
    if (template_name != NULL)
        check_name(errors, "resourceClaimTemplateName", NAME_DNS_SUBDOMAIN, template_name);
}

/* validatePodResourceClaims */
void
check_pod_claims(ApiErrors *errors, const PodSpec *spec)
{
    StrList names = {0};

    for (guint i = 0; spec->resource_claims != NULL && i < spec->resource_claims->count; i++) {
        api_errors_push(errors, str_internf("resourceClaims[%u]", i));
        check_pod_claim(errors, spec->resource_claims->items[i], &names);
        api_errors_pop(errors);
    }
    g_free(names.items);
}

static int
compare_names(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Names of the pod's claims in order: "a, b"; NULL if there is none. */
static const char *
claim_names(const PodSpec *pod, const char *name, gboolean *out_is_known)
{
    g_autoptr(GPtrArray) sorted = g_ptr_array_new();
    g_autofree char *joined = NULL;

    *out_is_known = FALSE;
    for (guint i = 0; pod->resource_claims != NULL && i < pod->resource_claims->count; i++) {
        const char *known = value_get_string(pod->resource_claims->items[i], "name", "");

        *out_is_known |= strcmp(known, name) == 0;
        if (known[0] != '\0' && !g_ptr_array_find_with_equal_func(sorted, known, g_str_equal, NULL))
            g_ptr_array_add(sorted, (gpointer)known);
    }
    if (sorted->len == 0)
        return NULL;
    g_ptr_array_sort(sorted, compare_names);
    g_ptr_array_add(sorted, NULL);
    joined = g_strjoinv(", ", (char **)sorted->pdata);
    return str_intern(joined);
}

/* A whole claim after one of its requests, or what was named before. */
static void
check_claim_once(ApiErrors *errors, const char *child, const char *name, const char *request, StrList *seen)
{
    const char *key = request[0] == '\0' ? name : str_internf("%s/%s", name, request);
    const char *prefix = str_internf("%s/", name);

    if (str_list_contains(seen, name)) {
        field_duplicate(errors, child, api_quote(name));
        return;
    }
    if (request[0] != '\0')
        check_name(errors, str_internf("%s.request", child), NAME_DNS_LABEL, request);
    if (str_list_contains(seen, key))
        field_duplicate(errors, child, api_quote(key));
    else if (request[0] == '\0')
        for (guint i = 0; i < seen->count; i++)
            if (g_str_has_prefix(seen->items[i], prefix))
                field_duplicate(errors, child, api_quote(name));
    str_list_add(seen, key);
}

/* validateResourceClaimNames: the cursor stands on "resources" */
void
check_resource_claims(ApiErrors *errors, const ResourceRequirements *resources, const PodSpec *pod)
{
    StrList seen = {0};

    for (guint i = 0; resources->claims != NULL && i < resources->claims->count; i++) {
        const Value *claim = resources->claims->items[i];
        const char *name = str_intern(value_get_string(claim, "name", ""));
        const char *child = str_internf("claims[%u]", i);
        gboolean is_known;
        const char *all = claim_names(pod, name, &is_known);

        if (name[0] == '\0') {
            field_required(errors, child, NULL);
            continue;
        }
        check_claim_once(errors, child, name, value_get_string(claim, "request", ""), &seen);
        if (is_known)
            continue;
        field_not_found(errors, child, api_quote(name));
        errors->list.items[errors->list.count - 1].detail =
            all == NULL ? str_intern("must be one of the names in pod.spec.resourceClaims which is empty")
                        : str_internf("must be one of the names in pod.spec.resourceClaims: %s", all);
    }
    g_free(seen.items);
}

/* --- quotas and limit ranges ----------------------------------------------------------------------- */

/* IsStandardQuotaResourceName */
gboolean
is_quota_resource(const char *name)
{
    return (g_strv_contains(standard_names, name) && !str_is(name, "storage")) ||
           is_quota_huge_page(name);
}

gboolean
is_overcommit_allowed(const char *name)
{
    return may_overcommit(name);
}

/* validateResourceName */
static void
check_plain_name(ApiErrors *errors, const char *name)
{
    if (check_name(errors, NULL, NAME_QUALIFIED, name) && strchr(name, '/') == NULL &&
        !g_strv_contains(standard_names, name) && !is_quota_huge_page(name))
        field_invalid_string(errors, NULL, name,
                             "must be a standard resource type or fully qualified");
}

/* ValidateResourceQuotaResourceName */
void
check_quota_resource_name(ApiErrors *errors, const char *name)
{
    check_plain_name(errors, name);
    if (strchr(name, '/') == NULL && !is_quota_resource(name))
        field_invalid_string(errors, NULL, name, "must be a standard resource for quota");
}

/* validateLimitRangeResourceName */
void
check_limit_resource_name(ApiErrors *errors, const char *type, const char *name)
{
    if (str_is(type, "Pod") || str_is(type, "Container"))
        check_name_of_resource(errors, name, FALSE);
    else
        check_plain_name(errors, name);
}
