/*
 * clock.h - when the records of a recording happened, where nobody wrote down when they came
 *
 * Of every object the newest of the times in it that cannot lie ahead: creation, the request to delete, writes
 * (managedFields), everything in its status, an event's times, a lease's renewal. Records are ordered by
 * resourceVersion, so the truth lies at or behind the newest time up to there.
 */
#pragma once

#include "base/value.h"

typedef struct {
    double seconds;       /* as written; after clock_set_times since the start */
    guint64 revision;     /* resourceVersion; 0: none */
    const char *type;     /* interned */
    Value *object;        /* (owned) */
    const char *file;     /* interned */
    guint line;
    gboolean has_arrival; /* `seconds` is the time of arrival */
} Stamped;

/* clock_sort: by arrival; records that came at once stay as they are. */
void clock_sort(GArray *records);
/*
 * clock_set_times: order the records and set `seconds`. @start_ns: Unix time of 0 s; 0: when the first pod or workload
 * came. Leases, which only told the time, are dropped. Mistakes (@path names the recording) go to @diag.
 */
void clock_set_times(GArray *records, gint64 start_ns, const char *path, Diag *diag);
/* clock_newest_ns: newest time in @object as Unix ns; 0: none. */
gint64 clock_newest_ns(const Value *object);
