/*
 * leave.h - what a subcommand has played when the process is about to end
 *
 * To take a cluster down piece by piece costs a tenth of a long run, and the kernel takes the memory back anyway: the
 * program leaves it as it lies. Who uses the library frees it, the tests do, and so does the program in a build with
 * AddressSanitizer and where DESK8S_CHECK_CACHES is set, under valgrind for one.
 */
#pragma once

#include "report/report.h"
#include "scenario/run.h"

/* leave_run, leave_series: instead of freeing it, as the last thing a subcommand does. NULL is fine. */
void leave_run(Run *run);
void leave_series(Series *series);

/* A Run that lasts until the process ends: g_autoptr(LastRun). */
typedef Run LastRun;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LastRun, leave_run)
