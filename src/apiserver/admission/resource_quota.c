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
    return quota_charge_update(admission->call, admission->object, admission->old);
}

/* Of what changes only these can come to use more of something. */
static gboolean
resource_quota_looks_at(const ApiKind *kind, AdmissionOperation operation, gboolean is_of_part)
{
    return (kind == &service_kind || kind == &persistent_volume_claim_kind) && operation == ADMISSION_UPDATE && !is_of_part;
}

const AdmissionPlugin resource_quota_plugin = {
    .name = "ResourceQuota",
    .looks_at = resource_quota_looks_at,
    .validate = resource_quota_validate,
};
