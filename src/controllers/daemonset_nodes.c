#include "controllers/daemonset_sync.h"
#include "controllers/replicaset_sync.h"

#define BURST_REPLICAS 250
#define GENERATION_LABEL "pod-template-generation"

/* --- tolerations and the place of a pod ------------------------------------------------------- */

static const struct {
    const char *key, *effect;
    gboolean only_host_network;
} tolerated[] = {
    {"node.kubernetes.io/not-ready", "NoExecute", FALSE},
    {"node.kubernetes.io/unreachable", "NoExecute", FALSE},
    {"node.kubernetes.io/disk-pressure", "NoSchedule", FALSE},
    {"node.kubernetes.io/memory-pressure", "NoSchedule", FALSE},
    {"node.kubernetes.io/pid-pressure", "NoSchedule", FALSE},
    {"node.kubernetes.io/unschedulable", "NoSchedule", FALSE},
    {"node.kubernetes.io/network-unavailable", "NoSchedule", TRUE},
};

/* v1.34 pkg/apis/core/v1/helper: AddOrUpdateTolerationInPodSpec: one like it is there already, or it takes the place of its like. */
static void
add_toleration(PodSpec *spec, const char *key, const char *effect)
{
    Toleration wanted = {
        .key = str_intern(key), .operator_ = str_intern("Exists"), .effect = str_intern(effect)};

    for (guint i = 0; i < spec->tolerations.count; i++) {
        Toleration *present = &spec->tolerations.items[i];

        if (!str_is(present->key, key) || !str_is(present->effect, effect) ||
            !str_is(present->operator_, "Exists") || !str_is_empty(present->value))
            continue;
        present->toleration_s = (OptInt64){0};
        return;
    }
    *API_LIST_ADD(&spec->tolerations) = wanted;
}

/* v1.34 pkg/controller/daemon/util/daemonset_util.go, AddOrUpdateDaemonPodTolerations. */
static void
add_tolerations(PodSpec *spec)
{
    for (guint i = 0; i < G_N_ELEMENTS(tolerated); i++)
        if (!tolerated[i].only_host_network || spec->host_network)
            add_toleration(spec, tolerated[i].key, tolerated[i].effect);
}

/* ReplaceDaemonSetPodNodeNameNodeAffinity: the terms of the template have been looked at already. */
static void
pin_to_node(PodSpec *spec, const char *node_name)
{
    NodeAffinity *affinity;
    NodeSelectorTerm *term;
    NodeSelectorRequirement *rule;

    if (spec->affinity == NULL)
        spec->affinity = g_new0(Affinity, 1);
    if (spec->affinity->node_affinity == NULL)
        spec->affinity->node_affinity = g_new0(NodeAffinity, 1);
    affinity = spec->affinity->node_affinity;
    if (affinity->required == NULL)
        affinity->required = g_new0(NodeSelector, 1);
    for (guint i = 0; i < affinity->required->terms.count; i++)
        api_struct_clear(&node_selector_term_type, &affinity->required->terms.items[i]);
    affinity->required->terms.count = 0;
    term = API_LIST_ADD(&affinity->required->terms);
    rule = API_LIST_ADD(&term->match_fields);
    rule->key = str_intern("metadata.name");
    rule->operator_ = str_intern("In");
    str_list_add(&rule->values, node_name);
}

static const char *
pinned_name(const NodeSelectorTerm *term)
{
    const NodeSelectorRequirement *rule;

    if (term->match_expressions.count != 0 || term->match_fields.count != 1)
        return NULL;
    rule = &term->match_fields.items[0];
    if (!str_is(rule->key, "metadata.name") || !str_is(rule->operator_, "In") ||
        rule->values.count != 1)
        return NULL;
    return rule->values.items[0];
}

/* GetTargetNodeName; NULL if it was not made by this controller. */
static const char *
target_node(const ApiObject *pod)
{
    const PodSpec *spec = pod_spec(pod);
    const NodeSelector *required;

    if (!str_is_empty(spec->node_name))
        return spec->node_name;
    if (spec->affinity == NULL || spec->affinity->node_affinity == NULL ||
        spec->affinity->node_affinity->required == NULL)
        return NULL;
    required = spec->affinity->node_affinity->required;
    for (guint i = 0; i < required->terms.count; i++) {
        const char *name = pinned_name(&required->terms.items[i]);

        if (name != NULL)
            return name;
    }
    return NULL;
}

/* --- should it run here ----------------------------------------------------------------------------- */

