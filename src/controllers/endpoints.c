/*
 * The Endpoints of Services, which EndpointSlices have replaced; nothing in the cluster reads them any more, only people.
 *
 * Models: v1.34 pkg/controller/endpoint: endpoints_controller.go, endpoints_tracker.go;
 * pkg/api/v1/endpoints/util.go: RepackSubsets, SortSubsets.
 */
#include "controllers/endpointslice_sync.h"

#define ADDRESSES_MAX      1000
#define LABEL_ENDPOINTS_BY "endpoints.kubernetes.io/managed-by"
#define OVER_CAPACITY      "endpoints.kubernetes.io/over-capacity"
#define LEADER_ANNOTATION  "control-plane.alpha.kubernetes.io/leader"
#define LABELED_SINCE      33

typedef struct {
    gpointer triggers;    /* slice_state_new: when what changed */
    GHashTable *services; /* key -> Memory * (owned) */
    gboolean has_begun;
} EndpointsState;

/* What is remembered of a Service. */
typedef struct {
    guint64 replaced;   /* revision of the Endpoints that an update of ours took the place of; 0: none */
    ApiObject *decided; /* (owned ref) what the last sync found right, or wrote; NULL: none yet */
} Memory;

static void
memory_free(gpointer data)
{
    api_object_unref(((Memory *)data)->decided);
    g_free(data);
}

static Memory *
demand_memory(EndpointsState *state, const char *key)
{
    Memory *memory = g_hash_table_lookup(state->services, key);

    if (memory == NULL) {
        memory = g_new0(Memory, 1);
        g_hash_table_insert(state->services, (gpointer)key, memory);
    }
    return memory;
}

static void
decide(EndpointsState *state, const char *key, const ApiObject *endpoints)
{
    Memory *memory = state == NULL ? NULL : demand_memory(state, key);
    ApiObject *before = memory == NULL ? NULL : memory->decided;

    if (memory == NULL || before == endpoints)
        return;
    memory->decided = api_object_ref(endpoints);
    api_object_unref(before);
}

/* --- who is one ---------------------------------------------------------------------------------------- */

/* A pod that is an endpoint. */
typedef struct {
    const ApiObject *pod;
    const char *ip; /* interned */
    gboolean is_ready;
} Candidate;

/* The addresses that offer a port; indexes of candidates. */
typedef struct {
    EndpointsPort port; /* port 0: of a Service without ports */
    GArray *members;    /* of guint (owned) */
} PortUse;

/* podToEndpointAddressForService: its address of the Service's first family. NULL: it has none. */
static const char *
address_of(const ApiObject *service, const ApiObject *pod)
{
    const ServiceSpec *spec = service_spec(service);
    const PodStatus *status = pod_status(pod);
    gboolean wants_ipv6;

    if (spec->ip_families.count > 0)
        wants_ipv6 = str_is(spec->ip_families.items[0], "IPv6");
    else if (!str_is_empty(spec->cluster_ip) && !str_is(spec->cluster_ip, "None"))
        wants_ipv6 = strchr(spec->cluster_ip, ':') != NULL;
    else
        wants_ipv6 = status->pod_ip != NULL && strchr(status->pod_ip, ':') != NULL;
    for (guint i = 0; i < status->pod_ips.count; i++)
        if ((strchr(status->pod_ips.items[i].ip, ':') != NULL) == wants_ipv6)
            return status->pod_ips.items[i].ip;
    return NULL;
}

/* LessEndpointAddress */
static gint
compare_candidates(gconstpointer a, gconstpointer b)
{
    const Candidate *left = a, *right = b;
    int order = strcmp(left->ip, right->ip);

    return order != 0 ? order : strcmp(api_uid(left->pod), api_uid(right->pod));
}

static GArray *
collect_candidates(const ApiObject *service, const GPtrArray *pods)
{
    gboolean takes_all = service_spec(service)->publish_not_ready_addresses;
    GArray *candidates = g_array_sized_new(FALSE, FALSE, sizeof(Candidate), pods->len);

    for (guint i = 0; i < pods->len; i++) {
        Candidate candidate = {pods->pdata[i], NULL, FALSE};

        if (!pod_should_be_endpoint(candidate.pod) || (api_is_deleting(candidate.pod) && !takes_all))
            continue;
        candidate.ip = address_of(service, candidate.pod);
        candidate.is_ready = takes_all || pod_is_ready(candidate.pod);
        if (candidate.ip != NULL)
            g_array_append_val(candidates, candidate);
    }
    g_array_sort(candidates, compare_candidates);
    return candidates;
}

