/* apply_note.h - apply view-last-applied, set-last-applied: the note that apply leaves, by itself */
#pragma once

#include "kubectl/internal.h"

/* apply_note_runs: the first word is one of the two; the command is then under way. */
gboolean apply_note_runs(Command *command);
