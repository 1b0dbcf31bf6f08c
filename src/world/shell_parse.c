/* shell_parse.c - see shell_parse.h */

#include "world/shell_parse.h"

#include "base/intern.h"

#define DEPTH_LIMIT 60

typedef struct {
    const char *at;
    char *error; /* (owned) the first one */
    guint depth;
} Parser;

static ShNode *parse_list(Parser *parser, const char *const *ends);

/* --- trees ------------------------------------------------------------------------------ */

static void node_free(ShNode *node);

static void
word_free(gpointer pointer)
{
    ShWord *word = pointer;

    if (word == NULL)
        return;
    for (guint i = 0; i < word->parts->len; i++) {
        ShPart *part = &g_array_index(word->parts, ShPart, i);

        word_free(part->word);
        node_free(part->command);
    }
    g_array_free(word->parts, TRUE);
    g_free(word);
}

static ShWord *
word_new(void)
{
    ShWord *word = g_new0(ShWord, 1);

    word->parts = g_array_new(FALSE, TRUE, sizeof(ShPart));
    return word;
}

static void
node_free(ShNode *node)
{
    if (node == NULL)
        return;
    for (guint i = 0; i < node->nodes->len; i++)
        node_free(g_ptr_array_index(node->nodes, i));
    for (guint i = 0; i < node->words->len; i++)
        word_free(g_ptr_array_index(node->words, i));
    for (guint i = 0; i < node->assigns->len; i++)
        word_free(g_array_index(node->assigns, ShAssign, i).value);
    for (guint i = 0; i < node->redirects->len; i++)
        word_free(g_array_index(node->redirects, ShRedirect, i).target);
    g_ptr_array_free(node->nodes, TRUE);
    g_ptr_array_free(node->words, TRUE);
    g_array_free(node->flags, TRUE);
    g_array_free(node->assigns, TRUE);
    g_array_free(node->redirects, TRUE);
    g_free(node);
}

static ShNode *
node_new(ShNodeType type)
{
    ShNode *node = g_new0(ShNode, 1);

    node->type = type;
    node->nodes = g_ptr_array_new();
    node->words = g_ptr_array_new();
    node->flags = g_array_new(FALSE, FALSE, sizeof(gint32));
    node->assigns = g_array_new(FALSE, FALSE, sizeof(ShAssign));
    node->redirects = g_array_new(FALSE, FALSE, sizeof(ShRedirect));
    return node;
}

static void
node_add(ShNode *node, ShNode *child, gint32 flag)
{
    g_ptr_array_add(node->nodes, child);
    g_array_append_val(node->flags, flag);
}

ShScript *
sh_script_ref(ShScript *script)
{
    script->refs++;
    return script;
}

void
sh_script_unref(ShScript *script)
{
    if (script == NULL || --script->refs > 0)
        return;
    node_free(script->root);
    g_free(script);
}

const char *
sh_word_literal(const ShWord *word)
{
    g_autoptr(GString) text = g_string_new(NULL);

    for (guint i = 0; i < word->parts->len; i++) {
        const ShPart *part = &g_array_index(word->parts, ShPart, i);

        if (part->type != SH_TEXT)
            return NULL;
        g_string_append(text, part->text);
    }
    return str_intern(text->str);
}

/* --- characters --------------------------------------------------------------------------- */

static void fail(Parser *parser, const char *format, ...) G_GNUC_PRINTF(2, 3);

static void
fail(Parser *parser, const char *format, ...)
{
    va_list args;

    if (parser->error != NULL)
        return;
    va_start(args, format);
    parser->error = g_strdup_vprintf(format, args);
    va_end(args);
}

static gboolean
is_name_char(char c, gboolean is_first)
{
    return g_ascii_isalpha(c) || c == '_' || (!is_first && g_ascii_isdigit(c));
}

static gsize
name_length(const char *text)
{
    gsize length = 0;

    while (is_name_char(text[length], length == 0))
        length++;
    return length;
}

static gboolean
is_meta(char c)
{
    return c == '\0' || strchr(" \t\r\n;&|<>()", c) != NULL;
}

static void
skip_blanks(Parser *parser)
{
    for (;;) {
        if (*parser->at == ' ' || *parser->at == '\t' || *parser->at == '\r')
            parser->at++;
        else if (parser->at[0] == '\\' && parser->at[1] == '\n')
            parser->at += 2;
        else if (*parser->at == '#')
            parser->at += strcspn(parser->at, "\n");
        else
            return;
    }
}

