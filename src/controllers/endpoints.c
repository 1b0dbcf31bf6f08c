/*
 * The Endpoints of Services, which EndpointSlices have replaced; nothing in the cluster reads them any more, only people.
 *
 * Models: v1.34 pkg/controller/endpoint: endpoints_controller.go, endpoints_tracker.go.
 */
#include "controllers/endpoints_sync.h"

#define LABEL_ENDPOINTS_BY "endpoints.kubernetes.io/managed-by"
#define OVER_CAPACITY      "endpoints.kubernetes.io/over-capacity"
#define LEADER_ANNOTATION  "control-plane.alpha.kubernetes.io/leader"
#define LABELED_SINCE      33

typedef struct {
    gpointer triggers;    /* slice_state_new: when what changed */
    GHashTable *services; /* key -> Memory * (owned) */
    gboolean has_begun;
} EndpointsState;

/* What is remembered of a Service. */
typedef struct {
    guint64 replaced;   /* revision of the Endpoints that an update of ours took the place of; 0: none */
    ApiObject *decided; /* (owned ref) what the last sync found right, or wrote; NULL: none yet */
} Memory;

static void
memory_free(gpointer data)
{
    api_object_unref(((Memory *)data)->decided);
    g_free(data);
}

static Memory *
demand_memory(EndpointsState *state, const char *key)
{
    Memory *memory = g_hash_table_lookup(state->services, key);

    if (memory == NULL) {
        memory = g_new0(Memory, 1);
        g_hash_table_insert(state->services, (gpointer)key, memory);
    }
    return memory;
}

static void
decide(EndpointsState *state, const char *key, const ApiObject *endpoints)
{
    Memory *memory = state == NULL ? NULL : demand_memory(state, key);
    ApiObject *before = memory == NULL ? NULL : memory->decided;

    if (memory == NULL || before == endpoints)
        return;
    memory->decided = api_object_ref(endpoints);
    api_object_unref(before);
}

/* --- the sync ------------------------------------------------------------------------------------------------- */

static gboolean
is_headless(const ApiObject *service)
{
    return str_is_empty(service_spec(service)->cluster_ip) || str_is(service_spec(service)->cluster_ip, "None");
}

/* The Service's labels, but for those that are ours. */
static gboolean
labels_agree(const ApiObject *present, const ApiObject *service)
{
    const StrMap *labels = &present->meta->labels;
    const StrMap *wanted = &service->meta->labels;
    guint own = 0;

    own += str_map_get(labels, LABEL_HEADLESS) != NULL;
    own += str_map_get(labels, LABEL_ENDPOINTS_BY) != NULL;
    if (labels->count != wanted->count + own)
        return FALSE;
    return wanted->count == 0 || (str_map_contains_all(labels, wanted) &&
                                  str_map_get(wanted, LABEL_HEADLESS) == NULL &&
                                  str_map_get(wanted, LABEL_ENDPOINTS_BY) == NULL);
}

/* capacityAnnotationSetCorrectly */
static gboolean
capacity_agrees(const ApiObject *present)
{
    guint ready;

    return endpoints_count(endpoints_body(present), &ready) <= ENDPOINTS_ADDRESSES_MAX &&
           str_map_get(&present->meta->annotations, OVER_CAPACITY) == NULL;
}

static void
put_annotation(StrMap *annotations, const char *key, const char *value)
{
    if (value == NULL)
        str_map_remove(annotations, key);
    else
        str_map_set(annotations, str_intern(key), str_intern(value));
}

