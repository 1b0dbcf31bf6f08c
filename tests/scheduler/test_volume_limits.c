/* How many volumes of a CSI driver a node can use: rows of v1.34 plugins/nodevolumelimits/csi_test.go. */

#include "scheduler/plugins/plugins.h"
#include "scheduler/scheduler.h"
#include "tests/scheduler/rows.h"
#include "tests/scheduler/support.h"

#include <check.h>

Suite *volume_limits_suite(void);

#define LIMIT "node(s) exceed max volume count"
#define AWS   "kubernetes.io/aws-ebs"

#define DRIVER(name, count) "{'name':'" name "','nodeID':'i','topologyKeys':null,'allocatable':{'count':" count "}}"
#define CSI_NODE(annotations, drivers)                                                                                 \
    "{'kind':'CSINode','apiVersion':'storage.k8s.io/v1','metadata':{'name':'a','annotations':{" annotations            \
    "}},'spec':{'drivers':[" drivers "]}}"
#define ROOM(count) CSI_NODE("", DRIVER("ebs", count))
#define MIGRATES    "'storage.alpha.kubernetes.io/migrated-plugins':'kubernetes.io/gce-pd," AWS "'"
/* A claim that is bound to the volume of its name; one that is not; a volume. */
#define BOUND(name)                                                                                                    \
    "{'kind':'PersistentVolumeClaim','apiVersion':'v1','metadata':{'name':'" name "','namespace':'default',"          \
    "'annotations':{'pv.kubernetes.io/bind-completed':'yes'}},'spec':{'volumeName':'" name "','storageClassName':'sc'}}"
#define OPEN(name, class_)                                                                                             \
    "{'kind':'PersistentVolumeClaim','apiVersion':'v1','metadata':{'name':'" name "','namespace':'default'},"         \
    "'spec':{'storageClassName':'" class_ "','resources':{'requests':{'storage':'1Gi'}}}}"
#define VOLUME(name, driver)                                                                                           \
    "{'kind':'PersistentVolume','apiVersion':'v1','metadata':{'name':'" name "'},'spec':{'csi':{'driver':'" driver     \
    "','volumeHandle':'" name "'}}}"
#define CLASS(name, provisioner)                                                                                       \
    "{'kind':'StorageClass','apiVersion':'storage.k8s.io/v1','metadata':{'name':'" name "'},'provisioner':'"           \
    provisioner "','volumeBindingMode':'WaitForFirstConsumer'}"
#define C(name)         BOUND(name), VOLUME(name, "ebs")
#define INLINE(where, id)                                                                                              \
    "{'kind':'Pod','apiVersion':'v1','metadata':{'name':'inline','namespace':'default'},'spec':{" where                \
    "'containers':[{'name':'c','image':'i'}],'volumes':[{'name':'v','awsElasticBlockStore':{'volumeID':'" id "'}}]}}"

#define WENT(node, volume)                                                                                             \
    "{'kind':'Pod','apiVersion':'v1','metadata':{'name':'p','namespace':'default'},'spec':{'nodeName':'" node          \
    "','containers':[{'name':'c','image':'i'}],'volumes':[{'name':'v'," volume "}]}}"

typedef struct {
    const char *rule, *pod, *pods; /* as in rows.h, or a whole pod */
    const char *want;              /* what is said of node a; NULL: it passes */
    const char *objects[10];
} LimitRow;

