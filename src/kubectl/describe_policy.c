/* describe_policy.c - disruption budgets, quotas, limit ranges */

#include "api/kinds/policy.h"
#include "api/kinds/quota.h"
#include "kubectl/describe.h"
#include "kubectl/printers.h"

static const char *
amount_text(const IntOrString *amount)
{
    return amount->type == INT_OR_STRING_STRING ? amount->string
                                                : str_internf("%d", amount->integer);
}

static void
write_pdb(GString *out, const Description *description)
{
    const ApiObject *object = description->object;
    const PdbSpec *spec = pdb_spec(object);
    const PdbStatus *status = pdb_status(object);

    describe_head(out, object);
    if (spec->min_available.type != INT_OR_STRING_UNSET)
        describe_line(out, 0, "Min available:\t%s\n", amount_text(&spec->min_available));
    else if (spec->max_unavailable.type != INT_OR_STRING_UNSET)
        describe_line(out, 0, "Max unavailable:\t%s\n", amount_text(&spec->max_unavailable));
    describe_line(out, 0, "Selector:\t%s\n",
                  spec->selector == NULL ? "<unset>" : label_selector_text(spec->selector));
    describe_line(out, 0, "Status:\n");
    describe_line(out, 2, "Allowed disruptions:\t%d\n", status->disruptions_allowed);
    describe_line(out, 2, "Current:\t%d\n", status->current_healthy);
    describe_line(out, 2, "Desired:\t%d\n", status->desired_healthy);
    describe_line(out, 2, "Total:\t%d\n", status->expected_pods);
    describe_events(out, description->events, description->wall_ns);
}

const Describer describe_pdb = {&pdb_kind, write_pdb};

/* --- quotas -------------------------------------------------------------------------------------- */

static const char *
scope_help(const char *scope)
{
    static const char *const texts[][2] = {
        {"Terminating", "Matches all pods that have an active deadline. These pods have a limited "
                        "lifespan on a node before being actively terminated by the system."},
        {"NotTerminating", "Matches all pods that do not have an active deadline. These pods usually "
                           "include long running pods whose container command is not expected to "
                           "terminate."},
        {"BestEffort", "Matches all pods that do not have resource requirements set. These pods have "
                       "a best effort quality of service."},
        {"NotBestEffort", "Matches all pods that have at least one resource requirement set. These "
                          "pods have a burstable or guaranteed quality of service."},
    };

    for (guint i = 0; i < G_N_ELEMENTS(texts); i++)
        if (str_is(scope, texts[i][0]))
            return texts[i][1];
    return NULL;
}

