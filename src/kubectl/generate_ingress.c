/*
 * generate_ingress.c - create ingress NAME --rule=HOST/PATH=SERVICE:PORT[,tls[=SECRET]]
 *
 * Models: k8s.io/kubectl pkg/cmd/create/create_ingress.go v0.34. Rules of one host come together; so do hosts of one Secret.
 */

#include "kubectl/generate.h"

#define RULE_PATTERN "^(?P<host>[\\w\\*\\-\\.]*)(?P<path>/.*?)=(?P<service>.*?):(?P<port>.*?)(,tls(=(?P<secret>.*?))?)?$"

/* "80" or "http" */
static Value *
port_of(const char *text)
{
    Value *port = value_new_map();

    if (text[0] != '\0' && text[strspn(text, "0123456789")] == '\0')
        value_set(port, "number", value_new_int(g_ascii_strtoll(text, NULL, 10)));
    else
        value_set(port, "name", value_new_string(text));
    return port;
}

static Value *
backend_of(const char *service, const char *port)
{
    Value *backend = value_new_map();
    Value *inner = value_new_map();

    value_set(inner, "name", value_new_string(service));
    value_set(inner, "port", port_of(port));
    value_set(backend, "service", inner);
    return backend;
}

/* The element of @list whose @key is @text, made if it is not there. */
static Value *
find_or_add(Value *list, const char *key, const char *text)
{
    Value *element;

    for (guint i = 0; i < list->count; i++)
        if (strcmp(value_get_string(list->items[i], key, ""), text) == 0)
            return list->items[i];
    element = value_new_map();
    if (text[0] != '\0')
        value_set(element, key, value_new_string(text));
    value_append(list, element);
    return element;
}

static Value *
list_in(Value *map, const char *key)
{
    if (value_get(map, key) == NULL)
        value_set(map, key, value_new_list());
    return value_get(map, key);
}

static void
add_tls(Value *spec, const char *host, const char *secret)
{
    Value *hosts = list_in(find_or_add(list_in(spec, "tls"), "secretName", secret), "hosts");

    if (host[0] != '\0')
        value_append(hosts, value_new_string(host));
}

static void
add_rule(Value *spec, const char *host, const char *text, Value *backend)
{
    Value *rule = find_or_add(list_in(spec, "rules"), "host", host);
    gsize length = strlen(text);
    gboolean is_prefix = length > 0 && text[length - 1] == '*';
    g_autofree char *path_text = g_strndup(text, length - (is_prefix ? 1 : 0));
    Value *path = value_new_map();

    if (value_get(rule, "http") == NULL)
        value_set(rule, "http", value_new_map());
    value_set(path, "backend", backend);
    value_set(path, "path", value_new_string(path_text));
    value_set(path, "pathType", value_new_string(is_prefix ? "Prefix" : "Exact"));
    value_append(list_in(value_get(rule, "http"), "paths"), path);
}

/* NULL, or what is wrong. (owned) */
static char *
read_rule(Value *spec, const char *rule)
{
    g_autoptr(GRegex) regex = g_regex_new(RULE_PATTERN, 0, 0, NULL);
    g_autoptr(GMatchInfo) match = NULL;
    g_autofree char *host = NULL;
    g_autofree char *path = NULL;
    g_autofree char *service = NULL;
    g_autofree char *port = NULL;
    g_autofree char *secret = NULL;
    g_autofree char *tls = NULL;

    if (!g_regex_match(regex, rule, 0, &match))
        return g_strdup_printf("rule %s is invalid and should be in format host/path=svcname:svcport[,tls[=secret]]", rule);
    host = g_match_info_fetch_named(match, "host");
    path = g_match_info_fetch_named(match, "path");
    service = g_match_info_fetch_named(match, "service");
    port = g_match_info_fetch_named(match, "port");
    secret = g_match_info_fetch_named(match, "secret");
    tls = g_match_info_fetch(match, 5);
    add_rule(spec, host, path, backend_of(service, port));
    if (tls != NULL && tls[0] != '\0')
        add_tls(spec, host, secret == NULL ? "" : secret);
    return NULL;
}

gboolean
generate_ingress(Command *command, Value *object, char **out_message)
{
    const GPtrArray *rules = flag_strings(command, "rule");
    const GPtrArray *annotations = flag_strings(command, "annotation");
    const char *backend = flag_string(command, "default-backend");
    Value *spec = value_new_map();

    value_set(object, "spec", spec);
    if (str_is_empty(backend) && (rules == NULL || rules->len == 0)) {
        *out_message = g_strdup("not enough information provided: every ingress has to either specify a default-backend "
                                "(which catches all traffic) or a list of rules (which catch specific paths)");
        return FALSE;
    }
    for (guint i = 0; annotations != NULL && i < annotations->len; i++) {
        g_auto(GStrv) pair = g_strsplit(g_ptr_array_index(annotations, i), "=", 2);
        Value *metadata = value_get(object, "metadata");

        if (pair[0] == NULL || pair[0][0] == '\0' || pair[1] == NULL) {
            *out_message = g_strdup_printf("annotation %s is invalid and should be in format key=[value]",
                                           (const char *)g_ptr_array_index(annotations, i));
            return FALSE;
        }
        if (value_get(metadata, "annotations") == NULL)
            value_set(metadata, "annotations", value_new_map());
        value_set(value_get(metadata, "annotations"), str_intern(pair[0]), value_new_string(pair[1]));
    }
    if (!str_is_empty(flag_string(command, "class")))
        value_set(spec, "ingressClassName", value_new_string(flag_string(command, "class")));
    if (!str_is_empty(backend)) {
        g_auto(GStrv) parts = g_strsplit(backend, ":", -1);

        if (g_strv_length(parts) != 2 || parts[0][0] == '\0' || parts[1][0] == '\0') {
            *out_message = g_strdup("default-backend should be in format servicename:serviceport");
            return FALSE;
        }
        value_set(spec, "defaultBackend", backend_of(parts[0], parts[1]));
    }
    for (guint i = 0; rules != NULL && i < rules->len; i++) {
        *out_message = read_rule(spec, g_ptr_array_index(rules, i));
        if (*out_message != NULL)
            return FALSE;
    }
    return TRUE;
}
