/* Ingress, NetworkPolicy, StorageClass: tables, kinds, defaults. */
#include "api/kinds/network.h"
#include "api/kinds/hooks.h"
#include "api/kinds/tables.h"

/* --- Ingress --------------------------------------------------------------------------------- */

static const ApiField backend_port_fields[] = {
    {"name", API_STRING, AT(ServiceBackendPort, name), .doc = "Name of the Service's port."},
    {"number", API_INT32, AT(ServiceBackendPort, number), .doc = "Number of the Service's port."},
    {0},
};
static const ApiType backend_port_type =
    TYPE("ServiceBackendPort", ServiceBackendPort, backend_port_fields, "A port of a Service.");

static const ApiField service_backend_fields[] = {
    {"name", API_STRING, AT(IngressServiceBackend, name), API_REQUIRED | API_ALWAYS, .doc = "Name of the Service."},
    {"port", API_STRUCT, AT(IngressServiceBackend, port), API_ALWAYS, .message = &backend_port_type, .doc = "Its port."},
    {0},
};
static const ApiType service_backend_type =
    TYPE("IngressServiceBackend", IngressServiceBackend, service_backend_fields, "A Service that gets requests.");

static const ApiField backend_fields[] = {
    {"service", API_MESSAGE, AT(IngressBackend, service), .message = &service_backend_type, .doc = "A Service."},
    {"resource", API_RAW, AT(IngressBackend, resource), .message = &typed_reference_shape,
     .go_type = "v1.TypedLocalObjectReference", .doc = "Any other object."},
    {0},
};
static const ApiType backend_type = TYPE("IngressBackend", IngressBackend, backend_fields, "Where requests go.");

static const ApiField path_fields[] = {
    {"path", API_STRING, AT(HttpIngressPath, path), .doc = "Path of the request."},
    {"pathType", API_STRING, AT(HttpIngressPath, path_type), API_REQUIRED | API_POINTER, .go_type = "v1.PathType",
     .doc = "Exact, Prefix or ImplementationSpecific."},
    {"backend", API_STRUCT, AT(HttpIngressPath, backend), API_REQUIRED | API_ALWAYS, .message = &backend_type,
     .doc = "Where its requests go."},
    {0},
};
static const ApiType path_type = TYPE("HTTPIngressPath", HttpIngressPath, path_fields, "A path and its backend.");

static const ApiField http_fields[] = {
    {"paths", API_MESSAGE_LIST, AT(HttpIngressRule, paths), API_REQUIRED, .message = &path_type,
     .doc = "Paths and their backends."},
    {0},
};
static const ApiType http_type = TYPE("HTTPIngressRuleValue", HttpIngressRule, http_fields, "Paths of a host.");

static const ApiField rule_fields[] = {
    {"host", API_STRING, AT(IngressRule, host), .doc = "Name of the host; any if absent."},
    {"http", API_MESSAGE, AT(IngressRule, http), .message = &http_type, .doc = "Its paths."},
    {0},
};
static const ApiType rule_type = TYPE("IngressRule", IngressRule, rule_fields, "The paths of one host.");

static const ApiField tls_fields[] = {
    {"hosts", API_STR_LIST, AT(IngressTls, hosts), .doc = "Hosts of the certificate."},
    {"secretName", API_STRING, AT(IngressTls, secret_name), .doc = "Secret that holds the certificate."},
    {0},
};
static const ApiType tls_type = TYPE("IngressTLS", IngressTls, tls_fields, "A certificate.");

static const ApiField ingress_spec_fields[] = {
    {"ingressClassName", API_STRING, AT(IngressSpec, ingress_class_name), API_POINTER, .doc = "Which controller acts on it."},
    {"defaultBackend", API_MESSAGE, AT(IngressSpec, default_backend), .message = &backend_type,
     .doc = "Where requests go that no rule is about."},
    {"tls", API_MESSAGE_LIST, AT(IngressSpec, tls), .message = &tls_type, .doc = "Certificates."},
    {"rules", API_MESSAGE_LIST, AT(IngressSpec, rules), .message = &rule_type, .doc = "Hosts and paths."},
    {0},
};
const ApiType ingress_spec_type = TYPE("IngressSpec", IngressSpec, ingress_spec_fields, "What is wanted.");

static const ApiField ingress_status_fields[] = {
    {"loadBalancer", API_STRUCT, AT(IngressStatus, load_balancer), API_ALWAYS, .message = &load_balancer_status_type,
     .doc = "Addresses of the load balancer."},
    {0},
};
const ApiType ingress_status_type = TYPE("IngressStatus", IngressStatus, ingress_status_fields, "What is there.");

