/* rows.c - see rows.h */

#include "tests/scheduler/rows.h"

#include "tests/scheduler/support.h"

#include <string.h>

/* --- members of a JSON list or map, comma by comma ---------------------------------------------------- */

static void
add(GString *members, const char *format, ...) G_GNUC_PRINTF(2, 3);

static void
add(GString *members, const char *format, ...)
{
    va_list arguments;

    if (members->len > 0)
        g_string_append_c(members, ',');
    va_start(arguments, format);
    g_string_append_vprintf(members, format, arguments);
    va_end(arguments);
}

static char **
split(const char *text, const char *by)
{
    char **parts = g_strsplit(text, by, -1);

    for (guint i = 0; parts[i] != NULL; i++)
        g_strstrip(parts[i]);
    return parts;
}

/* The words of a text; none is empty. */
static GPtrArray *
words_of(const char *text)
{
    g_auto(GStrv) parts = g_strsplit(text, " ", -1);
    GPtrArray *words = g_ptr_array_new_with_free_func(g_free);

    for (guint i = 0; parts[i] != NULL; i++)
        if (parts[i][0] != '\0')
            g_ptr_array_add(words, g_strdup(parts[i]));
    return words;
}

/* Words from @from on, one line again. (owned) */
static char *
rest_of(const GPtrArray *words, guint from)
{
    GString *rest = g_string_new(NULL);

    for (guint i = from; i < words->len; i++)
        g_string_append_printf(rest, "%s%s", i == from ? "" : " ", (const char *)words->pdata[i]);
    return g_string_free(rest, FALSE);
}

/* "a,b" as 'a','b' */
static char *
quoted(const char *list)
{
    g_auto(GStrv) parts = split(list, ",");
    GString *out = g_string_new(NULL);

    for (guint i = 0; parts[i] != NULL; i++)
        add(out, "'%s'", parts[i]);
    return g_string_free(out, FALSE);
}

/* "k=v" as 'k':'v'; "k" as 'k':'' */
static void
add_pair(GString *members, const char *word)
{
    const char *equal = strchr(word, '=');

    if (equal == NULL)
        add(members, "'%s':''", word);
    else
        add(members, "'%.*s':'%s'", (int)(equal - word), word, equal + 1);
}

/* --- expressions ---------------------------------------------------------------------------------------- */

static void
add_expression(GString *labels, GString *expressions, GString *fields, const char *text)
{
    static const char *const operators[][2] = {{"in", "In"}, {"notin", "NotIn"}, {"gt", "Gt"}, {"lt", "Lt"}};
    g_autoptr(GPtrArray) words = words_of(text);
    const char *key = words->pdata[0];
    gboolean is_field = strcmp(key, "@name") == 0;

    if (words->len == 1 && key[0] == '!') {
        add(expressions, "{'key':'%s','operator':'DoesNotExist'}", key + 1);
    } else if (words->len == 1 && strchr(key, '=') != NULL) {
        if (labels != NULL) {
            add_pair(labels, key);
        } else {
            g_auto(GStrv) pair = g_strsplit(key, "=", 2);

            add(expressions, "{'key':'%s','operator':'In','values':['%s']}", pair[0], pair[1]);
        }
    } else if (words->len == 1) {
        add(expressions, "{'key':'%s','operator':'Exists'}", key);
    } else {
        g_autofree char *values = quoted(words->len > 2 ? words->pdata[2] : "");

        for (guint i = 0; i < G_N_ELEMENTS(operators); i++)
            if (strcmp(words->pdata[1], operators[i][0]) == 0)
                add(is_field ? fields : expressions, "{'key':'%s','operator':'%s','values':[%s]}",
                    is_field ? "metadata.name" : key, operators[i][1], values);
    }
}

/* As the members of a LabelSelector. (owned) */
static char *
selector(const char *text)
{
    g_autoptr(GString) labels = g_string_new(NULL);
    g_autoptr(GString) expressions = g_string_new(NULL);
    g_auto(GStrv) parts = split(text, "&");

    for (guint i = 0; strcmp(text, "*") != 0 && parts[i] != NULL; i++)
        add_expression(labels, expressions, NULL, parts[i]);
    return g_strdup_printf("'matchLabels':{%s},'matchExpressions':[%s]", labels->str, expressions->str);
}

