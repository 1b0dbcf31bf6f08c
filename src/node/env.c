/* env.c - see env.h */

#include "node/env.h"

#include "api/validate.h"
#include "node/dns.h"

/* --- a set of variables -------------------------------------------------------------- */

static gboolean
env_is(const char *pair, const char *name)
{
    gsize length = strlen(name);

    return strncmp(pair, name, length) == 0 && pair[length] == '=';
}

const char *
env_get(const GPtrArray *env, const char *name)
{
    for (guint i = 0; i < env->len; i++)
        if (env_is(env->pdata[i], name))
            return (const char *)env->pdata[i] + strlen(name) + 1;
    return NULL;
}

void
env_set(GPtrArray *env, const char *name, const char *value)
{
    const char *pair = str_internf("%s=%s", name, value != NULL ? value : "");

    for (guint i = 0; i < env->len; i++)
        if (env_is(env->pdata[i], name)) {
            env->pdata[i] = (gpointer)pair;
            return;
        }
    g_ptr_array_add(env, (gpointer)pair);
}

const char *
env_expand(const char *text, const GPtrArray *env)
{
    GString *out;
    const char *interned;

    if (strchr(text, '$') == NULL)
        return text;
    out = g_string_new(NULL);
    for (const char *c = text; *c != '\0'; c++) {
        const char *end;

        if (*c != '$') {
            g_string_append_c(out, *c);
        } else if (c[1] == '$') {
            g_string_append_c(out, '$');
            c++;
        } else if (c[1] == '(' && (end = strchr(c + 2, ')')) != NULL) {
            const char *name = str_intern_len(c + 2, (gsize)(end - c - 2));
            const char *value = env_get(env, name);

            if (value != NULL)
                g_string_append(out, value);
            else
                g_string_append_printf(out, "$(%s)", name);
            c = end;
        } else {
            g_string_append_c(out, '$');
        }
    }
    interned = str_intern(out->str);
    g_string_free(out, TRUE);
    return interned;
}

/* --- services ------------------------------------------------------------------------ */

static char *
env_word(const char *name)
{
    char *word = g_ascii_strup(name, -1);

    return g_strdelimit(word, "-", '_');
}

void
env_add_service(GPtrArray *env, const ApiObject *service)
{
    const ServiceSpec *spec = service_spec(service);
    g_autofree char *prefix = env_word(api_name(service));
    const char *ip = spec->cluster_ip;

    if (str_is_empty(ip) || str_is(ip, "None") || spec->ports.count == 0)
        return;
    env_set(env, str_internf("%s_SERVICE_HOST", prefix), ip);
    env_set(env, str_internf("%s_SERVICE_PORT", prefix),
            str_internf("%d", spec->ports.items[0].port));
    for (guint i = 0; i < spec->ports.count; i++) {
        const ServicePort *port = &spec->ports.items[i];
        g_autofree char *word = NULL;

        if (str_is_empty(port->name))
            continue;
        word = env_word(port->name);
        env_set(env, str_internf("%s_SERVICE_PORT_%s", prefix, word),
                str_internf("%d", port->port));
    }
    for (guint i = 0; i < spec->ports.count; i++) {
        const ServicePort *port = &spec->ports.items[i];
        const char *protocol = port->protocol != NULL ? port->protocol : "TCP";
        g_autofree char *lower = g_ascii_strdown(protocol, -1);
        const char *url = str_internf("%s://%s:%d", lower, ip, port->port);
        const char *base = str_internf("%s_PORT_%d_%s", prefix, port->port, protocol);

        if (i == 0)
            env_set(env, str_internf("%s_PORT", prefix), url);
        env_set(env, base, url);
        env_set(env, str_internf("%s_PROTO", base), lower);
        env_set(env, str_internf("%s_PORT", base), str_internf("%d", port->port));
        env_set(env, str_internf("%s_ADDR", base), ip);
    }
}

