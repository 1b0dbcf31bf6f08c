/*
 * controllers.c - many objects at once: a large rollout, a hundred rollouts, ten thousand Jobs
 *
 * Prints events a second of CPU time and, for the controllers at work, syncs, objects looked at a sync, and the time of the
 * whole run divided by its syncs. The promise: a sync looks at no more than what its own objects are worth.
 */

#include "bench/bench.h"

#include "api/kinds.h"
#include "client/controller.h"
#include "scenario/run.h"

#include <glib/gstdio.h>
#include <stdio.h>
#include <time.h>

typedef struct {
    const char *name, *duration, *object; /* object: @ is its number, # its replicas */
    guint n_objects, n_replicas;
    const char *timeline;
    const char *controllers[3];
    double visited_limit; /* objects a sync of the first of them */
} Load;

static const char deployment_text[] =
    "---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web-@}\nspec:\n  replicas: #\n  selector: {matchLabels: {app: web-@}}\n"
    "  template:\n    metadata: {labels: {app: web-@}}\n    spec:\n      containers: [{name: web, image: \"nginx:1\"}]\n";
static const char job_text[] =
    "---\napiVersion: batch/v1\nkind: Job\nmetadata: {name: job-@}\nspec:\n  template:\n    metadata: {labels: {exit: \"0\"}}\n    spec:\n"
    "      restartPolicy: Never\n      containers: [{name: c, image: \"busybox:1\", command: [sh, -c, \"sleep 3\"]}]\n";

static const Load loads[] = {
    {"one Deployment of 5,000 pods, rolled", "1000s", deployment_text, 1, 5000, "{at: 300s, kubectl: set image deployment --all web=nginx:2}",
     {"replicaset", "deployment", NULL}, 5100},
    {"100 Deployments of 50 pods, rolled at once", "1000s", deployment_text, 100, 50, "{at: 300s, kubectl: set image deployment --all web=nginx:2}",
     {"deployment", "replicaset", NULL}, 12},
    {"10,000 Jobs", "3600s", job_text, 10000, 1, NULL, {"job", NULL}, 4},
};

static double
cpu_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static char *
scenario_text(const Load *load)
{
    GString *text = g_string_new(NULL);

    g_string_append_printf(text,
                           "apiVersion: desk8s/v1\nkind: Scenario\nmetadata: {name: load}\nspec:\n  duration: %s\n  cluster:\n    kubelet: ideal\n"
                           "    nodes: [{name: node, count: 100, cpu: 64, memory: 512Gi, pods: 200}]\n",
                           load->duration);
    if (load->timeline != NULL)
        g_string_append_printf(text, "  timeline:\n  - %s\n", load->timeline);
    for (guint i = 0; i < load->n_objects; i++) {
        for (const char *c = load->object; *c != '\0'; c++) {
            if (*c == '@')
                g_string_append_printf(text, "%u", i);
            else if (*c == '#')
                g_string_append_printf(text, "%u", load->n_replicas);
            else
                g_string_append_c(text, *c);
        }
    }
    return g_string_free(text, FALSE);
}

/* CPU ms of the play alone, without reading the file; -1 if it cannot be read. */
static double
play(const Load *load, Run **out_run)
{
    g_autofree char *text = scenario_text(load);
    g_autofree char *path = NULL;
    g_autoptr(Diag) diag = diag_new();
    Scenario *scenario;
    double before;
    int file = g_file_open_tmp("desk8s-bench-XXXXXX.yaml", &path, NULL);

    if (file < 0 || !g_close(file, NULL) || !g_file_set_contents(path, text, -1, NULL))
        return -1;
    scenario = scenario_load(path, NULL, diag);
    g_unlink(path);
    if (scenario == NULL || diag_count_errors(diag) > 0) {
        scenario_free(scenario);
        return -1;
    }
    before = cpu_ms();
    *out_run = run_new(scenario, &(RunOptions){0}, NULL);
    while (run_advance(*out_run, run_end_ns(*out_run)))
        ;
    return cpu_ms() - before;
}

/* All Jobs have ended, all Deployments run nothing but their last template. */
static gboolean
is_done(const Cluster *cluster)
{
    g_autoptr(GPtrArray) jobs = apiserver_peek_list(cluster->server, &job_kind, NULL);
    g_autoptr(GPtrArray) deployments = apiserver_peek_list(cluster->server, &deployment_kind, NULL);

    for (guint i = 0; i < jobs->len; i++) {
        const ApiObject *job = jobs->pdata[i];

        if (job->status == NULL || ((const JobStatus *)job->status)->succeeded < 1)
            return FALSE;
    }
    for (guint i = 0; i < deployments->len; i++) {
        const ApiObject *deployment = deployments->pdata[i];
        const DeploymentStatus *status = deployment->status;

        if (status == NULL || status->replicas != status->updated_replicas || status->replicas != status->available_replicas ||
            status->observed_generation < 2)
            return FALSE;
    }
    return TRUE;
}

static double
print_controller(ControllerManager *manager, const char *name, double ms)
{
    const Controller *controller = controller_manager_find(manager, name);
    ControllerCounters counters = controller == NULL ? (ControllerCounters){0} : controller_counters(controller);
    double visited = (double)counters.visited / (double)MAX(counters.syncs, 1);

    printf("    %-14s %7" G_GUINT64_FORMAT " syncs, %.1f objects looked at each; %.0f us of the run each\n", name, counters.syncs, visited,
           ms * 1e3 / (double)MAX(counters.syncs, 1));
    return visited;
}

static int
bench_load(const Load *load)
{
    Run *run = NULL;
    const Scenario *scenario;
    double ms = play(load, &run);
    double first = 0;
    int broken = 0;
    guint64 events;

    if (ms < 0) {
        printf("  %s cannot be played\n", load->name);
        return 1;
    }
    events = sim_counters(run_cluster(run)->sim).events;
    printf("  %s: %" G_GUINT64_FORMAT " events, CPU ms %.0f, %.0f events a ms\n", load->name, events, ms, (double)events / ms);
    for (guint i = 0; i < G_N_ELEMENTS(load->controllers) && load->controllers[i] != NULL; i++) {
        double visited = print_controller(g_ptr_array_index(run_cluster(run)->managers, 0), load->controllers[i], ms);

        first = i == 0 ? visited : first;
    }
    if (!is_done(run_cluster(run)))
        broken += bench_promise("everything done", 1, 0);
    scenario = run_scenario(run);
    run_free(run);
    scenario_free((Scenario *)scenario);
    return broken + bench_promise("objects a sync", first, load->visited_limit);
}

int
bench_controllers(void)
{
    int broken = 0;

    for (guint i = 0; i < G_N_ELEMENTS(loads); i++)
        broken += bench_load(&loads[i]);
    return broken;
}
