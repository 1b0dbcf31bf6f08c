/* etcd.c - see etcd.h: transactions on their way, members, watchers */

#include "etcd/internal.h"

#include "base/pool.h"

static const char *const text_timeout = "etcdserver: request timed out";
static const char *const text_leader_failed =
    "etcdserver: request timed out, possibly due to previous leader failure";
static const char *const text_reset =
    "rpc error: code = Unavailable desc = error reading from server: EOF";

/* --- queues of transactions ---------------------------------------------------------- */

static inline void
push_last(TxnQueue *queue, Txn *txn)
{
    txn->next = NULL;
    if (queue->last != NULL)
        queue->last->next = txn;
    else
        queue->first = txn;
    queue->last = txn;
}

static inline Txn *
pop(TxnQueue *queue)
{
    Txn *txn = queue->first;

    if (txn == NULL)
        return NULL;
    queue->first = txn->next;
    if (txn->next == NULL)
        queue->last = NULL;
    return txn;
}

/* After those that were proposed at the same time. */
static void
put_by_age(TxnQueue *queue, Txn *txn)
{
    Txn **place = &queue->first;

    if (queue->last == NULL || queue->last->proposed_ns <= txn->proposed_ns) {
        push_last(queue, txn);
        return;
    }
    while ((*place)->proposed_ns <= txn->proposed_ns)
        place = &(*place)->next;
    txn->next = *place;
    *place = txn;
}

static void
txn_free(gpointer data)
{
    Txn *txn = data;

    if (txn->user_free != NULL)
        txn->user_free(txn->user);
    api_object_unref(txn->op.value);
    if (txn->current != NULL)
        api_object_unref(txn->current);
    POOL_FREE(Txn, txn);
}

/* --- answers ------------------------------------------------------------------------- */

static void
txn_on_answer(Sim *sim, gpointer owner, gpointer payload)
{
    Txn *txn = payload;

    (void)sim;
    (void)owner;
    txn->done(txn->user, &txn->result);
    txn_free(txn);
}

static void
answer(Txn *txn, gint64 delay_ns)
{
    Etcd *etcd = txn->etcd;

    if (delay_ns > 0) {
        sim_post(etcd->sim, txn->owner, SIM_DELIVER, delay_ns, txn_on_answer, txn, txn_free);
        return;
    }
    gpointer owner = sim_handle_peek(etcd->sim, txn->owner);

    if (owner == NULL)
        txn_free(txn);
    else
        txn_on_answer(etcd->sim, owner, txn);
}

static void
fail(Txn *txn, const char *text)
{
    sim_set_cause(txn->etcd->sim, txn->cause);
    txn->result = (EtcdResult){.error = text, .revision = txn->etcd->store.revision};
    answer(txn, 0);
}

/* --- applying ------------------------------------------------------------------------ */

void
etcd_tell(Etcd *etcd, EtcdKey *key, const ApiObject *value, const ApiObject *previous)
{
    TraceId cause = sim_cause(etcd->sim);

    /* By index: a watcher may be added meanwhile. */
    for (guint i = 0; i < etcd->watchers->len; i++) {
        Watcher watcher = g_array_index(etcd->watchers, Watcher, i);

        if (i > 0)
            sim_set_cause(etcd->sim, cause);
        if (watcher.func != NULL)
            watcher.func(watcher.user, key, value, previous, etcd->store.revision);
    }
    sim_set_cause(etcd->sim, cause);
}

static void
tell_committed(Txn *txn, const ApiObject *value, const ApiObject *previous)
{
    if (txn->op.committed != NULL && sim_handle_peek(txn->etcd->sim, txn->owner) != NULL)
        txn->op.committed(txn->user, value, previous);
}

