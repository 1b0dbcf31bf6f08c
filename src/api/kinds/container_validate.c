/*
 * Validation of a container's environment, ports and mounts.
 *
 * Models: v1.34 pkg/apis/core/validation: validateContainerCommon and below.
 */
#include "api/kinds/hooks.h"
#include "api/kinds/tables.h"

static const char *const protocols[] = {"SCTP", "TCP", "UDP", NULL};

/* --- ports --------------------------------------------------------------------------------- */

static void
check_ports(ApiErrors *errors, const Container *container)
{
    StrList names = {0};

    api_errors_push(errors, "ports");
    for (guint i = 0; i < container->ports.count; i++) {
        const ContainerPort *port = &container->ports.items[i];

        api_errors_push_index(errors, i);
        if (!str_is_empty(port->name) && check_name(errors, "name", NAME_PORT, port->name)) {
            if (str_list_contains(&names, port->name))
                field_duplicate(errors, "name", api_quote(port->name));
            else
                str_list_add(&names, port->name);
        }
        if (port->container_port == 0)
            field_required(errors, "containerPort", NULL);
        else
            check_port_number(errors, "containerPort", port->container_port);
        if (port->host_port != 0)
            check_port_number(errors, "hostPort", port->host_port);
        check_one_of(errors, "protocol", port->protocol, protocols);
        api_errors_pop(errors);
    }
    api_errors_pop(errors);
    g_free(names.items);
}

/* --- environment --------------------------------------------------------------------------- */

/* The part of metadata.labels['x'] in the quotes, or NULL; *out_path is what stands before it. */
static const char *
split_subscript(const char *path, const char **out_path)
{
    const char *open = strstr(path, "['");
    gsize length = strlen(path);

    *out_path = path;
    if (open == NULL || open == path || !g_str_has_suffix(path, "']"))
        return NULL;
    *out_path = str_intern_len(path, (gsize)(open - path));
    return str_intern_len(open + 2, length - (gsize)(open - path) - 4);
}

static const char *const convertible_fields[] =
    {"metadata.annotations", "metadata.labels", "metadata.name",      "metadata.namespace",
     "metadata.uid",         "spec.nodeName",   "spec.restartPolicy", "spec.serviceAccountName",
     "spec.schedulerName",   "status.phase",    "status.hostIP",      "status.hostIPs",
     "status.podIP",         "status.podIPs",   "spec.host",          NULL};
static const char *const env_fields[] = {"metadata.name",
                                         "metadata.namespace",
                                         "metadata.uid",
                                         "spec.nodeName",
                                         "spec.serviceAccountName",
                                         "status.hostIP",
                                         "status.hostIPs",
                                         "status.podIP",
                                         "status.podIPs",
                                         NULL};
static const char *const volume_fields[] = {"metadata.annotations", "metadata.labels",
                                            "metadata.name",        "metadata.namespace",
                                            "metadata.uid",         NULL};

/* Why a downward API path cannot be read, or NULL. */
static const char *
field_path_fault(const char *version, const char *path)
{
    const char *base;

    if (!str_is(version, "v1"))
        return str_internf("unsupported pod version: %s", version);
    if (split_subscript(path, &base) != NULL) {
        if (str_is(base, "metadata.annotations") || str_is(base, "metadata.labels"))
            return NULL;
        return str_internf("field label does not support subscript: %s", path);
    }
    if (!g_strv_contains(convertible_fields, path))
        return str_internf("field label not supported: %s", path);
    return NULL;
}

