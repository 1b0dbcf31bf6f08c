/* pods.c - containerCrash, podKill */

#include "api/kinds.h"
#include "scenario/faults/common.h"

static void
pod_check(const ScReader *reader, const Scenario *scenario, const FaultArgs *args, const char *path)
{
    (void)scenario;
    if (args->pod == NULL && args->selector.count == 0)
        sc_error(reader, args->source, path, "no target; write pod: NAME, or selector: {app: web} and mode: one");
}

static gboolean
matches(const ApiObject *pod, const FaultArgs *args)
{
    if (args->pod != NULL)
        return str_is(api_name(pod), args->pod);
    for (guint i = 0; i < args->selector.count; i++)
        if (!str_is(str_map_get(&pod->meta->labels, args->selector.items[i].key), args->selector.items[i].value))
            return FALSE;
    return !pod_is_terminal(pod) && !api_is_deleting(pod) && !str_is_empty(pod_spec(pod)->node_name);
}

static const char *
namespace_of(const FaultArgs *args)
{
    return args->namespace_ != NULL ? args->namespace_ : str_intern("default");
}

/* The pods meant, in order of name; `one` and `fixed` draw lots. */
static GPtrArray *
pick_pods(Cluster *cluster, const FaultArgs *args)
{
    g_autoptr(GPtrArray) all = apiserver_peek_list(cluster->server, &pod_kind, namespace_of(args));
    GPtrArray *picked = g_ptr_array_new_with_free_func(api_object_unref);
    Rng *rng = rng_stream(cluster->sim, "fault/pods");
    guint wanted;

    for (guint i = 0; i < all->len; i++)
        if (matches(g_ptr_array_index(all, i), args))
            g_ptr_array_add(picked, api_object_ref(g_ptr_array_index(all, i)));
    wanted = picked->len;
    if (args->mode == NULL || str_is(args->mode, "one"))
        wanted = MIN(1, picked->len);
    else if (str_is(args->mode, "fixed"))
        wanted = MIN((guint)args->value, picked->len);
    else if (str_is(args->mode, "percent"))
        wanted = picked->len * (guint)args->value / 100;
    while (picked->len > wanted)
        g_ptr_array_remove_index(picked, (guint)rng_below(rng, picked->len));
    return picked;
}

static void
container_crash_begin(Cluster *cluster, const FaultArgs *args, Machine *const *nodes, guint n_nodes)
{
    g_autoptr(GPtrArray) pods = pick_pods(cluster, args);

    (void)nodes;
    (void)n_nodes;
    for (guint i = 0; i < pods->len; i++) {
        const ApiObject *pod = g_ptr_array_index(pods, i);
        RtContainer *container = cluster_find_container(cluster, api_namespace(pod), api_name(pod), args->container);

        if (container != NULL && rt_container_state(container) == RT_RUNNING)
            rt_container_kill(container, 9);
    }
}

/* A pod that is gone meanwhile is no matter: it was to go. */
static void
pod_kill_answered(gpointer user, const ApiResponse *response)
{
    (void)user;
    (void)response;
}

static void
pod_kill_begin(Cluster *cluster, const FaultArgs *args, Machine *const *nodes, guint n_nodes)
{
    g_autoptr(GPtrArray) pods = pick_pods(cluster, args);

    (void)nodes;
    (void)n_nodes;
    for (guint i = 0; i < pods->len; i++) {
        const ApiObject *pod = g_ptr_array_index(pods, i);
        ApiRequest *request = api_request_new(VERB_DELETE, &pod_kind, api_namespace(pod), api_name(pod));

        request->has_grace = TRUE;
        request->grace_s = 0;
        request->reason = str_intern("PodKill");
        client_send(cluster->chaos, request, pod_kill_answered, NULL, NULL);
    }
}

/* "app=web,tier=front" (owned) */
static char *
label_words(const FaultArgs *args)
{
    GString *words = g_string_new(NULL);

    for (guint i = 0; i < args->selector.count; i++)
        g_string_append_printf(words, "%s%s=%s", i > 0 ? "," : "", args->selector.items[i].key, args->selector.items[i].value);
    return g_string_free(words, FALSE);
}

