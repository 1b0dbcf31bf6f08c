/* go_sort.c - see go_sort.h */

#include "kubectl/go_sort.h"

#include <string.h>

#define INSERTION_MAX 12
#define NINTHER_MIN   50 /* below it the pivot is a median of three */
#define STEPS_MAX     5  /* pairs out of order that are put right without partitioning */
#define SHIFTING_MIN  50
#define SWAPS_MAX     12 /* as many as choosing a pivot can take: what is there descends */

typedef enum { HINT_UNKNOWN, HINT_INCREASING, HINT_DECREASING } Hint;

typedef struct {
    char *items;
    gsize size;
    GoLess is_less;
    gpointer user;
    char *spare; /* one item */
} Sort;

static gboolean
less(const Sort *s, gint64 i, gint64 j)
{
    return s->is_less(s->items + (gsize)i * s->size, s->items + (gsize)j * s->size, s->user);
}

static void
swap(const Sort *s, gint64 i, gint64 j)
{
    char *a = s->items + (gsize)i * s->size, *b = s->items + (gsize)j * s->size;

    memcpy(s->spare, a, s->size);
    memmove(a, b, s->size);
    memcpy(b, s->spare, s->size);
}

static void
insertion_sort(const Sort *s, gint64 a, gint64 b)
{
    for (gint64 i = a + 1; i < b; i++)
        for (gint64 j = i; j > a && less(s, j, j - 1); j--)
            swap(s, j, j - 1);
}

static void
sift_down(const Sort *s, gint64 root, gint64 end, gint64 first)
{
    for (;;) {
        gint64 child = 2 * root + 1;

        if (child >= end)
            return;
        if (child + 1 < end && less(s, first + child, first + child + 1))
            child++;
        if (!less(s, first + root, first + child))
            return;
        swap(s, first + root, first + child);
        root = child;
    }
}

static void
heap_sort(const Sort *s, gint64 a, gint64 b)
{
    for (gint64 i = (b - a - 1) / 2; i >= 0; i--)
        sift_down(s, i, b - a, a);
    for (gint64 i = b - a - 1; i >= 0; i--) {
        swap(s, a, a + i);
        sift_down(s, 0, i, a);
    }
}

/* Where the pivot at @pivot comes to stand; *out_was_fine: nothing had to be swapped. */
static gint64
partition(const Sort *s, gint64 a, gint64 b, gint64 pivot, gboolean *out_was_fine)
{
    gint64 i = a + 1, j = b - 1;

    *out_was_fine = TRUE;
    swap(s, a, pivot);
    for (;;) {
        while (i <= j && less(s, i, a))
            i++;
        while (i <= j && !less(s, j, a))
            j--;
        if (i > j)
            break;
        *out_was_fine = FALSE;
        swap(s, i++, j--);
    }
    swap(s, j, a);
    return j;
}

/* What equals the pivot goes first; where the rest begins. */
static gint64
partition_equal(const Sort *s, gint64 a, gint64 b, gint64 pivot)
{
    gint64 i = a + 1, j = b - 1;

    swap(s, a, pivot);
    for (;;) {
        while (i <= j && !less(s, a, i))
            i++;
        while (i <= j && less(s, a, j))
            j--;
        if (i > j)
            return i;
        swap(s, i++, j--);
    }
}

/* TRUE: all is in order now. */
static gboolean
insertion_sort_partly(const Sort *s, gint64 a, gint64 b)
{
    gint64 i = a + 1;

    for (guint step = 0; step < STEPS_MAX; step++) {
        while (i < b && !less(s, i, i - 1))
            i++;
        if (i == b)
            return TRUE;
        if (b - a < SHIFTING_MIN)
            return FALSE;
        swap(s, i, i - 1);
        for (gint64 j = i - 1; i - a >= 2 && j >= 1 && less(s, j, j - 1); j--)
            swap(s, j, j - 1);
        for (gint64 j = i + 1; b - i >= 2 && j < b && less(s, j, j - 1); j++)
            swap(s, j, j - 1);
    }
    return FALSE;
}

