/*
 * Endpoints that somebody wrote by hand, for a Service without selector, as EndpointSlices.
 *
 * Models: v1.34 pkg/controller/endpointslicemirroring: endpointslicemirroring_controller.go, reconciler.go, utils.go.
 */
#include "controllers/endpointslice_sync.h"

#include "api/names.h"

#define MIRRORED_BY       "endpointslicemirroring-controller.k8s.io"
#define SKIP_LABEL        "endpointslice.kubernetes.io/skip-mirror"
#define LEADER_ANNOTATION "control-plane.alpha.kubernetes.io/leader"
#define LAST_APPLIED      "kubectl.kubernetes.io/last-applied-configuration"
#define PER_SUBSET_MAX    1000 /* --mirroring-max-endpoints-per-subset */

/* The endpoints of one family with the same ports. */
typedef struct {
    const char *address_type; /* interned */
    EndpointSliceBody body;   /* owned */
} MirrorGroup;

static void
mirror_group_free(gpointer data)
{
    MirrorGroup *group = data;

    for (guint i = 0; i < group->body.endpoints.count; i++)
        endpoint_clear(&group->body.endpoints.items[i]);
    g_free(group->body.endpoints.items);
    g_free(group->body.ports.items);
    g_free(group);
}

/* --- what is wanted ------------------------------------------------------------------------------------ */

/* Each port with a name that is a pointer. */
static void
put_ports(EndpointSliceBody *body, const EndpointSubset *subset)
{
    for (guint i = 0; i < subset->ports.count; i++) {
        const EndpointsPort *from = &subset->ports.items[i];
        EndpointPort *to = API_LIST_ADD(&body->ports);

        to->name = from->name == NULL ? str_intern("") : from->name;
        to->protocol = from->protocol;
        to->app_protocol = from->app_protocol;
        to->port = OPT_INT32(from->port);
    }
}

static MirrorGroup *
demand_group(GPtrArray *groups, const EndpointSubset *subset, const char *address_type)
{
    MirrorGroup *group = g_new0(MirrorGroup, 1);

    group->address_type = address_type;
    put_ports(&group->body, subset);
    for (guint i = 0; i < groups->len; i++) {
        MirrorGroup *present = groups->pdata[i];

        if (present->address_type == address_type && ports_are_equal(&present->body, &group->body)) {
            mirror_group_free(group);
            return present;
        }
    }
    g_ptr_array_add(groups, group);
    return group;
}

/* addressToEndpoint. FALSE: it is no address. */
static gboolean
add_address(GPtrArray *groups, const EndpointSubset *subset, const EndpointAddress *address, gboolean is_ready)
{
    gboolean is_ipv6 = address->ip != NULL && strchr(address->ip, ':') != NULL;
    MirrorGroup *group;
    Endpoint *endpoint;

    if (!name_is_ip(address->ip == NULL ? "" : address->ip))
        return FALSE;
    group = demand_group(groups, subset, is_ipv6 ? str_intern("IPv6") : str_intern("IPv4"));
    endpoint = API_LIST_ADD(&group->body.endpoints);
    str_list_add(&endpoint->addresses, address->ip);
    endpoint->conditions.ready = is_ready ? OPT_TRUE : OPT_FALSE;
    endpoint->node_name = address->node_name;
    endpoint->hostname = str_is_empty(address->hostname) ? NULL : address->hostname;
    if (address->target_ref != NULL) {
        endpoint->target_ref = g_new(ObjectReference, 1);
        *endpoint->target_ref = *address->target_ref;
    }
    return TRUE;
}

/* What one subset lost: addresses that are none, and all that were left out. */
typedef struct {
    guint invalid, skipped;
} Losses;

static void
collect_subset(GPtrArray *groups, const EndpointSubset *subset, Losses *losses)
{
    guint total = subset->addresses.count + subset->not_ready.count;
    guint added = 0;

    for (guint i = 0; i < subset->addresses.count && added < PER_SUBSET_MAX; i++) {
        gboolean is_added = add_address(groups, subset, &subset->addresses.items[i], TRUE);

        added += is_added;
        losses->invalid += !is_added;
    }
    for (guint i = 0; i < subset->not_ready.count && added < PER_SUBSET_MAX; i++) {
        gboolean is_added = add_address(groups, subset, &subset->not_ready.items[i], FALSE);

        added += is_added;
        losses->invalid += !is_added;
    }
    losses->skipped += total - added;
}

