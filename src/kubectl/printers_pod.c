/*
 * printers_pod.c - a pod's row
 *
 * Models: v1.34 pkg/printers/internalversion printPod. STATUS is what the user
 * most needs to know: the phase, unless a reason, an init container, a container
 * or a deletion has more to say, each overruling what came before.
 */

#include "kubectl/printers.h"

#include "base/duration.h"

static const PrintColumn columns[] = {
    {"NAME"},
    {"READY"},
    {"STATUS"},
    {"RESTARTS"},
    {"AGE"},
    {"IP", TRUE},
    {"NODE", TRUE},
    {"NOMINATED NODE", TRUE},
    {"READINESS GATES", TRUE},
    {0},
};

/* What is gathered on the way through the container statuses. */
typedef struct {
    const char *reason;
    gint32 restarts, sidecar_restarts;
    ApiTime restarted, sidecar_restarted; /* latest */
    guint ready, total;
    gboolean is_initializing;
} PodSummary;

static const Container *
find_init_container(const PodSpec *spec, const char *name)
{
    for (guint i = 0; i < spec->init_containers.count; i++)
        if (str_is(spec->init_containers.items[i].name, name))
            return &spec->init_containers.items[i];
    return NULL;
}

static ApiTime
last_end(const ContainerStatus *status)
{
    return status->last_state.terminated != NULL ? status->last_state.terminated->finished_at : 0;
}

static const char *
ended_text(const ContainerStateTerminated *terminated, const char *prefix)
{
    if (!str_is_empty(terminated->reason))
        return str_internf("%s%s", prefix, terminated->reason);
    if (terminated->signal != 0)
        return str_internf("%sSignal:%d", prefix, terminated->signal);
    return str_internf("%sExitCode:%d", prefix, terminated->exit_code);
}

/* TRUE: this init container is done with, or a sidecar that runs. */
static gboolean
see_init_container(PodSummary *summary,
                   const PodSpec *spec,
                   const ContainerStatus *status,
                   guint index)
{
    const Container *container = find_init_container(spec, status->name);
    gboolean is_sidecar = container != NULL && container_is_sidecar(container);
    const ContainerState *state = &status->state;

    summary->restarts += status->restart_count;
    summary->restarted = MAX(summary->restarted, last_end(status));
    if (is_sidecar) {
        summary->sidecar_restarts += status->restart_count;
        summary->sidecar_restarted = MAX(summary->sidecar_restarted, last_end(status));
    }
    if (state->terminated != NULL && state->terminated->exit_code == 0)
        return TRUE;
    if (is_sidecar && status->started == OPT_TRUE) {
        if (status->ready)
            summary->ready++;
        return TRUE;
    }
    if (state->terminated != NULL)
        summary->reason = ended_text(state->terminated, "Init:");
    else if (state->waiting != NULL && !str_is_empty(state->waiting->reason) &&
             !str_is(state->waiting->reason, "PodInitializing"))
        summary->reason = str_internf("Init:%s", state->waiting->reason);
    else
        summary->reason = str_internf("Init:%u/%u", index, spec->init_containers.count);
    return FALSE;
}

static void
see_containers(PodSummary *summary, const PodStatus *status)
{
    gboolean has_running = FALSE;

    summary->restarts = summary->sidecar_restarts;
    summary->restarted = summary->sidecar_restarted;
    for (guint i = status->container_statuses.count; i-- > 0;) {
        const ContainerStatus *container = &status->container_statuses.items[i];
        const ContainerState *state = &container->state;

        summary->restarts += container->restart_count;
        summary->restarted = MAX(summary->restarted, last_end(container));
        if (state->waiting != NULL && !str_is_empty(state->waiting->reason)) {
            summary->reason = state->waiting->reason;
        } else if (state->terminated != NULL) {
            summary->reason = ended_text(state->terminated, "");
        } else if (container->ready && state->running != NULL) {
            has_running = TRUE;
            summary->ready++;
        }
    }
    if (str_is(summary->reason, "Completed") && has_running)
        summary->reason =
            condition_is(&status->conditions, "Ready", "True") ? "Running" : "NotReady";
}

static PodSummary
summarize(const ApiObject *pod)
{
    const PodSpec *spec = pod_spec(pod);
    const PodStatus *status = pod_status(pod);
    const Condition *scheduled = condition_find(&status->conditions, "PodScheduled");
    PodSummary summary = {.reason = status->phase, .total = spec->containers.count};

    if (!str_is_empty(status->reason))
        summary.reason = status->reason;
    if (scheduled != NULL && str_is(scheduled->reason, "SchedulingGated"))
        summary.reason = "SchedulingGated";
    for (guint i = 0; i < spec->init_containers.count; i++)
        if (container_is_sidecar(&spec->init_containers.items[i]))
            summary.total++;
    for (guint i = 0; i < status->init_container_statuses.count && !summary.is_initializing; i++)
        summary.is_initializing =
            !see_init_container(&summary, spec, &status->init_container_statuses.items[i], i);
    if (!summary.is_initializing || condition_is(&status->conditions, "Initialized", "True"))
        see_containers(&summary, status);
    if (api_is_deleting(pod)) {
        if (str_is(status->reason, "NodeLost"))
            summary.reason = "Unknown";
        else if (!pod_is_terminal(pod))
            summary.reason = "Terminating";
    }
    return summary;
}

static void
add_readiness_gates(const ApiObject *pod, GPtrArray *out)
{
    const PodSpec *spec = pod_spec(pod);
    guint met = 0;

    for (guint i = 0; i < spec->readiness_gates.count; i++)
        if (condition_is(&pod_status(pod)->conditions,
                         spec->readiness_gates.items[i].condition_type, "True"))
            met++;
    if (spec->readiness_gates.count == 0)
        cell_add(out, "<none>");
    else
        cell_add(out, "%u/%u", met, spec->readiness_gates.count);
}

static const char *
or_none(const char *text)
{
    return str_is_empty(text) ? "<none>" : text;
}

static void
cells(const ApiObject *pod, gint64 wall_ns, gboolean wide, GPtrArray *out)
{
    const PodStatus *status = pod_status(pod);
    PodSummary summary = summarize(pod);

    (void)wide;
    cell_add(out, "%s", api_name(pod));
    cell_add(out, "%u/%u", summary.ready, summary.total);
    cell_add(out, "%s", summary.reason != NULL ? summary.reason : "");
    if (summary.restarts != 0 && summary.restarted != 0) {
        g_autofree char *ago = printer_age(summary.restarted, wall_ns);
        cell_add(out, "%d (%s ago)", summary.restarts, ago);
    } else {
        cell_add(out, "%d", summary.restarts);
    }
    cell_add_age(out, pod, wall_ns);
    cell_add(out, "%s", or_none(status->pod_ips.count > 0 ? status->pod_ips.items[0].ip : NULL));
    cell_add(out, "%s", or_none(pod_spec(pod)->node_name));
    cell_add(out, "%s", or_none(status->nominated_node_name));
    add_readiness_gates(pod, out);
}

const Printer pod_printer = {&pod_kind, columns, cells};
