/* faults.c - see faults.h */

#include "scenario/faults.h"

#include "api/kinds.h"
#include "scenario/cloud.h"
#include "scenario/faults/common.h"

const char *const fault_mode_words[] = {"one", "all", "fixed", "percent", NULL};

const FaultDef *
fault_find(const char *name)
{
    for (guint i = 0; fault_defs[i] != NULL; i++)
        if (str_is(fault_defs[i]->name, name))
            return fault_defs[i];
    return NULL;
}

/* Where key @key of the fault stands, or the fault itself. */
const Value *
fault_place(const FaultArgs *args, const char *key)
{
    const Value *value = value_get_path(args->source, args->def->name, key, NULL);

    return value != NULL ? value : args->source;
}

/* The element of a list of names, or the one string that stands for it. */
static const Value *
name_place(const FaultArgs *args, const char *key, guint index)
{
    const Value *list = fault_place(args, key);

    return list->type == VALUE_LIST && index < list->count ? list->items[index] : list;
}

gboolean
scenario_has_cloud(const Scenario *scenario)
{
    const ScList *groups = &scenario->spec.cluster.nodes;

    for (guint i = 0; i < groups->count; i++)
        if (((const ScNodeGroup *)(gconstpointer)groups->items + i)->autoscale_max > 0)
            return TRUE;
    return scenario->spec.cluster.cloud.is_there;
}

static gboolean
is_other_machine(const Scenario *scenario, const char *name)
{
    const ScControlPlane *plane = &scenario->spec.cluster.control_plane;
    gint64 count = MAX(MAX(plane->etcd_members, plane->apiservers), MAX(plane->schedulers, plane->controller_managers));
    gint64 number;

    if (str_is(name, "control-plane") || str_is(name, "user") || str_is(name, "external"))
        return TRUE;
    return g_str_has_prefix(name, "control-plane-") && g_ascii_string_to_signed(name + strlen("control-plane-"), 10, 2, count, &number, NULL);
}

static void
check_targets(const ScReader *reader, const Scenario *scenario, const FaultArgs *args, const char *path)
{
    gboolean counts = str_is(args->mode, "fixed") || str_is(args->mode, "percent");

    g_autofree char *node_path = g_strdup_printf("%s.node", path);
    g_autofree char *nodes_path = g_strdup_printf("%s.nodes", path);

    if (args->node != NULL)
        scenario_check_node_name(reader, scenario, fault_place(args, "node"), node_path, args->node);
    for (guint i = 0; i < args->nodes.count; i++)
        scenario_check_node_name(reader, scenario, name_place(args, "nodes", i), nodes_path, args->nodes.items[i]);
    for (guint i = 0; i < args->peers.count; i++)
        if (!is_other_machine(scenario, args->peers.items[i]))
            scenario_check_node_name(reader, scenario, name_place(args, "peers", i), path, args->peers.items[i]);
    if (counts && args->value == 0)
        sc_error(reader, fault_place(args, "mode"), path, "mode: %s needs a number; write value: 1", args->mode);
    if (str_is(args->mode, "percent") && args->value > 100)
        sc_error(reader, fault_place(args, "value"), path, "%" G_GINT64_FORMAT " is no percentage; write a value from 1 to 100", args->value);
    if (args->mode != NULL && args->selector.count == 0)
        sc_error(reader, fault_place(args, "mode"), path, "mode: %s chooses among what a selector matches; write selector: {KEY: VALUE} beside it", args->mode);
    if (args->value > 0 && !counts)
        sc_error(reader, fault_place(args, "value"), path, "value belongs to mode; write mode: fixed or mode: percent beside it");
    if (args->def->takes_nodes && args->def->check == NULL && args->node == NULL && args->nodes.count == 0 && args->selector.count == 0)
        sc_error(reader, args->source, path, "no target; write node: NAME, nodes: [...] or selector: {...}");
}

/* It comes to an end by itself: a component's supervisor starts it again. */
static gboolean
ends_alone(const FaultDef *def)
{
    for (const ScField *field = def->fields; field->name != NULL; field++)
        if (str_is(field->name, "restart"))
            return TRUE;
    return def->end == NULL;
}

static void
check_random(const ScReader *reader, const FaultArgs *args, const char *path)
{
    if (args->has_mttf && args->mttf_ns == 0)
        sc_error(reader, fault_place(args, "mttf"), path, "a mean of 0s has no end of failures; write a time above 0");
    if (args->has_mttr && !args->has_mttf)
        sc_error(reader, fault_place(args, "mttr"), path, "mttr ends what mttf begins; write mttf: 10m beside it, or duration");
    if (args->has_mttr && args->has_duration)
        sc_error(reader, fault_place(args, "mttr"), path, "both duration and mttr; write one of them");
    if (args->has_mttf && !args->has_mttr && !args->has_duration && !ends_alone(args->def))
        sc_error(reader, fault_place(args, "mttf"), path, "it would fail once and stay so; write mttr: 1m beside it");
}

