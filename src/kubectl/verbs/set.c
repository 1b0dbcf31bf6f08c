/*
 * set.c - kubectl set image|resources|env|selector|serviceaccount; models k8s.io/kubectl pkg/cmd/set v0.34
 *
 * Reads all objects first; one that cannot be read ends it. Then changes each pod
 * template and sends the strategic patch between the two.
 */

#include "kubectl/internal.h"

#include "api/kinds/batch.h"
#include "api/patch.h"
#include "api/selector.h"
#include "kubectl/expand.h"
#include "kubectl/print.h"
#include "kubectl/set.h"

static void set_run(Command *command);

static const char *const subverbs[] = {"env", "image", "resources", "selector", "serviceaccount", "subject", NULL};
static const FlagDef flags[] = {
    {"all", 0, FLAG_BOOL, NULL, NULL},        {"limits", 0, FLAG_STRING, NULL, NULL},
    {"requests", 0, FLAG_STRING, NULL, NULL}, {"containers", 'c', FLAG_STRING, "*", NULL},
    {"list", 0, FLAG_BOOL, NULL, NULL},       {"local", 0, FLAG_BOOL, NULL, NULL},
    {"env", 'e', FLAG_STRINGS, NULL, NULL},   {"from", 0, FLAG_STRING, NULL, NULL},
    {"keys", 0, FLAG_STRINGS, NULL, NULL},    {"prefix", 0, FLAG_STRING, NULL, NULL},
    {"overwrite", 0, FLAG_BOOL, "true", NULL}, {"resolve", 0, FLAG_BOOL, NULL, NULL},
    {"user", 0, FLAG_STRINGS, NULL, NULL},    {"group", 0, FLAG_STRINGS, NULL, NULL},
    {"serviceaccount", 0, FLAG_STRINGS, NULL, NULL}, {"resource-version", 0, FLAG_STRING, NULL, NULL},
    {0},
};

static const char *
subverb_of(const char *word, const char **inner)
{
    *inner = NULL;
    return str_is(word, "sa") ? "serviceaccount" : word;
}

const Verb set_verb = {.name = "set",
                       .subverb_of = subverb_of,
                       .subverbs = subverbs,
                       .flags = flags,
                       .run = set_run,
                       .doc = "Set specific features on objects."};

static void
state_free(gpointer data)
{
    SetState *state = data;

    g_ptr_array_unref(state->changes);
    g_ptr_array_unref(state->references);
    g_ptr_array_unref(state->objects);
    set_sources_free(state->sources);
    g_free(state);
}

Value *
set_pod_spec(const ApiKind *kind, Value *tree)
{
    if (kind == &pod_kind)
        return value_get(tree, "spec");
    if (kind == &cron_job_kind)
        return value_get_path(tree, "spec", "jobTemplate", "spec", "template", "spec", NULL);
    return value_get_path(tree, "spec", "template", "spec", NULL);
}

/* --- containers -------------------------------------------------------------------------- */

/* selectString, step by step: it knows no other sign than '*', and that not everywhere. */
static gboolean
is_meant(const char *name, const char *pattern)
{
    g_auto(GStrv) parts = NULL;
    gsize at = 0;

    if (str_is(pattern, "*") || strchr(pattern, '*') == NULL)
        return str_is(pattern, "*") || str_is(name, pattern);
    parts = g_strsplit(pattern, "*", -1);
    for (guint i = 0; parts[i] != NULL; i++) {
        const char *found = parts[i][0] == '\0' ? NULL : strstr(name + at, parts[i]);
        gsize next = found == NULL ? 0 : (gsize)(found - (name + at));

        if (parts[i][0] == '\0')
            continue;
        if (found == NULL || next < at || (i == 0 && at != 0) ||
            (parts[i + 1] == NULL && strlen(name) != strlen(parts[i]) + next))
            return FALSE;
        at = next;
    }
    return TRUE;
}