static gboolean
hits_one(const FaultArgs *args)
{
    return args->pod != NULL || args->mode == NULL || str_is(args->mode, "one");
}

static char *
pod_words(const FaultArgs *args)
{
    g_autofree char *labels = label_words(args);

    if (args->pod != NULL)
        return g_strdup_printf("pod %s", args->pod);
    if (hits_one(args))
        return g_strdup_printf("a pod with %s", labels);
    if (str_is(args->mode, "fixed"))
        return g_strdup_printf("%" G_GINT64_FORMAT " pods with %s", args->value, labels);
    if (str_is(args->mode, "percent"))
        return g_strdup_printf("%" G_GINT64_FORMAT " %% of the pods with %s", args->value, labels);
    return g_strdup_printf("all pods with %s", labels);
}

static gboolean
has_running_container(Cluster *cluster, const ApiObject *pod, const FaultArgs *args)
{
    RtContainer *container = cluster_find_container(cluster, api_namespace(pod), api_name(pod), args->container);

    return container != NULL && rt_container_state(container) == RT_RUNNING;
}

static char *
pod_misses(Cluster *cluster, const FaultArgs *args)
{
    g_autoptr(GPtrArray) all = apiserver_peek_list(cluster->server, &pod_kind, namespace_of(args));
    gboolean is_crash = str_is(args->def->name, "containerCrash");
    g_autofree char *labels = label_words(args);
    const char *what = is_crash ? "running container to kill" : "pod to delete";

    for (guint i = 0; i < all->len; i++)
        if (matches(g_ptr_array_index(all, i), args) && (!is_crash || has_running_container(cluster, g_ptr_array_index(all, i), args)))
            return NULL;
    return args->pod != NULL ? g_strdup_printf("pod %s: there is no %s", args->pod, what)
                             : g_strdup_printf("pods with %s: there is no %s", labels, what);
}

static char *
container_crash_tell(const FaultArgs *args, Machine *const *nodes, guint n_nodes)
{
    g_autofree char *who = pod_words(args);

    (void)nodes;
    (void)n_nodes;
    return hits_one(args) ? g_strdup_printf("a container of %s is killed", who)
                          : g_strdup_printf("a container each of %s is killed", who);
}

static char *
pod_kill_tell(const FaultArgs *args, Machine *const *nodes, guint n_nodes)
{
    g_autofree char *who = pod_words(args);

    (void)nodes;
    (void)n_nodes;
    return g_strdup_printf("%s %s deleted by force", who, hits_one(args) ? "is" : "are");
}

#define POD_ROWS                                                                                   \
    {"pod", SC_STRING, FAULT_AT(pod), .doc = "Name of a pod."},                                    \
        {"namespace", SC_STRING, FAULT_AT(namespace_), .doc = "Its namespace.", .def = "default"}, \
        {"selector", SC_LABELS, FAULT_AT(selector), .doc = "Labels of pods."},                     \
        {"mode", SC_ENUM, FAULT_AT(mode), .doc = "How many of those that match.", .words = fault_mode_words}, \
        {"value", SC_INT, FAULT_AT(value), .doc = "The number, or the percentage, of mode.", .min = 0, .max = 1000000}

static const ScField container_fields[] = {
    POD_ROWS,
    FAULT_MTTF_ROW,
    {"container", SC_STRING, FAULT_AT(container), .doc = "Name of the container; the first when absent."},
    {0},
};
static const ScField pod_fields[] = {POD_ROWS, FAULT_MTTF_ROW, {0}};

const FaultDef container_crash_fault = {
    .name = "containerCrash",
    .doc = "A container's first process gets SIGKILL.",
    .fields = container_fields,
    .takes_pods = TRUE,
    .check = pod_check,
    .misses = pod_misses,
    .begin = container_crash_begin,
    .tell = container_crash_tell,
};

const FaultDef pod_kill_fault = {
    .name = "podKill",
    .doc = "A pod is deleted with grace period 0, as Chaos Mesh does it.",
    .fields = pod_fields,
    .takes_pods = TRUE,
    .check = pod_check,
    .misses = pod_misses,
    .begin = pod_kill_begin,
    .tell = pod_kill_tell,
};
