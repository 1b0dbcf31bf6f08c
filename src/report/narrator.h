/*
 * narrator.h - what tells the story; internal to the room
 *
 * A teller gets each change of an object of its kind: what it was (NULL: new) and what it is. It says something only when a
 * person would: the moment something is decided, breaks, or is whole again.
 */
#pragma once

#include "report/series.h"

#include "base/ptr_map.h"

struct Narrator {
    Series *series;
    PtrMap last;          /* uid -> ApiObject* (owned ref): as it was told of */
    GHashTable *told;     /* "uid what" -> itself: said once */
    SimTimer tick;        /* traffic: second by second */
    gboolean *is_failing; /* per traffic */
    guint *quiet_seconds;
    guint next_second;
    const char *wave_of; /* interned: what was told of last that comes in numbers */
    gint64 wave_ns;      /* when */
    guint wave_count;    /* how often by then */
};

typedef void (*Teller)(Narrator *narrator, const ApiObject *old, const ApiObject *object);

/* narrator_say: at this moment, one sentence without its full stop. */
void narrator_say(Narrator *narrator, const char *format, ...) G_GNUC_PRINTF(2, 3);
/* narrator_first_time: TRUE when @what is said of @uid for the first time. */
gboolean narrator_first_time(Narrator *narrator, const char *uid, const char *what);

/* Said of a node, silently, that knows its machine in a cloud. */
#define IN_CLOUD "in a cloud"

/* narrate_workloads.c */
void tell_stateful_set(Narrator *narrator, const ApiObject *old, const ApiObject *set);
void tell_daemon_set(Narrator *narrator, const ApiObject *old, const ApiObject *set);
void tell_job(Narrator *narrator, const ApiObject *old, const ApiObject *job);
void tell_autoscaler(Narrator *narrator, const ApiObject *old, const ApiObject *hpa);
void tell_recommendation(Narrator *narrator, const ApiObject *old, const ApiObject *vpa);
void tell_event(Narrator *narrator, const ApiObject *old, const ApiObject *event);
