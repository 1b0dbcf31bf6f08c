/* The queue: back-off, areas, order, pods in flight, gates (v1.34 pkg/scheduler/backend/queue). */

#include "base/duration.h"
#include "scheduler/queue.h"
#include "tests/scheduler/support.h"

#include <check.h>

Suite *queue_suite(void);

#define S NS_PER_S

static SchedCache *cache;
static SchedQueue *queue;
static const char *held_uid;

static gboolean
is_held(gpointer user, const char *uid)
{
    (void)user;
    return held_uid != NULL && str_is(held_uid, uid);
}

static void
set_up(void)
{
    static const SchedListers none = {0};

    held_uid = NULL;
    cache = sched_cache_new(&none, NULL);
    queue = sched_queue_new(&(SchedQueueOptions){.cache = cache,
                                                 .initial_backoff_ns = S,
                                                 .max_backoff_ns = 10 * S,
                                                 .is_preempting = is_held});
    sched_queue_reset(queue, 100 * S);
}

static void
tear_down(void)
{
    sched_queue_free(queue);
    sched_cache_free(cache);
}

static ApiObject *
pod_of(const char *name, int priority, const char *spec)
{
    g_autofree char *json = g_strdup_printf(
        "{'kind':'Pod','metadata':{'name':'%s','namespace':'default','uid':'uid-%s'},'spec':{"
        "'priority':%d,'containers':[{'name':'c','resources':{'requests':{'cpu':'1'}}}]%s}}",
        name, name, priority, spec == NULL ? "" : spec);

    return make_object(json);
}

static void
add(const char *name, int priority, gint64 now_ns)
{
    g_autoptr(ApiObject) pod = pod_of(name, priority, NULL);

    sched_queue_add(queue, pod, now_ns);
}

static guint
bit_of(const char *plugin)
{
    for (guint i = 0; sched_plugins[i] != NULL; i++) {
        if (str_is(sched_plugins[i]->name, plugin))
            return 1u << i;
    }
    g_error("no plugin %s", plugin);
}

/* Pops @name, which is rejected by @plugin (NULL: an internal error). */
static void
reject(const char *name, const char *plugin, gint64 now_ns)
{
    QueuedPod *pod = sched_queue_pop(queue);

    ck_assert_ptr_nonnull(pod);
    ck_assert_str_eq(api_name(pod->info->pod), name);
    pod->rejectors = plugin == NULL ? 0 : bit_of(plugin);
    sched_queue_return(queue, pod, now_ns);
}

static QueueArea
area_of(const char *name)
{
    const QueuedPod *pod = sched_queue_find(queue, api_key_of("default", str_intern(name)));

    return pod == NULL ? QUEUE_NONE : pod->area;
}

/* A bound pod went: NodeResourcesFit wants to know. */
static void
free_room(gint64 now_ns)
{
    g_autoptr(ApiObject) gone = pod_of("gone", 0, ",'nodeName':'n1'");

    sched_queue_event(queue, &(ClusterEvent){EVENT_POD_DELETED, gone, NULL}, G_MAXINT32, NULL,
                      now_ns);
}

/* --- back-off ----------------------------------------------------------------------------------------- */

static const struct {
    guint count;
    gint64 initial_s, max_s, want_s;
} backoff_cases[] = {
    {0, 1, 10, 0},    {1, 1, 10, 1},    {2, 1, 10, 2},  {3, 1, 10, 4},
    {4, 1, 10, 8},    {5, 1, 10, 10},   {6, 1, 10, 10}, {16, 1, 10, 10},
    {200, 1, 10, 10}, {5, 3, 1000, 48}, {1, 1, 0, 0},
};

START_TEST(test_backoff)
{
    gint64 got = sched_backoff_ns(backoff_cases[_i].count, backoff_cases[_i].initial_s * S,
                                  backoff_cases[_i].max_s * S);

    ck_assert_int_eq(got, backoff_cases[_i].want_s * S);
}
END_TEST

