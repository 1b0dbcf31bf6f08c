/* test_start.c - what stands before a container's start; v1.34 kubelet_pods_test.go, security_context_test.go */

#include "tests/node/lab.h"

#include <check.h>

Suite *start_suite(void);

/* TestVerifyRunAsNonRoot; of images only that they run as root is known, unless their name says otherwise */
static const struct {
    const char *pod, *container, *image, *message;
} root_cases[] = {
    {"{}", "{}", "registry.local/app:1", NULL},
    {"{runAsNonRoot: false}", "{}", "registry.local/app:1", NULL},
    {"{runAsNonRoot: true, runAsUser: 1}", "{}", "registry.local/app:1", NULL},
    {"{runAsNonRoot: true}", "{runAsUser: 1}", "registry.local/app:1", NULL},
    {"{runAsNonRoot: true}", "{runAsNonRoot: false}", "registry.local/app:1", NULL},
    {"{runAsUser: 1}", "{runAsNonRoot: true}", "registry.local/app:1", NULL},
    {"{runAsNonRoot: true, runAsUser: 0}", "{}", "registry.local/app:1", "container's runAsUser breaks non-root policy "},
    {"{runAsUser: 1}", "{runAsNonRoot: true, runAsUser: 0}", "registry.local/app:1",
     "container's runAsUser breaks non-root policy "},
    {"{runAsNonRoot: true}", "{}", "registry.local/app:1", "container has runAsNonRoot and image will run as root "},
    {"{}", "{runAsNonRoot: true}", "registry.local/app:1", "container has runAsNonRoot and image will run as root "},
    {"{runAsNonRoot: true}", "{}", "nginxinc/nginx-unprivileged:1", NULL},
};

START_TEST(test_non_root)
{
    __typeof__(&root_cases[0]) c = &root_cases[_i];
    Lab *lab = lab_new(&(LabOptions){.seed = 1, .cluster_dns = TRUE});
    g_autofree char *yaml = g_strdup_printf("apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n"
                                            "  securityContext: %s\n"
                                            "  containers: [{name: app, image: \"%s\", securityContext: %s, command: [sleep, \"999\"]}]\n",
                                            c->pod, c->image, c->container);
    const ContainerStateWaiting *waiting;

    lab_apply(lab, yaml);
    lab_run(lab, 9000);
    waiting = pod_status(lab_pod(lab, "p"))->container_statuses.items[0].state.waiting;
    if (c->message == NULL) {
        ck_assert_msg(waiting == NULL || !str_is(waiting->reason, "CreateContainerConfigError"), "%s", waiting->message);
    } else {
        g_autofree char *message =
            g_strdup_printf("%s(pod: \"p_default(%s)\", container: app)", c->message, api_uid(lab_pod(lab, "p")));
        g_autofree char *event = g_strdup_printf("Error: %s", message);

        ck_assert_ptr_nonnull(waiting);
        ck_assert_str_eq(waiting->reason, "CreateContainerConfigError");
        ck_assert_str_eq(waiting->message, message);
        ck_assert_str_eq(lab_event_message(lab, "p", "Failed"), event);
    }
    lab_free(lab);
}
END_TEST

