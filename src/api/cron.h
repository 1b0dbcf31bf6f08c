/*
 * cron.h - schedules in cron syntax and when they are due
 *
 * Models github.com/robfig/cron v3, the standard parser and SpecSchedule.Next.
 * Times are calendar nanoseconds; zones are GLib's, so the answers depend on
 * the zone's rules and on nothing else.
 */
#pragma once

#include <glib.h>

typedef struct {
    guint64 minute, hour, day, month, weekday; /* bit sets */
    gboolean any_day, any_weekday;             /* "*" or "?": both must match */
    gint64 every_ns;                           /* @every; 0: the sets count */
} CronSchedule;

/* cron_parse: FALSE: *out_problem (owned) says why in the parser's words. */
gboolean cron_parse(const char *text, CronSchedule *out, char **out_problem);
gboolean cron_zone_is_known(const char *name);
/* cron_next: strictly after @after_ns; 0 if there is none within five years. @zone: NULL for UTC. */
gint64 cron_next(const CronSchedule *schedule, const char *zone, gint64 after_ns);
/* cron_format_time: RFC 3339, as a clock in @zone shows it: "2026-03-01T09:00:00+01:00". (owned) */
char *cron_format_time(const char *zone, gint64 at_ns);
