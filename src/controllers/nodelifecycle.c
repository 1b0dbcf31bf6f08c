#include "controllers/nodelifecycle.h"

static void
zone_free(gpointer data)
{
    Zone *zone = data;

    g_ptr_array_unref(zone->queue);
    g_free(zone);
}

static void
health_free(gpointer data)
{
    NodeHealth *health = data;

    api_object_unref(health->facts.node);
    g_free(health);
}

gpointer
lifecycle_state_new(void)
{
    LifecycleState *state = g_new0(LifecycleState, 1);

    state->nodes = g_hash_table_new_full(NULL, NULL, NULL, health_free);
    state->listed = g_ptr_array_new();
    state->zones = g_ptr_array_new_with_free_func(zone_free);
    return state;
}

void
lifecycle_state_free(gpointer data)
{
    LifecycleState *state = data;

    g_hash_table_unref(state->nodes);
    g_ptr_array_unref(state->listed);
    g_ptr_array_unref(state->zones);
    g_free(state);
}

/* A node that the monitor holds for not ready: its pods cannot be ready either. */
static gboolean
is_held_unready(LifecycleState *state, const char *node_name)
{
    const NodeHealth *health =
        str_is_empty(node_name) ? NULL : g_hash_table_lookup(state->nodes, node_name);

    return health != NULL && health->has_ready && !str_is(health->ready, "True");
}

static void
reconcile_pod(const Reconcile *r, Plan *plan)
{
    const char *namespace_;
    const char *name;
    const ApiObject *pod;
    const char *node_name;

    api_split_key(r->key, &namespace_, &name);
    pod = view_get(r->view, &pod_kind, namespace_, name);
    if (pod == NULL)
        return;
    node_name = pod_spec(pod)->node_name;
    if (is_held_unready(r->state, node_name) &&
        view_get(r->view, &node_kind, NULL, node_name) != NULL)
        plan_mark_pod(r, plan, pod);
}

static void
reconcile(const Reconcile *r, Plan *plan)
{
    const ApiObject *node;

    if (r->key[0] == '@') {
        zone_reconcile(r, plan);
    } else if (strchr(r->key, '/') != NULL) {
        reconcile_pod(r, plan);
    } else {
        node = view_get(r->view, &node_kind, NULL, r->key);
        if (node != NULL) {
            node_reconcile_no_schedule(r, plan, node);
            node_reconcile_labels(plan, node);
        }
    }
}

static void
on_node(Controller *controller, const ApiObject *old, const ApiObject *object)
{
    (void)old;
    if (object != NULL)
        controller_enqueue_object(controller, object);
}

static void
on_pod(Controller *controller, const ApiObject *old, const ApiObject *object)
{
    if (object == NULL || (old != NULL && pod_spec(old)->node_name == pod_spec(object)->node_name))
        return;
    if (is_held_unready(controller_state(controller), pod_spec(object)->node_name))
        controller_enqueue_object(controller, object);
}

static const char *
object_text(const char *key)
{
    if (key[0] == '@')
        return str_internf("zone/%s", key + 1);
    return str_internf("%s/%s", strchr(key, '/') == NULL ? "node" : "pod", key);
}

static const ControllerSource sources[] = {
    {&node_kind, on_node},
    {&pod_kind, on_pod, .wants = WANTS_ADDED | WANTS_SPEC},
    {&lease_kind, NULL},
    {0},
};

const ControllerDef node_lifecycle_controller = {
    .name = "node-lifecycle",
    .component = "node-controller",
    .workers = 8,
    .sources = sources,
    .reconcile = reconcile,
    .period_ns = 5 * NS_PER_S,
    .tick = lifecycle_tick,
    .new_state = lifecycle_state_new,
    .free_state = lifecycle_state_free,
    .object_text = object_text,
};
