/* status.c - see status.h; texts of v1.34 apimachinery pkg/api/errors */

#include "api/status.h"

#include "api/validate.h"

static const char *const cause_reasons[] = {
    [FIELD_REQUIRED] = "FieldValueRequired",
    [FIELD_INVALID] = "FieldValueInvalid",
    [FIELD_DUPLICATE] = "FieldValueDuplicate",
    [FIELD_NOT_FOUND] = "FieldValueNotFound",
    [FIELD_NOT_SUPPORTED] = "FieldValueNotSupported",
    [FIELD_FORBIDDEN] = "FieldValueForbidden",
    [FIELD_TOO_LONG] = "FieldValueTooLong",
    [FIELD_TOO_MANY] = "FieldValueTooMany",
    [FIELD_INTERNAL] = "InternalError",
};

ApiStatus *
api_status_new(int code, const char *reason, const char *message)
{
    ApiStatus *status = g_new0(ApiStatus, 1);

    status->ref_count = 1;
    status->code = code;
    status->reason = str_intern(reason == NULL ? "" : reason);
    status->message = str_intern(message == NULL ? "" : message);
    return status;
}

ApiStatus *
api_status_ref(ApiStatus *status)
{
    status->ref_count++;
    return status;
}

void
api_status_unref(ApiStatus *status)
{
    if (status == NULL)
        return;
    g_assert(status->ref_count > 0);
    if (--status->ref_count > 0)
        return;
    g_free(status->causes.items);
    g_free(status);
}

/* The details of most answers: in `kind` stands the resource. */
static ApiStatus *
status_about(ApiStatus *status, const ApiKind *kind, const char *name)
{
    status->has_details = TRUE;
    status->name = str_intern(name);
    if (kind != NULL) {
        status->group = str_intern(kind->group);
        status->kind = str_intern(kind->plural);
    }
    return status;
}

static const char *
resource_of(const ApiKind *kind)
{
    return kind == NULL ? "" : api_kind_group_resource(kind);
}

ApiStatus *
api_status_not_found(const ApiKind *kind, const char *name)
{
    const char *message;

    if (kind == NULL)
        return api_status_new(404, "NotFound", "the server could not find the requested resource");
    message = str_internf("%s %s not found", resource_of(kind), api_quote(name));
    return status_about(api_status_new(404, "NotFound", message), kind, name);
}

ApiStatus *
api_status_already_exists(const ApiKind *kind, const char *name)
{
    const char *message = str_internf("%s %s already exists", resource_of(kind), api_quote(name));

    return status_about(api_status_new(409, "AlreadyExists", message), kind, name);
}

ApiStatus *
api_status_conflict(const ApiKind *kind, const char *name, const char *why)
{
    const char *message = str_internf("Operation cannot be fulfilled on %s %s: %s",
                                      resource_of(kind), api_quote(name), why);

    return status_about(api_status_new(409, "Conflict", message), kind, name);
}

ApiStatus *
api_status_conflict_modified(const ApiKind *kind, const char *name)
{
    return api_status_conflict(kind, name,
                               "the object has been modified; please apply your changes to the "
                               "latest version and try again");
}

ApiStatus *
api_status_bad_request(const char *message)
{
    return api_status_new(400, "BadRequest", message);
}

ApiStatus *
api_status_bad_body(const ApiKind *kind, const char *why)
{
    return api_status_bad_request(str_internf("%s in version \"%s\" cannot be handled as a %s: %s",
                                              kind->kind, kind->version, kind->kind, why));
}

ApiStatus *
api_status_forbidden(const ApiKind *kind, const char *name, const char *why)
{
    const char *message;

    if (kind == NULL)
        message = str_internf("forbidden: %s", why);
    else if (str_is_empty(name))
        message = str_internf("%s is forbidden: %s", resource_of(kind), why);
    else
        message = str_internf("%s %s is forbidden: %s", resource_of(kind), api_quote(name), why);
    return status_about(api_status_new(403, "Forbidden", message), kind, name);
}

