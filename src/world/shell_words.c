/* shell_words.c - nodes and words of shell trees; see shell_parse.h */

#include "world/shell_parse_internal.h"

#include "base/intern.h"

/* --- trees ------------------------------------------------------------------------------ */

static void
word_free(gpointer pointer)
{
    ShWord *word = pointer;

    if (word == NULL)
        return;
    for (guint i = 0; i < word->parts->len; i++) {
        ShPart *part = &g_array_index(word->parts, ShPart, i);

        word_free(part->word);
        sh_node_free(part->command);
    }
    g_array_free(word->parts, TRUE);
    g_free(word);
}

ShWord *
sh_word_new(void)
{
    ShWord *word = g_new0(ShWord, 1);

    word->parts = g_array_new(FALSE, TRUE, sizeof(ShPart));
    return word;
}

void
sh_node_free(ShNode *node)
{
    if (node == NULL)
        return;
    for (guint i = 0; i < node->nodes->len; i++)
        sh_node_free(g_ptr_array_index(node->nodes, i));
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

ShNode *
sh_node_new(ShNodeType type)
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

void
sh_node_add(ShNode *node, ShNode *child, gint32 flag)
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
    sh_node_free(script->root);
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

void
sh_fail(ShParser *parser, const char *format, ...)
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

gsize
sh_name_length(const char *text)
{
    gsize length = 0;

    while (is_name_char(text[length], length == 0))
        length++;
    return length;
}

gboolean
sh_is_meta(char c)
{
    return c == '\0' || strchr(" \t\r\n;&|<>()", c) != NULL;
}

void
sh_skip_blanks(ShParser *parser)
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

void
sh_skip_newlines(ShParser *parser)
{
    sh_skip_blanks(parser);
    while (*parser->at == '\n') {
        parser->at++;
        sh_skip_blanks(parser);
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
parse_inner(ShParser *parser, const char *text, gsize length)
{
    g_autofree char *copy = g_strndup(text, length);
    ShParser inner = {.at = copy, .depth = parser->depth + 1};
    ShNode *node;

    if (inner.depth > SH_DEPTH_LIMIT) {
        sh_fail(parser, "syntax error: nested too deeply");
        return NULL;
    }
    node = sh_parse_list(&inner, NULL);
    if (inner.error == NULL && *inner.at != '\0')
        sh_fail(&inner, "syntax error: unexpected \"%.1s\"", inner.at);
    if (inner.error != NULL) {
        sh_fail(parser, "%s", inner.error);
        g_free(inner.error);
    }
    return node;
}

static void
parse_braced(ShParser *parser, ShPart *part)
{
    static const char *const ops[] = {":-", ":=", ":+", ":?", "##", "%%",
                                      "-",  "=",  "+",  "?",  "#",  "%"};
    const char *end = find_close(parser->at + 2, '{', '}');
    const char *at = parser->at + 2;
    gsize length;

    if (end == NULL) {
        sh_fail(parser, "syntax error: unterminated \"${\"");
        return;
    }
    part->op = "";
    if (*at == '#' && at + 1 < end) {
        part->op = "length";
        at++;
    }
    length = sh_name_length(at);
    if (length == 0 && (g_ascii_isdigit(*at) || strchr("?#@*$!", *at) != NULL))
        length = 1;
    part->text = str_intern_len(at, length);
    at += length;
    for (guint i = 0; at < end && part->word == NULL && i < G_N_ELEMENTS(ops); i++) {
        if (g_str_has_prefix(at, ops[i])) {
            g_autofree char *rest =
                g_strndup(at + strlen(ops[i]), (gsize)(end - at) - strlen(ops[i]));
            ShParser inner = {.at = rest, .depth = parser->depth + 1};

            part->op = ops[i];
            part->word = sh_parse_word(&inner, "", TRUE);
            if (inner.error != NULL) {
                sh_fail(parser, "%s", inner.error);
                g_free(inner.error);
            }
        }
    }
    if (length == 0 || (at < end && part->word == NULL))
        sh_fail(parser, "syntax error: bad substitution");
    parser->at = end + 1;
}

/* At a dollar sign or a back-quote. FALSE if it is just that character. */
static gboolean
parse_expansion(ShParser *parser, ShPart *part)
{
    const char *at = parser->at;
    const char *end;

    if (*at == '`') {
        end = strchr(at + 1, '`');
        if (end == NULL) {
            sh_fail(parser, "syntax error: EOF in backquote substitution");
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
            sh_fail(parser, "syntax error: missing '))'");
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
            sh_fail(parser, "syntax error: unterminated \"$(\"");
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
    if (sh_name_length(at + 1) > 0) {
        part->text = str_intern_len(at + 1, sh_name_length(at + 1));
        parser->at += 1 + sh_name_length(at + 1);
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
add_expansion(ShParser *parser, ShWord *word, GString *text, gboolean is_quoted)
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
parse_double_quotes(ShParser *parser, ShWord *word, GString *text)
{
    guint n_before = word->parts->len;

    parser->at++;
    while (*parser->at != '"' && parser->error == NULL) {
        if (*parser->at == '\0') {
            sh_fail(parser, "syntax error: unterminated quoted string");
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

ShWord *
sh_parse_here(ShParser *parser)
{
    ShWord *word = sh_word_new();
    g_autoptr(GString) text = g_string_new(NULL);

    while (*parser->at != '\0' && parser->error == NULL) {
        if (*parser->at == '\\' && parser->at[1] != '\0' && strchr("$`\\\n", parser->at[1]) != NULL) {
            if (parser->at[1] != '\n')
                g_string_append_c(text, parser->at[1]);
            parser->at += 2;
        } else if (*parser->at == '$' || *parser->at == '`') {
            add_expansion(parser, word, text, TRUE);
        } else {
            g_string_append_c(text, *parser->at++);
        }
    }
    add_text(word, text, TRUE);
    return word;
}

/* Up to a character of @stop or a meta character; with @in_quotes (inside ${}) up to the end. */
ShWord *
sh_parse_word(ShParser *parser, const char *stop, gboolean in_quotes)
{
    ShWord *word = sh_word_new();
    g_autoptr(GString) text = g_string_new(NULL);

    while (parser->error == NULL && *parser->at != '\0' && (in_quotes || !sh_is_meta(*parser->at)) &&
           strchr(stop, *parser->at) == NULL) {
        if (*parser->at == '\'') {
            const char *end = strchr(parser->at + 1, '\'');

            if (end == NULL) {
                sh_fail(parser, "syntax error: unterminated quoted string");
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
