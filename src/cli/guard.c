/* guard.c - see guard.h */

#include "cli/guard.h"

#include "base/duration.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

/* No cluster does so much in one instant; at a microsecond each it is a minute of a person's time. */
#define MAX_EVENTS_OF_AN_INSTANT 50000000

/* When it is said for the first time how far a run is; the next time after twice as long, and so on. */
#define PATIENCE_US (30 * G_USEC_PER_SEC)

/* --- memory ------------------------------------------------------------------------------- */

/* A number in a file of the kernel; 0: no such file, or "max". */
static guint64
number_in_file(const char *path)
{
    g_autofree char *text = NULL;

    return g_file_get_contents(path, &text, NULL, NULL) ? g_ascii_strtoull(text, NULL, 10) : 0;
}

/* Bytes of address space and of memory that the process has; FALSE: this system does not say. */
static gboolean
memory_in_use(guint64 *out_mapped, guint64 *out_resident)
{
    guint64 page = (guint64)sysconf(_SC_PAGESIZE);
    g_autofree char *text = NULL;
    char *end;

    if (!g_file_get_contents("/proc/self/statm", &text, NULL, NULL))
        return FALSE;
    *out_mapped = g_ascii_strtoull(text, &end, 10) * page;
    *out_resident = g_ascii_strtoull(end, NULL, 10) * page;
    return TRUE;
}

/* What the process may have at most of @used; an eighth is kept back, for what is written at the end. */
static gboolean
is_beyond(guint64 used, guint64 limit, guint64 *out_limit)
{
    *out_limit = limit;
    return limit > 0 && used > limit / 8 * 7;
}

/* Is memory about to run out? *out_used of *out_limit. */
static gboolean
is_memory_short(guint64 *out_used, guint64 *out_limit)
{
    guint64 resident;
    struct rlimit address_space;

    if (!memory_in_use(out_used, &resident))
        return FALSE;
    if (getrlimit(RLIMIT_AS, &address_space) == 0 && address_space.rlim_cur != RLIM_INFINITY && is_beyond(*out_used, address_space.rlim_cur, out_limit))
        return TRUE;
    *out_used = resident;
    return is_beyond(resident, number_in_file("/sys/fs/cgroup/memory.max"), out_limit) ||
           is_beyond(resident, (guint64)sysconf(_SC_PHYS_PAGES) * (guint64)sysconf(_SC_PAGESIZE), out_limit);
}

/* --- saying -------------------------------------------------------------------------------- */

static void
give_up(CliGuard *guard, const char *why)
{
    g_autofree char *clock = duration_format_clock(sim_now_ns(guard->sim), 0);

    fprintf(stderr, "desk8s: given up at %s of virtual time: %s; %s\n", clock, why, guard->what_is_lost);
    guard->is_given_up = TRUE;
    sim_stop(guard->sim);
}

static void
check_memory(CliGuard *guard)
{
    guint64 used;
    guint64 limit;
    g_autofree char *why = NULL;

    if (!is_memory_short(&used, &limit))
        return;
    why = g_strdup_printf("%" G_GUINT64_FORMAT " MB of memory are in use, of %" G_GUINT64_FORMAT " MB that there are (fewer pods, less traffic or a shorter spec.duration need less)", used >> 20, limit >> 20);
    give_up(guard, why);
}

static void
check_clock(CliGuard *guard)
{
    gint64 now_ns = sim_now_ns(guard->sim);
    guint64 events = sim_counters(guard->sim).events;
    g_autofree char *why = NULL;

    if (now_ns != guard->clock_ns) {
        guard->clock_ns = now_ns;
        guard->clock_events = events;
    } else if (events - guard->clock_events > MAX_EVENTS_OF_AN_INSTANT) {
        why = g_strdup_printf("%" G_GUINT64_FORMAT " events, and the clock stands still (something takes no time and leads to itself)", events - guard->clock_events);
        give_up(guard, why);
    }
}

static void
say_how_far(CliGuard *guard)
{
    gint64 now_us = g_get_monotonic_time();
    g_autofree char *clock = NULL;

    if (guard->has_bar || now_us < guard->told_us)
        return;
    guard->told_us = now_us + MAX(now_us - guard->started_us, PATIENCE_US);
    clock = duration_format_clock(sim_now_ns(guard->sim), 0);
    fprintf(stderr, "desk8s: at %s of virtual time after %" G_GINT64_FORMAT " s and %" G_GUINT64_FORMAT " events; Ctrl-C ends it\n", clock, (now_us - guard->started_us) / G_USEC_PER_SEC, sim_counters(guard->sim).events);
}

static void
watch(Sim *sim, gpointer user)
{
    CliGuard *guard = user;

    if (cli_is_interrupted()) {
        sim_stop(sim);
        return;
    }
    check_clock(guard);
    if (!guard->is_given_up)
        check_memory(guard);
    if (!guard->is_given_up)
        say_how_far(guard);
}

/* --- for the subcommands -------------------------------------------------------------------- */

void
cli_guard_start(CliGuard *guard, Sim *sim, const char *what_is_lost, gboolean has_bar)
{
    gint64 now_us = g_get_monotonic_time();

    *guard = (CliGuard){.sim = sim, .what_is_lost = what_is_lost, .has_bar = has_bar, .started_us = now_us, .told_us = now_us + PATIENCE_US, .clock_ns = -1};
    sim_set_watch(sim, watch, guard);
}

void
cli_guard_end(CliGuard *guard)
{
    sim_set_watch(guard->sim, NULL, NULL);
}

gboolean
cli_guard_is_over(const CliGuard *guard)
{
    return guard->is_given_up || cli_is_interrupted();
}

int
cli_guard_status(const CliGuard *guard)
{
    if (cli_is_interrupted())
        return CLI_INTERRUPTED;
    return guard->is_given_up ? CLI_RESOURCE_LIMIT : CLI_OK;
}
