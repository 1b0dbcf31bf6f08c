/* go_template.c - see go_template.h: blocks and actions; expressions are in go_expression.c */

#include "kubectl/go_template.h"

#include "base/intern.h"
#include "kubectl/go_expression.h"

/* Blocks in blocks: a template is written by hand. */
#define DEPTH_MAX 32

typedef enum { END_OF_TEXT, END_OF_BLOCK, END_AT_ELSE, END_FAILED } BlockEnd;

typedef struct {
    GoScope scope;
    GString *out;
    const char *at;
    guint depth;
    gboolean trims_next;     /* the last action ended in -}} */
    const char *else_action; /* what stands after else: "if .x" */
} GoRun;

static BlockEnd run_block(GoRun *run, const Value *dot, gboolean is_live);

static gboolean
is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* Text up to the next action, without what the dashes take away. */
static void
put_text(GoRun *run, const char *end, gboolean is_live)
{
    const char *start = run->at;

    if (run->trims_next)
        while (start < end && is_blank(*start))
            start++;
    run->trims_next = FALSE;
    if (g_str_has_prefix(end, "{{-") && is_blank(end[3]))
        while (end > start && is_blank(end[-1]))
            end--;
    if (is_live)
        g_string_append_len(run->out, start, end - start);
}

/* The end "}}" of the action at @text, quoted text skipped; NULL: there is none. */
static const char *
action_end(const char *text)
{
    char quote = '\0';

    for (; *text != '\0'; text++) {
        if (quote != '\0') {
            if (*text == '\\' && quote == '"' && text[1] != '\0')
                text++;
            else if (*text == quote)
                quote = '\0';
        } else if (*text == '"' || *text == '`') {
            quote = *text;
        } else if (text[0] == '}' && text[1] == '}') {
            return text;
        }
    }
    return NULL;
}

/* What stands in the next {{ }}, and goes behind it. NULL: not closed. (interned) */
static const char *
take_action(GoRun *run)
{
    const char *start = run->at + 2;
    const char *end = action_end(start);
    const char *stop;
    g_autofree char *text = NULL;

    if (end == NULL) {
        go_fail(&run->scope, g_strdup("unclosed action"));
        return NULL;
    }
    run->at = end + 2;
    stop = end;
    if (*start == '-' && is_blank(start[1]))
        start++;
    if (stop > start && stop[-1] == '-' && stop - 1 > start && is_blank(stop[-2])) {
        run->trims_next = TRUE;
        stop--;
    }
    text = g_strstrip(g_strndup(start, (gsize)(stop - start)));
    return str_intern(text);
}

/* Does the action begin with this word? Then what comes after it, else NULL. */
static const char *
after_word(const char *action, const char *word)
{
    gsize length = strlen(word);

    if (strncmp(action, word, length) != 0 || (action[length] != '\0' && !is_blank(action[length])))
        return NULL;
    return action + length + strspn(action + length, " \t\r\n");
}

/* --- blocks -------------------------------------------------------------------------- */

/* Goes over {{else}} parts up to {{end}}; @is_live: this one is to be shown. */
static gboolean run_else(GoRun *run, const Value *dot, gboolean is_live);

static gboolean
run_condition(GoRun *run, const char *pipe, const Value *dot, gboolean is_live, gboolean is_with)
{
    const Value *value = NULL;
    guint n_variables = run->scope.variables->len;
    gboolean holds = FALSE;
    BlockEnd end;

    if (is_live) {
        g_autofree char *name = NULL;
        const char *expression = go_assigned_name(pipe, &name);

        if (!go_evaluate(&run->scope, expression, dot, &value))
            return FALSE;
        holds = go_is_true(value);
        go_set(&run->scope, name, value);
    }
    end = run_block(run, is_with && holds ? value : dot, is_live && holds);
    g_array_set_size(run->scope.variables, n_variables);
    if (end == END_AT_ELSE)
        return run_else(run, dot, is_live && !holds);
    if (end == END_OF_TEXT)
        return go_fail(&run->scope, g_strdup("unexpected EOF"));
    return end == END_OF_BLOCK;
}

static gboolean
run_else(GoRun *run, const Value *dot, gboolean is_live)
{
    const char *more = after_word(run->else_action, "if");
    BlockEnd end;

    if (more != NULL)
        return run_condition(run, more, dot, is_live, FALSE);
    end = run_block(run, dot, is_live);
    if (end == END_OF_TEXT)
        return go_fail(&run->scope, g_strdup("unexpected EOF"));
    return end == END_OF_BLOCK;
}

