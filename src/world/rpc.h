/*
 * rpc.h - one question to another process, and its answer
 *
 * A connection of its own for each question, as an HTTP client without
 * keep-alive makes it: connect, ask, answer, close. Whoever crashes in between
 * is noticed as TCP notices it; a path that is cut or a machine without power
 * only by the time-out.
 */
#pragma once

#include "world/world.h"

typedef struct Rpc Rpc;

/*
 * In the server's process: a question came. Answer now or later with
 * rpc_answer; who keeps @rpc for later takes a reference.
 */
typedef void (*RpcServe)(gpointer server_self, gconstpointer question, Rpc *rpc);
/*
 * In the client's process, exactly once: @answer (owned by the callee), or NULL
 * and @why: "connection refused", "i/o timeout", "connection reset by peer".
 */
typedef void (*RpcDone)(gpointer user, gpointer answer, const char *why);

typedef struct {
    World *world;
    Process *client, *server;
    RpcServe serve;
    gpointer server_self;
    gpointer question; /* (owned) by the call */
    GDestroyNotify question_free, answer_free;
    gint64 timeout_ns;
    gsize question_bytes;
} RpcOptions;

/* rpc_call: returns (borrowed) until @done. */
Rpc *rpc_call(const RpcOptions *options, RpcDone done, gpointer user);
/* rpc_cancel: nobody waits any more; @done is not called. NULL is fine. */
void rpc_cancel(Rpc *rpc);
/* rpc_answer: takes @answer, of @bytes on the wire. */
void rpc_answer(Rpc *rpc, gpointer answer, gsize bytes);
Rpc *rpc_ref(Rpc *rpc);
void rpc_unref(gpointer rpc);
