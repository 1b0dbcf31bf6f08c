/*
 * set.c - kubectl set image|resources|env|selector|serviceaccount; models k8s.io/kubectl pkg/cmd/set v0.34
 *
 * Reads the object, changes its pod template, sends the strategic patch between
 * the two. Nothing changed: nothing is sent and nothing printed.
 */

#include "kubectl/internal.h"

#include "api/kinds/batch.h"
#include "api/patch.h"
#include "kubectl/expand.h"
#include "kubectl/print.h"

static void set_run(Command *command);

static const char *const subverbs[] = {"env", "image", "resources", "selector", "serviceaccount", NULL};
static const FlagDef flags[] = {
    {"all", 0, FLAG_BOOL, NULL, NULL},        {"limits", 0, FLAG_STRING, NULL, NULL},
    {"requests", 0, FLAG_STRING, NULL, NULL}, {"containers", 'c', FLAG_STRING, "*", NULL},
    {"list", 0, FLAG_BOOL, NULL, NULL},       {"local", 0, FLAG_BOOL, NULL, NULL},
    {"env", 'e', FLAG_STRINGS, NULL, NULL},   {"from", 0, FLAG_STRING, NULL, NULL},
    {"keys", 0, FLAG_STRINGS, NULL, NULL},    {"prefix", 0, FLAG_STRING, NULL, NULL},
    {"overwrite", 0, FLAG_BOOL, "true", NULL}, {"resolve", 0, FLAG_BOOL, NULL, NULL},
    {0},
};

const Verb set_verb = {.name = "set",
                       .subverbs = subverbs,
                       .flags = flags,
                       .run = set_run,
                       .doc = "Set specific features on objects."};

/* "image", ...; the words with '=' (or a final '-') after the targets. */
typedef struct {
    const char *what;
    GPtrArray *changes;    /* of const char* */
    GPtrArray *references; /* (owned) of Value*: variables of --from */
} SetState;

static void
state_free(gpointer data)
{
    SetState *state = data;

    g_ptr_array_unref(state->changes);
    g_ptr_array_unref(state->references);
    g_free(state);
}

static Target *
current(Command *command)
{
    return &g_array_index(command->targets, Target, command->next - 1);
}

static Value *
pod_spec_of(const ApiKind *kind, Value *tree)
{
    if (kind == &pod_kind)
        return value_get(tree, "spec");
    if (kind == &cron_job_kind)
        return value_get_path(tree, "spec", "jobTemplate", "spec", "template", "spec", NULL);
    return value_get_path(tree, "spec", "template", "spec", NULL);
}

static gboolean
set_image_in(Value *containers, const char *name, const char *image)
{
    gboolean found = FALSE;

    for (guint i = 0; containers != NULL && i < containers->count; i++)
        if (str_is(name, "*") ||
            str_is(value_get_string(containers->items[i], "name", NULL), name)) {
            value_set(containers->items[i], "image", value_new_string(image));
            found = TRUE;
        }
    return found;
}

/* FALSE: an error is out. */
static gboolean
set_images(Command *command, Value *spec)
{
    const SetState *state = command->state;

    for (guint i = 0; i < state->changes->len; i++) {
        g_auto(GStrv) pair = g_strsplit(g_ptr_array_index(state->changes, i), "=", 2);
        gboolean found = set_image_in(value_get(spec, "initContainers"), pair[0], pair[1]);

        found = set_image_in(value_get(spec, "containers"), pair[0], pair[1]) || found;
        if (!found) {
            command_error(command, "unable to find container named \"%s\"", pair[0]);
            return FALSE;
        }
    }
    return TRUE;
}

static void
set_quantities(Value *container, const char *part, const char *text)
{
    g_auto(GStrv) pairs = g_strsplit(text, ",", -1);
    Value *resources = value_get(container, "resources");
    Value *map;

    if (resources == NULL) {
        resources = value_new_map();
        value_set(container, "resources", resources);
    }
    map = value_get(resources, part);
    if (map == NULL) {
        map = value_new_map();
        value_set(resources, part, map);
    }
    for (guint i = 0; pairs[i] != NULL; i++) {
        g_auto(GStrv) pair = g_strsplit(pairs[i], "=", 2);

        if (pair[1] == NULL)
            continue;
        if (str_is(pair[1], "0"))
            value_remove(map, pair[0]);
        else
            value_set(map, str_intern(pair[0]), value_new_string(pair[1]));
    }
}

