/*
 * prebind.c - the claims that waited for their pod's node; see internal.h
 *
 * v1.34 plugins/volumebinding/binder.go: BindPodVolumes: what was chosen is written, a volume's claim or a claim's
 * node; then it is looked every second whether the volume controller has bound them all.
 */

#include "scheduler/internal.h"

#include "api/kinds/storage.h"
#include "base/duration.h"
#include "scheduler/plugins/plugins.h"

#define POLL_NS  NS_PER_S
#define LIMIT_NS (600 * NS_PER_S) /* v1.34 apis/config/v1/defaults.go: bindTimeoutSeconds */

/* One claim; the texts are interned. */
typedef struct {
    const char *namespace_, *name, *uid, *key;
    const char *volume; /* that is there; NULL: one is to be made for @node */
    const char *node;
} Wish;

struct Prebind {
    Scheduler *scheduler;
    GArray *wishes; /* (owned) of Wish */
    guint n_open;   /* requests under way */
    const char *error;
    gint64 until_ns;
    SimTimer poll;
    PrebindDone done;
    gpointer user;
};

void
prebind_free(Prebind *prebind)
{
    if (prebind == NULL)
        return;
    for (guint i = 0; i < prebind->wishes->len; i++) {
        const Wish *wish = &g_array_index(prebind->wishes, Wish, i);

        if (wish->volume != NULL)
            sched_cache_take_volume(prebind->scheduler->cache, wish->volume, NULL);
    }
    g_array_unref(prebind->wishes);
    sim_timer_clear(&prebind->poll);
    g_free(prebind);
}

/* --- what is written --------------------------------------------------------------------------------- */

static gboolean
mutate_volume(ApiObject *volume, gpointer data)
{
    const Wish *wish = data;
    PvSpec *spec;

    if (pv_spec(volume)->claim_ref != NULL)
        return FALSE;
    spec = api_edit_spec(volume);
    spec->claim_ref = g_new0(ObjectReference, 1);
    *spec->claim_ref = (ObjectReference){.kind = str_intern("PersistentVolumeClaim"),
                                         .api_version = str_intern("v1"),
                                         .namespace_ = wish->namespace_,
                                         .name = wish->name,
                                         .uid = wish->uid};
    str_map_set(&api_edit_meta(volume)->annotations, PVC_BOUND_BY_CONTROLLER, str_intern("yes"));
    return TRUE;
}

static gboolean
mutate_claim(ApiObject *claim, gpointer data)
{
    const Wish *wish = data;

    if (str_map_get(&claim->meta->annotations, PVC_SELECTED_NODE) != NULL)
        return FALSE;
    str_map_set(&api_edit_meta(claim)->annotations, PVC_SELECTED_NODE, wish->node);
    return TRUE;
}

static void
on_written(gpointer user, const ApiResponse *response)
{
    Prebind *prebind = user;

    prebind->n_open--;
    if (!api_response_ok(response) && prebind->error == NULL)
        prebind->error = str_internf("binding volumes: %s",
                                     response->status == NULL ? "unknown" : response->status->message);
    if (prebind->n_open > 0)
        return;
    if (prebind->error != NULL)
        prebind->done(prebind->user, prebind->error);
    else
        sim_timer_arm_after(&prebind->poll, POLL_NS);
}

static void
write_wish(Prebind *prebind, const Wish *wish)
{
    gboolean is_volume = wish->volume != NULL;
    ApiRequest *request =
        is_volume ? api_request_new(VERB_PATCH, &persistent_volume_kind, NULL, wish->volume)
                  : api_request_new(VERB_PATCH, &persistent_volume_claim_kind, wish->namespace_, wish->name);

    request->patch_type = PATCH_STRATEGIC;
    request->mutate = is_volume ? mutate_volume : mutate_claim;
    request->mutate_data = g_memdup2(wish, sizeof *wish);
    request->mutate_data_free = g_free;
    request->reason = is_volume ? str_internf("for claim %s", wish->key) : str_internf("its pod goes to %s", wish->node);
    client_send(component_client(prebind->scheduler->component), request, on_written, prebind, NULL);
}

/* --- waiting --------------------------------------------------------------------------------------------- */

static gboolean
all_bound(const Prebind *prebind)
{
    for (guint i = 0; i < prebind->wishes->len; i++) {
        const Wish *wish = &g_array_index(prebind->wishes, Wish, i);
        const ApiObject *claim = sched_cache_get(prebind->scheduler->cache, &persistent_volume_claim_kind,
                                                 wish->namespace_, wish->name);

        if (claim == NULL || !sched_claim_is_bound(claim))
            return FALSE;
    }
    return TRUE;
}

static void
on_poll(Sim *sim, gpointer self)
{
    Prebind *prebind = self;

    if (client_is_paused(component_client(prebind->scheduler->component)))
        sim_timer_arm_after(&prebind->poll, POLL_NS);
    else if (all_bound(prebind))
        prebind->done(prebind->user, NULL);
    else if (sim_now_ns(sim) >= prebind->until_ns)
        prebind->done(prebind->user, str_intern("binding volumes: context deadline exceeded"));
    else
        sim_timer_arm_after(&prebind->poll, POLL_NS);
}

static gboolean
has_claims(const ApiObject *pod)
{
    for (guint i = 0; i < pod_spec(pod)->volumes.count; i++) {
        if (pod_volume_claim(pod, i) != NULL)
            return TRUE;
    }
    return FALSE;
}

Prebind *
prebind_start(Scheduler *scheduler, const ApiObject *pod, const char *node, PrebindDone done, gpointer user)
{
    const NodeInfo *info;
    ClaimChoices choices = {0};
    Prebind *prebind;

    if (!has_claims(pod))
        return NULL;
    info = sched_cache_find_node(scheduler->cache, node);
    if (info == NULL || info->node == NULL ||
        sched_choose_volumes(scheduler->cache, pod, info->node, &choices) != NULL || choices.count == 0) {
        g_free(choices.items);
        return NULL;
    }
    prebind = g_new0(Prebind, 1);
    prebind->scheduler = scheduler;
    prebind->wishes = g_array_new(FALSE, FALSE, sizeof(Wish));
    prebind->done = done;
    prebind->user = user;
    prebind->until_ns = sim_now_ns(scheduler->options.sim) + LIMIT_NS;
    sim_timer_init(&prebind->poll, scheduler->options.sim, SIM_CONTROL, on_poll, prebind);
    for (guint i = 0; i < choices.count; i++) {
        const ApiObject *claim = choices.items[i].claim;
        const ApiObject *volume = choices.items[i].volume;
        Wish wish = {.namespace_ = api_namespace(claim),
                     .name = api_name(claim),
                     .uid = api_uid(claim),
                     .key = api_key(claim),
                     .volume = volume == NULL ? NULL : api_name(volume),
                     .node = node};

        if (volume != NULL)
            sched_cache_take_volume(scheduler->cache, wish.volume, wish.key);
        g_array_append_val(prebind->wishes, wish);
    }
    g_free(choices.items);
    prebind->n_open = prebind->wishes->len;
    for (guint i = 0; i < prebind->wishes->len; i++)
        write_wish(prebind, &g_array_index(prebind->wishes, Wish, i));
    return prebind;
}
