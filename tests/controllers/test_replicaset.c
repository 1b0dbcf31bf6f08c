#include "controllers/replicaset_sync.h"
#include "tests/controllers/mini.h"
#include "tests/controllers/suites.h"

/* --- ranking ------------------------------------------------------------------------------------ */

#define MONTH_NS (30 * 24 * NS_PER_HOUR)

typedef struct {
    const char *node, *phase;
    gboolean is_ready;
    gint64 ready_ago_ns; /* below 0: no time */
    gint64 created_ago_ns;
    const char *cost;
    gint32 restarts;
    guint rank;
    const char *uid;
} Shape;

/* "lesser" goes first. */
static const struct {
    const char *name;
    Shape lesser, greater;
} rank_cases[] = {
    /* v1.34 pkg/controller/controller_utils_test.go, TestSortingActivePodsWithRanks */
    {"unscheduled before scheduled",
     {.phase = "Pending", .rank = 1},
     {.node = "n", .phase = "Pending", .rank = 2}},
    {"phase Unknown before Running",
     {.node = "n", .phase = "Unknown", .rank = 1},
     {.node = "n", .phase = "Running", .rank = 2}},
    {"ready at no known time before ready now",
     {.node = "n", .phase = "Running", .is_ready = TRUE, .ready_ago_ns = -1, .rank = 1},
     {.node = "n", .phase = "Running", .is_ready = TRUE, .rank = 1}},
    {"newer before older",
     {.node = "n", .phase = "Running", .is_ready = TRUE, .rank = 1},
     {.node = "n", .phase = "Running", .is_ready = TRUE, .created_ago_ns = MONTH_NS, .rank = 1}},
    {"cheaper before dearer, whatever the rank",
     {.node = "n", .phase = "Running", .is_ready = TRUE, .cost = "10", .rank = 2},
     {.node = "n", .phase = "Running", .is_ready = TRUE, .cost = "100", .rank = 1}},
    {"unscheduled before scheduled, whatever the rank",
     {.phase = "Pending", .rank = 2},
     {.node = "n", .phase = "Pending", .rank = 1}},
    {"Pending before phase Unknown, whatever the rank",
     {.node = "n", .phase = "Pending", .rank = 1},
     {.node = "n", .phase = "Unknown", .rank = 2}},
    {"phase Unknown before Running, whatever the rank",
     {.node = "n", .phase = "Unknown", .rank = 1},
     {.node = "n", .phase = "Running", .rank = 2}},
    {"not ready before ready at no known time",
     {.node = "n", .phase = "Running", .rank = 1},
     {.node = "n", .phase = "Running", .is_ready = TRUE, .ready_ago_ns = -1, .rank = 1}},
    {"the rank before the time of readiness, none known",
     {.node = "n", .phase = "Running", .is_ready = TRUE, .rank = 2},
     {.node = "n", .phase = "Running", .is_ready = TRUE, .ready_ago_ns = -1, .rank = 1}},
    {"ready now before ready since a month",
     {.node = "n", .phase = "Running", .is_ready = TRUE, .rank = 1},
     {.node = "n", .phase = "Running", .is_ready = TRUE, .ready_ago_ns = MONTH_NS, .created_ago_ns = MONTH_NS, .rank = 1}},
    {"the rank before the time of readiness",
     {.node = "n", .phase = "Running", .is_ready = TRUE, .ready_ago_ns = MONTH_NS, .created_ago_ns = MONTH_NS, .rank = 2},
     {.node = "n", .phase = "Running", .is_ready = TRUE, .rank = 1}},
    {"many restarts, ready at the same time",
     {.node = "n", .phase = "Running", .is_ready = TRUE, .restarts = 9001, .rank = 1},
     {.node = "n", .phase = "Running", .is_ready = TRUE, .rank = 1}},
    {"the rank before restarts",
     {.node = "n", .phase = "Running", .is_ready = TRUE, .rank = 2},
     {.node = "n", .phase = "Running", .is_ready = TRUE, .restarts = 9001, .rank = 1}},
    {"the rank before the age",
     {.node = "n", .phase = "Running", .is_ready = TRUE, .created_ago_ns = MONTH_NS, .rank = 2},
     {.node = "n", .phase = "Running", .is_ready = TRUE, .rank = 1}},
    {"ready for two hours before ready for five",
     {.phase = "Running", .is_ready = TRUE, .ready_ago_ns = 2 * NS_PER_HOUR, .created_ago_ns = MONTH_NS, .rank = 1},
     {.phase = "Running", .is_ready = TRUE, .ready_ago_ns = 5 * NS_PER_HOUR, .created_ago_ns = MONTH_NS, .rank = 1}},
    /* the rules of ActivePodsWithRanks.Less, one by one */
    {"Pending before Unknown",
     {.node = "n", .phase = "Pending"},
     {.node = "n", .phase = "Unknown"}},
    {"not ready before ready",
     {.node = "n", .phase = "Running"},
     {.node = "n", .phase = "Running", .is_ready = TRUE}},
    {"a cost that is no number counts as none",
     {.node = "n", .phase = "Running", .cost = "-1"},
     {.node = "n", .phase = "Running", .cost = "cheap"}},
    {"more relatives on the node first",
     {.node = "n", .phase = "Running", .is_ready = TRUE, .rank = 3},
     {.node = "n", .phase = "Running", .is_ready = TRUE, .rank = 2}},
    {"shorter ready first on the log scale",
     {.node = "n", .phase = "Running", .is_ready = TRUE, .ready_ago_ns = 3 * NS_PER_S},
     {.node = "n", .phase = "Running", .is_ready = TRUE, .ready_ago_ns = 100 * NS_PER_S}},
    {"within one step of the log scale the uid decides",
     {.node = "n",
      .phase = "Running",
      .is_ready = TRUE,
      .ready_ago_ns = 101 * NS_PER_S,
      .uid = "a"},
     {.node = "n",
      .phase = "Running",
      .is_ready = TRUE,
      .ready_ago_ns = 100 * NS_PER_S,
      .uid = "b"}},
    {"more restarts first, both not ready",
     {.node = "n", .phase = "Running", .restarts = 4, .created_ago_ns = MONTH_NS},
     {.node = "n", .phase = "Running", .restarts = 1}},
};

