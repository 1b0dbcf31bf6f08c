/* shell_io.c - see shell_internal.h: where output goes, and redirection */

#include "world/shell_internal.h"

/* --- output ------------------------------------------------------------------------------ */

Sink *
sink_new(SinkType type)
{
    Sink *sink = g_new0(Sink, 1);

    sink->refs = 1;
    sink->type = type;
    if (type == SINK_BUFFER)
        sink->text = g_string_new(NULL);
    return sink;
}

Sink *
sink_ref(Sink *sink)
{
    sink->refs++;
    return sink;
}

void
sink_unref(Sink *sink)
{
    if (sink == NULL || --sink->refs > 0)
        return;
    if (sink->type == SINK_BUFFER)
        g_string_free(sink->text, TRUE);
    g_free(sink);
}

void
sink_write(Shell *shell, Sink *sink, const char *text, gsize length)
{
    switch (sink->type) {
    case SINK_LOG:
        container_log(shell->container, text, length);
        break;
    case SINK_OUTPUT:
    case SINK_BUFFER:
        if (sink->text->len < (1u << 20))
            g_string_append_len(sink->text, text, (gssize)length);
        break;
    case SINK_FILE:
        (void)fs_write(&shell->container->files, sink->path, text, length, TRUE,
                       shell_now_ns(shell));
        break;
    case SINK_NULL:
        break;
    }
}

void
shell_print(Shell *shell, Frame *frame, const char *format, ...)
{
    g_autofree char *text = NULL;
    va_list args;

    va_start(args, format);
    text = g_strdup_vprintf(format, args);
    va_end(args);
    sink_write(shell, frame->io.out, text, strlen(text));
}

void
shell_complain(Shell *shell, Frame *frame, const char *format, ...)
{
    g_autofree char *text = NULL;
    va_list args;

    va_start(args, format);
    text = g_strdup_vprintf(format, args);
    va_end(args);
    sink_write(shell, frame->io.err, text, strlen(text));
    sink_write(shell, frame->io.err, "\n", 1);
}

char *
shell_path(Shell *shell, const char *path)
{
    return fs_join(shell->cwd, path);
}

gint64
shell_now_ns(const Shell *shell)
{
    return sim_now_ns(shell->container->runtime->sim);
}

/* --- redirection ------------------------------------------------------------------------------------ */

static Sink *
open_file(Shell *shell, Frame *frame, const char *name, gboolean append)
{
    g_autofree char *path = shell_path(shell, name);
    const char *problem;
    Sink *sink;

    if (strcmp(path, "/dev/null") == 0)
        return sink_new(SINK_NULL);
    if (strcmp(path, "/dev/stdout") == 0 || strcmp(path, "/proc/1/fd/1") == 0)
        return strcmp(path, "/dev/stdout") == 0 ? sink_ref(frame->io.out) : sink_new(SINK_LOG);
    if (strcmp(path, "/dev/stderr") == 0)
        return sink_ref(frame->io.err);
    problem = fs_write(&shell->container->files, path, "", 0, append, shell_now_ns(shell));
    if (problem != NULL) {
        if (strcmp(problem, "No such file or directory") == 0)
            problem = "nonexistent directory";
        shell_complain(shell, frame, "sh: can't create %s: %s", name, problem);
        return NULL;
    }
    sink = sink_new(SINK_FILE);
    sink->path = str_intern(path);
    return sink;
}

static gboolean
open_input(Shell *shell, Frame *frame, const char *name)
{
    g_autofree char *path = shell_path(shell, name);
    const FsNode *node = fs_get(&shell->container->files, path);

    if (frame->input_text != NULL)
        g_string_free(frame->input_text, TRUE);
    frame->input_text = g_string_new(NULL);
    frame->io.input = frame->input_text;
    if (strcmp(path, "/dev/null") == 0)
        return TRUE;
    if (node == NULL || node->is_dir) {
        shell_complain(shell, frame, "sh: can't open %s: no such file", name);
        return FALSE;
    }
    g_string_assign(frame->input_text, node->text->str);
    return TRUE;
}

/* FALSE: said what is wrong. */
gboolean
shell_redirect(Shell *shell, Frame *frame, guint *io_next)
{
    const GArray *redirects = frame->node->redirects;

    if (redirects->len > 0 && !frame->owns_io) {
        sink_ref(frame->io.out);
        sink_ref(frame->io.err);
        frame->owns_io = TRUE;
    }
    for (guint i = 0; i < redirects->len; i++) {
        const ShRedirect *redirect = &g_array_index(redirects, ShRedirect, i);
        Sink **slot = redirect->fd == 2 ? &frame->io.err : &frame->io.out;
        g_autofree char *name = NULL;
        Sink *sink;

        if (redirect->other_fd >= 0) {
            sink = sink_ref(redirect->other_fd == 2 ? frame->io.err : frame->io.out);
        } else {
            name = shell_expand_text(shell, redirect->target, frame->results, io_next);
            if (redirect->is_here) {
                if (frame->input_text != NULL)
                    g_string_free(frame->input_text, TRUE);
                frame->input_text = g_string_new(name);
                frame->io.input = frame->input_text;
                continue;
            }
            if (redirect->is_input) {
                if (!open_input(shell, frame, name))
                    return FALSE;
                continue;
            }
            sink = open_file(shell, frame, name, redirect->is_append);
            if (sink == NULL)
                return FALSE;
        }
        if (redirect->fd > 2) {
            sink_unref(sink);
            continue;
        }
        sink_unref(*slot);
        *slot = sink;
    }
    return TRUE;
}
