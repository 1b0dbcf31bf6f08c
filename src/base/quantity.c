/* quantity.c - see quantity.h */

#include "base/quantity.h"

#include "base/intern.h"

#define NANO ((__int128)1000000000)

/* Beyond 10^28 a decimal is capped, which leaves room to add two without overflow. */
static const __int128 quantity_limit = (__int128)1000000000000000000 * 10000000000 * 1000000000;
static const __int128 binary_limit = (__int128)G_MAXINT64 * 1000000000;

typedef struct {
    const char *name;
    QuantityFormat format;
    int power; /* of 10 or of 1024 */
} QuantitySuffix;

static const QuantitySuffix quantity_suffixes[] = {
    {"", QUANTITY_DECIMAL_SI, 0},   {"n", QUANTITY_DECIMAL_SI, -9}, {"u", QUANTITY_DECIMAL_SI, -6},
    {"m", QUANTITY_DECIMAL_SI, -3}, {"k", QUANTITY_DECIMAL_SI, 3},  {"M", QUANTITY_DECIMAL_SI, 6},
    {"G", QUANTITY_DECIMAL_SI, 9},  {"T", QUANTITY_DECIMAL_SI, 12}, {"P", QUANTITY_DECIMAL_SI, 15},
    {"E", QUANTITY_DECIMAL_SI, 18}, {"Ki", QUANTITY_BINARY_SI, 1},  {"Mi", QUANTITY_BINARY_SI, 2},
    {"Gi", QUANTITY_BINARY_SI, 3},  {"Ti", QUANTITY_BINARY_SI, 4},  {"Pi", QUANTITY_BINARY_SI, 5},
    {"Ei", QUANTITY_BINARY_SI, 6},
};

/* The suffix: a unit, or e/E with a signed exponent ("1E" alone is exa). */
static gboolean
quantity_parse_suffix(const char *text, QuantityFormat *out_format, int *out_power)
{
    for (guint i = 0; i < G_N_ELEMENTS(quantity_suffixes); i++) {
        if (strcmp(text, quantity_suffixes[i].name) == 0) {
            *out_format = quantity_suffixes[i].format;
            *out_power = quantity_suffixes[i].power;
            return TRUE;
        }
    }
    if (text[0] != 'e' && text[0] != 'E')
        return FALSE;

    const char *digits = text + 1;
    gboolean is_negative = digits[0] == '-';
    int exponent = 0;

    if (digits[0] == '-' || digits[0] == '+')
        digits++;
    if (digits[0] == '\0')
        return FALSE;
    for (; *digits != '\0'; digits++) {
        if (!g_ascii_isdigit(*digits))
            return FALSE;
        exponent = MIN(exponent * 10 + (*digits - '0'), 1000000);
    }
    *out_format = QUANTITY_DECIMAL_EXPONENT;
    *out_power = is_negative ? -exponent : exponent;
    return TRUE;
}

/*
 * v1.34 pkg/api/resource ParseQuantity: a positional number is digits with at
 * most one point; digits may be missing on one side of it.
 */
static const char *
quantity_scan_number(const char *text, gsize *out_whole, gsize *out_fraction)
{
    const char *at = text;

    while (g_ascii_isdigit(*at))
        at++;
    *out_whole = (gsize)(at - text);
    *out_fraction = 0;
    if (*at == '.') {
        const char *point = at++;

        while (g_ascii_isdigit(*at))
            at++;
        *out_fraction = (gsize)(at - point - 1);
    }
    return *out_whole + *out_fraction == 0 ? NULL : at;
}

typedef struct {
    __int128 digits; /* value = digits * 10^-scale, cut after 25 significant digits */
    int scale;
    gboolean has_rest; /* digits that were cut are not all zero */
} QuantityDigits;

static QuantityDigits
quantity_read_digits(const char *text, gsize length)
{
    QuantityDigits result = {0};
    gboolean is_fraction = FALSE;
    int n_significant = 0;

    for (gsize i = 0; i < length; i++) {
        if (text[i] == '.') {
            is_fraction = TRUE;
            continue;
        }
        if (n_significant >= 25) {
            result.has_rest = result.has_rest || text[i] != '0';
            if (!is_fraction)
                result.scale--;
            continue;
        }
        result.digits = result.digits * 10 + (text[i] - '0');
        if (result.digits != 0)
            n_significant++;
        if (is_fraction)
            result.scale++;
    }
    return result;
}

