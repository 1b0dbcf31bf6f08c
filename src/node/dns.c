/* dns.c - see dns.h */

#include "node/dns.h"

#include "base/intern.h"

#include <string.h>

#define ZONE               "cluster.local"
#define SERVERS_MAX        3
#define SEARCHES_MAX       32
#define SEARCH_MAX_CHARS   2048
#define HOSTNAME_MAX_CHARS 63

static void
add_new(GPtrArray *list, const char *text)
{
    if (!g_ptr_array_find(list, text, NULL))
        g_ptr_array_add(list, (gpointer)text);
}

static char *
joined(const GPtrArray *list, const char *separator)
{
    GString *text = g_string_new(NULL);

    for (guint i = 0; i < list->len; i++)
        g_string_append(g_string_append(text, i > 0 ? separator : ""), list->pdata[i]);
    return g_string_free(text, FALSE);
}

/* --- what the pod asks for ------------------------------------------------------------------- */

static void
add_list(GPtrArray *to, const Value *config, const char *key)
{
    const Value *list = value_get(config, key);

    for (guint i = 0; list != NULL && i < list->count; i++)
        if (list->items[i]->type == VALUE_STRING)
            add_new(to, list->items[i]->text);
}

/* "ndots:2" stands instead of "ndots:5". */
static void
set_option(GPtrArray *options, const char *name, const char *value)
{
    const char *text = str_is_empty(value) ? str_intern(name) : str_internf("%s:%s", name, value);
    gsize length = strlen(name);

    for (guint i = 0; i < options->len; i++) {
        const char *have = options->pdata[i];

        if (strncmp(have, name, length) == 0 && (have[length] == ':' || have[length] == '\0')) {
            options->pdata[i] = (gpointer)text;
            return;
        }
    }
    g_ptr_array_add(options, (gpointer)text);
}

/* v1.34 appendDNSConfig */
static void
add_config(const Value *config, PodDns *out)
{
    const Value *options = value_get(config, "options");

    add_list(out->servers, config, "nameservers");
    add_list(out->searches, config, "searches");
    for (guint i = 0; options != NULL && i < options->count; i++)
        set_option(out->options, value_get_string(options->items[i], "name", ""),
                   value_get_string(options->items[i], "value", NULL));
}

static void
warn(PodDns *out, const char *what, const char *omitted, const char *line)
{
    const char *text = str_internf("%s were exceeded, some %s have been omitted, the applied %s", what, omitted, line);

    out->warning = out->warning == NULL ? text : out->warning;
}

/* v1.34 formDNSConfigFitsLimits */
static void
fit_limits(PodDns *out)
{
    g_autofree char *line = NULL;
    gboolean is_cut = out->searches->len > SEARCHES_MAX;

    if (out->servers->len > SERVERS_MAX) {
        g_autofree char *applied = NULL;

        g_ptr_array_set_size(out->servers, SERVERS_MAX);
        applied = joined(out->servers, " ");
        warn(out, "Nameserver limits", "nameservers", str_internf("nameserver line is: %s", applied));
    }
    if (is_cut)
        g_ptr_array_set_size(out->searches, SEARCHES_MAX);
    line = joined(out->searches, " ");
    while (strlen(line) > SEARCH_MAX_CHARS) { /* whole domains */
        is_cut = TRUE;
        g_ptr_array_set_size(out->searches, (gint)out->searches->len - 1);
        g_free(line);
        line = joined(out->searches, " ");
    }
    if (is_cut)
        warn(out, "Search Line limits", "search paths", str_internf("search line is: %s", line));
}

