/* test_run.c - the end of a run: what clients have under way when the time is over (run.h: run_drain) */

#include "tests/scenario/support.h"

#include "base/duration.h"

#include <check.h>

Suite *run_suite(void);

/* One request a second, from 10 s on; the pod answers after `wait`; the client gives up after `timeout`. */
static const struct {
    const char *name;
    const char *wait, *patience, *stop;
    guint64 in_flight; /* at the end, 30 s */
    gint64 most_s;     /* that draining may take */
    guint64 left;      /* in flight after it */
    FlowOutcome outcome;
} drains[] = {
    {"answers are waited for", "2500ms", "10s", "1h", 3, 3, 0, FLOW_OK},
    {"patience ends it", "20s", "4500ms", "1h", 5, 5, 0, FLOW_TIMEOUT_READ},
    {"nothing is under way", "100ms", "10s", "20s", 0, 0, 0, FLOW_OK},
    {"a minute at most", "3m", "10m", "12500ms", 2, 60, 2, FLOW_OK},
};

static const char scene[] = "apiVersion: desk8s/v1\nkind: Scenario\nmetadata: {name: t}\nspec:\n  duration: 30s\n%s---\napiVersion: v1\nkind: Pod\nmetadata: {name: p, labels: {app: p}}\nspec:\n"
                                           "  containers: [{name: c, image: 'slow:1', ports: [{containerPort: 80}]}]\n"
                                           "---\napiVersion: v1\nkind: Service\nmetadata: {name: p}\n"
                                           "spec: {selector: {app: p}, ports: [{port: 80}]}\n";

static char *
scene_of(guint i)
{
    g_autofree char *lines =
        g_strdup_printf("  cluster: {nodes: [{name: a}]}\n"
                        "  images: [{match: '*', present: true}]\n"
                        "  applications: [{match: {image: 'slow:*'}, startup: 1s, request: {cpu: 1ms, wait: %s}}]\n"
                        "  traffic: [{to: 'service/p:80', rate: 1/s, arrivals: constant, start: 10s, stop: %s, timeout: %s}]\n",
                        drains[i].wait, drains[i].stop, drains[i].patience);

    return g_strdup_printf(scene, lines);
}

static guint64
outcomes_of(const TrafficCounts *counts)
{
    guint64 sum = 0;

    for (guint i = 0; i < FLOW_N_OUTCOMES; i++)
        sum += counts->outcomes[i];
    return sum;
}

START_TEST(test_drain)
{
    g_autofree char *text = scene_of((guint)_i);
    g_auto(Play) played = play(text);
    const Cluster *cluster = run_cluster(played.run);
    const TrafficCounts *counts = traffic_counts(g_ptr_array_index(cluster->traffic, 0));
    guint64 arrivals = counts->arrivals;
    gint64 took_ns;

    ck_assert_int_eq(sim_now_ns(cluster->sim), 30 * NS_PER_S);
    ck_assert_uint_eq(counts->in_flight, drains[_i].in_flight);
    run_drain(played.run);
    took_ns = sim_now_ns(cluster->sim) - 30 * NS_PER_S;
    ck_assert_msg(took_ns <= drains[_i].most_s * NS_PER_S, "%s: %" G_GINT64_FORMAT " ns", drains[_i].name, took_ns);
    ck_assert_uint_eq(counts->arrivals, arrivals);
    ck_assert_uint_eq(counts->in_flight, drains[_i].left);
    ck_assert_uint_eq(outcomes_of(counts) + counts->in_flight, arrivals);
    ck_assert_uint_eq(counts->outcomes[drains[_i].outcome], arrivals - drains[_i].left);
}
END_TEST

Suite *
run_suite(void)
{
    Suite *suite = suite_create("run");
    TCase *tcase = tcase_create("end");

    tcase_set_timeout(tcase, 60);
    tcase_add_loop_test(tcase, test_drain, 0, G_N_ELEMENTS(drains));
    suite_add_tcase(suite, tcase);
    return suite;
}