static ApiObject *
shape_pod(const Shape *shape, const char *name)
{
    const gint64 now_ns = MINI_EPOCH + 10 * MONTH_NS;
    ApiObject *pod = make_pod(NULL, name, shape->node, shape->phase, shape->is_ready);
    PodStatus *status = api_edit_status(pod);
    ObjectMeta *meta = api_edit_meta(pod);
    ContainerStatus *container = API_LIST_ADD(&status->container_statuses);

    status->conditions.items[0].last_transition_time =
        shape->ready_ago_ns < 0 ? 0 : now_ns - shape->ready_ago_ns;
    container->restart_count = shape->restarts;
    meta->creation_time = now_ns - shape->created_ago_ns;
    meta->uid = str_intern(shape->uid != NULL ? shape->uid : name);
    if (shape->cost != NULL)
        str_map_set(&meta->annotations, str_intern("controller.kubernetes.io/pod-deletion-cost"),
                    str_intern(shape->cost));
    return pod;
}

START_TEST(test_rank)
{
    g_autoptr(ApiObject) lesser = shape_pod(&rank_cases[_i].lesser, "lesser");
    g_autoptr(ApiObject) greater = shape_pod(&rank_cases[_i].greater, "greater");
    RankedPod a = {lesser, rank_cases[_i].lesser.rank};
    RankedPod b = {greater, rank_cases[_i].greater.rank};
    gint64 now_ns = MINI_EPOCH + 10 * MONTH_NS;

    ck_assert_msg(ranked_pod_compare(&a, &b, now_ns) < 0, "%s", rank_cases[_i].name);
    ck_assert_msg(ranked_pod_compare(&b, &a, now_ns) > 0, "%s, turned round", rank_cases[_i].name);
}
END_TEST

/* The same test: pods in no order; without uids, which would decide. The plain order of TestSortingActivePods tells some apart. */
static const struct {
    const char *name;
    Shape a, b;
} equal_cases[] = {
    {"unscheduled", {.phase = "Pending"}, {.phase = "Pending"}},
    {"scheduled", {.node = "n", .phase = "Pending"}, {.node = "n", .phase = "Pending"}},
    {"phase Unknown", {.node = "n", .phase = "Unknown"}, {.node = "n", .phase = "Unknown"}},
    {"not ready", {.node = "n", .phase = "Running"}, {.node = "n", .phase = "Running"}},
    {"ready now", {.node = "n", .phase = "Running", .is_ready = TRUE}, {.node = "n", .phase = "Running", .is_ready = TRUE}},
    {"unscheduled, five and eight hours old",
     {.phase = "Pending", .created_ago_ns = 5 * NS_PER_HOUR},
     {.phase = "Pending", .created_ago_ns = 8 * NS_PER_HOUR}},
    {"ready for five and for eight hours",
     {.phase = "Running", .is_ready = TRUE, .ready_ago_ns = 5 * NS_PER_HOUR, .created_ago_ns = MONTH_NS},
     {.phase = "Running", .is_ready = TRUE, .ready_ago_ns = 8 * NS_PER_HOUR, .created_ago_ns = MONTH_NS}},
};

