/* describe_pod.c - pods and pod templates */

#include "kubectl/describe.h"

#include "base/duration.h"
#include "kubectl/printers.h"

static gint
by_topology_key(gconstpointer a, gconstpointer b)
{
    return g_strcmp0((*(const TopologySpreadConstraint *const *)a)->topology_key,
                     (*(const TopologySpreadConstraint *const *)b)->topology_key);
}

static void
describe_spread(GString *out, const PodSpec *spec, const char *space)
{
    g_autoptr(GPtrArray) sorted = g_ptr_array_new();

    if (spec->topology_spread_constraints.count == 0)
        return;
    for (guint i = 0; i < spec->topology_spread_constraints.count; i++)
        g_ptr_array_add(sorted, &spec->topology_spread_constraints.items[i]);
    g_ptr_array_sort(sorted, by_topology_key);
    describe_line(out, 0, "%sTopology Spread Constraints:\t", space);
    for (guint i = 0; i < sorted->len; i++) {
        const TopologySpreadConstraint *one = g_ptr_array_index(sorted, i);

        if (i > 0)
            g_string_append_printf(out, "%s\t", space);
        g_string_append_printf(out, "%s:%s when max skew %d is exceeded", one->topology_key,
                               one->when_unsatisfiable, one->max_skew);
        if (one->label_selector != NULL)
            g_string_append_printf(out, " for selector %s",
                                   label_selector_text(one->label_selector));
        g_string_append_c(out, '\n');
    }
}

void
describe_template(GString *out, const PodTemplateSpec *template_)
{
    const PodSpec *spec = &template_->spec;

    describe_line(out, 0, "Pod Template:\n");
    describe_labels(out, "  Labels", &template_->metadata.labels);
    if (template_->metadata.annotations.count > 0)
        describe_annotations(out, "  Annotations", &template_->metadata.annotations);
    if (!str_is_empty(spec->service_account_name))
        describe_line(out, 1, "Service Account:\t%s\n", spec->service_account_name);
    if (spec->init_containers.count > 0)
        describe_containers(out, "Init Containers", spec->init_containers.items,
                            spec->init_containers.count, NULL, NULL, "  ");
    describe_containers(out, "Containers", spec->containers.items, spec->containers.count, NULL,
                        NULL, "  ");
    describe_volumes(out, spec, "  ");
    describe_spread(out, spec, "  ");
    if (!str_is_empty(spec->priority_class_name))
        describe_line(out, 1, "Priority Class Name:\t%s\n", spec->priority_class_name);
    describe_labels(out, "  Node-Selectors", &spec->node_selector);
    describe_tolerations(out, "  Tolerations", &spec->tolerations);
}

/* --- pods ------------------------------------------------------------------------------- */

static void
describe_pod_head(GString *out, const ApiObject *pod)
{
    const PodSpec *spec = pod_spec(pod);
    const PodStatus *status = pod_status(pod);

    describe_head(out, pod);
    if (spec->priority.is_set)
        describe_line(out, 0, "Priority:\t%d\n", spec->priority.value);
    if (!str_is_empty(spec->priority_class_name))
        describe_line(out, 0, "Priority Class Name:\t%s\n", spec->priority_class_name);
    if (!str_is_empty(spec->runtime_class_name))
        describe_line(out, 0, "Runtime Class Name:\t%s\n", spec->runtime_class_name);
    if (!str_is_empty(spec->service_account_name))
        describe_line(out, 0, "Service Account:\t%s\n", spec->service_account_name);
    if (str_is_empty(spec->node_name))
        describe_line(out, 0, "Node:\t<none>\n");
    else
        describe_line(out, 0, "Node:\t%s/%s\n", spec->node_name, text_or(status->host_ip, ""));
    if (status->start_time != 0) {
        g_autofree char *started = time_text(status->start_time);
        describe_line(out, 0, "Start Time:\t%s\n", started);
    }
    describe_labels(out, "Labels", &pod->meta->labels);
    describe_annotations(out, "Annotations", &pod->meta->annotations);
}

