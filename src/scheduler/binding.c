/* binding.c - the binding cycle; see internal.h */

#include "scheduler/internal.h"

#include "base/duration.h"

typedef struct {
    Scheduler *scheduler;
    QueuedPod *queued; /* (owned) */
    const char *node;
    SimTimer timer;
    gboolean is_due; /* the timer fired while the process was paused */
} Binding;

static void
binding_free(Binding *binding)
{
    sim_timer_clear(&binding->timer);
    queued_pod_free(binding->queued);
    g_free(binding);
}

/* v1.34 schedule_one.go: handleBindingCycleError */
static void
binding_fail(Binding *binding, const ApiStatus *status)
{
    Scheduler *scheduler = binding->scheduler;
    QueuedPod *queued = g_steal_pointer(&binding->queued);
    ClusterEvent event = {.type = EVENT_POD_DELETED};
    g_autoptr(ApiObject) assumed = api_object_copy(queued->info->pod);
    Failure failure = {
        .reason = "SchedulerError",
        .message = str_internf("running Bind plugin \"DefaultBinder\": %s",
                               status == NULL ? "unknown" : status->message),
        .sets_nomination = TRUE,
        .nominated = "",
    };

    ((PodSpec *)api_edit_spec(assumed))->node_name = binding->node;
    event.old = assumed;
    sched_cache_forget(scheduler->cache, queued->info->key);
    sched_queue_event(scheduler->queue, &event, G_MAXINT32, queued->info->key,
                      scheduler_wall_ns(scheduler));
    queued->rejectors = 0;
    scheduler_fail(scheduler, queued, &failure);
}

static void
binding_done(gpointer user, const ApiResponse *response)
{
    Binding *binding = user;
    Scheduler *scheduler = binding->scheduler;
    const PodInfo *info = binding->queued->info;

    sched_queue_set_cause(scheduler->queue, sim_cause(scheduler->options.sim));
    if (api_response_ok(response))
        scheduler_record(scheduler, info->pod, "Normal", "Scheduled", "Binding", NULL,
                         str_internf("Successfully assigned %s to %s", info->key, binding->node));
    else
        binding_fail(binding, response->status);
    g_hash_table_remove(scheduler->bindings, binding);
    binding_free(binding);
    scheduler_pump(scheduler);
}

static void
binding_send(Binding *binding)
{
    Scheduler *scheduler = binding->scheduler;
    const ApiObject *pod = binding->queued->info->pod;
    ApiRequest *request =
        api_request_new(VERB_CREATE, &pod_kind, api_namespace(pod), api_name(pod));
    ApiObject *target = api_object_new(&pod_kind, api_namespace(pod), api_name(pod));

    api_edit_meta(target)->uid = api_uid(pod);
    ((PodSpec *)api_edit_spec(target))->node_name = binding->node;
    request->subresource = str_intern("binding");
    request->object = target;
    request->reason = str_internf("bind to %s", binding->node);
    client_send(component_client(scheduler->component), request, binding_done, binding, NULL);
}

static void
binding_on_timer(Sim *sim, gpointer self)
{
    Binding *binding = self;

    (void)sim;
    binding->is_due = client_is_paused(component_client(binding->scheduler->component));
    if (!binding->is_due)
        binding_send(binding);
}

/* The goroutine of the binding cycle waits for its turn: see loop.c for what was recorded. */
static const Dist quick_delay = {.type = DIST_LOGNORMAL, .a_ns = 2700000, .b_ns = 39000000};

void
scheduler_bind(Scheduler *scheduler, QueuedPod *queued, const char *node)
{
    Binding *binding = g_new0(Binding, 1);

    binding->scheduler = scheduler;
    binding->queued = queued;
    binding->node = node;
    sim_timer_init(&binding->timer, scheduler->options.sim, SIM_CONTROL, binding_on_timer, binding);
    g_hash_table_add(scheduler->bindings, binding);
    if (scheduler->options.quick)
        sim_timer_arm_after(&binding->timer, dist_sample_ns(&quick_delay, scheduler->timing));
    else
        binding_send(binding);
}

void
scheduler_bindings_reset(Scheduler *scheduler)
{
    GHashTableIter iter;
    gpointer binding;

    g_hash_table_iter_init(&iter, scheduler->bindings);
    while (g_hash_table_iter_next(&iter, &binding, NULL))
        binding_free(binding);
    g_hash_table_remove_all(scheduler->bindings);
}

static gint
compare_due(gconstpointer a, gconstpointer b)
{
    const Binding *x = *(const Binding *const *)a;
    const Binding *y = *(const Binding *const *)b;

    return strcmp(x->queued->info->key, y->queued->info->key);
}

void
scheduler_bindings_resumed(Scheduler *scheduler)
{
    g_autoptr(GPtrArray) due = g_ptr_array_new();
    GHashTableIter iter;
    gpointer item;

    g_hash_table_iter_init(&iter, scheduler->bindings);
    while (g_hash_table_iter_next(&iter, &item, NULL)) {
        if (((Binding *)item)->is_due)
            g_ptr_array_add(due, item);
    }
    g_ptr_array_sort(due, compare_due);
    for (guint i = 0; i < due->len; i++) {
        Binding *binding = due->pdata[i];

        binding->is_due = FALSE;
        binding_send(binding);
    }
}
