/* Random streams: the generator's own vectors, bounds, names. */

#include "sim/rng.h"
#include "sim/sim.h"

#include <check.h>

Suite *rng_suite(void);

/* xoshiro256** 1.0 from the state 1, 2, 3, 4 (the test vector of rand_xoshiro). */
START_TEST(test_generator_vector)
{
    static const guint64 want[] = {
        11520,
        0,
        1509978240,
        G_GUINT64_CONSTANT(1215971899390074240),
        G_GUINT64_CONSTANT(1216172134540287360),
        G_GUINT64_CONSTANT(607988272756665600),
    };
    Rng rng = {{1, 2, 3, 4}};

    for (guint i = 0; i < G_N_ELEMENTS(want); i++)
        ck_assert_uint_eq(rng_next(&rng), want[i]);
}
END_TEST

START_TEST(test_below_keeps_bound_and_is_even)
{
    static const guint64 bounds[] = {1, 2, 3, 10, 1000, G_GUINT64_CONSTANT(3) << 62};
    guint counts[10] = {0};
    Rng rng;

    rng_seed(&rng, 1, "below");
    for (guint i = 0; i < 10000; i++) {
        for (guint j = 0; j < G_N_ELEMENTS(bounds); j++)
            ck_assert_uint_lt(rng_below(&rng, bounds[j]), bounds[j]);
        counts[rng_below(&rng, 10)]++;
    }
    for (guint i = 0; i < G_N_ELEMENTS(counts); i++)
        ck_assert_int_le(ABS((int)counts[i] - 1000), 150); /* 5 standard deviations */
}
END_TEST

START_TEST(test_between_reaches_both_ends)
{
    gboolean has_low = FALSE;
    gboolean has_high = FALSE;
    Rng rng;

    rng_seed(&rng, 1, "between");
    for (guint i = 0; i < 200; i++) {
        gint64 value = rng_between_ns(&rng, -2, 3);
        ck_assert_int_ge(value, -2);
        ck_assert_int_le(value, 3);
        has_low = has_low || value == -2;
        has_high = has_high || value == 3;
    }
    ck_assert(has_low);
    ck_assert(has_high);
    ck_assert_int_eq(rng_between_ns(&rng, 7, 7), 7);
    rng_between_ns(&rng, G_MININT64, G_MAXINT64);
}
END_TEST

START_TEST(test_chance)
{
    guint count = 0;
    Rng rng;

    rng_seed(&rng, 1, "chance");
    for (guint i = 0; i < 100000; i++) {
        ck_assert(!rng_chance(&rng, 0, 5));
        ck_assert(rng_chance(&rng, 5, 5));
        count += rng_chance(&rng, 1, 4);
    }
    ck_assert_int_le(ABS((int)count - 25000), 650);
}
END_TEST

START_TEST(test_name_and_seed_part_streams)
{
    Rng a;
    Rng b;
    Rng c;
    Rng again;

    rng_seed(&a, 7, "kubelet/a");
    rng_seed(&b, 7, "kubelet/b");
    rng_seed(&c, 8, "kubelet/a");
    rng_seed(&again, 7, "kubelet/a");
    guint64 first = rng_next(&a);
    ck_assert_uint_ne(first, rng_next(&b));
    ck_assert_uint_ne(first, rng_next(&c));
    ck_assert_uint_eq(first, rng_next(&again));
}
END_TEST

/* Neighbouring streams must not move together: half of the bits differ. */
START_TEST(test_streams_are_independent)
{
    guint64 n_equal_bits = 0;
    Rng a;
    Rng b;

    rng_seed(&a, 1, "s1");
    rng_seed(&b, 1, "s2");
    for (guint i = 0; i < 10000; i++)
        n_equal_bits += (guint64)__builtin_popcountll(~(rng_next(&a) ^ rng_next(&b)));
    ck_assert_int_le(ABS((gint64)n_equal_bits - 320000), 2000); /* 5 standard deviations */
}
END_TEST

START_TEST(test_draws_in_one_stream_leave_another_alone)
{
    g_autoptr(Sim) one = sim_new(&(SimOptions){.seed = 3});
    g_autoptr(Sim) two = sim_new(&(SimOptions){.seed = 3});

    for (guint i = 0; i < 100; i++)
        rng_next(rng_stream(one, "noise"));
    ck_assert_uint_eq(rng_next(rng_stream(one, "mine")), rng_next(rng_stream(two, "mine")));
    ck_assert_ptr_eq(rng_stream(one, "mine"), rng_stream(one, "mine"));
    ck_assert_ptr_ne(rng_stream(one, "mine"), rng_stream(one, "noise"));
}
END_TEST

Suite *
rng_suite(void)
{
    Suite *suite = suite_create("rng");
    TCase *tcase = tcase_create("rng");

    tcase_add_test(tcase, test_generator_vector);
    tcase_add_test(tcase, test_below_keeps_bound_and_is_even);
    tcase_add_test(tcase, test_between_reaches_both_ends);
    tcase_add_test(tcase, test_chance);
    tcase_add_test(tcase, test_name_and_seed_part_streams);
    tcase_add_test(tcase, test_streams_are_independent);
    tcase_add_test(tcase, test_draws_in_one_stream_leave_another_alone);
    suite_add_tcase(suite, tcase);
    return suite;
}
