/*
 * label.c - kubectl label and annotate; models k8s.io/kubectl pkg/cmd/label, annotate v0.34
 *
 * Reads the object, changes its map, sends the merge patch between the two; also
 * an empty one.
 */

#include "api/names.h"
#include "kubectl/expand.h"
#include "kubectl/print.h"
#include "kubectl/replica_sets.h"

static void label_run(Command *command);

static const FlagDef flags[] = {
    {"overwrite", 0, FLAG_BOOL, NULL, NULL},
    {"all", 0, FLAG_BOOL, NULL, NULL},
    {"list", 0, FLAG_BOOL, NULL, NULL},
    {"local", 0, FLAG_BOOL, NULL, NULL},
    {"resource-version", 0, FLAG_STRING, NULL, NULL},
    {0},
};

const Verb label_verb = {.name = "label",
                         .flags = flags,
                         .run = label_run,
                         .doc = "Update the labels on a resource."};
const Verb annotate_verb = {.name = "annotate",
                            .flags = flags,
                            .run = label_run,
                            .doc = "Update the annotations on a resource."};

typedef struct {
    StrMap set;
    StrList removed;
    gsize length_before; /* of the object's JSON text */
    gsize length_after;
    gboolean has_changed;
    gboolean is_single; /* one thing was named, no kind (IntoSingleItemImplied) */
} LabelState;

static void
state_free(gpointer data)
{
    LabelState *state = data;

    str_map_clear(&state->set);
    g_free(state->removed.items);
    g_free(state);
}

static gboolean
is_label(const Command *command)
{
    return command->verb == &label_verb;
}

/* --- changing one object ----------------------------------------------------------------- */

/*
 * v0.34 label: shorter than before without --overwrite is unlabeled; annotate has
 * one word for all.
 */
static const char *
done_word(Command *command)
{
    const LabelState *state = command->state;

    if (!is_label(command))
        return "annotated";
    if (!state->has_changed)
        return "not labeled";
    if (kubectl_minor(command->kubectl) >= 35 && state->set.count > 0 && state->removed.count > 0)
        return "modified";
    return !flag_bool(command, "overwrite") && state->length_after < state->length_before
               ? "unlabeled"
               : "labeled";
}

static void
on_patched(Command *command, const ApiResponse *response)
{
    if (!api_response_ok(response))
        command_server_error(command, response->status, NULL);
    else
        print_changed(command, response->object, done_word(command));
    command_next(command);
}

/* FALSE: a value would be overwritten; message out. */
static gboolean
may_write(Command *command, const StrMap *map)
{
    const LabelState *state = command->state;
    g_autoptr(GString) found = g_string_new(NULL);

    if (flag_bool(command, "overwrite"))
        return TRUE;
    for (guint i = 0; i < state->set.count; i++) {
        const char *key = state->set.items[i].key;
        const char *old = str_map_get(map, key);

        if (old == NULL)
            continue;
        if (is_label(command) && !str_is(old, state->set.items[i].value))
            g_string_append_printf(found,
                                   "%s'%s' already has a value (%s), and --overwrite is false",
                                   found->len > 0 ? ", " : "", key, old);
        else if (!is_label(command) && !str_is(old, state->set.items[i].value) && !str_is(key, CAUSE_ANNOTATION))
            g_string_append_printf(found, "%s'%s' already has a value (%s)",
                                   found->len > 0 ? "; " : "", key, old);
    }
    if (found->len == 0)
        return TRUE;
    if (!is_label(command))
        command_error(command,
                      "--overwrite is false but found the following declared annotation(s): %s",
                      found->str);
    else if (strstr(found->str, "is false, '") != NULL) /* several are listed */
        command_error(command, "[%s]", found->str);
    else
        command_error(command, "%s", found->str);
    return FALSE;
}

static void
say_absent(Command *command, const StrMap *map)
{
    const LabelState *state = command->state;

    for (guint i = 0; is_label(command) && i < state->removed.count; i++)
        if (str_map_get(map, state->removed.items[i]) == NULL)
            command_print(command, "label \"%s\" not found.\n", state->removed.items[i]);
}

/* What the word for it depends on. */
static void
settle(LabelState *state, const Value *before, const Value *after)
{
    g_autofree char *text_before = value_to_json(before, VALUE_SORTED);
    g_autofree char *text_after = value_to_json(after, VALUE_SORTED);

    state->length_before = strlen(text_before);
    state->length_after = strlen(text_after);
    state->has_changed = !str_is(text_before, text_after);
}

