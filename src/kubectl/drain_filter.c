/* drain_filter.c - see drain_filter.h */

#include "kubectl/drain_filter.h"

#include "base/duration.h"

static const char daemon_set_error[] = "DaemonSet-managed Pods (use --ignore-daemonsets to ignore)";
static const char daemon_set_warning[] = "ignoring DaemonSet-managed Pods";
static const char local_storage_error[] =
    "Pods with local storage (use --delete-emptydir-data to override)";
/* The words are doubled in what is printed: "cannot delete cannot delete Pods ...". */
static const char unmanaged_error[] =
    "cannot delete Pods that declare no controller (use --force to override)";
static const char unmanaged_warning[] = "deleting Pods that declare no controller";

/* In the order in which they are told. */
static const char *const errors_in_order[] = {daemon_set_error, local_storage_error,
                                              unmanaged_error};
static const char *const warnings_in_order[] = {daemon_set_warning, unmanaged_warning};

static gboolean
is_of_daemon_set(const ApiObject *pod)
{
    const OwnerReference *owner = api_controller_of(pod);

    return owner != NULL && str_is(owner->kind, "DaemonSet") &&
           str_is(owner->api_version, "apps/v1");
}

static gboolean
has_local_storage(const ApiObject *pod)
{
    const PodSpec *spec = pod_spec(pod);

    for (guint i = 0; i < spec->volumes.count; i++)
        if (spec->volumes.items[i].empty_dir != NULL)
            return TRUE;
    return FALSE;
}

DrainVerdict
drain_judge(const ApiObject *pod, const DrainOptions *options)
{
    static const DrainVerdict left = {FALSE, NULL, NULL};
    gboolean is_finished = pod_is_terminal(pod);
    gint64 going_ns = options->wall_ns - pod->meta->deletion_time;

    if (options->skip_wait_s > 0 && api_is_deleting(pod) &&
        going_ns > options->skip_wait_s * NS_PER_S)
        return left;
    if (is_of_daemon_set(pod) && !is_finished) {
        if (!options->ignore_daemon_sets)
            return (DrainVerdict){FALSE, NULL, daemon_set_error};
        return (DrainVerdict){FALSE, daemon_set_warning, NULL};
    }
    if (str_map_get(&pod->meta->annotations, "kubernetes.io/config.mirror") != NULL)
        return left;
    if (has_local_storage(pod) && !is_finished && !options->delete_empty_dir_data)
        return (DrainVerdict){FALSE, NULL, local_storage_error};
    if (is_finished || api_controller_of(pod) != NULL)
        return (DrainVerdict){TRUE, NULL, NULL};
    if (!options->force)
        return (DrainVerdict){FALSE, NULL, unmanaged_error};
    return (DrainVerdict){TRUE, unmanaged_warning, NULL};
}

/* "ns/a, ns/b" of those whose verdict says @text. */
static guint
append_pods(GString *out,
            const GPtrArray *pods,
            const DrainOptions *options,
            const char *text,
            gboolean is_error)
{
    guint count = 0;

    for (guint i = 0; i < pods->len; i++) {
        const ApiObject *pod = g_ptr_array_index(pods, i);
        DrainVerdict verdict = drain_judge(pod, options);

        if ((is_error ? verdict.error : verdict.warning) == text)
            g_string_append_printf(out, "%s%s/%s", count++ > 0 ? ", " : "", api_namespace(pod),
                                   api_name(pod));
    }
    return count;
}

char *
drain_errors(const GPtrArray *pods, const DrainOptions *options)
{
    GString *all = g_string_new(NULL);
    guint count = 0;

    for (guint i = 0; i < G_N_ELEMENTS(errors_in_order); i++) {
        g_autoptr(GString) list = g_string_new(NULL);

        if (append_pods(list, pods, options, errors_in_order[i], TRUE) > 0)
            g_string_append_printf(all, "%scannot delete %s: %s", count++ > 0 ? ", " : "",
                                   errors_in_order[i], list->str);
    }
    if (count > 1) {
        g_string_prepend_c(all, '[');
        g_string_append_c(all, ']');
    }
    return g_string_free(all, count == 0);
}

char *
drain_warnings(const GPtrArray *pods, const DrainOptions *options)
{
    GString *all = g_string_new(NULL);
    guint count = 0;

    for (guint i = 0; i < G_N_ELEMENTS(warnings_in_order); i++) {
        g_autoptr(GString) list = g_string_new(NULL);

        if (append_pods(list, pods, options, warnings_in_order[i], FALSE) > 0)
            g_string_append_printf(all, "%s%s: %s", count++ > 0 ? "; " : "", warnings_in_order[i],
                                   list->str);
    }
    return g_string_free(all, count == 0);
}
