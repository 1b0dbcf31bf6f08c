/* balancer.c - see balancer.h */

#include "scenario/balancer.h"

#include "base/duration.h"

/* Addresses: 203.0.113.1 and on (RFC 5737). */
#define N_BALANCERS 254

/* A machine behind a balancer. */
typedef struct {
    const char *host; /* interned: NAME=PROVIDERID */
    ClusterNode *node; /* NULL: no machine of ours */
    const char *provider_id;
    gboolean is_in, is_silent; /* silent: the question waits for its time-out */
    guint failures, successes;
} Backend;

/* A Service's. Its place in the array is its address. */
typedef struct {
    Balancers *home;
    const char *uid, *hosts; /* interned; uid NULL: free */
    gint32 health_port;
    GArray *backends; /* of Backend */
    TraceId made;
    SimTimer check, late;
} Balancer;

struct Balancers {
    Cluster *cluster;
    const ScCloud *wanted;
    BalancerHasMachine has_machine;
    gpointer user;
    guint last; /* addresses go round */
    Rng *rng, *rng_check;
    Balancer items[N_BALANCERS];
};

static const char *
address_of(const Balancer *balancer)
{
    return str_internf("203.0.113.%u", (guint)(balancer - balancer->home->items) + 1);
}

static Balancer *
find(Balancers *balancers, const char *uid)
{
    for (guint i = 0; i < N_BALANCERS; i++)
        if (balancers->items[i].uid != NULL && str_is(balancers->items[i].uid, uid))
            return &balancers->items[i];
    return NULL;
}

/* --- health ------------------------------------------------------------------------------------------ */

static Backend *
backend_at(const Balancer *balancer, guint index)
{
    return &g_array_index(balancer->backends, Backend, index);
}

/* HTTP status; 0: refused; -1: no answer at all. */
static int
ask(const Balancer *balancer, const Backend *backend)
{
    const Balancers *home = balancer->home;
    gint32 port = balancer->health_port > 0 ? balancer->health_port : KUBE_PROXY_HEALTHZ_PORT;

    if (backend->node == NULL || !home->has_machine(home->user, backend->node->name, backend->provider_id) ||
        !machine_is_on(backend->node->machine) ||
        world_is_cut(home->cluster->world, home->cluster->external, backend->node->machine))
        return -1;
    return backend->node->proxy != NULL ? kube_proxy_answer(backend->node->proxy, port) : 200;
}

static void
count(const Balancer *balancer, Backend *backend, gboolean is_success)
{
    const ScCloud *wanted = balancer->home->wanted;
    gboolean was_in = backend->is_in;

    backend->is_silent = FALSE;
    backend->successes = is_success ? backend->successes + 1 : 0;
    backend->failures = is_success ? 0 : backend->failures + 1;
    if (backend->successes >= (guint)wanted->healthy)
        backend->is_in = TRUE;
    else if (backend->failures >= (guint)wanted->unhealthy)
        backend->is_in = FALSE;
    if (backend->is_in != was_in && backend->node != NULL)
        sim_trace(balancer->home->cluster->sim, "cloud", "health", str_internf("node/%s", backend->node->name),
                  backend->is_in ? "Healthy" : "Unhealthy", "balancer %s %s connections to %s", address_of(balancer),
                  backend->is_in ? "sends" : "sends no more", backend->node->name);
}

static void
balancer_on_check(Sim *sim, gpointer self)
{
    Balancer *balancer = self;
    const ScCloud *wanted = balancer->home->wanted;
    gboolean waits = FALSE;

    sim_set_cause(sim, balancer->made);
    for (guint i = 0; i < balancer->backends->len; i++) {
        Backend *backend = backend_at(balancer, i);
        int answer = ask(balancer, backend);

        backend->is_silent = answer < 0;
        waits = waits || answer < 0;
        if (answer >= 0)
            count(balancer, backend, answer == 200);
    }
    if (waits)
        sim_timer_arm_after(&balancer->late, MIN(wanted->check_timeout_ns, wanted->check_interval_ns));
    sim_timer_arm_after(&balancer->check, wanted->check_interval_ns);
}

/* The time-out of those that did not answer. */
static void
balancer_on_late(Sim *sim, gpointer self)
{
    Balancer *balancer = self;

    sim_set_cause(sim, balancer->made);
    for (guint i = 0; i < balancer->backends->len; i++)
        if (backend_at(balancer, i)->is_silent)
            count(balancer, backend_at(balancer, i), FALSE);
}

/* --- who is behind ----------------------------------------------------------------------------------- */

