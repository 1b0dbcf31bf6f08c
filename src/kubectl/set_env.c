/* set_env.c - see set.h; k8s.io/kubectl pkg/cmd/set set_env.go, pkg/cmd/set/env v0.34 */

#include "kubectl/set.h"

static gboolean
is_variable(const char *word)
{
    return (strchr(word, '=') != NULL && word[0] != '=') || g_str_has_suffix(word, "-");
}

/* readEnv: NAME=VALUE lines. */
static void
read_lines(Command *command)
{
    SetState *state = command->state;
    g_auto(GStrv) lines = g_strsplit(command->input != NULL ? command->input : "", "\n", -1);

    for (guint i = 0; lines[i] != NULL; i++) {
        const char *equals = strchr(lines[i], '=');

        if (equals != NULL && equals != lines[i])
            g_ptr_array_add(state->changes, (gpointer)str_intern(lines[i]));
    }
}

/* SplitEnvironmentFromResources; what -e gave comes first. */
gboolean
set_env_split(Command *command)
{
    SetState *state = command->state;
    const GPtrArray *given = flag_strings(command, "env");
    g_autoptr(GString) all = g_string_new(NULL);
    gboolean is_mixed = FALSE;
    guint first = 1;

    for (guint i = 0; given != NULL && i < given->len; i++)
        g_ptr_array_add(state->changes, given->pdata[i]);
    if (command->args->len > 1 && str_is(g_ptr_array_index(command->args, command->args->len - 1), "-")) {
        g_ptr_array_set_size(command->args, (gint)command->args->len - 1); /* the variables come as lines of standard input */
        read_lines(command);
    }
    while (first < command->args->len && !is_variable(g_ptr_array_index(command->args, first)))
        first++;
    for (guint i = 1; i < command->args->len; i++) {
        const char *word = g_ptr_array_index(command->args, i);

        g_string_append_printf(all, "%s%s", i > 1 ? " " : "", word);
        if (i >= first && !is_variable(word))
            is_mixed = TRUE;
        else if (i >= first)
            g_ptr_array_add(state->changes, (gpointer)word);
    }
    if (is_mixed) {
        command_fail(command, "all resources must be specified before environment changes: %s", all->str);
        return FALSE;
    }
    g_ptr_array_set_size(command->args, (gint)first);
    return TRUE;
}

/* Of NAME=VALUE or NAME-. (owned) */
static char *
variable_name(const char *change)
{
    const char *equals = strchr(change, '=');

    return equals != NULL ? g_strndup(change, (gsize)(equals - change)) : g_strndup(change, strlen(change) - 1);
}

static gboolean
is_set_too(const GPtrArray *changes, const char *name)
{
    for (guint i = 0; i < changes->len; i++) {
        g_autofree char *own = variable_name(g_ptr_array_index(changes, i));

        if (strchr(g_ptr_array_index(changes, i), '=') != NULL && str_is(own, name))
            return TRUE;
    }
    return FALSE;
}

gboolean
set_env_is_name(const char *name)
{
    if (name[0] == '\0' || g_ascii_isdigit(name[0]))
        return FALSE;
    for (const char *c = name; *c != '\0'; c++)
        if (!g_ascii_isalnum(*c) && strchr("-._", *c) == NULL)
            return FALSE;
    return TRUE;
}

gboolean
set_env_words_are_fine(Command *command)
{
    const GPtrArray *changes = ((const SetState *)command->state)->changes;

    for (guint i = 0; i < changes->len; i++) {
        const char *change = g_ptr_array_index(changes, i);
        g_autofree char *name = is_variable(change) ? variable_name(change) : NULL;

        if (name == NULL) {
            command_fail(command, "unknown environment variable: %s", change);
            return FALSE;
        }
        if (strchr(change, '=') != NULL && !set_env_is_name(name)) {
            command_fail(command, "\"%s\" is not a valid key name: %s", name, SET_ENV_NAME_RULE);
            return FALSE;
        }
    }
    for (guint i = 0; i < changes->len; i++) {
        const char *change = g_ptr_array_index(changes, i);
        g_autofree char *name = variable_name(change);

        if (strchr(change, '=') == NULL && is_set_too(changes, name)) {
            command_fail(command, "can not both modify and remove the same environment variable in the same command");
            return FALSE;
        }
    }
    return TRUE;
}

/* --- --from ------------------------------------------------------------------------------ */

/* keyToEnvName. (owned) */
static char *
key_to_name(Command *command, const char *key)
{
    char *upper = g_ascii_strup(key, -1);

    for (char *c = upper; *c != '\0'; c++)
        if (!g_ascii_isalnum(*c))
            *c = '_';
    if (!str_is(upper, key))
        command_warn(command, "Warning: key %s transferred to %s", key, upper);
    return upper;
}

static gboolean
is_wanted_key(Command *command, const char *key)
{
    const GPtrArray *keys = flag_strings(command, "keys");
    gboolean is_any = TRUE;

    for (guint i = 0; keys != NULL && i < keys->len; i++) {
        g_auto(GStrv) words = g_strsplit(g_ptr_array_index(keys, i), ",", -1);

        is_any = FALSE;
        if (g_strv_contains((const char *const *)words, key))
            return TRUE;
    }
    return is_any;
}

