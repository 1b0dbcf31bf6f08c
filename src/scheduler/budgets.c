/* budgets.c - see budgets.h */

#include "scheduler/budgets.h"

#include "api/selector.h"

typedef struct {
    const ApiObject *object;
    const LabelSelector *selector; /* (borrowed) NULL or empty: selects nothing */
    gint64 allowed;
    Value *status; /* (owned) */
} Budget;

GPtrArray *
sched_budgets_list(const SchedCache *cache)
{
    GPtrArray *budgets = g_ptr_array_new();
    const ApiKind *kind = api_kind_find("policy/v1", "PodDisruptionBudget");

    if (kind != NULL)
        sched_cache_list(cache, kind, NULL, budgets);
    return budgets;
}

static void
budget_read(Budget *budget, const ApiObject *object)
{
    const ApiKind *kind = object->kind;
    const ApiField *field = api_type_field(kind->spec, "selector");

    budget->object = object;
    if (field != NULL && field->type == API_MESSAGE)
        budget->selector = *(LabelSelector *const *)((const char *)object->spec + field->offset);
    if (object->status != NULL)
        budget->status = api_struct_encode(kind->status, object->status);
    budget->allowed = value_get_int(budget->status, "disruptionsAllowed", 0);
}

static gboolean
budget_covers(const Budget *budget, const ApiObject *pod)
{
    const LabelSelector *selector = budget->selector;

    if (api_namespace(budget->object) != api_namespace(pod) || pod->meta->labels.count == 0)
        return FALSE;
    if (selector == NULL ||
        (selector->match_labels.count == 0 && selector->match_expressions.count == 0))
        return FALSE;
    /* What the API server has let go already is no longer counted here. */
    return label_selector_matches(selector, &pod->meta->labels) &&
           value_get(value_get(budget->status, "disruptedPods"), api_name(pod)) == NULL;
}

gboolean *
sched_budgets_mark(const GPtrArray *pods, const GPtrArray *budgets)
{
    gboolean *violates = g_new0(gboolean, MAX(pods->len, 1));
    g_autofree Budget *read = g_new0(Budget, MAX(budgets->len, 1));

    for (guint i = 0; i < budgets->len; i++)
        budget_read(&read[i], budgets->pdata[i]);
    for (guint i = 0; i < pods->len; i++) {
        const PodInfo *pod = pods->pdata[i];

        for (guint k = 0; k < budgets->len; k++) {
            if (budget_covers(&read[k], pod->pod) && --read[k].allowed < 0)
                violates[i] = TRUE;
        }
    }
    for (guint i = 0; i < budgets->len; i++)
        value_free(read[i].status);
    return violates;
}
