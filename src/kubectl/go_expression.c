/* go_expression.c - see go_expression.h */

#include "kubectl/go_expression.h"

#include "base/intern.h"
#include "kubectl/jsonpath.h"

#define DEPTH_MAX     32
#define ARGUMENTS_MAX 16

/* Where an expression is being read. */
typedef struct {
    GoScope *scope;
    const char *at;
    const Value *dot;
    guint depth;
} Reader;

void
go_scope_init(GoScope *scope, const Value *root, char **out_message)
{
    scope->kept = g_ptr_array_new_with_free_func((GDestroyNotify)value_free);
    scope->variables = g_array_new(FALSE, TRUE, sizeof(GoVariable));
    scope->root = root;
    scope->out_message = out_message;
}

void
go_scope_clear(GoScope *scope)
{
    g_ptr_array_unref(scope->kept);
    g_array_unref(scope->variables);
}

gboolean
go_fail(GoScope *scope, char *message)
{
    if (scope->out_message != NULL && *scope->out_message == NULL)
        *scope->out_message = message;
    else
        g_free(message);
    return FALSE;
}

const Value *
go_keep(GoScope *scope, Value *value)
{
    g_ptr_array_add(scope->kept, value);
    return value;
}

void
go_set(GoScope *scope, const char *name, const Value *value)
{
    GoVariable variable = {str_intern(name), value};

    if (name != NULL)
        g_array_append_val(scope->variables, variable);
}

gboolean
go_is_true(const Value *value)
{
    if (value == NULL)
        return FALSE;
    switch (value->type) {
    case VALUE_NULL:
        return FALSE;
    case VALUE_BOOL:
        return value->boolean;
    case VALUE_INT:
        return value->integer != 0;
    case VALUE_FLOAT:
        return g_ascii_strtod(value->text, NULL) != 0;
    case VALUE_STRING:
        return value->text[0] != '\0';
    default:
        return value->count > 0;
    }
}

void
go_print(GString *out, const Value *value)
{
    g_autofree char *text = NULL;

    if (value == NULL || value->type == VALUE_NULL) {
        g_string_append(out, "<no value>");
        return;
    }
    text = jsonpath_go_text(value);
    g_string_append(out, text);
}

/* --- names --------------------------------------------------------------------------- */

static gboolean
is_name(char c)
{
    return g_ascii_isalnum(c) || c == '_';
}

static const char *
skip_blanks(const char *text)
{
    return text + strspn(text, " \t\r\n");
}

const char *
go_assigned_name(const char *text, char **out_name)
{
    const char *end = text + 1;
    const char *after;

    if (text[0] != '$')
        return text;
    while (is_name(*end))
        end++;
    after = skip_blanks(end);
    if (g_str_has_prefix(after, ":="))
        after += 2;
    else if (after[0] == '=' && after[1] != '=')
        after++;
    else
        return text;
    *out_name = g_strndup(text + 1, (gsize)(end - text - 1));
    return skip_blanks(after);
}

const char *
go_range_names(const char *text, char **out_key, char **out_item)
{
    const char *end = text + 1;
    const char *more;

    if (text[0] != '$')
        return text;
    while (is_name(*end))
        end++;
    more = skip_blanks(end);
    if (*more != ',')
        return go_assigned_name(text, out_item);
    *out_key = g_strndup(text + 1, (gsize)(end - text - 1));
    return go_assigned_name(skip_blanks(more + 1), out_item);
}

static const Value *
find_variable(const GoScope *scope, const char *name)
{
    if (name[0] == '\0')
        return scope->root;
    for (guint i = scope->variables->len; i-- > 0;)
        if (str_is(g_array_index(scope->variables, GoVariable, i).name, name))
            return g_array_index(scope->variables, GoVariable, i).value;
    return NULL;
}

/* --- functions ------------------------------------------------------------------------ */

static int
order_of(const Value *a, const Value *b)
{
    if (a->type == VALUE_INT && b->type == VALUE_INT)
        return (a->integer > b->integer) - (a->integer < b->integer);
    if (a->type == VALUE_BOOL && b->type == VALUE_BOOL)
        return a->boolean - b->boolean;
    return g_strcmp0(a->text, b->text);
}

