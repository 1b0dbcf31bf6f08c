/* shell_life.c - see shell.h: beginning, waiting, signals and the end of processes */

#include "world/shell_internal.h"

#define SHELL_LIMIT 500
/* What a busy loop burns at once, more each time it goes on like that. */
#define SPIN_MIN_NS (20 * NS_PER_MS)
#define SPIN_MAX_NS (5 * NS_PER_S)

/* --- blocking --------------------------------------------------------------------------------- */

void
shell_end_block(Shell *shell)
{
    if (shell->block == BLOCK_NET)
        shell_net_clear(shell);
    if (shell->job.group != NULL)
        cpu_job_cancel(&shell->job);
    if (shell->n_burners > 0)
        shell_stop_burning(shell);
    sim_timer_disarm(&shell->timer);
    shell->block = BLOCK_NONE;
}

void
shell_block(Shell *shell, BlockType type)
{
    shell->block = type;
}

void
shell_block_sleep(Shell *shell, gint64 delay_ns)
{
    shell_block(shell, BLOCK_SLEEP);
    if (delay_ns > 0)
        shell->spin_ns = SPIN_MIN_NS;
    sim_timer_arm_after(&shell->timer, delay_ns);
}

void
shell_command_over(Shell *shell, gint32 status)
{
    shell->status = status;
    frame_pop(shell);
    if (shell->is_program) {
        while (shell->frames->len > 0)
            frame_pop(shell);
        shell->status = status;
    }
}

void
shell_resume(Shell *shell, gint32 status)
{
    shell_end_block(shell);
    shell_command_over(shell, status);
    sim_timer_arm_after(&shell->timer, 0);
}

static void
shell_on_cpu(gpointer user)
{
    Shell *shell = user;

    shell->block = BLOCK_NONE;
    sim_timer_arm_after(&shell->timer, 0);
}

/* It has run long without waiting: a busy loop takes all the CPU it gets. */
void
shell_spin(Shell *shell)
{
    shell_block(shell, BLOCK_CPU);
    cpu_job_start(&shell->container->cpu, &shell->job, shell->spin_ns, shell_on_cpu, shell);
    shell->spin_ns = MIN(2 * shell->spin_ns, SPIN_MAX_NS);
}

static void
shell_on_timer(Sim *sim, gpointer self)
{
    Shell *shell = self;

    (void)sim;
    if (shell->block == BLOCK_SLEEP) {
        shell->block = BLOCK_NONE;
        shell_command_over(shell, 0);
    } else if (shell->block == BLOCK_NET) {
        shell_net_on_timer(shell);
        return;
    } else if (shell->block == BLOCK_FILL) {
        shell_memory_full(shell);
        return;
    }
    shell_run(shell);
}

/* --- the end -------------------------------------------------------------------------------------- */

void
shell_end(Shell *shell, gint32 status)
{
    container_process_ended(shell->container, shell, status);
}

/* Once more alive for the EXIT trap; FALSE if there is none. */
gboolean
shell_run_exit_trap(Shell *shell)
{
    ShScript *script = shell->is_program ? NULL : shell->traps[0];
    Frame *frame;

    if (script == NULL)
        return FALSE;
    shell->traps[0] = NULL;
    frame = frame_push(shell, script->root, FRAME_TRAP, &shell->io);
    frame->script = script;
    frame->saved_status = shell->status;
    return TRUE;
}

gint32
shell_exit(Shell *shell, gint32 status)
{
    shell->status = status;
    for (guint i = shell->frames->len; i > 0; i--) {
        const Frame *frame = g_ptr_array_index(shell->frames, i - 1);

        if (frame->saved_vars == NULL)
            continue;
        while (shell->frames->len > i)
            frame_pop(shell);
        shell->status = status;
        frame_pop(shell);
        shell->status = status;
        return RUN_ENDED;
    }
    while (shell->frames->len > 0)
        frame_pop(shell);
    shell->status = status;
    (void)shell_run_exit_trap(shell);
    return RUN_ENDED;
}

