/* kustomize_generate.c - configMapGenerator, secretGenerator and the hashes behind their names; see kustomize.h */

#include "kubectl/kustomize_internal.h"

#define HASH_LENGTH 10

/* api/hasher: SHA-256 of what matters as JSON; of its ten first digits those that could make words are others. */
char *
kustomize_hash(const Value *object)
{
    static const char from[] = "013ae", to[] = "ghkmt";
    gboolean is_secret = str_is(value_get_string(object, "kind", ""), "Secret");
    g_autoptr(Value) seen = value_new_map();
    const Value *binary = value_get(object, "binaryData");
    g_autofree char *json = NULL;
    g_autofree char *sum = NULL;

    value_set(seen, "kind", value_new_string(is_secret ? "Secret" : "ConfigMap"));
    value_set(seen, "name", value_new_string(value_get_string(value_get(object, "metadata"), "name", "")));
    value_set(seen, "data",
              value_get(object, "data") != NULL ? value_copy(value_get(object, "data")) : value_new_string(""));
    if (is_secret)
        value_set(seen, "type", value_new_string(value_get_string(object, "type", "")));
    if (binary != NULL && binary->type == VALUE_MAP)
        value_set(seen, "binaryData", value_copy(binary));
    if (is_secret && value_get(object, "stringData") != NULL)
        value_set(seen, "stringData", value_copy(value_get(object, "stringData")));
    json = value_to_json(seen, VALUE_SORTED);
    sum = g_compute_checksum_for_string(G_CHECKSUM_SHA256, json, -1);
    sum[HASH_LENGTH] = '\0';
    for (char *c = sum; *c != '\0'; c++)
        if (strchr(from, *c) != NULL)
            *c = to[strchr(from, *c) - from];
    return g_steal_pointer(&sum);
}

typedef struct {
    Kustomize *build;
    const char *directory;
    Value *data;
    gboolean is_secret;
} Source;

static gboolean
add_entry(Source *source, const char *key, const char *text, gsize length)
{
    g_autofree char *encoded = source->is_secret ? g_base64_encode((const guchar *)text, length) : NULL;

    if (value_get(source->data, key) != NULL)
        return kustomize_fail(source->build, "loading KV pairs: configuration key '%s' used more than once", key);
    value_set(source->data, str_intern(key), value_new_string(encoded != NULL ? encoded : text));
    return TRUE;
}

static gboolean
add_literal(Source *source, const char *text)
{
    const char *equals = strchr(text, '=');
    g_autofree char *value = equals != NULL ? g_strdup(equals + 1) : NULL;
    gsize length;

    if (equals == NULL || equals == text)
        return kustomize_fail(source->build,
                              "loading KV pairs: literal sources: [%s]: invalid literal source %s, expected key=value",
                              text, text);
    length = strlen(value);
    if (length >= 2 && (value[0] == '"' || value[0] == '\'') && value[length - 1] == value[0]) {
        value[length - 1] = '\0';
        memmove(value, value + 1, length - 1);
    }
    return add_entry(source, str_intern_len(text, (gsize)(equals - text)), value, strlen(value));
}

static gboolean
add_file(Source *source, const char *word)
{
    const char *equals = strchr(word, '=');
    const char *path = equals != NULL ? equals + 1 : word;
    g_autofree char *key = equals != NULL ? g_strndup(word, (gsize)(equals - word)) : g_path_get_basename(path);
    gsize length;
    g_autofree char *text = kustomize_read(source->build, source->directory, path, &length);

    if (text == NULL)
        return kustomize_fail(source->build, "loading KV pairs: file sources: [%s]: open %s: no such file or directory",
                              word, path);
    return add_entry(source, key, text, length);
}

static gboolean
add_env(Source *source, const char *path)
{
    gsize length;
    g_autofree char *text = kustomize_read(source->build, source->directory, path, &length);
    g_auto(GStrv) lines = text != NULL ? g_strsplit(text, "\n", -1) : NULL;

    if (text == NULL)
        return kustomize_fail(source->build,
                              "loading KV pairs: env source files: [%s]: open %s: no such file or directory", path,
                              path);
    for (guint i = 0; lines[i] != NULL; i++) {
        const char *line = g_strchug(lines[i]);
        const char *equals = strchr(line, '=');

        if (line[0] == '\0' || line[0] == '#')
            continue;
        if (!add_entry(source, equals != NULL ? str_intern_len(line, (gsize)(equals - line)) : line,
                       equals != NULL ? equals + 1 : "", equals != NULL ? strlen(equals + 1) : 0))
            return FALSE;
    }
    return TRUE;
}

static gboolean
add_each(Source *source, const Value *list, gboolean (*add)(Source *source, const char *word))
{
    for (guint i = 0; list != NULL && list->type == VALUE_LIST && i < list->count; i++)
        if (list->items[i]->text != NULL && !add(source, list->items[i]->text))
            return FALSE;
    return TRUE;
}

