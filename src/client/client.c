/* client.c - see client.h */

#include "client/conn.h"

#include "base/duration.h"
#include "base/fetch.h"
#include "base/pool.h"

#define TIMEOUT_NS        (34 * NS_PER_S)
#define ATTEMPTS_MAX      10
#define RETRY_LOST_GET_NS (1 * NS_PER_S)

/* A request that need not wait touches the first line of the cache only: there are a thousand clients. */
struct Client {
    Sim *sim;
    Conn *conn;         /* (owned ref) */
    gint64 tat_ns;      /* when the bucket would be full again if nothing is asked for */
    gint64 interval_ns; /* from one token to the next; 0: no limit */
    gint64 burst_ns;    /* all tokens of a full bucket */
    gint64 timeout_ns;  /* of a request that does not say */
    const char *user;
    GQueue waiting; /* of Call, by ready_ns */
    ClientOptions options;
    const char *limit; /* what traces call its bucket (interned); NULL: not asked for yet */
    SimTimer timer; /* for the first of waiting */
    GQueue watches; /* of ClientWatch (owned) */
};

/* --- tokens ----------------------------------------------------------------------------------- */

static gint64
client_token_ns(const Client *client, gint64 *out_tat_ns)
{
    gint64 now_ns = sim_now_ns(client->sim);
    gint64 interval_ns = client->interval_ns;

    if (interval_ns == 0) {
        *out_tat_ns = now_ns; /* of the last request: client_pass_token */
        return now_ns;
    }
    *out_tat_ns = MAX(client->tat_ns, now_ns) + interval_ns;
    return MAX(now_ns, *out_tat_ns - client->burst_ns);
}

gint64
client_token_wait_ns(Client *client)
{
    gint64 tat_ns;

    return client_token_ns(client, &tat_ns) - sim_now_ns(client->sim);
}

/* --- the queue of those who wait for their turn ----------------------------------------------- */

static void
client_arm(Client *client)
{
    const Call *first;

    if (client->waiting.head == NULL) {
        sim_timer_disarm(&client->timer);
        return;
    }
    first = client->waiting.head->data;
    if (!client->timer.is_armed || client->timer.due_ns != first->ready_ns)
        sim_timer_arm_at(&client->timer, first->ready_ns);
}

static void
client_wait(Client *client, Call *call, gint64 ready_ns)
{
    GList *after = client->waiting.tail;

    client_call_move(call, NULL);
    call->ready_ns = ready_ns;
    while (after != NULL && ((Call *)after->data)->ready_ns > ready_ns)
        after = after->prev;
    if (after == NULL)
        g_queue_push_head_link(&client->waiting, &call->link);
    else
        g_queue_insert_after_link(&client->waiting, after, &call->link);
    call->queue = &client->waiting;
    client_arm(client);
}

static void
client_dispatch(Client *client, Call *call)
{
    gint64 timeout_ns = call->request->timeout_ns;

    if (timeout_ns == 0)
        timeout_ns = client->timeout_ns;
    client_conn_send(client->conn, call, sim_now_ns(client->sim) + timeout_ns);
}

static void
client_wait_for_token(Client *client, Call *call, gint64 ready_ns)
{
    Sim *sim = client->sim;

    if (client->limit == NULL)
        client->limit = str_internf("rate limit of %s (%u/s)", client->user, client->options.qps);
    sim_waited(sim, client->limit, ready_ns - sim_now_ns(sim));
    client_wait(client, call, ready_ns);
}

/* Asks for a token; sends at once if there is one. */
static void
client_enqueue(Client *client, Call *call)
{
    gint64 tat_ns = client->tat_ns;
    gint64 ready_ns = client_token_ns(client, &tat_ns);

    client->tat_ns = tat_ns;
    call->needs_token = FALSE;
    if (ready_ns <= sim_now_ns(client->sim))
        client_dispatch(client, call);
    else
        client_wait_for_token(client, call, ready_ns);
}

