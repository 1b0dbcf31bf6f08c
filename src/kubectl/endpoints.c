/*
 * endpoints.c - see endpoints.h
 *
 * Models: v1.34 pkg/controller/endpoint as far as one can see it from outside: a
 * subset with the ready addresses, and those not ready, of a Service.
 * DEVIATES: it cannot be watched, written or described.
 */

#include "kubectl/endpoints.h"

#include "base/duration.h"

#define SERVICE_LABEL "kubernetes.io/service-name"

static const char *const short_names[] = {"ep", NULL};

const ApiKind endpoints_kind = {
    .kind = "Endpoints",
    .group = "",
    .version = "v1",
    .plural = "endpoints",
    .singular = "endpoints",
    .short_names = short_names,
    .is_namespaced = TRUE,
    .doc = "Addresses that implement a Service; replaced by EndpointSlice.",
};

const ApiKind *
endpoints_find(const char *word)
{
    return str_is(word, "endpoints") || str_is(word, "ep") ? &endpoints_kind : NULL;
}

static ApiObject *
find_service(const GPtrArray *list, const char *namespace_, const char *name)
{
    for (guint i = 0; i < list->len; i++) {
        ApiObject *object = g_ptr_array_index(list, i);

        if (str_is(api_namespace(object), namespace_) && str_is(api_name(object), name))
            return object;
    }
    return NULL;
}

static void
add_endpoints(ApiObject *object, const EndpointSliceBody *more)
{
    g_autoptr(Value) both = api_struct_encode(object->kind->body, object->body);
    g_autoptr(Value) added = api_struct_encode(object->kind->body, more);
    Value *endpoints = value_get(both, "endpoints");
    Value *items = value_get(added, "endpoints");
    ApiDecodeResult result = {0};
    EndpointSliceBody *body;

    if (endpoints == NULL || items == NULL)
        return;
    for (guint i = 0; i < items->count; i++)
        value_append(endpoints, value_copy(items->items[i]));
    body = api_edit_body(object);
    api_struct_clear(object->kind->body, body);
    api_struct_decode(object->kind->body, body, both, "", &result);
    api_decode_result_clear(&result);
}

static gint
by_address(gconstpointer a, gconstpointer b, gpointer data)
{
    const Endpoint *left = a;
    const Endpoint *right = b;

    (void)data;
    return g_strcmp0(left->addresses.count > 0 ? left->addresses.items[0] : "",
                     right->addresses.count > 0 ? right->addresses.items[0] : "");
}

GPtrArray *
endpoints_from_slices(const GPtrArray *slices)
{
    GPtrArray *list = g_ptr_array_new_with_free_func(api_object_unref);

    for (guint i = 0; i < slices->len; i++) {
        const ApiObject *slice = g_ptr_array_index(slices, i);
        const char *name = str_map_get(&slice->meta->labels, SERVICE_LABEL);
        ApiObject *object;

        if (name == NULL)
            continue;
        object = find_service(list, api_namespace(slice), name);
        if (object == NULL) {
            object = api_object_copy(slice);
            api_edit_meta(object)->name = name;
            g_ptr_array_add(list, object);
            continue;
        }
        if (slice->meta->creation_time < object->meta->creation_time)
            api_edit_meta(object)->creation_time = slice->meta->creation_time;
        add_endpoints(object, slice->body);
    }
    for (guint i = 0; i < list->len; i++) {
        EndpointSliceBody *body = api_edit_body(g_ptr_array_index(list, i));

        if (body->endpoints.count > 1)
            g_qsort_with_data(body->endpoints.items, (gint)body->endpoints.count, sizeof(Endpoint),
                              by_address, NULL);
    }
    return list;
}

/* --- as a document ----------------------------------------------------------------------- */

static void
add_address(Value *list, const Endpoint *endpoint)
{
    Value *one = value_new_map();

    value_set(one, "ip", value_new_string(endpoint->addresses.items[0]));
    if (endpoint->node_name != NULL)
        value_set(one, "nodeName", value_new_string(endpoint->node_name));
    if (endpoint->target_ref != NULL)
        value_set(one, "targetRef",
                  api_struct_encode(&object_reference_type, endpoint->target_ref));
    value_append(list, one);
}

static Value *
addresses_of(const EndpointSliceBody *body, gboolean ready)
{
    Value *list = value_new_list();

    for (guint i = 0; i < body->endpoints.count; i++)
        if ((body->endpoints.items[i].conditions.ready != OPT_FALSE) == ready &&
            body->endpoints.items[i].addresses.count > 0)
            add_address(list, &body->endpoints.items[i]);
    return list;
}

static void
set_unless_empty(Value *map, const char *key, Value *list)
{
    if (list->count > 0)
        value_set(map, key, list);
    else
        value_free(list);
}

static Value *
ports_of(const EndpointSliceBody *body)
{
    Value *list = value_new_list();

    for (guint i = 0; i < body->ports.count; i++) {
        const EndpointPort *port = &body->ports.items[i];
        Value *one = value_new_map();

        if (!str_is_empty(port->name))
            value_set(one, "name", value_new_string(port->name));
        value_set(one, "port", value_new_int(port->port.value));
        value_set(one, "protocol",
                  value_new_string(port->protocol != NULL ? port->protocol : "TCP"));
        value_append(list, one);
    }
    return list;
}

Value *
endpoints_encode(const ApiObject *object)
{
    const EndpointSliceBody *body = object->body;
    Value *value = value_new_map();
    Value *metadata = value_new_map();
    g_autofree char *created = time_format_rfc3339(object->meta->creation_time);

    value_set(value, "apiVersion", value_new_string("v1"));
    value_set(value, "kind", value_new_string("Endpoints"));
    value_set(metadata, "creationTimestamp", value_new_string(created));
    value_set(metadata, "name", value_new_string(api_name(object)));
    value_set(metadata, "namespace", value_new_string(api_namespace(object)));
    value_set(value, "metadata", metadata);
    if (body->endpoints.count > 0) {
        Value *subsets = value_new_list();
        Value *subset = value_new_map();

        set_unless_empty(subset, "addresses", addresses_of(body, TRUE));
        set_unless_empty(subset, "notReadyAddresses", addresses_of(body, FALSE));
        set_unless_empty(subset, "ports", ports_of(body));
        value_append(subsets, subset);
        value_set(value, "subsets", subsets);
    }
    return value;
}
