/* Pod: the table of its spec, and the kind. */
#include "api/kinds/hooks.h"
#include "api/kinds/tables.h"
#include "api/names.h"

static const ApiField scheduling_gate_fields[] = {
    {"name", API_STRING, AT(PodSchedulingGate, name), API_REQUIRED | API_ALWAYS,
     .doc = "Name of the gate."},
    {0},
};
static const ApiType scheduling_gate_type =
    TYPE("PodSchedulingGate",
         PodSchedulingGate,
         scheduling_gate_fields,
         "Holds the pod back from the scheduler while it is there.");

static const ApiField readiness_gate_fields[] = {
    {"conditionType", API_STRING, AT(PodReadinessGate, condition_type), API_REQUIRED | API_ALWAYS,
     .go_type = "v1.PodConditionType", .doc = "A condition of the pod's status."},
    {0},
};
static const ApiType readiness_gate_type =
    TYPE("PodReadinessGate",
         PodReadinessGate,
         readiness_gate_fields,
         "A condition that must be True for the pod to be ready.");

static const ApiField host_alias_fields[] = {
    {"ip", API_STRING, AT(HostAlias, ip), API_REQUIRED | API_ALWAYS, .doc = "The address."},
    {"hostnames", API_STR_LIST, AT(HostAlias, hostnames), .doc = "Names for the address."},
    {0},
};
static const ApiType host_alias_type =
    TYPE("HostAlias", HostAlias, host_alias_fields, "A line of the pod's hosts file.");

static const ApiField pod_os_fields[] = {
    {"name", API_STRING, AT(PodOs, name), API_REQUIRED | API_ALWAYS, .go_type = "v1.OSName",
     .doc = "linux or windows."},
    {0},
};
static const ApiType pod_os_type =
    TYPE("PodOS", PodOs, pod_os_fields, "The operating system of the containers.");

