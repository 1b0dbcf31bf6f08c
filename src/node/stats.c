/* stats.c - see stats.h */

#include "node/stats.h"
#include "api/profile.h"

#include "node/internal.h"

#define HOUSEKEEPING_NS     PROFILE_NS(CADVISOR)
#define HOUSEKEEPING_MAX_NS (15 * NS_PER_S)
#define POINT_BYTES         160

/* One cgroup that is looked at: a container, or the root of the node. */
typedef struct {
    Kubelet *k;
    const char *id; /* of the container; NULL: the root */
    StatsPoint last;
    gboolean has_last;
    gint64 interval_ns;
    SimTimer timer;
} Look;

struct Stats {
    GPtrArray *looks; /* of Look (owned) */
    Rng *rng;
};

void
node_stats_free(gpointer data)
{
    NodeStats *stats = data;

    g_array_unref(stats->containers);
    g_free(stats);
}

static void
look_free(gpointer data)
{
    Look *look = data;

    kubelet_timer_clear(look->k, &look->timer);
    g_free(look);
}

/* --- housekeeping ------------------------------------------------------------------------------- */

static gint64
node_memory(Kubelet *k)
{
    g_autoptr(GPtrArray) all = runtime_list_containers(k->options.runtime);
    gint64 sum = 0;

    for (guint i = 0; i < all->len; i++)
        if (rt_container_state(all->pdata[i]) == RT_RUNNING)
            sum += rt_container_memory_bytes(all->pdata[i]);
    return sum;
}

/* FALSE: the container runs no more. */
static gboolean
look_now(Look *look, StatsPoint *out)
{
    Kubelet *k = look->k;
    RtContainer *container = look->id != NULL ? kubelet_find_container(k, look->id) : NULL;

    *out = (StatsPoint){.wall_ns = kubelet_wall_ns(k)};
    if (look->id == NULL) {
        out->cpu_ns = runtime_cpu_ns(k->options.runtime);
        out->memory_bytes = node_memory(k);
        return TRUE;
    }
    if (container == NULL || rt_container_state(container) != RT_RUNNING)
        return FALSE;
    out->start_wall_ns = rt_container_started_wall_ns(container);
    out->cpu_ns = rt_container_cpu_ns(container);
    out->memory_bytes = rt_container_memory_bytes(container);
    return TRUE;
}

/* cAdvisor manager/container.go, nextHousekeepingInterval */
static void
look_on_timer(Sim *sim, gpointer self)
{
    Look *look = self;
    StatsPoint point;

    (void)sim;
    if (kubelet_holds(look->k, &look->timer))
        return;
    if (!look_now(look, &point)) {
        g_ptr_array_remove(look->k->stats->looks, look);
        return;
    }
    if (look->has_last && point.cpu_ns == look->last.cpu_ns && point.memory_bytes == look->last.memory_bytes)
        look->interval_ns = HOUSEKEEPING_MAX_NS;
    else
        look->interval_ns = HOUSEKEEPING_NS;
    look->last = point;
    look->has_last = TRUE;
    sim_timer_arm_after(&look->timer, look->interval_ns + rng_between_ns(look->k->stats->rng, 0, look->interval_ns));
}

static void
look_add(Kubelet *k, const char *id)
{
    Look *look = g_new0(Look, 1);

    look->k = k;
    look->id = id;
    sim_timer_init(&look->timer, k->sim, SIM_CONTROL, look_on_timer, look);
    g_ptr_array_add(k->stats->looks, look);
    sim_timer_arm_after(&look->timer, 0);
}

void
stats_start(Kubelet *k)
{
    g_autoptr(GPtrArray) all = NULL;

    if (!k->options.stats)
        return;
    k->stats = g_new0(Stats, 1);
    k->stats->looks = g_ptr_array_new_with_free_func(look_free);
    k->stats->rng = rng_stream(k->sim, str_internf("%s/cadvisor", k->component));
    if (k->ideal != NULL)
        return;
    look_add(k, NULL);
    all = runtime_list_containers(k->options.runtime);
    for (guint i = 0; i < all->len; i++)
        if (rt_container_state(all->pdata[i]) == RT_RUNNING)
            look_add(k, rt_container_id(all->pdata[i]));
}

void
stats_stop(Kubelet *k)
{
    Stats *stats = g_steal_pointer(&k->stats);

    if (stats == NULL)
        return;
    g_ptr_array_unref(stats->looks);
    g_free(stats);
}

void
stats_container_started(Kubelet *k, const RtContainer *container)
{
    if (k->stats != NULL)
        look_add(k, rt_container_id(container));
}

/* --- answers -------------------------------------------------------------------------------------- */

static void
add_containers(Kubelet *k, NodeStats *out)
{
    for (guint i = 0; i < k->stats->looks->len; i++) {
        const Look *look = g_ptr_array_index(k->stats->looks, i);
        RtContainer *container = look->id != NULL ? kubelet_find_container(k, look->id) : NULL;
        ContainerPoint point = {.point = look->last};

        if (look->id == NULL && look->has_last)
            out->node = look->last;
        if (container == NULL || !look->has_last || rt_container_state(container) != RT_RUNNING)
            continue;
        point.namespace_ = sandbox_pod_namespace(rt_container_sandbox(container));
        point.pod = sandbox_pod_name(rt_container_sandbox(container));
        point.container = rt_container_name(container);
        g_array_append_val(out->containers, point);
    }
}

/* What a played pod uses, from its start to now. */
static void
add_ideal(Kubelet *k, NodeStats *out)
{
    g_autoptr(GPtrArray) pods = g_ptr_array_new();
    gint64 wall_ns = kubelet_wall_ns(k);

    ideal_list_running(k->ideal, pods);
    out->node = (StatsPoint){.wall_ns = wall_ns};
    for (guint i = 0; i < pods->len; i++) {
        const ApiObject *pod = g_ptr_array_index(pods, i);
        const PodSpec *spec = pod_spec(pod);

        for (guint c = 0; c < spec->containers.count; c++) {
            gint64 cpu_milli = 0, memory_bytes = 0;
            gint64 start_ns = pod_status(pod)->start_time;
            ContainerPoint point = {api_namespace(pod), api_name(pod), spec->containers.items[c].name, {0}};

            if (k->options.ideal_usage_of != NULL)
                k->options.ideal_usage_of(k->options.ideal_user, pod, &cpu_milli, &memory_bytes);
            point.point = (StatsPoint){.start_wall_ns = start_ns,
                                       .wall_ns = wall_ns,
                                       .cpu_ns = (wall_ns - start_ns) / 1000 * cpu_milli,
                                       .memory_bytes = memory_bytes};
            out->node.cpu_ns += wall_ns / 1000 * cpu_milli;
            out->node.memory_bytes += memory_bytes;
            g_array_append_val(out->containers, point);
        }
    }
}

void
kubelet_serve_stats(gpointer kubelet, gconstpointer question, Rpc *rpc)
{
    Kubelet *k = kubelet;
    NodeStats *out;

    (void)question;
    if (k->stats == NULL)
        return;
    out = g_new0(NodeStats, 1);
    out->containers = g_array_new(FALSE, TRUE, sizeof(ContainerPoint));
    if (k->ideal != NULL)
        add_ideal(k, out);
    else
        add_containers(k, out);
    rpc_answer(rpc, out, (out->containers->len + 1) * POINT_BYTES);
}
