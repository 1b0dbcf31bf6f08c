#include "api/profile.h"
#include "controllers/controllers.h"
#include "controllers/util.h"

/* v1.34 pkg/controller/namespace, deletion/namespaced_resources_deleter.go */

#define SETTLE_NS            (5 * NS_PER_S)
#define FINALIZER_ESTIMATE_S 15
#define OUR_FINALIZER        "kubernetes"

/* What lives in a namespace; from v1.33 on pods go first, and the rest when none is left. */
static gboolean
reads_kind(const ApiKind *kind)
{
    return kind->is_namespaced && kind != &event_kind;
}

static gboolean
goes_after_pods(const ApiKind *kind)
{
    return kind->is_namespaced && kind != &pod_kind;
}

/* --- conditions ------------------------------------------------------------------------------------------ */

static const struct {
    const char *type, *reason, *message;
} all_is_well[] = {
    {"NamespaceDeletionDiscoveryFailure", "ResourcesDiscovered",
     "All resources successfully discovered"},
    {"NamespaceDeletionGroupVersionParsingFailure", "ParsedGroupVersions",
     "All legacy kube types successfully parsed"},
    {"NamespaceDeletionContentFailure", "ContentDeleted",
     "All content successfully deleted, may be waiting on finalization"},
    {"NamespaceContentRemaining", "ContentRemoved", "All content successfully removed"},
    {"NamespaceFinalizersRemaining", "ContentHasNoFinalizers",
     "All content-preserving finalizers finished"},
};

static void
put_condition(NamespaceStatus *status,
              const char *type,
              const char *truth,
              const char *reason,
              const char *message,
              gint64 wall_ns)
{
    const Condition *present = condition_find(&status->conditions, type);
    Condition *condition;

    if (present != NULL && str_is(present->status, truth) && str_is(present->reason, reason) &&
        str_is(present->message, message))
        return;
    condition = condition_edit(&status->conditions, str_intern(type));
    if (!str_is(condition->status, truth))
        condition->last_transition_time = api_time_seconds(wall_ns);
    condition->status = str_intern(truth);
    condition->reason = str_intern(reason);
    condition->message = str_intern(message);
}

/* What is still there: "deployments.apps has 1 resource instances", and whose finalizers hold it. */
typedef struct {
    GString *resources, *finalizers;
    guint count;
    const char *failure; /* interned: what could not be deleted; NULL: everything could */
} Remains;

static void
put_conditions(NamespaceStatus *status, const Remains *remains, gint64 wall_ns)
{
    for (guint i = 0; i < G_N_ELEMENTS(all_is_well); i++) {
        const char *type = all_is_well[i].type;

        if (remains->count > 0 && str_is(type, "NamespaceContentRemaining"))
            put_condition(status, type, "True", "SomeResourcesRemain",
                          str_internf("Some resources are remaining: %s", remains->resources->str),
                          wall_ns);
        else if (remains->failure != NULL && str_is(type, "NamespaceDeletionContentFailure"))
            put_condition(status, type, "True", "ContentDeletionFailed",
                          str_internf("Failed to delete all resource types, 1 remaining: %s",
                                      remains->failure),
                          wall_ns);
        else if (remains->finalizers->len > 0 && str_is(type, "NamespaceFinalizersRemaining"))
            put_condition(status, type, "True", "SomeFinalizersRemain",
                          str_internf("Some content in the namespace has finalizers remaining: %s",
                                      remains->finalizers->str),
                          wall_ns);
        else
            put_condition(status, type, "False", all_is_well[i].reason, all_is_well[i].message,
                          wall_ns);
    }
}

/* Returns: the index of the step that writes the status, -1 if nothing changed. */
static int
plan_status(const Reconcile *r, Plan *plan, const ApiObject *namespace_, const Remains *remains)
{
    ApiObject *changed = api_object_copy(namespace_);

    put_conditions(api_edit_status(changed), remains, r->wall_ns);
    if (api_object_equal(changed, namespace_)) {
        api_object_unref(changed);
        return -1;
    }
    plan_update_status(plan, changed, "because its content is being deleted")->retries_on_conflict =
        5;
    return (int)plan_count(plan) - 1;
}

/* --- pods ---------------------------------------------------------------------------------------------------- */

/* Pods that a delete does not remove at once, and the longest grace among them. */
static guint
count_lingering(const GPtrArray *pods, gint64 *out_grace_s)
{
    guint count = 0;

    *out_grace_s = 0;
    for (guint i = 0; i < pods->len; i++) {
        const ApiObject *pod = pods->pdata[i];
        const PodSpec *spec = pod_spec(pod);
        gint64 grace_s = spec->termination_grace_s.is_set ? spec->termination_grace_s.value : 30;
        gboolean is_held = pod->meta->finalizers.count > 0;

        if (!pod_is_terminal(pod))
            *out_grace_s = MAX(*out_grace_s, grace_s);
        if (is_held || (!pod_is_terminal(pod) && !str_is_empty(spec->node_name) && grace_s > 0))
            count++;
    }
    return count;
}

