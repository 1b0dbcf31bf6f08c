/*
 * create.c - POST: a new object
 *
 * Models: v1.34 apiserver endpoints/handlers/create.go, registry/rest/create.go,
 * registry/generic/registry/store.go Create.
 */

#include "apiserver/admission/admission.h"
#include "apiserver/managers.h"
#include "apiserver/quota.h"

#define NAME_TRIES 8

static void create_admit(Call *call);

static const char *
error_name(const ApiObject *object)
{
    return api_name(object) == NULL ? "" : api_name(object);
}

/* --- answer -------------------------------------------------------------------------- */

static void create_write(Call *call);

static void
create_exists(Call *call)
{
    const ApiObject *object = call->pending;
    gboolean is_generated = !str_is_empty(object->meta->generate_name) && call->name_tries > 0;

    if (!is_generated) {
        call_fail(call, api_status_already_exists(object->kind, api_name(object)));
        return;
    }
    if (call->name_tries < NAME_TRIES) {
        /* etcd still holds the one it refused. */
        g_autoptr(ApiObject) refused = g_steal_pointer(&call->pending);
        ObjectMeta *meta;

        call->pending = api_object_copy(refused);
        meta = api_edit_meta(call->pending);
        meta->name = identity_generate_name(call->server, meta->generate_name);
        call->name_tries++;
        create_write(call);
        return;
    }

    ApiStatus *status = api_status_already_exists(object->kind, api_name(object));

    status->message =
        str_internf("%s, the server was not able to generate a unique name for the object",
                    status->message);
    status->retry_after_s = 1;
    call_fail(call, status);
}

static void
create_written(Call *call)
{
    if (call->result.succeeded && !call->request->dry_run)
        call_settle_claim(call, TRUE);
    if (call->result.succeeded)
        call_succeed(call, 201, call->pending);
    else if (call->result.error != NULL)
        call_fail_etcd(call, call->result.error);
    else
        create_exists(call);
}

static void
create_write(Call *call)
{
    const ObjectMeta *meta = call->pending->meta;

    call->key = storage_key(call->server, call->pending->kind, meta->namespace_, meta->name);
    storage_commit(call, 0, FALSE, create_written);
}

/* --- before storage ------------------------------------------------------------------ */

static void
collect_early_warnings(Call *call, const ApiObject *object)
{
    if (object->kind->warn_early == NULL || call->skip_validation)
        return;

    g_autoptr(GPtrArray) texts = g_ptr_array_new_with_free_func(g_free);

    object->kind->warn_early(object, texts);
    for (guint i = 0; i < texts->len; i++)
        call_warn(call, g_ptr_array_index(texts, i));
}

static void
collect_warnings(Call *call, const ApiObject *object)
{
    if (object->kind->warn == NULL || call->skip_validation)
        return;

    g_autoptr(GPtrArray) texts = g_ptr_array_new_with_free_func(g_free);

    object->kind->warn(object, NULL, texts);
    for (guint i = 0; i < texts->len; i++)
        call_warn(call, g_ptr_array_index(texts, i));
}

static ApiStatus *
validate(Call *call, ApiObject *object)
{
    if (call->skip_validation)
        return NULL;

    g_auto(ApiErrors) errors;

    api_errors_init(&errors, call->server->options.version_minor);
    api_validate_create(object, &errors);
    if (G_UNLIKELY(errors.list.count > 0))
        return api_status_invalid(object->kind, error_name(object), &errors);
    return NULL;
}

/* rest.BeforeCreate: what only the server sets, then the kind's strategy. */
static void
fill_system_fields(Call *call, ApiObject *object)
{
    ApiServer *server = call->server;
    ObjectMeta *meta = api_edit_meta(object);

    meta->uid = identity_uid(server);
    meta->creation_time = api_time_seconds(sim_wall_ns(server->sim));
    meta->deletion_time = 0;
    meta->deletion_grace_s = (OptInt64){0};
    if (object->kind->has_generation)
        meta->generation = 1;
    /* v1.34 pkg/registry/core/limitrange */
    if (object->kind == &limit_range_kind && str_is_empty(meta->name))
        meta->name = identity_uid(server);
    if (!call->skip_validation)
        api_apply_gates(object, NULL, server->options.version_minor);
    collect_early_warnings(call, object);
    if (object->kind->prepare_create != NULL && !call->skip_validation)
        object->kind->prepare_create(object);
    else if (object->kind->has_status && !call->skip_validation)
        api_struct_clear(object->kind->status, api_edit_status(object));
    api_apply_gates_after(object, server->options.version_minor);
    /* v1.34 pkg/registry/core/persistentvolume, PrepareForCreate */
    if (object->kind == &persistent_volume_kind)
        ((PvStatus *)api_edit_status(object))->last_phase_transition_time = meta->creation_time;
}

static void create_charged(Call *call);

