/*
 * VerticalPodAutoscaler: the recommender's loop
 *
 * Models kubernetes/autoscaler vertical-pod-autoscaler 1.4: routines/recommender.go
 * (RunOnce, once a minute, the first a minute after the start), model/vpa.go,
 * target/fetcher.go, checkpoint/checkpoint_writer.go. Nothing here changes a pod:
 * that is for the updater and the admission controller, which are not there.
 *
 * Left out: history from Prometheus.
 */

#include "base/duration.h"
#include "controllers/vpa_cluster.h"

#define PERIOD_NS               NS_PER_MIN
#define CHECKPOINT_GC_PERIOD_NS (10 * NS_PER_MIN)
#define RECOMMENDER_NAME        "default"

typedef struct {
    VpaCluster *cluster;
    gboolean has_begun; /* checkpoints have been read */
    gint64 collected_ns;
} RecommenderState;

/* --- targets --------------------------------------------------------------------------------------------- */

/* Kinds whose pods are known without asking for a scale, and where their selector is. */
static Selector *
selector_of_target(const ApiObject *target)
{
    LabelSelector selector;

    if (target->kind == &daemon_set_kind)
        return selector_from_label_selector(daemon_set_spec(target)->selector);
    if (target->kind == &deployment_kind)
        return selector_from_label_selector(deployment_spec(target)->selector);
    if (target->kind == &stateful_set_kind)
        return selector_from_label_selector(stateful_set_spec(target)->selector);
    if (target->kind == &job_kind)
        return selector_from_label_selector(job_spec(target)->selector);
    if (target->kind == &cron_job_kind)
        return selector_from_map(&cron_job_spec(target)->job_template.spec.template_.metadata.labels);
    selector = replica_set_selector(target);
    return selector_from_label_selector(&selector);
}

static const ApiKind *const known_kinds[] = {
    &daemon_set_kind, &deployment_kind, &replica_set_kind, &stateful_set_kind, &replication_controller_kind, &job_kind, &cron_job_kind,
};

static const ApiKind *
known_kind(const char *word)
{
    for (guint i = 0; i < G_N_ELEMENTS(known_kinds); i++)
        if (str_is(known_kinds[i]->kind, word))
            return known_kinds[i];
    return NULL;
}

/* FindTopMostWellKnownOrScalable: somebody of these kinds stands above @target. */
static gboolean
has_parent(View *view, const ApiObject *target)
{
    const OwnerReference *owner = api_controller_of(target);
    const ApiKind *kind = owner == NULL ? NULL : known_kind(owner->kind);

    return kind != NULL && view_get(view, kind, api_namespace(target), owner->name) != NULL;
}

/* NULL: *out_message says why there is none. */
static Selector *
fetch_selector(View *view, const ApiObject *vpa, const char **out_message)
{
    const CrossVersionObjectReference *reference = vpa_spec(vpa)->target;
    const ApiKind *kind = known_kind(reference->kind);
    const ApiObject *target = kind == NULL ? NULL : view_get(view, kind, api_namespace(vpa), reference->name);
    const char *version = reference->api_version == NULL ? "" : reference->api_version;

    if (kind == NULL)
        *out_message = str_internf("Cannot read targetRef. Reason: Unhandled targetRef %s / %s / %s, last error the server "
                                   "could not find the requested resource",
                                   version, reference->kind, reference->name);
    else if (target == NULL)
        *out_message = str_internf("Cannot read targetRef. Reason: %s %s/%s does not exist", reference->kind,
                                   api_namespace(vpa), reference->name);
    else if (has_parent(view, target))
        *out_message = str_internf("The target %s.%s/%s has a parent controller but it should point to a topmost "
                                   "well-known or scalable controller",
                                   version, reference->kind, reference->name);
    else
        return selector_of_target(target);
    return NULL;
}

/* filterVPAs: those that name another recommender are somebody else's. */
static gboolean
is_ours(const ApiObject *vpa)
{
    const VpaSpec *spec = vpa_spec(vpa);

    for (guint i = 0; i < spec->recommenders.count; i++)
        if (str_is(spec->recommenders.items[i].name, RECOMMENDER_NAME))
            return TRUE;
    return spec->recommenders.count == 0;
}

