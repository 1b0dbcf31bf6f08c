/*
 * report.h - what a run leaves behind: series, narration, summary, files, pictures
 *
 * A Series watches the run (API server's tap, traffic, trace) without costing
 * virtual time. report_write puts everything into a directory, each file under a
 * temporary name first. report_plot draws from those files alone, so pictures
 * can be made again later. Peers: knows nothing of scenarios; the command line
 * hands over what it needs.
 */
#pragma once

#include "apiserver/apiserver.h"
#include "net/traffic.h"

typedef enum { REPORT_KUBECTL, REPORT_FAULT, REPORT_FAULT_END, REPORT_NOTE, REPORT_OTHER } ReportMarkType;
typedef struct {
    ReportMarkType type;
    gint64 time_ns;
    const char *text; /* "kubectl scale ...", "worker-2 loses power" */
} ReportMark;

typedef struct {
    gint64 start_ns, end_ns; /* end -1: still running when the run ended */
    const char *line;        /* without "kubectl" */
    int exit;
    const char *out, *err;
} ReportCommand;

typedef struct {
    const char *text, *rule, *found;
    gboolean has_passed;
    gint64 decided_ns;
} ReportCheck;

typedef struct {
    const char *name, *description, *file, *version; /* desk8s version */
    const char *kubernetes_version;
    guint64 seed, scenario_hash;
    gint64 end_ns;            /* when the run ended */
    gboolean until_met;
    const ReportMark *marks;
    guint n_marks;
    const ReportCommand *commands; /* of the timeline */
    guint n_commands;
    const ReportCheck *checks;
    guint n_checks;
} ReportInput;

/* --- series: what is recorded while it runs -------------------------------------------------- */

typedef struct Series Series;
/* One sentence about a key moment, as it happens: "worker-2: NotReady, no heartbeat for 50 s". */
typedef void (*ReportNarrate)(gpointer user, gint64 time_ns, const char *sentence);

/* series_new: after the cluster's boot, at 0 s. @narrate may be NULL. (owned) */
Series *series_new(Sim *sim, ApiServer *server, Traffic *const *traffic, guint n_traffic, ReportNarrate narrate, gpointer user);
void series_finish(Series *series); /* at the end: closes open lanes */
void series_free(Series *series);

/* --- files ------------------------------------------------------------------------------------- */

/* report_summary: what is printed at the end and stands in summary.txt. (owned) */
char *report_summary(const ReportInput *input, const Series *series);
/* report_write: summary.txt, events.jsonl, objects.csv, nodes.csv, traffic.csv, pods.csv (lanes), marks.csv, kubectl.jsonl, run.json. FALSE: I/O error. */
gboolean report_write(const ReportInput *input, const Series *series, const char *directory, GError **error);

typedef enum { PLOT_DONE, PLOT_NO_GNUPLOT, PLOT_NO_DATA, PLOT_FAILED } PlotResult;
/* report_plot: @kind "timeline", "rollout" or "traffic": @directory/KIND.svg and .png from the files there. */
PlotResult report_plot(const char *directory, const char *kind, char **out_message);
extern const char *const report_plot_kinds[]; /* NULL-terminated */
