/* flow_pool.c - see flow_internal.h: connections that are kept open (keep-alive) */

#include "world/flow_internal.h"

static void
pooled_free(Pooled *pooled)
{
    if (pooled->death_id != 0)
        container_unwatch_death(pooled->container, pooled->death_id);
    rt_container_unref(pooled->container);
    g_free(pooled);
}

static void
pool_remove(Pooled *pooled)
{
    g_ptr_array_remove(pooled->client->pool, pooled);
    pooled_free(pooled);
}

/*
 * The process ended and its kernel said so; or its machine lost power, or the
 * path is cut: then the client still believes in the connection.
 */
static void
pooled_died(gpointer user, RtContainer *container, gboolean is_silent)
{
    Pooled *pooled = user;
    FlowClient *client = pooled->client;
    Machine *server = container->runtime->machine;

    pooled->death_id = 0;
    if (is_silent || world_is_cut(client->world, client->entry, server) ||
        world_is_cut(client->world, client->options.from_machine, client->entry))
        return;
    pooled->is_closed = TRUE;
    if (!pooled->is_busy)
        pool_remove(pooled);
}

void
pool_add(Flow *flow)
{
    FlowClient *client = flow->client;
    Pooled *pooled = g_new0(Pooled, 1);

    pooled->client = client;
    pooled->container = rt_container_ref(flow->container);
    pooled->backend = flow->backend;
    pooled->near_ns = flow->near_ns;
    pooled->far_ns = flow->far_ns;
    pooled->is_busy = TRUE;
    pooled->death_id = container_watch_death(flow->container, pooled_died, pooled);
    g_ptr_array_add(client->pool, pooled);
    client->n_opening--;
    flow->pooled = pooled;
}

static Pooled *
idle_connection(const FlowClient *client)
{
    for (guint i = client->pool->len; i > 0; i--) { /* the youngest first */
        Pooled *pooled = g_ptr_array_index(client->pool, i - 1);

        if (!pooled->is_busy)
            return pooled;
    }
    return NULL;
}

static void
use_connection(Flow *flow, Pooled *pooled)
{
    pooled->is_busy = TRUE;
    flow->pooled = pooled;
    flow->container = rt_container_ref(pooled->container);
    flow->near_ns = pooled->near_ns;
    flow->far_ns = pooled->far_ns;
    flow->backend = pooled->backend;
    flow->has_backend = TRUE;
    flow_send_request(flow, flow->near_ns + flow->far_ns);
}

/* FALSE: all connections are in use and there may be no more. */
static gboolean
pool_try(Flow *flow)
{
    FlowClient *client = flow->client;
    Pooled *pooled = idle_connection(client);

    if (pooled != NULL) {
        use_connection(flow, pooled);
        return TRUE;
    }
    if (client->pool->len + client->n_opening >= client->options.max_connections)
        return FALSE;
    client->n_opening++;
    flow_connect(flow);
    return TRUE;
}

void
pool_begin(Flow *flow)
{
    flow->state = FLOW_WAITING;
    if (flow->client->waiting.length > 0 || !pool_try(flow))
        g_queue_push_tail(&flow->client->waiting, flow);
}

void
pool_flow_ended(Flow *flow, FlowOutcome outcome)
{
    FlowClient *client = flow->client;
    Pooled *pooled = flow->pooled;

    if (flow->state == FLOW_WAITING)
        g_queue_remove(&client->waiting, flow);
    else if (pooled == NULL)
        client->n_opening--;
    else if (outcome != FLOW_OK && outcome != FLOW_HTTP_503)
        pool_remove(pooled); /* a connection with an open question is of no use */
    else if (pooled->is_closed)
        pool_remove(pooled);
    else
        pooled->is_busy = FALSE;
}

void
pool_serve_waiting(FlowClient *client)
{
    while (client->waiting.length > 0 && pool_try(g_queue_peek_head(&client->waiting)))
        g_queue_pop_head(&client->waiting);
}

void
pool_clear(FlowClient *client)
{
    for (guint i = 0; i < client->pool->len; i++)
        pooled_free(g_ptr_array_index(client->pool, i));
    g_ptr_array_unref(client->pool);
    g_queue_clear(&client->waiting);
}
