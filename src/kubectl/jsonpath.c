/* jsonpath.c - see jsonpath.h; models client-go util/jsonpath v0.34 */

#include "kubectl/jsonpath.h"

#include "api/validate.h"
#include "kubectl/jsonpath_nodes.h"

#include "base/intern.h"
#include "base/quantity.h"

typedef struct {
    char **out_message;
    GString *out;     /* what is printed; NULL: collected in found */
    GPtrArray *found; /* borrowed Values of the tree */
    gboolean as_json;
    gboolean is_strict; /* a field that is nowhere is an error */
} Run;

static gboolean
fail(Run *run, char *message)
{
    if (run->out_message != NULL && *run->out_message == NULL)
        *run->out_message = message;
    else
        g_free(message);
    return FALSE;
}

static gboolean eval_list(Run *run, const PathNode *list, GPtrArray *values);

static gboolean
is_nil(const Value *value)
{
    return value == NULL || value->type == VALUE_NULL;
}

static gboolean
eval_field(Run *run, const PathNode *node, const GPtrArray *in, GPtrArray *out)
{
    for (guint i = 0; i < in->len; i++) {
        Value *member = value_get(g_ptr_array_index(in, i), node->text);

        if (member != NULL)
            g_ptr_array_add(out, member);
    }
    return !run->is_strict || out->len > 0 || fail(run, g_strdup_printf("%s is not found", node->text));
}

static gboolean
eval_array(Run *run, const PathNode *node, const GPtrArray *in, GPtrArray *out)
{
    for (guint i = 0; i < in->len; i++) {
        const Value *value = g_ptr_array_index(in, i);
        gint64 length = value->count;
        gint64 from = node->is_known[0] ? node->params[0] : 0;
        gint64 to = node->is_known[1] ? node->params[1] : length;
        gint64 step = node->is_known[2] ? node->params[2] : 1;

        if (is_nil(value))
            continue;
        if (value->type != VALUE_LIST)
            return fail(run, g_strdup_printf("%s is not array or slice",
                                             value->type == VALUE_MAP ? "map[string]interface {}"
                                             : value->type == VALUE_STRING ? "string"
                                             : value->type == VALUE_INT    ? "int64"
                                             : value->type == VALUE_FLOAT  ? "float64"
                                                                           : "bool"));
        if (from < 0)
            from += length;
        if (to < 0 || (to == 0 && node->is_derived))
            to += length;
        if (to == from) /* nothing is asked for */
            return TRUE;
        if (from >= length || from < 0)
            return fail(run, g_strdup_printf("array index out of bounds: index %" G_GINT64_FORMAT
                                             ", length %" G_GINT64_FORMAT,
                                             from, length));
        if (to > length || to < 0)
            return fail(run, g_strdup_printf("array index out of bounds: index %" G_GINT64_FORMAT
                                             ", length %" G_GINT64_FORMAT,
                                             to - 1, length));
        if (from > to)
            return fail(run, g_strdup_printf("starting index %" G_GINT64_FORMAT
                                             " is greater than ending index %" G_GINT64_FORMAT,
                                             from, to));
        if (step <= 0)
            return fail(run, g_strdup("step must be > 0"));
        for (gint64 k = from; k < to; k += step)
            g_ptr_array_add(out, value->items[k]);
    }
    return TRUE;
}

/* Members in the order of their keys: Go's own order is random. */
static void
add_children(const Value *value, GPtrArray *out)
{
    if (value->type == VALUE_LIST) {
        for (guint i = 0; i < value->count; i++)
            g_ptr_array_add(out, value->items[i]);
    } else if (value->type == VALUE_MAP) {
        g_autofree guint *order = value_sorted_order(value);

        for (guint i = 0; i < value->count; i++)
            g_ptr_array_add(out, value->items[order[i]]);
    }
}

/*
 * Depth first; what has nothing inside it is not visited. Values nest no deeper than their
 * reader allows.
 */
static void
eval_recursive(const GPtrArray *in, GPtrArray *out)
{
    for (guint i = 0; i < in->len; i++) {
        Value *value = g_ptr_array_index(in, i);
        g_autoptr(GPtrArray) children = g_ptr_array_new();

        if (is_nil(value))
            continue;
        add_children(value, children);
        if (children->len == 0 && (value->type != VALUE_STRING || value->text[0] == '\0'))
            continue;
        g_ptr_array_add(out, value);
        eval_recursive(children, out);
    }
}

