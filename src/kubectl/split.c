/* split.c - words of a command line, as sh splits them */

#include "kubectl/kubectl.h"

#include "base/intern.h"

char **
kubectl_split(const char *line, char **out_message)
{
    GPtrArray *words = g_ptr_array_new_with_free_func(g_free);
    GString *word = g_string_new(NULL);
    gboolean has_word = FALSE;
    char quote = 0;

    for (const char *p = line; *p != '\0'; p++) {
        if (quote == '\'' ? *p == '\'' : quote == '"' && *p == '"') {
            quote = 0;
        } else if (quote == 0 && (*p == '\'' || *p == '"')) {
            quote = *p;
            has_word = TRUE;
        } else if (*p == '\\' && quote != '\'' && p[1] != '\0' &&
                   (quote == 0 || strchr("\"\\$`", p[1]) != NULL)) {
            g_string_append_c(word, *++p);
            has_word = TRUE;
        } else if (quote == 0 && g_ascii_isspace(*p)) {
            if (has_word)
                g_ptr_array_add(words, g_strdup(word->str));
            g_string_truncate(word, 0);
            has_word = FALSE;
        } else {
            g_string_append_c(word, *p);
            has_word = TRUE;
        }
    }
    if (has_word)
        g_ptr_array_add(words, g_strdup(word->str));
    g_string_free(word, TRUE);
    if (quote != 0) {
        if (out_message != NULL)
            *out_message =
                g_strdup_printf("the quote %c is never closed; write another one at the end",
                                quote);
        g_ptr_array_unref(words);
        return NULL;
    }
    g_ptr_array_add(words, NULL);
    g_ptr_array_set_free_func(words, NULL);
    return (char **)g_ptr_array_free(words, FALSE);
}
