/* print_scale.c - see print_scale.h */

#include "kubectl/print_scale.h"

#include "api/kinds/workload.h"
#include "api/kinds/sets.h"
#include "kubectl/print.h"
#include "kubectl/printers.h"

/* What a Scale says of one object. */
typedef struct {
    gint32 wanted, there;
    const char *selector; /* interned */
} Scale;

static Scale
scale_of(const ApiObject *object)
{
    g_autoptr(Value) tree = api_object_encode(object);
    const Value *labels = value_get_path(tree, "spec", "selector", NULL);
    Scale scale = {
        .wanted = (gint32)value_get_int(value_get(tree, "spec"), "replicas", 0),
        .there = (gint32)value_get_int(value_get(tree, "status"), "replicas", 0),
    };

    if (object->kind == &deployment_kind)
        scale.selector = label_selector_text(deployment_spec(object)->selector);
    else if (object->kind == &replica_set_kind)
        scale.selector = label_selector_text(replica_set_spec(object)->selector);
    else if (object->kind == &stateful_set_kind)
        scale.selector = label_selector_text(stateful_set_spec(object)->selector);
    else {
        g_autoptr(GString) text = g_string_new(NULL);

        for (guint i = 0; labels != NULL && i < labels->count; i++)
            g_string_append_printf(text, "%s%s=%s", i > 0 ? "," : "", labels->keys[i], labels->items[i]->text);
        scale.selector = str_intern(text->str);
    }
    return scale;
}

/* The document of the API. (owned) */
static Value *
scale_value(const ApiObject *object)
{
    static const char *const kept[] = {"creationTimestamp", "name", "namespace", "resourceVersion", "uid"};
    g_autoptr(Value) tree = api_object_encode(object);
    const Scale scale = scale_of(object);
    Value *value = value_new_map(), *meta = value_new_map(), *spec = value_new_map(), *status = value_new_map();

    for (guint i = 0; i < G_N_ELEMENTS(kept); i++) {
        const Value *one = value_get_path(tree, "metadata", kept[i], NULL);

        if (one != NULL)
            value_set(meta, kept[i], value_copy(one));
    }
    value_set(spec, "replicas", value_new_int(scale.wanted));
    value_set(status, "replicas", value_new_int(scale.there));
    value_set(status, "selector", value_new_string(scale.selector));
    value_set(value, "apiVersion", value_new_string("autoscaling/v1"));
    value_set(value, "kind", value_new_string("Scale"));
    value_set(value, "metadata", meta);
    value_set(value, "spec", spec);
    value_set(value, "status", status);
    return value;
}

static const PrintColumn columns[] = {{"NAME"}, {"DESIRED"}, {"AVAILABLE"}, {"AGE"}, {0}};

static void
cells(const ApiObject *object, gint64 wall_ns, gboolean wide, GPtrArray *out)
{
    const Scale scale = scale_of(object);

    (void)wide;
    cell_add(out, "%s", api_name(object));
    cell_add(out, "%d", scale.wanted);
    cell_add(out, "%d", scale.there);
    cell_add_age(out, object, wall_ns);
}

static gboolean
print_documents(Command *command, const GPtrArray *objects, gboolean as_list)
{
    g_autoptr(Value) list = value_new_map();
    Value *items = value_new_list(), *meta = value_new_map();

    for (guint i = 0; i < objects->len; i++)
        value_append(items, scale_value(g_ptr_array_index(objects, i)));
    value_set(meta, "resourceVersion", value_new_string(""));
    value_set(list, "apiVersion", value_new_string("v1"));
    value_set(list, "items", items);
    value_set(list, "kind", value_new_string("List"));
    value_set(list, "metadata", meta);
    return print_document(command, as_list || objects->len != 1 ? list : items->items[0]);
}

gboolean
print_scales(Command *command, const GPtrArray *objects, gboolean as_list)
{
    static const Printer printer = {NULL, columns, cells};
    g_autoptr(PrintTable) table = NULL;
    PrintTableOptions options;

    if (str_is(flag_string(command, "output"), "name")) {
        for (guint i = 0; i < objects->len; i++)
            command_print(command, "scale.autoscaling/%s\n", api_name(g_ptr_array_index(objects, i)));
        return TRUE;
    }
    if (!print_is_table(command))
        return print_documents(command, objects, as_list);
    options = print_table_options(command, ((const ApiObject *)g_ptr_array_index(objects, 0))->kind, FALSE);
    table = print_table_new_with(&printer, ((const ApiObject *)g_ptr_array_index(objects, 0))->kind, &options);
    for (guint i = 0; i < objects->len; i++)
        print_table_add(table, g_ptr_array_index(objects, i), NULL, command_wall_ns(command));
    print_table_flush(table, command->out);
    return TRUE;
}
