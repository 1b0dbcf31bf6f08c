/*
 * backoff.h - delays that double, per key
 *
 * Models: client-go util/flowcontrol/backoff.go v0.34 (without jitter). All
 * times are of one clock, chosen by the caller. An entry not updated for twice
 * the maximum is forgotten.
 */
#pragma once

#include <glib.h>

typedef struct {
    const char *key; /* interned */
    gint64 delay_ns, updated_ns;
} BackoffEntry;

typedef struct {
    gint64 base_ns, max_ns;
    GArray *entries; /* (owned) of BackoffEntry; NULL: none yet */
} Backoff;

void backoff_init(Backoff *backoff, gint64 base_ns, gint64 max_ns);
void backoff_clear(Backoff *backoff);
/* backoff_next: @event_ns made the next delay due: the first, or twice the last. */
void backoff_next(Backoff *backoff, const char *key, gint64 event_ns, gint64 now_ns);
/* backoff_holds_since: less than the delay has passed since @event_ns. */
gboolean
backoff_holds_since(const Backoff *backoff, const char *key, gint64 event_ns, gint64 now_ns);
/* backoff_holds: less than the delay has passed since the last update. */
gboolean backoff_holds(const Backoff *backoff, const char *key, gint64 now_ns);
gint64 backoff_get_ns(const Backoff *backoff, const char *key); /* 0 if unknown */
/* backoff_collect: forget what was not updated for long. */
void backoff_collect(Backoff *backoff, gint64 now_ns);
