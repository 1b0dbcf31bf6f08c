/*
 * config.c - kubectl config, auth: the user's own side
 *
 * DEVIATES: there is one context and one user; everything is allowed.
 */

#include "kubectl/expand.h"

#include "base/table.h"
#include "kubectl/print.h"

#define CONTEXT "kubernetes-admin@kubernetes"

static void config_run(Command *command);
static void auth_run(Command *command);

static const char *const config_subverbs[] =
    {"current-context", "get-contexts", "get-clusters", "get-users",
     "set",             "set-context",  "unset",        "use-context", "view", NULL};
static const FlagDef config_flags[] = {
    {"current", 0, FLAG_BOOL, NULL, NULL},
    {"minify", 0, FLAG_BOOL, NULL, NULL},
    {"raw", 0, FLAG_BOOL, NULL, NULL},
    {"flatten", 0, FLAG_BOOL, NULL, NULL},
    {"merge", 0, FLAG_BOOL, "true", NULL},
    {"no-headers", 0, FLAG_BOOL, NULL, NULL},
    {0},
};
static const char *const auth_subverbs[] = {"can-i", "whoami", NULL};
static const FlagDef auth_flags[] = {
    {"list", 0, FLAG_BOOL, NULL, NULL},
    {"quiet", 'q', FLAG_BOOL, NULL, NULL},
    {"subresource", 0, FLAG_STRING, NULL, NULL},
    {0},
};

const Verb config_verb = {.name = "config",
                          .subverbs = config_subverbs,
                          .flags = config_flags,
                          .run = config_run,
                          .doc = "Modify kubeconfig files."};
const Verb auth_verb = {.name = "auth",
                        .subverbs = auth_subverbs,
                        .flags = auth_flags,
                        .run = auth_run,
                        .doc = "Inspect authorization."};
static const char *
word_at(const Command *command, guint index)
{
    return command->args->len > index ? g_ptr_array_index(command->args, index) : NULL;
}

static void
print_contexts(Command *command)
{
    static const char *const titles[] = {"CURRENT", "NAME", "CLUSTER", "AUTHINFO", "NAMESPACE"};
    g_autoptr(TextTable) table =
        text_table_new(&(TextTableOptions){.min_width = 6,
                                           .padding = 3,
                                           .no_headers = flag_bool(command, "no-headers")});
    const char *namespace_ = kubectl_namespace(command->kubectl);
    g_autofree char *text = NULL;

    if (str_is(flag_string(command, "output"), "name")) {
        command_print(command, CONTEXT "\n");
        return;
    }
    for (guint i = 0; i < G_N_ELEMENTS(titles); i++)
        text_table_header(table, titles[i]);
    text_table_cell(table, "*");
    text_table_cell(table, CONTEXT);
    text_table_cell(table, "kubernetes");
    text_table_cell(table, "kubernetes-admin");
    text_table_cell(table, "%s", namespace_ != NULL ? namespace_ : "");
    text_table_end_row(table);
    text = text_table_format(table);
    command_print(command, "%s", text);
}

/* {"name": NAME, WHAT: INSIDE}. Takes @inside. */
static Value *
named(const char *name, const char *what, Value *inside)
{
    Value *one = value_new_map();
    Value *list = value_new_list();

    value_set(one, "name", value_new_string(name));
    value_set(one, what, inside);
    value_append(list, one);
    return list;
}

/* The kubeconfig, without certificates. (owned) */
static Value *
kubeconfig(const Command *command)
{
    const char *namespace_ = kubectl_namespace(command->kubectl);
    Value *config = value_new_map();
    Value *cluster = value_new_map();
    Value *context = value_new_map();
    Value *user = value_new_map();

    value_set(cluster, "certificate-authority-data", value_new_string("DATA+OMITTED"));
    value_set(cluster, "server", value_new_string("https://172.18.0.2:6443"));
    value_set(context, "cluster", value_new_string("kubernetes"));
    if (namespace_ != NULL)
        value_set(context, "namespace", value_new_string(namespace_));
    value_set(context, "user", value_new_string("kubernetes-admin"));
    value_set(user, "client-certificate-data", value_new_string("DATA+OMITTED"));
    value_set(user, "client-key-data", value_new_string("DATA+OMITTED"));
    value_set(config, "apiVersion", value_new_string("v1"));
    value_set(config, "clusters", named("kubernetes", "cluster", cluster));
    value_set(config, "contexts", named(CONTEXT, "context", context));
    value_set(config, "current-context", value_new_string(CONTEXT));
    value_set(config, "kind", value_new_string("Config"));
    value_set(config, "users", named("kubernetes-admin", "user", user));
    return config;
}

