/* traffic_row.c - see traffic_row.h */

#include "net/traffic_row.h"

#include "base/duration.h"

/*
 * Hoare's selection: what would stand at @rank, were the values sorted. Left of
 * it are only smaller or equal ones then, right of it only greater or equal.
 */
static guint32
select_rank(guint32 *values, guint low, guint high, guint rank)
{
    while (low < high) {
        guint32 pivot = values[low + (high - low) / 2];
        gint64 i = (gint64)low - 1;
        gint64 j = (gint64)high + 1;

        for (;;) {
            do
                i++;
            while (values[i] < pivot);
            do
                j--;
            while (values[j] > pivot);
            if (i >= j)
                break;
            guint32 kept = values[i];
            values[i] = values[j];
            values[j] = kept;
        }
        if (rank <= (guint)j)
            high = (guint)j;
        else
            low = (guint)j + 1;
    }
    return values[low];
}

/* The smallest value with at least that share of all below or equal. */
static guint
rank_of(guint count, guint permille)
{
    return (guint)(MAX(((guint64)count * permille + 999) / 1000, 1) - 1);
}

static void
set_quantiles(const TrafficRows *rows, const OpenSecond *open)
{
    TrafficSecond *row = &g_array_index(rows->rows, TrafficSecond, open->second);
    guint32 *values = (guint32 *)(gpointer)open->values->data;
    guint count = open->values->len;
    guint p90 = rank_of(count, 900);
    guint p99 = rank_of(count, 990);

    row->p90_us = select_rank(values, 0, count - 1, p90);
    row->p99_us = select_rank(values, p90, count - 1, p99);
    row->p50_us = select_rank(values, 0, p90, rank_of(count, 500));
}

static void
close_second(TrafficRows *rows, OpenSecond *open)
{
    if (open->values->len > 0)
        set_quantiles(rows, open);
    g_array_set_size(open->values, 0);
}

void
traffic_rows_init(TrafficRows *rows)
{
    rows->rows = g_array_new(FALSE, TRUE, sizeof(TrafficSecond));
    for (guint i = 0; i < G_N_ELEMENTS(rows->open); i++) {
        rows->open[i].second = i;
        rows->open[i].values = g_array_new(FALSE, FALSE, sizeof(guint32));
    }
}

void
traffic_rows_clear(TrafficRows *rows)
{
    g_array_unref(rows->rows);
    for (guint i = 0; i < G_N_ELEMENTS(rows->open); i++)
        g_array_unref(rows->open[i].values);
}

static guint
second_of(gint64 time_ns)
{
    return (guint)(MAX(time_ns, 0) / NS_PER_S);
}

static TrafficSecond *
row_at(TrafficRows *rows, guint second)
{
    while (rows->rows->len <= second) {
        TrafficSecond empty = {.p50_us = -1, .p90_us = -1, .p99_us = -1};

        g_array_append_val(rows->rows, empty);
    }
    return &g_array_index(rows->rows, TrafficSecond, second);
}

void
traffic_rows_touch(TrafficRows *rows, gint64 time_ns)
{
    row_at(rows, second_of(time_ns));
}

void
traffic_rows_count(TrafficRows *rows, FlowOutcome outcome, gint64 ended_ns, gint64 took_us)
{
    guint second = second_of(ended_ns);
    TrafficSecond *row = row_at(rows, second);
    OpenSecond *open = &rows->open[second % G_N_ELEMENTS(rows->open)];
    guint32 value = (guint32)CLAMP(took_us, 0, G_MAXUINT32);

    switch (outcome) {
    case FLOW_OK:
        if (open->second != second) {
            close_second(rows, open);
            open->second = second;
        }
        row->ok++;
        g_array_append_val(open->values, value);
        break;
    case FLOW_REFUSED:
        row->refused++;
        break;
    case FLOW_RESET:
        row->reset++;
        break;
    case FLOW_TIMEOUT_CONNECT:
    case FLOW_TIMEOUT_READ:
        row->timeout++;
        break;
    default:
        row->other++;
    }
}

const TrafficSecond *
traffic_rows_get(const TrafficRows *rows, guint second)
{
    const OpenSecond *open = &rows->open[second % G_N_ELEMENTS(rows->open)];

    if (open->second == second && open->values->len > 0)
        set_quantiles(rows, open);
    return &g_array_index(rows->rows, TrafficSecond, second);
}
