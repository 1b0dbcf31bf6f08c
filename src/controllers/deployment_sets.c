#include "controllers/deployment_sync.h"

#define NAME_LENGTH_MAX 253

/* --- the sync itself ---------------------------------------------------------------------------- */

static void
clear_set_ref(gpointer data)
{
    SetRef *ref = data;

    api_object_unref(ref->object);
    api_object_unref(ref->written);
}

static GArray *
set_array_new(void)
{
    GArray *sets = g_array_new(FALSE, TRUE, sizeof(SetRef));

    g_array_set_clear_func(sets, clear_set_ref);
    return sets;
}

DeploymentSync *
deployment_sync_new(const Reconcile *r, Plan *plan, const ApiObject *deployment)
{
    DeploymentSync *sync = g_new0(DeploymentSync, 1);

    sync->r = r;
    sync->plan = plan;
    sync->original = api_object_ref(deployment);
    sync->deployment = api_object_copy(deployment);
    sync->sets = set_array_new();
    sync->old_sets = set_array_new();
    sync->new_set.step = -1;
    return sync;
}

void
deployment_sync_free(gpointer data)
{
    DeploymentSync *sync = data;

    api_object_unref(sync->original);
    api_object_unref(sync->deployment);
    clear_set_ref(&sync->new_set);
    api_object_unref(sync->created);
    g_array_unref(sync->sets);
    g_array_unref(sync->old_sets);
    g_free(sync);
}

void
deployment_sync_add_set(DeploymentSync *sync, const ApiObject *set)
{
    SetRef ref = {api_object_ref(set), NULL, -1};
    guint at = sync->sets->len;

    while (at > 0 && compare_creation(set, g_array_index(sync->sets, SetRef, at - 1).object) < 0)
        at--;
    g_array_insert_val(sync->sets, at, ref);
}

/* --- which is new, which are old ------------------------------------------------------------------ */

/* v1.34 pkg/controller/deployment/util, FindNewReplicaSet: the oldest with the same template. */
static void
split_sets(DeploymentSync *sync)
{
    const PodTemplateSpec *wanted = &deployment_spec(sync->deployment)->template_;

    clear_set_ref(&sync->new_set);
    sync->new_set = (SetRef){NULL, NULL, -1};
    g_array_set_size(sync->old_sets, 0);
    for (guint i = 0; i < sync->sets->len; i++) {
        ApiObject *set = g_array_index(sync->sets, SetRef, i).object;
        SetRef ref = {api_object_ref(set), NULL, -1};

        if (sync->new_set.object == NULL &&
            template_equal_ignoring_hash(&replica_set_spec(set)->template_, wanted))
            sync->new_set = ref;
        else
            g_array_append_val(sync->old_sets, ref);
    }
}

static gint64
next_revision(const DeploymentSync *sync)
{
    gint64 max = 0;

    for (guint i = 0; i < sync->old_sets->len; i++) {
        gint64 revision;

        if (set_revision(g_array_index(sync->old_sets, SetRef, i).object, &revision))
            max = MAX(max, revision);
    }
    return max + 1;
}

/* The cached one is found: its annotations first; the Deployment's own wait for the next sync then. */
static void
use_existing(DeploymentSync *sync, gint64 revision)
{
    const DeploymentSpec *spec = deployment_spec(sync->deployment);
    ApiObject *changed = api_object_copy(sync->new_set.object);
    const char *name = api_name(changed);
    gboolean needs_write;

    needs_write = set_new_annotations(sync->deployment, api_edit_meta(changed), revision, TRUE);
    if (needs_write || replica_set_spec(changed)->min_ready_s != spec->min_ready_s) {
        ((ReplicaSetSpec *)api_edit_spec(changed))->min_ready_s = spec->min_ready_s;
        plan_update(sync->plan, api_object_ref(changed),
                    "because revision %" G_GINT64_FORMAT " has the template of this one", revision);
        api_object_unref(sync->new_set.object);
        sync->new_set = (SetRef){changed, NULL, (int)plan_count(sync->plan) - 1};
        return;
    }
    api_object_unref(changed);
    needs_write = deployment_set_revision(sync->deployment,
                                          str_map_get(&sync->new_set.object->meta->annotations,
                                                      REVISION_ANNOTATION));
    if (deployment_has_deadline(sync->deployment) &&
        condition_find(&deployment_status(sync->deployment)->conditions, "Progressing") == NULL) {
        deployment_put_condition(sync, "Progressing", "True", "FoundNewReplicaSet",
                                 str_internf("Found new replica set \"%s\"", name));
        needs_write = TRUE;
    }
    if (needs_write)
        deployment_write_status(sync, "because ReplicaSet has its template already");
}

/* --- creation ---------------------------------------------------------------------------------------- */

static const char *
set_name(const char *deployment_name, const char *hash)
{
    gsize keep = strlen(deployment_name);

    if (keep + 1 + strlen(hash) > NAME_LENGTH_MAX)
        keep = NAME_LENGTH_MAX - 1 - strlen(hash);
    return str_internf("%s-%s", str_intern_len(deployment_name, keep), hash);
}

