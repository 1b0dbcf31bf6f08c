/*
 * Shapes of what is kept as a tree: which fields there are and of which type,
 * so that a misspelt or wrong one is refused as everywhere else. A tree is read
 * into the shape and written back; nobody keeps the struct between.
 */
#include "api/kinds/tables.h"

#define SLOT_BYTES 32 /* room for a field of any type */
#define SLOT(i)    ((i) * SLOT_BYTES)
#define SHAPE(c_name, go_name, text, ...)                                                          \
    static const ApiField c_name##_fields[] = {__VA_ARGS__, {0}};                                  \
    const ApiType c_name##_shape = {                                                               \
        .name = go_name,                                                                           \
        .package = "v1",                                                                           \
        .size = SLOT(G_N_ELEMENTS(c_name##_fields)),                                               \
        .fields = c_name##_fields,                                                                 \
        .doc = text,                                                                               \
    }
#define TEXT(i, key, text) {key, API_STRING, SLOT(i), .doc = text}
#define NEED(i, key, text) {key, API_STRING, SLOT(i), API_REQUIRED | API_ALWAYS, .doc = text}
#define OPT(i, key, text)  {key, API_STRING, SLOT(i), API_POINTER, .doc = text}
#define FLAG(i, key, text) {key, API_BOOL, SLOT(i), .doc = text}
#define YES_NO(i, key, text) {key, API_OPT_BOOL, SLOT(i), .doc = text}
#define NUMBER(i, key, text) {key, API_OPT_INT64, SLOT(i), .doc = text}
#define WORDS(i, key, text)  {key, API_STR_LIST, SLOT(i), .doc = text}
#define PART(i, key, shape, text) {key, API_MESSAGE, SLOT(i), .message = &shape##_shape, .doc = text}
#define PARTS(i, key, shape, text) {key, API_MESSAGE_LIST, SLOT(i), .message = &shape##_shape, .doc = text}

/* --- security -------------------------------------------------------------------------------- */

SHAPE(se_linux, "SELinuxOptions", "A SELinux label.", TEXT(0, "user", "The user part."), TEXT(1, "role", "The role part."),
      TEXT(2, "type", "The type part."), TEXT(3, "level", "The level part."));

SHAPE(windows_options, "WindowsSecurityContextOptions", "What only Windows knows.",
      OPT(0, "gmsaCredentialSpecName", "Name of the GMSA credential spec."),
      OPT(1, "gmsaCredentialSpec", "The GMSA credential spec itself."), OPT(2, "runAsUserName", "Name of the user."),
      YES_NO(3, "hostProcess", "Whether the container runs as a process of the host."));

SHAPE(seccomp, "SeccompProfile", "Which system calls are allowed.",
      NEED(0, "type", "RuntimeDefault, Unconfined or Localhost."),
      OPT(1, "localhostProfile", "File on the node, for Localhost."));

SHAPE(app_armor, "AppArmorProfile", "An AppArmor profile.", NEED(0, "type", "RuntimeDefault, Unconfined or Localhost."),
      OPT(1, "localhostProfile", "Profile loaded on the node, for Localhost."));

SHAPE(capabilities, "Capabilities", "Rights that a process of root would have.", WORDS(0, "add", "Rights given."),
      WORDS(1, "drop", "Rights taken."));

SHAPE(sysctl, "Sysctl", "A kernel parameter.", NEED(0, "name", "Name of the parameter."), NEED(1, "value", "Its value."));

SHAPE(security_context, "SecurityContext", "How a container's processes run.",
      PART(0, "capabilities", capabilities, "Rights added and dropped."),
      YES_NO(1, "privileged", "Whether processes are as good as root on the node."),
      PART(2, "seLinuxOptions", se_linux, "The SELinux label."),
      PART(3, "windowsOptions", windows_options, "What only Windows knows."),
      NUMBER(4, "runAsUser", "The user's number."), NUMBER(5, "runAsGroup", "The group's number."),
      YES_NO(6, "runAsNonRoot", "Whether root is refused."),
      YES_NO(7, "readOnlyRootFilesystem", "Whether the root file system cannot be written."),
      YES_NO(8, "allowPrivilegeEscalation", "Whether a process may gain more rights than its parent."),
      {"procMount", API_STRING, SLOT(9), API_POINTER, .go_type = "v1.ProcMountType", .doc = "Default or Unmasked."},
      PART(10, "seccompProfile", seccomp, "Which system calls are allowed."),
      PART(11, "appArmorProfile", app_armor, "The AppArmor profile."));

SHAPE(pod_security_context, "PodSecurityContext", "How the processes of all containers run.",
      PART(0, "seLinuxOptions", se_linux, "The SELinux label."),
      PART(1, "windowsOptions", windows_options, "What only Windows knows."),
      NUMBER(2, "runAsUser", "The user's number."), NUMBER(3, "runAsGroup", "The group's number."),
      YES_NO(4, "runAsNonRoot", "Whether root is refused."),
      {"supplementalGroups", API_INT32_LIST, SLOT(5), .go_type = "[]int64", .doc = "Further groups of the processes."},
      {"supplementalGroupsPolicy", API_STRING, SLOT(6), API_POINTER, .go_type = "v1.SupplementalGroupsPolicy",
       .doc = "Merge or Strict."},
      NUMBER(7, "fsGroup", "Group that owns the files of volumes."), PARTS(8, "sysctls", sysctl, "Kernel parameters."),
      {"fsGroupChangePolicy", API_STRING, SLOT(9), API_POINTER, .go_type = "v1.PodFSGroupChangePolicy",
       .doc = "Always or OnRootMismatch."},
      PART(10, "seccompProfile", seccomp, "Which system calls are allowed."),
      PART(11, "appArmorProfile", app_armor, "The AppArmor profile."),
      {"seLinuxChangePolicy", API_STRING, SLOT(12), API_POINTER, .go_type = "v1.PodSELinuxChangePolicy",
       .doc = "MountOption or Recursive."});

/* --- parts of pods ---------------------------------------------------------------------------- */

SHAPE(dns_option, "PodDNSConfigOption", "An option of the resolver.", TEXT(0, "name", "Its name."),
      OPT(1, "value", "Its value."));

SHAPE(dns_config, "PodDNSConfig", "What is added to the resolver's configuration.",
      WORDS(0, "nameservers", "Addresses of DNS servers."), WORDS(1, "searches", "Domains to search."),
      PARTS(2, "options", dns_option, "Options of the resolver."));

SHAPE(resize_policy, "ContainerResizePolicy", "What a change of a resource does to the container.",
      {"resourceName", API_STRING, SLOT(0), API_REQUIRED | API_ALWAYS, .go_type = "v1.ResourceName",
       .doc = "cpu or memory."},
      {"restartPolicy", API_STRING, SLOT(1), API_REQUIRED | API_ALWAYS, .go_type = "v1.ResourceResizeRestartPolicy",
       .doc = "NotRequired or RestartContainer."});

SHAPE(file_key, "FileKeySelector", "A key of a file of variables.", NEED(0, "volumeName", "Name of the volume."),
      NEED(1, "path", "Path of the file in the volume."), NEED(2, "key", "The key."),
      YES_NO(3, "optional", "Whether the container may start without it."));

SHAPE(exit_codes, "ContainerRestartRuleOnExitCodes", "Exit codes.",
      {"operator", API_STRING, SLOT(0), API_REQUIRED, .go_type = "v1.ContainerRestartRuleOnExitCodesOperator",
       .doc = "In or NotIn."},
      {"values", API_INT32_LIST, SLOT(1), .doc = "The codes."});

SHAPE(restart_rule, "ContainerRestartRule", "When a container is restarted.",
      {"action", API_STRING, SLOT(0), API_REQUIRED, .go_type = "v1.ContainerRestartRuleAction", .doc = "Restart."},
      PART(1, "exitCodes", exit_codes, "The exit codes meant."));

SHAPE(volume_device, "VolumeDevice", "A raw block device.", NEED(0, "name", "Name of a claim's volume."),
      NEED(1, "devicePath", "Path of the device in the container."));

SHAPE(pod_resource_claim, "PodResourceClaim", "A ResourceClaim of the pod.", NEED(0, "name", "Name in the pod."),
      OPT(1, "resourceClaimName", "Name of a ResourceClaim."),
      OPT(2, "resourceClaimTemplateName", "Name of a ResourceClaimTemplate."));

SHAPE(resource_claim, "ResourceClaim", "A claim of the pod that the container uses.",
      NEED(0, "name", "Name of one of spec.resourceClaims."), TEXT(1, "request", "A request of the claim."));

/* --- volumes ---------------------------------------------------------------------------------- */

SHAPE(local_reference, "LocalObjectReference", "An object of the same namespace.", TEXT(0, "name", "Its name."));

SHAPE(git_repo, "GitRepoVolumeSource", "A checked-out repository.", NEED(0, "repository", "Its address."),
      TEXT(1, "revision", "The commit."), TEXT(2, "directory", "The directory."));

SHAPE(nfs, "NFSVolumeSource", "A directory of a NFS server.", NEED(0, "server", "The server."),
      NEED(1, "path", "The directory."), FLAG(2, "readOnly", "Whether it cannot be written."));

SHAPE(image_volume, "ImageVolumeSource", "The files of an image.", TEXT(0, "reference", "The image."),
      {"pullPolicy", API_STRING, SLOT(1), .go_type = "v1.PullPolicy", .doc = "Always, IfNotPresent or Never."});

SHAPE(csi_volume, "CSIVolumeSource", "A volume of a CSI driver that lives with the pod.", NEED(0, "driver", "The driver."),
      YES_NO(1, "readOnly", "Whether it cannot be written."), OPT(2, "fsType", "Its file system."),
      {"volumeAttributes", API_STR_MAP, SLOT(3), .go_type = "map[string]string", .doc = "What the driver wants to know."},
      PART(4, "nodePublishSecretRef", local_reference, "The driver's Secret."));

SHAPE(local_volume, "LocalVolumeSource", "A disk of one node.", NEED(0, "path", "Path of the disk or directory."),
      OPT(1, "fsType", "Its file system."));

SHAPE(volume_node_affinity, "VolumeNodeAffinity", "The nodes that a volume can be used from.",
      {"required", API_MESSAGE, SLOT(0), .message = &node_selector_type, .doc = "What a node must be."});

SHAPE(typed_reference, "TypedLocalObjectReference", "An object of the same namespace, of any kind.",
      OPT(0, "apiGroup", "Its group."), NEED(1, "kind", "Its kind."), NEED(2, "name", "Its name."));

SHAPE(typed_object_reference, "TypedObjectReference", "An object of any kind.", OPT(0, "apiGroup", "Its group."),
      NEED(1, "kind", "Its kind."), NEED(2, "name", "Its name."), OPT(3, "namespace", "Its namespace."));

SHAPE(secret_reference, "SecretReference", "A Secret of any namespace.", TEXT(0, "name", "Its name."),
      TEXT(1, "namespace", "Its namespace."));

SHAPE(csi_persistent, "CSIPersistentVolumeSource", "A volume of a CSI driver.", NEED(0, "driver", "The driver."),
      NEED(1, "volumeHandle", "The driver's name of the volume."), FLAG(2, "readOnly", "Whether it cannot be written."),
      TEXT(3, "fsType", "Its file system."),
      {"volumeAttributes", API_STR_MAP, SLOT(4), .go_type = "map[string]string", .doc = "What the driver wants to know."},
      PART(5, "controllerPublishSecretRef", secret_reference, "Secret for the publishing of the volume."),
      PART(6, "nodeStageSecretRef", secret_reference, "Secret for its staging on a node."),
      PART(7, "nodePublishSecretRef", secret_reference, "Secret for its mounting on a node."),
      PART(8, "controllerExpandSecretRef", secret_reference, "Secret for its growing."),
      PART(9, "nodeExpandSecretRef", secret_reference, "Secret for its growing on a node."));

SHAPE(iscsi, "ISCSIVolumeSource", "An iSCSI disk.", NEED(0, "targetPortal", "Address of the target."),
      NEED(1, "iqn", "Name of the target."), {"lun", API_INT32, SLOT(2), API_ALWAYS, .doc = "Number of the disk."},
      {"iscsiInterface", API_STRING, SLOT(3), .def = "default", .doc = "The interface."}, TEXT(4, "fsType", "Its file system."),
      FLAG(5, "readOnly", "Whether it cannot be written."), WORDS(6, "portals", "Further addresses."),
      FLAG(7, "chapAuthDiscovery", "Whether discovery needs a secret."),
      FLAG(8, "chapAuthSession", "Whether a session needs a secret."),
      PART(9, "secretRef", secret_reference, "The secret."), OPT(10, "initiatorName", "Name of the initiator."));

SHAPE(fibre_channel, "FCVolumeSource", "A Fibre Channel disk.", WORDS(0, "targetWWNs", "Names of the targets."),
      {"lun", API_OPT_INT32, SLOT(1), .doc = "Number of the disk."}, TEXT(2, "fsType", "Its file system."),
      FLAG(3, "readOnly", "Whether it cannot be written."), WORDS(4, "wwids", "Names of the disks."));

/* Sources of storage systems that few have left; defaults as in v1.34 pkg/apis/core/v1/defaults.go. */
#define DEFAULT(i, key, value, text) {key, API_STRING, SLOT(i), .def = value, .doc = text}
#define FULL(i, key, value, go, text) {key, API_STRING, SLOT(i), API_POINTER, .def = value, .go_type = go, .doc = text}
#define COUNT(i, key, text) {key, API_INT32, SLOT(i), .doc = text}

SHAPE(gce_disk, "GCEPersistentDiskVolumeSource", "A disk of Google's cloud.", NEED(0, "pdName", "Name of the disk."),
      TEXT(1, "fsType", "Its file system."), COUNT(2, "partition", "Number of the partition."),
      FLAG(3, "readOnly", "Whether it cannot be written."));

SHAPE(aws_disk, "AWSElasticBlockStoreVolumeSource", "A disk of Amazon's cloud.", NEED(0, "volumeID", "Name of the disk."),
      TEXT(1, "fsType", "Its file system."), COUNT(2, "partition", "Number of the partition."),
      FLAG(3, "readOnly", "Whether it cannot be written."));

SHAPE(glusterfs, "GlusterfsVolumeSource", "A Glusterfs volume.", NEED(0, "endpoints", "Name of the Endpoints."),
      NEED(1, "path", "Name of the volume."), FLAG(2, "readOnly", "Whether it cannot be written."));

SHAPE(rbd, "RBDVolumeSource", "A Ceph block device.",
      {"monitors", API_STR_LIST, SLOT(0), API_REQUIRED | API_ALWAYS, .doc = "Addresses of the monitors."},
      NEED(1, "image", "Name of the image."), TEXT(2, "fsType", "Its file system."),
      DEFAULT(3, "pool", "rbd", "The pool."), DEFAULT(4, "user", "admin", "The user."),
      DEFAULT(5, "keyring", "/etc/ceph/keyring", "File of the user's key."),
      PART(6, "secretRef", local_reference, "The user's key."), FLAG(7, "readOnly", "Whether it cannot be written."));

SHAPE(flex_volume, "FlexVolumeSource", "A volume of a program on the node.", NEED(0, "driver", "The program."),
      TEXT(1, "fsType", "Its file system."), PART(2, "secretRef", local_reference, "What the program may know."),
      FLAG(3, "readOnly", "Whether it cannot be written."),
      {"options", API_STR_MAP, SLOT(4), .go_type = "map[string]string", .doc = "What the program wants to know."});

SHAPE(cinder, "CinderVolumeSource", "A disk of OpenStack.", NEED(0, "volumeID", "Name of the disk."),
      TEXT(1, "fsType", "Its file system."), FLAG(2, "readOnly", "Whether it cannot be written."),
      PART(3, "secretRef", local_reference, "How to reach OpenStack."));

SHAPE(cephfs, "CephFSVolumeSource", "A Ceph file system.",
      {"monitors", API_STR_LIST, SLOT(0), API_REQUIRED | API_ALWAYS, .doc = "Addresses of the monitors."},
      TEXT(1, "path", "The directory."), TEXT(2, "user", "The user."), TEXT(3, "secretFile", "File of the user's key."),
      PART(4, "secretRef", local_reference, "The user's key."), FLAG(5, "readOnly", "Whether it cannot be written."));

SHAPE(flocker, "FlockerVolumeSource", "A Flocker dataset.", TEXT(0, "datasetName", "Its name."),
      TEXT(1, "datasetUUID", "Its number."));

SHAPE(azure_file, "AzureFileVolumeSource", "A share of Microsoft's cloud.", NEED(0, "secretName", "Name of the Secret."),
      NEED(1, "shareName", "Name of the share."), FLAG(2, "readOnly", "Whether it cannot be written."));

SHAPE(vsphere_volume, "VsphereVirtualDiskVolumeSource", "A disk of vSphere.", NEED(0, "volumePath", "Where it is."),
      TEXT(1, "fsType", "Its file system."), TEXT(2, "storagePolicyName", "Name of the policy."),
      TEXT(3, "storagePolicyID", "Number of the policy."));

SHAPE(quobyte, "QuobyteVolumeSource", "A Quobyte volume.", NEED(0, "registry", "Addresses of the registry."),
      NEED(1, "volume", "Name of the volume."), FLAG(2, "readOnly", "Whether it cannot be written."),
      TEXT(3, "user", "The user."), TEXT(4, "group", "The group."), TEXT(5, "tenant", "The tenant."));

SHAPE(azure_disk, "AzureDiskVolumeSource", "A disk of Microsoft's cloud.", NEED(0, "diskName", "Name of the disk."),
      NEED(1, "diskURI", "Where it is."),
      FULL(2, "cachingMode", "ReadWrite", "v1.AzureDataDiskCachingMode", "None, ReadOnly or ReadWrite."),
      FULL(3, "fsType", "ext4", NULL, "Its file system."),
      {"readOnly", API_OPT_BOOL, SLOT(4), .def = "false", .doc = "Whether it cannot be written."},
      FULL(5, "kind", "Shared", "v1.AzureDataDiskKind", "Shared, Dedicated or Managed."));

SHAPE(photon_disk, "PhotonPersistentDiskVolumeSource", "A Photon disk.", NEED(0, "pdID", "Name of the disk."),
      TEXT(1, "fsType", "Its file system."));

SHAPE(portworx_volume, "PortworxVolumeSource", "A Portworx volume.", NEED(0, "volumeID", "Name of the volume."),
      TEXT(1, "fsType", "Its file system."), FLAG(2, "readOnly", "Whether it cannot be written."));

SHAPE(scale_io, "ScaleIOVolumeSource", "A ScaleIO volume.", NEED(0, "gateway", "Address of the gateway."),
      NEED(1, "system", "Name of the system."),
      {"secretRef", API_MESSAGE, SLOT(2), API_REQUIRED, .message = &local_reference_shape, .doc = "The user."},
      FLAG(3, "sslEnabled", "Whether the gateway speaks TLS."), TEXT(4, "protectionDomain", "The domain."),
      TEXT(5, "storagePool", "The pool."), DEFAULT(6, "storageMode", "ThinProvisioned", "Thick or thin."),
      TEXT(7, "volumeName", "Name of the volume."), DEFAULT(8, "fsType", "xfs", "Its file system."),
      FLAG(9, "readOnly", "Whether it cannot be written."));

SHAPE(storageos, "StorageOSVolumeSource", "A StorageOS volume.", TEXT(0, "volumeName", "Name of the volume."),
      TEXT(1, "volumeNamespace", "Its namespace in StorageOS."), TEXT(2, "fsType", "Its file system."),
      FLAG(3, "readOnly", "Whether it cannot be written."), PART(4, "secretRef", local_reference, "The user."));

/* What a PersistentVolume says of the same systems: a Secret may lie in another namespace. */
SHAPE(glusterfs_volume, "GlusterfsPersistentVolumeSource", "A Glusterfs volume.",
      NEED(0, "endpoints", "Name of the Endpoints."), NEED(1, "path", "Name of the volume."),
      FLAG(2, "readOnly", "Whether it cannot be written."), OPT(3, "endpointsNamespace", "Namespace of the Endpoints."));

SHAPE(rbd_volume, "RBDPersistentVolumeSource", "A Ceph block device.",
      {"monitors", API_STR_LIST, SLOT(0), API_REQUIRED | API_ALWAYS, .doc = "Addresses of the monitors."},
      NEED(1, "image", "Name of the image."), TEXT(2, "fsType", "Its file system."),
      DEFAULT(3, "pool", "rbd", "The pool."), DEFAULT(4, "user", "admin", "The user."),
      DEFAULT(5, "keyring", "/etc/ceph/keyring", "File of the user's key."),
      PART(6, "secretRef", secret_reference, "The user's key."), FLAG(7, "readOnly", "Whether it cannot be written."));

SHAPE(flex_persistent, "FlexPersistentVolumeSource", "A volume of a program on the node.",
      NEED(0, "driver", "The program."), TEXT(1, "fsType", "Its file system."),
      PART(2, "secretRef", secret_reference, "What the program may know."),
      FLAG(3, "readOnly", "Whether it cannot be written."),
      {"options", API_STR_MAP, SLOT(4), .go_type = "map[string]string", .doc = "What the program wants to know."});

SHAPE(cinder_volume, "CinderPersistentVolumeSource", "A disk of OpenStack.", NEED(0, "volumeID", "Name of the disk."),
      TEXT(1, "fsType", "Its file system."), FLAG(2, "readOnly", "Whether it cannot be written."),
      PART(3, "secretRef", secret_reference, "How to reach OpenStack."));

SHAPE(cephfs_volume, "CephFSPersistentVolumeSource", "A Ceph file system.",
      {"monitors", API_STR_LIST, SLOT(0), API_REQUIRED | API_ALWAYS, .doc = "Addresses of the monitors."},
      TEXT(1, "path", "The directory."), TEXT(2, "user", "The user."), TEXT(3, "secretFile", "File of the user's key."),
      PART(4, "secretRef", secret_reference, "The user's key."), FLAG(5, "readOnly", "Whether it cannot be written."));

SHAPE(azure_file_volume, "AzureFilePersistentVolumeSource", "A share of Microsoft's cloud.",
      NEED(0, "secretName", "Name of the Secret."), NEED(1, "shareName", "Name of the share."),
      FLAG(2, "readOnly", "Whether it cannot be written."),
      {"secretNamespace", API_STRING, SLOT(3), API_POINTER | API_ALWAYS, .doc = "Namespace of the Secret."});

SHAPE(scale_io_volume, "ScaleIOPersistentVolumeSource", "A ScaleIO volume.", NEED(0, "gateway", "Address of the gateway."),
      NEED(1, "system", "Name of the system."),
      {"secretRef", API_MESSAGE, SLOT(2), API_REQUIRED, .message = &secret_reference_shape, .doc = "The user."},
      FLAG(3, "sslEnabled", "Whether the gateway speaks TLS."), TEXT(4, "protectionDomain", "The domain."),
      TEXT(5, "storagePool", "The pool."), DEFAULT(6, "storageMode", "ThinProvisioned", "Thick or thin."),
      TEXT(7, "volumeName", "Name of the volume."), DEFAULT(8, "fsType", "xfs", "Its file system."),
      FLAG(9, "readOnly", "Whether it cannot be written."));

SHAPE(storageos_volume, "StorageOSPersistentVolumeSource", "A StorageOS volume.",
      TEXT(0, "volumeName", "Name of the volume."), TEXT(1, "volumeNamespace", "Its namespace in StorageOS."),
      TEXT(2, "fsType", "Its file system."), FLAG(3, "readOnly", "Whether it cannot be written."),
      {"secretRef", API_MESSAGE, SLOT(4), .message = &object_reference_type, .doc = "The user."});

SHAPE(claim_of_pod, "PersistentVolumeClaimTemplate", "The claim that is made for the pod.",
      {"metadata", API_MESSAGE, SLOT(0), .message = &object_meta_type, .doc = "Labels and annotations of the claim."},
      {"spec", API_MESSAGE, SLOT(1), .message = &pvc_spec_type, .doc = "What the claim asks for."});

SHAPE(ephemeral, "EphemeralVolumeSource", "A claim that is made and deleted with the pod.",
      PART(0, "volumeClaimTemplate", claim_of_pod, "The claim."));

SHAPE(topology_requirement, "TopologySelectorLabelRequirement", "A label of nodes.", NEED(0, "key", "The label's key."),
      WORDS(1, "values", "Values that will do."));

SHAPE(topology_term, "TopologySelectorTerm", "Nodes that a volume can be used from.",
      PARTS(0, "matchLabelExpressions", topology_requirement, "What a node must be."));
