/* narrate_workloads.c - StatefulSets, DaemonSets, Jobs, autoscalers, and what only an event says; see narrator.h */

#include "report/narrator.h"

#include "api/kinds.h"
#include "base/duration.h"

/* --- StatefulSets and DaemonSets ------------------------------------------------------------------- */

static const StatefulSetStatus *
set_status(const ApiObject *set)
{
    return set->status;
}

/* Pods that the partition lets have the new template. */
static gint32
wanted_updated(const ApiObject *set)
{
    const StatefulSetSpec *spec = set->spec;
    const RollingUpdateStatefulSet *rolling = spec->update_strategy.rolling_update;
    gint32 partition = rolling != NULL && rolling->partition.is_set ? rolling->partition.value : 0;

    return MAX(spec->replicas.value - partition, 0);
}

static gboolean
stateful_set_is_whole(const ApiObject *set)
{
    const StatefulSetStatus *status = set_status(set);
    gint32 want = ((const StatefulSetSpec *)set->spec)->replicas.value;

    return status->observed_generation == set->meta->generation && status->available_replicas == want && status->updated_replicas >= wanted_updated(set);
}

void
tell_stateful_set(Narrator *narrator, const ApiObject *old, const ApiObject *set)
{
    const char *name = api_name(set);
    gint32 want = ((const StatefulSetSpec *)set->spec)->replicas.value;
    gint32 held = want - wanted_updated(set);

    if (old == NULL) {
        narrator_say(narrator, "StatefulSet %s wants %d pod%s", name, want, want == 1 ? "" : "s");
        return;
    }
    if (((const StatefulSetSpec *)old->spec)->replicas.value != want)
        narrator_say(narrator, "StatefulSet %s: %d pod%s wanted instead of %d", name, want, want == 1 ? "" : "s", ((const StatefulSetSpec *)old->spec)->replicas.value);
    if (set_status(old)->update_revision != NULL && !str_is(set_status(old)->update_revision, set_status(set)->update_revision))
        narrator_say(narrator, "StatefulSet %s rolls out a new template, highest number first", name);
    if (set_status(old)->available_replicas == want && set_status(set)->available_replicas < want && set_status(set)->updated_replicas == want)
        narrator_say(narrator, "StatefulSet %s has too few pods: %d of %d available", name, set_status(set)->available_replicas, want);
    if (stateful_set_is_whole(old) || !stateful_set_is_whole(set))
        return;
    if (held > 0 && !str_is(set_status(set)->current_revision, set_status(set)->update_revision))
        narrator_say(narrator, "StatefulSet %s: %d of %d pods have the new template; the partition holds the others", name, set_status(set)->updated_replicas, want);
    else
        narrator_say(narrator, "StatefulSet %s is complete: %d of %d pods available", name, set_status(set)->available_replicas, want);
}

static gboolean
daemon_set_is_whole(const ApiObject *set)
{
    const DaemonSetStatus *status = set->status;

    return status->observed_generation == set->meta->generation && status->desired_scheduled > 0 && status->updated_scheduled == status->desired_scheduled &&
           status->available == status->desired_scheduled;
}

void
tell_daemon_set(Narrator *narrator, const ApiObject *old, const ApiObject *set)
{
    const DaemonSetStatus *status = set->status;

    if (old == NULL) {
        narrator_say(narrator, "DaemonSet %s wants a pod on each of its nodes", api_name(set));
        return;
    }
    if (old->meta->generation != set->meta->generation && old->meta->generation > 0 && daemon_set_is_whole(old))
        narrator_say(narrator, "DaemonSet %s rolls out a new template", api_name(set));
    if (!daemon_set_is_whole(old) && daemon_set_is_whole(set))
        narrator_say(narrator, "DaemonSet %s is complete on %d node%s", api_name(set), status->desired_scheduled, status->desired_scheduled == 1 ? "" : "s");
}

/* --- Jobs ---------------------------------------------------------------------------------------------- */

static const JobStatus *
status_of_job(const ApiObject *job)
{
    return job->status;
}

static gboolean
job_became(const ApiObject *old, const ApiObject *job, const char *type)
{
    return !condition_is(&status_of_job(old)->conditions, type, "True") && condition_is(&status_of_job(job)->conditions, type, "True");
}

void
tell_job(Narrator *narrator, const ApiObject *old, const ApiObject *job)
{
    const OwnerReference *owner = api_controller_of(job);
    const char *name = api_name(job);

    if (old == NULL && owner != NULL) {
        narrator_say(narrator, "%s %s starts Job %s", owner->kind, owner->name, name);
        return;
    }
    if (old == NULL) {
        narrator_say(narrator, "Job %s is there", name);
        return;
    }
    if (status_of_job(job)->failed > status_of_job(old)->failed && narrator_first_time(narrator, api_uid(job), "failed pod"))
        narrator_say(narrator, "Job %s: a pod failed; the next attempt waits longer each time", name);
    if (job_became(old, job, "Suspended"))
        narrator_say(narrator, "Job %s is suspended: its pods go", name);
    if (condition_is(&status_of_job(old)->conditions, "Suspended", "True") && !condition_is(&status_of_job(job)->conditions, "Suspended", "True"))
        narrator_say(narrator, "Job %s goes on", name);
    if (job_became(old, job, "Complete"))
        narrator_say(narrator, "Job %s is complete: %d pod%s succeeded, %d failed", name, status_of_job(job)->succeeded,
                     status_of_job(job)->succeeded == 1 ? "" : "s", status_of_job(job)->failed);
    if (job_became(old, job, "Failed"))
        narrator_say(narrator, "Job %s has failed: %s", name, condition_find(&status_of_job(job)->conditions, "Failed")->reason);
}

