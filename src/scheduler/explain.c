/* explain.c - an attempt as a tree; scheduler_try over plain arrays */

#include "scheduler/scheduler.h"

#include "scheduler/attempt.h"

gsize
attempt_size_bytes(const Attempt *attempt)
{
    gsize n_each = attempt->places == NULL ? 0 : sizeof *attempt->places;

    for (guint i = 0; i < attempt->n_rows; i++)
        n_each += attempt->rows[i].has_each ? sizeof *attempt->scores : 0;
    return sizeof *attempt + attempt->n_feasible * n_each + attempt->n_rejected * sizeof(Rejection) + attempt->kinds.count * sizeof(RejectionKind) +
           (attempt->reasons == NULL ? 0 : attempt->reasons->len * sizeof(char *));
}

static Value *
text_or_null(const char *text)
{
    return text == NULL ? value_new_null() : value_new_string(text);
}

static Value *
explain_feasible(const Attempt *attempt, guint index)
{
    Value *node = value_new_map();
    Value *scores = attempt->n_rows == 0 ? NULL : value_new_map();
    const guint8 *each = attempt->scores;
    gint64 total = 0;

    value_set(node, "filter", value_new_null());
    for (guint i = 0; i < attempt->n_rows; i++) {
        const AttemptRow *row = &attempt->rows[i];
        const SchedPlugin *plugin = sched_plugins[row->plugin];
        gint64 score = plugin->weight * (row->has_each ? each[index] : row->all);

        value_set(scores, plugin->name, value_new_int(score));
        total += score;
        each += row->has_each ? attempt->n_feasible : 0;
    }
    if (scores != NULL) {
        value_set(node, "scores", scores);
        value_set(node, "total", value_new_int(total));
    }
    return node;
}

static Value *
explain_rejection(const Attempt *attempt, const RejectionKind *kind)
{
    Value *node = value_new_map();
    g_autoptr(GString) text = g_string_new(NULL);

    for (guint i = 0; i < kind->n_reasons; i++)
        g_string_append_printf(text, "%s%s", i == 0 ? "" : ", ",
                               (const char *)attempt->reasons->pdata[kind->first_reason + i]);
    value_set(node, "filter", value_new_string(text->str));
    value_set(node, "plugin", value_new_string(sched_plugins[kind->plugin]->name));
    return node;
}

Value *
attempt_outline(const char *chosen, const char *message)
{
    Value *tree = value_new_map();

    value_set(tree, "node", text_or_null(chosen));
    value_set(tree, "message", text_or_null(message));
    value_set(tree, "nodes", value_new_map());
    return tree;
}

Value *
attempt_explain(const Attempt *attempt)
{
    Value *tree = attempt_outline(attempt->chosen, attempt->message);
    Value *nodes = value_get(tree, "nodes");

    for (guint i = 0; i < attempt->n_feasible; i++)
        value_add_member(nodes, attempt_feasible(attempt, i), explain_feasible(attempt, i));
    for (guint i = 0; i < attempt->n_rejected; i++) {
        const RejectionKind *kind = &attempt->kinds.items[attempt->rejected[i].kind];

        value_add_member(nodes, attempt_rejected(attempt, i), explain_rejection(attempt, kind));
    }
    if (attempt->sets_nomination && !str_is_empty(attempt->nominated))
        value_set(tree, "nominatedNode", value_new_string(attempt->nominated));
    if (attempt->preemption != NULL) {
        Value *victims = value_new_list();

        for (guint i = 0; i < attempt->preemption->victims->len; i++)
            value_append(victims,
                         value_new_string(api_key(attempt->preemption->victims->pdata[i])));
        value_set(tree, "victims", victims);
    }
    return tree;
}

/* --- over arrays --------------------------------------------------------------------------------------- */

typedef struct {
    const ApiObject *const *objects;
    guint n;
} TryArray;

static void
try_list(gpointer user, const ApiKind *kind, const char *namespace_, GPtrArray *out)
{
    const TryArray *array = user;

    for (guint i = 0; i < array->n; i++) {
        const ApiObject *object = array->objects[i];

        if (object->kind == kind && (namespace_ == NULL || api_namespace(object) == namespace_))
            g_ptr_array_add(out, (gpointer)object);
    }
}

static const ApiObject *
try_get(gpointer user, const ApiKind *kind, const char *namespace_, const char *name)
{
    const TryArray *array = user;

    for (guint i = 0; i < array->n; i++) {
        const ApiObject *object = array->objects[i];

        if (object->kind == kind && str_is(api_name(object), name) &&
            (namespace_ == NULL || str_is(api_namespace(object), namespace_)))
            return object;
    }
    return NULL;
}

static const SchedListers try_listers = {try_list, try_get};

Value *
scheduler_try(const ApiObject *pod,
              const ApiObject *const *nodes,
              guint n_nodes,
              const ApiObject *const *pods,
              guint n_pods,
              guint64 seed,
              guint version_minor)
{
    TryArray array = {pods, n_pods};
    SchedCache *cache = sched_cache_new(&try_listers, &array);
    Rng tiebreak;
    Rng preemption;
    guint next_start = 0;
    AttemptOptions options = {
        .cache = cache,
        .version_minor = version_minor,
        .tiebreak = &tiebreak,
        .preemption = &preemption,
        .next_start = &next_start,
    };
    g_autoptr(PodInfo) info = pod_info_new(sched_cache_shapes(cache), pod);
    g_autoptr(Attempt) attempt = NULL;
    Value *tree;

    rng_seed(&tiebreak, seed, "scheduler/tiebreak");
    rng_seed(&preemption, seed, "scheduler/preemption");
    for (guint i = 0; i < n_nodes; i++)
        sched_cache_set_node(cache, nodes[i]);
    for (guint i = 0; i < n_pods; i++) {
        if (pods[i]->kind != &pod_kind || pod_is_terminal(pods[i]))
            continue;
        if (!str_is_empty(pod_spec(pods[i])->node_name))
            sched_cache_set_pod(cache, pods[i]);
        else if (api_key(pods[i]) != info->key)
            nominator_add(sched_cache_nominator(cache), pods[i], NULL);
    }
    attempt = attempt_run(&options, info);
    tree = attempt_explain(attempt);
    g_clear_pointer(&info, pod_info_free);
    sched_cache_free(cache);
    return tree;
}
