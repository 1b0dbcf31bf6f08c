/*
 * test_rollout.c - k8s.io/kubectl v0.34 pkg/polymorphichelpers/rollout_status_test.go,
 * history_test.go
 */

#include "tests/kubectl/support.h"

#include "kubectl/describe.h"
#include "kubectl/log_pods.h"
#include "kubectl/replica_sets.h"
#include "kubectl/rollout.h"
#include "kubectl/text_diff.h"

Suite *rollout_suite(void);

static const struct {
    const char *generation, *spec, *status;
    gint64 revision;
    const char *want, *error;
    gboolean done;
} status_cases[] = {
    {"2", "replicas: 1", "observedGeneration: 1", 0,
     "Waiting for deployment spec update to be observed...\n", NULL, FALSE},
    {"1", "replicas: 1",
     "observedGeneration: 1, replicas: 1, updatedReplicas: 0, availableReplicas: 1", 0,
     "Waiting for deployment \"web\" rollout to finish: 0 out of 1 new replicas have been "
     "updated...\n",
     NULL, FALSE},
    {"1", "replicas: 1",
     "observedGeneration: 2, replicas: 2, updatedReplicas: 1, availableReplicas: 2", 0,
     "Waiting for deployment \"web\" rollout to finish: 1 old replicas are pending "
     "termination...\n",
     NULL, FALSE},
    {"1", "replicas: 2",
     "observedGeneration: 1, replicas: 2, updatedReplicas: 2, availableReplicas: 1", 0,
     "Waiting for deployment \"web\" rollout to finish: 1 of 2 updated replicas are available...\n",
     NULL, FALSE},
    {"1", "replicas: 2",
     "observedGeneration: 1, replicas: 2, updatedReplicas: 2, availableReplicas: 2", 0,
     "deployment \"web\" successfully rolled out\n", NULL, TRUE},
    {"1", "replicas: 0", "observedGeneration: 1", 0, "deployment \"web\" successfully rolled out\n",
     NULL, TRUE},
    {"1", "replicas: 2",
     "observedGeneration: 1, conditions: [{type: Progressing, status: 'False', reason: "
     "ProgressDeadlineExceeded}]",
     0, NULL, "deployment \"web\" exceeded its progress deadline", FALSE},
    {"1", "replicas: 2", "observedGeneration: 1", 4, NULL,
     "desired revision (4) is different from the running revision (3)", FALSE},
};

START_TEST(test_status)
{
    g_autofree char *yaml =
        g_strdup_printf("apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, generation: "
                        "%s, annotations: {deployment.kubernetes.io/revision: '3'}}\nspec: {%s, "
                        "selector: {}, template: {}}\nstatus: {%s}",
                        status_cases[_i].generation, status_cases[_i].spec,
                        status_cases[_i].status);
    g_autoptr(ApiObject) deployment = object_from_yaml(yaml);
    gboolean done = FALSE;
    g_autofree char *error = NULL;
    g_autofree char *text =
        rollout_status_text(deployment, status_cases[_i].revision, &done, &error);

    ck_assert_msg(g_strcmp0(text, status_cases[_i].want) == 0, "got %s", text);
    ck_assert_msg(g_strcmp0(error, status_cases[_i].error) == 0, "got %s", error);
    ck_assert_int_eq(done, status_cases[_i].done);
}
END_TEST

