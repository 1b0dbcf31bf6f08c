/* describe_storage.c - claims, volumes and their classes; models k8s.io/kubectl pkg/describe v0.34 */

#include "api/kinds/csi_node.h"
#include "api/kinds/network.h"
#include "api/kinds/storage.h"
#include "base/duration.h"
#include "kubectl/describe.h"
#include "kubectl/printers.h"

/* As Go prints a list of texts. */
static void
write_finalizers(GString *out, const ApiObject *object)
{
    const StrList *list = &object->meta->finalizers;

    describe_line(out, 0, "Finalizers:\t[");
    for (guint i = 0; i < list->count; i++)
        g_string_append_printf(out, "%s%s", i > 0 ? " " : "", list->items[i]);
    g_string_append(out, "]\n");
}

static void
write_phase(GString *out, const Description *description, const char *phase)
{
    ApiTime deleted = description->object->meta->deletion_time;
    g_autofree char *age = NULL;

    if (deleted == 0) {
        describe_line(out, 0, "Status:\t%s\n", text_or(phase, ""));
        return;
    }
    age = duration_format_human(description->wall_ns - deleted);
    describe_line(out, 0, "Status:\tTerminating (lasts %s)\n", age);
}

/* --- PersistentVolumeClaim: describePVC --------------------------------------------------------- */

static void
write_users(GString *out, const Description *description)
{
    guint count = 0;

    describe_line(out, 0, "Used By:\t");
    for (guint i = 0; description->related != NULL && i < description->related->len; i++) {
        const ApiObject *pod = g_ptr_array_index(description->related, i);

        if (pod_uses_claim(pod, api_name(description->object)))
            g_string_append_printf(out, "%s%s\n", count++ > 0 ? "\t" : "", api_name(pod));
    }
    if (count == 0)
        g_string_append(out, "<none>\n");
}

static void
write_claim(GString *out, const Description *description)
{
    const ApiObject *claim = description->object;
    const PvcSpec *spec = pvc_spec(claim);
    const PvcStatus *status = pvc_status(claim);
    gboolean is_bound = !str_is_empty(spec->volume_name);

    describe_head(out, claim);
    describe_line(out, 0, "StorageClass:\t%s\n", text_or(spec->storage_class_name, ""));
    write_phase(out, description, status->phase);
    describe_line(out, 0, "Volume:\t%s\n", text_or(spec->volume_name, ""));
    describe_labels(out, "Labels", &claim->meta->labels);
    describe_annotations(out, "Annotations", &claim->meta->annotations);
    write_finalizers(out, claim);
    describe_line(out, 0, "Capacity:\t%s\n", is_bound ? storage_size_text(&status->capacity) : "");
    describe_line(out, 0, "Access Modes:\t%s\n", is_bound ? access_modes_text(&status->access_modes) : "");
    if (spec->volume_mode != NULL)
        describe_line(out, 0, "VolumeMode:\t%s\n", spec->volume_mode);
    if (spec->data_source != NULL) {
        describe_line(out, 0, "DataSource:\n");
        if (value_get_string(spec->data_source, "apiGroup", NULL) != NULL)
            describe_line(out, 1, "APIGroup:\t%s\n", value_get_string(spec->data_source, "apiGroup", ""));
        describe_line(out, 1, "Kind:\t%s\n", value_get_string(spec->data_source, "kind", ""));
        describe_line(out, 1, "Name:\t%s\n", value_get_string(spec->data_source, "name", ""));
    }
    write_users(out, description);
    describe_events(out, description->events, description->wall_ns);
}

/* All pods of the namespace: nothing selects those that use a claim. */
static void
ask_all(G_GNUC_UNUSED const ApiObject *object, G_GNUC_UNUSED ApiRequest *request)
{
}

const Describer describe_claim = {&persistent_volume_claim_kind, write_claim, &pod_kind, ask_all};

/* --- PersistentVolume: describePersistentVolume --------------------------------------------------- */

static const char *
yes_no(const Value *source, const char *key)
{
    return value_get_bool(source, key, FALSE) ? "true" : "false";
}

/* printCSIPersistentVolumeAttributesMultiline */
static void
write_attributes(GString *out, const Value *attributes)
{
    guint count = attributes == NULL || attributes->type != VALUE_MAP ? 0 : attributes->count;
    g_autofree guint *order = count > 0 ? value_sorted_order(attributes) : NULL;

    describe_line(out, 2, "VolumeAttributes:\t");
    if (count == 0)
        g_string_append(out, "<none>\n");
    for (guint i = 0; i < count; i++) {
        const char *key = attributes->keys[order[i]];

        g_string_append_printf(out, "%s    %s=%s\n", i > 0 ? "    \t" : "", key, value_get_string(attributes, key, ""));
    }
}

