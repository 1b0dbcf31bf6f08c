/* node_tree.c - see node_tree.h */

#include "scheduler/node_tree.h"

typedef struct {
    const char *key;  /* interned */
    GPtrArray *nodes; /* of NodeInfo (borrowed) */
} Zone;

struct NodeTree {
    GPtrArray *zones;   /* of Zone (owned) */
    GHashTable *by_key; /* key -> Zone */
};

static void
zone_free(gpointer data)
{
    Zone *zone = data;

    g_ptr_array_free(zone->nodes, TRUE);
    g_free(zone);
}

NodeTree *
node_tree_new(void)
{
    NodeTree *tree = g_new0(NodeTree, 1);

    tree->zones = g_ptr_array_new_with_free_func(zone_free);
    tree->by_key = g_hash_table_new(NULL, NULL);
    return tree;
}

void
node_tree_free(NodeTree *tree)
{
    if (tree == NULL)
        return;
    g_hash_table_destroy(tree->by_key);
    g_ptr_array_free(tree->zones, TRUE);
    g_free(tree);
}

void
node_tree_add(NodeTree *tree, NodeInfo *node, const char *zone_key)
{
    Zone *zone = g_hash_table_lookup(tree->by_key, zone_key);

    if (zone == NULL) {
        zone = g_new0(Zone, 1);
        zone->key = zone_key;
        zone->nodes = g_ptr_array_new();
        g_ptr_array_add(tree->zones, zone);
        g_hash_table_insert(tree->by_key, (gpointer)zone_key, zone);
    }
    g_ptr_array_add(zone->nodes, node);
}

void
node_tree_remove(NodeTree *tree, NodeInfo *node, const char *zone_key)
{
    Zone *zone = g_hash_table_lookup(tree->by_key, zone_key);

    if (zone == NULL)
        return;
    g_ptr_array_remove(zone->nodes, node);
    if (zone->nodes->len == 0) {
        g_hash_table_remove(tree->by_key, zone_key);
        g_ptr_array_remove(tree->zones, zone);
    }
}

void
node_tree_list(const NodeTree *tree, GPtrArray *out)
{
    guint row = 0;
    gboolean is_more = TRUE;

    g_ptr_array_set_size(out, 0);
    while (is_more) {
        is_more = FALSE;
        for (guint i = 0; i < tree->zones->len; i++) {
            const Zone *zone = tree->zones->pdata[i];

            if (row >= zone->nodes->len)
                continue;
            g_ptr_array_add(out, zone->nodes->pdata[row]);
            is_more = TRUE;
        }
        row++;
    }
}
