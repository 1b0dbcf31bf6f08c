/*
 * memo.c - one spec for all pods of a template
 *
 * Pods of one owner are sent with equal specs. What defaulting and admission
 * made of the first one serves for the others too, and once more for those
 * bound to one node: 150,000 pods then hold a few thousand specs.
 *
 * DEVIATES: such pods share the random suffix of their token volume's name.
 */

#include "apiserver/server.h"

#include "base/caches.h"

#define OWNERS_MAX 1024
#define BOUND_MAX  65536
/* An owner whose pods all differ is not worth comparing. */
#define MISSES_MAX 3

typedef struct {
    const char *owner_uid; /* interned */
    const char *generate_name;
    gpointer sent, spec, status; /* (owned) parts: as sent, as stored */
    ObjectMeta *meta;            /* (owned) part: for labels and annotations */
    guint misses;
} Template;

typedef struct {
    gpointer spec;         /* (owned) part: unbound */
    const char *node_name; /* interned */
    gpointer bound;        /* (owned) part */
} Bound;

struct SpecMemo {
    GHashTable *templates; /* owner uid -> Template* (owned) */
    GQueue template_order; /* Template*, oldest first */
    GHashTable *made;      /* set of the templates' spec parts */
    GHashTable *bound;     /* Bound* (owned) set by (spec, node) */
    GQueue bound_order;
    PtrMap latest; /* node name -> Bound* (borrowed): the last of its node that was wanted, which is mostly wanted again */
};

static void
template_free(gpointer data)
{
    Template *template_ = data;

    api_part_unref(template_->sent);
    api_part_unref(template_->spec);
    api_part_unref(template_->status);
    api_part_unref(template_->meta);
    g_free(template_);
}

static void
bound_free(gpointer data)
{
    Bound *bound = data;

    api_part_unref(bound->spec);
    api_part_unref(bound->bound);
    g_free(bound);
}

/* Hashes of addresses are for look-up only: nothing lists these tables. */
static guint
bound_hash(gconstpointer data)
{
    const Bound *bound = data;

    return g_direct_hash(bound->spec) * 31u + g_direct_hash(bound->node_name);
}

static gboolean
bound_equal(gconstpointer a, gconstpointer b)
{
    const Bound *left = a;
    const Bound *right = b;

    return left->spec == right->spec && left->node_name == right->node_name;
}

SpecMemo *
spec_memo_new(void)
{
    SpecMemo *memo = g_new0(SpecMemo, 1);

    memo->templates = g_hash_table_new_full(NULL, NULL, NULL, template_free);
    memo->made = g_hash_table_new(NULL, NULL);
    memo->bound = g_hash_table_new_full(bound_hash, bound_equal, bound_free, NULL);
    g_queue_init(&memo->template_order);
    g_queue_init(&memo->bound_order);
    return memo;
}

void
spec_memo_free(SpecMemo *memo)
{
    if (memo == NULL)
        return;
    g_queue_clear(&memo->template_order);
    g_queue_clear(&memo->bound_order);
    ptr_map_clear(&memo->latest);
    g_hash_table_destroy(memo->bound);
    g_hash_table_destroy(memo->made);
    g_hash_table_destroy(memo->templates);
    g_free(memo);
}

static gboolean
is_equal_spec(gconstpointer a, gconstpointer b)
{
    return a == b || api_struct_equal(&pod_spec_type, a, b);
}