static void
apply(Txn *txn)
{
    Etcd *etcd = txn->etcd;
    Store *store = &etcd->store;
    g_autoptr(ApiObject) previous = NULL;

    sim_set_cause(etcd->sim, txn->cause);
    if (G_UNLIKELY(!store_compare(&txn->op))) {
        const ApiObject *present = key_object(txn->op.key);

        if (present != NULL)
            txn->current = api_object_ref(present);
        txn->result = (EtcdResult){.revision = store->revision, .current = txn->current};
        return;
    }
    if (G_LIKELY(txn->op.value != NULL)) {
        previous = store_put(store, txn->op.key, txn->op.value);
        if (txn->op.ttl_ns > 0)
            leases_attach(etcd, txn->op.key, store->revision, txn->op.ttl_ns);
    } else {
        previous = store_remove(txn->op.key);
        store->revision++;
    }
    txn->result = (EtcdResult){.succeeded = TRUE, .revision = store->revision};
    tell_committed(txn, txn->op.value, previous);
    etcd_tell(etcd, txn->op.key, txn->op.value, previous);
}

static void
arm_commit(Etcd *etcd)
{
    const Txn *first = etcd->proposed.first;

    if (first != NULL)
        sim_timer_arm_at(&etcd->commit, first->commit_ns);
    else
        sim_timer_disarm(&etcd->commit);
}

static void
etcd_on_commit(Sim *sim, gpointer self)
{
    Etcd *etcd = self;

    for (;;) {
        Txn *txn = etcd->proposed.first;

        if (txn == NULL || txn->commit_ns > sim_now_ns(sim))
            break;
        pop(&etcd->proposed);
        apply(txn);
        answer(txn, txn->reply_ns);
    }
    arm_commit(etcd);
}

/* --- proposals ----------------------------------------------------------------------- */

static void
arm_timeout(Etcd *etcd)
{
    const Txn *waiting = etcd->waiting.first;
    const Txn *lost = etcd->lost.first;
    gint64 first_ns = G_MAXINT64;

    if (waiting != NULL)
        first_ns = waiting->proposed_ns;
    if (lost != NULL)
        first_ns = MIN(first_ns, lost->proposed_ns);
    if (first_ns == G_MAXINT64)
        sim_timer_disarm(&etcd->timeout);
    else
        sim_timer_arm_at(&etcd->timeout,
                         MAX(first_ns + ETCD_REQUEST_TIMEOUT_NS, sim_now_ns(etcd->sim)));
}

static void
drop_all(TxnQueue *queue)
{
    for (Txn *txn = pop(queue); txn != NULL; txn = pop(queue))
        txn_free(txn);
}

static G_GNUC_NO_INLINE void
put_aside(TxnQueue *queue, Txn *txn)
{
    put_by_age(queue, txn);
    arm_timeout(txn->etcd);
}

/* v3.6 etcdserver/v3_server.go parseProposeCtxErr: which of the texts. */
static const char *
timeout_text(const Etcd *etcd, const Txn *txn)
{
    gint64 elected_ns = etcd->raft.elected_ns;
    gint64 window_ns = 2 * ETCD_ELECTION_TICKS * ETCD_TICK_NS;

    if (etcd->raft.leader >= 0 && etcd->raft.term > 1 && txn->proposed_ns < elected_ns &&
        txn->proposed_ns > elected_ns - window_ns)
        return text_leader_failed;
    return text_timeout;
}

static void
etcd_on_timeout(Sim *sim, gpointer self)
{
    Etcd *etcd = self;
    TxnQueue *queues[] = {&etcd->lost, &etcd->waiting};
    gint64 due_ns = sim_now_ns(sim) - ETCD_REQUEST_TIMEOUT_NS;

    for (guint i = 0; i < G_N_ELEMENTS(queues); i++) {
        for (;;) {
            Txn *txn = queues[i]->first;

            if (txn == NULL || txn->proposed_ns > due_ns)
                break;
            pop(queues[i]);
            fail(txn, timeout_text(etcd, txn));
        }
    }
    arm_timeout(etcd);
}

/*
 * The member that @client speaks to: the one on its own machine, else the first it reaches; -1:
 * none.
 */
static G_GNUC_NO_INLINE gint
pick_any_member(const Etcd *etcd, const Machine *machine)
{
    for (guint i = 0; i < etcd->n_members; i++)
        if (etcd->members[i].is_up && etcd->members[i].machine == machine)
            return (gint)i;
    for (guint i = 0; i < etcd->n_members; i++)
        if (etcd->members[i].is_up && !world_is_cut(etcd->world, machine, etcd->members[i].machine))
            return (gint)i;
    return -1;
}

