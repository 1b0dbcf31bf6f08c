/* Deployment: which ReplicaSets are new and old, which of them go; and the estimate of progress. */
#include "controllers/deployment_sync.h"
#include "tests/controllers/mini.h"
#include "tests/controllers/suites.h"

static const DeploymentOptions web4 = {.name = "web",
                                       .replicas = 4,
                                       .surge = -25,
                                       .unavailable = -25,
                                       .deadline_s = 600};

/* A sync of one part: what @deployment has of @mini's sets. */
typedef struct {
    Mini *mini;
    Reconcile r;
    Plan *plan;
    DeploymentSync *sync;
} Part;

static void
part_begin(Part *part, Mini *mini, const ApiObject *deployment)
{
    part->mini = mini;
    part->r = (Reconcile){.wall_ns = mini_wall_ns(mini), .version_minor = mini->version_minor};
    part->plan = plan_new();
    part->sync = deployment_sync_new(&part->r, part->plan, deployment);
    for (guint i = 0; i < mini_count(mini, &replica_set_kind); i++)
        deployment_sync_add_set(part->sync, mini_nth(mini, &replica_set_kind, i));
    deployment_find_sets(part->sync, FALSE);
}

static void
part_end(Part *part)
{
    deployment_sync_free(part->sync);
    plan_free(part->plan);
    mini_free(part->mini);
}

/* --- templates ------------------------------------------------------------------------------------- */

/* v1.34 pkg/controller/deployment/util/deployment_util_test.go, TestEqualIgnoreHash: each way round. */
static const struct {
    const char *name, *former, *latter;
    gboolean want;
} equal_cases[] = {
    {"same spec, same labels",
     "{metadata: {labels: {pod-template-hash: value-1, something: else}}, spec: {nodeName: foo-node}}",
     "{metadata: {labels: {pod-template-hash: value-1, something: else}}, spec: {nodeName: foo-node}}", TRUE},
    {"only the hash differs",
     "{metadata: {labels: {pod-template-hash: value-1, something: else}}, spec: {nodeName: foo-node}}",
     "{metadata: {labels: {pod-template-hash: value-2, something: else}}, spec: {nodeName: foo-node}}", TRUE},
    {"one has no hash", "{metadata: {labels: {something: else}}, spec: {nodeName: foo-node}}",
     "{metadata: {labels: {pod-template-hash: value-2, something: else}}, spec: {nodeName: foo-node}}", TRUE},
    {"one has only the hash", "{metadata: {labels: {something: else}}, spec: {nodeName: foo-node}}",
     "{metadata: {labels: {pod-template-hash: value-2}}, spec: {nodeName: foo-node}}", FALSE},
    {"the same hash, another label", "{metadata: {labels: {pod-template-hash: value-1}}, spec: {nodeName: foo-node}}",
     "{metadata: {labels: {pod-template-hash: value-1, something: else}}, spec: {nodeName: foo-node}}", FALSE},
    {"other annotations",
     "{metadata: {annotations: {former: value}, labels: {something: else}}, spec: {nodeName: foo-node}}",
     "{metadata: {annotations: {latter: value}, labels: {something: else}}, spec: {nodeName: foo-node}}", FALSE},
    {"another node", "{metadata: {labels: {something: else}}, spec: {nodeName: foo-node-1}}",
     "{metadata: {labels: {pod-template-hash: value-2, something: else}}, spec: {nodeName: foo-node-2}}", FALSE},
    {"other labels", "{metadata: {labels: {something: else}}, spec: {nodeName: foo-node}}",
     "{metadata: {labels: {nothing: else}}, spec: {nodeName: foo-node}}", FALSE},
};

static ApiObject *
set_of_template(const char *template_)
{
    g_autofree char *text =
        g_strdup_printf("{metadata: {name: r}, spec: {selector: {matchLabels: {a: r}}, template: %s}}", template_);

    return object_from_yaml(&replica_set_kind, text);
}

