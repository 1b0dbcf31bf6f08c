/* drain_filter.c - see drain_filter.h */

#include "kubectl/drain_filter.h"

#include "base/duration.h"

#define DAEMON_SET_ERROR    "DaemonSet-managed Pods (use --ignore-daemonsets to ignore)"
#define DAEMON_SET_WARNING  "ignoring DaemonSet-managed Pods"
#define LOCAL_STORAGE_ERROR "Pods with local storage (use --delete-emptydir-data to override)"
/* The words are doubled in what is printed: "cannot delete cannot delete Pods ...". */
#define UNMANAGED_ERROR \
    "cannot delete Pods that declare no controller (use --force to override)"
#define UNMANAGED_WARNING "deleting Pods that declare no controller"

/* The order in which they are told; others, about missing DaemonSets, come after these. */
static const char *const texts_in_order[] = {DAEMON_SET_ERROR, LOCAL_STORAGE_ERROR, UNMANAGED_ERROR,
                                             DAEMON_SET_WARNING, UNMANAGED_WARNING};

static gboolean
is_of_daemon_set(const ApiObject *pod)
{
    const OwnerReference *owner = api_controller_of(pod);

    return owner != NULL && str_is(owner->kind, "DaemonSet");
}

gboolean
drain_needs_daemon_sets(const GPtrArray *pods)
{
    for (guint i = 0; i < pods->len; i++)
        if (is_of_daemon_set(pods->pdata[i]) && !pod_is_terminal(pods->pdata[i]))
            return TRUE;
    return FALSE;
}

static gboolean
has_daemon_set(const ApiObject *pod, const GPtrArray *sets)
{
    const char *name = api_controller_of(pod)->name;

    for (guint i = 0; sets != NULL && i < sets->len; i++)
        if (api_namespace(sets->pdata[i]) == api_namespace(pod) && api_name(sets->pdata[i]) == name)
            return TRUE;
    return sets == NULL;
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

gboolean
drain_is_skipped(const ApiObject *pod, gint64 skip_s, gint64 wall_ns)
{
    return skip_s > 0 && api_is_deleting(pod) &&
           (wall_ns - pod->meta->deletion_time) / NS_PER_S > skip_s;
}

/* daemonSetFilter. FALSE: the next filters decide. */
static gboolean
judge_daemon_set(const ApiObject *pod, const DrainOptions *options, DrainVerdict *out)
{
    if (!is_of_daemon_set(pod) || pod_is_terminal(pod))
        return FALSE;
    if (!has_daemon_set(pod, options->daemon_sets)) {
        if (options->force)
            return FALSE;
        *out = (DrainVerdict){FALSE, NULL,
                              str_internf("daemonsets.apps \"%s\" not found",
                                          api_controller_of(pod)->name)};
        return TRUE;
    }
    if (options->ignore_daemon_sets)
        *out = (DrainVerdict){FALSE, str_intern(DAEMON_SET_WARNING), NULL};
    else
        *out = (DrainVerdict){FALSE, NULL, str_intern(DAEMON_SET_ERROR)};
    return TRUE;
}

DrainVerdict
drain_judge(const ApiObject *pod, const DrainOptions *options)
{
    static const DrainVerdict left = {FALSE, NULL, NULL};
    DrainVerdict verdict;
    gboolean is_finished = pod_is_terminal(pod);

    if (drain_is_skipped(pod, options->skip_wait_s, options->wall_ns))
        return left;
    if (judge_daemon_set(pod, options, &verdict))
        return verdict;
    if (str_map_get(&pod->meta->annotations, "kubernetes.io/config.mirror") != NULL)
        return left;
    if (has_local_storage(pod) && !is_finished && !options->delete_empty_dir_data)
        return (DrainVerdict){FALSE, NULL, str_intern(LOCAL_STORAGE_ERROR)};
    if (is_finished || api_controller_of(pod) != NULL)
        return (DrainVerdict){TRUE, NULL, NULL};
    if (!options->force)
        return (DrainVerdict){FALSE, NULL, str_intern(UNMANAGED_ERROR)};
    return (DrainVerdict){TRUE, str_intern(UNMANAGED_WARNING), NULL};
}

/* The texts of errors or of warnings, once each, in order. (owned) of interned */
static GPtrArray *
list_texts(const GPtrArray *pods, const DrainOptions *options, gboolean is_error)
{
    GPtrArray *texts = g_ptr_array_new();
    GPtrArray *others = g_ptr_array_new();

    for (guint i = 0; i < pods->len; i++) {
        DrainVerdict verdict = drain_judge(pods->pdata[i], options);
        const char *text = is_error ? verdict.error : verdict.warning;

        if (text != NULL && !g_ptr_array_find(others, text, NULL))
            g_ptr_array_add(others, (gpointer)text);
    }
    for (guint i = 0; i < G_N_ELEMENTS(texts_in_order); i++) {
        const char *text = str_intern(texts_in_order[i]);

        if (g_ptr_array_remove(others, (gpointer)text))
            g_ptr_array_add(texts, (gpointer)text);
    }
    g_ptr_array_extend_and_steal(texts, others);
    return texts;
}

/* "ns/a, ns/b" of those whose verdict says @text. (owned) */
static char *
list_pods(const GPtrArray *pods, const DrainOptions *options, const char *text)
{
    GString *list = g_string_new(NULL);

    for (guint i = 0; i < pods->len; i++) {
        const ApiObject *pod = pods->pdata[i];
        DrainVerdict verdict = drain_judge(pod, options);

        if (verdict.error == text || verdict.warning == text)
            g_string_append_printf(list, "%s%s/%s", list->len > 0 ? ", " : "", api_namespace(pod),
                                   api_name(pod));
    }
    return g_string_free(list, FALSE);
}

GPtrArray *
drain_errors(const GPtrArray *pods, const DrainOptions *options)
{
    g_autoptr(GPtrArray) texts = list_texts(pods, options, TRUE);
    GPtrArray *all = g_ptr_array_new_with_free_func(g_free);

    for (guint i = 0; i < texts->len; i++) {
        g_autofree char *list = list_pods(pods, options, texts->pdata[i]);

        g_ptr_array_add(all, g_strdup_printf("cannot delete %s: %s", (const char *)texts->pdata[i], list));
    }
    return all;
}

char *
drain_join(const GPtrArray *errors)
{
    g_autoptr(GPtrArray) once = g_ptr_array_new();
    GString *all = g_string_new(NULL);

    for (guint i = 0; i < errors->len; i++)
        if (!g_ptr_array_find_with_equal_func(once, errors->pdata[i], g_str_equal, NULL))
            g_ptr_array_add(once, errors->pdata[i]);
    for (guint i = 0; i < once->len; i++)
        g_string_append_printf(all, "%s%s", i > 0 ? ", " : "", (const char *)once->pdata[i]);
    if (once->len > 1) {
        g_string_prepend_c(all, '[');
        g_string_append_c(all, ']');
    }
    return g_string_free(all, FALSE);
}

char *
drain_warnings(const GPtrArray *pods, const DrainOptions *options)
{
    g_autoptr(GPtrArray) texts = list_texts(pods, options, FALSE);
    GString *all = g_string_new(NULL);

    for (guint i = 0; i < texts->len; i++) {
        g_autofree char *list = list_pods(pods, options, texts->pdata[i]);

        g_string_append_printf(all, "%s%s: %s", i > 0 ? "; " : "", (const char *)texts->pdata[i],
                               list);
    }
    return g_string_free(all, texts->len == 0);
}
