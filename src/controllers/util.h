/*
 * util.h - what several controllers share: references, claims, hashes, conditions
 *
 * Models v1.34 pkg/controller: controller_ref_manager.go, controller_utils.go.
 */
#pragma once

#include "api/kinds.h"
#include "api/selector.h"
#include "base/duration.h"
#include "client/controller.h"

/* --- answers of steps ------------------------------------------------------------------- */

gboolean step_succeeded(const StepResult *result);
/* step_refused_terminating: 403 because the namespace is being deleted. */
gboolean step_refused_terminating(const StepResult *result);
/* step_error_text: as the client words it; "" if there is none. */
const char *step_error_text(const StepResult *result);

/* --- owners and dependents ---------------------------------------------------------------- */

typedef struct {
    GPtrArray
        *claimed; /* mine after the patches, in the order of the candidates (borrowed objects) */
    GPtrArray *adopt, *release;
    const char *token;     /* ApiObject.fits of those that are known to be mine; NULL: none is */
    const char *finalizer; /* interned: set with the owner, removed with it; NULL: none */
} Claims;

void claims_init(Claims *claims);
void claims_clear(Claims *claims);
/* claims_sort: what @owner may keep, adopt, must release of @candidates. */
void claims_sort(Claims *claims,
                 const ApiObject *owner,
                 const LabelSelector *selector,
                 const GPtrArray *candidates);
/* claims_plan: one patch for each that is adopted or released. */
void claims_plan(const Claims *claims, const ApiObject *owner, Plan *plan);
/*
 * claims_recheck: the look at the live owner before the first adoption. FALSE,
 * and the plan fails, if it is another one by now or on its way out.
 */
gboolean claims_recheck(const ApiObject *owner, const StepResult *live, Plan *plan);

/*
 * event_subject: what an event is about where the original writes the reference by hand: no revision, and no uid
 * unless @has_uid. Returns: (owned)
 */
ApiObject *event_subject(const ApiObject *object, gboolean has_uid);

/* --- names and hashes ----------------------------------------------------------------------- */

/* safe_encode: a hash as Kubernetes names write it. (interned) */
const char *safe_encode(guint32 hash);
/* template_hash: the value of the label pod-template-hash. (interned) */
const char *template_hash(const PodTemplateSpec *template_, OptInt32 collision_count);
/* template_equal_ignoring_hash: same but for the label pod-template-hash. */
gboolean template_equal_ignoring_hash(const PodTemplateSpec *a, const PodTemplateSpec *b);

/* --- small things ------------------------------------------------------------------------------ */

/*
 * condition_put: as SetDeploymentCondition and its siblings: one with the same
 * status and reason stays; a new one goes to the end of the list and keeps the
 * transition time if only the reason changed.
 */
void condition_put(ConditionList *list, const Condition *condition);

/* object_is_gone: of an event: @old was deleted, or another of its name took its place unseen. */
static inline gboolean
object_is_gone(const ApiObject *old, const ApiObject *object)
{
    return old != NULL && (object == NULL || !str_is(api_uid(object), api_uid(old)));
}

static inline gint32
replicas_of(OptInt32 replicas)
{
    return replicas.is_set ? replicas.value : 1;
}

/* text_to_int: a whole decimal integer. FALSE if it is none or too big. */
gboolean text_to_int(const char *text, gint64 *out_value);

/* compare_creation: by creation time, then name. For arrays of ApiObject*. */
int compare_creation(const ApiObject *a, const ApiObject *b);

/* owner_in_view: the object of @kind that controls @object, if it is still the same one. (borrowed) */
const ApiObject *owner_in_view(View *view, const ApiKind *kind, const ApiObject *object);
/* has_same_controller: one controller has both, or nobody controls either. */
gboolean has_same_controller(const ApiObject *a, const ApiObject *b);
