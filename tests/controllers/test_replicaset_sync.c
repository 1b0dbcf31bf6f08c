/* ReplicaSet: which pods go, what the status says, syncs counted. */
#include "controllers/replicaset_sync.h"
#include "tests/controllers/mini.h"
#include "tests/controllers/suites.h"

/* A set "r" of @replicas that selects a=r; its template has further labels if @has_more. */
static const ApiObject *
add_r(Mini *mini, gint32 replicas, gboolean has_more)
{
    g_autofree char *text =
        g_strdup_printf("{metadata: {name: r}, spec: {replicas: %d, selector: {matchLabels: {a: r}}, template: "
                        "{metadata: {labels: {a: r%s}}, spec: {containers: [{name: c, image: 'i:1'}]}}}}",
                        replicas, has_more ? ", type: production" : "");

    return mini_add(mini, object_from_yaml(&replica_set_kind, text));
}

static const ApiObject *
get_r(Mini *mini)
{
    return mini_get(mini, &replica_set_kind, "default", "r");
}

/* A pod of @set, or of nobody, that the set selects. */
static ApiObject *
make_member(const ApiObject *set, const char *name, const char *node, const char *phase, gboolean is_ready)
{
    ApiObject *pod = make_pod(set, name, node, phase, is_ready);

    str_map_set(&api_edit_meta(pod)->labels, str_intern("a"), str_intern("r"));
    return pod;
}

static guint
count_lines(const Mini *mini, const char *start)
{
    g_auto(GStrv) lines = g_strsplit(mini->log->str, "\n", -1);
    guint count = 0;

    for (guint i = 0; lines[i] != NULL; i++)
        count += g_str_has_prefix(lines[i], start) ? 1 : 0;
    return count;
}

static void
sync_r(Mini *mini)
{
    mini_sync(mini, &replica_set_controller, "default/r");
}

/* --- which pods go --------------------------------------------------------------------------------- */

/*
 * v1.34 pkg/controller/replicaset/replica_set_test.go, TestGetPodsToDelete: so many of these pods go: U unscheduled,
 * P scheduled and Pending, N running and not ready, 1 and 2 ready on node 1 or 2; on the nodes in @relatives are pods
 * of the Deployment's other ReplicaSet. If all go, in the order listed.
 */
static const struct {
    const char *name, *pods, *relatives;
    guint count;
    const char *want;
} victim_cases[] = {
    {"none of none", "", "", 0, ""},
    {"all, in their order", "N1", "", 2, "N1"},
    {"the one that is not ready", "1N", "", 1, "N"},
    {"all of every kind, in their order", "1NPU", "", 4, "1NPU"},
    {"the unscheduled of two Pending", "PU", "", 1, "U"},
    {"those that are not ready", "1NN", "", 2, "NN"},
    {"the one with a relative beside it", "12", "2", 1, "2"},
    {"the one with more relatives beside it", "12", "2211222", 1, "2"},
    {"the Pending one", "PN", "", 1, "P"},
    {"three of every kind", "1NPU", "", 3, "UPN"},
    {"not ready counts more than relatives", "N2", "222", 1, "N"},
};

static ApiObject *
make_kind_of_pod(const ApiObject *set, char what, const char *name)
{
    const char *node = what == 'U' ? NULL : what == '1' ? "node-1" : what == '2' ? "node-2" : "node-0";
    const char *phase = what == 'U' || what == 'P' ? "Pending" : "Running";

    return make_pod(set, name, node, phase, g_ascii_isdigit(what));
}

