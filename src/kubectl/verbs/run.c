/* run.c - kubectl run NAME --image=IMAGE; models k8s.io/kubectl pkg/cmd/run v0.34: one pod */

#include "kubectl/expand.h"
#include "kubectl/last_applied.h"
#include "kubectl/overrides.h"
#include "kubectl/run_attach.h"
#include "kubectl/print.h"

static void run_run(Command *command);

static const FlagDef flags[] = {
    {"image", 0, FLAG_STRING, NULL, NULL},
    {"restart", 0, FLAG_STRING, "Always", NULL},
    {"env", 0, FLAG_STRINGS, NULL, NULL},
    {"labels", 'l', FLAG_STRING, NULL, NULL},
    {"annotations", 0, FLAG_STRINGS, NULL, NULL},
    {"port", 0, FLAG_STRING, NULL, NULL},
    {"expose", 0, FLAG_BOOL, NULL, NULL},
    {"command", 0, FLAG_BOOL, NULL, NULL},
    {"image-pull-policy", 0, FLAG_STRING, NULL, NULL},
    {"overrides", 0, FLAG_STRING, NULL, NULL},
    {"override-type", 0, FLAG_STRING, "merge", NULL},
    {"quiet", 'q', FLAG_BOOL, NULL, NULL},
    {"rm", 0, FLAG_BOOL, NULL, NULL},
    {"stdin", 'i', FLAG_BOOL, NULL, NULL},
    {"tty", 't', FLAG_BOOL, NULL, NULL},
    {"attach", 0, FLAG_BOOL, NULL, NULL},
    {"leave-stdin-open", 0, FLAG_BOOL, NULL, NULL},
    {"pod-running-timeout", 0, FLAG_DURATION, "1m0s", NULL},
    {"privileged", 0, FLAG_BOOL, NULL, NULL},
    {"save-config", 0, FLAG_BOOL, NULL, NULL},
    {0},
};

const Verb run_verb = {.name = "run",
                       .flags = flags,
                       .run = run_run,
                       .doc = "Run a particular image on the cluster, as a pod."};

/* "a=b,c=d" as a map; NULL: message out, ended. */
static Value *
labels_of(Command *command, const char *name)
{
    const char *text = flag_string(command, "labels");
    g_auto(GStrv) pairs = NULL;
    Value *labels = value_new_map();

    if (str_is_empty(text)) {
        value_set(labels, "run", value_new_string(name));
        return labels;
    }
    pairs = g_strsplit(text, ",", -1);
    for (guint i = 0; pairs[i] != NULL; i++) {
        char *equals = strchr(pairs[i], '=');

        if (equals == NULL) {
            command_fail(command, "unexpected label spec: %s", pairs[i]);
            value_free(labels);
            return NULL;
        }
        *equals = '\0';
        value_set(labels, str_intern(pairs[i]), value_new_string(equals + 1));
    }
    return labels;
}

/* FALSE: message out, ended. */
static gboolean
add_environment(Command *command, Value *container)
{
    const GPtrArray *pairs = flag_strings(command, "env");
    Value *list;

    if (pairs == NULL)
        return TRUE;
    list = value_new_list();
    value_set(container, "env", list);
    for (guint i = 0; i < pairs->len; i++) {
        const char *text = g_ptr_array_index(pairs, i);
        const char *equals = strchr(text, '=');
        Value *one;

        if (equals == NULL || equals == text) {
            command_fail(command, "invalid env: %s", text);
            return FALSE;
        }
        one = value_new_map();
        value_set(one, "name", value_new_string(str_intern_len(text, (gsize)(equals - text))));
        value_set(one, "value", value_new_string(equals + 1));
        value_append(list, one);
    }
    return TRUE;
}

static void
add_words(Command *command, Value *container)
{
    Value *words;
    GPtrArray *given = command->after_dashes;

    if (given == NULL && command->args->len < 2)
        return;
    words = value_new_list();
    for (guint i = 1; i < command->args->len; i++)
        value_append(words, value_new_string(g_ptr_array_index(command->args, i)));
    for (guint i = 0; given != NULL && i < given->len; i++)
        value_append(words, value_new_string(g_ptr_array_index(given, i)));
    if (words->count > 0)
        value_set(container, flag_bool(command, "command") ? "command" : "args", words);
    else
        value_free(words);
}

