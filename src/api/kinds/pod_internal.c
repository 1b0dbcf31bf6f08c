/*
 * A pod spec with the field names of the internal Go types; see pod_internal.h.
 *
 * Most internal types have the fields of the wire type in the same order, each
 * with a capital; the tables below say where that is not so. Everything is
 * printed, empty or not.
 */
#include "api/kinds/pod_internal.h"

#include "api/kinds/hooks.h"
#include "api/kinds/tables.h"

typedef struct {
    const char *name; /* in Go */
    const char *wire; /* NULL: never set here */
} GoField;

static const GoField pod_spec_rows[] = {
    {"Volumes", "volumes"},
    {"InitContainers", "initContainers"},
    {"Containers", "containers"},
    {"EphemeralContainers", "ephemeralContainers"},
    {"RestartPolicy", "restartPolicy"},
    {"TerminationGracePeriodSeconds", "terminationGracePeriodSeconds"},
    {"ActiveDeadlineSeconds", "activeDeadlineSeconds"},
    {"DNSPolicy", "dnsPolicy"},
    {"NodeSelector", "nodeSelector"},
    {"ServiceAccountName", "serviceAccountName"},
    {"AutomountServiceAccountToken", "automountServiceAccountToken"},
    {"NodeName", "nodeName"},
    {"SecurityContext", "securityContext"},
    {"ImagePullSecrets", "imagePullSecrets"},
    {"Hostname", "hostname"},
    {"Subdomain", "subdomain"},
    {"SetHostnameAsFQDN", "setHostnameAsFQDN"},
    {"Affinity", "affinity"},
    {"SchedulerName", "schedulerName"},
    {"Tolerations", "tolerations"},
    {"HostAliases", "hostAliases"},
    {"PriorityClassName", "priorityClassName"},
    {"Priority", "priority"},
    {"PreemptionPolicy", "preemptionPolicy"},
    {"DNSConfig", "dnsConfig"},
    {"ReadinessGates", "readinessGates"},
    {"RuntimeClassName", "runtimeClassName"},
    {"Overhead", "overhead"},
    {"EnableServiceLinks", "enableServiceLinks"},
    {"TopologySpreadConstraints", "topologySpreadConstraints"},
    {"OS", "os"},
    {"SchedulingGates", "schedulingGates"},
    {"ResourceClaims", "resourceClaims"},
    {"Resources", "resources"},
    {"HostnameOverride", "hostnameOverride"},
    {0},
};

static const GoField container_rows[] = {
    {"Name", "name"},
    {"Image", "image"},
    {"Command", "command"},
    {"Args", "args"},
    {"WorkingDir", "workingDir"},
    {"Ports", "ports"},
    {"EnvFrom", "envFrom"},
    {"Env", "env"},
    {"Resources", "resources"},
    {"ResizePolicy", "resizePolicy"},
    {"RestartPolicy", "restartPolicy"},
    {"RestartPolicyRules"},
    {"VolumeMounts", "volumeMounts"},
    {"VolumeDevices", "volumeDevices"},
    {"LivenessProbe", "livenessProbe"},
    {"ReadinessProbe", "readinessProbe"},
    {"StartupProbe", "startupProbe"},
    {"Lifecycle", "lifecycle"},
    {"TerminationMessagePath", "terminationMessagePath"},
    {"TerminationMessagePolicy", "terminationMessagePolicy"},
    {"ImagePullPolicy", "imagePullPolicy"},
    {"SecurityContext", "securityContext"},
    {"Stdin", "stdin"},
    {"StdinOnce", "stdinOnce"},
    {"TTY", "tty"},
    {0},
};

static const GoField volume_rows[] = {
    {"Name", "name"},
    {"HostPath", "hostPath"},
    {"EmptyDir", "emptyDir"},
    {"GCEPersistentDisk", "gcePersistentDisk"},
    {"AWSElasticBlockStore", "awsElasticBlockStore"},
    {"GitRepo", "gitRepo"},
    {"Secret", "secret"},
    {"NFS", "nfs"},
    {"ISCSI", "iscsi"},
    {"Glusterfs", "glusterfs"},
    {"PersistentVolumeClaim", "persistentVolumeClaim"},
    {"RBD", "rbd"},
    {"Quobyte", "quobyte"},
    {"FlexVolume", "flexVolume"},
    {"Cinder", "cinder"},
    {"CephFS", "cephfs"},
    {"Flocker", "flocker"},
    {"DownwardAPI", "downwardAPI"},
    {"FC", "fc"},
    {"AzureFile", "azureFile"},
    {"ConfigMap", "configMap"},
    {"VsphereVolume", "vsphereVolume"},
    {"AzureDisk", "azureDisk"},
    {"PhotonPersistentDisk", "photonPersistentDisk"},
    {"Projected", "projected"},
    {"PortworxVolume", "portworxVolume"},
    {"ScaleIO", "scaleIO"},
    {"StorageOS", "storageos"},
    {"CSI", "csi"},
    {"Ephemeral", "ephemeral"},
    {"Image", "image"},
    {0},
};

