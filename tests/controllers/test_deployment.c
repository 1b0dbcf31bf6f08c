#include "controllers/deployment_sync.h"
#include "tests/controllers/mini.h"
#include "tests/controllers/suites.h"

/* --- arithmetic ------------------------------------------------------------------------------------ */

/* v1.34 pkg/controller/deployment/util/deployment_util_test.go, TestResolveFenceposts; numbers below 0 are percent */
static const struct {
    const char *name;
    int surge, unavailable;
    gint32 desired, want_surge, want_unavailable;
} fencepost_cases[] = {
    {"39% of 10", -39, -39, 10, 4, 3}, {"neither given", 0, 0, 10, 0, 1},
    {"surge only", 1, 0, 10, 1, 0},    {"25% of 3", -25, -25, 3, 1, 0},
    {"25% of 10", -25, -25, 10, 3, 2}, {"10% of 4: unavailable rounds to none", 0, -10, 4, 0, 1},
};

static ApiObject *
rolling_deployment(gint32 desired, int surge, int unavailable)
{
    return make_deployment(&(DeploymentOptions){.name = "web",
                                                .replicas = desired,
                                                .surge = surge,
                                                .unavailable = unavailable});
}

START_TEST(test_fenceposts)
{
    g_autoptr(ApiObject) deployment =
        rolling_deployment(fencepost_cases[_i].desired, fencepost_cases[_i].surge,
                           fencepost_cases[_i].unavailable);
    gint32 surge;
    gint32 unavailable;

    fenceposts_resolve(deployment_spec(deployment)->strategy.rolling_update,
                       fencepost_cases[_i].desired, &surge, &unavailable);
    ck_assert_msg(surge == fencepost_cases[_i].want_surge &&
                      unavailable == fencepost_cases[_i].want_unavailable,
                  "%s: got %d, %d", fencepost_cases[_i].name, surge, unavailable);
}
END_TEST

/* TestMaxUnavailable, TestNewRSNewReplicas of the same file */
START_TEST(test_max_unavailable)
{
    g_autoptr(ApiObject) rolling = rolling_deployment(10, 0, 5);
    g_autoptr(ApiObject) none = rolling_deployment(0, 0, 5);
    g_autoptr(ApiObject) capped = rolling_deployment(2, 0, 5);
    g_autoptr(ApiObject) recreate =
        make_deployment(&(DeploymentOptions){.name = "web", .replicas = 3, .is_recreate = TRUE});

    ck_assert_int_eq(deployment_max_unavailable(rolling), 5);
    ck_assert_int_eq(deployment_max_unavailable(none), 0);
    ck_assert_int_eq(deployment_max_unavailable(capped), 2);
    ck_assert_int_eq(deployment_max_unavailable(recreate), 0);
    ck_assert_int_eq(deployment_new_set_size(recreate, 1 + 5, 1), 3);
}
END_TEST

/* v1.34 pkg/controller/deployment/util/deployment_util_test.go, TestGetReplicaSetFraction */
static const struct {
    const char *name;
    gint32 desired, status_replicas, set_replicas, max_annotation, want;
} fraction_cases[] = {
    {"to zero", 0, 10, 10, 10, -10},
    {"grows with the maximum", 120, 0, 50, 100, 10},
    {"neither annotation nor status", 10, 0, 5, 0, 0},
    {"status instead of the annotation", 20, 10, 5, 0, 5},
};

START_TEST(test_fraction)
{
    g_autoptr(ApiObject) deployment = rolling_deployment(fraction_cases[_i].desired, 0, 1);
    g_autoptr(ApiObject) set =
        make_set(deployment, "web-a", "app:1", fraction_cases[_i].set_replicas, 0, 1);
    gint32 got;

    ((DeploymentStatus *)api_edit_status(deployment))->replicas =
        fraction_cases[_i].status_replicas;
    if (fraction_cases[_i].max_annotation != 0)
        str_map_set(&api_edit_meta(set)->annotations, str_intern(MAX_ANNOTATION),
                    str_internf("%d", fraction_cases[_i].max_annotation));
    got = deployment_fraction(deployment, set);
    ck_assert_msg(got == fraction_cases[_i].want, "%s: got %d", fraction_cases[_i].name, got);
}
END_TEST

