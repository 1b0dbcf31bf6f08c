/*
 * diff.c - kubectl diff -f FILE; models k8s.io/kubectl pkg/cmd/diff v0.34
 *
 * What is there against what an apply would make of it: a dry run on the server,
 * both as YAML. Exit 1: they differ.
 * DEVIATES: the names of the temporary folders are made from the file name.
 */

#include "api/patch.h"
#include "base/duration.h"
#include "kubectl/expand.h"
#include "kubectl/print.h"
#include "kubectl/text_diff.h"

#define LAST_APPLIED "kubectl.kubernetes.io/last-applied-configuration"

static void diff_run(Command *command);

static const FlagDef flags[] = {
    {"server-side", 0, FLAG_BOOL, NULL, NULL},
    {"prune", 0, FLAG_BOOL, NULL, NULL},
    {"concurrency", 0, FLAG_INT, "1", NULL},
    {0},
};

const Verb diff_verb = {.name = "diff",
                        .flags = flags,
                        .run = diff_run,
                        .doc = "Diff the live version against a would-be applied version."};

typedef struct {
    ApiObject *live; /* (owned) of the object under way, NULL: there is none */
    gboolean differs;
} DiffState;

static void
state_free(gpointer data)
{
    DiffState *state = data;

    api_object_unref(state->live);
    g_free(state);
}

/*
 * What an apply compares: annotations are there even if empty, the last applied ones are not.
 * (owned)
 */
static Value *
modified_of(const Value *manifest)
{
    Value *copy = value_copy(manifest);
    Value *metadata = value_get(copy, "metadata");
    Value *annotations = metadata != NULL ? value_get(metadata, "annotations") : NULL;

    if (annotations != NULL && annotations->type == VALUE_MAP)
        value_remove(annotations, LAST_APPLIED);
    else if (metadata != NULL && metadata->type == VALUE_MAP)
        value_set(metadata, "annotations", value_new_map());
    return copy;
}

/* As kubectl names the file: apps.v1.Deployment.default.web. (owned) */
static char *
file_name(const Target *target)
{
    return g_strdup_printf("%s%s%s.%s.%s.%s", target->kind->group,
                           target->kind->group[0] != '\0' ? "." : "", target->kind->version,
                           target->kind->kind, target->namespace_ != NULL ? target->namespace_ : "",
                           target->name);
}

/* Values of a Secret are not shown. */
static void
mask_secret(const Target *target, Value *tree)
{
    Value *data = value_get(tree, "data");

    if (target->kind != &secret_kind || data == NULL)
        return;
    for (guint i = 0; i < data->count; i++)
        value_set(data, data->keys[i], value_new_string("***"));
}

static char *
yaml_of(Command *command, const ApiObject *object)
{
    g_autoptr(Value) tree = NULL;

    if (object == NULL)
        return g_strdup("");
    tree = print_encode(command, object);
    mask_secret(current_target(command), tree);
    return value_to_yaml(tree);
}

/* "2026-11-21 01:34:44.537885018 +0000" (owned) */
static char *
file_time(gint64 wall_ns)
{
    g_autofree char *text = time_format_rfc3339(wall_ns);

    return g_strdup_printf("%.10s %.8s.%09d +0000", text, text + 11, (int)(wall_ns % NS_PER_S));
}

static void
print_difference(Command *command, const ApiObject *merged)
{
    DiffState *state = command->state;
    const Target *target = current_target(command);
    g_autofree char *before = yaml_of(command, state->live);
    g_autofree char *after = yaml_of(command, merged);
    g_autofree char *hunks = text_diff(before, after);
    g_autofree char *name = file_name(target);
    g_autofree char *time = file_time(command_wall_ns(command));
    guint32 number = str_hash(name);

    if (hunks == NULL)
        return;
    state->differs = TRUE;
    command_print(command, "diff -u -N /tmp/LIVE-%u/%s /tmp/MERGED-%u/%s\n", number, name, ~number,
                  name);
    command_print(command, "--- /tmp/LIVE-%u/%s\t%s\n+++ /tmp/MERGED-%u/%s\t%s\n%s", number, name,
                  time, ~number, name, time, hunks);
}

static void
on_merged(Command *command, const ApiResponse *response)
{
    if (!api_response_ok(response)) {
        command_server_error(command, response->status, NULL);
    } else {
        print_difference(command, response->object);
    }
    command_next(command);
}

static void
on_live(Command *command, const ApiResponse *response)
{
    DiffState *state = command->state;
    const Target *target = current_target(command);
    const char *annotation;
    g_autoptr(Value) original = NULL;
    g_autoptr(Value) live = NULL;
    g_autoptr(Value) modified = NULL;
    ApiRequest *request;

    g_clear_pointer(&state->live, api_object_unref);
    if (!api_response_ok(response) && response->code != 404) {
        command_server_error(command, response->status, NULL);
        command_next(command);
        return;
    }
    if (response->code == 404) {
        request = command_request(command, VERB_CREATE, target);
        request->body = value_copy(target->manifest);
        command_unversion(request->body);
        value_sort(request->body);
    } else {
        state->live = api_object_ref(response->object);
        annotation = str_map_get(&response->object->meta->annotations, LAST_APPLIED);
        original =
            annotation != NULL ? value_read_json(annotation, strlen(annotation), NULL) : NULL;
        live = api_object_encode(response->object);
        request = command_request(command, VERB_PATCH, target);
        request->patch_type = PATCH_STRATEGIC;
        modified = modified_of(target->manifest);
        request->body = patch_three_way(target->kind, original, modified, live);
    }
    request->field_validation = FIELD_VALIDATION_WARN;
    request->dry_run = TRUE;
    command_send(command, request, on_merged);
}

static void
diff_one(Command *command, Target *target)
{
    command_send(command, command_request(command, VERB_GET, target), on_live);
}

static void
all_compared(Command *command)
{
    const DiffState *state = command->state;

    command_finish(command, command->has_failed ? 2 : state->differs ? 1 : 0);
}

static void
diff_run(Command *command)
{
    command->exit_failed = 2;
    if (has_unexpected_words(command))
        return;
    if (!files_are_given(command)) {
        command_fail(command, "must specify one of -f and -k");
        return;
    }
    command->state = g_new0(DiffState, 1);
    command->state_free = state_free;
    if (targets_from_files(command))
        command_each(command, diff_one, all_compared);
}
