/* intern.c - see intern.h */

#include "base/intern.h"

#include "base/caches.h"
#include "base/fetch.h"
#include "base/pages.h"

/*
 * Open addressing with linear probing over (hash, place) pairs; the texts lie in
 * blocks that are never freed. The full hash in the slot saves nearly every
 * comparison of texts, and the table never has to hash a text again to grow.
 *
 * In a block each text stands behind its head: 4 bytes of hash, 3 of length, one
 * that is 0. Most texts that are asked for are interned already. Blocks lie at
 * multiples of their size, so whether a pointer lies in one is a look at where
 * its block would be; and it is the beginning of a text if the byte before it is 0.
 */
#define BLOCK_SHIFT   16
#define BLOCK_BYTES   ((gsize)1 << BLOCK_SHIFT)
#define BLOCKS_NEAR   1024u /* a power of two: 64 MB of blocks that lie side by side */
#define HEAD_BYTES    8
#define LENGTH_BYTES  3
#define LENGTH_MAX    ((1u << 8 * LENGTH_BYTES) - 1) /* so long or longer */
#define SLOTS_FIRST   (1u << 12)

typedef struct {
    guint32 hash;
    guint32 at; /* number of the block, and where in it; 0: free */
} InternSlot;

static struct {
    InternSlot *slots;
    gsize n_slots; /* a power of two */
    gsize count;
    char **blocks;
    gsize n_blocks, blocks_room;
    gsize block, used;               /* the block that is being filled */
    const char *near[BLOCKS_NEAR];   /* by the block's address; one that finds its place taken is not there */
} interned = {.used = BLOCK_BYTES};

static inline gsize
near_slot(const char *block)
{
    return ((gsize)block >> BLOCK_SHIFT) & (BLOCKS_NEAR - 1);
}

