/*
 * node_status.c - registering the Node and keeping its status
 *
 * v1.34 pkg/kubelet/kubelet_node_status.go and nodestatus/setters.go: register,
 * look every 100 ms until Ready can be posted, then compute every 10 s and post
 * what changed, or after 5 min. What cannot have changed is not computed.
 */

#include "node/internal.h"
#include "api/profile.h"
#include "base/caches.h"

#define UPDATE_NS       PROFILE_NS(NODE_STATUS_UPDATE)
#define REPORT_NS       PROFILE_NS(NODE_STATUS_REPORT)
#define FAST_NS         (100 * NS_PER_MS)
#define RUNTIME_UP_NS   (30 * NS_PER_MS) /* until the first look at the runtime has ended */
#define REGISTER_MIN_NS (100 * NS_PER_MS)
#define REGISTER_MAX_NS (7 * NS_PER_S)

/* --- what is wrong ------------------------------------------------------------------- */

const char *
node_pod_cidr(Kubelet *k)
{
    const ApiObject *node;

    if (k->options.pod_cidr != NULL)
        return k->options.pod_cidr;
    node = kubelet_node(k);
    return node != NULL && !str_is_empty(node_spec(node)->pod_cidr) ? node_spec(node)->pod_cidr
                                                                    : NULL;
}

gboolean
node_network_is_ready(Kubelet *k)
{
    return node_pod_cidr(k) != NULL;
}

/* NULL: ready; else the joined errors, as the Ready condition says them. */
static const char *
node_not_ready(Kubelet *k)
{
    const char *interned = NULL;
    guint count = 0;
    GString *errors;

    if (k->ideal != NULL)
        return NULL;
    errors = g_string_new(NULL);
    if (sim_now_ns(k->sim) < k->node.up_ns) {
        g_string_append(errors, "container runtime status check may not have completed yet");
        count++;
    } else if (!node_network_is_ready(k)) {
        g_string_append(errors,
                        "container runtime network not ready: NetworkReady=false "
                        "reason:NetworkPluginNotReady message:Network plugin returns error: cni "
                        "plugin not initialized");
        count++;
    }
    if (k->pleg.cache_ns == G_MININT64) {
        g_string_append_printf(errors, "%sPLEG is not healthy: pleg has yet to be successful",
                               count > 0 ? ", " : "");
        count++;
    }
    if (k->shutdown.is_now) {
        g_string_append_printf(errors, "%snode is shutting down", count > 0 ? ", " : "");
        count++;
    }
    if (count > 1)
        interned = str_internf("[%s]", errors->str);
    else if (count == 1)
        interned = str_intern(errors->str);
    g_string_free(errors, TRUE);
    return interned;
}

/* --- events -------------------------------------------------------------------------- */

void
node_event(Kubelet *k, const char *type, const char *reason, const char *message)
{
    ObjectReference about = {.kind = str_intern("Node"), .name = k->node_name, .uid = k->node_name};

    if (k->ideal != NULL)
        return;
    sim_trace(k->sim, k->component, "event", str_internf("node/%s", k->node_name), reason, "%s",
              message);
    recorder_event_ref(k->recorder, &about, type, reason, NULL, NULL, str_intern(message));
}

static void
node_status_event(Kubelet *k, const char *what)
{
    if (k->ideal == NULL)
        node_event(k, "Normal", what, str_internf("Node %s status is now: %s", k->node_name, what));
}

static void
node_tell_pressure(Kubelet *k, const NodeStatus *old, const NodeStatus *status)
{
    static const struct {
        const char *type, *is, *is_not;
    } words[] = {
        {"MemoryPressure", "NodeHasInsufficientMemory", "NodeHasSufficientMemory"},
        {"DiskPressure", "NodeHasDiskPressure", "NodeHasNoDiskPressure"},
    };

    for (guint i = 0; i < G_N_ELEMENTS(words); i++) {
        const Condition *before = old != NULL ? condition_find(&old->conditions, words[i].type) : NULL;
        const Condition *now = condition_find(&status->conditions, words[i].type);

        if (before != NULL && before->status != now->status)
            node_status_event(k, str_is(now->status, "True") ? words[i].is : words[i].is_not);
    }
}

