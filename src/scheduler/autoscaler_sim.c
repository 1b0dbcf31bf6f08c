/* autoscaler_sim.c - see autoscaler_internal.h; simulator/clustersnapshot, simulator/scheduling */

#include "scheduler/autoscaler_internal.h"

/* Services, ReplicaSets and the like, for the plugins. */
static void
sim_list(gpointer user, const ApiKind *kind, const char *namespace_, GPtrArray *out)
{
    const Simulation *sim = user;

    if (kind == &service_kind || kind == &replica_set_kind || kind == &stateful_set_kind || kind == &namespace_kind)
        view_list(sim->r->view, kind, namespace_, out);
}

static const ApiObject *
sim_get(gpointer user, const ApiKind *kind, const char *namespace_, const char *name)
{
    const Simulation *sim = user;

    if (kind != &service_kind && kind != &replica_set_kind && kind != &stateful_set_kind && kind != &namespace_kind)
        return NULL;
    return view_get(sim->r->view, kind, namespace_, name);
}

static const SchedListers listers = {sim_list, sim_get};

static ApiObject *
keep(Simulation *sim, ApiObject *object)
{
    g_ptr_array_add(sim->owned, object);
    return object;
}

Simulation *
simulation_new(const Reconcile *r, guint version_minor)
{
    Simulation *sim = g_new0(Simulation, 1);
    g_autoptr(GPtrArray) nodes = g_ptr_array_new(), pods = g_ptr_array_new();

    sim->r = r;
    sim->version_minor = version_minor;
    sim->owned = g_ptr_array_new_with_free_func(api_object_unref);
    sim->cache = sched_cache_new(&listers, sim);
    rng_seed(&sim->tiebreak, 1, "autoscaler/tiebreak");
    rng_seed(&sim->preemption, 1, "autoscaler/preemption");
    view_list(r->view, &node_kind, NULL, nodes);
    view_list(r->view, &pod_kind, NULL, pods);
    for (guint i = 0; i < nodes->len; i++)
        if (!autoscaler_has_taint(nodes->pdata[i], AUTOSCALER_DELETE_TAINT) && !autoscaler_is_starting(r, nodes->pdata[i]))
            sched_cache_set_node(sim->cache, nodes->pdata[i]);
    for (guint i = 0; i < pods->len; i++)
        if (!str_is_empty(pod_spec(pods->pdata[i])->node_name) && !pod_is_terminal(pods->pdata[i]))
            sched_cache_set_pod(sim->cache, pods->pdata[i]);
    return sim;
}

void
simulation_free(Simulation *sim)
{
    sched_cache_free(sim->cache);
    g_ptr_array_unref(sim->owned);
    g_free(sim);
}

/* A pod of @sim on @node: the same but for its place and name. */
static void
put_pod(Simulation *sim, const ApiObject *pod, const char *node, const char *name)
{
    ApiObject *copy = keep(sim, api_object_copy(pod));

    ((PodSpec *)api_edit_spec(copy))->node_name = node;
    if (name != NULL)
        api_edit_meta(copy)->name = name;
    sched_cache_set_pod(sim->cache, copy);
}

/* simulator/node_info_utils: a new node has none of the marks of the old one's life. */
static ApiObject *
make_copy(const ApiObject *node, const char *name)
{
    ApiObject *copy = api_object_copy(node);
    ObjectMeta *meta = api_edit_meta(copy);
    NodeSpec *spec = api_edit_spec(copy);

    meta->name = name;
    str_map_set(&meta->labels, str_intern("kubernetes.io/hostname"), name);
    spec->unschedulable = FALSE;
    for (guint i = spec->taints.count; i-- > 0;)
        if (g_str_has_prefix(spec->taints.items[i].key, "node.kubernetes.io/") ||
            g_str_has_prefix(spec->taints.items[i].key, "node.cloudprovider.kubernetes.io/") ||
            str_is(spec->taints.items[i].key, AUTOSCALER_DELETE_TAINT) ||
            str_is(spec->taints.items[i].key, AUTOSCALER_SOFT_TAINT))
            api_list_remove((ApiList *)&spec->taints, sizeof(Taint), i);
    return copy;
}

const char *
simulation_add_copy(Simulation *sim, const ApiObject *node)
{
    const char *name = str_internf("template-node-%u", ++sim->n_copies);
    g_autoptr(GPtrArray) pods = g_ptr_array_new();

    sched_cache_set_node(sim->cache, keep(sim, make_copy(node, name)));
    view_list_on_node(sim->r->view, api_name(node), pods);
    for (guint i = 0; i < pods->len; i++)
        if (autoscaler_is_daemon(pods->pdata[i]))
            put_pod(sim, pods->pdata[i], name, str_internf("%s-%s", api_name(pods->pdata[i]), name));
    return name;
}

