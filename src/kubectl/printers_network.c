/* printers_network.c - rows of Ingresses, NetworkPolicies; v1.34 printIngress ... */

#include "kubectl/printers.h"

#include "api/kinds/network.h"

#define SHOWN_MAX 3

static const PrintColumn ingress_columns[] = {{"NAME"}, {"CLASS"}, {"HOSTS"}, {"ADDRESS"}, {"PORTS"}, {"AGE"}, {0}};

static void
ingress_cells(const ApiObject *object, gint64 wall_ns, gboolean wide, GPtrArray *out)
{
    const IngressSpec *spec = ingress_spec(object);
    const IngressStatus *status = object->status;
    GString *hosts = g_string_new(NULL);
    GString *addresses = g_string_new(NULL);
    guint count = 0;

    for (guint i = 0; i < spec->rules.count; i++) {
        if (str_is_empty(spec->rules.items[i].host))
            continue;
        if (count < SHOWN_MAX)
            g_string_append_printf(hosts, "%s%s", count > 0 ? "," : "", spec->rules.items[i].host);
        count++;
    }
    if (count > SHOWN_MAX)
        g_string_append_printf(hosts, " + %u more...", count - SHOWN_MAX);
    for (guint i = 0; i < status->load_balancer.ingress.count; i++)
        g_string_append_printf(addresses, "%s%s", i > 0 ? "," : "",
                               str_is_empty(status->load_balancer.ingress.items[i].ip)
                                   ? status->load_balancer.ingress.items[i].hostname
                                   : status->load_balancer.ingress.items[i].ip);
    if (!wide && addresses->len > 16) {
        g_string_truncate(addresses, 13);
        g_string_append(addresses, "...");
    }
    cell_add(out, "%s", api_name(object));
    cell_add(out, "%s", spec->ingress_class_name == NULL ? "<none>" : spec->ingress_class_name);
    cell_add(out, "%s", count == 0 ? "*" : hosts->str);
    cell_add(out, "%s", addresses->str);
    cell_add(out, "%s", spec->tls.count > 0 ? "80, 443" : "80");
    cell_add_age(out, object, wall_ns);
    g_string_free(hosts, TRUE);
    g_string_free(addresses, TRUE);
}

static const PrintColumn policy_columns[] = {{"NAME"}, {"POD-SELECTOR"}, {"AGE"}, {0}};

static void
policy_cells(const ApiObject *object, gint64 wall_ns, gboolean wide, GPtrArray *out)
{
    (void)wide;
    cell_add(out, "%s", api_name(object));
    cell_add(out, "%s", label_selector_text(&network_policy_spec(object)->pod_selector));
    cell_add_age(out, object, wall_ns);
}

const Printer ingress_printer = {&ingress_kind, ingress_columns, ingress_cells};
const Printer network_policy_printer = {&network_policy_kind, policy_columns, policy_cells};
