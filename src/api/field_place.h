/*
 * field_place.h - where a document's lists are sets or maps by key, and what is whole
 *
 * Models: the topology that structured-merge-diff reads from OpenAPI (x-kubernetes-list-type, -map-type). Of this room only.
 */
#pragma once

#include "api/field_set.h"
#include "api/patch_rules.h"

typedef struct {
    PatchSchema inner; /* of the value, or of the list's elements */
    gboolean is_atomic, is_set;
    const char *key; /* list of maps by key */
} FieldPlace;

FieldPlace field_place_below(PatchSchema schema, const char *field);
/* field_is_associative: a list whose elements are steps of a path. */
gboolean field_is_associative(const FieldPlace *place);
/* field_step_of: `k:{"name":"a"}`, `v:"x"`: NULL if the element lacks its key. (interned) */
const char *field_step_of(const FieldPlace *place, const Value *element);
