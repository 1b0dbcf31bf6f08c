/*
 * allocate.c - addresses and node ports of Services
 *
 * Models: v1.34 pkg/registry/core/service/{ipallocator,portallocator,storage/alloc.go}:
 * a static band at the low end is kept for explicit wishes; dynamic ones start
 * at a random place of the upper band and scan upward. A node port is one port, whatever
 * the protocol. All this comes before the Service is validated, so its refusals come alone.
 */

#include "apiserver/server.h"

#include <stdio.h>

/* A contiguous range of numbers, its static band first. */
typedef struct {
    guint64 first, count, offset;
    GHashTable *used; /* set of keys */
} Pool;

struct Allocator {
    guint32 network, mask;
    const char *range; /* (interned) as the options have it */
    Pool addresses, ports;
    Rng *address_rng, *port_rng;
    gint32 port_first, port_last;
};

/* One thing that a call took. */
typedef struct {
    GHashTable *used;
    gpointer key;
} Taken;

struct AllocatorClaim {
    GArray *taken; /* of Taken */
};

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
    self->range = str_intern(options->service_cidr);
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
number_key(guint64 number)
{
    return GSIZE_TO_POINTER((gsize)number);
}

static void
take(AllocatorClaim *claim, Pool *pool, guint64 number)
{
    Taken entry = {pool->used, number_key(number)};

    g_hash_table_add(pool->used, entry.key);
    g_array_append_val(claim->taken, entry);
}

void
allocator_claim_free(AllocatorClaim *claim, gboolean is_kept)
{
    if (claim == NULL)
        return;
    for (guint i = 0; i < claim->taken->len && !is_kept; i++) {
        Taken *entry = &g_array_index(claim->taken, Taken, i);

        g_hash_table_remove(entry->used, entry->key);
    }
    g_array_unref(claim->taken);
    g_free(claim);
}

/* FALSE if the band is full. */
static gboolean
search_band(Pool *pool, guint64 start, guint64 count, Rng *rng, guint64 *out_value)
{
    guint64 from;

    if (count == 0)
        return FALSE;
    from = rng_below(rng, count);
    for (guint64 i = 0; i < count; i++) {
        guint64 value = pool->first + start + (from + i) % count;

        if (!g_hash_table_contains(pool->used, number_key(value))) {
            *out_value = value;
            return TRUE;
        }
    }
    return FALSE;
}

static gboolean
search(Pool *pool, Rng *rng, guint64 *out_value)
{
    if (search_band(pool, pool->offset, pool->count - pool->offset, rng, out_value))
        return TRUE;
    return search_band(pool, 0, pool->offset, rng, out_value);
}

/* --- addresses ----------------------------------------------------------------------- */