static const LimitRow rows[] = {
    {"one more has room", "| claim c", "a | claim d; a | claim e", NULL, {ROOM("4"), C("c"), C("d"), C("e")}},
    {"as many as there may be", "| claim c", "a | claim d; a | claim e", NULL, {ROOM("3"), C("c"), C("d"), C("e")}},
    {"one too many", "| claim c", "a | claim d; a | claim e", LIMIT, {ROOM("2"), C("c"), C("d"), C("e")}},
    {"two of one pod, room for one", "| claim c | claim d", "", LIMIT, {ROOM("1"), C("c"), C("d")}},
    {"no room at all", "| claim c", "", LIMIT, {ROOM("0"), C("c")}},
    {"a pod without volumes goes anywhere", "", "a | claim d", NULL, {ROOM("0"), C("d")}},
    {"no CSINode, no limit", "| claim c", "a | claim d", NULL, {C("c"), C("d")}},
    {"a driver without a limit", "| claim c", "a | claim d", NULL,
     {CSI_NODE("", "{'name':'ebs','nodeID':'i','topologyKeys':null}"), C("c"), C("d")}},
    {"the limit of another driver", "| claim c", "a | claim d", NULL, {CSI_NODE("", DRIVER("gce", "1")), C("c"), C("d")}},
    {"a volume that is there already is attached once", "| claim c", "a | claim c; a | claim d", NULL,
     {ROOM("2"), C("c"), C("d")}},
    {"pods that share one count it once", "| claim c", "a | claim d; a | claim d", NULL, {ROOM("2"), C("c"), C("d")}},
    {"volumes of another driver do not count", "| claim c", "a | claim d", NULL,
     {ROOM("1"), C("c"), BOUND("d"), VOLUME("d", "gce")}},
    {"two drivers, the second is full", "| claim c | claim d", "a | claim e", LIMIT,
     {CSI_NODE("", DRIVER("ebs", "5") "," DRIVER("gce", "1")), C("c"), BOUND("d"), VOLUME("d", "gce"), BOUND("e"),
      VOLUME("e", "gce")}},
    {"one that is to be made counts", "| claim c", "a | claim d", LIMIT, {ROOM("1"), CLASS("sc", "ebs"), OPEN("c", "sc"), C("d")}},
    {"two that are to be made are two", "| claim c | claim d", "", LIMIT,
     {ROOM("1"), CLASS("sc", "ebs"), OPEN("c", "sc"), OPEN("d", "sc")}},
    {"of the pods there as well", "| claim c", "a | claim d", LIMIT,
     {ROOM("1"), CLASS("sc", "ebs"), C("c"), OPEN("d", "sc")}},
    {"a claim of a class that nobody has made does not", "| claim c", "a | claim d", NULL, {ROOM("1"), C("c"), OPEN("d", "none")}},
    {"the volume is gone: by its class", "| claim c", "a | claim d", LIMIT, {ROOM("1"), CLASS("sc", "ebs"), C("c"), BOUND("d")}},
    {"a claim that is gone does not count", "| claim c", "a | claim d", NULL, {ROOM("1"), C("c")}},
    {"a class of an in-tree plugin, served by the driver", "| claim c", "a | claim d", LIMIT,
     {CSI_NODE(MIGRATES, DRIVER("ebs.csi.aws.com", "1")), CLASS("sc", AWS), OPEN("c", "sc"), OPEN("d", "sc")}},
    {"a volume that lives and dies with a pod counts", "| claim c", NULL, LIMIT,
     {ROOM("1"), C("c"), BOUND("p-v"), VOLUME("p-v", "ebs"), WENT("a", "'ephemeral':{'volumeClaimTemplate':{'spec':{}}}")}},
    {"served by itself", "| claim c", "a | claim d", NULL,
     {CSI_NODE("", DRIVER("ebs.csi.aws.com", "1")), CLASS("sc", AWS), OPEN("c", "sc"), OPEN("d", "sc")}},
    {"volumes that pods name themselves, served by the driver", "| claim c", NULL, LIMIT,
     {CSI_NODE(MIGRATES, DRIVER("ebs.csi.aws.com", "1")), BOUND("c"), VOLUME("c", "ebs.csi.aws.com"),
      INLINE("'nodeName':'a',", "vol-1")}},
    {"not served by it", "| claim c", NULL, NULL,
     {CSI_NODE("", DRIVER("ebs.csi.aws.com", "1")), BOUND("c"), VOLUME("c", "ebs.csi.aws.com"),
      INLINE("'nodeName':'a',", "vol-1")}},
};

START_TEST(test_limits)
{
    const LimitRow *row = &rows[_i];
    guint unused;
    g_autoptr(GPtrArray) nodes = rows_nodes("a; b", &unused);
    g_autoptr(GPtrArray) others = rows_pods(row->pods == NULL ? "" : row->pods);
    g_autoptr(ApiObject) pod = rows_pod(row->pod, "incoming");
    g_autoptr(Value) tree = NULL;
    const char *said;

    for (guint i = 0; row->objects[i] != NULL; i++)
        g_ptr_array_add(others, make_object(row->objects[i]));
    tree = scheduler_try(pod, (const ApiObject *const *)nodes->pdata, nodes->len,
                         (const ApiObject *const *)others->pdata, others->len, 1, 34);
    said = value_get_string(value_get_path(tree, "nodes", "a", NULL), "filter", NULL);
    ck_assert_msg(str_is(said, row->want), "%s: %s", row->rule, said == NULL ? "passes" : said);
}
END_TEST