/* validateObjectFieldSelector */
void
check_key_selector_field(ApiErrors *errors, const ObjectFieldSelector *field, gboolean is_env)
{
    const char *const *supported = is_env ? env_fields : volume_fields;
    const char *path = str_or_empty(field->field_path);
    const char *base;
    const char *subscript;
    const char *fault;

    if (str_is_empty(field->api_version)) {
        field_required(errors, "apiVersion", NULL);
        return;
    }
    if (path[0] == '\0') {
        field_required(errors, "fieldPath", NULL);
        return;
    }
    fault = field_path_fault(field->api_version, path);
    if (fault != NULL) {
        field_invalid_string(errors, "fieldPath", path,
                             str_internf("error converting fieldPath: %s", fault));
        return;
    }
    subscript = split_subscript(path, &base);
    if (subscript != NULL) {
        g_autofree char *folded = g_ascii_strdown(subscript, -1);
        gboolean is_annotation = str_is(base, "metadata.annotations");

        check_name(errors, NULL, NAME_QUALIFIED, is_annotation ? str_intern(folded) : subscript);
        return;
    }
    if (strcmp(path, "spec.host") == 0)
        path = "spec.nodeName";
    if (!g_strv_contains(supported, path))
        field_not_supported(errors, "fieldPath", path, supported);
}

static const char *const resource_fields[] = {"limits.cpu",
                                              "limits.ephemeral-storage",
                                              "limits.memory",
                                              "requests.cpu",
                                              "requests.ephemeral-storage",
                                              "requests.memory",
                                              NULL};
static const char *const byte_divisors[] = {"1",   "1k",  "1M",  "1G",  "1T",  "1P",  "1E",
                                            "1Ki", "1Mi", "1Gi", "1Ti", "1Pi", "1Ei", NULL};
static const char *const cpu_divisors[] = {"1m", "1", NULL};

static void
check_divisor(ApiErrors *errors, const char *resource, const Quantity *divisor)
{
    const char *text;
    const char *what;

    if (divisor == NULL || quantity_sign(divisor) == 0)
        return;
    text = quantity_format(divisor);
    if (g_str_has_suffix(resource, ".cpu")) {
        if (!g_strv_contains(cpu_divisors, text))
            field_invalid_string(errors, "divisor", resource,
                                 "only divisor's values 1m and 1 are supported with the cpu "
                                 "resource");
        return;
    }
    if (g_str_has_suffix(resource, ".memory"))
        what = "memory";
    else if (g_str_has_suffix(resource, ".ephemeral-storage"))
        what = "local ephemeral storage";
    else if (strstr(resource, ".hugepages-") != NULL)
        what = "hugepages";
    else
        return;
    if (!g_strv_contains(byte_divisors, text))
        field_invalid_string(errors, "divisor", resource,
                             str_internf("only divisor's values 1, 1k, 1M, 1G, 1T, 1P, 1E, 1Ki, "
                                         "1Mi, 1Gi, 1Ti, 1Pi, 1Ei are supported with the %s "
                                         "resource",
                                         what));
}

/* validateContainerResourceFieldSelector */
void
check_resource_field(ApiErrors *errors, const ResourceFieldSelector *field, gboolean is_volume)
{
    const char *resource = str_or_empty(field->resource);

    if (is_volume && str_is_empty(field->container_name))
        field_required(errors, "containerName", NULL);
    else if (resource[0] == '\0')
        field_required(errors, "resource", NULL);
    else if (!g_strv_contains(resource_fields, resource) &&
             !g_str_has_prefix(resource, "requests.hugepages-") &&
             !g_str_has_prefix(resource, "limits.hugepages-"))
        field_not_supported(errors, "resource", resource, resource_fields);
    check_divisor(errors, resource, field->divisor);
}

static void
check_key_selector(ApiErrors *errors, const char *child, const KeySelector *selector)
{
    api_errors_push(errors, child);
    check_name(errors, "name", NAME_DNS_SUBDOMAIN, selector->name);
    if (str_is_empty(selector->key))
        field_required(errors, "key", NULL);
    else
        check_name(errors, "key", NAME_CONFIG_KEY, selector->key);
    api_errors_pop(errors);
}