static void
add_port(Command *command, Value *container)
{
    const char *port = flag_string(command, "port");
    Value *list;
    Value *one;

    if (str_is_empty(port))
        return;
    list = value_new_list();
    one = value_new_map();
    value_set(one, "containerPort", value_new_int(g_ascii_strtoll(port, NULL, 10)));
    value_append(list, one);
    value_set(container, "ports", list);
}

/* --annotations=K=V. FALSE: message out, ended. */
static gboolean
add_annotations(Command *command, Value *metadata)
{
    const GPtrArray *given = flag_strings(command, "annotations");
    Value *annotations;

    if (given == NULL)
        return TRUE;
    annotations = value_new_map();
    value_set(metadata, "annotations", annotations);
    for (guint i = 0; i < given->len; i++) {
        const char *pair = g_ptr_array_index(given, i);
        const char *equals = strchr(pair, '=');

        if (equals == NULL || equals == pair) {
            command_fail(command, "unexpected annotations format \"%s\", expected KEY=VALUE", pair);
            return FALSE;
        }
        value_set(annotations, str_intern_len(pair, (gsize)(equals - pair)), value_new_string(equals + 1));
    }
    return TRUE;
}

/* NULL: message out, ended. (owned) */
static Value *
generate_pod(Command *command, const char *name)
{
    g_autoptr(Value) pod = value_new_map();
    Value *metadata = value_new_map();
    Value *spec = value_new_map();
    Value *containers = value_new_list();
    Value *container = value_new_map();
    Value *labels;

    value_set(pod, "apiVersion", value_new_string("v1"));
    value_set(pod, "kind", value_new_string("Pod"));
    value_set(pod, "metadata", metadata);
    value_set(pod, "spec", spec);
    value_set(spec, "containers", containers);
    value_append(containers, container);
    value_set(metadata, "name", value_new_string(name));
    if (flag_is_given(command, "namespace"))
        value_set(metadata, "namespace", value_new_string(command_namespace(command)));
    labels = labels_of(command, name);
    if (labels == NULL)
        return NULL;
    value_set(metadata, "labels", labels);
    if (!add_annotations(command, metadata))
        return NULL;
    value_set(container, "name", value_new_string(name));
    value_set(container, "image", value_new_string(flag_string(command, "image")));
    if (flag_is_given(command, "image-pull-policy"))
        value_set(container, "imagePullPolicy",
                  value_new_string(flag_string(command, "image-pull-policy")));
    add_words(command, container);
    if (!add_environment(command, container))
        return NULL;
    add_port(command, container);
    value_set(container, "resources", value_new_map());
    if (flag_is_given(command, "privileged")) {
        Value *security = value_new_map();

        value_set(security, "privileged", value_new_bool(flag_bool(command, "privileged")));
        value_set(container, "securityContext", security);
    }
    value_set(spec, "dnsPolicy", value_new_string("ClusterFirst"));
    value_set(spec, "restartPolicy", value_new_string(flag_string(command, "restart")));
    return g_steal_pointer(&pod);
}

/* --expose: a Service of the same name. (owned) */
static Value *
generate_service(Command *command, const Value *pod)
{
    Value *service = value_new_map();
    Value *metadata = value_new_map();
    Value *spec = value_new_map();
    Value *ports = value_new_list();
    Value *port = value_new_map();
    gint64 number = g_ascii_strtoll(flag_string(command, "port"), NULL, 10);

    value_set(service, "apiVersion", value_new_string("v1"));
    value_set(service, "kind", value_new_string("Service"));
    value_set(metadata, "name",
              value_new_string(value_get_string(value_get(pod, "metadata"), "name", "")));
    value_set(service, "metadata", metadata);
    value_set(port, "port", value_new_int(number));
    value_set(port, "protocol", value_new_string("TCP"));
    value_set(port, "targetPort", value_new_int(number));
    value_append(ports, port);
    value_set(spec, "ports", ports);
    value_set(spec, "selector", value_copy(value_get_path(pod, "metadata", "labels", NULL)));
    value_set(service, "spec", spec);
    return service;
}

/* distribution/reference: ReferenceRegexp, [DOMAIN/]PATH[:TAG][@DIGEST] */
static gboolean
is_image(const char *image)
{
    static const char pattern[] =
        "^((?:(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])(?:\\.(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9]))*"
        "(?::[0-9]+)?/)?[a-z0-9]+(?:(?:[._]|__|[-]+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:[._]|__|[-]+)[a-z0-9]+)*)*)"
        "(?::([\\w][\\w.-]{0,127}))?(?:@([A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*[:][[:xdigit:]]{32,}))?$";

    return g_regex_match_simple(pattern, image, 0, 0);
}

