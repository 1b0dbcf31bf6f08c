/* ideal_exit.c - see ideal_exit.h */

#include "node/ideal_exit.h"

#include "base/duration.h"

typedef struct {
    gint64 after_ns;
    gint32 exit_code;
    gboolean has_ended;
} ShellRun;

/* "3", "0.5", "2m": what sleep takes. */
static gboolean
sleep_parse(const char *text, gint64 *out_ns)
{
    g_autofree char *with_unit = NULL;

    if (text == NULL || text[0] == '\0')
        return FALSE;
    if (g_ascii_isdigit(text[strlen(text) - 1]))
        with_unit = g_strconcat(text, "s", NULL);
    return duration_parse(with_unit != NULL ? with_unit : text, out_ns);
}

/* One simple command. FALSE: not understood. */
static gboolean
shell_step(const char *const *words, ShellRun *run)
{
    gint64 number;

    if (words[0] == NULL)
        return TRUE;
    if (str_is(words[0], "sleep")) {
        if (!sleep_parse(words[1], &number))
            return FALSE;
        run->after_ns += number;
        run->exit_code = 0;
    } else if (str_is(words[0], "exit")) {
        number = run->exit_code;
        if (words[1] != NULL && !g_ascii_string_to_signed(words[1], 10, 0, 255, &number, NULL))
            return FALSE;
        run->exit_code = (gint32)number;
        run->has_ended = TRUE;
    } else if (str_is(words[0], "true") || str_is(words[0], ":") || str_is(words[0], "echo")) {
        run->exit_code = 0;
    } else if (str_is(words[0], "false")) {
        run->exit_code = 1;
    } else {
        return FALSE;
    }
    return TRUE;
}

static gboolean
shell_text(const char *text, ShellRun *run)
{
    g_auto(GStrv) steps = g_strsplit_set(text, ";\n", -1);

    for (guint i = 0; steps[i] != NULL && !run->has_ended; i++) {
        g_auto(GStrv) words = g_strsplit_set(g_strstrip(steps[i]), " \t", -1);
        g_autoptr(GPtrArray) kept = g_ptr_array_new();

        if (strpbrk(steps[i], "&|<>$`(){}") != NULL)
            return FALSE;
        for (guint j = 0; words[j] != NULL; j++)
            if (words[j][0] != '\0')
                g_ptr_array_add(kept, words[j]);
        g_ptr_array_add(kept, NULL);
        if (!shell_step((const char *const *)kept->pdata, run))
            return FALSE;
    }
    return TRUE;
}

static gboolean
container_exits(const Container *container, ShellRun *run)
{
    g_autoptr(GPtrArray) words = g_ptr_array_new();
    const char *shell;

    for (guint i = 0; i < container->command.count; i++)
        g_ptr_array_add(words, (gpointer)container->command.items[i]);
    for (guint i = 0; i < container->args.count; i++)
        g_ptr_array_add(words, (gpointer)container->args.items[i]);
    if (words->len == 0)
        return FALSE;
    shell = words->pdata[0];
    if (words->len >= 3 && str_is(words->pdata[1], "-c") &&
        (g_str_has_suffix(shell, "sh") || g_str_has_suffix(shell, "bash")))
        return shell_text(words->pdata[2], run);
    g_ptr_array_add(words, NULL);
    return shell_step((const char *const *)words->pdata, run);
}

gboolean
ideal_pod_exits(const ApiObject *pod, gint64 *out_after_ns, gint32 *out_exit_code)
{
    const PodSpec *spec = pod_spec(pod);
    gint64 latest_ns = 0;
    gint32 exit_code = 0;

    if (spec->restart_policy == NULL || str_is(spec->restart_policy, "Always"))
        return FALSE;
    for (guint i = 0; i < spec->containers.count; i++) {
        ShellRun run = {0};

        if (!container_exits(&spec->containers.items[i], &run))
            return FALSE;
        latest_ns = MAX(latest_ns, run.after_ns);
        if (run.exit_code != 0)
            exit_code = run.exit_code;
    }
    *out_after_ns = latest_ns;
    *out_exit_code = exit_code;
    return TRUE;
}
