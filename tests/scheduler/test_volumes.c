/* Claims, their volumes, zones, and pods that want them alone. */

#include "scheduler/scheduler.h"
#include "tests/scheduler/rows.h"
#include "tests/scheduler/support.h"

#include <check.h>

Suite *volumes_suite(void);

#define ZONE(z) "'topology.kubernetes.io/zone':'" z "'"

/*
 * volumebinding/volume_binding_test.go, volumezone/volume_zone_test.go, volumerestrictions/
 * volume_restrictions_test.go: a pod with the claim c on nodes a (zone z1) and b (zone z2), before which p0 on b
 * uses the claim too.
 */
#define CLAIM(spec, status)                                                                        \
    "{'kind':'PersistentVolumeClaim','apiVersion':'v1','metadata':{'name':'c','namespace':'default','annotations':{"  \
    "'pv.kubernetes.io/bind-completed':'yes'}},'spec':{" spec "},'status':{" status "}}"
#define VOLUME(labels, spec)                                                                       \
    "{'kind':'PersistentVolume','apiVersion':'v1','metadata':{'name':'v','labels':{" labels "}},'spec':{" spec "}}"
#define ON(node)                                                                                   \
    "'nodeAffinity':{'required':{'nodeSelectorTerms':[{'matchExpressions':[{'key':'kubernetes.io/hostname',"          \
    "'operator':'In','values':['" node "']}]}]}}"

static const struct {
    const char *rule, *claim, *volume; /* NULL: there is none */
    const char *message;               /* where no node will do */
    const char *on_a, *on_b;           /* why not; NULL: feasible */
} volume_cases[] = {
    {"no such claim", NULL, NULL, "0/2 nodes are available: persistentvolumeclaim \"c\" not found. not found", NULL, NULL},
    {"a claim that waits for a volume made by hand", CLAIM("'storageClassName':''", "'phase':'Pending'"), NULL,
     "0/2 nodes are available: pod has unbound immediate PersistentVolumeClaims. not found", NULL, NULL},
    {"a claim that is provisioned does not hold the pod back", CLAIM("'storageClassName':'fast'", "'phase':'Pending'"),
     NULL, NULL, NULL, NULL},
    {"a claim that lost its volume", CLAIM("'volumeName':'v'", "'phase':'Lost'"), NULL,
     "0/2 nodes are available: persistentvolumeclaim \"c\" bound to non-existent persistentvolume \"v\". not found",
     NULL, NULL},
    {"its volume is gone", CLAIM("'volumeName':'v'", "'phase':'Bound'"), NULL,
     "0/2 nodes are available: 2 node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s). no new "
     "claims to deallocate, preemption: 0/2 nodes are available: 2 Preemption is not helpful for scheduling.",
     "node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)",
     "node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)"},
    {"bound, anywhere", CLAIM("'volumeName':'v'", "'phase':'Bound'"), VOLUME("", ""), NULL, NULL, NULL},
    {"bound to a volume on b", CLAIM("'volumeName':'v'", "'phase':'Bound'"), VOLUME("", ON("b")), NULL,
     "node(s) didn't match PersistentVolume's node affinity", NULL},
    {"a volume of the zone z1", CLAIM("'volumeName':'v'", "'phase':'Bound'"), VOLUME(ZONE("z1"), ""), NULL, NULL,
     "node(s) had no available volume zone"},
    {"a volume of both zones", CLAIM("'volumeName':'v'", "'phase':'Bound'"), VOLUME(ZONE("z1__z2"), ""), NULL, NULL, NULL},
    {"an old label of a volume", CLAIM("'volumeName':'v'", "'phase':'Bound'"),
     VOLUME("'failure-domain.beta.kubernetes.io/zone':'z2'", ""), NULL, "node(s) had no available volume zone", NULL},
    {"for one pod alone, and p0 has it",
     CLAIM("'volumeName':'v','accessModes':['ReadWriteOncePod']", "'phase':'Bound'"), VOLUME("", ""),
     "0/2 nodes are available: 2 node(s) unavailable due to PersistentVolumeClaim with ReadWriteOncePod access mode "
     "already in-use by another pod. no new claims to deallocate, preemption: 0/2 nodes are available: 2 No preemption "
     "victims found for incoming pod.",
     "node(s) unavailable due to PersistentVolumeClaim with ReadWriteOncePod access mode already in-use by another pod",
     "node(s) unavailable due to PersistentVolumeClaim with ReadWriteOncePod access mode already in-use by another pod"},
};

