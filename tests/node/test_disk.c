/* test_disk.c - v1.34 eviction_manager.go, image_gc_manager.go: a disk that fills up (the lab's nodes have 100 GiB) */

#include "node/pressure.h"
#include "tests/node/lab.h"
#include "tests/node/support.h"

#include <check.h>

Suite *disk_suite(void);

#define GI (G_GINT64_CONSTANT(1) << 30)

static Lab *lab;

static void
begin(void)
{
    lab = lab_new(&(LabOptions){.seed = 1, .cluster_dns = TRUE});
}

static void
end(void)
{
    lab_free(lab);
}

#define WRITER(name, class, mib)                                                                                \
    "apiVersion: v1\nkind: Pod\nmetadata: {name: " name "}\nspec:\n  priorityClassName: " class "\n"           \
    "  volumes: [{name: data, emptyDir: {}}]\n  containers:\n"                                                  \
    "  - name: app\n    image: registry.local/app:1\n    volumeMounts: [{name: data, mountPath: /data}]\n"    \
    "    command: [sh, -c, 'sleep 1; dd if=/dev/zero of=/data/x bs=1M count=" mib "; sleep 100000']\n"

static const Condition *
pressure(void)
{
    const ApiObject *node = apiserver_peek(lab->server, &node_kind, NULL, str_intern("node-a"));

    return condition_find(&node_status(node)->conditions, "DiskPressure");
}

/* synchronize: below 15 % one pod a round goes, the one furthest above its request first; the condition outlasts it by 5 min */
START_TEST(test_eviction)
{
    const PodStatus *status;

    lab_apply(lab, WRITER("little", "\"\"", "1000"));
    lab_apply(lab, WRITER("much", "\"\"", "90000"));
    lab_run(lab, 40000);
    status = pod_status(lab_pod(lab, "much"));
    ck_assert_str_eq(status->reason, "Evicted");
    ck_assert(g_str_has_prefix(status->message, "The node was low on resource: ephemeral-storage. Threshold quantity: 16106128000, available: "));
    ck_assert(pod_condition_true(lab_pod(lab, "much"), "DisruptionTarget"));
    ck_assert_str_eq(lab_event_message(lab, "node-a", "EvictionThresholdMet"), "Attempting to reclaim ephemeral-storage");
    ck_assert_int_eq(lab_count_event(lab, "node-a", "EvictionThresholdMet"), 1);
    ck_assert(pod_phase_is(lab_pod(lab, "little"), "Running"));
    ck_assert_str_eq(pressure()->status, "True");
    ck_assert_str_eq(pressure()->reason, "KubeletHasDiskPressure");
    ck_assert_str_eq(pressure()->message, "kubelet has disk pressure");
    ck_assert_int_eq(lab_count_event(lab, "node-a", "NodeHasDiskPressure"), 1);
    lab_run(lab, 290000);
    ck_assert_str_eq(pressure()->status, "True");
    lab_run(lab, 350000);
    ck_assert_str_eq(pressure()->status, "False");
    ck_assert_int_eq(lab_count_event(lab, "node-a", "NodeHasNoDiskPressure"), 2); /* at its start, and now */
    ck_assert(pod_phase_is(lab_pod(lab, "little"), "Running"));
}
END_TEST

/* Admit: with disk pressure nobody may come but critical pods, whatever was asked for */
START_TEST(test_refusal)
{
    lab_apply(lab, WRITER("much", "\"\"", "90000"));
    lab_run(lab, 40000);
    lab_apply(lab, "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  containers:\n"
                   "  - {name: app, image: \"registry.local/app:1\", resources: {requests: {cpu: 100m}}}\n");
    lab_apply(lab, WRITER("c", "system-node-critical", "1000"));
    lab_run(lab, 45000);
    ck_assert_str_eq(pod_status(lab_pod(lab, "p"))->reason, "Evicted");
    ck_assert_str_eq(pod_status(lab_pod(lab, "p"))->message, "Pod was rejected: The node had condition: [DiskPressure]. ");
    ck_assert(pod_phase_is(lab_pod(lab, "c"), "Running"));
}
END_TEST

/*
 * GarbageCollect: from 85 % on (of whole percents used: here 15.1 % are left, so nobody is evicted) what no container
 * has goes; what is in use stays; that it was not enough is told each 5 min, from the second time on
 * twice (kubelet.go StartGarbageCollection)
 */