/* Those that stay keep what their checks said. */
static void
set_hosts(Balancer *balancer, const char *hosts)
{
    g_auto(GStrv) words = g_strsplit(hosts, ",", -1);
    GArray *backends = g_array_new(FALSE, TRUE, sizeof(Backend));

    balancer->hosts = str_intern(hosts);
    for (guint i = 0; words[i] != NULL && *words[i] != '\0'; i++) {
        const char *equals = strchr(words[i], '=');
        g_autofree char *name = g_strndup(words[i], (gsize)(equals - words[i]));
        Backend backend = {.host = str_intern(words[i]), .provider_id = str_intern(equals + 1)};

        backend.node = cluster_find_node(balancer->home->cluster, name);
        for (guint k = 0; k < balancer->backends->len; k++)
            if (backend_at(balancer, k)->host == backend.host)
                backend = *backend_at(balancer, k);
        g_array_append_val(backends, backend);
    }
    g_array_unref(balancer->backends);
    balancer->backends = backends;
}

static Balancer *
make(Balancers *balancers, const char *uid)
{
    for (guint i = 0; i < N_BALANCERS; i++) {
        Balancer *balancer = &balancers->items[(balancers->last + i) % N_BALANCERS];

        if (balancer->uid != NULL)
            continue;
        balancers->last = (guint)(balancer - balancers->items) + 1;
        balancer->uid = str_intern(uid);
        sim_timer_arm_after(&balancer->check, rng_between_ns(balancers->rng_check, 0, balancers->wanted->check_interval_ns));
        balancer->made = sim_trace(balancers->cluster->sim, "cloud", "create", str_internf("balancer/%s", address_of(balancer)),
                                   "Created", "balancer %s is made", address_of(balancer));
        return balancer;
    }
    return NULL;
}

const char *
balancers_find(Balancers *balancers, const char *uid, const char **out_hosts)
{
    const Balancer *balancer = find(balancers, uid);

    if (balancer != NULL && out_hosts != NULL)
        *out_hosts = balancer->hosts;
    return balancer != NULL ? address_of(balancer) : NULL;
}

void
balancers_set(Balancers *balancers, const char *uid, const char *hosts, gint64 health_port)
{
    Balancer *balancer = find(balancers, uid);

    if (balancer == NULL)
        balancer = make(balancers, uid);
    if (balancer == NULL)
        return;
    if (health_port >= 0)
        balancer->health_port = (gint32)health_port;
    set_hosts(balancer, hosts);
}

void
balancers_drop(Balancers *balancers, const char *uid)
{
    Balancer *balancer = find(balancers, uid);

    if (balancer == NULL)
        return;
    balancer->uid = balancer->hosts = NULL;
    g_array_set_size(balancer->backends, 0);
    sim_timer_disarm(&balancer->check);
    sim_timer_disarm(&balancer->late);
    sim_trace(balancers->cluster->sim, "cloud", "delete", str_internf("balancer/%s", address_of(balancer)), "Deleted",
              "balancer %s is given back", address_of(balancer));
}

ClusterNode *
balancers_pick(Balancers *balancers, const char *address)
{
    const Balancer *balancer = NULL;
    guint n_in = 0, pick;

    for (guint i = 0; i < N_BALANCERS && balancer == NULL; i++)
        if (balancers->items[i].uid != NULL && str_is(address_of(&balancers->items[i]), address))
            balancer = &balancers->items[i];
    for (guint i = 0; balancer != NULL && i < balancer->backends->len; i++)
        n_in += backend_at(balancer, i)->is_in;
    if (n_in == 0)
        return NULL;
    pick = (guint)rng_below(balancers->rng, n_in);
    for (guint i = 0; i < balancer->backends->len; i++)
        if (backend_at(balancer, i)->is_in && pick-- == 0)
            return backend_at(balancer, i)->node;
    return NULL;
}

/* --- life -------------------------------------------------------------------------------------------- */

Balancers *
balancers_new(Cluster *cluster, BalancerHasMachine has_machine, gpointer user)
{
    Balancers *balancers = g_new0(Balancers, 1);

    balancers->cluster = cluster;
    balancers->wanted = &cluster->scenario->spec.cluster.cloud;
    balancers->has_machine = has_machine;
    balancers->user = user;
    balancers->rng = rng_stream(cluster->sim, "balancer");
    balancers->rng_check = rng_stream(cluster->sim, "balancer/check");
    for (guint i = 0; i < N_BALANCERS; i++) {
        Balancer *balancer = &balancers->items[i];

        balancer->home = balancers;
        balancer->backends = g_array_new(FALSE, TRUE, sizeof(Backend));
        sim_timer_init(&balancer->check, cluster->sim, SIM_WORLD, balancer_on_check, balancer);
        sim_timer_init(&balancer->late, cluster->sim, SIM_WORLD, balancer_on_late, balancer);
    }
    return balancers;
}

void
balancers_free(Balancers *balancers)
{
    if (balancers == NULL)
        return;
    for (guint i = 0; i < N_BALANCERS; i++) {
        sim_timer_clear(&balancers->items[i].check);
        sim_timer_clear(&balancers->items[i].late);
        g_array_unref(balancers->items[i].backends);
    }
    g_free(balancers);
}
