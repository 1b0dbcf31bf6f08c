/* fields.c - see fields.h */

#include "scenario/fields.h"

#include "base/duration.h"
#include "base/intern.h"
#include "base/quantity.h"

#include <stdarg.h>

#define AT(type, data, field) ((type *)(gpointer)((char *)(data) + (field)->offset))

static const char *const type_words[] = {
    [SC_STRING] = "string",      [SC_BOOL] = "true or false",
    [SC_INT] = "integer",        [SC_DURATION] = "duration such as 300ms, 90s, 5m",
    [SC_DIST] = "duration or {p50: 2ms, p99: 10ms}",
    [SC_CPU] = "CPU such as 2 or 500m", [SC_BYTES] = "size such as 512Mi",
    [SC_RATE] = "rate such as 200/s", [SC_SIZE_RATE] = "bytes per second such as 100Mi",
    [SC_ENUM] = "word",          [SC_STRINGS] = "list of strings",
    [SC_LABELS] = "map of strings", [SC_TIME] = "time such as 2026-01-05T09:00:00Z",
    [SC_CPU_TIME] = "CPU time such as 4ms", [SC_MAP] = "map", [SC_LIST] = "list of maps",
    [SC_VALUE] = "anything",
};

static void
sc_report(const ScReader *reader, DiagLevel level, const Value *at, const char *path, const char *format, va_list args)
{
    g_autofree char *text = g_strdup_vprintf(format, args);
    SourcePos pos = {reader->file, at != NULL ? at->line : 0, at != NULL ? at->column : 0};

    diag_add(reader->diag, level, pos, path, "%s", text);
}

void
sc_error(const ScReader *reader, const Value *at, const char *path, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    sc_report(reader, DIAG_ERROR, at, path, format, args);
    va_end(args);
}

void
sc_warning(const ScReader *reader, const Value *at, const char *path, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    sc_report(reader, DIAG_WARNING, at, path, format, args);
    va_end(args);
}

SourcePos
sc_key_pos(const ScReader *reader, const Value *map, guint index)
{
    SourcePos pos = {reader->file, 0, 0};

    if (map->key_lines != NULL) {
        pos.line = map->key_lines[index];
        pos.column = map->key_columns[index];
    }
    return pos;
}

static const char *
value_word(const Value *value)
{
    static const char *const words[] = {"nothing", "true/false", "an integer", "a number", "a string", "a list", "a map"};

    return words[value->type];
}

/* The text of a scalar, as the author wrote it. */
static const char *
scalar_text(const Value *value)
{
    switch (value->type) {
    case VALUE_BOOL:
        return value->boolean ? "true" : "false";
    case VALUE_INT:
    case VALUE_FLOAT:
    case VALUE_STRING:
        return value->text;
    case VALUE_NULL:
    case VALUE_LIST:
    case VALUE_MAP:
    default:
        return NULL;
    }
}

/* "200/s", "0.5/s", "30/m", "1200/h": per second * 10^6. */
static gboolean
parse_rate(const char *text, gint64 *out_rate)
{
    g_autofree char *number = NULL;
    const char *slash = strchr(text, '/');
    Quantity quantity;
    gint64 divisor = 1;

    if (slash == NULL)
        return FALSE;
    number = g_strndup(text, (gsize)(slash - text));
    if (!quantity_parse(number, &quantity) || quantity_sign(&quantity) < 0)
        return FALSE;
    if (str_is(slash, "/m"))
        divisor = 60;
    else if (str_is(slash, "/h"))
        divisor = 3600;
    else if (!str_is(slash, "/s"))
        return FALSE;
    *out_rate = (gint64)(quantity.nano / 1000 / divisor);
    return TRUE;
}

static gboolean
parse_number(const ScField *field, const char *text, gint64 *out)
{
    Quantity quantity;

    switch (field->type) {
    case SC_DURATION:
    case SC_CPU_TIME:
        return duration_parse(text, out) && (*out >= 0 || field->min < 0);
    case SC_RATE:
        return parse_rate(text, out);
    case SC_TIME:
        return time_parse_rfc3339(text, out);
    case SC_CPU:
        if (!quantity_parse(text, &quantity) || quantity_sign(&quantity) < 0)
            return FALSE;
        *out = quantity_value_milli(&quantity);
        return TRUE;
    case SC_BYTES:
    case SC_SIZE_RATE:
        if (!quantity_parse(text, &quantity) || quantity_sign(&quantity) < 0)
            return FALSE;
        *out = quantity_value(&quantity);
        return TRUE;
    default:
        return g_ascii_string_to_signed(text, 10, G_MININT64, G_MAXINT64, out, NULL);
    }
}

