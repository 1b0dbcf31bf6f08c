/*
 * volumebinder.c - gives claims their volumes, and takes volumes back
 *
 * Models v1.34 pkg/controller/volume/persistentvolume: syncClaim, syncVolume. A
 * claim takes the smallest volume that is free and suits it; if there is none, one
 * is made, by the class's provisioner, or for a class that nobody has made (not for
 * the class ""). Where the class waits for the first pod, the scheduler says which
 * volume, or that one is to be made. How long a cloud takes is not modelled.
 */
#include "controllers/controllers.h"
#include "controllers/util.h"

#include "api/kinds/network.h"
#include "api/kinds/storage.h"
#include "base/duration.h"

/* v1.34 kube-controller-manager: --pvclaimbinder-sync-period */
#define RESYNC_NS          (15 * NS_PER_S)
#define DYNAMIC_ANNOTATION "pv.kubernetes.io/provisioned-by"

static const Quantity *
storage_of(const QuantityMap *map)
{
    return quantity_map_get(map, "storage");
}

/* Free and suitable, the smallest; of a claim that waits for its pod only one that is meant for it. */
static const ApiObject *
find_volume(const Reconcile *r, const ApiObject *claim, gboolean waits)
{
    g_autoptr(GPtrArray) volumes = g_ptr_array_new();
    const ApiObject *best = NULL;

    view_list(r->view, &persistent_volume_kind, NULL, volumes);
    for (guint i = 0; i < volumes->len; i++) {
        const ApiObject *volume = volumes->pdata[i];

        if (pv_is_for(volume, claim))
            return volume;
        if (pv_spec(volume)->claim_ref == NULL && !api_is_deleting(volume) && !waits && pv_suits(volume, claim) &&
            (best == NULL || quantity_compare(storage_of(&pv_spec(volume)->capacity),
                                              storage_of(&pv_spec(best)->capacity)) < 0))
            best = volume;
    }
    return best;
}

static void
refer_to(PvSpec *spec, const ApiObject *claim)
{
    spec->claim_ref = g_new0(ObjectReference, 1);
    *spec->claim_ref = (ObjectReference){.kind = str_intern("PersistentVolumeClaim"),
                                         .api_version = str_intern("v1"),
                                         .namespace_ = api_namespace(claim),
                                         .name = api_name(claim),
                                         .uid = api_uid(claim)};
}

/* Names of CSI drivers have no slash (v1.34 ValidateCSIDriverName), those of other provisioners do. */
static void
set_source(PvSpec *spec, const char *volume, const char *provisioner)
{
    if (provisioner == NULL || strchr(provisioner, '/') != NULL) {
        spec->host_path = g_new0(HostPathVolumeSource, 1);
        spec->host_path->path = str_internf("/var/lib/volumes/%s", volume);
        return;
    }
    spec->csi = value_new_map();
    value_set(spec->csi, "driver", value_new_string(provisioner));
    value_set(spec->csi, "volumeHandle", value_new_string(volume));
}

static ApiObject *
make_volume(const ApiObject *claim, const ApiObject *class_)
{
    const PvcSpec *wanted = pvc_spec(claim);
    const Quantity *size = storage_of(&wanted->resources.requests);
    ApiObject *volume =
        api_object_new(&persistent_volume_kind, NULL, str_internf("pvc-%s", api_uid(claim)));
    PvSpec *spec = api_edit_spec(volume);

    str_map_set(&api_edit_meta(volume)->annotations, DYNAMIC_ANNOTATION, str_intern("desk8s"));
    if (size != NULL)
        quantity_map_set(&spec->capacity, "storage", *size);
    for (guint i = 0; i < wanted->access_modes.count; i++)
        str_list_add(&spec->access_modes, wanted->access_modes.items[i]);
    spec->reclaim_policy = str_intern("Delete");
    if (class_ != NULL && ((const StorageClassBody *)class_->body)->reclaim_policy != NULL)
        spec->reclaim_policy = ((const StorageClassBody *)class_->body)->reclaim_policy;
    spec->storage_class_name = str_is_empty(pvc_class_name(claim)) ? NULL : str_intern(pvc_class_name(claim));
    set_source(spec, api_name(volume), class_ == NULL ? NULL : ((const StorageClassBody *)class_->body)->provisioner);
    refer_to(spec, claim);
    return volume;
}

static void
plan_volume_phase(Plan *plan, const ApiObject *volume, const char *phase, int revision_of)
{
    ApiObject *changed = api_object_copy(volume);
    PvStatus *status = api_edit_status(changed);

    status->phase = str_intern(phase);
    plan_update_status(plan, changed, "because it is %s", phase)->takes_revision_of = revision_of;
}

