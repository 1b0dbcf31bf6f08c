/*
 * quantity.h - resource.Quantity, exact
 *
 * Models: apimachinery pkg/api/resource v1.34: a fixed-point decimal with a
 * format (DecimalSI, BinarySI, DecimalExponent) that is kept for printing;
 * finer than nano is rounded away from zero; BinarySI is capped at 2^63-1.
 * A plain value type: copy it, no clear. Zero-initialised = 0, DecimalSI.
 */
#pragma once

#include <glib.h>

typedef enum { QUANTITY_DECIMAL_SI, QUANTITY_BINARY_SI, QUANTITY_DECIMAL_EXPONENT } QuantityFormat;

typedef struct {
    __int128 nano; /* value * 10^9; big decimals beyond that range are capped (documented limit) */
    QuantityFormat format;
} Quantity;

/* quantity_parse: FALSE if the text is no quantity; the API's message is QUANTITY_REGEX_MESSAGE. */
gboolean quantity_parse(const char *text, Quantity *out_quantity);
#define QUANTITY_REGEX_MESSAGE                                                                     \
    "quantities must match the regular expression "                                                \
    "'^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"

/* quantity_parse_message: what the API says about a text that is none. (borrowed) */
const char *quantity_parse_message(const char *text);

/* quantity_format: canonical form ("1536Mi", "500m"). Returns: (interned) */
const char *quantity_format(const Quantity *quantity);
Quantity quantity_from_int(gint64 value, QuantityFormat format);
Quantity quantity_from_milli(gint64 milli);
gint64 quantity_value(const Quantity *quantity);       /* rounded up (away from zero) to 1 */
gint64 quantity_value_milli(const Quantity *quantity); /* rounded up to 1/1000 */
int quantity_compare(const Quantity *a, const Quantity *b);
int quantity_sign(const Quantity *quantity);
void quantity_add(Quantity *sum, const Quantity *other); /* takes other's format if sum is zero */
void quantity_subtract(Quantity *difference, const Quantity *other);
void quantity_round_up_milli(Quantity *quantity); /* API defaulting of container resources */
