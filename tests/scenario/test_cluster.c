/* The assembled cluster: boots before 0 s, finds its parts by name, twice the same. */

#include "tests/scenario/support.h"

#include "api/kinds.h"
#include "base/duration.h"

#include <check.h>

Suite *cluster_suite(void);

#define NODES                                                                                      \
    "  cluster:\n    controlPlane: {etcd: {members: 3}}\n    nodes:\n"                            \
    "    - {name: worker, count: 2, cpu: 2, memory: 4Gi, pods: 50, zone: z1, region: r, labels: {disk: ssd}, taints: ['gpu=yes:NoSchedule']}\n" \
    "    - {name: big, cpu: 8, memory: 32Gi}\n"

/* Every name a fault may say. */
static const struct {
    const char *component, *node;
    const char *want; /* name of the process; NULL: none */
} process_cases[] = {
    {"kube-scheduler", NULL, "kube-scheduler"},
    {"scheduler", NULL, "kube-scheduler"},
    {"kube-controller-manager", NULL, "kube-controller-manager"},
    {"controller-manager", NULL, "kube-controller-manager"},
    {"kube-apiserver", NULL, "kube-apiserver"},
    {"apiserver", NULL, "kube-apiserver"},
    {"etcd", NULL, "etcd"},
    {"kubelet", "worker-1", "kubelet"},
    {"kubelet", "big", "kubelet"},
    {"kube-proxy", "worker-2", "kube-proxy"},
    {"kubelet", NULL, NULL},
    {"kubelet", "nowhere", NULL},
    {"kube-proxy", NULL, NULL},
    {"something", NULL, NULL},
};

static Play shared;

static void
boot(void)
{
    shared = play_until(SCENARIO(NODES) "---\napiVersion: v1\nkind: Node\nmetadata: {name: own, labels: {topology.kubernetes.io/zone: z9}}\nspec:\n  taints: [{key: a, effect: NoExecute}]\nstatus:\n  capacity: {cpu: 3, memory: 5Gi, pods: 7}\n", 0);
}

static void
halt(void)
{
    play_clear(&shared);
}

START_TEST(test_processes)
{
    Process *process = cluster_process(run_cluster(shared.run), process_cases[_i].component, process_cases[_i].node);

    if (process_cases[_i].want == NULL) {
        ck_assert_ptr_null(process);
        return;
    }
    ck_assert_ptr_nonnull(process);
    ck_assert(process_is_running(process));
    ck_assert_msg(g_str_has_prefix(process_name(process), process_cases[_i].want), "%s", process_name(process));
    if (process_cases[_i].node != NULL)
        ck_assert_str_eq(machine_name(process_machine(process)), process_cases[_i].node);
}
END_TEST

static const ApiObject *
node(const char *name)
{
    const ApiObject *object = apiserver_peek(run_cluster(shared.run)->server, &node_kind, NULL, str_intern(name));

    ck_assert_ptr_nonnull(object);
    return object;
}

/* At 0 s: registered, Ready, with addresses for pods, without the taint of not being ready. */
START_TEST(test_ready)
{
    static const char *const names[] = {"worker-1", "worker-2", "big", "own"};

    ck_assert_int_eq(sim_now_ns(run_cluster(shared.run)->sim), 0);
    for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
        const ApiObject *object = node(names[i]);

        ck_assert(condition_is(&node_status(object)->conditions, "Ready", "True"));
        ck_assert(!str_is_empty(node_spec(object)->pod_cidr));
        for (guint k = 0; k < node_spec(object)->taints.count; k++)
            ck_assert(!g_str_has_prefix(node_spec(object)->taints.items[k].key, "node.kubernetes.io/"));
    }
}
END_TEST

static gint64
capacity(const char *name, const char *resource)
{
    return quantity_value(quantity_map_get(&node_status(node(name))->capacity, str_intern(resource)));
}

START_TEST(test_as_written)
{
    const ApiObject *worker = node("worker-2");

    ck_assert_int_eq(capacity("worker-2", "cpu"), 2);
    ck_assert_int_eq(capacity("worker-2", "memory"), G_GINT64_CONSTANT(4) << 30);
    ck_assert_int_eq(capacity("worker-2", "pods"), 50);
    ck_assert_int_eq(capacity("big", "cpu"), 8);
    ck_assert_str_eq(str_map_get(&worker->meta->labels, "disk"), "ssd");
    ck_assert_str_eq(str_map_get(&worker->meta->labels, "topology.kubernetes.io/zone"), "z1");
    ck_assert_str_eq(str_map_get(&worker->meta->labels, "topology.kubernetes.io/region"), "r");
    ck_assert_str_eq(str_map_get(&worker->meta->labels, "kubernetes.io/hostname"), "worker-2");
    ck_assert_uint_eq(node_spec(worker)->taints.count, 1);
    ck_assert_str_eq(node_spec(worker)->taints.items[0].key, "gpu");
    ck_assert_str_eq(node_spec(worker)->taints.items[0].value, "yes");
    ck_assert_str_eq(node_spec(worker)->taints.items[0].effect, "NoSchedule");
    /* a Node manifest is a node that is there from the start */
    ck_assert_int_eq(capacity("own", "cpu"), 3);
    ck_assert_int_eq(capacity("own", "memory"), G_GINT64_CONSTANT(5) << 30);
    ck_assert_int_eq(capacity("own", "pods"), 7);
    ck_assert_str_eq(str_map_get(&node("own")->meta->labels, "topology.kubernetes.io/zone"), "z9");
    ck_assert_str_eq(node_spec(node("own"))->taints.items[0].effect, "NoExecute");
}
END_TEST

