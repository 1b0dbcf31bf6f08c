/* Loading: every mistake of a file at once, with line and column, and what the loader derives. */

#include "tests/scenario/support.h"

#include "base/duration.h"

#include <check.h>

Suite *load_suite(void);

#define TIMELINE(entry) SCENARIO(ONE_NODE "  timeline:\n  - " entry "\n")
#define EXPECT(entry) SCENARIO(ONE_NODE "  timeline:\n  - {at: 1s, id: one, kubectl: get pods}\n  expect:\n  - " entry "\n")
#define TRAFFIC(entry) SCENARIO(ONE_NODE "  traffic:\n  - " entry "\n")
#define NODES(entry) SCENARIO("  cluster:\n    nodes:\n    - " entry "\n")

/* The lines of SCENARIO begin at line 6. */
static const struct {
    const char *text, *want;
} cases[] = {
    /* fine */
    {SCENARIO(ONE_NODE), ""},
    {"apiVersion: desk8s/v1\nkind: Scenario\nmetadata: {name: t}\nspec:\n  until: count nodes == 1\n" ONE_NODE, ""},
    /* the document itself */
    {"", "t.yaml:1:1: no Scenario in this file; write apiVersion: desk8s/v1 and kind: Scenario\n"},
    {"# nothing\n---\n---\n", "t.yaml:1:1: no Scenario in this file; write apiVersion: desk8s/v1 and kind: Scenario\n"},
    {"apiVersion: desk8s/v2\nkind: Scenario\nmetadata: {name: t}\nspec:\n  duration: 1m\n" ONE_NODE, "t.yaml:1:13: apiVersion: 'desk8s/v2' is no version of Scenario; write desk8s/v1\n"},
    {"apiVersion: desk8s/v1\nkind: Scenario\nmetadata: {name: t}\n", "t.yaml:1:1: spec: the scenario has no spec; write spec: with cluster, duration, timeline\n"},
    {"apiVersion: desk8s/v1\nkind: Scenario\nspec:\n  duration: 1m\n" ONE_NODE, "t.yaml:1:1: metadata.name: the scenario has no name; write metadata: {name: my-scenario}\n"},
    {"apiVersion: desk8s/v1\nkind: Scenario\nmetadata: {name: ../../etc}\nspec:\n  duration: 1m\n" ONE_NODE, "t.yaml:3:18: metadata.name: '../../etc' cannot be the name of a directory; write letters, digits and '-'\n"},
    {"apiVersion: desk8s/v1\nkind: Scenario\nmetadata: {name: t, titel: x}\nspec:\n  duration: 1m\n" ONE_NODE, "t.yaml:3:21: metadata.titel: unknown field 'titel'; write one of name, description\n"},
    {SCENARIO(ONE_NODE) "---\n" SCENARIO(ONE_NODE), "t.yaml:8:1: a second Scenario in one file; write it into a file of its own\n"},
    {"[a, b]\n", "t.yaml:1:1: a manifest is a map; write apiVersion, kind, metadata, spec\n"},
    /* end, version, seed */
    {"apiVersion: desk8s/v1\nkind: Scenario\nmetadata: {name: t}\nspec:\n" ONE_NODE, "t.yaml:5:3: spec.duration: no end; write duration: 5m, or until: a condition\n"},
    {"apiVersion: desk8s/v1\nkind: Scenario\nmetadata: {name: t}\nspec:\n  duration: 0s\n" ONE_NODE, "t.yaml:5:13: spec.duration: nothing is played in no time; write duration: 5m\n"},
    {SCENARIO(ONE_NODE "  kubernetesVersion: 1.29\n"), "t.yaml:7:22: spec.kubernetesVersion: '1.29' is no version that desk8s knows; write \"1.30\" to \"1.36\"\n"},
    {SCENARIO(ONE_NODE "  kubernetesVersion: \"1.37\"\n"), "t.yaml:7:22: spec.kubernetesVersion: '1.37' is no version that desk8s knows; write \"1.30\" to \"1.36\"\n"},
    {SCENARIO(ONE_NODE "  kubernetesVersion: 1.30\n"), ""},
    {SCENARIO(ONE_NODE "  seed: -1\n"), "t.yaml:7:9: spec.seed: '-1' is out of range; write a value from 0 to 9223372036854775807\n"},
    {SCENARIO(ONE_NODE "  plots: [timelin]\n"), "t.yaml:7:11: spec.plots[0]: unknown word 'timelin'; write timeline\n"},
    {SCENARIO(ONE_NODE "  until: soon\n"), "t.yaml:7:10: spec.until: 'soon' is no condition; write deployment/web {.status.readyReplicas} == 3, or traffic/users errorRatio < 2%\n"},
    /* nodes */
    {SCENARIO("  cluster: {}\n"), "t.yaml:6:12: spec.cluster.nodes: there are no nodes; write nodes: [{name: worker, count: 3, cpu: 4, memory: 8Gi}]\n"},
    {NODES("{name: w, count: 0}"), "t.yaml:8:5: spec.cluster.nodes: there are no nodes; write nodes: [{name: worker, count: 3, cpu: 4, memory: 8Gi}]\n"},
    {NODES("{name: w, count: -3}"), "t.yaml:8:24: spec.cluster.nodes[0].count: '-3' is out of range; write a value from 0 to 100000\n"},
    {NODES("{name: w, count: 99999999999999999999999}"), "t.yaml:8:24: spec.cluster.nodes[0].count: '99999999999999999999999' is not a valid value; write an integer\n"},
    {NODES("{name: w, count: 60000}"), "t.yaml:8:5: spec.cluster.nodes: 60000 nodes are more than 50000; write fewer\n"},
    {NODES("{name: My Node}"), "t.yaml:8:14: spec.cluster.nodes[0].name: 'My Node' cannot be the name of a node; write up to 63 lower-case letters, digits and '-'\n"},
    {NODES("{name: w, cpu: 0, memory: 0}"), "t.yaml:8:22: spec.cluster.nodes[0].cpu: '0' is out of range; write a value from 1m to 1000\n"
                                            "t.yaml:8:33: spec.cluster.nodes[0].memory: '0' is out of range; write a value from 1Mi to 1Pi\n"},
    {NODES("{name: w, taints: ['a=b', 'c:NoWay']}"), "t.yaml:8:26: spec.cluster.nodes[0].taints: 'a=b' is no taint; write KEY=VALUE:EFFECT with NoSchedule, PreferNoSchedule or NoExecute\n"
                                                     "t.yaml:8:33: spec.cluster.nodes[0].taints: 'c:NoWay' is no taint; write KEY=VALUE:EFFECT with NoSchedule, PreferNoSchedule or NoExecute\n"},
    {NODES("{name: w, taints: [{key: gpu, value: 'yes', effect: NoSchedule}, 'a:NoExecute', b=c:PreferNoSchedule]}"), ""},
    {NODES("{name: w, taints: [{key: gpu, efect: NoSchedule}]}"), "t.yaml:8:26: spec.cluster.nodes[0].taints: 'gpu:' is no taint; write KEY=VALUE:EFFECT with NoSchedule, PreferNoSchedule or NoExecute\n"
                                                                  "t.yaml:8:37: spec.cluster.nodes[0].taints[0].efect: unknown field 'efect'; write effect\n"},
    {NODES("{name: w, labels: {'a b': c}}"), "t.yaml:8:33: spec.cluster.nodes[0].labels: 'a b' cannot be the key of a label; write up to 63 letters, digits, '-', '_' or '.'\n"},
    {NODES("{name: w, zone: 'a b'}"), "t.yaml:8:23: spec.cluster.nodes[0].zone: 'a b' cannot be the value of a label; write up to 63 letters, digits, '-', '_' or '.'\n"},
    {NODES("{name: w, shutdownGracePeriod: 30s, shutdownGracePeriodCriticalPods: 30s}"), ""},
    {NODES("{name: w, shutdownGracePeriodByPodPriority: [{priority: 100, grace: 5s}, {grace: 9s}]}"), ""},
    {NODES("{name: w, shutdownGracePeriod: 10s, shutdownGracePeriodCriticalPods: 11s}"), "t.yaml:8:76: spec.cluster.nodes[0]: shutdownGracePeriodCriticalPods is a part of shutdownGracePeriod; write at most that\n"},
    {NODES("{name: w, shutdownGracePeriod: 10ms}"), "t.yaml:8:38: spec.cluster.nodes[0]: shutdownGracePeriod is below a second; write 0s or 1s and more\n"},
    {NODES("{name: w, shutdownGracePeriod: 9s, shutdownGracePeriodByPodPriority: [{grace: 9s}]}"), "t.yaml:8:76: spec.cluster.nodes[0]: groups by priority stand instead of shutdownGracePeriod; leave one of them out\n"},
    {NODES("{name: w, shutdownGracePeriodByPodPriority: [{grace: 5s}, {grace: 9s}]}"), "t.yaml:8:65: spec.cluster.nodes[0]: two groups of priority 0; write each once\n"},
    {NODES("{name: w, evictionHard: {memory.available: 5%, nodefs.available: 1Gi}, imageGCHighThresholdPercent: 100}"), ""},
    {NODES("{name: w, evictionHard: {pid.available: 5%}}"), "t.yaml:8:47: spec.cluster.nodes[0]: unknown eviction signal 'pid.available'; write memory.available, nodefs.available or imagefs.available\n"},
    {NODES("{name: w, evictionSoft: {memory.available: 10%}, evictionSoftGracePeriod: {memory.available: 90s}, evictionMinimumReclaim: {nodefs.available: 1Gi}, evictionMaxPodGracePeriod: 30, evictionPressureTransitionPeriod: 1m, kubeReserved: {cpu: 100m}, systemReserved: {memory: 1Gi}}"), ""},
    {NODES("{name: w, evictionSoft: {memory.available: 10%}}"), "t.yaml:8:50: spec.cluster.nodes[0]: 'memory.available' has no grace period; write one below evictionSoftGracePeriod\n"},
    {NODES("{name: w, evictionSoft: {nodefs.available: 10%}, evictionSoftGracePeriod: {nodefs.available: soon}}"), "t.yaml:8:100: spec.cluster.nodes[0]: 'soon' is no duration; write one such as 90s or 2m\n"},
    {NODES("{name: w, kubeReserved: {disk: 1Gi}}"), "t.yaml:8:38: spec.cluster.nodes[0]: unknown resource 'disk'; write cpu or memory\n"},
    {NODES("{name: w, systemReserved: {cpu: -1}}"), "t.yaml:8:39: spec.cluster.nodes[0]: '-1' is no quantity; write one such as 100m or 100Mi\n"},
    {NODES("{name: w, evictionHard: {memory.available: much}}"), "t.yaml:8:50: spec.cluster.nodes[0]: 'much' is no threshold; write a quantity such as 100Mi, or 10%\n"},
    {NODES("{name: w, imageGCHighThresholdPercent: 70}"), "t.yaml:8:46: spec.cluster.nodes[0]: imageGCLowThresholdPercent must be below imageGCHighThresholdPercent; write the smaller one as imageGCLowThresholdPercent\n"},
    {NODES("{name: w, bootMin: 2m, bootMax: 1m}"), "t.yaml:8:26: spec.cluster.nodes[0]: bootMin is above bootMax; write the smaller one as bootMin\n"},
    {NODES("{name: w, count: 1, autoscale: {max: 3}}"), ""},
    {NODES("{name: w, count: 1, autoscale: {min: 1}}"), "t.yaml:8:38: spec.cluster.nodes[0]: autoscale without an upper end; write autoscale: {min: 1, max: 5}\n"},
    {NODES("{name: w, count: 1, autoscale: {min: 3, max: 2}}"), "t.yaml:8:44: spec.cluster.nodes[0]: min is above max; write the smaller one as min\n"},
    {NODES("{name: w, autoscale: {max: 2}}"), "t.yaml:8:28: spec.cluster.nodes[0]: autoscale without count; write count, how many nodes there are at first\n"},
    {NODES("{name: w, count: 5, autoscale: {min: 2, max: 4}}"), "t.yaml:8:24: spec.cluster.nodes[0]: count is not within min and max of autoscale; write a number from 2 to 4\n"},
    {NODES("{name: w, count: 1, autoscale: {max: 3}}\n    - {name: w-6}"), "t.yaml:9:14: spec.cluster.nodes[1].name: there is a node 'w-6' already; write another name, or first: 2\n"},
    {NODES("{name: w}\n    - {name: w}"), "t.yaml:9:14: spec.cluster.nodes[1].name: there is a node 'w' already; write another name, or first: 2\n"},
    {NODES("{name: w, count: 3}\n    - {name: w-2}"), "t.yaml:9:14: spec.cluster.nodes[1].name: there is a node 'w-2' already; write another name, or first: 2\n"},
    {NODES("{name: w, count: 3}\n    - {name: w, count: 2, first: 4}"), ""},
    {NODES("{name: w}") "---\napiVersion: v1\nkind: Node\nmetadata: {name: w}\n", "t.yaml:12:18: metadata.name: there is a node 'w' already; write another name\n"},
    {NODES("worker"), "t.yaml:8:7: spec.cluster.nodes[0]: this is a string; write a map {key: value}\n"},
    {SCENARIO("  cluster: {nodes: worker}\n"), "t.yaml:6:20: spec.cluster.nodes: this is a string; write lines that begin with '- '\n"},
    /* network, images, applications */
    {SCENARIO("  cluster: {nodes: [{name: a}], network: {podCIDR: banana, serviceCIDR: 10.96.0.0}}\n"),
     "t.yaml:6:52: spec.cluster.network.podCIDR: 'banana' is no range of addresses from /8 to /24; write 10.244.0.0/16\n"
     "t.yaml:6:73: spec.cluster.network.serviceCIDR: '10.96.0.0' is no range of addresses from /8 to /28; write 10.96.0.0/12\n"},
    /* a node has a /24 of the range, v1.34 cmd/kube-controller-manager: node-cidr-mask-size */
    {SCENARIO("  cluster: {nodes: [{name: w, count: 257}], network: {podCIDR: 10.244.0.0/16}}\n"),
     "t.yaml:6:64: warning: spec.cluster.network.podCIDR: 257 nodes, but 10.244.0.0/16 has a /24 for 256 of them; write 10.244.0.0/15\n"},
    {SCENARIO("  cluster: {nodes: [{name: w, count: 257}]}\n"), ""},
    {SCENARIO("  cluster: {nodes: [{name: w, count: 5000}], kubelet: ideal}\n"), ""},
    {SCENARIO("  cluster: {nodes: [{name: a}], network: {proxy: userspace}}\n"), "t.yaml:6:50: spec.cluster.network.proxy: unknown word 'userspace'; write one of iptables, nftables, ipvs\n"},
    {SCENARIO(ONE_NODE "  applications:\n  - {match: {labels: {a: b, c: d}}}\n"), "t.yaml:8:22: spec.applications[0].match.labels: 2 labels to match; write one\n"},
    {SCENARIO(ONE_NODE "  applications:\n  - {unreadyUntil: 5s}\n"), "t.yaml:8:20: spec.applications[0]: unreadyUntil without a beginning; write unreadyFrom beside it\n"},
    {SCENARIO(ONE_NODE "  images:\n  - {match: x, size: huge}\n"), "t.yaml:8:22: spec.images[0].size: 'huge' is not a valid value; write a size such as 512Mi\n"},
    /* autoscaling/v1 */
    {SCENARIO(ONE_NODE) "---\napiVersion: autoscaling/v1\nkind: HorizontalPodAutoscaler\nmetadata: {name: h}\nspec: {maxReplicas: 2, scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: w}, targetCPUUtilizationPercentage: 60}\n", ""},
    {SCENARIO(ONE_NODE) "---\napiVersion: autoscaling/v1\nkind: HorizontalPodAutoscaler\nmetadata: {name: h}\nspec: {maxReplicas: 2, scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: w}}\n", ""},
    {SCENARIO(ONE_NODE) "---\napiVersion: autoscaling/v1\nkind: HorizontalPodAutoscaler\nmetadata: {name: h}\nspec: {maxReplicas: 2, scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: w}, targetCPUUtilizationPercentage: 0}\n",
     "t.yaml:11:122: spec.metrics[0].resource.target.averageUtilization: invalid value 0; must be greater than 0\n"},
    /* traffic */
    {TRAFFIC("{name: u}"), "t.yaml:8:5: spec.traffic[0].to: '' is no destination with a port from 1 to 65535; write service/web:80 or nodePort/worker-1:30080\n"},
    {TRAFFIC("{to: 'service/web:0'}"), "t.yaml:8:10: spec.traffic[0].to: 'service/web:0' is no destination with a port from 1 to 65535; write service/web:80 or nodePort/worker-1:30080\n"},
    {TRAFFIC("{to: 'pod/web:80'}"), "t.yaml:8:10: spec.traffic[0].to: 'pod/web:80' is no destination; write service/web:80, loadBalancer/web:80 or nodePort/worker-1:30080\n"},
    {SCENARIO("  cluster: {cloud: {}, nodes: [{name: a, instanceType: m5.large}]}\n"), ""},
    {SCENARIO("  cluster: {nodes: [{name: a, instanceType: m5.large}]}\n"), "t.yaml:6:45: spec.cluster.nodes[0].instanceType: nobody tells the node so; write cloud: {} below spec.cluster, or labels: {node.kubernetes.io/instance-type: m5.large}\n"},
    {TRAFFIC("{to: 'loadBalancer/web:80'}"), "t.yaml:8:10: spec.traffic[0].to: nobody makes load balancers here; write cloud: {loadBalancer: {}} below spec.cluster, or service/web:80\n"},
    {SCENARIO("  cluster: {cloud: {loadBalancer: {}}, nodes: [{name: a}]}\n  traffic:\n  - {to: 'loadBalancer/shop/web:80'}\n"), ""},
    {SCENARIO("  cluster: {cloud: {loadBalancer: {healthCheck: {unhealthy: 0}}}, nodes: [{name: a}]}\n"), "t.yaml:6:61: spec.cluster.cloud.loadBalancer.healthCheck.unhealthy: '0' is out of range; write a value from 1 to 100\n"},
    {TRAFFIC("{to: 'nodePort/b:30080'}"), "t.yaml:8:10: spec.traffic[0].to: there is no node 'b'; write a\n"},
    {TRAFFIC("{to: 'service/web:80', from: node/b}"), "t.yaml:8:34: spec.traffic[0].from: there is no node 'b'; write a\n"},
    {TRAFFIC("{to: 'service/web:80', from: mars}"), "t.yaml:8:34: spec.traffic[0].from: 'mars' is no origin; write external, pod/NAME or node/NAME\n"},
    {TRAFFIC("{to: 'service/web:80', start: 5s, stop: 5s}"), "t.yaml:8:45: spec.traffic[0]: it stops before it starts; write a stop after start\n"},
    {TRAFFIC("{to: 'service/web:80'}\n  - {to: 'service/web:80'}"), "t.yaml:9:5: spec.traffic[1].name: there is a traffic 'users' already; write another name\n"},
    {SCENARIO("  cluster: {nodes: [{name: a}], kubelet: ideal}\n  traffic:\n  - {to: 'service/web:80'}\n"), "t.yaml:8:3: warning: spec.traffic: with kubelet: ideal nothing answers requests; leave kubelet out\n"},
    /* timeline */
    {TIMELINE("{at: 1s}"), "t.yaml:8:5: spec.timeline[0]: nothing happens here; write exactly one of kubectl, fault, mark, traffic, set\n"},
    {TIMELINE("{at: 1s, mark: a, kubectl: get pods}"), "t.yaml:8:5: spec.timeline[0]: several things happen here; write exactly one of kubectl, fault, mark, traffic, set\n"},
    {TIMELINE("{mark: a}"), "t.yaml:8:5: spec.timeline[0]: no time; write at: 10s, after: ID or every: 30s\n"},
    {TIMELINE("{at: 1s, after: b, mark: a}"), "t.yaml:8:21: spec.timeline[0]: both at and after; write one of them\n"
                                              "t.yaml:8:21: spec.timeline[0].after: no entry has the id 'b'; write id: b at one\n"},
    {TIMELINE("{at: 1s, delay: 2s, mark: a}"), "t.yaml:8:21: spec.timeline[0]: delay without after; write at, or after: ID beside it\n"},
    {TIMELINE("{every: 0s, mark: a}"), "t.yaml:8:13: spec.timeline[0]: every 0s never ends; write a time above 0\n"},
    {TIMELINE("{at: 1s, times: 3, mark: a}"), "t.yaml:8:21: spec.timeline[0]: times and until belong to every; write every: 30s beside them\n"},
    {TIMELINE("{at: 1s, mark: a, input: x}"), "t.yaml:8:30: spec.timeline[0]: input belongs to kubectl; write kubectl: apply -f - beside it\n"},
    {TIMELINE("{at: 2m, mark: a}"), "t.yaml:8:10: warning: spec.timeline[0]: this is after the end of the scenario; it will not happen\n"},
    {TIMELINE("{after: me, id: me, mark: a}"), "t.yaml:8:13: spec.timeline[0].after: it waits for itself; write at: 10s at one entry of the circle\n"},
    {TIMELINE("{after: v, id: x, mark: a}\n  - {after: x, id: v, mark: b}"), "t.yaml:8:13: spec.timeline[0].after: it waits for itself; write at: 10s at one entry of the circle\n"
                                                                               "t.yaml:9:13: spec.timeline[1].after: it waits for itself; write at: 10s at one entry of the circle\n"},
    {TIMELINE("{at: 1s, id: x, mark: a}\n  - {at: 2s, id: x, mark: b}"), "t.yaml:9:18: spec.timeline[1]: the id 'x' is used twice; write another\n"},
    {TIMELINE("{at: 1s, kubectl: \"get 'pods\"}"), "t.yaml:8:23: spec.timeline[0].kubectl: the quote ' is never closed; write another one at the end\n"},
    {TIMELINE("{at: 1s, kubectl: 'delete $(get pods'}"), "t.yaml:8:23: spec.timeline[0].kubectl: $( without ); write $(kubectl get pods -o name)\n"},
    {TIMELINE("{at: 1s, kubectl: 'delete $()'}"), "t.yaml:8:23: spec.timeline[0].kubectl: nothing inside of $(); write $(kubectl get pods -o name)\n"},
    {TIMELINE("{at: 1s, kubectl: gett pods}"), "t.yaml:8:23: warning: spec.timeline[0].kubectl: unknown kubectl verb 'gett'; write get\n"},
    {TIMELINE("{at: 1s, kubectl: apply -f nowhere.yaml}"), "t.yaml:8:23: warning: spec.timeline[0].kubectl: there is no file 'nowhere.yaml'; the command will fail as kubectl does\n"},
    {TIMELINE("{at: 1s, traffic: {name: users, rate: 5/s}}"), "t.yaml:8:30: spec.timeline[0].traffic: there is no traffic 'users'; write the name of one under spec.traffic\n"},
    {TIMELINE("{at: 1s, traffic: {name: users}}"), "t.yaml:8:23: spec.timeline[0].traffic: a change of traffic needs a name and a rate; write {name: users, rate: 400/s}\n"},
    {TIMELINE("{at: 1s, traffic: {name: users, rat: 5/s, rate: 5}}"), "t.yaml:8:30: spec.timeline[0].traffic: there is no traffic 'users'; write the name of one under spec.traffic\n"
                                                                   "t.yaml:8:37: spec.timeline[0].traffic.rat: unknown field 'rat'; write rate\n"
                                                                   "t.yaml:8:53: spec.timeline[0].traffic.rate: '5' is not a valid value; write a rate such as 200/s\n"},
    {TIMELINE("{at: 1s, set: {crashAfter: soon}}"), "t.yaml:8:32: spec.timeline[0].set.crashAfter: 'soon' is not a valid value; write a duration such as 300ms, 90s, 5m\n"},
    {TIMELINE("{at: 1s, set: 5}"), "t.yaml:8:19: spec.timeline[0].set: this is no map; write {match: {image: 'nginx:*'}, crashAfter: 5s}\n"},
    {TIMELINE("- a"), "t.yaml:8:5: spec.timeline[0]: this is a list; write a map {key: value}\n"},
    /* expect */
    {EXPECT("{at: end}"), "t.yaml:10:5: spec.expect[0]: no condition; write either that or always\n"},
    {EXPECT("{that: count nodes == 1, always: count nodes == 1}"), "t.yaml:10:5: spec.expect[0]: both that and always; write either that or always\n"},
    {EXPECT("{at: later, that: count nodes == 1}"), "t.yaml:10:10: spec.expect[0]: 'later' is no time; write end, or a duration\n"},
    {EXPECT("{at: 1s, within: 5s, that: count nodes == 1}"), "t.yaml:10:22: spec.expect[0]: both at and within; write one of them\n"},
    {EXPECT("{within: 5s, always: count nodes == 1}"), "t.yaml:10:14: spec.expect[0]: always has no time of its own; leave within out\n"},
    {EXPECT("{after: two, that: count nodes == 1}"), "t.yaml:10:13: spec.expect[0]: no entry has the id 'two'; write id: two at one\n"},
    {EXPECT("{that: traffic/users ok > 5}"), "t.yaml:10:12: spec.expect[0].that: there is no traffic 'users'; write the name of one under spec.traffic\n"},
    {EXPECT("{that: kubectl/two exit == 0}"), "t.yaml:10:12: spec.expect[0].that: no kubectl entry has the id 'two'; write id: two at one\n"},
    {EXPECT("{that: kubectl/one exit == 0}"), ""},
    /* files */
    {SCENARIO(ONE_NODE "  manifests: [a.yaml, b.yaml]\n"), "t.yaml:7:15: spec.manifests: there is no file 'a.yaml' beside the scenario; write a path relative to it\n"
                                                            "t.yaml:7:23: spec.manifests: there is no file 'b.yaml' beside the scenario; write a path relative to it\n"},
};