/* Failure at 100.3 s, back-off 1 s: expiry 101 s, over when the clock shows 102 s. */
START_TEST(test_backoff_is_cut_to_seconds)
{
    add("a", 0, 100 * S);
    reject("a", "NodeResourcesFit", 100 * S + 300 * NS_PER_MS);
    ck_assert_int_eq(area_of("a"), QUEUE_UNSCHEDULABLE);
    add("b", 0, 101 * S); /* so that activeQ is not empty */
    free_room(101 * S + 900 * NS_PER_MS);
    ck_assert_int_eq(area_of("a"), QUEUE_BACKOFF);
    ck_assert_int_eq(sched_queue_next_flush_ns(queue), 102 * S);
    sched_queue_flush(queue, 101 * S + 999 * NS_PER_MS);
    ck_assert_int_eq(area_of("a"), QUEUE_BACKOFF);
    sched_queue_flush(queue, 102 * S);
    ck_assert_int_eq(area_of("a"), QUEUE_ACTIVE);
}
END_TEST

START_TEST(test_backoff_over_goes_to_active)
{
    add("a", 0, 100 * S);
    reject("a", "NodeResourcesFit", 100 * S);
    free_room(102 * S);
    ck_assert_int_eq(area_of("a"), QUEUE_ACTIVE);
}
END_TEST

/* Consecutive errors count by themselves; an unschedulable attempt forgets them. */
START_TEST(test_error_counts)
{
    const QueuedPod *pod;

    add("a", 0, 100 * S);
    reject("a", "NodeResourcesFit", 100 * S);
    free_room(110 * S);
    reject("a", NULL, 110 * S);
    pod = sched_queue_find(queue, api_key_of("default", str_intern("a")));
    ck_assert_int_eq(pod->area, QUEUE_ERROR_BACKOFF);
    ck_assert_uint_eq(pod->unschedulable_count, 1);
    ck_assert_uint_eq(pod->error_count, 1);
    sched_queue_flush(queue, 112 * S);
    reject("a", NULL, 112 * S);
    ck_assert_uint_eq(pod->error_count, 2);
    ck_assert_int_eq(sched_queue_next_flush_ns(queue), 115 * S);
    sched_queue_flush(queue, 115 * S);
    reject("a", "NodeResourcesFit", 115 * S);
    ck_assert_uint_eq(pod->error_count, 0);
    ck_assert_uint_eq(pod->unschedulable_count, 2);
}
END_TEST

/* An ordinary back-off does not hold a pod while nobody else waits; an error's does. */
START_TEST(test_pop_from_backoff)
{
    QueuedPod *pod;

    add("a", 0, 100 * S);
    reject("a", "NodeResourcesFit", 100 * S);
    free_room(100 * S);
    ck_assert_int_eq(area_of("a"), QUEUE_BACKOFF);
    pod = sched_queue_pop(queue);
    ck_assert_ptr_nonnull(pod);
    ck_assert_uint_eq(pod->attempts, 2);
    pod->rejectors = 0;
    sched_queue_return(queue, pod, 100 * S);
    ck_assert_int_eq(area_of("a"), QUEUE_ERROR_BACKOFF);
    ck_assert_ptr_null(sched_queue_pop(queue));
}
END_TEST

/* --- order ------------------------------------------------------------------------------------------------ */

START_TEST(test_order)
{
    static const char *const want[] = {"high", "old", "young", "low"};

    add("young", 5, 101 * S);
    add("low", -1, 99 * S);
    add("old", 5, 100 * S);
    add("high", 7, 103 * S);
    for (guint i = 0; i < G_N_ELEMENTS(want); i++) {
        QueuedPod *pod = sched_queue_pop(queue);

        ck_assert_str_eq(api_name(pod->info->pod), want[i]);
        sched_queue_done(queue, pod, FALSE);
    }
    ck_assert_ptr_null(sched_queue_pop(queue));
}
END_TEST