/* --- filters ----------------------------------------------------------------------------- */

static gboolean
compare(Run *run, const Value *left, const Value *right, int *out_order)
{
    if (left->type == VALUE_INT && right->type == VALUE_INT) {
        *out_order = (left->integer > right->integer) - (left->integer < right->integer);
        return TRUE;
    }
    if (left->type == VALUE_FLOAT && right->type == VALUE_FLOAT) {
        double a = g_ascii_strtod(left->text, NULL);
        double b = g_ascii_strtod(right->text, NULL);

        *out_order = (a > b) - (a < b);
        return TRUE;
    }
    if (left->type == VALUE_STRING && right->type == VALUE_STRING) {
        *out_order = strcmp(left->text, right->text);
        return TRUE;
    }
    if (left->type == VALUE_BOOL && right->type == VALUE_BOOL) {
        *out_order = left->boolean - right->boolean;
        return TRUE;
    }
    if (left->type >= VALUE_LIST || right->type >= VALUE_LIST || is_nil(left) || is_nil(right))
        return fail(run, g_strdup("invalid type for comparison"));
    return fail(run, g_strdup("incompatible types for comparison"));
}

static gboolean
matches(Run *run, const char *operator_, const Value *left, const Value *right, gboolean *out_pass)
{
    int order = 0;

    if (!compare(run, left, right, &order))
        return FALSE;
    if (str_is(operator_, "=="))
        *out_pass = order == 0;
    else if (str_is(operator_, "!="))
        *out_pass = order != 0;
    else if (str_is(operator_, "<"))
        *out_pass = order < 0;
    else if (str_is(operator_, "<="))
        *out_pass = order <= 0;
    else if (str_is(operator_, ">"))
        *out_pass = order > 0;
    else if (str_is(operator_, ">="))
        *out_pass = order >= 0;
    else
        return fail(run, g_strdup_printf("unrecognized filter operator %s", operator_));
    return TRUE;
}

static gboolean
filter_passes(Run *run, const PathNode *node, Value *item, gboolean *out_pass)
{
    g_autoptr(GPtrArray) left = g_ptr_array_new();
    g_autoptr(GPtrArray) right = g_ptr_array_new();

    *out_pass = FALSE;
    g_ptr_array_add(left, item);
    g_ptr_array_add(right, item);
    if (str_is(node->text, "exists")) {
        Run quiet = {0};

        *out_pass = eval_list(&quiet, node->left, left) && left->len > 0;
        return TRUE;
    }
    if (!eval_list(run, node->left, left))
        return FALSE;
    if (left->len == 0)
        return TRUE;
    if (left->len > 1)
        return fail(run, g_strdup("can only compare one element at a time"));
    if (!eval_list(run, node->right, right))
        return FALSE;
    if (right->len == 0)
        return TRUE;
    if (right->len > 1)
        return fail(run, g_strdup("can only compare one element at a time"));
    return matches(run, node->text, g_ptr_array_index(left, 0), g_ptr_array_index(right, 0),
                   out_pass);
}

static gboolean
eval_filter(Run *run, const PathNode *node, const GPtrArray *in, GPtrArray *out)
{
    for (guint i = 0; i < in->len; i++) {
        const Value *value = g_ptr_array_index(in, i);

        if (value->type != VALUE_LIST) {
            g_autofree char *shown = jsonpath_go_text(value);

            return fail(run,
                        g_strdup_printf("%s is not array or slice and cannot be filtered", shown));
        }
        for (guint k = 0; k < value->count; k++) {
            gboolean pass;

            if (!filter_passes(run, node, value->items[k], &pass))
                return FALSE;
            if (pass)
                g_ptr_array_add(out, value->items[k]);
        }
    }
    return TRUE;
}

/* --- nodes ------------------------------------------------------------------------------- */

static gboolean
eval_union(Run *run, const PathNode *node, const GPtrArray *in, GPtrArray *out)
{
    for (guint i = 0; i < node->children->len; i++) {
        g_autoptr(GPtrArray) part = g_ptr_array_new();

        g_ptr_array_extend(part, (GPtrArray *)in, NULL, NULL);
        if (!eval_list(run, g_ptr_array_index(node->children, i), part))
            return FALSE;
        g_ptr_array_extend(out, part, NULL, NULL);
    }
    return TRUE;
}

