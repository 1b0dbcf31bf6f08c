/* compare.c - desk8s compare RECORDING... RUN: does a run do what a real cluster did? */

#include "cli/guard.h"

#include "base/duration.h"
#include "base/intern.h"
#include "compare/envelope.h"
#include "compare/records.h"
#include "scenario/run.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <unistd.h>

static int compare_run(int argc, char **argv);

const CliCommand cli_compare_command = {
    .name = "compare",
    .arguments = "RECORDING... RUN",
    .summary = "what a run does otherwise than recordings of a real cluster",
    .help = "Turns recordings of one scenario into facts (when pods were created, ready, removed; what\n"
            "conditions said; which events came; how it ended), takes the range that each varied in, and\n"
            "prints every fact of RUN outside of it. Exit status 0: none, 1: some, 3: bad input.\n\n"
            "A RECORDING is a file or a folder (all .json and .jsonl files in it: one recording) with\n"
            "  - a log of `desk8s run --watch-log`, or one like it: {\"t\", \"type\", \"object\"} a line;\n"
            "  - what `kubectl get KIND -A --watch --output-watch-events -o json` prints. It does not\n"
            "    say when something came, so that is a range: after the newest time in any object before it,\n"
            "    until the next write whose time is known (`--show-managed-fields` and recording leases, too,\n"
            "    make it narrow). 0 s is the date in the folder's file `started`, else when the first pod or\n"
            "    workload was created;\n"
            "  - an envelope, as --save writes it: then it is the only RECORDING.\n"
            "RUN is a scenario, which is played, or a recording.\n\n"
            "Examples:\n"
            "  desk8s compare rec1 rec2 rec3 web.yaml --seeds 20\n"
            "  desk8s compare rec1 rec2 rec3 --save web.json -n shop\n"
            "  desk8s compare web.json /tmp/log.jsonl -o json",
    .run = compare_run,
};

typedef struct {
    char *save, *format, *tolerance, *drift, *kubelets; /* (owned) */
    char **namespaces, **ignored, **sets;               /* (owned) */
    gint64 seed, seeds;
    gboolean tells_facts;
} Wanted;

/* What the seeds had to say about one fact. */
typedef struct {
    const Difference *first; /* borrowed from the check that found it */
    guint count;
} Finding;

typedef struct {
    Value *envelope;       /* (owned) */
    GPtrArray *checks;     /* (owned) of arrays of Difference, one a run */
    GPtrArray *findings;   /* (owned) of Finding (owned), by fact */
    guint compared, n_runs;
} Comparison;

/* --- reading ------------------------------------------------------------------------------------ */

static int
bad_input(const Diag *diag)
{
    g_autofree char *text = diag_format(diag);

    fputs(text, stderr);
    if (diag_count_errors(diag) == 0)
        return CLI_OK;
    fprintf(stderr, "desk8s: %u mistake%s; nothing was compared\n", diag_count_errors(diag), diag_count_errors(diag) == 1 ? "" : "s");
    return CLI_BAD_INPUT;
}

static gboolean
is_yes(const char *text)
{
    return str_is(text, "yes");
}

static const char *const *
namespaces_of(const Wanted *wanted)
{
    return (const char *const *)wanted->namespaces;
}

/* The one envelope among the recordings, or the one that they make. NULL: mistakes. (owned) */
static Value *
read_envelope(const Wanted *wanted, char **paths, guint n, Diag *diag)
{
    g_autoptr(GPtrArray) recordings = g_ptr_array_new_with_free_func((GDestroyNotify)recording_free);
    g_autoptr(GPtrArray) runs = g_ptr_array_new_with_free_func((GDestroyNotify)facts_free);
    gboolean has_kubelets = is_yes(wanted->kubelets);

    for (guint i = 0; i < n; i++) {
        Recording *recording = recording_read(paths[i], diag);

        if (recording == NULL)
            continue;
        g_ptr_array_add(recordings, recording);
        has_kubelets |= recording->has_kubelets && wanted->kubelets == NULL;
        if (recording->envelope != NULL && n > 1)
            diag_add(diag, DIAG_ERROR, (SourcePos){recording->path, 1, 1}, NULL, "an envelope stands for all recordings; give it alone, or the recordings that it was made of");
        else if (recording->envelope != NULL && envelope_is_valid(recording->envelope, recording->path, diag))
            return value_copy(recording->envelope);
        if (!recording->has_arrivals && recording->envelope == NULL)
            fprintf(stderr, "%s: nobody wrote down when records came: times are ranges, between those that the objects mention\n", paths[i]);
    }
    if (diag_count_errors(diag) > 0)
        return NULL;
    for (guint i = 0; i < recordings->len; i++)
        g_ptr_array_add(runs, recording_facts(recordings->pdata[i], has_kubelets, namespaces_of(wanted)));
    return envelope_new(runs, has_kubelets, has_kubelets ? "3.0" : "1.5", has_kubelets ? "0.06" : "0.0");
}

