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

/* --- at the server ---------------------------------------------------------------------------- */

/* A watch that died with the server's process is given back in the same way. */
void
watch_give_back(ClientWatch *watch)
{
    if (watch->api_watch != NULL)
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
    net_conn_send(session->net, NET_TO_CLIENT, api_object_size_bytes(object), watch->handle,
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
    }
    session_unref(session);
}

void
session_send_watch(Session *session, ClientWatch *watch)
{
    net_conn_send(session->net, NET_TO_SERVER, REQUEST_BYTES, watch->handle, watch_on_open,
                  session_ref(session), session_unref);
}