/* DeploymentComplete, DeploymentProgressing, DeploymentTimedOut of the same file; (replicas, updated, ready, available) */
START_TEST(test_judgements)
{
    g_autoptr(ApiObject) five = rolling_deployment(5, 1, 0);
    g_autoptr(ApiObject) one = rolling_deployment(1, 1, 0);
    DeploymentStatus done = {.replicas = 5, .updated_replicas = 5, .available_replicas = 5};
    DeploymentStatus behind = {.replicas = 2, .updated_replicas = 1, .available_replicas = 1};
    DeploymentStatus before = {.replicas = 10,
                               .updated_replicas = 4,
                               .ready_replicas = 4,
                               .available_replicas = 4};
    DeploymentStatus after = before;

    ck_assert(deployment_is_complete(five, &done));
    ck_assert(!deployment_is_complete(one, &behind));
    ck_assert(!deployment_has_progressed(&before, &after));
    after.updated_replicas = 6;
    ck_assert(deployment_has_progressed(&before, &after));
}
END_TEST

START_TEST(test_timed_out)
{
    g_autoptr(ApiObject) none = rolling_deployment(1, 1, 0);
    g_autoptr(ApiObject) ten = make_deployment(
        &(DeploymentOptions){.name = "web", .replicas = 1, .surge = 1, .deadline_s = 10});
    gint64 updated_ns = MINI_EPOCH;
    DeploymentStatus status = {0};

    set_condition(&status.conditions, "Progressing", "True", "ReplicaSetUpdated", updated_ns);
    ck_assert(!deployment_has_timed_out(none, &status, updated_ns + 11 * NS_PER_S));
    ck_assert(!deployment_has_timed_out(ten, &status, updated_ns + 10 * NS_PER_S));
    ck_assert(deployment_has_timed_out(ten, &status, updated_ns + 11 * NS_PER_S));
    status.conditions.items[0].reason = str_intern("NewReplicaSetAvailable");
    ck_assert(!deployment_has_timed_out(ten, &status, updated_ns + 11 * NS_PER_S));
    g_free(status.conditions.items);
}
END_TEST

/* v1.34 pkg/controller/deployment/progress_test.go, TestRequeueStuckDeployment */
static const struct {
    const char *name;
    gint32 deadline_s;
    gboolean has_condition;
    gint64 updated_ago_s, want_s; /* -1: no */
} left_cases[] = {
    {"no deadline", 0, TRUE, 30, -1},
    {"no end", G_MAXINT32, TRUE, 30, -1},
    {"no condition", 60, FALSE, 30, -1},
    {"half of it is over", 60, TRUE, 30, 30},
};

START_TEST(test_deadline_left)
{
    g_autoptr(ApiObject) deployment =
        make_deployment(&(DeploymentOptions){.name = "web",
                                             .replicas = 3,
                                             .surge = 1,
                                             .deadline_s = left_cases[_i].deadline_s});
    DeploymentStatus *status = api_edit_status(deployment);
    gint64 left_ns = -1 * NS_PER_S;
    gboolean has_left;

    if (left_cases[_i].has_condition)
        set_condition(&status->conditions, "Progressing", "True", "ReplicaSetUpdated",
                      MINI_EPOCH - left_cases[_i].updated_ago_s * NS_PER_S);
    has_left = deployment_deadline_left(deployment, status, MINI_EPOCH, &left_ns);
    ck_assert_msg(has_left == (left_cases[_i].want_s >= 0), "%s", left_cases[_i].name);
    ck_assert_msg(left_ns == left_cases[_i].want_s * NS_PER_S, "%s", left_cases[_i].name);
}
END_TEST

/* --- parts of a sync ------------------------------------------------------------------------------------- */

static DeploymentSync *
sync_over(Mini *mini, Reconcile *r, Plan *plan)
{
    DeploymentSync *sync = deployment_sync_new(r, plan, mini_nth(mini, &deployment_kind, 0));

    for (guint i = 0; i < mini_count(mini, &replica_set_kind); i++)
        deployment_sync_add_set(sync, mini_nth(mini, &replica_set_kind, i));
    return sync;
}

static gint32
planned_size(const Plan *plan, const char *set_name)
{
    gint32 size = -1;

    for (guint i = 0; i < plan_count(plan); i++) {
        const PlanStep *step = plan_get(plan, i);

        if (step->type == STEP_UPDATE && step->kind == &replica_set_kind &&
            str_is(step->name, set_name))
            size = replica_set_spec(step->object)->replicas.value;
    }
    return size;
}