static const char *
hostname_of(const ApiObject *service, const ApiObject *pod)
{
    const PodSpec *spec = pod_spec(pod);

    return !str_is_empty(spec->hostname) && str_is(spec->subdomain, api_name(service)) ? spec->hostname : NULL;
}

/* --- subsets ------------------------------------------------------------------------------------------------ */

static void
port_use_free(gpointer data)
{
    PortUse *use = data;

    g_array_unref(use->members);
    g_free(use);
}

static PortUse *
demand_use(GPtrArray *uses, const EndpointsPort *port)
{
    PortUse *use;

    for (guint i = 0; i < uses->len; i++) {
        use = uses->pdata[i];
        if (use->port.port == port->port && use->port.name == port->name && use->port.protocol == port->protocol &&
            use->port.app_protocol == port->app_protocol)
            return use;
    }
    use = g_new(PortUse, 1);
    use->port = *port;
    use->members = g_array_new(FALSE, FALSE, sizeof(guint));
    g_ptr_array_add(uses, use);
    return use;
}

static GPtrArray *
collect_uses(const ApiObject *service, const GArray *candidates)
{
    const ServiceSpec *spec = service_spec(service);
    GPtrArray *uses = g_ptr_array_new_with_free_func(port_use_free);

    for (guint k = 0; k < candidates->len; k++) {
        for (guint i = 0; i < spec->ports.count; i++) {
            const ServicePort *port = &spec->ports.items[i];
            EndpointsPort own = {port->name, port->protocol, port->app_protocol, 0};

            own.port = endpoint_find_port(g_array_index(candidates, Candidate, k).pod, port);
            if (own.port != 0)
                g_array_append_val(demand_use(uses, &own)->members, k);
        }
        if (spec->ports.count == 0 && str_is(spec->cluster_ip, "None"))
            g_array_append_val(demand_use(uses, &(EndpointsPort){0})->members, k);
    }
    return uses;
}

static gboolean
has_same_members(const PortUse *a, const PortUse *b)
{
    return a->members->len == b->members->len &&
           memcmp(a->members->data, b->members->data, a->members->len * sizeof(guint)) == 0;
}

static void
add_address(EndpointSubset *subset, const ApiObject *service, const Candidate *candidate)
{
    const ApiObject *pod = candidate->pod;
    const PodSpec *spec = pod_spec(pod);
    EndpointAddress *address =
        candidate->is_ready ? API_LIST_ADD(&subset->addresses) : API_LIST_ADD(&subset->not_ready);
    ObjectReference *target = g_new0(ObjectReference, 1);

    target->kind = str_intern("Pod");
    target->namespace_ = api_namespace(pod);
    target->name = api_name(pod);
    target->uid = api_uid(pod);
    address->ip = candidate->ip;
    address->node_name = spec->node_name == NULL ? str_intern("") : spec->node_name;
    address->target_ref = target;
    address->hostname = hostname_of(service, pod);
}

/* Where several stand side by side they are ordered by hashes; these are of what util/hash DeepHashObject prints. */
static const char *
md5_of(const GString *text)
{
    g_autofree char *sum = g_compute_checksum_for_string(G_CHECKSUM_MD5, text->str, (gssize)text->len);

    return str_intern(sum);
}

static void
print_port(GString *out, const EndpointsPort *port)
{
    g_string_append_printf(out, "{Name:(string)%s Port:(int32)%d Protocol:(v1.Protocol)%s AppProtocol:(*string)%s}",
                           port->name == NULL ? "" : port->name, port->port,
                           port->protocol == NULL ? "" : port->protocol,
                           port->app_protocol == NULL ? "<nil>" : port->app_protocol);
}

static gint
compare_ports(gconstpointer a, gconstpointer b)
{
    g_autoptr(GString) left = g_string_new("(v1.EndpointPort)");
    g_autoptr(GString) right = g_string_new("(v1.EndpointPort)");

    print_port(left, a);
    print_port(right, b);
    return strcmp(md5_of(left), md5_of(right));
}