static void
on_source(Command *command, const ApiResponse *response)
{
    SetState *state = command->state;
    g_autoptr(Value) tree = NULL;
    const Value *data;

    if (!api_response_ok(response)) {
        command_server_error(command, response->status, NULL);
        command_finish(command, 1);
        return;
    }
    tree = api_object_encode(response->object);
    data = value_get(tree, "data");
    for (guint i = 0; data != NULL && i < data->count; i++) {
        g_autofree char *name = NULL;
        Value *one, *from, *reference;

        if (!is_wanted_key(command, data->keys[i]))
            continue;
        one = value_new_map();
        from = value_new_map();
        reference = value_new_map();
        name = key_to_name(command, data->keys[i]);
        value_set(reference, "key", value_new_string(data->keys[i]));
        value_set(reference, "name", value_new_string(api_name(response->object)));
        value_set(from, response->object->kind == &secret_kind ? "secretKeyRef" : "configMapKeyRef", reference);
        value_set(one, "name", value_new_string(name));
        value_set(one, "valueFrom", from);
        g_ptr_array_add(state->references, one);
    }
    state->go(command);
}

void
set_env_read_source(Command *command, void (*go)(Command *command))
{
    SetState *state = command->state;
    g_auto(GStrv) pair = g_strsplit(flag_string(command, "from"), "/", 2);
    const ApiKind *kind = api_kind_find_resource(pair[0]);

    if (kind == NULL) {
        command_fail(command, "the server doesn't have a resource type \"%s\"", pair[0]);
        return;
    }
    if (pair[1] == NULL) {
        command_fail(command, "resource(s) were provided, but no name was specified");
        return;
    }
    if (kind != &config_map_kind && kind != &secret_kind) {
        command_fail(command, "unsupported resource specified in --from");
        return;
    }
    state->go = go;
    command_send(command, api_request_new(VERB_GET, kind, command_namespace(command), pair[1]), on_source);
}

/* --- the variables of a container -------------------------------------------------------- */

/* As Go writes it: a value that is empty is left out. (owned) */
static Value *
variable(const char *name, const char *text)
{
    Value *one = value_new_map();

    value_set(one, "name", value_new_string(name));
    if (text[0] != '\0')
        value_set(one, "value", value_new_string(text));
    return one;
}

/* All that is to be set, --prefix before each name. (owned), of Value* (owned) */
static GPtrArray *
wanted_variables(Command *command)
{
    const SetState *state = command->state;
    const char *prefix = flag_string(command, "prefix") == NULL ? "" : flag_string(command, "prefix");
    GPtrArray *wanted = g_ptr_array_new_with_free_func((GDestroyNotify)value_free);

    for (guint i = 0; i < state->changes->len; i++) {
        const char *change = g_ptr_array_index(state->changes, i);
        g_autofree char *name = variable_name(change);
        g_autofree char *whole = g_strconcat(prefix, name, NULL);

        if (strchr(change, '=') != NULL)
            g_ptr_array_add(wanted, variable(whole, strchr(change, '=') + 1));
    }
    for (guint i = 0; i < state->references->len; i++) {
        Value *one = value_copy(g_ptr_array_index(state->references, i));
        g_autofree char *whole = g_strconcat(prefix, value_get_string(one, "name", ""), NULL);

        value_set(one, "name", value_new_string(whole));
        g_ptr_array_add(wanted, one);
    }
    return wanted;
}

static const Value *
find_variable(const Value *env, const char *name)
{
    for (guint i = 0; env != NULL && i < env->count; i++)
        if (str_is(value_get_string(env->items[i], "name", NULL), name))
            return env->items[i];
    return NULL;
}

static const Value *
find_wanted(const GPtrArray *wanted, const char *name)
{
    for (guint i = 0; i < wanted->len; i++)
        if (str_is(value_get_string(g_ptr_array_index(wanted, i), "name", NULL), name))
            return g_ptr_array_index(wanted, i);
    return NULL;
}

/* validateNoOverwrites: NULL, or why not. (owned) */
static char *
overwrites(const Value *env, const GPtrArray *wanted)
{
    for (guint i = 0; i < wanted->len; i++) {
        const Value *one = g_ptr_array_index(wanted, i);
        const char *name = value_get_string(one, "name", "");
        const Value *current = find_variable(env, name);

        if (current != NULL && !str_is(value_get_string(current, "value", ""), value_get_string(one, "value", "")))
            return g_strdup_printf("'%s' already has a value (%s), and --overwrite is false", name,
                                   value_get_string(current, "value", ""));
    }
    return NULL;
}

static gboolean
is_removed(const SetState *state, const char *name)
{
    for (guint i = 0; i < state->changes->len; i++) {
        const char *change = g_ptr_array_index(state->changes, i);
        g_autofree char *own = variable_name(change);

        if (strchr(change, '=') == NULL && str_is(own, name))
            return TRUE;
    }
    return FALSE;
}

