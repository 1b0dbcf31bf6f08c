#include "controllers/endpointslice_sync.h"

/* A change of a slice by somebody else is answered after a second at the earliest. */
#define SLICE_DELAY_NS NS_PER_S

static gint64
batch_ns(Controller *controller)
{
    return controllers_config_of(controller_config(controller))->endpoint_batch_period_ns;
}

static void
on_service(Controller *controller, const ApiObject *old, const ApiObject *object)
{
    controller_enqueue_object(controller, object != NULL ? object : old);
}

/* --- pods -------------------------------------------------------------------------------------------- */

typedef enum { MATCHES_NEW, MATCHES_EITHER, MATCHES_ONE } Membership;

gboolean
service_selects(const ApiObject *service, const ApiObject *pod)
{
    const StrMap *selector = &service_spec(service)->selector;

    return selector->count > 0 && str_map_contains_all(&pod->meta->labels, selector);
}

static void
wake_services(Controller *controller,
              const ApiObject *old,
              const ApiObject *pod,
              Membership membership,
              ServiceWake wake)
{
    View *view = controller_view(controller);
    GPtrArray *services = view_scratch(view);

    view_list(view, &service_kind, api_namespace(pod), services);
    for (guint i = 0; i < services->len; i++) {
        const ApiObject *service = services->pdata[i];
        gboolean in_new = service_selects(service, pod);
        gboolean in_old = membership != MATCHES_NEW && service_selects(service, old);

        if (membership == MATCHES_ONE ? in_new == in_old : !in_new && !in_old)
            continue;
        wake(controller, service, old, pod);
    }
}

static gboolean
has_same_addresses(const PodStatus *a, const PodStatus *b)
{
    if (a->pod_ips.count != b->pod_ips.count || !str_is(a->pod_ip, b->pod_ip))
        return FALSE;
    for (guint i = 0; i < a->pod_ips.count; i++)
        if (!str_is(a->pod_ips.items[i].ip, b->pod_ips.items[i].ip))
            return FALSE;
    return TRUE;
}

static gboolean
has_other_endpoints(const ApiObject *old, const ApiObject *pod)
{
    return (old->meta != pod->meta && old->meta->deletion_time != pod->meta->deletion_time) ||
           (old->status != pod->status && (pod_is_ready(old) != pod_is_ready(pod) ||
                                           !has_same_addresses(pod_status(old), pod_status(pod))));
}

static gboolean
has_other_labels(const ApiObject *old, const ApiObject *pod)
{
    return (old->meta != pod->meta && !str_map_equal(&old->meta->labels, &pod->meta->labels)) ||
           (old->spec != pod->spec && (!str_is(pod_spec(old)->hostname, pod_spec(pod)->hostname) ||
                                       !str_is(pod_spec(old)->subdomain, pod_spec(pod)->subdomain)));
}

/* v1.34 endpointslice/util/controller_utils.go, podEndpointsChanged and GetServicesToUpdateOnPodChange. */
static void
on_pod_updated(Controller *controller, const ApiObject *old, const ApiObject *pod, ServiceWake wake)
{
    gboolean has_changed = has_other_endpoints(old, pod);
    gboolean has_new_labels = has_other_labels(old, pod);

    if (has_changed && has_new_labels)
        wake_services(controller, old, pod, MATCHES_EITHER, wake);
    else if (has_changed)
        wake_services(controller, old, pod, MATCHES_NEW, wake);
    else if (has_new_labels)
        wake_services(controller, old, pod, MATCHES_ONE, wake);
}

void
services_of_pod(Controller *controller, const ApiObject *old, const ApiObject *object, ServiceWake wake)
{
    if (object == NULL || old == NULL)
        wake_services(controller, NULL, object != NULL ? object : old, MATCHES_NEW, wake);
    else if (old->resource_version != object->resource_version)
        on_pod_updated(controller, old, object, wake);
}

