/* Distributions: sampled shares against exact quantiles, sampled means against exact means. */

#include "sim/rng.h"

#include <check.h>

Suite *dist_suite(void);

#define MS          G_GINT64_CONSTANT(1000000)
#define N_SAMPLES   200000
#define N_QUANTILES 6

/* In 1/1000 of all samples; the tolerance is 5 standard deviations of a share of N_SAMPLES. */
static const struct {
    guint below_milli;
    guint tolerance;
} shares[N_QUANTILES] = {{10, 223}, {100, 671}, {500, 1119}, {900, 671}, {990, 223}, {999, 71}};

static const gint64 points_ns[] = {1 * MS, 2 * MS, 10 * MS};
static const guint32 points_unit[] = {0, G_GUINT64_CONSTANT(1) << 31, 4252017623u /* 0.99 */};

/* Quantiles by the closed forms, in 15 digits. */
static const struct {
    const char *name;
    Dist dist;
    gint64 quantiles_ns[N_QUANTILES];
    gint64 mean_ns;
    guint mean_milli; /* tolerance of the sampled mean, in 1/1000 */
} dist_cases[] = {
    {"uniform 1..3 ms",
     DIST_UNI(1 * MS, 3 * MS),
     {1020000, 1200000, 2000000, 2800000, 2980000, 2998000},
     2 * MS,
     4},
    {"exponential 1 ms",
     {.type = DIST_EXPONENTIAL, .a_ns = MS},
     {10050, 105361, 693147, 2302585, 4605170, 6907755},
     MS,
     12},
    {"normal 1 ms +- 0.1 ms",
     {.type = DIST_NORMAL, .a_ns = MS, .b_ns = MS / 10},
     {767365, 871845, 1000000, 1128155, 1232635, 1309023},
     MS,
     2},
    {"lognormal p50 2 ms, p99 10 ms",
     DIST_LOGN(2 * MS, 10 * MS),
     {400000, 824095, 2000000, 4853807, 10000000, 16963492},
     2540756,
     12},
    {"Pareto 1 ms, shape 3.5",
     {.type = DIST_PARETO, .a_ns = MS, .shape_milli = 3500},
     {1002876, 1030561, 1219014, 1930698, 3727594, 7196857},
     1400000,
     12},
    {"Weibull 1 ms, shape 1.5",
     {.type = DIST_WEIBULL, .a_ns = MS, .shape_milli = 1500},
     {46572, 223076, 783220, 1743722, 2767985, 3627087},
     902745,
     12},
    {"empirical, straight lines between points",
     {.type = DIST_EMPIRICAL, .count = 3, .points_ns = points_ns, .points_unit = points_unit},
     {1020000, 1200000, 2000000, 8530612, 9999999, 9999999},
     3790000,
     12},
};

START_TEST(test_sampled_quantiles)
{
    guint counts[N_QUANTILES] = {0};
    __int128 sum_ns = 0;
    Rng rng;

    rng_seed(&rng, 2, dist_cases[_i].name);
    for (guint i = 0; i < N_SAMPLES; i++) {
        gint64 sample_ns = dist_sample_ns(&dist_cases[_i].dist, &rng);
        ck_assert_int_ge(sample_ns, 0);
        sum_ns += sample_ns;
        for (guint j = 0; j < N_QUANTILES; j++)
            counts[j] += sample_ns < dist_cases[_i].quantiles_ns[j];
    }
    for (guint j = 0; j < N_QUANTILES; j++) {
        guint want = N_SAMPLES / 1000 * shares[j].below_milli;
        if (dist_cases[_i].dist.type == DIST_EMPIRICAL && j == N_QUANTILES - 1)
            want = N_SAMPLES / 1000 * 990; /* beyond the last point lies the last point */
        ck_assert_msg(ABS((int)counts[j] - (int)want) <= (int)shares[j].tolerance,
                      "%s: %u of %u below quantile %u", dist_cases[_i].name, counts[j], N_SAMPLES,
                      j);
    }
    gint64 mean_ns = (gint64)(sum_ns / N_SAMPLES);
    ck_assert_msg(ABS(mean_ns - dist_cases[_i].mean_ns) <=
                      dist_cases[_i].mean_ns * dist_cases[_i].mean_milli / 1000,
                  "%s: sampled mean %" G_GINT64_FORMAT, dist_cases[_i].name, mean_ns);
}
END_TEST

