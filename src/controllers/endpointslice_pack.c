#include "api/names.h"
#include "controllers/endpointslice_sync.h"

/* --- slices ---------------------------------------------------------------------------------------- */

static gboolean
is_reserved(const char *key)
{
    return str_is(key, LABEL_SERVICE_NAME) || str_is(key, LABEL_MANAGED_BY) ||
           str_is(key, LABEL_HEADLESS);
}

static void
copy_plain_labels(StrMap *to, const StrMap *from)
{
    for (guint i = 0; i < from->count; i++)
        if (!is_reserved(from->items[i].key))
            str_map_set(to, from->items[i].key, from->items[i].value);
}

/* v1.34 endpointslice/utils.go, setEndpointSliceLabels. */
gboolean
slice_labels(const ApiObject *slice, const ApiObject *service, StrMap *out_labels)
{
    const char *cluster_ip = service_spec(service)->cluster_ip;
    StrMap present = {0};
    gboolean has_changed;

    copy_plain_labels(&present, &slice->meta->labels);
    copy_plain_labels(out_labels, &service->meta->labels);
    has_changed = !str_map_equal(&present, out_labels);
    str_map_clear(&present);
    if (str_is_empty(cluster_ip) || str_is(cluster_ip, "None"))
        str_map_set(out_labels, str_intern(LABEL_HEADLESS), str_intern(""));
    str_map_set(out_labels, str_intern(LABEL_SERVICE_NAME), api_name(service));
    str_map_set(out_labels, str_intern(LABEL_MANAGED_BY), str_intern(MANAGED_BY_US));
    return has_changed;
}

static void
put_labels(ApiObject *slice, const ApiObject *service)
{
    StrMap labels = {0};

    slice_labels(slice, service, &labels);
    str_map_copy(&api_edit_meta(slice)->labels, &labels);
    str_map_clear(&labels);
}

ApiObject *
slice_new(const ApiObject *service, const char *address_type)
{
    ApiObject *slice = api_object_new(&endpoint_slice_kind, api_namespace(service), NULL);
    ObjectMeta *meta = api_edit_meta(slice);
    const char *prefix = str_internf("%s-", api_name(service));
    StrList messages = {0};

    meta->generate_name =
        name_check(NAME_DNS_SUBDOMAIN, prefix, TRUE, &messages) ? prefix : api_name(service);
    g_free(messages.items);
    api_set_controller(meta, service);
    ((EndpointSliceBody *)api_edit_body(slice))->address_type = address_type;
    put_labels(slice, service);
    return slice;
}

void
slice_pack_init(SlicePack *pack, const ApiObject *service, const char *address_type, guint max)
{
    *pack = (SlicePack){.service = service, .address_type = address_type, .max_endpoints = max};
    pack->create = g_ptr_array_new_with_free_func(api_object_unref);
    pack->update = g_ptr_array_new_with_free_func(api_object_unref);
    pack->delete = g_ptr_array_new_with_free_func(api_object_unref);
    pack->unchanged = g_ptr_array_new_with_free_func(api_object_unref);
}

void
slice_pack_clear(SlicePack *pack)
{
    g_ptr_array_unref(pack->create);
    g_ptr_array_unref(pack->update);
    g_ptr_array_unref(pack->delete);
    g_ptr_array_unref(pack->unchanged);
}

/* --- packing ----------------------------------------------------------------------------------------- */

/* So many endpoints are looked through for each other; more go into a table. */
#define FEW 16

/* The endpoints of a group that are still to be placed. */
typedef struct {
    PortGroup *group;
    GHashTable *places; /* identity -> index + 1; NULL: they are few */
    gboolean *is_placed;
    guint left, next;
} Pool;

static void
pool_init(Pool *pool, PortGroup *group)
{
    guint count = group->body.endpoints.count;

    *pool = (Pool){.group = group, .left = count};
    pool->is_placed = g_new0(gboolean, count + 1);
    if (count <= FEW)
        return;
    pool->places = g_hash_table_new(NULL, NULL);
    for (guint i = 0; i < count; i++)
        g_hash_table_insert(pool->places,
                            (gpointer)endpoint_identity(&group->body.endpoints.items[i]),
                            GUINT_TO_POINTER(i + 1));
}

