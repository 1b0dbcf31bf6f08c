/*
 * commands.h - what containers are told to do, and whether desk8s can play it
 *
 * The little shell plays the commands of teaching material. What it does not know
 * ends as it would where that program is missing, so `desk8s check` says it
 * beforehand: a warning at the command's place for each container that no entry
 * of spec.applications describes. `run` does not ask, as it would read each file
 * of the timeline once more.
 */
#pragma once

#include "scenario/scenario.h"

/* commands_check: the scenario's manifests and the files of its kubectl commands. It was loaded without a mistake. */
void commands_check(const Scenario *scenario, Diag *diag);
/* commands_check_document: one manifest by itself; @scenario: whose applications count; NULL: none. */
void commands_check_document(const char *file, const Value *document, const Scenario *scenario, Diag *diag);