/* Means by the closed forms. */
static const struct {
    const char *name;
    Dist dist;
    gint64 want_ns;
} mean_cases[] = {
    {"constant", DIST_CONST(5 * MS), 5 * MS},
    {"uniform", DIST_UNI(1 * MS, 4 * MS), 2500000},
    {"exponential", {.type = DIST_EXPONENTIAL, .a_ns = 7 * MS}, 7 * MS},
    {"normal far from 0", {.type = DIST_NORMAL, .a_ns = 20 * MS, .b_ns = MS}, 20 * MS},
    {"normal cut at 0", {.type = DIST_NORMAL, .a_ns = MS, .b_ns = MS}, 1083315},
    {"normal cut deeper", {.type = DIST_NORMAL, .a_ns = MS, .b_ns = 2 * MS}, 1395593},
    {"normal without spread", {.type = DIST_NORMAL, .a_ns = MS}, MS},
    {"lognormal", DIST_LOGN(2 * MS, 10 * MS), 2540756},
    {"lognormal without spread", DIST_LOGN(2 * MS, 2 * MS), 2 * MS},
    {"Pareto", {.type = DIST_PARETO, .a_ns = MS, .shape_milli = 2000}, 2 * MS},
    {"Pareto without mean", {.type = DIST_PARETO, .a_ns = MS, .shape_milli = 1000}, G_MAXINT64},
    {"Weibull 1 is exponential", {.type = DIST_WEIBULL, .a_ns = MS, .shape_milli = 1000}, MS},
    {"Weibull 0.5", {.type = DIST_WEIBULL, .a_ns = MS, .shape_milli = 500}, 2 * MS},
    {"Weibull 0.7", {.type = DIST_WEIBULL, .a_ns = MS, .shape_milli = 700}, 1265824},
};

START_TEST(test_mean)
{
    gint64 got_ns = dist_mean_ns(&mean_cases[_i].dist);
    gint64 want_ns = mean_cases[_i].want_ns;

    ck_assert_msg(ABS(got_ns - want_ns) <= 2, "%s: %" G_GINT64_FORMAT, mean_cases[_i].name, got_ns);
}
END_TEST

START_TEST(test_degenerate_needs_no_draw)
{
    Rng rng;
    Rng untouched;

    rng_seed(&rng, 1, "constant");
    untouched = rng;
    ck_assert_int_eq(dist_sample_ns(&DIST_CONST(3), &rng), 3);
    ck_assert_int_eq(dist_sample_ns(&DIST_CONST(-3), &rng), 0);
    ck_assert_mem_eq(&rng, &untouched, sizeof rng);
    ck_assert_int_eq(dist_sample_ns(&DIST_LOGN(3 * MS, 3 * MS), &rng), 3 * MS);
    ck_assert_int_eq(dist_sample_ns(&DIST_LOGN(0, 3 * MS), &rng), 0);
}
END_TEST

/* Fixed seeds, fixed bits: a change here moves every run there is. */
START_TEST(test_same_bits_everywhere)
{
    static const guint64 want = G_GUINT64_CONSTANT(13286156250596861161);
    guint64 hash = 0;

    for (guint i = 0; i < G_N_ELEMENTS(dist_cases); i++) {
        Rng rng;
        rng_seed(&rng, 11, "bits");
        for (guint j = 0; j < 1000; j++)
            hash = hash * 31 + (guint64)dist_sample_ns(&dist_cases[i].dist, &rng);
    }
    ck_assert_uint_eq(hash, want);
}
END_TEST

Suite *
dist_suite(void)
{
    Suite *suite = suite_create("dist");
    TCase *tcase = tcase_create("dist");

    tcase_set_timeout(tcase, 60);
    tcase_add_loop_test(tcase, test_sampled_quantiles, 0, G_N_ELEMENTS(dist_cases));
    tcase_add_loop_test(tcase, test_mean, 0, G_N_ELEMENTS(mean_cases));
    tcase_add_test(tcase, test_degenerate_needs_no_draw);
    tcase_add_test(tcase, test_same_bits_everywhere);
    suite_add_tcase(suite, tcase);
    return suite;
}
