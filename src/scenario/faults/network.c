/* network.c - networkPartition, networkDelay */

#include "scenario/faults/common.h"

static gboolean
is_among(Machine *machine, Machine *const *set, guint count)
{
    for (guint i = 0; i < count; i++)
        if (set[i] == machine)
            return TRUE;
    return FALSE;
}

static gboolean
is_peer(const FaultArgs *args, Cluster *cluster, Machine *machine)
{
    if (args->peers.count == 0)
        return TRUE;
    for (guint i = 0; i < args->peers.count; i++)
        if (str_is(args->peers.items[i], machine_name(machine)) ||
            (str_is(args->peers.items[i], "control-plane") && machine == cluster->control_plane))
            return TRUE;
    return FALSE;
}

/* Who is on the other side: everybody else, or the peers named. */
static GPtrArray *
other_side(Cluster *cluster, const FaultArgs *args, Machine *const *nodes, guint n_nodes)
{
    GPtrArray *others = g_ptr_array_new();

    for (guint i = 0; i < world_machine_count(cluster->world); i++) {
        Machine *machine = world_get_machine(cluster->world, i);
        if (!is_among(machine, nodes, n_nodes) && is_peer(args, cluster, machine))
            g_ptr_array_add(others, machine);
    }
    return others;
}

static void
partition_begin(Cluster *cluster, const FaultArgs *args, Machine *const *nodes, guint n_nodes)
{
    g_autoptr(GPtrArray) others = other_side(cluster, args, nodes, n_nodes);

    world_cut(cluster->world, nodes, n_nodes, (Machine *const *)others->pdata, others->len);
}

static void
partition_end(Cluster *cluster, const FaultArgs *args, Machine *const *nodes, guint n_nodes)
{
    g_autoptr(GPtrArray) others = other_side(cluster, args, nodes, n_nodes);

    world_heal(cluster->world, nodes, n_nodes, (Machine *const *)others->pdata, others->len);
}

static char *
partition_tell(const FaultArgs *args, Machine *const *nodes, guint n_nodes)
{
    g_autofree char *who = fault_node_words(nodes, n_nodes);
    g_autofree char *peers = NULL;

    if (args->peers.count > 0) {
        GString *text = g_string_new(NULL);
        for (guint i = 0; i < args->peers.count; i++)
            g_string_append_printf(text, "%s%s", i > 0 ? ", " : "", args->peers.items[i]);
        peers = g_string_free(text, FALSE);
    }
    return g_strdup_printf("%s %s cut off from %s", who, n_nodes == 1 ? "is" : "are", peers != NULL ? peers : "the network");
}

static void
delay_begin(Cluster *cluster, const FaultArgs *args, Machine *const *nodes, guint n_nodes)
{
    (void)cluster;
    for (guint i = 0; i < n_nodes; i++)
        machine_set_delay(nodes[i], &args->latency, (guint)args->loss_percent * 10);
}

static void
delay_end(Cluster *cluster, const FaultArgs *args, Machine *const *nodes, guint n_nodes)
{
    (void)cluster;
    (void)args;
    for (guint i = 0; i < n_nodes; i++)
        machine_set_delay(nodes[i], NULL, 0);
}

static char *
delay_tell(const FaultArgs *args, Machine *const *nodes, guint n_nodes)
{
    g_autofree char *who = fault_node_words(nodes, n_nodes);

    (void)args;
    return g_strdup_printf("the network of %s becomes slow", who);
}

static const ScField partition_fields[] = {
    FAULT_NODE_ROWS,
    FAULT_TIME_ROWS,
    {"peers", SC_STRINGS, FAULT_AT(peers), .doc = "Nodes (or control-plane) on the other side; everybody else when absent."},
    {0},
};
static const ScField delay_fields[] = {
    FAULT_NODE_ROWS,
    FAULT_TIME_ROWS,
    {"latency", SC_DIST, FAULT_AT(latency), .doc = "Added to each one-way trip.", .def = "100ms"},
    {"loss", SC_INT, FAULT_AT(loss_percent), .doc = "Percent of packets lost.", .min = 0, .max = 100},
    {0},
};

const FaultDef network_partition_fault = {
    .name = "networkPartition",
    .doc = "The machine is cut off: no packet comes or goes; what runs on it goes on.",
    .fields = partition_fields,
    .takes_nodes = TRUE,
    .begin = partition_begin,
    .end = partition_end,
    .over = "is connected again",
    .tell = partition_tell,
};

const FaultDef network_delay_fault = {
    .name = "networkDelay",
    .doc = "Packets from and to the machine take longer, or get lost.",
    .fields = delay_fields,
    .takes_nodes = TRUE,
    .begin = delay_begin,
    .end = delay_end,
    .over = "is as quick to reach as before",
    .tell = delay_tell,
};
