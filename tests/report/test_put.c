/* Pieces of text: as GLib's printf writes numbers, and JSON as it is read back, at every length and place. */

#include "report/put.h"

#include "base/duration.h"

#include <check.h>
#include <json-glib/json-glib.h>

Suite *put_suite(void);

static const guint64 numbers[] = {
    0, 1, 9, 10, 11, 99, 100, 101, 999, 1000, 9999, 10000, 65535, 99999, 123456, 4294967295, 4294967296,
    G_GUINT64_CONSTANT(999999999999), G_GUINT64_CONSTANT(9999999999999999999), G_GUINT64_CONSTANT(10000000000000000000), G_MAXUINT64,
};

START_TEST(test_numbers)
{
    for (guint min = 1; min <= NUMBER_MAX; min++) {
        g_autofree char *wanted = g_strdup_printf("%0*" G_GUINT64_FORMAT "|", (int)min, numbers[_i]);
        char text[NUMBER_MAX + 2] = "xxxxxxxxxxxxxxxxxxxx";
        char *end = put_number(text, numbers[_i], min);

        ck_assert_int_le(end - text, NUMBER_MAX);
        end[0] = '|';
        end[1] = '\0';
        ck_assert_str_eq(text, wanted);
    }
}
END_TEST

static const struct {
    gint64 ns;
    const char *text;
} second_cases[] = {
    {0, "0.000"}, {999999, "0.000"}, {1000000, "0.001"}, {-1000000, "-0.001"}, {999 * NS_PER_MS, "0.999"}, {NS_PER_S, "1.000"},
    {-60 * NS_PER_S, "-60.000"}, {12345678901, "12.345"}, {G_MAXINT64, "9223372036.854"}, {-G_MAXINT64, "-9223372036.854"},
};

/* On both sides of each power of ten and of two. */
START_TEST(test_powers)
{
    guint64 ten = 1;

    for (guint i = 0; i < 64; i++, ten = ten > G_MAXUINT64 / 10 ? 1 : ten * 10)
        for (gint around = -1; around <= 1; around++) {
            guint64 both[] = {(G_GUINT64_CONSTANT(1) << i) + (guint64)around, ten + (guint64)around};

            for (guint k = 0; k < 2; k++) {
                g_autofree char *wanted = g_strdup_printf("%" G_GUINT64_FORMAT, both[k]);
                char text[NUMBER_MAX + 1];

                *put_number(text, both[k], 1) = '\0';
                ck_assert_str_eq(text, wanted);
            }
        }
}
END_TEST

START_TEST(test_seconds)
{
    char text[SECONDS_MAX + 1];

    *put_seconds(text, second_cases[_i].ns) = '\0';
    ck_assert_str_eq(text, second_cases[_i].text);
}
END_TEST

/* What comes back from the JSON text of @text; it is not longer than it may be, and nothing behind it is touched. */
static void
check_json(const char *text)
{
    gsize length = strlen(text);
    g_autofree char *exact = g_memdup2(text, length + 1); /* one that ends where its memory does */
    g_autofree char *json = g_strnfill(JSON_MAX(length) + 1, '#');
    g_autoptr(JsonNode) node = NULL;
    char *end = put_json_text(json, exact, length);

    ck_assert_uint_le((gsize)(end - json), JSON_MAX(length));
    ck_assert_int_eq(end[0], '#');
    *end = '\0';
    node = json_from_string(json, NULL);
    ck_assert_msg(node != NULL, "%s", json);
    ck_assert_str_eq(json_node_get_string(node), text);
}

START_TEST(test_json_at_each_place)
{
    static const char *const odd[] = {"\"", "\\", "\n", "\t", "\x01", "\x1f", " ", "!", "#", "[", "]", "\x7f", "\xc3\xbc"};

    for (guint length = 0; length < 50; length++) {
        g_autofree char *plain = g_strnfill(length, 'a');

        check_json(plain);
        for (guint at = 0; at <= length; at++) {
            g_autofree char *text = g_strdup_printf("%.*s%s%s", (int)at, plain, odd[_i], plain + at);

            check_json(text);
        }
    }
}
END_TEST

START_TEST(test_json_as_it_is_written)
{
    static const char text[] = "a\"b\\c\nd\te\x01";
    char json[JSON_MAX(sizeof text)];

    *put_json_text(json, text, strlen(text)) = '\0';
    ck_assert_str_eq(json, "\"a\\\"b\\\\c\\nd\\te\\u0001\"");
    *put_json_text(json, "", 0) = '\0';
    ck_assert_str_eq(json, "\"\"");
    *put_json_text(json, NULL, 0) = '\0';
    ck_assert_str_eq(json, "null");
}
END_TEST

Suite *
put_suite(void)
{
    Suite *suite = suite_create("put");
    TCase *cases = tcase_create("put");

    tcase_add_loop_test(cases, test_numbers, 0, G_N_ELEMENTS(numbers));
    tcase_add_test(cases, test_powers);
    tcase_add_loop_test(cases, test_seconds, 0, G_N_ELEMENTS(second_cases));
    tcase_add_loop_test(cases, test_json_at_each_place, 0, 13);
    tcase_add_test(cases, test_json_as_it_is_written);
    suite_add_tcase(suite, cases);
    return suite;
}
