#include "controllers/deployment_sync.h"
#include "tests/controllers/mini.h"
#include "tests/controllers/suites.h"

#define SYNC(mini) mini_sync(mini, &deployment_controller, "default/web")

/* --- helpers --------------------------------------------------------------------------------------- */

static void
set_image(Mini *mini, const char *image)
{
    ApiObject *deployment = mini_edit(mini, &deployment_kind, "web");

    ((DeploymentSpec *)api_edit_spec(deployment))->template_.spec.containers.items[0].image =
        str_intern(image);
    api_edit_meta(deployment)->generation++;
    mini_put(mini, deployment);
}

static void
set_replicas(Mini *mini, gint32 replicas)
{
    ApiObject *deployment = mini_edit(mini, &deployment_kind, "web");

    ((DeploymentSpec *)api_edit_spec(deployment))->replicas = OPT_INT32(replicas);
    api_edit_meta(deployment)->generation++;
    mini_put(mini, deployment);
}

static void
set_paused(Mini *mini, gboolean is_paused)
{
    ApiObject *deployment = mini_edit(mini, &deployment_kind, "web");

    ((DeploymentSpec *)api_edit_spec(deployment))->paused = is_paused;
    api_edit_meta(deployment)->generation++;
    mini_put(mini, deployment);
}

/* The ReplicaSet controller has caught up; @available of its pods are. */
static void
catch_up(Mini *mini, guint index, gint32 available)
{
    const ApiObject *stored = mini_nth(mini, &replica_set_kind, index);
    ApiObject *set = api_object_copy(stored);
    ReplicaSetStatus *status = api_edit_status(set);

    status->replicas = status->fully_labeled_replicas = replica_set_spec(set)->replicas.value;
    status->ready_replicas = status->available_replicas = MIN(available, status->replicas);
    status->observed_generation = set->meta->generation;
    mini_put(mini, set);
}

static gint32
size_of(Mini *mini, guint index)
{
    const ApiObject *set = mini_nth(mini, &replica_set_kind, index);

    return set == NULL ? -1 : replica_set_spec(set)->replicas.value;
}

static const char *
reason_of(Mini *mini, const char *type)
{
    const Condition *condition =
        condition_find(&deployment_status(mini_nth(mini, &deployment_kind, 0))->conditions, type);

    return condition == NULL ? "-" : condition->reason;
}

/* Syncs until one does nothing, as the watch events of its own writes would. */
static void
settle(Mini *mini)
{
    for (guint i = 0; i < 20; i++) {
        SYNC(mini);
        if (mini->log->len == 0)
            return;
    }
    ck_abort_msg("does not settle: %s", mini->log->str);
}

/* A Deployment of @replicas that is rolled out and at rest. */
static Mini *
rolled_out(const DeploymentOptions *options)
{
    Mini *mini = mini_new();

    mini_add(mini, make_deployment(options));
    for (guint i = 0; i < 4; i++) {
        SYNC(mini);
        catch_up(mini, 0, options->replicas);
    }
    settle(mini);
    ck_assert_str_eq(reason_of(mini, "Progressing"), "NewReplicaSetAvailable");
    mini->now_ns += 10 * NS_PER_S;
    return mini;
}

static const DeploymentOptions web4 = {.name = "web",
                                       .replicas = 4,
                                       .surge = -25,
                                       .unavailable = -25,
                                       .deadline_s = 600};

/* Names that depend on hashes are shown as A, B, C in order of appearance. */
static void
check_log(Mini *mini, const char *name, const char *wanted)
{
    g_autofree char *text = g_strdup(mini->log->str);

    for (guint i = 0; i < mini_count(mini, &replica_set_kind); i++) {
        char letter[2] = {(char)('A' + i), '\0'};
        g_auto(GStrv) parts = g_strsplit(text, api_name(mini_nth(mini, &replica_set_kind, i)), -1);

        g_free(text);
        text = g_strjoinv(letter, parts);
    }
    g_string_assign(mini->log, text);
    mini_check_log(mini, name, wanted);
}

/* --- creation -------------------------------------------------------------------------------------- */

