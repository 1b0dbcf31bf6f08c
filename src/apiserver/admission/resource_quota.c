/*
 * resource_quota.c - changes that use more than before; creations are charged by quota.h
 *
 * Models: v1.34 apiserver admission/plugin/resourcequota, the last of the plugins.
 */

#include "apiserver/admission/admission.h"
#include "apiserver/quota.h"

static ApiStatus *
resource_quota_validate(Admission *admission)
{
    if (admission->operation != ADMISSION_UPDATE || admission->subresource != NULL)
        return NULL;
    return quota_charge_update(admission->call, admission->object, admission->old);
}

const AdmissionPlugin resource_quota_plugin = {
    .name = "ResourceQuota",
    .validate = resource_quota_validate,
};
