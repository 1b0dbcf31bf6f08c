/* yaml_scalar.c - see yaml_scalar.h */

#include "base/yaml_scalar.h"

#include "base/intern.h"

static const char *const yaml_true[] = {"y",    "Y",    "yes", "Yes", "YES", "true",
                                        "True", "TRUE", "on",  "On",  "ON",  NULL};
static const char *const yaml_false[] = {"n",     "N",     "no",  "No",  "NO",  "false",
                                         "False", "FALSE", "off", "Off", "OFF", NULL};
static const char *const yaml_null[] = {"", "~", "null", "Null", "NULL", NULL};
static const char *const yaml_special[] = {".nan",  ".NaN",  ".NAN",  ".inf",  ".Inf",
                                           ".INF",  "+.inf", "+.Inf", "+.INF", "-.inf",
                                           "-.Inf", "-.INF", "<<",    NULL};

/* --- numbers ---------------------------------------------------------------------------- */

/* Go's ParseInt(text, 0, 64) on @text without '_': 0x, 0o, 0b or a leading 0 tell the base. */
static gboolean
yaml_parse_int(const char *text, gboolean *out_negative, guint64 *out_magnitude)
{
    const char *digits = text;
    guint base = 10;

    *out_negative = digits[0] == '-';
    if (digits[0] == '-' || digits[0] == '+')
        digits++;
    if (digits[0] == '0' && digits[1] != '\0') {
        char mark = g_ascii_tolower(digits[1]);

        base = mark == 'x' ? 16 : mark == 'b' ? 2 : 8;
        digits += mark == 'x' || mark == 'b' || mark == 'o' ? 2 : 1;
    }
    if (!g_ascii_isxdigit(digits[0]))
        return FALSE;
    return g_ascii_string_to_unsigned(digits, base, 0, G_MAXUINT64, out_magnitude, NULL);
}

typedef struct {
    gboolean is_negative;
    GString *digits; /* without the point */
    gint64 point;    /* digits before it */
    gboolean has_exponent;
} YamlFloat;

/* ^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$ */
static gboolean
yaml_scan_float(const char *text, YamlFloat *number)
{
    const char *at = text;
    gint64 exponent = 0;

    number->is_negative = *at == '-';
    if (*at == '-' || *at == '+')
        at++;
    if (!g_ascii_isdigit(*at) && !(*at == '.' && g_ascii_isdigit(at[1])))
        return FALSE;
    while (g_ascii_isdigit(*at))
        g_string_append_c(number->digits, *at++);
    number->point = (gint64)number->digits->len;
    if (*at == '.')
        for (at++; g_ascii_isdigit(*at); at++)
            g_string_append_c(number->digits, *at);
    if (*at == 'e' || *at == 'E') {
        gboolean is_negative = at[1] == '-';

        number->has_exponent = TRUE;
        at++;
        if (*at == '-' || *at == '+')
            at++;
        if (!g_ascii_isdigit(*at))
            return FALSE;
        for (; g_ascii_isdigit(*at); at++)
            exponent = MIN(exponent * 10 + (*at - '0'), 100000);
        number->point += is_negative ? -exponent : exponent;
    }
    return *at == '\0';
}

/* Decimal digits and point as JSON text; an integer if there is no fraction. */
static Value *
yaml_float_value(const YamlFloat *number)
{
    g_autoptr(GString) text = g_string_new(number->is_negative ? "-" : "");
    const char *digits = number->digits->str;
    gint64 length = (gint64)number->digits->len;
    gint64 first = 0;
    gint64 last = length;
    gint64 integer;

    /* Leading zeros go; trailing ones too where an exponent moves the point or nothing else follows. */
    while (first < number->point - 1 && first < length && digits[first] == '0')
        first++;
    while (last > 0 && last > number->point && digits[last - 1] == '0')
        last--;
    if (last > number->point && !number->has_exponent)
        last = length;
    if (number->point <= 0)
        g_string_append_c(text, '0');
    for (gint64 i = MIN(first, number->point); i < MAX(last, number->point); i++) {
        if (i == number->point || (i < 0 && i == MIN(first, number->point)))
            g_string_append_c(text, '.');
        g_string_append_c(text, i >= 0 && i < length ? digits[i] : '0');
    }
    if (g_ascii_string_to_signed(text->str, 10, G_MININT64, G_MAXINT64, &integer, NULL))
        return value_new_int(integer);
    return value_new_float(text->str);
}

