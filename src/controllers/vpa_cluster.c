/* vpa_cluster.c - see vpa_cluster.h */

#include "controllers/vpa_cluster.h"

#include "base/duration.h"

#define EXPIRE_PERIOD_NS NS_PER_HOUR

/* Aggregates live as long as the cluster; which are still of use is said by their flags. */
typedef struct {
    const char *namespace_, *container, *key; /* interned */
    StrMap labels;                            /* (owned) */
    VpaAggregate aggregate;
    gboolean is_contributive; /* a pod that is there has it */
} Entry;

typedef struct {
    const char *name; /* interned */
    VpaContainer container;
} PodContainer;

typedef struct {
    const char *key, *namespace_, *labels_text; /* interned */
    StrMap labels;                        /* (owned) */
    GArray *containers;                   /* of PodContainer */
    gboolean is_active;                   /* neither Succeeded nor Failed */
    guint pass;                           /* the last that saw it */
} Pod;

typedef struct {
    const char *pod, *container; /* interned */
    gint64 requested, time_ns;
} Oom;

/* What a checkpoint held. */
typedef struct {
    const char *uid, *container; /* interned */
    VpaAggregate aggregate;
} Memory;

struct VpaCluster {
    GHashTable *pods;    /* key (interned) -> Pod */
    GPtrArray *pod_order; /* of Pod (owned): in order of arrival */
    GHashTable *entries; /* key (interned) -> Entry */
    GPtrArray *order;    /* of Entry (owned): in order of arrival */
    GArray *ooms;        /* of Oom */
    GPtrArray *memories; /* of Memory (owned) */
    guint pass;
    gint64 expired_ns;
};

static void
entry_free(gpointer data)
{
    Entry *entry = data;

    str_map_clear(&entry->labels);
    g_free(entry);
}

static void
pod_free(gpointer data)
{
    Pod *pod = data;

    str_map_clear(&pod->labels);
    g_array_unref(pod->containers);
    g_free(pod);
}

VpaCluster *
vpa_cluster_new(void)
{
    VpaCluster *cluster = g_new0(VpaCluster, 1);

    cluster->pods = g_hash_table_new(NULL, NULL);
    cluster->pod_order = g_ptr_array_new_with_free_func(pod_free);
    cluster->entries = g_hash_table_new(NULL, NULL);
    cluster->order = g_ptr_array_new_with_free_func(entry_free);
    cluster->ooms = g_array_new(FALSE, FALSE, sizeof(Oom));
    cluster->memories = g_ptr_array_new_with_free_func(g_free);
    return cluster;
}

void
vpa_cluster_free(VpaCluster *cluster)
{
    if (cluster == NULL)
        return;
    g_hash_table_unref(cluster->pods);
    g_ptr_array_unref(cluster->pod_order);
    g_hash_table_unref(cluster->entries);
    g_ptr_array_unref(cluster->order);
    g_array_unref(cluster->ooms);
    g_ptr_array_unref(cluster->memories);
    g_free(cluster);
}

/* --- pods ------------------------------------------------------------------------------------------------ */

static const char *
entry_key(const Pod *pod, const char *container)
{
    return str_internf("%s/%s/%s", pod->namespace_, container, pod->labels_text);
}

/* findOrCreateAggregateContainerState */
static Entry *
entry_of(VpaCluster *cluster, const Pod *pod, const char *container, gint64 wall_ns)
{
    const char *key = entry_key(pod, container);
    Entry *entry = g_hash_table_lookup(cluster->entries, key);

    if (entry != NULL)
        return entry;
    entry = g_new0(Entry, 1);
    entry->namespace_ = pod->namespace_;
    entry->container = container;
    entry->key = key;
    str_map_copy(&entry->labels, &pod->labels);
    vpa_aggregate_init(&entry->aggregate, wall_ns);
    g_hash_table_insert(cluster->entries, (gpointer)key, entry);
    g_ptr_array_add(cluster->order, entry);
    return entry;
}

static VpaContainer *
find_container(const Pod *pod, const char *name)
{
    for (guint i = 0; i < pod->containers->len; i++)
        if (str_is(g_array_index(pod->containers, PodContainer, i).name, name))
            return &g_array_index(pod->containers, PodContainer, i).container;
    return NULL;
}

static Pod *
pod_of(VpaCluster *cluster, const ApiObject *object)
{
    Pod *pod = g_hash_table_lookup(cluster->pods, api_key(object));
    const char *labels = str_map_format(&object->meta->labels, "");

    if (pod == NULL) {
        pod = g_new0(Pod, 1);
        pod->key = api_key(object);
        pod->namespace_ = api_namespace(object);
        pod->containers = g_array_new(FALSE, TRUE, sizeof(PodContainer));
        g_hash_table_insert(cluster->pods, (gpointer)pod->key, pod);
        g_ptr_array_add(cluster->pod_order, pod);
    }
    if (!str_is(pod->labels_text, labels)) {
        pod->labels_text = labels;
        str_map_copy(&pod->labels, &object->meta->labels);
    }
    return pod;
}

