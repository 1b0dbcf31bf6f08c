#include "controllers/controllers.h"

const ControllerDef *const kcm_controllers[] = {
    &service_account_controller,
    &root_ca_controller,
    &node_ipam_controller,
    &node_lifecycle_controller,
    &taint_eviction_controller,
    &namespace_controller,
    &garbage_collector_controller,
    &pod_gc_controller,
    &endpoint_slice_controller,
    &daemon_set_controller,
    &deployment_controller,
    &replica_set_controller,
    &stateful_set_controller,
    &job_controller,
    &cron_job_controller,
    &volume_binder_controller,
    &ttl_after_finished_controller,
    &disruption_controller,
    &horizontal_pod_autoscaler_controller,
    NULL,
};
