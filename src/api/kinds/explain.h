/*
 * kinds/explain.h - documentation of kinds and fields from their tables
 *
 * Models: kubectl explain (v1.34) as to layout; the words are those of the tables.
 */
#pragma once

#include "api/object.h"

/*
 * api_explain: text about "pod", "deploy.spec.strategy" ... The first word is a
 * kind as kubectl takes it. NULL if there is no such path. (owned)
 */
char *api_explain(const char *path, gboolean recursive);

/*
 * api_explain_problem: why api_explain() gave NULL, in kubectl's words, with the
 * nearest known name if there is one; NULL if the path is fine. (owned)
 */
char *api_explain_problem(const char *path);

/* api_field_type_name: as explain shows it: "string", "[]Container". (interned) */
const char *api_field_type_name(const ApiField *field);
