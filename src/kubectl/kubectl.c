/* kubectl.c - the process and its commands; see kubectl.h and internal.h */

#include "kubectl/internal.h"

#include "base/duration.h"
#include "kubectl/help.h"

struct Kubectl {
    KubectlOptions options;
    Process *process;
    Client *client;
    GPtrArray *commands;    /* Command* under way */
    const char *namespace_; /* interned: of the context; NULL: default */
    Rng *rng;
};

/* kubectl took 80..150 ms a call on the machine where it was recorded. */
#define START_MIN_NS (60 * NS_PER_MS)
#define START_MAX_NS (110 * NS_PER_MS)

static void
process_hook(gpointer self)
{
    (void)self;
}
static const ProcessHooks process_hooks = {.started = process_hook, .stopped = process_hook};

Kubectl *
kubectl_new(const KubectlOptions *options)
{
    Kubectl *kubectl = g_new0(Kubectl, 1);

    kubectl->options = *options;
    if (options->version_minor == 0)
        kubectl->options.version_minor = 34;
    kubectl->process = process_new(options->machine, "kubectl", &process_hooks, kubectl);
    process_start(kubectl->process);
    kubectl->client = client_new(&(ClientOptions){.sim = options->sim,
                                                  .world = options->world,
                                                  .process = kubectl->process,
                                                  .server = options->server,
                                                  .user = "kubernetes-admin"});
    kubectl->commands = g_ptr_array_new();
    kubectl->rng = rng_stream(options->sim, "kubectl");
    return kubectl;
}

static void
error_clear(gpointer data)
{
    g_free(((CommandError *)data)->among_others);
}

static void
target_clear(gpointer data)
{
    value_free(((Target *)data)->manifest);
}

static void
command_free(Command *command)
{
    if (command->state_free != NULL)
        command->state_free(command->state);
    if (command->watch != NULL)
        client_watch_stop(command->watch);
    sim_timer_clear(&command->timer);
    g_ptr_array_unref(command->args);
    g_ptr_array_unref(command->written);
    g_hash_table_unref(command->flags);
    if (command->after_dashes != NULL)
        g_ptr_array_unref(command->after_dashes);
    g_free(command->input);
    g_string_free(command->out, TRUE);
    g_string_free(command->err, TRUE);
    g_array_unref(command->targets);
    g_array_unref(command->errors);
    if (command->warned != NULL)
        g_ptr_array_unref(command->warned);
    g_free(command);
}

void
kubectl_free(Kubectl *kubectl)
{
    if (kubectl == NULL)
        return;
    client_free(kubectl->client); /* answers under way are dropped with their contexts */
    for (guint i = 0; i < kubectl->commands->len; i++) {
        Command *command = g_ptr_array_index(kubectl->commands, i);
        command->watch = NULL;
        command_free(command);
    }
    g_ptr_array_unref(kubectl->commands);
    g_free(kubectl);
}

const KubectlOptions *
kubectl_options(const Kubectl *kubectl)
{
    return &kubectl->options;
}

gboolean
kubectl_finds(const Kubectl *kubectl, const ApiKind *kind)
{
    return apiserver_stores(kubectl->options.server, kind);
}

guint
kubectl_minor(const Kubectl *kubectl)
{
    return kubectl->options.version_minor;
}

const char *
kubectl_namespace(const Kubectl *kubectl)
{
    return kubectl->namespace_;
}

void
kubectl_set_namespace(Kubectl *kubectl, const char *namespace_)
{
    kubectl->namespace_ = str_is_empty(namespace_) ? NULL : str_intern(namespace_);
}

Client *
kubectl_client(Kubectl *kubectl)
{
    return kubectl->client;
}

/* --- talking ----------------------------------------------------------------------------- */

void
command_print(Command *command, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    g_string_append_vprintf(command->out, format, args);
    va_end(args);
}

void
command_warn(Command *command, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    g_string_append_vprintf(command->err, format, args);
    va_end(args);
    g_string_append_c(command->err, '\n');
}

/* Takes @among_others. */
static void
put_error(Command *command, const char *alone, char *among_others)
{
    CommandError error = {command->err->len, strlen(alone), among_others};

    g_string_append_printf(command->err, "%s\n", alone);
    g_array_append_val(command->errors, error);
    command->has_failed = TRUE;
}

