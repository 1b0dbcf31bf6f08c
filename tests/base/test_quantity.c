/* Quantities: grammar, rounding, canonical form. v1.34 apimachinery pkg/api/resource. */

#include "base/intern.h"
#include "base/quantity.h"

#include <check.h>

Suite *quantity_suite(void);

/* Text, canonical form, Value(), MilliValue(). */
static const struct {
    const char *text;
    const char *canonical;
    gint64 value;
    gint64 milli;
} parse_cases[] = {
    {"0", "0", 0, 0},
    {"0Mi", "0", 0, 0},
    {"-0", "0", 0, 0},
    {"1024Mi", "1Gi", 1073741824, G_GINT64_CONSTANT(1073741824000)},
    {"1000M", "1G", 1000000000, G_GINT64_CONSTANT(1000000000000)},
    {"1.5Gi", "1536Mi", 1610612736, G_GINT64_CONSTANT(1610612736000)},
    {"0.5", "500m", 1, 500},
    {"1.5", "1500m", 2, 1500},
    {"1500m", "1500m", 2, 1500},
    {".001Ki", "1024m", 2, 1024},
    {"1.3E+6", "1300e3", 1300000, 1300000000},
    {"1.3e6", "1300e3", 1300000, 1300000000},
    {"12e2", "1200", 1200, 1200000},
    {"1e3", "1e3", 1000, 1000000},
    {"1E", "1E", G_GINT64_CONSTANT(1000000000000000000), G_MAXINT64},
    {"2048Ki", "2Mi", 2097152, 2097152000},
    {"1Ki", "1Ki", 1024, 1024000},
    {"1023Ki", "1023Ki", 1047552, 1047552000},
    {"0.9n", "1n", 1, 1},
    {"-0.9n", "-1n", -1, -1},
    {"1.1n", "2n", 1, 1},
    {"0.0000000001", "1n", 1, 1},
    {"9Ei", "9223372036854775807", G_MAXINT64, G_MAXINT64},
    {"100Ei", "9223372036854775807", G_MAXINT64, G_MAXINT64},
    {"1.", "1", 1, 1000},
    {".5", "500m", 1, 500},
    {"+1", "1", 1, 1000},
    {"-1.5Gi", "-1536Mi", -1610612736, G_GINT64_CONSTANT(-1610612736000)},
    {"100m", "100m", 1, 100},
    {"1000m", "1", 1, 1000},
    {"1000000u", "1", 1, 1000},
    {"250u", "250u", 1, 1},
    {"1100k", "1100k", 1100000, 1100000000},
    {"0.1Mi", "104857600m", 104858, 104857600},
    {"0.5Mi", "512Ki", 524288, 524288000},
    {"64Gi", "64Gi", G_GINT64_CONSTANT(68719476736), G_GINT64_CONSTANT(68719476736000)},
    {"1000E", "1000E", G_MAXINT64, G_MAXINT64},
};

START_TEST(test_parse)
{
    Quantity quantity;

    ck_assert_msg(quantity_parse(parse_cases[_i].text, &quantity), "%s", parse_cases[_i].text);
    ck_assert_str_eq(quantity_format(&quantity), parse_cases[_i].canonical);
    ck_assert_msg(quantity_value(&quantity) == parse_cases[_i].value, "%s: %" G_GINT64_FORMAT,
                  parse_cases[_i].text, quantity_value(&quantity));
    ck_assert_msg(quantity_value_milli(&quantity) == parse_cases[_i].milli, "%s: %" G_GINT64_FORMAT,
                  parse_cases[_i].text, quantity_value_milli(&quantity));
}
END_TEST

static const char *const bad_cases[] = {
    "",  "1i", "0.1mi", "1 ",  " 1",  "1K",   "abc",  "1.5.1", "--1", "+-1", "e",   "Mi",
    ".", "1e", "1e+",   "1em", "1-3", "1Ki3", "1 Gi", "1GB",   "1b",  "1,5", "0x1", "1_0",
};

START_TEST(test_parse_refuses)
{
    Quantity quantity;

    ck_assert_msg(!quantity_parse(bad_cases[_i], &quantity), "'%s' is no quantity", bad_cases[_i]);
}
END_TEST

/* "1e" has an exponent sign without digits. */
START_TEST(test_parse_exponent_needs_digits)
{
    Quantity quantity;

    ck_assert(!quantity_parse("1e", &quantity));
    ck_assert_str_eq(quantity_parse_message("1x"), QUANTITY_REGEX_MESSAGE);
    ck_assert_str_eq(quantity_parse_message("1i"), "unable to parse quantity's suffix");
}
END_TEST

/* Add and Sub take the format of the receiver unless that is zero. */
START_TEST(test_arithmetic)
{
    Quantity sum = {0};
    Quantity half;
    Quantity memory;

    ck_assert(quantity_parse("512Mi", &memory));
    quantity_add(&sum, &memory);
    quantity_add(&sum, &memory);
    ck_assert_str_eq(quantity_format(&sum), "1Gi");
    ck_assert(quantity_parse("500m", &half));
    quantity_subtract(&sum, &memory);
    quantity_subtract(&sum, &memory);
    quantity_add(&sum, &half);
    ck_assert_str_eq(quantity_format(&sum), "500m");
    ck_assert_int_eq(quantity_compare(&sum, &memory), -1);
    ck_assert_int_eq(quantity_compare(&memory, &half), 1);
    ck_assert_int_eq(quantity_sign(&half), 1);
    ck_assert(quantity_parse("1Gi", &sum));
    ck_assert(quantity_parse("1073741824", &memory));
    ck_assert_int_eq(quantity_compare(&sum, &memory), 0);
}
END_TEST

/* API defaulting: container resources are rounded up to milli. */
START_TEST(test_round_up_milli)
{
    Quantity quantity;

    ck_assert(quantity_parse("100u", &quantity));
    quantity_round_up_milli(&quantity);
    ck_assert_str_eq(quantity_format(&quantity), "1m");
    ck_assert(quantity_parse("1.0001", &quantity));
    quantity_round_up_milli(&quantity);
    ck_assert_str_eq(quantity_format(&quantity), "1001m");
}
END_TEST

Suite *
quantity_suite(void)
{
    Suite *suite = suite_create("quantity");
    TCase *tcase = tcase_create("quantity");

    tcase_add_loop_test(tcase, test_parse, 0, G_N_ELEMENTS(parse_cases));
    tcase_add_loop_test(tcase, test_parse_refuses, 0, G_N_ELEMENTS(bad_cases));
    tcase_add_test(tcase, test_parse_exponent_needs_digits);
    tcase_add_test(tcase, test_arithmetic);
    tcase_add_test(tcase, test_round_up_milli);
    suite_add_tcase(suite, tcase);
    return suite;
}
