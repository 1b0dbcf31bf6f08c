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

Suite *
volumes_suite(void)
{
    Suite *suite = suite_create("volumes");
    TCase *tcase = tcase_create("volumes");

    tcase_add_loop_test(tcase, test_volumes, 0, G_N_ELEMENTS(volume_cases));
    suite_add_tcase(suite, tcase);
    return suite;
}
