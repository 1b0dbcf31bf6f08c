/* watch.c - see session.h: a watch, from the server's events to the client's hooks */

#include "client/session.h"

void
watch_move(ClientWatch *watch, GQueue *queue)
{
    if (watch->queue != NULL)
        g_queue_unlink(watch->queue, &watch->link);
    watch->queue = queue;
    if (queue != NULL)
        g_queue_push_tail_link(queue, &watch->link);
}

/* --- at the client ---------------------------------------------------------------------------- */

static void
watch_deliver(ClientWatch *watch, WatchType type, gpointer payload)
{
    ApiObject *object = payload;

    client_conn_read(watch->conn);
    if (!watch->is_over)
        watch->hooks.event(watch->user, type, object);
    api_object_unref(object);
}

static void
watch_on_added(Sim *sim, gpointer receiver, gpointer payload)
{
    (void)sim;
    watch_deliver(receiver, WATCH_ADDED, payload);
}

static void
watch_on_modified(Sim *sim, gpointer receiver, gpointer payload)
{
    (void)sim;
    watch_deliver(receiver, WATCH_MODIFIED, payload);
}

static void
watch_on_deleted(Sim *sim, gpointer receiver, gpointer payload)
{
    (void)sim;
    watch_deliver(receiver, WATCH_DELETED, payload);
}

static void
watch_on_bookmark(Sim *sim, gpointer receiver, gpointer payload)
{
    (void)sim;
    watch_deliver(receiver, WATCH_BOOKMARK, payload);
}

static const SimMessageHandler watch_handlers[] = {
    [WATCH_ADDED] = watch_on_added,
    [WATCH_MODIFIED] = watch_on_modified,
    [WATCH_DELETED] = watch_on_deleted,
    [WATCH_BOOKMARK] = watch_on_bookmark,
};

void
watch_close(ClientWatch *watch, const ApiStatus *status)
{
    if (watch->is_over)
        return;
    watch->is_over = TRUE;
    watch->hooks.closed(watch->user, status);
}

static void
watch_on_error(Sim *sim, gpointer receiver, gpointer payload)
{
    g_autoptr(ApiStatus) status = payload;

    (void)sim;
    watch_close(receiver, status);
}

static void
watch_status_free(gpointer status)
{
    api_status_unref(status);
}

/* --- renewals without events ------------------------------------------------------------------ */

static void
watch_receive_passed(ClientWatch *watch)
{
    gint64 now_ns = sim_now_ns(client_sim(watch->client));
    const Renewal *first;

    while ((first = renewals_first(&watch->passed)) != NULL && first->at_ns <= now_ns) {
        Renewal renewal = renewals_take(&watch->passed);

        client_conn_read_at(watch->conn, renewal.at_ns);
        watch->hooks.renewed(watch->user, &renewal);
    }
}

void
client_watch_catch_up(ClientWatch *watch)
{
    if (watch->api_watch == NULL)
        return;
    apiserver_catch_up(watch->session->server);
    if (watch->passed.count > 0)
        watch_receive_passed(watch);
}

void
client_watch_changed(ClientWatch *watch)
{
    if (watch->api_watch != NULL)
        apiserver_watch_changed(watch->api_watch);
}

static gboolean
watch_is_quiet(gpointer user)
{
    ClientWatch *watch = user;
    NetConn *net = watch->session->net;

    if (watch->is_over || net == NULL || watch->hooks.is_quiet == NULL || !watch->hooks.is_quiet(watch->user))
        return FALSE;
    if (!client_conn_is_quiet(watch->conn) ||
        net_conn_arrival_ns(net, NET_TO_CLIENT, 0, sim_now_ns(client_sim(watch->client))) < 0)
        return FALSE;
    net_conn_set_source(net, apiserver_catch_up, watch->session->server);
    return TRUE;
}

static void
watch_pass(gpointer user, const Renewal *sent)
{
    ClientWatch *watch = user;
    NetConn *net = watch->session->net;
    Renewal renewal = *sent;
    gsize bytes = 0;

    if (!net_conn_is_local(net)) {
        g_autoptr(ApiObject) lease = apiserver_renewed(watch->session->server, sent);

        bytes = session_object_bytes(watch->session, lease);
    }
    renewal.at_ns = net_conn_pass_ns(net, bytes, sent->at_ns);
    renewals_add(&watch->passed, &renewal);
}

static void
watch_play(gpointer user)
{
    ClientWatch *watch = user;

    watch_receive_passed(watch);
    while (watch->passed.count > 0) {
        Renewal renewal = renewals_take(&watch->passed);
        ApiObject *lease = apiserver_renewed(watch->session->server, &renewal);

        net_conn_put(watch->session->net, session_object_bytes(watch->session, lease), renewal.at_ns, watch->handle,
                     watch_on_modified, lease, api_object_unref);
    }
    if (watch->hooks.play != NULL)
        watch->hooks.play(watch->user);
}

static const ApiQuietHooks watch_quiet_hooks = {.is_quiet = watch_is_quiet, .pass = watch_pass, .play = watch_play};

/* --- at the server ---------------------------------------------------------------------------- */

/* A watch that died with the server's process is given back in the same way. */
void
watch_give_back(ClientWatch *watch)
{
    if (watch->api_watch == NULL)
        return;
    client_watch_catch_up(watch);
    renewals_clear(&watch->passed);
    apiserver_watch_stop(g_steal_pointer(&watch->api_watch));
}

/* In the server's process. */
static void
watch_on_server_event(gpointer user,
                      WatchType type,
                      const ApiObject *object,
                      const ApiStatus *status)
{
    ClientWatch *watch = user;
    Session *session = watch->session;

    if (type == WATCH_ERROR) {
        net_conn_send(session->net, NET_TO_CLIENT, RESPONSE_BYTES, watch->handle, watch_on_error,
                      api_status_ref((ApiStatus *)status), watch_status_free);
        return;
    }
    net_conn_send(session->net, NET_TO_CLIENT, session_object_bytes(session, object), watch->handle,
                  watch_handlers[type], api_object_ref(object), api_object_unref);
}

/* In the server's process: the request for a watch arrives. */
static void
watch_on_open(Sim *sim, gpointer receiver, gpointer payload)
{
    ClientWatch *watch = receiver;
    const ApiRequest *options = watch->options;
    Session *session = payload;

    (void)sim;
    if (session->net != NULL && !watch->is_over) {
        session_accept(session);
        watch->session = session;
        watch_move(watch, &session->watches);
        watch->api_watch = apiserver_watch(session->server, options->kind, options->namespace_,
                                           options->label_selector, options->field_selector,
                                           options->resource_version, watch_on_server_event, watch);
        apiserver_watch_set_quiet(watch->api_watch, &watch_quiet_hooks);
    }
    session_unref(session);
}

void
session_send_watch(Session *session, ClientWatch *watch)
{
    net_conn_send(session->net, NET_TO_SERVER, REQUEST_BYTES, watch->handle, watch_on_open,
                  session_ref(session), session_unref);
}
