/* test_key.c - places of objects that come and go: look-up, views, order */

#include "api/kinds.h"
#include "base/intern.h"
#include "etcd/key.h"

#include <check.h>

Suite *key_suite(void);

/* What is listed of @namespace_ ("": all), as "namespace/name ...". */
static char *
list(KeySpace *space, const char *namespace_)
{
    g_autoptr(GPtrArray) out = g_ptr_array_new();
    GString *text = g_string_new(NULL);

    key_space_collect(space, namespace_, out);
    for (guint i = 0; i < out->len; i++) {
        const EtcdKey *key = g_ptr_array_index(out, i);

        g_string_append_printf(text, "%s%s%s%s", i > 0 ? " " : "", key->namespace_ == NULL ? "" : key->namespace_,
                               key->namespace_ == NULL ? "" : "/", key->name);
    }
    return g_string_free(text, FALSE);
}

static EtcdKey *
key_of(KeySpace *space, const char *namespace_, const char *name)
{
    return key_find(space, str_intern(namespace_), str_intern(name));
}

static void
put(KeySpace *space, const char *namespace_, const char *name)
{
    EtcdKey *key = key_of(space, namespace_, name);

    api_object_unref(key_set_object(key, api_object_new(space->kind, namespace_, name)));
}

static void
drop(KeySpace *space, const char *namespace_, const char *name)
{
    api_object_unref(key_set_object(key_of(space, namespace_, name), NULL));
}

static void
assert_list(KeySpace *space, const char *namespace_, const char *wanted)
{
    g_autofree char *text = list(space, namespace_);

    ck_assert_str_eq(text, wanted);
}

START_TEST(test_same_place)
{
    g_autoptr(KeySpace) space = key_space_new(&pod_kind);
    EtcdKey *keys[1000];

    for (guint i = 0; i < 1000; i++)
        keys[i] = key_of(space, i % 2 == 0 ? "a" : "b", str_internf("pod-%u", i / 2));
    for (guint i = 0; i < 1000; i++) {
        ck_assert_ptr_eq(key_of(space, i % 2 == 0 ? "a" : "b", str_internf("pod-%u", i / 2)), keys[i]);
        ck_assert_str_eq(keys[i]->name, str_internf("pod-%u", i / 2));
    }
    ck_assert_ptr_ne(key_of(space, "c", "pod-1"), key_of(space, "a", "pod-1"));
    assert_list(space, "", "");
}
END_TEST

/* The order is that of "/registry/pods/NAMESPACE/NAME" as bytes: "a-b/" is before "a/". */
START_TEST(test_order)
{
    g_autoptr(KeySpace) space = key_space_new(&pod_kind);

    put(space, "b", "2");
    put(space, "a", "9");
    put(space, "b", "1");
    put(space, "a-b", "x");
    put(space, "a0", "y");
    assert_list(space, "", "a-b/x a/9 a0/y b/1 b/2");
    put(space, "a", "5");
    drop(space, "b", "1");
    put(space, "b", "0");
    assert_list(space, NULL, "a-b/x a/5 a/9 a0/y b/0 b/2");
    assert_list(space, "b", "b/0 b/2");
    assert_list(space, "a", "a/5 a/9");
    assert_list(space, "c", "");
}
END_TEST

START_TEST(test_without_namespace)
{
    g_autoptr(KeySpace) space = key_space_new(&node_kind);

    put(space, NULL, "n2");
    put(space, "ignored", "n1");
    ck_assert_ptr_eq(key_of(space, "any", "n2"), key_of(space, NULL, "n2"));
    assert_list(space, NULL, "n1 n2");
}
END_TEST

START_TEST(test_replaced_and_reborn)
{
    g_autoptr(KeySpace) space = key_space_new(&pod_kind);

    put(space, "a", "1");
    put(space, "a", "1");
    assert_list(space, "", "a/1");
    drop(space, "a", "1");
    put(space, "a", "1"); /* before anybody listed */
    assert_list(space, "", "a/1");
    drop(space, "a", "1");
    assert_list(space, "", "");
    put(space, "a", "1");
    put(space, "a", "0");
    assert_list(space, "", "a/0 a/1");
}
END_TEST

/* A view still has what the store has lost, and may lose it all at once. */
START_TEST(test_views)
{
    g_autoptr(KeySpace) space = key_space_new(&pod_kind);
    EtcdKey *key = key_of(space, "a", "1");
    g_autoptr(ApiObject) object = api_object_new(&pod_kind, "a", "1");

    put(space, "a", "2");
    api_object_unref(key_set_object(key, api_object_ref(object)));
    for (guint view = 0; view < 3; view++) {
        ck_assert_ptr_null(key_seen(key, view));
        ck_assert_ptr_null(key_set_seen(key, view, api_object_ref(object)));
        ck_assert_ptr_eq(key_seen(key, view), object);
    }
    ck_assert_ptr_null(key_seen(key_of(space, "a", "2"), 2));
    drop(space, "a", "1");
    assert_list(space, "a", "a/1 a/2");
    key_space_forget_seen(space, 0);
    key_space_forget_seen(space, 2);
    ck_assert_ptr_null(key_seen(key, 0));
    ck_assert_ptr_eq(key_seen(key, 1), object);
    assert_list(space, "a", "a/1 a/2");
    key_space_forget_seen(space, 1);
    assert_list(space, "a", "a/2");
}
END_TEST

Suite *
key_suite(void)
{
    Suite *suite = suite_create("etcd/key");
    TCase *tcase = tcase_create("key");

    tcase_add_test(tcase, test_same_place);
    tcase_add_test(tcase, test_order);
    tcase_add_test(tcase, test_without_namespace);
    tcase_add_test(tcase, test_replaced_and_reborn);
    tcase_add_test(tcase, test_views);
    suite_add_tcase(suite, tcase);
    return suite;
}
