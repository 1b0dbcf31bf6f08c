/*
 * create.c - kubectl create -f, and create deployment, namespace, configmap, ...
 *
 * Models: k8s.io/kubectl pkg/cmd/create v0.34.
 */

#include "kubectl/internal.h"

#include "api/kinds/batch.h"
#include "kubectl/generate.h"
#include "kubectl/kustomize.h"
#include "kubectl/last_applied.h"

static void create_run(Command *command);

static const char *const subverbs[] = {"clusterrole", "clusterrolebinding", "configmap", "cronjob", "deployment", "job", "namespace",
                                       "ingress", "poddisruptionbudget", "priorityclass", "quota", "role", "rolebinding", "secret",
                                       "service", "serviceaccount", NULL};

/* Each subcommand as create.go knows it. */
typedef struct {
    const char *name, *alias, *kind;
    const char *inner; /* "|clusterip|...|": a second word is needed; NULL: none */
    const char *required[3];
    const char *failure; /* what fmt.Errorf puts before the server's words; NULL: nothing */
} Creation;

/* clang-format off */
static const Creation creations[] = {
    {"clusterrole", NULL, "clusterroles", NULL, {NULL}, NULL},
    {"clusterrolebinding", NULL, "clusterrolebindings", NULL, {"clusterrole", NULL}, "failed to create clusterrolebinding: "},
    {"configmap", "cm", "configmaps", NULL, {NULL}, "failed to create configmap: "},
    {"cronjob", "cj", "cronjobs", NULL, {"image", "schedule", NULL}, "failed to create cronjob: "},
    {"deployment", "deploy", "deployments", NULL, {"image", NULL}, "failed to create deployment: "},
    {"ingress", "ing", "ingresses", NULL, {NULL}, "failed to create ingress: "},
    {"job", NULL, "jobs", NULL, {NULL}, "failed to create job: "},
    {"namespace", "ns", "namespaces", NULL, {NULL}, NULL},
    {"poddisruptionbudget", "pdb", "poddisruptionbudgets", NULL, {NULL}, "failed to create poddisruptionbudgets: "},
    {"priorityclass", "pc", "priorityclasses", NULL, {NULL}, "failed to create priorityclass: "},
    {"quota", "resourcequota", "resourcequotas", NULL, {NULL}, "failed to create quota: "},
    {"role", NULL, "roles", NULL, {NULL}, NULL},
    {"rolebinding", NULL, "rolebindings", NULL, {NULL}, "failed to create rolebinding: "},
    {"secret", NULL, "secrets", "|docker-registry|generic|tls|", {NULL}, "failed to create secret "},
    {"service", "svc", "services", "|clusterip|externalname|loadbalancer|nodeport|", {NULL}, NULL},
    {"serviceaccount", "sa", "serviceaccounts", NULL, {NULL}, "failed to create serviceaccount: "},
};
/* clang-format on */

static const Creation *
find_creation(const char *word)
{
    for (guint i = 0; i < G_N_ELEMENTS(creations); i++)
        if (str_is(creations[i].name, word) || str_is(creations[i].alias, word))
            return &creations[i];
    return NULL;
}
static const FlagDef flags[] = {
    {"validate", 0, FLAG_STRING, "strict", "strict"},
    {"save-config", 0, FLAG_BOOL, NULL, NULL},
    {"image", 0, FLAG_STRINGS, NULL, NULL},
    {"replicas", 'r', FLAG_INT, "1", NULL},
    {"port", 0, FLAG_INT, "-1", NULL},
    {"from-literal", 0, FLAG_STRINGS, NULL, NULL},
    {"from-file", 0, FLAG_STRINGS, NULL, NULL},
    {"from-env-file", 0, FLAG_STRINGS, NULL, NULL},
    {"append-hash", 0, FLAG_BOOL, NULL, NULL},
    {"type", 0, FLAG_STRING, NULL, NULL},
    {"docker-server", 0, FLAG_STRING, "https://index.docker.io/v1/", NULL},
    {"docker-username", 0, FLAG_STRING, NULL, NULL},
    {"docker-password", 0, FLAG_STRING, NULL, NULL},
    {"docker-email", 0, FLAG_STRING, NULL, NULL},
    {"cert", 0, FLAG_STRING, NULL, NULL},
    {"key", 0, FLAG_STRING, NULL, NULL},
    {"schedule", 0, FLAG_STRING, NULL, NULL},
    {"from", 0, FLAG_STRING, NULL, NULL},
    {"restart", 0, FLAG_STRING, NULL, NULL},
    {"hard", 0, FLAG_STRING, NULL, NULL},
    {"scopes", 0, FLAG_STRING, NULL, NULL},
    {"min-available", 0, FLAG_STRING, NULL, NULL},
    {"max-unavailable", 0, FLAG_STRING, NULL, NULL},
    {"tcp", 0, FLAG_STRINGS, NULL, NULL},
    {"node-port", 0, FLAG_INT, "0", NULL},
    {"clusterip", 0, FLAG_STRING, NULL, NULL},
    {"external-name", 0, FLAG_STRING, NULL, NULL},
    {"value", 0, FLAG_INT, "0", NULL},
    {"global-default", 0, FLAG_BOOL, NULL, NULL},
    {"description", 0, FLAG_STRING, NULL, NULL},
    {"preemption-policy", 0, FLAG_STRING, "PreemptLowerPriority", NULL},
    {"rule", 0, FLAG_STRINGS, NULL, NULL},
    {"class", 0, FLAG_STRING, NULL, NULL},
    {"default-backend", 0, FLAG_STRING, NULL, NULL},
    {"annotation", 0, FLAG_STRINGS, NULL, NULL},
    {"verb", 0, FLAG_STRINGS, NULL, NULL},
    {"resource", 0, FLAG_STRINGS, NULL, NULL},
    {"resource-name", 0, FLAG_STRINGS, NULL, NULL},
    {"non-resource-url", 0, FLAG_STRINGS, NULL, NULL},
    {"aggregation-rule", 0, FLAG_STRINGS, NULL, NULL},
    {"clusterrole", 0, FLAG_STRING, NULL, NULL},
    {"role", 0, FLAG_STRING, NULL, NULL},
    {"user", 0, FLAG_STRINGS, NULL, NULL},
    {"group", 0, FLAG_STRINGS, NULL, NULL},
    {"serviceaccount", 0, FLAG_STRINGS, NULL, NULL},
    {0},
};

