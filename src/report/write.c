/* write.c - the files of a run; see report.h */

#include "report/put.h"
#include "report/series.h"
#include "report/waits.h"

#include "base/duration.h"
#include "base/fetch.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <stdio.h>

/* --- text ------------------------------------------------------------------------------ */

static void
append_cell(GString *out, const char *text)
{
    gsize length = str_length(text);

    text_ends(out, put_cell(room_for(out, CELL_MAX(length)), text != NULL ? text : "", length));
}

static void
append_number(GString *out, guint64 number, guint min_digits)
{
    text_ends(out, put_number(room_for(out, NUMBER_MAX), number, min_digits));
}

static void
append_seconds(GString *out, gint64 ns)
{
    text_ends(out, put_seconds(room_for(out, SECONDS_MAX), ns));
}

/* --- files ------------------------------------------------------------------------------ */

#define FLUSH_BYTES (64 * 1024)

/* One file on its way: a temporary one, renamed; never half a file under the final name; no fsync, as a run can be repeated. */
typedef struct {
    char *path, *part; /* (owned) */
    FILE *file;        /* (owned) NULL: could not be opened */
    GString *text;     /* (owned) not written yet */
    int error;         /* errno of the first thing that failed, else 0 */
} Sheet;

static void
sheet_flush(Sheet *sheet)
{
    if (sheet->error == 0 && fwrite(sheet->text->str, 1, sheet->text->len, sheet->file) != sheet->text->len)
        sheet->error = errno;
    g_string_truncate(sheet->text, 0);
}

static void
sheet_open(Sheet *sheet, const char *directory, const char *name, GString *text)
{
    sheet->path = g_build_filename(directory, name, NULL);
    sheet->part = g_strconcat(sheet->path, ".part", NULL);
    sheet->file = g_fopen(sheet->part, "wb");
    sheet->error = sheet->file == NULL ? errno : 0;
    sheet->text = text;
    if (sheet->file != NULL)
        setvbuf(sheet->file, NULL, _IONBF, 0);
}

/* A row is complete; a long file must not lie in memory as a whole. */
static inline void
sheet_row(Sheet *sheet)
{
    if (sheet->text->len >= FLUSH_BYTES)
        sheet_flush(sheet);
}

static gboolean
sheet_close(Sheet *sheet, GError **error)
{
    sheet_flush(sheet);
    if (sheet->file != NULL && fclose(sheet->file) != 0 && sheet->error == 0)
        sheet->error = errno;
    if (sheet->error == 0 && g_rename(sheet->part, sheet->path) != 0)
        sheet->error = errno;
    if (sheet->error != 0) {
        g_set_error(error, G_FILE_ERROR, (int)g_file_error_from_errno(sheet->error), "%s: %s", sheet->path, g_strerror(sheet->error));
        g_unlink(sheet->part);
    }
    g_string_free(sheet->text, TRUE);
    g_free(sheet->path);
    g_free(sheet->part);
    return sheet->error == 0;
}

/* A short file, in one go. Takes @text. */
static gboolean
put(const char *directory, const char *name, GString *text, GError **error)
{
    Sheet sheet;

    sheet_open(&sheet, directory, name, text);
    return sheet_close(&sheet, error);
}

/* What a line has besides what is in its texts: names, quotes, numbers. */
#define RECORD_MAX 256

/* One line of events.jsonl. */
static void
append_record(GString *out, TraceId id, const TraceRecord *record)
{
    gsize component = str_length(record->component), verb = str_length(record->verb), object = str_length(record->object);
    gsize reason = str_length(record->reason), message = str_length(record->message);
    char *to = room_for(out, RECORD_MAX + JSON_MAX(component + verb + object + reason + message));

    to = put_number(PUT(to, "{\"id\":"), id, 1);
    to = put_seconds(PUT(to, ",\"t\":"), record->time_ns);
    to = put_json_text(PUT(to, ",\"component\":"), record->component, component);
    to = put_json_text(PUT(to, ",\"verb\":"), record->verb != NULL ? record->verb : "", verb);
    to = put_json_text(PUT(to, ",\"object\":"), record->object, object);
    to = put_json_text(PUT(to, ",\"reason\":"), record->reason != NULL ? record->reason : "", reason);
    to = put_json_text(PUT(to, ",\"message\":"), record->message != NULL ? record->message : "", message);
    to = put_number(PUT(to, ",\"cause\":"), record->cause, 1);
    text_ends(out, PUT(to, "}\n"));
}