static void
skip_newlines(Parser *parser)
{
    skip_blanks(parser);
    while (*parser->at == '\n') {
        parser->at++;
        skip_blanks(parser);
    }
}

/* --- words ---------------------------------------------------------------------------------- */

static void
add_text(ShWord *word, GString *text, gboolean is_quoted)
{
    ShPart part = {.type = SH_TEXT, .is_quoted = is_quoted, .text = str_intern(text->str)};

    if (text->len == 0 && !is_quoted)
        return;
    g_array_append_val(word->parts, part);
    g_string_truncate(text, 0);
}

/* Where the bracket that is open at @at is closed; NULL if nowhere. */
static const char *
find_close(const char *at, char open, char close)
{
    guint depth = 1;

    for (; *at != '\0'; at++) {
        if (*at == '\\' && at[1] != '\0') {
            at++;
        } else if (*at == '\'') {
            at = strchr(at + 1, '\'');
            if (at == NULL)
                return NULL;
        } else if (*at == '"') {
            for (at++; *at != '"'; at++) {
                if (*at == '\\' && at[1] != '\0')
                    at++;
                if (*at == '\0')
                    return NULL;
            }
        } else if (*at == open) {
            depth++;
        } else if (*at == close && --depth == 0) {
            return at;
        }
    }
    return NULL;
}

static ShNode *
parse_inner(Parser *parser, const char *text, gsize length)
{
    g_autofree char *copy = g_strndup(text, length);
    Parser inner = {.at = copy, .depth = parser->depth + 1};
    ShNode *node;

    if (inner.depth > DEPTH_LIMIT) {
        fail(parser, "syntax error: nested too deeply");
        return NULL;
    }
    node = parse_list(&inner, NULL);
    if (inner.error == NULL && *inner.at != '\0')
        fail(&inner, "syntax error: unexpected \"%.1s\"", inner.at);
    if (inner.error != NULL) {
        fail(parser, "%s", inner.error);
        g_free(inner.error);
    }
    return node;
}

static ShWord *parse_word(Parser *parser, const char *stop, gboolean in_quotes);

static void
parse_braced(Parser *parser, ShPart *part)
{
    static const char *const ops[] = {":-", ":=", ":+", ":?", "##", "%%",
                                      "-",  "=",  "+",  "?",  "#",  "%"};
    const char *end = find_close(parser->at + 2, '{', '}');
    const char *at = parser->at + 2;
    gsize length;

    if (end == NULL) {
        fail(parser, "syntax error: unterminated \"${\"");
        return;
    }
    part->op = "";
    if (*at == '#' && at + 1 < end) {
        part->op = "length";
        at++;
    }
    length = name_length(at);
    if (length == 0 && (g_ascii_isdigit(*at) || strchr("?#@*$!", *at) != NULL))
        length = 1;
    part->text = str_intern_len(at, length);
    at += length;
    for (guint i = 0; at < end && part->word == NULL && i < G_N_ELEMENTS(ops); i++) {
        if (g_str_has_prefix(at, ops[i])) {
            g_autofree char *rest =
                g_strndup(at + strlen(ops[i]), (gsize)(end - at) - strlen(ops[i]));
            Parser inner = {.at = rest, .depth = parser->depth + 1};

            part->op = ops[i];
            part->word = parse_word(&inner, "", TRUE);
            if (inner.error != NULL) {
                fail(parser, "%s", inner.error);
                g_free(inner.error);
            }
        }
    }
    if (length == 0 || (at < end && part->word == NULL))
        fail(parser, "syntax error: bad substitution");
    parser->at = end + 1;
}