/* --- status ------------------------------------------------------------------------------------------------ */

static guint
count_pods(View *view, const char *namespace_, const Selector *selector)
{
    g_autoptr(GPtrArray) pods = g_ptr_array_new();
    guint count = 0;

    view_list(view, &pod_kind, namespace_, pods);
    for (guint i = 0; selector != NULL && i < pods->len; i++)
        count += !str_is(pod_status(pods->pdata[i])->phase, "Pending") &&
                 selector_matches(selector, &((const ApiObject *)pods->pdata[i])->meta->labels);
    return count;
}

static void
set_condition(VpaStatus *status, const char *type, gboolean is_true, const char *reason, const char *message, gint64 wall_ns)
{
    Condition *condition = condition_edit(&status->conditions, str_intern(type));
    const char *word = str_intern(is_true ? "True" : "False");

    if (!str_is(condition->status, word))
        condition->last_transition_time = api_time_seconds(wall_ns);
    condition->status = word;
    condition->reason = reason == NULL ? NULL : str_intern(reason);
    condition->message = message == NULL ? NULL : str_intern(message);
}

static int
compare_conditions(gconstpointer a, gconstpointer b)
{
    return strcmp(((const Condition *)a)->type, ((const Condition *)b)->type);
}

/* UpdateConditions, and those of getSelector. */
static void
set_conditions(VpaStatus *status, const char *unsupported, guint n_pods, gint64 wall_ns)
{
    const char *reason = n_pods > 0 ? NULL : "NoPodsMatched";
    const char *message = n_pods > 0 ? NULL : "No pods match this VPA object";
    gboolean has_any = status->recommendation->containers.count > 0;

    condition_remove(&status->conditions, str_intern("ConfigDeprecated"));
    if (unsupported != NULL)
        set_condition(status, "ConfigUnsupported", TRUE, NULL, unsupported, wall_ns);
    else
        condition_remove(&status->conditions, str_intern("ConfigUnsupported"));
    if (n_pods > 0)
        condition_remove(&status->conditions, str_intern("NoPodsMatched"));
    else
        set_condition(status, "NoPodsMatched", TRUE, reason, message, wall_ns);
    set_condition(status, "RecommendationProvided", has_any, has_any ? NULL : reason, has_any ? NULL : message, wall_ns);
    qsort(status->conditions.items, status->conditions.count, sizeof *status->conditions.items, compare_conditions);
}

static void
status_free(gpointer status)
{
    api_struct_free(&vpa_status_type, status);
}

static gboolean
write_status(ApiObject *object, gpointer data)
{
    api_struct_clear(&vpa_status_type, api_edit_status(object));
    api_struct_copy(&vpa_status_type, api_edit_status(object), data);
    return TRUE;
}

/* "web: cpu 126m, memory 262144k" */
static const char *
recommendation_text(const VpaRecommendation *recommendation)
{
    g_autoptr(GString) out = g_string_new(NULL);

    for (guint i = 0; i < recommendation->containers.count; i++) {
        const VpaContainerRecommendation *container = &recommendation->containers.items[i];

        g_string_append_printf(out, "%s%s:", i > 0 ? "; " : "", container->container_name);
        for (guint k = 0; k < container->target.count; k++)
            g_string_append_printf(out, "%s %s %s", k > 0 ? "," : "", container->target.items[k].key,
                                   quantity_format(&container->target.items[k].value));
    }
    return out->len == 0 ? "nothing" : str_intern(out->str);
}

