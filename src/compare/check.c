/* check.c - what of a run lies outside an envelope; see envelope.h */

#include "base/intern.h"
#include "compare/envelope.h"

typedef struct {
    double tolerance, drift;
    gboolean has_kubelets;
} Rules;

/* How many times of a list are told. */
#define MAX_TOLD 8

static double
number_of(const Value *value, double fallback)
{
    return value != NULL && (value->type == VALUE_INT || value->type == VALUE_FLOAT) ? g_ascii_strtod(value->text, NULL) : fallback;
}

static double
low_of(const Value *range)
{
    return number_of(range->items[0], 0);
}

static double
high_of(const Value *range)
{
    return number_of(range->items[1], 0);
}

static const char *
text_of_range(const Value *range)
{
    const char *low = range->items[0]->text;
    const char *high = range->items[1]->text;

    return str_is(low, high) ? low : str_internf("%s..%s", low, high);
}

static gboolean
is_outside(const Rules *rules, FactTime when, const Value *range)
{
    double earliest = (double)when.ms / 1000.0;
    double latest = (double)when.latest_ms / 1000.0;
    double slack = rules->tolerance + rules->drift * high_of(range);

    return !(low_of(range) - slack <= latest && earliest <= high_of(range) + slack);
}

static const char *
count_times(guint64 n)
{
    return n == 0 ? "never" : n == 1 ? "once" : str_internf("%" G_GUINT64_FORMAT " times", n);
}

/* --- telling ------------------------------------------------------------------------------------ */

static const char *
tell_got(const Fact *fact)
{
    g_autoptr(GString) out = g_string_new(NULL);

    if (fact == NULL || fact->type == FACT_NONE)
        return "nothing";
    if (fact->type == FACT_NUMBER)
        return str_internf("%" G_GINT64_FORMAT, fact->number);
    if (fact->type == FACT_TEXT)
        return fact->text[0] != '\0' ? fact->text : "(empty)";
    g_string_append(out, count_times(fact->times->len));
    for (guint i = 0; i < fact->times->len && i < MAX_TOLD; i++)
        g_string_append_printf(out, "%s%s", i == 0 ? ": " : " ", facts_seconds(fact_time(fact, i).ms));
    g_string_append(out, fact->times->len > MAX_TOLD ? " ..." : fact->times->len > 0 ? " s" : "");
    return str_intern(out->str);
}

static const char *
tell_texts(const Value *list)
{
    g_autoptr(GString) out = g_string_new(NULL);

    for (guint i = 0; i < list->count; i++)
        g_string_append_printf(out, "%s%s", i > 0 ? " or " : "", list->items[i]->text[0] != '\0' ? list->items[i]->text : "(empty)");
    return list->count > 0 ? str_intern(out->str) : "nothing";
}

static const char *
tell_times(const Value *times)
{
    g_autoptr(GString) out = g_string_new(count_times(times->count));

    for (guint i = 0; i < times->count && i < MAX_TOLD; i++)
        g_string_append_printf(out, "%s%s", i == 0 ? ": " : " ", text_of_range(times->items[i]));
    g_string_append(out, times->count > MAX_TOLD ? " ..." : times->count > 0 ? " s" : "");
    return str_intern(out->str);
}

/* --- one fact ------------------------------------------------------------------------------------ */

/* What a rule says of a fact: NULL @recorded if it lies inside. */
typedef struct {
    const char *recorded, *found;
} Verdict;

static const Verdict inside = {NULL, NULL};

static GArray *
sorted_times(const Fact *fact)
{
    GArray *times = fact != NULL && fact->times != NULL ? g_array_copy(fact->times) : g_array_new(FALSE, FALSE, sizeof(FactTime));

    for (guint i = 1; i < times->len; i++) { /* nearly sorted as it is */
        FactTime when = g_array_index(times, FactTime, i);
        guint k = i;

        for (; k > 0 && g_array_index(times, FactTime, k - 1).ms > when.ms; k--)
            g_array_index(times, FactTime, k) = g_array_index(times, FactTime, k - 1);
        g_array_index(times, FactTime, k) = when;
    }
    return times;
}