/* The Endpoints as they are to be; @body is taken. */
static ApiObject *
make_endpoints(const Reconcile *r, const ApiObject *service, const ApiObject *present, EndpointsBody *body, ApiTime trigger)
{
    ApiObject *object = present == NULL ? api_object_new(&endpoints_kind, api_namespace(service), api_name(service))
                                        : api_object_copy(present);
    ObjectMeta *meta = api_edit_meta(object);
    g_autofree char *time = trigger == 0 ? NULL : time_format_rfc3339(trigger);
    gpointer part = api_part_new(endpoints_kind.body);

    str_map_copy(&meta->labels, &service->meta->labels);
    put_annotation(&meta->annotations, TRIGGER_ANNOTATION, time);
    put_annotation(&meta->annotations, OVER_CAPACITY, endpoints_truncate(body) ? "truncated" : NULL);
    put_annotation(&meta->labels, LABEL_HEADLESS, is_headless(service) ? "" : NULL);
    if (r->version_minor >= LABELED_SINCE)
        put_annotation(&meta->labels, LABEL_ENDPOINTS_BY, "endpoint-controller");
    *(EndpointsBody *)part = *body;
    *body = (EndpointsBody){0};
    api_object_set_body(object, part);
    api_part_unref(part);
    return object;
}

/* What an update has replaced: if the cache still has that, it is behind. */
static void
after_update(const Reconcile *r, gpointer data, const StepResult *results, guint n_results, Plan *plan)
{
    (void)plan;
    if (r->state == NULL || n_results == 0 || !step_succeeded(&results[0]) ||
        results[0].object->resource_version == ((const ApiObject *)data)->resource_version)
        return;
    demand_memory(r->state, r->key)->replaced = ((const ApiObject *)data)->resource_version;
}

static void
plan_write(const ApiObject *service, const ApiObject *present, ApiObject *wanted, Plan *plan)
{
    const char *of = str_internf("%s/%s", api_namespace(service), api_name(service));
    PlanStep *step;

    if (present == NULL) {
        step = plan_create(plan, wanted, "because Service %s has no Endpoints yet", api_name(service));
        step->ignore_terminating = TRUE;
        step->on_failure = (StepEvent){"Warning", "FailedToCreateEndpoint",
                                       str_internf("Failed to create endpoint for service %s: %%s", of)};
    } else {
        step = plan_update(plan, wanted, "because the pods behind Service %s changed", api_name(service));
        step->on_failure = (StepEvent){"Warning", "FailedToUpdateEndpoint",
                                       str_internf("Failed to update endpoint %s: %%s", of)};
        plan_continue(plan, after_update, api_object_ref(present), api_object_unref);
    }
    /* New ones are told of before they have a namespace, so in default. */
    step->event_about = present == NULL ? api_object_new(&endpoints_kind, NULL, api_name(wanted)) : api_object_ref(wanted);
}

static void
sync_service(const Reconcile *r, const ApiObject *service, const ApiObject *present, Plan *plan)
{
    EndpointsState *state = r->state;
    const Memory *memory = state == NULL ? NULL : g_hash_table_lookup(state->services, r->key);
    g_autoptr(GPtrArray) pods = g_ptr_array_new();
    g_autoptr(GArray) candidates = NULL;
    EndpointsBody body = {0};
    gboolean is_as_wanted;
    ApiTime trigger;

    service_pods(r->view, service, pods);
    trigger = slice_state_trigger(state == NULL ? NULL : state->triggers, service, pods);
    if (present != NULL && memory != NULL && memory->replaced == present->resource_version) {
        plan_fail(plan,
                  "endpoints informer cache is out of date, resource version %" G_GUINT64_FORMAT
                  " already processed for endpoints %s",
                  present->resource_version, r->key);
        return;
    }
    candidates = endpoints_candidates(service, pods);
    is_as_wanted = present != NULL && labels_agree(present, service) && capacity_agrees(present);
    if (is_as_wanted && endpoints_are(endpoints_body(present), service, candidates)) {
        decide(state, r->key, present);
        return;
    }
    endpoints_pack(service, candidates, &body);
    if (!is_as_wanted || !api_struct_equal(endpoints_kind.body, &body, present->body)) {
        ApiObject *wanted = make_endpoints(r, service, present, &body, trigger);

        decide(state, r->key, wanted);
        plan_write(service, present, wanted, plan);
    } else {
        decide(state, r->key, present);
    }
    api_struct_clear(endpoints_kind.body, &body);
}