static gboolean
compare(GoScope *scope, const char *name, const Value **args, guint count, const Value **out)
{
    static const char *const names[] = {"eq", "ne", "lt", "le", "gt", "ge"};
    gboolean result = FALSE;

    for (guint i = 1; i < count; i++) {
        gboolean has_both = args[0] != NULL && args[i] != NULL;
        int order;

        if (has_both && args[0]->type != args[i]->type)
            return go_fail(scope, g_strdup_printf("error calling %s: incompatible types for "
                                                  "comparison",
                                                  name));
        order = has_both ? order_of(args[0], args[i]) : args[0] != args[i];
        if (str_is(name, names[0]))
            result = result || order == 0;
        else
            result = str_is(name, names[1])   ? order != 0
                     : str_is(name, names[2]) ? order < 0
                     : str_is(name, names[3]) ? order <= 0
                     : str_is(name, names[4]) ? order > 0
                                              : order >= 0;
    }
    *out = go_keep(scope, value_new_bool(result));
    return TRUE;
}

/* index X 1 "a": @is_question: exists, which only says whether it is there. */
static gboolean
index_into(GoScope *scope, const Value **args, guint count, gboolean is_question, const Value **out)
{
    const Value *value = count > 0 ? args[0] : NULL;

    for (guint i = 1; i < count && value != NULL; i++) {
        if (args[i] != NULL && args[i]->type == VALUE_INT && value->type == VALUE_LIST) {
            if (args[i]->integer < 0 || args[i]->integer >= value->count) {
                if (!is_question)
                    return go_fail(scope, g_strdup_printf("error calling index: reflect: slice "
                                                          "index out of range"));
                value = NULL;
                break;
            }
            value = value->items[args[i]->integer];
        } else {
            value = args[i] != NULL && args[i]->type == VALUE_STRING
                        ? value_get(value, args[i]->text)
                        : NULL;
        }
    }
    *out = is_question ? go_keep(scope, value_new_bool(value != NULL)) : value;
    return TRUE;
}

static gboolean
print_format(GoScope *scope, const Value **args, guint count, const Value **out)
{
    g_autoptr(GString) text = g_string_new(NULL);
    const char *format =
        count > 0 && args[0] != NULL && args[0]->type == VALUE_STRING ? args[0]->text : "";
    guint next = 1;

    for (; *format != '\0'; format++) {
        g_autofree char *piece = NULL;
        g_autofree char *padded = NULL;
        const char *directive = format + 1;
        gint64 width;
        gboolean is_left;

        if (*format != '%') {
            g_string_append_c(text, *format);
            continue;
        }
        if (*directive == '%') {
            g_string_append_c(text, '%');
            format++;
            continue;
        }
        is_left = *directive == '-';
        directive += is_left;
        width = g_ascii_strtoll(directive, (char **)&directive, 10);
        width = MIN(width, 1000);
        if (next < count && args[next] != NULL)
            piece = jsonpath_go_text(args[next]);
        else
            piece = g_strdup("<nil>");
        next++;
        if (*directive == 'q') {
            padded = g_strdup_printf("\"%s\"", piece);
            g_string_append(text, padded);
        } else if (*directive != '\0') {
            gsize fill = (gint64)strlen(piece) < width ? (gsize)width - strlen(piece) : 0;

            padded = g_strnfill(fill, ' ');
            g_string_append_printf(text, "%s%s", is_left ? piece : padded,
                                   is_left ? padded : piece);
        }
        format = *directive != '\0' ? directive : directive - 1;
    }
    *out = go_keep(scope, value_new_string(text->str));
    return TRUE;
}

/* Go's Sprint puts a blank between operands that are no strings; Sprintln between all. */
static gboolean
print_all(GoScope *scope, const Value **args, guint count, gboolean is_line, const Value **out)
{
    g_autoptr(GString) text = g_string_new(NULL);

    for (guint i = 0; i < count; i++) {
        gboolean is_text = i > 0 && ((args[i] != NULL && args[i]->type == VALUE_STRING) ||
                                     (args[i - 1] != NULL && args[i - 1]->type == VALUE_STRING));

        if (i > 0 && (is_line || !is_text))
            g_string_append_c(text, ' ');
        go_print(text, args[i]);
    }
    if (is_line)
        g_string_append_c(text, '\n');
    *out = go_keep(scope, value_new_string(text->str));
    return TRUE;
}

