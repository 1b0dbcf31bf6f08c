#include "controllers/controllers.h"

#include "api/kinds/batch.h"
#include "base/duration.h"

/*
 * v1.34 pkg/controller/ttlafterfinished: a finished Job whose seconds are over is
 * deleted with what it owns (foreground), and no sooner.
 */

/* processTTL: how long the Job may stay; -1: for ever, or it is not finished, or on its way out. */
static gint64
left_ns(const ApiObject *job, gint64 wall_ns)
{
    const Condition *end = job_finished_condition(job);

    if (end == NULL || api_is_deleting(job) || !job_spec(job)->ttl_s.is_set)
        return -1;
    return MAX(0, end->last_transition_time + (gint64)job_spec(job)->ttl_s.value * NS_PER_S - wall_ns);
}

/* TRUE: its time is over; else the key comes back when it will be. */
static gboolean
is_over(const ApiObject *job, const Reconcile *r, Plan *plan)
{
    gint64 left = left_ns(job, r->wall_ns);

    if (left > 0)
        plan_requeue_after(plan, left);
    return left == 0;
}

/* The live one may have got more time since. */
static void
after_look(const Reconcile *r, gpointer carry, const StepResult *results, guint n_results, Plan *plan)
{
    const ApiObject *job;
    PlanStep *step;

    (void)carry;
    if (n_results == 0 || results[0].object == NULL || !is_over(results[0].object, r, plan))
        return;
    job = results[0].object;
    step = plan_delete(plan, job, "it finished %d s ago", job_spec(job)->ttl_s.value);
    step->propagation = str_intern("Foreground");
    step->precondition_uid = api_uid(job);
}

static void
reconcile(const Reconcile *r, Plan *plan)
{
    const char *namespace_, *name;
    const ApiObject *job;

    api_split_key(r->key, &namespace_, &name);
    job = view_get(r->view, &job_kind, namespace_, name);
    if (job == NULL || !is_over(job, r, plan))
        return;
    plan_read(plan, &job_kind, namespace_, name, "because its time seems to be over")->ignore_codes[0] = 404;
    plan_continue(plan, after_look, NULL, NULL);
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
