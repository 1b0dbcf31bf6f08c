/*
 * go_expression.h - the expressions inside {{ }}: operands, functions, pipes
 */
#pragma once

#include "base/value.h"

typedef struct {
    const char *name; /* interned, without "$" */
    const Value *value;
} GoVariable;

typedef struct {
    GPtrArray *kept;   /* of Value: what expressions made */
    GArray *variables; /* of GoVariable */
    const Value *root; /* "$" */
    char **out_message;
} GoScope;

void go_scope_init(GoScope *scope, const Value *root, char **out_message);
void go_scope_clear(GoScope *scope);
/* go_fail: the first message stays. Takes @message; always FALSE. */
gboolean go_fail(GoScope *scope, char *message);
/* go_keep: @value lives as long as the scope. */
const Value *go_keep(GoScope *scope, Value *value);
/* go_set: @name NULL: nothing. */
void go_set(GoScope *scope, const char *name, const Value *value);
/* go_evaluate: *out_value NULL: there is no such thing. FALSE: failed. */
gboolean go_evaluate(GoScope *scope, const char *pipe, const Value *dot, const Value **out_value);
gboolean go_is_true(const Value *value);
/* go_print: as Go's fmt.Print; "<no value>" for nothing. */
void go_print(GString *out, const Value *value);
/* go_assigned_name: of "$x := PIPE" or "$x = PIPE" *out_name (owned) and the pipe, else @text. */
const char *go_assigned_name(const char *text, char **out_name);
/* go_range_names: of "$i, $x := PIPE", "$x := PIPE". */
const char *go_range_names(const char *text, char **out_key, char **out_item);
