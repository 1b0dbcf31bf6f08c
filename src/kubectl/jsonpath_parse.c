/* jsonpath_parse.c - the text of a JSONPath template into nodes; see jsonpath_nodes.h */

#include "kubectl/jsonpath_nodes.h"

#include "base/intern.h"

/* Templates inside filters and unions are parsed again; user text nests no deeper than this. */
#define DEPTH_MAX 16

typedef struct {
    const char *text;
    gsize length, pos;
    guint depth;
    char **out_message;
} Parser;

static gboolean
fail(Parser *parser, char *message)
{
    if (parser->out_message != NULL && *parser->out_message == NULL)
        *parser->out_message = message;
    else
        g_free(message);
    return FALSE;
}

static PathNode *
node_new(PathNodeType type, const char *text)
{
    PathNode *node = g_new0(PathNode, 1);

    node->type = type;
    node->text = str_intern(text);
    if (type == PATH_LIST || type == PATH_UNION)
        node->children = g_ptr_array_new_with_free_func(path_node_free);
    return node;
}

void
path_node_free(gpointer data)
{
    PathNode *node = data;

    if (node == NULL)
        return;
    if (node->children != NULL)
        g_ptr_array_unref(node->children);
    value_free(node->literal);
    path_node_free(node->left);
    path_node_free(node->right);
    g_free(node);
}

static PathNode *
literal_new(Value *value)
{
    PathNode *node = node_new(PATH_LITERAL, NULL);

    node->literal = value;
    return node;
}

static PathNode *parse_template(const char *text, guint depth, char **out_message);

/* What stands in "{...}" as one list of nodes. */
static PathNode *
parse_action(Parser *parser, const char *text)
{
    g_autofree char *braced = g_strdup_printf("{%s}", text);
    PathNode *root;
    PathNode *list;

    if (parser->depth >= DEPTH_MAX) {
        fail(parser, g_strdup("expression is nested too deeply"));
        return NULL;
    }
    root = parse_template(braced, parser->depth + 1, parser->out_message);
    if (root == NULL)
        return NULL;
    list = root->children->len > 0 ? g_ptr_array_steal_index(root->children, 0)
                                   : node_new(PATH_LIST, NULL);
    path_node_free(root);
    return list;
}

static gboolean
is_terminator(char c)
{
    return c == '\0' || strchr(" \t\r\n.,[]$@{}", c) != NULL;
}

static gboolean
is_word(char c)
{
    return c == '_' || g_ascii_isalnum(c) || (guchar)c >= 0x80;
}

/* After the dot: up to the next separator that has no backslash before it. */
static void
parse_field(Parser *parser, PathNode *list)
{
    GString *name = g_string_new(NULL);

    while (!is_terminator(parser->text[parser->pos])) {
        if (parser->text[parser->pos] == '\\') {
            parser->pos++;
            if (parser->text[parser->pos] == '\0')
                break;
        }
        g_string_append_c(name, parser->text[parser->pos++]);
    }
    g_ptr_array_add(list->children,
                    node_new(str_is(name->str, "*") ? PATH_WILDCARD : PATH_FIELD, name->str));
    g_string_free(name, TRUE);
}

static gboolean
parse_recursive(Parser *parser, PathNode *list)
{
    const PathNode *last =
        list->children->len > 0 ? g_ptr_array_index(list->children, list->children->len - 1) : NULL;

    if (last != NULL && last->type == PATH_RECURSIVE)
        return fail(parser, g_strdup("invalid multiple recursive descent"));
    parser->pos += 2;
    g_ptr_array_add(list->children, node_new(PATH_RECURSIVE, NULL));
    if (is_word(parser->text[parser->pos]))
        parse_field(parser, list);
    return TRUE;
}

static gboolean
parse_number(Parser *parser, PathNode *list)
{
    gsize start = parser->pos;
    g_autofree char *text = NULL;
    gint64 number;

    if (parser->text[parser->pos] == '+' || parser->text[parser->pos] == '-')
        parser->pos++;
    while (g_ascii_isdigit(parser->text[parser->pos]) || parser->text[parser->pos] == '.')
        parser->pos++;
    text = g_strndup(parser->text + start, parser->pos - start);
    if (g_ascii_string_to_signed(text[0] == '+' ? text + 1 : text, 10, G_MININT64, G_MAXINT64,
                                 &number, NULL))
        g_ptr_array_add(list->children, literal_new(value_new_int(number)));
    else if (strchr(text, '.') != NULL && strchr(text, '.') == strrchr(text, '.'))
        g_ptr_array_add(list->children, literal_new(value_new_float(text)));
    else
        return fail(parser, g_strdup_printf("cannot parse number %s", text));
    return TRUE;
}

