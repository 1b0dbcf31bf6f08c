/*
 * client.h - client-go's REST client: connection, rate limit, time-outs
 *
 * Requests of one client wait for its token bucket in the order made, travel
 * over the connection of their process to the API server, are worked on there,
 * and come back. When the process stops, nothing comes back any more: call
 * client_reset in its `stopped` hook.
 */
#pragma once

#include "apiserver/apiserver.h"

typedef struct Client Client;

typedef struct {
    Sim *sim;
    World *world;
    Process *process; /* whose machine and life it shares */
    ApiServer *server;
    const char *user;  /* "system:kube-scheduler" */
    guint qps, burst;  /* 0: no limit */
    gint64 timeout_ns; /* of one request; 0: 34 s */
    /* A client of the same process whose connection this one uses too; NULL: one of its own. */
    Client *share;
} ClientOptions;

Client *client_new(const ClientOptions *options);
void client_free(Client *client);
/*
 * client_reset: the process died: connection, queue and calls under way are gone
 * (user_free is called, done is not).
 */
void client_reset(Client *client);
Sim *client_sim(Client *client);
Process *client_process(Client *client);
const char *client_user(const Client *client); /* (interned) */
World *client_world(Client *client);
ApiServer *client_server(Client *client); /* the one that its connection leads to, or led to last */
/* client_resumed: the process goes on after a pause; call it in its `resumed` hook. */
void client_resumed(Client *client);
/*
 * client_is_paused: a timer of the process that fires now must do nothing but come
 * back at client_resumed.
 */
gboolean client_is_paused(const Client *client);

/*
 * client_send: takes @request. @done is called once with the response
 * (borrowed; take refs of what is to stay), code 0 and a transport status if the
 * server could not be reached or did not answer in time; then @user_free(user).
 * 429 and 5xx with Retry-After are repeated up to 10 times.
 */
typedef void (*ClientDone)(gpointer user, const ApiResponse *response);
void client_send(Client *client,
                 ApiRequest *request,
                 ClientDone done,
                 gpointer user,
                 GDestroyNotify user_free);
/*
 * client_cancel: forget calls made with this @user (user_free is called, done is
 * not); the server may still do them.
 */
void client_cancel(Client *client, gpointer user);
/* client_token_wait_ns: how long a request made now would wait for its token. */
gint64 client_token_wait_ns(Client *client);

/*
 * client_watch: a raw watch (informers use it; kubectl's --watch too). Free it
 * with client_watch_stop, also after `closed`; client_reset and client_free free
 * what is left. @options is borrowed for the call: kind, namespace_, selectors,
 * resource_version.
 */
typedef struct ClientWatch ClientWatch;
typedef struct {
    void (*event)(gpointer user, WatchType type, const ApiObject *object);
    /* The watch is over: 410 Expired, connection lost ... */
    void (*closed)(gpointer user, const ApiStatus *status);
    /*
     * All or none: of one who only keeps objects to look them up and so needs no event for renewals of leases (apiserver.h,
     * ApiQuietHooks). renewed: a MODIFIED that came at its at_ns, not after now, when client_watch_catch_up is called. play: what
     * is not done by that time is to be played from here on.
     */
    gboolean (*is_quiet)(gpointer user);
    void (*renewed)(gpointer user, const Renewal *renewal);
    void (*play)(gpointer user);
} ClientWatchHooks;
ClientWatch *client_watch(Client *client,
                          const ApiRequest *options,
                          const ClientWatchHooks *hooks,
                          gpointer user);
void client_watch_stop(ClientWatch *watch);
/* client_watch_catch_up: renewals that have come by now are told. client_watch_changed: before what is_quiet says changes. */
void client_watch_catch_up(ClientWatch *watch);
void client_watch_changed(ClientWatch *watch);