static void
describe_pod_status(GString *out, const ApiObject *pod, gint64 wall_ns)
{
    const PodStatus *status = pod_status(pod);

    if (api_is_deleting(pod) && !pod_is_terminal(pod)) {
        g_autofree char *age = printer_age(pod->meta->deletion_time, wall_ns);

        describe_line(out, 0, "Status:\tTerminating (lasts %s)\n", age);
        describe_line(out, 0, "Termination Grace Period:\t%" G_GINT64_FORMAT "s\n",
                      pod->meta->deletion_grace_s.value);
    } else {
        describe_line(out, 0, "Status:\t%s\n", text_or(status->phase, ""));
    }
    if (!str_is_empty(status->reason))
        describe_line(out, 0, "Reason:\t%s\n", status->reason);
    if (!str_is_empty(status->message))
        describe_line(out, 0, "Message:\t%s\n", status->message);
    if (value_get_path(pod_spec(pod)->security_context, "seccompProfile", NULL) != NULL)
        describe_line(out, 0, "SeccompProfile:\t%s\n",
                      value_get_string(value_get(pod_spec(pod)->security_context, "seccompProfile"),
                                       "type", ""));
    describe_line(out, 0, "IP:\t%s\n", text_or(status->pod_ip, ""));
    describe_line(out, 0, status->pod_ips.count == 0 ? "IPs:\t<none>\n" : "IPs:\n");
    for (guint i = 0; i < status->pod_ips.count; i++)
        describe_line(out, 1, "IP:\t%s\n", status->pod_ips.items[i].ip);
    describe_controller(out, pod);
    if (!str_is_empty(status->nominated_node_name))
        describe_line(out, 0, "NominatedNodeName:\t%s\n", status->nominated_node_name);
}

static void
describe_pod_conditions(GString *out, const ApiObject *pod)
{
    const PodSpec *spec = pod_spec(pod);
    const ConditionList *conditions = &pod_status(pod)->conditions;

    if (spec->readiness_gates.count > 0)
        describe_line(out, 0, "Readiness Gates:\n  Type\tStatus\n");
    for (guint i = 0; i < spec->readiness_gates.count; i++) {
        const char *type = spec->readiness_gates.items[i].condition_type;
        const Condition *condition = condition_find(conditions, type);

        describe_line(out, 1, "%s \t%s \n", type, condition != NULL ? condition->status : "<none>");
    }
    if (conditions->count > 0)
        describe_line(out, 0, "Conditions:\n  Type\tStatus\n");
    for (guint i = 0; i < conditions->count; i++)
        describe_line(out, 1, "%s \t%s \n", conditions->items[i].type,
                      text_or(conditions->items[i].status, ""));
}

static void
write_pod(GString *out, const Description *description)
{
    const ApiObject *pod = description->object;
    const PodSpec *spec = pod_spec(pod);
    const PodStatus *status = pod_status(pod);

    describe_pod_head(out, pod);
    describe_pod_status(out, pod, description->wall_ns);
    if (spec->resources != NULL) {
        describe_line(out, 0, "Resources:\n");
        describe_limits(out, spec->resources, 1);
    }
    if (spec->init_containers.count > 0)
        describe_containers(out, "Init Containers", spec->init_containers.items,
                            spec->init_containers.count, &status->init_container_statuses, pod, "");
    describe_containers(out, "Containers", spec->containers.items, spec->containers.count,
                        &status->container_statuses, pod, "");
    describe_pod_conditions(out, pod);
    describe_volumes(out, spec, "");
    describe_line(out, 0, "QoS Class:\t%s\n", text_or(status->qos_class, pod_qos(spec)));
    describe_labels(out, "Node-Selectors", &spec->node_selector);
    describe_tolerations(out, "Tolerations", &spec->tolerations);
    describe_spread(out, spec, "");
    describe_events(out, description->events, description->wall_ns);
}

const Describer describe_pod = {&pod_kind, write_pod};
