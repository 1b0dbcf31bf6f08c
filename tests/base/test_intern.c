/* Interned strings: equal text, equal pointer. */

#include "base/intern.h"

#include <check.h>

Suite *intern_suite(void);

START_TEST(test_equal_text_is_one_pointer)
{
    char copy[] = "kube-system";
    const char *name = str_intern("kube-system");

    ck_assert_ptr_eq(str_intern(copy), name);
    copy[0] = 'c';
    ck_assert_str_eq(name, "kube-system");
    ck_assert_ptr_ne(str_intern(copy), name);
    ck_assert_ptr_eq(str_intern(name), name);
    ck_assert_ptr_eq(str_intern_len("kube-system/x", 11), name);
    ck_assert_ptr_null(str_intern(NULL));
    ck_assert_str_eq(str_intern(""), "");
    ck_assert_ptr_eq(str_intern(""), str_intern_len("abc", 0));
}
END_TEST

/* So many that the table has pages of its own. */
START_TEST(test_large_table)
{
    const char *first = str_intern("large-0");
    char text[32];

    for (guint i = 0; i < 250000; i++)
        str_internf("large-%u", i);
    ck_assert_ptr_eq(str_intern_len("large-0x", 7), first);
    for (guint i = 0; i < 250000; i += 999) {
        g_snprintf(text, sizeof text, "large-%u", i);
        str_intern_fetch(text, strlen(text));
        ck_assert_str_eq(str_intern(text), text);
        ck_assert_ptr_eq(str_intern(text), str_internf("large-%u", i));
    }
}
END_TEST

START_TEST(test_many)
{
    const char *names[20000];
    char text[32];

    for (guint i = 0; i < G_N_ELEMENTS(names); i++)
        names[i] = str_internf("many-%u", i);
    for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
        g_snprintf(text, sizeof text, "many-%u", i);
        ck_assert_str_eq(names[i], text);
        ck_assert_ptr_eq(str_intern(text), names[i]);
    }
}
END_TEST

/* Around the length from which they are composed by printf. */
START_TEST(test_paths)
{
    static const guint lengths[] = {0, 1, 80, 126, 127, 128, 252, 253, 254, 255, 256, 300};

    ck_assert_str_eq(str_intern_path("a", "b"), "a/b");
    ck_assert_str_eq(str_intern_path3("a", "b", "c"), "a/b/c");
    ck_assert_ptr_eq(str_intern_path3("a", "b", NULL), str_intern_path("a", "b"));
    for (guint i = 0; i < G_N_ELEMENTS(lengths); i++) {
        g_autofree char *text = g_strnfill(lengths[i], 'x');
        g_autofree char *two = g_strdup_printf("%s/y", text);
        g_autofree char *three = g_strdup_printf("z/%s/y", text);

        ck_assert_str_eq(str_intern_path(text, "y"), two);
        ck_assert_str_eq(str_intern_path3("z", text, "y"), three);
    }
}
END_TEST

START_TEST(test_long_texts)
{
    static const gsize lengths[] = {1, 255, 256, 257, 8191, 8192, 70000, (1 << 24) - 2, (1 << 24) - 1, 1 << 24};

    for (guint i = 0; i < G_N_ELEMENTS(lengths); i++) {
        g_autofree char *text = g_strnfill(lengths[i], (char)('a' + i));
        const char *interned = str_internf("%s", text);
        ck_assert_str_eq(interned, text);
        ck_assert_ptr_eq(str_intern(text), interned);
        ck_assert_uint_eq(str_length(interned), lengths[i]);
        ck_assert_uint_eq(str_length(text), lengths[i]);
    }
    ck_assert_uint_eq(str_length(NULL), 0);
    ck_assert_uint_eq(str_length(str_intern("")), 0);
    ck_assert_uint_eq(str_length("a literal"), 9);
}
END_TEST

