/*
 * plots.h - the pictures: one file each, one line in plot.c's list
 */
#pragma once

#include "report/report.h"

typedef struct {
    const char *kind;
    PlotResult (*draw)(const char *directory, char **out_message);
} PlotDef;

extern const PlotDef timeline_plot, rollout_plot, traffic_plot;

/* Panels that more than one picture has. */
typedef struct Canvas Canvas;
typedef struct CsvTable CsvTable;
/* plot_requests: requests per second of @traffic (NULL: all), by outcome. FALSE: there are none. */
gboolean plot_requests(Canvas *canvas, const CsvTable *table, const char *traffic, const char *tag, gint64 end_ms, double top, double bottom, gboolean is_last);
gboolean plot_latency(Canvas *canvas, const CsvTable *table, const char *traffic, const char *tag, gint64 end_ms, double top, double bottom, gboolean is_last);
