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

Suite *
start_suite(void)
{
    Suite *suite = suite_create("start");
    TCase *tcase = tcase_create("start");

    tcase_set_timeout(tcase, 60);
    tcase_add_loop_test(tcase, test_non_root, 0, G_N_ELEMENTS(root_cases));
    tcase_add_test(tcase, test_pull_secrets);
    suite_add_tcase(suite, tcase);
    return suite;
}