/* validateEnvVarValueFrom: the cursor stands on valueFrom */
static void
check_value_from(ApiErrors *errors, const EnvVar *env)
{
    const EnvVarSource *source = env->value_from;
    guint count = 0;

    if (source->field_ref != NULL) {
        count++;
        api_errors_push(errors, "fieldRef");
        check_key_selector_field(errors, source->field_ref, TRUE);
        api_errors_pop(errors);
    }
    if (source->resource_field_ref != NULL) {
        count++;
        api_errors_push(errors, "resourceFieldRef");
        check_resource_field(errors, source->resource_field_ref, FALSE);
        api_errors_pop(errors);
    }
    if (source->config_map_key_ref != NULL) {
        count++;
        check_key_selector(errors, "configMapKeyRef", source->config_map_key_ref);
    }
    if (source->secret_key_ref != NULL) {
        count++;
        check_key_selector(errors, "secretKeyRef", source->secret_key_ref);
    }
    if (count == 0)
        field_invalid_string(errors, NULL, "",
                             "must specify one of: `fieldRef`, `resourceFieldRef`, "
                             "`configMapKeyRef` or `secretKeyRef`");
    else if (!str_is_empty(env->value))
        field_invalid_string(errors, NULL, "", "may not be specified when `value` is not empty");
    else if (count > 1)
        field_invalid_string(errors, NULL, "",
                             "may not have more than one field specified at a time");
}

static void
check_env(ApiErrors *errors, const Container *container)
{
    api_errors_push(errors, "env");
    for (guint i = 0; i < container->env.count; i++) {
        const EnvVar *env = &container->env.items[i];

        api_errors_push_index(errors, i);
        if (str_is_empty(env->name))
            field_required(errors, "name", NULL);
        else
            check_name(errors, "name", NAME_ENV, env->name);
        if (env->value_from != NULL) {
            api_errors_push(errors, "valueFrom");
            check_value_from(errors, env);
            api_errors_pop(errors);
        }
        api_errors_pop(errors);
    }
    api_errors_pop(errors);
}

/* Upstream takes the name for a prefix here: it may end in '-'. */
static void
check_env_from_ref(ApiErrors *errors, const char *child, const EnvFromRef *ref)
{
    StrList messages = {0};

    api_errors_push(errors, child);
    if (str_is_empty(ref->name))
        field_required(errors, "name", NULL);
    else
        name_check(NAME_DNS_SUBDOMAIN, ref->name, TRUE, &messages);
    for (guint i = 0; i < messages.count; i++)
        field_invalid_string(errors, "name", ref->name, messages.items[i]);
    g_free(messages.items);
    api_errors_pop(errors);
}

static void
check_env_from(ApiErrors *errors, const Container *container)
{
    api_errors_push(errors, "envFrom");
    for (guint i = 0; i < container->env_from.count; i++) {
        const EnvFromSource *source = &container->env_from.items[i];
        guint count = (source->config_map_ref != NULL) + (source->secret_ref != NULL);

        api_errors_push_index(errors, i);
        if (!str_is_empty(source->prefix))
            check_name(errors, "prefix", NAME_ENV, source->prefix);
        if (source->config_map_ref != NULL)
            check_env_from_ref(errors, "configMapRef", source->config_map_ref);
        if (source->secret_ref != NULL)
            check_env_from_ref(errors, "secretRef", source->secret_ref);
        api_errors_pop(errors);
        if (count == 0)
            field_invalid_string(errors, NULL, "",
                                 "must specify one of: `configMapRef` or `secretRef`");
        else if (count > 1)
            field_invalid_string(errors, NULL, "",
                                 "may not have more than one field specified at a time");
    }
    api_errors_pop(errors);
}

/* --- mounts -------------------------------------------------------------------------------- */

static const char *const propagations[] = {"Bidirectional", "HostToContainer", "None", NULL};
static const char *const recursive_modes[] = {"Disabled", "Enabled", "IfPossible", NULL};