static void
parse_word(Parser *parser, PathNode *list)
{
    gsize start = parser->pos;
    const char *word;

    while (!is_terminator(parser->text[parser->pos]))
        parser->pos++;
    word = str_intern_len(parser->text + start, parser->pos - start);
    if (str_is(word, "true") || str_is(word, "false"))
        g_ptr_array_add(list->children, literal_new(value_new_bool(str_is(word, "true"))));
    else
        g_ptr_array_add(list->children, node_new(PATH_WORD, word));
}

/* Go's escapes in a quoted text, the usual ones. */
static gboolean
unquote(Parser *parser, const char *text, gsize length, GString *out)
{
    static const char from[] = "abfnrtv\\'\"";
    static const char to[] = "\a\b\f\n\r\t\v\\'\"";

    for (gsize i = 0; i < length; i++) {
        const char *place;

        if (text[i] != '\\') {
            g_string_append_c(out, text[i]);
            continue;
        }
        place = i + 1 < length ? strchr(from, text[i + 1]) : NULL;
        if (place == NULL)
            return fail(parser, g_strdup_printf("unquote string %.*s error invalid syntax",
                                                (int)length + 2, text - 1));
        g_string_append_c(out, to[place - from]);
        i++;
    }
    return TRUE;
}

static gboolean
parse_quote(Parser *parser, PathNode *list)
{
    char quote = parser->text[parser->pos++];
    gsize start = parser->pos;
    g_autoptr(GString) text = g_string_new(NULL);

    for (;; parser->pos++) {
        char c = parser->text[parser->pos];

        if (c == '\0' || c == '\n')
            return fail(parser, g_strdup("unterminated quoted string"));
        if (c == quote && parser->text[parser->pos - 1] != '\\')
            break;
    }
    if (!unquote(parser, parser->text + start, parser->pos - start, text))
        return FALSE;
    parser->pos++;
    g_ptr_array_add(list->children, literal_new(value_new_string(text->str)));
    return TRUE;
}

/* --- [ ... ] ----------------------------------------------------------------------------- */

static gboolean
parse_union(Parser *parser, PathNode *list, char **parts)
{
    PathNode *node = node_new(PATH_UNION, NULL);

    g_ptr_array_add(list->children, node);
    for (guint i = 0; parts[i] != NULL; i++) {
        g_autofree char *inner = g_strdup_printf("[%s]", g_strstrip(parts[i]));
        PathNode *one = parse_action(parser, inner);

        if (one == NULL)
            return FALSE;
        g_ptr_array_add(node->children, one);
    }
    return TRUE;
}

/* "1", "1:", ":2", "0:4:2": each part an optional number. */
static gboolean
parse_slice(Parser *parser, PathNode *list, const char *text)
{
    PathNode *node = node_new(PATH_ARRAY, NULL);
    g_auto(GStrv) parts = g_strsplit(text, ":", -1);
    guint count = g_strv_length(parts);

    g_ptr_array_add(list->children, node);
    if (count == 0 || count > 3)
        return fail(parser, g_strdup_printf("invalid array index %s", text));
    for (guint i = 0; i < count; i++) {
        const char *digits = parts[i][0] == '-' ? parts[i] + 1 : parts[i];

        if (digits[strspn(digits, "0123456789")] != '\0')
            return fail(parser, g_strdup_printf("invalid array index %s", text));
        if (parts[i][0] == '\0')
            continue;
        if (!g_ascii_string_to_signed(parts[i], 10, G_MININT32, G_MAXINT32, &node->params[i], NULL))
            return fail(parser, g_strdup_printf("array index %s is not a number", parts[i]));
        node->is_known[i] = TRUE;
    }
    if (count == 1) {
        node->is_known[1] = TRUE;
        node->params[1] = node->params[0] + 1;
        node->is_derived = TRUE;
    }
    return TRUE;
}

static gboolean
parse_array(Parser *parser, PathNode *list)
{
    gsize start = ++parser->pos;
    g_autofree char *text = NULL;
    g_auto(GStrv) parts = NULL;
    gsize length;

    while (parser->text[parser->pos] != ']') {
        if (parser->text[parser->pos] == '\0' || parser->text[parser->pos] == '\n')
            return fail(parser, g_strdup("unterminated array"));
        parser->pos++;
    }
    text = g_strndup(parser->text + start, parser->pos++ - start);
    if (str_is(text, "*"))
        return parse_slice(parser, list, ":");
    parts = g_strsplit(text, ",", -1);
    if (parts[0] != NULL && parts[1] != NULL)
        return parse_union(parser, list, parts);
    length = strlen(text);
    if (length >= 2 && text[0] == '\'' && strchr(text + 1, '\'') == text + length - 1) {
        g_autofree char *field = g_strdup_printf(".%.*s", (int)length - 2, text + 1);
        PathNode *one = parse_action(parser, field);

        if (one == NULL)
            return FALSE;
        while (one->children->len > 0)
            g_ptr_array_add(list->children, g_ptr_array_steal_index(one->children, 0));
        path_node_free(one);
        return TRUE;
    }
    if (length == 0) /* one part without a number: index 0 */
        return parse_slice(parser, list, "0");
    return parse_slice(parser, list, text);
}

