/* leader.c - see leader.h */

#include "client/leader.h"
#include "api/profile.h"

#include "api/kinds.h"
#include "base/duration.h"

#define LEASE_DURATION_S  ((gint32)(PROFILE_NS(LEASE_DURATION) / NS_PER_S))
#define RENEW_DEADLINE_NS PROFILE_NS(RENEW_DEADLINE)
#define RETRY_NS          PROFILE_NS(RETRY_PERIOD)
#define RETRY_MAX_NS      (RETRY_NS * 22 / 10)
/* component-base: the client of the election gives up after half the renew deadline. */
#define REQUEST_TIMEOUT_NS (RENEW_DEADLINE_NS / 2)

typedef enum { LEADER_STOPPED, LEADER_CANDIDATE, LEADER_LEADING, LEADER_RELEASING } LeaderState;

struct Leader {
    Client *client;
    LeaderOptions options;
    gpointer user;
    const char *identity;
    LeaderState state;
    ApiObject *observed; /* (owned ref) the record last seen */
    gint64 observed_ns;  /* when it last changed, by our clock */
    gint64 renewed_ns;   /* begin of the present run of renewals */
    gboolean is_busy;    /* a request is under way */
    SimTimer timer, deadline;
    gboolean is_due; /* a timer fired while the process was paused */
    void (*released)(gpointer user);
    Rng *rng;
};

static void leader_try(Leader *leader);

static gint64
leader_now_ns(const Leader *leader)
{
    return sim_now_ns(client_sim(leader->client));
}

/* --- the record ------------------------------------------------------------------------------- */

static gboolean
record_equal(const ApiObject *a, const ApiObject *b)
{
    const LeaseSpec *x = lease_spec(a);
    const LeaseSpec *y = lease_spec(b);

    return x->holder_identity == y->holder_identity && x->renew_time == y->renew_time &&
           x->acquire_time == y->acquire_time &&
           x->lease_transitions.value == y->lease_transitions.value &&
           x->lease_duration_s.value == y->lease_duration_s.value;
}

static void
leader_observe(Leader *leader, const ApiObject *lease)
{
    if (leader->observed == NULL || !record_equal(leader->observed, lease))
        leader->observed_ns = leader_now_ns(leader);
    api_object_ref(lease);
    api_object_unref(leader->observed);
    leader->observed = (ApiObject *)lease;
}

static gboolean
leader_holds(const Leader *leader)
{
    return leader->observed != NULL &&
           str_is(lease_spec(leader->observed)->holder_identity, leader->identity);
}

static gboolean
leader_may_take(const Leader *leader)
{
    const LeaseSpec *spec = lease_spec(leader->observed);
    gint64 duration_ns = spec->lease_duration_s.value * NS_PER_S;

    if (str_is_empty(spec->holder_identity) || leader_holds(leader))
        return TRUE;
    return leader->observed_ns + duration_ns <= leader_now_ns(leader);
}

/* The lease with this candidate as its holder, based on what was observed. */
static ApiObject *
leader_claim(const Leader *leader)
{
    gint64 wall_ns = sim_wall_ns(client_sim(leader->client));
    gint64 micro_ns = wall_ns - wall_ns % NS_PER_US;
    gboolean was_mine = leader_holds(leader);
    ApiObject *lease;
    LeaseSpec *spec;

    if (leader->observed == NULL)
        lease = api_object_new(&lease_kind, "kube-system", leader->options.lease_name);
    else
        lease = api_object_copy(leader->observed);
    spec = api_edit_spec(lease);
    if (!was_mine) {
        spec->acquire_time = micro_ns;
        if (leader->observed != NULL)
            spec->lease_transitions = OPT_INT32(spec->lease_transitions.value + 1);
        else
            spec->lease_transitions = OPT_INT32(0);
    }
    spec->holder_identity = leader->identity;
    spec->lease_duration_s = OPT_INT32(LEASE_DURATION_S);
    spec->renew_time = micro_ns;
    return lease;
}

/* --- the loop --------------------------------------------------------------------------------- */

static void
leader_wait(Leader *leader)
{
    gint64 wait_ns = leader->state == LEADER_LEADING ? RETRY_NS
                                                     : rng_between_ns(leader->rng, RETRY_NS, RETRY_MAX_NS);

    leader->is_busy = FALSE;
    sim_timer_arm_after(&leader->timer, wait_ns);
}

