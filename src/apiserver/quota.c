/* quota.c - see quota.h */

#include "apiserver/quota.h"

#define TRIES_MAX 4 /* the first, and three after conflicts */

typedef struct {
    Call *call; /* waits */
    CallStep next;
    ApiStatus *refusal; /* (owned) */
} Waiter;

typedef struct {
    QuotaCharger *charger;
    const char *namespace_;
    GArray *waiting; /* of Waiter: for the next batch */
    GArray *batch;   /* of Waiter: under way */
    GPtrArray *changed; /* (owned) of ApiObject: quotas to be written */
    GPtrArray *failed;  /* of names: quotas whose writing met a conflict */
    guint index, tries;
    gboolean is_busy;
} Line;

struct QuotaCharger {
    ApiServer *server;
    GHashTable *lines;   /* namespace -> Line (owned) */
    GHashTable *written; /* key -> ApiObject (owned): newest that this server wrote */
};

static void
waiter_clear(gpointer data)
{
    Waiter *waiter = data;

    if (waiter->refusal != NULL)
        api_status_unref(waiter->refusal);
}

static void
line_free(gpointer data)
{
    Line *line = data;

    g_array_unref(line->waiting);
    g_array_unref(line->batch);
    g_ptr_array_unref(line->changed);
    g_ptr_array_unref(line->failed);
    g_free(line);
}

QuotaCharger *
quota_charger_new(ApiServer *server)
{
    QuotaCharger *charger = g_new0(QuotaCharger, 1);

    charger->server = server;
    charger->lines = g_hash_table_new_full(NULL, NULL, NULL, line_free);
    charger->written = g_hash_table_new_full(NULL, NULL, NULL, api_object_unref);
    return charger;
}

void
quota_charger_clear(QuotaCharger *charger)
{
    g_hash_table_remove_all(charger->lines);
    g_hash_table_remove_all(charger->written);
}

void
quota_charger_free(QuotaCharger *charger)
{
    if (charger == NULL)
        return;
    g_hash_table_unref(charger->lines);
    g_hash_table_unref(charger->written);
    g_free(charger);
}

/* --- one request against the quotas: CheckRequest -------------------------------------------------- */

static ApiStatus *
forbid(const ApiObject *object, const char *why)
{
    return api_status_forbidden(object->kind, api_name(object) == NULL ? "" : api_name(object), why);
}

static const char *
print_names(const QuantityMap *map)
{
    g_autoptr(GString) text = g_string_new(NULL);

    for (guint i = 0; i < map->count; i++)
        g_string_append_printf(text, "%s%s", i > 0 ? "," : "", map->items[i].key);
    return str_intern(text->str);
}

/* What of the quota's limits is about such an object. */
static void
restricted(const ApiObject *quota, const ApiKind *kind, QuantityMap *out)
{
    const QuantityMap *hard = &quota_status(quota)->hard;

    for (guint i = 0; i < hard->count; i++)
        if (quota_tracks(kind, hard->items[i].key))
            quantity_map_set(out, hard->items[i].key, hard->items[i].value);
}

/* What must be right before anything is counted. */
static ApiStatus *
check_stated(const ApiObject *quota, const ApiObject *object, const QuantityMap *names)
{
    const char *missing = quota_missing(names, object);

    if (missing != NULL)
        return forbid(object, str_internf("failed quota: %s: %s", api_name(quota), missing));
    for (guint i = 0; i < names->count; i++)
        if (quantity_map_get(&quota_status(quota)->used, names->items[i].key) == NULL)
            return forbid(object, str_internf("status unknown for quota: %s, resources: %s",
                                              api_name(quota), print_names(names)));
    return NULL;
}

/* The part of @map where @used + @delta is above @hard. */
static void
find_exceeded(const QuotaStatus *status, const QuantityMap *delta, QuantityMap *out)
{
    for (guint i = 0; i < delta->count; i++) {
        const char *name = delta->items[i].key;
        const Quantity *used = quantity_map_get(&status->used, name);
        const Quantity *hard = quantity_map_get(&status->hard, name);
        Quantity total = delta->items[i].value;

        if (used != NULL)
            quantity_add(&total, used);
        if (hard != NULL && quantity_compare(&total, hard) > 0)
            quantity_map_set(out, name, delta->items[i].value);
    }
}

static const char *
print_part(const QuantityMap *map, const QuantityMap *names)
{
    QuantityMap part = {0};
    const char *text;

    quantity_map_copy(&part, map);
    quota_mask(&part, names);
    text = quota_print(&part);
    g_free(part.items);
    return text;
}