START_TEST(test_messages)
{
    g_autofree char *got = messages_of(cases[_i].text, NULL);

    ck_assert_str_eq(got, cases[_i].want);
}
END_TEST

/* What stands everywhere in a file is told at once, in order of lines. */
START_TEST(test_all_at_once)
{
    g_autofree char *got = messages_of("apiVersion: desk8s/v1\nkind: Scenario\nmetadata: {name: t}\nspec:\n"
                                       "  duraton: 5m\n"
                                       "  cluster: {nodes: [{name: a, cpu: lots}]}\n"
                                       "  traffic:\n  - {to: nowhere, rate: 5}\n"
                                       "  timeline:\n  - {at: soon, mark: a}\n  - {fault: {nodePowerOf: {}}, at: 1s}\n"
                                       "  expect:\n  - {that: nothing}\n"
                                       "---\n"
                                       "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  containers:\n  - {name: c, imag: nginx}\n",
                                       NULL);

    ck_assert_str_eq(got, "t.yaml:5:3: spec.duraton: unknown field 'duraton'; write duration\n"
                          "t.yaml:5:3: spec.duration: no end; write duration: 5m, or until: a condition\n"
                          "t.yaml:6:36: spec.cluster.nodes[0].cpu: 'lots' is not a valid value; write CPU such as 2 or 500m\n"
                          "t.yaml:8:10: spec.traffic[0].to: 'nowhere' is no destination with a port from 1 to 65535; write service/web:80 or nodePort/worker-1:30080\n"
                          "t.yaml:8:25: spec.traffic[0].rate: '5' is not a valid value; write a rate such as 200/s\n"
                          "t.yaml:10:10: spec.timeline[0].at: 'soon' is not a valid value; write a duration such as 300ms, 90s, 5m\n"
                          "t.yaml:11:14: spec.timeline[1].fault: unknown fault 'nodePowerOf'; write nodePowerOff\n"
                          "t.yaml:13:12: spec.expect[0].that: 'nothing' is no condition; write deployment/web {.status.readyReplicas} == 3, or traffic/users errorRatio < 2%\n"
                          "t.yaml:20:5: spec.containers[0].image: required value; write it\n"
                          "t.yaml:20:15: spec.containers[0].imag: unknown field 'imag'; write image\n");
}
END_TEST

