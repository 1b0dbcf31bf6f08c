/* set.c - see set.h */

#include "scenario/set.h"

#include "base/intern.h"

/* The element of @list that "[2]" in @name means; NULL and a mistake if there is none. */
static Value *
step_into_list(Value *list, const char *bracket, guint *out_index)
{
    g_autofree char *digits = g_strndup(bracket + 1, strcspn(bracket + 1, "]"));
    gint64 index;

    if (list == NULL || list->type != VALUE_LIST || bracket[1 + strlen(digits)] != ']' || bracket[2 + strlen(digits)] != '\0')
        return NULL;
    if (!g_ascii_string_to_signed(digits, 10, 0, G_MAXINT, &index, NULL) || index >= list->count)
        return NULL;
    *out_index = (guint)index;
    return list->items[index];
}

/* One step from @at; the last one puts @leaf there. NULL: there is no way. */
static Value *
take_step(Value *at, const char *name, gboolean is_last, Value *leaf, const char **out_wrong)
{
    const char *bracket = strchr(name, '[');
    g_autofree char *key = bracket != NULL ? g_strndup(name, (gsize)(bracket - name)) : g_strdup(name);
    Value *next = value_get(at, key);
    guint index = 0;

    *out_wrong = NULL;
    if (at->type != VALUE_MAP || key[0] == '\0') {
        *out_wrong = "stands in no map; write the path of a key";
        return NULL;
    }
    if (bracket != NULL) {
        Value *element = step_into_list(next, bracket, &index);

        if (element == NULL)
            *out_wrong = "is no element of a list there; write the number of one, from 0";
        if (element == NULL || !is_last)
            return element;
        value_remove_at(next, index);
        value_insert(next, index, leaf);
        return next;
    }
    if (is_last) {
        value_set(at, str_intern(key), leaf);
        return at;
    }
    if (next == NULL || next->type == VALUE_NULL) {
        next = value_new_map();
        value_set(at, str_intern(key), next);
    }
    return next;
}

/* Mistakes in the value must not point into the file. */
static void
forget_places(Value *value)
{
    value->line = value->column = 0;
    g_clear_pointer(&value->key_places, g_free);
    for (guint i = 0; i < value->count; i++)
        forget_places(value->items[i]);
}

void
set_apply(Value *document, const char *set, Diag *diag)
{
    SourcePos pos = {str_intern("--set"), 0, 0};
    const char *equals = strchr(set, '=');
    g_autofree char *path = NULL;
    g_auto(GStrv) parts = NULL;
    g_autoptr(GPtrArray) values = NULL;
    Value *at = document;
    Value *leaf;
    guint n_before;

    if (equals == NULL || equals == set) {
        diag_add(diag, DIAG_ERROR, pos, "", "'%s' is no PATH=VALUE; write spec.seed=9", set);
        return;
    }
    path = g_strndup(set, (gsize)(equals - set));
    n_before = diag_count_errors(diag);
    values = value_read_yaml(equals + 1, strlen(equals + 1), "--set", diag);
    if (diag_count_errors(diag) > n_before)
        return;
    leaf = values->len > 0 ? value_copy(g_ptr_array_index(values, 0)) : value_new_string("");
    forget_places(leaf);
    parts = g_strsplit(path, ".", -1);
    for (guint i = 0; parts[i] != NULL; i++) {
        const char *wrong;

        at = take_step(at, parts[i], parts[i + 1] == NULL, leaf, &wrong);
        if (at == NULL) {
            diag_add(diag, DIAG_ERROR, pos, path, "'%s' %s", parts[i], wrong);
            value_free(leaf);
            return;
        }
    }
}
