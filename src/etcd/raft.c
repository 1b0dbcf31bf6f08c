/*
 * raft.c - who leads, and when a proposal made now is committed
 *
 * DEVIATES: no messages are exchanged. Times follow from the rules: the
 * leader's loop writes and replicates batch after batch (v3.6
 * etcdserver/raft.go), a lost leader is replaced after the time that ticks,
 * randomised timeouts and the leader lease give (raft v3.6 raft.go). A cut
 * between members is noticed at the next request, since wires do not report.
 */

#include "etcd/internal.h"

#define MEMBERS_MAX 64

guint
etcd_majority(const Etcd *etcd)
{
    return etcd->n_members / 2 + 1;
}

static gboolean
can_talk(const Etcd *etcd, guint a, guint b)
{
    if (a == b)
        return TRUE;
    return !world_is_cut(etcd->world, etcd->members[a].machine, etcd->members[b].machine);
}

/* How many members (itself included) a live member can reach. */
static guint
count_reachable(const Etcd *etcd, guint from)
{
    guint count = 0;

    if (!etcd->members[from].is_up)
        return 0;
    for (guint i = 0; i < etcd->n_members; i++)
        if (etcd->members[i].is_up && can_talk(etcd, from, i))
            count++;
    return count;
}

static gint64
draw_fsync_ns(Etcd *etcd, guint index)
{
    return dist_sample_ns(&etcd->fsync, etcd->fsync_rng) * etcd->members[index].disk_factor_milli /
           1000;
}

/* --- elections ----------------------------------------------------------------------- */

typedef struct {
    gint64 phase_ns; /* of its ticks, after the last heartbeat */
    guint timeout;   /* ticks */
    guint campaigns;
} Voter;

static gint64
campaign_ns(const Voter *voter)
{
    return voter->phase_ns + (gint64)(voter->timeout * (voter->campaigns + 1) - 1) * ETCD_TICK_NS;
}

/* A pre-vote is ignored by a peer that heard the leader less than an election timeout ago. */
static gboolean
grants(const Voter *peer, gint64 at_ns)
{
    if (at_ns < peer->phase_ns)
        return FALSE;
    return (at_ns - peer->phase_ns) / ETCD_TICK_NS + 1 >= ETCD_ELECTION_TICKS;
}

gint64
raft_election_ns(Rng *rng, guint n_members, guint n_voters, guint *out_winner)
{
    Voter voters[MEMBERS_MAX];
    guint majority = n_members / 2 + 1;

    g_assert(n_voters >= majority);
    g_assert(n_voters <= MEMBERS_MAX);

    /* The leader's last heartbeat was up to a tick before it went. */
    gint64 silent_ns = rng_between_ns(rng, 0, ETCD_TICK_NS);

    for (guint i = 0; i < n_voters; i++) {
        voters[i].phase_ns = rng_between_ns(rng, 0, ETCD_TICK_NS);
        voters[i].timeout = ETCD_ELECTION_TICKS + (guint)rng_below(rng, ETCD_ELECTION_TICKS);
        voters[i].campaigns = 0;
    }
    for (;;) {
        guint first = 0;

        for (guint i = 1; i < n_voters; i++)
            if (campaign_ns(&voters[i]) < campaign_ns(&voters[first]))
                first = i;

        gint64 at_ns = campaign_ns(&voters[first]);
        guint votes = 1;

        for (guint i = 0; i < n_voters; i++)
            if (i != first && grants(&voters[i], at_ns))
                votes++;
        if (votes >= majority) {
            *out_winner = first;
            return MAX(at_ns - silent_ns, 0);
        }
        voters[first].campaigns++;
    }
}

/* Three round trips (pre-vote, vote, first entry) and two writes (vote, entry). */
static gint64
election_work_ns(Etcd *etcd, guint leader)
{
    gint64 work_ns = 2 * draw_fsync_ns(etcd, leader);

    for (guint i = 0; i < etcd->n_members; i++) {
        if (i == leader || !etcd->members[i].is_up || !can_talk(etcd, leader, i))
            continue;

        gint64 hop_ns =
            world_latency_ns(etcd->world, etcd->members[leader].machine, etcd->members[i].machine);

        return hop_ns == G_MAXINT64 ? work_ns : work_ns + 6 * hop_ns;
    }
    return work_ns;
}

