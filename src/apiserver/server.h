/*
 * server.h - what the files of apiserver/ share; nobody else includes it
 *
 * A request is a Call. It walks through steps; between two steps it waits for
 * its timer or for etcd. A paused server parks the calls whose turn has come.
 * When the process dies all calls are freed without an answer.
 */
#pragma once

#include "api/gates.h"
#include "apiserver/apiserver.h"
#include "base/duration.h"
#include "base/ptr_map.h"
#include "etcd/key.h"

typedef struct Call Call;
typedef struct Resource Resource;
typedef struct Allocator Allocator;
typedef struct AllocatorClaim AllocatorClaim;
typedef void (*CallStep)(Call *call);

/* What is to become of the stored object. */
typedef enum {
    CHANGE_WRITE,
    CHANGE_NONE, /* as stored: no revision, no event */
    CHANGE_REMOVE,
    CHANGE_WRITE_THEN_REMOVE, /* watchers see MODIFIED, then DELETED */
} Change;

/*
 * CallCompute: what the object shall be, given what is stored. Called again
 * with the newer object when somebody else was faster.
 * Returns: (owned) why it is refused, or NULL.
 */
typedef ApiStatus *(*CallCompute)(Call *call,
                                  const ApiObject *old,
                                  ApiObject **out_new,
                                  Change *out_change);
/* CallFinish: the write is done (@object NULL: removed for good). */
typedef void (*CallFinish)(Call *call, const ApiObject *object);

struct Call {
    ApiServer *server;
    ApiRequest *request; /* (owned ref) */
    ApiReply reply;
    gpointer user;
    GDestroyNotify user_free;
    Call *previous, *next; /* in server->calls */
    SimTimer timer;
    CallStep step;       /* what comes when the timer fires or etcd answers */
    CallStep after_read; /* what comes when a read has been waited for */
    gint64 arrived_ns;
    gint64 after_ns;     /* work that is left once storage has answered */
    TraceId cause;       /* while parked */
    gboolean is_counted; /* against the in-flight limits */
    EtcdKey *key;        /* where it is stored */
    ApiObject *object;   /* (owned) as sent: decoded, defaulted */
    ApiObject *pending;  /* (owned) as it is being written */
    ApiObject *stored;   /* (owned) what the last transaction found instead */
    ApiObject *last;     /* (owned) last state of what is removed */
    GPtrArray *warnings; /* (owned) of interned */
    /* the first of them: those do not change when the update is tried again */
    guint decode_warnings;
    ApiResponse *response; /* (owned) waits for the last step */
    CallCompute compute;
    CallFinish finish;
    Change change;
    EtcdResult result;
    guint admission_index, admission_attempt;
    CallStep admission_again;
    gpointer sent_spec; /* (owned) part: of a pod whose spec may serve for the next ones */
    guint name_tries;
    gboolean skip_validation; /* equal to one that was found good */
    GPtrArray *items;         /* (owned) deletecollection: what is left */
    guint item_index;
    gpointer work; /* (owned) what the verb keeps between its steps */
    GDestroyNotify work_free;
    AllocatorClaim *claim; /* (owned) what a Service took that is not written yet */
    Rpc *rpc; /* (borrowed) handed on to a backend; NULL: not under way */
};

typedef struct StreamEvent StreamEvent;
struct StreamEvent {
    StreamEvent *next;
    ApiObject *value; /* (owned) NULL: nothing is left there */
    EtcdKey *key;
    guint64 revision;
    gint64 due_ns;
    TraceId cause;
};

typedef struct {
    StreamEvent *first, *last; /* (owned) */
} Stream;

typedef struct {
    ApiTapFunc func;
    gpointer user;
    gboolean is_sparing; /* need not be told of renewals: */
    guint64 renewals;    /* how many it was not told of */
} Tap;

/* More than there are kinds, so that a look meets what it looks for at once; a power of two. */
#define RESOURCE_SLOTS 256u

