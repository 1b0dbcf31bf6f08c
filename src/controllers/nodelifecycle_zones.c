#include "controllers/nodelifecycle.h"

#define LABEL_REGION     "topology.kubernetes.io/region"
#define LABEL_ZONE       "topology.kubernetes.io/zone"
#define LABEL_OLD_REGION "failure-domain.beta.kubernetes.io/region"
#define LABEL_OLD_ZONE   "failure-domain.beta.kubernetes.io/zone"

/*
 * The queues are looked at every 100 ms, and a look takes its time: recorded are
 * 10.06 s between the taints of two nodes whose tokens are 10 s apart.
 */
#define PASS_NS (100600 * NS_PER_US)

/* component-helpers/node/topology, GetZoneKey: the old label, if there is one, else the new one. */
static const char *
label_of(const ApiObject *node, const char *old, const char *present)
{
    const char *value = str_map_get(&node->meta->labels, old);

    if (value == NULL)
        value = str_map_get(&node->meta->labels, present);
    return value == NULL ? str_intern("") : value;
}

/* Labels are interned, so a node's zone is known by two pointers; the key is put together once. */
Zone *
zone_of(LifecycleState *state, const ApiObject *node, const ControllersConfig *config)
{
    const char *region = label_of(node, str_intern(LABEL_OLD_REGION), str_intern(LABEL_REGION));
    const char *name = label_of(node, str_intern(LABEL_OLD_ZONE), str_intern(LABEL_ZONE));
    Zone *zone;

    for (guint i = 0; i < state->zones->len; i++) {
        zone = state->zones->pdata[i];
        if (zone->region == region && zone->name == name)
            return zone;
    }
    zone = g_new0(Zone, 1);
    zone->region = region;
    zone->name = name;
    zone->key = str_internf("%s:%s", region, name);
    zone->rate_milli = config->eviction_rate_milli;
    zone->token_ns = G_MININT64;
    zone->queue = g_ptr_array_new();
    g_ptr_array_add(state->zones, zone);
    return zone;
}

/* addPodEvictorForNewZone: also of a zone all of whose nodes were left out of the last pass's count. */
void
zone_revive(Zone *zone, const ControllersConfig *config)
{
    if (zone->has_state)
        return;
    zone->has_state = TRUE;
    zone->state = ZONE_INITIAL;
    zone->rate_milli = config->eviction_rate_milli;
    zone->token_ns = G_MININT64;
    g_ptr_array_set_size(zone->queue, 0);
}

static Zone *
zone_find(const LifecycleState *state, const char *key)
{
    for (guint i = 0; i < state->zones->len; i++) {
        Zone *zone = state->zones->pdata[i];

        if (zone->key == key)
            return zone;
    }
    return NULL;
}

/* v1.34 node_lifecycle_controller.go, ComputeZoneState. */
ZoneState
zone_compute_state(guint ready, guint not_ready, const ControllersConfig *config)
{
    if (ready == 0 && not_ready > 0)
        return ZONE_FULL;
    if (not_ready > 2 && not_ready * 100 >= config->unhealthy_zone_percent * (ready + not_ready))
        return ZONE_PARTIAL;
    return ZONE_NORMAL;
}

/* --- the queue ------------------------------------------------------------------------------------------ */

static gboolean
has_token(const Zone *zone, gint64 now_ns)
{
    return zone->rate_milli > 0 && zone->token_ns <= now_ns;
}

static gint64
token_period_ns(guint rate_milli)
{
    return 1000 * NS_PER_S / rate_milli;
}

/* v1.34 scheduler/rate_limited_queue.go, SwapLimiter. */
void
zone_set_rate(Zone *zone, guint rate_milli, gint64 now_ns)
{
    gboolean was_full = has_token(zone, now_ns);

    if (zone->rate_milli == rate_milli)
        return;
    zone->rate_milli = rate_milli;
    if (rate_milli > 0)
        zone->token_ns = was_full ? now_ns : now_ns + token_period_ns(rate_milli);
}

void
zone_queue_add(Zone *zone, const char *node_name)
{
    for (guint i = 0; i < zone->queue->len; i++)
        if (zone->queue->pdata[i] == node_name)
            return;
    g_ptr_array_add(zone->queue, (gpointer)node_name);
}

void
zone_queue_remove(Zone *zone, const char *node_name)
{
    g_ptr_array_remove(zone->queue, (gpointer)node_name);
}

void
zone_plan_pass(const Zone *zone, gint64 now_ns, Plan *plan)
{
    gint64 at_ns = MAX(zone->token_ns, now_ns + 1);

    if (zone->queue->len == 0 || zone->rate_milli == 0)
        return;
    /* Rounded up to the next look; times before 0 s are rounded the same way. */
    at_ns = (at_ns + PASS_NS - 1 - (at_ns < 0 ? PASS_NS - 1 : 0)) / PASS_NS * PASS_NS;
    plan_enqueue_after(plan, str_internf("@%s", zone->key), at_ns - now_ns);
}

