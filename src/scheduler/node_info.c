/* node_info.c - see node_info.h */

#include "scheduler/node_info.h"

NodeInfo *
node_info_new(const char *name)
{
    NodeInfo *info = g_new0(NodeInfo, 1);

    info->name = str_intern(name);
    info->pods = g_ptr_array_new();
    info->affinity_pods = g_ptr_array_new();
    info->required_anti_pods = g_ptr_array_new();
    info->order_index = info->affinity_place = info->anti_place = G_MAXUINT;
    return info;
}

void
node_info_free(gpointer data)
{
    NodeInfo *info = data;

    if (info == NULL)
        return;
    api_object_unref(info->node);
    amounts_clear(&info->allocatable);
    amounts_clear(&info->requested);
    g_ptr_array_free(info->pods, TRUE);
    g_ptr_array_free(info->affinity_pods, TRUE);
    g_ptr_array_free(info->required_anti_pods, TRUE);
    g_free(info->ports.items);
    g_free(info);
}

static void
copy_array(GPtrArray *to, const GPtrArray *from)
{
    for (guint i = 0; i < from->len; i++)
        g_ptr_array_add(to, from->pdata[i]);
}

NodeInfo *
node_info_copy(const NodeInfo *from)
{
    NodeInfo *copy = node_info_new(from->name);

    copy->node = from->node == NULL ? NULL : api_object_ref(from->node);
    amounts_copy(&copy->allocatable, &from->allocatable);
    amounts_copy(&copy->requested, &from->requested);
    copy->non_zero_cpu_milli = from->non_zero_cpu_milli;
    copy->non_zero_memory_bytes = from->non_zero_memory_bytes;
    copy->zone_key = from->zone_key;
    copy->is_unschedulable = from->is_unschedulable;
    copy->n_prefer_taints = from->n_prefer_taints;
    copy->n_hard_taints = from->n_hard_taints;
    copy->order_index = from->order_index;
    copy->slot = from->slot;
    copy_array(copy->pods, from->pods);
    copy_array(copy->affinity_pods, from->affinity_pods);
    copy_array(copy->required_anti_pods, from->required_anti_pods);
    for (guint i = 0; i < from->ports.count; i++)
        *API_LIST_ADD(&copy->ports) = from->ports.items[i];
    return copy;
}

/* v1.34 component-helpers node/topology: GetZoneKey: region, separator, zone; the old labels win. */
static const char *
zone_key_of(const ApiObject *node)
{
    const StrMap *labels = &node->meta->labels;
    const char *zone = str_map_get(labels, "failure-domain.beta.kubernetes.io/zone");
    const char *region = str_map_get(labels, "failure-domain.beta.kubernetes.io/region");

    if (zone == NULL)
        zone = str_map_get(labels, "topology.kubernetes.io/zone");
    if (region == NULL)
        region = str_map_get(labels, "topology.kubernetes.io/region");
    if (str_is_empty(zone) && str_is_empty(region))
        return str_intern("");
    return str_internf("%s:\001:%s", region == NULL ? "" : region, zone == NULL ? "" : zone);
}

void
node_info_set_node(NodeInfo *info, const ApiObject *node)
{
    ApiObject *old = info->node;

    info->node = node == NULL ? NULL : api_object_ref(node);
    api_object_unref(old);
    info->n_prefer_taints = info->n_hard_taints = 0;
    info->is_unschedulable = node != NULL && node_spec(node)->unschedulable;
    if (node == NULL) {
        amounts_clear(&info->allocatable);
        return;
    }
    amounts_set_map(&info->allocatable, &node_status(node)->allocatable);
    info->zone_key = zone_key_of(node);
    for (guint i = 0; i < node_spec(node)->taints.count; i++) {
        if (str_is(node_spec(node)->taints.items[i].effect, "PreferNoSchedule"))
            info->n_prefer_taints++;
        else
            info->n_hard_taints++;
    }
}

/* --- pods ---------------------------------------------------------------------------------------------- */

static void
add_sums(NodeInfo *info, const PodShape *shape)
{
    amounts_add(&info->requested, &shape->requests);
    info->non_zero_cpu_milli += shape->non_zero_cpu_milli;
    info->non_zero_memory_bytes += shape->non_zero_memory_bytes;
    for (guint i = 0; i < shape->ports.count; i++)
        *API_LIST_ADD(&info->ports) = shape->ports.items[i];
}