FaultArgs *
fault_read(const ScReader *reader, const Scenario *scenario, const Value *value, const char *path)
{
    FaultArgs *args;
    const FaultDef *def;
    g_autofree char *inner = NULL;

    if (value->type != VALUE_MAP || value->count != 1) {
        sc_error(reader, value, path, "a fault is one name with its targets; write fault: {nodePowerOff: {node: worker-2}}");
        return NULL;
    }
    def = fault_find(value->keys[0]);
    if (def == NULL) {
        g_autoptr(GPtrArray) names = g_ptr_array_new();
        const char *near;

        for (guint i = 0; fault_defs[i] != NULL; i++)
            g_ptr_array_add(names, (gpointer)fault_defs[i]->name);
        g_ptr_array_add(names, NULL);
        near = diag_nearest(value->keys[0], (const char *const *)names->pdata);
        {
            g_autofree char *all = g_strjoinv(", ", (char **)names->pdata);
            diag_add(reader->diag, DIAG_ERROR, sc_key_pos(reader, value, 0), path, "unknown fault '%s'; write %s%s", value->keys[0], near != NULL ? "" : "one of ", near != NULL ? near : all);
        }
        return NULL;
    }
    args = g_new0(FaultArgs, 1);
    args->def = def;
    args->source = value;
    sc_defaults(def->fields, args);
    inner = g_strdup_printf("%s.%s", path, def->name);
    if (value->items[0]->type == VALUE_MAP)
        sc_read(reader, def->fields, args, value->items[0], inner);
    else if (value->items[0]->type != VALUE_NULL)
        sc_error(reader, value->items[0], inner, "this is no map; write {%s: {KEY: VALUE}}", def->name);
    check_targets(reader, scenario, args, inner);
    if (def->check != NULL)
        def->check(reader, scenario, args, inner);
    if (args->has_duration && def->end == NULL)
        sc_error(reader, fault_place(args, "duration"), inner, "%s cannot be undone; leave duration out", def->name);
    check_random(reader, args, inner);
    return args;
}

void
fault_args_free(FaultArgs *args)
{
    if (args == NULL)
        return;
    sc_clear(args->def->fields, args);
    g_free(args);
}

/* --- at run time -------------------------------------------------------------------------- */

static gboolean
node_matches(Cluster *cluster, const ClusterNode *node, const LabelList *selector)
{
    const ApiObject *object = apiserver_peek(cluster->server, &node_kind, NULL, node->name);

    for (guint i = 0; i < selector->count; i++)
        if (object == NULL || !str_is(str_map_get(&object->meta->labels, selector->items[i].key), selector->items[i].value))
            return FALSE;
    return TRUE;
}

static GPtrArray *
pick_nodes(Cluster *cluster, const FaultArgs *args)
{
    GPtrArray *picked = g_ptr_array_new();
    Rng *rng = rng_stream(cluster->sim, "fault/nodes");
    guint wanted;

    if (!args->def->takes_nodes)
        return picked;
    if (args->component != NULL && args->has_member)
        g_ptr_array_add(picked, cluster_member_machine(cluster, args->component, (guint)args->member));
    else if (args->component != NULL && cluster_leader_machine(cluster, args->component) != NULL)
        g_ptr_array_add(picked, cluster_leader_machine(cluster, args->component));
    for (guint i = 0; i < cluster->nodes->len; i++) {
        const ClusterNode *node = g_ptr_array_index(cluster->nodes, i);
        gboolean is_named = str_is(args->node, node->name);

        for (guint k = 0; k < args->nodes.count; k++)
            is_named = is_named || str_is(args->nodes.items[k], node->name);
        if (cloud_is_terminated(cluster->cloud, node->name))
            continue;
        if (is_named || (args->selector.count > 0 && node_matches(cluster, node, &args->selector)))
            g_ptr_array_add(picked, node->machine);
    }
    if (args->selector.count == 0)
        return picked;
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

char *
fault_node_words(Machine *const *nodes, guint n_nodes)
{
    if (n_nodes == 0)
        return g_strdup("no node");
    if (n_nodes == 1)
        return g_strdup(machine_name(nodes[0]));
    if (n_nodes == 2)
        return g_strdup_printf("%s and %s", machine_name(nodes[0]), machine_name(nodes[1]));
    return g_strdup_printf("%s, %s and %u more", machine_name(nodes[0]), machine_name(nodes[1]), n_nodes - 2);
}

char *
fault_begin(Cluster *cluster, const FaultArgs *args, GPtrArray **out_nodes)
{
    GPtrArray *nodes = pick_nodes(cluster, args);
    char *missed = args->def->misses != NULL ? args->def->misses(cluster, args) : NULL;
    char *sentence = missed != NULL ? missed : args->def->tell(args, (Machine *const *)nodes->pdata, nodes->len);

    sim_trace(cluster->sim, "scenario", "fault", NULL, args->def->name, "%s", sentence);
    if (missed == NULL)
        args->def->begin(cluster, args, (Machine *const *)nodes->pdata, nodes->len);
    *out_nodes = nodes;
    return sentence;
}

/* "worker-2", "the scheduler", "the kube-proxy of worker-2": what was hit, for a sentence. */
static char *
hit_words(const FaultArgs *args, const GPtrArray *nodes)
{
    g_autofree char *who = fault_node_words((Machine *const *)nodes->pdata, nodes->len);

    if (args->component == NULL)
        return g_steal_pointer(&who);
    return nodes->len > 0 ? g_strdup_printf("the %s of %s", args->component, who)
                          : g_strdup_printf("the %s", args->component);
}

char *
fault_end(Cluster *cluster, const FaultArgs *args, GPtrArray *nodes)
{
    g_autofree char *what = hit_words(args, nodes);
    const char *over = args->def->over;
    char *sentence = over == NULL         ? g_strdup_printf("%s ends", args->def->name)
                     : g_str_has_prefix(over, "is ") && nodes->len > 1 && args->component == NULL
                         ? g_strdup_printf("%s are %s", what, over + strlen("is "))
                     : args->def->takes_nodes || args->component != NULL ? g_strdup_printf("%s %s", what, over)
                                                                         : g_strdup(over);

    sim_trace(cluster->sim, "scenario", "fault-end", NULL, args->def->name, "%s", sentence);
    if (args->def->end != NULL)
        args->def->end(cluster, args, (Machine *const *)nodes->pdata, nodes->len);
    return sentence;
}
