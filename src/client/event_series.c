/* event_series.c - see event_series.h */

#include "client/event_series.h"

#include "base/duration.h"
#include "base/pool.h"

#define REFRESH_NS (30 * NS_PER_MIN)
#define FINISH_NS  (6 * NS_PER_MIN)

/* An event that was told: what is needed to tell more of it. */
typedef struct {
    const char *namespace_, *name; /* (interned) */
    EventBody *body;               /* (owned) part */
    GList link;                    /* in the book's order */
} Told;

struct EventSeriesBook {
    Client *client;
    EventSink *sink;
    GHashTable *events; /* set of Told */
    GQueue order;       /* of Told (owned), oldest first */
    gint64 started_ns;  /* the tickers count from here */
    SimTimer timer;     /* next look, while there is anything to look at */
};

/* --- isomorphism ------------------------------------------------------------------------------ */

static guint
reference_hash(const ObjectReference *reference)
{
    if (reference == NULL)
        return 0;
    return g_direct_hash(reference->name) * 31 + g_direct_hash(reference->uid) +
           g_direct_hash(reference->resource_version) * 7;
}

static gboolean
reference_equal(const ObjectReference *a, const ObjectReference *b)
{
    if (a == NULL || b == NULL)
        return a == b;
    return a->kind == b->kind && a->namespace_ == b->namespace_ && a->name == b->name &&
           a->uid == b->uid && a->api_version == b->api_version &&
           a->resource_version == b->resource_version && a->field_path == b->field_path;
}

static guint
event_hash(gconstpointer data)
{
    const EventBody *body = ((const Told *)data)->body;

    return reference_hash(&body->involved_object) + g_direct_hash(body->reason) * 13 +
           reference_hash(body->related);
}

static gboolean
event_isomorphic(gconstpointer a, gconstpointer b)
{
    const EventBody *x = ((const Told *)a)->body;
    const EventBody *y = ((const Told *)b)->body;

    return x->type == y->type && x->action == y->action && x->reason == y->reason &&
           x->reporting_component == y->reporting_component &&
           x->reporting_instance == y->reporting_instance &&
           reference_equal(&x->involved_object, &y->involved_object) &&
           reference_equal(x->related, y->related);
}

/* --- writing ---------------------------------------------------------------------------------- */

static gint64
book_wall_ns(const EventSeriesBook *book)
{
    gint64 wall_ns = sim_wall_ns(client_sim(book->client));

    return wall_ns - wall_ns % NS_PER_US;
}

/* The body is shared: the book edits one of its own when it goes on counting. */
static void
book_send(EventSeriesBook *book, ApiObject *event, gboolean is_update)
{
    event_sink_send(book->sink, event, is_update, sim_cause(client_sim(book->client)));
}

static void
book_send_series(EventSeriesBook *book, const Told *told)
{
    book_send(book, event_with(told->namespace_, told->name, told->body), TRUE);
}

static void
told_free(gpointer data)
{
    Told *told = data;

    api_part_unref(told->body);
    POOL_FREE(Told, told);
}

/* --- the tickers ------------------------------------------------------------------------------ */

static void
book_arm(EventSeriesBook *book)
{
    gint64 since_ns = sim_now_ns(client_sim(book->client)) - book->started_ns;

    if (book->order.length > 0 && !book->timer.is_armed)
        sim_timer_arm_at(&book->timer, book->started_ns + (since_ns / FINISH_NS + 1) * FINISH_NS);
}

static void
book_forget(EventSeriesBook *book, Told *told)
{
    g_hash_table_remove(book->events, told);
    g_queue_unlink(&book->order, &told->link);
    told_free(told);
}

/* The links lie in what they link. */
static void
book_clear(EventSeriesBook *book)
{
    g_hash_table_remove_all(book->events);
    while (book->order.head != NULL) {
        Told *told = book->order.head->data;

        g_queue_unlink(&book->order, &told->link);
        told_free(told);
    }
}

static void
book_refresh(EventSeriesBook *book)
{
    for (GList *link = book->order.head; link != NULL; link = link->next) {
        const Told *told = link->data;

        if (told->body->series != NULL)
            book_send_series(book, told);
    }
}

static void
book_finish(EventSeriesBook *book)
{
    gint64 before_ns = book_wall_ns(book) - FINISH_NS;
    GList *link = book->order.head;

    while (link != NULL) {
        GList *next = link->next;
        Told *told = link->data;
        const EventBody *body = told->body;

        if (body->series == NULL && body->event_time < before_ns) {
            book_forget(book, told);
        } else if (body->series != NULL && body->series->last_observed_time < before_ns) {
            book_send_series(book, told);
            book_forget(book, told);
        }
        link = next;
    }
}

static void
book_on_timer(Sim *sim, gpointer self)
{
    EventSeriesBook *book = self;

    if (client_is_paused(book->client))
        return;
    if ((sim_now_ns(sim) - book->started_ns) % REFRESH_NS == 0)
        book_refresh(book);
    book_finish(book);
    book_arm(book);
}

/* --- public ----------------------------------------------------------------------------------- */

EventSeriesBook *
event_series_new(Client *client, EventSink *sink)
{
    EventSeriesBook *book = g_new0(EventSeriesBook, 1);

    book->client = client;
    book->sink = sink;
    book->events = g_hash_table_new(event_hash, event_isomorphic);
    book->started_ns = sim_now_ns(client_sim(client));
    g_queue_init(&book->order);
    sim_timer_init(&book->timer, client_sim(client), SIM_CONTROL, book_on_timer, book);
    return book;
}

void
event_series_reset(EventSeriesBook *book)
{
    sim_timer_disarm(&book->timer);
    book_clear(book);
    book->started_ns = sim_now_ns(client_sim(book->client));
}

void
event_series_free(EventSeriesBook *book)
{
    if (book == NULL)
        return;
    event_series_reset(book);
    sim_timer_clear(&book->timer);
    g_hash_table_destroy(book->events);
    g_free(book);
}

void
event_series_resumed(EventSeriesBook *book)
{
    book_arm(book);
}

void
event_series_record(EventSeriesBook *book, ApiObject *event)
{
    Told wanted = {.body = event->body};
    Told *told = g_hash_table_lookup(book->events, &wanted);
    EventBody *body;

    if (told == NULL) {
        told = POOL_NEW(Told);
        *told = (Told){
            .namespace_ = api_namespace(event),
            .name = api_name(event),
            .body = api_part_ref(event->body),
            .link = {.data = told},
        };
        g_queue_push_tail_link(&book->order, &told->link);
        g_hash_table_add(book->events, told);
        book_send(book, event, FALSE);
        book_arm(book);
        return;
    }
    api_object_unref(event);
    body = api_part_edit((gpointer *)&told->body);
    if (body->series != NULL) {
        body->series->count++;
        body->series->last_observed_time = book_wall_ns(book);
        return;
    }
    body->series = g_new0(EventSeries, 1);
    body->series->count = 2;
    body->series->last_observed_time = book_wall_ns(book);
    book_send_series(book, told);
}
