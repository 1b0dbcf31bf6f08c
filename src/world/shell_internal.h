/*
 * shell_internal.h - what the shell's files share
 *
 * shell_run.c: the machine that walks a tree, one step at a time;
 * shell_compound.c: its steps; shell_life.c: waiting, signals, the end;
 * shell_io.c: output; shell_expand.c: words; shell_tools.c, shell_files.c,
 * shell_text.c, shell_filters.c, shell_procs.c, shell_net.c: commands.
 */
#pragma once

#include "world/rt.h"
#include "world/shell.h"
#include "world/shell_parse.h"

typedef enum { SINK_LOG, SINK_OUTPUT, SINK_FILE, SINK_BUFFER, SINK_NULL } SinkType;

/* Where a file descriptor writes to. */
typedef struct {
    guint refs;
    SinkType type;
    GString *text;    /* SINK_OUTPUT: (borrowed); SINK_BUFFER: (owned) */
    const char *path; /* SINK_FILE: absolute (interned) */
} Sink;

typedef struct {
    Sink *out, *err;
    GString *input; /* (borrowed) of a pipe or file; NULL: nothing to read */
} Io;

typedef enum {
    FRAME_NODE,
    FRAME_SUBST, /* runs a command substitution; its output goes to the frame below */
    FRAME_TRAP,  /* runs a trap's action; restores $? */
} FrameKind;

/* One node being run. */
typedef struct {
    FrameKind kind;
    const ShNode *node;
    ShScript *script; /* (owned) a reference, if the node is not of the shell's own script */
    guint pc;
    Io io;
    gboolean owns_io;    /* its sinks are its own (a reference on each) */
    GString *input_text; /* (owned) what Io.input points to */
    GPtrArray *results;  /* (owned) of GString*: output of the word's command substitutions */
    GPtrArray
        *pending; /* (owned) of const ShNode*: those still to be run, NULL: not looked for yet */
    GPtrArray *fields;  /* (owned) of char*: expanded words */
    Sink *piped;        /* (owned) SH_PIPE: output of the part before */
    gboolean is_opened; /* its redirections */
    gint32 saved_status;
    GHashTable
        *saved_vars; /* (owned) of a subshell: what it changes is its own, exit ends it alone */
    char *saved_cwd;
    char **saved_args; /* (owned) of a function call */
    gboolean is_function;
} Frame;

typedef enum {
    BLOCK_NONE,
    BLOCK_SLEEP,   /* timer */
    BLOCK_FOREVER, /* until somebody ends it */
    BLOCK_WAIT,    /* for background jobs */
    BLOCK_APP,     /* the image's program */
    BLOCK_CPU,     /* a job that ends */
    BLOCK_FILL,    /* memory grows until the timer */
    BLOCK_NET,     /* timer, then a request */
} BlockType;

/* A command's answer: an exit status, or one of these. */
#define RUN_BLOCKED (-1) /* it waits; shell_resume goes on */
#define RUN_ENDED   (-2) /* the shell is ending, do not touch the frame */

typedef struct {
    guint pid;
    gint32 status;
} Ended;

#define SHELL_N_SIGNALS 32

struct Shell {
    RtContainer *container;
    guint pid, parent_pid;
    gboolean is_pid1;
    gboolean is_program;   /* exec'ed: no traps; over when the command is over */
    gboolean is_exec_root; /* brought in by exec */
    ShScript *script;      /* (owned) a reference */
    GPtrArray *frames;     /* (owned) Frame*, the running one last */
    gint32 status;         /* $? */
    GHashTable *vars;      /* interned name -> interned value */
    GPtrArray *exported;   /* interned names, in order */
    char **args;           /* (owned) $0, $1, ... */
    char *cwd;             /* (owned) */
    GHashTable *functions; /* interned name -> const ShNode* */
    ShScript **traps;      /* (owned) by signal, 0 = EXIT; of ShScript* (owned), SHELL_N_SIGNALS */
    guint32 ignored;       /* bit set of signals with an empty trap */
    guint32 pending;       /* bit set of signals whose trap waits */
    guint32 arrived;       /* bit set of signals not looked at yet */
    gboolean is_ending, stops_on_error;
    BlockType block;
    SimTimer timer; /* next step, or end of a block */
    SimTimer signal_timer;
    SimTimer limit_timer; /* of the command `timeout` */
    guint limit_depth;    /* how many frames there are when it is over; 0: no limit */
    CpuJob job;
    CpuJob *burners; /* (owned) threads that compute for ever */
    guint n_burners;
    gint64 memory_bytes, memory_rate; /* what its command holds, or is taking since filled_ns */
    gint64 filled_ns;
    GPtrArray *kept; /* (owned) ShScript* that functions are part of */
    GPtrArray *jobs; /* pids (GUINT_TO_POINTER) of background jobs that run */
    GArray *ended;   /* of Ended: those that ended, not waited for yet */
    guint last_pid;  /* $! */
    guint wait_pid;  /* BLOCK_WAIT: 0 = all */
    guint n_instant; /* commands since time last passed */
    gint64 instant_ns; /* the time they are of: waiting that takes no time is no rest */
    gint64 spin_ns;  /* CPU of the next burst */
    ServerRequest *request;
    gpointer net; /* shell_net.c's */
    Io io;        /* (owned) of the shell itself */
};

typedef gint32 (*ShellCommand)(Shell *shell, Frame *frame, guint argc, char **argv);

typedef struct {
    const char *name;
    ShellCommand run;
    gboolean is_builtin; /* of the shell itself, no program */
} ShellTool;

