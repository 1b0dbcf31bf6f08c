/* What containers are told to do: `desk8s check` points at what nobody here can play. */

#include "tests/scenario/support.h"

#include <check.h>

Suite *commands_suite(void);

#define POD(container) "apiVersion: v1\nkind: Pod\nmetadata: {name: p, labels: {app: web}}\nspec:\n  containers:\n  - {name: c, " container "}\n"
#define WRITE(image) "; write an entry in spec.applications that matches '" image "' and says what it does\n"
#define UNKNOWN(word) "'" word "' is not a command that desk8s can play"
#define TEMPLATE "template: {metadata: {labels: {a: b}}, spec: {restartPolicy: Never, initContainers: [{name: i, image: busybox, command: [/one]}], containers: [{name: c, image: busybox, args: [two, x]}]}}"

static const struct {
    const char *text, *want;
} cases[] = {
    {POD("image: busybox, command: [sh, -c, 'while true; do date; sleep 5; done']"), ""},
    {POD("image: nginx"), ""},
    /* its arguments go to the image's own program */
    {POD("image: nginx, args: ['-g', 'daemon off;']"), ""},
    {POD("image: 'mysql:8', command: [docker-entrypoint.sh, mysqld]"), ""},
    {POD("image: busybox, args: [sleep, '5']"), ""},
    {POD("image: 'my/app:1', command: [/app/server, --port=80]"), "t.yaml:6:43: warning: spec.containers[0].command: " UNKNOWN("/app/server") WRITE("my/app:1")},
    {POD("image: busybox, command: [sh, -c, 'echo a; python x.py']"), "t.yaml:6:40: warning: spec.containers[0].command: " UNKNOWN("python") WRITE("busybox")},
    {POD("image: busybox, command: [sh, -c, 'while true; do sleep']"),
     "t.yaml:6:40: warning: spec.containers[0].command: syntax error: unexpected end of file (expecting \"done\")" WRITE("busybox")},
    /* what is executed in it */
    {POD("image: busybox, readinessProbe: {exec: {command: [ready, '1']}}, livenessProbe: {exec: {command: [cat, /x]}}, lifecycle: {preStop: {exec: {command: [bye]}}}"),
     "t.yaml:6:64: warning: spec.containers[0].readinessProbe.exec.command: " UNKNOWN("ready") WRITE("busybox")
     "t.yaml:6:163: warning: spec.containers[0].lifecycle.preStop.exec.command: " UNKNOWN("bye") WRITE("busybox")},
    /* every container of every template */
    {"apiVersion: batch/v1\nkind: Job\nmetadata: {name: j}\nspec:\n  " TEMPLATE "\n",
     "t.yaml:5:123: warning: spec.template.spec.initContainers[0].command: " UNKNOWN("/one") WRITE("busybox")
     "t.yaml:5:178: warning: spec.template.spec.containers[0].args: " UNKNOWN("two") WRITE("busybox")},
    {"apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: j}\nspec:\n  schedule: '* * * * *'\n  jobTemplate:\n    spec:\n      " TEMPLATE "\n",
     "t.yaml:8:127: warning: spec.jobTemplate.spec.template.spec.initContainers[0].command: " UNKNOWN("/one") WRITE("busybox")
     "t.yaml:8:182: warning: spec.jobTemplate.spec.template.spec.containers[0].args: " UNKNOWN("two") WRITE("busybox")},
    /* what an application describes is nobody's business */
    {SCENARIO(ONE_NODE "  applications: [{match: {image: 'my/*'}, startup: 1s}]\n---\n") POD("image: 'my/app:1', command: [/app/server]"), ""},
    {SCENARIO(ONE_NODE "  applications: [{match: {labels: {app: web}}, startup: 1s}]\n---\n") POD("image: 'my/app:1', command: [/app/server]"), ""},
    {SCENARIO(ONE_NODE "  applications: [{match: {labels: {app: db}}, startup: 1s}]\n---\n") POD("image: 'my/app:1', command: [/app/server]"),
     "t.yaml:14:43: warning: spec.containers[0].command: " UNKNOWN("/app/server") WRITE("my/app:1")},
};

START_TEST(test_warnings)
{
    g_autofree char *messages = check_messages_of(cases[_i].text);

    ck_assert_str_eq(messages, cases[_i].want);
}
END_TEST

/* The files that the timeline applies, too. */
START_TEST(test_files_of_the_timeline)
{
    g_autofree char *messages = NULL;

    scratch_path("later.yaml", POD("image: busybox, command: [dance]"));
    messages = check_messages_of(SCENARIO(ONE_NODE "  timeline: [{at: 5s, kubectl: apply -f later.yaml}, {at: 9s, kubectl: replace -f later.yaml}]\n"));
    ck_assert_str_eq(messages, "later.yaml:6:40: warning: spec.containers[0].command: " UNKNOWN("dance") WRITE("busybox"));
    scratch_remove();
}
END_TEST

Suite *
commands_suite(void)
{
    Suite *suite = suite_create("commands");
    TCase *tcase = tcase_create("commands");

    tcase_add_loop_test(tcase, test_warnings, 0, G_N_ELEMENTS(cases));
    tcase_add_test(tcase, test_files_of_the_timeline);
    suite_add_tcase(suite, tcase);
    return suite;
}
