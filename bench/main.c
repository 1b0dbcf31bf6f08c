/* main.c - desk8s-bench: runs all benchmarks, or those named; exits 1 if a promise is broken */

#include "bench/bench.h"

#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static const struct {
    const char *name;
    int (*run)(void);
} benches[] = {
    {"runs", bench_runs},
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

/* In a process of its own: what one says of memory and of time does not hang on who ran before. Returns: whether all promises are kept. */
static gboolean
run_alone(int (*run)(void))
{
    int status = 0;
    pid_t child;

    fflush(stdout);
    child = fork();
    if (child == 0) {
        gboolean is_kept = run() == 0;

        fflush(stdout);
        _exit(is_kept ? 0 : 1);
    }
    if (child < 0 || waitpid(child, &status, 0) < 0) {
        perror("desk8s-bench");
        return FALSE;
    }
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

int
main(int argc, char **argv)
{
    gboolean is_kept = TRUE;

    for (guint i = 0; i < G_N_ELEMENTS(benches); i++) {
        if (!is_wanted(benches[i].name, argc, argv))
            continue;
        printf("%s\n", benches[i].name);
        is_kept = run_alone(benches[i].run) && is_kept;
    }
    return is_kept ? 0 : 1;
}
