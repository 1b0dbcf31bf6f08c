/* test_rules.c - the kubelet's arithmetic: each case a table test of v1.34 */

#include "base/duration.h"
#include "node/backoff.h"
#include "node/ideal_exit.h"
#include "node/internal.h"
#include "node/pressure.h"
#include "node/probe_state.h"
#include "node/resources.h"
#include "tests/node/support.h"

#include <check.h>

Suite *rules_suite(void);

#define GI (G_GINT64_CONSTANT(1) << 30)
#define MI (G_GINT64_CONSTANT(1) << 20)

/* cm/node_container_manager_linux_test.go; eviction thresholds as 32-bit floats */
static const struct {
    const char *name;
    gint64 capacity, reserved;
    const char *threshold;
    gint64 want;
} allocatable_cases[] = {
    {"cpu, kube 100m and system 50m", 10000, 150, NULL, 9850},
    {"memory, 100Mi and 50Mi", 10 * GI, 150 * MI, NULL, 10 * GI - 150 * MI},
    {"memory, and a hard threshold of 100Mi", 10 * GI, 150 * MI, "100Mi", 10 * GI - 250 * MI},
    {"5 % of 10Gi is 536870920", 10 * GI, 0, "5%", 10 * GI - 536870920},
    {"8Gi, nothing reserved", 8 * GI, 0, "100Mi", 8092 * MI},
    {"never below zero", 100 * MI, 90 * MI, "100Mi", 0},
};

START_TEST(test_allocatable)
{
    __typeof__(&allocatable_cases[0]) c = &allocatable_cases[_i];
    gint64 got =
        allocatable_of(c->capacity, c->reserved, threshold_bytes(c->threshold, c->capacity));

    ck_assert_msg(got == c->want, "%s: %" G_GINT64_FORMAT, c->name, got);
}
END_TEST

/* cm/helpers_linux_test.go */
START_TEST(test_cpu)
{
    ck_assert_int_eq(cpu_quota_us_of_milli(200, 100000), 20000);
    ck_assert_int_eq(cpu_quota_us_of_milli(1500, 100000), 150000);
    ck_assert_int_eq(cpu_quota_us_of_milli(0, 100000), 0);
    ck_assert_int_eq(cpu_quota_us_of_milli(5, 100000), 1000);
    ck_assert_int_eq(cpu_shares_of_milli(0), 2);
    ck_assert_int_eq(cpu_shares_of_milli(200), 204);
    ck_assert_int_eq(cpu_shares_of_milli(1000000), 262144);
    ck_assert_int_eq(cpu_weight_of_shares(2), 1);
    ck_assert_int_eq(cpu_weight_of_shares(28), 1);
    ck_assert_int_eq(cpu_weight_of_shares(29), 2);
    ck_assert_int_eq(cpu_weight_of_shares(262144), 10000);
}
END_TEST

/* qos/policy_test.go, apis/core/v1/helper/qos/qos_test.go */
static const struct {
    const char *name, *resources, *qos;
    gint64 capacity;
    gint32 score;
} oom_cases[] = {
    {"request = limit",
     "{requests: {cpu: 100m, memory: 100Mi}, limits: {cpu: 100m, memory: 100Mi}}", "Guaranteed",
     8000000000, -997},
    {"limits only are copied", "{limits: {cpu: 100m, memory: 100Mi}}", "Guaranteed", 8000000000,
     -997},
    {"nothing", "{}", "BestEffort", 8000000000, 1000},
    {"memory only", "{requests: {memory: 100Mi}, limits: {memory: 100Mi}}", "Burstable",
     104857600000, 999},
    {"zero requests, limits set",
     "{requests: {cpu: 0, memory: 0}, limits: {cpu: 100m, memory: 200Mi}}", "Burstable", 8000000000,
     999},
    {"half of the machine", "{requests: {memory: 4000000000}}", "Burstable", 8000000000, 500},
    {"nearly all of it", "{requests: {memory: 7999999999}}", "Burstable", 8000000000, 3},
    {"cpu limit only", "{limits: {cpu: 1}}", "Burstable", 8000000000, 999},
};

