/*
 * shutdown.c - the machine is to go down: pods first, by priority
 *
 * Models: v1.34 pkg/kubelet/nodeshutdown (nodeshutdown_manager.go, _linux.go):
 * systemd-logind asks, and waits as long as the groups' times together; the node is not
 * ready from then on and takes no pods; group by group, from the lowest priority
 * up, pods are ended with the smaller of their own and the group's grace; the next
 * group begins when all are gone, or when the group's time is over.
 */

#include "node/internal.h"
#include "api/profile.h"
#include "node/pressure.h"

static const char message[] = "Pod was terminated in response to imminent node shutdown.";

static void shutdown_next_group(Kubelet *k);

static gint64
shutdown_total_ns(const Kubelet *k)
{
    gint64 total_ns = 0;

    for (guint i = 0; i < k->options.n_shutdown_groups; i++)
        total_ns += k->options.shutdown_groups[i].grace_s * NS_PER_S;
    return total_ns;
}

/* --- one group ------------------------------------------------------------------------ */

static void
shutdown_end_pod(Worker *w, gint64 group_s)
{
    const OptInt64 *own = &pod_spec(w->pod)->termination_grace_s;

    if (w->evict_reason == NULL) {
        w->evict_reason = str_intern("Terminated");
        w->evict_message = str_intern(message);
        w->disruption = str_intern(message);
    }
    worker_terminate(w, own->is_set && own->value <= group_s ? own->value : group_s);
}

static gboolean
shutdown_concerns(const Kubelet *k, const Worker *w)
{
    const KubeletOptions *options = &k->options;
    const OptInt32 *priority = &pod_spec(w->pod)->priority;

    return !w->is_finished && !w->is_rejected && !pod_is_terminal(w->pod) &&
           shutdown_group_of(options->shutdown_groups, options->n_shutdown_groups,
                             priority->is_set ? priority->value : 0) == k->shutdown.group;
}

static void
shutdown_begin_group(Kubelet *k)
{
    ShutdownManager *manager = &k->shutdown;
    gint64 grace_s = k->options.shutdown_groups[manager->group].grace_s;
    g_autoptr(GPtrArray) workers = kubelet_workers(k);

    for (guint i = 0; i < workers->len; i++) {
        Worker *w = workers->pdata[i];

        if (!shutdown_concerns(k, w))
            continue;
        g_ptr_array_add(manager->awaited, (gpointer)w->uid);
        shutdown_end_pod(w, grace_s);
    }
    if (manager->awaited->len > 0)
        sim_timer_arm_after(&manager->timer, grace_s * NS_PER_S);
    else
        shutdown_next_group(k);
}

static void
shutdown_next_group(Kubelet *k)
{
    ShutdownManager *manager = &k->shutdown;

    g_ptr_array_set_size(manager->awaited, 0);
    if (manager->group + 1 < k->options.n_shutdown_groups) {
        manager->group++;
        shutdown_begin_group(k);
        return;
    }
    sim_trace(k->sim, k->component, "shutdown", str_internf("node/%s", k->node_name), "Shutdown", "lets the machine go down");
    machine_let_go(k->options.machine);
}

static void
shutdown_on_timer(Sim *sim, gpointer self)
{
    Kubelet *k = self;

    (void)sim;
    if (!kubelet_holds(k, &k->shutdown.timer))
        shutdown_next_group(k);
}

/* --- for the others ----------------------------------------------------------------------- */

/* v1.32 and later wait for the volumes of a pod, too, which go when it is finished. */
static gboolean
shutdown_awaits(const Kubelet *k, const char *uid)
{
    const Worker *w = kubelet_find_worker((Kubelet *)k, uid);

    if (w == NULL || w->is_finished)
        return FALSE;
    return profile_minor(k->options.version_minor) >= 32 || !w->has_terminated;
}

void
shutdown_pod_ended(Kubelet *k)
{
    ShutdownManager *manager = &k->shutdown;

    if (!manager->is_now || manager->awaited->len == 0)
        return;
    for (guint i = 0; i < manager->awaited->len; i++)
        if (shutdown_awaits(k, manager->awaited->pdata[i]))
            return;
    kubelet_timer_disarm(k, &manager->timer);
    shutdown_next_group(k);
}

static void
shutdown_on_told(gpointer self)
{
    Kubelet *k = self;
    ShutdownManager *manager = &k->shutdown;

    node_event(k, "Normal", "Shutdown", "Shutdown manager detected shutdown event");
    manager->is_now = TRUE;
    manager->group = 0;
    node_status_sync(k);
    shutdown_begin_group(k);
}

void
shutdown_start(Kubelet *k)
{
    k->shutdown = (ShutdownManager){.awaited = g_ptr_array_new()};
    sim_timer_init(&k->shutdown.timer, k->sim, SIM_CONTROL, shutdown_on_timer, k);
    if (k->options.n_shutdown_groups > 0)
        machine_inhibit(k->options.machine, k->process, shutdown_total_ns(k), shutdown_on_told, k);
}

void
shutdown_stop(Kubelet *k)
{
    if (k->shutdown.timer.sim != NULL)
        kubelet_timer_clear(k, &k->shutdown.timer);
    g_clear_pointer(&k->shutdown.awaited, g_ptr_array_unref);
    k->shutdown = (ShutdownManager){0};
}