static void
env_add_services(GPtrArray *env, Worker *w, const ApiObject *pod)
{
    g_autoptr(GPtrArray) list = g_ptr_array_new();
    const ApiObject *master = informer_get(w->k->services, "default", "kubernetes");
    gboolean links = pod_spec(pod)->enable_service_links != OPT_FALSE;

    if (links)
        informer_list(w->k->services, w->namespace_, list);
    if (master != NULL &&
        (!links || (!str_is(w->namespace_, "default") &&
                    informer_get(w->k->services, w->namespace_, "kubernetes") == NULL)))
        g_ptr_array_add(list, (gpointer)master);
    for (guint i = 0; i < list->len; i++)
        env_add_service(env, list->pdata[i]);
}

/* --- fields -------------------------------------------------------------------------- */

static const char *
env_format_map(const StrMap *map)
{
    GString *text = g_string_new(NULL);
    const char *interned;

    for (guint i = 0; i < map->count; i++)
        g_string_append_printf(text, "%s%s=%s", i > 0 ? "\n" : "", map->items[i].key,
                               api_quote(map->items[i].value));
    interned = str_intern(text->str);
    g_string_free(text, TRUE);
    return interned;
}

static const char *
env_subscript(const StrMap *map, const char *path, const char *prefix)
{
    gsize length = strlen(prefix);
    gsize total = strlen(path);
    const char *value;

    if (strncmp(path, prefix, length) != 0 || total < length + 2 || !g_str_has_suffix(path, "']"))
        return NULL;
    value = str_map_get(map, str_intern_len(path + length, total - length - 2));
    return value != NULL ? value : str_intern("");
}

const char *
env_field(const ApiObject *pod,
          const char *path,
          const char *node_name,
          const char *host_ip,
          const char *pod_ip)
{
    const ObjectMeta *meta = pod->meta;
    const char *value;

    if (str_is(path, "metadata.name"))
        return meta->name;
    if (str_is(path, "metadata.namespace"))
        return meta->namespace_;
    if (str_is(path, "metadata.uid"))
        return meta->uid;
    if (str_is(path, "metadata.labels"))
        return env_format_map(&meta->labels);
    if (str_is(path, "metadata.annotations"))
        return env_format_map(&meta->annotations);
    if (str_is(path, "spec.nodeName"))
        return node_name;
    if (str_is(path, "spec.serviceAccountName")) {
        value = pod_spec(pod)->service_account_name;
        return value != NULL ? value : str_intern("");
    }
    if (str_is(path, "status.hostIP") || str_is(path, "status.hostIPs"))
        return host_ip;
    if (str_is(path, "status.podIP") || str_is(path, "status.podIPs"))
        return pod_ip != NULL ? pod_ip : str_intern("");
    value = env_subscript(&meta->labels, path, "metadata.labels['");
    if (value == NULL)
        value = env_subscript(&meta->annotations, path, "metadata.annotations['");
    return value;
}

static const char *
env_quantity(const Quantity *value, const Quantity *divisor)
{
    __int128 by = divisor != NULL && divisor->nano > 0 ? divisor->nano : 1000000000;
    __int128 whole = (value->nano + by - 1) / by;

    return str_internf("%" G_GINT64_FORMAT, (gint64)whole);
}

/* v1.34 pkg/api/v1/resource MergeContainerResourceLimits: what has no limit may use all that the node gives to pods. */
static const Quantity *
env_node_limit(const ApiObject *node, const char *resource)
{
    static const char *const merged[] = {"cpu", "memory", "ephemeral-storage"};

    for (guint i = 0; node != NULL && i < G_N_ELEMENTS(merged); i++)
        if (str_is(resource, merged[i]))
            return quantity_map_get(&node_status(node)->allocatable, str_intern(resource));
    return NULL;
}

