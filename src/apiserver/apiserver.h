/*
 * apiserver.h - kube-apiserver: requests, admission, storage, watches
 *
 * Models v1.34: request pipeline, defaulting, the admission plugins that matter
 * (NamespaceLifecycle, ServiceAccount, TaintNodesByCondition, Priority,
 * DefaultTolerationSeconds, ...), validation, generic registry (generation,
 * finalizers, graceful deletion, 409), watch cache. Time is spent per verb and
 * size; every write goes through etcd (etcd/etcd.h).
 *
 * The server is a Process; clients reach it through client/client.h only. The
 * functions here are what the client room, the cluster's assembly and tests call.
 */
#pragma once

#include "api/kinds.h"
#include "api/patch.h"
#include "api/selector.h"
#include "api/status.h"
#include "api/validate.h"
#include "etcd/etcd.h"
#include "world/rpc.h"
#include "world/world.h"

typedef struct ApiServer ApiServer;

typedef enum {
    VERB_GET,
    VERB_LIST,
    VERB_CREATE,
    VERB_UPDATE,
    VERB_PATCH,
    VERB_DELETE,
    VERB_DELETE_COLLECTION,
    VERB_WATCH,
    VERB_N,
} ApiVerb;

/*
 * A subresource, as a word: NULL, "status", "binding", "eviction", "scale", "finalize"
 * (interned).
 */

/*
 * Typed patch of our own components: change the (private) copy of the stored object. FALSE:
 * nothing to do.
 */
typedef gboolean (*ApiMutate)(ApiObject *object, gpointer data);

typedef enum {
    FIELD_VALIDATION_WARN,
    FIELD_VALIDATION_STRICT,
    FIELD_VALIDATION_IGNORE
} FieldValidation;

/* Who asks, if it is not who speaks: kubectl --as. */
#define API_GROUPS_MAX 8
typedef struct {
    const char *user;                   /* interned */
    const char *groups[API_GROUPS_MAX]; /* interned */
    guint n_groups;
} ApiIdentity;
/* What is asked for, as authorizers see it; all interned. */
typedef struct {
    const char *verb, *group, *resource, *subresource, *namespace_, *name;
    const char *path; /* of what is no resource: the others but for verb are NULL */
} ApiAttributes;
/*
 * A request in the name of @who. With a verb in @what nothing is done, it is only asked whether @who may
 * do it (SelfSubjectAccessReview): 201, or 403 with the authorizer's reason, which may be "".
 */
typedef struct {
    ApiIdentity who;
    ApiAttributes what;
} ApiReview;

/*
 * Who sends a request and the server that works on it hold the same one. The server takes the object out of a request that it
 * begins to execute; if nobody else holds that object, it becomes the one that is stored. So such a request is not sent again:
 * repeated is only what was never begun, or has no object.
 */
typedef struct {
    ApiVerb verb;
    guint ref_count;
    const ApiKind *kind; /* may be a form; the server puts the stored kind here and that into @form */
    const ApiKind *form; /* NULL: the kind's own */
    const char *namespace_, *name, *subresource; /* interned */
    ApiObject *object; /* (owned) create, update, binding (spec.nodeName in a Pod) */
    /* (owned) create, update as a user sent it: decoded by the server, or PATCH's document */
    Value *body;
    PatchType patch_type;
    ApiMutate mutate; /* PATCH of our own components instead of body */
    gpointer mutate_data;
    GDestroyNotify mutate_data_free;
    const char *label_selector, *field_selector; /* list, watch, deletecollection; NULL: all */
    guint64 resource_version; /* 0: not given; for update it is the object's; PATCH precondition */
    /* delete */
    gboolean has_grace;
    gint64 grace_s;
    const char *propagation;      /* NULL, "Background", "Foreground", "Orphan" */
    const char *precondition_uid; /* NULL: none */
    gboolean dry_run;
    FieldValidation field_validation;
    const char *user;   /* interned, "kube-scheduler", "kubernetes-admin", "system:node:worker-1" */
    const char *reason; /* interned, may be NULL: why the client does it; goes into the trace */
    const char *field_manager; /* interned; NULL: as the user's program is called */
    gboolean force;            /* server-side apply: whoever else set a field loses it */
    gint64 timeout_ns;  /* client's; 0: default */
    gboolean is_heartbeat; /* of a node: kubelets have a priority level of their own, which is never busy */
    gint32 scale_replicas; /* subresource "scale", update */
    ApiReview *review;     /* (owned) NULL: the user may do everything */
} ApiRequest;

