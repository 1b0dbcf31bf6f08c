/*
 * gcgraph.h - who owns whom, by uid
 *
 * Models v1.34 pkg/controller/garbagecollector/graph.go, graph_builder.go. Fed
 * with changes of objects it says which keys are to be looked at: "REF#UID" (may
 * it be deleted?) and "REF#UID~" (its dependents are to be orphaned), where REF
 * is "deployment/default/web". Owners that nobody has seen are virtual nodes;
 * they are looked up live. Of owners found absent the last 500 are remembered.
 */
#pragma once

#include "api/kinds.h"

typedef struct GcGraph GcGraph;
typedef struct GcNode GcNode;

struct GcNode {
    const ApiKind *kind;
    const char *namespace_, *name, *uid; /* interned */
    gboolean is_virtual;                 /* not seen yet */
    gboolean is_being_deleted;
    gboolean is_deleting_dependents; /* waits for its blocking dependents to go */
    gboolean has_foreign_owner;      /* to be told once: an owner of another namespace */
    OwnerReference foreign_owner;
    GArray *owners;         /* of OwnerReference */
    GHashTable *dependents; /* set of GcNode (borrowed); NULL: none so far, as with most objects */
    guint64 arrival;        /* orders dependents */
};

GcGraph *gc_graph_new(void);
void gc_graph_free(gpointer graph);
/* gc_graph_observe: as ControllerOnEvent; adds interned keys to @out_keys. */
void gc_graph_observe(GcGraph *graph,
                      const ApiObject *old,
                      const ApiObject *object,
                      GPtrArray *out_keys);
/* gc_graph_virtual_delete: a live look found nothing there. */
void gc_graph_virtual_delete(GcGraph *graph, GcNode *node, GPtrArray *out_keys);
GcNode *gc_graph_get(GcGraph *graph, const char *uid);
guint gc_node_count_dependents(const GcNode *node);
/* gc_node_dependents: in order of arrival. (owned array, borrowed nodes) */
GPtrArray *gc_node_dependents(const GcNode *node);

const char *gc_delete_key(const GcNode *node);
const char *gc_orphan_key(const GcNode *node);
/* gc_split_key: the uid; whether it is an orphan key. */
const char *gc_split_key(const char *key, gboolean *out_is_orphan);

gboolean gc_graph_is_absent(const GcGraph *graph, const char *owner_uid);
void gc_graph_add_absent(GcGraph *graph, const char *owner_uid);
