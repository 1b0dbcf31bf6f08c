/* cache.c - see cache.h */

#include "scheduler/cache.h"

#include "base/ptr_map.h"
#include "scheduler/node_tree.h"

struct SchedCache {
    SchedListers listers;
    gpointer user;
    PodShapes *shapes;
    Nominator *nominator;
    PtrMap nodes;       /* name -> NodeInfo (owned), also those without node */
    PtrMap pods;        /* key -> PodInfo (owned) */
    GHashTable *images; /* name -> ImageState (owned) */
    GHashTable *taken;  /* name of a volume -> key of the claim (interned) */
    NodeTree *tree;
    GPtrArray *order; /* of NodeInfo (borrowed) */
    gboolean is_order_old;
    NodeColumns columns; /* (owned) of order */
    AttemptRoom room;    /* (owned) */
    GPtrArray *affinity_nodes, *anti_nodes; /* of NodeInfo (borrowed) */
    GArray *free_slots;                     /* of guint, given back */
    guint n_slots;
    guint n_prefer_taints;
    guint64 nodes_generation; /* of the nodes themselves, not of what runs there */
    TopologyBook *book;
};

static void
free_pod(gpointer key, gpointer pod, gpointer user)
{
    (void)key;
    (void)user;
    pod_info_free(pod);
}

static void
free_node(gpointer key, gpointer node, gpointer user)
{
    (void)key;
    (void)user;
    node_info_free(node);
}

/* --- life ------------------------------------------------------------------------------------------- */

SchedCache *
sched_cache_new(const SchedListers *listers, gpointer user)
{
    SchedCache *cache = g_new0(SchedCache, 1);

    cache->listers = *listers;
    cache->user = user;
    cache->shapes = pod_shapes_new();
    cache->nominator = nominator_new(cache->shapes);
    cache->images = image_states_new();
    cache->taken = g_hash_table_new(NULL, NULL);
    cache->tree = node_tree_new();
    cache->order = g_ptr_array_new();
    cache->affinity_nodes = g_ptr_array_new();
    cache->anti_nodes = g_ptr_array_new();
    cache->book = topology_book_new();
    cache->free_slots = g_array_new(FALSE, FALSE, sizeof(guint));
    return cache;
}

void
sched_cache_clear(SchedCache *cache)
{
    nominator_clear(cache->nominator);
    topology_book_clear(cache->book);
    cache->nodes_generation++;
    node_tree_free(cache->tree);
    cache->tree = node_tree_new();
    g_ptr_array_set_size(cache->order, 0);
    g_ptr_array_set_size(cache->affinity_nodes, 0);
    g_ptr_array_set_size(cache->anti_nodes, 0);
    ptr_map_foreach(&cache->pods, free_pod, NULL);
    ptr_map_clear(&cache->pods);
    ptr_map_foreach(&cache->nodes, free_node, NULL);
    ptr_map_clear(&cache->nodes);
    g_hash_table_remove_all(cache->images);
    g_hash_table_remove_all(cache->taken);
    pod_shapes_clear(cache->shapes);
    g_array_set_size(cache->free_slots, 0);
    node_columns_reset(&cache->columns);
    cache->n_slots = 0;
    cache->n_prefer_taints = 0;
    cache->is_order_old = FALSE;
}

void
sched_cache_free(SchedCache *cache)
{
    if (cache == NULL)
        return;
    sched_cache_clear(cache);
    nominator_free(cache->nominator);
    topology_book_free(cache->book);
    node_tree_free(cache->tree);
    g_ptr_array_free(cache->order, TRUE);
    g_ptr_array_free(cache->affinity_nodes, TRUE);
    g_ptr_array_free(cache->anti_nodes, TRUE);
    g_array_free(cache->free_slots, TRUE);
    g_hash_table_destroy(cache->images);
    g_hash_table_destroy(cache->taken);
    pod_shapes_free(cache->shapes);
    node_columns_clear(&cache->columns);
    attempt_room_clear(&cache->room);
    g_free(cache);
}

