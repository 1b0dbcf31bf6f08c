/* clock.c - see clock.h */

#include "compare/clock.h"

#include "base/duration.h"
#include "base/intern.h"

/* --- times in objects ------------------------------------------------------------------------- */

static gint64
date_of(const Value *value)
{
    gint64 ns = 0;

    if (value == NULL || value->type != VALUE_STRING || !g_ascii_isdigit(value->text[0]) || strlen(value->text) < 20)
        return 0;
    return time_parse_rfc3339(value->text, &ns) ? ns : 0;
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

    return ns > 0 ? ns - value_get_int(metadata, "deletionGracePeriodSeconds", 0) * NS_PER_S : 0;
}

gint64
clock_newest_ns(const Value *object)
{
    static const char *const of_events[] = {"firstTimestamp", "lastTimestamp", "eventTime", "series"};
    const Value *metadata = value_get(object, "metadata");
    const Value *writes = value_get(metadata, "managedFields");
    gint64 newest = MAX(date_of(value_get(metadata, "creationTimestamp")), deleted_at(metadata));

    for (guint i = 0; writes != NULL && i < writes->count; i++)
        newest = MAX(newest, date_of(value_get(writes->items[i], "time")));
    if (str_is(value_get_string(object, "kind", ""), "Event"))
        for (guint i = 0; i < G_N_ELEMENTS(of_events); i++)
            newest = MAX(newest, newest_within(value_get(object, of_events[i])));
    if (str_is(value_get_string(object, "kind", ""), "Lease"))
        newest = MAX(newest, date_of(value_get_path(object, "spec", "renewTime", NULL)));
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

void
clock_set_times(GArray *records, gint64 start_ns, const char *path, Diag *diag)
{
    g_autofree gint64 *times = g_new0(gint64, records->len + 1);
    gboolean has_arrivals = records->len > 0 && g_array_index(records, Stamped, 0).has_arrival;
    gint64 newest = 0;

    if (!has_arrivals && !has_revisions(records, diag))
        return;
    g_array_sort(records, has_arrivals ? by_arrival : by_revision);
    for (guint i = 0; i < records->len; i++) {
        const Stamped *record = &g_array_index(records, Stamped, i);

        newest = has_arrivals ? (gint64)(record->seconds * 1e9) : MAX(newest, clock_newest_ns(record->object));
        times[i] = newest;
    }
    if (start_ns == 0)
        start_ns = find_start(records, times);
    if (start_ns < 0) {
        diag_add(diag, DIAG_ERROR, (SourcePos){path, 0, 0}, NULL,
                 "nothing says when 0 s was, as no pod or workload was created; write a file `started` into the recording's folder with: date -u +%%FT%%TZ");
        return;
    }
    for (guint i = 0; i < records->len; i++)
        g_array_index(records, Stamped, i).seconds = (double)(times[i] - start_ns) / 1e9;
    drop_leases(records);
}
