/*
 * lease.c - the node's heartbeat
 *
 * A renewal like the one before is computed where it can be (client/heartbeat.h); the first one and what follows a failure
 * are requests like others.
 *
 * v1.34 component-helpers/apimachinery/lease: renewed every 10 s, each wait
 * times 1..1.04, valid for 40 s. A renewal that fails is tried again up to five
 * times, creation with 0.2 s doubling to 7 s.
 */

#include "node/internal.h"
#include "api/profile.h"
#include "base/fetch.h"

#define RENEW_NS     PROFILE_NS(NODE_LEASE_RENEW)
#define JITTER_NS    (400 * NS_PER_MS)
#define RETRY_NS     (200 * NS_PER_MS)
#define RETRY_MAX_NS (7 * NS_PER_S)
#define ATTEMPTS_MAX 5

static void lease_write(Kubelet *k);

static const char *
lease_namespace(void)
{
    return str_intern("kube-node-lease");
}

static void
lease_wait(Kubelet *k, gint64 from_ns)
{
    k->lease.attempts = 0;
    sim_timer_arm_at(&k->lease.timer, from_ns + RENEW_NS + rng_between_ns(k->lease.rng, 0, JITTER_NS));
}

static void
lease_fill(Kubelet *k, LeaseSpec *spec)
{
    spec->holder_identity = k->node_name;
    spec->lease_duration_s = OPT_INT32(40);
    spec->renew_time = k->lease.renew_time;
}

static gboolean
lease_mutate(ApiObject *object, gpointer data)
{
    lease_fill(data, api_edit_spec(object));
    return TRUE;
}

static void
lease_on_written(gpointer user, const ApiResponse *response)
{
    Kubelet *k = user;
    LeaseKeeper *lease = &k->lease;

    lease->is_routine = response->code == 200 || response->code == 201;
    if (response->code == 0)
        lease->has_failed = TRUE;
    if (response->code == 200 || response->code == 201) {
        lease->exists = lease->was_there = TRUE;
        /* v1.34 compares with the stored Node every 10 s: it may say Unknown by now. */
        if (lease->has_failed)
            node_status_forget(k);
        lease->has_failed = FALSE;
        lease_wait(k, sim_now_ns(k->sim));
    } else if (response->code == 409) {
        lease->exists = TRUE;
        lease_write(k);
    } else if (lease->exists && response->code == 404) {
        lease->exists = FALSE;
        lease_write(k);
    } else if (!lease->exists) {
        gint64 delay_ns = RETRY_NS << MIN(lease->attempts, 6);

        lease->attempts++;
        sim_timer_arm_after(&lease->timer, MIN(delay_ns, RETRY_MAX_NS));
    } else if (++lease->attempts < ATTEMPTS_MAX) {
        lease_write(k);
    } else {
        lease_wait(k, sim_now_ns(k->sim));
    }
}

static ApiObject *
lease_object(Kubelet *k)
{
    ApiObject *object = api_object_new(&lease_kind, lease_namespace(), k->node_name);
    const ApiObject *node = kubelet_node(k);

    lease_fill(k, api_edit_spec(object));
    if (node != NULL) {
        OwnerReference *owner = API_LIST_ADD(&api_edit_meta(object)->owner_references);

        *owner = (OwnerReference){.api_version = str_intern("v1"),
                                  .kind = str_intern("Node"),
                                  .name = k->node_name,
                                  .uid = api_uid(node)};
    }
    return object;
}

static void
lease_write(Kubelet *k)
{
    ApiRequest *request;
    gint64 now_ns = kubelet_wall_ns(k);

    /*
     * v1.34 component-helpers/apimachinery/lease, ensureLease: one that cannot be given its Node as owner is not made, and
     * the next renewal asks again: the lease of a deleted Node goes with it and stays away.
     */
    if (!k->lease.exists && k->lease.was_there && kubelet_node(k) == NULL) {
        lease_wait(k, sim_now_ns(k->sim));
        return;
    }
    k->lease.renew_time = now_ns - now_ns % NS_PER_US;
    if (k->lease.is_routine && heartbeat_renew(&k->lease.beat, k->lease.renew_time)) {
        fetch(k->lease.rng);
        return;
    }
    k->lease.is_routine = FALSE;
    if (k->lease.exists) {
        request = api_request_new(VERB_PATCH, &lease_kind, lease_namespace(), k->node_name);
        request->mutate = lease_mutate;
        request->mutate_data = k;
    } else {
        request = api_request_new(VERB_CREATE, &lease_kind, lease_namespace(), k->node_name);
        request->object = lease_object(k);
    }
    request->is_heartbeat = TRUE;
    request->timeout_ns = RENEW_NS;
    client_send(k->client, request, lease_on_written, k, NULL);
}

static void
lease_renewed(gpointer user, gint64 answer_ns)
{
    lease_wait(user, answer_ns);
}

static void
lease_play(gpointer user)
{
    Kubelet *k = user;

    k->lease.is_routine = FALSE;
    lease_write(k);
}

static const HeartbeatHooks lease_hooks = {.renewed = lease_renewed, .play = lease_play};

static void
lease_on_timer(Sim *sim, gpointer self)
{
    Kubelet *k = self;

    (void)sim;
    /* A process that was not paused since the last renewal holds no timer: asked like this it costs nothing. */
    if (heartbeat_is_steady(&k->lease.beat) || !kubelet_holds(k, &k->lease.timer))
        lease_write(k);
}

void
lease_start(Kubelet *k)
{
    k->lease = (LeaseKeeper){.exists = TRUE, .rng = rng_stream(k->sim, str_internf("lease/%s", k->node_name))};
    heartbeat_init(&k->lease.beat, k->client, lease_namespace(), k->node_name, &lease_hooks, k);
    sim_timer_init(&k->lease.timer, k->sim, SIM_CONTROL, lease_on_timer, k);
    sim_timer_arm_after(&k->lease.timer, rng_between_ns(k->rng, 0, 300 * NS_PER_MS));
}

void
lease_stop(Kubelet *k)
{
    if (k->lease.timer.sim != NULL)
        sim_timer_clear(&k->lease.timer);
    heartbeat_clear(&k->lease.beat);
    k->lease = (LeaseKeeper){0};
}