/* As many in each recording, so as many in the run: of three and more on real nodes one may be missed, or one more. */
static Verdict
check_times(const Rules *rules, const Value *want, const Fact *fact, const GArray *got)
{
    guint spare = rules->has_kubelets && want->count >= 3 ? 1 : 0;
    guint distance = got->len > want->count ? got->len - want->count : want->count - got->len;

    if (distance > spare)
        return (Verdict){tell_times(want), got->len > 0 ? tell_got(fact) : "never"};
    for (guint k = 0; k < got->len && k < want->count; k++) {
        FactTime when = g_array_index(got, FactTime, k);

        if (is_outside(rules, when, want->items[k]))
            return (Verdict){str_internf("%s%s s", want->count > 1 ? str_internf("number %u at ", k + 1) : "at ", text_of_range(want->items[k])),
                             str_internf("at %s s", facts_seconds(when.ms))};
    }
    return inside;
}

static Verdict
check_count(const Rules *rules, const Value *want, const Fact *fact, const GArray *got)
{
    const Value *count = value_get(want, "count");
    const Value *first = value_get(want, "first");
    double n = got->len;

    if (!(MAX(low_of(count) - 1, 0) <= n && n <= high_of(count) + 1))
        return (Verdict){str_internf("%s times", text_of_range(count)), got->len > 0 ? tell_got(fact) : "never"};
    if (got->len > 0 && is_outside(rules, g_array_index(got, FactTime, 0), first))
        return (Verdict){str_internf("first at %s s", text_of_range(first)), str_internf("first at %s s", facts_seconds(g_array_index(got, FactTime, 0).ms))};
    return inside;
}

static Verdict
check_any_times(const Rules *rules, const Value *want, const Fact *fact)
{
    g_autoptr(GArray) got = NULL;
    const Value *count = value_get(want, "count");

    /* too brief to be reported each time: chance */
    if (rules->has_kubelets && count != NULL && low_of(count) <= 0)
        return inside;
    got = sorted_times(fact);
    if (value_get(want, "times") != NULL)
        return check_times(rules, value_get(want, "times"), fact, got);
    return check_count(rules, want, fact, got);
}

static Verdict
check_range(const Rules *rules, const char *name, const Value *range, const Fact *fact)
{
    gint64 low = (gint64)low_of(range);
    gint64 high = (gint64)high_of(range);
    gint64 got = fact != NULL ? fact->number : 0;
    gboolean varies = low != high || g_str_has_prefix(name, "most endpoints") || (g_str_has_prefix(name, "events ") && high >= 5);
    gint64 slack = varies ? 1 : 0;

    if (rules->has_kubelets && (g_str_has_prefix(name, "events kubelet") || g_str_has_prefix(name, "final restarts")))
        slack = 1 + high / 5;
    return low - slack <= got && got <= high + slack ? inside : (Verdict){text_of_range(range), tell_got(fact)};
}

static gboolean
holds(const Value *list, const char *text)
{
    for (guint i = 0; i < list->count; i++)
        if (str_is(list->items[i]->text, text))
            return TRUE;
    return FALSE;
}

static Verdict
check_text(const Value *want, const Fact *fact)
{
    const Value *values = value_get(want, "values");
    gboolean is_optional = value_get_bool(want, "optional", FALSE);

    if (fact == NULL || fact->type == FACT_NONE ? is_optional : fact->type == FACT_TEXT && holds(values, fact->text))
        return inside;
    return (Verdict){str_internf("%s%s", tell_texts(values), is_optional ? " or nothing" : ""), tell_got(fact)};
}