/* The changed copy of @object. (owned) */
static ApiObject *
change(Command *command, const ApiObject *object)
{
    LabelState *state = command->state;
    ApiObject *changed = api_object_copy(object);
    ObjectMeta *meta = api_edit_meta(changed);
    StrMap *map = is_label(command) ? &meta->labels : &meta->annotations;
    g_autoptr(Value) before = api_object_encode(object);
    g_autoptr(Value) after = NULL;

    for (guint i = 0; i < state->set.count; i++)
        str_map_set(map, state->set.items[i].key, state->set.items[i].value);
    for (guint i = 0; i < state->removed.count; i++)
        str_map_remove(map, state->removed.items[i]);
    after = api_object_encode(changed);
    settle(state, before, after);
    return changed;
}

/* Only what differs: a merge patch. (owned) */
static Value *
merge_patch(Command *command, const ApiObject *object)
{
    const LabelState *state = command->state;
    const StrMap *old = is_label(command) ? &object->meta->labels : &object->meta->annotations;
    Value *patch = value_new_map();
    Value *metadata = value_new_map();
    Value *map = value_new_map();

    for (guint i = 0; i < state->set.count; i++)
        if (!str_is(str_map_get(old, state->set.items[i].key), state->set.items[i].value))
            value_set(map, state->set.items[i].key, value_new_string(state->set.items[i].value));
    for (guint i = 0; i < state->removed.count; i++)
        if (str_map_get(old, state->removed.items[i]) != NULL)
            value_set(map, state->removed.items[i], value_new_null());
    if (map->count == 0) {
        value_free(map);
        value_free(metadata);
        return patch;
    }
    value_set(metadata, is_label(command) ? "labels" : "annotations", map);
    value_set(patch, "metadata", metadata);
    return patch;
}

/* --list: as it would be; with a head where several may come. */
static void
list_map(Command *command, const ApiKind *kind, const char *name, const StrMap *map)
{
    const LabelState *state = command->state;

    if (!state->is_single)
        command_print(command, "Listing %ss for %s.%s/%s:\n", is_label(command) ? "label" : "annotation",
                      kind->kind, kind->group, name);
    for (guint i = 0; i < map->count; i++)
        command_print(command, "%s%s=%s\n", state->is_single ? "" : " ", map->items[i].key, map->items[i].value);
}

static void
on_got(Command *command, const ApiResponse *response)
{
    const Target *target = current_target(command);
    const StrMap *map;
    g_autoptr(ApiObject) changed = NULL;
    ApiRequest *request;

    if (!api_response_ok(response)) {
        command_server_error(command, response->status, NULL);
        command_next(command);
        return;
    }
    map =
        is_label(command) ? &response->object->meta->labels : &response->object->meta->annotations;
    say_absent(command, map);
    if (!may_write(command, map)) {
        command_next(command);
        return;
    }
    changed = change(command, response->object);
    if (flag_bool(command, "list")) {
        list_map(command, changed->kind, api_name(changed), is_label(command) ? &changed->meta->labels : &changed->meta->annotations);
        command_next(command);
        return;
    }
    if (is_client_dry_run(command)) {
        print_changed(command, changed, done_word(command));
        command_next(command);
        return;
    }
    request = command_request(command, VERB_PATCH, target);
    request->patch_type = PATCH_MERGE;
    request->body = merge_patch(command, response->object);
    if (flag_string(command, "resource-version") != NULL)
        request->resource_version = g_ascii_strtoull(flag_string(command, "resource-version"), NULL, 10);
    request->dry_run = str_is(flag_string(command, "dry-run"), "server");
    command_send(command, request, on_patched);
}

/* --local: the manifest as it was read. */
static void
label_manifest(Command *command, const Target *target)
{
    LabelState *state = command->state;
    const char *part = is_label(command) ? "labels" : "annotations";
    g_autoptr(Value) tree = value_copy(target->manifest);
    Value *metadata = value_get(tree, "metadata");
    Value *map = value_get(metadata, part);
    StrMap own = {0};

    for (guint i = 0; map != NULL && i < map->count; i++)
        str_map_set(&own, str_intern(map->keys[i]), str_intern(map->items[i]->text));
    say_absent(command, &own);
    if (may_write(command, &own)) {
        for (guint i = 0; i < state->set.count; i++)
            str_map_set(&own, state->set.items[i].key, state->set.items[i].value);
        for (guint i = 0; i < state->removed.count; i++)
            str_map_remove(&own, state->removed.items[i]);
        map = value_new_map();
        for (guint i = 0; i < own.count; i++)
            value_set(map, own.items[i].key, value_new_string(own.items[i].value));
        value_set(metadata, part, map);
        if (map->count == 0)
            value_remove(metadata, part);
        settle(state, target->manifest, tree);
        if (flag_bool(command, "list"))
            list_map(command, target->kind, target->name, &own);
        else
            print_changed_tree(command, target, tree, done_word(command));
    }
    str_map_clear(&own);
    command_next(command);
}

