/*
 * plan.h - what a reconciler decides: an ordered list of API writes, events, a requeue time
 *
 * Reconcilers are pure: (view, key, now) -> plan. A worker (controller.c) runs
 * the steps one after the other, each with the client's rate limit and the API's
 * latency; groups may run in parallel or in slow-start batches. What must be
 * decided from the outcome of steps goes into a continuation, again pure:
 * (view of the same sync, outcome) -> plan.
 */
#pragma once

#include "apiserver/apiserver.h"

typedef struct Plan Plan;

typedef enum {
    STEP_CREATE,
    STEP_UPDATE,
    STEP_UPDATE_STATUS,
    STEP_PATCH,
    STEP_DELETE,
    STEP_GET,
    STEP_EVENT,
    STEP_BINDING,
    STEP_PAUSE,
    STEP_DELETE_COLLECTION,
    STEP_LIST,
    STEP_SCALE,
    STEP_CALL
} StepType;
typedef enum { GROUP_NONE, GROUP_PARALLEL, GROUP_SLOW_START, GROUP_IN_TURN } GroupType;

typedef struct {
    const char *type, *reason; /* NULL reason: no event */
    /* One %s at most: on success the object's name, on failure the error's text. */
    const char *format;
} StepEvent;

typedef struct PlanStep {
    StepType type;
    const ApiKind *kind;
    const char *namespace_, *name, *subresource; /* interned */
    ApiObject *object;                           /* (owned) CREATE, UPDATE, UPDATE_STATUS */
    ApiMutate mutate;                            /* PATCH */
    gpointer mutate_data;
    GDestroyNotify mutate_data_free;
    const char *why; /* interned: one phrase for the trace */
    /* delete */
    gboolean has_grace;
    gint64 grace_s;
    const char *propagation, *precondition_uid;
    guint64 precondition_revision;
    /* events about the outcome, written right after the step; about @event_about */
    ApiObject *event_about; /* (owned ref) */
    StepEvent on_success, on_failure;
    const char *event_message; /* STEP_EVENT: interned */
    gint64 pause_ns;           /* STEP_PAUSE */
    const char *label_selector, *field_selector; /* STEP_LIST; NULL: all */
    gint32 replicas;                             /* STEP_SCALE */
    /* STEP_CALL: something outside of the cluster is told. */
    void (*call)(gpointer user, const char *what, gint64 number);
    gpointer call_user;
    const char *call_what; /* interned */
    gint64 call_number;
    /* Whatever comes back is for the continuation to judge: never an error of the sync. */
    gboolean ignores_errors;
    guint ignore_codes[4];     /* HTTP codes that count as success, 0-terminated */
    gboolean tells_ignored;    /* the event of a failure is written for them all the same */
    /* 403 because the namespace terminates counts as success, no event. */
    gboolean ignore_terminating;
    gboolean continue_on_error; /* go on with the next step; the error is kept for the end */
    /* Index of an earlier step whose answer's resourceVersion this write carries; -1: none. */
    int takes_revision_of;
    /* A failed or skipped create/delete lowers the controller's expectation for the key. */
    gboolean keeps_expectation;
    const char *expected_pod_key; /* interned; with keeps_expectation and DELETE */
    GroupType group;
    guint group_id;            /* 0: none */
    guint item;                /* of its group, from 1 */
    guint retries_on_conflict; /* PATCH/UPDATE: repeats (10 ms apart), mutate applied anew */
} PlanStep;

typedef struct {
    gboolean was_run;
    int code;
    ApiObject *object; /* (owned ref) as answered */
    GPtrArray *items;  /* (owned ref) of ApiObject: STEP_LIST; else NULL */
    ApiStatus *status; /* (owned ref) */
} StepResult;

typedef struct Reconcile Reconcile; /* controller.h */
/*
 * PlanContinue: decides on from what happened. results[i] belongs to step i of the
 * plan that ended.
 */
typedef void (*PlanContinue)(const Reconcile *r,
                             gpointer carry,
                             const StepResult *results,
                             guint n_results,
                             Plan *plan);

Plan *plan_new(void);
void plan_free(Plan *plan);
guint plan_count(const Plan *plan);
PlanStep *plan_get(const Plan *plan, guint index);

/*
 * Each returns the step to set further members on (borrowed until the next step is
 * added), its index is plan_count - 1.
 */