/* Between the service and the pod stands a line of its own, beside that of the printer. */
static void
say_created(Command *command, const ApiObject *object)
{
    print_changed(command, object, "created");
    if (object->kind == &service_kind && str_is(flag_string(command, "output"), "yaml"))
        command_print(command, "---\n");
}

static void
on_created(Command *command, const ApiResponse *response)
{
    if (!api_response_ok(response)) {
        command_server_error(command, response->status, NULL);
    } else if (response->object->kind == &pod_kind && run_attaches(command) && str_is_empty(dry_run_suffix(command))) {
        run_attach_begin(command);
        return;
    } else {
        say_created(command, response->object);
    }
    command_next(command);
}

static void
create_one(Command *command, Target *target)
{
    ApiRequest *request;

    if (is_client_dry_run(command)) {
        ApiDecodeResult result = {0};
        g_autoptr(ApiObject) object = api_object_decode(target->kind, target->manifest, &result);

        api_decode_result_clear(&result);
        if (object != NULL)
            say_created(command, object);
        command_next(command);
        return;
    }
    request = command_request(command, VERB_CREATE, target);
    request->body = last_applied_for(command, target->manifest);
    request->field_validation = FIELD_VALIDATION_STRICT;
    request->dry_run = str_is(flag_string(command, "dry-run"), "server");
    command_send(command, request, on_created);
}

static void
add_target(Command *command, const ApiKind *kind, const char *name, Value *manifest)
{
    Target target = {.kind = kind,
                     .name = name,
                     .namespace_ = command_namespace(command),
                     .manifest = manifest};

    g_array_append_val(command->targets, target);
}

/* The checks of RunOptions.Run before anything is made. FALSE: message out, ended. */
static gboolean
check_options(Command *command)
{
    static const char *const policies[] = {"Always", "IfNotPresent", "Never", "", NULL};
    const char *image = flag_string(command, "image");
    const char *policy = flag_is_given(command, "image-pull-policy") ? flag_string(command, "image-pull-policy") : "";
    const char *restart = flag_string(command, "restart");
    const char *port = flag_string(command, "port");
    gboolean is_dry = is_client_dry_run(command) || str_is(flag_string(command, "dry-run"), "server");

    if (str_is_empty(image))
        command_fail(command, "--image is required");
    else if (!is_image(image))
        command_fail(command, "Invalid image name \"%s\": invalid reference format", image);
    else if (flag_bool(command, "tty") && !flag_bool(command, "stdin"))
        command_usage(command, "-i/--stdin is required for containers with -t/--tty=true");
    else if (flag_bool(command, "expose") && str_is_empty(flag_string(command, "port")))
        command_usage(command, "--port must be set when exposing a service");
    else if (!str_is(restart, "Always") && !str_is(restart, "OnFailure") && !str_is(restart, "Never"))
        command_usage(command, "invalid restart policy: %s", restart);
    else if (flag_bool(command, "rm") && !run_attaches(command))
        command_usage(command, "--rm should only be used for attached containers");
    else if (run_attaches(command) && is_dry)
        command_usage(command, "--dry-run=[server|client] can't be used with attached containers options (--attach, --stdin, "
                               "or --tty)");
    else if (!g_strv_contains(policies, policy))
        command_usage(command, "invalid image pull policy: %s", policy);
    else if (!str_is_empty(port) && !g_ascii_string_to_signed(port, 10, G_MINLONG, G_MAXLONG, NULL, NULL))
        command_fail(command, "strconv.Atoi: parsing \"%s\": invalid syntax", port);
    else
        return TRUE;
    return FALSE;
}

static void
run_run(Command *command)
{
    const char *name;
    Value *pod;

    if (!flag_is_given(command, "image")) {
        command_fail(command, "required flag(s) \"image\" not set");
        return;
    }
    if (command->args->len == 0) {
        command_usage(command, "NAME is required for run");
        return;
    }
    name = g_ptr_array_index(command->args, 0);
    if (!check_options(command))
        return;
    pod = generate_pod(command, name);
    if (pod == NULL)
        return;
    if (flag_bool(command, "expose")) /* the service is told first */
        add_target(command, &service_kind, name, generate_service(command, pod));
    if (!overrides_apply(command, &pod_kind, &pod)) {
        value_free(pod);
        return;
    }
    add_target(command, &pod_kind, name, pod);
    command_each(command, create_one, command_end_default);
}
