/*
 * Validation of Services.
 *
 * Models: v1.34 pkg/apis/core/validation: ValidateService, ValidateServiceUpdate.
 */
#include "api/kinds/hooks.h"
#include "api/kinds/tables.h"

#define HINTS_ANNOTATION  "service.kubernetes.io/topology-aware-hints"
#define MODE_ANNOTATION   "service.kubernetes.io/topology-mode"
#define KUBELET_PORT      10250
#define RANGES_ANNOTATION "service.beta.kubernetes.io/load-balancer-source-ranges"

static gboolean
is_headless(const ServiceSpec *spec)
{
    return spec->cluster_ips.count == 1 && str_is(spec->cluster_ips.items[0], "None");
}

static gboolean
is_type(const ServiceSpec *spec, const char *type)
{
    return str_is(spec->type, type);
}

static gboolean
has_node_ports(const ServiceSpec *spec)
{
    return is_type(spec, "NodePort") || is_type(spec, "LoadBalancer");
}

/* --- what the type asks for ---------------------------------------------------------------- */

static void
check_external_name(ApiErrors *errors, const ServiceSpec *spec)
{
    g_autofree char *name = g_strdup(str_or_empty(spec->external_name));

    if (spec->cluster_ips.count > 0)
        field_forbidden(errors, "clusterIPs", "may not be set for ExternalName services");
    if (spec->ip_families.count > 0)
        field_forbidden(errors, "ipFamilies", "may not be set for ExternalName services");
    if (spec->ip_family_policy != NULL)
        field_forbidden(errors, "ipFamilyPolicy", "may not be set for ExternalName services");
    if (g_str_has_suffix(name, "."))
        name[strlen(name) - 1] = '\0';
    if (name[0] == '\0')
        field_required(errors, "externalName", NULL);
    else
        check_name(errors, "externalName", NAME_DNS_SUBDOMAIN, str_intern(name));
}

static void
check_type_needs(ApiErrors *errors, const ServiceSpec *spec)
{
    if (spec->ports.count == 0 && !is_headless(spec) && !is_type(spec, "ExternalName"))
        field_required(errors, "ports", NULL);
    for (guint i = 0; is_type(spec, "LoadBalancer") && i < spec->ports.count; i++)
        if (spec->ports.items[i].port == KUBELET_PORT)
            field_invalid_int(errors, str_internf("ports[%u]", i), KUBELET_PORT,
                              "may not expose port 10250 externally since it is used by kubelet");
    if (has_node_ports(spec) && is_headless(spec))
        field_invalid_string(errors, "clusterIPs[0]", "None",
                             str_internf("may not be set to 'None' for %s services", spec->type));
    if (is_type(spec, "ExternalName"))
        check_external_name(errors, spec);
}

/* --- ports --------------------------------------------------------------------------------- */

/* validateServicePort */
static void
check_port(ApiErrors *errors, const ServicePort *port, gboolean needs_name, StrList *names)
{
    static const char *const protocols[] = {"SCTP", "TCP", "UDP", NULL};

    if (!str_is_empty(port->name)) {
        check_name(errors, "name", NAME_DNS_LABEL, port->name);
        if (str_list_contains(names, port->name))
            field_duplicate(errors, "name", api_quote(port->name));
        else
            str_list_add(names, port->name);
    } else if (needs_name) {
        field_required(errors, "name", NULL);
    }
    check_port_number(errors, "port", port->port);
    check_one_of(errors, "protocol", port->protocol, protocols);
    check_port_number_or_name(errors, "targetPort", &port->target_port);
    if (port->app_protocol != NULL)
        check_name(errors, "appProtocol", NAME_QUALIFIED, port->app_protocol);
}

static void
check_ports(ApiErrors *errors, const ServiceSpec *spec)
{
    StrList names = {0};

    api_errors_push(errors, "ports");
    for (guint i = 0; i < spec->ports.count; i++) {
        api_errors_push_index(errors, i);
        check_port(errors, &spec->ports.items[i], spec->ports.count > 1, &names);
        api_errors_pop(errors);
    }
    api_errors_pop(errors);
    g_free(names.items);
}