/* Pods that wait use nothing yet: they are not watched. */
static gboolean
is_watched(const ApiObject *pod)
{
    return !str_is(pod_status(pod)->phase, "Pending");
}

void
vpa_cluster_load(VpaCluster *cluster, View *view, gint64 wall_ns)
{
    g_autoptr(GPtrArray) all = g_ptr_array_new();

    cluster->pass++;
    for (guint i = 0; i < cluster->order->len; i++)
        ((Entry *)g_ptr_array_index(cluster->order, i))->is_contributive = FALSE;
    view_list(view, &pod_kind, NULL, all);
    for (guint i = 0; i < all->len; i++) {
        const ApiObject *object = all->pdata[i];
        const PodSpec *spec = pod_spec(object);
        Pod *pod;

        if (!is_watched(object))
            continue;
        pod = pod_of(cluster, object);
        pod->pass = cluster->pass;
        pod->is_active = !pod_is_terminal(object);
        for (guint k = 0; k < spec->containers.count; k++) {
            PodContainer container = {.name = spec->containers.items[k].name};
            Entry *entry = entry_of(cluster, pod, container.name, wall_ns);

            entry->is_contributive = entry->is_contributive || pod->is_active;
            if (find_container(pod, container.name) == NULL)
                g_array_append_val(pod->containers, container);
        }
    }
}

void
vpa_cluster_sample(VpaCluster *cluster, const ApiObject *metrics)
{
    const PodMetrics *body = pod_metrics(metrics);
    const Pod *pod = g_hash_table_lookup(cluster->pods, api_key(metrics));

    for (guint i = 0; pod != NULL && i < body->containers.count; i++) {
        const ContainerMetrics *usage = &body->containers.items[i];
        const Quantity *cpu = quantity_map_get(&usage->usage, str_intern("cpu"));
        const Quantity *memory = quantity_map_get(&usage->usage, str_intern("memory"));
        VpaContainer *container = find_container(pod, usage->name);
        Entry *entry;

        if (container == NULL)
            continue;
        entry = entry_of(cluster, pod, usage->name, body->timestamp);
        vpa_container_add_cpu(container, &entry->aggregate, cpu == NULL ? 0 : quantity_value_milli(cpu), body->timestamp);
        vpa_container_add_memory(container, &entry->aggregate, memory == NULL ? 0 : quantity_value(memory), body->timestamp);
    }
}

/* --- out of memory ----------------------------------------------------------------------------------------- */

static gboolean
was_killed(const ContainerStateTerminated *state)
{
    return state != NULL && str_is(state->reason, "OOMKilled");
}

/* Killed since @old; a fast restart shows only in what came before it. */
static const ContainerStateTerminated *
new_kill(const ContainerStatus *old, const ContainerStatus *now)
{
    gboolean is_restarted = now->restart_count > old->restart_count;

    if (was_killed(now->state.terminated) && (old->state.terminated == NULL || is_restarted))
        return now->state.terminated;
    if (now->state.running != NULL && old->state.running != NULL && is_restarted && was_killed(now->last_state.terminated))
        return now->last_state.terminated;
    return NULL;
}

static gint64
requested_memory(const ApiObject *pod, const char *container)
{
    const PodSpec *spec = pod_spec(pod);

    for (guint i = 0; i < spec->containers.count; i++) {
        const Quantity *memory = quantity_map_get(&spec->containers.items[i].resources.requests, str_intern("memory"));

        if (str_is(spec->containers.items[i].name, container))
            return memory == NULL ? 0 : quantity_value(memory);
    }
    return 0;
}

static const ContainerStatus *
find_status(const ContainerStatusList *list, const char *name)
{
    for (guint i = 0; i < list->count; i++)
        if (str_is(list->items[i].name, name))
            return &list->items[i];
    return NULL;
}

void
vpa_cluster_note_oom(VpaCluster *cluster, const ApiObject *old, const ApiObject *pod)
{
    const ContainerStatusList *list = &pod_status(pod)->container_statuses;

    if (!is_watched(old))
        return;
    for (guint i = 0; i < list->count; i++) {
        const ContainerStatus *before = find_status(&pod_status(old)->container_statuses, list->items[i].name);
        const ContainerStateTerminated *kill = before == NULL ? NULL : new_kill(before, &list->items[i]);
        Oom oom = {.pod = api_key(pod), .container = list->items[i].name};

        if (kill == NULL)
            continue;
        oom.requested = requested_memory(pod, oom.container);
        oom.time_ns = kill->finished_at;
        g_array_append_val(cluster->ooms, oom);
    }
}