START_TEST(test_victims)
{
    const char *pods = victim_cases[_i].pods;
    Mini *mini = mini_new();
    const ApiObject *deployment = mini_add(mini, make_deployment(&(DeploymentOptions){.name = "web", .replicas = 1}));
    const ApiObject *set =
        mini_add(mini, make_set(deployment, "web-a", "app:1", (gint32)(strlen(pods) - victim_cases[_i].count), 0, 1));
    const ApiObject *other = mini_add(mini, make_set(deployment, "web-b", "app:2", 1, 0, 2));
    g_autoptr(GString) deleted = g_string_new(NULL);
    g_auto(GStrv) lines = NULL;

    for (guint i = 0; pods[i] != '\0'; i++)
        mini_add(mini, make_kind_of_pod(set, pods[i], str_internf("%c-%u", pods[i], i)));
    for (guint i = 0; victim_cases[_i].relatives[i] != '\0'; i++)
        mini_add(mini, make_kind_of_pod(other, victim_cases[_i].relatives[i], str_internf("other-%u", i)));
    mini_sync(mini, &replica_set_controller, "default/web-a");
    lines = g_strsplit(mini->log->str, "\n", -1);
    for (guint i = 0; lines[i] != NULL; i++)
        if (g_str_has_prefix(lines[i], "delete Pod "))
            g_string_append_c(deleted, lines[i][strlen("delete Pod ")]);
    ck_assert_msg(strcmp(deleted->str, victim_cases[_i].want) == 0, "%s: %s go", victim_cases[_i].name, deleted->str);
    mini_free(mini);
}
END_TEST

/* --- status ------------------------------------------------------------------------------------------ */

/*
 * v1.34 pkg/controller/replicaset/replica_set_utils_test.go, TestCalculateStatus: pods with all labels of the
 * template (F), with those of the selector only (s), not ready (capital or not: P, p).
 */
static const struct {
    const char *name, *pods;
    gboolean has_more;           /* the template has labels beyond the selector's */
    gint32 min_ready_s, want[4]; /* replicas, fully labelled, ready, available */
} status_cases[] = {
    {"one with all labels", "F", FALSE, 0, {1, 1, 1, 1}},
    {"one without", "s", TRUE, 0, {1, 0, 1, 1}},
    {"two with all labels", "FF", FALSE, 0, {2, 2, 2, 2}},
    {"two without", "ss", TRUE, 0, {2, 0, 2, 2}},
    {"one with, one without", "Fs", TRUE, 0, {2, 1, 2, 2}},
    {"one not ready", "P", FALSE, 0, {1, 1, 0, 0}},
    {"ready, but not for an hour yet", "F", FALSE, 3600, {1, 1, 1, 0}},
    {"none", "", FALSE, 0, {0, 0, 0, 0}},
};

static GPtrArray *
make_pods(const ApiObject *set, const char *what, gint64 ready_since)
{
    GPtrArray *pods = g_ptr_array_new_with_free_func(api_object_unref);

    for (guint i = 0; what[i] != '\0'; i++) {
        gboolean is_ready = what[i] == 'F' || what[i] == 's';
        ApiObject *pod = make_member(set, str_internf("p%u", i), "n", is_ready ? "Running" : "Pending", is_ready);

        if (g_ascii_islower(what[i]))
            str_map_remove(&api_edit_meta(pod)->labels, str_intern("type"));
        ((PodStatus *)api_edit_status(pod))->conditions.items[0].last_transition_time = ready_since;
        g_ptr_array_add(pods, pod);
    }
    return pods;
}

START_TEST(test_status)
{
    Mini *mini = mini_new();
    g_autoptr(ApiObject) set = api_object_copy(add_r(mini, 2, status_cases[_i].has_more));
    g_autoptr(GPtrArray) pods = NULL;
    ReplicaSetStatus status = {0};
    PodCounts counts;

    ((ReplicaSetSpec *)api_edit_spec(set))->min_ready_s = status_cases[_i].min_ready_s;
    pods = make_pods(set, status_cases[_i].pods, MINI_EPOCH);
    counts = replica_set_count_pods(set, pods, MINI_EPOCH);
    replica_set_calculate_status(set, &counts, NULL, MINI_EPOCH, &status);
    ck_assert_msg(status.replicas == status_cases[_i].want[0] &&
                      status.fully_labeled_replicas == status_cases[_i].want[1] &&
                      status.ready_replicas == status_cases[_i].want[2] &&
                      status.available_replicas == status_cases[_i].want[3],
                  "%s: %d, %d, %d, %d", status_cases[_i].name, status.replicas, status.fully_labeled_replicas,
                  status.ready_replicas, status.available_replicas);
    mini_free(mini);
}
END_TEST