static void
check_node_ports(ApiErrors *errors, const ServiceSpec *spec)
{
    for (guint i = 0; i < spec->ports.count; i++) {
        if (is_type(spec, "ClusterIP") && spec->ports.items[i].node_port != 0)
            field_forbidden(errors, str_internf("ports[%u].nodePort", i),
                            "may not be used when `type` is 'ClusterIP'");
    }
    for (guint i = 0; i < spec->ports.count; i++) {
        const ServicePort *port = &spec->ports.items[i];
        gboolean is_taken = FALSE;

        for (guint j = 0; j < i && port->node_port != 0 && !is_taken; j++)
            is_taken = spec->ports.items[j].node_port == port->node_port &&
                       str_is(spec->ports.items[j].protocol, port->protocol);
        if (is_taken)
            field_duplicate(errors, str_internf("ports[%u].nodePort", i),
                            str_internf("%d", port->node_port));
    }
}

/* The key by which upstream compares ports is one with protocol and number only. */
static void
check_port_pairs(ApiErrors *errors, const ServiceSpec *spec)
{
    for (guint i = 0; i < spec->ports.count; i++) {
        const ServicePort *port = &spec->ports.items[i];
        gboolean is_taken = FALSE;

        for (guint j = 0; j < i && !is_taken; j++)
            is_taken = spec->ports.items[j].port == port->port &&
                       str_is(spec->ports.items[j].protocol, port->protocol);
        if (is_taken)
            field_duplicate(errors, str_internf("ports[%u]", i),
                            str_internf("{\"Name\":\"\",\"Protocol\":%s,\"AppProtocol\":null,"
                                        "\"Port\":%d,\"TargetPort\":0,\"NodePort\":0}",
                                        api_quote(str_or_empty(port->protocol)), port->port));
    }
}

/* --- addresses ----------------------------------------------------------------------------- */

static gboolean
is_ipv6(const char *text)
{
    return strchr(text, ':') != NULL;
}

static void
check_families(ApiErrors *errors, const ServiceSpec *spec)
{
    static const char *const families[] = {"IPv4", "IPv6", NULL};
    static const char *const policies[] = {"PreferDualStack", "RequireDualStack", "SingleStack",
                                           NULL};

    for (guint i = 0; i < spec->ip_families.count; i++) {
        const char *child = str_internf("ipFamilies[%u]", i);

        if (!g_strv_contains(families, spec->ip_families.items[i]))
            field_not_supported(errors, child, spec->ip_families.items[i], families);
        for (guint j = 0; j < i; j++) {
            if (str_is(spec->ip_families.items[j], spec->ip_families.items[i])) {
                field_duplicate(errors, child, api_quote(spec->ip_families.items[i]));
                break;
            }
        }
    }
    if (spec->ip_family_policy != NULL && !g_strv_contains(policies, spec->ip_family_policy))
        field_not_supported(errors, "ipFamilyPolicy", spec->ip_family_policy, policies);
}

/* FALSE if an address is none, so that no more is said about them */
static gboolean
check_cluster_ip_texts(ApiErrors *errors, const ServiceSpec *spec)
{
    guint before = errors->list.count;

    for (guint i = 0; i < spec->cluster_ips.count; i++) {
        if (i > 0 || !str_is(spec->cluster_ips.items[0], "None"))
            check_ip(errors, str_internf("clusterIPs[%u]", i), spec->cluster_ips.items[i]);
        else if (spec->cluster_ips.count > 1)
            field_invalid_raw(errors, "clusterIPs", print_str_list(&spec->cluster_ips),
                              "'None' must be the first and only value");
    }
    if (errors->list.count > before)
        before = G_MAXUINT;
    if (spec->cluster_ips.count > 2)
        field_invalid_raw(errors, "clusterIPs", print_str_list(&spec->cluster_ips),
                          "may only hold up to 2 values");
    return before != G_MAXUINT;
}

void
service_check_cluster_ips(const ServiceSpec *spec, ApiErrors *errors)
{
    const StrList *ips = &spec->cluster_ips;

    if (is_type(spec, "ExternalName"))
        return;
    if (str_is_empty(spec->cluster_ip)) {
        if (ips->count > 0)
            field_invalid_raw(errors, "clusterIPs", print_str_list(ips),
                              "must be empty when `clusterIP` is not specified");
    } else if (ips->count == 0) {
        field_required(errors, "clusterIPs", NULL);
    } else if (!str_is(ips->items[0], spec->cluster_ip)) {
        field_invalid_raw(errors, "clusterIPs", print_str_list(ips),
                          "first value must match `clusterIP`");
    }
    check_families(errors, spec);
    if (!check_cluster_ip_texts(errors, spec))
        return;
    if (ips->count > 1 && is_ipv6(ips->items[0]) == is_ipv6(ips->items[1]))
        field_invalid_raw(errors, "clusterIPs", print_str_list(ips),
                          "may specify no more than one IP for each IP family");
    for (guint i = 0; !is_headless(spec) && i < ips->count && i < spec->ip_families.count; i++) {
        const char *family = spec->ip_families.items[i];

        if ((str_is(family, "IPv4") && is_ipv6(ips->items[i])) ||
            (str_is(family, "IPv6") && !is_ipv6(ips->items[i])))
            field_invalid_string(
                errors, str_internf("clusterIPs[%u]", i), ips->items[i],
                str_internf("expected an %s value as indicated by `ipFamilies[%u]`", family, i));
    }
}

