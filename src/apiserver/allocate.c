/*
 * allocate.c - addresses and node ports of Services
 *
 * Models: v1.34 pkg/registry/core/service/{ipallocator,portallocator,storage/alloc.go}:
 * a static band at the low end is kept for explicit wishes; dynamic ones start
 * at a random place of the upper band and scan upward.
 */

#include "apiserver/server.h"

#include <stdio.h>

#define NODE_PORT_KEY(protocol, port) GUINT_TO_POINTER(((protocol) << 16) | (guint)(port))

/* A contiguous range of numbers, its static band first. */
typedef struct {
    guint64 first, count, offset;
    GHashTable *used; /* set of keys */
} Pool;

struct Allocator {
    guint32 network, mask;
    Pool addresses, ports;
    Rng *address_rng, *port_rng;
    gint32 port_first, port_last;
};

/* What one call took, to give it back if a later part fails. */
typedef struct {
    GHashTable *used;
    gpointer key;
} Taken;

static guint64
band_offset(guint64 size, guint64 divisor, guint64 maximum)
{
    return size <= 16 ? 0 : CLAMP(size / divisor, 16, maximum);
}

static gboolean
parse_ip(const char *text, guint32 *out_address)
{
    guint32 address = 0;
    guint parts = 0;

    if (text == NULL)
        return FALSE;
    for (const char *at = text; parts < 4; parts++) {
        guint value = 0;
        guint digits = 0;

        for (; g_ascii_isdigit(*at) && digits < 4; at++, digits++)
            value = value * 10 + (guint)(*at - '0');
        if (digits == 0 || value > 255 || *at != (parts == 3 ? '\0' : '.'))
            return FALSE;
        address = address << 8 | value;
        if (parts < 3)
            at++;
    }
    *out_address = address;
    return TRUE;
}

static const char *
format_ip(guint32 address)
{
    return str_internf("%u.%u.%u.%u", address >> 24, address >> 16 & 255, address >> 8 & 255,
                       address & 255);
}

Allocator *
allocator_new(const ApiServerOptions *options, Sim *sim)
{
    Allocator *self = g_new0(Allocator, 1);
    g_auto(GStrv) parts = g_strsplit(options->service_cidr, "/", 2);
    guint64 prefix = 12;
    gboolean is_good = parse_ip(parts[0], &self->network);

    if (parts[1] != NULL)
        g_ascii_string_to_unsigned(parts[1], 10, 0, 30, &prefix, NULL);
    g_assert(is_good);
    self->mask = prefix == 0 ? 0 : ~(guint32)0 << (32 - prefix);
    self->network &= self->mask;

    guint64 size = G_GUINT64_CONSTANT(1) << (32 - prefix);

    self->addresses = (Pool){
        .first = (guint64)self->network + 1,
        .count = size - 2,
        .offset = band_offset(size, 16, 256),
        .used = g_hash_table_new(NULL, NULL),
    };
    self->port_first = options->node_port_first;
    self->port_last = options->node_port_last;
    size = (guint64)(self->port_last - self->port_first + 1);
    self->ports = (Pool){
        .first = (guint64)self->port_first,
        .count = size,
        .offset = band_offset(size, 32, 128),
        .used = g_hash_table_new(NULL, NULL),
    };
    self->address_rng = rng_stream(sim, "apiserver/cluster-ip");
    self->port_rng = rng_stream(sim, "apiserver/node-port");
    return self;
}

void
allocator_free(Allocator *allocator)
{
    if (allocator == NULL)
        return;
    g_hash_table_destroy(allocator->addresses.used);
    g_hash_table_destroy(allocator->ports.used);
    g_free(allocator);
}

void
allocator_clear(Allocator *allocator)
{
    g_hash_table_remove_all(allocator->addresses.used);
    g_hash_table_remove_all(allocator->ports.used);
}

const char *
allocator_first_address(const Allocator *allocator)
{
    return format_ip((guint32)allocator->addresses.first);
}

/* --- taking -------------------------------------------------------------------------- */

static gpointer
address_key(guint32 address)
{
    return GSIZE_TO_POINTER((gsize)address);
}

static guint
protocol_number(const char *protocol)
{
    return str_is(protocol, "UDP") ? 1 : str_is(protocol, "SCTP") ? 2 : 0;
}

static void
take(GArray *taken, GHashTable *used, gpointer key)
{
    Taken entry = {used, key};

    g_hash_table_add(used, key);
    g_array_append_val(taken, entry);
}

