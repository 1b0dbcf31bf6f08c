/* identity.c - uids and generated names */

#include "apiserver/server.h"

#define SUFFIX_LENGTH 5
/* v1.34 apiserver storage/names: 63 characters less the suffix. */
#define PREFIX_MAX 58

const char *
identity_uid(ApiServer *server)
{
    guint64 high = rng_next(server->uid_rng);
    guint64 low = rng_next(server->uid_rng);

    /* RFC 4122, version 4, variant 10. */
    high = (high & ~G_GUINT64_CONSTANT(0xf000)) | 0x4000;
    low = (low & ~(G_GUINT64_CONSTANT(3) << 62)) | G_GUINT64_CONSTANT(1) << 63;

    static const char digits[] = "0123456789abcdef";
    char text[36];
    guint at = 0;

    for (guint i = 0; i < 32; i++) {
        guint64 word = i < 16 ? high : low;

        if (i == 8 || i == 12 || i == 16 || i == 20)
            text[at++] = '-';
        text[at++] = digits[word >> (60 - 4 * (i % 16)) & 15];
    }
    return str_intern_len(text, at);
}

const char *
identity_suffix(Rng *rng)
{
    /* apimachinery util/rand: no vowels, nothing that looks like another. */
    static const char alphabet[] = "bcdfghjklmnpqrstvwxz2456789";
    char text[SUFFIX_LENGTH];

    for (guint i = 0; i < SUFFIX_LENGTH; i++)
        text[i] = alphabet[rng_below(rng, sizeof alphabet - 1)];
    return str_intern_len(text, SUFFIX_LENGTH);
}

const char *
identity_generate_name(ApiServer *server, const char *prefix)
{
    return str_internf("%.*s%s", PREFIX_MAX, prefix, identity_suffix(server->name_rng));
}