START_TEST(test_images)
{
    Runtime *runtime = lab->runtimes[0];

    ck_assert(runtime_has_image(runtime, "registry.local/app:2")); /* 225 MB */
    lab_apply(lab, WRITER("p", "\"\"", "86500"));
    lab_run(lab, 200000);
    ck_assert(runtime_has_image(runtime, "registry.local/app:2"));
    lab_run(lab, 320000);
    ck_assert(!runtime_has_image(runtime, "registry.local/app:2"));
    ck_assert(runtime_has_image(runtime, "registry.local/app:1"));
    ck_assert_int_eq(lab_count_event(lab, "node-a", "FreeDiskSpaceFailed"), 1);
    ck_assert(g_str_has_prefix(lab_event_message(lab, "node-a", "FreeDiskSpaceFailed"), "Failed to garbage collect required amount of images. Attempted to free "));
    ck_assert(g_str_has_suffix(lab_event_message(lab, "node-a", "FreeDiskSpaceFailed"), " bytes, but only found 225000000 bytes eligible to free."));
    ck_assert_int_eq(lab_count_event(lab, "node-a", "ImageGCFailed"), 0);
    lab_run(lab, 620000);
    /* 15.3 % are left, of which 15 count. */
    ck_assert_int_eq(lab_count_event(lab, "node-a", "ImageGCFailed"), 1);
    ck_assert(g_str_has_suffix(lab_event_message(lab, "node-a", "ImageGCFailed"), " bytes, but only found 0 bytes eligible to free."));
    ck_assert_int_eq(lab_count_event(lab, "node-a", "EvictionThresholdMet"), 0);
    ck_assert(pod_phase_is(lab_pod(lab, "p"), "Running"));
}
END_TEST

/* synchronize: unused images go before any pod has to; critical pods never do */
START_TEST(test_images_first)
{
    Runtime *runtime = lab->runtimes[0];

    ck_assert(runtime_has_image(runtime, "registry.local/app:2"));
    lab_apply(lab, WRITER("p", "\"\"", "86700"));
    lab_run(lab, 40000);
    ck_assert_int_eq(lab_count_event(lab, "node-a", "EvictionThresholdMet"), 1);
    ck_assert(!runtime_has_image(runtime, "registry.local/app:2"));
    ck_assert(runtime_has_image(runtime, "registry.local/app:1"));
    ck_assert(pod_phase_is(lab_pod(lab, "p"), "Running"));
    lab_apply(lab, WRITER("c", "system-node-critical", "90000"));
    lab_run(lab, 80000);
    ck_assert(pod_phase_is(lab_pod(lab, "p"), "Failed"));
    ck_assert(pod_phase_is(lab_pod(lab, "c"), "Running"));
}
END_TEST

/* ParseThresholdConfig: what is configured instead of the defaults; 0 is off */
START_TEST(test_configured)
{
    end();
    lab = lab_new(&(LabOptions){.seed = 1, .cluster_dns = TRUE, .eviction.hard = {NULL, "0", "40Gi"}});
    lab_apply(lab, WRITER("p", "\"\"", "60000"));
    lab_run(lab, 40000);
    ck_assert(pod_phase_is(lab_pod(lab, "p"), "Running"));
    lab_apply(lab, WRITER("q", "\"\"", "2000"));
    lab_run(lab, 80000);
    ck_assert(g_str_has_prefix(pod_status(lab_pod(lab, "p"))->message, "The node was low on resource: ephemeral-storage. Threshold quantity: 40Gi, available: "));
    end();
    lab = lab_new(&(LabOptions){.seed = 1, .cluster_dns = TRUE, .eviction.hard = {NULL, "0", "0"}});
    lab_apply(lab, WRITER("p", "\"\"", "100000"));
    lab_run(lab, 80000);
    ck_assert(pod_phase_is(lab_pod(lab, "p"), "Running"));
}
END_TEST

/* helpers_test.go TestOrderedByExceedsRequestDisk, TestOrderedByPriorityDisk: above the request, then low priority, then much above it */
START_TEST(test_rank)
{
    static const struct {
        const char *name, *request;
        gint32 priority;
        gint64 usage;
    } rows[] = {
        {"below-low", "10Gi", -5, 9}, {"above-high", "1Gi", 5, 50}, {"above-low-little", "1Gi", 0, 2}, {"above-low-much", NULL, 0, 8}, {"below-high", "10Gi", 9, 1},
    };
    static const char *const want[] = {"above-low-much", "above-low-little", "above-high", "below-low", "below-high"};
    g_autoptr(GPtrArray) pods = g_ptr_array_new_with_free_func(api_object_unref);
    PodUsage usages[G_N_ELEMENTS(rows)];

    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *yaml = g_strdup_printf("apiVersion: v1\nkind: Pod\nmetadata: {name: %s}\nspec:\n  priority: %d\n  containers: [{name: c, image: \"i:1\", resources: {requests: {%s%s}}}]\n",
                                                rows[i].name, rows[i].priority, rows[i].request == NULL ? "" : "ephemeral-storage: ", rows[i].request == NULL ? "" : rows[i].request);

        g_ptr_array_add(pods, pod_from_yaml(yaml));
        usages[i] = (PodUsage){pods->pdata[i], rows[i].usage * GI};
    }
    eviction_rank_disk(usages, pods->len);
    for (guint i = 0; i < pods->len; i++)
        ck_assert_str_eq(api_name(usages[i].pod), want[i]);
}
END_TEST

Suite *
disk_suite(void)
{
    Suite *suite = suite_create("disk");
    TCase *tcase = tcase_create("nodes");

    tcase_set_timeout(tcase, 120);
    tcase_add_checked_fixture(tcase, begin, end);
    tcase_add_test(tcase, test_eviction);
    tcase_add_test(tcase, test_refusal);
    tcase_add_test(tcase, test_images);
    tcase_add_test(tcase, test_images_first);
    tcase_add_test(tcase, test_configured);
    tcase_add_test(tcase, test_rank);
    suite_add_tcase(suite, tcase);
    return suite;
}
