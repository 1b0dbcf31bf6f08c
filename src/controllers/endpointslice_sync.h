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
void endpoint_drop_hints(Endpoint *endpoint);
/* endpoint_identity: equal for the same addresses, host name and target. (interned) */
const char *endpoint_identity(const Endpoint *endpoint);
/* endpoint_is_same: their identities are equal. */
gboolean endpoint_is_same(const Endpoint *a, const Endpoint *b);
/* endpoint_equal_beyond_identity: hints and the target's revision apart. */
gboolean endpoint_equal_beyond_identity(const Endpoint *a, const Endpoint *b);
/* endpoint_find_port: the number of the Service's port in this pod; 0: it has none. */
gint32 endpoint_find_port(const ApiObject *pod, const ServicePort *port);
/* endpoint_ports_of: the Service's ports as this pod offers them, into body->ports. */
void endpoint_ports_of(const ApiObject *service, const ApiObject *pod, EndpointSliceBody *body);
/* ports_key: equal for equal sets of ports. (interned) */
const char *ports_key(const EndpointSliceBody *body);
/* ports_are_equal: the same set of ports. */
gboolean ports_are_equal(const EndpointSliceBody *a, const EndpointSliceBody *b);
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

/*
 * slice_pack_hints: trafficDistribution: hints of ready endpoints; unchanged slices move to update if theirs are
 * wrong. Without @is_followed none at all.
 */
void slice_pack_hints(SlicePack *pack, gboolean is_followed);

/* --- endpointslice_zones.c -------------------------------------------------------------------------------- */

typedef struct {
    const char *zone; /* interned */
    gint64 cpu_milli, all_milli; /* of the nodes there, of all */
} ZoneShare;
typedef API_LIST_OF(ZoneShare) ZoneShareList; /* by name; none: the nodes say too little */

typedef struct {
    const char *zone; /* interned */
    gint64 count;
} ZoneCount;
typedef API_LIST_OF(ZoneCount) ZoneCountList; /* how many endpoints have a hint for a zone */

/* What one zone should have. */
typedef struct {
    const char *zone; /* interned */
    double desired;
    gint64 maximum;
    double off;   /* how much above that it is */
    gint64 gives; /* so many endpoints go to other zones; negative: come from there */
} ZoneTarget;
typedef API_LIST_OF(ZoneTarget) ZoneTargetList;

/* service_wants_zones: an annotation asks for topology aware routing. */
gboolean service_wants_zones(const ApiObject *service);
void zone_shares_read(const GPtrArray *nodes, ZoneShareList *out);
/* zone_counts_are_overloaded: some zone has too few for its share by now. */
gboolean zone_counts_are_overloaded(const ZoneCountList *counts, const ZoneShareList *shares);
/* zone_targets_settle: who gives how many. */
void zone_targets_settle(ZoneTargetList *targets, const ZoneCountList *counts);
/*
 * slice_pack_zones: topology aware routing: a zone for every ready endpoint; unchanged slices
 * move to update if theirs are wrong. Returns: (interned) why there are none, or NULL.
 */
const char *slice_pack_zones(SlicePack *pack, const ZoneShareList *shares, ZoneCountList *out_counts);

/* --- endpointslice_state.c ----------------------------------------------------------------------------------- */

gpointer slice_state_new(void);
void slice_state_free(gpointer state);
void slice_state_forget(gpointer state, const char *service_key);
/* slice_state_trigger: the trigger time of what changed since the last sync, 0: none. Remembers the present ones. @state may be NULL. */
ApiTime slice_state_trigger(gpointer state, const ApiObject *service, const GPtrArray *pods);
/* slice_state_note: a sync that would do nothing else remembers the pod's trigger time. */
void slice_state_note(gpointer state, const char *service_key, const ApiObject *pod);
/* slice_state_has_zones: hints by zone were given at the last sync. */
gboolean slice_state_has_zones(gpointer state, const char *service_key);
/* slice_state_set_zones: takes what @counts holds; none: no hints. */
void slice_state_set_zones(gpointer state,
                           const char *service_key,
                           const char *address_type,
                           ZoneCountList *counts);
gboolean
slice_state_is_overloaded(gpointer state, const char *service_key, const ZoneShareList *shares);
/* slice_state_is_stale: the cache has not caught up with our own writes. */
gboolean slice_state_is_stale(gpointer state, const char *service_key, const GPtrArray *slices);
void slice_state_wrote(gpointer state, const char *service_key, const ApiObject *slice);
void slice_state_deleted(gpointer state, const char *service_key, const char *uid);
/* slice_state_is_news: a slice as seen is newer than what we wrote. */
gboolean slice_state_is_news(gpointer state, const char *service_key, const ApiObject *slice);
/* slice_state_was_taken: it is gone, and was ours, and not we deleted it. */
gboolean slice_state_was_taken(gpointer state, const char *service_key, const ApiObject *slice);

/* --- endpoints.c: the older form of the same ------------------------------------------------------------------------ */

/* endpoints_truncate: to 1000 addresses; FALSE: there are no more. */
gboolean endpoints_truncate(EndpointsBody *body);

/* --- endpointslice_events.c: what wakes it ------------------------------------------------------------------------ */

extern const ControllerSource endpoint_slice_sources[];
/* services_of_pod: a change of a pod wakes the Services that it is of interest to. @old may be NULL, @pod is what is there, or was. */
typedef void (*ServiceWake)(Controller *controller, const ApiObject *service, const ApiObject *old, const ApiObject *pod);
void services_of_pod(Controller *controller, const ApiObject *old, const ApiObject *object, ServiceWake wake);
gboolean service_selects(const ApiObject *service, const ApiObject *pod);
/* service_pods: those that @service selects. */
void service_pods(View *view, const ApiObject *service, GPtrArray *out);