static void
node_tell_ready(Kubelet *k, const NodeStatus *old, const NodeStatus *status)
{
    const Condition *before = old != NULL ? condition_find(&old->conditions, "Ready") : NULL;
    const Condition *ready = condition_find(&status->conditions, "Ready");
    gboolean is_ready = str_is(ready->status, "True");

    node_tell_pressure(k, old, status);
    if (before != NULL && before->status == ready->status)
        return;
    if (is_ready || before != NULL)
        node_status_event(k, is_ready ? "NodeReady" : "NodeNotReady");
}

/* recordNodeSchedulableEvent: each time the status is computed; a kubelet begins with a node that takes pods. */
static void
node_tell_schedulable(Kubelet *k)
{
    const ApiObject *node = kubelet_node(k);
    gboolean is_unschedulable = node != NULL && node_spec(node)->unschedulable;

    if (node == NULL || is_unschedulable == k->node.was_unschedulable)
        return;
    k->node.was_unschedulable = is_unschedulable;
    node_status_event(k, is_unschedulable ? "NodeNotSchedulable" : "NodeSchedulable");
}

/* v1.34 pkg/kubelet/oom/oom_watcher_linux.go: kills for a container's own limit are not told. */
static void
node_on_oom(gpointer self, const char *process, guint pid)
{
    node_event(self, "Warning", "SystemOOM",
               str_internf("System OOM encountered, victim process: %s, pid: %u", process, pid));
}

static void
node_tell_start(Kubelet *k)
{
    const ApiObject *node = kubelet_node(k);
    const char *boot_id = machine_boot_id(k->options.machine);

    node_event(k, "Normal", "Starting", "Starting kubelet.");
    node_status_event(k, "NodeHasSufficientMemory");
    node_status_event(k, "NodeHasNoDiskPressure");
    node_status_event(k, "NodeHasSufficientPID");
    node_event(k, "Normal", "NodeAllocatableEnforced",
               "Updated Node Allocatable limit across pods");
    if (node != NULL && !str_is_empty(node_status(node)->node_info.boot_id) &&
        !str_is(node_status(node)->node_info.boot_id, boot_id))
        node_event(k, "Warning", "Rebooted",
                   str_internf("Node %s has been rebooted, boot id: %s", k->node_name, boot_id));
}

/* --- posting ------------------------------------------------------------------------- */

static void node_look(Kubelet *k);

static gint64
node_next_grid_ns(const Kubelet *k)
{
    gint64 now_ns = sim_now_ns(k->sim);
    gint64 turns = (now_ns - k->node.phase_ns) / UPDATE_NS + 1;

    return k->node.phase_ns + turns * UPDATE_NS;
}

static void
node_arm(Kubelet *k)
{
    NodeReporter *node = &k->node;
    gint64 due_ns;

    if (node->is_writing || !node->is_registered)
        return;
    if (!node->has_posted_ready) {
        sim_timer_arm_after(&node->timer, FAST_NS);
        return;
    }
    due_ns = node_next_grid_ns(k);
    if (!node->is_dirty && node->next_report_ns > due_ns)
        due_ns = node->phase_ns +
                 (node->next_report_ns - node->phase_ns + UPDATE_NS - 1) / UPDATE_NS * UPDATE_NS;
    sim_timer_arm_at(&node->timer, due_ns);
}

void
node_status_touch(Kubelet *k)
{
    k->node.is_dirty = TRUE;
    if (k->node.timer.sim != NULL)
        node_arm(k);
}

void
node_status_forget(Kubelet *k)
{
    if (k->node.is_writing || k->node.posted == NULL)
        return;
    api_part_unref(k->node.posted);
    k->node.posted = NULL;
    node_status_touch(k);
}