/*
 * What admission found in the watch cache last, for the next request of the same namespace (all interned; NULL: not known).
 * Forgotten when an object of the kinds that it was read from changes there.
 */
typedef struct {
    const char *open; /* the namespace is there and is not being terminated */
    const char *lax;  /* it has no pod security policy, or is not there */
    struct {
        const char *namespace_, *name;
    } account; /* the service account is there */
} Remembered;

typedef struct SpecMemo SpecMemo;
typedef struct QuotaCharger QuotaCharger;

/* The next uid of a stream that is @before; drawing it leaves @after. */
typedef struct {
    Rng before, after;
    char text[36];
} UidDraw;

struct ApiServer {
    Sim *sim;
    World *world;
    Machine *machine;
    Process *process;
    Etcd *etcd;
    ApiServerOptions options;
    gboolean is_quick;
    gboolean shares_machine;
    gint64 load, load_at_ns; /* thousandths of a write, and when that was so: latency.c */
    gboolean is_ready, is_paused, is_bootstrapped;
    SimHandle handle; /* of this life of the process: etcd answers to it */
    SimTimer ready;
    guint inflight_read, inflight_write;
    Dist extra;
    gboolean has_extra;
    Rng *latency_rng, *name_rng, *uid_rng, *admission_rng;
    UidDraw next_uid;
    Call *calls;         /* all there are, the oldest first */
    Call *last_call;
    guint n_calls;
    GQueue parked;       /* Call* whose turn came while the server was paused or not ready */
    Resource *resources; /* (owned) one per kind */
    guint n_resources;
    Resource *resource_slots[RESOURCE_SLOTS]; /* (borrowed) open addressing by kind: server_resource */
    Stream stream; /* from etcd, not yet in the watch cache */
    SimTimer stream_timer;
    gint64 stream_due_ns;
    Resource *leases;   /* (borrowed) */
    guint n_leases_streamed; /* in the stream */
    gboolean is_quiet;  /* renewals may come as numbers: quiet.c; until quiet_end */
    Renewals quiet;     /* those on the way to the watch cache */
    RenewedLeases renewed; /* those that are in it, but not in its objects */
    Rng *stream_rng;
    guint etcd_watch_id;
    guint64 cache_revision; /* the watch cache has everything up to it */
    GPtrArray *watches;     /* (owned) ApiWatch*, also dead ones that their owners still hold */
    guint dispatch_depth;
    gboolean has_stopped_watches;
    GArray *taps; /* of Tap */
    GArray *backends; /* of ApiBackend */
    Allocator *allocator; /* (owned) by the first of several servers */
    SpecMemo *memo;
    Remembered remembered;
    QuotaCharger *charger;
    guint bootstrap_index;
    SimTimer keep;       /* bootstrap.c: the next look for what is missed */
    gint64 keep_from_ns; /* the looks are whole periods after it */
    ApiServerCounters counters;
    /* peers.c */
    ApiServer *first;  /* (borrowed) itself if there is but one */
    GPtrArray *peers;  /* (owned) the first's: all of them, in order */
    guint number;      /* in that order */
    guint next_peer;   /* the first's: whose turn it is */
    gboolean is_in_rotation, is_ending;
    guint n_looks;     /* of the balancer, that contradict what it thinks */
    SimTimer look, reconcile, drain;
    gint64 alive_until_ns;       /* what it says of itself */
    guint64 heard_revision;      /* the last change it heard of, and which of that revision */
    guint64 news_revision;       /* the first's: the same for the one that hears first */
    guint heard_count, news_count;
};

/* --- pipeline.c ---------------------------------------------------------------------- */

