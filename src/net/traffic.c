/* traffic.c - see traffic.h */

#include "net/traffic.h"

#include "base/duration.h"
#include "net/histogram.h"

#define MICRO G_GINT64_CONSTANT(1000000)

typedef struct {
    Traffic *traffic;
    gint64 arrived_ns;
    guint tries_left;
    guint32 slot; /* in traffic->attempts, for the end of the run */
} Attempt;

/* Latencies of the second under way, in microseconds; folded into its row when the second is over. */
typedef struct {
    GArray *values; /* of gint64 */
    guint second;
} Recent;

struct Traffic {
    Sim *sim;
    World *world;
    TrafficOptions options;
    TrafficResolver resolver;
    GHashTable *clients; /* destination -> FlowClient*: one per way in */
    GPtrArray *client_list; /* (owned) the same, in order of making */
    GPtrArray *attempts; /* (owned) Attempt* under way */
    SimTimer arrival;
    Rng *rng;
    TrafficCounts counts;
    Histogram latency;
    GArray *seconds;  /* of TrafficSecond */
    GArray *failures; /* of TrafficFailure */
    Recent recent;
};

/* --- rows --------------------------------------------------------------------------------- */

static gint
compare_values(gconstpointer a, gconstpointer b)
{
    gint64 x = *(const gint64 *)a;
    gint64 y = *(const gint64 *)b;

    return x < y ? -1 : x > y;
}

static gint64
quantile_of(const GArray *values, guint permille)
{
    guint rank = MAX((values->len * permille + 999) / 1000, 1);

    return values->len == 0 ? -1 : g_array_index(values, gint64, rank - 1);
}

static void
fold_recent(Traffic *traffic)
{
    TrafficSecond *row;

    if (traffic->recent.values->len == 0)
        return;
    row = &g_array_index(traffic->seconds, TrafficSecond, traffic->recent.second);
    g_array_sort(traffic->recent.values, compare_values);
    row->p50_us = quantile_of(traffic->recent.values, 500);
    row->p90_us = quantile_of(traffic->recent.values, 900);
    row->p99_us = quantile_of(traffic->recent.values, 990);
    g_array_set_size(traffic->recent.values, 0);
}

static TrafficSecond *
row_at(Traffic *traffic, gint64 time_ns)
{
    guint second = (guint)(MAX(time_ns, 0) / NS_PER_S);

    while (traffic->seconds->len <= second) {
        TrafficSecond empty = {.p50_us = -1, .p90_us = -1, .p99_us = -1};
        g_array_append_val(traffic->seconds, empty);
    }
    return &g_array_index(traffic->seconds, TrafficSecond, second);
}

static void
count_outcome(Traffic *traffic, FlowOutcome outcome, gint64 arrived_ns, gint64 ended_ns)
{
    TrafficSecond *row = row_at(traffic, ended_ns);
    guint second = (guint)(MAX(ended_ns, 0) / NS_PER_S);
    gint64 took_us = (ended_ns - arrived_ns) / NS_PER_US;

    traffic->counts.outcomes[outcome]++;
    traffic->counts.in_flight--;
    if (outcome != FLOW_OK) {
        TrafficFailure failure = {arrived_ns, ended_ns - arrived_ns, outcome};
        g_array_append_val(traffic->failures, failure);
    }
    switch (outcome) {
    case FLOW_OK:
        row->ok++;
        histogram_add(&traffic->latency, took_us);
        if (traffic->recent.second != second) {
            fold_recent(traffic);
            traffic->recent.second = second;
        }
        g_array_append_val(traffic->recent.values, took_us);
        break;
    case FLOW_REFUSED:
        row->refused++;
        break;
    case FLOW_RESET:
        row->reset++;
        break;
    case FLOW_TIMEOUT_CONNECT:
    case FLOW_TIMEOUT_READ:
        row->timeout++;
        break;
    default:
        row->other++;
    }
}

/* --- where to -------------------------------------------------------------------------------- */

