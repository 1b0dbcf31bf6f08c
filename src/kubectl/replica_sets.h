/*
 * replica_sets.h - a deployment's replica sets as kubectl sees them
 *
 * Models: v1.34 k8s.io/kubectl pkg/util/deployment.
 */
#pragma once

#include "kubectl/internal.h"

/*
 * owned_replica_sets: those of @all that @deployment controls, oldest first. (owned array,
 * borrowed items)
 */
GPtrArray *owned_replica_sets(const ApiObject *deployment, const GPtrArray *all);
/* new_replica_set: the first whose template is the deployment's; NULL if none. (borrowed) */
const ApiObject *new_replica_set(const ApiObject *deployment, const GPtrArray *owned);
/* revision_of: annotation deployment.kubernetes.io/revision; 0 if absent. */
gint64 revision_of(const ApiObject *object);
/* templates_equal: but for the label pod-template-hash. */
gboolean templates_equal(const PodTemplateSpec *a, const PodTemplateSpec *b);
/* list_replica_sets: the request for what owned_replica_sets takes. (owned) */
ApiRequest *list_replica_sets(const ApiObject *deployment);

#define HASH_LABEL          "pod-template-hash"
#define REVISION_ANNOTATION "deployment.kubernetes.io/revision"
#define CAUSE_ANNOTATION    "kubernetes.io/change-cause"