START_TEST(test_equal_ignoring_hash)
{
    g_autoptr(ApiObject) former = set_of_template(equal_cases[_i].former);
    g_autoptr(ApiObject) latter = set_of_template(equal_cases[_i].latter);
    const PodTemplateSpec *a = &replica_set_spec(former)->template_;
    const PodTemplateSpec *b = &replica_set_spec(latter)->template_;

    ck_assert_msg(template_equal_ignoring_hash(a, b) == equal_cases[_i].want, "%s", equal_cases[_i].name);
    ck_assert_msg(template_equal_ignoring_hash(b, a) == equal_cases[_i].want, "%s, turned round", equal_cases[_i].name);
}
END_TEST

/* --- new and old ----------------------------------------------------------------------------------------- */

/*
 * The same file, TestFindNewReplicaSet, TestFindOldReplicaSets: "new" is younger than its twin "dup", "old" has
 * another template; of two with the template the oldest is the new one, the other is old.
 */
static const struct {
    const char *there, *want_new, *want_old; /* names with commas; NULL: none */
} find_cases[] = {
    {"new,old", "new", "old"}, {"old,new,dup", "dup", "old,new"}, {"old", NULL, "old"},
    {"new", "new", NULL},      {"new,dup", "dup", "new"},
};

START_TEST(test_find_sets)
{
    g_auto(GStrv) there = g_strsplit(find_cases[_i].there, ",", -1);
    Mini *mini = mini_new();
    const ApiObject *deployment = mini_add(mini, make_deployment(&web4));
    g_autoptr(GString) old = g_string_new(NULL);
    Part part;

    for (guint i = 0; there[i] != NULL; i++) {
        ApiObject *set = make_set(deployment, there[i], strcmp(there[i], "old") == 0 ? "app:0" : "app:1", 1, 0, 0);

        api_edit_meta(set)->creation_time = MINI_EPOCH + (strcmp(there[i], "new") == 0   ? 60
                                                          : strcmp(there[i], "old") == 0 ? -60
                                                                                         : 0) *
                                                             NS_PER_S;
        mini_add(mini, set);
    }
    part_begin(&part, mini, deployment);
    ck_assert_pstr_eq(part.sync->new_set.object == NULL ? NULL : api_name(part.sync->new_set.object),
                      find_cases[_i].want_new);
    for (guint i = 0; i < part.sync->old_sets->len; i++)
        g_string_append_printf(old, "%s%s", i > 0 ? "," : "",
                               api_name(g_array_index(part.sync->old_sets, SetRef, i).object));
    ck_assert_str_eq(old->str, find_cases[_i].want_old == NULL ? "" : find_cases[_i].want_old);
    part_end(&part);
}
END_TEST

/* deployment_controller_test.go, TestGetReplicaSetsForDeploymentAdoptRelease: both in one sync. */
START_TEST(test_adopt_and_release)
{
    Mini *mini = mini_new();
    const ApiObject *deployment = mini_add(mini, make_deployment(&web4));
    ApiObject *orphan = make_set(deployment, "orphan", "app:0", 0, 0, 1);
    ApiObject *strayed = make_set(deployment, "strayed", "app:0", 1, 0, 1);
    ApiObject *foreign = make_set(deployment, "foreign", "app:0", 1, 0, 1);

    api_edit_meta(orphan)->owner_references.count = 0;
    str_map_set(&api_edit_meta(strayed)->labels, str_intern("app"), str_intern("notweb"));
    api_edit_meta(foreign)->owner_references.items[0].uid = str_intern("another-deployment");
    mini_add(mini, orphan);
    mini_add(mini, strayed);
    mini_add(mini, foreign);
    mini_sync(mini, &deployment_controller, "default/web");
    ck_assert(api_is_controlled_by(mini_get(mini, &replica_set_kind, "default", "orphan"),
                                   mini_get(mini, &deployment_kind, "default", "web")));
    ck_assert_ptr_null(api_controller_of(mini_get(mini, &replica_set_kind, "default", "strayed")));
    ck_assert_str_eq(api_controller_of(mini_get(mini, &replica_set_kind, "default", "foreign"))->uid,
                     "another-deployment");
    mini_free(mini);
}
END_TEST