START_TEST(test_volumes)
{
    __typeof__(&volume_cases[0]) c = &volume_cases[_i];
    guint unused;
    g_autoptr(GPtrArray) nodes = rows_nodes("a @host @zone=z1; b @host @zone=z2", &unused);
    g_autoptr(GPtrArray) others = rows_pods("b | claim c");
    g_autoptr(ApiObject) pod = rows_pod("| claim c", "incoming");
    g_autoptr(Value) tree = NULL;

    if (c->claim != NULL)
        g_ptr_array_add(others, make_object(c->claim));
    if (c->volume != NULL)
        g_ptr_array_add(others, make_object(c->volume));
    tree = scheduler_try(pod, (const ApiObject *const *)nodes->pdata, nodes->len,
                         (const ApiObject *const *)others->pdata, others->len, 1, 34);
    ck_assert_msg(str_is(value_get_string(tree, "message", NULL), c->message), "%s: %s", c->rule,
                  value_get_string(tree, "message", NULL));
    ck_assert_msg(str_is(value_get_string(value_get_path(tree, "nodes", "a", NULL), "filter", NULL), c->on_a), "%s",
                  c->rule);
    ck_assert_msg(str_is(value_get_string(value_get_path(tree, "nodes", "b", NULL), "filter", NULL), c->on_b), "%s",
                  c->rule);
}
END_TEST

/* volume_binding_test.go, TestVolumeBinding: the generic ephemeral volumes; podHasPVCs. */
#define MADE_FOR(uid)                                                                                                  \
    "{'kind':'PersistentVolumeClaim','apiVersion':'v1','metadata':{'name':'p-data','namespace':'default','annotations':{" \
    "'pv.kubernetes.io/bind-completed':'yes'},'ownerReferences':[{'apiVersion':'v1','kind':'Pod','name':'p','uid':'" uid \
    "','controller':true}]},'spec':{'volumeName':'v'},'status':{'phase':'Bound'}}"

static const struct {
    const char *rule, *claim; /* NULL: there is none */
    const char *message;
} ephemeral_cases[] = {
    {"not made yet", NULL,
     "0/1 nodes are available: waiting for ephemeral volume controller to create the persistentvolumeclaim \"p-data\". not found"},
    {"made, and bound", MADE_FOR("u1"), NULL},
    {"made for a namesake", MADE_FOR("u0"),
     "0/1 nodes are available: PVC default/p-data was not created for pod default/p (pod is not owner). not found"},
};

START_TEST(test_ephemeral)
{
    __typeof__(&ephemeral_cases[0]) c = &ephemeral_cases[_i];
    guint unused;
    g_autoptr(GPtrArray) nodes = rows_nodes("a @host", &unused);
    g_autoptr(GPtrArray) others = rows_pods("");
    g_autoptr(ApiObject) pod =
        make_object("{'kind':'Pod','apiVersion':'v1','metadata':{'name':'p','namespace':'default','uid':'u1'},'spec':{"
                    "'containers':[{'name':'c','image':'i'}],'volumes':[{'name':'data','ephemeral':{'volumeClaimTemplate':{"
                    "'spec':{'accessModes':['ReadWriteOnce']}}}}]}}");
    g_autoptr(Value) tree = NULL;

    g_ptr_array_add(others, make_object(VOLUME("", "")));
    if (c->claim != NULL)
        g_ptr_array_add(others, make_object(c->claim));
    tree = scheduler_try(pod, (const ApiObject *const *)nodes->pdata, nodes->len,
                         (const ApiObject *const *)others->pdata, others->len, 1, 34);
    ck_assert_msg(str_is(value_get_string(tree, "message", NULL), c->message), "%s: %s", c->rule,
                  value_get_string(tree, "message", NULL));
}
END_TEST

