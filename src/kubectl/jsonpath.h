/*
 * jsonpath.h - JSONPath as kubectl has it (client-go util/jsonpath)
 *
 * Missing keys give no value. A path that wants an index of a list that is too
 * short is an error.
 */
#pragma once

#include "base/value.h"

/*
 * jsonpath_format: template such as "{.items[*].metadata.name}" or "{range ...}{end}" applied
 * to @value. NULL and *out_message (owned) if bad. (owned)
 */
char *jsonpath_format(const char *template_, const Value *value, char **out_message);
/* jsonpath_format_as: @is_strict: a field that is not there is an error (--allow-missing-template-keys=false). */
char *jsonpath_format_as(const char *template_, const Value *value, gboolean as_json, gboolean is_strict, char **out_message);
/* jsonpath_format_json: the same, the results of each "{...}" as an indented JSON list. (owned) */
char *jsonpath_format_json(const char *template_, const Value *value, char **out_message);
/*
 * jsonpath_find: the values of one path, with or without braces ("{.status.phase}",
 * ".status.phase"). NULL if bad. (owned array, borrowed items)
 */
GPtrArray *jsonpath_find(const char *path, const Value *value, char **out_message);
/* jsonpath_check: FALSE and *out_message (owned) if @template_ cannot be parsed. */
gboolean jsonpath_check(const char *template_, char **out_message);
/*
 * jsonpath_relax: "a.b", ".a.b", "{a.b}" as "{.a.b}"; NULL and *out_message (owned) if it is
 * none of these. (owned)
 */
char *jsonpath_relax(const char *path, char **out_message);
/* jsonpath_go_text: a value as Go's %v prints it: "map[a:b]", "[1 2]". (owned) */
char *jsonpath_go_text(const Value *value);
/* jsonpath_go_syntax: the same as %#v: "map[string]interface {}{"a":1}". (owned) */
char *jsonpath_go_syntax(const Value *value);
