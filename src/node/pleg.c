/*
 * pleg.c - the pod life cycle event generator: relists of the runtime
 *
 * v1.34 pkg/kubelet/pleg/generic.go: a relist begins one second after the end
 * of the last. While nothing changes and nobody waits, relists have no effect,
 * so none is simulated: their instants are the grid grid_ns + k * period, and the
 * runtime's listener or a waiting worker asks for the next one.
 */

#include "node/internal.h"

#define PERIOD_NS  (NS_PER_S + LIST_NS)
#define LIST_NS    (4 * NS_PER_MS) /* a relist that finds nothing new */
#define INSPECT_NS (3 * NS_PER_MS) /* each pod that changed */

static void pleg_arm(Kubelet *k);

static void
pleg_mark(Pleg *pleg, const char *uid)
{
    if (!g_ptr_array_find(pleg->dirty, uid, NULL))
        g_ptr_array_add(pleg->dirty, (gpointer)uid);
}

static void
pleg_on_change(gpointer self, Sandbox *sandbox)
{
    Kubelet *k = self;

    if (k->handle.generation == 0)
        return;
    if (sandbox == NULL)
        k->pleg.is_all_dirty = TRUE;
    else
        pleg_mark(&k->pleg, sandbox_pod_uid(sandbox));
    pleg_arm(k);
}

static gboolean
pleg_has_reason(const Pleg *pleg)
{
    return pleg->is_all_dirty || pleg->dirty->len > 0 || pleg->waiting->len > 0 ||
           pleg->cache_ns == G_MININT64;
}

/* Makes up for the relists that nobody needed; one may be under way just now. */
static void
pleg_catch_up(Kubelet *k)
{
    Pleg *pleg = &k->pleg;
    gint64 now_ns = sim_now_ns(k->sim);
    gint64 ended;

    if (pleg->is_listing || pleg->timer.is_armed || pleg->cache_ns == G_MININT64 ||
        now_ns < pleg->grid_ns)
        return;
    ended = (now_ns - pleg->grid_ns + PERIOD_NS - LIST_NS) / PERIOD_NS;
    if (ended > 0)
        pleg->cache_ns = pleg->grid_ns + (ended - 1) * PERIOD_NS;
    pleg->grid_ns += ended * PERIOD_NS;
    if (pleg->grid_ns > now_ns)
        return;
    pleg->is_listing = TRUE;
    pleg->begun_ns = pleg->grid_ns;
    sim_timer_arm_at(&pleg->timer, pleg->begun_ns + LIST_NS);
}

static void
pleg_arm(Kubelet *k)
{
    Pleg *pleg = &k->pleg;

    pleg_catch_up(k);
    if (!pleg->is_listing && !pleg->timer.is_armed && pleg_has_reason(pleg))
        sim_timer_arm_at(&pleg->timer, pleg->grid_ns);
}

/* --- one relist ---------------------------------------------------------------------- */

SeenPod *
pleg_look(Kubelet *k, const char *uid)
{
    g_autoptr(GPtrArray) sandboxes = runtime_list_sandboxes(k->options.runtime);
    g_autoptr(GPtrArray) containers = runtime_list_containers(k->options.runtime);
    SeenPod *before = g_hash_table_lookup(k->pleg.cache, uid);
    SeenPod *seen = seen_pod_new();

    if (before != NULL)
        seen->ip = before->ip;
    for (guint i = 0; i < sandboxes->len; i++)
        if (sandbox_pod_uid(sandboxes->pdata[i]) == uid)
            seen_pod_add_sandbox(seen, sandboxes->pdata[i]);
    for (guint i = 0; i < containers->len; i++) {
        const Sandbox *sandbox = rt_container_sandbox(containers->pdata[i]);

        if (sandbox != NULL && sandbox_pod_uid(sandbox) == uid)
            seen_pod_add_container(seen, containers->pdata[i]);
    }
    return seen;
}

/* Everything is new: every pod that the runtime or the cache knows. */
static void
pleg_mark_all(Kubelet *k)
{
    g_autoptr(GPtrArray) sandboxes = runtime_list_sandboxes(k->options.runtime);
    g_autoptr(GPtrArray) workers = kubelet_workers(k);

    for (guint i = 0; i < sandboxes->len; i++)
        pleg_mark(&k->pleg, sandbox_pod_uid(sandboxes->pdata[i]));
    for (guint i = 0; i < workers->len; i++)
        pleg_mark(&k->pleg, ((Worker *)workers->pdata[i])->uid);
    k->pleg.is_all_dirty = FALSE;
}

