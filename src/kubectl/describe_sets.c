/* describe_sets.c - daemon sets and stateful sets */

#include "kubectl/describe.h"

#include "api/selector.h"
#include "kubectl/printers.h"

static const char *
selector_text(const LabelSelector *selector)
{
    g_autoptr(Selector) parsed = selector_from_label_selector(selector);

    return parsed != NULL ? text_or(selector_format(parsed), "") : "";
}

static void
write_pods_status(GString *out, const Description *description)
{
    describe_line(out, 0, "Pods Status:\t%u Running / %u Waiting / %u Succeeded / %u Failed\n",
                  describe_count_phase(description, "Running"), describe_count_phase(description, "Pending"),
                  describe_count_phase(description, "Succeeded"), describe_count_phase(description, "Failed"));
}

static void
write_daemon_set(GString *out, const Description *description)
{
    const ApiObject *object = description->object;
    const DaemonSetSpec *spec = daemon_set_spec(object);
    const DaemonSetStatus *status = daemon_set_status(object);

    describe_head(out, object);
    describe_line(out, 0, "Selector:\t%s\n", selector_text(spec->selector));
    describe_line(out, 0, "Node-Selector:\t%s\n",
                  str_map_format(&spec->template_.spec.node_selector, "<none>"));
    describe_labels(out, "Labels", &object->meta->labels);
    describe_annotations(out, "Annotations", &object->meta->annotations);
    describe_line(out, 0, "Desired Number of Nodes Scheduled: %d\n", status->desired_scheduled);
    describe_line(out, 0, "Current Number of Nodes Scheduled: %d\n", status->current_scheduled);
    describe_line(out, 0, "Number of Nodes Scheduled with Up-to-date Pods: %d\n",
                  status->updated_scheduled);
    describe_line(out, 0, "Number of Nodes Scheduled with Available Pods: %d\n", status->available);
    describe_line(out, 0, "Number of Nodes Misscheduled: %d\n", status->misscheduled);
    write_pods_status(out, description);
    describe_template(out, &spec->template_);
    describe_events(out, description->events, description->wall_ns);
}

static void
ask_daemon_pods(const ApiObject *object, ApiRequest *request)
{
    request->label_selector = selector_text(daemon_set_spec(object)->selector);
}

/* --- stateful sets --------------------------------------------------------------------------- */

static const char *
modes_text(const StrList *modes)
{
    g_autoptr(GString) text = g_string_new("[");

    for (guint i = 0; i < modes->count; i++)
        g_string_append_printf(text, "%s%s", i > 0 ? " " : "", modes->items[i]);
    g_string_append_c(text, ']');
    return str_intern(text->str);
}

/* v0.34 describe.go: describeVolumeClaimTemplates */
static void
write_claims(GString *out, const StatefulSetSpec *spec)
{
    if (spec->claim_templates.count == 0) {
        describe_line(out, 0, "Volume Claims:\t<none>\n");
        return;
    }
    describe_line(out, 0, "Volume Claims:\n");
    for (guint i = 0; i < spec->claim_templates.count; i++) {
        const ClaimTemplate *claim = &spec->claim_templates.items[i];
        const Quantity *storage = quantity_map_get(&claim->spec.resources.requests, "storage");

        describe_line(out, 0, "  Name:\t%s\n", text_or(claim->metadata.name, ""));
        describe_line(out, 0, "  StorageClass:\t%s\n", text_or(claim->spec.storage_class_name, ""));
        describe_labels(out, "  Labels", &claim->metadata.labels);
        describe_annotations(out, "  Annotations", &claim->metadata.annotations);
        describe_line(out, 0, "  Capacity:\t%s\n",
                      storage != NULL ? quantity_format(storage) : "<default>");
        describe_line(out, 0, "  Access Modes:\t%s\n", modes_text(&claim->spec.access_modes));
    }
}

static void
write_stateful_set(GString *out, const Description *description)
{
    const ApiObject *object = description->object;
    const StatefulSetSpec *spec = stateful_set_spec(object);
    const RollingUpdateStatefulSet *rolling = spec->update_strategy.rolling_update;
    g_autofree char *created = time_text(object->meta->creation_time);

    describe_head(out, object);
    describe_line(out, 0, "CreationTimestamp:\t%s\n", created);
    describe_line(out, 0, "Selector:\t%s\n", selector_text(spec->selector));
    describe_labels(out, "Labels", &object->meta->labels);
    describe_annotations(out, "Annotations", &object->meta->annotations);
    describe_line(out, 0, "Replicas:\t%d desired | %d total\n", spec->replicas.value,
                  stateful_set_status(object)->replicas);
    describe_line(out, 0, "Update Strategy:\t%s\n", text_or(spec->update_strategy.type, ""));
    if (rolling != NULL && rolling->partition.is_set)
        describe_line(out, 0, "  Partition:\t%d\n", rolling->partition.value);
    write_pods_status(out, description);
    describe_template(out, &spec->template_);
    write_claims(out, spec);
    describe_events(out, description->events, description->wall_ns);
}

static void
ask_stateful_pods(const ApiObject *object, ApiRequest *request)
{
    request->label_selector = selector_text(stateful_set_spec(object)->selector);
}

const Describer describe_daemon_set = {&daemon_set_kind, write_daemon_set, &pod_kind,
                                       ask_daemon_pods};
const Describer describe_stateful_set = {&stateful_set_kind, write_stateful_set, &pod_kind,
                                         ask_stateful_pods};