/* The faults of a mount that upstream reports below volumeMounts without its index. */
static void
check_mount_options(ApiErrors *errors, const VolumeMount *mount, const Value *security_context)
{
    if (!str_is_empty(mount->sub_path))
        check_local_path(errors, "subPath", mount->sub_path);
    if (!str_is_empty(mount->sub_path_expr))
        check_local_path(errors, "subPathExpr", mount->sub_path_expr);
    if (mount->mount_propagation != NULL) {
        if (!g_strv_contains(propagations, mount->mount_propagation))
            field_not_supported(errors, "mountPropagation", mount->mount_propagation, propagations);
        if (str_is(mount->mount_propagation, "Bidirectional") &&
            !value_get_bool(security_context, "privileged", FALSE))
            field_forbidden(errors, "mountPropagation",
                            "Bidirectional mount propagation is available only to privileged "
                            "containers");
    }
    if (mount->recursive_read_only == NULL)
        return;
    if (!g_strv_contains(recursive_modes, mount->recursive_read_only)) {
        field_not_supported(errors, "recursiveReadOnly", mount->recursive_read_only,
                            recursive_modes);
    } else if (!str_is(mount->recursive_read_only, "Disabled")) {
        if (!mount->read_only)
            field_forbidden(errors, "recursiveReadOnly",
                            "may only be specified when readOnly is true");
        if (mount->mount_propagation != NULL && !str_is(mount->mount_propagation, "None"))
            field_forbidden(errors, "recursiveReadOnly",
                            "may only be specified when mountPropagation is None or not "
                            "specified");
    }
}

/* A volume is mounted or a device, and so is a path. */
static void
check_mount_overlap(ApiErrors *errors, const Container *container, const char *name, const char *path)
{
    const Value *devices = container->volume_devices;
    gboolean has_name = FALSE;
    gboolean has_path = FALSE;

    for (guint i = 0; devices != NULL && i < devices->count; i++) {
        has_name |= strcmp(value_get_string(devices->items[i], "name", ""), name) == 0;
        has_path |= strcmp(value_get_string(devices->items[i], "devicePath", ""), path) == 0;
    }
    if (has_name)
        field_invalid_string(errors, "name", name, "must not already exist in volumeDevices");
    if (has_path)
        field_invalid_string(errors, "mountPath", path, "must not already exist as a path in volumeDevices");
}

static void
check_device_overlap(ApiErrors *errors, const Container *container, const char *name, const char *path)
{
    gboolean has_name = FALSE;
    gboolean has_path = FALSE;

    for (guint i = 0; i < container->volume_mounts.count; i++) {
        has_name |= strcmp(str_or_empty(container->volume_mounts.items[i].name), name) == 0;
        has_path |= strcmp(str_or_empty(container->volume_mounts.items[i].mount_path), path) == 0;
    }
    if (has_name)
        field_invalid_string(errors, "name", name, "must not already exist in volumeMounts");
    if (has_path)
        field_invalid_string(errors, "devicePath", path, "must not already exist as a path in volumeMounts");
}

/* isMatchedDevice: claims of a StatefulSet are no volumes of its template. */
static gboolean
is_claimed(const PodSpec *pod, const char *name)
{
    for (guint i = 0; i < pod->volumes.count; i++) {
        const Volume *volume = &pod->volumes.items[i];

        if (strcmp(str_or_empty(volume->name), name) == 0)
            return volume->persistent_volume_claim != NULL || volume->ephemeral != NULL;
    }
    return TRUE;
}

static void
check_mounts(ApiErrors *errors, const Container *container, const StrList *volumes)
{
    StrList paths = {0};

    api_errors_push(errors, "volumeMounts");
    for (guint i = 0; i < container->volume_mounts.count; i++) {
        const VolumeMount *mount = &container->volume_mounts.items[i];
        const char *path = str_or_empty(mount->mount_path);

        api_errors_push_index(errors, i);
        if (str_is_empty(mount->name))
            field_required(errors, "name", NULL);
        if (!str_list_contains(volumes, str_or_empty(mount->name)))
            field_not_found(errors, "name", api_quote(mount->name));
        if (path[0] == '\0')
            field_required(errors, "mountPath", NULL);
        if (str_list_contains(&paths, path))
            field_invalid_string(errors, "mountPath", path, "must be unique");
        str_list_add(&paths, path);
        check_mount_overlap(errors, container, str_or_empty(mount->name), path);
        if (!str_is_empty(mount->sub_path) && !str_is_empty(mount->sub_path_expr))
            field_invalid_string(errors, "subPathExpr", mount->sub_path_expr,
                                 "subPathExpr and subPath are mutually exclusive");
        api_errors_pop(errors);
        check_mount_options(errors, mount, container->security_context);
    }
    api_errors_pop(errors);
    g_free(paths.items);
}