static const char *
subverb_of(const char *word, const char **inner)
{
    const Creation *creation = find_creation(word);
    g_autofree char *between = g_strdup_printf("|%s|", *inner != NULL ? *inner : "");

    if (creation == NULL || creation->inner == NULL || strstr(creation->inner, between) == NULL)
        *inner = NULL;
    return creation != NULL ? creation->name : word;
}

const Verb create_verb = {.name = "create",
                          .subverb_of = subverb_of,
                          .subverbs = subverbs,
                          .flags = flags,
                          .run = create_run,
                          .doc = "Create a resource from a file or from standard input."};

static Target *
current(Command *command)
{
    return &g_array_index(command->targets, Target, command->next - 1);
}

/*
 * fmt.Errorf with %v has lost what sort of error it was: also what is invalid is told in
 * the server's words.
 */
static void
refuse(Command *command, const ApiStatus *status)
{
    const Creation *creation = find_creation(g_ptr_array_index(command->args, 0));

    if (creation->inner != NULL && creation->failure == NULL)
        command_error(command, "failed to create %s service: %s",
                      value_get_string(value_get(current(command)->manifest, "spec"), "type", ""), status->message);
    else if (creation->failure != NULL)
        command_error(command, "%s%s", creation->failure, status->message);
    else
        command_server_error(command, status, NULL);
}

/* CreateOptions.Complete: words that are no subcommand. */
static void
refuse_words(Command *command)
{
    g_autoptr(GString) words = g_string_new(NULL);

    if (str_is(g_ptr_array_index(command->args, 0), "token")) {
        command_fail(command, "kubectl create token is left out here: no tokens are signed");
        return;
    }
    for (guint i = 0; i < command->args->len; i++)
        g_string_append_printf(words, "%s%s", i > 0 ? " " : "", (const char *)g_ptr_array_index(command->args, i));
    command_usage(command, "Unexpected args: [%s]", words->str);
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
    } else {
        refuse(command, response->status);
    }
    command_next(command);
}

static void
create_one(Command *command, Target *target)
{
    ApiRequest *request;

    if (str_is(flag_string(command, "dry-run"), "client")) {
        ApiDecodeResult result = {0};
        g_autoptr(Value) manifest = last_applied_for(command, target->manifest);
        g_autoptr(ApiObject) object = api_object_decode(target->kind, manifest, &result);

        api_decode_result_clear(&result);
        if (target->file != NULL)
            print_changed_tree(command, target, manifest, "created");
        else if (object != NULL)
            print_changed(command, object, "created");
        command_next(command);
        return;
    }
    request = command_request(command, VERB_CREATE, target);
    request->body = last_applied_for(command, target->manifest);
    command_unversion(request->body);
    value_sort(
        request->body); /* Go's maps are written sorted: the first type error depends on it */
    request->field_validation = flag_validation(command);
    request->dry_run = str_is(flag_string(command, "dry-run"), "server");
    command_send(command, request, on_created);
}

/* "required flag(s) "image", "schedule" not set", as cobra lists them. FALSE: message out, ended. */
static gboolean
has_required(Command *command, const char *const *required)
{
    g_autoptr(GString) missing = g_string_new(NULL);

    for (; *required != NULL; required++)
        if (!flag_is_given(command, *required))
            g_string_append_printf(missing, "%s\"%s\"", missing->len > 0 ? ", " : "", *required);
    if (missing->len > 0)
        command_fail(command, "required flag(s) %s not set", missing->str);
    return missing->len == 0;
}