/* One FlowClient per way in, so that each keeps its ports and connections. */
static FlowClient *
client_for(Traffic *traffic, Machine *from, Sandbox *sandbox, Machine *entry, const char *ip, gint32 port)
{
    g_autofree char *key = g_strdup_printf("%s|%s|%s|%d", sandbox != NULL ? sandbox_id(sandbox) : machine_name(from), entry != NULL ? machine_name(entry) : "", ip != NULL ? ip : "", port);
    FlowClient *client = g_hash_table_lookup(traffic->clients, key);
    g_autofree char *name = NULL;

    if (client != NULL)
        return client;
    name = g_strdup_printf("%s/%u", traffic->options.name, g_hash_table_size(traffic->clients));
    client = flow_client_new(traffic->world, &(FlowClientOptions){
        .name = name, .from_machine = from, .from_sandbox = sandbox, .entry = entry, .ip = ip, .port = port,
        .timeout_ns = traffic->options.timeout_ns, .first_port = traffic->options.client_ports > 0 ? 1024 : 0,
        .n_ports = traffic->options.client_ports, .reuse = traffic->options.reuse});
    g_hash_table_insert(traffic->clients, g_steal_pointer(&key), client);
    g_ptr_array_add(traffic->client_list, client);
    return client;
}

static gboolean
split_service(const char *text, const char **out_namespace, const char **out_name)
{
    const char *slash = strchr(text, '/');

    if (slash == NULL)
        return FALSE;
    *out_namespace = str_intern_len(text, (gsize)(slash - text));
    *out_name = str_intern(slash + 1);
    return TRUE;
}

/* Who sends: a machine, and a pod's network if it is a pod. FALSE: it does not exist now. */
static gboolean
find_origin(Traffic *traffic, Machine **out_machine, Sandbox **out_sandbox)
{
    const TrafficResolver *resolver = &traffic->resolver;
    const char *from = traffic->options.from;

    *out_sandbox = NULL;
    if (g_str_has_prefix(from, "pod/")) {
        g_auto(GStrv) parts = g_strsplit(from, "/", -1);
        guint n = g_strv_length(parts);

        *out_sandbox = resolver->find_pod(resolver->self, str_intern(n > 2 ? parts[1] : "default"), str_intern(parts[n - 1]), out_machine);
        return *out_sandbox != NULL;
    }
    if (g_str_has_prefix(from, "node/")) {
        *out_machine = resolver->find_node(resolver->self, from + strlen("node/"));
        return *out_machine != NULL;
    }
    *out_machine = resolver->external;
    return TRUE;
}

static FlowClient *
find_way(Traffic *traffic)
{
    const TrafficResolver *resolver = &traffic->resolver;
    const TrafficOptions *options = &traffic->options;
    Machine *from;
    Sandbox *sandbox;
    const char *namespace_, *name;
    const char *ip = NULL;

    if (!find_origin(traffic, &from, &sandbox))
        return NULL;
    if (options->to_node != NULL) {
        Machine *entry = resolver->find_node(resolver->self, options->to_node);
        return entry != NULL ? client_for(traffic, from, sandbox, entry, NULL, options->port) : NULL;
    }
    if (options->to_service == NULL || !split_service(options->to_service, &namespace_, &name))
        return NULL;
    if (from == resolver->external) {
        Machine *entry;
        gint32 port;

        if (!resolver->resolve_external(resolver->self, namespace_, name, options->port, &entry, &port))
            return NULL;
        if (port != 0)
            return client_for(traffic, from, NULL, entry, NULL, port);
        if (!resolver->resolve_service(resolver->self, namespace_, name, &ip))
            return NULL;
        return client_for(traffic, from, NULL, entry, ip, options->port);
    }
    if (!resolver->resolve_service(resolver->self, namespace_, name, &ip))
        return NULL;
    return client_for(traffic, from, sandbox, NULL, ip, options->port);
}

/* --- requests ------------------------------------------------------------------------------------ */

static void try_request(Attempt *attempt);

static void
forget_attempt(Attempt *attempt)
{
    GPtrArray *attempts = attempt->traffic->attempts;
    Attempt *last = g_ptr_array_index(attempts, attempts->len - 1);

    last->slot = attempt->slot;
    attempts->pdata[attempt->slot] = last;
    g_ptr_array_set_size(attempts, (gint)attempts->len - 1);
    g_free(attempt);
}

static void
attempt_ended(gpointer user, FlowOutcome outcome, gint64 started_ns, gint64 ended_ns, const char *backend_ip)
{
    Attempt *attempt = user;

    (void)started_ns;
    (void)backend_ip;
    if (outcome != FLOW_OK && attempt->tries_left > 0) {
        attempt->tries_left--;
        try_request(attempt);
        return;
    }
    count_outcome(attempt->traffic, outcome, attempt->arrived_ns, ended_ns);
    forget_attempt(attempt);
}