START_TEST(test_delete)
{
    add("a", 0, 100 * S);
    add("b", 0, 101 * S);
    add("c", 0, 102 * S);
    sched_queue_delete(queue, api_key_of("default", str_intern("b")));
    reject("a", "NodeResourcesFit", 103 * S);
    sched_queue_delete(queue, api_key_of("default", str_intern("a")));
    reject("c", "NodeResourcesFit", 104 * S);
    ck_assert_uint_eq(sched_queue_count(queue, QUEUE_UNSCHEDULABLE), 1);
}
END_TEST

/* --- waking ------------------------------------------------------------------------------------------------- */

START_TEST(test_event_missed_in_flight)
{
    QueuedPod *pod;

    add("a", 0, 100 * S);
    pod = sched_queue_pop(queue);
    free_room(100 * S);
    pod->rejectors = bit_of("NodeResourcesFit");
    sched_queue_return(queue, pod, 100 * S);
    ck_assert_int_eq(area_of("a"), QUEUE_BACKOFF);
    /* the same event does not help against another plugin */
    pod = sched_queue_pop(queue);
    free_room(101 * S);
    pod->rejectors = bit_of("NodeAffinity");
    sched_queue_return(queue, pod, 101 * S);
    ck_assert_int_eq(area_of("a"), QUEUE_UNSCHEDULABLE);
}
END_TEST

START_TEST(test_leftover)
{
    add("a", 0, 100 * S);
    reject("a", "NodeResourcesFit", 105 * S);
    ck_assert_int_eq(sched_queue_next_flush_ns(queue), 430 * S); /* ticks at 100 + 30 k */
    sched_queue_flush(queue, 430 * S);
    ck_assert_int_eq(area_of("a"), QUEUE_ACTIVE);
    ck_assert_int_eq(sched_queue_next_flush_ns(queue), G_MAXINT64);
}
END_TEST

START_TEST(test_only_lesser_or_equal)
{
    g_autoptr(ApiObject) nominee = pod_of("gone", 5, NULL);
    ClusterEvent event = {EVENT_POD_DELETED, nominee, NULL};

    ((PodStatus *)api_edit_status(nominee))->nominated_node_name = str_intern("n1");
    add("high", 6, 100 * S);
    reject("high", "NodeResourcesFit", 100 * S);
    add("equal", 5, 100 * S);
    reject("equal", "NodeResourcesFit", 100 * S);
    sched_queue_event(queue, &event, 5, NULL, 110 * S);
    ck_assert_int_eq(area_of("high"), QUEUE_UNSCHEDULABLE);
    ck_assert_int_eq(area_of("equal"), QUEUE_ACTIVE);
}
END_TEST

/* --- gates --------------------------------------------------------------------------------------------------- */

START_TEST(test_gates)
{
    g_autoptr(ApiObject) pod = pod_of("a", 0, ",'schedulingGates':[{'name':'x'},{'name':'y'}]");
    g_autoptr(ApiObject) open = pod_of("a", 0, NULL);
    const QueuedPod *queued;

    sched_queue_add(queue, pod, 100 * S);
    queued = sched_queue_find(queue, api_key(pod));
    ck_assert_int_eq(queued->area, QUEUE_UNSCHEDULABLE);
    ck_assert_str_eq(queued->gate_message, "waiting for scheduling gates: [x y]");
    free_room(100 * S);
    ck_assert_int_eq(queued->area, QUEUE_UNSCHEDULABLE);
    sched_queue_update(queue, pod, open, 101 * S);
    ck_assert_int_eq(queued->area, QUEUE_ACTIVE);
}
END_TEST

/* While its preemption is carried out a pod stays out; the next deletion lets it in. */
START_TEST(test_held_by_preemption)
{
    add("a", 0, 100 * S);
    held_uid = "uid-a";
    reject("a", "NodeResourcesFit", 100 * S);
    free_room(103 * S);
    ck_assert_int_eq(area_of("a"), QUEUE_UNSCHEDULABLE);
    ck_assert_str_eq(sched_queue_find(queue, api_key_of("default", str_intern("a")))->gate_message,
                     "waiting for the preemption for this pod to be finished");
    held_uid = NULL;
    free_room(104 * S);
    ck_assert_int_eq(area_of("a"), QUEUE_ACTIVE);
}
END_TEST

