/* value_yaml_write.c - YAML text as sigs.k8s.io/yaml writes it; see value.h */

#include "base/intern.h"
#include "base/value.h"
#include "base/yaml_scalar.h"

#include <yaml.h>

static void
yaml_emit(yaml_emitter_t *emitter, yaml_event_t *event)
{
    /* Events are built here in a legal order, and the output is memory: this cannot fail. */
    g_assert(yaml_emitter_emit(emitter, event));
}

/* goyaml.v2 encode: several lines as literal block, plain where it reads back as a string. */
static void
yaml_emit_text(yaml_emitter_t *emitter, const char *text, gboolean is_string)
{
    yaml_event_t event;
    yaml_scalar_style_t style = YAML_PLAIN_SCALAR_STYLE;
    g_autofree char *valid = NULL;

    /* A text that a program cut inside a character would stop the emitter. */
    if (!g_utf8_validate(text, -1, NULL))
        text = valid = g_utf8_make_valid(text, -1);
    if (is_string && strchr(text, '\n') != NULL)
        style = YAML_LITERAL_SCALAR_STYLE;
    else if (is_string && !yaml_scalar_is_string(text))
        style = YAML_DOUBLE_QUOTED_SCALAR_STYLE;
    g_assert(yaml_scalar_event_initialize(&event, NULL, NULL, (const yaml_char_t *)text,
                                          (int)strlen(text), TRUE, TRUE, style));
    yaml_emit(emitter, &event);
}

static void
yaml_emit_value(yaml_emitter_t *emitter, const Value *value)
{
    yaml_event_t event;

    switch (value->type) {
    case VALUE_NULL:
        yaml_emit_text(emitter, "null", FALSE);
        break;
    case VALUE_BOOL:
        yaml_emit_text(emitter, value->boolean ? "true" : "false", FALSE);
        break;
    case VALUE_INT:
    case VALUE_FLOAT:
        yaml_emit_text(emitter, value->text, FALSE);
        break;
    case VALUE_STRING:
        yaml_emit_text(emitter, value->text, TRUE);
        break;
    case VALUE_LIST:
        yaml_sequence_start_event_initialize(&event, NULL, NULL, TRUE, YAML_BLOCK_SEQUENCE_STYLE);
        yaml_emit(emitter, &event);
        for (guint i = 0; i < value->count; i++)
            yaml_emit_value(emitter, value->items[i]);
        yaml_sequence_end_event_initialize(&event);
        yaml_emit(emitter, &event);
        break;
    case VALUE_MAP: {
        g_autofree guint *order = value_sorted_order(value);

        yaml_mapping_start_event_initialize(&event, NULL, NULL, TRUE, YAML_BLOCK_MAPPING_STYLE);
        yaml_emit(emitter, &event);
        for (guint i = 0; i < value->count; i++) {
            yaml_emit_text(emitter, value->keys[order[i]], TRUE);
            yaml_emit_value(emitter, value->items[order[i]]);
        }
        yaml_mapping_end_event_initialize(&event);
        yaml_emit(emitter, &event);
        break;
    }
    }
}

static int
yaml_on_output(void *out, unsigned char *buffer, size_t size)
{
    g_string_append_len(out, (const char *)buffer, (gssize)size);
    return 1;
}

char *
value_to_yaml(const Value *value)
{
    GString *out = g_string_new(NULL);
    yaml_emitter_t emitter;
    yaml_event_t event;

    g_assert(yaml_emitter_initialize(&emitter));
    yaml_emitter_set_output(&emitter, yaml_on_output, out);
    yaml_emitter_set_unicode(&emitter, TRUE);
    yaml_stream_start_event_initialize(&event, YAML_UTF8_ENCODING);
    yaml_emit(&emitter, &event);
    yaml_document_start_event_initialize(&event, NULL, NULL, NULL, TRUE);
    yaml_emit(&emitter, &event);
    yaml_emit_value(&emitter, value);
    yaml_document_end_event_initialize(&event, TRUE);
    yaml_emit(&emitter, &event);
    yaml_stream_end_event_initialize(&event);
    yaml_emit(&emitter, &event);
    yaml_emitter_delete(&emitter);
    return g_string_free(out, FALSE);
}
