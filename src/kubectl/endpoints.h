/*
 * endpoints.h - Endpoints, made from the EndpointSlices that the cluster keeps
 */
#pragma once

#include "kubectl/internal.h"

extern const ApiKind endpoints_kind;

/* endpoints_find: the kind, if @word means it; else NULL. */
const ApiKind *endpoints_find(const char *word);
/*
 * endpoints_from_slices: one object for each Service, with the endpoints of all its
 * slices, sorted by address. They are EndpointSlices by kind, named as the Service.
 * (owned array of owned objects)
 */
GPtrArray *endpoints_from_slices(const GPtrArray *slices);
/* endpoints_encode: such an object as an Endpoints. (owned) */
Value *endpoints_encode(const ApiObject *object);
