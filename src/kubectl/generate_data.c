/*
 * generate_data.c - create configmap, create secret generic|docker-registry|tls
 *
 * Models: k8s.io/kubectl pkg/cmd/create/create_{configmap,secret,secret_docker,secret_tls}.go v0.34.
 */

#include "kubectl/generate.h"
#include "kubectl/set.h"

#define KEY_PATTERN "[-._a-zA-Z0-9]+"

typedef struct {
    Command *command;
    Value *data;
    const char *name; /* of the object */
    gboolean is_secret;
} Data;

static gboolean
is_key(const char *key)
{
    return key[0] != '\0' && !str_is(key, ".") && !g_str_has_prefix(key, "..") && strlen(key) <= 253 &&
           key[strspn(key, "-._abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")] == '\0';
}

/* NULL, or what is wrong. (owned) */
static char *
add_entry(Data *data, const char *key, const char *text, gsize length)
{
    g_autofree char *encoded = NULL;

    if (!is_key(key))
        return g_strdup_printf(data->is_secret ? "\"%s\" is not valid key name for a Secret %s"
                                               : "\"%s\" is not a valid key name for a ConfigMap: %s",
                               key,
                               "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. "
                               "'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is "
                               "'" KEY_PATTERN "')");
    if (value_get(data->data, key) != NULL)
        return data->is_secret
                   ? g_strdup_printf("cannot add key %s, another key by that name already exists", key)
                   : g_strdup_printf("cannot add key \"%s\", another key by that name already exists in Data for "
                                     "ConfigMap \"%s\"",
                                     key, data->name);
    if (data->is_secret)
        encoded = g_base64_encode((const guchar *)text, length);
    value_set(data->data, str_intern(key), value_new_string(encoded != NULL ? encoded : text));
    return NULL;
}

static char *
read_source(Data *data, const char *path, gsize *out_length)
{
    const KubectlOptions *options = kubectl_options(data->command->kubectl);

    *out_length = 0;
    return options->read_file != NULL ? options->read_file(options->self, path, out_length) : NULL;
}

/* The files of a directory whose names can be keys, not those below. NULL, or what is wrong. (owned) */
static char *
add_directory(Data *data, const char *path, char **entries)
{
    for (guint i = 0; entries[i] != NULL; i++) {
        g_autofree char *below = g_build_filename(path, entries[i], NULL);
        g_autofree char *text = NULL;
        gsize length;
        char *wrong;

        if (!is_key(entries[i]))
            continue;
        text = read_source(data, below, &length);
        wrong = text == NULL ? NULL : add_entry(data, entries[i], text, length);
        if (wrong != NULL)
            return wrong;
    }
    return NULL;
}

/* --from-file [KEY=]PATH */
static char *
add_file(Data *data, const char *source)
{
    const char *equals = strchr(source, '=');
    const char *path = equals != NULL ? equals + 1 : source;
    g_autofree char *key = equals != NULL ? g_strndup(source, (gsize)(equals - source)) : g_path_get_basename(path);
    const KubectlOptions *options = kubectl_options(data->command->kubectl);
    g_auto(GStrv) entries = NULL;
    g_autofree char *text = NULL;
    gsize length;

    if (equals != NULL && strchr(path, '=') != NULL)
        return g_strdup("key names or file paths cannot contain '='");
    if (equals == source)
        return g_strdup_printf("key name for file path %s missing", path);
    if (equals != NULL && path[0] == '\0')
        return g_strdup_printf("file path for key name %s missing", key);
    entries = options->list_files != NULL ? options->list_files(options->self, path) : NULL;
    if (entries != NULL && equals != NULL)
        return g_strdup("cannot give a key name for a directory path");
    if (entries != NULL)
        return add_directory(data, path, entries);
    text = read_source(data, path, &length);
    if (text == NULL)
        return g_strdup_printf("error reading %s: no such file or directory", path);
    return add_entry(data, key, text, length);
}

/* --from-literal KEY=VALUE */
static char *
add_literal(Data *data, const char *source)
{
    const char *equals = strchr(source, '=');
    g_autofree char *key = NULL;

    if (equals == NULL || equals == source)
        return g_strdup_printf("invalid literal source %s, expected key=value", source);
    key = g_strndup(source, (gsize)(equals - source));
    return add_entry(data, key, equals + 1, strlen(equals + 1));
}

