/* generate.c - see generate.h */

#include "kubectl/generate.h"

#include "api/names.h"

static Value *
head(const ApiKind *kind, const char *name, const char *namespace_)
{
    Value *object = value_new_map();
    Value *metadata = value_new_map();

    value_set(object, "apiVersion", value_new_string(api_kind_api_version(kind)));
    value_set(object, "kind", value_new_string(kind->kind));
    value_set(metadata, "name", value_new_string(name));
    if (namespace_ != NULL)
        value_set(metadata, "namespace", value_new_string(namespace_));
    value_set(object, "metadata", metadata);
    return object;
}

static Value *
one_pair(const char *key, const char *value)
{
    Value *map = value_new_map();

    value_set(map, key, value_new_string(value));
    return map;
}

GPtrArray *
generate_words(const Command *command, const char *flag)
{
    const GPtrArray *given = flag_strings(command, flag);
    GPtrArray *words = g_ptr_array_new();

    for (guint i = 0; given != NULL && i < given->len; i++) {
        g_auto(GStrv) parts = g_strsplit(g_ptr_array_index(given, i), ",", -1);

        for (guint k = 0; parts[k] != NULL; k++)
            g_ptr_array_add(words, (gpointer)str_intern(parts[k]));
    }
    return words;
}

/* "registry.local/shop/web:1" names its container web. */
static char *
container_name(const char *image)
{
    const char *slash = strrchr(image, '/');
    const char *base = slash != NULL ? slash + 1 : image;

    return g_strndup(base, strcspn(base, ":@"));
}

static void
generate_deployment(Command *command, Value *object, const char *name)
{
    g_autoptr(GPtrArray) images = generate_words(command, "image");
    gint64 port = flag_int(command, "port", -1);
    Value *spec = value_new_map();
    Value *selector = value_new_map();
    Value *template_ = value_new_map();
    Value *template_meta = value_new_map();
    Value *pod = value_new_map();
    Value *containers = value_new_list();

    value_set(value_get(object, "metadata"), "labels", one_pair("app", name));
    value_set(spec, "replicas", value_new_int(flag_int(command, "replicas", 1)));
    value_set(selector, "matchLabels", one_pair("app", name));
    value_set(spec, "selector", selector);
    for (guint i = 0; i < images->len; i++) {
        Value *container = value_new_map();
        g_autofree char *short_name = container_name(g_ptr_array_index(images, i));

        value_set(container, "name", value_new_string(short_name));
        value_set(container, "image", value_new_string(g_ptr_array_index(images, i)));
        if (port >= 0 && i == 0) {
            Value *ports = value_new_list();
            Value *one = value_new_map();
            value_set(one, "containerPort", value_new_int(port));
            value_append(ports, one);
            value_set(container, "ports", ports);
        }
        if (command->after_dashes != NULL && command->after_dashes->len > 0) {
            Value *words = value_new_list();
            for (guint k = 0; k < command->after_dashes->len; k++)
                value_append(words, value_new_string(g_ptr_array_index(command->after_dashes, k)));
            value_set(container, "command", words);
        }
        value_append(containers, container);
    }
    value_set(template_meta, "labels", one_pair("app", name));
    value_set(pod, "containers", containers);
    value_set(template_, "metadata", template_meta);
    value_set(template_, "spec", pod);
    value_set(spec, "template", template_);
    value_set(object, "spec", spec);
}

/* parsePorts: what is wrong with PORT[:TARGET]. NULL or (owned) */
static char *
tcp_fault(const char *text)
{
    g_auto(GStrv) parts = g_strsplit(text, ":", -1);
    const char *port = parts[0] == NULL ? "" : parts[0];
    const char *target = port[0] != '\0' ? parts[1] : NULL;
    StrList messages = {0};
    GString *joined;

    if (port[0] == '\0' || port[strspn(port, "0123456789")] != '\0')
        return g_strdup_printf("strconv.ParseUint: parsing \"%s\": invalid syntax", port);
    if (strlen(port) > 5 || g_ascii_strtoull(port, NULL, 10) > 65535)
        return g_strdup_printf("strconv.ParseUint: parsing \"%s\": value out of range", port);
    if (target == NULL)
        return NULL;
    if (target[0] != '\0' && target[strspn(target, "0123456789")] == '\0') {
        guint64 number = g_ascii_strtoull(target, NULL, 10);

        return number >= 1 && number <= 65535 ? NULL : g_strdup("must be between 1 and 65535, inclusive");
    }
    if (name_check(NAME_PORT, target, FALSE, &messages))
        return NULL;
    joined = g_string_new(NULL);
    for (guint i = 0; i < messages.count; i++)
        g_string_append_printf(joined, "%s%s", i > 0 ? "," : "", messages.items[i]);
    g_free(messages.items);
    return g_string_free(joined, FALSE);
}

