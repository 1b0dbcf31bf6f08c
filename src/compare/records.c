/* records.c - reads the files of a recording and puts their records in order; see records.h */

#include "compare/records.h"

#include "base/duration.h"
#include "base/intern.h"
#include "compare/clock.h"
#include "compare/internal.h"


/* A `t` beyond three years is no time of a scenario but one since 1970. */
#define FIRST_UNIX_SECONDS 1e8
#define LAST_UNIX_SECONDS  5e9

typedef struct {
    Recording *recording;
    GArray *stamped; /* of Stamped */
    Diag *diag;
    const char *file;    /* interned */
    gint64 start_ns;     /* Unix; 0: nobody said */
    guint n_headers, n_files;
    gboolean has_stated, has_unstated; /* records with and without `t` */
} Reader;

static SourcePos
position(const Reader *reader, const Value *value)
{
    return (SourcePos){reader->file, value->line, value->column};
}

/* --- one document --------------------------------------------------------------------------- */

static void
read_start(Reader *reader, const Value *started)
{
    if (started->type != VALUE_STRING || !time_parse_rfc3339(started->text, &reader->start_ns))
        diag_add(reader->diag, DIAG_ERROR, position(reader, started), "started", "this is no date; write one such as \"2026-11-21T08:16:16Z\"");
}

/* A line without an object: the head of a log, an envelope, or something else altogether. */
static void
read_other(Reader *reader, const Value *document)
{
    static const char *const heads[] = {"scenario", "started", "kubernetes", "actions"};
    const char *wrong = "this is no record; write {\"t\", \"type\", \"object\"} or what kubectl get --watch --output-watch-events -o json prints";

    for (guint i = 0; i < G_N_ELEMENTS(heads); i++) {
        if (value_get(document, heads[i]) == NULL)
            continue;
        if (++reader->n_headers > 1)
            diag_add(reader->diag, DIAG_ERROR, position(reader, document), NULL, "a second recording begins here; a folder holds one recording, so name the files instead");
        if (value_get(document, "started") != NULL)
            read_start(reader, value_get(document, "started"));
        return;
    }
    if (g_str_has_suffix(value_get_string(document, "kind", ""), "List"))
        wrong = "this says what there is, not what happened; record with kubectl get --watch --output-watch-events -o json";
    else if (value_get(document, "metadata") != NULL)
        wrong = "this is an object without the change that it is about; record with --output-watch-events, too";
    diag_add(reader->diag, DIAG_ERROR, position(reader, document), NULL, "%s", wrong);
}

/* TRUE if a member is there and has the type. */
static gboolean
wants_member(Reader *reader, const Value *map, const char *key, const char *path, ValueType type)
{
    const Value *member = value_get(map, key);

    if (member != NULL && member->type == type)
        return TRUE;
    diag_add(reader->diag, DIAG_ERROR, position(reader, member != NULL ? member : map), path, "%s; a record holds the object as the API server sent it",
             member == NULL ? "is missing" : type == VALUE_MAP ? "is no map" : "is no text");
    return FALSE;
}

static gboolean
is_object(Reader *reader, const Value *document)
{
    const Value *object = value_get(document, "object");
    const Value *metadata = value_get(object, "metadata");

    if (!wants_member(reader, document, "object", "object", VALUE_MAP) || !wants_member(reader, object, "kind", "object.kind", VALUE_STRING) ||
        !wants_member(reader, object, "metadata", "object.metadata", VALUE_MAP) || !wants_member(reader, metadata, "name", "object.metadata.name", VALUE_STRING))
        return FALSE;
    return !str_is(value_get_string(object, "kind", ""), "Event") || wants_member(reader, object, "involvedObject", "object.involvedObject", VALUE_MAP);
}

static gboolean
is_change(Reader *reader, const Value *document)
{
    static const char *const types[] = {"ADDED", "MODIFIED", "DELETED", NULL};
    const Value *type = value_get(document, "type");
    const char *word = type != NULL && type->type == VALUE_STRING ? type->text : "";

    if (g_strv_contains(types, word))
        return TRUE;
    if (str_is(word, "BOOKMARK")) /* tells a client how far it has come */
        return FALSE;
    if (str_is(word, "ERROR"))
        diag_add(reader->diag, DIAG_ERROR, position(reader, document), NULL, "the watch ended with an error: %s; record once more", value_get_string(value_get(document, "object"), "message", "none given"));
    else
        diag_add(reader->diag, DIAG_ERROR, position(reader, type != NULL ? type : document), "type", "this is no change; write ADDED, MODIFIED or DELETED");
    return FALSE;
}

