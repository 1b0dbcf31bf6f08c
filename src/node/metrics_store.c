/* metrics_store.c - see metrics_server.h: two looks at each container; pkg/storage/pod.go */

#include "node/metrics_server.h"

#include "base/duration.h"

/* A look so long after the start may be compared with the start itself. */
#define FRESH_MIN_NS (10 * NS_PER_S)

typedef struct {
    const char *container;
    StatsPoint last, prev;
    gboolean has_prev;
} Stored;

struct MetricsStore {
    gint64 resolution_ns;
    GHashTable *pods; /* "namespace/name" (interned) -> GArray of Stored (owned) */
};

static void
array_free(gpointer array)
{
    g_array_unref(array);
}

MetricsStore *
metrics_store_new(gint64 resolution_ns)
{
    MetricsStore *store = g_new0(MetricsStore, 1);

    store->resolution_ns = resolution_ns;
    store->pods = g_hash_table_new_full(NULL, NULL, NULL, array_free);
    return store;
}

void
metrics_store_free(MetricsStore *store)
{
    g_hash_table_unref(store->pods);
    g_free(store);
}

static const char *
pod_key(const char *namespace_, const char *pod)
{
    return str_internf("%s/%s", namespace_, pod);
}

static const Stored *
find_stored(const GArray *pod, const char *container)
{
    for (guint i = 0; pod != NULL && i < pod->len; i++)
        if (g_array_index(pod, Stored, i).container == container)
            return &g_array_index(pod, Stored, i);
    return NULL;
}

static void
set_previous(const MetricsStore *store, Stored *stored, const Stored *old)
{
    const StatsPoint *now = &stored->last;
    gint64 age_ns = now->wall_ns - now->start_wall_ns;

    if (age_ns > 0 && age_ns < store->resolution_ns && age_ns >= FRESH_MIN_NS) {
        stored->prev = *now;
        stored->prev.wall_ns = now->start_wall_ns;
        stored->prev.cpu_ns = 0;
        stored->has_prev = TRUE;
    } else if (old == NULL || now->start_wall_ns >= old->last.wall_ns) {
        return; /* new, or started anew since */
    } else if (now->wall_ns > old->last.wall_ns) {
        stored->prev = old->last;
        stored->has_prev = TRUE;
    } else if (old->has_prev && old->prev.wall_ns < now->wall_ns) {
        stored->prev = old->prev;
        stored->has_prev = TRUE;
    }
}

void
metrics_store_put(MetricsStore *store, const GArray *points)
{
    GHashTable *pods = g_hash_table_new_full(NULL, NULL, NULL, array_free);

    for (guint i = 0; i < points->len; i++) {
        const ContainerPoint *point = &g_array_index(points, ContainerPoint, i);
        const char *key = pod_key(point->namespace_, point->pod);
        GArray *pod = g_hash_table_lookup(pods, key);
        Stored stored = {.container = point->container, .last = point->point};

        if (pod == NULL) {
            pod = g_array_new(FALSE, FALSE, sizeof(Stored));
            g_hash_table_insert(pods, (gpointer)key, pod);
        }
        if (find_stored(pod, point->container) != NULL)
            continue;
        set_previous(store, &stored, find_stored(g_hash_table_lookup(store->pods, key), point->container));
        g_array_append_val(pod, stored);
    }
    g_hash_table_unref(store->pods);
    store->pods = pods;
}

gboolean
metrics_store_get(const MetricsStore *store, const char *namespace_, const char *pod, PodMetrics *out)
{
    const GArray *stored = g_hash_table_lookup(store->pods, pod_key(namespace_, pod));
    gint64 oldest_ns = G_MAXINT64;

    for (guint i = 0; stored != NULL && i < stored->len; i++)
        if (!g_array_index(stored, Stored, i).has_prev)
            return FALSE;
    for (guint i = 0; stored != NULL && i < stored->len; i++) {
        const Stored *at = &g_array_index(stored, Stored, i);
        gint64 window_ns = at->last.wall_ns - at->prev.wall_ns;
        ContainerMetrics *metrics = API_LIST_ADD(&out->containers);
        Quantity cpu = {.nano = (__int128)(at->last.cpu_ns - at->prev.cpu_ns) * NS_PER_S / window_ns};

        metrics->name = at->container;
        quantity_map_set(&metrics->usage, str_intern("cpu"), cpu);
        quantity_map_set(&metrics->usage, str_intern("memory"),
                         quantity_from_int(at->last.memory_bytes, QUANTITY_BINARY_SI));
        if (at->last.wall_ns < oldest_ns) {
            g_autofree char *window = duration_format_go(window_ns);

            oldest_ns = at->last.wall_ns;
            out->timestamp = api_time_seconds(oldest_ns);
            out->window = str_intern(window);
        }
    }
    return stored != NULL && stored->len > 0;
}