static void
print_addresses(GString *out, const char *member, const EndpointAddress *addresses, guint count)
{
    g_string_append_printf(out, "%s:([]v1.EndpointAddress)%s", member, count == 0 ? "<nil>" : "[");
    for (guint i = 0; i < count; i++) {
        const EndpointAddress *address = &addresses[i];
        const ObjectReference *target = address->target_ref;

        g_string_append_printf(
            out,
            "%s{IP:(string)%s Hostname:(string)%s NodeName:(*string)%s TargetRef:(*v1.ObjectReference){Kind:(string)%s "
            "Namespace:(string)%s Name:(string)%s UID:(types.UID)%s APIVersion:(string) ResourceVersion:(string) "
            "FieldPath:(string)}}",
            i > 0 ? " " : "", address->ip, address->hostname == NULL ? "" : address->hostname, address->node_name,
            target->kind, target->namespace_, target->name, target->uid);
    }
    g_string_append(out, count == 0 ? " " : "] ");
}

static gint
compare_subsets(gconstpointer a, gconstpointer b)
{
    const EndpointSubset *const sides[] = {a, b};
    const char *sums[2];

    for (guint i = 0; i < 2; i++) {
        g_autoptr(GString) text = g_string_new("(v1.EndpointSubset){");

        print_addresses(text, "Addresses", sides[i]->addresses.items, sides[i]->addresses.count);
        print_addresses(text, "NotReadyAddresses", sides[i]->not_ready.items, sides[i]->not_ready.count);
        g_string_append(text, sides[i]->ports.count == 0 ? "Ports:([]v1.EndpointPort)<nil>}" : "Ports:([]v1.EndpointPort)[");
        for (guint k = 0; k < sides[i]->ports.count; k++) {
            g_string_append(text, k > 0 ? " " : "");
            print_port(text, &sides[i]->ports.items[k]);
        }
        g_string_append(text, sides[i]->ports.count == 0 ? "" : "]}");
        sums[i] = md5_of(text);
    }
    return strcmp(sums[0], sums[1]);
}

/* The one subset has the ports of the Service as this pod offers them, and no others. */
static gboolean
has_ports_of(const EndpointSubset *subset, const ApiObject *service, const ApiObject *pod)
{
    const ServiceSpec *spec = service_spec(service);
    guint found = 0;

    if (spec->ports.count != subset->ports.count || spec->ports.count == 0)
        return FALSE;
    for (guint i = 0; i < spec->ports.count; i++)
        for (guint k = 0; k < subset->ports.count; k++) {
            const EndpointsPort *port = &subset->ports.items[k];

            found += port->name == spec->ports.items[i].name && port->protocol == spec->ports.items[i].protocol &&
                     port->app_protocol == spec->ports.items[i].app_protocol &&
                     port->port == endpoint_find_port(pod, &spec->ports.items[i]);
        }
    return found == spec->ports.count;
}

static gboolean
is_address_of(const EndpointAddress *address, const ApiObject *service, const Candidate *candidate)
{
    const ApiObject *pod = candidate->pod;
    const ObjectReference *target = address->target_ref;

    return address->ip == candidate->ip && target != NULL && target->uid == api_uid(pod) &&
           target->name == api_name(pod) && str_is(target->kind, "Pod") && str_is_empty(target->field_path) &&
           str_is_empty(target->api_version) && address->node_name == pod_spec(pod)->node_name &&
           str_is(address->hostname, hostname_of(service, pod));
}

/*
 * What is there, one subset as a rule, is what would be made: seen without making it. FALSE says
 * nothing yet.
 */
static gboolean
is_plainly_equal(const EndpointsBody *body, const ApiObject *service, const GArray *candidates)
{
    const EndpointSubset *subset = body->subsets.items;
    guint ready = 0, not_ready = 0;

    if (body->subsets.count != (candidates->len > 0 ? 1 : 0))
        return FALSE;
    for (guint i = 0; i < candidates->len; i++) {
        const Candidate *candidate = &g_array_index(candidates, Candidate, i);
        const EndpointAddress *address = candidate->is_ready ? &subset->addresses.items[ready]
                                                             : &subset->not_ready.items[not_ready];

        if (candidate->is_ready ? ready++ == subset->addresses.count : not_ready++ == subset->not_ready.count)
            return FALSE;
        if (!is_address_of(address, service, candidate) || !has_ports_of(subset, service, candidate->pod))
            return FALSE;
    }
    return candidates->len == 0 || (ready == subset->addresses.count && not_ready == subset->not_ready.count);
}

