/* binding.c - the binding cycle; see internal.h */

#include "scheduler/internal.h"

#include "base/pool.h"

typedef struct {
    Scheduler *scheduler;
    GList link;        /* in scheduler->bindings */
    QueuedPod *queued; /* (owned) */
    const char *node;
    ApiObject *target; /* (owned ref) as sent; NULL: not sent */
    Prebind *prebind; /* (owned) NULL: not or no longer under way */
} Binding;

/* What is sent is a whole pod of which three fields are used: one that nobody holds any more serves again. */
static ApiObject *
target_take(Scheduler *scheduler, const ApiObject *pod, const char *node)
{
    ApiObject *target = g_steal_pointer(&scheduler->spare_target);
    ObjectMeta *meta;

    if (target == NULL)
        target = api_object_new(&pod_kind, NULL, NULL);
    meta = api_edit_meta(target);
    meta->namespace_ = api_namespace(pod);
    meta->name = api_name(pod);
    meta->uid = api_uid(pod);
    ((PodSpec *)api_edit_spec(target))->node_name = node;
    return target;
}

static void
target_give_back(Scheduler *scheduler, ApiObject *target)
{
    if (target != NULL && target->ref_count == 1 && scheduler->spare_target == NULL)
        scheduler->spare_target = target;
    else
        api_object_unref(target);
}

static void
binding_free(Binding *binding)
{
    target_give_back(binding->scheduler, binding->target);
    prebind_free(binding->prebind);
    queued_pod_free(binding->queued);
    POOL_FREE(Binding, binding);
}

/* v1.34 schedule_one.go: handleBindingCycleError */
static void
binding_fail(Binding *binding, const char *message)
{
    Scheduler *scheduler = binding->scheduler;
    QueuedPod *queued = g_steal_pointer(&binding->queued);
    ClusterEvent event = {.type = EVENT_POD_DELETED};
    g_autoptr(ApiObject) assumed = api_object_copy(queued->info->pod);
    Failure failure = {
        .reason = "SchedulerError",
        .message = message,
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
binding_end(Binding *binding)
{
    Scheduler *scheduler = binding->scheduler;

    g_queue_unlink(&scheduler->bindings, &binding->link);
    binding_free(binding);
    scheduler_pump(scheduler);
}

static void
binding_done(gpointer user, const ApiResponse *response)
{
    Binding *binding = user;
    Scheduler *scheduler = binding->scheduler;
    const PodInfo *info = binding->queued->info;

    sched_queue_set_cause(scheduler->queue, sim_cause(scheduler->options.sim));
    if (api_response_ok(response))
        scheduler_record(scheduler, info->pod, str_intern("Normal"), str_intern("Scheduled"), str_intern("Binding"), NULL,
                         str_internf("Successfully assigned %s to %s", info->key, binding->node));
    else
        binding_fail(binding, str_internf("running Bind plugin \"DefaultBinder\": %s",
                                          response->status == NULL ? "unknown" : response->status->message));
    binding_end(binding);
}

static void
binding_send(Binding *binding)
{
    Scheduler *scheduler = binding->scheduler;
    const ApiObject *pod = binding->queued->info->pod;
    ApiRequest *request =
        api_request_new(VERB_CREATE, &pod_kind, api_namespace(pod), api_name(pod));

    binding->target = target_take(scheduler, pod, binding->node);
    request->subresource = str_intern("binding");
    request->object = api_object_ref(binding->target);
    request->reason = said_bind(&scheduler->said, binding->node);
    client_send(component_client(scheduler->component), request, binding_done, binding, NULL);
}

static void
binding_on_volumes(gpointer user, const char *error)
{
    Binding *binding = user;

    prebind_free(g_steal_pointer(&binding->prebind));
    if (error == NULL) {
        binding_send(binding);
        return;
    }
    binding_fail(binding, str_internf("running PreBind plugin \"VolumeBinding\": %s", error));
    binding_end(binding);
}

void
scheduler_bind(Scheduler *scheduler, QueuedPod *queued, const char *node)
{
    Binding *binding = POOL_NEW0(Binding);

    binding->scheduler = scheduler;
    binding->queued = queued;
    binding->node = node;
    binding->link.data = binding;
    g_queue_push_tail_link(&scheduler->bindings, &binding->link);
    binding->prebind = prebind_start(scheduler, queued->info->pod, node, binding_on_volumes, binding);
    if (binding->prebind == NULL)
        binding_send(binding);
}

static gint
compare_bindings(gconstpointer a, gconstpointer b)
{
    const Binding *x = *(const Binding *const *)a;
    const Binding *y = *(const Binding *const *)b;

    return strcmp(x->queued->info->key, y->queued->info->key);
}

/* In order: the timers that they give back are used again, and which one gets which is part of the run. */
void
scheduler_bindings_reset(Scheduler *scheduler)
{
    g_autoptr(GPtrArray) bindings = g_ptr_array_new();

    for (GList *link = scheduler->bindings.head; link != NULL; link = link->next)
        g_ptr_array_add(bindings, link->data);
    g_ptr_array_sort(bindings, compare_bindings);
    for (guint i = 0; i < bindings->len; i++)
        binding_free(bindings->pdata[i]);
    g_queue_init(&scheduler->bindings);
}