static void
pool_clear(Pool *pool)
{
    if (pool->places != NULL)
        g_hash_table_unref(pool->places);
    g_free(pool->is_placed);
}

/* pool_find: the wanted endpoint with the identity of @endpoint, or NULL. */
static Endpoint *
pool_find(Pool *pool, const Endpoint *endpoint)
{
    guint place = 0;

    if (pool->places != NULL)
        place = GPOINTER_TO_UINT(g_hash_table_lookup(pool->places, endpoint_identity(endpoint)));
    else /* of several that are equal the last is meant, as in a table */
        for (place = pool->group->body.endpoints.count; place > 0; place--)
            if (endpoint_is_same(&pool->group->body.endpoints.items[place - 1], endpoint))
                break;
    if (place == 0 || pool->is_placed[place - 1])
        return NULL;
    return &pool->group->body.endpoints.items[place - 1];
}

/* What @endpoint owned belongs to the caller now. */
static Endpoint
pool_take(Pool *pool, Endpoint *endpoint)
{
    Endpoint taken = *endpoint;

    pool->is_placed[endpoint - pool->group->body.endpoints.items] = TRUE;
    pool->left--;
    *endpoint = (Endpoint){0};
    return taken;
}

static Endpoint
pool_pop(Pool *pool)
{
    g_assert(pool->left > 0);
    while (pool->is_placed[pool->next])
        pool->next++;
    return pool_take(pool, &pool->group->body.endpoints.items[pool->next]);
}

static guint
slice_length(const ApiObject *slice)
{
    return endpoint_slice_body(slice)->endpoints.count;
}

static void
fill_slice(Pool *pool, ApiObject *slice, guint max)
{
    EndpointSliceBody *body = api_edit_body(slice);

    while (pool->left > 0 && body->endpoints.count < max)
        *API_LIST_ADD(&body->endpoints) = pool_pop(pool);
}

/* Step 1 for one slice: what is still wanted stays, with its new content. */
static void
keep_wanted(SlicePack *pack, Pool *pool, ApiObject *slice)
{
    const EndpointSliceBody *old = endpoint_slice_body(slice);
    EndpointSliceBody kept = {0};
    gboolean has_changed = FALSE;
    StrMap labels = {0};

    for (guint i = 0; i < old->endpoints.count; i++) {
        Endpoint *wanted = pool_find(pool, &old->endpoints.items[i]);

        if (wanted == NULL)
            continue;
        has_changed |= !endpoint_equal_beyond_identity(wanted, &old->endpoints.items[i]);
        *API_LIST_ADD(&kept.endpoints) = pool_take(pool, wanted);
    }
    has_changed |= kept.endpoints.count != old->endpoints.count;
    if (has_changed && kept.endpoints.count == 0) {
        g_ptr_array_add(pack->delete, api_object_ref(slice));
    } else if (has_changed) {
        ApiObject *changed = api_object_copy(slice);
        EndpointSliceBody *body = api_edit_body(changed);

        for (guint i = 0; i < body->endpoints.count; i++)
            endpoint_clear(&body->endpoints.items[i]);
        g_free(body->endpoints.items);
        body->endpoints = kept.endpoints;
        kept.endpoints.items = NULL;
        kept.endpoints.count = 0;
        put_labels(changed, pack->service);
        g_ptr_array_add(pack->update, changed);
    } else if (slice_labels(slice, pack->service, &labels)) {
        ApiObject *changed = api_object_copy(slice);

        put_labels(changed, pack->service);
        g_ptr_array_add(pack->update, changed);
    } else {
        g_ptr_array_add(pack->unchanged, api_object_ref(slice));
    }
    str_map_clear(&labels);
    for (guint i = 0; i < kept.endpoints.count; i++)
        endpoint_clear(&kept.endpoints.items[i]);
    g_free(kept.endpoints.items);
}

static gint
compare_longest_first(gconstpointer a, gconstpointer b)
{
    guint length_a = slice_length(*(ApiObject *const *)a);
    guint length_b = slice_length(*(ApiObject *const *)b);

    return length_a == length_b ? 0 : length_a > length_b ? -1 : 1;
}

