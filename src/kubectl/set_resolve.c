/* set_resolve.c - set env --list --resolve; see set.h; k8s.io/kubectl pkg/cmd/set/env env_resolve.go v0.34 */

#include "base/quantity.h"
#include "kubectl/set.h"

typedef struct {
    const ApiKind *kind;
    const char *name;  /* interned */
    ApiObject *object; /* (ref) NULL: there is none */
    const char *wrong; /* interned: why there is none */
} Source;

struct SetSources {
    GArray *list; /* of Source */
    guint next;
    void (*go)(Command *command);
};

void
set_sources_free(SetSources *sources)
{
    if (sources == NULL)
        return;
    for (guint i = 0; i < sources->list->len; i++)
        api_object_unref(g_array_index(sources->list, Source, i).object);
    g_array_unref(sources->list);
    g_free(sources);
}

static Source *
find_source(const SetSources *sources, const ApiKind *kind, const char *name)
{
    for (guint i = 0; i < sources->list->len; i++) {
        Source *one = &g_array_index(sources->list, Source, i);

        if (one->kind == kind && str_is(one->name, name))
            return one;
    }
    return NULL;
}

/* --- reading what variables refer to ------------------------------------------------------ */

static void
need(SetSources *sources, const Value *reference, const ApiKind *kind)
{
    Source one = {.kind = kind, .name = str_intern(value_get_string(reference, "name", ""))};

    if (reference != NULL && find_source(sources, kind, one.name) == NULL)
        g_array_append_val(sources->list, one);
}

static void ask_next(Command *command);

static void
on_source(Command *command, const ApiResponse *response)
{
    SetSources *sources = ((SetState *)command->state)->sources;
    Source *source = &g_array_index(sources->list, Source, sources->next++);

    if (api_response_ok(response))
        source->object = api_object_ref(response->object);
    else
        source->wrong = response->status->message;
    ask_next(command);
}

static void
ask_next(Command *command)
{
    const SetSources *sources = ((SetState *)command->state)->sources;
    const Source *source;

    if (sources->next >= sources->list->len) {
        sources->go(command);
        return;
    }
    source = &g_array_index(sources->list, Source, sources->next);
    command_send(command, api_request_new(VERB_GET, source->kind, command_namespace(command), source->name), on_source);
}

void
set_sources_read(Command *command, void (*go)(Command *command))
{
    SetState *state = command->state;

    state->sources = g_new0(SetSources, 1);
    state->sources->list = g_array_new(FALSE, TRUE, sizeof(Source));
    state->sources->go = go;
    for (guint i = 0; i < state->objects->len; i++) {
        g_autoptr(Value) tree = api_object_encode(g_ptr_array_index(state->objects, i));
        const ApiObject *object = g_ptr_array_index(state->objects, i);
        Value *spec = set_pod_spec(object->kind, tree);
        g_autoptr(GPtrArray) containers = set_containers(command, spec);

        for (guint c = 0; c < containers->len; c++) {
            const Value *env = value_get(containers->pdata[c], "env");

            for (guint k = 0; env != NULL && k < env->count; k++) {
                const Value *from = value_get(env->items[k], "valueFrom");

                need(state->sources, value_get(from, "configMapKeyRef"), &config_map_kind);
                need(state->sources, value_get(from, "secretKeyRef"), &secret_kind);
            }
        }
    }
    ask_next(command);
}

/* --- values -------------------------------------------------------------------------------- */

/* fieldpath.FormatMap: key="value" lines, sorted. (owned) */
static char *
format_map(const StrMap *map)
{
    GString *out = g_string_new(NULL);

    for (guint i = 0; i < map->count; i++)
        g_string_append_printf(out, "%s%s=%s", i > 0 ? "\n" : "", map->items[i].key, api_quote(map->items[i].value));
    return g_string_free(out, FALSE);
}

