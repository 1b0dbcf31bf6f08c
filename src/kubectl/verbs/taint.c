/*
 * taint.c - kubectl taint nodes NAME key=value:Effect key-; models k8s.io/kubectl
 * pkg/cmd/taint v0.34
 */

#include "api/names.h"
#include "api/patch.h"
#include "kubectl/describe.h"
#include "kubectl/expand.h"
#include "kubectl/print.h"

static void taint_run(Command *command);

static const FlagDef flags[] = {
    {"overwrite", 0, FLAG_BOOL, NULL, NULL},
    {"all", 0, FLAG_BOOL, NULL, NULL},
    {"validate", 0, FLAG_STRING, "strict", "strict"},
    {0},
};

const Verb taint_verb = {.name = "taint",
                         .flags = flags,
                         .run = taint_run,
                         .doc = "Update the taints on one or more nodes."};

typedef struct {
    TaintList added, removed;
    const char *done; /* "tainted" ... of the node under way */
} TaintState;

static void
state_free(gpointer data)
{
    TaintState *state = data;

    g_free(state->added.items);
    g_free(state->removed.items);
    g_free(state);
}

/* --- words ------------------------------------------------------------------------------- */

static gboolean
is_known_effect(const char *effect)
{
    return str_is(effect, "NoSchedule") || str_is(effect, "PreferNoSchedule") ||
           str_is(effect, "NoExecute");
}

/* NULL, or the complaint about a part of @text. (owned) */
static char *
name_fault(const char *text, NameRule rule, const char *name)
{
    StrList messages = {0};
    GString *out = NULL;

    if (name != NULL && !name_check(rule, name, FALSE, &messages)) {
        out = g_string_new(NULL);
        g_string_append_printf(out, "invalid taint spec: %s, ", text);
        for (guint i = 0; i < messages.count; i++)
            g_string_append_printf(out, "%s%s", i > 0 ? "; " : "", messages.items[i]);
    }
    g_free(messages.items);
    return out == NULL ? NULL : g_string_free(out, FALSE);
}

/* "key=value:Effect", "key:Effect", "key". FALSE: *out_message (owned) says why. */
static gboolean
read_taint(const char *text, Taint *out_taint, char **out_message)
{
    g_auto(GStrv) parts = g_strsplit(text, ":", -1);
    g_auto(GStrv) pair = NULL;
    guint count = g_strv_length(parts);

    if (count == 2 && !is_known_effect(parts[1])) {
        *out_message =
            g_strdup_printf("invalid taint effect: %s, unsupported taint effect", parts[1]);
        return FALSE;
    }
    /* without an effect the whole word is the key */
    pair = count == 2 ? g_strsplit(parts[0], "=", -1) : g_strsplit(text, "\n", 1);
    if (count > 2 || g_strv_length(pair) > 2) {
        *out_message = g_strdup_printf("invalid taint spec: %s", text);
        return FALSE;
    }
    *out_message = name_fault(text, NAME_LABEL_VALUE, pair[0] == NULL ? NULL : pair[1]);
    if (*out_message == NULL)
        *out_message = name_fault(text, NAME_QUALIFIED, pair[0] == NULL ? "" : pair[0]);
    if (*out_message != NULL)
        return FALSE;
    out_taint->key = str_intern(pair[0]);
    out_taint->value = str_intern(pair[1]);
    out_taint->effect = count == 2 ? str_intern(parts[1]) : NULL;
    return TRUE;
}

/* FALSE: message out, ended. */
static gboolean
read_change(Command *command, const char *word)
{
    TaintState *state = command->state;
    gboolean is_removal = g_str_has_suffix(word, "-");
    g_autofree char *text = g_strndup(word, strlen(word) - (is_removal ? 1 : 0));
    g_autofree char *message = NULL;
    Taint taint = {0};

    if (!read_taint(text, &taint, &message)) {
        command_usage(command, "%s", message);
        return FALSE;
    }
    if (is_removal) {
        *API_LIST_ADD(&state->removed) = (Taint){.key = taint.key, .effect = taint.effect};
        return TRUE;
    }
    if (taint.effect == NULL) {
        command_usage(command, "invalid taint spec: %s", text);
        return FALSE;
    }
    for (guint i = 0; i < state->added.count; i++)
        if (str_is(state->added.items[i].key, taint.key) &&
            str_is(state->added.items[i].effect, taint.effect)) {
            command_usage(command,
                          "duplicated taints with the same key and effect: {%s %s %s <nil>}",
                          taint.key, text_or(taint.value, ""), taint.effect);
            return FALSE;
        }
    *API_LIST_ADD(&state->added) = taint;
    return TRUE;
}

