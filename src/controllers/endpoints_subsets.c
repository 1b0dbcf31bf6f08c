/*
 * endpoints_subsets.c - which pods are endpoints of a Service, and how they stand in subsets
 *
 * Models: v1.34 pkg/controller/endpoint/endpoints_controller.go; pkg/api/v1/endpoints/util.go: RepackSubsets, SortSubsets.
 */
#include "controllers/endpoints_sync.h"

/* --- who is one ---------------------------------------------------------------------------------------- */

/* The addresses that offer a port; indexes of candidates. */
typedef struct {
    EndpointsPort port; /* port 0: of a Service without ports */
    GArray *members;    /* of guint (owned) */
} PortUse;

/* podToEndpointAddressForService: its address of the Service's first family. NULL: it has none. */
static const char *
address_of(const ApiObject *service, const ApiObject *pod)
{
    const ServiceSpec *spec = service_spec(service);
    const PodStatus *status = pod_status(pod);
    gboolean wants_ipv6;

    if (spec->ip_families.count > 0)
        wants_ipv6 = str_is(spec->ip_families.items[0], "IPv6");
    else if (!str_is_empty(spec->cluster_ip) && !str_is(spec->cluster_ip, "None"))
        wants_ipv6 = strchr(spec->cluster_ip, ':') != NULL;
    else
        wants_ipv6 = status->pod_ip != NULL && strchr(status->pod_ip, ':') != NULL;
    for (guint i = 0; i < status->pod_ips.count; i++)
        if ((strchr(status->pod_ips.items[i].ip, ':') != NULL) == wants_ipv6)
            return status->pod_ips.items[i].ip;
    return NULL;
}

/* LessEndpointAddress */
static gint
compare_candidates(gconstpointer a, gconstpointer b)
{
    const EndpointCandidate *left = a, *right = b;
    int order = strcmp(left->ip, right->ip);

    return order != 0 ? order : strcmp(api_uid(left->pod), api_uid(right->pod));
}

GArray *
endpoints_candidates(const ApiObject *service, const GPtrArray *pods)
{
    gboolean takes_all = service_spec(service)->publish_not_ready_addresses;
    GArray *candidates = g_array_sized_new(FALSE, FALSE, sizeof(EndpointCandidate), pods->len);

    for (guint i = 0; i < pods->len; i++) {
        EndpointCandidate candidate = {pods->pdata[i], NULL, FALSE};

        if (!pod_should_be_endpoint(candidate.pod) || (api_is_deleting(candidate.pod) && !takes_all))
            continue;
        candidate.ip = address_of(service, candidate.pod);
        candidate.is_ready = takes_all || pod_is_ready(candidate.pod);
        if (candidate.ip != NULL)
            g_array_append_val(candidates, candidate);
    }
    g_array_sort(candidates, compare_candidates);
    return candidates;
}

static const char *
hostname_of(const ApiObject *service, const ApiObject *pod)
{
    const PodSpec *spec = pod_spec(pod);

    return !str_is_empty(spec->hostname) && str_is(spec->subdomain, api_name(service)) ? spec->hostname : NULL;
}

/* --- subsets ------------------------------------------------------------------------------------------------ */

static void
port_use_free(gpointer data)
{
    PortUse *use = data;

    g_array_unref(use->members);
    g_free(use);
}

static PortUse *
demand_use(GPtrArray *uses, const EndpointsPort *port)
{
    PortUse *use;

    for (guint i = 0; i < uses->len; i++) {
        use = uses->pdata[i];
        if (use->port.port == port->port && use->port.name == port->name && use->port.protocol == port->protocol &&
            use->port.app_protocol == port->app_protocol)
            return use;
    }
    use = g_new(PortUse, 1);
    use->port = *port;
    use->members = g_array_new(FALSE, FALSE, sizeof(guint));
    g_ptr_array_add(uses, use);
    return use;
}

static GPtrArray *
collect_uses(const ApiObject *service, const GArray *candidates)
{
    const ServiceSpec *spec = service_spec(service);
    GPtrArray *uses = g_ptr_array_new_with_free_func(port_use_free);

    for (guint k = 0; k < candidates->len; k++) {
        for (guint i = 0; i < spec->ports.count; i++) {
            const ServicePort *port = &spec->ports.items[i];
            EndpointsPort own = {port->name, port->protocol, port->app_protocol, 0};

            own.port = endpoint_find_port(g_array_index(candidates, EndpointCandidate, k).pod, port);
            if (own.port != 0)
                g_array_append_val(demand_use(uses, &own)->members, k);
        }
        if (spec->ports.count == 0 && str_is(spec->cluster_ip, "None"))
            g_array_append_val(demand_use(uses, &(EndpointsPort){0})->members, k);
    }
    return uses;
}

