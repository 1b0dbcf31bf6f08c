/* rounds.c - see bench.h */

#include "bench/bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

gint64
bench_now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (gint64)now.tv_sec * 1000000000 + now.tv_nsec;
}

void
bench_rounds_add(BenchRounds *rounds, double ns)
{
    g_assert(rounds->count < BENCH_ROUNDS_MAX);
    rounds->ns[rounds->count++] = ns;
}

static int
compare_times(const void *left, const void *right)
{
    double a = *(const double *)left;
    double b = *(const double *)right;

    return (a > b) - (a < b);
}

/* The time of rank @rank, from 0. */
static double
ranked(const BenchRounds *rounds, guint rank)
{
    BenchRounds sorted = *rounds;

    g_assert(rank < sorted.count);
    qsort(sorted.ns, sorted.count, sizeof sorted.ns[0], compare_times);
    return sorted.ns[rank];
}

double
bench_rounds_min(const BenchRounds *rounds)
{
    return ranked(rounds, 0);
}

double
bench_rounds_median(const BenchRounds *rounds)
{
    return ranked(rounds, rounds->count / 2);
}

int
bench_promise(const char *name, double ratio, double limit)
{
    gboolean is_kept = ratio <= limit;

    printf("  %-44s %5.2f  at most %.2f: %s\n", name, ratio, limit, is_kept ? "kept" : "BROKEN");
    return is_kept ? 0 : 1;
}