/* syncService */
static void
reconcile(const Reconcile *r, Plan *plan)
{
    EndpointsState *state = r->state;
    const char *namespace_;
    const char *name;
    const ApiObject *service;

    api_split_key(r->key, &namespace_, &name);
    service = view_get(r->view, &service_kind, namespace_, name);
    if (state != NULL)
        state->has_begun = TRUE;
    if (service == NULL) {
        g_autoptr(ApiObject) gone = api_object_new(&endpoints_kind, namespace_, name);

        plan_delete(plan, gone, "because the Service is gone")->ignore_codes[0] = 404;
        if (state != NULL) {
            slice_state_forget(state->triggers, r->key);
            g_hash_table_remove(state->services, r->key);
        }
        return;
    }
    if (str_is(service_spec(service)->type, "ExternalName") || service_spec(service)->selector.count == 0)
        return;
    sync_service(r, service, view_get(r->view, &endpoints_kind, namespace_, name), plan);
}

/* --- what wakes it ------------------------------------------------------------------------------------------------ */

static gboolean
is_listed(const EndpointsBody *body, const char *uid)
{
    for (guint i = 0; i < body->subsets.count; i++) {
        const EndpointSubset *subset = &body->subsets.items[i];

        for (guint k = 0; k < subset->addresses.count; k++)
            if (subset->addresses.items[k].target_ref != NULL && subset->addresses.items[k].target_ref->uid == uid)
                return TRUE;
        for (guint k = 0; k < subset->not_ready.count; k++)
            if (subset->not_ready.items[k].target_ref != NULL && subset->not_ready.items[k].target_ref->uid == uid)
                return TRUE;
    }
    return FALSE;
}

/*
 * A pod that is not in, and that the last sync left out, too: a sync would only remember its time. Of the syncs of
 * a pod that ends these are three in four.
 */
static gboolean
is_no_news(const EndpointsState *state, const ApiObject *service, const ApiObject *pod)
{
    const Memory *memory = g_hash_table_lookup(state->services, api_key(service));

    return memory != NULL && memory->decided != NULL && !service_spec(service)->publish_not_ready_addresses &&
           (!pod_should_be_endpoint(pod) || api_is_deleting(pod)) &&
           !is_listed(endpoints_body(memory->decided), api_uid(pod));
}

static void
wake(Controller *controller, const ApiObject *service, const ApiObject *old, const ApiObject *pod)
{
    const EndpointsState *state = controller_state(controller);

    (void)old;
    if (is_no_news(state, service, pod))
        slice_state_note(state->triggers, api_key(service), pod);
    else
        controller_enqueue_object(controller, service);
}

static void
on_pod(Controller *controller, const ApiObject *old, const ApiObject *object)
{
    services_of_pod(controller, old, object, wake);
}

static void
on_service(Controller *controller, const ApiObject *old, const ApiObject *object)
{
    controller_enqueue_object(controller, object != NULL ? object : old);
}

/* Those that are gone; and, at the start, all that are there: perhaps without their Services by now (checkLeftoverEndpoints). */
static void
on_endpoints(Controller *controller, const ApiObject *old, const ApiObject *object)
{
    const EndpointsState *state = controller_state(controller);

    if (object == NULL || (old == NULL && !state->has_begun &&
                           str_map_get(&object->meta->annotations, LEADER_ANNOTATION) == NULL))
        controller_enqueue_object(controller, object != NULL ? object : old);
}

static const ControllerSource sources[] = {
    {&service_kind, on_service},
    {&pod_kind, on_pod},
    {&endpoints_kind, on_endpoints},
    {0},
};

static gpointer
state_new(void)
{
    EndpointsState *state = g_new0(EndpointsState, 1);

    state->triggers = slice_state_new();
    state->services = g_hash_table_new_full(NULL, NULL, NULL, memory_free);
    return state;
}

static void
state_free(gpointer data)
{
    EndpointsState *state = data;

    slice_state_free(state->triggers);
    g_hash_table_unref(state->services);
    g_free(state);
}

const ControllerDef endpoints_controller = {
    .name = "endpoint",
    .component = "endpoint-controller",
    .workers = 5,
    .retries_max = 15,
    .sources = sources,
    .reconcile = reconcile,
    .new_state = state_new,
    .free_state = state_free,
};
