/* traffic.c - see traffic.h: arrivals, tries, counts */

#include "net/traffic.h"

#include "base/duration.h"
#include "net/histogram.h"
#include "net/traffic_row.h"
#include "net/traffic_way.h"

#define MICRO             G_GINT64_CONSTANT(1000000)
#define RETRY_BASE_NS     (100 * NS_PER_MS)
#define RETRY_CAP_NS      (10 * NS_PER_S)
#define FAILURES_KEPT_MAX 1000000

typedef struct Request Request;

/* One request of a user, over all its tries. */
struct Request {
    Traffic *traffic;
    gint64 arrived_ns;
    guint n_failed; /* tries so far */
    SimTimer retry;
    Request *next, *previous; /* among those under way; `next` also in the free list */
};

struct Traffic {
    Sim *sim;
    TrafficOptions options;
    TrafficWays *ways;
    SimTimer arrival;
    Rng *rng, *rng_retry;
    TrafficCounts counts;
    Histogram latency;
    TrafficRows rows;
    GArray *failures;   /* of TrafficFailure */
    Request *under_way; /* (owned) */
    Request *free_requests;
};

/* --- requests are used again ------------------------------------------------------------ */

static Request *
request_new(Traffic *traffic)
{
    Request *request = traffic->free_requests;

    if (request != NULL)
        traffic->free_requests = request->next;
    else
        request = g_new0(Request, 1);
    request->traffic = traffic;
    request->n_failed = 0;
    request->previous = NULL;
    request->next = traffic->under_way;
    if (request->next != NULL)
        request->next->previous = request;
    traffic->under_way = request;
    return request;
}

static void
request_free(Request *request)
{
    Traffic *traffic = request->traffic;

    if (request->next != NULL)
        request->next->previous = request->previous;
    if (request->previous != NULL)
        request->previous->next = request->next;
    else
        traffic->under_way = request->next;
    request->next = traffic->free_requests;
    traffic->free_requests = request;
}

/* --- one request --------------------------------------------------------------------------- */

static void
count_outcome(Traffic *traffic, FlowOutcome outcome, gint64 arrived_ns, gint64 ended_ns)
{
    gint64 took_us = (ended_ns - arrived_ns) / NS_PER_US;

    traffic->counts.outcomes[outcome]++;
    traffic->counts.in_flight--;
    traffic_rows_count(&traffic->rows, outcome, ended_ns, took_us);
    if (outcome == FLOW_OK) {
        histogram_add(&traffic->latency, took_us);
    } else if (traffic->failures->len < FAILURES_KEPT_MAX) {
        TrafficFailure failure = {arrived_ns, ended_ns - arrived_ns, outcome};

        g_array_append_val(traffic->failures, failure);
    }
}

static void request_on_retry(Sim *sim, gpointer self);

/* Full jitter: uniform between nothing and the back-off. */
static void
retry_later(Request *request)
{
    Traffic *traffic = request->traffic;
    guint doublings = MIN(request->n_failed - 1, 16);
    gint64 most_ns = MIN(RETRY_BASE_NS << doublings, RETRY_CAP_NS);

    sim_timer_init(&request->retry, traffic->sim, SIM_WORLD, request_on_retry, request);
    sim_timer_arm_after(&request->retry, rng_between_ns(traffic->rng_retry, 0, most_ns));
}

static void
try_ended(gpointer user,
          FlowOutcome outcome,
          gint64 started_ns,
          gint64 ended_ns,
          const char *backend_ip)
{
    Request *request = user;

    (void)started_ns;
    (void)backend_ip;
    if (outcome != FLOW_OK && request->n_failed < request->traffic->options.retries) {
        request->n_failed++;
        retry_later(request);
        return;
    }
    count_outcome(request->traffic, outcome, request->arrived_ns, ended_ns);
    request_free(request);
}

/* The name leads nowhere (no such Service, no origin): refused at once, as a failed look-up is. */
static void
try_request(Request *request)
{
    FlowClient *client = traffic_ways_find(request->traffic->ways);
    gint64 now = sim_now_ns(request->traffic->sim);

    if (client != NULL)
        flow_client_request(client, try_ended, request);
    else
        try_ended(request, FLOW_REFUSED, now, now, NULL);
}

static void
request_on_retry(Sim *sim, gpointer self)
{
    (void)sim;
    try_request(self);
}

/* --- arrivals ---------------------------------------------------------------------------------- */

