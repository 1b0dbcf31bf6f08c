/*
 * shell_run.c - see shell_internal.h: the machine that walks a tree
 *
 * A stack of frames, one per node being run. Each turn the topmost frame makes
 * one step: it pushes a child, or is done and leaves its status in $?. A
 * command that waits leaves its frame on top and the machine stops until
 * shell_resume.
 */

#include "world/shell_internal.h"

#define FRAME_LIMIT 400
#define SHELL_LIMIT 500
/* So many commands take no time; then the process has burnt its share of CPU, more each time it goes on like that. */
#define INSTANT_LIMIT 500
#define SPIN_MIN_NS (20 * NS_PER_MS)
#define SPIN_MAX_NS (5 * NS_PER_S)

static void
shell_run(Shell *shell);

/* --- output ------------------------------------------------------------------------------ */

static Sink *
sink_new(SinkType type)
{
    Sink *sink = g_new0(Sink, 1);

    sink->refs = 1;
    sink->type = type;
    if (type == SINK_BUFFER)
        sink->text = g_string_new(NULL);
    return sink;
}

static Sink *
sink_ref(Sink *sink)
{
    sink->refs++;
    return sink;
}

static void
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
        (void)fs_write(&shell->container->files, sink->path, text, length, TRUE, shell_now_ns(shell));
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

/* --- frames --------------------------------------------------------------------------------- */

static Frame *
top(Shell *shell)
{
    return g_ptr_array_index(shell->frames, shell->frames->len - 1);
}

static void
frame_free(Frame *frame)
{
    if (frame->owns_io) {
        sink_unref(frame->io.out);
        sink_unref(frame->io.err);
    }
    if (frame->input_text != NULL)
        g_string_free(frame->input_text, TRUE);
    if (frame->results != NULL)
        g_ptr_array_free(frame->results, TRUE);
    if (frame->pending != NULL)
        g_ptr_array_free(frame->pending, TRUE);
    if (frame->fields != NULL)
        g_ptr_array_free(frame->fields, TRUE);
    if (frame->piped != NULL)
        sink_unref(frame->piped);
    if (frame->saved_vars != NULL)
        g_hash_table_destroy(frame->saved_vars);
    g_free(frame->saved_cwd);
    g_strfreev(frame->saved_args);
    sh_script_unref(frame->script);
    g_free(frame);
}

static Frame *
frame_push(Shell *shell, const ShNode *node, FrameKind kind, const Io *io)
{
    Frame *frame = g_new0(Frame, 1);

    frame->kind = kind;
    frame->node = node;
    frame->io = *io;
    g_ptr_array_add(shell->frames, frame);
    return frame;
}

static GHashTable *
copy_vars(GHashTable *vars)
{
    GHashTable *copy = g_hash_table_new(NULL, NULL);
    GHashTableIter iter;
    gpointer key, value;

    g_hash_table_iter_init(&iter, vars);
    while (g_hash_table_iter_next(&iter, &key, &value))
        g_hash_table_insert(copy, key, value);
    return copy;
}

static void
frame_isolate(Shell *shell, Frame *frame)
{
    frame->saved_vars = copy_vars(shell->vars);
    frame->saved_cwd = g_strdup(shell->cwd);
}

/* The frame on top is over; what it changed for itself is put back. */
static void
frame_pop(Shell *shell)
{
    Frame *frame = top(shell);

    if (frame->saved_vars != NULL) {
        g_hash_table_destroy(shell->vars);
        shell->vars = g_steal_pointer(&frame->saved_vars);
        g_free(shell->cwd);
        shell->cwd = g_steal_pointer(&frame->saved_cwd);
    }
    if (frame->saved_args != NULL) {
        g_strfreev(shell->args);
        shell->args = g_steal_pointer(&frame->saved_args);
    }
    if (frame->kind == FRAME_TRAP)
        shell->status = frame->saved_status;
    g_ptr_array_set_size(shell->frames, (int)shell->frames->len - 1);
    if (frame->kind == FRAME_SUBST && shell->frames->len > 0) {
        Frame *below = top(shell);

        g_ptr_array_add(below->results, g_string_new(frame->io.out->text->str));
    }
    frame_free(frame);
}

