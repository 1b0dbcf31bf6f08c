/* series.c - see report.h and series.h */

#include "report/series.h"

#include "api/kinds.h"
#include "base/duration.h"
#include "base/pool.h"

#include <stdlib.h>

static const char *const state_names[LANE_N_STATES] = {
    [LANE_PENDING] = "pending", [LANE_STARTING] = "starting", [LANE_WAITING] = "waiting", [LANE_RUNNING] = "running",
    [LANE_READY] = "ready", [LANE_LOST] = "lost", [LANE_TERMINATING] = "terminating", [LANE_SUCCEEDED] = "succeeded",
    [LANE_FAILED] = "failed",
};

const char *
lane_state_name(LaneState state)
{
    return state_names[state];
}

/* --- pods ------------------------------------------------------------------------------- */

static gboolean
is_backing_off(const ApiObject *pod, const ContainerStatusList *list)
{
    gboolean restarts = !str_is(pod_spec(pod)->restart_policy, "Never");

    for (guint i = 0; i < list->count; i++) {
        const ContainerStateWaiting *waiting = list->items[i].state.waiting;

        if (waiting != NULL && waiting->reason != NULL && !str_is(waiting->reason, "ContainerCreating") && !str_is(waiting->reason, "PodInitializing"))
            return TRUE;
        if (restarts && list->items[i].state.terminated != NULL && list->items[i].state.terminated->exit_code != 0)
            return TRUE;
    }
    return FALSE;
}

/* NULL: never seen. */
static NodeRow *
last_row(const Series *series, const char *node)
{
    guint place = GPOINTER_TO_UINT(ptr_map_get(&series->node_rows, node));

    return place == 0 ? NULL : &g_array_index(series->nodes, NodeRow, place - 1);
}

static gboolean
is_lost(const NodeRow *row)
{
    return row != NULL && (str_is(row->ready, "Unknown") || str_is(row->ready, "Removed"));
}

static LaneState
pod_state(const Series *series, const ApiObject *pod)
{
    const PodStatus *status = pod_status(pod);

    if (api_is_deleting(pod))
        return LANE_TERMINATING;
    if (str_is(status->phase, "Succeeded"))
        return LANE_SUCCEEDED;
    if (str_is(status->phase, "Failed"))
        return LANE_FAILED;
    if (str_is_empty(pod_spec(pod)->node_name))
        return LANE_PENDING;
    if (series->n_lost > 0 && is_lost(last_row(series, pod_spec(pod)->node_name)))
        return LANE_LOST;
    if (is_backing_off(pod, &status->container_statuses) || is_backing_off(pod, &status->init_container_statuses))
        return LANE_WAITING;
    if (!str_is(status->phase, "Running"))
        return LANE_STARTING;
    return pod_is_ready(pod) ? LANE_READY : LANE_RUNNING;
}

static void
set_state(Lane *lane, LaneState state, gint64 now_ns)
{
    if (lane->n_spans > 0) {
        LaneSpan *last = &lane->spans[lane->n_spans - 1];

        if (last->state == state)
            return;
        last->to_ns = now_ns;
    }
    if (lane->n_spans == lane->capacity) {
        LaneSpan *more = g_new(LaneSpan, 2 * lane->capacity);

        memcpy(more, lane->spans, lane->n_spans * sizeof *more);
        if (lane->spans != lane->first)
            g_free(lane->spans);
        lane->spans = more;
        lane->capacity *= 2;
    }
    lane->spans[lane->n_spans++] = (LaneSpan){state, now_ns, -1};
}

/* What it is now, it is until @time_ns. */
static void
end_state(Lane *lane, gint64 time_ns)
{
    if (lane->n_spans > 0)
        lane->spans[lane->n_spans - 1].to_ns = time_ns;
}

