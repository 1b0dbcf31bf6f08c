#include "controllers/replicaset_sync.h"

#include <stdlib.h>

#define DELETION_COST "controller.kubernetes.io/pod-deletion-cost"

/* --- one comparison ------------------------------------------------------------------------------ */

static int
phase_order(const ApiObject *pod)
{
    const char *phase = pod_status(pod)->phase;

    if (str_is(phase, "Running"))
        return 2;
    return str_is(phase, "Unknown") ? 1 : 0;
}

static gint32
deletion_cost(const ApiObject *pod)
{
    const char *text = str_map_get(&pod->meta->annotations, DELETION_COST);
    gint64 cost;

    /* "+5" and "05" are refused by the API; they count as no cost here too. */
    if (text == NULL || text[0] == '+' || (text[0] == '0' && text[1] != '\0') ||
        !text_to_int(text, &cost) || cost > G_MAXINT32 || cost < G_MININT32)
        return 0;
    return (gint32)cost;
}

static ApiTime
ready_time(const ApiObject *pod)
{
    const Condition *ready = condition_find(&pod_status(pod)->conditions, "Ready");

    return ready == NULL ? 0 : ready->last_transition_time;
}

/* floor(log2 of the age in ns); -1 if it is not positive. */
static int
age_rank(gint64 now_ns, ApiTime since)
{
    gint64 age_ns = now_ns - since;

    return age_ns <= 0 ? -1 : 63 - __builtin_clzll((guint64)age_ns);
}

/* The times differ. The younger on the log scale goes first; within one step of it the uid decides, a pseudo-random pick. */
static int
compare_times(const RankedPod *a,
              const RankedPod *b,
              ApiTime time_a,
              ApiTime time_b,
              gint64 wall_ns)
{
    int rank_a;
    int rank_b;

    if (time_a == 0 || time_b == 0)
        return time_a == 0 ? -1 : 1;
    rank_a = age_rank(wall_ns, time_a);
    rank_b = age_rank(wall_ns, time_b);
    if (rank_a != rank_b)
        return rank_a < rank_b ? -1 : 1;
    return g_strcmp0(api_uid(a->pod), api_uid(b->pod));
}

static gint32
max_restarts(const ContainerStatusList *list)
{
    gint32 max = 0;

    for (guint i = 0; i < list->count; i++)
        max = MAX(max, list->items[i].restart_count);
    return max;
}

static gint32
max_sidecar_restarts(const ApiObject *pod)
{
    const PodSpec *spec = pod_spec(pod);
    const ContainerStatusList *list = &pod_status(pod)->init_container_statuses;
    gint32 max = 0;

    for (guint i = 0; i < spec->init_containers.count; i++) {
        const Container *container = &spec->init_containers.items[i];

        if (!container_is_sidecar(container))
            continue;
        for (guint k = 0; k < list->count; k++)
            if (str_is(list->items[k].name, container->name))
                max = MAX(max, list->items[k].restart_count);
    }
    return max;
}

static int
compare_restarts(const ApiObject *a, const ApiObject *b)
{
    gint32 count_a = max_restarts(&pod_status(a)->container_statuses);
    gint32 count_b = max_restarts(&pod_status(b)->container_statuses);

    if (count_a == count_b) {
        count_a = max_sidecar_restarts(a);
        count_b = max_sidecar_restarts(b);
    }
    return count_a == count_b ? 0 : count_a > count_b ? -1 : 1;
}

/* v1.34 pkg/controller/controller_utils.go, ActivePodsWithRanks.Less: the first rule that decides. */
int
ranked_pod_compare(const RankedPod *a, const RankedPod *b, gint64 wall_ns)
{
    gboolean has_node_a = !str_is_empty(pod_spec(a->pod)->node_name);
    gboolean has_node_b = !str_is_empty(pod_spec(b->pod)->node_name);
    gboolean is_ready_a = pod_is_ready(a->pod);
    gboolean is_ready_b = pod_is_ready(b->pod);
    int phases = phase_order(a->pod) - phase_order(b->pod);
    gint32 cost_a = deletion_cost(a->pod);
    gint32 cost_b = deletion_cost(b->pod);
    ApiTime time_a = ready_time(a->pod);
    ApiTime time_b = ready_time(b->pod);
    int restarts;

    if (has_node_a != has_node_b)
        return has_node_a ? 1 : -1;
    if (phases != 0)
        return phases;
    if (is_ready_a != is_ready_b)
        return is_ready_a ? 1 : -1;
    if (cost_a != cost_b)
        return cost_a < cost_b ? -1 : 1;
    if (a->rank != b->rank)
        return a->rank > b->rank ? -1 : 1;
    if (is_ready_a && time_a != time_b)
        return compare_times(a, b, time_a, time_b, wall_ns);
    restarts = compare_restarts(a->pod, b->pod);
    if (restarts != 0)
        return restarts;
    time_a = a->pod->meta->creation_time;
    time_b = b->pod->meta->creation_time;
    return time_a == time_b ? 0 : compare_times(a, b, time_a, time_b, wall_ns);
}

