/* The queue against a reference: a stable sort by (time, phase), whatever the order of calls. */

#include "sim/queue.h"
#include "sim/rng.h"

#include <check.h>

Suite *queue_suite(void);

/* The reference: all pending entries in a plain array, searched from end to end. */
typedef struct {
    guint64 time_ns;
    guint phase;
    guint32 number; /* of insertion, rises */
} Pending;

typedef struct {
    Queue queue;
    GArray *pending; /* (owned) of Pending, by number */
    guint32 n_inserted;
    guint64 now_ns;
} Pair;

static void
pair_init(Pair *pair)
{
    *pair = (Pair){0};
    queue_init(&pair->queue, NULL, NULL);
    pair->pending = g_array_new(FALSE, FALSE, sizeof(Pending));
}

static void
pair_clear(Pair *pair)
{
    queue_clear(&pair->queue);
    g_array_unref(pair->pending);
}

static void
pair_insert(Pair *pair, guint64 time_ns, guint phase)
{
    Pending pending = {time_ns, phase, ++pair->n_inserted};

    g_array_append_val(pair->pending, pending);
    queue_insert(&pair->queue, time_ns, pending.number << 2 | phase, 0);
}

static guint
pair_first(const Pair *pair)
{
    guint first = 0;

    for (guint i = 1; i < pair->pending->len; i++) {
        const Pending *a = &g_array_index(pair->pending, Pending, first);
        const Pending *b = &g_array_index(pair->pending, Pending, i);
        if (b->time_ns < a->time_ns || (b->time_ns == a->time_ns && b->phase < a->phase))
            first = i;
    }
    return first;
}

static void
pair_take(Pair *pair)
{
    QueueEntry entry;
    guint first = pair_first(pair);
    Pending want = g_array_index(pair->pending, Pending, first);

    ck_assert_uint_eq(queue_peek_ns(&pair->queue), want.time_ns);
    ck_assert(queue_take(&pair->queue, G_MAXUINT64, &entry));
    ck_assert_uint_eq(entry.time_ns, want.time_ns);
    ck_assert_uint_eq(entry.tag, want.number << 2 | want.phase);
    g_array_remove_index(pair->pending, first);
    pair->now_ns = want.time_ns;
    ck_assert_uint_eq(pair->queue.count, pair->pending->len);
}

/* Delays that collide, that are near, far and very far. */
static guint64
random_delay(Rng *rng)
{
    switch (rng_below(rng, 6)) {
    case 0:
        return 0;
    case 1:
        return rng_below(rng, 3);
    case 2:
        return rng_below(rng, 1000);
    case 3:
        return 10000000;
    case 4:
        return rng_below(rng, G_GUINT64_CONSTANT(1) << 40);
    default:
        return rng_below(rng, G_GUINT64_CONSTANT(1) << 20);
    }
}

START_TEST(test_random_holds)
{
    Pair pair;
    Rng rng;

    rng_seed(&rng, (guint64)_i, "holds");
    pair_init(&pair);
    for (guint i = 0; i < 20000; i++) {
        gboolean is_growing = (i / 1000) % 2 == 0;
        if (pair.pending->len == 0 || rng_below(&rng, 10) < (is_growing ? 6 : 4))
            pair_insert(&pair, pair.now_ns + random_delay(&rng), (guint)rng_below(&rng, 4));
        else
            pair_take(&pair);
    }
    while (pair.pending->len > 0)
        pair_take(&pair);
    ck_assert_uint_eq(queue_peek_ns(&pair.queue), G_MAXUINT64);
    pair_clear(&pair);
}
END_TEST

/* Whoever takes a cancelled entry moves the base beyond the present; then someone inserts before it. */
START_TEST(test_insert_below_the_base)
{
    Pair pair;
    Rng rng;

    rng_seed(&rng, (guint64)_i, "below base");
    pair_init(&pair);
    for (guint i = 0; i < 5000; i++) {
        if (pair.pending->len < 20 || rng_below(&rng, 3) == 0) {
            guint64 below = rng_below(&rng, 2) == 0 ? random_delay(&rng) : 0;
            guint64 time_ns = pair.now_ns + random_delay(&rng);
            pair_insert(&pair, time_ns > below ? time_ns - below : 0, (guint)rng_below(&rng, 4));
        } else {
            pair_take(&pair);
        }
    }
    while (pair.pending->len > 0)
        pair_take(&pair);
    pair_clear(&pair);
}
END_TEST

START_TEST(test_equal_times_keep_order_of_insertion)
{
    Pair pair;

    pair_init(&pair);
    /* More than one chunk, inserted at different distances, so that they meet on their way down. */
    for (guint i = 0; i < 300; i++)
        pair_insert(&pair, 1000000, i % 4);
    pair_insert(&pair, 999000, 0);
    pair_take(&pair);
    for (guint i = 0; i < 300; i++)
        pair_insert(&pair, 1000000, i % 4);
    pair_insert(&pair, 999999, 0);
    pair_take(&pair);
    for (guint i = 0; i < 300; i++)
        pair_insert(&pair, 1000000, i % 4);
    while (pair.pending->len > 0)
        pair_take(&pair);
    pair_clear(&pair);
}
END_TEST

START_TEST(test_later_phase_of_now_waits_for_earlier)
{
    Pair pair;

    pair_init(&pair);
    pair_insert(&pair, 50, SIM_OBSERVE);
    pair_insert(&pair, 50, SIM_CONTROL);
    pair_take(&pair);
    pair_insert(&pair, 50, SIM_WORLD);
    pair_take(&pair);
    pair_take(&pair);
    pair_clear(&pair);
}
END_TEST

