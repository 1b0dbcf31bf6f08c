/*
 * update.c - PUT, also of the status subresource, and the end it shares with PATCH
 *
 * Models: v1.34 registry/generic/registry/store.go Update, registry/rest/update.go.
 */

#include "api/validate.h"
#include "apiserver/admission/admission.h"
#include "apiserver/managers.h"

void
update_answer(Call *call, const ApiObject *object)
{
    /* The last finalizer went: the object with it. The answer is its last state. */
    call_succeed(call, 200, object != NULL ? object : call->last);
}

ApiStatus *
update_check_name(const ApiRequest *request, const ApiObject *object)
{
    if (request->kind->is_namespaced && !str_is_empty(api_namespace(object)) &&
        !str_is(api_namespace(object), request->namespace_))
        return api_status_bad_request("the namespace of the provided object does not match the "
                                      "namespace sent on the request");
    if (!str_is(api_name(object), request->name))
        return api_status_bad_request(
            str_internf("the name of the object (%s) does not match the name on the URL (%s)",
                        api_name(object) == NULL ? "" : api_name(object), request->name));
    return NULL;
}

/* What a writer may leave out, or must not change: rest.BeforeUpdate. */
static void
keep_system_fields(ApiObject *object, const ApiObject *old)
{
    ObjectMeta *meta = object->meta == old->meta ? NULL : api_edit_meta(object);
    const ObjectMeta *before = old->meta;

    if (meta == NULL)
        return;
    meta->generation = before->generation;
    if (str_is_empty(meta->uid))
        meta->uid = before->uid;
    if (str_is_empty(meta->namespace_) || !object->kind->is_namespaced)
        meta->namespace_ = before->namespace_;
    /* ValidateObjectMetaAccessorUpdate: "ignore changes to timestamp" */
    if (before->creation_time != 0)
        meta->creation_time = before->creation_time;
    if (before->deletion_time != 0)
        meta->deletion_time = before->deletion_time;
    if (!meta->deletion_grace_s.is_set)
        meta->deletion_grace_s = before->deletion_grace_s;
}

static G_GNUC_NO_INLINE void
collect_warnings(Call *call, const ApiObject *object, const ApiObject *old)
{
    g_autoptr(GPtrArray) texts = g_ptr_array_new_with_free_func(g_free);

    object->kind->warn(object, old, texts);
    for (guint i = 0; i < texts->len; i++)
        call_warn(call, g_ptr_array_index(texts, i));
}

static ApiStatus *
validate(Call *call, const ApiObject *object, const ApiObject *old)
{
    /*
     * A typed status write of one of our own components, with spec and meta as they were, needs
     * no second look.
     */
    gboolean is_known = object->spec == old->spec && object->meta == old->meta && object->body == old->body;
    gboolean is_status = request_is_of(call->request, "status");
    g_auto(ApiErrors) errors;

    api_errors_init(&errors, call->server->options.version_minor);
    if (is_known && !(is_status && object->kind->validate_status != NULL))
        return NULL;
    if (is_status)
        api_validate_status_update(object, old, &errors);
    else
        api_validate_update(object, old, &errors);
    if (G_UNLIKELY(errors.list.count > 0))
        return api_status_invalid(object->kind, api_name(object), &errors);
    /* Status strategies have no warnings. */
    if (object->kind->warn != NULL && !is_status)
        collect_warnings(call, object, old);
    return NULL;
}

/* ShouldDeleteDuringUpdate: nothing holds the object any more. */
static gboolean
is_released(const ApiObject *object)
{
    const ObjectMeta *meta = object->meta;

    if (meta->deletion_time == 0 || meta->finalizers.count > 0)
        return FALSE;
    if (object->kind == &namespace_kind &&
        ((const NamespaceSpec *)object->spec)->finalizers.count > 0)
        return FALSE;
    return !meta->deletion_grace_s.is_set || meta->deletion_grace_s.value == 0;
}

/*
 * v1.34 status strategies: a status write brings metadata too, but a Deployment's labels and a Pod's owners stay.
 */
static G_GNUC_NO_INLINE void
keep_status_meta(ApiObject *object, const ApiObject *old)
{
    ObjectMeta *meta;

    keep_system_fields(object, old);
    meta = api_edit_meta(object);
    if (object->kind == &deployment_kind)
        str_map_copy(&meta->labels, &old->meta->labels);
    if (object->kind == &pod_kind && !api_struct_equal(&object_meta_type, meta, old->meta)) {
        g_free(meta->owner_references.items);
        memset(&meta->owner_references, 0, sizeof(meta->owner_references));
        for (guint i = 0; i < old->meta->owner_references.count; i++)
            *API_LIST_ADD(&meta->owner_references) = old->meta->owner_references.items[i];
    }
    if (api_struct_equal(&object_meta_type, meta, old->meta))
        api_object_set_meta(object, old->meta);
}

/* v1.34 pkg/registry/core/persistentvolume: a volume knows since when it is in its phase. */
static void
note_phase(ApiServer *server, ApiObject *volume, const ApiObject *old)
{
    const PvStatus *status = volume->status;
    const PvStatus *before = old->status;

    if (str_is(status->phase, before->phase) ||
        (status->last_phase_transition_time != 0 &&
         status->last_phase_transition_time != before->last_phase_transition_time))
        return;
    ((PvStatus *)api_edit_status(volume))->last_phase_transition_time = api_time_seconds(sim_wall_ns(server->sim));
}

