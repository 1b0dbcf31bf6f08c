/* narrate.c - key moments in plain words, from what the API says; see narrator.h */

#include "report/narrator.h"

#include "api/kinds.h"
#include "base/duration.h"

void
narrator_say(Narrator *narrator, const char *format, ...)
{
    g_autofree char *text = NULL;
    va_list args;

    va_start(args, format);
    text = g_strdup_vprintf(format, args);
    va_end(args);
    narrator->series->narrate(narrator->series->user, sim_now_ns(narrator->series->sim), text);
}

gboolean
narrator_first_time(Narrator *narrator, const char *uid, const char *what)
{
    return g_hash_table_add(narrator->told, (gpointer)str_internf("%s %s", uid != NULL ? uid : "", what));
}

/* --- nodes --------------------------------------------------------------------------------- */

static const char *
ready_of(const ApiObject *node)
{
    const Condition *ready = node != NULL ? condition_find(&node_status(node)->conditions, "Ready") : NULL;

    return ready != NULL ? ready->status : "Unknown";
}

static gboolean
has_taint(const ApiObject *node, const char *key, const char *effect)
{
    for (guint i = 0; node != NULL && i < node_spec(node)->taints.count; i++)
        if (str_is(node_spec(node)->taints.items[i].key, key) && str_is(node_spec(node)->taints.items[i].effect, effect))
            return TRUE;
    return FALSE;
}

static gboolean
is_pressed(const ApiObject *node, const char *type)
{
    const Condition *condition = condition_find(&node_status(node)->conditions, type);

    return condition != NULL && str_is(condition->status, "True");
}

static void
tell_pressure(Narrator *narrator, const ApiObject *old, const ApiObject *node)
{
    static const char *const kinds[][2] = {
        {"MemoryPressure", "memory"}, {"DiskPressure", "disk"}, {"PIDPressure", "process ids"}};

    for (guint i = 0; i < G_N_ELEMENTS(kinds); i++) {
        if (!is_pressed(old, kinds[i][0]) && is_pressed(node, kinds[i][0]))
            narrator_say(narrator, "%s runs out of %s (%s): its kubelet makes room, no new pods", api_name(node), kinds[i][1], kinds[i][0]);
        if (is_pressed(old, kinds[i][0]) && !is_pressed(node, kinds[i][0]))
            narrator_say(narrator, "%s has had %s to spare for a while: no %s any more", api_name(node), kinds[i][1], kinds[i][0]);
    }
}

static void
tell_node(Narrator *narrator, const ApiObject *old, const ApiObject *node)
{
    const char *before = ready_of(old);
    const char *now = ready_of(node);
    static const char unreachable[] = "node.kubernetes.io/unreachable";
    static const char shutdown[] = "node.cloudprovider.kubernetes.io/shutdown";

    if (!str_is_empty(node_spec(node)->provider_id))
        narrator_first_time(narrator, api_uid(node), IN_CLOUD);
    if (old == NULL)
        return;
    if (!str_is(before, now)) {
        if (str_is(now, "Unknown"))
            narrator_say(narrator, "the node controller has heard nothing from %s for too long: NotReady", api_name(node));
        else if (str_is(now, "False"))
            narrator_say(narrator, "%s reports that it is not ready", api_name(node));
        else
            narrator_say(narrator, "%s is Ready%s", api_name(node), str_is(before, "Unknown") ? " again" : "");
    }
    tell_pressure(narrator, old, node);
    if (!has_taint(old, unreachable, "NoExecute") && has_taint(node, unreachable, "NoExecute"))
        narrator_say(narrator, "%s is tainted unreachable:NoExecute: its pods have as long as they tolerate that", api_name(node));
    if (!has_taint(old, shutdown, "NoSchedule") && has_taint(node, shutdown, "NoSchedule"))
        narrator_say(narrator, "the machine of %s is switched off, says the cloud: tainted shutdown:NoSchedule", api_name(node));
    if (!node_spec(old)->unschedulable && node_spec(node)->unschedulable)
        narrator_say(narrator, "%s is cordoned: no new pods", api_name(node));
    if (node_spec(old)->unschedulable && !node_spec(node)->unschedulable)
        narrator_say(narrator, "%s takes pods again", api_name(node));
}

/* --- Deployments ------------------------------------------------------------------------------- */

static const char *
condition_reason(const ApiObject *deployment, const char *type)
{
    const Condition *condition = deployment != NULL ? condition_find(&deployment_status(deployment)->conditions, type) : NULL;

    return condition != NULL ? condition->reason : NULL;
}

