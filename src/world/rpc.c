/* rpc.c - see rpc.h */

#include "world/rpc.h"

struct Rpc {
    guint ref_count;
    RpcOptions options;
    RpcDone done; /* NULL: told, or nobody waits */
    gpointer user;
    gpointer answer; /* (owned) on its way back */
    Sim *sim;
    SimHandle handle;
    NetConn *net; /* (owned) NULL: closed */
    SimTimer timeout;
};

Rpc *
rpc_ref(Rpc *rpc)
{
    rpc->ref_count++;
    return rpc;
}

void
rpc_unref(gpointer data)
{
    Rpc *rpc = data;

    if (--rpc->ref_count > 0)
        return;
    if (rpc->answer != NULL)
        rpc->options.answer_free(rpc->answer);
    if (rpc->options.question_free != NULL)
        rpc->options.question_free(rpc->options.question);
    g_free(rpc);
}

/* The client's side is over: what still comes is dropped. */
static void
rpc_close(Rpc *rpc)
{
    NetConn *net = g_steal_pointer(&rpc->net);

    sim_handle_drop(rpc->sim, rpc->handle);
    rpc->handle = (SimHandle){0};
    sim_timer_clear(&rpc->timeout);
    if (net != NULL)
        net_conn_free(net);
}

static void
rpc_end(Rpc *rpc, gpointer answer, const char *why)
{
    RpcDone done = rpc->done;

    if (done == NULL)
        return;
    rpc->done = NULL;
    rpc_close(rpc);
    done(rpc->user, answer, why);
    rpc_unref(rpc);
}

void
rpc_cancel(Rpc *rpc)
{
    if (rpc == NULL || rpc->done == NULL)
        return;
    rpc->done = NULL;
    rpc_close(rpc);
    rpc_unref(rpc);
}

static void
rpc_on_answer(Sim *sim, gpointer receiver, gpointer payload)
{
    Rpc *rpc = receiver;
    gpointer answer = g_steal_pointer(&rpc->answer);

    (void)sim;
    rpc_end(rpc, answer, NULL);
    rpc_unref(payload);
}

void
rpc_answer(Rpc *rpc, gpointer answer, gsize bytes)
{
    if (rpc->net == NULL || rpc->answer != NULL) {
        rpc->options.answer_free(answer);
        return;
    }
    rpc->answer = answer;
    net_conn_send(rpc->net, NET_TO_CLIENT, bytes, rpc->handle, rpc_on_answer, rpc_ref(rpc),
                  rpc_unref);
}

static void
rpc_on_question(Sim *sim, gpointer receiver, gpointer payload)
{
    Rpc *rpc = receiver;

    (void)sim;
    rpc->options.serve(rpc->options.server_self, rpc->options.question, rpc);
    rpc_unref(payload);
}

static void
rpc_on_established(NetConn *net, gpointer self)
{
    Rpc *rpc = self;

    net_conn_send(net, NET_TO_SERVER, rpc->options.question_bytes, rpc->handle, rpc_on_question,
                  rpc_ref(rpc), rpc_unref);
}

static void
rpc_on_failed(NetConn *net, gpointer self, const char *why)
{
    (void)net;
    rpc_end(self, NULL, str_is(why, "refused") ? "connection refused" : "i/o timeout");
}

static void
rpc_on_closed(NetConn *net, gpointer self, const char *why)
{
    (void)net;
    (void)why;
    rpc_end(self, NULL, "connection reset by peer");
}

static void
rpc_on_timeout(Sim *sim, gpointer self)
{
    (void)sim;
    rpc_end(self, NULL, "i/o timeout");
}

Rpc *
rpc_call(const RpcOptions *options, RpcDone done, gpointer user)
{
    static const NetConnHooks hooks = {
        .established = rpc_on_established,
        .failed = rpc_on_failed,
        .closed = rpc_on_closed,
    };
    Rpc *rpc = g_new0(Rpc, 1);

    rpc->ref_count = 1;
    rpc->options = *options;
    rpc->done = done;
    rpc->user = user;
    rpc->sim = world_sim(options->world);
    rpc->handle = sim_handle_new(rpc->sim, rpc);
    sim_timer_init(&rpc->timeout, rpc->sim, SIM_DELIVER, rpc_on_timeout, rpc);
    sim_timer_arm_after(&rpc->timeout, options->timeout_ns);
    rpc->net = net_connect(options->world, options->client, options->server, options->timeout_ns,
                           &hooks, rpc);
    return rpc;
}