gboolean
spec_memo_apply(SpecMemo *memo, ApiObject *pod, gpointer *out_sent)
{
    const OwnerReference *owner = api_controller_of(pod);
    const ObjectMeta *meta = pod->meta;
    Template *known;

    if (owner == NULL || str_is_empty(meta->generate_name) || meta->finalizers.count > 0)
        return FALSE;
    known = g_hash_table_lookup(memo->templates, owner->uid);
    if (known != NULL && known->generate_name == meta->generate_name &&
        is_equal_spec(known->sent, pod->spec) &&
        str_map_equal(&known->meta->labels, &meta->labels) &&
        str_map_equal(&known->meta->annotations, &meta->annotations)) {
        if (known->sent != pod->spec) { /* the owner sends the next ones by this copy: they need no look at what it says */
            api_part_unref(known->sent);
            known->sent = api_part_ref(pod->spec);
        }
        api_object_set_spec(pod, known->spec);
        api_object_set_status(pod, known->status);
        known->misses = 0;
        return TRUE;
    }
    if (known != NULL && ++known->misses > MISSES_MAX)
        return FALSE;
    *out_sent = api_part_ref(pod->spec);
    return FALSE;
}

static void
forget(SpecMemo *memo, Template *template_)
{
    g_hash_table_remove(memo->made, template_->spec);
    g_queue_remove(&memo->template_order, template_);
    g_hash_table_remove(memo->templates, template_->owner_uid);
}

void
spec_memo_learn(SpecMemo *memo, gpointer sent, const ApiObject *pod)
{
    const OwnerReference *owner = api_controller_of(pod);
    Template *template_ = g_hash_table_lookup(memo->templates, owner->uid);
    guint misses = 0;

    if (template_ != NULL) {
        misses = template_->misses;
        forget(memo, template_);
    } else if (memo->template_order.length >= OWNERS_MAX) {
        forget(memo, g_queue_peek_head(&memo->template_order));
    }
    template_ = g_new(Template, 1);
    *template_ = (Template){
        .owner_uid = owner->uid,
        .generate_name = pod->meta->generate_name,
        .sent = sent,
        .spec = api_part_ref(pod->spec),
        .status = api_part_ref(pod->status),
        .meta = api_part_ref(pod->meta),
        .misses = misses,
    };
    g_hash_table_insert(memo->templates, (gpointer)template_->owner_uid, template_);
    g_hash_table_add(memo->made, template_->spec);
    g_queue_push_tail(&memo->template_order, template_);
}

static const Bound *
find_bound(SpecMemo *memo, gpointer spec, const char *node_name)
{
    Bound wanted = {.spec = spec, .node_name = node_name};
    const PtrMapEntry *entry = ptr_map_find(&memo->latest, node_name);
    Bound *found = entry == NULL ? NULL : entry->value;

    if (G_LIKELY(found != NULL && found->spec == spec)) {
        g_assert(!caches_are_checked() || g_hash_table_lookup(memo->bound, &wanted) == found);
        return found;
    }
    found = g_hash_table_lookup(memo->bound, &wanted);
    if (found != NULL)
        ptr_map_set(&memo->latest, node_name, found);
    return found;
}

static void
forget_bound(SpecMemo *memo, Bound *bound)
{
    const PtrMapEntry *entry = ptr_map_find(&memo->latest, bound->node_name);

    if (entry != NULL && entry->value == bound)
        ptr_map_take(&memo->latest, bound->node_name);
    g_hash_table_remove(memo->bound, bound);
}

void
spec_memo_bind(SpecMemo *memo, ApiObject *pod, const char *node_name)
{
    const Bound *found = find_bound(memo, pod->spec, node_name);
    Bound *made;

    if (found != NULL) {
        api_object_set_spec(pod, found->bound);
        return;
    }

    gboolean is_shared = g_hash_table_contains(memo->made, pod->spec);
    g_autoptr(ApiObject) before = api_object_copy(pod);

    ((PodSpec *)api_edit_spec(pod))->node_name = node_name;
    if (!is_shared)
        return;
    if (memo->bound_order.length >= BOUND_MAX)
        forget_bound(memo, g_queue_pop_head(&memo->bound_order));
    made = g_new(Bound, 1);
    *made = (Bound){api_part_ref(before->spec), node_name, api_part_ref(pod->spec)};
    g_hash_table_add(memo->bound, made);
    ptr_map_set(&memo->latest, node_name, made);
    g_queue_push_tail(&memo->bound_order, made);
}