static void
append_error(Command *command, const char *format, va_list args)
{
    g_autofree char *text = g_strdup_vprintf(format, args);
    g_autofree char *alone = g_strconcat("error: ", text, NULL);

    put_error(command, alone, g_steal_pointer(&text));
}

/*
 * k8s.io/kubectl pkg/cmd/util checkErr v0.34: several errors are an aggregate, whose
 * messages have no "error: " before them, and the 422 no text of its own.
 */
static void
settle_errors(Command *command)
{
    if (command->errors->len < 2)
        return;
    for (guint i = command->errors->len; i-- > 0;) {
        const CommandError *error = &g_array_index(command->errors, CommandError, i);

        g_string_erase(command->err, (gssize)error->at, (gssize)error->length);
        g_string_insert(command->err, (gssize)error->at, error->among_others);
    }
}

void
command_error(Command *command, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    append_error(command, format, args);
    va_end(args);
}

void
command_error_told(Command *command, const char *format, ...)
{
    va_list args;
    g_autofree char *text = NULL;

    va_start(args, format);
    text = g_strdup_vprintf(format, args);
    va_end(args);
    put_error(command, text, g_strdup(text));
}

gboolean
has_unexpected_words(Command *command)
{
    g_autoptr(GString) words = g_string_new(NULL);

    for (guint i = 0; i < command->args->len; i++)
        g_string_append_printf(words, "%s%s", i > 0 ? " " : "", (const char *)g_ptr_array_index(command->args, i));
    if (words->len > 0)
        command_usage(command, "Unexpected args: [%s]", words->str);
    return words->len > 0;
}

/* k8s.io/kubectl pkg/cmd/util RequireNoArguments v0.34: all the words are "the command". */
void
command_unknown_subcommand(Command *command, const char *path, guint first)
{
    g_autoptr(GString) words = g_string_new(NULL);
    g_autofree char *help = NULL;

    for (guint i = first; i < command->args->len; i++)
        g_string_append_printf(words, "%s%s", i > first ? " " : "", (const char *)g_ptr_array_index(command->args, i));
    help = words->len == 0 ? help_of_group(path) : NULL;
    if (help != NULL) {
        /* rollout alone shows it on standard output */
        g_string_append(str_is(path, "kubectl rollout") ? command->out : command->err, help);
        command_finish(command, 1);
        return;
    }
    if (words->len > 0)
        command_error(command, "unknown command \"%s\"", words->str);
    command_warn(command, "See '%s -h' for help and examples", path);
    command_finish(command, 1);
}

void
command_no_resource(Command *command, const char *word)
{
    g_auto(GStrv) parts = g_strsplit(word, ".", 2);

    if (parts[0] != NULL && parts[1] != NULL)
        command_warn(command, "the server doesn't have a resource type \"%s\" in group \"%s\"", parts[0], parts[1]);
    else
        command_warn(command, "the server doesn't have a resource type \"%s\"", word);
    command_finish(command, 1);
}

void
command_fail(Command *command, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    append_error(command, format, args);
    va_end(args);
    command_finish(command, command->exit_failed);
}

void
command_usage(Command *command, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    append_error(command, format, args);
    va_end(args);
    command_warn(command, "See '%s -h' for help and examples", command_path(command));
    command_finish(command, command->exit_failed);
}

/* k8s.io/kubectl pkg/cmd/util v0.34: 422 is told from its causes, equal ones once. */
static char *
invalid_text(const ApiStatus *status)
{
    GString *text = g_string_new(NULL);
    g_autoptr(GPtrArray) lines = g_ptr_array_new();

    for (guint i = 0; i < status->causes.count; i++) {
        const ApiCause *cause = &status->causes.items[i];
        const char *line = str_is_empty(cause->field)
                               ? cause->message
                               : str_internf("%s: %s", cause->field, cause->message);

        if (!g_ptr_array_find(lines, line, NULL))
            g_ptr_array_add(lines, (gpointer)line);
    }
    if (str_is_empty(status->kind) && str_is_empty(status->name))
        g_string_append(text, "The request is invalid");
    else
        g_string_append_printf(text, "The %s \"%s\" is invalid", status->kind,
                               status->name != NULL ? status->name : "");
    if (lines->len == 1) {
        g_string_append_printf(text, ": %s", (const char *)g_ptr_array_index(lines, 0));
    } else if (lines->len > 1) {
        g_string_append(text, ": ");
        for (guint i = 0; i < lines->len; i++)
            g_string_append_printf(text, "\n* %s", (const char *)g_ptr_array_index(lines, i));
    } else if (!status->has_details || (str_is_empty(status->kind) && str_is_empty(status->name))) {
        g_string_append_printf(text, ": %s", status->message);
    }
    return g_string_free(text, FALSE);
}

