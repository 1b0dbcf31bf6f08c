/*
 * expand.h - targets that mean all of a kind, as the objects they mean
 */
#pragma once

#include "kubectl/internal.h"

/*
 * targets_expand: a target without a name becomes one for each object that -l,
 * --field-selector and -A let through; then @go is called. A list that is refused
 * ends the command.
 */
void targets_expand(Command *command, void (*go)(Command *command));
/*
 * targets_need_names: FALSE, message out and ended, if one has no name although neither -l nor
 * --all was given.
 */
gboolean targets_need_names(Command *command);

/* name_beside_selector: what is said of names given together with a selector or --all. */
const char *name_beside_selector(const Command *command);
/* current_target: the one that command_each is at. */
Target *current_target(Command *command);
