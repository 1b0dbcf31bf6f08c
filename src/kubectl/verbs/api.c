/*
 * api.c - kubectl api-resources, api-versions, explain, version, cluster-info
 *
 * What kubectl learns from the server's discovery documents; each asks the server
 * once, so that one that is down is noticed.
 */

#include "kubectl/print.h"

#include "api/kinds/explain.h"
#include "base/table.h"
#include "kubectl/discovery.h"
#include "kubectl/dump.h"
#include "kubectl/versions.h"

static void api_run(Command *command);

static const FlagDef resource_flags[] = {
    {"namespaced", 0, FLAG_BOOL, "true", NULL},  {"api-group", 0, FLAG_STRING, NULL, NULL},
    {"no-headers", 0, FLAG_BOOL, NULL, NULL},    {"sort-by", 0, FLAG_STRING, NULL, NULL},
    {"verbs", 0, FLAG_STRINGS, NULL, NULL},      {"cached", 0, FLAG_BOOL, NULL, NULL},
    {"categories", 0, FLAG_STRINGS, NULL, NULL}, {0},
};
static const FlagDef explain_flags[] = {
    {"recursive", 0, FLAG_BOOL, NULL, NULL},
    {"api-version", 0, FLAG_STRING, NULL, NULL},
    {0},
};
static const FlagDef version_flags[] = {{"client", 0, FLAG_BOOL, NULL, NULL}, {0}};
static const char *const cluster_subverbs[] = {"dump", NULL};
static const FlagDef cluster_flags[] = {
    {"namespaces", 0, FLAG_STRINGS, NULL, NULL},
    {"output-directory", 0, FLAG_STRING, NULL, NULL},
    {"pod-running-timeout", 0, FLAG_DURATION, "20s", NULL},
    {0},
};

const Verb api_resources_verb = {.name = "api-resources",
                                 .flags = resource_flags,
                                 .run = api_run,
                                 .doc = "Print the supported API resources on the server."};
const Verb api_versions_verb =
    {.name = "api-versions",
     .run = api_run,
     .doc = "Print the supported API versions on the server, in the form of \"group/version\"."};
const Verb explain_verb = {.name = "explain",
                           .flags = explain_flags,
                           .run = api_run,
                           .doc = "Get documentation for a resource."};
const Verb version_verb = {.name = "version",
                           .flags = version_flags,
                           .run = api_run,
                           .doc = "Print the client and server version information."};
const Verb cluster_info_verb = {.name = "cluster-info",
                                .subverbs = cluster_subverbs,
                                .flags = cluster_flags,
                                .run = api_run,
                                .doc = "Display cluster information."};

/* --- resources --------------------------------------------------------------------------- */

/* "get,list" and "get", "list": whether all of them are among the words of @text. */
static gboolean
has_all(const char *text, const GPtrArray *given)
{
    g_auto(GStrv) words = g_strsplit(text, ",", -1);

    for (guint i = 0; given != NULL && i < given->len; i++) {
        g_auto(GStrv) wanted = g_strsplit(g_ptr_array_index(given, i), ",", -1);

        for (guint j = 0; wanted[j] != NULL; j++)
            if (!g_strv_contains((const char *const *)words, wanted[j]))
                return FALSE;
    }
    return TRUE;
}

static gboolean
is_asked_for(Command *command, const ApiKind *kind)
{
    const char *group = flag_string(command, "api-group");

    if (!kubectl_finds(command->kubectl, kind))
        return FALSE;
    if (flag_is_given(command, "namespaced") &&
        flag_bool(command, "namespaced") != kind->is_namespaced)
        return FALSE;
    if (group != NULL && !str_is(group, kind->group))
        return FALSE;
    return has_all(discovery_verbs(kind), flag_strings(command, "verbs")) &&
           has_all(kind->in_all ? "all" : "", flag_strings(command, "categories"));
}

static gint
by_plural(gconstpointer a, gconstpointer b)
{
    return strcmp((*(const ApiKind *const *)a)->plural, (*(const ApiKind *const *)b)->plural);
}

static gint
by_kind(gconstpointer a, gconstpointer b)
{
    return strcmp((*(const ApiKind *const *)a)->kind, (*(const ApiKind *const *)b)->kind);
}