/* The same file, TestCalculateStatusConditions. */
static const struct {
    const char *name;
    gint32 replicas;
    const char *pods, *error;
    gboolean has_condition;
    const char *want_reason, *want_message; /* NULL: no condition; "old": as it was */
} failure_cases[] = {
    {"too few", 2, "F", "fake manageReplicasErr", FALSE, "FailedCreate", "fake manageReplicasErr"},
    {"too many", 2, "FFF", "fake manageReplicasErr", FALSE, "FailedDelete", "fake manageReplicasErr"},
    {"no error any more", 10, "F", NULL, TRUE, NULL, NULL},
    {"again: the first one stays", 10, "F", "fake manageReplicasErr", TRUE, "old", "old"},
    {"no error", 2, "F", NULL, FALSE, NULL, NULL},
};

START_TEST(test_failure)
{
    Mini *mini = mini_new();
    const ApiObject *set = add_r(mini, failure_cases[_i].replicas, FALSE);
    g_autoptr(GPtrArray) pods = make_pods(set, failure_cases[_i].pods, MINI_EPOCH);
    PodCounts counts = replica_set_count_pods(set, pods, MINI_EPOCH + NS_PER_S);
    ReplicaSetStatus status = {0};
    const Condition *got;

    if (failure_cases[_i].has_condition) {
        set_condition(&status.conditions, "ReplicaFailure", "True", "old", MINI_EPOCH);
        status.conditions.items[0].message = str_intern("old");
    }
    replica_set_calculate_status(set, &counts, failure_cases[_i].error, MINI_EPOCH + NS_PER_S, &status);
    got = condition_find(&status.conditions, "ReplicaFailure");
    ck_assert_pstr_eq(got == NULL ? NULL : got->reason, failure_cases[_i].want_reason);
    ck_assert_pstr_eq(got == NULL ? NULL : got->message, failure_cases[_i].want_message);
    g_free(status.conditions.items);
    mini_free(mini);
}
END_TEST

/*
 * v1.34 replica_set_test.go, TestReadyReplicas, TestAvailableReplicas, controller_utils_test.go,
 * TestFindMinNextPodAvailabilitySimpleCheck; @ready_ago_ms below 0: Pending. @write_ms: what writing the status takes.
 */
static const struct {
    guint version_minor;
    gint32 min_ready_s;
    gint64 ready_ago_ms[2];
    gint64 write_ms;
    gint32 want_ready, want_available;
    gint64 want_requeue_ms; /* -1: none */
} available_cases[] = {
    {34, 0, {0, -1}, 0, 1, 1, -1},
    {34, 15, {120000, 0}, 0, 2, 1, 15000},
    {34, 15, {10000, 3000}, 0, 2, 0, 5000},
    {34, 15, {15000, 120000}, 0, 2, 2, -1},
    {34, 15, {-1, -1}, 0, 0, 0, -1},
    {34, 15, {3000, -1}, 10, 1, 0, 11990},
    {34, 15, {10000, 14995}, 10, 2, 0, 0}, /* available while the status is written, which does not count it */
    {34, 15, {14995, 120000}, 10, 2, 1, 0},
    {33, 15, {10000, 3000}, 10, 2, 0, 15000},
    {33, 15, {120000, 0}, 0, 2, 1, 15000},
    {33, 15, {10000, -1}, 0, 1, 0, -1},
    {33, 15, {15000, 120000}, 0, 2, 2, -1},
};