GPtrArray *
set_containers(Command *command, Value *spec)
{
    static const char *const lists[] = {"containers", "initContainers"};
    GPtrArray *out = g_ptr_array_new();

    for (guint k = 0; k < G_N_ELEMENTS(lists); k++) {
        Value *list = value_get(spec, lists[k]);

        for (guint i = 0; list != NULL && i < list->count; i++)
            if (is_meant(value_get_string(list->items[i], "name", ""), flag_string(command, "containers")))
                g_ptr_array_add(out, list->items[i]);
    }
    return out;
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

/* Those that are there are changed, whatever is said about the others. */
static void
set_images(Command *command, Value *spec)
{
    const SetState *state = command->state;

    for (guint i = 0; i < state->changes->len; i++) {
        g_auto(GStrv) pair = g_strsplit(g_ptr_array_index(state->changes, i), "=", 2);
        gboolean found = set_image_in(value_get(spec, "initContainers"), pair[0], pair[1]);

        found = set_image_in(value_get(spec, "containers"), pair[0], pair[1]) || found;
        if (!found)
            command_error_told(command, "error: unable to find container named \"%s\"", pair[0]);
    }
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

        if (pair[1] != NULL)
            value_set(map, str_intern(pair[0]), value_new_string(pair[1]));
    }
}

/* HandleResourceRequirementsV1: looked at before anything is sent. FALSE: message out, ended. */
static gboolean
quantities_are_fine(Command *command, const char *flag)
{
    g_auto(GStrv) pairs = g_strsplit(flag_is_given(command, flag) ? flag_string(command, flag) : "", ",", -1);

    for (guint i = 0; pairs[i] != NULL; i++) {
        g_auto(GStrv) pair = g_strsplit(pairs[i], "=", -1);
        Quantity quantity;

        if (g_strv_length(pair) != 2) {
            command_fail(command, "Invalid argument syntax %s, expected <resource>=<value>", pairs[i]);
            return FALSE;
        }
        if (!quantity_parse(pair[1], &quantity)) {
            command_fail(command, "%s", quantity_parse_message(pair[1]));
            return FALSE;
        }
    }
    return TRUE;
}

static void
set_resources(Command *command, Value *spec)
{
    g_autoptr(GPtrArray) containers = set_containers(command, spec);

    if (containers->len == 0)
        command_error_told(command, "error: unable to find container named %s", flag_string(command, "containers"));
    for (guint i = 0; i < containers->len; i++) {
        if (!str_is_empty(flag_string(command, "limits")))
            set_quantities(g_ptr_array_index(containers, i), "limits", flag_string(command, "limits"));
        if (!str_is_empty(flag_string(command, "requests")))
            set_quantities(g_ptr_array_index(containers, i), "requests", flag_string(command, "requests"));
    }
}

/* --- one object -------------------------------------------------------------------------- */

/* The words of each subcommand: when it is done, and before what the server said against it. */
static const struct {
    const char *what, *done, *failed;
} words[] = {
    {"env", "env updated", "failed to patch env update to pod template: "},
    {"image", "image updated", "failed to patch image update to pod template: "},
    {"resources", "resource requirements updated", "failed to patch resources update to pod template "},
    {"selector", "selector updated", NULL},
    {"serviceaccount", "serviceaccount updated", "failed to patch ServiceAccountName "},
    {"subject", "subjects updated", "failed to patch subjects to rolebinding: "},
};

static guint
word_index(const SetState *state)
{
    guint i = 0;

    while (!str_is(words[i].what, state->what))
        i++;
    return i;
}

static void
on_patched(Command *command, const ApiResponse *response)
{
    guint word = word_index(command->state);

    if (api_response_ok(response))
        print_changed(command, response->object, words[word].done);
    else if (words[word].failed != NULL)
        command_error(command, "%s%s", words[word].failed, response->status->message);
    else
        command_server_error(command, response->status, NULL);
    command_next(command);
}

/* "a=b,c in (d,e)" at the commas outside of brackets. (owned) */
static char **
split_terms(const char *text)
{
    g_autoptr(GString) out = g_string_new(NULL);
    guint depth = 0;

    for (; *text != '\0'; text++) {
        depth += *text == '(' ? 1u : 0u;
        depth -= *text == ')' ? 1u : 0u;
        g_string_append_c(out, *text == ',' && depth == 0 ? '\n' : *text);
    }
    return g_strsplit(out->str, "\n", -1);
}

