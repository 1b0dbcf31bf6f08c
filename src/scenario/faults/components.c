/* components.c - kubeletStop, componentCrash, componentPause, componentStop */

#include "scenario/faults/common.h"

static const char *const component_words[] = {"kube-scheduler", "scheduler", "kube-controller-manager", "controller-manager", "kube-apiserver", "apiserver", "etcd", "metrics-server", "vpa-recommender", "cluster-autoscaler", "cloud-controller-manager", "kubelet", "kube-proxy", NULL};

static gboolean
is_on_nodes(const FaultArgs *args)
{
    return str_is(args->component, "kubelet") || str_is(args->component, "kube-proxy");
}

/* How many there are of it; 0: it has no numbers. */
static gint64
member_count(const Scenario *scenario, const char *component)
{
    const ScControlPlane *plane = &scenario->spec.cluster.control_plane;

    if (str_is(component, "etcd"))
        return plane->etcd_members;
    if (g_str_has_suffix(component, "apiserver"))
        return plane->apiservers;
    if (g_str_has_suffix(component, "scheduler"))
        return plane->schedulers;
    if (str_is(component, "controller-manager") || str_is(component, "kube-controller-manager"))
        return plane->controller_managers;
    return 0;
}

static void
component_check_member(const ScReader *reader, const Scenario *scenario, const FaultArgs *args, const char *path)
{
    gint64 count = member_count(scenario, args->component);

    if (count == 0)
        sc_error(reader, fault_place(args, "member"), path, "the %s has no members; leave member out", args->component);
    else if (args->member >= count)
        sc_error(reader, fault_place(args, "member"), path, "there is no %s %" G_GINT64_FORMAT "; write 0 to %" G_GINT64_FORMAT, args->component, args->member, count - 1);
}

static void
component_check(const ScReader *reader, const Scenario *scenario, const FaultArgs *args, const char *path)
{
    gboolean has_node = args->node != NULL || args->nodes.count > 0 || args->selector.count > 0;

    if (args->component == NULL)
        sc_error(reader, args->source, path, "no component; write component: scheduler, controller-manager, apiserver, etcd, kubelet or kube-proxy");
    else if (is_on_nodes(args) && !has_node)
        sc_error(reader, fault_place(args, "component"), path, "a %s runs on every node; write node: NAME beside it", args->component);
    else if (str_is(args->component, "cloud-controller-manager") && !scenario_has_cloud(scenario))
        sc_error(reader, fault_place(args, "component"), path, "this cluster runs in no cloud, so it has no cloud-controller-manager; write cloud: {} below spec.cluster");
    else if (!is_on_nodes(args) && has_node)
        sc_error(reader, fault_place(args, args->node != NULL ? "node" : args->nodes.count > 0 ? "nodes" : "selector"), path, "the %s runs on no node; leave node out", args->component);
    else if (args->has_member)
        component_check_member(reader, scenario, args, path);
}

/* Calls @act for each process meant. */
static void
each_process(Cluster *cluster, const char *component, Machine *const *nodes, guint n_nodes, void (*act)(Process *process, const FaultArgs *args), const FaultArgs *args)
{
    if (n_nodes == 0) {
        Process *process = cluster_process(cluster, component, NULL);
        if (process != NULL)
            act(process, args);
        return;
    }
    for (guint i = 0; i < n_nodes; i++) {
        Process *process = cluster_process(cluster, component, machine_name(nodes[i]));
        if (process != NULL)
            act(process, args);
    }
}

static void
stop(Process *process, const FaultArgs *args)
{
    (void)args;
    process_stop(process);
}

static void
start(Process *process, const FaultArgs *args)
{
    (void)args;
    process_start(process);
}

static void
crash(Process *process, const FaultArgs *args)
{
    /* With a duration its supervisor does not start it again before the end; without one it does after 10 s. */
    gint64 restart_ns = args->has_restart ? args->restart_ns : args->has_duration || args->has_mttr ? -1 : G_GINT64_CONSTANT(10000000000);

    process_crash(process, restart_ns);
}

static void
terminate(Process *process, const FaultArgs *args)
{
    process_terminate(process, args->has_restart ? args->restart_ns : -1);
}

static void
pause_process(Process *process, const FaultArgs *args)
{
    (void)args;
    process_pause(process);
}

static void
resume(Process *process, const FaultArgs *args)
{
    (void)args;
    process_resume(process);
}

static void
kubelet_stop_begin(Cluster *cluster, const FaultArgs *args, Machine *const *nodes, guint n_nodes)
{
    each_process(cluster, "kubelet", nodes, n_nodes, stop, args);
}

static void
kubelet_stop_end(Cluster *cluster, const FaultArgs *args, Machine *const *nodes, guint n_nodes)
{
    each_process(cluster, "kubelet", nodes, n_nodes, start, args);
}

static void
crash_begin(Cluster *cluster, const FaultArgs *args, Machine *const *nodes, guint n_nodes)
{
    each_process(cluster, args->component, nodes, n_nodes, crash, args);
}

static void
crash_end(Cluster *cluster, const FaultArgs *args, Machine *const *nodes, guint n_nodes)
{
    each_process(cluster, args->component, nodes, n_nodes, start, args);
}

