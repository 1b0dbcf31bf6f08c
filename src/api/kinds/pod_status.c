/* The tables of a pod's status. */
#include "api/kinds/tables.h"

static const ApiField waiting_fields[] = {
    {"reason", API_STRING, AT(ContainerStateWaiting, reason),
     .doc = "Why the container is not running yet, as one word."},
    {"message", API_STRING, AT(ContainerStateWaiting, message), .doc = "Details of the reason."},
    {0},
};
static const ApiType waiting_type = TYPE("ContainerStateWaiting",
                                         ContainerStateWaiting,
                                         waiting_fields,
                                         "A container that is not running yet.");

static const ApiField running_fields[] = {
    {"startedAt", API_TIME, AT(ContainerStateRunning, started_at), API_ALWAYS,
     .doc = "When the container was started."},
    {0},
};
static const ApiType running_type = TYPE("ContainerStateRunning",
                                         ContainerStateRunning,
                                         running_fields,
                                         "A container that is running.");

static const ApiField terminated_fields[] = {
    {"exitCode", API_INT32, AT(ContainerStateTerminated, exit_code), API_ALWAYS,
     .doc = "Exit status of the container."},
    {"signal", API_INT32, AT(ContainerStateTerminated, signal),
     .doc = "The signal that ended the container."},
    {"reason", API_STRING, AT(ContainerStateTerminated, reason),
     .doc = "Why it ended, such as Completed, Error or OOMKilled."},
    {"message", API_STRING, AT(ContainerStateTerminated, message),
     .doc = "What the container left in its termination message file."},
    {"startedAt", API_TIME, AT(ContainerStateTerminated, started_at), API_ALWAYS,
     .doc = "When the container was started."},
    {"finishedAt", API_TIME, AT(ContainerStateTerminated, finished_at), API_ALWAYS,
     .doc = "When the container ended."},
    {"containerID", API_STRING, AT(ContainerStateTerminated, container_id),
     .doc = "The runtime's name for the container."},
    {0},
};
static const ApiType terminated_type = TYPE("ContainerStateTerminated",
                                            ContainerStateTerminated,
                                            terminated_fields,
                                            "A container that has ended.");

static const ApiField container_state_fields[] = {
    {"waiting", API_MESSAGE, AT(ContainerState, waiting), .message = &waiting_type,
     .doc = "Set while the container is not running yet."},
    {"running", API_MESSAGE, AT(ContainerState, running), .message = &running_type,
     .doc = "Set while the container is running."},
    {"terminated", API_MESSAGE, AT(ContainerState, terminated), .message = &terminated_type,
     .doc = "Set when the container has ended."},
    {0},
};
static const ApiType container_state_type =
    TYPE("ContainerState",
         ContainerState,
         container_state_fields,
         "What a container is doing; at most one member is set.");

static const ApiField container_status_fields[] = {
    {"name", API_STRING, AT(ContainerStatus, name), API_ALWAYS, .doc = "Name of the container."},
    {"state", API_STRUCT, AT(ContainerStatus, state), API_ALWAYS, .message = &container_state_type,
     .doc = "What the container is doing."},
    {"lastState", API_STRUCT, AT(ContainerStatus, last_state), API_ALWAYS,
     .message = &container_state_type, .doc = "How the container ended the last time."},
    {"ready", API_BOOL, AT(ContainerStatus, ready), API_ALWAYS,
     .doc = "Whether the container passes its readiness probe."},
    {"restartCount", API_INT32, AT(ContainerStatus, restart_count), API_ALWAYS,
     .doc = "How often the container was restarted."},
    {"image", API_STRING, AT(ContainerStatus, image), API_ALWAYS,
     .doc = "The image that the container runs."},
    {"imageID", API_STRING, AT(ContainerStatus, image_id), API_ALWAYS,
     .doc = "The runtime's name for the image."},
    {"containerID", API_STRING, AT(ContainerStatus, container_id),
     .doc = "The runtime's name for the container."},
    {"started", API_OPT_BOOL, AT(ContainerStatus, started),
     .doc = "Whether the container has started: its hook is done and its startup probe passed."},
    {"allocatedResources", API_QUANTITY_MAP, AT(ContainerStatus, allocated_resources),
     .go_type = "v1.ResourceList", .doc = "What the node set aside for the container."},
    {"resources", API_MESSAGE, AT(ContainerStatus, resources),
     .message = &resource_requirements_type, .doc = "Requests and limits in force."},
    {"volumeMounts", API_RAW, AT(ContainerStatus, volume_mounts),
     .go_type = "[]v1.VolumeMountStatus", .merge = API_MERGE_MERGE, .merge_key = "mountPath",
     .doc = "Mounts of the container as they are."},
    {"user", API_RAW, AT(ContainerStatus, user), .go_type = "v1.ContainerUser",
     .doc = "The user that the first process ran as."},
    {"allocatedResourcesStatus", API_RAW, AT(ContainerStatus, allocated_resources_status),
     .go_type = "[]v1.ResourceStatus", .merge = API_MERGE_MERGE, .merge_key = "name",
     .doc = "State of devices that the container uses."},
    {0},
};
const ApiType container_status_type =
    TYPE("ContainerStatus", ContainerStatus, container_status_fields, "State of one container.");

