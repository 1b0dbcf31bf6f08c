/*
 * latency.c - how long the server works on a request
 *
 * Log-normal by verb for a lightly loaded server, and the cost of encoding by
 * size: typed requests of components travel as protobuf, those of users as JSON.
 */

#include "apiserver/server.h"
#include "sim/fixed.h"

/* The quick server tells watchers of a write before it answers the writer: a component then
 * does not trip over its own writes, which on a real server it does about half the time. */
#define QUICK_BEFORE_NS (300 * NS_PER_US)
#define QUICK_AFTER_NS  (400 * NS_PER_US)
#define QUICK_STREAM_NS (100 * NS_PER_US)
#define LIST_BASE_NS    (1 * NS_PER_MS)

/*
 * Server and components on one machine: a request keeps its cores busy for a while after it came (the components that watch decode what
 * it wrote, the garbage collector runs), and others are slower meanwhile. Fitted to recordings: with nothing else to do, a
 * write shows 5 ms after what caused it; in the middle of a rollout 25 ms, where a hundred and fifty come in a second. Recorded
 * clusters of real kubelets lie on both sides: in one a pod is bound 6 ms (median) after it was created alone and 22 ms where
 * four are (p10 8, p90 43 ms), in another a Deployment's status counts three new pods after 75 ms. Two fifths of the cost are between them.
 */
#define LOAD_HALF_LIFE_NS (20 * NS_PER_MS)
#define LOAD_WRITE        1000 /* in thousandths of a write */
#define LOAD_READ         300
#define LOAD_COST_NS      (2 * NS_PER_US) /* for each thousandth */
#define LOAD_MOST_NS      (25 * NS_PER_MS)

/* p99 = p50 * exp(2.326 s): s 0.4 gives 2.536, s 0.5 gives 3.200, s 0.6 gives 4.038. */
static const struct {
    gint64 p50_ns, p99_ns;
} verb_latency[VERB_N] = {
    [VERB_GET] = {800 * NS_PER_US, 2029 * NS_PER_US},
    [VERB_CREATE] = {2500 * NS_PER_US, 8000 * NS_PER_US},
    [VERB_UPDATE] = {2000 * NS_PER_US, 6400 * NS_PER_US},
    [VERB_PATCH] = {2000 * NS_PER_US, 6400 * NS_PER_US},
    [VERB_DELETE] = {2000 * NS_PER_US, 8076 * NS_PER_US},
    [VERB_DELETE_COLLECTION] = {2000 * NS_PER_US, 8076 * NS_PER_US},
    [VERB_LIST] = {LIST_BASE_NS, 2536 * NS_PER_US},
    [VERB_WATCH] = {800 * NS_PER_US, 2029 * NS_PER_US},
};
static const gint64 binding_p50_ns = 2000 * NS_PER_US;
static const gint64 binding_p99_ns = 6400 * NS_PER_US;

static gint64
encoding_ns(const ApiRequest *request)
{
    if (request->body != NULL)
        return 15 * NS_PER_US * 2;
    if (request->object == NULL)
        return 0;
    return (gint64)api_object_size_bytes(request->object) * 3 * NS_PER_US / 1024;
}

/* What the requests of the last moments, this one among them, add to the time of this one. */
static gint64
load_ns(ApiServer *server, ApiVerb verb)
{
    gboolean is_read = verb == VERB_GET || verb == VERB_LIST;
    gint64 now_ns = sim_now_ns(server->sim);
    gint64 age_ns = MIN(now_ns - server->load_at_ns, 64 * LOAD_HALF_LIFE_NS);
    gint64 halvings_q48 = age_ns * (FIXED_ONE_Q48 / LOAD_HALF_LIFE_NS);

    server->load = fixed_scale_exp2(server->load, -halvings_q48) + (is_read ? LOAD_READ : LOAD_WRITE);
    server->load_at_ns = now_ns;
    return server->load * LOAD_COST_NS / (is_read ? 2 : 1);
}

/*
 * A quick server does not vary; elsewhere it depends on who else is on the cores. Clusters of real kubelets that write
 * more than the recorded ones have a larger machine.
 */
static gint64
wait_ns(ApiServer *server, gint64 mean_ns)
{
    gint64 within_ns = MIN(mean_ns, LOAD_MOST_NS) * 2 / 5;

    return server->is_quick ? mean_ns : rng_between_ns(server->latency_rng, within_ns / 2, within_ns / 2 * 3);
}

void
latency_draw(Call *call, gint64 *out_before_ns, gint64 *out_after_ns)
{
    ApiServer *server = call->server;
    const ApiRequest *request = call->request;
    gint64 before_ns = QUICK_BEFORE_NS;
    gint64 after_ns = QUICK_AFTER_NS;

    if (!server->is_quick) {
        gboolean is_binding = request_is_of(request, "binding");
        Dist dist = is_binding ? DIST_LOGN(binding_p50_ns, binding_p99_ns)
                               : DIST_LOGN(verb_latency[request->verb].p50_ns,
                                           verb_latency[request->verb].p99_ns);
        gint64 total_ns = dist_sample_ns(&dist, server->latency_rng) + encoding_ns(request);

        /* Decoding, admission and validation take the larger part; then the answer is encoded. */
        before_ns = total_ns / 5 * 3;
        after_ns = total_ns - before_ns;
    }
    /* Flow control has a level of its own for nodes (v1.34 "node-high"), and what a renewal sets going is little. */
    if (server->shares_machine && !(request->is_heartbeat && server->is_quick))
        before_ns += wait_ns(server, load_ns(server, request->verb));
    if (server->has_extra)
        before_ns += dist_sample_ns(&server->extra, server->latency_rng);
    *out_before_ns = before_ns;
    *out_after_ns = after_ns;
}

gboolean
latency_heartbeat(const ApiServer *server, gint64 *out_before_ns, gint64 *out_after_ns)
{
    *out_before_ns = QUICK_BEFORE_NS;
    *out_after_ns = QUICK_AFTER_NS;
    return server->is_quick && !server->has_extra;
}

gint64
latency_list_ns(const ApiServer *server, const char *user, guint n_objects)
{
    /* Users' tools ask for JSON, components for protobuf. */
    gboolean is_json = str_is(user, "kubernetes-admin");

    (void)server;
    return (gint64)n_objects * (is_json ? 60 : 12) * NS_PER_US;
}

/* etcd's watch stream, then decoding and the cacher's ring: LN(0.3 ms, 0.4) each. */
gint64
latency_stream_ns(ApiServer *server)
{
    Dist part = DIST_LOGN(300 * NS_PER_US, 761 * NS_PER_US);

    if (server->is_quick)
        return QUICK_STREAM_NS;
    return dist_sample_ns(&part, server->stream_rng) + dist_sample_ns(&part, server->stream_rng);
}

gint64
latency_watch_ns(ApiServer *server)
{
    Dist dist = DIST_LOGN(verb_latency[VERB_WATCH].p50_ns, verb_latency[VERB_WATCH].p99_ns);

    return server->is_quick ? QUICK_BEFORE_NS : dist_sample_ns(&dist, server->stream_rng);
}
