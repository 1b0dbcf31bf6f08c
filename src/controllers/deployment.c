#include "controllers/controllers.h"
#include "controllers/deployment_sync.h"

/* --- the sync ------------------------------------------------------------------------------------- */

/* v1.34 pkg/controller/deployment/sync.go, checkPausedConditions. */
static void
check_paused(DeploymentSync *sync)
{
    const Condition *progressing =
        condition_find(&deployment_status(sync->deployment)->conditions, "Progressing");
    gboolean is_paused = deployment_spec(sync->deployment)->paused;
    gboolean says_paused = progressing != NULL && str_is(progressing->reason, "DeploymentPaused");

    if (!deployment_has_deadline(sync->deployment) || is_paused == says_paused ||
        (progressing != NULL && str_is(progressing->reason, "ProgressDeadlineExceeded")))
        return;
    deployment_put_condition(sync, "Progressing", "Unknown",
                             is_paused ? "DeploymentPaused" : "DeploymentResumed",
                             is_paused ? "Deployment is paused" : "Deployment is resumed");
    deployment_write_status(sync, is_paused ? "because it is paused" : "because it is resumed");
}

/* v1.34 pkg/controller/deployment/sync.go, sync: scaling and plain status, no rollout. */
static void
scale_and_report(DeploymentSync *sync)
{
    deployment_find_sets(sync, FALSE);
    deployment_scale(sync);
    if (deployment_spec(sync->deployment)->paused && !deployment_has_rollback(sync->deployment))
        deployment_clean_history(sync);
    deployment_sync_status(sync);
}

/* v1.34 pkg/controller/deployment/deployment_controller.go, syncDeployment, after the claim. */
static void
run(DeploymentSync *sync)
{
    const DeploymentSpec *spec = deployment_spec(sync->deployment);

    if (api_is_deleting(sync->deployment)) {
        deployment_find_sets(sync, FALSE);
        deployment_sync_status(sync);
        return;
    }
    check_paused(sync);
    if (spec->paused) {
        scale_and_report(sync);
        return;
    }
    if (deployment_has_rollback(sync->deployment)) {
        deployment_rollback(sync);
        return;
    }
    deployment_find_sets(sync, FALSE);
    if (deployment_is_scaling(sync))
        scale_and_report(sync);
    else if (str_is(spec->strategy.type, "Recreate"))
        deployment_recreate(sync);
    else
        deployment_roll(sync);
}

static void
sync_claimed(const Reconcile *r, Plan *plan, const ApiObject *deployment, const Claims *claims)
{
    DeploymentSync *sync = deployment_sync_new(r, plan, deployment);

    claims_plan(claims, deployment, plan);
    for (guint i = 0; i < claims->claimed->len; i++)
        deployment_sync_add_set(sync, claims->claimed->pdata[i]);
    run(sync);
    /* With a creation planned the rest of the sync belongs to the continuation. */
    if (sync->created == NULL)
        deployment_sync_free(sync);
}

static void
list_claims(const Reconcile *r, const ApiObject *deployment, Claims *claims)
{
    g_autoptr(GPtrArray) candidates = g_ptr_array_new();

    view_list_owned(r->view, &replica_set_kind, api_uid(deployment), candidates);
    view_list_orphans(r->view, &replica_set_kind, api_namespace(deployment), candidates);
    claims_init(claims);
    claims_sort(claims, deployment, deployment_spec(deployment)->selector, candidates);
}

static void
after_recheck(const Reconcile *r,
              gpointer carry,
              const StepResult *results,
              guint n_results,
              Plan *plan)
{
    const ApiObject *deployment = carry;
    Claims claims;

    g_assert(n_results > 0);
    if (!claims_recheck(deployment, &results[0], plan))
        return;
    list_claims(r, deployment, &claims);
    sync_claimed(r, plan, deployment, &claims);
    claims_clear(&claims);
}

static gboolean
selects_everything(const ApiObject *deployment)
{
    const LabelSelector *selector = deployment_spec(deployment)->selector;

    return selector != NULL && selector->match_labels.count == 0 &&
           selector->match_expressions.count == 0;
}

static void
refuse_selector(const Reconcile *r, Plan *plan, const ApiObject *deployment)
{
    plan_event(plan, deployment, "Warning", "SelectingAll",
               "This deployment is selecting all pods. A non-empty selector is required.");
    if (deployment_status(deployment)->observed_generation < deployment->meta->generation) {
        DeploymentSync *sync = deployment_sync_new(r, plan, deployment);

        ((DeploymentStatus *)api_edit_status(sync->deployment))->observed_generation =
            deployment->meta->generation;
        deployment_write_status(sync, "because its selector selects everything");
        deployment_sync_free(sync);
    }
}