START_TEST(test_oom_score)
{
    __typeof__(&oom_cases[0]) c = &oom_cases[_i];
    g_autofree char *yaml =
        g_strdup_printf("apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n"
                        "  containers: [{name: a, image: \"i:1\", resources: %s}]\n",
                        c->resources);
    g_autoptr(ApiObject) pod = pod_from_yaml(yaml);
    const PodSpec *spec = pod_spec(pod);

    ck_assert_msg(str_is(pod_qos(spec), c->qos), "%s: %s", c->name, pod_qos(spec));
    ck_assert_msg(oom_score_adj(spec, &spec->containers.items[0], c->capacity) == c->score,
                  "%s: %d", c->name, oom_score_adj(spec, &spec->containers.items[0], c->capacity));
}
END_TEST

/* client-go util/flowcontrol/backoff_test.go */
START_TEST(test_backoff_sequence)
{
    static const gint64 want_s[] = {1, 2, 4, 8, 16, 32, 50, 50, 50};
    Backoff backoff;
    gint64 now_ns = 0;

    backoff_init(&backoff, NS_PER_S, 50 * NS_PER_S);
    ck_assert(!backoff_holds(&backoff, "k", now_ns));
    for (guint i = 0; i < G_N_ELEMENTS(want_s); i++) {
        backoff_next(&backoff, "k", now_ns, now_ns);
        ck_assert_int_eq(backoff_get_ns(&backoff, "k"), want_s[i] * NS_PER_S);
        ck_assert(backoff_holds(&backoff, "k", now_ns + want_s[i] * NS_PER_S - 1));
        ck_assert(!backoff_holds(&backoff, "k", now_ns + want_s[i] * NS_PER_S));
        now_ns += want_s[i] * NS_PER_S;
    }
    /* More than twice the maximum without an update: from the start. */
    backoff_next(&backoff, "k", now_ns + 200 * NS_PER_S, now_ns + 200 * NS_PER_S);
    ck_assert_int_eq(backoff_get_ns(&backoff, "k"), NS_PER_S);
    backoff_collect(&backoff, now_ns + 400 * NS_PER_S);
    ck_assert_int_eq(backoff_get_ns(&backoff, "k"), 0);
    backoff_clear(&backoff);
}
END_TEST

/*
 * Probe kills: each instance ends 11 s after the last one. The check of a sync
 * sees the instance before the one it kills: restarts 1 to 3 are immediate, at
 * the fourth kill 11 s < 20 s.
 */
START_TEST(test_backoff_of_probe_kills)
{
    static const gint64 want_s[] = {0, 10, 20};
    Backoff backoff;

    backoff_init(&backoff, 10 * NS_PER_S, 300 * NS_PER_S);
    for (gint64 kill = 1; kill <= 3; kill++) {
        gint64 now_ns = kill * 11 * NS_PER_S;
        gint64 ended_ns = now_ns - 11 * NS_PER_S;

        if (kill > 1) {
            ck_assert(!backoff_holds_since(&backoff, "k", ended_ns, now_ns));
            backoff_next(&backoff, "k", ended_ns, now_ns);
        }
        ck_assert_int_eq(backoff_get_ns(&backoff, "k"), want_s[kill - 1] * NS_PER_S);
    }
    ck_assert(backoff_holds_since(&backoff, "k", 33 * NS_PER_S, 44 * NS_PER_S));
    backoff_clear(&backoff);
}
END_TEST

/* prober/worker_test.go: a result stays until the threshold of failures */
START_TEST(test_probe_thresholds)
{
    ProbeState state = {.type = PROBE_READINESS};

    ck_assert(probe_state_see(&state, "one"));
    ck_assert_int_eq(state.result, PROBE_FAILURE);
    ck_assert(probe_state_count(&state, PROBE_SUCCESS, 1, 3));
    ck_assert(!probe_state_count(&state, PROBE_FAILURE, 1, 3));
    ck_assert(!probe_state_count(&state, PROBE_FAILURE, 1, 3));
    ck_assert_int_eq(state.result, PROBE_SUCCESS);
    ck_assert(probe_state_count(&state, PROBE_FAILURE, 1, 3));
    ck_assert_int_eq(state.result, PROBE_FAILURE);
    ck_assert(!probe_state_count(&state, PROBE_FAILURE, 1, 3));
    ck_assert(!probe_state_count(&state, PROBE_SUCCESS, 2, 3));
    ck_assert(probe_state_count(&state, PROBE_SUCCESS, 2, 3));
}
END_TEST