ApiStatus *
api_status_invalid(const ApiKind *kind, const char *name, const ApiErrors *errors)
{
    g_autofree char *text = api_errors_text(errors);
    const char *group_kind = "";
    ApiStatus *status;

    if (kind != NULL)
        group_kind = api_kind_group_kind(kind);
    status = api_status_new(422, "Invalid",
                            str_internf("%s %s is invalid%s%s", group_kind, api_quote(name),
                                        errors->list.count > 0 ? ": " : "", text));
    status_about(status, kind, name);
    status->kind = kind == NULL ? NULL : api_kind_name(kind);
    for (guint i = 0; i < errors->list.count; i++) {
        const FieldError *error = &errors->list.items[i];
        ApiCause *cause = API_LIST_ADD(&status->causes);

        cause->reason = str_intern(cause_reasons[error->type]);
        cause->message = field_error_body(error);
        cause->field = error->path;
    }
    return status;
}

ApiStatus *
api_status_method_not_allowed(const ApiKind *kind, const char *action)
{
    const char *message = str_internf("%s is not supported on resources of kind %s", action,
                                      api_quote(resource_of(kind)));

    return status_about(api_status_new(405, "MethodNotAllowed", message), kind, NULL);
}

ApiStatus *
api_status_expired(const char *message)
{
    return api_status_new(410, "Expired", message);
}

ApiStatus *
api_status_too_many_requests(const char *message, gint32 retry_after_s)
{
    ApiStatus *status = api_status_new(429, "TooManyRequests", message);

    status->has_details = TRUE;
    status->retry_after_s = retry_after_s;
    return status;
}

ApiStatus *
api_status_internal(const char *why)
{
    ApiStatus *status =
        api_status_new(500, "InternalError", str_internf("Internal error occurred: %s", why));
    ApiCause *cause = API_LIST_ADD(&status->causes);

    cause->message = str_intern(why);
    status->has_details = TRUE;
    return status;
}

ApiStatus *
api_status_timeout(const char *text)
{
    ApiStatus *status = api_status_new(504, "Timeout", str_internf("Timeout: %s", text));

    status->has_details = TRUE;
    return status;
}

ApiStatus *
api_status_transport(const char *message)
{
    return api_status_new(0, "", message);
}

/* --- encoding ------------------------------------------------------------------------------- */

static void
set_text(Value *map, const char *key, const char *text)
{
    if (!str_is_empty(text))
        value_add_member(map, key, value_new_string(text));
}

static Value *
encode_causes(const ApiStatus *status)
{
    Value *causes = value_new_list();

    for (guint i = 0; i < status->causes.count; i++) {
        const ApiCause *cause = &status->causes.items[i];
        Value *map = value_new_map();

        set_text(map, "reason", cause->reason);
        set_text(map, "message", cause->message);
        set_text(map, "field", cause->field);
        value_append(causes, map);
    }
    return causes;
}

static Value *
encode_details(const ApiStatus *status)
{
    Value *details = value_new_map();

    set_text(details, "name", status->name);
    set_text(details, "group", status->group);
    set_text(details, "kind", status->kind);
    set_text(details, "uid", status->uid);
    if (status->causes.count > 0)
        value_add_member(details, "causes", encode_causes(status));
    if (status->retry_after_s != 0)
        value_add_member(details, "retryAfterSeconds", value_new_int(status->retry_after_s));
    return details;
}

Value *
api_status_encode(const ApiStatus *status)
{
    Value *map = value_new_map();
    gboolean is_success = status->code >= 200 && status->code < 300;

    value_add_member(map, "kind", value_new_string("Status"));
    value_add_member(map, "apiVersion", value_new_string("v1"));
    value_add_member(map, "metadata", value_new_map());
    value_add_member(map, "status", value_new_string(is_success ? "Success" : "Failure"));
    set_text(map, "message", status->message);
    set_text(map, "reason", status->reason);
    if (status->has_details)
        value_add_member(map, "details", encode_details(status));
    if (status->code != 0)
        value_add_member(map, "code", value_new_int(status->code));
    return map;
}
