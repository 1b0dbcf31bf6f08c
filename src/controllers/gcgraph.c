#include "controllers/gcgraph.h"

#include "base/pool.h"

#define ABSENT_MAX 500

struct GcGraph {
    PtrMap nodes;       /* interned uid -> GcNode * (owned) */
    GPtrArray *scratch; /* lent by gc_graph_scratch */
    gboolean lost_some; /* nodes of objects whose end nobody has told of yet */
    GHashTable *absent; /* set of interned coordinates */
    GQueue absent_order;
    guint64 arrivals;
};

static void
node_free(GcNode *node)
{
    api_part_unref(node->meta);
    ptr_map_clear(&node->dependents);
    POOL_FREE(GcNode, node);
}

GcGraph *
gc_graph_new(void)
{
    GcGraph *graph = g_new0(GcGraph, 1);

    graph->scratch = g_ptr_array_new();
    graph->absent = g_hash_table_new(NULL, NULL);
    g_queue_init(&graph->absent_order);
    return graph;
}

static void
free_node_of(gpointer key, gpointer node, gpointer user_data)
{
    (void)key;
    (void)user_data;
    node_free(node);
}

void
gc_graph_free(gpointer data)
{
    GcGraph *graph = data;

    ptr_map_foreach(&graph->nodes, free_node_of, NULL);
    ptr_map_clear(&graph->nodes);
    g_ptr_array_unref(graph->scratch);
    g_hash_table_unref(graph->absent);
    g_queue_clear(&graph->absent_order);
    g_free(graph);
}

GcNode *
gc_graph_get(GcGraph *graph, const char *uid)
{
    return uid == NULL ? NULL : ptr_map_get(&graph->nodes, uid);
}

GPtrArray *
gc_graph_scratch(GcGraph *graph)
{
    g_ptr_array_set_size(graph->scratch, 0);
    return graph->scratch;
}

/* --- keys -------------------------------------------------------------------------------------------- */

static const char *
node_key(const GcNode *node, const char *suffix)
{
    const GcIdentity *id = &node->id;

    if (id->namespace_ == NULL)
        return str_internf("%s/%s#%s%s", id->kind->singular, id->name, id->uid, suffix);
    return str_internf("%s/%s/%s#%s%s", id->kind->singular, id->namespace_, id->name, id->uid, suffix);
}

const char *
gc_delete_key(const GcNode *node)
{
    return node_key(node, "");
}

const char *
gc_orphan_key(const GcNode *node)
{
    return node_key(node, "~");
}

const char *
gc_split_key(const char *key, gboolean *out_is_orphan)
{
    const char *uid = strchr(key, '#') + 1;
    gsize length = strlen(uid);

    *out_is_orphan = length > 0 && uid[length - 1] == '~';
    return str_intern_len(uid, length - (*out_is_orphan ? 1 : 0));
}

static void
ask(const GcNode *node, GPtrArray *out_keys)
{
    g_ptr_array_add(out_keys, (gpointer)gc_delete_key(node));
}

static gint
compare_arrival(gconstpointer a, gconstpointer b)
{
    const GcNode *node_a = *(GcNode *const *)a;
    const GcNode *node_b = *(GcNode *const *)b;

    return node_a->arrival < node_b->arrival ? -1 : 1;
}

guint
gc_node_count_dependents(const GcNode *node)
{
    return node->dependents.count;
}

static void
list_node(gpointer node, gpointer value, gpointer list)
{
    (void)value;
    g_ptr_array_add(list, node);
}

GPtrArray *
gc_node_dependents(const GcNode *node)
{
    GPtrArray *list = g_ptr_array_sized_new(gc_node_count_dependents(node));

    ptr_map_foreach(&node->dependents, list_node, list);
    g_ptr_array_sort(list, compare_arrival);
    return list;
}

static void
ask_dependents(const GcNode *node, GPtrArray *out_keys)
{
    g_autoptr(GPtrArray) dependents = gc_node_dependents(node);

    for (guint i = 0; i < dependents->len; i++)
        ask(dependents->pdata[i], out_keys);
}

