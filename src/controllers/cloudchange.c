/* cloudchange.c - see cloudservice.h */

#include "controllers/cloudservice.h"

#include "api/kinds.h"

static const BalancerChange none, silent = {.is_needed = TRUE};

static BalancerChange
told(const char *reason, const char *message)
{
    return (BalancerChange){TRUE, str_intern(reason), message};
}

gboolean
wants_balancer(const ApiObject *service)
{
    const ServiceSpec *spec = service_spec(service);

    return str_is(spec->type, "LoadBalancer") && spec->load_balancer_class == NULL;
}

/* --- what is compared --------------------------------------------------------------------------------- */

/* As Go prints a list of strings: [a b]. (owned) */
static char *
list_text(const StrList *list)
{
    g_autoptr(GPtrArray) words = g_ptr_array_new();
    g_autofree char *joined = NULL;

    for (guint i = 0; i < list->count; i++)
        g_ptr_array_add(words, (gpointer)list->items[i]);
    g_ptr_array_add(words, NULL);
    joined = g_strjoinv(" ", (char **)words->pdata);
    return g_strdup_printf("[%s]", joined);
}

static gboolean
lists_are_equal(const StrList *a, const StrList *b)
{
    for (guint i = 0; a->count == b->count && i < a->count; i++)
        if (a->items[i] != b->items[i])
            return FALSE;
    return a->count == b->count;
}

static gboolean
maps_are_equal(const StrMap *a, const StrMap *b)
{
    for (guint i = 0; a->count == b->count && i < a->count; i++)
        if (!str_is(str_map_get(b, a->items[i].key), a->items[i].value))
            return FALSE;
    return a->count == b->count;
}

static gboolean
targets_are_equal(const IntOrString *a, const IntOrString *b)
{
    return a->type == b->type && a->integer == b->integer && a->string == b->string;
}

/* portEqualForLB */
static gboolean
ports_are_equal(const ServicePort *a, const ServicePort *b)
{
    return a->name == b->name && a->protocol == b->protocol && a->port == b->port && a->node_port == b->node_port &&
           a->app_protocol == b->app_protocol && targets_are_equal(&a->target_port, &b->target_port);
}

static gboolean
port_lists_are_equal(const ServiceSpec *a, const ServiceSpec *b)
{
    for (guint i = 0; a->ports.count == b->ports.count && i < a->ports.count; i++)
        if (!ports_are_equal(&a->ports.items[i], &b->ports.items[i]))
            return FALSE;
    return a->ports.count == b->ports.count;
}

/* How long a client stays with a pod; 0: not said. */
static gint64
affinity_s(const ServiceSpec *spec)
{
    const SessionAffinityConfig *config = spec->session_affinity_config;

    return config != NULL && config->client_ip != NULL ? config->client_ip->timeout_s.value : 0;
}

/* --- in order ------------------------------------------------------------------------------------------- */

static const char *
or_nothing(const char *text)
{
    return text != NULL ? text : "";
}

static BalancerChange
ranges_change(const ServiceSpec *a, const ServiceSpec *b)
{
    g_autofree char *old = NULL;
    g_autofree char *new = NULL;

    if (lists_are_equal(&a->load_balancer_source_ranges, &b->load_balancer_source_ranges))
        return none;
    old = list_text(&a->load_balancer_source_ranges);
    new = list_text(&b->load_balancer_source_ranges);
    return told("LoadBalancerSourceRanges", str_internf("%s -> %s", old, new));
}

static BalancerChange
external_ips_change(const ServiceSpec *a, const ServiceSpec *b)
{
    if (a->external_ips.count != b->external_ips.count)
        return told("ExternalIP", str_internf("Count: %u -> %u", a->external_ips.count, b->external_ips.count));
    for (guint i = 0; i < a->external_ips.count; i++)
        if (a->external_ips.items[i] != b->external_ips.items[i])
            return told("ExternalIP", str_internf("Added: %s", b->external_ips.items[i]));
    return none;
}

static BalancerChange
policy_change(const ServiceSpec *a, const ServiceSpec *b)
{
    if (!str_is(a->external_traffic_policy, b->external_traffic_policy))
        return told("ExternalTrafficPolicy", str_internf("%s -> %s", or_nothing(a->external_traffic_policy),
                                                         or_nothing(b->external_traffic_policy)));
    if (a->health_check_node_port != b->health_check_node_port)
        return told("HealthCheckNodePort", str_internf("%d -> %d", a->health_check_node_port, b->health_check_node_port));
    if (a->ip_families.count != b->ip_families.count)
        return told("IPFamilies", str_internf("Count: %u -> %u", a->ip_families.count, b->ip_families.count));
    return none;
}

BalancerChange
balancer_change(const ApiObject *old, const ApiObject *service)
{
    const ServiceSpec *a = service_spec(old), *b = service_spec(service);
    BalancerChange change;

    if (!wants_balancer(old) && !wants_balancer(service))
        return none;
    if (wants_balancer(old) != wants_balancer(service))
        return told("Type", str_internf("%s -> %s", a->type, b->type));
    change = ranges_change(a, b);
    if (change.is_needed)
        return change;
    if (!port_lists_are_equal(a, b) || !str_is(a->session_affinity, b->session_affinity) || affinity_s(a) != affinity_s(b))
        return silent;
    if (a->load_balancer_ip != b->load_balancer_ip)
        return told("LoadbalancerIP", str_internf("%s -> %s", or_nothing(a->load_balancer_ip), or_nothing(b->load_balancer_ip)));
    change = external_ips_change(a, b);
    if (change.is_needed)
        return change;
    if (!maps_are_equal(&old->meta->annotations, &service->meta->annotations))
        return silent;
    if (api_uid(old) != api_uid(service))
        return told("UID", str_internf("%s -> %s", api_uid(old), api_uid(service)));
    return policy_change(a, b);
}
