#include "controllers/endpointslice_sync.h"

#define ZONES_ENABLED "Topology Aware Hints has been enabled"

/* --- what is wanted ------------------------------------------------------------------------------------ */

static gint
compare_pods(gconstpointer a, gconstpointer b)
{
    return compare_creation(*(const ApiObject *const *)a, *(const ApiObject *const *)b);
}

void
service_pods(View *view, const ApiObject *service, GPtrArray *out)
{
    guint kept = 0;

    view_list(view, &pod_kind, api_namespace(service), out);
    for (guint i = 0; i < out->len; i++) {
        const ApiObject *pod = out->pdata[i];

        if (str_map_contains_all(&pod->meta->labels, &service_spec(service)->selector))
            out->pdata[kept++] = out->pdata[i];
    }
    g_ptr_array_set_size(out, (gint)kept);
}

/* Slices on their way out are left out: they must not hold us up. */
static void
list_slices(View *view, const ApiObject *service, GPtrArray *out)
{
    guint kept = 0;

    view_list(view, &endpoint_slice_kind, api_namespace(service), out);
    for (guint i = 0; i < out->len; i++) {
        const ApiObject *slice = out->pdata[i];
        const StrMap *labels = &slice->meta->labels;

        if (str_is(str_map_get(labels, LABEL_SERVICE_NAME), api_name(service)) &&
            str_is(str_map_get(labels, LABEL_MANAGED_BY), MANAGED_BY_US) && !api_is_deleting(slice))
            out->pdata[kept++] = out->pdata[i];
    }
    g_ptr_array_set_size(out, (gint)kept);
}

static void
port_group_free(gpointer data)
{
    PortGroup *group = data;

    for (guint i = 0; i < group->body.endpoints.count; i++)
        endpoint_clear(&group->body.endpoints.items[i]);
    g_free(group->body.endpoints.items);
    g_free(group->body.ports.items);
    g_free(group);
}

static PortGroup *
demand_group(GPtrArray *groups, const ApiObject *service, const ApiObject *pod)
{
    PortGroup *group = g_new0(PortGroup, 1);

    endpoint_ports_of(service, pod, &group->body);
    for (guint i = 0; i < groups->len; i++) {
        PortGroup *present = groups->pdata[i];

        if (ports_are_equal(&present->body, &group->body)) {
            port_group_free(group);
            return present;
        }
    }
    g_ptr_array_add(groups, group);
    return group;
}

/* Returns: (interned) why the sync must be repeated, or NULL. */
static const char *
collect_groups(View *view,
               const ApiObject *service,
               const GPtrArray *pods,
               const char *address_type,
               GPtrArray *groups)
{
    const char *error = NULL;
    const ApiObject *node = NULL; /* many pods in a row share one */

    for (guint i = 0; i < pods->len; i++) {
        const ApiObject *pod = pods->pdata[i];
        const char *node_name = pod_spec(pod)->node_name;
        PortGroup *group;
        Endpoint endpoint;

        if (!pod_should_be_endpoint(pod))
            continue;
        group = demand_group(groups, service, pod);
        if (node == NULL || api_name(node) != node_name)
            node = node_name == NULL ? NULL : view_get(view, &node_kind, NULL, node_name);
        if (node == NULL && !service_spec(service)->publish_not_ready_addresses) {
            error = str_internf("skipping Pod %s for Service %s/%s: Node %s Not Found",
                                api_name(pod), api_namespace(service), api_name(service),
                                node_name == NULL ? "" : node_name);
            continue;
        }
        endpoint_from_pod(pod, node, service, address_type, &endpoint);
        if (endpoint.addresses.count > 0)
            *API_LIST_ADD(&group->body.endpoints) = endpoint;
        else
            endpoint_clear(&endpoint);
    }
    return error;
}

/* --- one address type ----------------------------------------------------------------------------------- */

static void
pack_groups(SlicePack *pack, GPtrArray *groups, const GPtrArray *existing)
{
    g_autofree gboolean *is_wanted = g_new0(gboolean, existing->len + 1);

    for (guint i = 0; i < groups->len; i++) {
        PortGroup *group = groups->pdata[i];
        g_autoptr(GPtrArray) same = g_ptr_array_new();

        for (guint k = 0; k < existing->len; k++) {
            const ApiObject *slice = existing->pdata[k];

            if (!api_is_controlled_by(slice, pack->service) ||
                !ports_are_equal(endpoint_slice_body(slice), &group->body))
                continue;
            is_wanted[k] = TRUE;
            g_ptr_array_add(same, existing->pdata[k]);
        }
        slice_pack_group(pack, group, same);
    }
    for (guint k = 0; k < existing->len; k++)
        if (!is_wanted[k])
            g_ptr_array_add(pack->delete, api_object_ref(existing->pdata[k]));
}

