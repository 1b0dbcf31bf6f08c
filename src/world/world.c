/* world.c - see world.h: the world itself and its wires */

#include "world/world.h"

#include "world/internal.h"
#include "world/stirs.h"

World *
world_new(Sim *sim, const WorldOptions *options)
{
    World *world = g_new0(World, 1);

    world->sim = sim;
    world->calm_until_ns = G_MININT64;
    world->path_changes = 1;
    world->n_stirs = 1;
    world->stirs = g_array_new(FALSE, FALSE, sizeof(Stir));
    if (options != NULL) {
        world->options = *options;
    } else {
        world->options.loopback = DIST_LOGN(10 * NS_PER_US, 20 * NS_PER_US);
        world->options.same_zone = DIST_LOGN(150 * NS_PER_US, 250 * NS_PER_US);
        world->options.cross_zone = DIST_LOGN(500 * NS_PER_US, 750 * NS_PER_US);
        world->options.external = DIST_LOGN(10 * NS_PER_MS, 25 * NS_PER_MS);
    }
    world->machines = g_ptr_array_new();
    world->machine_by_name = g_hash_table_new(NULL, NULL);
    world->machine_by_ip = g_hash_table_new(NULL, NULL);
    world->cuts = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
    world->addresses = g_hash_table_new_full(NULL, NULL, NULL, g_free);
    return world;
}

Sim *
world_sim(World *world)
{
    return world->sim;
}

/* --- changes --------------------------------------------------------------------- */

void
world_add_stir(World *world, void (*stirs)(gpointer self), gpointer self)
{
    Stir stir = {stirs, self};

    g_array_append_val(world->stirs, stir);
}

void
world_remove_stir(World *world, gpointer self)
{
    for (guint i = 0; i < world->stirs->len; i++) {
        if (g_array_index(world->stirs, Stir, i).self == self) {
            g_array_remove_index(world->stirs, i);
            return;
        }
    }
}

guint64
world_stirs(const World *world)
{
    return world->n_stirs;
}

void
world_stir(World *world)
{
    world->n_stirs++;
    for (guint i = 0; i < world->stirs->len; i++) {
        const Stir *stir = &g_array_index(world->stirs, Stir, i);

        stir->stirs(stir->self);
    }
}

/* --- cuts ------------------------------------------------------------------------ */

static gint64
pair_key(const Machine *a, const Machine *b)
{
    guint low = MIN(a->index, b->index);
    guint high = MAX(a->index, b->index);

    return ((gint64)low << 32) | high;
}

static guint
cut_count(const World *world, gint64 key)
{
    return GPOINTER_TO_UINT(g_hash_table_lookup(world->cuts, &key));
}

static void
cut_set(World *world, gint64 key, guint count)
{
    world_paths_changed(world);
    if (count == 0)
        g_hash_table_remove(world->cuts, &key);
    else
        g_hash_table_replace(world->cuts, g_memdup2(&key, sizeof(key)), GUINT_TO_POINTER(count));
}

void
world_cut(World *world, Machine *const *a, guint n_a, Machine *const *b, guint n_b)
{
    world_stir(world);
    for (guint i = 0; i < n_a; i++) {
        for (guint j = 0; j < n_b; j++) {
            gint64 key = pair_key(a[i], b[j]);

            if (a[i] == b[j])
                continue;
            cut_set(world, key, cut_count(world, key) + 1);
            if (cut_count(world, key) == 1)
                conn_path_cut(a[i], b[j]);
        }
    }
}

void
world_heal(World *world, Machine *const *a, guint n_a, Machine *const *b, guint n_b)
{
    world_stir(world);
    for (guint i = 0; i < n_a; i++) {
        for (guint j = 0; j < n_b; j++) {
            gint64 key = pair_key(a[i], b[j]);
            guint count = cut_count(world, key);

            if (a[i] == b[j] || count == 0)
                continue;
            cut_set(world, key, count - 1);
            if (count == 1)
                conn_path_healed(a[i], b[j]);
        }
    }
}

gboolean
world_is_cut(const World *world, const Machine *a, const Machine *b)
{
    if (a == b || g_hash_table_size(world->cuts) == 0)
        return FALSE;
    return cut_count(world, pair_key(a, b)) > 0;
}

