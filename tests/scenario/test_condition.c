/* Conditions: which forms are read, and how values compare. */

#include "tests/scenario/support.h"

#include "base/duration.h"
#include "scenario/condition.h"

#include <check.h>

Suite *condition_suite(void);

static const struct {
    const char *text, *want; /* NULL: well formed */
} form_cases[] = {
    {"deployment/web {.status.readyReplicas} == 3", NULL},
    {"shop/deployment/web {.status.readyReplicas} >= 3", NULL},
    {"deploy/web {.status.readyReplicas} != 3", NULL},
    {"node/a {.status.conditions[?(@.type == 'Ready')].status} == Unknown", NULL},
    {"pod/web-1 exists", NULL},
    {"pod/web-1 absent", NULL},
    {"default/pod/web-1 absent", NULL},
    {"count pods == 3", NULL},
    {"count pods app=web phase=Running ready == 3", NULL},
    {"count deployments app=web < 3", NULL},
    {"traffic/users errorRatio < 2%", NULL},
    {"traffic/users p99 <= 500ms", NULL},
    {"traffic/users p999 > 1s", NULL},
    {"events BackOff >= 3", NULL},
    {"kubectl/see exit == 0", NULL},
    {"kubectl/see stdout contains 1/1     Running", NULL},
    {"kubectl/see stderr == ''", NULL},
    {"", "'' is no condition; write deployment/web {.status.readyReplicas} == 3, or traffic/users errorRatio < 2%"},
    {"deployment/web", "'deployment/web' is no condition; write deployment/web {.status.readyReplicas} == 3, or traffic/users errorRatio < 2%"},
    {"deployment/web {.status.readyReplicas} = 3", "'deployment/web {.status.readyReplicas} = 3' is no condition; write deployment/web {.status.readyReplicas} == 3, or traffic/users errorRatio < 2%"},
    {"web exists", "'web exists' is no condition; write deployment/web {.status.readyReplicas} == 3, or traffic/users errorRatio < 2%"},
    {"deployment/web == 3", "'deployment/web == 3' is no condition; write deployment/web {.status.readyReplicas} == 3, or traffic/users errorRatio < 2%"},
    {"deployment/web readyReplicas == 3", "'readyReplicas' is no JSONPath; write {.status.readyReplicas}"},
    {"deployment/web {.status.readyReplicas == 3", "'deployment/web {.status.readyReplicas == 3' is no condition; write deployment/web {.status.readyReplicas} == 3, or traffic/users errorRatio < 2%"},
    {"deployment/web {.status[} == 3", "'{.status[}' is no JSONPath; write {.status.readyReplicas}"},
    {"web {.a} == 3", "'web' names no object; write KIND/NAME, such as deployment/web"},
    {"thing/web {.a} == 3", "'thing/web' names no object; write KIND/NAME, such as deployment/web"},
    {"a/b/c/d {.a} == 3", "'a/b/c/d' names no object; write KIND/NAME, such as deployment/web"},
    {"count things == 3", "'things' is no kind; write count pods app=web == 3"},
    {"count pods redy == 3", "'redy' cannot be counted by; write KEY=VALUE, or of pods ready or phase=Running"},
    {"count deployments ready == 3", "'ready' cannot be counted by; write KEY=VALUE, or of pods ready or phase=Running"},
    {"traffic/users errors < 2", "'errors' is no measure of a traffic; write errorRatio, requests, ok, failed, timeout, refused, reset, p50, p90, p99 or p999"},
    {"traffic/users exists", "'' is no measure of a traffic; write errorRatio, requests, ok, failed, timeout, refused, reset, p50, p90, p99 or p999"},
    {"events == 3", "'events == 3' is no condition; write deployment/web {.status.readyReplicas} == 3, or traffic/users errorRatio < 2%"},
    {"kubectl/see output == 3", "'output' is no result of a command; write kubectl/ID exit == 0, or stdout, or stderr"},
};

START_TEST(test_form)
{
    g_autofree char *got = NULL;

    ck_assert_int_eq(condition_check(form_cases[_i].text, &got), form_cases[_i].want == NULL);
    ck_assert_pstr_eq(got, form_cases[_i].want);
}
END_TEST

/*
 * One node a (4 cores, 8Gi, 110 pods) and a namespace. What is found compares as
 * number, percentage, quantity or duration where both sides are, else as text.
 */
