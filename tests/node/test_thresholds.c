/* test_thresholds.c - eviction thresholds; v1.34 eviction/helpers_test.go, eviction_manager_test.go */

#include "node/thresholds.h"
#include "tests/node/lab.h"

#include <check.h>

Suite *thresholds_suite(void);

#define GI (G_GINT64_CONSTANT(1) << 30)
#define MI (G_GINT64_CONSTANT(1) << 20)

/* TestMinReclaim, TestMemoryPressure (soft), TestThresholdsMet, TestThresholdsMetGracePeriod: seconds, then what is seen */
typedef struct {
    gint64 at_s, available;
    gboolean is_met;
    const char *drives; /* the value of the threshold; NULL: none */
} Step;

static const struct {
    const char *name;
    EvictionLimits limits;
    Step steps[10];
} cases[] = {
    {"hard", {.hard = {"1Gi"}}, {{0, 2 * GI, FALSE, NULL}, {10, GI, FALSE, NULL}, {20, GI - 1, TRUE, "1Gi"}, {30, GI, FALSE, NULL}}},
    {"percentage of 10Gi", {.hard = {"10%"}}, {{0, GI + MI, FALSE, NULL}, {10, GI - MI, TRUE, "10%"}}},
    {"hard, more to reclaim",
     {.hard = {"1Gi"}, .reclaim = {"500Mi"}},
     {{0, GI + 100 * MI, FALSE, NULL}, {10, 500 * MI, TRUE, "1Gi"}, {20, GI + 499 * MI, TRUE, "1Gi"}, {30, GI + 500 * MI, FALSE, NULL},
      {40, GI + 100 * MI, FALSE, NULL}}},
    {"soft",
     {.soft = {"2Gi"}, .grace_ns = {120 * NS_PER_S}},
     {{0, GI + 500 * MI, TRUE, NULL}, {60, GI, TRUE, NULL}, {119, GI, TRUE, NULL}, {120, GI, TRUE, "2Gi"}, {130, 2 * GI, FALSE, NULL},
      {140, GI, TRUE, NULL}, {250, GI, TRUE, NULL}, {260, GI, TRUE, "2Gi"}}},
    {"soft, more to reclaim only once it drives",
     {.soft = {"2Gi"}, .grace_ns = {60 * NS_PER_S}, .reclaim = {"1Gi"}},
     {{0, GI, TRUE, NULL}, {30, 2 * GI + MI, FALSE, NULL}, {40, GI, TRUE, NULL}, {100, GI, TRUE, "2Gi"}, {110, 2 * GI + MI, TRUE, "2Gi"},
      {120, 3 * GI, FALSE, NULL}}},
    {"hard before soft",
     {.hard = {"1Gi"}, .soft = {"2Gi"}, .grace_ns = {60 * NS_PER_S}},
     {{0, GI + MI, TRUE, NULL}, {10, 500 * MI, TRUE, "1Gi"}, {60, 500 * MI, TRUE, "1Gi"}, {70, GI + MI, TRUE, "2Gi"}}},
};

START_TEST(test_thresholds)
{
    Thresholds thresholds = {0};

    for (guint i = 0; cases[_i].steps[i].available != 0; i++) {
        const Step *step = &cases[_i].steps[i];
        SignalSeen seen[EVICTION_N_SIGNALS] = {{10 * GI, step->available}, {GI, GI}, {GI, GI}};
        EvictionSignal signal;
        gboolean is_hard;
        const char *drives;

        thresholds_look(&thresholds, &cases[_i].limits, seen, step->at_s * NS_PER_S);
        drives = thresholds_driving(&thresholds, &cases[_i].limits, &signal, &is_hard);
        ck_assert_msg(thresholds_is_met(&thresholds, EVICTION_MEMORY) == step->is_met, "%s, %d s: met", cases[_i].name, (int)step->at_s);
        ck_assert_msg(str_is(drives, step->drives), "%s, %d s: %s", cases[_i].name, (int)step->at_s, drives);
    }
}
END_TEST

/* byEvictionPriority: memory goes before the disk. */
START_TEST(test_memory_first)
{
    static const EvictionLimits limits = {.hard = {"1Gi", "1Gi", "1Gi"}};
    SignalSeen seen[EVICTION_N_SIGNALS] = {{10 * GI, MI}, {10 * GI, MI}, {10 * GI, MI}};
    Thresholds thresholds = {0};
    EvictionSignal signal;
    gboolean is_hard;

    thresholds_look(&thresholds, &limits, seen, 0);
    ck_assert_ptr_nonnull(thresholds_driving(&thresholds, &limits, &signal, &is_hard));
    ck_assert_int_eq(signal, EVICTION_MEMORY);
    ck_assert(is_hard);
}
END_TEST

/* TestMemoryPressure: under pressure at once, evicted after the grace period, with the smaller grace of its own and the most. */
START_TEST(test_soft_eviction)
{
    static const struct {
        gint64 most_s, took_min_ms, took_max_ms;
    } rows[] = {{3, 2900, 4500}, {60, 6900, 8500}, {0, 6900, 8500}};
    LabOptions options = {.seed = 1, .cluster_dns = TRUE};
    Lab *lab;
    gint64 evicted, failed;
    const ApiObject *node;

    options.eviction.soft[EVICTION_MEMORY] = "20Gi";
    options.eviction.grace_ns[EVICTION_MEMORY] = 60 * NS_PER_S;
    options.eviction.max_grace_s = rows[_i].most_s;
    options.eviction.transition_ns = 30 * NS_PER_S;
    lab = lab_new(&options);
    lab_apply(lab, "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  terminationGracePeriodSeconds: 7\n"
                   "  containers: [{name: app, image: \"registry.local/app:1\", command: [mem, \"6000\"]}]\n");
    lab_run(lab, 75000); /* 6 GB at 100 MB a second, of 24 Gi */
    node = apiserver_peek(lab->server, &node_kind, NULL, str_intern("node-a"));
    ck_assert(condition_is(&node_status(node)->conditions, "MemoryPressure", "True"));
    ck_assert_int_eq(lab_count_event(lab, "p", "Evicted"), 0);
    lab_run(lab, 200000);
    evicted = lab_when_event(lab, "p", "Evicted", 1);
    failed = lab_when(lab, "p", pod_phase_is, "Failed", 0);
    ck_assert_msg(evicted > 100000 && evicted < 130000, "%d ms", (int)evicted);
    ck_assert_msg(failed - evicted >= rows[_i].took_min_ms && failed - evicted <= rows[_i].took_max_ms, "%d ms", (int)(failed - evicted));
    ck_assert(g_str_has_prefix(lab_event_message(lab, "p", "Evicted"), "The node was low on resource: memory. Threshold quantity: 20Gi, "));
    node = apiserver_peek(lab->server, &node_kind, NULL, str_intern("node-a"));
    ck_assert(condition_is(&node_status(node)->conditions, "MemoryPressure", "False"));
    lab_free(lab);
}
END_TEST

Suite *
thresholds_suite(void)
{
    Suite *suite = suite_create("thresholds");
    TCase *tcase = tcase_create("thresholds");

    tcase_set_timeout(tcase, 60);
    tcase_add_loop_test(tcase, test_thresholds, 0, G_N_ELEMENTS(cases));
    tcase_add_test(tcase, test_memory_first);
    tcase_add_loop_test(tcase, test_soft_eviction, 0, 3);
    suite_add_tcase(suite, tcase);
    return suite;
}
