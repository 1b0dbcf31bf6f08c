/*
 * create.c - kubectl create -f, and create deployment, namespace, configmap, ...
 *
 * Models: k8s.io/kubectl pkg/cmd/create v0.34.
 */

#include "kubectl/internal.h"

#include "kubectl/generate.h"

static void create_run(Command *command);

static const char *const subverbs[] = {"deployment",     "namespace", "configmap",     "secret",
                                       "serviceaccount", "service",   "priorityclass", NULL};
static const FlagDef flags[] = {
    {"validate", 0, FLAG_STRING, "strict", "strict"},
    {"save-config", 0, FLAG_BOOL, NULL, NULL},
    {"image", 0, FLAG_STRINGS, NULL, NULL},
    {"replicas", 'r', FLAG_INT, "1", NULL},
    {"port", 0, FLAG_INT, "-1", NULL},
    {"from-literal", 0, FLAG_STRINGS, NULL, NULL},
    {"from-file", 0, FLAG_STRINGS, NULL, NULL},
    {"type", 0, FLAG_STRING, NULL, NULL},
    {"tcp", 0, FLAG_STRINGS, NULL, NULL},
    {"node-port", 0, FLAG_INT, "0", NULL},
    {"clusterip", 0, FLAG_STRING, NULL, NULL},
    {"external-name", 0, FLAG_STRING, NULL, NULL},
    {"value", 0, FLAG_INT, "0", NULL},
    {"global-default", 0, FLAG_BOOL, NULL, NULL},
    {"description", 0, FLAG_STRING, NULL, NULL},
    {"preemption-policy", 0, FLAG_STRING, NULL, NULL},
    {0},
};

const Verb create_verb = {.name = "create",
                          .subverbs = subverbs,
                          .flags = flags,
                          .run = create_run,
                          .doc = "Create a resource from a file or from standard input."};

static Target *
current(Command *command)
{
    return &g_array_index(command->targets, Target, command->next - 1);
}

static void
on_created(Command *command, const ApiResponse *response)
{
    const Target *target = current(command);

    if (api_response_ok(response)) {
        print_changed(command, response->object, "created");
    } else if (target->file != NULL) {
        g_autofree char *prefix = g_strdup_printf("error when creating \"%s\": ", target->file);
        command_server_error(command, response->status, prefix);
    } else if (response->code == 422) {
        command_server_error(command, response->status, NULL);
    } else {
        command_error(command, "failed to create %s: %s", target->kind->singular,
                      response->status->message);
    }
    command_next(command);
}

static FieldValidation
validation_of(const Command *command)
{
    const char *word = flag_string(command, "validate");

    if (str_is(word, "ignore") || str_is(word, "false"))
        return FIELD_VALIDATION_IGNORE;
    return str_is(word, "warn") ? FIELD_VALIDATION_WARN : FIELD_VALIDATION_STRICT;
}

static void
create_one(Command *command, Target *target)
{
    ApiRequest *request;

    if (str_is(flag_string(command, "dry-run"), "client") ||
        str_is(flag_string(command, "dry-run"), "unchanged")) {
        ApiDecodeResult result = {0};
        g_autoptr(ApiObject) object = api_object_decode(target->kind, target->manifest, &result);

        api_decode_result_clear(&result);
        if (object != NULL)
            print_changed(command, object, "created");
        command_next(command);
        return;
    }
    request = command_request(command, VERB_CREATE, target);
    request->body = value_copy(target->manifest);
    value_sort(
        request->body); /* Go's maps are written sorted: the first type error depends on it */
    request->field_validation = validation_of(command);
    request->dry_run = str_is(flag_string(command, "dry-run"), "server");
    command_send(command, request, on_created);
}

/* The object that a subcommand describes becomes the one target. */
static gboolean
generate(Command *command)
{
    const char *what = g_ptr_array_index(command->args, 0);
    const char *name =
        command->args->len > 1 ? g_ptr_array_index(command->args, command->args->len - 1) : NULL;
    const ApiKind *kind = api_kind_find_resource(what);
    g_autofree char *message = NULL;
    Target target = {0};

    if (kind == NULL) {
        command_fail(command, "Unexpected args: [%s]", what);
        return FALSE;
    }
    if (name == NULL) {
        command_usage(command, "exactly one NAME is required, got 0");
        return FALSE;
    }
    target.manifest = generate_object(command, kind, &message);
    if (target.manifest == NULL) {
        command_fail(command, "%s", message);
        return FALSE;
    }
    target.kind = kind;
    target.name = str_intern(name);
    target.namespace_ = kind->is_namespaced ? command_namespace(command) : NULL;
    g_array_append_val(command->targets, target);
    return TRUE;
}

static void
create_run(Command *command)
{
    if (flag_is_given(command, "filename")) {
        if (targets_from_files(command))
            command_each(command, create_one, command_end_default);
        return;
    }
    if (command->args->len == 0) {
        command_fail(command, "must specify one of -f and -k");
        return;
    }
    if (generate(command))
        command_each(command, create_one, command_end_default);
}
