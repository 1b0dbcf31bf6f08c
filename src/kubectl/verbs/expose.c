/*
 * expose.c - kubectl expose TYPE/NAME --port=N; models k8s.io/kubectl pkg/cmd/expose v0.34
 *
 * A Service for the pods that an object selects; what is not said by flags is taken
 * from the object.
 */

#include "kubectl/expand.h"
#include "kubectl/last_applied.h"
#include "kubectl/overrides.h"
#include "kubectl/print.h"

#define SERVICE_NAME_MAX 63

static void expose_run(Command *command);

static const FlagDef flags[] = {
    {"port", 0, FLAG_STRING, NULL, NULL},
    {"target-port", 0, FLAG_STRING, NULL, NULL},
    {"container-port", 0, FLAG_STRING, NULL, NULL},
    {"name", 0, FLAG_STRING, NULL, NULL},
    {"type", 0, FLAG_STRING, NULL, NULL},
    {"protocol", 0, FLAG_STRING, NULL, NULL},
    {"labels", 'l', FLAG_STRING, NULL, NULL},
    {"selector", 0, FLAG_STRING, NULL, NULL},
    {"cluster-ip", 0, FLAG_STRING, NULL, NULL},
    {"external-ip", 0, FLAG_STRING, NULL, NULL},
    {"load-balancer-ip", 0, FLAG_STRING, NULL, NULL},
    {"session-affinity", 0, FLAG_STRING, NULL, NULL},
    {"overrides", 0, FLAG_STRING, NULL, NULL},
    {"override-type", 0, FLAG_STRING, "merge", NULL},
    {"save-config", 0, FLAG_BOOL, NULL, NULL},
    {0},
};

const Verb expose_verb = {.name = "expose",
                          .flags = flags,
                          .run = expose_run,
                          .doc = "Expose a resource as a new Kubernetes service."};

static void
on_created(Command *command, const ApiResponse *response)
{
    if (!api_response_ok(response))
        command_server_error(command, response->status, NULL);
    else
        print_changed(command, response->object, "exposed");
    command_next(command);
}

/* --- from the object --------------------------------------------------------------------- */

static Value *
map_of(const StrMap *map)
{
    Value *value = value_new_map();

    for (guint i = 0; i < map->count; i++)
        value_set(value, map->items[i].key, value_new_string(map->items[i].value));
    return value;
}

/* "a=b,c=d"; NULL if it is no such list. (owned) */
static Value *
map_from_text(const char *text)
{
    g_auto(GStrv) pairs = g_strsplit(text, ",", -1);
    Value *map = value_new_map();

    for (guint i = 0; pairs[i] != NULL; i++) {
        char *equals = strchr(pairs[i], '=');

        if (equals == NULL) {
            value_free(map);
            return NULL;
        }
        *equals = '\0';
        value_set(map, str_intern(pairs[i]), value_new_string(equals + 1));
    }
    return map;
}

/* Go's %+v: "[{Key:a Operator:In Values:[b c]} {...}]". (owned) */
static char *
expressions_text(const LabelSelector *selector)
{
    GString *out = g_string_new("[");

    for (guint i = 0; i < selector->match_expressions.count; i++) {
        const LabelSelectorRequirement *one = &selector->match_expressions.items[i];

        g_string_append_printf(out, "%s{Key:%s Operator:%s Values:[", i > 0 ? " " : "", one->key, one->operator_);
        for (guint k = 0; k < one->values.count; k++)
            g_string_append_printf(out, "%s%s", k > 0 ? " " : "", one->values.items[k]);
        g_string_append(out, "]}");
    }
    g_string_append_c(out, ']');
    return g_string_free(out, FALSE);
}

static Value *
selector_of_label_selector(const LabelSelector *selector, char **out_message)
{
    if (selector == NULL ||
        (selector->match_labels.count == 0 && selector->match_expressions.count == 0)) {
        *out_message = g_strdup("invalid deployment: no selectors, therefore cannot be exposed");
        return NULL;
    }
    if (selector->match_expressions.count > 0) {
        g_autofree char *text = expressions_text(selector);

        *out_message = g_strdup_printf("couldn't convert expressions - \"%s\" to map-based selector format", text);
        return NULL;
    }
    return map_of(&selector->match_labels);
}

