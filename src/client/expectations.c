/* expectations.c - see expectations.h */

#include "client/expectations.h"

#include "base/duration.h"

#define EXPECTATIONS_TIMEOUT_NS (5 * NS_PER_MIN)

typedef struct {
    gint creations;
    GPtrArray *pod_keys; /* interned */
    gint64 set_ns;
} Record;

struct Expectations {
    GHashTable *records; /* interned key -> Record, looked up only */
};

static void
record_free(gpointer data)
{
    Record *record = data;

    g_ptr_array_free(record->pod_keys, TRUE);
    g_free(record);
}

Expectations *
expectations_new(void)
{
    Expectations *expectations = g_new0(Expectations, 1);

    expectations->records = g_hash_table_new_full(NULL, NULL, NULL, record_free);
    return expectations;
}

void
expectations_free(Expectations *expectations)
{
    if (expectations == NULL)
        return;
    g_hash_table_destroy(expectations->records);
    g_free(expectations);
}

void
expectations_clear(Expectations *expectations)
{
    g_hash_table_remove_all(expectations->records);
}

static Record *
expectations_find(const Expectations *expectations, const char *key)
{
    return g_hash_table_lookup(expectations->records, str_intern(key));
}

void
expectations_set(Expectations *expectations,
                 const char *key,
                 guint creations,
                 const GPtrArray *pod_keys,
                 gint64 now_ns)
{
    Record *record = g_new0(Record, 1);

    record->creations = (gint)creations;
    record->pod_keys = g_ptr_array_new();
    record->set_ns = now_ns;
    for (guint i = 0; pod_keys != NULL && i < pod_keys->len; i++)
        g_ptr_array_add(record->pod_keys, pod_keys->pdata[i]);
    g_hash_table_insert(expectations->records, (gpointer)str_intern(key), record);
}

void
expectations_observe_creation(Expectations *expectations, const char *key)
{
    Record *record = expectations_find(expectations, key);

    if (record != NULL)
        record->creations--;
}

void
expectations_observe_deletion(Expectations *expectations, const char *key, const char *pod_key)
{
    Record *record = expectations_find(expectations, key);

    if (record != NULL)
        g_ptr_array_remove_fast(record->pod_keys, (gpointer)str_intern(pod_key));
}

void
expectations_forget(Expectations *expectations, const char *key)
{
    g_hash_table_remove(expectations->records, str_intern(key));
}

void
expectations_pending(const Expectations *expectations,
                     const char *key,
                     gint *out_creations,
                     gint *out_deletions)
{
    const Record *record = expectations_find(expectations, key);

    *out_creations = record == NULL ? 0 : record->creations;
    *out_deletions = record == NULL ? 0 : (gint)record->pod_keys->len;
}

gboolean
expectations_satisfied(const Expectations *expectations, const char *key, gint64 now_ns)
{
    const Record *record;

    if (expectations == NULL)
        return TRUE;
    record = expectations_find(expectations, key);
    if (record == NULL)
        return TRUE;
    if (record->creations <= 0 && record->pod_keys->len == 0)
        return TRUE;
    return now_ns - record->set_ns > EXPECTATIONS_TIMEOUT_NS;
}