static ApiStatus *
check_room(const ApiObject *quota, const ApiObject *object, const QuantityMap *delta)
{
    const QuotaStatus *status = quota_status(quota);
    QuantityMap exceeded = {0};
    ApiStatus *refusal = NULL;

    find_exceeded(status, delta, &exceeded);
    if (exceeded.count > 0)
        refusal = forbid(object, str_internf("exceeded quota: %s, requested: %s, used: %s, limited: "
                                             "%s",
                                             api_name(quota), quota_print(&exceeded),
                                             print_part(&status->used, &exceeded),
                                             print_part(&status->hard, &exceeded)));
    g_free(exceeded.items);
    return refusal;
}

static void
remove_zeros(QuantityMap *map)
{
    for (guint i = map->count; i-- > 0;)
        if (quantity_sign(&map->items[i].value) == 0)
            quantity_map_remove(map, map->items[i].key);
}

/* What is used more than before; nothing is given back here. */
static void
subtract(QuantityMap *delta, const QuantityMap *before)
{
    for (guint i = 0; i < delta->count; i++) {
        const Quantity *had = quantity_map_get(before, delta->items[i].key);

        if (had == NULL)
            continue;
        quantity_subtract(&delta->items[i].value, had);
        if (quantity_sign(&delta->items[i].value) < 0)
            delta->items[i].value = (Quantity){.format = delta->items[i].value.format};
    }
}

static gboolean
is_negative(const QuantityMap *usage, QuantityMap *out)
{
    for (guint i = 0; i < usage->count; i++)
        if (quantity_sign(&usage->items[i].value) < 0)
            quantity_map_set(out, usage->items[i].key, usage->items[i].value);
    return out->count > 0;
}

static ApiStatus *
usage_of(ApiServer *server, const ApiObject *object, const ApiObject *old, QuantityMap *out)
{
    gint64 now = sim_wall_ns(server->sim);
    QuantityMap bad = {0};
    ApiStatus *refusal = NULL;

    quota_usage(object, now, out);
    if (is_negative(out, &bad))
        refusal = forbid(object, str_internf("quota usage is negative for resource(s): %s",
                                             print_names(&bad)));
    g_free(bad.items);
    if (old != NULL) {
        QuantityMap before = {0};

        quota_usage(old, now, &before);
        subtract(out, &before);
        g_free(before.items);
    }
    remove_zeros(out);
    return refusal;
}

/* @quotas[i] that are about the object get copies with its usage on top; a refusal changes none. */
static ApiStatus *
check_request(ApiServer *server, GPtrArray *quotas, const ApiObject *object, const ApiObject *old)
{
    g_autofree gboolean *is_interesting = g_new0(gboolean, MAX(quotas->len, 1));
    QuantityMap delta = {0};
    ApiStatus *refusal = NULL;

    for (guint i = 0; i < quotas->len && refusal == NULL; i++) {
        const ApiObject *quota = quotas->pdata[i];
        QuantityMap names = {0};

        restricted(quota, object->kind, &names);
        is_interesting[i] = names.count > 0 && quota_has_scope(quota_spec(quota), object);
        if (is_interesting[i])
            refusal = check_stated(quota, object, &names);
        g_free(names.items);
    }
    if (refusal == NULL)
        refusal = usage_of(server, object, old, &delta);
    for (guint i = 0; i < quotas->len && refusal == NULL; i++)
        if (is_interesting[i]) {
            QuantityMap asked = {0};

            quantity_map_copy(&asked, &delta);
            quota_mask(&asked, &quota_status(quotas->pdata[i])->hard);
            refusal = check_room(quotas->pdata[i], object, &asked);
            g_free(asked.items);
        }
    for (guint i = 0; i < quotas->len && refusal == NULL; i++)
        if (is_interesting[i] && delta.count > 0) {
            ApiObject *charged = api_object_copy(quotas->pdata[i]);
            QuotaStatus *status = api_edit_status(charged);
            QuantityMap asked = {0};

            quantity_map_copy(&asked, &delta);
            quota_mask(&asked, &status->hard);
            quota_add(&status->used, &asked);
            g_free(asked.items);
            api_object_unref(quotas->pdata[i]);
            quotas->pdata[i] = charged;
        }
    g_free(delta.items);
    return refusal;
}

/* --- a batch: checkQuotas --------------------------------------------------------------------------- */

static void batch_begin(Line *line);

