/* printers_policy.c - rows of disruption budgets, quotas, limit ranges; v1.34 printPodDisruptionBudget ... */

#include "kubectl/printers.h"

#include "api/kinds/policy.h"
#include "api/kinds/quota.h"
#include "base/duration.h"

static const PrintColumn pdb_columns[] = {
    {"NAME"}, {"MIN AVAILABLE"}, {"MAX UNAVAILABLE"}, {"ALLOWED DISRUPTIONS"}, {"AGE"}, {0},
};

static void
add_amount(const IntOrString *amount, GPtrArray *out)
{
    if (amount->type == INT_OR_STRING_UNSET)
        cell_add(out, "N/A");
    else if (amount->type == INT_OR_STRING_STRING)
        cell_add(out, "%s", amount->string);
    else
        cell_add(out, "%d", amount->integer);
}

static void
pdb_cells(const ApiObject *object, gint64 wall_ns, gboolean wide, GPtrArray *out)
{
    (void)wide;
    cell_add(out, "%s", api_name(object));
    add_amount(&pdb_spec(object)->min_available, out);
    add_amount(&pdb_spec(object)->max_unavailable, out);
    cell_add(out, "%d", pdb_status(object)->disruptions_allowed);
    cell_add_age(out, object, wall_ns);
}

const Printer pdb_printer = {&pdb_kind, pdb_columns, pdb_cells};

/* --- quotas -------------------------------------------------------------------------------------- */

static const PrintColumn quota_columns[] = {{"NAME"}, {"REQUEST"}, {"LIMIT"}, {"AGE"}, {0}};

static void
quota_cells(const ApiObject *object, gint64 wall_ns, gboolean wide, GPtrArray *out)
{
    const QuotaStatus *status = quota_status(object);
    g_autoptr(GString) requests = g_string_new(NULL);
    g_autoptr(GString) limits = g_string_new(NULL);

    (void)wide;
    for (guint i = 0; i < status->hard.count; i++) {
        const QuantityPair *pair = &status->hard.items[i];
        const Quantity *used = quantity_map_get(&status->used, pair->key);
        GString *cell = g_str_has_prefix(pair->key, "limits.") ? limits : requests;

        g_string_append_printf(cell, "%s%s: %s/%s", cell->len > 0 ? ", " : "", pair->key,
                               used == NULL ? "0" : quantity_format(used),
                               quantity_format(&pair->value));
    }
    cell_add(out, "%s", api_name(object));
    cell_add(out, "%s", requests->str);
    cell_add(out, "%s", limits->str);
    cell_add_age(out, object, wall_ns);
}

const Printer resource_quota_printer = {&resource_quota_kind, quota_columns, quota_cells};

/* --- limit ranges: the server's default table ------------------------------------------------------ */

static const PrintColumn limit_range_columns[] = {{"NAME"}, {"CREATED AT"}, {0}};

static void
limit_range_cells(const ApiObject *object, gint64 wall_ns, gboolean wide, GPtrArray *out)
{
    (void)wall_ns;
    (void)wide;
    cell_add(out, "%s", api_name(object));
    g_ptr_array_add(out, time_format_rfc3339(object->meta->creation_time));
}

const Printer limit_range_printer = {&limit_range_kind, limit_range_columns, limit_range_cells};