extern const ShellTool shell_core_tools[], shell_file_tools[], shell_text_tools[],
    shell_net_tools[], shell_program_tools[], shell_filter_tools[], shell_process_tools[];
const ShellTool *shell_find_tool(const char *word);

/* --- shell_run.c, shell_compound.c --- */
Frame *frame_top(Shell *shell);
Frame *frame_push(Shell *shell, const ShNode *node, FrameKind kind, const Io *io);
/* frame_pop: the frame on top is over; what it changed for itself is put back. */
void frame_pop(Shell *shell);
void frame_free(Frame *frame);
/* frame_isolate: what it changes from now on is its own. */
void frame_isolate(Shell *shell, Frame *frame);
GHashTable *shell_copy_vars(GHashTable *vars);
/* shell_run: go on until something waits or all is over; @shell may be gone then. */
void shell_run(Shell *shell);
void shell_step(Shell *shell);
void shell_step_simple(Shell *shell, Frame *frame);
/* shell_substituted: run what stands in for $(...) first, one after another; TRUE when all have run. */
gboolean shell_substituted(Shell *shell, Frame *frame);
/* shell_current_script: the script that what runs now is part of. */
ShScript *shell_current_script(Shell *shell);

/* --- shell_life.c --- */
void shell_end_block(Shell *shell);
/* shell_command_over: the command on top of the stack is. */
void shell_command_over(Shell *shell, gint32 status);
/* shell_slim: it has become a program: what only a shell needs goes. */
void shell_slim(Shell *shell);
/* shell_spin: it has run long without waiting: a busy loop takes all the CPU it gets. */
void shell_spin(Shell *shell);
/* shell_run_exit_trap: FALSE if there is none (any more). */
gboolean shell_run_exit_trap(Shell *shell);
void shell_push_traps(Shell *shell);
void shell_block_sleep(Shell *shell, gint64 delay_ns);
void shell_block(Shell *shell, BlockType type);
/* shell_resume: the blocked command is over. */
void shell_resume(Shell *shell, gint32 status);
/* shell_end: the process is over; @shell is gone when it returns. */
void shell_end(Shell *shell, gint32 status);
/* shell_exit: as the exit command: ends a subshell or the shell. Returns RUN_ENDED or the status. */
gint32 shell_exit(Shell *shell, gint32 status);
gint32 shell_break(Shell *shell, guint levels, gboolean is_continue);
gint32 shell_return(Shell *shell, gint32 status);
/* shell_become: exec: the frame's command replaces the shell. */
void shell_become_program(Shell *shell);
/* shell_spawn: a background job that runs @node with a copy of the environment. */
Shell *shell_spawn(Shell *shell, const ShNode *node, ShScript *script, const Io *io);
/* shell_push_text: run @text in a new frame on top of @frame, with @args as a shell of its own; FALSE if it is no command (said so). */
gboolean shell_push_text(Shell *shell, Frame *frame, const char *text, const char *const *args);
/* shell_replace: exec of a shell: nothing of what ran before is left. */
void shell_replace(Shell *shell, const char *text, const char *const *args);
/* shell_script_of: the text behind `sh -c`, "-ec" ...; NULL if it is no such command. */
const char *shell_script_of(const char *const *argv, guint *out_rest);
gboolean shell_is_shell_word(const char *word);
void shell_give_memory_back(Shell *shell);
void shell_memory_full(Shell *shell);
void shell_stop_burning(Shell *shell);
gint32 shell_run_argv(Shell *shell, Frame *frame, guint argc, char **argv);

/* --- shell_io.c --- */
Sink *sink_new(SinkType type);
Sink *sink_ref(Sink *sink);
void sink_unref(Sink *sink);
/* shell_redirect: open what the frame's node says; FALSE: said what is wrong. */
gboolean shell_redirect(Shell *shell, Frame *frame, guint *io_next);
void sink_write(Shell *shell, Sink *sink, const char *text, gsize length);
void shell_print(Shell *shell, Frame *frame, const char *format, ...) G_GNUC_PRINTF(3, 4);
void shell_complain(Shell *shell, Frame *frame, const char *format, ...) G_GNUC_PRINTF(3, 4);
char *shell_path(Shell *shell, const char *path); /* absolute (owned) */
gint64 shell_now_ns(const Shell *shell);
Shell *container_find_shell(RtContainer *container, guint pid);

/* --- shell_expand.c --- */
const char *shell_get(Shell *shell, const char *name); /* NULL if unset */
void shell_set(Shell *shell, const char *name, const char *value);
void shell_unset(Shell *shell, const char *name);
void shell_export(Shell *shell, const char *name);
/* shell_collect: the command substitutions in a word, in order. */
void shell_collect(const ShWord *word, GPtrArray *nodes);
/* shell_expand_fields: into @fields (char*, owned by the array); takes results from *io_next on. */
void shell_expand_fields(Shell *shell,
                         const ShWord *word,
                         GPtrArray *results,
                         guint *io_next,
                         GPtrArray *fields);
char *shell_expand_text(Shell *shell, const ShWord *word, GPtrArray *results, guint *io_next);
gint64 shell_arithmetic(Shell *shell, const char *text);
gboolean shell_match(const char *pattern, const char *text);

/* --- shell_files.c, shell_procs.c --- */
gint64 shell_size(const char *text); /* "512", "1K", "1MB", "2G" */
gboolean shell_is_endless(const char *path); /* /dev/zero and its like */
void shell_on_limit(Sim *sim, gpointer self);

/* --- shell_net.c --- */
void shell_net_clear(Shell *shell);
void shell_net_on_timer(Shell *shell);