/* v1.34 pkg/controller/deployment/rolling_test.go; desired is 10 in all */
typedef enum { PART_NEW, PART_OLD } Part;
static const struct {
    const char *name;
    Part part;
    int surge, unavailable;
    gint32 old_size, old_available, new_size, new_available;
    const char *set;
    gint32 want; /* -1: no write */
} rolling_cases[] = {
    {"TestReconcileNewReplicaSet: full", PART_NEW, 0, 0, 10, 10, 0, 0, "web-b", -1},
    {"TestReconcileNewReplicaSet: up to the surge", PART_NEW, 2, 0, 5, 5, 0, 0, "web-b", 7},
    {"TestReconcileNewReplicaSet: too large", PART_NEW, 2, 0, 0, 0, 12, 12, "web-b", 10},
    {"TestReconcileOldReplicaSets: all available", PART_OLD, 0, 2, 10, 10, 0, 0, "web-a", 8},
    {"TestReconcileOldReplicaSets: one is not", PART_OLD, 0, 2, 10, 9, 0, 0, "web-a", 8},
    {"TestReconcileOldReplicaSets: new ones not ready", PART_OLD, 0, 2, 8, 8, 2, 0, "web-a", -1},
    {"TestCleanupUnhealthyReplicas: two are not, one may go", PART_OLD, 0, 1, 10, 8, 0, 0, "web-a", 9},
    {"TestScaleDownOldReplicaSetsForRollingUpdate: as many as may go", PART_OLD, 0, 2, 10, 10, 0, 0, "web-a", 8},
    {"TestScaleDownOldReplicaSetsForRollingUpdate: eight of eight must stay", PART_OLD, 0, 2, 8, 8, 0, 0, "web-a", -1},
};

START_TEST(test_rolling)
{
    Mini *mini = mini_new();
    const ApiObject *deployment = mini_add(mini, rolling_deployment(10, rolling_cases[_i].surge,
                                                                    rolling_cases[_i].unavailable));
    ApiObject *changed = api_object_copy(deployment);
    Reconcile r = {.wall_ns = mini_wall_ns(mini)};
    Plan *plan = plan_new();
    DeploymentSync *sync;
    gint32 got;

    ((DeploymentSpec *)api_edit_spec(changed))->template_.spec.containers.items[0].image =
        str_intern("app:2");
    mini_put(mini, changed);
    mini_add(mini, make_set(changed, "web-a", "app:1", rolling_cases[_i].old_size,
                            rolling_cases[_i].old_available, 1));
    mini_add(mini, make_set(changed, "web-b", "app:2", rolling_cases[_i].new_size,
                            rolling_cases[_i].new_available, 2));
    sync = sync_over(mini, &r, plan);
    deployment_find_sets(sync, FALSE);
    if (rolling_cases[_i].part == PART_NEW)
        deployment_reconcile_new_set(sync);
    else
        deployment_reconcile_old_sets(sync);
    got = planned_size(plan, rolling_cases[_i].set);
    ck_assert_msg(got == rolling_cases[_i].want, "%s: got %d", rolling_cases[_i].name, got);
    deployment_sync_free(sync);
    plan_free(plan);
    mini_free(mini);
}
END_TEST

/* v1.34 pkg/controller/deployment/sync_test.go, TestScale; -1: there is none (of the new one), or no more (of the old). */
static const struct {
    const char *name;
    gint32 from, to;
    int surge_before, surge;
    gint32 new_size;
    gint32 old[3], want_new, want_old[3];
    gint32 desired_of_first_old; /* its annotation, where it is not @from */
    gboolean is_broken;          /* the new one has no pod available */
} scale_cases[] = {
    {"normal scaling event: 10 -> 12", 10, 12, 0, 0, 10, {-1}, 12, {-1}},
    {"normal scaling event: 10 -> 5", 10, 5, 0, 0, 10, {-1}, 5, {-1}},
    {"proportional scaling: 5 -> 10", 5, 10, 0, 0, 2, {3, -1}, 4, {6, -1}},
    {"proportional scaling: 5 -> 3", 5, 3, 0, 0, 2, {3, -1}, 1, {2, -1}},
    {"proportional scaling: 9 -> 4", 9, 4, 0, 0, 8, {1, -1}, 4, {0, -1}},
    {"proportional scaling: 7 -> 10", 7, 10, 0, 0, 2, {3, 2, -1}, 3, {4, 3, -1}},
    {"proportional scaling: 13 -> 8", 13, 8, 0, 0, 2, {8, 3, -1}, 1, {5, 2, -1}},
    {"leftover distribution: 3 -> 4", 3, 4, 0, 0, 1, {1, 1, -1}, 2, {1, 1, -1}},
    {"leftover distribution: 3 -> 2", 3, 2, 0, 0, 1, {1, 1, -1}, 1, {1, 0, -1}},
    {"proportional scaling (no new rs): 4 -> 5", 4, 5, 0, 0, -1, {2, 2, -1}, -1, {3, 2, -1}},
    {"proportional scaling: 6 -> 0", 6, 0, 0, 0, 3, {2, 1, -1}, 0, {0, 0, -1}},
    {"proportional scaling: 0 -> 6", 6, 6, 0, 0, 0, {0, 0, -1}, 6, {0, 0, -1}},
    {"failed rs update", 5, 5, 0, 0, 2, {1, 1, -1}, 2, {2, 1, -1}, 3},
    {"deployment with surge pods", 10, 20, 2, 2, 6, {6, -1}, 11, {11, -1}},
    {"change both surge and size", 10, 50, 3, 6, 5, {8, -1}, 22, {34, -1}},
    {"change both size and template", 10, 14, 0, 0, -1, {7, 3, -1}, -1, {10, 4, -1}},
    {"saturated but broken new replica set does not affect old pods", 2, 2, 1, 1, 2, {1, -1}, 2, {1, -1}, 0, TRUE},
};

