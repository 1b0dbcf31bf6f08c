/* fields.c - see fields.h */

#include "scenario/fields.h"

#include "base/duration.h"
#include "base/intern.h"
#include "base/quantity.h"

#include <stdarg.h>

#define AT(type, data, field) ((type *)(gpointer)((char *)(data) + (field)->offset))

/* A type as `explain` names it, and as a mistake says what to write. */
static const struct {
    const char *name, *example;
} type_words[] = {
    [SC_STRING] = {"string", "a string"},
    [SC_BOOL] = {"true or false", "true or false"},
    [SC_INT] = {"integer", "an integer"},
    [SC_DURATION] = {"duration such as 300ms, 90s, 5m", "a duration such as 300ms, 90s, 5m"},
    [SC_DIST] = {"duration or {p50: 2ms, p99: 10ms}", "300ms, or {p50: 2ms, p99: 10ms}"},
    [SC_CPU] = {"CPU such as 2 or 500m", "CPU such as 2 or 500m"},
    [SC_BYTES] = {"size such as 512Mi", "a size such as 512Mi"},
    [SC_RATE] = {"rate such as 200/s", "a rate such as 200/s"},
    [SC_SIZE_RATE] = {"bytes per second such as 100Mi", "bytes per second such as 100Mi"},
    [SC_ENUM] = {"word", "a word"},
    [SC_STRINGS] = {"list of strings", "[a, b]"},
    [SC_LABELS] = {"map of strings", "{key: value}"},
    [SC_TIME] = {"time such as 2026-01-05T09:00:00Z", "a time such as 2026-01-05T09:00:00Z"},
    [SC_CPU_TIME] = {"CPU time such as 4ms", "a CPU time such as 4ms"},
    [SC_MAP] = {"map", "a map {key: value}"},
    [SC_LIST] = {"list of maps", "lines that begin with '- '"},
    [SC_VALUE] = {"anything", "anything"},
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

    if (map->key_places != NULL) {
        pos.line = map->key_places[index].line;
        pos.column = map->key_places[index].column;
    }
    return pos;
}

static const char *
value_word(const Value *value)
{
    static const char *const words[] = {"nothing", "true or false", "an integer", "a number", "a string", "a list", "a map"};

    return words[value->type];
}

/* Key number @index of @map is none of @names. */
static void
unknown_field(const ScReader *reader, const Value *map, guint index, const char *path, const char *const *names)
{
    const char *key = map->keys[index];
    const char *near = diag_nearest(key, names);
    g_autofree char *all = near == NULL ? g_strjoinv(", ", (char **)(gpointer)names) : NULL;

    if (near != NULL)
        diag_add(reader->diag, DIAG_ERROR, sc_key_pos(reader, map, index), path, "unknown field '%s'; write %s", key, near);
    else
        diag_add(reader->diag, DIAG_ERROR, sc_key_pos(reader, map, index), path, "unknown field '%s'; write one of %s", key, all);
}

