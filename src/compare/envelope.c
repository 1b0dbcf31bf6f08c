/* envelope.c - makes envelopes, and reads them; see envelope.h */

#include "compare/envelope.h"

#include "base/intern.h"
#include "compare/internal.h"

/* --- small parts ------------------------------------------------------------------------------ */

static int
compare_times(gconstpointer a, gconstpointer b)
{
    const FactTime *left = a;
    const FactTime *right = b;

    return (left->ms > right->ms) - (left->ms < right->ms);
}

static Value *
range_of_ms(gint64 low, gint64 high)
{
    Value *range = value_new_list();

    value_append(range, value_new_float(facts_seconds(low)));
    value_append(range, value_new_float(facts_seconds(high)));
    return range;
}

static Value *
range_of(gint64 low, gint64 high)
{
    Value *range = value_new_list();

    value_append(range, value_new_int(low));
    value_append(range, value_new_int(high));
    return range;
}

/* The list of different texts, sorted. Takes nothing of @texts, which is sorted afterwards. */
static Value *
list_of_texts(GPtrArray *texts)
{
    Value *list = value_new_list();

    g_ptr_array_sort(texts, facts_compare_texts);
    for (guint i = 0; i < texts->len; i++)
        if (i == 0 || !str_is(texts->pdata[i], texts->pdata[i - 1]))
            value_append(list, value_new_string(texts->pdata[i]));
    return list;
}

static guint
length_of(const Fact *fact)
{
    return fact != NULL && fact->times != NULL ? fact->times->len : 0;
}

/* --- one fact of all runs -------------------------------------------------------------------- */

/* As many in each run: the k-th of one is compared with the k-th of the others. */
static Value *
want_times(const GPtrArray *facts, guint length)
{
    Value *want = value_new_map();
    Value *times = value_new_list();
    g_autoptr(GPtrArray) sorted = g_ptr_array_new_with_free_func((GDestroyNotify)g_array_unref);

    for (guint i = 0; i < facts->len && length > 0; i++) {
        GArray *copy = g_array_copy(((const Fact *)facts->pdata[i])->times);

        g_array_sort(copy, compare_times);
        g_ptr_array_add(sorted, copy);
    }
    for (guint k = 0; k < length; k++) {
        gint64 low = G_MAXINT64, high = G_MININT64;

        for (guint i = 0; i < sorted->len; i++) {
            FactTime when = g_array_index((GArray *)sorted->pdata[i], FactTime, k);

            low = MIN(low, when.ms);
            high = MAX(high, when.latest_ms);
        }
        value_append(times, range_of_ms(low, high));
    }
    value_add_member(want, "times", times);
    return want;
}

static Value *
want_count(const GPtrArray *facts, guint fewest, guint most)
{
    Value *want = value_new_map();
    gint64 first[2] = {G_MAXINT64, G_MININT64};
    gint64 last[2] = {G_MAXINT64, G_MININT64};

    for (guint i = 0; i < facts->len; i++) {
        const Fact *fact = facts->pdata[i];
        guint n = length_of(fact);

        if (n == 0)
            continue;
        first[0] = MIN(first[0], fact_time(fact, 0).ms);
        first[1] = MAX(first[1], fact_time(fact, 0).latest_ms);
        last[0] = MIN(last[0], fact_time(fact, n - 1).ms);
        last[1] = MAX(last[1], fact_time(fact, n - 1).latest_ms);
    }
    value_add_member(want, "count", range_of(fewest, most));
    value_add_member(want, "first", range_of_ms(first[0], first[1]));
    value_add_member(want, "last", range_of_ms(last[0], last[1]));
    return want;
}

static Value *
want_of_times(const GPtrArray *facts)
{
    guint fewest = G_MAXUINT, most = 0;

    for (guint i = 0; i < facts->len; i++) {
        fewest = MIN(fewest, length_of(facts->pdata[i]));
        most = MAX(most, length_of(facts->pdata[i]));
    }
    return fewest == most ? want_times(facts, most) : want_count(facts, fewest, most);
}

