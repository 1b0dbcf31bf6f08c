/*
 * expectations.h - what a controller still waits to see in its cache
 *
 * Models pkg/controller/controller_utils.go (v1.34): counters of creations and
 * deletions per key; deletions also by pod, so that one is counted once. A
 * record older than 5 minutes holds nobody back.
 */
#pragma once

#include "client/controller.h"

Expectations *expectations_new(void);
void expectations_free(Expectations *expectations);
void expectations_clear(Expectations *expectations);
/* expectations_set: replaces the record of @key. @pod_keys of interned strings, may be NULL. */
void expectations_set(Expectations *expectations,
                      const char *key,
                      guint creations,
                      const GPtrArray *pod_keys,
                      gint64 now_ns);
void expectations_observe_creation(Expectations *expectations, const char *key);
/* expectations_observe_deletion: counts if @pod_key is (still) expected. */
void
expectations_observe_deletion(Expectations *expectations, const char *key, const char *pod_key);
void expectations_forget(Expectations *expectations, const char *key);
/* expectations_pending: creations and deletions still to come. */
void expectations_pending(const Expectations *expectations,
                          const char *key,
                          gint *out_creations,
                          gint *out_deletions);