/* As a node selector term. (owned) */
static char *
node_term(const char *text)
{
    g_autoptr(GString) expressions = g_string_new(NULL);
    g_autoptr(GString) fields = g_string_new(NULL);
    g_auto(GStrv) parts = split(text, "&");

    for (guint i = 0; parts[i] != NULL; i++)
        if (parts[i][0] != '\0')
            add_expression(NULL, expressions, fields, parts[i]);
    return g_strdup_printf("{'matchExpressions':[%s],'matchFields':[%s]}", expressions->str, fields->str);
}

/* --- a pod ---------------------------------------------------------------------------------------------- */

typedef struct {
    GString *containers, *init_containers, *overhead, *pod_level, *tolerations, *node_selector, *need, *want;
    GString *terms[2][2]; /* near, far; required, preferred */
    GString *spreads, *more, *owners, *volumes;
    gboolean is_bare;
} PodParts;

static void
parts_visit(PodParts *parts, gboolean frees)
{
    GString **all[] = {&parts->containers,    &parts->init_containers, &parts->overhead,    &parts->pod_level,
                       &parts->tolerations,   &parts->node_selector,   &parts->need,        &parts->want,
                       &parts->terms[0][0],   &parts->terms[0][1],     &parts->terms[1][0], &parts->terms[1][1],
                       &parts->spreads,       &parts->more,            &parts->owners,      &parts->volumes};

    for (guint i = 0; i < G_N_ELEMENTS(all); i++) {
        if (frees)
            g_string_free(*all[i], TRUE);
        else
            *all[i] = g_string_new(NULL);
    }
}

/* "80/UDP@1.2.3.4" */
static void
add_port(GString *ports, const char *word)
{
    g_auto(GStrv) at = g_strsplit(word, "@", 2);
    g_auto(GStrv) slash = g_strsplit(at[0], "/", 2);

    add(ports, "{'containerPort':%s,'hostPort':%s%s%s%s%s%s%s}", slash[0], slash[0],
        slash[1] == NULL ? "" : ",'protocol':'", slash[1] == NULL ? "" : slash[1], slash[1] == NULL ? "" : "'",
        at[1] == NULL ? "" : ",'hostIP':'", at[1] == NULL ? "" : at[1], at[1] == NULL ? "" : "'");
}

static void
add_container(GString *list, const GPtrArray *words, gboolean is_sidecar)
{
    g_autoptr(GString) requests = g_string_new(NULL);
    g_autoptr(GString) ports = g_string_new(NULL);
    const char *image = "i";

    for (guint i = 1; i < words->len; i++) {
        const char *word = words->pdata[i];

        if (g_str_has_prefix(word, "image:"))
            image = word + strlen("image:");
        else if (g_str_has_prefix(word, "port:"))
            add_port(ports, word + strlen("port:"));
        else
            add_pair(requests, word);
    }
    add(list, "{'name':'c%u','image':'%s','ports':[%s],'resources':{'requests':{%s}}%s}", (guint)list->len, image,
        ports->str, requests->str, is_sidecar ? ",'restartPolicy':'Always'" : "");
}

static void
add_toleration(GString *list, const char *word)
{
    const char *colon = strrchr(word, ':');
    g_autofree char *key = colon == NULL ? g_strdup(word) : g_strndup(word, (gsize)(colon - word));
    char *equal = strchr(key, '=');

    if (strcmp(key, "*") == 0)
        key[0] = '\0';
    if (equal != NULL)
        *equal = '\0';
    add(list, "{'key':'%s','operator':'%s','value':'%s','effect':'%s'}", key, equal == NULL ? "Exists" : "Equal",
        equal == NULL ? "" : equal + 1, colon == NULL ? "" : colon + 1);
}

/* "near +5 KEY ns:a,b nsel:x=y SELECTOR" */
static void
add_inter_pod(GString *terms[2], const GPtrArray *words)
{
    g_autoptr(GString) term = g_string_new(NULL);
    const char *weight = NULL;
    guint at = 1;
    g_autofree char *rest = NULL;

    if (((const char *)words->pdata[at])[0] == '+')
        weight = (const char *)words->pdata[at++] + 1;
    add(term, "'topologyKey':'%s'", (const char *)words->pdata[at++]);
    for (; at < words->len; at++) {
        const char *word = words->pdata[at];

        if (g_str_has_prefix(word, "ns:")) {
            g_autofree char *names = quoted(word + strlen("ns:"));

            add(term, "'namespaces':[%s]", names);
        } else if (g_str_has_prefix(word, "nsel:")) {
            g_autofree char *members = selector(word + strlen("nsel:"));

            add(term, "'namespaceSelector':{%s}", members);
        } else {
            break;
        }
    }
    rest = rest_of(words, at);
    if (strcmp(rest, "-") != 0) {
        g_autofree char *members = selector(rest);

        add(term, "'labelSelector':{%s}", members);
    }
    if (weight == NULL)
        add(terms[0], "{%s}", term->str);
    else
        add(terms[1], "{'weight':%s,'podAffinityTerm':{%s}}", weight, term->str);
}

