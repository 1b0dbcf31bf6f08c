/*
 * limit_ranger.c - defaults and bounds for each pod, container and claim of a namespace
 *
 * Models: v1.34 plugin/pkg/admission/limitranger.
 */

#include "apiserver/admission/admission.h"

#define ANNOTATION "kubernetes.io/limit-ranger"

static GPtrArray *
list_ranges(const Admission *admission)
{
    GPtrArray *ranges = g_ptr_array_new();

    cache_list(admission->server, &limit_range_kind, admission->namespace_, ranges);
    return ranges;
}

gboolean
limit_ranger_has_ranges(ApiServer *server, const char *namespace_)
{
    g_autoptr(GPtrArray) ranges = NULL;

    if (cache_count(server, &limit_range_kind) == 0)
        return FALSE;
    ranges = g_ptr_array_new();
    cache_list(server, &limit_range_kind, namespace_, ranges);
    return ranges->len > 0;
}

static gboolean
is_about(const Admission *admission)
{
    if (cache_count(admission->server, &limit_range_kind) == 0)
        return FALSE;
    return admission->operation == ADMISSION_CREATE || !api_is_deleting(admission->object);
}

/* --- defaults ------------------------------------------------------------------------------------ */

/* "cpu, memory limit for container c"; both names are added to @said if anything was set. */
static void
fill(QuantityMap *map, const QuantityMap *defaults, const char *what, const char *who, GString *said)
{
    g_autoptr(GString) names = g_string_new(NULL);

    for (guint i = 0; i < defaults->count; i++) {
        const QuantityPair *pair = &defaults->items[i];

        if (quantity_map_get(map, pair->key) != NULL)
            continue;
        quantity_map_set(map, pair->key, pair->value);
        g_string_append_printf(names, "%s%s", names->len > 0 ? ", " : "", pair->key);
    }
    if (names->len > 0)
        g_string_append_printf(said, "%s%s %s for %s", said->len > 0 ? "; " : "", names->str, what,
                               who);
}

static void
fill_container(Container *container,
               const char *sort,
               const QuantityMap *limits,
               const QuantityMap *requests,
               GString *said)
{
    const char *who = str_internf("%s %s", sort, container->name);

    fill(&container->resources.requests, requests, "request", who, said);
    fill(&container->resources.limits, limits, "limit", who, said);
}

static void
fill_pod(ApiObject *pod, const ApiObject *range)
{
    const LimitRangeSpec *bounds = limit_range_spec(range);
    QuantityMap limits = {0}, requests = {0};
    g_autoptr(GString) said = g_string_new(NULL);

    for (guint i = 0; i < bounds->limits.count; i++) {
        const LimitRangeItem *item = &bounds->limits.items[i];

        if (!str_is(item->type, "Container"))
            continue;
        for (guint k = 0; k < item->default_.count; k++)
            quantity_map_set(&limits, item->default_.items[k].key, item->default_.items[k].value);
        for (guint k = 0; k < item->default_request.count; k++)
            quantity_map_set(&requests, item->default_request.items[k].key,
                             item->default_request.items[k].value);
    }
    if (limits.count + requests.count > 0) {
        PodSpec *spec = api_edit_spec(pod);

        for (guint i = 0; i < spec->containers.count; i++)
            fill_container(&spec->containers.items[i], "container", &limits, &requests, said);
        for (guint i = 0; i < spec->init_containers.count; i++)
            fill_container(&spec->init_containers.items[i], "init container", &limits, &requests,
                           said);
    }
    if (said->len > 0)
        str_map_set(&api_edit_meta(pod)->annotations, str_intern(ANNOTATION),
                    str_internf("LimitRanger plugin set: %s", said->str));
    g_free(limits.items);
    g_free(requests.items);
}

static ApiStatus *
limit_ranger_mutate(Admission *admission)
{
    g_autoptr(GPtrArray) ranges = NULL;

    if (admission->kind != &pod_kind || !is_about(admission))
        return NULL;
    ranges = list_ranges(admission);
    for (guint i = 0; i < ranges->len; i++)
        fill_pod(admission->object, ranges->pdata[i]);
    return NULL;
}

