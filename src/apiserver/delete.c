/*
 * delete.c - DELETE of one object and of a collection
 *
 * Models: v1.34 registry/generic/registry/store.go Delete, registry/rest/delete.go,
 * registry/core/{pod,namespace}.
 */

#include "apiserver/admission/admission.h"

#define FINALIZER_FOREGROUND "foregroundDeletion"
#define FINALIZER_ORPHAN     "orphan"

void
delete_mark(ApiServer *server, ApiObject *object, gint64 grace_s)
{
    ObjectMeta *meta = api_edit_meta(object);
    gint64 now = api_time_seconds(sim_wall_ns(server->sim));

    if (meta->deletion_time == 0 && meta->generation > 0)
        meta->generation++;
    meta->deletion_time = time_add(now, duration_of_seconds(grace_s));
    meta->deletion_grace_s = OPT_INT64(grace_s);
}

/* --- how a deletion is to be done ---------------------------------------------------- */

/* v1.34 registry/core/pod/strategy.go CheckGracefulDelete. */
static gint64
pod_grace_s(const ApiRequest *request, const ApiObject *pod)
{
    const PodSpec *spec = pod_spec(pod);
    gint64 grace_s = spec->termination_grace_s.is_set ? spec->termination_grace_s.value : 30;

    if (request->has_grace)
        grace_s = request->grace_s;
    if (str_is_empty(spec->node_name) || pod_is_terminal(pod))
        grace_s = 0;
    return grace_s < 0 ? 1 : grace_s;
}

/*
 * Finalizers by propagation: an explicit option wins over a finalizer that is there. v1.34 registry/core/
 * replicationcontroller/strategy.go, DefaultGarbageCollectionPolicy: this kind alone leaves its pods behind unless told
 * otherwise.
 */
static void
set_propagation(ApiObject *object, const char *propagation)
{
    const ObjectMeta *meta = object->meta;
    const char *foreground_text = str_intern(FINALIZER_FOREGROUND);
    const char *orphan_text = str_intern(FINALIZER_ORPHAN);
    gboolean foreground;
    gboolean orphan;

    if (propagation == NULL && object->kind == &replication_controller_kind &&
        !str_list_contains(&meta->finalizers, foreground_text))
        propagation = "Orphan";
    if (propagation == NULL)
        return;
    foreground = str_is(propagation, "Foreground");
    orphan = str_is(propagation, "Orphan");
    if (str_list_contains(&meta->finalizers, foreground_text) == foreground &&
        str_list_contains(&meta->finalizers, orphan_text) == orphan)
        return;

    ObjectMeta *edit = api_edit_meta(object);

    str_list_remove(&edit->finalizers, foreground_text);
    str_list_remove(&edit->finalizers, orphan_text);
    if (foreground)
        str_list_add(&edit->finalizers, foreground_text);
    if (orphan)
        str_list_add(&edit->finalizers, orphan_text);
}

static ApiStatus *
check_preconditions(const ApiRequest *request, const ApiObject *old)
{
    if (request->precondition_uid != NULL && !str_is(request->precondition_uid, api_uid(old)))
        return api_status_conflict(
            request->kind, request->name,
            str_internf("the UID in the precondition (%s) does not match the UID in record (%s). "
                        "The object might have been deleted and then recreated",
                        request->precondition_uid, api_uid(old)));
    if (request->resource_version != 0 && request->resource_version != old->resource_version)
        return api_status_conflict(
            request->kind, request->name,
            str_internf("the ResourceVersion in the precondition (%" G_GUINT64_FORMAT
                        ") does not match the ResourceVersion in record (%" G_GUINT64_FORMAT
                        "). The object might have been modified",
                        request->resource_version, old->resource_version));
    return NULL;
}

/* Released once nothing holds it: with finalizers it is only written. */
static Change
remove_or_wait(const ApiObject *object)
{
    return object->meta->finalizers.count > 0 ? CHANGE_WRITE : CHANGE_WRITE_THEN_REMOVE;
}

