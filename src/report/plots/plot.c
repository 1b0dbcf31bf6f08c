/* plot.c - report_plot: picks the picture; see report.h */

#include "report/plots/plots.h"

#include "base/intern.h"

static const PlotDef *const plots[] = {&timeline_plot, &rollout_plot, &traffic_plot};
const char *const report_plot_kinds[] = {"timeline", "rollout", "traffic", NULL};

PlotResult
report_plot(const char *directory, const char *kind, char **out_message)
{
    PlotResult result = PLOT_FAILED;

    for (guint i = 0; i < G_N_ELEMENTS(plots); i++)
        if (str_is(plots[i]->kind, kind))
            result = plots[i]->draw(directory, out_message);
    if (result == PLOT_NO_GNUPLOT && *out_message == NULL)
        *out_message = g_strdup("gnuplot is not installed (Debian package gnuplot-nox)");
    if (result == PLOT_NO_DATA && *out_message == NULL)
        *out_message = g_strdup_printf("%s: no data for the picture '%s'; `desk8s run FILE` leaves it", directory, kind);
    return result;
}
