/*
 * job_events.h - what wakes the Job controller; pods that no Job counts any more
 *
 * Models v1.34 pkg/controller/job: the handlers, and the queue of orphan pods. A pod whose Job is
 * gone, finished or no longer its owner keeps the finalizer until this controller takes it off; the
 * key of such a pod has a prefix that no Job's key has.
 */
#pragma once

#include "client/controller.h"

void job_on_job(Controller *controller, const ApiObject *old, const ApiObject *object);
void job_on_pod(Controller *controller, const ApiObject *old, const ApiObject *object);
/* job_sync_orphan: TRUE if r->key is that of an orphan pod; the plan is made. */
gboolean job_sync_orphan(const Reconcile *r, Plan *plan);
const char *job_object_text(const char *key); /* (interned) */
/* job_is_managed_elsewhere: spec.managedBy names another controller. */
gboolean job_is_managed_elsewhere(const ApiObject *job);