/* Already on its way: a shorter period only ever hurries it. */
static Change
hurry_pod(ApiServer *server, const ApiRequest *request, ApiObject *pod)
{
    const ObjectMeta *meta = pod->meta;
    gint64 period_s = meta->deletion_grace_s.value;
    gint64 wanted_s = request->grace_s < 0 ? 1 : request->grace_s;
    gint64 now = api_time_seconds(sim_wall_ns(server->sim));

    if (!request->has_grace || wanted_s >= period_s)
        return CHANGE_NONE;

    ObjectMeta *edit = api_edit_meta(pod);
    gint64 due = time_add(edit->deletion_time, -duration_of_seconds(period_s - wanted_s));

    if (due < now) {
        due = now;
        if (wanted_s > 0)
            wanted_s = 1;
    }
    edit->deletion_time = due;
    edit->deletion_grace_s = OPT_INT64(wanted_s);
    return wanted_s > 0 ? CHANGE_WRITE : remove_or_wait(pod);
}

static Change
delete_plain(ApiServer *server, ApiObject *object)
{
    if (object->meta->finalizers.count == 0)
        return CHANGE_REMOVE;
    if (api_is_deleting(object))
        return CHANGE_WRITE; /* the propagation may have changed */
    delete_mark(server, object, 0);
    return CHANGE_WRITE;
}

/* rest.BeforeDelete: only a deletion that was graceful from the start can be hurried. */
static Change
delete_pod(ApiServer *server, const ApiRequest *request, ApiObject *pod)
{
    if (api_is_deleting(pod))
        return pod->meta->deletion_grace_s.is_set ? hurry_pod(server, request, pod)
                                                  : delete_plain(server, pod);

    gint64 grace_s = pod_grace_s(request, pod);

    delete_mark(server, pod, grace_s);
    return grace_s > 0 ? CHANGE_WRITE : remove_or_wait(pod);
}

/*
 * v1.34 registry/core/namespace/storage: Terminating first; the namespace controller empties
 * and finalizes it.
 */
static Change
delete_namespace(ApiServer *server, ApiObject *object)
{
    const NamespaceSpec *spec = object->spec;

    if (!api_is_deleting(object)) {
        NamespaceStatus *status = api_edit_status(object);

        delete_mark(server, object, 0);
        api_edit_meta(object)->deletion_grace_s = (OptInt64){0};
        status->phase = str_intern("Terminating");
        return CHANGE_WRITE;
    }
    if (spec->finalizers.count > 0 || object->meta->finalizers.count > 0)
        return CHANGE_NONE;
    return CHANGE_REMOVE;
}

static ApiStatus *
delete_compute(Call *call, const ApiObject *old, ApiObject **out_new, Change *out_change)
{
    ApiServer *server = call->server;
    const ApiRequest *request = call->request;
    ApiStatus *status = check_preconditions(request, old);

    if (status != NULL)
        return status;
    *out_new = api_object_copy(old);
    if (request->kind != &namespace_kind)
        set_propagation(*out_new, request->propagation);
    if (request->kind->is_graceful)
        *out_change = delete_pod(server, request, *out_new);
    else if (request->kind == &namespace_kind)
        *out_change = delete_namespace(server, *out_new);
    else
        *out_change = delete_plain(server, *out_new);
    if (*out_change == CHANGE_WRITE && api_object_equal(*out_new, old))
        *out_change = CHANGE_NONE;
    return NULL;
}

/* --- the answer ---------------------------------------------------------------------- */

static ApiStatus *
success_details(const ApiObject *object)
{
    ApiStatus *status = api_status_new(200, "", "");

    status->has_details = TRUE;
    status->name = api_name(object);
    status->group = object->kind->group[0] == '\0' ? NULL : str_intern(object->kind->group);
    status->kind = str_intern(object->kind->plural);
    status->uid = api_uid(object);
    return status;
}