/*
 * volumebinding/volume_binding_test.go: TestVolumeBinding; binder_test.go: TestFindPodVolumesWithoutProvisioning,
 * ...WithProvisioning: claims of classes that wait for the pod's node. The pod uses c and, where there is one, d.
 */
#define CLASS(name, provisioner, more)                                                                                 \
    "{'kind':'StorageClass','apiVersion':'storage.k8s.io/v1','metadata':{'name':'" name "'},'provisioner':'"           \
    provisioner "'," more "}"
#define WAITS         "'volumeBindingMode':'WaitForFirstConsumer'"
#define LOCAL         CLASS("local", "kubernetes.io/no-provisioner", WAITS)
#define MADE          CLASS("made", "csi.example.com", WAITS)
#define ZONED(z)                                                                                                       \
    CLASS("made", "csi.example.com", WAITS ",'allowedTopologies':[{'matchLabelExpressions':[{'key':"                   \
                                           "'topology.kubernetes.io/zone','values':['" z "']}]}]")
#define ASKS(name, class_, size, more)                                                                                 \
    "{'kind':'PersistentVolumeClaim','apiVersion':'v1','metadata':{'name':'" name "','namespace':'default','uid':'" name \
    "'" more "},'spec':{'storageClassName':'" class_ "','accessModes':['ReadWriteOnce'],'resources':{'requests':{"     \
    "'storage':'" size "'}}},'status':{'phase':'Pending'}}"
#define PV(name, class_, size, node, more)                                                                             \
    "{'kind':'PersistentVolume','apiVersion':'v1','metadata':{'name':'" name "'},'spec':{'capacity':{'storage':'" size \
    "'},'accessModes':['ReadWriteOnce'],'storageClassName':'" class_ "'," ON(node) more "},'status':{'phase':'Available'}}"
#define OF_C      ",'claimRef':{'namespace':'default','name':'c'}"
#define DRIVER(says)                                                                                                   \
    "{'kind':'CSIDriver','apiVersion':'storage.k8s.io/v1','metadata':{'name':'csi.example.com'},'spec':{"             \
    "'storageCapacity':" says "}}"
#define CAPACITY(class_, node, amounts)                                                                                \
    "{'kind':'CSIStorageCapacity','apiVersion':'storage.k8s.io/v1','metadata':{'name':'r','namespace':'default'},"    \
    "'storageClassName':'" class_ "','nodeTopology':{'matchLabels':{'kubernetes.io/hostname':'" node "'}}," amounts "}"
#define NO_ROOM   "node(s) did not have enough free storage"
#define NO_VOLUME "node(s) didn't find available persistent volumes to bind"

