/*
 * kinds/runtime_class.h - RuntimeClass (node.k8s.io/v1, v1.34)
 */
#pragma once

#include "api/kinds/pod.h"

typedef struct {
    QuantityMap pod_fixed;
} RuntimeOverhead;
typedef struct {
    StrMap node_selector;
    TolerationList tolerations;
} RuntimeScheduling;
typedef struct { /* body */
    const char *handler;
    RuntimeOverhead *overhead;
    RuntimeScheduling *scheduling;
} RuntimeClassBody;

extern const ApiKind runtime_class_kind;

static inline const RuntimeClassBody *
runtime_class_body(const ApiObject *object)
{
    return object->body;
}