static void
leader_succeeded(Leader *leader, const ApiObject *lease)
{
    gboolean is_new = leader->state == LEADER_CANDIDATE;

    leader_observe(leader, lease);
    leader->state = LEADER_LEADING;
    /* The deadline counts from the begin of the next round of tries. */
    sim_timer_arm_after(&leader->deadline, RETRY_NS + RENEW_DEADLINE_NS);
    leader_wait(leader);
    if (is_new) {
        sim_trace(client_sim(leader->client), client_user(leader->client), "lead",
                  api_ref_text(lease), "LeaderElection", "%s became leader", leader->identity);
        if (leader->options.recorder != NULL)
            recorder_event(leader->options.recorder, lease, "Normal", "LeaderElection",
                           str_internf("%s became leader", leader->identity));
        leader->options.elected(leader->user);
    }
}

static void
leader_write_done(gpointer user, const ApiResponse *response)
{
    Leader *leader = user;

    if (api_response_ok(response) && response->object != NULL)
        leader_succeeded(leader, response->object);
    else if (leader->state == LEADER_LEADING && response->code == 409)
        leader_try(leader);
    else
        leader_wait(leader);
}

static void
leader_write(Leader *leader, ApiVerb verb)
{
    ApiRequest *request = api_request_new(verb, &lease_kind, str_intern("kube-system"),
                                          str_intern(leader->options.lease_name));

    request->object = leader_claim(leader);
    request->timeout_ns = REQUEST_TIMEOUT_NS;
    request->reason = str_intern("hold the leader lease");
    client_send(leader->client, request, leader_write_done, leader, NULL);
}

static void
leader_read_done(gpointer user, const ApiResponse *response)
{
    Leader *leader = user;

    if (response->code == 404) {
        g_clear_pointer(&leader->observed, api_object_unref);
        leader_write(leader, VERB_CREATE);
        return;
    }
    if (!api_response_ok(response)) {
        leader_wait(leader);
        return;
    }
    leader_observe(leader, response->object);
    if (leader_may_take(leader)) {
        if (!leader_holds(leader) && !str_is_empty(lease_spec(leader->observed)->holder_identity))
            sim_waited(client_sim(leader->client), profile_timers[TIMER_LEASE_DURATION].name,
                       leader_now_ns(leader) - leader->observed_ns);
        leader_write(leader, VERB_UPDATE);
    } else {
        leader_wait(leader);
    }
}

static void
leader_try(Leader *leader)
{
    ApiRequest *request = api_request_new(VERB_GET, &lease_kind, str_intern("kube-system"),
                                          str_intern(leader->options.lease_name));

    leader->is_busy = TRUE;
    request->timeout_ns = REQUEST_TIMEOUT_NS;
    client_send(leader->client, request, leader_read_done, leader, NULL);
}

static void
leader_on_timer(Sim *sim, gpointer self)
{
    Leader *leader = self;

    (void)sim;
    leader->is_due = client_is_paused(leader->client);
    if (leader->is_due || leader->is_busy)
        return;
    if (leader->state == LEADER_LEADING && leader_holds(leader)) {
        leader->is_busy = TRUE;
        leader_write(leader, VERB_UPDATE);
    } else {
        leader_try(leader);
    }
}

static void
leader_on_deadline(Sim *sim, gpointer self)
{
    Leader *leader = self;

    leader->is_due = client_is_paused(leader->client);
    if (leader->is_due)
        return;
    leader_reset(leader);
    client_cancel(leader->client, leader);
    sim_trace(sim, client_user(leader->client), "lose", NULL, "LeaderElection",
              "%s could not renew its lease for 10 s", leader->identity);
    leader->options.lost(leader->user);
}

/* --- the end ---------------------------------------------------------------------------------- */

static void
leader_released(Leader *leader)
{
    leader_reset(leader);
    leader->released(leader->user);
}

static void
leader_release_done(gpointer user, const ApiResponse *response)
{
    Leader *leader = user;

    if (api_response_ok(response))
        sim_trace(client_sim(leader->client), client_user(leader->client), "release",
                  api_ref_text(response->object), "LeaderElection", "%s gives its lease back", leader->identity);
    leader_released(leader);
}

/* v0.34 leaderelection.go release: nobody holds it, and it lasts a second. */
static ApiObject *
leader_waiver(const Leader *leader)
{
    gint64 wall_ns = sim_wall_ns(client_sim(leader->client));
    ApiObject *lease = api_object_copy(leader->observed);
    LeaseSpec *spec = api_edit_spec(lease);

    spec->holder_identity = str_intern("");
    spec->lease_duration_s = OPT_INT32(1);
    spec->acquire_time = wall_ns - wall_ns % NS_PER_US;
    spec->renew_time = spec->acquire_time;
    return lease;
}

