/*
 * What may help a pod that waits: rows of Test_isSchedulableAfter... of v1.34 pkg/scheduler/framework/plugins, each
 * asked of one plugin.
 */

#include "scheduler/plugins/plugins.h"
#include "tests/scheduler/rows.h"
#include "tests/scheduler/support.h"

#include <check.h>

Suite *hint_rows_suite(void);

typedef struct {
    const char *rule;
    const char *plugin, *pod;
    ClusterEventType event;
    const char *old, *now; /* a node; or another pod: its node ("-": none), then as in rows.h; "self ..." is the pod itself */
    gboolean wakes;
} HintRow;

#define FIT     "NodeResourcesFit"
#define NODE    "NodeAffinity"
#define NAME    "NodeName"
#define CORDON  "NodeUnschedulable"
#define TAINT   "TaintToleration"
#define PORTS   "NodePorts"
#define POD     "InterPodAffinity"
#define SPREAD  "PodTopologySpread"
#define GATES   "SchedulingGates"
#define ZONE    "| spread 1 zone hard foo"
#define BOTH    ZONE "| spread 1 node hard foo"
#define BARNODE ZONE "| spread 1 node hard bar"
#define IN      "service in securityscan,value2"
#define NEAR    "| near region " IN
#define FAR     "| far region " IN
#define ADDED   EVENT_NODE_ADDED
#define LABEL   EVENT_NODE_LABEL