static gboolean
tolerates(const PodSpec *spec, const Taint *taint)
{
    for (guint i = 0; i < spec->tolerations.count; i++)
        if (toleration_matches(&spec->tolerations.items[i], taint->key, taint->value,
                               taint->effect))
            return TRUE;
    for (guint i = 0; i < G_N_ELEMENTS(tolerated); i++)
        if ((!tolerated[i].only_host_network || spec->host_network) &&
            str_is(taint->key, tolerated[i].key) && str_is(taint->effect, tolerated[i].effect))
            return TRUE;
    return FALSE;
}

/* v1.34 pkg/controller/daemon/daemon_controller.go, NodeShouldRunDaemonPod. */
gboolean
daemon_node_should_run(const ApiObject *set, const ApiObject *node, gboolean *out_should_continue)
{
    const PodSpec *spec = &daemon_set_spec(set)->template_.spec;
    const TaintList *taints = &node_spec(node)->taints;
    gboolean should_run = TRUE;

    *out_should_continue = FALSE;
    if (!str_is_empty(spec->node_name) && !str_is(spec->node_name, api_name(node)))
        return FALSE;
    if (!node_matches_required(spec, node))
        return FALSE;
    *out_should_continue = TRUE;
    for (guint i = 0; i < taints->count; i++) {
        const Taint *taint = &taints->items[i];
        gboolean evicts = str_is(taint->effect, "NoExecute");

        if ((!evicts && !str_is(taint->effect, "NoSchedule")) || tolerates(spec, taint))
            continue;
        should_run = FALSE;
        if (evicts)
            *out_should_continue = FALSE;
    }
    return should_run;
}

gboolean
daemon_allows_surge(const ApiObject *set)
{
    const DaemonSetUpdateStrategy *strategy = &daemon_set_spec(set)->update_strategy;

    return str_is(strategy->type, "RollingUpdate") && strategy->rolling_update != NULL &&
           int_or_string_scale(&strategy->rolling_update->max_surge, 100, TRUE) != 0;
}

/* --- which pods are where ------------------------------------------------------------------------------ */

static void
daemon_node_free(gpointer data)
{
    DaemonNode *node = data;

    g_ptr_array_unref(node->pods);
    g_free(node);
}

static DaemonNode *
daemon_node_add(DaemonView *view, const char *name, const ApiObject *object)
{
    DaemonNode *node = g_new(DaemonNode, 1);

    *node = (DaemonNode){name, object, g_ptr_array_new()};
    g_ptr_array_add(view->nodes, node);
    return node;
}

static gint
compare_nodes(gconstpointer a, gconstpointer b)
{
    return strcmp((*(DaemonNode *const *)a)->name, (*(DaemonNode *const *)b)->name);
}

/* Its own, and the orphans that it adopts, which the cache may not show as its own yet. */
static gboolean
is_claimed(const ApiObject *set, const ApiObject *pod)
{
    return label_selector_matches(daemon_set_spec(set)->selector, &pod->meta->labels) &&
           (api_controller_of(pod) != NULL || !(api_is_deleting(pod) || api_is_deleting(set)));
}

/* v1.34 daemon_controller.go, getNodesToDaemonPods, without terminal pods that are being deleted. */
DaemonView *
daemon_view_new(const Reconcile *r, const ApiObject *set, const char *hash)
{
    DaemonView *view = g_new0(DaemonView, 1);
    g_autoptr(GPtrArray) objects = g_ptr_array_new();
    g_autoptr(GHashTable) by_name = g_hash_table_new(NULL, NULL);
    guint n_nodes;

    view->set = set;
    view->hash = hash;
    view->nodes = g_ptr_array_new_with_free_func(daemon_node_free);
    view_list(r->view, &node_kind, NULL, objects);
    n_nodes = objects->len;
    for (guint i = 0; i < n_nodes; i++)
        g_hash_table_insert(by_name, (gpointer)api_name(objects->pdata[i]),
                            daemon_node_add(view, api_name(objects->pdata[i]), objects->pdata[i]));
    view_list_owned(r->view, &pod_kind, api_uid(set), objects);
    view_list_orphans(r->view, &pod_kind, api_namespace(set), objects);
    for (guint i = n_nodes; i < objects->len; i++) {
        const ApiObject *pod = objects->pdata[i];
        const char *name = target_node(pod);
        DaemonNode *node;

        if (name == NULL || (pod_is_terminal(pod) && api_is_deleting(pod)) || !is_claimed(set, pod))
            continue;
        node = g_hash_table_lookup(by_name, name);
        if (node == NULL) {
            node = daemon_node_add(view, name, NULL);
            g_hash_table_insert(by_name, (gpointer)name, node);
        }
        g_ptr_array_add(node->pods, (gpointer)pod);
    }
    g_ptr_array_sort(view->nodes, compare_nodes);
    return view;
}

