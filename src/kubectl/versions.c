/* versions.c - see versions.h */

#include "kubectl/versions.h"

#include "kubectl/printers.h"

const char *
versions_name(guint minor)
{
    return minor == 34 ? "v1.34.4" : str_internf("v1.%u.0", minor);
}

const char *
versions_kustomize(guint minor)
{
    static const char *const names[] = {"v5.0.4-0.20230601165947-6ce0bf390ce3", "v5.4.2", "v5.5.0", "v5.6.0"};

    return minor < 34 ? names[minor - 30] : "v5.7.1";
}

/* --- rows -------------------------------------------------------------------------------- */

static const PrintColumn job_columns[] = {
    {"NAME"}, {"COMPLETIONS"}, {"DURATION"}, {"AGE"}, {"CONTAINERS", TRUE}, {"IMAGES", TRUE}, {"SELECTOR", TRUE}, {0},
};

/* Until 1.30 there was no STATUS. */
static void
job_cells(const ApiObject *object, gint64 wall_ns, gboolean wide, GPtrArray *out)
{
    job_printer.cells(object, wall_ns, wide, out);
    g_ptr_array_remove_index(out, 1);
}

/* Until 1.30 the targets did not say which resource they are of. */
static void
hpa_cells(const ApiObject *object, gint64 wall_ns, gboolean wide, GPtrArray *out)
{
    g_auto(GStrv) targets = NULL;
    g_autofree char *with_names = NULL;

    hpa_printer.cells(object, wall_ns, wide, out);
    with_names = g_ptr_array_index(out, 2);
    targets = g_strsplit(with_names, ", ", -1);
    for (guint i = 0; targets[i] != NULL; i++) {
        const char *colon = strstr(targets[i], ": ");

        if (colon != NULL)
            memmove(targets[i], colon + 2, strlen(colon + 2) + 1);
    }
    out->pdata[2] = g_strjoinv(", ", targets);
}

static const PrintColumn quota_columns[] = {{"NAME"}, {"AGE"}, {"REQUEST"}, {"LIMIT"}, {0}};

static void
quota_cells(const ApiObject *object, gint64 wall_ns, gboolean wide, GPtrArray *out)
{
    resource_quota_printer.cells(object, wall_ns, wide, out);
    g_ptr_array_insert(out, 1, g_ptr_array_steal_index(out, 3));
}

const Printer *
versions_printer(const Printer *printer, guint minor)
{
    static const Printer job = {&job_kind, job_columns, job_cells};
    static const Printer quota = {&resource_quota_kind, quota_columns, quota_cells};
    static Printer hpa;

    if (minor < 31 && printer == &job_printer)
        return &job;
    if (minor < 33 && printer == &resource_quota_printer)
        return &quota;
    if (minor < 31 && printer == &hpa_printer) {
        hpa = (Printer){hpa_printer.kind, hpa_printer.columns, hpa_cells};
        return &hpa;
    }
    return printer;
}

/* --- words ------------------------------------------------------------------------------- */

const char *
versions_where_deleted(const Command *command, const char *namespace_)
{
    if (namespace_ == NULL || kubectl_minor(command->kubectl) < 34)
        return "";
    return str_internf(" from %s namespace", namespace_);
}

/* --- documents --------------------------------------------------------------------------- */

static void
add_null(Value *metadata)
{
    if (metadata != NULL && metadata->type == VALUE_MAP && value_get(metadata, "creationTimestamp") == NULL)
        value_set(metadata, "creationTimestamp", value_new_null());
}

void
versions_add_nulls(Value *tree, guint minor)
{
    const Value *claims = value_get_path(tree, "spec", "volumeClaimTemplates", NULL);

    if (minor >= 34)
        return;
    add_null(value_get(tree, "metadata"));
    add_null(value_get_path(tree, "template", "metadata", NULL)); /* of a PodTemplate */
    add_null(value_get_path(tree, "spec", "template", "metadata", NULL));
    add_null(value_get_path(tree, "spec", "jobTemplate", "metadata", NULL));
    add_null(value_get_path(tree, "spec", "jobTemplate", "spec", "template", "metadata", NULL));
    for (guint i = 0; claims != NULL && claims->type == VALUE_LIST && i < claims->count; i++)
        add_null(value_get(claims->items[i], "metadata"));
}