/* Records ahead of the one that is written whose texts are fetched: of a long run they lie far away. */
#define FETCH_AHEAD 8

/* A text, which may be NULL, has its length before it. */
static inline void
fetch_text(const char *text)
{
    fetch((gconstpointer)((gsize)text - sizeof(guint64)));
    fetch((gconstpointer)((gsize)text + 32));
}

static inline void
fetch_texts(const TraceRecord *record)
{
    fetch(record->component);
    fetch_text(record->object);
    fetch_text(record->message);
}

static gboolean
write_events(const Series *series, const char *directory, GError **error)
{
    const Trace *trace = sim_get_trace(series->sim);
    guint count = trace_count(trace);
    GString *out = g_string_sized_new(2 * FLUSH_BYTES);
    Sheet sheet;

    sheet_open(&sheet, directory, "events.jsonl", out);
    for (TraceId id = 1; id <= count; id++) {
        const TraceRecord *record = trace_get(trace, id);

        if (series->end_ns >= 0 && record->time_ns > series->end_ns)
            break; /* the last requests were waited for: that is no part of the run */
        if (id + FETCH_AHEAD <= count)
            fetch_texts(trace_get(trace, id + FETCH_AHEAD));
        append_record(out, id, record);
        sheet_row(&sheet);
    }
    return sheet_close(&sheet, error);
}

static gboolean
write_objects(const Series *series, const char *directory, GError **error)
{
    GString *out = g_string_new("t,kind,namespace,name,owner,revision,desired,current,ready,available,updated,removed\n");

    for (guint i = 0; i < series->objects->len; i++) {
        const ObjectRow *row = &g_array_index(series->objects, ObjectRow, i);

        append_seconds(out, row->time_ns);
        append_cell(out, row->kind);
        append_cell(out, row->namespace_);
        append_cell(out, row->name);
        append_cell(out, row->owner);

        const gint32 counts[] = {row->revision, row->desired, row->current, row->ready, row->available, row->updated, row->is_removed};

        for (guint k = 0; k < G_N_ELEMENTS(counts); k++) {
            g_string_append(out, counts[k] < 0 ? ",-" : ",");
            append_number(out, (guint64)ABS((gint64)counts[k]), 1);
        }
        g_string_append_c(out, '\n');
    }
    return put(directory, "objects.csv", out, error);
}

static gboolean
write_nodes(const Series *series, const char *directory, GError **error)
{
    GString *out = g_string_new("t,node,ready,unschedulable,pressure\n");

    for (guint i = 0; i < series->nodes->len; i++) {
        const NodeRow *row = &g_array_index(series->nodes, NodeRow, i);

        append_seconds(out, row->time_ns);
        append_cell(out, row->name);
        append_cell(out, row->ready);
        g_string_append(out, row->unschedulable ? ",1," : ",0,");
        g_string_append(out, row->pressure);
        g_string_append_c(out, '\n');
    }
    return put(directory, "nodes.csv", out, error);
}

/* The rows of one pod: they differ in what it was and when. */
static void
append_lane(GString *out, const Lane *lane)
{
    gsize start = out->len, length;

    g_string_append(out, lane->node != NULL ? lane->node : "");
    append_cell(out, lane->namespace_);
    append_cell(out, lane->name);
    append_cell(out, lane->owner);
    length = out->len - start;
    for (guint i = 0; i < lane->n_spans; i++) {
        const LaneSpan *span = &lane->spans[i];
        const char *state = lane_state_name(span->state);
        char *to = room_for(out, length + CELL_MAX(strlen(state)) + 2 * SECONDS_MAX + 3);

        if (i > 0)
            to = (char *)memcpy(to, out->str + start, length) + length;
        to = put_cell(to, state, strlen(state));
        *to++ = ',';
        to = put_seconds(to, span->from_ns);
        *to++ = ',';
        to = put_seconds(to, span->to_ns);
        *to++ = '\n';
        text_ends(out, to);
    }
    if (lane->n_spans == 0)
        g_string_truncate(out, start);
}