/* --minify leaves one context, and there is but one. FALSE: message out, ended. */
static gboolean
print_view(Command *command)
{
    g_autoptr(Value) config = NULL;

    if (flag_bool(command, "raw") || flag_bool(command, "flatten")) {
        command_fail(command, "--raw and --flatten would show certificates, which there are none of here");
        return FALSE;
    }
    if (!print_output_is_known(command))
        return FALSE;
    config = kubeconfig(command);
    if (str_is_empty(flag_string(command, "output"))) {
        g_autofree char *text = value_to_yaml(config);

        command_print(command, "%s", text);
    } else if (!print_document(command, config)) {
        command_finish(command, 1);
        return FALSE;
    }
    return TRUE;
}

/* config set|unset PROPERTY: the namespace of the one context; nothing else can change here. FALSE: message out, ended. */
static gboolean
change_property(Command *command, gboolean is_set)
{
    const char *property = word_at(command, 1);
    const char *value = word_at(command, 2);

    if (property == NULL || (is_set && value == NULL) || command->args->len > (is_set ? 3 : 2)) {
        g_autoptr(GString) words = g_string_new(NULL);

        for (guint i = 1; i < command->args->len; i++)
            g_string_append_printf(words, "%s%s", i > 1 ? " " : "", word_at(command, i));
        command_usage(command, "Unexpected args: [%s]", words->str);
        return FALSE;
    }
    if (!str_is(property, "contexts." CONTEXT ".namespace")) {
        command_fail(command, "only contexts." CONTEXT ".namespace can be %s here: there is one cluster, one user and one context", is_set ? "set" : "unset");
        return FALSE;
    }
    kubectl_set_namespace(command->kubectl, is_set ? value : NULL);
    command_print(command, "Property \"%s\" %s.\n", property, is_set ? "set" : "unset");
    return TRUE;
}

/* Commands of the real kubectl about other contexts than the one. */
static gboolean
is_about_others(const char *what)
{
    static const char *const others[] = {"delete-cluster", "delete-context", "delete-user", "rename-context", "set-cluster", "set-credentials", NULL};

    return what != NULL && g_strv_contains(others, what);
}

/* -n: from now on. */
static void
set_context(Command *command, const char *name)
{
    gboolean is_ours = flag_bool(command, "current") || str_is(name, CONTEXT);

    if (name == NULL && !flag_bool(command, "current")) {
        command_fail(command, "you must specify a non-empty context name or --current");
        return;
    }
    if (is_ours && flag_is_given(command, "namespace"))
        kubectl_set_namespace(command->kubectl, flag_string(command, "namespace"));
    command_print(command, "Context \"%s\" %s.\n", is_ours ? CONTEXT : name,
                  is_ours ? "modified" : "created");
    command_finish(command, 0);
}

static void
config_run(Command *command)
{
    const char *what = word_at(command, 0);
    const char *name = word_at(command, 1);

    if (str_is(what, "set-context")) {
        set_context(command, name);
        return;
    }
    if (str_is(what, "use-context") || str_is(what, "use")) {
        if (!str_is(name, CONTEXT)) {
            command_fail(command, "no context exists with the name: \"%s\"",
                         name != NULL ? name : "");
            return;
        }
        command_print(command, "Switched to context \"%s\".\n", name);
    } else if (str_is(what, "current-context")) {
        command_print(command, CONTEXT "\n");
    } else if (str_is(what, "get-contexts")) {
        if (name != NULL && !str_is(name, CONTEXT)) {
            command_fail(command, "context %s not found", name);
            return;
        }
        print_contexts(command);
    } else if (str_is(what, "get-clusters")) {
        command_print(command, "NAME\nkubernetes\n");
    } else if (str_is(what, "get-users")) {
        command_print(command, "NAME\nkubernetes-admin\n");
    } else if (str_is(what, "view")) {
        if (!print_view(command))
            return;
    } else if (str_is(what, "set") || str_is(what, "unset")) {
        if (!change_property(command, str_is(what, "set")))
            return;
    } else if (is_about_others(what)) {
        command_fail(command, "kubectl config %s is left out here: there is one cluster, one user and one context", what);
        return;
    } else {
        command_unknown_subcommand(command, "kubectl config", 0);
        return;
    }
    command_finish(command, 0);
}

/* --- auth -------------------------------------------------------------------------------- */

static void
print_identity(Command *command, const ApiIdentity *who)
{
    g_autoptr(GString) groups = g_string_new(NULL);

    for (guint i = 0; i < who->n_groups; i++)
        g_string_append_printf(groups, "%s%s", i > 0 ? " " : "", who->groups[i]);
    command_print(command, "ATTRIBUTE   VALUE\nUsername    %s\nGroups      [%s]\n", who->user, groups->str);
}