/* With what its DaemonSets run there. */
void
simulation_remove_copy(Simulation *sim, const char *copy)
{
    for (guint i = sim->owned->len; i-- > 0;) {
        const ApiObject *object = sim->owned->pdata[i];

        if (object->kind == &pod_kind && str_is(pod_spec(object)->node_name, copy))
            sched_cache_remove_pod(sim->cache, api_key(object));
    }
    sched_cache_remove_node(sim->cache, copy);
}

/* What the scheduler thinks of @pod, all nodes looked at. */
static Attempt *
attempt_of(Simulation *sim, const ApiObject *pod)
{
    ApiObject *free_pod = keep(sim, api_object_copy(pod));
    AttemptOptions options = {
        .cache = sim->cache,
        .version_minor = sim->version_minor,
        .percentage = 100,
        .wall_ns = sim->r->wall_ns,
        .tiebreak = &sim->tiebreak,
        .preemption = &sim->preemption,
        .next_start = &sim->next_start,
    };
    g_autoptr(PodInfo) info = NULL;

    ((PodSpec *)api_edit_spec(free_pod))->node_name = NULL;
    sim->next_start = 0;
    info = pod_info_new(sched_cache_shapes(sim->cache), free_pod);
    return attempt_run(&options, info);
}

static gboolean
is_feasible(const Attempt *attempt, const char *node)
{
    for (guint i = 0; i < attempt->n_feasible; i++)
        if (attempt_feasible(attempt, i) == node)
            return TRUE;
    return FALSE;
}

const char *
simulation_place(Simulation *sim, const ApiObject *pod, const GPtrArray *prefer)
{
    g_autoptr(Attempt) attempt = NULL;
    const char *node = NULL;

    if (prefer != NULL && prefer->len == 0)
        return NULL;
    attempt = attempt_of(sim, pod);
    if (prefer == NULL)
        node = attempt->n_feasible > 0 ? attempt_feasible(attempt, 0) : NULL;
    for (guint i = 0; prefer != NULL && node == NULL && i < prefer->len; i++)
        node = is_feasible(attempt, prefer->pdata[i]) ? prefer->pdata[i] : NULL;
    if (node != NULL)
        put_pod(sim, pod, node, NULL);
    return node;
}

static void
add_reasons(const Attempt *attempt, const char *node, GPtrArray *why)
{
    if (attempt->pre_filter_message != NULL) {
        g_ptr_array_add(why, (gpointer)attempt->pre_filter_message);
        return;
    }
    for (guint i = 0; i < attempt->n_rejected; i++) {
        const RejectionKind *rejection = &attempt->kinds.items[attempt->rejected[i].kind];
        gboolean is_it = attempt_rejected(attempt, i) == node;

        for (guint k = 0; is_it && k < rejection->n_reasons; k++)
            g_ptr_array_add(why, attempt->reasons->pdata[rejection->first_reason + k]);
        if (is_it)
            return;
    }
    if (attempt->absent_reason != NULL)
        g_ptr_array_add(why, (gpointer)attempt->absent_reason);
}

const char *
simulation_place_on(Simulation *sim, const ApiObject *pod, const char *node, GPtrArray *why)
{
    g_autoptr(Attempt) attempt = attempt_of(sim, pod);

    if (!is_feasible(attempt, node)) {
        add_reasons(attempt, node, why);
        return NULL;
    }
    put_pod(sim, pod, node, NULL);
    return node;
}

void
simulation_take(Simulation *sim, const ApiObject *pod)
{
    sched_cache_remove_pod(sim->cache, api_key(pod));
}

gboolean
simulation_empty_node(Simulation *sim, const ApiObject *node, const GPtrArray *pods)
{
    guint n_moved = 0;

    for (guint i = 0; i < pods->len; i++)
        sched_cache_remove_pod(sim->cache, api_key(pods->pdata[i]));
    sched_cache_remove_node(sim->cache, api_name(node));
    while (n_moved < pods->len && simulation_place(sim, pods->pdata[n_moved], NULL) != NULL)
        n_moved++;
    if (n_moved == pods->len)
        return TRUE;
    for (guint i = 0; i < n_moved; i++)
        sched_cache_remove_pod(sim->cache, api_key(pods->pdata[i]));
    sched_cache_set_node(sim->cache, node);
    for (guint i = 0; i < pods->len; i++)
        sched_cache_set_pod(sim->cache, pods->pdata[i]);
    return FALSE;
}