START_TEST(test_activate)
{
    add("a", 0, 100 * S);
    reject("a", "NodeResourcesFit", 100 * S);
    sched_queue_activate(queue, api_key_of("default", str_intern("a")), 100 * S);
    ck_assert_int_eq(area_of("a"), QUEUE_ACTIVE);
}
END_TEST

/*
 * default_preemption.go, EventsToRegister: while it holds the pod back, the deletion of a pod is heard,
 * but helps only where the plugins that rejected the pod say so.
 */
START_TEST(test_preemption_wakes_nobody)
{
    add("a", 0, 100 * S);
    reject("a", "NodePorts", 100 * S);
    held_uid = "uid-a";
    sched_queue_activate(queue, api_key_of("default", str_intern("a")), 100 * S);
    ck_assert_int_eq(area_of("a"), QUEUE_UNSCHEDULABLE);
    held_uid = NULL;
    free_room(101 * S);
    ck_assert_int_eq(area_of("a"), QUEUE_UNSCHEDULABLE);
}
END_TEST

/* --- hints: which event moves which pod ---------------------------------------------------------------------- */

#define POD(labels, spec)                                                                          \
    "{'kind':'Pod','metadata':{'name':'other','namespace':'default','labels':{" labels "}},"       \
    "'spec':{'nodeName':'n1'" spec "}}"
#define FREE_POD "{'kind':'Pod','metadata':{'name':'other','namespace':'default'},'spec':{}}"
#define NODE(labels, spec, allocatable)                                                            \
    "{'kind':'Node','metadata':{'name':'n1','labels':{" labels "}},'spec':{" spec "},"             \
    "'status':{'allocatable':{'pods':'10'" allocatable "}}}"
#define REQUEST(cpu) ",'containers':[{'name':'c','resources':{'requests':{'cpu':'" cpu "'}}}]"
#define TAINT        "'taints':[{'key':'k','value':'v','effect':'NoSchedule'}]"
#define NEAR                                                                                       \
    ",'affinity':{'podAffinity':{'requiredDuringSchedulingIgnoredDuringExecution':[{"              \
    "'topologyKey':'zone','labelSelector':{'matchLabels':{'app':'a'}}}]}}"
#define FAR                                                                                        \
    ",'affinity':{'podAntiAffinity':{'requiredDuringSchedulingIgnoredDuringExecution':[{"          \
    "'topologyKey':'zone','labelSelector':{'matchLabels':{'app':'a'}}}]}}"
#define EVEN                                                                                       \
    ",'topologySpreadConstraints':[{'maxSkew':1,'topologyKey':'zone','whenUnsatisfiable':"         \
    "'DoNotSchedule','labelSelector':{'matchLabels':{'app':'a'}}}]"
#define SSD  ",'nodeSelector':{'disk':'ssd'}"
#define PORT ",'containers':[{'name':'c','ports':[{'hostPort':80}]}]"

