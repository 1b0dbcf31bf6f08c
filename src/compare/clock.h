/*
 * clock.h - when the records of a recording happened, where nobody wrote down when they came
 *
 * Of every object the newest of the times in it that cannot lie ahead: creation, the request to delete, writes
 * (managedFields), everything in its status, an event's times, a lease's renewal. Records are ordered by
 * resourceVersion, so the truth lies at or behind the newest time up to there. Some times are those of the write itself,
 * by the API server's clock (creation, managedFields, the request to delete) or close to it (a lease's renewal): every
 * record before such a one came before it. Where none follows, a second has to do.
 */
#pragma once

#include "base/value.h"

typedef struct {
    double seconds;       /* as written; after clock_set_times since the start, at the earliest */
    double latest;        /* and at the latest */
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
