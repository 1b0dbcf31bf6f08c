/*
 * test_ephemeral.c - the claims of ephemeral volumes
 *
 * v1.34 pkg/controller/volume/ephemeral/controller_test.go, TestSyncHandler, and
 * controller.go: handleVolume, syncHandler.
 */

#include "api/kinds/storage.h"
#include "tests/controllers/mini.h"
#include "tests/controllers/suites.h"

#define TEMPLATE                                                                                               \
    "{volumeClaimTemplate: {metadata: {labels: {tier: fast}, annotations: {why: space}}, spec: {accessModes: " \
    "[ReadWriteOnce], storageClassName: quick, resources: {requests: {storage: 2Gi}}}}}"

static ApiObject *
make_user(void)
{
    return object_from_yaml(&pod_kind, "{metadata: {name: p}, spec: {containers: [{name: c, image: i}], volumes: "
                                       "[{name: a, ephemeral: " TEMPLATE "}, {name: plain, emptyDir: {}}, {name: b, ephemeral: " TEMPLATE "}]}}");
}

static void
add_claim(Mini *mini, const char *name, const ApiObject *owner)
{
    ApiObject *claim = object_from_yaml(&persistent_volume_claim_kind, "{metadata: {name: x}, spec: {accessModes: "
                                                                       "[ReadWriteOnce], resources: {requests: {storage: 1Gi}}}}");

    api_edit_meta(claim)->name = str_intern(name);
    if (owner != NULL)
        api_set_controller(api_edit_meta(claim), owner);
    mini_add(mini, claim);
}

static const struct {
    const char *name;
    gboolean is_deleting;
    const char *own, *foreign; /* a claim that is there already, of this name */
    int refused;               /* code of the first creation; 0: none */
    const char *want, *error;
} cases[] = {
    {"a claim for each", FALSE, NULL, NULL, 0, "create PersistentVolumeClaim p-a\ncreate PersistentVolumeClaim p-b", NULL},
    {"one is there", FALSE, "p-a", NULL, 0, "create PersistentVolumeClaim p-b", NULL},
    {"one that is not the pod's", FALSE, NULL, "p-a", 0,
     "event Warning FailedBinding ephemeral volume a: PVC default/p-a was not created for pod default/p (pod is not owner)",
     "pod default/p, ephemeral volume a: PVC default/p-a was not created for pod default/p (pod is not owner)"},
    {"the second is not the pod's", FALSE, NULL, "p-b", 0,
     "create PersistentVolumeClaim p-a\n"
     "event Warning FailedBinding ephemeral volume b: PVC default/p-b was not created for pod default/p (pod is not owner)",
     "pod default/p, ephemeral volume b: PVC default/p-b was not created for pod default/p (pod is not owner)"},
    {"refused: the rest waits for the next try", FALSE, NULL, NULL, 403,
     "create PersistentVolumeClaim p-a -> 403\nevent Warning FailedBinding ephemeral volume a: create PVC p-a: no",
     "no"},
    {"a pod that goes", TRUE, NULL, NULL, 0, "", NULL},
};

START_TEST(test_sync)
{
    Mini *mini = mini_new();
    ApiObject *made = make_user();
    const ApiObject *pod;

    if (cases[_i].is_deleting)
        api_edit_meta(made)->deletion_time = mini_wall_ns(mini);
    pod = mini_add(mini, made);
    if (cases[_i].own != NULL)
        add_claim(mini, cases[_i].own, pod);
    if (cases[_i].foreign != NULL)
        add_claim(mini, cases[_i].foreign, NULL);
    if (cases[_i].refused != 0)
        mini_refuse(mini, (MiniRefusal){.type = STEP_CREATE, .kind = &persistent_volume_claim_kind, .code = cases[_i].refused, .reason = "Forbidden", .message = "no", .count = 1});
    mini_sync(mini, &ephemeral_volume_controller, "default/p");
    mini_check_log(mini, cases[_i].name, cases[_i].want);
    ck_assert_msg(g_strcmp0(mini->error, cases[_i].error) == 0, "%s: error %s", cases[_i].name, mini->error);
    mini_free(mini);
}
END_TEST

/* The claim has the template's labels, annotations and spec, and the pod as its controller. */
START_TEST(test_made)
{
    Mini *mini = mini_new();
    const ApiObject *pod = mini_add(mini, make_user());
    const ApiObject *claim;

    mini_sync(mini, &ephemeral_volume_controller, "default/p");
    claim = mini_get(mini, &persistent_volume_claim_kind, "default", "p-b");
    ck_assert_ptr_nonnull(claim);
    ck_assert_str_eq(str_map_get(&claim->meta->labels, "tier"), "fast");
    ck_assert_str_eq(str_map_get(&claim->meta->annotations, "why"), "space");
    ck_assert_str_eq(pvc_spec(claim)->storage_class_name, "quick");
    ck_assert_str_eq(quantity_format(pvc_request(claim)), "2Gi");
    ck_assert(pvc_is_of_pod(claim, pod));
    ck_assert_int_eq(api_controller_of(claim)->block_owner_deletion, OPT_TRUE);
    mini_free(mini);
}
END_TEST

Suite *
ephemeral_suite(void)
{
    Suite *suite = suite_create("ephemeral volumes");
    TCase *tcase = tcase_create("claims");

    tcase_add_loop_test(tcase, test_sync, 0, G_N_ELEMENTS(cases));
    tcase_add_test(tcase, test_made);
    suite_add_tcase(suite, tcase);
    return suite;
}