/* What stands there cannot be of the type: a list instead of a duration. */
static void
wrong_type(const ScReader *reader, const Value *value, const char *path, const char *write)
{
    if (value->type == VALUE_BOOL && str_is(write, type_words[SC_STRING].example))
        sc_error(reader, value, path, "YAML takes this word for true or false; write it in quotes");
    else
        sc_error(reader, value, path, "this is %s; write %s", value_word(value), write);
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

/* Within what 64 bits hold, whatever the number of digits. */
static gint64
clamp_nano(__int128 nano)
{
    return nano > G_MAXINT64 ? G_MAXINT64 : (gint64)nano;
}

/* The text of a string. YAML's words for true and false (n, off, yes ...) are none: they would turn into other words. */
static const char *
string_text(const Value *value)
{
    return value->type != VALUE_BOOL ? scalar_text(value) : NULL;
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
    *out_rate = clamp_nano(quantity.nano / 1000 / divisor);
    return TRUE;
}

/* As YAML means an integer (017, 0x1f); a quoted one is read as decimal. */
static gboolean
parse_integer(const Value *value, const char *text, gint64 *out)
{
    if (value == NULL || value->type != VALUE_INT)
        return g_ascii_string_to_signed(text, 10, G_MININT64, G_MAXINT64, out, NULL);
    *out = value->integer;
    return TRUE;
}

/* @value: where @text stands; NULL for a default. */
static gboolean
parse_number(const ScField *field, const Value *value, const char *text, gint64 *out)
{
    Quantity quantity;

    switch (field->type) {
    case SC_DURATION:
    case SC_CPU_TIME:
        return duration_parse(text, out) && *out >= 0;
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
        return parse_integer(value, text, out);
    }
}

/* A number of that type as its author would write it. (owned) */
static char *
format_number(ScType type, gint64 number)
{
    Quantity quantity;

    switch (type) {
    case SC_DURATION:
    case SC_CPU_TIME:
        return number >= NS_PER_HOUR && number % NS_PER_HOUR == 0 ? g_strdup_printf("%" G_GINT64_FORMAT "h", number / NS_PER_HOUR) : duration_format_go(number);
    case SC_RATE:
        return g_strdup_printf("%" G_GINT64_FORMAT "/s", number / 1000000);
    case SC_CPU:
        return g_strdup_printf("%" G_GINT64_FORMAT "%s", number % 1000 == 0 ? number / 1000 : number, number % 1000 == 0 ? "" : "m");
    case SC_BYTES:
    case SC_SIZE_RATE:
        quantity = quantity_from_int(number, QUANTITY_BINARY_SI);
        return g_strdup(quantity_format(&quantity));
    default:
        return g_strdup_printf("%" G_GINT64_FORMAT, number);
    }
}

/* What is longer would overflow when times are added; nobody simulates ten years. */
#define MAX_DURATION_NS (87600 * NS_PER_HOUR)

static gboolean
is_in_range(const ScReader *reader, const ScField *field, const Value *value, const char *text, gint64 number, const char *path)
{
    gint64 min = field->min;
    gint64 max = field->max;
    g_autofree char *lowest = NULL;
    g_autofree char *highest = NULL;

    if (max <= min) {
        if (field->type != SC_DURATION && field->type != SC_CPU_TIME)
            return TRUE;
        max = MAX_DURATION_NS;
    }
    if (number >= min && number <= max)
        return TRUE;
    lowest = format_number(field->type, min);
    highest = format_number(field->type, max);
    sc_error(reader, value, path, "'%s' is out of range; write a value from %s to %s", text, lowest, highest);
    return FALSE;
}

static gboolean
read_member_ns(const ScReader *reader, const Value *map, const char *key, const char *path, gint64 *out)
{
    const Value *value = value_get(map, key);
    const char *text = value != NULL ? scalar_text(value) : NULL;

    if (text != NULL && duration_parse(text, out) && *out >= 0 && *out <= MAX_DURATION_NS)
        return TRUE;
    sc_error(reader, value != NULL ? value : map, path, "%s is %s; write a duration such as 2ms", key,
             value == NULL ? "missing" : "no duration up to ten years");
    return FALSE;
}

static gboolean
read_shape(const ScReader *reader, const Value *map, const char *path, guint *out_milli)
{
    const Value *value = value_get(map, "shape");
    const char *text = value != NULL ? scalar_text(value) : NULL;
    Quantity quantity;

    if (text != NULL && quantity_parse(text, &quantity) && quantity_sign(&quantity) > 0 && quantity_value(&quantity) <= 1000) {
        *out_milli = (guint)quantity_value_milli(&quantity);
        return TRUE;
    }
    sc_error(reader, value != NULL ? value : map, path, "shape is no number above 0 up to 1000; write {pareto: 10ms, shape: 1.5}");
    return FALSE;
}

static void
check_dist_keys(const ScReader *reader, const Value *map, const char *path)
{
    static const char *const keys[] = {"p50", "p99", "min", "max", "mean", "sd", "exponential", "pareto", "weibull", "shape", NULL};

    for (guint i = 0; i < map->count; i++) {
        g_autofree char *member = g_strdup_printf("%s.%s", path, map->keys[i]);
        gboolean is_known = FALSE;

        for (guint k = 0; keys[k] != NULL; k++)
            is_known = is_known || str_is(keys[k], map->keys[i]);
        if (!is_known)
            unknown_field(reader, map, i, member, keys);
    }
}

gboolean
sc_read_dist(const ScReader *reader, const Value *value, const char *path, Dist *out_dist)
{
    Dist dist = {0};
    const char *text = scalar_text(value);
    gboolean fine = FALSE;

    if (text != NULL) {
        gint64 ns;
        if (duration_parse(text, &ns) && ns >= 0 && ns <= MAX_DURATION_NS) {
            *out_dist = DIST_CONST(ns);
            return TRUE;
        }
        sc_error(reader, value, path, "'%s' is no duration up to ten years; write %s", text, type_words[SC_DIST].example);
        return FALSE;
    }
    if (value->type != VALUE_MAP) {
        wrong_type(reader, value, path, type_words[SC_DIST].example);
        return FALSE;
    }
    check_dist_keys(reader, value, path);
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

static gboolean
is_word(const ScReader *reader, const ScField *field, const Value *value, const char *text, const char *path)
{
    const char *near = diag_nearest(text, field->words);
    g_autofree char *all = g_strjoinv(", ", (char **)(gpointer)field->words);

    for (guint i = 0; field->words[i] != NULL; i++)
        if (str_is(field->words[i], text))
            return TRUE;
    sc_error(reader, value, path, "unknown word '%s'; write %s%s", text, near != NULL ? "" : "one of ", near != NULL ? near : all);
    return FALSE;
}

static void
add_string(const ScReader *reader, const ScField *field, StringList *list, const Value *value, const char *path)
{
    const char *text = value->type == VALUE_MAP && field->string_of != NULL ? field->string_of(reader, value, path) : string_text(value);

    if (text == NULL)
        wrong_type(reader, value, path, type_words[SC_STRING].example);
    else if (field->words == NULL || is_word(reader, field, value, text, path))
        list->items[list->count++] = str_intern(text);
}

static void
read_strings(const ScReader *reader, const ScField *field, gpointer data, const Value *value, const char *path)
{
    StringList *list = AT(StringList, data, field);

    g_free(list->items);
    list->items = g_new0(const char *, MAX(value->count, 1));
    list->count = 0;
    if (value->type == VALUE_STRING) { /* one string stands for a list of one */
        add_string(reader, field, list, value, path);
        return;
    }
    if (value->type != VALUE_LIST) {
        wrong_type(reader, value, path, type_words[SC_STRINGS].example);
        return;
    }
    for (guint i = 0; i < value->count; i++) {
        g_autofree char *item_path = g_strdup_printf("%s[%u]", path, i);

        add_string(reader, field, list, value->items[i], item_path);
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
        wrong_type(reader, value, path, type_words[SC_LABELS].example);
        return;
    }
    list->items = g_new0(struct ScLabel, MAX(value->count, 1));
    for (guint i = 0; i < value->count; i++) {
        const char *text = value->items[i]->type == VALUE_NULL ? "" : string_text(value->items[i]);
        if (text == NULL) {
            g_autofree char *member = g_strdup_printf("%s.%s", path, value->keys[i]);

            wrong_type(reader, value->items[i], member, type_words[SC_STRING].example);
            continue;
        }
        list->items[list->count].key = value->keys[i];
        list->items[list->count++].value = str_intern(text);
    }
}

static void
clear_list(const ScField *field, ScList *list)
{
    for (guint i = 0; i < list->count; i++)
        sc_clear(field->fields, list->items + (gsize)i * field->item_size);
    g_clear_pointer(&list->items, g_free);
    list->count = 0;
}

static void
read_list(const ScReader *reader, const ScField *field, gpointer data, const Value *value, const char *path)
{
    ScList *list = AT(ScList, data, field);

    clear_list(field, list); /* a key that stands twice is a mistake that was reported */
    if (value->type != VALUE_LIST) {
        wrong_type(reader, value, path, type_words[SC_LIST].example);
        return;
    }
    list->items = g_malloc0(MAX(value->count, 1) * field->item_size);
    for (guint i = 0; i < value->count; i++) {
        g_autofree char *item_path = g_strdup_printf("%s[%u]", path, i);
        gpointer item = list->items + (gsize)list->count * field->item_size;

        sc_defaults(field->fields, item);
        list->count++;
        if (value->items[i]->type != VALUE_MAP)
            wrong_type(reader, value->items[i], item_path, type_words[SC_MAP].example);
        else
            sc_read(reader, field->fields, item, value->items[i], item_path);
    }
}

static void
read_scalar(const ScReader *reader, const ScField *field, gpointer data, const Value *value, const char *path)
{
    const char *text = field->type == SC_STRING || field->type == SC_ENUM ? string_text(value) : scalar_text(value);
    gint64 number;

    if (text == NULL) {
        wrong_type(reader, value, path, type_words[field->type].example);
        return;
    }
    switch (field->type) {
    case SC_STRING:
        *AT(const char *, data, field) = str_intern(text);
        return;
    case SC_ENUM:
        if (is_word(reader, field, value, text, path))
            *AT(const char *, data, field) = str_intern(text);
        return;
    case SC_BOOL:
        if (value->type != VALUE_BOOL)
            sc_error(reader, value, path, "'%s' is not a valid value; write true or false", text);
        else
            *AT(gboolean, data, field) = value->boolean;
        return;
    default:
        break;
    }
    if (!parse_number(field, value, text, &number)) {
        sc_error(reader, value, path, "'%s' is not a valid value; write %s", text, type_words[field->type].example);
        return;
    }
    if (!is_in_range(reader, field, value, text, number, path))
        return;
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
            wrong_type(reader, value, path, type_words[SC_MAP].example);
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
        g_autofree char *member = g_strconcat(path, path[0] != '\0' ? "." : "", map->keys[i], NULL);

        while (field->name != NULL && !str_is(field->name, map->keys[i]))
            field++;
        if (field->name != NULL) {
            read_field(reader, field, data, map->items[i], member);
            continue;
        }
        {
            g_autoptr(GPtrArray) names = g_ptr_array_new();

            for (field = fields; field->name != NULL; field++)
                g_ptr_array_add(names, (gpointer)field->name);
            g_ptr_array_add(names, NULL);
            unknown_field(reader, map, i, member, (const char *const *)names->pdata);
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
                g_assert(parse_number(field, NULL, field->def, &number));
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
            clear_list(field, AT(ScList, data, field));
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
        g_string_append_printf(out, "%*s%s <%s>", (int)indent, "", field->name, type_words[field->type].name);
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
