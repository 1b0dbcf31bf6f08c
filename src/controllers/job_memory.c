/* job_memory.c - what outlives a sync: back-off, finalizers under way; backoff_utils.go, tracking_utils.go */
#include "controllers/job_sync.h"

typedef struct {
    BackoffRecord backoff;
    GHashTable *removals; /* interned uids */
} Memory;

static void
memory_free(gpointer data)
{
    Memory *memory = data;

    g_hash_table_unref(memory->removals);
    g_free(memory);
}

gpointer
job_memory_new(void)
{
    return g_hash_table_new_full(NULL, NULL, NULL, memory_free);
}

void
job_memory_free(gpointer memory)
{
    g_hash_table_unref(memory);
}

static Memory *
demand(gpointer memory, const char *key)
{
    Memory *found = g_hash_table_lookup(memory, key);

    if (found != NULL)
        return found;
    found = g_new0(Memory, 1);
    found->removals = g_hash_table_new(NULL, NULL);
    g_hash_table_insert(memory, (gpointer)key, found);
    return found;
}

void
job_memory_forget(gpointer memory, const char *key)
{
    if (memory != NULL)
        g_hash_table_remove(memory, key);
}

void
job_memory_forget_backoff(gpointer memory, const char *key)
{
    if (memory != NULL && g_hash_table_contains(memory, key))
        demand(memory, key)->backoff = (BackoffRecord){0};
}

BackoffRecord
job_memory_backoff(gpointer memory, const char *key)
{
    return memory == NULL ? (BackoffRecord){0} : demand(memory, key)->backoff;
}

void
job_memory_set_backoff(gpointer memory, const char *key, BackoffRecord record)
{
    if (memory != NULL)
        demand(memory, key)->backoff = record;
}

void
job_memory_expect_removal(gpointer memory, const char *key, const char *uid)
{
    if (memory != NULL)
        g_hash_table_add(demand(memory, key)->removals, (gpointer)uid);
}

void
job_memory_observe_removal(gpointer memory, const char *key, const char *uid)
{
    if (memory != NULL && g_hash_table_contains(memory, key))
        g_hash_table_remove(demand(memory, key)->removals, uid);
}

gboolean
job_memory_expects_removal(gpointer memory, const char *key, const char *uid)
{
    return memory != NULL && g_hash_table_contains(memory, key) &&
           g_hash_table_contains(demand(memory, key)->removals, uid);
}

/* --- back-off ----------------------------------------------------------------------------------------- */

gint64
job_backoff_ns(gint32 failures)
{
    gint64 delay_ns = 10 * NS_PER_S;

    if (failures <= 0)
        return 0;
    for (gint32 i = 1; i < failures && delay_ns < 600 * NS_PER_S; i++)
        delay_ns *= 2;
    return MIN(delay_ns, 600 * NS_PER_S);
}

static gint
compare_finish(gconstpointer a, gconstpointer b)
{
    gint64 first_ns = job_pod_finish_ns(*(ApiObject *const *)a);
    gint64 second_ns = job_pod_finish_ns(*(ApiObject *const *)b);

    return first_ns < second_ns ? -1 : first_ns > second_ns;
}

BackoffRecord
job_backoff_next(BackoffRecord record, GPtrArray *succeeded, GPtrArray *failed)
{
    gint64 last_success_ns;

    g_ptr_array_sort(succeeded, compare_finish);
    g_ptr_array_sort(failed, compare_finish);
    if (succeeded->len == 0) {
        if (failed->len > 0) {
            record.failures += (gint32)failed->len;
            record.last_failure_ns = job_pod_finish_ns(failed->pdata[failed->len - 1]);
        }
        return record;
    }
    record = (BackoffRecord){0};
    last_success_ns = job_pod_finish_ns(succeeded->pdata[succeeded->len - 1]);
    for (guint i = failed->len; i-- > 0;) {
        gint64 failed_ns = job_pod_finish_ns(failed->pdata[i]);

        if (failed_ns <= last_success_ns)
            break;
        if (record.failures++ == 0)
            record.last_failure_ns = failed_ns;
    }
    return record;
}