gint32
shell_break(Shell *shell, guint levels, gboolean is_continue)
{
    for (guint i = shell->frames->len; i > 0; i--) {
        Frame *frame = g_ptr_array_index(shell->frames, i - 1);
        ShNodeType type = frame->node->type;

        if (type != SH_WHILE && type != SH_UNTIL && type != SH_FOR)
            continue;
        if (--levels > 0)
            continue;
        while (shell->frames->len > i)
            frame_pop(shell);
        shell->status = 0;
        if (!is_continue)
            frame_pop(shell);
        else if (type != SH_FOR)
            frame->pc = 0;
        shell->status = 0;
        return RUN_ENDED;
    }
    return 0;
}

gint32
shell_return(Shell *shell, gint32 status)
{
    for (guint i = shell->frames->len; i > 0; i--) {
        const Frame *frame = g_ptr_array_index(shell->frames, i - 1);

        if (!frame->is_function)
            continue;
        while (shell->frames->len >= i)
            frame_pop(shell);
        shell->status = status;
        return RUN_ENDED;
    }
    return shell_exit(shell, status);
}

void
shell_become_program(Shell *shell)
{
    /* In a subshell it replaces that alone; the rest of the process goes on. */
    for (guint i = 0; i < shell->frames->len; i++) {
        if (((Frame *)g_ptr_array_index(shell->frames, i))->saved_vars != NULL)
            return;
    }
    shell->is_program = TRUE;
}

/* --- signals ------------------------------------------------------------------------------------------------ */

void
shell_push_traps(Shell *shell)
{
    for (gint32 signal = 1; signal < 32 && shell->pending != 0; signal++) {
        Frame *frame;

        if ((shell->pending & (1u << signal)) == 0)
            continue;
        shell->pending &= ~(1u << signal);
        if (shell->traps[signal] == NULL)
            continue;
        frame = frame_push(shell, shell->traps[signal]->root, FRAME_TRAP, &shell->io);
        frame->script = sh_script_ref(shell->traps[signal]);
        frame->saved_status = shell->status;
    }
}

/* TRUE if the shell is gone. */
static gboolean
take_signal(Shell *shell, gint32 signal)
{
    if (signal == 9) {
        shell_end(shell, 137);
        return TRUE;
    }
    if (shell->block == BLOCK_APP && shell->is_program) {
        if (program_signal(shell->container, signal))
            return TRUE;
    } else if (!shell->is_program && shell->traps[signal] != NULL) {
        shell->pending |= 1u << signal;
        if (shell->block == BLOCK_WAIT)
            shell_resume(shell, 128 + signal);
        return FALSE;
    }
    if (shell->is_pid1 || (shell->ignored & (1u << signal)) != 0 || signal == 17 || signal == 28)
        return FALSE;
    shell_end(shell, 128 + signal);
    return TRUE;
}

static void
shell_on_signal(Sim *sim, gpointer self)
{
    Shell *shell = self;

    (void)sim;
    for (gint32 signal = 1; signal < 32; signal++) {
        if ((shell->arrived & (1u << signal)) == 0)
            continue;
        shell->arrived &= ~(1u << signal);
        if (take_signal(shell, signal))
            return;
    }
}

void
shell_signal(Shell *shell, gint32 signal)
{
    if (signal < 1 || signal > 31)
        return;
    shell->arrived |= 1u << signal;
    sim_timer_arm_after(&shell->signal_timer, 0);
}

void
shell_program_ended(Shell *shell, gint32 exit_code)
{
    if (shell->is_program)
        shell_end(shell, exit_code);
    else
        shell_resume(shell, exit_code);
}

/* --- life --------------------------------------------------------------------------------------------------------- */

static Shell *
shell_alloc(RtContainer *container)
{
    Shell *shell = g_new0(Shell, 1);
    Sim *sim = container->runtime->sim;

    shell->container = container;
    shell->pid = container->next_pid++;
    shell->frames = g_ptr_array_new();
    shell->traps = g_new0(ShScript *, SHELL_N_SIGNALS);
    shell->functions = g_hash_table_new(NULL, NULL);
    shell->exported = g_ptr_array_new();
    shell->jobs = g_ptr_array_new();
    shell->kept = g_ptr_array_new_with_free_func((GDestroyNotify)sh_script_unref);
    shell->ended = g_array_new(FALSE, FALSE, sizeof(Ended));
    shell->spin_ns = SPIN_MIN_NS;
    sim_timer_init(&shell->timer, sim, SIM_WORLD, shell_on_timer, shell);
    sim_timer_init(&shell->signal_timer, sim, SIM_WORLD, shell_on_signal, shell);
    sim_timer_init(&shell->limit_timer, sim, SIM_WORLD, shell_on_limit, shell);
    g_ptr_array_add(container->shells, shell);
    return shell;
}