void
vpa_cluster_settle(VpaCluster *cluster)
{
    for (guint i = 0; i < cluster->ooms->len; i++) {
        const Oom *oom = &g_array_index(cluster->ooms, Oom, i);
        const Pod *pod = g_hash_table_lookup(cluster->pods, oom->pod);
        VpaContainer *container = pod == NULL ? NULL : find_container(pod, oom->container);

        if (container != NULL)
            vpa_container_add_oom(container, &entry_of(cluster, pod, oom->container, oom->time_ns)->aggregate,
                                  oom->requested, oom->time_ns);
    }
    g_array_set_size(cluster->ooms, 0);
    for (guint i = cluster->pod_order->len; i > 0; i--) {
        const Pod *pod = g_ptr_array_index(cluster->pod_order, i - 1);

        if (pod->pass == cluster->pass)
            continue;
        g_hash_table_remove(cluster->pods, pod->key);
        g_ptr_array_remove_index(cluster->pod_order, i - 1);
    }
}

void
vpa_cluster_expire(VpaCluster *cluster, gint64 wall_ns)
{
    if (wall_ns - cluster->expired_ns < EXPIRE_PERIOD_NS)
        return;
    cluster->expired_ns = wall_ns;
    for (guint i = cluster->order->len; i > 0; i--) {
        const Entry *entry = g_ptr_array_index(cluster->order, i - 1);

        if (!vpa_aggregate_is_expired(&entry->aggregate, wall_ns) &&
            (entry->is_contributive || entry->aggregate.n_samples > 0))
            continue;
        g_hash_table_remove(cluster->entries, entry->key);
        g_ptr_array_remove_index(cluster->order, i - 1);
    }
}

/* --- adding up ----------------------------------------------------------------------------------------------- */

static VpaNamed *
named_of(GArray *all, const char *container, gint64 wall_ns)
{
    VpaNamed named = {.name = container};

    for (guint i = 0; i < all->len; i++)
        if (str_is(g_array_index(all, VpaNamed, i).name, container))
            return &g_array_index(all, VpaNamed, i);
    vpa_aggregate_init(&named.aggregate, wall_ns);
    g_array_append_val(all, named);
    return &g_array_index(all, VpaNamed, all->len - 1);
}

static int
compare_named(gconstpointer a, gconstpointer b)
{
    return strcmp(((const VpaNamed *)a)->name, ((const VpaNamed *)b)->name);
}

static gboolean
is_matched(const Selector *selector, const char *namespace_, const char *own, const StrMap *labels)
{
    return selector != NULL && str_is(own, namespace_) && selector_matches(selector, labels);
}

/* subtractCurrentContainerMemoryPeak: it would count twice once the interval has ended. */
static void
subtract_peaks(const VpaCluster *cluster, const char *namespace_, const Selector *selector, GArray *all, gint64 wall_ns)
{
    for (guint i = 0; i < cluster->pod_order->len; i++) {
        const Pod *pod = g_ptr_array_index(cluster->pod_order, i);

        if (!is_matched(selector, namespace_, pod->namespace_, &pod->labels))
            continue;
        for (guint k = 0; k < pod->containers->len; k++) {
            const PodContainer *container = &g_array_index(pod->containers, PodContainer, k);

            if (wall_ns < container->container.window_end_ns)
                vpa_histogram_subtract(&named_of(all, container->name, wall_ns)->aggregate.memory,
                                       MAX(container->container.memory_peak, container->container.oom_peak), 1.0,
                                       container->container.window_end_ns);
        }
    }
}

GArray *
vpa_cluster_collect(const VpaCluster *cluster, const char *namespace_, const Selector *selector, const char *uid, gboolean settled, gint64 wall_ns)
{
    GArray *all = g_array_new(FALSE, FALSE, sizeof(VpaNamed));

    for (guint i = 0; i < cluster->order->len; i++) {
        const Entry *entry = g_ptr_array_index(cluster->order, i);

        if (is_matched(selector, namespace_, entry->namespace_, &entry->labels))
            vpa_aggregate_merge(&named_of(all, entry->container, wall_ns)->aggregate, &entry->aggregate);
    }
    for (guint i = 0; i < cluster->memories->len; i++) {
        const Memory *memory = g_ptr_array_index(cluster->memories, i);

        if (str_is(memory->uid, uid))
            vpa_aggregate_merge(&named_of(all, memory->container, wall_ns)->aggregate, &memory->aggregate);
    }
    if (settled)
        subtract_peaks(cluster, namespace_, selector, all, wall_ns);
    g_array_sort(all, compare_named);
    return all;
}

void
vpa_cluster_recall(VpaCluster *cluster, const char *uid, const ApiObject *checkpoint, gint64 wall_ns)
{
    const VpaCheckpointSpec *spec = checkpoint->spec;
    Memory *memory = g_new0(Memory, 1);

    memory->uid = uid;
    memory->container = spec->container_name;
    vpa_aggregate_init(&memory->aggregate, wall_ns);
    if (spec->container_name != NULL && vpa_aggregate_load(&memory->aggregate, checkpoint->status))
        g_ptr_array_add(cluster->memories, memory);
    else
        g_free(memory);
}
