/*
 * endpointslice_sync.h - one sync of the slices of one Service
 *
 * Models v1.34 staging/src/k8s.io/endpointslice: reconciler.go, utils.go,
 * trafficdist, topologycache; util/trigger_time_tracker.go;
 * util/endpointslice_tracker.go. Where the original goes by map order, pods are
 * taken by creation time, then name.
 */
#pragma once

#include "controllers/controllers.h"
#include "controllers/util.h"

#define LABEL_SERVICE_NAME "kubernetes.io/service-name"
#define LABEL_MANAGED_BY   "endpointslice.kubernetes.io/managed-by"
#define LABEL_HEADLESS     "service.kubernetes.io/headless"
#define LABEL_ZONE         "topology.kubernetes.io/zone"
#define MANAGED_BY_US      "endpointslice-controller.k8s.io"
#define TRIGGER_ANNOTATION "endpoints.kubernetes.io/last-change-trigger-time"

/* What is to become of the slices of one address type; arrays of owned refs. */
typedef struct {
    const ApiObject *service;
    const char *address_type; /* interned */
    guint max_endpoints;
    GPtrArray *create; /* editable */
    GPtrArray *update; /* editable */
    GPtrArray *delete;
    GPtrArray *unchanged;
} SlicePack;

void
slice_pack_init(SlicePack *pack, const ApiObject *service, const char *address_type, guint max);
void slice_pack_clear(SlicePack *pack);

/* Pods that offer the same ports. */
typedef struct {
    const char *key;        /* interned: names the set of ports */
    EndpointSliceBody body; /* ports and wanted endpoints (owned) */
} PortGroup;

/* --- endpointslice_endpoint.c ------------------------------------------------------------------------ */

gboolean pod_should_be_endpoint(const ApiObject *pod);
/* endpoint_from_pod: no addresses if the pod has none of this family. @node may be NULL. */
void endpoint_from_pod(const ApiObject *pod,
                       const ApiObject *node,
                       const ApiObject *service,
                       const char *address_type,
                       Endpoint *out);
void endpoint_clear(Endpoint *endpoint);
/* endpoint_identity: equal for the same addresses, host name and target. (interned) */
const char *endpoint_identity(const Endpoint *endpoint);
/* endpoint_equal_beyond_identity: hints and the target's revision apart. */
gboolean endpoint_equal_beyond_identity(const Endpoint *a, const Endpoint *b);
/* endpoint_ports_of: the Service's ports as this pod offers them, into body->ports. */
void endpoint_ports_of(const ApiObject *service, const ApiObject *pod, EndpointSliceBody *body);
/* ports_key: equal for equal sets of ports. (interned) */
const char *ports_key(const EndpointSliceBody *body);
/* service_address_types: at most two. */
guint service_address_types(const ApiObject *service, const char *out_types[2]);

/* --- endpointslice_pack.c ------------------------------------------------------------------------------ */

/* slice_labels: those a slice of @service has. TRUE if they differ from the slice's but for reserved ones. */
gboolean slice_labels(const ApiObject *slice, const ApiObject *service, StrMap *out_labels);
ApiObject *slice_new(const ApiObject *service, const char *address_type);
/* slice_pack_group: distributes the endpoints of @group (taken out of it) over @existing and new slices. */
void slice_pack_group(SlicePack *pack, PortGroup *group, const GPtrArray *existing);
/* slice_pack_placeholder: an empty slice if there would be none. */
void slice_pack_placeholder(SlicePack *pack, guint existing_count);
/* slice_pack_finalize: creations take the place of deletions where they can. */
void slice_pack_finalize(SlicePack *pack);

/* --- endpointslice_hints.c ------------------------------------------------------------------------------- */

/* slice_pack_hints: trafficDistribution: hints of ready endpoints; unchanged slices move to update if theirs are wrong. */
void slice_pack_hints(SlicePack *pack);

/* --- endpointslice_state.c ----------------------------------------------------------------------------------- */

gpointer slice_state_new(void);
void slice_state_free(gpointer state);
void slice_state_forget(gpointer state, const char *service_key);
/* slice_state_trigger: the trigger time of what changed since the last sync, 0: none. Remembers the present ones. @state may be NULL. */
ApiTime slice_state_trigger(gpointer state, const ApiObject *service, const GPtrArray *pods);
/* slice_state_is_stale: the cache has not caught up with our own writes. */
gboolean slice_state_is_stale(gpointer state, const char *service_key, const GPtrArray *slices);
void slice_state_wrote(gpointer state, const char *service_key, const ApiObject *slice);
void slice_state_deleted(gpointer state, const char *service_key, const char *uid);
/* slice_state_is_news: a slice as seen is newer than what we wrote. */
gboolean slice_state_is_news(gpointer state, const char *service_key, const ApiObject *slice);
/* slice_state_was_taken: it is gone, and was ours, and not we deleted it. */
gboolean slice_state_was_taken(gpointer state, const char *service_key, const ApiObject *slice);

/* --- endpointslice_events.c: what wakes it ------------------------------------------------------------------------ */

extern const ControllerSource endpoint_slice_sources[];
