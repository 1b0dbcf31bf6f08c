/* pod_info.c - see pod_info.h */

#include "scheduler/pod_info.h"

#include "base/pool.h"
#include "base/ptr_map.h"

/* Shapes that outlive their pods. */
#define KEPT_MAX 64

struct PodShapes {
    PtrMap by_spec; /* spec -> PodShape (borrowed) */
    GQueue kept;    /* of PodShape (owned refs), oldest first */
};

PodShapes *
pod_shapes_new(void)
{
    PodShapes *shapes = g_new0(PodShapes, 1);

    g_queue_init(&shapes->kept);
    return shapes;
}

void
pod_shapes_free(PodShapes *shapes)
{
    if (shapes == NULL)
        return;
    pod_shapes_clear(shapes);
    g_assert(shapes->by_spec.count == 0);
    ptr_map_clear(&shapes->by_spec);
    g_free(shapes);
}

static void
shape_add_terms(PodTermList *required, PodTermList *preferred, const PodAffinity *affinity)
{
    if (affinity == NULL)
        return;
    for (guint i = 0; i < affinity->required.count; i++)
        API_LIST_ADD(required)->term = &affinity->required.items[i];
    for (guint i = 0; i < affinity->preferred.count; i++) {
        PodTerm *term = API_LIST_ADD(preferred);

        term->term = &affinity->preferred.items[i].term;
        term->weight = affinity->preferred.items[i].weight;
    }
}

static void
shape_add_ports(PodShape *shape, const Container *container)
{
    for (guint i = 0; i < container->ports.count; i++) {
        const ContainerPort *port = &container->ports.items[i];
        HostPort *used;

        if (port->host_port <= 0)
            continue;
        used = API_LIST_ADD(&shape->ports);
        used->ip = str_intern(str_is_empty(port->host_ip) ? "0.0.0.0" : port->host_ip);
        used->protocol = str_intern(str_is_empty(port->protocol) ? "TCP" : port->protocol);
        used->port = port->host_port;
    }
}

static PodShape *
shape_new(const ApiObject *pod)
{
    PodShape *shape = g_new0(PodShape, 1);
    const PodSpec *spec;
    Amounts non_zero;

    shape->ref_count = 1;
    shape->spec = api_part_ref(pod->spec);
    spec = shape->spec;
    amounts_of_pod(&shape->requests, pod, REQUEST_REAL);
    amounts_of_pod(&non_zero, pod, REQUEST_SCORED);
    shape->scored_cpu_milli = non_zero.cpu_milli;
    shape->scored_memory_bytes = non_zero.memory_bytes;
    amounts_clear(&non_zero);
    amounts_of_pod(&non_zero, pod, REQUEST_ON_NODE);
    shape->non_zero_cpu_milli = non_zero.cpu_milli;
    shape->non_zero_memory_bytes = non_zero.memory_bytes;
    amounts_clear(&non_zero);
    if (spec->affinity != NULL) {
        shape_add_terms(&shape->required_affinity, &shape->preferred_affinity,
                        spec->affinity->pod_affinity);
        shape_add_terms(&shape->required_anti, &shape->preferred_anti,
                        spec->affinity->pod_anti_affinity);
    }
    /* v1.34 pkg/scheduler/util: GetHostPorts: app containers and sidecars. */
    for (guint i = 0; i < spec->containers.count; i++)
        shape_add_ports(shape, &spec->containers.items[i]);
    for (guint i = 0; i < spec->init_containers.count; i++) {
        if (container_is_sidecar(&spec->init_containers.items[i]))
            shape_add_ports(shape, &spec->init_containers.items[i]);
    }
    return shape;
}

void
pod_shape_unref(PodShape *shape)
{
    if (--shape->ref_count > 0)
        return;
    if (shape->owner != NULL)
        ptr_map_take(&shape->owner->by_spec, shape->spec);
    api_part_unref(shape->spec);
    amounts_clear(&shape->requests);
    g_free(shape->required_affinity.items);
    g_free(shape->required_anti.items);
    g_free(shape->preferred_affinity.items);
    g_free(shape->preferred_anti.items);
    g_free(shape->ports.items);
    g_free(shape->local);
    g_free(shape->columns.refusal);
    g_free(shape->columns.refusals.items);
    g_free(shape->columns.fit);
    g_free(shape->columns.balanced);
    g_free(shape);
}

void
pod_shapes_keep(PodShapes *shapes, PodShape *shape)
{
    if (shape->is_kept || shape->owner != shapes)
        return;
    shape->is_kept = TRUE;
    shape->ref_count++;
    g_queue_push_tail(&shapes->kept, shape);
    if (shapes->kept.length > KEPT_MAX) {
        PodShape *oldest = g_queue_pop_head(&shapes->kept);

        oldest->is_kept = FALSE;
        pod_shape_unref(oldest);
    }
}

void
pod_shapes_clear(PodShapes *shapes)
{
    while (shapes->kept.length > 0) {
        PodShape *shape = g_queue_pop_head(&shapes->kept);

        shape->is_kept = FALSE;
        pod_shape_unref(shape);
    }
}

PodShape *
pod_shape_get(PodShapes *shapes, const ApiObject *pod)
{
    PodShape *shape;

    if (amounts_pod_is_resizing(pod))
        return shape_new(pod);
    shape = ptr_map_get(&shapes->by_spec, pod->spec);
    if (shape != NULL) {
        shape->ref_count++;
        return shape;
    }
    shape = shape_new(pod);
    shape->owner = shapes;
    ptr_map_set(&shapes->by_spec, shape->spec, shape);
    return shape;
}

PodShape *
pod_shape_again(PodShapes *shapes, const ApiObject *pod, PodShape *before)
{
    if (before->spec != pod->spec || before->owner != shapes || amounts_pod_is_resizing(pod))
        return pod_shape_get(shapes, pod);
    before->ref_count++;
    return before;
}

gint32
pod_priority(const ApiObject *pod)
{
    return pod_spec(pod)->priority.is_set ? pod_spec(pod)->priority.value : 0;
}

PodInfo *
pod_info_new(PodShapes *shapes, const ApiObject *pod)
{
    PodInfo *info = POOL_NEW0(PodInfo);

    pod_info_set(info, shapes, pod);
    return info;
}

void
pod_info_take(PodInfo *info, const ApiObject *pod, PodShape *shape)
{
    PodShape *old = info->shape;
    ApiObject *before = info->pod;

    info->pod = api_object_ref(pod);
    info->shape = shape;
    info->key = api_key(pod);
    info->priority = pod_priority(pod);
    if (old != NULL)
        pod_shape_unref(old);
    api_object_unref(before);
}

void
pod_info_set(PodInfo *info, PodShapes *shapes, const ApiObject *pod)
{
    g_assert(info->node == NULL);
    pod_info_take(info, pod, pod_shape_get(shapes, pod));
}

void
pod_info_free(gpointer data)
{
    PodInfo *info = data;

    if (info == NULL)
        return;
    pod_shape_unref(info->shape);
    api_object_unref(info->pod);
    POOL_FREE(PodInfo, info);
}