static void
become_leader(Etcd *etcd, guint index)
{
    Raft *raft = &etcd->raft;
    gboolean is_first = raft->term == 0;

    raft->leader = (gint)index;
    raft->term++;
    raft->elected_ns = sim_now_ns(etcd->sim);
    raft->current = raft->next = (Batch){0};
    raft->current.end_ns = raft->current.start_ns = raft->elected_ns;
    raft->has_next = FALSE;
    sim_timer_disarm(&raft->election);
    sim_timer_disarm(&raft->stall);
    if (!is_first) {
        sim_trace(etcd->sim, "etcd", "elect",
                  str_internf("machine/%s", machine_name(etcd->members[index].machine)),
                  "LeaderElected", "etcd member on %s leads, term %" G_GUINT64_FORMAT,
                  machine_name(etcd->members[index].machine), raft->term);
        leases_extend(etcd, ETCD_ELECTION_TICKS * ETCD_TICK_NS);
    }
    etcd_flush_waiting(etcd);
}

static void
raft_on_election(Sim *sim, gpointer self)
{
    Etcd *etcd = self;
    Raft *raft = &etcd->raft;

    (void)sim;
    if (count_reachable(etcd, (guint)raft->next_leader) >= etcd_majority(etcd))
        become_leader(etcd, (guint)raft->next_leader);
    else
        raft_check(etcd);
}

/* The members that can make up a majority: those that the first such member reaches. */
static guint
find_electorate(const Etcd *etcd, guint *voters)
{
    for (guint i = 0; i < etcd->n_members; i++) {
        if (count_reachable(etcd, i) < etcd_majority(etcd))
            continue;

        guint count = 0;

        for (guint j = 0; j < etcd->n_members; j++)
            if (etcd->members[j].is_up && can_talk(etcd, i, j))
                voters[count++] = j;
        return count;
    }
    return 0;
}

static void
start_election(Etcd *etcd)
{
    Raft *raft = &etcd->raft;
    guint voters[MEMBERS_MAX];
    guint n_voters = find_electorate(etcd, voters);
    guint winner = 0;
    gint64 wait_ns;

    if (n_voters == 0)
        return;
    /* v3.6 adjustTicks: a single member elects itself after about one tick. */
    if (etcd->n_members == 1)
        wait_ns = rng_between_ns(raft->rng, 0, ETCD_TICK_NS);
    else
        wait_ns = raft_election_ns(raft->rng, etcd->n_members, n_voters, &winner);
    raft->next_leader = (gint)voters[winner];
    raft->candidate_ns = sim_now_ns(etcd->sim) + wait_ns;
    sim_timer_arm_after(&raft->election, wait_ns + election_work_ns(etcd, voters[winner]));
}

static void
lose_leader(Etcd *etcd, gint64 believed_ns)
{
    Raft *raft = &etcd->raft;

    sim_trace(etcd->sim, "etcd", "lose",
              str_internf("machine/%s", machine_name(etcd->members[raft->leader].machine)),
              "LeaderLost", "etcd has no leader any more");
    raft->leader = -1;
    raft->lost_ns = sim_now_ns(etcd->sim);
    raft->candidate_ns = raft->lost_ns + believed_ns;
    sim_timer_disarm(&raft->stall);
    etcd_leader_lost(etcd);
}

void
raft_look(Etcd *etcd)
{
    Raft *raft = &etcd->raft;

    if (raft->leader >= 0) {
        if (count_reachable(etcd, (guint)raft->leader) >= etcd_majority(etcd))
            return;
        lose_leader(etcd, ETCD_ELECTION_TICKS * ETCD_TICK_NS);
    }
    if (raft->term > 0 && !raft->election.is_armed)
        start_election(etcd);
}

/* A follower that heard no heartbeat for its timeout campaigns, and the others grant it. */
static void
raft_on_stall(Sim *sim, gpointer self)
{
    Etcd *etcd = self;
    Raft *raft = &etcd->raft;

    (void)sim;
    if (raft->leader < 0)
        return;
    lose_leader(etcd, 0);
    raft->next_leader = (gint)raft->stall_winner;
    sim_timer_arm_after(&raft->election, election_work_ns(etcd, raft->stall_winner));
}

/*
 * v3.6 etcdserver/raft.go: one loop writes and sends heartbeats, so a write of
 * @fsync_ns is a silence of that length.
 */