static void
client_on_timer(Sim *sim, gpointer self)
{
    Client *client = self;

    if (client_is_paused(client))
        return;
    while (client->waiting.head != NULL) {
        Call *call = client->waiting.head->data;

        if (call->ready_ns > sim_now_ns(sim))
            break;
        client_call_move(call, NULL);
        sim_set_cause(sim, call->cause);
        if (call->needs_token)
            client_enqueue(client, call);
        else
            client_dispatch(client, call);
    }
    client_arm(client);
}

/* --- outcomes --------------------------------------------------------------------------------- */

/* v0.34 rest/with_retry.go: the repetition asks the limiter again. */
static void
client_repeat(Client *client, Call *call, gint64 delay_ns)
{
    const ApiRequest *request = call->request;

    /* One that was begun has lost its object. */
    g_assert(request->verb != VERB_CREATE || request->subresource != NULL || request->object != NULL || request->body != NULL);
    call->attempts++;
    call->needs_token = TRUE;
    call->cause = sim_cause(client->sim);
    client_wait(client, call, sim_now_ns(client->sim) + delay_ns);
}

static void
call_finish(Call *call, const ApiResponse *response)
{
    call->client = NULL;
    call->done(call->user, response);
    if (call->user_free != NULL)
        call->user_free(call->user);
    client_call_unref(call);
}

void
client_call_answered(Call *call, ApiResponse *response)
{
    const ApiStatus *status = response->status;
    gboolean is_repeated = (response->code == 429 || response->code >= 500) && status != NULL &&
                           status->retry_after_s > 0 && call->attempts < ATTEMPTS_MAX;

    if (is_repeated)
        client_repeat(call->client, call, status->retry_after_s * NS_PER_S);
    else
        call_finish(call, response);
    api_response_free(response);
}

void
client_call_failed(Call *call, const char *why, gboolean is_connection_lost)
{
    ApiVerb verb = call->request->verb;
    ApiResponse response = {0};

    if (is_connection_lost && (verb == VERB_GET || verb == VERB_LIST) &&
        call->attempts < ATTEMPTS_MAX) {
        client_repeat(call->client, call, RETRY_LOST_GET_NS);
        return;
    }
    response.status = api_status_transport(why);
    call_finish(call, &response);
    api_status_unref(response.status);
}

/* --- public ----------------------------------------------------------------------------------- */

Client *
client_new(const ClientOptions *options)
{
    Client *client = g_aligned_alloc0(1, sizeof(Client), 64);

    client->options = *options;
    client->sim = options->sim;
    client->interval_ns = options->qps == 0 ? 0 : NS_PER_S / options->qps;
    client->burst_ns = client->interval_ns * MAX(1, options->burst);
    client->timeout_ns = options->timeout_ns == 0 ? TIMEOUT_NS : options->timeout_ns;
    client->user = str_intern(options->user);
    client->tat_ns = G_MININT64;
    if (options->share != NULL)
        client->conn = client_conn_ref(options->share->conn);
    else
        client->conn =
            client_conn_new(options->sim, options->world, options->process, options->server);
    g_queue_init(&client->waiting);
    g_queue_init(&client->watches);
    sim_timer_init(&client->timer, options->sim, SIM_CONTROL, client_on_timer, client);
    return client;
}

static void
client_watch_free(ClientWatch *watch)
{
    client_conn_drop_watch(watch);
    renewals_clear(&watch->passed);
    g_queue_unlink(&watch->client->watches, &watch->client_link);
    sim_handle_drop(watch->client->sim, watch->handle);
    api_request_unref(watch->options);
    g_free(watch);
}

static void
client_drop_all(Client *client)
{
    while (client->waiting.head != NULL)
        client_call_drop(client->waiting.head->data);
    sim_timer_disarm(&client->timer);
    client_conn_drop_calls(client->conn, client, NULL);
    while (client->watches.head != NULL)
        client_watch_free(client->watches.head->data);
}

void
client_free(Client *client)
{
    if (client == NULL)
        return;
    client_drop_all(client);
    sim_timer_clear(&client->timer);
    client_conn_unref(client->conn);
    g_aligned_free(client);
}