static gboolean
has_same_members(const PortUse *a, const PortUse *b)
{
    return a->members->len == b->members->len &&
           memcmp(a->members->data, b->members->data, a->members->len * sizeof(guint)) == 0;
}

static void
add_address(EndpointSubset *subset, const ApiObject *service, const EndpointCandidate *candidate)
{
    const ApiObject *pod = candidate->pod;
    const PodSpec *spec = pod_spec(pod);
    EndpointAddress *address =
        candidate->is_ready ? API_LIST_ADD(&subset->addresses) : API_LIST_ADD(&subset->not_ready);
    ObjectReference *target = g_new0(ObjectReference, 1);

    target->kind = str_intern("Pod");
    target->namespace_ = api_namespace(pod);
    target->name = api_name(pod);
    target->uid = api_uid(pod);
    address->ip = candidate->ip;
    address->node_name = spec->node_name == NULL ? str_intern("") : spec->node_name;
    address->target_ref = target;
    address->hostname = hostname_of(service, pod);
}

/* Where several stand side by side they are ordered by hashes; these are of what util/hash DeepHashObject prints. */
static const char *
md5_of(const GString *text)
{
    g_autofree char *sum = g_compute_checksum_for_string(G_CHECKSUM_MD5, text->str, (gssize)text->len);

    return str_intern(sum);
}

static void
print_port(GString *out, const EndpointsPort *port)
{
    g_string_append_printf(out, "{Name:(string)%s Port:(int32)%d Protocol:(v1.Protocol)%s AppProtocol:(*string)%s}",
                           port->name == NULL ? "" : port->name, port->port,
                           port->protocol == NULL ? "" : port->protocol,
                           port->app_protocol == NULL ? "<nil>" : port->app_protocol);
}

static gint
compare_ports(gconstpointer a, gconstpointer b)
{
    g_autoptr(GString) left = g_string_new("(v1.EndpointPort)");
    g_autoptr(GString) right = g_string_new("(v1.EndpointPort)");

    print_port(left, a);
    print_port(right, b);
    return strcmp(md5_of(left), md5_of(right));
}

static void
print_addresses(GString *out, const char *member, const EndpointAddress *addresses, guint count)
{
    g_string_append_printf(out, "%s:([]v1.EndpointAddress)%s", member, count == 0 ? "<nil>" : "[");
    for (guint i = 0; i < count; i++) {
        const EndpointAddress *address = &addresses[i];
        const ObjectReference *target = address->target_ref;

        g_string_append_printf(
            out,
            "%s{IP:(string)%s Hostname:(string)%s NodeName:(*string)%s TargetRef:(*v1.ObjectReference){Kind:(string)%s "
            "Namespace:(string)%s Name:(string)%s UID:(types.UID)%s APIVersion:(string) ResourceVersion:(string) "
            "FieldPath:(string)}}",
            i > 0 ? " " : "", address->ip, address->hostname == NULL ? "" : address->hostname, address->node_name,
            target->kind, target->namespace_, target->name, target->uid);
    }
    g_string_append(out, count == 0 ? " " : "] ");
}

static gint
compare_subsets(gconstpointer a, gconstpointer b)
{
    const EndpointSubset *const sides[] = {a, b};
    const char *sums[2];

    for (guint i = 0; i < 2; i++) {
        g_autoptr(GString) text = g_string_new("(v1.EndpointSubset){");

        print_addresses(text, "Addresses", sides[i]->addresses.items, sides[i]->addresses.count);
        print_addresses(text, "NotReadyAddresses", sides[i]->not_ready.items, sides[i]->not_ready.count);
        g_string_append(text, sides[i]->ports.count == 0 ? "Ports:([]v1.EndpointPort)<nil>}" : "Ports:([]v1.EndpointPort)[");
        for (guint k = 0; k < sides[i]->ports.count; k++) {
            g_string_append(text, k > 0 ? " " : "");
            print_port(text, &sides[i]->ports.items[k]);
        }
        g_string_append(text, sides[i]->ports.count == 0 ? "" : "]}");
        sums[i] = md5_of(text);
    }
    return strcmp(sums[0], sums[1]);
}

/* The one subset has the ports of the Service as this pod offers them, and no others. */
static gboolean
has_ports_of(const EndpointSubset *subset, const ApiObject *service, const ApiObject *pod)
{
    const ServiceSpec *spec = service_spec(service);
    guint found = 0;

    if (spec->ports.count != subset->ports.count || spec->ports.count == 0)
        return FALSE;
    for (guint i = 0; i < spec->ports.count; i++)
        for (guint k = 0; k < subset->ports.count; k++) {
            const EndpointsPort *port = &subset->ports.items[k];

            found += port->name == spec->ports.items[i].name && port->protocol == spec->ports.items[i].protocol &&
                     port->app_protocol == spec->ports.items[i].app_protocol &&
                     port->port == endpoint_find_port(pod, &spec->ports.items[i]);
        }
    return found == spec->ports.count;
}