/* Recorded (create-3): ReplicaSet, event, revision and NewReplicaSetCreated in one write; the second status write of the sync is refused. */
START_TEST(test_creation)
{
    Mini *mini = mini_new();
    const DeploymentStatus *status;

    mini_add(mini, make_deployment(&web4));
    SYNC(mini);
    check_log(mini, "first sync",
              "create ReplicaSet A replicas=4\n"
              "event Normal ScalingReplicaSet Scaled up replica set A from 0 to 4\n"
              "status Deployment web\n"
              "status Deployment web -> 409");
    ck_assert_str_eq(reason_of(mini, "Progressing"), "NewReplicaSetCreated");
    ck_assert_str_eq(str_map_get(&mini_nth(mini, &deployment_kind, 0)->meta->annotations,
                                 REVISION_ANNOTATION),
                     "1");
    ck_assert_int_eq(deployment_status(mini_nth(mini, &deployment_kind, 0))->observed_generation,
                     0);

    SYNC(mini);
    check_log(mini, "second sync", "status Deployment web");
    status = deployment_status(mini_nth(mini, &deployment_kind, 0));
    ck_assert_int_eq(status->observed_generation, 1);
    ck_assert_int_eq(status->unavailable_replicas, 4);
    ck_assert_str_eq(reason_of(mini, "Available"), "MinimumReplicasUnavailable");
    mini_free(mini);
}
END_TEST

/* Recorded: over a ReplicaSet it can adopt: reference, revision and FoundNewReplicaSet in one write, then the status. */
START_TEST(test_adoption)
{
    Mini *mini = mini_new();
    const ApiObject *deployment = mini_add(mini, make_deployment(&web4));
    ApiObject *set = make_set(deployment, "web-a", "app:1", 4, 4, 1);

    set_replicas_annotations(api_edit_meta(set), 4, 5);
    api_edit_meta(set)->owner_references.count = 0;
    mini_add(mini, set);
    SYNC(mini);
    check_log(mini, "adoption",
              "get Deployment web\n"
              "patch ReplicaSet A\n"
              "status Deployment web\n"
              "status Deployment web -> 409");
    ck_assert_str_eq(reason_of(mini, "Progressing"), "FoundNewReplicaSet");
    SYNC(mini);
    check_log(mini, "then", "status Deployment web");
    mini_free(mini);
}
END_TEST

START_TEST(test_collision)
{
    Mini *mini = mini_new();
    ApiObject *stranger;
    g_autoptr(ApiObject) deployment = make_deployment(&web4);
    const char *hash = template_hash(&deployment_spec(deployment)->template_, (OptInt32){0});

    mini_add(mini, make_deployment(&web4));
    stranger = make_set(deployment, str_internf("web-%s", hash), "other:1", 0, 0, 0);
    api_edit_meta(stranger)->owner_references.items[0].uid = str_intern("somebody-else");
    mini_add(mini, stranger);
    SYNC(mini);
    check_log(mini, "collision", "create ReplicaSet A -> 409\nstatus Deployment web");
    ck_assert_ptr_nonnull(mini->error);
    ck_assert_int_eq(deployment_status(mini_nth(mini, &deployment_kind, 0))->collision_count.value,
                     1);
    SYNC(mini);
    ck_assert_uint_eq(mini_count(mini, &replica_set_kind), 2);
    mini_free(mini);
}
END_TEST

static const struct {
    const char *name, *cause, *log, *reason;
    gboolean has_error;
} refusal_cases[] = {
    {"a quota", NULL,
     "create ReplicaSet web-A -> 403\n"
     "status Deployment web\n"
     "event Warning ReplicaSetCreateError Failed to create new replica set \"web-A\": no",
     "ReplicaSetCreateError", TRUE},
    {"the namespace ends", "NamespaceTerminating", "create ReplicaSet web-A -> 403", "-", FALSE},
};

START_TEST(test_refusal)
{
    Mini *mini = mini_new();
    g_autoptr(ApiObject) deployment = make_deployment(&web4);
    const char *hash = template_hash(&deployment_spec(deployment)->template_, (OptInt32){0});
    g_auto(GStrv) parts = NULL;
    g_autofree char *text = NULL;

    mini_add(mini, make_deployment(&web4));
    mini_refuse(mini, (MiniRefusal){.type = STEP_CREATE,
                                    .kind = &replica_set_kind,
                                    .code = 403,
                                    .reason = "Forbidden",
                                    .message = "no",
                                    .cause = refusal_cases[_i].cause,
                                    .count = 1});
    SYNC(mini);
    parts = g_strsplit(mini->log->str, hash, -1);
    text = g_strjoinv("A", parts);
    g_string_assign(mini->log, text);
    mini_check_log(mini, refusal_cases[_i].name, refusal_cases[_i].log);
    ck_assert_str_eq(reason_of(mini, "Progressing"), refusal_cases[_i].reason);
    ck_assert_int_eq(mini->error != NULL, refusal_cases[_i].has_error);
    mini_free(mini);
}
END_TEST

