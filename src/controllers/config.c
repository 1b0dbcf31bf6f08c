#include "base/duration.h"
#include "api/profile.h"
#include "controllers/controllers.h"

void
controllers_config_init(ControllersConfig *config, guint version_minor)
{
    *config = (ControllersConfig){
        .cluster_cidr = str_intern("10.244.0.0/16"),
        .node_mask = 24,
        .node_monitor_grace_ns = profile_timer_ns(TIMER_NODE_MONITOR_GRACE, version_minor),
        .node_startup_grace_ns = profile_timer_ns(TIMER_NODE_STARTUP_GRACE, version_minor),
        .eviction_rate_milli = 100,
        .secondary_rate_milli = 10,
        .unhealthy_zone_percent = 55,
        .large_cluster_size = 50,
        .pod_gc_quarantine_ns = profile_timer_ns(TIMER_POD_GC_QUARANTINE, version_minor),
        .terminated_pod_threshold = 12500,
        .endpoints_per_slice = 100,
        .endpoint_batch_period_ns = 0,
        .hpa_cpu_initialization_ns = profile_timer_ns(TIMER_HPA_CPU_INITIALIZATION, version_minor),
        .hpa_initial_readiness_ns = profile_timer_ns(TIMER_HPA_INITIAL_READINESS, version_minor),
        .hpa_downscale_stabilization_ns = profile_timer_ns(TIMER_HPA_DOWNSCALE, version_minor),
        .root_ca = str_intern("-----BEGIN CERTIFICATE-----\ndesk8s\n-----END CERTIFICATE-----\n"),
    };
}

/* A constant, made when the config is first asked for and the same ever after. */
const ControllersConfig *
controllers_config_of(gconstpointer config)
{
    static ControllersConfig defaults;

    if (config != NULL)
        return config;
    if (defaults.node_mask == 0)
        controllers_config_init(&defaults, 34);
    return &defaults;
}