/* updateEnv: what is there in its place, then what is new; of two that bear a name the first counts. */
static void
update_env(const SetState *state, Value *container, const GPtrArray *wanted)
{
    const Value *env = value_get(container, "env");
    Value *out = value_new_list();

    for (guint i = 0; env != NULL && i < env->count; i++) {
        const char *name = value_get_string(env->items[i], "name", "");
        const Value *newer = find_wanted(wanted, name);

        if (is_removed(state, name) || (newer != NULL && find_variable(out, name) != NULL))
            continue;
        value_append(out, value_copy(newer != NULL ? newer : env->items[i]));
    }
    for (guint i = 0; i < wanted->len; i++) {
        const char *name = value_get_string(g_ptr_array_index(wanted, i), "name", "");

        if (!is_removed(state, name) && find_variable(out, name) == NULL)
            value_append(out, value_copy(g_ptr_array_index(wanted, i)));
    }
    if (out->count > 0) {
        value_set(container, "env", out);
        return;
    }
    value_free(out);
    value_remove(container, "env");
}

/* GetEnvVarRefString. (owned) */
static char *
reference_text(const Value *from)
{
    const Value *map = value_get(from, "configMapKeyRef");
    const Value *secret = value_get(from, "secretKeyRef");
    const Value *resource = value_get(from, "resourceFieldRef");
    const Value *field = value_get(from, "fieldRef");
    const char *container = value_get_string(resource, "containerName", "");

    if (map != NULL)
        return g_strdup_printf("configmap %s, key %s", value_get_string(map, "name", ""), value_get_string(map, "key", ""));
    if (resource != NULL)
        return g_strdup_printf("resource field %s%s%s", container, container[0] != '\0' ? "/" : "",
                               value_get_string(resource, "resource", ""));
    if (field != NULL)
        return g_strdup_printf("field path %s", value_get_string(field, "fieldPath", ""));
    if (secret != NULL)
        return g_strdup_printf("secret %s, key %s", value_get_string(secret, "name", ""), value_get_string(secret, "key", ""));
    return g_strdup("invalid valueFrom");
}

/* "error retrieving reference for A, B: WHY", once for each WHY. */
static void
tell_unresolved(Command *command, const GPtrArray *names, const GPtrArray *errors)
{
    for (guint i = 0; i < errors->len; i++) {
        g_autoptr(GString) all = g_string_new(NULL);
        gboolean is_first = TRUE;

        for (guint k = 0; k < i; k++)
            is_first = is_first && !str_is(errors->pdata[k], errors->pdata[i]);
        for (guint k = i; is_first && k < errors->len; k++)
            if (str_is(errors->pdata[k], errors->pdata[i]))
                g_string_append_printf(all, "%s%s", all->len > 0 ? ", " : "", (const char *)names->pdata[k]);
        if (is_first)
            command_warn(command, "error retrieving reference for %s: %s", all->str, (const char *)errors->pdata[i]);
    }
}

static void
list_env(Command *command, const Target *target, const ApiObject *object, const Value *container)
{
    const Value *env = value_get(container, "env");
    g_autoptr(GPtrArray) names = g_ptr_array_new(), errors = g_ptr_array_new_with_free_func(g_free);

    command_print(command, "# %s %s, container %s\n", target->kind->kind, target->name,
                  value_get_string(container, "name", ""));
    for (guint k = 0; env != NULL && k < env->count; k++) {
        const char *name = value_get_string(env->items[k], "name", "");
        const Value *from = value_get(env->items[k], "valueFrom");
        g_autofree char *reference = from != NULL ? reference_text(from) : NULL;
        char *wrong = NULL;
        g_autofree char *resolved = NULL;

        if (reference != NULL && ((const SetState *)command->state)->sources != NULL) {
            resolved = set_resolve(command, object, container, from, &wrong);
            if (resolved == NULL) {
                g_ptr_array_add(names, (gpointer)name);
                g_ptr_array_add(errors, wrong);
            }
        }
        if (resolved != NULL)
            command_print(command, "%s=%s\n", name, resolved);
        else if (reference != NULL)
            command_print(command, "# %s from %s\n", name, reference);
        else
            command_print(command, "%s=%s\n", name, value_get_string(env->items[k], "value", ""));
    }
    tell_unresolved(command, names, errors);
}

gboolean
set_env(Command *command, const Target *target, const ApiObject *object, Value *spec, char **out_why)
{
    g_autoptr(GPtrArray) containers = set_containers(command, spec);
    g_autoptr(GPtrArray) wanted = wanted_variables(command);

    if (containers->len == 0)
        command_warn(command, "Warning: %s/%s does not have any containers matching \"%s\"", target->kind->kind, target->name,
                     flag_string(command, "containers"));
    for (guint i = 0; i < containers->len; i++) {
        Value *container = g_ptr_array_index(containers, i);

        if (!flag_bool(command, "overwrite"))
            *out_why = overwrites(value_get(container, "env"), wanted);
        if (*out_why != NULL)
            return FALSE;
        update_env(command->state, container, wanted);
        if (flag_bool(command, "list"))
            list_env(command, target, object, container);
    }
    return TRUE;
}