/* What options say instead of what the envelope says. */
static void
override(Value *envelope, const Wanted *wanted)
{
    if (wanted->tolerance != NULL)
        value_set(envelope, "tolerance", value_new_float(wanted->tolerance));
    if (wanted->drift != NULL)
        value_set(envelope, "drift", value_new_float(wanted->drift));
    if (wanted->kubelets != NULL)
        value_set(envelope, "kubelet", value_new_bool(is_yes(wanted->kubelets)));
}

/* --- playing -------------------------------------------------------------------------------------- */

/* The facts of one play; NULL: *out_status says why. (owned) */
static Facts *
play(const Scenario *scenario, guint64 seed, gboolean has_kubelets, const Wanted *wanted, int *out_status)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Diag) diag = diag_new();
    g_autoptr(Recording) recording = NULL;
    g_autofree char *path = NULL;
    Run *run = NULL;
    int status = CLI_OK;
    int fd = g_file_open_tmp("desk8s-XXXXXX.jsonl", &path, &error);

    cli_catch_interrupt(); /* the file goes away in any case */
    if (fd >= 0) {
        close(fd);
        run = run_new(scenario, &(RunOptions){.seed = seed, .watch_log = path}, &error);
    }
    if (run != NULL) {
        CliGuard guard;

        cli_guard_start(&guard, run_cluster(run)->sim, "nothing was compared", FALSE);
        for (gint64 t = NS_PER_S; run_advance(run, t) && !cli_guard_is_over(&guard); t += NS_PER_S)
            ;
        status = cli_guard_status(&guard);
        cli_guard_end(&guard);
        run_finish(run);
        if (run_error(run) != NULL)
            error = g_error_copy(run_error(run));
        run_free(run);
    }
    if (error == NULL && status == CLI_OK)
        recording = recording_read(path, diag);
    if (fd >= 0)
        g_unlink(path);
    if (status == CLI_OK && cli_is_interrupted())
        status = CLI_INTERRUPTED;
    if (status != CLI_OK) {
        *out_status = status;
        return NULL;
    }
    if (recording == NULL) {
        *out_status = error != NULL ? cli_io_error("%s", error->message) : bad_input(diag);
        return NULL;
    }
    return recording_facts(recording, has_kubelets, namespaces_of(wanted));
}

/* --- checking ------------------------------------------------------------------------------------- */

static int
by_fact(gconstpointer a, gconstpointer b)
{
    return strcmp((*(const Finding *const *)a)->first->fact, (*(const Finding *const *)b)->first->fact);
}

static void
add_check(Comparison *comparison, const Facts *facts, const Wanted *wanted)
{
    guint compared = 0;
    GPtrArray *check = envelope_check(comparison->envelope, facts, (const char *const *)wanted->ignored, &compared);

    g_ptr_array_add(comparison->checks, check);
    comparison->compared = MAX(comparison->compared, compared);
    comparison->n_runs++;
    for (guint i = 0; i < check->len; i++) {
        const Difference *difference = check->pdata[i];
        Finding *finding = NULL;

        for (guint k = 0; k < comparison->findings->len && finding == NULL; k++) {
            Finding *candidate = comparison->findings->pdata[k];
            finding = candidate->first->fact == difference->fact ? candidate : NULL; /* interned */
        }
        if (finding == NULL) {
            finding = g_new0(Finding, 1);
            finding->first = difference;
            g_ptr_array_add(comparison->findings, finding);
        }
        finding->count++;
    }
    g_ptr_array_sort(comparison->findings, by_fact);
}

