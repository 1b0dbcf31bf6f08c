/*
 * Validation of Ingress, NetworkPolicy and StorageClass.
 *
 * Models: v1.34 pkg/apis/networking/validation, pkg/apis/storage/validation.
 */
#include "api/kinds/hooks.h"
#include "api/kinds/network.h"
#include "api/kinds/tables.h"

#include <string.h>

#define MAX_PARAMETERS      512
#define MAX_PARAMETER_BYTES (256 * 1024)

/* --- Ingress --------------------------------------------------------------------------------- */

/* IsWildcardDNS1123Subdomain, IsDNS1123Subdomain */
static void
check_host(ApiErrors *errors, const char *child, const char *host)
{
    if (strchr(host, '*') == NULL) {
        check_name(errors, child, NAME_DNS_SUBDOMAIN, host);
    } else {
        StrList messages = {0};

        if (!g_str_has_prefix(host, "*.") || !name_check(NAME_DNS_SUBDOMAIN, host + 2, FALSE, &messages))
            field_invalid_string(errors, child, host,
                                 "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS "
                                 "subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and "
                                 "end with an alphanumeric character (e.g. '*.example.com', regex used for validation "
                                 "is '\\*\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')");
        g_free(messages.items);
    }
}

/* validateIngressTypedLocalObjectReference */
static void
check_resource_backend(ApiErrors *errors, const Value *resource)
{
    static const char *const names[] = {"kind", "name"};
    const char *group = value_get_string(resource, "apiGroup", NULL);

    api_errors_push(errors, "resource");
    if (group != NULL)
        check_name(errors, "apiGroup", NAME_DNS_SUBDOMAIN, group);
    for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
        const char *text = value_get_string(resource, names[i], "");

        if (text[0] == '\0')
            field_required(errors, names[i], str_internf("%s is required", names[i]));
        else
            check_name(errors, names[i], NAME_PATH_SEGMENT, text);
    }
    api_errors_pop(errors);
}

/* validateIngressBackend: the cursor stands on the backend */
static void
check_backend(ApiErrors *errors, const IngressBackend *backend)
{
    const IngressServiceBackend *service = backend->service;

    if (service != NULL && backend->resource != NULL) {
        field_invalid_string(errors, NULL, "", "cannot set both resource and service backends");
        return;
    }
    if (backend->resource != NULL) {
        check_resource_backend(errors, backend->resource);
        return;
    }
    if (service == NULL) {
        field_invalid_string(errors, NULL, "", "resource or service backend is required");
        return;
    }
    if (str_is_empty(service->name))
        field_required(errors, "service.name", NULL);
    else
        check_name(errors, "service.name", NAME_DNS1035_LABEL, service->name);
    if (!str_is_empty(service->port.name) && service->port.number != 0)
        field_invalid_string(errors, NULL, "", "cannot set both port name & port number");
    else if (!str_is_empty(service->port.name))
        check_name(errors, "service.port.name", NAME_PORT, service->port.name);
    else if (service->port.number != 0)
        check_port_number(errors, "service.port.number", service->port.number);
    else
        field_required(errors, NULL, "port name or number is required");
}

static void
check_path_text(ApiErrors *errors, const char *path)
{
    static const char *const inside[] = {"//", "/./", "/../", "%2f", "%2F"};
    static const char *const ends[] = {"/..", "/."};

    if (path[0] != '/')
        field_invalid_string(errors, "path", path, "must be an absolute path");
    if (path[0] == '\0')
        return;
    for (guint i = 0; i < G_N_ELEMENTS(inside); i++)
        if (strstr(path, inside[i]) != NULL)
            field_invalid_string(errors, "path", path, str_internf("must not contain '%s'", inside[i]));
    for (guint i = 0; i < G_N_ELEMENTS(ends); i++)
        if (g_str_has_suffix(path, ends[i]))
            field_invalid_string(errors, "path", path, str_internf("cannot end with '%s'", ends[i]));
}