static void
subtract_sums(NodeInfo *info, const PodShape *shape)
{
    amounts_subtract(&info->requested, &shape->requests);
    info->non_zero_cpu_milli -= shape->non_zero_cpu_milli;
    info->non_zero_memory_bytes -= shape->non_zero_memory_bytes;
    for (guint i = 0; i < shape->ports.count; i++) {
        const HostPort *port = &shape->ports.items[i];

        for (guint k = 0; k < info->ports.count; k++) {
            const HostPort *used = &info->ports.items[k];

            if (used->port == port->port && used->ip == port->ip &&
                used->protocol == port->protocol) {
                api_list_remove((ApiList *)&info->ports, sizeof(HostPort), k);
                break;
            }
        }
    }
}

void
node_info_add_pod(NodeInfo *info, PodInfo *pod)
{
    g_assert(pod->node == NULL);
    pod->node = info;
    pod->index = info->pods->len;
    g_ptr_array_add(info->pods, pod);
    if (pod_info_has_affinity(pod)) {
        pod->affinity_index = info->affinity_pods->len;
        g_ptr_array_add(info->affinity_pods, pod);
    }
    if (pod->shape->required_anti.count > 0) {
        pod->anti_index = info->required_anti_pods->len;
        g_ptr_array_add(info->required_anti_pods, pod);
    }
    add_sums(info, pod->shape);
}

/* The last one takes the place of one that goes. */
static void
leave_list(GPtrArray *list, guint index, gsize index_offset)
{
    g_ptr_array_remove_index_fast(list, index);
    if (index < list->len)
        *(guint *)((char *)list->pdata[index] + index_offset) = index;
}

void
node_info_remove_pod(NodeInfo *info, PodInfo *pod)
{
    g_assert(pod->node == info);
    leave_list(info->pods, pod->index, offsetof(PodInfo, index));
    if (pod_info_has_affinity(pod))
        leave_list(info->affinity_pods, pod->affinity_index, offsetof(PodInfo, affinity_index));
    if (pod->shape->required_anti.count > 0)
        leave_list(info->required_anti_pods, pod->anti_index, offsetof(PodInfo, anti_index));
    pod->node = NULL;
    subtract_sums(info, pod->shape);
}

/* Changes places with the last one. */
static void
go_last(GPtrArray *list, PodInfo *pod, gsize index_offset)
{
    guint *index = (guint *)((char *)pod + index_offset);
    PodInfo *last = list->pdata[list->len - 1];

    list->pdata[*index] = last;
    *(guint *)((char *)last + index_offset) = *index;
    list->pdata[list->len - 1] = pod;
    *index = list->len - 1;
}

void
node_info_renew_pod(NodeInfo *info, PodInfo *pod)
{
    go_last(info->pods, pod, offsetof(PodInfo, index));
    if (pod_info_has_affinity(pod))
        go_last(info->affinity_pods, pod, offsetof(PodInfo, affinity_index));
    if (pod->shape->required_anti.count > 0)
        go_last(info->required_anti_pods, pod, offsetof(PodInfo, anti_index));
}

void
node_info_try_add(NodeInfo *info, const PodInfo *pod)
{
    g_ptr_array_add(info->pods, (gpointer)pod);
    if (pod_info_has_affinity(pod))
        g_ptr_array_add(info->affinity_pods, (gpointer)pod);
    if (pod->shape->required_anti.count > 0)
        g_ptr_array_add(info->required_anti_pods, (gpointer)pod);
    add_sums(info, pod->shape);
}

void
node_info_try_remove(NodeInfo *info, const PodInfo *pod)
{
    g_ptr_array_remove_fast(info->pods, (gpointer)pod);
    if (pod_info_has_affinity(pod))
        g_ptr_array_remove_fast(info->affinity_pods, (gpointer)pod);
    if (pod->shape->required_anti.count > 0)
        g_ptr_array_remove_fast(info->required_anti_pods, (gpointer)pod);
    subtract_sums(info, pod->shape);
}

/* v1.34 pkg/scheduler/framework/types.go: HostPortInfo.CheckConflict */
gboolean
host_port_conflicts(const HostPortList *used, const HostPort *wanted)
{
    for (guint i = 0; i < used->count; i++) {
        const HostPort *port = &used->items[i];

        if (port->port != wanted->port || !str_is(port->protocol, wanted->protocol))
            continue;
        if (str_is(port->ip, "0.0.0.0") || str_is(wanted->ip, "0.0.0.0") ||
            str_is(port->ip, wanted->ip))
            return TRUE;
    }
    return FALSE;
}