/* NULL and *out_message (owned) if the object selects nothing. (owned) */
static Value *
selector_of(Command *command, const ApiObject *object, char **out_message)
{
    const char *given = flag_string(command, "selector");

    if (!str_is_empty(given)) {
        Value *map = map_from_text(given);

        if (map == NULL)
            *out_message = g_strdup_printf("unexpected selector spec: %s", given);
        return map;
    }
    if (object->kind == &deployment_kind)
        return selector_of_label_selector(deployment_spec(object)->selector, out_message);
    if (object->kind == &replica_set_kind)
        return selector_of_label_selector(replica_set_spec(object)->selector, out_message);
    if (object->kind == &replication_controller_kind)
        return map_of(replication_controller_selector(object));
    if (object->kind == &service_kind && service_spec(object)->selector.count > 0)
        return map_of(&service_spec(object)->selector);
    if (object->kind == &pod_kind && object->meta->labels.count > 0)
        return map_of(&object->meta->labels);
    *out_message =
        g_strdup(object->kind == &pod_kind ? "the pod has no labels and cannot be exposed"
                                           : "the service has no pod selector set");
    return NULL;
}

static const PodSpec *
pod_spec_in(const ApiObject *object)
{
    if (object->kind == &deployment_kind)
        return &deployment_spec(object)->template_.spec;
    if (object->kind == &replica_set_kind || object->kind == &replication_controller_kind)
        return &replica_set_spec(object)->template_.spec;
    return object->kind == &pod_kind ? pod_spec(object) : NULL;
}

/* Ports of the object, as text, each once. (owned) */
static GPtrArray *
ports_of(Command *command, const ApiObject *object)
{
    GPtrArray *ports = g_ptr_array_new();
    const PodSpec *spec = pod_spec_in(object);
    const char *given = flag_string(command, "port");

    if (!str_is_empty(given)) {
        g_auto(GStrv) parts = g_strsplit(given, ",", -1);

        for (guint i = 0; parts[i] != NULL; i++)
            g_ptr_array_add(ports, (gpointer)str_intern(parts[i]));
        return ports;
    }
    for (guint c = 0; spec != NULL && c < spec->containers.count; c++)
        for (guint i = 0; i < spec->containers.items[c].ports.count; i++)
            g_ptr_array_add(ports, (gpointer)str_internf("%d", spec->containers.items[c]
                                                                   .ports.items[i]
                                                                   .container_port));
    for (guint i = 0; object->kind == &service_kind && i < service_spec(object)->ports.count; i++)
        g_ptr_array_add(ports,
                        (gpointer)str_internf("%d", service_spec(object)->ports.items[i].port));
    return ports;
}

static const char *
protocol_of(Command *command, const ApiObject *object, const char *port)
{
    const PodSpec *spec = pod_spec_in(object);
    gint64 number = g_ascii_strtoll(port, NULL, 10);

    for (guint c = 0; spec != NULL && c < spec->containers.count; c++)
        for (guint i = 0; i < spec->containers.items[c].ports.count; i++)
            if (spec->containers.items[c].ports.items[i].container_port == number &&
                flag_string(command, "protocol") == NULL)
                return spec->containers.items[c].ports.items[i].protocol;
    for (guint i = 0; object->kind == &service_kind && i < service_spec(object)->ports.count; i++)
        if (service_spec(object)->ports.items[i].port == number && flag_string(command, "protocol") == NULL)
            return service_spec(object)->ports.items[i].protocol;
    return flag_string(command, "protocol") != NULL ? flag_string(command, "protocol") : "TCP";
}

static Value *
port_value(const char *text)
{
    gint64 number;

    return g_ascii_string_to_signed(text, 10, G_MININT32, G_MAXINT32, &number, NULL) ? value_new_int(number)
                                                                       : value_new_string(text);
}

static Value *
service_ports(Command *command, const ApiObject *object, const GPtrArray *ports)
{
    Value *list = value_new_list();
    const char *target = flag_string(command, "target-port") != NULL
                             ? flag_string(command, "target-port")
                             : flag_string(command, "container-port");

    for (guint i = 0; i < ports->len; i++) {
        const char *port = g_ptr_array_index(ports, i);
        Value *one = value_new_map();

        if (ports->len > 1) {
            g_autofree char *name = g_strdup_printf("port-%u", i + 1);
            value_set(one, "name", value_new_string(name));
        }
        value_set(one, "port", value_new_int(g_ascii_strtoll(port, NULL, 10)));
        value_set(one, "protocol", value_new_string(protocol_of(command, object, port)));
        value_set(one, "targetPort", port_value(!str_is_empty(target) ? target : port));
        value_append(list, one);
    }
    return list;
}

