/* write.c - the files of a run; see report.h */

#include "report/waits.h"
#include "report/series.h"

#include "base/duration.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <stdio.h>

/* --- text ------------------------------------------------------------------------------ */

/*
 * Most of a run's bytes are written here, so no tree is built and no printf asked: each put_ fills room that
 * room_for has made and returns where the next begins.
 */

/* At most 20 digits. */
#define NUMBER_MAX 20
/* Sign, digits, dot, digits. */
#define SECONDS_MAX (2 * NUMBER_MAX + 2)

/* A text whose length the compiler knows. */
#define PUT(to, literal) ((char *)memcpy(to, literal, sizeof(literal) - 1) + sizeof(literal) - 1)

/* Where @length more bytes can be put; text_ends takes the end of what was. */
static inline char *
room_for(GString *out, gsize length)
{
    gsize now = out->len;

    if (G_UNLIKELY(now + length >= out->allocated_len)) {
        g_string_set_size(out, now + length);
        out->len = now;
    }
    return out->str + now;
}

static inline void
text_ends(GString *out, char *at)
{
    *at = '\0';
    out->len = (gsize)(at - out->str);
}

static char *
put_number(char *to, guint64 number, guint min_digits)
{
    char digits[NUMBER_MAX];
    guint n = sizeof digits;

    do {
        digits[--n] = (char)('0' + number % 10);
        number /= 10;
    } while (number != 0 || sizeof digits - n < min_digits);
    for (; n < sizeof digits; n++)
        *to++ = digits[n];
    return to;
}

/* Seconds with millisecond digits: "12.345". */
static char *
put_seconds(char *to, gint64 ns)
{
    guint64 ms = (guint64)(ABS(ns) / NS_PER_MS);
    guint rest = (guint)(ms % 1000);

    if (ns < 0)
        *to++ = '-';
    to = put_number(to, ms / 1000, 1);
    to[0] = '.';
    to[1] = (char)('0' + rest / 100);
    to[2] = (char)('0' + rest / 10 % 10);
    to[3] = (char)('0' + rest % 10);
    return to + 4;
}

/* Longest that a cell of @length bytes can become, with comma and quotes. */
#define CELL_MAX(length) (2 * (length) + 3)

/* A CSV cell with the comma before it: quoted if it must be. */
static char *
put_cell(char *to, const char *text, gsize length)
{
    *to++ = ',';
    for (gsize i = 0;; i++) {
        if (i == length)
            return (char *)memcpy(to, text, length) + length;
        if (text[i] == ',' || text[i] == '"' || text[i] == '\n' || text[i] == '\r')
            break;
    }
    *to++ = '"';
    for (gsize i = 0; i < length; i++) {
        if (text[i] == '"')
            *to++ = '"';
        *to++ = text[i];
    }
    *to++ = '"';
    return to;
}

static void
append_cell(GString *out, const char *text)
{
    gsize length = text != NULL ? strlen(text) : 0;

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

/* Has one of these eight bytes to be looked at: a quote, a backslash, below a blank or from 0x80 on? */
static inline guint64
care_of(guint64 word)
{
    const guint64 ones = G_GUINT64_CONSTANT(0x0101010101010101);
    guint64 quote = word ^ ones * '"', slash = word ^ ones * '\\';

    return ((word - ones * ' ') | (quote - ones) | (slash - ones) | word) & ones << 7;
}

/* Up to eight bytes of @text as a word, which begins with them; the rest of it is harmless. */
static inline guint64
short_word(const char *text, gsize length)
{
    guint64 word = G_GUINT64_CONSTANT(0x6161616161616161);

    if (length >= 4) {
        guint32 low, high;

        memcpy(&low, text, sizeof low);
        memcpy(&high, text + length - sizeof high, sizeof high);
        return (guint64)high << 32 | low;
    }
    memcpy(&word, text, length);
    return word;
}

/* Copies @text and says whether nothing in it needs an escape: eight bytes a step, the last step over the one before. */
static inline gboolean
put_plain(char *to, const char *text, gsize length)
{
    guint64 word, care = 0;
    gsize at = 0;

    if (length < sizeof word) {
        memcpy(to, text, length);
        return care_of(short_word(text, length)) == 0;
    }
    for (; at + sizeof word <= length; at += sizeof word) {
        memcpy(&word, text + at, sizeof word);
        memcpy(to + at, &word, sizeof word);
        care |= care_of(word);
    }
    at = length - sizeof word;
    memcpy(&word, text + at, sizeof word);
    memcpy(to + at, &word, sizeof word);
    return (care | care_of(word)) == 0;
}

static char *
put_escaped(char *to, const char *text, gsize length)
{
    static const char hex[] = "0123456789abcdef";

    for (gsize i = 0; i < length; i++) {
        guchar byte = (guchar)text[i];

        if (byte >= ' ' && byte != '"' && byte != '\\') {
            *to++ = text[i];
        } else if (byte == '"' || byte == '\\' || byte == '\n' || byte == '\t') {
            *to++ = '\\';
            *to++ = byte == '\n' ? 'n' : byte == '\t' ? 't' : text[i];
        } else {
            memcpy(to, "\\u00", 4);
            to[4] = hex[byte >> 4];
            to[5] = hex[byte & 15];
            to += 6;
        }
    }
    return to;
}

/* Longest that a JSON string of @length bytes can become. */
#define JSON_MAX(length) (6 * (length) + 2)

/* A JSON string; NULL is null. */
static char *
put_json_text(char *to, const char *text, gsize length)
{
    if (text == NULL)
        return PUT(to, "null");
    *to++ = '"';
    to = put_plain(to, text, length) ? to + length : put_escaped(to, text, length);
    *to++ = '"';
    return to;
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

/* One line of events.jsonl. */
static void
append_record(GString *out, TraceId id, const TraceRecord *record)
{
    const char *const texts[] = {record->component, record->verb != NULL ? record->verb : "", record->object,
                                 record->reason != NULL ? record->reason : "", record->message != NULL ? record->message : ""};
    gsize lengths[G_N_ELEMENTS(texts)], room = 256;
    char *to;

    for (guint i = 0; i < G_N_ELEMENTS(texts); i++) {
        lengths[i] = texts[i] != NULL ? strlen(texts[i]) : 0;
        room += JSON_MAX(lengths[i]);
    }
    to = room_for(out, room);
    to = put_number(PUT(to, "{\"id\":"), id, 1);
    to = put_seconds(PUT(to, ",\"t\":"), record->time_ns);
    to = put_json_text(PUT(to, ",\"component\":"), texts[0], lengths[0]);
    to = put_json_text(PUT(to, ",\"verb\":"), texts[1], lengths[1]);
    to = put_json_text(PUT(to, ",\"object\":"), texts[2], lengths[2]);
    to = put_json_text(PUT(to, ",\"reason\":"), texts[3], lengths[3]);
    to = put_json_text(PUT(to, ",\"message\":"), texts[4], lengths[4]);
    to = put_number(PUT(to, ",\"cause\":"), record->cause, 1);
    text_ends(out, PUT(to, "}\n"));
}

/* Records ahead of the one that is written whose texts are fetched: of a long run they lie far away. */
#define FETCH_AHEAD 8

static inline void
fetch_texts(const TraceRecord *record)
{
    __builtin_prefetch(record->component);
    __builtin_prefetch(record->object);
    __builtin_prefetch(record->message);
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
