/*
 * apply.c - kubectl apply -f: create, or a three-way strategic merge patch, or server-side apply
 *
 * Models: k8s.io/kubectl pkg/cmd/apply v0.34; client-go util/csaupgrade.
 */

#include "base/duration.h"
#include "kubectl/apply_note.h"
#include "kubectl/last_applied.h"
#include "kubectl/prune.h"

#define LOOK_AGAIN_NS (1 * NS_PER_S)

static void apply_run(Command *command);

static const FlagDef flags[] = {
    {"server-side", 0, FLAG_BOOL, NULL, NULL},
    {"force-conflicts", 0, FLAG_BOOL, NULL, NULL},
    {"validate", 0, FLAG_STRING, "strict", "strict"},
    {"overwrite", 0, FLAG_BOOL, "true", NULL},
    {"force", 0, FLAG_BOOL, NULL, NULL},
    {"grace-period", 0, FLAG_INT, "-1", NULL},
    {"wait", 0, FLAG_BOOL, NULL, NULL},
    {"prune", 0, FLAG_BOOL, NULL, NULL},
    {"create-annotation", 0, FLAG_BOOL, NULL, NULL},
    {"prune-allowlist", 0, FLAG_STRINGS, NULL, NULL},
    {"all", 0, FLAG_BOOL, NULL, NULL},
    {"cascade", 0, FLAG_STRING, "background", "background"},
    {"timeout", 0, FLAG_DURATION, NULL, NULL},
    {0},
};

static const char *const subverbs[] = {"set-last-applied", "view-last-applied", NULL};

const Verb apply_verb = {.name = "apply",
                         .subverbs = subverbs,
                         .flags = flags,
                         .run = apply_run,
                         .doc = "Apply a configuration to a resource by file name."};

typedef struct {
    char *patch;        /* (owned) the last one that was sent */
    Value *live;        /* (owned) what it was sent for */
    GPtrArray *applied; /* of interned uids */
} ApplyState;

static void
state_free(gpointer data)
{
    ApplyState *state = data;

    g_free(state->patch);
    value_free(state->live);
    g_ptr_array_unref(state->applied);
    g_free(state);
}

static Target *
current(Command *command)
{
    return &g_array_index(command->targets, Target, command->next - 1);
}

static void
say(Command *command, const ApiObject *object, const char *done)
{
    const ApplyState *state = command->state;

    g_ptr_array_add(state->applied, (gpointer)api_uid(object));
    print_changed(command, object, done);
}

static void
on_written(Command *command, const ApiResponse *response, const char *done, const char *prefix_verb)
{
    const Target *target = current(command);

    if (!api_response_ok(response)) {
        g_autofree char *prefix =
            g_strdup_printf("error when %s \"%s\": ", prefix_verb, target->file);
        command_server_error(command, response->status, prefix_verb != NULL ? prefix : NULL);
    } else {
        say(command, response->object, done);
    }
    command_next(command);
}

static void
on_created(Command *command, const ApiResponse *response)
{
    on_written(command, response, "created", "creating");
}

/* resource.Info.String(): in the words of kubectl, with group, version and kind. (interned) */
static const char *
info_text(const Target *target)
{
    const ApiKind *kind = target->kind;

    return str_internf("Resource: \"%s/%s, Resource=%s\", GroupVersionKind: \"%s/%s, Kind=%s\"\n"
                       "Name: \"%s\", Namespace: \"%s\"",
                       kind->group, kind->version, kind->plural, kind->group, kind->version, kind->kind,
                       target->name != NULL ? target->name : "",
                       target->namespace_ != NULL ? target->namespace_ : "");
}

static void
send_create(Command *command, Target *target, CommandAnswer answer)
{
    ApiRequest *request = command_request(command, VERB_CREATE, target);

    request->body = last_applied_add(target->manifest);
    command_unversion(request->body);
    value_sort(
        request->body); /* Go's maps are written sorted: the first type error depends on it */
    request->field_validation = flag_validation(command);
    request->dry_run = str_is(flag_string(command, "dry-run"), "server");
    command_send(command, request, answer);
}