PodShapes *
sched_cache_shapes(SchedCache *cache)
{
    return cache->shapes;
}

Nominator *
sched_cache_nominator(SchedCache *cache)
{
    return cache->nominator;
}

/* --- nodes -------------------------------------------------------------------------------------------- */

/* Keeps @place of @node in @list: in it iff @wanted. */
static void
place_node(GPtrArray *list, NodeInfo *node, gboolean wanted, gsize place_offset)
{
    guint *place = (guint *)((char *)node + place_offset);
    NodeInfo *moved;

    if (wanted == (*place != G_MAXUINT))
        return;
    if (wanted) {
        *place = list->len;
        g_ptr_array_add(list, node);
        return;
    }
    g_ptr_array_remove_index_fast(list, *place);
    if (*place < list->len) {
        moved = list->pdata[*place];
        *(guint *)((char *)moved + place_offset) = *place;
    }
    *place = G_MAXUINT;
}

static void
node_place(SchedCache *cache, NodeInfo *node)
{
    gboolean is_known = node->node != NULL;

    place_node(cache->affinity_nodes, node, is_known && node->affinity_pods->len > 0,
               offsetof(NodeInfo, affinity_place));
    place_node(cache->anti_nodes, node, is_known && node->required_anti_pods->len > 0,
               offsetof(NodeInfo, anti_place));
}

static void
node_changed(SchedCache *cache, NodeInfo *node)
{
    node_columns_note(&cache->columns, node);
    node_place(cache, node);
}

/* A pod of that shape came or went: without terms it says nothing about the lists of those that have some. */
static void
node_load_changed(SchedCache *cache, NodeInfo *node, const PodShape *shape)
{
    node_columns_note(&cache->columns, node);
    if (pod_shape_has_affinity(shape))
        node_place(cache, node);
}

static guint
take_slot(SchedCache *cache)
{
    guint n = cache->free_slots->len;
    guint slot;

    if (n == 0)
        return cache->n_slots++;
    slot = g_array_index(cache->free_slots, guint, n - 1);
    g_array_set_size(cache->free_slots, n - 1);
    return slot;
}

static NodeInfo *
node_or_new(SchedCache *cache, const char *name)
{
    NodeInfo *node = ptr_map_get(&cache->nodes, name);

    if (node == NULL) {
        node = node_info_new(name);
        node->slot = take_slot(cache);
        ptr_map_set(&cache->nodes, node->name, node);
    }
    return node;
}

static void
drop_if_empty(SchedCache *cache, NodeInfo *node)
{
    if (node->node != NULL || node->pods->len > 0)
        return;
    g_array_append_val(cache->free_slots, node->slot);
    ptr_map_take(&cache->nodes, node->name);
    node_info_free(node);
}

static gboolean
images_same(const ApiObject *a, const ApiObject *b)
{
    const NodeStatus *x = node_status(a);
    const NodeStatus *y = node_status(b);

    if (x == y)
        return TRUE;
    if (x->images.count != y->images.count)
        return FALSE;
    for (guint i = 0; i < x->images.count; i++) {
        const ContainerImage *one = &x->images.items[i];
        const ContainerImage *other = &y->images.items[i];

        if (one->size_bytes != other->size_bytes || one->names.count != other->names.count)
            return FALSE;
        for (guint k = 0; k < one->names.count; k++) {
            if (one->names.items[k] != other->names.items[k])
                return FALSE;
        }
    }
    return TRUE;
}

static gboolean
labels_same(const ApiObject *a, const ApiObject *b)
{
    return a->meta == b->meta || str_map_equal(&a->meta->labels, &b->meta->labels);
}

static gboolean
capacity_same(const ApiObject *a, const ApiObject *b)
{
    const QuantityMap *x = &node_status(a)->allocatable;
    const QuantityMap *y = &node_status(b)->allocatable;

    if (a->status == b->status)
        return TRUE;
    if (x->count != y->count)
        return FALSE;
    for (guint i = 0; i < x->count; i++) {
        if (x->items[i].key != y->items[i].key || x->items[i].value.nano != y->items[i].value.nano)
            return FALSE;
    }
    return TRUE;
}