/* --- bounds -------------------------------------------------------------------------------------- */

typedef struct {
    const char *type;
    const QuantityMap *requests, *limits;
    GPtrArray *errors; /* of interned */
} Check;

static void
complain(const Check *check, const char *text)
{
    g_ptr_array_add(check->errors, (gpointer)text);
}

static void
check_min(const Check *check, const QuantityPair *bound)
{
    const Quantity *request = quantity_map_get(check->requests, bound->key);
    const Quantity *limit = quantity_map_get(check->limits, bound->key);
    const char *least = quantity_format(&bound->value);

    if (request == NULL)
        complain(check, str_internf("minimum %s usage per %s is %s.  No request is specified",
                                    bound->key, check->type, least));
    else if (quantity_compare(request, &bound->value) < 0)
        complain(check, str_internf("minimum %s usage per %s is %s, but request is %s", bound->key,
                                    check->type, least, quantity_format(request)));
    else if (limit != NULL && quantity_compare(limit, &bound->value) < 0)
        complain(check, str_internf("minimum %s usage per %s is %s, but limit is %s", bound->key,
                                    check->type, least, quantity_format(limit)));
}

static void
check_max(const Check *check, const QuantityPair *bound)
{
    const Quantity *request = quantity_map_get(check->requests, bound->key);
    const Quantity *limit = quantity_map_get(check->limits, bound->key);
    const char *most = quantity_format(&bound->value);

    if (limit == NULL)
        complain(check, str_internf("maximum %s usage per %s is %s.  No limit is specified",
                                    bound->key, check->type, most));
    else if (quantity_compare(limit, &bound->value) > 0)
        complain(check, str_internf("maximum %s usage per %s is %s, but limit is %s", bound->key,
                                    check->type, most, quantity_format(limit)));
    else if (request != NULL && quantity_compare(request, &bound->value) > 0)
        complain(check, str_internf("maximum %s usage per %s is %s, but request is %s", bound->key,
                                    check->type, most, quantity_format(request)));
}

/* Of a claim only the request counts. */
static void
check_max_request(const Check *check, const QuantityPair *bound)
{
    const Quantity *request = quantity_map_get(check->requests, bound->key);
    const char *most = quantity_format(&bound->value);

    if (request == NULL)
        complain(check, str_internf("maximum %s usage per %s is %s.  No request is specified",
                                    bound->key, check->type, most));
    else if (quantity_compare(request, &bound->value) > 0)
        complain(check, str_internf("maximum %s usage per %s is %s, but request is %s", bound->key,
                                    check->type, most, quantity_format(request)));
}

/* limit / request as %f prints it: six digits. */
static const char *
ratio_text(__int128 limit, __int128 request)
{
    __int128 millionths = (limit * 1000000 + request / 2) / request;

    return str_internf("%" G_GINT64_FORMAT ".%06" G_GINT64_FORMAT, (gint64)(millionths / 1000000),
                       (gint64)(millionths % 1000000));
}

static void
check_ratio(const Check *check, const QuantityPair *bound)
{
    const Quantity *request = quantity_map_get(check->requests, bound->key);
    const Quantity *limit = quantity_map_get(check->limits, bound->key);
    const char *most = quantity_format(&bound->value);

    if (request == NULL || quantity_sign(request) == 0) {
        complain(check, str_internf("%s max limit to request ratio per %s is %s, but no request is "
                                    "specified or request is 0",
                                    bound->key, check->type, most));
    } else if (limit == NULL || quantity_sign(limit) == 0) {
        complain(check, str_internf("%s max limit to request ratio per %s is %s, but no limit is "
                                    "specified or limit is 0",
                                    bound->key, check->type, most));
    } else {
        __int128 have = quantity_value_milli(limit), base = quantity_value_milli(request);

        if (have * 1000 > (__int128)quantity_value_milli(&bound->value) * base)
            complain(check, str_internf("%s max limit to request ratio per %s is %s, but provided "
                                        "ratio is %s",
                                        bound->key, check->type, most, ratio_text(have, base)));
    }
}