static const struct {
    const char *path, *want;
} file_cases[] = {
    {"/nowhere/x.yaml", "/nowhere/x.yaml: there is no such file; write the path of one that exists\n"},
    {"/", "/: this is a directory; write the path of a file in it\n"},
    {"/dev/null/x", "/dev/null/x: it cannot be read: Not a directory; write the path of a file\n"},
    {"/dev/zero", "/dev/zero: it is larger than 64 MiB; split it\n"},
    {"/dev/null", "/dev/null:1:1: no Scenario in this file; write apiVersion: desk8s/v1 and kind: Scenario\n"},
};

START_TEST(test_files)
{
    g_autoptr(Diag) diag = diag_new();
    g_autoptr(Scenario) scenario = scenario_load(file_cases[_i].path, NULL, diag);
    g_autofree char *got = diag_format(diag);

    ck_assert_ptr_null(scenario);
    ck_assert_str_eq(got, file_cases[_i].want);
}
END_TEST

/* design: groups are counted from 1, from `first`; one called node is lettered; without count the name stands alone. */
static const struct {
    const char *nodes, *want;
} name_cases[] = {
    {"{name: worker, count: 3}", "worker-1 worker-2 worker-3"},
    {"{name: worker}", "worker"},
    {"{name: worker, count: 1}", "worker-1"},
    {"{name: node, count: 3}", "node-a node-b node-c"},
    {"{name: node}", "node"},
    {"{name: node, count: 2, first: 3}", "node-c node-d"},
    {"{name: node, count: 2, first: 26}", "node-z node-27"},
    {"{name: worker, count: 2, first: 7}", "worker-7 worker-8"},
    {"{name: a, count: 2}, {name: gpu}", "a-1 a-2 gpu"},
    {"{count: 2}", "worker-1 worker-2"},
};