/* --- the slices ----------------------------------------------------------------------------------------- */

static void
list_mirrored(View *view, const char *namespace_, const char *service, GPtrArray *out)
{
    guint kept = 0;

    view_list(view, &endpoint_slice_kind, namespace_, out);
    for (guint i = 0; i < out->len; i++) {
        const StrMap *labels = &((const ApiObject *)out->pdata[i])->meta->labels;

        if (str_is(str_map_get(labels, LABEL_MANAGED_BY), MIRRORED_BY) &&
            str_is(str_map_get(labels, LABEL_SERVICE_NAME), service))
            out->pdata[kept++] = out->pdata[i];
    }
    g_ptr_array_set_size(out, (gint)kept);
}

static void
put_metadata(ApiObject *slice, const ApiObject *endpoints)
{
    ObjectMeta *meta = api_edit_meta(slice);

    str_map_copy(&meta->labels, &endpoints->meta->labels);
    str_map_set(&meta->labels, str_intern(LABEL_SERVICE_NAME), api_name(endpoints));
    str_map_set(&meta->labels, str_intern(LABEL_MANAGED_BY), str_intern(MIRRORED_BY));
    str_map_copy(&meta->annotations, &endpoints->meta->annotations);
    str_map_remove(&meta->annotations, TRIGGER_ANNOTATION);
    str_map_remove(&meta->annotations, LAST_APPLIED);
}

/* @group's endpoints are taken. */
static ApiObject *
make_slice(const ApiObject *endpoints, const ApiObject *present, MirrorGroup *group)
{
    ApiObject *slice;
    gpointer part;

    if (present != NULL) {
        slice = api_object_copy(present);
    } else {
        slice = api_object_new(&endpoint_slice_kind, api_namespace(endpoints), NULL);
        api_edit_meta(slice)->generate_name = str_internf("%s-", api_name(endpoints));
        api_set_controller(api_edit_meta(slice), endpoints);
    }
    put_metadata(slice, endpoints);
    part = api_part_new(endpoint_slice_kind.body);
    *(EndpointSliceBody *)part = group->body;
    ((EndpointSliceBody *)part)->address_type = group->address_type;
    group->body = (EndpointSliceBody){0};
    api_object_set_body(slice, part);
    api_part_unref(part);
    return slice;
}

/* reconcileByPortMapping: one slice, the first of those that are there; the others go. */
static void
plan_group(const ApiObject *endpoints, MirrorGroup *group, GPtrArray *slices, Plan *plan)
{
    const ApiObject *present = NULL;
    ApiObject *wanted;

    for (guint i = 0; i < slices->len; i++) {
        const ApiObject *slice = slices->pdata[i];

        if (slice == NULL || !str_is(endpoint_slice_body(slice)->address_type, group->address_type) ||
            !ports_are_equal(endpoint_slice_body(slice), &group->body) || present != NULL)
            continue;
        present = slice;
        slices->pdata[i] = NULL;
    }
    wanted = make_slice(endpoints, present, group);
    if (present == NULL)
        plan_create(plan, wanted, "because Endpoints %s have no slice of these ports", api_name(endpoints))
            ->ignore_terminating = TRUE;
    else if (!api_object_equal(wanted, present))
        plan_update(plan, wanted, "because Endpoints %s changed", api_name(endpoints));
    else
        api_object_unref(wanted);
}

static void
plan_mirror(const ApiObject *endpoints, GPtrArray *slices, Plan *plan)
{
    const EndpointsBody *body = endpoints_body(endpoints);
    g_autoptr(GPtrArray) groups = g_ptr_array_new_with_free_func(mirror_group_free);
    Losses losses = {0};

    for (guint i = 0; i < body->subsets.count; i++)
        collect_subset(groups, &body->subsets.items[i], &losses);
    if (losses.invalid > 0)
        plan_event(plan, endpoints, "Warning", "InvalidIPAddress",
                   "Skipped %u invalid IP addresses when mirroring to EndpointSlices", losses.invalid);
    if (losses.skipped > losses.invalid)
        plan_event(plan, endpoints, "Warning", "TooManyAddressesToMirror",
                   "A max of %d addresses can be mirrored to EndpointSlices per Endpoints subset. %u addresses were skipped",
                   PER_SUBSET_MAX, losses.skipped);
    for (guint i = 0; i < groups->len; i++)
        plan_group(endpoints, groups->pdata[i], slices, plan);
}

/* --- the sync --------------------------------------------------------------------------------------------- */