/* TestGetPullSecretsForPod, and the event of 1.34's getPullSecretsForPod: at each sync that gets so far */
START_TEST(test_pull_secrets)
{
    Lab *lab = lab_new(&(LabOptions){.seed = 1, .cluster_dns = TRUE});

    lab_apply(lab, "apiVersion: v1\nkind: Secret\nmetadata: {name: there}\n---\n"
                   "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n"
                   "  imagePullSecrets: [{name: one}, {name: there}, {name: two}]\n"
                   "  containers: [{name: app, image: \"registry.local/app:1\", command: [sleep, \"999\"]}]\n");
    lab_apply(lab, "apiVersion: v1\nkind: Pod\nmetadata: {name: q}\nspec:\n"
                   "  imagePullSecrets: [{name: there}]\n"
                   "  containers: [{name: app, image: \"registry.local/app:1\", command: [sleep, \"999\"]}]\n");
    lab_run(lab, 5000);
    ck_assert_str_eq(lab_event_message(lab, "p", "FailedToRetrieveImagePullSecret"),
                     "Unable to retrieve some image pull secrets (one, two); attempting to pull the image may not succeed.");
    ck_assert_int_eq(lab_count_event(lab, "p", "FailedToRetrieveImagePullSecret"), 2);
    ck_assert(pod_condition_true(lab_pod(lab, "p"), "Ready"));
    ck_assert_int_eq(lab_count_event(lab, "q", "FailedToRetrieveImagePullSecret"), 0);
    lab_run(lab, 100000);
    ck_assert_int_eq(lab_count_event(lab, "p", "FailedToRetrieveImagePullSecret"), 3);
    lab_free(lab);
}
END_TEST

/* kubelet_test.go, active_deadline_test.go: a deadline that is brought forward counts from then on. */
static gboolean
set_deadline(ApiObject *object, gpointer data)
{
    ((PodSpec *)api_edit_spec(object))->active_deadline_s = (OptInt64){TRUE, GPOINTER_TO_INT(data)};
    return TRUE;
}

START_TEST(test_earlier_deadline)
{
    static const gint32 deadlines[] = {40, 12, 3};
    Lab *lab = lab_new(&(LabOptions){.seed = 1, .cluster_dns = TRUE});
    ApiRequest *request = api_request_new(VERB_PATCH, &pod_kind, str_intern("default"), str_intern("p"));
    gint64 told;

    lab_apply(lab, "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n"
                   "  activeDeadlineSeconds: 40\n"
                   "  containers: [{name: app, image: \"registry.local/app:1\", command: [sleep, \"999\"]}]\n");
    lab_run(lab, 5000);
    request->mutate = set_deadline;
    request->mutate_data = GINT_TO_POINTER(deadlines[_i]);
    ck_assert_int_eq(lab_call(lab, request), 200);
    lab_run(lab, 45000);
    told = lab_when_event(lab, "p", "DeadlineExceeded", 1);
    ck_assert_msg(told >= MAX(deadlines[_i] * 1000 - 1000, 5000) && told <= MAX(deadlines[_i] * 1000 + 1100, 5200), "%d ms", (int)told);
    lab_free(lab);
}
END_TEST

/* pkg/probe/util_test.go, TestResolveContainerPort: a port of a name that the container does not have is an error, not a failure. */
START_TEST(test_unknown_port)
{
    Lab *lab = lab_new(&(LabOptions){.seed = 1, .cluster_dns = TRUE});

    lab_apply(lab, "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n"
                   "  containers:\n"
                   "  - {name: app, image: \"registry.local/app:1\", command: [sleep, \"999\"], ports: [{name: http, containerPort: 80}],\n"
                   "     livenessProbe: {httpGet: {port: web}, periodSeconds: 2, failureThreshold: 1}}\n");
    lab_apply(lab, "apiVersion: v1\nkind: Pod\nmetadata: {name: q}\nspec:\n"
                   "  containers:\n"
                   "  - {name: app, image: \"registry.local/app:1\", command: [sleep, \"999\"],\n"
                   "     lifecycle: {postStart: {httpGet: {path: /x, port: web}}}, readinessProbe: {tcpSocket: {port: web}}}\n");
    lab_run(lab, 9000);
    ck_assert_str_eq(lab_event_message(lab, "p", "Unhealthy"),
                     "Liveness probe errored and resulted in unknown state: strconv.Atoi: parsing \"web\": invalid syntax");
    ck_assert_int_eq(lab_count_event(lab, "p", "Unhealthy"), 4); /* three tries of one check are one event */
    ck_assert_int_eq(lab_count_event(lab, "p", "Killing"), 0);
    ck_assert_str_eq(lab_event_message(lab, "q", "FailedPostStartHook"), "PostStartHook failed");
    lab_free(lab);
}
END_TEST

