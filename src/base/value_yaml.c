/*
 * value_yaml.c - reading YAML; see value.h
 *
 * libyaml's events with our own stack: its document loader builds cycles and
 * is quadratic. An alias is a copy, counted against the limit of nodes before
 * it is made, so a small file cannot grow without bound.
 */

#include "base/intern.h"
#include "base/value.h"
#include "base/yaml_problem.h"
#include "base/yaml_scalar.h"

#define YAML_MAX_DEPTH 128
#define YAML_MAX_NODES 1000000
#define YAML_PATH_PARTS 32 /* a longer path is cut in messages */

/* Maps with more keys than this look for duplicates in a table. */
#define YAML_FEW_KEYS 32

/* A container that is being filled. */
typedef struct {
    Value *value;
    const char *anchor; /* to be known when the container is complete */
    const char *key;    /* map: key read, value to come */
    guint key_line, key_column;
    gboolean is_merge; /* the value to come belongs to "<<" */
    gboolean repeats;  /* the key was there before */
    GPtrArray *merges; /* (borrowed) values of "<<" */
    GHashTable *keys;  /* of a large map */
} YamlFrame;

typedef struct {
    yaml_parser_t parser;
    const char *text; /* (borrowed) the whole input */
    gsize length;
    const char *file;
    Diag *diag;
    char **go_problem; /* (owned) by the caller: reading as go-yaml does, the first mistake in its words */
    GArray *stack;       /* of YamlFrame */
    GHashTable *anchors; /* name -> Value* (borrowed); NULL while it is being filled */
    GPtrArray *garbage;  /* (owned) values that stand outside of the tree but may have anchors */
    Value *root;
    guint n_nodes;
    gboolean has_failed;
} YamlReader;

/* --- mistakes --------------------------------------------------------------------------- */

static char *
yaml_path(const YamlReader *reader)
{
    GString *path = g_string_new(NULL);

    for (guint i = 0; i < reader->stack->len; i++) {
        const YamlFrame *frame = &g_array_index(reader->stack, YamlFrame, i);

        if (i == YAML_PATH_PARTS) {
            g_string_append(path, "...");
            break;
        }
        if (frame->value->type == VALUE_LIST)
            g_string_append_printf(path, "[%u]", frame->value->count);
        else if (frame->key != NULL)
            g_string_append_printf(path, "%s%s", path->len > 0 ? "." : "", frame->key);
    }
    return g_string_free(path, FALSE);
}

static SourcePos
yaml_pos(const YamlReader *reader, yaml_mark_t mark)
{
    return (SourcePos){
        .file = reader->file,
        .line = (guint)mark.line + 1,
        .column = (guint)mark.column + 1,
    };
}

static void
yaml_report(YamlReader *reader, yaml_mark_t mark, const char *text)
{
    g_autofree char *path = yaml_path(reader);

    if (reader->go_problem != NULL && *reader->go_problem == NULL)
        *reader->go_problem = g_strdup_printf("yaml: line %zu: %s", mark.line + 1, text);
    if (reader->diag != NULL)
        diag_add(reader->diag, DIAG_ERROR, yaml_pos(reader, mark), path, "%s", text);
}

/* A mistake after which the rest of the document makes no sense. */
static void
yaml_give_up(YamlReader *reader, yaml_mark_t mark, const char *text)
{
    if (!reader->has_failed)
        yaml_report(reader, mark, text);
    reader->has_failed = TRUE;
}

/* --- building --------------------------------------------------------------------------- */

static YamlFrame *
yaml_top(const YamlReader *reader)
{
    if (reader->stack->len == 0)
        return NULL;
    return &g_array_index(reader->stack, YamlFrame, reader->stack->len - 1);
}

static gboolean
yaml_has_key(YamlFrame *frame, const char *key)
{
    const Value *map = frame->value;

    if (frame->keys != NULL)
        return !g_hash_table_add(frame->keys, (gpointer)key);
    for (guint i = 0; i < map->count; i++)
        if (map->keys[i] == key)
            return TRUE;
    if (map->count == YAML_FEW_KEYS) {
        frame->keys = g_hash_table_new(NULL, NULL);
        for (guint i = 0; i < map->count; i++)
            g_hash_table_add(frame->keys, (gpointer)map->keys[i]);
        g_hash_table_add(frame->keys, (gpointer)key);
    }
    return FALSE;
}

