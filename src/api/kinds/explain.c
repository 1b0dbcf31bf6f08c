/* Texts of explain; see explain.h. */
#include "api/kinds/explain.h"

#include "base/diag.h"

#define TEXT_WIDTH 76

static const ApiField root_fields[] = {
    {"apiVersion", API_STRING, 0, .doc = "Group and version of the object, such as apps/v1."},
    {"kind", API_STRING, 0, .doc = "Kind of the object."},
    {"metadata", API_STRUCT, 0, .message = &object_meta_type,
     .doc = "Name, labels and what else all objects have."},
    {0},
};

typedef struct {
    const ApiKind *kind;
    const ApiField *field; /* NULL: the kind itself */
    GPtrArray *children;   /* (owned) of const ApiField*, sorted by name */
    const char *missing;   /* the word that names nothing; NULL: all is fine */
} Target;

/* --- finding ------------------------------------------------------------------------------- */

static int
compare_fields(gconstpointer a, gconstpointer b)
{
    const ApiField *left = *(const ApiField *const *)a;
    const ApiField *right = *(const ApiField *const *)b;

    return strcmp(left->name, right->name);
}

static void
add_fields(GPtrArray *list, const ApiField *fields)
{
    for (const ApiField *field = fields; field->name != NULL; field++)
        g_ptr_array_add(list, (gpointer)field);
}

static GPtrArray *
fields_of_type(const ApiType *type)
{
    GPtrArray *list = g_ptr_array_new();

    if (type != NULL)
        add_fields(list, type->fields);
    g_ptr_array_sort(list, compare_fields);
    return list;
}

/* Spec and status are fields of the kind that no table lists: they are made here. */
static GPtrArray *
fields_of_kind(const ApiKind *kind, ApiField *spec, ApiField *status)
{
    GPtrArray *list = g_ptr_array_new();

    add_fields(list, root_fields);
    if (kind->body != NULL)
        add_fields(list, kind->body->fields);
    if (kind->spec != NULL) {
        *spec = (ApiField){"spec", API_STRUCT, 0, .message = kind->spec,
                           .doc = "What the object should be like."};
        g_ptr_array_add(list, spec);
    }
    if (kind->status != NULL) {
        *status = (ApiField){"status", API_STRUCT, 0, .message = kind->status,
                             .doc = "What the object is like; written by the cluster."};
        g_ptr_array_add(list, status);
    }
    g_ptr_array_sort(list, compare_fields);
    return list;
}

static const ApiField *
find_child(const GPtrArray *children, const char *name)
{
    for (guint i = 0; i < children->len; i++) {
        const ApiField *field = g_ptr_array_index(children, i);

        if (strcmp(field->name, name) == 0)
            return field;
    }
    return NULL;
}

/* The first word may hold a group: "deployments.apps" is a kind, "pods.spec" a field. */
static const ApiKind *
find_kind(char **words, guint *out_used)
{
    const ApiKind *kind = NULL;

    for (guint count = g_strv_length(words); count > 0; count--) {
        char *rest = words[count];
        g_autofree char *joined = NULL;

        words[count] = NULL;
        joined = g_strjoinv(".", words);
        words[count] = rest;
        kind = api_kind_find_resource(joined);
        if (kind != NULL) {
            *out_used = count;
            return kind;
        }
    }
    return NULL;
}

static void
find_target(const char *path, Target *target, ApiField *spec, ApiField *status)
{
    g_auto(GStrv) words = g_strsplit(path, ".", -1);
    guint used = 0;

    *target = (Target){.kind = find_kind(words, &used)};
    if (target->kind == NULL) {
        target->children = g_ptr_array_new();
        target->missing = str_intern(words[0] == NULL ? "" : words[0]);
        return;
    }
    target->children = fields_of_kind(target->kind, spec, status);
    for (guint i = used; words[i] != NULL; i++) {
        const ApiField *field = find_child(target->children, words[i]);

        if (field == NULL) {
            target->missing = str_intern(words[i]);
            return;
        }
        target->field = field;
        g_ptr_array_unref(target->children);
        target->children = fields_of_type(field->message);
    }
}

/* --- printing ------------------------------------------------------------------------------ */

/* The word of a Go type as the API's documents have it: without its package. */
static const char *
plain_type(const char *go_type)
{
    const char *dot = strrchr(go_type, '.');
    gboolean is_list = g_str_has_prefix(go_type, "[]");

    if (dot == NULL)
        return str_intern(go_type);
    return str_internf("%s%s", is_list ? "[]" : "", dot + 1);
}

const char *
api_field_type_name(const ApiField *field)
{
    const char *message = field->message != NULL ? field->message->name : "";

    switch (field->type) {
    case API_BOOL:
    case API_OPT_BOOL:
        return str_intern("boolean");
    case API_INT32:
    case API_OPT_INT32:
    case API_INT64:
    case API_OPT_INT64:
        return str_intern("integer");
    case API_QUANTITY:
        return str_intern("Quantity");
    case API_INT_OR_STRING:
        return str_intern("IntOrString");
    case API_TIME:
        return str_intern("Time");
    case API_MICRO_TIME:
        return str_intern("MicroTime");
    case API_STR_MAP:
    case API_BYTES_MAP:
        return str_intern("map[string]string");
    case API_QUANTITY_MAP:
        return str_intern("map[string]Quantity");
    case API_STR_LIST:
        return str_intern("[]string");
    case API_INT32_LIST:
        return str_intern("[]integer");
    case API_STRUCT:
    case API_MESSAGE:
        return str_intern(message);
    case API_MESSAGE_LIST:
        return str_internf("[]%s", message);
    case API_MESSAGE_MAP:
        return str_internf("map[string]%s", message);
    case API_RAW:
        return field->go_type != NULL ? plain_type(field->go_type) : str_intern("Object");
    default:
        return str_intern("string");
    }
}

