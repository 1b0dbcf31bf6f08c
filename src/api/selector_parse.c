/*
 * selector_parse.c - label selectors from text; see selector.h
 *
 * Models: apimachinery pkg/labels/selector.go (v1.34): the lexer knows the
 * words of the grammar, the parser says what it found and what it expected.
 */

#include "api/selector_internal.h"

#include "api/names.h"
#include "api/validate.h"

/* --- lexer ------------------------------------------------------------------------------- */

typedef enum {
    TOKEN_END,
    TOKEN_CLOSED,
    TOKEN_COMMA,
    TOKEN_NOT_EXISTS,
    TOKEN_DOUBLE_EQUALS,
    TOKEN_EQUALS,
    TOKEN_GREATER,
    TOKEN_IDENTIFIER,
    TOKEN_IN,
    TOKEN_LESS,
    TOKEN_NOT_EQUALS,
    TOKEN_NOT_IN,
    TOKEN_OPEN,
    TOKEN_ERROR,
} TokenType;

typedef struct {
    TokenType type;
    const char *text; /* interned */
} Token;

typedef struct {
    GArray *tokens; /* of Token, ended by TOKEN_END */
    guint at;
    char *message; /* first error */
} Parser;

static gboolean
is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static gboolean
is_special(char c)
{
    return c != '\0' && strchr("=!(),><", c) != NULL;
}

static TokenType
special_token(const char *text)
{
    static const struct {
        const char *text;
        TokenType type;
    } tokens[] = {
        {")", TOKEN_CLOSED},         {",", TOKEN_COMMA},       {"!", TOKEN_NOT_EXISTS},
        {"==", TOKEN_DOUBLE_EQUALS}, {"=", TOKEN_EQUALS},      {">", TOKEN_GREATER},
        {"<", TOKEN_LESS},           {"!=", TOKEN_NOT_EQUALS}, {"(", TOKEN_OPEN},
    };

    for (guint i = 0; i < G_N_ELEMENTS(tokens); i++)
        if (strcmp(tokens[i].text, text) == 0)
            return tokens[i].type;
    return TOKEN_ERROR;
}

/* scanSpecialSymbol: the longest token that begins here; what can no longer be one ends it. */
static const char *
scan_special(const char *at, Token *token)
{
    g_autoptr(GString) buffer = g_string_new(NULL);
    gboolean has_token = FALSE;

    for (; is_special(*at); at++) {
        g_string_append_c(buffer, *at);

        TokenType type = special_token(buffer->str);

        if (type != TOKEN_ERROR) {
            *token = (Token){type, str_intern(buffer->str)};
            has_token = TRUE;
        } else if (has_token) {
            return at;
        }
    }
    if (!has_token)
        *token =
            (Token){TOKEN_ERROR, str_internf("error expected: keyword found '%s'", buffer->str)};
    return at;
}

static const char *
scan_word(const char *at, Token *token)
{
    const char *start = at;

    while (*at != '\0' && !is_special(*at) && !is_blank(*at))
        at++;
    token->text = str_intern_len(start, (gsize)(at - start));
    if (strcmp(token->text, "in") == 0)
        token->type = TOKEN_IN;
    else if (strcmp(token->text, "notin") == 0)
        token->type = TOKEN_NOT_IN;
    else
        token->type = TOKEN_IDENTIFIER;
    return at;
}

static GArray *
scan(const char *text)
{
    GArray *tokens = g_array_new(FALSE, FALSE, sizeof(Token));
    Token token;

    for (const char *at = text;;) {
        while (is_blank(*at))
            at++;
        if (*at == '\0')
            break;
        at = is_special(*at) ? scan_special(at, &token) : scan_word(at, &token);
        g_array_append_val(tokens, token);
    }
    token = (Token){TOKEN_END, str_intern("")};
    g_array_append_val(tokens, token);
    return tokens;
}

/* --- parser -------------------------------------------------------------------------------- */

/* In the place of a value `in` and `notin` are words like others. */
static Token
parser_look(const Parser *parser, gboolean wants_values)
{
    Token token = g_array_index(parser->tokens, Token, parser->at);

    if (wants_values && (token.type == TOKEN_IN || token.type == TOKEN_NOT_IN))
        token.type = TOKEN_IDENTIFIER;
    return token;
}

static Token
parser_take(Parser *parser, gboolean wants_values)
{
    Token token = parser_look(parser, wants_values);

    if (token.type != TOKEN_END)
        parser->at++;
    return token;
}

static gboolean
parser_fail(Parser *parser, const char *message)
{
    if (parser->message == NULL)
        parser->message = g_strdup(message);
    return FALSE;
}

static gboolean
parser_fail_found(Parser *parser, const char *found, const char *expected)
{
    return parser_fail(parser, str_internf("found '%s', expected: %s", found, expected));
}