/* Of a key written twice the last value counts; the first may have an anchor. */
static void
yaml_replace(YamlReader *reader, Value *map, const char *key, Value *value)
{
    for (guint i = 0; i < map->count; i++)
        if (map->keys[i] == key) {
            g_ptr_array_add(reader->garbage, map->items[i]);
            map->items[i] = value;
        }
}

static void
yaml_add(YamlReader *reader, Value *value)
{
    YamlFrame *frame = yaml_top(reader);

    if (frame == NULL) {
        reader->root = value;
    } else if (frame->value->type == VALUE_LIST) {
        value_append(frame->value, value);
    } else if (frame->is_merge) {
        if (frame->merges == NULL)
            frame->merges = g_ptr_array_new();
        g_ptr_array_add(frame->merges, value);
        g_ptr_array_add(reader->garbage, value);
        frame->is_merge = FALSE;
        frame->key = NULL;
    } else if (frame->repeats) {
        yaml_replace(reader, frame->value, frame->key, value);
        frame->key = NULL;
    } else {
        value_add_member(frame->value, frame->key, value);
        value_set_key_place(frame->value, frame->value->count - 1, frame->key_line,
                            frame->key_column);
        frame->key = NULL;
    }
}

static gboolean
yaml_count(YamlReader *reader, yaml_mark_t mark, guint n)
{
    reader->n_nodes += n;
    if (reader->n_nodes <= YAML_MAX_NODES)
        return TRUE;
    yaml_give_up(reader, mark, "more than 1000000 nodes; split the file or use fewer aliases");
    return FALSE;
}

/* --- scalars ------------------------------------------------------------------------------ */

static const char *
yaml_short_tag(const yaml_event_t *event)
{
    static const char prefix[] = "tag:yaml.org,2002:";
    const char *tag = (const char *)event->data.scalar.tag;

    if (tag != NULL && g_str_has_prefix(tag, prefix))
        return tag + strlen(prefix);
    return tag;
}

static Value *
yaml_scalar(YamlReader *reader, const yaml_event_t *event)
{
    const char *text = (const char *)event->data.scalar.value;
    gsize length = event->data.scalar.length;
    const char *tag = yaml_short_tag(event);
    gboolean is_plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    Value *value;

    if (memchr(text, '\0', length) != NULL)
        yaml_report(reader, event->start_mark, "zero byte in a text; leave it out");
    if (tag == NULL || strcmp(tag, "!") == 0)
        return is_plain && tag == NULL ? yaml_scalar_resolve(text) : value_new_string(text);
    if (strcmp(tag, "str") == 0 || strcmp(tag, "timestamp") == 0)
        return value_new_string(text);
    if (strcmp(tag, "binary") == 0) {
        gsize n_bytes;
        g_autofree guchar *bytes = g_base64_decode(text, &n_bytes);
        g_autofree char *decoded = g_strndup((const char *)bytes, n_bytes);

        return value_new_string(decoded);
    }
    value = yaml_scalar_resolve(text);
    if ((strcmp(tag, "int") == 0 && value->type == VALUE_INT) ||
        (strcmp(tag, "float") == 0 && (value->type == VALUE_INT || value->type == VALUE_FLOAT)) ||
        (strcmp(tag, "bool") == 0 && value->type == VALUE_BOOL) ||
        (strcmp(tag, "null") == 0 && value->type == VALUE_NULL))
        return value;
    value_free(value);

    g_autofree char *message =
        g_strdup_printf("cannot read '%s' with tag '%s'; leave the tag out", text, tag);

    yaml_report(reader, event->start_mark, message);
    return value_new_string(text);
}