static void
stop_begin(Cluster *cluster, const FaultArgs *args, Machine *const *nodes, guint n_nodes)
{
    each_process(cluster, args->component, nodes, n_nodes, terminate, args);
}

static void
pause_begin(Cluster *cluster, const FaultArgs *args, Machine *const *nodes, guint n_nodes)
{
    each_process(cluster, args->component, nodes, n_nodes, pause_process, args);
}

static void
pause_end(Cluster *cluster, const FaultArgs *args, Machine *const *nodes, guint n_nodes)
{
    each_process(cluster, args->component, nodes, n_nodes, resume, args);
}

static char *
tell(const char *component, const char *verb, Machine *const *nodes, guint n_nodes)
{
    g_autofree char *who = n_nodes > 0 ? fault_node_words(nodes, n_nodes) : NULL;

    return g_strdup_printf("the %s%s%s %s", component, who != NULL ? " of " : "", who != NULL ? who : "", verb);
}

static char *
kubelet_stop_tell(const FaultArgs *args, Machine *const *nodes, guint n_nodes)
{
    (void)args;
    return tell("kubelet", "stops; its containers go on", nodes, n_nodes);
}

static char *
crash_tell(const FaultArgs *args, Machine *const *nodes, guint n_nodes)
{
    return tell(args->component, "crashes", nodes, n_nodes);
}

static char *
stop_tell(const FaultArgs *args, Machine *const *nodes, guint n_nodes)
{
    return tell(args->component, "is told to end", nodes, n_nodes);
}

static char *
pause_tell(const FaultArgs *args, Machine *const *nodes, guint n_nodes)
{
    return tell(args->component, "stands still", nodes, n_nodes);
}

static const ScField kubelet_fields[] = {FAULT_NODE_ROWS, FAULT_TIME_ROWS, {0}};
static const ScField crash_fields[] = {
    FAULT_NODE_ROWS,
    FAULT_TIME_ROWS,
    {"component", SC_ENUM, FAULT_AT(component), .doc = "Which component.", .words = component_words},
    {"member", SC_INT, FAULT_AT(member), .doc = "Of several etcd members, API servers, schedulers or controller managers which one, from 0; the leader, or the first, when absent.", .given_offset = FAULT_AT(has_member), .min = 0, .max = 8},
    {"restart", SC_DURATION, FAULT_AT(restart_ns), .doc = "Its supervisor starts it again after this time.", .given_offset = FAULT_AT(has_restart)},
    {0},
};
static const ScField stop_fields[] = {
    FAULT_NODE_ROWS,
    FAULT_TIME_ROWS,
    {"component", SC_ENUM, FAULT_AT(component), .doc = "Which component.", .words = component_words},
    {"member", SC_INT, FAULT_AT(member), .doc = "Of several etcd members, API servers, schedulers or controller managers which one, from 0; the leader, or the first, when absent.", .given_offset = FAULT_AT(has_member), .min = 0, .max = 8},
    {"restart", SC_DURATION, FAULT_AT(restart_ns), .doc = "Its supervisor starts it again this long after it has ended.", .given_offset = FAULT_AT(has_restart)},
    {0},
};
static const ScField pause_fields[] = {
    FAULT_NODE_ROWS,
    FAULT_TIME_ROWS,
    {"component", SC_ENUM, FAULT_AT(component), .doc = "Which component.", .words = component_words},
    {"member", SC_INT, FAULT_AT(member), .doc = "Of several etcd members, API servers, schedulers or controller managers which one, from 0; the leader, or the first, when absent.", .given_offset = FAULT_AT(has_member), .min = 0, .max = 8},
    {0},
};

const FaultDef kubelet_stop_fault = {
    .name = "kubeletStop",
    .doc = "The kubelet stops and stays stopped; its containers go on.",
    .fields = kubelet_fields,
    .takes_nodes = TRUE,
    .begin = kubelet_stop_begin,
    .end = kubelet_stop_end,
    .over = "has its kubelet again",
    .tell = kubelet_stop_tell,
};

const FaultDef component_crash_fault = {
    .name = "componentCrash",
    .doc = "A component dies and forgets everything; it is started again after restart (10 s), or at the end of duration.",
    .fields = crash_fields,
    .takes_nodes = TRUE,
    .check = component_check,
    .begin = crash_begin,
    .end = crash_end,
    .over = "is started again",
    .tell = crash_tell,
};

const FaultDef component_pause_fault = {
    .name = "componentPause",
    .doc = "A component stands still (SIGSTOP): it forgets nothing and does nothing; without duration until the end.",
    .fields = pause_fields,
    .takes_nodes = TRUE,
    .check = component_check,
    .begin = pause_begin,
    .end = pause_end,
    .over = "goes on",
    .tell = pause_tell,
};

const FaultDef component_stop_fault = {
    .name = "componentStop",
    .doc = "A component is told to end (SIGTERM), so it can wind up: a leading scheduler gives its lease back; it is started again after restart, or at the end of duration.",
    .fields = stop_fields,
    .takes_nodes = TRUE,
    .check = component_check,
    .begin = stop_begin,
    .end = crash_end,
    .over = "is started again",
    .tell = stop_tell,
};