/* The volume names the claim; now the claim names the volume, and both are Bound. */
static void
plan_bind_claim(Plan *plan, const ApiObject *claim, const ApiObject *volume)
{
    ApiObject *named = api_object_copy(claim);
    ApiObject *bound;
    PvcStatus *status;
    int revision_of = -1;

    if (str_is_empty(pvc_spec(claim)->volume_name) ||
        str_map_get(&claim->meta->annotations, PVC_BIND_COMPLETED) == NULL) {
        str_map_set(&api_edit_meta(named)->annotations, PVC_BIND_COMPLETED, str_intern("yes"));
        if (str_is_empty(pvc_spec(claim)->volume_name))
            str_map_set(&api_edit_meta(named)->annotations, PVC_BOUND_BY_CONTROLLER, str_intern("yes"));
        ((PvcSpec *)api_edit_spec(named))->volume_name = api_name(volume);
        plan_update(plan, api_object_ref(named), "because volume %s fits", api_name(volume));
        revision_of = (int)plan_count(plan) - 1;
    }
    bound = api_object_copy(named);
    status = api_edit_status(bound);
    status->phase = str_intern("Bound");
    for (guint i = 0; i < pv_spec(volume)->access_modes.count; i++)
        if (!str_list_contains(&status->access_modes, pv_spec(volume)->access_modes.items[i]))
            str_list_add(&status->access_modes, pv_spec(volume)->access_modes.items[i]);
    if (storage_of(&pv_spec(volume)->capacity) != NULL)
        quantity_map_set(&status->capacity, "storage", *storage_of(&pv_spec(volume)->capacity));
    plan_update_status(plan, bound, "because it has volume %s", api_name(volume))
        ->takes_revision_of = revision_of;
    api_object_unref(named);
}

/* The scheduler has not decided yet where the claim's pod goes. */
static gboolean
waits_for_pod(const ApiObject *claim, const ApiObject *class_)
{
    return class_ != NULL && storage_class_waits(class_) &&
           str_map_get(&claim->meta->annotations, PVC_SELECTED_NODE) == NULL;
}

/* v1.34 emitEventForUnboundDelayBindingClaim: for whom it waits, as far as one can see. */
static void
plan_wait_event(const Reconcile *r, const ApiObject *claim, Plan *plan)
{
    g_autoptr(GPtrArray) pods = g_ptr_array_new();
    g_autoptr(GString) names = g_string_new(NULL);
    guint n_names = 0;

    view_list(r->view, &pod_kind, api_namespace(claim), pods);
    for (guint i = 0; i < pods->len; i++) {
        const ApiObject *pod = pods->pdata[i];

        if (pod_is_terminal(pod) || !str_is_empty(pod_spec(pod)->node_name) || !pod_uses_claim(pod, api_name(claim)))
            continue;
        g_string_append_printf(names, "%s%s", n_names++ == 0 ? "" : ",", api_name(pod));
    }
    if (n_names == 0)
        plan_event(plan, claim, "Normal", "WaitForFirstConsumer",
                   "waiting for first consumer to be created before binding");
    else
        plan_event(plan, claim, "Normal", "WaitForPodScheduled", "waiting for pod%s %s to be scheduled",
                   n_names == 1 ? "" : "s", names->str);
}

/* v1.34 syncUnboundClaim: nothing can be done for it now; FALSE if somebody is to make a volume. */
static gboolean
is_stuck(const Reconcile *r, const ApiObject *claim, const ApiObject *class_, Plan *plan)
{
    const char *class_name = pvc_spec(claim)->storage_class_name;

    if (!str_is_empty(pvc_spec(claim)->volume_name))
        return TRUE;
    if (waits_for_pod(claim, class_)) {
        plan_wait_event(r, claim, plan);
        plan_requeue_after(plan, RESYNC_NS);
        return TRUE;
    }
    /* v1.34 provisionClaim, findProvisionablePlugin */
    if (class_ != NULL && !storage_class_provisions(class_)) {
        plan_event(plan, claim, "Warning", "ProvisioningFailed", "no volume plugin matched name: %s",
                   ((const StorageClassBody *)class_->body)->provisioner);
        plan_requeue_after(plan, RESYNC_NS);
        return TRUE;
    }
    if (class_ != NULL)
        return FALSE;
    if (class_name == NULL || !str_is_empty(class_name))
        return FALSE;
    plan_event(plan, claim, "Normal", "FailedBinding",
               "no persistent volumes available for this claim and no storage class is set");
    plan_requeue_after(plan, RESYNC_NS);
    return TRUE;
}