/* call_continue: @step after @delay_ns of this server's time. */
void call_continue(Call *call, gint64 delay_ns, CallStep step);
void call_succeed(Call *call, int code, const ApiObject *object);
void call_answer(Call *call, ApiResponse *response); /* takes it */
COLD void call_fail(Call *call, ApiStatus *status);       /* takes it */
COLD void call_fail_etcd(Call *call, const char *error);
void call_warn(Call *call, const char *text);
void call_free(Call *call);
/* call_settle_claim: what the Service took stays its own (it was written), or goes back. */
static inline void call_settle_claim(Call *call, gboolean is_kept);
/* server_call: a request that the server makes of itself; no limit holds it back. */
void server_call(ApiServer *server, ApiRequest *request, ApiReply reply, gpointer user);
/* server_ask: the same through the server's loopback client: it takes the time of a request. */
void server_ask(ApiServer *server, ApiRequest *request, ApiReply reply, gpointer user);
/* server_unpark: calls that waited for the server to be ready or resumed. */
void server_unpark(ApiServer *server);
void server_drop_calls(ApiServer *server);

/* --- peers.c: several servers of one store ----------------------------------------------- */

void peers_join(ApiServer *server);
void peers_leave(ApiServer *server);
void peers_ready(ApiServer *server);
/* peers_is_alive: what it last said of itself still holds. */
gboolean peers_is_alive(const ApiServer *server);
void peers_stopped(ApiServer *server);
/* peers_ending: in an orderly way, so it takes itself off the list of those who are alive. */
void peers_ending(ApiServer *server);
gboolean peers_any_ready(const ApiServer *server);
/* peers_is_news: a change is applied, one after the other: no peer has heard of it before. */
gboolean peers_is_news(ApiServer *server, guint64 revision);

/* --- latency.c ----------------------------------------------------------------------- */

/* latency_draw: work before and after storage, by verb and size. */
void latency_draw(Call *call, gint64 *out_before_ns, gint64 *out_after_ns);
/* latency_heartbeat: of a node's heartbeat on a server that does not vary; FALSE: it varies. */
gboolean latency_heartbeat(const ApiServer *server, gint64 *out_before_ns, gint64 *out_after_ns);
gint64 latency_list_ns(const ApiServer *server, const char *user, guint n_objects);
gint64 latency_stream_ns(ApiServer *server);
/* latency_watch_ns: until a new watch has its first events. */
gint64 latency_watch_ns(ApiServer *server);

/* --- store access: storage.c --------------------------------------------------------- */

/* storage_key: where an object of these names (interned) is stored, or would be. */
EtcdKey *storage_key(const ApiServer *server, const ApiKind *kind, const char *namespace_, const char *name);
/*
 * storage_read: waits as long as a linearizable read takes, then @step; the
 * call is answered with an error if etcd does not answer.
 */
void storage_read(Call *call, CallStep step);
/*
 * storage_commit: writes call->pending (or removes if @is_delete) if the key stands at
 * @expected; then @step with call->result.
 */
void storage_commit(Call *call, guint64 expected, gboolean is_delete, CallStep step);
/* storage_update: the loop of GuaranteedUpdate over call->compute, then call->finish. */
void storage_update(Call *call);
/* hold_object: *@place holds @object (ref taken) instead of what it held. */
void hold_object(ApiObject **place, const ApiObject *object);
ApiStatus *status_gone(const ApiKind *kind, const char *name);

/* request_is_of: for this subresource. Only a literal: both are interned, so this compares two pointers. */
#define request_is_of(request, word) ((request)->subresource == str_intern(word))

/* --- verbs --------------------------------------------------------------------------- */

void create_begin(Call *call);
void update_begin(Call *call);
void patch_begin(Call *call);
void delete_begin(Call *call);
void delete_collection_begin(Call *call);
void get_begin(Call *call);
void list_begin(Call *call);
void binding_begin(Call *call);
void eviction_begin(Call *call);
void scale_begin(Call *call);
void finalize_begin(Call *call);
/* aggregate.c: of a group that somebody else serves. */
void aggregate_begin(Call *call);
/* scale_is_there: @kind has a scale subresource. */
gboolean scale_is_there(const ApiKind *kind);

