/* Every kind, in discovery order: core, apps, then the other groups; by name within one. */
#include "api/kinds.h"

const ApiKind *const api_kinds[] = {
    &config_map_kind,
    &endpoints_kind,
    &event_kind,
    &limit_range_kind,
    &namespace_kind,
    &node_kind,
    &persistent_volume_claim_kind,
    &persistent_volume_kind,
    &pod_kind,
    &pod_template_kind,
    &replication_controller_kind,
    &resource_quota_kind,
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
    &ingress_kind,
    &network_policy_kind,
    &runtime_class_kind,
    &pdb_kind,
    &cluster_role_binding_kind,
    &cluster_role_kind,
    &role_binding_kind,
    &role_kind,
    &priority_class_kind,
    &storage_class_kind,
    &vpa_checkpoint_kind,
    &vpa_kind,
    NULL,
};

/* Every form in which a kind may be asked for besides its own. */
const ApiKind *const api_forms[] = {
    &hpa_v1_kind,
    NULL,
};
