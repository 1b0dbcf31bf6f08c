/* calendar.c - the calendar times of duration.h */

#include "base/duration.h"

#include <string.h>

#define NS_PER_DAY (24 * NS_PER_HOUR)

typedef struct {
    gint64 year;
    guint month, day; /* from 1 */
    guint hour, minute, second;
    guint nanosecond;
    guint weekday; /* 0 = Sunday */
} CalendarTime;

/*
 * Years are counted from March, so that the leap day is the last of its year;
 * 400 years (an era) have 146097 days. 719468 days lie between 0000-03-01 and 1970-01-01.
 */
static gint64
days_from_date(gint64 year, guint month, guint day)
{
    year -= month <= 2;
    gint64 era = (year >= 0 ? year : year - 399) / 400;
    gint64 year_of_era = year - era * 400;
    gint64 day_of_year =
        (153 * (month > 2 ? (gint64)month - 3 : (gint64)month + 9) + 2) / 5 + day - 1;
    gint64 day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;

    return era * 146097 + day_of_era - 719468;
}

static CalendarTime
split(gint64 unix_ns)
{
    gint64 days = unix_ns / NS_PER_DAY;
    gint64 rest_ns = unix_ns % NS_PER_DAY;

    if (rest_ns < 0) {
        days--;
        rest_ns += NS_PER_DAY;
    }
    gint64 shifted = days + 719468;
    gint64 era = (shifted >= 0 ? shifted : shifted - 146096) / 146097;
    gint64 day_of_era = shifted - era * 146097;
    gint64 year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    gint64 day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    gint64 month = (5 * day_of_year + 2) / 153; /* from March */

    CalendarTime time = {
        .year = year_of_era + era * 400 + (month >= 10),
        .month = (guint)(month < 10 ? month + 3 : month - 9),
        .day = (guint)(day_of_year - (153 * month + 2) / 5 + 1),
        .hour = (guint)(rest_ns / NS_PER_HOUR),
        .minute = (guint)(rest_ns / NS_PER_MIN % 60),
        .second = (guint)(rest_ns / NS_PER_S % 60),
        .nanosecond = (guint)(rest_ns % NS_PER_S),
        .weekday = (guint)(((days + 4) % 7 + 7) % 7), /* 1970-01-01 was a Thursday */
    };
    return time;
}

static guint
days_in_month(gint64 year, guint month)
{
    static const guint8 days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    gboolean is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

    return month == 2 && is_leap ? 29 : days[month - 1];
}

/* @count digits at *@text, then @end (none if NUL). */
static gboolean
take_number(const char **text, guint count, char end, guint *out_value)
{
    guint value = 0;

    for (guint i = 0; i < count; i++, (*text)++) {
        if (!g_ascii_isdigit(**text))
            return FALSE;
        value = value * 10 + (guint)(**text - '0');
    }
    if (end != '\0') {
        if (**text != end)
            return FALSE;
        (*text)++;
    }
    *out_value = value;
    return TRUE;
}

/* ".123456": any number of digits, those beyond the nanosecond are cut off. */
static gboolean
take_nanoseconds(const char **text, guint *out_value)
{
    guint value = 0;
    guint count = 0;

    *out_value = 0;
    if (**text != '.')
        return TRUE;
    for ((*text)++; g_ascii_isdigit(**text); (*text)++, count++) {
        if (count < 9)
            value = value * 10 + (guint)(**text - '0');
    }
    if (count == 0)
        return FALSE;
    for (; count < 9; count++)
        value *= 10;
    *out_value = value;
    return TRUE;
}

/* "Z", "+02:00". */
static gboolean
take_offset(const char **text, gint64 *out_ns)
{
    guint hours;
    guint minutes;
    gint64 sign = **text == '-' ? -1 : 1;

    if (**text == 'Z') {
        (*text)++;
        *out_ns = 0;
        return TRUE;
    }
    if (**text != '+' && **text != '-')
        return FALSE;
    (*text)++;
    if (!take_number(text, 2, ':', &hours) || !take_number(text, 2, '\0', &minutes))
        return FALSE;
    if (hours > 23 || minutes > 59)
        return FALSE;
    *out_ns = sign * (hours * NS_PER_HOUR + minutes * NS_PER_MIN);
    return TRUE;
}

gboolean
time_parse_rfc3339(const char *text, gint64 *out_unix_ns)
{
    CalendarTime time = {0};
    guint year;
    gint64 offset_ns;

    if (text == NULL)
        return FALSE;
    if (!take_number(&text, 4, '-', &year) || !take_number(&text, 2, '-', &time.month) ||
        !take_number(&text, 2, 'T', &time.day) || !take_number(&text, 2, ':', &time.hour) ||
        !take_number(&text, 2, ':', &time.minute) || !take_number(&text, 2, '\0', &time.second) ||
        !take_nanoseconds(&text, &time.nanosecond) || !take_offset(&text, &offset_ns))
        return FALSE;
    if (*text != '\0' || time.month < 1 || time.month > 12 || time.day < 1 ||
        time.day > days_in_month(year, time.month) || time.hour > 23 || time.minute > 59 ||
        time.second > 59)
        return FALSE;

    __int128 ns = (__int128)days_from_date(year, time.month, time.day) * NS_PER_DAY +
                  time.hour * NS_PER_HOUR + time.minute * NS_PER_MIN + time.second * NS_PER_S +
                  time.nanosecond - offset_ns;
    if (ns > G_MAXINT64 || ns < G_MININT64)
        return FALSE;
    *out_unix_ns = (gint64)ns;
    return TRUE;
}

static void
put_two(char *to, guint value)
{
    to[0] = (char)('0' + value / 10);
    to[1] = (char)('0' + value % 10);
}

/* By hand: every object that is printed has some, and printf takes fifty times as long. */
char *
time_format_rfc3339(gint64 unix_ns)
{
    CalendarTime time = split(unix_ns);
    char *text;

    if (time.year < 0 || time.year > 9999)
        return g_strdup_printf("%04d-%02u-%02uT%02u:%02u:%02uZ", (int)time.year, time.month, time.day,
                               time.hour, time.minute, time.second);
    text = g_strdup("0000-00-00T00:00:00Z");
    put_two(text, (guint)time.year / 100);
    put_two(text + 2, (guint)time.year % 100);
    put_two(text + 5, time.month);
    put_two(text + 8, time.day);
    put_two(text + 11, time.hour);
    put_two(text + 14, time.minute);
    put_two(text + 17, time.second);
    return text;
}

char *
time_format_micro(gint64 unix_ns)
{
    CalendarTime time = split(unix_ns);

    return g_strdup_printf("%04d-%02u-%02uT%02u:%02u:%02u.%06uZ", (int)time.year, time.month,
                           time.day, time.hour, time.minute, time.second, time.nanosecond / 1000);
}

char *
time_format_rfc1123(gint64 unix_ns)
{
    static const char *const weekdays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    CalendarTime time = split(unix_ns);

    return g_strdup_printf("%s, %02u %.3s %04d %02u:%02u:%02u +0000", weekdays[time.weekday],
                           time.day, &months[3 * (time.month - 1)], (int)time.year, time.hour, time.minute,
                           time.second);
}
