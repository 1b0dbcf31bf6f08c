/* manifest.c - the documents of a text; see manifest.h */

#include "kubectl/manifest.h"

#include <string.h>

static void
add(GPtrArray *documents, Value *document)
{
    if (document != NULL && document->type != VALUE_NULL)
        g_ptr_array_add(documents, document);
    else
        value_free(document);
}

/* A document between two separators. FALSE: *out_problem tells. */
static gboolean
read_chunk(GPtrArray *documents, GString *chunk, char **out_problem)
{
    char *problem = NULL;
    Value *document = chunk->len > 0 ? value_read_yaml_as_go(chunk->str, chunk->len, &problem) : NULL;

    g_string_truncate(chunk, 0);
    if (problem != NULL) {
        *out_problem = g_strdup_printf("error converting YAML to JSON: %s", problem);
        g_free(problem);
        return FALSE;
    }
    add(documents, document);
    return TRUE;
}

/* Is the line a separator? FALSE: no, or a word stands behind it: *out_problem tells. */
static gboolean
is_separator(const char *line, gsize length, char **out_problem)
{
    g_autofree char *after = NULL;

    if (length < 3 || memcmp(line, "---", 3) != 0)
        return FALSE;
    after = g_strstrip(g_strndup(line + 3, length - 3));
    if (after[0] != '\0' && after[0] != '#')
        *out_problem = g_strdup_printf("invalid Yaml document separator: %s", after);
    return *out_problem == NULL;
}

/* YAMLReader.Read: the separator belongs to the first document only, so lines of the others count from behind it. */
static void
read_yaml(GPtrArray *documents, const char *text, gsize length, char **out_problem)
{
    g_autoptr(GString) chunk = g_string_new(NULL);
    const char *end = text + length;

    while (text < end) {
        const char *newline = memchr(text, '\n', (gsize)(end - text));
        const char *line = text;
        gsize n = (gsize)((newline != NULL ? newline : end) - text);

        text = newline != NULL ? newline + 1 : end;
        n -= n > 0 && line[n - 1] == '\r';
        if (is_separator(line, n, out_problem)) {
            gboolean is_first = chunk->len == 0;

            if (!read_chunk(documents, chunk, out_problem))
                return;
            if (!is_first)
                continue;
        }
        if (*out_problem != NULL)
            return;
        g_string_append_c(g_string_append_len(chunk, line, (gssize)n), '\n');
    }
    read_chunk(documents, chunk, out_problem);
}

static gboolean
is_written_again(const Value *map, guint index)
{
    for (guint i = index + 1; i < map->count; i++)
        if (map->keys[i] == map->keys[index])
            return TRUE;
    return FALSE;
}

/* What kubectl sends on it has read into a map: of a key written twice the last value counts. Depth is the document's. */
static void
keep_last(Value *tree)
{
    for (guint i = 0; i < tree->count; i++)
        keep_last(tree->items[i]);
    for (guint i = 0; tree->type == VALUE_MAP && i < tree->count; i++) {
        const char *key = tree->keys[i];
        Value *last;

        if (!is_written_again(tree, i))
            continue;
        last = value_take(tree, key);
        while (value_remove(tree, key))
            ;
        value_add_member(tree, key, last);
        i--;
    }
}

/* FALSE: no JSON from *inout_at on; *out_problem tells why, and if more than one document was read that is the end of it. */
static gboolean
read_json(GPtrArray *documents, const char *text, gsize length, gsize *inout_at, char **out_problem)
{
    for (;;) {
        gsize at = *inout_at;
        char *message = NULL;
        Value *document = value_read_json_next(text, length, &at, &message);

        if (message != NULL) {
            *out_problem = at >= length ? g_strdup("unexpected EOF")
                                        : g_strdup_printf("json: offset %" G_GSIZE_FORMAT ": %s", at + 1, message);
            g_free(message);
            return FALSE;
        }
        if (document == NULL)
            return TRUE;
        keep_last(document);
        add(documents, document);
        *inout_at = at;
    }
}

GPtrArray *
manifest_read(const char *text, gsize length, char **out_problem)
{
    GPtrArray *documents = g_ptr_array_new_with_free_func((GDestroyNotify)value_free);
    g_autofree char *first = NULL;
    gsize at = 0;

    *out_problem = NULL;
    if (text[strspn(text, " \t\r\n\v\f")] == '{') {
        if (read_json(documents, text, length, &at, &first))
            return documents;
        if (documents->len > 1) {
            *out_problem = g_steal_pointer(&first);
            return documents;
        }
        while (at < length && g_ascii_isspace(text[at]))
            if (text[at++] == '\n')
                break;
    }
    read_yaml(documents, text + at, length - at, out_problem);
    /* Neither this nor that: the author is taken to have meant JSON. */
    if (*out_problem != NULL && first != NULL) {
        g_free(*out_problem);
        *out_problem = g_steal_pointer(&first);
    }
    return documents;
}
