/*
 * conn.h - the connection of a process to the API server, and what is on it
 *
 * Models the HTTP/2 connection that all clients of a Go process share: dialled
 * when somebody needs it, requests and watches side by side, a ping after 30 s
 * of silence with 15 s for the answer (v0.34 util/net/http.go). Only files of
 * client/ include this.
 *
 * A request is one wire message there and one back. The server's side of a
 * connection is the Session; it goes when the client's side goes, or earlier with
 * the server's process.
 */
#pragma once

#include "client/client.h"

typedef struct Conn Conn;
typedef struct Session Session;
typedef struct Call Call;

/* One request of a client; referenced by who waits for it and by who works on it. */
struct Call {
    guint ref_count;
    Client *client;   /* (borrowed) NULL: nobody waits any more */
    Session *session; /* (owned ref) of the last sending */
    ApiRequest *request;
    ApiResponse *response; /* (owned) on its way back */
    ClientDone done;
    gpointer user;
    GDestroyNotify user_free;
    gint64 ready_ns;    /* in the client's queue: when its turn comes */
    gint64 deadline_ns; /* on the connection */
    guint attempts;
    gboolean needs_token;
    TraceId cause;
    GQueue *queue; /* (borrowed) where its link is */
    GList link;
};

struct ClientWatch {
    Client *client;
    ApiRequest *options; /* (owned) */
    ClientWatchHooks hooks;
    gpointer user;
    SimHandle handle;
    Conn *conn;          /* (borrowed) the client's */
    Session *session;    /* (borrowed) from the opening at the server until the connection ends */
    ApiWatch *api_watch; /* the server's process owns it; NULL: not open there */
    gboolean is_over;
    Renewals passed; /* renewals under way that are computed: when they are there */
    TraceId cause;
    GQueue *queue;
    GList link;        /* in a queue of the connection */
    GList client_link; /* in the client's list */
};

Call *client_call_ref(Call *call);
void client_call_unref(gpointer call);
/* client_call_move: out of the queue it is in, to the end of @queue (NULL: none). */
void client_call_move(Call *call, GQueue *queue);

Conn *client_conn_new(Sim *sim, World *world, Process *process, ApiServer *server);
Conn *client_conn_ref(Conn *conn);
void client_conn_unref(Conn *conn);
/* client_conn_send: takes a reference; ends in client_call_answered, _failed. */
void client_conn_send(Conn *conn, Call *call, gint64 deadline_ns);
void client_conn_open_watch(Conn *conn, ClientWatch *watch);
/*
 * client_conn_drop_calls: those of @client (with @user unless NULL) end without a
 * word but user_free.
 */
void client_conn_drop_calls(Conn *conn, Client *client, gpointer user);
void client_call_drop(Call *call);
/* client_conn_drop_watch: who watched is gone. */
void client_conn_drop_watch(ClientWatch *watch);
/* client_conn_reset: the process died. Its clients have dropped their calls and watches. */
void client_conn_reset(Conn *conn);
void client_conn_resumed(Conn *conn);
/*
 * What is computed instead of sent (heartbeat.h): when a request of no body that leaves now would reach the server, and when
 * an answer of @bytes that leaves the server at @sent_ns would be there, which counts as read. -1: it is not certain.
 */
ApiServer *client_conn_server(const Conn *conn);
gint64 client_conn_request_arrival_ns(const Conn *conn);
gint64 client_conn_answer_arrival_ns(Conn *conn, gsize bytes, gint64 sent_ns);
/* client.c: the same for one of its clients; a request takes its token. */
gint64 client_pass_request_ns(Client *client);
gint64 client_pass_answer_ns(Client *client, gsize bytes, gint64 sent_ns);
/*
 * The same where the connection was found to be fine and the world has not changed since (world/stirs.h):
 * client_trip_ns: what @bytes take on it, if its process has no other client; -1: it is not certain.
 * client_pass_token: a request leaves now, nothing left just before it; FALSE: ask client_pass_request_ns.
 * client_pass_steady_answer_ns: an answer that would be there at @due_ns if nothing were before it, which counts as read.
 */
gint64 client_trip_ns(Client *client, NetDirection direction, gsize bytes);
gboolean client_pass_token(Client *client);
/* client_fetch_conn, then client_fetch_answer (of a steady connection): into the cache, what client_pass_steady_answer_ns reads. */
void client_fetch_conn(const Client *client);
void client_fetch_answer(const Client *client);
void client_conn_fetch(const Conn *conn);
gint64 client_pass_steady_answer_ns(Client *client, gint64 due_ns);
gint64 client_conn_trip_ns(const Conn *conn, NetDirection direction, gsize bytes);
gint64 client_conn_steady_answer_ns(Conn *conn, gint64 due_ns);
/* client_conn_read: something came from the server: no ping is due for a while. */
void client_conn_read(Conn *conn);
/* client_conn_is_quiet: nothing hangs on when exactly something is read; until the world changes. */
gboolean client_conn_is_quiet(const Conn *conn);
/* client_conn_read_at: something came at @at_ns, which was computed. */
void client_conn_read_at(Conn *conn, gint64 at_ns);

/* client.c: outcomes. @call is out of every queue; its reference passes to the callee. */
void client_call_answered(Call *call, ApiResponse *response);
void client_call_failed(Call *call, const char *why, gboolean is_connection_lost);