static const ApiField pod_spec_fields[] = {
    {"volumes", API_MESSAGE_LIST, AT(PodSpec, volumes), .message = &volume_type,
     .merge = API_MERGE_RETAIN_KEYS, .merge_key = "name",
     .doc = "Directories that the containers can mount."},
    {"initContainers", API_MESSAGE_LIST, AT(PodSpec, init_containers), .message = &container_type,
     .merge = API_MERGE_MERGE, .merge_key = "name",
     .doc = "Containers that run one after the other before the others start."},
    {"containers", API_MESSAGE_LIST, AT(PodSpec, containers), API_REQUIRED | API_ALWAYS,
     .message = &container_type, .merge = API_MERGE_MERGE, .merge_key = "name",
     .doc = "The containers of the pod; at least one."},
    {"ephemeralContainers", API_RAW, AT(PodSpec, ephemeral_containers),
     .go_type = "[]v1.EphemeralContainer", .merge = API_MERGE_MERGE, .merge_key = "name",
     .doc = "Containers added to the running pod for debugging."},
    {"restartPolicy", API_STRING, AT(PodSpec, restart_policy), .def = "Always",
     .go_type = "v1.RestartPolicy",
     .doc = "Whether ended containers are restarted: Always, OnFailure or Never."},
    {"terminationGracePeriodSeconds", API_OPT_INT64, AT(PodSpec, termination_grace_s), .def = "30",
     .doc = "Seconds that the containers have between being asked to stop and being killed."},
    {"activeDeadlineSeconds", API_OPT_INT64, AT(PodSpec, active_deadline_s),
     .doc = "Seconds after its start at which the pod is ended as failed."},
    {"dnsPolicy", API_STRING, AT(PodSpec, dns_policy), .def = "ClusterFirst",
     .go_type = "v1.DNSPolicy",
     .doc = "Where names are looked up: ClusterFirst, ClusterFirstWithHostNet, Default, None."},
    {"nodeSelector", API_STR_MAP, AT(PodSpec, node_selector),
     .doc = "Labels that a node must have for the pod to run there."},
    {"serviceAccountName", API_STRING, AT(PodSpec, service_account_name),
     .doc = "The service account that the pod acts as."},
    {"serviceAccount", API_STRING, AT(PodSpec, deprecated_service_account),
     .doc = "Old name of serviceAccountName."},
    {"automountServiceAccountToken", API_OPT_BOOL, AT(PodSpec, automount_service_account_token),
     .doc = "Whether a token of the service account is mounted in each container."},
    {"nodeName", API_STRING, AT(PodSpec, node_name),
     .doc = "The node that the pod runs on; set by the scheduler."},
    {"hostNetwork", API_BOOL, AT(PodSpec, host_network),
     .doc = "Whether the pod uses the network of its node."},
    {"hostPID", API_BOOL, AT(PodSpec, host_pid),
     .doc = "Whether the pod sees the processes of its node."},
    {"hostIPC", API_BOOL, AT(PodSpec, host_ipc),
     .doc = "Whether the pod shares its node's IPC namespace."},
    {"shareProcessNamespace", API_OPT_BOOL, AT(PodSpec, share_process_namespace),
     .doc = "Whether the containers see each other's processes."},
    {"securityContext", API_RAW, AT(PodSpec, security_context), .message = &pod_security_context_shape, .go_type = "v1.PodSecurityContext",
     .doc = "Security options of the whole pod."},
    {"imagePullSecrets", API_MESSAGE_LIST, AT(PodSpec, image_pull_secrets),
     .message = &local_object_reference_type, .merge = API_MERGE_MERGE, .merge_key = "name",
     .doc = "Secrets with which images are pulled."},
    {"hostname", API_STRING, AT(PodSpec, hostname),
     .doc = "Host name of the pod; its name if absent."},
    {"subdomain", API_STRING, AT(PodSpec, subdomain),
     .doc = "Name of the headless Service under which the pod gets a DNS name."},
    {"affinity", API_MESSAGE, AT(PodSpec, affinity), .message = &affinity_type,
     .doc = "Rules that draw the pod to nodes or push it away."},
    {"schedulerName", API_STRING, AT(PodSpec, scheduler_name), .def = "default-scheduler",
     .doc = "The scheduler that places the pod."},
    {"tolerations", API_MESSAGE_LIST, AT(PodSpec, tolerations), .message = &toleration_type,
     .doc = "Taints in spite of which the pod may run on a node."},
    {"hostAliases", API_MESSAGE_LIST, AT(PodSpec, host_aliases), .message = &host_alias_type,
     .merge = API_MERGE_MERGE, .merge_key = "ip", .doc = "Lines added to the pod's hosts file."},
    {"priorityClassName", API_STRING, AT(PodSpec, priority_class_name),
     .doc = "Name of the PriorityClass that gives the pod's priority."},
    {"priority", API_OPT_INT32, AT(PodSpec, priority),
     .doc = "The higher, the earlier it is scheduled; set from the PriorityClass."},
    {"dnsConfig", API_RAW, AT(PodSpec, dns_config), .message = &dns_config_shape, .go_type = "v1.PodDNSConfig",
     .doc = "Name servers and options on top of dnsPolicy."},
    {"readinessGates", API_MESSAGE_LIST, AT(PodSpec, readiness_gates),
     .message = &readiness_gate_type,
     .doc = "Further conditions that must be True for the pod to be ready."},
    {"runtimeClassName", API_STRING, AT(PodSpec, runtime_class_name), API_POINTER,
     .doc = "Name of the RuntimeClass to run the pod with."},
    {"enableServiceLinks", API_OPT_BOOL, AT(PodSpec, enable_service_links),
     .doc = "Whether Services of the namespace appear as environment variables."},
    {"preemptionPolicy", API_STRING, AT(PodSpec, preemption_policy), API_POINTER,
     .go_type = "v1.PreemptionPolicy",
     .doc = "PreemptLowerPriority, or Never to wait without displacing other pods."},
    {"overhead", API_QUANTITY_MAP, AT(PodSpec, overhead), .go_type = "v1.ResourceList",
     .doc = "What the pod uses beside its containers; set from the RuntimeClass."},
    {"topologySpreadConstraints", API_MESSAGE_LIST, AT(PodSpec, topology_spread_constraints),
     .message = &topology_spread_constraint_type, .merge = API_MERGE_MERGE,
     .merge_key = "topologyKey", .doc = "How evenly pods must be spread over places."},
    {"setHostnameAsFQDN", API_OPT_BOOL, AT(PodSpec, set_hostname_as_fqdn),
     .doc = "Whether the pod's host name is its full DNS name."},
    {"os", API_MESSAGE, AT(PodSpec, os), .message = &pod_os_type,
     .doc = "The operating system of the containers."},
    {"hostUsers", API_OPT_BOOL, AT(PodSpec, host_users),
     .doc = "Whether the pod uses the node's user namespace; true if absent."},
    {"schedulingGates", API_MESSAGE_LIST, AT(PodSpec, scheduling_gates),
     .message = &scheduling_gate_type, .merge = API_MERGE_MERGE, .merge_key = "name",
     .doc = "While there is one, the pod is not scheduled."},
    {"resourceClaims", API_RAW, AT(PodSpec, resource_claims), .message = &pod_resource_claim_shape, .go_type = "[]v1.PodResourceClaim",
     .merge = API_MERGE_RETAIN_KEYS, .merge_key = "name",
     .doc = "Resource claims that must be allocated before the pod starts."},
    {"resources", API_MESSAGE, AT(PodSpec, resources), .message = &resource_requirements_type,
     .doc = "Compute resources of the pod as a whole."},
    {"hostnameOverride", API_STRING, AT(PodSpec, hostname_override), API_POINTER,
     .doc = "Host name inside the pod, whatever DNS says."},
    {0},
};
const ApiType pod_spec_type =
    TYPE("PodSpec", PodSpec, pod_spec_fields, "What the pod should be like.");

static const ApiField pod_template_spec_fields[] = {
    {"metadata", API_STRUCT, AT(PodTemplateSpec, metadata), API_ALWAYS,
     .message = &object_meta_type, .doc = "Labels and annotations of the pods."},
    {"spec", API_STRUCT, AT(PodTemplateSpec, spec), API_ALWAYS, .message = &pod_spec_type,
     .doc = "What the pods should be like."},
    {0},
};
const ApiType pod_template_spec_type = TYPE("PodTemplateSpec",
                                            PodTemplateSpec,
                                            pod_template_spec_fields,
                                            "The form that pods are made after.");

