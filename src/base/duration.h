/*
 * duration.h - durations as Kubernetes and Go write them, and calendar times
 *
 * Reading: Go's time.ParseDuration ("300ms", "1h15m30.5s"; units ns us ms s m h)
 * plus "2d" for scenarios. Writing: Go's Duration.String ("1m30s", "1.5s"), and
 * HumanDuration of apimachinery pkg/util/duration (AGE columns).
 */
#pragma once

#include <glib.h>

#define NS_PER_US G_GINT64_CONSTANT(1000)
#define NS_PER_MS G_GINT64_CONSTANT(1000000)
#define NS_PER_S G_GINT64_CONSTANT(1000000000)
#define NS_PER_MIN (60 * NS_PER_S)
#define NS_PER_HOUR (60 * NS_PER_MIN)

/* duration_of_seconds: as Go's time.Duration(seconds) * time.Second, where what is beyond 292 years wraps around. */
static inline gint64
duration_of_seconds(gint64 seconds)
{
    return (gint64)((guint64)seconds * (guint64)NS_PER_S);
}

/* time_add: @duration_ns after @time_ns, at most the last time there is. */
static inline gint64
time_add(gint64 time_ns, gint64 duration_ns)
{
    gint64 sum;

    if (__builtin_add_overflow(time_ns, duration_ns, &sum))
        return duration_ns > 0 ? G_MAXINT64 : G_MININT64;
    return sum;
}

/* duration_parse: FALSE and nothing stored if @text is no duration or overflows 292 years. */
gboolean duration_parse(const char *text, gint64 *out_ns);
/* duration_format_go: "1h2m3.5s". (owned) */
char *duration_format_go(gint64 ns);
/* duration_format_human: AGE; see the table in docs: 118s, 2m5s, 4m, 3d4h, <invalid>. (owned) */
char *duration_format_human(gint64 ns);
/* duration_format_clock: position in a run: "3:51", "1:02:03", with @decimals digits of a second. (owned) */
char *duration_format_clock(gint64 ns, guint decimals);

/* Calendar, UTC only, proleptic Gregorian; ns since 1970-01-01T00:00:00Z. */
gboolean time_parse_rfc3339(const char *text, gint64 *out_unix_ns);
/* time_format_rfc3339: whole seconds, "2026-11-20T08:16:16Z". (owned) */
char *time_format_rfc3339(gint64 unix_ns);
/* time_format_micro: "2026-11-20T08:16:16.123456Z". (owned) */
char *time_format_micro(gint64 unix_ns);
/* time_format_rfc1123: "Fri, 20 Nov 2026 08:16:16 +0000". (owned) */
char *time_format_rfc1123(gint64 unix_ns);
