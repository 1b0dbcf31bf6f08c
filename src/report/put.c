/* put.c - see put.h: what is rare or long */

#include "report/put.h"

const char put_pairs[] = "00010203040506070809"
                         "10111213141516171819"
                         "20212223242526272829"
                         "30313233343536373839"
                         "40414243444546474849"
                         "50515253545556575859"
                         "60616263646566676869"
                         "70717273747576777879"
                         "80818283848586878889"
                         "90919293949596979899";

const guint64 put_powers[NUMBER_MAX] = {
    0, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000, 1000000000,
    G_GUINT64_CONSTANT(10000000000), G_GUINT64_CONSTANT(100000000000), G_GUINT64_CONSTANT(1000000000000),
    G_GUINT64_CONSTANT(10000000000000), G_GUINT64_CONSTANT(100000000000000), G_GUINT64_CONSTANT(1000000000000000),
    G_GUINT64_CONSTANT(10000000000000000), G_GUINT64_CONSTANT(100000000000000000), G_GUINT64_CONSTANT(1000000000000000000),
    G_GUINT64_CONSTANT(10000000000000000000),
};

char *
put_cell(char *to, const char *text, gsize length)
{
    *to++ = ',';
    for (gsize i = 0;; i++) {
        if (i == length)
            return (char *)memcpy(to, text, length) + length;
        if (text[i] == ',' || text[i] == '"' || text[i] == '\n' || text[i] == '\r')
            break;
    }
    *to++ = '"';
    for (gsize i = 0; i < length; i++) {
        if (text[i] == '"')
            *to++ = '"';
        *to++ = text[i];
    }
    *to++ = '"';
    return to;
}

char *
put_escaped(char *to, const char *text, gsize length)
{
    static const char hex[] = "0123456789abcdef";

    for (gsize i = 0; i < length; i++) {
        guchar byte = (guchar)text[i];

        if (byte >= ' ' && byte != '"' && byte != '\\') {
            *to++ = text[i];
        } else if (byte == '"' || byte == '\\' || byte == '\n' || byte == '\t') {
            *to++ = '\\';
            *to++ = byte == '\n' ? 'n' : byte == '\t' ? 't' : text[i];
        } else {
            memcpy(to, "\\u00", 4);
            to[4] = hex[byte >> 4];
            to[5] = hex[byte & 15];
            to += 6;
        }
    }
    return to;
}