/* --from-env-file PATH: lines KEY=VALUE; those that begin with # and empty ones are none. */
static char *
add_env_file(Data *data, const char *path)
{
    gsize length;
    g_autofree char *text = read_source(data, path, &length);
    g_auto(GStrv) lines = NULL;

    if (text == NULL)
        return g_strdup_printf("error reading %s: no such file or directory", path);
    lines = g_strsplit(text, "\n", -1);
    for (guint i = 0; lines[i] != NULL; i++) {
        char *line = g_strchug(lines[i]);
        char *equals = strchr(line, '=');
        char *wrong;

        if (line[0] == '\0' || line[0] == '#')
            continue;
        if (equals != NULL)
            *equals = '\0';
        if (!set_env_is_name(line))
            return g_strdup_printf("\"%s\" is not a valid key name: %s", line, SET_ENV_NAME_RULE);
        wrong = add_entry(data, line, equals != NULL ? equals + 1 : "", equals != NULL ? strlen(equals + 1) : 0);
        if (wrong != NULL)
            return wrong;
    }
    return NULL;
}

static char *
add_all(Data *data, const char *flag, char *(*add)(Data *data, const char *source))
{
    const GPtrArray *sources = flag_strings(data->command, flag);

    for (guint i = 0; sources != NULL && i < sources->len; i++) {
        char *wrong = add(data, g_ptr_array_index(sources, i));

        if (wrong != NULL)
            return wrong;
    }
    return NULL;
}

/* create_secret_docker.go: {"auths":{SERVER:{"username":..,"password":..,"email":..,"auth":..}}} */
static char *
add_docker(Data *data)
{
    const char *user = flag_string(data->command, "docker-username");
    const char *password = flag_string(data->command, "docker-password");
    const char *email = flag_string(data->command, "docker-email");
    g_autofree char *pair = NULL;
    g_autofree char *auth = NULL;
    g_autofree char *text = NULL;

    if (flag_is_given(data->command, "from-file"))
        return add_all(data, "from-file", add_file);
    if (str_is_empty(user) || str_is_empty(password))
        return g_strdup("either --from-file or the combination of --docker-username, --docker-password and "
                        "--docker-server is required");
    pair = g_strdup_printf("%s:%s", user, password);
    auth = g_base64_encode((const guchar *)pair, strlen(pair));
    text = g_strdup_printf("{\"auths\":{\"%s\":{\"username\":\"%s\",\"password\":\"%s\"%s%s%s,\"auth\":\"%s\"}}}",
                           flag_string(data->command, "docker-server"), user, password,
                           str_is_empty(email) ? "" : ",\"email\":\"", str_is_empty(email) ? "" : email,
                           str_is_empty(email) ? "" : "\"", auth);
    return add_entry(data, ".dockerconfigjson", text, strlen(text));
}

static char *
add_tls(Data *data)
{
    static const char *const parts[][2] = {{"cert", "tls.crt"}, {"key", "tls.key"}};

    if (str_is_empty(flag_string(data->command, "cert")) || str_is_empty(flag_string(data->command, "key")))
        return g_strdup("key and cert must be specified");
    for (guint i = 0; i < G_N_ELEMENTS(parts); i++) {
        const char *path = flag_string(data->command, parts[i][0]);
        gsize length;
        g_autofree char *text = read_source(data, path, &length);
        char *wrong;

        if (text == NULL)
            return g_strdup_printf("Cannot read file %s, open %s: no such file or directory", path, path);
        if (strstr(text, "-----BEGIN") == NULL)
            return g_strdup_printf("tls: failed to find any PEM data in %s input", i == 0 ? "certificate" : "key");
        wrong = add_entry(data, parts[i][1], text, length);
        if (wrong != NULL)
            return wrong;
    }
    return NULL;
}

static const char *
secret_type(const Command *command, const char *what)
{
    return str_is(what, "docker-registry") ? "kubernetes.io/dockerconfigjson"
           : str_is(what, "tls")           ? "kubernetes.io/tls"
                                           : flag_string(command, "type");
}

gboolean
generate_data(Command *command, Value *object, const char *name, gboolean is_secret, char **out_message)
{
    Data data = {command, value_new_map(), name, is_secret};
    const char *what = is_secret ? g_ptr_array_index(command->args, 1) : "";

    if (flag_is_given(command, "from-env-file") &&
        (flag_is_given(command, "from-file") || flag_is_given(command, "from-literal")))
        *out_message = g_strdup("from-env-file cannot be combined with from-file or from-literal");
    else if (str_is(what, "docker-registry"))
        *out_message = add_docker(&data);
    else if (str_is(what, "tls"))
        *out_message = add_tls(&data);
    else if ((*out_message = add_all(&data, is_secret ? "from-literal" : "from-file",
                                     is_secret ? add_literal : add_file)) == NULL &&
             (*out_message = add_all(&data, is_secret ? "from-file" : "from-literal",
                                     is_secret ? add_file : add_literal)) == NULL)
        *out_message = add_all(&data, "from-env-file", add_env_file);
    if (*out_message == NULL && is_secret && !str_is_empty(secret_type(command, what)))
        value_set(object, "type", value_new_string(secret_type(command, what)));
    if (*out_message == NULL && data.data->count > 0)
        value_set(object, "data", data.data);
    else
        value_free(data.data);
    return *out_message == NULL;
}
