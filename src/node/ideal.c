/*
 * ideal.c - a node that is played: fixed delays instead of a runtime
 *
 * What KWOK does with a node: a pod is Pending some 10 ms after its binding,
 * Running and Ready `startup` later, gone `stop` after its deletion, without a
 * status in between. A missing image ends in ImagePullBackOff after 1 s. A pod
 * whose command ends by itself ends, if it is not to be restarted.
 */

#include "node/ideal_exit.h"
#include "node/internal.h"

#include "base/caches.h"
#include "base/fetch.h"
#include "base/pool.h"
#include "base/ptr_map.h"

#define PULL_FAILS_NS NS_PER_S
#define HEAR_MIN_NS   (5 * NS_PER_MS)
#define HEAR_MAX_NS   (11 * NS_PER_MS)
#define RETRY_NS      NS_PER_S
#define HOSTS_MAX     254
#define PREFIX_MAX    16 /* "255.255.255." */

typedef enum { IDEAL_NEW, IDEAL_CREATING, IDEAL_RUNNING, IDEAL_ENDED, IDEAL_LEAVING } IdealStage;

typedef struct {
    Ideal *ideal;
    ApiObject *pod; /* (owned ref) newest */
    const char *uid;
    IdealStage stage; /* what the next firing of the timer writes, less one */
    SimTimer timer;
    guint host; /* last part of its address; 0: none */
} IdealPod;

/* Of ten thousand pods each comes by a few times: what it needs of its node stands together. */
struct Ideal {
    Kubelet *k;
    Sim *sim;         /* these are the kubelet's own */
    Process *process;
    Client *client;
    const char *component, *host_ip;
    PtrMap by_uid;           /* uid -> IdealPod (owned) */
    char prefix[PREFIX_MAX]; /* of its pods' addresses: "10.244.3."; "": not known, ask for the range again */
    guint64 hosts[HOSTS_MAX / 64 + 1]; /* a bit each: address taken? */
    Informer *pods;
};

static gboolean
host_is_taken(const Ideal *ideal, guint host)
{
    return (ideal->hosts[host / 64] >> (host % 64) & 1) != 0;
}

static void
host_set_taken(Ideal *ideal, guint host, gboolean is_taken)
{
    guint64 bit = G_GUINT64_CONSTANT(1) << (host % 64);

    if (is_taken)
        ideal->hosts[host / 64] |= bit;
    else
        ideal->hosts[host / 64] &= ~bit;
}

static void
ideal_drop(Ideal *ideal, const char *uid)
{
    IdealPod *pod = ptr_map_take(&ideal->by_uid, uid);

    if (pod == NULL)
        return;
    if (pod->host != 0)
        host_set_taken(ideal, pod->host, FALSE);
    kubelet_timer_clear(ideal->k, &pod->timer);
    api_object_unref(pod->pod);
    POOL_FREE(IdealPod, pod);
}

/* --- delays -------------------------------------------------------------------------- */

static gint64
ideal_startup_ns(const IdealPod *pod)
{
    const KubeletOptions *options = &pod->ideal->k->options;

    if (options->ideal_startup_of != NULL)
        return options->ideal_startup_of(options->ideal_user, pod->pod);
    return dist_sample_ns(&options->ideal_startup, pod->ideal->k->rng);
}

static gint64
ideal_stop_ns(const IdealPod *pod)
{
    const KubeletOptions *options = &pod->ideal->k->options;

    if (options->ideal_stop_of != NULL)
        return options->ideal_stop_of(options->ideal_user, pod->pod);
    return dist_sample_ns(&options->ideal_stop, pod->ideal->k->rng);
}

static gboolean
ideal_image_is_missing(const IdealPod *pod)
{
    const KubeletOptions *options = &pod->ideal->k->options;
    const PodSpec *spec = pod_spec(pod->pod);

    if (options->ideal_image_is_missing == NULL)
        return FALSE;
    for (guint i = 0; i < spec->containers.count; i++)
        if (options->ideal_image_is_missing(options->ideal_user, spec->containers.items[i].image))
            return TRUE;
    return FALSE;
}

/* --- the address --------------------------------------------------------------------- */

