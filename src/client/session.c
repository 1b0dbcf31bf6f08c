/* session.c - see session.h */

#include "client/session.h"

Session *
session_ref(Session *session)
{
    session->ref_count++;
    return session;
}

void
session_unref(gpointer data)
{
    Session *session = data;

    if (session == NULL || --session->ref_count > 0)
        return;
    g_assert(session->watches.length == 0);
    sim_handle_drop(session->sim, session->handle);
    g_aligned_free(session);
}

gsize
session_object_bytes(const Session *session, const ApiObject *object)
{
    return object == NULL || session->is_local ? 0 : api_object_size_bytes(object);
}

static gsize
response_bytes(const Session *session, const ApiResponse *response)
{
    gsize bytes = RESPONSE_BYTES + session_object_bytes(session, response->object);

    if (response->items != NULL) {
        for (guint i = 0; i < response->items->len; i++)
            bytes += session_object_bytes(session, response->items->pdata[i]);
    }
    return bytes;
}

/* In the server's process: the answer leaves. */
static void
session_on_reply(gpointer user, ApiResponse *response)
{
    Call *call = user;
    Session *session = call->session;

    if (session->net == NULL) {
        api_response_free(response);
        return;
    }
    if (call->response != NULL)
        api_response_free(call->response);
    call->response = response;
    net_conn_send(session->net, NET_TO_CLIENT, response_bytes(session, response), session->client_handle,
                  session->on_response, client_call_ref(call), client_call_unref);
}

static void
session_stop_watches(Session *session)
{
    for (GList *link = session->watches.head; link != NULL; link = link->next)
        watch_give_back(link->data);
}

/*
 * The server heard that the client went, or took it for gone. The client's side
 * may not know yet; what is sent through the connection from now on is dropped.
 */
static void
session_on_closed(NetConn *net, gpointer self, const char *why)
{
    (void)net;
    (void)why;
    session_stop_watches(self);
}

static const NetConnHooks session_hooks = {.closed = session_on_closed};

void
session_accept(Session *session)
{
    if (session->is_accepted || session->net == NULL)
        return;
    session->is_accepted = TRUE;
    net_conn_accept(session->net, &session_hooks, session);
}

static void
session_on_request(Sim *sim, gpointer receiver, gpointer payload)
{
    Session *session = receiver;
    Call *call = payload;

    (void)sim;
    session_accept(session);
    apiserver_handle(session->server, api_request_ref(call->request), session_on_reply, call, client_call_unref);
}

Session *
session_new(Sim *sim,
            ApiServer *server,
            NetConn *net,
            SimHandle client_handle,
            SimMessageHandler on_response)
{
    Session *session = g_aligned_alloc0(1, sizeof(Session), 64);

    session->ref_count = 1;
    session->sim = sim;
    session->server = server;
    session->net = net;
    session->is_local = net_conn_is_local(net);
    session->handle = sim_handle_new(sim, session);
    session->client_handle = client_handle;
    session->on_response = on_response;
    g_queue_init(&session->watches);
    return session;
}

/*
 * The client's side is gone. That the server still holds its watches until a
 * reset reaches it changes nothing that anybody sees, so they end here.
 */
void
session_end(Session *session, NetConn *net, GQueue *watches)
{
    session_stop_watches(session);
    while (session->watches.head != NULL) {
        ClientWatch *watch = session->watches.head->data;

        watch->session = NULL;
        watch_move(watch, watches);
    }
    net_conn_accept(net, &(NetConnHooks){0}, NULL);
    session->net = NULL;
    session_unref(session);
}

void
session_send_call(Session *session, Call *call)
{
    gsize bytes = REQUEST_BYTES + session_object_bytes(session, call->request->object);

    session_unref(call->session);
    call->session = session_ref(session);
    net_conn_send(session->net, NET_TO_SERVER, bytes, session->handle, session_on_request,
                  client_call_ref(call), client_call_unref);
}
