/*
 * endpoints_sync.h - what goes into the Endpoints of a Service, for endpoints*.c
 *
 * Models v1.34 pkg/controller/endpoint and pkg/api/v1/endpoints/util.go.
 */
#pragma once

#include "controllers/endpointslice_sync.h"

#define ENDPOINTS_ADDRESSES_MAX 1000

/* A pod that is an endpoint. */
typedef struct {
    const ApiObject *pod; /* (borrowed) */
    const char *ip;       /* interned */
    gboolean is_ready;
} EndpointCandidate;

/* endpoints_candidates: those of @pods that are endpoints of @service, by address. (owned array of EndpointCandidate) */
GArray *endpoints_candidates(const ApiObject *service, const GPtrArray *pods);
/* endpoints_pack: @body, zeroed, gets their subsets: ports that all of the same addresses offer stand together. */
void endpoints_pack(const ApiObject *service, const GArray *candidates, EndpointsBody *body);
/* endpoints_are: @body, one subset as a rule, is what would be made: seen without making it. FALSE says nothing yet. */
gboolean endpoints_are(const EndpointsBody *body, const ApiObject *service, const GArray *candidates);
/* endpoints_count: all addresses, and those of them that are ready. */
guint endpoints_count(const EndpointsBody *body, guint *out_ready);