/* v1.34 pkg/apis/core/v1/conversion.go: AddFieldLabelConversionsForPod */
static const char *
pod_select_field(const ApiObject *pod, const char *label)
{
    const PodSpec *spec = pod->spec;
    const PodStatus *status = pod->status;

    if (label == str_intern("spec.nodeName") || label == str_intern("spec.host"))
        return str_or_empty(spec->node_name);
    if (label == str_intern("spec.restartPolicy"))
        return str_or_empty(spec->restart_policy);
    if (label == str_intern("spec.schedulerName"))
        return str_or_empty(spec->scheduler_name);
    if (label == str_intern("spec.serviceAccountName"))
        return str_or_empty(spec->service_account_name);
    if (label == str_intern("spec.hostNetwork"))
        return str_intern(spec->host_network ? "true" : "false");
    if (label == str_intern("status.phase"))
        return str_or_empty(status->phase);
    if (label == str_intern("status.podIP"))
        return str_or_empty(status->pod_ip);
    /* pkg/registry/core/pod, ToSelectableFields: a label that may be asked for, but that no pod has */
    if (label == str_intern("status.podIPs"))
        return "";
    if (label == str_intern("status.nominatedNodeName"))
        return str_or_empty(status->nominated_node_name);
    return NULL;
}

void
pod_merge_label_keys(LabelSelector *selector, const StrList *keys, const char *operator_, const StrMap *labels)
{
    for (guint i = 0; i < keys->count; i++) {
        const char *value = str_map_get(labels, keys->items[i]);
        LabelSelectorRequirement *requirement;

        if (value == NULL)
            continue;
        requirement = API_LIST_ADD(&selector->match_expressions);
        requirement->key = keys->items[i];
        requirement->operator_ = str_intern(operator_);
        str_list_add(&requirement->values, value);
    }
}

static void
merge_label_keys(PodAffinityTerm *term, const StrMap *labels)
{
    if (term->label_selector == NULL)
        return;
    pod_merge_label_keys(term->label_selector, &term->match_label_keys, "In", labels);
    pod_merge_label_keys(term->label_selector, &term->mismatch_label_keys, "NotIn", labels);
}

static void
merge_affinity(PodAffinity *affinity, const StrMap *labels)
{
    if (affinity == NULL)
        return;
    for (guint i = 0; i < affinity->preferred.count; i++)
        merge_label_keys(&affinity->preferred.items[i].term, labels);
    for (guint i = 0; i < affinity->required.count; i++)
        merge_label_keys(&affinity->required.items[i], labels);
}

/* v1.34 pkg/registry/core/pod/strategy.go: PrepareForCreate, mutatePodAffinity */
static void
pod_prepare_create(ApiObject *pod)
{
    PodStatus *status = api_edit_status(pod);
    const PodSpec *spec = pod->spec;

    api_edit_meta(pod)->generation = 1;
    api_struct_clear(&pod_status_type, status);
    status->phase = str_intern("Pending");
    status->qos_class = pod_qos(spec);
    if (spec->scheduling_gates.count > 0) {
        Condition *condition = condition_edit(&status->conditions, str_intern("PodScheduled"));

        condition->status = str_intern("False");
        condition->reason = str_intern("SchedulingGated");
        condition->message = str_intern("Scheduling is blocked due to non-empty scheduling gates");
    }
    if (spec->affinity != NULL) {
        PodSpec *own = api_edit_spec(pod);

        merge_affinity(own->affinity->pod_affinity, &pod->meta->labels);
        merge_affinity(own->affinity->pod_anti_affinity, &pod->meta->labels);
    }
    pod_sync_app_armor(pod);
}

static void
pod_prepare_update(ApiObject *pod, const ApiObject *old)
{
    set_generation(pod, old, old->meta->generation > 0 && part_differs(&pod_spec_type, pod->spec, old->spec));
}

static const char *const pod_short_names[] = {"po", NULL};

const ApiKind pod_kind = {
    .kind = "Pod",
    .group = "",
    .version = "v1",
    .plural = "pods",
    .singular = "pod",
    .short_names = pod_short_names,
    .is_namespaced = TRUE,
    .has_status = TRUE,
    .has_generation = TRUE,
    .is_graceful = TRUE,
    .allows_unconditional_update = TRUE,
    .in_all = TRUE,
    .spec = &pod_spec_type,
    .status = &pod_status_type,
    .doc = "Containers that run together on one node and share its address.",
    .set_defaults = pod_set_defaults,
    .prepare_create = pod_prepare_create,
    .prepare_update = pod_prepare_update,
    .validate = pod_validate,
    .validate_update = pod_validate_update,
    .prepare_status = pod_prepare_status,
    .validate_status = pod_validate_status,
    .warn_early = pod_warn_early,
    .warn = pod_warn,
    .update_steps = "UMD",
    .name_rule = NAME_DNS_SUBDOMAIN,
    .select_field = pod_select_field,
};