/* At a dollar sign or a back-quote. FALSE if it is just that character. */
static gboolean
parse_expansion(Parser *parser, ShPart *part)
{
    const char *at = parser->at;
    const char *end;

    if (*at == '`') {
        end = strchr(at + 1, '`');
        if (end == NULL) {
            fail(parser, "syntax error: EOF in backquote substitution");
            return FALSE;
        }
        part->type = SH_COMMAND;
        part->command = parse_inner(parser, at + 1, (gsize)(end - at - 1));
        parser->at = end + 1;
        return TRUE;
    }
    if (g_str_has_prefix(at, "$((")) {
        end = find_close(at + 3, '(', ')');
        if (end == NULL || end[1] != ')') {
            fail(parser, "syntax error: missing '))'");
            return FALSE;
        }
        part->type = SH_ARITH;
        part->text = str_intern_len(at + 3, (gsize)(end - at - 3));
        parser->at = end + 2;
        return TRUE;
    }
    if (at[1] == '(') {
        end = find_close(at + 2, '(', ')');
        if (end == NULL) {
            fail(parser, "syntax error: unterminated \"$(\"");
            return FALSE;
        }
        part->type = SH_COMMAND;
        part->command = parse_inner(parser, at + 2, (gsize)(end - at - 2));
        parser->at = end + 1;
        return TRUE;
    }
    part->type = SH_VAR;
    if (at[1] == '{') {
        parse_braced(parser, part);
        return TRUE;
    }
    part->op = "";
    if (name_length(at + 1) > 0) {
        part->text = str_intern_len(at + 1, name_length(at + 1));
        parser->at += 1 + name_length(at + 1);
        return TRUE;
    }
    if (at[1] != '\0' && (g_ascii_isdigit(at[1]) || strchr("?#@*$!", at[1]) != NULL)) {
        part->text = str_intern_len(at + 1, 1);
        parser->at += 2;
        return TRUE;
    }
    return FALSE;
}

static void
add_expansion(Parser *parser, ShWord *word, GString *text, gboolean is_quoted)
{
    ShPart part = {.is_quoted = is_quoted};
    char c = *parser->at;

    if (!parse_expansion(parser, &part)) {
        g_string_append_c(text, c);
        parser->at++;
        return;
    }
    add_text(word, text, is_quoted && text->len > 0);
    g_array_append_val(word->parts, part);
}

static void
parse_double_quotes(Parser *parser, ShWord *word, GString *text)
{
    guint n_before = word->parts->len;

    parser->at++;
    while (*parser->at != '"' && parser->error == NULL) {
        if (*parser->at == '\0') {
            fail(parser, "syntax error: unterminated quoted string");
            return;
        }
        if (*parser->at == '\\' && parser->at[1] != '\0' &&
            strchr("$`\"\\\n", parser->at[1]) != NULL) {
            if (parser->at[1] != '\n')
                g_string_append_c(text, parser->at[1]);
            parser->at += 2;
        } else if (*parser->at == '$' || *parser->at == '`') {
            add_expansion(parser, word, text, TRUE);
        } else {
            g_string_append_c(text, *parser->at++);
        }
    }
    parser->at++;
    if (text->len > 0 || word->parts->len == n_before)
        add_text(word, text, TRUE);
}

/* Up to a character of @stop or a meta character; with @in_quotes (inside ${}) up to the end. */
static ShWord *
parse_word(Parser *parser, const char *stop, gboolean in_quotes)
{
    ShWord *word = word_new();
    g_autoptr(GString) text = g_string_new(NULL);

    while (parser->error == NULL && *parser->at != '\0' && (in_quotes || !is_meta(*parser->at)) &&
           strchr(stop, *parser->at) == NULL) {
        if (*parser->at == '\'') {
            const char *end = strchr(parser->at + 1, '\'');

            if (end == NULL) {
                fail(parser, "syntax error: unterminated quoted string");
                break;
            }
            add_text(word, text, FALSE);
            g_string_append_len(text, parser->at + 1, end - parser->at - 1);
            add_text(word, text, TRUE);
            parser->at = end + 1;
        } else if (*parser->at == '"') {
            add_text(word, text, FALSE);
            parse_double_quotes(parser, word, text);
        } else if (*parser->at == '\\' && parser->at[1] != '\0') {
            add_text(word, text, FALSE);
            if (parser->at[1] != '\n') {
                g_string_append_c(text, parser->at[1]);
                add_text(word, text, TRUE);
            }
            parser->at += 2;
        } else if (*parser->at == '$' || *parser->at == '`') {
            add_expansion(parser, word, text, FALSE);
        } else {
            g_string_append_c(text, *parser->at++);
        }
    }
    add_text(word, text, FALSE);
    return word;
}

/* --- commands ------------------------------------------------------------------------------------ */

/* Whether the next word is exactly @keyword; not consumed. */
static gboolean
peek_keyword(Parser *parser, const char *keyword)
{
    gsize length = strlen(keyword);

    skip_blanks(parser);
    return strncmp(parser->at, keyword, length) == 0 && is_meta(parser->at[length]);
}

static gboolean
take_keyword(Parser *parser, const char *keyword)
{
    if (!peek_keyword(parser, keyword))
        return FALSE;
    parser->at += strlen(keyword);
    return TRUE;
}