/* --- blocking --------------------------------------------------------------------------------- */

static void
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
    shell->n_instant = 0;
}

void
shell_block_sleep(Shell *shell, gint64 delay_ns)
{
    shell_block(shell, BLOCK_SLEEP);
    if (delay_ns > 0)
        shell->spin_ns = SPIN_MIN_NS;
    sim_timer_arm_after(&shell->timer, delay_ns);
}

static void
command_over(Shell *shell, gint32 status)
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
    command_over(shell, status);
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
static void
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
        command_over(shell, 0);
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
static gboolean
run_exit_trap(Shell *shell)
{
    ShScript *script = shell->traps[0];
    Frame *frame;

    if (script == NULL || shell->is_program)
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
    (void)run_exit_trap(shell);
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
    shell->is_program = TRUE;
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
static gboolean
apply_redirects(Shell *shell, Frame *frame, guint *io_next)
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

/* --- simple commands ---------------------------------------------------------------------------------- */

static void
free_gstring(gpointer string)
{
    g_string_free(string, TRUE);
}

/* Run what stands in for $(...) first, one after another. TRUE when all have run. */
static gboolean
substitutions_done(Shell *shell, Frame *frame)
{
    const ShNode *node = frame->node;
    Frame *child;
    Io io = frame->io;

    if (frame->pending == NULL) {
        frame->pending = g_ptr_array_new();
        frame->results = g_ptr_array_new_with_free_func(free_gstring);
        for (guint i = 0; i < node->assigns->len; i++)
            shell_collect(g_array_index(node->assigns, ShAssign, i).value, frame->pending);
        for (guint i = 0; i < node->words->len; i++)
            shell_collect(g_ptr_array_index(node->words, i), frame->pending);
        for (guint i = 0; i < node->redirects->len; i++) {
            const ShRedirect *redirect = &g_array_index(node->redirects, ShRedirect, i);

            if (redirect->target != NULL)
                shell_collect(redirect->target, frame->pending);
        }
    }
    if (frame->results->len >= frame->pending->len)
        return TRUE;
    io.out = sink_new(SINK_BUFFER);
    child = frame_push(shell, g_ptr_array_index(frame->pending, frame->results->len), FRAME_SUBST, &io);
    sink_ref(io.err);
    child->owns_io = TRUE;
    frame_isolate(shell, child);
    return FALSE;
}

/* Nothing is left to do but this command: the shell execs it (ash -c, dash -c, bash -c do). */
static gboolean
is_last_command(const Shell *shell)
{
    for (guint i = 0; i + 1 < shell->frames->len; i++) {
        const Frame *frame = g_ptr_array_index(shell->frames, i);

        if (frame->kind != FRAME_NODE || frame->node->type != SH_LIST || frame->pc < frame->node->nodes->len)
            return FALSE;
    }
    for (guint i = 0; i < G_N_ELEMENTS(shell->traps); i++) {
        if (shell->traps[i] != NULL)
            return FALSE;
    }
    return TRUE;
}

static gint32
call_function(Shell *shell, Frame *frame, const ShNode *body, char **argv)
{
    Frame *child = frame_push(shell, body, FRAME_NODE, &frame->io);

    child->is_function = TRUE;
    child->saved_args = shell->args;
    shell->args = g_strdupv(argv);
    return RUN_ENDED;
}

gboolean
shell_push_text(Shell *shell, Frame *frame, const char *text, const char *const *args)
{
    char *error = NULL;
    ShScript *script = sh_parse(text, &error);
    Frame *child;

    if (script == NULL) {
        shell_complain(shell, frame, "sh: %s", error);
        g_free(error);
        return FALSE;
    }
    child = frame_push(shell, script->root, FRAME_NODE, &frame->io);
    child->script = script;
    if (args != NULL) {
        frame_isolate(shell, child);
        child->saved_args = shell->args;
        shell->args = g_strdupv((char **)args);
    }
    return TRUE;
}

void
shell_replace(Shell *shell, const char *text, const char *const *args)
{
    char *error = NULL;
    ShScript *script = sh_parse(text, &error);

    while (shell->frames->len > 0)
        frame_pop(shell);
    g_strfreev(shell->args);
    shell->args = g_strdupv((char **)args);
    if (script == NULL) {
        g_autofree char *words = g_strdup_printf("sh: %s\n", error);

        sink_write(shell, shell->io.err, words, strlen(words));
        shell->status = 2;
        g_free(error);
        return;
    }
    frame_push(shell, script->root, FRAME_NODE, &shell->io)->script = script;
}

/* The image's program, or what stands for it. */
static gint32
run_image_program(Shell *shell, Frame *frame)
{
    RtContainer *container = shell->container;
    gint32 refusal = program_refuses(container);

    (void)frame;
    if (refusal >= 0)
        return refusal;
    if (container->app.phase != APP_NONE)
        return 1;
    shell_block(shell, BLOCK_APP);
    program_start(container, shell);
    return RUN_BLOCKED;
}

/* "nginx -s quit" and its like talk to the server that runs. */
static gint32
run_server_word(Shell *shell, Frame *frame, guint argc, char **argv)
{
    RtContainer *container = shell->container;

    for (guint i = 1; i < argc; i++) {
        const char *word = argv[i];

        if (strcmp(word, "-t") == 0 || strcmp(word, "-v") == 0 || strcmp(word, "-V") == 0 || strcmp(word, "--version") == 0)
            return 0;
        if (strcmp(word, "-s") != 0 || i + 1 >= argc)
            continue;
        if (container->app.phase == APP_NONE)
            return 1;
        if (strcmp(argv[i + 1], "quit") == 0 || strcmp(argv[i + 1], "stop") == 0)
            shell_signal(container->app.shell, strcmp(argv[i + 1], "quit") == 0 ? 15 : 2);
        return 0;
    }
    return run_image_program(shell, frame);
}

gint32
shell_run_argv(Shell *shell, Frame *frame, guint argc, char **argv)
{
    RtContainer *container = shell->container;
    const ShNode *function = g_hash_table_lookup(shell->functions, str_intern(argv[0]));
    const ShellTool *tool = shell_find_tool(argv[0]);
    g_autofree char *path = NULL;
    const FsNode *node;

    if (function != NULL)
        return call_function(shell, frame, function, argv);
    if ((tool == NULL || !tool->is_builtin) && frame == top(shell) && is_last_command(shell))
        shell->is_program = TRUE;
    if (tool != NULL)
        return tool->run(shell, frame, argc, argv);
    if (strcmp(argv[0], SHELL_IMAGE_PROGRAM) == 0)
        return run_image_program(shell, frame);
    path = shell_path(shell, argv[0]);
    node = strchr(argv[0], '/') != NULL ? fs_get(&container->files, path) : NULL;
    if (node != NULL && !node->is_dir) {
        shell->is_program = FALSE;
        return shell_push_text(shell, frame, node->text->str, (const char *const *)argv) ? RUN_ENDED : 2;
    }
    if (shell->is_exec_root && container->profile_is_explicit)
        return program_is_ready(container) && program_is_healthy(container) ? 0 : 1;
    if (app_is_server_word(argv[0]) || container->profile_is_explicit)
        return run_server_word(shell, frame, argc, argv);
    shell_complain(shell, frame, "sh: %s: not found", argv[0]);
    return 127;
}

static gint32
run_fields(Shell *shell, Frame *frame, guint *io_next)
{
    const ShNode *node = frame->node;
    char **argv = (char **)frame->fields->pdata;
    guint argc = frame->fields->len - 1;

    if (!apply_redirects(shell, frame, io_next))
        return 1;
    /* Assignments before a command ought to be its own; the shell keeps them. */
    for (guint i = 0; i < node->assigns->len && argc > 0; i++)
        shell_export(shell, g_array_index(node->assigns, ShAssign, i).name);
    if (argc == 0)
        return frame->results->len > 0 ? shell->status : 0;
    shell->n_instant++;
    return shell_run_argv(shell, frame, argc, argv);
}

static gboolean
fails_quietly(const Shell *shell)
{
    for (guint i = 0; i + 1 < shell->frames->len; i++) {
        const Frame *frame = g_ptr_array_index(shell->frames, i);

        switch (frame->node->type) {
        case SH_IF:
            if (frame->pc % 2 == 1)
                return TRUE;
            break;
        case SH_WHILE:
        case SH_UNTIL:
            if (frame->pc == 1)
                return TRUE;
            break;
        case SH_ANDOR:
            if (frame->pc < frame->node->nodes->len)
                return TRUE;
            break;
        case SH_PIPE:
            if (frame->node->is_negated)
                return TRUE;
            break;
        default:
            break;
        }
    }
    return FALSE;
}

static void
step_simple(Shell *shell, Frame *frame)
{
    const ShNode *node = frame->node;
    guint next = 0;
    gint32 status;

    if (frame->pc == 1) {
        /* What it pushed (a function, a script) is over. */
        command_over(shell, shell->status);
        return;
    }
    if (!substitutions_done(shell, frame))
        return;
    for (guint i = 0; i < node->assigns->len; i++) {
        const ShAssign *assign = &g_array_index(node->assigns, ShAssign, i);
        g_autofree char *value = shell_expand_text(shell, assign->value, frame->results, &next);

        shell_set(shell, assign->name, value);
    }
    frame->fields = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; i < node->words->len; i++)
        shell_expand_fields(shell, g_ptr_array_index(node->words, i), frame->results, &next, frame->fields);
    g_ptr_array_add(frame->fields, NULL);
    frame->pc = 1;
    status = run_fields(shell, frame, &next);
    if (status < 0)
        return;
    if (status != 0 && shell->stops_on_error && !fails_quietly(shell)) {
        shell_exit(shell, status);
        return;
    }
    command_over(shell, status);
}