static const HintRow rows[] = {
    /* noderesources/fit_test.go: Test_isSchedulableAfterPodEvent */
    {"another pod went", FIT, "| app cpu=1", EVENT_POD_DELETED, "n | app cpu=1", NULL, TRUE},
    {"a pod went that was nowhere", FIT, "| app cpu=1", EVENT_POD_DELETED, "- | app cpu=1", NULL, FALSE},
    {"what went asked for something else", FIT, "| app cpu=1", EVENT_POD_DELETED, "n | app memory=1", NULL, TRUE},
    {"another asks for less", FIT, "| app cpu=1", EVENT_POD_SCALE_DOWN, "n | app cpu=2", "n | app cpu=1", TRUE},
    {"another asks for less of something else", FIT, "| app cpu=1", EVENT_POD_SCALE_DOWN, "n | app memory=2", "n | app memory=1", FALSE},
    {"another asks for less of one thing", FIT, "| app cpu=1 memory=1", EVENT_POD_SCALE_DOWN, "n | app cpu=2 memory=1",
     "n | app cpu=1 memory=1", TRUE},
    {"one that is nowhere asks for less", FIT, "| app cpu=1", EVENT_POD_SCALE_DOWN, "- | app cpu=2", "- | app cpu=1", FALSE},
    {"the pod itself asks for less", FIT, "| app cpu=2", EVENT_POD_SCALE_DOWN, "self | app cpu=4", "self | app cpu=2", TRUE},
    {"less of an extended resource", FIT, "| app x.com/a=1", EVENT_POD_SCALE_DOWN, "n | app x.com/a=3", "n | app x.com/a=1", TRUE},
    /* Test_isSchedulableAfterNodeChange */
    {"a node that is too small", FIT, "| app memory=2", ADDED, NULL, "n memory:1", FALSE},
    {"a node that is large enough", FIT, "| app memory=2", ADDED, NULL, "n memory:4", TRUE},
    {"just large enough", FIT, "| app memory=2", ADDED, NULL, "n memory:2", TRUE},
    {"one of two things missing", FIT, "| app memory=2 cpu=1", ADDED, NULL, "n memory:4", FALSE},
    {"no room for pods", FIT, "| app memory=2", ADDED, NULL, "n memory:4 pods:0", FALSE},
    {"another resource grew", FIT, "| app cpu=2", EVENT_NODE_ALLOCATABLE, "n cpu:2 memory:2", "n cpu:2 memory:4", FALSE},
    {"it grew, but not enough", FIT, "| app cpu=2", EVENT_NODE_ALLOCATABLE, "n cpu:1", "n cpu:1500m", FALSE},
    {"it grew enough", FIT, "| app memory=2", EVENT_NODE_ALLOCATABLE, "n memory:1", "n memory:4", TRUE},
    {"it shrank, and is large enough", FIT, "| app memory=2", EVENT_NODE_ALLOCATABLE, "n memory:5", "n memory:4", FALSE},
    {"it was large enough and grew", FIT, "| app memory=2", EVENT_NODE_ALLOCATABLE, "n memory:2", "n memory:4", TRUE},
    {"it became too small", FIT, "| app memory=2", EVENT_NODE_ALLOCATABLE, "n memory:4", "n memory:1", FALSE},
    {"room for more pods", FIT, "| bare", EVENT_NODE_ALLOCATABLE, "n pods:1", "n pods:2", TRUE},
    {"nothing asked for, memory grew", FIT, "| bare", EVENT_NODE_ALLOCATABLE, "n memory:1", "n memory:2", FALSE},
    {"an extended resource grew", FIT, "| app x.com/a=1", EVENT_NODE_ALLOCATABLE, "n x.com/a:0", "n x.com/a:2", TRUE},
    /* nodeaffinity/node_affinity_test.go */
    {"a node that does not match", NODE, "| need foo", ADDED, NULL, "n", FALSE},
    {"a node that matches", NODE, "| need foo", ADDED, NULL, "n foo", TRUE},
    {"other labels", NODE, "| need foo", LABEL, "n foo", "n foo a=b", FALSE},
    {"it matches now", NODE, "| need foo", LABEL, "n", "n foo", TRUE},
    {"it does not match any more", NODE, "| need foo", LABEL, "n foo", "n", FALSE},
    {"by the selector", NODE, "| select a=b", LABEL, "n a=c", "n a=b", TRUE},
    /* nodename, nodeports */
    {"a node, whatever its name", NAME, "", ADDED, NULL, "n", TRUE},
    {"a pod went with another port", PORTS, "| app port:8080", EVENT_POD_DELETED, "n | app port:9090", NULL, FALSE},
    {"a pod went with that port", PORTS, "| app port:8080", EVENT_POD_DELETED, "n | app port:8080", NULL, TRUE},
    {"with that port of another protocol", PORTS, "| app port:8080", EVENT_POD_DELETED, "n | app port:8080/UDP", NULL, FALSE},
    {"with that port of another address", PORTS, "| app port:8080/TCP@127.0.0.1", EVENT_POD_DELETED,
     "n | app port:8080/TCP@127.0.0.2", NULL, FALSE},
    {"with that port of all addresses", PORTS, "| app port:8080/TCP@127.0.0.1", EVENT_POD_DELETED, "n | app port:8080", NULL, TRUE},
    {"a pod went without ports", PORTS, "| app port:8080", EVENT_POD_DELETED, "n", NULL, FALSE},
    {"one that was nowhere", PORTS, "| app port:8080", EVENT_POD_DELETED, "- | app port:8080", NULL, FALSE},
    {"a node came", PORTS, "| app port:8080", ADDED, NULL, "n", TRUE},
    /* nodeunschedulable/node_unschedulable_test.go */
    {"a cordoned node", CORDON, "", ADDED, NULL, "n !cordon", FALSE},
    {"a node", CORDON, "", ADDED, NULL, "n", TRUE},
    {"other taints of a cordoned node", CORDON, "", EVENT_NODE_TAINT, "n !cordon", "n !cordon !a:NoExecute", FALSE},
    {"the cordon is gone", CORDON, "", EVENT_NODE_TAINT, "n !cordon", "n", TRUE},
    {"there was none", CORDON, "", EVENT_NODE_TAINT, "n !a:NoExecute", "n", FALSE},
    {"the pod tolerates it now", CORDON, "", EVENT_POD_TOLERATION, "self", "self | tol node.kubernetes.io/unschedulable:NoSchedule", TRUE},
    {"the pod tolerates something else", CORDON, "", EVENT_POD_TOLERATION, "self", "self | tol a", FALSE},
    {"another pod tolerates it", CORDON, "", EVENT_POD_TOLERATION, "n", "n | tol *", FALSE},
    /* tainttoleration/taint_toleration_test.go: Test_isSchedulableAfterNodeChange, ...AfterPodTolerationChange */
    {"a tainted node", TAINT, "", ADDED, NULL, "n !foo:NoSchedule", FALSE},
    {"a node without taints", TAINT, "", ADDED, NULL, "n", TRUE},
    {"a node with a taint that is tolerated", TAINT, "| tol foo:NoSchedule", ADDED, NULL, "n !foo:NoSchedule", TRUE},
    {"a node with a soft taint", TAINT, "", ADDED, NULL, "n !foo:PreferNoSchedule", TRUE},
    {"the taint is gone", TAINT, "", EVENT_NODE_TAINT, "n !foo:NoSchedule", "n", TRUE},
    {"it is another one", TAINT, "", EVENT_NODE_TAINT, "n !foo:NoSchedule", "n !bar:NoSchedule", FALSE},
    {"it is one that is tolerated", TAINT, "| tol bar", EVENT_NODE_TAINT, "n !foo:NoSchedule", "n !bar:NoSchedule", TRUE},
    {"it was tolerated before", TAINT, "| tol bar", EVENT_NODE_TAINT, "n !bar:NoSchedule", "n", FALSE},
    {"one more", TAINT, "", EVENT_NODE_TAINT, "n", "n !bar:NoSchedule", FALSE},
    {"the pod's own tolerations", TAINT, "", EVENT_POD_TOLERATION, "self", "self | tol a", TRUE},
    {"another pod's tolerations", TAINT, "", EVENT_POD_TOLERATION, "n", "n | tol a", FALSE},
    /* interpodaffinity/plugin_test.go: Test_isSchedulableAfterPodChange */
    {"a match came", POD, NEAR, EVENT_POD_ADDED, NULL, "n service=securityscan", TRUE},
    {"a match that is nowhere", POD, NEAR, EVENT_POD_ADDED, NULL, "- service=securityscan", FALSE},
    {"no match came", POD, NEAR, EVENT_POD_ADDED, NULL, "n aaa=a", FALSE},
    {"one became a match", POD, NEAR, EVENT_POD_LABEL, "n aaa=a", "n service=securityscan", TRUE},
    {"it was one before", POD, NEAR, EVENT_POD_LABEL, "n service=value2", "n service=securityscan", FALSE},
    {"one that is nowhere became a match", POD, NEAR, EVENT_POD_LABEL, "- aaa=a", "- service=securityscan", FALSE},
    {"one is no match any more", POD, NEAR, EVENT_POD_LABEL, "n service=securityscan", "n aaa=a", FALSE},
    {"several terms, not all match", POD, "| near host aaa | near host bbb", EVENT_POD_LABEL, "n aaa=a", "n service=x", FALSE},
    {"several terms, all match", POD, "| near host aaa | near host bbb", EVENT_POD_LABEL, "n aaa=a", "n aaa bbb", TRUE},
    {"one stopped being in the way", POD, FAR, EVENT_POD_LABEL, "n service=securityscan", "n service=aaaa", TRUE},
    {"one came to be in the way", POD, FAR, EVENT_POD_LABEL, "n service=bbb", "n service=securityscan", FALSE},
    {"one went that was not in the way", POD, FAR, EVENT_POD_DELETED, "n aaa=a", NULL, FALSE},
    {"one went that was", POD, FAR, EVENT_POD_DELETED, "n service=securityscan", NULL, TRUE},
    {"one went whose own terms were in the way", POD, "service=securityscan", EVENT_POD_DELETED, "n " FAR, NULL, FALSE},
    {"a match went", POD, NEAR, EVENT_POD_DELETED, "n service=securityscan", NULL, FALSE},
    {"the pod's own labels", POD, "foo=baz " FAR, EVENT_POD_LABEL, "self foo=bar " FAR, "self foo=baz " FAR, FALSE},
    {"a match of another namespace", POD, NEAR, EVENT_POD_ADDED, NULL, "n ns:x service=securityscan", FALSE},
    {"a match of a named namespace", POD, "| near region ns:x " IN, EVENT_POD_ADDED, NULL, "n ns:x service=securityscan", TRUE},
    {"a match of any namespace", POD, "| near region nsel:* " IN, EVENT_POD_ADDED, NULL, "n ns:x service=securityscan", TRUE},
    {"labels of namespaces are not known here", POD, "| near region nsel:team=a " IN, EVENT_POD_ADDED, NULL,
     "n ns:team-a service=securityscan", FALSE},
    /* Test_isSchedulableAfterNodeChange */
    {"a node with the key", POD, "| near zone " IN, ADDED, NULL, "n zone=1", TRUE},
    {"a node without", POD, NEAR, ADDED, NULL, "n zone=1", FALSE},
    {"another label", POD, "| near zone " IN, LABEL, "n aaa=a", "n aaa=b", FALSE},
    {"one more label", POD, "| near zone " IN, LABEL, "n zone=1", "n zone=1 x=y", FALSE},
    {"another value", POD, "| near zone " IN, LABEL, "n zone=1", "n zone=2", TRUE},
    {"it has the key now", POD, "| near zone " IN, LABEL, "n aaa=a", "n zone=1", TRUE},
    {"it lost the key", POD, "| near zone " IN, LABEL, "n zone=1", "n aaa=a", FALSE},
    {"far: a node with the key", POD, "| far zone a=b", ADDED, NULL, "n zone=1", TRUE},
    {"far: a node without", POD, "| far zone a=b", ADDED, NULL, "n", TRUE},
    {"far: one more label", POD, "| far zone a=b", LABEL, "n zone=1", "n zone=1 x=y", FALSE},
    {"far: another value", POD, "| far zone a=b", LABEL, "n zone=1", "n zone=2", TRUE},
    {"far: it has the key now", POD, "| far zone a=b", LABEL, "n aaa=a", "n zone=1", FALSE},
    {"far: it lost the key", POD, "| far zone a=b", LABEL, "n zone=1", "n aaa=a", TRUE},
    /* podtopologyspread/plugin_test.go: Test_isSchedulableAfterNodeChange */
    {"another zone", SPREAD, ZONE, LABEL, "a zone=1", "a zone=2", TRUE},
    {"a label that does not matter", SPREAD, ZONE, LABEL, "a foo=1", "a foo=2", FALSE},
    {"one less that does not matter", SPREAD, BOTH, LABEL, "a zone=1 node=1 foo=bar", "a zone=1 node=1", FALSE},
    {"it lost a key", SPREAD, BOTH, LABEL, "a zone=1 node=1", "a zone=1", TRUE},
    {"a node without the key", SPREAD, ZONE, ADDED, NULL, "a foo=bar", FALSE},
    {"a node with the key", SPREAD, ZONE, ADDED, NULL, "a zone=1", TRUE},
    {"a node without the key went", SPREAD, ZONE, EVENT_NODE_DELETED, "a foo=bar", NULL, FALSE},
    {"a node with the key went", SPREAD, ZONE, EVENT_NODE_DELETED, "a zone=1", NULL, TRUE},
    {"a node with one of two keys", SPREAD, BOTH, ADDED, NULL, "a zone=1", FALSE},
    {"a node with both", SPREAD, BOTH, ADDED, NULL, "a zone=1 node=1", TRUE},
    {"nothing changed with one of the keys", SPREAD, BOTH, LABEL, "a zone=1", "a zone=1 x", FALSE},
    {"the second value", SPREAD, BOTH, LABEL, "a zone=1 node=1", "a zone=1 node=2", TRUE},
    {"taints", SPREAD, ZONE, EVENT_NODE_TAINT, "a zone=1 !x:NoSchedule", "a zone=1", TRUE},
    {"taints of a node without the key", SPREAD, ZONE, EVENT_NODE_TAINT, "a !x:NoSchedule", "a", FALSE},
    /* Test_isSchedulableAfterPodChange */
    {"one of its kind came", SPREAD, "foo" ZONE, EVENT_POD_ADDED, NULL, "n foo", TRUE},
    {"one that is nowhere", SPREAD, "foo" ZONE, EVENT_POD_ADDED, NULL, "- foo", FALSE},
    {"one that is nowhere changed", SPREAD, "foo" ZONE, EVENT_POD_LABEL, "- bar", "- foo", FALSE},
    {"one that was nowhere went", SPREAD, "foo" ZONE, EVENT_POD_DELETED, "- foo", NULL, FALSE},
    {"one of another namespace", SPREAD, "foo" ZONE, EVENT_POD_ADDED, NULL, "n ns:x foo", FALSE},
    {"one of another kind", SPREAD, "foo" ZONE, EVENT_POD_ADDED, NULL, "n bar", FALSE},
    {"one of its kind went", SPREAD, "foo" ZONE, EVENT_POD_DELETED, "n foo", NULL, TRUE},
    {"one of another kind went", SPREAD, "foo" ZONE, EVENT_POD_DELETED, "n bar", NULL, FALSE},
    {"labels that do not matter", SPREAD, "foo" ZONE, EVENT_POD_LABEL, "n foo bar=1", "n foo bar=2", FALSE},
    {"one became of its kind", SPREAD, "foo" ZONE, EVENT_POD_LABEL, "n", "n foo", TRUE},
    {"one is no more", SPREAD, "foo" ZONE, EVENT_POD_LABEL, "n foo", "n", TRUE},
    {"another value, both select", SPREAD, "foo" ZONE, EVENT_POD_LABEL, "n foo=1", "n foo=2", FALSE},
    {"selected by one constraint more", SPREAD, "foo" BARNODE, EVENT_POD_LABEL, "n foo", "n foo bar=2", TRUE},
    {"by none more", SPREAD, "foo" BARNODE, EVENT_POD_LABEL, "n foo", "n foo baz", FALSE},
    {"both as before", SPREAD, "foo" BARNODE, EVENT_POD_LABEL, "n foo bar", "n foo bar=2", FALSE},
    {"the pod's own labels", SPREAD, "bar" ZONE, EVENT_POD_LABEL, "self foo" ZONE, "self bar" ZONE, TRUE},
    {"own toleration, taints honoured", SPREAD, "foo | spread 1 zone hard taints:Honor foo", EVENT_POD_TOLERATION, "self foo",
     "self foo | tol a", TRUE},
    {"own toleration, taints ignored", SPREAD, "foo" ZONE, EVENT_POD_TOLERATION, "self foo", "self foo | tol a", FALSE},
    /* schedulinggates */
    {"own gates are gone", GATES, "", EVENT_POD_GATES, "self", "self", TRUE},
    {"another pod's gates are gone", GATES, "", EVENT_POD_GATES, "n", "n", FALSE},
    /* no pair of plugin and event: it waits */
    {"heartbeats mean nothing", FIT, "| app cpu=1", EVENT_NODE_CONDITION, "n cpu:4", "n cpu:4", FALSE},
    {"labels mean nothing to resources", FIT, "| app cpu=1", LABEL, "n cpu:4", "n cpu:4 a", FALSE},
    {"pods mean nothing to taints", TAINT, "", EVENT_POD_DELETED, "n", NULL, FALSE},
    {"a node that goes makes no room", FIT, "| app cpu=1", EVENT_NODE_DELETED, "n cpu:4", NULL, FALSE},
};