static void
check_external_ips(ApiErrors *errors, const ServiceSpec *spec)
{
    for (guint i = 0; i < spec->external_ips.count; i++) {
        const char *child = str_internf("externalIPs[%u]", i);

        if (check_ip(errors, child, spec->external_ips.items[i]))
            check_plain_ip(errors, child, spec->external_ips.items[i]);
    }
}

/* The annotation that came before the field; the field wins. */
static void
check_range_annotation(ApiErrors *errors, const ApiObject *service)
{
    const char *ranges = str_map_get(&service->meta->annotations, str_intern(RANGES_ANNOTATION));
    const char *path = "metadata.annotations[" RANGES_ANNOTATION "]";
    g_auto(GStrv) parts = NULL;

    if (ranges == NULL || service_spec(service)->load_balancer_source_ranges.count > 0)
        return;
    if (!is_type(service_spec(service), "LoadBalancer"))
        field_forbidden(errors, path, "may only be used when `type` is 'LoadBalancer'");
    parts = g_strsplit(ranges, ",", -1);
    for (guint i = 0; parts[i] != NULL && g_strstrip(parts[0])[0] != '\0'; i++)
        check_cidr(errors, path, g_strstrip(parts[i]));
}

static void
check_source_ranges(ApiErrors *errors, const ServiceSpec *spec)
{
    if (spec->load_balancer_source_ranges.count == 0)
        return;
    api_errors_push(errors, "LoadBalancerSourceRanges"); /* capital as upstream has it */
    if (!is_type(spec, "LoadBalancer"))
        field_forbidden(errors, NULL, "may only be used when `type` is 'LoadBalancer'");
    for (guint i = 0; i < spec->load_balancer_source_ranges.count; i++) {
        g_autofree char *range = g_strstrip(g_strdup(spec->load_balancer_source_ranges.items[i]));

        check_cidr(errors, str_internf("[%u]", i), range);
    }
    api_errors_pop(errors);
}

/* --- affinity and policies ----------------------------------------------------------------- */

static void
check_affinity_timeout(ApiErrors *errors, const SessionAffinityConfig *config)
{
    static const char why[] = "when session affinity type is ClientIP";

    if (config == NULL) {
        field_required(errors, "sessionAffinityConfig", why);
    } else if (config->client_ip == NULL) {
        field_required(errors, "sessionAffinityConfig.clientIP", why);
    } else if (!config->client_ip->timeout_s.is_set) {
        field_required(errors, "sessionAffinityConfig.clientIP.timeoutSeconds", why);
    } else if (config->client_ip->timeout_s.value <= 0 ||
               config->client_ip->timeout_s.value > 86400) {
        field_invalid_int(errors, "sessionAffinityConfig.clientIP.timeoutSeconds",
                          config->client_ip->timeout_s.value,
                          "must be greater than 0 and less than 86400");
    }
}

static void
check_session_affinity(ApiErrors *errors, const ServiceSpec *spec)
{
    static const char *const affinities[] = {"ClientIP", "None", NULL};

    check_one_of(errors, "sessionAffinity", spec->session_affinity, affinities);
    if (str_is(spec->session_affinity, "ClientIP"))
        check_affinity_timeout(errors, spec->session_affinity_config);
    else if (str_is(spec->session_affinity, "None") && spec->session_affinity_config != NULL)
        field_forbidden(errors, "sessionAffinityConfig",
                        "must not be set when session affinity is None");
}

/* v1.34 pkg/api/service: ExternallyAccessible */
static gboolean
is_externally_accessible(const ServiceSpec *spec)
{
    return has_node_ports(spec) || (is_type(spec, "ClusterIP") && spec->external_ips.count > 0);
}