/* One pass over the body for each element; at least one, dead, to find its end. */
static gboolean
run_range(GoRun *run, const char *pipe, const Value *dot, gboolean is_live)
{
    const Value *list = NULL;
    g_autofree char *key_name = NULL;
    g_autofree char *item_name = NULL;
    const char *expression = go_range_names(pipe, &key_name, &item_name);
    const char *body = run->at;
    gboolean trims = run->trims_next;
    guint count = 0;
    BlockEnd end = END_OF_TEXT;
    g_autofree guint *order = NULL;

    if (is_live) {
        if (!go_evaluate(&run->scope, expression, dot, &list))
            return FALSE;
        if (list != NULL && list->type >= VALUE_LIST)
            count = list->count;
        else if (list != NULL && list->type != VALUE_NULL)
            return go_fail(&run->scope, g_strdup("range can't iterate over a scalar"));
        if (list != NULL && list->type == VALUE_MAP)
            order = value_sorted_order(list);
    }
    for (guint i = 0; i < MAX(count, 1); i++) {
        guint n_variables = run->scope.variables->len;
        const Value *item = NULL;

        run->at = body;
        run->trims_next = trims;
        if (i < count) {
            guint index = order != NULL ? order[i] : i;

            item = list->items[index];
            go_set(&run->scope, key_name,
                   go_keep(&run->scope,
                           order != NULL ? value_new_string(list->keys[index]) : value_new_int(i)));
            go_set(&run->scope, item_name, item);
        }
        end = run_block(run, i < count ? item : dot, i < count);
        g_array_set_size(run->scope.variables, n_variables);
        if (end == END_FAILED)
            return FALSE;
    }
    if (end == END_AT_ELSE)
        return run_else(run, dot, is_live && count == 0);
    if (end == END_OF_TEXT)
        return go_fail(&run->scope, g_strdup("unexpected EOF"));
    return TRUE;
}

/* An action that is no end and no else. */
static gboolean
run_action(GoRun *run, const char *action, const Value *dot, gboolean is_live)
{
    const Value *value = NULL;
    g_autofree char *name = NULL;
    const char *more;

    if (action[0] == '\0')
        return go_fail(&run->scope, g_strdup("missing value for command"));
    if (g_str_has_prefix(action, "/*"))
        return TRUE;
    more = after_word(action, "if");
    if (more != NULL)
        return run_condition(run, more, dot, is_live, FALSE);
    more = after_word(action, "with");
    if (more != NULL)
        return run_condition(run, more, dot, is_live, TRUE);
    more = after_word(action, "range");
    if (more != NULL)
        return run_range(run, more, dot, is_live);
    if (!is_live)
        return TRUE;
    more = go_assigned_name(action, &name);
    if (!go_evaluate(&run->scope, more, dot, &value))
        return FALSE;
    if (name != NULL)
        go_set(&run->scope, name, value);
    else
        go_print(run->out, value);
    return TRUE;
}

static BlockEnd
run_block(GoRun *run, const Value *dot, gboolean is_live)
{
    if (run->depth++ >= DEPTH_MAX) {
        go_fail(&run->scope, g_strdup("blocks are nested too deeply"));
        return END_FAILED;
    }
    for (;;) {
        const char *next = strstr(run->at, "{{");
        const char *action;
        const char *more;

        put_text(run, next != NULL ? next : run->at + strlen(run->at), is_live);
        if (next == NULL) {
            run->at += strlen(run->at);
            run->depth--;
            return END_OF_TEXT;
        }
        run->at = next;
        action = take_action(run);
        if (action == NULL)
            return END_FAILED;
        if (after_word(action, "end") != NULL) {
            run->depth--;
            return END_OF_BLOCK;
        }
        more = after_word(action, "else");
        if (more != NULL) {
            run->else_action = more;
            run->depth--;
            return END_AT_ELSE;
        }
        if (!run_action(run, action, dot, is_live))
            return END_FAILED;
    }
}

char *
go_template_format(const char *text, const Value *value, char **out_message)
{
    GoRun run = {.out = g_string_new(NULL), .at = text};
    BlockEnd end;

    go_scope_init(&run.scope, value, out_message);
    end = run_block(&run, value, TRUE);
    if (end == END_OF_BLOCK || end == END_AT_ELSE)
        go_fail(&run.scope,
                g_strdup(end == END_OF_BLOCK ? "unexpected {{end}}" : "unexpected {{else}}"));
    go_scope_clear(&run.scope);
    return g_string_free(run.out, end != END_OF_TEXT);
}

gboolean
go_template_check(const char *text, char **out_message)
{
    for (const char *at = strstr(text, "{{"); at != NULL; at = strstr(at, "{{")) {
        const char *end = action_end(at + 2);

        if (end == NULL) {
            *out_message = g_strdup("template: output:1: unclosed action");
            return FALSE;
        }
        at = end + 2;
    }
    return TRUE;
}
