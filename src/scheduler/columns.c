/* columns.c - see columns.h */

#include "scheduler/columns.h"

NodeNames *
node_names_ref(NodeNames *names)
{
    names->ref_count++;
    return names;
}

void
node_names_unref(NodeNames *names)
{
    if (names != NULL && --names->ref_count == 0)
        g_free(names);
}

void
node_columns_note(NodeColumns *columns, NodeInfo *node)
{
    node->generation = ++columns->generation;
    columns->changed[columns->generation % NODE_CHANGES] = node->slot;
}

void
node_columns_set(NodeColumns *columns, const GPtrArray *nodes, guint n_slots)
{
    guint n = nodes->len;

    node_names_unref(columns->names);
    columns->names = g_malloc(sizeof *columns->names + n * sizeof *columns->names->items);
    columns->names->ref_count = 1;
    columns->n = n;
    columns->version++;
    columns->nodes = g_renew(NodeInfo *, columns->nodes, column_room(n));
    columns->slots = g_renew(guint32, columns->slots, column_room(n));
    columns->places = g_renew(guint32, columns->places, MAX(n_slots, 1));
    columns->n_places = n_slots;
    for (guint i = 0; i < n_slots; i++)
        columns->places[i] = PLACE_NONE;
    for (guint i = 0; i < n; i++) {
        NodeInfo *node = nodes->pdata[i];

        node->order_index = i;
        columns->places[node->slot] = i;
        columns->nodes[i] = columns->nodes[i + n] = node;
        columns->slots[i] = columns->slots[i + n] = node->slot;
        columns->names->items[i] = node->name;
    }
}

void
node_columns_reset(NodeColumns *columns)
{
    columns->n = 0;
    columns->n_places = 0;
    columns->version++;
}

void
node_columns_clear(NodeColumns *columns)
{
    node_names_unref(columns->names);
    g_free(columns->nodes);
    g_free(columns->slots);
    g_free(columns->places);
    *columns = (NodeColumns){0};
}