/* sigs.k8s.io/yaml: a key that is a boolean or a number becomes its text. */
static void
yaml_read_key(YamlReader *reader, YamlFrame *frame, const yaml_event_t *event)
{
    const char *text = (const char *)event->data.scalar.value;
    gboolean is_plain =
        event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE && event->data.scalar.tag == NULL;

    frame->key_line = (guint)event->start_mark.line + 1;
    frame->key_column = (guint)event->start_mark.column + 1;
    if (is_plain && strcmp(text, "<<") == 0) {
        frame->key = str_intern(text);
        frame->is_merge = TRUE;
        return;
    }

    g_autoptr(Value) value = yaml_scalar(reader, event);

    if (value->type == VALUE_BOOL)
        frame->key = str_intern(value->boolean ? "true" : "false");
    else if (value->type == VALUE_NULL)
        frame->key = str_intern(text);
    else
        frame->key = value->text;
    if (value->type == VALUE_NULL)
        yaml_report(reader, event->start_mark, "null is no key; write a name, or quote it");
    frame->repeats = yaml_has_key(frame, frame->key);
    if (frame->repeats && reader->go_problem == NULL) {
        g_autofree char *message =
            g_strdup_printf("key '%s' is already set in this map; write it once", frame->key);

        yaml_report(reader, event->start_mark, message);
    }
}

/* --- anchors and aliases ---------------------------------------------------------------------- */

static void
yaml_tree_size(const Value *value, guint depth, guint *count, guint *max_depth)
{
    (*count)++;
    *max_depth = MAX(*max_depth, depth);
    for (guint i = 0; i < value->count && *count <= YAML_MAX_NODES; i++)
        yaml_tree_size(value->items[i], depth + 1, count, max_depth);
}

static Value *
yaml_alias(YamlReader *reader, const yaml_event_t *event)
{
    const char *name = (const char *)event->data.alias.anchor;
    gpointer found = NULL;
    g_autofree char *message = NULL;
    guint count = 0;
    guint depth = 0;

    gboolean is_known = g_hash_table_lookup_extended(reader->anchors, name, NULL, &found);

    if (reader->go_problem != NULL && *reader->go_problem == NULL && found == NULL)
        *reader->go_problem = is_known ? g_strdup_printf("yaml: anchor '%s' value contains itself", name)
                                       : g_strdup_printf("yaml: unknown anchor '%s' referenced", name);
    if (!is_known)
        message = g_strdup_printf("unknown anchor '%s'; define it before with '&%s'", name, name);
    else if (found == NULL)
        message = g_strdup_printf("anchor '%s' contains itself; write the value out", name);
    if (message != NULL) {
        Value *nothing = value_new_null();

        yaml_report(reader, event->start_mark, message);
        nothing->line = (guint)event->start_mark.line + 1;
        nothing->column = (guint)event->start_mark.column + 1;
        return nothing;
    }
    yaml_tree_size(found, 1, &count, &depth);
    if (!yaml_count(reader, event->start_mark, count))
        return NULL;
    if (reader->stack->len + depth > YAML_MAX_DEPTH) {
        yaml_give_up(reader, event->start_mark, "nested deeper than 128; flatten it");
        return NULL;
    }

    Value *copy = value_copy(found);

    copy->line = (guint)event->start_mark.line + 1;
    copy->column = (guint)event->start_mark.column + 1;
    return copy;
}

static void
yaml_set_anchor(YamlReader *reader, const yaml_char_t *anchor, Value *value)
{
    if (anchor != NULL)
        g_hash_table_insert(reader->anchors, (gpointer)str_intern((const char *)anchor), value);
}

/* Keys of "<<" that the map does not have itself; earlier merged maps come first. */
static void
yaml_merge_map(YamlReader *reader, Value *map, const Value *merged, yaml_mark_t mark)
{
    if (merged->type == VALUE_LIST) {
        for (guint i = 0; i < merged->count; i++)
            if (merged->items[i]->type == VALUE_MAP)
                yaml_merge_map(reader, map, merged->items[i], mark);
            else
                yaml_report(reader, mark, "'<<' needs maps; write '<<: *name'");
        return;
    }
    if (merged->type != VALUE_MAP) {
        yaml_report(reader, mark, "'<<' needs a map; write '<<: *name'");
        return;
    }
    for (guint i = 0; i < merged->count; i++) {
        guint count = 0;
        guint depth = 0;

        if (value_get(map, merged->keys[i]) != NULL)
            continue;
        yaml_tree_size(merged->items[i], 1, &count, &depth);
        if (!yaml_count(reader, mark, count))
            return;
        value_add_member(map, merged->keys[i], value_copy(merged->items[i]));
    }
}

/* --- events --------------------------------------------------------------------------------------- */

static Value *
yaml_place(Value *value, yaml_mark_t mark)
{
    value->line = (guint)mark.line + 1;
    value->column = (guint)mark.column + 1;
    return value;
}

