/* watchlog.c - see watchlog.h */

#include "scenario/watchlog.h"

#include "api/kinds.h"
#include "base/duration.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <stdio.h>

struct WatchLog {
    Cluster *cluster;
    char *path;
    GString *text;
};

/* Leases are left out: heartbeats say nothing and are most of the traffic. */
static gboolean
is_logged(const ApiObject *object)
{
    return object->kind != &lease_kind;
}

static void
append(WatchLog *log, WatchType type, const ApiObject *object, gint64 time_ns)
{
    g_autoptr(Value) tree = NULL;
    gint64 ms = (time_ns >= 0 ? time_ns + 500000 : time_ns - 500000) / NS_PER_MS;
    gint64 whole = ABS(ms);

    if (!is_logged(object))
        return;
    tree = api_object_encode(object);
    g_string_append_printf(log->text, "{\"t\":%s%" G_GINT64_FORMAT ".%03" G_GINT64_FORMAT ",\"type\":\"%s\",\"object\":", ms < 0 ? "-" : "", whole / 1000, whole % 1000, watch_type_name(type));
    value_append_json(log->text, tree, VALUE_COMPACT);
    g_string_append(log->text, "}\n");
}

static void
on_change(gpointer user, WatchType type, const ApiObject *object)
{
    WatchLog *log = user;

    append(log, type, object, sim_now_ns(log->cluster->sim));
}

static gboolean
fail(const char *path, GError **error)
{
    g_set_error(error, G_FILE_ERROR, (gint)g_file_error_from_errno(errno), "%s: %s", path, g_strerror(errno));
    return FALSE;
}

/* Can it be written? Said before the run, not after it; what is there already stays until then. */
static gboolean
try_path(const char *path, GError **error)
{
    gboolean is_there = g_file_test(path, G_FILE_TEST_EXISTS);
    FILE *file = g_fopen(path, "ab");

    if (file == NULL)
        return fail(path, error);
    fclose(file);
    if (!is_there)
        g_unlink(path);
    return TRUE;
}

/* A device or a pipe is written as it is: it cannot be replaced by a file. */
static gboolean
write_stream(const char *path, const GString *text, GError **error)
{
    FILE *file = g_fopen(path, "wb");
    gboolean fine;

    if (file == NULL)
        return fail(path, error);
    fine = fwrite(text->str, 1, text->len, file) == text->len;
    fine = fclose(file) == 0 && fine;
    return fine || fail(path, error);
}

WatchLog *
watch_log_new(Cluster *cluster, const char *path, GError **error)
{
    WatchLog *log;

    if (!try_path(path, error))
        return NULL;
    log = g_new0(WatchLog, 1);
    log->cluster = cluster;
    log->path = g_strdup(path);
    log->text = g_string_new(NULL);
    for (guint i = 0; api_kinds[i] != NULL; i++) {
        g_autoptr(GPtrArray) present = apiserver_peek_list(cluster->server, api_kinds[i], NULL);
        for (guint k = 0; k < present->len; k++)
            append(log, WATCH_ADDED, g_ptr_array_index(present, k), -NS_PER_S);
    }
    apiserver_add_sparing_tap(cluster->server, on_change, log);
    return log;
}

gboolean
watch_log_finish(WatchLog *log, const Value *header, GError **error)
{
    GString *all = g_string_new(NULL);
    gboolean fine;

    value_append_json(all, header, VALUE_COMPACT);
    g_string_append_c(all, '\n');
    g_string_append_len(all, log->text->str, (gssize)log->text->len);
    if (g_file_test(log->path, G_FILE_TEST_EXISTS) && !g_file_test(log->path, G_FILE_TEST_IS_REGULAR))
        fine = write_stream(log->path, all, error);
    else
        fine = g_file_set_contents_full(log->path, all->str, (gssize)all->len, G_FILE_SET_CONTENTS_CONSISTENT, 0666, error);
    g_string_free(all, TRUE);
    return fine;
}

void
watch_log_free(WatchLog *log)
{
    if (log == NULL)
        return;
    g_free(log->path);
    g_string_free(log->text, TRUE);
    g_free(log);
}
