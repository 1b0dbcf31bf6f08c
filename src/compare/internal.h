/*
 * internal.h - what the files of this room share
 *
 * Tables are keyed by interned texts; what comes out of them is sorted before it is seen. Everything is read by one
 * pass over the records, oldest first: facts.c takes each, final.c looks at what is left.
 */
#pragma once

#include "compare/facts.h"

/* What is known of one object, under its uid. */
typedef struct {
    const char *kind, *name, *top; /* interned; top: the name up to `#` */
    Value *object;                 /* (owned) last seen; NULL: it does not exist now */
    GHashTable *conditions;        /* type -> "Status/Reason", both interned; NULL: never seen */
    guint64 place;                 /* order in which it came to exist */
    guint flags;                   /* pods: milestones seen */
} Known;

struct Facts {
    gboolean has_kubelets;
    GHashTable *by_name;   /* name -> Fact (owned) */
    GHashTable *by_uid;    /* uid -> Known (owned) */
    GHashTable *next;      /* owner's name -> number of its sets and jobs so far */
    GHashTable *states;    /* "uid\nwhat" -> interned text: containers and pod conditions */
    GHashTable *counts;    /* "event fact\nuid" -> count so far */
    GHashTable *messages;  /* kubelet's reason -> GPtrArray of different texts */
    GHashTable *replicas;  /* name -> last spec.replicas */
    GHashTable *full;      /* names that were complete once */
    GHashTable *pods;      /* top -> number of live pods that are not being deleted */
    GHashTable *fewest;    /* service -> fewest ready endpoints since the most */
    guint64 places;
    double latest;         /* of the record that is being added */
    GRegex *patterns[5];
};

/* facts_plain: a message without what differs by run: names, ids, addresses, durations. (owned) */
char *facts_plain(Facts *facts, const char *message, const Value *involved);
/* facts_conditions: type -> "Status/Reason". (owned) */
GHashTable *facts_conditions(const Value *object);
gboolean facts_is_ready(const Value *pod);
gboolean facts_is_true(const Value *value); /* as Python reads truth: not null, false, 0, "", [] or {} */
const char *facts_text(const Value *map, const char *key); /* text of a scalar member, "None" if absent */

/* facts_sorted_keys: texts, in byte order. (owned array) */
GPtrArray *facts_sorted_keys(GHashTable *table);
/* facts_values: in no order; sort them. (owned array) */
GPtrArray *facts_values(GHashTable *table);
/* facts_compare_texts: of two places that hold texts, for sorting arrays of pointers. */
int facts_compare_texts(gconstpointer a, gconstpointer b);

/* facts_of: the fact of this name, made if it is new, and of this type from now on. (borrowed) */
Fact *facts_of(Facts *facts, const char *name, FactType type);
/* facts_add_time: "time NAME" happened at @seconds too, or up to the latest time of the record that is being added. */
void facts_add_time(Facts *facts, const char *name, double seconds);
void facts_set_number(Facts *facts, const char *name, gint64 number);
void facts_set_text(Facts *facts, const char *name, const char *text); /* NULL text: without a value */
/* facts_final: the facts about what exists at the end. */
void facts_final(Facts *facts);
