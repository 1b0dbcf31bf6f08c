/* power.c - nodePowerOff, nodePowerOn, nodeReboot, nodeShutdown */

#include "scenario/cloud.h"
#include "scenario/faults/common.h"

static void
power_off_begin(Cluster *cluster, const FaultArgs *args, Machine *const *nodes, guint n_nodes)
{
    for (guint i = 0; i < n_nodes; i++)
        if (args->gone)
            cloud_terminate(cluster->cloud, nodes[i]);
        else
            machine_power_off(nodes[i]);
}

static void
power_off_check(const ScReader *reader, const Scenario *scenario, const FaultArgs *args, const char *path)
{
    if (args->node == NULL && args->nodes.count == 0 && args->selector.count == 0)
        sc_error(reader, args->source, path, "no target; write node: NAME, nodes: [...] or selector: {...}");
    if (args->gone && !scenario_has_cloud(scenario))
        sc_error(reader, fault_place(args, "gone"), path, "this cluster runs in no cloud that could forget a machine; write cloud: {} below spec.cluster, or leave gone out");
    if (args->gone && (args->has_mttf || args->has_mttr))
        sc_error(reader, fault_place(args, "mttf"), path, "a machine that is gone cannot fail again; leave mttf out, or gone");
    if (args->gone && args->has_duration)
        sc_error(reader, fault_place(args, "duration"), path, "a machine that is gone never comes back; leave duration out, or gone");
}

static void
power_on_begin(Cluster *cluster, const FaultArgs *args, Machine *const *nodes, guint n_nodes)
{
    (void)cluster;
    (void)args;
    for (guint i = 0; i < n_nodes; i++)
        machine_power_on(nodes[i]);
}

static void
reboot_begin(Cluster *cluster, const FaultArgs *args, Machine *const *nodes, guint n_nodes)
{
    (void)cluster;
    (void)args;
    for (guint i = 0; i < n_nodes; i++)
        machine_shut_down(nodes[i], TRUE);
}

static void
shutdown_begin(Cluster *cluster, const FaultArgs *args, Machine *const *nodes, guint n_nodes)
{
    (void)cluster;
    (void)args;
    for (guint i = 0; i < n_nodes; i++)
        machine_shut_down(nodes[i], FALSE);
}

static char *
shutdown_tell(const FaultArgs *args, Machine *const *nodes, guint n_nodes)
{
    g_autofree char *who = fault_node_words(nodes, n_nodes);

    (void)args;
    return g_strdup_printf("%s %s shut down", who, n_nodes <= 1 ? "is" : "are");
}

static char *
power_off_tell(const FaultArgs *args, Machine *const *nodes, guint n_nodes)
{
    g_autofree char *who = fault_node_words(nodes, n_nodes);

    if (args->gone)
        return g_strdup_printf("the cloud terminates %s", who);
    return g_strdup_printf("%s %s power", who, n_nodes <= 1 ? "loses" : "lose");
}

static char *
power_on_tell(const FaultArgs *args, Machine *const *nodes, guint n_nodes)
{
    g_autofree char *who = fault_node_words(nodes, n_nodes);

    (void)args;
    return g_strdup_printf("%s %s switched on", who, n_nodes <= 1 ? "is" : "are");
}

static char *
reboot_tell(const FaultArgs *args, Machine *const *nodes, guint n_nodes)
{
    g_autofree char *who = fault_node_words(nodes, n_nodes);

    (void)args;
    return g_strdup_printf("%s %s", who, n_nodes <= 1 ? "reboots" : "reboot");
}

static const ScField off_fields[] = {
    FAULT_NODE_ROWS,
    FAULT_TIME_ROWS,
    {"gone", SC_BOOL, FAULT_AT(gone), .doc = "The machine is terminated: it never comes back, and its cloud has it no more. Needs a cloud."},
    {0},
};
static const ScField shutdown_fields[] = {FAULT_NODE_ROWS, FAULT_TIME_ROWS, {0}};
static const ScField node_only_fields[] = {FAULT_NODE_ROWS, FAULT_MTTF_ROW, {0}};

const FaultDef node_power_off_fault = {
    .name = "nodePowerOff",
    .doc = "The machine loses power: everything on it is gone at once, and silent. With duration it is switched on again.",
    .fields = off_fields,
    .takes_nodes = TRUE,
    .check = power_off_check,
    .begin = power_off_begin,
    .end = power_on_begin,
    .over = "is powered again",
    .tell = power_off_tell,
};

const FaultDef node_power_on_fault = {
    .name = "nodePowerOn",
    .doc = "The machine is switched on and boots.",
    .fields = node_only_fields,
    .takes_nodes = TRUE,
    .begin = power_on_begin,
    .tell = power_on_tell,
};

const FaultDef node_reboot_fault = {
    .name = "nodeReboot",
    .doc = "The machine goes down in order and boots again; with shutdownGracePeriod its kubelet ends the pods first.",
    .fields = node_only_fields,
    .takes_nodes = TRUE,
    .begin = reboot_begin,
    .tell = reboot_tell,
};

const FaultDef node_shutdown_fault = {
    .name = "nodeShutdown",
    .doc = "The machine is shut down in order; with shutdownGracePeriod its kubelet ends the pods first. With duration it is switched on again.",
    .fields = shutdown_fields,
    .takes_nodes = TRUE,
    .begin = shutdown_begin,
    .end = power_on_begin,
    .over = "is powered again",
    .tell = shutdown_tell,
};