START_TEST(test_available)
{
    Mini *mini = mini_new();
    ApiObject *set;

    mini->version_minor = available_cases[_i].version_minor;
    mini->part_takes_ns = available_cases[_i].write_ms * NS_PER_MS;
    add_r(mini, 2, FALSE);
    set = mini_edit(mini, &replica_set_kind, "r");
    ((ReplicaSetSpec *)api_edit_spec(set))->min_ready_s = available_cases[_i].min_ready_s;
    mini_put(mini, set);
    for (guint i = 0; i < 2; i++) {
        gint64 ago_ms = available_cases[_i].ready_ago_ms[i];
        ApiObject *pod =
            make_member(get_r(mini), str_internf("p%u", i), "n", ago_ms < 0 ? "Pending" : "Running", ago_ms >= 0);

        ((PodStatus *)api_edit_status(pod))->conditions.items[0].last_transition_time =
            mini_wall_ns(mini) - ago_ms * NS_PER_MS;
        mini_add(mini, pod);
    }
    sync_r(mini);
    ck_assert_int_eq(replica_set_status(get_r(mini))->replicas, 2);
    ck_assert_int_eq(replica_set_status(get_r(mini))->ready_replicas, available_cases[_i].want_ready);
    ck_assert_int_eq(replica_set_status(get_r(mini))->available_replicas, available_cases[_i].want_available);
    ck_assert_int_eq(mini->requeue_ns,
                     available_cases[_i].want_requeue_ms < 0 ? -1 : available_cases[_i].want_requeue_ms * NS_PER_MS);
    mini_free(mini);
}
END_TEST

/* --- syncs ---------------------------------------------------------------------------------------------- */

/*
 * replica_set_test.go, TestSlowStartBatch, TestSyncReplicaSetCreateFailures: after so many successes every creation
 * fails; the batch in which that happens is the last.
 */
static const struct {
    gint32 replicas;
    guint succeed, want_created, want_tried;
} batch_cases[] = {
    {10, 0, 0, 1}, {10, 10, 10, 10}, {10, 5, 5, 7}, {100, 10, 10, 15}, {1000, 1000, 500, 500},
};

START_TEST(test_batches)
{
    Mini *mini = mini_new();

    add_r(mini, batch_cases[_i].replicas, FALSE);
    mini_refuse(mini, (MiniRefusal){.type = STEP_CREATE,
                                    .kind = &pod_kind,
                                    .code = 500,
                                    .reason = "InternalError",
                                    .message = "no",
                                    .skip = batch_cases[_i].succeed,
                                    .count = 10000});
    sync_r(mini);
    ck_assert_uint_eq(mini_count(mini, &pod_kind), batch_cases[_i].want_created);
    ck_assert_uint_eq(count_lines(mini, "create Pod "), batch_cases[_i].want_tried);
    ck_assert_uint_eq(count_lines(mini, "event Warning FailedCreate Error creating: no"),
                      batch_cases[_i].want_tried - batch_cases[_i].want_created);
    ck_assert((mini->error != NULL) == (batch_cases[_i].want_tried > batch_cases[_i].want_created));
    mini_free(mini);
}
END_TEST

/*
 * replica_set_test.go, TestSyncReplicaSetDoesNothing, TestDoNotPatchPodWithOtherControlRef,
 * TestPatchPodWithOtherOwnerRef, TestPatchExtraPodsThenDelete, TestDoNotAdoptOrCreateIfBeingDeleted and -Race,
 * TestPatchPodFails, TestUpdateLabelsRemoveControllerRef: a set of @replicas; its own pods (o), orphans it selects
 * (x), own ones that it does not select (l), pods of another controller (c), orphans with an owner that does not
 * control them (w), own ones that have ended (e), on their way out (d).
 */
