/*
 * printers_workload.c - rows of deployments, replica sets, daemon sets and stateful sets; v1.33 printDeployment,
 * printReplicaSet
 */

#include "kubectl/printers.h"

static const PrintColumn deployment_columns[] = {
    {"NAME"},
    {"READY"},
    {"UP-TO-DATE"},
    {"AVAILABLE"},
    {"AGE"},
    {"CONTAINERS", TRUE},
    {"IMAGES", TRUE},
    {"SELECTOR", TRUE},
    {0},
};
static const PrintColumn replica_set_columns[] = {
    {"NAME"},         {"DESIRED"},        {"CURRENT"}, {"READY"}, {"AGE"}, {"CONTAINERS", TRUE},
    {"IMAGES", TRUE}, {"SELECTOR", TRUE}, {0},
};

static void
deployment_cells(const ApiObject *object, gint64 wall_ns, gboolean wide, GPtrArray *out)
{
    const DeploymentSpec *spec = deployment_spec(object);
    const DeploymentStatus *status = deployment_status(object);

    cell_add(out, "%s", api_name(object));
    cell_add(out, "%d/%d", status->ready_replicas, spec->replicas.value);
    cell_add(out, "%d", status->updated_replicas);
    cell_add(out, "%d", status->available_replicas);
    cell_add_age(out, object, wall_ns);
    if (!wide)
        return;
    cell_add_containers(&spec->template_.spec, out);
    cell_add(out, "%s", label_selector_text(spec->selector));
}

static void
replica_set_cells(const ApiObject *object, gint64 wall_ns, gboolean wide, GPtrArray *out)
{
    const ReplicaSetSpec *spec = replica_set_spec(object);
    const ReplicaSetStatus *status = replica_set_status(object);

    cell_add(out, "%s", api_name(object));
    cell_add(out, "%d", spec->replicas.value);
    cell_add(out, "%d", status->replicas);
    cell_add(out, "%d", status->ready_replicas);
    cell_add_age(out, object, wall_ns);
    if (!wide)
        return;
    cell_add_containers(&spec->template_.spec, out);
    if (object->kind == &replica_set_kind)
        cell_add(out, "%s", label_selector_text(spec->selector));
    else
        cell_add(out, "%s", str_map_format(replication_controller_selector(object), "<none>"));
}

/* --- sets: v1.34 printDaemonSet, printStatefulSet, printControllerRevision ------------------- */

static const PrintColumn daemon_set_columns[] = {
    {"NAME"},
    {"DESIRED"},
    {"CURRENT"},
    {"READY"},
    {"UP-TO-DATE"},
    {"AVAILABLE"},
    {"NODE SELECTOR"},
    {"AGE"},
    {"CONTAINERS", TRUE},
    {"IMAGES", TRUE},
    {"SELECTOR", TRUE},
    {0},
};
static const PrintColumn stateful_set_columns[] = {
    {"NAME"}, {"READY"}, {"AGE"}, {"CONTAINERS", TRUE}, {"IMAGES", TRUE}, {0},
};
static const PrintColumn controller_revision_columns[] = {
    {"NAME"}, {"CONTROLLER"}, {"REVISION"}, {"AGE"}, {0},
};

static void
daemon_set_cells(const ApiObject *object, gint64 wall_ns, gboolean wide, GPtrArray *out)
{
    const DaemonSetSpec *spec = daemon_set_spec(object);
    const DaemonSetStatus *status = daemon_set_status(object);

    cell_add(out, "%s", api_name(object));
    cell_add(out, "%d", status->desired_scheduled);
    cell_add(out, "%d", status->current_scheduled);
    cell_add(out, "%d", status->ready);
    cell_add(out, "%d", status->updated_scheduled);
    cell_add(out, "%d", status->available);
    cell_add(out, "%s", str_map_format(&spec->template_.spec.node_selector, "<none>"));
    cell_add_age(out, object, wall_ns);
    if (!wide)
        return;
    cell_add_containers(&spec->template_.spec, out);
    cell_add(out, "%s", label_selector_text(spec->selector));
}

static void
stateful_set_cells(const ApiObject *object, gint64 wall_ns, gboolean wide, GPtrArray *out)
{
    const StatefulSetSpec *spec = stateful_set_spec(object);

    cell_add(out, "%s", api_name(object));
    cell_add(out, "%d/%d", stateful_set_status(object)->ready_replicas, spec->replicas.value);
    cell_add_age(out, object, wall_ns);
    if (wide)
        cell_add_containers(&spec->template_.spec, out);
}

static void
controller_revision_cells(const ApiObject *object, gint64 wall_ns, gboolean wide, GPtrArray *out)
{
    const OwnerReference *owner = api_controller_of(object);
    const ApiKind *kind = owner == NULL ? NULL : api_kind_find(owner->api_version, owner->kind);

    (void)wide;
    cell_add(out, "%s", api_name(object));
    if (kind != NULL)
        cell_add(out, "%s/%s", api_kind_group_singular(kind), owner->name);
    else
        cell_add(out, "%s", "<none>");
    cell_add(out, "%" G_GINT64_FORMAT, controller_revision_body(object)->revision);
    cell_add_age(out, object, wall_ns);
}

const Printer daemon_set_printer = {&daemon_set_kind, daemon_set_columns, daemon_set_cells};
const Printer stateful_set_printer = {&stateful_set_kind, stateful_set_columns,
                                      stateful_set_cells};
const Printer controller_revision_printer = {&controller_revision_kind,
                                             controller_revision_columns,
                                             controller_revision_cells};
const Printer deployment_printer = {&deployment_kind, deployment_columns, deployment_cells};
const Printer replica_set_printer = {&replica_set_kind, replica_set_columns, replica_set_cells};
const Printer replication_controller_printer = {&replication_controller_kind, replica_set_columns, replica_set_cells};

/* v1.34 printPodTemplate */
static const PrintColumn pod_template_columns[] = {{"NAME"}, {"CONTAINERS"}, {"IMAGES"}, {"POD LABELS"}, {0}};

static void
pod_template_cells(const ApiObject *object, gint64 wall_ns, gboolean wide, GPtrArray *out)
{
    const PodTemplateSpec *template_ = &((const PodTemplateBody *)object->body)->template_;

    (void)wall_ns;
    (void)wide;
    cell_add(out, "%s", api_name(object));
    cell_add_containers(&template_->spec, out);
    cell_add(out, "%s", str_map_format(&template_->metadata.labels, "<none>"));
}

const Printer pod_template_printer = {&pod_template_kind, pod_template_columns, pod_template_cells};
