/*
 * printers.h - the columns of each kind, shared by the files that hold them
 *
 * Models: v1.33 pkg/printers/internalversion.
 */
#pragma once

#include "kubectl/internal.h"

/* Each kind's printer; printers.c lists them. */
extern const Printer pod_printer, deployment_printer, replica_set_printer, replication_controller_printer, pod_template_printer, daemon_set_printer,
    stateful_set_printer, job_printer, cron_job_printer, hpa_printer, vpa_printer,
    controller_revision_printer, service_printer,
    endpoint_slice_printer, endpoints_printer, node_printer, namespace_printer, event_printer,
    config_map_printer, secret_printer, service_account_printer, priority_class_printer,
    lease_printer, ingress_printer, network_policy_printer, storage_class_printer, csi_node_printer, csi_driver_printer, csi_storage_capacity_printer, claim_printer, volume_printer, pdb_printer, resource_quota_printer, limit_range_printer,
    runtime_class_printer, role_printer, cluster_role_printer, role_binding_printer, cluster_role_binding_printer;

void cell_add(GPtrArray *cells, const char *format, ...) G_GNUC_PRINTF(2, 3);
/* cell_add_age: AGE of the object. */
void cell_add_age(GPtrArray *cells, const ApiObject *object, gint64 wall_ns);
/* node_roles_text: "control-plane,worker", "<none>". (interned) */
const char *node_roles_text(const ApiObject *node);
/* cell_add_containers: CONTAINERS and IMAGES of a template. */
void cell_add_containers(const PodSpec *spec, GPtrArray *cells);
/* access_modes_text: "RWO,ROX"; storage_size_text: of the key storage, "0" if there is none. */
const char *access_modes_text(const StrList *modes);
const char *storage_size_text(const QuantityMap *capacity);
/* label_selector_text: "a=b,c in (d)", "<none>". (interned) */
const char *label_selector_text(const LabelSelector *selector);
/* event_last_time: when it was seen last. */
ApiTime event_last_time(const EventBody *event);
