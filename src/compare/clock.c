/* clock.c - see clock.h */

#include "compare/clock.h"

#include "base/duration.h"
#include "base/intern.h"

/* Somewhere in 2128: a date beyond is a slip, and room to add to it is needed. */
#define LAST_NS (G_GINT64_CONSTANT(5000000000) * NS_PER_S)

/* --- times in objects ------------------------------------------------------------------------- */

static gint64
date_of(const Value *value)
{
    gint64 ns = 0;

    if (value == NULL || value->type != VALUE_STRING || !g_ascii_isdigit(value->text[0]) || strlen(value->text) < 20)
        return 0;
    return time_parse_rfc3339(value->text, &ns) && ns < LAST_NS ? ns : 0;
}

static gint64
newest_within(const Value *value)
{
    gint64 newest = date_of(value);

    if (value == NULL || (value->type != VALUE_MAP && value->type != VALUE_LIST))
        return newest;
    for (guint i = 0; i < value->count; i++)
        newest = MAX(newest, newest_within(value->items[i]));
    return newest;
}

/* deletionTimestamp says when the grace ends; asked for it was that much earlier. */
static gint64
deleted_at(const Value *metadata)
{
    gint64 ns = date_of(value_get(metadata, "deletionTimestamp"));

    gint64 grace_s = value_get_int(metadata, "deletionGracePeriodSeconds", 0);

    return ns > 0 ? ns - CLAMP(grace_s, 0, G_MAXINT32) * NS_PER_S : 0;
}

/* The newest time of a write by the API server's clock; 0: none. */
static gint64
written_at(const Value *object)
{
    const Value *metadata = value_get(object, "metadata");
    const Value *writes = value_get(metadata, "managedFields");
    gint64 newest = MAX(date_of(value_get(metadata, "creationTimestamp")), deleted_at(metadata));

    for (guint i = 0; writes != NULL && i < writes->count; i++)
        newest = MAX(newest, date_of(value_get(writes->items[i], "time")));
    if (str_is(value_get_string(object, "kind", ""), "Lease"))
        newest = MAX(newest, date_of(value_get_path(object, "spec", "renewTime", NULL)));
    return newest;
}

/* The newest time of any sort; 0: none. */
static gint64
newest_in(const Value *object)
{
    static const char *const of_events[] = {"firstTimestamp", "lastTimestamp", "eventTime", "series"};
    gint64 newest = written_at(object);

    if (str_is(value_get_string(object, "kind", ""), "Event"))
        for (guint i = 0; i < G_N_ELEMENTS(of_events); i++)
            newest = MAX(newest, newest_within(value_get(object, of_events[i])));
    return MAX(newest, newest_within(value_get(object, "status")));
}

/* --- order ------------------------------------------------------------------------------------ */

static int
by_arrival(gconstpointer a, gconstpointer b)
{
    const Stamped *left = a;
    const Stamped *right = b;

    return (left->seconds > right->seconds) - (left->seconds < right->seconds);
}

static int
by_revision(gconstpointer a, gconstpointer b)
{
    const Stamped *left = a;
    const Stamped *right = b;

    return (left->revision > right->revision) - (left->revision < right->revision);
}

void
clock_sort(GArray *records)
{
    g_array_sort(records, by_arrival); /* a merge sort: stable */
}

static gboolean
has_revisions(const GArray *records, Diag *diag)
{
    for (guint i = 0; i < records->len; i++) {
        const Stamped *record = &g_array_index(records, Stamped, i);

        if (record->revision > 0)
            continue;
        diag_add(diag, DIAG_ERROR, (SourcePos){record->file, record->line, 0}, "object.metadata.resourceVersion",
                 "is missing, so nothing says when this was; record with kubectl get --watch --output-watch-events -o json");
        return FALSE;
    }
    return TRUE;
}

/* --- the start --------------------------------------------------------------------------------- */

/* Nothing has been done about it yet: its status says nothing but that. */
static gboolean
is_newborn(const Stamped *record)
{
    static const char *const kinds[] = {"Pod", "Deployment", "ReplicaSet", "StatefulSet", "DaemonSet", "Job", "ReplicationController", NULL};
    const Value *status = value_get(record->object, "status");

    if (!str_is(record->type, "ADDED") || !g_strv_contains(kinds, value_get_string(record->object, "kind", "")))
        return FALSE;
    for (guint i = 0; status != NULL && i < status->count; i++) {
        const Value *member = status->items[i];

        if (str_is(status->keys[i], "phase") || str_is(status->keys[i], "qosClass"))
            continue;
        if (member->count > 0 || member->integer != 0 || member->type == VALUE_STRING)
            return FALSE;
    }
    return TRUE;
}

