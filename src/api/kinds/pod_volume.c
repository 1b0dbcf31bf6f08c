/* The tables of the volumes of a pod. */
#include "api/kinds/tables.h"

static const ApiField key_to_path_fields[] = {
    {"key", API_STRING, AT(KeyToPath, key), API_REQUIRED | API_ALWAYS,
     .doc = "The key to show as a file."},
    {"path", API_STRING, AT(KeyToPath, path), API_REQUIRED | API_ALWAYS,
     .doc = "Relative path of the file."},
    {"mode", API_OPT_INT32, AT(KeyToPath, mode), .doc = "Permission bits of the file."},
    {0},
};
static const ApiType key_to_path_type =
    TYPE("KeyToPath", KeyToPath, key_to_path_fields, "A key that appears as a file.");

static const ApiField config_map_source_fields[] = {
    {"name", API_STRING, AT(ConfigMapVolumeSource, name), .doc = "Name of the ConfigMap."},
    {"items", API_MESSAGE_LIST, AT(ConfigMapVolumeSource, items), .message = &key_to_path_type,
     .doc = "The keys to show; all of them if absent."},
    {"defaultMode", API_OPT_INT32, AT(ConfigMapVolumeSource, default_mode), .def = "420",
     .doc = "Permission bits of the files."},
    {"optional", API_OPT_BOOL, AT(ConfigMapVolumeSource, optional),
     .doc = "Whether the pod may start although the ConfigMap or a key is missing."},
    {0},
};
static const ApiType config_map_source_type = TYPE("ConfigMapVolumeSource",
                                                   ConfigMapVolumeSource,
                                                   config_map_source_fields,
                                                   "Shows a ConfigMap as files.");

static const ApiField secret_source_fields[] = {
    {"secretName", API_STRING, AT(SecretVolumeSource, secret_name), .doc = "Name of the Secret."},
    {"items", API_MESSAGE_LIST, AT(SecretVolumeSource, items), .message = &key_to_path_type,
     .doc = "The keys to show; all of them if absent."},
    {"defaultMode", API_OPT_INT32, AT(SecretVolumeSource, default_mode), .def = "420",
     .doc = "Permission bits of the files."},
    {"optional", API_OPT_BOOL, AT(SecretVolumeSource, optional),
     .doc = "Whether the pod may start although the Secret or a key is missing."},
    {0},
};
static const ApiType secret_source_type = TYPE("SecretVolumeSource",
                                               SecretVolumeSource,
                                               secret_source_fields,
                                               "Shows a Secret as files.");

static const ApiField host_path_fields[] = {
    {"path", API_STRING, AT(HostPathVolumeSource, path), API_REQUIRED | API_ALWAYS,
     .doc = "Path on the node."},
    {"type", API_STRING, AT(HostPathVolumeSource, type), API_POINTER, .def = "",
     .go_type = "v1.HostPathType",
     .doc = "What must be there already, such as Directory or File; empty for no check."},
    {0},
};
static const ApiType host_path_type = TYPE("HostPathVolumeSource",
                                           HostPathVolumeSource,
                                           host_path_fields,
                                           "Shows a file or directory of the node.");

static const ApiField empty_dir_fields[] = {
    {"medium", API_STRING, AT(EmptyDirVolumeSource, medium), .go_type = "v1.StorageMedium",
     .doc = "Empty for the node's disk, Memory for a file system in memory."},
    {"sizeLimit", API_QUANTITY, AT(EmptyDirVolumeSource, size_limit),
     .go_type = "resource.Quantity", .doc = "A pod that stores more than this in it is evicted."},
    {0},
};
static const ApiType empty_dir_type =
    TYPE("EmptyDirVolumeSource",
         EmptyDirVolumeSource,
         empty_dir_fields,
         "A directory that is empty at first and lives as long as the pod.");

