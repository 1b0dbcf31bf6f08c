/* said.c - see said.h */

#include "scheduler/said.h"

#include "base/caches.h"
#include "base/intern.h"
#include "base/pool.h"

typedef struct {
    const char *bind, *best; /* (interned); NULL: not said yet */
    guint n_feasible, n_all; /* of @best */
} NodeSaid;

static void
free_node(gpointer key, gpointer value, gpointer user)
{
    (void)key;
    (void)user;
    POOL_FREE(NodeSaid, value);
}

void
said_clear(Said *said)
{
    ptr_map_foreach(&said->nodes, free_node, NULL);
    ptr_map_clear(&said->nodes);
}

static NodeSaid *
of_node(Said *said, const char *node)
{
    gpointer *place = ptr_map_place(&said->nodes, node);

    if (*place == NULL)
        *place = POOL_NEW0(NodeSaid);
    return *place;
}

static const char *
make_bind(const char *node)
{
    return str_internf("bind to %s", node);
}

const char *
said_bind(Said *said, const char *node)
{
    NodeSaid *of = of_node(said, node);

    if (of->bind == NULL)
        of->bind = make_bind(node);
    else if (caches_are_checked())
        g_assert(of->bind == make_bind(node));
    return of->bind;
}

static const char *
make_best(const char *node, guint n_feasible, guint n_all)
{
    return str_internf("%s: best of %u feasible nodes of %u", node, n_feasible, n_all);
}

const char *
said_best(Said *said, const char *node, guint n_feasible, guint n_all)
{
    NodeSaid *of = of_node(said, node);

    if (of->best == NULL || of->n_feasible != n_feasible || of->n_all != n_all) {
        of->best = make_best(node, n_feasible, n_all);
        of->n_feasible = n_feasible;
        of->n_all = n_all;
    } else if (caches_are_checked()) {
        g_assert(of->best == make_best(node, n_feasible, n_all));
    }
    return of->best;
}