static gboolean
check_conflicts(Command *command)
{
    const TaintState *state = command->state;
    g_autoptr(GString) found = g_string_new(NULL);

    for (guint i = 0; i < state->added.count; i++)
        for (guint k = 0; k < state->removed.count; k++) {
            const Taint *removed = &state->removed.items[k];

            if (str_is(removed->key, state->added.items[i].key) &&
                (str_is_empty(removed->effect) ||
                 str_is(removed->effect, state->added.items[i].effect)))
                g_string_append_printf(found, "%s%s=%s", found->len > 0 ? ", " : "", removed->key,
                                       text_or(removed->effect, ""));
        }
    if (found->len == 0)
        return TRUE;
    command_fail(command,
                 "can not both modify and remove the following taint(s) in the same command: %s",
                 found->str);
    return FALSE;
}

/* --- one node ---------------------------------------------------------------------------- */

/* FALSE: there is no such taint; message out. */
static gboolean
remove_taints(Command *command, TaintList *taints)
{
    const TaintState *state = command->state;

    for (guint k = 0; k < state->removed.count; k++) {
        const Taint *removed = &state->removed.items[k];
        guint before = taints->count;

        for (guint i = 0; i < taints->count;) {
            const Taint *one = &taints->items[i];

            if (str_is(one->key, removed->key) &&
                (str_is_empty(removed->effect) || str_is(one->effect, removed->effect)))
                api_list_remove((ApiList *)taints, sizeof(Taint), i);
            else
                i++;
        }
        if (taints->count == before) {
            if (str_is_empty(removed->effect))
                command_error(command, "taint \"%s\" not found", removed->key);
            else
                command_error(command, "taint \"%s:%s\" not found", removed->key, removed->effect);
            return FALSE;
        }
    }
    return TRUE;
}

static Taint *
find_taint(TaintList *taints, const Taint *wanted)
{
    for (guint i = 0; i < taints->count; i++)
        if (str_is(taints->items[i].key, wanted->key) &&
            str_is(taints->items[i].effect, wanted->effect))
            return &taints->items[i];
    return NULL;
}

/* FALSE: one is there already, and --overwrite is not given; message out. */
static gboolean
may_add(Command *command, const ApiObject *node, TaintList *taints)
{
    const TaintState *state = command->state;
    g_autoptr(GString) keys = g_string_new(NULL);

    for (guint i = 0; i < state->added.count && !flag_bool(command, "overwrite"); i++)
        if (find_taint(taints, &state->added.items[i]) != NULL)
            g_string_append_printf(keys, "%s%s", keys->len > 0 ? "," : "",
                                   state->added.items[i].key);
    if (keys->len == 0)
        return TRUE;
    command_error(command,
                  "node %s already has %s taint(s) with same effect(s) and --overwrite is false",
                  api_name(node), keys->str);
    return FALSE;
}

/* v0.34 reorganizeTaints: the new ones come first. The changed copy, NULL: message out. (owned) */
static ApiObject *
change(Command *command, const ApiObject *node)
{
    TaintState *state = command->state;
    g_autoptr(ApiObject) changed = api_object_copy(node);
    TaintList *taints = &((NodeSpec *)api_edit_spec(changed))->taints;

    if (!may_add(command, node, taints))
        return NULL;
    for (guint i = 0; i < state->added.count; i++) {
        Taint *old = find_taint(taints, &state->added.items[i]);

        if (old != NULL)
            api_list_remove((ApiList *)taints, sizeof(Taint), (guint)(old - taints->items));
    }
    for (guint i = 0; i < state->added.count; i++)
        *(Taint *)api_list_insert((ApiList *)taints, sizeof(Taint), i) = state->added.items[i];
    if (!remove_taints(command, taints))
        return NULL;
    if (flag_bool(command, "overwrite") || (state->added.count > 0 && state->removed.count > 0))
        state->done = "modified";
    else
        state->done = state->removed.count > 0 ? "untainted" : "tainted";
    return g_steal_pointer(&changed);
}

