/* autoscaler_up.c - core/scaleup/orchestrator, estimator/binpacking_estimator.go, expander */

#include "scheduler/autoscaler_internal.h"

/* What a group could do. */
typedef struct {
    const AutoscalerGroup *group;
    const ApiObject *example; /* (borrowed) a node of it */
    guint size, n_nodes;      /* now; to be added */
    GPtrArray *pods;          /* (owned) that would fit */
} Option;

/* nodeinfosprovider: a node that is ready, else what the cloud says of the group; at the last, any. */
static const ApiObject *
example_of(const Reconcile *r, const AutoscalerConfig *config, const char *group)
{
    g_autoptr(GPtrArray) nodes = g_ptr_array_new();
    const ApiObject *any = NULL;

    view_list(r->view, &node_kind, NULL, nodes);
    for (guint i = 0; i < nodes->len; i++) {
        if (!str_is(config->group_of(config->user, api_name(nodes->pdata[i])), group))
            continue;
        if (autoscaler_is_ready(nodes->pdata[i]))
            return nodes->pdata[i];
        any = any != NULL ? any : nodes->pdata[i];
    }
    if (config->template_of != NULL && config->template_of(config->user, group) != NULL)
        return config->template_of(config->user, group);
    return any;
}

/* Larger pods first. */
static int
compare_sizes(gconstpointer a, gconstpointer b)
{
    const ApiObject *x = *(const ApiObject *const *)a;
    const ApiObject *y = *(const ApiObject *const *)b;
    Amounts p = {0}, q = {0};
    int order = 0;

    amounts_of_pod(&p, x, REQUEST_REAL);
    amounts_of_pod(&q, y, REQUEST_REAL);
    if (p.cpu_milli != q.cpu_milli)
        order = p.cpu_milli > q.cpu_milli ? -1 : 1;
    else if (p.memory_bytes != q.memory_bytes)
        order = p.memory_bytes > q.memory_bytes ? -1 : 1;
    amounts_clear(&p);
    amounts_clear(&q);
    return order != 0 ? order : strcmp(api_key(x), api_key(y));
}

/* Why @pod was refused: pod key -> texts (owned), for the event. */
static GPtrArray *
reasons_of(GHashTable *reasons, const ApiObject *pod)
{
    GPtrArray *list = g_hash_table_lookup(reasons, api_key(pod));

    if (list == NULL) {
        list = g_ptr_array_new();
        g_hash_table_insert(reasons, (gpointer)api_key(pod), list);
    }
    return list;
}

/* A new copy with @pod on it; FALSE: it does not even fit there. */
static gboolean
open_copy(Simulation *sim, const Option *option, const ApiObject *pod, GPtrArray *copies, GPtrArray *why)
{
    const char *copy = simulation_add_copy(sim, option->example);

    if (simulation_place_on(sim, pod, copy, why) != NULL) {
        g_ptr_array_add(copies, (gpointer)copy);
        return TRUE;
    }
    simulation_remove_copy(sim, copy);
    return FALSE;
}

/*
 * First fit over copies of the group's node; one more whenever a pod fits none of them.
 * @helped: pods that some group would take, were it large enough; nobody tells them no.
 */
static void
estimate(const Reconcile *r, const AutoscalerConfig *config, Option *option, const GPtrArray *pods, GHashTable *reasons, GHashTable *helped)
{
    Simulation *sim = simulation_new(r, config->version_minor);
    g_autoptr(GPtrArray) copies = g_ptr_array_new();
    guint room = option->group->max - option->size;

    for (guint i = 0; i < pods->len; i++) {
        const ApiObject *pod = pods->pdata[i];

        if (simulation_place(sim, pod, copies) == NULL && !open_copy(sim, option, pod, copies, reasons_of(reasons, pod)))
            continue;
        g_hash_table_add(helped, (gpointer)pod);
        if (copies->len <= room) {
            g_ptr_array_add(option->pods, (gpointer)pod);
            continue;
        }
        simulation_take(sim, pod);
        simulation_remove_copy(sim, g_ptr_array_steal_index(copies, copies->len - 1));
    }
    option->n_nodes = copies->len;
    simulation_free(sim);
}

/* --- expander ----------------------------------------------------------------------------------------- */

/* expander/waste: the share of CPU and of memory that nobody asked for, in millionths. */
static gint64
waste_of(const Option *option)
{
    Amounts sum = {0}, node = {0};
    gint64 waste = 0;

    amounts_set_map(&node, &node_status(option->example)->allocatable);
    for (guint i = 0; i < option->pods->len; i++) {
        Amounts one = {0};

        amounts_of_pod(&one, option->pods->pdata[i], REQUEST_REAL);
        sum.cpu_milli += one.cpu_milli;
        sum.memory_bytes += one.memory_bytes;
        amounts_clear(&one);
    }
    if (node.cpu_milli > 0)
        waste += 1000000 - sum.cpu_milli * 1000000 / (node.cpu_milli * option->n_nodes);
    if (node.memory_bytes > 0)
        waste += 1000000 - (gint64)((__int128)sum.memory_bytes * 1000000 / ((__int128)node.memory_bytes * option->n_nodes));
    amounts_clear(&node);
    return waste;
}

/* Smaller is better. */
static gint64
badness(const AutoscalerConfig *config, const Option *option)
{
    switch (config->expander) {
    case EXPANDER_LEAST_WASTE:
        return waste_of(option);
    case EXPANDER_MOST_PODS:
        return -(gint64)option->pods->len;
    default:
        return 0;
    }
}