static void
check_traffic_policies(ApiErrors *errors, const ServiceSpec *spec)
{
    static const char *const policies[] = {"Cluster", "Local", NULL};
    static const char *const distributions[] = {"PreferClose", "PreferSameZone", "PreferSameNode",
                                                NULL}; /* not sorted upstream either */
    gboolean needs_health_check =
        is_type(spec, "LoadBalancer") && str_is(spec->external_traffic_policy, "Local");

    if (is_externally_accessible(spec))
        check_one_of(errors, "externalTrafficPolicy", spec->external_traffic_policy, policies);
    else if (!str_is_empty(spec->external_traffic_policy))
        field_invalid_string(errors, "externalTrafficPolicy", spec->external_traffic_policy,
                             "may only be set for externally-accessible services");
    if (!needs_health_check && spec->health_check_node_port != 0)
        field_invalid_int(errors, "healthCheckNodePort", spec->health_check_node_port,
                          "may only be set when `type` is 'LoadBalancer' and "
                          "`externalTrafficPolicy` is 'Local'");
    /* The server has given it a port by now; a manifest that is only looked at may have none. */
    if (needs_health_check && spec->health_check_node_port != 0)
        check_port_number(errors, "healthCheckNodePort", spec->health_check_node_port);
    if (spec->internal_traffic_policy != NULL && !g_strv_contains(policies, spec->internal_traffic_policy))
        field_not_supported(errors, "internalTrafficPolicy", spec->internal_traffic_policy, policies);
    if (spec->traffic_distribution != NULL &&
        !g_strv_contains(distributions, spec->traffic_distribution))
        field_not_supported(errors, "trafficDistribution", spec->traffic_distribution,
                            distributions);
}

/* validateLoadBalancerClassField */
static void
check_load_balancer_class(ApiErrors *errors, const ServiceSpec *spec, const ServiceSpec *old)
{
    const char *name = spec->load_balancer_class;

    if (old != NULL && is_type(spec, "LoadBalancer") && is_type(old, "LoadBalancer") &&
        !str_is(name, old->load_balancer_class))
        field_invalid_raw(errors, "loadBalancerClass", name == NULL ? "null" : api_quote(name),
                          "may not change once set");
    if (name == NULL)
        return;
    if (is_type(spec, "LoadBalancer"))
        check_name(errors, "loadBalancerClass", NAME_QUALIFIED, name);
    else
        field_forbidden(errors, "loadBalancerClass",
                        "may only be used when `type` is 'LoadBalancer'");
}

/* --- the whole ----------------------------------------------------------------------------- */

void
service_validate(const ApiObject *service, ApiErrors *errors)
{
    static const char *const types[] = {"ClusterIP", "ExternalName", "LoadBalancer", "NodePort",
                                        NULL};
    const ServiceSpec *spec = service->spec;
    const char *hints = str_map_get(&service->meta->annotations, str_intern(HINTS_ANNOTATION));
    const char *mode = str_map_get(&service->meta->annotations, str_intern(MODE_ANNOTATION));

    if (hints != NULL && mode != NULL && strcmp(hints, mode) != 0)
        field_invalid_string(errors, "metadata.annotations[" MODE_ANNOTATION "]", mode,
                             "must match annotations[" HINTS_ANNOTATION "] when both are specified");
    api_errors_push(errors, "spec");
    check_type_needs(errors, spec);
    check_ports(errors, spec);
    api_validate_labels(errors, "selector", &spec->selector);
    check_session_affinity(errors, spec);
    service_check_cluster_ips(spec, errors);
    check_external_ips(errors, spec);
    check_one_of(errors, "type", spec->type, types);
    check_node_ports(errors, spec);
    check_port_pairs(errors, spec);
    check_source_ranges(errors, spec);
    api_errors_pop(errors);
    check_range_annotation(errors, service);
    api_errors_push(errors, "spec");
    if (spec->allocate_load_balancer_node_ports != OPT_UNSET && !is_type(spec, "LoadBalancer"))
        field_forbidden(errors, "allocateLoadBalancerNodePorts",
                        "may only be used when `type` is 'LoadBalancer'");
    check_load_balancer_class(errors, spec, NULL);
    check_traffic_policies(errors, spec);
    api_errors_pop(errors);
}

