/* nodes.c - see nodes.h */
#include "tests/controllers/nodes.h"

Mini *
cluster_of(guint nodes, const char *zone)
{
    Mini *mini = mini_new();

    mini->state = lifecycle_state_new();
    for (guint i = 0; i < nodes; i++)
        mini_add(mini, make_node(str_internf("n%u", i), zone));
    NODES_TICK(mini);
    return mini;
}

void
nodes_drop(Mini *mini)
{
    lifecycle_state_free(mini->state);
    mini_free(mini);
}

void
heartbeat(Mini *mini, guint silent)
{
    for (guint i = silent; i < mini_count(mini, &node_kind); i++) {
        ApiObject *node = mini_edit(mini, &node_kind, str_internf("n%u", i));
        NodeStatus *status = api_edit_status(node);

        status->conditions.items[0].last_heartbeat_time = mini_wall_ns(mini);
        mini_put(mini, node);
    }
}

void
pass_time(Mini *mini, guint seconds, guint silent)
{
    for (guint i = 0; i < seconds / 5; i++) {
        mini->now_ns += 5 * NS_PER_S + NS_PER_MS;
        heartbeat(mini, silent);
        NODES_TICK(mini);
        for (guint k = 0; k < mini_count(mini, &node_kind); k++) {
            g_autofree char *log = g_strdup(mini->log->str);

            NODES_SYNC(mini, api_name(mini_nth(mini, &node_kind, k)));
            g_string_assign(mini->log, log);
        }
    }
}

const char *
taints_of(Mini *mini, guint index)
{
    const TaintList *taints = &node_spec(mini_nth(mini, &node_kind, index))->taints;
    const char *text = "";

    for (guint i = 0; i < taints->count; i++)
        text = str_internf("%s%s%s:%s", text, i == 0 ? "" : " ",
                           strrchr(taints->items[i].key, '/') + 1, taints->items[i].effect);
    return text;
}

Zone *
zone_named(Mini *mini, const char *name)
{
    LifecycleState *state = mini->state;

    for (guint i = 0; i < state->zones->len; i++)
        if (str_is(((Zone *)state->zones->pdata[i])->name, name))
            return state->zones->pdata[i];
    ck_abort_msg("no zone %s", name);
    return NULL;
}

Mini *
two_zones(guint a, guint b)
{
    Mini *mini = mini_new();

    mini->state = lifecycle_state_new();
    for (guint i = 0; i < a + b; i++)
        mini_add(mini, make_node(str_internf("n%u", i), i < a ? "a" : "b"));
    NODES_TICK(mini);
    return mini;
}

guint
count_tainted(Mini *mini)
{
    guint count = 0;

    for (guint i = 0; i < mini_count(mini, &node_kind); i++)
        count += node_has_taint(mini_nth(mini, &node_kind, i), TAINT_UNREACHABLE, "NoExecute");
    return count;
}

void
set_ready(Mini *mini, guint index, const char *status)
{
    ApiObject *node = mini_edit(mini, &node_kind, str_internf("n%u", index));
    NodeStatus *now = api_edit_status(node);

    if (status == NULL)
        now->conditions.count = 0;
    else
        set_condition(&now->conditions, "Ready", status, NULL, 0);
    mini_put(mini, node);
}

void
exclude(Mini *mini, guint count)
{
    for (guint i = 0; i < count; i++) {
        ApiObject *node = mini_edit(mini, &node_kind, str_internf("n%u", i));

        str_map_set(&api_edit_meta(node)->labels, str_intern("node.kubernetes.io/exclude-disruption"), str_intern(""));
        mini_put(mini, node);
    }
}
