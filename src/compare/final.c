/* final.c - the state at the end as facts */

#include "base/intern.h"
#include "compare/internal.h"

#include <string.h>

static const struct {
    const char *kind;
    const char *fields[8];
} statuses[] = {
    {"Deployment", {"replicas", "updatedReplicas", "readyReplicas", "availableReplicas", "unavailableReplicas"}},
    {"ReplicaSet", {"replicas", "readyReplicas", "availableReplicas"}},
    {"ReplicationController", {"replicas", "readyReplicas", "availableReplicas"}},
    {"StatefulSet", {"replicas", "readyReplicas", "availableReplicas", "currentReplicas", "updatedReplicas"}},
    {"DaemonSet", {"desiredNumberScheduled", "currentNumberScheduled", "numberReady", "updatedNumberScheduled",
                   "numberAvailable", "numberUnavailable", "numberMisscheduled"}},
    {"Job", {"active", "succeeded", "failed", "completedIndexes"}},
    {"PodDisruptionBudget", {"currentHealthy", "desiredHealthy", "disruptionsAllowed", "expectedPods"}},
};

/* --- groups: how many of what, by name ------------------------------------------------------ */

typedef struct {
    const char *name, *word; /* interned */
    guint count;
} Tally;

static void
tally(GArray *tallies, const char *name, const char *word, guint count)
{
    Tally new = {name, word, count};

    for (guint i = 0; i < tallies->len; i++) {
        Tally *old = &g_array_index(tallies, Tally, i);
        if (old->name == name && old->word == word) {
            old->count += count;
            return;
        }
    }
    g_array_append_val(tallies, new);
}

static int
by_name_and_word(gconstpointer a, gconstpointer b)
{
    const Tally *left = a;
    const Tally *right = b;
    int order = strcmp(left->name, right->name);

    return order != 0 ? order : strcmp(left->word, right->word);
}

typedef enum { AS_STATES, AS_NODES, AS_SPREAD } TallyStyle;

static int
by_count(gconstpointer a, gconstpointer b)
{
    const Tally *left = a;
    const Tally *right = b;
    int order = strcmp(left->name, right->name);

    return order != 0 ? order : (left->count > right->count) - (left->count < right->count);
}

static void
tell_tallies(Facts *facts, GArray *tallies, const char *what, TallyStyle style)
{
    g_array_sort(tallies, style == AS_SPREAD ? by_count : by_name_and_word);
    for (guint i = 0; i < tallies->len;) {
        const char *name = g_array_index(tallies, Tally, i).name;
        GString *text = g_string_new(NULL);

        for (; i < tallies->len && g_array_index(tallies, Tally, i).name == name; i++) {
            const Tally *t = &g_array_index(tallies, Tally, i);

            if (t->count == 0) /* a group with nothing in it */
                continue;
            if (text->len > 0)
                g_string_append_c(text, ' ');
            if (style == AS_STATES)
                g_string_append_printf(text, "%u*%s", t->count, t->word);
            else if (style == AS_NODES)
                g_string_append_printf(text, "%s=%u", t->word, t->count);
            else
                g_string_append_printf(text, "%u", t->count);
        }
        facts_set_text(facts, str_internf("final %s %s", what, name), text->len > 0 ? text->str : "none");
        g_string_free(text, TRUE);
    }
}

static void
tally_slice(GArray *slices, const Known *known)
{
    static const char *const words[] = {"ready", "serving", "terminating"};
    const Value *list = value_get(known->object, "endpoints");

    if (str_is(known->name, "Service/kubernetes"))
        return;
    tally(slices, known->name, str_intern(""), 0);
    for (guint i = 0; list != NULL && i < list->count; i++) {
        g_autoptr(GString) state = g_string_new(NULL);

        for (guint k = 0; k < G_N_ELEMENTS(words); k++)
            if (facts_is_true(value_get_path(list->items[i], "conditions", words[k], NULL)))
                g_string_append_printf(state, "%s%s", state->len > 0 ? "/" : "", words[k]);
        tally(slices, known->name, str_intern(state->len > 0 ? state->str : "not ready"), 1);
    }
}

static void
tally_pod(GArray *pods, GArray *nodes, const Known *known)
{
    const Value *pod = known->object;
    const char *node = value_get_string(value_get(pod, "spec"), "nodeName", "");
    gboolean is_deleting = facts_is_true(value_get_path(pod, "metadata", "deletionTimestamp", NULL));

    tally(pods, known->name,
          str_internf("%s%s%s", facts_text(value_get(pod, "status"), "phase"), facts_is_ready(pod) ? "+ready" : "", is_deleting ? "+deleting" : ""), 1);
    tally(nodes, known->name, str_intern(node[0] != '\0' ? node : "none"), 1);
}

/* --- one object --------------------------------------------------------------------------------- */

/* " A=True/X B=False/Y", by type. */
static void
append_conditions(GString *out, const Value *object)
{
    g_autoptr(GHashTable) table = facts_conditions(object);
    g_autoptr(GPtrArray) types = facts_sorted_keys(table);

    for (guint i = 0; i < types->len; i++) {
        const char *type = g_ptr_array_index(types, i);
        g_string_append_printf(out, "%s%s=%s", i > 0 ? " " : "", type, (const char *)g_hash_table_lookup(table, type));
    }
}

