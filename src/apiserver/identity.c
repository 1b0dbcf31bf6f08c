/* identity.c - uids and generated names */

#include "apiserver/server.h"

#define SUFFIX_LENGTH 5
/* v1.34 apiserver storage/names: 63 characters less the suffix. */
#define PREFIX_MAX 58

/* The eight digits of @word, all at once: a nibble in each byte, then what makes it a digit or a letter. */
static inline void
put_hex(char *to, guint32 word)
{
    guint64 nibbles = word;

    nibbles = (nibbles << 16 | nibbles) & G_GUINT64_CONSTANT(0x0000ffff0000ffff);
    nibbles = (nibbles << 8 | nibbles) & G_GUINT64_CONSTANT(0x00ff00ff00ff00ff);
    nibbles = (nibbles << 4 | nibbles) & G_GUINT64_CONSTANT(0x0f0f0f0f0f0f0f0f);

    guint64 are_letters = (nibbles + G_GUINT64_CONSTANT(0x0606060606060606)) >> 4 & G_GUINT64_CONSTANT(0x0101010101010101);
    guint64 text = GUINT64_TO_BE(nibbles + G_GUINT64_CONSTANT(0x3030303030303030) + are_letters * ('a' - '9' - 1));

    memcpy(to, &text, sizeof text);
}

/* What the stream gives next, as it stands now. */
static void
uid_draw(UidDraw *draw, const Rng *stream)
{
    guint64 high, low;
    char *text = draw->text;
    char digits[32];

    draw->before = draw->after = *stream;
    high = rng_next(&draw->after);
    low = rng_next(&draw->after);

    /* RFC 4122, version 4, variant 10. */
    high = (high & ~G_GUINT64_CONSTANT(0xf000)) | 0x4000;
    low = (low & ~(G_GUINT64_CONSTANT(3) << 62)) | G_GUINT64_CONSTANT(1) << 63;
    put_hex(digits, (guint32)(high >> 32));
    put_hex(digits + 8, (guint32)high);
    put_hex(digits + 16, (guint32)(low >> 32));
    put_hex(digits + 24, (guint32)low);
    memcpy(text, digits, 8);
    memcpy(text + 9, digits + 8, 4);
    memcpy(text + 14, digits + 12, 4);
    memcpy(text + 19, digits + 16, 4);
    memcpy(text + 24, digits + 20, 12);
    text[8] = text[13] = text[18] = text[23] = '-';
}

/* The next one is made ahead, as its place among all texts, which nobody has seen, is far away. */
const char *
identity_uid(ApiServer *server)
{
    UidDraw *next = &server->next_uid;
    const char *uid;

    if (G_UNLIKELY(memcmp(&next->before, server->uid_rng, sizeof next->before) != 0))
        uid_draw(next, server->uid_rng);
    *server->uid_rng = next->after;
    uid = str_intern_len(next->text, sizeof next->text);
    uid_draw(next, server->uid_rng);
    str_intern_fetch(next->text, sizeof next->text);
    return uid;
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
