/* profile.c - see profile.h: tables */

#include "api/profile.h"

#include "base/duration.h"

#include <string.h>

#define KCM   "kube-controller-manager"
#define SCHED "kube-scheduler"
#define API   "kube-apiserver"
#define LET   "kubelet"

const ProfileTimer profile_timers[TIMER_N] = {
    [TIMER_NODE_MONITOR_GRACE] = {"node-monitor-grace-period", KCM, 40 * NS_PER_S, 32, 50 * NS_PER_S, "pkg/controller/nodelifecycle/config",
                                  "Without a sign of life for so long a node's conditions become Unknown."},
    [TIMER_NODE_MONITOR_PERIOD] = {"node-monitor-period", KCM, 5 * NS_PER_S, 0, 0, "cmd/kube-controller-manager/app/core.go",
                                   "How often all nodes are looked at."},
    [TIMER_NODE_STARTUP_GRACE] = {"node-startup-grace-period", KCM, 60 * NS_PER_S, 0, 0, "pkg/controller/nodelifecycle/config",
                                  "The same for a node that never said that it is ready."},
    [TIMER_NODE_EVICTION_RATE] = {"node-eviction-rate", KCM, 10 * NS_PER_S, 0, 0, "pkg/controller/nodelifecycle/config: 0.1 a second",
                                  "One node of a zone is tainted NoExecute so often."},
    [TIMER_POD_GC_QUARANTINE] = {"pod-gc-quarantine", KCM, 40 * NS_PER_S, 0, 0, "pkg/controller/podgc: quarantineTime",
                                 "Pods of a node that is gone are left alone so long."},
    [TIMER_POD_GC_PERIOD] = {"pod-gc-period", KCM, 20 * NS_PER_S, 0, 0, "pkg/controller/podgc: gcCheckPeriod", "How often pods are collected."},
    [TIMER_DISRUPTION_DELETION] = {"pdb-deletion-timeout", KCM, 120 * NS_PER_S, 0, 0, "pkg/controller/disruption: DeletionTimeout",
                                   "A pod whose eviction was granted counts as gone so long; then it counts again."},
    [TIMER_DISRUPTION_STALE] = {"stale-pod-disruption-timeout", KCM, 120 * NS_PER_S, 0, 0, "pkg/controller/disruption: stalePodDisruptionTimeout",
                                "A pod that says so long that it will be disrupted, and is not, says so no longer."},
    [TIMER_HPA_SYNC] = {"horizontal-pod-autoscaler-sync-period", KCM, 15 * NS_PER_S, 0, 0, "pkg/controller/podautoscaler/config",
                        "Time from one sync of an autoscaler to the next."},
    [TIMER_HPA_DOWNSCALE] = {"horizontal-pod-autoscaler-downscale-stabilization", KCM, 300 * NS_PER_S, 0, 0, "pkg/controller/podautoscaler/config",
                             "The highest recommendation of this time counts."},
    [TIMER_HPA_CPU_INITIALIZATION] = {"horizontal-pod-autoscaler-cpu-initialization-period", KCM, 300 * NS_PER_S, 0, 0, "pkg/controller/podautoscaler/config",
                                      "So long after a pod's start its CPU counts only while it is ready."},
    [TIMER_HPA_INITIAL_READINESS] = {"horizontal-pod-autoscaler-initial-readiness-delay", KCM, 30 * NS_PER_S, 0, 0, "pkg/controller/podautoscaler/config",
                                     "A pod not ready since this time after its start never was."},
    [TIMER_QUEUE_BACKOFF] = {"work-queue-back-off", KCM, 5 * NS_PER_MS, 0, 0, "client-go util/workqueue: DefaultTypedControllerRateLimiter",
                             "Wait before a failed sync is tried again; doubles each time."},
    [TIMER_QUEUE_BACKOFF_MAX] = {"work-queue-back-off-max", KCM, 1000 * NS_PER_S, 0, 0, "client-go util/workqueue: DefaultTypedControllerRateLimiter",
                                 "It becomes no longer than this."},
    [TIMER_LEASE_DURATION] = {"leader-elect-lease-duration", KCM ", " SCHED, 15 * NS_PER_S, 0, 0, "component-base/config/v1alpha1: defaults.go",
                              "A lease that did not change for so long may be taken over."},
    [TIMER_RENEW_DEADLINE] = {"leader-elect-renew-deadline", KCM ", " SCHED, 10 * NS_PER_S, 0, 0, "component-base/config/v1alpha1: defaults.go",
                              "A leader that cannot renew for so long stops."},
    [TIMER_RETRY_PERIOD] = {"leader-elect-retry-period", KCM ", " SCHED, 2 * NS_PER_S, 0, 0, "component-base/config/v1alpha1: defaults.go",
                            "Time between tries; candidates wait up to 2.2 times as long."},
    [TIMER_SCHEDULER_BACKOFF] = {"podInitialBackoffSeconds", SCHED, 1 * NS_PER_S, 0, 0, "pkg/scheduler/apis/config/v1/defaults.go",
                                 "Wait before a pod that did not fit is tried again; doubles each time."},
    [TIMER_SCHEDULER_BACKOFF_MAX] = {"podMaxBackoffSeconds", SCHED, 10 * NS_PER_S, 0, 0, "pkg/scheduler/apis/config/v1/defaults.go",
                                     "It becomes no longer than this."},
    [TIMER_UNSCHEDULABLE_LIMIT] = {"pod-max-in-unschedulable-pods-duration", SCHED, 300 * NS_PER_S, 0, 0, "pkg/scheduler/backend/queue",
                                   "A pod for which nothing changed is tried again after this time."},
    [TIMER_TOLERATION_NOT_READY] = {"default-not-ready-toleration-seconds", API, 300 * NS_PER_S, 0, 0, "plugin/pkg/admission/defaulttolerationseconds",
                                    "Pods stay so long on a node that is not ready."},
    [TIMER_TOLERATION_UNREACHABLE] = {"default-unreachable-toleration-seconds", API, 300 * NS_PER_S, 0, 0, "plugin/pkg/admission/defaulttolerationseconds",
                                      "Pods stay so long on a node that is not heard of."},
    [TIMER_PROGRESS_DEADLINE] = {"progressDeadlineSeconds", API, 600 * NS_PER_S, 0, 0, "pkg/apis/apps/v1/defaults.go",
                                 "A rollout without progress for so long has failed."},
    [TIMER_TERMINATION_GRACE] = {"terminationGracePeriodSeconds", API, 30 * NS_PER_S, 0, 0, "pkg/apis/core/v1/defaults.go",
                                 "A container has so long between SIGTERM and SIGKILL."},
    [TIMER_PROBE_PERIOD] = {"probe periodSeconds", API, 10 * NS_PER_S, 0, 0, "pkg/apis/core/v1/defaults.go", "How often a probe runs."},
    [TIMER_NODE_LEASE_RENEW] = {"node-lease-renew-interval", LET, 10 * NS_PER_S, 0, 0, "pkg/kubelet/apis/config: nodeLeaseDurationSeconds / 4",
                                "How often a kubelet renews its lease."},
    [TIMER_NODE_LEASE_DURATION] = {"nodeLeaseDurationSeconds", LET, 40 * NS_PER_S, 0, 0, "pkg/kubelet/apis/config/v1beta1/defaults.go",
                                   "What the lease says of its own length."},
    [TIMER_NODE_STATUS_UPDATE] = {"nodeStatusUpdateFrequency", LET, 10 * NS_PER_S, 0, 0, "pkg/kubelet/apis/config/v1beta1/defaults.go",
                                  "How often a kubelet computes the state of its node."},
    [TIMER_NODE_STATUS_REPORT] = {"nodeStatusReportFrequency", LET, 300 * NS_PER_S, 0, 0, "pkg/kubelet/apis/config/v1beta1/defaults.go",
                                  "How often it reports it when nothing changed."},
    [TIMER_PLEG_RELIST] = {"pleg-relist-period", LET, 1 * NS_PER_S, 0, 0, "pkg/kubelet: genericPlegRelistPeriod",
                           "How often a kubelet looks which containers there are."},
    [TIMER_POD_RESYNC] = {"syncFrequency", LET, 60 * NS_PER_S, 0, 0, "pkg/kubelet/apis/config/v1beta1/defaults.go",
                          "How often a pod is synced when nothing changed; up to half as long again at random."},
    [TIMER_CRASH_BACKOFF] = {"container-back-off", LET, 10 * NS_PER_S, 0, 0, "pkg/kubelet: containerBackOffPeriod",
                             "Wait before a container that ended is started again; doubles each time (CrashLoopBackOff)."},
    [TIMER_CRASH_BACKOFF_MAX] = {"container-back-off-max", LET, 300 * NS_PER_S, 0, 0, "pkg/kubelet: MaxCrashLoopBackOff", "It becomes no longer than this."},
    [TIMER_IMAGE_BACKOFF] = {"image-back-off", LET, 10 * NS_PER_S, 0, 0, "pkg/kubelet: imageBackOffPeriod",
                             "Wait before a pull that failed is tried again; doubles each time (ImagePullBackOff)."},
    [TIMER_IMAGE_BACKOFF_MAX] = {"image-back-off-max", LET, 300 * NS_PER_S, 0, 0, "pkg/kubelet: MaxImageBackOff", "It becomes no longer than this."},
    [TIMER_EVICTION_TRANSITION] = {"evictionPressureTransitionPeriod", LET, 300 * NS_PER_S, 0, 0, "pkg/kubelet/apis/config/v1beta1/defaults.go",
                                   "A pressure condition stays so long after its cause."},
    [TIMER_VOLUME_LIMIT] = {"pod-attach-and-mount-timeout", LET, 123 * NS_PER_S, 0, 0, "pkg/kubelet/volumemanager: podAttachAndMountTimeout",
                            "A sync waits no longer for the volumes of a pod."},
    [TIMER_CADVISOR] = {"housekeeping-interval", LET, 10 * NS_PER_S, 0, 0, "pkg/kubelet/cadvisor/cadvisor_linux.go",
                        "How often a container's use is looked at; up to twice as long at random."},
    [TIMER_PROXY_MIN_SYNC] = {"iptables-min-sync-period", "kube-proxy", 1 * NS_PER_S, 0, 0, "pkg/proxy/apis/config/v1alpha1/defaults.go",
                              "Least time between two syncs of the rules."},
    [TIMER_METRICS_RESOLUTION] = {"metric-resolution", "metrics-server", 15 * NS_PER_S, 0, 0, "metrics-server manifests/base/deployment.yaml",
                                  "Time from one scrape of the kubelets to the next."},
    [TIMER_SCAN_INTERVAL] = {"scan-interval", "cluster-autoscaler", 10 * NS_PER_S, 0, 0, "cluster-autoscaler config/flags/flags.go",
                             "How often sizes of node groups are thought over."},
    [TIMER_UNNEEDED] = {"scale-down-unneeded-time", "cluster-autoscaler", 600 * NS_PER_S, 0, 0, "cluster-autoscaler config/flags/flags.go",
                        "So long nobody must have needed a node before it goes."},
    [TIMER_DELAY_AFTER_ADD] = {"scale-down-delay-after-add", "cluster-autoscaler", 600 * NS_PER_S, 0, 0, "cluster-autoscaler config/flags/flags.go",
                               "No node goes so soon after one was asked for."},
    [TIMER_PROVISION] = {"max-node-provision-time", "cluster-autoscaler", 900 * NS_PER_S, 0, 0, "cluster-autoscaler config/flags/flags.go",
                         "A machine that has not come after this time is given up."},
    [TIMER_ETCD_HEARTBEAT] = {"heartbeat-interval", "etcd", 100 * NS_PER_MS, 0, 0, "server/embed/config.go", "How often a leader is heard of."},
    [TIMER_ETCD_ELECTION] = {"election-timeout", "etcd", 1000 * NS_PER_MS, 0, 0, "server/embed/config.go",
                             "Without a leader for so long, up to twice at random, a member wants to be one."},
};

