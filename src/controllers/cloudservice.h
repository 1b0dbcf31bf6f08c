/*
 * cloudservice.h - of which changes of a Service its load balancer has to know
 *
 * needsUpdate of v1.34 staging/src/k8s.io/cloud-provider/controllers/service/controller.go:
 * the fields in upstream's order; the first that differs says it, some with an event.
 */
#pragma once

#include "client/controller.h"

typedef struct {
    gboolean is_needed;
    const char *reason, *message; /* interned; reason NULL: no event */
} BalancerChange;

BalancerChange balancer_change(const ApiObject *old, const ApiObject *service);
/* wants_balancer: type LoadBalancer, and of no class of its own. */
gboolean wants_balancer(const ApiObject *service);