static gboolean
is_address_of(const EndpointAddress *address, const ApiObject *service, const EndpointCandidate *candidate)
{
    const ApiObject *pod = candidate->pod;
    const ObjectReference *target = address->target_ref;

    return address->ip == candidate->ip && target != NULL && target->uid == api_uid(pod) &&
           target->name == api_name(pod) && str_is(target->kind, "Pod") && str_is_empty(target->field_path) &&
           str_is_empty(target->api_version) && address->node_name == pod_spec(pod)->node_name &&
           str_is(address->hostname, hostname_of(service, pod));
}

gboolean
endpoints_are(const EndpointsBody *body, const ApiObject *service, const GArray *candidates)
{
    const EndpointSubset *subset = body->subsets.items;
    guint ready = 0, not_ready = 0;

    if (body->subsets.count != (candidates->len > 0 ? 1 : 0))
        return FALSE;
    for (guint i = 0; i < candidates->len; i++) {
        const EndpointCandidate *candidate = &g_array_index(candidates, EndpointCandidate, i);
        const EndpointAddress *address = candidate->is_ready ? &subset->addresses.items[ready]
                                                             : &subset->not_ready.items[not_ready];

        if (candidate->is_ready ? ready++ == subset->addresses.count : not_ready++ == subset->not_ready.count)
            return FALSE;
        if (!is_address_of(address, service, candidate) || !has_ports_of(subset, service, candidate->pod))
            return FALSE;
    }
    return candidates->len == 0 || (ready == subset->addresses.count && not_ready == subset->not_ready.count);
}

/* RepackSubsets: ports that all of the same addresses offer stand together. */
void
endpoints_pack(const ApiObject *service, const GArray *candidates, EndpointsBody *body)
{
    g_autoptr(GPtrArray) uses = collect_uses(service, candidates);

    for (guint i = 0; i < uses->len; i++) {
        const PortUse *use = uses->pdata[i];
        EndpointSubset *subset;
        gboolean is_first = TRUE;

        for (guint k = 0; k < i && is_first; k++)
            is_first = !has_same_members(uses->pdata[k], use);
        if (!is_first)
            continue;
        subset = API_LIST_ADD(&body->subsets);
        for (guint k = 0; k < use->members->len; k++)
            add_address(subset, service,
                        &g_array_index(candidates, EndpointCandidate, g_array_index(use->members, guint, k)));
        for (guint k = i; k < uses->len; k++)
            if (use->port.port != 0 && has_same_members(uses->pdata[k], use))
                *API_LIST_ADD(&subset->ports) = ((const PortUse *)uses->pdata[k])->port;
        if (subset->ports.count > 1)
            qsort(subset->ports.items, subset->ports.count, sizeof(EndpointsPort), compare_ports);
    }
    if (body->subsets.count > 1)
        qsort(body->subsets.items, body->subsets.count, sizeof(EndpointSubset), compare_subsets);
}

/* --- too many of them ------------------------------------------------------------------------------------- */

static void
cut_addresses(EndpointAddress *addresses, guint *count, guint kept)
{
    for (guint i = kept; i < *count; i++)
        g_free(addresses[i].target_ref);
    *count = MIN(*count, kept);
}

guint
endpoints_count(const EndpointsBody *body, guint *out_ready)
{
    guint all = 0;

    *out_ready = 0;
    for (guint i = 0; i < body->subsets.count; i++) {
        all += body->subsets.items[i].addresses.count + body->subsets.items[i].not_ready.count;
        *out_ready += body->subsets.items[i].addresses.count;
    }
    return all;
}

/* truncateEndpoints: each subset in proportion, rounded up; those that are ready first. */
gboolean
endpoints_truncate(EndpointsBody *body)
{
    guint ready, all = endpoints_count(body, &ready);
    gboolean cuts_ready = ready > ENDPOINTS_ADDRESSES_MAX;
    guint64 room = cuts_ready ? ENDPOINTS_ADDRESSES_MAX : ENDPOINTS_ADDRESSES_MAX - ready;
    guint64 total = cuts_ready ? ready : all - ready;
    guint64 left = room;

    if (all <= ENDPOINTS_ADDRESSES_MAX)
        return FALSE;
    for (guint i = 0; i < body->subsets.count; i++) {
        EndpointSubset *subset = &body->subsets.items[i];
        guint *count = cuts_ready ? &subset->addresses.count : &subset->not_ready.count;
        guint64 kept = MIN(left, (*count * room + total - 1) / total);

        cut_addresses(cuts_ready ? subset->addresses.items : subset->not_ready.items, count, (guint)kept);
        left -= *count;
        if (cuts_ready)
            cut_addresses(subset->not_ready.items, &subset->not_ready.count, 0);
    }
    return TRUE;
}