static void
write_source(GString *out, const PvSpec *spec)
{
    describe_line(out, 0, "Source:\n");
    if (spec->host_path != NULL)
        describe_line(out, 2, "Type:\tHostPath (bare host directory volume)\n    Path:\t%s\n    HostPathType:\t%s\n",
                      text_or(spec->host_path->path, ""), spec->host_path->type != NULL ? spec->host_path->type : "<none>");
    else if (spec->nfs != NULL)
        describe_line(out, 2,
                      "Type:\tNFS (an NFS mount that lasts the lifetime of a pod)\n    Server:\t%s\n    Path:\t%s\n    "
                      "ReadOnly:\t%s\n",
                      value_get_string(spec->nfs, "server", ""), value_get_string(spec->nfs, "path", ""),
                      yes_no(spec->nfs, "readOnly"));
    else if (spec->local != NULL)
        describe_line(out, 2, "Type:\tLocalVolume (a persistent volume backed by local storage on a node)\n    Path:\t%s\n",
                      value_get_string(spec->local, "path", ""));
    else if (spec->csi != NULL) {
        describe_line(out, 2,
                      "Type:\tCSI (a Container Storage Interface (CSI) volume source)\n    Driver:\t%s\n    FSType:\t%s\n    "
                      "VolumeHandle:\t%s\n    ReadOnly:\t%s\n",
                      value_get_string(spec->csi, "driver", ""), value_get_string(spec->csi, "fsType", ""),
                      value_get_string(spec->csi, "volumeHandle", ""), yes_no(spec->csi, "readOnly"));
        write_attributes(out, value_get(spec->csi, "volumeAttributes"));
    } else
        describe_line(out, 1, "<unknown>\n");
}

/* printNodeSelectorTermsMultilineWithIndent: "key in [a, b]" */
static void
write_terms(GString *out, const Value *rows)
{
    guint count = rows == NULL || rows->type != VALUE_LIST ? 0 : rows->count;

    if (count == 0)
        g_string_append(out, "\t<none>\n");
    for (guint i = 0; i < count; i++) {
        const Value *values = value_get(rows->items[i], "values");
        g_autofree char *lower = g_ascii_strdown(value_get_string(rows->items[i], "operator", ""), -1);

        g_string_append_printf(out, "%s\t%s %s", i > 0 ? "    " : "", value_get_string(rows->items[i], "key", ""), lower);
        for (guint k = 0; values != NULL && values->type == VALUE_LIST && k < values->count; k++)
            g_string_append_printf(out, "%s%s%s", k == 0 ? " [" : ", ", values->items[k]->text,
                                   k + 1 == values->count ? "]" : "");
        g_string_append_c(out, '\n');
    }
}

static void
write_affinity(GString *out, const Value *affinity)
{
    const Value *terms = value_get_path(affinity, "required", "nodeSelectorTerms", NULL);

    if (value_get(affinity, "required") == NULL) {
        describe_line(out, 0, "Node Affinity:\t<none>\n");
        return;
    }
    describe_line(out, 0, "Node Affinity:\t\n");
    if (terms == NULL || terms->count == 0) {
        describe_line(out, 1, "Required Terms:\t<none>\n");
        return;
    }
    describe_line(out, 1, "Required Terms:\t\n");
    for (guint i = 0; i < terms->count; i++) {
        describe_line(out, 2, "Term %u:", i);
        write_terms(out, value_get(terms->items[i], "matchExpressions"));
    }
}

static void
write_volume(GString *out, const Description *description)
{
    const ApiObject *volume = description->object;
    const PvSpec *spec = pv_spec(volume);

    describe_line(out, 0, "Name:\t%s\n", api_name(volume));
    describe_labels(out, "Labels", &volume->meta->labels);
    describe_annotations(out, "Annotations", &volume->meta->annotations);
    write_finalizers(out, volume);
    describe_line(out, 0, "StorageClass:\t%s\n", text_or(spec->storage_class_name, ""));
    write_phase(out, description, pv_status(volume)->phase);
    if (spec->claim_ref != NULL)
        describe_line(out, 0, "Claim:\t%s/%s\n", text_or(spec->claim_ref->namespace_, ""), text_or(spec->claim_ref->name, ""));
    else
        describe_line(out, 0, "Claim:\t\n");
    describe_line(out, 0, "Reclaim Policy:\t%s\n", text_or(spec->reclaim_policy, ""));
    describe_line(out, 0, "Access Modes:\t%s\n", access_modes_text(&spec->access_modes));
    if (spec->volume_mode != NULL)
        describe_line(out, 0, "VolumeMode:\t%s\n", spec->volume_mode);
    describe_line(out, 0, "Capacity:\t%s\n", storage_size_text(&spec->capacity));
    write_affinity(out, spec->node_affinity);
    describe_line(out, 0, "Message:\t%s\n", text_or(pv_status(volume)->message, ""));
    write_source(out, spec);
    describe_events(out, description->events, description->wall_ns);
}

const Describer describe_volume_of_cluster = {&persistent_volume_kind, write_volume};

