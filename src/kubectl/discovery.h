/*
 * discovery.h - what the server tells of itself: /api, /apis, /apis/apps/v1, /version
 *
 * Models: v1.34 apiserver endpoints/discovery (legacy.go, root.go, group.go, storageversionhash.go), routes/version.go,
 * server/healthz.
 */
#pragma once

#include "kubectl/internal.h"

/* discovery_verbs: "create,delete,...": what may be done with objects of @kind. */
const char *discovery_verbs(const ApiKind *kind);
/* discovery_text: what `get --raw PATH` prints. NULL: no such document. (owned) */
char *discovery_text(const Kubectl *kubectl, const char *path);
