/*
 * storage.c - between a request and etcd: reads, compare-and-swap, the update loop
 *
 * Models: v1.34 apiserver storage/etcd3/store.go and registry/generic/registry.
 */

#include "apiserver/server.h"

/* v1.34 apiserver endpoints/handlers: create, update, patch and delete may take so long. */
#define HANDLER_LIMIT_NS (34 * NS_PER_S)
/* etcd's own time-out, and how often a read that found no leader is tried again. */
#define READ_TIMEOUT_NS (7 * NS_PER_S)
#define READ_RETRY_NS   (500 * NS_PER_MS)
#define EVENT_TTL_NS    (NS_PER_HOUR)

EtcdKey *
storage_key(const ApiServer *server, const ApiKind *kind, const char *namespace_, const char *name)
{
    const Resource *resource = server_resource(server, kind);

    return key_find(resource != NULL ? resource->space : etcd_space(server->etcd, kind), namespace_, name);
}

void
hold_object(ApiObject **place, const ApiObject *object)
{
    ApiObject *old = *place;

    *place = object == NULL ? NULL : api_object_ref(object);
    api_object_unref(old);
}

ApiStatus *
status_gone(const ApiKind *kind, const char *name)
{
    return api_status_not_found(kind, name == NULL ? "" : name);
}

static void
fail_deadline(Call *call)
{
    call_fail(call, api_status_timeout("request did not complete within requested timeout - "
                                       "context deadline exceeded"));
}

/* --- reads --------------------------------------------------------------------------- */

static void
read_again(Call *call)
{
    gint64 delay_ns = etcd_read_delay_ns(call->server->etcd, call->server->process);
    gint64 waited_ns = sim_now_ns(call->server->sim) - call->arrived_ns;

    if (delay_ns != G_MAXINT64)
        call_continue(call, MAX(delay_ns, 1), call->after_read);
    else if (waited_ns < READ_TIMEOUT_NS)
        call_continue(call, READ_RETRY_NS, read_again);
    else
        call_fail_etcd(call, "etcdserver: request timed out");
}

void
storage_read(Call *call, CallStep step)
{
    call->after_read = step;
    read_again(call);
}

/* --- writes -------------------------------------------------------------------------- */

static const char *
trace_verb(const Call *call, gboolean is_delete)
{
    const ApiRequest *request = call->request;

    if (is_delete || request->verb == VERB_DELETE)
        return str_intern("delete");
    if (request_is_of(request, "binding"))
        return str_intern("bind");
    if (request_is_of(request, "status"))
        return str_intern("status");
    switch (request->verb) {
    case VERB_CREATE:
        return str_intern("create");
    case VERB_PATCH:
        return str_intern("patch");
    default:
        return str_intern("update");
    }
}

/* A heartbeat: half of all writes of a quiet cluster, and nobody asks why. Another holder is told of. */
static gboolean
is_renewal(const ApiObject *value, const ApiObject *previous)
{
    const LeaseSpec *now, *before;

    if (value == NULL || previous == NULL || value->kind != &lease_kind)
        return FALSE;
    now = lease_spec(value);
    before = lease_spec(previous);
    return now->holder_identity == before->holder_identity && now->renew_time != before->renew_time;
}

static void
storage_on_committed(gpointer user, const ApiObject *value, const ApiObject *previous)
{
    Call *call = user;
    const ApiRequest *request = call->request;
    const ApiObject *object = value != NULL ? value : previous;
    const char *component = request->user == NULL ? str_intern("apiserver") : request->user;

    if (is_renewal(value, previous))
        return;
    (sim_trace)(call->server->sim, component, trace_verb(call, value == NULL), api_ref_text(object), request->reason, NULL);
}

static void
storage_on_done(gpointer user, const EtcdResult *result)
{
    Call *call = user;

    call->result = *result;
    call->result.current = NULL;
    api_object_unref(g_steal_pointer(&call->stored));
    if (result->current != NULL)
        call->stored = api_object_ref(result->current);
    call_continue(call, 0, call->step);
}

/* dryRun=All: everything but the write; the comparison is made on what is there. */
static void
commit_dry(Call *call, guint64 expected)
{
    const ApiObject *now = etcd_get(call->key);
    gboolean is_as_expected = expected == (now == NULL ? 0 : now->resource_version);

    hold_object(&call->stored, is_as_expected ? NULL : now);
    call->result = (EtcdResult){.succeeded = is_as_expected, .revision = etcd_revision(call->server->etcd)};
    call->step(call);
}

