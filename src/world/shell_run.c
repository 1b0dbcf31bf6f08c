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
/* So many commands take no time; then the process has burnt its share of CPU. */
#define INSTANT_LIMIT 500

/* --- frames --------------------------------------------------------------------------------- */

Frame *
frame_top(Shell *shell)
{
    return g_ptr_array_index(shell->frames, shell->frames->len - 1);
}

void
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

Frame *
frame_push(Shell *shell, const ShNode *node, FrameKind kind, const Io *io)
{
    Frame *frame = g_new0(Frame, 1);

    frame->kind = kind;
    frame->node = node;
    frame->io = *io;
    g_ptr_array_add(shell->frames, frame);
    return frame;
}

GHashTable *
shell_copy_vars(GHashTable *vars)
{
    GHashTable *copy = g_hash_table_new(NULL, NULL);
    GHashTableIter iter;
    gpointer key, value;

    g_hash_table_iter_init(&iter, vars);
    while (g_hash_table_iter_next(&iter, &key, &value))
        g_hash_table_insert(copy, key, value);
    return copy;
}

void
frame_isolate(Shell *shell, Frame *frame)
{
    frame->saved_vars = shell_copy_vars(shell->vars);
    frame->saved_cwd = g_strdup(shell->cwd);
}

/* The frame on top is over; what it changed for itself is put back. */
void
frame_pop(Shell *shell)
{
    Frame *frame = frame_top(shell);

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
    if (shell->limit_depth > shell->frames->len) {
        shell->limit_depth = 0;
        sim_timer_disarm(&shell->limit_timer);
    }
    if (frame->kind == FRAME_SUBST && shell->frames->len > 0) {
        Frame *below = frame_top(shell);

        g_ptr_array_add(below->results, g_string_new(frame->io.out->text->str));
    }
    frame_free(frame);
}

/* --- simple commands ---------------------------------------------------------------------------------- */

static void
free_gstring(gpointer string)
{
    g_string_free(string, TRUE);
}

/* Run what stands in for $(...) first, one after another. TRUE when all have run. */
gboolean
shell_substituted(Shell *shell, Frame *frame)
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
    child =
        frame_push(shell, g_ptr_array_index(frame->pending, frame->results->len), FRAME_SUBST, &io);
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

        if (frame->kind != FRAME_NODE || frame->node->type != SH_LIST ||
            frame->pc < frame->node->nodes->len)
            return FALSE;
    }
    for (guint i = 0; i < SHELL_N_SIGNALS; i++) {
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

        if (strcmp(word, "-t") == 0 || strcmp(word, "-v") == 0 || strcmp(word, "-V") == 0 ||
            strcmp(word, "--version") == 0)
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
    if ((tool == NULL || !tool->is_builtin) && frame == frame_top(shell) && is_last_command(shell))
        shell->is_program = TRUE;
    if (tool != NULL)
        return tool->run(shell, frame, argc, argv);
    if (strcmp(argv[0], SHELL_IMAGE_PROGRAM) == 0)
        return run_image_program(shell, frame);
    path = shell_path(shell, argv[0]);
    node = strchr(argv[0], '/') != NULL ? fs_get(&container->files, path) : NULL;
    if (node != NULL && !node->is_dir) {
        shell->is_program = FALSE;
        return shell_push_text(shell, frame, node->text->str, (const char *const *)argv) ? RUN_ENDED
                                                                                         : 2;
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

    if (!shell_redirect(shell, frame, io_next))
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

void
shell_step_simple(Shell *shell, Frame *frame)
{
    const ShNode *node = frame->node;
    guint next = 0;
    gint32 status;

    if (frame->pc == 1) {
        /* What it pushed (a function, a script) is over. */
        shell_command_over(shell, shell->status);
        return;
    }
    if (!shell_substituted(shell, frame))
        return;
    for (guint i = 0; i < node->assigns->len; i++) {
        const ShAssign *assign = &g_array_index(node->assigns, ShAssign, i);
        g_autofree char *value = shell_expand_text(shell, assign->value, frame->results, &next);

        shell_set(shell, assign->name, value);
    }
    frame->fields = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; i < node->words->len; i++)
        shell_expand_fields(shell, g_ptr_array_index(node->words, i), frame->results, &next,
                            frame->fields);
    g_ptr_array_add(frame->fields, NULL);
    frame->pc = 1;
    status = run_fields(shell, frame, &next);
    if (status < 0)
        return;
    if (status != 0 && shell->stops_on_error && !fails_quietly(shell)) {
        shell_exit(shell, status);
        return;
    }
    shell_command_over(shell, status);
}

/* --- the loop -------------------------------------------------------------------------------------------------- */

void
shell_run(Shell *shell)
{
    if (shell->instant_ns != shell_now_ns(shell)) {
        shell->instant_ns = shell_now_ns(shell);
        shell->n_instant = 0;
    }
    while (shell->block == BLOCK_NONE) {
        if (shell->pending != 0 && !shell->is_program)
            shell_push_traps(shell);
        if (shell->frames->len == 0 && !shell_run_exit_trap(shell)) {
            shell_end(shell, shell->status);
            return;
        }
        if (shell->frames->len > FRAME_LIMIT) {
            shell_complain(shell, frame_top(shell), "sh: too deep");
            shell_exit(shell, 2);
            continue;
        }
        if (shell->n_instant > INSTANT_LIMIT) {
            shell_spin(shell);
            return;
        }
        shell_step(shell);
    }
    if (shell->is_program && shell->block != BLOCK_WAIT)
        shell_slim(shell);
}
