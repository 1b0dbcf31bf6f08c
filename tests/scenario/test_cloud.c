/*
 * test_cloud.c - clusters in a cloud: what nodes are told, what becomes of their machines, balancers
 *
 * Sources: v1.34 staging/src/k8s.io/cloud-provider/controllers/{node,nodelifecycle,service};
 * balancers: checks every 10 s, out after three failures, in after two successes.
 */

#include "tests/scenario/support.h"

#include <check.h>

Suite *cloud_suite(void);

#define SCENE(minutes, cluster, lines, manifests)                                                  \
    "apiVersion: desk8s/v1\nkind: Scenario\nmetadata: {name: t}\nspec:\n  duration: " minutes "\n" \
    "  images: [{match: '*', present: true}]\n  cluster:\n" cluster lines manifests
#define CLOUD   "    cloud: {loadBalancer: {provision: 20s}}\n"
#define WORKERS "    nodes: [{name: w, count: 3, zone: a, region: eu, taints: ['x=y:NoSchedule']}]\n"
#define FREE    "    nodes: [{name: w, count: 3, zone: a}]\n"
#define READY   "{.status.conditions[?(@.type=='Ready')].status}"
#define TAINTS  "{.spec.taints[*].key}"
#define BORN    "node.cloudprovider.kubernetes.io/uninitialized"
#define SHUT    "node.cloudprovider.kubernetes.io/shutdown"
#define USERS   "  traffic: [{name: users, to: 'loadBalancer/web:80', rate: 20/s, arrivals: constant, timeout: 1s, start: 60s}]\n"
#define WEB(policy)                                                                                                \
    "---\napiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec:\n  type: LoadBalancer\n"                     \
    "  externalTrafficPolicy: " policy "\n  selector: {app: web}\n  ports: [{port: 80}]\n"                         \
    "---\napiVersion: v1\nkind: Pod\nmetadata: {name: web, labels: {app: web}}\nspec:\n  nodeName: w-1\n"          \
    "  containers: [{name: web, image: 'nginx:1'}]\n"

/* The Service again, which adds to it. */
#define RANGES(range)                                                                                              \
    "---\napiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec:\n  type: LoadBalancer\n"                     \
    "  loadBalancerSourceRanges: ['" range "']\n  selector: {app: web}\n  ports: [{port: 80}]\n"

/* A second pod, which goes on for so many seconds after it was deleted. */
#define SLOW(seconds)                                                                                              \
    "---\napiVersion: v1\nkind: Pod\nmetadata: {name: slow, labels: {app: web}}\nspec:\n  nodeName: w-2\n"         \
    "  terminationGracePeriodSeconds: 60\n"                                                                        \
    "  containers: [{name: web, image: 'nginx:1', lifecycle: {preStop: {sleep: {seconds: " seconds "}}}}]\n"