/* --- compound commands ------------------------------------------------------------------------------------ */

static void
push_child(Shell *shell, Frame *frame, guint index)
{
    frame_push(shell, g_ptr_array_index(frame->node->nodes, index), FRAME_NODE, &frame->io);
}

/* The script that what runs now is part of. */
static ShScript *
current_script(Shell *shell)
{
    for (guint i = shell->frames->len; i > 0; i--) {
        const Frame *frame = g_ptr_array_index(shell->frames, i - 1);

        if (frame->script != NULL)
            return frame->script;
    }
    return shell->script;
}

static void
step_list(Shell *shell, Frame *frame)
{
    const ShNode *node = frame->node;
    guint index = frame->pc;

    if (index >= node->nodes->len) {
        frame_pop(shell);
        return;
    }
    frame->pc++;
    if (g_array_index(node->flags, gint32, index) != 0) {
        ShScript *script = current_script(shell);

        if (shell_spawn(shell, g_ptr_array_index(node->nodes, index), script, &frame->io) == NULL)
            shell_complain(shell, frame, "sh: can't fork: Resource temporarily unavailable");
        shell->status = 0;
        return;
    }
    push_child(shell, frame, index);
}

static void
step_andor(Shell *shell, Frame *frame)
{
    const ShNode *node = frame->node;

    while (frame->pc < node->nodes->len) {
        gint32 op = g_array_index(node->flags, gint32, frame->pc);
        guint index = frame->pc++;

        if (op == 0 || (op == '&') == (shell->status == 0)) {
            push_child(shell, frame, index);
            return;
        }
    }
    frame_pop(shell);
}

