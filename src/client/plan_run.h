/*
 * plan_run.h - carries out a plan: one step after the other, groups at once
 *
 * A failed step stops the plan unless its code is ignored or it goes on with the
 * error kept. What was skipped lowers expectations. The continuation is asked in
 * any case; the first error kept makes the whole run fail.
 */
#pragma once

#include "client/controller.h"

typedef struct PlanRun PlanRun;

typedef struct {
    Sim *sim;
    Client *client;
    Recorder *recorder;         /* may be NULL: no events */
    Expectations *expectations; /* may be NULL */
    const char *component;      /* of the trace record */
    const char *object_text;    /* interned: "deployment/default/web"; may be NULL */
    /* reconcile_fill: the view and time for a continuation. */
    void (*fill)(gpointer user, Reconcile *out);
    /*
     * A plan begins (the first, or a continuation's): delays and keys are the owner's
     * business when it ends.
     */
    void (*enqueue)(gpointer user, const char *key, gint64 delay_ns);
    /* @error (interned) NULL: it worked. @requeue_ns -1: none. The run is freed after it. */
    void (*done)(gpointer user, const char *error, gint64 requeue_ns);
    gpointer user;
} PlanRunOptions;

/*
 * plan_run_start: takes @plan. May call done before it returns (a plan without
 * writes): then NULL.
 */
PlanRun *plan_run_start(const PlanRunOptions *options, const char *key, Plan *plan);
/* plan_run_cancel: the process died; the client was reset. */
void plan_run_cancel(PlanRun *run);
/* plan_run_resumed: the process goes on after a pause. */
void plan_run_resumed(PlanRun *run);
