/*
 * waits.h - the timers that a run waited for
 *
 * sim_waited counts them (sim/sim.h); their values are those of the version
 * that was played (api/profile.h).
 */
#pragma once

#include "base/value.h"
#include "sim/sim.h"

/* waits_append: a table, the longest total first; nothing if there were none. @version "1.34". */
void waits_append(GString *out, const Sim *sim, const char *version);
/* waits_tree: all of them, the same order. (owned) */
Value *waits_tree(const Sim *sim, const char *version);
