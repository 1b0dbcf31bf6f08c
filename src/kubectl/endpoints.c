/*
 * endpoints.c - the kind Endpoints, for those who still ask for it
 *
 * The cluster keeps EndpointSlices only; `kubectl get endpoints` shows one row for
 * each Service (and each set of slices), made from them.
 * DEVIATES: it cannot be watched, written or described.
 */

#include "kubectl/printers.h"

static const char *const short_names[] = {"ep", NULL};

const ApiKind endpoints_kind = {
    .kind = "Endpoints",
    .group = "",
    .version = "v1",
    .plural = "endpoints",
    .singular = "endpoints",
    .short_names = short_names,
    .is_namespaced = TRUE,
    .doc = "Addresses that implement a Service; replaced by EndpointSlice.",
};