static void
expect_keyword(Parser *parser, const char *keyword)
{
    skip_newlines(parser);
    if (parser->error == NULL && !take_keyword(parser, keyword)) {
        gsize length = strcspn(parser->at, " \t\n;");

        if (*parser->at == '\0')
            fail(parser, "syntax error: unexpected end of file (expecting \"%s\")", keyword);
        else
            fail(parser, "syntax error: unexpected \"%.*s\" (expecting \"%s\")",
                 (int)MAX(length, 1), parser->at, keyword);
    }
}

static gboolean
at_redirect(const char *at)
{
    if (g_ascii_isdigit(*at))
        at++;
    return *at == '<' || *at == '>' || (at[0] == '&' && at[1] == '>');
}

static void
parse_redirect(Parser *parser, ShNode *node)
{
    ShRedirect redirect = {.fd = -1, .other_fd = -1};
    gboolean is_both = FALSE;

    if (g_ascii_isdigit(*parser->at))
        redirect.fd = *parser->at++ - '0';
    if (*parser->at == '&') {
        is_both = TRUE;
        parser->at++;
    }
    redirect.is_input = *parser->at == '<';
    parser->at++;
    if (redirect.is_input && *parser->at == '<') {
        fail(parser, "here-documents are not understood; write the text with echo or printf");
        return;
    }
    if (*parser->at == '>') {
        redirect.is_append = TRUE;
        parser->at++;
    } else if (*parser->at == '|') {
        parser->at++;
    }
    if (redirect.fd < 0)
        redirect.fd = redirect.is_input ? 0 : 1;
    if (*parser->at == '&' && g_ascii_isdigit(parser->at[1])) {
        redirect.other_fd = parser->at[1] - '0';
        parser->at += 2;
    } else {
        skip_blanks(parser);
        redirect.target = parse_word(parser, "", FALSE);
        if (redirect.target->parts->len == 0)
            fail(parser, "syntax error: redirection without a file");
    }
    g_array_append_val(node->redirects, redirect);
    if (is_both) {
        ShRedirect second = {.fd = 2, .other_fd = 1};

        g_array_append_val(node->redirects, second);
    }
}

static void
parse_redirects(Parser *parser, ShNode *node)
{
    skip_blanks(parser);
    while (parser->error == NULL && at_redirect(parser->at)) {
        parse_redirect(parser, node);
        skip_blanks(parser);
    }
}

static ShNode *
parse_simple(Parser *parser)
{
    ShNode *node = node_new(SH_SIMPLE);

    for (;;) {
        gsize length;

        skip_blanks(parser);
        if (parser->error != NULL)
            break;
        if (at_redirect(parser->at)) {
            parse_redirect(parser, node);
            continue;
        }
        if (is_meta(*parser->at))
            break;
        length = name_length(parser->at);
        if (node->words->len == 0 && length > 0 && parser->at[length] == '=') {
            ShAssign assign = {.name = str_intern_len(parser->at, length)};

            parser->at += length + 1;
            assign.value = parse_word(parser, "", FALSE);
            g_array_append_val(node->assigns, assign);
            continue;
        }
        g_ptr_array_add(node->words, parse_word(parser, "", FALSE));
    }
    if (parser->error == NULL &&
        node->words->len + node->assigns->len + node->redirects->len == 0) {
        if (*parser->at == '\0')
            fail(parser, "syntax error: unexpected end of file");
        else
            fail(parser, "syntax error: unexpected \"%.1s\"",
                 *parser->at == '\n' ? "newline" : parser->at);
    }
    return node;
}

static ShNode *
parse_if(Parser *parser)
{
    static const char *const then_end[] = {"then", NULL};
    static const char *const body_end[] = {"elif", "else", "fi", NULL};
    static const char *const else_end[] = {"fi", NULL};
    ShNode *node = node_new(SH_IF);

    do {
        node_add(node, parse_list(parser, then_end), 0);
        expect_keyword(parser, "then");
        node_add(node, parse_list(parser, body_end), 0);
    } while (parser->error == NULL && take_keyword(parser, "elif"));
    if (parser->error == NULL && take_keyword(parser, "else"))
        node_add(node, parse_list(parser, else_end), 0);
    expect_keyword(parser, "fi");
    return node;
}

static void
parse_do(Parser *parser, ShNode *node)
{
    static const char *const done_end[] = {"done", NULL};

    expect_keyword(parser, "do");
    node_add(node, parse_list(parser, done_end), 0);
    expect_keyword(parser, "done");
}

