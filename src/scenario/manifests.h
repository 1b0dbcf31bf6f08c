/*
 * manifests.h - manifests in files: read, decoded, defaulted, validated, with positions
 */
#pragma once

#include "scenario/scenario.h"

/* manifest_check: every mistake of one document, as the API server would find it, but all at once and with line and column. @profile: the server's, profile.h. */
void manifest_check(const char *file, const Value *document, guint profile, Diag *diag);
/* manifest_add: documents that are no Scenario become manifests or nodes. */
void manifest_add(Scenario *scenario, const char *file, Value *document);
