/*
 * support.h - objects from JSON text, for the tests of the scheduler
 */
#pragma once

#include "api/kinds.h"

/* make_object: decode; single quotes in @json stand for double ones. Aborts on a mistake. (owned) */
ApiObject *make_object(const char *json);
ApiObject *make_object_of(const Value *value);
/* make_node: "n1" with cpu, memory, 110 pods, a hostname label, and what @json adds (may be NULL). (owned) */
ApiObject *make_node(const char *name, const char *cpu, const char *memory, const char *extra);
/* test_data: contents of tests/scheduler/data/NAME. (owned) */
char *test_data(const char *name);