static const struct {
    const char *rule, *plugin, *spec; /* of the waiting pod, which asks for 1 cpu */
    guint event;
    const char *old, *object;
    gboolean wakes;
} hint_cases[] = {
    {"fit: a bound pod went", "NodeResourcesFit", "", EVENT_POD_DELETED, POD("", ""), NULL, TRUE},
    {"fit: a pod that was nowhere went", "NodeResourcesFit", "", EVENT_POD_DELETED, FREE_POD, NULL,
     FALSE},
    {"fit: a pod came", "NodeResourcesFit", "", EVENT_POD_ADDED, NULL, POD("", ""), FALSE},
    {"fit: scaled down", "NodeResourcesFit", "", EVENT_POD_SCALE_DOWN, POD("", REQUEST("2")),
     POD("", REQUEST("1")), TRUE},
    {"fit: another resource scaled down", "NodeResourcesFit", "", EVENT_POD_SCALE_DOWN,
     POD("", ",'containers':[{'name':'c','resources':{'requests':{'memory':'2'}}}]"),
     POD("", ",'containers':[{'name':'c'}]"), FALSE},
    {"fit: new node large enough", "NodeResourcesFit", "", EVENT_NODE_ADDED, NULL,
     NODE("", "", ",'cpu':'1'"), TRUE},
    {"fit: new node too small", "NodeResourcesFit", "", EVENT_NODE_ADDED, NULL,
     NODE("", "", ",'cpu':'500m'"), FALSE},
    {"fit: allocatable grew", "NodeResourcesFit", "", EVENT_NODE_ALLOCATABLE,
     NODE("", "", ",'cpu':'1'"), NODE("", "", ",'cpu':'2'"), TRUE},
    {"fit: what is not asked for grew", "NodeResourcesFit", "", EVENT_NODE_ALLOCATABLE,
     NODE("", "", ",'cpu':'1'"), NODE("", "", ",'cpu':'1','memory':'9'"), FALSE},
    {"fit: labels do not matter", "NodeResourcesFit", "", EVENT_NODE_LABEL,
     NODE("", "", ",'cpu':'1'"), NODE("'a':'b'", "", ",'cpu':'1'"), FALSE},
    {"nodeaffinity: matches now", "NodeAffinity", SSD, EVENT_NODE_LABEL, NODE("", "", ""),
     NODE("'disk':'ssd'", "", ""), TRUE},
    {"nodeaffinity: matched before", "NodeAffinity", SSD, EVENT_NODE_LABEL,
     NODE("'disk':'ssd'", "", ""), NODE("'disk':'ssd','a':'b'", "", ""), FALSE},
    {"nodeaffinity: new node matches", "NodeAffinity", SSD, EVENT_NODE_ADDED, NULL,
     NODE("'disk':'ssd'", "", ""), TRUE},
    {"nodename: any new node", "NodeName", "", EVENT_NODE_ADDED, NULL, NODE("", "", ""), TRUE},
    {"cordon: taken away", "NodeUnschedulable", "", EVENT_NODE_TAINT,
     NODE("", "'unschedulable':true", ""), NODE("", "", ""), TRUE},
    {"cordon: still there", "NodeUnschedulable", "", EVENT_NODE_TAINT,
     NODE("", "'unschedulable':true", ""), NODE("", "'unschedulable':true," TAINT, ""), FALSE},
    {"cordon: was not there", "NodeUnschedulable", "", EVENT_NODE_TAINT, NODE("", TAINT, ""),
     NODE("", "", ""), FALSE},
    {"cordon: new node", "NodeUnschedulable", "", EVENT_NODE_ADDED, NULL, NODE("", "", ""), TRUE},
    {"taint: taken away", "TaintToleration", "", EVENT_NODE_TAINT, NODE("", TAINT, ""),
     NODE("", "", ""), TRUE},
    {"taint: was tolerated before", "TaintToleration",
     ",'tolerations':[{'key':'k','operator':'Exists'}]", EVENT_NODE_TAINT, NODE("", TAINT, ""),
     NODE("", "", ""), FALSE},
    {"taint: new node is tainted", "TaintToleration", "", EVENT_NODE_ADDED, NULL,
     NODE("", TAINT, ""), FALSE},
    {"ports: the port is free", "NodePorts", PORT, EVENT_POD_DELETED, POD("", PORT), NULL, TRUE},
    {"ports: another port is free", "NodePorts", PORT, EVENT_POD_DELETED,
     POD("", ",'containers':[{'name':'c','ports':[{'hostPort':81}]}]"), NULL, FALSE},
    {"ports: new node", "NodePorts", PORT, EVENT_NODE_ADDED, NULL, NODE("", "", ""), TRUE},
    {"affinity: a match came", "InterPodAffinity", NEAR, EVENT_POD_ADDED, NULL,
     POD("'app':'a'", ""), TRUE},
    {"affinity: another came", "InterPodAffinity", NEAR, EVENT_POD_ADDED, NULL,
     POD("'app':'b'", ""), FALSE},
    {"affinity: a pod got the label", "InterPodAffinity", NEAR, EVENT_POD_LABEL, POD("", ""),
     POD("'app':'a'", ""), TRUE},
    {"affinity: a match went", "InterPodAffinity", NEAR, EVENT_POD_DELETED, POD("'app':'a'", ""),
     NULL, FALSE},
    {"anti-affinity: a match went", "InterPodAffinity", FAR, EVENT_POD_DELETED,
     POD("'app':'a'", ""), NULL, TRUE},
    {"anti-affinity: a pod lost the label", "InterPodAffinity", FAR, EVENT_POD_LABEL,
     POD("'app':'a'", ""), POD("", ""), TRUE},
    {"anti-affinity: a match came", "InterPodAffinity", FAR, EVENT_POD_ADDED, NULL,
     POD("'app':'a'", ""), FALSE},
    {"anti-affinity: new node", "InterPodAffinity", FAR, EVENT_NODE_ADDED, NULL, NODE("", "", ""),
     TRUE},
    {"anti-affinity: node left the zone", "InterPodAffinity", FAR, EVENT_NODE_LABEL,
     NODE("'zone':'z'", "", ""), NODE("", "", ""), TRUE},
    {"affinity: node came into a zone", "InterPodAffinity", NEAR, EVENT_NODE_LABEL,
     NODE("", "", ""), NODE("'zone':'z'", "", ""), TRUE},
    {"affinity: new node without zone", "InterPodAffinity", NEAR, EVENT_NODE_ADDED, NULL,
     NODE("", "", ""), FALSE},
    {"spread: a match came", "PodTopologySpread", EVEN, EVENT_POD_ADDED, NULL, POD("'app':'a'", ""),
     TRUE},
    {"spread: another went", "PodTopologySpread", EVEN, EVENT_POD_DELETED, POD("'app':'b'", ""),
     NULL, FALSE},
    {"spread: a pod got the label", "PodTopologySpread", EVEN, EVENT_POD_LABEL, POD("", ""),
     POD("'app':'a'", ""), TRUE},
    {"spread: other labels changed", "PodTopologySpread", EVEN, EVENT_POD_LABEL,
     POD("'app':'a'", ""), POD("'app':'a','x':'y'", ""), FALSE},
    {"spread: node with the key went", "PodTopologySpread", EVEN, EVENT_NODE_DELETED,
     NODE("'zone':'z'", "", ""), NULL, TRUE},
    {"spread: node without the key went", "PodTopologySpread", EVEN, EVENT_NODE_DELETED,
     NODE("", "", ""), NULL, FALSE},
    {"spread: node changed its zone", "PodTopologySpread", EVEN, EVENT_NODE_LABEL,
     NODE("'zone':'y'", "", ""), NODE("'zone':'z'", "", ""), TRUE},
    {"spread: node's taints changed", "PodTopologySpread", EVEN, EVENT_NODE_TAINT,
     NODE("'zone':'z'", TAINT, ""), NODE("'zone':'z'", "", ""), TRUE},
    {"a node that goes moves nobody else", "NodeResourcesFit", "", EVENT_NODE_DELETED,
     NODE("", "", ""), NULL, FALSE},
};