/* As printf writes it, whichever way is taken. */
START_TEST(test_formats)
{
    ck_assert_str_eq(str_internf("plain"), "plain");
    ck_assert_str_eq(str_internf("%s", ""), "");
    ck_assert_str_eq(str_internf("%s/%s-%u%%", "a", "b", 4000000000u), "a/b-4000000000%");
    ck_assert_str_eq(str_internf("%d %d %d", 0, G_MININT, G_MAXINT), "0 -2147483648 2147483647");
    ck_assert_str_eq(str_internf("%" G_GINT64_FORMAT " %" G_GUINT64_FORMAT, G_MININT64, G_MAXUINT64),
                     "-9223372036854775808 18446744073709551615");
    ck_assert_str_eq(str_internf("%c%c|%5d|%-3s|%03d|%x", 'o', 'k', 42, "a", 7, 255u), "ok|   42|a  |007|ff");
    ck_assert_str_eq(str_internf("%x %x %04x %08x %02x", 0u, G_MAXUINT, 0xabu, 0x1234567u, 0x1234u), "0 ffffffff 00ab 01234567 1234");
    ck_assert_str_eq(str_internf("%016" G_GINT64_MODIFIER "x-%" G_GINT64_MODIFIER "x", G_GUINT64_CONSTANT(0xdeadbeef), G_MAXUINT64),
                     "00000000deadbeef-ffffffffffffffff");
    ck_assert_str_eq(str_internf("%020x", 1u), "00000000000000000001");
    ck_assert_str_eq(str_internf("%.*s|%.*s|%.*s|%.3s", 2, "abc", 9, "abc", 0, "abc", "abcd"), "ab|abc||abc");
}
END_TEST

/* Room runs out within the format itself, within a text, before a number. */
START_TEST(test_formats_beyond_the_room)
{
    g_autofree char *text = g_strnfill(230, 'x');

    for (guint i = 0; i < 60; i++) {
        g_autofree char *format = g_strdup_printf("%.*s%%u%.*s%%s", (int)(230 - i), text, (int)i, text);
        g_autofree char *wanted = g_strdup_printf("%.*s%u%.*s%.*s", (int)(230 - i), text, 7 + i, (int)i, text, (int)i, text);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        ck_assert_str_eq(str_internf(format, 7 + i, text + 230 - i), wanted);
#pragma GCC diagnostic pop
    }
}
END_TEST

/* Of an interned text it is read, of another computed; every length and every byte counts. */
START_TEST(test_marks)
{
    char text[32];
    guint32 last = str_mark("");

    ck_assert_uint_eq(str_mark(NULL), 0);
    for (guint length = 1; length < sizeof text; length++) {
        memset(text, 'a', length);
        text[length] = '\0';
        ck_assert_uint_ne(str_mark(text), last);
        ck_assert_uint_eq(str_mark(str_intern(text)), str_mark(text));
        last = str_mark(text);
        for (guint i = 0; i < length; i++) {
            text[i] = 'b';
            ck_assert_uint_ne(str_mark(text), last);
            text[i] = 'a';
        }
    }
    ck_assert_uint_eq(str_mark("kube-system"), 1968002743u);
}
END_TEST

START_TEST(test_comparisons)
{
    char copy[] = "a";

    ck_assert(str_is("a", copy));
    ck_assert(str_is(NULL, NULL));
    ck_assert(!str_is("a", NULL));
    ck_assert(!str_is(NULL, "a"));
    ck_assert(!str_is("a", "b"));
    ck_assert(str_is_empty(NULL));
    ck_assert(str_is_empty(""));
    ck_assert(!str_is_empty("a"));
}
END_TEST

/* Vectors of FNV-1a, 32 bits (draft-eastlake-fnv, appendix C). */
START_TEST(test_hash)
{
    ck_assert_uint_eq(str_hash(""), 0x811c9dc5u);
    ck_assert_uint_eq(str_hash("a"), 0xe40c292cu);
    ck_assert_uint_eq(str_hash("foobar"), 0xbf9cf968u);
}
END_TEST

Suite *
intern_suite(void)
{
    Suite *suite = suite_create("intern");
    TCase *tcase = tcase_create("intern");

    tcase_add_test(tcase, test_equal_text_is_one_pointer);
    tcase_add_test(tcase, test_many);
    tcase_add_test(tcase, test_large_table);
    tcase_add_test(tcase, test_paths);
    tcase_add_test(tcase, test_long_texts);
    tcase_add_test(tcase, test_formats);
    tcase_add_test(tcase, test_formats_beyond_the_room);
    tcase_add_test(tcase, test_marks);
    tcase_add_test(tcase, test_comparisons);
    tcase_add_test(tcase, test_hash);
    suite_add_tcase(suite, tcase);
    return suite;
}