static inline gint
pick_member(const Etcd *etcd, Process *client)
{
    const Machine *machine = process_machine(client);

    if (G_LIKELY(etcd->members[0].is_up && etcd->members[0].machine == machine))
        return 0;
    return pick_any_member(etcd, machine);
}

/* One way from @client through @member to the leader; both ways draw anew. */
static gint64
path_ns(Etcd *etcd, Process *client, guint member)
{
    Machine *middle = etcd->members[member].machine;
    gint64 hop_ns = world_latency_ns(etcd->world, process_machine(client), middle);

    if (hop_ns == G_MAXINT64 || etcd->raft.leader == (gint)member)
        return hop_ns;

    Machine *leader = etcd->members[etcd->raft.leader].machine;
    gint64 forward_ns = world_latency_ns(etcd->world, middle, leader);

    return forward_ns == G_MAXINT64 ? G_MAXINT64 : hop_ns + forward_ns;
}

/* FALSE: it will never be committed. */
static G_GNUC_NO_INLINE gboolean
draw_times(Etcd *etcd, Txn *txn, guint member)
{
    gint64 there_ns = path_ns(etcd, txn->client, member);
    gint64 back_ns = path_ns(etcd, txn->client, member);

    if (there_ns == G_MAXINT64 || back_ns == G_MAXINT64)
        return FALSE;
    txn->commit_ns = raft_commit_time(etcd, sim_now_ns(etcd->sim) + there_ns);
    txn->reply_ns = back_ns;
    return txn->commit_ns != G_MAXINT64;
}

static inline gboolean
schedule(Etcd *etcd, Txn *txn, guint member)
{
    Raft *raft = &etcd->raft;

    if (etcd->is_quick) {
        txn->commit_ns = MAX(sim_now_ns(etcd->sim) + ETCD_QUICK_COMMIT_NS, raft->last_commit_ns);
        raft->last_commit_ns = txn->commit_ns;
        txn->reply_ns = 0;
    } else if (!draw_times(etcd, txn, member)) {
        return FALSE;
    }
    txn->member = member;
    push_last(&etcd->proposed, txn);
    if (!etcd->commit.is_armed)
        arm_commit(etcd);
    return TRUE;
}

static inline void
propose(Etcd *etcd, Txn *txn)
{
    gint member = pick_member(etcd, txn->client);

    raft_check(etcd);
    if (member >= 0 && etcd->raft.leader >= 0) {
        if (!schedule(etcd, txn, (guint)member))
            put_aside(&etcd->lost, txn);
        return;
    }
    /* As long as the members believe in the dead leader they send proposals to it. */
    if (member >= 0 && etcd->n_members > 1 && sim_now_ns(etcd->sim) < etcd->raft.candidate_ns)
        put_aside(&etcd->lost, txn);
    else
        put_aside(&etcd->waiting, txn);
}

void
etcd_txn(Etcd *etcd,
         Process *client,
         const EtcdTxn *txn,
         SimHandle owner,
         EtcdDone done,
         gpointer user,
         GDestroyNotify user_free)
{
    Txn *self = POOL_NEW(Txn);

    /* What is not set here is when it is proposed, and its result when it is applied. */
    self->op = *txn;
    self->etcd = etcd;
    self->owner = owner;
    self->done = done;
    self->user = user;
    self->user_free = user_free;
    self->client = client;
    self->member = 0;
    self->proposed_ns = sim_now_ns(etcd->sim);
    self->cause = sim_cause(etcd->sim);
    self->current = NULL;
    if (txn->value != NULL)
        api_object_ref(txn->value);
    propose(etcd, self);
}

gint64
etcd_steady_commit_ns(const Etcd *etcd, Process *client)
{
    if (!etcd->is_quick || etcd->raft.leader < 0 || pick_member(etcd, client) < 0)
        return -1;
    return ETCD_QUICK_COMMIT_NS;
}

void
etcd_put_now(Etcd *etcd, EtcdKey *key, ApiObject *value)
{
    g_autoptr(ApiObject) previous = store_put(&etcd->store, key, value);

    etcd_tell(etcd, key, value, previous);
}

