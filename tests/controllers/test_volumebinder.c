/*
 * test_volumebinder.c - what becomes of a claim and of a volume
 *
 * v1.34 pkg/controller/volume/persistentvolume/binder_test.go (TestSync), provision_test.go, delete_test.go; what a
 * class says: volumeBindingMode, provisioner, reclaimPolicy.
 */

#include "api/kinds/network.h"
#include "api/kinds/storage.h"
#include "tests/controllers/mini.h"
#include "tests/controllers/suites.h"

#define NOW    "{metadata: {name: k}, provisioner: csi.example.com, reclaimPolicy: Retain}"
#define WAITS  "{metadata: {name: k}, provisioner: csi.example.com, volumeBindingMode: WaitForFirstConsumer}"
#define NOBODY "{metadata: {name: k}, provisioner: kubernetes.io/no-provisioner}"
#define FREE   "storageClassName: k, capacity: {storage: 5Gi}, accessModes: [ReadWriteOnce], hostPath: {path: /x}"

static const struct {
    const char *name;
    const char *class_;      /* NULL: there is none of the name k */
    const char *annotations; /* of the claim, which asks for k */
    const char *volumes[2];  /* specs of v0, v1 */
    const char *want_volume; /* that the claim has then; "made", NULL: none */
    const char *want_event;  /* reason; NULL: any or none */
    const char *want_policy; /* of the volume */
} cases[] = {
    {"one that fits", NOW, "", {FREE}, "v0", NULL, NULL},
    {"the smaller of two", NOW, "", {"storageClassName: k, capacity: {storage: 9Gi}, accessModes: [ReadWriteOnce], hostPath: {path: /x}", FREE},
     "v1", NULL, NULL},
    {"one is made, as the class says", NOW, "", {NULL}, "made", "ProvisioningSucceeded", "Retain"},
    {"by somebody else", NOW, "", {NULL}, "made",
     "ExternalProvisioning Waiting for a volume to be created either by the external provisioner 'csi.example.com' or manually", NULL},
    {"one is made where there is no such class", NULL, "", {NULL}, "made", "ProvisioningSucceeded", "Delete"},
    {"too small: one is made", NOW, "", {"storageClassName: k, capacity: {storage: 1Gi}, accessModes: [ReadWriteOnce], hostPath: {path: /x}"},
     "made", NULL, NULL},
    {"of another class: one is made", NOW, "", {"storageClassName: j, capacity: {storage: 5Gi}, accessModes: [ReadWriteOnce], hostPath: {path: /x}"},
     "made", NULL, NULL},
    {"other access modes: one is made", NOW, "", {"storageClassName: k, capacity: {storage: 5Gi}, accessModes: [ReadOnlyMany], hostPath: {path: /x}"},
     "made", NULL, NULL},
    {"nobody makes any", NOBODY, "", {NULL}, NULL, "ProvisioningFailed no volume plugin matched name: kubernetes.io/no-provisioner", NULL},
    {"nobody makes any, one is there", NOBODY, "", {FREE}, "v0", NULL, NULL},
    {"it waits for its pod, though one is there", WAITS, "", {FREE}, NULL, "WaitForFirstConsumer", NULL},
    {"it waits for its pod", WAITS, "", {NULL}, NULL, "WaitForFirstConsumer", NULL},
    {"the scheduler chose a node", WAITS, "volume.kubernetes.io/selected-node: n1", {NULL}, "made", "ProvisioningSucceeded", "Delete"},
    {"the scheduler chose a volume", WAITS, "", {FREE ", claimRef: {namespace: default, name: c}"}, "v0", NULL, NULL},
};

START_TEST(test_claim)
{
    Mini *mini = mini_new();
    g_autofree char *text = g_strdup_printf("{metadata: {name: c, annotations: {%s}}, spec: {storageClassName: k, accessModes: "
                                            "[ReadWriteOnce], resources: {requests: {storage: 3Gi}}}}",
                                            cases[_i].annotations);
    const ApiObject *claim;
    const ApiObject *volume;

    if (cases[_i].class_ != NULL)
        mini_add(mini, object_from_yaml(&storage_class_kind, cases[_i].class_));
    for (guint i = 0; i < 2 && cases[_i].volumes[i] != NULL; i++) {
        g_autofree char *yaml = g_strdup_printf("{metadata: {name: v%u}, spec: {%s}}", i, cases[_i].volumes[i]);

        mini_add(mini, object_from_yaml(&persistent_volume_kind, yaml));
    }
    mini_add(mini, object_from_yaml(&persistent_volume_claim_kind, text));
    mini_sync(mini, &volume_binder_controller, "default/c");
    claim = mini_get(mini, &persistent_volume_claim_kind, "default", "c");
    if (cases[_i].want_event != NULL)
        ck_assert_msg(strstr(mini->log->str, cases[_i].want_event) != NULL, "%s: %s", cases[_i].name, mini->log->str);
    if (cases[_i].want_volume == NULL) {
        ck_assert_msg(str_is_empty(pvc_spec(claim)->volume_name), "%s", cases[_i].name);
        mini_free(mini);
        return;
    }
    volume = mini_get(mini, &persistent_volume_kind, NULL, pvc_spec(claim)->volume_name);
    ck_assert_msg(volume != NULL, "%s: %s", cases[_i].name, mini->log->str);
    ck_assert_msg(str_is(cases[_i].want_volume, "made") ? g_str_has_prefix(api_name(volume), "pvc-")
                                                        : str_is(api_name(volume), cases[_i].want_volume),
                  "%s: %s", cases[_i].name, api_name(volume));
    ck_assert_str_eq(pvc_status(claim)->phase, "Bound");
    ck_assert_ptr_nonnull(str_map_get(&claim->meta->annotations, PVC_BIND_COMPLETED));
    if (cases[_i].want_policy != NULL)
        ck_assert_msg(str_is(pv_spec(volume)->reclaim_policy, cases[_i].want_policy), "%s", cases[_i].name);
    mini_free(mini);
}
END_TEST