/* --- containers ---------------------------------------------------------------------------- */

static const char *const message_policies[] = {"File", "FallbackToLogsOnError", NULL};
static const char *const pull_policies[] = {"Always", "IfNotPresent", "Never", NULL};

static gboolean
has_backstep(const char *path)
{
    g_auto(GStrv) parts = g_strsplit(path, "/", -1);

    return g_strv_contains((const char *const *)parts, "..");
}

/* ValidateVolumeDevices */
static void
check_devices(ApiErrors *errors, const PodSpec *pod, const Container *container, const StrList *volumes)
{
    const Value *devices = container->volume_devices;
    StrList paths = {0};
    StrList names = {0};

    for (guint i = 0; devices != NULL && i < devices->count; i++) {
        const char *name = value_get_string(devices->items[i], "name", "");
        const char *path = value_get_string(devices->items[i], "devicePath", "");

        api_errors_push(errors, str_internf("volumeDevices[%u]", i));
        if (name[0] == '\0')
            field_required(errors, "name", NULL);
        if (str_list_contains(&names, name))
            field_invalid_string(errors, "name", name, "must be unique");
        if (!str_list_contains(volumes, name))
            field_not_found(errors, "name", api_quote(name));
        else if (!is_claimed(pod, name))
            field_invalid_string(errors, "name", name,
                                 "can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode");
        if (path[0] == '\0')
            field_required(errors, "devicePath", NULL);
        if (str_list_contains(&paths, path))
            field_invalid_string(errors, "devicePath", path, "must be unique");
        if (has_backstep(path))
            field_invalid_string(errors, "devicePath", path, "can not contain backsteps ('..')");
        else
            str_list_add(&paths, path);
        check_device_overlap(errors, container, name, path);
        if (name[0] != '\0')
            str_list_add(&names, name);
        api_errors_pop(errors);
    }
    g_free(paths.items);
    g_free(names.items);
}

/* validateResizePolicy: all but a repeated name is reported on the list */
static void
check_resize_policy(ApiErrors *errors, const Container *container, const PodSpec *pod)
{
    static const char *const resources[] = {"cpu", "memory", NULL};
    static const char *const policies[] = {"NotRequired", "RestartContainer", NULL};
    const Value *list = container->resize_policy;
    StrList names = {0};

    for (guint i = 0; list != NULL && i < list->count; i++) {
        const char *name = value_get_string(list->items[i], "resourceName", "");
        const char *policy = value_get_string(list->items[i], "restartPolicy", "");

        if (str_list_contains(&names, name))
            field_duplicate(errors, str_internf("resizePolicy[%u]", i), api_quote(name));
        str_list_add(&names, name);
        check_one_of(errors, "resizePolicy", name, resources);
        check_one_of(errors, "resizePolicy", policy, policies);
        if (str_is(pod->restart_policy, "Never") && strcmp(policy, "NotRequired") != 0)
            field_invalid_string(errors, "resizePolicy", policy,
                                 "must be 'NotRequired' when `restartPolicy` is 'Never'");
    }
    g_free(names.items);
}