/* validateHTTPIngressPath */
static void
check_path(ApiErrors *errors, const HttpIngressPath *path)
{
    static const char *const types[] = {"Exact", "ImplementationSpecific", "Prefix", NULL};
    const char *text = str_or_empty(path->path);

    if (path->path_type == NULL) {
        field_required(errors, "pathType", "pathType must be specified");
        return;
    }
    if (str_is(path->path_type, "Exact") || str_is(path->path_type, "Prefix"))
        check_path_text(errors, text);
    else if (!str_is(path->path_type, "ImplementationSpecific"))
        field_not_supported(errors, "pathType", path->path_type, types);
    else if (text[0] != '\0' && text[0] != '/')
        field_invalid_string(errors, "path", text, "must be an absolute path");
    api_errors_push(errors, "backend");
    check_backend(errors, &path->backend);
    api_errors_pop(errors);
}

static void
check_ingress_rule(ApiErrors *errors, const IngressRule *rule)
{
    const char *host = str_or_empty(rule->host);

    if (host[0] != '\0' && name_is_ip(host))
        field_invalid_string(errors, "host", host, "must be a DNS name, not an IP address");
    if (host[0] != '\0')
        check_host(errors, "host", host);
    if (rule->http == NULL)
        return;
    api_errors_push(errors, "http");
    api_errors_push(errors, "paths");
    if (rule->http->paths.count == 0)
        field_required(errors, NULL, NULL);
    for (guint i = 0; i < rule->http->paths.count; i++) {
        api_errors_push_index(errors, i);
        check_path(errors, &rule->http->paths.items[i]);
        api_errors_pop(errors);
    }
    api_errors_pop(errors);
    api_errors_pop(errors);
}

/* ValidateIngressSpec */
static void
check_ingress(ApiErrors *errors, const IngressSpec *spec)
{
    api_errors_push(errors, "spec");
    if (spec->rules.count == 0 && spec->default_backend == NULL)
        field_invalid_raw(errors, NULL, "null", "either `defaultBackend` or `rules` must be specified");
    if (spec->default_backend != NULL) {
        api_errors_push(errors, "defaultBackend");
        check_backend(errors, spec->default_backend);
        api_errors_pop(errors);
    }
    for (guint i = 0; i < spec->rules.count; i++) {
        api_errors_push(errors, str_internf("rules[%u]", i));
        check_ingress_rule(errors, &spec->rules.items[i]);
        api_errors_pop(errors);
    }
    for (guint i = 0; i < spec->tls.count; i++) {
        const IngressTls *tls = &spec->tls.items[i];

        for (guint j = 0; j < tls->hosts.count; j++)
            check_host(errors, str_internf("tls[%u].hosts[%u]", i, j), tls->hosts.items[j]);
        if (!str_is_empty(tls->secret_name))
            check_name(errors, str_internf("tls[%u].secretName", i), NAME_DNS_SUBDOMAIN, tls->secret_name);
    }
    if (spec->ingress_class_name != NULL)
        check_name(errors, "ingressClassName", NAME_DNS_SUBDOMAIN, spec->ingress_class_name);
    api_errors_pop(errors);
}

/* ValidateIngressCreate */
void
ingress_validate(const ApiObject *object, ApiErrors *errors)
{
    static const char *const class_key = "kubernetes.io/ingress.class";
    const char *name = ingress_spec(object)->ingress_class_name;
    const char *class_ = str_map_get(&object->meta->annotations, str_intern(class_key));

    check_ingress(errors, ingress_spec(object));
    if (class_ != NULL && name != NULL && strcmp(class_, name) != 0)
        field_invalid_string(errors, str_internf("annotations.%s", class_key), class_,
                             "must match `ingressClassName` when both are specified");
}

/* ValidateIngressUpdate: the annotation may come to differ. */
void
ingress_validate_update(const ApiObject *object, const ApiObject *old, ApiErrors *errors)
{
    (void)old;
    check_ingress(errors, ingress_spec(object));
}

/* v1.34 pkg/registry/networking/ingress: WarningsOnCreate */
void
ingress_warn(const ApiObject *object, const ApiObject *old, GPtrArray *warnings)
{
    static const char *const class_key = "kubernetes.io/ingress.class";

    if (old == NULL && ingress_spec(object)->ingress_class_name == NULL &&
        str_map_get(&object->meta->annotations, str_intern(class_key)) != NULL)
        g_ptr_array_add(warnings, g_strdup_printf("annotation \"%s\" is deprecated, please use "
                                                  "'spec.ingressClassName' instead",
                                                  class_key));
}

