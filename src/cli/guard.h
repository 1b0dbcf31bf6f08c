/*
 * guard.h - who watches a run that takes long: limits of this machine, and a word now and then
 *
 * Nothing of it reaches the run: a run that ends is the same with and without. A run that would take all memory is given up
 * (exit status CLI_RESOURCE_LIMIT) instead of being killed without a word, and so is one whose clock stands still. Interrupts
 * (cli_catch_interrupt) end it within a few thousand events, however much happens within one second of virtual time.
 */
#pragma once

#include "cli/cli.h"
#include "sim/sim.h"

typedef struct {
    Sim *sim;                /* borrowed */
    const char *what_is_lost; /* "nothing was written" */
    gboolean has_bar;        /* somebody else shows how far it is */
    gint64 started_us, told_us;
    gint64 clock_ns;         /* where the clock stood */
    guint64 clock_events;    /* and how many events there were when it came there */
    gboolean is_given_up;
} CliGuard;

/* cli_guard_start: @guard must outlive the use of @sim, or cli_guard_end is called. */
void cli_guard_start(CliGuard *guard, Sim *sim, const char *what_is_lost, gboolean has_bar);
void cli_guard_end(CliGuard *guard);
/* cli_guard_is_over: it was given up, or interrupted: play no further. */
gboolean cli_guard_is_over(const CliGuard *guard);
/* cli_guard_status: CLI_RESOURCE_LIMIT, CLI_INTERRUPTED, or CLI_OK if it is not over. Why was said. */
int cli_guard_status(const CliGuard *guard);
