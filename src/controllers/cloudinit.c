/*
 * cloudinit.c - what a cloud tells of a node: its machine, addresses, zone and kind
 *
 * v1.34 staging/src/k8s.io/cloud-provider/controllers/node/node_controller.go. A kubelet with
 * --cloud-provider=external registers its node with a taint that keeps pods away, and knows
 * neither addresses nor zone. This controller asks the cloud, writes labels and providerID and takes
 * the taint away in one update, then the addresses; every 5 min it looks at the addresses again.
 */
#include "base/duration.h"
#include "controllers/controllers.h"
#include "controllers/util.h"

#define CLOUD_TAINT        "node.cloudprovider.kubernetes.io/uninitialized"
#define STATUS_PERIOD_NS   (5 * NS_PER_MIN) /* --node-status-update-frequency */
#define CONFLICT_STEPS     20               /* UpdateNodeSpecBackoff */
#define CONFLICT_PAUSE_NS  (50 * NS_PER_MS)
#define CONFLICT_JITTER_NS (50 * NS_PER_MS)

/* labelReconcileInfo: the old label and the one that must say the same. */
static const struct {
    const char *primary, *secondary;
} label_pairs[] = {
    {"failure-domain.beta.kubernetes.io/zone", "topology.kubernetes.io/zone"},
    {"failure-domain.beta.kubernetes.io/region", "topology.kubernetes.io/region"},
    {"beta.kubernetes.io/instance-type", "node.kubernetes.io/instance-type"},
};

/* What the cloud said, while it is written down. */
typedef struct {
    const char *name;
    CloudInstance instance;
    guint tries;
} Initialization;

static gboolean
is_tainted(const ApiObject *node)
{
    const TaintList *taints = &node_spec(node)->taints;

    for (guint i = 0; i < taints->count; i++)
        if (str_is(taints->items[i].key, CLOUD_TAINT))
            return TRUE;
    return FALSE;
}

static gboolean
ask(const ControllersConfig *config, const ApiObject *node, CloudInstance *out_instance)
{
    const char *provider_id = node_spec(node)->provider_id;

    *out_instance = (CloudInstance){0};
    return config->cloud_instance(config->cloud_user, api_name(node), str_is_empty(provider_id) ? NULL : provider_id,
                                  out_instance);
}

/* --- addresses -------------------------------------------------------------------------------- */

static void
add_address(NodeStatus *status, const char *type, const char *address)
{
    NodeAddress *item;

    if (address == NULL)
        return;
    item = API_LIST_ADD(&status->addresses);
    item->type = str_intern(type);
    item->address = address;
}

static const char *
find_address(const NodeStatus *status, const char *type)
{
    for (guint i = 0; i < status->addresses.count; i++)
        if (str_is(status->addresses.items[i].type, type))
            return status->addresses.items[i].address;
    return NULL;
}

/* Adds those of the cloud; without a host name among them the one that the node has. */
static void
add_addresses(NodeStatus *status, const NodeStatus *known, const CloudInstance *instance)
{
    const char *hostname = instance->hostname != NULL ? instance->hostname : find_address(known, "Hostname");

    add_address(status, "InternalIP", instance->internal_ip);
    add_address(status, "ExternalIP", instance->external_ip);
    add_address(status, "Hostname", hostname);
}

/* nodeAddressesChangeDetected */
static gboolean
addresses_differ(const NodeStatus *a, const NodeStatus *b)
{
    if (a->addresses.count != b->addresses.count)
        return TRUE;
    for (guint i = 0; i < b->addresses.count; i++)
        if (find_address(a, b->addresses.items[i].type) != b->addresses.items[i].address)
            return TRUE;
    return FALSE;
}

static gboolean
is_news(const ApiObject *node, const CloudInstance *instance)
{
    NodeStatus wanted = {0};
    gboolean differ;

    add_addresses(&wanted, node_status(node), instance);
    differ = wanted.addresses.count > 0 && addresses_differ(node_status(node), &wanted);
    g_free(wanted.addresses.items);
    return differ;
}

static gboolean
set_addresses(ApiObject *node, gpointer data)
{
    NodeStatus wanted = {0};
    NodeStatus *status;

    if (!is_news(node, data))
        return FALSE;
    add_addresses(&wanted, node_status(node), data);
    status = api_edit_status(node);
    status->addresses.count = 0;
    for (guint i = 0; i < wanted.addresses.count; i++)
        add_address(status, wanted.addresses.items[i].type, wanted.addresses.items[i].address);
    g_free(wanted.addresses.items);
    return TRUE;
}

/* updateNodeAddress; a failure is only logged. */
static void
plan_addresses(const ApiObject *node, const CloudInstance *instance, Plan *plan)
{
    if (instance->internal_ip != NULL && is_news(node, instance))
        plan_patch(plan, node, "status", set_addresses, g_memdup2(instance, sizeof *instance), g_free,
                   "because the cloud says so")->ignores_errors = TRUE;
}

/* --- a node that has just come ---------------------------------------------------------------- */

static void
set_label(ObjectMeta *meta, const char *key, const char *value)
{
    if (value != NULL)
        str_map_set(&meta->labels, str_intern(key), value);
}

/* getNodeModifiersFromCloudProvider, and the taint */
static void
initialize(ApiObject *node, const CloudInstance *instance)
{
    ObjectMeta *meta = api_edit_meta(node);
    NodeSpec *spec = api_edit_spec(node);
    const char *values[] = {instance->zone, instance->region, instance->type};

    if (str_is_empty(spec->provider_id))
        spec->provider_id = instance->provider_id;
    for (guint i = 0; i < G_N_ELEMENTS(label_pairs); i++) {
        set_label(meta, label_pairs[i].primary, values[i]);
        set_label(meta, label_pairs[i].secondary, values[i]);
    }
    for (guint i = spec->taints.count; i-- > 0;)
        if (str_is(spec->taints.items[i].key, CLOUD_TAINT))
            api_list_remove((ApiList *)&spec->taints, sizeof(Taint), i);
}