static void
ingress_prepare_create(ApiObject *object)
{
    api_struct_clear(&ingress_status_type, api_edit_status(object));
    api_edit_meta(object)->generation = 1;
}

static void
ingress_prepare_update(ApiObject *object, const ApiObject *old)
{
    set_generation(object, old, part_differs(&ingress_spec_type, object->spec, old->spec));
}

static const char *const ingress_short_names[] = {"ing", NULL};

const ApiKind ingress_kind = {
    .kind = "Ingress",
    .group = "networking.k8s.io",
    .version = "v1",
    .plural = "ingresses",
    .singular = "ingress",
    .short_names = ingress_short_names,
    .is_namespaced = TRUE,
    .has_status = TRUE,
    .has_generation = TRUE,
    .allows_unconditional_update = TRUE,
    .spec = &ingress_spec_type,
    .status = &ingress_status_type,
    .doc = "Leads requests from outside to Services, by host and path.",
    .prepare_create = ingress_prepare_create,
    .prepare_update = ingress_prepare_update,
    .validate = ingress_validate,
    .validate_update = ingress_validate_update,
    .validate_status = ingress_validate_status,
    .warn = ingress_warn,
    .update_steps = "UMD",
    .name_rule = NAME_DNS_SUBDOMAIN,
};

/* --- NetworkPolicy ---------------------------------------------------------------------------- */

static const ApiField ip_block_fields[] = {
    {"cidr", API_STRING, AT(IpBlock, cidr), API_REQUIRED | API_ALWAYS, .doc = "The addresses."},
    {"except", API_STR_LIST, AT(IpBlock, except), .doc = "Addresses that are not meant."},
    {0},
};
static const ApiType ip_block_type = TYPE("IPBlock", IpBlock, ip_block_fields, "A range of addresses.");

static const ApiField peer_fields[] = {
    {"podSelector", API_MESSAGE, AT(NetworkPolicyPeer, pod_selector), .message = &label_selector_type, .doc = "The pods."},
    {"namespaceSelector", API_MESSAGE, AT(NetworkPolicyPeer, namespace_selector), .message = &label_selector_type,
     .doc = "The namespaces of the pods; the policy's own if absent."},
    {"ipBlock", API_MESSAGE, AT(NetworkPolicyPeer, ip_block), .message = &ip_block_type, .doc = "Addresses."},
    {0},
};
static const ApiType peer_type = TYPE("NetworkPolicyPeer", NetworkPolicyPeer, peer_fields, "The other side.");

static const ApiField policy_port_fields[] = {
    {"protocol", API_STRING, AT(NetworkPolicyPort, protocol), API_POINTER, .def = "TCP", .go_type = "v1.Protocol",
     .doc = "TCP, UDP or SCTP."},
    {"port", API_INT_OR_STRING, AT(NetworkPolicyPort, port), .go_type = "intstr.IntOrString",
     .doc = "Number or name of the port; all if absent."},
    {"endPort", API_OPT_INT32, AT(NetworkPolicyPort, end_port), .doc = "Last port of a range that begins with port."},
    {0},
};
static const ApiType policy_port_type = TYPE("NetworkPolicyPort", NetworkPolicyPort, policy_port_fields, "A port.");

static const ApiField ingress_rule_fields[] = {
    {"ports", API_MESSAGE_LIST, AT(NetworkPolicyRule, ports), .message = &policy_port_type, .doc = "Ports; all if absent."},
    {"from", API_MESSAGE_LIST, AT(NetworkPolicyRule, peers), .message = &peer_type, .doc = "Who may come; all if absent."},
    {0},
};
static const ApiType ingress_rule_type =
    TYPE("NetworkPolicyIngressRule", NetworkPolicyRule, ingress_rule_fields, "What may come in.");

static const ApiField egress_rule_fields[] = {
    {"ports", API_MESSAGE_LIST, AT(NetworkPolicyRule, ports), .message = &policy_port_type, .doc = "Ports; all if absent."},
    {"to", API_MESSAGE_LIST, AT(NetworkPolicyRule, peers), .message = &peer_type, .doc = "Where to; everywhere if absent."},
    {0},
};
static const ApiType egress_rule_type =
    TYPE("NetworkPolicyEgressRule", NetworkPolicyRule, egress_rule_fields, "What may go out.");

