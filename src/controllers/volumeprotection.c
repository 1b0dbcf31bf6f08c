/*
 * volumeprotection.c - claims that pods use, and volumes that claims use, are not removed
 *
 * Models v1.34 pkg/controller/volume/pvcprotection and pvprotection: a finalizer keeps
 * the object until nobody uses it. Here both work on what their informers saw; upstream
 * asks the API once more before it lets a claim go.
 */
#include "controllers/controllers.h"
#include "controllers/util.h"

#define CLAIM_FINALIZER  "kubernetes.io/pvc-protection"
#define VOLUME_FINALIZER "kubernetes.io/pv-protection"

static gboolean
drop_finalizer(ApiObject *object, gpointer name)
{
    return str_list_remove(&api_edit_meta(object)->finalizers, name);
}

static gboolean
add_finalizer(ApiObject *object, gpointer name)
{
    if (str_list_contains(&object->meta->finalizers, name))
        return FALSE;
    str_list_add(&api_edit_meta(object)->finalizers, name);
    return TRUE;
}

static void
plan_protection(Plan *plan, const ApiObject *object, const char *finalizer, gboolean is_used)
{
    gboolean is_protected = str_list_contains(&object->meta->finalizers, finalizer);
    gpointer name = (gpointer)str_intern(finalizer);

    if (api_is_deleting(object) && is_protected && !is_used)
        plan_patch(plan, object, NULL, drop_finalizer, name, NULL, "because nobody uses it any more")->ignore_codes[0] = 404;
    else if (!api_is_deleting(object) && !is_protected)
        plan_patch(plan, object, NULL, add_finalizer, name, NULL, "because it may come to be used")->ignore_codes[0] = 404;
}

/* --- claims ------------------------------------------------------------------------------------- */

/* podIsShutDown: its kubelet is done with it */
static gboolean
is_shut_down(const ApiObject *pod)
{
    return api_is_deleting(pod) && pod->meta->deletion_grace_s.is_set && pod->meta->deletion_grace_s.value == 0;
}

/* podUsesPVC: a pod that no node has yet does not count, one that has ended does, unless the claim was made for it. */
static gboolean
pod_holds(const ApiObject *pod, const ApiObject *claim)
{
    const PodSpec *spec = pod_spec(pod);

    if (str_is_empty(spec->node_name))
        return FALSE;
    for (guint i = 0; i < spec->volumes.count; i++) {
        const char *name = pod_volume_claim(pod, i);

        if (name == NULL || name != api_name(claim))
            continue;
        if (spec->volumes.items[i].ephemeral == NULL || (!is_shut_down(pod) && pvc_is_of_pod(claim, pod)))
            return TRUE;
    }
    return FALSE;
}

static void
reconcile_claim(const Reconcile *r, Plan *plan)
{
    g_autoptr(GPtrArray) pods = NULL;
    const char *namespace_;
    const char *name;
    const ApiObject *claim;
    gboolean is_used = FALSE;

    api_split_key(r->key, &namespace_, &name);
    claim = view_get(r->view, &persistent_volume_claim_kind, namespace_, name);
    if (claim == NULL)
        return;
    if (api_is_deleting(claim)) {
        pods = g_ptr_array_new();
        view_list(r->view, &pod_kind, namespace_, pods);
        for (guint i = 0; i < pods->len && !is_used; i++)
            is_used = pod_holds(pods->pdata[i], claim);
    }
    plan_protection(plan, claim, CLAIM_FINALIZER, is_used);
}

static void
on_claim(Controller *controller, const ApiObject *old, const ApiObject *object)
{
    gboolean is_protected;

    (void)old;
    if (object == NULL)
        return;
    is_protected = str_list_contains(&object->meta->finalizers, CLAIM_FINALIZER);
    if (api_is_deleting(object) == is_protected)
        controller_enqueue_object(controller, object);
}

/* A pod that goes may have been the last; one that was replaced by a namesake has gone too. */
static void
on_pod(Controller *controller, const ApiObject *old, const ApiObject *object)
{
    if (!object_is_gone(old, object))
        return;
    for (guint i = 0; i < pod_spec(old)->volumes.count; i++) {
        const char *claim = pod_volume_claim(old, i);

        if (claim != NULL)
            controller_enqueue(controller, str_internf("%s/%s", api_namespace(old), claim));
    }
}

static const char *
claim_text(const char *key)
{
    return str_internf("persistentvolumeclaim/%s", key);
}

static const ControllerSource claim_sources[] = {
    {&persistent_volume_claim_kind, on_claim},
    {&pod_kind, on_pod, .wants = WANTS_META | WANTS_DELETED},
    {0},
};

const ControllerDef pvc_protection_controller = {
    .name = "persistentvolumeclaim-protection",
    .component = "pvc-protection-controller",
    .workers = 1,
    .sources = claim_sources,
    .reconcile = reconcile_claim,
    .object_text = claim_text,
};

/* --- volumes ------------------------------------------------------------------------------------ */

static void
reconcile_volume(const Reconcile *r, Plan *plan)
{
    const ApiObject *volume = view_get(r->view, &persistent_volume_kind, NULL, r->key);

    if (volume != NULL)
        plan_protection(plan, volume, VOLUME_FINALIZER, str_is(pv_status(volume)->phase, "Bound"));
}

static void
on_volume(Controller *controller, const ApiObject *old, const ApiObject *object)
{
    gboolean is_protected;

    (void)old;
    if (object == NULL)
        return;
    is_protected = str_list_contains(&object->meta->finalizers, VOLUME_FINALIZER);
    if (api_is_deleting(object) == is_protected)
        controller_enqueue_object(controller, object);
}

static const char *
volume_text(const char *key)
{
    return str_internf("persistentvolume/%s", key);
}

static const ControllerSource volume_sources[] = {
    {&persistent_volume_kind, on_volume},
    {0},
};

const ControllerDef pv_protection_controller = {
    .name = "persistentvolume-protection",
    .component = "pv-protection-controller",
    .workers = 1,
    .sources = volume_sources,
    .reconcile = reconcile_volume,
    .object_text = volume_text,
};