static void
tell_deployment(Narrator *narrator, const ApiObject *old, const ApiObject *deployment)
{
    const char *name = api_name(deployment);
    gint32 want = deployment_spec(deployment)->replicas.value;
    const char *before = condition_reason(old, "Progressing");
    const char *now = condition_reason(deployment, "Progressing");
    gboolean was_available = old != NULL && condition_is(&deployment_status(old)->conditions, "Available", "True");
    gboolean is_available = condition_is(&deployment_status(deployment)->conditions, "Available", "True");

    if (old == NULL) {
        narrator_say(narrator, "Deployment %s wants %d pod%s", name, want, want == 1 ? "" : "s");
        return;
    }
    if (deployment_spec(old)->replicas.value != want)
        narrator_say(narrator, "Deployment %s: %d pod%s wanted instead of %d", name, want, want == 1 ? "" : "s", deployment_spec(old)->replicas.value);
    if (!str_is(before, now) && str_is(now, "NewReplicaSetCreated") && deployment_status(old)->observed_generation > 0)
        narrator_say(narrator, "Deployment %s rolls out a new template", name);
    if (!str_is(before, now) && str_is(now, "NewReplicaSetAvailable"))
        narrator_say(narrator, "Deployment %s is complete: %d of %d pods available", name, deployment_status(deployment)->available_replicas, want);
    if (!str_is(before, now) && str_is(now, "ProgressDeadlineExceeded"))
        narrator_say(narrator, "Deployment %s has not moved within its deadline; it says so, no more", name);
    if (!str_is(before, now) && str_is(now, "DeploymentPaused"))
        narrator_say(narrator, "Deployment %s is paused", name);
    if (was_available && !is_available)
        narrator_say(narrator, "Deployment %s has too few pods: %d of %d available", name, deployment_status(deployment)->available_replicas, want);
    if (!was_available && is_available && want > 0 && narrator_first_time(narrator, api_uid(deployment), "available") == FALSE)
        narrator_say(narrator, "Deployment %s has enough pods again: %d of %d", name, deployment_status(deployment)->available_replicas, want);
}

/* --- pods ----------------------------------------------------------------------------------------- */

static void
tell_containers(Narrator *narrator, const ApiObject *pod, const ContainerStatusList *list)
{
    for (guint i = 0; i < list->count; i++) {
        const ContainerStatus *status = &list->items[i];
        const ContainerStateTerminated *ended = status->state.terminated != NULL ? status->state.terminated : status->last_state.terminated;
        const char *waits = status->state.waiting != NULL ? status->state.waiting->reason : NULL;

        if (ended != NULL && str_is(ended->reason, "OOMKilled") && narrator_first_time(narrator, api_uid(pod), "oom"))
            narrator_say(narrator, "pod %s: the kernel killed %s for memory (OOMKilled, 137)", api_name(pod), status->name);
        if (str_is(waits, "CrashLoopBackOff") && narrator_first_time(narrator, api_uid(pod), "crash"))
            narrator_say(narrator, "pod %s: %s keeps ending; the kubelet waits longer each time (CrashLoopBackOff)", api_name(pod), status->name);
        if ((str_is(waits, "ImagePullBackOff") || str_is(waits, "ErrImagePull")) && narrator_first_time(narrator, api_uid(pod), "pull"))
            narrator_say(narrator, "pod %s: image %s cannot be pulled", api_name(pod), status->image);
    }
}

/* Does the pod tolerate what its node is tainted with, though perhaps not for ever? */
static gboolean
tolerates_for_a_while(const Narrator *narrator, const ApiObject *pod)
{
    const ApiObject *node = apiserver_peek(narrator->series->server, &node_kind, NULL, pod_spec(pod)->node_name);
    const TolerationList *tolerations = &pod_spec(pod)->tolerations;

    for (guint i = 0; node != NULL && i < node_spec(node)->taints.count; i++) {
        const Taint *taint = &node_spec(node)->taints.items[i];
        gboolean is_tolerated = !str_is(taint->effect, "NoExecute");

        for (guint k = 0; !is_tolerated && k < tolerations->count; k++)
            is_tolerated = toleration_matches(&tolerations->items[k], taint->key, taint->value, taint->effect);
        if (!is_tolerated)
            return FALSE;
    }
    return TRUE;
}

/* The ReplicaSet has no more pods than it wants: it did not choose this one to go, and will make another. */
static gboolean
will_be_replaced(const Narrator *narrator, const ApiObject *pod, const OwnerReference *owner)
{
    const ApiObject *set = NULL;

    if (owner != NULL && str_is(owner->kind, "ReplicaSet"))
        set = apiserver_peek(narrator->series->server, &replica_set_kind, api_namespace(pod), str_intern(owner->name));
    return set != NULL && !api_is_deleting(set) && replica_set_spec(set)->replicas.value >= replica_set_status(set)->replicas;
}