/* The first second in which something new came; -1: never. */
static gint64
find_start(const GArray *records, const gint64 *times)
{
    for (guint i = 0; i < records->len; i++)
        if (is_newborn(&g_array_index(records, Stamped, i)))
            return times[i];
    return -1;
}

static void
drop_leases(GArray *records)
{
    guint kept = 0;

    for (guint i = 0; i < records->len; i++) {
        Stamped *record = &g_array_index(records, Stamped, i);

        if (str_is(value_get_string(record->object, "kind", ""), "Lease")) {
            g_clear_pointer(&record->object, value_free);
            continue;
        }
        if (kept != i) {
            g_array_index(records, Stamped, kept) = *record;
            record->object = NULL;
        }
        kept++;
    }
    g_array_set_size(records, kept);
}

/* The earliest time of each record, as Unix ns. */
static void
find_earliest(const GArray *records, gboolean has_arrivals, gint64 *times)
{
    gint64 newest = 0;

    for (guint i = 0; i < records->len; i++) {
        const Stamped *record = &g_array_index(records, Stamped, i);

        newest = has_arrivals ? (gint64)(record->seconds * 1e9) : MAX(newest, newest_in(record->object));
        times[i] = newest;
    }
}

/* Into @latest, when each record was written by what it says itself, at the latest; G_MAXINT64 where it says nothing new. */
static void
find_written(const GArray *records, gint64 *latest)
{
    g_autoptr(GHashTable) known = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, g_free); /* object -> what it said last */

    for (guint i = 0; i < records->len; i++) {
        const Stamped *record = &g_array_index(records, Stamped, i);
        const Value *metadata = value_get(record->object, "metadata");
        const char *key = str_internf("%s\n%s\n%s", value_get_string(record->object, "kind", ""), value_get_string(metadata, "namespace", ""), value_get_string(metadata, "name", ""));
        gint64 *before = g_hash_table_lookup(known, key);
        gint64 written = written_at(record->object);

        latest[i] = G_MAXINT64;
        if (before == NULL) {
            before = g_new0(gint64, 1);
            g_hash_table_insert(known, (gpointer)key, before);
        }
        if (written > *before) /* a whole second was cut */
            latest[i] = written % NS_PER_S == 0 ? written + NS_PER_S : written;
        *before = MAX(*before, written);
    }
}

/* The latest: what came before a write whose time is known came by then. */
static void
find_latest(const GArray *records, const gint64 *earliest, gint64 *latest)
{
    gint64 next = G_MAXINT64;

    find_written(records, latest);
    for (guint i = records->len; i-- > 0;) {
        next = MIN(next, latest[i]);
        latest[i] = next == G_MAXINT64 ? earliest[i] + NS_PER_S : MAX(next, earliest[i]);
    }
}

void
clock_set_times(GArray *records, gint64 start_ns, const char *path, Diag *diag)
{
    g_autofree gint64 *times = g_new0(gint64, records->len + 1);
    gboolean has_arrivals = records->len > 0 && g_array_index(records, Stamped, 0).has_arrival;
    g_autofree gint64 *latest = g_new0(gint64, records->len + 1);

    if (!has_arrivals && !has_revisions(records, diag))
        return;
    g_array_sort(records, has_arrivals ? by_arrival : by_revision);
    find_earliest(records, has_arrivals, times);
    if (has_arrivals)
        memcpy(latest, times, records->len * sizeof *latest);
    else
        find_latest(records, times, latest);
    if (start_ns == 0)
        start_ns = find_start(records, times);
    if (start_ns < 0) {
        diag_add(diag, DIAG_ERROR, (SourcePos){path, 0, 0}, NULL,
                 "nothing says when 0 s was, as no pod or workload was created; write a file `started` into the recording's folder with: date -u +%%FT%%TZ");
        return;
    }
    for (guint i = 0; i < records->len; i++) {
        g_array_index(records, Stamped, i).seconds = (double)(times[i] - start_ns) / 1e9;
        g_array_index(records, Stamped, i).latest = (double)(latest[i] - start_ns) / 1e9;
    }
    drop_leases(records);
}
