/*
 * test_histogram.c - layout and quantiles
 *
 * Source: HdrHistogram's layout with 2048 sub-buckets (formulas and worked values).
 */

#include "net/histogram.h"

#include <check.h>

Suite *histogram_suite(void);

static const struct {
    gint64 value_us;
    guint want;
} index_cases[] = {
    {-5, 0},      {0, 0},       {1, 1},       {1024, 1024},     {2047, 2047},
    {2048, 2048}, {2049, 2048}, {5000, 3298}, {1000000, 11169},
};

START_TEST(test_index)
{
    ck_assert_uint_eq(histogram_index(index_cases[_i].value_us), index_cases[_i].want);
}
END_TEST

/* An index holds s << b .. ((s + 1) << b) - 1. */
static const struct {
    guint index;
    gint64 want;
} highest_cases[] = {{0, 0}, {2047, 2047}, {2048, 2049}, {3298, 5003}, {11169, (1954 << 9) - 1}};

START_TEST(test_highest)
{
    ck_assert_int_eq(histogram_highest_us(highest_cases[_i].index), highest_cases[_i].want);
}
END_TEST

START_TEST(test_relative_error_and_order)
{
    for (gint64 value = 1; value < G_GINT64_CONSTANT(3600000000); value += value / 97 + 1) {
        guint index = histogram_index(value);
        gint64 highest = histogram_highest_us(index);

        ck_assert(highest >= value);
        ck_assert(highest - value <= value / 1024);
        ck_assert_uint_eq(histogram_index(highest), index);
        ck_assert_uint_eq(histogram_index(highest + 1), index + 1);
    }
}
END_TEST

/* ceil(p n): of 1..1000 the p50 is 500, the p99 990, the p99.9 999. */
static const struct {
    guint permille;
    gint64 want;
} quantile_cases[] = {{0, 1},     {1, 1},     {500, 500}, {501, 501},
                      {900, 900}, {990, 990}, {999, 999}, {1000, 1000}};

START_TEST(test_quantile)
{
    Histogram histogram = {0};

    ck_assert_int_eq(histogram_quantile_us(&histogram, 500), -1);
    for (gint64 value = 1000; value >= 1; value--)
        histogram_add(&histogram, value);
    ck_assert_uint_eq(histogram.total, 1000);
    ck_assert_int_eq(histogram_quantile_us(&histogram, quantile_cases[_i].permille),
                     quantile_cases[_i].want);
    histogram_clear(&histogram);
}
END_TEST

START_TEST(test_longer_than_an_hour)
{
    Histogram histogram = {0};

    histogram_add(&histogram, G_GINT64_CONSTANT(7200000000));
    ck_assert_uint_eq(histogram.total, 1);
    ck_assert(histogram_quantile_us(&histogram, 500) >= G_GINT64_CONSTANT(3600000000));
    histogram_clear(&histogram);
}
END_TEST

Suite *
histogram_suite(void)
{
    Suite *suite = suite_create("histogram");
    TCase *tcase = tcase_create("histogram");

    tcase_add_loop_test(tcase, test_index, 0, G_N_ELEMENTS(index_cases));
    tcase_add_loop_test(tcase, test_highest, 0, G_N_ELEMENTS(highest_cases));
    tcase_add_test(tcase, test_relative_error_and_order);
    tcase_add_loop_test(tcase, test_quantile, 0, G_N_ELEMENTS(quantile_cases));
    tcase_add_test(tcase, test_longer_than_an_hour);
    suite_add_tcase(suite, tcase);
    return suite;
}
