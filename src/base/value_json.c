/* value_json.c - reading JSON text, with the words of Go's encoding/json; see value.h */

#include "base/value.h"

#include "base/intern.h"

/* Documents of the API are flat; this only bounds the reader's stack. */
#define JSON_MAX_DEPTH 1000

typedef struct {
    const char *text;
    gsize length;
    gsize at;
    guint line;
    gsize line_start;
    guint depth;
    char *message; /* first error; NULL while all is well */
} JsonReader;

/* --- errors ------------------------------------------------------------------------- */

static Value *
json_fail(JsonReader *reader, char *message)
{
    if (reader->message == NULL)
        reader->message = message;
    else
        g_free(message);
    return NULL;
}

static Value *
json_fail_char(JsonReader *reader, const char *context)
{
    if (reader->at >= reader->length)
        return json_fail(reader, g_strdup("unexpected end of JSON input"));

    guchar c = (guchar)reader->text[reader->at];
    g_autofree char *quoted = NULL;

    /* Go prints the byte as a character of Latin-1. */
    if (c == '\'')
        quoted = g_strdup("'\\''");
    else if (c == '"')
        quoted = g_strdup("'\"'");
    else if (c == '\\')
        quoted = g_strdup("'\\\\'");
    else if (c == '\n' || c == '\r' || c == '\t')
        quoted = g_strdup_printf("'\\%c'", c == '\n' ? 'n' : c == '\r' ? 'r' : 't');
    else if (c < 0x20 || c == 0x7f)
        quoted = g_strdup_printf("'\\x%02x'", c);
    else if (c < 0x80)
        quoted = g_strdup_printf("'%c'", c);
    else if (c < 0xa0)
        quoted = g_strdup_printf("'\\u%04x'", c);
    else
        quoted = g_strdup_printf("'%c%c'", 0xc0 | (c >> 6), 0x80 | (c & 0x3f));
    return json_fail(reader, g_strdup_printf("invalid character %s %s", quoted, context));
}

/* --- reading --------------------------------------------------------------------------- */

static void
json_skip_space(JsonReader *reader)
{
    for (; reader->at < reader->length; reader->at++) {
        char c = reader->text[reader->at];

        if (c == '\n') {
            reader->line++;
            reader->line_start = reader->at + 1;
        } else if (c != ' ' && c != '\t' && c != '\r') {
            return;
        }
    }
}

static int
json_peek(const JsonReader *reader)
{
    return reader->at < reader->length ? (guchar)reader->text[reader->at] : -1;
}

static Value *
json_place(const JsonReader *reader, gsize start, Value *value)
{
    value->line = reader->line;
    value->column = (guint)(start - reader->line_start) + 1;
    return value;
}

static gboolean
json_read_hex(JsonReader *reader, gunichar *out_code)
{
    gunichar code = 0;

    for (int i = 0; i < 4; i++, reader->at++) {
        int c = json_peek(reader);

        if (c < 0 || !g_ascii_isxdigit(c)) {
            json_fail_char(reader, "in \\u hexadecimal character escape");
            return FALSE;
        }
        code = code * 16 + (gunichar)g_ascii_xdigit_value((char)c);
    }
    *out_code = code;
    return TRUE;
}

/* After "\u": a code unit, or two that make one character; a lone half is U+FFFD. */
static gboolean
json_read_unicode(JsonReader *reader, GString *out)
{
    gunichar code;
    gunichar low;

    if (!json_read_hex(reader, &code))
        return FALSE;
    if (code >= 0xd800 && code < 0xdc00 && reader->at + 1 < reader->length &&
        reader->text[reader->at] == '\\' && reader->text[reader->at + 1] == 'u') {
        gsize start = reader->at;

        reader->at += 2;
        if (!json_read_hex(reader, &low))
            return FALSE;
        if (low >= 0xdc00 && low < 0xe000)
            code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
        else
            reader->at = start;
    }
    if (code >= 0xd800 && code < 0xe000)
        code = 0xfffd;
    /* A zero cannot stand in a C string. DEVIATES: it becomes U+FFFD. */
    g_string_append_unichar(out, code == 0 ? 0xfffd : code);
    return TRUE;
}

static gboolean
json_read_escape(JsonReader *reader, GString *out)
{
    static const char escapes[] = "\"\\/bfnrt";
    static const char meanings[] = "\"\\/\b\f\n\r\t";
    int c = json_peek(reader);

    if (c == 'u') {
        reader->at++;
        return json_read_unicode(reader, out);
    }

    const char *found = c <= 0 ? NULL : strchr(escapes, c);

    if (found == NULL) {
        json_fail_char(reader, "in string escape code");
        return FALSE;
    }
    g_string_append_c(out, meanings[found - escapes]);
    reader->at++;
    return TRUE;
}

