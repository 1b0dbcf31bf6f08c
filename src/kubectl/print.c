/* print.c - -o, for lists and for single objects; see internal.h and print.h */

#include "kubectl/print.h"

#include "kubectl/go_template.h"
#include "kubectl/jsonpath.h"
#include "kubectl/raw.h"
#include "kubectl/versions.h"

#define FORMATS                                                                                    \
    "go-template,go-template-file,json,jsonpath,jsonpath-as-json,jsonpath-file,name,template,"     \
    "templatefile"

/* "jsonpath=X": what stands before the "=". */
static gboolean
output_is(const char *output, const char *name)
{
    gsize length = strlen(name);

    return strncmp(output, name, length) == 0 && (output[length] == '\0' || output[length] == '=');
}

/* -o; of get with --template alone it is go-template: get_flags.go. */
static const char *
output_of(const Command *command)
{
    const char *output = flag_string(command, "output");

    if (str_is_empty(output) && !str_is_empty(flag_string(command, "template")) && str_is(command->verb->name, "get"))
        return "go-template";
    return output;
}

/* What stands after the "=", or in --template. NULL: nothing. */
static const char *
output_template(const Command *command)
{
    const char *output = output_of(command);
    const char *equals = strchr(output, '=');

    return equals != NULL ? equals + 1 : flag_string(command, "template");
}

gboolean
print_is_table(const Command *command)
{
    const char *output = output_of(command);

    return str_is_empty(output) || str_is(output, "wide");
}

static gboolean
is_verb(const Command *command, const char *name)
{
    return str_is(command->verb->name, name);
}

static gboolean
is_go_template(const char *output)
{
    return output_is(output, "go-template") || output_is(output, "template");
}

static gboolean
is_go_template_file(const char *output)
{
    return output_is(output, "go-template-file") || output_is(output, "templatefile");
}

static gboolean
check_go_template(Command *command)
{
    const char *text = output_template(command);
    g_autofree char *message = NULL;

    if (str_is_empty(text)) {
        command_fail(command, "template format specified but no template given");
        return FALSE;
    }
    if (!is_go_template_file(output_of(command)) &&
        !go_template_check(text, &message)) {
        command_fail(command, "error parsing template %s, %s", text, message);
        return FALSE;
    }
    return TRUE;
}

static gboolean
check_template(Command *command, const char *name)
{
    const char *text = output_template(command);
    g_autofree char *message = NULL;

    if (str_is_empty(text)) {
        command_fail(command, "template format specified but no template given");
        return FALSE;
    }
    if (!g_str_has_suffix(name, "-file") && !jsonpath_check(text, &message)) {
        command_fail(command, "error parsing jsonpath %s, %s", text, message);
        return FALSE;
    }
    return TRUE;
}

gboolean
print_output_is_known(Command *command)
{
    const char *output = output_of(command);
    gboolean is_get = is_verb(command, "get");

    if (str_is_empty(output) || output_is(output, "json") || output_is(output, "yaml") ||
        output_is(output, "name"))
        return TRUE;
    if (output_is(output, "jsonpath") || output_is(output, "jsonpath-as-json"))
        return check_template(command, "jsonpath");
    if (output_is(output, "jsonpath-file"))
        return check_template(command, "jsonpath-file");
    if (is_go_template(output) || is_go_template_file(output))
        return check_go_template(command);
    if (str_is(output, "wide") && (is_get || is_verb(command, "api-resources")))
        return TRUE;
    if (is_verb(command, "explain"))
        return TRUE;
    if (is_get &&
        (output_is(output, "custom-columns") || output_is(output, "custom-columns-file"))) {
        const char *spec = output_template(command);
        g_autofree char *message = NULL;
        g_autofree char *text = NULL;

        if (output_is(output, "custom-columns-file"))
            return TRUE;
        text = custom_columns_format(spec != NULL ? spec : "", NULL, TRUE, &message);
        if (text == NULL)
            command_fail(command, "%s", message);
        return text != NULL;
    }
    command_fail(command,
                 "unable to match a printer suitable for the output format \"%s\", allowed formats "
                 "are: %s" FORMATS "%s,yaml",
                 output, is_get ? "custom-columns,custom-columns-file," : "",
                 is_get ? ",wide" : "");
    return FALSE;
}

Value *
print_encode(const Command *command, const ApiObject *object)
{
    Value *value = api_object_encode(object);

    if (!flag_bool(command, "show-managed-fields")) {
        Value *metadata = value_get(value, "metadata");

        if (metadata != NULL)
            value_remove(metadata, "managedFields");
    }
    versions_add_nulls(value, kubectl_minor(command->kubectl));
    return value;
}

/* --- documents --------------------------------------------------------------------------- */

