/* overrides.h - --overrides of run and expose: a patch on what was generated */
#pragma once

#include "kubectl/internal.h"

/* overrides_apply: *object (owned) becomes what --overrides makes of it, if it is given. FALSE: message out, ended. */
gboolean overrides_apply(Command *command, const ApiKind *kind, Value **object);
