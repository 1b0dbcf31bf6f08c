/*
 * bootstrap.c - what every cluster has before anybody asks
 *
 * At its first start the server makes the system's namespaces, its own Service
 * with its Endpoints and EndpointSlice, and the two priority classes of the system; what is
 * there already stays. What somebody deletes of it comes back, but for the
 * classes: the server looks for its Service each 10 s, for namespaces each minute.
 * Looks that would miss nothing are not played.
 *
 * Models: v1.34 pkg/controlplane/controller: systemnamespaces, kubernetesservice, and
 * pkg/registry/scheduling/rest.
 */

#include "apiserver/server.h"

#define SECURE_PORT   6443
#define SERVICE_NS    (10 * NS_PER_S)
#define NAMESPACES_NS (60 * NS_PER_S)

static ApiObject *
make_namespace(ApiServer *server, const char *name)
{
    (void)server;
    return api_object_new(&namespace_kind, NULL, name);
}

static ApiObject *
make_class(ApiServer *server, const char *name)
{
    ApiObject *object = api_object_new(&priority_class_kind, NULL, name);
    PriorityClassBody *body = api_edit_body(object);
    gboolean is_node = str_is(name, "system-node-critical");

    (void)server;
    body->value = is_node ? 2000001000 : 2000000000;
    body->description = str_intern(
        is_node ? "Used for system critical pods that must not be moved from their current node."
                : "Used for system critical pods that must run in the cluster, but can be moved to "
                  "another node if necessary.");
    return object;
}

static ApiObject *
make_service(ApiServer *server, const char *name)
{
    ApiObject *object = api_object_new(&service_kind, "default", name);
    ObjectMeta *meta = api_edit_meta(object);
    ServiceSpec *spec = api_edit_spec(object);
    ServicePort *port = API_LIST_ADD(&spec->ports);

    str_map_set(&meta->labels, str_intern("component"), str_intern("apiserver"));
    str_map_set(&meta->labels, str_intern("provider"), str_intern("kubernetes"));
    spec->cluster_ip = allocator_first_address(server->allocator);
    spec->type = str_intern("ClusterIP");
    port->name = str_intern("https");
    port->protocol = str_intern("TCP");
    port->port = 443;
    port->target_port = (IntOrString){.type = INT_OR_STRING_INT, .integer = SECURE_PORT};
    return object;
}

/* Those of the servers that are alive. */
static void
add_addresses(ApiServer *server, StrList *out)
{
    for (guint i = 0; i < apiserver_count(server); i++) {
        const ApiServer *peer = apiserver_peer(server, i);
        const char *ip = machine_ip(peer->machine);

        if (peer == server ? !server->is_ending : peers_is_alive(peer))
            str_list_add(out, str_intern(ip == NULL ? "127.0.0.1" : ip));
    }
}

ApiObject *
bootstrap_endpoints(ApiServer *server, const char *name)
{
    ApiObject *object = api_object_new(&endpoints_kind, "default", name);
    EndpointsBody *body = api_edit_body(object);
    EndpointSubset *subset = API_LIST_ADD(&body->subsets);
    EndpointsPort *port = API_LIST_ADD(&subset->ports);
    StrList addresses = {0};

    str_map_set(&api_edit_meta(object)->labels, str_intern("endpointslice.kubernetes.io/skip-mirror"), str_intern("true"));
    add_addresses(server, &addresses);
    for (guint i = 0; i < addresses.count; i++)
        API_LIST_ADD(&subset->addresses)->ip = addresses.items[i];
    g_free(addresses.items);
    *port = (EndpointsPort){str_intern("https"), str_intern("TCP"), NULL, SECURE_PORT};
    return object;
}

ApiObject *
bootstrap_slice(ApiServer *server, const char *name)
{
    ApiObject *object = api_object_new(&endpoint_slice_kind, "default", name);
    ObjectMeta *meta = api_edit_meta(object);
    EndpointSliceBody *body = api_edit_body(object);
    EndpointPort *port = API_LIST_ADD(&body->ports);
    StrList addresses = {0};

    str_map_set(&meta->labels, str_intern("kubernetes.io/service-name"), str_intern("kubernetes"));
    body->address_type = str_intern("IPv4");
    add_addresses(server, &addresses);
    for (guint i = 0; i < addresses.count; i++) {
        Endpoint *endpoint = API_LIST_ADD(&body->endpoints);

        str_list_add(&endpoint->addresses, addresses.items[i]);
        endpoint->conditions.ready = OPT_TRUE;
    }
    g_free(addresses.items);
    port->name = str_intern("https");
    port->protocol = str_intern("TCP");
    port->port = OPT_INT32(SECURE_PORT);
    return object;
}