/* --- absent owners -------------------------------------------------------------------------------------- */

static const char *
absent_key(GcIdentity owner)
{
    return str_internf("%s/%s/%s/%s", owner.kind->plural, owner.namespace_ == NULL ? "" : owner.namespace_, owner.name,
                       owner.uid);
}

GcIdentity
gc_reference_id(const OwnerReference *reference, const char *namespace_)
{
    const ApiKind *kind = api_kind_find(reference->api_version, reference->kind);

    return (GcIdentity){kind, kind != NULL && kind->is_namespaced ? namespace_ : NULL, reference->name,
                        reference->uid};
}

static gboolean
id_equal(GcIdentity a, GcIdentity b)
{
    return a.kind == b.kind && str_is(a.uid, b.uid) && str_is(a.name, b.name) &&
           g_strcmp0(a.namespace_, b.namespace_) == 0;
}

gboolean
gc_graph_is_absent(const GcGraph *graph, GcIdentity owner)
{
    return owner.kind != NULL && g_hash_table_contains(graph->absent, absent_key(owner));
}

void
gc_graph_add_absent(GcGraph *graph, GcIdentity owner)
{
    const char *key = absent_key(owner);

    if (!g_hash_table_add(graph->absent, (gpointer)key))
        return;
    g_queue_push_tail(&graph->absent_order, (gpointer)key);
    if (graph->absent_order.length > ABSENT_MAX)
        g_hash_table_remove(graph->absent, g_queue_pop_head(&graph->absent_order));
}

/* --- edges -------------------------------------------------------------------------------------------------- */

static GcNode *
node_add(GcGraph *graph, GcIdentity id)
{
    GcNode *node = POOL_NEW0(GcNode);

    node->id = id;
    node->arrival = ++graph->arrivals;
    ptr_map_set(&graph->nodes, id.uid, node);
    return node;
}

/* Whether @reference of an object in @namespace_ means @owner; nearly always it does, which is seen without a search. */
static gboolean
means(const OwnerReference *reference, const char *namespace_, GcIdentity owner)
{
    if (str_is(reference->uid, owner.uid) && str_is(reference->name, owner.name) &&
        str_is(reference->kind, owner.kind->kind) &&
        str_is(reference->api_version, api_kind_api_version(owner.kind)) &&
        (owner.namespace_ == NULL || owner.namespace_ == namespace_))
        return TRUE;
    return id_equal(gc_reference_id(reference, namespace_), owner);
}

static gboolean
is_foreign(const GcNode *owner, const GcNode *dependent)
{
    return owner->id.namespace_ != NULL && owner->id.namespace_ != dependent->id.namespace_;
}

/*
 * v1.34 graph_builder.go, addDependentToOwners: an owner that is not known becomes a virtual node, to be looked up. One
 * that is known, but not as the reference has it: the dependent is looked at.
 */
static void
link_to_owner(GcGraph *graph, GcNode *node, const OwnerReference *reference, GPtrArray *out_keys)
{
    GcNode *owner = gc_graph_get(graph, reference->uid);

    if (owner == NULL) {
        GcIdentity id = gc_reference_id(reference, node->id.namespace_);

        if (id.kind == NULL)
            return;
        owner = node_add(graph, id);
        owner->is_virtual = TRUE;
        ask(owner, out_keys);
    } else if (is_foreign(owner, node)) {
        if (!owner->is_virtual && !node->has_foreign_owner) {
            node->has_foreign_owner = TRUE;
            node->foreign_owner = *reference;
        }
        ask(node, out_keys);
    } else if (!means(reference, node->id.namespace_, owner->id)) {
        ask(node, out_keys);
    }
    ptr_map_set(&owner->dependents, node, node);
}

static void
unlink_from_owner(GcGraph *graph, GcNode *node, const OwnerReference *reference)
{
    GcNode *owner = gc_graph_get(graph, reference->uid);

    if (owner != NULL)
        ptr_map_take(&owner->dependents, node);
}