static Verdict
check_ends(const Value *want, const Fact *fact)
{
    const Value *firsts = value_get(want, "first");
    const Value *lasts = value_get(want, "last_value");
    const char *text = fact != NULL && fact->type == FACT_TEXT ? fact->text : "";
    const char *last = strrchr(text, ' ');

    if (text[0] != '\0' && holds(firsts, str_intern_len(text, strcspn(text, " "))) && holds(lasts, last != NULL ? last + 1 : text))
        return inside;
    return (Verdict){str_internf("from %s to %s", tell_texts(firsts), tell_texts(lasts)), tell_got(fact)};
}

static Verdict
check_fact(const Rules *rules, const char *name, const Value *want, const Fact *fact)
{
    if (g_str_has_prefix(name, "time "))
        return check_any_times(rules, want, fact);
    if (value_get(want, "range") != NULL)
        return check_range(rules, name, value_get(want, "range"), fact);
    if (value_get(want, "values") != NULL)
        return check_text(want, fact);
    return check_ends(want, fact);
}

/* --- all of them --------------------------------------------------------------------------------- */

static gboolean
is_ignored(const char *name, const char *const *patterns)
{
    for (guint i = 0; patterns != NULL && patterns[i] != NULL; i++)
        if (g_pattern_match_simple(patterns[i], name))
            return TRUE;
    return FALSE;
}

/* Facts that count even if no recording has them: not what may pass too briefly to be seen, nor where pods lie. */
static gboolean
counts_if_new(const Rules *rules, const char *name)
{
    static const char *const never[] = {"final nodes", "final spread", "most endpoints"};

    for (guint i = 0; i < G_N_ELEMENTS(never); i++)
        if (g_str_has_prefix(name, never[i]))
            return FALSE;
    return !rules->has_kubelets || (strstr(name, " container ") == NULL && strstr(name, " pod Ready=") == NULL && !g_str_has_suffix(name, " pod ready"));
}

static void
add_difference(GPtrArray *all, const char *name, Verdict verdict, const Value *want, const Fact *fact)
{
    Difference *difference = g_new0(Difference, 1);

    *difference = (Difference){str_intern(name), verdict.recorded, verdict.found, want, fact != NULL ? fact_to_value(fact) : value_new_null()};
    g_ptr_array_add(all, difference);
}

static void
difference_free(gpointer data)
{
    value_free(((Difference *)data)->got);
    g_free(data);
}

static int
by_fact(gconstpointer a, gconstpointer b)
{
    return strcmp((*(const Difference *const *)a)->fact, (*(const Difference *const *)b)->fact);
}

GPtrArray *
envelope_check(const Value *envelope, const Facts *run, const char *const *ignored, guint *out_compared)
{
    GPtrArray *all = g_ptr_array_new_with_free_func(difference_free);
    const Value *wants = value_get(envelope, "facts");
    g_autoptr(GPtrArray) facts = facts_list(run);
    const Rules rules = {number_of(value_get(envelope, "tolerance"), 1.5), number_of(value_get(envelope, "drift"), 0.0), envelope_has_kubelets(envelope)};
    g_autoptr(GHashTable) known = g_hash_table_new(g_str_hash, g_str_equal);

    *out_compared = 0;
    for (guint i = 0; i < wants->count; i++) {
        const char *name = wants->keys[i];
        const Fact *fact = facts_find(run, name);
        Verdict verdict;

        g_hash_table_add(known, (gpointer)name);
        if (is_ignored(name, ignored))
            continue;
        ++*out_compared;
        verdict = check_fact(&rules, name, wants->items[i], fact);
        if (verdict.recorded != NULL)
            add_difference(all, name, verdict, wants->items[i], fact);
    }
    for (guint i = 0; i < facts->len; i++) {
        const Fact *fact = facts->pdata[i];

        if (g_hash_table_contains(known, fact->name) || is_ignored(fact->name, ignored) || !counts_if_new(&rules, fact->name))
            continue;
        ++*out_compared;
        add_difference(all, fact->name, (Verdict){"never", tell_got(fact)}, NULL, fact);
    }
    g_ptr_array_sort(all, by_fact);
    return all;
}
