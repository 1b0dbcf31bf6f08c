/*
 * statefulset_sync.h - parts of a StatefulSet's sync
 *
 * Models v1.34 pkg/controller/statefulset. Names are deterministic, so there are
 * no expectations. What is done is decided from the pods listed at the start;
 * the status that follows counts those same pods.
 */
#pragma once

#include "controllers/revisions.h"

#define STATEFUL_HASH_LABEL    "controller.kubernetes.io/hash"
#define STATEFUL_REVISION_LABEL "controller-revision-hash"

/* A slot: the pod that is there, or the one to create. */
typedef struct {
    const ApiObject *pod; /* borrowed; NULL: not there */
    gint32 ordinal;
} Slot;

/* What is made for a slot that is empty. */
typedef struct {
    guint step;             /* of the plan */
    const char *pod_name;
    const char *claim_name; /* NULL: the pod itself */
} CreateStep;

typedef struct {
    guint ref_count; /* it goes from one continuation to the next */
    const Reconcile *r;
    ApiObject *set;                 /* (owned ref) as cached */
    GPtrArray *pods;                /* (owned) of owned refs: the members, as listed */
    GPtrArray *revisions;           /* (owned) of owned refs, sorted */
    ApiObject *current, *update;    /* (owned refs) revisions */
    gint32 collision_count;
    GArray *replicas, *condemned;   /* (owned) of Slot: ascending; descending */
    const ApiObject *first_unhealthy; /* NULL also if it is one that is not there yet */
    gint32 current_less;            /* pods that the rolling update deletes in this sync */
    guint first_replaced;           /* step of the first of them */
    gboolean is_update_new;         /* its creation is the last step planned so far */
    guint n_prelude;                /* steps before those for pods */
    GArray *create_steps;           /* (owned) of CreateStep */
    Plan *plan;
} StatefulSync;

/* statefulset_revisions.c */
/* stateful_find_revisions: current and update; plans what is needed for it. */
void stateful_find_revisions(StatefulSync *sync);
/* stateful_rename_update: the name of the update revision is taken by another one: the next collision count's. */
void stateful_rename_update(StatefulSync *sync);
void stateful_clean_history(StatefulSync *sync);

/* statefulset_pods.c */
/* stateful_ordinal: of a pod that is a member of @set by its name; -1 if it is not. */
gint32 stateful_ordinal(const ApiObject *set, const ApiObject *pod);
gint32 stateful_start(const ApiObject *set);
/* stateful_pod_new: pod @ordinal of the revision that it needs. (owned) NULL: the revision has no template. */
ApiObject *stateful_pod_new(const StatefulSync *sync, gint32 ordinal);
/* stateful_identity_matches: name and labels that the set gives. */
gboolean stateful_identity_matches(const ApiObject *set, const ApiObject *pod);
/* stateful_plan_event: on @step, "create Pod x in StatefulSet y successful" and its failure. */
void stateful_set_events(const StatefulSync *sync,
                         PlanStep *step,
                         const char *verb,
                         const char *pod_name);
/* stateful_plan_create, stateful_plan_delete: with their events. FALSE: there is no template; the plan fails. */
gboolean stateful_plan_create(StatefulSync *sync, gint32 ordinal);
/* Returns: the step (borrowed until the next one). */
PlanStep *stateful_plan_delete(StatefulSync *sync, const ApiObject *pod, const char *why);
void stateful_plan_repair(StatefulSync *sync, const ApiObject *pod);

/* statefulset_claims.c */
const char *stateful_claim_name(const ApiObject *set, guint template_index, gint32 ordinal);
/* stateful_plan_claims: those that are missing. FALSE: one is on its way out; the plan fails. @is_for_new: told of the pod too. */
gboolean stateful_plan_claims(StatefulSync *sync, gint32 ordinal, gboolean is_for_new);
/*
 * stateful_plan_after_creation: what was asked for has been tried: a claim that was refused is told of its pod too, claims
 * of a pod that was created get their owners.
 */
void stateful_plan_after_creation(StatefulSync *sync, const StepResult *results);
/* stateful_claims_are_stale: one is still a former pod's and goes with it; the new pod waits for another one. */
gboolean stateful_claims_are_stale(const StatefulSync *sync, gint32 ordinal);
/* stateful_storage_matches: the pod's volumes are those of its claims. */
gboolean stateful_storage_matches(const ApiObject *set, const ApiObject *pod);
/* stateful_claim_volumes: the pod's volumes for its claims, in place of the template's of the same name. */
void stateful_claim_volumes(const ApiObject *set, gint32 ordinal, PodSpec *spec);
/* stateful_retention_matches, stateful_plan_retention: who owns the claims of @pod. */
gboolean stateful_retention_matches(const StatefulSync *sync, const ApiObject *pod);
void stateful_plan_retention(StatefulSync *sync, const ApiObject *pod);

/* statefulset_status.c */
void stateful_calculate_status(const StatefulSync *sync, StatefulSetStatus *status);
