/* The tables of a container: ports, environment, probes, lifecycle. */
#include "api/kinds/tables.h"

static const ApiField container_port_fields[] = {
    {"name", API_STRING, AT(ContainerPort, name),
     .doc = "Name of the port, unique in the pod, that Services and probes can refer to."},
    {"hostPort", API_INT32, AT(ContainerPort, host_port),
     .doc = "Port of the node that leads to this one; must equal containerPort with hostNetwork."},
    {"containerPort", API_INT32, AT(ContainerPort, container_port), API_REQUIRED | API_ALWAYS,
     .doc = "Port that the container listens on, 1 to 65535."},
    {"protocol", API_STRING, AT(ContainerPort, protocol), .def = "TCP", .go_type = "v1.Protocol",
     .doc = "TCP, UDP or SCTP."},
    {"hostIP", API_STRING, AT(ContainerPort, host_ip),
     .doc = "Address of the node that hostPort is bound to."},
    {0},
};
static const ApiType container_port_type =
    TYPE("ContainerPort", ContainerPort, container_port_fields, "A port of a container.");

static const ApiField object_field_selector_fields[] = {
    {"apiVersion", API_STRING, AT(ObjectFieldSelector, api_version), .def = "v1",
     .doc = "API version that fieldPath is written for."},
    {"fieldPath", API_STRING, AT(ObjectFieldSelector, field_path), API_REQUIRED | API_ALWAYS,
     .doc = "Path of the field, such as metadata.name or status.podIP."},
    {0},
};
const ApiType object_field_selector_type = TYPE("ObjectFieldSelector",
                                                ObjectFieldSelector,
                                                object_field_selector_fields,
                                                "A field of the pod itself.");

static const ApiField resource_field_selector_fields[] = {
    {"containerName", API_STRING, AT(ResourceFieldSelector, container_name),
     .doc = "The container meant; required in volumes."},
    {"resource", API_STRING, AT(ResourceFieldSelector, resource), API_REQUIRED | API_ALWAYS,
     .doc = "Which resource, such as limits.cpu or requests.memory."},
    /* No pointer in Go: written even if nothing was said; zero counts as 1. */
    {"divisor", API_QUANTITY, AT(ResourceFieldSelector, divisor), .def = "0", .go_type = "resource.Quantity",
     .doc = "The unit that the value is given in; 1 if absent."},
    {0},
};
const ApiType resource_field_selector_type = TYPE("ResourceFieldSelector",
                                                  ResourceFieldSelector,
                                                  resource_field_selector_fields,
                                                  "A resource request or limit of a container.");

static const ApiField config_map_key_fields[] = {
    {"name", API_STRING, AT(KeySelector, name), .doc = "Name of the ConfigMap."},
    {"key", API_STRING, AT(KeySelector, key), API_REQUIRED | API_ALWAYS, .doc = "The key to take."},
    {"optional", API_OPT_BOOL, AT(KeySelector, optional),
     .doc = "Whether the container may start although the ConfigMap or key is missing."},
    {0},
};
static const ApiType config_map_key_type =
    TYPE("ConfigMapKeySelector", KeySelector, config_map_key_fields, "A key of a ConfigMap.");

static const ApiField secret_key_fields[] = {
    {"name", API_STRING, AT(KeySelector, name), .doc = "Name of the Secret."},
    {"key", API_STRING, AT(KeySelector, key), API_REQUIRED | API_ALWAYS, .doc = "The key to take."},
    {"optional", API_OPT_BOOL, AT(KeySelector, optional),
     .doc = "Whether the container may start although the Secret or key is missing."},
    {0},
};
static const ApiType secret_key_type =
    TYPE("SecretKeySelector", KeySelector, secret_key_fields, "A key of a Secret.");

