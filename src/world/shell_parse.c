/* shell_parse.c - see shell_parse.h */

#include "world/shell_parse_internal.h"

#include "base/intern.h"

/* --- commands ------------------------------------------------------------------------------------ */

/* Whether the next word is exactly @keyword; not consumed. */
static gboolean
peek_keyword(ShParser *parser, const char *keyword)
{
    gsize length = strlen(keyword);

    sh_skip_blanks(parser);
    return strncmp(parser->at, keyword, length) == 0 && sh_is_meta(parser->at[length]);
}

static gboolean
take_keyword(ShParser *parser, const char *keyword)
{
    if (!peek_keyword(parser, keyword))
        return FALSE;
    parser->at += strlen(keyword);
    return TRUE;
}

static void
expect_keyword(ShParser *parser, const char *keyword)
{
    sh_skip_newlines(parser);
    if (parser->error == NULL && !take_keyword(parser, keyword)) {
        gsize length = strcspn(parser->at, " \t\n;");

        if (*parser->at == '\0')
            sh_fail(parser, "syntax error: unexpected end of file (expecting \"%s\")", keyword);
        else
            sh_fail(parser, "syntax error: unexpected \"%.*s\" (expecting \"%s\")",
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

/* One line less at @line, without its leading tabs if @strips. (owned) */
static char *
take_line(char *line, gboolean strips)
{
    gsize length = strcspn(line, "\n");
    gsize tabs = strips ? strspn(line, "\t") : 0;
    char *taken = g_strndup(line + tabs, length - MIN(tabs, length));

    memmove(line, line + length + (line[length] == '\n'), strlen(line + length + (line[length] == '\n')) + 1);
    return taken;
}

/* Behind "<<": the lines below this one up to the word, as they are if any of it is quoted. */
static void
parse_here(ShParser *parser, ShRedirect *redirect)
{
    gboolean strips = *parser->at == '-';
    const char *begin;
    g_autofree char *end = NULL;
    g_autoptr(GString) body = g_string_new(NULL);
    ShParser inner = {.depth = parser->depth + 1};
    ShPart part = {.type = SH_TEXT, .is_quoted = TRUE};
    char *below;
    gboolean is_closed = FALSE;

    parser->at += strips;
    sh_skip_blanks(parser);
    begin = parser->at;
    while (!sh_is_meta(*parser->at))
        parser->at++;
    end = g_strndup(begin, (gsize)(parser->at - begin));
    below = strchr(parser->at, '\n');
    if (end[0] == '\0' || end[0] == '<' || below == NULL) {
        sh_fail(parser, "syntax error: here-document without lines below it");
        return;
    }
    below++;
    for (char *c = end; *c != '\0'; c++) /* the word without its quotes */
        part.is_quoted = part.is_quoted && *c != '\'' && *c != '"' && *c != '\\';
    g_strstrip(g_strdelimit(end, "'\"\\", ' '));
    while (*below != '\0' && !is_closed) {
        g_autofree char *line = take_line(below, strips);

        is_closed = strcmp(line, end) == 0;
        if (!is_closed)
            g_string_append_printf(body, "%s\n", line);
    }
    redirect->is_here = TRUE;
    redirect->fd = 0;
    if (part.is_quoted) {
        inner.at = body->str;
        redirect->target = sh_parse_here(&inner);
        if (inner.error != NULL)
            sh_fail(parser, "%s", inner.error);
        g_free(inner.error);
        return;
    }
    part.is_quoted = TRUE;
    part.text = str_intern(body->str);
    redirect->target = sh_word_new();
    g_array_append_val(redirect->target->parts, part);
}

static void
parse_redirect(ShParser *parser, ShNode *node)
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
        parser->at++;
        parse_here(parser, &redirect);
        if (redirect.target != NULL)
            g_array_append_val(node->redirects, redirect);
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
        sh_skip_blanks(parser);
        redirect.target = sh_parse_word(parser, "", FALSE);
        if (redirect.target->parts->len == 0)
            sh_fail(parser, "syntax error: redirection without a file");
    }
    g_array_append_val(node->redirects, redirect);
    if (is_both) {
        ShRedirect second = {.fd = 2, .other_fd = 1};

        g_array_append_val(node->redirects, second);
    }
}

static void
parse_redirects(ShParser *parser, ShNode *node)
{
    sh_skip_blanks(parser);
    while (parser->error == NULL && at_redirect(parser->at)) {
        parse_redirect(parser, node);
        sh_skip_blanks(parser);
    }
}

static ShNode *
parse_simple(ShParser *parser)
{
    ShNode *node = sh_node_new(SH_SIMPLE);

    for (;;) {
        gsize length;

        sh_skip_blanks(parser);
        if (parser->error != NULL)
            break;
        if (at_redirect(parser->at)) {
            parse_redirect(parser, node);
            continue;
        }
        if (sh_is_meta(*parser->at))
            break;
        length = sh_name_length(parser->at);
        if (node->words->len == 0 && length > 0 && parser->at[length] == '=') {
            ShAssign assign = {.name = str_intern_len(parser->at, length)};

            parser->at += length + 1;
            assign.value = sh_parse_word(parser, "", FALSE);
            g_array_append_val(node->assigns, assign);
            continue;
        }
        g_ptr_array_add(node->words, sh_parse_word(parser, "", FALSE));
    }
    if (parser->error == NULL &&
        node->words->len + node->assigns->len + node->redirects->len == 0) {
        if (*parser->at == '\0')
            sh_fail(parser, "syntax error: unexpected end of file");
        else
            sh_fail(parser, "syntax error: unexpected \"%.1s\"",
                 *parser->at == '\n' ? "newline" : parser->at);
    }
    return node;
}

static ShNode *
parse_if(ShParser *parser)
{
    static const char *const then_end[] = {"then", NULL};
    static const char *const body_end[] = {"elif", "else", "fi", NULL};
    static const char *const else_end[] = {"fi", NULL};
    ShNode *node = sh_node_new(SH_IF);

    do {
        sh_node_add(node, sh_parse_list(parser, then_end), 0);
        expect_keyword(parser, "then");
        sh_node_add(node, sh_parse_list(parser, body_end), 0);
    } while (parser->error == NULL && take_keyword(parser, "elif"));
    if (parser->error == NULL && take_keyword(parser, "else"))
        sh_node_add(node, sh_parse_list(parser, else_end), 0);
    expect_keyword(parser, "fi");
    return node;
}

static void
parse_do(ShParser *parser, ShNode *node)
{
    static const char *const done_end[] = {"done", NULL};

    expect_keyword(parser, "do");
    sh_node_add(node, sh_parse_list(parser, done_end), 0);
    expect_keyword(parser, "done");
}

static ShNode *
parse_loop(ShParser *parser, ShNodeType type)
{
    static const char *const do_end[] = {"do", NULL};
    ShNode *node = sh_node_new(type);

    sh_node_add(node, sh_parse_list(parser, do_end), 0);
    parse_do(parser, node);
    return node;
}

static ShNode *
parse_for(ShParser *parser)
{
    ShNode *node = sh_node_new(SH_FOR);
    gsize length;

    sh_skip_blanks(parser);
    length = sh_name_length(parser->at);
    if (length == 0)
        sh_fail(parser, "syntax error: bad for loop variable");
    node->name = str_intern_len(parser->at, length);
    parser->at += length;
    sh_skip_newlines(parser);
    if (take_keyword(parser, "in")) {
        sh_skip_blanks(parser);
        while (parser->error == NULL && !sh_is_meta(*parser->at)) {
            g_ptr_array_add(node->words, sh_parse_word(parser, "", FALSE));
            sh_skip_blanks(parser);
        }
    }
    if (*parser->at == ';')
        parser->at++;
    parse_do(parser, node);
    return node;
}

static ShNode *
parse_case(ShParser *parser)
{
    static const char *const body_end[] = {"esac", NULL};
    ShNode *node = sh_node_new(SH_CASE);

    sh_skip_blanks(parser);
    g_ptr_array_add(node->words, sh_parse_word(parser, "", FALSE));
    expect_keyword(parser, "in");
    for (;;) {
        gint32 body_index = (gint32)node->nodes->len;

        sh_skip_newlines(parser);
        if (parser->error != NULL || peek_keyword(parser, "esac"))
            break;
        if (*parser->at == '(')
            parser->at++;
        do {
            if (*parser->at == '|')
                parser->at++;
            sh_skip_blanks(parser);
            g_ptr_array_add(node->words, sh_parse_word(parser, "", FALSE));
            g_array_append_val(node->flags, body_index);
            sh_skip_blanks(parser);
        } while (*parser->at == '|');
        if (*parser->at != ')') {
            sh_fail(parser, "syntax error: expecting \")\" in case");
            break;
        }
        parser->at++;
        g_ptr_array_add(node->nodes, sh_parse_list(parser, body_end));
        sh_skip_newlines(parser);
        if (g_str_has_prefix(parser->at, ";;"))
            parser->at += 2;
    }
    expect_keyword(parser, "esac");
    return node;
}

static ShNode *
parse_bracketed(ShParser *parser, ShNodeType type, char close)
{
    static const char *const brace_end[] = {"}", NULL};
    ShNode *node = sh_node_new(type);

    sh_node_add(node, sh_parse_list(parser, type == SH_GROUP ? brace_end : NULL), 0);
    sh_skip_newlines(parser);
    if (parser->error == NULL && *parser->at != close)
        sh_fail(parser, "syntax error: expecting \"%c\"", close);
    else if (*parser->at != '\0')
        parser->at++;
    return node;
}

static ShNode *
parse_command(ShParser *parser)
{
    ShNode *node;
    gsize length;

    sh_skip_blanks(parser);
    length = sh_name_length(parser->at);
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
        node = sh_node_new(SH_FUNCTION);
        node->name = str_intern_len(parser->at, length);
        parser->at += length + 2;
        sh_skip_newlines(parser);
        sh_node_add(node, parse_command(parser), 0);
        return node;
    } else {
        return parse_simple(parser);
    }
    parse_redirects(parser, node);
    return node;
}