/*
 * update_finish: the common end of PUT and PATCH for the new state of an
 * object (private, defaulted): keeps what only the server sets, admission,
 * strategy, validation; decides the change. Frees *object on refusal.
 */
ApiStatus *update_settle(Call *call, const ApiObject *old, ApiObject **object, Change *out_change);
/* update_answer: 200 with the object. */
void update_answer(Call *call, const ApiObject *object);
/* update_check_revision_text: 500 if what @tree says is no number: APIObjectVersioner.ObjectResourceVersion. */
ApiStatus *update_check_revision_text(const ApiObject *sent, const Value *tree);
/* update_check_name: 400 if body and URL disagree. */
ApiStatus *update_check_name(const ApiRequest *request, const ApiObject *object);
/* delete_marks: sets deletion time and grace; +1 generation the first time. */
void delete_mark(ApiServer *server, ApiObject *object, gint64 grace_s);

/* budget_find: that of @pod among @budgets, NULL if there is none; *out_count: how many cover it. */
const ApiObject *budget_find(const GPtrArray *budgets, const ApiObject *pod, guint *out_count);
/* budget_spares: the pod is not ready, so it may go without being counted. */
gboolean budget_spares(const ApiObject *budget, const ApiObject *pod);
/* budget_take: NULL and *out_taken (owned), the budget less one pod; or the refusal (owned). */
ApiStatus *
budget_take(ApiServer *server, const ApiObject *budget, const char *pod, ApiObject **out_taken);
ApiStatus *budget_busy(const char *name);

/* --- decode.c ------------------------------------------------------------------------ */

/* decode_body: request->body as an object of the request's kind; warnings go to the call. */
ApiObject *decode_body(Call *call, const Value *body, ApiStatus **out_status);
/* decode_patched: @tree, the outcome of a patch on @before; errors are 422 on field "patch". */
ApiObject *decode_patched(Call *call, const Value *before, const Value *tree, ApiStatus **out_status);

/* --- identity.c ---------------------------------------------------------------------- */

const char *identity_uid(ApiServer *server);
const char *identity_suffix(Rng *rng);
/* identity_generate_name: prefix and 5 random characters. */
const char *identity_generate_name(ApiServer *server, const char *prefix);

/* A change of one object. */
typedef struct {
    const ApiObject *value, *previous; /* (borrowed) NULL: there is none, there was none */
    const ApiObject *gone;             /* (borrowed) of a delete: last state with the revision of the delete */
    guint64 revision;
} HistoryEvent;

/* --- cache.c, watch.c ---------------------------------------------------------------- */

void cache_init(ApiServer *server);
void cache_clear(ApiServer *server);
void cache_free(ApiServer *server);
void cache_fill(ApiServer *server); /* from etcd, at once */
/* quiet_get: the same of a lease that was renewed with numbers. */
const ApiObject *quiet_get(ApiServer *server, const EtcdKey *key);
/* cache_get: as the server knows it by now. (borrowed) */
static inline const ApiObject *
cache_get(ApiServer *server, const EtcdKey *key)
{
    return G_LIKELY(!key->has_renewals) ? key_seen(key, server->number) : quiet_get(server, key);
}
/* cache_list: appends borrowed objects by key. */
void cache_list(ApiServer *server, const ApiKind *kind, const char *namespace_, GPtrArray *out);
guint cache_count(ApiServer *server, const ApiKind *kind);
/* cache_lag_ns: until all that etcd had committed by now is in the cache. */
gint64 cache_lag_ns(ApiServer *server);
void cache_on_etcd(gpointer user,
                   EtcdKey *key,
                   const ApiObject *value,
                   const ApiObject *previous,
                   guint64 revision);
void cache_resume(ApiServer *server);

