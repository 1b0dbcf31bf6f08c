/*
 * controllers.h - the controllers of kube-controller-manager
 *
 * Models v1.34 pkg/controller/...: each controller is a const ControllerDef in
 * its own file: event handlers that turn changes into keys, and a reconciler
 * that turns (view, key, now) into a plan. kcm_controllers lists them in start
 * order. Settings are those of kube-controller-manager's flags; a NULL config
 * means the defaults of v1.34.
 */
#pragma once

#include "client/controller.h"

/* A machine as its cloud describes it; strings interned, NULL where the cloud says nothing. */
typedef struct {
    const char *provider_id, *type, *zone, *region;
    const char *internal_ip, *external_ip, *hostname;
    gboolean is_off;
} CloudInstance;

typedef struct {
    /* node-ipam */
    const char *cluster_cidr; /* interned; NULL: no CIDRs are handed out */
    guint node_mask;

    /* node-lifecycle */
    gint64 node_monitor_grace_ns;
    gint64 node_startup_grace_ns;
    guint eviction_rate_milli;    /* --node-eviction-rate, nodes per 1000 s */
    guint secondary_rate_milli;   /* --secondary-node-eviction-rate */
    guint unhealthy_zone_percent; /* --unhealthy-zone-threshold */
    guint large_cluster_size;     /* --large-cluster-size-threshold */

    /* pod-gc */
    gint64 pod_gc_quarantine_ns;
    guint terminated_pod_threshold; /* --terminated-pod-gc-threshold; 0: never */

    /* endpointslice */
    guint endpoints_per_slice;       /* --max-endpoints-per-slice */
    gint64 endpoint_batch_period_ns; /* --endpointslice-updates-batch-period */

    /* horizontal-pod-autoscaler */
    gint64 hpa_cpu_initialization_ns;      /* --horizontal-pod-autoscaler-cpu-initialization-period */
    gint64 hpa_initial_readiness_ns;       /* --horizontal-pod-autoscaler-initial-readiness-delay */
    gint64 hpa_downscale_stabilization_ns; /* --horizontal-pod-autoscaler-downscale-stabilization */

    /* The cloud, for the controllers of cloud-controller-manager: what it knows of the machine of a node. @provider_id
     * NULL: looked for by the node's name. FALSE: there is none such. The member is NULL where there is no cloud. */
    gboolean (*cloud_instance)(gpointer user, const char *node, const char *provider_id, CloudInstance *out_instance);
    gpointer cloud_user;
    Dist cloud_latency; /* of one question to the cloud */
    /* service-lb: address of the balancer for the Service of this UID, and the nodes behind it, NAME=PROVIDERID with
     * commas between them; NULL: it has none. The member is NULL where there is no cloud with balancers. */
    const char *(*cloud_balancer)(gpointer user, const char *uid, const char **out_hosts);
    /* "UID HOSTS"; made if there is none. @health_port: the healthCheckNodePort, 0: none, -1: as before */
    void (*cloud_set_balancer)(gpointer user, const char *what, gint64 health_port);
    void (*cloud_drop_balancer)(gpointer user, const char *uid, gint64 unused);
    Dist cloud_provision; /* how long the cloud takes to make one */

    const char *root_ca; /* interned text of ca.crt in every ConfigMap kube-root-ca.crt */
} ControllersConfig;

/* controllers_config_init: the defaults of v1.@version_minor. */
void controllers_config_init(ControllersConfig *config, guint version_minor);
/* controllers_config_of: that of the running manager, the v1.34 defaults where none was given. */
const ControllersConfig *controllers_config_of(gconstpointer config);

extern const ControllerDef deployment_controller, replica_set_controller, endpoint_slice_controller, endpoints_controller,
    endpoint_slice_mirroring_controller,
    node_lifecycle_controller, taint_eviction_controller, node_ipam_controller, pod_gc_controller,
    garbage_collector_controller, namespace_controller, service_account_controller,
    root_ca_controller, ttl_controller, daemon_set_controller, stateful_set_controller,
    volume_binder_controller, pvc_protection_controller, pv_protection_controller, ephemeral_volume_controller;

/* Start order, ended by NULL. */
extern const ControllerDef job_controller, cron_job_controller, replication_controller;
extern const ControllerDef ttl_after_finished_controller, disruption_controller;
extern const ControllerDef horizontal_pod_autoscaler_controller, resource_quota_controller,
    service_account_token_controller;
extern const ControllerDef *const kcm_controllers[];
/* That of vpa-recommender; its manager's config is a VpaConfig. */
typedef struct {
    gint64 min_cpu_milli, min_memory_bytes; /* --pod-recommendation-min-cpu-millicores, -memory-mb: of a whole pod */
    gint64 margin_percent;                  /* --recommendation-margin-fraction */
} VpaConfig;
extern const ControllerDef vpa_recommender;
/* Those of cloud-controller-manager. */
extern const ControllerDef cloud_node_controller, cloud_node_lifecycle_controller, cloud_service_controller,
    cloud_service_nodes_controller;