/* @doing: "error when ...: " that stands between the patch and what the server says. */
static void
fail_patch(Command *command, const ApiStatus *status, const char *doing)
{
    const Target *target = current(command);
    g_autofree char *prefix = g_strdup_printf("error when applying patch:\n%s\nto:\n%s\nfor: \"%s\": %s",
                                              ((const ApplyState *)command->state)->patch, info_text(target), target->file, doing);

    command_server_error(command, status, prefix);
    command_next(command);
}

/* --- by force: Patcher.deleteAndCreate ------------------------------------------------------- */

static void look(Command *command);

static void
on_restored(Command *command, const ApiResponse *response)
{
    (void)response; /* what went wrong before was told */
    command_next(command);
}

/* The object that was there comes back if the new one is refused. */
static void
on_created_anew(Command *command, const ApiResponse *response)
{
    ApplyState *state = command->state;
    Target *target = current(command);
    ApiRequest *request;
    g_autofree char *prefix = NULL;

    if (api_response_ok(response)) {
        say(command, response->object, "configured");
        command_next(command);
        return;
    }
    prefix = g_strdup_printf("error when applying patch:\n%s\nto:\n%s\nfor: \"%s\": ", state->patch, info_text(target),
                             target->file);
    command_server_error(command, response->status, prefix);
    request = command_request(command, VERB_CREATE, target);
    request->body = g_steal_pointer(&state->live);
    command_unversion(request->body);
    command_send(command, request, on_restored);
}

static void
on_look_again(Sim *sim, gpointer self)
{
    (void)sim;
    look(self);
}

static void
on_looked(Command *command, const ApiResponse *response)
{
    if (response->code == 404) {
        send_create(command, current(command), on_created_anew);
        return;
    }
    command->timer.handler = on_look_again;
    sim_timer_arm_after(&command->timer, LOOK_AGAIN_NS);
}

static void
look(Command *command)
{
    command_send(command, command_request(command, VERB_GET, current(command)), on_looked);
}

static void
on_deleted(Command *command, const ApiResponse *response)
{
    if (api_response_ok(response))
        look(command);
    else
        fail_patch(command, response->status, "");
}

static void
delete_and_create(Command *command)
{
    ApiRequest *request = command_request(command, VERB_DELETE, current(command));
    const char *cascade = flag_string(command, "cascade");
    gint64 grace = flag_int(command, "grace-period", -1);

    request->propagation = str_intern(str_is(cascade, "orphan") ? "Orphan" : str_is(cascade, "foreground") ? "Foreground" : "Background");
    if (grace >= 0) {
        request->has_grace = TRUE;
        request->grace_s = grace;
    }
    command_send(command, request, on_deleted);
}

static void
on_patched(Command *command, const ApiResponse *response)
{
    const Target *target = current(command);

    if (api_response_ok(response)) {
        say(command, response->object, "configured");
        command_next(command);
    } else if (flag_bool(command, "force") &&
               (str_is(response->status->reason, "Conflict") || str_is(response->status->reason, "Invalid"))) {
        delete_and_create(command);
    } else {
        g_autofree char *doing = g_strdup_printf("error when patching \"%s\": ", target->file);

        fail_patch(command, response->status, doing);
    }
}

static void
send_patch(Command *command, Target *target, const ApiObject *live)
{
    g_autoptr(Value) modified = last_applied_add(target->manifest);
    g_autoptr(Value) current_tree = api_object_encode(live);
    const char *annotation = str_map_get(&live->meta->annotations, LAST_APPLIED);
    g_autoptr(Value) original =
        annotation != NULL ? value_read_json(annotation, strlen(annotation), NULL) : NULL;
    ApplyState *state = command->state;
    Value *patch;
    ApiRequest *request;

    if (annotation == NULL)
        command_warn(command,
                     "Warning: resource %s/%s is missing the %s annotation which is required by "
                     "kubectl apply. kubectl apply should only be used on resources created "
                     "declaratively by either kubectl create --save-config or kubectl apply. The "
                     "missing annotation will be patched automatically.",
                     target->kind->plural, target->name, LAST_APPLIED);
    patch = patch_three_way(target->kind, original, modified, current_tree);
    if (patch->count == 0) {
        value_free(patch);
        say(command, live, "unchanged");
        command_next(command);
        return;
    }
    if (api_is_deleting(live))
        command_warn(command,
                     "Warning: Detected changes to resource %s which is currently being deleted.",
                     target->name);
    g_free(state->patch);
    state->patch = value_to_json(patch, VALUE_SORTED);
    value_free(state->live);
    state->live = g_steal_pointer(&current_tree);
    request = command_request(command, VERB_PATCH, target);
    request->patch_type = PATCH_STRATEGIC;
    request->body = patch;
    request->field_validation = flag_validation(command);
    request->dry_run = str_is(flag_string(command, "dry-run"), "server");
    command_send(command, request, on_patched);
}