void
storage_commit(Call *call, guint64 expected, gboolean is_delete, CallStep step)
{
    ApiServer *server = call->server;
    EtcdTxn txn = {
        .key = call->key,
        .expected_revision = expected,
        .value = is_delete ? NULL : call->pending,
        .ttl_ns = call->request->kind == &event_kind && !is_delete ? EVENT_TTL_NS : 0,
        .committed = storage_on_committed,
    };

    call->step = step;
    if (call->request->dry_run) {
        commit_dry(call, expected);
        return;
    }
    etcd_txn(server->etcd, server->process, &txn, server->handle, storage_on_done, call, NULL);
}

/* --- GuaranteedUpdate ---------------------------------------------------------------- */

static void update_try(Call *call, const ApiObject *old, gboolean is_live);

static void
update_try_live(Call *call)
{
    const ApiObject *live = etcd_get(call->key);
    g_autoptr(ApiObject) held = live == NULL ? NULL : api_object_ref(live);

    update_try(call, held, TRUE);
}

static void
update_removed(Call *call)
{
    if (call->result.error != NULL) {
        call_fail_etcd(call, call->result.error);
        return;
    }
    if (call->result.succeeded) {
        call->finish(call, NULL);
        return;
    }
    /* Somebody changed it between the two writes, or was first to remove it. */
    call->server->counters.conflicts++;
    g_autoptr(ApiObject) now = g_steal_pointer(&call->stored);
    if (now == NULL)
        call_fail(call, status_gone(call->request->kind, call->request->name));
    else
        update_try(call, now, TRUE);
}

static void
update_written(Call *call)
{
    if (call->result.error != NULL) {
        call_fail_etcd(call, call->result.error);
        return;
    }
    if (!call->result.succeeded) {
        g_autoptr(ApiObject) now = g_steal_pointer(&call->stored);

        call->server->counters.conflicts++;
        if (sim_now_ns(call->server->sim) - call->arrived_ns > HANDLER_LIMIT_NS)
            fail_deadline(call);
        else
            update_try(call, now, TRUE);
        return;
    }
    if (!call->request->dry_run)
        call_settle_claim(call, TRUE);
    if (call->change == CHANGE_WRITE_THEN_REMOVE && !call->request->dry_run) {
        hold_object(&call->last, call->pending);
        storage_commit(call, call->pending->resource_version, TRUE, update_removed);
        return;
    }
    call->finish(call, call->change == CHANGE_WRITE_THEN_REMOVE ? NULL : call->pending);
}

/* Whether @guess, taken from the watch cache, is still what etcd holds. */
static gboolean
is_fresh(const Call *call, const ApiObject *guess)
{
    const ApiObject *live = etcd_get(call->key);

    if (guess == NULL || live == NULL)
        return guess == live;
    return guess->resource_version == live->resource_version;
}

static void
update_try(Call *call, const ApiObject *old, gboolean is_live)
{
    ApiObject *object = NULL;
    ApiStatus *status = NULL;

    api_object_unref(g_steal_pointer(&call->pending));
    if (call->warnings != NULL && call->warnings->len > call->decode_warnings)
        g_ptr_array_set_size(call->warnings, (gint)call->decode_warnings);
    call->change = CHANGE_WRITE;
    if (old == NULL)
        status = status_gone(call->request->kind, call->request->name);
    else
        status = call->compute(call, old, &object, &call->change);

    /* What a stale copy led to is not reported: look again at the real one. */
    if ((status != NULL || call->change == CHANGE_NONE) && !is_live && !is_fresh(call, old)) {
        if (status != NULL)
            api_status_unref(status);
        api_object_unref(object);
        storage_read(call, update_try_live);
        return;
    }
    if (status != NULL) {
        api_object_unref(object);
        if (status->code == 409)
            call->server->counters.conflicts++;
        call_fail(call, status);
        return;
    }
    if (call->change == CHANGE_NONE) {
        api_object_unref(object);
        call->finish(call, old);
        return;
    }
    call->pending = object;
    if (call->change == CHANGE_REMOVE) {
        hold_object(&call->last, object != NULL ? object : old);
        storage_commit(call, old->resource_version, TRUE, update_removed);
        return;
    }
    storage_commit(call, old->resource_version, FALSE, update_written);
}

void
storage_update(Call *call)
{
    const ApiObject *guess = cache_get(call->server, call->key);
    g_autoptr(ApiObject) held = guess == NULL ? NULL : api_object_ref(guess);

    call->decode_warnings = call->warnings == NULL ? 0 : call->warnings->len;
    update_try(call, held, FALSE);
}
