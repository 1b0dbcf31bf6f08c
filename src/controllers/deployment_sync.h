/*
 * deployment_sync.h - one sync of one Deployment, and the parts it is made of
 *
 * Models v1.34 pkg/controller/deployment: sync.go, rolling.go, recreate.go,
 * progress.go, rollback.go, util/deployment_util.go. Like the original a sync
 * works on a copy of the cached Deployment and goes on with it after a status
 * write, with the resourceVersion it was read with: a second status write in
 * one sync is refused with 409, and the key is tried again after 5 ms.
 */
#pragma once

#include "controllers/util.h"

#define REVISION_ANNOTATION         "deployment.kubernetes.io/revision"
#define REVISION_HISTORY_ANNOTATION "deployment.kubernetes.io/revision-history"
#define DESIRED_ANNOTATION          "deployment.kubernetes.io/desired-replicas"
#define MAX_ANNOTATION              "deployment.kubernetes.io/max-replicas"
#define ROLLBACK_ANNOTATION         "deprecated.deployment.rollback.to"
#define HASH_LABEL                  "pod-template-hash"

/*
 * A ReplicaSet as the sync knows it. Statuses are computed from what it was
 * when the sync found it, further writes start from what was written last.
 */
typedef struct {
    ApiObject *object;  /* (owned ref); NULL: none */
    ApiObject *written; /* (owned ref) by a step of this plan; NULL: not yet */
    int step;           /* index of that step; -1: none */
} SetRef;

static inline ApiObject *
set_current(const SetRef *ref)
{
    return ref->written != NULL ? ref->written : ref->object;
}

static inline gint32
set_size(const SetRef *ref)
{
    return replicas_of(replica_set_spec(set_current(ref))->replicas);
}

typedef struct DeploymentSync DeploymentSync;
struct DeploymentSync {
    const Reconcile *r;
    Plan *plan;
    ApiObject *original;   /* (owned ref) as cached; what events are about */
    ApiObject *deployment; /* (owned) the sync's copy, ref count 1 */
    GArray *sets;          /* of SetRef: all that are claimed, by creation and name */
    SetRef new_set;
    GArray *old_sets;   /* of SetRef; its order changes as in the original */
    int created_step;   /* of the plan that ended: where the new ReplicaSet was created */
    ApiObject *created; /* (owned ref) as it was sent */
    void (*then)(DeploymentSync *sync); /* after the creation */
};

DeploymentSync *deployment_sync_new(const Reconcile *r, Plan *plan, const ApiObject *deployment);
void deployment_sync_free(gpointer sync);
/* deployment_sync_add_set: keeps the order by creation and name. */
void deployment_sync_add_set(DeploymentSync *sync, const ApiObject *set);

/* --- deployment_util.c: arithmetic, annotations ------------------------------------------------ */

/* Go's int32 wraps around, and with it what a Deployment of two thousand million replicas does. */
static inline gint32
int32_plus(gint32 a, gint32 b)
{
    return (gint32)((guint32)a + (guint32)b);
}

static inline gint32
int32_minus(gint32 a, gint32 b)
{
    return (gint32)((guint32)a - (guint32)b);
}

void fenceposts_resolve(const RollingUpdateDeployment *rolling,
                        gint32 desired,
                        gint32 *out_surge,
                        gint32 *out_unavailable);
gboolean deployment_is_rolling(const ApiObject *deployment);
gint32 deployment_max_surge(const ApiObject *deployment);
/* deployment_max_replicas: how many pods there may be: what is desired, and the surge. */
gint32 deployment_max_replicas(const ApiObject *deployment);
gint32 deployment_max_unavailable(const ApiObject *deployment);
/* deployment_new_set_size: @total: spec.replicas over all ReplicaSets, the new one's included. */
gint32 deployment_new_set_size(const ApiObject *deployment, gint32 total, gint32 new_size);
gboolean deployment_has_deadline(const ApiObject *deployment);