/* The range with its last part cut off: "10.244.3.0/24". FALSE: there is none yet. */
static gboolean
find_prefix(const Ideal *ideal, char *out)
{
    const char *cidr = node_pod_cidr(ideal->k);
    const char *dot = cidr == NULL ? NULL : strrchr(cidr, '.');
    gsize length = dot == NULL ? 0 : (gsize)(dot + 1 - cidr);

    if (cidr == NULL)
        return FALSE;
    g_assert(length > 0 && length < PREFIX_MAX);
    memcpy(out, cidr, length);
    out[length] = '\0';
    return TRUE;
}

static void
check_prefix(const Ideal *ideal)
{
    char plain[PREFIX_MAX];

    g_assert(find_prefix(ideal, plain) && str_is(plain, ideal->prefix));
}

static gboolean
has_prefix(Ideal *ideal)
{
    if (ideal->prefix[0] == '\0')
        return find_prefix(ideal, ideal->prefix);
    if (caches_are_checked())
        check_prefix(ideal);
    return TRUE;
}

/* The Node came or went, or its range did. */
static void
forget_prefix(gpointer user, const ApiObject *object)
{
    (void)object;
    ((Ideal *)user)->prefix[0] = '\0';
}

static void
forget_prefix_of_old(gpointer user, const ApiObject *old, const ApiObject *object)
{
    (void)old;
    forget_prefix(user, object);
}

static const char *
ideal_ip(IdealPod *pod)
{
    Ideal *ideal = pod->ideal;

    if (pod_spec(pod->pod)->host_network || !has_prefix(ideal))
        return ideal->host_ip;
    for (guint host = 1; pod->host == 0 && host <= HOSTS_MAX; host++)
        if (!host_is_taken(ideal, host)) {
            pod->host = host;
            host_set_taken(ideal, host, TRUE);
        }
    return str_internf("%s%u", ideal->prefix, pod->host);
}

/* --- statuses ------------------------------------------------------------------------ */

/* Texts are interned. */
static void
ideal_condition(PodStatus *status,
                const char *type,
                gboolean is_true,
                const char *reason,
                ApiTime now)
{
    Condition *condition = condition_edit(&status->conditions, type);
    const char *value = is_true ? str_intern("True") : str_intern("False");

    if (condition->status != value)
        condition->last_transition_time = now;
    condition->status = value;
    condition->reason = reason;
}

static void
state_reset(ContainerState *state)
{
    g_free(state->waiting);
    g_free(state->running);
    g_free(state->terminated);
    *state = (ContainerState){0};
}

static ContainerStatus *
ideal_statuses(ContainerStatusList *list, guint index, const Container *container)
{
    ContainerStatus *item = index < list->count ? &list->items[index] : API_LIST_ADD(list);

    state_reset(&item->state);
    item->name = container->name;
    item->image = container->image;
    item->image_id = str_intern("");
    item->ready = FALSE;
    item->started = OPT_FALSE;
    return item;
}

static void
ideal_set_waiting(ContainerStatus *item, const char *reason)
{
    item->state.waiting = g_new0(ContainerStateWaiting, 1);
    item->state.waiting->reason = reason;
}

static void
ideal_set_running(ContainerStatus *item, ApiTime now)
{
    item->ready = TRUE;
    item->started = OPT_TRUE;
    item->state.running = g_new0(ContainerStateRunning, 1);
    item->state.running->started_at = now;
}

static void
ideal_set_ended(ContainerStatus *item, gint32 exit_code, ApiTime now)
{
    item->state.terminated = g_new0(ContainerStateTerminated, 1);
    item->state.terminated->exit_code = exit_code;
    item->state.terminated->reason = exit_code == 0 ? str_intern("Completed") : str_intern("Error");
    item->state.terminated->started_at = now;
    item->state.terminated->finished_at = now;
}

typedef struct {
    const char *uid, *host_ip, *pod_ip, *waiting;
    IdealStage stage;
    gint32 exit_code;
    ApiTime now;
} IdealWrite;

static void
ideal_write_free(gpointer write)
{
    POOL_FREE(IdealWrite, write);
}