static const ApiField policy_spec_fields[] = {
    {"podSelector", API_STRUCT, AT(NetworkPolicySpec, pod_selector), API_ALWAYS, .message = &label_selector_type,
     .doc = "The pods that the policy is about."},
    {"ingress", API_MESSAGE_LIST, AT(NetworkPolicySpec, ingress), .message = &ingress_rule_type, .doc = "What may come in."},
    {"egress", API_MESSAGE_LIST, AT(NetworkPolicySpec, egress), .message = &egress_rule_type, .doc = "What may go out."},
    {"policyTypes", API_STR_LIST, AT(NetworkPolicySpec, policy_types), .go_type = "[]v1.PolicyType",
     .doc = "Ingress, Egress or both."},
    {0},
};
const ApiType network_policy_spec_type =
    TYPE("NetworkPolicySpec", NetworkPolicySpec, policy_spec_fields, "What is allowed.");

/* v1.34 pkg/apis/networking/v1, SetDefaults_NetworkPolicy */
static void
network_policy_set_defaults(ApiObject *object)
{
    NetworkPolicySpec *spec = api_edit_spec(object);

    if (spec->policy_types.count > 0)
        return;
    str_list_add(&spec->policy_types, str_intern("Ingress"));
    if (spec->egress.count > 0)
        str_list_add(&spec->policy_types, str_intern("Egress"));
}

static void
network_policy_prepare_create(ApiObject *object)
{
    api_edit_meta(object)->generation = 1;
}

static void
network_policy_prepare_update(ApiObject *object, const ApiObject *old)
{
    set_generation(object, old, part_differs(&network_policy_spec_type, object->spec, old->spec));
}

static const char *const network_policy_short_names[] = {"netpol", NULL};

const ApiKind network_policy_kind = {
    .kind = "NetworkPolicy",
    .group = "networking.k8s.io",
    .version = "v1",
    .plural = "networkpolicies",
    .singular = "networkpolicy",
    .short_names = network_policy_short_names,
    .is_namespaced = TRUE,
    .has_generation = TRUE,
    .allows_unconditional_update = TRUE,
    .spec = &network_policy_spec_type,
    .doc = "Says which connections pods may have.",
    .set_defaults = network_policy_set_defaults,
    .prepare_create = network_policy_prepare_create,
    .prepare_update = network_policy_prepare_update,
    .validate = network_policy_validate,
    .warn = network_policy_warn,
    .update_steps = "MVUV",
    .name_rule = NAME_DNS_SUBDOMAIN,
};

/* --- StorageClass ------------------------------------------------------------------------------ */

static const ApiField storage_class_fields[] = {
    {"provisioner", API_STRING, AT(StorageClassBody, provisioner), API_REQUIRED | API_IMMUTABLE | API_ALWAYS,
     .doc = "Who makes the volumes."},
    {"parameters", API_STR_MAP, AT(StorageClassBody, parameters), API_IMMUTABLE, .doc = "What the provisioner wants to know."},
    {"reclaimPolicy", API_STRING, AT(StorageClassBody, reclaim_policy), API_IMMUTABLE | API_POINTER, .def = "Delete",
     .go_type = "v1.PersistentVolumeReclaimPolicy", .doc = "Delete or Retain."},
    {"mountOptions", API_STR_LIST, AT(StorageClassBody, mount_options), .doc = "Options of the mounts."},
    {"allowVolumeExpansion", API_OPT_BOOL, AT(StorageClassBody, allow_volume_expansion),
     .doc = "Whether claims may grow."},
    {"volumeBindingMode", API_STRING, AT(StorageClassBody, volume_binding_mode), API_IMMUTABLE | API_POINTER,
     .def = "Immediate", .go_type = "v1.VolumeBindingMode", .doc = "Immediate or WaitForFirstConsumer."},
    {"allowedTopologies", API_RAW, AT(StorageClassBody, allowed_topologies), .message = &topology_term_shape,
     .go_type = "[]v1.TopologySelectorTerm",
     .doc = "Where volumes can be."},
    {0},
};
const ApiType storage_class_type =
    TYPE("StorageClass", StorageClassBody, storage_class_fields, "A sort of storage with a name.");

static const char *const storage_class_short_names[] = {"sc", NULL};

const ApiKind storage_class_kind = {
    .kind = "StorageClass",
    .group = "storage.k8s.io",
    .version = "v1",
    .plural = "storageclasses",
    .singular = "storageclass",
    .short_names = storage_class_short_names,
    .allows_unconditional_update = TRUE,
    .body = &storage_class_type,
    .doc = "A sort of storage that claims can ask for.",
    .validate = storage_class_validate,
    .validate_update = storage_class_validate_update,
    .update_steps = "MVUD",
    .name_rule = NAME_DNS_SUBDOMAIN,
};
