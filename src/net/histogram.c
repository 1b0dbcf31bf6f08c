/* histogram.c - see histogram.h */

#include "net/histogram.h"

#define SUB_BITS 11
#define HALF     (1u << (SUB_BITS - 1))
#define N_COUNTS (23 * HALF) /* up to 3600 s in microseconds */

guint
histogram_index(gint64 value_us)
{
    guint64 value = (guint64)MAX(value_us, 0);
    guint bits = value == 0 ? 0 : 64 - (guint)__builtin_clzll(value);
    guint shift = bits > SUB_BITS ? bits - SUB_BITS : 0;

    if (shift == 0)
        return (guint)value;
    return MIN(((shift + 1) << (SUB_BITS - 1)) + ((guint)(value >> shift) - HALF), N_COUNTS - 1);
}

gint64
histogram_highest_us(guint index)
{
    guint shift;

    if (index < 2 * HALF)
        return index;
    shift = (index >> (SUB_BITS - 1)) - 1;
    return (((gint64)(index & (HALF - 1)) + HALF + 1) << shift) - 1;
}

void
histogram_clear(Histogram *histogram)
{
    g_clear_pointer(&histogram->counts, g_free);
    histogram->total = 0;
}

void
histogram_add(Histogram *histogram, gint64 value_us)
{
    guint index = histogram_index(value_us);

    if (histogram->counts == NULL)
        histogram->counts = g_new0(guint32, N_COUNTS);
    histogram->lowest = histogram->total == 0 ? index : MIN(histogram->lowest, index);
    histogram->counts[index]++;
    histogram->total++;
}

gint64
histogram_quantile_us(const Histogram *histogram, guint permille)
{
    guint64 wanted = (histogram->total * permille + 999) / 1000;
    guint64 seen = 0;

    if (histogram->total == 0)
        return -1;
    for (guint i = histogram->lowest; i < N_COUNTS; i++) {
        seen += histogram->counts[i];
        if (seen >= MAX(wanted, 1))
            return histogram_highest_us(i);
    }
    return -1;
}
