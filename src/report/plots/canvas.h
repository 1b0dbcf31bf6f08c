/*
 * canvas.h - one picture: a gnuplot script and its data files in a private directory
 *
 * User text (names, descriptions, commands) enters only as data: labels come from
 * files; the script holds our own words and numbers. gnuplot is run without a
 * shell, with fixed file names, in a directory of its own that goes away.
 */
#pragma once

#include "report/report.h"

typedef struct Canvas Canvas;

/* Colours that survive a projector and colour-blind eyes (Okabe and Ito). */
#define COLOR_GREEN "#009E73"
#define COLOR_BLUE "#0072B2"
#define COLOR_SKY "#56B4E9"
#define COLOR_ORANGE "#E69F00"
#define COLOR_RED "#D55E00"
#define COLOR_PINK "#CC79A7"
#define COLOR_YELLOW "#F0E442"
#define COLOR_GREY "#BBBBBB"
#define COLOR_BLACK "#222222"

Canvas *canvas_new(const char *directory, const char *kind, guint width, guint height);
void canvas_free(Canvas *canvas);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Canvas, canvas_free)

/* canvas_height: in pixels. */
guint canvas_height(const Canvas *canvas);
/* canvas_script: append commands (our words only). */
void canvas_script(Canvas *canvas, const char *format, ...) G_GNUC_PRINTF(2, 3);
/* canvas_data: the text of a data file; made on first use, written when the picture is drawn. (borrowed) */
GString *canvas_data(Canvas *canvas, const char *name);
/* canvas_quote: append user text as one quoted cell of a data file. */
void canvas_quote(GString *data, const char *text, guint max_chars);
/* canvas_quote_end: of a longer text the end. */
void canvas_quote_end(GString *data, const char *text, guint max_chars);
/* canvas_step: between marks of an axis that goes to @most: 1, 2, 5, 10, 20 ..., at most four of them. */
int canvas_step(gint64 most);

/* canvas_begin: terminal, fonts, title strip with the marks; the x axis runs from 0 to @end_ms. */
void canvas_begin(Canvas *canvas, const char *title, const char *subtitle, gint64 end_ms);
/* What follows `set key`: above a panel's top at the right, each sample before its name; and inside of it. */
#define CANVAS_KEY_ABOVE "at screen 0.97,%.4f bottom right horizontal Left reverse maxrows 1 samplen 1 font ',13' noenhanced"
#define CANVAS_KEY_INSIDE "inside right top horizontal Left reverse samplen 2.2 font ',13' noenhanced"
/* canvas_panel: the next panel, from @top down to @bottom (fractions of the height), with the marks as vertical lines. */
void canvas_panel(Canvas *canvas, double top, double bottom, const char *ylabel, gboolean is_last);
PlotResult canvas_draw(Canvas *canvas, char **out_message);

/* What every picture needs of run.json. */
typedef struct {
    char *name, *description; /* (owned) */
    gint64 end_ms;
} PlotRun;
gboolean plot_run_read(const char *directory, PlotRun *out_run);
void plot_run_clear(PlotRun *run);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(PlotRun, plot_run_clear)
