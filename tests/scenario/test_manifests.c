/* Manifests: `desk8s check` finds what the API server would, all of it, with line, column and the nearest name. */

#include "tests/scenario/support.h"

#include <check.h>

Suite *manifests_suite(void);

#define POD(spec) "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n" spec
#define SERVICE(spec) "apiVersion: v1\nkind: Service\nmetadata: {name: s}\nspec:\n" spec
/* A Deployment whose spec goes on at line 5. */
#define DEPLOYMENT(spec) "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: d}\nspec:\n" spec
#define TEMPLATE(labels) "  template:\n    metadata: {labels: " labels "}\n    spec: {containers: [{name: c, image: i}]}\n"
#define GOOD "  selector: {matchLabels: {app: a}}\n" TEMPLATE("{app: a}")

static const struct {
    const char *text, *want;
} cases[] = {
    {POD("  containers: [{name: c, image: i}]\n"), ""},
    {DEPLOYMENT(GOOD), ""},
    /* unknown fields: the nearest name, at the key */
    {POD("  containers:\n  - name: c\n    image: i\n    imagePulPolicy: Always\n"), "t.yaml:8:5: spec.containers[0].imagePulPolicy: unknown field 'imagePulPolicy'; write imagePullPolicy\n"},
    {POD("  containers: [{name: c, image: i}]\n  nodeNme: x\n"), "t.yaml:6:3: spec.nodeNme: unknown field 'nodeNme'; write nodeName\n"},
    {POD("  containers: [{name: c, image: i}]\nmetadat: {}\n"), "t.yaml:6:1: metadat: unknown field 'metadat'; write metadata\n"},
    {POD("  containers: [{name: c, image: i, xyzzyplugh: 1}]\n"), "t.yaml:5:36: spec.containers[0].xyzzyplugh: unknown field 'xyzzyplugh'; `desk8s explain pod` lists the known ones\n"},
    {DEPLOYMENT(GOOD "  replica: 3\n"), "t.yaml:9:3: spec.replica: unknown field 'replica'; write replicas\n"},
    /* wrong types: every one of them, and the rest is checked all the same */
    {DEPLOYMENT("  replicas: three\n" GOOD), "t.yaml:5:13: spec.replicas: 'three' is a string; write an integer\n"},
    {DEPLOYMENT("  replicas: 1.5\n" GOOD), "t.yaml:5:13: spec.replicas: '1.5' is a number; write an integer\n"},
    {DEPLOYMENT("  replicas: 99999999999\n" GOOD), "t.yaml:5:13: spec.replicas: '99999999999' does not fit; write an integer from -2147483648 to 2147483647\n"},
    {DEPLOYMENT("  replicas: [1]\n" GOOD), "t.yaml:5:13: spec.replicas: this is a list; write an integer\n"},
    {POD("  containers:\n  - name: c\n    image: i\n    env: [{name: A, value: 8080}, {name: B, value: true}]\n"),
     "t.yaml:8:28: spec.containers[0].env[0].value: '8080' is an integer; write a string: \"8080\"\n"
     "t.yaml:8:52: spec.containers[0].env[1].value: YAML takes this word for true or false; write it in quotes\n"},
    {POD("  containers: {name: c}\n  hostNetwork: 5\n"), "t.yaml:5:15: spec.containers: this is a map; write a list: lines that begin with '- '\n"
                                                        "t.yaml:6:16: spec.hostNetwork: '5' is an integer; write true or false\n"},
    {POD("  containers: [{name: c, image: i, resources: {requests: {cpu: lots, memory: [1]}}}]\n"),
     "t.yaml:5:64: spec.containers[0].resources.requests.cpu: 'lots' is no quantity; write a quantity such as 500m or 64Mi\n"
     "t.yaml:5:78: spec.containers[0].resources.requests.memory: this is a list; write a quantity such as 500m or 64Mi\n"},
    {POD("  containers: [c]\n"), "t.yaml:5:16: spec.containers[0]: 'c' is a string; write a map: KEY: VALUE\n"},
    {"apiVersion: v1\nkind: Pod\nmetadata: p\nspec: 5\n", "t.yaml:3:11: metadata: 'p' is a string; write a map: KEY: VALUE\n"
                                                           "t.yaml:4:7: spec: '5' is an integer; write a map: KEY: VALUE\n"},
    /* rules of the API server (v1.34 pkg/apis/.../validation) */
    {DEPLOYMENT("  selector: {matchLabels: {app: a}}\n" TEMPLATE("{app: b}")), "t.yaml:7:24: spec.template.metadata.labels: invalid value {\"app\":\"b\"}; `selector` does not match template `labels`\n"},
    {DEPLOYMENT(GOOD "  strategy:\n    rollingUpdate: {maxSurge: 0, maxUnavailable: 0}\n"), "t.yaml:10:50: spec.strategy.rollingUpdate.maxUnavailable: invalid value 0; may not be 0 when `maxSurge` is 0\n"},
    {DEPLOYMENT(GOOD "  replicas: -1\n"), "t.yaml:9:13: spec.replicas: invalid value -1; must be greater than or equal to 0\n"},
    {SERVICE("  ports:\n  - {port: 0, targetPort: 80}\n"), "t.yaml:6:12: spec.ports[0].port: invalid value 0; must be between 1 and 65535, inclusive\n"},
    {SERVICE("  clusterIP: None\n  ports: [{port: 80}]\n"), ""},
    {SERVICE("  type: NodePrt\n  ports: [{port: 80}]\n"), "t.yaml:5:9: spec.type: unsupported value \"NodePrt\"; supported values: \"ClusterIP\", \"ExternalName\", \"LoadBalancer\", \"NodePort\"\n"},
    {POD("  containers: []\n"), "t.yaml:5:15: spec.containers: required value; write it\n"},
    {POD("  containers: [{image: i}]\n"), "t.yaml:5:16: spec.containers[0].name: required value; write it\n"},
    {POD("  containers: [{name: c, image: i}, {name: c, image: i}]\n"), "t.yaml:5:44: spec.containers[1].name: duplicate value \"c\"; write another\n"},
    {POD("  containers: [{name: c, image: i, resources: {requests: {cpu: 2}, limits: {cpu: 1}}}]\n"), "t.yaml:5:58: spec.containers[0].resources.requests: invalid value \"2\"; must be less than or equal to cpu limit of 1\n"},
    /* documents */
    {"kind: Pod\n", "t.yaml:1:1: apiVersion is missing; write apiVersion and kind as the first lines\n"},
    {"apiVersion: v1\n", "t.yaml:1:1: kind is missing; write apiVersion and kind as the first lines\n"},
    {"apiVersion: v1\nkind: Deploymnt\n", "t.yaml:2:7: kind: unknown kind 'Deploymnt'; write Deployment\n"},
    {"apiVersion: v1\nkind: Deployment\n", "t.yaml:1:13: apiVersion: no kind Deployment in version 'v1'; write apps/v1\n"},
    {"apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: Pd}\n", "t.yaml:4:26: kind: unknown kind 'Pd'; write Pod\n"},
    {"apiVersion: v1\nkind: List\nitems: {}\n", "t.yaml:3:8: items: a List has a list of items; write items: and lines that begin with '- '\n"},
    {"5\n", "t.yaml:1:1: a manifest is a map; write apiVersion, kind, metadata, spec\n"},
    {"apiVersion: v1\nkind: Pod\nkind: Pod\n", "t.yaml:3:1: kind: key 'kind' is already set in this map; write it once\n"},
};

START_TEST(test_messages)
{
    g_autofree char *got = check_messages_of(cases[_i].text);

    if (g_str_has_suffix(cases[_i].text, "kind: Pod\nkind: Pod\n")) /* and what is missing in it */
        ck_assert_msg(g_str_has_prefix(got, "t.yaml:1:1:") && strstr(got, cases[_i].want) != NULL, "%s", got);
    else
        ck_assert_str_eq(got, cases[_i].want);
}
END_TEST

/* A file of manifests that names a scenario is checked as one. */
START_TEST(test_scenario_too)
{
    g_autofree char *got = check_messages_of(SCENARIO(ONE_NODE "  sed: 5\n"));

    ck_assert_str_eq(got, "t.yaml:7:3: spec.sed: unknown field 'sed'; write seed\n");
}
END_TEST

Suite *
manifests_suite(void)
{
    Suite *suite = suite_create("manifests");
    TCase *tcase = tcase_create("manifests");

    tcase_add_loop_test(tcase, test_messages, 0, G_N_ELEMENTS(cases));
    tcase_add_test(tcase, test_scenario_too);
    suite_add_tcase(suite, tcase);
    return suite;
}
