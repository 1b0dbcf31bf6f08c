/*
 * volumebinder.c - gives claims their volumes, and takes volumes back
 *
 * Models v1.34 pkg/controller/volume/persistentvolume: syncClaim, syncVolume, with
 * classes that bind at once. A claim takes the smallest volume that is free and
 * fits; if there is none, and it does not ask for the class "", one is made. How
 * long a cloud takes to make a disk is not modelled.
 */
#include "controllers/controllers.h"
#include "controllers/util.h"

#define BOUND_ANNOTATION   "pv.kubernetes.io/bind-completed"
#define CHOSEN_ANNOTATION  "pv.kubernetes.io/bound-by-controller"
#define DYNAMIC_ANNOTATION "pv.kubernetes.io/provisioned-by"

static const Quantity *
storage_of(const QuantityMap *map)
{
    return quantity_map_get(map, "storage");
}

static gboolean
is_for(const ApiObject *volume, const ApiObject *claim)
{
    const ObjectReference *reference = pv_spec(volume)->claim_ref;

    return reference != NULL && str_is(reference->uid, api_uid(claim));
}

/* Free, of the class, with the modes, and big enough. */
static gboolean
fits(const ApiObject *volume, const ApiObject *claim)
{
    const PvSpec *spec = pv_spec(volume);
    const PvcSpec *wanted = pvc_spec(claim);
    const Quantity *size = storage_of(&spec->capacity);
    const Quantity *least = storage_of(&wanted->resources.requests);
    const char *class_name = wanted->storage_class_name;

    if (spec->claim_ref != NULL || api_is_deleting(volume) || size == NULL)
        return FALSE;
    if (g_strcmp0(class_name == NULL ? "" : class_name,
                  spec->storage_class_name == NULL ? "" : spec->storage_class_name) != 0)
        return FALSE;
    for (guint i = 0; i < wanted->access_modes.count; i++)
        if (!str_list_contains(&spec->access_modes, wanted->access_modes.items[i]))
            return FALSE;
    if (wanted->selector != NULL &&
        !label_selector_matches(wanted->selector, &volume->meta->labels))
        return FALSE;
    return least == NULL || quantity_compare(size, least) >= 0;
}

static const ApiObject *
find_volume(const Reconcile *r, const ApiObject *claim)
{
    g_autoptr(GPtrArray) volumes = g_ptr_array_new();
    const ApiObject *best = NULL;

    view_list(r->view, &persistent_volume_kind, NULL, volumes);
    for (guint i = 0; i < volumes->len; i++) {
        const ApiObject *volume = volumes->pdata[i];

        if (is_for(volume, claim))
            return volume;
        if (fits(volume, claim) &&
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

static ApiObject *
make_volume(const ApiObject *claim)
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
    spec->storage_class_name = wanted->storage_class_name;
    spec->host_path = g_new0(HostPathVolumeSource, 1);
    spec->host_path->path = str_internf("/var/lib/volumes/%s", api_name(volume));
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

    if (str_is_empty(pvc_spec(claim)->volume_name)) {
        str_map_set(&api_edit_meta(named)->annotations, BOUND_ANNOTATION, str_intern("yes"));
        str_map_set(&api_edit_meta(named)->annotations, CHOSEN_ANNOTATION, str_intern("yes"));
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

static void
sync_claim(const Reconcile *r, const ApiObject *claim, Plan *plan)
{
    const char *volume_name = pvc_spec(claim)->volume_name;
    const ApiObject *volume;
    g_autoptr(ApiObject) made = NULL;
    int revision_of = -1;

    if (str_is_empty(volume_name))
        volume = find_volume(r, claim);
    else
        volume = view_get(r->view, &persistent_volume_kind, NULL, volume_name);
    if (volume == NULL) {
        PlanStep *step;

        if (!str_is_empty(volume_name) ||
            (pvc_spec(claim)->storage_class_name != NULL &&
             str_is_empty(pvc_spec(claim)->storage_class_name)))
            return;
        made = make_volume(claim);
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
    } else if (!is_for(volume, claim)) {
        return;
    }
    if (!str_is(pv_status(volume)->phase, "Bound"))
        plan_volume_phase(plan, volume, "Bound", revision_of);
    plan_bind_claim(plan, claim, volume);
}

/* The claim is gone: its volume goes too, or waits for somebody. */
static void
reclaim(const Reconcile *r, const char *namespace_, const char *name, Plan *plan)
{
    g_autoptr(GPtrArray) volumes = g_ptr_array_new();

    view_list(r->view, &persistent_volume_kind, NULL, volumes);
    for (guint i = 0; i < volumes->len; i++) {
        const ApiObject *volume = volumes->pdata[i];
        const ObjectReference *reference = pv_spec(volume)->claim_ref;

        if (reference == NULL || !str_is(reference->namespace_, namespace_) ||
            !str_is(reference->name, name) || api_is_deleting(volume))
            continue;
        if (!str_is(pv_status(volume)->phase, "Released"))
            plan_volume_phase(plan, volume, "Released", -1);
        if (str_is(pv_spec(volume)->reclaim_policy, "Delete"))
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
    if (pv_spec(object)->claim_ref != NULL)
        return;
    claims = g_ptr_array_new();
    view_list(controller_view(controller), &persistent_volume_claim_kind, NULL, claims);
    for (guint i = 0; i < claims->len; i++)
        if (!str_is(pvc_status(claims->pdata[i])->phase, "Bound"))
            controller_enqueue_object(controller, claims->pdata[i]);
}

static const ControllerSource sources[] = {
    {&persistent_volume_claim_kind, on_claim},
    {&persistent_volume_kind, on_volume},
    {0},
};

const ControllerDef volume_binder_controller = {
    .name = "persistentvolume-binder",
    .component = "persistentvolume-controller",
    .workers = 1,
    .sources = sources,
    .reconcile = reconcile,
};
