/* test_ipam.c - addresses of pods: containernetworking/plugins host-local allocator_test.go, and what follows from it */

#include "world/rt.h"

#include <check.h>

Suite *ipam_suite(void);

/* Steps: "get" takes, "free IP" gives back, "last IP" sets the last reserved one. */
static const struct {
    const char *cidr;
    const char *steps[8];
    const char *got; /* of the last get; NULL: no address left */
} cases[] = {
    {"10.0.0.0/29", {"get"}, "10.0.0.2"},
    {"10.0.0.0/29", {"last 10.0.0.5", "get"}, "10.0.0.6"},
    {"192.168.1.0/29", {"get"}, "192.168.1.2"},
    {"192.168.1.0/29", {"get", "free 192.168.1.2", "get"}, "192.168.1.3"},
    {"10.0.0.0/30", {"get"}, "10.0.0.2"},
    {"10.0.0.0/30", {"get", "get"}, NULL},
    /* wraps and skips the gateway */
    {"10.0.0.0/29", {"last 10.0.0.6", "get"}, "10.0.0.2"},
    {"10.0.0.0/29", {"get", "last 10.0.0.6", "get"}, "10.0.0.3"},
    {"10.244.1.0/24", {"last 10.244.1.254", "get"}, "10.244.1.2"},
};

START_TEST(test_ipam)
{
    Ipam *ipam = ipam_new(cases[_i].cidr);
    const char *got = NULL;

    ck_assert(ipam != NULL);
    for (guint i = 0; cases[_i].steps[i] != NULL; i++) {
        const char *step = cases[_i].steps[i];

        if (g_str_has_prefix(step, "free "))
            ipam_give_back(ipam, step + 5);
        else if (g_str_has_prefix(step, "last "))
            ipam_set_last(ipam, step + 5);
        else
            got = ipam_take(ipam);
    }
    ck_assert_pstr_eq(got, cases[_i].got);
    ipam_free(ipam);
}
END_TEST

START_TEST(test_253_pods_of_a_24)
{
    Ipam *ipam = ipam_new("10.244.0.0/24");
    guint n = 0;

    while (ipam_take(ipam) != NULL)
        n++;
    ck_assert_uint_eq(n, 253);
    ck_assert_str_eq(ipam_range(ipam), "10.244.0.1-10.244.0.254");
    ipam_free(ipam);
}
END_TEST

START_TEST(test_no_subnet)
{
    static const char *const bad[] = {"",          "10.0.0.0",  "10.0.0.0/31",
                                      "10.0.0/24", "fd00::/64", "10.0.0.300/24"};

    for (guint i = 0; i < G_N_ELEMENTS(bad); i++)
        ck_assert(ipam_new(bad[i]) == NULL);
    ck_assert(ipam_new(NULL) == NULL);
}
END_TEST

Suite *
ipam_suite(void)
{
    Suite *suite = suite_create("ipam");
    TCase *tcase = tcase_create("ipam");

    tcase_add_loop_test(tcase, test_ipam, 0, G_N_ELEMENTS(cases));
    tcase_add_test(tcase, test_253_pods_of_a_24);
    tcase_add_test(tcase, test_no_subnet);
    suite_add_tcase(suite, tcase);
    return suite;
}