/* pkg/cmd/auth/cani.go: RunAccessCheck */
static void
on_review(Command *command, const ApiResponse *response)
{
    gboolean is_allowed = api_response_ok(response);
    const char *why = is_allowed || response->status == NULL ? NULL : response->status->message;

    if (!is_allowed && response->code != 403) {
        command_server_error(command, response->status, NULL);
        command_finish(command, 1);
        return;
    }
    if (!flag_bool(command, "quiet"))
        command_print(command, is_allowed ? "yes\n" : str_is_empty(why) ? "no\n" : "no - %s\n", why == NULL ? "" : why);
    command_finish(command, is_allowed ? 0 : 1);
}

static void
ask_review(Command *command, const ApiIdentity *who, const char *verb, const char *type)
{
    ApiRequest *request = api_request_new(VERB_CREATE, &role_kind, NULL, NULL);
    const char *slash = strchr(type, '/');
    g_autofree char *word = slash == NULL ? g_strdup(type) : g_strndup(type, (gsize)(slash - type));
    const ApiKind *kind = api_kind_find_resource(word);
    const char *dot = strchr(word, '.');
    ApiAttributes *what;

    request->review = g_new0(ApiReview, 1);
    request->review->who = *who;
    what = &request->review->what;
    what->verb = str_intern(verb);
    if (type[0] == '/') {
        what->path = str_intern(type);
        command_send(command, request, on_review);
        return;
    }
    what->group = kind != NULL ? kind->group : str_intern(dot == NULL ? "" : dot + 1);
    what->resource = kind != NULL ? str_intern(kind->plural)
                                  : str_intern_len(word, dot == NULL ? strlen(word) : (gsize)(dot - word));
    what->name = slash == NULL || slash[1] == '\0' ? NULL : str_intern(slash + 1);
    what->subresource = str_intern(flag_string(command, "subresource"));
    if (!flag_bool(command, "all-namespaces"))
        what->namespace_ = command_namespace(command);
    command_send(command, request, on_review);
}

static void
auth_run(Command *command)
{
    const char *what = word_at(command, 0);
    const char *type = word_at(command, 2);
    ApiIdentity who;

    if (str_is(what, "whoami") && command_identity(command, &who)) {
        print_identity(command, &who);
        command_finish(command, 0);
        return;
    }
    if (str_is(what, "whoami")) {
        command_print(command, "ATTRIBUTE   VALUE\nUsername    kubernetes-admin\nGroups      "
                               "[kubeadm:cluster-admins system:authenticated]\n");
        command_finish(command, 0);
        return;
    }
    if (!str_is(what, "can-i")) {
        command_unknown_subcommand(command, "kubectl auth", 0);
        return;
    }
    if (flag_bool(command, "list") && command->args->len > 1) {
        command_fail(command, "list option must be specified with no arguments");
        return;
    }
    if (flag_bool(command, "list") && command_identity(command, &who)) {
        command_fail(command, "the rules of others than the administrator are not listed here; ask for one verb and resource");
        return;
    }
    if (flag_bool(command, "list")) {
        command_print(command, "Resources   Non-Resource URLs   Resource Names   Verbs\n*.*        "
                               " []                  []               [*]\n            [*]         "
                               "        []               [*]\n");
        command_finish(command, 0);
        return;
    }
    if (command->args->len != 3) {
        command_error(command, "you must specify two arguments: verb resource or verb "
                               "resource/resourceName.");
        command_warn(command, "See 'kubectl auth can-i -h' for help and examples.");
        command_finish(command, 1);
        return;
    }
    if (type[0] != '/') {
        g_autofree char *kind_word = g_strndup(type, strcspn(type, "/"));
        const ApiKind *kind = api_kind_find_resource(kind_word);

        if (kind != NULL && !kind->is_namespaced && !flag_bool(command, "all-namespaces")) {
            g_autofree char *group = kind->group[0] == '\0' ? g_strdup("") : g_strdup_printf(" in group '%s'", kind->group);

            command_warn(command, "Warning: resource '%s' is not namespace scoped%s\n", kind->plural, group);
        }
        if (api_kind_find_resource(kind_word) == NULL && !str_is(kind_word, "*"))
            command_warn(command, "Warning: the server doesn't have a resource type '%s'\n",
                         kind_word);
    }
    if (command_identity(command, &who)) {
        ask_review(command, &who, word_at(command, 1), type);
        return;
    }
    if (!flag_bool(command, "quiet"))
        command_print(command, "yes\n");
    command_finish(command, 0);
}