/* validateContainerCommon */
static void
check_container(ApiErrors *errors, const PodSpec *pod, const Container *container, const StrList *volumes)
{
    if (str_is_empty(container->name))
        field_required(errors, "name", NULL);
    else
        check_name(errors, "name", NAME_DNS_LABEL, container->name);
    if (str_is_empty(container->image))
        field_required(errors, "image", NULL);
    check_one_of(errors, "terminationMessagePolicy", container->termination_message_policy,
                 message_policies);
    check_ports(errors, container);
    check_env(errors, container);
    check_env_from(errors, container);
    check_mounts(errors, container, volumes);
    check_devices(errors, pod, container, volumes);
    check_one_of(errors, "imagePullPolicy", container->image_pull_policy, pull_policies);
    api_errors_push(errors, "resources");
    check_resources(errors, &container->resources, FALSE);
    check_resource_claims(errors, &container->resources, pod);
    api_errors_pop(errors);
    check_resize_policy(errors, container, pod);
    check_container_security(errors, container->security_context, pod->host_users != OPT_FALSE);
}

/* AccumulateUniqueHostPorts: the cursor stands on the container's list; @index is its place. */
static void
check_host_ports(ApiErrors *errors, const Container *container, guint index, StrList *taken)
{
    api_errors_push_index(errors, index);
    api_errors_push(errors, "ports");
    for (guint i = 0; i < container->ports.count; i++) {
        const ContainerPort *port = &container->ports.items[i];
        const char *key;

        if (port->host_port == 0)
            continue;
        key = str_internf("%s/%s/%d", str_or_empty(port->protocol), str_or_empty(port->host_ip),
                          port->host_port);
        if (str_list_contains(taken, key)) {
            api_errors_push_index(errors, i);
            field_duplicate(errors, "hostPort", api_quote(key));
            api_errors_pop(errors);
        } else {
            str_list_add(taken, key);
        }
    }
    api_errors_pop(errors);
    api_errors_pop(errors);
}

static void
check_app_containers(ApiErrors *errors, const PodSpec *spec, const StrList *volumes)
{
    StrList names = {0};
    StrList taken = {0};

    if (spec->containers.count == 0)
        field_required(errors, NULL, NULL);
    for (guint i = 0; i < spec->containers.count; i++) {
        const Container *container = &spec->containers.items[i];

        api_errors_push_index(errors, i);
        check_container(errors, spec, container, volumes);
        if (str_list_contains(&names, str_or_empty(container->name)))
            field_duplicate(errors, "name", api_quote(container->name));
        else
            str_list_add(&names, str_or_empty(container->name));
        check_hooks_and_probes(errors, container, spec->termination_grace_s);
        api_errors_pop(errors);
    }
    for (guint i = 0; i < spec->containers.count; i++)
        check_host_ports(errors, &spec->containers.items[i], i, &taken);
    g_free(names.items);
    g_free(taken.items);
}

static void
check_init_containers(ApiErrors *errors, const PodSpec *spec, const StrList *volumes)
{
    StrList names = {0};

    for (guint i = 0; i < spec->containers.count; i++)
        str_list_add(&names, str_or_empty(spec->containers.items[i].name));
    for (guint i = 0; i < spec->init_containers.count; i++) {
        const Container *container = &spec->init_containers.items[i];
        StrList taken = {0};

        api_errors_push_index(errors, i);
        check_container(errors, spec, container, volumes);
        if (str_list_contains(&names, str_or_empty(container->name)))
            field_duplicate(errors, "name", api_quote(container->name));
        else if (!str_is_empty(container->name))
            str_list_add(&names, container->name);
        api_errors_pop(errors);
        /* Init containers run one by one: each is looked at alone, as the first of its list. */
        check_host_ports(errors, container, 0, &taken);
        g_free(taken.items);
        api_errors_push_index(errors, i);
        if (container_is_sidecar(container))
            check_hooks_and_probes(errors, container, spec->termination_grace_s);
        else
            forbid_hooks_and_probes(errors, container);
        api_errors_pop(errors);
    }
    g_free(names.items);
}

void
check_containers(ApiErrors *errors, const PodSpec *spec, const StrList *volumes)
{
    api_errors_push(errors, "containers");
    check_app_containers(errors, spec, volumes);
    api_errors_pop(errors);
    api_errors_push(errors, "initContainers");
    check_init_containers(errors, spec, volumes);
    api_errors_pop(errors);
}
