/*
 * describe_rbac.c - roles and bindings
 *
 * Models: k8s.io/kubectl pkg/describe v0.34 RoleDescriber, RoleBindingDescriber; pkg/util/rbac: rules are taken
 * apart to one group, resource, name and verb each, then verbs of the same are put together again.
 */

#include "kubectl/describe.h"

/* One row. */
typedef struct {
    const char *group, *resource, *name, *url; /* interned; NULL: none */
    GPtrArray *verbs;                          /* interned */
    char *text;                                /* (owned) by which rows are sorted: PolicyRule.String() */
} Row;

static void
row_free(gpointer data)
{
    Row *row = data;

    g_ptr_array_unref(row->verbs);
    g_free(row->text);
    g_free(row);
}

static void
add_verb(GPtrArray *rows, const char *group, const char *resource, const char *name, const char *url, const char *verb)
{
    Row *row = NULL;

    /* Rules of URLs stay apart: they are not "simple". */
    for (guint i = 0; url == NULL && i < rows->len; i++) {
        Row *present = rows->pdata[i];

        if (present->url == NULL && present->group == group && present->resource == resource && present->name == name) {
            row = present;
            break;
        }
    }
    if (row == NULL) {
        row = g_new0(Row, 1);
        *row = (Row){group, resource, name, url, g_ptr_array_new(), NULL};
        g_ptr_array_add(rows, row);
    }
    if (!g_ptr_array_find(row->verbs, verb, NULL))
        g_ptr_array_add(row->verbs, (gpointer)verb);
}

/* BreakdownRule */
static void
add_rule(GPtrArray *rows, const PolicyRule *rule)
{
    for (guint g = 0; g < rule->api_groups.count; g++)
        for (guint r = 0; r < rule->resources.count; r++)
            for (guint v = 0; v < rule->verbs.count; v++) {
                const char *group = rule->api_groups.items[g], *resource = rule->resources.items[r];

                if (rule->resource_names.count == 0)
                    add_verb(rows, group, resource, NULL, NULL, rule->verbs.items[v]);
                for (guint n = 0; n < rule->resource_names.count; n++)
                    add_verb(rows, group, resource, rule->resource_names.items[n], NULL, rule->verbs.items[v]);
            }
    for (guint u = 0; u < rule->non_resource_urls.count; u++)
        for (guint v = 0; v < rule->verbs.count; v++)
            add_verb(rows, NULL, NULL, NULL, rule->non_resource_urls.items[u], rule->verbs.items[v]);
}

/* "[get list]" (owned) */
static char *
words_text(const GPtrArray *words)
{
    GString *text = g_string_new("[");

    for (guint i = 0; i < words->len; i++)
        g_string_append_printf(text, "%s%s", i > 0 ? " " : "", (const char *)words->pdata[i]);
    g_string_append_c(text, ']');
    return g_string_free(text, FALSE);
}

static gint
by_text(gconstpointer a, gconstpointer b)
{
    return strcmp((*(Row *const *)a)->text, (*(Row *const *)b)->text);
}

/* CombineResourceGroup: "deployments.apps/scale". (interned) */
static const char *
resource_text(const Row *row)
{
    const char *slash;

    if (row->resource == NULL)
        return "";
    slash = strchr(row->resource, '/');
    if (str_is_empty(row->group))
        return row->resource;
    return str_internf("%.*s.%s%s", (int)(slash == NULL ? strlen(row->resource) : (gsize)(slash - row->resource)),
                       row->resource, row->group, slash == NULL ? "" : slash);
}

static void
describe_name(GString *out, const ApiObject *object)
{
    describe_line(out, 0, "Name:\t%s\n", api_name(object));
    describe_labels(out, "Labels", &object->meta->labels);
    describe_annotations(out, "Annotations", &object->meta->annotations);
}

static void
write_role(GString *out, const Description *description)
{
    const RoleBody *body = role_body(description->object);
    g_autoptr(GPtrArray) rows = g_ptr_array_new_with_free_func(row_free);

    for (guint i = 0; i < body->rules.count; i++)
        add_rule(rows, &body->rules.items[i]);
    for (guint i = 0; i < rows->len; i++) {
        Row *row = rows->pdata[i];
        g_autofree char *verbs = words_text(row->verbs);

        row->text = g_strdup_printf("&PolicyRule{Verbs:%s,APIGroups:[%s],Resources:[%s],ResourceNames:[%s],NonResourceURLs:[%s],}",
                                    verbs, text_or(row->group, ""), text_or(row->resource, ""), text_or(row->name, ""),
                                    text_or(row->url, ""));
    }
    g_ptr_array_sort(rows, by_text);
    describe_name(out, description->object);
    describe_line(out, 0, "PolicyRule:\n");
    describe_line(out, 1, "Resources\tNon-Resource URLs\tResource Names\tVerbs\n");
    describe_line(out, 1, "---------\t-----------------\t--------------\t-----\n");
    for (guint i = 0; i < rows->len; i++) {
        const Row *row = rows->pdata[i];
        g_autofree char *verbs = words_text(row->verbs);

        describe_line(out, 1, "%s\t[%s]\t[%s]\t%s\n", resource_text(row), text_or(row->url, ""), text_or(row->name, ""), verbs);
    }
}

static void
write_binding(GString *out, const Description *description)
{
    const RoleBindingBody *body = role_binding_body(description->object);

    describe_name(out, description->object);
    describe_line(out, 0, "Role:\n");
    describe_line(out, 1, "Kind:\t%s\n", text_or(body->role_ref.kind, ""));
    describe_line(out, 1, "Name:\t%s\n", text_or(body->role_ref.name, ""));
    describe_line(out, 0, "Subjects:\n");
    describe_line(out, 1, "Kind\tName\tNamespace\n");
    describe_line(out, 1, "----\t----\t---------\n");
    for (guint i = 0; i < body->subjects.count; i++)
        describe_line(out, 1, "%s\t%s\t%s\n", text_or(body->subjects.items[i].kind, ""),
                      text_or(body->subjects.items[i].name, ""), text_or(body->subjects.items[i].namespace_, ""));
}

const Describer describe_role = {.kind = &role_kind, .write = write_role, .has_no_events = TRUE};
const Describer describe_cluster_role = {.kind = &cluster_role_kind, .write = write_role, .has_no_events = TRUE};
const Describer describe_role_binding = {.kind = &role_binding_kind, .write = write_binding, .has_no_events = TRUE};
const Describer describe_cluster_role_binding = {.kind = &cluster_role_binding_kind, .write = write_binding, .has_no_events = TRUE};