/* --- rolling ---------------------------------------------------------------------------------------- */

/* v1.34 rolling.go with the defaults and 4 replicas: surge 1, unavailable 1. Sizes old/new after each sync. */
START_TEST(test_rollout_of_four)
{
    static const struct {
        const char *cause;
        gint32 old_available, new_available; /* before the sync */
        gint32 want_old, want_new;
    } rows[] = {
        {"ReplicaSet event", 3, 0, 3, 2},        {"new pods not ready", 3, 0, 3, 2},
        {"first new pod available", 3, 1, 2, 2}, {"ReplicaSet event", 2, 1, 2, 3},
        {"second available", 2, 2, 1, 3},        {"ReplicaSet event", 1, 2, 1, 4},
        {"third available", 1, 3, 0, 4},         {"fourth available", 0, 4, 0, 4},
    };
    Mini *mini = rolled_out(&web4);

    set_image(mini, "app:2");
    SYNC(mini);
    check_log(mini, "template change",
              "create ReplicaSet B replicas=1\n"
              "event Normal ScalingReplicaSet Scaled up replica set B from 0 to 1\n"
              "status Deployment web\n"
              "update ReplicaSet A replicas=3\n"
              "event Normal ScalingReplicaSet Scaled down replica set A from 4 to 3\n"
              "status Deployment web -> 409");
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        catch_up(mini, 0, rows[i].old_available);
        catch_up(mini, 1, rows[i].new_available);
        SYNC(mini);
        ck_assert_msg(size_of(mini, 0) == rows[i].want_old && size_of(mini, 1) == rows[i].want_new,
                      "row %u, %s: got %d/%d", i, rows[i].cause, size_of(mini, 0),
                      size_of(mini, 1));
    }
    settle(mini);
    ck_assert_str_eq(reason_of(mini, "Progressing"), "NewReplicaSetAvailable");
    mini_free(mini);
}
END_TEST

/* rolling.go: an old ReplicaSet whose status is behind its size holds every scale-down back. */
START_TEST(test_stale_status_holds_scale_down)
{
    Mini *mini = rolled_out(&web4);

    set_image(mini, "app:2");
    SYNC(mini);
    catch_up(mini, 1, 1); /* the new pod is available; the old ReplicaSet still reports 4 of 3 */
    SYNC(mini);
    ck_assert_int_eq(size_of(mini, 0), 3);
    ck_assert_int_eq(size_of(mini, 1), 2);
    SYNC(mini);
    ck_assert_int_eq(size_of(mini, 0), 3);
    mini_free(mini);
}
END_TEST

/* Recorded (rollover): the third ReplicaSet starts with 0 when the old ones fill the maximum, without an event. */
START_TEST(test_rollover)
{
    Mini *mini = rolled_out(&web4);

    set_image(mini, "app:2");
    SYNC(mini);
    catch_up(mini, 0, 3);
    catch_up(mini, 1, 0);
    SYNC(mini);
    catch_up(mini, 1, 0);
    settle(mini);
    set_image(mini, "app:3");
    SYNC(mini);
    check_log(mini, "third template",
              "create ReplicaSet C replicas=0\n"
              "status Deployment web\n"
              "update ReplicaSet B replicas=0\n"
              "event Normal ScalingReplicaSet Scaled down replica set B from 2 to 0\n"
              "status Deployment web -> 409");
    mini_free(mini);
}
END_TEST

/* Recorded (rollback): annotations of the ReplicaSet, 409; the Deployment's revision; then sizes. */
START_TEST(test_rollback_order)
{
    Mini *mini = rolled_out(&web4);
    const StrMap *annotations;

    set_image(mini, "app:2");
    for (guint i = 0; i < 10; i++) {
        SYNC(mini);
        catch_up(mini, 0, 4);
        catch_up(mini, 1, 4);
    }
    settle(mini);
    ck_assert_int_eq(size_of(mini, 0), 0);

    set_image(mini, "app:1");
    SYNC(mini);
    check_log(mini, "first", "update ReplicaSet A replicas=0\nupdate ReplicaSet A -> 409");
    annotations = &mini_nth(mini, &replica_set_kind, 0)->meta->annotations;
    ck_assert_str_eq(str_map_get(annotations, REVISION_ANNOTATION), "3");
    ck_assert_str_eq(str_map_get(annotations, REVISION_HISTORY_ANNOTATION), "1");
    SYNC(mini);
    check_log(mini, "second",
              "status Deployment web\n"
              "update ReplicaSet A replicas=1\n"
              "event Normal ScalingReplicaSet Scaled up replica set A from 0 to 1\n"
              "status Deployment web -> 409");
    SYNC(mini);
    ck_assert_str_eq(str_map_get(&mini_nth(mini, &deployment_kind, 0)->meta->annotations,
                                 REVISION_ANNOTATION),
                     "3");
    mini_free(mini);
}
END_TEST

