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
    {"nothing of none", 0, 0, 0, 0, 1}, {"no surge, 39% unavailable", 0, -39, 10, 0, 3},
    {"39% surge, none unavailable", -39, 0, 10, 4, 0},
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

/* TestMaxUnavailable of the same file; surge is 1 */
static const struct {
    const char *name;
    gint32 replicas;
    int unavailable;
    gboolean is_recreate;
    gint32 want;
} unavailable_cases[] = {
    {"less than replicas", 10, 5, FALSE, 5},
    {"as many as replicas", 10, 10, FALSE, 10},
    {"more than replicas", 5, 10, FALSE, 5},
    {"of no replicas", 0, 10, FALSE, 0},
    {"Recreate", 3, 0, TRUE, 0},
    {"50%", 10, -50, FALSE, 5},
    {"100%", 10, -100, FALSE, 10},
    {"100% of five", 5, -100, FALSE, 5},
};

START_TEST(test_max_unavailable)
{
    g_autoptr(ApiObject) deployment =
        make_deployment(&(DeploymentOptions){.name = "web",
                                             .replicas = unavailable_cases[_i].replicas,
                                             .surge = 1,
                                             .unavailable = unavailable_cases[_i].unavailable,
                                             .is_recreate = unavailable_cases[_i].is_recreate});
    gint32 got = deployment_max_unavailable(deployment);

    ck_assert_msg(got == unavailable_cases[_i].want, "%s: got %d", unavailable_cases[_i].name, got);
}
END_TEST

/* TestNewRSNewReplicas of the same file; the other one has five */
static const struct {
    const char *name;
    gboolean is_recreate;
    gint32 desired, new_size, surge, want;
} new_size_cases[] = {
    {"cannot grow", FALSE, 1, 5, 1, 5},
    {"grows to all of the Deployment", FALSE, 6, 2, 10, 6},
    {"Recreate: at once", TRUE, 3, 1, 1, 3},
    {"desired and surge wrap around, as Go's int32", FALSE, G_MAXINT32, 2, 10, 2},
};

START_TEST(test_new_size)
{
    g_autoptr(ApiObject) deployment = make_deployment(&(DeploymentOptions){.name = "web",
                                                                           .replicas = new_size_cases[_i].desired,
                                                                           .surge = new_size_cases[_i].surge,
                                                                           .unavailable = 1,
                                                                           .is_recreate = new_size_cases[_i].is_recreate});
    gint32 got = deployment_new_set_size(deployment, 5, new_size_cases[_i].new_size);

    ck_assert_msg(got == new_size_cases[_i].want, "%s: got %d", new_size_cases[_i].name, got);
}
END_TEST

/* TestGetNonNegativeInt32FromAnnotation of the same file; -1: not valid */
static const struct {
    const char *text;
    gint32 want;
} annotation_cases[] = {
    {NULL, -1}, {"invalid", -1}, {"-1", -1}, {"0", 0}, {"13", 13}, {"2147483647", G_MAXINT32}, {"2147483648", -1}, {"4294967296", -1},
};

START_TEST(test_annotation)
{
    g_autoptr(ApiObject) deployment = rolling_deployment(1, 1, 0);
    g_autoptr(ApiObject) set = make_set(deployment, "web-a", "app:1", 1, 0, 1);
    gint32 got = -1;

    if (annotation_cases[_i].text != NULL)
        str_map_set(&api_edit_meta(set)->annotations, str_intern("test"), str_intern(annotation_cases[_i].text));
    ck_assert_msg(set_annotation_int(set, "test", &got) == (annotation_cases[_i].want >= 0), "%s",
                  annotation_cases[_i].text);
    ck_assert_msg(got == annotation_cases[_i].want, "%s: got %d", annotation_cases[_i].text, got);
}
END_TEST

/* v1.34 pkg/controller/deployment/util/deployment_util_test.go, TestGetReplicaSetFraction */
static const struct {
    const char *name;
    gint32 desired, surge, status_replicas, set_replicas;
    const char *max_annotation;
    gint32 want;
} fraction_cases[] = {
    {"to zero", 0, 0, 0, 10, NULL, -10},
    {"neither annotation nor status", 10, 0, 0, 5, NULL, 0},
    {"an annotation of 0, no status", 10, 0, 0, 5, "0", 0},
    {"a fifth more, status instead of the annotation", 120, 0, 100, 50, NULL, 10},
    {"a fifth more, status instead of 0", 120, 0, 100, 50, "0", 10},
    {"a fifth more", 120, 0, 0, 50, "100", 10},
    {"a fifth more, with surge", 120, 10, 0, 50, "110", 9},
    {"a sixth less", 10, 0, 0, 6, "12", -1},
    {"a sixth less, with surge", 100, 10, 0, 50, "130", -8},
};