char *
server_error_text(const ApiStatus *status, const char *prefix)
{
    if (status->code == 0 && str_is(status->message, "EOF"))
        return g_strdup("Unable to connect to the server: EOF");
    if (status->code == 0)
        return g_strdup("The connection to the server 172.18.0.2:6443 was refused - did you "
                        "specify the right host or port?");
    if (str_is(status->reason, "Invalid"))
        return invalid_text(status);
    if (str_is_empty(status->reason))
        return g_strdup_printf("Error from server: %s%s", prefix != NULL ? prefix : "",
                               status->message);
    return g_strdup_printf("Error from server (%s): %s%s", status->reason,
                           prefix != NULL ? prefix : "", status->message);
}

void
command_server_error(Command *command, const ApiStatus *status, const char *prefix)
{
    g_autofree char *text = server_error_text(status, prefix);

    if (str_is_empty(status->reason))
        put_error(command, text, g_strdup(text));
    else
        put_error(command, text,
                  g_strdup_printf("Error from server (%s): %s%s", status->reason,
                                  prefix != NULL ? prefix : "", status->message));
}

void
command_finish(Command *command, int exit)
{
    KubectlResult result = {exit, command->out, command->err};

    if (command->is_finished)
        return;
    command->is_finished = TRUE;
    settle_errors(command);
    g_ptr_array_remove(command->kubectl->commands, command);
    command->done(command->user, &result);
    command_free(command);
}

/* --- asking ------------------------------------------------------------------------------ */

typedef struct {
    Kubectl *kubectl;
    Command *command;
    CommandAnswer answer;
    CommandAnswerAbout answer_about; /* if there is no answer */
    gpointer about;
} Question;

static gboolean
is_alive(const Kubectl *kubectl, const Command *command)
{
    return g_ptr_array_find(kubectl->commands, command, NULL);
}

/* client-go's WarningWriter, as kubectl sets it up: the same text once. */
static void
tell_warnings(Command *command, const GPtrArray *warnings)
{
    for (guint i = 0; warnings != NULL && i < warnings->len; i++) {
        const char *line = str_internf("Warning: %s", (const char *)g_ptr_array_index(warnings, i));

        if (command->warned == NULL)
            command->warned = g_ptr_array_new();
        if (g_ptr_array_find(command->warned, line, NULL))
            continue;
        g_ptr_array_add(command->warned, (gpointer)line);
        command_warn(command, "%s", line);
    }
}

static void
answered(gpointer user, const ApiResponse *response)
{
    Question *question = user;

    if (!is_alive(question->kubectl, question->command))
        return;
    tell_warnings(question->command, response->warnings);
    if (question->answer != NULL)
        question->answer(question->command, response);
    else
        question->answer_about(question->command, question->about, response);
}

/* --field-manager; each verb has a default, which for those without the flag is the program's name. (interned) */
static const char *
field_manager(const Command *command)
{
    static const char *const verbs[] = {"annotate", "autoscale", "create", "edit", "expose", "label",
                                        "patch", "replace", "rollout", "run", "set", "taint", NULL};
    const char *given = flag_string(command, "field-manager");

    if (!str_is_empty(given))
        return str_intern(given);
    if (str_is(command->verb->name, "apply"))
        return str_intern(flag_bool(command, "server-side") ? "kubectl" : "kubectl-client-side-apply");
    return g_strv_contains(verbs, command->verb->name) ? str_internf("kubectl-%s", command->verb->name) : NULL;
}

static void
add_group(ApiIdentity *who, const char *group)
{
    if (who->n_groups < API_GROUPS_MAX)
        who->groups[who->n_groups++] = str_intern(group);
}