static Value *
want_of_numbers(const GPtrArray *facts)
{
    Value *want = value_new_map();
    gint64 low = G_MAXINT64, high = G_MININT64;

    for (guint i = 0; i < facts->len; i++) {
        const Fact *fact = facts->pdata[i];
        gint64 number = fact != NULL ? fact->number : 0;

        low = MIN(low, number);
        high = MAX(high, number);
    }
    value_add_member(want, "range", range_of(low, high));
    return want;
}

static Value *
want_of_texts(const GPtrArray *facts)
{
    Value *want = value_new_map();
    g_autoptr(GPtrArray) texts = g_ptr_array_new();

    for (guint i = 0; i < facts->len; i++) {
        const Fact *fact = facts->pdata[i];
        if (fact != NULL && fact->type == FACT_TEXT)
            g_ptr_array_add(texts, (gpointer)fact->text);
    }
    if (texts->len < facts->len)
        value_add_member(want, "optional", value_new_bool(TRUE));
    value_add_member(want, "values", list_of_texts(texts));
    return want;
}

static Value *
want_of(const GPtrArray *runs, const char *name)
{
    g_autoptr(GPtrArray) facts = g_ptr_array_new();
    gboolean has_text = FALSE;

    for (guint i = 0; i < runs->len; i++) {
        const Fact *fact = facts_find(runs->pdata[i], name);

        has_text |= fact != NULL && fact->type == FACT_TEXT;
        g_ptr_array_add(facts, (gpointer)fact);
    }
    if (g_str_has_prefix(name, "time "))
        return want_of_times(facts);
    return has_text ? want_of_texts(facts) : want_of_numbers(facts);
}

/* --- what is no fact after all ---------------------------------------------------------------- */

/*
 * Among equals the scheduler draws lots: where recordings differ, and for pods of one owner, only how evenly
 * they are spread is a fact; elsewhere the nodes say it all.
 */
static void
settle_nodes(Value *facts, gboolean has_kubelets)
{
    for (guint i = facts->count; i-- > 0;) {
        const char *name = facts->keys[i];
        const Value *values;

        if (!g_str_has_prefix(name, "final nodes "))
            continue;
        values = value_get(facts->items[i], "values");
        if ((values != NULL && values->count > 1) || !g_str_has_prefix(name, "final nodes Pod/") || has_kubelets) {
            value_remove(facts, name);
        } else {
            value_remove(facts, str_internf("final spread %s", name + strlen("final nodes ")));
        }
    }
}

/* Where recordings differ in their intermediate steps, only the ends are facts. */
static void
settle_replicas(Value *facts)
{
    for (guint i = 0; i < facts->count; i++) {
        const Value *values = value_get(facts->items[i], "values");
        g_autoptr(GPtrArray) firsts = g_ptr_array_new();
        g_autoptr(GPtrArray) lasts = g_ptr_array_new();
        Value *want;

        if (!g_str_has_prefix(facts->keys[i], "replicas ") || values == NULL || values->count < 2)
            continue;
        for (guint k = 0; k < values->count; k++) {
            const char *text = values->items[k]->text;
            const char *last = strrchr(text, ' ');

            g_ptr_array_add(firsts, (gpointer)str_intern_len(text, strcspn(text, " ")));
            g_ptr_array_add(lasts, (gpointer)(last != NULL ? str_intern(last + 1) : text));
        }
        want = value_new_map();
        value_add_member(want, "first", list_of_texts(firsts));
        value_add_member(want, "last_value", list_of_texts(lasts));
        value_free(facts->items[i]);
        facts->items[i] = want;
    }
}