/* The text between quotes; the reader stands after the opening one. (interned) */
static const char *
json_read_text(JsonReader *reader)
{
    gsize start = reader->at;
    const char *result = NULL;

    while (reader->at < reader->length) {
        guchar c = (guchar)reader->text[reader->at];

        if (c == '"' || c == '\\' || c < 0x20 || c >= 0x80)
            break;
        reader->at++;
    }
    if (json_peek(reader) == '"') {
        result = str_intern_len(reader->text + start, reader->at - start);
        reader->at++;
        return result;
    }

    g_autoptr(GString) text = g_string_new_len(reader->text + start, (gssize)(reader->at - start));

    for (;;) {
        int c = json_peek(reader);

        if (c == '"') {
            reader->at++;
            break;
        }
        if (c == '\\') {
            reader->at++;
            if (!json_read_escape(reader, text))
                return NULL;
        } else if (c < 0x20) {
            json_fail_char(reader, "in string literal");
            return NULL;
        } else {
            g_string_append_c(text, (char)c);
            reader->at++;
        }
    }
    if (g_utf8_validate(text->str, (gssize)text->len, NULL))
        return str_intern_len(text->str, text->len);

    g_autofree char *valid = g_utf8_make_valid(text->str, (gssize)text->len);

    return str_intern(valid);
}

static Value *
json_read_number(JsonReader *reader)
{
    gsize start = reader->at;
    gboolean is_float = FALSE;

    if (json_peek(reader) == '-')
        reader->at++;
    if (json_peek(reader) == '0') {
        reader->at++;
    } else if (json_peek(reader) >= '1' && json_peek(reader) <= '9') {
        while (g_ascii_isdigit(json_peek(reader)))
            reader->at++;
    } else {
        return json_fail_char(reader, "in numeric literal");
    }
    if (json_peek(reader) == '.') {
        is_float = TRUE;
        reader->at++;
        if (!g_ascii_isdigit(json_peek(reader)))
            return json_fail_char(reader, "after decimal point in numeric literal");
        while (g_ascii_isdigit(json_peek(reader)))
            reader->at++;
    }
    if (json_peek(reader) == 'e' || json_peek(reader) == 'E') {
        is_float = TRUE;
        reader->at++;
        if (json_peek(reader) == '+' || json_peek(reader) == '-')
            reader->at++;
        if (!g_ascii_isdigit(json_peek(reader)))
            return json_fail_char(reader, "in exponent of numeric literal");
        while (g_ascii_isdigit(json_peek(reader)))
            reader->at++;
    }

    g_autofree char *literal = g_strndup(reader->text + start, reader->at - start);
    gint64 integer;

    if (!is_float &&
        g_ascii_string_to_signed(literal, 10, G_MININT64, G_MAXINT64, &integer, NULL)) {
        Value *value = value_new_int(integer);

        value->text = str_intern(literal);
        return json_place(reader, start, value);
    }
    return json_place(reader, start, value_new_float(literal));
}

static Value *
json_read_literal(JsonReader *reader, const char *word, Value *value)
{
    json_place(reader, reader->at, value);
    for (gsize i = 0; word[i] != '\0'; i++, reader->at++) {
        if (json_peek(reader) != word[i]) {
            g_autofree char *context =
                g_strdup_printf("in literal %s (expecting '%c')", word, word[i]);

            value_free(value);
            return json_fail_char(reader, context);
        }
    }
    return value;
}

static Value *json_read_value(JsonReader *reader);

static Value *
json_read_list(JsonReader *reader)
{
    Value *list = json_place(reader, reader->at, value_new_list());

    reader->at++;
    json_skip_space(reader);
    if (json_peek(reader) == ']') {
        reader->at++;
        return list;
    }
    for (;;) {
        Value *item = json_read_value(reader);

        if (item == NULL)
            break;
        value_append(list, item);
        json_skip_space(reader);
        if (json_peek(reader) == ']') {
            reader->at++;
            return list;
        }
        if (json_peek(reader) != ',') {
            json_fail_char(reader, "after array element");
            break;
        }
        reader->at++;
    }
    value_free(list);
    return NULL;
}

static gboolean
json_read_member(JsonReader *reader, Value *map)
{
    guint line = reader->line;
    guint column = (guint)(reader->at - reader->line_start) + 1;

    if (json_peek(reader) != '"') {
        json_fail_char(reader, "looking for beginning of object key string");
        return FALSE;
    }
    reader->at++;

    const char *key = json_read_text(reader);

    if (key == NULL)
        return FALSE;
    json_skip_space(reader);
    if (json_peek(reader) != ':') {
        json_fail_char(reader, "after object key");
        return FALSE;
    }
    reader->at++;

    Value *item = json_read_value(reader);

    if (item == NULL)
        return FALSE;
    value_add_member(map, key, item);
    value_set_key_place(map, map->count - 1, line, column);
    return TRUE;
}

