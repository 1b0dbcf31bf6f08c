#include "controllers/cidrset.h"
#include "controllers/controllers.h"
#include "controllers/util.h"

/* v1.34 pkg/controller/nodeipam/ipam/range_allocator.go */

typedef struct {
    CidrSet *set; /* NULL: not made yet, or no CIDRs are handed out */
    gboolean is_ready;
} IpamState;

static gpointer
state_new(void)
{
    return g_new0(IpamState, 1);
}

static void
state_free(gpointer data)
{
    IpamState *state = data;

    cidr_set_free(state->set);
    g_free(state);
}

/* The CIDRs that nodes have already are taken before the first is handed out. */
static void
begin(const Reconcile *r, IpamState *state)
{
    const ControllersConfig *config = controllers_config_of(r->config);
    g_autoptr(GPtrArray) nodes = g_ptr_array_new();
    g_autofree char *message = NULL;

    state->is_ready = TRUE;
    if (config->cluster_cidr == NULL)
        return;
    state->set = cidr_set_new(config->cluster_cidr, config->node_mask, &message);
    if (state->set == NULL)
        return;
    view_list(r->view, &node_kind, NULL, nodes);
    for (guint i = 0; i < nodes->len; i++)
        if (!str_is_empty(node_spec(nodes->pdata[i])->pod_cidr))
            cidr_set_occupy(state->set, node_spec(nodes->pdata[i])->pod_cidr);
}

static gboolean
put_cidr(ApiObject *node, gpointer data)
{
    NodeSpec *spec;

    if (!str_is_empty(node_spec(node)->pod_cidr))
        return FALSE;
    spec = api_edit_spec(node);
    spec->pod_cidr = data;
    spec->pod_cidrs.count = 0;
    str_list_add(&spec->pod_cidrs, data);
    return TRUE;
}

typedef struct {
    ApiObject *node; /* (owned ref) */
    const char *cidr;
} Grant;

static void
grant_free(gpointer data)
{
    Grant *grant = data;

    api_object_unref(grant->node);
    g_free(grant);
}

/* pkg/controller/util/node, RecordNodeStatusChange */
static void
plan_status_event(Plan *plan, const ApiObject *node, const char *reason)
{
    g_autoptr(ApiObject) subject = event_subject(node, TRUE);

    plan_event(plan, subject, "Normal", reason, "Node %s status is now: %s", api_name(node), reason);
}

static void
after_patch(const Reconcile *r,
            gpointer carry,
            const StepResult *results,
            guint n_results,
            Plan *plan)
{
    const Grant *grant = carry;
    IpamState *state = r->state;
    const ApiObject *node = results[n_results - 1].object;

    if (node != NULL && str_is(node_spec(node)->pod_cidr, grant->cidr))
        return;
    cidr_set_release(state->set, grant->cidr);
    if (node == NULL)
        plan_status_event(plan, grant->node, "CIDRAssignmentFailed");
}

static void
reconcile(const Reconcile *r, Plan *plan)
{
    IpamState *state = r->state;
    const ApiObject *node = view_get(r->view, &node_kind, NULL, r->key);
    Grant *grant;
    const char *cidr;

    if (!state->is_ready)
        begin(r, state);
    if (node == NULL || state->set == NULL)
        return;
    if (!str_is_empty(node_spec(node)->pod_cidr)) {
        cidr_set_occupy(state->set, node_spec(node)->pod_cidr);
        return;
    }
    cidr = cidr_set_allocate(state->set);
    if (cidr == NULL) {
        plan_status_event(plan, node, "CIDRNotAvailable");
        plan_fail(plan, "failed to allocate cidr from cluster cidr: no remaining CIDRs");
        return;
    }
    grant = g_new(Grant, 1);
    *grant = (Grant){api_object_ref(node), cidr};
    plan_patch(plan, node, NULL, put_cidr, (gpointer)cidr, NULL, "because it has no pod CIDR")
        ->retries_on_conflict = 3;
    plan_continue(plan, after_patch, grant, grant_free);
}

static void
on_node(Controller *controller, const ApiObject *old, const ApiObject *object)
{
    IpamState *state = controller_state(controller);

    if (object == NULL) {
        if (state->set != NULL && !str_is_empty(node_spec(old)->pod_cidr))
            cidr_set_release(state->set, node_spec(old)->pod_cidr);
        return;
    }
    if (old == NULL || str_is_empty(node_spec(object)->pod_cidr))
        controller_enqueue_object(controller, object);
}

static const ControllerSource sources[] = {
    {&node_kind, on_node},
    {0},
};

/* One worker: CIDRs are handed out in the order in which the nodes appear. */
const ControllerDef node_ipam_controller = {
    .name = "node-ipam",
    .component = "cidrAllocator",
    .workers = 1,
    .sources = sources,
    .reconcile = reconcile,
    .new_state = state_new,
    .free_state = state_free,
};