static gboolean
all_take_renewals(const Etcd *etcd)
{
    for (guint i = 0; i < etcd->watchers->len; i++) {
        const Watcher *watcher = &g_array_index(etcd->watchers, Watcher, i);

        if (watcher->renewals == NULL || !watcher->renewals->takes(watcher->user))
            return FALSE;
    }
    return TRUE;
}

gsize
etcd_renew_now(Etcd *etcd, EtcdKey *key, ApiTime renew_time)
{
    guint64 revision = etcd->store.revision + 1;
    gsize bytes;

    if (!all_take_renewals(etcd))
        return 0;
    etcd->store.revision = revision;
    bytes = key_renew(key, renew_time, revision);
    for (guint i = 0; i < etcd->watchers->len; i++) {
        const Watcher *watcher = &g_array_index(etcd->watchers, Watcher, i);

        watcher->renewals->renewed(watcher->user, key, renew_time, revision);
    }
    return bytes;
}

void
etcd_flush_waiting(Etcd *etcd)
{
    TxnQueue queue = etcd->waiting;

    etcd->waiting = (TxnQueue){0};
    for (;;) {
        Txn *txn = pop(&queue);

        if (txn == NULL)
            break;
        propose(etcd, txn);
    }
    arm_timeout(etcd);
}

/*
 * What the leader had not committed is lost with it: those who spoke to the dead
 * process hear of it at once, the others wait in vain. A member that is merely
 * alone and paused goes on where it was.
 */
void
etcd_leader_lost(Etcd *etcd)
{
    TxnQueue queue = etcd->proposed;

    etcd->proposed = (TxnQueue){0};
    sim_timer_disarm(&etcd->commit);
    for (;;) {
        Txn *txn = pop(&queue);

        if (txn == NULL)
            break;

        const Member *member = &etcd->members[txn->member];

        if (process_state(member->process) == PROCESS_STOPPED && machine_is_on(member->machine))
            fail(txn, text_reset);
        else
            put_aside(etcd->n_members == 1 ? &etcd->waiting : &etcd->lost, txn);
    }
}

/* --- reads --------------------------------------------------------------------------- */

gint64
etcd_read_delay_ns(Etcd *etcd, Process *client)
{
    gint member = pick_member(etcd, client);

    raft_check(etcd);
    if (member < 0 || etcd->raft.leader < 0)
        return G_MAXINT64;
    if (etcd->is_quick)
        return ETCD_QUICK_READ_NS;

    gint64 there_ns = path_ns(etcd, client, (guint)member);
    gint64 back_ns = path_ns(etcd, client, (guint)member);
    gint64 quorum_ns = raft_quorum_rtt(etcd);

    if (there_ns == G_MAXINT64 || back_ns == G_MAXINT64 || quorum_ns == G_MAXINT64)
        return G_MAXINT64;
    return there_ns + quorum_ns + back_ns;
}

gboolean
etcd_is_in_reach(const Etcd *etcd, Process *client)
{
    return pick_member(etcd, client) >= 0;
}

KeySpace *
etcd_space(Etcd *etcd, const ApiKind *kind)
{
    return store_space(&etcd->store, kind);
}

EtcdKey *
etcd_key(Etcd *etcd, const ApiKind *kind, const char *namespace_, const char *name)
{
    return key_find(etcd_space(etcd, kind), str_intern(namespace_), str_intern(name));
}

GPtrArray *
etcd_range(Etcd *etcd, const ApiKind *kind, const char *namespace_)
{
    GPtrArray *out = g_ptr_array_new();
    guint kept = 0;

    key_space_collect(etcd_space(etcd, kind), namespace_, out);
    for (guint i = 0; i < out->len; i++) {
        const ApiObject *object = key_object(out->pdata[i]);

        if (object != NULL)
            out->pdata[kept++] = (gpointer)object;
    }
    g_ptr_array_set_size(out, (gint)kept);
    return out;
}