static void
ideal_write_containers(const IdealWrite *write, const PodSpec *spec, PodStatus *status)
{
    for (guint i = 0; i < spec->init_containers.count; i++) {
        const Container *container = &spec->init_containers.items[i];
        ContainerStatus *item = ideal_statuses(&status->init_container_statuses, i, container);

        if (write->stage == IDEAL_CREATING)
            ideal_set_waiting(item, str_intern("PodInitializing"));
        else if (write->stage == IDEAL_RUNNING && container_is_sidecar(container))
            ideal_set_running(item, write->now);
        else
            ideal_set_ended(item, 0, write->now);
        if (item->state.terminated != NULL)
            item->ready = !container_is_sidecar(container);
    }
    for (guint i = 0; i < spec->containers.count; i++) {
        ContainerStatus *item =
            ideal_statuses(&status->container_statuses, i, &spec->containers.items[i]);

        if (write->stage == IDEAL_CREATING)
            ideal_set_waiting(item, write->waiting);
        else if (write->stage == IDEAL_RUNNING)
            ideal_set_running(item, write->now);
        else
            ideal_set_ended(item, write->exit_code, write->now);
    }
}

static gboolean
ideal_mutate(ApiObject *object, gpointer data)
{
    const IdealWrite *write = data;
    const PodSpec *spec = pod_spec(object);
    PodStatus *status;
    const char *reason = str_intern("ContainersNotReady");

    if (api_uid(object) != write->uid)
        return FALSE;
    status = api_edit_status(object);
    ideal_write_containers(write, spec, status);
    if (write->stage == IDEAL_ENDED)
        reason = write->exit_code == 0 ? str_intern("PodCompleted") : str_intern("PodFailed");
    else if (write->stage == IDEAL_RUNNING)
        reason = NULL;
    if (write->stage == IDEAL_CREATING) {
        status->phase = str_intern("Pending");
        status->host_ip = write->host_ip;
        if (status->start_time == 0)
            status->start_time = write->now;
    } else {
        status->phase = write->stage == IDEAL_RUNNING ? str_intern("Running")
                        : write->exit_code == 0       ? str_intern("Succeeded")
                                                      : str_intern("Failed");
    }
    if (write->pod_ip != NULL && status->pod_ip == NULL) {
        status->pod_ip = write->pod_ip;
        API_LIST_ADD(&status->pod_ips)->ip = write->pod_ip;
    }
    ideal_condition(status, str_intern("Initialized"), TRUE, NULL, write->now);
    ideal_condition(status, str_intern("Ready"), write->stage == IDEAL_RUNNING, reason, write->now);
    ideal_condition(status, str_intern("ContainersReady"), write->stage == IDEAL_RUNNING, reason, write->now);
    for (guint i = 0; i < spec->readiness_gates.count; i++)
        ideal_condition(status, spec->readiness_gates.items[i].condition_type,
                        write->stage == IDEAL_RUNNING, NULL, write->now);
    return TRUE;
}

/* --- the stages ---------------------------------------------------------------------- */

static void
ideal_await(IdealPod *pod, IdealStage next, gint64 delay_ns)
{
    pod->stage = next;
    sim_timer_arm_after(&pod->timer, delay_ns);
}

/* What follows a stage that has been written, or that was found at the start. */
static void
ideal_proceed(IdealPod *pod, IdealStage reached)
{
    gint64 after_ns;
    gint32 exit_code;

    if (reached == IDEAL_CREATING && ideal_image_is_missing(pod))
        ideal_await(pod, IDEAL_CREATING, PULL_FAILS_NS);
    else if (reached == IDEAL_CREATING)
        ideal_await(pod, IDEAL_RUNNING, ideal_startup_ns(pod));
    else if (reached == IDEAL_RUNNING && ideal_pod_exits(pod->pod, &after_ns, &exit_code))
        ideal_await(pod, IDEAL_ENDED, after_ns);
}

typedef struct {
    Ideal *ideal;
    const char *uid;
    IdealStage stage;
    gboolean is_final; /* nothing follows */
} IdealCall;

static void ideal_delete(IdealPod *pod);

static void
ideal_on_written(gpointer user, const ApiResponse *response)
{
    IdealCall *call = user;
    IdealPod *pod = ptr_map_get(&call->ideal->by_uid, call->uid);

    if (pod == NULL || response->code == 404)
        return;
    if (pod->stage == IDEAL_LEAVING) {
        if (call->stage == IDEAL_LEAVING && !call->is_final)
            ideal_delete(pod);
        return;
    }
    if (response->code != 200)
        ideal_await(pod, call->stage, RETRY_NS);
    else if (!call->is_final)
        ideal_proceed(pod, call->stage);
}

static void
ideal_call_free(gpointer call)
{
    POOL_FREE(IdealCall, call);
}