static const struct {
    const char *rule;
    const char *objects[6];
    const char *on_a, *on_b; /* why not; NULL: feasible */
} class_cases[] = {
    {"nobody makes it, there is none", {LOCAL, ASKS("c", "local", "1Gi", "")}, NO_VOLUME, NO_VOLUME},
    {"one on b", {LOCAL, ASKS("c", "local", "1Gi", ""), PV("v", "local", "1Gi", "b", "")}, NO_VOLUME, NULL},
    {"one on each", {LOCAL, ASKS("c", "local", "1Gi", ""), PV("v", "local", "1Gi", "a", ""), PV("w", "local", "2Gi", "b", "")}, NULL, NULL},
    {"too small", {LOCAL, ASKS("c", "local", "2Gi", ""), PV("v", "local", "1Gi", "b", "")}, NO_VOLUME, NO_VOLUME},
    {"of another class", {LOCAL, ASKS("c", "local", "1Gi", ""), PV("v", "other", "1Gi", "b", "")}, NO_VOLUME, NO_VOLUME},
    {"somebody has it", {LOCAL, ASKS("c", "local", "1Gi", ""), PV("v", "local", "1Gi", "b", ",'claimRef':{'namespace':'default','name':'x'}")},
     NO_VOLUME, NO_VOLUME},
    {"it is meant for the claim", {LOCAL, ASKS("c", "local", "1Gi", ""), PV("v", "local", "1Gi", "b", OF_C)}, NO_VOLUME, NULL},
    {"as a block device", {LOCAL, ASKS("c", "local", "1Gi", ""), PV("v", "local", "1Gi", "b", ",'volumeMode':'Block'")}, NO_VOLUME, NO_VOLUME},
    {"two claims, one volume on each node", {LOCAL, ASKS("c", "local", "1Gi", ""), ASKS("d", "local", "1Gi", ""),
      PV("v", "local", "1Gi", "a", ""), PV("w", "local", "1Gi", "b", "")}, NO_VOLUME, NO_VOLUME},
    {"two claims, two volumes on b", {LOCAL, ASKS("c", "local", "2Gi", ""), ASKS("d", "local", "1Gi", ""),
      PV("v", "local", "2Gi", "b", ""), PV("w", "local", "1Gi", "b", "")}, NO_VOLUME, NULL},
    {"the small claim takes the small one, whatever the order",
     {LOCAL, ASKS("c", "local", "5Gi", ""), ASKS("d", "local", "1Gi", ""), PV("v", "local", "5Gi", "b", ""), PV("w", "local", "2Gi", "b", "")},
     NO_VOLUME, NULL},
    {"it is made anywhere", {MADE, ASKS("c", "made", "1Gi", "")}, NULL, NULL},
    {"it is made in a zone", {ZONED("z2"), ASKS("c", "made", "1Gi", "")}, NO_VOLUME, NULL},
    {"it is made in no zone of these", {ZONED("z3"), ASKS("c", "made", "1Gi", "")}, NO_VOLUME, NO_VOLUME},
    {"in a zone, or one that is there", {ZONED("z2"), ASKS("c", "made", "1Gi", ""), PV("v", "made", "1Gi", "a", "")}, NULL, NULL},
    {"the node was chosen before", {MADE, ASKS("c", "made", "1Gi", ",'annotations':{'volume.kubernetes.io/selected-node':'b'}")},
     NO_VOLUME, NULL},
    /* binder_test.go: TestCapacity */
    {"the driver says where it has room: nowhere", {MADE, DRIVER("true"), ASKS("c", "made", "1Gi", "")}, NO_ROOM, NO_ROOM},
    {"on b", {MADE, DRIVER("true"), ASKS("c", "made", "1Gi", ""), CAPACITY("made", "b", "'capacity':'1Gi'")}, NO_ROOM, NULL},
    {"too little", {MADE, DRIVER("true"), ASKS("c", "made", "2Gi", ""), CAPACITY("made", "b", "'capacity':'1Gi'")}, NO_ROOM, NO_ROOM},
    {"enough, but for small volumes",
     {MADE, DRIVER("true"), ASKS("c", "made", "2Gi", ""), CAPACITY("made", "b", "'capacity':'9Gi','maximumVolumeSize':'1Gi'")},
     NO_ROOM, NO_ROOM},
    {"nobody knows how much", {MADE, DRIVER("true"), ASKS("c", "made", "1Gi", ""), CAPACITY("made", "b", "'capacity':null")}, NO_ROOM, NO_ROOM},
    {"of another class", {MADE, DRIVER("true"), ASKS("c", "made", "1Gi", ""), CAPACITY("other", "b", "'capacity':'1Gi'")}, NO_ROOM, NO_ROOM},
    {"it need not say so", {MADE, DRIVER("false"), ASKS("c", "made", "1Gi", "")}, NULL, NULL},
    {"a volume that is there needs no room",
     {MADE, DRIVER("true"), ASKS("c", "made", "1Gi", ""), PV("v", "made", "1Gi", "a", "")}, NULL, NO_ROOM},
    {"a class that nobody has made holds nothing back", {ASKS("c", "unknown", "1Gi", "")}, NULL, NULL},
    {"one bound to a, one only on b",
     {LOCAL, "{'kind':'PersistentVolumeClaim','apiVersion':'v1','metadata':{'name':'c','namespace':'default','annotations':{"
             "'pv.kubernetes.io/bind-completed':'yes'}},'spec':{'volumeName':'v'},'status':{'phase':'Bound'}}",
      PV("v", "local", "1Gi", "a", OF_C), ASKS("d", "local", "1Gi", ""), PV("w", "local", "1Gi", "b", "")},
     NO_VOLUME, "node(s) didn't match PersistentVolume's node affinity"},
    {"one bound to a, none for the other",
     {LOCAL, "{'kind':'PersistentVolumeClaim','apiVersion':'v1','metadata':{'name':'c','namespace':'default','annotations':{"
             "'pv.kubernetes.io/bind-completed':'yes'}},'spec':{'volumeName':'v'},'status':{'phase':'Bound'}}",
      PV("v", "local", "1Gi", "a", OF_C), ASKS("d", "local", "1Gi", "")},
     NO_VOLUME, "node(s) didn't match PersistentVolume's node affinity, " NO_VOLUME},
};