static void
pleg_begin(Kubelet *k)
{
    static const Dist inspect = {.type = DIST_LOGNORMAL,
                                 .a_ns = 15 * NS_PER_MS,
                                 .b_ns = 50 * NS_PER_MS};
    Pleg *pleg = &k->pleg;
    gint64 takes_ns = LIST_NS;

    if (pleg->is_all_dirty)
        pleg_mark_all(k);
    pleg->begun_ns = sim_now_ns(k->sim);
    pleg->is_listing = TRUE;
    for (guint i = 0; i < pleg->dirty->len; i++) {
        const char *uid = pleg->dirty->pdata[i];

        g_ptr_array_add(pleg->listed_uids, (gpointer)uid);
        g_ptr_array_add(pleg->listed, pleg_look(k, uid));
    }
    if (pleg->dirty->len > 0)
        takes_ns += dist_sample_ns(&inspect, k->rng) + pleg->dirty->len * INSPECT_NS;
    g_ptr_array_set_size(pleg->dirty, 0);
    sim_timer_arm_after(&pleg->timer, takes_ns);
}

static const SeenContainer *
seen_before(const SeenPod *pod, const char *id)
{
    return pod != NULL ? seen_pod_find_id(pod, id) : NULL;
}

/*
 * v1.34 kubelet.go cleanUpContainersInPod: when an instance has died, older dead ones of
 * its name go.
 */
static void
pleg_remove_older(Kubelet *k, const SeenPod *now, const SeenContainer *died)
{
    guint dead = 0;

    for (guint i = 0; i < now->containers->len; i++) {
        const SeenContainer *seen = &g_array_index(now->containers, SeenContainer, i);
        RtContainer *rt;

        if (seen->name != died->name || seen->state != RT_EXITED || ++dead < 2)
            continue;
        rt = kubelet_find_container(k, seen->id);
        if (rt != NULL && rt_container_state(rt) == RT_EXITED) {
            image_gc_container_goes(k, rt);
            runtime_remove_container(rt);
        }
    }
}

/* TRUE: something started or died, the pod is to be synced. */
static gboolean
pleg_compare(Kubelet *k, const SeenPod *before, const SeenPod *now)
{
    gboolean has_event = FALSE;

    for (guint i = 0; i < now->sandboxes->len; i++) {
        const SeenSandbox *sandbox = &g_array_index(now->sandboxes, SeenSandbox, i);
        gboolean was_known = FALSE, was_ready = FALSE;

        for (guint j = 0; before != NULL && j < before->sandboxes->len; j++) {
            const SeenSandbox *old = &g_array_index(before->sandboxes, SeenSandbox, j);

            if (old->id == sandbox->id) {
                was_known = TRUE;
                was_ready = old->is_ready;
            }
        }
        if (!was_known || was_ready != sandbox->is_ready)
            has_event = TRUE;
    }
    for (guint i = 0; i < now->containers->len; i++) {
        const SeenContainer *seen = &g_array_index(now->containers, SeenContainer, i);
        const SeenContainer *old = seen_before(before, seen->id);
        RtState state = old != NULL ? old->state : RT_CREATED;

        if (seen->state == state)
            continue;
        has_event = TRUE;
        if (seen->state == RT_EXITED)
            pleg_remove_older(k, now, seen);
    }
    return has_event;
}

static void
pleg_publish(Kubelet *k)
{
    Pleg *pleg = &k->pleg;
    g_autoptr(GPtrArray) uids = g_steal_pointer(&pleg->listed_uids);
    g_autoptr(GPtrArray) pods = g_steal_pointer(&pleg->listed);
    g_autoptr(GPtrArray) waiting = g_steal_pointer(&pleg->waiting);
    g_autoptr(GPtrArray) changed = g_ptr_array_new();

    pleg->listed_uids = g_ptr_array_new();
    pleg->listed = g_ptr_array_new_with_free_func((GDestroyNotify)seen_pod_unref);
    pleg->waiting = g_ptr_array_new();
    pleg->is_listing = FALSE;
    pleg->cache_ns = pleg->begun_ns;
    pleg->grid_ns = sim_now_ns(k->sim) + NS_PER_S;

    for (guint i = 0; i < uids->len; i++) {
        SeenPod *now = pods->pdata[i];

        if (pleg_compare(k, g_hash_table_lookup(pleg->cache, uids->pdata[i]), now))
            g_ptr_array_add(changed, uids->pdata[i]);
        if (now->sandboxes->len == 0 && now->containers->len == 0)
            g_hash_table_remove(pleg->cache, uids->pdata[i]);
        else
            g_hash_table_insert(pleg->cache, uids->pdata[i], seen_pod_ref(now));
    }
    /* Who waits goes on before the events arrive: an event then leaves one more sync pending. */
    for (guint i = 0; i < waiting->len; i++) {
        Worker *w = waiting->pdata[i];

        if (w->sync_ended_ns < pleg->cache_ns)
            worker_go(w);
        else
            g_ptr_array_add(pleg->waiting, w);
    }
    if (changed->len > 0)
        eviction_touch(k);
    for (guint i = 0; i < changed->len; i++) {
        Worker *w = kubelet_find_worker(k, changed->pdata[i]);

        if (w != NULL)
            worker_request(w);
    }
    pleg_arm(k);
}

