/*
 * pipeline.c - a request from its arrival to its answer
 *
 * Models: the handler chain of v1.34 apiserver server/config.go as far as it
 * takes time or refuses: in-flight limits, dispatch by verb, answer.
 */

#include "apiserver/server.h"

#include "base/pool.h"

static const char *const verb_names[VERB_N] = {
    [VERB_GET] = "get",       [VERB_LIST] = "list",
    [VERB_CREATE] = "create", [VERB_UPDATE] = "update",
    [VERB_PATCH] = "patch",   [VERB_DELETE] = "delete",
    [VERB_WATCH] = "watch",   [VERB_DELETE_COLLECTION] = "deletecollection",
};

ApiRequest *
api_request_new(ApiVerb verb, const ApiKind *kind, const char *namespace_, const char *name)
{
    ApiRequest *request = POOL_NEW0(ApiRequest);

    request->ref_count = 1;
    request->verb = verb;
    request->kind = kind;
    request->namespace_ = str_intern(namespace_);
    request->name = str_intern(name);
    return request;
}

ApiRequest *
api_request_ref(ApiRequest *request)
{
    request->ref_count++;
    return request;
}

void
api_request_unref(ApiRequest *request)
{
    if (request == NULL || --request->ref_count > 0)
        return;
    if (request->object != NULL)
        api_object_unref(request->object);
    if (request->body != NULL)
        value_free(request->body);
    if (request->mutate_data_free != NULL)
        request->mutate_data_free(request->mutate_data);
    if (request->review != NULL)
        g_free(request->review);
    POOL_FREE(ApiRequest, request);
}

ApiResponse *
api_response_new(void)
{
    return POOL_NEW0(ApiResponse);
}

void
api_response_free(ApiResponse *response)
{
    if (response == NULL)
        return;
    if (response->object != NULL)
        api_object_unref(response->object);
    if (response->items != NULL)
        g_ptr_array_unref(response->items);
    if (response->status != NULL)
        api_status_unref(response->status);
    if (response->warnings != NULL)
        g_ptr_array_unref(response->warnings);
    POOL_FREE(ApiResponse, response);
}

/* --- calls --------------------------------------------------------------------------- */

static gboolean
is_read(const ApiRequest *request)
{
    return request->verb == VERB_GET || request->verb == VERB_LIST;
}

static void
release_seat(Call *call)
{
    if (!call->is_counted)
        return;
    call->is_counted = FALSE;
    if (is_read(call->request))
        call->server->inflight_read--;
    else
        call->server->inflight_write--;
}

static inline void
calls_add(ApiServer *server, Call *call)
{
    call->previous = server->last_call;
    if (server->last_call != NULL)
        server->last_call->next = call;
    else
        server->calls = call;
    server->last_call = call;
    server->n_calls++;
}

static inline void
calls_remove(ApiServer *server, Call *call)
{
    if (call->previous != NULL)
        call->previous->next = call->next;
    else
        server->calls = call->next;
    if (call->next != NULL)
        call->next->previous = call->previous;
    else
        server->last_call = call->previous;
    server->n_calls--;
}

static inline void
drop_object(ApiObject *object)
{
    if (object != NULL)
        api_object_unref(object);
}

/* What few calls have. */
static G_GNUC_NO_INLINE void
free_extras(Call *call)
{
    rpc_cancel(call->rpc);
    sim_timer_clear(&call->timer);
    api_part_unref(call->sent_spec);
    if (call->warnings != NULL)
        g_ptr_array_unref(call->warnings);
    if (call->items != NULL)
        g_ptr_array_unref(call->items);
    api_response_free(call->response);
    if (call->work_free != NULL)
        call->work_free(call->work);
}

void
call_free(Call *call)
{
    release_seat(call);
    call_settle_claim(call, FALSE);
    calls_remove(call->server, call);
    if (call->user_free != NULL)
        call->user_free(call->user);
    api_request_unref(call->request);
    drop_object(call->object);
    drop_object(call->pending);
    drop_object(call->stored);
    drop_object(call->last);
    if (G_UNLIKELY(call->rpc != NULL || call->timer.is_armed || call->sent_spec != NULL || call->warnings != NULL ||
                   call->items != NULL || call->response != NULL || call->work_free != NULL))
        free_extras(call);
    POOL_FREE(Call, call);
}

void
server_drop_calls(ApiServer *server)
{
    g_queue_clear(&server->parked);
    while (server->calls != NULL)
        call_free(server->calls);
    g_assert(server->inflight_read == 0);
    g_assert(server->inflight_write == 0);
}

static G_GNUC_NO_INLINE void
park(ApiServer *server, Call *call)
{
    call->cause = sim_cause(server->sim);
    g_queue_push_tail(&server->parked, call);
}

