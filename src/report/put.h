/*
 * put.h - text put together piece by piece: numbers, CSV cells, JSON strings
 *
 * Most of a run's bytes are written so: no tree is built and no printf asked. room_for makes room, each put_ fills it
 * and returns where the next begins, text_ends says where the last ended. A put_ writes no more than its _MAX says,
 * and no byte of a text is read beyond its end. Cost: some instructions a digit, one or two a byte of text.
 */
#pragma once

#include <glib.h>
#include <string.h>

/* At most 20 digits. */
#define NUMBER_MAX 20
/* Sign, digits, dot, digits. */
#define SECONDS_MAX (NUMBER_MAX + 5)
/* Longest that a cell of @length bytes can become, with comma and quotes. */
#define CELL_MAX(length) (2 * (length) + 3)
/* Longest that a JSON string of @length bytes can become. */
#define JSON_MAX(length) (6 * (length) + 2)

/* PUT: a text whose length the compiler knows. */
#define PUT(to, literal) ((char *)memcpy(to, literal, sizeof(literal) - 1) + sizeof(literal) - 1)

/* room_for: where @length more bytes can be put. */
static inline char *
room_for(GString *out, gsize length)
{
    gsize now = out->len;

    if (G_UNLIKELY(now + length >= out->allocated_len)) {
        g_string_set_size(out, now + length);
        out->len = now;
    }
    return out->str + now;
}

static inline void
text_ends(GString *out, char *at)
{
    *at = '\0';
    out->len = (gsize)(at - out->str);
}

/* --- numbers ------------------------------------------------------------------------------- */

/* "00" to "99". */
extern const char put_pairs[];

static inline void
put_pair(char *to, guint64 number)
{
    memcpy(to, put_pairs + 2 * number, 2);
}

/* Powers of ten; the first is 0, as 0 has one digit. */
extern const guint64 put_powers[NUMBER_MAX];

/* How many digits a number has is what its bits say, or one more. */
static inline guint
count_digits(guint64 number)
{
    guint bits = 64 - (guint)__builtin_clzll(number | 1);
    guint digits = bits * 1233 >> 12; /* log10(2) = 1233 / 4096, near enough for 64 */

    return digits + (number >= put_powers[digits]);
}

/* put_number: with zeros in front up to @min_digits, of which there are no more than NUMBER_MAX. */
static inline char *
put_number(char *to, guint64 number, guint min_digits)
{
    guint digits = MAX(count_digits(number), min_digits);

    to += digits;
    for (char *at = to; digits > 0; number /= 100) {
        at -= 2;
        if (digits == 1) {
            at[1] = (char)('0' + number % 10);
            break;
        }
        put_pair(at, number % 100);
        digits -= 2;
    }
    return to;
}

/* put_seconds: with millisecond digits, "12.345". */
static inline char *
put_seconds(char *to, gint64 ns)
{
    guint64 ms = (guint64)ABS(ns) / 1000000;
    guint64 rest = ms % 1000;

    if (ns < 0)
        *to++ = '-';
    to = put_number(to, ms / 1000, 1);
    to[0] = '.';
    to[1] = (char)('0' + rest / 100);
    put_pair(to + 2, rest % 100);
    return to + 4;
}

/* --- texts ----------------------------------------------------------------------------------- */

/* put_cell: a CSV cell with the comma before it, quoted if it must be. */
char *put_cell(char *to, const char *text, gsize length);

/* put_escaped: the inside of a JSON string, byte by byte. */
char *put_escaped(char *to, const char *text, gsize length);

typedef guint8 PutBytes __attribute__((vector_size(16), aligned(1), may_alias));
typedef guint64 PutWords __attribute__((vector_size(16), aligned(1), may_alias));

/* Copies 16 bytes. Returns: not 0 where one has to be escaped: a quote, a backslash, below a blank */
static inline PutBytes
put_step(char *to, const char *text)
{
    PutBytes bytes = *(const PutBytes *)(gconstpointer)text;

    *(PutBytes *)(gpointer)to = bytes;
    return (PutBytes)((bytes < ' ') | (bytes == '"') | (bytes == '\\'));
}

/* The same of eight bytes; one from 0x80 on is looked at as well. */
static inline guint64
care_of(guint64 word)
{
    const guint64 ones = G_GUINT64_CONSTANT(0x0101010101010101);
    guint64 quote = word ^ ones * '"', slash = word ^ ones * '\\';

    return ((word - ones * ' ') | (quote - ones) | (slash - ones) | word) & ones << 7;
}

/* Fewer than 16: two pieces, the last from the end, over the first where they meet. */
static inline gboolean
put_short(char *to, const char *text, gsize length)
{
    guint64 first, last;
    guint32 low, high;
    gboolean is_plain = TRUE;

    if (length >= sizeof first) {
        memcpy(&first, text, sizeof first);
        memcpy(&last, text + length - sizeof last, sizeof last);
        memcpy(to, &first, sizeof first);
        memcpy(to + length - sizeof last, &last, sizeof last);
        return (care_of(first) | care_of(last)) == 0;
    }
    if (length >= sizeof low) {
        memcpy(&low, text, sizeof low);
        memcpy(&high, text + length - sizeof high, sizeof high);
        memcpy(to, &low, sizeof low);
        memcpy(to + length - sizeof high, &high, sizeof high);
        return care_of((guint64)high << 32 | low) == 0;
    }
    for (gsize i = 0; i < length; i++) {
        to[i] = text[i];
        is_plain &= (guchar)text[i] >= ' ' && text[i] != '"' && text[i] != '\\';
    }
    return is_plain;
}

/* Copies @text and says whether nothing in it needs an escape: 16 bytes a step, the last over the one before. */
static inline gboolean
put_plain(char *to, const char *text, gsize length)
{
    PutBytes care = {0};

    if (length < sizeof care)
        return put_short(to, text, length);
    for (gsize at = 0; at + sizeof care < length; at += sizeof care)
        care |= put_step(to + at, text + at);
    care |= put_step(to + length - sizeof care, text + length - sizeof care);
    return (((PutWords)care)[0] | ((PutWords)care)[1]) == 0;
}

/* put_json_text: a JSON string; NULL is null. */
static inline char *
put_json_text(char *to, const char *text, gsize length)
{
    if (text == NULL)
        return PUT(to, "null");
    *to++ = '"';
    to = G_LIKELY(put_plain(to, text, length)) ? to + length : put_escaped(to, text, length);
    *to++ = '"';
    return to;
}