/* shouldMirror */
static gboolean
is_mirrored(const ApiObject *endpoints)
{
    return endpoints != NULL && !str_is(str_map_get(&endpoints->meta->labels, SKIP_LABEL), "true") &&
           str_map_get(&endpoints->meta->annotations, LEADER_ANNOTATION) == NULL;
}

/* What the cache must have before the next sync; @data: how many steps stand before the deletions. */
static void
after_writes(const Reconcile *r, gpointer data, const StepResult *results, guint n_results, Plan *plan)
{
    (void)plan;
    for (guint i = 0; i < MIN(n_results, GPOINTER_TO_UINT(data)); i++)
        if (results[i].was_run && results[i].object != NULL && step_succeeded(&results[i]))
            slice_state_wrote(r->state, r->key, results[i].object);
}

/* syncEndpoints */
static void
reconcile(const Reconcile *r, Plan *plan)
{
    g_autoptr(GPtrArray) slices = g_ptr_array_new();
    const char *namespace_, *name;
    const ApiObject *endpoints, *service;

    api_split_key(r->key, &namespace_, &name);
    endpoints = view_get(r->view, &endpoints_kind, namespace_, name);
    service = view_get(r->view, &service_kind, namespace_, name);
    list_mirrored(r->view, namespace_, name, slices);
    if (slice_state_is_stale(r->state, r->key, slices)) {
        plan_fail(plan, "EndpointSlice informer cache is out of date");
        return;
    }
    if (is_mirrored(endpoints) && service != NULL && service_spec(service)->selector.count == 0)
        plan_mirror(endpoints, slices, plan);
    if (plan_count(plan) > 0)
        plan_continue(plan, after_writes, GUINT_TO_POINTER(plan_count(plan)), NULL);
    for (guint i = 0; i < slices->len; i++)
        if (slices->pdata[i] != NULL)
            plan_delete(plan, slices->pdata[i], "because Endpoints %s are not mirrored there any more", name)
                ->ignore_codes[0] = 404;
}

/* --- what wakes it ---------------------------------------------------------------------------------------- */

/* A sync of a Service with a selector would find nothing to do, unless it just got it. */
static void
on_endpoints(Controller *controller, const ApiObject *old, const ApiObject *object)
{
    const ApiObject *endpoints = object != NULL ? object : old;
    const ApiObject *service =
        view_get(controller_view(controller), &service_kind, api_namespace(endpoints), api_name(endpoints));

    if ((service == NULL || service_spec(service)->selector.count == 0) && (is_mirrored(object) || is_mirrored(old)))
        controller_enqueue_object(controller, endpoints);
}

static void
on_service(Controller *controller, const ApiObject *old, const ApiObject *object)
{
    gboolean had_none = old != NULL && service_spec(old)->selector.count == 0;
    gboolean has_none = object != NULL && service_spec(object)->selector.count == 0;

    if (had_none != has_none)
        controller_enqueue_object(controller, object != NULL ? object : old);
}

static gboolean
is_ours(const ApiObject *slice)
{
    return slice != NULL && str_is(str_map_get(&slice->meta->labels, LABEL_MANAGED_BY), MIRRORED_BY);
}

/* What somebody else did to a slice of ours. */
static void
on_slice(Controller *controller, const ApiObject *old, const ApiObject *object)
{
    gpointer state = controller_state(controller);
    const ApiObject *slice = is_ours(object) ? object : old;
    const char *key, *name;

    if (!is_ours(slice))
        return;
    name = str_map_get(&slice->meta->labels, LABEL_SERVICE_NAME);
    if (name == NULL)
        return;
    key = api_key_of(api_namespace(slice), name);
    if (object == NULL ? slice_state_was_taken(state, key, old)
                       : is_ours(old) != is_ours(object) || slice_state_is_news(state, key, object))
        controller_enqueue(controller, key);
}

static const ControllerSource sources[] = {
    {&endpoints_kind, on_endpoints},
    {&service_kind, on_service},
    {&endpoint_slice_kind, on_slice},
    {0},
};

const ControllerDef endpoint_slice_mirroring_controller = {
    .name = "endpointslicemirroring",
    .component = "endpoint-slice-mirroring-controller",
    .workers = 5,
    .queue = {.base_ns = NS_PER_S, .cap_ns = 100 * NS_PER_S},
    .retries_max = 15,
    .sources = sources,
    .reconcile = reconcile,
    .new_state = slice_state_new,
    .free_state = slice_state_free,
};
