#include "controllers/tainteviction.h"
#include "api/profile.h"
#include "base/caches.h"

#define ATTEMPTS_MAX   5
#define ATTEMPT_GAP_NS (10 * NS_PER_MS)

/* --- state ------------------------------------------------------------------------------------------- */

gpointer
eviction_state_new(void)
{
    EvictionState *state = g_new0(EvictionState, 1);

    state->timers = g_hash_table_new_full(NULL, NULL, NULL, g_free);
    state->looks = g_hash_table_new(NULL, NULL);
    return state;
}

void
eviction_state_free(gpointer data)
{
    EvictionState *state = data;

    g_hash_table_unref(state->timers);
    g_hash_table_unref(state->looks);
    ptr_map_clear(&state->tainted);
    g_free(state);
}

void
eviction_state_look(EvictionState *state, const char *pod_key)
{
    g_hash_table_add(state->looks, (gpointer)pod_key);
}

/* --- tolerations ---------------------------------------------------------------------------------------- */

static gboolean
is_no_execute(const Taint *taint)
{
    return str_is(taint->effect, "NoExecute");
}

static gboolean
has_no_execute(const ApiObject *node)
{
    const TaintList *taints = &node_spec(node)->taints;

    for (guint i = 0; i < taints->count; i++)
        if (is_no_execute(&taints->items[i]))
            return TRUE;
    return FALSE;
}

static void
note_node(EvictionState *state, const ApiObject *node, gboolean is_there)
{
    if (is_there && has_no_execute(node))
        ptr_map_set(&state->tainted, api_name(node), (gpointer)node->kind);
    else
        ptr_map_take(&state->tainted, api_name(node));
}

static void
find_tainted(EvictionState *state, View *view)
{
    g_autoptr(GPtrArray) nodes = g_ptr_array_new();

    view_list(view, &node_kind, NULL, nodes);
    for (guint i = 0; i < nodes->len; i++)
        note_node(state, nodes->pdata[i], TRUE);
    state->knows_tainted = TRUE;
}

/* Of ten thousand pods that are bound hardly one comes to a node with such a taint; the Node need not be looked up. */
static gboolean
is_on_tainted(EvictionState *state, View *view, const char *node_name)
{
    gboolean is_tainted;

    if (!state->knows_tainted)
        find_tainted(state, view);
    is_tainted = ptr_map_has(&state->tainted, node_name);
    if (caches_are_checked()) {
        const ApiObject *node = view_get(view, &node_kind, NULL, node_name);

        g_assert(is_tainted == (node != NULL && has_no_execute(node)));
    }
    return is_tainted;
}

/* v1.34 taint_eviction.go, getMinTolerationTime over the first toleration that matches each taint. */
gint64
tolerated_for_ns(const TolerationList *tolerations,
                 const ApiObject *node,
                 gboolean *out_is_tolerated)
{
    const TaintList *taints = &node_spec(node)->taints;
    gint64 least_s = G_MAXINT64;

    *out_is_tolerated = FALSE;
    for (guint i = 0; i < taints->count; i++) {
        const Taint *taint = &taints->items[i];
        const Toleration *used = NULL;

        if (!is_no_execute(taint))
            continue;
        for (guint k = 0; used == NULL && k < tolerations->count; k++)
            if (toleration_matches(&tolerations->items[k], taint->key, taint->value, taint->effect))
                used = &tolerations->items[k];
        if (used == NULL)
            return 0;
        if (used->toleration_s.is_set)
            least_s = MIN(least_s, MAX(used->toleration_s.value, 0));
    }
    *out_is_tolerated = TRUE;
    /* Seconds beyond 292 years wrap around, as in Go: mostly to something negative, which is for ever. */
    return least_s == G_MAXINT64 ? -1 : duration_of_seconds(least_s);
}

/* --- firing --------------------------------------------------------------------------------------------- */

typedef struct {
    ApiObject *pod; /* (owned ref) */
    guint attempt;
} Eviction;

static void
eviction_free(gpointer data)
{
    Eviction *eviction = data;

    api_object_unref(eviction->pod);
    g_free(eviction);
}

