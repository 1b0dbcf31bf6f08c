/* chain.c - the two passes over the plugins; see admission.h */

#include "apiserver/admission/admission.h"

static Admission
describe(Call *call, ApiObject *object, const ApiObject *old, AdmissionOperation operation)
{
    const ApiRequest *request = call->request;

    return (Admission){
        .call = call,
        .server = call->server,
        .operation = operation,
        .kind = request->kind,
        .namespace_ = request->namespace_,
        .name = object != NULL ? api_name(object) : request->name,
        .subresource = request->subresource,
        .object = object,
        .old = old,
        .is_known = call->skip_validation,
        .attempt = call->admission_attempt,
    };
}

/* Who looks at such requests at all: most kinds are nobody's business but the namespace's. */
static G_GNUC_NO_INLINE void
choose_plugins(Resource *resource, AdmissionOperation operation, gboolean is_of_part)
{
    typeof(resource->plugins[0][0]) *chosen = &resource->plugins[operation][is_of_part];

    chosen->is_made = TRUE;
    for (guint i = 0; admission_plugins[i] != NULL; i++) {
        const AdmissionPlugin *plugin = admission_plugins[i];

        g_assert(i < 16);
        if (!plugin->looks_at(resource->kind, operation, is_of_part))
            continue;
        if (plugin->mutate != NULL)
            chosen->mutate |= (guint16)(1u << i);
        if (plugin->validate != NULL)
            chosen->validate |= (guint16)(1u << i);
        if (plugin->is_of_spec)
            chosen->of_spec |= (guint16)(1u << i);
    }
}

static inline guint
plugins_of(const Call *call, AdmissionOperation operation, gboolean is_validation)
{
    Resource *resource = server_resource(call->server, call->request->kind);
    gboolean is_of_part = call->request->subresource != NULL;
    const typeof(resource->plugins[0][0]) *chosen = &resource->plugins[operation][is_of_part];
    guint left;

    if (G_UNLIKELY(!chosen->is_made))
        choose_plugins(resource, operation, is_of_part);
    left = is_validation ? chosen->validate : chosen->mutate;
    return call->skip_validation ? left & ~(guint)chosen->of_spec : left;
}

static void
read_live(Call *call)
{
    storage_read(call, call->admission_again);
}

gboolean
admission_mutate(Call *call,
                 ApiObject *object,
                 const ApiObject *old,
                 AdmissionOperation operation,
                 CallStep again,
                 ApiStatus **out_status)
{
    guint left = plugins_of(call, operation, FALSE) >> call->admission_index << call->admission_index;
    Admission admission;

    if (left != 0)
        admission = describe(call, object, old, operation);
    for (; left != 0; left &= left - 1) {
        const AdmissionPlugin *plugin = admission_plugins[__builtin_ctz(left)];

        *out_status = plugin->mutate(&admission);
        if (G_UNLIKELY(*out_status != NULL))
            break;
        if (G_UNLIKELY(admission.wait_ns > 0)) {
            if (again != NULL) {
                call->admission_index = (guint)__builtin_ctz(left);
                call->admission_attempt++;
                call->admission_again = again;
                call_continue(call, admission.wait_ns, admission.is_live ? read_live : again);
                return FALSE;
            }
            admission.wait_ns = 0;
            admission.is_live = FALSE;
        }
        admission.attempt = 0;
    }
    call->admission_attempt = 0;
    call->admission_index = 0;
    return TRUE;
}

ApiStatus *
admission_validate(Call *call,
                   ApiObject *object,
                   const ApiObject *old,
                   AdmissionOperation operation)
{
    guint left = plugins_of(call, operation, TRUE);
    ApiStatus *status = NULL;
    Admission admission;

    if (left == 0)
        return NULL;
    admission = describe(call, object, old, operation);
    for (; left != 0 && status == NULL; left &= left - 1)
        status = admission_plugins[__builtin_ctz(left)]->validate(&admission);
    return status;
}