static gboolean
yaml_wants_key(const YamlReader *reader)
{
    const YamlFrame *frame = yaml_top(reader);

    return frame != NULL && frame->value->type == VALUE_MAP && frame->key == NULL;
}

static void
yaml_start(YamlReader *reader, Value *value, const yaml_char_t *anchor, yaml_mark_t mark)
{
    YamlFrame frame = {.value = yaml_place(value, mark)};

    if (yaml_wants_key(reader)) {
        value_free(value);
        yaml_give_up(reader, mark, "a map or list is no key; write a name");
        return;
    }
    if (reader->stack->len >= YAML_MAX_DEPTH) {
        value_free(value);
        yaml_give_up(reader, mark, "nested deeper than 128; flatten it");
        return;
    }
    if (anchor != NULL) {
        frame.anchor = str_intern((const char *)anchor);
        g_hash_table_insert(reader->anchors, (gpointer)frame.anchor, NULL);
    }
    if (yaml_count(reader, mark, 1))
        g_array_append_val(reader->stack, frame);
    else
        value_free(value);
}

static void
yaml_frame_clear(YamlFrame *frame)
{
    if (frame->merges != NULL)
        g_ptr_array_unref(frame->merges);
    if (frame->keys != NULL)
        g_hash_table_unref(frame->keys);
}

static void
yaml_end(YamlReader *reader, yaml_mark_t mark)
{
    YamlFrame frame = *yaml_top(reader);

    for (guint i = 0; frame.merges != NULL && i < frame.merges->len; i++)
        yaml_merge_map(reader, frame.value, g_ptr_array_index(frame.merges, i), mark);
    g_array_set_size(reader->stack, reader->stack->len - 1);
    if (frame.anchor != NULL)
        g_hash_table_insert(reader->anchors, (gpointer)frame.anchor, frame.value);
    yaml_add(reader, frame.value);
    yaml_frame_clear(&frame);
}

static void
yaml_on_scalar(YamlReader *reader, const yaml_event_t *event)
{
    Value *value;

    if (!yaml_count(reader, event->start_mark, 1))
        return;
    if (yaml_wants_key(reader)) {
        yaml_read_key(reader, yaml_top(reader), event);
        return;
    }
    value = yaml_place(yaml_scalar(reader, event), event->start_mark);
    yaml_set_anchor(reader, event->data.scalar.anchor, value);
    yaml_add(reader, value);
}

static void
yaml_on_alias(YamlReader *reader, const yaml_event_t *event)
{
    Value *value;

    if (yaml_wants_key(reader)) {
        yaml_give_up(reader, event->start_mark, "an alias is no key; write the name");
        return;
    }
    value = yaml_alias(reader, event);
    if (value != NULL)
        yaml_add(reader, value);
}

static void
yaml_on_event(YamlReader *reader, const yaml_event_t *event)
{
    switch (event->type) {
    case YAML_SCALAR_EVENT:
        yaml_on_scalar(reader, event);
        break;
    case YAML_ALIAS_EVENT:
        yaml_on_alias(reader, event);
        break;
    case YAML_MAPPING_START_EVENT:
        yaml_start(reader, value_new_map(), event->data.mapping_start.anchor, event->start_mark);
        break;
    case YAML_SEQUENCE_START_EVENT:
        yaml_start(reader, value_new_list(), event->data.sequence_start.anchor, event->start_mark);
        break;
    case YAML_MAPPING_END_EVENT:
    case YAML_SEQUENCE_END_EVENT:
        yaml_end(reader, event->start_mark);
        break;
    default:
        break;
    }
}

/* --- documents ------------------------------------------------------------------------------------ */

/* Throw away what an unfinished document left behind. */
static void
yaml_reset(YamlReader *reader)
{
    for (guint i = 0; i < reader->stack->len; i++) {
        YamlFrame *frame = &g_array_index(reader->stack, YamlFrame, i);

        value_free(frame->value);
        yaml_frame_clear(frame);
    }
    g_array_set_size(reader->stack, 0);
    g_hash_table_remove_all(reader->anchors);
    g_ptr_array_set_size(reader->garbage, 0);
    g_clear_pointer(&reader->root, value_free);
    reader->n_nodes = 0;
}