static void update_node(const Reconcile *r, gpointer carry, const StepResult *results, guint n_results, Plan *plan);

/* The update is done, or met somebody else's. */
static void
after_update(const Reconcile *r, gpointer carry, const StepResult *results, guint n_results, Plan *plan)
{
    Initialization *init = carry;
    const StepResult *update = &results[n_results - 1];
    const ApiObject *node = view_get(r->view, &node_kind, NULL, init->name);

    if (update->code == 409 && ++init->tries < CONFLICT_STEPS) {
        plan_pause(plan, CONFLICT_PAUSE_NS + rng_between_ns(r->rng, 0, CONFLICT_JITTER_NS));
        plan_continue(plan, update_node, g_memdup2(init, sizeof *init), g_free);
        return;
    }
    if (update->code >= 400 || update->object == NULL) {
        plan_fail(plan, "failed to update node %s", init->name);
        return;
    }
    plan_addresses(update->object, &init->instance, plan);
    plan_event(plan, node != NULL ? node : update->object, "Normal", "Synced", "Node synced successfully");
}

/* Its turn may come after a pause: the node is read anew then. */
static void
update_node(const Reconcile *r, gpointer carry, const StepResult *results, guint n_results, Plan *plan)
{
    Initialization *init = carry;
    const ApiObject *node = view_get(r->view, &node_kind, NULL, init->name);
    ApiObject *copy;

    (void)results;
    (void)n_results;
    if (node == NULL)
        return;
    copy = api_object_copy(node);
    initialize(copy, &init->instance);
    plan_update(plan, copy, "because the cloud has its machine")->ignores_errors = TRUE;
    plan_continue(plan, after_update, g_memdup2(init, sizeof *init), g_free);
}

/* The cloud has answered. */
static void
after_ask(const Reconcile *r, gpointer carry, const StepResult *results, guint n_results, Plan *plan)
{
    const ControllersConfig *config = controllers_config_of(r->config);
    const char *name = carry;
    const ApiObject *node = view_get(r->view, &node_kind, NULL, name);
    Initialization init = {.name = name};

    if (node == NULL)
        return;
    if (!ask(config, node, &init.instance)) {
        plan_fail(plan, "failed to get instance metadata for node %s: instance not found", name);
        return;
    }
    update_node(r, &init, results, n_results, plan);
}

/* --- syncs ------------------------------------------------------------------------------------ */

static gboolean
repeat_labels(ApiObject *node, gpointer unused)
{
    gboolean is_changed = FALSE;

    (void)unused;
    for (guint i = 0; i < G_N_ELEMENTS(label_pairs); i++) {
        const char *value = str_map_get(&node->meta->labels, label_pairs[i].primary);

        if (value == NULL || str_is(str_map_get(&node->meta->labels, label_pairs[i].secondary), value))
            continue;
        str_map_set(&api_edit_meta(node)->labels, str_intern(label_pairs[i].secondary), value);
        is_changed = TRUE;
    }
    return is_changed;
}

static gboolean
labels_agree(const ApiObject *node)
{
    for (guint i = 0; i < G_N_ELEMENTS(label_pairs); i++) {
        const char *value = str_map_get(&node->meta->labels, label_pairs[i].primary);

        if (value != NULL && !str_is(str_map_get(&node->meta->labels, label_pairs[i].secondary), value))
            return FALSE;
    }
    return TRUE;
}

static void
plan_question(const Reconcile *r, const ControllersConfig *config, Plan *plan)
{
    gint64 latency_ns = dist_sample_ns(&config->cloud_latency, r->rng);

    if (latency_ns > 0)
        plan_pause(plan, latency_ns);
}

/* syncNode */
static void
reconcile(const Reconcile *r, Plan *plan)
{
    const ControllersConfig *config = controllers_config_of(r->config);
    const ApiObject *node = view_get(r->view, &node_kind, NULL, r->key);

    if (node == NULL || config->cloud_instance == NULL)
        return;
    if (is_tainted(node)) {
        plan_question(r, config, plan);
        plan_continue(plan, after_ask, (gpointer)api_name(node), NULL);
    } else if (!labels_agree(node)) {
        plan_patch(plan, node, NULL, repeat_labels, NULL, NULL, "because the older label says so");
    }
}

/* UpdateNodeStatus */
static void
tick(const Reconcile *r, Plan *plan)
{
    const ControllersConfig *config = controllers_config_of(r->config);
    g_autoptr(GPtrArray) nodes = g_ptr_array_new();
    CloudInstance instance;

    if (config->cloud_instance == NULL)
        return;
    view_list(r->view, &node_kind, NULL, nodes);
    for (guint i = 0; i < nodes->len; i++) {
        const ApiObject *node = nodes->pdata[i];

        if (is_tainted(node))
            continue;
        plan_question(r, config, plan);
        if (ask(config, node, &instance))
            plan_addresses(node, &instance, plan);
    }
}

static void
on_node(Controller *controller, const ApiObject *old, const ApiObject *node)
{
    (void)old;
    if (node != NULL)
        controller_enqueue(controller, api_name(node));
}

static const ControllerSource sources[] = {
    {&node_kind, on_node},
    {0},
};

const ControllerDef cloud_node_controller = {
    .name = "cloud-node",
    .component = "cloud-node-controller",
    .workers = 1, /* --concurrent-node-syncs */
    .sources = sources,
    .reconcile = reconcile,
    .period_ns = STATUS_PERIOD_NS,
    .tick = tick,
};