START_TEST(test_probe_hold)
{
    ProbeState state = {.type = PROBE_LIVENESS};

    ck_assert(probe_state_see(&state, "one"));
    ck_assert_int_eq(state.result, PROBE_SUCCESS);
    ck_assert(probe_state_count(&state, PROBE_FAILURE, 1, 1));
    ck_assert(state.is_on_hold);
    ck_assert_int_eq(state.run, 0);
    ck_assert(!probe_state_see(&state, "one"));
    ck_assert(state.is_on_hold);
    ck_assert(probe_state_see(&state, "two"));
    ck_assert(!state.is_on_hold);
    ck_assert_int_eq(state.result, PROBE_SUCCESS);

    state = (ProbeState){.type = PROBE_STARTUP};
    probe_state_see(&state, "one");
    ck_assert_int_eq(state.result, PROBE_UNKNOWN);
    ck_assert(probe_state_count(&state, PROBE_SUCCESS, 1, 3));
    ck_assert(state.is_on_hold);
}
END_TEST

/* pod_workers_test.go: calculateEffectiveGracePeriod */
static const struct {
    const char *name;
    gint64 current, spec, deletion, override, want;
} grace_cases[] = {
    {"the spec's", 0, 30, -1, -1, 30},
    {"deletion is shorter", 0, 30, 5, -1, 5},
    {"deletion with zero", 0, 30, 0, -1, 1},
    {"deletion is longer than the spec", 0, 30, 40, -1, 40},
    {"it only shrinks", 10, 30, 20, -1, 10},
    {"it shrinks", 10, 30, 5, -1, 5},
    {"eviction", 0, 30, -1, 1, 1},
    {"eviction with zero", 0, 30, -1, 0, 1},
    {"override longer than deletion", 0, 30, 5, 10, 5},
    {"nothing said", 0, -1, -1, -1, 1},
};

START_TEST(test_grace)
{
    __typeof__(&grace_cases[0]) c = &grace_cases[_i];
    g_autoptr(ApiObject) pod = pod_with_containers("Always", "", "a");
    PodSpec *spec = api_edit_spec(pod);
    gint64 got;

    spec->termination_grace_s = c->spec >= 0 ? OPT_INT64(c->spec) : (OptInt64){0};
    if (c->deletion >= 0)
        api_edit_meta(pod)->deletion_grace_s = OPT_INT64(c->deletion);
    got = worker_effective_grace_s(c->current, pod, c->override);
    ck_assert_msg(got == c->want, "%s: %d", c->name, (int)got);
}
END_TEST

/* container/helpers_test.go: ShouldContainerBeRestarted */
static const struct {
    const char *policy;
    gboolean is_deleting;
    int state; /* RtState, -1: no instance */
    gint32 exit_code;
    gboolean want;
} restart_cases[] = {
    {"Never", FALSE, RT_EXITED, 1, FALSE}, {"OnFailure", FALSE, RT_EXITED, 1, TRUE},
    {"Always", FALSE, RT_EXITED, 1, TRUE}, {"OnFailure", FALSE, RT_EXITED, 0, FALSE},
    {"Always", FALSE, RT_EXITED, 0, TRUE}, {"Never", FALSE, -1, 0, TRUE},
    {"Never", FALSE, RT_CREATED, 0, TRUE}, {"Always", FALSE, RT_RUNNING, 0, FALSE},
    {"Always", TRUE, RT_EXITED, 1, FALSE}, {"Always", TRUE, -1, 0, FALSE},
};

START_TEST(test_restart)
{
    __typeof__(&restart_cases[0]) c = &restart_cases[_i];
    SeenContainer seen = {.state = c->state < 0 ? RT_CREATED : (RtState)c->state,
                          .exit_code = c->exit_code};

    ck_assert_int_eq(container_should_restart(c->policy, c->is_deleting,
                                              c->state < 0 ? NULL : &seen),
                     c->want);
}
END_TEST

/* eviction/helpers_test.go */
static ApiObject *
pod_asking(const char *memory, int priority)
{
    g_autofree char *yaml =
        g_strdup_printf("apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  priority: %d\n"
                        "  containers: [{name: c, image: \"i:1\", resources: {requests: {memory: "
                        "%s}}}]\n",
                        priority, memory);

    return pod_from_yaml(yaml);
}

static gint64
usage_300(gpointer user, const char *container)
{
    (void)user;
    (void)container;
    return 300 * MI;
}