static const ApiField pvc_source_fields[] = {
    {"claimName", API_STRING, AT(PvcVolumeSource, claim_name), API_REQUIRED | API_ALWAYS,
     .doc = "Name of the PersistentVolumeClaim."},
    {"readOnly", API_BOOL, AT(PvcVolumeSource, read_only),
     .doc = "Whether it is mounted read-only."},
    {0},
};
static const ApiType pvc_source_type = TYPE("PersistentVolumeClaimVolumeSource",
                                            PvcVolumeSource,
                                            pvc_source_fields,
                                            "Mounts the volume of a claim in the same namespace.");

static const ApiField downward_file_fields[] = {
    {"path", API_STRING, AT(DownwardApiFile, path), API_REQUIRED | API_ALWAYS,
     .doc = "Relative path of the file."},
    {"fieldRef", API_MESSAGE, AT(DownwardApiFile, field_ref),
     .message = &object_field_selector_type, .doc = "The field of the pod to show."},
    {"resourceFieldRef", API_MESSAGE, AT(DownwardApiFile, resource_field_ref),
     .message = &resource_field_selector_type,
     .doc = "The resource request or limit of a container to show."},
    {"mode", API_OPT_INT32, AT(DownwardApiFile, mode), .doc = "Permission bits of the file."},
    {0},
};
static const ApiType downward_file_type = TYPE("DownwardAPIVolumeFile",
                                               DownwardApiFile,
                                               downward_file_fields,
                                               "A fact about the pod that appears as a file.");

static const ApiField downward_source_fields[] = {
    {"items", API_MESSAGE_LIST, AT(DownwardApiVolumeSource, items), .message = &downward_file_type,
     .doc = "The files."},
    {"defaultMode", API_OPT_INT32, AT(DownwardApiVolumeSource, default_mode), .def = "420",
     .doc = "Permission bits of the files."},
    {0},
};
static const ApiType downward_source_type = TYPE("DownwardAPIVolumeSource",
                                                 DownwardApiVolumeSource,
                                                 downward_source_fields,
                                                 "Shows facts about the pod as files.");

static const ApiField secret_projection_fields[] = {
    {"name", API_STRING, AT(NamedProjection, name), .doc = "Name of the Secret."},
    {"items", API_MESSAGE_LIST, AT(NamedProjection, items), .message = &key_to_path_type,
     .doc = "The keys to show; all of them if absent."},
    {"optional", API_OPT_BOOL, AT(NamedProjection, optional),
     .doc = "Whether the pod may start although the Secret or a key is missing."},
    {0},
};
static const ApiType secret_projection_type =
    TYPE("SecretProjection", NamedProjection, secret_projection_fields, "Shows a Secret as files.");

static const ApiField config_map_projection_fields[] = {
    {"name", API_STRING, AT(NamedProjection, name), .doc = "Name of the ConfigMap."},
    {"items", API_MESSAGE_LIST, AT(NamedProjection, items), .message = &key_to_path_type,
     .doc = "The keys to show; all of them if absent."},
    {"optional", API_OPT_BOOL, AT(NamedProjection, optional),
     .doc = "Whether the pod may start although the ConfigMap or a key is missing."},
    {0},
};
static const ApiType config_map_projection_type = TYPE("ConfigMapProjection",
                                                       NamedProjection,
                                                       config_map_projection_fields,
                                                       "Shows a ConfigMap as files.");

static const ApiField downward_projection_fields[] = {
    {"items", API_MESSAGE_LIST, AT(DownwardApiProjection, items), .message = &downward_file_type,
     .doc = "The files."},
    {0},
};
static const ApiType downward_projection_type = TYPE("DownwardAPIProjection",
                                                     DownwardApiProjection,
                                                     downward_projection_fields,
                                                     "Shows facts about the pod as files.");

static const ApiField token_projection_fields[] = {
    {"audience", API_STRING, AT(ServiceAccountTokenProjection, audience),
     .doc = "Whom the token is for; the API server if absent."},
    {"expirationSeconds", API_OPT_INT64, AT(ServiceAccountTokenProjection, expiration_s),
     .def = "3600", .doc = "Life time of the token in seconds, at least 600."},
    {"path", API_STRING, AT(ServiceAccountTokenProjection, path), API_REQUIRED | API_ALWAYS,
     .doc = "Relative path of the file."},
    {0},
};
static const ApiType token_projection_type = TYPE("ServiceAccountTokenProjection",
                                                  ServiceAccountTokenProjection,
                                                  token_projection_fields,
                                                  "A service account token as a file.");

