/* Key moments are told, in order, in these words; what is no news is not told. */

#include "tests/report/story.h"

#include <check.h>

Suite *narrate_suite(void);

#define DEPLOYMENT(replicas, more, spec)                                                           \
    "---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  replicas: " replicas "\n" more \
    "  selector: {matchLabels: {app: web}}\n  template:\n    metadata: {labels: {app: web}}\n    spec: {" spec "}\n"
#define NGINX "containers: [{name: c, image: 'nginx:1'}]"
#define SERVICE "---\napiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {selector: {app: web}, ports: [{port: 80}]}\n"
#define POD(spec) "---\napiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {" spec "}\n"

#define SET(kind, name, spec)                                                                      \
    "---\napiVersion: apps/v1\nkind: " kind "\nmetadata: {name: " name "}\nspec:\n  selector: {matchLabels: {app: " name "}}\n" spec \
    "  template:\n    metadata: {labels: {app: " name "}}\n    spec: {" NGINX "}\n"
#define JOB(spec, command)                                                                         \
    "---\napiVersion: batch/v1\nkind: Job\nmetadata: {name: j}\nspec:\n" spec                      \
    "  template:\n    spec: {restartPolicy: Never, containers: [{name: c, image: busybox, command: [sh, -c, '" command "']}]}\n"

static const struct {
    const char *text;
    const char *want[9]; /* in order */
    const char *never;   /* NULL: nothing more */
} cases[] = {
    {"apiVersion: desk8s/v1\nkind: Scenario\nmetadata: {name: t}\nspec:\n  duration: 9m\n  cluster: {nodes: [{name: a}, {name: b}, {name: c}]}\n  images: [{match: '*', present: true}]\n"
     "  timeline: [{at: 30s, fault: {nodePowerOff: {node: a, duration: 7m}}}]\n" DEPLOYMENT("1", "", "nodeSelector: {kubernetes.io/hostname: a}, " NGINX) SERVICE,
     {"Deployment web wants 1 pod\n", "Service web has 1 ready endpoint\n", "Deployment web is complete: 1 of 1 pods available\n", "the node controller has heard nothing from a for too long: NotReady\n",
      "a is tainted unreachable:NoExecute", "web-", "is evicted: its toleration of the taint is over\n", "a is Ready"},
     "rolls out"},
    {STORY("2m", "  timeline: [{at: 20s, kubectl: 'set image deployment/web c=nginx:2'}]\n") DEPLOYMENT("2", "", NGINX),
     {"Deployment web is complete: 2 of 2 pods available\n", "Deployment web rolls out a new template\n", "Deployment web is complete: 2 of 2 pods available\n"},
     "too few"},
    {STORY("2m", "  timeline: [{at: 20s, kubectl: scale deployment web --replicas 3}, {at: 40s, kubectl: delete deployment web}]\n") DEPLOYMENT("1", "", NGINX),
     {"Deployment web: 3 pods wanted instead of 1\n", "Deployment web is gone\n"},
     "rolls out"},
    {STORY("1m", "  timeline: [{at: 20s, kubectl: rollout pause deployment web}]\n") DEPLOYMENT("1", "", NGINX), {"Deployment web is paused\n"}, NULL},
    {"apiVersion: desk8s/v1\nkind: Scenario\nmetadata: {name: t}\nspec:\n  duration: 90s\n  cluster: {nodes: [{name: a}]}\n  images: [{match: 'nginx:1', missing: true}]\n" DEPLOYMENT("1", "  progressDeadlineSeconds: 30\n", NGINX),
     {"Deployment web wants 1 pod\n", ": image nginx:1 cannot be pulled\n", "within its deadline"},
     "complete"},
    {STORY("3m", "  timeline: [{at: 60s, kubectl: cordon a}, {at: 90s, kubectl: uncordon a}]\n"), {"a is cordoned: no new pods\n", "a takes pods again\n"}, "Ready"},
    {"apiVersion: desk8s/v1\nkind: Scenario\nmetadata: {name: t}\nspec:\n  duration: 14m\n  cluster: {nodes: [{name: a, disk: 20Gi}]}\n  images: [{match: '*', present: true}]\n"
     POD("volumes: [{name: d, emptyDir: {}}], containers: [{name: c, image: busybox, volumeMounts: [{name: d, mountPath: /d}],"
         " command: [sh, -c, 'dd if=/dev/zero of=/d/1 bs=1M count=19000; sleep 10000']}]"),
     {"pod p is evicted by the kubelet of a: The node was low on resource: ephemeral-storage.", "a runs out of disk (DiskPressure): its kubelet makes room, no new pods\n",
      "a has had disk to spare for a while: no DiskPressure any more\n"},
     "memory"},
    {STORY("2m", "") POD("containers: [{name: c, image: busybox, command: [sh, -c, 'sleep 2; mem 200'], resources: {limits: {memory: 64Mi}}}]"),
     {"pod p is ready on a\n", "pod p: the kernel killed c for memory (OOMKilled, 137)\n", "pod p: c keeps ending; the kubelet waits longer each time (CrashLoopBackOff)\n"},
     NULL},
    {STORY("1m", "") POD("nodeSelector: {no: where}, " NGINX), {"pod p fits no node: 0/1 nodes are available"}, "ready on"},
    {STORY("2m", "  timeline: [{at: 30s, kubectl: scale deployment web --replicas 0}, {at: 60s, kubectl: scale deployment web --replicas 1}]\n") DEPLOYMENT("1", "", NGINX) SERVICE,
     {"Service web has 1 ready endpoint\n", "Service web has no ready endpoint: connections are refused\n", "Service web has 1 ready endpoint\n"},
     NULL},
    {STORY("2m", "  traffic: [{to: 'service/web:80', from: node/a, rate: 20/s, start: 20s, timeout: 1s}]\n  timeline: [{at: 40s, kubectl: scale deployment web --replicas 0}, {at: 60s, kubectl: scale deployment web --replicas 1}]\n") DEPLOYMENT("1", "", NGINX) SERVICE,
     {"users: requests fail (", "users: no failed request for 10 s\n"},
     NULL},
    {STORY("2m", "  timeline: [{at: 20s, kubectl: set image sts/db c=nginx:2}, {at: 60s, kubectl: scale sts/db --replicas 2}]\n")
         SET("StatefulSet", "db", "  serviceName: db\n  replicas: 3\n  updateStrategy: {rollingUpdate: {partition: 2}}\n"),
     {"StatefulSet db wants 3 pods\n", "StatefulSet db is complete: 3 of 3 pods available\n", "StatefulSet db rolls out a new template, highest number first\n",
      "StatefulSet db: 1 of 3 pods have the new template; the partition holds the others\n", "StatefulSet db: 2 pods wanted instead of 3\n"},
     "too few"},
    {STORY("2m", "  timeline: [{at: 20s, kubectl: set image ds/agent c=nginx:2}]\n") SET("DaemonSet", "agent", ""),
     {"DaemonSet agent wants a pod on each of its nodes\n", "DaemonSet agent is complete on 1 node\n", "DaemonSet agent rolls out a new template\n", "DaemonSet agent is complete on 1 node\n"},
     NULL},
    {STORY("2m", "") JOB("  completions: 2\n", "sleep 1"), {"Job j is there\n", "Job j is complete: 2 pods succeeded, 0 failed\n"}, "a pod failed"},
    {STORY("2m", "") JOB("  backoffLimit: 1\n", "exit 1"),
     {"Job j: a pod failed; the next attempt waits longer each time\n", "Job j has failed: BackoffLimitExceeded\n"},
     "complete"},
    {STORY("2m", "  timeline: [{at: 5s, kubectl: 'patch job j -p ''{\"spec\":{\"suspend\":true}}'''}, {at: 30s, kubectl: 'patch job j -p ''{\"spec\":{\"suspend\":false}}'''}]\n") JOB("", "sleep 20"),
     {"Job j is suspended: its pods go\n", "Job j goes on\n", "Job j is complete: 1 pod succeeded, 0 failed\n"},
     "a pod failed"},
    {STORY("3m10s", "") "---\napiVersion: batch/v1\nkind: CronJob\nmetadata: {name: tick}\nspec:\n  schedule: '* * * * *'\n  concurrencyPolicy: Forbid\n  jobTemplate:\n    spec:\n"
     "      template:\n        spec: {restartPolicy: Never, containers: [{name: c, image: busybox, command: [sh, -c, 'sleep 90']}]}\n",
     {"CronJob tick starts Job tick-", "CronJob tick: the last Job still runs, so the next must wait\n", "CronJob tick starts Job tick-"},
     "Job tick- is there"},
};