static gboolean
print_jsonpath(Command *command, const Value *value, const char *template_, gboolean as_json)
{
    g_autofree char *message = NULL;
    gboolean is_strict = flag_is_given(command, "allow-missing-template-keys") &&
                         !flag_bool(command, "allow-missing-template-keys");
    g_autofree char *text = jsonpath_format_as(template_, value, as_json, is_strict, &message);

    if (text == NULL) {
        g_autofree char *shown = jsonpath_go_syntax(value);

        command_error(command,
                      "error executing jsonpath \"%s\": Error executing template: %s. Printing "
                      "more information for debugging the template:\n\ttemplate "
                      "was:\n\t\t%s\n\tobject given to jsonpath engine was:\n\t\t%s\n\n",
                      template_, message, template_, shown);
        return FALSE;
    }
    g_string_append(command->out, text);
    return TRUE;
}

/* The text of -o jsonpath-file=F. NULL: message out. */
static const char *
template_file(Command *command)
{
    const KubectlOptions *options = kubectl_options(command->kubectl);
    const char *path = output_template(command);
    gsize length = 0;
    g_autofree char *text =
        options->read_file != NULL ? options->read_file(options->self, path, &length) : NULL;

    if (text == NULL) {
        command_error(command, output_is(output_of(command), "custom-columns-file")
                                   ? "error reading template %s, open %s: no such file or directory"
                                   : "error reading --template %s, open %s: no such file or directory",
                      path, path);
        return NULL;
    }
    return str_intern_len(text, length);
}

static gboolean
print_go_template(Command *command, const Value *value, const char *template_)
{
    g_autofree char *message = NULL;
    g_autofree char *text = go_template_format(template_, value, &message);

    if (text == NULL) {
        command_error(command, "error executing template \"%s\": template: output: %s", template_,
                      message);
        return FALSE;
    }
    g_string_append(command->out, text);
    return TRUE;
}

gboolean
print_document(Command *command, const Value *value)
{
    const char *output = output_of(command);

    if (output_is(output, "yaml")) {
        g_autofree char *text = value_to_yaml(value);

        if (command->out->len > 0)
            g_string_append(command->out, "---\n");
        g_string_append(command->out, text);
        return TRUE;
    }
    if (output_is(output, "json")) {
        value_append_json(command->out, value, VALUE_SORTED | VALUE_INDENT4);
        g_string_append_c(command->out, '\n');
        return TRUE;
    }
    if (is_go_template(output))
        return print_go_template(command, value, output_template(command));
    if (is_go_template_file(output)) {
        const char *text = template_file(command);
        return text != NULL && print_go_template(command, value, text);
    }
    if (output_is(output, "jsonpath-file")) {
        const char *text = template_file(command);
        return text != NULL && print_jsonpath(command, value, text, FALSE);
    }
    return print_jsonpath(command, value, output_template(command),
                          output_is(output, "jsonpath-as-json"));
}

static Value *
encode_in(const Command *command, const PrintList *list, guint index)
{
    return print_encode(command, g_ptr_array_index(list->objects, index));
}

static Value *
list_value(const Command *command, const PrintList *lists, guint n_lists)
{
    Value *list = value_new_map();
    Value *items = value_new_list();
    Value *metadata = value_new_map();

    for (guint i = 0; i < n_lists; i++)
        for (guint k = 0; k < lists[i].objects->len; k++)
            value_append(items, encode_in(command, &lists[i], k));
    value_set(metadata, "resourceVersion", value_new_string(""));
    value_set(list, "apiVersion", value_new_string("v1"));
    value_set(list, "items", items);
    value_set(list, "kind", value_new_string("List"));
    value_set(list, "metadata", metadata);
    return list;
}

static gboolean
print_custom_columns(Command *command, const PrintList *lists, guint n_lists)
{
    const char *spec = output_template(command);
    g_autoptr(GPtrArray) values = g_ptr_array_new_with_free_func((GDestroyNotify)value_free);
    g_autofree char *message = NULL;
    g_autofree char *text = NULL;

    for (guint i = 0; i < n_lists; i++)
        for (guint k = 0; k < lists[i].objects->len; k++)
            g_ptr_array_add(values, encode_in(command, &lists[i], k));
    text = custom_columns_format(spec, values, flag_bool(command, "no-headers"), &message);
    if (text != NULL)
        g_string_append(command->out, text);
    if (message != NULL)
        command_error(command, "%s", message);
    return message == NULL;
}

/* custom-columns-file: a line of headers, a line of paths. */
static gboolean
print_custom_columns_file(Command *command, const PrintList *lists, guint n_lists)
{
    const char *text = template_file(command);
    g_autoptr(GString) joined = g_string_new("custom-columns=");
    g_auto(GStrv) lines = NULL;
    GPtrArray *output;

    if (text == NULL)
        return FALSE;
    lines = g_strsplit(text, "\n", 3);
    if (lines[0] != NULL && lines[1] != NULL) {
        g_autofree char *heads = g_strstrip(g_strdup(lines[0]));
        g_autofree char *paths = g_strstrip(g_strdup(lines[1]));
        g_auto(GStrv) head = g_regex_split_simple("\\s+", heads, 0, 0);
        g_auto(GStrv) path = g_regex_split_simple("\\s+", paths, 0, 0);

        for (guint i = 0; head[i] != NULL && path[i] != NULL; i++)
            g_string_append_printf(joined, "%s%s:%s", i > 0 ? "," : "", head[i], path[i]);
    }
    output = g_hash_table_lookup(command->flags, "output");
    g_ptr_array_index(output, output->len - 1) = (gpointer)str_intern(joined->str);
    return print_custom_columns(command, lists, n_lists);
}

