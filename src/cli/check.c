/* check.c - desk8s check FILE...: every mistake at once */

#include "cli/cli.h"

#include "base/intern.h"
#include "scenario/scenario.h"

#include <stdio.h>

static int check_run(int argc, char **argv);

const CliCommand cli_check_command = {
    .name = "check",
    .arguments = "FILE...",
    .summary = "validate scenarios and manifests: every mistake at once",
    .help = "Reads scenarios and Kubernetes manifests and reports every mistake as\n"
            "FILE:LINE:COLUMN: PATH: what is wrong; what to write. Warnings point at names that\n"
            "nothing makes, at kubectl commands that will fail as real kubectl fails, and at commands\n"
            "of containers that nobody here can play. FILE - is standard input.\n\n"
            "Examples:\n  desk8s check scenarios/*.yaml\n  desk8s check deployment.yaml service.yaml",
    .run = check_run,
};

static int
check_run(int argc, char **argv)
{
    gboolean quiet = FALSE;
    int status = CLI_OK;
    guint errors = 0;
    guint warnings = 0;
    const GOptionEntry entries[] = {{"quiet", 'q', 0, G_OPTION_ARG_NONE, &quiet, "Print mistakes only", NULL}, {0}};

    if (!cli_parse(&cli_check_command, &argc, &argv, entries, &status))
        return status;
    if (argc < 2)
        return cli_usage(&cli_check_command, "no file given");
    for (int i = 1; i < argc; i++) {
        g_autoptr(Diag) diag = diag_new();
        g_autofree char *text = NULL;

        scenario_check_file(argv[i], diag);
        text = diag_format(diag);
        fputs(text, stdout);
        errors += diag_count_errors(diag);
        warnings += diag_count_warnings(diag);
        if (!quiet && diag_count_errors(diag) == 0)
            printf("%s: ok%s\n", str_is(argv[i], "-") ? "stdin" : argv[i], diag_count_warnings(diag) > 0 ? ", with warnings" : "");
    }
    if (errors > 0)
        fprintf(stderr, "desk8s check: %u mistake%s, %u warning%s\n", errors, errors == 1 ? "" : "s", warnings, warnings == 1 ? "" : "s");
    return errors > 0 ? CLI_BAD_INPUT : CLI_OK;
}
