/* recorder.c - see recorder.h */

#include "client/recorder.h"

#include "base/duration.h"
#include "base/pool.h"
#include "client/correlator.h"
#include "client/event_series.h"

/* v0.34 tools/record: the broadcaster's channel; more than that is dropped. */
#define QUEUE_MAX 1000

typedef struct {
    EventDraft draft; /* its message is owned */
    TraceId cause;
} Waiting;

struct Recorder {
    Client *client;
    RecorderOptions options;
    const char *instance; /* reportingInstance */
    EventSink *sink;
    Correlator *correlator;  /* NULL with series */
    EventSeriesBook *series; /* NULL without */
    GQueue waiting;          /* of Waiting (owned) */
    Rng *rng;
    gint64 stamp_ns; /* of the last name given */
};

static void
waiting_free(gpointer data)
{
    Waiting *waiting = data;

    g_free((gpointer)waiting->draft.message);
    POOL_FREE(Waiting, waiting);
}

/*
 * An event's name holds the nanosecond it was made. Things that the model does
 * at one instant take a real program some hundreds of nanoseconds.
 */
static gint64
recorder_stamp_ns(Recorder *recorder)
{
    gint64 wall_ns = sim_wall_ns(client_sim(recorder->client));

    wall_ns += (gint64)rng_below(recorder->rng, NS_PER_US);
    recorder->stamp_ns = MAX(recorder->stamp_ns + 1, wall_ns);
    return recorder->stamp_ns;
}

static void
recorder_correlate(Recorder *recorder, const EventDraft *draft, TraceId cause)
{
    ApiObject *event = correlator_apply(recorder->correlator, draft, recorder_stamp_ns(recorder));

    if (event != NULL)
        event_sink_send(recorder->sink, event, event_body(event)->count > 1, cause);
}

/* One goroutine correlates and sends; it takes the next event when one is through. */
static void
recorder_pump(gpointer user)
{
    Recorder *recorder = user;

    while (event_sink_count(recorder->sink) == 0 && recorder->waiting.length > 0) {
        Waiting *waiting = g_queue_pop_head(&recorder->waiting);

        recorder_correlate(recorder, &waiting->draft, waiting->cause);
        waiting_free(waiting);
    }
}

static void
recorder_series_sent(gpointer user)
{
    (void)user;
}

Recorder *
recorder_new(Client *client, const RecorderOptions *options)
{
    Recorder *recorder = g_new0(Recorder, 1);
    const char *host = options->host == NULL ? "" : options->host;
    Rng *rng = rng_stream(client_sim(client), str_internf("events/%s/%s", options->component, host));

    recorder->client = client;
    recorder->rng = rng;
    recorder->options = *options;
    recorder->options.component = str_intern(options->component);
    recorder->options.host = str_intern(options->host);
    g_queue_init(&recorder->waiting);
    if (options->series) {
        recorder->instance = str_internf("%s-%s", options->component, host);
        recorder->sink = event_sink_new(client, rng, recorder_series_sent, recorder);
        recorder->series = event_series_new(client, recorder->sink);
    } else {
        recorder->instance = recorder->options.host;
        recorder->sink = event_sink_new(client, rng, recorder_pump, recorder);
        recorder->correlator = correlator_new(rng, options->is_sparing);
    }
    return recorder;
}

void
recorder_reset(Recorder *recorder)
{
    event_sink_reset(recorder->sink);
    g_queue_clear_full(&recorder->waiting, waiting_free);
    if (recorder->correlator != NULL)
        correlator_clear(recorder->correlator);
    if (recorder->series != NULL)
        event_series_reset(recorder->series);
}

void
recorder_resumed(Recorder *recorder)
{
    event_sink_resumed(recorder->sink);
    if (recorder->series != NULL)
        event_series_resumed(recorder->series);
}

void
recorder_free(Recorder *recorder)
{
    if (recorder == NULL)
        return;
    recorder_reset(recorder);
    event_series_free(recorder->series);
    correlator_free(recorder->correlator);
    event_sink_free(recorder->sink);
    g_free(recorder);
}

/* Many events in a row are about one object as it was, so the text made last is kept; NULL: never stored. */
static const char *
revision_text(guint64 revision)
{
    static guint64 last;
    static const char *last_text;
    char digits[20];
    guint at = sizeof digits;

    if (revision == 0 || revision == last)
        return revision == 0 ? NULL : last_text;
    last = revision;
    for (guint64 rest = revision; rest > 0; rest /= 10)
        digits[--at] = (char)('0' + rest % 10);
    last_text = str_intern_len(digits + at, sizeof digits - at);
    return last_text;
}

ObjectReference
object_reference_of(const ApiObject *object)
{
    return (ObjectReference){
        .kind = api_kind_name(object->kind),
        .namespace_ = api_namespace(object),
        .name = api_name(object),
        .uid = api_uid(object),
        .api_version = api_kind_api_version(object->kind),
        .resource_version = revision_text(object->resource_version),
    };
}

void
recorder_event(Recorder *recorder,
               const ApiObject *about,
               const char *type,
               const char *reason,
               const char *message)
{
    ObjectReference reference = object_reference_of(about);

    recorder_event_ref(recorder, &reference, type, reason, NULL, NULL, message);
}

static void
recorder_add_series(Recorder *recorder,
                    const EventDraft *draft,
                    const char *action,
                    const ObjectReference *related,
                    gint64 wall_ns)
{
    ApiObject *event = event_new(&draft->about, draft->type, draft->reason, draft->message, draft->stamp_ns);
    EventBody *body = api_edit_body(event);

    body->reporting_component = draft->reporting_component;
    body->reporting_instance = draft->reporting_instance;
    body->event_time = wall_ns - wall_ns % NS_PER_US;
    body->action = str_intern(action);
    if (related != NULL) {
        body->related = g_new0(ObjectReference, 1);
        *body->related = *related;
    }
    event_series_record(recorder->series, event);
}

/* Told at once if nothing is under way, else kept until its turn comes. */
static void
recorder_add(Recorder *recorder, const EventDraft *draft)
{
    TraceId cause = sim_cause(client_sim(recorder->client));
    Waiting *waiting;

    if (event_sink_count(recorder->sink) == 0 && recorder->waiting.length == 0) {
        recorder_correlate(recorder, draft, cause);
    } else if (recorder->waiting.length < QUEUE_MAX) {
        waiting = POOL_NEW(Waiting);
        *waiting = (Waiting){*draft, cause};
        waiting->draft.message = g_strdup(draft->message);
        g_queue_push_tail(&recorder->waiting, waiting);
        recorder_pump(recorder);
    }
}

void
recorder_event_ref(Recorder *recorder,
                   const ObjectReference *about,
                   const char *type,
                   const char *reason,
                   const char *action,
                   const ObjectReference *related,
                   const char *message)
{
    gint64 wall_ns = sim_wall_ns(client_sim(recorder->client));
    EventDraft draft = {
        .about = *about,
        .type = str_intern(type),
        .reason = str_intern(reason),
        .message = message,
        .stamp_ns = recorder_stamp_ns(recorder),
        .time = api_time_seconds(wall_ns),
        .source = {recorder->options.component, recorder->options.host},
        .reporting_component = recorder->options.component,
        .reporting_instance = recorder->instance,
    };

    if (recorder->series != NULL)
        recorder_add_series(recorder, &draft, action, related, wall_ns);
    else
        recorder_add(recorder, &draft);
}
