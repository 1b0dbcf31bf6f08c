/* read.c - what objects of a log say: members, conditions, and messages without what differs by run */

#include "base/intern.h"
#include "compare/internal.h"

#include <string.h>

int
facts_compare_texts(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void
append_key(gpointer key, gpointer value, gpointer array)
{
    (void)value;
    g_ptr_array_add(array, key);
}

static void
append_value(gpointer key, gpointer value, gpointer array)
{
    (void)key;
    g_ptr_array_add(array, value);
}

GPtrArray *
facts_sorted_keys(GHashTable *table)
{
    GPtrArray *keys = g_ptr_array_new();

    g_hash_table_foreach(table, append_key, keys);
    g_ptr_array_sort(keys, facts_compare_texts);
    return keys;
}

GPtrArray *
facts_values(GHashTable *table)
{
    GPtrArray *values = g_ptr_array_new();

    g_hash_table_foreach(table, append_value, values);
    return values;
}

gboolean
facts_is_true(const Value *value)
{
    if (value == NULL)
        return FALSE;
    switch (value->type) {
    case VALUE_BOOL:
        return value->boolean;
    case VALUE_INT:
        return value->integer != 0;
    case VALUE_STRING:
        return value->text[0] != '\0';
    case VALUE_LIST:
    case VALUE_MAP:
        return value->count > 0;
    case VALUE_FLOAT:
        return TRUE;
    case VALUE_NULL:
    default:
        return FALSE;
    }
}

const char *
facts_text(const Value *map, const char *key)
{
    const Value *value = value_get(map, key);

    if (value == NULL || value->type == VALUE_NULL || value->type == VALUE_LIST || value->type == VALUE_MAP)
        return "None";
    if (value->type == VALUE_BOOL)
        return value->boolean ? "True" : "False";
    return value->type == VALUE_INT ? str_internf("%" G_GINT64_FORMAT, value->integer) : value->text;
}

GHashTable *
facts_conditions(const Value *object)
{
    const Value *list = value_get_path(object, "status", "conditions", NULL);
    GHashTable *table = g_hash_table_new(g_str_hash, g_str_equal);

    for (guint i = 0; list != NULL && i < list->count; i++) {
        const Value *c = list->items[i];
        g_hash_table_insert(table, (gpointer)str_intern(facts_text(c, "type")),
                            (gpointer)str_internf("%s/%s", facts_text(c, "status"), value_get_string(c, "reason", "")));
    }
    return table;
}

gboolean
facts_is_ready(const Value *pod)
{
    const Value *list = value_get_path(pod, "status", "conditions", NULL);

    for (guint i = 0; list != NULL && i < list->count; i++)
        if (str_is(facts_text(list->items[i], "type"), "Ready") && str_is(facts_text(list->items[i], "status"), "True"))
            return TRUE;
    return FALSE;
}

/* --- messages ------------------------------------------------------------------------------------- */

static const struct {
    const char *pattern, *word;
} replaced[] = {
    {"pod=\\w+_", "pod=POD_"},
    {"\\b[0-9a-f]{8}-[0-9a-f-]{27}\\b", "UID"},
    {"\\b[0-9a-f]{12,64}\\b", "ID"},
    {"\\d+\\.\\d+\\.\\d+\\.\\d+(:\\d+)?", "ADDRESS"},
    {"\\bin [\\d.]+m?s( \\([\\d.]+m?s including waiting\\))?", "in TIME"},
};

char *
facts_plain(Facts *facts, const char *message, const Value *involved)
{
    static const struct {
        const char *key, *word;
    } own[] = {{"uid", "UID"}, {"namespace", "NAMESPACE"}, {"name", "POD"}};
    static const char *const tails[] = {": failed to resolve", ": failed to do request"};
    g_autoptr(GString) text = g_string_new(message);
    char *plain, *tail;

    for (guint i = 0; i < G_N_ELEMENTS(own); i++) {
        const char *found = value_get_string(involved, own[i].key, "");
        if (g_utf8_strlen(found, -1) > 3)
            g_string_replace(text, found, own[i].word, 0);
    }
    plain = g_strdup(text->str);
    for (guint i = 0; i < G_N_ELEMENTS(replaced); i++) {
        char *next;

        if (facts->patterns[i] == NULL)
            facts->patterns[i] = g_regex_new(replaced[i].pattern, G_REGEX_OPTIMIZE, 0, NULL);
        next = g_regex_replace_literal(facts->patterns[i], plain, -1, 0, replaced[i].word, 0, NULL);
        if (next == NULL) /* too much for the matcher: it stays as it is */
            continue;
        g_free(plain);
        plain = next;
    }
    for (guint i = 0; i < G_N_ELEMENTS(tails); i++)
        if ((tail = strstr(plain, tails[i])) != NULL)
            *tail = '\0';
    return plain;
}
