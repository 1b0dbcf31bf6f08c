/*
 * kinds/policy.h - PodDisruptionBudget (policy/v1, v1.34)
 */
#pragma once

#include "api/kinds/pod.h"

typedef struct {
    IntOrString min_available;
    LabelSelector *selector; /* NULL: no pod; empty: every pod of the namespace */
    IntOrString max_unavailable;
    const char *unhealthy_pod_eviction_policy;
} PdbSpec;
typedef struct {
    gint64 observed_generation;
    StrMap disrupted_pods; /* name -> time as text: promised to be deleted, not seen deleting yet */
    gint32 disruptions_allowed, current_healthy, desired_healthy, expected_pods;
    ConditionList conditions;
} PdbStatus;

extern const ApiKind pdb_kind;
extern const ApiType pdb_spec_type, pdb_status_type;

static inline const PdbSpec *
pdb_spec(const ApiObject *pdb)
{
    return pdb->spec;
}
static inline const PdbStatus *
pdb_status(const ApiObject *pdb)
{
    return pdb->status;
}
/* pdb_covers: same namespace, and the selector takes the pod. */
gboolean pdb_covers(const ApiObject *pdb, const ApiObject *pod);
/* pdb_set_allowed_condition: DisruptionAllowed as disruptions_allowed says, for the generation observed. */
void pdb_set_allowed_condition(PdbStatus *status, ApiTime now);
/* pdb_condition_put: as meta.SetStatusCondition: the time moves only with the status. */
void pdb_condition_put(PdbStatus *status, const Condition *condition, ApiTime now);
