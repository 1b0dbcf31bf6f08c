#include "controllers/controllers.h"
#include "controllers/util.h"

/*
 * v1.34 pkg/controller/resourcequota: counts what a namespace uses anew: when a
 * quota's limits change, when something that counts goes, and every five minutes.
 */

#define RESYNC_NS (5 * NS_PER_MIN)

static gboolean
reads_kind(const ApiKind *kind)
{
    return kind->is_namespaced && kind != &event_kind && kind != &resource_quota_kind;
}

/* quota.CalculateUsage: for each resource that somebody can count, 0 and more. */
static void
calculate(const Reconcile *r, const ApiObject *quota, QuantityMap *used)
{
    const QuotaSpec *spec = quota_spec(quota);

    for (guint i = 0; api_kinds[i] != NULL; i++) {
        g_autoptr(GPtrArray) objects = NULL;

        if (!quota_tracks_any(api_kinds[i], &spec->hard) || (api_kinds[i]->is_custom && !view_knows(r->view, api_kinds[i])))
            continue;
        for (guint k = 0; k < spec->hard.count; k++)
            if (quota_tracks(api_kinds[i], spec->hard.items[k].key) &&
                quantity_map_get(used, spec->hard.items[k].key) == NULL)
                quantity_map_set(used, spec->hard.items[k].key, (Quantity){0});
        objects = g_ptr_array_new();
        view_list(r->view, api_kinds[i], api_namespace(quota), objects);
        for (guint k = 0; k < objects->len; k++) {
            QuantityMap one = {0};

            if (!quota_has_scope(spec, objects->pdata[k]))
                continue;
            quota_usage(objects->pdata[k], r->wall_ns, &one);
            quota_mask(&one, &spec->hard);
            quota_add(used, &one);
            g_free(one.items);
        }
    }
}

/* syncResourceQuota */
static void
reconcile(const Reconcile *r, Plan *plan)
{
    const char *namespace_, *name;
    const ApiObject *quota;
    const QuotaSpec *spec;
    const QuotaStatus *before;
    QuantityMap used = {0}, counted = {0};

    api_split_key(r->key, &namespace_, &name);
    quota = view_get(r->view, &resource_quota_kind, namespace_, name);
    if (quota == NULL)
        return;
    spec = quota_spec(quota);
    before = quota_status(quota);
    /* What nobody can count keeps its number. */
    calculate(r, quota, &counted);
    quantity_map_copy(&used, &before->used);
    for (guint i = 0; i < counted.count; i++)
        quantity_map_set(&used, counted.items[i].key, counted.items[i].value);
    quota_mask(&used, &spec->hard);
    if (!quota_equal(&spec->hard, &before->hard) || !quota_equal(&used, &before->used) ||
        (before->hard.count == 0 && before->used.count == 0 && spec->hard.count > 0)) {
        ApiObject *changed = api_object_copy(quota);
        QuotaStatus *status = api_edit_status(changed);

        quantity_map_copy(&status->hard, &spec->hard);
        quantity_map_copy(&status->used, &used);
        plan_update_status(plan, changed, "because its namespace uses %s",
                           used.count == 0 ? "nothing of it" : quota_print(&used));
    }
    g_free(used.items);
    g_free(counted.items);
}

static void
tick(const Reconcile *r, Plan *plan)
{
    g_autoptr(GPtrArray) quotas = g_ptr_array_new();

    view_list(r->view, &resource_quota_kind, NULL, quotas);
    for (guint i = 0; i < quotas->len; i++)
        plan_enqueue_after(plan, api_key(quotas->pdata[i]), 0);
}

/* --- what wakes it ------------------------------------------------------------------------------------- */

static void
on_quota(Controller *controller, const ApiObject *old, const ApiObject *object)
{
    if (old != NULL && object != NULL && quota_equal(&quota_spec(old)->hard, &quota_spec(object)->hard))
        return;
    controller_enqueue_object(controller, object != NULL ? object : old);
}

/* replenishQuota: those that count such objects. */
static void
wake(Controller *controller, const ApiObject *object)
{
    g_autoptr(GPtrArray) quotas = g_ptr_array_new();

    view_list(controller_view(controller), &resource_quota_kind, api_namespace(object), quotas);
    for (guint i = 0; i < quotas->len; i++)
        if (quota_tracks_any(object->kind, &quota_status(quotas->pdata[i])->hard))
            controller_enqueue_object(controller, quotas->pdata[i]);
}

static gboolean
is_service_type_changed(const ApiObject *old, const ApiObject *object)
{
    return !str_is(((const ServiceSpec *)old->spec)->type, ((const ServiceSpec *)object->spec)->type);
}

static gboolean
is_claim_changed(const ApiObject *old, const ApiObject *object)
{
    return !quota_equal(&pvc_spec(old)->resources.requests, &pvc_spec(object)->resources.requests);
}

/* v1.34 cmd/kube-controller-manager, DefaultUpdateFilter: a change that gives something back. */
static void
on_other(Controller *controller, const ApiObject *old, const ApiObject *object)
{
    gint64 now = controller_wall_ns(controller);

    if (object == NULL) {
        wake(controller, old);
    } else if (old != NULL) {
        if ((object->kind == &pod_kind && quota_pod_counts(old, now) &&
             !quota_pod_counts(object, now)) ||
            (object->kind == &service_kind && is_service_type_changed(old, object)) ||
            (object->kind == &persistent_volume_claim_kind && is_claim_changed(old, object)))
            wake(controller, object);
    }
}

/* Of most kinds only what is gone gives something back. */
static guint
other_wants(const ApiKind *kind)
{
    if (kind == &pod_kind)
        return WANTS_DELETED | WANTS_META | WANTS_STATUS;
    if (kind == &service_kind || kind == &persistent_volume_claim_kind)
        return WANTS_DELETED | WANTS_SPEC;
    return WANTS_DELETED;
}

static const ControllerSource sources[] = {
    {&resource_quota_kind, on_quota},
    {0},
};

const ControllerDef resource_quota_controller = {
    .name = "resourcequota",
    .component = "resourcequota-controller",
    .workers = 5,
    .sources = sources,
    .reads_kind = reads_kind,
    .on_other = on_other,
    .other_wants = other_wants,
    .reconcile = reconcile,
    .period_ns = RESYNC_NS,
    .tick = tick,
};