static void
ideal_send(IdealPod *pod, ApiRequest *request, gboolean is_final)
{
    IdealCall *call = POOL_NEW(IdealCall);

    *call = (IdealCall){pod->ideal, pod->uid, pod->stage, is_final};
    client_send(pod->ideal->client, request, ideal_on_written, call, ideal_call_free);
}

static void
ideal_write(IdealPod *pod)
{
    const Ideal *ideal = pod->ideal;
    IdealWrite *write = POOL_NEW0(IdealWrite);
    gboolean was_created = pod_status(pod->pod)->start_time != 0;
    gboolean is_missing = pod->stage == IDEAL_CREATING && was_created;
    const char *reason = NULL;
    gint64 after_ns;
    ApiRequest *request =
        api_request_new(VERB_PATCH, &pod_kind, api_namespace(pod->pod), api_name(pod->pod));

    write->uid = pod->uid;
    write->stage = pod->stage;
    write->now = api_time_seconds(sim_wall_ns(ideal->sim));
    write->host_ip = ideal->host_ip;
    write->waiting = is_missing ? str_intern("ImagePullBackOff") : str_intern("ContainerCreating");
    if (pod->stage == IDEAL_RUNNING)
        write->pod_ip = ideal_ip(pod);
    if (pod->stage == IDEAL_ENDED)
        ideal_pod_exits(pod->pod, &after_ns, &write->exit_code);
    request->subresource = str_intern("status");
    request->mutate = ideal_mutate;
    request->mutate_data = write;
    request->mutate_data_free = ideal_write_free;
    if (pod->stage == IDEAL_RUNNING)
        reason = str_intern("Running");
    sim_trace(ideal->sim, ideal->component, "status", api_ref_text(pod->pod), reason, "%s",
              pod->stage == IDEAL_CREATING  ? str_intern("the pod is Pending")
              : pod->stage == IDEAL_RUNNING ? str_intern("the pod is Running")
                                            : str_intern("the pod is over"));
    ideal_send(pod, request, is_missing);
}

static void
ideal_delete(IdealPod *pod)
{
    ApiRequest *request =
        api_request_new(VERB_DELETE, &pod_kind, api_namespace(pod->pod), api_name(pod->pod));

    request->has_grace = TRUE;
    request->precondition_uid = pod->uid;
    ideal_send(pod, request, TRUE);
}

static gboolean
drop_finalizers(ApiObject *object, gpointer uid)
{
    if (api_uid(object) != uid || object->meta->finalizers.count == 0)
        return FALSE;
    api_edit_meta(object)->finalizers.count = 0;
    return TRUE;
}

/* KWOK's stage pod-delete: whoever still has a finalizer on the pod is not waited for. */
static void
ideal_leave(IdealPod *pod)
{
    ApiRequest *request;

    if (pod->pod->meta->finalizers.count == 0) {
        ideal_delete(pod);
        return;
    }
    request = api_request_new(VERB_PATCH, &pod_kind, api_namespace(pod->pod), api_name(pod->pod));
    request->mutate = drop_finalizers;
    request->mutate_data = (gpointer)pod->uid;
    ideal_send(pod, request, FALSE);
}

static void
ideal_on_timer(Sim *sim, gpointer self)
{
    IdealPod *pod = self;
    const Ideal *ideal = pod->ideal;

    (void)sim;
    fetch(pod->pod);
    fetch(ideal->client);
    if (process_state(ideal->process) == PROCESS_PAUSED && kubelet_holds(ideal->k, &pod->timer))
        return;
    if (pod->stage == IDEAL_LEAVING)
        ideal_leave(pod);
    else
        ideal_write(pod);
}

/* --- what is heard ------------------------------------------------------------------- */

static gint64
ideal_hear_ns(const Ideal *ideal)
{
    return rng_between_ns(ideal->k->rng, HEAR_MIN_NS, HEAR_MAX_NS);
}

static void
ideal_begin(IdealPod *pod)
{
    const PodStatus *status = pod_status(pod->pod);

    if (api_is_deleting(pod->pod))
        ideal_await(pod, IDEAL_LEAVING, ideal_stop_ns(pod));
    else if (pod_is_terminal(pod->pod))
        pod->stage = IDEAL_ENDED;
    else if (status->start_time == 0)
        ideal_await(pod, IDEAL_CREATING, ideal_hear_ns(pod->ideal));
    else if (str_is(status->phase, "Running"))
        ideal_proceed(pod, IDEAL_RUNNING);
    else
        ideal_proceed(pod, IDEAL_CREATING);
}