static ShNode *
parse_loop(Parser *parser, ShNodeType type)
{
    static const char *const do_end[] = {"do", NULL};
    ShNode *node = node_new(type);

    node_add(node, parse_list(parser, do_end), 0);
    parse_do(parser, node);
    return node;
}

static ShNode *
parse_for(Parser *parser)
{
    ShNode *node = node_new(SH_FOR);
    gsize length;

    skip_blanks(parser);
    length = name_length(parser->at);
    if (length == 0)
        fail(parser, "syntax error: bad for loop variable");
    node->name = str_intern_len(parser->at, length);
    parser->at += length;
    skip_newlines(parser);
    if (take_keyword(parser, "in")) {
        skip_blanks(parser);
        while (parser->error == NULL && !is_meta(*parser->at)) {
            g_ptr_array_add(node->words, parse_word(parser, "", FALSE));
            skip_blanks(parser);
        }
    }
    if (*parser->at == ';')
        parser->at++;
    parse_do(parser, node);
    return node;
}

static ShNode *
parse_case(Parser *parser)
{
    static const char *const body_end[] = {"esac", NULL};
    ShNode *node = node_new(SH_CASE);

    skip_blanks(parser);
    g_ptr_array_add(node->words, parse_word(parser, "", FALSE));
    expect_keyword(parser, "in");
    for (;;) {
        gint32 body_index = (gint32)node->nodes->len;

        skip_newlines(parser);
        if (parser->error != NULL || peek_keyword(parser, "esac"))
            break;
        if (*parser->at == '(')
            parser->at++;
        do {
            if (*parser->at == '|')
                parser->at++;
            skip_blanks(parser);
            g_ptr_array_add(node->words, parse_word(parser, "", FALSE));
            g_array_append_val(node->flags, body_index);
            skip_blanks(parser);
        } while (*parser->at == '|');
        if (*parser->at != ')') {
            fail(parser, "syntax error: expecting \")\" in case");
            break;
        }
        parser->at++;
        g_ptr_array_add(node->nodes, parse_list(parser, body_end));
        skip_newlines(parser);
        if (g_str_has_prefix(parser->at, ";;"))
            parser->at += 2;
    }
    expect_keyword(parser, "esac");
    return node;
}

static ShNode *
parse_bracketed(Parser *parser, ShNodeType type, char close)
{
    static const char *const brace_end[] = {"}", NULL};
    ShNode *node = node_new(type);

    node_add(node, parse_list(parser, type == SH_GROUP ? brace_end : NULL), 0);
    skip_newlines(parser);
    if (parser->error == NULL && *parser->at != close)
        fail(parser, "syntax error: expecting \"%c\"", close);
    else if (*parser->at != '\0')
        parser->at++;
    return node;
}

static ShNode *
parse_command(Parser *parser)
{
    ShNode *node;
    gsize length;

    skip_blanks(parser);
    length = name_length(parser->at);
    if (*parser->at == '(') {
        parser->at++;
        node = parse_bracketed(parser, SH_SUBSHELL, ')');
    } else if (take_keyword(parser, "{")) {
        node = parse_bracketed(parser, SH_GROUP, '}');
    } else if (take_keyword(parser, "if")) {
        node = parse_if(parser);
    } else if (take_keyword(parser, "while")) {
        node = parse_loop(parser, SH_WHILE);
    } else if (take_keyword(parser, "until")) {
        node = parse_loop(parser, SH_UNTIL);
    } else if (take_keyword(parser, "for")) {
        node = parse_for(parser);
    } else if (take_keyword(parser, "case")) {
        node = parse_case(parser);
    } else if (length > 0 && g_str_has_prefix(parser->at + length, "()")) {
        node = node_new(SH_FUNCTION);
        node->name = str_intern_len(parser->at, length);
        parser->at += length + 2;
        skip_newlines(parser);
        node_add(node, parse_command(parser), 0);
        return node;
    } else {
        return parse_simple(parser);
    }
    parse_redirects(parser, node);
    return node;
}

static ShNode *
parse_pipe(Parser *parser)
{
    ShNode *node = node_new(SH_PIPE);

    node->is_negated = take_keyword(parser, "!");
    node_add(node, parse_command(parser), 0);
    for (;;) {
        skip_blanks(parser);
        if (parser->error != NULL || *parser->at != '|' || parser->at[1] == '|')
            break;
        parser->at++;
        skip_newlines(parser);
        node_add(node, parse_command(parser), 0);
    }
    if (node->nodes->len == 1 && !node->is_negated) {
        ShNode *only = g_ptr_array_index(node->nodes, 0);

        g_ptr_array_set_size(node->nodes, 0);
        node_free(node);
        return only;
    }
    return node;
}