static const ApiField env_var_source_fields[] = {
    {"fieldRef", API_MESSAGE, AT(EnvVarSource, field_ref), .message = &object_field_selector_type,
     .doc = "Takes a field of the pod."},
    {"resourceFieldRef", API_MESSAGE, AT(EnvVarSource, resource_field_ref),
     .message = &resource_field_selector_type,
     .doc = "Takes a resource request or limit of a container."},
    {"configMapKeyRef", API_MESSAGE, AT(EnvVarSource, config_map_key_ref),
     .message = &config_map_key_type, .doc = "Takes a key of a ConfigMap."},
    {"secretKeyRef", API_MESSAGE, AT(EnvVarSource, secret_key_ref), .message = &secret_key_type,
     .doc = "Takes a key of a Secret."},
    {"fileKeyRef", API_RAW, AT(EnvVarSource, file_key_ref), .message = &file_key_shape, .go_type = "v1.FileKeySelector",
     .doc = "Takes a key of a file in a volume."},
    {0},
};
static const ApiType env_var_source_type =
    TYPE("EnvVarSource",
         EnvVarSource,
         env_var_source_fields,
         "Where the value of an environment variable comes from.");

static const ApiField env_var_fields[] = {
    {"name", API_STRING, AT(EnvVar, name), API_REQUIRED | API_ALWAYS,
     .doc = "Name of the environment variable."},
    {"value", API_STRING, AT(EnvVar, value),
     .doc = "Its value; $(NAME) stands for a variable that was defined before."},
    {"valueFrom", API_MESSAGE, AT(EnvVar, value_from), .message = &env_var_source_type,
     .doc = "Where the value comes from, if it is not given by value."},
    {0},
};
static const ApiType env_var_type =
    TYPE("EnvVar", EnvVar, env_var_fields, "An environment variable of a container.");

static const ApiField config_map_env_fields[] = {
    {"name", API_STRING, AT(EnvFromRef, name), .doc = "Name of the ConfigMap."},
    {"optional", API_OPT_BOOL, AT(EnvFromRef, optional),
     .doc = "Whether the container may start although the ConfigMap is missing."},
    {0},
};
static const ApiType config_map_env_type =
    TYPE("ConfigMapEnvSource", EnvFromRef, config_map_env_fields, "All keys of a ConfigMap.");

static const ApiField secret_env_fields[] = {
    {"name", API_STRING, AT(EnvFromRef, name), .doc = "Name of the Secret."},
    {"optional", API_OPT_BOOL, AT(EnvFromRef, optional),
     .doc = "Whether the container may start although the Secret is missing."},
    {0},
};
static const ApiType secret_env_type =
    TYPE("SecretEnvSource", EnvFromRef, secret_env_fields, "All keys of a Secret.");

static const ApiField env_from_source_fields[] = {
    {"prefix", API_STRING, AT(EnvFromSource, prefix),
     .doc = "Text put before each key to make the variable's name."},
    {"configMapRef", API_MESSAGE, AT(EnvFromSource, config_map_ref),
     .message = &config_map_env_type, .doc = "Takes all keys of a ConfigMap."},
    {"secretRef", API_MESSAGE, AT(EnvFromSource, secret_ref), .message = &secret_env_type,
     .doc = "Takes all keys of a Secret."},
    {0},
};
static const ApiType env_from_source_type =
    TYPE("EnvFromSource",
         EnvFromSource,
         env_from_source_fields,
         "A set of environment variables that comes from elsewhere.");

static const ApiField volume_mount_fields[] = {
    {"name", API_STRING, AT(VolumeMount, name), API_REQUIRED | API_ALWAYS,
     .doc = "Name of the volume."},
    {"readOnly", API_BOOL, AT(VolumeMount, read_only),
     .doc = "Whether the container may not write to it."},
    {"recursiveReadOnly", API_STRING, AT(VolumeMount, recursive_read_only), API_POINTER,
     .go_type = "v1.RecursiveReadOnlyMode",
     .doc = "Whether mounts below it are read-only too: Disabled, IfPossible or Enabled."},
    {"mountPath", API_STRING, AT(VolumeMount, mount_path), API_REQUIRED | API_ALWAYS,
     .doc = "Path in the container where the volume appears; must not contain a colon."},
    {"subPath", API_STRING, AT(VolumeMount, sub_path),
     .doc = "Path within the volume to mount instead of its root."},
    {"mountPropagation", API_STRING, AT(VolumeMount, mount_propagation), API_POINTER,
     .go_type = "v1.MountPropagationMode",
     .doc = "How mounts pass between node and container: None, HostToContainer, Bidirectional."},
    {"subPathExpr", API_STRING, AT(VolumeMount, sub_path_expr),
     .doc = "Like subPath, with $(NAME) replaced by environment variables."},
    {0},
};
const ApiType volume_mount_type =
    TYPE("VolumeMount", VolumeMount, volume_mount_fields, "A volume as a container sees it.");