ApiRequest *
api_request_new(ApiVerb verb, const ApiKind *kind, const char *namespace_, const char *name);
ApiRequest *api_request_ref(ApiRequest *request);
void api_request_unref(ApiRequest *request); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ApiRequest, api_request_unref)

typedef struct {
    int code; /* 200, 201, 404 ...; 0: no answer (transport) */
    /* (owned) the object as stored (create, update, patch, delete of pods, get); may be NULL */
    ApiObject *object;
    GPtrArray *items;    /* (owned) list, of ApiObject* with refs, ordered by key; else NULL */
    guint64 revision;    /* of the list */
    ApiStatus *status;   /* (owned) failure, or Success details of a delete; NULL otherwise */
    GPtrArray *warnings; /* (owned) of interned texts, or NULL */
} ApiResponse;
ApiResponse *api_response_new(void);
void api_response_free(ApiResponse *response);
static inline gboolean
api_response_ok(const ApiResponse *response)
{
    return response->code >= 200 && response->code < 300;
}

/* --- the server ---------------------------------------------------------------------- */

typedef struct {
    Sim *sim;
    World *world;
    Machine *machine;
    Etcd *etcd;
    guint version_minor;                    /* 34 */
    const char *service_cidr;               /* NULL: 10.96.0.0/12 */
    gint32 node_port_first, node_port_last; /* 0: 30000..32767 */
    gboolean quick; /* cluster.kubelet: ideal: latencies of one idle machine */
    gboolean shares_machine; /* with all components: what they do about a request slows the next ones */
    guint max_inflight_read, max_inflight_write; /* 0: 400, 200 */
    const char *custom_group; /* whose custom resources are installed; NULL: none */
    gboolean tracks_managers; /* metadata.managedFields is kept: for who shows it, or applies on the server */
    ApiServer *first; /* (borrowed) of several servers of one store, made before; NULL: this is it */
} ApiServerOptions;

/* apiserver_new: its process "kube-apiserver" is stopped; start it with process_start. */
ApiServer *apiserver_new(const ApiServerOptions *options);
void apiserver_free(ApiServer *server);
Process *apiserver_process(ApiServer *server);
/* apiserver_count, apiserver_peer: the servers of its store, itself among them. */
guint apiserver_count(const ApiServer *server);
ApiServer *apiserver_peer(const ApiServer *server, guint number);
/* apiserver_is_ready: what /readyz says. */
gboolean apiserver_is_ready(const ApiServer *server);
/*
 * apiserver_pick: whom a new connection from @from reaches that is meant for @server or any of
 * its peers: the one on the same machine, or else whom the balancer before them chooses
 * (*out_balanced).
 */
ApiServer *apiserver_pick(ApiServer *server, const Machine *from, gboolean *out_balanced);
/* apiserver_stores: it has objects of @kind: all kinds but custom resources that are not installed. */
gboolean apiserver_stores(const ApiServer *server, const ApiKind *kind);
/* apiserver_set_extra_latency: fault apiLatency: each request takes @extra longer; NULL ends it. */
void apiserver_set_extra_latency(ApiServer *server, const Dist *extra);

/*
 * apiserver_handle: a request arrived over @conn (client room calls it in the
 * server's process). Takes a reference to @request. @reply is called once, in the server, when
 * the answer leaves; the caller sends it back over the wire. Never called if the
 * server crashes first. Takes ownership of the response: free it.
 */
typedef void (*ApiReply)(gpointer user, ApiResponse *response);
void apiserver_handle(ApiServer *server,
                      ApiRequest *request,
                      ApiReply reply,
                      gpointer user,
                      GDestroyNotify user_free);

/* --- renewals that are computed ---------------------------------------------------------- */

/*
 * A holder's renewal of its own lease, of a server that answers all such requests alike (ApiServerOptions.quick, nothing
 * slower than ever): what apiserver_handle would do with it, without the events in between. client/heartbeat.h is the only
 * caller, and sees to it that nothing happens meanwhile.
 *
 * apiserver_renewal_ns: of a request that arrives soon: @out_commit_ns until the write is made, then @out_answer_ns until the
 * answer leaves. FALSE: it must be played.
 */
gboolean apiserver_renewal_ns(const ApiServer *server, gint64 *out_commit_ns, gint64 *out_answer_ns);
/*
 * apiserver_renew: the instant of the write: the lease at @key of @holder, the same at every call for that key, gets
 * @renew_time. Returns: what the lease weighs on the wire; 0: it is not there or not @holder's: nothing was written.
 */
gsize apiserver_renew(ApiServer *server, EtcdKey *key, const char *holder, gint64 renew_time);
/* apiserver_storage_key: where an object is stored. */
EtcdKey *
apiserver_storage_key(const ApiServer *server, const ApiKind *kind, const char *namespace_, const char *name);