START_TEST(test_classes)
{
    __typeof__(&class_cases[0]) c = &class_cases[_i];
    guint unused;
    g_autoptr(GPtrArray) nodes = rows_nodes("a @host @zone=z1; b @host @zone=z2", &unused);
    g_autoptr(GPtrArray) others = g_ptr_array_new_with_free_func(api_object_unref);
    g_autoptr(ApiObject) pod = NULL;
    g_autoptr(Value) tree = NULL;
    gboolean has_second = FALSE;

    for (guint i = 0; i < 6 && c->objects[i] != NULL; i++) {
        g_ptr_array_add(others, make_object(c->objects[i]));
        has_second |= str_is(api_name(others->pdata[i]), "d");
    }
    pod = rows_pod(has_second ? "| claim c | claim d" : "| claim c", "incoming");
    tree = scheduler_try(pod, (const ApiObject *const *)nodes->pdata, nodes->len,
                         (const ApiObject *const *)others->pdata, others->len, 1, 34);
    ck_assert_msg(str_is(value_get_string(value_get_path(tree, "nodes", "a", NULL), "filter", NULL), c->on_a), "%s: a: %s",
                  c->rule, value_get_string(value_get_path(tree, "nodes", "a", NULL), "filter", "ok"));
    ck_assert_msg(str_is(value_get_string(value_get_path(tree, "nodes", "b", NULL), "filter", NULL), c->on_b), "%s: b: %s",
                  c->rule, value_get_string(value_get_path(tree, "nodes", "b", NULL), "filter", "ok"));
}
END_TEST

/* A class that binds at once: the pod waits until the claim is bound. */
START_TEST(test_immediate)
{
    guint unused;
    g_autoptr(GPtrArray) nodes = rows_nodes("a", &unused);
    g_autoptr(ApiObject) class_ = make_object(CLASS("now", "csi.example.com", "'volumeBindingMode':'Immediate'"));
    g_autoptr(ApiObject) claim = make_object(ASKS("c", "now", "1Gi", ""));
    const ApiObject *others[] = {class_, claim};
    g_autoptr(ApiObject) pod = rows_pod("| claim c", "incoming");
    g_autoptr(Value) tree = scheduler_try(pod, (const ApiObject *const *)nodes->pdata, 1, others, 2, 1, 34);

    ck_assert_str_eq(value_get_string(tree, "message", ""),
                     "0/1 nodes are available: pod has unbound immediate PersistentVolumeClaims. not found");
}
END_TEST

/* volumerestrictions/volume_restrictions_test.go: TestGCEDiskConflicts, TestAWSDiskConflicts, TestISCSI..., TestRBD... */
#define GCE(name, more)  "{'name':'d','gcePersistentDisk':{'pdName':'" name "'" more "}}"
#define AWS(id, more)    "{'name':'d','awsElasticBlockStore':{'volumeID':'" id "'" more "}}"
#define ISCSI(iqn, more) "{'name':'d','iscsi':{'targetPortal':'127.0.0.1:3260','iqn':'" iqn "','lun':0" more "}}"
#define RBD(monitor, pool, image, more)                                                                                \
    "{'name':'d','rbd':{'monitors':['" monitor "'],'pool':'" pool "','image':'" image "'" more "}}"