/* Scatters three items; the numbers come from the length alone. */
static void
break_patterns(const Sort *s, gint64 a, gint64 b)
{
    gint64 length = b - a;
    guint64 random = (guint64)length, mask = 1;

    if (length < 8)
        return;
    while (mask <= (guint64)length)
        mask <<= 1;
    for (gint64 i = 0; i < 3; i++) {
        gint64 other;

        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        other = (gint64)(random & (mask - 1));
        if (other >= length)
            other -= length;
        swap(s, a + length / 4 * 2 - 1 + i, a + other);
    }
}

static void
order_two(const Sort *s, gint64 *a, gint64 *b, guint *swaps)
{
    if (less(s, *b, *a)) {
        gint64 kept = *a;

        *a = *b;
        *b = kept;
        ++*swaps;
    }
}

static gint64
median(const Sort *s, gint64 a, gint64 b, gint64 c, guint *swaps)
{
    order_two(s, &a, &b, swaps);
    order_two(s, &b, &c, swaps);
    order_two(s, &a, &b, swaps);
    return b;
}

static gint64
choose_pivot(const Sort *s, gint64 a, gint64 b, Hint *out_hint)
{
    gint64 quarter = (b - a) / 4;
    gint64 i = a + quarter, j = a + quarter * 2, k = a + quarter * 3;
    guint swaps = 0;

    if (b - a >= NINTHER_MIN) {
        i = median(s, i - 1, i, i + 1, &swaps);
        j = median(s, j - 1, j, j + 1, &swaps);
        k = median(s, k - 1, k, k + 1, &swaps);
    }
    if (b - a >= 8)
        j = median(s, i, j, k, &swaps);
    *out_hint = swaps == 0 ? HINT_INCREASING : swaps == SWAPS_MAX ? HINT_DECREASING : HINT_UNKNOWN;
    return j;
}

static void
sort_range(const Sort *s, gint64 a, gint64 b, guint limit)
{
    gboolean was_balanced = TRUE, was_partitioned = TRUE;

    while (b - a > INSERTION_MAX) {
        gint64 length = b - a, pivot, middle;
        Hint hint;

        if (limit == 0) {
            heap_sort(s, a, b);
            return;
        }
        if (!was_balanced) {
            break_patterns(s, a, b);
            limit--;
        }
        pivot = choose_pivot(s, a, b, &hint);
        if (hint == HINT_DECREASING) {
            for (gint64 i = a, j = b - 1; i < j;)
                swap(s, i++, j--);
            pivot = b - 1 - (pivot - a);
            hint = HINT_INCREASING;
        }
        if (was_balanced && was_partitioned && hint == HINT_INCREASING && insertion_sort_partly(s, a, b))
            return;
        if (a > 0 && !less(s, a - 1, pivot)) {
            a = partition_equal(s, a, b, pivot);
            continue;
        }
        middle = partition(s, a, b, pivot, &was_partitioned);
        was_balanced = MIN(middle - a, b - middle) >= length / 8;
        if (middle - a < b - middle) {
            sort_range(s, a, middle, limit);
            a = middle + 1;
        } else {
            sort_range(s, middle + 1, b, limit);
            b = middle;
        }
    }
    insertion_sort(s, a, b);
}

void
go_sort(gpointer items, guint n, gsize size, GoLess is_less, gpointer user)
{
    g_autofree char *spare = g_malloc(size);
    Sort sort = {items, size, is_less, user, spare};

    if (n > 1)
        sort_range(&sort, 0, n, g_bit_storage(n));
}

typedef struct {
    GoLess is_less;
    gpointer user;
} Pointers;

static gboolean
pointers_less(gconstpointer a, gconstpointer b, gpointer user)
{
    const Pointers *pointers = user;

    return pointers->is_less(*(const gconstpointer *)a, *(const gconstpointer *)b, pointers->user);
}

void
go_sort_pointers(GPtrArray *items, GoLess is_less, gpointer user)
{
    Pointers pointers = {is_less, user};

    go_sort(items->pdata, items->len, sizeof(gpointer), pointers_less, &pointers);
}
