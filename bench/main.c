/* main.c - desk8s-bench: runs all benchmarks, or those named; exits 1 if a promise is broken */

#include "bench/bench.h"

#include <stdio.h>
#include <string.h>

static const struct {
    const char *name;
    int (*run)(void);
} benches[] = {
    {"runs", bench_runs}, /* first: what it says of memory is the most that the process has ever had */
    {"hold", bench_hold},
    {"controllers", bench_controllers},
};

static gboolean
is_wanted(const char *name, int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], name) == 0)
            return TRUE;
    }
    return argc < 2;
}

int
main(int argc, char **argv)
{
    int n_broken = 0;

    for (guint i = 0; i < G_N_ELEMENTS(benches); i++) {
        if (!is_wanted(benches[i].name, argc, argv))
            continue;
        printf("%s\n", benches[i].name);
        n_broken += benches[i].run();
        fflush(stdout);
    }
    return n_broken == 0 ? 0 : 1;
}
