/* runs.c - whole scenarios, from reading the file to writing the results, without pictures */

#include "bench/bench.h"

#include "report/report.h"
#include "scenario/run.h"

#include <glib/gstdio.h>
#include <math.h>
#include <stdio.h>
#include <sys/resource.h>
#include <time.h>

#define ROUNDS 201
#define SCALE_ROUNDS 15 /* of the size that a promise is about */
#define LIMIT_MS 10.0
#define RECORDINGS_LIMIT_MS 300.0
#define SCALE_LIMIT_MS 500.0
#define SCALE_LIMIT_MB 100.0

static double
cpu_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static void
remove_files(const char *directory)
{
    GDir *dir = g_dir_open(directory, 0, NULL);
    const char *name;

    while (dir != NULL && (name = g_dir_read_name(dir)) != NULL) {
        g_autofree char *path = g_build_filename(directory, name, NULL);
        g_unlink(path);
    }
    if (dir != NULL)
        g_dir_close(dir);
    g_rmdir(directory);
}

/* One play; CPU time in ms, -1 if the scenario cannot be read. */
static double
play(const char *path, guint64 *out_events)
{
    double before = cpu_ms();
    g_autoptr(Diag) diag = diag_new();
    g_autoptr(Scenario) scenario = scenario_load(path, NULL, diag);
    g_autoptr(Run) run = NULL;
    g_autofree char *directory = NULL;
    Cluster *cluster;
    Series *series;
    ReportInput input = {0};

    if (scenario == NULL || diag_count_errors(diag) > 0)
        return -1;
    run = run_new(scenario, &(RunOptions){0}, NULL);
    cluster = run_cluster(run);
    series = series_new(cluster->sim, cluster->server, (Traffic *const *)cluster->traffic->pdata, cluster->traffic->len, NULL, NULL);
    while (run_advance(run, run_end_ns(run)))
        ;
    run_finish(run);
    series_finish(series);
    run_drain(run);
    input = (ReportInput){.name = scenario->name, .description = scenario->description, .file = scenario->file, .version = "bench", .kubernetes_version = scenario->spec.kubernetes_version, .end_ns = run_end_ns(run), .until_met = TRUE};
    directory = g_dir_make_tmp("desk8s-bench-XXXXXX", NULL);
    report_write(&input, series, directory, NULL);
    *out_events = sim_counters(cluster->sim).events;
    series_free(series);
    before = cpu_ms() - before;
    remove_files(directory);
    return before;
}

/* All recorded scenarios whose kinds are known, one after the other: once each, CPU time in ms. */
static int
bench_recordings(const char *top)
{
    g_autofree char *directory = g_build_filename(top, "tests", "recordings", NULL);
    GDir *dir = g_dir_open(directory, 0, NULL);
    const char *name;
    double total_ms = 0;
    guint count = 0;

    while (dir != NULL && (name = g_dir_read_name(dir)) != NULL) {
        g_autofree char *path = g_build_filename(directory, name, "scenario.yaml", NULL);
        guint64 events = 0;
        double ms = g_file_test(path, G_FILE_TEST_EXISTS) ? play(path, &events) : -1;

        if (ms >= 0) {
            total_ms += ms;
            count++;
        }
    }
    if (dir != NULL)
        g_dir_close(dir);
    printf("  %u recorded scenarios together: CPU ms %.0f\n", count, total_ms);
    return bench_promise("recordings", total_ms, RECORDINGS_LIMIT_MS);
}

static const char scale_scenario[] =
    "apiVersion: desk8s/v1\nkind: Scenario\nmetadata: {name: scale}\n"
    "spec:\n  duration: %us\n  cluster:\n    kubelet: ideal\n    nodes: [{name: node, count: %u, cpu: 32, memory: 256Gi, pods: 110}]\n"
    "---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  replicas: %u\n  selector: {matchLabels: {app: web}}\n"
    "  template:\n    metadata: {labels: {app: web}}\n    spec:\n      containers: [{name: web, image: \"nginx:1.27\"}]\n";

/* A Deployment of @n_pods from nothing to Running on @n_nodes; the controller manager creates 20 pods a second. */
static double
play_scale(guint n_pods, guint n_nodes, guint64 *out_events)
{
    g_autofree char *directory = g_dir_make_tmp("desk8s-bench-XXXXXX", NULL);
    g_autofree char *path = g_build_filename(directory, "scale.yaml", NULL);
    g_autofree char *text = g_strdup_printf(scale_scenario, 20 + n_pods / 20, n_nodes, n_pods);
    double ms = g_file_set_contents(path, text, -1, NULL) ? play(path, out_events) : -1;

    remove_files(directory);
    return ms;
}