/* history_event: the @index-th of those that are kept; its objects are as long as it is. */
HistoryEvent history_event(const Resource *resource, guint index);
/* cache_keep_renewal: it is in the cache, since its at_ns. FALSE if a peer has heard of it before. */
gboolean cache_keep_renewal(ApiServer *server, const Renewal *renewal);
/* cache_settle_history: renewals in it become objects; the last of each is what its key holds. */
void cache_settle_history(ApiServer *server);
/* cache_next_due: what etcd tells now is in the cache at stream_due_ns. */
void cache_next_due(ApiServer *server);
/* cache_stream: @event is on its way from etcd: in the order of revisions. */
void cache_stream(ApiServer *server, StreamEvent *event);

/* --- quiet.c: renewals of leases without events -------------------------------------------- */

extern const EtcdRenewalHooks quiet_hooks;
/* quiet_add_object: FALSE: it is no renewal, or not to be taken as a number. */
gboolean
quiet_add_object(ApiServer *server, EtcdKey *key, const ApiObject *value, const ApiObject *previous, guint64 revision);
/* quiet_pass: what is due of them and older than @revision is in the watch cache. */
void quiet_pass(ApiServer *server, guint64 revision);
/* quiet_end: something is about to change: what is on its way is played from here on. */
void quiet_end(gpointer server);
/* quiet_end_for: the same, before a change with this revision of a lease that was renewed with numbers gets into the watch cache. */
void quiet_end_for(ApiServer *server, EtcdKey *key, guint64 revision);

/*
 * A past change of one kind, kept for those who come back to a watch; half a line of the cache. What the key held next is
 * @previous of a later one, and what it holds now is in the key, so that @value lives as long as this, and each object
 * is let go once.
 */
typedef struct {
    union {
        ApiObject *previous; /* (owned) */
        ApiTime renew_time;  /* is_renewal */
    };
    union {
        const ApiObject *value; /* (borrowed) */
        ApiObject *gone;        /* (owned) is_delete */
        EtcdKey *key;           /* is_renewal */
    };
    guint64 revision : 62;
    guint64 is_delete : 1;
    guint64 is_renewal : 1; /* of the lease at @key; there are no objects yet: cache_settle_history */
    gint64 time_ns;
} HistoryItem;

typedef enum { ADMISSION_CREATE, ADMISSION_UPDATE, ADMISSION_DELETE, ADMISSION_N } AdmissionOperation;

/* Watches in the order in which they came, linked through themselves. */
typedef struct {
    ApiWatch *first, *last;
} WatchList;

struct Resource {
    const ApiKind *kind;
    struct {
        gboolean is_made;
        guint16 mutate, validate; /* bits: which of admission_plugins look at it in that pass */
        guint16 of_spec;          /* those of them that need not look at a known spec */
    } plugins[ADMISSION_N][2]; /* of the object itself, of a subresource; made by chain.c */
    KeySpace *space;       /* (borrowed) of the store: what the server knows is its view there */
    guint n_objects;
    HistoryItem *history; /* (owned) ring */
    guint history_start, history_count, history_capacity;
    guint n_settled;       /* of the history, from its start: none of these is_renewal */
    guint64 oldest_revision;                       /* changes after it are in the history */
    WatchList watches;                      /* those without an index */
    PtrMap watches_by_node, watches_by_name; /* interned -> WatchList* (owned) */
};

/* Addresses decide where a kind lies among the slots, and nothing lists those. */
static inline guint
resource_slot(const ApiKind *kind)
{
    return (guint)((guint64)(gsize)kind * G_GUINT64_CONSTANT(0x9e3779b97f4a7c15) >> 56) % RESOURCE_SLOTS;
}

/* server_resource: NULL for kinds that this server does not store. */
static inline Resource *
server_resource(const ApiServer *server, const ApiKind *kind)
{
    guint at = resource_slot(kind);

    while (server->resource_slots[at] != NULL && server->resource_slots[at]->kind != kind)
        at = (at + 1) % RESOURCE_SLOTS;
    return server->resource_slots[at];
}

