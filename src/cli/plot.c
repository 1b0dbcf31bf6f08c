/* plot.c - desk8s plot DIR [KIND...]: pictures again, from the data of a run */

#include "cli/cli.h"

#include "base/intern.h"
#include "report/report.h"

#include <stdio.h>

static int plot_run(int argc, char **argv);

const CliCommand cli_plot_command = {
    .name = "plot",
    .arguments = "DIR [KIND...]",
    .summary = "draw the pictures of a run again",
    .help = "Draws timeline, rollout and traffic (or the kinds named) as SVG and PNG from the data\n"
            "that a run left in DIR. Needs gnuplot.\n\n"
            "Examples:\n  desk8s plot results/node-failover\n  desk8s plot results/node-failover timeline",
    .run = plot_run,
};

static gboolean
is_kind(const char *kind)
{
    for (guint i = 0; report_plot_kinds[i] != NULL; i++)
        if (str_is(report_plot_kinds[i], kind))
            return TRUE;
    return FALSE;
}

static int
draw(const char *directory, const char *kind, gboolean was_asked, guint *out_drawn)
{
    g_autofree char *message = NULL;

    switch (report_plot(directory, kind, &message)) {
    case PLOT_DONE:
        printf("%s/%s.svg\n%s/%s.png\n", directory, kind, directory, kind);
        (*out_drawn)++;
        return CLI_OK;
    case PLOT_NO_DATA:
        if (was_asked)
            return cli_io_error("%s", message != NULL ? message : "no data for this picture");
        return CLI_OK;
    case PLOT_NO_GNUPLOT:
    case PLOT_FAILED:
    default:
        return cli_io_error("%s", message != NULL ? message : "gnuplot failed");
    }
}

static int
plot_run(int argc, char **argv)
{
    int status = CLI_OK;
    guint drawn = 0;
    const GOptionEntry entries[] = {{0}};

    if (!cli_parse(&cli_plot_command, &argc, &argv, entries, &status))
        return status;
    if (argc < 2)
        return cli_usage(&cli_plot_command, "no directory given");
    if (!g_file_test(argv[1], G_FILE_TEST_IS_DIR))
        return cli_io_error("%s: no such directory; `desk8s run FILE` makes one under results/", argv[1]);
    for (int i = 2; i < argc; i++)
        if (!is_kind(argv[i]))
            return cli_usage(&cli_plot_command, "'%s' is no picture; write timeline, rollout or traffic", argv[i]);
    if (argc == 2) {
        for (guint i = 0; report_plot_kinds[i] != NULL && status == CLI_OK; i++)
            status = draw(argv[1], report_plot_kinds[i], FALSE, &drawn);
        if (status == CLI_OK && drawn == 0)
            return cli_io_error("%s: nothing to draw: no run left data here; `desk8s run FILE --results %s` does", argv[1], argv[1]);
        return status;
    }
    for (int i = 2; i < argc && status == CLI_OK; i++)
        status = draw(argv[1], argv[i], TRUE, &drawn);
    return status;
}
