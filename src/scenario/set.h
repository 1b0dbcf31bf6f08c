/*
 * set.h - --set PATH=VALUE: one value of a document instead of the file's
 */
#pragma once

#include "base/value.h"

/* set_apply: "spec.seed=9", "spec.cluster.nodes[0].count=5"; the value is read as YAML. Mistakes go to @diag. */
void set_apply(Value *document, const char *set, Diag *diag);
