/*
 * trace.h - what happened, and because of what
 *
 * Records are numbered from 1 in the order made; a cause always has a smaller
 * number. `why` is a walk back along causes. Kept in chunks; never moved.
 */
#pragma once

#include <glib.h>

typedef guint32 TraceId; /* 0: nothing, the scenario itself */

typedef struct {
    gint64 time_ns;
    const char *component; /* interned: "deployment-controller", "kubelet/worker-1", "world" */
    const char *verb;      /* interned: "create", "update", "bind", "start", "fault", "event" ... */
    const char *object;    /* interned: "pod/default/web-1"; may be NULL */
    const char *reason;    /* interned; may be NULL: CamelCase word */
    const char *message;   /* interned; may be NULL: a sentence for a person */
    TraceId cause;
} TraceRecord;

typedef struct Trace Trace;

guint trace_count(const Trace *trace);
/* trace_get: 1 <= id <= count. (borrowed, stable) */
const TraceRecord *trace_get(const Trace *trace, TraceId id);