static void
wake(Controller *controller, const ApiObject *service, const ApiObject *old, const ApiObject *pod)
{
    gint64 delay_ns = batch_ns(controller);

    (void)old;
    (void)pod;
    if (delay_ns > 0)
        controller_enqueue_after(controller, api_key(service), delay_ns);
    else
        controller_enqueue_object(controller, service);
}

static void
on_pod(Controller *controller, const ApiObject *old, const ApiObject *object)
{
    services_of_pod(controller, old, object, wake);
}

/* --- slices -------------------------------------------------------------------------------------------- */

static const char *
service_key_of(const ApiObject *slice)
{
    const char *name = str_map_get(&slice->meta->labels, LABEL_SERVICE_NAME);

    return str_is_empty(name) ? NULL : api_key_of(api_namespace(slice), name);
}

static gboolean
is_managed(const ApiObject *slice)
{
    return str_is(str_map_get(&slice->meta->labels, LABEL_MANAGED_BY), MANAGED_BY_US);
}

static void
enqueue_service_of(Controller *controller, const ApiObject *slice)
{
    const char *key = service_key_of(slice);

    if (key != NULL)
        controller_enqueue_after(controller, key, MAX(SLICE_DELAY_NS, batch_ns(controller)));
}

static void
on_slice(Controller *controller, const ApiObject *old, const ApiObject *object)
{
    gpointer state = controller_state(controller);
    const ApiObject *slice = object != NULL ? object : old;
    const char *key = service_key_of(slice);

    if (old != NULL && object != NULL && service_key_of(old) != key) {
        enqueue_service_of(controller, object);
        enqueue_service_of(controller, old);
        return;
    }
    if (key == NULL)
        return;
    if (object == NULL) {
        if (is_managed(old) && slice_state_was_taken(state, key, old))
            enqueue_service_of(controller, old);
        return;
    }
    if ((old != NULL && is_managed(old) != is_managed(object)) ||
        (is_managed(object) && slice_state_is_news(state, key, object)))
        enqueue_service_of(controller, object);
}

/* --- nodes ------------------------------------------------------------------------------------------------ */

static gboolean
is_same_to_zones(const ApiObject *old, const ApiObject *node)
{
    return condition_is(&node_status(old)->conditions, "Ready", "True") ==
               condition_is(&node_status(node)->conditions, "Ready", "True") &&
           str_is(str_map_get(&old->meta->labels, LABEL_ZONE), str_map_get(&node->meta->labels, LABEL_ZONE));
}

/* v1.34 endpointslice_controller.go, checkNodeTopologyDistribution: of interest to hints by zone alone. */
static void
on_node(Controller *controller, const ApiObject *old, const ApiObject *node)
{
    gpointer state = controller_state(controller);
    g_autoptr(GPtrArray) services = NULL;
    g_autoptr(GPtrArray) nodes = NULL;
    ZoneShareList shares = {0};
    gboolean has_zones = FALSE;

    if (old != NULL && node != NULL && (old == node || is_same_to_zones(old, node)))
        return;
    services = g_ptr_array_new();
    view_list(controller_view(controller), &service_kind, NULL, services);
    for (guint i = 0; i < services->len && !has_zones; i++)
        has_zones = slice_state_has_zones(state, api_key(services->pdata[i]));
    if (!has_zones)
        return;
    nodes = g_ptr_array_new();
    view_list(controller_view(controller), &node_kind, NULL, nodes);
    zone_shares_read(nodes, &shares);
    for (guint i = 0; i < services->len; i++)
        if (slice_state_is_overloaded(state, api_key(services->pdata[i]), &shares))
            controller_enqueue_object(controller, services->pdata[i]);
    g_free(shares.items);
}

const ControllerSource endpoint_slice_sources[] = {
    {&service_kind, on_service},
    {&pod_kind, on_pod},
    {&endpoint_slice_kind, on_slice},
    {&node_kind, on_node, .wants = WANTS_ADDED | WANTS_DELETED | WANTS_META | WANTS_STATUS},
    {0},
};
