/* run_attach.h - run -i, --attach, --rm: what the new pod writes, and its exit status */
#pragma once

#include "kubectl/internal.h"

/* run_attaches: --attach, or -i without --attach=false. */
gboolean run_attaches(const Command *command);
/* run_attach_begin: the target under way is the pod, which was just created; takes command->state, ends the command. */
void run_attach_begin(Command *command);