/* HandleResourceRequirementsV1: looked at before anything is sent */
static gboolean
quantities_are_fine(Command *command, const char *flag)
{
    g_auto(GStrv) pairs = g_strsplit(flag_is_given(command, flag) ? flag_string(command, flag) : "", ",", -1);

    for (guint i = 0; pairs[i] != NULL; i++) {
        g_auto(GStrv) pair = g_strsplit(pairs[i], "=", -1);
        Quantity quantity;

        if (g_strv_length(pair) != 2) {
            command_error(command, "Invalid argument syntax %s, expected <resource>=<value>", pairs[i]);
            return FALSE;
        }
        if (!quantity_parse(pair[1], &quantity)) {
            command_error(command, "%s", quantity_parse_message(pair[1]));
            return FALSE;
        }
    }
    return TRUE;
}

static gboolean
set_resources(Command *command, Value *spec)
{
    Value *containers = value_get(spec, "containers");
    const char *wanted = flag_string(command, "containers");
    guint found = 0;

    if (!quantities_are_fine(command, "limits") || !quantities_are_fine(command, "requests"))
        return FALSE;
    for (guint i = 0; containers != NULL && i < containers->count; i++) {
        if (!str_is(wanted, "*") &&
            !str_is(wanted, value_get_string(containers->items[i], "name", NULL)))
            continue;
        found++;
        if (flag_is_given(command, "limits"))
            set_quantities(containers->items[i], "limits", flag_string(command, "limits"));
        if (flag_is_given(command, "requests"))
            set_quantities(containers->items[i], "requests", flag_string(command, "requests"));
    }
    if (found == 0)
        command_error(command, "unable to find container named %s", wanted);
    return found > 0;
}

/* The variable as it is to be: a value in the place of a reference, too. (owned) */
static Value *
variable(const char *name, const char *text)
{
    Value *one = value_new_map();

    value_set(one, "name", value_new_string(name));
    if (text[0] != '\0') /* as Go leaves out what is empty */
        value_set(one, "value", value_new_string(text));
    return one;
}

/* @wanted (owned; NULL: none) in the place of the variable @name, or at the end. */
static void
put_variable(Value *container, const char *name, Value *wanted)
{
    Value *env = value_get(container, "env");

    for (guint i = 0; env != NULL && i < env->count; i++) {
        if (!str_is(value_get_string(env->items[i], "name", NULL), name))
            continue;
        value_remove_at(env, i);
        if (wanted != NULL)
            value_insert(env, i, wanted);
        else if (env->count == 0) /* not a list of none: nothing */
            value_remove(container, "env");
        return;
    }
    if (wanted == NULL)
        return;
    if (env == NULL) {
        env = value_new_list();
        value_set(container, "env", env);
    }
    value_append(env, wanted);
}

/* (owned) */
static char *
variable_name(const char *change)
{
    const char *equals = strchr(change, '=');

    return equals != NULL ? g_strndup(change, (gsize)(equals - change)) : g_strndup(change, strlen(change) - 1);
}

static void
set_one_env(Value *container, const char *change)
{
    const char *equals = strchr(change, '=');
    g_autofree char *name = variable_name(change);

    put_variable(container, name, equals != NULL ? variable(name, equals + 1) : NULL);
}

/* validateNoOverwrites */
static gboolean
may_overwrite(Command *command, const Value *container)
{
    const SetState *state = command->state;
    const Value *env = value_get(container, "env");

    if (flag_bool(command, "overwrite"))
        return TRUE;
    for (guint k = 0; k < state->changes->len; k++) {
        const char *change = g_ptr_array_index(state->changes, k);
        g_autofree char *name = variable_name(change);

        for (guint i = 0; strchr(change, '=') != NULL && env != NULL && i < env->count; i++)
            if (str_is(value_get_string(env->items[i], "name", NULL), name)) {
                command_error(command, "'%s' already has a value (%s), and --overwrite is false", name,
                              value_get_string(env->items[i], "value", ""));
                return FALSE;
            }
    }
    return TRUE;
}

