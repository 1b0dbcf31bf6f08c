/* Text tables: cli-runtime v0.34 pkg/printers, Go text/tabwriter. */

#include "base/table.h"

#include <check.h>

Suite *table_suite(void);

static const TextTableOptions kubectl_get = {.min_width = 6, .padding = 3};

/* Rows of cells, '|' between cells, one string a row; the first row is the header if @headers. */
static char *
format_rows(const TextTableOptions *options, const char *headers, const char *const *rows)
{
    g_autoptr(TextTable) table = text_table_new(options);

    if (headers != NULL) {
        g_auto(GStrv) titles = g_strsplit(headers, "|", -1);
        for (guint i = 0; titles[i] != NULL; i++)
            text_table_header(table, titles[i]);
    }
    for (; *rows != NULL; rows++) {
        g_auto(GStrv) cells = g_strsplit(*rows, "|", -1);
        for (guint i = 0; cells[i] != NULL; i++)
            text_table_cell(table, "%s", cells[i]);
        text_table_end_row(table);
    }
    return text_table_format(table);
}

static const struct {
    const char *name;
    TextTableOptions options;
    const char *headers;
    const char *rows[6];
    const char *want;
} table_cases[] = {
    {"longest cell and padding, at least the least width",
     {.min_width = 6, .padding = 3},
     "NAME|READY|AGE",
     {"web-1|1/1|5s", "a-much-longer-name|0/1|118s"},
     "NAME                 READY   AGE\n"
     "web-1                1/1     5s\n"
     "a-much-longer-name   0/1     118s\n"},
    {"least width counts with the padding",
     {.min_width = 6, .padding = 3},
     "A|B",
     {"x|y"},
     "A     B\n"
     "x     y\n"},
    {"an empty last cell leaves the padding before it",
     {.min_width = 6, .padding = 3},
     "NAME|LABELS",
     {"web|"},
     "NAME   LABELS\n"
     "web    \n"},
    {"no headers, and their widths do not count",
     {.min_width = 6, .padding = 3, .no_headers = TRUE},
     "A-VERY-LONG-TITLE|B",
     {"x|y"},
     "x     y\n"},
    {"headers alone", {.min_width = 6, .padding = 3}, "NAME|AGE", {NULL}, "NAME   AGE\n"},
    {"cut at the first line end",
     {.min_width = 6, .padding = 3},
     NULL,
     {"first\nsecond|b", "one\rtwo|c", "f\ff|d", "\n|e"},
     "first...   b\n"
     "one...     c\n"
     "f...       d\n"
     "...        e\n"},
    {"width in characters, not bytes",
     {.min_width = 6, .padding = 3},
     NULL,
     {"\xc3\xa4\xc3\xb6\xc3\xbc\xc3\x9f\xc3\xa9|x", "aeiou|x"},
     "\xc3\xa4\xc3\xb6\xc3\xbc\xc3\x9f\xc3\xa9   x\n"
     "aeiou   x\n"},
    {"a row without the column ends it: text/tabwriter's blocks",
     {.min_width = 0, .padding = 2},
     NULL,
     {"aaaa|b", "c|d", "only one", "e|f"},
     "aaaa  b\n"
     "c     d\n"
     "only one\n"
     "e  f\n"},
};

START_TEST(test_layout)
{
    g_autofree char *got =
        format_rows(&table_cases[_i].options, table_cases[_i].headers, table_cases[_i].rows);

    ck_assert_msg(g_str_equal(got, table_cases[_i].want), "%s:\n%s", table_cases[_i].name, got);
}
END_TEST

START_TEST(test_empty_table_and_row)
{
    g_autoptr(TextTable) table = text_table_new(&kubectl_get);
    g_autofree char *nothing = text_table_format(table);

    ck_assert_str_eq(nothing, "");
    text_table_end_row(table);
    g_autofree char *row = text_table_format(table);
    ck_assert_str_eq(row, "\n");
    text_table_cell(table, "%d of %s", 3, "four"); /* a row that is not ended does not count */
    g_autofree char *same = text_table_format(table);
    ck_assert_str_eq(same, "\n");
}
END_TEST

Suite *
table_suite(void)
{
    Suite *suite = suite_create("table");
    TCase *tcase = tcase_create("table");

    tcase_add_loop_test(tcase, test_layout, 0, G_N_ELEMENTS(table_cases));
    tcase_add_test(tcase, test_empty_table_and_row);
    suite_add_tcase(suite, tcase);
    return suite;
}