static void
step_pipe(Shell *shell, Frame *frame)
{
    const ShNode *node = frame->node;
    gboolean is_last = frame->pc + 1 == node->nodes->len;
    Frame *child;
    Io io = frame->io;

    if (frame->pc >= node->nodes->len) {
        if (node->is_negated)
            shell->status = shell->status == 0;
        frame_pop(shell);
        return;
    }
    if (frame->piped != NULL) {
        /* What the part before wrote is what this one reads. */
        if (frame->input_text == NULL)
            frame->input_text = g_string_new(NULL);
        g_string_assign(frame->input_text, frame->piped->text->str);
        io.input = frame->input_text;
        sink_unref(frame->piped);
        frame->piped = NULL;
    }
    if (!is_last) {
        frame->piped = sink_new(SINK_BUFFER);
        io.out = frame->piped;
    }
    child = frame_push(shell, g_ptr_array_index(node->nodes, frame->pc), FRAME_NODE, &io);
    frame->pc++;
    if (is_last)
        return;
    sink_ref(io.out);
    sink_ref(io.err);
    child->owns_io = TRUE;
}

static void
step_if(Shell *shell, Frame *frame)
{
    const ShNode *node = frame->node;
    guint n = node->nodes->len;

    if (frame->pc % 2 == 1 && shell->status != 0) {
        /* The condition failed: go to the next one, or to else. */
        frame->pc += 1;
        shell->status = 0;
        if (frame->pc >= n) {
            frame_pop(shell);
            return;
        }
        push_child(shell, frame, frame->pc);
        frame->pc = frame->pc == n - 1 ? n + n % 2 : frame->pc + 1;
        return;
    }
    if (frame->pc % 2 == 1) {
        push_child(shell, frame, frame->pc);
        frame->pc = n + n % 2;
        return;
    }
    if (frame->pc >= n) {
        frame_pop(shell);
        return;
    }
    push_child(shell, frame, frame->pc);
    frame->pc++;
}

