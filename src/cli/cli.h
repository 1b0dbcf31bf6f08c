/*
 * cli.h - the command line: one file per subcommand, one line in the list
 *
 * A subcommand parses its options (cli_parse), loads what it needs (cli_load), prints what was asked for to stdout and
 * everything else to stderr, and returns an exit status; it never exits itself. Output is UTF-8; what a terminal gets
 * otherwise is in terminal.h.
 */
#pragma once

#include <glib.h>

/* Exit statuses of every subcommand. */
enum {
    CLI_OK = 0,
    CLI_EXPECTATION_FAILED = 1,
    CLI_USAGE = 2,
    CLI_BAD_INPUT = 3,
    CLI_RESOURCE_LIMIT = 4,
    CLI_IO_ERROR = 5,
    CLI_INTERNAL = 6,
    CLI_INTERRUPTED = 130,
};

typedef struct {
    const char *name;
    const char *arguments; /* "FILE" */
    const char *summary;   /* one line */
    const char *help;      /* what it does, examples */
    int (*run)(int argc, char **argv); /* argv[0] is the subcommand */
} CliCommand;

extern const CliCommand *const cli_commands[]; /* NULL-terminated */

/* cli_main: everything that main() does. Output that could not be written is an error, whatever the subcommand says. */
int cli_main(int argc, char **argv);

/* cli_parse: options of one subcommand; prints --help; FALSE: *out_status says how to exit. */
gboolean cli_parse(const CliCommand *command, int *argc, char ***argv, const GOptionEntry *entries, int *out_status);
/* cli_usage: "desk8s: MESSAGE" and where help is; returns CLI_USAGE. */
int cli_usage(const CliCommand *command, const char *format, ...) G_GNUC_PRINTF(2, 3);
extern const CliCommand cli_explain_command;
/* cli_explain_timer: `explain timer`; @what is a version (1.31), the name of a timer, or NULL. Returns: exit status. */
int cli_explain_timer(const char *what);
/* cli_explain_gate: `explain gate`; a version, the name of a feature gate, or NULL. */
int cli_explain_gate(const char *what);
int cli_io_error(const char *format, ...) G_GNUC_PRINTF(1, 2);

typedef struct Scenario Scenario;
/* cli_load: a scenario; prints every mistake and warning to stderr. NULL: bad input. (owned) */
Scenario *cli_load(const char *path, char **sets);
/* cli_catch_interrupt: from now on Ctrl-C ends nothing by itself; cli_is_interrupted says that it came. */
void cli_catch_interrupt(void);
gboolean cli_is_interrupted(void);
/* cli_parse_time: "65s", "1m5s", "end"; FALSE if it is none. */
gboolean cli_parse_time(const char *text, gint64 end_ns, gint64 *out_ns);
