/* probe.c - see runtime.h: connections that the kubelet opens to a pod */

#include "world/rt.h"

/* Nobody on the bridge answers for an address that is gone: three questions, one a second. */
#define NEIGHBOUR_ROUND_NS (3 * NS_PER_S)

typedef struct {
    gint32 port;
    gint32 result;
    const char *path; /* NULL: TCP only */
    ServerRequest *request;
    SimTimer timeout;
} Probe;

/* Request and answer within one machine, Go's client and server: about 2 ms together. */
static gint64
half_trip_ns(Runtime *runtime)
{
    Dist half = DIST_LOGN(NS_PER_MS, 3200 * NS_PER_US);

    return runtime_draw(runtime, &half);
}

static void
probe_drop(RtCall *call)
{
    Probe *probe = call->data;

    if (probe->request != NULL)
        container_cancel_request(probe->request);
    sim_timer_clear(&probe->timeout);
    g_free(probe);
}

static void
probe_answer(RtCall *call)
{
    Probe *probe = call->data;

    if (rt_call_wants(call))
        call->done.probe(call->user, probe->result);
}

static void
probe_return(RtCall *call, gint32 result)
{
    Probe *probe = call->data;

    probe->result = result;
    call->act = probe_answer;
    rt_call_after(call, half_trip_ns(call->runtime));
}

static void
probe_on_served(gpointer user, ServeResult result, gint32 status)
{
    RtCall *call = user;
    Probe *probe = call->data;

    probe->request = NULL;
    probe_return(call, result == SERVE_RESET ? RT_PROBE_RESET : status);
}

static void
probe_arrive(RtCall *call)
{
    Probe *probe = call->data;
    Sandbox *sandbox = call->sandbox;
    RtContainer *server;

    if (!sandbox->is_ready || (!sandbox->host_network && !sandbox->holds_address)) {
        probe->result = RT_PROBE_UNREACHABLE;
        call->act = probe_answer;
        rt_call_after(call, NEIGHBOUR_ROUND_NS);
        return;
    }
    server = sandbox->host_network ? machine_find_listener(call->runtime->machine, probe->port)
                                   : sandbox_find_listener(sandbox, probe->port);
    if (server == NULL || (probe->path == NULL && !program_may_connect(server))) {
        probe_return(call, RT_PROBE_REFUSED);
        return;
    }
    if (probe->path == NULL) {
        probe_return(call, 0);
        return;
    }
    rt_call_park(call);
    probe->request = container_serve(server, probe->port, probe->path, probe_on_served, call);
    /* With a full accept queue the SYN is dropped: only the time-out ends it. */
}

static void
probe_on_timeout(Sim *sim, gpointer self)
{
    RtCall *call = self;
    Probe *probe = call->data;

    (void)sim;
    probe->result = RT_PROBE_TIMEOUT;
    probe_answer(call);
    rt_call_free(call);
}

static void
probe_begin(RtContainer *container,
            gint32 port,
            const char *path,
            gint64 timeout_ns,
            SimHandle owner,
            RtProbeDone done,
            gpointer user)
{
    Runtime *runtime = container->runtime;
    RtCall *call = rt_call_new(runtime, owner, user, probe_arrive);
    Probe *probe = g_new0(Probe, 1);

    rt_call_set_sandbox(call, container->sandbox);
    call->data = probe;
    call->drop = probe_drop;
    call->done.probe = done;
    probe->port = port;
    probe->path = path;
    sim_timer_init(&probe->timeout, runtime->sim, SIM_WORLD, probe_on_timeout, call);
    if (timeout_ns > 0)
        sim_timer_arm_after(&probe->timeout, timeout_ns);
    rt_call_after(call, half_trip_ns(runtime));
}

void
runtime_probe_http(RtContainer *container,
                   gint32 port,
                   const char *path,
                   gint64 timeout_ns,
                   SimHandle owner,
                   RtProbeDone done,
                   gpointer user)
{
    probe_begin(container, port, str_intern(path != NULL ? path : "/"), timeout_ns, owner, done,
                user);
}

void
runtime_probe_tcp(RtContainer *container,
                  gint32 port,
                  gint64 timeout_ns,
                  SimHandle owner,
                  RtProbeDone done,
                  gpointer user)
{
    probe_begin(container, port, NULL, timeout_ns, owner, done, user);
}