/* A claim made for a volume by hand is marked as bound too; the user, not the controller, chose. */
START_TEST(test_claim_that_names_its_volume)
{
    Mini *mini = mini_new();
    const ApiObject *claim;

    mini_add(mini, object_from_yaml(&persistent_volume_kind, "{metadata: {name: v0}, spec: {" FREE "}}"));
    mini_add(mini, object_from_yaml(&persistent_volume_claim_kind,
                                    "{metadata: {name: c}, spec: {storageClassName: k, volumeName: v0, accessModes: "
                                    "[ReadWriteOnce], resources: {requests: {storage: 3Gi}}}}"));
    mini_sync(mini, &volume_binder_controller, "default/c");
    claim = mini_get(mini, &persistent_volume_claim_kind, "default", "c");
    ck_assert_str_eq(pvc_status(claim)->phase, "Bound");
    ck_assert_ptr_nonnull(str_map_get(&claim->meta->annotations, PVC_BIND_COMPLETED));
    ck_assert_ptr_null(str_map_get(&claim->meta->annotations, PVC_BOUND_BY_CONTROLLER));
    mini_free(mini);
}
END_TEST

/* TestDelayBinding...: for whom a claim waits; asked again every 15 s. */
START_TEST(test_waiting)
{
    static const struct {
        const char *pods; /* names; "+": on a node */
        const char *want;
    } rows[] = {
        {"", "WaitForFirstConsumer waiting for first consumer to be created before binding"},
        {"a", "WaitForPodScheduled waiting for pod a to be scheduled"},
        {"a b", "WaitForPodScheduled waiting for pods a,b to be scheduled"},
        {"a+", "WaitForFirstConsumer waiting for first consumer to be created before binding"},
        {"a+ b", "WaitForPodScheduled waiting for pod b to be scheduled"},
    };

    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        Mini *mini = mini_new();
        g_auto(GStrv) names = g_strsplit(rows[i].pods, " ", -1);

        mini_add(mini, object_from_yaml(&storage_class_kind, WAITS));
        mini_add(mini, object_from_yaml(&persistent_volume_claim_kind,
                                        "{metadata: {name: c}, spec: {storageClassName: k, accessModes: [ReadWriteOnce], "
                                        "resources: {requests: {storage: 3Gi}}}}"));
        for (guint k = 0; names[k] != NULL; k++) {
            gboolean is_placed = g_str_has_suffix(names[k], "+");
            g_autofree char *yaml = NULL;

            if (is_placed)
                names[k][strlen(names[k]) - 1] = '\0';
            yaml = g_strdup_printf("{metadata: {name: %s}, spec: {%scontainers: [{name: c, image: i}], volumes: [{name: v, "
                                   "persistentVolumeClaim: {claimName: c}}]}}",
                                   names[k], is_placed ? "nodeName: n1, " : "");
            mini_add(mini, object_from_yaml(&pod_kind, yaml));
        }
        mini_sync(mini, &volume_binder_controller, "default/c");
        ck_assert_msg(strstr(mini->log->str, rows[i].want) != NULL, "%s: %s", rows[i].pods, mini->log->str);
        ck_assert_int_eq(mini->requeue_ns, 15 * NS_PER_S);
        mini_free(mini);
    }
}
END_TEST

Suite *
volumebinder_suite(void)
{
    Suite *suite = suite_create("volumebinder");
    TCase *tcase = tcase_create("rows");

    tcase_add_loop_test(tcase, test_claim, 0, G_N_ELEMENTS(cases));
    tcase_add_test(tcase, test_claim_that_names_its_volume);
    tcase_add_test(tcase, test_waiting);
    suite_add_tcase(suite, tcase);
    return suite;
}
