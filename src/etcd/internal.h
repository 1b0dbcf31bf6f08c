/*
 * internal.h - what the files of etcd/ share; nobody else includes it
 */
#pragma once

#include "base/duration.h"
#include "etcd/etcd.h"

/* v3.6 server/config: ReqTimeout = 5 s + 2 x election timeout. */
#define ETCD_REQUEST_TIMEOUT_NS (7 * NS_PER_S)
#define ETCD_TICK_NS            (100 * NS_PER_MS)
#define ETCD_ELECTION_TICKS     10
#define ETCD_APPLY_NS           (50 * NS_PER_US)
#define ETCD_QUICK_COMMIT_NS    (1 * NS_PER_MS)
#define ETCD_QUICK_READ_NS      (200 * NS_PER_US)

/* --- store.c: keys, revisions, leases ------------------------------------------------ */

typedef struct {
    GHashTable *spaces; /* ApiKind* -> KeySpace* (owned) */
    guint64 revision;   /* starts at 1 */
} Store;

void store_init(Store *store);
void store_clear(Store *store);
KeySpace *store_space(Store *store, const ApiKind *kind);
/*
 * store_compare: does the key stand at the expected revision? FALSE also if a delete finds
 * nothing to delete.
 */
gboolean store_compare(const EtcdTxn *txn);
/* store_put: raises the revision and stamps @object (ref taken) with it. Returns: (owned) what was there. */
ApiObject *store_put(Store *store, EtcdKey *key, ApiObject *object);
/* store_remove: the revision is the caller's to raise: several removals may share one. (owned) what was there */
ApiObject *store_remove(EtcdKey *key);

/* lease.c: values with a time to live. */
typedef struct LeaseItem LeaseItem;
struct LeaseItem {
    gint64 expires_ns;
    EtcdKey *key;
    guint64 mod_revision; /* a later put has its own lease: then this one is void */
    LeaseItem *next;
};

typedef struct {
    LeaseItem *first, *last; /* (owned) by expires_ns */
    SimTimer timer;
    gint64 ttl_ns, granted_ns, expires_ns; /* the lease that new keys share */
    guint attached;
} Leases;

void leases_init(Etcd *etcd);
void leases_clear(Etcd *etcd);
void leases_attach(Etcd *etcd, EtcdKey *key, guint64 mod_revision, gint64 ttl_ns);
/* leases_extend: a new leader gives every lease the time that was lost. */
void leases_extend(Etcd *etcd, gint64 extra_ns);

/* --- raft.c: who leads, and when a proposal is committed ----------------------------- */

typedef struct {
    Etcd *etcd;
    guint index;
    Machine *machine;
    Process *process;
    gboolean is_up; /* running and not paused */
    guint disk_factor_milli;
} Member;

/*
 * One turn of the leader's loop: what arrived until @start_ns is written and replicated
 * together.
 */
typedef struct {
    gint64 start_ns, end_ns, commit_ns; /* end: the leader's own fsync is done */
} Batch;

typedef struct {
    gint leader; /* -1: none */
    guint64 term;
    gint64 elected_ns, lost_ns;
    gint64 candidate_ns; /* until then the members take the dead leader for alive */
    gint next_leader;    /* who wins the election under way */
    SimTimer election;
    SimTimer stall;     /* the leader's disk keeps it from its heartbeats for too long */
    guint stall_winner; /* who leads then */
    Batch current, next;
    gboolean has_next;
    gint64 last_arrival_ns, last_commit_ns;
    Rng *rng;
} Raft;

void raft_init(Etcd *etcd);
void raft_clear(Etcd *etcd);
void raft_elect_now(Etcd *etcd); /* at the start of the cluster */
/* raft_look: notice members, cuts and pauses; leader lost or electable. */
void raft_look(Etcd *etcd);
/* raft_commit_time: of a proposal that reaches the leader at @arrival_ns; G_MAXINT64: never. */
gint64 raft_commit_time(Etcd *etcd, gint64 arrival_ns);
/* raft_quorum_rtt: until a majority has answered a heartbeat; G_MAXINT64: never. */
gint64 raft_quorum_rtt(Etcd *etcd);

/*
 * raft_election_ns: from the leader's last sign of life to a majority of
 * pre-votes, by the rules of tick, randomised timeout and leader lease.
 * @n_members of the cluster, of which @n_voters take part.
 * @out_winner: 0 .. n_voters - 1.
 */
gint64 raft_election_ns(Rng *rng, guint n_members, guint n_voters, guint *out_winner);

/* --- the whole ----------------------------------------------------------------------- */

typedef struct Txn Txn;
struct Txn {
    EtcdTxn op; /* op.value: (owned) */
    Etcd *etcd;
    SimHandle owner;
    EtcdDone done;
    gpointer user;
    GDestroyNotify user_free;
    Process *client;
    guint member; /* which member it went through */
    gint64 proposed_ns, commit_ns, reply_ns;
    TraceId cause;
    EtcdResult result;
    ApiObject *current; /* (owned) behind result.current */
    Txn *next;          /* in the queue it waits in */
};

typedef struct {
    Txn *first, *last;
} TxnQueue;

typedef struct {
    guint id;
    EtcdWatchFunc func; /* NULL: stopped */
    const EtcdRenewalHooks *renewals; /* NULL: it takes none */
    gpointer user;
} Watcher;

struct Etcd {
    Sim *sim;
    World *world;
    guint n_members;
    Member *members;
    Dist fsync;
    Rng *fsync_rng;
    gboolean is_quick;
    Store store;
    Leases leases;
    Raft raft;
    TxnQueue proposed; /* by commit_ns */
    TxnQueue waiting;  /* those that wait for a leader, oldest first */
    TxnQueue lost;     /* those whose proposal went to a dead leader, oldest first */
    SimTimer commit, timeout;
    GArray *watchers; /* of Watcher */
    guint next_watch_id;
};

guint etcd_majority(const Etcd *etcd);

/* raft_check: raft_look, unless there is nothing to see: one member, and it runs. */
static inline void
raft_check(Etcd *etcd)
{
    if (G_UNLIKELY(etcd->raft.leader < 0 || etcd->n_members > 1 || !etcd->members[0].is_up))
        raft_look(etcd);
}

/* etcd_tell: every watcher, in the order in which they came. */
void etcd_tell(Etcd *etcd, EtcdKey *key, const ApiObject *value, const ApiObject *previous);
/* etcd_flush_waiting: there is a leader again. */
void etcd_flush_waiting(Etcd *etcd);
/*
 * etcd_leader_lost: what was under way with it. @crashed: the member whose process died just
 * now, -1 if none did.
 */
void etcd_leader_lost(Etcd *etcd);