#define RO ",'readOnly':true"

static const struct {
    const char *rule, *volume, *other;
    gboolean conflicts;
} disk_cases[] = {
    {"nothing there", GCE("foo", ""), "{'name':'d','emptyDir':{}}", FALSE},
    {"the same disk", GCE("foo", ""), GCE("foo", ""), TRUE},
    {"another disk", GCE("foo", ""), GCE("bar", ""), FALSE},
    {"both read", GCE("foo", RO), GCE("foo", RO), FALSE},
    {"one reads", GCE("foo", RO), GCE("foo", ""), TRUE},
    {"the same block store", AWS("foo", ""), AWS("foo", ""), TRUE},
    {"another block store", AWS("foo", ""), AWS("bar", ""), FALSE},
    {"a block store is never shared", AWS("foo", RO), AWS("foo", RO), TRUE},
    {"disks of two clouds", AWS("foo", ""), GCE("foo", ""), FALSE},
    {"the same iqn", ISCSI("iqn.2016-12.server:storage.target01", ""), ISCSI("iqn.2016-12.server:storage.target01", ""), TRUE},
    {"another iqn", ISCSI("iqn.2016-12.server:storage.target01", ""), ISCSI("iqn.2017-12.server:storage.target01", ""), FALSE},
    {"the same iqn, both read", ISCSI("iqn.2016-12.server:storage.target01", RO), ISCSI("iqn.2016-12.server:storage.target01", RO), FALSE},
    {"the same image", RBD("a", "foo", "bar", ""), RBD("a", "foo", "bar", ""), TRUE},
    {"other monitors", RBD("a", "foo", "bar", ""), RBD("c", "foo", "bar", ""), FALSE},
    {"another pool", RBD("a", "foo", "bar", ""), RBD("a", "baz", "bar", ""), FALSE},
    {"another image", RBD("a", "foo", "bar", ""), RBD("a", "foo", "baz", ""), FALSE},
    {"the same image, both read", RBD("a", "foo", "bar", RO), RBD("a", "foo", "bar", RO), FALSE},
};

START_TEST(test_disks)
{
    static const char pod_text[] = "{'kind':'Pod','metadata':{'name':'%s','namespace':'default'},'spec':{%s'containers':[{"
                                   "'name':'c','image':'i'}],'volumes':[%s]}}";
    g_autofree char *json = g_strdup_printf(pod_text, "incoming", "", disk_cases[_i].volume);
    g_autofree char *other_json = g_strdup_printf(pod_text, "other", "'nodeName':'a',", disk_cases[_i].other);
    guint unused;
    g_autoptr(GPtrArray) nodes = rows_nodes("a; b", &unused);
    g_autoptr(ApiObject) pod = make_object(json);
    g_autoptr(ApiObject) other = make_object(other_json);
    const ApiObject *others[] = {other};
    g_autoptr(Value) tree = scheduler_try(pod, (const ApiObject *const *)nodes->pdata, 2, others, 1, 1, 34);

    ck_assert_msg(str_is(value_get_string(value_get_path(tree, "nodes", "a", NULL), "filter", NULL),
                         disk_cases[_i].conflicts ? "node(s) had no available disk" : NULL),
                  "%s", disk_cases[_i].rule);
    ck_assert_ptr_null(value_get_string(value_get_path(tree, "nodes", "b", NULL), "filter", NULL));
}
END_TEST

Suite *
volumes_suite(void)
{
    Suite *suite = suite_create("volumes");
    TCase *tcase = tcase_create("volumes");

    tcase_add_loop_test(tcase, test_volumes, 0, G_N_ELEMENTS(volume_cases));
    tcase_add_loop_test(tcase, test_ephemeral, 0, G_N_ELEMENTS(ephemeral_cases));
    tcase_add_loop_test(tcase, test_classes, 0, G_N_ELEMENTS(class_cases));
    tcase_add_test(tcase, test_immediate);
    tcase_add_loop_test(tcase, test_disks, 0, G_N_ELEMENTS(disk_cases));
    suite_add_tcase(suite, tcase);
    return suite;
}