/* v1.34 sync_test.go, TestDeploymentController_cleanupDeployment, and one sync after NewReplicaSetAvailable was written. */
START_TEST(test_history)
{
    DeploymentOptions options = web4;
    Mini *mini;

    options.history = 1;
    mini = rolled_out(&options);
    for (guint revision = 2; revision <= 4; revision++) {
        set_image(mini, str_internf("app:%u", revision));
        for (guint i = 0; i < 14; i++) {
            SYNC(mini);
            for (guint k = 0; k < mini_count(mini, &replica_set_kind); k++)
                catch_up(mini, k, 4);
        }
        settle(mini);
    }
    ck_assert_uint_eq(mini_count(mini, &replica_set_kind), 2);
    mini_free(mini);
}
END_TEST

/* --- scaling, pausing, Recreate ----------------------------------------------------------------------- */

/* Recorded (scale-3-5-2): size and annotations in one write, then the plain status. */
START_TEST(test_scaling)
{
    Mini *mini = rolled_out(&web4);

    set_replicas(mini, 6);
    SYNC(mini);
    check_log(mini, "scale",
              "update ReplicaSet A replicas=6\n"
              "event Normal ScalingReplicaSet Scaled up replica set A from 4 to 6\n"
              "status Deployment web");
    ck_assert_str_eq(str_map_get(&mini_nth(mini, &replica_set_kind, 0)->meta->annotations,
                                 MAX_ANNOTATION),
                     "8");
    mini_free(mini);
}
END_TEST

/* Paused: the condition at once, observedGeneration with the next write; a new template does nothing until the resume. */
START_TEST(test_pause)
{
    Mini *mini = rolled_out(&web4);

    set_paused(mini, TRUE);
    SYNC(mini);
    check_log(mini, "pause", "status Deployment web\nstatus Deployment web -> 409");
    ck_assert_str_eq(reason_of(mini, "Progressing"), "DeploymentPaused");
    settle(mini);
    set_image(mini, "app:2");
    settle(mini);
    ck_assert_uint_eq(mini_count(mini, &replica_set_kind), 1);

    set_paused(mini, FALSE);
    SYNC(mini);
    check_log(mini, "resume",
              "status Deployment web\n"
              "create ReplicaSet B replicas=1\n"
              "event Normal ScalingReplicaSet Scaled up replica set B from 0 to 1\n"
              "status Deployment web -> 409");
    ck_assert_str_eq(reason_of(mini, "Progressing"), "DeploymentResumed");
    mini_free(mini);
}
END_TEST

/* Recorded (recreate): old to 0; waits for pod objects to vanish; then the new one at full size. */
START_TEST(test_recreate)
{
    DeploymentOptions options = web4;
    Mini *mini;
    const ApiObject *pod;

    options.is_recreate = TRUE;
    mini = rolled_out(&options);
    pod = mini_add(mini, make_pod(mini_nth(mini, &replica_set_kind, 0), "p", "n", "Running", TRUE));
    set_image(mini, "app:2");
    SYNC(mini);
    check_log(mini, "old to 0",
              "update ReplicaSet A replicas=0\n"
              "event Normal ScalingReplicaSet Scaled down replica set A from 4 to 0\n"
              "status Deployment web");
    catch_up(mini, 0, 0);
    settle(mini);
    ck_assert_uint_eq(mini_count(mini, &replica_set_kind), 1);
    mini_remove(mini, pod);
    SYNC(mini);
    check_log(mini, "the last pod is gone",
              "create ReplicaSet B replicas=4\n"
              "event Normal ScalingReplicaSet Scaled up replica set B from 0 to 4\n"
              "status Deployment web\n"
              "status Deployment web -> 409");
    mini_free(mini);
}
END_TEST

/* --- progress ------------------------------------------------------------------------------------------ */

