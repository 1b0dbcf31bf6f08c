/* power.c - nodePowerOff, nodePowerOn, nodeReboot */

#include "scenario/faults/common.h"

static void
power_off_begin(Cluster *cluster, const FaultArgs *args, Machine *const *nodes, guint n_nodes)
{
    (void)cluster;
    (void)args;
    for (guint i = 0; i < n_nodes; i++)
        machine_power_off(nodes[i]);
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
        machine_reboot(nodes[i]);
}

static char *
power_off_tell(const FaultArgs *args, Machine *const *nodes, guint n_nodes)
{
    g_autofree char *who = fault_node_words(nodes, n_nodes);

    (void)args;
    return g_strdup_printf("%s %s power", who, n_nodes == 1 ? "loses" : "lose");
}

static char *
power_on_tell(const FaultArgs *args, Machine *const *nodes, guint n_nodes)
{
    g_autofree char *who = fault_node_words(nodes, n_nodes);

    (void)args;
    return g_strdup_printf("%s %s switched on", who, n_nodes == 1 ? "is" : "are");
}

static char *
reboot_tell(const FaultArgs *args, Machine *const *nodes, guint n_nodes)
{
    g_autofree char *who = fault_node_words(nodes, n_nodes);

    (void)args;
    return g_strdup_printf("%s %s", who, n_nodes == 1 ? "reboots" : "reboot");
}

static const ScField off_fields[] = {FAULT_NODE_ROWS, FAULT_DURATION_ROW, {0}};
static const ScField node_only_fields[] = {FAULT_NODE_ROWS, {0}};

const FaultDef node_power_off_fault = {
    .name = "nodePowerOff",
    .doc = "The machine loses power: everything on it is gone at once, and silent. With duration it is switched on again.",
    .fields = off_fields,
    .takes_nodes = TRUE,
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
    .doc = "The machine goes down in order and boots again.",
    .fields = node_only_fields,
    .takes_nodes = TRUE,
    .begin = reboot_begin,
    .tell = reboot_tell,
};
