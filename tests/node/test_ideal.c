/* test_ideal.c - nodes that are played: the times of recordings with KWOK */

#include "tests/node/lab.h"

#include <check.h>

Suite *ideal_suite(void);

static const char pods_yaml[] =
    "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec:\n"
    "  containers: [{name: app, image: \"app:1\"}]\n"
    "---\n"
    "apiVersion: v1\nkind: Pod\nmetadata: {name: job}\nspec:\n"
    "  restartPolicy: Never\n"
    "  containers: [{name: app, image: \"app:1\", command: [sh, -c, \"sleep 3; exit 1\"]}]\n";

static void
ck_between(gint64 got, gint64 low, gint64 high)
{
    ck_assert_msg(got >= low && got <= high, "%d ms, want %d..%d", (int)got, (int)low, (int)high);
}

START_TEST(test_ideal_life)
{
    Lab *lab = lab_new(&(LabOptions){.seed = 1, .ideal = TRUE, .cluster_dns = TRUE});
    gint64 created;

    lab_apply(lab, pods_yaml);
    lab_run(lab, 6000);
    created = lab_when(lab, "web", pod_waits, "ContainerCreating", 0);
    ck_between(created, 5, 40);
    ck_between(lab_when(lab, "web", pod_condition_true, "Ready", 0), created + 1000,
               created + 1020);
    ck_assert_str_eq(pod_status(lab_pod(lab, "web"))->pod_ip, "10.244.1.1");
    ck_between(lab_when(lab, "job", pod_phase_is, "Failed", 0), 4000, 4100);
    ck_assert(pod_ended(lab_pod(lab, "job"), "Error"));
    lab_delete(lab, "web", -1);
    lab_run(lab, 8000);
    ck_between(lab_when_gone(lab, "web"), 7000, 7030);
    lab_free(lab);
}
END_TEST

/* The process ends: nothing of its pods changes. It comes back: what was left is done. */
START_TEST(test_ideal_power)
{
    Lab *lab = lab_new(&(LabOptions){.seed = 1, .ideal = TRUE, .cluster_dns = TRUE});

    lab_apply(lab, pods_yaml);
    lab_run(lab, 2000);
    machine_power_off(lab->machines[0]);
    lab_run(lab, 3000);
    lab_delete(lab, "web", -1);
    lab_run(lab, 20000);
    ck_assert_int_eq(lab_when_gone(lab, "web"), -1);
    ck_assert(pod_phase_is(lab_pod(lab, "job"), "Running"));
    machine_power_on(lab->machines[0]);
    lab_run(lab, 40000);
    ck_assert_int_gt(lab_when_gone(lab, "web"), 25000);
    ck_assert(pod_phase_is(lab_pod(lab, "job"), "Failed"));
    lab_free(lab);
}
END_TEST

/* kwok kustomize/stage/pod/fast/pod-delete.yaml: finalizers are emptied, then the pod is deleted. */
START_TEST(test_ideal_finalizer)
{
    Lab *lab = lab_new(&(LabOptions){.seed = 1, .ideal = TRUE, .cluster_dns = TRUE});

    lab_apply(lab, "apiVersion: v1\nkind: Pod\nmetadata: {name: held, finalizers: [example.com/x]}\nspec:\n"
                   "  containers: [{name: app, image: \"app:1\"}]\n");
    lab_run(lab, 3000);
    lab_delete(lab, "held", -1);
    lab_run(lab, 3900);
    ck_assert_int_eq(lab_when_gone(lab, "held"), -1);
    lab_run(lab, 6000);
    ck_between(lab_when_gone(lab, "held"), 4000, 4040);
    lab_free(lab);
}
END_TEST

START_TEST(test_ideal_node)
{
    Lab *lab = lab_new(&(LabOptions){.seed = 1, .ideal = TRUE, .cluster_dns = TRUE});
    const ApiObject *node = apiserver_peek(lab->server, &node_kind, NULL, str_intern("node-a"));
    const ApiObject *lease = apiserver_peek(lab->server, &lease_kind, str_intern("kube-node-lease"),
                                            str_intern("node-a"));
    const Quantity *memory =
        quantity_map_get(&node_status(node)->allocatable, str_intern("memory"));

    ck_assert(condition_is(&node_status(node)->conditions, "Ready", "True"));
    ck_assert_str_eq(quantity_format(memory), "24Gi");
    ck_assert_ptr_nonnull(lease);
    ck_assert_int_eq(lease_spec(lease)->lease_duration_s.value, 40);
    lab_free(lab);
}
END_TEST

static gboolean
cordon(ApiObject *node, gpointer data)
{
    (void)data;
    ((NodeSpec *)api_edit_spec(node))->unschedulable = TRUE;
    return TRUE;
}

/* Of the first record with @reason about node-a: its number; 0: there is none. */
static TraceId
find_record(const Lab *lab, const char *reason)
{
    const Trace *trace = sim_get_trace(lab->sim);

    for (TraceId id = 1; id <= trace_count(trace); id++) {
        const TraceRecord *record = trace_get(trace, id);

        if (str_is(record->object, "node/node-a") && str_is(record->reason, reason))
            return id;
    }
    return 0;
}

/* When the Node is reported next after a cordon, which is the cause of it. */
static gint64
report_after_cordon(gboolean is_calm)
{
    Lab *lab = lab_new(&(LabOptions){.seed = 1, .ideal = TRUE, .cluster_dns = TRUE});
    ApiRequest *request = api_request_new(VERB_PATCH, &node_kind, NULL, "node-a");
    const TraceRecord *report;
    gint64 time_ns;
    TraceId id;

    if (is_calm)
        world_set_calm(lab->world, G_MAXINT64);
    request->mutate = cordon;
    request->reason = str_intern("cordon");
    ck_assert_int_eq(lab_call(lab, request), 200);
    lab_run(lab, 600000);
    id = find_record(lab, "node status report is due");
    ck_assert_uint_ne(id, 0);
    report = trace_get(sim_get_trace(lab->sim), id);
    ck_assert_uint_ne(report->cause, 0);
    ck_assert_uint_eq(report->cause, find_record(lab, "cordon"));
    time_ns = report->time_ns;
    lab_free(lab);
    return time_ns;
}

/* A change of its Node is looked at, or, in a calm world, known to say nothing: the next report is the same. */
START_TEST(test_ideal_node_changed)
{
    ck_assert_int_eq(report_after_cordon(TRUE), report_after_cordon(FALSE));
}
END_TEST

Suite *
ideal_suite(void)
{
    Suite *suite = suite_create("ideal");
    TCase *tcase = tcase_create("life");

    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, test_ideal_life);
    tcase_add_test(tcase, test_ideal_power);
    tcase_add_test(tcase, test_ideal_finalizer);
    tcase_add_test(tcase, test_ideal_node);
    tcase_add_test(tcase, test_ideal_node_changed);
    suite_add_tcase(suite, tcase);
    return suite;
}