static void
step_loop(Shell *shell, Frame *frame)
{
    if (frame->pc == 0) {
        frame->saved_status = shell->status;
        frame->pc = 1;
        push_child(shell, frame, 0);
        return;
    }
    if (frame->pc == 1 && (shell->status == 0) == (frame->node->type == SH_WHILE)) {
        frame->pc = 0;
        push_child(shell, frame, 1);
        shell->n_instant++;
        return;
    }
    shell->status = 0;
    frame_pop(shell);
}

static void
step_for(Shell *shell, Frame *frame)
{
    guint next = 0;

    if (frame->fields == NULL) {
        if (!substitutions_done(shell, frame))
            return;
        frame->fields = g_ptr_array_new_with_free_func(g_free);
        for (guint i = 0; i < frame->node->words->len; i++)
            shell_expand_fields(shell, g_ptr_array_index(frame->node->words, i), frame->results, &next, frame->fields);
        shell->status = 0;
    }
    if (frame->pc >= frame->fields->len) {
        frame_pop(shell);
        return;
    }
    shell->n_instant++;
    shell_set(shell, frame->node->name, g_ptr_array_index(frame->fields, frame->pc));
    frame->pc++;
    push_child(shell, frame, 0);
}

static void
step_case(Shell *shell, Frame *frame)
{
    const ShNode *node = frame->node;
    guint next = 0;
    g_autofree char *value = NULL;

    if (frame->pc > 0) {
        frame_pop(shell);
        return;
    }
    if (!substitutions_done(shell, frame))
        return;
    frame->pc = 1;
    shell->status = 0;
    value = shell_expand_text(shell, g_ptr_array_index(node->words, 0), frame->results, &next);
    for (guint i = 1; i < node->words->len; i++) {
        g_autofree char *pattern = shell_expand_text(shell, g_ptr_array_index(node->words, i), frame->results, &next);

        if (shell_match(pattern, value)) {
            push_child(shell, frame, (guint)g_array_index(node->flags, gint32, i - 1));
            return;
        }
    }
}

static void
step_group(Shell *shell, Frame *frame)
{
    guint next = 0;

    if (frame->pc++ > 0) {
        frame_pop(shell);
        return;
    }
    if (frame->node->type == SH_SUBSHELL)
        frame_isolate(shell, frame);
    if (!apply_redirects(shell, frame, &next)) {
        shell->status = 1;
        frame_pop(shell);
        return;
    }
    push_child(shell, frame, 0);
}

/* Redirections of a loop or an if are opened before its first step. */
static gboolean
open_compound(Shell *shell, Frame *frame)
{
    guint next = 0;

    if (frame->node->redirects->len == 0 || frame->is_opened || frame->node->type == SH_GROUP || frame->node->type == SH_SUBSHELL)
        return TRUE;
    frame->is_opened = TRUE;
    if (apply_redirects(shell, frame, &next))
        return TRUE;
    shell->status = 1;
    frame_pop(shell);
    return FALSE;
}