START_TEST(test_rank_equal)
{
    g_autoptr(ApiObject) first = shape_pod(&equal_cases[_i].a, "same");
    g_autoptr(ApiObject) second = shape_pod(&equal_cases[_i].b, "same");
    RankedPod a = {first, 1};
    RankedPod b = {second, 1};

    ck_assert_msg(ranked_pod_compare(&a, &b, MINI_EPOCH + 10 * MONTH_NS) == 0, "%s", equal_cases[_i].name);
}
END_TEST

/* controller_utils_test.go, TestSortingActivePods: the plain order, from the first that goes to the last. */
static const Shape plain_order[] = {
    {.phase = "Pending"},
    {.node = "bar", .phase = "Pending"},
    {.node = "foo", .phase = "Unknown"},
    {.node = "foo", .phase = "Running"},
    {.node = "foo", .phase = "Running", .is_ready = TRUE, .ready_ago_ns = -1, .restarts = 3},
    {.node = "foo", .phase = "Running", .is_ready = TRUE, .restarts = 3},
    {.node = "foo", .phase = "Running", .is_ready = TRUE, .ready_ago_ns = MONTH_NS, .restarts = 3},
    {.node = "foo", .phase = "Running", .is_ready = TRUE, .ready_ago_ns = MONTH_NS, .restarts = 2},
    {.node = "foo", .phase = "Running", .is_ready = TRUE, .ready_ago_ns = MONTH_NS, .restarts = 2, .created_ago_ns = MONTH_NS},
};

START_TEST(test_plain_order)
{
    for (guint i = 0; i < G_N_ELEMENTS(plain_order); i++)
        for (guint k = 0; k < G_N_ELEMENTS(plain_order); k++) {
            g_autoptr(ApiObject) a = shape_pod(&plain_order[i], "same");
            g_autoptr(ApiObject) b = shape_pod(&plain_order[k], "same");
            int order = active_pod_compare(a, b);

            ck_assert_msg((order < 0) == (i < k) && (order > 0) == (i > k), "%u and %u: %d", i, k, order);
        }
}
END_TEST

/* --- syncs ---------------------------------------------------------------------------------------- */

static const ApiObject *
add_set(Mini *mini, gint32 replicas, gint32 status_replicas)
{
    g_autoptr(ApiObject) deployment =
        make_deployment(&(DeploymentOptions){.name = "web", .replicas = replicas});
    ApiObject *set = make_set(deployment, "web-a", "app:1", replicas, 0, 1);
    ReplicaSetStatus *status = api_edit_status(set);

    api_edit_meta(set)->owner_references.count = 0;
    status->replicas = status->fully_labeled_replicas = status_replicas;
    return mini_add(mini, set);
}

/* v1.34 pkg/controller/replicaset/replica_set_test.go, TestSlowStartBatch: 1, 2, 4, 3. */
START_TEST(test_creates_in_slow_start)
{
    Mini *mini = mini_new();

    add_set(mini, 10, 0);
    mini_sync(mini, &replica_set_controller, "default/web-a");
    ck_assert_uint_eq(mini->expected_creations, 10);
    ck_assert_uint_eq(mini_count(mini, &pod_kind), 10);
    ck_assert(
        api_is_controlled_by(mini_nth(mini, &pod_kind, 0), mini_nth(mini, &replica_set_kind, 0)));
    ck_assert_ptr_null(mini->error);
    mini_free(mini);
}
END_TEST

