/* shell_compound.c - see shell_internal.h: lists, pipes, loops, conditions */

#include "world/shell_internal.h"

/* --- compound commands ------------------------------------------------------------------------------------ */

static void
push_child(Shell *shell, Frame *frame, guint index)
{
    frame_push(shell, g_ptr_array_index(frame->node->nodes, index), FRAME_NODE, &frame->io);
}

/* The script that what runs now is part of. */
ShScript *
shell_current_script(Shell *shell)
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
        ShScript *script = shell_current_script(shell);

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
        if (!shell_substituted(shell, frame))
            return;
        frame->fields = g_ptr_array_new_with_free_func(g_free);
        for (guint i = 0; i < frame->node->words->len; i++)
            shell_expand_fields(shell, g_ptr_array_index(frame->node->words, i), frame->results,
                                &next, frame->fields);
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
    if (!shell_substituted(shell, frame))
        return;
    frame->pc = 1;
    shell->status = 0;
    value = shell_expand_text(shell, g_ptr_array_index(node->words, 0), frame->results, &next);
    for (guint i = 1; i < node->words->len; i++) {
        g_autofree char *pattern =
            shell_expand_text(shell, g_ptr_array_index(node->words, i), frame->results, &next);

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
    if (!shell_redirect(shell, frame, &next)) {
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

    if (frame->node->redirects->len == 0 || frame->is_opened || frame->node->type == SH_GROUP ||
        frame->node->type == SH_SUBSHELL)
        return TRUE;
    frame->is_opened = TRUE;
    if (shell_redirect(shell, frame, &next))
        return TRUE;
    shell->status = 1;
    frame_pop(shell);
    return FALSE;
}

void
shell_step(Shell *shell)
{
    Frame *frame = frame_top(shell);

    if (frame->node->type != SH_SIMPLE && !open_compound(shell, frame))
        return;
    switch (frame->node->type) {
    case SH_SIMPLE:
        shell_step_simple(shell, frame);
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
        g_ptr_array_add(shell->kept, sh_script_ref(shell_current_script(shell)));
        g_hash_table_insert(shell->functions, (gpointer)frame->node->name,
                            g_ptr_array_index(frame->node->nodes, 0));
        shell->status = 0;
        frame_pop(shell);
        break;
    }
}