static int
compare_texts(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

void
selector_values_add(StrList *values, const char *text)
{
    if (!str_list_contains(values, text))
        str_list_add(values, text);
}

void
selector_values_sort(StrList *values)
{
    if (values->count > 1)
        qsort(values->items, values->count, sizeof *values->items, compare_texts);
}

static gboolean
parse_operator(Parser *parser, SelectorOperator *out_operator)
{
    Token token = parser_take(parser, FALSE);

    switch (token.type) {
    case TOKEN_IN:
        *out_operator = OPERATOR_IN;
        return TRUE;
    case TOKEN_EQUALS:
        *out_operator = OPERATOR_EQUALS;
        return TRUE;
    case TOKEN_DOUBLE_EQUALS:
        *out_operator = OPERATOR_DOUBLE_EQUALS;
        return TRUE;
    case TOKEN_GREATER:
        *out_operator = OPERATOR_GREATER;
        return TRUE;
    case TOKEN_LESS:
        *out_operator = OPERATOR_LESS;
        return TRUE;
    case TOKEN_NOT_IN:
        *out_operator = OPERATOR_NOT_IN;
        return TRUE;
    case TOKEN_NOT_EQUALS:
        *out_operator = OPERATOR_NOT_EQUALS;
        return TRUE;
    default:
        return parser_fail_found(parser, token.text, "in, notin, =, ==, !=, gt, lt");
    }
}

/* parseIdentifiersList: words between commas; a missing one stands for "". */
static gboolean
parse_identifiers(Parser *parser, StrList *values)
{
    for (;;) {
        Token token = parser_take(parser, TRUE);

        if (token.type == TOKEN_IDENTIFIER) {
            Token next = parser_look(parser, TRUE);

            selector_values_add(values, token.text);
            if (next.type == TOKEN_COMMA)
                continue;
            if (next.type == TOKEN_CLOSED)
                return TRUE;
            return parser_fail_found(parser, next.text, "',' or ')'");
        }
        if (token.type != TOKEN_COMMA)
            return parser_fail_found(parser, token.text, "',', or identifier");
        if (values->count == 0)
            selector_values_add(values, "");

        Token next = parser_look(parser, TRUE);

        if (next.type == TOKEN_CLOSED) {
            selector_values_add(values, "");
            return TRUE;
        }
        if (next.type == TOKEN_COMMA) {
            parser_take(parser, TRUE);
            /* Several commas together stand for one empty value. */
            selector_values_add(values, "");
        }
    }
}

static gboolean
parse_values(Parser *parser, StrList *values)
{
    Token token = parser_take(parser, TRUE);

    if (token.type != TOKEN_OPEN)
        return parser_fail(parser, str_internf("found '%s' expected: '('", token.text));
    token = parser_look(parser, TRUE);
    if (token.type == TOKEN_CLOSED) {
        parser_take(parser, TRUE);
        selector_values_add(values, "");
        return TRUE;
    }
    if (token.type != TOKEN_IDENTIFIER && token.type != TOKEN_COMMA)
        return parser_fail_found(parser, token.text, "',', ')' or identifier");
    if (!parse_identifiers(parser, values))
        return FALSE;
    token = parser_take(parser, TRUE);
    if (token.type != TOKEN_CLOSED)
        return parser_fail_found(parser, token.text, "')'");
    return TRUE;
}

/* parseExactValue: the value of =, ==, !=, >, <; none means "". */
static gboolean
parse_exact_value(Parser *parser, StrList *values)
{
    Token token = parser_look(parser, TRUE);

    if (token.type == TOKEN_END || token.type == TOKEN_COMMA) {
        selector_values_add(values, "");
        return TRUE;
    }
    parser_take(parser, TRUE);
    if (token.type != TOKEN_IDENTIFIER)
        return parser_fail_found(parser, token.text, "identifier");
    selector_values_add(values, token.text);
    return TRUE;
}

/* --- requirements ------------------------------------------------------------------------------ */

static const char *
first_messages(const StrList *messages)
{
    GString *text = g_string_new(NULL);

    for (guint i = 0; i < messages->count; i++)
        g_string_append_printf(text, "%s%s", i > 0 ? "; " : "", messages->items[i]);

    const char *result = str_intern_len(text->str, text->len);

    g_string_free(text, TRUE);
    return result;
}

/* The key has the shape of a label's. Go has no path to name here and prints <nil>. */
static gboolean
parser_check_key(Parser *parser, const char *key)
{
    StrList messages = {0};
    gboolean is_fine = name_check(NAME_QUALIFIED, key, FALSE, &messages);

    if (!is_fine)
        parser_fail(parser, str_internf("<nil>: Invalid value: %s: %s", api_quote(key),
                                        first_messages(&messages)));
    g_free(messages.items);
    return is_fine;
}

/* NewRequirement: values have the shape of labels'. The text is that of a field error. */
static const char *
requirement_check(const Requirement *requirement)
{
    g_autoptr(ApiErrors) errors = api_errors_new();
    StrList messages = {0};
    guint n_values = requirement->values.count;
    gboolean is_order =
        requirement->operator_ == OPERATOR_GREATER || requirement->operator_ == OPERATOR_LESS;

    for (guint i = 0; is_order && i < n_values; i++) {
        gint64 ignored;

        if (!g_ascii_string_to_signed(requirement->values.items[i], 10, G_MININT64, G_MAXINT64,
                                      &ignored, NULL))
            field_invalid_string(errors, str_internf("values[%u]", i), requirement->values.items[i],
                                 "for 'Gt', 'Lt' operators, the value must be an integer");
    }
    for (guint i = 0; i < n_values; i++) {
        messages.count = 0;
        if (!name_check(NAME_LABEL_VALUE, requirement->values.items[i], FALSE, &messages))
            field_invalid_string(errors, str_internf("values[%u][%s]", i, requirement->key),
                                 requirement->values.items[i], first_messages(&messages));
    }
    g_free(messages.items);
    if (errors->list.count == 0)
        return NULL;

    g_autofree char *text = api_errors_text(errors);

    return str_intern(text);
}

static gboolean
parse_requirement(Parser *parser, Requirement *requirement)
{
    Token token = parser_take(parser, TRUE);
    gboolean is_negated = token.type == TOKEN_NOT_EXISTS;
    const char *fault;

    if (is_negated)
        token = parser_take(parser, TRUE);
    if (token.type != TOKEN_IDENTIFIER)
        return parser_fail_found(parser, token.text, "identifier");
    requirement->key = token.text;
    if (!parser_check_key(parser, token.text))
        return FALSE;

    Token next = parser_look(parser, TRUE);

    if (next.type == TOKEN_END || next.type == TOKEN_COMMA) {
        requirement->operator_ = is_negated ? OPERATOR_NOT_EXISTS : OPERATOR_EXISTS;
    } else if (is_negated) {
        /* Nothing may follow `!key` but a comma; the caller finds it. */
        requirement->operator_ = OPERATOR_NOT_EXISTS;
    } else {
        gboolean is_read;

        if (!parse_operator(parser, &requirement->operator_))
            return FALSE;
        if (requirement->operator_ == OPERATOR_IN || requirement->operator_ == OPERATOR_NOT_IN)
            is_read = parse_values(parser, &requirement->values);
        else
            is_read = parse_exact_value(parser, &requirement->values);
        if (!is_read)
            return FALSE;
        selector_values_sort(&requirement->values);
    }
    fault = requirement_check(requirement);
    return fault == NULL || parser_fail(parser, fault);
}

static int
compare_requirements(gconstpointer a, gconstpointer b)
{
    return strcmp(((const Requirement *)a)->key, ((const Requirement *)b)->key);
}

/* Go's sort of few elements is stable as well; g_array's merge sort always is. */
void
selector_sort(Selector *selector)
{
    GArray *array = g_array_new(FALSE, FALSE, sizeof(Requirement));

    if (selector->requirements.count > 1) {
        g_array_append_vals(array, selector->requirements.items, selector->requirements.count);
        g_array_sort(array, compare_requirements);
        memcpy(selector->requirements.items, array->data,
               selector->requirements.count * sizeof(Requirement));
    }
    g_array_unref(array);
}

static gboolean
parse_requirements(Parser *parser, Selector *selector)
{
    if (parser_look(parser, TRUE).type == TOKEN_END)
        return TRUE;
    for (;;) {
        Token token = parser_look(parser, TRUE);

        if (token.type != TOKEN_IDENTIFIER && token.type != TOKEN_NOT_EXISTS)
            return parser_fail_found(parser, token.text, "!, identifier, or 'end of string'");

        Requirement *requirement = API_LIST_ADD(&selector->requirements);

        if (!parse_requirement(parser, requirement)) {
            g_autofree char *inner = g_steal_pointer(&parser->message);

            parser->message = g_strdup_printf("unable to parse requirement: %s", inner);
            return FALSE;
        }
        token = parser_take(parser, TRUE);
        if (token.type == TOKEN_END)
            return TRUE;
        if (token.type != TOKEN_COMMA)
            return parser_fail_found(parser, token.text, "',' or 'end of string'");
        token = parser_look(parser, TRUE);
        if (token.type != TOKEN_IDENTIFIER && token.type != TOKEN_NOT_EXISTS)
            return parser_fail_found(parser, token.text, "identifier after ','");
    }
}

Selector *
selector_parse(const char *text, char **out_message)
{
    Selector *selector = g_new0(Selector, 1);
    Parser parser = {.tokens = scan(text == NULL ? "" : text)};

    if (!parse_requirements(&parser, selector)) {
        selector_free(selector);
        selector = NULL;
        if (out_message != NULL)
            *out_message = g_steal_pointer(&parser.message);
    } else {
        selector_sort(selector);
    }
    g_free(parser.message);
    g_array_unref(parser.tokens);
    return selector;
}