START_TEST(test_fraction)
{
    g_autoptr(ApiObject) deployment = rolling_deployment(fraction_cases[_i].desired, fraction_cases[_i].surge, 1);
    g_autoptr(ApiObject) set =
        make_set(deployment, "web-a", "app:1", fraction_cases[_i].set_replicas, 0, 1);
    gint32 got;

    ((DeploymentStatus *)api_edit_status(deployment))->replicas =
        fraction_cases[_i].status_replicas;
    if (fraction_cases[_i].max_annotation != NULL)
        str_map_set(&api_edit_meta(set)->annotations, str_intern(MAX_ANNOTATION),
                    str_intern(fraction_cases[_i].max_annotation));
    got = deployment_fraction(deployment, set);
    ck_assert_msg(got == fraction_cases[_i].want, "%s: got %d", fraction_cases[_i].name, got);
}
END_TEST

/* TestDeploymentComplete of the same file */
static const struct {
    const char *name;
    gint32 desired, current, updated, available;
    gboolean want;
} complete_cases[] = {
    {"all but one available", 5, 5, 5, 4, FALSE},
    {"fewer available than must be", 5, 5, 5, 3, FALSE},
    {"complete", 5, 5, 5, 5, TRUE},
    {"available, but one is old", 5, 5, 4, 5, FALSE},
    {"an old one runs besides", 1, 2, 1, 1, FALSE},
    {"the only one never comes up", 1, 1, 1, 0, FALSE},
};

START_TEST(test_complete)
{
    g_autoptr(ApiObject) deployment = rolling_deployment(complete_cases[_i].desired, 1, 0);
    DeploymentStatus status = {.replicas = complete_cases[_i].current,
                               .updated_replicas = complete_cases[_i].updated,
                               .available_replicas = complete_cases[_i].available};

    ck_assert_msg(deployment_is_complete(deployment, &status) == complete_cases[_i].want, "%s", complete_cases[_i].name);
}
END_TEST

/* TestDeploymentProgressing of the same file: replicas, updated, ready, available, before and after */
static const struct {
    const char *name;
    gint32 before[4], after[4];
    gboolean want;
} progress_cases[] = {
    {"updated pods", {10, 4, 4, 4}, {10, 6, 4, 4}, TRUE},
    {"nothing", {10, 4, 4, 4}, {10, 4, 4, 4}, FALSE},
    {"old pods gone", {10, 4, 6, 6}, {8, 4, 6, 6}, TRUE},
    {"fewer new pods", {10, 7, 3, 3}, {10, 6, 3, 3}, FALSE},
    {"fewer in all, but more new ones", {10, 4, 7, 7}, {8, 8, 5, 5}, TRUE},
    {"more ready pods", {10, 10, 9, 8}, {10, 10, 10, 8}, TRUE},
    {"more available pods", {10, 10, 10, 9}, {10, 10, 10, 10}, TRUE},
};

static DeploymentStatus
status_of(const gint32 *numbers)
{
    return (DeploymentStatus){.replicas = numbers[0],
                              .updated_replicas = numbers[1],
                              .ready_replicas = numbers[2],
                              .available_replicas = numbers[3]};
}

START_TEST(test_progress)
{
    DeploymentStatus before = status_of(progress_cases[_i].before);
    DeploymentStatus after = status_of(progress_cases[_i].after);

    ck_assert_msg(deployment_has_progressed(&before, &after) == progress_cases[_i].want, "%s", progress_cases[_i].name);
}
END_TEST