static Lane *
lane_for(Series *series, const ApiObject *pod, gint64 now_ns)
{
    gpointer *place = ptr_map_place(&series->lane_of, api_uid(pod));
    const OwnerReference *owner;
    Lane *lane;

    if (*place != NULL)
        return *place;
    owner = api_controller_of(pod);
    lane = POOL_NEW0(Lane);
    lane->uid = api_uid(pod);
    lane->namespace_ = api_namespace(pod);
    lane->name = api_name(pod);
    lane->owner = owner != NULL ? owner->name : NULL;
    lane->spans = lane->first;
    lane->capacity = LANE_FIRST_SPANS;
    lane->created_ns = now_ns;
    lane->removed_ns = -1;
    *place = lane;
    g_ptr_array_add(series->lanes, lane);
    return lane;
}

static void
see_pod(Series *series, WatchType type, const ApiObject *pod, gint64 now_ns)
{
    Lane *lane = lane_for(series, pod, now_ns);

    if (!str_is_empty(pod_spec(pod)->node_name))
        lane->node = pod_spec(pod)->node_name;
    if (type == WATCH_DELETED) {
        end_state(lane, now_ns);
        lane->removed_ns = now_ns;
        ptr_map_take(&series->lane_of, lane->uid);
        return;
    }
    set_state(lane, pod_state(series, pod), now_ns);
}

/* --- workloads and nodes ------------------------------------------------------------------- */

static gint32
revision_of(const ApiObject *object)
{
    const char *text = str_map_get(&object->meta->annotations, "deployment.kubernetes.io/revision");
    gint64 revision = 0;

    return text != NULL && g_ascii_string_to_signed(text, 10, 0, G_MAXINT32, &revision, NULL) ? (gint32)revision : 0;
}

static void
see_workload(Series *series, WatchType type, const ApiObject *object, gint64 now_ns)
{
    ObjectRow row = {.time_ns = now_ns, .kind = object->kind->kind, .namespace_ = api_namespace(object), .name = api_name(object), .is_removed = type == WATCH_DELETED, .revision = revision_of(object)};
    const OwnerReference *owner = api_controller_of(object);

    row.owner = owner != NULL ? owner->name : NULL;
    if (object->kind == &deployment_kind) {
        const DeploymentStatus *status = deployment_status(object);

        row.desired = deployment_spec(object)->replicas.value;
        row.current = status->replicas;
        row.ready = status->ready_replicas;
        row.available = status->available_replicas;
        row.updated = status->updated_replicas;
    } else {
        const ReplicaSetStatus *status = replica_set_status(object);

        row.desired = replica_set_spec(object)->replicas.value;
        row.current = status->replicas;
        row.ready = status->ready_replicas;
        row.available = status->available_replicas;
    }
    g_array_append_val(series->objects, row);
}

/* When a node is not heard of any more, its pods are lost, and back when it is. */
static void
refresh_lanes(Series *series, const char *node, gint64 now_ns)
{
    for (guint i = 0; i < series->lanes->len; i++) {
        Lane *lane = g_ptr_array_index(series->lanes, i);
        const ApiObject *pod;

        if (lane->removed_ns >= 0 || !str_is(lane->node, node))
            continue;
        pod = apiserver_peek(series->server, &pod_kind, lane->namespace_, lane->name);
        if (pod != NULL && str_is(api_uid(pod), lane->uid))
            set_state(lane, pod_state(series, pod), now_ns);
    }
}

static const char *
pressure_of(const ApiObject *node)
{
    static const char *const kinds[][2] = {{"DiskPressure", "disk"}, {"MemoryPressure", "memory"}, {"PIDPressure", "pid"}};
    const char *pressure = str_intern("");

    for (guint i = 0; i < G_N_ELEMENTS(kinds); i++) {
        const Condition *condition = condition_find(&node_status(node)->conditions, kinds[i][0]);

        if (condition != NULL && str_is(condition->status, "True"))
            pressure = str_internf("%s%s%s", pressure, pressure[0] == '\0' ? "" : "+", kinds[i][1]);
    }
    return pressure;
}