static void
count_taints(SchedCache *cache, const NodeInfo *node, gint step)
{
    if (node->n_prefer_taints > 0)
        cache->n_prefer_taints += (guint)step;
}

static void
node_came(SchedCache *cache, NodeInfo *node, const ApiObject *object)
{
    node_info_set_node(node, object);
    image_states_count(cache->images, node, TRUE);
    count_taints(cache, node, 1);
    node_tree_add(cache->tree, node, node->zone_key);
    cache->is_order_old = TRUE;
    cache->nodes_generation++;
    node_changed(cache, node);
}

/* Most updates are a kubelet's report and change nothing that counts here. */
static void
node_updated(SchedCache *cache, NodeInfo *node, const ApiObject *object)
{
    g_autoptr(ApiObject) old = api_object_ref(node->node);
    const char *old_zone = node->zone_key;
    gboolean has_new_images = !images_same(old, object);

    if (has_new_images)
        image_states_count(cache->images, node, FALSE);
    count_taints(cache, node, -1);
    node_info_set_node(node, object);
    count_taints(cache, node, 1);
    if (has_new_images)
        image_states_count(cache->images, node, TRUE);
    if (old_zone != node->zone_key) {
        node_tree_remove(cache->tree, node, old_zone);
        node_tree_add(cache->tree, node, node->zone_key);
        cache->is_order_old = TRUE;
    }
    if (!labels_same(old, object))
        cache->nodes_generation++;
    if (old->spec != object->spec || !labels_same(old, object) || !capacity_same(old, object))
        node_changed(cache, node);
}

void
sched_cache_set_node(SchedCache *cache, const ApiObject *object)
{
    NodeInfo *node = node_or_new(cache, api_name(object));

    if (node->node == NULL)
        node_came(cache, node, object);
    else
        node_updated(cache, node, object);
}

void
sched_cache_remove_node(SchedCache *cache, const char *name)
{
    NodeInfo *node = ptr_map_get(&cache->nodes, name);

    if (node == NULL || node->node == NULL)
        return;
    image_states_count(cache->images, node, FALSE);
    count_taints(cache, node, -1);
    node_tree_remove(cache->tree, node, node->zone_key);
    cache->is_order_old = TRUE;
    cache->nodes_generation++;
    node_info_set_node(node, NULL);
    node->order_index = G_MAXUINT;
    node_changed(cache, node);
    drop_if_empty(cache, node);
}

NodeInfo *
sched_cache_find_node(const SchedCache *cache, const char *name)
{
    NodeInfo *node = ptr_map_get(&cache->nodes, name);

    return node == NULL || node->node == NULL ? NULL : node;
}

static void
settle_order(SchedCache *cache)
{
    node_tree_list(cache->tree, cache->order);
    node_columns_set(&cache->columns, cache->order, cache->n_slots);
    cache->is_order_old = FALSE;
}

const NodeColumns *
sched_cache_columns(SchedCache *cache)
{
    if (cache->is_order_old)
        settle_order(cache);
    return &cache->columns;
}

NodeInfo *const *
sched_cache_nodes(SchedCache *cache, guint *out_n)
{
    if (cache->is_order_old)
        settle_order(cache);
    *out_n = cache->order->len;
    return (NodeInfo *const *)cache->order->pdata;
}

/* --- pods ------------------------------------------------------------------------------------------------ */

static void
pod_detach(SchedCache *cache, PodInfo *info)
{
    NodeInfo *node = info->node;

    topology_book_shift(cache->book, &cache->columns, info->pod, node->slot, -1);
    node_info_remove_pod(node, info);
    node_load_changed(cache, node, info->shape);
    drop_if_empty(cache, node);
}

