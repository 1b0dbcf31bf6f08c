/*
 * generate_rbac.c - create role|clusterrole|rolebinding|clusterrolebinding
 *
 * Models: k8s.io/kubectl pkg/cmd/create/create_{role,clusterrole,rolebinding,clusterrolebinding}.go v0.34.
 */

#include "kubectl/generate.h"

/* A resource as it was asked for, and as the server knows it. */
typedef struct {
    const char *group, *resource, *subresource; /* interned; subresource NULL: none */
} RbacResource;

static const char *const resource_verbs[] = {"*", "get", "delete", "list", "create", "update", "patch", "watch", "proxy",
                                             "deletecollection", "use", "bind", "escalate", "impersonate", NULL};
static const char *const url_verbs[] = {"*", "get", "post", "put", "delete", "patch", "head", "options", NULL};

/* Verbs that only these resources have; a resource is named here without its group's kind being served. */
static const struct {
    const char *verb, *group, *resource;
} special_verbs[] = {
    {"use", "policy", "podsecuritypolicies"},
    {"use", "extensions", "podsecuritypolicies"},
    {"bind", "rbac.authorization.k8s.io", "roles"},
    {"bind", "rbac.authorization.k8s.io", "clusterroles"},
    {"escalate", "rbac.authorization.k8s.io", "roles"},
    {"escalate", "rbac.authorization.k8s.io", "clusterroles"},
    {"impersonate", "", "users"},
    {"impersonate", "", "serviceaccounts"},
    {"impersonate", "", "groups"},
    {"impersonate", "authentication.k8s.io", "userextras"},
};

/* The words of a flag, each once. (owned, interned words) */
static GPtrArray *
words_of(const Command *command, const char *flag)
{
    g_autoptr(GPtrArray) given = generate_words(command, flag);
    GPtrArray *words = g_ptr_array_new();

    for (guint i = 0; i < given->len; i++)
        if (!g_ptr_array_find(words, given->pdata[i], NULL))
            g_ptr_array_add(words, given->pdata[i]);
    return words;
}

static Value *
word_list(const GPtrArray *words)
{
    Value *list = value_new_list();

    for (guint i = 0; i < words->len; i++)
        value_append(list, value_new_string(g_ptr_array_index(words, i)));
    return list;
}

/* --- rules ----------------------------------------------------------------------------------- */

/* "*" is all of them. */
static GPtrArray *
verbs_of(const Command *command)
{
    GPtrArray *verbs = words_of(command, "verb");

    if (g_ptr_array_find(verbs, str_intern("*"), NULL)) {
        g_ptr_array_set_size(verbs, 0);
        g_ptr_array_add(verbs, (gpointer)str_intern("*"));
    }
    return verbs;
}

/* FALSE: *out_message (owned). */
static gboolean
suits_verbs(const RbacResource *resource, gboolean is_known, const char *word, const GPtrArray *verbs, char **out_message)
{
    for (guint v = 0; v < verbs->len; v++) {
        const char *verb = g_ptr_array_index(verbs, v);
        gboolean is_special = FALSE, matches = FALSE;

        for (guint i = 0; i < G_N_ELEMENTS(special_verbs); i++) {
            if (!str_is(special_verbs[i].verb, verb))
                continue;
            is_special = TRUE;
            matches = matches || (str_is(special_verbs[i].group, resource->group) &&
                                  str_is(special_verbs[i].resource, resource->resource));
        }
        if (is_special && !matches) {
            *out_message = g_strdup_printf("can not perform '%s' on '%s' in group '%s'", verb, resource->resource,
                                           resource->group);
            return FALSE;
        }
        is_known = is_known || matches;
    }
    if (!is_known)
        *out_message = g_strdup_printf(GENERATE_UNKNOWN "%s", word);
    return is_known;
}

/* "deployments.apps/scale". FALSE: *out_message (owned). */
static gboolean
parse_resource(const Command *command, const char *word, const GPtrArray *verbs, RbacResource *out, char **out_message)
{
    const char *slash = strchr(word, '/');
    g_autofree char *resource = slash == NULL ? g_strdup(word) : g_strndup(word, (gsize)(slash - word));
    const ApiKind *kind = api_kind_find_resource(resource);
    const char *dot = strchr(resource, '.');

    if (kind != NULL && !kubectl_finds(command->kubectl, kind))
        kind = NULL;
    out->subresource = slash == NULL || slash[1] == '\0' ? NULL : str_intern(slash + 1);
    if (resource[0] == '\0') {
        *out_message = g_strdup("resource must be specified if apiGroup/subresource specified");
        return FALSE;
    }
    out->group = kind != NULL ? kind->group : str_intern(dot == NULL ? "" : dot + 1);
    out->resource = kind != NULL ? str_intern(kind->plural)
                                 : str_intern_len(resource, dot == NULL ? strlen(resource) : (gsize)(dot - resource));
    return str_is(resource, "*") || suits_verbs(out, kind != NULL, resource, verbs, out_message);
}

