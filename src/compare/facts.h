/*
 * facts.h - one run of a cluster as canonical facts, so that two runs can be compared
 *
 * Fed with what a watcher of every kind saw, oldest first. Generated names become
 * comparable: the k-th ReplicaSet of Deployment web is `Deployment/web#k`, its
 * pods are one group of that name. A fact is a name and a list of times, a
 * number or a text. The same facts, to the byte, as tests/recordings/compare.py
 * finds, which defines them.
 */
#pragma once

#include "base/value.h"

typedef struct Facts Facts;

typedef enum { FACT_NONE, FACT_TIMES, FACT_NUMBER, FACT_TEXT } FactType;

/* When something was seen, in ms since the start: at the earliest and at the latest, the same where the time of arrival is known. */
typedef struct {
    gint64 ms, latest_ms;
} FactTime;

typedef struct {
    const char *name; /* interned */
    FactType type;    /* FACT_NONE: known by name, without a value */
    gint64 number;
    const char *text; /* interned */
    GArray *times;    /* of FactTime, in the order seen; NULL unless FACT_TIMES */
} Fact;

/* facts_new: with @has_kubelets also what real kubelets do (container states, their events). (owned) */
Facts *facts_new(gboolean has_kubelets);
void facts_free(Facts *facts);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Facts, facts_free)

/*
 * facts_add: one record, that came at @seconds or up to @latest; @type is ADDED, MODIFIED or DELETED; @object is (owned)
 * by the facts from here on.
 */
void facts_add(Facts *facts, double seconds, double latest, const char *type, Value *object);
/* facts_finish: the state at the end becomes facts too. Once, after the last facts_add. */
void facts_finish(Facts *facts);

/* facts_find: NULL if the run has no such fact. (borrowed) */
const Fact *facts_find(const Facts *facts, const char *name);
/* facts_list: all of them, by name. (owned array, borrowed items) */
GPtrArray *facts_list(const Facts *facts);
/* facts_to_value: {name: value}, by name. (owned) */
Value *facts_to_value(const Facts *facts);
/* fact_time: the @index-th time of a list. */
FactTime fact_time(const Fact *fact, guint index);
/* fact_to_value: a list of seconds (at the earliest), a number, a text or null. (owned) */
Value *fact_to_value(const Fact *fact);
/* facts_seconds: 1234 ms as "1.234", 1000 ms as "1.0". (interned) */
const char *facts_seconds(gint64 ms);
