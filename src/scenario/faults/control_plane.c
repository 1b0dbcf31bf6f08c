/* control_plane.c - apiLatency, diskSlow */

#include "base/duration.h"
#include "scenario/faults/common.h"

static void
api_latency_begin(Cluster *cluster, const FaultArgs *args, Machine *const *nodes, guint n_nodes)
{
    (void)nodes;
    (void)n_nodes;
    for (guint i = 0; i < cluster->servers->len; i++)
        apiserver_set_extra_latency(g_ptr_array_index(cluster->servers, i), &args->latency);
}

static void
api_latency_end(Cluster *cluster, const FaultArgs *args, Machine *const *nodes, guint n_nodes)
{
    (void)args;
    (void)nodes;
    (void)n_nodes;
    for (guint i = 0; i < cluster->servers->len; i++)
        apiserver_set_extra_latency(g_ptr_array_index(cluster->servers, i), NULL);
}

static char *
api_latency_tell(const FaultArgs *args, Machine *const *nodes, guint n_nodes)
{
    g_autofree char *mean = duration_format_go(dist_mean_ns(&args->latency));

    (void)nodes;
    (void)n_nodes;
    return g_strdup_printf("each request to the API server takes %s longer", mean);
}

static guint
member_index(const FaultArgs *args)
{
    return args->has_member ? (guint)args->member : G_MAXUINT;
}

static void
disk_slow_begin(Cluster *cluster, const FaultArgs *args, Machine *const *nodes, guint n_nodes)
{
    (void)nodes;
    (void)n_nodes;
    etcd_set_disk_factor(cluster->etcd, member_index(args), (guint)args->factor_milli * 1000);
}

static void
disk_slow_end(Cluster *cluster, const FaultArgs *args, Machine *const *nodes, guint n_nodes)
{
    (void)nodes;
    (void)n_nodes;
    etcd_set_disk_factor(cluster->etcd, member_index(args), 1000);
}

static char *
disk_slow_tell(const FaultArgs *args, Machine *const *nodes, guint n_nodes)
{
    (void)nodes;
    (void)n_nodes;
    return g_strdup_printf("the disk of etcd becomes %" G_GINT64_FORMAT " times slower", args->factor_milli);
}

static void
disk_slow_check(const ScReader *reader, const Scenario *scenario, const FaultArgs *args, const char *path)
{
    if (args->has_member && args->member >= scenario->spec.cluster.control_plane.etcd_members)
        sc_error(reader, fault_place(args, "member"), path, "there is no etcd member %" G_GINT64_FORMAT "; write 0 to %" G_GINT64_FORMAT, args->member, scenario->spec.cluster.control_plane.etcd_members - 1);
}

static const ScField api_latency_fields[] = {
    FAULT_TIME_ROWS,
    {"latency", SC_DIST, FAULT_AT(latency), .doc = "Added to each request.", .def = "1s"},
    {0},
};
static const ScField disk_slow_fields[] = {
    FAULT_TIME_ROWS,
    {"factor", SC_INT, FAULT_AT(factor_milli), .doc = "How many times slower.", .def = "100", .min = 1, .max = 1000000},
    {"member", SC_INT, FAULT_AT(member), .doc = "Number of the etcd member, from 0; all when absent.", .given_offset = FAULT_AT(has_member), .min = 0, .max = 8},
    {0},
};

const FaultDef api_latency_fault = {
    .name = "apiLatency",
    .doc = "Each request to the API server takes longer.",
    .fields = api_latency_fields,
    .begin = api_latency_begin,
    .end = api_latency_end,
    .over = "the API server is as quick as before",
    .tell = api_latency_tell,
};

const FaultDef disk_slow_fault = {
    .name = "diskSlow",
    .doc = "Writes to the disk of etcd take longer.",
    .fields = disk_slow_fields,
    .check = disk_slow_check,
    .begin = disk_slow_begin,
    .end = disk_slow_end,
    .over = "the disk of etcd is as quick as before",
    .tell = disk_slow_tell,
};
