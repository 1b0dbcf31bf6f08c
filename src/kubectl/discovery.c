/* discovery.c - see discovery.h */

#include "kubectl/discovery.h"
#include "kubectl/versions.h"

/* In the order of their priorities, which is that of /apis: v1.34 pkg/controlplane/apiserver/aggregator.go, cmd/kube-apiserver. */
static const char *const groups[] = {"apps",
                                     "autoscaling",
                                     "batch",
                                     "networking.k8s.io",
                                     "policy",
                                     "rbac.authorization.k8s.io",
                                     "storage.k8s.io",
                                     "scheduling.k8s.io",
                                     "coordination.k8s.io",
                                     "node.k8s.io",
                                     "discovery.k8s.io",
                                     NULL};

/* Subresources beside status and scale. */
static const struct {
    const ApiKind *kind;
    const char *name, *group, *version, *shown, *verbs;
} subresources[] = {
    {&namespace_kind, "finalize", NULL, NULL, "Namespace", "update"},
    {&pod_kind, "attach", NULL, NULL, "PodAttachOptions", "create,get"},
    {&pod_kind, "binding", NULL, NULL, "Binding", "create"},
    {&pod_kind, "eviction", "policy", "v1", "Eviction", "create"},
    {&pod_kind, "exec", NULL, NULL, "PodExecOptions", "create,get"},
    {&pod_kind, "log", NULL, NULL, "Pod", "get"},
};

const char *
discovery_verbs(const ApiKind *kind)
{
    /* a namespace is deleted one at a time: registry/core/namespace */
    return kind == &namespace_kind ? "create,delete,get,list,patch,update,watch"
                                   : "create,delete,deletecollection,get,list,patch,update,watch";
}

static Value *
words(const char *text)
{
    g_auto(GStrv) parts = g_strsplit(text, ",", -1);
    Value *list = value_new_list();

    for (guint i = 0; parts[i] != NULL; i++)
        value_append(list, value_new_string(parts[i]));
    return list;
}

static Value *
group_version(const char *group, const char *version)
{
    Value *map = value_new_map();

    value_add_member(map, "groupVersion", value_new_string(str_internf("%s/%s", group, version)));
    value_add_member(map, "version", value_new_string(version));
    return map;
}

/* StorageVersionHash: of "group/version/Kind". (owned) */
static char *
storage_hash(const ApiKind *kind)
{
    g_autofree char *text = g_strdup_printf("%s/%s/%s", kind->group, kind->version, kind->kind);
    g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);
    guint8 digest[32];
    gsize length = sizeof digest;

    g_checksum_update(sum, (const guchar *)text, (gssize)strlen(text));
    g_checksum_get_digest(sum, digest, &length);
    return g_base64_encode(digest, 8);
}

static void
add_subresource(Value *list,
                const ApiKind *kind,
                const char *name,
                const char *group,
                const char *version,
                const char *shown,
                const char *verbs)
{
    Value *item = value_new_map();

    value_add_member(item, "name", value_new_string(str_internf("%s/%s", kind->plural, name)));
    value_add_member(item, "singularName", value_new_string(""));
    value_add_member(item, "namespaced", value_new_bool(kind->is_namespaced));
    if (group != NULL)
        value_add_member(item, "group", value_new_string(group));
    if (version != NULL)
        value_add_member(item, "version", value_new_string(version));
    value_add_member(item, "kind", value_new_string(shown));
    value_add_member(item, "verbs", words(verbs));
    value_append(list, item);
}

static gboolean
has_scale(const ApiKind *kind)
{
    return kind == &deployment_kind || kind == &replica_set_kind || kind == &replication_controller_kind ||
           kind == &stateful_set_kind;
}