/* The same file, TestDaemonSetStatusViewerStatus, TestStatefulSetStatusViewerStatus: done is only told where it is so. */
static const struct {
    const char *kind, *generation, *spec, *status, *want, *error;
    gboolean done;
} set_status_cases[] = {
    {"DaemonSet", "0", "updateStrategy: {type: RollingUpdate}", "observedGeneration: 1, updatedNumberScheduled: 0, desiredNumberScheduled: 1, numberAvailable: 0",
     "Waiting for daemon set \"foo\" rollout to finish: 0 out of 1 new pods have been updated...\n", NULL, FALSE},
    {"DaemonSet", "1", "updateStrategy: {type: RollingUpdate}", "observedGeneration: 1, updatedNumberScheduled: 2, desiredNumberScheduled: 2, numberAvailable: 1",
     "Waiting for daemon set \"foo\" rollout to finish: 1 of 2 updated pods are available...\n", NULL, FALSE},
    {"DaemonSet", "1", "updateStrategy: {type: RollingUpdate}", "observedGeneration: 1, updatedNumberScheduled: 2, desiredNumberScheduled: 2, numberAvailable: 2",
     "daemon set \"foo\" successfully rolled out\n", NULL, TRUE},
    {"DaemonSet", "2", "updateStrategy: {type: RollingUpdate}", "observedGeneration: 1, updatedNumberScheduled: 2, desiredNumberScheduled: 2, numberAvailable: 2",
     "Waiting for daemon set spec update to be observed...\n", NULL, FALSE},
    {"DaemonSet", "1", "updateStrategy: {type: OnDelete}", "observedGeneration: 1", NULL,
     "rollout status is only available for RollingUpdate strategy type", FALSE},
    {"StatefulSet", "1", "replicas: 3, updateStrategy: {type: OnDelete}", "observedGeneration: 1, readyReplicas: 1", NULL,
     "rollout status is only available for RollingUpdate strategy type", FALSE},
    {"StatefulSet", "2", "replicas: 3, updateStrategy: {type: RollingUpdate}", "observedGeneration: 1, replicas: 3, readyReplicas: 3, currentReplicas: 3",
     "Waiting for statefulset spec update to be observed...\n", NULL, FALSE},
    {"StatefulSet", "1", "replicas: 3, updateStrategy: {type: RollingUpdate}", "observedGeneration: 2, replicas: 3, readyReplicas: 2, currentReplicas: 3",
     "Waiting for 1 pods to be ready...\n", NULL, FALSE},
    {"StatefulSet", "1", "replicas: 3, updateStrategy: {type: RollingUpdate, rollingUpdate: {partition: 2}}",
     "observedGeneration: 2, replicas: 3, readyReplicas: 3, currentReplicas: 2, updatedReplicas: 1",
     "partitioned roll out complete: 1 new pods have been updated...\n", NULL, TRUE},
    {"StatefulSet", "1", "replicas: 3, updateStrategy: {type: RollingUpdate, rollingUpdate: {partition: 2}}",
     "observedGeneration: 2, replicas: 3, readyReplicas: 3, currentReplicas: 3, updatedReplicas: 0",
     "Waiting for partitioned roll out to finish: 0 out of 1 new pods have been updated...\n", NULL, FALSE},
    {"StatefulSet", "1", "replicas: 3, updateStrategy: {type: RollingUpdate}",
     "observedGeneration: 2, replicas: 3, readyReplicas: 3, currentReplicas: 3, updatedReplicas: 3, currentRevision: foo, updateRevision: foo",
     "statefulset rolling update complete 3 pods at revision foo...\n", NULL, TRUE},
    {"StatefulSet", "1", "replicas: 3, updateStrategy: {type: RollingUpdate}",
     "observedGeneration: 2, replicas: 3, readyReplicas: 3, currentReplicas: 2, updatedReplicas: 1, currentRevision: foo, updateRevision: bar",
     "waiting for statefulset rolling update to complete 1 pods at revision bar...\n", NULL, FALSE},
};

START_TEST(test_set_status)
{
    g_autofree char *yaml = g_strdup_printf("apiVersion: apps/v1\nkind: %s\nmetadata: {name: foo, generation: %s}\nspec: {%s, "
                                            "selector: {}, template: {}}\nstatus: {%s}",
                                            set_status_cases[_i].kind, set_status_cases[_i].generation,
                                            set_status_cases[_i].spec, set_status_cases[_i].status);
    g_autoptr(ApiObject) set = object_from_yaml(yaml);
    gboolean done = FALSE;
    g_autofree char *error = NULL;
    g_autofree char *text = set->kind == &daemon_set_kind ? rollout_daemon_set_text(set, &done, &error)
                                                          : rollout_stateful_set_text(set, &done, &error);

    ck_assert_pstr_eq(text, set_status_cases[_i].want);
    ck_assert_pstr_eq(error, set_status_cases[_i].error);
    ck_assert_int_eq(done, set_status_cases[_i].done);
}
END_TEST

