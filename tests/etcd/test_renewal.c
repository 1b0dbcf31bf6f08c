/* test_renewal.c - leases that are renewed with numbers are what they would be with objects */

#include "base/intern.h"
#include "etcd/key.h"

#include <check.h>

Suite *renewal_suite(void);

START_TEST(test_order)
{
    Renewals renewals = {0};
    guint64 next = 0, last = 0;

    /* Grows while it goes round. */
    for (guint i = 0; i < 200; i++) {
        for (guint j = 0; j < 3; j++)
            renewals_add(&renewals, &(Renewal){.revision = ++last});
        for (guint j = 0; j < 2; j++) {
            ck_assert_uint_eq(renewals_first(&renewals)->revision, next + 1);
            ck_assert_uint_eq(renewals_take(&renewals).revision, ++next);
        }
        ck_assert_uint_eq(renewals.count, last - next);
    }
    while (renewals_first(&renewals) != NULL)
        ck_assert_uint_eq(renewals_take(&renewals).revision, ++next);
    ck_assert_uint_eq(next, last);
    renewals_clear(&renewals);
}
END_TEST

static ApiObject *
lease_new(const char *name)
{
    ApiObject *lease = api_object_new(&lease_kind, "kube-node-lease", name);
    LeaseSpec *spec = api_edit_spec(lease);

    spec->holder_identity = str_intern(name);
    spec->renew_time = 1;
    lease->resource_version = 5;
    return lease;
}

START_TEST(test_store)
{
    g_autoptr(KeySpace) space = key_space_new(&lease_kind);
    EtcdKey *keys[40];
    ApiObject *shared;

    for (guint i = 0; i < G_N_ELEMENTS(keys); i++) {
        const char *name = str_internf("node-%u", i);

        keys[i] = key_find(space, str_intern("kube-node-lease"), name);
        ck_assert_ptr_null(key_set_object(keys[i], lease_new(name)));
    }
    shared = api_object_ref(key_object(keys[7]));
    for (guint i = 0; i < G_N_ELEMENTS(keys); i++)
        ck_assert_uint_eq(key_renew(keys[i], 100 + i, 1000 + i), api_object_size_bytes(shared) + (i < 10 ? 0 : 2));
    key_renew(keys[7], 300, 2000);
    ck_assert_int_eq(key_renewed(keys[7]), 300);
    for (guint i = 0; i < G_N_ELEMENTS(keys); i++) {
        const ApiObject *lease = key_object(keys[i]);

        ck_assert_int_eq(lease_spec(lease)->renew_time, i == 7 ? 300 : 100 + i);
        ck_assert_uint_eq(lease->resource_version, i == 7 ? 2000 : 1000 + i);
        ck_assert_ptr_eq(lease_spec(lease)->holder_identity, keys[i]->name);
        ck_assert_int_eq(key_renewed(keys[i]), 0);
        ck_assert_ptr_eq(key_object(keys[i]), lease);
    }
    /* Who had it before has it as it was. */
    ck_assert_int_eq(lease_spec(shared)->renew_time, 1);
    ck_assert_uint_eq(shared->resource_version, 5);
    ck_assert_ptr_eq(key_object(keys[7])->meta, shared->meta);
    api_object_unref(shared);
}
END_TEST

/* Another hand: what it takes away is what was there. */
START_TEST(test_replaced)
{
    g_autoptr(KeySpace) space = key_space_new(&lease_kind);
    EtcdKey *key = key_find(space, str_intern("kube-node-lease"), str_intern("worker"));
    g_autoptr(ApiObject) before = NULL;

    key_set_object(key, lease_new("worker"));
    key_renew(key, 77, 88);
    before = key_set_object(key, NULL);
    ck_assert_int_eq(lease_spec(before)->renew_time, 77);
    ck_assert_uint_eq(before->resource_version, 88);
    ck_assert_ptr_null(key_object(key));
}
END_TEST

Suite *
renewal_suite(void)
{
    Suite *suite = suite_create("renewal");
    TCase *tcase = tcase_create("numbers");

    tcase_add_test(tcase, test_order);
    tcase_add_test(tcase, test_store);
    tcase_add_test(tcase, test_replaced);
    suite_add_tcase(suite, tcase);
    return suite;
}