static Eviction *
eviction_new(const ApiObject *pod, guint attempt)
{
    Eviction *eviction = g_new(Eviction, 1);

    eviction->pod = api_object_ref(pod);
    eviction->attempt = attempt;
    return eviction;
}

static void plan_attempt(const ApiObject *pod, guint attempt, Plan *plan);

/* One try has failed at some call: from the start again, 10 ms later. */
static void
try_again(const Reconcile *r, const Eviction *eviction, Plan *plan)
{
    EvictionState *state = r->state;

    if (eviction->attempt < ATTEMPTS_MAX) {
        plan_pause(plan, ATTEMPT_GAP_NS);
        plan_attempt(eviction->pod, eviction->attempt + 1, plan);
    } else if (state != NULL) {
        g_hash_table_remove(state->timers, api_key(eviction->pod));
    }
}

static void
after_delete(const Reconcile *r,
             gpointer carry,
             const StepResult *results,
             guint n_results,
             Plan *plan)
{
    g_assert(n_results > 0);
    if (!step_succeeded(&results[n_results - 1]))
        try_again(r, carry, plan);
}

typedef struct {
    Condition condition;
    const char *uid;
} Mark;

static gboolean
put_mark(ApiObject *pod, gpointer data)
{
    const Mark *mark = data;
    PodStatus *status;
    Condition *condition;
    gboolean is_true;

    if (!str_is(api_uid(pod), mark->uid))
        return FALSE;
    status = api_edit_status(pod);
    is_true = condition_is(&status->conditions, mark->condition.type, "True");
    condition = condition_edit(&status->conditions, mark->condition.type);
    condition->status = mark->condition.status;
    condition->reason = mark->condition.reason;
    condition->message = mark->condition.message;
    condition->observed_generation = mark->condition.observed_generation;
    if (!is_true)
        condition->last_transition_time = mark->condition.last_transition_time;
    return TRUE;
}

static void
after_get(const Reconcile *r,
          gpointer carry,
          const StepResult *results,
          guint n_results,
          Plan *plan)
{
    const Eviction *eviction = carry;
    const StepResult *live = &results[n_results - 1];
    const Condition *present;
    Mark mark = {{
        .type = str_intern("DisruptionTarget"),
        .status = str_intern("True"),
        .reason = str_intern("DeletionByTaintManager"),
        .message = str_intern("Taint manager: deleting due to NoExecute taint"),
        .last_transition_time = api_time_seconds(r->wall_ns),
    }};

    if (!step_succeeded(live)) {
        try_again(r, eviction, plan);
        return;
    }
    mark.uid = api_uid(live->object);
    mark.condition.observed_generation = live->object->meta->generation;
    present = condition_find(&pod_status(live->object)->conditions, "DisruptionTarget");
    if (present == NULL || !str_is(present->status, "True") ||
        !str_is(present->reason, mark.condition.reason) ||
        present->observed_generation != mark.condition.observed_generation)
        plan_patch(plan, live->object, "status", put_mark, g_memdup2(&mark, sizeof mark), g_free,
                   "because it does not tolerate a taint of node %s",
                   pod_spec(live->object)->node_name);
    plan_delete(plan, live->object, "because it does not tolerate a taint of node %s",
                pod_spec(live->object)->node_name);
    plan_continue(plan, after_delete, eviction_new(eviction->pod, eviction->attempt),
                  eviction_free);
}

static void
plan_attempt(const ApiObject *pod, guint attempt, Plan *plan)
{
    plan_read(plan, &pod_kind, api_namespace(pod), api_name(pod),
              "because its time on a tainted node is over");
    plan_continue(plan, after_get, eviction_new(pod, attempt), eviction_free);
}

static void
plan_eviction_event(Plan *plan, const ApiObject *pod, const char *text)
{
    g_autoptr(ApiObject) subject = event_subject(pod, FALSE);

    plan_event(plan, subject, "Normal", "TaintManagerEviction", "%s Pod %s/%s", text,
               api_namespace(pod), api_name(pod));
}

/* --- timers ------------------------------------------------------------------------------------------------ */

