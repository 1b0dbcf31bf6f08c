/*
 * checks.h - the conditions of a run, looked at when something they ask about changed
 */
#pragma once

#include "scenario/condition.h"
#include "scenario/run.h"

typedef struct Checks Checks;

Checks *checks_new(Cluster *cluster, const ConditionSource *source);
void checks_free(Checks *checks);
/* checks_anchor: the entry with that id ended (or fired) now: conditions counted from it begin. */
void checks_anchor(Checks *checks, const char *id);
/* checks_finish: the end: what is open is decided. */
void checks_finish(Checks *checks);
gboolean checks_until_met(const Checks *checks);
guint checks_count(const Checks *checks);
const RunCheck *checks_get(const Checks *checks, guint index);