static void
create_validated(Call *call)
{
    ApiObject *object = call->pending;
    ApiStatus *status = NULL;

    /* BeginCreate comes before the strategy looks at the object: this refusal is the only one. */
    if (object->kind == &service_kind)
        status = allocator_assign(call->server->allocator, object, NULL, &call->claim);
    if (status == NULL) {
        fill_system_fields(call, object);
        status = validate(call, object);
    }
    if (status == NULL)
        collect_warnings(call, object);
    if (status == NULL)
        status = admission_validate(call, object, NULL, ADMISSION_CREATE);
    if (status != NULL)
        call_fail(call, status);
    else
        quota_charge(call, create_charged);
}

static void
create_charged(Call *call)
{
    ApiObject *object = call->pending;
    ApiStatus *status = NULL;

    /* It is the store that looks at this one, and its word has no reason; what is no number does not count. */
    if (object->resource_version != 0 && object->resource_version != G_MAXUINT64 && !call->request->dry_run)
        status = api_status_new(500, NULL, "resourceVersion should not be set on objects to be created");
    if (status != NULL) {
        call_fail(call, status);
        return;
    }
    if (call->sent_spec != NULL)
        spec_memo_learn(call->server->memo, g_steal_pointer(&call->sent_spec), object);
    create_write(call);
}

static void
create_admit(Call *call)
{
    ApiStatus *status = NULL;

    if (!admission_mutate(call, call->pending, NULL, ADMISSION_CREATE, create_admit, &status))
        return;
    if (status != NULL)
        call_fail(call, status);
    else
        create_validated(call);
}

/* Namespace and version of the object against the request; in the order of the handler. */
static ApiStatus *
check_request(const ApiRequest *request, const ApiObject *object)
{
    const ObjectMeta *meta = object->meta;

    if (request->kind->is_namespaced) {
        if (str_is_empty(request->namespace_))
            return api_status_bad_request("an empty namespace may not be set during creation");
        if (!str_is_empty(meta->namespace_) && !str_is(meta->namespace_, request->namespace_))
            return api_status_bad_request("the namespace of the provided object does not match "
                                          "the namespace sent on the request");
    }
    return NULL;
}

/* The object is private from here on. */
static ApiObject *
take_object(Call *call, ApiStatus **out_status)
{
    ApiRequest *request = call->request;

    if (request->body != NULL)
        return decode_body(call, request->body, out_status);
    g_assert(request->object != NULL);

    ApiObject *object = g_steal_pointer(&request->object);

    if (object->ref_count > 1) {
        ApiObject *copy = api_object_copy(object);

        api_object_unref(object);
        object = copy;
    }
    return object;
}

/* An applier's fields are those it names; anybody else's are those of the object with its defaults. */
static void
note_managers(Call *call)
{
    const ApiRequest *request = call->request;
    ObjectMeta *meta;
    Value *managers = NULL;

    if (request->verb == VERB_PATCH) {
        g_autoptr(Value) tree = NULL;

        managers_apply(call, NULL, request->body, &tree, &managers);
    } else if (call->server->options.tracks_managers) {
        g_autoptr(ApiObject) full = api_object_copy(call->pending);

        api_default(full);
        managers_update(call, NULL, full);
        managers = value_copy(full->meta->managed_fields);
    } else {
        return;
    }
    meta = api_edit_meta(call->pending);
    value_free(meta->managed_fields);
    meta->managed_fields = managers;
}

/* Where it will be written. */
static inline void
fetch_place(const Call *call, const ObjectMeta *meta)
{
    const Resource *resource = server_resource(call->server, call->request->kind);

    if (resource != NULL)
        key_fetch(resource->space, meta->namespace_, meta->name);
}

void
create_begin(Call *call)
{
    const ApiRequest *request = call->request;
    ApiStatus *status = NULL;

    call->pending = take_object(call, &status);
    if (status == NULL)
        status = check_request(request, call->pending);
    if (status != NULL) {
        call_fail(call, status);
        return;
    }

    ObjectMeta *meta = api_edit_meta(call->pending);

    /* EnsureObjectNamespaceMatchesRequestNamespace: what lies in no namespace loses the one it names. */
    meta->namespace_ = request->kind->is_namespaced ? request->namespace_ : NULL;
    if (str_is_empty(meta->name) && !str_is_empty(meta->generate_name)) {
        meta->name = identity_generate_name(call->server, meta->generate_name);
        call->name_tries = 1;
    }
    fetch_place(call, meta);
    note_managers(call);
    /* Bounds come and go: what they made of a pod is not remembered. */
    if (request->kind == &pod_kind &&
        !limit_ranger_has_ranges(call->server, request->namespace_) &&
        spec_memo_apply(call->server->memo, call->pending, &call->sent_spec))
        call->skip_validation = TRUE;
    else
        api_default(call->pending);
    create_admit(call);
}
