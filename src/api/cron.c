/* cron.c - parser and search; robfig/cron v3 parser.go, spec.go */
#include "api/cron.h"

#include "base/duration.h"
#include "base/intern.h"

#include <string.h>

typedef struct {
    guint min, max;
    const char *const *names;
    guint first_name; /* number of names[0] */
} Bounds;

static const char *const month_names[] = {"jan", "feb", "mar", "apr", "may", "jun", "jul",
                                          "aug", "sep", "oct", "nov", "dec", NULL};
static const char *const weekday_names[] = {"sun", "mon", "tue", "wed", "thu", "fri", "sat", NULL};
static const Bounds minutes = {0, 59, NULL, 0};
static const Bounds hours = {0, 23, NULL, 0};
static const Bounds days = {1, 31, NULL, 0};
static const Bounds months = {1, 12, month_names, 1};
static const Bounds weekdays = {0, 6, weekday_names, 0};

static gboolean
parse_number(const char *text, const Bounds *bounds, guint *out, char **out_problem)
{
    gint64 value = 0;

    for (guint i = 0; bounds->names != NULL && bounds->names[i] != NULL; i++)
        if (g_ascii_strcasecmp(text, bounds->names[i]) == 0) {
            *out = bounds->first_name + i;
            return TRUE;
        }
    for (const char *c = text[0] == '-' || text[0] == '+' ? text + 1 : text; c == text || *c != '\0'; c++)
        if (!g_ascii_isdigit(*c) || value > G_MAXINT32) {
            *out_problem = g_strdup_printf("failed to parse int from %s: strconv.Atoi: parsing \"%s\": %s", text, text,
                                           g_ascii_isdigit(*c) ? "value out of range" : "invalid syntax");
            return FALSE;
        } else {
            value = value * 10 + (*c - '0');
        }
    if (text[0] == '-') {
        *out_problem = g_strdup_printf("negative number (%" G_GINT64_FORMAT ") not allowed: %s", -value, text);
        return FALSE;
    }
    *out = (guint)value;
    return TRUE;
}

/* getRange: "*", "a", "a-b", each with or without "/step" */
static gboolean
parse_range(const char *text, const Bounds *bounds, guint64 *bits, gboolean *is_any, char **out_problem)
{
    g_auto(GStrv) by_slash = g_strsplit(text, "/", -1);
    g_auto(GStrv) by_dash = g_strsplit(by_slash[0] == NULL ? "" : by_slash[0], "-", -1);
    guint n_slash = g_strv_length(by_slash);
    guint n_dash = g_strv_length(by_dash);
    const char *low = n_dash > 0 ? by_dash[0] : "";
    gboolean is_single = n_dash <= 1;
    gboolean is_star = strcmp(low, "*") == 0 || strcmp(low, "?") == 0;
    guint start = bounds->min;
    guint end = bounds->max;
    guint step = 1;

    if (!is_star) {
        if (!parse_number(low, bounds, &start, out_problem))
            return FALSE;
        end = start;
        if (n_dash == 2 && !parse_number(by_dash[1], bounds, &end, out_problem))
            return FALSE;
        if (n_dash > 2) {
            *out_problem = g_strdup_printf("too many hyphens: %s", text);
            return FALSE;
        }
    }
    if (n_slash == 2) {
        static const Bounds plain = {0, 0, NULL, 0};

        if (!parse_number(by_slash[1], &plain, &step, out_problem))
            return FALSE;
        if (is_single && !is_star)
            end = bounds->max;
    } else if (n_slash > 2) {
        *out_problem = g_strdup_printf("too many slashes: %s", text);
        return FALSE;
    }
    if (start < bounds->min)
        *out_problem = g_strdup_printf("beginning of range (%u) below minimum (%u): %s", start, bounds->min, text);
    else if (end > bounds->max)
        *out_problem = g_strdup_printf("end of range (%u) above maximum (%u): %s", end, bounds->max, text);
    else if (start > end)
        *out_problem = g_strdup_printf("beginning of range (%u) beyond end of range (%u): %s", start, end, text);
    else if (step == 0)
        *out_problem = g_strdup_printf("step of range should be a positive number: %s", text);
    if (*out_problem != NULL)
        return FALSE;
    for (guint i = start; i <= end && step <= 64; i += step)
        *bits |= G_GUINT64_CONSTANT(1) << i;
    *bits |= G_GUINT64_CONSTANT(1) << start;
    *is_any |= is_star && step == 1;
    return TRUE;
}

