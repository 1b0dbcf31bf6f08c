/* event_sink.c - see event_sink.h */

#include "client/event_sink.h"

#include "base/duration.h"
#include "base/links.h"
#include "base/pool.h"
#include "client/correlator.h"

#define TRIES_MAX      12
#define RETRY_PAUSE_NS (10 * NS_PER_S)

typedef struct {
    EventSink *sink;
    GList link; /* in sink->sendings */
    ApiObject *event; /* (owned) NULL: the server has it, and it is made again if need be of these: */
    const char *namespace_, *name; /* (interned) */
    EventBody *body;               /* (owned ref) part */
    gboolean is_update;
    gboolean is_missing; /* the patch found nothing: create */
    guint tries;
    TraceId cause;
    SimTimer timer;
    gboolean is_due;
} Sending;

struct EventSink {
    Client *client;
    Rng *rng;
    void (*sent)(gpointer user);
    gpointer user;
    GQueue sendings; /* of Sending (owned) */
};

static void sending_send(Sending *sending);

/* What the patch of a counted event or of a series changes. */
static gboolean
event_mutate(ApiObject *object, gpointer data)
{
    const EventBody *wanted = data;
    EventBody *body = api_edit_body(object);

    if (wanted->series != NULL) {
        if (body->series == NULL)
            body->series = g_new0(EventSeries, 1);
        *body->series = *wanted->series;
        return TRUE;
    }
    body->count = wanted->count;
    body->last_time = wanted->last_time;
    body->message = wanted->message;
    return TRUE;
}

static void
sending_free(Sending *sending)
{
    links_take(&sending->sink->sendings, &sending->link);
    sim_timer_clear(&sending->timer);
    api_object_unref(sending->event);
    api_part_unref(sending->body);
    POOL_FREE(Sending, sending);
}

static void
sending_end(Sending *sending)
{
    EventSink *sink = sending->sink;

    sending_free(sending);
    sink->sent(sink->user);
}

static void
sending_retry(Sending *sending)
{
    EventSink *sink = sending->sink;
    gint64 pause_ns = RETRY_PAUSE_NS;

    sending->tries++;
    if (sending->tries >= TRIES_MAX) {
        sending_end(sending);
        return;
    }
    if (sending->tries == 1)
        pause_ns = rng_between_ns(sink->rng, 0, RETRY_PAUSE_NS);
    sim_timer_arm_after(&sending->timer, pause_ns);
}

static void
sending_done(gpointer user, const ApiResponse *response)
{
    Sending *sending = user;

    if (response->code == 0) {
        sending_retry(sending);
    } else if (response->code == 404 && sending->is_update && !sending->is_missing) {
        sending->is_missing = TRUE;
        sending_send(sending);
    } else {
        sending_end(sending);
    }
}

static void
sending_send(Sending *sending)
{
    EventSink *sink = sending->sink;
    gboolean is_patch = sending->is_update && !sending->is_missing;
    ApiRequest *request = api_request_new(is_patch ? VERB_PATCH : VERB_CREATE, &event_kind,
                                          sending->namespace_, sending->name);

    if (is_patch) {
        request->mutate = event_mutate;
        request->mutate_data = api_part_ref(sending->body);
        request->mutate_data_free = api_part_unref;
    } else if (sending->event != NULL) {
        request->object = g_steal_pointer(&sending->event);
    } else {
        request->object = event_with(sending->namespace_, sending->name, sending->body);
    }
    request->reason = sending->body->reason;
    sim_set_cause(client_sim(sink->client), sending->cause);
    client_send(sink->client, request, sending_done, sending, NULL);
}

static void
sending_on_timer(Sim *sim, gpointer self)
{
    Sending *sending = self;

    (void)sim;
    sending->is_due = client_is_paused(sending->sink->client);
    if (!sending->is_due)
        sending_send(sending);
}

/* --- public ----------------------------------------------------------------------------------- */

EventSink *
event_sink_new(Client *client, Rng *rng, void (*sent)(gpointer user), gpointer user)
{
    EventSink *sink = g_new0(EventSink, 1);

    sink->client = client;
    sink->rng = rng;
    sink->sent = sent;
    sink->user = user;
    g_queue_init(&sink->sendings);
    return sink;
}

void
event_sink_reset(EventSink *sink)
{
    for (const GList *link = sink->sendings.head; link != NULL; link = link->next)
        client_cancel(sink->client, link->data);
    while (sink->sendings.head != NULL)
        sending_free(sink->sendings.head->data);
}

void
event_sink_free(EventSink *sink)
{
    if (sink == NULL)
        return;
    event_sink_reset(sink);
    g_free(sink);
}

void
event_sink_resumed(EventSink *sink)
{
    for (const GList *link = sink->sendings.head; link != NULL; link = link->next) {
        Sending *sending = link->data;

        if (sending->is_due)
            sim_timer_arm_after(&sending->timer, 0);
    }
}

guint
event_sink_count(const EventSink *sink)
{
    return sink->sendings.length;
}

void
event_sink_send(EventSink *sink, ApiObject *event, gboolean is_update, TraceId cause)
{
    Sending *sending = POOL_NEW0(Sending);

    sending->sink = sink;
    sending->event = event;
    sending->namespace_ = api_namespace(event);
    sending->name = api_name(event);
    sending->body = api_part_ref(event->body);
    sending->is_update = is_update;
    sending->cause = cause;
    sim_timer_init(&sending->timer, client_sim(sink->client), SIM_CONTROL, sending_on_timer,
                   sending);
    sending->link.data = sending;
    links_push(&sink->sendings, &sending->link);
    sending_send(sending);
}

ApiObject *
event_with(const char *namespace_, const char *name, const EventBody *body)
{
    ApiObject *event = api_object_new(&event_kind, namespace_, name);

    api_object_set_body(event, body);
    return event;
}

ApiObject *
event_new(const ObjectReference *about,
          const char *type,
          const char *reason,
          const char *message,
          gint64 wall_ns)
{
    const char *namespace_ = str_is_empty(about->namespace_) ? str_intern("default") : about->namespace_;
    ApiObject *event = api_object_new(&event_kind, namespace_, correlator_event_name(about->name, wall_ns));
    EventBody *body = api_edit_body(event);

    body->involved_object = *about;
    body->type = type;
    body->reason = reason;
    body->message = str_intern(message);
    return event;
}
