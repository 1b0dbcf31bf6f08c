/*
 * session.h - the API server's end of a connection
 *
 * Made when the connection is there; it takes requests and watches to the server
 * and sends back what comes. It stays as long as a request is under way, even if
 * the client is gone: what has arrived is done.
 */
#pragma once

#include "client/conn.h"

/* Headers of a request and of an answer, compressed as HTTP/2 does. */
#define REQUEST_BYTES  200
#define RESPONSE_BYTES 150

/* All but the last lies in one line of the cache: every message needs it. */
struct Session {
    guint ref_count;
    gboolean is_accepted;
    gboolean is_local; /* net_conn_is_local */
    ApiServer *server;
    NetConn *net; /* (borrowed) NULL: the client is gone */
    SimHandle handle;
    SimHandle client_handle;       /* the Conn */
    SimMessageHandler on_response; /* the Conn's, for a Call with its response */
    Sim *sim;
    GQueue watches; /* of ClientWatch, open at the server */
};

Session *session_new(Sim *sim,
                     ApiServer *server,
                     NetConn *net,
                     SimHandle client_handle,
                     SimMessageHandler on_response);
Session *session_ref(Session *session);
void session_unref(gpointer session); /* NULL is fine */
/* session_accept: the server takes the connection, at the first message. */
void session_accept(Session *session);
/*
 * session_end: the client's side is gone; its watches move to @watches. Drops the
 * client's reference.
 */
void session_end(Session *session, NetConn *net, GQueue *watches);
/* session_object_bytes: what an object weighs on the wire; 0 for NULL, and where the wire is within one machine and nobody asks. */
gsize session_object_bytes(const Session *session, const ApiObject *object);
/* session_send_call, session_send_watch: the client's messages to it. */
void session_send_call(Session *session, Call *call);
void session_send_watch(Session *session, ClientWatch *watch);

/* watch.c */
void watch_move(ClientWatch *watch, GQueue *queue);
/* watch_close: the watch is over; its owner is told, once. */
void watch_close(ClientWatch *watch, const ApiStatus *status);
/*
 * watch_give_back: the server need not look any more. Also for a watch that died
 * with the server's process.
 */
void watch_give_back(ClientWatch *watch);