/* The same is told of three, then that there are more; a minute later it is news again. FALSE: enough said. */
static gboolean
is_news(Narrator *narrator, const char *of)
{
    gint64 now = sim_now_ns(narrator->series->sim);

    if (!str_is(narrator->wave_of, of) || now - narrator->wave_ns > NS_PER_MIN)
        narrator->wave_count = 0;
    narrator->wave_of = str_intern(of);
    narrator->wave_ns = now;
    if (++narrator->wave_count == 4)
        narrator_say(narrator, "... and so with further pods");
    return narrator->wave_count < 4;
}

static void
tell_deletion(Narrator *narrator, const ApiObject *pod, const OwnerReference *owner)
{
    const Condition *target = condition_find(&pod_status(pod)->conditions, "DisruptionTarget");
    const char *node = pod_spec(pod)->node_name;

    if (target != NULL && str_is(target->reason, "DeletionByTaintManager")) {
        if (is_news(narrator, str_internf("taint %s", node)))
            narrator_say(narrator, "pod %s on %s is evicted: %s", api_name(pod), node,
                         tolerates_for_a_while(narrator, pod) ? "its toleration of the taint is over" : "it does not tolerate the taint");
    } else if (target != NULL && str_is(target->reason, "PreemptionByScheduler")) {
        if (is_news(narrator, str_internf("room %s", node)))
            narrator_say(narrator, "pod %s on %s makes room for a more important one", api_name(pod), node);
    } else if (target == NULL && will_be_replaced(narrator, pod, owner) && is_news(narrator, str_internf("gone %s", owner->name))) {
        narrator_say(narrator, "pod %s is deleted; its ReplicaSet makes another", api_name(pod));
    }
}

static void
tell_pod(Narrator *narrator, const ApiObject *old, const ApiObject *pod)
{
    const Condition *scheduled = condition_find(&pod_status(pod)->conditions, "PodScheduled");
    const OwnerReference *owner = api_controller_of(pod);

    tell_containers(narrator, pod, &pod_status(pod)->init_container_statuses);
    tell_containers(narrator, pod, &pod_status(pod)->container_statuses);
    if (scheduled != NULL && str_is(scheduled->reason, "Unschedulable") && narrator_first_time(narrator, owner != NULL ? owner->uid : api_uid(pod), "unschedulable"))
        narrator_say(narrator, "pod %s fits no node: %s", api_name(pod), scheduled->message != NULL ? scheduled->message : "");
    if (str_is(pod_status(pod)->reason, "Evicted") && narrator_first_time(narrator, api_uid(pod), "evicted"))
        narrator_say(narrator, "pod %s is evicted by the kubelet of %s: %s", api_name(pod), pod_spec(pod)->node_name, pod_status(pod)->message);
    if (old != NULL && !api_is_deleting(old) && api_is_deleting(pod))
        tell_deletion(narrator, pod, owner);
    if (owner == NULL && old == NULL)
        return;
    if (owner == NULL && pod_is_ready(pod) && narrator_first_time(narrator, api_uid(pod), "ready"))
        narrator_say(narrator, "pod %s is ready on %s", api_name(pod), pod_spec(pod)->node_name);
}

static guint
ready_in(const ApiObject *slice)
{
    const EndpointSliceBody *body = endpoint_slice_body(slice);
    guint ready = 0;

    for (guint i = 0; i < body->endpoints.count; i++)
        ready += body->endpoints.items[i].conditions.ready == OPT_TRUE;
    return ready;
}

/* A Service of more than a hundred endpoints has several slices: what the others hold. */
static guint
ready_in_others(const Narrator *narrator, const ApiObject *slice, const char *service)
{
    g_autoptr(GPtrArray) slices = apiserver_peek_list(narrator->series->server, &endpoint_slice_kind, api_namespace(slice));
    guint ready = 0;

    for (guint i = 0; i < slices->len; i++) {
        const ApiObject *other = g_ptr_array_index(slices, i);

        if (api_name(other) != api_name(slice) && str_is(str_map_get(&other->meta->labels, "kubernetes.io/service-name"), service))
            ready += ready_in(other);
    }
    return ready;
}

static void
tell_slice(Narrator *narrator, const ApiObject *old, const ApiObject *slice)
{
    const char *service = str_map_get(&slice->meta->labels, "kubernetes.io/service-name");
    guint now = ready_in(slice);
    guint before = old != NULL ? ready_in(old) : 0;

    if (service == NULL || str_is(service, "kubernetes") || (before == 0) == (now == 0) || ready_in_others(narrator, slice, service) > 0)
        return;
    if (now == 0)
        narrator_say(narrator, "Service %s has no ready endpoint: connections are refused", service);
    else
        narrator_say(narrator, "Service %s has %u ready endpoint%s", service, now, now == 1 ? "" : "s");
}