const char *
env_resource(const ApiObject *pod, const Container *own, const ResourceFieldSelector *ref, const ApiObject *node)
{
    gboolean is_init;
    const Container *container =
        ref->container_name != NULL ? pod_find_container(pod_spec(pod), ref->container_name, &is_init) : own;
    const char *resource = ref->resource;
    const Quantity *value;
    Quantity none = {0};

    if (container == NULL || resource == NULL)
        return str_intern("");
    if (g_str_has_prefix(resource, "requests.")) {
        value = quantity_map_get(&container->resources.requests, str_intern(resource + 9));
        return env_quantity(value != NULL ? value : &none, ref->divisor);
    }
    if (g_str_has_prefix(resource, "limits."))
        resource += 7;
    value = quantity_map_get(&container->resources.limits, str_intern(resource));
    if (value == NULL || quantity_sign(value) == 0)
        value = env_node_limit(node, resource);
    return env_quantity(value != NULL ? value : &none, ref->divisor);
}

/* --- the whole ----------------------------------------------------------------------- */

typedef struct {
    Worker *w;
    const ApiObject *pod; /* (borrowed) the sync's */
    const Container *container;
    GArray *refs; /* of FetchRef; only while filling */
    ApiObject *const *objects;
    void (*done)(Worker *w, const char *error);
} EnvMake;

static void
env_refs_add(GArray *refs, const ApiKind *kind, const char *name)
{
    FetchRef ref = {kind, name};

    for (guint i = 0; i < refs->len; i++) {
        const FetchRef *have = &g_array_index(refs, FetchRef, i);

        if (have->kind == kind && have->name == name)
            return;
    }
    g_array_append_val(refs, ref);
}

static GArray *
env_refs(const Container *container)
{
    GArray *refs = g_array_new(FALSE, TRUE, sizeof(FetchRef));

    for (guint i = 0; i < container->env_from.count; i++) {
        const EnvFromSource *from = &container->env_from.items[i];

        if (from->config_map_ref != NULL)
            env_refs_add(refs, &config_map_kind, from->config_map_ref->name);
        if (from->secret_ref != NULL)
            env_refs_add(refs, &secret_kind, from->secret_ref->name);
    }
    for (guint i = 0; i < container->env.count; i++) {
        const EnvVarSource *from = container->env.items[i].value_from;

        if (from != NULL && from->config_map_key_ref != NULL)
            env_refs_add(refs, &config_map_kind, from->config_map_key_ref->name);
        if (from != NULL && from->secret_key_ref != NULL)
            env_refs_add(refs, &secret_kind, from->secret_key_ref->name);
    }
    return refs;
}

static const ApiObject *
env_object(const EnvMake *make, const ApiKind *kind, const char *name)
{
    for (guint i = 0; i < make->refs->len; i++) {
        const FetchRef *ref = &g_array_index(make->refs, FetchRef, i);

        if (ref->kind == kind && ref->name == name)
            return make->objects[i];
    }
    return NULL;
}

static const char *
env_not_found(const ApiKind *kind, const char *name)
{
    return str_internf("%s \"%s\" not found", kind == &config_map_kind ? "configmap" : "secret",
                       name);
}

static const char *
env_add_from(const EnvMake *make,
             GPtrArray *env,
             const ApiKind *kind,
             const EnvFromRef *ref,
             const char *prefix)
{
    const ApiObject *object;
    const StrMap *data;

    if (ref == NULL)
        return NULL;
    object = env_object(make, kind, ref->name);
    if (object == NULL)
        return ref->optional == OPT_TRUE ? NULL : env_not_found(kind, ref->name);
    data = kind == &config_map_kind ? &((const ConfigMapBody *)object->body)->data
                                    : &((const SecretBody *)object->body)->data;
    for (guint i = 0; i < data->count; i++)
        env_set(env, str_internf("%s%s", prefix != NULL ? prefix : "", data->items[i].key),
                object_data(object, data->items[i].key));
    return NULL;
}