gint64
profile_timer_ns(TimerId id, guint profile)
{
    const ProfileTimer *timer = &profile_timers[id];

    return timer->changes != 0 && profile_minor(profile) >= timer->changes ? timer->changed_ns : timer->ns;
}

const ProfileTimer *
profile_timer_find(const char *name)
{
    for (guint i = 0; i < TIMER_N; i++)
        if (strcmp(profile_timers[i].name, name) == 0)
            return &profile_timers[i];
    return NULL;
}

const ProfileFeature profile_features[FEATURE_N] = {
    [FEATURE_JOB_INTERIM_CONDITIONS] = {"JobInterimConditions", KCM, 31, "pkg/controller/job: delayTerminalCondition",
                                        "Every Job says FailureTarget or SuccessCriteriaMet before its end."},
    [FEATURE_CREATED_COLON] = {"CreatedContainerWords", LET, 32, "pkg/kubelet/kuberuntime/kuberuntime_container.go",
                               "The event reads `Created container: NAME`."},
    [FEATURE_PROXY_FIXED_PERIOD] = {"ProxyFixedPeriod", "kube-proxy", 33, "pkg/proxy/runner: BoundedFrequencyRunner",
                                    "Two syncs are never closer than the least time; before, two could follow at once."},
    [FEATURE_NO_KUBE_PROXY_VERSION] = {"DisableNodeKubeProxyVersion", LET, 33, "pkg/features/kube_features.go",
                                       "A Node no longer tells a version of kube-proxy.", 29, 36},
    [FEATURE_HINTS_FOR_NODES] = {"PreferSameTrafficDistribution", "kube-proxy", 34, "pkg/features/kube_features.go",
                                 "Endpoints may be meant for one node.", 33, 35},
    [FEATURE_RESOURCE_CLAIMS] = {"DynamicResourceAllocation", SCHED, 34, "pkg/features/kube_features.go",
                                 "The plugin for resource claims has its say in messages of preemption.", 26, 35},
    [FEATURE_TAINTS_NOT_NAMED] = {"UntoleratedTaintWords", SCHED, 34, "pkg/scheduler/framework/plugins/tainttoleration",
                                  "A message says how many taints are not tolerated, not which."},
    [FEATURE_IMAGE_ACCESS_WORDS] = {"KubeletEnsureSecretPulledImages", LET, 35, "pkg/features/kube_features.go",
                                    "An image that is there is told with `and can be accessed by the pod`.", 33, 0},
    [FEATURE_RELEASE_LOCK_ON_EXIT] = {"ControllerManagerReleaseLeaderElectionLockOnExit", KCM, PROFILE_NEVER, "pkg/features/kube_features.go",
                                      "A controller manager that is told to end gives its lease back, as a scheduler does.", 36, 0},
    [FEATURE_READINESS_KEPT] = {"ReadinessKeptByKubelet", LET, 35, "pkg/kubelet/prober/prober_manager.go",
                                "A kubelet that starts anew leaves running containers as ready as they were."},
    [FEATURE_STATEFUL_MAX_UNAVAILABLE] = {"MaxUnavailableStatefulSet", KCM, PROFILE_NEVER, "pkg/features/kube_features.go",
                                          "A StatefulSet may replace several pods at a time.", 24, 0},
    [FEATURE_HPA_TOLERANCE] = {"HPAConfigurableTolerance", KCM, 35, "pkg/features/kube_features.go",
                               "Each direction of an autoscaler may have a tolerance of its own.", 33, 0},
    [FEATURE_JOB_SUSPEND_CLEARS_START] = {"JobSuspendClearsStart", KCM, 36, "pkg/controller/job/job_controller.go",
                                          "A Job that is suspended forgets when it started."},
    [FEATURE_CAPITAL_EVENTS] = {"StatefulSetEventWords", KCM, 36, "pkg/controller/statefulset/stateful_pod_control.go",
                                "Messages of StatefulSet events begin with a capital."},
    [FEATURE_TERMINATING_REPLICAS] = {"DeploymentReplicaSetTerminatingReplicas", KCM, 35, "pkg/features/kube_features.go",
                                      "ReplicaSets and Deployments tell how many of their pods are on their way out.", 33, 0},
    [FEATURE_EVICTION_WORDS] = {"EvictionRefusalWords", API, 35, "pkg/registry/core/pod/storage/eviction.go",
                                "An eviction refused by a budget that could not be counted says so."},
    [FEATURE_HPA_NEEDS_CONTAINER] = {"HPAContainerMustExist", KCM, 35, "pkg/controller/podautoscaler/replica_calculator.go",
                                     "A pod without the container whose metric counts fails the metric."},
    [FEATURE_HPA_SCALE_TO_ZERO] = {"HPAScaleToZero", KCM ", " API, 35, "pkg/features/kube_features.go",
                                   "An autoscaler with a metric of an object or from outside may take all pods away.", 16, 0},
    [FEATURE_JOB_SUCCESS_POLICY] = {"JobSuccessPolicy", API, 31, "pkg/features/kube_features.go",
                                    "An Indexed Job may be done before all of its indexes are.", 30, 33},
    [FEATURE_JOB_MANAGED_BY] = {"JobManagedBy", API, 32, "pkg/features/kube_features.go",
                                "A Job may be left to another controller.", 30, 35},
    [FEATURE_DAEMON_NODE_QUEUE] = {"DaemonSetNodeQueue", KCM, 33, "pkg/controller/daemon/daemon_controller.go: syncNodeUpdate",
                                   "A taint that no pod of a DaemonSet has to leave for does not wake the DaemonSet."},
    [FEATURE_AVAILABLE_ON_TIME] = {"ReplicaSetAvailableOnTime", KCM, 34, "pkg/controller/controller_utils.go: FindMinNextPodAvailabilityCheck",
                                   "A ReplicaSet looks again when its next pod has been ready for minReadySeconds."},
    [FEATURE_STATEFUL_MIN_READY] = {"StatefulSetUpdateMinReady", KCM, 34, "pkg/controller/statefulset/stateful_set_control.go",
                                    "The update of a Parallel StatefulSet waits for minReadySeconds, too."},
    [FEATURE_PODS_OF_NAMESPACE_FIRST] = {"OrderedNamespaceDeletion", KCM, 33, "pkg/features/kube_features.go",
                                         "A namespace that is deleted keeps the rest of its content until its pods are gone.", 30, 34},
    [FEATURE_POD_GENERATION] = {"PodGeneration", API, 33, "pkg/registry/core/pod/strategy.go",
                                "A pod counts the changes of its spec, as other objects do."},
    [FEATURE_POD_OBSERVED_GENERATION] = {"PodObservedGenerationTracking", API, 34, "pkg/features/kube_features.go",
                                         "Statuses of pods tell which generation they are of.", 33, 35},
    [FEATURE_SPREAD_SELECTOR_MERGE] = {"MatchLabelKeysInPodTopologySpreadSelectorMerge", API, 34, "pkg/features/kube_features.go",
                                       "The matchLabelKeys of a pod's spread constraints go into their selectors.", 34, 0},
};

