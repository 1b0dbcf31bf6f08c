/*
 * config.c - kubectl config, auth: the user's own side
 *
 * DEVIATES: there is one context and one user; everything is allowed.
 */

#include "kubectl/expand.h"

#include "base/table.h"

#define CONTEXT "kubernetes-admin@kubernetes"

static void config_run(Command *command);
static void auth_run(Command *command);

static const char *const config_subverbs[] =
    {"current-context", "get-contexts", "get-clusters", "get-users",
     "set-context",     "use-context",  "view",         NULL};
static const FlagDef config_flags[] = {
    {"current", 0, FLAG_BOOL, NULL, NULL},
    {"minify", 0, FLAG_BOOL, NULL, NULL},
    {"raw", 0, FLAG_BOOL, NULL, NULL},
    {"no-headers", 0, FLAG_BOOL, NULL, NULL},
    {0},
};
static const char *const auth_subverbs[] = {"can-i", "whoami", NULL};
static const FlagDef auth_flags[] = {
    {"as", 0, FLAG_STRING, NULL, NULL},
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

static void
print_view(Command *command)
{
    const char *namespace_ = kubectl_namespace(command->kubectl);

    command_print(command, "apiVersion: v1\nclusters:\n- cluster:\n    certificate-authority-data: "
                           "DATA+OMITTED\n    server: https://172.18.0.2:6443\n  name: "
                           "kubernetes\ncontexts:\n- context:\n    cluster: kubernetes\n");
    if (namespace_ != NULL)
        command_print(command, "    namespace: %s\n", namespace_);
    command_print(command,
                  "    user: kubernetes-admin\n  name: " CONTEXT "\ncurrent-context: " CONTEXT
                  "\nkind: Config\nusers:\n- name: kubernetes-admin\n  user:\n    "
                  "client-certificate-data: DATA+OMITTED\n    client-key-data: DATA+OMITTED\n");
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
        print_view(command);
    } else {
        command_fail(command,
                     "unknown command \"%s\"\nSee 'kubectl config -h' for help and examples",
                     what != NULL ? what : "");
        return;
    }
    command_finish(command, 0);
}

/* --- auth -------------------------------------------------------------------------------- */

static void
auth_run(Command *command)
{
    const char *what = word_at(command, 0);
    const char *type = word_at(command, 2);

    if (str_is(what, "whoami")) {
        command_print(command, "ATTRIBUTE   VALUE\nUsername    kubernetes-admin\nGroups      "
                               "[kubeadm:cluster-admins system:authenticated]\n");
        command_finish(command, 0);
        return;
    }
    if (!str_is(what, "can-i")) {
        command_fail(command, "unknown command \"%s\"\nSee 'kubectl auth -h' for help and examples",
                     what != NULL ? what : "");
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

        if (api_kind_find_resource(kind_word) == NULL && !str_is(kind_word, "*"))
            command_warn(command, "Warning: the server doesn't have a resource type '%s'\n",
                         kind_word);
    }
    if (!flag_bool(command, "quiet"))
        command_print(command, "yes\n");
    command_finish(command, 0);
}
