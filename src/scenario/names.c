/* names.c - see names.h */

#include "scenario/names.h"

#include "api/kinds.h"
#include "node/dns.h"

#include <string.h>

#define ZONE "cluster.local"
#define NAME_SERVER 10 /* of the range of Services: kubeadm takes the tenth */
#define ALIASES_MAX 8  /* ExternalNames that lead to each other */

static const char *look_up_absolute(Cluster *cluster, const char *name, guint aliases);

/* --- endpoints --------------------------------------------------------------------------------- */

/* "10-244-1-5" */
static gboolean
is_dashed(const char *host, const char *ip)
{
    g_autofree char *dashed = g_strdelimit(g_strdup(ip), ".", '-');

    return str_is(host, dashed);
}

/* Addresses of the ready endpoints of a headless Service; @host: only that one's. Names of one in several slices are one. */
static GPtrArray *
endpoints_of(Cluster *cluster, const ApiObject *service, const char *host)
{
    g_autoptr(GPtrArray) slices = apiserver_peek_list(cluster->server, &endpoint_slice_kind, api_namespace(service));
    GPtrArray *found = g_ptr_array_new();

    for (guint i = 0; i < slices->len; i++) {
        const ApiObject *slice = g_ptr_array_index(slices, i);
        const EndpointSliceBody *body = endpoint_slice_body(slice);

        if (!str_is(str_map_get(&slice->meta->labels, "kubernetes.io/service-name"), api_name(service)))
            continue;
        for (guint k = 0; k < body->endpoints.count; k++) {
            const Endpoint *endpoint = &body->endpoints.items[k];
            const char *ip = endpoint->addresses.count > 0 ? endpoint->addresses.items[0] : NULL;

            if (ip == NULL || endpoint->conditions.ready == OPT_FALSE || g_ptr_array_find(found, ip, NULL))
                continue;
            if (host == NULL || (endpoint->hostname != NULL ? str_is(host, endpoint->hostname) : is_dashed(host, ip)))
                g_ptr_array_add(found, (gpointer)ip);
        }
    }
    return found;
}

/* --- records ----------------------------------------------------------------------------------- */

/* [HOST.]SERVICE.NAMESPACE below svc.cluster.local */
static const char *
look_up_service(Cluster *cluster, char **labels, guint n, guint aliases)
{
    const char *host = n == 3 ? labels[0] : NULL;
    const ApiObject *service;
    const ServiceSpec *spec;
    g_autoptr(GPtrArray) endpoints = NULL;

    if (n < 2 || n > 3)
        return NULL;
    service = apiserver_peek(cluster->server, &service_kind, str_intern(labels[n - 1]), str_intern(labels[n - 2]));
    if (service == NULL)
        return NULL;
    spec = service_spec(service);
    if (str_is(spec->type, "ExternalName"))
        return host == NULL && aliases < ALIASES_MAX ? look_up_absolute(cluster, spec->external_name, aliases + 1) : NULL;
    if (!str_is_empty(spec->cluster_ip) && !str_is(spec->cluster_ip, "None"))
        return host == NULL ? spec->cluster_ip : NULL;
    endpoints = endpoints_of(cluster, service, host);
    if (endpoints->len == 0)
        return NULL;
    return g_ptr_array_index(endpoints, rng_below(rng_stream(cluster->sim, "dns"), endpoints->len));
}

/* A-B-C-D.NAMESPACE below pod.cluster.local: no matter whether there is such a pod (CoreDNS: pods insecure). */
static const char *
look_up_pod(char **labels, guint n)
{
    if (n != 2 || strspn(labels[0], "0123456789-") != strlen(labels[0]))
        return NULL;
    g_strdelimit(labels[0], "-", '.');
    return str_intern(labels[0]);
}

static const char *
look_up_absolute(Cluster *cluster, const char *name, guint aliases)
{
    g_autofree char *lower = g_ascii_strdown(name, -1);
    g_auto(GStrv) labels = NULL;
    guint n;

    if (g_str_has_suffix(lower, "."))
        lower[strlen(lower) - 1] = '\0';
    if (!g_str_has_suffix(lower, "." ZONE))
        return NULL;
    lower[strlen(lower) - strlen("." ZONE)] = '\0';
    labels = g_strsplit(lower, ".", -1);
    n = g_strv_length(labels);
    if (n == 0)
        return NULL;
    if (str_is(labels[n - 1], "svc"))
        return look_up_service(cluster, labels, n - 1, aliases);
    return str_is(labels[n - 1], "pod") ? look_up_pod(labels, n - 1) : NULL;
}

/* The tenth address of "10.96.0.0/12". (owned) */
static char *
name_server(const char *service_cidr)
{
    g_auto(GStrv) parts = g_strsplit_set(service_cidr, "./", -1);
    guint64 last = 0;

    if (g_strv_length(parts) < 4 || !g_ascii_string_to_unsigned(parts[3], 10, 0, 255 - NAME_SERVER, &last, NULL))
        return g_strdup("10.96.0.10");
    return g_strdup_printf("%s.%s.%s.%u", parts[0], parts[1], parts[2], (guint)last + NAME_SERVER);
}

/* --- the pod's resolver ------------------------------------------------------------------------- */

/* A pod's resolver asks the first server of its file; those outside know nothing, as the node's own. */
static gboolean
asks_cluster(const PodDns *dns, const char *server)
{
    return dns->servers->len > 0 && str_is(dns->servers->pdata[0], server);
}

const char *
names_look_up(Cluster *cluster, const char *namespace_, const char *pod, const char *name)
{
    const ApiObject *object = apiserver_peek(cluster->server, &pod_kind, str_intern(namespace_), str_intern(pod));
    g_autoptr(ApiObject) gone = object == NULL ? api_object_new(&pod_kind, namespace_, pod) : NULL;
    gboolean is_absolute = g_str_has_suffix(name, ".");
    gboolean has_dots = FALSE;
    guint dots = 0;
    const char *ip;
    g_autofree char *server = name_server(cluster->scenario->spec.cluster.network.service_cidr);
    g_auto(PodDns) dns = {0};

    pod_dns_make(object != NULL ? object : gone, server, &dns);
    if (str_is_empty(name) || !asks_cluster(&dns, server))
        return NULL;
    for (const char *at = name; *at != '\0'; at++)
        dots += *at == '.';
    has_dots = dots >= pod_dns_ndots(&dns);
    ip = is_absolute || has_dots ? look_up_absolute(cluster, name, 0) : NULL;
    for (guint i = 0; ip == NULL && !is_absolute && i < dns.searches->len; i++)
        ip = look_up_absolute(cluster, str_internf("%s.%s", name, (const char *)dns.searches->pdata[i]), 0);
    return ip != NULL || is_absolute || has_dots ? ip : look_up_absolute(cluster, name, 0);
}

static const char *
on_look_up(gpointer self, Sandbox *sandbox, const char *name)
{
    Cluster *cluster = self;

    if (world_is_cut(cluster->world, sandbox_machine(sandbox), cluster->control_plane))
        return NULL;
    return names_look_up(cluster, sandbox_pod_namespace(sandbox), sandbox_pod_name(sandbox), name);
}

void
names_serve(Cluster *cluster, Runtime *runtime)
{
    g_autofree char *ip = name_server(cluster->scenario->spec.cluster.network.service_cidr);

    if (!str_is(cluster->scenario->spec.cluster.dns, "none"))
        runtime_set_resolver(runtime, on_look_up, cluster, ip);
}