static const OwnerReference *
find_reference(const ObjectMeta *meta, const char *uid)
{
    for (guint i = 0; meta != NULL && i < meta->owner_references.count; i++)
        if (str_is(meta->owner_references.items[i].uid, uid))
            return &meta->owner_references.items[i];
    return NULL;
}

guint
gc_node_count_owners(const GcNode *node)
{
    return node->meta == NULL ? 0 : node->meta->owner_references.count;
}

static gboolean
blocks(const OwnerReference *reference)
{
    return reference->block_owner_deletion == OPT_TRUE;
}

/* v1.34 graph_builder.go, referencesDiffs: new edges, lost edges, and owners that are no longer held up. */
static void
update_owners(GcGraph *graph, GcNode *node, const ApiObject *object, GPtrArray *out_keys)
{
    ObjectMeta *before = node->meta;
    ObjectMeta *now = object->meta;

    for (guint i = 0; i < gc_node_count_owners(node); i++) {
        const OwnerReference *was = &before->owner_references.items[i];
        const OwnerReference *is = find_reference(now, was->uid);
        GcNode *owner = gc_graph_get(graph, was->uid);

        if (owner != NULL && blocks(was) && (is == NULL || !blocks(is)))
            ask(owner, out_keys);
        if (is == NULL)
            unlink_from_owner(graph, node, was);
    }
    for (guint i = 0; i < now->owner_references.count; i++)
        if (find_reference(before, now->owner_references.items[i].uid) == NULL)
            link_to_owner(graph, node, &now->owner_references.items[i], out_keys);
    node->meta = now->owner_references.count == 0 ? NULL : api_part_ref(now);
    api_part_unref(before);
}

/* --- changes ------------------------------------------------------------------------------------------------ */

static gboolean
starts(const ApiObject *old, const ApiObject *object, const char *finalizer)
{
    const char *name;

    if (!api_is_deleting(object))
        return FALSE;
    name = str_intern(finalizer);
    if (!str_list_contains(&object->meta->finalizers, name))
        return FALSE;
    return old == NULL || !api_is_deleting(old) || !str_list_contains(&old->meta->finalizers, name);
}

/* v1.34 graph_builder.go, processTransitions. */
static void
process_transitions(GcNode *node,
                    const ApiObject *old,
                    const ApiObject *object,
                    GPtrArray *out_keys)
{
    if (starts(old, object, "orphan")) {
        g_ptr_array_add(out_keys, (gpointer)gc_orphan_key(node));
        return;
    }
    if (!starts(old, object, "foregroundDeletion"))
        return;
    node->is_deleting_dependents = TRUE;
    ask_dependents(node, out_keys);
    ask(node, out_keys);
}

static void
remove_node(GcGraph *graph, GcNode *node, GPtrArray *out_keys)
{
    if (gc_node_count_dependents(node) > 0)
        gc_graph_add_absent(graph, node->id);
    ask_dependents(node, out_keys);
    for (guint i = 0; i < gc_node_count_owners(node); i++) {
        const OwnerReference *reference = &node->meta->owner_references.items[i];
        GcNode *owner = gc_graph_get(graph, reference->uid);

        unlink_from_owner(graph, node, reference);
        if (owner != NULL && owner->is_deleting_dependents)
            ask(owner, out_keys);
    }
    ptr_map_take(&graph->nodes, node->id.uid);
    node_free(node);
}

/* The reference by which @dependent owes itself to @owner's uid, and whether it means @owner. */
static const OwnerReference *
reference_to(const GcNode *dependent, GcIdentity owner, gboolean *out_matches)
{
    const OwnerReference *reference = find_reference(dependent->meta, owner.uid);

    *out_matches = reference != NULL && means(reference, dependent->id.namespace_, owner);
    return reference;
}