static void
cancel(EvictionState *state, const char *pod_key, Plan *plan)
{
    const EvictionTimer *timer = g_hash_table_lookup(state->timers, pod_key);
    g_autoptr(ApiObject) pod = NULL;
    const char *namespace_;
    const char *name;

    if (timer == NULL)
        return;
    if (timer->is_pending) {
        api_split_key(pod_key, &namespace_, &name);
        pod = api_object_new(&pod_kind, namespace_, name);
        plan_eviction_event(plan, pod, "Cancelling deletion of");
    }
    g_hash_table_remove(state->timers, pod_key);
}

static void
start(const Reconcile *r, Plan *plan, const char *pod_key, gint64 delay_ns)
{
    EvictionState *state = r->state;
    EvictionTimer *timer;

    if (g_hash_table_contains(state->timers, pod_key))
        return;
    timer = g_new(EvictionTimer, 1);
    *timer = (EvictionTimer){TRUE, r->now_ns, r->now_ns + delay_ns};
    g_hash_table_insert(state->timers, (gpointer)pod_key, timer);
    plan_enqueue_after(plan, pod_key, delay_ns);
}

/* v1.34 taint_eviction.go, processPodOnNode. */
static void
process_pod(const Reconcile *r, Plan *plan, const ApiObject *pod, const ApiObject *node)
{
    EvictionState *state = r->state;
    const char *key = api_key(pod);
    const EvictionTimer *timer = g_hash_table_lookup(state->timers, key);
    gboolean is_tolerated;
    gint64 delay_ns;

    if (!has_no_execute(node)) {
        cancel(state, key, plan);
        return;
    }
    delay_ns = tolerated_for_ns(&pod_spec(pod)->tolerations, node, &is_tolerated);
    if (!is_tolerated) {
        cancel(state, key, plan);
        start(r, plan, key, 0);
        return;
    }
    if (delay_ns < 0) {
        cancel(state, key, plan);
        return;
    }
    /* One that waits keeps its time, unless it was set in this very instant. */
    if (timer != NULL && timer->is_pending) {
        if (timer->created_ns < r->now_ns)
            return;
        cancel(state, key, plan);
    }
    start(r, plan, key, delay_ns);
}

/* --- keys -------------------------------------------------------------------------------------------------- */

static void
reconcile_node(const Reconcile *r, Plan *plan)
{
    const ApiObject *node = view_get(r->view, &node_kind, NULL, r->key);
    g_autoptr(GPtrArray) pods = NULL;

    if (node == NULL)
        return;
    pods = g_ptr_array_new();
    view_list_on_node(r->view, r->key, pods);
    for (guint i = 0; i < pods->len; i++)
        process_pod(r, plan, pods->pdata[i], node);
}

/* Whose seconds these were: those that admission gave every pod, or its own. */
static const char *
toleration_timer(const Reconcile *r, const ApiObject *pod)
{
    const ApiObject *node = view_get(r->view, &node_kind, NULL, pod_spec(pod)->node_name);

    for (guint i = 0; node != NULL && i < node_spec(node)->taints.count; i++) {
        const Taint *taint = &node_spec(node)->taints.items[i];

        if (is_no_execute(taint) && str_is(taint->key, "node.kubernetes.io/unreachable"))
            return profile_timers[TIMER_TOLERATION_UNREACHABLE].name;
        if (is_no_execute(taint) && str_is(taint->key, "node.kubernetes.io/not-ready"))
            return profile_timers[TIMER_TOLERATION_NOT_READY].name;
    }
    return "tolerationSeconds";
}

static void
reconcile_pod(const Reconcile *r, Plan *plan)
{
    EvictionState *state = r->state;
    const char *key = str_intern(r->key);
    EvictionTimer *timer = g_hash_table_lookup(state->timers, key);
    gboolean must_look = g_hash_table_remove(state->looks, key);
    const char *namespace_;
    const char *name;
    const ApiObject *pod;
    const ApiObject *node;

    api_split_key(r->key, &namespace_, &name);
    pod = view_get(r->view, &pod_kind, namespace_, name);
    if (pod == NULL) {
        if (must_look)
            cancel(state, key, plan);
        return;
    }
    if (must_look) {
        node = str_is_empty(pod_spec(pod)->node_name)
                   ? NULL
                   : view_get(r->view, &node_kind, NULL, pod_spec(pod)->node_name);
        if (node != NULL && has_no_execute(node))
            process_pod(r, plan, pod, node);
        timer = g_hash_table_lookup(state->timers, key);
    }
    if (timer == NULL || !timer->is_pending || timer->due_ns > r->now_ns)
        return;
    timer->is_pending = FALSE;
    plan_waited(plan, toleration_timer(r, pod), r->now_ns - timer->created_ns);
    plan_eviction_event(plan, pod, "Marking for deletion");
    plan_attempt(pod, 1, plan);
}