static int
compare_texts(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void
write_scopes(GString *out, guint level, const char *star, const StrList *scopes)
{
    g_autoptr(GPtrArray) sorted = g_ptr_array_new();
    g_autofree char *line = NULL;

    if (scopes->count == 0)
        return;
    for (guint i = 0; i < scopes->count; i++)
        g_ptr_array_add(sorted, (gpointer)scopes->items[i]);
    g_ptr_array_sort(sorted, compare_texts);
    g_ptr_array_add(sorted, NULL);
    line = g_strjoinv(", ", (char **)sorted->pdata);
    describe_line(out, level, "Scopes:\t%s\n", line);
    for (guint i = 0; i + 1 < sorted->len; i++)
        if (scope_help(sorted->pdata[i]) != NULL)
            describe_line(out, level, "%s%s\n", star, scope_help(sorted->pdata[i]));
}

/* @is_alone: used is shown in the form of its limit. */
static void
write_amounts(GString *out, guint level, const QuotaStatus *status, gboolean is_alone)
{
    for (guint i = 0; i < status->hard.count; i++) {
        const QuantityPair *pair = &status->hard.items[i];
        const Quantity *have = quantity_map_get(&status->used, pair->key);
        Quantity used = have == NULL ? (Quantity){0} : *have;

        if (is_alone && used.format != pair->value.format)
            used = quantity_from_int(quantity_value(&used), pair->value.format);
        describe_line(out, level, "%s\t%s\t%s\n", pair->key, quantity_format(&used),
                      quantity_format(&pair->value));
    }
}

static void
write_quota(GString *out, const Description *description)
{
    const ApiObject *object = description->object;

    describe_head(out, object);
    write_scopes(out, 0, " * ", &quota_spec(object)->scopes);
    describe_line(out, 0, "Resource\tUsed\tHard\n--------\t----\t----\n");
    write_amounts(out, 0, quota_status(object), TRUE);
}

void
describe_quotas(GString *out, const GPtrArray *quotas)
{
    if (quotas == NULL || quotas->len == 0) {
        describe_line(out, 0, "No resource quota.\n");
        return;
    }
    describe_line(out, 0, "Resource Quotas\n");
    for (guint i = 0; i < quotas->len; i++) {
        const ApiObject *quota = g_ptr_array_index(quotas, i);

        describe_line(out, 1, "Name:\t%s\n", api_name(quota));
        write_scopes(out, 1, "* ", &quota_spec(quota)->scopes);
        describe_line(out, 1, "Resource\tUsed\tHard\n");
        describe_line(out, 1, "--------\t---\t---\n");
        write_amounts(out, 1, quota_status(quota), FALSE);
    }
}

/* --- limit ranges ---------------------------------------------------------------------------------- */

static const char *
bound_text(const QuantityMap *map, const char *key)
{
    const Quantity *value = quantity_map_get(map, key);

    return value == NULL ? "-" : quantity_format(value);
}

static void
write_limit_item(GString *out, const char *prefix, const LimitRangeItem *item)
{
    const QuantityMap *maps[] = {&item->max, &item->min, &item->default_, &item->default_request,
                                 &item->max_ratio};
    QuantityMap keys = {0};

    for (guint i = 0; i < G_N_ELEMENTS(maps); i++)
        for (guint k = 0; k < maps[i]->count; k++)
            quantity_map_set(&keys, maps[i]->items[k].key, maps[i]->items[k].value);
    for (guint i = 0; i < keys.count; i++) {
        const char *key = keys.items[i].key;

        describe_line(out, 0, "%s%s\t%s\t%s\t%s\t%s\t%s\t%s\n", prefix, text_or(item->type, ""),
                      key, bound_text(&item->min, key), bound_text(&item->max, key),
                      bound_text(&item->default_request, key), bound_text(&item->default_, key),
                      bound_text(&item->max_ratio, key));
    }
    g_free(keys.items);
}

static void
write_limit_rows(GString *out, const char *prefix, const ApiObject *range)
{
    const LimitRangeSpec *spec = limit_range_spec(range);

    for (guint i = 0; i < spec->limits.count; i++)
        write_limit_item(out, prefix, &spec->limits.items[i]);
}

static void
write_limit_head(GString *out, const char *prefix)
{
    describe_line(out, 0,
                  "%sType\tResource\tMin\tMax\tDefault Request\tDefault Limit\tMax Limit/Request "
                  "Ratio\n",
                  prefix);
    describe_line(out, 0,
                  "%s----\t--------\t---\t---\t---------------\t-------------\t-------------------"
                  "----\n",
                  prefix);
}

static void
write_limit_range(GString *out, const Description *description)
{
    describe_head(out, description->object);
    write_limit_head(out, "");
    write_limit_rows(out, "", description->object);
}

void
describe_limit_ranges(GString *out, const GPtrArray *ranges)
{
    if (ranges == NULL || ranges->len == 0) {
        describe_line(out, 0, "No LimitRange resource.\n");
        return;
    }
    describe_line(out, 0, "Resource Limits\n");
    write_limit_head(out, " ");
    for (guint i = 0; i < ranges->len; i++)
        write_limit_rows(out, " ", g_ptr_array_index(ranges, i));
}

const Describer describe_resource_quota = {&resource_quota_kind, write_quota,
                                           .has_no_events = TRUE};
const Describer describe_limit_range = {&limit_range_kind, write_limit_range,
                                        .has_no_events = TRUE};