/* --- sums ------------------------------------------------------------------------------------------------- */

/*
 * TestGetReplicaCountForReplicaSets of the same file, with the gate DeploymentReplicaSetTerminatingReplicas (v1.35):
 * one that its controller has not seen yet tells of none, one that was seen and does not tell makes the sum unknown.
 */
static const struct {
    const char *sets;
    guint version_minor;
    gint32 want_count, want_actual, want_terminating; /* -1: not told */
} count_cases[] = {
    {"1", 35, 1, 2, 3},  {"12", 35, 3, 5, 4},    {"3", 35, 3, 0, 0},   {"123", 35, 6, 5, 4},
    {"4", 35, 1, 1, -1}, {"1234", 35, 7, 6, -1}, {"12", 34, 3, 5, -1},
};

static const struct {
    gint32 observed, size, actual, terminating;
} counted_sets[] = {{1, 1, 2, 3}, {1, 2, 3, 1}, {0, 3, 0, -1}, {1, 1, 1, -1}};

START_TEST(test_counts)
{
    Mini *mini = mini_new();
    const ApiObject *deployment = mini_add(mini, make_deployment(&web4));
    OptInt32 told;
    Part part;

    mini->version_minor = count_cases[_i].version_minor;
    for (const char *at = count_cases[_i].sets; *at != '\0'; at++) {
        guint k = (guint)(*at - '1');
        ApiObject *set =
            make_set(deployment, str_internf("web-%u", k), str_internf("app:old%u", k), counted_sets[k].size, 0, 1);
        ReplicaSetStatus *status = api_edit_status(set);

        status->observed_generation = counted_sets[k].observed;
        status->replicas = counted_sets[k].actual;
        if (counted_sets[k].terminating >= 0)
            status->terminating_replicas = OPT_INT32(counted_sets[k].terminating);
        mini_add(mini, set);
    }
    part_begin(&part, mini, deployment);
    ck_assert_int_eq(sets_spec_replicas(part.sync->old_sets, NULL), count_cases[_i].want_count);
    ck_assert_int_eq(sets_status_replicas(part.sync->old_sets, NULL), count_cases[_i].want_actual);
    deployment_sync_status(part.sync);
    told = deployment_status(part.sync->deployment)->terminating_replicas;
    ck_assert_msg((told.is_set ? told.value : -1) == count_cases[_i].want_terminating, "%s of v1.%u: %d",
                  count_cases[_i].sets, count_cases[_i].version_minor, told.is_set ? told.value : -1);
    part_end(&part);
}
END_TEST

/* --- history ---------------------------------------------------------------------------------------------------- */

/* v1.34 pkg/controller/deployment/sync_test.go, TestDeploymentController_cleanupDeployment */
static const struct {
    const char *name;
    gint32 limit;
    guint count;
    gboolean is_deleting;
    guint want_deleted;
    gint32 sizes[4][2]; /* spec, status of the first ones; the others are empty */
} history_cases[] = {
    {"three empty, limit 1", 1, 3, FALSE, 2},
    {"one that is being deleted, limit 0", 0, 1, TRUE, 0},
    {"as many as the limit", 3, 3, FALSE, 0},
    {"only with spec and status of no pods, limit 0", 0, 4, FALSE, 1, {{0, 0}, {0, 1}, {1, 0}, {1, 1}}},
    {"two empty, limit 0", 0, 2, FALSE, 2},
    {"two that have pods, limit 0", 0, 2, FALSE, 0, {{1, 1}, {1, 1}}},
    {"three empty, no limit", G_MAXINT32, 3, FALSE, 0},
    {"the first of three has a pod, limit 2: no other goes for it", 2, 3, FALSE, 0, {{0, 1}}},
};