static const GoField env_source_rows[] = {
    {"FieldRef", "fieldRef"},
    {"ResourceFieldRef", "resourceFieldRef"},
    {"ConfigMapKeyRef", "configMapKeyRef"},
    {"SecretKeyRef", "secretKeyRef"},
    {"FileKeyRef"},
    {0},
};

/* Those that stand in the pod spec on the wire come before; see pod_security_value. */
static const GoField pod_security_rows[] = {
    {"SELinuxOptions", "seLinuxOptions"},
    {"WindowsOptions", "windowsOptions"},
    {"RunAsUser", "runAsUser"},
    {"RunAsGroup", "runAsGroup"},
    {"RunAsNonRoot", "runAsNonRoot"},
    {"SupplementalGroups", "supplementalGroups"},
    {"SupplementalGroupsPolicy", "supplementalGroupsPolicy"},
    {"FSGroup", "fsGroup"},
    {"FSGroupChangePolicy", "fsGroupChangePolicy"},
    {"Sysctls", "sysctls"},
    {"SeccompProfile", "seccompProfile"},
    {"AppArmorProfile", "appArmorProfile"},
    {"SELinuxChangePolicy", "seLinuxChangePolicy"},
    {0},
};

static const GoField rbd_rows[] = {
    {"RBDMonitors", "monitors"},
    {"RBDImage", "image"},
    {"FSType", "fsType"},
    {"RBDPool", "pool"},
    {"RadosUser", "user"},
    {"Keyring", "keyring"},
    {"SecretRef", "secretRef"},
    {"ReadOnly", "readOnly"},
    {0},
};

static const struct {
    const char *type;
    const GoField *rows;
} special_types[] = {
    {"PodSpec", pod_spec_rows},
    {"Container", container_rows},
    {"Volume", volume_rows},
    {"EnvVarSource", env_source_rows},
    {"PodSecurityContext", pod_security_rows},
    {"RBDVolumeSource", rbd_rows},
};

/* Names that are more than a capital away from the wire's. */
static const struct {
    const char *wire, *name;
} special_names[] = {
    {"apiVersion", "APIVersion"},
    {"hostIP", "HostIP"},
    {"httpGet", "HTTPGet"},
    {"tcpSocket", "TCPSocket"},
    {"grpc", "GRPC"},
    {"httpHeaders", "HTTPHeaders"},
    {"ip", "IP"},
    {"downwardAPI", "DownwardAPI"},
    {"seLinuxOptions", "SELinuxOptions"},
    {"seLinuxChangePolicy", "SELinuxChangePolicy"},
    {"gmsaCredentialSpecName", "GMSACredentialSpecName"},
    {"gmsaCredentialSpec", "GMSACredentialSpec"},
    {"apiGroup", "APIGroup"},
    {"fsType", "FSType"},
    {"pdName", "PDName"},
    {"endpoints", "EndpointsName"},
    {"iqn", "IQN"},
    {"iscsiInterface", "ISCSIInterface"},
    {"chapAuthDiscovery", "DiscoveryCHAPAuth"},
    {"chapAuthSession", "SessionCHAPAuth"},
    {"wwids", "WWIDs"},
    {"diskURI", "DataDiskURI"},
    {"sslEnabled", "SSLEnabled"},
};

static const char *
go_name(const char *wire)
{
    for (guint i = 0; i < G_N_ELEMENTS(special_names); i++) {
        if (strcmp(special_names[i].wire, wire) == 0)
            return special_names[i].name;
    }
    return str_internf("%c%s", g_ascii_toupper(wire[0]), wire + 1);
}

static Value *struct_value(const ApiType *type, const char *data);

/* A kept tree, all keys with a capital. Depth is bounded by that of the document. */
static Value *
tree_value(const Value *tree)
{
    Value *value;

    if (tree->type == VALUE_LIST) {
        value = value_new_list();
        for (guint i = 0; i < tree->count; i++)
            value_append(value, tree_value(tree->items[i]));
        return value;
    }
    if (tree->type != VALUE_MAP)
        return value_copy(tree);
    value = value_new_map();
    for (guint i = 0; i < tree->count; i++)
        value_set(value, go_name(tree->keys[i]), tree_value(tree->items[i]));
    return value;
}

static Value *
opt_bool_value(OptBool value)
{
    return value == OPT_UNSET ? value_new_null() : value_new_bool(value == OPT_TRUE);
}

