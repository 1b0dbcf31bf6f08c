/* failure.c - what follows a failed attempt; see internal.h */

#include "scheduler/internal.h"

/* v1.34 schedule_one.go: truncateMessage; pkg/apis/core/validation: NoteLengthLimit */
#define NOTE_LENGTH_MAX 1024

typedef struct {
    gint64 wall_ns;
    gint64 generation;
    const char *reason, *message;
    gboolean sets_nomination;
    const char *nominated;
} StatusChange;

void
scheduler_record(Scheduler *scheduler,
                 const ApiObject *pod,
                 const char *type,
                 const char *reason,
                 const char *action,
                 const ApiObject *related,
                 const char *message)
{
    ObjectReference about = object_reference_of(pod);
    ObjectReference other = {0};

    if (related != NULL)
        other = object_reference_of(related);
    recorder_event_ref(component_recorder(scheduler->component), &about, type, reason, action,
                       related == NULL ? NULL : &other, message);
}

void
scheduler_patch_status(Scheduler *scheduler,
                       const ApiObject *pod,
                       ApiMutate mutate,
                       gpointer data,
                       GDestroyNotify data_free,
                       const char *why,
                       ClientDone done,
                       gpointer user)
{
    ApiRequest *request = api_request_new(VERB_PATCH, &pod_kind, api_namespace(pod), api_name(pod));

    request->subresource = str_intern("status");
    request->patch_type = PATCH_STRATEGIC;
    request->mutate = mutate;
    request->mutate_data = data;
    request->mutate_data_free = data_free;
    request->reason = str_intern(why);
    client_send(component_client(scheduler->component), request, done, user, NULL);
}

/* --- the condition ----------------------------------------------------------------------------------- */

/* v1.34 pkg/api/v1/pod: UpdatePodCondition: is there anything to write? */
static gboolean
is_news(const ApiObject *pod, const StatusChange *change)
{
    const PodStatus *status = pod_status(pod);
    const Condition *have = condition_find(&status->conditions, "PodScheduled");

    if (change->sets_nomination &&
        !str_is(change->nominated,
                status->nominated_node_name == NULL ? "" : status->nominated_node_name))
        return TRUE;
    return have == NULL || !str_is(have->status, "False") ||
           !str_is(have->reason, change->reason) || !str_is(have->message, change->message);
}

static gboolean
apply_change(ApiObject *pod, gpointer data)
{
    const StatusChange *change = data;
    const Condition *have = condition_find(&pod_status(pod)->conditions, "PodScheduled");
    gboolean was_false = have != NULL && str_is(have->status, "False");
    ApiTime since = was_false ? have->last_transition_time : api_time_seconds(change->wall_ns);
    PodStatus *status;
    Condition *condition;

    if (!is_news(pod, change))
        return FALSE;
    status = api_edit_status(pod);
    condition = condition_edit(&status->conditions, "PodScheduled");
    condition->status = str_intern("False");
    condition->reason = change->reason;
    condition->message = change->message;
    condition->observed_generation = change->generation;
    condition->last_transition_time = since;
    if (change->sets_nomination)
        status->nominated_node_name = change->nominated[0] == '\0' ? NULL : change->nominated;
    return TRUE;
}

static void
reported(gpointer user, const ApiResponse *response)
{
    Scheduler *scheduler = user;

    (void)response;
    scheduler->is_reporting = FALSE;
    scheduler_pump(scheduler);
}

/* The write that the loop waits for. */
struct Report {
    Scheduler *scheduler;
    ApiObject *pod; /* (owned ref) */
    StatusChange change;
    SimTimer timer;
    gboolean is_due; /* the timer fired while the process was paused */
};

/* Recorded on one busy machine: failures follow each other by 10 to 25 ms. */
static const Dist quick_delay = {.type = DIST_LOGNORMAL, .a_ns = 7000000, .b_ns = 30000000};

void
scheduler_report_reset(Scheduler *scheduler)
{
    struct Report *report = g_steal_pointer(&scheduler->report);

    if (report == NULL)
        return;
    sim_timer_clear(&report->timer);
    api_object_unref(report->pod);
    g_free(report);
}