START_TEST(test_clean_history)
{
    Mini *mini = mini_new();
    ApiObject *deployment = make_deployment(&web4);
    Reconcile r = {.wall_ns = mini_wall_ns(mini)};
    Plan *plan = plan_new();
    DeploymentSync *sync;

    ((DeploymentSpec *)api_edit_spec(deployment))->revision_history_limit = OPT_INT32(history_cases[_i].limit);
    mini_add(mini, deployment);
    sync = deployment_sync_new(&r, plan, deployment);
    for (guint i = 0; i < history_cases[_i].count; i++) {
        const gint32 *sizes = history_cases[_i].sizes[MIN(i, 3)];
        ApiObject *set =
            make_set(deployment, str_internf("web-%u", i), str_internf("app:old%u", i), sizes[0], 0, i + 1);

        ((ReplicaSetStatus *)api_edit_status(set))->replicas = sizes[1];
        if (history_cases[_i].is_deleting)
            api_edit_meta(set)->deletion_time = MINI_EPOCH;
        deployment_sync_add_set(sync, mini_add(mini, set));
    }
    deployment_find_sets(sync, FALSE);
    deployment_clean_history(sync);
    ck_assert_msg(plan_count(plan) == history_cases[_i].want_deleted, "%s: %u deleted", history_cases[_i].name,
                  plan_count(plan));
    deployment_sync_free(sync);
    plan_free(plan);
    mini_free(mini);
}
END_TEST

/*
 * TestDeploymentController_cleanupDeploymentOrder of the same file: four that were made one after the other; a
 * letter is a revision ("-": none), capital if it has a pod. The lowest revisions go first; one with pods is not
 * made up for.
 */
static const struct {
    const char *revisions;
    gint32 limit;
    const char *want; /* of those deleted: their place, in order */
} order_cases[] = {
    {"ab", 1, "1"}, {"ba", 1, "2"}, {"a-", 1, "2"}, {"-b", 1, "1"}, {"Abc", 1, "2"}, {"ABc", 1, ""}, {"cadb", 2, "24"},
};

START_TEST(test_clean_order)
{
    DeploymentOptions options = web4;
    Mini *mini = mini_new();
    const char *revisions = order_cases[_i].revisions;
    g_autoptr(GString) deleted = g_string_new(NULL);
    const ApiObject *deployment;
    Part part;

    options.history = order_cases[_i].limit;
    deployment = mini_add(mini, make_deployment(&options));
    for (guint i = 0; revisions[i] != '\0'; i++) {
        gint32 size = g_ascii_isupper(revisions[i]) ? 1 : 0;
        ApiObject *set = make_set(deployment, str_internf("foo-%u", i + 1), str_internf("app:old%u", i), size, 0,
                                  revisions[i] == '-' ? 0 : g_ascii_tolower(revisions[i]) - 'a' + 1);

        api_edit_meta(set)->creation_time = MINI_EPOCH + i * 60 * NS_PER_S;
        mini_add(mini, set);
    }
    part_begin(&part, mini, deployment);
    deployment_clean_history(part.sync);
    for (guint i = 0; i < plan_count(part.plan); i++)
        g_string_append(deleted, plan_get(part.plan, i)->name + strlen("foo-"));
    ck_assert_msg(strcmp(deleted->str, order_cases[_i].want) == 0, "%s, %d are kept: deleted %s", revisions,
                  order_cases[_i].limit, deleted->str);
    part_end(&part);
}
END_TEST

/* --- Recreate --------------------------------------------------------------------------------------------- */

/*
 * v1.34 pkg/controller/deployment/recreate_test.go, TestOldPodsRunning: the new ReplicaSet is made once they do not.
 */
static const struct {
    const char *name;
    gboolean has_old;
    gint32 status_replicas;
    const char *phases[3];
    gboolean is_deleting, want;
} old_pods_cases[] = {
    {"no old ReplicaSet", FALSE, 0, {NULL}, FALSE, FALSE},
    {"running pods", TRUE, 2, {"Running", "Running"}, FALSE, TRUE},
    {"no pods, but the status tells of one", TRUE, 1, {NULL}, FALSE, TRUE},
    {"no pods, and the status of none", TRUE, 0, {NULL}, FALSE, FALSE},
    {"only pods that have ended", TRUE, 0, {"Failed", "Succeeded"}, FALSE, FALSE},
    {"one in phase Unknown", TRUE, 0, {"Unknown"}, FALSE, TRUE},
    {"one in phase Pending", TRUE, 0, {"Pending"}, FALSE, TRUE},
    {"one in phase Running", TRUE, 0, {"Running"}, FALSE, TRUE},
    {"one on its way out", TRUE, 0, {"Running"}, TRUE, TRUE},
    {"two that have ended and one Pending", TRUE, 0, {"Failed", "Succeeded", "Pending"}, FALSE, TRUE},
};