/* @tree as the struct that @shape describes, with the fields that it leaves out. (owned) */
Value *
shape_internal_value(const ApiType *shape, const Value *tree)
{
    ApiDecodeResult result = {0};
    gpointer data;
    Value *value;

    if (tree == NULL)
        return value_new_null();
    data = api_struct_new(shape);
    api_struct_decode(shape, data, tree, NULL, &result);
    value = struct_value(shape, data);
    api_struct_free(shape, data);
    api_decode_result_clear(&result);
    return value;
}

/* The internal security context holds what the wire has in the pod spec itself. */
static Value *
pod_security_value(const PodSpec *spec)
{
    g_autoptr(Value) context = NULL;
    Value *value;

    if (spec->security_context == NULL)
        return value_new_null();
    value = value_new_map();
    value_set(value, "HostNetwork", value_new_bool(spec->host_network));
    value_set(value, "HostPID", value_new_bool(spec->host_pid));
    value_set(value, "HostIPC", value_new_bool(spec->host_ipc));
    value_set(value, "ShareProcessNamespace", opt_bool_value(spec->share_process_namespace));
    value_set(value, "HostUsers", opt_bool_value(spec->host_users));
    context = shape_internal_value(&pod_security_context_shape, spec->security_context);
    for (guint i = 0; i < context->count; i++)
        value_set(value, context->keys[i], value_copy(context->items[i]));
    return value;
}

/* An empty list is nil once it has been stored. */
static Value *
raw_value(const ApiField *field, const Value *tree)
{
    Value *value;

    if (tree == NULL || (tree->type == VALUE_LIST && tree->count == 0))
        return value_new_null();
    if (field->message == NULL)
        return tree_value(tree);
    if (tree->type != VALUE_LIST)
        return shape_internal_value(field->message, tree);
    value = value_new_list();
    for (guint i = 0; i < tree->count; i++)
        value_append(value, shape_internal_value(field->message, tree->items[i]));
    return value;
}

static Value *
list_value(const ApiField *field, const char *at)
{
    const ApiList *list = (const ApiList *)(gconstpointer)at;
    Value *value;

    if (list->count == 0)
        return value_new_null();
    value = value_new_list();
    for (guint i = 0; i < list->count; i++)
        value_append(value, struct_value(field->message,
                                         (const char *)list->items + i * field->message->size));
    return value;
}

static Value *
quantities_value(const QuantityMap *map)
{
    Value *value;

    if (map->count == 0)
        return value_new_null();
    value = value_new_map();
    for (guint i = 0; i < map->count; i++)
        value_set(value, map->items[i].key,
                  value_new_string(quantity_format(&map->items[i].value)));
    return value;
}

static Value *
strings_value(const StrList *list)
{
    Value *value;

    if (list->count == 0)
        return value_new_null();
    value = value_new_list();
    for (guint i = 0; i < list->count; i++)
        value_append(value, value_new_string(list->items[i]));
    return value;
}

static Value *
integers_value(const ApiList *list)
{
    const gint32 *numbers = list->items;
    Value *value;

    if (list->count == 0)
        return value_new_null();
    value = value_new_list();
    for (guint i = 0; i < list->count; i++)
        value_append(value, value_new_int(numbers[i]));
    return value;
}

static Value *
map_value(const StrMap *map)
{
    Value *value;

    if (map->count == 0)
        return value_new_null();
    value = value_new_map();
    for (guint i = 0; i < map->count; i++)
        value_set(value, map->items[i].key, value_new_string(str_or_empty(map->items[i].value)));
    return value;
}

static Value *
port_value(const IntOrString *port)
{
    if (port->type == INT_OR_STRING_STRING)
        return value_new_string(port->string);
    return value_new_int(port->type == INT_OR_STRING_INT ? port->integer : 0);
}

static Value *
quantity_pointer_value(const ApiField *field, const Quantity *quantity)
{
    if (quantity != NULL)
        return value_new_string(quantity_format(quantity));
    /* A divisor is no pointer in Go. */
    return strcmp(field->name, "divisor") == 0 ? value_new_string("0") : value_new_null();
}

static Value *
string_value(const ApiField *field, const char *text)
{
    if (text == NULL && (field->flags & API_POINTER) != 0)
        return value_new_null();
    return value_new_string(str_or_empty(text));
}

/* Selectors are of a type that has the wire's names in the server too. */
static Value *
message_value(const ApiField *field, gconstpointer data)
{
    if (data == NULL)
        return value_new_null();
    if (field->message == &label_selector_type)
        return api_struct_encode(&label_selector_type, data);
    return struct_value(field->message, data);
}

