/* Names that nothing makes: `desk8s check` says so, and never of what somebody does make. */

#include "tests/scenario/support.h"

#include <check.h>

Suite *references_suite(void);

#define WEB "---\napiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {selector: {app: web}, ports: [{port: 80}]}\n"
#define SHOP "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: c, namespace: shop}\n"

static const struct {
    const char *text, *want;
} cases[] = {
    {SCENARIO(ONE_NODE "  traffic: [{to: 'service/web:80'}]\n") WEB, ""},
    {SCENARIO(ONE_NODE "  traffic: [{to: 'service/wbe:80'}]\n") WEB, "t.yaml:7:18: warning: spec.traffic[0].to: no manifest and no command makes a Service 'wbe'; write web\n"},
    {SCENARIO(ONE_NODE "  traffic: [{to: 'service/web:8080'}]\n") WEB, "t.yaml:7:18: warning: spec.traffic[0].to: Service web has no port 8080; write 80\n"},
    {SCENARIO(ONE_NODE "  traffic: [{to: 'service/shop/web:80'}]\n") WEB, "t.yaml:7:18: warning: spec.traffic[0].to: no manifest and no command makes a Service 'web'; write web\n"},
    /* a command makes it */
    {SCENARIO(ONE_NODE "  traffic: [{to: 'service/shop:80'}]\n  timeline: [{at: 1s, kubectl: create service clusterip shop --tcp=80}]\n"), ""},
    {SCENARIO(ONE_NODE "  traffic: [{to: 'service/web:81'}]\n  timeline: [{at: 1s, kubectl: 'patch service web -p {}'}]\n") WEB, ""},
    {SCENARIO(ONE_NODE "  expect: [{at: end, that: 'deployment/web {.status.availableReplicas} == 3'}]\n"),
     "t.yaml:7:28: warning: spec.expect[0].that: no manifest and no command makes a Deployment 'web'\n"},
    {SCENARIO(ONE_NODE "  expect: [{at: end, that: 'deployment/web absent'}]\n"), ""},
    {SCENARIO(ONE_NODE "  expect: [{at: end, that: 'pod/web exists'}]\n"), ""}, /* who knows what controllers make */
    {SCENARIO(ONE_NODE "  expect: [{at: end, that: 'node/a {.status.conditons[0].type} == Ready'}]\n"),
     "t.yaml:7:28: warning: spec.expect[0].that: field \"conditons\" does not exist; did you mean \"conditions\"?\n"},
    {SCENARIO(ONE_NODE "  expect: [{at: end, that: \"node/a {.status.conditions[?(@.type=='Ready')].status} == True\"}]\n"), ""},
    {SCENARIO(ONE_NODE "  expect: [{at: end, that: 'node/a {.status.capacity.cpu} == 4'}]\n"), ""}, /* any key of a map */
    {SCENARIO(ONE_NODE "  expect: [{at: 2m, that: 'node/a exists'}]\n"), "t.yaml:7:17: warning: spec.expect[0]: this is after the end of the scenario, where it is decided\n"},
    {SCENARIO(ONE_NODE) SHOP, "t.yaml:10:32: warning: metadata.namespace: no manifest and no command makes the namespace 'shop', so the server will refuse it\n"},
    {SCENARIO(ONE_NODE) SHOP "---\napiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n", ""},
    {SCENARIO(ONE_NODE "  timeline: [{at: 1s, kubectl: create namespace shop}]\n") SHOP, ""},
    /* v1.34 pkg/registry/core/service/portallocator: what is out of range */
    {"apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {type: NodePort, ports: [{port: 80, nodePort: 80}]}\n",
     "t.yaml:4:53: warning: spec.ports[0].nodePort: the server will refuse 80: provided port is not in the valid range; write one from 30000 to 32767\n"},
    {"apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {type: NodePort, ports: [{port: 80, nodePort: 30000}]}\n", ""},
    {"apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {type: NodePort, ports: [{port: 80, nodePort: 32767}]}\n", ""},
};

START_TEST(test_warnings)
{
    g_autofree char *messages = check_messages_of(cases[_i].text);

    ck_assert_str_eq(messages, cases[_i].want);
}
END_TEST

/* A file that a command applies may make anything that it mentions. */
START_TEST(test_files_of_the_timeline)
{
    g_autofree char *messages = NULL;

    scratch_path("later.yaml", WEB);
    messages = check_messages_of(SCENARIO(ONE_NODE "  traffic: [{to: 'service/web:80'}]\n  timeline: [{at: 5s, kubectl: apply -f later.yaml}]\n"));
    ck_assert_str_eq(messages, "");
    scratch_remove();
}
END_TEST

Suite *
references_suite(void)
{
    Suite *suite = suite_create("references");
    TCase *tcase = tcase_create("references");

    tcase_add_loop_test(tcase, test_warnings, 0, G_N_ELEMENTS(cases));
    tcase_add_test(tcase, test_files_of_the_timeline);
    suite_add_tcase(suite, tcase);
    return suite;
}