static void
tell_status(Facts *facts, const Known *known, const char *const *fields)
{
    const Value *spec = value_get(known->object, "spec");
    const Value *status = value_get(known->object, "status");
    g_autoptr(GString) text = g_string_new(NULL);
    gboolean has_field = FALSE;

    if (value_get(spec, "replicas") != NULL)
        g_string_append_printf(text, "spec=%s ", facts_text(spec, "replicas"));
    for (guint i = 0; fields[i] != NULL; i++) {
        if (!facts_is_true(value_get(status, fields[i])))
            continue;
        g_string_append_printf(text, "%s%s=%s", has_field ? " " : "", fields[i], facts_text(status, fields[i]));
        has_field = TRUE;
    }
    g_string_append_c(text, ' ');
    append_conditions(text, known->object);
    facts_set_text(facts, str_internf("final %s", known->name), g_strstrip(text->str));
}

static void
tell_node(Facts *facts, const Known *known)
{
    const Value *list = value_get_path(known->object, "spec", "taints", NULL);
    g_autoptr(GHashTable) table = facts_conditions(known->object);
    g_autoptr(GPtrArray) taints = g_ptr_array_new();
    const char *ready = g_hash_table_lookup(table, "Ready");
    g_autoptr(GString) text = g_string_new(NULL);

    g_string_append_printf(text, "Ready=%s", ready != NULL ? ready : "None");
    for (guint i = 0; list != NULL && i < list->count; i++)
        g_ptr_array_add(taints, (gpointer)str_internf("%s:%s", facts_text(list->items[i], "key"), facts_text(list->items[i], "effect")));
    g_ptr_array_sort(taints, facts_compare_texts);
    for (guint i = 0; i < taints->len; i++)
        g_string_append_printf(text, " %s", (const char *)g_ptr_array_index(taints, i));
    facts_set_text(facts, str_internf("final %s", known->name), text->str);
}

/* {"pods": "3"}: amounts by resource, with the blanks that Python's json.dumps writes. */
static void
tell_quota(Facts *facts, const Known *known)
{
    const Value *used = value_get_path(known->object, "status", "used", NULL);
    g_autoptr(GString) text = g_string_new("{");
    g_autofree guint *order = NULL;

    if (used == NULL || used->type != VALUE_MAP) {
        facts_set_text(facts, str_internf("final %s", known->name), "null");
        return;
    }
    order = value_sorted_order(used);
    for (guint i = 0; i < used->count; i++) {
        g_autoptr(Value) key = value_new_string(used->keys[order[i]]);

        if (i > 0)
            g_string_append(text, ", ");
        value_append_json(text, key, VALUE_NO_HTML_ESCAPE);
        g_string_append(text, ": ");
        value_append_json(text, used->items[order[i]], VALUE_NO_HTML_ESCAPE);
    }
    g_string_append_c(text, '}');
    facts_set_text(facts, str_internf("final %s", known->name), text->str);
}

static void
tell_object(Facts *facts, const Known *known)
{
    static const char *const always_there[] = {"Namespace/default", "Namespace/kube-system", "Namespace/kube-public",
                                               "Namespace/kube-node-lease", NULL};
    const char *name = str_internf("final %s", known->name);
    const Value *status = value_get(known->object, "status");

    for (guint i = 0; i < G_N_ELEMENTS(statuses); i++) {
        if (str_is(statuses[i].kind, known->kind)) {
            tell_status(facts, known, statuses[i].fields);
            return;
        }
    }
    if (str_is(known->kind, "CronJob")) {
        const Value *active = value_get(status, "active");
        facts_set_text(facts, name, str_internf("active=%u", active != NULL ? active->count : 0));
    } else if (str_is(known->kind, "ResourceQuota")) {
        tell_quota(facts, known);
    } else if (str_is(known->kind, "Namespace") && !g_strv_contains(always_there, known->name)) {
        facts_set_text(facts, name, value_get_string(status, "phase", NULL));
    } else if (str_is(known->kind, "Node")) {
        tell_node(facts, known);
    }
}

static int
by_place(gconstpointer a, gconstpointer b)
{
    const Known *left = *(const Known *const *)a;
    const Known *right = *(const Known *const *)b;

    return (left->place > right->place) - (left->place < right->place);
}

void
facts_final(Facts *facts)
{
    g_autoptr(GPtrArray) all = facts_values(facts->by_uid);
    g_autoptr(GArray) pods = g_array_new(FALSE, FALSE, sizeof(Tally));
    g_autoptr(GArray) nodes = g_array_new(FALSE, FALSE, sizeof(Tally));
    g_autoptr(GArray) slices = g_array_new(FALSE, FALSE, sizeof(Tally));

    g_ptr_array_sort(all, by_place);
    for (guint i = 0; i < all->len; i++) {
        const Known *known = g_ptr_array_index(all, i);

        if (known->object == NULL)
            continue;
        if (str_is(known->kind, "Pod"))
            tally_pod(pods, nodes, known);
        else if (str_is(known->kind, "EndpointSlice"))
            tally_slice(slices, known);
        else
            tell_object(facts, known);
    }
    tell_tallies(facts, pods, "pods", AS_STATES);
    tell_tallies(facts, nodes, "nodes", AS_NODES);
    tell_tallies(facts, nodes, "spread", AS_SPREAD);
    tell_tallies(facts, slices, "endpoints", AS_STATES);
}