static void
add_spread(GString *list, const GPtrArray *words)
{
    g_autoptr(GString) members = g_string_new(NULL);
    g_autofree char *rest = NULL;
    const char *key = words->pdata[2];
    guint at = 4;

    add(members, "'maxSkew':%s,'topologyKey':'%s','whenUnsatisfiable':'%s'", (const char *)words->pdata[1],
        strcmp(key, "@host") == 0 ? "kubernetes.io/hostname" : key,
        strcmp(words->pdata[3], "hard") == 0 ? "DoNotSchedule" : "ScheduleAnyway");
    for (; at < words->len; at++) {
        const char *word = words->pdata[at];

        if (g_str_has_prefix(word, "min:")) {
            add(members, "'minDomains':%s", word + strlen("min:"));
        } else if (g_str_has_prefix(word, "affinity:")) {
            add(members, "'nodeAffinityPolicy':'%s'", word + strlen("affinity:"));
        } else if (g_str_has_prefix(word, "taints:")) {
            add(members, "'nodeTaintsPolicy':'%s'", word + strlen("taints:"));
        } else if (g_str_has_prefix(word, "keys:")) {
            g_autofree char *keys = quoted(word + strlen("keys:"));

            add(members, "'matchLabelKeys':[%s]", keys);
        } else {
            break;
        }
    }
    rest = rest_of(words, at);
    if (strcmp(rest, "-") != 0) {
        g_autofree char *inner = selector(rest);

        add(members, "'labelSelector':{%s}", inner);
    }
    add(list, "{%s}", members->str);
}

static void
add_owner(GString *list, const char *word)
{
    g_auto(GStrv) owner = g_strsplit(word, "/", 2);

    add(list, "{'apiVersion':'%s','kind':'%s','name':'%s','uid':'u','controller':true}",
        strcmp(owner[0], "ReplicationController") == 0 ? "v1" : "apps/v1", owner[0], owner[1]);
}

static void
add_statement(PodParts *parts, const char *text)
{
    g_autoptr(GPtrArray) words = words_of(text);
    const char *what = words->pdata[0];
    GString *maps = strcmp(what, "overhead") == 0   ? parts->overhead
                    : strcmp(what, "podlevel") == 0 ? parts->pod_level
                                                    : parts->node_selector;
    g_autofree char *rest = rest_of(words, 1);

    if (strcmp(what, "app") == 0) {
        add_container(parts->containers, words, FALSE);
    } else if (strcmp(what, "init") == 0 || strcmp(what, "side") == 0) {
        add_container(parts->init_containers, words, what[0] == 's');
    } else if (strcmp(what, "overhead") == 0 || strcmp(what, "podlevel") == 0 || strcmp(what, "select") == 0) {
        for (guint i = 1; i < words->len; i++)
            add_pair(maps, words->pdata[i]);
    } else if (strcmp(what, "prio") == 0) {
        add(parts->more, "'priority':%s", rest);
    } else if (strcmp(what, "bare") == 0) {
        parts->is_bare = TRUE;
    } else if (strcmp(what, "never") == 0) {
        add(parts->more, "'preemptionPolicy':'Never'");
    } else if (strcmp(what, "tol") == 0) {
        add_toleration(parts->tolerations, rest);
    } else if (strcmp(what, "need") == 0) {
        g_autofree char *term = node_term(rest);

        add(parts->need, "%s", term);
    } else if (strcmp(what, "want") == 0) {
        g_autofree char *exprs = rest_of(words, 2);
        g_autofree char *term = node_term(exprs);

        add(parts->want, "{'weight':%s,'preference':%s}", (const char *)words->pdata[1], term);
    } else if (strcmp(what, "near") == 0 || strcmp(what, "far") == 0) {
        add_inter_pod(parts->terms[what[0] == 'f'], words);
    } else if (strcmp(what, "spread") == 0) {
        add_spread(parts->spreads, words);
    } else if (strcmp(what, "owner") == 0) {
        add_owner(parts->owners, rest);
    } else if (strcmp(what, "claim") == 0) {
        add(parts->volumes, "{'name':'v%s','persistentVolumeClaim':{'claimName':'%s'}}", rest, rest);
    } else {
        g_error("what is \"%s\"?", text);
    }
}