static void
on_got(Command *command, const ApiResponse *response)
{
    Target *target = current(command);

    if (api_response_ok(response)) {
        if (str_is(flag_string(command, "dry-run"), "client")) {
            say(command, response->object, "configured");
            command_next(command);
            return;
        }
        send_patch(command, target, response->object);
    } else if (response->code == 404 && str_is(flag_string(command, "dry-run"), "client")) {
        g_autoptr(Value) tree = last_applied_add(target->manifest);

        print_changed_tree(command, target, tree, "created");
        command_next(command);
    } else if (response->code == 404) {
        send_create(command, target, on_created);
    } else {
        g_autofree char *prefix =
            g_strdup_printf("error when retrieving current configuration of:\n%s\nfrom server for: \"%s\": ",
                            info_text(target), target->file);
        command_server_error(command, response->status, prefix);
        command_next(command);
    }
}

/* --- on the server ------------------------------------------------------------------------- */

#define CLIENT_NOTE_MANAGER "kubectl-last-applied"

static void send_server_side(Command *command, CommandAnswer answer);
static void keep_note(Command *command, const ApiObject *object);

static void
print_server_side(Command *command, const ApiObject *object)
{
    if (api_is_deleting(object))
        command_warn(command, "Warning: Detected changes to resource %s which is currently being deleted.", api_name(object));
    say(command, object, "serverside-applied");
    command_next(command);
}

static void
on_server_side(Command *command, const ApiResponse *response)
{
    if (response->code == 409) {
        command_error(command,
                      "%s\n"
                      "Please review the fields above--they currently have other managers. Here\n"
                      "are the ways you can resolve this warning:\n"
                      "* If you intend to manage all of these fields, please re-run the apply\n"
                      "  command with the `--force-conflicts` flag.\n"
                      "* If you do not intend to manage all of the fields, please edit your\n"
                      "  manifest to remove references to the fields that should keep their\n"
                      "  current managers.\n"
                      "* You may co-own fields by updating your manifest to match the existing\n"
                      "  value; in this case, you'll become the manager if the other manager(s)\n"
                      "  stop managing the field (remove it from their configuration).\n"
                      "See https://kubernetes.io/docs/reference/using-api/server-side-apply/#conflicts",
                      response->status->message);
        command_next(command);
    } else if (!api_response_ok(response)) {
        command_server_error(command, response->status, NULL);
        command_next(command);
    } else if (str_is(flag_string(command, "dry-run"), "server")) {
        print_server_side(command, response->object);
    } else {
        keep_note(command, response->object);
    }
}

static void
on_again(Command *command, const ApiResponse *response)
{
    if (api_response_ok(response)) {
        print_server_side(command, response->object);
        return;
    }
    command_server_error(command, response->status, NULL);
    command_next(command);
}

static void
on_migrated(Command *command, const ApiResponse *response)
{
    if (api_response_ok(response))
        send_server_side(command, on_again); /* what is nobody's any more goes */
    else
        on_again(command, response);
}

/* Whose update set the note of client-side applies. */
static gboolean
owns_note(const Value *entry)
{
    const Value *annotations = value_get_path(entry, "fieldsV1", "f:metadata", "f:annotations", NULL);

    return str_is(value_get_string(entry, "operation", ""), "Update") && annotations != NULL && value_get(annotations, "f:" LAST_APPLIED) != NULL;
}