/* The first status write changes the generation only; the pods count from the next sync on. */
START_TEST(test_status_lags_the_creation)
{
    Mini *mini = mini_new();
    ApiObject *set;

    add_set(mini, 1, 0);
    set = mini_edit(mini, &replica_set_kind, "web-a");
    ((ReplicaSetStatus *)api_edit_status(set))->observed_generation = 0;
    mini_put(mini, set);
    mini_sync(mini, &replica_set_controller, "default/web-a");
    mini_check_log(mini, "first sync",
                   "create Pod web-a-x2\n"
                   "event Normal SuccessfulCreate Created pod: web-a-x2\n"
                   "status ReplicaSet web-a");
    ck_assert_int_eq(replica_set_status(mini_nth(mini, &replica_set_kind, 0))->replicas, 0);
    mini_sync(mini, &replica_set_controller, "default/web-a");
    mini_check_log(mini, "second sync", "status ReplicaSet web-a");
    ck_assert_int_eq(replica_set_status(mini_nth(mini, &replica_set_kind, 0))->replicas, 1);
    mini_sync(mini, &replica_set_controller, "default/web-a");
    mini_check_log(mini, "third sync", "");
    mini_free(mini);
}
END_TEST

/*
 * The gate DeploymentReplicaSetTerminatingReplicas, on from v1.35 (replica_set_utils_test.go, TestCalculateStatus; util/
 * deployment_util_test.go, TestGetTerminatingReplicaCountForReplicaSets): pods on their way out that the set controls and
 * selects; a ReplicationController never tells.
 */
static const struct {
    const ApiKind *kind;
    const ControllerDef *def;
    guint version_minor;
    gint32 want; /* -1: not told */
} terminating_cases[] = {
    {&replica_set_kind, &replica_set_controller, 34, -1},
    {&replica_set_kind, &replica_set_controller, 35, 2},
    {&replication_controller_kind, &replication_controller, 36, -1},
};

static ApiObject *
make_going(const ApiObject *owner, const char *name, const char *phase, const char *label)
{
    ApiObject *pod = make_pod(owner, name, "n", phase, FALSE);

    str_map_set(&api_edit_meta(pod)->labels, str_intern("a"), str_intern(label));
    api_edit_meta(pod)->deletion_time = MINI_EPOCH;
    return pod;
}

START_TEST(test_terminating)
{
    Mini *mini = mini_new();
    const ApiObject *set = mini_add(
        mini, object_from_yaml(terminating_cases[_i].kind,
                               terminating_cases[_i].kind == &replica_set_kind
                                   ? "{metadata: {name: r}, spec: {replicas: 0, selector: {matchLabels: {a: r}}, template: "
                                     "{metadata: {labels: {a: r}}, spec: {containers: [{name: c, image: 'i:1'}]}}}}"
                                   : "{metadata: {name: r}, spec: {replicas: 0, template: {metadata: {labels: {a: r}}, "
                                     "spec: {containers: [{name: c, image: 'i:1'}]}}}}"));
    OptInt32 told;

    mini->version_minor = terminating_cases[_i].version_minor;
    mini_add(mini, make_going(set, "p", "Running", "r"));
    mini_add(mini, make_going(set, "q", "Pending", "r"));
    mini_add(mini, make_going(set, "over", "Failed", "r"));
    mini_add(mini, make_going(set, "relabelled", "Running", "x"));
    mini_add(mini, make_going(NULL, "stray", "Running", "r"));
    mini_sync(mini, terminating_cases[_i].def, "default/r");
    told = replica_set_status(mini_get(mini, terminating_cases[_i].kind, "default", "r"))->terminating_replicas;
    ck_assert_msg((told.is_set ? told.value : -1) == terminating_cases[_i].want, "%s of v1.%u: %d",
                  terminating_cases[_i].kind->kind, terminating_cases[_i].version_minor, told.value);
    mini_free(mini);
}
END_TEST

/* v1.34 pkg/controller/replicaset/replica_set_test.go, TestGetPodsToDelete. */
static const struct {
    const char *name;
    const char *phase_a, *node_a;
    gboolean ready_a;
    const char *phase_b, *node_b;
    gboolean ready_b;
    gint32 wanted;
    const char *log;
} victim_cases[] = {
    {"none to delete", "Running", "n", TRUE, "Running", "n", TRUE, 2, "status ReplicaSet web-a"},
    {"the not ready one", "Running", "n", TRUE, "Running", "n", FALSE, 1,
     "delete Pod b\nevent Normal SuccessfulDelete Deleted pod: b\nstatus ReplicaSet web-a"},
    {"the Pending one", "Pending", "n", FALSE, "Running", "n", FALSE, 1,
     "delete Pod a\nevent Normal SuccessfulDelete Deleted pod: a\nstatus ReplicaSet web-a"},
};