static char *
spec_of(PodParts *parts, const char *node)
{
    GString *spec = g_string_new(NULL);
    GString *affinity = g_string_new(NULL);
    static const char *const names[] = {"podAffinity", "podAntiAffinity"};

    if (parts->containers->len == 0 && !parts->is_bare)
        add(parts->containers, "{'name':'c','image':'i'}");
    add(spec, "'containers':[%s],'initContainers':[%s]", parts->containers->str, parts->init_containers->str);
    if (node != NULL)
        add(spec, "'nodeName':'%s'", node);
    if (parts->overhead->len > 0)
        add(spec, "'overhead':{%s}", parts->overhead->str);
    if (parts->pod_level->len > 0)
        add(spec, "'resources':{'requests':{%s}}", parts->pod_level->str);
    if (parts->need->len + parts->want->len > 0) {
        add(affinity, "'nodeAffinity':{'preferredDuringSchedulingIgnoredDuringExecution':[%s]", parts->want->str);
        if (parts->need->len > 0)
            add(affinity, "'requiredDuringSchedulingIgnoredDuringExecution':{'nodeSelectorTerms':[%s]}",
                parts->need->str);
        g_string_append_c(affinity, '}');
    }
    for (guint i = 0; i < 2; i++)
        if (parts->terms[i][0]->len + parts->terms[i][1]->len > 0)
            add(affinity, "'%s':{'requiredDuringSchedulingIgnoredDuringExecution':[%s],"
                          "'preferredDuringSchedulingIgnoredDuringExecution':[%s]}",
                names[i], parts->terms[i][0]->str, parts->terms[i][1]->str);
    add(spec, "'affinity':{%s},'nodeSelector':{%s},'tolerations':[%s],'topologySpreadConstraints':[%s],'volumes':[%s]",
        affinity->str, parts->node_selector->str, parts->tolerations->str, parts->spreads->str, parts->volumes->str);
    if (parts->more->len > 0)
        add(spec, "%s", parts->more->str);
    g_string_free(affinity, TRUE);
    return g_string_free(spec, FALSE);
}

static ApiObject *
make_pod(const char *text, const char *name, const char *node)
{
    g_auto(GStrv) statements = split(text, "|");
    g_autoptr(GPtrArray) words = words_of(statements[0] == NULL ? "" : statements[0]);
    g_autoptr(GString) labels = g_string_new(NULL);
    g_autofree char *spec = NULL;
    g_autofree char *json = NULL;
    const char *namespace_ = "default";
    const char *deletion = "";
    g_autoptr(GString) status = g_string_new(NULL);
    PodParts parts = {0};

    parts_visit(&parts, FALSE);
    for (guint i = node == NULL ? 0 : 1; i < words->len; i++) {
        const char *word = words->pdata[i];

        if (g_str_has_prefix(word, "ns:"))
            namespace_ = word + strlen("ns:");
        else if (g_str_has_prefix(word, "start:"))
            add(status, "'startTime':'2026-01-01T00:00:%sZ'", word + strlen("start:"));
        else if (g_str_has_prefix(word, "nominated:"))
            add(status, "'nominatedNodeName':'%s'", word + strlen("nominated:"));
        else if (strcmp(word, "~") == 0)
            deletion = ",'deletionTimestamp':'2026-01-01T00:00:00Z'";
        else
            add_pair(labels, word);
    }
    for (guint i = 1; statements[0] != NULL && statements[i] != NULL; i++)
        if (statements[i][0] != '\0')
            add_statement(&parts, statements[i]);
    spec = spec_of(&parts, node);
    json = g_strdup_printf("{'kind':'Pod','metadata':{'name':'%s','namespace':'%s','uid':'%s','labels':{%s},"
                           "'ownerReferences':[%s]%s},'spec':{%s},'status':{%s}}",
                           name, namespace_, name, labels->str, parts.owners->str, deletion, spec, status->str);
    parts_visit(&parts, TRUE);
    return make_object(json);
}