static void
leader_release_read(gpointer user, const ApiResponse *response)
{
    Leader *leader = user;
    ApiRequest *request;

    if (!api_response_ok(response)) {
        leader_released(leader);
        return;
    }
    leader_observe(leader, response->object);
    if (!leader_holds(leader)) {
        leader_released(leader);
        return;
    }
    request = api_request_new(VERB_UPDATE, &lease_kind, str_intern("kube-system"),
                              str_intern(leader->options.lease_name));
    request->object = leader_waiver(leader);
    request->timeout_ns = REQUEST_TIMEOUT_NS;
    request->reason = str_intern("give the leader lease back");
    client_send(leader->client, request, leader_release_done, leader, NULL);
}

/* component-base: host name and a uuid; so who restarts does not know its own lease again. */
static const char *
leader_new_identity(const Leader *leader)
{
    guint64 high = rng_next(leader->rng);
    guint64 low = rng_next(leader->rng);

    return str_internf("%s_%08x-%04x-4%03x-%04x-%04x%08x",
                       machine_name(process_machine(client_process(leader->client))),
                       (guint)(high >> 32), (guint)(high >> 16 & 0xffff), (guint)(high & 0xfff),
                       (guint)(0x8000 | (low >> 48 & 0x3fff)), (guint)(low >> 32 & 0xffff),
                       (guint)(low & 0xffffffff));
}

/* --- public ----------------------------------------------------------------------------------- */

Leader *
leader_new(Client *client, const LeaderOptions *options, gpointer user)
{
    Leader *leader = g_new0(Leader, 1);
    Sim *sim = client_sim(client);

    leader->client = client;
    leader->options = *options;
    leader->user = user;
    leader->rng = rng_stream(sim, str_internf("leaderelection/%s/%s", options->lease_name,
                                              machine_name(process_machine(client_process(client)))));
    sim_timer_init(&leader->timer, sim, SIM_CONTROL, leader_on_timer, leader);
    sim_timer_init(&leader->deadline, sim, SIM_CONTROL, leader_on_deadline, leader);
    return leader;
}

void
leader_free(Leader *leader)
{
    if (leader == NULL)
        return;
    client_cancel(leader->client, leader);
    leader_reset(leader);
    sim_timer_clear(&leader->timer);
    sim_timer_clear(&leader->deadline);
    g_free(leader);
}

void
leader_start(Leader *leader)
{
    leader->state = LEADER_CANDIDATE;
    leader->identity = str_intern(leader->options.identity);
    if (leader->identity == NULL)
        leader->identity = leader_new_identity(leader);
    leader_try(leader);
}

void
leader_release(Leader *leader, void (*released)(gpointer user))
{
    gboolean leads = leader->state == LEADER_LEADING;
    ApiRequest *request;

    leader->released = released;
    client_cancel(leader->client, leader);
    leader_reset(leader);
    if (!leads) {
        released(leader->user);
        return;
    }
    leader->state = LEADER_RELEASING;
    request = api_request_new(VERB_GET, &lease_kind, str_intern("kube-system"),
                              str_intern(leader->options.lease_name));
    request->timeout_ns = REQUEST_TIMEOUT_NS;
    client_send(leader->client, request, leader_release_read, leader, NULL);
}

void
leader_reset(Leader *leader)
{
    leader->state = LEADER_STOPPED;
    leader->is_busy = FALSE;
    leader->is_due = FALSE;
    sim_timer_disarm(&leader->timer);
    sim_timer_disarm(&leader->deadline);
    g_clear_pointer(&leader->observed, api_object_unref);
}

void
leader_resumed(Leader *leader)
{
    if (leader->state == LEADER_STOPPED || leader->state == LEADER_RELEASING || !leader->is_due)
        return;
    leader->is_due = FALSE;
    if (!leader->deadline.is_armed && leader->state == LEADER_LEADING)
        sim_timer_arm_after(&leader->deadline, 0);
    if (!leader->timer.is_armed && !leader->is_busy)
        sim_timer_arm_after(&leader->timer, 0);
}

gboolean
leader_is_leading(const Leader *leader)
{
    return leader->state == LEADER_LEADING;
}