START_TEST(test_victims)
{
    Mini *mini = mini_new();
    const ApiObject *set = add_set(mini, victim_cases[_i].wanted, 0);

    mini_add(mini, make_pod(set, "a", victim_cases[_i].node_a, victim_cases[_i].phase_a,
                            victim_cases[_i].ready_a));
    mini_add(mini, make_pod(set, "b", victim_cases[_i].node_b, victim_cases[_i].phase_b,
                            victim_cases[_i].ready_b));
    mini_sync(mini, &replica_set_controller, "default/web-a");
    mini_check_log(mini, victim_cases[_i].name, victim_cases[_i].log);
    mini_free(mini);
}
END_TEST

/* Recorded over a quota of 3: batches 1 and 2 succeed, the third has two refusals, one condition. */
START_TEST(test_refused_creations)
{
    Mini *mini = mini_new();
    const ReplicaSetStatus *status;

    add_set(mini, 5, 0);
    mini_refuse(mini, (MiniRefusal){.type = STEP_CREATE,
                                    .kind = &pod_kind,
                                    .code = 403,
                                    .reason = "Forbidden",
                                    .message = "pods \"x\" is forbidden: exceeded quota: q",
                                    .skip = 3,
                                    .count = 100});
    mini_sync(mini, &replica_set_controller, "default/web-a");
    mini_check_log(
        mini, "over quota",
        "create Pod web-a-x2\n"
        "event Normal SuccessfulCreate Created pod: web-a-x2\n"
        "create Pod web-a-x3\n"
        "event Normal SuccessfulCreate Created pod: web-a-x3\n"
        "create Pod web-a-x4\n"
        "event Normal SuccessfulCreate Created pod: web-a-x4\n"
        "create Pod - -> 403\n"
        "event Warning FailedCreate Error creating: pods \"x\" is forbidden: exceeded quota: q\n"
        "create Pod - -> 403\n"
        "event Warning FailedCreate Error creating: pods \"x\" is forbidden: exceeded quota: q\n"
        "status ReplicaSet web-a");
    ck_assert_str_eq(mini->error, "pods \"x\" is forbidden: exceeded quota: q");
    status = replica_set_status(mini_nth(mini, &replica_set_kind, 0));
    ck_assert_str_eq(condition_find(&status->conditions, "ReplicaFailure")->reason, "FailedCreate");
    ck_assert_int_eq(status->replicas, 0);
    mini_free(mini);
}
END_TEST

/* A namespace that is being deleted: silent, and counted as done. */
START_TEST(test_terminating_namespace)
{
    Mini *mini = mini_new();

    add_set(mini, 1, 0);
    mini_refuse(mini, (MiniRefusal){.type = STEP_CREATE,
                                    .kind = &pod_kind,
                                    .code = 403,
                                    .reason = "Forbidden",
                                    .message = "no",
                                    .cause = "NamespaceTerminating",
                                    .count = 100});
    mini_sync(mini, &replica_set_controller, "default/web-a");
    mini_check_log(mini, "terminating", "create Pod - -> 403");
    ck_assert_ptr_null(mini->error);
    mini_free(mini);
}
END_TEST

/* A pod whose labels were changed is let go, and a substitute made in the same sync (recorded). */
START_TEST(test_release)
{
    Mini *mini = mini_new();
    const ApiObject *set = add_set(mini, 1, 1);
    ApiObject *pod = make_pod(set, "p", "n", "Running", TRUE);

    str_map_set(&api_edit_meta(pod)->labels, str_intern("app"), str_intern("debug"));
    mini_add(mini, pod);
    mini_sync(mini, &replica_set_controller, "default/web-a");
    mini_check_log(mini, "release",
                   "patch Pod p\n"
                   "create Pod web-a-x3\n"
                   "event Normal SuccessfulCreate Created pod: web-a-x3\n"
                   "status ReplicaSet web-a");
    ck_assert_ptr_null(api_controller_of(mini_nth(mini, &pod_kind, 0)));
    mini_free(mini);
}
END_TEST

START_TEST(test_adoption)
{
    Mini *mini = mini_new();
    const ApiObject *set = add_set(mini, 1, 1);
    ApiObject *pod = make_pod(set, "p", "n", "Running", TRUE);

    api_edit_meta(pod)->owner_references.count = 0;
    mini_add(mini, pod);
    mini_sync(mini, &replica_set_controller, "default/web-a");
    mini_check_log(mini, "adoption", "get ReplicaSet web-a\npatch Pod p\nstatus ReplicaSet web-a");
    ck_assert(
        api_is_controlled_by(mini_nth(mini, &pod_kind, 0), mini_nth(mini, &replica_set_kind, 0)));
    mini_free(mini);
}
END_TEST

