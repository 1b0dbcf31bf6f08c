/*
 * selector_internal.h - what the files of label selectors share; only they include it
 */
#pragma once

#include "api/selector.h"

typedef enum {
    OPERATOR_EQUALS,
    OPERATOR_DOUBLE_EQUALS,
    OPERATOR_IN,
    OPERATOR_NOT_EQUALS,
    OPERATOR_NOT_IN,
    OPERATOR_EXISTS,
    OPERATOR_NOT_EXISTS,
    OPERATOR_GREATER,
    OPERATOR_LESS,
} SelectorOperator;

typedef struct {
    const char *key;
    SelectorOperator operator_;
    StrList values; /* sorted, each once */
} Requirement;

struct Selector {
    gboolean is_nothing;
    API_LIST_OF(Requirement) requirements; /* sorted by key */
};

/* selector_values_add: unless it is there; selector_values_sort: then they can be compared and written. */
void selector_values_add(StrList *values, const char *text);
void selector_values_sort(StrList *values);
/* selector_sort: requirements by key, equal ones as they came. */
void selector_sort(Selector *selector);
