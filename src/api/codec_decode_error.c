/* codec_decode_error.c - the words of the decoder's errors, and where they are; see codec_decode.h */

#include "api/codec_decode.h"

#define MAX_STRICT_ERRORS 100

static void
place_append(GString *text, const Place *place, gboolean for_go)
{
    if (place == NULL)
        return;
    place_append(text, place->up, for_go);
    if (place->name == NULL) {
        if (!for_go)
            g_string_append_printf(text, "[%u]", place->index);
    } else if (!for_go || !place->is_map_key) {
        if (text->len > 0)
            g_string_append_c(text, '.');
        g_string_append(text, place->name);
    }
}

static char *
place_format(const Decoder *decoder, const Place *place, gboolean for_go)
{
    GString *text = g_string_new(decoder->prefix);

    /* Go's field path has no indexes, so take those of the prefix out as well. */
    if (for_go) {
        gsize kept = 0;
        gboolean is_index = FALSE;

        for (gsize i = 0; i < text->len; i++) {
            is_index = is_index || text->str[i] == '[';
            if (!is_index)
                text->str[kept++] = text->str[i];
            else if (text->str[i] == ']')
                is_index = FALSE;
        }
        g_string_truncate(text, kept);
    }
    place_append(text, place, for_go);
    return g_string_free(text, FALSE);
}

void
decode_set_error(Decoder *decoder, const Value *value, const Place *place, char *text)
{
    ApiDecodeResult *result = decoder->result;

    g_free(result->type_error);
    g_free(result->path);
    result->type_error = text;
    result->path = place_format(decoder, place, FALSE);
    result->line = value->line;
    result->column = value->column;
}

/* An error of UnmarshalJSON: no path, ends the decoding. @text is taken. */
gboolean
decode_fatal(Decoder *decoder, const Value *value, const Place *place, char *text)
{
    decode_set_error(decoder, value, place, text);
    decoder->is_fatal = TRUE;
    return FALSE;
}

const char *
decode_json_type(const Value *value)
{
    switch (value->type) {
    case VALUE_NULL:
        return "null";
    case VALUE_BOOL:
        return "bool";
    case VALUE_INT:
    case VALUE_FLOAT:
        return "number";
    case VALUE_STRING:
        return "string";
    case VALUE_LIST:
        return "array";
    case VALUE_MAP:
        return "object";
    }
    return "";
}

/* @with_literal: the number has a Go type of the right sort, but does not fit. */
void
decode_type_error(Decoder *decoder,
                  const ApiType *holder,
                  const Value *value,
                  const Place *place,
                  const char *go_type,
                  gboolean with_literal)
{
    if (decoder->result->type_error != NULL)
        return;

    g_autofree char *path = place_format(decoder, place, TRUE);

    decode_set_error(decoder, value, place,
                     g_strdup_printf("json: cannot unmarshal %s%s%s into Go struct field %s.%s of "
                                     "type %s",
                                     decode_json_type(value), with_literal ? " " : "",
                                     with_literal ? value->text : "", holder->name, path, go_type));
}

void
decode_add_strict(Decoder *decoder, const char *what, const Value *value, const Place *place)
{
    ApiDecodeResult *result = decoder->result;
    char *path = place_format(decoder, place, FALSE);
    g_autofree char *text = g_strdup_printf("%s field \"%s\"", what, path);

    if (result->strict == NULL)
        result->strict = g_ptr_array_new_with_free_func(g_free);
    if (what[0] == 'u') {
        if (result->unknown == NULL) {
            result->unknown = g_ptr_array_new_with_free_func(g_free);
            result->unknown_pos = g_ptr_array_new();
        }
        g_ptr_array_add(result->unknown, path);
        g_ptr_array_add(result->unknown_pos, (gpointer)value);
    } else {
        g_free(path);
    }
    for (guint i = 0; i < result->strict->len; i++)
        if (str_is(g_ptr_array_index(result->strict, i), text))
            return;
    if (result->strict->len < MAX_STRICT_ERRORS)
        g_ptr_array_add(result->strict, g_steal_pointer(&text));
}

void
api_decode_result_clear(ApiDecodeResult *result)
{
    g_free(result->type_error);
    g_free(result->path);
    if (result->unknown != NULL)
        g_ptr_array_unref(result->unknown);
    if (result->unknown_pos != NULL)
        g_ptr_array_unref(result->unknown_pos);
    if (result->strict != NULL)
        g_ptr_array_unref(result->strict);
    *result = (ApiDecodeResult){0};
}

char *
api_decode_result_strict_text(const ApiDecodeResult *result)
{
    if (result->strict == NULL || result->strict->len == 0)
        return NULL;

    GString *text = g_string_new("strict decoding error: ");

    for (guint i = 0; i < result->strict->len; i++) {
        g_string_append(text, i > 0 ? ", " : "");
        g_string_append(text, g_ptr_array_index(result->strict, i));
    }
    return g_string_free(text, FALSE);
}