static const ApiField pod_ip_fields[] = {
    {"ip", API_STRING, AT(PodIp, ip), API_ALWAYS, .doc = "The address."},
    {0},
};
static const ApiType pod_ip_type = TYPE("PodIP", PodIp, pod_ip_fields, "An address of the pod.");
static const ApiType host_ip_type =
    TYPE("HostIP", PodIp, pod_ip_fields, "An address of the pod's node.");

static const ApiField pod_condition_fields[] = {
    {"type", API_STRING, AT(Condition, type), API_ALWAYS, .go_type = "v1.PodConditionType",
     .doc = "PodScheduled, Initialized, ContainersReady, Ready or another."},
    {"observedGeneration", API_INT64, AT(Condition, observed_generation),
     .doc = "The metadata.generation that the condition was set for."},
    CONDITION_STATUS,
    {"lastProbeTime", API_TIME, AT(Condition, last_probe_time), API_ALWAYS,
     .doc = "When the condition was last checked; not used by Kubernetes itself."},
    CONDITION_TAIL,
    {0},
};
const ApiType pod_condition_type =
    TYPE("PodCondition", Condition, pod_condition_fields, "One aspect of the pod's state.");
const ApiType condition_types_pod =
    TYPE("PodCondition", Condition, pod_condition_fields, "One aspect of the pod's state.");

static const ApiField pod_status_fields[] = {
    {"observedGeneration", API_INT64, AT(PodStatus, observed_generation),
     .doc = "The metadata.generation that the status was written for."},
    {"phase", API_STRING, AT(PodStatus, phase), .go_type = "v1.PodPhase",
     .doc = "Pending, Running, Succeeded, Failed or Unknown."},
    {"conditions", API_MESSAGE_LIST, AT(PodStatus, conditions), .message = &pod_condition_type,
     .merge = API_MERGE_MERGE, .merge_key = "type", .doc = "Aspects of the pod's state."},
    {"message", API_STRING, AT(PodStatus, message),
     .doc = "Details of why the pod is in this state, for people to read."},
    {"reason", API_STRING, AT(PodStatus, reason),
     .doc = "Why the pod is in this state, as one word such as Evicted."},
    {"nominatedNodeName", API_STRING, AT(PodStatus, nominated_node_name),
     .doc = "Node on which the pod displaced others and where it will probably run."},
    {"hostIP", API_STRING, AT(PodStatus, host_ip), .doc = "Address of the pod's node."},
    {"hostIPs", API_MESSAGE_LIST, AT(PodStatus, host_ips), .message = &host_ip_type,
     .merge = API_MERGE_MERGE, .merge_key = "ip", .doc = "All addresses of the pod's node."},
    {"podIP", API_STRING, AT(PodStatus, pod_ip), .doc = "Address of the pod."},
    {"podIPs", API_MESSAGE_LIST, AT(PodStatus, pod_ips), .message = &pod_ip_type,
     .merge = API_MERGE_MERGE, .merge_key = "ip",
     .doc = "All addresses of the pod, at most one of each family."},
    {"startTime", API_TIME, AT(PodStatus, start_time),
     .doc = "When the kubelet first saw the pod."},
    {"initContainerStatuses", API_MESSAGE_LIST, AT(PodStatus, init_container_statuses),
     .message = &container_status_type, .doc = "States of the init containers."},
    {"containerStatuses", API_MESSAGE_LIST, AT(PodStatus, container_statuses),
     .message = &container_status_type, .doc = "States of the containers."},
    {"qosClass", API_STRING, AT(PodStatus, qos_class), .go_type = "v1.PodQOSClass",
     .doc = "Guaranteed, Burstable or BestEffort; follows from requests and limits."},
    {"ephemeralContainerStatuses", API_MESSAGE_LIST, AT(PodStatus, ephemeral_container_statuses),
     .message = &container_status_type, .doc = "States of the ephemeral containers."},
    {"resize", API_STRING, AT(PodStatus, resize), .go_type = "v1.PodResizeStatus",
     .doc = "State of a change of resources; deprecated."},
    {"resourceClaimStatuses", API_RAW, AT(PodStatus, resource_claim_statuses),
     .go_type = "[]v1.PodResourceClaimStatus", .merge = API_MERGE_MERGE, .merge_key = "name",
     .doc = "The resource claims made for the pod."},
    {0},
};
const ApiType pod_status_type =
    TYPE("PodStatus", PodStatus, pod_status_fields, "What is known about the running pod.");