/* UpdateVpaStatusIfNeeded */
static void
update_vpa(const Reconcile *r, Plan *plan, const ApiObject *vpa)
{
    const RecommenderState *state = r->state;
    const char *unsupported = NULL;
    g_autoptr(Selector) selector = fetch_selector(r->view, vpa, &unsupported);
    g_autoptr(GArray) containers =
        vpa_cluster_collect(state->cluster, api_namespace(vpa), selector, api_uid(vpa), FALSE, r->wall_ns);
    VpaStatus *status = api_struct_new(&vpa_status_type);
    PlanStep *step;

    api_struct_copy(&vpa_status_type, status, vpa_status(vpa));
    api_struct_free(&vpa_recommendation_type, status->recommendation);
    status->recommendation = vpa_recommend(r->config, vpa_spec(vpa), containers);
    set_conditions(status, unsupported, count_pods(r->view, api_namespace(vpa), selector), r->wall_ns);
    if (api_struct_equal(&vpa_status_type, status, vpa_status(vpa))) {
        status_free(status);
        return;
    }
    step = plan_patch(plan, vpa, "status", write_status, status, status_free, "recommends for %s: %s", api_name(vpa),
                      recommendation_text(status->recommendation));
    step->continue_on_error = TRUE;
    step->ignore_codes[0] = 404;
}

/* --- checkpoints --------------------------------------------------------------------------------------------- */

static gboolean
write_checkpoint(ApiObject *object, gpointer data)
{
    api_struct_clear(&vpa_checkpoint_status_type, api_edit_status(object));
    api_struct_copy(&vpa_checkpoint_status_type, api_edit_status(object), data);
    return TRUE;
}

static void
checkpoint_free(gpointer status)
{
    api_struct_free(&vpa_checkpoint_status_type, status);
}

static void
store_checkpoint(const Reconcile *r, Plan *plan, const ApiObject *vpa, const VpaNamed *named)
{
    const char *name = str_internf("%s-%s", api_name(vpa), named->name);
    const ApiObject *known = view_get(r->view, &vpa_checkpoint_kind, api_namespace(vpa), name);
    VpaCheckpointStatus *status = api_struct_new(&vpa_checkpoint_status_type);
    ApiObject *object;
    VpaCheckpointSpec *spec;
    PlanStep *step;

    vpa_aggregate_save(&named->aggregate, status);
    if (known != NULL) {
        step = plan_patch(plan, known, NULL, write_checkpoint, status, checkpoint_free, "what is known of %s is kept", name);
    } else {
        object = api_object_new(&vpa_checkpoint_kind, api_namespace(vpa), name);
        spec = api_edit_spec(object);
        spec->vpa_name = api_name(vpa);
        spec->container_name = named->name;
        write_checkpoint(object, status);
        checkpoint_free(status);
        step = plan_create(plan, object, "what is known of %s is kept", name);
    }
    step->continue_on_error = TRUE;
    step->ignores_errors = TRUE;
}

static void
store_checkpoints(const Reconcile *r, Plan *plan, const GPtrArray *vpas)
{
    const RecommenderState *state = r->state;

    for (guint i = 0; i < vpas->len; i++) {
        const ApiObject *vpa = vpas->pdata[i];
        const char *unsupported;
        g_autoptr(Selector) selector = fetch_selector(r->view, vpa, &unsupported);
        g_autoptr(GArray) containers =
            vpa_cluster_collect(state->cluster, api_namespace(vpa), selector, api_uid(vpa), TRUE, r->wall_ns);

        for (guint k = 0; k < containers->len; k++)
            store_checkpoint(r, plan, vpa, &g_array_index(containers, VpaNamed, k));
    }
}

static const char *
owner_of(const ApiObject *checkpoint)
{
    const char *name = ((const VpaCheckpointSpec *)checkpoint->spec)->vpa_name;

    return name == NULL ? "" : name;
}

/* GarbageCollectCheckpoints: those whose autoscaler is gone. */
static void
collect_checkpoints(const Reconcile *r, Plan *plan)
{
    RecommenderState *state = r->state;
    g_autoptr(GPtrArray) checkpoints = g_ptr_array_new();

    if (r->now_ns - state->collected_ns <= CHECKPOINT_GC_PERIOD_NS)
        return;
    state->collected_ns = r->now_ns;
    view_list(r->view, &vpa_checkpoint_kind, NULL, checkpoints);
    for (guint i = 0; i < checkpoints->len; i++) {
        const ApiObject *checkpoint = checkpoints->pdata[i];

        if (view_get(r->view, &vpa_kind, api_namespace(checkpoint), owner_of(checkpoint)) == NULL)
            plan_delete(plan, checkpoint, "its autoscaler is gone")->ignores_errors = TRUE;
    }
}