/* lifecycle/handlers.go, remote_runtime.go ExecSync: the error has what was written to stderr, the message both streams; so has a probe's. */
START_TEST(test_streams)
{
    Lab *lab = lab_new(&(LabOptions){.seed = 1, .cluster_dns = TRUE});
    const ContainerStateWaiting *waiting;

    lab_apply(lab, "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  terminationGracePeriodSeconds: 2\n"
                   "  containers:\n"
                   "  - {name: app, image: \"registry.local/app:1\", command: [sleep, \"999\"],\n"
                   "     lifecycle: {postStart: {exec: {command: [sh, -c, \"echo no >&2; echo out; exit 5\"]}}}}\n");
    lab_apply(lab, "apiVersion: v1\nkind: Pod\nmetadata: {name: q}\nspec:\n"
                   "  containers:\n"
                   "  - {name: app, image: \"registry.local/app:1\", command: [sleep, \"999\"],\n"
                   "     readinessProbe: {exec: {command: [sh, -c, \"echo no >&2; echo out; exit 5\"]}}}\n");
    lab_run(lab, 4000);
    waiting = pod_status(lab_pod(lab, "p"))->container_statuses.items[0].state.waiting;
    ck_assert(waiting != NULL && str_is(waiting->reason, "PostStartHookError"));
    ck_assert_msg(g_str_has_suffix(waiting->message, " failed - error: command 'sh -c echo no >&2; echo out; exit 5' exited with 5: no\n, "
                                                     "message: \"out\\nno\\n\""),
                  "%s", waiting->message);
    ck_assert_str_eq(lab_event_message(lab, "q", "Unhealthy"), "Readiness probe failed: out\nno\n");
    lab_free(lab);
}
END_TEST

/* pkg/volume/configmap/configmap_test.go, TestMakePayload: binary data are files as well, variables they are not. */
START_TEST(test_binary_data)
{
    Lab *lab = lab_new(&(LabOptions){.seed = 1, .cluster_dns = TRUE});
    g_autoptr(GPtrArray) containers = NULL;
    g_autofree char *log = NULL;

    lab_apply(lab, "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: cm}\ndata: {k: v}\nbinaryData: {b: aGk=}\n---\n"
                   "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n"
                   "  containers:\n"
                   "  - {name: app, image: \"registry.local/app:1\", command: [sh, -c, \"ls /v; cat /v/b; echo; ls /w; echo $k $b; sleep 999\"],\n"
                   "     envFrom: [{configMapRef: {name: cm}}], volumeMounts: [{name: v, mountPath: /v}, {name: w, mountPath: /w}]}\n"
                   "  volumes: [{name: v, configMap: {name: cm}}, {name: w, configMap: {name: cm, items: [{key: b, path: x}]}}]\n");
    lab_run(lab, 5000);
    containers = runtime_list_containers(lab->runtimes[0]);
    log = rt_container_log(containers->pdata[0]);
    ck_assert_str_eq(log, "b\nk\nhi\nx\nv\n");
    lab_free(lab);
}
END_TEST

Suite *
start_suite(void)
{
    Suite *suite = suite_create("start");
    TCase *tcase = tcase_create("start");

    tcase_set_timeout(tcase, 60);
    tcase_add_loop_test(tcase, test_non_root, 0, G_N_ELEMENTS(root_cases));
    tcase_add_test(tcase, test_pull_secrets);
    tcase_add_loop_test(tcase, test_earlier_deadline, 0, 3);
    tcase_add_test(tcase, test_unknown_port);
    tcase_add_test(tcase, test_binary_data);
    tcase_add_test(tcase, test_streams);
    suite_add_tcase(suite, tcase);
    return suite;
}