/* Go's %v of a requirement: "{c In [d e]}". */
static void
append_term(GString *out, const char *term)
{
    g_auto(GStrv) parts = g_strsplit(term, " ", 3);
    const char *list = parts[1] != NULL ? parts[2] : NULL;

    if (out->len > 1)
        g_string_append_c(out, ' ');
    if (list == NULL) {
        g_string_append_printf(out, "{%s %s []}", term + (term[0] == '!' ? 1 : 0), term[0] == '!' ? "DoesNotExist" : "Exists");
        return;
    }
    g_string_append_printf(out, "{%s %s [", parts[0], str_is(parts[1], "in") ? "In" : "NotIn");
    for (const char *c = list; *c != '\0'; c++)
        if (strchr("()", *c) == NULL)
            g_string_append_c(out, *c == ',' ? ' ' : *c);
    g_string_append(out, "]}");
}

/* updateSelectorForObject. FALSE: *out_why (owned). */
static gboolean
set_selector(const SetState *state, const Target *target, Value *tree, char **out_why)
{
    g_autoptr(Selector) selector = selector_parse(g_ptr_array_index(state->changes, 0), out_why);
    g_auto(GStrv) parts = NULL;
    g_autoptr(GString) others = NULL;
    Value *map;

    if (selector == NULL)
        return FALSE;
    if (target->kind != &service_kind) {
        *out_why = g_strdup("setting a selector is only supported for Services");
        return FALSE;
    }
    parts = split_terms(selector_format(selector));
    map = value_new_map();
    others = g_string_new("[");
    for (guint i = 0; parts[i] != NULL && *out_why == NULL; i++) {
        char *equals = strchr(parts[i], '=');

        if (strstr(parts[i], "!=") != NULL)
            *out_why = g_strdup("\"!=\" is not a valid label selector operator");
        else if (equals != NULL)
            value_set(map, str_intern_len(parts[i], (gsize)(equals - parts[i])), value_new_string(equals + 1));
        else
            append_term(others, parts[i]);
    }
    if (*out_why == NULL && others->len > 1)
        *out_why = g_strdup_printf("match expression %s] not supported on this object", others->str);
    if (*out_why != NULL) {
        value_free(map);
        return FALSE;
    }
    value_set(value_get(tree, "spec"), "selector", map);
    return TRUE;
}

/* FALSE: *out_why (owned) says why nothing came of it. */
static gboolean
change(Command *command, const Target *target, Value *tree, char **out_why)
{
    const SetState *state = command->state;
    Value *spec = set_pod_spec(target->kind, tree);

    if (str_is(state->what, "selector"))
        return set_selector(state, target, tree, out_why);
    if (str_is(state->what, "subject"))
        return set_subject(command, target, tree, out_why);
    if (spec == NULL || target->kind == &pod_template_kind) {
        *out_why = g_strdup_printf("the object is not a pod or does not have a pod template: *%s.%s",
                                   target->kind->version, target->kind->kind);
        return FALSE;
    }
    if (str_is(state->what, "env"))
        return set_env(command, target, g_ptr_array_index(state->objects, command->next - 1), spec, out_why);
    if (str_is(state->what, "image"))
        set_images(command, spec);
    else if (str_is(state->what, "resources"))
        set_resources(command, spec);
    else
        value_set(spec, "serviceAccountName", value_new_string(g_ptr_array_index(state->changes, 0)));
    return TRUE;
}

static void
show_only(Command *command, const Target *target, Value *tree)
{
    const char *done = words[word_index(command->state)].done;
    ApiDecodeResult result = {0};
    g_autoptr(ApiObject) changed = NULL;

    changed = api_object_decode(target->kind, tree, &result);
    print_changed(command, changed, done);
    api_decode_result_clear(&result);
}