static ApiStatus *
refuse_address(const ApiObject *service, const char *address, const char *why)
{
    g_autoptr(ApiErrors) errors = api_errors_new();
    g_autoptr(Value) all = value_new_list();

    for (guint i = 0; i < service_spec(service)->cluster_ips.count; i++)
        value_append(all, value_new_string(service_spec(service)->cluster_ips.items[i]));
    api_errors_push(errors, "spec");
    field_invalid_value(errors, "clusterIPs", all, str_internf("failed to allocate IP %s: %s", address, why));
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

/* isMatchingPreferDualStackClusterIPFields: nothing changes without an express wish. */
static gboolean
stays_as_it_was(const ServiceSpec *spec, const ServiceSpec *old)
{
    return old != NULL && str_is(spec->type, old->type) && str_is(spec->ip_family_policy, "PreferDualStack") &&
           (old->ip_family_policy == NULL || str_is(old->ip_family_policy, "PreferDualStack")) &&
           str_list_equal(&spec->cluster_ips, &old->cluster_ips) &&
           str_list_equal(&spec->ip_families, &old->ip_families);
}

/* An update: who wants a single family lets the second go; who wants more may not shorten the lists. */
static void
check_reduction(ApiErrors *errors, ServiceSpec *spec, const ServiceSpec *old)
{
    static const char *const why = "must be 'SingleStack' to release the secondary %s";
    StrList *lists[] = {&spec->cluster_ips, &spec->ip_families};
    const StrList *before[] = {&old->cluster_ips, &old->ip_families};
    static const char *const names[] = {"cluster IP", "IP family"};

    for (guint i = 0; i < G_N_ELEMENTS(lists); i++) {
        if (str_is(spec->ip_family_policy, "SingleStack")) {
            if (lists[i]->count > 1 && str_list_equal(lists[i], before[i]))
                lists[i]->count = 1;
        } else if (lists[i]->count > 0 && lists[i]->count < before[i]->count) {
            field_invalid_string(errors, "ipFamilyPolicy", spec->ip_family_policy, str_internf(why, names[i]));
        }
    }
}

static ApiStatus *
refuse_if_any(const ApiObject *service, const ApiErrors *errors)
{
    return errors->list.count == 0 ? NULL : api_status_invalid(service->kind, api_name(service), errors);
}

/* initIPFamilyFields */
static ApiStatus *
set_families(ApiObject *service, ServiceSpec *spec, const ServiceSpec *old)
{
    gboolean is_bare = str_is(spec->cluster_ip, "None") && spec->selector.count == 0;
    g_autoptr(ApiErrors) errors = api_errors_new();

    if (str_is(spec->type, "ExternalName") || stays_as_it_was(spec, old))
        return NULL;
    if (spec->ip_family_policy == NULL)
        spec->ip_family_policy = old != NULL && old->ip_family_policy != NULL
                                     ? old->ip_family_policy
                                     : str_intern(is_bare ? "RequireDualStack" : "SingleStack");
    api_errors_push(errors, "spec");
    service_check_cluster_ips(spec, errors);
    if (errors->list.count > 0)
        return refuse_if_any(service, errors);
    if (old != NULL)
        check_reduction(errors, spec, old);
    check_wishes(errors, spec);
    infer_families(errors, spec);
    /* Headless without a selector: endpoints are made by hand and may be of any family. */
    if (errors->list.count == 0 && !is_bare)
        check_configured(errors, spec);
    if (errors->list.count > 0)
        return refuse_if_any(service, errors);
    if (spec->ip_families.count == 0)
        str_list_add(&spec->ip_families, str_intern("IPv4"));
    if (is_bare && spec->ip_families.count < 2 && !str_is(spec->ip_family_policy, "SingleStack"))
        str_list_add(&spec->ip_families,
                     str_intern(str_is(spec->ip_families.items[0], "IPv4") ? "IPv6" : "IPv4"));
    return NULL;
}

/* NULL: @address may be taken. */
static const char *
address_fault(Allocator *self, guint32 address)
{
    guint64 last = self->addresses.first + self->addresses.count;

    if ((address & self->mask) != self->network)
        return "the provided network does not match the current range";
    if (address < self->addresses.first || address >= last)
        return str_internf("the provided IP (%s) is not in the valid range. The range of valid IPs is %s",
                           format_ip(address), self->range);
    return g_hash_table_contains(self->addresses.used, number_key(address)) ? "provided IP is already allocated" : NULL;
}

/* allocClusterIPs; of an update only if the Service had none before (updateClusterIPs). */
static ApiStatus *
assign_address(Allocator *self, ApiObject *service, const ServiceSpec *old, AllocatorClaim *claim)
{
    ServiceSpec *spec = api_edit_spec(service);
    const char *fault;
    guint32 address;
    guint64 value;

    if (str_is(spec->type, "ExternalName") || (old != NULL && !str_is(old->type, "ExternalName")))
        return NULL;
    if (str_is(spec->cluster_ip, "None"))
        return NULL;
    if (!str_is_empty(spec->cluster_ip)) {
        fault = parse_ip(spec->cluster_ip, &address) ? address_fault(self, address)
                                                     : "the provided network does not match the current range";
        if (fault != NULL)
            return refuse_address(service, spec->cluster_ip, fault);
        take(claim, &self->addresses, address);
        return NULL;
    }
    if (!search(&self->addresses, self->address_rng, &value))
        return api_status_internal("failed to allocate a serviceIP: range is full");
    take(claim, &self->addresses, value);
    spec->cluster_ip = format_ip((guint32)value);
    while (spec->cluster_ips.count > 0)
        str_list_remove(&spec->cluster_ips, spec->cluster_ips.items[0]);
    str_list_add(&spec->cluster_ips, spec->cluster_ip);
    return NULL;
}

/* --- ports --------------------------------------------------------------------------- */

static gboolean
has_ports_on_nodes(const ServiceSpec *spec)
{
    return str_is(spec->type, "NodePort") || str_is(spec->type, "LoadBalancer");
}

/* shouldAllocateNodePorts; what is asked for by number is taken in any case. */
static gboolean
wants_node_ports(const ServiceSpec *spec)
{
    return str_is(spec->type, "NodePort") || spec->allocate_load_balancer_node_ports != OPT_FALSE;
}

static gboolean
has_node_port(const ServiceSpec *spec, gint32 node_port)
{
    for (guint i = 0; spec != NULL && i < spec->ports.count; i++)
        if (spec->ports.items[i].node_port == node_port)
            return TRUE;
    return FALSE;
}

/* NULL: taken. */
static const char *
take_port(Allocator *self, gint32 port, AllocatorClaim *claim)
{
    if (port < self->port_first || port > self->port_last)
        return str_internf("provided port is not in the valid range. The range of valid ports is %d-%d",
                           self->port_first, self->port_last);
    if (g_hash_table_contains(self->ports.used, number_key((guint64)port)))
        return "provided port is already allocated";
    take(claim, &self->ports, (guint64)port);
    return NULL;
}

static ApiStatus *
take_wished_port(Allocator *self, const ApiObject *service, guint index, gint32 port, AllocatorClaim *claim)
{
    const char *fault = take_port(self, port, claim);
    g_autoptr(ApiErrors) errors = api_errors_new();

    if (fault == NULL)
        return NULL;
    field_invalid_int(errors, str_internf("spec.ports[%u].nodePort", index), port, fault);
    return api_status_invalid(service->kind, api_name(service), errors);
}

static ApiStatus *
take_any_port(Allocator *self, gint32 *out_port, AllocatorClaim *claim)
{
    guint64 value;

    if (!search(&self->ports, self->port_rng, &value))
        return api_status_internal("failed to allocate a nodePort: range is full");
    take(claim, &self->ports, value);
    *out_port = (gint32)value;
    return NULL;
}

/* What an earlier port of the same number has; else what any port of that number asks for; 0: neither. */
static gint32
shared_node_port(const ServiceSpec *spec, const gint32 *given, guint index, gboolean *out_is_taken)
{
    gint32 number = spec->ports.items[index].port;

    for (guint i = 0; i < index; i++)
        if (given[i] != 0 && spec->ports.items[i].port == number) {
            *out_is_taken = TRUE;
            return given[i];
        }
    *out_is_taken = FALSE;
    for (guint i = 0; i < spec->ports.count; i++)
        if (spec->ports.items[i].port == number && spec->ports.items[i].node_port != 0)
            return spec->ports.items[i].node_port;
    return 0;
}

/* initNodePorts: ports of one number but different protocols share their node port. */
static ApiStatus *
assign_ports(Allocator *self, ApiObject *service, AllocatorClaim *claim)
{
    ServiceSpec *spec = api_edit_spec(service);
    g_autofree gint32 *given = g_new0(gint32, spec->ports.count + 1);
    ApiStatus *status = NULL;

    for (guint i = 0; status == NULL && i < spec->ports.count; i++) {
        ServicePort *port = &spec->ports.items[i];
        gboolean is_taken;
        gint32 shared = shared_node_port(spec, given, i, &is_taken);

        if (port->node_port == 0 && !wants_node_ports(spec))
            continue;
        if (is_taken && port->node_port == 0)
            port->node_port = shared;
        else if (is_taken && port->node_port != shared)
            status = take_wished_port(self, service, i, port->node_port, claim);
        else if (!is_taken && shared == 0)
            status = take_any_port(self, &port->node_port, claim);
        else if (!is_taken)
            status = take_wished_port(self, service, i, port->node_port = shared, claim);
        /* The first port of a number decides for those behind it. */
        given[i] = is_taken ? shared : port->node_port;
    }
    return status;
}

/* updateNodePorts */
static ApiStatus *
update_ports(Allocator *self, ApiObject *service, const ServiceSpec *old, AllocatorClaim *claim)
{
    ServiceSpec *spec = api_edit_spec(service);
    ApiStatus *status = NULL;

    for (guint i = 0; status == NULL && i < spec->ports.count; i++) {
        ServicePort *port = &spec->ports.items[i];
        ServiceSpec seen = {.ports = {spec->ports.items, i}};

        if (port->node_port == 0 && !wants_node_ports(spec))
            continue;
        if (port->node_port == 0)
            status = take_any_port(self, &port->node_port, claim);
        else if (!has_node_port(old, port->node_port) && !has_node_port(&seen, port->node_port))
            status = take_wished_port(self, service, i, port->node_port, claim);
        for (guint k = 0; status == NULL && k < i; k++)
            if (spec->ports.items[k].node_port == port->node_port && str_is(spec->ports.items[k].protocol, port->protocol))
                status = api_status_new(500, NULL, str_internf("duplicate nodePort: {%s %d}", port->protocol, port->node_port));
    }
    return status;
}

static gboolean
needs_health_port(const ServiceSpec *spec)
{
    return spec != NULL && str_is(spec->type, "LoadBalancer") && str_is(spec->external_traffic_policy, "Local");
}

/* allocHealthCheckNodePort */
static ApiStatus *
assign_health_port(Allocator *self, ApiObject *service, AllocatorClaim *claim)
{
    ServiceSpec *spec = api_edit_spec(service);
    const char *fault;
    guint64 value;

    if (spec->health_check_node_port != 0) {
        fault = take_port(self, spec->health_check_node_port, claim);
        return fault == NULL ? NULL
                             : api_status_internal(str_internf("failed to allocate requested HealthCheck NodePort %d: %s",
                                                               spec->health_check_node_port, fault));
    }
    if (!search(&self->ports, self->port_rng, &value))
        return api_status_internal("failed to allocate a HealthCheck NodePort 0: range is full");
    take(claim, &self->ports, value);
    spec->health_check_node_port = (gint32)value;
    return NULL;
}

ApiStatus *
allocator_assign(Allocator *allocator, ApiObject *service, const ApiObject *old, AllocatorClaim **out_claim)
{
    const ServiceSpec *before = old == NULL ? NULL : service_spec(old);
    AllocatorClaim *claim;
    ApiStatus *status;

    *out_claim = NULL;
    if (old != NULL && service->spec == old->spec)
        return NULL;
    claim = g_new0(AllocatorClaim, 1);
    claim->taken = g_array_new(FALSE, FALSE, sizeof(Taken));
    service->kind->begin(service, old);
    status = set_families(service, api_edit_spec(service), before);
    if (status == NULL)
        status = assign_address(allocator, service, before, claim);
    if (status == NULL && has_ports_on_nodes(service_spec(service)))
        status = old == NULL ? assign_ports(allocator, service, claim) : update_ports(allocator, service, before, claim);
    if (status == NULL && needs_health_port(service_spec(service)) && !needs_health_port(before))
        status = assign_health_port(allocator, service, claim);
    if (status != NULL)
        allocator_claim_free(g_steal_pointer(&claim), FALSE);
    *out_claim = claim;
    return status;
}

/* --- what is stored ------------------------------------------------------------------ */

static void
note(Pool *pool, guint64 number, gboolean is_used)
{
    if (is_used)
        g_hash_table_add(pool->used, number_key(number));
    else
        g_hash_table_remove(pool->used, number_key(number));
}

static void
note_all(Allocator *self, const ApiObject *service, gboolean is_used)
{
    const ServiceSpec *spec = service_spec(service);
    guint32 address;

    if (parse_ip(spec->cluster_ip, &address))
        note(&self->addresses, address, is_used);
    for (guint i = 0; i < spec->ports.count; i++)
        if (spec->ports.items[i].node_port != 0)
            note(&self->ports, (guint64)spec->ports.items[i].node_port, is_used);
    if (spec->health_check_node_port != 0)
        note(&self->ports, (guint64)spec->health_check_node_port, is_used);
}

void
allocator_note(Allocator *allocator, const ApiObject *old, const ApiObject *new_)
{
    if (old != NULL)
        note_all(allocator, old, FALSE);
    if (new_ != NULL)
        note_all(allocator, new_, TRUE);
}