static void
give_back(GArray *taken)
{
    for (guint i = 0; i < taken->len; i++) {
        Taken *entry = &g_array_index(taken, Taken, i);

        g_hash_table_remove(entry->used, entry->key);
    }
}

/* FALSE if the band is full. @protocol shifts ports apart; 0 for addresses. */
static gboolean
search_band(Pool *pool, guint64 start, guint64 count, guint protocol, Rng *rng, guint64 *out_value)
{
    guint64 from;

    if (count == 0)
        return FALSE;
    from = rng_below(rng, count);
    for (guint64 i = 0; i < count; i++) {
        guint64 value = pool->first + start + (from + i) % count;
        gpointer key = GSIZE_TO_POINTER((gsize)(value | (guint64)protocol << 16));

        if (!g_hash_table_contains(pool->used, key)) {
            *out_value = value;
            return TRUE;
        }
    }
    return FALSE;
}

static gboolean
search(Pool *pool, guint protocol, Rng *rng, guint64 *out_value)
{
    if (search_band(pool, pool->offset, pool->count - pool->offset, protocol, rng, out_value))
        return TRUE;
    return search_band(pool, 0, pool->offset, protocol, rng, out_value);
}

/* --- addresses ----------------------------------------------------------------------- */

static ApiStatus *
refuse_address(const ApiObject *service, const char *address, const char *why)
{
    g_autoptr(ApiErrors) errors = api_errors_new();

    api_errors_push(errors, "spec");
    field_invalid_raw(errors, "clusterIPs", str_internf("[\"%s\"]", address),
                      str_internf("failed to allocate IP %s: %s", address, why));
    return api_status_invalid(service->kind, api_name(service), errors);
}

/* What the wishes for families contradict each other in; @errors stands on "spec". */
static void
check_wishes(ApiErrors *errors, const ServiceSpec *spec)
{
    static const char *const why = "must be 'RequireDualStack' or 'PreferDualStack' when multiple %s are specified";

    if (!str_is(spec->ip_family_policy, "SingleStack"))
        return;
    if (spec->cluster_ips.count == 2)
        field_invalid_string(errors, "ipFamilyPolicy", spec->ip_family_policy, str_internf(why, "cluster IPs"));
    if (spec->ip_families.count == 2)
        field_invalid_string(errors, "ipFamilyPolicy", spec->ip_family_policy, str_internf(why, "IP families"));
}

/* A family follows from an address; this cluster has IPv4 only. */
static void
infer_families(ApiErrors *errors, ServiceSpec *spec)
{
    g_autoptr(Value) all = value_new_list();
    guint given = spec->ip_families.count;

    for (guint i = 0; i < spec->cluster_ips.count; i++)
        value_append(all, value_new_string(spec->cluster_ips.items[i]));
    for (guint i = given; i < spec->cluster_ips.count && !str_is(spec->cluster_ips.items[i], "None"); i++) {
        if (strchr(spec->cluster_ips.items[i], ':') == NULL) {
            str_list_add(&spec->ip_families, str_intern("IPv4"));
            continue;
        }
        field_invalid_value(errors, str_internf("clusterIPs[%u]", i), all, "IPv6 is not configured on this cluster");
    }
}

static void
check_configured(ApiErrors *errors, const ServiceSpec *spec)
{
    if (str_is(spec->ip_family_policy, "RequireDualStack"))
        field_invalid_string(errors, "ipFamilyPolicy", spec->ip_family_policy,
                             "this cluster is not configured for dual-stack services");
    for (guint i = 0; i < spec->ip_families.count; i++)
        if (!str_is(spec->ip_families.items[i], "IPv4"))
            field_invalid_string(errors, str_internf("ipFamilies[%u]", i), spec->ip_families.items[i],
                                 "not configured on this cluster");
}

/* initIPFamilyFields */
static ApiStatus *
set_families(ApiObject *service, ServiceSpec *spec)
{
    gboolean is_bare = str_is(spec->cluster_ip, "None") && spec->selector.count == 0;
    g_autoptr(ApiErrors) errors = api_errors_new();

    if (spec->ip_family_policy == NULL)
        spec->ip_family_policy = str_intern(is_bare ? "RequireDualStack" : "SingleStack");
    api_errors_push(errors, "spec");
    check_wishes(errors, spec);
    infer_families(errors, spec);
    /* Headless without a selector: endpoints are made by hand and may be of any family. */
    if (errors->list.count == 0 && !is_bare)
        check_configured(errors, spec);
    if (errors->list.count > 0)
        return api_status_invalid(service->kind, api_name(service), errors);
    if (spec->ip_families.count == 0)
        str_list_add(&spec->ip_families, str_intern("IPv4"));
    if (is_bare && spec->ip_families.count < 2 && !str_is(spec->ip_family_policy, "SingleStack"))
        str_list_add(&spec->ip_families,
                     str_intern(str_is(spec->ip_families.items[0], "IPv4") ? "IPv6" : "IPv4"));
    return NULL;
}

