#include "controllers/endpointslice_sync.h"

typedef enum { HINTS_NONE, HINTS_ZONE, HINTS_NODE } HintsWanted;

static HintsWanted
wanted_of(const ApiObject *service)
{
    const char *text = service_spec(service)->traffic_distribution;

    if (str_is(text, "PreferSameNode"))
        return HINTS_NODE;
    return str_is(text, "PreferClose") || str_is(text, "PreferSameZone") ? HINTS_ZONE : HINTS_NONE;
}

static gboolean
list_is(const ForZone *items, guint count, const char *name)
{
    return name == NULL ? count == 0 : count == 1 && str_is(items[0].name, name);
}

/* v1.34 endpointslice/trafficdist: what a ready endpoint's hints should say. */
static gboolean
has_right_hints(const Endpoint *endpoint, HintsWanted wanted)
{
    const EndpointHints *hints = endpoint->hints;
    const char *node = wanted == HINTS_NODE ? endpoint->node_name : NULL;

    if (wanted == HINTS_NONE)
        return hints == NULL;
    if (endpoint->conditions.ready != OPT_TRUE)
        return TRUE;
    if (endpoint->zone == NULL && node == NULL)
        return hints == NULL;
    return hints != NULL &&
           list_is(hints->for_zones.items, hints->for_zones.count, endpoint->zone) &&
           list_is(hints->for_nodes.items, hints->for_nodes.count, node);
}

static void
put_hints(Endpoint *endpoint, HintsWanted wanted)
{
    const char *node = wanted == HINTS_NODE ? endpoint->node_name : NULL;

    if (has_right_hints(endpoint, wanted))
        return;
    endpoint_drop_hints(endpoint);
    if (wanted == HINTS_NONE || (endpoint->zone == NULL && node == NULL))
        return;
    endpoint->hints = g_new0(EndpointHints, 1);
    if (endpoint->zone != NULL)
        API_LIST_ADD(&endpoint->hints->for_zones)->name = endpoint->zone;
    if (node != NULL)
        API_LIST_ADD(&endpoint->hints->for_nodes)->name = node;
}

static void
put_slice_hints(ApiObject *slice, HintsWanted wanted)
{
    EndpointSliceBody *body = api_edit_body(slice);

    for (guint i = 0; i < body->endpoints.count; i++)
        put_hints(&body->endpoints.items[i], wanted);
}

static gboolean
slice_has_right_hints(const ApiObject *slice, HintsWanted wanted)
{
    const EndpointSliceBody *body = endpoint_slice_body(slice);

    for (guint i = 0; i < body->endpoints.count; i++)
        if (!has_right_hints(&body->endpoints.items[i], wanted))
            return FALSE;
    return TRUE;
}

void
slice_pack_hints(SlicePack *pack, gboolean is_followed)
{
    HintsWanted wanted = is_followed ? wanted_of(pack->service) : HINTS_NONE;
    guint i = 0;

    for (guint k = 0; k < pack->create->len; k++)
        put_slice_hints(pack->create->pdata[k], wanted);
    for (guint k = 0; k < pack->update->len; k++)
        put_slice_hints(pack->update->pdata[k], wanted);
    while (i < pack->unchanged->len) {
        ApiObject *changed;

        if (slice_has_right_hints(pack->unchanged->pdata[i], wanted)) {
            i++;
            continue;
        }
        changed = api_object_copy(pack->unchanged->pdata[i]);
        put_slice_hints(changed, wanted);
        g_ptr_array_add(pack->update, changed);
        g_ptr_array_remove_index(pack->unchanged, i);
    }
}
