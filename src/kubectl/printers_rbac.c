/* printers_rbac.c - rows of roles, bindings and runtime classes; v1.34 pkg/printers/internalversion printRoleBinding, default table of roles */

#include "kubectl/printers.h"

#include "base/duration.h"

static const PrintColumn role_columns[] = {{"NAME"}, {"CREATED AT"}, {0}};
static const PrintColumn binding_columns[] = {
    {"NAME"}, {"ROLE"}, {"AGE"}, {"USERS", TRUE}, {"GROUPS", TRUE}, {"SERVICEACCOUNTS", TRUE}, {0},
};

static void
role_cells(const ApiObject *role, gint64 wall_ns, gboolean wide, GPtrArray *out)
{
    g_autofree char *created = time_format_rfc3339(role->meta->creation_time);

    (void)wall_ns;
    (void)wide;
    cell_add(out, "%s", api_name(role));
    cell_add(out, "%s", created);
}

static void
add_subjects(const RoleBindingBody *body, const char *kind, GPtrArray *out)
{
    g_autoptr(GString) text = g_string_new(NULL);

    for (guint i = 0; i < body->subjects.count; i++) {
        const RbacSubject *subject = &body->subjects.items[i];

        if (!str_is(subject->kind, kind))
            continue;
        g_string_append(text, text->len > 0 ? ", " : "");
        if (str_is(kind, "ServiceAccount"))
            g_string_append_printf(text, "%s/", subject->namespace_ == NULL ? "" : subject->namespace_);
        g_string_append(text, subject->name);
    }
    cell_add(out, "%s", text->str);
}

static void
binding_cells(const ApiObject *binding, gint64 wall_ns, gboolean wide, GPtrArray *out)
{
    const RoleBindingBody *body = role_binding_body(binding);

    (void)wide;
    cell_add(out, "%s", api_name(binding));
    cell_add(out, "%s/%s", body->role_ref.kind, body->role_ref.name);
    cell_add_age(out, binding, wall_ns);
    add_subjects(body, "User", out);
    add_subjects(body, "Group", out);
    add_subjects(body, "ServiceAccount", out);
}

static const PrintColumn runtime_class_columns[] = {{"NAME"}, {"HANDLER"}, {"AGE"}, {0}};

static void
runtime_class_cells(const ApiObject *object, gint64 wall_ns, gboolean wide, GPtrArray *out)
{
    (void)wide;
    cell_add(out, "%s", api_name(object));
    cell_add(out, "%s", runtime_class_body(object)->handler);
    cell_add_age(out, object, wall_ns);
}

const Printer runtime_class_printer = {&runtime_class_kind, runtime_class_columns, runtime_class_cells};
const Printer role_printer = {&role_kind, role_columns, role_cells};
const Printer cluster_role_printer = {&cluster_role_kind, role_columns, role_cells};
const Printer role_binding_printer = {&role_binding_kind, binding_columns, binding_cells};
const Printer cluster_role_binding_printer = {&cluster_role_binding_kind, binding_columns, binding_cells};