static ShNode *
parse_pipe(ShParser *parser)
{
    ShNode *node = sh_node_new(SH_PIPE);

    node->is_negated = take_keyword(parser, "!");
    sh_node_add(node, parse_command(parser), 0);
    for (;;) {
        sh_skip_blanks(parser);
        if (parser->error != NULL || *parser->at != '|' || parser->at[1] == '|')
            break;
        parser->at++;
        sh_skip_newlines(parser);
        sh_node_add(node, parse_command(parser), 0);
    }
    if (node->nodes->len == 1 && !node->is_negated) {
        ShNode *only = g_ptr_array_index(node->nodes, 0);

        g_ptr_array_set_size(node->nodes, 0);
        sh_node_free(node);
        return only;
    }
    return node;
}

static ShNode *
parse_andor(ShParser *parser)
{
    ShNode *node = sh_node_new(SH_ANDOR);

    sh_node_add(node, parse_pipe(parser), 0);
    for (;;) {
        gint32 op;

        sh_skip_blanks(parser);
        if (parser->error != NULL ||
            (!g_str_has_prefix(parser->at, "&&") && !g_str_has_prefix(parser->at, "||")))
            break;
        op = *parser->at;
        parser->at += 2;
        sh_skip_newlines(parser);
        sh_node_add(node, parse_pipe(parser), op);
    }
    if (node->nodes->len == 1) {
        ShNode *only = g_ptr_array_index(node->nodes, 0);

        g_ptr_array_set_size(node->nodes, 0);
        sh_node_free(node);
        return only;
    }
    return node;
}