static void
sync_claim(const Reconcile *r, const ApiObject *claim, Plan *plan)
{
    const char *volume_name = pvc_spec(claim)->volume_name;
    const ApiObject *class_ = view_get(r->view, &storage_class_kind, NULL, pvc_class_name(claim));
    const ApiObject *volume;
    g_autoptr(ApiObject) made = NULL;
    int revision_of = -1;

    if (str_is_empty(volume_name))
        volume = find_volume(r, claim, waits_for_pod(claim, class_));
    else
        volume = view_get(r->view, &persistent_volume_kind, NULL, volume_name);
    if (volume == NULL) {
        PlanStep *step;

        if (is_stuck(r, claim, class_, plan))
            return;
        if (class_ != NULL)
            plan_event(plan, claim, "Normal", "ExternalProvisioning",
                       "Waiting for a volume to be created either by the external provisioner '%s' or manually by the "
                       "system administrator. If volume creation is delayed, please verify that the provisioner is "
                       "running and correctly registered.",
                       ((const StorageClassBody *)class_->body)->provisioner);
        made = make_volume(claim, class_);
        step = plan_create(plan, api_object_ref(made), "because no volume fits the claim");
        step->event_about = api_object_ref(claim);
        step->on_success =
            (StepEvent){"Normal", "ProvisioningSucceeded", "Successfully provisioned volume %s"};
        revision_of = (int)plan_count(plan) - 1;
        volume = made;
    } else if (pv_spec(volume)->claim_ref == NULL) {
        made = api_object_copy(volume);
        refer_to(api_edit_spec(made), claim);
        plan_update(plan, api_object_ref(made), "because claim %s takes it", api_key(claim));
        revision_of = (int)plan_count(plan) - 1;
        volume = made;
    } else if (!pv_is_for(volume, claim)) {
        return;
    }
    if (!str_is(pv_status(volume)->phase, "Bound"))
        plan_volume_phase(plan, volume, "Bound", revision_of);
    plan_bind_claim(plan, claim, volume);
}

/* The claim is gone: its volume goes too, or waits for somebody; one that is being deleted is held by its phase alone. */
static void
reclaim(const Reconcile *r, const char *namespace_, const char *name, Plan *plan)
{
    g_autoptr(GPtrArray) volumes = g_ptr_array_new();

    view_list(r->view, &persistent_volume_kind, NULL, volumes);
    for (guint i = 0; i < volumes->len; i++) {
        const ApiObject *volume = volumes->pdata[i];
        const ObjectReference *reference = pv_spec(volume)->claim_ref;

        if (reference == NULL || !str_is(reference->namespace_, namespace_) ||
            !str_is(reference->name, name))
            continue;
        if (!str_is(pv_status(volume)->phase, "Released"))
            plan_volume_phase(plan, volume, "Released", -1);
        if (str_is(pv_spec(volume)->reclaim_policy, "Delete") && !api_is_deleting(volume))
            plan_delete(plan, volume, "because its claim is gone")->ignore_codes[0] = 404;
    }
}

static void
reconcile(const Reconcile *r, Plan *plan)
{
    const char *namespace_;
    const char *name;
    const ApiObject *claim;

    api_split_key(r->key, &namespace_, &name);
    if (namespace_ == NULL) {
        const ApiObject *volume = view_get(r->view, &persistent_volume_kind, NULL, name);

        if (volume != NULL && pv_spec(volume)->claim_ref == NULL &&
            !str_is(pv_status(volume)->phase, "Available"))
            plan_volume_phase(plan, volume, "Available", -1);
        return;
    }
    claim = view_get(r->view, &persistent_volume_claim_kind, namespace_, name);
    if (claim == NULL)
        reclaim(r, namespace_, name, plan);
    else if (!api_is_deleting(claim) && !str_is(pvc_status(claim)->phase, "Bound"))
        sync_claim(r, claim, plan);
}

static void
on_claim(Controller *controller, const ApiObject *old, const ApiObject *object)
{
    controller_enqueue_object(controller, object != NULL ? object : old);
}

static void
on_volume(Controller *controller, const ApiObject *old, const ApiObject *object)
{
    g_autoptr(GPtrArray) claims = NULL;

    (void)old;
    if (object == NULL)
        return;
    controller_enqueue_object(controller, object);
    claims = g_ptr_array_new();
    view_list(controller_view(controller), &persistent_volume_claim_kind, NULL, claims);
    for (guint i = 0; i < claims->len; i++)
        if (!str_is(pvc_status(claims->pdata[i])->phase, "Bound") &&
            (pv_spec(object)->claim_ref == NULL || pv_is_for(object, claims->pdata[i])))
            controller_enqueue_object(controller, claims->pdata[i]);
}

/* v1.34 tries again every 15 s whatever is not bound; here at once when a class comes. */
static void
on_class(Controller *controller, const ApiObject *old, const ApiObject *object)
{
    g_autoptr(GPtrArray) claims = NULL;

    if (old != NULL || object == NULL)
        return;
    claims = g_ptr_array_new();
    view_list(controller_view(controller), &persistent_volume_claim_kind, NULL, claims);
    for (guint i = 0; i < claims->len; i++)
        if (str_is(pvc_class_name(claims->pdata[i]), api_name(object)))
            controller_enqueue_object(controller, claims->pdata[i]);
}

static const ControllerSource sources[] = {
    {&storage_class_kind, on_class},
    {&persistent_volume_claim_kind, on_claim},
    {&persistent_volume_kind, on_volume},
    {&pod_kind, NULL},
    {0},
};

const ControllerDef volume_binder_controller = {
    .name = "persistentvolume-binder",
    .component = "persistentvolume-controller",
    .workers = 1,
    .sources = sources,
    .reconcile = reconcile,
};
