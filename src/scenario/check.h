/*
 * check.h - what the tables of spec.c cannot say about a scenario
 *
 * Names that must exist, words of conditions and commands, times that fit
 * together. Every mistake is reported where its value stands.
 */
#pragma once

#include "scenario/scenario.h"

/* scenario_check: after the tables and the manifests were read. Completes what is derived (versions, destinations, words of commands). */
void scenario_check(const ScReader *reader, Scenario *scenario, const Value *spec);
/* scenario_profile: v1.@minor with the gates that @spec sets; mistakes are passed over. */
guint scenario_profile(const Value *spec, guint minor);
/* scenario_remember_file: read a file the scenario names, once, before the run: its result depends on nothing that changes meanwhile. FALSE: missing. */
gboolean scenario_remember_file(Scenario *scenario, const char *path);
/* check_place: where member @key of @map stands, else @map. (borrowed) */
const Value *check_place(const Value *map, const char *key);
/* check_item: element @index of a list; NULL if it is no list or shorter. (borrowed) */
const Value *check_item(const Value *list, guint index);
