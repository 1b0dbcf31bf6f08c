/* facts_store.c - facts by name: made, found, listed, as a tree; see facts.h */

#include "compare/internal.h"

#include "base/intern.h"

#include <string.h>

static void
fact_free(gpointer data)
{
    Fact *fact = data;

    if (fact->times != NULL)
        g_array_unref(fact->times);
    g_free(fact);
}

static void
known_free(gpointer data)
{
    Known *known = data;

    value_free(known->object);
    if (known->conditions != NULL)
        g_hash_table_unref(known->conditions);
    g_free(known);
}

Facts *
facts_new(gboolean has_kubelets)
{
    Facts *facts = g_new0(Facts, 1);

    facts->has_kubelets = has_kubelets;
    facts->by_name = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, fact_free);
    facts->by_uid = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, known_free);
    facts->next = g_hash_table_new(g_str_hash, g_str_equal);
    facts->states = g_hash_table_new(g_str_hash, g_str_equal);
    facts->counts = g_hash_table_new(g_str_hash, g_str_equal);
    facts->messages = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, (GDestroyNotify)g_ptr_array_unref);
    facts->replicas = g_hash_table_new(g_str_hash, g_str_equal);
    facts->full = g_hash_table_new(g_str_hash, g_str_equal);
    facts->pods = g_hash_table_new(g_str_hash, g_str_equal);
    facts->fewest = g_hash_table_new(g_str_hash, g_str_equal);
    return facts;
}

void
facts_free(Facts *facts)
{
    GHashTable *tables[] = {facts->by_name, facts->by_uid, facts->next, facts->states, facts->counts,
                            facts->messages, facts->replicas, facts->full, facts->pods, facts->fewest};

    for (guint i = 0; i < G_N_ELEMENTS(tables); i++)
        g_hash_table_unref(tables[i]);
    for (guint i = 0; i < G_N_ELEMENTS(facts->patterns); i++)
        g_clear_pointer(&facts->patterns[i], g_regex_unref);
    g_free(facts);
}

Fact *
facts_of(Facts *facts, const char *name, FactType type)
{
    Fact *fact = g_hash_table_lookup(facts->by_name, name);

    if (fact == NULL) {
        fact = g_new0(Fact, 1);
        fact->name = str_intern(name);
        g_hash_table_insert(facts->by_name, (gpointer)fact->name, fact);
    }
    fact->type = type;
    return fact;
}

void
facts_set_number(Facts *facts, const char *name, gint64 number)
{
    facts_of(facts, name, FACT_NUMBER)->number = number;
}

void
facts_set_text(Facts *facts, const char *name, const char *text)
{
    facts_of(facts, name, text != NULL ? FACT_TEXT : FACT_NONE)->text = str_intern(text);
}

/* Rounded to the millisecond, what was before the start counts as facts_add_time the start. */
static gint64
to_ms(double seconds)
{
    char text[64];
    double ms;

    if (!(seconds > 0))
        return 0;
    g_ascii_formatd(text, sizeof text, "%.3f", MIN(seconds, 1e12));
    ms = g_ascii_strtod(text, NULL) * 1000.0;
    return (gint64)(ms + 0.5);
}

void
facts_add_time(Facts *facts, const char *name, double seconds)
{
    const char *full = str_internf("time %s", name);
    Fact *fact = facts_of(facts, full, FACT_TIMES);
    FactTime when = {to_ms(seconds), to_ms(facts->latest)};

    if (fact->times == NULL)
        fact->times = g_array_new(FALSE, FALSE, sizeof(FactTime));
    g_array_append_val(fact->times, when);
}

const Fact *
facts_find(const Facts *facts, const char *name)
{
    return g_hash_table_lookup(facts->by_name, name);
}

static int
by_name(gconstpointer a, gconstpointer b)
{
    return strcmp((*(const Fact *const *)a)->name, (*(const Fact *const *)b)->name);
}

GPtrArray *
facts_list(const Facts *facts)
{
    GPtrArray *list = facts_values(facts->by_name);

    g_ptr_array_sort(list, by_name);
    return list;
}

const char *
facts_seconds(gint64 ms)
{
    g_autofree char *text = g_strdup_printf("%" G_GINT64_FORMAT ".%03d", ms / 1000, (int)(ms % 1000));
    gsize length = strlen(text);

    while (text[length - 1] == '0' && text[length - 2] != '.')
        length--;
    return str_intern_len(text, length);
}

FactTime
fact_time(const Fact *fact, guint index)
{
    return g_array_index(fact->times, FactTime, index);
}

Value *
fact_to_value(const Fact *fact)
{
    Value *list;

    if (fact->type == FACT_NUMBER)
        return value_new_int(fact->number);
    if (fact->type == FACT_TEXT)
        return value_new_string(fact->text);
    if (fact->type == FACT_NONE)
        return value_new_null();
    list = value_new_list();
    for (guint i = 0; i < fact->times->len; i++)
        value_append(list, value_new_float(facts_seconds(fact_time(fact, i).ms)));
    return list;
}

Value *
facts_to_value(const Facts *facts)
{
    g_autoptr(GPtrArray) list = facts_list(facts);
    Value *map = value_new_map();

    for (guint i = 0; i < list->len; i++) {
        const Fact *fact = g_ptr_array_index(list, i);
        value_add_member(map, fact->name, fact_to_value(fact));
    }
    return map;
}
