/* printers.c - which printer a kind has, and cells that many kinds need; see printers.h */

#include "kubectl/printers.h"

#include "api/selector.h"
#include "base/duration.h"
#include "base/intern.h"

static const Printer *const printers[] = {
    &pod_printer,
    &deployment_printer,
    &replica_set_printer,
    &replication_controller_printer,
    &pod_template_printer,
    &daemon_set_printer,
    &stateful_set_printer,
    &job_printer,
    &cron_job_printer,
    &hpa_printer,
    &vpa_printer,
    &controller_revision_printer,
    &service_printer,
    &endpoint_slice_printer,
    &endpoints_printer,
    &node_printer,
    &namespace_printer,
    &event_printer,
    &config_map_printer,
    &secret_printer,
    &service_account_printer,
    &priority_class_printer,
    &lease_printer,
    &ingress_printer,
    &network_policy_printer,
    &pdb_printer,
    &runtime_class_printer,
    &role_printer,
    &cluster_role_printer,
    &role_binding_printer,
    &cluster_role_binding_printer,
    &storage_class_printer,
    &csi_node_printer,
    &csi_driver_printer,
    &csi_storage_capacity_printer,
    &claim_printer,
    &volume_printer,
    &resource_quota_printer,
    &limit_range_printer,
};

void
cell_add(GPtrArray *cells, const char *format, ...)
{
    char small[256];
    gsize length;
    va_list args;

    va_start(args, format);
    length = str_vformat(small, sizeof small, format, args);
    va_end(args);
    if (length < sizeof small) {
        g_ptr_array_add(cells, g_strndup(small, length));
        return;
    }
    va_start(args, format);
    g_ptr_array_add(cells, g_strdup_vprintf(format, args));
    va_end(args);
}

char *
printer_age(ApiTime time, gint64 wall_ns)
{
    return time == 0 ? g_strdup("<unknown>") : duration_format_human(wall_ns - time);
}

void
cell_add_age(GPtrArray *cells, const ApiObject *object, gint64 wall_ns)
{
    g_ptr_array_add(cells, printer_age(object->meta->creation_time, wall_ns));
}

void
cell_add_containers(const PodSpec *spec, GPtrArray *cells)
{
    GString *names = g_string_new(NULL);
    GString *images = g_string_new(NULL);

    for (guint i = 0; i < spec->containers.count; i++) {
        const Container *container = &spec->containers.items[i];

        g_string_append_printf(names, "%s%s", i > 0 ? "," : "",
                               container->name != NULL ? container->name : "");
        g_string_append_printf(images, "%s%s", i > 0 ? "," : "",
                               container->image != NULL ? container->image : "");
    }
    g_ptr_array_add(cells, g_string_free(names, FALSE));
    g_ptr_array_add(cells, g_string_free(images, FALSE));
}

const char *
label_selector_text(const LabelSelector *selector)
{
    g_autoptr(Selector) parsed = selector_from_label_selector(selector);
    const char *text = parsed != NULL ? selector_format(parsed) : NULL;

    return str_is_empty(text) ? str_intern("<none>") : text;
}

/* A kind without columns of its own. */
static const PrintColumn plain_columns[] = {{"NAME"}, {"AGE"}, {0}};

static void
plain_cells(const ApiObject *object, gint64 wall_ns, gboolean wide, GPtrArray *out)
{
    (void)wide;
    cell_add(out, "%s", api_name(object));
    cell_add_age(out, object, wall_ns);
}

static const Printer plain_printer = {NULL, plain_columns, plain_cells};

const Printer *
printer_find(const ApiKind *kind)
{
    for (guint i = 0; i < G_N_ELEMENTS(printers); i++)
        if (kind != NULL && printers[i]->kind == kind)
            return printers[i];
    return &plain_printer;
}