/* create service clusterip|nodeport|loadbalancer|externalname NAME --tcp=port[:target] */
static gboolean
generate_service(Command *command, Value *object, const char *name, char **out_message)
{
    static const char *const types[][2] = {{"clusterip", "ClusterIP"},
                                           {"nodeport", "NodePort"},
                                           {"loadbalancer", "LoadBalancer"},
                                           {"externalname", "ExternalName"}};
    const char *word = command->args->len > 2 ? g_ptr_array_index(command->args, 1) : "";
    g_autoptr(GPtrArray) tcp = generate_words(command, "tcp");
    Value *spec = value_new_map();
    Value *ports = value_new_list();
    const char *type = NULL;

    for (guint i = 0; i < G_N_ELEMENTS(types); i++)
        if (str_is(types[i][0], word))
            type = types[i][1];
    value_set(object, "spec", spec);
    value_set(spec, "ports", ports);
    if (type == NULL)
        return FALSE;
    if (str_is(flag_string(command, "clusterip"), "None") && !str_is(type, "ClusterIP")) {
        *out_message = g_strdup("ClusterIP=None can only be used with ClusterIP service type");
        return FALSE;
    }
    if (tcp->len == 0 && !str_is(type, "ExternalName") &&
        !str_is(flag_string(command, "clusterip"), "None")) {
        *out_message = g_strdup("at least one tcp port specifier must be provided");
        return FALSE;
    }
    for (guint i = 0; i < tcp->len; i++) {
        *out_message = tcp_fault(g_ptr_array_index(tcp, i));
        if (*out_message != NULL)
            return FALSE;
    }
    for (guint i = 0; i < tcp->len; i++) {
        g_auto(GStrv) parts = g_strsplit(g_ptr_array_index(tcp, i), ":", 2);
        const char *target = parts[1] != NULL ? parts[1] : parts[0];
        Value *port = value_new_map();
        g_autofree char *port_name =
            parts[1] != NULL ? g_strdup_printf("%s-%s", parts[0], target) : g_strdup(parts[0]);

        value_set(port, "name", value_new_string(port_name));
        value_set(port, "protocol", value_new_string("TCP"));
        value_set(port, "port", value_new_int(g_ascii_strtoll(parts[0], NULL, 10)));
        value_set(port, "targetPort",
                  g_ascii_isdigit(target[0]) ? value_new_int(g_ascii_strtoll(target, NULL, 10))
                                             : value_new_string(target));
        if (flag_int(command, "node-port", 0) != 0)
            value_set(port, "nodePort", value_new_int(flag_int(command, "node-port", 0)));
        value_append(ports, port);
    }
    value_set(value_get(object, "metadata"), "labels", one_pair("app", name));
    value_set(spec, "selector", one_pair("app", name));
    value_set(spec, "type", value_new_string(type));
    if (flag_is_given(command, "clusterip"))
        value_set(spec, "clusterIP", value_new_string(flag_string(command, "clusterip")));
    if (str_is(type, "ExternalName"))
        value_set(spec, "externalName",
                  value_new_string(flag_string(command, "external-name") != NULL
                                       ? flag_string(command, "external-name")
                                       : ""));
    return TRUE;
}

static gboolean
has_several(const Command *command, const char *flag)
{
    g_autoptr(GPtrArray) words = generate_words(command, flag);

    return words->len > 1;
}

Value *
generate_object(Command *command, const ApiKind *kind, char **out_message)
{
    const char *name = g_ptr_array_index(command->args, command->args->len - 1);
    Value *object =
        head(kind, name,
             kind->is_namespaced && flag_is_given(command, "namespace") ? command_namespace(command)
                                                                        : NULL);
    gboolean fine = TRUE;

    if (kind == &deployment_kind && has_several(command, "image") && command->after_dashes != NULL &&
        command->after_dashes->len > 0) {
        *out_message = g_strdup("cannot specify multiple --image options and command");
        fine = FALSE;
    } else if (kind == &ingress_kind) {
        fine = generate_ingress(command, object, out_message);
    } else if (kind == &role_kind || kind == &cluster_role_kind || kind == &role_binding_kind ||
               kind == &cluster_role_binding_kind) {
        fine = generate_rbac(command, object, kind, out_message);
    } else if (kind == &deployment_kind) {
        generate_deployment(command, object, name);
    } else if (kind == &config_map_kind || kind == &secret_kind) {
        fine = generate_data(command, object, name, kind == &secret_kind, out_message);
    } else if (kind == &service_kind) {
        fine = generate_service(command, object, name, out_message);
    } else if (kind == &priority_class_kind) {
        value_set(object, "value", value_new_int(flag_int(command, "value", 0)));
        value_set(object, "globalDefault", value_new_bool(flag_bool(command, "global-default")));
        if (flag_is_given(command, "description"))
            value_set(object, "description", value_new_string(flag_string(command, "description")));
        value_set(object, "preemptionPolicy", value_new_string(flag_string(command, "preemption-policy")));
    } else if (kind != &namespace_kind && kind != &service_account_kind) {
        fine = generate_batch(command, object, kind, name, out_message);
    }
    if (fine)
        return object;
    value_free(object);
    return NULL;
}
