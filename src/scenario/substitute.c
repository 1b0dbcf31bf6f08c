/* substitute.c - see substitute.h */

#include "scenario/substitute.h"

#include <string.h>

/* Where the ')' of a "$(" stands whose inside begins at @at; NULL if nowhere. Quotes and inner brackets hide it. */
static const char *
find_close(const char *at)
{
    guint depth = 1;
    char quote = 0;

    for (; *at != '\0'; at++) {
        if (quote != 0) {
            if (*at == quote)
                quote = 0;
        } else if (*at == '\'' || *at == '"') {
            quote = *at;
        } else if (*at == '(') {
            depth++;
        } else if (*at == ')' && --depth == 0) {
            return at;
        }
    }
    return NULL;
}

/* "$(" at or after @from; in single quotes, or behind a backslash, it is text. */
static const char *
find_open(const char *line, gsize from, gboolean *out_is_double)
{
    gboolean is_quoted = FALSE;
    gboolean is_double = FALSE;

    for (const char *at = line; *at != '\0'; at++) {
        if (*at == '\\' && !is_quoted && at[1] != '\0') {
            at++;
        } else if (*at == '"' && !is_quoted) {
            is_double = !is_double;
        } else if (*at == '\'' && !is_double) {
            is_quoted = !is_quoted;
        } else if (!is_quoted && at[0] == '$' && at[1] == '(' && at >= line + from) {
            *out_is_double = is_double;
            return at;
        }
    }
    return NULL;
}

gboolean
substitute_is_needed(const char *line)
{
    gboolean is_double;

    return find_open(line, 0, &is_double) != NULL;
}

char *
substitute_find(const char *line, gsize from, gsize *out_begin, gsize *out_end)
{
    gboolean is_double;
    const char *open = find_open(line, from, &is_double);
    const char *close = open != NULL ? find_close(open + 2) : NULL;

    if (close == NULL)
        return NULL;
    *out_begin = (gsize)(open - line);
    *out_end = (gsize)(close + 1 - line);
    return g_strstrip(g_strndup(open + 2, (gsize)(close - open - 2)));
}

gboolean
substitute_check(const char *line, char **out_message)
{
    gboolean is_double;
    gsize begin = 0;
    gsize end = 0;

    for (const char *open = find_open(line, 0, &is_double); open != NULL; open = find_open(line, end, &is_double)) {
        g_autofree char *inner = substitute_find(line, (gsize)(open - line), &begin, &end);

        if (inner == NULL) {
            *out_message = g_strdup("$( without ); write $(kubectl get pods -o name)");
            return FALSE;
        }
        if (inner[0] == '\0' || substitute_is_needed(inner)) {
            *out_message = g_strdup_printf("%s; write $(kubectl get pods -o name)", inner[0] == '\0' ? "nothing inside of $()" : "$( inside of $(");
            return FALSE;
        }
    }
    return TRUE;
}

char *
substitute_put(const char *line, gsize begin, gsize end, const char *text, gsize *out_next)
{
    GString *out = g_string_new_len(line, (gssize)begin);
    gboolean is_double = FALSE;
    gsize length = strlen(text);

    find_open(line, begin, &is_double);
    while (length > 0 && text[length - 1] == '\n')
        length--;
    for (gsize i = 0; i < length; i++) {
        if (strchr(is_double ? "\"\\$`" : "'\"\\$`", text[i]) != NULL)
            g_string_append_c(out, '\\');
        g_string_append_c(out, text[i] == '\n' && !is_double ? ' ' : text[i]);
    }
    *out_next = out->len;
    g_string_append(out, line + end);
    return g_string_free(out, FALSE);
}