/*
 * history --revision: the template with tabs between key and value, its hash and cause
 * included; as recorded.
 */
START_TEST(test_history_template)
{
    const char *top = g_getenv("TOP_SRCDIR");
    g_autofree char *path =
        g_build_filename(top != NULL ? top : ".", "tests/kubectl/data/rollout-history-2.txt", NULL);
    g_autofree char *want = NULL;
    g_autoptr(ApiObject) set = object_from_yaml(
        "apiVersion: apps/v1\nkind: ReplicaSet\nmetadata: {name: web-5cbf95868}\nspec:\n  "
        "selector: {}\n  template:\n    metadata: {labels: {app: web, pod-template-hash: "
        "5cbf95868}, annotations: {kubernetes.io/change-cause: first}}\n"
        "    spec: {containers: [{name: web, image: 'registry.local/app:2', command: [sleep, "
        "'1000000'], ports: [{containerPort: 80, protocol: TCP}], resources: {limits: {memory: "
        "64Mi}, requests: {cpu: 50m, memory: 16Mi}}}]}");
    g_autoptr(GString) out = g_string_new("deployment.apps/web with revision #2\n");

    ck_assert(g_file_get_contents(path, &want, NULL, NULL));
    describe_template(out, &replica_set_spec(set)->template_);
    g_string_append_c(out, '\n');
    ck_assert_str_eq(out->str, want);
}
END_TEST

/* The newest set is the oldest whose template is the deployment's, but for the hash. */
START_TEST(test_new_replica_set)
{
#define SET(name, at, image)                                                                       \
    "apiVersion: apps/v1\nkind: ReplicaSet\nmetadata: {name: " name ", creationTimestamp: '" at    \
    "', ownerReferences: [{kind: Deployment, name: web, uid: u, apiVersion: apps/v1, controller: " \
    "true}]}\nspec: {selector: {}, template: {metadata: {labels: {app: web, "                      \
    "pod-template-hash: " name "}}, spec: {containers: [{name: c, image: " image "}]}}}"
    static const char *const texts[] = {
        SET("c", "2026-11-20T11:00:03Z", "'i:1'"),
        SET("b", "2026-11-20T11:00:02Z", "'i:2'"),
        SET("a", "2026-11-20T11:00:01Z", "'i:1'"),
        "apiVersion: apps/v1\nkind: ReplicaSet\nmetadata: {name: foreign, creationTimestamp: "
        "'2026-11-20T11:00:00Z'}\nspec: {selector: {}, template: {metadata: {labels: {app: web}}, "
        "spec: {containers: [{name: c, image: 'i:1'}]}}}",
    };
    g_autoptr(ApiObject) deployment =
        object_from_yaml("apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, uid: "
                         "u}\nspec: {selector: {}, template: {metadata: {labels: {app: web}}, "
                         "spec: {containers: [{name: c, image: 'i:1'}]}}}");
    g_autoptr(GPtrArray) all = g_ptr_array_new_with_free_func(api_object_unref);
    g_autoptr(GPtrArray) owned = NULL;

    for (guint i = 0; i < G_N_ELEMENTS(texts); i++)
        g_ptr_array_add(all, object_from_yaml(texts[i]));
    owned = owned_replica_sets(deployment, all);
    ck_assert_uint_eq(owned->len, 3);
    ck_assert_str_eq(api_name(new_replica_set(deployment, owned)), "a");
}
END_TEST