/*
 * KubeletOptions.declared. Played nodes are as KWOK has them: what the manifest's status says stands. A real kubelet
 * measures its machine, which the manifest makes as large as it says (v1.34 pkg/kubelet/nodestatus/setters.go MachineInfo).
 * "cpu CAPACITY/ALLOCATABLE memory ... gpu ... IMAGE=BYTES ... cordoned".
 */
static const struct {
    const char *name, *kubelet, *node, *want;
} declared_cases[] = {
    {"capacity alone is allocatable", "ideal", "status: {capacity: {cpu: 3, memory: 5Gi}}", "cpu 3/3 memory 5Gi/5Gi"},
    {"less to allocate", "ideal", "status: {capacity: {cpu: 4, memory: 8Gi}, allocatable: {cpu: 3800m, memory: 7Gi}}",
     "cpu 4/3800m memory 8Gi/7Gi"},
    {"allocatable alone", "ideal", "status: {allocatable: {cpu: 1900m, memory: 3Gi}}", "cpu 1900m/1900m memory 3Gi/3Gi"},
    {"extended resources", "ideal", "status: {capacity: {cpu: 2, memory: 4Gi, example.com/gpu: 2}}",
     "cpu 2/2 memory 4Gi/4Gi gpu 2/2"},
    {"images", "ideal",
     "status: {capacity: {cpu: 2, memory: 4Gi}, images: [{names: ['web:1', 'web@sha256:1'], sizeBytes: 500}, {names: ['db:2'], sizeBytes: 7}]}",
     "cpu 2/2 memory 4Gi/4Gi web:1,web@sha256:1=500 db:2=7"},
    {"cordoned", "ideal", "spec: {unschedulable: true}", "cpu 4/4 memory 8Gi/8Gi cordoned"},
    {"a real kubelet keeps what eviction needs", "real", "status: {capacity: {cpu: 4, memory: 8Gi}, allocatable: {cpu: 1, memory: 1Gi}}",
     "cpu 4/4 memory 8Gi/8092Mi"},
    {"a real kubelet finds no images and no devices", "real",
     "status: {capacity: {cpu: 2, memory: 4Gi, example.com/gpu: 2}, images: [{names: ['web:1'], sizeBytes: 500}]}",
     "cpu 2/2 memory 4Gi/3996Mi"},
    {"a real node, cordoned", "real", "spec: {unschedulable: true}", "cpu 4/4 memory 8Gi/8092Mi cordoned"},
};

static void
append_amount(GString *out, const NodeStatus *status, const char *key, const char *word)
{
    const Quantity *capacity = quantity_map_get(&status->capacity, str_intern(key));
    const Quantity *allocatable = quantity_map_get(&status->allocatable, str_intern(key));

    if (capacity != NULL && allocatable != NULL)
        g_string_append_printf(out, "%s%s %s/%s", out->len > 0 ? " " : "", word, quantity_format(capacity),
                               quantity_format(allocatable));
}

START_TEST(test_declared)
{
    g_autofree char *text =
        g_strdup_printf(SCENARIO("  cluster: {nodes: [{name: other}]%s}\n") "---\napiVersion: v1\nkind: Node\nmetadata: {name: own}\n%s\n",
                        str_is(declared_cases[_i].kubelet, "ideal") ? ", kubelet: ideal" : "", declared_cases[_i].node);
    g_auto(Play) played = play_until(text, NS_PER_S);
    const ApiObject *own = apiserver_peek(run_cluster(played.run)->server, &node_kind, NULL, str_intern("own"));
    const NodeStatus *status = node_status(own);
    g_autoptr(GString) got = g_string_new(NULL);

    append_amount(got, status, "cpu", "cpu");
    append_amount(got, status, "memory", "memory");
    append_amount(got, status, "example.com/gpu", "gpu");
    for (guint i = 0; i < status->images.count; i++) {
        const ContainerImage *image = &status->images.items[i];

        for (guint k = 0; k < image->names.count; k++)
            g_string_append_printf(got, "%s%s", k > 0 ? "," : " ", image->names.items[k]);
        g_string_append_printf(got, "=%" G_GINT64_FORMAT, image->size_bytes);
    }
    if (node_spec(own)->unschedulable)
        g_string_append(got, " cordoned");
    ck_assert_msg(str_is(str_intern(got->str), str_intern(declared_cases[_i].want)), "%s: %s, want %s", declared_cases[_i].name, got->str,
                  declared_cases[_i].want);
}
END_TEST