/* The second word of "create service clusterip NAME". FALSE: message out, ended. */
static gboolean
has_inner(Command *command, const Creation *creation)
{
    static const char *const external[] = {"external-name", NULL};
    const char *inner = command->args->len > 1 ? g_ptr_array_index(command->args, 1) : "";
    g_autofree char *between = g_strdup_printf("|%s|", inner);

    if (inner[0] == '\0' || strstr(creation->inner, between) == NULL) {
        g_autofree char *path = g_strdup_printf("kubectl create %s", creation->name);

        command_unknown_subcommand(command, path, 1);
        return FALSE;
    }
    return !str_is(inner, "externalname") || has_required(command, external);
}

/* --append-hash: of the data as a map, also where there is none (pkg/util/hash). (interned) */
static const char *
append_hash(Value *object, const char *name)
{
    g_autoptr(Value) seen = value_copy(object);
    g_autofree char *hash = NULL;

    if (value_get(seen, "data") == NULL)
        value_set(seen, "data", value_new_map());
    hash = kustomize_hash(seen);
    value_set(value_get(object, "metadata"), "name", value_new_string(str_internf("%s-%s", name, hash)));
    return str_internf("%s-%s", name, hash);
}

/* --- create job --from=cronjob/NAME ------------------------------------------------------------------- */

/* FALSE: message out, ended. */
static gboolean
has_one_origin(Command *command)
{
    gboolean has_from = !str_is_empty(flag_string(command, "from"));

    if (has_from == flag_is_given(command, "image"))
        command_fail(command, "either --image or --from must be specified");
    else if (has_from && command->after_dashes != NULL && command->after_dashes->len > 0)
        command_fail(command, "cannot specify --from and command");
    else
        return TRUE;
    return FALSE;
}

static void
on_origin(Command *command, const ApiResponse *response)
{
    Target target = {.kind = &job_kind,
                     .namespace_ = command_namespace(command),
                     .name = str_intern(g_ptr_array_index(command->args, 1))};

    if (!api_response_ok(response)) {
        command_server_error(command, response->status, NULL);
        command_finish(command, 1);
        return;
    }
    if (response->object->kind != &cron_job_kind) {
        command_fail(command, "unknown object type *v1.%s", response->object->kind->kind);
        return;
    }
    target.manifest =
        generate_job_from(response->object, target.name, flag_is_given(command, "namespace") ? target.namespace_ : NULL);
    g_array_append_val(command->targets, target);
    command_each(command, create_one, command_end_default);
}

static void
ask_origin(Command *command)
{
    g_auto(GStrv) parts = g_strsplit(flag_string(command, "from"), "/", 2);
    Target target = {0};

    target.kind = parts[0] == NULL ? NULL : api_kind_find_resource(parts[0]);
    if (target.kind == NULL) {
        command_fail(command, "the server doesn't have a resource type \"%s\"", parts[0] == NULL ? "" : parts[0]);
        return;
    }
    if (parts[1] == NULL) {
        command_fail(command, "resource(s) were provided, but no name was specified");
        return;
    }
    target.namespace_ = target.kind->is_namespaced ? command_namespace(command) : NULL;
    target.name = str_intern(parts[1]);
    command_send(command, command_request(command, VERB_GET, &target), on_origin);
}

/* The object that a subcommand describes becomes the one target. FALSE: message out, or what it is made from is asked for. */
static gboolean
generate(Command *command)
{
    const char *what = g_ptr_array_index(command->args, 0);
    const Creation *creation = find_creation(what);
    guint words = creation != NULL && creation->inner != NULL ? 2 : 1;
    const ApiKind *kind = creation != NULL ? api_kind_find_resource(creation->kind) : NULL;
    g_autofree char *message = NULL;
    Target target = {0};

    if (creation == NULL) {
        refuse_words(command);
        return FALSE;
    }
    if ((words == 2 && !has_inner(command, creation)) || !has_required(command, creation->required))
        return FALSE;
    if (command->args->len != words + 1) {
        command_usage(command, "exactly one NAME is required, got %u", command->args->len - words);
        return FALSE;
    }
    if (kind == NULL) {
        command_fail(command, "the server doesn't have a resource type \"%s\"", creation->kind);
        return FALSE;
    }
    if (str_is(creation->name, "job") && !has_one_origin(command))
        return FALSE;
    if (!str_is_empty(flag_string(command, "from"))) {
        ask_origin(command);
        return FALSE;
    }
    target.manifest = generate_object(command, kind, &message);
    if (target.manifest == NULL) {
        if (g_str_has_prefix(message, GENERATE_UNKNOWN))
            command_no_resource(command, message + strlen(GENERATE_UNKNOWN));
        else
            command_fail(command, "%s", message);
        return FALSE;
    }
    target.kind = kind;
    target.name = str_intern(g_ptr_array_index(command->args, words));
    if (flag_bool(command, "append-hash") && (kind == &config_map_kind || kind == &secret_kind))
        target.name = append_hash(target.manifest, target.name);
    target.namespace_ = kind->is_namespaced ? command_namespace(command) : NULL;
    g_array_append_val(command->targets, target);
    return TRUE;
}

static void
create_run(Command *command)
{
    if (files_are_given(command)) {
        if (command->args->len > 0)
            refuse_words(command);
        else if (flag_validation_is_known(command) && targets_from_files(command))
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