/* partitionDependents: those that mean @owner are asked; the first other one's idea of it goes to *out_other. */
static guint
ask_matching(const GcNode *node, GcIdentity owner, GcIdentity *out_other, GPtrArray *out_keys)
{
    g_autoptr(GPtrArray) dependents = gc_node_dependents(node);
    guint count = 0;

    for (guint i = 0; i < dependents->len; i++) {
        const GcNode *dependent = dependents->pdata[i];
        gboolean matches;
        const OwnerReference *reference = reference_to(dependent, owner, &matches);

        if (matches) {
            ask(dependent, out_keys);
            count++;
        } else if (out_other->kind == NULL && reference != NULL) {
            *out_other = gc_reference_id(reference, dependent->id.namespace_);
        }
    }
    return count;
}

gboolean
gc_graph_virtual_delete(GcGraph *graph, GcIdentity id, GPtrArray *out_keys)
{
    GcNode *node = gc_graph_get(graph, id.uid);
    g_autoptr(GPtrArray) matching = g_ptr_array_new();
    GcIdentity other = {0};
    gboolean is_other;

    if (node == NULL)
        return FALSE;
    if (ask_matching(node, id, &other, matching) > 0 && (other.kind != NULL || !id_equal(node->id, id)))
        gc_graph_add_absent(graph, id);
    if (node->is_virtual ? other.kind == NULL : id_equal(node->id, id)) {
        graph->lost_some |= !node->is_virtual;
        remove_node(graph, node, out_keys);
        return FALSE;
    }
    for (guint i = 0; i < matching->len; i++)
        g_ptr_array_add(out_keys, matching->pdata[i]);
    /* What was not there may be there under another name. */
    is_other = node->is_virtual && id_equal(node->id, id);
    if (is_other)
        node->id = other;
    return is_other;
}

/* A virtual node is seen: those who think it is something else are looked at. */
static void
note_seen(GcNode *node, GcIdentity seen, GPtrArray *out_keys)
{
    g_autoptr(GPtrArray) dependents = NULL;

    if (!node->is_virtual)
        return;
    node->is_virtual = FALSE;
    if (id_equal(node->id, seen))
        return;
    node->id = seen;
    dependents = gc_node_dependents(node);
    for (guint i = 0; i < dependents->len; i++) {
        GcNode *dependent = dependents->pdata[i];
        gboolean matches;
        const OwnerReference *reference = reference_to(dependent, seen, &matches);

        if (matches || reference == NULL)
            continue;
        if (is_foreign(node, dependent) && !dependent->has_foreign_owner) {
            dependent->has_foreign_owner = TRUE;
            dependent->foreign_owner = *reference;
        }
        ask(dependent, out_keys);
    }
}

static gboolean
is_unchanged(const ApiObject *old, const ApiObject *object)
{
    const ObjectMeta *a = old->meta;
    const ObjectMeta *b = object->meta;

    return a == b || (a->owner_references.count == 0 && b->owner_references.count == 0 &&
                      a->deletion_time == b->deletion_time && a->finalizers.count == 0 &&
                      b->finalizers.count == 0);
}

static GcIdentity
identity_of(const ApiObject *object)
{
    return (GcIdentity){object->kind, api_namespace(object), api_name(object), api_uid(object)};
}

/* A node that was removed early is made again by the next that is heard of it, so then none is passed over. */
gboolean
gc_graph_is_settled(const GcGraph *graph, const ApiObject *old, const ApiObject *object)
{
    return old != NULL && object != NULL && old->meta == object->meta && !graph->lost_some;
}

void
gc_graph_observe(GcGraph *graph, const ApiObject *old, const ApiObject *object, GPtrArray *out_keys)
{
    const ApiObject *any = object != NULL ? object : old;
    GcNode *node = gc_graph_get(graph, api_uid(any));

    if (object == NULL) {
        if (node != NULL)
            remove_node(graph, node, out_keys);
        return;
    }
    if (node != NULL && !node->is_virtual && old != NULL && is_unchanged(old, object))
        return;
    if (node == NULL)
        node = node_add(graph, identity_of(object));
    note_seen(node, identity_of(object), out_keys);
    if (api_is_deleting(object))
        node->is_being_deleted = TRUE;
    update_owners(graph, node, object, out_keys);
    process_transitions(node, old, object, out_keys);
}