START_TEST(test_find)
{
    Cluster *cluster = run_cluster(shared.run);

    ck_assert_str_eq(cluster_find_node(cluster, "big")->name, "big");
    ck_assert_ptr_null(cluster_find_node(cluster, "worker"));
    ck_assert_ptr_null(cluster_find_traffic(cluster, "users"));
    ck_assert_ptr_null(cluster_find_container(cluster, "default", "none", NULL));
    ck_assert_uint_eq(cluster->etcd_machines->len, 3);
}
END_TEST

#define LIFE                                                                                       \
    SCENARIO("  seed: 4\n" NODES "  traffic: [{to: 'service/web:80', rate: 20/s}]\n"               \
             "  timeline:\n  - {at: 20s, fault: {nodePowerOff: {node: worker-1}}}\n"              \
             "  - {at: 30s, kubectl: delete pod -l app=web --wait=false}\n")                        \
    "---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  replicas: 3\n"   \
    "  selector: {matchLabels: {app: web}}\n  template:\n    metadata: {labels: {app: web}}\n"    \
    "    spec: {tolerations: [{operator: Exists}], containers: [{name: c, image: nginx}]}\n"      \
    "---\napiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {selector: {app: web}, ports: [{port: 80}]}\n"

static guint64
fingerprint(const char *text, guint64 seed, gint64 step_ns)
{
    g_autoptr(Diag) diag = diag_new();
    g_autoptr(Scenario) scenario = load_text(text, NULL, diag);
    g_autoptr(Run) run = run_new(scenario, &(RunOptions){.seed = seed}, NULL);

    ck_assert_uint_eq(diag_count_errors(diag), 0);
    for (gint64 t = step_ns; run_advance(run, t); t += step_ns)
        ;
    run_finish(run);
    return sim_fingerprint(run_cluster(run)->sim);
}

/* Same seed, same bytes: in one process, and however the clock is advanced. */
START_TEST(test_same)
{
    guint64 first = fingerprint(LIFE, 0, NS_PER_MIN);

    ck_assert_uint_eq(fingerprint(LIFE, 0, NS_PER_MIN), first);
    ck_assert_uint_eq(fingerprint(LIFE, 4, NS_PER_S), first);
    ck_assert_uint_ne(fingerprint(LIFE, 5, NS_PER_MIN), first);
}
END_TEST

/* Played nodes: no runtime, no proxy, pods ready `startup` after they are bound. */
START_TEST(test_ideal)
{
    g_auto(Play) played = play(SCENARIO("  cluster: {nodes: [{name: m, count: 2}], kubelet: ideal}\n  applications: [{match: {image: '*'}, startup: 3s, stop: 2s}]\n"
                                        "  timeline:\n  - {at: 30s, kubectl: delete pod p}\n"
                                        "  expect:\n  - {at: 2900ms, that: 'count pods ready == 0'}\n  - {at: 4s, that: 'count pods ready == 1'}\n  - {at: 31s, that: pod/p exists}\n  - {at: 33s, that: pod/p absent}\n") "---\napiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: [{name: c, image: x}]}\n");
    g_autofree char *checks = checks_of(played.run);

    ck_assert_msg(run_failures(played.run) == 0, "%s", checks);
    ck_assert_ptr_null(cluster_process(run_cluster(played.run), "kube-proxy", "m-1"));
    ck_assert_ptr_nonnull(cluster_process(run_cluster(played.run), "kubelet", "m-1"));
}
END_TEST

Suite *
cluster_suite(void)
{
    Suite *suite = suite_create("cluster");
    TCase *parts = tcase_create("parts");
    TCase *life = tcase_create("life");

    tcase_add_unchecked_fixture(parts, boot, halt);
    tcase_add_loop_test(parts, test_processes, 0, G_N_ELEMENTS(process_cases));
    tcase_add_test(parts, test_ready);
    tcase_add_test(parts, test_as_written);
    tcase_add_test(parts, test_find);
    suite_add_tcase(suite, parts);
    tcase_set_timeout(life, 120);
    tcase_add_loop_test(life, test_declared, 0, G_N_ELEMENTS(declared_cases));
    tcase_add_test(life, test_same);
    tcase_add_test(life, test_ideal);
    suite_add_tcase(suite, life);
    return suite;
}