static const struct {
    const char *name;
    gint32 replicas;
    const char *pods;
    gboolean is_deleting, is_live_gone, patch_fails;
    guint want_created, want_deleted, want_patched;
    gboolean want_error;
} sync_cases[] = {
    {"as many as wanted", 2, "oo", 0, 0, 0, 0, 0, 0, FALSE},
    {"another controller's is left alone", 2, "c", 0, 0, 0, 2, 0, 0, FALSE},
    {"one with another owner that does not control it", 2, "w", 0, 0, 0, 1, 0, 1, FALSE},
    {"more orphans than wanted: adopted, then deleted", 2, "xxx", 0, 0, 0, 0, 1, 3, FALSE},
    {"being deleted: nothing is adopted or made", 2, "x", TRUE, 0, 0, 0, 0, 0, FALSE},
    {"gone by now: nothing is adopted or made", 2, "x", 0, TRUE, 0, 0, 0, 0, TRUE},
    {"adoptions are refused: each is tried", 2, "xx", 0, 0, TRUE, 0, 0, 2, TRUE},
    {"labels that it does not select: released and replaced", 2, "ll", 0, 0, 0, 2, 0, 2, FALSE},
    {"ended and going ones do not count", 2, "oed", 0, 0, 0, 1, 0, 0, FALSE},
    {"being deleted with too many: they stay", 1, "oo", TRUE, 0, 0, 0, 0, 0, FALSE},
    {"to none", 0, "oo", 0, 0, 0, 0, 2, 0, FALSE},
};

static ApiObject *
make_case_pod(const ApiObject *set, char what, const char *name)
{
    ApiObject *pod =
        make_member(strchr("oled", what) != NULL ? set : NULL, name, "n", what == 'e' ? "Failed" : "Running", TRUE);
    ObjectMeta *meta = api_edit_meta(pod);

    if (what == 'l')
        str_map_set(&meta->labels, str_intern("a"), str_intern("elsewhere"));
    if (what == 'd')
        meta->deletion_time = MINI_EPOCH;
    if (what == 'c' || what == 'w') {
        *API_LIST_ADD(&meta->owner_references) = (OwnerReference){.api_version = str_intern("v1"),
                                                                  .kind = str_intern("Other"),
                                                                  .name = str_intern("other"),
                                                                  .uid = str_intern("other-uid"),
                                                                  .controller = what == 'c' ? OPT_TRUE : OPT_UNSET};
    }
    return pod;
}

START_TEST(test_sync)
{
    const char *pods = sync_cases[_i].pods;
    Mini *mini = mini_new();
    const ApiObject *set = add_r(mini, sync_cases[_i].replicas, FALSE);
    ApiObject *changed;

    for (guint i = 0; pods[i] != '\0'; i++)
        mini_add(mini, make_case_pod(set, pods[i], str_internf("p%u", i)));
    if (sync_cases[_i].is_deleting) {
        changed = mini_edit(mini, &replica_set_kind, "r");
        api_edit_meta(changed)->deletion_time = MINI_EPOCH;
        mini_put(mini, changed);
    }
    if (sync_cases[_i].is_live_gone)
        mini_refuse(mini, (MiniRefusal){.type = STEP_GET,
                                        .kind = &replica_set_kind,
                                        .code = 404,
                                        .reason = "NotFound",
                                        .message = "gone",
                                        .count = 1});
    if (sync_cases[_i].patch_fails)
        mini_refuse(mini, (MiniRefusal){.type = STEP_PATCH,
                                        .kind = &pod_kind,
                                        .code = 500,
                                        .reason = "InternalError",
                                        .message = "Fake Error",
                                        .count = 10});
    sync_r(mini);
    ck_assert_msg(count_lines(mini, "create Pod ") == sync_cases[_i].want_created &&
                      count_lines(mini, "delete Pod ") == sync_cases[_i].want_deleted &&
                      count_lines(mini, "patch Pod ") == sync_cases[_i].want_patched,
                  "%s:\n%s", sync_cases[_i].name, mini->log->str);
    ck_assert_msg((mini->error != NULL) == sync_cases[_i].want_error, "%s: %s", sync_cases[_i].name, mini->error);
    mini_free(mini);
}
END_TEST

/*
 * v1.34 pkg/controller/controller_ref_manager_test.go, TestClaimPods: pods a and b, "label:owner" - the owner is us,
 * them or nobody (-) - with ! if on its way out; those claimed, adopted, released.
 */