/* The quotas of a namespace, not older than what this server wrote itself. (owned) of owned */
static GPtrArray *
list_quotas(QuotaCharger *charger, const char *namespace_)
{
    g_autoptr(GPtrArray) cached = g_ptr_array_new();
    GPtrArray *quotas = g_ptr_array_new_with_free_func(api_object_unref);

    cache_list(charger->server, &resource_quota_kind, namespace_, cached);
    for (guint i = 0; i < cached->len; i++) {
        const ApiObject *quota = cached->pdata[i];
        const ApiObject *newer = g_hash_table_lookup(charger->written, api_key(quota));

        if (newer != NULL && newer->resource_version <= quota->resource_version) {
            g_hash_table_remove(charger->written, api_key(quota));
            newer = NULL;
        }
        g_ptr_array_add(quotas, api_object_ref(newer != NULL ? newer : quota));
    }
    return quotas;
}

/* After a conflict only the quotas that met it are looked at again. */
static void
keep_failed(Line *line, GPtrArray *quotas)
{
    for (guint i = quotas->len; i-- > 0;)
        if (line->tries > 1 &&
            !g_ptr_array_find(line->failed, (gpointer)api_name(quotas->pdata[i]), NULL))
            g_ptr_array_remove_index(quotas, i);
    g_ptr_array_set_size(line->failed, 0);
}

static void
batch_end(Line *line)
{
    g_autoptr(GArray) done = line->batch;

    line->batch = g_array_new(FALSE, TRUE, sizeof(Waiter));
    g_array_set_clear_func(line->batch, waiter_clear);
    line->is_busy = FALSE;
    for (guint i = 0; i < done->len; i++) {
        Waiter *waiter = &g_array_index(done, Waiter, i);

        if (waiter->refusal != NULL)
            call_fail(waiter->call, g_steal_pointer(&waiter->refusal));
        else
            call_continue(waiter->call, 0, waiter->next);
    }
    if (!line->is_busy && line->waiting->len > 0)
        batch_begin(line);
}

static void write_next(Line *line);

static void
on_written(gpointer user, ApiResponse *response)
{
    Line *line = user;
    const ApiObject *sent = line->changed->pdata[line->index];

    if (api_response_ok(response)) {
        g_hash_table_insert(line->charger->written, (gpointer)api_key(sent),
                            api_object_ref(response->object));
    } else {
        g_ptr_array_add(line->failed, (gpointer)api_name(sent));
        for (guint i = 0; line->tries >= TRIES_MAX && i < line->batch->len; i++) {
            Waiter *waiter = &g_array_index(line->batch, Waiter, i);

            if (waiter->refusal == NULL)
                waiter->refusal = forbid(waiter->call->pending, response->status->message);
        }
    }
    api_response_free(response);
    line->index++;
    write_next(line);
}

static void
batch_try(Line *line)
{
    ApiServer *server = line->charger->server;
    g_autoptr(GPtrArray) quotas = list_quotas(line->charger, line->namespace_);
    g_autoptr(GPtrArray) before = g_ptr_array_new_with_free_func(api_object_unref);

    line->tries++;
    keep_failed(line, quotas);
    for (guint i = 0; i < quotas->len; i++)
        g_ptr_array_add(before, api_object_ref(quotas->pdata[i]));
    for (guint i = 0; i < line->batch->len; i++) {
        Waiter *waiter = &g_array_index(line->batch, Waiter, i);
        g_autoptr(GPtrArray) tried = NULL;
        gboolean is_dry = waiter->call->request->dry_run;

        if (waiter->refusal != NULL)
            continue;
        if (is_dry) {
            tried = g_ptr_array_copy(quotas, (GCopyFunc)(void (*)(void))api_object_ref, NULL);
            g_ptr_array_set_free_func(tried, api_object_unref);
        }
        waiter->refusal =
            check_request(server, is_dry ? tried : quotas, waiter->call->pending, NULL);
    }
    g_ptr_array_set_size(line->changed, 0);
    for (guint i = 0; i < quotas->len; i++)
        if (!quota_equal(&quota_status(quotas->pdata[i])->used,
                         &quota_status(before->pdata[i])->used))
            g_ptr_array_add(line->changed, api_object_ref(quotas->pdata[i]));
    line->index = 0;
    write_next(line);
}

static void
write_next(Line *line)
{
    ApiRequest *request;
    const ApiObject *quota;

    if (line->index == line->changed->len) {
        if (line->failed->len > 0 && line->tries < TRIES_MAX)
            batch_try(line);
        else
            batch_end(line);
        return;
    }
    quota = line->changed->pdata[line->index];
    request = api_request_new(VERB_UPDATE, &resource_quota_kind, line->namespace_, api_name(quota));
    request->subresource = str_intern("status");
    request->object = api_object_copy(quota);
    request->user = str_intern("system:apiserver");
    request->reason = str_intern("what is created is charged to the quota");
    server_ask(line->charger->server, request, on_written, line);
}