static void
comparison_clear(Comparison *comparison)
{
    value_free(comparison->envelope);
    g_clear_pointer(&comparison->findings, g_ptr_array_unref);
    g_clear_pointer(&comparison->checks, g_ptr_array_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Comparison, comparison_clear)

/* --- telling --------------------------------------------------------------------------------------- */

/* The next piece of a text that fits into @width, cut at a blank where there is one. (owned) */
static char *
next_piece(const char **text, gsize width)
{
    const char *start = *text;
    const char *end = start;
    const char *blank = NULL;

    for (gsize n = 0; *end != '\0' && n < width; n++, end = g_utf8_next_char(end))
        if (*end == ' ')
            blank = end;
    if (*end == '\0')
        blank = end;
    else if (*end == ' ' || blank == NULL)
        blank = end;
    *text = *blank == ' ' ? blank + 1 : blank;
    return g_strndup(start, (gsize)(blank - start));
}

/* One row of the table, each cell folded into its column. */
static void
print_row(const char *const *cells, const int *widths, guint n)
{
    const char *rest[4];
    gboolean goes_on = TRUE;

    memcpy(rest, cells, n * sizeof *rest);
    while (goes_on) {
        g_autoptr(GString) line = g_string_new(NULL);

        goes_on = FALSE;
        for (guint i = 0; i < n; i++) {
            g_autofree char *piece = next_piece(&rest[i], (gsize)widths[i]);
            glong pad = widths[i] - g_utf8_strlen(piece, -1);

            g_string_append(line, piece);
            for (glong k = 0; k < pad + 2; k++)
                g_string_append_c(line, ' ');
            goes_on |= rest[i][0] != '\0';
        }
        printf("%s\n", g_strchomp(line->str));
    }
}

static void
print_table(const Comparison *comparison)
{
    const char *titles[] = {"FACT", "RECORDED", comparison->n_runs > 1 ? "FIRST RUN" : "THIS RUN", "SEEDS"};
    int widths[] = {4, 8, 9, 9};
    guint n = comparison->n_runs > 1 ? 4 : 3;
    const glong most[] = {n == 4 ? 27 : 30, n == 4 ? 19 : 23, n == 4 ? 19 : 23}; /* 80 columns with what is between */

    for (guint i = 0; i < comparison->findings->len; i++) {
        const Finding *finding = comparison->findings->pdata[i];
        const char *cells[] = {finding->first->fact, finding->first->recorded, finding->first->found};

        for (guint k = 0; k < G_N_ELEMENTS(cells); k++)
            widths[k] = MAX(widths[k], (int)MIN(g_utf8_strlen(cells[k], -1), most[k]));
    }
    if (comparison->findings->len > 0)
        print_row(titles, widths, n);
    for (guint i = 0; i < comparison->findings->len; i++) {
        const Finding *finding = comparison->findings->pdata[i];
        const char *cells[] = {finding->first->fact, finding->first->recorded, finding->first->found, str_internf("%u of %u", finding->count, comparison->n_runs)};

        print_row(cells, widths, n);
    }
    printf("%u of %u facts inside the envelope\n", comparison->compared - comparison->findings->len, comparison->compared);
}

static Value *
number_or(const Value *value, const char *fallback)
{
    return value != NULL ? value_copy(value) : value_new_float(fallback);
}

static void
print_json(const Comparison *comparison)
{
    g_autoptr(Value) root = value_new_map();
    Value *list = value_new_list();
    g_autofree char *text = NULL;

    value_set(root, "facts", value_new_int(comparison->compared));
    value_set(root, "inside", value_new_int(comparison->compared - comparison->findings->len));
    value_set(root, "recordings", value_new_int(value_get_int(comparison->envelope, "runs", 0)));
    value_set(root, "runs", value_new_int(comparison->n_runs));
    value_set(root, "kubelet", value_new_bool(envelope_has_kubelets(comparison->envelope)));
    value_set(root, "tolerance", number_or(value_get(comparison->envelope, "tolerance"), "1.5"));
    value_set(root, "drift", number_or(value_get(comparison->envelope, "drift"), "0.0"));
    for (guint i = 0; i < comparison->findings->len; i++) {
        const Finding *finding = comparison->findings->pdata[i];
        const Difference *first = finding->first;
        Value *item = value_new_map();

        value_set(item, "fact", value_new_string(first->fact));
        value_set(item, "recorded", first->want != NULL ? value_copy(first->want) : value_new_null());
        value_set(item, "run", value_copy(first->got));
        value_set(item, "runs", value_new_int(finding->count));
        value_append(list, item);
    }
    value_set(root, "differ", list);
    text = value_to_json(root, VALUE_INDENT4 | VALUE_NO_HTML_ESCAPE);
    printf("%s\n", text);
}

/* --- the command ------------------------------------------------------------------------------------ */

static int
save(const Value *envelope, const char *path)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *text = value_to_json(envelope, VALUE_INDENT1 | VALUE_SORTED | VALUE_NO_HTML_ESCAPE);
    g_autofree char *line = g_strconcat(text, "\n", NULL);

    if (str_is(path, "-"))
        fputs(line, stdout);
    else if (!g_file_set_contents(path, line, -1, &error))
        return cli_io_error("%s", error->message);
    return CLI_OK;
}

