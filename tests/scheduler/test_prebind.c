/* Claims that are bound with their pod: what the scheduler writes, and that it waits; v1.34 volumebinding/binder.go. */

#include "api/kinds/storage.h"
#include "base/duration.h"
#include "tests/scheduler/fixture.h"
#include "tests/scheduler/support.h"

#include <check.h>

Suite *prebind_suite(void);

#define CLASS(provisioner)                                                                                             \
    "{'kind':'StorageClass','apiVersion':'storage.k8s.io/v1','metadata':{'name':'late'},'provisioner':'" provisioner   \
    "','volumeBindingMode':'WaitForFirstConsumer'}"
#define CLAIM                                                                                                          \
    "{'kind':'PersistentVolumeClaim','apiVersion':'v1','metadata':{'name':'c','namespace':'default'},'spec':{"         \
    "'storageClassName':'late','accessModes':['ReadWriteOnce'],'resources':{'requests':{'storage':'1Gi'}}}}"
#define VOLUME                                                                                                         \
    "{'kind':'PersistentVolume','apiVersion':'v1','metadata':{'name':'v'},'spec':{'capacity':{'storage':'2Gi'},"       \
    "'accessModes':['ReadWriteOnce'],'storageClassName':'late','hostPath':{'path':'/x'},'nodeAffinity':{'required':{"  \
    "'nodeSelectorTerms':[{'matchExpressions':[{'key':'kubernetes.io/hostname','operator':'In','values':['n2']}]}]}}}}"
#define USES_IT ",'volumes':[{'name':'x','persistentVolumeClaim':{'claimName':'c'}}]"

/* What the volume controller would do. */
static gboolean
bind_claim(ApiObject *claim, gpointer data)
{
    (void)data;
    ((PvcSpec *)api_edit_spec(claim))->volume_name = str_intern("v");
    str_map_set(&api_edit_meta(claim)->annotations, PVC_BIND_COMPLETED, str_intern("yes"));
    return TRUE;
}

static gboolean
make_available(ApiObject *volume, gpointer data)
{
    (void)data;
    ((PvStatus *)api_edit_status(volume))->phase = str_intern("Available");
    return TRUE;
}

static Plane *
plane_with(const char *class_)
{
    Plane *plane = plane_new(1, FALSE);

    plane_node(plane, "n1", "4", "8Gi");
    plane_node(plane, "n2", "4", "8Gi");
    plane_create(plane, make_object(class_));
    plane_create(plane, make_object(CLAIM));
    return plane;
}

START_TEST(test_volume_that_is_there)
{
    Plane *plane = plane_with(CLASS("kubernetes.io/no-provisioner"));
    const ObjectReference *reference;

    plane_create(plane, make_object(VOLUME));
    plane_patch(plane, &persistent_volume_kind, NULL, "v", "status", make_available, NULL);
    plane_run(plane, 20 * NS_PER_MS);
    plane_create(plane, plane_pod("a", "1", USES_IT));
    plane_run(plane, 900 * NS_PER_MS);
    /* the volume is promised, the pod is not bound yet */
    reference = pv_spec(plane_get(plane, &persistent_volume_kind, NULL, "v"))->claim_ref;
    ck_assert_ptr_nonnull(reference);
    ck_assert_str_eq(reference->name, "c");
    ck_assert_str_eq(reference->uid, api_uid(plane_get(plane, &persistent_volume_claim_kind, "default", "c")));
    ck_assert_str_eq(plane_where(plane, "a"), "");
    plane_run(plane, 3 * NS_PER_S);
    ck_assert_str_eq(plane_where(plane, "a"), "");
    /* looked at once a second */
    plane_patch(plane, &persistent_volume_claim_kind, "default", "c", NULL, bind_claim, NULL);
    plane_run(plane, 1200 * NS_PER_MS);
    ck_assert_str_eq(plane_where(plane, "a"), "n2");
    plane_free(plane);
}
END_TEST

START_TEST(test_volume_that_is_made)
{
    Plane *plane = plane_with(CLASS("csi.example.com"));
    const ApiObject *claim;

    plane_create(plane, plane_pod("a", "1", USES_IT));
    plane_run(plane, 500 * NS_PER_MS);
    claim = plane_get(plane, &persistent_volume_claim_kind, "default", "c");
    ck_assert_ptr_nonnull(str_map_get(&claim->meta->annotations, PVC_SELECTED_NODE));
    ck_assert_str_eq(plane_where(plane, "a"), "");
    plane_patch(plane, &persistent_volume_claim_kind, "default", "c", NULL, bind_claim, NULL);
    plane_run(plane, 1500 * NS_PER_MS);
    ck_assert_str_eq(plane_where(plane, "a"),
                     str_map_get(&plane_get(plane, &persistent_volume_claim_kind, "default", "c")->meta->annotations,
                                 PVC_SELECTED_NODE));
    plane_free(plane);
}
END_TEST

/* bindTimeoutSeconds: after ten minutes the pod goes back to the queue. */
START_TEST(test_nobody_binds_it)
{
    Plane *plane = plane_with(CLASS("csi.example.com"));

    plane_create(plane, plane_pod("a", "1", USES_IT));
    plane_run(plane, 599 * NS_PER_S);
    ck_assert_ptr_null(plane_message(plane, "a"));
    plane_run(plane, 5 * NS_PER_S);
    ck_assert_str_eq(plane_message(plane, "a"),
                     "running PreBind plugin \"VolumeBinding\": binding volumes: context deadline exceeded");
    plane_free(plane);
}
END_TEST

/* Two pods, one volume: the second does not choose it while the first is being bound. */
START_TEST(test_volume_is_reserved)
{
    Plane *plane = plane_with(CLASS("kubernetes.io/no-provisioner"));
    ApiObject *other = make_object(CLAIM);

    api_edit_meta(other)->name = str_intern("d");
    plane_create(plane, other);
    plane_create(plane, make_object(VOLUME));
    plane_patch(plane, &persistent_volume_kind, NULL, "v", "status", make_available, NULL);
    plane_run(plane, 20 * NS_PER_MS);
    plane_post(plane, plane_pod("a", "1", USES_IT));
    plane_post(plane, plane_pod("b", "1", ",'volumes':[{'name':'x','persistentVolumeClaim':{'claimName':'d'}}]"));
    plane_run(plane, 500 * NS_PER_MS);
    ck_assert_ptr_null(plane_message(plane, "a"));
    ck_assert_ptr_nonnull(strstr(plane_message(plane, "b"), "2 node(s) didn't find available persistent volumes to bind"));
    plane_free(plane);
}
END_TEST

Suite *
prebind_suite(void)
{
    Suite *suite = suite_create("prebind");
    TCase *tcase = tcase_create("claims");

    tcase_add_test(tcase, test_volume_that_is_there);
    tcase_add_test(tcase, test_volume_that_is_made);
    tcase_add_test(tcase, test_nobody_binds_it);
    tcase_add_test(tcase, test_volume_is_reserved);
    suite_add_tcase(suite, tcase);
    return suite;
}
