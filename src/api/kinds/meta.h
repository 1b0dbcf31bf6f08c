/*
 * kinds/meta.h - parts that several kinds use
 */
#pragma once

#include "api/object.h"

typedef struct {
    const char *key, *operator_; /* In, NotIn, Exists, DoesNotExist */
    StrList values;
} LabelSelectorRequirement;
typedef struct {
    StrMap match_labels;
    API_LIST_OF(LabelSelectorRequirement) match_expressions;
} LabelSelector;
extern const ApiType label_selector_type, condition_types_pod, object_reference_type;

typedef struct {
    const char *kind, *namespace_, *name, *uid, *api_version, *resource_version, *field_path;
} ObjectReference;

extern const ApiType resource_requirements_type;
