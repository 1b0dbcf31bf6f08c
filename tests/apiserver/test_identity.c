/* Uids: what is made ahead is what the stream would have given. */

#include "apiserver/server.h"

#include <check.h>

Suite *identity_suite(void);

START_TEST(test_uid_made_ahead_is_the_streams)
{
    Rng stream, plain;
    ApiServer *server = g_new0(ApiServer, 1);

    rng_seed(&stream, 7, "uid");
    plain = stream;
    server->uid_rng = &stream;
    for (guint i = 0; i < 10; i++) {
        ApiServer *fresh = g_new0(ApiServer, 1); /* nothing is made ahead yet */

        fresh->uid_rng = &plain;
        ck_assert_str_eq(identity_uid(server), identity_uid(fresh));
        ck_assert_mem_eq(&stream, &plain, sizeof stream);
        if (i == 4) /* somebody else draws from it */
            ck_assert_uint_eq(rng_next(&stream), rng_next(&plain));
        g_free(fresh);
    }
    g_free(server);
}
END_TEST

Suite *
identity_suite(void)
{
    Suite *suite = suite_create("identity");
    TCase *tcase = tcase_create("identity");

    tcase_add_test(tcase, test_uid_made_ahead_is_the_streams);
    suite_add_tcase(suite, tcase);
    return suite;
}