static const struct {
    ApiObject *(*make)(ApiServer *server, const char *name);
    const ApiKind *kind;
    const char *name;
    gint64 period_ns; /* of the looks whether it is there; 0: none after the first */
} first_objects[] = {
    {make_namespace, &namespace_kind, "kube-system", NAMESPACES_NS},
    {make_namespace, &namespace_kind, "kube-public", NAMESPACES_NS},
    {make_namespace, &namespace_kind, "kube-node-lease", NAMESPACES_NS},
    {make_namespace, &namespace_kind, "default", NAMESPACES_NS},
    {make_class, &priority_class_kind, "system-node-critical", 0},
    {make_class, &priority_class_kind, "system-cluster-critical", 0},
    {make_service, &service_kind, "kubernetes", SERVICE_NS},
    {bootstrap_endpoints, &endpoints_kind, "kubernetes", SERVICE_NS},
    {bootstrap_slice, &endpoint_slice_kind, "kubernetes", SERVICE_NS},
};

static void bootstrap_next(ApiServer *server);

static void
bootstrap_done(gpointer user, ApiResponse *response)
{
    ApiServer *server = user;

    /* 409: it is there from an earlier life. Only what etcd could not take is tried again. */
    if (response->code < 500)
        server->bootstrap_index++;
    api_response_free(response);
    bootstrap_next(server);
}

static gboolean
is_there(ApiServer *server, guint index)
{
    const ApiKind *kind = first_objects[index].kind;
    const char *space = kind->is_namespaced ? str_intern("default") : NULL;

    return cache_get(server, storage_key(server, kind, space, str_intern(first_objects[index].name))) != NULL;
}

static void
make(ApiServer *server, guint index, void (*done)(gpointer user, ApiResponse *response))
{
    ApiObject *object = first_objects[index].make(server, first_objects[index].name);
    ApiRequest *request = api_request_new(VERB_CREATE, object->kind, api_namespace(object), api_name(object));

    request->object = object;
    request->user = str_intern("system:apiserver");
    request->reason = str_intern("bootstrap");
    server_call(server, request, done, server);
}

static void
bootstrap_next(ApiServer *server)
{
    while (server->bootstrap_index < G_N_ELEMENTS(first_objects) && is_there(server, server->bootstrap_index))
        server->bootstrap_index++; /* a peer made it */
    if (server->bootstrap_index == G_N_ELEMENTS(first_objects))
        server->is_bootstrapped = TRUE;
    else
        make(server, server->bootstrap_index, bootstrap_done);
}

/* --- what is missed later ------------------------------------------------------------ */

static void
keep_arm(ApiServer *server, guint index)
{
    gint64 period_ns = first_objects[index].period_ns;
    gint64 past_ns = sim_now_ns(server->sim) - server->keep_from_ns;
    gint64 at_ns = server->keep_from_ns + (past_ns / period_ns + 1) * period_ns;

    if (!server->keep.is_armed || at_ns < server->keep.due_ns)
        sim_timer_arm_at(&server->keep, at_ns);
}

/* Whatever came of it, a later look sees. */
static void
kept(gpointer user, ApiResponse *response)
{
    (void)user;
    api_response_free(response);
}

void
bootstrap_on_keep(Sim *sim, gpointer self)
{
    ApiServer *server = self;
    gint64 past_ns = sim_now_ns(sim) - server->keep_from_ns;
    gboolean can_act = !server->is_paused && etcd_read_delay_ns(server->etcd, server->process) != G_MAXINT64;

    for (guint i = 0; i < G_N_ELEMENTS(first_objects); i++) {
        if (first_objects[i].period_ns == 0 || is_there(server, i))
            continue;
        if (can_act && past_ns % first_objects[i].period_ns == 0)
            make(server, i, kept);
        keep_arm(server, i);
    }
}

void
bootstrap_lost(ApiServer *server, const ApiObject *object)
{
    for (guint i = 0; i < G_N_ELEMENTS(first_objects); i++)
        if (first_objects[i].kind == object->kind && first_objects[i].period_ns > 0 &&
            str_is(api_name(object), first_objects[i].name) &&
            (!object->kind->is_namespaced || str_is(api_namespace(object), "default")))
            keep_arm(server, i);
}

void
bootstrap_begin(ApiServer *server)
{
    gint64 now_ns = sim_now_ns(server->sim);

    server->keep_from_ns = now_ns;
    if (server->is_bootstrapped) {
        sim_timer_arm_at(&server->keep, now_ns);
        return;
    }
    /* A cluster has been up for any time before a scenario begins. */
    server->keep_from_ns -= rng_between_ns(rng_stream(server->sim, "apiserver/keep"), 0, NAMESPACES_NS - 1);
    bootstrap_next(server);
}