/* fieldpath.ExtractFieldPathAsString: metadata alone. NULL: *out_error (owned). (owned) */
static char *
field_value(const ApiObject *object, const char *path, char **out_error)
{
    static const char *const maps[] = {"metadata.labels", "metadata.annotations"};

    for (guint i = 0; i < G_N_ELEMENTS(maps); i++) {
        const StrMap *map = i == 0 ? &object->meta->labels : &object->meta->annotations;
        gsize length = strlen(maps[i]);

        if (str_is(path, maps[i]))
            return format_map(map);
        if (g_str_has_prefix(path, maps[i]) && g_str_has_prefix(path + length, "['") && g_str_has_suffix(path, "']")) {
            const char *key = str_intern_len(path + length + 2, strlen(path) - length - 4);
            const char *value = str_map_get(map, key);

            return g_strdup(value != NULL ? value : "");
        }
    }
    if (str_is(path, "metadata.name"))
        return g_strdup(api_name(object));
    if (str_is(path, "metadata.namespace"))
        return g_strdup(api_namespace(object) != NULL ? api_namespace(object) : "");
    if (str_is(path, "metadata.uid"))
        return g_strdup(api_uid(object) != NULL ? api_uid(object) : "");
    *out_error = g_strdup_printf("unsupported fieldPath: %s", path);
    return NULL;
}

/* ExtractContainerResourceValue: of this container, whichever is named; in divisors, rounded up. NULL: *out_error. (owned) */
static char *
resource_value(const Value *container, const Value *reference, char **out_error)
{
    const char *what = value_get_string(reference, "resource", "");
    const char *divisor = value_get_string(reference, "divisor", "0");
    const char *dot = strchr(what, '.');
    g_autofree char *part = dot != NULL ? g_strndup(what, (gsize)(dot - what)) : g_strdup(what);
    gboolean is_cpu = dot != NULL && str_is(dot + 1, "cpu");
    const char *text;
    Quantity amount = {0}, unit = {0};

    if (dot == NULL || (!str_is(part, "limits") && !str_is(part, "requests"))) {
        *out_error = g_strdup_printf("unsupported container resource : %s", what);
        return NULL;
    }
    text = value_get_string(value_get_path(container, "resources", part, NULL), dot + 1, "0");
    if (!quantity_parse(text, &amount) || !quantity_parse(divisor, &unit))
        return g_strdup("0");
    if (is_cpu) {
        gint64 by = MAX(quantity_value_milli(&unit), 0);

        by = by == 0 ? 1000 : by;
        return g_strdup_printf("%" G_GINT64_FORMAT, (quantity_value_milli(&amount) + by - 1) / by);
    } else {
        gint64 by = MAX(quantity_value(&unit), 0);

        by = by == 0 ? 1 : by;
        return g_strdup_printf("%" G_GINT64_FORMAT, (quantity_value(&amount) + by - 1) / by);
    }
}

/* A key of a ConfigMap or Secret. NULL: *out_error. (owned) */
static char *
key_value(const SetSources *sources, const Value *reference, const ApiKind *kind, char **out_error)
{
    const char *name = value_get_string(reference, "name", "");
    const char *key = value_get_string(reference, "key", "");
    const Source *source = find_source(sources, kind, name);
    g_autoptr(Value) tree = source != NULL && source->object != NULL ? api_object_encode(source->object) : NULL;
    const char *text = value_get_string(value_get(tree, "data"), key, NULL);
    gsize length;

    if (tree == NULL)
        *out_error = g_strdup(source != NULL ? source->wrong : "");
    else if (text == NULL)
        *out_error = g_strdup_printf("key %s not found in %s %s", key, kind == &secret_kind ? "secret" : "config map", name);
    else if (kind != &secret_kind)
        return g_strdup(text);
    else {
        g_autofree guchar *bytes = g_base64_decode(text, &length);

        return g_strndup((const char *)bytes, length);
    }
    return NULL;
}

char *
set_resolve(Command *command, const ApiObject *object, const Value *container, const Value *from, char **out_error)
{
    const SetSources *sources = ((const SetState *)command->state)->sources;

    if (value_get(from, "secretKeyRef") != NULL)
        return key_value(sources, value_get(from, "secretKeyRef"), &secret_kind, out_error);
    if (value_get(from, "configMapKeyRef") != NULL)
        return key_value(sources, value_get(from, "configMapKeyRef"), &config_map_kind, out_error);
    if (value_get(from, "fieldRef") != NULL)
        return field_value(object, value_get_string(value_get(from, "fieldRef"), "fieldPath", ""), out_error);
    if (value_get(from, "resourceFieldRef") != NULL)
        return resource_value(container, value_get(from, "resourceFieldRef"), out_error);
    *out_error = g_strdup("invalid valueFrom");
    return NULL;
}