static const ApiField exec_action_fields[] = {
    {"command", API_STR_LIST, AT(ExecAction, command),
     .doc = "The command and its arguments, run without a shell; exit status 0 is success."},
    {0},
};
static const ApiType exec_action_type =
    TYPE("ExecAction", ExecAction, exec_action_fields, "Runs a command in the container.");

static const ApiField http_header_fields[] = {
    {"name", API_STRING, AT(HttpHeader, name), API_REQUIRED | API_ALWAYS,
     .doc = "Name of the header."},
    {"value", API_STRING, AT(HttpHeader, value), API_REQUIRED | API_ALWAYS,
     .doc = "Value of the header."},
    {0},
};
static const ApiType http_header_type =
    TYPE("HTTPHeader", HttpHeader, http_header_fields, "A header of a HTTP request.");

static const ApiField http_get_action_fields[] = {
    {"path", API_STRING, AT(HttpGetAction, path), .def = "/", .doc = "Path to ask for."},
    {"port", API_INT_OR_STRING, AT(HttpGetAction, port), API_REQUIRED | API_ALWAYS,
     .go_type = "intstr.IntOrString", .doc = "Port of the container, by number or name."},
    {"host", API_STRING, AT(HttpGetAction, host),
     .doc = "Host to connect to; the pod's address if absent."},
    {"scheme", API_STRING, AT(HttpGetAction, scheme), .def = "HTTP", .go_type = "v1.URIScheme",
     .doc = "HTTP or HTTPS."},
    {"httpHeaders", API_MESSAGE_LIST, AT(HttpGetAction, http_headers), .message = &http_header_type,
     .doc = "Headers to send with the request."},
    {0},
};
static const ApiType http_get_action_type =
    TYPE("HTTPGetAction",
         HttpGetAction,
         http_get_action_fields,
         "Sends a GET request; a status from 200 to 399 is success.");

static const ApiField tcp_socket_action_fields[] = {
    {"port", API_INT_OR_STRING, AT(TcpSocketAction, port), API_REQUIRED | API_ALWAYS,
     .go_type = "intstr.IntOrString", .doc = "Port of the container, by number or name."},
    {"host", API_STRING, AT(TcpSocketAction, host),
     .doc = "Host to connect to; the pod's address if absent."},
    {0},
};
static const ApiType tcp_socket_action_type =
    TYPE("TCPSocketAction",
         TcpSocketAction,
         tcp_socket_action_fields,
         "Opens a TCP connection; being accepted is success.");

static const ApiField grpc_action_fields[] = {
    {"port", API_INT32, AT(GrpcAction, port), API_REQUIRED | API_ALWAYS,
     .doc = "Port of the gRPC service, 1 to 65535."},
    {"service", API_STRING, AT(GrpcAction, service), API_POINTER, .def = "",
     .doc = "Name of the service in the health check request."},
    {0},
};
static const ApiType grpc_action_type =
    TYPE("GRPCAction", GrpcAction, grpc_action_fields, "Asks a gRPC health service.");

static const ApiField sleep_action_fields[] = {
    {"seconds", API_INT64, AT(SleepAction, seconds), API_REQUIRED | API_ALWAYS,
     .doc = "Seconds to wait."},
    {0},
};
static const ApiType sleep_action_type =
    TYPE("SleepAction", SleepAction, sleep_action_fields, "Waits for some time.");

