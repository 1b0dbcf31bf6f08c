/*
 * test_cpu.c - CPUs shared as a fluid
 *
 * Expectations: weighted max-min fairness worked by hand; processor sharing in
 * closed form (M/G/1-PS, M/G/c-PS with at most one core a job, birth-death chain
 * for a fractional limit).
 */

#include "base/duration.h"
#include "world/rt.h"

#include <check.h>

Suite *cpu_suite(void);

#define N_GROUPS 3
#define MS       NS_PER_MS

typedef struct {
    gint64 request_milli, limit_milli;
    guint n_jobs;
    gint64 work_ms;
    gint64 done_ms; /* when the last of its jobs is over */
} Load;

static const struct {
    const char *name;
    gint64 cpu_milli;
    Load loads[N_GROUPS];
} cases[] = {
    {"alone", 2000, {{100, 0, 1, 50, 50}}},
    {"a quota of a fifth: five times as long", 2000, {{100, 200, 1, 50, 250}}},
    {"one thread cannot use two cores", 2000, {{2000, 0, 1, 50, 50}}},
    {"two threads share one core of quota", 2000, {{100, 1000, 2, 10, 20}}},
    {"enough for all", 2000, {{100, 0, 1, 30, 30}, {300, 0, 1, 30, 30}}},
    /* 1/4 and 3/4; the second is done at 40, the first has 20 left then */
    {"by weight", 1000, {{100, 0, 1, 30, 60}, {300, 0, 1, 30, 40}}},
    /* no request is weight 2 */
    {"best effort starves beside a request", 1000, {{0, 0, 1, 1, 100}, {198, 0, 1, 100, 101}}},
    /* the small one is served (0.2), 1.8 of 2 cores are left for three threads: 0.6 each */
    {"water-filling", 2000, {{1000, 200, 1, 20, 100}, {1000, 0, 3, 60, 100}}},
    /* shares 0.5/0.5 of 1; quota 0.25 holds the first, the second gets 0.75 */
    {"what a quota leaves goes to others", 1000, {{100, 250, 1, 25, 100}, {100, 0, 1, 75, 100}}},
};

typedef struct {
    Sim *sim;
    gint64 done_ns;
} Watch;

static void
on_done(gpointer user)
{
    Watch *watch = user;

    watch->done_ns = sim_now_ns(watch->sim);
}

START_TEST(test_share)
{
    Sim *sim = sim_new(&(SimOptions){.seed = 1});
    CpuPool pool;
    CpuGroup groups[N_GROUPS] = {0};
    CpuJob jobs[N_GROUPS][4] = {0};
    Watch watches[N_GROUPS] = {0};

    cpu_pool_init(&pool, sim, cases[_i].cpu_milli);
    for (guint i = 0; i < N_GROUPS; i++) {
        const Load *load = &cases[_i].loads[i];

        watches[i].sim = sim;
        cpu_group_init(&groups[i], &pool, load->request_milli, load->limit_milli);
        for (guint j = 0; j < load->n_jobs; j++)
            cpu_job_start(&groups[i], &jobs[i][j], load->work_ms * MS, on_done, &watches[i]);
    }
    sim_run_until(sim, 10 * NS_PER_S);
    for (guint i = 0; i < N_GROUPS; i++) {
        gint64 late_ns = watches[i].done_ns - cases[_i].loads[i].done_ms * MS;

        ck_assert_msg(ABS(late_ns) <= 100, "%s: load %u done at %" G_GINT64_FORMAT " ns",
                      cases[_i].name, i, watches[i].done_ns);
        cpu_group_clear(&groups[i]);
    }
    cpu_pool_clear(&pool);
    sim_free(sim);
}
END_TEST

/* --- queues ------------------------------------------------------------------------------- */

static const struct {
    const char *name;
    gint64 cpu_milli, limit_milli;
    gint64 arrivals_per_s;
    gint64 mean_us; /* E[T], service 20 ms of one core */
} queues[] = {
    {"M/G/1 PS", 1000, 0, 35, 66670},
    {"M/G/4 PS", 4000, 0, 150, 30190},
    {"limit of 1.5 cores", 4000, 1500, 40, 33830},
    {"limit of half a core", 4000, 500, 15, 100000},
};

#define N_REQUESTS 120000

typedef struct {
    CpuJob job;
    gint64 arrived_ns;
    gpointer queue;
} Request;

typedef struct {
    Sim *sim;
    Rng *rng;
    CpuGroup group;
    SimTimer arrival;
    Request *requests;
    guint n_arrived, n_done;
    gint64 arrivals_per_s, total_ns;
} Queue;

static void
on_served(gpointer user)
{
    Request *request = user;
    Queue *queue = request->queue;

    queue->n_done++;
    queue->total_ns += sim_now_ns(queue->sim) - request->arrived_ns;
}

static void
on_arrival(Sim *sim, gpointer self)
{
    Queue *queue = self;
    Request *request = &queue->requests[queue->n_arrived++];

    request->queue = queue;
    request->arrived_ns = sim_now_ns(sim);
    cpu_job_start(&queue->group, &request->job, rng_exponential_ns(queue->rng, 20 * MS), on_served,
                  request);
    if (queue->n_arrived < N_REQUESTS)
        sim_timer_arm_after(&queue->arrival,
                            rng_exponential_ns(queue->rng, NS_PER_S / queue->arrivals_per_s));
}

START_TEST(test_processor_sharing)
{
    Sim *sim = sim_new(&(SimOptions){.seed = 11});
    CpuPool pool;
    Queue queue = {.sim = sim,
                   .rng = rng_stream(sim, "test"),
                   .arrivals_per_s = queues[_i].arrivals_per_s};
    gint64 mean_us;

    cpu_pool_init(&pool, sim, queues[_i].cpu_milli);
    cpu_group_init(&queue.group, &pool, 100, queues[_i].limit_milli);
    queue.requests = g_new0(Request, N_REQUESTS);
    sim_timer_init(&queue.arrival, sim, SIM_WORLD, on_arrival, &queue);
    sim_timer_arm_after(&queue.arrival, 0);
    sim_run_until(sim, 100000 * NS_PER_S);
    ck_assert_uint_eq(queue.n_done, N_REQUESTS);
    mean_us = queue.total_ns / N_REQUESTS / 1000;
    ck_assert_msg(ABS(mean_us - queues[_i].mean_us) * 100 <= queues[_i].mean_us * 4,
                  "%s: %" G_GINT64_FORMAT " us", queues[_i].name, mean_us);
    sim_timer_clear(&queue.arrival);
    cpu_group_clear(&queue.group);
    cpu_pool_clear(&pool);
    g_free(queue.requests);
    sim_free(sim);
}
END_TEST

Suite *
cpu_suite(void)
{
    Suite *suite = suite_create("cpu");
    TCase *tcase = tcase_create("cpu");

    tcase_set_timeout(tcase, 60);
    tcase_add_loop_test(tcase, test_share, 0, G_N_ELEMENTS(cases));
    tcase_add_loop_test(tcase, test_processor_sharing, 0, G_N_ELEMENTS(queues));
    suite_add_tcase(suite, tcase);
    return suite;
}