static Value *
field_value(const ApiField *field, const char *data)
{
    const char *at = data + field->offset;
    gconstpointer where = at;

    switch (field->type) {
    case API_BOOL:
        return value_new_bool(*(const gboolean *)where);
    case API_OPT_BOOL:
        return opt_bool_value(*(const OptBool *)where);
    case API_INT32:
        return value_new_int(*(const gint32 *)where);
    case API_OPT_INT32: {
        const OptInt32 *number = where;

        return number->is_set ? value_new_int(number->value) : value_new_null();
    }
    case API_INT64:
        return value_new_int(*(const gint64 *)where);
    case API_OPT_INT64: {
        const OptInt64 *number = where;

        return number->is_set ? value_new_int(number->value) : value_new_null();
    }
    case API_STRING:
        return string_value(field, *(const char *const *)where);
    case API_QUANTITY:
        return quantity_pointer_value(field, *(const Quantity *const *)where);
    case API_INT_OR_STRING:
        return port_value(where);
    case API_STR_MAP:
        return map_value(where);
    case API_QUANTITY_MAP:
        return quantities_value(where);
    case API_STR_LIST:
        return strings_value(where);
    case API_INT32_LIST:
        return integers_value(where);
    case API_STRUCT:
        return struct_value(field->message, at);
    case API_MESSAGE:
        return message_value(field, *(const gconstpointer *)where);
    case API_MESSAGE_LIST:
        return list_value(field, at);
    case API_RAW:
        return raw_value(field, *(const Value *const *)where);
    default:
        return value_new_null(); /* pod specs have no field of another type */
    }
}

static const ApiField *
find_field(const ApiType *type, const char *wire)
{
    for (const ApiField *field = type->fields; field->name != NULL; field++) {
        if (strcmp(field->name, wire) == 0)
            return field;
    }
    return NULL;
}

static Value *
special_value(const ApiType *type, const GoField *rows, const char *data)
{
    Value *value = value_new_map();

    for (guint i = 0; rows[i].name != NULL; i++) {
        const ApiField *field = rows[i].wire != NULL ? find_field(type, rows[i].wire) : NULL;
        Value *member;

        if (field == NULL)
            member = value_new_null();
        else if (type == &pod_spec_type && strcmp(rows[i].wire, "securityContext") == 0)
            member = pod_security_value((const PodSpec *)(gconstpointer)data);
        else
            member = field_value(field, data);
        value_set(value, rows[i].name, member);
    }
    return value;
}

/* Metadata is embedded in Go: its members, which have the wire's names, stand beside the others. */
static void
embed_metadata(Value *value, const ObjectMeta *meta)
{
    g_autoptr(Value) members = api_struct_encode(&object_meta_type, meta);

    for (guint i = 0; i < members->count; i++)
        value_set(value, members->keys[i], value_copy(members->items[i]));
}

/* Depth is bounded by the tables: no type contains itself. */
static Value *
struct_value(const ApiType *type, const char *data)
{
    Value *value;

    for (guint i = 0; i < G_N_ELEMENTS(special_types); i++) {
        if (strcmp(special_types[i].type, type->name) == 0)
            return special_value(type, special_types[i].rows, data);
    }
    value = value_new_map();
    for (const ApiField *field = type->fields; field->name != NULL; field++) {
        if (field->message != &object_meta_type) {
            value_set(value, go_name(field->name), field_value(field, data));
        } else {
            const ObjectMeta *const *meta = (gconstpointer)(data + field->offset);

            if (*meta != NULL)
                embed_metadata(value, *meta);
        }
    }
    return value;
}

char *
container_security_internal_json(const Value *context)
{
    g_autoptr(Value) value = shape_internal_value(&security_context_shape, context);

    return value_to_json(value, VALUE_COMPACT);
}

char *
pod_spec_internal_json(const PodSpec *spec)
{
    g_autoptr(Value) value = struct_value(&pod_spec_type, (const char *)spec);

    return value_to_json(value, VALUE_INDENT1);
}

char *
internal_json(const ApiType *type, gconstpointer data)
{
    g_autoptr(Value) value = struct_value(type, data);

    return value_to_json(value, VALUE_COMPACT);
}

char *
pod_template_internal_json(const PodTemplateSpec *template_)
{
    g_autoptr(Value) value = value_new_map();

    embed_metadata(value, &template_->metadata);
    value_set(value, "Spec", struct_value(&pod_spec_type, (const char *)&template_->spec));
    return value_to_json(value, VALUE_COMPACT);
}

char *
pod_spec_diff(const PodSpec *old, const PodSpec *new_)
{
    g_autofree char *before = pod_spec_internal_json(old);
    g_autofree char *after = pod_spec_internal_json(new_);

    return text_unified_diff(before, after, 3);
}
