/*
 * hold.c - the queue and the kernel under the hold model: take one, put one back later
 *
 * The same delays for all; drawing them is not part of what is measured.
 */

#include "bench/bare.h"
#include "bench/bench.h"
#include "base/duration.h"
#include "sim/queue.h"
#include "sim/sim.h"

#include <stdio.h>

#define N_ROUNDS 5
#define N_HOLDS 1000000
#define N_DELAYS (1u << 18)

typedef gint64 (*DelayFunc)(Rng *rng);

static gint64
delay_exponential(Rng *rng)
{
    return rng_exponential_ns(rng, NS_PER_S);
}

/* A cluster's mix: hops, heartbeats, small waits, long deadlines. */
static gint64
delay_mixture(Rng *rng)
{
    guint64 percent = rng_below(rng, 100);

    if (percent < 60)
        return rng_exponential_ns(rng, 2 * NS_PER_MS);
    if (percent < 85)
        return 10 * NS_PER_S;
    if (percent < 95)
        return rng_exponential_ns(rng, NS_PER_S);
    return rng_exponential_ns(rng, 300 * NS_PER_S);
}

static gint64 delays[N_DELAYS];
static guint delay_place;

static inline gint64
next_delay(void)
{
    return delays[delay_place++ & (N_DELAYS - 1)];
}

static void
hold_bare(BareHeap *heap, guint n_holds)
{
    for (guint i = 0; i < n_holds; i++) {
        BareEntry entry = bare_take(heap);
        bare_insert(heap, entry.key + (guint64)next_delay(), entry.payload);
    }
}

static void
hold_queue(Queue *queue, guint n_holds)
{
    QueueEntry entry;

    for (guint i = 0; i < n_holds; i++) {
        queue_take(queue, G_MAXUINT64, &entry);
        queue_insert(queue, entry.time_ns + (guint64)next_delay(), entry.tag, entry.generation);
    }
}

typedef struct {
    SimTimer timer;
    guint *left;
} Ticker;

static void
ticker_on_tick(Sim *sim, gpointer self)
{
    Ticker *ticker = self;

    sim_timer_arm_after(&ticker->timer, next_delay());
    if (--*ticker->left == 0)
        sim_stop(sim);
}

static void
hold_sim(Sim *sim, guint *left, guint n_holds)
{
    *left = n_holds;
    sim_run_until(sim, G_MAXINT64);
}

typedef struct {
    BenchRounds bare, queue, sim;
} HoldTimes;

static double
per_hold(gint64 start_ns)
{
    return (double)(bench_now_ns() - start_ns) / N_HOLDS;
}

static void
measure(guint n_pending, HoldTimes *times)
{
    BareHeap bare = {0};
    Queue queue;
    g_autoptr(Sim) sim = sim_new(&(SimOptions){.seed = 1, .no_trace = TRUE});
    g_autofree Ticker *tickers = g_new0(Ticker, n_pending);
    guint left = 0;

    queue_init(&queue, NULL, NULL);
    for (guint i = 0; i < n_pending; i++) {
        gint64 delay_ns = next_delay();
        bare_insert(&bare, (guint64)delay_ns, i);
        queue_insert(&queue, (guint64)delay_ns, i << 3, 0);
        tickers[i].left = &left;
        sim_timer_init(&tickers[i].timer, sim, SIM_WORLD, ticker_on_tick, &tickers[i]);
        sim_timer_arm_after(&tickers[i].timer, delay_ns);
    }
    /* Let the population settle: short delays leave, long ones stay. */
    hold_bare(&bare, 2 * n_pending);
    hold_queue(&queue, 2 * n_pending);
    hold_sim(sim, &left, 2 * n_pending);

    for (guint round = 0; round < N_ROUNDS; round++) {
        gint64 start_ns = bench_now_ns();
        hold_bare(&bare, N_HOLDS);
        bench_rounds_add(&times->bare, per_hold(start_ns));

        start_ns = bench_now_ns();
        hold_queue(&queue, N_HOLDS);
        bench_rounds_add(&times->queue, per_hold(start_ns));

        start_ns = bench_now_ns();
        hold_sim(sim, &left, N_HOLDS);
        bench_rounds_add(&times->sim, per_hold(start_ns));
    }
    queue_clear(&queue);
    bare_clear(&bare);
}

static void
print_times(const char *name, const BenchRounds *rounds, const BenchRounds *bare)
{
    printf("    %-12s min %6.1f ns  median %6.1f ns  ratio %.2f\n",
           name,
           bench_rounds_min(rounds),
           bench_rounds_median(rounds),
           bench_rounds_median(rounds) / bench_rounds_median(bare));
}

static int
hold_one(const char *name, DelayFunc delay, guint n_pending)
{
    HoldTimes times = {0};
    char title[64];
    Rng rng;

    rng_seed(&rng, 1, name);
    for (guint i = 0; i < N_DELAYS; i++)
        delays[i] = delay(&rng);
    delay_place = 0;
    measure(n_pending, &times);

    printf("  %s, %u pending\n", name, n_pending);
    print_times("bare heap", &times.bare, &times.bare);
    print_times("queue", &times.queue, &times.bare);
    print_times("event", &times.sim, &times.bare);

    double bare_ns = bench_rounds_median(&times.bare);
    g_snprintf(title, sizeof title, "queue, %s, %u", name, n_pending);
    int n_broken = bench_promise(title, bench_rounds_median(&times.queue) / bare_ns, 1.35);
    g_snprintf(title, sizeof title, "event, %s, %u", name, n_pending);
    return n_broken + bench_promise(title, bench_rounds_median(&times.sim) / bare_ns, 2.0);
}

int
bench_hold(void)
{
    static const guint sizes[] = {1000, 100000, 1000000};
    int n_broken = 0;

    for (guint i = 0; i < G_N_ELEMENTS(sizes); i++) {
        n_broken += hold_one("exponential", delay_exponential, sizes[i]);
        n_broken += hold_one("mixture", delay_mixture, sizes[i]);
    }
    return n_broken;
}
