/* cli.c - dispatch, help, and what all subcommands share; see cli.h */

#include "cli/cli.h"

#include "base/duration.h"
#include "base/intern.h"
#include "scenario/scenario.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

extern const CliCommand cli_run_command, cli_check_command, cli_kubectl_command, cli_why_command, cli_plot_command, cli_compare_command;

const CliCommand *const cli_commands[] = {
    &cli_run_command, &cli_check_command, &cli_kubectl_command, &cli_why_command, &cli_plot_command, &cli_compare_command, &cli_explain_command, NULL,
};

static void
print_help(FILE *out)
{
    fprintf(out, "desk8s: a Kubernetes cluster on a virtual clock\n\n"
                 "usage: desk8s COMMAND [OPTIONS] ARGUMENTS\n\n");
    for (guint i = 0; cli_commands[i] != NULL; i++)
        fprintf(out, "  %-8s %s\n", cli_commands[i]->name, cli_commands[i]->summary);
    fprintf(out, "\n  desk8s COMMAND --help  says more, with examples\n"
                 "  desk8s --version\n\n"
                 "Start with: desk8s run scenarios/node-failover.yaml\n\n"
                 "Exit status: 0 ok, 1 an expectation failed (compare: a difference), 2 usage, 3 bad input,\n"
                 "4 resource limit, 5 input/output error,\n"
                 "6 an invariant of desk8s itself broke, 130 interrupted; kubectl: what that exits with.\n");
}

static const CliCommand *
find_command(const char *name)
{
    for (guint i = 0; cli_commands[i] != NULL; i++)
        if (str_is(cli_commands[i]->name, name))
            return cli_commands[i];
    return NULL;
}

static int
unknown_command(const char *name)
{
    const char *names[32] = {0};
    const char *near;

    for (guint i = 0; cli_commands[i] != NULL && i + 1 < G_N_ELEMENTS(names); i++)
        names[i] = cli_commands[i]->name;
    near = diag_nearest(name, names);
    fprintf(stderr, "desk8s: '%s' is no command%s%s%s\nTry 'desk8s --help'.\n", name, near != NULL ? "; did you mean '" : "", near != NULL ? near : "", near != NULL ? "'?" : "");
    return CLI_USAGE;
}

static int
run_command(int argc, char **argv)
{
    const CliCommand *command;

    if (argc < 2) {
        print_help(stderr);
        return CLI_USAGE;
    }
    if (str_is(argv[1], "--help") || str_is(argv[1], "-h") || str_is(argv[1], "help")) {
        if (argc > 2) {
            char *words[] = {argv[2], (char *)"--help", NULL};
            command = find_command(argv[2]);
            return command != NULL ? command->run(2, words) : unknown_command(argv[2]);
        }
        print_help(stdout);
        return CLI_OK;
    }
    if (str_is(argv[1], "--version") || str_is(argv[1], "-V")) {
        printf("desk8s %s\n", DESK8S_VERSION);
        return CLI_OK;
    }
    command = find_command(argv[1]);
    if (command == NULL)
        return unknown_command(argv[1]);
    return command->run(argc - 1, argv + 1);
}

int
cli_main(int argc, char **argv)
{
    int status = run_command(argc, argv);

    /* It may have failed long ago: then errno tells nothing, or what it was. */
    if (fflush(stdout) != 0 || ferror(stdout) != 0)
        return cli_io_error("standard output: %s", errno != 0 ? g_strerror(errno) : "write error");
    return status;
}

/* GLib's texts have quotes and an ellipsis that a terminal without UTF-8 does not show. (owned) */
static char *
as_ascii(const char *text)
{
    GString *ascii = g_string_new(text);

    g_string_replace(ascii, "[OPTION\u2026]", "[OPTIONS]", 0);
    g_string_replace(ascii, "\u201c", "'", 0);
    g_string_replace(ascii, "\u201d", "'", 0);
    return g_string_free(ascii, FALSE);
}

gboolean
cli_parse(const CliCommand *command, int *argc, char ***argv, const GOptionEntry *entries, int *out_status)
{
    g_autoptr(GOptionContext) context = g_option_context_new(command->arguments);
    g_autoptr(GError) error = NULL;
    gboolean show_help = FALSE;
    g_autofree char *program = g_strdup_printf("desk8s %s", command->name);
    const GOptionEntry help[] = {{"help", 'h', 0, G_OPTION_ARG_NONE, &show_help, "Show this help", NULL}, {0}};

    g_set_prgname(program);
    g_option_context_set_help_enabled(context, FALSE);
    g_option_context_set_summary(context, command->help);
    g_option_context_add_main_entries(context, entries, NULL);
    g_option_context_add_main_entries(context, help, NULL);
    if (!g_option_context_parse(context, argc, argv, &error)) {
        g_autofree char *message = as_ascii(error->message);
        *out_status = cli_usage(command, "%s", message);
        return FALSE;
    }
    if (show_help) {
        g_autofree char *text = g_option_context_get_help(context, TRUE, NULL);
        g_autofree char *ascii = as_ascii(text);
        fputs(ascii, stdout);
        *out_status = CLI_OK;
        return FALSE;
    }
    return TRUE;
}

int
cli_usage(const CliCommand *command, const char *format, ...)
{
    va_list args;

    fprintf(stderr, "desk8s %s: ", command->name);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fprintf(stderr, "\nTry 'desk8s %s --help'.\n", command->name);
    return CLI_USAGE;
}

int
cli_io_error(const char *format, ...)
{
    va_list args;

    fprintf(stderr, "desk8s: ");
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fprintf(stderr, "\n");
    return CLI_IO_ERROR;
}

static volatile sig_atomic_t is_interrupted;

static void
on_interrupt(int signal)
{
    (void)signal;
    is_interrupted = 1;
}

void
cli_catch_interrupt(void)
{
    signal(SIGINT, on_interrupt);
}

gboolean
cli_is_interrupted(void)
{
    return is_interrupted != 0;
}

Scenario *
cli_load(const char *path, char **sets)
{
    g_autoptr(Diag) diag = diag_new();
    Scenario *scenario = scenario_load(path, (const char *const *)sets, diag);
    g_autofree char *text = diag_format(diag);

    fputs(text, stderr);
    if (diag_count_errors(diag) == 0)
        return scenario;
    fprintf(stderr, "desk8s: %u mistake%s in %s; nothing was run\n", diag_count_errors(diag), diag_count_errors(diag) == 1 ? "" : "s", str_is(path, "-") ? "stdin" : path);
    scenario_free(scenario);
    return NULL;
}

gboolean
cli_parse_time(const char *text, gint64 end_ns, gint64 *out_ns)
{
    if (str_is(text, "end")) {
        *out_ns = end_ns;
        return TRUE;
    }
    return duration_parse(text, out_ns) && *out_ns >= 0;
}