/* The first of a list stays; one that gives up its second says so by its policy. */
static void
check_list_kept(ApiErrors *errors, const char *name, const StrList *list, const StrList *old, const ServiceSpec *spec)
{
    gboolean is_ips = list == &spec->cluster_ips;
    const char *first = str_internf("%s[0]", name);
    guint common = list->count == old->count ? old->count : MIN(1, MIN(list->count, old->count));

    if (old->count > list->count && spec->cluster_ips.count == 0)
        field_invalid_raw(errors, first, print_str_list(list),
                          is_ips ? "primary clusterIP can not be unset" : "primary ipFamily can not be unset");
    for (guint i = 0; i < common; i++)
        if (!str_is(list->items[i], old->items[i]))
            /* Upstream prints the addresses also where a family is meant, unless as many are there as before. */
            field_invalid_raw(errors, is_ips ? str_internf("%s[%u]", name, i) : first,
                              print_str_list(list->count == old->count ? list : &spec->cluster_ips),
                              "may not change once set");
    if (old->count > list->count && list->count == 1 && !str_is(spec->ip_family_policy, "SingleStack"))
        field_invalid_raw(errors, "ipFamilyPolicy",
                          spec->ip_family_policy == NULL ? "null" : api_quote(spec->ip_family_policy),
                          is_ips ? "must be set to 'SingleStack' when releasing the secondary clusterIP"
                                 : "must be set to 'SingleStack' when releasing the secondary ipFamily");
}

/* validateUpgradeDowngradeClusterIPs, validateUpgradeDowngradeIPFamilies */
static void
check_addresses_kept(ApiErrors *errors, const ServiceSpec *spec, const ServiceSpec *old)
{
    if (is_type(spec, "ExternalName") || is_type(old, "ExternalName"))
        return;
    if (!is_headless(spec) || !is_headless(old))
        check_list_kept(errors, "clusterIPs", &spec->cluster_ips, &old->cluster_ips, spec);
    if (!is_headless(spec) && !is_headless(old))
        check_list_kept(errors, "ipFamilies", &spec->ip_families, &old->ip_families, spec);
}

/* v1.34 pkg/api/service: NeedsHealthCheck */
static gboolean
needs_health_check(const ServiceSpec *spec)
{
    return is_type(spec, "LoadBalancer") && str_is(spec->external_traffic_policy, "Local");
}

void
service_validate_update(const ApiObject *service, const ApiObject *old, ApiErrors *errors)
{
    const ServiceSpec *spec = service->spec;
    const ServiceSpec *before = old->spec;

    if (spec == before)
        return;
    api_errors_push(errors, "spec");
    check_addresses_kept(errors, spec, before);
    check_load_balancer_class(errors, spec, before);
    if (needs_health_check(before) && needs_health_check(spec) &&
        before->health_check_node_port != spec->health_check_node_port)
        field_forbidden(errors, "healthCheckNodePort", "field is immutable");
    api_errors_pop(errors);
}

/* v1.34 pkg/api/service/warnings.go */
void
service_warn(const ApiObject *service, const ApiObject *old, GPtrArray *warnings)
{
    const ServiceSpec *spec = service->spec;
    gboolean is_external = is_type(spec, "ExternalName");

    (void)old;
    if (str_map_get(&service->meta->annotations, str_intern(HINTS_ANNOTATION)) != NULL)
        g_ptr_array_add(warnings, g_strdup("annotation " HINTS_ANNOTATION " is deprecated, please use " MODE_ANNOTATION
                                           " instead"));
    for (guint i = 0; i < spec->cluster_ips.count && !str_is(spec->cluster_ip, "None"); i++)
        warn_ip(warnings, str_internf("spec.clusterIPs[%u]", i), spec->cluster_ips.items[i]);
    if (is_type(spec, "ClusterIP") && str_is(spec->cluster_ip, "None")) {
        if (!str_is_empty(spec->load_balancer_ip))
            g_ptr_array_add(warnings, g_strdup("spec.loadBalancerIP is ignored for headless services"));
        if (spec->external_ips.count > 0)
            g_ptr_array_add(warnings, g_strdup("spec.externalIPs is ignored for headless services"));
        if (!str_is(spec->session_affinity, "None"))
            g_ptr_array_add(warnings, g_strdup("spec.SessionAffinity is ignored for headless services"));
    }
    for (guint i = 0; i < spec->external_ips.count; i++)
        warn_ip(warnings, str_internf("spec.externalIPs[%u]", i), spec->external_ips.items[i]);
    if (!str_is_empty(spec->load_balancer_ip))
        warn_ip(warnings, "spec.loadBalancerIP", spec->load_balancer_ip);
    for (guint i = 0; i < spec->load_balancer_source_ranges.count; i++)
        warn_cidr(warnings, str_internf("spec.loadBalancerSourceRanges[%u]", i), spec->load_balancer_source_ranges.items[i]);
    if (is_external && spec->external_ips.count > 0)
        g_ptr_array_add(warnings, g_strdup("spec.externalIPs is ignored when spec.type is \"ExternalName\""));
    if (!is_external && !str_is_empty(spec->external_name))
        g_ptr_array_add(warnings, g_strdup("spec.externalName is ignored when spec.type is not \"ExternalName\""));
}