/* Does a pod of shape @b weigh on its node as one of shape @a does? */
static gboolean
weighs_same(const PodShape *a, const PodShape *b)
{
    if (a == b)
        return TRUE;
    return a->requests.n_scalars == 0 && b->requests.n_scalars == 0 && a->ports.count == 0 &&
           b->ports.count == 0 && a->requests.cpu_milli == b->requests.cpu_milli &&
           a->requests.memory_bytes == b->requests.memory_bytes &&
           a->requests.ephemeral_bytes == b->requests.ephemeral_bytes &&
           a->non_zero_cpu_milli == b->non_zero_cpu_milli &&
           a->non_zero_memory_bytes == b->non_zero_memory_bytes;
}

/* Do selectors see the same of both? */
static gboolean
is_selected_same(const ApiObject *a, const ApiObject *b)
{
    return labels_same(a, b) && api_is_deleting(a) == api_is_deleting(b);
}

/*
 * A change of a pod where it is: out of the list and to its end, as the real
 * cache does. Most are a status, which moves no sum and no count.
 */
static void
pod_change(SchedCache *cache, PodInfo *info, const ApiObject *pod)
{
    NodeInfo *node = info->node;
    PodShape *before = info->shape;
    PodShape *shape = pod_shape_again(cache->shapes, pod, before);
    gboolean is_counted_same = is_selected_same(info->pod, pod);
    gboolean is_same = weighs_same(before, shape);
    gboolean has_same_terms =
        before == shape || (!pod_shape_has_affinity(before) && !pod_shape_has_affinity(shape));

    if (!is_counted_same)
        topology_book_shift(cache->book, &cache->columns, info->pod, node->slot, -1);
    if (is_same && has_same_terms) {
        node_info_renew_pod(node, info);
        pod_info_take(info, pod, shape);
    } else {
        node_info_remove_pod(node, info);
        pod_info_take(info, pod, shape);
        node_info_add_pod(node, info);
    }
    if (!is_counted_same)
        topology_book_shift(cache->book, &cache->columns, pod, node->slot, 1);
    if (!is_same)
        node_changed(cache, node);
    else if (!has_same_terms)
        node_place(cache, node);
}

static void
pod_place(SchedCache *cache, const ApiObject *pod, const char *node_name, gboolean is_assumed)
{
    PodInfo *info = ptr_map_get(&cache->pods, api_key(pod));
    NodeInfo *node;

    if (info != NULL && info->node->name == node_name) {
        info->is_assumed = is_assumed;
        pod_change(cache, info, pod);
        return;
    }
    node = node_or_new(cache, node_name);
    if (info == NULL) {
        info = pod_info_new(cache->shapes, pod);
        ptr_map_set(&cache->pods, info->key, info);
    } else {
        pod_detach(cache, info);
        pod_info_set(info, cache->shapes, pod);
    }
    info->is_assumed = is_assumed;
    node_info_add_pod(node, info);
    topology_book_shift(cache->book, &cache->columns, pod, node->slot, 1);
    node_load_changed(cache, node, info->shape);
}

void
sched_cache_set_pod(SchedCache *cache, const ApiObject *pod)
{
    g_assert(!str_is_empty(pod_spec(pod)->node_name));
    pod_place(cache, pod, pod_spec(pod)->node_name, FALSE);
}

void
sched_cache_assume(SchedCache *cache, const ApiObject *pod, const char *node_name)
{
    pod_place(cache, pod, node_name, TRUE);
}

void
sched_cache_fetch(const SchedCache *cache, const char *key, const NodeInfo *node)
{
    ptr_map_fetch(&cache->pods, key);
    for (gsize at = 0; node != NULL && at < sizeof *node; at += 64)
        fetch((const char *)node + at);
}

void
sched_cache_remove_pod(SchedCache *cache, const char *key)
{
    PodInfo *info = ptr_map_get(&cache->pods, key);

    if (info == NULL)
        return;
    pod_detach(cache, info);
    ptr_map_take(&cache->pods, key);
    pod_info_free(info);
}

void
sched_cache_forget(SchedCache *cache, const char *key)
{
    if (sched_cache_is_assumed(cache, key))
        sched_cache_remove_pod(cache, key);
}

