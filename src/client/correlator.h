/*
 * correlator.h - which events become one
 *
 * Models client-go v0.34 tools/record/events_cache.go: the tenth distinct
 * message of otherwise equal events within 600 s makes a combined event; equal
 * events are counted; a bucket per source, object and type (25, one more each
 * 300 s) drops the rest. Caches keep the 4096 keys used last.
 */
#pragma once

#include "api/kinds.h"
#include "sim/sim.h"

typedef struct Correlator Correlator;

/*
 * correlator_new: @is_sparing: one event per reason, source and object each 300 s, one per text about its
 * status ConfigMap, as cluster-autoscaler has it (utils/kubernetes/factory.go).
 */
Correlator *correlator_new(Rng *rng, gboolean is_sparing);
void correlator_free(Correlator *correlator);
void correlator_clear(Correlator *correlator);

/*
 * What somebody has to tell, before it is an object: of the events of a big workload nearly all
 * are dropped, and then no name, no text and no object has been made for them. Strings are
 * interned, but for @message.
 */
typedef struct {
    ObjectReference about;
    const char *type, *reason;
    const char *message;
    gint64 stamp_ns;                                         /* in its name, if it becomes an event of its own */
    ApiTime time;                                            /* when it was said */
    EventSource source;
    const char *reporting_component, *reporting_instance;
} EventDraft;

/*
 * correlator_apply: Returns: (owned) the event to send: a count above 1 means that the stored
 * event of that name is to be patched; NULL: dropped.
 */
ApiObject *correlator_apply(Correlator *correlator, const EventDraft *draft, gint64 wall_ns);

/* correlator_event_name: "<object>.<hex of nanoseconds>". (interned) */
const char *correlator_event_name(const char *object_name, gint64 wall_ns);
