/*
 * fetch.c - the ConfigMaps and Secrets that pods refer to
 *
 * v1.34 pkg/kubelet/util/manager: a reference makes the kubelet know the object;
 * what it knew last is used while the API server cannot be reached.
 */

#include "node/internal.h"

typedef struct {
    Worker *w;
    FetchRef *refs;
    guint count, next;
    ApiObject **objects; /* (owned refs) */
    SimHandle owner;
    FetchDone done;
    gpointer user;
} Fetch;

static void fetch_next(Fetch *fetch);

static void
fetch_free(Fetch *fetch)
{
    for (guint i = 0; i < fetch->count; i++)
        api_object_unref(fetch->objects[i]);
    g_free(fetch->objects);
    g_free(fetch->refs);
    g_free(fetch);
}

static const char *
fetch_key(const Worker *w, const FetchRef *ref)
{
    return str_internf("%s/%s/%s", ref->kind->plural, w->namespace_, ref->name);
}

/* The call under way; freed with the call if the process dies. */
typedef struct {
    Kubelet *k;
    SimHandle owner;
    Fetch *fetch; /* (owned) until taken */
} FetchCall;

static void
fetch_call_free(gpointer self)
{
    FetchCall *call = self;

    if (call->fetch != NULL)
        fetch_free(call->fetch);
    g_free(call);
}

static void
fetch_end(Fetch *fetch, const char *error)
{
    fetch->done(fetch->user, fetch->objects, error);
    fetch_free(fetch);
}

static void
fetch_on_got(gpointer user, const ApiResponse *response)
{
    FetchCall *call = user;
    Kubelet *k = call->k;
    Fetch *fetch;
    const FetchRef *ref;
    const char *key;
    ApiObject *known;

    if (sim_handle_peek(k->sim, call->owner) == NULL)
        return;
    fetch = g_steal_pointer(&call->fetch);
    ref = &fetch->refs[fetch->next];
    key = fetch_key(fetch->w, ref);
    if (response->code == 200 && response->object != NULL) {
        g_hash_table_insert(k->fetched, (gpointer)key, api_object_ref(response->object));
    } else if (response->code == 404) {
        g_hash_table_remove(k->fetched, key);
    } else if (g_hash_table_lookup(k->fetched, key) == NULL) {
        fetch_end(fetch, response->status != NULL ? response->status->message
                                                  : str_intern("the API server cannot be reached"));
        return;
    }
    known = g_hash_table_lookup(k->fetched, key);
    fetch->objects[fetch->next++] = known != NULL ? api_object_ref(known) : NULL;
    fetch_next(fetch);
}

static void
fetch_next(Fetch *fetch)
{
    Worker *w = fetch->w;
    FetchCall *call;
    const FetchRef *ref;

    if (fetch->next == fetch->count) {
        fetch_end(fetch, NULL);
        return;
    }
    ref = &fetch->refs[fetch->next];
    call = g_new0(FetchCall, 1);
    *call = (FetchCall){w->k, fetch->owner, fetch};
    client_send(w->k->client, api_request_new(VERB_GET, ref->kind, w->namespace_, ref->name),
                fetch_on_got, call, fetch_call_free);
}

void
fetch_objects(Worker *w,
              const FetchRef *refs,
              guint count,
              SimHandle owner,
              FetchDone done,
              gpointer user)
{
    Fetch *fetch;

    if (count == 0) {
        done(user, NULL, NULL);
        return;
    }
    fetch = g_new0(Fetch, 1);
    *fetch = (Fetch){.w = w, .count = count, .owner = owner, .done = done, .user = user};
    fetch->refs = g_memdup2(refs, count * sizeof *refs);
    fetch->objects = g_new0(ApiObject *, count);
    fetch_next(fetch);
}