/* The closing parenthesis, if it is not inside the one quoted text; then "]". */
static gboolean
find_filter_end(Parser *parser)
{
    gboolean begun = FALSE;
    gboolean ended = FALSE;
    char quote = '\0';

    for (;; parser->pos++) {
        char c = parser->text[parser->pos];

        if (c == '\0' || c == '\n')
            return fail(parser, g_strdup("unterminated filter"));
        if ((c == '"' || c == '\'') && !begun) {
            begun = TRUE;
            quote = c;
        } else if (c == quote && begun && parser->text[parser->pos - 1] != '\\') {
            ended = TRUE;
        } else if (c == ')' && begun == ended) {
            break;
        }
    }
    if (parser->text[parser->pos + 1] != ']')
        return fail(parser, g_strdup("unclosed array expect ]"));
    return TRUE;
}

static gboolean
parse_filter(Parser *parser, PathNode *list)
{
    PathNode *node = node_new(PATH_FILTER, "exists");
    g_autofree char *text = NULL;
    gsize left, operator_;
    gsize start;

    g_ptr_array_add(list->children, node);
    parser->pos += 3;
    start = parser->pos;
    if (!find_filter_end(parser))
        return FALSE;
    text = g_strndup(parser->text + start, parser->pos - start);
    parser->pos += 2;
    left = strcspn(text, "!<>=");
    operator_ = strspn(text + left, "!<>=");
    if (left == 0 || operator_ == 0 || text[left + operator_] == '\0') {
        node->left = parse_action(parser, text);
        return node->left != NULL;
    }
    node->text = str_intern_len(text + left, operator_);
    node->right = parse_action(parser, text + left + operator_);
    text[left] = '\0';
    node->left = node->right != NULL ? parse_action(parser, text) : NULL;
    return node->left != NULL;
}

/* --- the whole --------------------------------------------------------------------------- */

static gboolean
parse_inside(Parser *parser, PathNode *list)
{
    for (;;) {
        const char *at = parser->text + parser->pos;
        gboolean ok = TRUE;

        if (*at == '}') {
            parser->pos++;
            return TRUE;
        }
        if (*at == '\0' || *at == '\n' || *at == '\r')
            return fail(parser, g_strdup("unclosed action"));
        if (g_str_has_prefix(at, "[?(")) {
            ok = parse_filter(parser, list);
        } else if (g_str_has_prefix(at, "..")) {
            ok = parse_recursive(parser, list);
        } else if (*at == ' ' || *at == '@' || *at == '$') {
            parser->pos++;
        } else if (*at == '[') {
            ok = parse_array(parser, list);
        } else if (*at == '"' || *at == '\'') {
            ok = parse_quote(parser, list);
        } else if (*at == '.') {
            parser->pos++;
            parse_field(parser, list);
        } else if (*at == '+' || *at == '-' || g_ascii_isdigit(*at)) {
            ok = parse_number(parser, list);
        } else if (is_word(*at)) {
            parse_word(parser, list);
        } else {
            ok = fail(parser, g_strdup_printf("unrecognized character in action: U+%04X '%c'",
                                              (guint)(guchar)*at, *at));
        }
        if (!ok)
            return FALSE;
    }
}

static PathNode *
parse_template(const char *text, guint depth, char **out_message)
{
    Parser parser = {.text = text,
                     .length = strlen(text),
                     .depth = depth,
                     .out_message = out_message};
    PathNode *root = node_new(PATH_LIST, NULL);

    while (parser.pos < parser.length) {
        gsize plain = strcspn(text + parser.pos, "{");
        PathNode *list;

        if (plain > 0) {
            g_autofree char *piece = g_strndup(text + parser.pos, plain);

            g_ptr_array_add(root->children, literal_new(value_new_string(piece)));
            parser.pos += plain;
            continue;
        }
        parser.pos++;
        list = node_new(PATH_LIST, NULL);
        g_ptr_array_add(root->children, list);
        if (!parse_inside(&parser, list)) {
            path_node_free(root);
            return NULL;
        }
    }
    return root;
}

PathNode *
path_parse(const char *text, char **out_message)
{
    return parse_template(text, 0, out_message);
}