static gboolean
node_status_mutate(ApiObject *object, gpointer data)
{
    const NodeStatus *own = data;
    NodeStatus *status = api_edit_status(object);
    ConditionList conditions = {0};
    NodeStatus kept = {0};

    /* The conditions of others (NetworkUnavailable) stay, and addresses that only the cloud knows. */
    for (guint i = 0; i < status->conditions.count; i++)
        *condition_edit(&conditions, status->conditions.items[i].type) =
            status->conditions.items[i];
    for (guint i = 0; i < own->conditions.count; i++) {
        const Condition *condition = &own->conditions.items[i];
        Condition *stored = condition_edit(&conditions, condition->type);
        ApiTime since = stored->last_transition_time;
        gboolean is_same = stored->status == condition->status && since != 0;

        *stored = *condition;
        stored->last_transition_time = is_same ? since : condition->last_heartbeat_time;
    }
    if (own->addresses.count == 0) {
        kept.addresses = status->addresses;
        status->addresses.items = NULL;
        status->addresses.count = 0;
    }
    api_struct_clear(node_kind.status, status);
    api_struct_copy(node_kind.status, status, own);
    g_free(status->conditions.items);
    status->conditions = conditions;
    if (own->addresses.count == 0)
        status->addresses = kept.addresses;
    return TRUE;
}

static void
node_on_posted(gpointer user, const ApiResponse *response)
{
    Kubelet *k = user;
    NodeReporter *node = &k->node;

    node->is_writing = FALSE;
    if (response->code == 200) {
        const Condition *ready = condition_find(&node->posted->conditions, "Ready");

        if (str_is(ready->status, "True"))
            node->has_posted_ready = TRUE;
    } else {
        node->is_dirty = TRUE;
        api_part_unref(node->posted);
        node->posted = NULL;
    }
    node_arm(k);
}

static void
node_post(Kubelet *k, NodeStatus *status, gboolean is_changed)
{
    NodeReporter *node = &k->node;
    ApiRequest *request = api_request_new(VERB_PATCH, &node_kind, NULL, k->node_name);
    ApiTime now = api_time_seconds(kubelet_wall_ns(k));

    for (guint i = 0; i < status->conditions.count; i++)
        status->conditions.items[i].last_heartbeat_time = now;
    node_tell_ready(k, node->posted, status);
    api_part_unref(node->posted);
    node->posted = status;
    node->is_dirty = FALSE;
    node->is_writing = TRUE;
    node->next_report_ns = sim_now_ns(k->sim) + REPORT_NS;
    if (is_changed)
        node->next_report_ns += rng_between_ns(k->rng, -REPORT_NS / 2, REPORT_NS / 2);
    request->subresource = str_intern("status");
    request->mutate = node_status_mutate;
    request->mutate_data = api_part_ref(status);
    request->mutate_data_free = api_part_unref;
    request->reason = str_intern(is_changed ? "node status changed" : "node status report is due");
    client_send(k->client, request, node_on_posted, k, NULL);
}

/* Whether @status, just computed, says what @posted said, whenever that was: it is compared with its times. */
static gboolean
node_status_same(const NodeStatus *posted, NodeStatus *status)
{
    ConditionList *conditions = &status->conditions;
    gboolean is_same;

    if (posted->conditions.count != conditions->count)
        return FALSE;
    for (guint i = 0; i < conditions->count; i++) {
        g_assert(conditions->items[i].last_heartbeat_time == 0);
        conditions->items[i].last_heartbeat_time = posted->conditions.items[i].last_heartbeat_time;
    }
    is_same = api_struct_equal(node_kind.status, posted, status);
    for (guint i = 0; i < conditions->count; i++)
        conditions->items[i].last_heartbeat_time = 0;
    return is_same;
}

