/*
 * status.h - the API's answer when it says no: metav1.Status
 *
 * Constructors give the exact texts of apimachinery pkg/api/errors v1.34; each returns one reference (owned), to be
 * given back with api_status_unref. A status is not changed once somebody else has it.
 */
#pragma once

#include "api/object.h"

typedef struct {
    const char *reason, *message, *field; /* interned */
} ApiCause;

typedef struct ApiStatus {
    guint ref_count;
    int code;            /* 404 */
    const char *reason;  /* interned "NotFound"; "" if none */
    const char *message; /* interned */
    const char *name, *group, *kind, *uid; /* details; interned, may be NULL */
    API_LIST_OF(ApiCause) causes;
    gint32 retry_after_s;
    gboolean has_details;
} ApiStatus;

ApiStatus *api_status_new(int code, const char *reason, const char *message);
ApiStatus *api_status_ref(ApiStatus *status);
void api_status_unref(ApiStatus *status);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ApiStatus, api_status_unref)

ApiStatus *api_status_not_found(const ApiKind *kind, const char *name);
ApiStatus *api_status_already_exists(const ApiKind *kind, const char *name);
ApiStatus *api_status_conflict(const ApiKind *kind, const char *name, const char *why);
ApiStatus *api_status_conflict_modified(const ApiKind *kind, const char *name); /* stale resourceVersion */
ApiStatus *api_status_bad_request(const char *message);
/* api_status_bad_body: an object that cannot be decoded: `Pod in version "v1" cannot be handled as a Pod: <why>`. */
ApiStatus *api_status_bad_body(const ApiKind *kind, const char *why);
ApiStatus *api_status_forbidden(const ApiKind *kind, const char *name, const char *why);
ApiStatus *api_status_invalid(const ApiKind *kind, const char *name, const ApiErrors *errors);
ApiStatus *api_status_method_not_allowed(const ApiKind *kind, const char *action);
ApiStatus *api_status_expired(const char *message);
ApiStatus *api_status_too_many_requests(const char *message, gint32 retry_after_s);
ApiStatus *api_status_internal(const char *why);
ApiStatus *api_status_timeout(const char *text);
/* What a client makes of a broken connection: code 0, reason "", message "connection refused" etc. */
ApiStatus *api_status_transport(const char *message);

/* api_status_encode: the Status object as JSON tree. (owned) */
Value *api_status_encode(const ApiStatus *status);
