/* test_csv.c - tables as RFC 4180 has them, and user text on its way into a picture */

#include "report/csv.h"
#include "report/plots/canvas.h"

#include <check.h>
#include <glib/gstdio.h>
#include <string.h>

Suite *csv_suite(void);

static char *directory;

static void
begin(void)
{
    directory = g_dir_make_tmp("desk8s-csv-XXXXXX", NULL);
}

static void
end(void)
{
    g_autofree char *path = g_build_filename(directory, "t.csv", NULL);

    g_unlink(path);
    g_rmdir(directory);
    g_free(directory);
}

static CsvTable *
table_of(const char *text)
{
    g_autofree char *path = g_build_filename(directory, "t.csv", NULL);

    ck_assert(g_file_set_contents(path, text, -1, NULL));
    return csv_read(directory, "t.csv");
}

/* RFC 4180, section 2, rules 5 to 7: quotes, commas and line breaks inside a cell. */
START_TEST(test_quoted_cells)
{
    g_autoptr(CsvTable) table = table_of("t,text\n1.5,\"kubectl get a,b\"\n2,\"say \"\"hi\"\"\"\n3,\"two\nlines\"\n");

    ck_assert_uint_eq(csv_rows(table), 3);
    ck_assert_str_eq(csv_text(table, 0, "text"), "kubectl get a,b");
    ck_assert_str_eq(csv_text(table, 1, "text"), "say \"hi\"");
    ck_assert_str_eq(csv_text(table, 2, "text"), "two\nlines");
}
END_TEST

START_TEST(test_numbers)
{
    g_autoptr(CsvTable) table = table_of("t,n,empty\n12.345,-7,\n0.009,3,\n");

    ck_assert_int_eq(csv_ms(table, 0, "t"), 12345);
    ck_assert_int_eq(csv_ms(table, 1, "t"), 9);
    ck_assert_int_eq(csv_ms(table, 0, "empty"), -1);
    ck_assert_int_eq(csv_int(table, 0, "n"), -7);
    ck_assert_str_eq(csv_text(table, 0, "no such column"), "");
}
END_TEST

START_TEST(test_missing_file)
{
    ck_assert_ptr_null(csv_read(directory, "nowhere.csv"));
}
END_TEST

/* A name in a scenario must not become a gnuplot command: quotes, backslashes and line breaks stay harmless. */
START_TEST(test_user_text_is_one_cell)
{
    g_autoptr(GString) data = g_string_new(NULL);

    canvas_quote(data, "a\" ; system 'rm' \\n\nb", 80);
    ck_assert_ptr_null(strchr(data->str, '\n'));
    ck_assert_ptr_null(strchr(data->str, '\\'));
    ck_assert_ptr_eq(strchr(data->str + 1, '"'), data->str + data->len - 1);
}
END_TEST

/* Cut between characters, never inside one. */
START_TEST(test_long_text_is_cut)
{
    g_autoptr(GString) data = g_string_new(NULL);

    canvas_quote(data, "デプロイメント", 3);
    ck_assert_str_eq(data->str, "\"デプロ…\"");
}
END_TEST

Suite *
csv_suite(void)
{
    Suite *suite = suite_create("csv");
    TCase *tcase = tcase_create("csv");

    tcase_add_checked_fixture(tcase, begin, end);
    tcase_add_test(tcase, test_quoted_cells);
    tcase_add_test(tcase, test_numbers);
    tcase_add_test(tcase, test_missing_file);
    tcase_add_test(tcase, test_user_text_is_one_cell);
    tcase_add_test(tcase, test_long_text_is_cut);
    suite_add_tcase(suite, tcase);
    return suite;
}