static gboolean
is_any_held(const GPtrArray *pods)
{
    for (guint i = 0; i < pods->len; i++)
        if (((const ApiObject *)pods->pdata[i])->meta->finalizers.count > 0)
            return TRUE;
    return FALSE;
}

/* How long the pods may still take; those that outlive their grace are an error (0), unless finalizers hold them. */
static gint64
estimate_pods(const Reconcile *r, const ApiObject *namespace_, const GPtrArray *pods, gint64 grace_s, Remains *remains)
{
    gint64 age_ns = r->wall_ns - namespace_->meta->deletion_time;

    if (age_ns < duration_of_seconds(grace_s))
        return grace_s;
    if (is_any_held(pods))
        return FINALIZER_ESTIMATE_S;
    remains->failure = str_internf("unexpected items still remain in namespace: %s for gvr: /v1, Resource=pods",
                                   api_name(namespace_));
    return 0;
}

/* Pods are on their way out: the conditions say so little, and the pass ends. */
static void
wait_for_pods(const Reconcile *r,
              Plan *plan,
              const ApiObject *namespace_,
              const GPtrArray *pods,
              gint64 grace_s)
{
    Remains none = {g_string_new(NULL), g_string_new(NULL), 0, NULL};
    gint64 estimate_s = estimate_pods(r, namespace_, pods, grace_s, &none);

    plan_status(r, plan, namespace_, &none);
    g_string_free(none.resources, TRUE);
    g_string_free(none.finalizers, TRUE);
    if (estimate_s > 0)
        plan_requeue_after(plan, (estimate_s / 2 + 1) * NS_PER_S);
    else
        plan_fail(plan, "failed to delete pods for namespace: %s, err: %s", api_name(namespace_),
                  none.failure);
}

/* --- the rest ---------------------------------------------------------------------------------------------------- */

typedef struct {
    const char *name;
    guint count;
} Tally;

static void
count_finalizer(GArray *tallies, const char *name)
{
    Tally tally = {name, 1};

    for (guint i = 0; i < tallies->len; i++) {
        Tally *present = &g_array_index(tallies, Tally, i);

        if (present->name != name)
            continue;
        present->count++;
        return;
    }
    g_array_append_val(tallies, tally);
}

static gint
compare_tally(gconstpointer a, gconstpointer b)
{
    return strcmp(((const Tally *)a)->name, ((const Tally *)b)->name);
}

static guint
count_held_of(const Reconcile *r, const ApiKind *kind, const char *name, GArray *tallies)
{
    g_autoptr(GPtrArray) list = g_ptr_array_new();
    guint held = 0;

    view_list(r->view, kind, name, list);
    for (guint k = 0; k < list->len; k++) {
        const StrList *finalizers = &((const ApiObject *)list->pdata[k])->meta->finalizers;

        held += finalizers->count > 0;
        for (guint i = 0; i < finalizers->count; i++)
            count_finalizer(tallies, finalizers->items[i]);
    }
    return held;
}

/* Objects that their finalizers keep; pods that take their time too, @lingering of them. */
static void
count_held(const Reconcile *r, const char *name, guint lingering, Remains *remains)
{
    g_autoptr(GArray) tallies = g_array_new(FALSE, FALSE, sizeof(Tally));
    g_autoptr(GArray) kinds = g_array_new(FALSE, FALSE, sizeof(Tally));

    for (guint i = 0; api_kinds[i] != NULL; i++) {
        Tally kind = {str_internf("%s.%s", api_kinds[i]->plural, api_kinds[i]->group), 0};

        if (!reads_kind(api_kinds[i]) || !view_knows(r->view, api_kinds[i]))
            continue;
        if (api_kinds[i] == &pod_kind && lingering == 0)
            continue;
        kind.count = count_held_of(r, api_kinds[i], name, tallies);
        if (api_kinds[i] == &pod_kind)
            kind.count = lingering;
        remains->count += kind.count;
        if (kind.count > 0)
            g_array_append_val(kinds, kind);
    }
    g_array_sort(kinds, compare_tally);
    g_array_sort(tallies, compare_tally);
    for (guint i = 0; i < kinds->len; i++)
        g_string_append_printf(remains->resources, "%s%s has %u resource instances",
                               i > 0 ? ", " : "", g_array_index(kinds, Tally, i).name,
                               g_array_index(kinds, Tally, i).count);
    for (guint i = 0; i < tallies->len; i++)
        g_string_append_printf(remains->finalizers, "%s%s in %u resource instances",
                               i > 0 ? ", " : "", g_array_index(tallies, Tally, i).name,
                               g_array_index(tallies, Tally, i).count);
}