static int
tell_facts(const Wanted *wanted, const char *path)
{
    g_autoptr(Diag) diag = diag_new();
    g_autoptr(Recording) recording = recording_read(path, diag);
    g_autoptr(Facts) facts = NULL;
    g_autoptr(Value) tree = NULL;
    g_autofree char *text = NULL;

    if (recording != NULL && recording->envelope != NULL)
        diag_add(diag, DIAG_ERROR, (SourcePos){recording->path, 1, 1}, NULL, "is an envelope already; give a recording");
    if (bad_input(diag) != CLI_OK)
        return CLI_BAD_INPUT;
    facts = recording_facts(recording, wanted->kubelets != NULL ? is_yes(wanted->kubelets) : recording->has_kubelets, namespaces_of(wanted));
    tree = facts_to_value(facts);
    text = value_to_json(tree, VALUE_INDENT1 | VALUE_SORTED | VALUE_NO_HTML_ESCAPE);
    printf("%s\n", text);
    return CLI_OK;
}

/* A run that was recorded: ours with --watch-log, or another cluster's. */
static int
check_log(Comparison *comparison, const Wanted *wanted, const char *path)
{
    g_autoptr(Diag) diag = diag_new();
    g_autoptr(Recording) recording = recording_read(path, diag);
    g_autoptr(Facts) facts = NULL;

    if (recording != NULL && recording->envelope != NULL)
        diag_add(diag, DIAG_ERROR, (SourcePos){recording->path, 1, 1}, NULL, "is an envelope, no run; name a scenario or a log last");
    if (bad_input(diag) != CLI_OK)
        return CLI_BAD_INPUT;
    facts = recording_facts(recording, envelope_has_kubelets(comparison->envelope), namespaces_of(wanted));
    add_check(comparison, facts, wanted);
    return CLI_OK;
}

static int
check_scenario(Comparison *comparison, const Wanted *wanted, const char *path)
{
    g_autoptr(Scenario) scenario = cli_load(path, wanted->sets);
    int status = CLI_OK;

    if (scenario == NULL)
        return CLI_BAD_INPUT;
    for (gint64 i = 0; i < MAX(wanted->seeds, 1) && status == CLI_OK; i++) {
        guint64 seed = (guint64)(wanted->seeds > 0 ? i + 1 : wanted->seed);
        g_autoptr(Facts) facts = play(scenario, seed, envelope_has_kubelets(comparison->envelope), wanted, &status);

        if (facts != NULL)
            add_check(comparison, facts, wanted);
    }
    return status;
}

static int
compare(const Wanted *wanted, char **recordings, guint n, const char *run)
{
    g_autoptr(Diag) diag = diag_new();
    g_auto(Comparison) comparison = {.checks = g_ptr_array_new_with_free_func((GDestroyNotify)g_ptr_array_unref), .findings = g_ptr_array_new_with_free_func(g_free)};
    int status;

    comparison.envelope = read_envelope(wanted, recordings, n, diag);
    if (bad_input(diag) != CLI_OK)
        return CLI_BAD_INPUT;
    override(comparison.envelope, wanted);
    if (wanted->save != NULL)
        return save(comparison.envelope, wanted->save);
    status = recording_looks_like(run) ? check_log(&comparison, wanted, run) : check_scenario(&comparison, wanted, run);
    if (status != CLI_OK)
        return status;
    if (wanted->format != NULL)
        print_json(&comparison);
    else
        print_table(&comparison);
    return comparison.findings->len > 0 ? CLI_EXPECTATION_FAILED : CLI_OK;
}

/* A number as JSON has it: ".5" is none there. FALSE: no number from 0 on. */
static gboolean
settle_number(char **text)
{
    char *end = NULL;
    char out[G_ASCII_DTOSTR_BUF_SIZE];
    double number;

    if (*text == NULL)
        return TRUE;
    number = g_ascii_strtod(*text, &end);
    if (end == *text || *end != '\0' || !(number >= 0 && number < 1e9))
        return FALSE;
    g_free(*text);
    *text = g_strdup(g_ascii_dtostr(out, sizeof out, number));
    return TRUE;
}