static Value *
json_read_map(JsonReader *reader)
{
    Value *map = json_place(reader, reader->at, value_new_map());

    reader->at++;
    json_skip_space(reader);
    if (json_peek(reader) == '}') {
        reader->at++;
        return map;
    }
    while (json_read_member(reader, map)) {
        json_skip_space(reader);
        if (json_peek(reader) == '}') {
            reader->at++;
            return map;
        }
        if (json_peek(reader) != ',') {
            json_fail_char(reader, "after object key:value pair");
            break;
        }
        reader->at++;
        json_skip_space(reader);
    }
    value_free(map);
    return NULL;
}

static Value *
json_read_nested(JsonReader *reader, gboolean is_map)
{
    Value *value;

    if (reader->depth >= JSON_MAX_DEPTH)
        return json_fail(reader, g_strdup("exceeded max depth"));
    reader->depth++;
    value = is_map ? json_read_map(reader) : json_read_list(reader);
    reader->depth--;
    return value;
}

static Value *
json_read_value(JsonReader *reader)
{
    json_skip_space(reader);
    switch (json_peek(reader)) {
    case '{':
        return json_read_nested(reader, TRUE);
    case '[':
        return json_read_nested(reader, FALSE);
    case '"': {
        gsize start = reader->at++;
        guint line = reader->line;
        const char *text = json_read_text(reader);

        if (text == NULL)
            return NULL;

        Value *value = json_place(reader, start, value_new_string(text));

        value->line = line;
        return value;
    }
    case 't':
        return json_read_literal(reader, "true", value_new_bool(TRUE));
    case 'f':
        return json_read_literal(reader, "false", value_new_bool(FALSE));
    case 'n':
        return json_read_literal(reader, "null", value_new_null());
    case '-':
    case '0' ... '9':
        return json_read_number(reader);
    default:
        return json_fail_char(reader, "looking for beginning of value");
    }
}

Value *
value_read_json(const char *text, gsize length, char **out_message)
{
    JsonReader reader = {.text = text, .length = length, .line = 1};
    Value *value = json_read_value(&reader);

    json_skip_space(&reader);
    if (value != NULL && reader.at < reader.length) {
        value_free(value);
        value = json_fail_char(&reader, "after top-level value");
    }
    if (out_message != NULL && reader.message != NULL)
        *out_message = g_steal_pointer(&reader.message);
    g_free(reader.message);
    return value;
}

Value *
value_read_json_next(const char *text, gsize length, gsize *inout_at, char **out_message)
{
    JsonReader reader = {.text = text, .length = length, .at = *inout_at, .line = 1};
    Value *value = NULL;

    json_skip_space(&reader);
    if (reader.at < length)
        value = json_read_value(&reader);
    *inout_at = reader.at;
    *out_message = reader.message;
    return value;
}

/* To the next line that begins a document: whoever wrote one document wrong may have written the next one right. */
static void
json_skip_document(JsonReader *reader)
{
    while (reader->at < reader->length) {
        const char *end = memchr(reader->text + reader->at, '\n', reader->length - reader->at);

        if (end == NULL) {
            reader->at = reader->length;
            return;
        }
        reader->at = (gsize)(end - reader->text) + 1;
        reader->line++;
        reader->line_start = reader->at;
        if (json_peek(reader) == '{')
            return;
    }
}

GPtrArray *
value_read_json_stream(const char *text, gsize length, const char *file, Diag *diag, gboolean *out_is_cut)
{
    GPtrArray *documents = g_ptr_array_new_with_free_func((GDestroyNotify)value_free);
    JsonReader reader = {.text = text, .length = length, .line = 1};

    *out_is_cut = FALSE;
    for (json_skip_space(&reader); reader.at < length; json_skip_space(&reader)) {
        Value *document = json_read_value(&reader);

        if (document != NULL) {
            g_ptr_array_add(documents, document);
            continue;
        }
        *out_is_cut = reader.at >= length;
        if (!*out_is_cut)
            diag_add(diag, DIAG_ERROR, (SourcePos){file, reader.line, (guint)(reader.at - reader.line_start) + 1}, NULL, "%s; this is no JSON", reader.message);
        g_clear_pointer(&reader.message, g_free);
        json_skip_document(&reader);
    }
    return documents;
}
