/* backoff.c - see backoff.h */

#include "node/backoff.h"

#include "base/intern.h"

void
backoff_init(Backoff *backoff, gint64 base_ns, gint64 max_ns)
{
    *backoff = (Backoff){.base_ns = base_ns, .max_ns = max_ns};
}

void
backoff_clear(Backoff *backoff)
{
    if (backoff->entries != NULL)
        g_array_free(backoff->entries, TRUE);
    backoff->entries = NULL;
}

static BackoffEntry *
backoff_find(const Backoff *backoff, const char *key)
{
    if (backoff->entries == NULL)
        return NULL;
    for (guint i = 0; i < backoff->entries->len; i++) {
        BackoffEntry *entry = &g_array_index(backoff->entries, BackoffEntry, i);

        if (entry->key == key)
            return entry;
    }
    return NULL;
}

static gboolean
entry_has_expired(const Backoff *backoff, const BackoffEntry *entry, gint64 event_ns)
{
    return event_ns - entry->updated_ns > 2 * backoff->max_ns;
}

void
backoff_next(Backoff *backoff, const char *key, gint64 event_ns, gint64 now_ns)
{
    BackoffEntry *entry = backoff_find(backoff, key);

    if (entry == NULL) {
        BackoffEntry fresh = {.key = key};

        if (backoff->entries == NULL)
            backoff->entries = g_array_new(FALSE, FALSE, sizeof(BackoffEntry));
        g_array_append_val(backoff->entries, fresh);
        entry = backoff_find(backoff, key);
    } else if (entry_has_expired(backoff, entry, event_ns)) {
        entry->delay_ns = 0;
    }
    entry->delay_ns =
        entry->delay_ns == 0 ? backoff->base_ns : MIN(2 * entry->delay_ns, backoff->max_ns);
    entry->updated_ns = now_ns;
}

gboolean
backoff_holds_since(const Backoff *backoff, const char *key, gint64 event_ns, gint64 now_ns)
{
    const BackoffEntry *entry = backoff_find(backoff, key);

    if (entry == NULL || entry_has_expired(backoff, entry, event_ns))
        return FALSE;
    return now_ns - event_ns < entry->delay_ns;
}

gboolean
backoff_holds(const Backoff *backoff, const char *key, gint64 now_ns)
{
    const BackoffEntry *entry = backoff_find(backoff, key);

    if (entry == NULL || entry_has_expired(backoff, entry, now_ns))
        return FALSE;
    return now_ns - entry->updated_ns < entry->delay_ns;
}

gint64
backoff_get_ns(const Backoff *backoff, const char *key)
{
    const BackoffEntry *entry = backoff_find(backoff, key);

    return entry != NULL ? entry->delay_ns : 0;
}

void
backoff_collect(Backoff *backoff, gint64 now_ns)
{
    for (guint i = backoff->entries != NULL ? backoff->entries->len : 0; i > 0; i--) {
        const BackoffEntry *entry = &g_array_index(backoff->entries, BackoffEntry, i - 1);

        if (entry_has_expired(backoff, entry, now_ns))
            g_array_remove_index(backoff->entries, i - 1);
    }
}
