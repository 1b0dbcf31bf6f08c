/*
 * kustomize.h - kustomization.yaml: manifests made of other manifests
 *
 * Models: sigs.k8s.io/kustomize v5.7 api/internal/target (order of generators and transformers), api/hasher,
 * api/filters. Left out, and said so: components, replacements, vars, helm charts, plugins of one's own.
 */
#pragma once

#include "kubectl/internal.h"

/*
 * kustomize_build: the documents that the directory @path makes, in the legacy order: namespaces first, what runs last. NULL and *out_message
 * (owned) if it cannot be built. (owned array of Value*)
 */
GPtrArray *kustomize_build(const KubectlOptions *options, const char *path, char **out_message);
/* kustomize_hash: the ten characters behind the name of a ConfigMap or Secret with these fields. (owned) */
char *kustomize_hash(const Value *object);