static void
see_node(Series *series, WatchType type, const ApiObject *node, gint64 now_ns)
{
    const Condition *ready = condition_find(&node_status(node)->conditions, "Ready");
    NodeRow row = {now_ns, api_name(node), ready != NULL ? ready->status : str_intern("Unknown"), node_spec(node)->unschedulable, pressure_of(node)};
    const NodeRow *last = last_row(series, row.name);
    gboolean was_lost = is_lost(last);
    gboolean turned;

    if (type == WATCH_DELETED)
        row.ready = str_intern("Removed");
    if (last != NULL && last->ready == row.ready && last->unschedulable == row.unschedulable && last->pressure == row.pressure)
        return;
    turned = last == NULL || !str_is(last->ready, row.ready);
    g_array_append_val(series->nodes, row);
    ptr_map_set(&series->node_rows, row.name, GUINT_TO_POINTER(series->nodes->len));
    series->n_lost += (guint)is_lost(&row) - (guint)was_lost;
    if (turned)
        refresh_lanes(series, row.name, now_ns);
}

static void
see(Series *series, WatchType type, const ApiObject *object, gint64 now_ns)
{
    if (object->kind == &pod_kind)
        see_pod(series, type, object, now_ns);
    else if (object->kind == &deployment_kind || object->kind == &replica_set_kind)
        see_workload(series, type, object, now_ns);
    else if (object->kind == &node_kind)
        see_node(series, type, object, now_ns);
}

static void
series_on_change(gpointer user, WatchType type, const ApiObject *object)
{
    Series *series = user;

    if (series->end_ns >= 0)
        return;
    series->api_writes++;
    if (object->kind == &lease_kind)
        return;
    see(series, type, object, sim_now_ns(series->sim));
    if (series->narrator != NULL)
        narrator_on_change(series->narrator, type, object);
}

/* --- life -------------------------------------------------------------------------------------- */

static void
lane_free(gpointer data)
{
    Lane *lane = data;

    if (lane->spans != lane->first)
        g_free(lane->spans);
    POOL_FREE(Lane, lane);
}

Series *
series_new(Sim *sim, ApiServer *server, Traffic *const *traffic, guint n_traffic, ReportNarrate narrate, gpointer user)
{
    Series *series = g_new0(Series, 1);
    const ApiKind *const kinds[] = {&node_kind, &deployment_kind, &replica_set_kind, &pod_kind};

    series->sim = sim;
    series->server = server;
    series->traffic = traffic;
    series->n_traffic = n_traffic;
    series->lanes = g_ptr_array_new_with_free_func(lane_free);
    series->objects = g_array_new(FALSE, FALSE, sizeof(ObjectRow));
    series->nodes = g_array_new(FALSE, FALSE, sizeof(NodeRow));
    series->narrate = narrate;
    series->user = user;
    series->end_ns = -1;
    if (narrate != NULL)
        series->narrator = narrator_new(series);
    for (guint k = 0; k < G_N_ELEMENTS(kinds); k++) {
        g_autoptr(GPtrArray) present = apiserver_peek_list(server, kinds[k], NULL);

        for (guint i = 0; i < present->len; i++) {
            see(series, WATCH_ADDED, g_ptr_array_index(present, i), sim_now_ns(sim));
            if (series->narrator != NULL)
                narrator_seen(series->narrator, g_ptr_array_index(present, i));
        }
    }
    apiserver_add_sparing_tap(server, series_on_change, series);
    return series;
}

void
series_finish(Series *series)
{
    series->end_ns = sim_now_ns(series->sim);
    series->api_writes += apiserver_renewals(series->server, series);
    for (guint i = 0; i < series->lanes->len; i++) {
        Lane *lane = g_ptr_array_index(series->lanes, i);

        if (lane->removed_ns < 0)
            end_state(lane, series->end_ns);
    }
}

void
series_free(Series *series)
{
    if (series == NULL)
        return;
    narrator_free(series->narrator);
    g_ptr_array_unref(series->lanes);
    ptr_map_clear(&series->lane_of);
    g_array_unref(series->objects);
    g_array_unref(series->nodes);
    ptr_map_clear(&series->node_rows);
    g_free(series);
}
