/* run.c - see run.h */

#include "scenario/run.h"

#include "base/duration.h"
#include "scenario/checks.h"
#include "scenario/timeline.h"
#include "scenario/watchlog.h"

/* How long requests may still take after the end, and how often one looks whether any is left. */
#define DRAIN_LIMIT_NS NS_PER_MIN
#define DRAIN_STEP_NS (100 * NS_PER_MS)

struct Run {
    const Scenario *scenario;
    Cluster *cluster;
    Timeline *timeline;
    Checks *checks;
    WatchLog *log; /* NULL: none */
    gboolean is_finished;
    GError *error; /* (owned) the watch log could not be written */
};

Run *
run_new(const Scenario *scenario, const RunOptions *options, GError **error)
{
    Run *run = g_new0(Run, 1);

    run->scenario = scenario;
    run->cluster = cluster_new(scenario, options->seed);
    cluster_boot(run->cluster);
    if (options->watch_log != NULL) {
        run->log = watch_log_new(run->cluster, options->watch_log, error);
        if (run->log == NULL) {
            run_free(run);
            return NULL;
        }
    }
    run->timeline = timeline_new(run->cluster);
    run->checks = checks_new(run->cluster, timeline_source(run->timeline));
    timeline_start(run->timeline, run->checks);
    return run;
}

void
run_free(Run *run)
{
    if (run == NULL)
        return;
    timeline_free(run->timeline);
    checks_free(run->checks);
    watch_log_free(run->log);
    cluster_free(run->cluster);
    g_clear_error(&run->error);
    g_free(run);
}

Cluster *
run_cluster(Run *run)
{
    return run->cluster;
}

const Scenario *
run_scenario(const Run *run)
{
    return run->scenario;
}

gint64
run_end_ns(const Run *run)
{
    return run->scenario->spec.duration_ns;
}

gboolean
run_advance(Run *run, gint64 time_ns)
{
    gint64 end_ns = run_end_ns(run);

    if (checks_until_met(run->checks))
        return FALSE;
    sim_run_until(run->cluster->sim, MIN(time_ns, end_ns));
    return !checks_until_met(run->checks) && sim_now_ns(run->cluster->sim) < end_ns;
}

static Value *
log_header(Run *run)
{
    Value *header = value_new_map();
    Value *actions = value_new_list();
    g_autofree char *version = g_strdup_printf("v1.%u", run->scenario->version_minor);
    g_autofree char *started = time_format_rfc3339(sim_wall_ns(run->cluster->sim) - sim_now_ns(run->cluster->sim));

    value_set(header, "scenario", value_new_string(run->scenario->name));
    value_set(header, "kubernetes", value_new_string(version));
    value_set(header, "started", value_new_string(started));
    for (guint i = 0; i < timeline_command_count(run->timeline); i++) {
        const RunCommand *command = timeline_command(run->timeline, i);
        Value *action = value_new_map();
        g_autofree char *t = g_strdup_printf("%" G_GINT64_FORMAT ".%03d", command->start_ns / NS_PER_S, (int)(command->start_ns / NS_PER_MS % 1000));

        value_set(action, "t", value_new_float(t));
        value_set(action, "kubectl", value_new_string(command->line));
        value_set(action, "rc", value_new_int(command->exit));
        value_set(action, "stdout", value_new_string(command->out));
        value_set(action, "stderr", value_new_string(command->err));
        value_append(actions, action);
    }
    value_set(header, "actions", actions);
    return header;
}

void
run_finish(Run *run)
{
    if (run->is_finished)
        return;
    run->is_finished = TRUE;
    checks_finish(run->checks);
    kubectl_interrupt(run->cluster->kubectl); /* what still watches has printed something */
    if (run->log != NULL) {
        g_autoptr(Value) header = log_header(run);
        watch_log_finish(run->log, header, &run->error);
    }
}

static gboolean
is_request_under_way(const Cluster *cluster)
{
    for (guint i = 0; i < cluster->traffic->len; i++)
        if (traffic_counts(g_ptr_array_index(cluster->traffic, i))->in_flight > 0)
            return TRUE;
    return FALSE;
}

void
run_drain(Run *run)
{
    Cluster *cluster = run->cluster;
    gint64 limit_ns = sim_now_ns(cluster->sim) + DRAIN_LIMIT_NS;

    for (guint i = 0; i < cluster->traffic->len; i++)
        traffic_set_rate(g_ptr_array_index(cluster->traffic, i), 0);
    while (is_request_under_way(cluster) && sim_now_ns(cluster->sim) < limit_ns)
        sim_run_until(cluster->sim, sim_now_ns(cluster->sim) + DRAIN_STEP_NS);
}

const GError *
run_error(const Run *run)
{
    return run->error;
}

guint
run_command_count(const Run *run)
{
    return timeline_command_count(run->timeline);
}

const RunCommand *
run_command(const Run *run, guint index)
{
    return timeline_command(run->timeline, index);
}

guint
run_mark_count(const Run *run)
{
    return timeline_mark_count(run->timeline);
}

const RunMark *
run_mark(const Run *run, guint index)
{
    return timeline_mark(run->timeline, index);
}

guint
run_check_count(const Run *run)
{
    return checks_count(run->checks);
}

const RunCheck *
run_check(const Run *run, guint index)
{
    return checks_get(run->checks, index);
}

gboolean
run_until_met(const Run *run)
{
    return run->scenario->spec.until == NULL || checks_until_met(run->checks);
}

guint
run_failures(const Run *run)
{
    guint failures = run_until_met(run) ? 0 : 1;

    for (guint i = 0; i < run_check_count(run); i++)
        failures += run_check(run, i)->is_decided && !run_check(run, i)->has_passed;
    for (guint i = 0; i < run_command_count(run); i++)
        failures += run_command(run, i)->is_manifest && run_command(run, i)->exit != 0;
    return failures;
}