static const struct {
    const char *name;
    gboolean is_deleting; /* we are */
    const char *a, *b, *want_claimed, *want_adopted, *want_released;
} claim_cases[] = {
    {"orphans with the right label", FALSE, "r:-", "test:-", "a", "a", ""},
    {"on our way out we claim nothing", TRUE, "r:-", "r:-", "", "", ""},
    {"on our way out we keep what we have", TRUE, "r:us", "r:-", "a", "", ""},
    {"what another one controls is not ours", FALSE, "r:us", "r:them", "a", "", ""},
    {"what does not match is released", FALSE, "r:us", "test:us", "a", "", "b"},
    {"an orphan that does not match is left", FALSE, "r:us", "test:-", "a", "", ""},
    {"an orphan on its way out is left", FALSE, "r:us", "r:-!", "a", "", ""},
    {"one of ours on its way out is ours", FALSE, "r:us!", "r:-!", "a", "", ""},
    {"on our way out nothing is released", TRUE, "r:us", "test:us", "a", "", ""},
};

static ApiObject *
make_candidate(const ApiObject *set, const char *name, const char *text)
{
    g_auto(GStrv) parts = g_strsplit(text, ":", 2);
    ApiObject *pod = make_pod(NULL, name, "n", "Running", TRUE);
    ObjectMeta *meta = api_edit_meta(pod);

    str_map_set(&meta->labels, str_intern("a"), str_intern(parts[0]));
    if (g_str_has_prefix(parts[1], "us"))
        api_set_controller(meta, set);
    else if (g_str_has_prefix(parts[1], "them"))
        *API_LIST_ADD(&meta->owner_references) = (OwnerReference){.kind = str_intern("ReplicaSet"),
                                                                  .name = str_intern("r2"),
                                                                  .uid = str_intern("them"),
                                                                  .controller = OPT_TRUE};
    if (g_str_has_suffix(parts[1], "!"))
        meta->deletion_time = MINI_EPOCH;
    return pod;
}

static const char *
print_names(const GPtrArray *objects)
{
    const char *text = "";

    for (guint i = 0; i < objects->len; i++)
        text = str_internf("%s%s", text, api_name(objects->pdata[i]));
    return text;
}

START_TEST(test_claims)
{
    Mini *mini = mini_new();
    g_autoptr(ApiObject) set = api_object_copy(add_r(mini, 1, FALSE));
    g_autoptr(GPtrArray) candidates = g_ptr_array_new_with_free_func(api_object_unref);
    LabelSelector selector = replica_set_selector(set);
    Claims claims;

    g_ptr_array_add(candidates, make_candidate(set, "a", claim_cases[_i].a));
    g_ptr_array_add(candidates, make_candidate(set, "b", claim_cases[_i].b));
    if (claim_cases[_i].is_deleting)
        api_edit_meta(set)->deletion_time = MINI_EPOCH;
    claims_init(&claims);
    claims_sort(&claims, set, &selector, candidates);
    ck_assert_msg(strcmp(print_names(claims.claimed), claim_cases[_i].want_claimed) == 0 &&
                      strcmp(print_names(claims.adopt), claim_cases[_i].want_adopted) == 0 &&
                      strcmp(print_names(claims.release), claim_cases[_i].want_released) == 0,
                  "%s: claimed %s, adopted %s, released %s", claim_cases[_i].name, print_names(claims.claimed),
                  print_names(claims.adopt), print_names(claims.release));
    claims_clear(&claims);
    mini_free(mini);
}
END_TEST