static void
add_resource(Value *list, const ApiKind *kind)
{
    Value *item = value_new_map();
    g_autofree char *hash = storage_hash(kind);

    value_add_member(item, "name", value_new_string(kind->plural));
    value_add_member(item, "singularName", value_new_string(kind->singular));
    value_add_member(item, "namespaced", value_new_bool(kind->is_namespaced));
    value_add_member(item, "kind", value_new_string(kind->kind));
    value_add_member(item, "verbs", words(discovery_verbs(kind)));
    if (kind->short_names != NULL) {
        g_autofree char *joined = g_strjoinv(",", (char **)kind->short_names);

        value_add_member(item, "shortNames", words(joined));
    }
    if (kind->in_all)
        value_add_member(item, "categories", words("all"));
    value_add_member(item, "storageVersionHash", value_new_string(hash));
    value_append(list, item);
    for (guint i = 0; i < G_N_ELEMENTS(subresources); i++)
        if (subresources[i].kind == kind)
            add_subresource(list, kind, subresources[i].name, subresources[i].group, subresources[i].version,
                            subresources[i].shown, subresources[i].verbs);
    if (has_scale(kind))
        add_subresource(list, kind, "scale", "autoscaling", "v1", "Scale", "get,patch,update");
    if (kind->has_status)
        add_subresource(list, kind, "status", NULL, NULL, kind->kind, "get,patch,update");
}

static int
by_name(gconstpointer a, gconstpointer b)
{
    return strcmp((*(const ApiKind *const *)a)->plural, (*(const ApiKind *const *)b)->plural);
}

/* NULL: nothing of that group and version is served. */
static Value *
resources(const Kubectl *kubectl, const char *group, const char *version)
{
    g_autoptr(GPtrArray) kinds = g_ptr_array_new();
    Value *map, *list;

    for (guint i = 0; api_kinds[i] != NULL; i++)
        if (str_is(api_kinds[i]->group, group) && str_is(api_kinds[i]->version, version) &&
            kubectl_finds(kubectl, api_kinds[i]))
            g_ptr_array_add(kinds, (gpointer)api_kinds[i]);
    for (guint i = 0; api_forms[i] != NULL; i++)
        if (str_is(api_forms[i]->group, group) && str_is(api_forms[i]->version, version))
            g_ptr_array_add(kinds, (gpointer)api_forms[i]);
    if (kinds->len == 0)
        return NULL;
    g_ptr_array_sort(kinds, by_name);
    map = value_new_map();
    list = value_new_list();
    value_add_member(map, "kind", value_new_string("APIResourceList"));
    if (group[0] != '\0')
        value_add_member(map, "apiVersion", value_new_string("v1"));
    value_add_member(map, "groupVersion",
                     value_new_string(group[0] == '\0' ? version : str_internf("%s/%s", group, version)));
    value_add_member(map, "resources", list);
    for (guint i = 0; i < kinds->len; i++)
        add_resource(list, g_ptr_array_index(kinds, i));
    return map;
}

/* Its versions, the preferred one first. FALSE: there is no such group. */
static gboolean
describe_group(const Kubectl *kubectl, const char *group, Value *map)
{
    Value *versions = value_new_list();
    const ApiKind *first = NULL;

    for (guint i = 0; api_kinds[i] != NULL && first == NULL; i++)
        if (str_is(api_kinds[i]->group, group) && kubectl_finds(kubectl, api_kinds[i]))
            first = api_kinds[i];
    if (first == NULL) {
        value_free(versions);
        return FALSE;
    }
    value_add_member(map, "name", value_new_string(group));
    value_append(versions, group_version(group, first->version));
    for (guint i = 0; api_forms[i] != NULL; i++)
        if (str_is(api_forms[i]->group, group))
            value_append(versions, group_version(group, api_forms[i]->version));
    value_add_member(map, "versions", versions);
    value_add_member(map, "preferredVersion", group_version(group, first->version));
    return TRUE;
}

static void
add_group(const Kubectl *kubectl, Value *list, const char *name)
{
    Value *group = value_new_map();

    if (describe_group(kubectl, name, group))
        value_append(list, group);
    else
        value_free(group);
}

