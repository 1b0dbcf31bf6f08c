/* facts.c - what happened, record by record; see facts.h */

#include "compare/facts.h"

#include "base/intern.h"
#include "compare/internal.h"

#include <string.h>

enum { SEEN_SCHEDULED = 1, SEEN_READY = 2, SEEN_DELETING = 4, SEEN_SUCCEEDED = 8, SEEN_FAILED = 16 };

/* --- names ---------------------------------------------------------------------------------- */

static const char *
text_or_empty(const Value *map, const char *key)
{
    return value_get_string(map, key, "");
}

static const Value *
controller_of(const Value *object)
{
    const Value *list = value_get_path(object, "metadata", "ownerReferences", NULL);

    for (guint i = 0; list != NULL && i < list->count; i++)
        if (facts_is_true(value_get(list->items[i], "controller")))
            return list->items[i];
    return NULL;
}

static const char *
owner_name(const Facts *facts, const Value *ref)
{
    const Known *owner = g_hash_table_lookup(facts->by_uid, text_or_empty(ref, "uid"));

    return owner != NULL ? owner->name : str_internf("%s/%s", facts_text(ref, "kind"), facts_text(ref, "name"));
}

static const char *
name_of(Facts *facts, const Value *object, const char *kind)
{
    const Value *ref = controller_of(object);
    const Value *metadata = value_get(object, "metadata");
    const char *name = text_or_empty(metadata, "name");

    if (ref != NULL && (str_is(kind, "ReplicaSet") || str_is(kind, "Job"))) {
        const char *parent = owner_name(facts, ref);
        guint number = GPOINTER_TO_UINT(g_hash_table_lookup(facts->next, parent)) + 1;

        g_hash_table_insert(facts->next, (gpointer)parent, GUINT_TO_POINTER(number));
        return str_internf("%s#%u", parent, number);
    }
    if (ref != NULL && str_is(kind, "Pod"))
        return owner_name(facts, ref);
    if (str_is(kind, "EndpointSlice"))
        return str_internf("Service/%s", value_get_string(value_get(metadata, "labels"), "kubernetes.io/service-name", name));
    return str_internf("%s/%s", kind, name);
}

static const char *
uid_of(const Value *object, const char *kind)
{
    const Value *metadata = value_get(object, "metadata");
    const char *uid = text_or_empty(metadata, "uid");

    if (uid[0] != '\0')
        return uid;
    return str_internf("%s\n%s\n%s", kind, text_or_empty(metadata, "namespace"), text_or_empty(metadata, "name"));
}

static Known *
known_of(Facts *facts, const Value *object, const char *uid, const char *kind)
{
    Known *known = g_hash_table_lookup(facts->by_uid, uid);

    if (known != NULL)
        return known;
    known = g_new0(Known, 1);
    known->kind = str_intern(kind);
    known->name = name_of(facts, object, kind);
    known->top = str_intern_len(known->name, strcspn(known->name, "#"));
    g_hash_table_insert(facts->by_uid, (gpointer)str_intern(uid), known);
    return known;
}

/* --- events ------------------------------------------------------------------------------------- */

static gboolean
is_source(const Facts *facts, const char *source)
{
    /* whose events the recordings have, whoever played the nodes */
    static const char *const sources[] = {
        "deployment-controller", "replicaset-controller", "replication-controller", "daemonset-controller",
        "statefulset-controller", "job-controller", "cronjob-controller", "default-scheduler", "node-controller",
        "taint-eviction-controller", NULL};

    return g_strv_contains(sources, source) || (facts->has_kubelets && str_is(source, "kubelet"));
}

static void
add_message(Facts *facts, const char *reason, const Value *event)
{
    GPtrArray *texts = g_hash_table_lookup(facts->messages, reason);
    g_autofree char *text = facts_plain(facts, text_or_empty(event, "message"), value_get(event, "involvedObject"));
    guint index;

    if (texts == NULL) {
        texts = g_ptr_array_new_with_free_func(g_free);
        g_hash_table_insert(facts->messages, (gpointer)str_intern(reason), texts);
    }
    if (!g_ptr_array_find_with_equal_func(texts, text, g_str_equal, &index))
        g_ptr_array_add(texts, g_steal_pointer(&text));
}