/* watch_dispatch: @is_news: those who look without being a client have not been told by a peer. */
void watch_dispatch(ApiServer *server, Resource *resource, const HistoryEvent *event, gboolean is_news);
void watch_all_dead(ApiServer *server);  /* the process died */
void watch_start_all(ApiServer *server); /* the cache is filled */
void watch_sweep(ApiServer *server);
/* For quiet.c: may all be told of renewals without events; they are told of one, sent at @sent_ns; what they were told of is played. */
gboolean watches_are_quiet(const Resource *resource);
void watches_pass(const Resource *resource, const Renewal *renewal);
void watches_play(const Resource *resource);
void watch_free_all(ApiServer *server);
/* watch_lists_free: of @resource. */
void watch_lists_free(Resource *resource);

/* --- allocate.c ---------------------------------------------------------------------- */

Allocator *allocator_new(const ApiServerOptions *options, Sim *sim);
void allocator_free(Allocator *allocator);
void allocator_clear(Allocator *allocator);
/* allocator_first_address: the one that belongs to the API server. (interned) */
const char *allocator_first_address(const Allocator *allocator);
/* allocator_note: a Service came (old NULL), changed, or went (new NULL) in storage. */
void allocator_note(Allocator *allocator, const ApiObject *old, const ApiObject *new_);
/*
 * allocator_assign: addresses and ports for @service (private), which before validation keeps what @old has
 * (NULL: a new one) and it does not mention. Refused with 422 or 500, nothing kept then; else *out_claim is what
 * was taken (owned, may be NULL).
 */
ApiStatus *allocator_assign(Allocator *allocator, ApiObject *service, const ApiObject *old, AllocatorClaim **out_claim);
/* allocator_claim_free: @is_kept: the Service was written; otherwise all of it goes back. */
void allocator_claim_free(AllocatorClaim *claim, gboolean is_kept);

static inline void
call_settle_claim(Call *call, gboolean is_kept)
{
    if (G_UNLIKELY(call->claim != NULL))
        allocator_claim_free(g_steal_pointer(&call->claim), is_kept);
}

/* --- bootstrap.c --------------------------------------------------------------------- */

/* rbac_allows: *out_why (interned): what was missing, or NULL. */
gboolean rbac_allows(ApiServer *server, const ApiIdentity *identity, const ApiAttributes *what, const char **out_why);
/* rbac_stops: of a request in another's name: TRUE: it is answered. */
gboolean rbac_stops(Call *call);
/* bootstrap_begin: the server is ready, for the first time or again. */
void bootstrap_begin(ApiServer *server);
/* bootstrap_lost: @object is there no more; if it was one of its own, it will be made again. */
void bootstrap_lost(ApiServer *server, const ApiObject *object);
void bootstrap_on_keep(Sim *sim, gpointer self);
/* bootstrap_slice: the end points of the Service "kubernetes": itself and the peers that are alive. (owned) */
ApiObject *bootstrap_slice(ApiServer *server, const char *name);
ApiObject *bootstrap_endpoints(ApiServer *server, const char *name);

/* --- memo.c: one spec for all pods of a template ------------------------------------- */

SpecMemo *spec_memo_new(void);
void spec_memo_free(SpecMemo *memo);
/*
 * spec_memo_apply: TRUE if an equal pod of the same owner was made ready before: @pod now
 * shares its spec and status.
 */
gboolean spec_memo_apply(SpecMemo *memo, ApiObject *pod, gpointer *out_sent);
/* spec_memo_learn: @sent, the spec as it came (ref taken over), became that of @pod. */
void spec_memo_learn(SpecMemo *memo, gpointer sent, const ApiObject *pod);
/*
 * spec_memo_bind: the spec of @pod with its node; shared with the node's other pods of that
 * template.
 */
void spec_memo_bind(SpecMemo *memo, ApiObject *pod, const char *node_name);