START_TEST(test_eviction)
{
    g_autoptr(ApiObject) a = pod_asking("200Mi", -1);
    g_autoptr(ApiObject) b = pod_asking("100Mi", 1);
    PodUsage pods[] = {{a, 199 * MI}, {b, 101 * MI}};

    eviction_rank_memory(pods, 2);
    ck_assert_ptr_eq(pods[0].pod, b);
    ck_assert_ptr_eq(pods[1].pod, a);
    ck_assert(threshold_is_met("1Gi", 10 * GI, 500 * MI));
    ck_assert(!threshold_is_met("1Gi", 10 * GI, 2 * GI));
    ck_assert(threshold_is_met("10%", 10 * GI, GI - 1));
    ck_assert_str_eq(eviction_message(b, "100Mi", 10 * GI, 80 * MI, usage_300, NULL),
                     "The node was low on resource: memory. Threshold quantity: 100Mi, available: "
                     "80Mi. Container c was using 300Mi, request is 100Mi, has larger consumption "
                     "of memory. ");
    /* eviction/api/types.go, GetThresholdQuantity */
    ck_assert(g_str_has_prefix(
        eviction_message(b, "50%", 10 * GI, 80 * MI, usage_300, NULL),
        "The node was low on resource: memory. Threshold quantity: 5Gi, available: 80Mi. "));
}
END_TEST

/* eviction/eviction_manager_test.go: TestStartLocalStorageEviction and the limits that it stands on */
static const struct {
    const char *rule;
    const char *volume, *first_limit; /* NULL: none */
    gint64 volume_mi, first_mi, second_mi;
    const char *want; /* NULL: it stays */
} storage_cases[] = {
    {"an emptyDir above its limit", "{sizeLimit: 1Gi}", NULL, 1025, 0, 0,
     "Usage of EmptyDir volume \"v\" exceeds the limit \"1Gi\". "},
    {"at its limit", "{sizeLimit: 1Gi}", NULL, 1024, 0, 0, NULL},
    {"no limit", "{}", NULL, 9999, 9999, 0, NULL},
    {"all together above the limits of the containers", "{}", "{ephemeral-storage: 1Gi}", 1000, 20, 5,
     "Pod ephemeral local storage usage exceeds the total limit of containers 1Gi. "},
    {"an emptyDir in memory is not on the disk", "{medium: Memory}", "{ephemeral-storage: 1Gi}", 1000, 20, 5, NULL},
    {"the whole pod comes before its containers", "{}", "{ephemeral-storage: 1Gi}", 0, 1025, 0,
     "Pod ephemeral local storage usage exceeds the total limit of containers 1Gi. "},
    {"the emptyDir comes first", "{sizeLimit: 1500Mi}", "{ephemeral-storage: 1Gi}", 1501, 2000, 0,
     "Usage of EmptyDir volume \"v\" exceeds the limit \"1500Mi\". "},
};

static gint64
storage_of_volume(gpointer user, const char *name)
{
    (void)name;
    return storage_cases[*(const int *)user].volume_mi * MI;
}

static gint64
storage_of_container(gpointer user, const char *name)
{
    return (name[0] == 'a' ? storage_cases[*(const int *)user].first_mi
                           : storage_cases[*(const int *)user].second_mi) *
           MI;
}

START_TEST(test_storage)
{
    __typeof__(&storage_cases[0]) c = &storage_cases[_i];
    g_autofree char *yaml = g_strdup_printf(
        "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  volumes: [{name: v, emptyDir: %s}]\n"
        "  containers: [{name: a, image: \"i:1\", resources: {limits: %s}}, {name: b, image: \"i:1\"}]\n",
        c->volume, c->first_limit == NULL ? "{}" : c->first_limit);
    g_autoptr(ApiObject) pod = pod_from_yaml(yaml);
    int index = _i;
    const char *got = storage_excess(pod_spec(pod), storage_of_volume, storage_of_container, &index);

    ck_assert_msg(str_is(got, c->want), "%s: %s", c->rule, got);
}
END_TEST