/* RepackSubsets: ports that all of the same addresses offer stand together. */
static void
pack_subsets(const ApiObject *service, const GArray *candidates, EndpointsBody *body)
{
    g_autoptr(GPtrArray) uses = collect_uses(service, candidates);

    for (guint i = 0; i < uses->len; i++) {
        const PortUse *use = uses->pdata[i];
        EndpointSubset *subset;
        gboolean is_first = TRUE;

        for (guint k = 0; k < i && is_first; k++)
            is_first = !has_same_members(uses->pdata[k], use);
        if (!is_first)
            continue;
        subset = API_LIST_ADD(&body->subsets);
        for (guint k = 0; k < use->members->len; k++)
            add_address(subset, service,
                        &g_array_index(candidates, Candidate, g_array_index(use->members, guint, k)));
        for (guint k = i; k < uses->len; k++)
            if (use->port.port != 0 && has_same_members(uses->pdata[k], use))
                *API_LIST_ADD(&subset->ports) = ((const PortUse *)uses->pdata[k])->port;
        if (subset->ports.count > 1)
            qsort(subset->ports.items, subset->ports.count, sizeof(EndpointsPort), compare_ports);
    }
    if (body->subsets.count > 1)
        qsort(body->subsets.items, body->subsets.count, sizeof(EndpointSubset), compare_subsets);
}

/* --- too many of them ------------------------------------------------------------------------------------- */

static void
cut_addresses(EndpointAddress *addresses, guint *count, guint kept)
{
    for (guint i = kept; i < *count; i++)
        g_free(addresses[i].target_ref);
    *count = MIN(*count, kept);
}

static guint
count_addresses(const EndpointsBody *body, guint *out_ready)
{
    guint all = 0;

    *out_ready = 0;
    for (guint i = 0; i < body->subsets.count; i++) {
        all += body->subsets.items[i].addresses.count + body->subsets.items[i].not_ready.count;
        *out_ready += body->subsets.items[i].addresses.count;
    }
    return all;
}

/* truncateEndpoints: each subset in proportion, rounded up; those that are ready first. */
gboolean
endpoints_truncate(EndpointsBody *body)
{
    guint ready, all = count_addresses(body, &ready);
    gboolean cuts_ready = ready > ADDRESSES_MAX;
    guint64 room = cuts_ready ? ADDRESSES_MAX : ADDRESSES_MAX - ready;
    guint64 total = cuts_ready ? ready : all - ready;
    guint64 left = room;

    if (all <= ADDRESSES_MAX)
        return FALSE;
    for (guint i = 0; i < body->subsets.count; i++) {
        EndpointSubset *subset = &body->subsets.items[i];
        guint *count = cuts_ready ? &subset->addresses.count : &subset->not_ready.count;
        guint64 kept = MIN(left, (*count * room + total - 1) / total);

        cut_addresses(cuts_ready ? subset->addresses.items : subset->not_ready.items, count, (guint)kept);
        left -= *count;
        if (cuts_ready)
            cut_addresses(subset->not_ready.items, &subset->not_ready.count, 0);
    }
    return TRUE;
}

/* --- the sync ------------------------------------------------------------------------------------------------- */

static gboolean
is_headless(const ApiObject *service)
{
    return str_is_empty(service_spec(service)->cluster_ip) || str_is(service_spec(service)->cluster_ip, "None");
}

/* The Service's labels, but for those that are ours. */
static gboolean
labels_agree(const ApiObject *present, const ApiObject *service)
{
    const StrMap *labels = &present->meta->labels;
    const StrMap *wanted = &service->meta->labels;
    guint own = 0;

    own += str_map_get(labels, LABEL_HEADLESS) != NULL;
    own += str_map_get(labels, LABEL_ENDPOINTS_BY) != NULL;
    if (labels->count != wanted->count + own)
        return FALSE;
    return wanted->count == 0 || (str_map_contains_all(labels, wanted) &&
                                  str_map_get(wanted, LABEL_HEADLESS) == NULL &&
                                  str_map_get(wanted, LABEL_ENDPOINTS_BY) == NULL);
}

/* capacityAnnotationSetCorrectly */
static gboolean
capacity_agrees(const ApiObject *present)
{
    guint ready;

    return count_addresses(endpoints_body(present), &ready) <= ADDRESSES_MAX &&
           str_map_get(&present->meta->annotations, OVER_CAPACITY) == NULL;
}

static void
put_annotation(StrMap *annotations, const char *key, const char *value)
{
    if (value == NULL)
        str_map_remove(annotations, key);
    else
        str_map_set(annotations, str_intern(key), str_intern(value));
}

