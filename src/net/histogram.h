/*
 * histogram.h - latencies in microseconds, three significant digits, fixed size
 *
 * The layout of HdrHistogram: 2048 sub-buckets, the upper half of each doubling;
 * relative error below 1/1024; values up to an hour. Counts only: constant memory.
 */
#pragma once

#include <glib.h>

typedef struct {
    guint32 *counts; /* (owned) made at the first value */
    guint64 total;
    guint lowest; /* index of the smallest value, if there is one */
} Histogram;

void histogram_clear(Histogram *histogram);
void histogram_add(Histogram *histogram, gint64 value_us);
/* histogram_quantile_us: highest value equivalent to the smallest one with at least ceil(permille/1000 * n) below or equal; -1 if empty. */
gint64 histogram_quantile_us(const Histogram *histogram, guint permille);
/* The index of a value and the highest value of an index: for tests. */
guint histogram_index(gint64 value_us);
gint64 histogram_highest_us(guint index);