/* Several containers, each with a limit: one alone may be above its own. */
START_TEST(test_storage_of_one_container)
{
    g_autoptr(ApiObject) pod = pod_from_yaml(
        "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  containers:\n"
        "  - {name: a, image: \"i:1\", resources: {limits: {ephemeral-storage: 10Mi}}}\n"
        "  - {name: b, image: \"i:1\", resources: {limits: {ephemeral-storage: 5Gi}}}\n");
    int index = 3;

    ck_assert_str_eq(storage_excess(pod_spec(pod), storage_of_volume, storage_of_container, &index),
                     "Container a exceeded its local ephemeral storage limit \"10Mi\". ");
    ck_assert(storage_is_limited(pod_spec(pod)));
}
END_TEST

/* images/image_gc_manager_test.go, nodeshutdown/nodeshutdown_manager_test.go */
START_TEST(test_image_gc_and_shutdown)
{
    ShutdownGroup groups[2];

    ck_assert_int_eq(image_gc_bytes_to_free(1000, 600, 90, 80), 0);
    ck_assert_int_eq(image_gc_bytes_to_free(1000, 50, 90, 80), 150);
    ck_assert_int_eq(image_gc_bytes_to_free(1000, 100, 90, 80), 100);
    shutdown_groups(300, 120, groups);
    ck_assert_int_eq(groups[0].grace_s, 180);
    ck_assert_int_eq(groups[1].grace_s, 120);
    ck_assert_uint_eq(shutdown_group_of(groups, 2, 2000000000), 1);
    ck_assert_uint_eq(shutdown_group_of(groups, 2, 1999999999), 0);
    ck_assert_uint_eq(shutdown_group_of(groups, 2, -5), 0);
}
END_TEST

/* Commands of nodes that are played. */
static const struct {
    const char *policy, *command;
    gboolean exits;
    gint64 after_s;
    gint32 exit_code;
} exit_cases[] = {
    {"Never", "[sh, -c, \"sleep 3; exit 1\"]", TRUE, 3, 1},
    {"Never", "[sh, -c, \"sleep 3\"]", TRUE, 3, 0},
    {"Never", "[sleep, \"5\"]", TRUE, 5, 0},
    {"OnFailure", "[sh, -c, \"echo hi; exit 0; sleep 9\"]", TRUE, 0, 0},
    {"Never", "[sh, -c, \"while true; do sleep 1; done\"]", FALSE, 0, 0},
    {"Never", "[httpd]", FALSE, 0, 0},
    {"Always", "[sh, -c, \"exit 1\"]", FALSE, 0, 0},
};

START_TEST(test_ideal_exit)
{
    __typeof__(&exit_cases[0]) c = &exit_cases[_i];
    g_autofree char *yaml =
        g_strdup_printf("apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n"
                        "  restartPolicy: %s\n"
                        "  containers: [{name: a, image: \"i:1\", command: %s}]\n",
                        c->policy, c->command);
    g_autoptr(ApiObject) pod = pod_from_yaml(yaml);
    gint64 after_ns = 0;
    gint32 exit_code = 0;

    ck_assert_int_eq(ideal_pod_exits(pod, &after_ns, &exit_code), c->exits);
    ck_assert_int_eq(after_ns, c->after_s * NS_PER_S);
    ck_assert_int_eq(exit_code, c->exit_code);
}
END_TEST

Suite *
rules_suite(void)
{
    Suite *suite = suite_create("rules");
    TCase *tcase = tcase_create("tables");

    tcase_add_loop_test(tcase, test_allocatable, 0, G_N_ELEMENTS(allocatable_cases));
    tcase_add_test(tcase, test_cpu);
    tcase_add_loop_test(tcase, test_oom_score, 0, G_N_ELEMENTS(oom_cases));
    tcase_add_test(tcase, test_backoff_sequence);
    tcase_add_test(tcase, test_backoff_of_probe_kills);
    tcase_add_test(tcase, test_probe_thresholds);
    tcase_add_test(tcase, test_probe_hold);
    tcase_add_loop_test(tcase, test_grace, 0, G_N_ELEMENTS(grace_cases));
    tcase_add_loop_test(tcase, test_restart, 0, G_N_ELEMENTS(restart_cases));
    tcase_add_test(tcase, test_eviction);
    tcase_add_loop_test(tcase, test_storage, 0, G_N_ELEMENTS(storage_cases));
    tcase_add_test(tcase, test_storage_of_one_container);
    tcase_add_test(tcase, test_image_gc_and_shutdown);
    tcase_add_loop_test(tcase, test_ideal_exit, 0, G_N_ELEMENTS(exit_cases));
    suite_add_tcase(suite, tcase);
    return suite;
}
