/*
 * topology.h - domains of nodes, and how many pods of a sort are on each node
 *
 * Both are indexes over the cache that make spreading cheap: a Topology numbers
 * the values of one label; PodCounts counts the pods that a selector selects,
 * per node, and is kept up to date as pods come and go.
 */
#pragma once

#include "api/selector.h"
#include "scheduler/columns.h"

/* The values of one label key, numbered in order of the nodes. */
typedef struct {
    const char *key; /* interned */
    guint n_values;
    guint n_slots;
    guint n_missing;  /* nodes without the label */
    gint32 *value_of; /* (owned) per slot of a node; -1: the node has no such label */
    guint64 generation;
} Topology;

static inline gint32
topology_value_of(const Topology *topology, const NodeInfo *node)
{
    return topology->value_of[node->slot];
}

/* Which pods: those of a namespace that are not being deleted, with these labels. */
typedef struct {
    const char *namespace_;
    gboolean has_selector;
    const LabelSelector *selector; /* (borrowed) counts if has_selector; NULL selects none */
    StrMap pairs;                  /* (owned) ANDed */
} PodSelector;

void pod_selector_clear(PodSelector *selector);
/* pod_selector_is_empty: selects everything, and so by the rule nothing is counted. */
gboolean pod_selector_is_empty(const PodSelector *selector);
/* pod_selector_matches: labels alone. */
gboolean pod_selector_matches(const PodSelector *selector, const StrMap *labels);

/* Sums of counts per value of a topology, kept while the nodes stay as they are. */
typedef struct {
    const Topology *topology; /* (borrowed) */
    guint64 generation;
    gint64 *totals; /* (owned) per value */
} CountTotals;

typedef struct PodCounts {
    const char *signature; /* interned */
    const char *namespace_;
    Selector *selector; /* (owned) NULL: none */
    StrMap pairs;       /* (owned) */
    StrMap labels;      /* (owned) all that the selector asks for, if is_plain */
    gboolean is_none, is_plain;
    guint n_slots;
    gint32 *count_of; /* (owned) per slot */
    guint8 *column;   /* (owned) pod_counts_column, of the order that column_version says; NULL: never asked for */
    guint64 column_version;
    API_LIST_OF(CountTotals) totals;
    guint64 used; /* when last asked for */
} PodCounts;

static inline gint32
pod_counts_at(const PodCounts *counts, guint slot)
{
    return slot < counts->n_slots ? counts->count_of[slot] : 0;
}

static inline gint32
pod_counts_on(const PodCounts *counts, const NodeInfo *node)
{
    return pod_counts_at(counts, node->slot);
}

typedef struct TopologyBook TopologyBook;

TopologyBook *topology_book_new(void);
void topology_book_free(TopologyBook *book);
void topology_book_clear(TopologyBook *book);
/* topology_book_topology: (borrowed until nodes change) */
const Topology *topology_book_topology(TopologyBook *book,
                                       const char *key,
                                       NodeInfo *const *nodes,
                                       guint n,
                                       guint n_slots,
                                       guint64 generation);
/* topology_book_find: the counts for @selector, NULL if they are not kept yet. */
PodCounts *topology_book_find(TopologyBook *book, const PodSelector *selector);
/* topology_book_add: begin to keep them; the caller counts what is there. */
PodCounts *topology_book_add(TopologyBook *book, const PodSelector *selector);
/* pod_counts_shift: a pod came to (+1) or left (-1) the node of that slot of @columns. */
void pod_counts_shift(PodCounts *counts, const NodeColumns *columns, const ApiObject *pod, guint slot, gint32 step);
/* Counts in columns end here: so many or more. */
#define COUNT_MANY 255
static inline guint8
count_capped(gint32 count)
{
    return (guint8)MIN(count, COUNT_MANY);
}

/* pod_counts_column: capped, by place in @columns, twice over. (borrowed until nodes change) */
const guint8 *pod_counts_column(PodCounts *counts, const NodeColumns *columns);
/* pod_counts_totals: per value of @topology. (borrowed until nodes change) */
const gint64 *
pod_counts_totals(PodCounts *counts, const Topology *topology, NodeInfo *const *nodes, guint n);
/* topology_book_shift: pod_counts_shift of all that are kept. */
void topology_book_shift(TopologyBook *book, const NodeColumns *columns, const ApiObject *pod, guint slot, gint32 step);
