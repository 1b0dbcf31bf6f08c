/* What is recorded while a run plays: lanes of pods, rows of workloads and nodes. */

#include "tests/report/story.h"

#include "base/duration.h"

#include <check.h>

Suite *series_suite(void);

#define POD(spec) "---\napiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {" spec "}\n"
#define DEPLOYMENT                                                                                 \
    "---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  replicas: 2\n"   \
    "  selector: {matchLabels: {app: web}}\n  template:\n    metadata: {labels: {app: web}}\n"    \
    "    spec: {containers: [{name: c, image: 'nginx:1'}]}\n"

/*
 * States of a pod as whoever watches the API sees them. v1.34 pkg/kubelet/status: the
 * last phase is told only once nothing runs any more, unreadiness before it.
 */
static const struct {
    const char *text, *want;
} lane_cases[] = {
    {STORY("30s", "") POD("containers: [{name: c, image: nginx}]"), "pending starting ready"},
    {STORY("30s", "") POD("containers: [{name: c, image: nginx}], nodeSelector: {no: where}"), "pending"},
    {STORY("30s", "") POD("restartPolicy: Never, containers: [{name: c, image: busybox, command: [sleep, '2']}]"), "pending starting ready running succeeded"},
    {STORY("30s", "") POD("restartPolicy: Never, containers: [{name: c, image: busybox, command: [sh, -c, 'sleep 2; exit 3']}]"), "pending starting ready running failed"},
    {STORY("60s", "  timeline: [{at: 20s, kubectl: delete pod p}]\n") POD("containers: [{name: c, image: nginx}]"), "pending starting ready terminating"},
    {STORY("30s", "") POD("containers: [{name: c, image: nginx, readinessProbe: {httpGet: {port: 80}, initialDelaySeconds: 10}}]"), "pending starting running ready"},
    {STORY("4m", "  timeline: [{at: 20s, fault: {networkPartition: {node: a, duration: 70s}}}]\n") POD("containers: [{name: c, image: nginx}]"), "pending starting ready lost running ready"},
};

START_TEST(test_lanes)
{
    g_auto(Story) story = story_tell(lane_cases[_i].text);
    g_autofree char *got = story_lane(&story, "p");

    ck_assert_str_eq(got, lane_cases[_i].want);
}
END_TEST

/* A crash and an image that is not there both wait. */
START_TEST(test_waiting)
{
    g_auto(Story) crash = story_tell(STORY("60s", "") POD("containers: [{name: c, image: busybox, command: [sh, -c, 'sleep 1; exit 1']}]"));
    g_auto(Story) image = story_tell("apiVersion: desk8s/v1\nkind: Scenario\nmetadata: {name: t}\nspec:\n  duration: 30s\n  cluster: {nodes: [{name: a}]}\n  images: [{match: '*', missing: true}]\n" POD("containers: [{name: c, image: nothing}]"));
    g_autofree char *a = story_lane(&crash, "p");
    g_autofree char *b = story_lane(&image, "p");

    ck_assert_msg(g_str_has_prefix(a, "pending starting ready waiting ready waiting"), "%s", a);
    ck_assert_str_eq(b, "pending starting waiting");
}
END_TEST

/* Spans join without holes, from creation to removal or the end. */
START_TEST(test_spans)
{
    g_auto(Story) story = story_tell(STORY("60s", "  timeline: [{at: 20s, kubectl: scale deployment web --replicas 1}]\n") DEPLOYMENT);

    ck_assert_uint_eq(story.series->lanes->len, 2);
    for (guint i = 0; i < 2; i++) {
        const Lane *lane = g_ptr_array_index(story.series->lanes, i);
        const LaneSpan *spans = lane->spans;

        ck_assert_str_eq(lane->node, "a");
        ck_assert(g_str_has_prefix(lane->owner, "web-"));
        ck_assert_int_eq(spans[0].from_ns, lane->created_ns);
        for (guint k = 0; k + 1 < lane->n_spans; k++) {
            ck_assert_int_eq(spans[k].to_ns, spans[k + 1].from_ns);
            ck_assert_int_ne(spans[k].state, spans[k + 1].state);
        }
        ck_assert_int_eq(spans[lane->n_spans - 1].to_ns, lane->removed_ns >= 0 ? lane->removed_ns : 60 * NS_PER_S);
    }
}
END_TEST

/* Rows of workloads: Deployment wanted 2 then 1; its ReplicaSet knows whose it is, and its revision. */
START_TEST(test_objects)
{
    g_auto(Story) story = story_tell(STORY("60s", "  timeline: [{at: 20s, kubectl: scale deployment web --replicas 1}, {at: 40s, kubectl: delete deployment web}]\n") DEPLOYMENT);
    const ObjectRow *last = NULL;
    gboolean had_two = FALSE;
    gint64 before = G_MININT64;
    guint n_removed = 0;

    for (guint i = 0; i < story.series->objects->len; i++) {
        const ObjectRow *row = &g_array_index(story.series->objects, ObjectRow, i);

        ck_assert_int_ge(row->time_ns, before);
        before = row->time_ns;
        n_removed += row->is_removed;
        if (str_is(row->kind, "ReplicaSet")) {
            ck_assert_str_eq(row->owner, "web");
            if (row->revision != 0)
                ck_assert_int_eq(row->revision, 1);
            continue;
        }
        ck_assert_str_eq(row->kind, "Deployment");
        ck_assert_ptr_null(row->owner);
        had_two = had_two || (row->desired == 2 && row->available == 2 && row->updated == 2);
        if (!row->is_removed)
            last = row;
    }
    ck_assert(had_two);
    ck_assert_int_eq(last->desired, 1);
    ck_assert_int_eq(last->available, 1);
    ck_assert_uint_eq(n_removed, 2);
}
END_TEST

/* Rows of nodes: only when something about them changed. */
START_TEST(test_nodes)
{
    g_auto(Story) story = story_tell(STORY("3m", "  timeline: [{at: 10s, kubectl: cordon a}, {at: 20s, fault: {nodePowerOff: {node: a, duration: 80s}}}]\n"));
    GString *got = g_string_new(NULL);

    for (guint i = 0; i < story.series->nodes->len; i++) {
        const NodeRow *row = &g_array_index(story.series->nodes, NodeRow, i);
        g_string_append_printf(got, "%s:%s%s ", row->name, row->ready, row->unschedulable ? "!" : "");
    }
    ck_assert_msg(g_str_has_prefix(got->str, "a:True a:True! a:Unknown! "), "%s", got->str);
    ck_assert_msg(g_str_has_suffix(got->str, "a:True! "), "%s", got->str);
    g_string_free(got, TRUE);
}
END_TEST

START_TEST(test_names)
{
    for (guint i = 0; i < LANE_N_STATES; i++)
        ck_assert_ptr_nonnull(lane_state_name(i));
    ck_assert_str_eq(lane_state_name(LANE_LOST), "lost");
}
END_TEST

Suite *
series_suite(void)
{
    Suite *suite = suite_create("series");
    TCase *tcase = tcase_create("series");

    tcase_set_timeout(tcase, 120);
    tcase_add_loop_test(tcase, test_lanes, 0, G_N_ELEMENTS(lane_cases));
    tcase_add_test(tcase, test_waiting);
    tcase_add_test(tcase, test_spans);
    tcase_add_test(tcase, test_objects);
    tcase_add_test(tcase, test_nodes);
    tcase_add_test(tcase, test_names);
    suite_add_tcase(suite, tcase);
    return suite;
}
