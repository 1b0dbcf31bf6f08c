/*
 * shell.h - the processes inside containers, as a small shell runs them
 *
 * Models: busybox ash and the tools that teaching material uses. Every process
 * of a container is a Shell: PID 1, what exec brings in, and background jobs.
 * A command without a shell (`sleep 3600`) is a Shell that has become that
 * program. Commands take no time but for those that wait; a loop that never
 * waits burns CPU. Pipes run their parts one after the other.
 *
 * Signals act when the process's own turn comes: PID 1 without a handler
 * ignores them; a trap runs after the foreground command, or at once in `wait`.
 *
 * Left out: job control, most options; of awk all but what prints columns.
 */
#pragma once

#include <glib.h>

typedef struct Shell Shell;
typedef struct RtContainer RtContainer;

/* As argv[0]: what the image itself runs. */
#define SHELL_IMAGE_PROGRAM "@image"

typedef struct {
    const char *const *argv;
    gboolean is_pid1;
    GString *output, *errors; /* of an exec, (borrowed); NULL: the container's log */
} ShellOptions;

/* shell_new: begins at once, in an event of its own; tells container_process_ended when it is over. */
Shell *shell_new(RtContainer *container, const ShellOptions *options);
/* shell_free: it is gone without another word. */
void shell_free(Shell *shell);
guint shell_pid(const Shell *shell);
/* shell_signal: handled in an event of its own. Not for SIGKILL to PID 1. */
void shell_signal(Shell *shell, gint32 signal);
/* shell_child_ended: a background job of @shell is over. */
void shell_child_ended(Shell *shell, guint pid, gint32 exit_code);
guint shell_parent_pid(const Shell *shell);
/* shell_program_ended: the image's program that @shell runs is over. */
void shell_program_ended(Shell *shell, gint32 exit_code);

/* shell_knows: TRUE if @word is a command of this shell. */
gboolean shell_knows(const char *word);
/*
 * shell_lacks: runc's words why it cannot execute @word as PID 1 of @container; NULL if
 * it can: a command that is known, a file that is there. (interned)
 */
const char *shell_lacks(RtContainer *container, const char *word);
/* shell_check: what of the command is not understood, NULL if all is. (owned) */
char *shell_check(const char *const *argv);