static void
plan_finalize(Plan *plan, const ApiObject *namespace_, int status_step)
{
    ApiObject *changed = api_object_copy(namespace_);
    PlanStep *step;

    str_list_remove(&((NamespaceSpec *)api_edit_spec(changed))->finalizers,
                    str_intern(OUR_FINALIZER));
    step = plan_update(plan, changed, "because nothing is left in it");
    step->subresource = str_intern("finalize");
    step->takes_revision_of = status_step;
    step->retries_on_conflict = 5;
    step->ignore_codes[0] = 404;
}

/* @pods: before v1.33 they go with everything else; else NULL. */
static void
delete_rest(const Reconcile *r, Plan *plan, const ApiObject *namespace_, const GPtrArray *pods)
{
    Remains remains = {g_string_new(NULL), g_string_new(NULL), 0, NULL};
    gint64 grace_s = 0;
    guint lingering = pods == NULL ? 0 : count_lingering(pods, &grace_s);
    gint64 estimate_s = lingering == 0 ? 0 : estimate_pods(r, namespace_, pods, grace_s, &remains);
    int status_step;

    for (guint i = 0; api_kinds[i] != NULL; i++)
        if (goes_after_pods(api_kinds[i]) ? !api_kinds[i]->is_custom || view_knows(r->view, api_kinds[i])
                                          : pods != NULL && api_kinds[i] == &pod_kind)
            plan_delete_collection(plan, api_kinds[i], api_name(namespace_),
                                   "because its namespace is being deleted")
                ->propagation = str_intern("Background");
    count_held(r, api_name(namespace_), lingering, &remains);
    if (remains.count > lingering)
        estimate_s = MAX(estimate_s, FINALIZER_ESTIMATE_S);
    status_step = plan_status(r, plan, namespace_, &remains);
    if (remains.failure != NULL)
        plan_fail(plan, "%s", remains.failure);
    else if (remains.count > 0)
        plan_requeue_after(plan, (estimate_s / 2 + 1) * NS_PER_S);
    else
        plan_finalize(plan, namespace_, status_step);
    g_string_free(remains.resources, TRUE);
    g_string_free(remains.finalizers, TRUE);
}

static void
after_read(const Reconcile *r,
           gpointer carry,
           const StepResult *results,
           guint n_results,
           Plan *plan)
{
    const ApiObject *namespace_ = results[n_results - 1].object;
    g_autoptr(GPtrArray) pods = g_ptr_array_new();
    gint64 grace_s;

    (void)carry;
    if (namespace_ == NULL || !api_is_deleting(namespace_) ||
        ((const NamespaceSpec *)namespace_->spec)->finalizers.count == 0)
        return;
    view_list(r->view, &pod_kind, api_name(namespace_), pods);
    if (!profile_has(FEATURE_PODS_OF_NAMESPACE_FIRST, r->version_minor)) {
        delete_rest(r, plan, namespace_, pods);
        return;
    }
    plan_delete_collection(plan, &pod_kind, api_name(namespace_),
                           "because its namespace is being deleted")
        ->propagation = str_intern("Background");
    if (count_lingering(pods, &grace_s) > 0)
        wait_for_pods(r, plan, namespace_, pods, grace_s);
    else
        delete_rest(r, plan, namespace_, NULL);
}

static void
reconcile(const Reconcile *r, Plan *plan)
{
    const ApiObject *namespace_ = view_get(r->view, &namespace_kind, NULL, r->key);

    if (namespace_ == NULL || !api_is_deleting(namespace_))
        return;
    plan_read(plan, &namespace_kind, NULL, r->key, "because it is being deleted")->ignore_codes[0] =
        404;
    plan_continue(plan, after_read, NULL, NULL);
}

/* Time for caches and late creations to settle. */
static void
on_namespace(Controller *controller, const ApiObject *old, const ApiObject *object)
{
    (void)old;
    if (object != NULL && api_is_deleting(object))
        controller_enqueue_after(controller, api_key(object), SETTLE_NS);
}

static const ControllerSource sources[] = {
    {&namespace_kind, on_namespace},
    {0},
};

const ControllerDef namespace_controller = {
    .name = "namespace",
    .component = "namespace-controller",
    .workers = 10,
    .qps = 400,
    .burst = 3000,
    .queue = {.base_ns = 5 * NS_PER_MS, .cap_ns = 60 * NS_PER_S, .no_bucket = TRUE},
    .sources = sources,
    .reads_kind = reads_kind,
    .reconcile = reconcile,
};