void
client_reset(Client *client)
{
    client_drop_all(client);
    client->tat_ns = G_MININT64;
    client_conn_reset(client->conn);
}

void
client_resumed(Client *client)
{
    client_arm(client);
    client_conn_resumed(client->conn);
}

gboolean
client_is_paused(const Client *client)
{
    return process_state(client->options.process) == PROCESS_PAUSED;
}

Sim *
client_sim(Client *client)
{
    return client->sim;
}

Process *
client_process(Client *client)
{
    return client->options.process;
}

World *
client_world(Client *client)
{
    return client->options.world;
}

ApiServer *
client_server(Client *client)
{
    return client_conn_server(client->conn);
}

gint64
client_pass_request_ns(Client *client)
{
    gint64 tat_ns = client->tat_ns;
    gint64 arrival_ns = client_conn_request_arrival_ns(client->conn);

    if (arrival_ns < 0 || client->waiting.head != NULL)
        return -1;
    if (client_token_ns(client, &tat_ns) > sim_now_ns(client->sim))
        return -1;
    client->tat_ns = tat_ns;
    return arrival_ns;
}

/* A request that left a second ago has arrived, however long it was: this one waits for none. */
gboolean
client_pass_token(Client *client)
{
    gint64 now_ns = sim_now_ns(client->sim);

    if (client->waiting.head != NULL || client->tat_ns > now_ns - NS_PER_S)
        return FALSE;
    client->tat_ns = now_ns + client->interval_ns;
    return TRUE;
}

void
client_fetch_conn(const Client *client)
{
    fetch(client->conn);
}

void
client_fetch_answer(const Client *client)
{
    client_conn_fetch(client->conn);
}

gint64
client_pass_steady_answer_ns(Client *client, gint64 due_ns)
{
    return client_conn_steady_answer_ns(client->conn, due_ns);
}

gint64
client_trip_ns(Client *client, NetDirection direction, gsize bytes)
{
    return client_conn_trip_ns(client->conn, direction, bytes);
}

gint64
client_pass_answer_ns(Client *client, gsize bytes, gint64 sent_ns)
{
    return client_conn_answer_arrival_ns(client->conn, bytes, sent_ns);
}

const char *
client_user(const Client *client)
{
    return client->user;
}

void
client_send(Client *client,
            ApiRequest *request,
            ClientDone done,
            gpointer user,
            GDestroyNotify user_free)
{
    Call *call = POOL_NEW0(Call);

    if (request->user == NULL)
        request->user = client->user;
    call->ref_count = 1;
    call->client = client;
    call->request = request;
    call->done = done;
    call->user = user;
    call->user_free = user_free;
    call->link.data = call;
    call->cause = sim_cause(client->sim);
    client_enqueue(client, call);
}

void
client_cancel(Client *client, gpointer user)
{
    GList *link = client->waiting.head;

    while (link != NULL) {
        Call *call = link->data;

        link = link->next;
        if (call->user == user)
            client_call_drop(call);
    }
    client_arm(client);
    client_conn_drop_calls(client->conn, client, user);
}

ClientWatch *
client_watch(Client *client,
             const ApiRequest *options,
             const ClientWatchHooks *hooks,
             gpointer user)
{
    ClientWatch *watch = g_new0(ClientWatch, 1);

    watch->client = client;
    watch->conn = client->conn;
    watch->options = api_request_new(VERB_WATCH, options->kind, options->namespace_, options->name);
    watch->options->label_selector = str_intern(options->label_selector);
    watch->options->field_selector = str_intern(options->field_selector);
    watch->options->resource_version = options->resource_version;
    watch->options->user = client->user;
    watch->hooks = *hooks;
    watch->user = user;
    watch->handle = sim_handle_new(client->sim, watch);
    watch->cause = sim_cause(client->sim);
    watch->link.data = watch->client_link.data = watch;
    g_queue_push_tail_link(&client->watches, &watch->client_link);
    client_conn_open_watch(client->conn, watch);
    return watch;
}

void
client_watch_stop(ClientWatch *watch)
{
    if (watch != NULL)
        client_watch_free(watch);
}
