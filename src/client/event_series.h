/*
 * event_series.h - events of events.k8s.io: repetitions become a series
 *
 * Models client-go v0.34 tools/events/event_broadcaster.go. The second of two
 * isomorphic events (equal but for their text; the object's revision counts)
 * makes a series of two; later ones are counted in memory and written every 30
 * minutes, or when the series has been silent for 6 minutes, which is looked at
 * every 6 minutes.
 */
#pragma once

#include "client/event_sink.h"

typedef struct EventSeriesBook EventSeriesBook;

EventSeriesBook *event_series_new(Client *client, EventSink *sink);
void event_series_free(EventSeriesBook *book);
void event_series_reset(EventSeriesBook *book);
void event_series_resumed(EventSeriesBook *book);
/* event_series_record: takes @event. */
void event_series_record(EventSeriesBook *book, ApiObject *event);