static inline void
call_run(Call *call)
{
    ApiServer *server = call->server;

    if (G_UNLIKELY(server->is_paused || !server->is_ready))
        park(server, call);
    else
        call->step(call);
}

static void
call_on_timer(Sim *sim, gpointer self)
{
    (void)sim;
    call_run(self);
}

void
call_continue(Call *call, gint64 delay_ns, CallStep step)
{
    call->step = step;
    if (delay_ns <= 0)
        call_run(call);
    else
        sim_timer_arm_after(&call->timer, delay_ns);
}

void
server_unpark(ApiServer *server)
{
    GQueue parked = server->parked;

    g_queue_init(&server->parked);
    for (;;) {
        Call *call = g_queue_pop_head(&parked);

        if (call == NULL)
            return;
        sim_set_cause(server->sim, call->cause);
        sim_timer_arm_after(&call->timer, 0);
    }
}

/* --- answers ------------------------------------------------------------------------- */

static void
call_send(Call *call)
{
    ApiReply reply = call->reply;
    gpointer user = call->user;
    GDestroyNotify user_free = call->user_free;
    ApiResponse *response = g_steal_pointer(&call->response);

    call->user_free = NULL;
    call_free(call);
    if (reply != NULL)
        reply(user, response);
    else
        api_response_free(response);
    if (user_free != NULL)
        user_free(user);
}

/* What was asked for in another form is answered in it. */
static void
give_form(const ApiRequest *request, ApiResponse *response)
{
    if (response->object != NULL && response->object->kind == request->form->stored) {
        ApiObject *object = request->form->from_stored(response->object);

        api_object_unref(response->object);
        response->object = object;
    }
    if (response->items != NULL) {
        GPtrArray *items = g_ptr_array_new_with_free_func(api_object_unref);

        for (guint i = 0; i < response->items->len; i++)
            g_ptr_array_add(items, request->form->from_stored(response->items->pdata[i]));
        g_ptr_array_unref(response->items);
        response->items = items;
    }
}

void
call_answer(Call *call, ApiResponse *response)
{
    if (call->request->form != NULL)
        give_form(call->request, response);
    response->warnings = g_steal_pointer(&call->warnings);
    call->response = response;
    call_continue(call, call->after_ns, call_send);
}

void
call_succeed(Call *call, int code, const ApiObject *object)
{
    ApiResponse *response = api_response_new();

    response->code = code;
    response->revision = etcd_revision(call->server->etcd);
    if (object != NULL)
        response->object = api_object_ref(object);
    call_answer(call, response);
}

/* A refusal worth telling: not what optimistic machinery meets all the time. */
static void
trace_refusal(const Call *call, const ApiStatus *status)
{
    const ApiRequest *request = call->request;
    const ApiObject *object = call->pending != NULL ? call->pending : call->object;
    const char *name = object != NULL ? api_name(object) : request->name;
    const char *where;

    if (status->code == 404 || status->code == 409)
        return;
    if (str_is_empty(request->namespace_))
        where = str_intern_path(request->kind->singular, name == NULL ? "" : name);
    else
        where = str_intern_path3(request->kind->singular, request->namespace_, name == NULL ? "" : name);
    sim_trace(call->server->sim, request->user == NULL ? "apiserver" : request->user, "refused",
              where, status->reason, "%s: %s", verb_names[request->verb], status->message);
}

void
call_fail(Call *call, ApiStatus *status)
{
    ApiResponse *response = api_response_new();
    guint class = (guint)status->code / 100;

    if (class < G_N_ELEMENTS(call->server->counters.refused))
        call->server->counters.refused[class]++;
    trace_refusal(call, status);
    response->code = status->code;
    response->status = status;
    call_answer(call, response);
}

void
call_fail_etcd(Call *call, const char *error)
{
    call_fail(call, api_status_new(500, "", error));
}

void
call_warn(Call *call, const char *text)
{
    if (call->warnings == NULL)
        call->warnings = g_ptr_array_new();
    g_ptr_array_add(call->warnings, (gpointer)str_intern(text));
}

/* --- the way in ---------------------------------------------------------------------- */

static CallStep
find_create(const ApiRequest *request)
{
    if (request->subresource == NULL)
        return create_begin;
    if (request->kind == &pod_kind && request_is_of(request, "binding"))
        return binding_begin;
    if (request->kind == &pod_kind && request_is_of(request, "eviction"))
        return eviction_begin;
    return NULL;
}

static CallStep
find_update(const ApiRequest *request)
{
    if (request->subresource == NULL ||
        (request->kind->has_status && request_is_of(request, "status")))
        return update_begin;
    if (request_is_of(request, "scale"))
        return scale_begin;
    if (request->kind == &namespace_kind && request_is_of(request, "finalize"))
        return finalize_begin;
    return NULL;
}