/* --- NetworkPolicy ---------------------------------------------------------------------------- */

/* ValidateNetworkPolicyPort */
static void
check_policy_port(ApiErrors *errors, const NetworkPolicyPort *port)
{
    static const char *const protocols[] = {"TCP", "UDP", "SCTP", NULL};

    if (port->protocol != NULL && !g_strv_contains(protocols, port->protocol))
        field_not_supported(errors, "protocol", port->protocol, protocols);
    if (port->port.type == INT_OR_STRING_UNSET) {
        if (port->end_port.is_set)
            field_invalid_int(errors, "endPort", port->end_port.value, "may not be specified when `port` is not specified");
        return;
    }
    if (port->port.type == INT_OR_STRING_STRING) {
        if (port->end_port.is_set)
            field_invalid_int(errors, "endPort", port->end_port.value, "may not be specified when `port` is non-numeric");
        check_name(errors, "port", NAME_PORT, port->port.string);
        return;
    }
    check_port_number(errors, "port", port->port.integer);
    if (!port->end_port.is_set)
        return;
    if (port->end_port.value < port->port.integer)
        field_invalid_int(errors, "endPort", port->port.integer, "must be greater than or equal to `port`");
    check_port_number(errors, "endPort", port->end_port.value);
}

/* ValidateIPBlock: each exception lies within the range, and is smaller. */
static void
check_exceptions(ApiErrors *errors, const IpBlock *block)
{
    for (guint i = 0; i < block->except.count; i++) {
        const char *child = str_internf("except[%u]", i);

        if (check_cidr(errors, child, block->except.items[i]) && !cidr_contains(block->cidr, block->except.items[i]))
            field_invalid_string(errors, child, block->except.items[i], "must be a strict subset of `cidr`");
    }
}

/* ValidateNetworkPolicyPeer */
static void
check_peer(ApiErrors *errors, const NetworkPolicyPeer *peer)
{
    guint count = (peer->pod_selector != NULL) + (peer->namespace_selector != NULL) + (peer->ip_block != NULL);

    check_label_selector(errors, "podSelector", peer->pod_selector);
    check_label_selector(errors, "namespaceSelector", peer->namespace_selector);
    if (peer->ip_block != NULL) {
        api_errors_push(errors, "ipBlock");
        if (str_is_empty(peer->ip_block->cidr))
            field_required(errors, "cidr", NULL);
        else if (check_cidr(errors, "cidr", peer->ip_block->cidr))
            check_exceptions(errors, peer->ip_block);
        api_errors_pop(errors);
    }
    if (count == 0)
        field_required(errors, NULL, "must specify a peer");
    else if (count > 1 && peer->ip_block != NULL)
        field_forbidden(errors, NULL, "may not specify both ipBlock and another peer");
}

static void
check_policy_rule(ApiErrors *errors, const NetworkPolicyRule *rule, const char *peers)
{
    for (guint i = 0; i < rule->ports.count; i++) {
        api_errors_push(errors, str_internf("ports[%u]", i));
        check_policy_port(errors, &rule->ports.items[i]);
        api_errors_pop(errors);
    }
    for (guint i = 0; i < rule->peers.count; i++) {
        api_errors_push(errors, str_internf("%s[%u]", peers, i));
        check_peer(errors, &rule->peers.items[i]);
        api_errors_pop(errors);
    }
}

