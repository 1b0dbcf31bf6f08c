/* duration.c - see duration.h */

#include "base/duration.h"

#include <string.h>

#define NS_PER_DAY (24 * NS_PER_HOUR)

static const struct {
    const char *name;
    gint64 unit_ns;
} duration_units[] = {
    {"ns", 1},
    {"us", NS_PER_US},
    {"\xc2\xb5s", NS_PER_US}, /* U+00B5, micro sign */
    {"\xce\xbcs", NS_PER_US}, /* U+03BC, Greek mu */
    {"ms", NS_PER_MS},
    {"s", NS_PER_S},
    {"m", NS_PER_MIN},
    {"h", NS_PER_HOUR},
    {"d", NS_PER_DAY}, /* scenarios only; Go has none */
};

/* The unit at *@text up to the next digit or dot; 0 if there is no such unit. */
static gint64
take_unit(const char **text)
{
    gsize length = strcspn(*text, ".0123456789");

    for (guint i = 0; i < G_N_ELEMENTS(duration_units); i++) {
        const char *name = duration_units[i].name;
        if (strlen(name) == length && memcmp(name, *text, length) == 0) {
            *text += length;
            return duration_units[i].unit_ns;
        }
    }
    return 0;
}

/* Digits at *@text; FALSE if they pass 2^63. */
static gboolean
take_digits(const char **text, guint64 *out_value)
{
    guint64 value = 0;

    for (; g_ascii_isdigit(**text); (*text)++) {
        if (value > (G_GUINT64_CONSTANT(1) << 63) / 10)
            return FALSE;
        value = value * 10 + (guint64)(**text - '0');
        if (value > G_GUINT64_CONSTANT(1) << 63)
            return FALSE;
    }
    *out_value = value;
    return TRUE;
}

/* Digits after the dot, those that fit; @out_scale is 10^(digits used). */
static void
take_fraction(const char **text, guint64 *out_value, double *out_scale)
{
    gboolean is_full = FALSE;

    *out_value = 0;
    *out_scale = 1;
    for (; g_ascii_isdigit(**text); (*text)++) {
        guint64 next = *out_value * 10 + (guint64)(**text - '0');
        is_full = is_full || *out_value > (G_MAXINT64 / 10) || next > G_MAXINT64;
        if (is_full)
            continue;
        *out_value = next;
        *out_scale *= 10;
    }
}

/* One number with its unit, "1.5h", as ns. Go 1.24 time.ParseDuration, rounding included. */
static gboolean
take_term(const char **text, guint64 *out_ns)
{
    const char *start = *text;
    guint64 whole;
    guint64 fraction = 0;
    double scale = 1;

    if (!take_digits(text, &whole))
        return FALSE;
    gboolean has_digits = *text != start;
    if (**text == '.') {
        (*text)++;
        start = *text;
        take_fraction(text, &fraction, &scale);
        has_digits = has_digits || *text != start;
    }
    if (!has_digits)
        return FALSE;

    guint64 unit_ns = (guint64)take_unit(text);
    if (unit_ns == 0 || whole > (G_GUINT64_CONSTANT(1) << 63) / unit_ns)
        return FALSE;
    guint64 value = whole * unit_ns;
    if (fraction > 0)
        value += (guint64)((double)fraction * ((double)unit_ns / scale));
    if (value > G_GUINT64_CONSTANT(1) << 63)
        return FALSE;
    *out_ns = value;
    return TRUE;
}

gboolean
duration_parse(const char *text, gint64 *out_ns)
{
    guint64 limit = G_GUINT64_CONSTANT(1) << 63;
    guint64 total = 0;

    if (text == NULL)
        return FALSE;
    gboolean is_negative = *text == '-';
    if (*text == '-' || *text == '+')
        text++;
    if (strcmp(text, "0") == 0) {
        *out_ns = 0;
        return TRUE;
    }
    if (*text == '\0')
        return FALSE;

    while (*text != '\0') {
        guint64 term;
        if (!take_term(&text, &term))
            return FALSE;
        total += term; /* both at most 2^63 */
        if (total > limit || (total == 0 && term != 0))
            return FALSE;
    }
    if (total > limit - (is_negative ? 0 : 1))
        return FALSE;
    *out_ns = is_negative ? (gint64)(0 - total) : (gint64)total;
    return TRUE;
}

