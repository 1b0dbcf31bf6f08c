/* status.c - see status.h */

#include "node/status.h"

static void
status_ask_probes(const StatusInput *input,
                  const Container *container,
                  gboolean is_init,
                  ContainerStatus *status)
{
    const ProbeView *probes = input->probes;
    gboolean is_running = status->state.running != NULL;
    gboolean is_started = is_running;

    if (is_running && probes != NULL)
        is_started = probes->is_started(probes->user, status->name, status->container_id);
    status->started = is_started ? OPT_TRUE : OPT_FALSE;
    status->ready = FALSE;
    if (is_init && !container_is_sidecar(container)) {
        status->ready =
            status->state.terminated != NULL && status->state.terminated->exit_code == 0;
        return;
    }
    if (is_started)
        status->ready =
            probes == NULL || probes->is_ready(probes->user, status->name, status->container_id);
}

static const Container *
containers_find(const Container *containers, guint count, const char *name)
{
    for (guint i = 0; i < count; i++)
        if (containers[i].name == name)
            return &containers[i];
    return NULL;
}

static void
status_ask_all_probes(const StatusInput *input, PodStatus *status)
{
    const PodSpec *spec = pod_spec(input->pod);

    for (guint i = 0; i < status->container_statuses.count; i++) {
        ContainerStatus *item = &status->container_statuses.items[i];

        status_ask_probes(input,
                          containers_find(spec->containers.items, spec->containers.count,
                                          item->name),
                          FALSE, item);
    }
    for (guint i = 0; i < status->init_container_statuses.count; i++) {
        ContainerStatus *item = &status->init_container_statuses.items[i];

        status_ask_probes(input,
                          containers_find(spec->init_containers.items, spec->init_containers.count,
                                          item->name),
                          TRUE, item);
    }
}

/* A terminal phase is never left again; the reason stays with the phase. */
static void
status_keep_phase(const StatusInput *input, PodStatus *status)
{
    const PodStatus *api = pod_status(input->pod);
    gboolean is_terminal = str_is(status->phase, "Failed") || str_is(status->phase, "Succeeded");

    if (!is_terminal) {
        if (str_is(input->old->phase, "Failed") || str_is(input->old->phase, "Succeeded"))
            status->phase = input->old->phase;
        else if (str_is(api->phase, "Failed") || str_is(api->phase, "Succeeded"))
            status->phase = api->phase;
    }
    if (status->phase == input->old->phase) {
        status->reason = input->old->reason != NULL ? input->old->reason : api->reason;
        status->message = input->old->message != NULL ? input->old->message : api->message;
    }
    if (input->evict_reason != NULL) {
        status->phase = str_intern("Failed");
        status->reason = input->evict_reason;
        status->message = input->evict_message;
    }
    if (str_is(api->phase, "Failed") || str_is(api->phase, "Succeeded"))
        status->phase = api->phase;
}

static void
status_add_condition(PodStatus *status, const Condition *condition)
{
    Condition *added = condition_edit(&status->conditions, condition->type);

    *added = *condition;
}

void
status_ready_conditions(const ApiObject *pod, PodStatus *status)
{
    Condition ready, containers_ready;

    condition_ready(pod_spec(pod), status, &pod_status(pod)->conditions, status->phase, &ready);
    condition_containers_ready(pod_spec(pod), status, status->phase, &containers_ready);
    ready.observed_generation = containers_ready.observed_generation = pod->meta->generation;
    status_add_condition(status, &ready);
    status_add_condition(status, &containers_ready);
}

static void
status_set_conditions(const StatusInput *input, PodStatus *status)
{
    const PodSpec *spec = pod_spec(input->pod);
    const PodStatus *api = pod_status(input->pod);
    const Condition *disruption = condition_find(&input->old->conditions, "DisruptionTarget");
    Condition condition = {0};

    for (guint i = 0; i < api->conditions.count; i++)
        if (!kubelet_owns_condition(api->conditions.items[i].type))
            status_add_condition(status, &api->conditions.items[i]);
    if (disruption != NULL)
        status_add_condition(status, disruption);

    if (input->disruption != NULL) {
        condition = (Condition){.type = str_intern("DisruptionTarget"),
                                .status = str_intern("True"),
                                .reason = str_intern("TerminationByKubelet"),
                                .message = input->disruption,
                                .observed_generation = input->pod->meta->generation};
        status_add_condition(status, &condition);
        condition = (Condition){0};
    }
    condition.type = str_intern("PodReadyToStartContainers");
    condition.status = str_intern(seen_pod_needs_sandbox(input->seen) ? "False" : "True");
    condition.observed_generation = input->pod->meta->generation;
    status_add_condition(status, &condition);
    condition_initialized(spec, status, status->phase, &condition);
    condition.observed_generation = input->pod->meta->generation;
    status_add_condition(status, &condition);
    status_ready_conditions(input->pod, status);
    condition = (Condition){.type = str_intern("PodScheduled"),
                            .status = str_intern("True"),
                            .observed_generation = input->pod->meta->generation};
    status_add_condition(status, &condition);
}

static void
status_set_addresses(const StatusInput *input, PodStatus *status)
{
    const char *ip = input->seen->ip;

    status->host_ip = input->host_ip;
    API_LIST_ADD(&status->host_ips)->ip = input->host_ip;
    if (pod_spec(input->pod)->host_network)
        ip = input->host_ip;
    if (ip == NULL)
        return;
    status->pod_ip = ip;
    API_LIST_ADD(&status->pod_ips)->ip = ip;
}

PodStatus *
status_generate(const StatusInput *input)
{
    const PodSpec *spec = pod_spec(input->pod);
    PodStatus *status = api_part_new(&pod_status_type);

    status->observed_generation = input->pod->meta->generation;
    status->qos_class = pod_qos(spec);
    status->start_time = input->old->start_time;
    status->nominated_node_name = pod_status(input->pod)->nominated_node_name;
    container_statuses_generate(input, FALSE, &status->container_statuses);
    container_statuses_generate(input, TRUE, &status->init_container_statuses);
    /*
     * The phase is computed before the probes are asked: a sidecar counts as started only
     * with the app.
     */
    for (guint i = 0; i < status->init_container_statuses.count; i++)
        status->init_container_statuses.items[i].started = OPT_UNSET;
    status->phase = pod_phase(spec, &status->init_container_statuses, &status->container_statuses,
                              input->is_terminal);
    status_keep_phase(input, status);
    status_ask_all_probes(input, status);
    status_set_conditions(input, status);
    status_set_addresses(input, status);
    return status;
}
