/*
 * test_queueing.c - servers against closed forms: processor sharing, workers with a queue, loss, closed loops
 *
 * M/G/1-PS and M/G/c-PS depend on the mean demand only, so a constant demand gives
 * the formulas of M/M/1 and M/M/c; a fractional limit is a birth-death chain.
 * Workers that wait, and a queue in the order of arrival, are M/M/c (Erlang C), M/G/1
 * (Pollaczek-Khinchin), M/M/1/K and M/G/c/c (Erlang B, whatever G is). The
 * mean over the run is held to 2.5 %: 200,000 requests after a warm-up at a load
 * of at most 0.8 leave a standard error of about 1 %.
 */

#include "net/histogram.h"
#include "tests/net/ground.h"

Suite *queueing_suite(void);

#define N_REQUESTS 200000

typedef struct {
    FlowClient *client;
    Sim *sim;
    Rng rng;
    SimTimer arrival;
    gint64 gap_ns;
    guint64 n_sent, n_done, n_skip;
    gint64 sum_ns, in_flight, area_ns, empty_ns, changed_ns;
    guint64 n_blocked;
    Histogram latency; /* of what was served, without the trips */
} Load;

/* SYN, SYN-ACK, request, answer, within one machine. */
#define TRIPS_NS (4 * 2 * WITHIN_NS)

static void
count_area(Load *load)
{
    gint64 now = sim_now_ns(load->sim);

    load->area_ns += load->in_flight * (now - load->changed_ns);
    if (load->in_flight == 0)
        load->empty_ns += now - load->changed_ns;
    load->changed_ns = now;
}

static void
load_done(gpointer user,
          FlowOutcome outcome,
          gint64 started_ns,
          gint64 ended_ns,
          const char *backend_ip)
{
    Load *load = user;

    (void)backend_ip;
    ck_assert(outcome == FLOW_OK || outcome == FLOW_TIMEOUT_CONNECT || outcome == FLOW_TIMEOUT_READ);
    count_area(load);
    load->in_flight--;
    if (load->n_skip > 0) {
        load->n_skip--;
        return;
    }
    load->n_done++;
    if (outcome != FLOW_OK) {
        load->n_blocked++;
        return;
    }
    load->sum_ns += ended_ns - started_ns;
    histogram_add(&load->latency, MAX(ended_ns - started_ns - TRIPS_NS, 0) / NS_PER_US);
}

static void
load_on_arrival(Sim *sim, gpointer self)
{
    Load *load = self;

    (void)sim;
    count_area(load);
    load->in_flight++;
    load->n_sent++;
    flow_client_request(load->client, load_done, load);
    sim_timer_arm_after(&load->arrival, rng_exponential_ns(&load->rng, load->gap_ns));
}

#define EXPONENTIAL(mean)   {.type = DIST_EXPONENTIAL, .a_ns = (mean)}
/* mean twice the scale, CV^2 = 24 / 4 - 1 */
#define WEIBULL_HALF(scale) {.type = DIST_WEIBULL, .a_ns = (scale), .shape_milli = 500}
#define N_QUANTILES         4

static const guint permilles[N_QUANTILES] = {500, 900, 990, 999};