/* @value / 10^@digits without trailing zeros: "1.5", "2". */
static void
append_decimal(GString *out, guint64 value, guint digits)
{
    guint64 scale = 1;

    for (guint i = 0; i < digits; i++)
        scale *= 10;
    g_string_append_printf(out, "%" G_GUINT64_FORMAT, value / scale);
    guint64 fraction = value % scale;
    if (fraction == 0)
        return;
    for (; fraction % 10 == 0; fraction /= 10)
        digits--;
    g_string_append_printf(out, ".%0*" G_GUINT64_FORMAT, (int)digits, fraction);
}

char *
duration_format_go(gint64 ns)
{
    GString *out = g_string_new(ns < 0 ? "-" : NULL);
    guint64 value = ns < 0 ? 0 - (guint64)ns : (guint64)ns;

    if (value == 0) {
        g_string_append(out, "0s");
    } else if (value < (guint64)NS_PER_US) {
        g_string_append_printf(out, "%" G_GUINT64_FORMAT "ns", value);
    } else if (value < (guint64)NS_PER_MS) {
        append_decimal(out, value, 3);
        g_string_append(out, "\xc2\xb5s");
    } else if (value < (guint64)NS_PER_S) {
        append_decimal(out, value, 6);
        g_string_append(out, "ms");
    } else {
        guint64 minutes = value / (guint64)NS_PER_MIN;
        if (minutes >= 60)
            g_string_append_printf(out, "%" G_GUINT64_FORMAT "h", minutes / 60);
        if (minutes > 0)
            g_string_append_printf(out, "%" G_GUINT64_FORMAT "m", minutes % 60);
        append_decimal(out, value % (guint64)NS_PER_MIN, 9);
        g_string_append(out, "s");
    }
    return g_string_free(out, FALSE);
}

/* "3d4h", or "3d" if the second part is 0. */
static char *
format_two(gint64 first, const char *first_unit, gint64 second, const char *second_unit)
{
    if (second == 0)
        return g_strdup_printf("%" G_GINT64_FORMAT "%s", first, first_unit);
    return g_strdup_printf("%" G_GINT64_FORMAT "%s%" G_GINT64_FORMAT "%s", first, first_unit,
                           second, second_unit);
}

/* v0.34 apimachinery pkg/util/duration: the steps of HumanDuration, whole units toward zero. */
char *
duration_format_human(gint64 ns)
{
    gint64 seconds = ns / NS_PER_S;
    gint64 minutes = ns / NS_PER_MIN;
    gint64 hours = ns / NS_PER_HOUR;
    gint64 days = hours / 24;

    if (seconds < -1)
        return g_strdup("<invalid>");
    if (seconds < 0)
        return g_strdup("0s");
    if (seconds < 120)
        return format_two(seconds, "s", 0, "");
    if (minutes < 10)
        return format_two(minutes, "m", seconds % 60, "s");
    if (minutes < 180)
        return format_two(minutes, "m", 0, "");
    if (hours < 8)
        return format_two(hours, "h", minutes % 60, "m");
    if (hours < 48)
        return format_two(hours, "h", 0, "");
    if (days < 8)
        return format_two(days, "d", hours % 24, "h");
    if (days < 2 * 365)
        return format_two(days, "d", 0, "");
    if (days < 8 * 365)
        return format_two(days / 365, "y", days % 365, "d");
    return format_two(days / 365, "y", 0, "");
}

char *
duration_format_clock(gint64 ns, guint decimals)
{
    GString *out = g_string_new(ns < 0 ? "-" : NULL);
    guint64 value = ns < 0 ? 0 - (guint64)ns : (guint64)ns;
    guint64 seconds = value / (guint64)NS_PER_S;
    guint64 fraction = value % (guint64)NS_PER_S;

    if (seconds >= 3600)
        g_string_append_printf(out, "%" G_GUINT64_FORMAT ":%02u", seconds / 3600,
                               (guint)(seconds / 60 % 60));
    else
        g_string_append_printf(out, "%u", (guint)(seconds / 60));
    g_string_append_printf(out, ":%02u", (guint)(seconds % 60));
    if (decimals > 0) {
        decimals = MIN(decimals, 9);
        for (guint i = decimals; i < 9; i++)
            fraction /= 10;
        g_string_append_printf(out, ".%0*u", (int)decimals, (guint)fraction);
    }
    return g_string_free(out, FALSE);
}