static void
change_one(Command *command, Target *target)
{
    const SetState *state = command->state;
    const ApiObject *object = g_ptr_array_index(state->objects, command->next - 1);
    g_autoptr(Value) before = api_object_encode(object);
    g_autoptr(Value) after = value_copy(before);
    g_autofree char *why = NULL;
    ApiRequest *request;
    /* these two send and say it even if nothing is different */
    gboolean is_always = str_is(state->what, "selector") || str_is(state->what, "serviceaccount");

    if (!change(command, target, after, &why)) {
        if (str_is(state->what, "selector"))
            command_error(command, "%s", why);
        else if (!flag_bool(command, "list"))
            command_error_told(command, "error: %s/%s %s", target->kind->plural, target->name, why);
    } else if (!flag_bool(command, "list") && (is_always || !value_equal(before, after))) {
        if (is_client_dry_run(command) || flag_bool(command, "local")) {
            show_only(command, target, after);
        } else {
            request = command_request(command, VERB_PATCH, target);
            if (flag_string(command, "resource-version") != NULL)
                request->resource_version = g_ascii_strtoull(flag_string(command, "resource-version"), NULL, 10);
            request->patch_type = PATCH_STRATEGIC;
            request->body = patch_two_way(target->kind, before, after);
            request->dry_run = str_is(flag_string(command, "dry-run"), "server");
            command_send(command, request, on_patched);
            return;
        }
    }
    command_next(command);
}

/* --- all of them ------------------------------------------------------------------------- */

/* SetImageOptions.Validate: everything that is wrong. FALSE: said, ended. */
static gboolean
image_words_are_fine(Command *command)
{
    const SetState *state = command->state;
    gboolean is_any = FALSE;

    for (guint i = 0; i < state->changes->len; i++)
        is_any = is_any || g_str_has_prefix(g_ptr_array_index(state->changes, i), "*=");
    if (flag_bool(command, "all") && !str_is_empty(flag_string(command, "selector")))
        command_error(command, "cannot set --all and --selector at the same time");
    if (state->changes->len == 0)
        command_error(command, "at least one image update is required");
    else if (state->changes->len > 1 && is_any)
        command_error(command, "all containers are already specified by *, but saw more than one "
                               "container_name=container_image pairs");
    if (!command->has_failed)
        return TRUE;
    command_finish(command, 1);
    return FALSE;
}

/* SetResourcesOptions.Validate. FALSE: said, ended. */
static gboolean
resource_words_are_fine(Command *command)
{
    if (flag_bool(command, "all") && !str_is_empty(flag_string(command, "selector"))) {
        command_fail(command, "cannot set --all and --selector at the same time");
        return FALSE;
    }
    if (str_is_empty(flag_string(command, "limits")) && str_is_empty(flag_string(command, "requests"))) {
        command_fail(command, "you must specify an update to requests or limits (in the form of "
                              "--requests/--limits)");
        return FALSE;
    }
    return quantities_are_fine(command, "limits") && quantities_are_fine(command, "requests");
}

static void
change_all(Command *command)
{
    command_each(command, change_one, command_end_default);
}

static void
on_all_read(Command *command)
{
    const SetState *state = command->state;

    if (command->has_failed) {
        command_finish(command, 1);
        return;
    }
    if (str_is(state->what, "image") && !image_words_are_fine(command))
        return;
    if (str_is(state->what, "resources") && !resource_words_are_fine(command))
        return;
    if (str_is(state->what, "subject") && !set_subject_words_are_fine(command))
        return;
    if (str_is(state->what, "env") && flag_bool(command, "list") && flag_bool(command, "resolve") && !flag_bool(command, "local")) {
        set_sources_read(command, change_all);
        return;
    }
    command_each(command, change_one, command_end_default);
}

static void
on_got(Command *command, const ApiResponse *response)
{
    SetState *state = command->state;

    if (api_response_ok(response))
        g_ptr_array_add(state->objects, api_object_ref(response->object));
    else
        command_server_error(command, response->status, NULL);
    command_next(command);
}

static void
read_one(Command *command, Target *target)
{
    SetState *state = command->state;
    ApiDecodeResult result = {0};

    if (!flag_bool(command, "local")) {
        command_send(command, command_request(command, VERB_GET, target), on_got);
        return;
    }
    g_ptr_array_add(state->objects, api_object_decode(target->kind, target->manifest, &result));
    api_decode_result_clear(&result);
    command_next(command);
}

static void
read_all(Command *command)
{
    command_each(command, read_one, on_all_read);
}

static void
find_targets(Command *command)
{
    if (targets_from_files_or_args(command, 1) && targets_need_names(command))
        targets_expand(command, read_all);
}

/* --- words ------------------------------------------------------------------------------- */