static void
report_send(struct Report *report)
{
    Scheduler *scheduler = report->scheduler;

    scheduler_patch_status(scheduler, report->pod, apply_change,
                           g_memdup2(&report->change, sizeof report->change), g_free,
                           str_internf("not scheduled: %s", report->change.message), reported,
                           scheduler);
    scheduler_report_reset(scheduler);
}

static void
report_on_timer(Sim *sim, gpointer self)
{
    struct Report *report = self;

    (void)sim;
    report->is_due = client_is_paused(component_client(report->scheduler->component));
    if (!report->is_due)
        report_send(report);
}

void
scheduler_report_resumed(Scheduler *scheduler)
{
    if (scheduler->report != NULL && scheduler->report->is_due)
        report_send(scheduler->report);
}

static void
report_begin(Scheduler *scheduler, const ApiObject *pod, const StatusChange *change)
{
    struct Report *report = g_new0(struct Report, 1);

    report->scheduler = scheduler;
    report->pod = api_object_ref(pod);
    report->change = *change;
    sim_timer_init(&report->timer, scheduler->options.sim, SIM_CONTROL, report_on_timer, report);
    scheduler->report = report;
    scheduler->is_reporting = TRUE;
    if (scheduler->options.quick)
        sim_timer_arm_after(&report->timer, dist_sample_ns(&quick_delay, scheduler->timing));
    else
        report_send(report);
}

static void
reported_aside(gpointer user, const ApiResponse *response)
{
    (void)user;
    (void)response;
}

/* --- the whole --------------------------------------------------------------------------------------------- */

static const char *
truncate_note(const char *message)
{
    gsize cut = NOTE_LENGTH_MAX - strlen(" ...");

    if (strlen(message) <= NOTE_LENGTH_MAX)
        return message;
    while (cut > 0 && (message[cut] & 0xC0) == 0x80)
        cut--;
    return str_internf("%.*s ...", (int)cut, message);
}

/* To the queue, as the informer knows the pod by now; not if it is gone or bound. */
static void
give_back(Scheduler *scheduler, QueuedPod *queued, const char *nominated)
{
    const ApiObject *pod = queued->info->pod;
    const ApiObject *known = informer_get(scheduler->pods, api_namespace(pod), api_name(pod));
    gint64 wall_ns = scheduler_wall_ns(scheduler);

    if (known == NULL || !str_is_empty(pod_spec(known)->node_name) || pod_is_terminal(known) ||
        api_uid(known) != api_uid(pod)) {
        sched_queue_done(scheduler->queue, queued, FALSE);
        return;
    }
    pod_info_set(queued->info, sched_cache_shapes(scheduler->cache), known);
    sched_queue_set_cause(scheduler->queue, sim_cause(scheduler->options.sim));
    sched_queue_return(scheduler->queue, queued, wall_ns);
    nominator_add(sched_cache_nominator(scheduler->cache), known, nominated);
}

void
scheduler_fail(Scheduler *scheduler, QueuedPod *queued, const Failure *failure)
{
    g_autoptr(ApiObject) pod = api_object_ref(queued->info->pod);
    StatusChange change = {
        .wall_ns = scheduler_wall_ns(scheduler),
        .generation = pod->meta->generation,
        .reason = str_intern(failure->reason),
        .message = failure->message,
        .sets_nomination = failure->sets_nomination,
        .nominated = failure->nominated,
    };

    give_back(scheduler, queued, failure->sets_nomination ? failure->nominated : NULL);
    scheduler_record(scheduler, pod, "Warning", "FailedScheduling", "Scheduling", NULL,
                     truncate_note(failure->message));
    if (!is_news(pod, &change))
        return;
    if (failure->blocks) {
        report_begin(scheduler, pod, &change);
        return;
    }
    scheduler_patch_status(scheduler, pod, apply_change, g_memdup2(&change, sizeof change), g_free,
                           str_internf("not scheduled: %s", failure->message), reported_aside,
                           scheduler);
}