static int
check_options(Wanted *wanted, int argc, char **argv)
{
    const CliCommand *command = &cli_compare_command;
    int wants = wanted->save != NULL || wanted->tells_facts ? 1 : 2;

    if (argc - 1 < wants)
        return cli_usage(command, argc < 2 ? "no recording given" : "no run given; name a scenario or a log behind the recordings");
    if (wanted->tells_facts && argc != 2)
        return cli_usage(command, "--facts is about one recording");
    if (wanted->format != NULL && !str_is(wanted->format, "json"))
        return cli_usage(command, "'%s' is no output format; write json", wanted->format);
    if (wanted->kubelets != NULL && !is_yes(wanted->kubelets) && !str_is(wanted->kubelets, "no"))
        return cli_usage(command, "--kubelets is yes or no, not '%s'", wanted->kubelets);
    if (!settle_number(&wanted->tolerance) || !settle_number(&wanted->drift))
        return cli_usage(command, "--tolerance and --drift are numbers from 0 on");
    if (wanted->seed < 0 || wanted->seeds < 0)
        return cli_usage(command, "a seed is a number from 0 on");
    if ((wanted->seed != 0 || wanted->seeds != 0 || wanted->sets != NULL) && (wants == 1 || recording_looks_like(argv[argc - 1])))
        return cli_usage(command, "--seed, --seeds and --set are for a scenario as the run; '%s' is a log", argv[argc - 1]);
    return CLI_OK;
}

static void
wanted_clear(Wanted *wanted)
{
    g_free(wanted->save);
    g_free(wanted->format);
    g_free(wanted->tolerance);
    g_free(wanted->drift);
    g_free(wanted->kubelets);
    g_strfreev(wanted->namespaces);
    g_strfreev(wanted->ignored);
    g_strfreev(wanted->sets);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Wanted, wanted_clear)

static int
compare_run(int argc, char **argv)
{
    g_auto(Wanted) wanted = {0};
    int status = CLI_OK;
    const GOptionEntry entries[] = {
        {"output", 'o', 0, G_OPTION_ARG_STRING, &wanted.format, "json", "FORMAT"},
        {"namespace", 'n', 0, G_OPTION_ARG_STRING_ARRAY, &wanted.namespaces, "Only objects of this namespace, and those of none (repeatable)", "NAME"},
        {"ignore", 0, 0, G_OPTION_ARG_STRING_ARRAY, &wanted.ignored, "Leave out facts whose name fits: 'final Node/*' (repeatable)", "PATTERN"},
        {"tolerance", 0, 0, G_OPTION_ARG_STRING, &wanted.tolerance, "How far outside a time may lie (default 1.5; real nodes 3)", "SECONDS"},
        {"drift", 0, 0, G_OPTION_ARG_STRING, &wanted.drift, "And by this part of itself (default 0; real nodes 0.06)", "FRACTION"},
        {"kubelets", 0, 0, G_OPTION_ARG_STRING, &wanted.kubelets, "Compare what nodes did, too (default: if a kubelet told events)", "yes|no"},
        {"seed", 0, 0, G_OPTION_ARG_INT64, &wanted.seed, "Seed instead of the scenario's", "N"},
        {"seeds", 0, 0, G_OPTION_ARG_INT64, &wanted.seeds, "Play the scenario with seeds 1 to N", "N"},
        {"set", 0, 0, G_OPTION_ARG_STRING_ARRAY, &wanted.sets, "Override a value of the scenario: spec.duration=2m", "PATH=VALUE"},
        {"save", 0, 0, G_OPTION_ARG_FILENAME, &wanted.save, "Write the envelope of the recordings (- is standard output); no run", "FILE"},
        {"facts", 0, 0, G_OPTION_ARG_NONE, &wanted.tells_facts, "Print the facts of one recording", NULL},
        {0},
    };

    if (!cli_parse(&cli_compare_command, &argc, &argv, entries, &status))
        return status;
    status = check_options(&wanted, argc, argv);
    if (status != CLI_OK)
        return status;
    if (wanted.tells_facts)
        return tell_facts(&wanted, argv[1]);
    if (wanted.save != NULL)
        return compare(&wanted, argv + 1, (guint)argc - 1, NULL);
    return compare(&wanted, argv + 1, (guint)argc - 2, argv[argc - 1]);
}