static const ApiField probe_fields[] = {
    {"exec", API_MESSAGE, AT(Probe, exec), .message = &exec_action_type,
     .doc = "Runs a command in the container."},
    {"httpGet", API_MESSAGE, AT(Probe, http_get), .message = &http_get_action_type,
     .doc = "Sends a HTTP request to the container."},
    {"tcpSocket", API_MESSAGE, AT(Probe, tcp_socket), .message = &tcp_socket_action_type,
     .doc = "Opens a TCP connection to the container."},
    {"grpc", API_MESSAGE, AT(Probe, grpc), .message = &grpc_action_type,
     .doc = "Asks the container's gRPC health service."},
    {"initialDelaySeconds", API_INT32, AT(Probe, initial_delay_s),
     .doc = "Seconds after the container's start before the first probe."},
    {"timeoutSeconds", API_INT32, AT(Probe, timeout_s), .def = "1",
     .doc = "Seconds after which a probe without an answer has failed."},
    {"periodSeconds", API_INT32, AT(Probe, period_s), .def = "10",
     .doc = "Seconds from one probe to the next."},
    {"successThreshold", API_INT32, AT(Probe, success_threshold), .def = "1",
     .doc = "Successes in a row that count as success after a failure."},
    {"failureThreshold", API_INT32, AT(Probe, failure_threshold), .def = "3",
     .doc = "Failures in a row that count as failure after a success."},
    {"terminationGracePeriodSeconds", API_OPT_INT64, AT(Probe, termination_grace_s),
     .doc = "Grace period when this probe kills the container, in place of the pod's."},
    {0},
};
const ApiType probe_type =
    TYPE("Probe",
         Probe,
         probe_fields,
         "A check that the kubelet makes again and again to learn how a container does.");

static const ApiField lifecycle_handler_fields[] = {
    {"exec", API_MESSAGE, AT(LifecycleHandler, exec), .message = &exec_action_type,
     .doc = "Runs a command in the container."},
    {"httpGet", API_MESSAGE, AT(LifecycleHandler, http_get), .message = &http_get_action_type,
     .doc = "Sends a HTTP request to the container."},
    {"tcpSocket", API_MESSAGE, AT(LifecycleHandler, tcp_socket), .message = &tcp_socket_action_type,
     .doc = "Not supported as a hook; kept for compatibility."},
    {"sleep", API_MESSAGE, AT(LifecycleHandler, sleep), .message = &sleep_action_type,
     .doc = "Waits for some time."},
    {0},
};
static const ApiType lifecycle_handler_type =
    TYPE("LifecycleHandler",
         LifecycleHandler,
         lifecycle_handler_fields,
         "Something to do at an event in a container's life.");

static const ApiField lifecycle_fields[] = {
    {"postStart", API_MESSAGE, AT(Lifecycle, post_start), .message = &lifecycle_handler_type,
     .doc = "Done right after the container was created; if it fails the container is killed."},
    {"preStop", API_MESSAGE, AT(Lifecycle, pre_stop), .message = &lifecycle_handler_type,
     .doc = "Done before the container is told to stop; its time counts towards the grace period."},
    {"stopSignal", API_STRING, AT(Lifecycle, stop_signal), API_POINTER, .go_type = "v1.Signal",
     .doc = "The signal that asks the container to stop; the image's or SIGTERM if absent."},
    {0},
};
const ApiType lifecycle_type =
    TYPE("Lifecycle", Lifecycle, lifecycle_fields, "Hooks in the life of a container.");