/* GetResourcesAndPairs, ParsePairs. FALSE: message out, ended. */
static gboolean
split_images(Command *command)
{
    SetState *state = command->state;
    gboolean in_pairs = FALSE;

    for (guint i = 1; i < command->args->len;) {
        const char *word = g_ptr_array_index(command->args, i);
        gboolean is_set = strchr(word, '=') != NULL && word[0] != '=';

        if (!is_set && !(g_str_has_suffix(word, "-") && !str_is(word, "-"))) {
            if (in_pairs) {
                command_fail(command, "all resources must be specified before image changes: %s", word);
                return FALSE;
            }
            i++;
            continue;
        }
        in_pairs = TRUE;
        if (!is_set) {
            command_fail(command, "invalid image pairs: %s", word);
            return FALSE;
        }
        g_ptr_array_add(state->changes, (gpointer)word);
        g_ptr_array_remove_index(command->args, i);
    }
    return TRUE;
}

/* The last word is no target. FALSE: there is none; message out, ended. */
static gboolean
split_last(Command *command, const char *missing)
{
    SetState *state = command->state;

    if (command->args->len < 2) {
        command_fail(command, "%s", missing);
        return FALSE;
    }
    g_ptr_array_add(state->changes, g_ptr_array_index(command->args, command->args->len - 1));
    g_ptr_array_set_size(command->args, (gint)command->args->len - 1);
    return TRUE;
}

static gboolean
env_words_are_fine(Command *command)
{
    if (command->args->len < 2 && !files_are_given(command)) {
        command_fail(command, "one or more resources must be specified as <resource> <name> or <resource>/<name>");
        return FALSE;
    }
    if (flag_bool(command, "list") && flag_is_given(command, "output")) {
        command_fail(command, "--list and --output may not be specified together");
        return FALSE;
    }
    if (flag_is_given(command, "keys") && str_is_empty(flag_string(command, "from"))) {
        command_fail(command, "when specifying --keys, a configmap or secret must be provided with --from");
        return FALSE;
    }
    return set_env_words_are_fine(command);
}

/* FALSE: message out, ended. */
static gboolean
words_are_fine(Command *command)
{
    const SetState *state = command->state;

    if (str_is(state->what, "env") && flag_bool(command, "all") && !str_is_empty(flag_string(command, "selector"))) {
        command_fail(command, "cannot set --all and --selector at the same time");
        return FALSE;
    }
    if (flag_bool(command, "local") && str_is(flag_string(command, "dry-run"), "server")) {
        command_fail(command, "cannot specify --local and --dry-run=server - did you mean --dry-run=client?");
        return FALSE;
    }
    if (str_is(state->what, "image") && !split_images(command))
        return FALSE;
    if (str_is(state->what, "serviceaccount") && !split_last(command, "serviceaccount is required"))
        return FALSE;
    if (str_is(state->what, "selector") && !split_last(command, "one selector is required"))
        return FALSE;
    if (str_is(state->what, "env") && !(set_env_split(command) && env_words_are_fine(command)))
        return FALSE;
    if (flag_bool(command, "local") && command->args->len > 1) {
        command_fail(command, "you must specify resources by --filename when --local is set.\nExample resource "
                              "specifications include:\n   '-f rsrc.yaml'\n   '--filename=rsrc.json'");
        return FALSE;
    }
    return TRUE;
}

static void
set_run(Command *command)
{
    SetState *state = g_new0(SetState, 1);
    const char *what = command->args->len > 0 ? g_ptr_array_index(command->args, 0) : "";

    state->changes = g_ptr_array_new();
    state->references = g_ptr_array_new_with_free_func((GDestroyNotify)value_free);
    state->objects = g_ptr_array_new_with_free_func((GDestroyNotify)api_object_unref);
    state->what = str_is(what, "sa") ? "serviceaccount" : what;
    command->state = state;
    command->state_free = state_free;
    if (!g_strv_contains(subverbs, state->what)) {
        command_unknown_subcommand(command, "kubectl set", 0);
        return;
    }
    if (!words_are_fine(command))
        return;
    if (str_is(state->what, "env") && !str_is_empty(flag_string(command, "from")))
        set_env_read_source(command, find_targets);
    else
        find_targets(command);
}