void
pod_dns_make(const ApiObject *pod, const char *cluster_server, PodDns *out)
{
    const PodSpec *spec = pod_spec(pod);
    gboolean wants_cluster = str_is(spec->dns_policy, "ClusterFirstWithHostNet") ||
                             ((spec->dns_policy == NULL || str_is(spec->dns_policy, "ClusterFirst")) && !spec->host_network);

    *out = (PodDns){g_ptr_array_new(), g_ptr_array_new(), g_ptr_array_new(), NULL, FALSE};
    out->lacks_cluster = wants_cluster && cluster_server == NULL;
    if (wants_cluster && cluster_server != NULL) {
        add_new(out->servers, str_intern(cluster_server));
        add_new(out->searches, str_internf("%s.svc." ZONE, api_namespace(pod)));
        add_new(out->searches, str_intern("svc." ZONE));
        add_new(out->searches, str_intern(ZONE));
        set_option(out->options, "ndots", "5");
    }
    if (spec->dns_config != NULL)
        add_config(spec->dns_config, out);
    fit_limits(out);
}

void
pod_dns_clear(PodDns *dns)
{
    g_clear_pointer(&dns->servers, g_ptr_array_unref);
    g_clear_pointer(&dns->searches, g_ptr_array_unref);
    g_clear_pointer(&dns->options, g_ptr_array_unref);
}

guint
pod_dns_ndots(const PodDns *dns)
{
    guint64 ndots = 1;

    for (guint i = 0; i < dns->options->len; i++)
        if (g_str_has_prefix(dns->options->pdata[i], "ndots:"))
            g_ascii_string_to_unsigned((const char *)dns->options->pdata[i] + strlen("ndots:"), 10, 0, 15, &ndots, NULL);
    return (guint)ndots;
}

/* containerd v1.6 parseDNSOptions */
const char *
pod_dns_file(const PodDns *dns)
{
    g_autofree char *searches = joined(dns->searches, " ");
    g_autofree char *servers = joined(dns->servers, "\nnameserver ");
    g_autofree char *options = joined(dns->options, " ");

    return str_internf("%s%s%s%s%s%s%s%s%s", dns->searches->len > 0 ? "search " : "", searches, dns->searches->len > 0 ? "\n" : "",
                       dns->servers->len > 0 ? "nameserver " : "", servers, dns->servers->len > 0 ? "\n" : "",
                       dns->options->len > 0 ? "options " : "", options, dns->options->len > 0 ? "\n" : "");
}

/* --- names of its own ------------------------------------------------------------------------ */

/* v1.34 truncatePodHostnameIfNeeded: what is too long ends in no dash or point. */
static const char *
pod_label(const ApiObject *pod)
{
    const PodSpec *spec = pod_spec(pod);
    const char *name = str_is_empty(spec->hostname) ? api_name(pod) : spec->hostname;
    gsize length = HOSTNAME_MAX_CHARS;

    if (strlen(name) <= HOSTNAME_MAX_CHARS)
        return name;
    while (length > 0 && strchr("-.", name[length - 1]) != NULL)
        length--;
    return str_intern_len(name, length);
}

static const char *
pod_full_name(const ApiObject *pod)
{
    return str_internf("%s.%s.%s.svc." ZONE, pod_label(pod), pod_spec(pod)->subdomain, api_namespace(pod));
}

const char *
pod_hostname(const ApiObject *pod, const char *node_name)
{
    const PodSpec *spec = pod_spec(pod);

    if (spec->host_network)
        return node_name;
    return spec->set_hostname_as_fqdn == OPT_TRUE && !str_is_empty(spec->subdomain) ? pod_full_name(pod) : pod_label(pod);
}

const char *
pod_hosts(const ApiObject *pod)
{
    const PodSpec *spec = pod_spec(pod);
    GString *text = g_string_new("\t");
    const char *interned;

    if (!str_is_empty(spec->subdomain))
        g_string_append_printf(text, "%s\t", pod_full_name(pod));
    g_string_append_printf(text, "%s\n", pod_label(pod));
    if (spec->host_aliases.count > 0)
        g_string_append(text, "\n# Entries added by HostAliases.\n");
    for (guint i = 0; i < spec->host_aliases.count; i++) {
        const HostAlias *alias = &spec->host_aliases.items[i];

        g_string_append(text, alias->ip);
        for (guint k = 0; k < alias->hostnames.count; k++)
            g_string_append_printf(text, "\t%s", alias->hostnames.items[k]);
        g_string_append_c(text, '\n');
    }
    interned = str_intern(text->str);
    g_string_free(text, TRUE);
    return interned;
}