static gboolean
read_member_ns(const ScReader *reader, const Value *map, const char *key, const char *path, gint64 *out)
{
    const Value *value = value_get(map, key);
    const char *text = value != NULL ? scalar_text(value) : NULL;

    if (text != NULL && duration_parse(text, out) && *out >= 0)
        return TRUE;
    sc_error(reader, value != NULL ? value : map, path, "%s is %s; write a duration such as 2ms", key,
             value == NULL ? "missing" : "no duration");
    return FALSE;
}

static gboolean
read_shape(const ScReader *reader, const Value *map, const char *path, guint *out_milli)
{
    const Value *value = value_get(map, "shape");
    const char *text = value != NULL ? scalar_text(value) : NULL;
    Quantity quantity;

    if (text != NULL && quantity_parse(text, &quantity) && quantity_sign(&quantity) > 0) {
        *out_milli = (guint)quantity_value_milli(&quantity);
        return TRUE;
    }
    sc_error(reader, map, path, "shape must be a positive number; write {pareto: 10ms, shape: 1.5}");
    return FALSE;
}

gboolean
sc_read_dist(const ScReader *reader, const Value *value, const char *path, Dist *out_dist)
{
    Dist dist = {0};
    const char *text = scalar_text(value);
    gboolean fine = FALSE;

    if (text != NULL) {
        gint64 ns;
        if (duration_parse(text, &ns) && ns >= 0) {
            *out_dist = DIST_CONST(ns);
            return TRUE;
        }
        sc_error(reader, value, path, "'%s' is no duration; write 300ms, or {p50: 2ms, p99: 10ms}", text);
        return FALSE;
    }
    if (value->type != VALUE_MAP) {
        sc_error(reader, value, path, "expected a duration, found %s; write 300ms, or {p50: 2ms, p99: 10ms}", value_word(value));
        return FALSE;
    }
    if (value_get(value, "p50") != NULL) {
        dist.type = DIST_LOGNORMAL;
        fine = read_member_ns(reader, value, "p50", path, &dist.a_ns) && read_member_ns(reader, value, "p99", path, &dist.b_ns);
        if (fine && dist.b_ns < dist.a_ns) {
            sc_error(reader, value, path, "p99 is below p50; write the larger one as p99");
            return FALSE;
        }
    } else if (value_get(value, "min") != NULL) {
        dist.type = DIST_UNIFORM;
        fine = read_member_ns(reader, value, "min", path, &dist.a_ns) && read_member_ns(reader, value, "max", path, &dist.b_ns);
        if (fine && dist.b_ns < dist.a_ns) {
            sc_error(reader, value, path, "max is below min; write the larger one as max");
            return FALSE;
        }
    } else if (value_get(value, "mean") != NULL && value_get(value, "sd") != NULL) {
        dist.type = DIST_NORMAL;
        fine = read_member_ns(reader, value, "mean", path, &dist.a_ns) && read_member_ns(reader, value, "sd", path, &dist.b_ns);
    } else if (value_get(value, "mean") != NULL || value_get(value, "exponential") != NULL) {
        dist.type = DIST_EXPONENTIAL;
        fine = read_member_ns(reader, value, value_get(value, "mean") != NULL ? "mean" : "exponential", path, &dist.a_ns);
    } else if (value_get(value, "pareto") != NULL) {
        dist.type = DIST_PARETO;
        fine = read_member_ns(reader, value, "pareto", path, &dist.a_ns) && read_shape(reader, value, path, &dist.shape_milli);
    } else if (value_get(value, "weibull") != NULL) {
        dist.type = DIST_WEIBULL;
        fine = read_member_ns(reader, value, "weibull", path, &dist.a_ns) && read_shape(reader, value, path, &dist.shape_milli);
    } else {
        sc_error(reader, value, path, "unknown distribution; write {p50, p99}, {min, max}, {mean}, {mean, sd}, {pareto, shape} or {weibull, shape}");
        return FALSE;
    }
    if (fine)
        *out_dist = dist;
    return fine;
}

