/*
 * host.c - see world.h: the host of a cluster whose nodes are played
 *
 * Everything was measured with v1.34.4 where several such clusters shared two cores and a disk: 75 recordings, 900
 * pods. What takes time there depends on the recording (half of the variance of ln(created to bound) is between
 * them), on the moment (a pod that was bound late is reported late: correlation 0.57, and a second later still 0.35),
 * and on what the cluster itself has just written: created to bound is 8 ms (median) alone, 12 ms where three pods
 * come at once, 25 ms where ten do, while a second pod that is created, or gets ready, at the same time is seen 0 to
 * 3 ms after the first. So it is not the requests that slow each other, but what every write sets going in those that
 * watch.
 */

#include "world/internal.h"

#include "sim/fixed.h"

#define LOAD_HALF_LIFE_NS (20 * NS_PER_MS)
#define ONE               1000 /* a write, in thousandths */
#define LOAD_MOST         (20 * ONE) /* as in the recordings; clusters that write more have a larger host */
#define QUEUE_NS          (600 * NS_PER_US) /* for one write under way */
#define QUEUE_SQUARE_NS   (30 * NS_PER_US)  /* and for its square: the cores are two */

#define PHASE_NS (500 * NS_PER_MS)
/* Factors in millionths: median 1, sigma 0.5 each. */
static const Dist factor_run = {.type = DIST_LOGNORMAL, .a_ns = 1000000, .b_ns = 3200000};
static const Dist factor_phase = {.type = DIST_LOGNORMAL, .a_ns = 1000000, .b_ns = 3200000};

void
world_share_host(World *world)
{
    Host *host = &world->host;

    host->rng = rng_stream(world->sim, "host");
    host->factor_run = dist_sample_ns(&factor_run, host->rng);
    host->factor_phase = dist_sample_ns(&factor_phase, host->rng);
    host->phase_end_ns = sim_now_ns(world->sim) + PHASE_NS;
}

gboolean
world_host_is_shared(const World *world)
{
    return world->host.rng != NULL;
}

/* The factor of an instant does not depend on who asked before. */
static gint64
slowed_ns(World *world, gint64 ns)
{
    Host *host = &world->host;

    while (sim_now_ns(world->sim) >= host->phase_end_ns) {
        host->factor_phase = dist_sample_ns(&factor_phase, host->rng);
        host->phase_end_ns += PHASE_NS;
    }
    return ns * host->factor_run / 1000000 * host->factor_phase / 1000000;
}

static gint64
load_now(World *world)
{
    Host *host = &world->host;
    gint64 age_ns = MIN(sim_now_ns(world->sim) - host->load_at_ns, 64 * LOAD_HALF_LIFE_NS);
    gint64 halvings_q48 = age_ns * (FIXED_ONE_Q48 / LOAD_HALF_LIFE_NS);

    host->load = fixed_scale_exp2(host->load, -halvings_q48);
    host->load_at_ns = sim_now_ns(world->sim);
    return MIN(host->load, LOAD_MOST);
}

void
world_host_note(World *world, guint writes_milli)
{
    if (!world_host_is_shared(world))
        return;
    load_now(world);
    world->host.load += writes_milli;
}

gint64
world_host_queue_ns(World *world)
{
    gint64 load;

    if (!world_host_is_shared(world))
        return 0;
    load = load_now(world);
    return slowed_ns(world, load * QUEUE_NS / ONE + load * load / ONE * QUEUE_SQUARE_NS / ONE);
}

gint64
world_host_ns(World *world, gint64 idle_ns)
{
    if (!world_host_is_shared(world))
        return idle_ns;
    return slowed_ns(world, idle_ns + idle_ns * load_now(world) * 3 / (10 * ONE));
}

gint64
world_host_slow_ns(World *world, gint64 idle_ns)
{
    return world_host_is_shared(world) ? slowed_ns(world, idle_ns) : idle_ns;
}
