#include "controllers/deployment_sync.h"

/* --- clean-up -------------------------------------------------------------------------------- */

static gint
compare_revision(gconstpointer a, gconstpointer b)
{
    const ApiObject *set_a = *(ApiObject *const *)a;
    const ApiObject *set_b = *(ApiObject *const *)b;
    gint64 revision_a = 0;
    gint64 revision_b = 0;

    set_revision(set_a, &revision_a);
    set_revision(set_b, &revision_b);
    if (revision_a != revision_b)
        return revision_a < revision_b ? -1 : 1;
    return compare_creation(set_a, set_b);
}

static gboolean
is_spent(const ApiObject *set)
{
    const ReplicaSetStatus *status = replica_set_status(set);

    return status->replicas == 0 && replicas_of(replica_set_spec(set)->replicas) == 0 &&
           set->meta->generation <= status->observed_generation;
}

/* v1.34 pkg/controller/deployment/sync.go, cleanupDeployment. One that is still needed is not made up for by a later one. */
void
deployment_clean_history(DeploymentSync *sync)
{
    OptInt32 limit = deployment_spec(sync->deployment)->revision_history_limit;
    g_autoptr(GPtrArray) old = g_ptr_array_new();
    gint64 excess;

    if (!limit.is_set || limit.value == G_MAXINT32)
        return;
    for (guint i = 0; i < sync->old_sets->len; i++) {
        ApiObject *set = g_array_index(sync->old_sets, SetRef, i).object;

        if (!api_is_deleting(set))
            g_ptr_array_add(old, set);
    }
    excess = (gint64)old->len - limit.value;
    if (excess <= 0)
        return;
    g_ptr_array_sort(old, compare_revision);
    for (guint i = 0; i < excess; i++) {
        PlanStep *step;

        if (!is_spent(old->pdata[i]))
            continue;
        step = plan_delete(sync->plan, old->pdata[i], "because only %d old ReplicaSets are kept",
                           limit.value);
        step->ignore_codes[0] = 404;
    }
}

/* --- legacy rollback annotation ------------------------------------------------------------------ */

gboolean
deployment_has_rollback(const ApiObject *deployment)
{
    gint64 revision;

    return text_to_int(str_map_get(&deployment->meta->annotations, ROLLBACK_ANNOTATION), &revision);
}

static PlanStep *
clear_rollback(DeploymentSync *sync, const char *why)
{
    str_map_remove(&api_edit_meta(sync->deployment)->annotations, ROLLBACK_ANNOTATION);
    return plan_update(sync->plan, api_object_copy(sync->deployment), "%s", why);
}

/* The second highest revision; 0 if there is none. */
static gint64
last_revision(const DeploymentSync *sync)
{
    gint64 max = 0;
    gint64 second = 0;

    for (guint i = 0; i < sync->sets->len; i++) {
        gint64 revision;

        if (!set_revision(g_array_index(sync->sets, SetRef, i).object, &revision))
            continue;
        if (revision >= max) {
            second = max;
            max = revision;
        } else if (revision > second) {
            second = revision;
        }
    }
    return second;
}

static void
roll_back_to(DeploymentSync *sync, const ApiObject *set, gint64 revision)
{
    const PodTemplateSpec *template_ = &replica_set_spec(set)->template_;
    DeploymentSpec *spec;
    PlanStep *step;

    if (template_equal_ignoring_hash(template_, &deployment_spec(sync->deployment)->template_)) {
        plan_event(sync->plan, sync->original, "Warning", "DeploymentRollbackTemplateUnchanged",
                   "The rollback revision contains the same template as current deployment \"%s\"",
                   api_name(sync->deployment));
        clear_rollback(sync, "because the rollback changes nothing");
        return;
    }
    spec = api_edit_spec(sync->deployment);
    api_struct_clear(&pod_template_spec_type, &spec->template_);
    api_struct_copy(&pod_template_spec_type, &spec->template_, template_);
    str_map_remove(&spec->template_.metadata.labels, HASH_LABEL);
    deployment_take_annotations(sync->deployment, set);
    step = clear_rollback(sync, "because a rollback was asked for");
    step->event_about = api_object_ref(sync->original);
    step->on_success.type = "Normal";
    step->on_success.reason = "DeploymentRollback";
    step->on_success.format =
        str_internf("Rolled back deployment \"%s\" to revision %" G_GINT64_FORMAT,
                    api_name(sync->deployment), revision);
}

static void
roll_back(DeploymentSync *sync)
{
    gint64 revision = 0;

    text_to_int(str_map_get(&sync->deployment->meta->annotations, ROLLBACK_ANNOTATION), &revision);
    if (revision == 0)
        revision = last_revision(sync);
    if (revision == 0) {
        plan_event(sync->plan, sync->original, "Warning", "DeploymentRollbackRevisionNotFound",
                   "Unable to find last revision.");
        clear_rollback(sync, "because there is no revision to roll back to");
        return;
    }
    for (guint i = 0; i < sync->sets->len; i++) {
        const ApiObject *set = g_array_index(sync->sets, SetRef, i).object;
        gint64 its;

        if (set_revision(set, &its) && its == revision) {
            roll_back_to(sync, set, revision);
            return;
        }
    }
    plan_event(sync->plan, sync->original, "Warning", "DeploymentRollbackRevisionNotFound",
               "Unable to find the revision to rollback to.");
    clear_rollback(sync, "because the revision to roll back to is gone");
}

/* v1.34 pkg/controller/deployment/rollback.go. */
void
deployment_rollback(DeploymentSync *sync)
{
    sync->then = roll_back;
    if (deployment_find_sets(sync, TRUE))
        roll_back(sync);
}