static ShNode *
parse_andor(Parser *parser)
{
    ShNode *node = node_new(SH_ANDOR);

    node_add(node, parse_pipe(parser), 0);
    for (;;) {
        gint32 op;

        skip_blanks(parser);
        if (parser->error != NULL ||
            (!g_str_has_prefix(parser->at, "&&") && !g_str_has_prefix(parser->at, "||")))
            break;
        op = *parser->at;
        parser->at += 2;
        skip_newlines(parser);
        node_add(node, parse_pipe(parser), op);
    }
    if (node->nodes->len == 1) {
        ShNode *only = g_ptr_array_index(node->nodes, 0);

        g_ptr_array_set_size(node->nodes, 0);
        node_free(node);
        return only;
    }
    return node;
}

static gboolean
at_list_end(Parser *parser, const char *const *ends)
{
    if (parser->error != NULL || *parser->at == '\0' || *parser->at == ')' ||
        g_str_has_prefix(parser->at, ";;"))
        return TRUE;
    for (; ends != NULL && *ends != NULL; ends++) {
        if (peek_keyword(parser, *ends))
            return TRUE;
    }
    return FALSE;
}

/* A word that ends something, where it ends nothing. */
static gboolean
refuse_stray_keyword(Parser *parser, const char *const *ends)
{
    static const char *const closing[] = {"then", "elif", "else", "fi", "do", "done", "esac", "}"};

    for (guint i = 0; i < G_N_ELEMENTS(closing); i++) {
        if (!peek_keyword(parser, closing[i]))
            continue;
        if (ends != NULL)
            fail(parser, "syntax error: unexpected \"%s\" (expecting \"%s\")", closing[i], ends[0]);
        else
            fail(parser, "syntax error: unexpected \"%s\"", closing[i]);
        return TRUE;
    }
    return FALSE;
}

/* Up to one of the words @ends, a closing bracket, or the end. */
static ShNode *
parse_list(Parser *parser, const char *const *ends)
{
    ShNode *node = node_new(SH_LIST);

    if (++parser->depth > DEPTH_LIMIT)
        fail(parser, "syntax error: nested too deeply");
    for (;;) {
        ShNode *item;
        gint32 is_background = 0;

        skip_newlines(parser);
        if (at_list_end(parser, ends) || refuse_stray_keyword(parser, ends))
            break;
        item = parse_andor(parser);
        skip_blanks(parser);
        if (*parser->at == '&') {
            is_background = 1;
            parser->at++;
        } else if (*parser->at == ';' && parser->at[1] != ';') {
            parser->at++;
        } else if (*parser->at != '\n' && *parser->at != '\0' && *parser->at != ')' &&
                   *parser->at != ';' && parser->error == NULL && !at_list_end(parser, ends)) {
            fail(parser, "syntax error: unexpected \"%.1s\"", parser->at);
        }
        node_add(node, item, is_background);
    }
    if (parser->error == NULL && ends != NULL && node->nodes->len == 0 && *parser->at != ';' &&
        *parser->at != '\0')
        fail(parser, "syntax error: unexpected \"%.*s\"", (int)strcspn(parser->at, " \t\n;"),
             parser->at);
    parser->depth--;
    return node;
}

/* --- public ------------------------------------------------------------------------------------------ */

ShScript *
sh_parse(const char *text, char **out_error)
{
    Parser parser = {.at = text};
    ShNode *root = parse_list(&parser, NULL);
    ShScript *script;

    if (parser.error == NULL && *parser.at != '\0')
        fail(&parser, "syntax error: unexpected \"%.1s\"", parser.at);
    if (parser.error != NULL) {
        node_free(root);
        *out_error = parser.error;
        return NULL;
    }
    script = g_new0(ShScript, 1);
    script->refs = 1;
    script->root = root;
    return script;
}

ShScript *
sh_script_of_words(const char *const *words)
{
    ShScript *script = g_new0(ShScript, 1);
    ShNode *simple = node_new(SH_SIMPLE);

    for (; *words != NULL; words++) {
        ShWord *word = word_new();
        ShPart part = {.type = SH_TEXT, .is_quoted = TRUE, .text = str_intern(*words)};

        g_array_append_val(word->parts, part);
        g_ptr_array_add(simple->words, word);
    }
    script->refs = 1;
    script->root = node_new(SH_LIST);
    node_add(script->root, simple, 0);
    return script;
}
