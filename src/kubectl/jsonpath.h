/*
 * jsonpath.h - JSONPath as kubectl has it (client-go util/jsonpath)
 */
#pragma once

#include "base/value.h"

/* jsonpath_format: template such as "{.items[*].metadata.name}" or "{range ...}{end}" applied to @value. NULL and *out_message (owned) if bad. (owned) */
char *jsonpath_format(const char *template_, const Value *value, char **out_message);
/* jsonpath_find: the values of one path, with or without braces ("{.status.phase}", ".status.phase"). NULL if bad. (owned array, borrowed items) */
GPtrArray *jsonpath_find(const char *path, const Value *value, char **out_message);