static const struct {
    const char *text;
    gboolean holds;
    const char *found; /* NULL: whatever it is */
} value_cases[] = {
    {"node/a {.status.capacity.pods} == 110", TRUE, "110"},
    {"node/a {.status.capacity.pods} != 110", FALSE, "110"},
    {"node/a {.status.capacity.pods} > 20", TRUE, "110"}, /* as text it would be less */
    {"node/a {.status.capacity.pods} < 20", FALSE, "110"},
    {"node/a {.status.capacity.pods} >= 110", TRUE, "110"},
    {"node/a {.status.capacity.pods} <= 109", FALSE, "110"},
    {"node/a {.status.capacity.cpu} == 4000m", TRUE, "4"},
    {"node/a {.status.capacity.cpu} > 500m", TRUE, "4"}, /* half a core, not eight hours */
    {"node/a {.status.capacity.memory} == 8Gi", TRUE, NULL},
    {"node/a {.status.capacity.memory} < 16Gi", TRUE, NULL},
    {"node/a {.status.capacity.memory} < 100Ti", TRUE, NULL},
    {"node/a {.metadata.name} == a", TRUE, "a"},
    {"node/a {.metadata.name} == 'a'", TRUE, "a"},
    {"node/a {.metadata.name} < b", TRUE, "a"},
    {"node/a {.metadata.name} contains b", FALSE, "a"},
    {"node/a {.status.nodeInfo.kubeletVersion} contains v1.", TRUE, NULL},
    {"node/a {.status.conditions[?(@.type=='Ready')].status} == True", TRUE, "True"},
    {"node/a {.spec.nothing} == ''", TRUE, ""},
    {"node/a {.spec.nothing} != 3", TRUE, ""},
    {"node/a {.spec.nothing} < 3", FALSE, ""}, /* nothing is neither more nor less */
    {"node/a {.spec.nothing} >= 0", FALSE, ""},
    {"node/a exists", TRUE, "exists"},
    {"node/a absent", FALSE, "exists"},
    {"node/b exists", FALSE, "no such object"},
    {"node/b absent", TRUE, "no such object"},
    {"node/b {.metadata.name} == b", FALSE, "no such object"},
    {"namespace/default {.status.phase} == Active", TRUE, "Active"},
    {"kube-system/configmap/x exists", FALSE, "no such object"},
    {"count nodes == 1", TRUE, "1"},
    {"count nodes kubernetes.io/hostname=a == 1", TRUE, "1"},
    {"count nodes kubernetes.io/hostname=b == 0", TRUE, "0"},
    {"count pods == 0", TRUE, "0"},
    {"events Nothing == 0", TRUE, "0"},
    {"traffic/users ok >= 0", TRUE, "0"},
    {"traffic/users errorRatio == 0%", TRUE, "0.000000"},
    {"traffic/users errorRatio < 0.02", TRUE, "0.000000"},
    {"traffic/users p50 < 5m", TRUE, "0s"}, /* of a latency these are minutes */
    {"kubectl/see exit == 0", FALSE, "nothing yet"},
};

static Play shared;

static void
boot(void)
{
    shared = play_until(SCENARIO(ONE_NODE "  traffic: [{to: 'service/web:80', start: 50s}]\n"), 0);
}

static void
halt(void)
{
    play_clear(&shared);
}

START_TEST(test_value)
{
    g_autofree char *found = NULL;
    g_autofree char *message = NULL;

    ck_assert_msg(condition_check(value_cases[_i].text, &message), "%s", message);
    ck_assert_msg(condition_holds(value_cases[_i].text, run_cluster(shared.run), NULL, &found) == value_cases[_i].holds, "%s: found %s", value_cases[_i].text, found);
    if (value_cases[_i].found != NULL)
        ck_assert_str_eq(found, value_cases[_i].found);
}
END_TEST

/* What must change for a condition to be looked at again. */
START_TEST(test_topic)
{
    ConditionTopic object = condition_topic("shop/deployment/web {.a} == 3");
    ConditionTopic node = condition_topic("node/a exists");
    ConditionTopic count = condition_topic("count pods app=web == 3");
    ConditionTopic events = condition_topic("events BackOff >= 3");

    ck_assert_int_eq(object.type, TOPIC_OBJECT);
    ck_assert_str_eq(object.kind->kind, "Deployment");
    ck_assert_str_eq(object.namespace_, "shop");
    ck_assert_str_eq(object.name, "web");
    ck_assert_int_eq(node.type, TOPIC_OBJECT);
    ck_assert_ptr_null(node.namespace_);
    ck_assert_int_eq(count.type, TOPIC_KIND);
    ck_assert_str_eq(count.kind->kind, "Pod");
    ck_assert_int_eq(events.type, TOPIC_KIND);
    ck_assert_str_eq(events.kind->kind, "Event");
    ck_assert_int_eq(condition_topic("traffic/users ok > 3").type, TOPIC_CLOCK);
    ck_assert_int_eq(condition_topic("kubectl/x exit == 0").type, TOPIC_CLOCK);
}
END_TEST

Suite *
condition_suite(void)
{
    Suite *suite = suite_create("condition");
    TCase *forms = tcase_create("forms");
    TCase *values = tcase_create("values");

    tcase_add_loop_test(forms, test_form, 0, G_N_ELEMENTS(form_cases));
    tcase_add_test(forms, test_topic);
    suite_add_tcase(suite, forms);
    tcase_add_unchecked_fixture(values, boot, halt);
    tcase_add_loop_test(values, test_value, 0, G_N_ELEMENTS(value_cases));
    suite_add_tcase(suite, values);
    return suite;
}
