/*
 * prune.h - apply --prune: what was applied once and is in no manifest any more goes
 *
 * Models: k8s.io/kubectl pkg/cmd/apply/prune.go, pkg/util/prune v0.34.
 */
#pragma once

#include "kubectl/internal.h"

/* prune_begin: all targets have been applied; @applied: their uids (interned). Ends the command. */
void prune_begin(Command *command, const GPtrArray *applied);
/* prune_flags_fit: --prune-allowlist names kinds that are there. FALSE: message out, ended. */
gboolean prune_flags_fit(Command *command);