/* The union of two sets of fields as they are written; one without further steps holds itself only. */
static void
join_fields(Value *into, const Value *from)
{
    if ((into->count == 0) != (from->count == 0) && value_get(into, ".") == NULL && value_get(from, ".") == NULL)
        value_set(into, ".", value_new_map());
    for (guint i = 0; i < from->count; i++) {
        Value *there = value_get(into, from->keys[i]);

        if (there == NULL)
            value_set(into, from->keys[i], value_copy(from->items[i]));
        else
            join_fields(there, from->items[i]);
    }
}

/*
 * csaupgrade.UpgradeManagedFieldsPatch: what client-side apply had set becomes this applier's. NULL: nothing to do. (owned)
 */
static Value *
migrated(const Value *managed, const char *manager)
{
    g_autoptr(Value) list = managed != NULL ? value_copy(managed) : value_new_list();
    Value *own = NULL;
    gboolean is_changed = FALSE;

    for (guint i = 0; i < list->count; i++)
        if (str_is(value_get_string(list->items[i], "manager", ""), manager) && str_is(value_get_string(list->items[i], "operation", ""), "Apply") &&
            value_get(list->items[i], "subresource") == NULL)
            own = list->items[i];
    for (guint i = list->count; i-- > 0;) {
        g_autoptr(Value) fields = NULL;

        if (own == NULL || !owns_note(list->items[i]))
            continue;
        fields = value_copy(value_get(list->items[i], "fieldsV1"));
        value_remove(value_get_path(fields, "f:metadata", "f:annotations", NULL), "f:" LAST_APPLIED);
        join_fields(value_get(own, "fieldsV1"), fields);
        value_remove_at(list, i);
        is_changed = TRUE;
    }
    return is_changed ? g_steal_pointer(&list) : NULL;
}

static void
add_operation(Value *patch, const char *path, Value *value)
{
    Value *operation = value_new_map();

    value_set(operation, "op", value_new_string("replace"));
    value_set(operation, "path", value_new_string(path));
    value_set(operation, "value", value);
    value_append(patch, operation);
}

static void
migrate(Command *command, const ApiObject *object)
{
    Target *target = current(command);
    const char *manager = flag_string(command, "field-manager");
    Value *managed = migrated(object->meta->managed_fields, str_is_empty(manager) ? "kubectl" : manager);
    ApiRequest *request;

    if (managed == NULL) {
        print_server_side(command, object);
        return;
    }
    request = command_request(command, VERB_PATCH, target);
    request->patch_type = PATCH_JSON;
    request->body = value_new_list();
    add_operation(request->body, "/metadata/managedFields", managed);
    add_operation(request->body, "/metadata/resourceVersion", value_new_string(str_internf("%" G_GUINT64_FORMAT, object->resource_version)));
    command_send(command, request, on_migrated);
}

static void
on_note_kept(Command *command, const ApiResponse *response)
{
    if (api_response_ok(response))
        migrate(command, response->object);
    else
        on_again(command, response);
}

/* saveLastApplyAnnotationIfNecessary: the note goes to a manager that keeps it. */
static void
keep_note(Command *command, const ApiObject *object)
{
    const char *note = str_map_get(&object->meta->annotations, LAST_APPLIED);
    const char *manager = flag_string(command, "field-manager");
    Target *target = current(command);
    ApiRequest *request;
    Value *metadata, *annotations;

    if (note == NULL || (!str_is_empty(manager) && !str_is(manager, "kubectl"))) {
        migrate(command, object);
        return;
    }
    request = command_request(command, VERB_PATCH, target);
    request->patch_type = PATCH_APPLY;
    request->field_manager = str_intern(CLIENT_NOTE_MANAGER);
    request->force = TRUE;
    request->body = value_new_map();
    value_set(request->body, "apiVersion", value_new_string(api_kind_api_version(target->kind)));
    value_set(request->body, "kind", value_new_string(target->kind->kind));
    metadata = value_new_map();
    value_set(metadata, "name", value_new_string(target->name));
    if (target->kind->is_namespaced)
        value_set(metadata, "namespace", value_new_string(target->namespace_));
    annotations = value_new_map();
    value_set(annotations, LAST_APPLIED, value_new_string(note));
    value_set(metadata, "annotations", annotations);
    value_set(request->body, "metadata", metadata);
    command_send(command, request, on_note_kept);
}

