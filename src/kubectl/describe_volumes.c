/* describe_volumes.c - the volumes of a pod or template */

#include "kubectl/describe.h"

#include "api/kinds/storage.h"

static const char *
bool_text(OptBool value)
{
    return value == OPT_TRUE ? "true" : "false";
}

static void
describe_projected(GString *out, const ProjectedVolumeSource *projected)
{
    describe_line(
        out, 2, "Type:\tProjected (a volume that contains injected data from multiple sources)\n");
    for (guint i = 0; i < projected->sources.count; i++) {
        const VolumeProjection *source = &projected->sources.items[i];

        if (source->secret != NULL)
            describe_line(out, 2, "SecretName:\t%s\n    Optional:\t%s\n",
                          text_or(source->secret->name, ""), bool_text(source->secret->optional));
        else if (source->downward_api != NULL)
            describe_line(out, 2, "DownwardAPI:\ttrue\n");
        else if (source->config_map != NULL)
            describe_line(out, 2, "ConfigMapName:\t%s\n    Optional:\t%s\n",
                          text_or(source->config_map->name, ""),
                          bool_text(source->config_map->optional));
        else if (source->service_account_token != NULL)
            describe_line(out, 2, "TokenExpirationSeconds:\t%" G_GINT64_FORMAT "\n",
                          source->service_account_token->expiration_s.value);
    }
}

static void
describe_downward(GString *out, const DownwardApiVolumeSource *downward)
{
    describe_line(out, 2,
                  "Type:\tDownwardAPI (a volume populated by information about the pod)\n    "
                  "Items:\n");
    for (guint i = 0; i < downward->items.count; i++) {
        const DownwardApiFile *file = &downward->items.items[i];

        if (file->field_ref != NULL)
            describe_line(out, 3, "%s -> %s\n", file->field_ref->field_path, file->path);
        if (file->resource_field_ref != NULL)
            describe_line(out, 3, "%s -> %s\n", file->resource_field_ref->resource, file->path);
    }
}

/* printPersistentVolumeClaim of one that is no object: what the template says, and nothing of what becomes of it. */
static void
describe_ephemeral(GString *out, const Value *source)
{
    ClaimTemplate claim = {0};
    ApiDecodeResult result = {0};

    describe_line(out, 2, "Type:\tEphemeralVolume (an inline specification for a volume that gets created and deleted with the pod)\n");
    api_struct_decode(&claim_template_type, &claim, value_get(source, "volumeClaimTemplate"), NULL, &result);
    describe_line(out, 2, "StorageClass:\t%s\n    Volume:\t%s\n", text_or(claim.spec.storage_class_name, ""),
                  text_or(claim.spec.volume_name, ""));
    describe_labels(out, "    Labels", &claim.metadata.labels);
    describe_annotations(out, "    Annotations", &claim.metadata.annotations);
    describe_line(out, 2, "Capacity:\t\n    Access Modes:\t\n");
    if (claim.spec.volume_mode != NULL)
        describe_line(out, 2, "VolumeMode:\t%s\n", claim.spec.volume_mode);
    api_struct_clear(&claim_template_type, &claim);
    api_decode_result_clear(&result);
}

static void
describe_volume(GString *out, const Volume *volume)
{
    if (volume->host_path != NULL) {
        describe_line(out, 2,
                      "Type:\tHostPath (bare host directory volume)\n    Path:\t%s\n    "
                      "HostPathType:\t%s\n",
                      text_or(volume->host_path->path, ""),
                      volume->host_path->type != NULL ? volume->host_path->type : "<none>");
    } else if (volume->empty_dir != NULL) {
        const Quantity *limit = volume->empty_dir->size_limit;

        describe_line(out, 2,
                      "Type:\tEmptyDir (a temporary directory that shares a pod's lifetime)\n    "
                      "Medium:\t%s\n    SizeLimit:\t%s\n",
                      text_or(volume->empty_dir->medium, ""),
                      limit != NULL && quantity_sign(limit) > 0 ? quantity_format(limit)
                                                                : "<unset>");
    } else if (volume->secret != NULL) {
        describe_line(out, 2,
                      "Type:\tSecret (a volume populated by a Secret)\n    SecretName:\t%s\n    "
                      "Optional:\t%s\n",
                      text_or(volume->secret->secret_name, ""),
                      bool_text(volume->secret->optional));
    } else if (volume->config_map != NULL) {
        describe_line(out, 2,
                      "Type:\tConfigMap (a volume populated by a ConfigMap)\n    Name:\t%s\n    "
                      "Optional:\t%s\n",
                      text_or(volume->config_map->name, ""),
                      bool_text(volume->config_map->optional));
    } else if (volume->persistent_volume_claim != NULL) {
        describe_line(out, 2,
                      "Type:\tPersistentVolumeClaim (a reference to a PersistentVolumeClaim in the "
                      "same namespace)\n    ClaimName:\t%s\n    ReadOnly:\t%s\n",
                      text_or(volume->persistent_volume_claim->claim_name, ""),
                      volume->persistent_volume_claim->read_only ? "true" : "false");
    } else if (volume->downward_api != NULL) {
        describe_downward(out, volume->downward_api);
    } else if (volume->projected != NULL) {
        describe_projected(out, volume->projected);
    } else if (volume->nfs != NULL) {
        describe_line(out, 2,
                      "Type:\tNFS (an NFS mount that lasts the lifetime of a pod)\n    "
                      "Server:\t%s\n    Path:\t%s\n    ReadOnly:\t%s\n",
                      value_get_string(volume->nfs, "server", ""),
                      value_get_string(volume->nfs, "path", ""),
                      value_get_bool(volume->nfs, "readOnly", FALSE) ? "true" : "false");
    } else if (volume->ephemeral != NULL) {
        describe_ephemeral(out, volume->ephemeral);
    } else {
        describe_line(out, 1, "<unknown>\n");
    }
}

void
describe_volumes(GString *out, const PodSpec *spec, const char *space)
{
    if (spec->volumes.count == 0) {
        describe_line(out, 0, "%sVolumes:\t<none>\n", space);
        return;
    }
    describe_line(out, 0, "%sVolumes:\n", space);
    for (guint i = 0; i < spec->volumes.count; i++) {
        describe_line(out, 1, "%s%s:\n", space[0] != '\0' ? " " : "", spec->volumes.items[i].name);
        describe_volume(out, &spec->volumes.items[i]);
    }
}