static Value *
yaml_resolve_number(const char *text)
{
    g_autoptr(GString) plain = g_string_new(NULL);
    YamlFloat number = {0};
    gboolean is_negative;
    guint64 magnitude;
    Value *value = NULL;

    for (const char *at = text; *at != '\0'; at++)
        if (*at != '_' || text[0] == '.')
            g_string_append_c(plain, *at);
    if (text[0] != '.' && yaml_parse_int(plain->str, &is_negative, &magnitude)) {
        if (magnitude <= (guint64)G_MAXINT64)
            return value_new_int(is_negative ? -(gint64)magnitude : (gint64)magnitude);
        return value_new_float(
            str_internf("%s%" G_GUINT64_FORMAT, is_negative ? "-" : "", magnitude));
    }
    number.digits = g_string_new(NULL);
    if (yaml_scan_float(plain->str, &number) && ABS(number.point) < 400)
        value = yaml_float_value(&number);
    g_string_free(number.digits, TRUE);
    return value;
}

/* The words for null, true and false are short and begin with few letters. */
static gboolean
may_be_word(const char *text)
{
    return strchr("yYtTnNfFoO~", text[0]) != NULL && strnlen(text, 6) < 6; /* strchr finds the end, too */
}

Value *
yaml_scalar_resolve(const char *text)
{
    Value *number = NULL;

    if (may_be_word(text)) {
        if (g_strv_contains(yaml_null, text))
            return value_new_null();
        if (g_strv_contains(yaml_true, text))
            return value_new_bool(TRUE);
        if (g_strv_contains(yaml_false, text))
            return value_new_bool(FALSE);
    }
    if (g_ascii_isdigit(text[0]) || text[0] == '-' || text[0] == '+' || text[0] == '.')
        number = yaml_resolve_number(text);
    return number != NULL ? number : value_new_string(text);
}

/* --- what needs quotes -------------------------------------------------------------------- */

/* One or two digits; a value of at most @max. */
static gboolean
yaml_scan_small(const char **at, int min, int max)
{
    int value = 0;
    const char *start = *at;

    while (g_ascii_isdigit(**at) && *at - start < 2)
        value = value * 10 + (*(*at)++ - '0');
    return *at > start && value >= min && value <= max;
}

static gboolean
yaml_scan_clock(const char **at)
{
    if (!yaml_scan_small(at, 0, 23) || *(*at)++ != ':' || !yaml_scan_small(at, 0, 59) ||
        *(*at)++ != ':' || !yaml_scan_small(at, 0, 59))
        return FALSE;
    if (**at == '.' && g_ascii_isdigit((*at)[1]))
        for ((*at)++; g_ascii_isdigit(**at);)
            (*at)++;
    return TRUE;
}

/* goyaml.v2 parseTimestamp: a date, a date and time, RFC 3339 with short fields. */
static gboolean
yaml_is_timestamp(const char *text)
{
    const char *at = text + 4;

    for (int i = 0; i < 4; i++)
        if (!g_ascii_isdigit(text[i]))
            return FALSE;
    if (*at++ != '-' || !yaml_scan_small(&at, 1, 12) || *at++ != '-' ||
        !yaml_scan_small(&at, 1, 31))
        return FALSE;
    if (*at == '\0')
        return TRUE;

    char separator = *at++;

    if ((separator != 'T' && separator != 't' && separator != ' ') || !yaml_scan_clock(&at))
        return FALSE;
    if (separator == ' ')
        return *at == '\0';
    if (*at == 'Z')
        return at[1] == '\0';
    if (*at != '+' && *at != '-')
        return FALSE;
    return g_ascii_isdigit(at[1]) && g_ascii_isdigit(at[2]) && at[3] == ':' &&
           g_ascii_isdigit(at[4]) && g_ascii_isdigit(at[5]) && at[6] == '\0';
}

/* ^[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?$, which older readers take for a number. */
static gboolean
yaml_is_base60(const char *text)
{
    const char *at = text;

    if (*at == '-' || *at == '+')
        at++;
    if (!g_ascii_isdigit(*at))
        return FALSE;
    while (g_ascii_isdigit(*at) || *at == '_')
        at++;
    if (*at != ':')
        return FALSE;
    while (*at == ':') {
        at++;
        if (!g_ascii_isdigit(*at))
            return FALSE;
        if (*at >= '0' && *at <= '5' && g_ascii_isdigit(at[1]))
            at++;
        at++;
    }
    if (*at == '.')
        for (at++; g_ascii_isdigit(*at) || *at == '_';)
            at++;
    return *at == '\0';
}

gboolean
yaml_scalar_is_string(const char *text)
{
    g_autoptr(Value) value = NULL;

    if (g_strv_contains(yaml_special, text) || yaml_is_timestamp(text) || yaml_is_base60(text))
        return FALSE;
    value = yaml_scalar_resolve(text);
    return value->type == VALUE_STRING;
}
