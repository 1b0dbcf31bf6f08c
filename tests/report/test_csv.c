/* Tables of a run are read back as they were written (RFC 4180). */

#include "report/csv.h"

#include "tests/report/story.h"

#include <check.h>

Suite *csv_suite(void);

static CsvTable *
read_text(const char *text)
{
    const char *directory = scratch_directory();
    g_autofree char *path = g_build_filename(directory, "t.csv", NULL);

    ck_assert(g_file_set_contents(path, text, -1, NULL));
    return csv_read(directory, "t.csv");
}

/* One table "a,b" and a row; cells as they are meant. */
static const struct {
    const char *row, *a, *b;
} cell_cases[] = {
    {"x,y\n", "x", "y"},
    {"x,y", "x", "y"},
    {"\"x\",\"y\"\n", "x", "y"},
    {"\"x,y\",z\n", "x,y", "z"},
    {"\"say \"\"hi\"\"\",z\n", "say \"hi\"", "z"},
    {"\"two\nlines\",z\n", "two\nlines", "z"},
    {"\"\",\n", "", ""},
    {",\n", "", ""},
    {"x\n", "x", ""},
    {"\"\"\"\",\"\"\"\"\"\"\n", "\"", "\"\""},
    {"x,y,surplus\n", "x", "y"},
    {"\"open,y\n", "open,y\n", ""},
    {"'; system('x'),`y`\n", "'; system('x')", "`y`"},
    {"\xc3\xbc,\xe2\x82\xac\n", "\xc3\xbc", "\xe2\x82\xac"},
};

START_TEST(test_cells)
{
    g_autofree char *text = g_strconcat("a,b\n", cell_cases[_i].row, NULL);
    g_autoptr(CsvTable) table = read_text(text);

    ck_assert_ptr_nonnull(table);
    ck_assert_uint_eq(csv_rows(table), 1);
    ck_assert_str_eq(csv_text(table, 0, "a"), cell_cases[_i].a);
    ck_assert_str_eq(csv_text(table, 0, "b"), cell_cases[_i].b);
    ck_assert_str_eq(csv_text(table, 0, "c"), "");
}
END_TEST

START_TEST(test_rows)
{
    g_autoptr(CsvTable) table = read_text("t,n\n1,2\n\"3\",4\n5,6\n");
    g_autoptr(CsvTable) header = read_text("t,n\n");
    g_autoptr(CsvTable) empty = read_text("");
    g_autoptr(CsvTable) missing = csv_read("/nowhere", "t.csv");

    ck_assert_uint_eq(csv_rows(table), 3);
    ck_assert_int_eq(csv_int(table, 1, "t"), 3);
    ck_assert_int_eq(csv_int(table, 2, "n"), 6);
    ck_assert_uint_eq(csv_rows(header), 0);
    ck_assert_ptr_null(empty);
    ck_assert_ptr_null(missing);
}
END_TEST

static const struct {
    const char *text;
    gint64 ms;
} ms_cases[] = {
    {"12.345", 12345}, {"0.000", 0}, {"7", 7000}, {"7.5", 7500}, {"-0.500", -500}, {"-3.250", -3250}, {"1.2345", 1234}, {"", -1}, {"x", 0},
};

START_TEST(test_ms)
{
    g_autofree char *text = g_strdup_printf("t,u\n%s,\n", ms_cases[_i].text);
    g_autoptr(CsvTable) table = read_text(text);

    ck_assert_int_eq(csv_ms(table, 0, "t"), ms_cases[_i].ms);
}
END_TEST

/* A directory may be anybody's: bytes that are no text become text. */
START_TEST(test_not_utf8)
{
    g_autoptr(CsvTable) table = read_text("a,b\nx\xff,y\xf0\n");

    ck_assert(g_utf8_validate(csv_text(table, 0, "a"), -1, NULL));
    ck_assert(g_utf8_validate(csv_text(table, 0, "b"), -1, NULL));
    ck_assert(g_str_has_prefix(csv_text(table, 0, "b"), "y"));
}
END_TEST

Suite *
csv_suite(void)
{
    Suite *suite = suite_create("csv");
    TCase *tcase = tcase_create("csv");

    tcase_add_loop_test(tcase, test_cells, 0, G_N_ELEMENTS(cell_cases));
    tcase_add_test(tcase, test_rows);
    tcase_add_loop_test(tcase, test_ms, 0, G_N_ELEMENTS(ms_cases));
    tcase_add_test(tcase, test_not_utf8);
    suite_add_tcase(suite, tcase);
    return suite;
}