START_TEST(test_deadline)
{
    DeploymentOptions options = web4;
    Mini *mini;

    options.deadline_s = 30;
    mini = rolled_out(&options);
    set_image(mini, "app:bad");
    for (guint i = 0; i < 6; i++) {
        SYNC(mini);
        catch_up(mini, 0, 3);
        catch_up(mini, 1, 0);
    }
    settle(mini);
    ck_assert_int_eq(size_of(mini, 0), 3);
    ck_assert_int_eq(size_of(mini, 1), 2);
    ck_assert_str_eq(reason_of(mini, "Progressing"), "ReplicaSetUpdated");
    /* Recorded: 31 s after the stored second of the last progress. */
    ck_assert_int_eq(mini->requeue_ns, 31 * NS_PER_S);
    mini->now_ns += 31 * NS_PER_S;
    SYNC(mini);
    check_log(mini, "timed out", "status Deployment web");
    ck_assert_str_eq(reason_of(mini, "Progressing"), "ProgressDeadlineExceeded");
    SYNC(mini);
    ck_assert_int_eq(mini->requeue_ns, -1);
    mini_free(mini);
}
END_TEST

/* v1.34 progress_test.go, TestSyncRolloutStatus: no deadline, so the condition goes. */
START_TEST(test_no_deadline)
{
    DeploymentOptions options = web4;
    Mini *mini = rolled_out(&options);
    ApiObject *deployment = mini_edit(mini, &deployment_kind, "web");

    ((DeploymentSpec *)api_edit_spec(deployment))->progress_deadline_s.is_set = FALSE;
    mini_put(mini, deployment);
    settle(mini);
    ck_assert_str_eq(reason_of(mini, "Progressing"), "-");
    mini_free(mini);
}
END_TEST

START_TEST(test_selects_everything)
{
    Mini *mini = mini_new();
    ApiObject *deployment = make_deployment(&web4);

    str_map_clear(&((DeploymentSpec *)api_edit_spec(deployment))->selector->match_labels);
    mini_add(mini, deployment);
    SYNC(mini);
    check_log(mini, "empty selector",
              "event Warning SelectingAll This deployment is selecting all pods. A non-empty "
              "selector "
              "is required.\nstatus Deployment web");
    mini_free(mini);
}
END_TEST

/* v1.34 rollback.go: the annotation of old clients. */
START_TEST(test_rollback_annotation)
{
    Mini *mini = rolled_out(&web4);
    ApiObject *deployment;

    set_image(mini, "app:2");
    for (guint i = 0; i < 10; i++) {
        SYNC(mini);
        catch_up(mini, 0, 4);
        catch_up(mini, 1, 4);
    }
    settle(mini);
    deployment = mini_edit(mini, &deployment_kind, "web");
    str_map_set(&api_edit_meta(deployment)->annotations, str_intern(ROLLBACK_ANNOTATION),
                str_intern("0"));
    mini_put(mini, deployment);
    SYNC(mini);
    check_log(mini, "rollback",
              "update Deployment web\n"
              "event Normal DeploymentRollback Rolled back deployment \"web\" to revision 1");
    ck_assert_str_eq(deployment_spec(mini_nth(mini, &deployment_kind, 0))
                         ->template_.spec.containers.items[0]
                         .image,
                     "app:1");
    mini_free(mini);
}
END_TEST

Suite *
deployment_sync_suite(void)
{
    Suite *suite = suite_create("deployment syncs");
    TCase *tcase = tcase_create("syncs");

    tcase_add_test(tcase, test_creation);
    tcase_add_test(tcase, test_adoption);
    tcase_add_test(tcase, test_collision);
    tcase_add_loop_test(tcase, test_refusal, 0, G_N_ELEMENTS(refusal_cases));
    tcase_add_test(tcase, test_rollout_of_four);
    tcase_add_test(tcase, test_stale_status_holds_scale_down);
    tcase_add_test(tcase, test_rollover);
    tcase_add_test(tcase, test_rollback_order);
    tcase_add_test(tcase, test_history);
    tcase_add_test(tcase, test_scaling);
    tcase_add_test(tcase, test_pause);
    tcase_add_test(tcase, test_recreate);
    tcase_add_test(tcase, test_deadline);
    tcase_add_test(tcase, test_no_deadline);
    tcase_add_test(tcase, test_selects_everything);
    tcase_add_test(tcase, test_rollback_annotation);
    suite_add_tcase(suite, tcase);
    return suite;
}
