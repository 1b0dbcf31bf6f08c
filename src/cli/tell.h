/*
 * tell.h - the story of a run as it is played: sentences, commands, what they print
 *
 * Everything is told in the order of its time. What a command prints comes when
 * the command ends; where another command was told of in between, its line is
 * repeated above the output. To stdout; the progress bar, which is there only on a
 * terminal, to stderr.
 */
#pragma once

#include "scenario/run.h"

typedef struct Teller Teller;

/* teller_new: @run is borrowed. Quiet: tells nothing. (owned) */
Teller *teller_new(Run *run, gboolean is_quiet);
void teller_free(Teller *teller);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Teller, teller_free)
/* teller_narrate: a sentence without its full stop; a ReportNarrate. @self is the Teller. */
void teller_narrate(gpointer self, gint64 time_ns, const char *sentence);
/* teller_catch_up: what the run has marked and finished since the last call. Call it each second of the run, and at its end. */
void teller_catch_up(Teller *teller);
/* teller_end: the bar goes. */
void teller_end(Teller *teller);