static gboolean
print_tables(Command *command, const PrintList *lists, guint n_lists)
{
    gboolean has_printed = FALSE;

    for (guint i = 0; i < n_lists; i++) {
        const PrintList *list = &lists[i];
        g_autoptr(PrintTable) table = NULL;
        PrintTableOptions options;
        const ApiKind *kind;

        if (list->objects->len == 0)
            continue;
        kind = list->kind != NULL ? list->kind
                                  : ((const ApiObject *)g_ptr_array_index(list->objects, 0))->kind;
        options = print_table_options(command, kind, list->show_kind);
        options.show_event = FALSE;
        table = print_table_new(kind, &options);
        for (guint k = 0; k < list->objects->len; k++)
            print_table_add(table, g_ptr_array_index(list->objects, k), NULL,
                            command_wall_ns(command));
        if (has_printed && !options.no_headers)
            g_string_append_c(command->out, '\n');
        print_table_flush(table, command->out);
        has_printed = TRUE;
    }
    return TRUE;
}

static gboolean
print_as_said(Command *command, const PrintList *lists, guint n_lists, gboolean as_list)
{
    const char *output = output_of(command);
    const char *sort_path = flag_string(command, "sort-by");
    g_autoptr(Value) value = NULL;

    for (guint i = 0; i < n_lists && !str_is_empty(sort_path); i++) {
        g_autofree char *message = NULL;

        if (!print_sort(lists[i].objects, sort_path, &message)) {
            command_error(command, "%s", message);
            return FALSE;
        }
    }
    if (print_is_table(command))
        return print_tables(command, lists, n_lists);
    if (output_is(output, "custom-columns-file"))
        return print_custom_columns_file(command, lists, n_lists);
    if (output_is(output, "custom-columns"))
        return print_custom_columns(command, lists, n_lists);
    if (output_is(output, "name")) {
        for (guint i = 0; i < n_lists; i++)
            for (guint k = 0; k < lists[i].objects->len; k++) {
                const ApiObject *object = g_ptr_array_index(lists[i].objects, k);
                command_print(command, "%s\n",
                              target_label(lists[i].kind != NULL ? lists[i].kind : object->kind,
                                           api_name(object)));
            }
        return TRUE;
    }
    if (as_list)
        value = list_value(command, lists, n_lists);
    else
        value = encode_in(command, &lists[0], 0);
    return print_document(command, value);
}

gboolean
print_list(Command *command, const PrintList *lists, guint n_lists, gboolean as_list)
{
    if (print_as_said(command, lists, n_lists, as_list))
        return TRUE;
    command_finish(command, 1);
    return FALSE;
}

/* --- after a change ---------------------------------------------------------------------- */

gboolean
is_client_dry_run(const Command *command)
{
    const char *word = flag_string(command, "dry-run");

    return str_is(word, "client");
}

const char *
dry_run_suffix(const Command *command)
{
    static const char *const without[] = {"patch", "taint", NULL}; /* their printers know nothing of it */

    if (g_strv_contains(without, command->verb->name))
        return "";
    if (str_is(flag_string(command, "dry-run"), "server"))
        return " (server dry run)";
    return is_client_dry_run(command) ? " (dry run)" : "";
}

void
print_changed_tree(Command *command, const Target *target, const Value *tree, const char *verb)
{
    const char *output = output_of(command);

    if (str_is_empty(output))
        command_print(command, "%s %s%s\n", target_label(target->kind, target->name), verb, dry_run_suffix(command));
    else if (output_is(output, "name"))
        command_print(command, "%s\n", target_label(target->kind, target->name));
    else
        print_document(command, tree);
}

/* What these make is a Go struct, whose JSON has the fields in their order; anything else is a map, and sorted. */
static gboolean
is_typed(const Command *command)
{
    static const char *const makers[] = {"autoscale", "expose", "run", "set", NULL};

    return g_strv_contains(makers, command->verb->name) || (is_verb(command, "create") && !files_are_given(command));
}

void
print_changed(Command *command, const ApiObject *object, const char *verb)
{
    const char *output = output_of(command);
    g_autoptr(Value) value = NULL;

    if (str_is_empty(output)) {
        command_print(command, "%s %s%s\n", target_label(object->kind, api_name(object)), verb,
                      dry_run_suffix(command));
        return;
    }
    if (output_is(output, "name")) {
        command_print(command, "%s\n", target_label(object->kind, api_name(object)));
        return;
    }
    value = print_encode(command, object);
    if (output_is(output, "json") && is_typed(command)) {
        g_autoptr(Value) plain = g_steal_pointer(&value);

        value = raw_order(plain);
        value_append_json(command->out, value, VALUE_INDENT4);
        g_string_append_c(command->out, '\n');
        return;
    }
    print_document(command, value);
}