static void
read_record(Reader *reader, Value *document)
{
    const Value *t = value_get(document, "t");
    Stamped record = {.line = document->line, .file = reader->file};

    if (!is_change(reader, document) || !is_object(reader, document))
        return;
    if (t != NULL && t->type != VALUE_INT && t->type != VALUE_FLOAT) {
        diag_add(reader->diag, DIAG_ERROR, position(reader, t), "t", "this is no number; write seconds since the start or since 1970");
        return;
    }
    record.seconds = t != NULL ? g_ascii_strtod(t->text, NULL) : 0;
    if (!(record.seconds > -LAST_UNIX_SECONDS && record.seconds < LAST_UNIX_SECONDS)) {
        diag_add(reader->diag, DIAG_ERROR, position(reader, t), "t", "this is too far away; write seconds since the start or since 1970");
        return;
    }
    *(t != NULL ? &reader->has_stated : &reader->has_unstated) = TRUE;
    record.has_arrival = t != NULL;
    record.latest = record.seconds;
    record.type = value_get_string(document, "type", NULL);
    record.object = value_take(document, "object");
    record.revision = g_ascii_strtoull(value_get_string(value_get(record.object, "metadata"), "resourceVersion", ""), NULL, 10);
    g_array_append_val(reader->stamped, record);
}

static void
read_document(Reader *reader, GPtrArray *documents, guint index, gboolean is_alone)
{
    Value *document = documents->pdata[index];

    if (document->type != VALUE_MAP) {
        diag_add(reader->diag, DIAG_ERROR, position(reader, document), NULL, "this is no record; write {\"t\", \"type\", \"object\"}");
    } else if (value_get(document, "object") != NULL || value_get(document, "type") != NULL) {
        read_record(reader, document);
    } else if (value_get(document, "facts") != NULL) {
        if (is_alone)
            reader->recording->envelope = value_copy(document);
        else
            diag_add(reader->diag, DIAG_ERROR, position(reader, document), NULL, "an envelope among records; give it by itself, as the only recording");
    } else {
        read_other(reader, document);
    }
}

/* --- files ----------------------------------------------------------------------------------- */

static char *
load(Reader *reader, const char *path, gsize *out_length)
{
    g_autoptr(GError) error = NULL;
    char *text = NULL;

    if (g_file_get_contents(path, &text, out_length, &error))
        return text;
    if (g_error_matches(error, G_FILE_ERROR, G_FILE_ERROR_NOENT))
        diag_add(reader->diag, DIAG_ERROR, (SourcePos){reader->file, 0, 0}, NULL, "no such file; write the path of a recording");
    else
        diag_add(reader->diag, DIAG_ERROR, (SourcePos){reader->file, 0, 0}, NULL, "cannot be read: %s", error->message);
    return NULL;
}

static void
read_file(Reader *reader, const char *path, gboolean is_alone)
{
    gsize length = 0;
    gboolean is_cut = FALSE;
    g_autofree char *text = NULL;
    g_autoptr(GPtrArray) documents = NULL;

    reader->file = str_intern(path);
    reader->n_files++;
    text = load(reader, path, &length);
    if (text == NULL)
        return;
    if (!g_utf8_validate(text, (gssize)length, NULL)) {
        diag_add(reader->diag, DIAG_ERROR, (SourcePos){reader->file, 0, 0}, NULL, "is not UTF-8; write JSON");
        return;
    }
    documents = value_read_json_stream(text, length, reader->file, reader->diag, &is_cut);
    if (is_cut)
        diag_add(reader->diag, DIAG_WARNING, (SourcePos){reader->file, 0, 0}, NULL, "ends within a record, which is left out");
    for (guint i = 0; i < documents->len; i++)
        read_document(reader, documents, i, is_alone && documents->len == 1);
    if (documents->len == 0 && is_alone && diag_count_errors(reader->diag) == 0)
        diag_add(reader->diag, DIAG_ERROR, (SourcePos){reader->file, 0, 0}, NULL, "holds no record; record with kubectl get --watch --output-watch-events -o json");
}

/* The file `started` of a folder: a date, or seconds since 1970 as `date +%s` prints them. */
static void
read_started(Reader *reader, const char *folder)
{
    g_autofree char *path = g_build_filename(folder, "started", NULL);
    g_autofree char *text = NULL;
    char *end = NULL;
    gsize length;
    double seconds;

    if (!g_file_get_contents(path, &text, &length, NULL))
        return;
    g_strstrip(text);
    seconds = g_ascii_strtod(text, &end);
    if (end != text && *end == '\0' && seconds >= FIRST_UNIX_SECONDS && seconds < LAST_UNIX_SECONDS)
        reader->start_ns = (gint64)(seconds * 1e9);
    else if (!time_parse_rfc3339(text, &reader->start_ns))
        diag_add(reader->diag, DIAG_ERROR, (SourcePos){str_intern(path), 1, 1}, NULL, "this is no date; write it with: date -u +%%FT%%TZ");
}

