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
    for (;;) {
        const AdmissionPlugin *plugin = admission_plugins[call->admission_index];

        if (plugin == NULL)
            break;
        if (plugin->mutate == NULL) {
            call->admission_index++;
            continue;
        }

        Admission admission = describe(call, object, old, operation);

        *out_status = plugin->mutate(&admission);
        if (*out_status != NULL)
            break;
        if (admission.wait_ns > 0 && again != NULL) {
            call->admission_attempt++;
            call->admission_again = again;
            call_continue(call, admission.wait_ns, admission.is_live ? read_live : again);
            return FALSE;
        }
        call->admission_attempt = 0;
        call->admission_index++;
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
    const Admission described = describe(call, object, old, operation);

    for (guint i = 0; admission_plugins[i] != NULL; i++) {
        if (admission_plugins[i]->validate == NULL)
            continue;

        Admission admission = described;
        ApiStatus *status = admission_plugins[i]->validate(&admission);

        if (status != NULL)
            return status;
    }
    return NULL;
}