static const struct {
    const char *name, *text;
} rows[] = {
    {"a node is told who it is",
     SCENE("10s", "    cloud: {}\n" WORKERS,
           "  expect:\n"
           "  - {at: 1s, that: \"node/w-1 {.spec.taints[*].key} == x\"}\n"
           "  - {at: 1s, that: \"node/w-1 {.metadata.labels.topology\\\\.kubernetes\\\\.io/zone} == a\"}\n"
           "  - {at: 1s, that: \"node/w-1 {.metadata.labels.topology\\\\.kubernetes\\\\.io/region} == eu\"}\n"
           "  - {at: 1s, that: \"node/w-1 {.metadata.labels.node\\\\.kubernetes\\\\.io/instance-type} == custom-4-8192\"}\n"
           "  - {at: 1s, that: \"node/w-1 {.status.addresses[*].type} == InternalIP ExternalIP Hostname\"}\n",
           "")},
    {"nobody tells it while cloud-controller-manager is dead",
     SCENE("4m", "    cloud: {}\n" FREE,
           "  timeline:\n"
           "  - {at: 1s, fault: {componentCrash: {component: cloud-controller-manager, duration: 2m}}}\n"
           "  - {at: 2s, kubectl: delete node w-2}\n"
           "  - {at: 3s, fault: {componentCrash: {component: kubelet, node: w-2, restart: 1s}}}\n"
           "  expect:\n"
           "  - {at: 110s, that: \"node/w-2 " READY " == True\"}\n"
           "  - {at: 110s, that: \"node/w-2 " TAINTS " == " BORN "\"}\n"
           "  - {at: 110s, that: \"events Synced >= 2\"}\n"
           "  - {at: 150s, that: \"node/w-2 {.status.addresses[*].type} == InternalIP ExternalIP Hostname\"}\n"
           "  - {at: end, that: \"node/w-2 {.spec.taints} == \"}\n",
           "")},
    {"terminated: not ready after 40 to 55 s, deleted by the next look",
     SCENE("3m", "    cloud: {}\n" FREE,
           "  timeline:\n  - {at: 10s, id: end, fault: {nodePowerOff: {node: w-2, gone: true}}}\n"
           "  - {at: 100s, fault: {nodePowerOn: {node: w-2}}}\n"
           "  expect:\n"
           "  - {at: 49s, that: \"node/w-2 exists\"}\n"
           "  - {within: 61s, after: end, that: \"node/w-2 absent\"}\n"
           "  - {at: end, that: \"node/w-2 absent\"}\n"
           "  - {at: end, that: \"events DeletingNode >= 1\"}\n",
           "")},
    {"switched off: tainted; on again: not",
     SCENE("6m", "    cloud: {}\n" FREE,
           "  timeline:\n  - {at: 10s, fault: {nodePowerOff: {node: w-2, duration: 2m}}}\n"
           "  expect:\n"
           "  - {at: 49s, that: \"node/w-2 {.spec.taints} == \"}\n"
           "  - {at: 75s, that: \"node/w-2 " TAINTS " contains " SHUT "\"}\n"
           "  - {at: end, that: \"node/w-2 {.spec.taints} == \"}\n",
           "")},
    {"a dead kubelet is no machine that is off",
     SCENE("3m", "    cloud: {}\n" FREE,
           "  timeline:\n  - {at: 10s, fault: {kubeletStop: {node: w-2}}}\n"
           "  expect:\n"
           "  - {at: end, that: \"node/w-2 " READY " == Unknown\"}\n"
           "  - {at: end, that: \"node/w-2 " TAINTS " == node.kubernetes.io/unreachable node.kubernetes.io/unreachable\"}\n",
           "")},
    {"a balancer sends to nodes without the pod too",
     SCENE("2m", CLOUD FREE, USERS "  expect:\n  - {at: end, that: \"traffic/users failed == 0\"}\n"
           "  - {at: end, that: \"traffic/users ok > 1100\"}\n", WEB("Cluster"))},
    {"policy Local: only the node with the pod is asked",
     SCENE("2m", CLOUD FREE, USERS "  expect:\n  - {at: end, that: \"traffic/users failed == 0\"}\n"
           "  - {at: end, that: \"traffic/users ok > 1100\"}\n", WEB("Local"))},
    {"a node that is cut off is out after three checks",
     SCENE("3m", CLOUD FREE,
           USERS "  timeline:\n  - {at: 90s, fault: {nodePowerOff: {node: w-3}}}\n"
                 "  expect:\n"
                 "  - {at: 95s, that: \"traffic/users failed > 0\"}\n"
                 "  - {at: end, that: \"traffic/users failed >= 130\"}\n"  /* 20 s, a third of 20 a second */
                 "  - {at: end, that: \"traffic/users failed <= 280\"}\n", /* 35 s, and then some */
           WEB("Cluster"))},
    {"a balancer goes on without cloud-controller-manager",
     SCENE("2m", CLOUD FREE,
           USERS "  timeline:\n  - {at: 70s, fault: {componentCrash: {component: cloud-controller-manager, duration: 10m}}}\n"
                 "  expect:\n  - {at: end, that: \"traffic/users failed == 0\"}\n",
           WEB("Cluster"))},
    {"a dead kube-proxy: out of rotation, and nobody notices, as its rules are still there",
     SCENE("2m", CLOUD FREE,
           USERS "  timeline:\n  - {at: 70s, fault: {componentCrash: {component: kube-proxy, node: w-3, duration: 10m}}}\n"
                 "  expect:\n  - {at: end, that: \"traffic/users failed == 0\"}\n",
           WEB("Cluster"))},
    {"policy Local, a pod that serves on while its node is taken out: nothing is lost",
     SCENE("3m", CLOUD FREE,
           USERS "  timeline:\n  - {at: 90s, kubectl: delete pod slow --wait=false}\n"
                 "  expect:\n  - {at: end, that: \"traffic/users failed == 0\"}\n  - {at: end, that: \"pod/slow absent\"}\n",
           WEB("Local") SLOW("35"))},
    {"policy Local, a pod that ends before its node is out: lost until then",
     SCENE("3m", CLOUD FREE,
           USERS "  timeline:\n  - {at: 90s, kubectl: delete pod slow --wait=false}\n"
                 "  expect:\n  - {at: end, that: \"traffic/users failed >= 50\"}\n  - {at: end, that: \"traffic/users failed <= 350\"}\n",
           WEB("Local") SLOW("3"))},
    {"source ranges: who is in one gets through",
     SCENE("80s", CLOUD FREE, USERS "  expect:\n  - {at: end, that: \"traffic/users failed == 0\"}\n", WEB("Cluster") RANGES("192.0.2.0/24"))},
    {"and the others get no answer",
     SCENE("80s", CLOUD FREE, USERS "  expect:\n  - {at: end, that: \"traffic/users ok == 0\"}\n  - {at: end, that: \"traffic/users timeout > 300\"}\n",
           WEB("Cluster") RANGES("10.0.0.0/8"))},
    {"nobody makes one while cloud-controller-manager is dead, and then it is made",
     SCENE("3m", CLOUD FREE,
           "  timeline:\n  - {at: 1s, fault: {componentCrash: {component: cloud-controller-manager, duration: 1m}}}\n"
           "  expect:\n  - {at: 60s, that: \"events EnsuredLoadBalancer == 0\"}\n"
           "  - {at: 60s, that: \"service/web {.status.loadBalancer} == {}\"}\n"
           "  - {at: 120s, that: \"service/web {.status.loadBalancer.ingress[0].ip} == 203.0.113.1\"}\n",
           WEB("Cluster"))},
    {"without an address nobody can call",
     SCENE("70s", CLOUD FREE,
           USERS "  expect:\n  - {at: end, that: \"traffic/users refused >= 100\"}\n",
           "---\napiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {ports: [{port: 80}]}\n")},
    {"a machine that the autoscaler orders is told who it is, too",
     SCENE("5m", "    cloud: {}\n    nodes: [{name: w, count: 1, cpu: 2, zone: b, autoscale: {min: 1, max: 2}, bootMin: 20s, bootMax: 30s}]\n",
           "  expect:\n"
           "  - {at: end, that: \"node/w-2 {.metadata.labels.topology\\\\.kubernetes\\\\.io/zone} == b\"}\n"
           "  - {at: end, that: \"node/w-2 {.spec.taints} == \"}\n"
           "  - {at: end, that: \"pod/big {.spec.nodeName} == w-2\"}\n",
           "---\napiVersion: v1\nkind: Pod\nmetadata: {name: first}\nspec:\n"
           "  containers: [{name: a, image: 'nginx:1', resources: {requests: {cpu: 1500m}}}]\n"
           "---\napiVersion: v1\nkind: Pod\nmetadata: {name: big}\nspec:\n"
           "  containers: [{name: a, image: 'nginx:1', resources: {requests: {cpu: 1500m}}}]\n")},
};

START_TEST(test_row)
{
    g_auto(Play) scene = play(rows[_i].text);
    g_autofree char *checks = checks_of(scene.run);

    ck_assert_msg(strstr(checks, "FAIL") == NULL && *checks != '\0', "%s:\n%s", rows[_i].name, checks);
}
END_TEST

Suite *
cloud_suite(void)
{
    Suite *suite = suite_create("scenario/cloud");
    TCase *tcase = tcase_create("cloud");

    tcase_add_loop_test(tcase, test_row, 0, G_N_ELEMENTS(rows));
    suite_add_tcase(suite, tcase);
    return suite;
}
