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

gboolean
decode_whole(const char *text, gint64 *out_integer)
{
    Quantity quantity;

    if (!quantity_parse(text, &quantity) || quantity_value_milli(&quantity) % 1000 != 0)
        return FALSE;
    *out_integer = quantity_value_milli(&quantity) / 1000;
    return TRUE;
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

static char *
type_error_text(Decoder *decoder,
                const ApiType *holder,
                const Value *value,
                const Place *place,
                const char *go_type,
                gboolean with_literal)
{
    g_autofree char *path = place_format(decoder, place, TRUE);

    return g_strdup_printf("json: cannot unmarshal %s%s%s into Go struct field %s.%s of type %s", decode_json_type(value),
                           with_literal ? " " : "", with_literal ? value->text : "", holder->name, path, go_type);
}

void
decode_type_error(Decoder *decoder,
                  const ApiType *holder,
                  const Value *value,
                  const Place *place,
                  const char *go_type,
                  gboolean with_literal)
{
    if (decoder->result->type_error == NULL)
        decode_set_error(decoder, value, place, type_error_text(decoder, holder, value, place, go_type, with_literal));
}

gboolean
decode_fatal_type(Decoder *decoder,
                  const ApiType *holder,
                  const Value *value,
                  const Place *place,
                  const char *go_type,
                  gboolean with_literal)
{
    return decode_fatal(decoder, value, place, type_error_text(decoder, holder, value, place, go_type, with_literal));
}

/* --- time.Parse ------------------------------------------------------------------------------ */

/* The elements of the two layouts: a number of so many digits within a range, or a letter that stands for itself. */
typedef struct {
    const char *std; /* as the layout writes it */
    guint digits;    /* 0: not a number */
    gint last;       /* the greatest that it may be */
    const char *range;
} TimePart;

static const TimePart time_parts[] = {
    {"2006", 4, 9999, NULL}, {"-", 0, 0, NULL},       {"01", 2, 12, "month"}, {"-", 0, 0, NULL},
    {"02", 2, 99, NULL},     {"T", 0, 0, NULL},       {"15", 2, 23, "hour"},  {":", 0, 0, NULL},
    {"04", 2, 59, "minute"}, {":", 0, 0, NULL},       {"05", 2, 59, "second"},
};

/* How many digits of @at make the number; 0: it is none. Only an hour may have one. */
static guint
time_digits(const TimePart *part, const char *at)
{
    guint n = 0;

    while (n < part->digits && g_ascii_isdigit(at[n]))
        n++;
    return n == part->digits || (n == 1 && strcmp(part->std, "15") == 0) ? n : 0;
}

/* Behind the seconds: six digits after a point of a MicroTime, as many as there are of a Time. NULL: not so. */
static const char *
skip_fraction(const char *at, gboolean is_micro)
{
    gsize digits = at[0] == '.' || at[0] == ',' ? strspn(at + 1, "0123456789") : 0;

    if (is_micro)
        return at[0] == '.' && digits >= 6 ? at + 7 : NULL;
    return digits > 0 ? at + 1 + digits : at;
}

/* NULL: no zone. */
static const char *
skip_zone(const char *at)
{
    if (at[0] == 'Z')
        return at + 1;
    if (strlen(at) < 6 || (at[0] != '+' && at[0] != '-') || at[3] != ':' || strspn(at + 1, "0123456789") != 2 ||
        strspn(at + 4, "0123456789") < 2)
        return NULL;
    return at + 6;
}

static gboolean
is_day_of_month(int year, int month, int day)
{
    return g_date_valid_dmy((GDateDay)MIN(day, 255), (GDateMonth)month, (GDateYear)MAX(year, 1));
}

char *
decode_time_fault(const char *text, gboolean is_micro)
{
    const char *layout = is_micro ? "2006-01-02T15:04:05.000000Z07:00" : "2006-01-02T15:04:05Z07:00";
    const char *at = text;
    const char *rest = NULL, *std = NULL;
    int numbers[G_N_ELEMENTS(time_parts)] = {0};

    for (guint i = 0; i < G_N_ELEMENTS(time_parts) && rest == NULL; i++) {
        const TimePart *part = &time_parts[i];
        guint n = part->digits > 0 ? time_digits(part, at) : at[0] == part->std[0];

        for (guint k = 0; k < n && part->digits > 0; k++)
            numbers[i] = numbers[i] * 10 + (at[k] - '0');
        if (n > 0 && part->range != NULL && (numbers[i] > part->last || (i == 2 && numbers[i] == 0)))
            return g_strdup_printf("parsing time \"%s\": %s out of range", text, part->range);
        if (n == 0) {
            rest = at;
            std = part->std;
        }
        at += n;
    }
    if (rest == NULL && skip_fraction(at, is_micro) == NULL) {
        rest = at;
        std = ".000000";
    } else if (rest == NULL) {
        at = skip_fraction(at, is_micro);
        rest = skip_zone(at) == NULL ? at : NULL;
        std = "Z07:00";
    }
    if (rest != NULL)
        return g_strdup_printf("parsing time \"%s\" as \"%s\": cannot parse \"%s\" as \"%s\"", text, layout, rest, std);
    at = skip_zone(at);
    if (at[0] != '\0')
        return g_strdup_printf("parsing time \"%s\": extra text: \"%s\"", text, at);
    if (!is_day_of_month(numbers[0], numbers[2], numbers[4]))
        return g_strdup_printf("parsing time \"%s\": day out of range", text);
    return NULL;
}

/* --- unknown and repeated fields --------------------------------------------------------------- */

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
    *result = (ApiDecodeResult){.converts = result->converts};
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