/* digits * 10^shift in nano; what is finer is rounded away from zero. */
static __int128
quantity_shift(QuantityDigits digits, int shift)
{
    __int128 nano = digits.digits;
    gboolean has_rest = digits.has_rest;

    for (; shift > 0 && nano != 0; shift--) {
        if (nano > quantity_limit / 10)
            return quantity_limit;
        nano *= 10;
    }
    for (; shift < 0; shift++) {
        if (nano == 0)
            break;
        has_rest = has_rest || nano % 10 != 0;
        nano /= 10;
    }
    return has_rest ? nano + 1 : nano;
}

static __int128
quantity_binary_nano(QuantityDigits digits, int power)
{
    __int128 factor = 1;
    __int128 divisor = 1;

    for (int i = 0; i < power; i++)
        factor *= 1024;
    if (digits.scale < 0)
        return digits.digits == 0 ? 0 : binary_limit;
    if (digits.scale > 25)
        return digits.digits == 0 ? 0 : 1;
    for (int i = 0; i < digits.scale; i++)
        divisor *= 10;

    __int128 whole = divisor == 1 ? digits.digits : digits.digits / divisor;
    __int128 rest;

    if (whole > G_MAXINT64 / factor)
        return binary_limit;
    if (divisor == 1) /* no fraction: nearly all that is ever written */
        return MIN(whole * factor * NANO + digits.has_rest, binary_limit);

    /*
     * digits * unit / divisor by shift and add over the bits of unit, so that
     * no product needs more than 128 bits and the rest stays exact.
     */
    __int128 unit = factor * NANO;
    __int128 nano = 0;
    rest = 0;
    for (int bit = 91; bit >= 0; bit--) {
        nano *= 2;
        rest *= 2;
        if ((unit >> bit) & 1) {
            nano += whole;
            rest += digits.digits % divisor;
        }
        nano += rest / divisor;
        rest %= divisor;
    }
    if (rest != 0 || digits.has_rest)
        nano++;
    return MIN(nano, binary_limit);
}

gboolean
quantity_parse(const char *text, Quantity *out_quantity)
{
    gboolean is_negative = text[0] == '-';
    const char *number = text[0] == '-' || text[0] == '+' ? text + 1 : text;
    gsize whole = 0;
    gsize fraction = 0;
    const char *suffix = quantity_scan_number(number, &whole, &fraction);
    Quantity quantity = {0};
    int power = 0;

    if (suffix == NULL || !quantity_parse_suffix(suffix, &quantity.format, &power))
        return FALSE;

    QuantityDigits digits = quantity_read_digits(number, (gsize)(suffix - number));

    if (quantity.format == QUANTITY_BINARY_SI)
        quantity.nano = quantity_binary_nano(digits, power);
    else
        quantity.nano = quantity_shift(digits, 9 + power - digits.scale);
    /* v1.34 ParseQuantity: a fraction of one cannot be written in powers of two. */
    if (quantity.format == QUANTITY_BINARY_SI && quantity.nano > 0 && quantity.nano < NANO)
        quantity.format = QUANTITY_DECIMAL_SI;
    if (is_negative)
        quantity.nano = -quantity.nano;
    *out_quantity = quantity;
    return TRUE;
}

/*
 * v1.34 parseQuantityString, ParseQuantity: letters that occur in units, but
 * make none, are a bad suffix; anything else is no quantity at all.
 */
const char *
quantity_parse_message(const char *text)
{
    const char *at = text[0] == '-' || text[0] == '+' ? text + 1 : text;

    if (text[0] == '\0')
        return QUANTITY_REGEX_MESSAGE;
    at += strspn(at, "0123456789");
    if (*at == '.')
        at++;
    at += strspn(at, "0123456789");
    at += strspn(at, "eEinumkKMGTP");
    if (*at == '-' || *at == '+')
        at++;
    at += strspn(at, "0123456789");
    return *at == '\0' ? "unable to parse quantity's suffix" : QUANTITY_REGEX_MESSAGE;
}