/* Sums over SetRefs; NULL objects count nothing. */
gint32 sets_spec_replicas(const GArray *sets, const SetRef *more);
gint32 sets_status_replicas(const GArray *sets, const SetRef *more);
gint32 sets_ready_replicas(const GArray *sets, const SetRef *more);
gint32 sets_available_replicas(const GArray *sets, const SetRef *more);

/* set_revision: 0 if there is none; FALSE if it is no number. */
gboolean set_revision(const ApiObject *set, gint64 *out_revision);
/* set_annotation_int: FALSE if it is absent, no number or negative. */
gboolean set_annotation_int(const ApiObject *set, const char *key, gint32 *out_value);
gboolean set_replicas_annotations(ObjectMeta *meta, gint32 desired, gint32 max);
/* set_new_annotations: TRUE if @meta changed. */
gboolean set_new_annotations(const ApiObject *deployment,
                             ObjectMeta *meta,
                             gint64 revision,
                             gboolean exists);
gboolean deployment_set_revision(ApiObject *deployment, const char *revision);
/* deployment_take_annotations: as SetDeploymentAnnotationsTo: those of @set, its own internal ones kept. */
void deployment_take_annotations(ApiObject *deployment, const ApiObject *set);

/* --- deployment_sets.c: the new and the old ReplicaSets -------------------------------------------- */

/*
 * deployment_find_sets: fills new_set and old_sets and writes revisions. TRUE:
 * go on. FALSE: with @may_create a creation is planned and `then` follows it.
 */
gboolean deployment_find_sets(DeploymentSync *sync, gboolean may_create);

/* --- deployment_scale.c ------------------------------------------------------------------------------ */

/* Sizes are written to the plan; TRUE if the size changes. */
gboolean deployment_scale_set(DeploymentSync *sync, SetRef *ref, gint32 size, const char *why);
/* deployment_scale_set_if: as above, but leaves one of the right size alone, annotations too. */
gboolean deployment_scale_set_if(DeploymentSync *sync, SetRef *ref, gint32 size, const char *why);
gboolean deployment_is_scaling(DeploymentSync *sync);
void deployment_scale(DeploymentSync *sync);
gint32 deployment_fraction(const ApiObject *deployment, const ApiObject *set);

/* --- deployment_rolling.c, deployment_recreate.c --------------------------------------------------------- */

void deployment_roll(DeploymentSync *sync);
void deployment_recreate(DeploymentSync *sync);
gboolean deployment_reconcile_new_set(DeploymentSync *sync);
gboolean deployment_reconcile_old_sets(DeploymentSync *sync);

/* --- deployment_status.c ----------------------------------------------------------------------------------- */

gboolean deployment_is_complete(const ApiObject *deployment, const DeploymentStatus *status);
gboolean deployment_has_progressed(const DeploymentStatus *old, const DeploymentStatus *new);
gboolean deployment_has_timed_out(const ApiObject *deployment,
                                  const DeploymentStatus *status,
                                  gint64 wall_ns);
/* deployment_put_condition: on the sync's copy, stamped now. */
void deployment_put_condition(DeploymentSync *sync,
                              const char *type,
                              const char *status,
                              const char *reason,
                              const char *message);
void deployment_write_status(DeploymentSync *sync, const char *why);
/* deployment_sync_status: plain; deployment_sync_rollout_status: with the estimate of progress. */
void deployment_sync_status(DeploymentSync *sync);
void deployment_sync_rollout_status(DeploymentSync *sync);
/* deployment_deadline_left: FALSE if there is no need to judge progress again. */
gboolean deployment_deadline_left(const ApiObject *deployment,
                                  const DeploymentStatus *status,
                                  gint64 wall_ns,
                                  gint64 *out_left_ns);

/* --- deployment_history.c: clean-up, legacy rollback ---------------------------------------------------------- */

void deployment_clean_history(DeploymentSync *sync);
gboolean deployment_has_rollback(const ApiObject *deployment);
void deployment_rollback(DeploymentSync *sync);
