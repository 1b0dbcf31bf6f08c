/*
 * go_template.h - -o go-template: Go's text/template, as far as kubectl users go
 *
 * Text, fields, variables, pipes, if, range, with, the comparison and logic
 * functions, index, len, print, printf, println, exists, base64decode.
 * Left out: define, template, block, methods.
 */
#pragma once

#include "base/value.h"

/* go_template_format: NULL and *out_message (owned) if it cannot be done. (owned) */
char *go_template_format(const char *text, const Value *value, char **out_message);
/* go_template_check: FALSE and *out_message (owned) if an action is not closed. */
gboolean go_template_check(const char *text, char **out_message);