static ApiStatus *
assign_address(Allocator *self, ApiObject *service, const ApiObject *old, GArray *taken)
{
    ServiceSpec *spec = api_edit_spec(service);
    const char *before = old == NULL ? NULL : service_spec(old)->cluster_ip;
    guint32 address;
    guint64 value;

    ApiStatus *status;

    if (str_is(spec->type, "ExternalName"))
        return NULL;
    status = set_families(service, spec);
    if (status != NULL)
        return status;
    if (str_is(spec->cluster_ip, "None") || (!str_is_empty(before) && before == spec->cluster_ip))
        return NULL;
    if (!str_is_empty(spec->cluster_ip)) {
        if (!parse_ip(spec->cluster_ip, &address) || (address & self->mask) != self->network)
            return refuse_address(service, spec->cluster_ip,
                                  "the provided network does not match the current range");
        if (g_hash_table_contains(self->addresses.used, address_key(address)))
            return refuse_address(service, spec->cluster_ip, "provided IP is already allocated");
        take(taken, self->addresses.used, address_key(address));
        return NULL;
    }
    if (!search(&self->addresses, 0, self->address_rng, &value))
        return api_status_internal("failed to allocate a serviceIP: range is full");
    take(taken, self->addresses.used, address_key((guint32)value));
    spec->cluster_ip = format_ip((guint32)value);
    while (spec->cluster_ips.count > 0)
        str_list_remove(&spec->cluster_ips, spec->cluster_ips.items[0]);
    str_list_add(&spec->cluster_ips, spec->cluster_ip);
    return NULL;
}

/* --- ports --------------------------------------------------------------------------- */

static gboolean
wants_node_ports(const ServiceSpec *spec)
{
    return str_is(spec->type, "NodePort") || (str_is(spec->type, "LoadBalancer") &&
                                              spec->allocate_load_balancer_node_ports != OPT_FALSE);
}

static gboolean
has_node_port(const ServiceSpec *spec, const char *protocol, gint32 node_port)
{
    for (guint i = 0; spec != NULL && i < spec->ports.count; i++)
        if (spec->ports.items[i].node_port == node_port &&
            protocol_number(spec->ports.items[i].protocol) == protocol_number(protocol))
            return TRUE;
    return FALSE;
}

static ApiStatus *
refuse_port(const ApiObject *service, guint index, gint32 port, const char *why)
{
    g_autoptr(ApiErrors) errors = api_errors_new();

    api_errors_push(errors, "spec");
    api_errors_push(errors, "ports");
    api_errors_push_index(errors, index);
    field_invalid_int(errors, "nodePort", port, why);
    return api_status_invalid(service->kind, api_name(service), errors);
}

/* Ports of one number but different protocols share their node port. */
static gint32
shared_node_port(const ServiceSpec *spec, guint index)
{
    const ServicePort *port = &spec->ports.items[index];

    for (guint i = 0; i < spec->ports.count; i++) {
        const ServicePort *other = &spec->ports.items[i];

        if (i != index && other->node_port != 0 && other->port == port->port &&
            protocol_number(other->protocol) != protocol_number(port->protocol))
            return other->node_port;
    }
    return 0;
}