static Value *
generate_service(Command *command,
                 const ApiObject *object,
                 const char *name,
                 Value *selector,
                 const GPtrArray *ports)
{
    Value *service = value_new_map();
    Value *metadata = value_new_map();
    Value *spec = value_new_map();
    const char *labels = flag_string(command, "labels");
    Value *label_map = str_is_empty(labels) ? map_of(&object->meta->labels) : map_from_text(labels);
    static const char *const plain[][2] = {{"type", "type"},
                                           {"cluster-ip", "clusterIP"},
                                           {"load-balancer-ip", "loadBalancerIP"},
                                           {"session-affinity", "sessionAffinity"}};

    value_set(service, "apiVersion", value_new_string("v1"));
    value_set(service, "kind", value_new_string("Service"));
    value_set(service, "metadata", metadata);
    value_set(service, "spec", spec);
    value_set(metadata, "name", value_new_string(name));
    if (flag_is_given(command, "namespace"))
        value_set(metadata, "namespace", value_new_string(command_namespace(command)));
    if (label_map != NULL && label_map->count > 0)
        value_set(metadata, "labels", label_map);
    else
        value_free(label_map);
    value_set(spec, "ports", service_ports(command, object, ports));
    value_set(spec, "selector", selector);
    for (guint i = 0; i < G_N_ELEMENTS(plain); i++)
        if (!str_is_empty(flag_string(command, plain[i][0])))
            value_set(spec, plain[i][1], value_new_string(flag_string(command, plain[i][0])));
    if (!str_is_empty(flag_string(command, "external-ip"))) {
        Value *list = value_new_list();

        value_append(list, value_new_string(flag_string(command, "external-ip")));
        value_set(spec, "externalIPs", list);
    }
    return service;
}

static void
on_got(Command *command, const ApiResponse *response)
{
    const ApiObject *object = response->object;
    g_autofree char *message = NULL;
    g_autofree char *name = NULL;
    g_autoptr(GPtrArray) ports = NULL;
    g_autoptr(Value) service = NULL;
    const char *affinity;
    Value *selector;
    ApiRequest *request;

    if (!api_response_ok(response)) {
        command_server_error(command, response->status, NULL);
        command_next(command);
        return;
    }
    selector = selector_of(command, object, &message);
    if (selector == NULL) {
        command_fail(command, "couldn't retrieve selectors via --selector flag or introspection: %s", message);
        return;
    }
    ports = ports_of(command, object);
    if (ports->len == 0 && !str_is(flag_string(command, "cluster-ip"), "None")) {
        value_free(selector);
        command_fail(command, "couldn't find port via --port flag or introspection");
        return;
    }
    for (guint i = 0; i < ports->len; i++) {
        const char *port = g_ptr_array_index(ports, i);

        if (port[0] == '\0' || port[strspn(port, "0123456789")] != '\0') {
            value_free(selector);
            command_fail(command, "strconv.Atoi: parsing \"%s\": invalid syntax", port);
            return;
        }
    }
    affinity = flag_string(command, "session-affinity");
    if (!str_is_empty(affinity) && !str_is(affinity, "None") && !str_is(affinity, "ClientIP")) {
        value_free(selector);
        command_fail(command, "unknown session affinity: %s", affinity);
        return;
    }
    name = g_strdup(flag_string(command, "name") != NULL ? flag_string(command, "name")
                                                         : api_name(object));
    if (flag_string(command, "name") == NULL && strlen(name) > SERVICE_NAME_MAX)
        name[SERVICE_NAME_MAX] = '\0';
    {
        g_autoptr(Value) plain = generate_service(command, object, name, selector, ports);

        if (!overrides_apply(command, &service_kind, &plain))
            return;
        service = last_applied_for(command, plain);
    }
    if (is_client_dry_run(command)) {
        ApiDecodeResult result = {0};
        g_autoptr(ApiObject) made = api_object_decode(&service_kind, service, &result);

        api_decode_result_clear(&result);
        if (made != NULL)
            print_changed(command, made, "exposed");
        command_next(command);
        return;
    }
    request =
        api_request_new(VERB_CREATE, &service_kind, command_namespace(command), str_intern(name));
    request->body = g_steal_pointer(&service);
    request->field_validation = FIELD_VALIDATION_STRICT;
    request->dry_run = str_is(flag_string(command, "dry-run"), "server");
    command_send(command, request, on_created);
}

static void
expose_one(Command *command, Target *target)
{
    if (target->kind != &deployment_kind && target->kind != &replica_set_kind && target->kind != &replication_controller_kind &&
        target->kind != &service_kind && target->kind != &pod_kind) {
        command_error(command, "cannot expose a %s", api_kind_group_kind(target->kind));
        command_next(command);
        return;
    }
    command_send(command, command_request(command, VERB_GET, target), on_got);
}

static void
expose_run(Command *command)
{
    if (!targets_from_files_or_args(command, 0))
        return;
    for (guint i = 0; i < command->targets->len; i++)
        if (g_array_index(command->targets, Target, i).kind != NULL &&
            g_array_index(command->targets, Target, i).name == NULL) {
            command_fail(command, "resource(s) were provided, but no name was specified");
            return;
        }
    command_each(command, expose_one, command_end_default);
}