/* A pod ready for less than minReadySeconds: looked at again when the time is over. */
START_TEST(test_min_ready)
{
    Mini *mini = mini_new();
    ApiObject *set;
    ApiObject *pod;

    add_set(mini, 1, 1);
    set = mini_edit(mini, &replica_set_kind, "web-a");
    ((ReplicaSetSpec *)api_edit_spec(set))->min_ready_s = 10;
    pod = make_pod(set, "p", "n", "Running", TRUE);
    ((PodStatus *)api_edit_status(pod))->conditions.items[0].last_transition_time =
        mini_wall_ns(mini) - 3 * NS_PER_S;
    mini_put(mini, set);
    mini_add(mini, pod);
    mini_sync(mini, &replica_set_controller, "default/web-a");
    ck_assert_int_eq(replica_set_status(mini_nth(mini, &replica_set_kind, 0))->ready_replicas, 1);
    ck_assert_int_eq(replica_set_status(mini_nth(mini, &replica_set_kind, 0))->available_replicas,
                     0);
    ck_assert_int_eq(mini->requeue_ns, 7 * NS_PER_S);
    mini_free(mini);
}
END_TEST

/* A conflict of the status write: read anew and written once more. */
START_TEST(test_status_conflict)
{
    Mini *mini = mini_new();

    add_set(mini, 0, 1);
    mini_refuse(mini, (MiniRefusal){.type = STEP_UPDATE_STATUS,
                                    .kind = &replica_set_kind,
                                    .code = 409,
                                    .reason = "Conflict",
                                    .message = "modified",
                                    .count = 1});
    mini_sync(mini, &replica_set_controller, "default/web-a");
    mini_check_log(mini, "conflict",
                   "status ReplicaSet web-a -> 409\n"
                   "get ReplicaSet web-a\n"
                   "status ReplicaSet web-a");
    ck_assert_ptr_null(mini->error);
    mini_free(mini);
}
END_TEST

/* The related pods of a Deployment's other ReplicaSet count: the node with more of them loses one. */
START_TEST(test_rank_counts_relatives)
{
    Mini *mini = mini_new();
    const ApiObject *deployment =
        mini_add(mini, make_deployment(&(DeploymentOptions){.name = "web", .replicas = 2}));
    const ApiObject *set = mini_add(mini, make_set(deployment, "web-a", "app:1", 1, 2, 1));
    const ApiObject *other = mini_add(mini, make_set(deployment, "web-b", "app:2", 2, 2, 2));

    mini_add(mini, make_pod(set, "a", "n1", "Running", TRUE));
    mini_add(mini, make_pod(set, "b", "n2", "Running", TRUE));
    mini_add(mini, make_pod(other, "c", "n2", "Running", TRUE));
    mini_sync(mini, &replica_set_controller, "default/web-a");
    ck_assert_msg(g_str_has_prefix(mini->log->str, "delete Pod b\n"), "%s", mini->log->str);
    mini_free(mini);
}
END_TEST

Suite *
replicaset_suite(void)
{
    Suite *suite = suite_create("replicaset");
    TCase *tcase = tcase_create("replicaset");

    tcase_add_loop_test(tcase, test_rank, 0, G_N_ELEMENTS(rank_cases));
    tcase_add_loop_test(tcase, test_rank_equal, 0, G_N_ELEMENTS(equal_cases));
    tcase_add_test(tcase, test_plain_order);
    tcase_add_loop_test(tcase, test_victims, 0, G_N_ELEMENTS(victim_cases));
    tcase_add_test(tcase, test_creates_in_slow_start);
    tcase_add_test(tcase, test_status_lags_the_creation);
    tcase_add_loop_test(tcase, test_terminating, 0, G_N_ELEMENTS(terminating_cases));
    tcase_add_test(tcase, test_refused_creations);
    tcase_add_test(tcase, test_terminating_namespace);
    tcase_add_test(tcase, test_release);
    tcase_add_test(tcase, test_adoption);
    tcase_add_test(tcase, test_min_ready);
    tcase_add_test(tcase, test_status_conflict);
    tcase_add_test(tcase, test_rank_counts_relatives);
    suite_add_tcase(suite, tcase);
    return suite;
}