static void
read_folder(Reader *reader, const char *path)
{
    g_autoptr(GDir) folder = g_dir_open(path, 0, NULL);
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);

    for (const char *name = folder != NULL ? g_dir_read_name(folder) : NULL; name != NULL; name = g_dir_read_name(folder))
        if (g_str_has_suffix(name, ".json") || g_str_has_suffix(name, ".jsonl"))
            g_ptr_array_add(names, g_build_filename(path, name, NULL));
    if (names->len == 0)
        diag_add(reader->diag, DIAG_ERROR, (SourcePos){str_intern(path), 0, 0}, NULL, "no .json or .jsonl file in this folder; record into it");
    g_ptr_array_sort(names, facts_compare_texts); /* the order of a folder is no order */
    for (guint i = 0; i < names->len; i++)
        read_file(reader, names->pdata[i], FALSE);
    read_started(reader, path);
}

/* --- all of it --------------------------------------------------------------------------------- */

static gboolean
tells_of_kubelet(const Value *object)
{
    const char *source = value_get_string(value_get(object, "source"), "component", "");

    if (!str_is(value_get_string(object, "kind", ""), "Event") || !str_is(value_get_string(value_get(object, "involvedObject"), "kind", ""), "Pod"))
        return FALSE;
    return str_is(source[0] != '\0' ? source : value_get_string(object, "reportingComponent", ""), "kubelet");
}

static void
finish(Reader *reader)
{
    Recording *recording = reader->recording;
    SourcePos all = {recording->path, 0, 0};
    gboolean is_unix = reader->has_stated;

    if (reader->has_stated && reader->has_unstated) {
        diag_add(reader->diag, DIAG_ERROR, all, NULL, "some records have their time of arrival `t`, some have not; record all of them the same way");
        return;
    }
    for (guint i = 0; i < reader->stamped->len && is_unix; i++)
        is_unix = g_array_index(reader->stamped, Stamped, i).seconds >= FIRST_UNIX_SECONDS;
    recording->has_arrivals = reader->has_stated;
    if (reader->has_unstated || is_unix)
        clock_set_times(reader->stamped, reader->start_ns, recording->path, reader->diag);
    else if (reader->n_files > 1)
        clock_sort(reader->stamped);
    for (guint i = 0; i < reader->stamped->len; i++) {
        Stamped *from = &g_array_index(reader->stamped, Stamped, i);
        Record record = {from->seconds, from->latest, from->type, g_steal_pointer(&from->object)};

        recording->has_kubelets |= tells_of_kubelet(record.object);
        g_array_append_val(recording->records, record);
    }
}

static void
stamped_clear(gpointer data)
{
    value_free(((Stamped *)data)->object);
}

static void
record_clear(gpointer data)
{
    value_free(((Record *)data)->object);
}

Recording *
recording_read(const char *path, Diag *diag)
{
    g_autoptr(Recording) recording = g_new0(Recording, 1);
    Reader reader = {.recording = recording, .diag = diag, .file = str_intern(path)};
    guint before = diag_count_errors(diag);

    recording->path = str_intern(path);
    recording->records = g_array_new(FALSE, FALSE, sizeof(Record));
    g_array_set_clear_func(recording->records, record_clear);
    reader.stamped = g_array_new(FALSE, FALSE, sizeof(Stamped));
    g_array_set_clear_func(reader.stamped, stamped_clear);
    if (g_file_test(path, G_FILE_TEST_IS_DIR))
        read_folder(&reader, path);
    else
        read_file(&reader, path, TRUE);
    if (diag_count_errors(diag) == before && recording->envelope == NULL)
        finish(&reader);
    g_array_unref(reader.stamped);
    return diag_count_errors(diag) == before ? g_steal_pointer(&recording) : NULL;
}

void
recording_free(Recording *recording)
{
    if (recording == NULL)
        return;
    g_array_unref(recording->records);
    value_free(recording->envelope);
    g_free(recording);
}

static gboolean
is_within(const Value *object, const char *const *namespaces)
{
    const char *kind = value_get_string(object, "kind", "");
    const Value *named = str_is(kind, "Event") ? value_get(object, "involvedObject") : value_get(object, "metadata");
    const char *namespace_ = value_get_string(named, str_is(kind, "Namespace") ? "name" : "namespace", NULL);

    return namespaces == NULL || namespace_ == NULL || g_strv_contains(namespaces, namespace_);
}

Facts *
recording_facts(Recording *recording, gboolean has_kubelets, const char *const *namespaces)
{
    Facts *facts = facts_new(has_kubelets);

    for (guint i = 0; i < recording->records->len; i++) {
        Record *record = &g_array_index(recording->records, Record, i);

        if (is_within(record->object, namespaces))
            facts_add(facts, record->seconds, record->latest, record->type, g_steal_pointer(&record->object));
    }
    facts_finish(facts);
    return facts;
}

gboolean
recording_looks_like(const char *path)
{
    g_autofree char *text = NULL;
    g_autofree char *head = NULL;
    gsize length = 0;

    if (g_file_test(path, G_FILE_TEST_IS_DIR))
        return TRUE;
    if (!g_file_get_contents(path, &text, &length, NULL))
        return FALSE;
    head = g_strndup(text, 400);
    g_strchug(head);
    return head[0] == '{' && strstr(head, "\"desk8s/v") == NULL;
}
