/*
 * test_protection.c - claims that pods use, and bound volumes, stay until nobody does
 *
 * v1.34 pkg/controller/volume/pvcprotection/pvc_protection_controller_test.go and
 * pvprotection/pv_protection_controller_test.go, TestPVCProtectionController and its sister.
 */

#include "controllers/util.h"
#include "tests/controllers/mini.h"
#include "tests/controllers/suites.h"

#define CLAIM_FINALIZER  "kubernetes.io/pvc-protection"
#define VOLUME_FINALIZER "kubernetes.io/pv-protection"

static ApiObject *
make_user(const char *node, const char *phase, const char *claim)
{
    g_autofree char *text = g_strdup_printf("{metadata: {name: p}, spec: {containers: [{name: c, image: i}], "
                                            "volumes: [{name: v, persistentVolumeClaim: {claimName: %s}}]}}",
                                            claim);
    ApiObject *pod = object_from_yaml(&pod_kind, text);

    ((PodSpec *)api_edit_spec(pod))->node_name = node == NULL ? NULL : str_intern(node);
    ((PodStatus *)api_edit_status(pod))->phase = str_intern(phase);
    return pod;
}

static void
set_life(Mini *mini, ApiObject *object, const char *finalizer, gboolean is_deleting)
{
    ObjectMeta *meta = api_edit_meta(object);

    meta->finalizers.count = 0;
    if (finalizer != NULL)
        str_list_add(&meta->finalizers, str_intern(finalizer));
    meta->deletion_time = is_deleting ? mini_wall_ns(mini) : meta->deletion_time;
}

static const struct {
    const char *name;
    gboolean is_protected, is_deleting;
    const char *node, *phase, *claim; /* of a pod; claim NULL: there is none */
    const char *want;
} claim_cases[] = {
    {"a new claim is protected", FALSE, FALSE, NULL, NULL, NULL, "patch PersistentVolumeClaim c"},
    {"a protected one is left alone", TRUE, FALSE, NULL, NULL, NULL, ""},
    {"one that goes without protection is left alone", FALSE, TRUE, NULL, NULL, NULL, ""},
    {"nobody uses it: it may go", TRUE, TRUE, NULL, NULL, NULL, "patch PersistentVolumeClaim c"},
    {"a running pod uses it", TRUE, TRUE, "n1", "Running", "c", ""},
    {"a pod that no node has does not count", TRUE, TRUE, NULL, "Pending", "c", "patch PersistentVolumeClaim c"},
    {"a pod that has ended counts until it is gone", TRUE, TRUE, "n1", "Succeeded", "c", ""},
    {"a pod that uses another", TRUE, TRUE, "n1", "Running", "other", "patch PersistentVolumeClaim c"},
};

/* A claim that was made for an ephemeral volume is free as soon as the pod's kubelet is done with it. */
static const struct {
    const char *name;
    gboolean is_of_pod;
    gint64 grace_s; /* of the pod's deletion; -1: it stays */
    const char *want;
} made_cases[] = {
    {"a running pod uses the claim that was made for it", TRUE, -1, ""},
    {"one that is being ended too", TRUE, 30, ""},
    {"one that has been shut down does not", TRUE, 0, "patch PersistentVolumeClaim p-v"},
    {"a claim of that name that is not the pod's", FALSE, -1, "patch PersistentVolumeClaim p-v"},
};

START_TEST(test_made)
{
    Mini *mini = mini_new();
    ApiObject *claim = object_from_yaml(&persistent_volume_claim_kind, "{metadata: {name: p-v}, spec: {accessModes: [ReadWriteOnce], "
                                                                       "resources: {requests: {storage: 1Gi}}}}");
    ApiObject *pod = object_from_yaml(&pod_kind, "{metadata: {name: p}, spec: {containers: [{name: c, image: i}], nodeName: n1, "
                                                 "volumes: [{name: v, ephemeral: {volumeClaimTemplate: {spec: {accessModes: "
                                                 "[ReadWriteOnce], resources: {requests: {storage: 1Gi}}}}}}]}}");
    const ApiObject *user;

    if (made_cases[_i].grace_s >= 0) {
        api_edit_meta(pod)->deletion_time = mini_wall_ns(mini);
        api_edit_meta(pod)->deletion_grace_s = OPT_INT64(made_cases[_i].grace_s);
    }
    user = mini_add(mini, pod);
    set_life(mini, claim, CLAIM_FINALIZER, TRUE);
    if (made_cases[_i].is_of_pod)
        api_set_controller(api_edit_meta(claim), user);
    mini_add(mini, claim);
    mini_sync(mini, &pvc_protection_controller, "default/p-v");
    mini_check_log(mini, made_cases[_i].name, made_cases[_i].want);
    mini_free(mini);
}
END_TEST

