/* daemonset_events.c - what wakes the DaemonSet controller; v1.34 pkg/controller/daemon/daemon_controller.go */
#include "api/profile.h"
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

/* --- nodes ---------------------------------------------------------------------------------------------------- */

static gboolean
is_bound_to(View *view, const ApiObject *set, const char *node_name)
{
    g_autoptr(GPtrArray) pods = g_ptr_array_new();

    view_list_owned(view, &pod_kind, api_uid(set), pods);
    for (guint i = 0; i < pods->len; i++)
        if (str_is(pod_spec(pods->pdata[i])->node_name, node_name))
            return TRUE;
    return FALSE;
}

/* shouldIgnoreNodeUpdate */
static gboolean
looks_the_same(const ApiObject *old, const ApiObject *node)
{
    const TaintList *before = &node_spec(old)->taints;
    const TaintList *after = &node_spec(node)->taints;

    if (!str_map_equal(&old->meta->labels, &node->meta->labels) || before->count != after->count)
        return FALSE;
    for (guint i = 0; i < after->count; i++)
        if (before->items[i].key != after->items[i].key || before->items[i].value != after->items[i].value ||
            before->items[i].effect != after->items[i].effect || before->items[i].time_added != after->items[i].time_added)
            return FALSE;
    return TRUE;
}

/*
 * syncNodeUpdate: pods are to come or to go. One that may stay where none would come now is not noticed, unless the
 * status tells of such ones: it may have fewer of them.
 */
static gboolean
must_act(View *view, const ApiObject *set, const ApiObject *node)
{
    gboolean continues;
    gboolean runs = daemon_node_should_run(set, node, &continues);

    return is_bound_to(view, set, api_name(node)) ? !continues || daemon_set_status(set)->misscheduled > 0 : runs;
}

/* Before there was a queue of nodes: it is judged otherwise than it was. */
static gboolean
is_judged_anew(const ApiObject *set, const ApiObject *old, const ApiObject *node)
{
    gboolean continued;
    gboolean continues;
    gboolean ran = daemon_node_should_run(set, old, &continued);

    return daemon_node_should_run(set, node, &continues) != ran || continues != continued;
}

void
daemon_on_node(Controller *controller, const ApiObject *old, const ApiObject *object)
{
    View *view = controller_view(controller);
    gboolean has_queue = profile_has(FEATURE_DAEMON_NODE_QUEUE, controller_version_minor(controller));
    g_autoptr(GPtrArray) sets = NULL;

    if (object == NULL || (old != NULL && old->spec == object->spec && old->meta == object->meta) ||
        (old != NULL && looks_the_same(old, object)))
        return;
    sets = g_ptr_array_new();
    view_list(view, &daemon_set_kind, NULL, sets);
    for (guint i = 0; i < sets->len; i++) {
        const ApiObject *set = sets->pdata[i];
        gboolean continues;
        gboolean wakes;

        if (old == NULL)
            wakes = daemon_node_should_run(set, object, &continues); /* no pod is there yet */
        else
            wakes = has_queue ? must_act(view, set, object) : is_judged_anew(set, old, object);
        if (wakes)
            controller_enqueue_object(controller, set);
    }
}