static void
add_event(Facts *facts, double seconds, const Value *event, const char *uid)
{
    const char *source = text_or_empty(value_get(event, "source"), "component");
    const char *reason = facts_text(event, "reason");
    const char *about = facts_text(value_get(event, "involvedObject"), "kind");
    gint64 count = value_get_int(value_get(event, "series"), "count", 0);
    const char *name, *key;
    Fact *fact;

    if (source[0] == '\0')
        source = text_or_empty(event, "reportingComponent");
    if (!is_source(facts, source) || seconds < 0)
        return;
    if (str_is(source, "kubelet") && (str_is(reason, "MissingClusterDNS") || str_is(about, "Node")))
        return;
    if (str_is(source, "kubelet"))
        add_message(facts, reason, event);
    if (count == 0)
        count = value_get_int(event, "count", 0);
    if (count == 0)
        count = 1;
    count = CLAMP(count, -G_MAXINT32, G_MAXINT32);
    name = str_internf("events %s %s %s", source, reason, about);
    key = str_internf("%s\n%s", name, uid);
    fact = facts_of(facts, name, FACT_NUMBER);
    fact->number += count - (gint64)GPOINTER_TO_SIZE(g_hash_table_lookup(facts->counts, key));
    g_hash_table_insert(facts->counts, (gpointer)key, GSIZE_TO_POINTER((gsize)count));
}

/* --- pods --------------------------------------------------------------------------------------- */

/* TRUE if the state named @key is new, or another than last time. */
static gboolean
has_changed(Facts *facts, const char *key, const char *now)
{
    if (str_is(g_hash_table_lookup(facts->states, key), now))
        return FALSE;
    g_hash_table_insert(facts->states, (gpointer)key, (gpointer)str_intern(now));
    return TRUE;
}

/* waiting/REASON, running, terminated/REASON/EXIT; none. */
static const char *
container_state(const Value *status)
{
    const Value *state = value_get(status, "state");
    const Value *inside;

    if (state == NULL || state->type != VALUE_MAP || state->count == 0)
        return "none";
    inside = state->items[0];
    if (str_is(state->keys[0], "waiting"))
        return str_internf("waiting/%s", facts_text(inside, "reason"));
    if (str_is(state->keys[0], "terminated"))
        return str_internf("terminated/%s/%s", facts_text(inside, "reason"), facts_text(inside, "exitCode"));
    return state->keys[0];
}

static void
add_containers(Facts *facts, double seconds, const Value *list, const Known *pod, const char *uid)
{
    for (guint i = 0; list != NULL && i < list->count; i++) {
        const Value *c = list->items[i];
        const char *name = facts_text(c, "name");
        const char *state = container_state(c);
        gboolean is_ready = facts_is_true(value_get(c, "ready"));
        const char *key = str_internf("%s\n%s\nready", uid, name);

        if (has_changed(facts, str_internf("%s\n%s", uid, name), state))
            facts_add_time(facts, str_internf("%s container %s %s", pod->name, name, state), seconds);
        if (is_ready != str_is(g_hash_table_lookup(facts->states, key), "ready")) {
            g_hash_table_insert(facts->states, (gpointer)key, (gpointer)(is_ready ? "ready" : "not"));
            facts_add_time(facts, str_internf("%s container %s %s", pod->name, name, is_ready ? "ready" : "not ready"), seconds);
        }
        facts_set_number(facts, str_internf("final restarts %s %s", pod->name, name), value_get_int(c, "restartCount", 0));
    }
}

static void
add_pod_state(Facts *facts, double seconds, const Known *pod, const char *uid, const char *what, const char *now)
{
    if (!has_changed(facts, str_internf("%s\npod\n%s", uid, what), now))
        return;
    if (!str_is(now, "False") || str_is(what, "Ready"))
        facts_add_time(facts, str_internf("%s pod %s=%s", pod->name, what, now), seconds);
}

static void
add_kubelet_view(Facts *facts, double seconds, const Value *object, const Known *pod, const char *uid)
{
    const Value *status = value_get(object, "status");
    const Value *list = value_get(status, "conditions");
    const char *phase = value_get_string(status, "phase", NULL);

    add_containers(facts, seconds, value_get(status, "initContainerStatuses"), pod, uid);
    add_containers(facts, seconds, value_get(status, "containerStatuses"), pod, uid);
    if (phase != NULL)
        add_pod_state(facts, seconds, pod, uid, "phase", phase);
    for (guint i = 0; list != NULL && i < list->count; i++)
        add_pod_state(facts, seconds, pod, uid, facts_text(list->items[i], "type"), facts_text(list->items[i], "status"));
}