START_TEST(test_old_pods)
{
    DeploymentOptions options = web4;
    Mini *mini = mini_new();
    const ApiObject *deployment;

    options.is_recreate = TRUE;
    deployment = mini_add(mini, make_deployment(&options));
    if (old_pods_cases[_i].has_old) {
        ApiObject *set = make_set(deployment, "web-old", "app:0", 0, 0, 1);

        ((ReplicaSetStatus *)api_edit_status(set))->replicas = old_pods_cases[_i].status_replicas;
        mini_add(mini, set);
        for (guint i = 0; i < 3 && old_pods_cases[_i].phases[i] != NULL; i++) {
            ApiObject *pod = make_pod(mini_get(mini, &replica_set_kind, "default", "web-old"), str_internf("p%u", i),
                                      "n", old_pods_cases[_i].phases[i], FALSE);

            if (old_pods_cases[_i].is_deleting)
                api_edit_meta(pod)->deletion_time = MINI_EPOCH;
            mini_add(mini, pod);
        }
    }
    mini_sync(mini, &deployment_controller, "default/web");
    ck_assert_msg((strstr(mini->log->str, "create ReplicaSet ") == NULL) == old_pods_cases[_i].want, "%s:\n%s",
                  old_pods_cases[_i].name, mini->log->str);
    mini_free(mini);
}
END_TEST

/* --- the roll-back that old clients ask for --- */

/*
 * v1.34 pkg/controller/deployment/rollback.go; deployment_controller_test.go, TestReentrantRollback: the annotation with
 * a revision, 0 for the last one; sets of revision 1 (app:0) and 2 (app:1, the current one). No ReplicaSet is written.
 */
static const struct {
    const char *name, *to;
    gboolean has_old;
    const char *want_event; /* NULL: none */
    const char *want_image;
    gboolean is_cleared;
} rollback_cases[] = {
    {"to the last one", "0", TRUE, "Normal DeploymentRollback Rolled back deployment \"web\" to revision 1", "app:0",
     TRUE},
    {"to a revision", "1", TRUE, "Normal DeploymentRollback Rolled back deployment \"web\" to revision 1", "app:0",
     TRUE},
    {"to the current one", "2", TRUE,
     "Warning DeploymentRollbackTemplateUnchanged The rollback revision contains the same template as current "
     "deployment "
     "\"web\"",
     "app:1", TRUE},
    {"to one that is not there", "7", TRUE,
     "Warning DeploymentRollbackRevisionNotFound Unable to find the revision to rollback to.", "app:1", TRUE},
    {"to the last one, where there is none", "0", FALSE,
     "Warning DeploymentRollbackRevisionNotFound Unable to find last revision.", "app:1", TRUE},
    {"no number: nothing is asked for", "x", TRUE, NULL, "app:1", FALSE},
};