static gboolean
eval_node(Run *run, const PathNode *node, const GPtrArray *in, GPtrArray *out)
{
    switch (node->type) {
    case PATH_LITERAL:
        for (guint i = 0; i < (node->literal->type == VALUE_STRING ? 1 : in->len); i++)
            g_ptr_array_add(out, node->literal);
        return TRUE;
    case PATH_FIELD:
        return eval_field(run, node, in, out);
    case PATH_ARRAY:
        return eval_array(run, node, in, out);
    case PATH_FILTER:
        return eval_filter(run, node, in, out);
    case PATH_WILDCARD:
        for (guint i = 0; i < in->len; i++)
            add_children(g_ptr_array_index(in, i), out);
        return TRUE;
    case PATH_RECURSIVE:
        eval_recursive(in, out);
        return TRUE;
    case PATH_UNION:
        return eval_union(run, node, in, out);
    case PATH_WORD:
        if (!str_is(node->text, "range") && !str_is(node->text, "end"))
            return fail(run, g_strdup_printf("unrecognized identifier %s", node->text));
        g_ptr_array_extend(out, (GPtrArray *)in, NULL, NULL);
        return TRUE;
    case PATH_LIST:
        break;
    }
    g_assert_not_reached();
}

/* @values: in the values to start from, out those found. */
static gboolean
eval_list(Run *run, const PathNode *list, GPtrArray *values)
{
    for (guint i = 0; i < list->children->len; i++) {
        g_autoptr(GPtrArray) next = g_ptr_array_new();

        if (!eval_node(run, g_ptr_array_index(list->children, i), values, next))
            return FALSE;
        g_ptr_array_set_size(values, 0);
        g_ptr_array_extend(values, next, NULL, NULL);
    }
    return TRUE;
}

/* --- output ------------------------------------------------------------------------------ */

char *
jsonpath_go_text(const Value *value)
{
    GString *out = g_string_new(NULL);

    value_append_go(out, value);
    return g_string_free(out, FALSE);
}

static void
append_syntax(GString *out, const Value *value)
{
    if (value == NULL || value->type == VALUE_NULL) {
        g_string_append(out, "interface {}(nil)");
        return;
    }
    if (value->type != VALUE_MAP && value->type != VALUE_LIST) {
        g_autofree char *text = value->type == VALUE_STRING ? g_strdup(api_quote(value->text)) : jsonpath_go_text(value);

        g_string_append(out, text);
        return;
    }
    g_string_append(out, value->type == VALUE_MAP ? "map[string]interface {}{" : "[]interface {}{");
    for (guint i = 0; i < value->count; i++) {
        if (i > 0)
            g_string_append(out, ", ");
        if (value->type == VALUE_MAP)
            g_string_append_printf(out, "%s:", api_quote(value->keys[i]));
        append_syntax(out, value->items[i]);
    }
    g_string_append_c(out, '}');
}

char *
jsonpath_go_syntax(const Value *value)
{
    g_autoptr(Value) sorted = value_copy(value);
    GString *out = g_string_new(NULL);

    value_sort(sorted);
    append_syntax(out, sorted);
    return g_string_free(out, FALSE);
}

static void
print_results(Run *run, const GPtrArray *values)
{
    if (run->as_json) {
        g_autoptr(Value) list = value_new_list();

        for (guint i = 0; i < values->len; i++)
            value_append(list, value_copy(g_ptr_array_index(values, i)));
        value_append_json(run->out, list, VALUE_SORTED | VALUE_INDENT4);
        g_string_append_c(run->out, '\n');
        return;
    }
    for (guint i = 0; i < values->len; i++) {
        const Value *value = g_ptr_array_index(values, i);

        if (i > 0)
            g_string_append_c(run->out, ' ');
        if (value->type >= VALUE_LIST)
            value_append_json(run->out, value, VALUE_SORTED);
        else
            value_append_go(run->out, value);
    }
}

static const char *
first_word(const PathNode *node)
{
    const PathNode *first;

    if (node->type != PATH_LIST || node->children->len == 0)
        return NULL;
    first = g_ptr_array_index(node->children, 0);
    return first->type == PATH_WORD ? first->text : NULL;
}