static void
read_strings(const ScReader *reader, const ScField *field, gpointer data, const Value *value, const char *path)
{
    StringList *list = AT(StringList, data, field);

    g_free(list->items);
    list->items = NULL;
    list->count = 0;
    if (value->type == VALUE_STRING) { /* one string stands for a list of one */
        list->items = g_new(const char *, 1);
        list->items[0] = value->text;
        list->count = 1;
        return;
    }
    if (value->type != VALUE_LIST) {
        sc_error(reader, value, path, "expected a list, found %s; write [a, b]", value_word(value));
        return;
    }
    list->items = g_new0(const char *, MAX(value->count, 1));
    for (guint i = 0; i < value->count; i++) {
        const char *text = scalar_text(value->items[i]);
        if (text == NULL)
            sc_error(reader, value->items[i], path, "expected a string, found %s", value_word(value->items[i]));
        else
            list->items[list->count++] = text;
    }
}

static void
read_labels(const ScReader *reader, const ScField *field, gpointer data, const Value *value, const char *path)
{
    LabelList *list = AT(LabelList, data, field);

    g_free(list->items);
    list->items = NULL;
    list->count = 0;
    if (value->type != VALUE_MAP) {
        sc_error(reader, value, path, "expected a map, found %s; write {key: value}", value_word(value));
        return;
    }
    list->items = g_new0(struct ScLabel, MAX(value->count, 1));
    for (guint i = 0; i < value->count; i++) {
        const char *text = value->items[i]->type == VALUE_NULL ? "" : scalar_text(value->items[i]);
        if (text == NULL) {
            sc_error(reader, value->items[i], path, "expected a string, found %s", value_word(value->items[i]));
            continue;
        }
        list->items[list->count].key = value->keys[i];
        list->items[list->count++].value = str_intern(text);
    }
}

static void
read_list(const ScReader *reader, const ScField *field, gpointer data, const Value *value, const char *path)
{
    ScList *list = AT(ScList, data, field);

    if (value->type != VALUE_LIST) {
        sc_error(reader, value, path, "expected a list, found %s; write lines that begin with '- '", value_word(value));
        return;
    }
    list->items = g_malloc0(MAX(value->count, 1) * field->item_size);
    for (guint i = 0; i < value->count; i++) {
        g_autofree char *item_path = g_strdup_printf("%s[%u]", path, i);
        gpointer item = list->items + (gsize)list->count * field->item_size;

        sc_defaults(field->fields, item);
        list->count++;
        if (value->items[i]->type != VALUE_MAP)
            sc_error(reader, value->items[i], item_path, "expected a map, found %s", value_word(value->items[i]));
        else
            sc_read(reader, field->fields, item, value->items[i], item_path);
    }
}

static void
read_enum(const ScReader *reader, const ScField *field, gpointer data, const Value *value, const char *text, const char *path)
{
    for (guint i = 0; field->words[i] != NULL; i++)
        if (str_is(field->words[i], text)) {
            *AT(const char *, data, field) = str_intern(text);
            return;
        }
    {
        const char *near = diag_nearest(text, field->words);
        g_autofree char *all = g_strjoinv(", ", (char **)(gpointer)field->words);
        sc_error(reader, value, path, "unknown word '%s'; write %s%s%s", text, near != NULL ? near : "one of ", near != NULL ? "" : all, "");
    }
}

static void
read_scalar(const ScReader *reader, const ScField *field, gpointer data, const Value *value, const char *path)
{
    const char *text = scalar_text(value);
    gint64 number;

    if (text == NULL) {
        sc_error(reader, value, path, "expected %s, found %s", type_words[field->type], value_word(value));
        return;
    }
    switch (field->type) {
    case SC_STRING:
        *AT(const char *, data, field) = str_intern(text);
        return;
    case SC_ENUM:
        read_enum(reader, field, data, value, text, path);
        return;
    case SC_BOOL:
        if (value->type != VALUE_BOOL)
            sc_error(reader, value, path, "'%s' is not true or false; write true or false", text);
        else
            *AT(gboolean, data, field) = value->boolean;
        return;
    default:
        break;
    }
    if (!parse_number(field, text, &number)) {
        sc_error(reader, value, path, "'%s' is not a valid value; write a %s", text, type_words[field->type]);
        return;
    }
    if (field->max > field->min && (number < field->min || number > field->max)) {
        sc_error(reader, value, path, "'%s' is out of range; write a value from %" G_GINT64_FORMAT " to %" G_GINT64_FORMAT, text, field->min, field->max);
        return;
    }
    *AT(gint64, data, field) = number;
}

