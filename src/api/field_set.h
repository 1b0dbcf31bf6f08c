/*
 * field_set.h - sets of field paths, as managedFields holds them (FieldsV1)
 *
 * Models: sigs.k8s.io/structured-merge-diff v6 fieldpath, typed: a set of paths
 * into an object; which paths a document has; in which two documents differ; a
 * document merged into another one and paths taken out of it. What the type
 * tables say about strategic merging gives the lists that merge by key; the rest
 * of the topology is in field_walk.c.
 */
#pragma once

#include "api/object.h"

typedef struct FieldSet FieldSet;

FieldSet *field_set_new(void);
void field_set_free(FieldSet *set); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FieldSet, field_set_free)
FieldSet *field_set_copy(const FieldSet *set); /* (owned) */
/* field_set_child: the place below @set whose step is @step ("f:spec", `k:{"name":"a"}`, `v:"x"`); made if absent. (borrowed) */
FieldSet *field_set_child(FieldSet *set, const char *step);
/* field_set_find: the same, NULL if absent. (borrowed) */
FieldSet *field_set_find(const FieldSet *set, const char *step);
void field_set_mark(FieldSet *place); /* the path to @place is in the set */
gboolean field_set_has(const FieldSet *place);
gboolean field_set_is_empty(const FieldSet *set);
gboolean field_set_equal(const FieldSet *a, const FieldSet *b);
/* field_set_take: the place below @set with all beneath it goes, and so do empty places beside it. */
void field_set_take(FieldSet *set, const char *step);
void field_set_add(FieldSet *to, const FieldSet *from);         /* union */
void field_set_subtract(FieldSet *from, const FieldSet *paths); /* these very paths */
FieldSet *field_set_meet(const FieldSet *a, const FieldSet *b); /* intersection (owned) */
/* field_set_name_all: all fields on the way to a path are in the set, too (EnsureNamedFieldsAreMembers). */
void field_set_name_all(FieldSet *set);
/* field_set_paths: `.spec.containers[name="a"].image`, members of a level before what is below it. (owned) of interned */
GPtrArray *field_set_paths(const FieldSet *set);

/* field_step_append: one step as field_set_paths has it. */
void field_step_append(GString *out, const char *step);

FieldSet *field_set_read(const Value *fields_v1); /* (owned) */
Value *field_set_write(const FieldSet *set);      /* (owned) */

/* field_set_of: the paths that the document @config says something about (TypedValue.ToFieldSet). (owned) */
FieldSet *field_set_of(const ApiKind *kind, const Value *config);

/* field_set_compare: in what @after differs from @before; adds to the three sets. */
typedef struct {
    FieldSet *added, *modified, *removed;
} FieldChanges;
void field_set_compare(const ApiKind *kind, const Value *before, const Value *after, FieldChanges *changes);

/* field_merge: @live with what @config says (TypedValue.Merge). (owned) */
Value *field_merge(const ApiKind *kind, const Value *live, const Value *config);
/* field_remove: @paths go out of @tree. */
void field_remove(const ApiKind *kind, Value *tree, const FieldSet *paths);
/* field_type_fault: what keeps @config from being of @kind (Parser.FromUnstructured), as the server says it; or NULL. (interned) */
const char *field_type_fault(const ApiKind *kind, const Value *config);
/* field_blank: what Go writes of an object of @kind nobody has filled in: structs that are no pointers, fields without omitempty. (owned) */
Value *field_blank(const ApiKind *kind);