/* FALSE: not, or nobody knows. */
static inline gboolean
is_interned(const char *text)
{
    const char *block = text - ((gsize)text & (BLOCK_BYTES - 1));

    return interned.near[near_slot(block)] == block && block != NULL && text[-1] == '\0';
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

static inline guint64
read_word(const char *text)
{
    guint64 word;

    memcpy(&word, text, sizeof word);
    return GUINT64_FROM_LE(word);
}

static inline guint64
read_half(const char *text)
{
    guint32 half;

    memcpy(&half, text, sizeof half);
    return GUINT32_FROM_LE(half);
}

/* Eight bytes a step; what is left, 1 to 8, in one. The same on every machine: fingerprints are made of it. */
static guint32
mark_of(const char *text, gsize length)
{
    guint64 hash = length * G_GUINT64_CONSTANT(0x9e3779b97f4a7c15);
    guint64 word = 0;

    for (; length > sizeof word; text += sizeof word, length -= sizeof word)
        hash = fold(hash, read_word(text));
    if (length >= sizeof word / 2)
        word = read_half(text) | read_half(text + length - sizeof word / 2) << 32;
    else if (length > 0)
        word = (guint64)(guint8)text[0] | (guint64)(guint8)text[length / 2] << 8 | (guint64)(guint8)text[length - 1] << 16;
    hash = fold(hash, word + 1);
    return (guint32)(hash ^ (hash >> 32));
}

static inline guint32
stored_mark(const char *text)
{
    guint32 mark;

    memcpy(&mark, text - HEAD_BYTES, sizeof mark);
    return mark;
}

/* LENGTH_MAX: so long or longer. */
static inline guint32
stored_length(const char *text)
{
    return (guint32)read_half(text - HEAD_BYTES / 2);
}

guint32
str_mark(const char *text)
{
    guint32 mark;

    if (text == NULL)
        return 0;
    if (!is_interned(text))
        return mark_of(text, strlen(text));
    mark = stored_mark(text);
    if (caches_are_checked())
        g_assert(mark == mark_of(text, strlen(text)));
    return mark;
}

gsize
str_length(const char *text)
{
    gsize length;

    if (text == NULL)
        return 0;
    length = is_interned(text) ? stored_length(text) : LENGTH_MAX;
    return G_LIKELY(length < LENGTH_MAX) ? length : strlen(text);
}

guint32
str_hash(const char *text)
{
    return text == NULL ? 0 : hash_bytes(text, strlen(text));
}

/* --- the table -------------------------------------------------------------------------- */

static void
block_add(char *block)
{
    if (interned.n_blocks == interned.blocks_room) {
        interned.blocks_room = MAX(64, 2 * interned.blocks_room);
        interned.blocks = g_renew(char *, interned.blocks, interned.blocks_room);
    }
    g_assert(interned.n_blocks < (gsize)1 << (32 - BLOCK_SHIFT));
    interned.blocks[interned.n_blocks++] = block;
}

/* Long texts get a block of their own, so that the rest of the present block is not lost. */
static guint32
place_of(gsize size)
{
    guint32 at;

    if (size >= BLOCK_BYTES / 4) {
        block_add(g_malloc(size));
        return (guint32)(interned.n_blocks - 1) << BLOCK_SHIFT;
    }
    if (G_UNLIKELY(interned.used + size > BLOCK_BYTES)) {
        char *block = g_aligned_alloc(1, BLOCK_BYTES, BLOCK_BYTES);

        if (interned.near[near_slot(block)] == NULL)
            interned.near[near_slot(block)] = block;
        interned.block = interned.n_blocks;
        interned.used = 0;
        block_add(block);
        pages_fetch(block, BLOCK_BYTES);
    }
    at = (guint32)(interned.block << BLOCK_SHIFT | interned.used);
    interned.used += size;
    return at;
}

static inline char *
text_at(guint32 at)
{
    return interned.blocks[at >> BLOCK_SHIFT] + (at & (BLOCK_BYTES - 1));
}

static guint32
store(const char *text, gsize length, guint32 mark)
{
    guint32 at = place_of(HEAD_BYTES + length + 1) + HEAD_BYTES;
    guint32 shown = GUINT32_TO_LE((guint32)MIN(length, LENGTH_MAX));
    char *copy = text_at(at);

    memcpy(copy - HEAD_BYTES, &mark, sizeof mark);
    memcpy(copy - HEAD_BYTES / 2, &shown, sizeof shown);
    memcpy(copy, text, length);
    copy[length] = '\0';
    return at;
}

static gboolean
is_text(const char *stored, const char *text, gsize length)
{
    if (stored_length(stored) != MIN(length, LENGTH_MAX))
        return FALSE;
    if (length >= LENGTH_MAX && strlen(stored) != length)
        return FALSE;
    return memcmp(stored, text, length) == 0;
}

/* A table that is large is one page or few: it is looked up where nobody has looked for long. */
static InternSlot *
slots_new(gsize n_slots)
{
    gsize bytes = n_slots * sizeof(InternSlot);
    InternSlot *slots;

    if (bytes < PAGES_JOINED_BYTES)
        return g_aligned_alloc0(1, bytes, sizeof(InternSlot));
    slots = g_aligned_alloc(1, bytes, PAGES_JOINED_BYTES);
    pages_join(slots, bytes);
    return memset(slots, 0, bytes);
}

static void
grow(void)
{
    gsize n_slots = interned.n_slots == 0 ? SLOTS_FIRST : interned.n_slots * 2;
    InternSlot *slots = slots_new(n_slots);

    for (gsize i = 0; i < interned.n_slots; i++) {
        if (interned.slots[i].at == 0)
            continue;
        gsize at = interned.slots[i].hash & (n_slots - 1);
        while (slots[at].at != 0)
            at = (at + 1) & (n_slots - 1);
        slots[at] = interned.slots[i];
    }
    g_aligned_free(interned.slots);
    interned.slots = slots;
    interned.n_slots = n_slots;
}

const char *
str_intern_len(const char *text, gsize length)
{
    InternSlot *slot;
    guint32 hash;

    if (text == NULL)
        return NULL;
    g_assert(length < G_MAXUINT32);
    if (G_UNLIKELY((interned.count + 1) * 4 > interned.n_slots * 3))
        grow();

    hash = mark_of(text, length);
    for (gsize at = hash;; at++) {
        slot = &interned.slots[at & (interned.n_slots - 1)];
        if (slot->at == 0)
            break;
        if (slot->hash == hash && is_text(text_at(slot->at), text, length))
            return text_at(slot->at);
    }
    slot->hash = hash;
    slot->at = store(text, length, hash);
    interned.count++;
    return text_at(slot->at);
}

void
str_intern_fetch(const char *text, gsize length)
{
    if (interned.n_slots > 0)
        fetch(&interned.slots[mark_of(text, length) & (interned.n_slots - 1)]);
}

const char *(str_intern)(const char *text)
{
    if (!is_interned(text))
        return text == NULL ? NULL : str_intern_len(text, strlen(text));
    if (caches_are_checked())
        g_assert(str_intern_len(text, strlen(text)) == text);
    return text;
}

const char *
str_intern_first(const char *text)
{
    return (str_intern)(text);
}

const char *
str_intern_path(const char *first, const char *second)
{
    return str_intern_path3(first, second, NULL);
}

const char *
str_intern_path3(const char *first, const char *second, const char *third)
{
    const char *parts[] = {first, second, third};
    char small[256];
    gsize used = 0;

    for (guint i = 0; i < G_N_ELEMENTS(parts) && parts[i] != NULL; i++) {
        gsize length = strlen(parts[i]);

        if (G_UNLIKELY(used + length + 1 > sizeof small))
            return third == NULL ? str_internf("%s/%s", first, second) : str_internf("%s/%s/%s", first, second, third);
        if (i > 0)
            small[used - 1] = '/';
        memcpy(small + used, parts[i], length);
        used += length + 1;
    }
    return str_intern_len(small, used - 1);
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
static inline gboolean
has_room(const char *at, const char *end, gsize length)
{
    return (gsize)(end - at) >= length + NUMBER_MAX + 1;
}

/* What stands between % and the letter. */
typedef struct {
    gboolean is_long;
    guint width;   /* of a hexadecimal number, filled with zeros */
    gsize longest; /* of a text */
} Directive;

/* FALSE: it has what only printf knows. */
static inline gboolean
read_directive(const char **at, Directive *directive, va_list *args)
{
    const char *next = *at;

    *directive = (Directive){.longest = G_MAXSIZE};
    if (G_UNLIKELY(*next == '0')) {
        for (next++; g_ascii_isdigit(*next) && directive->width <= WIDTH_MAX; next++)
            directive->width = directive->width * 10 + (guint)(*next - '0');
    } else if (G_UNLIKELY(*next == '.')) {
        int longest = next[1] == '*' && next[2] == 's' ? va_arg(*args, int) : -1;

        if (longest < 0)
            return FALSE;
        directive->longest = (gsize)longest;
        next += 2;
    }
    directive->is_long = *next == 'l';
    next += directive->is_long;
    *at = next;
    return directive->width <= (*next == 'x' ? WIDTH_MAX : 0) && !(directive->is_long && (*next == 's' || *next == 'c'));
}

/*
 * Plain %s, %.*s, %c, %d, %u, %ld, %li, %lu, and %x, %lx with as many zeros as %04x asks for: nearly all there is, and
 * printf takes its time. FALSE: there is something else, or no room.
 */
static gboolean
format_plain(char *to, gsize size, const char *format, va_list *args, gsize *out_length)
{
    const char *end = to + size;
    char *at = to;

    if (size <= NUMBER_MAX + 1)
        return FALSE;
    for (;; format++) {
        const char *last = end - (NUMBER_MAX + 1);
        const char *text;
        Directive directive;
        gsize length;
        char c;

        for (c = *format; c != '%' && c != '\0' && at < last; c = *++format)
            *at++ = c;
        if (c == '\0')
            break;
        format++;
        if (c != '%' || !read_directive(&format, &directive, args))
            return FALSE;
        switch (*format) {
        case 's':
            text = va_arg(*args, const char *);
            if (text == NULL)
                return FALSE;
            length = directive.longest == G_MAXSIZE ? strlen(text) : strnlen(text, directive.longest);
            if (!has_room(at, end, length))
                return FALSE;
            memcpy(at, text, length);
            at += length;
            break;
        case 'c':
            *at++ = (char)va_arg(*args, int);
            break;
        case 'd':
        case 'i':
            at = put_signed(at, directive.is_long ? va_arg(*args, long) : va_arg(*args, int));
            break;
        case 'u':
            at = put_number(at, directive.is_long ? va_arg(*args, unsigned long) : va_arg(*args, unsigned));
            break;
        case 'x':
            at = put_hex(at, directive.is_long ? va_arg(*args, unsigned long) : va_arg(*args, unsigned), directive.width);
            break;
        default:
            return FALSE;
        }
    }
    *at = '\0';
    *out_length = (gsize)(at - to);
    return TRUE;
}

gsize
str_vformat(char *to, gsize size, const char *format, va_list args)
{
    va_list own, again;
    gsize length;
    int printed;

    va_copy(own, args);
    va_copy(again, args);
    if (!format_plain(to, size, format, &own, &length)) {
        printed = g_vsnprintf(to, size, format, again);
        g_assert(printed >= 0);
        length = (gsize)printed;
    } else if (caches_are_checked()) {
        g_autofree char *text = g_strdup_vprintf(format, again);

        g_assert(strcmp(text, to) == 0);
    }
    va_end(own);
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