static gboolean
parse_field(const char *text, const Bounds *bounds, guint64 *bits, gboolean *is_any, char **out_problem)
{
    g_auto(GStrv) parts = g_strsplit(text, ",", -1);

    *bits = 0;
    *is_any = FALSE;
    for (guint i = 0; parts[i] != NULL; i++)
        if (parts[i][0] != '\0' && !parse_range(parts[i], bounds, bits, is_any, out_problem))
            return FALSE;
    return TRUE;
}

static gboolean
parse_every(const char *text, CronSchedule *out, char **out_problem)
{
    gint64 ns = 0;

    if (!duration_parse(text, &ns)) {
        *out_problem = g_strdup_printf("failed to parse duration @every %s: time: invalid duration \"%s\"", text, text);
        return FALSE;
    }
    out->every_ns = ns < NS_PER_S ? NS_PER_S : ns - ns % NS_PER_S;
    return TRUE;
}

static const char *
macro_fields(const char *text)
{
    static const struct {
        const char *name, *fields;
    } macros[] = {
        {"@yearly", "0 0 1 1 *"}, {"@annually", "0 0 1 1 *"}, {"@monthly", "0 0 1 * *"}, {"@weekly", "0 0 * * 0"},
        {"@daily", "0 0 * * *"},  {"@midnight", "0 0 * * *"}, {"@hourly", "0 * * * *"},
    };

    for (guint i = 0; i < G_N_ELEMENTS(macros); i++)
        if (strcmp(text, macros[i].name) == 0)
            return macros[i].fields;
    return NULL;
}

/* A zone before the fields. FALSE: nobody knows it. */
static gboolean
skip_zone(const char **text, char **out_problem)
{
    const char *zone = strchr(*text, '=') + 1;
    const char *space = strchr(zone, ' ');
    g_autofree char *name = g_strndup(zone, space == NULL ? strlen(zone) : (gsize)(space - zone));

    *text = space == NULL ? "" : space + strspn(space, " ");
    if (name[0] == '\0' || strcmp(name, "Local") == 0 || cron_zone_is_known(name))
        return TRUE;
    *out_problem = g_strdup_printf("provided bad location %s: unknown time zone %s", name, name);
    return FALSE;
}

gboolean
cron_parse(const char *text, CronSchedule *out, char **out_problem)
{
    g_autoptr(GPtrArray) fields = g_ptr_array_new();
    g_auto(GStrv) words = NULL;
    gboolean ignored;

    *out = (CronSchedule){0};
    *out_problem = NULL;
    if ((g_str_has_prefix(text, "TZ=") || g_str_has_prefix(text, "CRON_TZ=")) && !skip_zone(&text, out_problem))
        return FALSE;
    if (g_str_has_prefix(text, "@every "))
        return parse_every(text + strlen("@every "), out, out_problem);
    if (text[0] == '@') {
        const char *macro = macro_fields(text);

        if (macro == NULL) {
            *out_problem = g_strdup_printf("unrecognized descriptor: %s", text);
            return FALSE;
        }
        text = macro;
    }
    words = g_strsplit_set(text, " \t\n\r", -1);
    for (guint i = 0; words[i] != NULL; i++)
        if (words[i][0] != '\0')
            g_ptr_array_add(fields, words[i]);
    if (fields->len != 5) {
        g_autofree char *joined = NULL;
        guint count = fields->len;

        g_ptr_array_add(fields, NULL);
        joined = g_strjoinv(" ", (char **)fields->pdata);
        *out_problem = g_strdup_printf("expected exactly 5 fields, found %u: [%s]", count, joined);
        return FALSE;
    }
    return parse_field(fields->pdata[0], &minutes, &out->minute, &ignored, out_problem) &&
           parse_field(fields->pdata[1], &hours, &out->hour, &ignored, out_problem) &&
           parse_field(fields->pdata[2], &days, &out->day, &out->any_day, out_problem) &&
           parse_field(fields->pdata[3], &months, &out->month, &ignored, out_problem) &&
           parse_field(fields->pdata[4], &weekdays, &out->weekday, &out->any_weekday, out_problem);
}