/* The newer one first in the table. */
static void
add_sized(Mini *mini, const ApiObject *deployment, int index, gint32 desired, gint32 surge, gint32 size, gint32 available)
{
    gboolean is_new = index < 0;
    ApiObject *set = make_set(deployment, is_new ? "new" : str_internf("old-%d", index),
                              is_new ? "app:1" : str_internf("app:old%d", index), size, available, 0);

    set_replicas_annotations(api_edit_meta(set), desired, desired + surge);
    api_edit_meta(set)->creation_time = MINI_EPOCH + (is_new ? 10 : 5 - index) * NS_PER_S;
    mini_add(mini, set);
}

static gint32
size_after(Mini *mini, const Plan *plan, const char *name)
{
    const ApiObject *set = mini_get(mini, &replica_set_kind, "default", name);
    gint32 planned = planned_size(plan, name);

    return planned >= 0 ? planned : set == NULL ? -1 : replica_set_spec(set)->replicas.value;
}

START_TEST(test_scale)
{
    Mini *mini = mini_new();
    const ApiObject *deployment = mini_add(mini, rolling_deployment(scale_cases[_i].to, scale_cases[_i].surge, 1));
    const gint32 *old = scale_cases[_i].old;
    gint32 from = scale_cases[_i].from;
    Reconcile r = {.wall_ns = mini_wall_ns(mini)};
    Plan *plan = plan_new();
    DeploymentSync *sync;

    for (int i = 0; old[i] >= 0; i++)
        add_sized(mini, deployment, i,
                  i == 0 && scale_cases[_i].desired_of_first_old > 0 ? scale_cases[_i].desired_of_first_old : from,
                  scale_cases[_i].surge_before, old[i], old[i]);
    if (scale_cases[_i].new_size >= 0)
        add_sized(mini, deployment, -1, from, scale_cases[_i].surge_before, scale_cases[_i].new_size,
                  scale_cases[_i].is_broken ? 0 : scale_cases[_i].new_size);
    sync = sync_over(mini, &r, plan);
    deployment_find_sets(sync, FALSE);
    g_assert(plan_count(plan) <= 2);
    deployment_scale(sync);
    ck_assert_msg(size_after(mini, plan, "new") == scale_cases[_i].want_new, "%s: new is %d", scale_cases[_i].name,
                  size_after(mini, plan, "new"));
    for (int i = 0; old[i] >= 0; i++)
        ck_assert_msg(size_after(mini, plan, str_internf("old-%d", i)) == scale_cases[_i].want_old[i],
                      "%s: old %d is %d", scale_cases[_i].name, i, size_after(mini, plan, str_internf("old-%d", i)));
    deployment_sync_free(sync);
    plan_free(plan);
    mini_free(mini);
}
END_TEST

Suite *
deployment_suite(void)
{
    Suite *suite = suite_create("deployment");
    TCase *tcase = tcase_create("parts");

    tcase_add_loop_test(tcase, test_fenceposts, 0, G_N_ELEMENTS(fencepost_cases));
    tcase_add_test(tcase, test_max_unavailable);
    tcase_add_loop_test(tcase, test_fraction, 0, G_N_ELEMENTS(fraction_cases));
    tcase_add_test(tcase, test_judgements);
    tcase_add_test(tcase, test_timed_out);
    tcase_add_loop_test(tcase, test_deadline_left, 0, G_N_ELEMENTS(left_cases));
    tcase_add_loop_test(tcase, test_rolling, 0, G_N_ELEMENTS(rolling_cases));
    tcase_add_loop_test(tcase, test_scale, 0, G_N_ELEMENTS(scale_cases));
    suite_add_tcase(suite, tcase);
    return suite;
}
