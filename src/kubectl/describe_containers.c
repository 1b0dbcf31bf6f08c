/* describe_containers.c - the containers of a pod or template */

#include "kubectl/describe.h"

#include "kubectl/jsonpath.h"

static const ContainerStatus *
find_status(const ContainerStatusList *statuses, const char *name)
{
    for (guint i = 0; statuses != NULL && i < statuses->count; i++)
        if (str_is(statuses->items[i].name, name))
            return &statuses->items[i];
    return NULL;
}

/* "80/TCP, 81/TCP". (owned) */
static char *
ports_text(const Container *container, gboolean host)
{
    GString *text = g_string_new(NULL);

    for (guint i = 0; i < container->ports.count; i++) {
        const ContainerPort *port = &container->ports.items[i];

        g_string_append_printf(text, "%s%d/%s", i > 0 ? ", " : "",
                               host ? port->host_port : port->container_port,
                               text_or(port->protocol, ""));
    }
    return g_string_free(text, FALSE);
}

static void
describe_ports(GString *out, const char *title, const Container *container, gboolean host)
{
    g_autofree char *text = ports_text(container, host);

    describe_line(out, 2, "%s%s:\t%s\n", title, strchr(text, ',') != NULL ? "s" : "",
                  text_or(text, "<none>"));
}

static void
describe_words(GString *out, const char *title, const StrList *words)
{
    if (words->count == 0)
        return;
    describe_line(out, 2, "%s:\n", title);
    for (guint i = 0; i < words->count; i++) {
        g_auto(GStrv) lines = g_strsplit(words->items[i], "\n", -1);

        if (lines[0] == NULL)
            describe_line(out, 3, "\n");
        for (guint k = 0; lines[k] != NULL; k++)
            describe_line(out, 3, "%s\n", lines[k]);
    }
}

static void
describe_seccomp(GString *out, guint level, const Value *security_context)
{
    const Value *profile = value_get(security_context, "seccompProfile");
    const char *type = value_get_string(profile, "type", "");

    if (profile == NULL)
        return;
    describe_line(out, level, "SeccompProfile:\t%s\n", type);
    if (str_is(type, "Localhost"))
        describe_line(out, level > 0 ? level + 1 : 0, "LocalhostProfile:\t%s\n",
                      value_get_string(profile, "localhostProfile", ""));
}

static void
describe_state(GString *out, const char *title, const ContainerState *state)
{
    if (state->running != NULL) {
        g_autofree char *started = time_text(state->running->started_at);

        describe_line(out, 2, "%s:\tRunning\n", title);
        describe_line(out, 3, "Started:\t%s\n", started);
    } else if (state->terminated != NULL) {
        const ContainerStateTerminated *ended = state->terminated;
        g_autofree char *started = time_text(ended->started_at);
        g_autofree char *finished = time_text(ended->finished_at);

        describe_line(out, 2, "%s:\tTerminated\n", title);
        if (!str_is_empty(ended->reason))
            describe_line(out, 3, "Reason:\t%s\n", ended->reason);
        if (!str_is_empty(ended->message))
            describe_line(out, 3, "Message:\t%s\n", ended->message);
        describe_line(out, 3, "Exit Code:\t%d\n", ended->exit_code);
        if (ended->signal > 0)
            describe_line(out, 3, "Signal:\t%d\n", ended->signal);
        describe_line(out, 3, "Started:\t%s\n", started);
        describe_line(out, 3, "Finished:\t%s\n", finished);
    } else {
        describe_line(out, 2, "%s:\tWaiting\n", title);
        if (state->waiting != NULL && !str_is_empty(state->waiting->reason))
            describe_line(out, 3, "Reason:\t%s\n", state->waiting->reason);
    }
}

static void
describe_quantities(GString *out, const char *title, const QuantityMap *map, guint level)
{
    if (map->count > 0)
        describe_line(out, level, "%s:\n", title);
    for (guint i = 0; i < map->count; i++)
        describe_line(out, level + 1, "%s:\t%s\n", map->items[i].key,
                      quantity_format(&map->items[i].value));
}

void
describe_limits(GString *out, const ResourceRequirements *resources, guint level)
{
    describe_quantities(out, "Limits", &resources->limits, level);
    describe_quantities(out, "Requests", &resources->requests, level);
}

/* --- probes ----------------------------------------------------------------------------- */

static const char *
port_text(const IntOrString *port)
{
    return port->type == INT_OR_STRING_STRING ? text_or(port->string, "")
                                              : str_internf("%d", port->integer);
}