static void
read_field(const ScReader *reader, const ScField *field, gpointer data, const Value *value, const char *path)
{
    if (field->given_offset != 0)
        *(gboolean *)(gpointer)((char *)data + field->given_offset) = TRUE;
    switch (field->type) {
    case SC_VALUE:
        *AT(const Value *, data, field) = value;
        return;
    case SC_DIST:
        sc_read_dist(reader, value, path, AT(Dist, data, field));
        return;
    case SC_STRINGS:
        read_strings(reader, field, data, value, path);
        return;
    case SC_LABELS:
        read_labels(reader, field, data, value, path);
        return;
    case SC_LIST:
        read_list(reader, field, data, value, path);
        return;
    case SC_MAP:
        if (value->type == VALUE_NULL)
            return;
        if (value->type != VALUE_MAP)
            sc_error(reader, value, path, "expected a map, found %s", value_word(value));
        else
            sc_read(reader, field->fields, AT(char, data, field), value, path);
        return;
    default:
        read_scalar(reader, field, data, value, path);
    }
}

void
sc_read(const ScReader *reader, const ScField *fields, gpointer data, const Value *map, const char *path)
{
    for (guint i = 0; i < map->count; i++) {
        const ScField *field = fields;
        g_autofree char *member = g_strdup_printf("%s%s%s", path, path[0] != '\0' ? "." : "", map->keys[i]);

        while (field->name != NULL && !str_is(field->name, map->keys[i]))
            field++;
        if (field->name != NULL) {
            read_field(reader, field, data, map->items[i], member);
            continue;
        }
        {
            g_autoptr(GPtrArray) names = g_ptr_array_new();
            const char *near;

            for (field = fields; field->name != NULL; field++)
                g_ptr_array_add(names, (gpointer)field->name);
            g_ptr_array_add(names, NULL);
            near = diag_nearest(map->keys[i], (const char *const *)names->pdata);
            if (near != NULL) {
                diag_add(reader->diag, DIAG_ERROR, sc_key_pos(reader, map, i), member, "unknown field '%s'; write %s", map->keys[i], near);
            } else {
                g_autofree char *all = g_strjoinv(", ", (char **)names->pdata);
                diag_add(reader->diag, DIAG_ERROR, sc_key_pos(reader, map, i), member, "unknown field '%s'; known here: %s", map->keys[i], all);
            }
        }
    }
}

void
sc_defaults(const ScField *fields, gpointer data)
{
    for (const ScField *field = fields; field->name != NULL; field++) {
        if (field->type == SC_MAP) {
            sc_defaults(field->fields, AT(char, data, field));
        } else if (field->def != NULL) {
            gint64 number = 0;

            switch (field->type) {
            case SC_STRING:
            case SC_ENUM:
                *AT(const char *, data, field) = str_intern(field->def);
                break;
            case SC_BOOL:
                *AT(gboolean, data, field) = str_is(field->def, "true");
                break;
            case SC_DIST:
                g_assert(duration_parse(field->def, &number));
                *AT(Dist, data, field) = DIST_CONST(number);
                break;
            default:
                g_assert(parse_number(field, field->def, &number));
                *AT(gint64, data, field) = number;
            }
        }
    }
}

void
sc_clear(const ScField *fields, gpointer data)
{
    for (const ScField *field = fields; field->name != NULL; field++) {
        if (field->type == SC_MAP) {
            sc_clear(field->fields, AT(char, data, field));
        } else if (field->type == SC_LIST) {
            ScList *list = AT(ScList, data, field);
            for (guint i = 0; i < list->count; i++)
                sc_clear(field->fields, list->items + (gsize)i * field->item_size);
            g_clear_pointer(&list->items, g_free);
        } else if (field->type == SC_STRINGS) {
            g_clear_pointer(&AT(StringList, data, field)->items, g_free);
        } else if (field->type == SC_LABELS) {
            g_clear_pointer(&AT(LabelList, data, field)->items, g_free);
        }
    }
}

void
sc_explain(const ScField *fields, GString *out, guint indent)
{
    for (const ScField *field = fields; field->name != NULL; field++) {
        g_string_append_printf(out, "%*s%s <%s>", (int)indent, "", field->name, type_words[field->type]);
        if (field->words != NULL) {
            g_autofree char *all = g_strjoinv(" | ", (char **)(gpointer)field->words);
            g_string_append_printf(out, " (%s)", all);
        }
        if (field->def != NULL)
            g_string_append_printf(out, " default %s", field->def);
        g_string_append_printf(out, "\n%*s%s\n", (int)indent + 4, "", field->doc != NULL ? field->doc : "");
        if (field->fields != NULL)
            sc_explain(field->fields, out, indent + 2);
    }
}