static void
print_resources(Command *command)
{
    g_autoptr(GPtrArray) kinds = g_ptr_array_new();
    gboolean is_wide = str_is(flag_string(command, "output"), "wide");
    g_autoptr(TextTable) table =
        text_table_new(&(TextTableOptions){.min_width = 6,
                                           .padding = 3,
                                           .no_headers = flag_bool(command, "no-headers")});
    static const char *const titles[] = {"NAME", "SHORTNAMES", "APIVERSION", "NAMESPACED", "KIND"};
    g_autofree char *text = NULL;

    for (guint i = 0; api_kinds[i] != NULL; i++)
        if (is_asked_for(command, api_kinds[i]))
            g_ptr_array_add(kinds, (gpointer)api_kinds[i]);
    if (str_is(flag_string(command, "sort-by"), "name"))
        g_ptr_array_sort(kinds, by_plural);
    else if (str_is(flag_string(command, "sort-by"), "kind"))
        g_ptr_array_sort(kinds, by_kind);
    if (str_is(flag_string(command, "output"), "name")) {
        for (guint i = 0; i < kinds->len; i++)
            command_print(command, "%s\n", api_kind_group_resource(g_ptr_array_index(kinds, i)));
        return;
    }
    for (guint i = 0; i < G_N_ELEMENTS(titles); i++)
        text_table_header(table, titles[i]);
    if (is_wide) {
        text_table_header(table, "VERBS");
        text_table_header(table, "CATEGORIES");
    }
    for (guint i = 0; i < kinds->len; i++) {
        const ApiKind *kind = g_ptr_array_index(kinds, i);
        g_autofree char *short_names =
            kind->short_names != NULL ? g_strjoinv(",", (char **)kind->short_names) : g_strdup("");

        text_table_cell(table, "%s", kind->plural);
        text_table_cell(table, "%s", short_names);
        text_table_cell(table, "%s", api_kind_api_version(kind));
        text_table_cell(table, "%s", kind->is_namespaced ? "true" : "false");
        text_table_cell(table, "%s", kind->kind);
        if (is_wide) {
            text_table_cell(table, "%s", discovery_verbs(kind));
            text_table_cell(table, "%s", kind->in_all ? "all" : "");
        }
        text_table_end_row(table);
    }
    text = text_table_format(table);
    command_print(command, "%s", text);
}

