#include "controllers/controllers.h"

const ControllerDef *const kcm_controllers[] = {
    &deployment_controller,
    &replica_set_controller,
    &endpoint_slice_controller,
    &node_lifecycle_controller,
    &taint_eviction_controller,
    &pod_gc_controller,
    NULL,
};