gboolean
sched_cache_is_assumed(const SchedCache *cache, const char *key)
{
    const PodInfo *info = ptr_map_get(&cache->pods, key);

    return info != NULL && info->is_assumed;
}

/* --- look-ups ------------------------------------------------------------------------------------------------ */

AttemptRoom *
sched_cache_room(SchedCache *cache, guint n)
{
    attempt_room_reserve(&cache->room, n);
    return &cache->room;
}

const GPtrArray *
sched_cache_affinity_nodes(const SchedCache *cache)
{
    return cache->affinity_nodes;
}

const GPtrArray *
sched_cache_anti_nodes(const SchedCache *cache)
{
    return cache->anti_nodes;
}

const ImageState *
sched_cache_image(const SchedCache *cache, const char *name)
{
    return g_hash_table_lookup(cache->images, name);
}

guint
sched_cache_prefer_taints(const SchedCache *cache)
{
    return cache->n_prefer_taints;
}

void
sched_cache_take_volume(SchedCache *cache, const char *volume, const char *key)
{
    if (key != NULL)
        g_hash_table_insert(cache->taken, (gpointer)volume, (gpointer)key);
    else
        g_hash_table_remove(cache->taken, volume);
}

const char *
sched_cache_volume_taker(const SchedCache *cache, const char *volume)
{
    return g_hash_table_lookup(cache->taken, volume);
}

void
sched_cache_list(const SchedCache *cache,
                 const ApiKind *kind,
                 const char *namespace_,
                 GPtrArray *out)
{
    if (cache->listers.list != NULL)
        cache->listers.list(cache->user, kind, namespace_, out);
}

const ApiObject *
sched_cache_get(const SchedCache *cache,
                const ApiKind *kind,
                const char *namespace_,
                const char *name)
{
    if (cache->listers.get == NULL)
        return NULL;
    return cache->listers.get(cache->user, kind, namespace_, name);
}

const StrMap *
sched_cache_namespace_labels(const SchedCache *cache, const char *namespace_)
{
    static const StrMap none = {0};
    const ApiObject *object = sched_cache_get(cache, &namespace_kind, NULL, namespace_);

    return object == NULL ? &none : &object->meta->labels;
}

guint
sched_cache_slots(const SchedCache *cache)
{
    return cache->n_slots;
}

const Topology *
sched_cache_topology(SchedCache *cache, const char *key)
{
    guint n;
    NodeInfo *const *nodes = sched_cache_nodes(cache, &n);

    return topology_book_topology(cache->book, key, nodes, n, cache->n_slots,
                                  cache->nodes_generation);
}

const gint64 *
sched_cache_totals(SchedCache *cache, PodCounts *counts, const Topology *topology)
{
    guint n;
    NodeInfo *const *nodes = sched_cache_nodes(cache, &n);

    return pod_counts_totals(counts, topology, nodes, n);
}

typedef struct {
    const NodeColumns *columns;
    PodCounts *counts;
} Counting;

static void
count_pod(gpointer key, gpointer value, gpointer data)
{
    const PodInfo *pod = value;
    const Counting *counting = data;

    (void)key;
    if (api_namespace(pod->pod) == counting->counts->namespace_)
        pod_counts_shift(counting->counts, counting->columns, pod->pod, pod->node->slot, 1);
}

PodCounts *
sched_cache_count(SchedCache *cache, const PodSelector *selector)
{
    PodCounts *counts = topology_book_find(cache->book, selector);

    if (counts != NULL)
        return counts;
    counts = topology_book_add(cache->book, selector);
    /* Also pods whose node is unknown yet; the order of a sum does not matter. */
    ptr_map_foreach(&cache->pods, count_pod, &(Counting){&cache->columns, counts});
    return counts;
}

const guint8 *
sched_cache_count_column(SchedCache *cache, PodCounts *counts)
{
    return pod_counts_column(counts, sched_cache_columns(cache));
}