static ApiObject *
object_of(const HintRow *row, const char *text)
{
    g_autoptr(GPtrArray) pods = NULL;

    if (text == NULL)
        return NULL;
    if (row->event >= EVENT_NODE_ADDED)
        return rows_node(text);
    if (g_str_has_prefix(text, "self"))
        return rows_pod(text + strlen("self"), "incoming");
    if (text[0] == '-')
        return rows_pod(text + 1, "other");
    pods = rows_pods(text);
    return api_object_ref(pods->pdata[0]);
}

static void
list_nothing(gpointer user, const ApiKind *kind, const char *namespace_, GPtrArray *out)
{
    (void)user;
    (void)kind;
    (void)namespace_;
    (void)out;
}

/* The namespaces of these rows have labels: a hint must not look. */
static const ApiObject *
get_namespace(gpointer user, const ApiKind *kind, const char *namespace_, const char *name)
{
    (void)namespace_;
    return kind == &namespace_kind && str_is(name, "team-a") ? user : NULL;
}

static gboolean
row_wakes(const HintRow *row, SchedCache *cache, const PodInfo *waiting, const ClusterEvent *event)
{
    for (guint i = 0; sched_plugins[i] != NULL; i++) {
        const PluginEvents *events = sched_plugins[i]->events;

        if (!str_is(sched_plugins[i]->name, row->plugin))
            continue;
        for (; events != NULL && events->events != 0; events++)
            if ((events->events & row->event) != 0 && (events->hint == NULL || events->hint(cache, waiting, event)))
                return TRUE;
        return FALSE;
    }
    g_error("no plugin %s", row->plugin);
}

START_TEST(test_row)
{
    static const SchedListers listers = {list_nothing, get_namespace};
    const HintRow *row = &rows[_i];
    g_autoptr(ApiObject) team = make_object("{'kind':'Namespace','metadata':{'name':'team-a','labels':{'team':'a'}}}");
    SchedCache *cache = sched_cache_new(&listers, team);
    g_autoptr(ApiObject) pod = rows_pod(row->pod, "incoming");
    PodInfo *waiting = pod_info_new(sched_cache_shapes(cache), pod);
    g_autoptr(ApiObject) old = object_of(row, row->old);
    g_autoptr(ApiObject) now = object_of(row, row->now);
    ClusterEvent event = {row->event, old, now};
    gboolean wakes = row_wakes(row, cache, waiting, &event);

    pod_info_free(waiting);
    sched_cache_free(cache);
    ck_assert_msg(wakes == row->wakes, "%s: %s", row->plugin, row->rule);
}
END_TEST

Suite *
hint_rows_suite(void)
{
    Suite *suite = suite_create("hint rows");
    TCase *tcase = tcase_create("hints");

    tcase_add_loop_test(tcase, test_row, 0, G_N_ELEMENTS(rows));
    suite_add_tcase(suite, tcase);
    return suite;
}
