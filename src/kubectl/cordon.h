/*
 * cordon.h - marking nodes, for cordon, uncordon and drain
 */
#pragma once

#include "kubectl/expand.h"

/* cordon_targets: the nodes that words or --selector name. FALSE: message out, ended. */
gboolean cordon_targets(Command *command);
/* cordon_read: a step of command_each that goes before: what is no node, or not there, is said. */
void cordon_read(Command *command, Target *target);
/* cordon_one: a step of command_each; every verb but uncordon marks the node unschedulable. */
void cordon_one(Command *command, Target *target);