/* Lots among equals. */
static const Option *
choose(const Reconcile *r, const AutoscalerConfig *config, const Option *options)
{
    const Option *best = NULL;
    gint64 best_badness = 0;
    guint equals = 0;

    for (guint i = 0; i < config->n_groups; i++) {
        const Option *option = &options[i];
        gint64 bad;

        if (option->n_nodes == 0)
            continue;
        bad = badness(config, option);
        if (best != NULL && bad > best_badness)
            continue;
        equals = best != NULL && bad == best_badness ? equals + 1 : 1;
        if (equals == 1 || rng_below(r->rng, equals) == 0)
            best = option;
        best_badness = bad;
    }
    return best;
}

/* --- events --------------------------------------------------------------------------------------------- */

static int
compare_texts(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* processors/status: ReasonsMessage: each text counted, the whole sorted. */
static const char *
reasons_message(const GPtrArray *reasons)
{
    g_autoptr(GPtrArray) lines = g_ptr_array_new();
    g_autoptr(GString) out = g_string_new(NULL);

    for (guint i = 0; i < reasons->len; i++) {
        guint count = 0;

        for (guint k = 0; k < reasons->len; k++)
            count += str_is(reasons->pdata[k], reasons->pdata[i]);
        if (!g_ptr_array_find(lines, str_internf("%u %s", count, (const char *)reasons->pdata[i]), NULL))
            g_ptr_array_add(lines, (gpointer)str_internf("%u %s", count, (const char *)reasons->pdata[i]));
    }
    g_ptr_array_sort(lines, compare_texts);
    for (guint i = 0; i < lines->len; i++)
        g_string_append_printf(out, "%s%s", i > 0 ? ", " : "", (const char *)lines->pdata[i]);
    return str_intern(out->str);
}

static void
tell_no(const Reconcile *r, Plan *plan, const Option *options, const ApiObject *pod, GHashTable *reasons)
{
    const AutoscalerConfig *config = r->config;
    GPtrArray *list = reasons_of(reasons, pod);

    for (guint i = 0; i < config->n_groups; i++)
        if (!autoscaler_group_is_healthy(r, i))
            g_ptr_array_add(list, (gpointer) "not ready for scale-up");
        else if (autoscaler_is_backed_off(r, options[i].group->name))
            g_ptr_array_add(list, (gpointer) "in backoff after failed scale-up");
        else if (options[i].size >= options[i].group->max)
            g_ptr_array_add(list, (gpointer) "max node group size reached");
    plan_event(plan, pod, "Normal", "NotTriggerScaleUp", "pod didn't trigger scale-up: %s", reasons_message(list));
}

static void
grow(const Reconcile *r, Plan *plan, const Option *option)
{
    const AutoscalerConfig *config = r->config;
    const char *name = option->group->name;
    guint size = option->size + option->n_nodes;

    autoscaler_log(r, plan, "Normal", "ScaledUpGroup", "Scale-up: setting group %s size to %u instead of %u (max: %u)", name, size,
                   option->size, option->group->max);
    plan_call(plan, config->set_size, config->user, name, size, "node group %s grows to %u because %u pods fit nowhere", name, size,
              option->pods->len);
    autoscaler_log(r, plan, "Normal", "ScaledUpGroup", "Scale-up: group %s size set to %u instead of %u (max: %u)", name, size,
                   option->size, option->group->max);
    for (guint i = 0; i < option->pods->len; i++)
        plan_event(plan, option->pods->pdata[i], "Normal", "TriggeredScaleUp", "pod triggered scale-up: [{%s %u->%u (max: %u)}]",
                   name, option->size, size, option->group->max);
    autoscaler_note_growth(r, name, option->n_nodes);
}

gboolean
autoscaler_scale_up(const Reconcile *r, Plan *plan, const GPtrArray *pods)
{
    const AutoscalerConfig *config = r->config;
    g_autofree Option *options = g_new0(Option, config->n_groups);
    g_autoptr(GPtrArray) sorted = g_ptr_array_new();
    g_autoptr(GHashTable) reasons = g_hash_table_new_full(NULL, NULL, NULL, (GDestroyNotify)g_ptr_array_unref);
    g_autoptr(GHashTable) helped = g_hash_table_new(NULL, NULL);
    const Option *best;

    for (guint i = 0; i < pods->len; i++)
        g_ptr_array_add(sorted, pods->pdata[i]);
    g_ptr_array_sort(sorted, compare_sizes);
    for (guint i = 0; i < config->n_groups; i++) {
        Option *option = &options[i];

        option->group = &config->groups[i];
        option->pods = g_ptr_array_new();
        option->size = config->target_size(config->user, option->group->name);
        option->example = example_of(r, config, option->group->name);
        if (option->example != NULL && option->size < option->group->max && !autoscaler_is_backed_off(r, option->group->name) &&
            autoscaler_group_is_healthy(r, i))
            estimate(r, config, option, sorted, reasons, helped);
    }
    best = choose(r, config, options);
    if (best != NULL)
        grow(r, plan, best);
    for (guint i = 0; i < sorted->len; i++)
        if (!g_hash_table_contains(helped, sorted->pdata[i]))
            tell_no(r, plan, options, sorted->pdata[i], reasons);
    for (guint i = 0; i < config->n_groups; i++)
        g_ptr_array_unref(options[i].pods);
    return best != NULL;
}