START_TEST(test_rollback)
{
    Mini *mini = mini_new();
    ApiObject *made = make_deployment(&web4);
    const ApiObject *deployment;
    const char *event;

    deployment_set_revision(made, "2");
    deployment = mini_add(mini, made);
    if (rollback_cases[_i].has_old)
        mini_add(mini, make_set(deployment, "web-a", "app:0", 0, 0, 1));
    mini_add(mini, make_set(deployment, "web-b", "app:1", 4, 4, 2));
    made = mini_edit(mini, &deployment_kind, "web");
    set_condition(&((DeploymentStatus *)api_edit_status(made))->conditions, "Progressing", "True",
                  "NewReplicaSetAvailable", MINI_EPOCH);
    str_map_set(&api_edit_meta(made)->annotations, str_intern(ROLLBACK_ANNOTATION), str_intern(rollback_cases[_i].to));
    mini_put(mini, made);
    mini_sync(mini, &deployment_controller, "default/web");
    event = strstr(mini->log->str, "event ");
    ck_assert_msg(rollback_cases[_i].want_event == NULL
                      ? event == NULL
                      : event != NULL && g_str_has_prefix(event + strlen("event "), rollback_cases[_i].want_event),
                  "%s:\n%s", rollback_cases[_i].name, mini->log->str);
    deployment = mini_get(mini, &deployment_kind, "default", "web");
    ck_assert_str_eq(deployment_spec(deployment)->template_.spec.containers.items[0].image,
                     rollback_cases[_i].want_image);
    ck_assert_int_eq(str_map_get(&deployment->meta->annotations, ROLLBACK_ANNOTATION) == NULL,
                     rollback_cases[_i].is_cleared);
    ck_assert_ptr_null(strstr(mini->log->str, "update ReplicaSet"));
    mini_free(mini);
}
END_TEST

/* --- progress --------------------------------------------------------------------------------------------- */

/*
 * v1.34 pkg/controller/deployment/progress_test.go, TestSyncRolloutStatus. A Recreate Deployment as it was
 * (replicas, status: current, updated, available), its other and its new ReplicaSet (spec, current, available; -1:
 * there is none).
 */
static const struct {
    const char *name;
    gint32 deadline_s, status[4];
    const char *reason, *truth; /* of Progressing; NULL: not there */
    gint32 other[3], fresh[3];
    const char *want_reason, *want_truth;
    gboolean keeps_update, keeps_transition;
} rollout_cases[] = {
    {"no deadline, no condition", 0, {3, 2, 2, 2}, "ReplicaSetUpdated", "True", {0, 1, 1}, {3, 2, 2}, NULL, NULL, 0, 0},
    {"at rest: not judged",
     60,
     {3, 3, 3, 3},
     "NewReplicaSetAvailable",
     "True",
     {3, 3, 3},
     {-1},
     "NewReplicaSetAvailable",
     "True",
     TRUE,
     TRUE},
    {"progress: the transition stays",
     60,
     {3, 2, 2, 2},
     "ReplicaSetUpdated",
     "True",
     {0, 1, 1},
     {3, 2, 2},
     "ReplicaSetUpdated",
     "True",
     FALSE,
     TRUE},
    {"progress after a failure",
     60,
     {3, 2, 2, 2},
     "ProgressDeadlineExceeded",
     "False",
     {0, 1, 1},
     {3, 2, 2},
     "ReplicaSetUpdated",
     "True",
     FALSE,
     FALSE},
    {"progress, no condition yet",
     60,
     {3, 2, 2, 2},
     NULL,
     NULL,
     {0, 1, 1},
     {3, 2, 2},
     "ReplicaSetUpdated",
     "True",
     FALSE,
     FALSE},
    {"complete: the transition stays",
     60,
     {3, 3, 3, 3},
     "ReplicaSetUpdated",
     "True",
     {-1},
     {3, 3, 3},
     "NewReplicaSetAvailable",
     "True",
     FALSE,
     TRUE},
    {"complete after a failure",
     60,
     {3, 3, 3, 3},
     "ProgressDeadlineExceeded",
     "False",
     {-1},
     {3, 3, 3},
     "NewReplicaSetAvailable",
     "True",
     FALSE,
     FALSE},
    {"complete, no condition yet",
     60,
     {3, 3, 3, 3},
     NULL,
     NULL,
     {-1},
     {3, 3, 3},
     "NewReplicaSetAvailable",
     "True",
     FALSE,
     FALSE},
    {"complete, no new ReplicaSet",
     60,
     {0, 3, 3, 3},
     "ReplicaSetUpdated",
     "True",
     {0, 0, 0},
     {-1},
     "NewReplicaSetAvailable",
     "True",
     FALSE,
     TRUE},
    {"timed out",
     60,
     {3, 2, 2, 2},
     "ReplicaSetUpdated",
     "True",
     {-1},
     {3, 2, 2},
     "ProgressDeadlineExceeded",
     "False",
     FALSE,
     FALSE},
    {"timed out before",
     60,
     {3, 2, 2, 2},
     "ProgressDeadlineExceeded",
     "False",
     {-1},
     {3, 2, 2},
     "ProgressDeadlineExceeded",
     "False",
     TRUE,
     TRUE},
};