START_TEST(test_names)
{
    g_autofree char *text = g_strdup_printf(SCENARIO("  cluster: {nodes: [%s]}\n") "---\napiVersion: v1\nkind: Node\nmetadata: {name: last}\n", name_cases[_i].nodes);
    g_autofree char *want = g_strdup_printf("%s last", name_cases[_i].want);
    g_autoptr(Diag) diag = diag_new();
    g_autoptr(Scenario) scenario = load_text(text, NULL, diag);
    g_autoptr(GPtrArray) names = scenario_node_names(scenario);
    g_autofree char *got = NULL;

    g_ptr_array_add(names, NULL);
    got = g_strjoinv(" ", (char **)names->pdata);
    ck_assert_str_eq(got, want);
    ck_assert_uint_eq(diag_count_errors(diag), 0);
}
END_TEST

START_TEST(test_derived)
{
    g_autoptr(Diag) diag = diag_new();
    g_autoptr(Scenario) scenario = load_text(SCENARIO(ONE_NODE "  kubernetesVersion: 1.33\n"
                                                               "  traffic:\n  - {name: x, to: 'service/shop/web:8080', rate: 120/m}\n  - {name: z, to: 'nodePort/a:30080'}\n"
                                                               "  applications:\n  - {match: {image: 'nginx:*'}, startup: 2s, crashAfter: 5s}\n"
                                                               "  timeline:\n  - {at: 1s, kubectl: kubectl get pods -l 'a=b c'}\n  - {at: 2s, set: {match: {image: 'x:*'}, startup: 1s}}\n"),
                                             NULL, diag);
    const ScTraffic *traffic = (const ScTraffic *)(gconstpointer)scenario->spec.traffic.items;
    const ScEntry *entry = (const ScEntry *)(gconstpointer)scenario->spec.timeline.items;

    ck_assert_uint_eq(diag_count_errors(diag), 0);
    ck_assert_uint_eq(scenario->version_minor, 33);
    ck_assert_str_eq(traffic[0].to_namespace, "shop");
    ck_assert_str_eq(traffic[0].to_service, "web");
    ck_assert_int_eq(traffic[0].port, 8080);
    ck_assert_int_eq(traffic[0].rate_micro, 2000000);
    ck_assert_str_eq(traffic[1].to_node, "a");
    ck_assert_uint_eq(scenario->n_app_rules, 2);
    ck_assert_int_eq(scenario->app_rules[0].profile.crash_after_ns, 5 * NS_PER_S);
    ck_assert_str_eq(entry[0].argv[0], "get");
    ck_assert_str_eq(entry[0].argv[3], "a=b c");
    ck_assert_uint_eq(entry[1].app_rule, 1);
    ck_assert_str_ne(scenario->app_rules[1].match_image, "x:*"); /* not before it fires */
}
END_TEST

