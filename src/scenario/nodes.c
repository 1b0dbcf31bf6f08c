/* nodes.c - names of the nodes that a scenario has; see scenario.h */

#include "scenario/scenario.h"

/*
 * Counted groups are numbered; one that is called just `node` is lettered, node-a,
 * node-b, so that a node is not mistaken for its number among all.
 */
const char *
scenario_group_node_name(const ScNodeGroup *group, guint index)
{
    if (!group->has_count)
        return group->name;
    if (str_is(group->name, "node") && group->first + index <= 26)
        return str_internf("node-%c", (char)('a' + group->first - 1 + index));
    return str_internf("%s-%" G_GINT64_FORMAT, group->name, group->first + index);
}

guint
scenario_group_size(const ScNodeGroup *group)
{
    /* Room for each machine to be given back and another to be given once. */
    return group->has_count ? MAX((guint)group->count, (guint)group->autoscale_max * 2) : 1;
}

GPtrArray *
scenario_node_names(const Scenario *scenario)
{
    GPtrArray *names = g_ptr_array_new();
    const ScList *groups = &scenario->spec.cluster.nodes;

    for (guint i = 0; i < groups->count; i++) {
        const ScNodeGroup *group = (const ScNodeGroup *)(gconstpointer)groups->items + i;

        for (guint k = 0; k < scenario_group_size(group); k++)
            g_ptr_array_add(names, (gpointer)scenario_group_node_name(group, k));
    }
    for (guint i = 0; i < scenario->nodes->len; i++) {
        const Value *node = g_array_index(scenario->nodes, ScManifest, i).value;
        const char *name = value_get_string(value_get(node, "metadata"), "name", NULL);
        if (name != NULL)
            g_ptr_array_add(names, (gpointer)name);
    }
    return names;
}

void
scenario_check_node_name(const ScReader *reader, const Scenario *scenario, const Value *at, const char *path, const char *name)
{
    g_autoptr(GPtrArray) names = scenario_node_names(scenario);
    const char *near;

    for (guint i = 0; i < names->len; i++)
        if (str_is(g_ptr_array_index(names, i), name))
            return;
    g_ptr_array_add(names, NULL);
    near = diag_nearest(name, (const char *const *)names->pdata);
    if (near == NULL)
        near = names->len > 1 ? g_ptr_array_index(names, 0) : "the name of a node";
    sc_error(reader, at, path, "there is no node '%s'; write %s", name, near);
}

const char *
scenario_pod_cidr_for(guint n_nodes)
{
    guint prefix = 16;

    while (prefix > 9 && n_nodes > 1u << (24 - prefix))
        prefix--;
    /* The range of 10.244.0.0 of that length: what is behind the prefix is 0. */
    return str_internf("10.%u.0.0/%u", 244u & (0xffu << (16 - prefix)) & 0xffu, prefix);
}
