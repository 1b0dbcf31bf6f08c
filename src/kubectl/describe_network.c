/* describe_network.c - ingresses and network policies; models k8s.io/kubectl pkg/describe v0.34 */

#include "api/kinds/network.h"
#include "base/duration.h"
#include "kubectl/describe.h"
#include "kubectl/printers.h"

/* --- Ingress: describeIngressV1 ------------------------------------------------------------------ */

static const ApiObject *
find_named(const GPtrArray *objects, const char *name)
{
    for (guint i = 0; objects != NULL && i < objects->len; i++)
        if (str_is(api_name(g_ptr_array_index(objects, i)), name))
            return g_ptr_array_index(objects, i);
    return NULL;
}

/* The Service's port that the backend means. */
static const char *
port_name(const ApiObject *service, const ServiceBackendPort *port)
{
    const ServiceSpec *spec = service_spec(service);
    const char *name = "";

    for (guint i = 0; i < spec->ports.count; i++)
        if ((port->number != 0 && port->number == spec->ports.items[i].port) ||
            (!str_is_empty(port->name) && str_is(port->name, spec->ports.items[i].name)))
            name = text_or(spec->ports.items[i].name, "");
    return name;
}

/* (owned) */
static char *
backend_text(const Description *description, const IngressBackend *backend)
{
    const IngressServiceBackend *service = backend->service;
    const ApiObject *found;
    g_autoptr(GPtrArray) slices = g_ptr_array_new();
    g_autofree char *endpoints = NULL;
    g_autofree char *port = NULL;

    if (service == NULL)
        return g_strdup_printf("APIGroup: %s, Kind: %s, Name: %s", value_get_string(backend->resource, "apiGroup", "<none>"),
                               value_get_string(backend->resource, "kind", ""),
                               value_get_string(backend->resource, "name", ""));
    port = service->port.number != 0 ? g_strdup_printf("%d", service->port.number)
                                     : g_strdup(text_or(service->port.name, ""));
    found = find_named(description->others, service->name);
    if (found == NULL)
        return g_strdup_printf("%s:%s (<error: services \"%s\" not found>)", text_or(service->name, ""), port,
                               text_or(service->name, ""));
    for (guint i = 0; description->related != NULL && i < description->related->len; i++) {
        ApiObject *slice = g_ptr_array_index(description->related, i);

        if (str_is(str_map_get(&slice->meta->labels, str_intern("kubernetes.io/service-name")), service->name))
            g_ptr_array_add(slices, slice);
    }
    endpoints = endpoints_text(slices, port_name(found, &service->port));
    return g_strdup_printf("%s:%s (%s)", text_or(service->name, ""), port, endpoints);
}

static void
write_tls(GString *out, const IngressSpec *spec)
{
    if (spec->tls.count > 0)
        describe_line(out, 0, "TLS:\n");
    for (guint i = 0; i < spec->tls.count; i++) {
        const IngressTls *tls = &spec->tls.items[i];
        g_autoptr(GString) hosts = g_string_new(NULL);

        for (guint k = 0; k < tls->hosts.count; k++)
            g_string_append_printf(hosts, "%s%s", k > 0 ? "," : "", tls->hosts.items[k]);
        if (str_is_empty(tls->secret_name))
            describe_line(out, 1, "SNI routes %s\n", hosts->str);
        else
            describe_line(out, 1, "%s terminates %s\n", tls->secret_name, hosts->str);
    }
}

static void
write_rules(GString *out, const Description *description, const IngressSpec *spec, const char *fallback)
{
    guint count = 0;

    describe_line(out, 0, "Rules:\n");
    describe_line(out, 1, "Host\tPath\tBackends\n");
    describe_line(out, 1, "----\t----\t--------\n");
    for (guint i = 0; i < spec->rules.count; i++) {
        const IngressRule *rule = &spec->rules.items[i];

        if (rule->http == NULL)
            continue;
        count++;
        describe_line(out, 1, "%s\t\n", text_or(rule->host, "*"));
        for (guint k = 0; k < rule->http->paths.count; k++) {
            const HttpIngressPath *path = &rule->http->paths.items[k];
            g_autofree char *backend = backend_text(description, &path->backend);

            describe_line(out, 2, "\t%s \t%s\n", text_or(path->path, ""), backend);
        }
    }
    if (count == 0)
        describe_line(out, 1, "*\t*\t%s\n", fallback);
}

static const char *
address_text(const IngressStatus *status)
{
    g_autoptr(GString) text = g_string_new(NULL);

    for (guint i = 0; i < status->load_balancer.ingress.count; i++) {
        const LoadBalancerIngress *one = &status->load_balancer.ingress.items[i];

        g_string_append_printf(text, "%s%s", i > 0 ? "," : "", text_or(one->ip, text_or(one->hostname, "")));
    }
    return str_intern(text->str);
}