/* NULL and *out_value set (NULL: leave the variable out), or what is wrong. */
static const char *
env_key(const EnvMake *make,
        const ApiKind *kind,
        const KeySelector *selector,
        const char **out_value)
{
    const ApiObject *object = env_object(make, kind, selector->name);
    gboolean is_optional = selector->optional == OPT_TRUE;

    *out_value = NULL;
    if (object == NULL)
        return is_optional ? NULL : env_not_found(kind, selector->name);
    *out_value = object_data(object, selector->key);
    if (*out_value == NULL && !is_optional)
        return str_internf("couldn't find key %s in %s %s/%s", selector->key, kind->kind,
                           make->w->namespace_, selector->name);
    return NULL;
}

static const char *
env_add_var(const EnvMake *make, GPtrArray *env, const EnvVar *var)
{
    Worker *w = make->w;
    const EnvVarSource *from = var->value_from;
    const char *value = NULL;
    const char *error = NULL;

    if (!str_is_empty(var->value) || from == NULL) {
        env_set(env, var->name, var->value != NULL ? env_expand(var->value, env) : "");
        return NULL;
    }
    if (from->field_ref != NULL) {
        const char *ip = w->sync.sandbox != NULL ? sandbox_ip(w->sync.sandbox) : NULL;
        const char *host_ip = str_intern(machine_ip(w->k->options.machine));

        if (pod_spec(make->pod)->host_network)
            ip = host_ip;
        value = env_field(make->pod, from->field_ref->field_path, w->k->node_name, host_ip, ip);
    } else if (from->resource_field_ref != NULL) {
        value = env_resource(make->pod, make->container, from->resource_field_ref, kubelet_node(w->k));
    } else if (from->config_map_key_ref != NULL) {
        error = env_key(make, &config_map_kind, from->config_map_key_ref, &value);
    } else if (from->secret_key_ref != NULL) {
        error = env_key(make, &secret_kind, from->secret_key_ref, &value);
    }
    if (error == NULL && value != NULL)
        env_set(env, var->name, value);
    return error;
}

static const char *
env_fill(const EnvMake *make, GPtrArray *env)
{
    const Container *container = make->container;
    const char *error = NULL;

    env_add_services(env, make->w, make->pod);
    for (guint i = 0; i < container->env_from.count && error == NULL; i++) {
        const EnvFromSource *from = &container->env_from.items[i];

        error = env_add_from(make, env, &config_map_kind, from->config_map_ref, from->prefix);
        if (error == NULL)
            error = env_add_from(make, env, &secret_kind, from->secret_ref, from->prefix);
    }
    for (guint i = 0; i < container->env.count && error == NULL; i++)
        error = env_add_var(make, env, &container->env.items[i]);
    return error;
}

static void
env_on_fetched(gpointer user, ApiObject *const *objects, const char *error)
{
    EnvMake *make = user;
    Worker *w = make->w;
    GPtrArray *env = g_ptr_array_new();
    void (*done)(Worker *, const char *) = make->done;

    make->objects = objects;
    make->refs = env_refs(make->container);
    env_set(env, "HOSTNAME", pod_hostname(make->pod, w->k->node_name));
    if (error == NULL && !informer_factory_synced(w->k->factory))
        error =
            str_intern("services have not yet been read at least once, cannot construct envvars");
    if (error == NULL)
        error = env_fill(make, env);
    if (w->sync.env != NULL)
        g_ptr_array_unref(w->sync.env);
    w->sync.env = env;
    g_array_unref(make->refs);
    g_ptr_array_remove(w->hooks, make);
    done(w, error);
}

void
env_make(Worker *w,
         const ApiObject *pod,
         const Container *container,
         void (*done)(Worker *w, const char *error))
{
    EnvMake *make = g_new0(EnvMake, 1);
    g_autoptr(GArray) refs = env_refs(container);

    *make = (EnvMake){w, pod, container, NULL, NULL, done};
    g_ptr_array_add(w->hooks, make);
    fetch_objects(w, (const FetchRef *)refs->data, refs->len, w->handle, env_on_fetched, make);
}