static gboolean
set_env(Command *command, const Target *target, Value *spec)
{
    const SetState *state = command->state;
    Value *containers = value_get(spec, "containers");
    const char *wanted = flag_string(command, "containers");
    guint found = 0;

    for (guint i = 0; containers != NULL && i < containers->count; i++) {
        if (!str_is(wanted, "*") && !str_is(wanted, value_get_string(containers->items[i], "name", NULL)))
            continue;
        found++;
        if (!may_overwrite(command, containers->items[i]))
            continue;
        for (guint k = 0; k < state->references->len; k++) {
            const Value *reference = g_ptr_array_index(state->references, k);

            put_variable(containers->items[i], value_get_string(reference, "name", ""), value_copy(reference));
        }
        for (guint k = 0; k < state->changes->len; k++)
            set_one_env(containers->items[i], g_ptr_array_index(state->changes, k));
    }
    if (found == 0)
        command_warn(command, "warning: %s/%s does not have any containers matching \"%s\"", target->kind->kind, target->name, wanted);
    return TRUE;
}

/* pkg/cmd/set/env env_resolve.go, GetEnvVarRefString. (owned) */
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
        return g_strdup_printf("resource field %s%s%s", container, container[0] != '\0' ? "/" : "", value_get_string(resource, "resource", ""));
    if (field != NULL)
        return g_strdup_printf("field path %s", value_get_string(field, "fieldPath", ""));
    if (secret != NULL)
        return g_strdup_printf("secret %s, key %s", value_get_string(secret, "name", ""), value_get_string(secret, "key", ""));
    return g_strdup("invalid valueFrom");
}

static void
list_env(Command *command, const Target *target, const Value *spec)
{
    const Value *containers = value_get(spec, "containers");
    const char *wanted = flag_string(command, "containers");

    for (guint i = 0; containers != NULL && i < containers->count; i++) {
        const Value *env = value_get(containers->items[i], "env");
        const char *container = value_get_string(containers->items[i], "name", "");

        if (!str_is(wanted, "*") && !str_is(wanted, container))
            continue;
        command_print(command, "# %s %s, container %s\n", target->kind->kind, target->name, container);
        for (guint k = 0; env != NULL && k < env->count; k++) {
            const char *name = value_get_string(env->items[k], "name", "");
            const Value *from = value_get(env->items[k], "valueFrom");
            g_autofree char *reference = from != NULL ? reference_text(from) : NULL;

            if (reference != NULL)
                command_print(command, "# %s from %s\n", name, reference);
            else
                command_print(command, "%s=%s\n", name, value_get_string(env->items[k], "value", ""));
        }
    }
}

static const char *
done_word(const SetState *state)
{
    if (str_is(state->what, "image"))
        return "image updated";
    if (str_is(state->what, "env"))
        return "env updated";
    return str_is(state->what, "resources") ? "resource requirements updated"
                                            : str_is(state->what, "selector") ? "selector updated"
                                         : "serviceaccount updated";
}

static void
on_patched(Command *command, const ApiResponse *response)
{
    if (!api_response_ok(response))
        command_server_error(command, response->status, NULL);
    else
        print_changed(command, response->object, done_word(command->state));
    command_next(command);
}

static gboolean
change(Command *command, Value *spec)
{
    const SetState *state = command->state;

    if (str_is(state->what, "image"))
        return set_images(command, spec);
    if (str_is(state->what, "resources"))
        return set_resources(command, spec);
    if (str_is(state->what, "env"))
        return set_env(command, current(command), spec);
    value_set(spec, "serviceAccountName", value_new_string(g_ptr_array_index(state->changes, 0)));
    return TRUE;
}

/* The words are the whole selector. */
static void
set_selector(const SetState *state, Value *spec)
{
    Value *selector = value_new_map();

    for (guint i = 0; i < state->changes->len; i++) {
        g_auto(GStrv) parts = g_strsplit(g_ptr_array_index(state->changes, i), "=", 2);

        value_set(selector, str_intern(parts[0]), value_new_string(parts[1]));
    }
    value_set(spec, "selector", selector);
}