static ApiStatus *
assign_port(Allocator *self,
            ApiObject *service,
            const ServiceSpec *before,
            guint index,
            GArray *taken)
{
    ServiceSpec *spec = api_edit_spec(service);
    ServicePort *port = &spec->ports.items[index];
    guint protocol = protocol_number(port->protocol);
    gint32 shared = port->node_port == 0 ? shared_node_port(spec, index) : 0;
    guint64 value;

    if (port->node_port != 0) {
        if (has_node_port(before, port->protocol, port->node_port))
            return NULL;
        if (port->node_port < self->port_first || port->node_port > self->port_last)
            return refuse_port(service, index, port->node_port,
                               str_internf("provided port is not in the valid range. The range of "
                                           "valid ports is %d-%d",
                                           self->port_first, self->port_last));
        if (g_hash_table_contains(self->ports.used, NODE_PORT_KEY(protocol, port->node_port)))
            return refuse_port(service, index, port->node_port,
                               "provided port is already allocated");
        take(taken, self->ports.used, NODE_PORT_KEY(protocol, port->node_port));
        return NULL;
    }
    if (shared != 0 && !g_hash_table_contains(self->ports.used, NODE_PORT_KEY(protocol, shared))) {
        port->node_port = shared;
        take(taken, self->ports.used, NODE_PORT_KEY(protocol, shared));
        return NULL;
    }
    if (!search(&self->ports, protocol, self->port_rng, &value))
        return api_status_internal("failed to allocate a nodePort: range is full");
    port->node_port = (gint32)value;
    take(taken, self->ports.used, NODE_PORT_KEY(protocol, port->node_port));
    return NULL;
}

static ApiStatus *
assign_health_port(Allocator *self, ApiObject *service, const ServiceSpec *before, GArray *taken)
{
    ServiceSpec *spec = api_edit_spec(service);
    guint64 value;

    if (!str_is(spec->type, "LoadBalancer") || !str_is(spec->external_traffic_policy, "Local"))
        return NULL;
    if (before != NULL && before->health_check_node_port != 0 &&
        (spec->health_check_node_port == 0 ||
         spec->health_check_node_port == before->health_check_node_port)) {
        spec->health_check_node_port = before->health_check_node_port;
        return NULL;
    }
    if (spec->health_check_node_port == 0) {
        if (!search(&self->ports, 0, self->port_rng, &value))
            return api_status_internal("failed to allocate a HealthCheck NodePort: range is full");
        spec->health_check_node_port = (gint32)value;
    } else if (g_hash_table_contains(self->ports.used,
                                     NODE_PORT_KEY(0, spec->health_check_node_port))) {
        return api_status_internal(str_internf("failed to allocate requested HealthCheck NodePort "
                                               "%d: provided port is already allocated",
                                               spec->health_check_node_port));
    }
    take(taken, self->ports.used, NODE_PORT_KEY(0, spec->health_check_node_port));
    return NULL;
}

ApiStatus *
allocator_assign(Allocator *allocator, ApiObject *service, const ApiObject *old)
{
    const ServiceSpec *before = old == NULL ? NULL : service_spec(old);
    g_autoptr(GArray) taken = g_array_new(FALSE, FALSE, sizeof(Taken));
    ApiStatus *status;

    if (old != NULL && service->spec == old->spec)
        return NULL;
    status = assign_address(allocator, service, old, taken);
    if (wants_node_ports(service_spec(service)))
        for (guint i = 0; status == NULL && i < service_spec(service)->ports.count; i++)
            status = assign_port(allocator, service, before, i, taken);
    if (status == NULL)
        status = assign_health_port(allocator, service, before, taken);
    if (status != NULL)
        give_back(taken);
    return status;
}

/* --- what is stored ------------------------------------------------------------------ */

static void
note_all(Allocator *self, const ApiObject *service, gboolean is_used)
{
    const ServiceSpec *spec = service_spec(service);
    guint32 address;

    if (parse_ip(spec->cluster_ip, &address)) {
        if (is_used)
            g_hash_table_add(self->addresses.used, address_key(address));
        else
            g_hash_table_remove(self->addresses.used, address_key(address));
    }
    for (guint i = 0; i <= spec->ports.count; i++) {
        gboolean is_health = i == spec->ports.count;
        gint32 port = is_health ? spec->health_check_node_port : spec->ports.items[i].node_port;
        guint protocol = is_health ? 0 : protocol_number(spec->ports.items[i].protocol);

        if (port == 0)
            continue;
        if (is_used)
            g_hash_table_add(self->ports.used, NODE_PORT_KEY(protocol, port));
        else
            g_hash_table_remove(self->ports.used, NODE_PORT_KEY(protocol, port));
    }
}

void
allocator_note(Allocator *allocator, const ApiObject *old, const ApiObject *new_)
{
    if (old != NULL)
        note_all(allocator, old, FALSE);
    if (new_ != NULL)
        note_all(allocator, new_, TRUE);
}

void
allocator_abandon(Allocator *allocator, const ApiObject *service, const ApiObject *old)
{
    note_all(allocator, service, FALSE);
    if (old != NULL)
        note_all(allocator, old, TRUE);
}
