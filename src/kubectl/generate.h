/*
 * generate.h - objects that `kubectl create KIND NAME` describes with flags
 */
#pragma once

#include "kubectl/internal.h"

/*
 * generate_object: from the command's words and flags. NULL and *out_message (owned) if
 * something is missing. (owned)
 */
Value *generate_object(Command *command, const ApiKind *kind, char **out_message);
