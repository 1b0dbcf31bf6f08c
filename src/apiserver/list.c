/*
 * list.c - GET of one object, and LIST with selectors
 *
 * Models: v1.34 storage/cacher: a GET is a linearizable read of etcd, a LIST is
 * served from the watch cache once that is known to be as fresh as etcd.
 */

#include "apiserver/server.h"

static void
get_answer(Call *call)
{
    const ApiObject *object = etcd_get(call->key);

    if (object == NULL)
        call_fail(call, status_gone(call->request->kind, call->request->name));
    else
        call_succeed(call, 200, object);
}

void
get_begin(Call *call)
{
    storage_read(call, get_answer);
}

/* --- lists --------------------------------------------------------------------------- */

static gboolean
parse_selectors(Call *call, Selector **out_labels, FieldSelector **out_fields)
{
    const ApiRequest *request = call->request;
    g_autofree char *message = NULL;

    if (!str_is_empty(request->label_selector)) {
        *out_labels = selector_parse(request->label_selector, &message);
        if (*out_labels == NULL) {
            call_fail(call, api_status_bad_request(message));
            return FALSE;
        }
    }
    if (!str_is_empty(request->field_selector)) {
        *out_fields = field_selector_parse(request->field_selector, &message);
        if (*out_fields == NULL || !field_selector_check(*out_fields, request->kind, &message)) {
            call_fail(call, api_status_bad_request(message));
            return FALSE;
        }
    }
    return TRUE;
}

/* The objects that may be meant: of one name there is one (a kubelet lists its own Node). */
static void
collect(Call *call, const FieldSelector *fields, GPtrArray *out)
{
    const ApiRequest *request = call->request;
    const char *name = fields == NULL ? NULL : field_selector_get_exact(fields, "metadata.name");
    const ApiObject *object;

    if (str_is_empty(name) ||
        (request->kind->is_namespaced && str_is_empty(request->namespace_))) {
        cache_list(call->server, request->kind, request->namespace_, out);
        return;
    }
    object = cache_get(call->server, storage_key(call->server, request->kind, request->namespace_, name));
    if (object != NULL)
        g_ptr_array_add(out, (gpointer)object);
}

static void
list_answer(Call *call)
{
    const ApiRequest *request = call->request;
    g_autoptr(Selector) labels = NULL;
    g_autoptr(FieldSelector) fields = NULL;
    g_autoptr(GPtrArray) all = g_ptr_array_new();

    if (!parse_selectors(call, &labels, &fields))
        return;
    collect(call, fields, all);

    ApiResponse *response = api_response_new();

    response->code = 200;
    apiserver_catch_up(call->server);
    response->revision = call->server->cache_revision;
    response->items = g_ptr_array_new_full(all->len, api_object_unref);
    for (guint i = 0; i < all->len; i++) {
        const ApiObject *object = g_ptr_array_index(all, i);

        if ((labels == NULL || selector_matches(labels, &object->meta->labels)) &&
            (fields == NULL || field_selector_matches(fields, object)))
            g_ptr_array_add(response->items, api_object_ref(object));
    }
    call->after_ns += latency_list_ns(call->server, request->user, response->items->len);
    call_answer(call, response);
}

static void
list_fresh(Call *call)
{
    call_continue(call, cache_lag_ns(call->server), list_answer);
}

void
list_begin(Call *call)
{
    g_autoptr(Selector) labels = NULL;
    g_autoptr(FieldSelector) fields = NULL;

    if (parse_selectors(call, &labels, &fields))
        storage_read(call, list_fresh);
}
