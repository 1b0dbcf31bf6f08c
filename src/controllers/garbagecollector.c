#include "controllers/controllers.h"
#include "controllers/gcgraph.h"
#include "controllers/util.h"

/* v1.34 pkg/controller/garbagecollector/garbagecollector.go */

#define FOREGROUND "foregroundDeletion"
#define ORPHAN     "orphan"

static gpointer
state_new(void)
{
    return gc_graph_new();
}

/* --- patches ------------------------------------------------------------------------------------------- */

typedef struct {
    const char *uid;       /* of the object, which must still be the same */
    const char *finalizer; /* to remove; or */
    GPtrArray *owners;     /* (owned) uids of owner references to remove; or */
    gboolean unblocks;     /* no reference blocks its owner any more */
} GcPatch;

static void
patch_free(gpointer data)
{
    GcPatch *patch = data;

    if (patch->owners != NULL)
        g_ptr_array_unref(patch->owners);
    g_free(patch);
}

static gboolean
remove_finalizer(ApiObject *object, gpointer data)
{
    const GcPatch *patch = data;

    if (!str_is(api_uid(object), patch->uid))
        return FALSE;
    return str_list_remove(&api_edit_meta(object)->finalizers, patch->finalizer);
}

static gboolean
remove_owners(ApiObject *object, gpointer data)
{
    const GcPatch *patch = data;
    ObjectMeta *meta;
    guint kept = 0;

    if (!str_is(api_uid(object), patch->uid))
        return FALSE;
    meta = api_edit_meta(object);
    for (guint i = 0; i < meta->owner_references.count; i++)
        if (!g_ptr_array_find(patch->owners, meta->owner_references.items[i].uid, NULL))
            meta->owner_references.items[kept++] = meta->owner_references.items[i];
    if (kept == meta->owner_references.count)
        return FALSE;
    meta->owner_references.count = kept;
    return TRUE;
}

static gboolean
unblock_owners(ApiObject *object, gpointer data)
{
    const GcPatch *patch = data;
    ObjectMeta *meta;

    if (!str_is(api_uid(object), patch->uid))
        return FALSE;
    meta = api_edit_meta(object);
    for (guint i = 0; i < meta->owner_references.count; i++)
        meta->owner_references.items[i].block_owner_deletion = OPT_FALSE;
    return meta->owner_references.count > 0;
}

/* A step's target without the object at hand. */
static PlanStep *
plan_gc_patch(Plan *plan, const GcNode *node, ApiMutate mutate, GcPatch *patch, const char *why)
{
    g_autoptr(ApiObject) target = api_object_new(node->id.kind, node->id.namespace_, node->id.name);
    PlanStep *step = plan_patch(plan, target, NULL, mutate, patch, patch_free, "%s", why);

    step->retries_on_conflict = 5;
    step->ignore_codes[0] = 404;
    return step;
}

static PlanStep *
plan_gc_read(Plan *plan, const GcNode *node, const char *why)
{
    PlanStep *step = plan_read(plan, node->id.kind, node->id.namespace_, node->id.name, "%s", why);

    step->ignore_codes[0] = 404;
    return step;
}

static void
plan_remove_finalizer(Plan *plan, const GcNode *node, const char *finalizer)
{
    GcPatch *patch = g_new0(GcPatch, 1);

    patch->uid = node->id.uid;
    patch->finalizer = str_intern(finalizer);
    plan_gc_read(plan, node, "because its finalizers are patched as they are now");
    plan_gc_patch(plan, node, remove_finalizer, patch,
                  str_is(finalizer, ORPHAN) ? "because its dependents are orphaned"
                                            : "because no dependent blocks its deletion");
}

static void
plan_remove_owners(Plan *plan, const GcNode *node, GPtrArray *owners, const char *why)
{
    GcPatch *patch = g_new0(GcPatch, 1);

    patch->uid = node->id.uid;
    patch->owners = owners;
    plan_gc_patch(plan, node, remove_owners, patch, why);
}

/* --- may it be deleted? ---------------------------------------------------------------------------------- */

