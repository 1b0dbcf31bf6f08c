#include "controllers/controllers.h"

#include "api/kinds/batch.h"
#include "base/duration.h"

/*
 * v1.34 pkg/controller/ttlafterfinished: a finished Job whose seconds are over is
 * deleted with what it owns (foreground), and no sooner.
 */

static void
reconcile(const Reconcile *r, Plan *plan)
{
    const char *namespace_, *name;
    const ApiObject *job;
    const Condition *end;
    PlanStep *step;
    gint64 left_ns;

    api_split_key(r->key, &namespace_, &name);
    job = view_get(r->view, &job_kind, namespace_, name);
    if (job == NULL || job->meta->deletion_time != 0 || !job_spec(job)->ttl_s.is_set)
        return;
    end = job_finished_condition(job);
    if (end == NULL)
        return;
    left_ns = end->last_transition_time + (gint64)job_spec(job)->ttl_s.value * NS_PER_S - r->wall_ns;
    if (left_ns > 0) {
        plan_requeue_after(plan, left_ns);
        return;
    }
    step = plan_delete(plan, job, "it finished %d s ago", job_spec(job)->ttl_s.value);
    step->propagation = str_intern("Foreground");
    step->precondition_uid = api_uid(job);
}

static void
on_job(Controller *controller, const ApiObject *old, const ApiObject *object)
{
    (void)old;
    if (object != NULL && job_spec(object)->ttl_s.is_set && job_finished_condition(object) != NULL)
        controller_enqueue_object(controller, object);
}

static const char *
object_text(const char *key)
{
    return str_internf("job/%s", key);
}

static const ControllerSource sources[] = {
    {&job_kind, on_job},
    {0},
};

const ControllerDef ttl_after_finished_controller = {
    .name = "ttl-after-finished",
    .component = "ttl-after-finished-controller",
    .workers = 5,
    .sources = sources,
    .reconcile = reconcile,
    .object_text = object_text,
};