static void
label_one(Command *command, Target *target)
{
    if (flag_bool(command, "local")) {
        label_manifest(command, target);
        return;
    }
    command_send(command, command_request(command, VERB_GET, target), on_got);
}

/* --- the words --------------------------------------------------------------------------- */

static gboolean
is_change(const char *word)
{
    gsize length = strlen(word);

    return (strchr(word, '=') != NULL && word[0] != '=') || (length > 1 && word[length - 1] == '-');
}

/* "a=b", "a-". FALSE: message out, ended. */
static gboolean
read_change(Command *command, const char *word)
{
    LabelState *state = command->state;
    const char *equals = strchr(word, '=');

    if (equals != NULL) {
        g_autofree char *key = g_strndup(word, (gsize)(equals - word));
        StrList faults = {0};

        if (is_label(command) && strchr(equals + 1, '=') != NULL) {
            command_fail(command, "invalid label spec: %s", word);
            return FALSE;
        }
        if (is_label(command) && !name_check(NAME_LABEL_VALUE, equals + 1, FALSE, &faults)) {
            command_fail(command, "invalid label value: \"%s\": %s", word, faults.items[0]);
            g_free(faults.items);
            return FALSE;
        }
        str_map_set(&state->set, str_intern(key), str_intern(equals + 1));
    } else {
        str_list_add(&state->removed, str_intern_len(word, strlen(word) - 1));
    }
    return TRUE;
}

/* Takes the changes out of the words. FALSE: message out, ended. */
static gboolean
split_words(Command *command)
{
    LabelState *state = command->state;
    gboolean in_changes = FALSE;

    for (guint i = 0; i < command->args->len;) {
        const char *word = g_ptr_array_index(command->args, i);

        if (is_change(word)) {
            in_changes = TRUE;
            if (!read_change(command, word))
                return FALSE;
            g_ptr_array_remove_index(command->args, i);
            continue;
        }
        if (in_changes) {
            command_fail(command, "all resources must be specified before %s changes: %s",
                         is_label(command) ? "label" : "annotation", word);
            return FALSE;
        }
        i++;
    }
    for (guint i = 0; i < state->removed.count; i++)
        if (str_map_get(&state->set, state->removed.items[i]) != NULL) {
            if (is_label(command))
                command_fail(command, "can not both modify and remove a label in the same command");
            else
                command_fail(command,
                             "can not both modify and remove the following annotation(s) in the "
                             "same command: %s",
                             state->removed.items[i]);
            return FALSE;
        }
    return TRUE;
}

static void
go(Command *command)
{
    command_each(command, label_one, command_end_default);
}

/* --local needs files, and nothing else. FALSE: message out, ended. */
static gboolean
is_local_alone(Command *command)
{
    const char *file = is_label(command) ? "pod" : "rsrc";

    if (command->args->len > 0) {
        command_fail(command, "can only use local files by -f %s.yaml or --filename=%s.json when --local=true is set", file, file);
        return FALSE;
    }
    if (!files_are_given(command)) {
        command_fail(command, "one or more files must be specified as -f %s.yaml or --filename=%s.json", file, file);
        return FALSE;
    }
    return TRUE;
}

static void
label_run(Command *command)
{
    LabelState *state = g_new0(LabelState, 1);

    command->state = state;
    command->state_free = state_free;
    if (!split_words(command))
        return;
    if (flag_bool(command, "all") && !str_is_empty(flag_string(command, "selector"))) {
        command_fail(command, "cannot set --all and --selector at the same time");
        return;
    }
    if (flag_bool(command, "local") && !is_local_alone(command))
        return;
    if (command->args->len == 0 && !files_are_given(command)) {
        command_fail(command, "one or more resources must be specified as <resource> <name> or "
                              "<resource>/<name>");
        return;
    }
    if (state->set.count == 0 && state->removed.count == 0 && !flag_bool(command, "list")) {
        command_fail(command, "at least one %s update is required",
                     is_label(command) ? "label" : "annotation");
        return;
    }
    if (!targets_from_files_or_args(command, 0) || !targets_need_names(command))
        return;
    state->is_single = command->targets->len == 1 && g_array_index(command->targets, Target, 0).name != NULL;
    if (!state->is_single && flag_is_given(command, "resource-version")) {
        command_fail(command, "--resource-version may only be used with a single resource");
        return;
    }
    targets_expand(command, go);
}