START_TEST(test_claim)
{
    Mini *mini = mini_new();
    ApiObject *claim = object_from_yaml(&persistent_volume_claim_kind, "{metadata: {name: c}, spec: {accessModes: [ReadWriteOnce], "
                                                                       "resources: {requests: {storage: 1Gi}}}}");

    set_life(mini, claim, claim_cases[_i].is_protected ? CLAIM_FINALIZER : NULL, claim_cases[_i].is_deleting);
    mini_add(mini, claim);
    if (claim_cases[_i].claim != NULL)
        mini_add(mini, make_user(claim_cases[_i].node, claim_cases[_i].phase, claim_cases[_i].claim));
    mini_sync(mini, &pvc_protection_controller, "default/c");
    mini_check_log(mini, claim_cases[_i].name, claim_cases[_i].want);
    mini_free(mini);
}
END_TEST

/* TestPVCProtectionController: an update may hide that a pod went and a namesake came. */
static const struct {
    const char *name, *old, *new; /* UIDs; NULL: none */
    gboolean want;
} gone_cases[] = {
    {"a new pod", NULL, "u1", FALSE},
    {"an update", "u1", "u1", FALSE},
    {"a deletion", "u1", NULL, TRUE},
    {"a namesake in its place", "u1", "u2", TRUE},
};

START_TEST(test_gone)
{
    ApiObject *old = make_user("n1", "Running", "c"), *new = make_user("n1", "Running", "c");

    if (gone_cases[_i].old != NULL)
        api_edit_meta(old)->uid = str_intern(gone_cases[_i].old);
    if (gone_cases[_i].new != NULL)
        api_edit_meta(new)->uid = str_intern(gone_cases[_i].new);
    ck_assert_msg(object_is_gone(gone_cases[_i].old != NULL ? old : NULL, gone_cases[_i].new != NULL ? new : NULL) ==
                      gone_cases[_i].want,
                  "%s", gone_cases[_i].name);
    api_object_unref(old);
    api_object_unref(new);
}
END_TEST

static const struct {
    const char *name;
    gboolean is_protected, is_deleting;
    const char *phase, *want;
} volume_cases[] = {
    {"a new volume is protected", FALSE, FALSE, "Available", "patch PersistentVolume v"},
    {"a protected one is left alone", TRUE, FALSE, "Bound", ""},
    {"bound: it stays", TRUE, TRUE, "Bound", ""},
    {"released: it may go", TRUE, TRUE, "Released", "patch PersistentVolume v"},
};

START_TEST(test_volume)
{
    Mini *mini = mini_new();
    ApiObject *volume = object_from_yaml(&persistent_volume_kind, "{metadata: {name: v}, spec: {accessModes: [ReadWriteOnce], "
                                                                  "capacity: {storage: 1Gi}, hostPath: {path: /d}}}");

    set_life(mini, volume, volume_cases[_i].is_protected ? VOLUME_FINALIZER : NULL, volume_cases[_i].is_deleting);
    ((PvStatus *)api_edit_status(volume))->phase = str_intern(volume_cases[_i].phase);
    mini_add(mini, volume);
    mini_sync(mini, &pv_protection_controller, "v");
    mini_check_log(mini, volume_cases[_i].name, volume_cases[_i].want);
    mini_free(mini);
}
END_TEST

Suite *
protection_suite(void)
{
    Suite *suite = suite_create("protection of volumes");
    TCase *tcase = tcase_create("protection");

    tcase_add_loop_test(tcase, test_claim, 0, G_N_ELEMENTS(claim_cases));
    tcase_add_loop_test(tcase, test_made, 0, G_N_ELEMENTS(made_cases));
    tcase_add_loop_test(tcase, test_gone, 0, G_N_ELEMENTS(gone_cases));
    tcase_add_loop_test(tcase, test_volume, 0, G_N_ELEMENTS(volume_cases));
    suite_add_tcase(suite, tcase);
    return suite;
}