/* --- latency ---------------------------------------------------------------------- */

static const Dist *
path_latency(const World *world, const Machine *from, const Machine *to)
{
    if (from == to)
        return &world->options.loopback;
    if (from->is_external || to->is_external)
        return &world->options.external;
    if (str_is(from->zone, to->zone))
        return &world->options.same_zone;
    return &world->options.cross_zone;
}

/* Where latency is steady and nothing is lost, nobody ever draws. */
static Rng *
net_rng(const Machine *machine)
{
    if (machine->rng_net == NULL)
        ((Machine *)machine)->rng_net = rng_stream(machine->world->sim, str_internf("world/net/%s", machine->name));
    return machine->rng_net;
}

gint64
world_latency_ns(World *world, const Machine *from, const Machine *to)
{
    gint64 latency_ns;

    if (from->state != MACHINE_ON || to->state != MACHINE_ON || world_is_cut(world, from, to))
        return G_MAXINT64;
    latency_ns = dist_sample_ns(path_latency(world, from, to), net_rng(from));
    if (from == to)
        return latency_ns;
    if (from->has_extra_delay)
        latency_ns += dist_sample_ns(&from->extra_delay, net_rng(from));
    if (to->has_extra_delay)
        latency_ns += dist_sample_ns(&to->extra_delay, net_rng(to));
    return latency_ns;
}

gint64
world_steady_latency_ns(const World *world, const Machine *from, const Machine *to)
{
    const Dist *latency = path_latency(world, from, to);

    if (from->state != MACHINE_ON || to->state != MACHINE_ON || world_is_cut(world, from, to))
        return -1;
    if (from->has_extra_delay || to->has_extra_delay || from->loss_permille > 0 || to->loss_permille > 0)
        return -1;
    return latency->type == DIST_CONSTANT ? latency->a_ns : -1;
}

void
world_set_calm(World *world, gint64 until_ns)
{
    world->calm_until_ns = until_ns;
}

gboolean
world_is_calm(const World *world, gint64 until_ns)
{
    return until_ns < world->calm_until_ns;
}

gboolean
world_packet_is_lost(World *world, const Machine *from, const Machine *to)
{
    (void)world;
    if (from == to)
        return FALSE;
    if (from->loss_permille > 0 && rng_chance(net_rng(from), from->loss_permille, 1000))
        return TRUE;
    return to->loss_permille > 0 && rng_chance(net_rng(to), to->loss_permille, 1000);
}

gint64
world_transfer_ns(const Machine *from, const Machine *to, gsize bytes)
{
    gint64 rate = MIN(from->nic_bytes_per_s, to->nic_bytes_per_s);

    if (from == to)
        return 0;
    return (gint64)((__int128)bytes * NS_PER_S / rate);
}

/* --- addresses ---------------------------------------------------------------------- */

const Address *
world_find_address(World *world, const char *ip)
{
    return g_hash_table_lookup(world->addresses, ip);
}

Sandbox *
world_find_sandbox_ip(World *world, const char *ip)
{
    const Address *address = g_hash_table_lookup(world->addresses, str_intern(ip));

    return address != NULL ? address->sandbox : NULL;
}

gint64
world_address_gone_ns(World *world, const char *ip)
{
    const Address *address = g_hash_table_lookup(world->addresses, str_intern(ip));

    return address != NULL && address->sandbox == NULL ? address->gone_ns : -1;
}

Machine *
world_route_pod_ip(World *world, const char *ip)
{
    const Address *address = g_hash_table_lookup(world->addresses, str_intern(ip));

    return address != NULL ? address->machine : NULL;
}

void
world_address_take(World *world, const char *ip, Sandbox *sandbox)
{
    Address *address = g_hash_table_lookup(world->addresses, ip);

    if (address == NULL) {
        address = g_new0(Address, 1);
        address->gone_ns = -1;
        g_hash_table_insert(world->addresses, (gpointer)ip, address);
    }
    address->sandbox = sandbox;
    address->machine = sandbox_machine(sandbox);
}

void
world_address_drop(World *world, const char *ip)
{
    Address *address = g_hash_table_lookup(world->addresses, ip);

    if (address == NULL)
        return;
    address->sandbox = NULL;
    address->gone_ns = sim_now_ns(world->sim);
}
