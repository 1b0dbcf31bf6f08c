/* Fixed-point functions against values computed with 50 decimal digits. */

#include "sim/fixed.h"

#include <check.h>

Suite *fixed_suite(void);

static const struct {
    guint64 value;
    gint64 want_q48;
} log2_cases[] = {
    {1, 0},
    {2, FIXED_ONE_Q48},
    {G_GUINT64_CONSTANT(1) << 63, 63 * FIXED_ONE_Q48},
    {3, G_GINT64_CONSTANT(446127282977751)},
    {10, G_GINT64_CONSTANT(935039633142894)},
    {1000000007, G_GINT64_CONSTANT(8415356701128625)},
    {G_GUINT64_CONSTANT(13835058055282176057), G_GINT64_CONSTANT(17897575839038423)},
};

START_TEST(test_log2)
{
    gint64 got = fixed_log2(log2_cases[_i].value);

    ck_assert_msg(ABS(got - log2_cases[_i].want_q48) <= 300,
                  "log2(%" G_GUINT64_FORMAT ") = %" G_GINT64_FORMAT, log2_cases[_i].value, got);
}
END_TEST

static const struct {
    const char *name;
    gint64 scale;
    gint64 exponent_q48;
    gint64 want;
} exp2_cases[] = {
    {"zero stays zero", 0, 5 * FIXED_ONE_Q48, 0},
    {"power 0", 12345, 0, 12345},
    {"whole power", 3, 40 * FIXED_ONE_Q48, G_GINT64_CONSTANT(3) << 40},
    {"root of two", 1000000000, G_GINT64_CONSTANT(140737488355328), 1414213562},
    {"negative", 1000000000, -G_GINT64_CONSTANT(914793674309632), 105112052},
    {"large", 3, G_GINT64_CONSTANT(11287146566097306), G_GINT64_CONSTANT(3535282153201)},
    {"near one", G_GINT64_CONSTANT(1000000000000000), G_GINT64_CONSTANT(281474976711),
     G_GINT64_CONSTANT(1000693387462581)},
    {"too large", 1, 63 * FIXED_ONE_Q48, G_MAXINT64},
    {"far too large", 1, 900 * FIXED_ONE_Q48, G_MAXINT64},
    {"vanishes", G_MAXINT64, -900 * FIXED_ONE_Q48, 0},
    {"half rounds up", 1, -FIXED_ONE_Q48, 1},
};

START_TEST(test_exp2)
{
    gint64 got = fixed_scale_exp2(exp2_cases[_i].scale, exp2_cases[_i].exponent_q48);
    gint64 want = exp2_cases[_i].want;

    /* one part in 10^12, and the last digit */
    gint64 tolerance = want / 1000000000000 + 1;
    ck_assert_msg(got >= want - tolerance && got - tolerance <= want, "%s: got %" G_GINT64_FORMAT,
                  exp2_cases[_i].name, got);
}
END_TEST

static const struct {
    guint64 bits;
    gint32 want_q28;
} normal_cases[] = {
    {G_GUINT64_CONSTANT(4611686018427387904), 181056964}, /* P(Z > z) = 0.25 */
    {G_GUINT64_CONSTANT(1844674407370955264), 344013879}, /* 0.1 */
    {G_GUINT64_CONSTANT(184467440737095520), 624474252},  /* 0.01 */
    {G_GUINT64_CONSTANT(18446744073709552), 829527918},   /* 0.001 */
    {G_GUINT64_CONSTANT(18446744073709), 1275987622},     /* 10^-6 */
    {G_GUINT64_CONSTANT(18446744073), 1610024061},        /* 10^-9 */
    {G_GUINT64_CONSTANT(9221527362447405056), 67287},     /* 0.4999 */
    {G_GUINT64_CONSTANT(9223372036854775807), 0},         /* a half */
};

START_TEST(test_normal_quantile)
{
    gint32 want = normal_cases[_i].want_q28;
    guint64 mirror = normal_cases[_i].bits | G_GUINT64_CONSTANT(1) << 63;

    /* 10^-6 standard deviations are 268 */
    ck_assert_int_le(ABS(fixed_normal(normal_cases[_i].bits) - want), 268);
    ck_assert_int_eq(fixed_normal(mirror), -fixed_normal(normal_cases[_i].bits));
}
END_TEST

/* Over the seams of the table's pieces the quantile must not turn back. */
START_TEST(test_normal_falls)
{
    gint32 last = G_MAXINT32;

    for (guint64 bits = 1; bits < G_GUINT64_CONSTANT(1) << 63; bits += 1 + bits / 997) {
        gint32 z = fixed_normal(bits);
        ck_assert_int_le(z, last);
        last = z;
    }
}
END_TEST

START_TEST(test_logarithm_rises)
{
    gint64 last = -1;

    for (guint64 value = 1; value < G_GUINT64_CONSTANT(1) << 62; value += 1 + value / 911) {
        gint64 log2_q48 = fixed_log2(value);
        ck_assert_int_ge(log2_q48, last);
        last = log2_q48;
    }
}
END_TEST

START_TEST(test_multiply_saturates)
{
    ck_assert_int_eq(fixed_multiply_q48(G_MAXINT64, 44 * FIXED_ONE_Q48), G_MAXINT64);
    ck_assert_int_eq(fixed_multiply_q48(1000, FIXED_LN2_Q48), 693);
    ck_assert_int_eq(fixed_multiply_q48(-1000, FIXED_ONE_Q48), -1000);
}
END_TEST

Suite *
fixed_suite(void)
{
    Suite *suite = suite_create("fixed");
    TCase *tcase = tcase_create("fixed");

    tcase_add_loop_test(tcase, test_log2, 0, G_N_ELEMENTS(log2_cases));
    tcase_add_loop_test(tcase, test_exp2, 0, G_N_ELEMENTS(exp2_cases));
    tcase_add_loop_test(tcase, test_normal_quantile, 0, G_N_ELEMENTS(normal_cases));
    tcase_add_test(tcase, test_normal_falls);
    tcase_add_test(tcase, test_logarithm_rises);
    tcase_add_test(tcase, test_multiply_saturates);
    suite_add_tcase(suite, tcase);
    return suite;
}