/* v1.34 pkg/controller/controller_utils_test.go, TestCreatePodsWithGenerateName: what a pod has from its template. */
START_TEST(test_new_pod)
{
    Mini *mini = mini_new();
    const ApiObject *pod;
    ApiObject *set;

    add_r(mini, 1, TRUE);
    set = mini_edit(mini, &replica_set_kind, "r");
    str_map_set(&((ReplicaSetSpec *)api_edit_spec(set))->template_.metadata.annotations, str_intern("note"),
                str_intern("x"));
    mini_put(mini, set);
    sync_r(mini);
    pod = mini_nth(mini, &pod_kind, 0);
    ck_assert(g_str_has_prefix(api_name(pod), "r-"));
    ck_assert_str_eq(str_map_get(&pod->meta->labels, str_intern("type")), "production");
    ck_assert_str_eq(str_map_get(&pod->meta->annotations, str_intern("note")), "x");
    ck_assert_uint_eq(pod->meta->owner_references.count, 1);
    ck_assert_int_eq(pod->meta->owner_references.items[0].controller, OPT_TRUE);
    ck_assert_int_eq(pod->meta->owner_references.items[0].block_owner_deletion, OPT_TRUE);
    ck_assert_str_eq(pod->meta->owner_references.items[0].api_version, "apps/v1");
    mini_free(mini);
}
END_TEST

/* The same file, TestDeletePodsAllowsMissing: one that is gone already is no error and no event. */
START_TEST(test_delete_refusals)
{
    static const struct {
        int code;
        const char *reason;
        gboolean is_error;
    } rows[] = {{404, "NotFound", FALSE}, {500, "InternalError", TRUE}};
    Mini *mini = mini_new();
    const ApiObject *set = add_r(mini, 0, FALSE);

    mini_add(mini, make_member(set, "p", "n", "Running", TRUE));
    mini_refuse(mini, (MiniRefusal){.type = STEP_DELETE,
                                    .kind = &pod_kind,
                                    .code = rows[_i].code,
                                    .reason = rows[_i].reason,
                                    .message = "so",
                                    .count = 1});
    sync_r(mini);
    ck_assert_int_eq(mini->error != NULL, rows[_i].is_error);
    ck_assert_uint_eq(count_lines(mini, "event Warning FailedDelete Error deleting: so"), rows[_i].is_error ? 1 : 0);
    ck_assert_uint_eq(count_lines(mini, "event Normal "), 0);
    ck_assert_pstr_eq(rows[_i].is_error
                          ? condition_find(&replica_set_status(get_r(mini))->conditions, "ReplicaFailure")->reason
                          : NULL,
                      rows[_i].is_error ? "FailedDelete" : NULL);
    mini_free(mini);
}
END_TEST

/* replica_set_test.go, TestControllerUpdateStatusWithFailure: one read and one more try, then the sync fails. */
START_TEST(test_status_refused_twice)
{
    Mini *mini = mini_new();

    add_r(mini, 0, FALSE);
    mini_refuse(mini, (MiniRefusal){.type = STEP_UPDATE_STATUS,
                                    .kind = &replica_set_kind,
                                    .code = 500,
                                    .reason = "InternalError",
                                    .message = "fake error",
                                    .count = 10});
    sync_r(mini);
    mini_check_log(mini, "refused", "status ReplicaSet r -> 500\nget ReplicaSet r\nstatus ReplicaSet r -> 500");
    ck_assert_ptr_nonnull(mini->error);
    mini_free(mini);
}
END_TEST

Suite *
replicaset_sync_suite(void)
{
    Suite *suite = suite_create("replicaset syncs");
    TCase *tests = tcase_create("syncs");

    tcase_add_loop_test(tests, test_victims, 0, G_N_ELEMENTS(victim_cases));
    tcase_add_loop_test(tests, test_status, 0, G_N_ELEMENTS(status_cases));
    tcase_add_loop_test(tests, test_failure, 0, G_N_ELEMENTS(failure_cases));
    tcase_add_loop_test(tests, test_available, 0, G_N_ELEMENTS(available_cases));
    tcase_add_loop_test(tests, test_batches, 0, G_N_ELEMENTS(batch_cases));
    tcase_add_loop_test(tests, test_sync, 0, G_N_ELEMENTS(sync_cases));
    tcase_add_loop_test(tests, test_claims, 0, G_N_ELEMENTS(claim_cases));
    tcase_add_test(tests, test_new_pod);
    tcase_add_loop_test(tests, test_delete_refusals, 0, 2);
    tcase_add_test(tests, test_status_refused_twice);
    suite_add_tcase(suite, tests);
    return suite;
}
