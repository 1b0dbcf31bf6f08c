/* test_store.c - revisions, compare-and-swap, leases (etcd v3.6 mvcc, lease) */

#include "tests/etcd/fixture.h"

#include <check.h>

Suite *store_suite(void);

#define KEY "foo"

/* etcd v3.6 tests: put foo ten times on an empty store */
START_TEST(test_revisions)
{
    Fixture f;
    const EtcdKey *key;

    fixture_init(&f, 1, TRUE, DIST_CONST(0));
    key = fixture_key(&f, KEY);
    ck_assert_uint_eq(etcd_revision(f.etcd), 1);
    for (guint i = 0; i < 10; i++) {
        Answer answer = fixture_put_wait(&f, KEY, ETCD_ANY_REVISION);

        ck_assert(answer.succeeded);
        ck_assert_uint_eq(answer.revision, 2 + i);
        ck_assert_uint_eq(key->create_revision, 2);
        ck_assert_uint_eq(etcd_get(key)->resource_version, 2 + i);
        ck_assert_uint_eq(key->version, 1 + i);
    }
    fixture_clear(&f);
}
END_TEST

/* How the API server uses it: storage/etcd3/store.go */
START_TEST(test_compare_and_swap)
{
    Fixture f;
    Answer answer;

    fixture_init(&f, 1, TRUE, DIST_CONST(0));
    answer = fixture_put_wait(&f, KEY, 0);
    ck_assert(answer.succeeded);
    answer = fixture_put_wait(&f, KEY, 0);
    ck_assert(!answer.succeeded);
    ck_assert_uint_eq(answer.revision, 2);
    answer = fixture_put_wait(&f, KEY, 7);
    ck_assert(!answer.succeeded);
    answer = fixture_put_wait(&f, KEY, 2);
    ck_assert(answer.succeeded);
    ck_assert_uint_eq(answer.revision, 3);
    ck_assert_uint_eq(etcd_get(fixture_key(&f, KEY))->resource_version, 3);

    /*
     * a delete raises the revision, one that finds nothing does not; a new life starts at
     * version 1
     */
    fixture_delete(&f, KEY, 3, &answer);
    sim_run_until(f.sim, NS_PER_S);
    ck_assert(answer.succeeded);
    ck_assert_uint_eq(etcd_revision(f.etcd), 4);
    ck_assert_ptr_null(etcd_get(fixture_key(&f, KEY)));
    fixture_delete(&f, KEY, ETCD_ANY_REVISION, &answer);
    sim_run_until(f.sim, 2 * NS_PER_S);
    ck_assert(!answer.succeeded);
    ck_assert_uint_eq(etcd_revision(f.etcd), 4);
    ck_assert(fixture_put_wait(&f, KEY, 0).succeeded);

    ck_assert_uint_eq(fixture_key(&f, KEY)->create_revision, 5);
    ck_assert_uint_eq(fixture_key(&f, KEY)->version, 1);
    fixture_clear(&f);
}
END_TEST

typedef struct {
    GString *log;
} Log;

static void
on_change(gpointer user,
          EtcdKey *key,
          const ApiObject *value,
          const ApiObject *previous,
          guint64 revision)
{
    Log *log = user;

    (void)key;
    g_string_append_printf(log->log, "%s@%" G_GUINT64_FORMAT " ",
                           value == NULL      ? "delete"
                           : previous == NULL ? "create"
                                              : "change",
                           revision);
}

START_TEST(test_watch)
{
    Fixture f;
    Answer answer;
    Log log = {g_string_new(NULL)};

    fixture_init(&f, 1, TRUE, DIST_CONST(0));

    guint id = etcd_watch(f.etcd, on_change, &log);

    fixture_put_wait(&f, KEY, 0);
    fixture_put_wait(&f, KEY, 2);
    fixture_delete(&f, KEY, 3, &answer);
    sim_run_until(f.sim, NS_PER_S);
    etcd_unwatch(f.etcd, id);
    fixture_put_wait(&f, KEY, 0);
    ck_assert_str_eq(log.log->str, "create@2 change@3 delete@4 ");
    g_string_free(log.log, TRUE);
    fixture_clear(&f);
}
END_TEST

/*
 * storage/etcd3/lease_manager.go: an event lives 60 to 61 minutes after its last write; one
 * revoke, one revision
 */
START_TEST(test_lease)
{
    Fixture f;
    Log log = {g_string_new(NULL)};
    g_autoptr(ApiObject) object = api_object_new(&event_kind, "default", "e");
    g_autoptr(ApiObject) other = api_object_new(&event_kind, "default", "f");
    EtcdTxn txn = {.expected_revision = 0, .value = object, .ttl_ns = NS_PER_HOUR};

    fixture_init(&f, 1, TRUE, DIST_CONST(0));
    txn.key = etcd_key(f.etcd, &event_kind, "default", "e");
    etcd_watch(f.etcd, on_change, &log);
    etcd_txn(f.etcd, f.client, &txn, (SimHandle){0}, NULL, NULL, NULL);
    sim_run_until(f.sim, 30 * NS_PER_S);
    txn.key = etcd_key(f.etcd, &event_kind, "default", "f");
    txn.value = other;
    etcd_txn(f.etcd, f.client, &txn, (SimHandle){0}, NULL, NULL, NULL);
    sim_run_until(f.sim, 60 * NS_PER_MIN);
    ck_assert_str_eq(log.log->str, "create@2 create@3 ");
    sim_run_until(f.sim, 61 * NS_PER_MIN + NS_PER_S);
    ck_assert_str_eq(log.log->str, "create@2 create@3 delete@4 delete@4 ");
    g_string_free(log.log, TRUE);
    fixture_clear(&f);
}
END_TEST

Suite *
store_suite(void)
{
    Suite *suite = suite_create("etcd/store");
    TCase *tcase = tcase_create("store");

    tcase_add_test(tcase, test_revisions);
    tcase_add_test(tcase, test_compare_and_swap);
    tcase_add_test(tcase, test_watch);
    tcase_add_test(tcase, test_lease);
    suite_add_tcase(suite, tcase);
    return suite;
}