/* --- when ------------------------------------------------------------------------------------ */

static GTimeZone *
zone_open(const char *name)
{
    if (name == NULL || name[0] == '\0' || strcmp(name, "UTC") == 0)
        return g_time_zone_new_utc();
    return g_time_zone_new_identifier(name);
}

gboolean
cron_zone_is_known(const char *name)
{
    g_autoptr(GTimeZone) zone = NULL;

    /* Offsets like "+02:00" are zones to GLib, not to Go. */
    if (name[0] == '+' || name[0] == '-' || g_ascii_isdigit(name[0]) || g_ascii_strcasecmp(name, "Local") == 0)
        return FALSE;
    zone = zone_open(name);
    return zone != NULL;
}

static gboolean
has(guint64 bits, int number)
{
    return (bits >> number & 1) != 0;
}

static gboolean
day_matches(const CronSchedule *schedule, GDateTime *time)
{
    gboolean day = has(schedule->day, g_date_time_get_day_of_month(time));
    gboolean weekday = has(schedule->weekday, g_date_time_get_day_of_week(time) % 7);

    return schedule->any_day || schedule->any_weekday ? day && weekday : day || weekday;
}

/* Seconds to the next moment that could match; 0: this one does. Whole days, then hours, then minutes go by. */
static gint64
seconds_to_skip(const CronSchedule *schedule, GDateTime *time)
{
    int hour = g_date_time_get_hour(time);
    int minute = g_date_time_get_minute(time);

    if (!has(schedule->month, g_date_time_get_month(time)) || !day_matches(schedule, time)) {
        /* An hour short of a day change by the clock: summer time may shift it. */
        gint64 rest = (23 - hour) * 3600 + (60 - minute) * 60;

        return rest > 3 * 3600 ? rest - 2 * 3600 : 60 * (60 - minute);
    }
    if (!has(schedule->hour, hour))
        return 60 * (60 - minute);
    return has(schedule->minute, minute) ? 0 : 60;
}

gint64
cron_next(const CronSchedule *schedule, const char *zone_name, gint64 after_ns)
{
    g_autoptr(GTimeZone) zone = zone_open(zone_name);
    gint64 after_s = after_ns / NS_PER_S;
    gint64 last_s = after_s + G_GINT64_CONSTANT(5) * 366 * 86400;

    if (schedule->every_ns > 0)
        return after_s * NS_PER_S + schedule->every_ns;
    if (zone == NULL)
        return 0;
    for (gint64 at_s = after_s - after_s % 60 + 60; at_s <= last_s;) {
        g_autoptr(GDateTime) utc = g_date_time_new_from_unix_utc(at_s);
        g_autoptr(GDateTime) local = g_date_time_to_timezone(utc, zone);
        gint64 skip_s = seconds_to_skip(schedule, local);

        if (skip_s == 0)
            return at_s * NS_PER_S;
        at_s += skip_s;
    }
    return 0;
}

char *
cron_format_time(const char *zone_name, gint64 at_ns)
{
    g_autoptr(GTimeZone) zone = zone_open(zone_name);
    g_autoptr(GDateTime) utc = g_date_time_new_from_unix_utc(at_ns / NS_PER_S);
    g_autoptr(GDateTime) local = zone == NULL ? g_date_time_ref(utc) : g_date_time_to_timezone(utc, zone);
    gint64 offset_min = g_date_time_get_utc_offset(local) / G_TIME_SPAN_MINUTE;
    g_autofree char *offset =
        offset_min == 0 ? g_strdup("Z")
                        : g_strdup_printf("%c%02d:%02d", offset_min < 0 ? '-' : '+', (int)ABS(offset_min) / 60,
                                          (int)ABS(offset_min) % 60);

    return g_strdup_printf("%04d-%02d-%02dT%02d:%02d:%02d%s", g_date_time_get_year(local),
                           g_date_time_get_month(local), g_date_time_get_day_of_month(local),
                           g_date_time_get_hour(local), g_date_time_get_minute(local),
                           g_date_time_get_second(local), offset);
}
