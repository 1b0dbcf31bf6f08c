/* nominator.c - see nominator.h */

#include "scheduler/nominator.h"

typedef struct {
    const char *node_name;
    PodInfo *info; /* (owned) */
} Nomination;

struct Nominator {
    PodShapes *shapes;   /* (borrowed) */
    GHashTable *by_pod;  /* key -> Nomination (owned) */
    GHashTable *by_node; /* node name -> GPtrArray of PodInfo (borrowed) */
};

static void
nomination_free(gpointer data)
{
    Nomination *nomination = data;

    pod_info_free(nomination->info);
    g_free(nomination);
}

static void
array_free(gpointer data)
{
    g_ptr_array_free(data, TRUE);
}

Nominator *
nominator_new(PodShapes *shapes)
{
    Nominator *nominator = g_new0(Nominator, 1);

    nominator->shapes = shapes;
    nominator->by_pod = g_hash_table_new_full(NULL, NULL, NULL, nomination_free);
    nominator->by_node = g_hash_table_new_full(NULL, NULL, NULL, array_free);
    return nominator;
}

void
nominator_free(Nominator *nominator)
{
    if (nominator == NULL)
        return;
    g_hash_table_destroy(nominator->by_node);
    g_hash_table_destroy(nominator->by_pod);
    g_free(nominator);
}

void
nominator_clear(Nominator *nominator)
{
    g_hash_table_remove_all(nominator->by_node);
    g_hash_table_remove_all(nominator->by_pod);
}

void
nominator_remove(Nominator *nominator, const char *key)
{
    Nomination *nomination = g_hash_table_lookup(nominator->by_pod, key);
    GPtrArray *pods;

    if (nomination == NULL)
        return;
    pods = g_hash_table_lookup(nominator->by_node, nomination->node_name);
    g_ptr_array_remove(pods, nomination->info);
    if (pods->len == 0)
        g_hash_table_remove(nominator->by_node, nomination->node_name);
    g_hash_table_remove(nominator->by_pod, key);
}

void
nominator_add(Nominator *nominator, const ApiObject *pod, const char *node_name)
{
    Nomination *nomination;
    GPtrArray *pods;

    nominator_remove(nominator, api_key(pod));
    if (node_name == NULL && pod_status(pod) != NULL)
        node_name = pod_status(pod)->nominated_node_name;
    if (str_is_empty(node_name))
        return;
    nomination = g_new0(Nomination, 1);
    nomination->node_name = str_intern(node_name);
    nomination->info = pod_info_new(nominator->shapes, pod);
    g_hash_table_insert(nominator->by_pod, (gpointer)api_key(pod), nomination);
    pods = g_hash_table_lookup(nominator->by_node, nomination->node_name);
    if (pods == NULL) {
        pods = g_ptr_array_new();
        g_hash_table_insert(nominator->by_node, (gpointer)nomination->node_name, pods);
    }
    g_ptr_array_add(pods, nomination->info);
}

void
nominator_update(Nominator *nominator, const ApiObject *old, const ApiObject *pod)
{
    const char *kept = NULL;

    /* An update that comes before the API knows of a nomination must not lose it. */
    if (str_is_empty(pod_status(old)->nominated_node_name) &&
        str_is_empty(pod_status(pod)->nominated_node_name))
        kept = nominator_node_of(nominator, api_key(pod));
    nominator_add(nominator, pod, kept);
}

const GPtrArray *
nominator_list(const Nominator *nominator, const char *node_name)
{
    return g_hash_table_lookup(nominator->by_node, node_name);
}

const char *
nominator_node_of(const Nominator *nominator, const char *key)
{
    const Nomination *nomination = g_hash_table_lookup(nominator->by_pod, key);

    return nomination == NULL ? NULL : nomination->node_name;
}

guint
nominator_count(const Nominator *nominator)
{
    return g_hash_table_size(nominator->by_pod);
}