START_TEST(test_hint)
{
    g_autofree char *spec = g_strdup(hint_cases[_i].spec);
    g_autoptr(ApiObject) pod =
        strstr(spec, "containers") != NULL
            ? make_object("{'kind':'Pod','metadata':{'name':'a','namespace':'default'},'spec':{'"
                          "containers':[{'name':'c','ports':[{'hostPort':80}]}]}}")
            : pod_of("a", 0, spec);
    g_autoptr(ApiObject) old = hint_cases[_i].old == NULL ? NULL : make_object(hint_cases[_i].old);
    g_autoptr(ApiObject) object =
        hint_cases[_i].object == NULL ? NULL : make_object(hint_cases[_i].object);
    ClusterEvent event = {hint_cases[_i].event, old, object};

    sched_queue_add(queue, pod, 100 * S);
    reject("a", hint_cases[_i].plugin, 100 * S);
    sched_queue_event(queue, &event, G_MAXINT32, NULL, 110 * S);
    ck_assert_msg((area_of("a") == QUEUE_ACTIVE) == hint_cases[_i].wakes, "%s",
                  hint_cases[_i].rule);
}
END_TEST

/* --- what an update changed --------------------------------------------------------------------------------- */

START_TEST(test_node_events)
{
    g_autoptr(ApiObject) plain = make_object(NODE("", "", ",'cpu':'1'"));
    g_autoptr(ApiObject) cordoned = make_object(NODE("", "'unschedulable':true", ",'cpu':'1'"));
    g_autoptr(ApiObject) tainted = make_object(NODE("", TAINT, ",'cpu':'1'"));
    g_autoptr(ApiObject) larger = make_object(NODE("'a':'b'", "", ",'cpu':'2'"));

    ck_assert_uint_eq(cluster_events_of_node(plain, plain), 0);
    ck_assert_uint_eq(cluster_events_of_node(plain, cordoned), 0);
    ck_assert_uint_eq(cluster_events_of_node(cordoned, plain), EVENT_NODE_TAINT);
    ck_assert_uint_eq(cluster_events_of_node(plain, tainted), EVENT_NODE_TAINT);
    ck_assert_uint_eq(cluster_events_of_node(plain, larger),
                      EVENT_NODE_ALLOCATABLE | EVENT_NODE_LABEL);
}
END_TEST

