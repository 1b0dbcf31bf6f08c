/*
 * managers.h - who set which field: metadata.managedFields
 *
 * Models: v1.34 apimachinery util/managedfields. Kept only if the server was made
 * with tracks_managers, as it costs every write two encoded objects and a
 * comparison; nothing but what shows managed fields, and server-side apply, can
 * tell the difference.
 */
#pragma once

#include "apiserver/server.h"

/*
 * managers_update: @object (private) is what a create (@old NULL) or an update makes, before admission: what
 * differs from @old is the request's manager's.
 */
void managers_update(const Call *call, const ApiObject *old, ApiObject *object);
/*
 * managers_apply: @config merged into @old by the request's manager, what it said last time and nobody says now taken
 * out. *out_tree: the outcome (owned), *out_managers: its managedFields (owned). Returns: (owned) the conflicts, or NULL.
 */
ApiStatus *
managers_apply(const Call *call, const ApiObject *old, const Value *config, Value **out_tree, Value **out_managers);
/* managers_equal: the same entries, their times apart. */
gboolean managers_equal(const Value *a, const Value *b);