static gboolean
at_list_end(ShParser *parser, const char *const *ends)
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
refuse_stray_keyword(ShParser *parser, const char *const *ends)
{
    static const char *const closing[] = {"then", "elif", "else", "fi", "do", "done", "esac", "}"};

    for (guint i = 0; i < G_N_ELEMENTS(closing); i++) {
        if (!peek_keyword(parser, closing[i]))
            continue;
        if (ends != NULL)
            sh_fail(parser, "syntax error: unexpected \"%s\" (expecting \"%s\")", closing[i], ends[0]);
        else
            sh_fail(parser, "syntax error: unexpected \"%s\"", closing[i]);
        return TRUE;
    }
    return FALSE;
}

ShNode *
sh_parse_list(ShParser *parser, const char *const *ends)
{
    ShNode *node = sh_node_new(SH_LIST);

    if (++parser->depth > SH_DEPTH_LIMIT)
        sh_fail(parser, "syntax error: nested too deeply");
    for (;;) {
        ShNode *item;
        gint32 is_background = 0;

        sh_skip_newlines(parser);
        if (at_list_end(parser, ends) || refuse_stray_keyword(parser, ends))
            break;
        item = parse_andor(parser);
        sh_skip_blanks(parser);
        if (*parser->at == '&') {
            is_background = 1;
            parser->at++;
        } else if (*parser->at == ';' && parser->at[1] != ';') {
            parser->at++;
        } else if (*parser->at != '\n' && *parser->at != '\0' && *parser->at != ')' &&
                   *parser->at != ';' && parser->error == NULL && !at_list_end(parser, ends)) {
            sh_fail(parser, "syntax error: unexpected \"%.1s\"", parser->at);
        }
        sh_node_add(node, item, is_background);
    }
    if (parser->error == NULL && ends != NULL && node->nodes->len == 0 && *parser->at != ';' &&
        *parser->at != '\0')
        sh_fail(parser, "syntax error: unexpected \"%.*s\"", (int)strcspn(parser->at, " \t\n;"),
             parser->at);
    parser->depth--;
    return node;
}

/* --- public ------------------------------------------------------------------------------------------ */

ShScript *
sh_parse(const char *text, char **out_error)
{
    g_autofree char *copy = g_strdup(text);
    ShParser parser = {.at = copy};
    ShNode *root = sh_parse_list(&parser, NULL);
    ShScript *script;

    if (parser.error == NULL && *parser.at != '\0')
        sh_fail(&parser, "syntax error: unexpected \"%.1s\"", parser.at);
    if (parser.error != NULL) {
        sh_node_free(root);
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
    ShNode *simple = sh_node_new(SH_SIMPLE);

    for (; *words != NULL; words++) {
        ShWord *word = sh_word_new();
        ShPart part = {.type = SH_TEXT, .is_quoted = TRUE, .text = str_intern(*words)};

        g_array_append_val(word->parts, part);
        g_ptr_array_add(simple->words, word);
    }
    script->refs = 1;
    script->root = sh_node_new(SH_LIST);
    sh_node_add(script->root, simple, 0);
    return script;
}