static const struct {
    const char *name;
    gint64 machine_milli, limit_milli;
    guint n_backends;
    gint64 demand_us;
    Dist wait;
    guint workers, backlog; /* workers 0: all are served at once */
    gint64 rate;
    gint64 want_us; /* the mean of what is served */
    gint64 want_quantiles_us[N_QUANTILES]; /* 0: no closed form worth having */
    gint64 want_empty_ppm;                 /* of the time; 0: not held */
    gint64 want_blocked_ppm;               /* of the requests */
    gint64 times;                          /* so many times N_REQUESTS; 0: once */
} queue_cases[] = {
    {"M/G/1 PS, load 0.7", 1000, 0, 1, 20000, .rate = 35, .want_us = 66667, .want_empty_ppm = 300000},
    {"M/G/4 PS, load 0.75", 4000, 0, 1, 20000, .rate = 150, .want_us = 30190},
    {"limit of 1.5 cores", 8000, 1500, 1, 20000, .rate = 40, .want_us = 33830, .want_empty_ppm = 368400},
    {"limit of half a core", 8000, 500, 1, 20000, .rate = 15, .want_us = 100000, .want_empty_ppm = 400000},
    {"random split over four, load 0.8", 64000, 1000, 4, 10000, .rate = 320, .want_us = 50000},
    {"M/M/1", 1000, 0, 1, 0, EXPONENTIAL(10 * NS_PER_MS), 1, 4096, 80, 50000, {34660, 115100, 230300,
     345400}, 200000, .times = 3},
    {"M/M/4", 1000, 0, 1, 0, EXPONENTIAL(100 * NS_PER_MS), 4, 4096, 30, 150900, {0, 0, 600600, 0}},
    {"M/M/4, load 0.8", 1000, 0, 1, 0, EXPONENTIAL(10 * NS_PER_MS), 4, 4096, 320, 17460},
    /* Wq = (1 + CV^2) / 2 * S at a load of 0.5 */
    {"M/G/1, CV^2 1/3, load 0.5", 1000, 0, 1, 0, DIST_UNI(0, 20 * NS_PER_MS), 1, 4096, 50, 16667,
     .want_empty_ppm = 500000},
    {"M/G/1, CV^2 5, load 0.5", 1000, 0, 1, 0, WEIBULL_HALF(5 * NS_PER_MS), 1, 4096, 50, 40000,
     .want_empty_ppm = 500000, .times = 3},
    {"M/D/1, load 0.8", 1000, 0, 1, 0, DIST_CONST(10 * NS_PER_MS), 1, 4096, 80, 30000, .want_empty_ppm = 200000},
    {"M/M/1/10, load 0.9", 1000, 0, 1, 0, EXPONENTIAL(10 * NS_PER_MS), 1, 9, 90, 0, .want_blocked_ppm = 50810},
    {"Erlang B, 10 lines, 7 erlang", 1000, 0, 1, 0, EXPONENTIAL(50 * NS_PER_MS), 10, 0, 140, 50000,
     .want_blocked_ppm = 78740},
    {"Erlang B of constant calls", 1000, 0, 1, 0, DIST_CONST(50 * NS_PER_MS), 10, 0, 140, 50000,
     .want_blocked_ppm = 78740},
};

static void
check_near(const char *name, const char *what, gint64 got, gint64 want, gint64 permille)
{
    if (want != 0)
        ck_assert_msg(ABS(got - want) * 1000 <= permille * want, "%s: %s %" G_GINT64_FORMAT ", want %" G_GINT64_FORMAT,
                      name, what, got, want);
}

static void
check_load(const Load *load, guint i)
{
    const char *name = queue_cases[i].name;
    gint64 n_served = (gint64)(load->n_done - load->n_blocked);
    gint64 mean_us = (load->sum_ns / n_served - TRIPS_NS) / NS_PER_US;
    gint64 whole_ns = MAX(queue_cases[i].times, 1) * N_REQUESTS * load->gap_ns;

    check_near(name, "mean", mean_us, queue_cases[i].want_us, 25);
    for (guint k = 0; k < N_QUANTILES; k++)
        check_near(name, "quantile", histogram_quantile_us(&load->latency, permilles[k]),
                   queue_cases[i].want_quantiles_us[k], k < 2 ? 30 : k == 2 ? 50 : 80);
    check_near(name, "empty", load->empty_ns / (whole_ns / 1000000), queue_cases[i].want_empty_ppm, 25);
    check_near(name, "blocked", (gint64)(load->n_blocked * 1000000 / load->n_done), queue_cases[i].want_blocked_ppm, 40);
    if (queue_cases[i].want_blocked_ppm == 0) { /* Little: L = lambda W */
        ck_assert_uint_eq(load->n_blocked, 0);
        check_near(name, "in the system", load->area_ns * 1000 / whole_ns, mean_us * queue_cases[i].rate / 1000, 20);
    }
}

START_TEST(test_response)
{
    Ground *ground = ground_new(17, queue_cases[_i].machine_milli);
    RtContainer *servers[4];
    Load load = {0};
    gboolean blocks = queue_cases[_i].want_blocked_ppm > 0;

    ground->rule.profile.cpu_ns = queue_cases[_i].demand_us * NS_PER_US;
    ground->rule.profile.wait = queue_cases[_i].wait;
    ground->rule.profile.concurrency = queue_cases[_i].workers;
    ground->rule.profile.backlog = queue_cases[_i].backlog;
    for (guint i = 0; i < queue_cases[_i].n_backends; i++)
        servers[i] = ground_pod(ground, ground->a, queue_cases[_i].limit_milli);
    ground_rules(ground, servers, queue_cases[_i].n_backends);
    /* a SYN that finds no room would come again after a second */
    load.client = ground_client(ground, (FlowClientOptions){.from_machine = ground->a,
                                                            .ip = VIP,
                                                            .port = 80,
                                                            .timeout_ns = blocks ? 900 * NS_PER_MS : 3600 * NS_PER_S});
    load.sim = ground->sim;
    load.gap_ns = NS_PER_S / queue_cases[_i].rate;
    load.n_skip = 5000;
    rng_seed(&load.rng, 17, "load");
    sim_timer_init(&load.arrival, ground->sim, SIM_WORLD, load_on_arrival, &load);
    load.changed_ns = sim_now_ns(ground->sim);
    sim_timer_arm_after(&load.arrival, 0);
    ground_run(ground, MAX(queue_cases[_i].times, 1) * N_REQUESTS * load.gap_ns);
    check_load(&load, _i);
    histogram_clear(&load.latency);
    sim_timer_clear(&load.arrival);
    flow_client_free(load.client);
    ground_free(ground);
}
END_TEST

