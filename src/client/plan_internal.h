/* plan_internal.h - a plan's parts, for plan.c and plan_run.c */
#pragma once

#include "client/plan.h"

typedef struct {
    const char *key; /* interned */
    gint64 delay_ns;
} PlanEnqueue;

typedef struct {
    const char *timer; /* interned */
    gint64 ns;
} PlanWait;

/* Most plans are empty: what lists they need is made when it is needed. */
struct Plan {
    GPtrArray *steps; /* of PlanStep (owned); NULL: none */
    GroupType group;  /* of steps added now */
    guint group_id, n_groups;
    guint item; /* of the group: the one steps are added to */
    gboolean has_items;
    gboolean has_creations, forgets_expectations;
    guint expected_creations;
    GPtrArray *expected_deletions; /* interned pod keys; NULL: none */
    gint64 requeue_ns;             /* -1: none */
    GArray *enqueues;              /* of PlanEnqueue; NULL: none */
    GArray *waits;                 /* of PlanWait; NULL: none */
    const char *error;             /* interned; NULL: none */
    PlanContinue next;
    gpointer carry; /* (owned) */
    GDestroyNotify carry_free;
};

/* plan_step_message: the text of an event about an outcome. (owned) */
char *plan_step_message(const StepEvent *event,
                              gboolean is_success,
                              const StepResult *result,
                              const char *name);