void
daemon_view_free(DaemonView *view)
{
    g_ptr_array_unref(view->nodes);
    g_free(view);
}

static gint
compare_oldest(gconstpointer a, gconstpointer b)
{
    const ApiObject *pod_a = *(ApiObject *const *)a;
    const ApiObject *pod_b = *(ApiObject *const *)b;
    gboolean has_node_a = !str_is_empty(pod_spec(pod_a)->node_name);
    gboolean has_node_b = !str_is_empty(pod_spec(pod_b)->node_name);

    if (has_node_a != has_node_b)
        return has_node_a ? -1 : 1;
    return compare_creation(pod_a, pod_b);
}

void
daemon_sort_oldest(GPtrArray *pods)
{
    g_ptr_array_sort(pods, compare_oldest);
}

gboolean
daemon_pod_is_updated(const ApiObject *pod, const char *hash)
{
    return hash != NULL && str_is(str_map_get(&pod->meta->labels, DAEMON_HASH_LABEL), hash);
}

gboolean
daemon_pod_is_current(const ApiObject *set, const ApiObject *pod, const char *hash)
{
    const char *generation = str_map_get(&set->meta->annotations, DAEMON_TEMPLATE_GENERATION);

    return daemon_pod_is_updated(pod, hash) ||
           (generation != NULL && str_is(str_map_get(&pod->meta->labels, GENERATION_LABEL), generation));
}

/* --- new pods, and pods that go ---------------------------------------------------------------------------- */

static ApiObject *
make_pod(PodMaker *maker, const ApiObject *set, const char *hash, const char *node_name)
{
    const char *generation = str_map_get(&set->meta->annotations, DAEMON_TEMPLATE_GENERATION);
    ApiObject *pod = pod_maker_make(maker);
    ObjectMeta *meta = api_edit_meta(pod);
    PodSpec *spec = api_edit_spec(pod);

    if (generation != NULL)
        str_map_set(&meta->labels, GENERATION_LABEL, generation);
    str_map_set(&meta->labels, DAEMON_HASH_LABEL, hash);
    add_tolerations(spec);
    pin_to_node(spec, node_name);
    return pod;
}

static void
plan_creations(const ApiObject *set,
               const char *hash,
               const GPtrArray *node_names,
               guint count,
               Plan *plan)
{
    PodMaker maker;

    pod_maker_init(&maker, &daemon_set_spec(set)->template_, set);
    plan_group_begin(plan, GROUP_SLOW_START);
    for (guint i = 0; i < count; i++) {
        const char *node_name = node_names->pdata[i];
        PlanStep *step = plan_create(plan, make_pod(&maker, set, hash, node_name),
                                     "because node %s needs one", node_name);

        step->event_about = api_object_ref(set);
        step->on_success = (StepEvent){"Normal", "SuccessfulCreate", "Created pod: %s"};
        step->on_failure = (StepEvent){"Warning", "FailedCreate", "Error creating: %s"};
        step->ignore_terminating = TRUE;
        step->keeps_expectation = TRUE;
        step->continue_on_error = TRUE;
    }
    plan_group_end(plan);
    pod_maker_clear(&maker);
}

/* v1.34 daemon_controller.go, syncNodes. */
void
daemon_plan_pods(const ApiObject *set,
                 const char *hash,
                 const GPtrArray *node_names,
                 const GPtrArray *victims,
                 Plan *plan)
{
    guint n_creations = node_names == NULL ? 0 : MIN(node_names->len, BURST_REPLICAS);
    guint n_deletions = MIN(victims->len, BURST_REPLICAS);

    if (n_creations == 0 && n_deletions == 0)
        return;
    plan_expect_creations(plan, n_creations);
    for (guint i = 0; i < n_deletions; i++)
        plan_expect_deletion(plan, api_key(victims->pdata[i]));
    if (n_creations > 0)
        plan_creations(set, hash, node_names, n_creations, plan);
    plan_group_begin(plan, GROUP_PARALLEL);
    for (guint i = 0; i < n_deletions; i++) {
        PlanStep *step = plan_delete(plan, victims->pdata[i], "because %s has no use for it",
                                     api_name(set));

        step->event_about = api_object_ref(set);
        step->on_success = (StepEvent){"Normal", "SuccessfulDelete", "Deleted pod: %s"};
        step->on_failure = (StepEvent){"Warning", "FailedDelete", "Error deleting: %s"};
        step->ignore_codes[0] = 404;
        step->keeps_expectation = TRUE;
        step->expected_pod_key = api_key(victims->pdata[i]);
        step->continue_on_error = TRUE;
    }
    plan_group_end(plan);
}