static gboolean
write_pods(const Series *series, const char *directory, GError **error)
{
    GString *out = g_string_new("node,namespace,pod,owner,state,from,to\n");
    Sheet sheet;

    sheet_open(&sheet, directory, "pods.csv", out);
    for (guint i = 0; i < series->lanes->len; i++) {
        append_lane(out, g_ptr_array_index(series->lanes, i));
        sheet_row(&sheet);
    }
    return sheet_close(&sheet, error);
}

static void
append_quantile(GString *out, gint64 us)
{
    g_string_append_c(out, ',');
    if (us < 0)
        return;
    append_number(out, (guint64)us / 1000, 1);
    g_string_append_c(out, '.');
    append_number(out, (guint64)us % 1000, 3);
}

static gboolean
write_traffic(const Series *series, const char *directory, GError **error)
{
    GString *out = g_string_new("second,traffic,ok,refused,reset,timeout,other,p50_ms,p90_ms,p99_ms\n");

    for (guint i = 0; i < series->n_traffic; i++)
        for (guint s = 0; s < traffic_second_count(series->traffic[i]); s++) {
            const TrafficSecond *row = traffic_second(series->traffic[i], s);

            const guint64 counts[] = {row->ok, row->refused, row->reset, row->timeout, row->other};

            append_number(out, s, 1);
            append_cell(out, traffic_name(series->traffic[i]));
            for (guint k = 0; k < G_N_ELEMENTS(counts); k++) {
                g_string_append_c(out, ',');
                append_number(out, counts[k], 1);
            }
            append_quantile(out, row->p50_us);
            append_quantile(out, row->p90_us);
            append_quantile(out, row->p99_us);
            g_string_append_c(out, '\n');
        }
    return put(directory, "traffic.csv", out, error);
}

static gboolean
write_marks(const ReportInput *input, const char *directory, GError **error)
{
    static const char *const types[] = {"kubectl", "fault", "fault-end", "mark", "other"};
    GString *out = g_string_new("t,type,text\n");

    for (guint i = 0; i < input->n_marks; i++) {
        append_seconds(out, input->marks[i].time_ns);
        append_cell(out, types[input->marks[i].type]);
        append_cell(out, input->marks[i].text);
        g_string_append_c(out, '\n');
    }
    return put(directory, "marks.csv", out, error);
}

static gboolean
write_commands(const ReportInput *input, const char *directory, GError **error)
{
    GString *out = g_string_new(NULL);

    for (guint i = 0; i < input->n_commands; i++) {
        const ReportCommand *command = &input->commands[i];
        g_autoptr(Value) row = value_new_map();
        GString *t = g_string_new(NULL);
        GString *took = g_string_new(NULL);

        append_seconds(t, command->start_ns);
        append_seconds(took, command->end_ns >= 0 ? command->end_ns - command->start_ns : 0);
        value_set(row, "t", value_new_float(t->str));
        value_set(row, "took", command->end_ns >= 0 ? value_new_float(took->str) : value_new_null());
        value_set(row, "command", value_new_string(command->line));
        value_set(row, "exit", command->end_ns >= 0 ? value_new_int(command->exit) : value_new_null());
        value_set(row, "stdout", value_new_string(command->out));
        value_set(row, "stderr", value_new_string(command->err));
        value_append_json(out, row, VALUE_NO_HTML_ESCAPE);
        g_string_append_c(out, '\n');
        g_string_free(t, TRUE);
        g_string_free(took, TRUE);
    }
    return put(directory, "kubectl.jsonl", out, error);
}

