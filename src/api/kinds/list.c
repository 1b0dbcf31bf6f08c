/* Every kind, in discovery order: core, apps, then the other groups; by name within one. */
#include "api/kinds.h"

const ApiKind *const api_kinds[] = {
    &config_map_kind,
    &event_kind,
    &namespace_kind,
    &node_kind,
    &persistent_volume_claim_kind,
    &persistent_volume_kind,
    &pod_kind,
    &secret_kind,
    &service_account_kind,
    &service_kind,
    &controller_revision_kind,
    &daemon_set_kind,
    &deployment_kind,
    &replica_set_kind,
    &stateful_set_kind,
    &hpa_kind,
    &cron_job_kind,
    &job_kind,
    &lease_kind,
    &endpoint_slice_kind,
    &pdb_kind,
    &priority_class_kind,
    NULL,
};
