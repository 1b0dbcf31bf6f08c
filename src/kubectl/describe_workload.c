/* describe_workload.c - deployments and replica sets */

#include "kubectl/describe.h"

#include "api/selector.h"
#include "kubectl/printers.h"
#include "kubectl/replica_sets.h"

static const char *
percent_text(const IntOrString *value)
{
    return value->type == INT_OR_STRING_STRING ? text_or(value->string, "")
                                               : str_internf("%d", value->integer);
}

/* "web-1 (0/0 replicas created), ..."; @except is not named, or (@only) nothing else is. */
static void
describe_sets(GString *out,
              const char *title,
              const GPtrArray *owned,
              const ApiObject *newest,
              gboolean only_newest)
{
    guint count = 0;

    describe_line(out, 0, "%s:\t", title);
    for (guint i = 0; i < owned->len; i++) {
        const ApiObject *set = g_ptr_array_index(owned, i);

        if ((set == newest) != only_newest)
            continue;
        g_string_append_printf(out, "%s%s (%d/%d replicas created)", count++ > 0 ? ", " : "",
                               api_name(set), replica_set_status(set)->replicas,
                               replica_set_spec(set)->replicas.value);
    }
    g_string_append(out, count == 0 ? "<none>\n" : "\n");
}

static const char *
selector_text(const LabelSelector *selector)
{
    g_autoptr(Selector) parsed = selector_from_label_selector(selector);

    return parsed != NULL ? text_or(selector_format(parsed), "") : "";
}

static void
write_deployment(GString *out, const Description *description)
{
    const ApiObject *object = description->object;
    const DeploymentSpec *spec = deployment_spec(object);
    const DeploymentStatus *status = deployment_status(object);
    g_autoptr(GPtrArray) owned = owned_replica_sets(object, description->related);
    const ApiObject *newest = new_replica_set(object, owned);
    g_autofree char *created = time_text(object->meta->creation_time);

    describe_head(out, object);
    describe_line(out, 0, "CreationTimestamp:\t%s\n", created);
    describe_labels(out, "Labels", &object->meta->labels);
    describe_annotations(out, "Annotations", &object->meta->annotations);
    describe_line(out, 0, "Selector:\t%s\n", selector_text(spec->selector));
    describe_line(out, 0,
                  "Replicas:\t%d desired | %d updated | %d total | %d available | %d unavailable\n",
                  spec->replicas.value, status->updated_replicas, status->replicas,
                  status->available_replicas, status->unavailable_replicas);
    describe_line(out, 0, "StrategyType:\t%s\n", text_or(spec->strategy.type, ""));
    describe_line(out, 0, "MinReadySeconds:\t%d\n", spec->min_ready_s);
    if (spec->strategy.rolling_update != NULL)
        describe_line(out, 0, "RollingUpdateStrategy:\t%s max unavailable, %s max surge\n",
                      percent_text(&spec->strategy.rolling_update->max_unavailable),
                      percent_text(&spec->strategy.rolling_update->max_surge));
    describe_template(out, &spec->template_);
    describe_conditions(out, &status->conditions);
    if (owned->len > 0) {
        describe_sets(out, "OldReplicaSets", owned, newest, FALSE);
        describe_sets(out, "NewReplicaSet", owned, newest, TRUE);
    }
    describe_events(out, description->events, description->wall_ns);
}

static void
ask_replica_sets(const ApiObject *deployment, ApiRequest *request)
{
    request->label_selector = selector_text(deployment_spec(deployment)->selector);
}

/* --- replica sets ------------------------------------------------------------------------ */

guint
describe_count_phase(const Description *description, const char *phase)
{
    guint count = 0;

    for (guint i = 0; description->related != NULL && i < description->related->len; i++) {
        const ApiObject *pod = g_ptr_array_index(description->related, i);

        if (api_is_controlled_by(pod, description->object) && str_is(pod_status(pod)->phase, phase))
            count++;
    }
    return count;
}

static void
write_replica_set(GString *out, const Description *description)
{
    const ApiObject *object = description->object;
    const ReplicaSetSpec *spec = replica_set_spec(object);
    const ReplicaSetStatus *status = replica_set_status(object);

    describe_head(out, object);
    if (object->kind == &replica_set_kind)
        describe_line(out, 0, "Selector:\t%s\n", label_selector_text(spec->selector));
    else
        describe_line(out, 0, "Selector:\t%s\n", str_map_format(replication_controller_selector(object), "<none>"));
    describe_labels(out, "Labels", &object->meta->labels);
    describe_annotations(out, "Annotations", &object->meta->annotations);
    if (object->kind == &replica_set_kind)
        describe_controller(out, object);
    describe_line(out, 0, "Replicas:\t%d current / %d desired\n", status->replicas,
                  spec->replicas.value);
    describe_line(out, 0, "Pods Status:\t%u Running / %u Waiting / %u Succeeded / %u Failed\n",
                  describe_count_phase(description, "Running"), describe_count_phase(description, "Pending"),
                  describe_count_phase(description, "Succeeded"), describe_count_phase(description, "Failed"));
    describe_template(out, &spec->template_);
    describe_conditions(out, &status->conditions);
    describe_events(out, description->events, description->wall_ns);
}

static void
ask_pods(const ApiObject *replica_set, ApiRequest *request)
{
    LabelSelector selector = replica_set_selector(replica_set);

    request->label_selector = selector_text(&selector);
}

const Describer describe_deployment = {&deployment_kind, write_deployment, &replica_set_kind,
                                       ask_replica_sets};
const Describer describe_replica_set = {&replica_set_kind, write_replica_set, &pod_kind, ask_pods};
const Describer describe_replication_controller = {&replication_controller_kind, write_replica_set, &pod_kind,
                                                   ask_pods};
