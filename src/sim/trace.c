/* trace.c - see trace.h */

#include "sim/kernel.h"

#include "base/pages.h"

#define CHUNK_RECORDS 2048

struct Trace {
    gboolean is_kept;
    guint count;
    GPtrArray *chunks; /* (owned) arrays of CHUNK_RECORDS records */
};

Trace *
trace_new(gboolean is_kept)
{
    Trace *trace = g_new0(Trace, 1);

    trace->is_kept = is_kept;
    trace->chunks = g_ptr_array_new_with_free_func(g_free);
    return trace;
}

void
trace_free(Trace *trace)
{
    if (trace == NULL)
        return;
    g_ptr_array_unref(trace->chunks);
    g_free(trace);
}

gboolean
trace_is_kept(const Trace *trace)
{
    return trace->is_kept;
}

/* Numbers go on when nothing is kept, so that the fingerprint of a run is the same. */
TraceId
trace_add(Trace *trace, const TraceRecord *record)
{
    guint place = trace->count % CHUNK_RECORDS;

    g_assert(trace->count < G_MAXUINT32);
    trace->count++;
    if (!trace->is_kept)
        return trace->count;
    if (G_UNLIKELY(place == 0)) {
        g_ptr_array_add(trace->chunks, g_new(TraceRecord, CHUNK_RECORDS));
        if (trace->chunks->len > 1) /* a short run does not fill its first */
            pages_fetch(trace->chunks->pdata[trace->chunks->len - 1], CHUNK_RECORDS * sizeof(TraceRecord));
    }
    TraceRecord *chunk = g_ptr_array_index(trace->chunks, trace->chunks->len - 1);
    chunk[place] = *record;
    return trace->count;
}

guint
trace_count(const Trace *trace)
{
    return trace->is_kept ? trace->count : 0;
}

const TraceRecord *
trace_get(const Trace *trace, TraceId id)
{
    g_assert(id >= 1);
    g_assert(id <= trace_count(trace));
    const TraceRecord *chunk = g_ptr_array_index(trace->chunks, (id - 1) / CHUNK_RECORDS);
    return &chunk[(id - 1) % CHUNK_RECORDS];
}
