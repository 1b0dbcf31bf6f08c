/* intern.c - see intern.h */

#include "base/intern.h"

#include "base/caches.h"

/*
 * Open addressing with linear probing over (hash, text) pairs; the texts lie in
 * blocks that are never freed. The full hash in the slot saves nearly every
 * comparison of texts, and the table never has to hash a text again to grow.
 *
 * Most texts that are asked for are interned already. Blocks lie at multiples of
 * their size, so whether a pointer lies in one is a look at where its block would
 * be; and it is the beginning of a text if the byte before it ends another.
 */
#define BLOCK_BYTES (64 * 1024)
#define SLOTS_FIRST (1u << 12)

typedef struct {
    guint32 hash;
    guint32 length;
    const char *text; /* NULL: free */
} InternSlot;

static struct {
    InternSlot *slots;
    gsize n_slots; /* a power of two */
    gsize count;
    char *block;
    gsize block_left;
} interned;

/* Where the blocks lie: open addressing by their number. */
static struct {
    const char **bases;
    gsize n_slots; /* a power of two */
    gsize count;
} blocks;

static gsize
block_slot(const char *base)
{
    return (gsize)(((gsize)base / BLOCK_BYTES) * G_GUINT64_CONSTANT(0x9e3779b97f4a7c15) >> 40) & (blocks.n_slots - 1);
}

static void
block_put(const char *base)
{
    gsize at = block_slot(base);

    while (blocks.bases[at] != NULL)
        at = (at + 1) & (blocks.n_slots - 1);
    blocks.bases[at] = base;
    blocks.count++;
}

static void
block_add(const char *base)
{
    if ((blocks.count + 1) * 4 > blocks.n_slots) {
        const char **old = blocks.bases;
        gsize n_old = blocks.n_slots;

        blocks.n_slots = n_old == 0 ? 64 : n_old * 2;
        blocks.bases = g_new0(const char *, blocks.n_slots);
        blocks.count = 0;
        for (gsize i = 0; i < n_old; i++)
            if (old[i] != NULL)
                block_put(old[i]);
        g_free(old);
    }
    block_put(base);
}

static gboolean
is_interned(const char *text)
{
    const char *base = text - (gsize)text % BLOCK_BYTES;

    if (blocks.n_slots == 0)
        return FALSE;
    for (gsize at = block_slot(base); blocks.bases[at] != NULL; at = (at + 1) & (blocks.n_slots - 1))
        if (blocks.bases[at] == base)
            return text == base || text[-1] == '\0';
    return FALSE;
}

static guint32
hash_bytes(const char *text, gsize length)
{
    guint32 hash = 2166136261u;

    for (gsize i = 0; i < length; i++)
        hash = (hash ^ (guint8)text[i]) * 16777619u;
    return hash;
}

/* All 128 bits of the product: a difference in a word's last byte must reach the lowest bits too. */
static inline guint64
fold(guint64 hash, guint64 word)
{
    unsigned __int128 product = (unsigned __int128)(hash ^ word) * G_GUINT64_CONSTANT(0xff51afd7ed558ccd);

    return (guint64)product ^ (guint64)(product >> 64);
}

/* Eight bytes a step: where a text lies in the table shows in nothing that comes out. */
static guint32
slot_hash(const char *text, gsize length)
{
    guint64 hash = length * G_GUINT64_CONSTANT(0x9e3779b97f4a7c15);
    guint64 word;
    guint32 half;

    for (; length >= sizeof word; text += sizeof word, length -= sizeof word) {
        memcpy(&word, text, sizeof word);
        hash = fold(hash, word);
    }
    if (length >= sizeof half) {
        memcpy(&half, text, sizeof half);
        hash = fold(hash, half);
        text += sizeof half;
        length -= sizeof half;
    }
    word = 0;
    for (gsize i = 0; i < length; i++)
        word = word << 8 | (guint8)text[i];
    hash = fold(hash, word + 1);
    return (guint32)(hash ^ (hash >> 32));
}

guint32
str_hash(const char *text)
{
    return text == NULL ? 0 : hash_bytes(text, strlen(text));
}

/* Long texts get a block of their own, so that the rest of the present block is not lost. */
static const char *
store(const char *text, gsize length)
{
    char *copy;

    if (length >= BLOCK_BYTES / 8) {
        copy = g_malloc(length + 1);
    } else {
        if (interned.block_left < length + 1) {
            interned.block = g_aligned_alloc(1, BLOCK_BYTES, BLOCK_BYTES);
            block_add(interned.block);
            interned.block_left = BLOCK_BYTES;
        }
        copy = interned.block;
        interned.block += length + 1;
        interned.block_left -= length + 1;
    }
    memcpy(copy, text, length);
    copy[length] = '\0';
    return copy;
}

static void
grow(void)
{
    gsize n_slots = interned.n_slots == 0 ? SLOTS_FIRST : interned.n_slots * 2;
    InternSlot *slots = g_new0(InternSlot, n_slots);

    for (gsize i = 0; i < interned.n_slots; i++) {
        if (interned.slots[i].text == NULL)
            continue;
        gsize at = interned.slots[i].hash & (n_slots - 1);
        while (slots[at].text != NULL)
            at = (at + 1) & (n_slots - 1);
        slots[at] = interned.slots[i];
    }
    g_free(interned.slots);
    interned.slots = slots;
    interned.n_slots = n_slots;
}