static char *
quantity_print_digits(__int128 value, char *end)
{
    gboolean is_negative = value < 0;

    if (is_negative)
        value = -value;
    do {
        *--end = (char)('0' + (int)(value % 10));
        value /= 10;
    } while (value != 0);
    if (is_negative)
        *--end = '-';
    return end;
}

static const char *
quantity_format_decimal(const Quantity *quantity)
{
    static const char *const units[] = {"n", "u", "m", "", "k", "M", "G", "T", "P", "E"};
    __int128 mantissa = quantity->nano;
    int exponent = -9;
    char buffer[64];
    char *end = buffer + sizeof buffer - 1;

    while (mantissa % 1000 == 0) {
        mantissa /= 1000;
        exponent += 3;
    }
    *end = '\0';
    /* Past exa there is no unit: the digits stay in front of it. */
    while (quantity->format != QUANTITY_DECIMAL_EXPONENT && exponent > 18) {
        mantissa *= 1000;
        exponent -= 3;
    }

    const char *digits = quantity_print_digits(mantissa, end);

    if (quantity->format != QUANTITY_DECIMAL_EXPONENT)
        return str_internf("%s%s", digits, units[exponent / 3 + 3]);
    return exponent == 0 ? str_intern(digits) : str_internf("%se%d", digits, exponent);
}

const char *
quantity_format(const Quantity *quantity)
{
    static const char *const units[] = {"", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"};

    if (quantity->nano == 0)
        return str_intern("0");

    __int128 size = quantity->nano < 0 ? -quantity->nano : quantity->nano;

    if (quantity->format != QUANTITY_BINARY_SI || size < 1024 * NANO || size % NANO != 0) {
        Quantity decimal = *quantity;

        if (decimal.format == QUANTITY_BINARY_SI)
            decimal.format = QUANTITY_DECIMAL_SI;
        return quantity_format_decimal(&decimal);
    }

    __int128 mantissa = quantity->nano / NANO;
    guint unit = 0;
    char buffer[64];
    char *end = buffer + sizeof buffer - 1;

    while (mantissa % 1024 == 0 && unit + 1 < G_N_ELEMENTS(units)) {
        mantissa /= 1024;
        unit++;
    }
    *end = '\0';
    return str_internf("%s%s", quantity_print_digits(mantissa, end), units[unit]);
}

Quantity
quantity_from_int(gint64 value, QuantityFormat format)
{
    return (Quantity){.nano = value * NANO, .format = format};
}

Quantity
quantity_from_milli(gint64 milli)
{
    return (Quantity){.nano = (__int128)milli * 1000000, .format = QUANTITY_DECIMAL_SI};
}

static __int128
quantity_divide_up(__int128 nano, __int128 unit)
{
    __int128 quotient = nano / unit;

    if (nano % unit > 0)
        quotient++;
    else if (nano % unit < 0)
        quotient--;
    return quotient;
}

static gint64
quantity_clamp(__int128 value)
{
    return (gint64)CLAMP(value, (__int128)G_MININT64, (__int128)G_MAXINT64);
}

gint64
quantity_value(const Quantity *quantity)
{
    return quantity_clamp(quantity_divide_up(quantity->nano, NANO));
}

gint64
quantity_value_milli(const Quantity *quantity)
{
    return quantity_clamp(quantity_divide_up(quantity->nano, 1000000));
}

int
quantity_compare(const Quantity *a, const Quantity *b)
{
    return (a->nano > b->nano) - (a->nano < b->nano);
}

int
quantity_sign(const Quantity *quantity)
{
    return (quantity->nano > 0) - (quantity->nano < 0);
}

void
quantity_add(Quantity *sum, const Quantity *other)
{
    if (sum->nano == 0)
        sum->format = other->format;
    sum->nano = CLAMP(sum->nano + other->nano, -quantity_limit, quantity_limit);
}

void
quantity_subtract(Quantity *difference, const Quantity *other)
{
    if (difference->nano == 0)
        difference->format = other->format;
    difference->nano = CLAMP(difference->nano - other->nano, -quantity_limit, quantity_limit);
}

void
quantity_round_up_milli(Quantity *quantity)
{
    quantity->nano = quantity_divide_up(quantity->nano, 1000000) * 1000000;
}