/* The {end} of the range whose body begins at @index; the number of nodes if it has none. */
static guint
matching_end(const PathNode *root, guint index)
{
    guint open = 1;

    for (; index < root->children->len; index++) {
        const char *word = first_word(g_ptr_array_index(root->children, index));

        if (str_is(word, "range"))
            open++;
        else if (str_is(word, "end") && --open == 0)
            break;
    }
    return index;
}

static gboolean
ends_in_literal(const PathNode *list)
{
    const PathNode *last =
        list->children->len > 0 ? g_ptr_array_index(list->children, list->children->len - 1) : NULL;

    return last != NULL && last->type == PATH_LITERAL;
}

/*
 * Nodes @index up to @end on @value. Ranges nest as the template is written: its parser keeps
 * that shallow.
 */
static gboolean
execute(Run *run, const PathNode *root, guint index, guint end, Value *value)
{
    for (; index < end; index++) {
        const PathNode *node = g_ptr_array_index(root->children, index);
        const char *word = first_word(node);
        g_autoptr(GPtrArray) values = g_ptr_array_new();

        if (str_is(word, "end"))
            return fail(run, g_strdup("not in range, nothing to end"));
        g_ptr_array_add(values, value);
        if (node->type == PATH_LITERAL)
            g_ptr_array_index(values, 0) = node->literal;
        else if (!eval_list(run, node, values))
            return FALSE;
        if (str_is(word, "range")) {
            guint body_end = MIN(matching_end(root, index + 1), end);

            for (guint i = 0; i < values->len; i++)
                if (!execute(run, root, index + 1, body_end, g_ptr_array_index(values, i)))
                    return FALSE;
            index = body_end;
        } else if (run->out != NULL) {
            print_results(run, values);
        } else if (node->type == PATH_LIST &&
                   !ends_in_literal(node)) { /* literals go with their template */
            g_ptr_array_extend(run->found, values, NULL, NULL);
        }
    }
    return TRUE;
}

gboolean
jsonpath_check(const char *template_, char **out_message)
{
    g_autoptr(PathNode) root = path_parse(template_, out_message);

    return root != NULL;
}

char *
jsonpath_format_as(const char *template_, const Value *value, gboolean as_json, gboolean is_strict, char **out_message)
{
    g_autoptr(PathNode) root = path_parse(template_, out_message);
    Run run = {.out_message = out_message, .as_json = as_json, .is_strict = is_strict};

    if (root == NULL)
        return NULL;
    run.out = g_string_new(NULL);
    if (execute(&run, root, 0, root->children->len, (Value *)value))
        return g_string_free(run.out, FALSE);
    g_string_free(run.out, TRUE);
    return NULL;
}

char *
jsonpath_format(const char *template_, const Value *value, char **out_message)
{
    return jsonpath_format_as(template_, value, FALSE, FALSE, out_message);
}

char *
jsonpath_format_json(const char *template_, const Value *value, char **out_message)
{
    return jsonpath_format_as(template_, value, TRUE, FALSE, out_message);
}

/* kubectl pkg/cmd/get RelaxedJSONPathExpression: x.y, .x.y, {x.y} and {.x.y} are one. */
char *
jsonpath_relax(const char *path, char **out_message)
{
    gsize length = strlen(path);
    gboolean is_braced = length >= 2 && path[0] == '{' && path[length - 1] == '}';
    g_autofree char *inner = is_braced ? g_strndup(path + 1, length - 2) : g_strdup(path);
    const char *bare = inner[0] == '.' ? inner + 1 : inner;

    if (length == 0)
        return g_strdup("");
    if (bare[0] == '\0' || strpbrk(bare, "{}") != NULL) {
        if (out_message != NULL)
            *out_message = g_strdup("unexpected path string, expected a 'name1.name2' or "
                                    "'.name1.name2' or '{name1.name2}' or '{.name1.name2}'");
        return NULL;
    }
    return g_strdup_printf("{.%s}", bare);
}

GPtrArray *
jsonpath_find(const char *path, const Value *value, char **out_message)
{
    g_autofree char *relaxed = jsonpath_relax(path, out_message);
    g_autoptr(PathNode) root = NULL;
    g_autoptr(GPtrArray) found = g_ptr_array_new();
    Run run = {.out_message = out_message, .found = found};

    if (relaxed == NULL)
        return NULL;
    root = path_parse(relaxed, out_message);
    if (root == NULL || !execute(&run, root, 0, root->children->len, (Value *)value))
        return NULL;
    return g_steal_pointer(&found);
}
