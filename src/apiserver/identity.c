/* identity.c - uids and generated names */

#include "apiserver/server.h"

#define SUFFIX_LENGTH 5
/* v1.34 apiserver storage/names: 63 characters less the suffix. */
#define PREFIX_MAX 58

/* The last @count digits of @word. */
static inline void
put_hex(char *to, guint64 word, guint count)
{
    for (guint i = count; i-- > 0; word >>= 4)
        to[i] = "0123456789abcdef"[word & 15];
}

const char *
identity_uid(ApiServer *server)
{
    guint64 high = rng_next(server->uid_rng);
    guint64 low = rng_next(server->uid_rng);

    /* RFC 4122, version 4, variant 10. */
    high = (high & ~G_GUINT64_CONSTANT(0xf000)) | 0x4000;
    low = (low & ~(G_GUINT64_CONSTANT(3) << 62)) | G_GUINT64_CONSTANT(1) << 63;

    char text[36];

    put_hex(text, high >> 32, 8);
    text[8] = '-';
    put_hex(text + 9, high >> 16, 4);
    text[13] = '-';
    put_hex(text + 14, high, 4);
    text[18] = '-';
    put_hex(text + 19, low >> 48, 4);
    text[23] = '-';
    put_hex(text + 24, low, 12);
    return str_intern_len(text, sizeof text);
}

static void
put_suffix(char *to, Rng *rng)
{
    /* apimachinery util/rand: no vowels, nothing that looks like another. */
    static const char alphabet[] = "bcdfghjklmnpqrstvwxz2456789";

    for (guint i = 0; i < SUFFIX_LENGTH; i++)
        to[i] = alphabet[rng_below(rng, sizeof alphabet - 1)];
}

const char *
identity_suffix(Rng *rng)
{
    char text[SUFFIX_LENGTH];

    put_suffix(text, rng);
    return str_intern_len(text, SUFFIX_LENGTH);
}

const char *
identity_generate_name(ApiServer *server, const char *prefix)
{
    gsize length = strnlen(prefix, PREFIX_MAX);
    char text[PREFIX_MAX + SUFFIX_LENGTH];

    memcpy(text, prefix, length);
    put_suffix(text + length, server->name_rng);
    return str_intern_len(text, length + SUFFIX_LENGTH);
}
