/* container_ask.c - see runtime.h: what a container says of itself: output, state, what it uses */

#include "world/rt.h"

#include "base/duration.h"

/* What is kept of a container's output. */
#define LOG_LIMIT (4u << 20)

static void
forget_old_log(RtContainer *container)
{
    GArray *times = container->log_times;
    guint gone = 0;

    g_string_erase(container->log, 0, LOG_LIMIT / 2);
    while (gone + 1 < times->len && g_array_index(times, LogTime, gone + 1).at <= LOG_LIMIT / 2)
        gone++;
    if (gone > 0)
        g_array_remove_range(times, 0, gone);
    for (guint i = 0; i < times->len; i++) {
        LogTime *time = &g_array_index(times, LogTime, i);

        time->at -= MIN(time->at, LOG_LIMIT / 2);
    }
}

void
container_log(RtContainer *container, const char *text, gsize length)
{
    LogTime now = {0, sim_wall_ns(container->runtime->sim)};

    if (container->log == NULL) {
        container->log = g_string_new(NULL);
        container->log_times = g_array_new(FALSE, FALSE, sizeof(LogTime));
    }
    now.at = container->log->len;
    if (length > 0)
        g_array_append_val(container->log_times, now);
    g_string_append_len(container->log, text, (gssize)length);
    if (container->log->len > LOG_LIMIT)
        forget_old_log(container);
}

const char *
container_getenv(const RtContainer *container, const char *name)
{
    gsize length = strlen(name);
    const char *value = NULL;

    for (const char **entry = container->env; entry != NULL && *entry != NULL; entry++) {
        if (strncmp(*entry, name, length) == 0 && (*entry)[length] == '=')
            value = *entry + length + 1;
    }
    return value;
}

RtState
rt_container_state(const RtContainer *container)
{
    return container->state;
}

const char *
rt_container_id(const RtContainer *container)
{
    return container->id;
}

const char *
rt_container_name(const RtContainer *container)
{
    return container->name;
}

const char *
rt_container_image(const RtContainer *container)
{
    return container->image;
}

const char *
rt_container_image_id(const RtContainer *container)
{
    return container->image_id;
}

Sandbox *
rt_container_sandbox(const RtContainer *container)
{
    return container->sandbox;
}

guint
rt_container_attempt(const RtContainer *container)
{
    return container->attempt;
}

gint64
rt_container_started_wall_ns(const RtContainer *container)
{
    return container->started_wall_ns;
}

gint64
rt_container_finished_wall_ns(const RtContainer *container)
{
    return container->finished_wall_ns;
}

gint32
rt_container_exit_code(const RtContainer *container)
{
    return container->exit_code;
}

const char *
rt_container_exit_reason(const RtContainer *container)
{
    return container->reason;
}

const char *
rt_container_message(const RtContainer *container)
{
    return container->message;
}

gint64
rt_container_disk_bytes(const RtContainer *container)
{
    gint64 log = container->log == NULL ? 0 : (gint64)container->log->len;

    if (container->root_files == NULL)
        return log;
    return log + MAX(0, fs_tree_bytes(container->root_files) - container->image_bytes);
}

char *
rt_container_log(const RtContainer *container)
{
    return g_strdup(container->log != NULL ? container->log->str : "");
}

char *
rt_container_log_with_times(const RtContainer *container)
{
    GString *out = g_string_new(NULL);
    const char *log = container->log != NULL ? container->log->str : "";
    guint next = 0;

    for (const char *line = log; *line != '\0';) {
        gsize length = strcspn(line, "\n");
        g_autofree char *time = NULL;
        gint64 wall_ns;

        while (next + 1 < container->log_times->len &&
               g_array_index(container->log_times, LogTime, next + 1).at <= (gsize)(line - log))
            next++;
        wall_ns = g_array_index(container->log_times, LogTime, next).wall_ns;
        time = time_format_rfc3339(wall_ns);
        time[strlen(time) - 1] = '\0'; /* the Z */
        g_string_append_printf(out, "%s.%09dZ ", time, (int)(wall_ns % NS_PER_S));
        length += line[length] == '\n' ? 1 : 0;
        g_string_append_len(out, line, (gssize)length);
        line += length;
    }
    return g_string_free(out, FALSE);
}

gint64
rt_container_memory_bytes(const RtContainer *container)
{
    return container->state == RT_RUNNING ? memory_now(container) : 0;
}

gint64
runtime_cpu_ns(Runtime *runtime)
{
    return cpu_pool_used_ns(&runtime->cpu);
}

gint64
rt_container_cpu_ns(RtContainer *container)
{
    return container->state == RT_RUNNING ? cpu_group_used_ns(&container->cpu) : 0;
}