/* Carried from look to look: the node by its uid, since the graph may change meanwhile, and as what it was looked for. */
typedef struct {
    GcIdentity id;
    ApiObject *latest; /* (owned ref) as read; NULL before the first look */
    GArray *reads;     /* of guint: index of the owner reference that each step reads */
} GcLook;

static void
look_free(gpointer data)
{
    GcLook *look = data;

    api_object_unref(look->latest);
    g_array_unref(look->reads);
    g_free(look);
}

static GcLook *
look_new(GcIdentity id, const ApiObject *latest)
{
    GcLook *look = g_new0(GcLook, 1);

    look->id = id;
    look->latest = latest == NULL ? NULL : api_object_ref(latest);
    look->reads = g_array_new(FALSE, FALSE, sizeof(guint));
    return look;
}

static void
enqueue_all(Plan *plan, const GPtrArray *keys)
{
    for (guint i = 0; i < keys->len; i++)
        plan_enqueue_after(plan, keys->pdata[i], 0);
}

static void
virtual_delete(GcGraph *graph, GcIdentity id, Plan *plan)
{
    g_autoptr(GPtrArray) keys = g_ptr_array_new();

    if (gc_graph_virtual_delete(graph, id, keys))
        plan_fail(plan, "%s %s is not there, but its uid is known by other names", id.kind->kind, id.name);
    enqueue_all(plan, keys);
}

static void
plan_gc_delete(Plan *plan,
               const GcNode *node,
               const ApiObject *latest,
               const char *policy,
               const char *why)
{
    PlanStep *step = plan_delete(plan, latest, "%s", why);

    step->propagation = str_intern(policy);
    step->precondition_uid = node->id.uid;
    step->ignore_codes[0] = 404;
}

static gboolean
has_finalizer(const ApiObject *object, const char *finalizer)
{
    return str_list_contains(&object->meta->finalizers, str_intern(finalizer));
}

/* An owner waits and the object has dependents of its own: those go first. */
static void
plan_foreground(Plan *plan, const GcNode *node, const ApiObject *latest)
{
    g_autoptr(GPtrArray) dependents = gc_node_dependents(node);

    for (guint i = 0; i < dependents->len; i++) {
        GcPatch *patch;

        if (!((const GcNode *)dependents->pdata[i])->is_deleting_dependents)
            continue;
        /* A circle would wait for itself. */
        patch = g_new0(GcPatch, 1);
        patch->uid = node->id.uid;
        patch->unblocks = TRUE;
        plan_gc_patch(plan, node, unblock_owners, patch, "because a dependent waits for it too");
        break;
    }
    plan_gc_delete(plan, node, latest, "Foreground", "because its owner waits for it to go");
}

typedef enum { OWNER_SOLID, OWNER_DANGLING, OWNER_WAITING } OwnerState;

/* Decides from the states of all its owners. @states: one per owner reference of @latest. */
static void
decide(Plan *plan, const GcNode *node, const ApiObject *latest, const OwnerState *states)
{
    guint count = latest->meta->owner_references.count;
    GPtrArray *useless = g_ptr_array_new();
    gboolean is_waiting = FALSE;

    for (guint i = 0; i < count; i++) {
        if (states[i] == OWNER_SOLID)
            continue;
        is_waiting |= states[i] == OWNER_WAITING;
        g_ptr_array_add(useless, (gpointer)latest->meta->owner_references.items[i].uid);
    }
    if (useless->len < count) {
        if (useless->len > 0)
            plan_remove_owners(plan, node, g_steal_pointer(&useless), "because that owner is gone");
    } else if (is_waiting && gc_node_count_dependents(node) > 0) {
        plan_foreground(plan, node, latest);
    } else {
        plan_gc_delete(plan, node, latest,
                       has_finalizer(latest, ORPHAN)       ? "Orphan"
                       : has_finalizer(latest, FOREGROUND) ? "Foreground"
                                                           : "Background",
                       is_waiting ? "because its owner waits for it to go"
                                  : "because its owner is gone");
    }
    if (useless != NULL)
        g_ptr_array_unref(useless);
}