static void
node_look(Kubelet *k)
{
    NodeReporter *node = &k->node;
    const char *not_ready = node_not_ready(k);
    NodeStatus *status;
    gboolean is_changed;

    if (!node->has_posted_ready && node->posted != NULL && not_ready != NULL) {
        node_arm(k);
        return;
    }
    status = node_status_compute(k, not_ready, k->eviction.has_pressure, k->eviction.has_disk_pressure);
    node_tell_schedulable(k);
    is_changed = node->posted == NULL || !node_status_same(node->posted, status);
    if (!is_changed && sim_now_ns(k->sim) < node->next_report_ns) {
        node->is_dirty = FALSE;
        api_part_unref(status);
        node_arm(k);
        return;
    }
    node_post(k, status, is_changed);
}

/*
 * A played node says of itself what it was made with, whatever stands in its Node: to look would find nothing, at the
 * next turn, unless the process is paused by then. What comes after has the Node's change for its cause all the same.
 */
void
node_status_node_changed(Kubelet *k)
{
    const NodeReporter *node = &k->node;

    if (k->ideal == NULL || node->is_writing || !node->has_posted_ready || node->posted == NULL ||
        !world_is_calm(k->options.world, node_next_grid_ns(k))) {
        node_status_touch(k);
        return;
    }
    if (caches_are_checked()) {
        NodeStatus *status = node_status_compute(k, NULL, k->eviction.has_pressure, k->eviction.has_disk_pressure);

        g_assert(node_status_same(node->posted, status));
        api_part_unref(status);
    }
    node_arm(k);
}

/* --- registering --------------------------------------------------------------------- */

static void
node_on_registered(gpointer user, const ApiResponse *response)
{
    Kubelet *k = user;
    NodeReporter *node = &k->node;

    node->is_writing = FALSE;
    if (response->code != 201 && response->code != 409) {
        sim_timer_arm_after(&node->timer, MIN(node->register_ns, REGISTER_MAX_NS));
        node->register_ns = MIN(2 * node->register_ns, REGISTER_MAX_NS);
        return;
    }
    sim_trace(k->sim, k->component, "register", str_internf("node/%s", k->node_name), NULL,
              response->code == 201 ? "the node is registered" : "the node was registered before");
    node->is_registered = TRUE;
    node_tell_start(k);
    node_look(k);
}

static void
node_register(Kubelet *k)
{
    ApiRequest *request = api_request_new(VERB_CREATE, &node_kind, NULL, k->node_name);

    request->object = node_object(&k->options);
    k->node.is_writing = TRUE;
    client_send(k->client, request, node_on_registered, k, NULL);
}

static void
node_on_timer(Sim *sim, gpointer self)
{
    Kubelet *k = self;

    (void)sim;
    if (k->node.is_writing || kubelet_holds(k, &k->node.timer))
        return;
    if (k->node.is_registered)
        node_look(k);
    else
        node_register(k);
}

void
node_status_sync(Kubelet *k)
{
    node_status_touch(k);
    if (k->node.is_registered && !k->node.is_writing)
        node_look(k);
}

/* A new life, of the same machine. */
static void
node_status_blank(Kubelet *k)
{
    k->node = (NodeReporter){.machine_id = k->node.machine_id, .system_uuid = k->node.system_uuid};
}

void
node_status_start(Kubelet *k)
{
    NodeReporter *node = &k->node;

    node_status_blank(k);
    node->is_dirty = TRUE;
    node->register_ns = REGISTER_MIN_NS;
    node->phase_ns = sim_now_ns(k->sim);
    node->up_ns = sim_now_ns(k->sim) + RUNTIME_UP_NS;
    sim_timer_init(&node->timer, k->sim, SIM_CONTROL, node_on_timer, k);
    sim_timer_arm_after(&node->timer, rng_between_ns(k->rng, 0, 20 * NS_PER_MS));
    if (k->options.runtime != NULL)
        runtime_set_oom_listener(k->options.runtime, node_on_oom, k);
}

void
node_status_stop(Kubelet *k)
{
    if (k->node.timer.sim != NULL)
        sim_timer_clear(&k->node.timer);
    if (k->options.runtime != NULL)
        runtime_set_oom_listener(k->options.runtime, NULL, NULL);
    api_part_unref(k->node.posted);
    node_status_blank(k);
}