static void
check_item(const Check *check, const LimitRangeItem *item)
{
    for (guint i = 0; i < item->min.count; i++)
        check_min(check, &item->min.items[i]);
    for (guint i = 0; i < item->max.count; i++)
        check_max(check, &item->max.items[i]);
    for (guint i = 0; i < item->max_ratio.count; i++)
        check_ratio(check, &item->max_ratio.items[i]);
}

static void
check_containers(const LimitRangeItem *item,
                 const Container *containers,
                 guint count,
                 GPtrArray *errors)
{
    for (guint i = 0; i < count; i++) {
        const ResourceRequirements *resources = &containers[i].resources;

        check_item(&(Check){item->type, &resources->requests, &resources->limits, errors}, item);
    }
}

static void
check_pod(const ApiObject *pod, const LimitRangeItem *item, GPtrArray *errors)
{
    const PodSpec *spec = pod_spec(pod);

    if (str_is(item->type, "Container")) {
        check_containers(item, spec->containers.items, spec->containers.count, errors);
        check_containers(item, spec->init_containers.items, spec->init_containers.count, errors);
    } else if (str_is(item->type, "Pod")) {
        QuantityMap requests = {0}, limits = {0};

        pod_requests(spec, &requests);
        pod_limits(spec, &limits);
        check_item(&(Check){item->type, &requests, &limits, errors}, item);
        g_free(requests.items);
        g_free(limits.items);
    }
}

static void
check_claim(const ApiObject *claim, const LimitRangeItem *item, GPtrArray *errors)
{
    static const QuantityMap none = {0};
    Check check = {item->type, &pvc_spec(claim)->resources.requests, &none, errors};

    if (!str_is(item->type, "PersistentVolumeClaim"))
        return;
    for (guint i = 0; i < item->min.count; i++)
        check_min(&check, &item->min.items[i]);
    for (guint i = 0; i < item->max.count; i++)
        check_max_request(&check, &item->max.items[i]);
}

/* Aggregate.Error(): equal ones once. */
static const char *
join_errors(const GPtrArray *errors)
{
    g_autoptr(GString) text = g_string_new(NULL);
    guint count = 0;

    for (guint i = 0; i < errors->len; i++) {
        guint first = 0;

        g_ptr_array_find((GPtrArray *)errors, errors->pdata[i], &first);
        if (first == i)
            g_string_append_printf(text, "%s%s", count++ > 0 ? ", " : "",
                                   (const char *)errors->pdata[i]);
    }
    return count == 1 ? str_intern(text->str) : str_internf("[%s]", text->str);
}

/* Each LimitRange by itself: the first that is broken is told. */
static ApiStatus *
limit_ranger_validate(Admission *admission)
{
    g_autoptr(GPtrArray) ranges = NULL;
    g_autoptr(GPtrArray) errors = NULL;

    if (!is_about(admission))
        return NULL;
    errors = g_ptr_array_new();
    ranges = list_ranges(admission);
    for (guint i = 0; i < ranges->len && errors->len == 0; i++) {
        const LimitRangeSpec *spec = limit_range_spec(ranges->pdata[i]);

        for (guint k = 0; k < spec->limits.count; k++) {
            if (admission->kind == &pod_kind)
                check_pod(admission->object, &spec->limits.items[k], errors);
            else
                check_claim(admission->object, &spec->limits.items[k], errors);
        }
    }
    if (errors->len == 0)
        return NULL;
    return api_status_forbidden(admission->kind, admission->name == NULL ? "" : admission->name,
                                join_errors(errors));
}

static gboolean
limit_ranger_looks_at(const ApiKind *kind, AdmissionOperation operation, gboolean is_of_part)
{
    if (is_of_part)
        return FALSE;
    return (kind == &pod_kind && operation == ADMISSION_CREATE) ||
           (kind == &persistent_volume_claim_kind && operation != ADMISSION_DELETE);
}

const AdmissionPlugin limit_ranger_plugin = {
    .name = "LimitRanger",
    .looks_at = limit_ranger_looks_at,
    .mutate = limit_ranger_mutate,
    .validate = limit_ranger_validate,
};