#define MINOR_BITS 6
G_STATIC_ASSERT(PROFILE_MINOR_LAST < PROFILE_NEVER && PROFILE_NEVER < 1 << MINOR_BITS);

guint
profile_minor(guint profile)
{
    return profile & ((1u << MINOR_BITS) - 1);
}

/* A gate's bit: the gates are counted, other features have none. */
static guint
bit_of(FeatureId id)
{
    guint bit = MINOR_BITS;

    for (guint i = 0; i < id; i++)
        bit += profile_features[i].gate != 0;
    return bit;
}

gboolean
profile_has(FeatureId id, guint profile)
{
    gboolean is_flipped =
        profile >> MINOR_BITS != 0 && profile_features[id].gate != 0 && (profile >> bit_of(id) & 1) != 0;

    return (profile_minor(profile) >= profile_features[id].since) != is_flipped;
}

guint
profile_set_gate(guint profile, FeatureId id, gboolean is_open)
{
    return profile_has(id, profile) == is_open ? profile : profile ^ 1u << bit_of(id);
}

FeatureId
profile_gate_find(const char *name)
{
    for (guint i = 0; i < FEATURE_N; i++)
        if (profile_features[i].gate != 0 && strcmp(profile_features[i].name, name) == 0)
            return (FeatureId)i;
    return FEATURE_N;
}
