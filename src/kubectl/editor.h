/*
 * editor.h - what $KUBE_EDITOR does to a file, for the editors that need nobody at the keyboard
 *
 * `sed -i [-E] [-e] SCRIPT` (s, d, with a line number, $ or /pattern/ before them), `cp FILE`, `true`, `cat`. There is no
 * screen, so no others.
 */
#pragma once

#include "kubectl/internal.h"

/*
 * editor_run: @line is the editor's command line without the file. NULL and *out_message (owned) if it
 * cannot be run or goes wrong. (owned)
 */
char *editor_run(const KubectlOptions *options, const char *line, const char *text, char **out_message);