/* ValidateNetworkPolicySpec */
void
network_policy_validate(const ApiObject *object, ApiErrors *errors)
{
    static const char *const types[] = {"Egress", "Ingress", NULL};
    const NetworkPolicySpec *spec = network_policy_spec(object);

    api_errors_push(errors, "spec");
    check_label_selector(errors, "podSelector", &spec->pod_selector);
    for (guint i = 0; i < spec->ingress.count; i++) {
        api_errors_push(errors, str_internf("ingress[%u]", i));
        check_policy_rule(errors, &spec->ingress.items[i], "from");
        api_errors_pop(errors);
    }
    for (guint i = 0; i < spec->egress.count; i++) {
        api_errors_push(errors, str_internf("egress[%u]", i));
        check_policy_rule(errors, &spec->egress.items[i], "to");
        api_errors_pop(errors);
    }
    if (spec->policy_types.count > 2)
        field_invalid_raw(errors, "policyTypes", print_str_list(&spec->policy_types),
                          "may not specify more than two policyTypes");
    for (guint i = 0; spec->policy_types.count <= 2 && i < spec->policy_types.count; i++)
        if (!g_strv_contains(types, spec->policy_types.items[i]))
            field_not_supported(errors, str_internf("policyTypes[%u]", i), spec->policy_types.items[i], types);
    api_errors_pop(errors);
}

static void
warn_peers(GPtrArray *warnings, const NetworkPolicyRule *rule, const char *path)
{
    for (guint i = 0; i < rule->peers.count; i++) {
        const IpBlock *block = rule->peers.items[i].ip_block;

        if (block == NULL)
            continue;
        warn_cidr(warnings, str_internf("%s[%u].ipBlock.cidr", path, i), block->cidr);
        for (guint j = 0; j < block->except.count; j++)
            warn_cidr(warnings, str_internf("%s[%u].ipBlock.except[%u]", path, i, j), block->except.items[j]);
    }
}

/* v1.34 pkg/registry/networking/networkpolicy: networkPolicyWarnings */
void
network_policy_warn(const ApiObject *object, const ApiObject *old, GPtrArray *warnings)
{
    const NetworkPolicySpec *spec = network_policy_spec(object);

    (void)old;
    for (guint i = 0; i < spec->ingress.count; i++)
        warn_peers(warnings, &spec->ingress.items[i], str_internf("spec.ingress[%u].from", i));
    for (guint i = 0; i < spec->egress.count; i++)
        warn_peers(warnings, &spec->egress.items[i], str_internf("spec.egress[%u].to", i));
}

/* --- StorageClass ------------------------------------------------------------------------------ */

static void
check_provisioner(ApiErrors *errors, const char *provisioner)
{
    g_autofree char *lower = g_ascii_strdown(provisioner, -1);
    StrList messages = {0};

    if (provisioner[0] == '\0')
        field_required(errors, "provisioner", NULL);
    else if (!name_check(NAME_QUALIFIED, str_intern(lower), FALSE, &messages))
        field_invalid_name(errors, "provisioner", provisioner, &messages);
    g_free(messages.items);
}

/* ValidateTopologySelectorTerm */
static void
check_topology_term(ApiErrors *errors, const Value *term)
{
    const Value *rows = value_get(term, "matchLabelExpressions");

    api_errors_push(errors, "matchLabelExpressions");
    for (guint i = 0; rows != NULL && rows->type == VALUE_LIST && i < rows->count; i++) {
        const char *key = value_get_string(rows->items[i], "key", "");
        const Value *values = value_get(rows->items[i], "values");
        guint count = values == NULL || values->type != VALUE_LIST ? 0 : values->count;

        api_errors_push_index(errors, i);
        if (count == 0)
            field_required(errors, "values", NULL);
        for (guint j = 0; j < count; j++)
            for (guint k = 0; k < j; k++)
                if (value_equal(values->items[j], values->items[k])) {
                    field_duplicate(errors, str_internf("values[%u]", j), api_quote(values->items[j]->text));
                    break;
                }
        check_name(errors, "key", NAME_QUALIFIED, key);
        for (guint k = 0; k < i; k++)
            if (strcmp(value_get_string(rows->items[k], "key", ""), key) == 0) {
                field_duplicate(errors, "key", api_quote(key));
                break;
            }
        api_errors_pop(errors);
    }
    api_errors_pop(errors);
}

static guint
n_rows(const Value *rows)
{
    return rows == NULL || rows->type != VALUE_LIST ? 0 : rows->count;
}

/* Each value of @a is one of @b. */
static gboolean
is_within(const Value *a, const Value *b)
{
    for (guint i = 0; i < n_rows(a); i++) {
        gboolean is_found = FALSE;

        for (guint k = 0; k < n_rows(b) && !is_found; k++)
            is_found = value_equal(a->items[i], b->items[k]);
        if (!is_found)
            return FALSE;
    }
    return TRUE;
}