static void
stamp(ApiObject *slice, ApiTime trigger)
{
    StrMap *annotations = &api_edit_meta(slice)->annotations;
    g_autofree char *text = NULL;

    if (trigger == 0) {
        str_map_remove(annotations, TRIGGER_ANNOTATION);
        return;
    }
    text = time_format_rfc3339(trigger);
    str_map_set(annotations, str_intern(TRIGGER_ANNOTATION), str_intern(text));
}

static void
plan_writes(SlicePack *pack, ApiTime trigger, Plan *plan)
{
    const char *service = api_name(pack->service);

    for (guint i = 0; !api_is_deleting(pack->service) && i < pack->create->len; i++) {
        ApiObject *slice = pack->create->pdata[i];
        guint count = endpoint_slice_body(slice)->endpoints.count;
        PlanStep *step;

        stamp(slice, trigger);
        step = plan_create(plan, api_object_ref(slice),
                           "because %u endpoints of Service %s are in no slice", count, service);
        step->ignore_terminating = TRUE;
    }
    for (guint i = 0; i < pack->update->len; i++) {
        ApiObject *slice = pack->update->pdata[i];

        stamp(slice, trigger);
        plan_update(plan, api_object_ref(slice),
                    "because the pods behind Service %s changed: %u endpoints", service,
                    endpoint_slice_body(slice)->endpoints.count);
    }
    for (guint i = 0; i < pack->delete->len; i++)
        plan_delete(plan, pack->delete->pdata[i], "because Service %s needs one slice less",
                    service);
}

/* --- the sync -------------------------------------------------------------------------------------------- */

/* What a step does to a slice; for the guard against a stale cache, and errors. */
typedef struct {
    StepType type;
    const char *name, *uid; /* interned */
} SliceWrite;

typedef struct {
    ApiObject *service; /* (owned ref) */
    GArray *writes;     /* of SliceWrite, one a step */
    const char *error;  /* interned: found before the writes, or NULL */
} SliceCarry;

static void
slice_carry_free(gpointer data)
{
    SliceCarry *carry = data;

    api_object_unref(carry->service);
    g_array_unref(carry->writes);
    g_free(carry);
}

static const char *
problem_text(const SliceCarry *carry, const SliceWrite *write, const StepResult *result)
{
    const char *for_service =
        str_internf("EndpointSlice for Service %s/%s: %s", api_namespace(carry->service),
                    api_name(carry->service), step_error_text(result));

    if (write->type == STEP_CREATE)
        return str_internf("failed to create %s", for_service);
    return str_internf("failed to %s %s %s", write->type == STEP_DELETE ? "delete" : "update",
                       write->name, for_service);
}

static void
after_writes(const Reconcile *r,
             gpointer data,
             const StepResult *results,
             guint n_results,
             Plan *plan)
{
    SliceCarry *carry = data;
    const char *key = api_key(carry->service);
    const char *error = carry->error;

    for (guint i = 0; i < n_results; i++) {
        const SliceWrite *write = &g_array_index(carry->writes, SliceWrite, i);

        if (write->type == STEP_EVENT || !results[i].was_run ||
            step_refused_terminating(&results[i]))
            continue;
        if (!step_succeeded(&results[i]))
            error = problem_text(carry, write, &results[i]);
        else if (write->type == STEP_DELETE)
            slice_state_deleted(r->state, key, write->uid);
        else
            slice_state_wrote(r->state, key, results[i].object);
    }
    if (error == NULL)
        return;
    plan_event(plan, carry->service, "Warning", "FailedToUpdateEndpointSlices",
               "Error updating Endpoint Slices for Service %s/%s: %s",
               api_namespace(carry->service), api_name(carry->service), error);
    plan_fail(plan, "%s", error);
}

static void
remember_writes(const ApiObject *service, const GPtrArray *slices, const char *error, Plan *plan)
{
    SliceCarry *carry = g_new0(SliceCarry, 1);

    carry->service = api_object_ref(service);
    carry->error = error;
    carry->writes = g_array_new(FALSE, FALSE, sizeof(SliceWrite));
    for (guint i = 0; i < plan_count(plan); i++) {
        const PlanStep *step = plan_get(plan, i);
        SliceWrite write = {step->type, step->name, NULL};

        for (guint k = 0; step->type == STEP_DELETE && k < slices->len; k++)
            if (str_is(api_name(slices->pdata[k]), step->name))
                write.uid = api_uid(slices->pdata[k]);
        g_array_append_val(carry->writes, write);
    }
    plan_continue(plan, after_writes, carry, slice_carry_free);
}

