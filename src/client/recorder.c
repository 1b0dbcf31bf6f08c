/* recorder.c - see recorder.h */

#include "client/recorder.h"

#include "base/duration.h"
#include "base/pool.h"
#include "client/correlator.h"
#include "client/event_series.h"

/* v0.34 tools/record: the broadcaster's channel; more than that is dropped. */
#define QUEUE_MAX 1000

typedef struct {
    ApiObject *event; /* (owned) */
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

    api_object_unref(waiting->event);
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

/* One goroutine correlates and sends; it takes the next event when one is through. */
static void
recorder_pump(gpointer user)
{
    Recorder *recorder = user;

    while (event_sink_count(recorder->sink) == 0 && recorder->waiting.length > 0) {
        Waiting *waiting = g_queue_pop_head(&recorder->waiting);
        ApiObject *event = correlator_apply(recorder->correlator, g_steal_pointer(&waiting->event),
                                            recorder_stamp_ns(recorder));

        if (event != NULL)
            event_sink_send(recorder->sink, event, event_body(event)->count > 1, waiting->cause);
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

ObjectReference
object_reference_of(const ApiObject *object)
{
    return (ObjectReference){
        .kind = api_kind_name(object->kind),
        .namespace_ = api_namespace(object),
        .name = api_name(object),
        .uid = api_uid(object),
        .api_version = api_kind_api_version(object->kind),
        .resource_version = object->resource_version == 0
                                ? NULL
                                : str_internf("%" G_GUINT64_FORMAT, object->resource_version),
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
                    ApiObject *event,
                    const char *action,
                    const ObjectReference *related,
                    gint64 wall_ns)
{
    EventBody *body = api_edit_body(event);

    body->event_time = wall_ns - wall_ns % NS_PER_US;
    body->action = str_intern(action);
    if (related != NULL) {
        body->related = g_new0(ObjectReference, 1);
        *body->related = *related;
    }
    event_series_record(recorder->series, event);
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
    Sim *sim = client_sim(recorder->client);
    gint64 wall_ns = sim_wall_ns(sim);
    ApiObject *event = event_new(about, type, reason, message, recorder_stamp_ns(recorder));
    EventBody *body = api_edit_body(event);
    Waiting *waiting;

    body->reporting_component = recorder->options.component;
    body->reporting_instance = recorder->instance;
    if (recorder->series != NULL) {
        recorder_add_series(recorder, event, action, related, wall_ns);
        return;
    }
    if (recorder->waiting.length >= QUEUE_MAX) {
        api_object_unref(event);
        return;
    }
    body->source.component = recorder->options.component;
    body->source.host = recorder->options.host;
    body->first_time = body->last_time = api_time_seconds(wall_ns);
    body->count = 1;
    waiting = POOL_NEW(Waiting);
    *waiting = (Waiting){event, sim_cause(sim)};
    g_queue_push_tail(&recorder->waiting, waiting);
    recorder_pump(recorder);
}