/* --- autoscalers --------------------------------------------------------------------------------------- */

void
tell_autoscaler(Narrator *narrator, const ApiObject *old, const ApiObject *hpa)
{
    const HpaStatus *status = hpa->status;
    const HpaStatus *before = old != NULL ? old->status : NULL;
    const HpaSpec *spec = hpa->spec;

    if (before == NULL || status == NULL || before->desired_replicas == status->desired_replicas || before->desired_replicas == 0)
        return;
    narrator_say(narrator, "autoscaler %s: %d pod%s instead of %d%s", api_name(hpa), status->desired_replicas, status->desired_replicas == 1 ? "" : "s", before->desired_replicas,
                 status->desired_replicas == spec->max_replicas ? ", the most it may" : "");
}

static const VpaContainerRecommendation *
recommended(const ApiObject *vpa, guint index)
{
    const VpaStatus *status = vpa != NULL ? vpa->status : NULL;

    if (status == NULL || status->recommendation == NULL || index >= status->recommendation->containers.count)
        return NULL;
    return &status->recommendation->containers.items[index];
}

/* "512Mi" and a bit: bytes to the last digit are for machines. */
static const char *
rounded(const char *resource, const Quantity *quantity)
{
    gint64 bytes = quantity_value(quantity);

    if (str_is(resource, "memory") && bytes >= 1 << 20)
        return str_internf("%" G_GINT64_FORMAT "Mi", (bytes + (1 << 20) - 1) >> 20);
    return quantity_format(quantity);
}

void
tell_recommendation(Narrator *narrator, const ApiObject *old, const ApiObject *vpa)
{
    for (guint i = 0; recommended(vpa, i) != NULL; i++) {
        const VpaContainerRecommendation *now = recommended(vpa, i), *before = recommended(old, i);
        g_autoptr(GString) text = g_string_new(NULL);
        gboolean is_new = before == NULL || before->target.count != now->target.count;

        for (guint k = 0; k < now->target.count; k++) {
            const QuantityPair *pair = &now->target.items[k];

            is_new = is_new || quantity_compare(&before->target.items[k].value, &pair->value) != 0;
            g_string_append_printf(text, "%s %s %s", k > 0 ? "," : "", pair->key, rounded(pair->key, &pair->value));
        }
        if (is_new && now->target.count > 0)
            narrator_say(narrator, "VerticalPodAutoscaler %s: %s should ask for%s", api_name(vpa), now->container_name, text->str);
    }
}

/* --- what only an event says ----------------------------------------------------------------------------- */

void
tell_event(Narrator *narrator, const ApiObject *old, const ApiObject *event)
{
    const EventBody *body = event_body(event);
    const ObjectReference *about = &body->involved_object;
    gint64 minute = sim_now_ns(narrator->series->sim) / (60 * NS_PER_S);

    (void)old;
    if (str_is(body->reason, "JobAlreadyActive") && narrator_first_time(narrator, about->uid, str_internf("minute %" G_GINT64_FORMAT, minute)))
        narrator_say(narrator, "CronJob %s: the last Job still runs, so the next must wait", about->name);
    else if (str_is(body->reason, "MissSchedule"))
        narrator_say(narrator, "CronJob %s has missed its time", about->name);
    else if (str_is(body->reason, "FailedCreate") && narrator_first_time(narrator, about->uid, "cannot create"))
        narrator_say(narrator, "%s %s may not create its pods: %s", about->kind, about->name, body->message);
    else if (str_is(body->reason, "TriggeredScaleUp") && narrator_first_time(narrator, NULL, body->message))
        narrator_say(narrator, "the cluster autoscaler orders machines: %s", body->message + strcspn(body->message, "["));
    else if (str_is(body->reason, "ScaleDown") && str_is(about->kind, "Node") && narrator_first_time(narrator, about->uid, "scale down"))
        narrator_say(narrator, "the cluster autoscaler gives %s back", about->name);
    else if (str_is(body->reason, "EnsuredLoadBalancer") && narrator_first_time(narrator, about->uid, "balancer"))
        narrator_say(narrator, "Service %s has its load balancer", about->name);
    else if (str_is(body->reason, "DeletingNode") && !narrator_first_time(narrator, about->uid, IN_CLOUD))
        narrator_say(narrator, "the cloud has no machine of %s any more: the node is deleted", about->name);
    else if (str_is(body->reason, "LeaderElection"))
        narrator_say(narrator, "%.*s leads: %s", (int)strcspn(body->message, "_ "), body->message, about->name);
}
