/*
 * traffic_row.h - what became of the requests of each second
 *
 * Rows are kept for the whole run; of the latencies only the seconds under way,
 * two of them because a good answer may be known just before it arrives.
 */
#pragma once

#include "net/traffic.h"

typedef struct {
    guint second;
    GArray *values; /* (owned) of guint32, microseconds */
} OpenSecond;

typedef struct {
    GArray *rows;       /* (owned) of TrafficSecond */
    OpenSecond open[2]; /* by second modulo 2 */
} TrafficRows;

void traffic_rows_init(TrafficRows *rows);
void traffic_rows_clear(TrafficRows *rows);
/* traffic_rows_touch: the run has reached @time_ns. */
void traffic_rows_touch(TrafficRows *rows, gint64 time_ns);
/* traffic_rows_count: @ended_ns may be ahead of the clock by less than a second. */
void traffic_rows_count(TrafficRows *rows, FlowOutcome outcome, gint64 ended_ns, gint64 took_us);
/* traffic_rows_get: with the quantiles of what has ended by now, also in a second under way. */
const TrafficSecond *traffic_rows_get(const TrafficRows *rows, guint second);