static void
delete_answer(Call *call, const ApiObject *object)
{
    const ApiObject *last = object != NULL ? object : call->last;
    ApiResponse *response = api_response_new();

    response->code = 200;
    response->revision = etcd_revision(call->server->etcd);
    if (last != NULL)
        response->object = api_object_ref(last);
    if (object == NULL && last != NULL && !last->kind->is_graceful)
        response->status = success_details(last);
    call_answer(call, response);
}

/* v1.34 registry/scheduling/priorityclass/storage, Delete: the two of the system stay. */
static ApiStatus *
refuse_system_class(const ApiRequest *request)
{
    if (request->kind != &priority_class_kind ||
        (!str_is(request->name, "system-node-critical") && !str_is(request->name, "system-cluster-critical")))
        return NULL;
    return api_status_forbidden(&priority_class_kind, request->name,
                                "this is a system priority class and cannot be deleted");
}

void
delete_begin(Call *call)
{
    ApiStatus *status = refuse_system_class(call->request);

    if (status == NULL)
        admission_mutate(call, NULL, NULL, ADMISSION_DELETE, NULL, &status);
    if (status != NULL) {
        call_fail(call, status);
        return;
    }
    call->compute = delete_compute;
    call->finish = delete_answer;
    storage_update(call);
}

/* --- collections --------------------------------------------------------------------- */

static void collection_next(Call *call);

static void
collection_deleted(gpointer user, ApiResponse *response)
{
    Call *call = user;

    /* What is gone by itself is no failure. */
    if (api_response_ok(response) || response->code == 404) {
        api_response_free(response);
        collection_next(call);
        return;
    }
    call_fail(call, api_status_ref(response->status));
    api_response_free(response);
}

static void
collection_next(Call *call)
{
    const ApiRequest *request = call->request;

    if (call->item_index == call->items->len) {
        ApiResponse *response = api_response_new();

        response->code = 200;
        response->revision = etcd_revision(call->server->etcd);
        response->items = g_steal_pointer(&call->items);
        call_answer(call, response);
        return;
    }

    const ApiObject *object = g_ptr_array_index(call->items, call->item_index++);
    ApiRequest *single =
        api_request_new(VERB_DELETE, request->kind, api_namespace(object), api_name(object));

    single->has_grace = request->has_grace;
    single->grace_s = request->grace_s;
    single->propagation = request->propagation;
    single->dry_run = request->dry_run;
    single->user = request->user;
    single->reason = request->reason;
    server_call(call->server, single, collection_deleted, call);
}

static void
collection_listed(Call *call)
{
    const ApiRequest *request = call->request;
    g_autofree char *message = NULL;
    g_autoptr(Selector) labels = NULL;
    g_autoptr(FieldSelector) fields = NULL;
    g_autoptr(GPtrArray) all = g_ptr_array_new();

    if (!str_is_empty(request->label_selector))
        labels = selector_parse(request->label_selector, &message);
    if (message == NULL && !str_is_empty(request->field_selector))
        fields = field_selector_parse(request->field_selector, &message);
    if (message == NULL && fields != NULL)
        field_selector_check(fields, request->kind, &message);
    if (message != NULL) {
        call_fail(call, api_status_bad_request(message));
        return;
    }
    cache_list(call->server, request->kind, request->namespace_, all);
    call->items = g_ptr_array_new_with_free_func(api_object_unref);
    for (guint i = 0; i < all->len; i++) {
        const ApiObject *object = g_ptr_array_index(all, i);

        if ((labels == NULL || selector_matches(labels, &object->meta->labels)) &&
            (fields == NULL || field_selector_matches(fields, object)))
            g_ptr_array_add(call->items, api_object_ref(object));
    }
    collection_next(call);
}

static void
collection_fresh(Call *call)
{
    call_continue(call, cache_lag_ns(call->server), collection_listed);
}

void
delete_collection_begin(Call *call)
{
    storage_read(call, collection_fresh);
}