static const ApiField volume_projection_fields[] = {
    {"secret", API_MESSAGE, AT(VolumeProjection, secret), .message = &secret_projection_type,
     .doc = "Keys of a Secret."},
    {"downwardAPI", API_MESSAGE, AT(VolumeProjection, downward_api),
     .message = &downward_projection_type, .doc = "Facts about the pod."},
    {"configMap", API_MESSAGE, AT(VolumeProjection, config_map),
     .message = &config_map_projection_type, .doc = "Keys of a ConfigMap."},
    {"serviceAccountToken", API_MESSAGE, AT(VolumeProjection, service_account_token),
     .message = &token_projection_type, .doc = "A token of the pod's service account."},
    {"clusterTrustBundle", API_RAW, AT(VolumeProjection, cluster_trust_bundle),
     .go_type = "v1.ClusterTrustBundleProjection", .doc = "Certificates of trust bundles."},
    {"podCertificate", API_RAW, AT(VolumeProjection, pod_certificate),
     .go_type = "v1.PodCertificateProjection", .doc = "A certificate made for the pod."},
    {0},
};
static const ApiType volume_projection_type = TYPE("VolumeProjection",
                                                   VolumeProjection,
                                                   volume_projection_fields,
                                                   "One of the sources of a projected volume.");

static const ApiField projected_source_fields[] = {
    {"sources", API_MESSAGE_LIST, AT(ProjectedVolumeSource, sources), API_ALWAYS,
     .message = &volume_projection_type, .doc = "What the volume shows."},
    {"defaultMode", API_OPT_INT32, AT(ProjectedVolumeSource, default_mode), .def = "420",
     .doc = "Permission bits of the files."},
    {0},
};
static const ApiType projected_source_type = TYPE("ProjectedVolumeSource",
                                                  ProjectedVolumeSource,
                                                  projected_source_fields,
                                                  "Shows several sources in one directory.");