/* v1.34 node_lifecycle_controller.go, doNoExecuteTaintingPass, for one node. */
static void
plan_no_execute(const Reconcile *r, Plan *plan, const char *node_name)
{
    const ApiObject *node = view_get(r->view, &node_kind, NULL, node_name);
    const Condition *ready =
        node == NULL ? NULL : condition_find(&node_status(node)->conditions, "Ready");
    const TaintName not_ready = {TAINT_NOT_READY, "NoExecute"};
    const TaintName unreachable = {TAINT_UNREACHABLE, "NoExecute"};

    if (ready == NULL || str_is(ready->status, "True"))
        return;
    if (str_is(ready->status, "False"))
        plan_swap_taints(plan, node, &not_ready, 1, &unreachable, 1, r->wall_ns);
    else
        plan_swap_taints(plan, node, &unreachable, 1, &not_ready, 1, r->wall_ns);
}

void
zone_reconcile(const Reconcile *r, Plan *plan)
{
    Zone *zone = zone_find(r->state, str_intern(r->key + 1));
    const char *node_name;

    if (zone == NULL || zone->queue->len == 0)
        return;
    if (has_token(zone, r->now_ns)) {
        node_name = zone->queue->pdata[0];
        zone->token_ns = r->now_ns + token_period_ns(zone->rate_milli);
        g_ptr_array_remove_index(zone->queue, 0);
        plan_no_execute(r, plan, node_name);
    }
    zone_plan_pass(zone, r->now_ns, plan);
}

/* --- disruption ------------------------------------------------------------------------------------------ */

static guint
rate_in(ZoneState state, guint zone_size, const ControllersConfig *config)
{
    if (state != ZONE_PARTIAL)
        return config->eviction_rate_milli;
    return zone_size > config->large_cluster_size ? config->secondary_rate_milli : 0;
}

static void
enter_state(Zone *zone, ZoneState state, const Reconcile *r, Plan *plan)
{
    const ControllersConfig *config = controllers_config_of(r->config);

    zone->state = state;
    zone_set_rate(zone, rate_in(state, zone->ready + zone->not_ready, config), r->now_ns);
    zone_plan_pass(zone, r->now_ns, plan);
}

static void
enter_master_disruption(const Reconcile *r, Plan *plan, const GPtrArray *nodes)
{
    LifecycleState *state = r->state;

    for (guint i = 0; i < nodes->len; i++)
        plan_mark_reachable(r, plan, nodes->pdata[i]);
    for (guint i = 0; i < state->zones->len; i++) {
        Zone *zone = state->zones->pdata[i];

        zone_set_rate(zone, 0, r->now_ns);
        if (zone->ready + zone->not_ready > 0)
            zone->state = ZONE_FULL;
    }
}

static void
exit_master_disruption(const Reconcile *r, Plan *plan, const GPtrArray *nodes)
{
    LifecycleState *state = r->state;

    for (guint i = 0; i < nodes->len; i++) {
        NodeHealth *health = g_hash_table_lookup(state->nodes, api_name(nodes->pdata[i]));

        if (health != NULL)
            health->probe_ns = r->now_ns;
    }
    for (guint i = 0; i < state->zones->len; i++) {
        Zone *zone = state->zones->pdata[i];

        if (zone->ready + zone->not_ready > 0)
            enter_state(zone,
                        zone_compute_state(zone->ready, zone->not_ready,
                                           controllers_config_of(r->config)),
                        r, plan);
    }
}

/* v1.34 node_lifecycle_controller.go, handleDisruption. A zone without nodes that count has no state. */
void
lifecycle_handle_disruption(const Reconcile *r, Plan *plan, const GPtrArray *nodes)
{
    LifecycleState *state = r->state;
    const ControllersConfig *config = controllers_config_of(r->config);
    gboolean are_all_full = TRUE;
    gboolean were_all_full = TRUE;

    for (guint i = 0; i < state->zones->len; i++) {
        Zone *zone = state->zones->pdata[i];

        if (zone->ready + zone->not_ready == 0) {
            zone->has_state = FALSE;
            zone->state = ZONE_INITIAL;
            continue;
        }
        are_all_full &= zone_compute_state(zone->ready, zone->not_ready, config) == ZONE_FULL;
        were_all_full &= zone->state == ZONE_FULL;
    }
    if (are_all_full && were_all_full)
        return;
    if (are_all_full) {
        enter_master_disruption(r, plan, nodes);
    } else if (were_all_full) {
        exit_master_disruption(r, plan, nodes);
    } else {
        for (guint i = 0; i < state->zones->len; i++) {
            Zone *zone = state->zones->pdata[i];
            ZoneState now = zone_compute_state(zone->ready, zone->not_ready, config);

            if (zone->ready + zone->not_ready > 0 && now != zone->state)
                enter_state(zone, now, r, plan);
        }
    }
}
