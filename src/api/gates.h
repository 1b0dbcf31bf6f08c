/*
 * gates.h - fields that a closed feature gate takes away, and what an open one fills in
 *
 * Models: v1.34 dropDisabledFields of pkg/registry/.../strategy.go: a field behind a gate
 * that is closed is lost silently, unless the stored object has it already; defaults that
 * pkg/apis/.../defaults.go gives only with the gate open.
 */
#pragma once

#include "api/object.h"

/* api_apply_gates: before the kind's prepare hooks; @old NULL: @object is new. @profile: profile.h. */
void api_apply_gates(ApiObject *object, const ApiObject *old, guint profile);
/* api_apply_gates_after: behind the hooks, of a write of the status too: what a server of that version does not count or keep. */
void api_apply_gates_after(ApiObject *object, guint profile);