static void
ideal_on_added(gpointer user, const ApiObject *object)
{
    Ideal *ideal = user;
    IdealPod *pod = POOL_NEW0(IdealPod);
    const char *ip = pod_status(object)->pod_ip;
    const char *dot = ip != NULL ? strrchr(ip, '.') : NULL;

    pod->ideal = ideal;
    pod->uid = api_uid(object);
    pod->pod = api_object_ref(object);
    sim_timer_init(&pod->timer, ideal->k->sim, SIM_CONTROL, ideal_on_timer, pod);
    if (dot != NULL && !pod_spec(object)->host_network) {
        gint64 host;

        if (g_ascii_string_to_signed(dot + 1, 10, 1, HOSTS_MAX, &host, NULL) &&
            !host_is_taken(ideal, (guint)host)) {
            pod->host = (guint)host;
            host_set_taken(ideal, pod->host, TRUE);
        }
    }
    ideal_drop(ideal, pod->uid);
    ptr_map_set(&ideal->by_uid, pod->uid, pod);
    ideal_begin(pod);
}

static void
ideal_on_deleted(gpointer user, const ApiObject *object)
{
    ideal_drop(user, api_uid(object));
}

static void
ideal_on_updated(gpointer user, const ApiObject *old, const ApiObject *object)
{
    Ideal *ideal = user;
    IdealPod *pod = ptr_map_get(&ideal->by_uid, api_uid(object));

    if (pod == NULL || api_uid(old) != api_uid(object)) {
        ideal_on_deleted(user, old);
        ideal_on_added(user, object);
        return;
    }
    api_object_unref(pod->pod);
    pod->pod = api_object_ref(object);
    if (api_is_deleting(object) && pod->stage != IDEAL_LEAVING)
        ideal_await(pod, IDEAL_LEAVING, ideal_stop_ns(pod));
}

/* --- life ---------------------------------------------------------------------------- */

Ideal *
ideal_new(Kubelet *k)
{
    static const InformerHandlers handlers = {ideal_on_added, ideal_on_updated, ideal_on_deleted};
    static const InformerHandlers node_handlers = {forget_prefix, forget_prefix_of_old, forget_prefix,
                                                   .wants = WANTS_ADDED | WANTS_DELETED | WANTS_SPEC};
    Ideal *ideal = g_new0(Ideal, 1);

    ideal->k = k;
    ideal->sim = k->sim;
    ideal->process = k->process;
    ideal->client = k->client;
    ideal->component = k->component;
    ideal->host_ip = machine_ip(k->options.machine);
    ideal->pods =
        informer_factory_get(k->factory, &pod_kind, str_internf("spec.nodeName=%s", k->node_name));
    informer_add_handlers(ideal->pods, &handlers, ideal);
    informer_add_handlers(k->nodes, &node_handlers, ideal);
    return ideal;
}

void
ideal_free(Ideal *ideal)
{
    ideal_stop(ideal);
    ptr_map_clear(&ideal->by_uid);
    g_free(ideal);
}

static gint
compare_uids(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void
add_uid(gpointer uid, gpointer pod, gpointer uids)
{
    (void)pod;
    g_ptr_array_add(uids, uid);
}

/* In order: the timers that they give back are used again, and which one gets which is part of the run. */
void
ideal_stop(Ideal *ideal)
{
    g_autoptr(GPtrArray) uids = g_ptr_array_new();

    ptr_map_foreach(&ideal->by_uid, add_uid, uids);
    g_ptr_array_sort(uids, compare_uids);
    for (guint i = 0; i < uids->len; i++)
        ideal_drop(ideal, uids->pdata[i]);
    forget_prefix(ideal, NULL);
}

void
ideal_list_running(const Ideal *ideal, GPtrArray *out)
{
    g_autoptr(GPtrArray) all = g_ptr_array_new();

    informer_list(ideal->pods, NULL, all);
    for (guint i = 0; i < all->len; i++)
        if (str_is(pod_status(g_ptr_array_index(all, i))->phase, "Running"))
            g_ptr_array_add(out, g_ptr_array_index(all, i));
}