static void
reconcile(const Reconcile *r, Plan *plan)
{
    if (strchr(r->key, '/') == NULL)
        reconcile_node(r, plan);
    else
        reconcile_pod(r, plan);
}

/* --- what wakes it --------------------------------------------------------------------------------------------- */

static gboolean
has_same_no_execute(const ApiObject *a, const ApiObject *b)
{
    const TaintList *taints[] = {&node_spec(a)->taints, &node_spec(b)->taints};
    guint at[] = {0, 0};

    for (;;) {
        const Taint *next[2];

        for (guint i = 0; i < 2; i++) {
            while (at[i] < taints[i]->count && !is_no_execute(&taints[i]->items[at[i]]))
                at[i]++;
            next[i] = at[i] < taints[i]->count ? &taints[i]->items[at[i]++] : NULL;
        }
        if (next[0] == NULL || next[1] == NULL)
            return next[0] == next[1];
        if (!str_is(next[0]->key, next[1]->key) || !str_is(next[0]->value, next[1]->value))
            return FALSE;
    }
}

static void
on_node(Controller *controller, const ApiObject *old, const ApiObject *object)
{
    EvictionState *state = controller_state(controller);

    if (state->knows_tainted)
        note_node(state, object != NULL ? object : old, object != NULL);
    if (object == NULL || (old == NULL && !has_no_execute(object)))
        return;
    if (old == NULL || !has_same_no_execute(old, object))
        controller_enqueue_object(controller, object);
}

static gboolean
has_same_tolerations(const ApiObject *a, const ApiObject *b)
{
    const TolerationList *list_a = &pod_spec(a)->tolerations;
    const TolerationList *list_b = &pod_spec(b)->tolerations;

    if (list_a == list_b)
        return TRUE;
    if (list_a->count != list_b->count)
        return FALSE;
    for (guint i = 0; i < list_a->count; i++)
        if (!api_struct_equal(&toleration_type, &list_a->items[i], &list_b->items[i]))
            return FALSE;
    return TRUE;
}

static void
on_pod(Controller *controller, const ApiObject *old, const ApiObject *object)
{
    EvictionState *state = controller_state(controller);
    const ApiObject *pod = object != NULL ? object : old;

    if (object == NULL) {
        if (!g_hash_table_contains(state->timers, api_key(pod)))
            return;
    } else {
        const char *node_name = pod_spec(pod)->node_name;

        if (str_is_empty(node_name) || (old != NULL && pod_spec(old)->node_name == node_name &&
                                        has_same_tolerations(old, object)))
            return;
        if (!is_on_tainted(state, controller_view(controller), node_name))
            return;
    }
    eviction_state_look(state, api_key(pod));
    controller_enqueue_object(controller, pod);
}

static const char *
object_text(const char *key)
{
    return str_internf("%s/%s", strchr(key, '/') == NULL ? "node" : "pod", key);
}

static const ControllerSource sources[] = {
    {&pod_kind, on_pod, .wants = WANTS_ADDED | WANTS_SPEC | WANTS_DELETED},
    {&node_kind, on_node, .wants = WANTS_ADDED | WANTS_SPEC | WANTS_DELETED},
    {0},
};

const ControllerDef taint_eviction_controller = {
    .name = "taint-eviction",
    .component = "taint-eviction-controller",
    .workers = 100,
    .sources = sources,
    .reconcile = reconcile,
    .new_state = eviction_state_new,
    .free_state = eviction_state_free,
    .object_text = object_text,
};