PlanStep *plan_create(Plan *plan, ApiObject *object /* owned */, const char *why_format, ...)
    G_GNUC_PRINTF(3, 4);
PlanStep *plan_update(Plan *plan, ApiObject *object /* owned */, const char *why_format, ...)
    G_GNUC_PRINTF(3, 4);
PlanStep *plan_update_status(Plan *plan, ApiObject *object /* owned */, const char *why_format, ...)
    G_GNUC_PRINTF(3, 4);
PlanStep *plan_patch(Plan *plan,
                     const ApiObject *target,
                     const char *subresource,
                     ApiMutate mutate,
                     gpointer data,
                     GDestroyNotify data_free,
                     const char *why_format,
                     ...) G_GNUC_PRINTF(7, 8);
PlanStep *plan_delete(Plan *plan, const ApiObject *target, const char *why_format, ...)
    G_GNUC_PRINTF(3, 4);
/* plan_delete_collection: all of @kind in @namespace_. */
PlanStep *plan_delete_collection(Plan *plan,
                                 const ApiKind *kind,
                                 const char *namespace_,
                                 const char *why_format,
                                 ...) G_GNUC_PRINTF(4, 5);
PlanStep *plan_read(Plan *plan,
                    const ApiKind *kind,
                    const char *namespace_,
                    const char *name,
                    const char *why_format,
                    ...) G_GNUC_PRINTF(5, 6);
/* plan_list: LIST of @kind, past the informers. */
PlanStep *
plan_list(Plan *plan, const ApiKind *kind, const char *namespace_, const char *why_format, ...)
    G_GNUC_PRINTF(4, 5);
/* plan_scale: PUT of @target's scale subresource, based on @target's revision. */
PlanStep *plan_scale(Plan *plan,
                     const ApiObject *target,
                     gint32 replicas,
                     const char *why_format,
                     ...) G_GNUC_PRINTF(4, 5);
/* plan_call: @call(@user, @what, @number) when the step's turn comes; it cannot fail. */
PlanStep *plan_call(Plan *plan,
                    void (*call)(gpointer user, const char *what, gint64 number),
                    gpointer user,
                    const char *what,
                    gint64 number,
                    const char *why_format,
                    ...) G_GNUC_PRINTF(6, 7);
PlanStep *plan_event(Plan *plan,
                     const ApiObject *about,
                     const char *type,
                     const char *reason,
                     const char *format,
                     ...) G_GNUC_PRINTF(5, 6);
PlanStep *plan_pause(Plan *plan, gint64 ns);

/*
 * Steps added between begin and end form a group. In a slow-start group batches of
 * 1, 2, 4 ... run; a failure stops after its batch. One in turn has each of its steps
 * tried, one after the other; a failure stops after the last of them.
 */
void plan_group_begin(Plan *plan, GroupType type);
/*
 * What a slow start counts: each step, or with plan_group_item() what is added until
 * the next call, which may be nothing. The steps of an item run one after the other,
 * the first that fails ends it. Outside of a group the call has no effect.
 */
void plan_group_item(Plan *plan);
void plan_group_end(Plan *plan);

void plan_expect_creations(Plan *plan, guint count);        /* set when the plan starts */
void plan_expect_deletion(Plan *plan, const char *pod_key); /* add one to the set */
void plan_forget_expectations(Plan *plan);
void plan_requeue_after(Plan *plan, gint64 delay_ns); /* the earlier of several */
void plan_enqueue_after(Plan *plan,
                        const char *key,
                        gint64 delay_ns); /* another key of this controller */
/* plan_waited: what this plan does had to wait for a timer (profile.h), for @ns. */
void plan_waited(Plan *plan, const char *timer, gint64 ns);
/* plan_fail: the sync ends in an error (rate-limited retry) with this text, after its steps. */
COLD void plan_fail(Plan *plan, const char *format, ...) G_GNUC_PRINTF(2, 3);
void plan_continue(Plan *plan, PlanContinue next, gpointer carry, GDestroyNotify carry_free);
/* Readers for tests: */
gint64 plan_requeue_ns(const Plan *plan); /* -1: none */
const char *plan_error(const Plan *plan);
guint plan_expected_creations(const Plan *plan);
PlanContinue plan_next(const Plan *plan, gpointer *out_carry);
