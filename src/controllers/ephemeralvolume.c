/*
 * ephemeralvolume.c - the claims of volumes that live and die with their pod
 *
 * Models v1.34 pkg/controller/volume/ephemeral/controller.go: for each ephemeral volume of
 * a pod a claim POD-VOLUME after the volume's template, owned by the pod, so that the
 * garbage collector takes it back. A claim of that name that somebody else made is not
 * touched, and the pod waits.
 */
#include "controllers/controllers.h"
#include "controllers/util.h"

#include "api/kinds/storage.h"

static ApiObject *
claim_new(const ApiObject *pod, const Volume *volume, const char *name)
{
    ApiObject *claim = api_object_new(&persistent_volume_claim_kind, api_namespace(pod), name);
    const Value *template_ = value_get(volume->ephemeral, "volumeClaimTemplate");
    ClaimTemplate wanted = {0};
    ApiDecodeResult result = {0};

    api_struct_decode(&claim_template_type, &wanted, template_, NULL, &result);
    str_map_copy(&api_edit_meta(claim)->labels, &wanted.metadata.labels);
    str_map_copy(&api_edit_meta(claim)->annotations, &wanted.metadata.annotations);
    api_set_controller(api_edit_meta(claim), pod);
    api_struct_copy(&pvc_spec_type, api_edit_spec(claim), &wanted.spec);
    api_struct_clear(&claim_template_type, &wanted);
    api_decode_result_clear(&result);
    return claim;
}

/* The pod, and the place in its spec of the volume whose claim is being made. */
typedef struct {
    ApiObject *pod;
    guint index;
} Walk;

static void
walk_free(gpointer data)
{
    Walk *walk = data;

    api_object_unref(walk->pod);
    g_free(walk);
}

static void
refuse(Plan *plan, const ApiObject *pod, guint index, const char *problem)
{
    const char *volume = pod_spec(pod)->volumes.items[index].name;

    plan_event(plan, pod, "Warning", "FailedBinding", "ephemeral volume %s: %s", volume, problem);
    plan_fail(plan, "pod %s, ephemeral volume %s: %s", api_key(pod), volume, problem);
}

static void walk_on(const Reconcile *r, const ApiObject *pod, guint from, Plan *plan);

static void
after_create(const Reconcile *r, gpointer carry, const StepResult *results, guint n_results, Plan *plan)
{
    const Walk *walk = carry;

    if (n_results > 0 && step_succeeded(&results[0]))
        walk_on(r, walk->pod, walk->index + 1, plan);
    else if (n_results > 0)
        refuse(plan, walk->pod, walk->index,
               str_internf("create PVC %s: %s", pod_volume_claim(walk->pod, walk->index), step_error_text(&results[0])));
}

/* handleVolume, for one volume after the other: the first that fails ends the sync. */
static void
walk_on(const Reconcile *r, const ApiObject *pod, guint from, Plan *plan)
{
    for (guint i = from; i < pod_spec(pod)->volumes.count; i++) {
        const Volume *volume = &pod_spec(pod)->volumes.items[i];
        const char *name = pod_volume_claim(pod, i);
        const ApiObject *claim;
        Walk *walk;

        if (volume->ephemeral == NULL)
            continue;
        claim = view_get(r->view, &persistent_volume_claim_kind, api_namespace(pod), name);
        if (claim != NULL && !pvc_is_of_pod(claim, pod)) {
            refuse(plan, pod, i, pvc_not_of_pod(claim, pod));
            return;
        }
        if (claim != NULL)
            continue;
        plan_create(plan, claim_new(pod, volume, name), "because the pod's volume %s lives as long as the pod", volume->name);
        walk = g_new(Walk, 1);
        *walk = (Walk){api_object_ref(pod), i};
        plan_continue(plan, after_create, walk, walk_free);
        return;
    }
}

static void
reconcile(const Reconcile *r, Plan *plan)
{
    const char *namespace_;
    const char *name;
    const ApiObject *pod;

    api_split_key(r->key, &namespace_, &name);
    pod = view_get(r->view, &pod_kind, namespace_, name);
    if (pod != NULL && !api_is_deleting(pod))
        walk_on(r, pod, 0, plan);
}

static gboolean
has_ephemeral(const ApiObject *pod)
{
    for (guint i = 0; i < pod_spec(pod)->volumes.count; i++)
        if (pod_spec(pod)->volumes.items[i].ephemeral != NULL)
            return TRUE;
    return FALSE;
}

/* A pod's volumes never change, and its claims go with it: only new pods are looked at. */
static void
on_pod(Controller *controller, const ApiObject *old, const ApiObject *object)
{
    if (old == NULL && !api_is_deleting(object) && has_ephemeral(object))
        controller_enqueue_object(controller, object);
}

/* onPVCDelete: who needs one of that name gets another. */
static void
on_claim(Controller *controller, const ApiObject *old, const ApiObject *object)
{
    g_autoptr(GPtrArray) pods = NULL;

    if (object != NULL)
        return;
    pods = g_ptr_array_new();
    view_list(controller_view(controller), &pod_kind, api_namespace(old), pods);
    for (guint i = 0; i < pods->len; i++)
        if (!api_is_deleting(pods->pdata[i]) && has_ephemeral(pods->pdata[i]) && pod_uses_claim(pods->pdata[i], api_name(old)))
            controller_enqueue_object(controller, pods->pdata[i]);
}

static const ControllerSource sources[] = {
    {&pod_kind, on_pod, .wants = WANTS_ADDED},
    {&persistent_volume_claim_kind, on_claim, .wants = WANTS_DELETED},
    {0},
};

const ControllerDef ephemeral_volume_controller = {
    .name = "ephemeral-volume",
    .component = "ephemeral_volume",
    .workers = 5, /* --concurrent-ephemeralvolume-syncs */
    .sources = sources,
    .reconcile = reconcile,
};
