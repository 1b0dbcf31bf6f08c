/* reflector.c - see reflector.h */

#include "client/reflector.h"

#include "base/duration.h"

#define SHORT_WATCH_NS (1 * NS_PER_S)

typedef enum { REFLECTOR_STOPPED, REFLECTOR_LISTING, REFLECTOR_WATCHING, REFLECTOR_WAITING } State;

struct Reflector {
    Client *client;
    const ApiKind *kind;
    const char *field_selector;
    ReflectorHooks hooks;
    gpointer user;
    State state;
    gboolean lists_next; /* what follows the back-off: a list or a watch */
    gboolean is_expired; /* the last list was refused for its revision: ask for the latest */
    guint64 revision;    /* 0: never listed */
    ClientWatch *watch;
    gint64 watch_started_ns;
    guint64 watch_events;
    ReflectorBackoff backoff;
    SimTimer timer;
};

static void reflector_list(Reflector *reflector);
static void reflector_watch(Reflector *reflector);

gint64
reflector_backoff_ns(ReflectorBackoff *backoff, gint64 now_ns, Rng *rng)
{
    gint64 step_ns;

    if (backoff->next_ns == 0 || now_ns - backoff->last_ns > backoff->quiet_ns)
        backoff->next_ns = backoff->initial_ns;
    step_ns = backoff->next_ns;
    backoff->next_ns = MIN(2 * step_ns, backoff->cap_ns);
    backoff->last_ns = now_ns;
    return rng_between_ns(rng, step_ns, 2 * step_ns);
}

static void
reflector_back_off(Reflector *reflector, gboolean lists_next)
{
    Sim *sim = client_sim(reflector->client);
    Process *process = client_process(reflector->client);
    g_autofree char *name =
        g_strdup_printf("reflector/%s/%s/%s", machine_name(process_machine(process)),
                        process_name(process), reflector->kind->plural);

    reflector->state = REFLECTOR_WAITING;
    reflector->lists_next = lists_next;
    sim_timer_arm_after(&reflector->timer,
                        reflector_backoff_ns(&reflector->backoff, sim_now_ns(sim),
                                             rng_stream(sim, name)));
}

static void
reflector_on_timer(Sim *sim, gpointer self)
{
    Reflector *reflector = self;

    (void)sim;
    if (client_is_paused(reflector->client))
        return;
    if (reflector->lists_next)
        reflector_list(reflector);
    else
        reflector_watch(reflector);
}

static gboolean
status_is_too_large(const ApiStatus *status)
{
    return status != NULL && status->message != NULL &&
           strstr(status->message, "Too large resource version") != NULL;
}

static void
reflector_list_done(gpointer user, const ApiResponse *response)
{
    Reflector *reflector = user;

    if (api_response_ok(response)) {
        reflector->revision = response->revision;
        reflector->is_expired = FALSE;
        reflector->hooks.replaced(reflector->user, response->items);
        reflector_watch(reflector);
        return;
    }
    if ((response->code == 410 || status_is_too_large(response->status)) &&
        !reflector->is_expired) {
        reflector->is_expired = TRUE;
        reflector_list(reflector);
        return;
    }
    reflector_back_off(reflector, TRUE);
}

static void
reflector_list(Reflector *reflector)
{
    ApiRequest *request = api_request_new(VERB_LIST, reflector->kind, NULL, NULL);

    reflector->state = REFLECTOR_LISTING;
    request->field_selector = reflector->field_selector;
    if (!reflector->is_expired)
        request->resource_version = reflector->revision;
    client_send(reflector->client, request, reflector_list_done, reflector, NULL);
}

static void
reflector_on_event(gpointer user, WatchType type, const ApiObject *object)
{
    Reflector *reflector = user;

    reflector->revision = object->resource_version;
    reflector->watch_events++;
    if (type != WATCH_BOOKMARK)
        reflector->hooks.event(reflector->user, type, object);
}

static gboolean
reflector_is_quiet(gpointer user)
{
    Reflector *reflector = user;

    return reflector->hooks.is_quiet != NULL && reflector->hooks.is_quiet(reflector->user);
}

static void
reflector_on_renewed(gpointer user, const Renewal *renewal)
{
    Reflector *reflector = user;

    reflector->revision = renewal->revision;
    reflector->watch_events++;
    reflector->hooks.renewed(reflector->user, renewal);
}