/* The Endpoints as they are to be; @body is taken. */
static ApiObject *
make_endpoints(const Reconcile *r, const ApiObject *service, const ApiObject *present, EndpointsBody *body, ApiTime trigger)
{
    ApiObject *object = present == NULL ? api_object_new(&endpoints_kind, api_namespace(service), api_name(service))
                                        : api_object_copy(present);
    ObjectMeta *meta = api_edit_meta(object);
    g_autofree char *time = trigger == 0 ? NULL : time_format_rfc3339(trigger);
    gpointer part = api_part_new(endpoints_kind.body);

    str_map_copy(&meta->labels, &service->meta->labels);
    put_annotation(&meta->annotations, TRIGGER_ANNOTATION, time);
    put_annotation(&meta->annotations, OVER_CAPACITY, endpoints_truncate(body) ? "truncated" : NULL);
    put_annotation(&meta->labels, LABEL_HEADLESS, is_headless(service) ? "" : NULL);
    if (r->version_minor >= LABELED_SINCE)
        put_annotation(&meta->labels, LABEL_ENDPOINTS_BY, "endpoint-controller");
    *(EndpointsBody *)part = *body;
    *body = (EndpointsBody){0};
    api_object_set_body(object, part);
    api_part_unref(part);
    return object;
}

/* What an update has replaced: if the cache still has that, it is behind. */
static void
after_update(const Reconcile *r, gpointer data, const StepResult *results, guint n_results, Plan *plan)
{
    (void)plan;
    if (r->state == NULL || n_results == 0 || !step_succeeded(&results[0]) ||
        results[0].object->resource_version == ((const ApiObject *)data)->resource_version)
        return;
    demand_memory(r->state, r->key)->replaced = ((const ApiObject *)data)->resource_version;
}

static void
plan_write(const ApiObject *service, const ApiObject *present, ApiObject *wanted, Plan *plan)
{
    const char *of = str_internf("%s/%s", api_namespace(service), api_name(service));
    PlanStep *step;

    if (present == NULL) {
        step = plan_create(plan, wanted, "because Service %s has no Endpoints yet", api_name(service));
        step->ignore_terminating = TRUE;
        step->on_failure = (StepEvent){"Warning", "FailedToCreateEndpoint",
                                       str_internf("Failed to create endpoint for service %s: %%s", of)};
    } else {
        step = plan_update(plan, wanted, "because the pods behind Service %s changed", api_name(service));
        step->on_failure = (StepEvent){"Warning", "FailedToUpdateEndpoint",
                                       str_internf("Failed to update endpoint %s: %%s", of)};
        plan_continue(plan, after_update, api_object_ref(present), api_object_unref);
    }
    /* New ones are told of before they have a namespace, so in default. */
    step->event_about = present == NULL ? api_object_new(&endpoints_kind, NULL, api_name(wanted)) : api_object_ref(wanted);
}

static void
sync_service(const Reconcile *r, const ApiObject *service, const ApiObject *present, Plan *plan)
{
    EndpointsState *state = r->state;
    const Memory *memory = state == NULL ? NULL : g_hash_table_lookup(state->services, r->key);
    g_autoptr(GPtrArray) pods = g_ptr_array_new();
    g_autoptr(GArray) candidates = NULL;
    EndpointsBody body = {0};
    gboolean is_as_wanted;
    ApiTime trigger;

    service_pods(r->view, service, pods);
    trigger = slice_state_trigger(state == NULL ? NULL : state->triggers, service, pods);
    if (present != NULL && memory != NULL && memory->replaced == present->resource_version) {
        plan_fail(plan,
                  "endpoints informer cache is out of date, resource version %" G_GUINT64_FORMAT
                  " already processed for endpoints %s",
                  present->resource_version, r->key);
        return;
    }
    candidates = collect_candidates(service, pods);
    is_as_wanted = present != NULL && labels_agree(present, service) && capacity_agrees(present);
    if (is_as_wanted && is_plainly_equal(endpoints_body(present), service, candidates)) {
        decide(state, r->key, present);
        return;
    }
    pack_subsets(service, candidates, &body);
    if (!is_as_wanted || !api_struct_equal(endpoints_kind.body, &body, present->body)) {
        ApiObject *wanted = make_endpoints(r, service, present, &body, trigger);

        decide(state, r->key, wanted);
        plan_write(service, present, wanted, plan);
    } else {
        decide(state, r->key, present);
    }
    api_struct_clear(endpoints_kind.body, &body);
}