/* Each key of @a has the same values in @b. */
static gboolean
asks_no_more(const Value *a, const Value *b)
{
    for (guint i = 0; i < n_rows(a); i++) {
        const Value *values = value_get(a->items[i], "values");
        gboolean is_found = FALSE;

        for (guint k = 0; k < n_rows(b) && !is_found; k++) {
            const Value *others = value_get(b->items[k], "values");

            is_found = strcmp(value_get_string(a->items[i], "key", ""), value_get_string(b->items[k], "key", "")) == 0 &&
                       is_within(values, others) && is_within(others, values);
        }
        if (!is_found)
            return FALSE;
    }
    return TRUE;
}

/* validateAllowedTopologies; a term without rows equals the empty ones that upstream begins its comparison with. */
static void
check_topologies(ApiErrors *errors, const Value *terms)
{
    api_errors_push(errors, "allowedTopologies");
    for (guint i = 0; i < n_rows(terms); i++) {
        const Value *rows = value_get(terms->items[i], "matchLabelExpressions");
        gboolean is_repeated = n_rows(rows) == 0;

        api_errors_push_index(errors, i);
        check_topology_term(errors, terms->items[i]);
        for (guint k = 0; k < i && !is_repeated; k++) {
            const Value *others = value_get(terms->items[k], "matchLabelExpressions");

            is_repeated = asks_no_more(rows, others) && asks_no_more(others, rows);
        }
        if (is_repeated)
            field_duplicate(errors, "matchLabelExpressions", "\"\"");
        api_errors_pop(errors);
    }
    api_errors_pop(errors);
}

/* validateParameters */
static void
check_parameters(ApiErrors *errors, const StrMap *parameters)
{
    gsize size = 0;

    if (parameters->count > MAX_PARAMETERS) {
        field_too_long(errors, "parameters", MAX_PARAMETERS);
        return;
    }
    for (guint i = 0; i < parameters->count; i++) {
        if (parameters->items[i].key[0] == '\0')
            field_invalid_string(errors, "parameters", "", "field can not be empty.");
        size += strlen(parameters->items[i].key) + strlen(str_or_empty(parameters->items[i].value));
    }
    if (size > MAX_PARAMETER_BYTES)
        field_too_long(errors, "parameters", MAX_PARAMETER_BYTES);
}

void
storage_class_validate(const ApiObject *object, ApiErrors *errors)
{
    static const char *const policies[] = {"Delete", "Retain", NULL};
    static const char *const modes[] = {"Immediate", "WaitForFirstConsumer", NULL};
    const StorageClassBody *body = object->body;

    check_provisioner(errors, str_or_empty(body->provisioner));
    check_parameters(errors, &body->parameters);
    if (!str_is_empty(body->reclaim_policy) && !g_strv_contains(policies, body->reclaim_policy))
        field_not_supported(errors, "reclaimPolicy", body->reclaim_policy, policies);
    if (body->volume_binding_mode == NULL)
        field_required(errors, "volumeBindingMode", NULL);
    else if (!g_strv_contains(modes, body->volume_binding_mode))
        field_not_supported(errors, "volumeBindingMode", body->volume_binding_mode, modes);
    check_topologies(errors, body->allowed_topologies);
}

/* ValidateStorageClassUpdate */
void
storage_class_validate_update(const ApiObject *object, const ApiObject *old, ApiErrors *errors)
{
    const StorageClassBody *body = object->body;
    const StorageClassBody *before = old->body;

    if (!str_map_equal(&body->parameters, &before->parameters))
        field_forbidden(errors, "parameters", "updates to parameters are forbidden.");
    if (!str_is(body->provisioner, before->provisioner))
        field_forbidden(errors, "provisioner", "updates to provisioner are forbidden.");
    if (!str_is(body->reclaim_policy, before->reclaim_policy))
        field_forbidden(errors, "reclaimPolicy", "updates to reclaimPolicy are forbidden.");
    check_immutable(errors, "volumeBindingMode", body->volume_binding_mode, before->volume_binding_mode);
}
