/* exec.c - see runtime.h: commands that come into a running container */

#include "world/rt.h"

#include "world/shell.h"

typedef struct {
    const char **argv; /* (owned) */
    GString *output;   /* (owned) standard output */
    GString *errors;   /* (owned) standard error */
    Shell *shell;
    gint32 exit_code;
    SimTimer timeout;
} Exec;

static void
exec_drop(RtCall *call)
{
    Exec *exec = call->data;

    sim_timer_clear(&exec->timeout);
    g_free(exec->argv);
    g_string_free(exec->output, TRUE);
    g_string_free(exec->errors, TRUE);
    g_free(exec);
}

static void
exec_answer(RtCall *call)
{
    Exec *exec = call->data;

    if (rt_call_wants(call))
        call->done.exec(call->user, exec->exit_code, exec->output->str, exec->errors->str);
}

/* The rest of the way back. */
static void
exec_return(RtCall *call, gint32 exit_code)
{
    Exec *exec = call->data;

    exec->exit_code = exit_code;
    exec->shell = NULL;
    call->act = exec_answer;
    rt_call_work(call, call->number[0]);
}

/* What a profile describes has the programs that its scenario's probes call. */
static const char *
find_lack(RtContainer *container, const char *word)
{
    if (word == NULL || container->profile_is_explicit || app_is_server_word(word))
        return NULL;
    return shell_lacks(container, word);
}

static void
exec_begin(RtCall *call)
{
    Exec *exec = call->data;
    RtContainer *container = call->container;
    ShellOptions options = {.argv = exec->argv, .output = exec->output, .errors = exec->errors};
    const char *why = find_lack(container, exec->argv[0]);

    /* containerd v1.6 pkg/cri/server/container_execsync.go */
    if (container->state != RT_RUNNING) {
        g_string_append(exec->output, "failed to exec in container: container is in CONTAINER_EXITED state");
        exec_return(call, RT_EXEC_REFUSED);
        return;
    }
    if (why != NULL) {
        g_string_append_printf(exec->output,
                               "failed to exec in container: failed to start exec \"%s\": OCI runtime exec failed: exec "
                               "failed: unable to start container process: %s: unknown",
                               runtime_new_id(call->runtime, ""), why);
        exec_return(call, RT_EXEC_REFUSED);
        return;
    }
    rt_call_park(call);
    exec->shell = shell_new(container, &options);
    if (container->exec_calls == NULL)
        container->exec_calls = g_ptr_array_new();
    g_ptr_array_add(container->exec_calls, call);
}

gboolean
container_exec_ended(RtContainer *container, const Shell *shell, gint32 exit_code)
{
    for (guint i = 0; container->exec_calls != NULL && i < container->exec_calls->len; i++) {
        RtCall *call = g_ptr_array_index(container->exec_calls, i);

        if (((Exec *)call->data)->shell == shell) {
            g_ptr_array_remove_index(container->exec_calls, i);
            exec_return(call, exit_code);
            return TRUE;
        }
    }
    return FALSE;
}

void
container_fail_execs(RtContainer *container, gboolean is_silent)
{
    for (guint i = 0; container->exec_calls != NULL && i < container->exec_calls->len; i++) {
        RtCall *call = g_ptr_array_index(container->exec_calls, i);

        /* They share its PID namespace, which goes with PID 1. */
        if (!is_silent)
            exec_return(call, 137);
    }
    g_clear_pointer(&container->exec_calls, g_ptr_array_unref);
}

/* containerd kills what runs over its time. */
static void
exec_on_timeout(Sim *sim, gpointer self)
{
    RtCall *call = self;
    Exec *exec = call->data;
    RtContainer *container = call->container;
    Shell *shell = exec->shell;

    (void)sim;
    if (container->exec_calls != NULL)
        g_ptr_array_remove(container->exec_calls, call);
    exec->exit_code = -1;
    exec->shell = NULL;
    exec_answer(call);
    rt_container_ref(container);
    rt_call_free(call);
    if (shell != NULL) {
        server_close(container, shell);
        g_ptr_array_remove(container->shells, shell);
        shell_free(shell);
    }
    rt_container_unref(container);
}

static const char **
copy_argv(const char *const *argv)
{
    guint n = 0;
    const char **copy;

    while (argv[n] != NULL)
        n++;
    copy = g_new0(const char *, n + 1);
    for (guint i = 0; i < n; i++)
        copy[i] = str_intern(argv[i]);
    return copy;
}

void
runtime_exec(RtContainer *container,
             const char *const *argv,
             gint64 timeout_ns,
             SimHandle owner,
             RtExecDone done,
             gpointer user)
{
    Runtime *runtime = container->runtime;
    RtCall *call = rt_call_new(runtime, owner, user, exec_begin);
    Exec *exec = g_new0(Exec, 1);
    gint64 total_ns = runtime_draw(runtime, &runtime->options.exec);

    rt_call_set_container(call, container);
    call->data = exec;
    call->drop = exec_drop;
    call->done.exec = done;
    call->number[0] = total_ns / 3;
    exec->argv = copy_argv(argv);
    exec->output = g_string_new(NULL);
    exec->errors = g_string_new(NULL);
    sim_timer_init(&exec->timeout, runtime->sim, SIM_WORLD, exec_on_timeout, call);
    if (timeout_ns > 0)
        sim_timer_arm_after(&exec->timeout, timeout_ns);
    rt_call_work(call, total_ns - call->number[0]);
}