/* TestDeploymentTimedOut of the same file */
START_TEST(test_timed_out)
{
    g_autoptr(ApiObject) none = rolling_deployment(1, 1, 0);
    g_autoptr(ApiObject) ten = make_deployment(
        &(DeploymentOptions){.name = "web", .replicas = 1, .surge = 1, .deadline_s = 10});
    g_autoptr(ApiObject) endless = make_deployment(
        &(DeploymentOptions){.name = "web", .replicas = 1, .surge = 1, .deadline_s = G_MAXINT32});
    gint64 updated_ns = MINI_EPOCH;
    DeploymentStatus status = {0};

    set_condition(&status.conditions, "Progressing", "True", "ReplicaSetUpdated", updated_ns);
    ck_assert(!deployment_has_timed_out(none, &status, updated_ns + 11 * NS_PER_S));
    ck_assert(!deployment_has_timed_out(endless, &status, updated_ns + 11 * NS_PER_S));
    ck_assert(!deployment_has_timed_out(ten, &status, updated_ns + 9 * NS_PER_S));
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
    const char *reason; /* of Progressing; NULL: not there */
    gint32 desired, status[3];
    gint64 updated_ago_ns, want_ns;
    gboolean want;
} left_cases[] = {
    {"no deadline", 0, NULL, 4, {3, 3, 2}, 0, 0, FALSE},
    {"no end", G_MAXINT32, NULL, 4, {3, 3, 2}, 0, 0, FALSE},
    {"no deadline, but a condition", 0, "ReplicaSetUpdated", 4, {3, 3, 2}, 30 * NS_PER_S, 0, FALSE},
    {"no condition", 60, NULL, 4, {3, 3, 2}, 0, 0, FALSE},
    {"complete", 60, NULL, 3, {3, 3, 3}, 0, 0, FALSE},
    {"complete, with a condition", 60, "ReplicaSetUpdated", 3, {3, 3, 3}, 30 * NS_PER_S, 0, FALSE},
    {"failed already", 60, "ProgressDeadlineExceeded", 3, {3, 3, 0}, 30 * NS_PER_S, 0, FALSE},
    {"stuck: 30 s", 60, "ReplicaSetUpdated", 3, {3, 3, 1}, 30 * NS_PER_S, 30 * NS_PER_S, TRUE},
    {"stuck: 1 s", 60, "ReplicaSetUpdated", 3, {3, 3, 1}, 59 * NS_PER_S, NS_PER_S, TRUE},
    {"less than a second", 60, "ReplicaSetUpdated", 3, {3, 3, 1}, 59 * NS_PER_S + 1, NS_PER_S - 1, TRUE},
    {"now", 60, "ReplicaSetUpdated", 3, {3, 3, 1}, 60 * NS_PER_S, 0, TRUE},
    {"a second ago", 60, "ReplicaSetUpdated", 3, {3, 3, 1}, 61 * NS_PER_S, -NS_PER_S, TRUE},
    {"a minute ago", 60, "ReplicaSetUpdated", 3, {3, 3, 1}, 120 * NS_PER_S, -60 * NS_PER_S, TRUE},
};

START_TEST(test_deadline_left)
{
    g_autoptr(ApiObject) deployment = make_deployment(&(DeploymentOptions){.name = "web",
                                                                           .replicas = left_cases[_i].desired,
                                                                           .surge = 1,
                                                                           .deadline_s = left_cases[_i].deadline_s});
    DeploymentStatus *status = api_edit_status(deployment);
    gint64 left_ns = 0;

    status->replicas = left_cases[_i].status[0];
    status->updated_replicas = left_cases[_i].status[1];
    status->available_replicas = left_cases[_i].status[2];
    if (left_cases[_i].reason != NULL)
        set_condition(&status->conditions, "Progressing", "True", left_cases[_i].reason, MINI_EPOCH);
    ck_assert_msg(deployment_deadline_left(deployment, status, MINI_EPOCH + left_cases[_i].updated_ago_ns, &left_ns) ==
                      left_cases[_i].want,
                  "%s", left_cases[_i].name);
    ck_assert_msg(left_ns == left_cases[_i].want_ns, "%s", left_cases[_i].name);
}
END_TEST

/* What follows from it: the sync after next at the end and a second, or, with less than a second left, after 5 ms steps. */
static const struct {
    gint64 updated_ago_ns, want_ns;
} requeue_cases[] = {
    {30 * NS_PER_S, 31 * NS_PER_S},
    {59 * NS_PER_S, 2 * NS_PER_S},
    {60 * NS_PER_S - 12 * NS_PER_MS, 15 * NS_PER_MS},
};