static gint64
next_gap_ns(Traffic *traffic)
{
    gint64 mean_ns = NS_PER_S * MICRO / traffic->options.rate_micro_per_s;

    if (traffic->options.arrivals == ARRIVALS_CONSTANT)
        return mean_ns;
    return rng_exponential_ns(traffic->rng, mean_ns);
}

static void
traffic_on_arrival(Sim *sim, gpointer self)
{
    Traffic *traffic = self;
    Request *request;
    gint64 now = sim_now_ns(sim);

    if (traffic->options.stop_ns >= 0 && now >= traffic->options.stop_ns)
        return;
    request = request_new(traffic);
    request->arrived_ns = now;
    traffic->counts.arrivals++;
    traffic->counts.in_flight++;
    traffic_rows_touch(&traffic->rows, now);
    sim_timer_arm_after(&traffic->arrival, next_gap_ns(traffic));
    try_request(request);
}

static void
arm_first(Traffic *traffic)
{
    gint64 from_ns = MAX(traffic->options.start_ns, sim_now_ns(traffic->sim));

    if (traffic->options.rate_micro_per_s > 0)
        sim_timer_arm_at(&traffic->arrival, from_ns + next_gap_ns(traffic));
    else
        sim_timer_disarm(&traffic->arrival);
}

/* --- life ------------------------------------------------------------------------------------------ */

Traffic *
traffic_new(Sim *sim, World *world, const TrafficOptions *options, const TrafficResolver *resolver)
{
    Traffic *traffic = g_new0(Traffic, 1);

    traffic->sim = sim;
    traffic->options = *options;
    traffic->ways = traffic_ways_new(world, options, resolver);
    traffic_rows_init(&traffic->rows);
    traffic->failures = g_array_new(FALSE, FALSE, sizeof(TrafficFailure));
    traffic->rng = rng_stream(sim, str_internf("traffic/%s", options->name));
    traffic->rng_retry = rng_stream(sim, str_internf("traffic/%s/retry", options->name));
    sim_timer_init(&traffic->arrival, sim, SIM_WORLD, traffic_on_arrival, traffic);
    arm_first(traffic);
    return traffic;
}

static void
free_requests(Request *request)
{
    while (request != NULL) {
        Request *next = request->next;

        sim_timer_clear(&request->retry);
        g_free(request);
        request = next;
    }
}

void
traffic_free(Traffic *traffic)
{
    if (traffic == NULL)
        return;
    sim_timer_clear(&traffic->arrival);
    traffic_ways_free(traffic->ways);
    free_requests(traffic->under_way);
    free_requests(traffic->free_requests);
    traffic_rows_clear(&traffic->rows);
    g_array_unref(traffic->failures);
    histogram_clear(&traffic->latency);
    g_free(traffic);
}

void
traffic_set_rate(Traffic *traffic, gint64 rate_micro_per_s)
{
    traffic->options.rate_micro_per_s = rate_micro_per_s;
    arm_first(traffic);
}

const char *
traffic_name(const Traffic *traffic)
{
    return traffic->options.name;
}

const TrafficCounts *
traffic_counts(const Traffic *traffic)
{
    return &traffic->counts;
}

Value *
traffic_outcomes(const Traffic *traffic)
{
    Value *outcomes = value_new_map();

    for (guint i = 0; i < FLOW_N_OUTCOMES; i++) {
        const char *name = flow_outcome_name(i);
        gint64 before = value_get_int(outcomes, name, 0);

        value_set(outcomes, name, value_new_int(before + (gint64)traffic->counts.outcomes[i]));
    }
    return outcomes;
}

gint64
traffic_quantile_ns(const Traffic *traffic, guint permille)
{
    gint64 us = histogram_quantile_us(&traffic->latency, permille);

    return us < 0 ? -1 : us * NS_PER_US;
}

/* A row that begins later holds answers still on their way. */
guint
traffic_second_count(const Traffic *traffic)
{
    guint begun = (guint)(MAX(sim_now_ns(traffic->sim), 0) / NS_PER_S) + 1;

    return MIN(traffic->rows.rows->len, begun);
}

const TrafficSecond *
traffic_second(const Traffic *traffic, guint second)
{
    return traffic_rows_get(&traffic->rows, second);
}

const TrafficFailure *
traffic_failures(const Traffic *traffic, guint *out_count)
{
    *out_count = traffic->failures->len;
    return (const TrafficFailure *)(gconstpointer)traffic->failures->data;
}
