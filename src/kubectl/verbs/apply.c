/*
 * apply.c - kubectl apply -f: create, or a three-way strategic merge patch
 *
 * Models: k8s.io/kubectl pkg/cmd/apply v0.34 (client side).
 */

#include "kubectl/internal.h"

#define LAST_APPLIED "kubectl.kubernetes.io/last-applied-configuration"

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
    {"all", 0, FLAG_BOOL, NULL, NULL},
    {"cascade", 0, FLAG_STRING, "background", "background"},
    {"timeout", 0, FLAG_DURATION, NULL, NULL},
    {0},
};

const Verb apply_verb = {.name = "apply",
                         .flags = flags,
                         .run = apply_run,
                         .doc = "Apply a configuration to a resource by file name."};

static Target *
current(Command *command)
{
    return &g_array_index(command->targets, Target, command->next - 1);
}

static FieldValidation
validation_of(const Command *command)
{
    const char *word = flag_string(command, "validate");

    if (str_is(word, "ignore") || str_is(word, "false"))
        return FIELD_VALIDATION_IGNORE;
    return str_is(word, "warn") ? FIELD_VALIDATION_WARN : FIELD_VALIDATION_STRICT;
}

/*
 * The manifest as it is kept in the annotation: without the annotation itself, compact,
 * sorted, a newline at the end.
 */
static char *
last_applied_of(const Value *manifest)
{
    g_autoptr(Value) copy = value_copy(manifest);
    Value *metadata = value_get(copy, "metadata");
    Value *annotations = metadata != NULL ? value_get(metadata, "annotations") : NULL;
    g_autofree char *text = NULL;

    if (metadata != NULL && metadata->type == VALUE_MAP) {
        if (annotations == NULL || annotations->type != VALUE_MAP)
            value_set(metadata, "annotations", value_new_map());
        else
            value_remove(annotations, LAST_APPLIED);
    }
    text = value_to_json(copy, VALUE_SORTED);
    return g_strconcat(text, "\n", NULL);
}

/* The manifest with the annotation in it: what is sent. (owned) */
static Value *
with_annotation(const Value *manifest)
{
    Value *copy = value_copy(manifest);
    Value *metadata = value_get(copy, "metadata");
    g_autofree char *text = last_applied_of(manifest);

    if (metadata == NULL || metadata->type != VALUE_MAP)
        return copy;
    if (value_get(metadata, "annotations") == NULL ||
        value_get(metadata, "annotations")->type != VALUE_MAP)
        value_set(metadata, "annotations", value_new_map());
    value_set(value_get(metadata, "annotations"), LAST_APPLIED, value_new_string(text));
    return copy;
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
        print_changed(command, response->object, done);
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
on_patched(Command *command, const ApiResponse *response)
{
    const Target *target = current(command);

    if (!api_response_ok(response)) {
        g_autofree char *prefix =
            g_strdup_printf("error when applying patch:\n%s\nto:\n%s\nfor: \"%s\": error when patching \"%s\": ",
                            (const char *)command->state, info_text(target), target->file, target->file);
        command_server_error(command, response->status, prefix);
    } else {
        print_changed(command, response->object, "configured");
    }
    command_next(command);
}

static void
send_create(Command *command, Target *target)
{
    ApiRequest *request = command_request(command, VERB_CREATE, target);

    request->body = with_annotation(target->manifest);
    value_sort(
        request->body); /* Go's maps are written sorted: the first type error depends on it */
    request->field_validation = validation_of(command);
    request->dry_run = str_is(flag_string(command, "dry-run"), "server");
    command_send(command, request, on_created);
}

static void
send_patch(Command *command, Target *target, const ApiObject *live)
{
    g_autoptr(Value) modified = with_annotation(target->manifest);
    g_autoptr(Value) current_tree = api_object_encode(live);
    const char *annotation = str_map_get(&live->meta->annotations, LAST_APPLIED);
    g_autoptr(Value) original =
        annotation != NULL ? value_read_json(annotation, strlen(annotation), NULL) : NULL;
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
        print_changed(command, live, "unchanged");
        command_next(command);
        return;
    }
    if (api_is_deleting(live))
        command_warn(command,
                     "Warning: Detected changes to resource %s which is currently being deleted.",
                     target->name);
    g_free(command->state);
    command->state = value_to_json(patch, VALUE_SORTED);
    command->state_free = g_free;
    request = command_request(command, VERB_PATCH, target);
    request->patch_type = PATCH_STRATEGIC;
    request->body = patch;
    request->field_validation = validation_of(command);
    request->dry_run = str_is(flag_string(command, "dry-run"), "server");
    command_send(command, request, on_patched);
}

static void
on_got(Command *command, const ApiResponse *response)
{
    Target *target = current(command);

    if (api_response_ok(response)) {
        if (str_is(flag_string(command, "dry-run"), "client")) {
            print_changed(command, response->object, "configured");
            command_next(command);
            return;
        }
        send_patch(command, target, response->object);
    } else if (response->code == 404 && str_is(flag_string(command, "dry-run"), "client")) {
        command_print(command, "%s created (dry run)\n", target_label(target->kind, target->name));
        command_next(command);
    } else if (response->code == 404) {
        send_create(command, target);
    } else {
        g_autofree char *prefix =
            g_strdup_printf("error when retrieving current configuration of:\n%s\nfrom server for: \"%s\": ",
                            info_text(target), target->file);
        command_server_error(command, response->status, prefix);
        command_next(command);
    }
}

/*
 * --server-side: what the manifest says goes in and nothing goes out, with no annotation. Left
 * out: who owns which field, so nothing conflicts.
 */
static void
on_merged(Command *command, const ApiResponse *response)
{
    if (!api_response_ok(response))
        command_server_error(command, response->status, NULL);
    else
        print_changed(command, response->object, "serverside-applied");
    command_next(command);
}

static void
on_merge_base(Command *command, const ApiResponse *response)
{
    Target *target = current(command);
    ApiRequest *request;

    if (!api_response_ok(response) && response->code != 404) {
        on_merged(command, response);
        return;
    }
    request = command_request(command, response->code == 404 ? VERB_CREATE : VERB_PATCH, target);
    if (response->code != 404)
        request->patch_type = PATCH_STRATEGIC;
    request->body = value_copy(target->manifest);
    value_sort(request->body);
    request->field_validation = validation_of(command);
    request->dry_run = str_is(flag_string(command, "dry-run"), "server");
    command_send(command, request, on_merged);
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
    command_send(command, command_request(command, VERB_GET, target),
                 flag_bool(command, "server-side") ? on_merge_base : on_got);
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

static void
apply_run(Command *command)
{
    if (!flag_is_given(command, "filename")) {
        command_fail(command, "must specify one of -f and -k");
        return;
    }
    if (wrong_flags(command) != NULL) {
        command_fail(command, "%s", wrong_flags(command));
        return;
    }
    if (targets_from_files(command))
        command_each(command, apply_one, command_end_default);
}