static void
print_wrapped(GString *out, const char *text, const char *indent)
{
    g_auto(GStrv) words = g_strsplit(text != NULL ? text : "", " ", -1);
    gsize width = 0;

    for (guint i = 0; words[i] != NULL; i++) {
        gsize length = strlen(words[i]);

        if (width > 0 && width + 1 + length > TEXT_WIDTH) {
            g_string_append_c(out, '\n');
            width = 0;
        }
        g_string_append_printf(out, "%s%s", width == 0 ? indent : " ", words[i]);
        width += length + (width == 0 ? 0 : 1);
    }
    g_string_append_c(out, '\n');
}

static void
print_field_line(GString *out, const ApiField *field, guint depth)
{
    gboolean is_required = (field->flags & API_REQUIRED) != 0;

    g_string_append_printf(out, "%*s%s\t<%s>%s\n", (int)(2 * depth), "", field->name,
                           api_field_type_name(field), is_required ? " -required-" : "");
}

static void
print_children(GString *out, const GPtrArray *children)
{
    for (guint i = 0; i < children->len; i++) {
        const ApiField *field = g_ptr_array_index(children, i);

        print_field_line(out, field, 1);
        print_wrapped(out, field->doc, "    ");
        g_string_append_c(out, '\n');
    }
}

typedef struct {
    GPtrArray *fields; /* (owned) */
    guint next;
} Level;

static void
level_clear(gpointer data)
{
    Level *level = data;

    g_ptr_array_unref(level->fields);
}

/* All fields below, each indented by its depth; no type contains itself. */
static void
print_tree(GString *out, const GPtrArray *children)
{
    g_autoptr(GArray) levels = g_array_new(FALSE, FALSE, sizeof(Level));
    Level root = {g_ptr_array_copy((GPtrArray *)children, NULL, NULL), 0};

    g_array_set_clear_func(levels, level_clear);
    g_array_append_val(levels, root);
    while (levels->len > 0) {
        Level *level = &g_array_index(levels, Level, levels->len - 1);
        const ApiField *field;
        Level below;

        if (level->next == level->fields->len) {
            g_array_set_size(levels, levels->len - 1);
            continue;
        }
        field = g_ptr_array_index(level->fields, level->next);
        level->next++;
        print_field_line(out, field, levels->len);
        if (field->message == NULL)
            continue;
        below = (Level){fields_of_type(field->message), 0};
        g_array_append_val(levels, below);
    }
}

static void
print_head(GString *out, const Target *target)
{
    const ApiKind *kind = target->kind;
    const ApiField *field = target->field;

    if (kind->group[0] != '\0')
        g_string_append_printf(out, "GROUP:      %s\n", kind->group);
    g_string_append_printf(out, "KIND:       %s\nVERSION:    %s\n\n", kind->kind, kind->version);
    if (field != NULL)
        g_string_append_printf(out, "FIELD: %s <%s>%s\n\n", field->name, api_field_type_name(field),
                               (field->flags & API_REQUIRED) != 0 ? " -required-" : "");
    g_string_append(out, "DESCRIPTION:\n");
    print_wrapped(out, field != NULL ? field->doc : kind->doc, "    ");
    if (field != NULL && field->def != NULL)
        g_string_append_printf(out, "    Default: %s\n",
                               field->def[0] == '\0' ? "\"\"" : field->def);
}

char *
api_explain(const char *path, gboolean recursive)
{
    ApiField spec;
    ApiField status;
    Target target;
    GString *out = NULL;

    find_target(path, &target, &spec, &status);
    if (target.missing == NULL) {
        out = g_string_new(NULL);
        print_head(out, &target);
        if (target.children->len > 0) {
            g_string_append(out, "    \nFIELDS:\n");
            if (recursive)
                print_tree(out, target.children);
            else
                print_children(out, target.children);
        }
    }
    g_ptr_array_unref(target.children);
    return out == NULL ? NULL : g_string_free(out, FALSE);
}

/* --- mistakes ------------------------------------------------------------------------------ */

static const char *
nearest_name(const Target *target)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new();

    if (target->kind == NULL) {
        for (guint i = 0; api_kinds[i] != NULL; i++)
            g_ptr_array_add(names, (gpointer)api_kinds[i]->plural);
    }
    for (guint i = 0; i < target->children->len; i++) {
        const ApiField *field = g_ptr_array_index(target->children, i);

        g_ptr_array_add(names, (gpointer)field->name);
    }
    g_ptr_array_add(names, NULL);
    return diag_nearest(target->missing, (const char *const *)names->pdata);
}

char *
api_explain_problem(const char *path)
{
    ApiField spec;
    ApiField status;
    Target target;
    char *text = NULL;

    find_target(path, &target, &spec, &status);
    if (target.missing != NULL) {
        const char *nearest = nearest_name(&target);
        g_autofree char *hint =
            nearest == NULL ? g_strdup("") : g_strdup_printf("; did you mean \"%s\"?", nearest);

        if (target.kind == NULL)
            text = g_strdup_printf("the server doesn't have a resource type \"%s\"%s",
                                   target.missing, hint);
        else
            text = g_strdup_printf("field \"%s\" does not exist%s", target.missing, hint);
    }
    g_ptr_array_unref(target.children);
    return text;
}
