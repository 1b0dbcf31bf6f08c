/* daemonset_events.c - what wakes the DaemonSet controller; v1.34 pkg/controller/daemon/daemon_controller.go */
#include "controllers/daemonset_sync.h"

void
daemon_on_set(Controller *controller, const ApiObject *old, const ApiObject *object)
{
    const ApiObject *set = object != NULL ? object : old;

    if (object == NULL || (old != NULL && !str_is(api_uid(old), api_uid(object))))
        controller_forget_expectations(controller, api_key(set));
    controller_enqueue_object(controller, set);
}

static void
enqueue_owner_or_matching(Controller *controller, const ApiObject *object)
{
    View *view = controller_view(controller);
    g_autoptr(GPtrArray) sets = NULL;

    if (api_controller_of(object) != NULL) {
        const ApiObject *owner = owner_in_view(view, &daemon_set_kind, object);

        if (owner != NULL)
            controller_enqueue_object(controller, owner);
        return;
    }
    if (object->meta->labels.count == 0)
        return;
    sets = g_ptr_array_new();
    view_list(view, &daemon_set_kind, api_namespace(object), sets);
    for (guint i = 0; i < sets->len; i++)
        if (label_selector_matches(daemon_set_spec(sets->pdata[i])->selector,
                                   &object->meta->labels))
            controller_enqueue_object(controller, sets->pdata[i]);
}

void
daemon_on_revision(Controller *controller, const ApiObject *old, const ApiObject *object)
{
    if (old != NULL && object != NULL && old->resource_version == object->resource_version)
        return;
    enqueue_owner_or_matching(controller, object != NULL ? object : old);
}

static void
on_pod_gone(Controller *controller, const ApiObject *pod)
{
    const ApiObject *set = owner_in_view(controller_view(controller), &daemon_set_kind, pod);

    if (set == NULL)
        return;
    controller_observe_deletion(controller, api_key(set), api_key(pod));
    controller_enqueue_object(controller, set);
}

static void
on_pod_updated(Controller *controller, const ApiObject *old, const ApiObject *pod)
{
    View *view = controller_view(controller);
    gboolean has_new_owner = !has_same_controller(old, pod);
    const ApiObject *set;
    gint32 min_ready_s;

    if (has_new_owner) {
        set = owner_in_view(view, &daemon_set_kind, old);
        if (set != NULL)
            controller_enqueue_object(controller, set);
    }
    if (api_controller_of(pod) == NULL) {
        if (has_new_owner || !str_map_equal(&old->meta->labels, &pod->meta->labels))
            enqueue_owner_or_matching(controller, pod);
        return;
    }
    set = owner_in_view(view, &daemon_set_kind, pod);
    if (set == NULL)
        return;
    controller_enqueue_object(controller, set);
    min_ready_s = daemon_set_spec(set)->min_ready_s;
    if (min_ready_s > 0 && !pod_is_ready(old) && pod_is_ready(pod))
        controller_enqueue_after(controller, api_key(set), (min_ready_s + 1) * NS_PER_S);
}

void
daemon_on_pod(Controller *controller, const ApiObject *old, const ApiObject *object)
{
    const ApiObject *set;

    if (object == NULL || (api_is_deleting(object) &&
                           (old == NULL || old->resource_version != object->resource_version))) {
        on_pod_gone(controller, object != NULL ? object : old);
        return;
    }
    if (old != NULL) {
        if (old->resource_version != object->resource_version)
            on_pod_updated(controller, old, object);
        return;
    }
    set = owner_in_view(controller_view(controller), &daemon_set_kind, object);
    if (set != NULL)
        controller_observe_creation(controller, api_key(set));
    enqueue_owner_or_matching(controller, object);
}

void
daemon_on_node(Controller *controller, const ApiObject *old, const ApiObject *object)
{
    g_autoptr(GPtrArray) sets = NULL;

    if (object == NULL || (old != NULL && old->spec == object->spec && old->meta == object->meta))
        return;
    sets = g_ptr_array_new();
    view_list(controller_view(controller), &daemon_set_kind, NULL, sets);
    for (guint i = 0; i < sets->len; i++) {
        gboolean continued = FALSE;
        gboolean continues;
        gboolean ran = old != NULL && daemon_node_should_run(sets->pdata[i], old, &continued);
        gboolean runs = daemon_node_should_run(sets->pdata[i], object, &continues);

        if (old == NULL ? runs : (ran != runs || continued != continues))
            controller_enqueue_object(controller, sets->pdata[i]);
    }
}