static void
add_pod(Facts *facts, double seconds, const char *type, const Value *object, Known *pod, const char *uid)
{
    gboolean is_gone = str_is(type, "DELETED");
    const char *phase = value_get_string(value_get(object, "status"), "phase", "");
    const struct {
        const char *word;
        guint flag;
        gboolean holds;
    } steps[] = {
        {"scheduled", SEEN_SCHEDULED, facts_is_true(value_get_path(object, "spec", "nodeName", NULL))},
        {"ready", SEEN_READY, facts_is_ready(object)},
        {"deleting", SEEN_DELETING, !is_gone && facts_is_true(value_get_path(object, "metadata", "deletionTimestamp", NULL))},
        {"succeeded", SEEN_SUCCEEDED, str_is(phase, "Succeeded")},
        {"failed", SEEN_FAILED, str_is(phase, "Failed")},
    };

    if (pod->object == NULL && str_is(type, "ADDED"))
        facts_add_time(facts, str_internf("%s pod created", pod->name), seconds);
    for (guint i = 0; i < G_N_ELEMENTS(steps); i++) {
        if (!steps[i].holds || (pod->flags & steps[i].flag) != 0)
            continue;
        pod->flags |= steps[i].flag;
        facts_add_time(facts, str_internf("%s pod %s", pod->name, steps[i].word), seconds);
    }
    if (facts->has_kubelets && !is_gone)
        add_kubelet_view(facts, seconds, object, pod, uid);
    if (is_gone)
        facts_add_time(facts, str_internf("%s pod removed", pod->name), seconds);
}

/* --- workloads and nodes ---------------------------------------------------------------------- */

static gboolean
has_taint(const Value *node, const Value *taint)
{
    const Value *list = value_get_path(node, "spec", "taints", NULL);

    for (guint i = 0; list != NULL && i < list->count; i++)
        if (str_is(facts_text(list->items[i], "key"), facts_text(taint, "key")) &&
            str_is(facts_text(list->items[i], "effect"), facts_text(taint, "effect")))
            return TRUE;
    return FALSE;
}

/* The taints of @has that @lacks does not have; NULL @lacks: all. */
static void
add_taints(Facts *facts, double seconds, const Known *node, const Value *has, const Value *lacks, char sign)
{
    const Value *list = value_get_path(has, "spec", "taints", NULL);

    for (guint i = 0; list != NULL && i < list->count; i++)
        if (lacks == NULL || !has_taint(lacks, list->items[i]))
            facts_add_time(facts, str_internf("%s taint %c%s:%s", node->name, sign, facts_text(list->items[i], "key"), facts_text(list->items[i], "effect")), seconds);
}

/* A type that stands twice: the last one counts, where the first one stands. */
static gboolean
is_repeated(const Value *list, guint index, const char *type)
{
    for (guint i = 0; i < index; i++)
        if (str_is(facts_text(list->items[i], "type"), type))
            return TRUE;
    return FALSE;
}

static void
add_conditions(Facts *facts, double seconds, const Value *object, Known *known)
{
    const Value *list = value_get_path(object, "status", "conditions", NULL);
    GHashTable *now = facts_conditions(object);
    gboolean is_node = str_is(known->kind, "Node");

    for (guint i = 0; list != NULL && i < list->count; i++) {
        const char *type = facts_text(list->items[i], "type");
        const char *value = g_hash_table_lookup(now, type);

        if (is_repeated(list, i, type))
            continue;
        if (known->conditions != NULL && str_is(g_hash_table_lookup(known->conditions, type), value))
            continue;
        if (!is_node || (str_is(type, "Ready") && seconds >= 0))
            facts_add_time(facts, str_internf("%s %s=%s", known->name, type, value), seconds);
    }
    if (known->conditions != NULL)
        g_hash_table_unref(known->conditions);
    known->conditions = now;
}

static void
add_replicas(Facts *facts, const Value *object, const Known *known, gboolean is_gone)
{
    const char *name = str_internf("replicas %s", known->name);
    const Fact *fact = facts_find(facts, name);
    const char *now = str_internf("%" G_GINT64_FORMAT, value_get_int(value_get(object, "spec"), "replicas", 1));

    if (fact == NULL) {
        facts_set_text(facts, name, "");
        fact = facts_find(facts, name);
    }
    if (is_gone || str_is(g_hash_table_lookup(facts->replicas, name), now))
        return;
    g_hash_table_insert(facts->replicas, (gpointer)name, (gpointer)now);
    facts_set_text(facts, name, fact->text[0] == '\0' ? now : str_internf("%s %s", fact->text, now));
}

static void
add_workload(Facts *facts, double seconds, const char *type, const Value *object, Known *known)
{
    static const char *const with_replicas[] = {"ReplicaSet", "StatefulSet", "ReplicationController", NULL};
    gboolean is_gone = str_is(type, "DELETED");

    if (!is_gone)
        add_conditions(facts, seconds, object, known);
    if (str_is(known->kind, "Node") && known->object != NULL) {
        if (!is_gone)
            add_taints(facts, seconds, known, object, known->object, '+');
        add_taints(facts, seconds, known, known->object, is_gone ? NULL : object, '-');
    }
    if (is_gone)
        facts_add_time(facts, str_internf("%s removed", known->name), seconds);
    else if (known->object == NULL && seconds >= 0)
        facts_add_time(facts, str_internf("%s created", known->name), seconds);
    if (g_strv_contains(with_replicas, known->kind))
        add_replicas(facts, object, known, is_gone);
}

/* --- bounds ----------------------------------------------------------------------------------- */