/* Ten times the pods, so many times the time of an event: the exponent of growth is the logarithm to ten. */
static void
print_growth(const char *what, double before, double after)
{
    printf("  ns an event, %s: times %.2f, exponent %.2f\n", what, after / before, log10(after / before));
}

/* The largest that this process has been. */
static double
peak_mb(void)
{
    struct rusage usage;

    getrusage(RUSAGE_SELF, &usage);
    return (double)usage.ru_maxrss * 1024 / 1e6;
}

/*
 * The size of the promise is played some rounds, and the quickest counts, as with the short runs below: what else the
 * machine does can only add.
 */
static int
bench_scale(void)
{
    static const struct {
        guint pods, nodes;
    } sizes[] = {{1000, 100}, {10000, 1000}, {100000, 1000}};
    double per_event[G_N_ELEMENTS(sizes)];
    double promised_ms = 0, promised_mb = 0;
    int broken;

    for (guint i = 0; i < G_N_ELEMENTS(sizes); i++) {
        gboolean is_promised = sizes[i].pods == 10000;
        BenchRounds rounds = {0};
        guint64 events = 0;
        double ms;

        for (guint r = 0; r < (is_promised ? SCALE_ROUNDS : 1); r++)
            bench_rounds_add(&rounds, play_scale(sizes[i].pods, sizes[i].nodes, &events));
        ms = bench_rounds_min(&rounds);
        per_event[i] = ms * 1e6 / (double)MAX(events, 1);
        printf("  %6u pods on %4u nodes: %" G_GUINT64_FORMAT " events, CPU ms %.0f, %.0f ns an event", sizes[i].pods, sizes[i].nodes, events, ms, per_event[i]);
        if (is_promised)
            printf("; of %d rounds: quickest %.0f, median %.0f", SCALE_ROUNDS, ms, bench_rounds_median(&rounds));
        printf("\n");
        fflush(stdout);
        if (is_promised) {
            promised_ms = ms;
            promised_mb = peak_mb();
        }
    }
    print_growth("10^3 to 10^4 pods", per_event[0], per_event[1]);
    print_growth("10^4 to 10^5 pods", per_event[1], per_event[2]);
    if (promised_ms < 0) {
        printf("  the scenario cannot be read\n");
        return 1;
    }
    broken = bench_promise("10,000 pods, ms", promised_ms, SCALE_LIMIT_MS);
    return broken + bench_promise("10,000 pods, MB", promised_mb, SCALE_LIMIT_MB);
}

/*
 * What a short run costs: the quickest of many rounds, over some seconds and one scenario in
 * turn with the other, since whatever else the machine does can only add. The median tells how much
 * it did add.
 */
static int
bench_short(const char *top)
{
    static const char *const names[] = {"classroom", "node-failover"};
    BenchRounds rounds[G_N_ELEMENTS(names)] = {0};
    guint64 events[G_N_ELEMENTS(names)] = {0};
    int broken = 0;

    for (guint r = 0; r < ROUNDS; r++)
        for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
            g_autofree char *path = g_strdup_printf("%s/scenarios/%s.yaml", top, names[i]);
            double ms = play(path, &events[i]);

            if (ms < 0) {
                printf("  %s cannot be read\n", path);
                return 1;
            }
            bench_rounds_add(&rounds[i], ms);
        }
    for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
        double quickest = bench_rounds_min(&rounds[i]);

        printf("  %-14s %" G_GUINT64_FORMAT " events, CPU ms of %d rounds: quickest %.2f, median %.2f; %.0f ns an event\n",
               names[i], events[i], ROUNDS, quickest, bench_rounds_median(&rounds[i]),
               quickest * 1e6 / (double)MAX(events[i], 1));
        broken += bench_promise(names[i], quickest, LIMIT_MS);
    }
    return broken;
}

int
bench_runs(void)
{
    const char *top = g_getenv("TOP_SRCDIR") != NULL ? g_getenv("TOP_SRCDIR") : ".";
    int broken = bench_short(top);

    broken += bench_recordings(top);
    return broken + bench_scale();
}