/* --- traffic ---------------------------------------------------------------------------------------- */

static guint64
failed_in(const TrafficSecond *second)
{
    return second->refused + second->reset + second->timeout + second->other;
}

static const char *
main_cause(const TrafficSecond *second)
{
    if (second->timeout >= second->refused && second->timeout >= second->reset)
        return "time-outs";
    return second->refused >= second->reset ? "connection refused" : "connections reset";
}

static void
narrator_on_tick(Sim *sim, gpointer self)
{
    Narrator *narrator = self;
    Series *series = narrator->series;
    guint second = narrator->next_second++;

    (void)sim;
    for (guint i = 0; i < series->n_traffic; i++) {
        const TrafficSecond *row;

        if (second >= traffic_second_count(series->traffic[i]))
            continue;
        row = traffic_second(series->traffic[i], second);
        if (failed_in(row) > 0) {
            narrator->quiet_seconds[i] = 0;
            if (!narrator->is_failing[i])
                narrator_say(narrator, "%s: requests fail (%s)", traffic_name(series->traffic[i]), main_cause(row));
            narrator->is_failing[i] = TRUE;
        } else if (narrator->is_failing[i] && ++narrator->quiet_seconds[i] == 10) {
            narrator_say(narrator, "%s: no failed request for 10 s", traffic_name(series->traffic[i]));
            narrator->is_failing[i] = FALSE;
        }
    }
    sim_timer_arm_after(&narrator->tick, NS_PER_S);
}

/* --- life ---------------------------------------------------------------------------------------------- */

Narrator *
narrator_new(Series *series)
{
    Narrator *narrator = g_new0(Narrator, 1);

    narrator->series = series;
    narrator->told = g_hash_table_new(g_str_hash, g_str_equal);
    narrator->is_failing = g_new0(gboolean, MAX(series->n_traffic, 1));
    narrator->quiet_seconds = g_new0(guint, MAX(series->n_traffic, 1));
    sim_timer_init(&narrator->tick, series->sim, SIM_OBSERVE, narrator_on_tick, narrator);
    if (series->n_traffic > 0)
        sim_timer_arm_after(&narrator->tick, NS_PER_S);
    return narrator;
}

static void
forget(gpointer uid, gpointer object, gpointer user)
{
    (void)uid;
    (void)user;
    api_object_unref(object);
}

void
narrator_free(Narrator *narrator)
{
    if (narrator == NULL)
        return;
    sim_timer_clear(&narrator->tick);
    ptr_map_foreach(&narrator->last, forget, NULL);
    ptr_map_clear(&narrator->last);
    g_hash_table_unref(narrator->told);
    g_free(narrator->is_failing);
    g_free(narrator->quiet_seconds);
    g_free(narrator);
}

static const struct {
    const ApiKind *kind;
    Teller tell;
} tellers[] = {
    {&pod_kind, tell_pod},           {&endpoint_slice_kind, tell_slice},     {&event_kind, tell_event},
    {&node_kind, tell_node},         {&deployment_kind, tell_deployment},    {&stateful_set_kind, tell_stateful_set},
    {&daemon_set_kind, tell_daemon_set}, {&job_kind, tell_job},              {&hpa_kind, tell_autoscaler},
    {&vpa_kind, tell_recommendation},
};

static Teller
teller_of(const ApiObject *object)
{
    for (guint i = 0; i < G_N_ELEMENTS(tellers); i++)
        if (tellers[i].kind == object->kind)
            return tellers[i].tell;
    return NULL;
}

void
narrator_seen(Narrator *narrator, const ApiObject *object)
{
    if (teller_of(object) != NULL)
        ptr_map_set(&narrator->last, api_uid(object), api_object_ref(object));
}

void
narrator_on_change(Narrator *narrator, WatchType type, const ApiObject *object)
{
    Teller tell = teller_of(object);
    gpointer *place;
    ApiObject *old;

    if (tell == NULL)
        return;
    if (type == WATCH_DELETED) {
        if (object->kind == &deployment_kind)
            narrator_say(narrator, "Deployment %s is gone", api_name(object));
        api_object_unref(ptr_map_take(&narrator->last, api_uid(object)));
        return;
    }
    /* Events are told of one by one: what they were before tells nothing. */
    if (object->kind == &event_kind) {
        tell(narrator, NULL, object);
        return;
    }
    place = ptr_map_place(&narrator->last, api_uid(object));
    old = *place;
    tell(narrator, old, object);
    *place = api_object_ref(object);
    api_object_unref(old);
}
