/* message.c - why a pod fits nowhere, in words; see attempt.h */

#include "scheduler/attempt.h"

struct ReasonCounts {
    GHashTable *counts; /* reason -> count */
    GPtrArray *reasons; /* in order of first appearance */
};

ReasonCounts *
reason_counts_new(void)
{
    ReasonCounts *histogram = g_new0(ReasonCounts, 1);

    histogram->counts = g_hash_table_new(NULL, NULL);
    histogram->reasons = g_ptr_array_new();
    return histogram;
}

void
reason_counts_add(ReasonCounts *histogram, const char *reason, guint count)
{
    gpointer have = g_hash_table_lookup(histogram->counts, reason);

    if (have == NULL)
        g_ptr_array_add(histogram->reasons, (gpointer)reason);
    g_hash_table_insert(histogram->counts, (gpointer)reason,
                        GUINT_TO_POINTER(GPOINTER_TO_UINT(have) + count));
}

static gint
compare_lines(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* v1.34 pkg/scheduler/framework/types.go: FitError.Error: sorted as strings, so 10 comes before 2. */
const char *
reason_counts_finish(ReasonCounts *histogram, guint n_all)
{
    g_autoptr(GPtrArray) lines = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GString) text = g_string_new(NULL);

    g_string_append_printf(text, "0/%u nodes are available:", n_all);
    for (guint i = 0; i < histogram->reasons->len; i++) {
        const char *reason = histogram->reasons->pdata[i];
        guint count = GPOINTER_TO_UINT(g_hash_table_lookup(histogram->counts, reason));

        g_ptr_array_add(lines, g_strdup_printf("%u %s", count, reason));
    }
    g_ptr_array_sort(lines, compare_lines);
    for (guint i = 0; i < lines->len; i++)
        g_string_append_printf(text, "%s %s", i == 0 ? "" : ",", (const char *)lines->pdata[i]);
    if (lines->len > 0)
        g_string_append_c(text, '.');
    g_hash_table_destroy(histogram->counts);
    g_ptr_array_free(histogram->reasons, TRUE);
    g_free(histogram);
    return str_intern(text->str);
}

const char *
attempt_fit_message(const Attempt *attempt)
{
    ReasonCounts *histogram;

    if (attempt->pre_filter_message != NULL)
        return str_internf("0/%u nodes are available: %s.", attempt->n_all,
                           attempt->pre_filter_message);
    histogram = reason_counts_new();
    for (guint i = 0; i < attempt->n_rejected; i++) {
        const RejectionKind *rejection = &attempt->kinds.items[attempt->rejected[i].kind];

        for (guint k = 0; k < rejection->n_reasons; k++)
            reason_counts_add(histogram, attempt->reasons->pdata[rejection->first_reason + k], 1);
    }
    if (attempt->absent_reason != NULL && attempt->n_rejected < attempt->n_all)
        reason_counts_add(histogram, attempt->absent_reason,
                          attempt->n_all - attempt->n_rejected);
    return reason_counts_finish(histogram, attempt->n_all);
}
