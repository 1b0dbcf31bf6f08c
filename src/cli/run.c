/* run.c - desk8s run FILE: play it, tell it, leave files and pictures */

#include "cli/guard.h"

#include "base/duration.h"
#include "base/intern.h"
#include "cli/leave.h"
#include "cli/tell.h"
#include "cli/terminal.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <unistd.h>

static int run_command_run(int argc, char **argv);

const CliCommand cli_run_command = {
    .name = "run",
    .arguments = "FILE",
    .summary = "play a scenario: narration, summary, checks, pictures",
    .help = "Plays a scenario on a virtual clock. Tells the key moments, prints what kubectl commands\n"
            "of the timeline print, and a summary with the expectations; leaves data and pictures in\n"
            "results/NAME/. FILE - is standard input.\n\n"
            "Examples:\n"
            "  desk8s run scenarios/node-failover.yaml\n"
            "  desk8s run web.yaml --seed 7 --set spec.duration=2m --no-plots\n"
            "  desk8s run web.yaml --results /tmp/web --watch-log /tmp/web.jsonl",
    .run = run_command_run,
};

typedef struct {
    char *results, *watch_log; /* (owned) */
    char **sets;               /* (owned) */
    gint64 seed;
    gboolean no_plots, quiet, has_seed;
} Wanted;

/* --- results ---------------------------------------------------------------------------------- */

typedef struct {
    ReportInput input;
    ReportMark *marks;
    ReportCommand *commands;
    ReportCheck *checks;
} Collected;

static void
collect_commands(Run *run, Collected *out)
{
    guint n = run_command_count(run);

    out->commands = g_new0(ReportCommand, MAX(n, 1));
    for (guint i = 0; i < n; i++) {
        const RunCommand *from = run_command(run, i);

        if (from->is_manifest && from->exit == 0)
            continue;
        out->commands[out->input.n_commands++] = (ReportCommand){from->start_ns, from->end_ns, from->line, from->exit, from->out, from->err};
    }
    out->input.commands = out->commands;
}

static void
collect(Run *run, const Wanted *wanted, Collected *out)
{
    const Scenario *scenario = run_scenario(run);
    static const ReportMarkType types[] = {
        [MARK_KUBECTL] = REPORT_KUBECTL, [MARK_FAULT] = REPORT_FAULT, [MARK_FAULT_END] = REPORT_FAULT_END,
        [MARK_NOTE] = REPORT_NOTE, [MARK_TRAFFIC] = REPORT_OTHER, [MARK_SET] = REPORT_OTHER};

    *out = (Collected){0};
    out->input = (ReportInput){
        .name = scenario->name, .description = scenario->description, .file = scenario->file, .version = DESK8S_VERSION,
        .kubernetes_version = scenario->spec.kubernetes_version,
        .seed = wanted->seed != 0 ? (guint64)wanted->seed : (guint64)scenario->spec.seed, .scenario_hash = str_hash(scenario->text),
        .end_ns = sim_now_ns(run_cluster(run)->sim), .until_met = run_until_met(run)};
    out->marks = g_new0(ReportMark, MAX(run_mark_count(run), 1));
    out->checks = g_new0(ReportCheck, MAX(run_check_count(run), 1));
    for (guint i = 0; i < run_mark_count(run); i++) {
        const RunMark *mark = run_mark(run, i);
        out->marks[i] = (ReportMark){types[mark->type], mark->time_ns, mark->text};
    }
    for (guint i = 0; i < run_check_count(run); i++) {
        const RunCheck *check = run_check(run, i);
        out->checks[i] = (ReportCheck){check->text, check->rule, check->found, check->has_passed, check->decided_ns};
    }
    out->input.marks = out->marks;
    out->input.n_marks = run_mark_count(run);
    out->input.checks = out->checks;
    out->input.n_checks = run_check_count(run);
    collect_commands(run, out);
}

static void
collected_clear(Collected *collected)
{
    g_free(collected->marks);
    g_free(collected->commands);
    g_free(collected->checks);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Collected, collected_clear)

static gboolean
wants_plot(const Scenario *scenario, const char *kind)
{
    if (scenario->spec.plots.count == 0)
        return TRUE;
    for (guint i = 0; i < scenario->spec.plots.count; i++)
        if (str_is(scenario->spec.plots.items[i], kind))
            return TRUE;
    return FALSE;
}

static int
draw_plots(const Scenario *scenario, const char *directory, gboolean quiet)
{
    for (guint i = 0; report_plot_kinds[i] != NULL; i++) {
        g_autofree char *message = NULL;

        if (!wants_plot(scenario, report_plot_kinds[i]))
            continue;
        switch (report_plot(directory, report_plot_kinds[i], &message)) {
        case PLOT_DONE:
            if (!quiet)
                printf("  %s/%s.png (and .svg)\n", directory, report_plot_kinds[i]);
            break;
        case PLOT_NO_DATA:
            break;
        case PLOT_NO_GNUPLOT:
            fprintf(stderr, "desk8s: gnuplot is not installed, so there are no pictures; the data is in %s (Debian package gnuplot-nox, then `desk8s plot %s`)\n", directory, directory);
            return CLI_OK;
        case PLOT_FAILED:
        default:
            if (cli_is_interrupted())
                break;
            return cli_io_error("%s", message != NULL ? message : "gnuplot failed");
        }
        if (cli_is_interrupted()) {
            fprintf(stderr, "desk8s: interrupted; the data is complete, and `desk8s plot %s` draws the pictures\n", directory);
            return CLI_INTERRUPTED;
        }
    }
    return CLI_OK;
}

