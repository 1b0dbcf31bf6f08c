/*
 * bootstrap.c - what every cluster has before anybody asks
 *
 * At its first start the server makes the system's namespaces, its own Service
 * with its EndpointSlice, and the two priority classes of the system; what is
 * there already stays.
 *
 * Models: v1.34 pkg/controlplane: systemnamespaces, kubernetesservice, and
 * pkg/registry/scheduling/rest.
 */

#include "apiserver/server.h"

#define SECURE_PORT 6443

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

ApiObject *
bootstrap_slice(ApiServer *server, const char *name)
{
    ApiObject *object = api_object_new(&endpoint_slice_kind, "default", name);
    ObjectMeta *meta = api_edit_meta(object);
    EndpointSliceBody *body = api_edit_body(object);
    EndpointPort *port = API_LIST_ADD(&body->ports);

    str_map_set(&meta->labels, str_intern("kubernetes.io/service-name"), str_intern("kubernetes"));
    body->address_type = str_intern("IPv4");
    for (guint i = 0; i < apiserver_count(server); i++) {
        const ApiServer *peer = apiserver_peer(server, i);
        const char *ip = machine_ip(peer->machine);
        Endpoint *endpoint;

        if (peer == server ? server->is_ending : !peers_is_alive(peer))
            continue;
        endpoint = API_LIST_ADD(&body->endpoints);
        str_list_add(&endpoint->addresses, str_intern(ip == NULL ? "127.0.0.1" : ip));
        endpoint->conditions.ready = OPT_TRUE;
    }
    port->name = str_intern("https");
    port->protocol = str_intern("TCP");
    port->port = OPT_INT32(SECURE_PORT);
    return object;
}

static const struct {
    ApiObject *(*make)(ApiServer *server, const char *name);
    const char *name;
} first_objects[] = {
    {make_namespace, "kube-system"},      {make_namespace, "kube-public"},
    {make_namespace, "kube-node-lease"},  {make_namespace, "default"},
    {make_class, "system-node-critical"}, {make_class, "system-cluster-critical"},
    {make_service, "kubernetes"},         {bootstrap_slice, "kubernetes"},
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
is_there(const ApiServer *server, const ApiObject *object)
{
    return cache_get(server, object->kind,
                     storage_key(object->kind, api_namespace(object), api_name(object))) != NULL;
}

static void
bootstrap_next(ApiServer *server)
{
    if (server->bootstrap_index == G_N_ELEMENTS(first_objects)) {
        server->is_bootstrapped = TRUE;
        return;
    }

    ApiObject *object =
        first_objects[server->bootstrap_index].make(server,
                                                    first_objects[server->bootstrap_index].name);
    ApiRequest *request;

    if (is_there(server, object)) { /* a peer made it */
        api_object_unref(object);
        server->bootstrap_index++;
        bootstrap_next(server);
        return;
    }
    request = api_request_new(VERB_CREATE, object->kind, api_namespace(object), api_name(object));
    request->object = object;
    request->user = str_intern("system:apiserver");
    request->reason = str_intern("bootstrap");
    server_call(server, request, bootstrap_done, server);
}

void
bootstrap_begin(ApiServer *server)
{
    bootstrap_next(server);
}
