/* slices.h - a Service and its pods, for the tests of the EndpointSlice controller */
#pragma once

#include "controllers/endpointslice_sync.h"
#include "tests/controllers/mini.h"

#define SYNC(mini) mini_sync(mini, &endpoint_slice_controller, "default/web")

/* make_service: web, port 80 to 8080, IPv4, 10.96.0.10. (owned) */
ApiObject *make_service(void);
/* make_backend: pod p001 and so on, on node n1. (owned) */
ApiObject *make_backend(guint index, gboolean is_ready);
/* service_with: node n1 in zone-a, the Service, @pods ready pods. Free it with drop. */
Mini *service_with(guint pods);
void drop(Mini *mini);
const EndpointSliceBody *body_of(Mini *mini, guint index);