/* v1.34 pkg/controller/deployment/sync.go, getNewReplicaSet. */
static ApiObject *
new_set_object(DeploymentSync *sync, gint64 revision)
{
    const DeploymentSpec *spec = deployment_spec(sync->deployment);
    const char *hash =
        template_hash(&spec->template_, deployment_status(sync->deployment)->collision_count);
    ApiObject *set = api_object_new(&replica_set_kind, api_namespace(sync->deployment),
                                    set_name(api_name(sync->deployment), hash));
    ObjectMeta *meta = api_edit_meta(set);
    ReplicaSetSpec *set_spec = api_edit_spec(set);
    gint32 total = sets_spec_replicas(sync->old_sets, NULL);

    api_struct_copy(&pod_template_spec_type, &set_spec->template_, &spec->template_);
    str_map_set(&set_spec->template_.metadata.labels, str_intern(HASH_LABEL), hash);
    str_map_copy(&meta->labels, &set_spec->template_.metadata.labels);
    api_set_controller(meta, sync->deployment);
    set_spec->selector = api_struct_new(&label_selector_type);
    if (spec->selector != NULL)
        api_struct_copy(&label_selector_type, set_spec->selector, spec->selector);
    str_map_set(&set_spec->selector->match_labels, str_intern(HASH_LABEL), hash);
    set_spec->min_ready_s = spec->min_ready_s;
    set_spec->replicas = OPT_INT32(deployment_new_set_size(sync->deployment, total, 0));
    set_new_annotations(sync->deployment, meta, revision, FALSE);
    return set;
}

static void
set_created(DeploymentSync *sync, const ApiObject *set, gboolean is_ours_already)
{
    const char *revision = str_map_get(&sync->created->meta->annotations, REVISION_ANNOTATION);
    gint32 size = replicas_of(replica_set_spec(sync->created)->replicas);
    gboolean needs_write;

    if (!is_ours_already && size > 0)
        plan_event(sync->plan, sync->original, "Normal", "ScalingReplicaSet",
                   "Scaled up replica set %s from 0 to %d", api_name(set), size);
    needs_write = deployment_set_revision(sync->deployment, revision);
    if (!is_ours_already && deployment_has_deadline(sync->deployment)) {
        deployment_put_condition(sync, "Progressing", "True", "NewReplicaSetCreated",
                                 str_internf("Created new replica set \"%s\"", api_name(set)));
        needs_write = TRUE;
    }
    if (needs_write)
        deployment_write_status(sync, "because the new ReplicaSet has been created");
    sync->new_set = (SetRef){api_object_ref(set), NULL, -1};
    sync->then(sync);
}

/* The name is taken: by ours with this very template, or by another template of the same hash. */
static void
set_exists(DeploymentSync *sync, const StepResult *result)
{
    const ApiObject *present = view_get(sync->r->view, &replica_set_kind,
                                        api_namespace(sync->created), api_name(sync->created));
    DeploymentStatus *status;

    if (present == NULL) {
        plan_fail(sync->plan, "replicaset.apps \"%s\" not found", api_name(sync->created));
        return;
    }
    if (api_is_controlled_by(present, sync->deployment) &&
        template_equal_ignoring_hash(&replica_set_spec(present)->template_,
                                     &deployment_spec(sync->deployment)->template_)) {
        set_created(sync, present, TRUE);
        return;
    }
    status = api_edit_status(sync->deployment);
    status->collision_count = OPT_INT32(status->collision_count.value + 1);
    deployment_write_status(sync,
                            "because the hash of the template is taken by another ReplicaSet");
    plan_fail(sync->plan, "%s", step_error_text(result));
}

static void
set_refused(DeploymentSync *sync, const StepResult *result)
{
    const char *message = str_internf("Failed to create new replica set \"%s\": %s",
                                      api_name(sync->created), step_error_text(result));

    if (deployment_has_deadline(sync->deployment)) {
        deployment_put_condition(sync, "Progressing", "False", "ReplicaSetCreateError", message);
        deployment_write_status(sync, "because the new ReplicaSet was refused");
        plan_get(sync->plan, plan_count(sync->plan) - 1)->continue_on_error = TRUE;
    }
    plan_event(sync->plan, sync->original, "Warning", "ReplicaSetCreateError", "%s", message);
    plan_fail(sync->plan, "%s", step_error_text(result));
}

static void
after_create(const Reconcile *r,
             gpointer carry,
             const StepResult *results,
             guint n_results,
             Plan *plan)
{
    DeploymentSync *sync = carry;
    const StepResult *result = &results[sync->created_step];

    g_assert((guint)sync->created_step < n_results);
    /* A step before it failed: the sync is over, its error is kept. */
    if (!result->was_run)
        return;
    sync->r = r;
    sync->plan = plan;
    if (step_succeeded(result))
        set_created(sync, result->object, FALSE);
    else if (step_refused_terminating(result))
        return;
    else if (result->code == 409 && result->status != NULL &&
             str_is(result->status->reason, "AlreadyExists"))
        set_exists(sync, result);
    else
        set_refused(sync, result);
}

static void
plan_creation(DeploymentSync *sync, gint64 revision)
{
    PlanStep *step;

    sync->created = new_set_object(sync, revision);
    step = plan_create(sync->plan, api_object_ref(sync->created), "because the template is new");
    step->ignore_terminating = TRUE;
    step->ignore_codes[0] = 409;
    sync->created_step = (int)plan_count(sync->plan) - 1;
    plan_continue(sync->plan, after_create, sync, deployment_sync_free);
}

gboolean
deployment_find_sets(DeploymentSync *sync, gboolean may_create)
{
    gint64 revision;

    split_sets(sync);
    revision = next_revision(sync);
    if (sync->new_set.object != NULL) {
        use_existing(sync, revision);
        return TRUE;
    }
    if (!may_create)
        return TRUE;
    plan_creation(sync, revision);
    return FALSE;
}
