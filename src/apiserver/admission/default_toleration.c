/*
 * default_toleration.c - five minutes on a node that is gone
 *
 * Models: v1.34 plugin/pkg/admission/defaulttolerationseconds, on create and update.
 */

#include "apiserver/admission/admission.h"

#define TOLERATION_SECONDS 300

/* A toleration of the key, or of every key, that covers NoExecute. */
static gboolean
is_tolerated(const PodSpec *spec, const char *key)
{
    for (guint i = 0; i < spec->tolerations.count; i++) {
        const Toleration *toleration = &spec->tolerations.items[i];

        if ((str_is_empty(toleration->key) || str_is(toleration->key, key)) &&
            (str_is_empty(toleration->effect) || str_is(toleration->effect, "NoExecute")))
            return TRUE;
    }
    return FALSE;
}

static void
tolerate(ApiObject *pod, const char *key)
{
    if (is_tolerated(pod_spec(pod), key))
        return;

    PodSpec *spec = api_edit_spec(pod);
    Toleration *toleration = API_LIST_ADD(&spec->tolerations);

    toleration->key = str_intern(key);
    toleration->operator_ = str_intern("Exists");
    toleration->effect = str_intern("NoExecute");
    toleration->toleration_s = OPT_INT64(TOLERATION_SECONDS);
}

static ApiStatus *
default_toleration_mutate(Admission *admission)
{
    tolerate(admission->object, "node.kubernetes.io/not-ready");
    tolerate(admission->object, "node.kubernetes.io/unreachable");
    return NULL;
}

static gboolean
default_toleration_looks_at(const ApiKind *kind, AdmissionOperation operation, gboolean is_of_part)
{
    return kind == &pod_kind && !is_of_part && operation != ADMISSION_DELETE;
}

const AdmissionPlugin default_toleration_plugin = {
    .name = "DefaultTolerationSeconds",
    .looks_at = default_toleration_looks_at,
    .is_of_spec = TRUE,
    .mutate = default_toleration_mutate,
};