START_TEST(test_end)
{
    g_autoptr(Diag) diag = diag_new();
    g_autoptr(Scenario) scenario = load_text("apiVersion: desk8s/v1\nkind: Scenario\nmetadata: {name: t}\nspec:\n  until: count nodes == 1\n" ONE_NODE, NULL, diag);

    ck_assert_uint_eq(diag_count_errors(diag), 0);
    ck_assert_int_eq(scenario->spec.duration_ns, 24 * NS_PER_HOUR);
}
END_TEST

/* Manifests in files beside the scenario: their mistakes have their own file and line. */
START_TEST(test_manifest_files)
{
    g_autofree char *got = NULL;

    scratch_path("web.yaml", "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec:\n  ports: [{port: 99999, targetPort: 80}]\n");
    got = messages_of(SCENARIO(ONE_NODE "  manifests: [web.yaml]\n"), NULL);
    ck_assert_str_eq(got, "web.yaml:5:18: spec.ports[0].port: invalid value 99999; must be between 1 and 65535, inclusive\n");
}
END_TEST

Suite *
load_suite(void)
{
    Suite *suite = suite_create("load");
    TCase *tcase = tcase_create("load");

    tcase_add_loop_test(tcase, test_messages, 0, G_N_ELEMENTS(cases));
    tcase_add_test(tcase, test_all_at_once);
    tcase_add_loop_test(tcase, test_files, 0, G_N_ELEMENTS(file_cases));
    tcase_add_loop_test(tcase, test_names, 0, G_N_ELEMENTS(name_cases));
    tcase_add_test(tcase, test_derived);
    tcase_add_test(tcase, test_end);
    tcase_add_test(tcase, test_manifest_files);
    suite_add_tcase(suite, tcase);
    return suite;
}