static void
describe_probe(GString *out, const char *title, const Probe *probe)
{
    g_autoptr(GString) what = g_string_new("unknown");

    if (probe == NULL)
        return;
    if (probe->exec != NULL) {
        g_string_assign(what, "exec [");
        for (guint i = 0; i < probe->exec->command.count; i++)
            g_string_append_printf(what, "%s%s", i > 0 ? " " : "", probe->exec->command.items[i]);
        g_string_append_c(what, ']');
    } else if (probe->http_get != NULL) {
        const HttpGetAction *get = probe->http_get;
        g_autofree char *scheme = g_ascii_strdown(text_or(get->scheme, ""), -1);
        const char *host = text_or(get->host, "");
        const char *path = text_or(get->path, "");

        g_string_printf(what,
                        strchr(host, ':') != NULL ? "http-get %s://[%s]:%s%s%s"
                                                  : "http-get %s://%s:%s%s%s",
                        scheme, host, port_text(&get->port),
                        path[0] != '\0' && path[0] != '/' ? "/" : "", path);
    } else if (probe->tcp_socket != NULL) {
        g_string_printf(what, "tcp-socket %s:%s", text_or(probe->tcp_socket->host, ""),
                        port_text(&probe->tcp_socket->port));
    } else if (probe->grpc != NULL) {
        g_string_printf(what, "grpc <pod>:%d %s", probe->grpc->port,
                        text_or(probe->grpc->service, ""));
    }
    describe_line(out, 2, "%s:\t%s delay=%ds timeout=%ds period=%ds #success=%d #failure=%d\n",
                  title, what->str, probe->initial_delay_s, probe->timeout_s, probe->period_s,
                  probe->success_threshold, probe->failure_threshold);
}

/* --- environment ------------------------------------------------------------------------- */

static const char *
optional_text(OptBool optional)
{
    return optional == OPT_TRUE ? "true" : "false";
}

static void
describe_env_from(GString *out, const Container *container)
{
    if (container->env_from.count == 0)
        return;
    describe_line(out, 2, "Environment Variables from:\n");
    for (guint i = 0; i < container->env_from.count; i++) {
        const EnvFromSource *source = &container->env_from.items[i];
        const EnvFromRef *ref =
            source->config_map_ref != NULL ? source->config_map_ref : source->secret_ref;
        const char *from = source->config_map_ref != NULL ? "ConfigMap"
                           : source->secret_ref != NULL   ? "Secret"
                                                          : "";
        const char *name = ref != NULL ? text_or(ref->name, "") : "";
        const char *optional = optional_text(ref != NULL ? ref->optional : OPT_UNSET);

        if (str_is_empty(source->prefix))
            describe_line(out, 3, "%s\t%s\tOptional: %s\n", name, from, optional);
        else
            describe_line(out, 3, "%s\t%s with prefix '%s'\tOptional: %s\n", name, from,
                          source->prefix, optional);
    }
}

/* The value a field reference has in this pod; "" in a template. (interned) */
static const char *
field_value(const ApiObject *pod, const char *path)
{
    g_autoptr(Value) tree = NULL;
    g_autoptr(GPtrArray) found = NULL;
    g_autofree char *text = NULL;
    g_autofree char *template_ = NULL;
    const char *bracket = strchr(path, '[');

    if (pod == NULL)
        return "";
    if (bracket != NULL) { /* metadata.labels['app'] */
        gsize length = strlen(bracket);
        g_autofree char *key = length > 4 ? g_strndup(bracket + 2, length - 4) : g_strdup("");
        const StrMap *map = g_str_has_prefix(path, "metadata.labels") ? &pod->meta->labels
                                                                      : &pod->meta->annotations;

        return text_or(str_map_get(map, key), "");
    }
    if (str_is(path, "metadata.labels") || str_is(path, "metadata.annotations"))
        return "";
    tree = api_object_encode(pod);
    found = jsonpath_find(path, tree, NULL);
    if (found == NULL || found->len == 0)
        return "";
    text = jsonpath_go_text(g_ptr_array_index(found, 0));
    return str_intern(text);
}

/* limits.cpu in units of the divisor, rounded up. (interned) */
static const char *
resource_value(const Container *container, const ResourceFieldSelector *selector)
{
    gboolean is_limit = g_str_has_prefix(selector->resource, "limits.");
    const char *name = strchr(selector->resource, '.');
    const QuantityMap *map =
        is_limit ? &container->resources.limits : &container->resources.requests;
    const Quantity *amount = name != NULL ? quantity_map_get(map, name + 1) : NULL;
    gboolean is_cpu = name != NULL && str_is(name + 1, "cpu");
    Quantity one = quantity_from_int(1, QUANTITY_DECIMAL_SI);
    const Quantity *divisor = selector->divisor != NULL && quantity_sign(selector->divisor) > 0
                                  ? selector->divisor
                                  : &one;
    gint64 above, below;

    if (amount == NULL)
        return is_limit && (is_cpu || (name != NULL && str_is(name + 1, "memory")))
                   ? "node allocatable"
                   : "0";
    above = is_cpu ? quantity_value_milli(amount) : quantity_value(amount);
    below = is_cpu ? quantity_value_milli(divisor) : quantity_value(divisor);
    return str_internf("%" G_GINT64_FORMAT, (above + below - 1) / below);
}

