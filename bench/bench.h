/*
 * bench.h - what the benchmarks share: the clock, rounds, ratios
 *
 * A benchmark prints a table and returns the number of promises it broke.
 * Promises are ratios within one run, never times: what is compared runs in
 * turns, round after round, so that a slow moment of the machine hits all.
 */
#pragma once

#include <glib.h>

/* One line in main.c each. */
int bench_hold(void);
int bench_runs(void);
int bench_controllers(void);

#define BENCH_ROUNDS_MAX 256

/* Times per operation of one contestant, ns. */
typedef struct {
    guint count;
    double ns[BENCH_ROUNDS_MAX];
} BenchRounds;

/* bench_now_ns: the machine's monotonic clock. */
gint64 bench_now_ns(void);
void bench_rounds_add(BenchRounds *rounds, double ns);
double bench_rounds_min(const BenchRounds *rounds);
double bench_rounds_median(const BenchRounds *rounds);

/* bench_promise: prints whether @ratio keeps to @limit. Returns: 0, or 1 if it does not. */
int bench_promise(const char *name, double ratio, double limit);