START_TEST(test_requeue)
{
    Mini *mini = mini_new();
    const ApiObject *deployment;

    mini->now_ns = 1000 * NS_PER_S;
    deployment = mini_add(mini, make_deployment(&(DeploymentOptions){.name = "web", .replicas = 1, .surge = 1, .deadline_s = 60}));
    mini_add(mini, make_set(deployment, "web-a", "app:1", 1, 0, 1));
    for (guint i = 0; i < 3; i++)
        mini_sync(mini, &deployment_controller, "default/web");
    ck_assert_msg(mini->log->len == 0, "%s", mini->log->str);
    mini->now_ns += requeue_cases[_i].updated_ago_ns;
    mini_sync(mini, &deployment_controller, "default/web");
    ck_assert_int_eq(mini->requeue_ns, requeue_cases[_i].want_ns);
    mini_free(mini);
}
END_TEST

/* --- annotations -------------------------------------------------------------------------------------------- */

/* TestAnnotationUtils of the same file: each further revision joins the history; what is too long drops the oldest. */
START_TEST(test_revision_history)
{
    g_autoptr(ApiObject) deployment = rolling_deployment(4, 1, 1);
    g_autoptr(ApiObject) set = make_set(deployment, "web-a", "app:1", 4, 4, 0);
    ObjectMeta *meta = api_edit_meta(set);
    g_autofree char *long_text = g_strnfill(1990, '7');

    ck_assert(set_new_annotations(deployment, meta, 11, TRUE));
    ck_assert_ptr_null(str_map_get(&meta->annotations, REVISION_HISTORY_ANNOTATION));
    ck_assert(!set_new_annotations(deployment, meta, 11, TRUE));
    ck_assert(!set_new_annotations(deployment, meta, 10, TRUE));
    ck_assert(set_new_annotations(deployment, meta, 12, TRUE));
    ck_assert(set_new_annotations(deployment, meta, 13, TRUE));
    ck_assert_str_eq(str_map_get(&meta->annotations, REVISION_HISTORY_ANNOTATION), "11,12");
    ck_assert_str_eq(str_map_get(&meta->annotations, REVISION_ANNOTATION), "13");
    str_map_set(&meta->annotations, str_intern(REVISION_HISTORY_ANNOTATION), str_internf("%s,11,12,1", long_text));
    ck_assert(set_new_annotations(deployment, meta, 14, TRUE));
    ck_assert_str_eq(str_map_get(&meta->annotations, REVISION_HISTORY_ANNOTATION),
                     str_internf("%s,11,12,1,13", long_text) + 1991);
}
END_TEST

/* TestReplicasAnnotationsNeedUpdate of the same file: wanted are 10 and at most 20. */
static const struct {
    const char *desired, *max;
    gboolean want;
} size_annotation_cases[] = {{NULL, NULL, TRUE}, {"8", "20", TRUE}, {"10", "16", TRUE}, {"10", "20", FALSE}};

START_TEST(test_size_annotations)
{
    ObjectMeta meta = {0};

    if (size_annotation_cases[_i].desired != NULL) {
        str_map_set(&meta.annotations, str_intern(DESIRED_ANNOTATION), str_intern(size_annotation_cases[_i].desired));
        str_map_set(&meta.annotations, str_intern(MAX_ANNOTATION), str_intern(size_annotation_cases[_i].max));
    }
    ck_assert_int_eq(set_replicas_annotations(&meta, 10, 20), size_annotation_cases[_i].want);
    ck_assert_str_eq(str_map_get(&meta.annotations, DESIRED_ANNOTATION), "10");
    ck_assert_str_eq(str_map_get(&meta.annotations, MAX_ANNOTATION), "20");
    str_map_clear(&meta.annotations);
}
END_TEST

/* v1.34 pkg/controller/controller_utils_test.go, TestComputeHash: another collision count, another hash. */
START_TEST(test_hash_with_collisions)
{
    static const OptInt32 counts[] = {{0}, OPT_INT32(1), OPT_INT32(2), OPT_INT32(G_MAXINT32)};
    PodTemplateSpec empty = {0};

    for (guint i = 0; i < G_N_ELEMENTS(counts); i++)
        for (guint k = i + 1; k < G_N_ELEMENTS(counts); k++)
            ck_assert_str_ne(template_hash(&empty, counts[i]), template_hash(&empty, counts[k]));
}
END_TEST