/* InitFromCheckpoints */
static void
recall(const Reconcile *r)
{
    RecommenderState *state = r->state;
    g_autoptr(GPtrArray) checkpoints = g_ptr_array_new();

    view_list(r->view, &vpa_checkpoint_kind, NULL, checkpoints);
    for (guint i = 0; i < checkpoints->len; i++) {
        const ApiObject *checkpoint = checkpoints->pdata[i];
        const ApiObject *vpa = view_get(r->view, &vpa_kind, api_namespace(checkpoint), owner_of(checkpoint));

        if (vpa != NULL)
            vpa_cluster_recall(state->cluster, api_uid(vpa), checkpoint, r->wall_ns);
    }
    state->has_begun = TRUE;
    state->collected_ns = r->now_ns;
}

/* --- the loop -------------------------------------------------------------------------------------------------- */

static void
metrics_read(const Reconcile *r, gpointer carry, const StepResult *results, guint n_results, Plan *plan)
{
    RecommenderState *state = r->state;
    g_autoptr(GPtrArray) all = g_ptr_array_new(), vpas = g_ptr_array_new();

    (void)carry;
    (void)n_results;
    for (guint i = 0; results[0].items != NULL && i < results[0].items->len; i++)
        vpa_cluster_sample(state->cluster, results[0].items->pdata[i]);
    vpa_cluster_settle(state->cluster);
    view_list(r->view, &vpa_kind, NULL, all);
    for (guint i = 0; i < all->len; i++)
        if (is_ours(all->pdata[i]))
            g_ptr_array_add(vpas, all->pdata[i]);
    for (guint i = 0; i < vpas->len; i++)
        update_vpa(r, plan, vpas->pdata[i]);
    store_checkpoints(r, plan, vpas);
    collect_checkpoints(r, plan);
    vpa_cluster_expire(state->cluster, r->wall_ns);
}

static void
tick(const Reconcile *r, Plan *plan)
{
    RecommenderState *state = r->state;
    PlanStep *step;

    if (!state->has_begun) {
        recall(r);
        return;
    }
    vpa_cluster_load(state->cluster, r->view, r->wall_ns);
    step = plan_list(plan, &pod_metrics_kind, NULL, "read what all pods use");
    step->continue_on_error = TRUE;
    step->ignores_errors = TRUE;
    plan_continue(plan, metrics_read, NULL, NULL);
}

/* There are no keys: everything happens in the loop. */
static void
reconcile(const Reconcile *r, Plan *plan)
{
    (void)r;
    (void)plan;
}

static void
on_pod(Controller *controller, const ApiObject *old, const ApiObject *object)
{
    const RecommenderState *state = controller_state(controller);

    if (old != NULL && object != NULL)
        vpa_cluster_note_oom(state->cluster, old, object);
}

static gpointer
new_state(void)
{
    RecommenderState *state = g_new0(RecommenderState, 1);

    state->cluster = vpa_cluster_new();
    return state;
}

static void
free_state(gpointer data)
{
    RecommenderState *state = data;

    vpa_cluster_free(state->cluster);
    g_free(state);
}

static const ControllerSource sources[] = {
    {&vpa_kind, NULL},         {&vpa_checkpoint_kind, NULL}, {&pod_kind, on_pod},
    {&daemon_set_kind, NULL},  {&deployment_kind, NULL},     {&replica_set_kind, NULL},
    {&stateful_set_kind, NULL}, {&replication_controller_kind, NULL}, {&job_kind, NULL}, {&cron_job_kind, NULL}, {0},
};

const ControllerDef vpa_recommender = {
    .name = "vpa-recommender",
    .component = "vpa-recommender",
    .workers = 1,
    .qps = 50,
    .burst = 100,
    .sources = sources,
    .reconcile = reconcile,
    .period_ns = PERIOD_NS,
    .tick = tick,
    .new_state = new_state,
    .free_state = free_state,
};