/* Topology aware routing where it is asked for, else trafficDistribution; what is to be said of it goes to @out. */
static void
hint(const Reconcile *r, SlicePack *pack, GPtrArray *out_texts)
{
    const char *key = api_key(pack->service);
    gboolean had_zones = slice_state_has_zones(r->state, key);
    ZoneCountList counts = {0};
    const char *text = NULL;

    if (service_wants_zones(pack->service)) {
        g_autoptr(GPtrArray) nodes = g_ptr_array_new();
        ZoneShareList shares = {0};

        view_list(r->view, &node_kind, NULL, nodes);
        zone_shares_read(nodes, &shares);
        text = slice_pack_zones(pack, &shares, &counts);
        if (text == NULL && !had_zones)
            text = ZONES_ENABLED;
        g_free(shares.items);
    } else {
        if (had_zones)
            text = "Topology Aware Hints has been disabled";
        slice_pack_hints(pack, TRUE);
    }
    if (text != NULL)
        g_ptr_array_add(out_texts, (gpointer)str_internf("%s, addressType: %s", text, pack->address_type));
    if (had_zones || counts.count > 0)
        slice_state_set_zones(r->state, key, pack->address_type, &counts);
}

static void
plan_hint_events(const ApiObject *service, const GPtrArray *texts, Plan *plan)
{
    for (guint i = 0; i < texts->len; i++) {
        gboolean is_on = g_str_has_prefix(texts->pdata[i], ZONES_ENABLED);

        plan_event(plan, service, is_on ? "Normal" : "Warning",
                   is_on ? "TopologyAwareHintsEnabled" : "TopologyAwareHintsDisabled", "%s",
                   (const char *)texts->pdata[i]);
    }
}

/* v1.34 endpointslice/reconciler.go, reconcileByAddressType. Returns: (interned) an error, or NULL. */
static const char *
reconcile_type(const Reconcile *r,
               const ApiObject *service,
               const GPtrArray *pods,
               const GPtrArray *existing,
               const char *address_type,
               ApiTime trigger,
               Plan *plan)
{
    g_autoptr(GPtrArray) groups = g_ptr_array_new_with_free_func(port_group_free);
    g_autoptr(GPtrArray) texts = g_ptr_array_new();
    const char *error = collect_groups(r->view, service, pods, address_type, groups);
    SlicePack pack;

    slice_pack_init(&pack, service, address_type,
                    controllers_config_of(r->config)->endpoints_per_slice);
    pack_groups(&pack, groups, existing);
    slice_pack_placeholder(&pack, existing->len);
    hint(r, &pack, texts);
    slice_pack_finalize(&pack);
    plan_writes(&pack, trigger, plan);
    plan_hint_events(service, texts, plan);
    slice_pack_clear(&pack);
    return error;
}

static void
sync_service(const Reconcile *r, Plan *plan, const ApiObject *service)
{
    g_autoptr(GPtrArray) pods = g_ptr_array_new();
    g_autoptr(GPtrArray) slices = g_ptr_array_new();
    const char *types[2];
    guint n_types = service_address_types(service, types);
    const char *error = NULL;
    ApiTime trigger;

    list_slices(r->view, service, slices);
    if (slice_state_is_stale(r->state, r->key, slices)) {
        plan_fail(plan, "EndpointSlice informer cache is out of date");
        return;
    }
    service_pods(r->view, service, pods);
    g_ptr_array_sort(pods, compare_pods);
    trigger = slice_state_trigger(r->state, service, pods);
    for (guint i = 0; i < n_types; i++) {
        g_autoptr(GPtrArray) same = g_ptr_array_new();
        const char *problem;

        for (guint k = 0; k < slices->len; k++)
            if (str_is(endpoint_slice_body(slices->pdata[k])->address_type, types[i]))
                g_ptr_array_add(same, slices->pdata[k]);
        problem = reconcile_type(r, service, pods, same, types[i], trigger, plan);
        error = error == NULL ? problem : error;
    }
    for (guint k = 0; k < slices->len; k++) {
        const char *type = endpoint_slice_body(slices->pdata[k])->address_type;

        if (!str_is(type, types[0]) && !(n_types == 2 && str_is(type, types[1])))
            plan_delete(plan, slices->pdata[k],
                        "because the Service has no addresses of its family");
    }
    if (plan_count(plan) > 0 || error != NULL)
        remember_writes(service, slices, error, plan);
}

/* v1.34 pkg/controller/endpointslice/endpointslice_controller.go, syncService. */
static void
reconcile(const Reconcile *r, Plan *plan)
{
    const char *namespace_;
    const char *name;
    const ApiObject *service;

    api_split_key(r->key, &namespace_, &name);
    service = view_get(r->view, &service_kind, namespace_, name);
    if (service == NULL) {
        slice_state_forget(r->state, r->key);
        return;
    }
    if (str_is(service_spec(service)->type, "ExternalName") ||
        service_spec(service)->selector.count == 0)
        return;
    sync_service(r, plan, service);
}

const ControllerDef endpoint_slice_controller = {
    .name = "endpointslice",
    .component = "endpoint-slice-controller",
    .workers = 5,
    .queue = {.base_ns = NS_PER_S, .cap_ns = 1000 * NS_PER_S},
    .retries_max = 15,
    .sources = endpoint_slice_sources,
    .reconcile = reconcile,
    .new_state = slice_state_new,
    .free_state = slice_state_free,
};