static void
set_environment(Shell *shell)
{
    RtContainer *container = shell->container;

    shell->vars = g_hash_table_new(NULL, NULL);
    shell_set(shell, "PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
    shell_export(shell, "PATH");
    shell_set(shell, "HOSTNAME", container->sandbox->hostname != NULL ? container->sandbox->hostname : "");
    shell_export(shell, "HOSTNAME");
    for (const char **entry = container->env; entry != NULL && *entry != NULL; entry++) {
        const char *equals = strchr(*entry, '=');
        const char *name;

        if (equals == NULL)
            continue;
        name = str_intern_len(*entry, (gsize)(equals - *entry));
        shell_set(shell, name, equals + 1);
        shell_export(shell, name);
    }
    shell_set(shell, "HOME", "/root");
    shell_export(shell, "HOME");
}

gboolean
shell_is_shell_word(const char *word)
{
    const char *slash = strrchr(word, '/');
    const char *name = slash != NULL ? slash + 1 : word;

    return strcmp(name, "sh") == 0 || strcmp(name, "bash") == 0 || strcmp(name, "ash") == 0 ||
           strcmp(name, "dash") == 0;
}

/* The script behind `sh -c`, "-ec" and the like; NULL if it is no such command. */
const char *
shell_script_of(const char *const *argv, guint *out_rest)
{
    guint i = 1;

    if (argv[0] == NULL || !shell_is_shell_word(argv[0]))
        return NULL;
    for (; argv[i] != NULL && argv[i][0] == '-' && argv[i][1] != '\0'; i++) {
        if (argv[i][1] != '-' && strchr(argv[i], 'c') != NULL && argv[i + 1] != NULL) {
            *out_rest = i + 2;
            return argv[i + 1];
        }
        if (strcmp(argv[i], "-o") == 0 && argv[i + 1] != NULL)
            i++;
    }
    return NULL;
}

static void
set_args(Shell *shell, const char *const *argv, guint from)
{
    g_autoptr(GPtrArray) args = g_ptr_array_new();

    if (argv[from] == NULL)
        g_ptr_array_add(args, g_strdup(argv[0]));
    for (guint i = from; argv[i] != NULL; i++)
        g_ptr_array_add(args, g_strdup(argv[i]));
    g_ptr_array_add(args, NULL);
    shell->args = (char **)g_ptr_array_steal(args, NULL);
}

/* Pods of one template run one script. */
static ShScript *
shared_script(World *world, const char *text, const char *const *words, char **out_error)
{
    g_autofree char *joined = words != NULL ? g_strjoinv("\x1f", (char **)words) : NULL;
    const char *key = str_internf("%c%s", words != NULL ? 'w' : 't', words != NULL ? joined : text);
    ShScript *script;

    if (world->scripts == NULL)
        world->scripts = g_hash_table_new_full(NULL, NULL, NULL, (GDestroyNotify)sh_script_unref);
    script = g_hash_table_lookup(world->scripts, key);
    if (script == NULL) {
        script = words != NULL ? sh_script_of_words(words) : sh_parse(text, out_error);
        if (script == NULL)
            return NULL;
        g_hash_table_insert(world->scripts, (gpointer)key, script);
    }
    return sh_script_ref(script);
}

Shell *
shell_new(RtContainer *container, const ShellOptions *options)
{
    Shell *shell = shell_alloc(container);
    guint rest = 1;
    const char *text = shell_script_of(options->argv, &rest);
    char *error = NULL;

    shell->is_pid1 = options->is_pid1;
    shell->is_exec_root = !options->is_pid1;
    shell->cwd = g_strdup("/");
    shell->io.out = sink_new(options->output != NULL ? SINK_OUTPUT : SINK_LOG);
    shell->io.out->text = options->output;
    if (options->errors == NULL) {
        shell->io.err = sink_ref(shell->io.out);
    } else {
        shell->io.err = sink_new(SINK_OUTPUT);
        shell->io.err->text = options->errors;
    }
    set_environment(shell);
    set_args(shell, options->argv, rest);
    if (text != NULL) {
        shell->script = shared_script(container->runtime->world, text, NULL, &error);
        shell->stops_on_error =
            strchr(options->argv[1], 'e') != NULL && strlen(options->argv[1]) <= 4;
    } else {
        shell->script = shared_script(container->runtime->world, NULL, options->argv, NULL);
        shell->is_program = TRUE;
    }
    if (shell->script != NULL) {
        frame_push(shell, shell->script->root, FRAME_NODE, &shell->io);
    } else {
        g_autofree char *words = g_strdup_printf("sh: %s\n", error);

        sink_write(shell, shell->io.err, words, strlen(words));
        shell->status = 2;
        g_free(error);
    }
    sim_timer_arm_after(&shell->timer, 0);
    return shell;
}

Shell *
shell_spawn(Shell *shell, const ShNode *node, ShScript *script, const Io *io)
{
    Shell *child;

    if (shell->container->shells->len >= SHELL_LIMIT)
        return NULL;
    child = shell_alloc(shell->container);
    child->parent_pid = shell->pid;
    child->cwd = g_strdup(shell->cwd);
    child->vars = shell_copy_vars(shell->vars);
    for (guint i = 0; i < shell->exported->len; i++)
        g_ptr_array_add(child->exported, g_ptr_array_index(shell->exported, i));
    child->args = g_strdupv(shell->args);
    child->script = sh_script_ref(script);
    child->io.out = sink_ref(io->out);
    child->io.err = sink_ref(io->err);
    frame_push(child, node, FRAME_NODE, &child->io);
    g_ptr_array_add(shell->jobs, GUINT_TO_POINTER(child->pid));
    shell->last_pid = child->pid;
    sim_timer_arm_after(&child->timer, 0);
    return child;
}

void
shell_slim(Shell *shell)
{
    if (shell->vars == NULL)
        return;
    for (guint i = 0; i < SHELL_N_SIGNALS; i++)
        sh_script_unref(shell->traps[i]);
    g_clear_pointer(&shell->traps, g_free);
    g_clear_pointer(&shell->exported, g_ptr_array_unref);
    g_clear_pointer(&shell->jobs, g_ptr_array_unref);
    g_clear_pointer(&shell->kept, g_ptr_array_unref);
    g_clear_pointer(&shell->ended, g_array_unref);
    g_clear_pointer(&shell->functions, g_hash_table_destroy);
    g_clear_pointer(&shell->vars, g_hash_table_destroy);
}

void
shell_free(Shell *shell)
{
    if (shell->block == BLOCK_APP && shell->container->app.shell == shell)
        program_clear(shell->container);
    shell_end_block(shell);
    if (shell->memory_bytes != 0 || shell->memory_rate != 0)
        shell_give_memory_back(shell);
    sim_timer_clear(&shell->timer);
    sim_timer_clear(&shell->signal_timer);
    sim_timer_clear(&shell->limit_timer);
    for (guint i = 0; i < shell->frames->len; i++)
        frame_free(g_ptr_array_index(shell->frames, i));
    g_ptr_array_free(shell->frames, TRUE);
    shell_slim(shell);
    g_strfreev(shell->args);
    g_free(shell->cwd);
    sink_unref(shell->io.out);
    sink_unref(shell->io.err);
    sh_script_unref(shell->script);
    g_free(shell);
}

guint
shell_pid(const Shell *shell)
{
    return shell->pid;
}

guint
shell_parent_pid(const Shell *shell)
{
    return shell->parent_pid;
}

void
shell_child_ended(Shell *shell, guint pid, gint32 exit_code)
{
    Ended ended = {.pid = pid, .status = exit_code};

    if (shell->jobs == NULL || !g_ptr_array_remove(shell->jobs, GUINT_TO_POINTER(pid)))
        return;
    g_array_append_val(shell->ended, ended);
    if (shell->block != BLOCK_WAIT)
        return;
    if (shell->wait_pid == pid)
        shell_resume(shell, exit_code);
    else if (shell->wait_pid == 0 && shell->jobs->len == 0)
        shell_resume(shell, 0);
}

Shell *
container_find_shell(RtContainer *container, guint pid)
{
    for (guint i = 0; i < container->shells->len; i++) {
        Shell *shell = g_ptr_array_index(container->shells, i);

        if (shell->pid == pid)
            return shell;
    }
    return NULL;
}