static void
after_owner_reads(const Reconcile *r,
                  gpointer carry,
                  const StepResult *results,
                  guint n_results,
                  Plan *plan)
{
    GcLook *look = carry;
    GcNode *node = gc_graph_get(r->state, look->id.uid);
    guint count = look->latest->meta->owner_references.count;
    g_autofree OwnerState *states = g_new(OwnerState, count);

    if (node == NULL)
        return;
    for (guint i = 0; i < count; i++)
        states[i] = OWNER_DANGLING;
    for (guint i = 0; i < look->reads->len && i < n_results; i++) {
        guint at = g_array_index(look->reads, guint, i);
        const OwnerReference *reference = &look->latest->meta->owner_references.items[at];
        const ApiObject *owner = results[i].object;

        if (results[i].code != 404 && !step_succeeded(&results[i]))
            return;
        if (owner == NULL || !str_is(api_uid(owner), reference->uid))
            gc_graph_add_absent(r->state, gc_reference_id(reference, node->id.namespace_));
        else if (api_is_deleting(owner) && has_finalizer(owner, FOREGROUND))
            states[at] = OWNER_WAITING;
        else
            states[at] = OWNER_SOLID;
    }
    decide(plan, node, look->latest, states);
}

/* v1.34 classifyReferences: each owner that is not known to be absent is read. */
static void
look_at_owners(const Reconcile *r, Plan *plan, const GcNode *node, const ApiObject *latest)
{
    GcLook *next = look_new(node->id, latest);

    for (guint i = 0; i < latest->meta->owner_references.count; i++) {
        const OwnerReference *reference = &latest->meta->owner_references.items[i];
        GcIdentity owner = gc_reference_id(reference, node->id.namespace_);
        const ApiKind *kind = owner.kind;
        PlanStep *step;

        if (gc_graph_is_absent(r->state, owner))
            continue;
        /* Of a kind that nobody serves: whether it is there cannot be told, so it is asked again and again. */
        if (kind == NULL) {
            plan_fail(plan, "no matches for kind \"%s\" in version \"%s\"", reference->kind, reference->api_version);
            look_free(next);
            return;
        }
        /* A namespaced owner of a cluster-scoped object is no owner anybody could find. */
        if (kind->is_namespaced && node->id.namespace_ == NULL) {
            look_free(next);
            return;
        }
        step = plan_read(plan, kind, owner.namespace_, reference->name,
                         "because %s %s says it is its owner", node->id.kind->kind, node->id.name);
        step->ignore_codes[0] = 404;
        g_array_append_val(next->reads, i);
    }
    plan_continue(plan, after_owner_reads, next, look_free);
}

/* v1.34 processDeletingDependentsItem. */
static void
process_waiting(Plan *plan, const GcNode *node)
{
    g_autoptr(GPtrArray) dependents = gc_node_dependents(node);
    guint blocking = 0;

    for (guint i = 0; i < dependents->len; i++) {
        const GcNode *dependent = dependents->pdata[i];

        for (guint k = 0; k < gc_node_count_owners(dependent); k++) {
            const OwnerReference *reference = &dependent->meta->owner_references.items[k];

            if (!str_is(reference->uid, node->id.uid) || reference->block_owner_deletion != OPT_TRUE)
                continue;
            blocking++;
            if (!dependent->is_deleting_dependents)
                plan_enqueue_after(plan, gc_delete_key(dependent), 0);
            break;
        }
    }
    if (blocking == 0)
        plan_remove_finalizer(plan, node, FOREGROUND);
}

static void
after_read(const Reconcile *r,
           gpointer carry,
           const StepResult *results,
           guint n_results,
           Plan *plan)
{
    const GcLook *look = carry;
    GcNode *node = gc_graph_get(r->state, look->id.uid);
    const StepResult *result = &results[n_results - 1];

    if (node == NULL || !result->was_run || (result->code != 404 && !step_succeeded(result)))
        return;
    if (result->object == NULL || !str_is(api_uid(result->object), node->id.uid)) {
        virtual_delete(r->state, look->id, plan);
        return;
    }
    if (node->is_virtual)
        plan_fail(plan, "%s %s has not been observed yet", node->id.kind->kind, node->id.name);
    else if (node->is_deleting_dependents)
        process_waiting(plan, node);
    else if (result->object->meta->owner_references.count > 0)
        look_at_owners(r, plan, node, result->object);
}