static Value *
resource_rule(const Command *command, const GPtrArray *verbs, const char *group, const GArray *resources)
{
    Value *rule = value_new_map();
    Value *groups = value_new_list();
    Value *list = value_new_list();
    const GPtrArray *names = flag_strings(command, "resource-name");

    for (guint i = 0; i < resources->len; i++) {
        const RbacResource *resource = &g_array_index(resources, RbacResource, i);

        if (!str_is(resource->group, group))
            continue;
        value_append(list, value_new_string(resource->subresource == NULL
                                                ? resource->resource
                                                : str_internf("%s/%s", resource->resource, resource->subresource)));
    }
    value_append(groups, value_new_string(group));
    value_set(rule, "verbs", word_list(verbs));
    value_set(rule, "apiGroups", groups);
    value_set(rule, "resources", list);
    if (names != NULL && names->len > 0) {
        g_autoptr(GPtrArray) once = g_ptr_array_new();

        for (guint i = 0; i < names->len; i++)
            if (!g_ptr_array_find(once, str_intern(g_ptr_array_index(names, i)), NULL))
                g_ptr_array_add(once, (gpointer)str_intern(g_ptr_array_index(names, i)));
        value_set(rule, "resourceNames", word_list(once));
    }
    return rule;
}

static gint
by_word(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* One rule for each group, by name. FALSE: *out_message (owned). */
static gboolean
add_resource_rules(Command *command, const GPtrArray *verbs, Value *rules, char **out_message)
{
    g_autoptr(GPtrArray) words = words_of(command, "resource");
    g_autoptr(GPtrArray) groups = g_ptr_array_new();
    g_autoptr(GArray) resources = g_array_new(FALSE, FALSE, sizeof(RbacResource));

    for (guint v = 0; words->len > 0 && v < verbs->len; v++)
        if (!g_strv_contains(resource_verbs, g_ptr_array_index(verbs, v)))
            command_warn(command, "Warning: '%s' is not a standard resource verb", (const char *)g_ptr_array_index(verbs, v));
    if (g_ptr_array_find(words, str_intern("*"), NULL)) {
        g_ptr_array_set_size(words, 0);
        g_ptr_array_add(words, (gpointer)str_intern("*"));
    }
    for (guint i = 0; i < words->len; i++) {
        RbacResource resource = {0};

        if (!parse_resource(command, g_ptr_array_index(words, i), verbs, &resource, out_message))
            return FALSE;
        g_array_append_val(resources, resource);
        if (!g_ptr_array_find(groups, resource.group, NULL))
            g_ptr_array_add(groups, (gpointer)resource.group);
    }
    g_ptr_array_sort(groups, by_word);
    for (guint i = 0; i < groups->len; i++)
        value_append(rules, resource_rule(command, verbs, g_ptr_array_index(groups, i), resources));
    return TRUE;
}

/* FALSE: *out_message (owned). */
static gboolean
add_url_rule(Command *command, const GPtrArray *verbs, Value *rules, char **out_message)
{
    g_autoptr(GPtrArray) urls = words_of(command, "non-resource-url");
    Value *rule;

    for (guint v = 0; urls->len > 0 && v < verbs->len; v++)
        if (!g_strv_contains(url_verbs, g_ptr_array_index(verbs, v))) {
            *out_message = g_strdup_printf("invalid verb: '%s' for nonResourceURL", (const char *)g_ptr_array_index(verbs, v));
            return FALSE;
        }
    for (guint i = 0; i < urls->len; i++) {
        const char *url = g_ptr_array_index(urls, i);
        const char *star = strchr(url, '*');

        if (str_is(url, "*"))
            continue;
        if (url[0] != '/')
            *out_message = g_strdup("nonResourceURL should start with /");
        else if (star != NULL && star[1] != '\0')
            *out_message = g_strdup("nonResourceURL only supports wildcard matches when '*' is at the end");
        if (*out_message != NULL)
            return FALSE;
    }
    if (urls->len == 0)
        return TRUE;
    rule = value_new_map();
    value_set(rule, "verbs", word_list(verbs));
    value_set(rule, "nonResourceURLs", word_list(urls));
    value_append(rules, rule);
    return TRUE;
}

static gboolean
set_aggregation(Command *command, Value *object)
{
    g_autoptr(GPtrArray) pairs = words_of(command, "aggregation-rule");
    Value *rule = value_new_map();
    Value *selectors = value_new_list();
    Value *selector = value_new_map();
    Value *labels = value_new_map();

    for (guint i = 0; i < pairs->len; i++) {
        g_auto(GStrv) parts = g_strsplit(g_ptr_array_index(pairs, i), "=", 2);

        value_set(labels, str_intern(parts[0]), value_new_string(parts[1] == NULL ? "" : parts[1]));
    }
    value_set(selector, "matchLabels", labels);
    value_append(selectors, selector);
    value_set(rule, "clusterRoleSelectors", selectors);
    value_set(object, "aggregationRule", rule);
    value_set(object, "rules", value_new_list());
    return TRUE;
}

static gboolean
generate_role(Command *command, Value *object, gboolean is_cluster, char **out_message)
{
    g_autoptr(GPtrArray) verbs = verbs_of(command);
    gboolean has_resources = flag_is_given(command, "resource");
    Value *rules;

    if (is_cluster && flag_is_given(command, "aggregation-rule")) {
        if (verbs->len == 0 && !has_resources && !flag_is_given(command, "non-resource-url") &&
            !flag_is_given(command, "resource-name"))
            return set_aggregation(command, object);
        *out_message = g_strdup("aggregation rule must be specified without nonResourceURLs, verbs, resources or resourceNames");
        return FALSE;
    }
    if (verbs->len == 0)
        *out_message = g_strdup("at least one verb must be specified");
    else if (!is_cluster && !has_resources)
        *out_message = g_strdup("at least one resource must be specified");
    else if (!has_resources && !flag_is_given(command, "non-resource-url"))
        *out_message = g_strdup("one of resource or nonResourceURL must be specified");
    if (*out_message != NULL)
        return FALSE;
    rules = value_new_list();
    value_set(object, "rules", rules);
    return add_resource_rules(command, verbs, rules, out_message) &&
           (!is_cluster || add_url_rule(command, verbs, rules, out_message));
}

/* --- bindings ----------------------------------------------------------------------------------- */

static void
add_subject(Value *list, const char *kind, const char *name, const char *namespace_)
{
    Value *subject = value_new_map();

    value_set(subject, "kind", value_new_string(kind));
    if (namespace_ == NULL)
        value_set(subject, "apiGroup", value_new_string(RBAC_GROUP));
    value_set(subject, "name", value_new_string(name));
    if (namespace_ != NULL)
        value_set(subject, "namespace", value_new_string(namespace_));
    value_append(list, subject);
}

static gboolean
generate_binding(Command *command, Value *object, gboolean is_cluster, char **out_message)
{
    const char *cluster_role = flag_string(command, "clusterrole");
    const char *role = flag_string(command, "role");
    const GPtrArray *accounts = flag_strings(command, "serviceaccount");
    g_autoptr(GPtrArray) users = words_of(command, "user");
    g_autoptr(GPtrArray) groups = words_of(command, "group");
    Value *ref = value_new_map();
    Value *subjects = value_new_list();

    value_set(ref, "apiGroup", value_new_string(RBAC_GROUP));
    value_set(ref, "kind", value_new_string(str_is_empty(cluster_role) ? "Role" : "ClusterRole"));
    value_set(ref, "name", value_new_string(str_is_empty(cluster_role) ? (role == NULL ? "" : role) : cluster_role));
    value_set(object, "roleRef", ref);
    value_set(object, "subjects", subjects);
    if (!is_cluster && str_is_empty(cluster_role) == str_is_empty(role)) {
        *out_message = g_strdup("exactly one of clusterrole or role must be specified");
        return FALSE;
    }
    for (guint i = 0; i < users->len; i++)
        add_subject(subjects, "User", g_ptr_array_index(users, i), NULL);
    for (guint i = 0; i < groups->len; i++)
        add_subject(subjects, "Group", g_ptr_array_index(groups, i), NULL);
    for (guint i = 0; accounts != NULL && i < accounts->len; i++) {
        g_auto(GStrv) parts = g_strsplit(g_ptr_array_index(accounts, i), ":", -1);

        if (g_strv_length(parts) != 2 || parts[0][0] == '\0' || parts[1][0] == '\0') {
            *out_message = g_strdup("serviceaccount must be <namespace>:<name>");
            return FALSE;
        }
        add_subject(subjects, "ServiceAccount", parts[1], parts[0]);
    }
    return TRUE;
}

gboolean
generate_rbac(Command *command, Value *object, const ApiKind *kind, char **out_message)
{
    gboolean is_cluster = !kind->is_namespaced;

    if (kind == &role_kind || kind == &cluster_role_kind)
        return generate_role(command, object, is_cluster, out_message);
    return generate_binding(command, object, is_cluster, out_message);
}