/* The name leads nowhere (no such Service, no origin): refused at once, as a failed look-up is. */
static void
try_request(Attempt *attempt)
{
    FlowClient *client = find_way(attempt->traffic);

    if (client != NULL) {
        flow_client_request(client, attempt_ended, attempt);
        return;
    }
    count_outcome(attempt->traffic, FLOW_REFUSED, attempt->arrived_ns, sim_now_ns(attempt->traffic->sim));
    forget_attempt(attempt);
}

static gint64
next_gap_ns(Traffic *traffic)
{
    gint64 mean = NS_PER_S * MICRO / MAX(traffic->options.rate_micro_per_s, 1);

    return traffic->options.arrivals == ARRIVALS_CONSTANT ? mean : rng_exponential_ns(traffic->rng, mean);
}

static void
traffic_on_arrival(Sim *sim, gpointer self)
{
    Traffic *traffic = self;
    Attempt *attempt;
    gint64 now = sim_now_ns(sim);

    if (traffic->options.stop_ns >= 0 && now >= traffic->options.stop_ns)
        return;
    attempt = g_new0(Attempt, 1);
    attempt->traffic = traffic;
    attempt->arrived_ns = now;
    attempt->tries_left = traffic->options.retries;
    attempt->slot = traffic->attempts->len;
    g_ptr_array_add(traffic->attempts, attempt);
    traffic->counts.arrivals++;
    traffic->counts.in_flight++;
    row_at(traffic, now);
    sim_timer_arm_after(&traffic->arrival, next_gap_ns(traffic));
    try_request(attempt);
}

/* --- life -------------------------------------------------------------------------------------------- */

Traffic *
traffic_new(Sim *sim, World *world, const TrafficOptions *options, const TrafficResolver *resolver)
{
    Traffic *traffic = g_new0(Traffic, 1);
    g_autofree char *stream = g_strdup_printf("traffic/%s", options->name);

    traffic->sim = sim;
    traffic->world = world;
    traffic->options = *options;
    traffic->resolver = *resolver;
    traffic->clients = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    traffic->client_list = g_ptr_array_new_with_free_func((GDestroyNotify)flow_client_free);
    traffic->attempts = g_ptr_array_new();
    traffic->seconds = g_array_new(FALSE, TRUE, sizeof(TrafficSecond));
    traffic->failures = g_array_new(FALSE, FALSE, sizeof(TrafficFailure));
    traffic->recent.values = g_array_new(FALSE, FALSE, sizeof(gint64));
    traffic->rng = rng_stream(sim, stream);
    sim_timer_init(&traffic->arrival, sim, SIM_WORLD, traffic_on_arrival, traffic);
    if (options->rate_micro_per_s > 0)
        sim_timer_arm_at(&traffic->arrival, MAX(options->start_ns, sim_now_ns(sim)) + next_gap_ns(traffic));
    return traffic;
}

void
traffic_free(Traffic *traffic)
{
    if (traffic == NULL)
        return;
    sim_timer_clear(&traffic->arrival);
    g_ptr_array_unref(traffic->client_list);
    g_hash_table_unref(traffic->clients);
    for (guint i = 0; i < traffic->attempts->len; i++)
        g_free(g_ptr_array_index(traffic->attempts, i));
    g_ptr_array_unref(traffic->attempts);
    g_array_unref(traffic->seconds);
    g_array_unref(traffic->failures);
    g_array_unref(traffic->recent.values);
    histogram_clear(&traffic->latency);
    g_free(traffic);
}

void
traffic_set_rate(Traffic *traffic, gint64 rate_micro_per_s)
{
    traffic->options.rate_micro_per_s = rate_micro_per_s;
    sim_timer_disarm(&traffic->arrival);
    if (rate_micro_per_s > 0)
        sim_timer_arm_after(&traffic->arrival, next_gap_ns(traffic));
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

guint
traffic_second_count(const Traffic *traffic)
{
    return traffic->seconds->len;
}

const TrafficSecond *
traffic_second(const Traffic *traffic, guint second)
{
    /* the second under way has its quantiles once it is over */
    return &g_array_index(traffic->seconds, TrafficSecond, second);
}

const TrafficFailure *
traffic_failures(const Traffic *traffic, guint *out_count)
{
    *out_count = traffic->failures->len;
    return (const TrafficFailure *)(gconstpointer)traffic->failures->data;
}