/* The object itself, its status, or the scale of what can be scaled. */
static gboolean
is_path_there(const ApiRequest *request)
{
    return request->subresource == NULL || (request->kind->has_status && request_is_of(request, "status")) ||
           (request_is_of(request, "scale") && scale_is_there(request->kind));
}

static CallStep
find_handler(const ApiRequest *request)
{
    switch (request->verb) {
    case VERB_GET:
        return is_path_there(request) ? get_begin : NULL;
    case VERB_LIST:
        return list_begin;
    case VERB_CREATE:
        return find_create(request);
    case VERB_UPDATE:
        return find_update(request);
    case VERB_PATCH:
        if (!is_path_there(request))
            return NULL;
        return request_is_of(request, "scale") ? scale_begin : patch_begin;
    case VERB_DELETE:
        return request->subresource == NULL ? delete_begin : NULL;
    case VERB_DELETE_COLLECTION:
        return delete_collection_begin;
    default:
        return NULL;
    }
}

/* v1.34 staging/src/k8s.io/apiserver/pkg/endpoints/deprecation: WarningMessage, with every answer. */
static void
warn_deprecated(Call *call)
{
    const ApiKind *kind = call->request->kind;

    if (call->server->options.version_minor >= kind->deprecated_since)
        call_warn(call, str_internf("%s %s is deprecated in v1.%u+; use %s", api_kind_api_version(kind), kind->kind,
                                    kind->deprecated_since, kind->instead));
}

static void
call_execute(Call *call)
{
    const ApiRequest *request = call->request;
    const Resource *resource = server_resource(call->server, request->kind);
    CallStep handler = resource == NULL ? aggregate_begin : find_handler(request);

    if (G_UNLIKELY(request->review != NULL) && rbac_stops(call))
        return;
    if (handler == NULL) {
        call_fail(call, api_status_new(404, "NotFound",
                                       "the server could not find the requested resource"));
        return;
    }
    if (request->kind->deprecated_since > 0)
        warn_deprecated(call);
    if (resource != NULL && !str_is_empty(request->name))
        call->key = key_find(resource->space, request->namespace_, request->name);
    handler(call);
}

/* What is looked at when the call executes. */
static inline void
fetch_place(const Call *call)
{
    const Resource *resource = server_resource(call->server, call->request->kind);

    fetch(call->request->object);
    if (resource != NULL)
        key_fetch(resource->space, call->request->namespace_, call->request->name);
}

static Call *
call_new(ApiServer *server,
         ApiRequest *request,
         ApiReply reply,
         gpointer user,
         GDestroyNotify user_free)
{
    Call *call = POOL_NEW0(Call);

    if (request->kind->stored != NULL) {
        request->form = request->kind;
        request->kind = request->form->stored;
    }
    call->server = server;
    call->request = request;
    call->reply = reply;
    call->user = user;
    call->user_free = user_free;
    call->arrived_ns = sim_now_ns(server->sim);
    calls_add(server, call);
    sim_timer_init(&call->timer, server->sim, SIM_CONTROL, call_on_timer, call);
    server->counters.requests[request->verb]++;
    fetch_place(call);
    return call;
}

/* v1.34 apiserver filters/maxinflight.go; members of system:masters pass. */
static gboolean
take_seat(Call *call)
{
    ApiServer *server = call->server;
    gboolean is_exempt = call->request->user == str_intern("kubernetes-admin");
    guint *count = is_read(call->request) ? &server->inflight_read : &server->inflight_write;
    guint limit = is_read(call->request) ? server->options.max_inflight_read
                                         : server->options.max_inflight_write;

    if (!is_exempt && *count >= limit)
        return FALSE;
    (*count)++;
    call->is_counted = TRUE;
    return TRUE;
}

void
apiserver_handle(ApiServer *server,
                 ApiRequest *request,
                 ApiReply reply,
                 gpointer user,
                 GDestroyNotify user_free)
{
    Call *call = call_new(server, request, reply, user, user_free);
    gint64 before_ns;

    if (!take_seat(call)) {
        server->counters.throttled++;
        call_fail(call,
                  api_status_too_many_requests("Too many requests, please try again later.", 1));
        return;
    }
    latency_draw(call, &before_ns, &call->after_ns);
    call_continue(call, MAX(before_ns, 1), call_execute);
}

void
server_call(ApiServer *server, ApiRequest *request, ApiReply reply, gpointer user)
{
    call_execute(call_new(server, request, reply, user, NULL));
}

void
server_ask(ApiServer *server, ApiRequest *request, ApiReply reply, gpointer user)
{
    Call *call = call_new(server, request, reply, user, NULL);
    gint64 before_ns;

    latency_draw(call, &before_ns, &call->after_ns);
    call_continue(call, MAX(before_ns, 1), call_execute);
}