static gboolean
call(GoScope *scope, const char *name, const Value **args, guint count, const Value **out)
{
    static const char *const comparisons[] = {"eq", "ne", "lt", "le", "gt", "ge", NULL};
    const Value *first = count > 0 ? args[0] : NULL;

    if (g_strv_contains(comparisons, name))
        return compare(scope, name, args, count, out);
    if (str_is(name, "and") || str_is(name, "or")) {
        *out = first;
        for (guint i = 0; i < count; i++) {
            *out = args[i];
            if (go_is_true(args[i]) == str_is(name, "or"))
                break;
        }
        return TRUE;
    }
    if (str_is(name, "not"))
        *out = go_keep(scope, value_new_bool(!go_is_true(first)));
    else if (str_is(name, "len"))
        *out =
            go_keep(scope, value_new_int(first == NULL                 ? 0
                                         : first->type == VALUE_STRING ? (gint64)strlen(first->text)
                                                                       : first->count));
    else if (str_is(name, "index") || str_is(name, "exists"))
        return index_into(scope, args, count, str_is(name, "exists"), out);
    else if (str_is(name, "printf"))
        return print_format(scope, args, count, out);
    else if (str_is(name, "print") || str_is(name, "println"))
        return print_all(scope, args, count, str_is(name, "println"), out);
    else if (str_is(name, "base64decode")) {
        gsize length = 0;
        g_autofree guchar *data =
            first != NULL && first->type == VALUE_STRING && first->text[0] != '\0'
                ? g_base64_decode(first->text, &length)
                : NULL;
        g_autofree char *text = g_strndup((const char *)data, length);

        *out = go_keep(scope, value_new_string(text != NULL ? text : ""));
    } else {
        return go_fail(scope, g_strdup_printf("function \"%s\" not defined", name));
    }
    return TRUE;
}

/* --- operands ----------------------------------------------------------------------------- */

static gboolean read_pipe(Reader *reader, const Value **out);

/* ".a.b" after something. */
static void
read_fields(Reader *reader, const Value **value)
{
    while (reader->at[0] == '.' && is_name(reader->at[1])) {
        const char *start = ++reader->at;
        const char *name;

        while (is_name(*reader->at))
            reader->at++;
        name = str_intern_len(start, (gsize)(reader->at - start));
        *value = *value != NULL && (*value)->type == VALUE_MAP ? value_get(*value, name) : NULL;
    }
}

static gboolean
read_string(Reader *reader, const Value **out)
{
    static const char from[] = "nrt\\\"";
    static const char to[] = "\n\r\t\\\"";
    char quote = *reader->at++;
    g_autoptr(GString) text = g_string_new(NULL);

    for (; *reader->at != quote; reader->at++) {
        const char *place;

        if (*reader->at == '\0')
            return go_fail(reader->scope, g_strdup("unterminated quoted string"));
        place = *reader->at == '\\' && quote == '"' && reader->at[1] != '\0'
                    ? strchr(from, reader->at[1])
                    : NULL;
        if (place != NULL) {
            g_string_append_c(text, to[place - from]);
            reader->at++;
        } else {
            g_string_append_c(text, *reader->at);
        }
    }
    reader->at++;
    *out = go_keep(reader->scope, value_new_string(text->str));
    return TRUE;
}

static gboolean
read_number(Reader *reader, const Value **out)
{
    const char *start = reader->at++;
    g_autofree char *text = NULL;
    gint64 number;

    while (g_ascii_isdigit(*reader->at) || *reader->at == '.')
        reader->at++;
    text = g_strndup(start, (gsize)(reader->at - start));
    if (g_ascii_string_to_signed(text, 10, G_MININT64, G_MAXINT64, &number, NULL))
        *out = go_keep(reader->scope, value_new_int(number));
    else
        *out = go_keep(reader->scope, value_new_float(text));
    return TRUE;
}

