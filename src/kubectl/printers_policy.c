/* printers_policy.c - rows of disruption budgets; v1.34 printPodDisruptionBudget */

#include "kubectl/printers.h"

#include "api/kinds/policy.h"

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