/* --- aggregation ---------------------------------------------------------------------- */

/*
 * Who serves a group of the API that the server itself does not store (an
 * APIService). Requests for it are handed on over the wire: @serve gets the
 * ApiRequest (borrowed) in the backend's process and answers with an ApiResponse.
 */
typedef struct {
    const char *group;
    Process *process;
    RpcServe serve;
    gpointer self;
} ApiBackend;
/* apiserver_add_backend: before the first request; @backend is copied. */
void apiserver_add_backend(ApiServer *server, const ApiBackend *backend);

/* --- watches ------------------------------------------------------------------------- */

typedef enum { WATCH_ADDED, WATCH_MODIFIED, WATCH_DELETED, WATCH_BOOKMARK, WATCH_ERROR } WatchType;
const char *watch_type_name(WatchType type);

typedef struct ApiWatch ApiWatch;
/*
 * An event leaves the server for this watcher. @object (borrowed); for WATCH_ERROR @status says
 * why (410 Expired).
 */
typedef void (*ApiWatchFunc)(gpointer user,
                             WatchType type,
                             const ApiObject *object,
                             const ApiStatus *status);

/*
 * apiserver_watch: events after @from_revision (0: first ADDED for all that exist), never
 * from within this call. Cost per event: only the watchers that care. After WATCH_ERROR, and
 * when the server's process died, nothing comes any more; stop it all the same.
 */
ApiWatch *apiserver_watch(
    ApiServer *server,
    const ApiKind *kind,
    const char *namespace_,     /* NULL: all */
    const char *label_selector, /* NULL: all */
    const char *field_selector, /* NULL: all; spec.nodeName= and metadata.name= are indexed */
    guint64 from_revision,
    ApiWatchFunc func,
    gpointer user);
/*
 * For a watch whose owner only keeps objects to look them up: renewals of leases need no events on the way there.
 *
 * is_quiet: so it is, until the world changes (world_add_stir) or apiserver_watch_changed is called. pass: a MODIFIED, sent at
 * its at_ns, not after now; apiserver_catch_up sends all that is due. play: what is on its way to the owner is to be played:
 * apiserver_renewed says what it is.
 */
typedef struct {
    gboolean (*is_quiet)(gpointer user);
    void (*pass)(gpointer user, const Renewal *renewal);
    void (*play)(gpointer user);
} ApiQuietHooks;
void apiserver_watch_set_quiet(ApiWatch *watch, const ApiQuietHooks *hooks);
/* apiserver_renewed: the lease as that renewal made it, which is not older than the watch cache. (owned) */
ApiObject *apiserver_renewed(const ApiServer *server, const Renewal *renewal);
/* apiserver_watch_changed: before what is_quiet says changes. */
void apiserver_watch_changed(ApiWatch *watch);
/* apiserver_catch_up: renewals that have come to the watch cache by now are there. */
void apiserver_catch_up(gpointer server);
/* apiserver_plays_heartbeats: DESK8S_PLAY_HEARTBEATS=1: nothing is computed. */
gboolean apiserver_plays_heartbeats(void);
/* apiserver_watch_stop: nothing comes any more, not even what is under way; frees @watch. */
void apiserver_watch_stop(ApiWatch *watch);

/* --- for those who look, without being a client: nothing here costs virtual time ----- */

/*
 * apiserver_tap: every committed change of every kind, in order, at the instant watchers are
 * told.
 */
typedef void (*ApiTapFunc)(gpointer user, WatchType type, const ApiObject *object);
/* apiserver_add_tap: for the life of the server; taps are called in the order in which they were added. */
void apiserver_add_tap(ApiServer *server, ApiTapFunc func, gpointer user);
/* apiserver_add_sparing_tap: one that need not be told of renewals of leases; apiserver_renewals: of how many it was not. */
void apiserver_add_sparing_tap(ApiServer *server, ApiTapFunc func, gpointer user);
guint64 apiserver_renewals(ApiServer *server, gpointer user);
/* apiserver_peek: the stored object now, or NULL. (borrowed until the next event) */
const ApiObject *
apiserver_peek(ApiServer *server, const ApiKind *kind, const char *namespace_, const char *name);
/* apiserver_peek_list: all of a kind, ordered by key. (owned array, borrowed items) */
GPtrArray *apiserver_peek_list(ApiServer *server, const ApiKind *kind, const char *namespace_);
typedef struct {
    guint64 requests[VERB_N], refused[6], watch_events, conflicts, throttled;
} ApiServerCounters;
const ApiServerCounters *apiserver_counters(ApiServer *server);