/* TestSetCondition, TestRemoveCondition of util/deployment_util_test.go: one that changes goes to the end. */
START_TEST(test_conditions)
{
    ConditionList list = {0};
    Condition other = {.type = str_intern("Progressing"),
                       .status = str_intern("True"),
                       .reason = str_intern("BecauseItIs")};

    condition_remove(&list, "Progressing");
    ck_assert_uint_eq(list.count, 0);
    set_condition(&list, "Progressing", "False", "ForSomeReason", MINI_EPOCH);
    set_condition(&list, "Available", "True", "AwesomeController", MINI_EPOCH);
    condition_remove(&list, "ReplicaFailure");
    ck_assert_uint_eq(list.count, 2);
    condition_put(&list, &other);
    ck_assert_uint_eq(list.count, 2);
    ck_assert_str_eq(list.items[0].type, "Available");
    ck_assert_str_eq(condition_find(&list, "Progressing")->reason, "BecauseItIs");
    condition_remove(&list, "Progressing");
    ck_assert_ptr_null(condition_find(&list, "Progressing"));
    g_free(list.items);
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
    {"TestReconcileNewReplicaSet: only the surge", PART_NEW, 2, 0, 10, 10, 0, 0, "web-b", 2},
    {"TestReconcileNewReplicaSet: up to the surge", PART_NEW, 2, 0, 5, 5, 0, 0, "web-b", 7},
    {"TestReconcileNewReplicaSet: the surge is there", PART_NEW, 2, 0, 10, 10, 2, 0, "web-b", -1},
    {"TestReconcileNewReplicaSet: one too many", PART_NEW, 2, 0, 2, 2, 11, 11, "web-b", 10},
    {"TestReconcileNewReplicaSet: too large", PART_NEW, 2, 0, 0, 0, 12, 12, "web-b", 10},
    {"TestReconcileOldReplicaSets: neither surge nor unavailable: one", PART_OLD, 0, 0, 10, 10, 0, 0, "web-a", 9},
    {"TestReconcileOldReplicaSets: two are not available: they go", PART_OLD, 0, 2, 10, 8, 0, 0, "web-a", 8},
    {"TestReconcileOldReplicaSets: all available", PART_OLD, 0, 2, 10, 10, 0, 0, "web-a", 8},
    {"TestReconcileOldReplicaSets: one is not", PART_OLD, 0, 2, 10, 9, 0, 0, "web-a", 8},
    {"TestReconcileOldReplicaSets: new ones not ready", PART_OLD, 0, 2, 8, 8, 2, 0, "web-a", -1},
    {"TestCleanupUnhealthyReplicas: two are not, one may go", PART_OLD, 0, 1, 10, 8, 0, 0, "web-a", 9},
    {"TestCleanupUnhealthyReplicas: two are not, none may go", PART_OLD, 1, 0, 10, 8, 0, 0, "web-a", -1},
    {"TestCleanupUnhealthyReplicas: two are not, three may go; then one that is", PART_OLD, 0, 3, 10, 8, 0, 0, "web-a", 7},
    {"TestScaleDownOldReplicaSetsForRollingUpdate: at least one", PART_OLD, 0, 0, 10, 10, 0, 0, "web-a", 9},
    {"TestScaleDownOldReplicaSetsForRollingUpdate: none is left", PART_OLD, 0, 2, 0, 0, 10, 10, "web-a", -1},
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
    tcase_add_loop_test(tcase, test_max_unavailable, 0, G_N_ELEMENTS(unavailable_cases));
    tcase_add_loop_test(tcase, test_new_size, 0, G_N_ELEMENTS(new_size_cases));
    tcase_add_loop_test(tcase, test_annotation, 0, G_N_ELEMENTS(annotation_cases));
    tcase_add_loop_test(tcase, test_fraction, 0, G_N_ELEMENTS(fraction_cases));
    tcase_add_loop_test(tcase, test_complete, 0, G_N_ELEMENTS(complete_cases));
    tcase_add_loop_test(tcase, test_progress, 0, G_N_ELEMENTS(progress_cases));
    tcase_add_test(tcase, test_timed_out);
    tcase_add_loop_test(tcase, test_deadline_left, 0, G_N_ELEMENTS(left_cases));
    tcase_add_loop_test(tcase, test_requeue, 0, G_N_ELEMENTS(requeue_cases));
    tcase_add_test(tcase, test_revision_history);
    tcase_add_loop_test(tcase, test_size_annotations, 0, G_N_ELEMENTS(size_annotation_cases));
    tcase_add_test(tcase, test_hash_with_collisions);
    tcase_add_test(tcase, test_conditions);
    tcase_add_loop_test(tcase, test_rolling, 0, G_N_ELEMENTS(rolling_cases));
    tcase_add_loop_test(tcase, test_scale, 0, G_N_ELEMENTS(scale_cases));
    suite_add_tcase(suite, tcase);
    return suite;
}
