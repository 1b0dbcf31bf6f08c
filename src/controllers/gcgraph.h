/*
 * gcgraph.h - who owns whom, by uid
 *
 * Models v1.34 pkg/controller/garbagecollector/graph.go, graph_builder.go. Fed
 * with changes of objects it says which keys are to be looked at: "REF#UID" (may
 * it be deleted?) and "REF#UID~" (its dependents are to be orphaned), where REF
 * is "deployment/default/web". Owners that nobody has seen are virtual nodes;
 * they are looked up live. References may disagree about the name or the kind of one
 * uid: each is judged by its own words, so owners are remembered as absent under all
 * their coordinates, the last 500 of them.
 */
#pragma once

#include "api/kinds.h"
#include "base/ptr_map.h"

typedef struct GcGraph GcGraph;
typedef struct GcNode GcNode;

typedef struct {
    const ApiKind *kind;
    const char *namespace_, *name, *uid; /* interned; no namespace: cluster-scoped */
} GcIdentity;

struct GcNode {
    GcIdentity id;       /* of one not seen yet: as some dependent has it */
    gboolean is_virtual; /* not seen yet */
    gboolean is_being_deleted;
    gboolean is_deleting_dependents; /* waits for its blocking dependents to go */
    gboolean has_foreign_owner;      /* to be told once: an owner of another namespace */
    OwnerReference foreign_owner;
    ObjectMeta *meta;       /* (owned ref) with the owners it was last seen to have; NULL: with none */
    PtrMap dependents;      /* set of GcNode (borrowed) */
    guint64 arrival;        /* orders dependents */
};

GcGraph *gc_graph_new(void);
void gc_graph_free(gpointer graph);
/* gc_graph_is_settled: the graph would learn nothing from this update. */
gboolean gc_graph_is_settled(const GcGraph *graph, const ApiObject *old, const ApiObject *object);
/* gc_graph_observe: as ControllerOnEvent; adds interned keys to @out_keys. */
void gc_graph_observe(GcGraph *graph,
                      const ApiObject *old,
                      const ApiObject *object,
                      GPtrArray *out_keys);
/*
 * gc_graph_virtual_delete: a live look for @id found nothing there, or another one. TRUE: the node is
 * somebody else's by now, who is to be looked for too, not at once.
 */
gboolean gc_graph_virtual_delete(GcGraph *graph, GcIdentity id, GPtrArray *out_keys);
/* gc_graph_scratch: an empty array for keys, good until the next call. (borrowed) */
GPtrArray *gc_graph_scratch(GcGraph *graph);
GcNode *gc_graph_get(GcGraph *graph, const char *uid);
guint gc_node_count_owners(const GcNode *node);
guint gc_node_count_dependents(const GcNode *node);
/* gc_node_dependents: in order of arrival. (owned array, borrowed nodes) */
GPtrArray *gc_node_dependents(const GcNode *node);

const char *gc_delete_key(const GcNode *node);
const char *gc_orphan_key(const GcNode *node);
/* gc_split_key: the uid; whether it is an orphan key. */
const char *gc_split_key(const char *key, gboolean *out_is_orphan);

/* gc_reference_id: whom @reference of an object in @namespace_ means. Its kind is NULL if nobody serves that. */
GcIdentity gc_reference_id(const OwnerReference *reference, const char *namespace_);
gboolean gc_graph_is_absent(const GcGraph *graph, GcIdentity owner);
void gc_graph_add_absent(GcGraph *graph, GcIdentity owner);