static void
describe_env(GString *out, const Container *container, const ApiObject *pod)
{
    describe_line(out, 2, "Environment:%s\n", container->env.count == 0 ? "\t<none>" : "");
    for (guint i = 0; i < container->env.count; i++) {
        const EnvVar *env = &container->env.items[i];
        const EnvVarSource *from = env->value_from;

        if (from == NULL) {
            g_auto(GStrv) lines = g_strsplit(text_or(env->value, ""), "\n", -1);

            describe_line(out, 3, "%s:\t%s\n", env->name, lines[0] != NULL ? lines[0] : "");
            for (guint k = 1; lines[0] != NULL && lines[k] != NULL; k++)
                describe_line(out, 3, "\t%s\n", lines[k]);
        } else if (from->field_ref != NULL) {
            describe_line(out, 3, "%s:\t%s (%s:%s)\n", env->name,
                          field_value(pod, from->field_ref->field_path),
                          text_or(from->field_ref->api_version, ""), from->field_ref->field_path);
        } else if (from->resource_field_ref != NULL) {
            describe_line(out, 3, "%s:\t%s (%s)\n", env->name,
                          resource_value(container, from->resource_field_ref),
                          from->resource_field_ref->resource);
        } else if (from->secret_key_ref != NULL) {
            describe_line(out, 3, "%s:\t<set to the key '%s' in secret '%s'>\tOptional: %s\n",
                          env->name, from->secret_key_ref->key,
                          text_or(from->secret_key_ref->name, ""),
                          optional_text(from->secret_key_ref->optional));
        } else if (from->config_map_key_ref != NULL) {
            describe_line(out, 3, "%s:\t<set to the key '%s' of config map '%s'>\tOptional: %s\n",
                          env->name, from->config_map_key_ref->key,
                          text_or(from->config_map_key_ref->name, ""),
                          optional_text(from->config_map_key_ref->optional));
        }
    }
}

static gint
by_path(gconstpointer a, gconstpointer b)
{
    return g_strcmp0((*(const VolumeMount *const *)a)->mount_path,
                     (*(const VolumeMount *const *)b)->mount_path);
}

static void
describe_mounts(GString *out, const Container *container)
{
    g_autoptr(GPtrArray) sorted = g_ptr_array_new();

    describe_line(out, 2, "Mounts:%s\n", container->volume_mounts.count == 0 ? "\t<none>" : "");
    for (guint i = 0; i < container->volume_mounts.count; i++)
        g_ptr_array_add(sorted, &container->volume_mounts.items[i]);
    g_ptr_array_sort(sorted, by_path);
    for (guint i = 0; i < sorted->len; i++) {
        const VolumeMount *mount = g_ptr_array_index(sorted, i);

        describe_line(out, 3, "%s from %s (%s", text_or(mount->mount_path, ""),
                      text_or(mount->name, ""), mount->read_only ? "ro" : "rw");
        if (!str_is_empty(mount->sub_path))
            g_string_append_printf(out, ",path=\"%s\"", mount->sub_path);
        g_string_append(out, ")\n");
    }
}

/* --- the whole --------------------------------------------------------------------------- */

static void
describe_container(GString *out,
                   const Container *container,
                   const ContainerStatus *status,
                   const ApiObject *pod)
{
    if (status != NULL)
        describe_line(out, 2, "Container ID:\t%s\n", text_or(status->container_id, ""));
    describe_line(out, 2, "Image:\t%s\n", text_or(container->image, ""));
    if (status != NULL)
        describe_line(out, 2, "Image ID:\t%s\n", text_or(status->image_id, ""));
    describe_ports(out, "Port", container, FALSE);
    describe_ports(out, "Host Port", container, TRUE);
    describe_seccomp(out, 2, container->security_context);
    describe_words(out, "Command", &container->command);
    describe_words(out, "Args", &container->args);
    if (status != NULL) {
        describe_state(out, "State", &status->state);
        if (status->last_state.terminated != NULL)
            describe_state(out, "Last State", &status->last_state);
        describe_line(out, 2, "Ready:\t%s\n", status->ready ? "True" : "False");
        describe_line(out, 2, "Restart Count:\t%d\n", status->restart_count);
    }
    describe_limits(out, &container->resources, 2);
    describe_probe(out, "Liveness", container->liveness_probe);
    describe_probe(out, "Readiness", container->readiness_probe);
    describe_probe(out, "Startup", container->startup_probe);
    describe_env_from(out, container);
    describe_env(out, container, pod);
    describe_mounts(out, container);
}

void
describe_containers(GString *out,
                    const char *label,
                    const Container *containers,
                    guint count,
                    const ContainerStatusList *statuses,
                    const ApiObject *pod,
                    const char *space)
{
    describe_line(out, 0, "%s%s:%s\n", space, label, count == 0 ? " <none>" : "");
    for (guint i = 0; i < count; i++) {
        describe_line(out, 1, "%s%s:\n", space[0] != '\0' ? " " : "", containers[i].name);
        describe_container(out, &containers[i], find_status(statuses, containers[i].name), pod);
    }
}