static void
batch_begin(Line *line)
{
    GArray *empty = line->batch;

    line->batch = line->waiting;
    line->waiting = empty;
    line->is_busy = TRUE;
    line->tries = 0;
    g_ptr_array_set_size(line->failed, 0);
    batch_try(line);
}

static Line *
line_of(QuotaCharger *charger, const char *namespace_)
{
    Line *line = g_hash_table_lookup(charger->lines, namespace_);

    if (line != NULL)
        return line;
    line = g_new0(Line, 1);
    line->charger = charger;
    line->namespace_ = namespace_;
    line->waiting = g_array_new(FALSE, TRUE, sizeof(Waiter));
    line->batch = g_array_new(FALSE, TRUE, sizeof(Waiter));
    g_array_set_clear_func(line->waiting, waiter_clear);
    g_array_set_clear_func(line->batch, waiter_clear);
    line->changed = g_ptr_array_new_with_free_func(api_object_unref);
    line->failed = g_ptr_array_new();
    g_hash_table_insert(charger->lines, (gpointer)namespace_, line);
    return line;
}

static gboolean
is_charged(ApiServer *server, const ApiKind *kind, const char *namespace_)
{
    g_autoptr(GPtrArray) quotas = NULL;

    if (!kind->is_namespaced || kind == &event_kind ||
        cache_count(server, &resource_quota_kind) == 0)
        return FALSE;
    quotas = g_ptr_array_new();
    cache_list(server, &resource_quota_kind, namespace_, quotas);
    return quotas->len > 0;
}

void
quota_charge(Call *call, CallStep next)
{
    const char *namespace_ = call->request->namespace_;
    Waiter waiter = {.call = call, .next = next};
    Line *line;

    if (!is_charged(call->server, call->request->kind, namespace_)) {
        next(call);
        return;
    }
    line = line_of(call->server->charger, namespace_);
    g_array_append_val(line->waiting, waiter);
    if (!line->is_busy)
        batch_begin(line);
}

/* --- changes ----------------------------------------------------------------------------------------- */

static gboolean
add_usage(ApiObject *quota, gpointer data)
{
    quota_add(&((QuotaStatus *)api_edit_status(quota))->used, data);
    return TRUE;
}

static void
usage_free(gpointer data)
{
    QuantityMap *usage = data;

    g_free(usage->items);
    g_free(usage);
}

static void
on_patched(gpointer user, ApiResponse *response)
{
    (void)user;
    api_response_free(response);
}

static void
add_to_quota(ApiServer *server, const ApiObject *quota, const QuantityMap *delta)
{
    ApiRequest *request =
        api_request_new(VERB_PATCH, &resource_quota_kind, api_namespace(quota), api_name(quota));
    QuantityMap *asked = g_new0(QuantityMap, 1);

    quantity_map_copy(asked, delta);
    quota_mask(asked, &quota_status(quota)->hard);
    request->subresource = str_intern("status");
    request->mutate = add_usage;
    request->mutate_data = asked;
    request->mutate_data_free = usage_free;
    request->user = str_intern("system:apiserver");
    request->reason = str_intern("what is changed is charged to the quota");
    server_ask(server, request, on_patched, NULL);
}

ApiStatus *
quota_charge_update(Call *call, const ApiObject *object, const ApiObject *old)
{
    ApiServer *server = call->server;
    const ApiKind *kind = object->kind;
    g_autoptr(GPtrArray) quotas = NULL;
    g_autoptr(GPtrArray) charged = NULL;
    QuantityMap delta = {0};
    ApiStatus *refusal;

    if (!is_charged(server, kind, api_namespace(object)))
        return NULL;
    quotas = list_quotas(server->charger, api_namespace(object));
    charged = g_ptr_array_copy(quotas, (GCopyFunc)(void (*)(void))api_object_ref, NULL);
    g_ptr_array_set_free_func(charged, api_object_unref);
    refusal = check_request(server, charged, object, old);
    if (refusal == NULL)
        refusal = usage_of(server, object, old, &delta);
    for (guint i = 0; refusal == NULL && !call->request->dry_run && i < quotas->len; i++)
        if (charged->pdata[i] != quotas->pdata[i])
            add_to_quota(server, quotas->pdata[i], &delta);
    g_free(delta.items);
    return refusal;
}