static void
shell_step(Shell *shell)
{
    Frame *frame = top(shell);

    if (frame->node->type != SH_SIMPLE && !open_compound(shell, frame))
        return;
    switch (frame->node->type) {
    case SH_SIMPLE:
        step_simple(shell, frame);
        break;
    case SH_LIST:
        step_list(shell, frame);
        break;
    case SH_ANDOR:
        step_andor(shell, frame);
        break;
    case SH_PIPE:
        step_pipe(shell, frame);
        break;
    case SH_IF:
        step_if(shell, frame);
        break;
    case SH_WHILE:
    case SH_UNTIL:
        step_loop(shell, frame);
        break;
    case SH_FOR:
        step_for(shell, frame);
        break;
    case SH_CASE:
        step_case(shell, frame);
        break;
    case SH_GROUP:
    case SH_SUBSHELL:
        step_group(shell, frame);
        break;
    case SH_FUNCTION:
        g_ptr_array_add(shell->kept, sh_script_ref(current_script(shell)));
        g_hash_table_insert(shell->functions, (gpointer)frame->node->name, g_ptr_array_index(frame->node->nodes, 0));
        shell->status = 0;
        frame_pop(shell);
        break;
    }
}

/* --- signals ------------------------------------------------------------------------------------------------ */

static void
push_pending_traps(Shell *shell)
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

/* --- the loop -------------------------------------------------------------------------------------------------- */

static void
shell_run(Shell *shell)
{
    while (shell->block == BLOCK_NONE) {
        if (shell->pending != 0 && !shell->is_program)
            push_pending_traps(shell);
        if (shell->frames->len == 0 && !run_exit_trap(shell)) {
            shell_end(shell, shell->status);
            return;
        }
        if (shell->frames->len > FRAME_LIMIT) {
            shell_complain(shell, top(shell), "sh: too deep");
            shell_exit(shell, 2);
            continue;
        }
        if (shell->n_instant > INSTANT_LIMIT) {
            shell_spin(shell);
            return;
        }
        shell_step(shell);
    }
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
    shell->functions = g_hash_table_new(NULL, NULL);
    shell->exported = g_ptr_array_new();
    shell->jobs = g_ptr_array_new();
    shell->kept = g_ptr_array_new_with_free_func((GDestroyNotify)sh_script_unref);
    shell->ended = g_array_new(FALSE, FALSE, sizeof(Ended));
    shell->spin_ns = SPIN_MIN_NS;
    sim_timer_init(&shell->timer, sim, SIM_WORLD, shell_on_timer, shell);
    sim_timer_init(&shell->signal_timer, sim, SIM_WORLD, shell_on_signal, shell);
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
    shell_set(shell, "HOSTNAME", container->sandbox->name != NULL ? container->sandbox->name : "");
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

    return strcmp(name, "sh") == 0 || strcmp(name, "bash") == 0 || strcmp(name, "ash") == 0 || strcmp(name, "dash") == 0;
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
    shell->io.err = sink_ref(shell->io.out);
    set_environment(shell);
    set_args(shell, options->argv, rest);
    if (text != NULL) {
        shell->script = sh_parse(text, &error);
        shell->stops_on_error = strchr(options->argv[1], 'e') != NULL && strlen(options->argv[1]) <= 4;
    } else {
        shell->script = sh_script_of_words(options->argv);
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
    child->vars = copy_vars(shell->vars);
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
shell_free(Shell *shell)
{
    if (shell->block == BLOCK_APP && shell->container->app.shell == shell)
        program_clear(shell->container);
    shell_end_block(shell);
    if (shell->memory_bytes != 0 || shell->memory_rate != 0)
        shell_give_memory_back(shell);
    sim_timer_clear(&shell->timer);
    sim_timer_clear(&shell->signal_timer);
    for (guint i = 0; i < shell->frames->len; i++)
        frame_free(g_ptr_array_index(shell->frames, i));
    for (guint i = 0; i < G_N_ELEMENTS(shell->traps); i++)
        sh_script_unref(shell->traps[i]);
    g_ptr_array_free(shell->frames, TRUE);
    g_ptr_array_free(shell->exported, TRUE);
    g_ptr_array_free(shell->jobs, TRUE);
    g_ptr_array_free(shell->kept, TRUE);
    g_array_free(shell->ended, TRUE);
    g_hash_table_destroy(shell->functions);
    g_hash_table_destroy(shell->vars);
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

    if (!g_ptr_array_remove(shell->jobs, GUINT_TO_POINTER(pid)))
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