START_TEST(test_take_stops_at_limit_and_moves_nothing)
{
    QueueEntry entry;
    Queue queue;

    queue_init(&queue, NULL, NULL);
    queue_insert(&queue, 1000, 4, 0);
    ck_assert(!queue_take(&queue, 999, &entry));
    ck_assert_uint_eq(queue.base_ns, 0);
    queue_insert(&queue, 10, 8, 0);
    ck_assert_uint_eq(queue_peek_ns(&queue), 10);
    ck_assert(queue_take(&queue, 10, &entry));
    ck_assert_uint_eq(entry.tag, 8);
    ck_assert(!queue_take(&queue, 10, &entry));
    queue_insert(&queue, 10, 12, 0);
    ck_assert(!queue_take(&queue, 9, &entry));
    ck_assert(queue_take(&queue, 1000, &entry));
    ck_assert_uint_eq(entry.tag, 12);
    ck_assert(queue_take(&queue, 1000, &entry));
    ck_assert_uint_eq(entry.tag, 4);
    ck_assert(!queue_take(&queue, G_MAXUINT64, &entry));
    queue_clear(&queue);
}
END_TEST

START_TEST(test_largest_time)
{
    QueueEntry entry;
    Queue queue;

    queue_init(&queue, NULL, NULL);
    queue_insert(&queue, G_MAXINT64, 0, 0);
    queue_insert(&queue, G_MAXINT64 - 1, 4, 0);
    ck_assert(queue_take(&queue, G_MAXINT64, &entry));
    ck_assert_uint_eq(entry.tag, 4);
    ck_assert(queue_take(&queue, G_MAXINT64, &entry));
    ck_assert_uint_eq(entry.time_ns, G_MAXINT64);
    queue_clear(&queue);
}
END_TEST

static gboolean
is_odd(const QueueEntry *entry, gconstpointer user_data)
{
    (void)user_data;
    return (entry->tag >> 2) % 2 == 1;
}

START_TEST(test_sweep_keeps_order_of_the_others)
{
    Pair pair;
    Rng rng;

    rng_seed(&rng, 5, "sweep");
    pair_init(&pair);
    for (guint i = 0; i < 2000; i++)
        pair_insert(&pair, rng_below(&rng, 500), (guint)rng_below(&rng, 4));
    for (guint i = 0; i < 100; i++)
        pair_take(&pair);
    queue_sweep(&pair.queue, is_odd, NULL);
    for (guint i = pair.pending->len; i > 0; i--) {
        if (g_array_index(pair.pending, Pending, i - 1).number % 2 == 0)
            g_array_remove_index(pair.pending, i - 1);
    }
    ck_assert_uint_eq(pair.queue.count, pair.pending->len);
    while (pair.pending->len > 0)
        pair_take(&pair);
    pair_clear(&pair);
}
END_TEST

START_TEST(test_peek_live_passes_cancelled)
{
    QueueEntry entry;
    Queue queue;

    queue_init(&queue, NULL, NULL);
    queue_insert(&queue, 10, 2 << 2, 0);
    queue_insert(&queue, 11, 4 << 2, 0);
    queue_insert(&queue, 70, 6 << 2, 0);
    queue_insert(&queue, 71, 7 << 2, 0);
    queue_insert(&queue, 5000, 9 << 2, 0);
    ck_assert_uint_eq(queue_peek_live_ns(&queue, is_odd, NULL), 71);
    ck_assert_uint_eq(queue.base_ns, 0);
    queue_insert(&queue, 3, 1 << 2, 0);
    ck_assert(queue_take(&queue, G_MAXUINT64, &entry));
    ck_assert_uint_eq(entry.time_ns, 3);
    queue_clear(&queue);
}
END_TEST

START_TEST(test_steady_state_allocates_nothing)
{
    QueueEntry entry;
    Queue queue;
    Rng rng;

    rng_seed(&rng, 1, "steady");
    queue_init(&queue, NULL, NULL);
    for (guint i = 0; i < 50000; i++)
        queue_insert(&queue, rng_below(&rng, 1000000000), 0, 0);
    for (guint i = 0; i < 200000; i++) {
        queue_take(&queue, G_MAXUINT64, &entry);
        queue_insert(&queue, entry.time_ns + rng_below(&rng, 1000000000), 0, 0);
    }
    guint n_blocks = queue.blocks->len;
    for (guint i = 0; i < 200000; i++) {
        queue_take(&queue, G_MAXUINT64, &entry);
        queue_insert(&queue, entry.time_ns + rng_below(&rng, 1000000000), 0, 0);
    }
    ck_assert_uint_eq(queue.blocks->len, n_blocks);
    queue_clear(&queue);
}
END_TEST

Suite *
queue_suite(void)
{
    Suite *suite = suite_create("queue");
    TCase *tcase = tcase_create("queue");

    tcase_set_timeout(tcase, 60);
    tcase_add_loop_test(tcase, test_random_holds, 0, 5);
    tcase_add_loop_test(tcase, test_insert_below_the_base, 0, 20);
    tcase_add_test(tcase, test_equal_times_keep_order_of_insertion);
    tcase_add_test(tcase, test_later_phase_of_now_waits_for_earlier);
    tcase_add_test(tcase, test_take_stops_at_limit_and_moves_nothing);
    tcase_add_test(tcase, test_largest_time);
    tcase_add_test(tcase, test_sweep_keeps_order_of_the_others);
    tcase_add_test(tcase, test_peek_live_passes_cancelled);
    tcase_add_test(tcase, test_steady_state_allocates_nothing);
    suite_add_tcase(suite, tcase);
    return suite;
}
