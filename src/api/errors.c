/* errors.c - field errors; see validate.h. Texts of v1.34 apimachinery pkg/util/validation/field. */

#include "api/validate.h"

static const struct {
    const char *title;
    gboolean has_value; /* the bad value is printed */
} error_types[] = {
    [FIELD_REQUIRED] = {"Required value", FALSE},
    [FIELD_INVALID] = {"Invalid value", TRUE},
    [FIELD_DUPLICATE] = {"Duplicate value", TRUE},
    [FIELD_NOT_FOUND] = {"Not found", TRUE},
    [FIELD_NOT_SUPPORTED] = {"Unsupported value", TRUE},
    [FIELD_FORBIDDEN] = {"Forbidden", FALSE},
    [FIELD_TOO_LONG] = {"Too long", FALSE},
    [FIELD_TOO_MANY] = {"Too many", TRUE},
    [FIELD_INTERNAL] = {"Internal error", FALSE},
};

ApiErrors *
api_errors_new(void)
{
    ApiErrors *errors = g_new(ApiErrors, 1);

    api_errors_init(errors, 34);
    return errors;
}

void
api_errors_free(ApiErrors *errors)
{
    if (errors == NULL)
        return;
    g_free(errors->list.items);
    g_free(errors);
}

/* --- the cursor ------------------------------------------------------------------------ */

static void
push_step(ApiErrors *errors, ApiPathStep step)
{
    g_assert(errors->depth < API_PATH_MAX);
    errors->path[errors->depth++] = step;
}

void
api_errors_push(ApiErrors *errors, const char *name)
{
    push_step(errors, (ApiPathStep){.text = name});
}

void
api_errors_push_index(ApiErrors *errors, guint index)
{
    push_step(errors, (ApiPathStep){.index = index});
}

void
api_errors_push_key(ApiErrors *errors, const char *key)
{
    push_step(errors, (ApiPathStep){.text = key, .is_key = TRUE});
}

void
api_errors_pop(ApiErrors *errors)
{
    g_assert(errors->depth > 0);
    errors->depth--;
}

/* The cursor's path as text: "spec.containers[0].env[KEY]". (owned) */
static GString *
path_text(const ApiErrors *errors)
{
    GString *path = g_string_new(NULL);

    for (guint i = 0; i < errors->depth; i++) {
        const ApiPathStep *step = &errors->path[i];

        if (step->text == NULL)
            g_string_append_printf(path, "[%u]", step->index);
        else if (step->is_key)
            g_string_append_printf(path, "[%s]", step->text);
        else
            g_string_append_printf(path, "%s%s", path->len > 0 ? "." : "", step->text);
    }
    return path;
}

/* --- errors ------------------------------------------------------------------------------ */

static void
errors_add(ApiErrors *errors,
           FieldErrorType type,
           const char *child,
           const char *value,
           const char *detail)
{
    g_autoptr(GString) path = path_text(errors);
    FieldError *error = API_LIST_ADD(&errors->list);

    error->type = type;
    error->value = str_intern(value);
    error->detail = str_intern(detail);
    if (str_is_empty(child))
        error->path = str_intern_len(path->str, path->len);
    else
        /* A child that begins with a bracket is an index or key of the cursor. */
        error->path = str_internf("%s%s%s", path->str,
                                  path->len > 0 && child[0] != '[' ? "." : "", child);
}

const char *
api_quote(const char *text)
{
    g_autoptr(GString) out = g_string_new("\"");

    for (const char *at = text == NULL ? "" : text; *at != '\0';) {
        gunichar code = g_utf8_get_char_validated(at, -1);
        guchar c = (guchar)*at;

        if (c == '"' || c == '\\') {
            g_string_append_printf(out, "\\%c", c);
        } else if (c >= 0x07 && c <= 0x0d) {
            g_string_append_printf(out, "\\%c", "abtnvfr"[c - 0x07]);
        } else if (c < 0x20 || c == 0x7f || code >= (gunichar)-2) {
            g_string_append_printf(out, "\\x%02x", c);
            at++;
            continue;
        } else if (g_unichar_isprint(code) && (code < 0x80 || !g_unichar_isspace(code))) {
            g_string_append_unichar(out, code);
        } else {
            g_string_append_printf(out, code < 0x10000 ? "\\u%04x" : "\\U%08x", code);
        }
        at = g_utf8_next_char(at);
    }
    g_string_append_c(out, '"');
    return str_intern_len(out->str, out->len);
}