static void
reflector_on_play(gpointer user)
{
    Reflector *reflector = user;

    if (reflector->hooks.play != NULL)
        reflector->hooks.play(reflector->user);
}

/* How the loop goes on after a watch has ended. */
typedef enum { NEXT_WATCH, NEXT_BACK_OFF_WATCH, NEXT_BACK_OFF_LIST } Next;

static Next
reflector_after_watch(const Reflector *reflector, const ApiStatus *status)
{
    gint64 lasted_ns = sim_now_ns(client_sim(reflector->client)) - reflector->watch_started_ns;

    if (status->code == 429 || str_is(status->message, "connection refused"))
        return NEXT_BACK_OFF_WATCH;
    if (status->code != 0 || str_is(status->message, "i/o timeout"))
        return NEXT_BACK_OFF_LIST;
    /* The stream ended. One that ended early and empty is an error. */
    if (lasted_ns >= SHORT_WATCH_NS || reflector->watch_events > 0)
        return NEXT_WATCH;
    return NEXT_BACK_OFF_LIST;
}

static void
reflector_on_closed(gpointer user, const ApiStatus *status)
{
    Reflector *reflector = user;
    Next next = reflector_after_watch(reflector, status);

    client_watch_stop(g_steal_pointer(&reflector->watch));
    switch (next) {
    case NEXT_WATCH:
        reflector_watch(reflector);
        break;
    case NEXT_BACK_OFF_WATCH:
        reflector_back_off(reflector, FALSE);
        break;
    case NEXT_BACK_OFF_LIST:
        reflector_back_off(reflector, TRUE);
        break;
    }
}

static const ClientWatchHooks reflector_watch_hooks = {
    .event = reflector_on_event,
    .closed = reflector_on_closed,
    .is_quiet = reflector_is_quiet,
    .renewed = reflector_on_renewed,
    .play = reflector_on_play,
};

static void
reflector_watch(Reflector *reflector)
{
    g_autoptr(ApiRequest) options = api_request_new(VERB_WATCH, reflector->kind, NULL, NULL);

    reflector->state = REFLECTOR_WATCHING;
    reflector->watch_started_ns = sim_now_ns(client_sim(reflector->client));
    reflector->watch_events = 0;
    options->field_selector = reflector->field_selector;
    options->resource_version = reflector->revision;
    reflector->watch = client_watch(reflector->client, options, &reflector_watch_hooks, reflector);
}

/* --- public ----------------------------------------------------------------------------------- */

Reflector *
reflector_new(Client *client,
              const ApiKind *kind,
              const char *field_selector,
              const ReflectorHooks *hooks,
              gpointer user)
{
    Reflector *reflector = g_new0(Reflector, 1);

    reflector->client = client;
    reflector->kind = kind;
    reflector->field_selector = str_intern(field_selector);
    reflector->hooks = *hooks;
    reflector->user = user;
    reflector->backoff = (ReflectorBackoff){
        .initial_ns = 800 * NS_PER_MS,
        .cap_ns = 30 * NS_PER_S,
        .quiet_ns = 2 * NS_PER_MIN,
    };
    sim_timer_init(&reflector->timer, client_sim(client), SIM_CONTROL, reflector_on_timer,
                   reflector);
    return reflector;
}

void
reflector_free(Reflector *reflector)
{
    if (reflector == NULL)
        return;
    client_cancel(reflector->client, reflector);
    client_watch_stop(reflector->watch);
    sim_timer_clear(&reflector->timer);
    g_free(reflector);
}

void
reflector_start(Reflector *reflector)
{
    if (reflector->state == REFLECTOR_STOPPED)
        reflector_list(reflector);
}

void
reflector_reset(Reflector *reflector)
{
    sim_timer_disarm(&reflector->timer);
    reflector->state = REFLECTOR_STOPPED;
    reflector->watch = NULL;
    reflector->revision = 0;
    reflector->is_expired = FALSE;
    reflector->backoff.next_ns = 0;
}

void
reflector_resumed(Reflector *reflector)
{
    if (reflector->state == REFLECTOR_WAITING && !reflector->timer.is_armed)
        sim_timer_arm_after(&reflector->timer, 0);
}

void
reflector_catch_up(Reflector *reflector)
{
    if (reflector->watch != NULL)
        client_watch_catch_up(reflector->watch);
}

void
reflector_changed(Reflector *reflector)
{
    if (reflector->watch != NULL)
        client_watch_changed(reflector->watch);
}
