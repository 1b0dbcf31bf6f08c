/*
 * references.h - names that a scenario mentions and nothing makes
 *
 * A Service that traffic calls, an object or a field that an expectation asks for, a namespace: misspelt, they are no
 * mistake that would stop a run, only one that waits for ever. `desk8s check` says it as a warning. What any manifest, any
 * file of the timeline or any command line so much as contains counts as made: rather no warning than a wrong one.
 */
#pragma once

#include "scenario/scenario.h"

/* references_check: of a scenario that was loaded without a mistake. */
void references_check(const Scenario *scenario, Diag *diag);
/* references_check_document: of one manifest, what the server will refuse though its form is right: node ports out of range. */
void references_check_document(const char *file, const Value *document, Diag *diag);