/* Pods that are in the way can be preempted: the verdict is no final one. */
START_TEST(test_preempts)
{
    static const char *const objects[] = {ROOM("1"), C("c"), C("d")};
    guint unused;
    g_autoptr(GPtrArray) nodes = rows_nodes("a", &unused);
    g_autoptr(GPtrArray) others = rows_pods("a | claim d | prio 1");
    g_autoptr(ApiObject) pod = rows_pod("| claim c | prio 2", "incoming");
    g_autoptr(Value) tree = NULL;

    for (guint i = 0; i < G_N_ELEMENTS(objects); i++)
        g_ptr_array_add(others, make_object(objects[i]));
    tree = scheduler_try(pod, (const ApiObject *const *)nodes->pdata, nodes->len,
                         (const ApiObject *const *)others->pdata, others->len, 1, 34);
    ck_assert_str_eq(value_get_string(tree, "message", ""), "0/1 nodes are available: 1 " LIMIT ".");
    ck_assert_str_eq(value_get_string(tree, "nominatedNode", ""), "a");
}
END_TEST

/* --- hints: TestCSILimitsQHint, TestCSILimitsAddedPVCQHint, TestCSINodeUpdatedHint --------------------------- */

typedef struct {
    const char *rule, *pod;
    ClusterEventType event;
    const char *old, *now; /* objects */
    gboolean wakes;
} HintRow;

static const HintRow hint_rows[] = {
    {"a pod with a claim went", "| claim c", EVENT_POD_DELETED, WENT("a", "'persistentVolumeClaim':{'claimName':'x'}"), NULL, TRUE},
    {"a pod with another sort of volume went", "| claim c", EVENT_POD_DELETED, WENT("a", "'emptyDir':{}"), NULL, FALSE},
    {"a pod with a disk that a driver serves went", "| claim c", EVENT_POD_DELETED,
     WENT("a", "'awsElasticBlockStore':{'volumeID':'v'}"), NULL, TRUE},
    {"a pod with a volume that died with it went", "| claim c", EVENT_POD_DELETED,
     WENT("a", "'ephemeral':{'volumeClaimTemplate':{'spec':{}}}"), NULL, TRUE},
    {"it was nowhere", "| claim c", EVENT_POD_DELETED, WENT("", "'persistentVolumeClaim':{'claimName':'x'}"), NULL, FALSE},
    {"the pod's claim came", "| claim c", EVENT_CLAIM, NULL, OPEN("c", "sc"), TRUE},
    {"another claim came", "| claim c", EVENT_CLAIM, NULL, OPEN("d", "sc"), FALSE},
    {"the pod's claim changed", "| claim c", EVENT_CLAIM, OPEN("c", "sc"), OPEN("c", "sc"), FALSE},
    {"a CSINode came", "| claim c", EVENT_CSI_NODE, NULL, ROOM("1"), TRUE},
    {"its limit is higher", "| claim c", EVENT_CSI_NODE, ROOM("1"), ROOM("2"), TRUE},
    {"its limit is the same", "| claim c", EVENT_CSI_NODE, ROOM("2"), ROOM("2"), FALSE},
    {"its limit is lower", "| claim c", EVENT_CSI_NODE, ROOM("2"), ROOM("1"), FALSE},
    {"a driver with a limit is new", "| claim c", EVENT_CSI_NODE, ROOM("2"),
     CSI_NODE("", DRIVER("ebs", "2") "," DRIVER("gce", "1")), TRUE},
    {"a driver is gone", "| claim c", EVENT_CSI_NODE, ROOM("2"), CSI_NODE("", ""), FALSE},
};

START_TEST(test_hints)
{
    const HintRow *row = &hint_rows[_i];
    PodShapes *shapes = pod_shapes_new();
    g_autoptr(ApiObject) pod = rows_pod(row->pod, "incoming");
    g_autoptr(ApiObject) old = row->old == NULL ? NULL : make_object(row->old);
    g_autoptr(ApiObject) now = row->now == NULL ? NULL : make_object(row->now);
    PodInfo *waiting = pod_info_new(shapes, pod);
    ClusterEvent event = {row->event, old, now};
    gboolean wakes = FALSE;

    for (const PluginEvents *e = node_volume_limits_plugin.events; e->events != 0; e++)
        if ((e->events & row->event) != 0)
            wakes |= e->hint == NULL || e->hint(NULL, waiting, &event);
    ck_assert_msg(wakes == row->wakes, "%s", row->rule);
    pod_info_free(waiting);
    pod_shapes_free(shapes);
}
END_TEST

Suite *
volume_limits_suite(void)
{
    Suite *suite = suite_create("volume limits");
    TCase *tcase = tcase_create("volume limits");

    tcase_add_loop_test(tcase, test_limits, 0, G_N_ELEMENTS(rows));
    tcase_add_test(tcase, test_preempts);
    tcase_add_loop_test(tcase, test_hints, 0, G_N_ELEMENTS(hint_rows));
    suite_add_tcase(suite, tcase);
    return suite;
}