static void
tell_foreign_owner(Plan *plan, GcNode *node)
{
    const OwnerReference *owner = &node->foreign_owner;
    g_autoptr(ApiObject) about = NULL;

    if (!node->has_foreign_owner)
        return;
    node->has_foreign_owner = FALSE;
    about = api_object_new(node->id.kind, node->id.namespace_, node->id.name);
    api_edit_meta(about)->uid = node->id.uid;
    plan_event(plan, about, "Warning", "OwnerRefInvalidNamespace",
               "ownerRef [%s/%s, namespace: %s, name: %s, uid: %s] does not exist in namespace "
               "\"%s\"",
               owner->api_version, owner->kind, node->id.namespace_ == NULL ? "" : node->id.namespace_,
               owner->name, owner->uid, node->id.namespace_ == NULL ? "" : node->id.namespace_);
}

/* --- orphans ------------------------------------------------------------------------------------------------ */

/* v1.34 attemptToOrphanWorker: all dependents lose the reference, then the owner its finalizer. */
static void
plan_orphaning(Plan *plan, const GcNode *node)
{
    g_autoptr(GPtrArray) dependents = gc_node_dependents(node);

    plan_group_begin(plan, GROUP_PARALLEL);
    for (guint i = 0; i < dependents->len; i++) {
        GPtrArray *owners = g_ptr_array_new();

        g_ptr_array_add(owners, (gpointer)node->id.uid);
        plan_remove_owners(plan, dependents->pdata[i], owners,
                           "because its owner leaves it behind");
    }
    plan_group_end(plan);
    plan_remove_finalizer(plan, node, ORPHAN);
}

/* --- the controller ------------------------------------------------------------------------------------------ */

static void
reconcile(const Reconcile *r, Plan *plan)
{
    gboolean is_orphan;
    GcNode *node = gc_graph_get(r->state, gc_split_key(r->key, &is_orphan));

    if (node == NULL)
        return;
    if (is_orphan) {
        plan_orphaning(plan, node);
        return;
    }
    tell_foreign_owner(plan, node);
    /* Somebody cluster-scoped says that it is his owner: it cannot be looked for without its namespace. */
    if (node->id.kind->is_namespaced && node->id.namespace_ == NULL)
        return;
    if (node->is_being_deleted && !node->is_deleting_dependents)
        return;
    plan_gc_read(plan, node, "because the garbage collector looks before it acts");
    plan_continue(plan, after_read, look_new(node->id, NULL), look_free);
}

static void
on_object(Controller *controller, const ApiObject *old, const ApiObject *object)
{
    GcGraph *graph = controller_state(controller);
    GPtrArray *keys;

    if (gc_graph_is_settled(graph, old, object))
        return;
    keys = gc_graph_scratch(graph);
    gc_graph_observe(graph, old, object, keys);
    for (guint i = 0; i < keys->len; i++)
        controller_enqueue(controller, keys->pdata[i]);
}

static const char *
object_text(const char *key)
{
    return str_intern_len(key, (gsize)(strchr(key, '#') - key));
}

/* All kinds that may own or be owned; events are left out, as in the original. */
static gboolean
reads_kind(const ApiKind *kind)
{
    return kind != &event_kind;
}

/* A renewal of a lease leaves its metadata as they were: nobody is owned by it, nor it by others, because of one. */
static guint
other_wants(const ApiKind *kind)
{
    return kind == &lease_kind ? WANTS_ADDED | WANTS_DELETED | WANTS_META : WANTS_ALL;
}

const ControllerDef garbage_collector_controller = {
    .name = "garbage-collector",
    .component = "garbage-collector-controller",
    .workers = 40,
    .qps = 40,
    .burst = 30,
    .reads_kind = reads_kind,
    .on_other = on_object,
    .other_wants = other_wants,
    .reconcile = reconcile,
    .new_state = state_new,
    .free_state = gc_graph_free,
    .object_text = object_text,
};