static gint
by_text(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void
print_versions(Command *command)
{
    g_autoptr(GPtrArray) versions = g_ptr_array_new();

    for (guint i = 0; api_kinds[i] != NULL; i++)
        if (kubectl_finds(command->kubectl, api_kinds[i]) &&
            !g_ptr_array_find(versions, api_kind_api_version(api_kinds[i]), NULL))
            g_ptr_array_add(versions, (gpointer)api_kind_api_version(api_kinds[i]));
    for (guint i = 0; api_forms[i] != NULL; i++)
        if (!g_ptr_array_find(versions, api_kind_api_version(api_forms[i]), NULL))
            g_ptr_array_add(versions, (gpointer)api_kind_api_version(api_forms[i]));
    g_ptr_array_sort(versions, by_text);
    for (guint i = 0; i < versions->len; i++)
        command_print(command, "%s\n", (const char *)g_ptr_array_index(versions, i));
}

/* --- explain ----------------------------------------------------------------------------- */

/* FALSE: message out, ended. */
static gboolean
explain_flags_are_fine(Command *command)
{
    const char *format = flag_string(command, "output"), *version = flag_string(command, "api-version");
    const char *path = g_ptr_array_index(command->args, 0);
    g_autofree char *word = g_strndup(path, strcspn(path, "./"));
    const ApiKind *kind = api_kind_find_resource(word);

    if (!str_is_empty(format) && !str_is(format, "plaintext") && !str_is(format, "plaintext-openapiv2")) {
        command_fail(command, "unrecognized format: %s", format);
        return FALSE;
    }
    if (!str_is_empty(version) && kind != NULL && api_kind_find(version, kind->kind) == NULL) {
        command_fail(command, "couldn't find resource for \"%s%s, Resource=%s\"", strchr(version, '/') != NULL ? "" : "/", version,
                     kind->plural);
        return FALSE;
    }
    return TRUE;
}

/* FALSE: message out. */
static gboolean
explain(Command *command)
{
    const char *path = g_ptr_array_index(command->args, 0);
    g_autofree char *text = api_explain(path, flag_bool(command, "recursive"));
    g_autofree char *word = g_strndup(path, strcspn(path, "./"));
    g_autofree char *missing = NULL;
    const ApiKind *kind = api_kind_find_resource(word);

    if (text != NULL && (kind == NULL || kubectl_finds(command->kubectl, kind))) {
        command_print(command, "%s", text);
        return TRUE;
    }
    if (kind == NULL || !kubectl_finds(command->kubectl, kind)) {
        command_warn(command, "the server doesn't have a resource type \"%s\"", word);
        return FALSE;
    }
    if (kind->group[0] != '\0')
        command_print(command, "GROUP:      %s\n", kind->group);
    command_print(command, "KIND:       %s\nVERSION:    %s\n\n", kind->kind, kind->version);
    for (gsize length = strlen(word) + 1; missing == NULL;
         length++) { /* the shortest path that is none */
        gsize end = length + strcspn(path + length, ".");
        g_autofree char *part = g_strndup(path, end);
        g_autofree char *found = api_explain(part, FALSE);

        if (found == NULL || path[end] == '\0')
            missing = g_strndup(path + length, end - length);
        length = end;
    }
    command_warn(command, "error: field \"%s\" does not exist", missing);
    return FALSE;
}

/* --- version, cluster-info --------------------------------------------------------------- */

static Value *
version_value(guint minor)
{
    Value *value = value_new_map();

    value_set(value, "gitVersion", value_new_string(versions_name(minor)));
    value_set(value, "major", value_new_string("1"));
    value_set(value, "minor", value_new_string(str_internf("%u", minor)));
    value_set(value, "platform", value_new_string("linux/amd64"));
    return value;
}

/* json.MarshalIndent of the struct: two blanks, fields as they are declared. */
static void
print_version_json(Command *command, guint minor, gboolean only_client)
{
    g_autofree char *text = g_strdup_printf("{\n    \"major\": \"1\",\n    \"minor\": \"%u\",\n    \"gitVersion\": \"%s\",\n"
                                            "    \"platform\": \"linux/amd64\"\n  }",
                                            minor, versions_name(minor));

    command_print(command, "{\n  \"clientVersion\": %s,\n  \"kustomizeVersion\": \"%s\"", text, versions_kustomize(minor));
    if (!only_client)
        command_print(command, ",\n  \"serverVersion\": %s", text);
    command_print(command, "\n}\n");
}

static void
print_client_version(Command *command)
{
    guint minor = kubectl_minor(command->kubectl);

    command_print(command, "Client Version: %s\nKustomize Version: %s\n", versions_name(minor), versions_kustomize(minor));
}

static void
print_version(Command *command)
{
    gboolean only_client = flag_bool(command, "client");
    guint minor = kubectl_minor(command->kubectl);

    if (str_is(flag_string(command, "output"), "json")) {
        print_version_json(command, minor, only_client);
        return;
    }
    if (!str_is_empty(flag_string(command, "output"))) {
        g_autoptr(Value) all = value_new_map();

        value_set(all, "clientVersion", version_value(minor));
        value_set(all, "kustomizeVersion", value_new_string(versions_kustomize(minor)));
        if (!only_client)
            value_set(all, "serverVersion", version_value(minor));
        print_document(command, all);
        return;
    }
    print_client_version(command);
    if (!only_client)
        command_print(command, "Server Version: %s\n", versions_name(minor));
}

static void
on_answer(Command *command, const ApiResponse *response)
{
    gboolean is_fine = TRUE;

    if (response->code == 0) {
        if (command->verb == &version_verb)
            print_client_version(command);
        command_server_error(command, response->status, NULL);
        command_finish(command, 1);
        return;
    }
    if (command->verb == &api_resources_verb)
        print_resources(command);
    else if (command->verb == &api_versions_verb)
        print_versions(command);
    else if (command->verb == &explain_verb)
        is_fine = explain(command);
    else if (command->verb == &version_verb)
        print_version(command);
    else
        command_print(command, "Kubernetes control plane is running at "
                               "https://172.18.0.2:6443\n\nTo further debug and diagnose cluster "
                               "problems, use 'kubectl cluster-info dump'.\n");
    command_finish(command, is_fine ? 0 : 1);
}

/* APIResourceOptions.Validate. FALSE: message out, ended. */
static gboolean
resource_flags_fit(Command *command)
{
    static const char *const outputs[] = {"", "wide", "name", NULL};
    static const char *const orders[] = {"", "name", "kind", NULL};
    const char *output = flag_string(command, "output");
    const char *order = flag_string(command, "sort-by");

    if (output != NULL && !g_strv_contains(outputs, output))
        command_fail(command, "--output %s is not available", output);
    else if (order != NULL && !g_strv_contains(orders, order))
        command_fail(command, "--sort-by accepts only name or kind");
    else
        return TRUE;
    return FALSE;
}

static void
api_run(Command *command)
{
    if (command->verb == &explain_verb && command->args->len == 0) {
        command_fail(command, "You must specify the type of resource to explain. Use \"kubectl "
                              "api-resources\" for a complete list of supported resources.");
        return;
    }
    if (command->verb == &explain_verb && command->args->len > 1) {
        command_fail(command, "We accept only this format: explain RESOURCE");
        return;
    }
    if (command->verb == &explain_verb && !explain_flags_are_fine(command))
        return;
    if (command->verb == &cluster_info_verb && command->args->len == 1 &&
        str_is(g_ptr_array_index(command->args, 0), "dump")) {
        dump_run(command);
        return;
    }
    if (command->verb != &explain_verb && command->args->len > 0) {
        if (command->verb == &version_verb)
            command_fail(command, "extra arguments: [%s]", (const char *)g_ptr_array_index(command->args, 0));
        else if (command->verb == &cluster_info_verb)
            command_usage(command, "unknown command \"%s\"",
                          (const char *)g_ptr_array_index(command->args, 0));
        else
            command_usage(command, "unexpected arguments: [%s]",
                          (const char *)g_ptr_array_index(command->args, 0));
        return;
    }
    if (command->verb == &version_verb && !str_is_empty(flag_string(command, "output")) && !str_is(flag_string(command, "output"), "yaml") &&
        !str_is(flag_string(command, "output"), "json")) {
        command_fail(command, "--output must be 'yaml' or 'json'");
        return;
    }
    if (command->verb == &api_resources_verb ? !resource_flags_fit(command) : !print_output_is_known(command))
        return;
    if (command->verb == &version_verb && flag_bool(command, "client")) {
        print_version(command);
        command_finish(command, 0);
        return;
    }
    /* Discovery costs a request; any small one stands for it. */
    command_send(command, api_request_new(VERB_GET, &namespace_kind, NULL, str_intern("default")),
                 on_answer);
}