const char *
str_intern_len(const char *text, gsize length)
{
    if (text == NULL)
        return NULL;
    g_assert(length < G_MAXUINT32);
    if ((interned.count + 1) * 4 > interned.n_slots * 3)
        grow();

    guint32 hash = slot_hash(text, length);
    gsize at = hash & (interned.n_slots - 1);
    for (; interned.slots[at].text != NULL; at = (at + 1) & (interned.n_slots - 1)) {
        const InternSlot *slot = &interned.slots[at];
        if (slot->hash == hash && slot->length == length && memcmp(slot->text, text, length) == 0)
            return slot->text;
    }
    interned.slots[at].hash = hash;
    interned.slots[at].length = (guint32)length;
    interned.slots[at].text = store(text, length);
    interned.count++;
    return interned.slots[at].text;
}

const char *(str_intern)(const char *text)
{
    if (text == NULL)
        return NULL;
    if (!is_interned(text))
        return str_intern_len(text, strlen(text));
    if (caches_are_checked())
        g_assert(str_intern_len(text, strlen(text)) == text);
    return text;
}

const char *
str_intern_path(const char *first, const char *second)
{
    char small[256];
    gsize length = strlen(first), rest = strlen(second);

    if (length + 1 + rest >= sizeof small)
        return str_internf("%s/%s", first, second);
    memcpy(small, first, length);
    small[length] = '/';
    memcpy(small + length + 1, second, rest);
    return str_intern_len(small, length + 1 + rest);
}

/* --- formats --------------------------------------------------------------------------- */

static char *
put_number(char *to, guint64 number)
{
    char digits[20];
    guint n = sizeof digits;

    do {
        digits[--n] = (char)('0' + number % 10);
        number /= 10;
    } while (number != 0);
    memcpy(to, digits + n, sizeof digits - n);
    return to + (sizeof digits - n);
}

static char *
put_signed(char *to, gint64 number)
{
    if (number >= 0)
        return put_number(to, (guint64)number);
    *to++ = '-';
    return put_number(to, -(guint64)number);
}

/* In hexadecimal, zeros in front up to @width. */
static char *
put_hex(char *to, guint64 number, guint width)
{
    static const char digits[] = "0123456789abcdef";
    guint n = 1;

    while (n < 16 && number >> (4 * n) != 0)
        n++;
    n = MAX(n, width);
    for (guint i = n; i > 0; i--, number >>= 4)
        to[i - 1] = digits[number & 15];
    return to + n;
}

/* Longest number, with sign. */
#define NUMBER_MAX 21
/* Of a hexadecimal number of 64 bits. */
#define WIDTH_MAX 16

/* Room for a number and the end is left in any case. */
static gboolean
put_text(char **at, const char *end, const char *text, gsize length)
{
    if ((gsize)(end - *at) < length + NUMBER_MAX + 1)
        return FALSE;
    memcpy(*at, text, length);
    *at += length;
    return TRUE;
}

/*
 * Plain %s, %c, %d, %u, %ld, %li, %lu, and %x, %lx with as many zeros as %04x asks for: nearly all there is, and printf
 * takes its time. FALSE: there is something else, or no room.
 */
static gboolean
format_plain(char *to, gsize size, const char *format, va_list args, gsize *out_length)
{
    const char *end = to + size;
    char *at = to;

    for (;;) {
        const char *next = strchrnul(format, '%');
        const char *text;
        gboolean is_long;
        guint width = 0;

        if (!put_text(&at, end, format, (gsize)(next - format)))
            return FALSE;
        if (*next == '\0')
            break;
        next++;
        if (*next == '0')
            for (next++; g_ascii_isdigit(*next) && width <= WIDTH_MAX; next++)
                width = width * 10 + (guint)(*next - '0');
        is_long = *next == 'l';
        next += is_long;
        if (width > (*next == 'x' ? WIDTH_MAX : 0))
            return FALSE;
        switch (*next) {
        case 's':
            text = is_long ? NULL : va_arg(args, const char *);
            if (text == NULL || !put_text(&at, end, text, strlen(text)))
                return FALSE;
            break;
        case 'c':
            if (is_long)
                return FALSE;
            *at++ = (char)va_arg(args, int);
            break;
        case 'd':
        case 'i':
            at = put_signed(at, is_long ? va_arg(args, long) : va_arg(args, int));
            break;
        case 'u':
            at = put_number(at, is_long ? va_arg(args, unsigned long) : va_arg(args, unsigned));
            break;
        case 'x':
            at = put_hex(at, is_long ? va_arg(args, unsigned long) : va_arg(args, unsigned), width);
            break;
        default:
            return FALSE;
        }
        format = next + 1;
    }
    *at = '\0';
    *out_length = (gsize)(at - to);
    return TRUE;
}

gsize
str_vformat(char *to, gsize size, const char *format, va_list args)
{
    va_list again;
    gsize length;
    int printed;

    va_copy(again, args);
    if (!format_plain(to, size, format, args, &length)) {
        printed = g_vsnprintf(to, size, format, again);
        g_assert(printed >= 0);
        length = (gsize)printed;
    } else if (caches_are_checked()) {
        g_autofree char *text = g_strdup_vprintf(format, again);

        g_assert(strcmp(text, to) == 0);
    }
    va_end(again);
    return length;
}

const char *
str_internv(const char *format, va_list args)
{
    char small[256];
    gsize length;
    va_list again;

    va_copy(again, args);
    length = str_vformat(small, sizeof small, format, args);
    if (length < sizeof small) {
        va_end(again);
        return str_intern_len(small, length);
    }

    g_autofree char *text = g_strdup_vprintf(format, again);

    va_end(again);
    return str_intern(text);
}

const char *
str_internf(const char *format, ...)
{
    const char *text;
    va_list args;

    va_start(args, format);
    text = str_internv(format, args);
    va_end(args);
    return text;
}