/* afterOrZero: the later time goes first, no time before any. */
static int
compare_plain_times(ApiTime a, ApiTime b)
{
    if (a == b)
        return 0;
    if (a == 0 || b == 0)
        return a == 0 ? -1 : 1;
    return a > b ? -1 : 1;
}

/* ActivePods.Less: without costs, relatives and the log scale. Equals, in no order there, go by uid: a pseudo-random pick. */
int
active_pod_compare(const ApiObject *a, const ApiObject *b)
{
    gboolean has_node_a = !str_is_empty(pod_spec(a)->node_name);
    gboolean has_node_b = !str_is_empty(pod_spec(b)->node_name);
    gboolean is_ready_a = pod_is_ready(a);
    gboolean is_ready_b = pod_is_ready(b);
    int order = phase_order(a) - phase_order(b);

    if (has_node_a != has_node_b)
        return has_node_a ? 1 : -1;
    if (order != 0)
        return order;
    if (is_ready_a != is_ready_b)
        return is_ready_a ? 1 : -1;
    if (is_ready_a)
        order = compare_plain_times(ready_time(a), ready_time(b));
    if (order == 0)
        order = compare_restarts(a, b);
    if (order == 0)
        order = compare_plain_times(a->meta->creation_time, b->meta->creation_time);
    return order != 0 ? order : g_strcmp0(api_uid(a), api_uid(b));
}

/* --- all of them ------------------------------------------------------------------------------------ */

/* How many active pods of ReplicaSets with the same owner each node has. */
static GHashTable *
count_related(View *view, const ApiObject *set)
{
    const OwnerReference *owner = api_controller_of(set);
    GHashTable *counts = g_hash_table_new(NULL, NULL);
    g_autoptr(GPtrArray) sets = g_ptr_array_new();
    g_autoptr(GPtrArray) pods = g_ptr_array_new();

    if (owner == NULL)
        return counts;
    view_list_owned(view, &replica_set_kind, owner->uid, sets);
    for (guint i = 0; i < sets->len; i++)
        view_list_owned(view, &pod_kind, api_uid(sets->pdata[i]), pods);
    for (guint i = 0; i < pods->len; i++) {
        gpointer node = (gpointer)pod_spec(pods->pdata[i])->node_name;
        guint count = GPOINTER_TO_UINT(g_hash_table_lookup(counts, node));

        if (pod_is_active(pods->pdata[i]))
            g_hash_table_insert(counts, node, GUINT_TO_POINTER(count + 1));
    }
    return counts;
}

static gint
compare_ranked(gconstpointer a, gconstpointer b, gpointer wall_ns)
{
    return ranked_pod_compare(a, b, *(const gint64 *)wall_ns);
}

void
replica_set_rank_victims(View *view,
                         const ApiObject *set,
                         GPtrArray *pods,
                         guint count,
                         gint64 wall_ns)
{
    g_autoptr(GHashTable) counts = NULL;
    g_autofree RankedPod *ranked = NULL;

    if (count >= pods->len)
        return;
    counts = count_related(view, set);
    ranked = g_new(RankedPod, pods->len);
    for (guint i = 0; i < pods->len; i++) {
        gconstpointer node = pod_spec(pods->pdata[i])->node_name;

        ranked[i] =
            (RankedPod){pods->pdata[i], GPOINTER_TO_UINT(g_hash_table_lookup(counts, node))};
    }
    g_qsort_with_data(ranked, (gint)pods->len, sizeof *ranked, compare_ranked, &wall_ns);
    for (guint i = 0; i < pods->len; i++)
        pods->pdata[i] = (gpointer)ranked[i].pod;
}