/* Line and column of a byte, both from 0. */
static yaml_mark_t
yaml_mark_of(const YamlReader *reader, gsize offset)
{
    yaml_mark_t mark = {.index = offset};

    for (gsize i = 0; i < MIN(offset, reader->length); i++) {
        mark.column++;
        if (reader->text[i] == '\n') {
            mark.line++;
            mark.column = 0;
        }
    }
    return mark;
}

static void
yaml_syntax_error(YamlReader *reader)
{
    const yaml_parser_t *parser = &reader->parser;
    g_autofree char *message = NULL;
    yaml_mark_t mark;

    if (reader->go_problem != NULL) {
        if (*reader->go_problem == NULL)
            *reader->go_problem = yaml_problem_go(parser);
        reader->has_failed = TRUE;
        return;
    }
    if (parser->error == YAML_READER_ERROR) {
        yaml_give_up(reader, yaml_mark_of(reader, parser->problem_offset), "a control character; leave it out");
        return;
    }
    message = yaml_problem_own(parser, &mark);
    yaml_give_up(reader, mark, message);
}

static void
yaml_read_documents(YamlReader *reader, GPtrArray *documents)
{
    gboolean is_done = FALSE;

    while (!is_done && !reader->has_failed) {
        yaml_event_t event;

        if (!yaml_parser_parse(&reader->parser, &event)) {
            yaml_syntax_error(reader);
            break;
        }
        if (event.type == YAML_DOCUMENT_END_EVENT) {
            if (reader->root != NULL)
                g_ptr_array_add(documents, g_steal_pointer(&reader->root));
            yaml_reset(reader);
        } else {
            yaml_on_event(reader, &event);
        }
        is_done = event.type == YAML_STREAM_END_EVENT;
        yaml_event_delete(&event);
    }
    yaml_reset(reader);
}

static gboolean
yaml_check_utf8(const char *text, gsize length, const char *file, Diag *diag)
{
    const char *bad;
    guint line = 1;
    const char *line_start = text;

    if (g_utf8_validate_len(text, (gsize)length, &bad))
        return TRUE;
    /* A zero byte is fine for UTF-8, though not for GLib; libyaml reports it. */
    if (*bad == '\0')
        return TRUE;
    for (const char *at = text; at < bad; at++) {
        if (*at == '\n') {
            line++;
            line_start = at + 1;
        }
    }
    if (diag != NULL)
        diag_add(diag, DIAG_ERROR,
                 (SourcePos){.file = file, .line = line, .column = (guint)(bad - line_start) + 1},
                 NULL, "not UTF-8; save the file with that encoding");
    return FALSE;
}

static GPtrArray *
yaml_read(YamlReader *reader)
{
    GPtrArray *documents = g_ptr_array_new_with_free_func((GDestroyNotify)value_free);

    reader->stack = g_array_new(FALSE, FALSE, sizeof(YamlFrame));
    reader->anchors = g_hash_table_new(g_str_hash, g_str_equal);
    reader->garbage = g_ptr_array_new_with_free_func((GDestroyNotify)value_free);
    g_assert(yaml_parser_initialize(&reader->parser));
    yaml_parser_set_encoding(&reader->parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&reader->parser, (const unsigned char *)reader->text, reader->length);
    yaml_read_documents(reader, documents);
    yaml_parser_delete(&reader->parser);
    g_ptr_array_unref(reader->garbage);
    g_hash_table_unref(reader->anchors);
    g_array_unref(reader->stack);
    return documents;
}

GPtrArray *
value_read_yaml(const char *text, gsize length, const char *file, Diag *diag)
{
    gsize skipped = length >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0; /* a byte order mark moves libyaml's columns */
    YamlReader reader = {
        .text = text + skipped, .length = length - skipped, .file = str_intern(file), .diag = diag};

    if (!yaml_check_utf8(text, length, reader.file, diag))
        return g_ptr_array_new_with_free_func((GDestroyNotify)value_free);
    return yaml_read(&reader);
}

Value *
value_read_yaml_as_go(const char *text, gsize length, char **out_problem)
{
    YamlReader reader = {.text = text, .length = length, .go_problem = out_problem};
    g_autoptr(GPtrArray) documents = NULL;

    *out_problem = NULL;
    documents = yaml_read(&reader);
    return *out_problem == NULL && documents->len > 0 ? g_ptr_array_steal_index(documents, 0) : NULL;
}
