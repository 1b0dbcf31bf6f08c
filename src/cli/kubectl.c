/* kubectl.c - desk8s kubectl FILE --at T -- VERB ...: any verb at any instant of a scenario */

#include "cli/guard.h"

#include "base/duration.h"
#include "base/intern.h"
#include "cli/leave.h"

#include <stdio.h>

static int kubectl_command_run(int argc, char **argv);

const CliCommand cli_kubectl_command = {
    .name = "kubectl",
    .arguments = "FILE -- VERB [ARGUMENTS]",
    .summary = "any kubectl verb at any instant of a scenario",
    .help = "Plays the scenario up to the given instant, then runs one kubectl command against the\n"
            "cluster as it is then, and prints what kubectl prints. -f - reads standard input.\n"
            "Each call plays anew, so what a command changes is there for that command only: what\n"
            "is to stay goes into the scenario's timeline.\n\n"
            "Examples:\n"
            "  desk8s kubectl scenarios/node-failover.yaml --at 65s -- get pods -o wide\n"
            "  desk8s kubectl web.yaml --at end -- describe deployment web\n"
            "  desk8s kubectl web.yaml --at 10s -- create -f - < pod.yaml",
    .run = kubectl_command_run,
};

typedef struct {
    gboolean is_done;
    int exit;
    Sim *sim;
} Answer;

static void
answered(gpointer user, const KubectlResult *result)
{
    Answer *answer = user;

    fputs(result->out->str, stdout);
    fflush(stdout); /* so that in one pipe the errors come behind it */
    fputs(result->err->str, stderr);
    answer->exit = result->exit;
    answer->is_done = TRUE;
    sim_stop(answer->sim);
}

static char *
read_stdin(void)
{
    GString *text = g_string_new(NULL);
    char buffer[65536];
    gsize n;

    while ((n = fread(buffer, 1, sizeof buffer, stdin)) > 0)
        g_string_append_len(text, buffer, (gssize)n);
    return g_string_free(text, FALSE);
}

/* Does the command read from standard input: a manifest, variables, or whether it is meant? */
static gboolean
reads_stdin(char **argv)
{
    gboolean is_delete = g_strv_contains((const char *const *)argv, "delete");

    for (guint i = 0; argv[i] != NULL; i++)
        if (str_is(argv[i], "-") || str_is(argv[i], "--filename=-") || str_is(argv[i], "-f-") ||
            (is_delete && (str_is(argv[i], "-i") || str_is(argv[i], "--interactive"))))
            return TRUE;
    return FALSE;
}

/* A command that waits (rollout status, delete) may play on past the scenario's end, but not for ever. */
#define PATIENCE_NS (2 * NS_PER_HOUR)

static int
play(const Scenario *scenario, guint64 seed, gint64 at_ns, char **words)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(LastRun) run = run_new(scenario, &(RunOptions){.seed = seed}, &error);
    g_autofree char *input = reads_stdin(words) ? read_stdin() : NULL;
    Answer answer = {0};
    CliGuard guard;
    gint64 now;

    if (run == NULL)
        return cli_io_error("%s", error->message);
    answer.sim = run_cluster(run)->sim;
    cli_guard_start(&guard, answer.sim, "the command was not run", FALSE);
    while (sim_now_ns(answer.sim) < at_ns && run_advance(run, at_ns) && !cli_guard_is_over(&guard))
        ;
    if (cli_guard_is_over(&guard))
        return cli_guard_status(&guard);
    guard.what_is_lost = "the command has not ended";
    kubectl_run(run_cluster(run)->kubectl, (const char *const *)words, input, answered, &answer);
    now = sim_now_ns(answer.sim);
    while (!answer.is_done && sim_now_ns(answer.sim) < now + PATIENCE_NS && !cli_guard_is_over(&guard))
        sim_run_until(answer.sim, sim_now_ns(answer.sim) + NS_PER_S);
    if (!answer.is_done)
        kubectl_interrupt(run_cluster(run)->kubectl); /* a watch has no end of its own */
    if (cli_guard_is_over(&guard))
        return cli_guard_status(&guard);
    if (!answer.is_done || answer.exit == 130) {
        fprintf(stderr, "desk8s kubectl: interrupted after two hours of virtual time, as by Ctrl-C: the command had not ended\n");
        return CLI_EXPECTATION_FAILED;
    }
    return answer.exit; /* kubectl's own: 3 of exec -- exit 3, 2 of a diff that could not be made */
}

static int
kubectl_command_run(int argc, char **argv)
{
    g_autofree char *at = NULL;
    g_auto(GStrv) sets = NULL;
    gint64 seed = 0;
    gint64 at_ns = 0;
    int status = CLI_OK;
    int dashes = 0;
    char **words;
    g_autoptr(Scenario) scenario = NULL;
    const GOptionEntry entries[] = {
        {"at", 0, 0, G_OPTION_ARG_STRING, &at, "Instant: 65s, 2m, end (default: end)", "TIME"},
        {"seed", 0, 0, G_OPTION_ARG_INT64, &seed, "Seed instead of the scenario's", "N"},
        {"set", 0, 0, G_OPTION_ARG_STRING_ARRAY, &sets, "Override a value: spec.seed=9", "PATH=VALUE"},
        {0},
    };

    while (dashes < argc && !str_is(argv[dashes], "--"))
        dashes++;
    words = dashes < argc ? argv + dashes + 1 : NULL;
    argc = dashes;
    if (!cli_parse(&cli_kubectl_command, &argc, &argv, entries, &status))
        return status;
    if (argc != 2)
        return cli_usage(&cli_kubectl_command, argc < 2 ? "no scenario given" : "one scenario before --, the kubectl command after it");
    if (words == NULL || words[0] == NULL)
        return cli_usage(&cli_kubectl_command, "no kubectl command; write it after --");
    if (str_is(words[0], "kubectl"))
        words++;
    scenario = cli_load(argv[1], sets);
    if (scenario == NULL)
        return CLI_BAD_INPUT;
    if (!cli_parse_time(at != NULL ? at : "end", scenario->spec.duration_ns, &at_ns))
        return cli_usage(&cli_kubectl_command, "'%s' is no time; write 65s, 2m or end", at);
    if (at_ns > scenario->spec.duration_ns && scenario->spec.duration_ns > 0) {
        g_autofree char *end = duration_format_go(scenario->spec.duration_ns);

        fprintf(stderr, "desk8s kubectl: the scenario ends at %s; what follows is the cluster then (--set spec.duration=... plays longer)\n", end);
    }
    for (guint i = 0; words[i] != NULL; i++)
        scenario->tracks_managers |= kubectl_shows_managers(words[i]);
    return play(scenario, (guint64)seed, at_ns, words);
}