static void
add_counted(Mini *mini, const ApiObject *deployment, const char *name, const char *image, const gint32 *numbers)
{
    ApiObject *set;

    if (numbers[0] < 0)
        return;
    set = make_set(deployment, name, image, numbers[0], numbers[2], 1);
    ((ReplicaSetStatus *)api_edit_status(set))->replicas = numbers[1];
    ((ReplicaSetStatus *)api_edit_status(set))->ready_replicas = 0;
    mini_add(mini, set);
}

START_TEST(test_rollout_status)
{
    const gint64 then_ns = MINI_EPOCH;
    Mini *mini = mini_new();
    ApiObject *deployment = make_deployment(&(DeploymentOptions){.name = "web",
                                                                 .replicas = rollout_cases[_i].status[0],
                                                                 .is_recreate = TRUE,
                                                                 .deadline_s = rollout_cases[_i].deadline_s});
    DeploymentStatus *status = api_edit_status(deployment);
    const Condition *got;
    Part part;

    status->replicas = rollout_cases[_i].status[1];
    status->updated_replicas = rollout_cases[_i].status[2];
    status->available_replicas = rollout_cases[_i].status[3];
    if (rollout_cases[_i].reason != NULL)
        set_condition(&status->conditions, "Progressing", rollout_cases[_i].truth, rollout_cases[_i].reason, then_ns);
    mini_add(mini, deployment);
    add_counted(mini, deployment, "bar", "app:0", rollout_cases[_i].other);
    add_counted(mini, deployment, "foo", "app:1", rollout_cases[_i].fresh);
    part_begin(&part, mini, deployment);
    deployment_sync_rollout_status(part.sync);
    got = condition_find(&deployment_status(part.sync->deployment)->conditions, "Progressing");
    ck_assert_pstr_eq(got == NULL ? NULL : got->reason, rollout_cases[_i].want_reason);
    if (got != NULL) {
        ck_assert_msg(strcmp(got->status, rollout_cases[_i].want_truth) == 0, "%s", rollout_cases[_i].name);
        ck_assert_msg((got->last_update_time == then_ns) == rollout_cases[_i].keeps_update, "%s",
                      rollout_cases[_i].name);
        ck_assert_msg((got->last_transition_time == then_ns) == rollout_cases[_i].keeps_transition, "%s",
                      rollout_cases[_i].name);
        if (rollout_cases[_i].fresh[0] < 0 && !rollout_cases[_i].keeps_update)
            ck_assert_str_eq(got->message, "Deployment \"web\" has successfully progressed.");
    }
    part_end(&part);
}
END_TEST

Suite *
deployment_sets_suite(void)
{
    Suite *suite = suite_create("sets of deployments");
    TCase *tests = tcase_create("sets");

    tcase_add_loop_test(tests, test_equal_ignoring_hash, 0, G_N_ELEMENTS(equal_cases));
    tcase_add_loop_test(tests, test_find_sets, 0, G_N_ELEMENTS(find_cases));
    tcase_add_test(tests, test_adopt_and_release);
    tcase_add_loop_test(tests, test_counts, 0, G_N_ELEMENTS(count_cases));
    tcase_add_loop_test(tests, test_clean_history, 0, G_N_ELEMENTS(history_cases));
    tcase_add_loop_test(tests, test_clean_order, 0, G_N_ELEMENTS(order_cases));
    tcase_add_loop_test(tests, test_old_pods, 0, G_N_ELEMENTS(old_pods_cases));
    tcase_add_loop_test(tests, test_rollback, 0, G_N_ELEMENTS(rollback_cases));
    tcase_add_loop_test(tests, test_rollout_status, 0, G_N_ELEMENTS(rollout_cases));
    suite_add_tcase(suite, tests);
    return suite;
}