START_TEST(test_pod_events)
{
    g_autoptr(ApiObject) plain = make_object(POD("", REQUEST("2")));
    g_autoptr(ApiObject) smaller = make_object(POD("", REQUEST("1")));
    g_autoptr(ApiObject) labelled = make_object(POD("'a':'b'", REQUEST("2")));
    g_autoptr(ApiObject) tolerant =
        make_object(POD("", REQUEST("2") ",'tolerations':[{'operator':'Exists'}]"));

    ck_assert_uint_eq(cluster_events_of_pod(plain, plain), EVENT_POD_OTHER);
    ck_assert_uint_eq(cluster_events_of_pod(plain, smaller), EVENT_POD_SCALE_DOWN);
    ck_assert_uint_eq(cluster_events_of_pod(smaller, plain), EVENT_POD_OTHER);
    ck_assert_uint_eq(cluster_events_of_pod(plain, labelled), EVENT_POD_LABEL);
    ck_assert_uint_eq(cluster_events_of_pod(plain, tolerant), EVENT_POD_TOLERATION);
}
END_TEST

Suite *
queue_suite(void)
{
    Suite *suite = suite_create("queue");
    TCase *tcase = tcase_create("areas");
    TCase *hints = tcase_create("hints");

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_loop_test(tcase, test_backoff, 0, G_N_ELEMENTS(backoff_cases));
    tcase_add_test(tcase, test_backoff_is_cut_to_seconds);
    tcase_add_test(tcase, test_backoff_over_goes_to_active);
    tcase_add_test(tcase, test_error_counts);
    tcase_add_test(tcase, test_pop_from_backoff);
    tcase_add_test(tcase, test_order);
    tcase_add_test(tcase, test_delete);
    tcase_add_test(tcase, test_event_missed_in_flight);
    tcase_add_test(tcase, test_leftover);
    tcase_add_test(tcase, test_only_lesser_or_equal);
    tcase_add_test(tcase, test_gates);
    tcase_add_test(tcase, test_held_by_preemption);
    tcase_add_test(tcase, test_activate);
    tcase_add_test(tcase, test_preemption_wakes_nobody);
    suite_add_tcase(suite, tcase);
    tcase_add_checked_fixture(hints, set_up, tear_down);
    tcase_add_loop_test(hints, test_hint, 0, G_N_ELEMENTS(hint_cases));
    tcase_add_test(hints, test_node_events);
    tcase_add_test(hints, test_pod_events);
    suite_add_tcase(suite, hints);
    return suite;
}