/* v1.34 apiserver endpoints/filters/impersonation.go: whose name, and which groups go with it. */
gboolean
command_identity(const Command *command, ApiIdentity *out)
{
    static const char prefix[] = "system:serviceaccount:";
    const char *user = flag_string(command, "as");
    const GPtrArray *groups = flag_strings(command, "as-group");

    *out = (ApiIdentity){.user = str_intern(user)};
    if (str_is_empty(user))
        return FALSE;
    for (guint i = 0; groups != NULL && i < groups->len; i++)
        add_group(out, g_ptr_array_index(groups, i));
    if (out->n_groups == 0 && g_str_has_prefix(user, prefix)) {
        g_autofree char *space = g_strndup(user + strlen(prefix), strcspn(user + strlen(prefix), ":"));

        add_group(out, "system:serviceaccounts");
        add_group(out, str_internf("system:serviceaccounts:%s", space));
    }
    add_group(out, str_is(user, "system:anonymous") ? "system:unauthenticated" : "system:authenticated");
    return TRUE;
}

static void
ask(Command *command, ApiRequest *request, const Question *wanted)
{
    ApiIdentity who;

    Question *question = g_memdup2(wanted, sizeof *wanted);

    question->kubectl = command->kubectl;
    question->command = command;
    request->user = str_intern("kubernetes-admin");
    if (request->review == NULL && command_identity(command, &who)) {
        request->review = g_new0(ApiReview, 1);
        request->review->who = who;
    }
    if (request->reason == NULL)
        request->reason = str_internf("kubectl %s", command->verb->name);
    if (request->field_manager == NULL)
        request->field_manager = field_manager(command);
    client_send(command->kubectl->client, request, answered, question, g_free);
}

void
command_send(Command *command, ApiRequest *request, CommandAnswer answer)
{
    ask(command, request, &(Question){.answer = answer});
}

void
command_ask(Command *command, ApiRequest *request, CommandAnswerAbout answer, gpointer about)
{
    ask(command, request, &(Question){.answer_about = answer, .about = about});
}

void
command_unversion(Value *body)
{
    Value *metadata = value_get(body, "metadata");

    if (metadata != NULL && metadata->type == VALUE_MAP)
        value_remove(metadata, "resourceVersion");
}

ApiRequest *
command_request(Command *command, ApiVerb verb, const Target *target)
{
    ApiRequest *request = api_request_new(verb, target->kind, target->namespace_, target->name);

    (void)command;
    return request;
}

const char *
command_namespace(const Command *command)
{
    const char *name = flag_string(command, "namespace");
    const char *fallback = kubectl_namespace(command->kubectl);

    return str_intern(!str_is_empty(name) ? name : fallback != NULL ? fallback : "default");
}

gint64
command_wall_ns(const Command *command)
{
    return sim_wall_ns(command->kubectl->options.sim);
}

/* --- running ----------------------------------------------------------------------------- */

const Verb *
command_find_verb(const char *name)
{
    for (guint i = 0; kubectl_verb_list[i] != NULL; i++)
        if (str_is(kubectl_verb_list[i]->name, name))
            return kubectl_verb_list[i];
    return NULL;
}

static const Verb no_verb = {.name = "kubectl"};

static void
print_help(Command *command)
{
    const char *subverb = command->args->len > 0 ? g_ptr_array_index(command->args, 0) : NULL;
    g_autofree char *text = help_of_group(command_path(command));

    if (text == NULL)
        text = command->verb == &no_verb ? help_of_kubectl() : help_of_verb(command->verb, subverb);
    command_print(command, "%s", text);
    command_finish(command, 0);
}

/* Flags that take no word of their own, where they stand before the verb. */
gboolean
command_stands_alone(const char *flag)
{
    return strchr(flag, '=') != NULL || str_is(flag, "-A") || str_is(flag, "--all-namespaces") || str_is(flag, "-h") || str_is(flag, "--help");
}

static void
command_on_start(Sim *sim, gpointer self)
{
    static const char *const own_formats[] = {"apply", "get", "api-resources", "version", NULL};
    Command *command = self;

    (void)sim;
    if (command->verb == NULL || command->has_failed) { /* said when it was parsed */
        command_finish(command, 1);
        return;
    }
    if (command->verb == &no_verb || flag_bool(command, "help")) {
        print_help(command);
        return;
    }
    /* get says first that there is no type; the others have formats of their own */
    if (!g_strv_contains(own_formats, command->verb->name) && !print_output_is_known(command))
        return;
    command->verb->run(command);
}

/* [A-Z_][A-Z0-9_]*= */
static gboolean
is_assignment(const char *word)
{
    const char *at = word;

    while (g_ascii_isupper(*at) || *at == '_' || (at > word && g_ascii_isdigit(*at)))
        at++;
    return at > word && *at == '=';
}