static void
write_ingress(GString *out, const Description *description)
{
    const ApiObject *ingress = description->object;
    const IngressSpec *spec = ingress_spec(ingress);
    g_autofree char *fallback =
        spec->default_backend != NULL ? backend_text(description, spec->default_backend) : g_strdup("<default>");

    describe_line(out, 0, "Name:\t%s\n", api_name(ingress));
    describe_labels(out, "Labels", &ingress->meta->labels);
    describe_line(out, 0, "Namespace:\t%s\n", text_or(api_namespace(ingress), ""));
    describe_line(out, 0, "Address:\t%s\n", address_text(ingress->status));
    describe_line(out, 0, "Ingress Class:\t%s\n", spec->ingress_class_name != NULL ? spec->ingress_class_name : "<none>");
    describe_line(out, 0, "Default backend:\t%s\n", fallback);
    write_tls(out, spec);
    write_rules(out, description, spec, fallback);
    describe_annotations(out, "Annotations", &ingress->meta->annotations);
    describe_events(out, description->events, description->wall_ns);
}

/* Slices and Services of the namespace: several backends may be named. */
static void
ask_all(G_GNUC_UNUSED const ApiObject *object, G_GNUC_UNUSED ApiRequest *request)
{
}

const Describer describe_ingress_object = {&ingress_kind, write_ingress, &endpoint_slice_kind, ask_all, &service_kind};

/* --- NetworkPolicy: describeNetworkPolicy ----------------------------------------------------------- */

static void
write_policy_ports(GString *out, const NetworkPolicyRule *rule)
{
    if (rule->ports.count == 0)
        describe_line(out, 2, "To Port: <any> (traffic allowed to all ports)\n");
    for (guint i = 0; i < rule->ports.count; i++) {
        const NetworkPolicyPort *port = &rule->ports.items[i];

        describe_line(out, 2, "To Port: %s/%s\n",
                      port->port.type == INT_OR_STRING_UNSET    ? "<nil>"
                      : port->port.type == INT_OR_STRING_STRING ? port->port.string
                                                                : str_internf("%d", port->port.integer),
                      text_or(port->protocol, "TCP"));
    }
}

static void
write_peer(GString *out, const NetworkPolicyPeer *peer)
{
    if (peer->namespace_selector != NULL)
        describe_line(out, 3, "NamespaceSelector: %s\n", label_selector_text(peer->namespace_selector));
    if (peer->pod_selector != NULL)
        describe_line(out, 3, "PodSelector: %s\n", label_selector_text(peer->pod_selector));
    if (peer->ip_block == NULL || peer->pod_selector != NULL || peer->namespace_selector != NULL)
        return;
    describe_line(out, 3, "IPBlock:\n");
    describe_line(out, 4, "CIDR: %s\n", text_or(peer->ip_block->cidr, ""));
    describe_line(out, 4, "Except: ");
    for (guint i = 0; i < peer->ip_block->except.count; i++)
        g_string_append_printf(out, "%s%s", i > 0 ? ", " : "", peer->ip_block->except.items[i]);
    g_string_append_c(out, '\n');
}

/* @side: "ingress" or "egress" */
static void
write_policy_rules(GString *out, const NetworkPolicyRule *rules, guint count, const char *side)
{
    gboolean is_ingress = strcmp(side, "ingress") == 0;
    const char *word = is_ingress ? "From" : "To";

    describe_line(out, 1, "Allowing %s traffic:\n", side);
    if (count == 0)
        describe_line(out, 2, "<none> (Selected pods are isolated for %s connectivity)\n", side);
    for (guint i = 0; i < count; i++) {
        write_policy_ports(out, &rules[i]);
        if (rules[i].peers.count == 0)
            describe_line(out, 2, "%s: <any> (traffic not restricted by %s)\n", word, is_ingress ? "source" : "destination");
        for (guint k = 0; k < rules[i].peers.count; k++) {
            describe_line(out, 2, "%s:\n", word);
            write_peer(out, &rules[i].peers.items[k]);
        }
        if (i + 1 < count)
            describe_line(out, 2, "----------\n");
    }
}

static void
write_policy(GString *out, const Description *description)
{
    const ApiObject *policy = description->object;
    const NetworkPolicySpec *spec = network_policy_spec(policy);
    gboolean is_any = spec->pod_selector.match_labels.count == 0 && spec->pod_selector.match_expressions.count == 0;
    g_autofree char *created = time_format_rfc3339(policy->meta->creation_time);

    describe_head(out, policy);
    describe_line(out, 0, "Created on:\t%.10s %.8s +0000 UTC\n", created, created + 11);
    describe_labels(out, "Labels", &policy->meta->labels);
    describe_annotations(out, "Annotations", &policy->meta->annotations);
    describe_line(out, 0, "Spec:\n");
    describe_line(out, 1, "PodSelector:     %s\n",
                  is_any ? "<none> (Allowing the specific traffic to all pods in this namespace)"
                         : label_selector_text(&spec->pod_selector));
    if (str_list_contains(&spec->policy_types, "Ingress"))
        write_policy_rules(out, spec->ingress.items, spec->ingress.count, "ingress");
    else
        describe_line(out, 1, "Not affecting ingress traffic\n");
    if (str_list_contains(&spec->policy_types, "Egress"))
        write_policy_rules(out, spec->egress.items, spec->egress.count, "egress");
    else
        describe_line(out, 1, "Not affecting egress traffic\n");
    describe_line(out, 1, "Policy Types: ");
    for (guint i = 0; i < spec->policy_types.count; i++)
        g_string_append_printf(out, "%s%s", i > 0 ? ", " : "", spec->policy_types.items[i]);
    g_string_append_c(out, '\n');
}

const Describer describe_network_policy = {&network_policy_kind, write_policy, .has_no_events = TRUE};