/* What a write to the status subresource says of anything else is not heard. */
static inline void
keep_all_but_status(Call *call, ApiObject *self, const ApiObject *old)
{
    if (self->meta != old->meta)
        keep_status_meta(self, old);
    if (self->spec != old->spec)
        api_object_set_spec(self, old->spec);
    if (self->body != old->body)
        api_object_set_body(self, old->body);
    if (self->kind->prepare_status != NULL)
        self->kind->prepare_status(self, old);
    if (self->kind == &pod_kind)
        api_apply_gates_after(self, call->server->options.version_minor);
    else if (self->kind == &persistent_volume_kind)
        note_phase(call->server, self, old);
}

/* All but the status: admission, what the server gives out, strategy. */
static G_GNUC_NO_INLINE ApiStatus *
prepare_whole(Call *call, ApiObject *self, const ApiObject *old)
{
    ApiStatus *status = NULL;

    admission_mutate(call, self, old, ADMISSION_UPDATE, NULL, &status);
    /* BeginUpdate comes before the strategy. */
    call_settle_claim(call, FALSE);
    if (status == NULL && self->kind == &service_kind)
        status = allocator_assign(call->server->allocator, self, old, &call->claim);
    if (status == NULL && self->spec != old->spec)
        api_apply_gates(self, old, call->server->options.version_minor);
    if (status == NULL && self->kind->prepare_update != NULL &&
        (self->meta != old->meta || self->spec != old->spec || self->body != old->body))
        self->kind->prepare_update(self, old);
    return status;
}

ApiStatus *
update_settle(Call *call, const ApiObject *old, ApiObject **object, Change *out_change)
{
    const ApiRequest *request = call->request;
    ApiObject *self = *object;
    ApiStatus *status = NULL;
    gboolean is_status = request_is_of(request, "status");

    if (is_status) {
        keep_all_but_status(call, self, old);
    } else {
        if (self->kind->has_status)
            api_object_set_status(self, old->status);
        keep_system_fields(self, old);
    }
    if (G_UNLIKELY(call->server->options.tracks_managers) && request->patch_type != PATCH_APPLY)
        managers_update(call, old, self);
    if (!is_status)
        status = prepare_whole(call, self, old);
    self->resource_version = old->resource_version;
    if (status == NULL)
        status = validate(call, self, old);
    if (status == NULL)
        status = admission_validate(call, self, old, ADMISSION_UPDATE);
    if (G_UNLIKELY(status != NULL))
        return status;
    if (is_released(self))
        *out_change = CHANGE_REMOVE;
    else
        *out_change = api_object_equal(self, old) ? CHANGE_NONE : CHANGE_WRITE;
    return NULL;
}

ApiStatus *
update_check_revision_text(const ApiObject *sent, const Value *tree)
{
    const char *text = value_get_string(value_get_path(tree, "metadata", NULL), "resourceVersion", "");

    if (sent->resource_version != G_MAXUINT64)
        return NULL;
    return api_status_new(500, NULL,
                          str_internf("strconv.ParseUint: parsing %s: %s", api_quote(text),
                                      text[strspn(text, "0123456789")] == '\0' ? "value out of range" : "invalid syntax"));
}

static ApiStatus *
check_preconditions(const Call *call, const ApiObject *old)
{
    const ApiObject *sent = call->object;
    const ApiKind *kind = call->request->kind;

    if (!str_is_empty(api_uid(sent)) && !str_is(api_uid(sent), api_uid(old)))
        return api_status_conflict(kind, call->request->name,
                                   str_internf("Precondition failed: UID in precondition: %s, UID "
                                               "in object meta: %s",
                                               api_uid(sent), api_uid(old)));
    if (call->request->body != NULL) {
        ApiStatus *status = update_check_revision_text(sent, call->request->body);

        if (status != NULL)
            return status;
    }
    if (sent->resource_version == 0) {
        if (kind->allows_unconditional_update)
            return NULL;

        g_autoptr(ApiErrors) errors = api_errors_new();

        api_errors_push(errors, "metadata");
        field_invalid_raw(errors, "resourceVersion", "0", "must be specified for an update");
        return api_status_invalid(kind, call->request->name, errors);
    }
    if (sent->resource_version != old->resource_version)
        return api_status_conflict_modified(kind, call->request->name);
    return NULL;
}

static ApiStatus *
update_compute(Call *call, const ApiObject *old, ApiObject **out_new, Change *out_change)
{
    ApiStatus *status = check_preconditions(call, old);

    if (status != NULL)
        return status;
    *out_new = api_object_copy(call->object);
    return update_settle(call, old, out_new, out_change);
}

/* A user's PUT of something that is not there, of a kind whose strategy allows that. */
static gboolean
is_to_be_made(const Call *call)
{
    const ApiRequest *request = call->request;

    return request->body != NULL && request->kind->is_created_by_update && request->subresource == NULL &&
           call->object->resource_version == 0 && etcd_get(call->key) == NULL;
}

void
update_begin(Call *call)
{
    ApiRequest *request = call->request;
    ApiStatus *status = NULL;

    if (request->body != NULL)
        call->object = decode_body(call, request->body, &status);
    else
        call->object = g_steal_pointer(&request->object);
    if (status == NULL)
        status = update_check_name(request, call->object);
    if (status != NULL) {
        call_fail(call, status);
        return;
    }
    if (is_to_be_made(call)) {
        request->object = g_steal_pointer(&call->object);
        g_clear_pointer(&request->body, value_free);
        create_begin(call);
        return;
    }
    if (request->body != NULL)
        api_default(call->object);
    call->compute = update_compute;
    call->finish = update_answer;
    storage_update(call);
}