static void
on_got(Command *command, const ApiResponse *response)
{
    const SetState *state = command->state;
    Target *target = current(command);
    g_autoptr(Value) before = NULL;
    g_autoptr(Value) after = NULL;
    Value *patch;
    ApiRequest *request;

    if (!api_response_ok(response)) {
        command_server_error(command, response->status, NULL);
        command_next(command);
        return;
    }
    before = api_object_encode(response->object);
    after = value_copy(before);
    if (str_is(state->what, "selector")) {
        if (target->kind != &service_kind) {
            command_error(command, "setting a selector is only supported for Services");
            command_next(command);
            return;
        }
        set_selector(state, value_get(after, "spec"));
    } else if (pod_spec_of(target->kind, after) == NULL) {
        command_error(command, "the object has no pod template: %s",
                      target_label(target->kind, target->name));
        command_next(command);
        return;
    }
    if (flag_bool(command, "list")) {
        set_env(command, target, pod_spec_of(target->kind, after)); /* shown, not sent */
        list_env(command, target, pod_spec_of(target->kind, after));
        command_next(command);
        return;
    }
    if ((!str_is(state->what, "selector") && !change(command, pod_spec_of(target->kind, after))) ||
        value_equal(before, after)) {
        command_next(command);
        return;
    }
    if (is_client_dry_run(command) || flag_bool(command, "local")) {
        ApiDecodeResult result = {0};
        g_autoptr(ApiObject) changed = api_object_decode(target->kind, after, &result);

        print_changed(command, changed, done_word(state));
        api_decode_result_clear(&result);
        command_next(command);
        return;
    }
    patch = patch_two_way(target->kind, before, after);
    request = command_request(command, VERB_PATCH, target);
    request->patch_type = PATCH_STRATEGIC;
    request->body = patch;
    request->dry_run = str_is(flag_string(command, "dry-run"), "server");
    command_send(command, request, on_patched);
}

static void
set_one(Command *command, Target *target)
{
    command_send(command, command_request(command, VERB_GET, target), on_got);
}

/* Words that change something are no targets. */
static void
split_words(Command *command, SetState *state)
{
    const GPtrArray *given = str_is(state->what, "env") ? flag_strings(command, "env") : NULL;

    for (guint i = 0; given != NULL && i < given->len; i++)
        g_ptr_array_add(state->changes, given->pdata[i]);
    for (guint i = 1; i < command->args->len;) {
        const char *word = g_ptr_array_index(command->args, i);
        gboolean is_removal = str_is(state->what, "env") && g_str_has_suffix(word, "-") &&
                              strchr(word, '/') == NULL && i > 1;

        if ((strchr(word, '=') == NULL || word[0] == '=') && !is_removal) {
            i++;
            continue;
        }
        g_ptr_array_add(state->changes, (gpointer)word);
        g_ptr_array_remove_index(command->args, i);
    }
    if (str_is(state->what, "serviceaccount") && command->args->len > 1) {
        g_ptr_array_add(state->changes, g_ptr_array_index(command->args, command->args->len - 1));
        g_ptr_array_remove_index(command->args, command->args->len - 1);
    }
}

static void
go(Command *command)
{
    command_each(command, set_one, command_end_default);
}

static void
find_targets(Command *command)
{
    if (targets_from_files_or_args(command, 1) && targets_need_names(command))
        targets_expand(command, go);
}

