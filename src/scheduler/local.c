/* local.c - see local.h */

#include "scheduler/local.h"

#include "base/caches.h"
#include "scheduler/attempt.h"
#include "scheduler/plugins/plugins.h"

/* --- one node ---------------------------------------------------------------------------------------- */

/* What the plain path says of the node. */
static void
work_out(const Cycle *cycle, const NodeInfo *node, GPtrArray *texts, LocalResult *result)
{
    guint n_before = texts->len;
    Reasons reasons = {texts};
    gint plugin = -1;

    *result = (LocalResult){.generation = node->generation};
    result->verdict = (guint8)attempt_filter_local(cycle, node, &reasons, &plugin);
    result->plugin = (gint8)plugin;
    result->passes = result->verdict == VERDICT_SUCCESS;
    if (!result->passes && texts->len == n_before + 1)
        result->reason = texts->pdata[n_before];
    g_ptr_array_set_size(texts, (gint)n_before);
    if (result->passes) {
        result->fit = (guint8)sched_fit_score(cycle->pod->shape, node);
        result->balanced = (guint8)sched_balanced_score(cycle->pod->shape, node);
    }
}

static void
check_result(const Cycle *cycle, const NodeInfo *node, GPtrArray *texts, const LocalResult *result)
{
    LocalResult plain;

    work_out(cycle, node, texts, &plain);
    g_assert(plain.passes == result->passes && plain.fit == result->fit && plain.balanced == result->balanced &&
             plain.reason == result->reason && plain.plugin == result->plugin && plain.verdict == result->verdict);
}

const LocalResult *
local_result(const Cycle *cycle, const NodeInfo *node, GPtrArray *texts)
{
    LocalResult *result = &cycle->pod->shape->local[node->slot];

    if (result->generation != node->generation)
        work_out(cycle, node, texts, result);
    else if (caches_are_checked())
        check_result(cycle, node, texts, result);
    return result;
}

/* --- all nodes ---------------------------------------------------------------------------------------- */

static guint8
refusal_of(LocalColumns *columns, const LocalResult *result)
{
    LocalRefusal *refusal;

    if (result->passes)
        return REFUSAL_NONE;
    for (guint i = 0; i < columns->refusals.count; i++) {
        refusal = &columns->refusals.items[i];
        if (refusal->reason == result->reason && refusal->plugin == result->plugin &&
            refusal->verdict == result->verdict)
            return (guint8)(i + 1);
    }
    if (result->reason == NULL || columns->refusals.count + 1 == REFUSAL_ASK)
        return REFUSAL_ASK;
    *API_LIST_ADD(&columns->refusals) = (LocalRefusal){result->reason, result->plugin, result->verdict};
    return (guint8)columns->refusals.count;
}

static void
set_place(const Cycle *cycle, const NodeColumns *all, GPtrArray *texts, guint place)
{
    LocalColumns *columns = &cycle->pod->shape->columns;
    const LocalResult *result = local_result(cycle, all->nodes[place], texts);

    columns->refusal[place] = refusal_of(columns, result);
    for (guint i = place; i < 2 * all->n; i += all->n) {
        columns->fit[i] = result->fit;
        columns->balanced[i] = result->balanced;
    }
}

static void
make_columns(const Cycle *cycle, const NodeColumns *all, GPtrArray *texts)
{
    LocalColumns *columns = &cycle->pod->shape->columns;
    guint n = all->n;

    if (columns->n != n) {
        columns->refusal = g_renew(guint8, columns->refusal, n);
        columns->fit = g_renew(guint8, columns->fit, column_room(n));
        columns->balanced = g_renew(guint8, columns->balanced, column_room(n));
        columns->n = n;
    }
    columns->version = all->version;
    columns->n_refused = 0;
    columns->refusals.count = 0;
    for (guint i = 0; i < n; i++) {
        set_place(cycle, all, texts, i);
        columns->n_refused += columns->refusal[i] != REFUSAL_NONE;
    }
}

/* Between two pods of a spec only a few nodes change: those that the ones before were placed on. */
static void
update_columns(const Cycle *cycle, const NodeColumns *all, GPtrArray *texts)
{
    LocalColumns *columns = &cycle->pod->shape->columns;

    for (guint64 i = columns->generation + 1; i <= all->generation; i++) {
        guint32 place = node_columns_place(all, all->changed[i % NODE_CHANGES]);

        if (place == PLACE_NONE)
            continue;
        columns->n_refused -= columns->refusal[place] != REFUSAL_NONE;
        set_place(cycle, all, texts, place);
        columns->n_refused += columns->refusal[place] != REFUSAL_NONE;
    }
}

static void
check_columns(const Cycle *cycle, const NodeColumns *all, GPtrArray *texts)
{
    const LocalColumns *columns = &cycle->pod->shape->columns;
    guint n_refused = 0;

    for (guint i = 0; i < all->n; i++) {
        const LocalResult *result = local_result(cycle, all->nodes[i], texts);
        guint8 refusal = columns->refusal[i];

        g_assert((refusal == REFUSAL_NONE) == (result->passes != 0));
        g_assert(refusal == REFUSAL_NONE || refusal == REFUSAL_ASK ||
                 columns->refusals.items[refusal - 1].reason == result->reason);
        g_assert(columns->fit[i] == result->fit && columns->fit[i + all->n] == result->fit);
        g_assert(columns->balanced[i] == result->balanced && columns->balanced[i + all->n] == result->balanced);
        n_refused += refusal != REFUSAL_NONE;
    }
    g_assert(n_refused == columns->n_refused);
}

void
local_settle(const Cycle *cycle, const NodeColumns *all, GPtrArray *texts)
{
    PodShape *shape = cycle->pod->shape;
    LocalColumns *columns = &shape->columns;
    guint n_slots = sched_cache_slots(cycle->cache);

    if (shape->n_local < n_slots) {
        shape->local = g_renew(LocalResult, shape->local, n_slots);
        memset(shape->local + shape->n_local, 0, (n_slots - shape->n_local) * sizeof *shape->local);
        shape->n_local = n_slots;
    }
    if (columns->version != all->version || all->generation - columns->generation > NODE_CHANGES)
        make_columns(cycle, all, texts);
    else
        update_columns(cycle, all, texts);
    columns->generation = all->generation;
    if (caches_are_checked())
        check_columns(cycle, all, texts);
}