static gboolean
counts(const Value *pod)
{
    return pod != NULL && !facts_is_true(value_get_path(pod, "metadata", "deletionTimestamp", NULL));
}

static void
keep(Facts *facts, Known *known, gboolean is_gone, Value *object)
{
    if (str_is(known->kind, "Pod")) {
        int n = GPOINTER_TO_INT(g_hash_table_lookup(facts->pods, known->top));

        n += (!is_gone && counts(object) ? 1 : 0) - (counts(known->object) ? 1 : 0);
        g_hash_table_insert(facts->pods, (gpointer)known->top, GINT_TO_POINTER(n));
    }
    if (known->object == NULL && !is_gone)
        known->place = ++facts->places;
    value_free(known->object);
    known->object = is_gone ? NULL : object;
}

/* Fewest available and most pods, from the moment the workload was first complete. */
static void
add_bounds(Facts *facts, const Known *known, const Value *object, gboolean is_gone)
{
    if ((str_is(known->kind, "Deployment") || str_is(known->kind, "StatefulSet")) && !is_gone) {
        gint64 have = value_get_int(value_get(object, "status"), "availableReplicas", 0);
        const char *name = str_internf("fewest available %s", known->name);
        const Fact *low = facts_find(facts, name);

        if (have == value_get_int(value_get(object, "spec"), "replicas", 1))
            g_hash_table_add(facts->full, (gpointer)known->name);
        if (g_hash_table_contains(facts->full, known->name))
            facts_set_number(facts, name, low != NULL ? MIN(low->number, have) : have);
    }
    if (str_is(known->kind, "Pod") && g_hash_table_contains(facts->full, known->top)) {
        const char *name = str_internf("most pods %s", known->top);
        const Fact *high = facts_find(facts, name);
        gint64 n = GPOINTER_TO_INT(g_hash_table_lookup(facts->pods, known->top));

        facts_set_number(facts, name, MAX(high != NULL ? high->number : 0, n));
    }
}

static void
add_endpoints(Facts *facts, const Known *known, const Value *slice)
{
    const Value *list = value_get(slice, "endpoints");
    const char *most_name = str_internf("most endpoints %s", known->name);
    const char *fewest_name = str_internf("fewest endpoints after the most %s", known->name);
    const Fact *most = facts_find(facts, most_name);
    const Fact *fewest = facts_find(facts, fewest_name);
    gint64 n = 0;

    if (str_is(known->name, "Service/kubernetes"))
        return;
    for (guint i = 0; list != NULL && i < list->count; i++)
        n += facts_is_true(value_get_path(list->items[i], "conditions", "ready", NULL)) ? 1 : 0;
    if (n > (most != NULL ? most->number : 0)) {
        facts_set_number(facts, most_name, n);
        facts_set_number(facts, fewest_name, n);
    } else if (fewest != NULL) {
        facts_set_number(facts, fewest_name, MIN(fewest->number, n));
    }
}

void
facts_add(Facts *facts, double seconds, double latest, const char *type, Value *object)
{
    static const char *const workloads[] = {"Deployment", "ReplicaSet", "DaemonSet", "StatefulSet", "Job", "CronJob",
                                            "ReplicationController", "Node", NULL};
    const char *kind = facts_text(object, "kind");
    const char *uid = uid_of(object, kind);
    gboolean is_gone = str_is(type, "DELETED");
    Known *known;

    facts->latest = latest;
    if (str_is(kind, "Event")) {
        add_event(facts, seconds, object, uid);
        value_free(object);
        return;
    }
    known = known_of(facts, object, uid, kind);
    if (str_is(kind, "Pod"))
        add_pod(facts, seconds, type, object, known, uid);
    else if (g_strv_contains(workloads, kind))
        add_workload(facts, seconds, type, object, known);
    keep(facts, known, is_gone, object);
    add_bounds(facts, known, object, is_gone);
    if (str_is(kind, "EndpointSlice") && !is_gone)
        add_endpoints(facts, known, object);
    if (is_gone)
        value_free(object);
}

void
facts_finish(Facts *facts)
{
    g_autoptr(GPtrArray) reasons = facts_sorted_keys(facts->messages);

    for (guint i = 0; i < reasons->len; i++) {
        const char *reason = g_ptr_array_index(reasons, i);
        GPtrArray *texts = g_hash_table_lookup(facts->messages, reason);
        GString *all = g_string_new(NULL);

        g_ptr_array_sort(texts, facts_compare_texts);
        for (guint k = 0; k < texts->len; k++)
            g_string_append_printf(all, "%s%s", k > 0 ? " | " : "", (const char *)g_ptr_array_index(texts, k));
        facts_set_text(facts, str_internf("message kubelet %s", reason), all->str);
        g_string_free(all, TRUE);
    }
    facts_final(facts);
}