static Value *
traffic_tree(const Series *series)
{
    Value *all = value_new_map();
    static const struct {
        const char *name;
        guint permille;
    } quantiles[] = {{"p50", 500}, {"p90", 900}, {"p99", 990}, {"p99.9", 999}};

    for (guint i = 0; i < series->n_traffic; i++) {
        const Traffic *traffic = series->traffic[i];
        Value *one = value_new_map();
        Value *latency = value_new_map();

        value_set(one, "requests", value_new_int((gint64)traffic_counts(traffic)->arrivals));
        value_set(one, "inFlight", value_new_int((gint64)traffic_counts(traffic)->in_flight));
        value_set(one, "outcomes", traffic_outcomes(traffic));
        for (guint q = 0; q < G_N_ELEMENTS(quantiles); q++) {
            gint64 ns = traffic_quantile_ns(traffic, quantiles[q].permille);
            GString *ms = g_string_new(NULL);

            g_string_append_printf(ms, "%" G_GINT64_FORMAT ".%03" G_GINT64_FORMAT, ns / NS_PER_MS, ns / NS_PER_US % 1000);
            value_set(latency, quantiles[q].name, ns < 0 ? value_new_null() : value_new_float(ms->str));
            g_string_free(ms, TRUE);
        }
        value_set(one, "latencyMs", latency);
        value_set(all, traffic_name(traffic), one);
    }
    return all;
}

static Value *
checks_tree(const ReportInput *input)
{
    Value *list = value_new_list();

    for (guint i = 0; i < input->n_checks; i++) {
        Value *one = value_new_map();

        value_set(one, "rule", value_new_string(input->checks[i].rule));
        value_set(one, "that", value_new_string(input->checks[i].text));
        value_set(one, "holds", value_new_bool(input->checks[i].has_passed));
        value_append(list, one);
    }
    return list;
}

static gboolean
write_run(const ReportInput *input, const Series *series, const char *directory, GError **error)
{
    g_autoptr(Value) run = value_new_map();
    Value *counts = value_new_map();
    SimCounters counters = sim_counters(series->sim);
    GString *out = g_string_new(NULL);
    GString *end = g_string_new(NULL);
    g_autofree char *fingerprint = g_strdup_printf("%016" G_GINT64_MODIFIER "x", sim_fingerprint(series->sim));
    g_autofree char *hash = g_strdup_printf("%08" G_GINT64_MODIFIER "x", input->scenario_hash);

    append_seconds(end, input->end_ns);
    value_set(run, "desk8s", value_new_string(input->version));
    value_set(run, "name", value_new_string(input->name));
    value_set(run, "description", value_new_string(input->description));
    value_set(run, "kubernetesVersion", value_new_string(input->kubernetes_version));
    value_set(run, "seed", value_new_int((gint64)input->seed));
    value_set(run, "scenarioHash", value_new_string(hash));
    value_set(run, "fingerprint", value_new_string(fingerprint));
    value_set(run, "end", value_new_float(end->str));
    value_set(counts, "events", value_new_int((gint64)counters.events));
    value_set(counts, "apiWrites", value_new_int((gint64)series->api_writes));
    value_set(counts, "traceRecords", value_new_int(trace_count(sim_get_trace(series->sim))));
    value_set(counts, "pods", value_new_int(series->lanes->len));
    value_set(run, "counters", counts);
    value_set(run, "timers", waits_tree(series->sim, input->kubernetes_version));
    value_set(run, "traffic", traffic_tree(series));
    value_set(run, "expect", checks_tree(input));
    value_append_json(out, run, VALUE_INDENT4 | VALUE_NO_HTML_ESCAPE);
    g_string_append_c(out, '\n');
    g_string_free(end, TRUE);
    return put(directory, "run.json", out, error);
}

gboolean
report_write(const ReportInput *input, const Series *series, const char *directory, GError **error)
{
    g_autofree char *summary = report_summary(input, series);

    return write_events(series, directory, error) && write_objects(series, directory, error) && write_nodes(series, directory, error) &&
           write_pods(series, directory, error) && write_traffic(series, directory, error) && write_marks(input, directory, error) &&
           write_commands(input, directory, error) && write_run(input, series, directory, error) && put(directory, "summary.txt", g_string_new(summary), error);
}