static Value *
all_groups(const Kubectl *kubectl)
{
    Value *map = value_new_map();
    Value *list = value_new_list();

    value_add_member(map, "kind", value_new_string("APIGroupList"));
    value_add_member(map, "apiVersion", value_new_string("v1"));
    value_add_member(map, "groups", list);
    for (guint i = 0; groups[i] != NULL; i++)
        add_group(kubectl, list, groups[i]);
    /* what is served by others, if it is */
    for (guint i = 0; api_kinds[i] != NULL; i++)
        if (api_kinds[i]->group[0] != '\0' && !g_strv_contains(groups, api_kinds[i]->group) &&
            (i == 0 || api_kinds[i - 1]->group != api_kinds[i]->group))
            add_group(kubectl, list, api_kinds[i]->group);
    return map;
}

static Value *
core_versions(void)
{
    Value *map = value_new_map();
    Value *addresses = value_new_list();
    Value *address = value_new_map();

    value_add_member(map, "kind", value_new_string("APIVersions"));
    value_add_member(map, "versions", words("v1"));
    value_add_member(address, "clientCIDR", value_new_string("0.0.0.0/0"));
    value_add_member(address, "serverAddress", value_new_string("172.18.0.2:6443"));
    value_append(addresses, address);
    value_add_member(map, "serverAddressByClientCIDRs", addresses);
    return map;
}

static Value *
document(const Kubectl *kubectl, char **parts)
{
    guint n = g_strv_length(parts);
    Value *map;

    if (n == 1 && str_is(parts[0], "api"))
        return core_versions();
    if (n == 2 && str_is(parts[0], "api"))
        return resources(kubectl, "", parts[1]);
    if (n == 1 && str_is(parts[0], "apis"))
        return all_groups(kubectl);
    if (n == 3 && str_is(parts[0], "apis"))
        return resources(kubectl, parts[1], parts[2]);
    if (n != 2 || !str_is(parts[0], "apis"))
        return NULL;
    map = value_new_map();
    value_add_member(map, "kind", value_new_string("APIGroup"));
    value_add_member(map, "apiVersion", value_new_string("v1"));
    if (describe_group(kubectl, parts[1], map))
        return map;
    value_free(map);
    return NULL;
}

/* server/healthz: each check on a line if asked for. */
static char *
health_text(const char *name, gboolean is_verbose)
{
    if (!is_verbose)
        return g_strdup("ok");
    return g_strdup_printf("[+]ping ok\n[+]log ok\n[+]etcd ok\n%s%s check passed\n",
                           str_is(name, "readyz") ? "[+]etcd-readiness ok\n[+]informer-sync ok\n[+]shutdown ok\n" : "",
                           name);
}

char *
discovery_text(const Kubectl *kubectl, const char *path)
{
    static const char *const health[] = {"healthz", "livez", "readyz", NULL};
    gsize length = strcspn(path, "?");
    g_autofree char *plain = g_strndup(path[0] == '/' ? path + 1 : path, length - (path[0] == '/'));
    g_auto(GStrv) parts = NULL;
    g_autoptr(Value) value = NULL;
    g_autofree char *json = NULL;

    if (g_str_has_suffix(plain, "/"))
        plain[strlen(plain) - 1] = '\0';
    if (g_strv_contains(health, plain))
        return health_text(plain, strstr(path + length, "verbose") != NULL);
    if (str_is(plain, "version"))
        return g_strdup_printf("{\n  \"major\": \"1\",\n  \"minor\": \"%u\",\n  \"gitVersion\": \"%s\",\n  \"platform\": "
                               "\"linux/amd64\"\n}",
                               kubectl_minor(kubectl), versions_name(kubectl_minor(kubectl)));
    parts = g_strsplit(plain, "/", -1);
    value = document(kubectl, parts);
    if (value == NULL)
        return NULL;
    json = value_to_json(value, VALUE_COMPACT);
    return g_strconcat(json, "\n", NULL);
}