static void
reconcile(const Reconcile *r, Plan *plan)
{
    const char *namespace_;
    const char *name;
    const ApiObject *deployment;
    Claims claims;

    api_split_key(r->key, &namespace_, &name);
    deployment = view_get(r->view, &deployment_kind, namespace_, name);
    if (deployment == NULL)
        return;
    if (selects_everything(deployment)) {
        refuse_selector(r, plan, deployment);
        return;
    }
    list_claims(r, deployment, &claims);
    if (claims.adopt->len > 0) {
        plan_read(plan, &deployment_kind, namespace_, name,
                  "because it must be alive to adopt a ReplicaSet");
        plan_continue(plan, after_recheck, api_object_ref(deployment), api_object_unref);
    } else {
        sync_claimed(r, plan, deployment, &claims);
    }
    claims_clear(&claims);
}

/* --- what wakes it ------------------------------------------------------------------------------------ */

static void
on_deployment(Controller *controller, const ApiObject *old, const ApiObject *object)
{
    controller_enqueue_object(controller, object != NULL ? object : old);
}

static void
enqueue_matching(Controller *controller, const ApiObject *set)
{
    g_autoptr(GPtrArray) deployments = g_ptr_array_new();

    if (set->meta->labels.count == 0)
        return;
    view_list(controller_view(controller), &deployment_kind, api_namespace(set), deployments);
    for (guint i = 0; i < deployments->len; i++) {
        const ApiObject *deployment = deployments->pdata[i];

        if (!selects_everything(deployment) &&
            label_selector_matches(deployment_spec(deployment)->selector, &set->meta->labels))
            controller_enqueue_object(controller, deployment);
    }
}

static void
enqueue_owner(Controller *controller, const ApiObject *set)
{
    const ApiObject *owner = owner_in_view(controller_view(controller), &deployment_kind, set);

    if (owner != NULL)
        controller_enqueue_object(controller, owner);
}

static void
on_replica_set(Controller *controller, const ApiObject *old, const ApiObject *object)
{
    if (object == NULL || old == NULL) {
        const ApiObject *set = object != NULL ? object : old;

        if (api_controller_of(set) != NULL)
            enqueue_owner(controller, set);
        else if (object != NULL && !api_is_deleting(object))
            enqueue_matching(controller, set);
        return;
    }
    if (old->resource_version == object->resource_version)
        return;
    if (!has_same_controller(old, object) && api_controller_of(old) != NULL)
        enqueue_owner(controller, old);
    if (api_controller_of(object) != NULL)
        enqueue_owner(controller, object);
    else if (!str_map_equal(&old->meta->labels, &object->meta->labels) ||
             !has_same_controller(old, object))
        enqueue_matching(controller, object);
}

/* Only Recreate waits for pods, and only for the last of them to vanish. */
static void
on_pod(Controller *controller, const ApiObject *old, const ApiObject *object)
{
    View *view = controller_view(controller);
    g_autoptr(GPtrArray) sets = NULL;
    g_autoptr(GPtrArray) pods = NULL;
    const ApiObject *set;
    const ApiObject *deployment;

    if (object != NULL)
        return;
    set = owner_in_view(view, &replica_set_kind, old);
    deployment = set == NULL ? NULL : owner_in_view(view, &deployment_kind, set);
    if (deployment == NULL || !str_is(deployment_spec(deployment)->strategy.type, "Recreate"))
        return;
    sets = g_ptr_array_new();
    pods = g_ptr_array_new();
    view_list_owned(view, &replica_set_kind, api_uid(deployment), sets);
    for (guint i = 0; i < sets->len && pods->len == 0; i++)
        view_list_owned(view, &pod_kind, api_uid(sets->pdata[i]), pods);
    if (pods->len == 0)
        controller_enqueue_object(controller, deployment);
}

static const ControllerSource sources[] = {
    {&deployment_kind, on_deployment},
    {&replica_set_kind, on_replica_set},
    {&pod_kind, on_pod, .wants = WANTS_DELETED},
    {0},
};

const ControllerDef deployment_controller = {
    .name = "deployment",
    .component = "deployment-controller",
    .workers = 5,
    .retries_max = 15,
    .sources = sources,
    .reconcile = reconcile,
};