ApiObject *
rows_pod(const char *text, const char *name)
{
    return make_pod(text == NULL ? "" : text, name, NULL);
}

GPtrArray *
rows_pods(const char *text)
{
    GPtrArray *pods = g_ptr_array_new_with_free_func(api_object_unref);
    g_auto(GStrv) items = split(text == NULL ? "" : text, ";");

    for (guint i = 0; items[i] != NULL; i++) {
        g_auto(GStrv) statements = g_strsplit(items[i], "|", 2);
        g_autoptr(GPtrArray) words = words_of(statements[0] == NULL ? "" : statements[0]);
        g_auto(GStrv) where = words->len == 0 ? NULL : g_strsplit(words->pdata[0], "*", 2);

        if (where == NULL)
            continue;
        for (gint64 k = 0; k < (where[1] == NULL ? 1 : g_ascii_strtoll(where[1], NULL, 10)); k++) {
            g_autofree char *name = g_strdup_printf("p%u", pods->len);

            g_ptr_array_add(pods, make_pod(items[i], name, where[0]));
        }
    }
    return pods;
}

/* --- a node --------------------------------------------------------------------------------------------- */

static gboolean
add_taint(GString *taints, const char *word)
{
    const char *colon = strrchr(word, ':');
    const char *equal = strchr(word, '=');

    if (colon == NULL)
        return FALSE;
    add(taints, "{'key':'%.*s','value':'%.*s','effect':'%s'}", (int)((equal == NULL ? colon : equal) - word), word,
        equal == NULL ? 0 : (int)(colon - equal - 1), equal == NULL ? "" : equal + 1, colon + 1);
    return TRUE;
}

ApiObject *
rows_node(const char *text)
{
    g_autoptr(GPtrArray) words = words_of(text);
    const char *name = words->pdata[0];
    g_autoptr(GString) labels = g_string_new(NULL);
    g_autoptr(GString) taints = g_string_new(NULL);
    g_autoptr(GString) allocatable = g_string_new(NULL);
    g_autoptr(GString) images = g_string_new(NULL);
    g_autofree char *json = NULL;
    gboolean is_cordoned = FALSE;

    for (guint i = 1; i < words->len; i++) {
        const char *word = words->pdata[i];
        const char *colon = strchr(word, ':');
        const char *equal = strchr(word, '=');

        if (strcmp(word, "!cordon") == 0) {
            is_cordoned = TRUE;
        } else if (word[0] == '!') {
            add_taint(taints, word + 1);
        } else if (strcmp(word, "@host") == 0) {
            add(labels, "'kubernetes.io/hostname':'%s'", name);
        } else if (g_str_has_prefix(word, "@zone=")) {
            add(labels, "'topology.kubernetes.io/zone':'%s'", equal + 1);
        } else if (g_str_has_prefix(word, "image:")) {
            const char *size = strrchr(word, '=');

            add(images, "{'names':['%.*s'],'sizeBytes':%s}", (int)(size - word - 6), word + 6, size + 1);
        } else if (colon != NULL && (equal == NULL || colon < equal)) {
            add(allocatable, "'%.*s':'%s'", (int)(colon - word), word, colon + 1);
        } else {
            add_pair(labels, word);
        }
    }
    if (strstr(allocatable->str, "'pods'") == NULL)
        add(allocatable, "'pods':'110'");
    json = g_strdup_printf("{'kind':'Node','metadata':{'name':'%s','labels':{%s}},'spec':{'taints':[%s]%s},'status':"
                           "{'allocatable':{%s},'images':[%s]}}",
                           name, labels->str, taints->str, is_cordoned ? ",'unschedulable':true" : "",
                           allocatable->str, images->str);
    return make_object(json);
}

GPtrArray *
rows_nodes(const char *text, guint *out_out)
{
    GPtrArray *nodes = g_ptr_array_new_with_free_func(api_object_unref);
    g_auto(GStrv) items = split(text, ";");

    *out_out = 0;
    for (guint i = 0; items[i] != NULL; i++) {
        if (strstr(items[i], "!out") != NULL)
            *out_out |= 1u << i;
        g_ptr_array_add(nodes, rows_node(items[i]));
    }
    return nodes;
}