/* --- users who wait for their answer ------------------------------------------------------------ */

#define N_USERS   20
#define N_ANSWERS 100000

typedef struct Crowd Crowd;
typedef struct {
    Crowd *crowd;
    SimTimer think;
} User;
struct Crowd {
    FlowClient *client;
    Rng rng;
    guint64 n_answers;
    gint64 sum_ns;
    User users[N_USERS];
};

static void
user_answered(gpointer user, FlowOutcome outcome, gint64 started_ns, gint64 ended_ns, const char *backend_ip)
{
    User *self = user;

    (void)backend_ip;
    ck_assert_int_eq(outcome, FLOW_OK);
    self->crowd->n_answers++;
    self->crowd->sum_ns += ended_ns - started_ns - TRIPS_NS;
    sim_timer_arm_after(&self->think, rng_exponential_ns(&self->crowd->rng, NS_PER_S));
}

static void
user_on_thought(Sim *sim, gpointer self)
{
    (void)sim;
    flow_client_request(((User *)self)->crowd->client, user_answered, self);
}

/*
 * Mean value analysis: N 20, D 0.05 s, Z 1 s: X 16.82 a second, R 0.1889 s. With processor sharing
 * D need not be exponential.
 */
START_TEST(test_closed_loop)
{
    Ground *ground = ground_new(3, 1000);
    RtContainer *server;
    Crowd crowd = {0};
    gint64 begin_ns, took_ns;

    ground->rule.profile.cpu_ns = 50 * NS_PER_MS;
    server = ground_pod(ground, ground->a, 0);
    ground_rules(ground, &server, 1);
    crowd.client = ground_client(ground, (FlowClientOptions){.from_machine = ground->a,
                                                             .ip = VIP,
                                                             .port = 80,
                                                             .timeout_ns = 3600 * NS_PER_S});
    rng_seed(&crowd.rng, 3, "crowd");
    begin_ns = sim_now_ns(ground->sim);
    for (guint i = 0; i < N_USERS; i++) {
        crowd.users[i].crowd = &crowd;
        sim_timer_init(&crowd.users[i].think, ground->sim, SIM_WORLD, user_on_thought, &crowd.users[i]);
        sim_timer_arm_after(&crowd.users[i].think, rng_exponential_ns(&crowd.rng, NS_PER_S));
    }
    while (crowd.n_answers < N_ANSWERS)
        ground_run(ground, 10 * NS_PER_S);
    took_ns = sim_now_ns(ground->sim) - begin_ns;
    check_near("closed", "throughput in thousandths", (gint64)crowd.n_answers * 1000 / (took_ns / NS_PER_S), 16820, 15);
    check_near("closed", "response", crowd.sum_ns / (gint64)crowd.n_answers / NS_PER_US, 188900, 25);
    for (guint i = 0; i < N_USERS; i++)
        sim_timer_clear(&crowd.users[i].think);
    flow_client_free(crowd.client);
    ground_free(ground);
}
END_TEST

/* Closed loop would hide it: requests count from their arrival, so an overload grows. */
START_TEST(test_overload_times_out)
{
    Ground *ground = ground_new(1, 1000);
    RtContainer *server;
    Traffic *traffic;
    const TrafficCounts *counts;

    ground->rule.profile.cpu_ns = 20 * NS_PER_MS;
    server = ground_pod(ground, ground->a, 0);
    ground_rules(ground, &server, 1);
    traffic = ground_traffic(ground, (TrafficOptions){.rate_micro_per_s =
                                                          100 * G_GINT64_CONSTANT(1000000)});
    ground_run(ground, 60 * NS_PER_S);
    counts = traffic_counts(traffic);
    /* the server works on for clients that have gone: shared by all, hardly any is in time */
    ck_assert_uint_ge(counts->outcomes[FLOW_TIMEOUT_READ] * 10, counts->arrivals * 8);
    traffic_free(traffic);
    ground_free(ground);
}
END_TEST

Suite *
queueing_suite(void)
{
    Suite *suite = suite_create("queueing");
    TCase *tcase = tcase_create("queueing");

    tcase_set_timeout(tcase, 120);
    tcase_add_loop_test(tcase, test_response, 0, G_N_ELEMENTS(queue_cases));
    tcase_add_test(tcase, test_closed_loop);
    tcase_add_test(tcase, test_overload_times_out);
    suite_add_tcase(suite, tcase);
    return suite;
}
