/*
 * event_sink.h - brings events to the API server
 *
 * An answer that refuses ends the matter; without an answer it is tried again,
 * twelve times in all, 10 s apart (the first wait is random). A patch of an
 * event that is gone creates it.
 */
#pragma once

#include "api/kinds.h"
#include "client/client.h"

typedef struct EventSink EventSink;

/* @sent is called when an event is through or given up. */
EventSink *event_sink_new(Client *client, Rng *rng, void (*sent)(gpointer user), gpointer user);
void event_sink_free(EventSink *sink);
void event_sink_reset(EventSink *sink);
void event_sink_resumed(EventSink *sink);
guint event_sink_count(const EventSink *sink); /* under way */
/*
 * event_sink_send: takes @event, of which nobody should hold more than the body: the server need not copy it then.
 * @is_update: patch the stored one of that name: count, times, message, series.
 */
void event_sink_send(EventSink *sink, ApiObject *event, gboolean is_update, TraceId cause);

/* event_with: of these names (interned), shares @body. (owned) */
ApiObject *event_with(const char *namespace_, const char *name, const EventBody *body);
/*
 * event_new: an Event about @about, made now: everything but counts, times and reporter. All but
 * @message is interned. (owned)
 */
ApiObject *event_new(const ObjectReference *about,
                     const char *type,
                     const char *reason,
                     const char *message,
                     gint64 wall_ns);
