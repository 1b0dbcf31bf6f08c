/*
 * namespace_lifecycle.c - nothing new without a namespace, or in one that goes
 *
 * Models: v1.34 apiserver admission/plugin/namespace/lifecycle.
 */

#include "apiserver/admission/admission.h"

#include "base/caches.h"

#define MISSING_WAIT_NS (50 * NS_PER_MS)

static gboolean
is_immortal(const char *name)
{
    return str_is(name, "default") || str_is(name, "kube-system") || str_is(name, "kube-public");
}

static ApiStatus *
refuse_terminating(const Admission *admission)
{
    const char *namespace_ = admission->namespace_;
    ApiStatus *status =
        api_status_forbidden(admission->kind, admission->name == NULL ? "" : admission->name,
                             str_internf("unable to create new content in namespace %s because it "
                                         "is being terminated",
                                         namespace_));
    ApiCause *cause = API_LIST_ADD(&status->causes);

    cause->reason = str_intern("NamespaceTerminating");
    cause->message = str_internf("namespace %s is being terminated", namespace_);
    cause->field = str_intern("metadata.namespace");
    return status;
}

static gboolean
is_terminating(const ApiObject *namespace_)
{
    return str_is(namespace_status(namespace_)->phase, "Terminating");
}

/* The last one that was looked at, and nothing has changed. */
static gboolean
is_known_open(const Admission *admission)
{
    if (admission->namespace_ == NULL || admission->server->remembered.open != admission->namespace_)
        return FALSE;
    if (caches_are_checked()) {
        const ApiObject *found = admission_lookup(admission, &namespace_kind, NULL, admission->namespace_);

        g_assert(found != NULL && !is_terminating(found));
    }
    return TRUE;
}

static ApiStatus *
namespace_lifecycle_mutate(Admission *admission)
{
    if (G_LIKELY(is_known_open(admission)))
        return NULL;
    if (admission->kind == &namespace_kind) {
        if (is_immortal(admission->name))
            return api_status_forbidden(&namespace_kind, admission->name,
                                        "this namespace may not be deleted");
        return NULL;
    }

    const ApiObject *found =
        admission_lookup(admission, &namespace_kind, NULL, admission->namespace_);

    if (found == NULL) {
        /* The informer may be behind: a pause, then a live look. */
        if (admission->attempt == 0) {
            admission->wait_ns = MISSING_WAIT_NS;
            admission->is_live = TRUE;
            return NULL;
        }
        return api_status_not_found(&namespace_kind, admission->namespace_);
    }
    if (is_terminating(found))
        return refuse_terminating(admission);
    /* One that only etcd has is asked for there again. */
    if (admission->attempt == 0)
        admission->server->remembered.open = admission->namespace_;
    return NULL;
}

static gboolean
namespace_lifecycle_looks_at(const ApiKind *kind, AdmissionOperation operation, gboolean is_of_part)
{
    (void)is_of_part;
    if (kind == &namespace_kind)
        return operation == ADMISSION_DELETE;
    return kind->is_namespaced && operation == ADMISSION_CREATE;
}

const AdmissionPlugin namespace_lifecycle_plugin = {
    .name = "NamespaceLifecycle",
    .looks_at = namespace_lifecycle_looks_at,
    .mutate = namespace_lifecycle_mutate,
};