/*
 * Variables of the environment may stand before the command as in a shell, and its name behind them:
 * KUBE_EDITOR='sed -i s/1/2/' kubectl edit ... How many words that are.
 */
guint
command_skip_environment(const char *const *argv, const char **out_editor)
{
    static const char *const names[] = {"EDITOR=", "KUBE_EDITOR="}; /* the later one counts more */
    guint n = 0;

    for (; argv[n] != NULL && is_assignment(argv[n]); n++)
        ;
    for (guint i = 0; i < G_N_ELEMENTS(names); i++)
        for (guint word = 0; word < n; word++)
            if (g_str_has_prefix(argv[word], names[i]))
                *out_editor = str_intern(argv[word] + strlen(names[i]));
    return n > 0 && str_is(argv[n], "kubectl") ? n + 1 : n;
}

void
kubectl_run(Kubectl *kubectl,
            const char *const *argv,
            const char *input,
            KubectlDone done,
            gpointer user)
{
    Command *command = g_new0(Command, 1);
    guint first = 0;
    const char *flag = NULL;

    command->exit_failed = 1;
    command->kubectl = kubectl;
    command->args = g_ptr_array_new();
    command->written = g_ptr_array_new();
    command->flags =
        g_hash_table_new_full(g_str_hash, g_str_equal, NULL, (GDestroyNotify)g_ptr_array_unref);
    command->input = g_strdup(input);
    command->out = g_string_new(NULL);
    command->err = g_string_new(NULL);
    command->targets = g_array_new(FALSE, TRUE, sizeof(Target));
    g_array_set_clear_func(command->targets, target_clear);
    command->errors = g_array_new(FALSE, TRUE, sizeof(CommandError));
    g_array_set_clear_func(command->errors, error_clear);
    command->done = done;
    command->user = user;
    command->verb = &no_verb;
    g_ptr_array_add(kubectl->commands, command);
    sim_timer_init(&command->timer, kubectl->options.sim, SIM_CONTROL, command_on_start, command);
    argv += command_skip_environment(argv, &command->editor);
    /* flags may stand before the verb: kubectl -n shop get pods */
    while (argv[first] != NULL && argv[first][0] == '-') {
        flag = argv[first];
        first += argv[first + 1] != NULL && !command_stands_alone(argv[first]) ? 2 : 1;
    }
    if (argv[first] != NULL && command_find_verb(argv[first]) == NULL) {
        if (help_left_out(argv[first]) != NULL)
            command_warn(command, "error: kubectl %s is left out here: %s", argv[first], help_left_out(argv[first]));
        else if (flag != NULL)
            command_warn(command, "Error: flags cannot be placed before plugin name: %s", flag);
        else
            help_unknown(command, argv[first]);
        command->has_failed = TRUE;
    } else if (argv[first] != NULL) {
        g_autoptr(GPtrArray) words = g_ptr_array_new();

        command->verb = command_find_verb(argv[first]);
        for (guint i = 0; argv[i] != NULL; i++)
            if (i != first)
                g_ptr_array_add(words, (gpointer)argv[i]);
        g_ptr_array_add(words, NULL);
        command->has_failed = !flags_parse(command, (const char *const *)words->pdata);
    }
    sim_timer_arm_after(&command->timer,
                        kubectl->options.instant
                            ? 0
                            : rng_between_ns(kubectl->rng, START_MIN_NS, START_MAX_NS));
}

void
kubectl_interrupt(Kubectl *kubectl)
{
    g_autoptr(GPtrArray) running = g_ptr_array_copy(kubectl->commands, NULL, NULL);

    for (guint i = 0; i < running->len; i++) {
        Command *command = g_ptr_array_index(running, i);

        if (is_alive(kubectl, command))
            command_finish(command,
                           flag_bool(command, "watch") && str_is(command->verb->name, "get") ? 0
                                                                                             : 130);
    }
}

const char *const *
kubectl_verbs(void)
{
    static const char *names[64];

    for (guint i = 0; kubectl_verb_list[i] != NULL && i + 1 < G_N_ELEMENTS(names); i++)
        names[i] = kubectl_verb_list[i]->name;
    return names;
}

gboolean
kubectl_shows_managers(const char *line)
{
    return strstr(line, "--server-side") != NULL || strstr(line, "--show-managed-fields") != NULL || strstr(line, "--raw") != NULL;
}