/* Anything but the name of a function. FALSE: failed. */
static gboolean
read_operand(Reader *reader, const Value **out)
{
    const char *at = reader->at;

    *out = NULL;
    if (*at == '"' || *at == '`')
        return read_string(reader, out);
    if (g_ascii_isdigit(*at) || (*at == '-' && g_ascii_isdigit(at[1])))
        return read_number(reader, out);
    if (*at == '(') {
        reader->at++;
        if (!read_pipe(reader, out))
            return FALSE;
        if (*reader->at != ')')
            return go_fail(reader->scope, g_strdup("unclosed left paren"));
        reader->at++;
    } else if (*at == '$') {
        const char *end = at + 1;
        g_autofree char *name = NULL;

        while (is_name(*end))
            end++;
        name = g_strndup(at + 1, (gsize)(end - at - 1));
        *out = find_variable(reader->scope, name);
        reader->at = end;
    } else if (*at == '.') {
        *out = reader->dot;
        if (!is_name(at[1]))
            reader->at++;
    } else {
        return go_fail(reader->scope, g_strdup_printf("unexpected \"%c\" in operand", *at));
    }
    read_fields(reader, out);
    return TRUE;
}

static gboolean
read_word(Reader *reader, const char **out_word)
{
    const char *start = reader->at;

    if (!g_ascii_isalpha(*start) && *start != '_')
        return FALSE;
    while (is_name(*reader->at))
        reader->at++;
    *out_word = str_intern_len(start, (gsize)(reader->at - start));
    return TRUE;
}

/* true, false, nil */
static gboolean
constant(GoScope *scope, const char *word, const Value **out)
{
    if (str_is(word, "true") || str_is(word, "false"))
        *out = go_keep(scope, value_new_bool(str_is(word, "true")));
    else if (str_is(word, "nil"))
        *out = NULL;
    else
        return FALSE;
    return TRUE;
}

/* An operand, or a function with its operands; @piped comes last. */
static gboolean
read_command(Reader *reader, gboolean has_piped, const Value *piped, const Value **out)
{
    const Value *args[ARGUMENTS_MAX];
    const char *word = NULL;
    guint count = 0;

    reader->at = skip_blanks(reader->at);
    if (!read_word(reader, &word))
        return read_operand(reader, out);
    if (constant(reader->scope, word, out))
        return TRUE;
    for (reader->at = skip_blanks(reader->at);
         *reader->at != '\0' && *reader->at != '|' && *reader->at != ')';
         reader->at = skip_blanks(reader->at)) {
        const char *inner = NULL;

        if (count + 1 >= ARGUMENTS_MAX)
            return go_fail(reader->scope, g_strdup("too many arguments"));
        if (read_word(reader, &inner)) {
            if (!constant(reader->scope, inner, &args[count]) &&
                !call(reader->scope, inner, NULL, 0, &args[count]))
                return FALSE;
        } else if (!read_operand(reader, &args[count])) {
            return FALSE;
        }
        count++;
    }
    if (has_piped)
        args[count++] = piped;
    return call(reader->scope, word, args, count, out);
}

static gboolean
read_pipe(Reader *reader, const Value **out)
{
    if (reader->depth++ >= DEPTH_MAX)
        return go_fail(reader->scope, g_strdup("expression is nested too deeply"));
    if (!read_command(reader, FALSE, NULL, out))
        return FALSE;
    for (reader->at = skip_blanks(reader->at); *reader->at == '|';
         reader->at = skip_blanks(reader->at)) {
        const Value *piped = *out;

        reader->at++;
        if (!read_command(reader, TRUE, piped, out))
            return FALSE;
    }
    reader->depth--;
    return TRUE;
}

gboolean
go_evaluate(GoScope *scope, const char *pipe, const Value *dot, const Value **out_value)
{
    Reader reader = {.scope = scope, .at = pipe, .dot = dot};

    *out_value = NULL;
    if (!read_pipe(&reader, out_value))
        return FALSE;
    if (*reader.at != '\0')
        return go_fail(scope, g_strdup_printf("unexpected \"%c\" in command", *reader.at));
    return TRUE;
}