/* kubelet v1.34 validateContainerLogStatus, and the API server for a pod without a node */
static const struct {
    const char *yaml;
    gboolean previous;
    const char *want;
} log_cases[] = {
    {"spec: {containers: [{name: c}]}", FALSE, "pod p does not have a host assigned"},
    {"spec: {nodeName: n1, containers: [{name: c}]}", FALSE,
     "container \"c\" in pod \"p\" is not available"},
    {"spec: {nodeName: n1, containers: [{name: c}]}\nstatus: {containerStatuses: [{name: c, state: "
     "{waiting: {reason: PodInitializing}}}]}",
     FALSE, "container \"c\" in pod \"p\" is waiting to start: PodInitializing"},
    {"spec: {nodeName: n1, containers: [{name: c}]}\nstatus: {containerStatuses: [{name: c, state: "
     "{waiting: {reason: ErrImagePull}}}]}",
     FALSE, "container \"c\" in pod \"p\" is waiting to start: image can't be pulled"},
    {"spec: {nodeName: n1, containers: [{name: c}]}\nstatus: {containerStatuses: [{name: c, state: "
     "{waiting: {reason: ImagePullBackOff}}}]}",
     FALSE, "container \"c\" in pod \"p\" is waiting to start: trying and failing to pull image"},
    {"spec: {nodeName: n1, containers: [{name: c}]}\nstatus: {containerStatuses: [{name: c, state: "
     "{waiting: {reason: CrashLoopBackOff}}, lastState: {terminated: {containerID: x}}}]}",
     FALSE, NULL},
    {"spec: {nodeName: n1, containers: [{name: c}]}\nstatus: {containerStatuses: [{name: c, state: "
     "{running: {}}}]}",
     FALSE, NULL},
    {"spec: {nodeName: n1, containers: [{name: c}]}\nstatus: {containerStatuses: [{name: c, state: "
     "{running: {}}}]}",
     TRUE, "previous terminated container \"c\" in pod \"p\" not found"},
};

START_TEST(test_log_refusal)
{
    g_autofree char *yaml =
        g_strdup_printf("apiVersion: v1\nkind: Pod\nmetadata: {name: p}\n%s", log_cases[_i].yaml);
    g_autoptr(ApiObject) pod = object_from_yaml(yaml);
    const char *id = NULL;
    g_autofree char *got = log_refusal(pod, "c", log_cases[_i].previous, &id);

    ck_assert_msg(g_strcmp0(got, log_cases[_i].want) == 0, "got %s", got);
}
END_TEST

/* as `diff -u` */
static const struct {
    const char *old, *new_, *want;
} diff_cases[] = {
    {"a\n", "a\n", NULL},
    {"a\nb\nc\n", "a\nx\nc\n", "@@ -1,3 +1,3 @@\n a\n-b\n+x\n c\n"},
    {"", "a\nb\n", "@@ -0,0 +1,2 @@\n+a\n+b\n"},
    {"a\n", "", "@@ -1 +0,0 @@\n-a\n"},
    {"1\n2\n3\n4\n5\n6\n7\n8\n9\n", "1\n2\n3\n4\nx\n6\n7\n8\n9\n",
     "@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+x\n 6\n 7\n 8\n"},
    {"1\n2\n3\n4\n5\n6\n7\n8\n", "x\n2\n3\n4\n5\n6\n7\ny\n",
     "@@ -1,8 +1,8 @@\n-1\n+x\n 2\n 3\n 4\n 5\n 6\n 7\n-8\n+y\n"},
    {"1\n2\n3\n4\n5\n6\n7\n8\n9\n", "x\n2\n3\n4\n5\n6\n7\n8\ny\n",
     "@@ -1,4 +1,4 @@\n-1\n+x\n 2\n 3\n 4\n@@ -6,4 +6,4 @@\n 6\n 7\n 8\n-9\n+y\n"},
};

START_TEST(test_diff)
{
    g_autofree char *got = text_diff(diff_cases[_i].old, diff_cases[_i].new_);

    ck_assert_msg(g_strcmp0(got, diff_cases[_i].want) == 0, "got %s", got);
}
END_TEST

Suite *
rollout_suite(void)
{
    Suite *suite = suite_create("kubectl/rollout");
    TCase *tcase = tcase_create("rollout");

    tcase_add_loop_test(tcase, test_status, 0, G_N_ELEMENTS(status_cases));
    tcase_add_loop_test(tcase, test_set_status, 0, G_N_ELEMENTS(set_status_cases));
    tcase_add_test(tcase, test_history_template);
    tcase_add_test(tcase, test_new_replica_set);
    tcase_add_loop_test(tcase, test_log_refusal, 0, G_N_ELEMENTS(log_cases));
    tcase_add_loop_test(tcase, test_diff, 0, G_N_ELEMENTS(diff_cases));
    suite_add_tcase(suite, tcase);
    return suite;
}