guint
etcd_watch(Etcd *etcd, EtcdWatchFunc func, gpointer user)
{
    Watcher watcher = {.id = ++etcd->next_watch_id, .func = func, .user = user};

    g_array_append_val(etcd->watchers, watcher);
    return watcher.id;
}

void
etcd_unwatch(Etcd *etcd, guint id)
{
    for (guint i = 0; i < etcd->watchers->len; i++) {
        if (g_array_index(etcd->watchers, Watcher, i).id == id) {
            g_array_remove_index(etcd->watchers, i);
            return;
        }
    }
}

void
etcd_watch_renewals(Etcd *etcd, guint id, const EtcdRenewalHooks *hooks)
{
    for (guint i = 0; i < etcd->watchers->len; i++)
        if (g_array_index(etcd->watchers, Watcher, i).id == id)
            g_array_index(etcd->watchers, Watcher, i).renewals = hooks;
}

/* --- members ------------------------------------------------------------------------- */

static void
member_changed(gpointer self)
{
    Member *member = self;

    member->is_up = process_is_running(member->process);
    raft_check(member->etcd);
}

static const ProcessHooks member_hooks = {
    .started = member_changed,
    .stopped = member_changed,
    .paused = member_changed,
    .resumed = member_changed,
};

Etcd *
etcd_new(const EtcdOptions *options)
{
    Etcd *etcd = g_new0(Etcd, 1);

    g_assert(options->n_members >= 1);
    etcd->sim = options->sim;
    etcd->world = options->world;
    etcd->is_quick = options->quick;
    etcd->fsync = options->fsync;
    if (etcd->fsync.type == DIST_CONSTANT && etcd->fsync.a_ns == 0)
        etcd->fsync = DIST_LOGN(800 * NS_PER_US, 2400 * NS_PER_US);
    etcd->fsync_rng = rng_stream(etcd->sim, "etcd/fsync");
    etcd->watchers = g_array_new(FALSE, FALSE, sizeof(Watcher));
    sim_timer_init(&etcd->commit, etcd->sim, SIM_DELIVER, etcd_on_commit, etcd);
    sim_timer_init(&etcd->timeout, etcd->sim, SIM_DELIVER, etcd_on_timeout, etcd);
    store_init(&etcd->store);
    leases_init(etcd);
    etcd->n_members = options->n_members;
    etcd->members = g_new0(Member, options->n_members);
    raft_init(etcd);
    for (guint i = 0; i < options->n_members; i++) {
        Member *member = &etcd->members[i];

        *member = (Member){.etcd = etcd, .index = i, .machine = options->machines[i]};
        member->disk_factor_milli = 1000;
        member->process = process_new(member->machine, "etcd", &member_hooks, member);
    }
    return etcd;
}

void
etcd_free(Etcd *etcd)
{
    if (etcd == NULL)
        return;
    sim_timer_clear(&etcd->commit);
    sim_timer_clear(&etcd->timeout);
    leases_clear(etcd);
    raft_clear(etcd);
    drop_all(&etcd->proposed);
    drop_all(&etcd->waiting);
    drop_all(&etcd->lost);
    store_clear(&etcd->store);
    for (guint i = 0; i < etcd->n_members; i++)
        process_free(etcd->members[i].process);
    g_array_unref(etcd->watchers);
    g_free(etcd->members);
    g_free(etcd);
}

void
etcd_start(Etcd *etcd)
{
    for (guint i = 0; i < etcd->n_members; i++)
        process_start(etcd->members[i].process);
    raft_elect_now(etcd);
}

Process *
etcd_member_process(Etcd *etcd, guint index)
{
    g_assert(index < etcd->n_members);
    return etcd->members[index].process;
}

guint64
etcd_revision(const Etcd *etcd)
{
    return etcd->store.revision;
}

gint
etcd_leader(const Etcd *etcd)
{
    return etcd->raft.leader;
}

guint64
etcd_term(const Etcd *etcd)
{
    return etcd->raft.term;
}

void
etcd_set_disk_factor(Etcd *etcd, guint index, guint factor_milli)
{
    for (guint i = 0; i < etcd->n_members; i++)
        if (index == G_MAXUINT || index == i)
            etcd->members[i].disk_factor_milli = factor_milli;
}