static void
on_patched(Command *command, const ApiResponse *response)
{
    const TaintState *state = command->state;

    if (!api_response_ok(response))
        command_server_error(command, response->status, NULL);
    else
        print_changed(command, response->object, state->done);
    command_next(command);
}

static void
on_got(Command *command, const ApiResponse *response)
{
    const TaintState *state = command->state;
    g_autoptr(ApiObject) changed = NULL;
    g_autoptr(Value) before = NULL;
    g_autoptr(Value) after = NULL;
    ApiRequest *request;

    if (!api_response_ok(response)) {
        command_server_error(command, response->status, NULL);
        command_next(command);
        return;
    }
    changed = change(command, response->object);
    if (changed == NULL) {
        command_next(command);
        return;
    }
    if (is_client_dry_run(command)) {
        print_changed(command, changed, state->done);
        command_next(command);
        return;
    }
    before = api_object_encode(response->object);
    after = api_object_encode(changed);
    request = command_request(command, VERB_PATCH, current_target(command));
    request->patch_type = PATCH_STRATEGIC;
    request->body = patch_two_way(&node_kind, before, after);
    request->dry_run = str_is(flag_string(command, "dry-run"), "server");
    command_send(command, request, on_patched);
}

static void
taint_one(Command *command, Target *target)
{
    command_send(command, command_request(command, VERB_GET, target), on_got);
}

static void
go(Command *command)
{
    command_each(command, taint_one, command_end_default);
}

/* Takes the changes out of the words. FALSE: message out, ended. */
static gboolean
split_words(Command *command)
{
    gboolean in_changes = FALSE;

    for (guint i = 0; i < command->args->len;) {
        const char *word = g_ptr_array_index(command->args, i);

        if (strpbrk(word, "=:") != NULL || g_str_has_suffix(word, "-")) {
            in_changes = TRUE;
            if (!read_change(command, word))
                return FALSE;
            g_ptr_array_remove_index(command->args, i);
            continue;
        }
        if (in_changes) {
            command_fail(command, "all resources must be specified before taint changes: %s", word);
            return FALSE;
        }
        i++;
    }
    return TRUE;
}

/*
 * Validate: the type is looked up as the word before a name, so "node/n1" is none. --all is all nodes, whatever
 * is named. FALSE: message out, ended.
 */
static gboolean
words_are_fine(Command *command)
{
    const char *type = g_ptr_array_index(command->args, 0);
    const ApiKind *kind = strchr(type, '/') != NULL ? NULL : api_form_find_resource(type);
    gboolean has_selector = !str_is_empty(flag_string(command, "selector"));

    if (kind == NULL) {
        command_no_resource(command, type);
        return FALSE;
    }
    if (kind != &node_kind) {
        command_fail(command, "invalid resource type %s, only node types are supported", type);
        return FALSE;
    }
    if (!check_conflicts(command))
        return FALSE;
    if (flag_bool(command, "all") && has_selector) {
        command_fail(command, "setting 'all' parameter with a non empty selector is prohibited");
        return FALSE;
    }
    if (!flag_bool(command, "all") && !has_selector && command->args->len < 2) {
        command_fail(command, "at least one resource name must be specified since 'all' parameter is not set");
        return FALSE;
    }
    if (flag_bool(command, "all"))
        g_ptr_array_set_size(command->args, 1);
    return TRUE;
}

static void
taint_run(Command *command)
{
    TaintState *state = g_new0(TaintState, 1);

    command->state = state;
    command->state_free = state_free;
    if (!split_words(command))
        return;
    if (command->args->len == 0) {
        command_fail(command, "one or more resources must be specified as <resource> <name>");
        return;
    }
    if (state->added.count == 0 && state->removed.count == 0) {
        command_fail(command, "at least one taint update is required");
        return;
    }
    if (words_are_fine(command) && targets_from_args(command, 0) && targets_need_names(command))
        targets_expand(command, go);
}
