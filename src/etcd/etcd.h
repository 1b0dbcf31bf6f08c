/*
 * etcd.h - the store: revisions, compare-and-swap, watches, leases
 *
 * Models etcd 3.6 as the API server uses it: MVCC revisions (one per write
 * transaction), mod_revision per key, watch from a revision, leases with TTL,
 * compaction every 5 min, commit time = max(leader fsync, quorum of follower
 * round trip + fsync) with batching while an fsync is under way. Values are
 * API objects by reference: stored ones are immutable.
 *
 * Members are Processes on Machines; with fewer than a majority running
 * nothing commits. Message-level Raft has its place in raft.c: the function
 * that says when a proposal made now is committed, and who leads.
 */
#pragma once

#include "etcd/key.h"
#include "world/world.h"

typedef struct Etcd Etcd;

typedef struct {
    Sim *sim;
    World *world;
    Machine *const *machines; /* one member each */
    guint n_members;
    Dist fsync;     /* zeroed: LN p50 0.8 ms, p99 2.4 ms */
    gboolean quick; /* commit takes 1 ms flat */
} EtcdOptions;

Etcd *etcd_new(const EtcdOptions *options); /* members' processes "etcd" are stopped */
void etcd_free(Etcd *etcd);
void etcd_start(Etcd *etcd);
Process *etcd_member_process(Etcd *etcd, guint index);
guint64 etcd_revision(const Etcd *etcd);
/*
 * etcd_set_disk_factor: fault diskSlow: fsync of a member (or all: index G_MAXUINT) takes
 * factor/1000 times as long.
 */
void etcd_set_disk_factor(Etcd *etcd, guint index, guint factor_milli);

#define ETCD_ANY_REVISION G_MAXUINT64

typedef struct {
    EtcdKey *key;
    guint64 expected_revision; /* mod_revision it must have; 0: must not exist; ETCD_ANY_REVISION */
    ApiObject *value;          /* (ref taken) NULL: delete */
    gint64 ttl_ns;             /* 0: no lease (events: 1 h) */
    /*
     * committed: called at the instant the write is applied, before any watcher
     * hears of it, if the owner still exists. For trace records that are to be
     * the cause of all that follows. May be NULL.
     */
    void (*committed)(gpointer user, const ApiObject *value, const ApiObject *previous);
} EtcdTxn;

typedef struct {
    const char *error;        /* NULL, or "etcdserver: request timed out" ... */
    gboolean succeeded;       /* the compare held and the write was made */
    guint64 revision;         /* of the store after it */
    const ApiObject *current; /* compare failed: what is there (borrowed), NULL if nothing */
} EtcdResult;

typedef void (*EtcdDone)(gpointer user, const EtcdResult *result);
/*
 * etcd_txn: answered when committed (or after 7 s without quorum). Values get resource_version
 * = revision at commit.
 */
void etcd_txn(Etcd *etcd,
              Process *client,
              const EtcdTxn *txn,
              SimHandle owner,
              EtcdDone done,
              gpointer user,
              GDestroyNotify user_free);
/*
 * etcd_steady_commit_ns: what every write from @client takes now and in the same calm; -1: it varies, or none gets through.
 * etcd_put_now: a write of @value (ref taken) whose time has been waited for, as etcd_txn makes it with
 * ETCD_ANY_REVISION. For those who compute what need not be played (client/heartbeat.h).
 */
gint64 etcd_steady_commit_ns(const Etcd *etcd, Process *client);
void etcd_put_now(Etcd *etcd, EtcdKey *key, ApiObject *value);
/*
 * etcd_renew_now: the same for the lease at @key, which nobody but its holder has changed, with another time in it that is not
 * 0 and was not. Returns: what the lease weighs; 0: somebody wants an object (EtcdRenewalHooks), nothing was written.
 */
gsize etcd_renew_now(Etcd *etcd, EtcdKey *key, ApiTime renew_time);
/*
 * etcd_read_delay: a linearizable read takes this long from now (quorum round trip);
 * G_MAXINT64: no quorum.
 */
gint64 etcd_read_delay_ns(Etcd *etcd, Process *client);
/* etcd_is_in_reach: some running member can be spoken to from @client's machine. */
gboolean etcd_is_in_reach(const Etcd *etcd, Process *client);
/* etcd_space: the places of a kind; key.h says what may be asked of it. */
KeySpace *etcd_space(Etcd *etcd, const ApiKind *kind);
/* etcd_key: where an object of these names is stored, or would be. For those who do not keep the space. */
EtcdKey *etcd_key(Etcd *etcd, const ApiKind *kind, const char *namespace_, const char *name);
/* etcd_get: present value, at no time; the caller spends etcd_read_delay. (borrowed) */
static inline const ApiObject *
etcd_get(const EtcdKey *key)
{
    return key_object(key);
}
/* etcd_range: all values of a kind, or those in @namespace_, by key. (owned array, borrowed items) */
GPtrArray *etcd_range(Etcd *etcd, const ApiKind *kind, const char *namespace_);

/* etcd_leader: index of the leading member, -1 while there is none. */
gint etcd_leader(const Etcd *etcd);
guint64 etcd_term(const Etcd *etcd);

/*
 * etcd_watch: every change from now on (the API server's watch cache). @previous NULL for a new
 * key, @value NULL for a delete.
 */
typedef void (*EtcdWatchFunc)(gpointer user,
                              EtcdKey *key,
                              const ApiObject *value,
                              const ApiObject *previous,
                              guint64 revision);
guint etcd_watch(Etcd *etcd, EtcdWatchFunc func, gpointer user);
void etcd_unwatch(Etcd *etcd, guint id);
/* etcd_watch_renewals: this watcher @takes renewals of leases as numbers at present: then it is told like that. */
typedef struct {
    gboolean (*takes)(gpointer user);
    void (*renewed)(gpointer user, EtcdKey *key, ApiTime renew_time, guint64 revision);
} EtcdRenewalHooks;
void etcd_watch_renewals(Etcd *etcd, guint id, const EtcdRenewalHooks *hooks);