/* generatorOptions, and a generator's own options above them. */
static void
set_options(Value *object, const Value *options)
{
    static const char *const maps[] = {"labels", "annotations"};

    for (guint i = 0; i < G_N_ELEMENTS(maps); i++) {
        const Value *map = options != NULL ? value_get(options, maps[i]) : NULL;

        for (guint j = 0; map != NULL && map->type == VALUE_MAP && j < map->count; j++)
            value_set(kustomize_map(kustomize_map(object, "metadata"), maps[i]), map->keys[j],
                      value_copy(map->items[j]));
    }
    if (value_get_bool(options, "immutable", FALSE))
        value_set(object, "immutable", value_new_bool(TRUE));
}

static KustomizeResource *
find_generated(const GPtrArray *resources, const char *kind, const char *name)
{
    for (guint i = 0; i < resources->len; i++) {
        KustomizeResource *resource = resources->pdata[i];

        if (str_is(kustomize_kind(resource), kind) && (g_ptr_array_find(resource->names, str_intern(name), NULL)))
            return resource;
    }
    return NULL;
}

/* behavior: create, or merge with and replace what a base has generated. */
static gboolean
put(Kustomize *build, const Value *generator, KustomizeResource *made, GPtrArray *resources)
{
    const char *behavior = value_get_string(generator, "behavior", "create");
    KustomizeResource *old = find_generated(resources, kustomize_kind(made), kustomize_name(made));
    Value *data;

    if (str_is(behavior, "create") || str_is(behavior, "unspecified")) {
        if (old != NULL) {
            kustomize_fail(build,
                           "merging from generator: id resid.ResId exists; behavior must be merge or replace: %s %s",
                           kustomize_kind(made), kustomize_name(made));
            kustomize_resource_free(made);
            return FALSE;
        }
        g_ptr_array_add(resources, made);
        return TRUE;
    }
    if (old == NULL) {
        kustomize_fail(build, "merging from generator: id does not exist; cannot merge or replace: %s %s",
                       kustomize_kind(made), kustomize_name(made));
        kustomize_resource_free(made);
        return FALSE;
    }
    data = value_get(made->tree, "data");
    if (str_is(behavior, "replace"))
        value_remove(old->tree, "data");
    for (guint i = 0; data != NULL && i < data->count; i++)
        value_set(kustomize_map(old->tree, "data"), data->keys[i], value_copy(data->items[i]));
    kustomize_resource_free(made);
    return TRUE;
}

static gboolean
generate(Kustomize *build,
         const char *directory,
         const Value *generator,
         const Value *common,
         gboolean is_secret,
         GPtrArray *resources)
{
    Value *object = value_new_map();
    Value *metadata = value_new_map();
    Source source = {build, directory, value_new_map(), is_secret};
    const Value *own = value_get(generator, "options");
    const char *single = value_get_string(generator, "env", NULL);
    KustomizeResource *made;
    gboolean is_loaded;

    value_set(object, "apiVersion", value_new_string("v1"));
    value_set(object, "kind", value_new_string(is_secret ? "Secret" : "ConfigMap"));
    value_set(object, "metadata", metadata);
    value_set(metadata, "name", value_new_string(value_get_string(generator, "name", "")));
    if (value_get(generator, "namespace") != NULL)
        value_set(metadata, "namespace", value_copy(value_get(generator, "namespace")));
    if (is_secret)
        value_set(object, "type", value_new_string(value_get_string(generator, "type", "Opaque")));
    is_loaded = (single == NULL || add_env(&source, single)) &&
                add_each(&source, value_get(generator, "envs"), add_env) &&
                add_each(&source, value_get(generator, "literals"), add_literal) &&
                add_each(&source, value_get(generator, "files"), add_file);
    if (source.data->count > 0)
        value_set(object, "data", source.data);
    else
        value_free(source.data);
    set_options(object, common);
    set_options(object, own);
    made = kustomize_resource_new(object);
    made->needs_hash =
        !value_get_bool(common, "disableNameSuffixHash", FALSE) && !value_get_bool(own, "disableNameSuffixHash", FALSE);
    if (is_loaded)
        return put(build, generator, made, resources);
    kustomize_resource_free(made);
    return FALSE;
}

gboolean
kustomize_generate(Kustomize *build, const char *directory, const Value *kustomization, GPtrArray *resources)
{
    static const char *const fields[] = {"configMapGenerator", "secretGenerator"};
    const Value *options = value_get(kustomization, "generatorOptions");

    for (guint f = 0; f < G_N_ELEMENTS(fields); f++) {
        const Value *list = value_get(kustomization, fields[f]);

        for (guint i = 0; list != NULL && list->type == VALUE_LIST && i < list->count; i++)
            if (!generate(build, directory, list->items[i], options, f == 1, resources))
                return FALSE;
    }
    return TRUE;
}