static void
pleg_on_timer(Sim *sim, gpointer self)
{
    Kubelet *k = self;

    (void)sim;
    if (kubelet_holds(k, &k->pleg.timer))
        return;
    if (k->pleg.is_listing)
        pleg_publish(k);
    else
        pleg_begin(k);
}

/* --- for the others ------------------------------------------------------------------ */

void
pleg_start(Kubelet *k)
{
    Pleg *pleg = &k->pleg;

    *pleg = (Pleg){.cache_ns = G_MININT64, .is_all_dirty = TRUE};
    pleg->cache = g_hash_table_new_full(NULL, NULL, NULL, (GDestroyNotify)seen_pod_unref);
    pleg->dirty = g_ptr_array_new();
    pleg->listed_uids = g_ptr_array_new();
    pleg->listed = g_ptr_array_new_with_free_func((GDestroyNotify)seen_pod_unref);
    pleg->waiting = g_ptr_array_new();
    sim_timer_init(&pleg->timer, k->sim, SIM_CONTROL, pleg_on_timer, k);
    pleg->grid_ns = sim_now_ns(k->sim) + rng_between_ns(k->rng, 1, 20 * NS_PER_MS);
    runtime_set_listener(k->options.runtime, pleg_on_change, k);
    pleg_arm(k);
}

void
pleg_stop(Kubelet *k)
{
    Pleg *pleg = &k->pleg;

    if (pleg->cache == NULL)
        return;
    runtime_set_listener(k->options.runtime, NULL, NULL);
    sim_timer_clear(&pleg->timer);
    g_clear_pointer(&pleg->cache, g_hash_table_unref);
    g_clear_pointer(&pleg->dirty, g_ptr_array_unref);
    g_clear_pointer(&pleg->listed_uids, g_ptr_array_unref);
    g_clear_pointer(&pleg->listed, g_ptr_array_unref);
    g_clear_pointer(&pleg->waiting, g_ptr_array_unref);
}

void
pleg_await(Worker *w)
{
    Pleg *pleg = &w->k->pleg;

    pleg_catch_up(w->k);
    if (pleg->cache_ns != G_MININT64 && w->sync_ended_ns < pleg->cache_ns) {
        worker_go(w);
        return;
    }
    g_ptr_array_add(pleg->waiting, w);
    pleg_arm(w->k);
}

void
pleg_forget(Worker *w)
{
    if (w->k->pleg.waiting != NULL)
        g_ptr_array_remove(w->k->pleg.waiting, w);
}

SeenPod *
pleg_get(Kubelet *k, const char *uid)
{
    SeenPod *seen = g_hash_table_lookup(k->pleg.cache, uid);

    return seen != NULL ? seen_pod_ref(seen) : seen_pod_new();
}

RtContainer *
kubelet_find_container(Kubelet *k, const char *id)
{
    g_autoptr(GPtrArray) list = runtime_list_containers(k->options.runtime);

    for (guint i = list->len; i > 0; i--)
        if (rt_container_id(list->pdata[i - 1]) == id)
            return list->pdata[i - 1];
    return NULL;
}

Sandbox *
kubelet_find_sandbox(Kubelet *k, const char *id)
{
    g_autoptr(GPtrArray) list = runtime_list_sandboxes(k->options.runtime);

    for (guint i = list->len; i > 0; i--)
        if (sandbox_id(list->pdata[i - 1]) == id)
            return list->pdata[i - 1];
    return NULL;
}