static void
watch_stall(Etcd *etcd, gint64 start_ns, gint64 fsync_ns)
{
    Raft *raft = &etcd->raft;
    guint voters[MEMBERS_MAX];
    guint n_voters = 0;
    guint winner;

    if (etcd->n_members == 1 || fsync_ns <= ETCD_ELECTION_TICKS * ETCD_TICK_NS ||
        raft->stall.is_armed)
        return;
    for (guint i = 0; i < etcd->n_members; i++)
        if (i != (guint)raft->leader && etcd->members[i].is_up)
            voters[n_voters++] = i;
    if (n_voters < etcd_majority(etcd))
        return;

    gint64 silence_ns = raft_election_ns(raft->rng, etcd->n_members, n_voters, &winner);

    if (silence_ns >= fsync_ns)
        return;
    raft->stall_winner = voters[winner];
    sim_timer_arm_at(&raft->stall, start_ns + silence_ns);
}

void
raft_elect_now(Etcd *etcd)
{
    guint voters[MEMBERS_MAX];

    if (find_electorate(etcd, voters) > 0)
        become_leader(etcd, voters[0]);
}

void
raft_init(Etcd *etcd)
{
    etcd->raft.leader = -1;
    /* The clock may start before 0. */
    etcd->raft.last_commit_ns = etcd->raft.last_arrival_ns = etcd->raft.candidate_ns = sim_now_ns(etcd->sim);
    etcd->raft.rng = rng_stream(etcd->sim, "etcd/election");
    sim_timer_init(&etcd->raft.election, etcd->sim, SIM_DELIVER, raft_on_election, etcd);
    sim_timer_init(&etcd->raft.stall, etcd->sim, SIM_DELIVER, raft_on_stall, etcd);
}

void
raft_clear(Etcd *etcd)
{
    sim_timer_clear(&etcd->raft.election);
    sim_timer_clear(&etcd->raft.stall);
}

/* --- commits ------------------------------------------------------------------------- */

/*
 * The wait until enough followers have answered: the k-th smallest of their
 * times, k = majority - 1. @with_fsync: they write before they answer.
 */
static gint64
followers_ns(Etcd *etcd, gboolean with_fsync)
{
    gint64 waits[MEMBERS_MAX];
    guint count = 0;
    guint needed = etcd_majority(etcd) - 1;
    guint leader = (guint)etcd->raft.leader;

    for (guint i = 0; i < etcd->n_members; i++) {
        if (i == leader || !etcd->members[i].is_up || !can_talk(etcd, leader, i))
            continue;

        Machine *from = etcd->members[leader].machine;
        Machine *to = etcd->members[i].machine;
        gint64 there_ns = world_latency_ns(etcd->world, from, to);
        gint64 back_ns = world_latency_ns(etcd->world, to, from);

        if (there_ns == G_MAXINT64 || back_ns == G_MAXINT64)
            continue;

        gint64 wait_ns = there_ns + back_ns + (with_fsync ? draw_fsync_ns(etcd, i) : 0);
        guint place = count++;

        for (; place > 0 && waits[place - 1] > wait_ns; place--)
            waits[place] = waits[place - 1];
        waits[place] = wait_ns;
    }
    if (needed == 0)
        return 0;
    return count < needed ? G_MAXINT64 : waits[needed - 1];
}

gint64
raft_quorum_rtt(Etcd *etcd)
{
    return followers_ns(etcd, FALSE);
}

static Batch
make_batch(Etcd *etcd, gint64 start_ns)
{
    gint64 own_ns = draw_fsync_ns(etcd, (guint)etcd->raft.leader);
    gint64 others_ns = followers_ns(etcd, TRUE);
    Batch batch = {.start_ns = start_ns, .end_ns = start_ns + own_ns, .commit_ns = G_MAXINT64};

    watch_stall(etcd, start_ns, own_ns);
    if (others_ns == G_MAXINT64)
        return batch;
    batch.commit_ns =
        MAX(start_ns + MAX(own_ns, others_ns) + ETCD_APPLY_NS, etcd->raft.last_commit_ns);
    etcd->raft.last_commit_ns = batch.commit_ns;
    return batch;
}

gint64
raft_commit_time(Etcd *etcd, gint64 arrival_ns)
{
    Raft *raft = &etcd->raft;

    arrival_ns = MAX(arrival_ns, raft->last_arrival_ns);
    raft->last_arrival_ns = arrival_ns;
    if (raft->has_next && arrival_ns > raft->next.start_ns) {
        raft->current = raft->next;
        raft->has_next = FALSE;
    }
    if (raft->has_next)
        return raft->next.commit_ns;
    if (arrival_ns >= raft->current.end_ns) {
        raft->current = make_batch(etcd, arrival_ns);
        return raft->current.commit_ns;
    }
    if (arrival_ns == raft->current.start_ns)
        return raft->current.commit_ns;
    raft->next = make_batch(etcd, raft->current.end_ns);
    raft->has_next = TRUE;
    return raft->next.commit_ns;
}