/* Pictures of an earlier run in the same place would tell another story than the data. */
static void
remove_old_pictures(const char *directory)
{
    for (guint i = 0; report_plot_kinds[i] != NULL; i++) {
        g_autofree char *svg = g_strdup_printf("%s/%s.svg", directory, report_plot_kinds[i]);
        g_autofree char *png = g_strdup_printf("%s/%s.png", directory, report_plot_kinds[i]);

        g_unlink(svg);
        g_unlink(png);
    }
}

/* Expectations stand out; what is longer than the terminal is wide goes on under its words, not under "ok". */
static void
print_summary(const char *summary)
{
    g_auto(GStrv) lines = g_strsplit(summary, "\n", -1);

    for (guint i = 0; lines[i] != NULL && (lines[i][0] != '\0' || lines[i + 1] != NULL); i++) {
        gboolean is_bad = g_str_has_prefix(lines[i], "  FAIL") || g_str_has_prefix(lines[i], "FAIL");
        gboolean is_good = g_str_has_prefix(lines[i], "  ok ");

        terminal_print(lines[i], lines[i][0] == ' ' ? 8 : 0, is_bad ? TONE_BAD : is_good ? TONE_GOOD : TONE_PLAIN);
    }
}

static int
leave_results(Run *run, Series *series, const Wanted *wanted)
{
    const Scenario *scenario = run_scenario(run);
    g_auto(Collected) collected = {0};
    g_autoptr(GError) error = NULL;
    g_autofree char *directory = wanted->results != NULL ? g_strdup(wanted->results) : g_build_filename("results", scenario->name, NULL);
    g_autofree char *summary = NULL;
    int status;

    collect(run, wanted, &collected);
    if (g_mkdir_with_parents(directory, 0777) != 0)
        return cli_io_error("%s: %s", directory, g_strerror(errno));
    if (!report_write(&collected.input, series, directory, &error))
        return cli_io_error("%s", error->message);
    remove_old_pictures(directory);
    summary = report_summary(&collected.input, series);
    if (!wanted->quiet)
        printf("\n");
    print_summary(summary);
    if (!wanted->quiet)
        printf("\nresults:\n  %s/\n", directory);
    status = wanted->no_plots ? CLI_OK : draw_plots(scenario, directory, wanted->quiet);
    if (status == CLI_OK && run_failures(run) > 0)
        status = CLI_EXPECTATION_FAILED;
    return status;
}

static int
play(const Scenario *scenario, const Wanted *wanted)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(LastRun) run = run_new(scenario, &(RunOptions){.seed = (guint64)wanted->seed, .watch_log = wanted->watch_log}, &error);
    g_autoptr(Teller) teller = NULL;
    Series *series;
    Cluster *cluster;
    gboolean goes_on = TRUE;
    gboolean shows_bar = !wanted->quiet && terminal_is(STDERR_FILENO);
    CliGuard guard;
    int status;

    if (run == NULL)
        return cli_io_error("%s", error->message);
    cluster = run_cluster(run);
    teller = teller_new(run, wanted->quiet);
    series = series_new(cluster->sim, cluster->server, (Traffic *const *)cluster->traffic->pdata, cluster->traffic->len, teller_narrate, teller);
    cli_guard_start(&guard, cluster->sim, "nothing was written", shows_bar);
    for (gint64 t = NS_PER_S; goes_on && !cli_guard_is_over(&guard); t += NS_PER_S) {
        goes_on = run_advance(run, t);
        teller_catch_up(teller);
    }
    teller_end(teller);
    if (cli_guard_is_over(&guard)) {
        if (cli_is_interrupted())
            fprintf(stderr, "desk8s: interrupted at %" G_GINT64_FORMAT " s of virtual time; nothing was written\n", sim_now_ns(cluster->sim) / NS_PER_S);
        leave_series(series);
        return cli_guard_status(&guard);
    }
    run_finish(run);
    series_finish(series);
    run_drain(run);
    status = leave_results(run, series, wanted);
    if (run_error(run) != NULL)
        status = cli_io_error("%s", run_error(run)->message);
    leave_series(series);
    return status;
}

static void
wanted_clear(Wanted *wanted)
{
    g_free(wanted->results);
    g_free(wanted->watch_log);
    g_strfreev(wanted->sets);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Wanted, wanted_clear)

static int
run_command_run(int argc, char **argv)
{
    g_auto(Wanted) wanted = {0};
    int status = CLI_OK;
    g_autoptr(Scenario) scenario = NULL;
    const GOptionEntry entries[] = {
        {"results", 0, 0, G_OPTION_ARG_FILENAME, &wanted.results, "Directory for this run (default: results/NAME)", "DIR"},
        {"no-plots", 0, 0, G_OPTION_ARG_NONE, &wanted.no_plots, "Leave data, draw no pictures", NULL},
        {"seed", 0, 0, G_OPTION_ARG_INT64, &wanted.seed, "Seed instead of the scenario's", "N"},
        {"set", 0, 0, G_OPTION_ARG_STRING_ARRAY, &wanted.sets, "Override a value: spec.duration=2m", "PATH=VALUE"},
        {"watch-log", 0, 0, G_OPTION_ARG_FILENAME, &wanted.watch_log, "Write what a watcher of every kind sees, as JSON lines", "FILE"},
        {"quiet", 'q', 0, G_OPTION_ARG_NONE, &wanted.quiet, "Print the summary only", NULL},
        {0},
    };

    if (!cli_parse(&cli_run_command, &argc, &argv, entries, &status))
        return status;
    if (argc != 2)
        return cli_usage(&cli_run_command, argc < 2 ? "no scenario given" : "one scenario at a time");
    if (wanted.seed < 0)
        return cli_usage(&cli_run_command, "a seed is a number from 0 on");
    scenario = cli_load(argv[1], wanted.sets);
    if (scenario == NULL)
        return CLI_BAD_INPUT;
    cli_catch_interrupt();
    return play(scenario, &wanted);
}