Value *
envelope_new(const GPtrArray *runs, gboolean has_kubelets, const char *tolerance, const char *drift)
{
    Value *envelope = value_new_map();
    Value *facts = value_new_map();
    g_autoptr(GPtrArray) names = g_ptr_array_new();

    for (guint i = 0; i < runs->len; i++) {
        g_autoptr(GPtrArray) list = facts_list(runs->pdata[i]);
        for (guint k = 0; k < list->len; k++)
            g_ptr_array_add(names, (gpointer)((const Fact *)list->pdata[k])->name);
    }
    g_ptr_array_sort(names, facts_compare_texts);
    for (guint i = 0; i < names->len; i++)
        if (i == 0 || names->pdata[i] != names->pdata[i - 1]) /* interned */
            value_add_member(facts, names->pdata[i], want_of(runs, names->pdata[i]));
    settle_nodes(facts, has_kubelets);
    settle_replicas(facts);
    value_add_member(envelope, "drift", value_new_float(drift));
    value_add_member(envelope, "facts", facts);
    value_add_member(envelope, "kubelet", value_new_bool(has_kubelets));
    value_add_member(envelope, "runs", value_new_int(runs->len));
    value_add_member(envelope, "tolerance", value_new_float(tolerance));
    return envelope;
}

/* --- one that was read -------------------------------------------------------------------------- */

gboolean
envelope_has_kubelets(const Value *envelope)
{
    return value_get_bool(envelope, "kubelet", FALSE);
}

static gboolean
is_number(const Value *value)
{
    return value != NULL && (value->type == VALUE_INT || value->type == VALUE_FLOAT);
}

/* A count or a time; not one that no cluster has. */
static gboolean
is_near(const Value *value)
{
    double number = is_number(value) ? g_ascii_strtod(value->text, NULL) : 1e300;

    return number > -1e12 && number < 1e12;
}

static gboolean
is_range(const Value *value)
{
    return value != NULL && value->type == VALUE_LIST && value->count == 2 && is_near(value->items[0]) && is_near(value->items[1]);
}

static gboolean
is_list_of(const Value *value, gboolean (*is_item)(const Value *))
{
    gboolean fine = value != NULL && value->type == VALUE_LIST;

    for (guint i = 0; fine && i < value->count; i++)
        fine = is_item(value->items[i]);
    return fine;
}

static gboolean
is_text(const Value *value)
{
    return value->type == VALUE_STRING;
}

static gboolean
is_want(const Value *want, const char *name)
{
    if (g_str_has_prefix(name, "time "))
        return value_get(want, "times") != NULL ? is_list_of(value_get(want, "times"), is_range) : is_range(value_get(want, "count")) && is_range(value_get(want, "first"));
    if (value_get(want, "range") != NULL)
        return is_range(value_get(want, "range"));
    if (value_get(want, "values") != NULL)
        return is_list_of(value_get(want, "values"), is_text);
    return is_list_of(value_get(want, "first"), is_text) && is_list_of(value_get(want, "last_value"), is_text);
}

gboolean
envelope_is_valid(const Value *envelope, const char *file, Diag *diag)
{
    static const char *const numbers[] = {"tolerance", "drift"};
    const Value *facts = value_get(envelope, "facts");
    guint before = diag_count_errors(diag);

    if (facts == NULL || facts->type != VALUE_MAP) {
        diag_add(diag, DIAG_ERROR, (SourcePos){file, envelope->line, 1}, "facts", "is no map; an envelope is what desk8s compare --save writes");
        return FALSE;
    }
    for (guint i = 0; i < G_N_ELEMENTS(numbers); i++) {
        const Value *number = value_get(envelope, numbers[i]);

        if (number != NULL && !is_number(number))
            diag_add(diag, DIAG_ERROR, (SourcePos){file, number->line, number->column}, numbers[i], "is no number; write seconds (tolerance) or a fraction (drift)");
    }
    for (guint i = 0; i < facts->count; i++)
        if (!is_want(facts->items[i], facts->keys[i]))
            diag_add(diag, DIAG_ERROR, (SourcePos){file, facts->items[i]->line, facts->items[i]->column}, str_internf("facts[%s]", facts->keys[i]),
                     "says nothing about such a fact; write %s",
                     g_str_has_prefix(facts->keys[i], "time ") ? "{\"times\": [[FROM, TO], ...]}" : "{\"range\": [FROM, TO]} or {\"values\": [TEXT, ...]}");
    return diag_count_errors(diag) == before;
}