static void
send_server_side(Command *command, CommandAnswer answer)
{
    Target *target = current(command);
    ApiRequest *request = command_request(command, VERB_PATCH, target);
    Value *metadata;

    request->patch_type = PATCH_APPLY;
    request->force = flag_bool(command, "force-conflicts");
    request->body = value_copy(target->manifest);
    metadata = value_get(request->body, "metadata");
    if (target->kind->is_namespaced && metadata != NULL && metadata->type == VALUE_MAP)
        value_set(metadata, "namespace", value_new_string(target->namespace_));
    value_sort(request->body);
    request->field_validation = flag_validation(command);
    request->dry_run = str_is(flag_string(command, "dry-run"), "server");
    command_send(command, request, answer);
}

static void
apply_one(Command *command, Target *target)
{
    if (str_is_empty(target->name)) {
        const char *generated = value_get_string(value_get(target->manifest, "metadata"), "generateName", "");

        if (generated[0] != '\0')
            command_error(command, "from %s: cannot use generate name with apply", generated);
        else
            command_error(command,
                          "error when retrieving current configuration of:\n%s\nfrom server for: \"%s\": "
                          "resource name may not be empty",
                          info_text(target), target->file);
        command_next(command);
        return;
    }
    if (flag_bool(command, "server-side"))
        send_server_side(command, on_server_side);
    else
        command_send(command, command_request(command, VERB_GET, target), on_got);
}

/* ApplyOptions.Validate: what is wrong with the flags together, or NULL. */
static const char *
wrong_flags(const Command *command)
{
    gboolean is_server_side = flag_bool(command, "server-side");
    gboolean has_selector = !str_is_empty(flag_string(command, "selector"));

    if (flag_bool(command, "force-conflicts") && !is_server_side)
        return "--force-conflicts only works with --server-side";
    if (is_server_side && str_is(flag_string(command, "dry-run"), "client"))
        return "--dry-run=client doesn't work with --server-side (did you mean --dry-run=server "
               "instead?)";
    if (is_server_side && flag_bool(command, "force"))
        return "--force cannot be used with --server-side";
    if (flag_bool(command, "force") && str_is(flag_string(command, "dry-run"), "server"))
        return "--dry-run=server cannot be used with --force";
    if (flag_bool(command, "all") && has_selector)
        return "cannot set --all and --selector at the same time";
    if (flag_bool(command, "prune") && !flag_bool(command, "all") && !has_selector)
        return "all resources selected for prune without explicitly passing --all. To prune all "
               "resources, pass the --all flag. If you did not mean to prune all resources, "
               "specify a label selector";
    return NULL;
}

/* What went wrong keeps everything else from being pruned. */
static void
end(Command *command)
{
    ApplyState *state = command->state;

    if (!flag_bool(command, "prune") || command->has_failed) {
        command_end_default(command);
        return;
    }
    command->state = NULL;
    prune_begin(command, state->applied);
    state_free(state);
}

static void
apply_run(Command *command)
{
    ApplyState *state;

    if (apply_note_runs(command))
        return;
    if (has_unexpected_words(command))
        return;
    if (!files_are_given(command)) {
        command_fail(command, "must specify one of -f and -k");
        return;
    }
    if (!flag_validation_is_known(command))
        return;
    if (!print_output_is_known(command))
        return;
    if (wrong_flags(command) != NULL) {
        command_fail(command, "%s", wrong_flags(command));
        return;
    }
    if (!prune_flags_fit(command) || !targets_from_files(command))
        return;
    state = g_new0(ApplyState, 1);
    state->applied = g_ptr_array_new();
    command->state = state;
    command->state_free = state_free;
    command_each(command, apply_one, end);
}
