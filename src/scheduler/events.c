/* events.c - what an update changed, in the words of the queueing hints; see queue.h */

#include "scheduler/queue.h"

#include "scheduler/amounts.h"

static gboolean
requests_shrank(const ApiObject *old, const ApiObject *pod)
{
    Amounts before;
    Amounts now;
    gboolean is_less;

    if (old->spec == pod->spec && !amounts_pod_is_resizing(old) && !amounts_pod_is_resizing(pod))
        return FALSE;
    amounts_of_pod(&before, old, REQUEST_REAL);
    amounts_of_pod(&now, pod, REQUEST_REAL);
    is_less = now.cpu_milli < before.cpu_milli || now.memory_bytes < before.memory_bytes ||
              now.ephemeral_bytes < before.ephemeral_bytes;
    for (guint i = 0; i < before.n_scalars; i++)
        is_less |= amounts_scalar(&now, before.scalars[i].name) < before.scalars[i].amount;
    amounts_clear(&before);
    amounts_clear(&now);
    return is_less;
}

static gboolean
tolerations_differ(const TolerationList *a, const TolerationList *b)
{
    if (a->count != b->count)
        return TRUE;
    for (guint i = 0; i < a->count; i++) {
        if (!api_struct_equal(&toleration_type, &a->items[i], &b->items[i]))
            return TRUE;
    }
    return FALSE;
}

/* v1.34 pkg/scheduler/framework/events.go: PodSchedulingPropertiesChange */
guint
cluster_events_of_pod(const ApiObject *old, const ApiObject *pod)
{
    guint events = 0;

    if (!str_map_equal(&old->meta->labels, &pod->meta->labels))
        events |= EVENT_POD_LABEL;
    if (requests_shrank(old, pod))
        events |= EVENT_POD_SCALE_DOWN;
    if (pod_spec(old)->scheduling_gates.count > 0 && pod_spec(pod)->scheduling_gates.count == 0)
        events |= EVENT_POD_GATES;
    if (old->spec != pod->spec &&
        tolerations_differ(&pod_spec(old)->tolerations, &pod_spec(pod)->tolerations))
        events |= EVENT_POD_TOLERATION;
    return events == 0 ? EVENT_POD_OTHER : events;
}

static gboolean
taints_differ(const TaintList *a, const TaintList *b)
{
    if (a->count != b->count)
        return TRUE;
    for (guint i = 0; i < a->count; i++) {
        const Taint *x = &a->items[i];
        const Taint *y = &b->items[i];

        if (!str_is(x->key, y->key) || !str_is(x->value, y->value) ||
            !str_is(x->effect, y->effect) || x->time_added != y->time_added)
            return TRUE;
    }
    return FALSE;
}

static gboolean
quantities_differ(const QuantityMap *a, const QuantityMap *b)
{
    if (a->count != b->count)
        return TRUE;
    for (guint i = 0; i < a->count; i++) {
        if (a->items[i].key != b->items[i].key || a->items[i].value.nano != b->items[i].value.nano)
            return TRUE;
    }
    return FALSE;
}

static gboolean
conditions_differ(const ConditionList *a, const ConditionList *b)
{
    for (guint i = 0; i < a->count; i++) {
        const Condition *now = condition_find(b, a->items[i].type);

        if (now == NULL || !str_is(now->status, a->items[i].status))
            return TRUE;
    }
    return a->count != b->count;
}

/* v1.34 pkg/scheduler/framework/events.go: NodeSchedulingPropertiesChange */
guint
cluster_events_of_node(const ApiObject *old, const ApiObject *node)
{
    guint events = 0;

    if (old->spec != node->spec &&
        (taints_differ(&node_spec(old)->taints, &node_spec(node)->taints) ||
         (node_spec(old)->unschedulable && !node_spec(node)->unschedulable)))
        events |= EVENT_NODE_TAINT;
    if (old->status != node->status) {
        if (quantities_differ(&node_status(old)->allocatable, &node_status(node)->allocatable))
            events |= EVENT_NODE_ALLOCATABLE;
        if (conditions_differ(&node_status(old)->conditions, &node_status(node)->conditions))
            events |= EVENT_NODE_CONDITION;
    }
    if (old->meta != node->meta) {
        if (!str_map_equal(&old->meta->labels, &node->meta->labels))
            events |= EVENT_NODE_LABEL;
        if (!str_map_equal(&old->meta->annotations, &node->meta->annotations))
            events |= EVENT_NODE_ANNOTATION;
    }
    return events;
}
