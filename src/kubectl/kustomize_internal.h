/* kustomize_internal.h - what the files of kustomize share */
#pragma once

#include "kubectl/kustomize.h"

typedef struct {
    Value *tree;      /* (owned) */
    GPtrArray *names; /* of const char* (interned): those it had, the first one first */
    gboolean needs_hash;
} KustomizeResource;

typedef struct {
    const KubectlOptions *options;
    char *error; /* (owned) the first; what follows is left */
    guint depth;
} Kustomize;

/* kustomize_fail: notes the error; FALSE. */
gboolean kustomize_fail(Kustomize *build, const char *format, ...) G_GNUC_PRINTF(2, 3);
char *
kustomize_read(Kustomize *build, const char *directory, const char *file, gsize *out_length); /* (owned) NULL: none */
KustomizeResource *kustomize_resource_new(Value *tree);                                       /* takes @tree (owned) */
void kustomize_resource_free(gpointer data);
const char *kustomize_name(const KustomizeResource *resource);
const char *kustomize_kind(const KustomizeResource *resource);
/* kustomize_rename: and remembers what it was called. */
void kustomize_rename(KustomizeResource *resource, const char *name);
/* kustomize_map: the map called @key of @map; made if there is none. */
Value *kustomize_map(Value *map, const char *key);

/* kustomize_generate: configMapGenerator and secretGenerator. FALSE: see build->error. */
gboolean kustomize_generate(Kustomize *build, const char *directory, const Value *kustomization, GPtrArray *resources);
/* kustomize_transform: everything else that the file says, in kustomize's order. */
gboolean kustomize_transform(Kustomize *build, const char *directory, const Value *kustomization, GPtrArray *resources);
/* kustomize_patch: one patch on what @target, or the patch itself, means. */
gboolean kustomize_patch(Kustomize *build, const Value *patch, const Value *target, GPtrArray *resources);
/* kustomize_fix_references: who names a resource names it as it is called now. */
void kustomize_fix_references(GPtrArray *resources);