void
field_required(ApiErrors *errors, const char *child, const char *detail)
{
    errors_add(errors, FIELD_REQUIRED, child, NULL, detail);
}

void
field_invalid_string(ApiErrors *errors, const char *child, const char *value, const char *detail)
{
    errors_add(errors, FIELD_INVALID, child, api_quote(value), detail);
}

void
field_invalid_int(ApiErrors *errors, const char *child, gint64 value, const char *detail)
{
    errors_add(errors, FIELD_INVALID, child, str_internf("%" G_GINT64_FORMAT, value), detail);
}

void
field_invalid_raw(ApiErrors *errors, const char *child, const char *printed, const char *detail)
{
    errors_add(errors, FIELD_INVALID, child, printed, detail);
}

void
field_invalid_omitted(ApiErrors *errors, const char *child, const char *detail)
{
    errors_add(errors, FIELD_INVALID, child, "", detail);
}

void
field_invalid_value(ApiErrors *errors, const char *child, const Value *value, const char *detail)
{
    g_autofree char *text = value == NULL ? g_strdup("null") : value_to_json(value, VALUE_COMPACT);

    errors_add(errors, FIELD_INVALID, child, text, detail);
}

void
field_invalid_name(ApiErrors *errors, const char *child, const char *value, const StrList *messages)
{
    for (guint i = 0; i < messages->count; i++)
        field_invalid_string(errors, child, value, messages->items[i]);
}

void
field_duplicate(ApiErrors *errors, const char *child, const char *printed)
{
    errors_add(errors, FIELD_DUPLICATE, child, printed, NULL);
}

void
field_not_found(ApiErrors *errors, const char *child, const char *printed)
{
    errors_add(errors, FIELD_NOT_FOUND, child, printed, NULL);
}

void
field_not_supported(ApiErrors *errors,
                    const char *child,
                    const char *value,
                    const char *const *supported)
{
    g_autoptr(GString) detail = g_string_new(supported[0] == NULL ? NULL : "supported values: ");

    for (guint i = 0; supported[i] != NULL; i++)
        g_string_append_printf(detail, "%s%s", i > 0 ? ", " : "", api_quote(supported[i]));
    errors_add(errors, FIELD_NOT_SUPPORTED, child, api_quote(value), detail->str);
}

void
field_forbidden(ApiErrors *errors, const char *child, const char *detail)
{
    errors_add(errors, FIELD_FORBIDDEN, child, NULL, detail);
}

void
field_too_long(ApiErrors *errors, const char *child, guint max_bytes)
{
    errors_add(errors, FIELD_TOO_LONG, child, NULL,
               str_internf("may not be more than %u bytes", max_bytes));
}

void
field_too_many(ApiErrors *errors, const char *child, gint64 count, guint max_items)
{
    errors_add(errors, FIELD_TOO_MANY, child, str_internf("%" G_GINT64_FORMAT, count),
               str_internf("must have at most %u items", max_items));
}

void
field_internal(ApiErrors *errors, const char *child, const char *detail)
{
    errors_add(errors, FIELD_INTERNAL, child, NULL, detail);
}

/* --- texts ---------------------------------------------------------------------------------- */

const char *
field_error_body(const FieldError *error)
{
    gboolean has_value = error_types[error->type].has_value && (error->value == NULL || error->value[0] != '\0');

    return str_internf("%s%s%s%s%s", error_types[error->type].title, has_value ? ": " : "",
                       has_value ? (error->value == NULL ? "null" : error->value) : "",
                       str_is_empty(error->detail) ? "" : ": ",
                       error->detail == NULL ? "" : error->detail);
}

const char *
field_error_text(const FieldError *error)
{
    return str_internf("%s: %s", error->path, field_error_body(error));
}

char *
api_errors_text(const ApiErrors *errors)
{
    g_autoptr(GHashTable) seen = g_hash_table_new(NULL, NULL);
    GString *text = g_string_new(NULL);

    for (guint i = 0; i < errors->list.count; i++) {
        const char *one = field_error_text(&errors->list.items[i]);

        if (!g_hash_table_add(seen, (gpointer)one))
            continue;
        if (text->len > 0)
            g_string_append(text, ", ");
        g_string_append(text, one);
    }
    if (g_hash_table_size(seen) > 1) {
        g_string_prepend_c(text, '[');
        g_string_append_c(text, ']');
    }
    return g_string_free(text, FALSE);
}