/* v1.34 endpointslice/reconciler.go, getSliceToFill: the fullest that takes all the rest. */
static int
find_best_fit(const SlicePack *pack, guint from, guint count)
{
    guint closest = pack->max_endpoints;
    int best = -1;

    for (guint i = from; i < pack->unchanged->len; i++) {
        guint sum = count + slice_length(pack->unchanged->pdata[i]);

        if (sum <= pack->max_endpoints && pack->max_endpoints - sum < closest) {
            closest = pack->max_endpoints - sum;
            best = (int)i;
        }
    }
    return best;
}

/* Step 3: one unchanged slice for all the rest, or new ones. @from: where this group's unchanged ones begin. */
static void
place_rest(SlicePack *pack, Pool *pool, guint from)
{
    while (pool->left > 0) {
        int index = pool->left < pack->max_endpoints ? find_best_fit(pack, from, pool->left) : -1;
        ApiObject *slice;

        if (index >= 0) {
            slice = api_object_copy(pack->unchanged->pdata[index]);
            g_ptr_array_remove_index(pack->unchanged, (guint)index);
            g_ptr_array_add(pack->update, slice);
        } else {
            EndpointSliceBody *body;

            slice = slice_new(pack->service, pack->address_type);
            body = api_edit_body(slice);
            for (guint i = 0; i < pool->group->body.ports.count; i++)
                *API_LIST_ADD(&body->ports) = pool->group->body.ports.items[i];
            g_ptr_array_add(pack->create, slice);
        }
        fill_slice(pool, slice, pack->max_endpoints);
    }
}

/* v1.34 endpointslice/reconciler.go, reconcileByPortMapping. */
void
slice_pack_group(SlicePack *pack, PortGroup *group, const GPtrArray *existing)
{
    guint first_update = pack->update->len;
    guint first_unchanged = pack->unchanged->len;
    g_autoptr(GPtrArray) longest = g_ptr_array_new();
    Pool pool;

    pool_init(&pool, group);
    for (guint i = 0; i < existing->len; i++)
        keep_wanted(pack, &pool, existing->pdata[i]);
    for (guint i = first_update; i < pack->update->len; i++)
        g_ptr_array_add(longest, pack->update->pdata[i]);
    g_ptr_array_sort(longest, compare_longest_first);
    for (guint i = 0; i < longest->len && pool.left > 0; i++)
        fill_slice(&pool, longest->pdata[i], pack->max_endpoints);
    place_rest(pack, &pool, first_unchanged);
    pool_clear(&pool);
}

/* --- the end ------------------------------------------------------------------------------------------- */

static gboolean
is_placeholder(const ApiObject *slice, const ApiObject *service)
{
    const EndpointSliceBody *body = endpoint_slice_body(slice);
    const OwnerReference *owner = api_controller_of(slice);
    StrMap labels = {0};
    gboolean is_same;

    slice_labels(slice, service, &labels);
    is_same = body->endpoints.count == 0 && body->ports.count == 0 && owner != NULL &&
              slice->meta->owner_references.count == 1 && str_is(owner->uid, api_uid(service)) &&
              str_map_equal(&labels, &slice->meta->labels);
    str_map_clear(&labels);
    return is_same;
}

void
slice_pack_placeholder(SlicePack *pack, guint existing_count)
{
    if (existing_count != pack->delete->len || pack->create->len > 0)
        return;
    if (pack->delete->len == 1 && is_placeholder(pack->delete->pdata[0], pack->service))
        g_ptr_array_set_size(pack->delete, 0);
    else
        g_ptr_array_add(pack->create, slice_new(pack->service, pack->address_type));
}

/* v1.34 endpointslice/reconciler.go, finalize: the last creation becomes an update of the first deletion. */
void
slice_pack_finalize(SlicePack *pack)
{
    guint i = 0;

    while (i < pack->delete->len && pack->create->len > 0) {
        const ApiObject *slice = pack->delete->pdata[i];
        ApiObject *taken;

        if (!api_is_controlled_by(slice, pack->service) ||
            !str_is(endpoint_slice_body(slice)->address_type, pack->address_type)) {
            i++;
            continue;
        }
        taken = g_ptr_array_steal_index(pack->create, pack->create->len - 1);
        api_edit_meta(taken)->name = api_name(slice);
        g_ptr_array_add(pack->update, taken);
        g_ptr_array_remove_index(pack->delete, i);
    }
}