START_TEST(test_sentences)
{
    g_auto(Story) story = story_tell(cases[_i].text);
    const char *missing = NULL;

    ck_assert_msg(story_in_order(&story, cases[_i].want, &missing), "missing: %s in\n%s", missing, story.told->str);
    if (cases[_i].never != NULL)
        ck_assert_msg(!story_has(&story, cases[_i].never), "%s in\n%s", cases[_i].never, story.told->str);
}
END_TEST

/* What is always the case is told once: a pod that goes on crashing, a rollout that goes on failing. */
START_TEST(test_once)
{
    g_auto(Story) story = story_tell(STORY("5m", "") POD("containers: [{name: c, image: busybox, command: [sh, -c, 'sleep 1; exit 1']}]"));
    const char *first = strstr(story.told->str, "CrashLoopBackOff");

    ck_assert_ptr_nonnull(first);
    ck_assert_ptr_null(strstr(first + 1, "CrashLoopBackOff"));
}
END_TEST

/* The cluster's own objects are no news. */
START_TEST(test_silence)
{
    g_auto(Story) story = story_tell(STORY("5m", ""));

    ck_assert_str_eq(story.told->str, "");
}
END_TEST

Suite *
narrate_suite(void)
{
    Suite *suite = suite_create("narrate");
    TCase *tcase = tcase_create("narrate");

    tcase_set_timeout(tcase, 120);
    tcase_add_loop_test(tcase, test_sentences, 0, G_N_ELEMENTS(cases));
    tcase_add_test(tcase, test_once);
    tcase_add_test(tcase, test_silence);
    suite_add_tcase(suite, tcase);
    return suite;
}
