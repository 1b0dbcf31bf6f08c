/* test_keyindex.c - listing order of keys that come and go */

#include "base/intern.h"
#include "etcd/keyindex.h"

#include <check.h>

Suite *keyindex_suite(void);

static char *
list(KeyIndex *index, const char *prefix)
{
    g_autoptr(GPtrArray) out = g_ptr_array_new();
    GString *text = g_string_new(NULL);

    key_index_collect(index, prefix, out);
    for (guint i = 0; i < out->len; i++)
        g_string_append_printf(text, "%s%s", i > 0 ? " " : "", (char *)g_ptr_array_index(out, i));
    return g_string_free(text, FALSE);
}

static void
set(KeyIndex *index, const char *key)
{
    key_index_set(index, str_intern(key), g_strdup(key + strlen("/registry/")));
}

START_TEST(test_order)
{
    g_autoptr(KeyIndex) index = key_index_new(g_free);

    set(index, "/registry/pods/b/2");
    set(index, "/registry/pods/a/9");
    set(index, "/registry/nodes/n");
    set(index, "/registry/pods/b/1");
    g_autofree char *all = list(index, "/registry/pods/");
    ck_assert_str_eq(all, "pods/a/9 pods/b/1 pods/b/2");
    set(index, "/registry/pods/a/5");
    ck_assert(key_index_remove(index, str_intern("/registry/pods/b/1")));
    ck_assert(!key_index_remove(index, str_intern("/registry/pods/b/1")));
    set(index, "/registry/pods/b/0");
    g_autofree char *later = list(index, "/registry/pods/");
    ck_assert_str_eq(later, "pods/a/5 pods/a/9 pods/b/0 pods/b/2");
    g_autofree char *one = list(index, "/registry/pods/b/");
    ck_assert_str_eq(one, "pods/b/0 pods/b/2");
    g_autofree char *none = list(index, "/registry/services/");
    ck_assert_str_eq(none, "");
    ck_assert_uint_eq(key_index_count(index), 5);
    ck_assert_uint_eq(key_index_count_bucket(index, "/registry/pods/"), 4);
}
END_TEST

START_TEST(test_replaced_and_reborn)
{
    g_autoptr(KeyIndex) index = key_index_new(g_free);

    set(index, "/registry/pods/a/1");
    set(index, "/registry/pods/a/1");
    ck_assert_uint_eq(key_index_count(index), 1);
    key_index_remove(index, str_intern("/registry/pods/a/1"));
    set(index, "/registry/pods/a/1");
    g_autofree char *all = list(index, "/registry/pods/");
    ck_assert_str_eq(all, "pods/a/1");
}
END_TEST

Suite *
keyindex_suite(void)
{
    Suite *suite = suite_create("etcd/keyindex");
    TCase *tcase = tcase_create("order");

    tcase_add_test(tcase, test_order);
    tcase_add_test(tcase, test_replaced_and_reborn);
    suite_add_tcase(suite, tcase);
    return suite;
}