/* syncService */
static void
reconcile(const Reconcile *r, Plan *plan)
{
    EndpointsState *state = r->state;
    const char *namespace_;
    const char *name;
    const ApiObject *service;

    api_split_key(r->key, &namespace_, &name);
    service = view_get(r->view, &service_kind, namespace_, name);
    if (state != NULL)
        state->has_begun = TRUE;
    if (service == NULL) {
        g_autoptr(ApiObject) gone = api_object_new(&endpoints_kind, namespace_, name);

        plan_delete(plan, gone, "because the Service is gone")->ignore_codes[0] = 404;
        if (state != NULL) {
            slice_state_forget(state->triggers, r->key);
            g_hash_table_remove(state->services, r->key);
        }
        return;
    }
    if (str_is(service_spec(service)->type, "ExternalName") || service_spec(service)->selector.count == 0)
        return;
    sync_service(r, service, view_get(r->view, &endpoints_kind, namespace_, name), plan);
}

/* --- what wakes it ------------------------------------------------------------------------------------------------ */

static gboolean
is_listed(const EndpointsBody *body, const char *uid)
{
    for (guint i = 0; i < body->subsets.count; i++) {
        const EndpointSubset *subset = &body->subsets.items[i];

        for (guint k = 0; k < subset->addresses.count; k++)
            if (subset->addresses.items[k].target_ref != NULL && subset->addresses.items[k].target_ref->uid == uid)
                return TRUE;
        for (guint k = 0; k < subset->not_ready.count; k++)
            if (subset->not_ready.items[k].target_ref != NULL && subset->not_ready.items[k].target_ref->uid == uid)
                return TRUE;
    }
    return FALSE;
}

/*
 * A pod that is not in, and that the last sync left out, too: a sync would only remember its time. Of the syncs of
 * a pod that ends these are three in four.
 */
static gboolean
is_no_news(const EndpointsState *state, const ApiObject *service, const ApiObject *pod)
{
    const Memory *memory = g_hash_table_lookup(state->services, api_key(service));

    return memory != NULL && memory->decided != NULL && !service_spec(service)->publish_not_ready_addresses &&
           (!pod_should_be_endpoint(pod) || api_is_deleting(pod)) &&
           !is_listed(endpoints_body(memory->decided), api_uid(pod));
}

static void
wake(Controller *controller, const ApiObject *service, const ApiObject *old, const ApiObject *pod)
{
    const EndpointsState *state = controller_state(controller);

    (void)old;
    if (is_no_news(state, service, pod))
        slice_state_note(state->triggers, api_key(service), pod);
    else
        controller_enqueue_object(controller, service);
}

static void
on_pod(Controller *controller, const ApiObject *old, const ApiObject *object)
{
    services_of_pod(controller, old, object, wake);
}

static void
on_service(Controller *controller, const ApiObject *old, const ApiObject *object)
{
    controller_enqueue_object(controller, object != NULL ? object : old);
}

/* Those that are gone; and, at the start, all that are there: perhaps without their Services by now (checkLeftoverEndpoints). */
static void
on_endpoints(Controller *controller, const ApiObject *old, const ApiObject *object)
{
    const EndpointsState *state = controller_state(controller);

    if (object == NULL || (old == NULL && !state->has_begun &&
                           str_map_get(&object->meta->annotations, LEADER_ANNOTATION) == NULL))
        controller_enqueue_object(controller, object != NULL ? object : old);
}

static const ControllerSource sources[] = {
    {&service_kind, on_service},
    {&pod_kind, on_pod},
    {&endpoints_kind, on_endpoints},
    {0},
};

static gpointer
state_new(void)
{
    EndpointsState *state = g_new0(EndpointsState, 1);

    state->triggers = slice_state_new();
    state->services = g_hash_table_new_full(NULL, NULL, NULL, memory_free);
    return state;
}

static void
state_free(gpointer data)
{
    EndpointsState *state = data;

    slice_state_free(state->triggers);
    g_hash_table_unref(state->services);
    g_free(state);
}

const ControllerDef endpoints_controller = {
    .name = "endpoint",
    .component = "endpoint-controller",
    .workers = 5,
    .retries_max = 15,
    .sources = sources,
    .reconcile = reconcile,
    .new_state = state_new,
    .free_state = state_free,
};