static const ApiField volume_fields[] = {
    {"name", API_STRING, AT(Volume, name), API_REQUIRED | API_ALWAYS,
     .doc = "Name of the volume, a DNS label, unique in the pod."},
    {"hostPath", API_MESSAGE, AT(Volume, host_path), .message = &host_path_type,
     .doc = "A file or directory of the node."},
    {"emptyDir", API_MESSAGE, AT(Volume, empty_dir), .message = &empty_dir_type,
     .doc = "A directory that lives as long as the pod."},
    {"gcePersistentDisk", API_RAW, AT(Volume, gce_disk), .message = &gce_disk_shape, .go_type = "v1.GCEPersistentDiskVolumeSource",
     .doc = "A disk of Google's cloud."},
    {"awsElasticBlockStore", API_RAW, AT(Volume, aws_disk), .message = &aws_disk_shape, .go_type = "v1.AWSElasticBlockStoreVolumeSource",
     .doc = "A disk of Amazon's cloud."},
    {"gitRepo", API_RAW, AT(Volume, git_repo), .message = &git_repo_shape, .go_type = "v1.GitRepoVolumeSource",
     .doc = "A git repository at a revision; deprecated."},
    {"secret", API_MESSAGE, AT(Volume, secret), .message = &secret_source_type,
     .doc = "The keys of a Secret as files."},
    {"nfs", API_RAW, AT(Volume, nfs), .message = &nfs_shape, .go_type = "v1.NFSVolumeSource",
     .doc = "A directory of a NFS server."},
    {"iscsi", API_RAW, AT(Volume, iscsi), .message = &iscsi_shape, .go_type = "v1.ISCSIVolumeSource",
     .doc = "An iSCSI disk."},
    {"glusterfs", API_RAW, AT(Volume, glusterfs), .message = &glusterfs_shape, .go_type = "v1.GlusterfsVolumeSource",
     .doc = "A Glusterfs volume; no longer works."},
    {"persistentVolumeClaim", API_MESSAGE, AT(Volume, persistent_volume_claim),
     .message = &pvc_source_type, .doc = "The volume that a claim is bound to."},
    {"rbd", API_RAW, AT(Volume, rbd), .message = &rbd_shape, .go_type = "v1.RBDVolumeSource",
     .doc = "A Ceph block device; no longer works."},
    {"flexVolume", API_RAW, AT(Volume, flex_volume), .message = &flex_volume_shape, .go_type = "v1.FlexVolumeSource",
     .doc = "A volume of a program on the node."},
    {"cinder", API_RAW, AT(Volume, cinder), .message = &cinder_shape, .go_type = "v1.CinderVolumeSource",
     .doc = "A disk of OpenStack."},
    {"cephfs", API_RAW, AT(Volume, cephfs), .message = &cephfs_shape, .go_type = "v1.CephFSVolumeSource",
     .doc = "A Ceph file system; no longer works."},
    {"flocker", API_RAW, AT(Volume, flocker), .message = &flocker_shape, .go_type = "v1.FlockerVolumeSource",
     .doc = "A Flocker dataset; no longer works."},
    {"downwardAPI", API_MESSAGE, AT(Volume, downward_api), .message = &downward_source_type,
     .doc = "Facts about the pod as files."},
    {"fc", API_RAW, AT(Volume, other), .message = &fibre_channel_shape, .go_type = "v1.FCVolumeSource",
     .doc = "A Fibre Channel disk."},
    {"azureFile", API_RAW, AT(Volume, azure_file), .message = &azure_file_shape, .go_type = "v1.AzureFileVolumeSource",
     .doc = "A share of Microsoft's cloud."},
    {"configMap", API_MESSAGE, AT(Volume, config_map), .message = &config_map_source_type,
     .doc = "The keys of a ConfigMap as files."},
    {"vsphereVolume", API_RAW, AT(Volume, vsphere_volume), .message = &vsphere_volume_shape, .go_type = "v1.VsphereVirtualDiskVolumeSource",
     .doc = "A disk of vSphere."},
    {"quobyte", API_RAW, AT(Volume, quobyte), .message = &quobyte_shape, .go_type = "v1.QuobyteVolumeSource",
     .doc = "A Quobyte volume; no longer works."},
    {"azureDisk", API_RAW, AT(Volume, azure_disk), .message = &azure_disk_shape, .go_type = "v1.AzureDiskVolumeSource",
     .doc = "A disk of Microsoft's cloud."},
    {"photonPersistentDisk", API_RAW, AT(Volume, photon_disk), .message = &photon_disk_shape, .go_type = "v1.PhotonPersistentDiskVolumeSource",
     .doc = "A Photon disk; no longer works."},
    {"projected", API_MESSAGE, AT(Volume, projected), .message = &projected_source_type,
     .doc = "Several sources in one directory."},
    {"portworxVolume", API_RAW, AT(Volume, portworx_volume), .message = &portworx_volume_shape, .go_type = "v1.PortworxVolumeSource",
     .doc = "A Portworx volume."},
    {"scaleIO", API_RAW, AT(Volume, scale_io), .message = &scale_io_shape, .go_type = "v1.ScaleIOVolumeSource",
     .doc = "A ScaleIO volume; no longer works."},
    {"storageos", API_RAW, AT(Volume, storageos), .message = &storageos_shape, .go_type = "v1.StorageOSVolumeSource",
     .doc = "A StorageOS volume; no longer works."},
    {"csi", API_RAW, AT(Volume, csi), .message = &csi_volume_shape, .go_type = "v1.CSIVolumeSource",
     .doc = "A volume that a CSI driver makes for the pod."},
    {"ephemeral", API_RAW, AT(Volume, ephemeral), .message = &ephemeral_shape,
     .go_type = "v1.EphemeralVolumeSource",
     .doc = "A claim that is made and deleted with the pod."},
    {"image", API_RAW, AT(Volume, image), .message = &image_volume_shape, .go_type = "v1.ImageVolumeSource",
     .doc = "The content of a container image."},
    {0},
};
const ApiType volume_type =
    TYPE("Volume", Volume, volume_fields, "A directory that the pod's containers can mount.");