static const ApiField container_fields[] = {
    {"name", API_STRING, AT(Container, name), API_REQUIRED | API_ALWAYS,
     .doc = "Name of the container, a DNS label, unique in the pod."},
    {"image", API_STRING, AT(Container, image), .doc = "Name of the image to run."},
    {"command", API_STR_LIST, AT(Container, command),
     .doc = "The program to run in place of the image's entry point."},
    {"args", API_STR_LIST, AT(Container, args),
     .doc = "Arguments to the entry point in place of the image's."},
    {"workingDir", API_STRING, AT(Container, working_dir),
     .doc = "Working directory of the program."},
    {"ports", API_MESSAGE_LIST, AT(Container, ports), .message = &container_port_type,
     .merge = API_MERGE_MERGE, .merge_key = "containerPort",
     .doc = "Ports that the container listens on."},
    {"envFrom", API_MESSAGE_LIST, AT(Container, env_from), .message = &env_from_source_type,
     .doc = "Sets of environment variables; env wins over them."},
    {"env", API_MESSAGE_LIST, AT(Container, env), .message = &env_var_type,
     .merge = API_MERGE_MERGE, .merge_key = "name", .doc = "Environment variables."},
    {"resources", API_STRUCT, AT(Container, resources), API_ALWAYS,
     .message = &resource_requirements_type, .doc = "Compute resources of the container."},
    {"resizePolicy", API_RAW, AT(Container, resize_policy), .message = &resize_policy_shape, .go_type = "[]v1.ContainerResizePolicy",
     .doc = "Whether a change of resources restarts the container, for each resource."},
    {"restartPolicy", API_STRING, AT(Container, restart_policy), API_POINTER,
     .go_type = "v1.ContainerRestartPolicy",
     .doc = "Always makes an init container a sidecar that runs beside the others."},
    {"restartPolicyRules", API_RAW, AT(Container, restart_rules), .message = &restart_rule_shape,
     .go_type = "[]v1.ContainerRestartRule", .doc = "Exit codes after which the container is restarted."},
    {"volumeMounts", API_MESSAGE_LIST, AT(Container, volume_mounts), .message = &volume_mount_type,
     .merge = API_MERGE_MERGE, .merge_key = "mountPath",
     .doc = "Volumes of the pod and where they appear in the container."},
    {"volumeDevices", API_RAW, AT(Container, volume_devices), .message = &volume_device_shape, .go_type = "[]v1.VolumeDevice",
     .merge = API_MERGE_MERGE, .merge_key = "devicePath",
     .doc = "Block devices of the pod and where they appear in the container."},
    {"livenessProbe", API_MESSAGE, AT(Container, liveness_probe), .message = &probe_type,
     .doc = "When it fails the container is killed and restarted."},
    {"readinessProbe", API_MESSAGE, AT(Container, readiness_probe), .message = &probe_type,
     .doc = "While it fails the pod gets no traffic from Services."},
    {"startupProbe", API_MESSAGE, AT(Container, startup_probe), .message = &probe_type,
     .doc = "The other probes wait until it has succeeded; when it fails the container is killed."},
    {"lifecycle", API_MESSAGE, AT(Container, lifecycle), .message = &lifecycle_type,
     .doc = "What to do after the start and before the stop."},
    {"terminationMessagePath", API_STRING, AT(Container, termination_message_path),
     .def = "/dev/termination-log",
     .doc = "File whose content becomes the message of the ended container."},
    {"terminationMessagePolicy", API_STRING, AT(Container, termination_message_policy),
     .def = "File", .go_type = "v1.TerminationMessagePolicy",
     .doc = "File, or FallbackToLogsOnError to use the end of the log when the file is empty."},
    {"imagePullPolicy", API_STRING, AT(Container, image_pull_policy), .go_type = "v1.PullPolicy",
     .doc = "When to pull the image: Always, IfNotPresent or Never."},
    {"securityContext", API_RAW, AT(Container, security_context), .message = &security_context_shape, .go_type = "v1.SecurityContext",
     .doc = "Security options of the container."},
    {"stdin", API_BOOL, AT(Container, stdin_), .doc = "Whether standard input is kept open."},
    {"stdinOnce", API_BOOL, AT(Container, stdin_once),
     .doc = "Whether standard input is closed after the first client detached."},
    {"tty", API_BOOL, AT(Container, tty), .doc = "Whether the container gets a terminal."},
    {0},
};
const ApiType container_type =
    TYPE("Container", Container, container_fields, "A program that runs in the pod.");
