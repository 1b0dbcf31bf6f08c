/* --set PATH=VALUE. */

#include "tests/scenario/support.h"

#include <check.h>

Suite *set_suite(void);

#define TEXT SCENARIO("  seed: 5\n  cluster:\n    nodes:\n    - {name: w, count: 3}\n    - {name: x}\n")

static const struct {
    const char *set, *want;
} bad_cases[] = {
    {"spec.seed", "--set: 'spec.seed' is no PATH=VALUE; write spec.seed=9\n"},
    {"=5", "--set: '=5' is no PATH=VALUE; write spec.seed=9\n"},
    {"spec.seed=x", "t.yaml: spec.seed: 'x' is not a valid value; write an integer\n"},
    {"spec.sed=1", "t.yaml: spec.sed: unknown field 'sed'; write seed\n"},
    {"spec.seed.x=1", "--set: spec.seed.x: 'x' stands in no map; write the path of a key\n"},
    {"spec..seed=1", "--set: spec..seed: '' stands in no map; write the path of a key\n"},
    {"spec.cluster.nodes[2].count=1", "--set: spec.cluster.nodes[2].count: 'nodes[2]' is no element of a list there; write the number of one, from 0\n"},
    {"spec.cluster.nodes[-1].count=1", "--set: spec.cluster.nodes[-1].count: 'nodes[-1]' is no element of a list there; write the number of one, from 0\n"},
    {"spec.cluster.nodes[0.count=1", "--set: spec.cluster.nodes[0.count: 'nodes[0' is no element of a list there; write the number of one, from 0\n"},
    {"spec.seed[0]=1", "--set: spec.seed[0]: 'seed[0]' is no element of a list there; write the number of one, from 0\n"},
    {"spec.duration={", "--set:2:1: did not find expected node content while parsing a flow node that begins at 2:1; look at brackets, quotes and indentation up to here\n"},
};

START_TEST(test_bad)
{
    const char *sets[] = {bad_cases[_i].set, NULL};
    g_autofree char *got = messages_of(TEXT, sets);

    ck_assert_str_eq(got, bad_cases[_i].want);
}
END_TEST

START_TEST(test_good)
{
    const char *sets[] = {"spec.seed=9", "spec.cluster.nodes[0].count=5", "spec.cluster.nodes[1]={name: z, labels: {a: b}}", "spec.cluster.network.podCIDR=10.0.0.0/8", "metadata.name=other", NULL};
    g_autoptr(Diag) diag = diag_new();
    g_autoptr(Scenario) scenario = load_text(TEXT, sets, diag);
    const ScNodeGroup *groups = (const ScNodeGroup *)(gconstpointer)scenario->spec.cluster.nodes.items;

    ck_assert_uint_eq(diag_count_errors(diag), 0);
    ck_assert_int_eq(scenario->spec.seed, 9);
    ck_assert_int_eq(groups[0].count, 5);
    ck_assert_str_eq(groups[1].name, "z");
    ck_assert_str_eq(groups[1].labels.items[0].value, "b");
    ck_assert_str_eq(scenario->spec.cluster.network.pod_cidr, "10.0.0.0/8");
    ck_assert_str_eq(scenario->name, "other");
}
END_TEST

Suite *
set_suite(void)
{
    Suite *suite = suite_create("set");
    TCase *tcase = tcase_create("set");

    tcase_add_loop_test(tcase, test_bad, 0, G_N_ELEMENTS(bad_cases));
    tcase_add_test(tcase, test_good);
    suite_add_tcase(suite, tcase);
    return suite;
}