/* pkg/cmd/set, keyToEnvName: (owned) */
static char *
key_to_name(const char *prefix, const char *key)
{
    g_autofree char *upper = g_ascii_strup(key, -1);

    for (char *c = upper; *c != '\0'; c++)
        if (!g_ascii_isalnum(*c))
            *c = '_';
    return g_strconcat(prefix, upper, NULL);
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

/* --from: every key becomes a variable that refers to it. */
static void
on_source(Command *command, const ApiResponse *response)
{
    SetState *state = command->state;
    const char *prefix = flag_string(command, "prefix") == NULL ? "" : flag_string(command, "prefix");
    g_autoptr(Value) tree = NULL;
    Value *data;

    if (!api_response_ok(response)) {
        command_server_error(command, response->status, NULL);
        command_finish(command, 1);
        return;
    }
    tree = api_object_encode(response->object);
    data = value_get(tree, "data");
    for (guint i = 0; data != NULL && i < data->count; i++) {
        g_autofree char *name = key_to_name(prefix, data->keys[i]);
        Value *one = value_new_map();
        Value *from = value_new_map();
        Value *reference = value_new_map();

        value_set(reference, "key", value_new_string(data->keys[i]));
        value_set(reference, "name", value_new_string(api_name(response->object)));
        value_set(from, response->object->kind == &secret_kind ? "secretKeyRef" : "configMapKeyRef", reference);
        value_set(one, "name", value_new_string(name));
        value_set(one, "valueFrom", from);
        if (is_wanted_key(command, data->keys[i]))
            g_ptr_array_add(state->references, one);
        else
            value_free(one);
    }
    find_targets(command);
}

static void
look_at_source(Command *command, const char *from)
{
    g_auto(GStrv) pair = g_strsplit(from, "/", 2);
    const ApiKind *kind = api_kind_find_resource(pair[0]);
    ApiRequest *request;

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
    request = api_request_new(VERB_GET, kind, command_namespace(command), pair[1]);
    command_send(command, request, on_source);
}

static const char no_resources[] = "one or more resources must be specified as <resource> <name> or <resource>/<name>";

/* SetImageOptions.Validate: everything that is wrong. FALSE: said, ended. */
static gboolean
image_words_are_fine(Command *command, const SetState *state)
{
    gboolean is_fine = TRUE;

    if (command->args->len < 2 && !files_are_given(command)) {
        command_error(command, "%s", no_resources);
        is_fine = FALSE;
    }
    if (state->changes->len == 0) {
        command_error(command, "at least one image update is required");
        is_fine = FALSE;
    }
    for (guint i = 0; state->changes->len > 1 && i < state->changes->len; i++)
        if (g_str_has_prefix(g_ptr_array_index(state->changes, i), "*=")) {
            command_error(command, "all containers are already specified by *, but saw more than one "
                                   "container_name=container_image pairs");
            is_fine = FALSE;
            break;
        }
    if (!is_fine)
        command_finish(command, 1);
    return is_fine;
}

static void
set_run(Command *command)
{
    SetState *state = g_new0(SetState, 1);
    const char *what = command->args->len > 0 ? g_ptr_array_index(command->args, 0) : "";

    state->changes = g_ptr_array_new();
    state->references = g_ptr_array_new_with_free_func((GDestroyNotify)value_free);
    state->what = str_is(what, "sa") ? "serviceaccount" : what;
    command->state = state;
    command->state_free = state_free;
    if (!g_strv_contains(subverbs, state->what)) {
        if (what[0] != '\0')
            command_error(command, "unknown command \"%s\"", what);
        command_warn(command, "See 'kubectl set -h' for help and examples");
        command_finish(command, 1);
        return;
    }
    split_words(command, state);
    if (str_is(state->what, "image") && !image_words_are_fine(command, state))
        return;
    if (str_is(state->what, "env") && command->args->len < 2 && !files_are_given(command)) {
        command_fail(command, "%s", no_resources);
        return;
    }
    if (str_is(state->what, "serviceaccount") && state->changes->len == 0) {
        command_fail(command, "serviceaccount is required");
        return;
    }
    if (flag_is_given(command, "keys") && flag_string(command, "from") == NULL) {
        command_fail(command, "when specifying --keys, a configmap or secret must be provided with --from");
        return;
    }
    if (str_is(state->what, "resources") && !flag_is_given(command, "limits") &&
        !flag_is_given(command, "requests")) {
        command_fail(command, "you must specify an update to requests or limits (in the form of "
                              "--requests/--limits)");
        return;
    }
    if (str_is(state->what, "env") && flag_string(command, "from") != NULL)
        look_at_source(command, flag_string(command, "from"));
    else
        find_targets(command);
}