/* --- StorageClass: describeStorageClass ------------------------------------------------------------- */

static gboolean
is_default_class(const ApiObject *class_)
{
    const StrMap *map = &class_->meta->annotations;

    return str_is(str_map_get(map, str_intern("storageclass.kubernetes.io/is-default-class")), "true") ||
           str_is(str_map_get(map, str_intern("storageclass.beta.kubernetes.io/is-default-class")), "true");
}

static void
write_topologies(GString *out, const Value *terms)
{
    if (terms == NULL || terms->type != VALUE_LIST)
        return;
    describe_line(out, 0, "AllowedTopologies:\t%s\n", terms->count == 0 ? "<none>" : "");
    for (guint i = 0; i < terms->count; i++) {
        const Value *rows = value_get(terms->items[i], "matchLabelExpressions");

        describe_line(out, 1, "Term %u:", i);
        if (rows == NULL || rows->count == 0)
            g_string_append(out, "\t<none>\n");
        for (guint k = 0; rows != NULL && k < rows->count; k++) {
            const Value *values = value_get(rows->items[k], "values");

            g_string_append_printf(out, "%s\t%s in [", k > 0 ? "  " : "", value_get_string(rows->items[k], "key", ""));
            for (guint v = 0; values != NULL && v < values->count; v++)
                g_string_append_printf(out, "%s%s", v > 0 ? ", " : "", values->items[v]->text);
            g_string_append(out, "]\n");
        }
    }
}

static void
write_class(GString *out, const Description *description)
{
    const ApiObject *class_ = description->object;
    const StorageClassBody *body = class_->body;

    describe_line(out, 0, "Name:\t%s\n", api_name(class_));
    describe_line(out, 0, "IsDefaultClass:\t%s\n", is_default_class(class_) ? "Yes" : "No");
    describe_line(out, 0, "Annotations:\t%s\n", str_map_format(&class_->meta->annotations, "<none>"));
    describe_line(out, 0, "Provisioner:\t%s\n", text_or(body->provisioner, ""));
    describe_line(out, 0, "Parameters:\t%s\n", str_map_format(&body->parameters, "<none>"));
    describe_line(out, 0, "AllowVolumeExpansion:\t%s\n",
                  body->allow_volume_expansion == OPT_UNSET  ? "<unset>"
                  : body->allow_volume_expansion == OPT_TRUE ? "True"
                                                             : "False");
    describe_line(out, 0, body->mount_options.count == 0 ? "MountOptions:\t<none>\n" : "MountOptions:\n");
    for (guint i = 0; i < body->mount_options.count; i++)
        describe_line(out, 1, "%s\n", body->mount_options.items[i]);
    if (body->reclaim_policy != NULL)
        describe_line(out, 0, "ReclaimPolicy:\t%s\n", body->reclaim_policy);
    if (body->volume_binding_mode != NULL)
        describe_line(out, 0, "VolumeBindingMode:\t%s\n", body->volume_binding_mode);
    write_topologies(out, body->allowed_topologies);
    describe_events(out, description->events, description->wall_ns);
}

const Describer describe_storage_class = {&storage_class_kind, write_class};

/* --- CSINode: describeCSINode ----------------------------------------------------------------------- */

static void
write_driver(GString *out, const CsiNodeDriver *driver)
{
    describe_line(out, 2, "%s:\n", driver->name);
    describe_line(out, 3, "Node ID:\t%s\n", driver->node_id);
    if (driver->allocatable != NULL && driver->allocatable->count.is_set) {
        describe_line(out, 3, "Allocatables:\n");
        describe_line(out, 4, "Count:\t%d\n", driver->allocatable->count.value);
    }
    if (driver->topology_keys.count == 0)
        return;
    describe_line(out, 3, "Topology Keys:\t[");
    for (guint i = 0; i < driver->topology_keys.count; i++)
        g_string_append_printf(out, "%s%s", i > 0 ? " " : "", driver->topology_keys.items[i]);
    g_string_append(out, "]\n");
}

static void
write_csi_node(GString *out, const Description *description)
{
    const ApiObject *node = description->object;
    const CsiNodeSpec *spec = csi_node_spec(node);
    g_autofree char *created = time_text(node->meta->creation_time);

    describe_line(out, 0, "Name:\t%s\n", api_name(node));
    describe_labels(out, "Labels", &node->meta->labels);
    describe_annotations(out, "Annotations", &node->meta->annotations);
    describe_line(out, 0, "CreationTimestamp:\t%s\n", created);
    describe_line(out, 0, "Spec:\n");
    if (spec->drivers.count > 0)
        describe_line(out, 1, "Drivers:\n");
    for (guint i = 0; i < spec->drivers.count; i++)
        write_driver(out, &spec->drivers.items[i]);
    describe_events(out, description->events, description->wall_ns);
}

const Describer describe_csi_node = {&csi_node_kind, write_csi_node};
