/* Which nodes pass, and why the others do not: rows of the table tests of v1.34 pkg/scheduler/framework/plugins. */

#include "scheduler/scheduler.h"
#include "tests/scheduler/rows.h"
#include "tests/scheduler/support.h"

#include <check.h>

Suite *filter_rows_suite(void);

typedef struct {
    const char *rule;
    const char *pod, *nodes, *pods;
    const char *want; /* one of the words below per node, in order; several reasons of a node joined by "+" */
} FilterRow;

static const struct {
    const char *word, *text;
} reasons[] = {
    {"ok", NULL},
    {"cordon", "node(s) were unschedulable"},
    {"taint", "node(s) had untolerated taint(s)"},
    {"node", "node(s) didn't match Pod's node affinity/selector"},
    {"narrowed", "-"},
    {"ports", "node(s) didn't have free ports for the requested pod ports"},
    {"pods", "Too many pods"},
    {"cpu", "Insufficient cpu"},
    {"memory", "Insufficient memory"},
    {"disk", "Insufficient ephemeral-storage"},
    {"gpu", "Insufficient example.com/gpu"},
    {"fpga", "Insufficient example.com/fpga"},
    {"huge", "Insufficient hugepages-2Mi"},
    {"skew", "node(s) didn't match pod topology spread constraints"},
    {"nokey", "node(s) didn't match pod topology spread constraints (missing required label)"},
    {"near", "node(s) didn't match pod affinity rules"},
    {"far", "node(s) didn't match pod anti-affinity rules"},
    {"existing", "node(s) didn't satisfy existing pods anti-affinity rules"},
};

#define N       "n cpu:10m memory:20 pods:32 example.com/gpu:5 ephemeral-storage:20 hugepages-2Mi:5"
#define USED(x) "n | app " x
#define SEC     "security in securityscan,value2"
#define ABXY    "a zone=1 node=a; b zone=1 node=b; x zone=2 node=x; y zone=2 node=y"
#define ZONE1   "spread 1 zone hard foo"
#define NODE1   "spread 1 node hard foo"

static const FilterRow rows[] = {
    /* noderesources/fit_test.go: TestEnoughRequests */
    {"fit: nothing asked for", "| bare", N, USED("cpu=10m memory=20"), "ok"},
    {"fit: too much of both", "| app cpu=1m memory=1", N, USED("cpu=10m memory=20"), "cpu+memory"},
    {"fit: an init container's cpu", "| app cpu=1m memory=1 | init cpu=3m memory=1", N, USED("cpu=8m memory=19"), "cpu"},
    {"fit: the highest init container's cpu", "| app cpu=1m memory=1 | init cpu=3m memory=1 | init cpu=2m memory=1", N,
     USED("cpu=8m memory=19"), "cpu"},
    {"fit: an init container's memory", "| app cpu=1m memory=1 | init cpu=1m memory=3", N, USED("cpu=9m memory=19"), "memory"},
    {"fit: the highest init container's memory", "| app cpu=1m memory=1 | init cpu=1m memory=3 | init cpu=1m memory=2", N,
     USED("cpu=9m memory=19"), "memory"},
    {"fit: the maximum with init containers, not the sum", "| app cpu=1m memory=1 | init cpu=1m memory=1", N,
     USED("cpu=9m memory=19"), "ok"},
    {"fit: several init containers", "| app cpu=1m memory=1 | init cpu=1m memory=1 | init cpu=1m memory=1", N,
     USED("cpu=9m memory=19"), "ok"},
    {"fit: both fit", "| app cpu=1m memory=1", N, USED("cpu=5m memory=5"), "ok"},
    {"fit: memory alone fits", "| app cpu=2m memory=1", N, USED("cpu=9m memory=5"), "cpu"},
    {"fit: cpu alone fits", "| app cpu=1m memory=2", N, USED("cpu=5m memory=19"), "memory"},
    {"fit: just", "| app cpu=5m memory=1", N, USED("cpu=5m memory=19"), "ok"},
    {"fit: just, for an init container", "| app cpu=4m memory=1 | init cpu=5m memory=1", N, USED("cpu=5m memory=19"), "ok"},
    {"fit: an extended resource", "| app example.com/gpu=1", N, NULL, "ok"},
    {"fit: an extended resource of an init container", "| app | init example.com/gpu=1", N, NULL, "ok"},
    {"fit: more than there is", "| app cpu=1m memory=1 example.com/gpu=10", N, NULL, "gpu"},
    {"fit: more than there is, init", "| app | init cpu=1m memory=1 example.com/gpu=10", N, NULL, "gpu"},
    {"fit: more than is left", "| app cpu=1m memory=1 example.com/gpu=1", N, USED("cpu=0 memory=0 example.com/gpu=5"), "gpu"},
    {"fit: more than is left, init", "| app | init cpu=1m memory=1 example.com/gpu=1", N, USED("example.com/gpu=5"), "gpu"},
    {"fit: several containers", "| app cpu=1m example.com/gpu=3 | app cpu=1m example.com/gpu=3", N, USED("example.com/gpu=2"), "gpu"},
    {"fit: init containers one after another", "| app | init example.com/gpu=3 | init example.com/gpu=3", N,
     USED("example.com/gpu=2"), "ok"},
    {"fit: the largest of them", "| app | init example.com/gpu=6 | init example.com/gpu=3", N, USED("example.com/gpu=2"), "gpu"},
    {"fit: a resource the node does not know", "| app cpu=1m example.com/fpga=1", N, NULL, "fpga"},
    {"fit: the same, init", "| app | init cpu=1m example.com/fpga=1", N, NULL, "fpga"},
    {"fit: huge pages", "| app cpu=1m hugepages-2Mi=10", N, NULL, "huge"},
    {"fit: huge pages, init", "| app | init cpu=1m hugepages-2Mi=10", N, NULL, "huge"},
    {"fit: huge pages of several", "| app hugepages-2Mi=3 | app hugepages-2Mi=3", N, USED("hugepages-2Mi=2"), "huge"},
    {"fit: with overhead", "| app cpu=1m memory=1 | overhead cpu=3m memory=13", N, USED("cpu=5m memory=5"), "ok"},
    {"fit: too much overhead", "| app cpu=1m memory=1 | overhead cpu=1m memory=15", N, USED("cpu=5m memory=5"), "memory"},
    {"fit: zero of an unknown resource", "| app cpu=1m memory=1 example.com/fpga=0", N, USED("cpu=0 memory=0"), "ok"},
    {"fit: everything at once", "| app cpu=11m memory=21 ephemeral-storage=21 example.com/gpu=6", N, NULL, "cpu+memory+disk+gpu"},
    /* TestRestartableInitContainers */
    {"sidecar: none", "| app cpu=1m", "n cpu:2m", NULL, "ok"},
    {"sidecar: an init container", "| app cpu=1m | init cpu=1m", "n cpu:1m", NULL, "ok"},
    {"sidecar: adds up", "| app cpu=1m | side cpu=1m", "n cpu:1m", NULL, "cpu"},
    {"sidecar: adds up, and fits", "| app cpu=1m | side cpu=1m", "n cpu:2m", NULL, "ok"},
    {"sidecar: after an init container", "| app cpu=1m | init cpu=2m | side cpu=1m", "n cpu:2m", NULL, "ok"},
    {"sidecar: before an init container", "| app cpu=1m | side cpu=1m | init cpu=2m", "n cpu:2m", NULL, "cpu"},
    {"sidecar: of a pod that is there", "| app cpu=1m", "n cpu:2m", "n | app cpu=1m | side cpu=1m", "cpu"},
    /* TestNotEnoughRequests, TestStorageRequests */
    {"pods: one too many", "| bare", "n pods:1", "n", "pods"},
    {"pods: even if there is room", "| app cpu=1m", "n pods:1 cpu:10m", "n | app cpu=5m", "pods"},
    {"pods: and no room", "| app cpu=6m memory=1", "n pods:1 cpu:10m", "n | app cpu=5m", "pods+cpu+memory"},
    {"pods: none at all", "| bare", "n pods:0", NULL, "pods"},
    {"disk: of the pods", "| app ephemeral-storage=25", N, NULL, "disk"},
    {"disk: fits", "| app ephemeral-storage=10", N, USED("ephemeral-storage=10"), "ok"},
    {"disk: of an init container", "| app ephemeral-storage=1 | init ephemeral-storage=20", N, USED("ephemeral-storage=2"), "disk"},
    {"pod-level: stands for the sum", "| app cpu=8m | app cpu=8m | podlevel cpu=10m", N, NULL, "ok"},
    {"pod-level: more than the sum", "| app cpu=1m | podlevel cpu=11m memory=1", N, NULL, "cpu"},
    /* nodename_test.go is in test_plugins.c; nodeunschedulable/node_unschedulable_test.go */
    {"cordon", "", "n !cordon", NULL, "cordon"},
    {"cordon: tolerated", "| tol node.kubernetes.io/unschedulable:NoSchedule", "n !cordon", NULL, "ok"},
    {"cordon: tolerated for another effect", "| tol node.kubernetes.io/unschedulable:NoExecute", "n !cordon", NULL, "cordon"},
    {"cordon: everything tolerated", "| tol *", "n !cordon", NULL, "ok"},
    {"cordon: comes before the taint", "", "n !cordon !node.kubernetes.io/unschedulable:NoSchedule", NULL, "cordon"},
    /* tainttoleration/taint_toleration_test.go: TestTaintTolerationFilter */
    {"taint: none tolerated", "", "n !dedicated=user1:NoSchedule", NULL, "taint"},
    {"taint: tolerated", "| tol dedicated=user1:NoSchedule", "n !dedicated=user1:NoSchedule", NULL, "ok"},
    {"taint: another value", "| tol dedicated=user2:NoSchedule", "n !dedicated=user1:NoSchedule", NULL, "taint"},
    {"taint: exists", "| tol foo:NoSchedule", "n !foo=bar:NoSchedule", NULL, "ok"},
    {"taint: both", "| tol dedicated=user2:NoSchedule | tol foo:NoSchedule", "n !dedicated=user2:NoSchedule !foo=bar:NoSchedule",
     NULL, "ok"},
    {"taint: another effect", "| tol foo=bar:PreferNoSchedule", "n !foo=bar:NoSchedule", NULL, "taint"},
    {"taint: no effect is every effect", "| tol foo=bar", "n !foo=bar:NoSchedule", NULL, "ok"},
    {"taint: soft ones do not keep out", "| tol dedicated=user1:NoSchedule", "n !dedicated=user1:PreferNoSchedule", NULL, "ok"},
    {"taint: soft, not tolerated", "", "n !dedicated=user1:PreferNoSchedule", NULL, "ok"},
    {"taint: NoExecute keeps out", "", "n !a:NoExecute", NULL, "taint"},
    {"taint: one of two tolerated", "| tol a:NoSchedule", "n !a:NoSchedule !b:NoExecute", NULL, "taint"},
    /* nodeaffinity/node_affinity_test.go: TestNodeAffinity */
    {"selector: none", "", "n", NULL, "ok"},
    {"selector: no labels", "| select foo=bar", "n", NULL, "node"},
    {"selector: the same labels", "| select foo=bar", "n foo=bar", NULL, "ok"},
    {"selector: more labels", "| select foo=bar", "n foo=bar baz=blah", NULL, "ok"},
    {"selector: fewer labels", "| select foo=bar baz=blah", "n foo=bar", NULL, "node"},
    {"affinity: in", "| need foo in bar,value2", "n foo=bar", NULL, "ok"},
    {"affinity: greater", "| need kernel-version gt 0204", "n kernel-version=0206", NULL, "ok"},
    {"affinity: not greater", "| need kernel-version gt 0206", "n kernel-version=0206", NULL, "node"},
    {"affinity: less", "| need kernel-version lt 0207", "n kernel-version=0206", NULL, "ok"},
    {"affinity: not in", "| need mem-type notin DDR,DDR2", "n mem-type=DDR3", NULL, "ok"},
    {"affinity: exists", "| need GPU", "n GPU=NVIDIA-GRID-K1", NULL, "ok"},
    {"affinity: another value", "| need foo in value1,value2", "n foo=bar", NULL, "node"},
    {"affinity: no expressions", "| need", "n foo=bar", NULL, "node"},
    {"affinity: expressions are joined by and", "| need GPU & GPU notin AMD,INTER", "n GPU=NVIDIA-GRID-K1", NULL, "ok"},
    {"affinity: one of them fails", "| need GPU & GPU in AMD,INTER", "n GPU=NVIDIA-GRID-K1", NULL, "node"},
    {"affinity: terms are joined by or", "| need foo in bar,value2 | need diffkey in wrong,value2", "n foo=bar", NULL, "ok"},
    {"affinity: and the selector", "| select foo=bar | need foo", "n foo=bar", NULL, "ok"},
    {"affinity: but not the selector", "| select foo=bar | need foo", "n foo=barrrrrr", NULL, "node"},
    {"affinity: wrong value in In", "| need foo in bar & !foo", "n foo=bar", NULL, "node"},
    {"affinity: by name", "| need @name in n1", "n1; n2", NULL, "ok narrowed"},
    {"affinity: by name or by label", "| need @name in n1 | need foo=bar", "n1; n2 foo=bar; n3", NULL, "ok ok node"},
    {"affinity: by name and label", "| need @name in n1 & foo=bar", "n1; n2 foo=bar", NULL, "node narrowed"},
    {"affinity: names of two terms", "| need @name in n1 | need @name in n2", "n1; n2; n3", NULL, "ok ok narrowed"},
    {"affinity: two names at once leave the common one", "| need @name in n1,n2 & @name in n2,n3", "n1; n2; n3", NULL,
     "narrowed ok narrowed"},
    {"affinity: not this name", "| need @name notin n1", "n1; n2", NULL, "node ok"},
    {"affinity: a label that is not there is not in", "| need foo notin bar", "n1; n2 foo=bar; n3 foo=baz", NULL, "ok node ok"},
    {"affinity: absent", "| need !foo", "n1; n2 foo=bar", NULL, "ok node"},
    /* nodeports/node_ports_test.go: TestNodePorts */
    {"ports: nobody has any", "| app port:8080/UDP", "n", NULL, "ok"},
    {"ports: another port", "| app port:8080/UDP@127.0.0.1", "n", "n | app port:9090/UDP@127.0.0.1", "ok"},
    {"ports: the same udp port", "| app port:8080/UDP@127.0.0.1", "n", "n | app port:8080/UDP@127.0.0.1", "ports"},
    {"ports: the same tcp port", "| app port:8080/TCP@127.0.0.1", "n", "n | app port:8080/TCP@127.0.0.1", "ports"},
    {"ports: another address", "| app port:8080/TCP@127.0.0.1", "n", "n | app port:8080/TCP@127.0.0.2", "ok"},
    {"ports: another protocol", "| app port:8080/UDP@127.0.0.1", "n", "n | app port:8080/TCP@127.0.0.1", "ok"},
    {"ports: one of two, udp", "| app port:8000/UDP@127.0.0.1 port:8080/UDP@127.0.0.1", "n", "n | app port:8080/UDP@127.0.0.1", "ports"},
    {"ports: one of two, with two protocols", "| app port:8001/TCP@127.0.0.1 port:8080/UDP@127.0.0.1", "n",
     "n | app port:8001/TCP@127.0.0.1 port:8081/UDP@127.0.0.1", "ports"},
    {"ports: every address, wanted", "| app port:8001/TCP@0.0.0.0", "n", "n | app port:8001/TCP@127.0.0.1", "ports"},
    {"ports: every address, taken", "| app port:8001/TCP@10.0.10.10 port:8001/TCP@0.0.0.0", "n", "n | app port:8001/TCP@127.0.0.1",
     "ports"},
    {"ports: every address is taken", "| app port:8001/TCP@127.0.0.1", "n", "n | app port:8001/TCP@0.0.0.0", "ports"},
    {"ports: every address, another protocol", "| app port:8001/UDP@127.0.0.1", "n", "n | app port:8001/TCP@0.0.0.0", "ok"},
    {"ports: every address, the same protocol", "| app port:8001/UDP@127.0.0.1", "n", "n | app port:8001/TCP@0.0.0.0 port:8001/UDP@0.0.0.0",
     "ports"},
    {"ports: no address is every address, no protocol is tcp", "| app port:8001", "n1; n2", "n1 | app port:8001/TCP@10.0.0.9; n2 | app port:8001/UDP",
     "ports ok"},
    {"ports: a sidecar's", "| app | side port:80", "n1; n2", "n1 | app port:80; n2 | init port:80", "ports ok"},
    {"ports: of a pod's sidecar", "| app port:80", "n", "n | app | side port:80", "ports"},
    {"ports: of an init container of one's own", "| app | init port:80", "n", "n | app port:80", "ok"},
    /* podtopologyspread/filtering_test.go: TestSingleConstraint */
    {"spread: no pods", "foo |" ZONE1, ABXY, NULL, "ok ok ok ok"},
    {"spread: no selector: the pod itself does not count", "foo | spread 1 zone hard -", ABXY, NULL, "ok ok ok ok"},
    {"spread: an empty selector counts the pod alone", "foo | spread 1 zone hard *", ABXY, "a*2 foo; b foo", "ok ok ok ok"},
    {"spread: no pods, two zones", "foo |" ZONE1, "a zone=1; b zone=1; x zone=2", "a foo", "skew skew ok"},
    {"spread: zone 3/3", "foo |" ZONE1, ABXY, "a*2 foo; b foo; x*2 foo; y foo", "ok ok ok ok"},
    {"spread: a node without the key", "foo |" ZONE1, "a zone=1; b zon=1; x zone=2; y zone=2", "a foo; b foo; x foo; y foo",
     "ok nokey skew skew"},
    {"spread: node 2/1/0/3", "foo |" NODE1, ABXY, "a*2 foo; b foo; y*3 foo", "skew skew ok skew"},
    {"spread: node 2/1/0/3, maxSkew 2", "foo | spread 2 node hard foo", ABXY, "a*2 foo; b foo; y*3 foo", "skew ok ok skew"},
    {"spread: the pod does not match its own constraint", "bar | spread 1 node hard foo", ABXY, "a*2 foo; b foo; y*3 foo",
     "skew ok ok skew"},
    {"spread: it does not match, and nobody is there", "bar | spread 1 node hard foo", ABXY, NULL, "ok ok ok ok"},
    {"spread: nodes that the selector leaves out are no domains", "foo | select pool=a | spread 1 node hard foo",
     "a node=a pool=a; b node=b pool=a; x node=x; y node=y", "a foo; b*2 foo; y foo", "ok skew node node"},
    {"spread: affinity leaves them out", "foo | need node in a,y |" NODE1, ABXY, "a*2 foo; b foo; y*3 foo", "ok node node skew"},
    {"spread: affinity ignored", "foo | need node in a,y | spread 1 node hard affinity:Ignore foo", ABXY, "a*2 foo; b foo; y*3 foo",
     "skew node node skew"},
    {"spread: other namespaces do not count", "foo |" NODE1, "a node=a; b node=b", "a ns:ns1 foo; a ns:ns2 foo; b foo", "ok skew"},
    {"spread: pods that go do not count", "foo |" NODE1, "a node=a; b node=b", "a ~ foo; b foo", "ok skew"},
    {"spread: more domains than minDomains", "foo | spread 1 node hard min:2 foo", "a node=a; b node=b; c node=c",
     "a*2 foo; b*2 foo; c*3 foo", "ok ok skew"},
    {"spread: fewer domains than minDomains", "foo | spread 1 node hard min:10 foo", "a node=a; b node=b; c node=c",
     "a foo; b foo; c foo", "skew skew skew"},
    {"spread: fewer domains, maxSkew 2", "foo | spread 2 node hard min:4 foo", "a node=a; b node=b; c node=c",
     "a*2 foo; b foo; c foo", "skew ok ok"},
    {"spread: as many domains as minDomains", "foo | spread 1 zone hard min:2 foo", "a zone=1; b zone=1; x zone=2",
     "a foo; x foo", "ok ok ok"},
    {"spread: minDomains, one node only", "foo | spread 1 zone hard min:3 foo", "a zone=1; b zone=2", "a foo", "skew ok"},
    {"spread: taints honoured", "foo | spread 1 node hard taints:Honor foo", "a node=a; b node=b; c node=c !x:NoSchedule",
     "a foo; b foo", "ok ok taint"},
    {"spread: taints honoured and tolerated", "foo | tol x:NoSchedule | spread 1 node hard taints:Honor foo",
     "a node=a; b node=b; c node=c !x:NoSchedule", "a foo; b foo", "skew skew ok"},
    {"spread: taints ignored", "foo |" NODE1, "a node=a; b node=b; c node=c !x:NoSchedule", "a foo; b foo", "skew skew taint"},
    {"spread: soft taints do not matter", "foo | spread 1 node hard taints:Honor foo", "a node=a; b node=b !x:PreferNoSchedule",
     "a foo", "skew ok"},
    {"spread: label keys", "foo bar=1 | spread 1 zone hard keys:bar foo", ABXY, "a foo bar=1; b foo bar=1; x foo; y foo bar=2",
     "skew skew ok ok"},
    {"spread: label keys that the pod lacks are ignored", "foo | spread 1 zone hard keys:bar foo", ABXY, "a foo bar=1; b foo; x foo bar=2",
     "skew skew ok ok"},
    /* TestMultipleConstraints */
    {"spread: zone and node, 2/1 and 0/3", "foo |" ZONE1 "|" NODE1, ABXY, "a*2 foo; b foo; y*3 foo", "skew skew ok skew"},
    {"spread: zone and node, nobody will do", "foo |" ZONE1 "|" NODE1, ABXY, "a*2 foo; b foo; x foo; y*4 foo", "skew ok skew skew"},
    {"spread: different selectors", "foo bar |" ZONE1 "| spread 1 node hard bar", ABXY, "a foo; b foo bar; x foo bar; y foo; y bar",
     "ok skew skew skew"},
    {"spread: different selectors, one node", "foo bar |" ZONE1 "| spread 1 node hard bar", ABXY,
     "a foo; b foo bar; y foo; y bar", "skew skew ok skew"},
    {"spread: different selectors, none", "foo bar |" ZONE1 "| spread 1 node hard bar", ABXY, "a foo bar; b bar; x bar; y bar",
     "skew skew ok ok"},
    {"spread: two constraints that contradict", "foo bar |" ZONE1 "| spread 1 node hard bar", ABXY, "b bar; x foo bar; y bar",
     "ok skew skew skew"},
    {"spread: a node that lacks one of the keys is no domain of the other", "foo |" ZONE1 "|" NODE1,
     "a zone=1 node=a; b zone=1 node=b; x zone=2; y zone=2 node=y", "a foo; b foo; y foo", "skew skew nokey ok"},
    {"spread: hard and soft: only the hard one keeps out", "foo |" NODE1 "| spread 1 zone soft foo", ABXY, "a foo; b foo; x foo",
     "skew skew skew ok"},
    /* interpodaffinity/filtering_test.go: TestRequiredAffinitySingleNode */
    {"pods: no terms", "", "n region=r1", NULL, "ok"},
    {"near: in", "| near region " SEC, "n region=r1", "n service=securityscan security=securityscan", "ok"},
    {"near: not in", "| near region security notin securityscan3,value3", "n region=r1", "n security=securityscan", "ok"},
    {"near: another namespace", "| near region ns:Diff " SEC, "n region=r1", "n ns:ns security=securityscan", "near"},
    {"near: another value", "| near region " SEC, "n region=r1", "n security=other", "near"},
    {"near: several terms", "| near region security & !wrongkey | near region " SEC, "n region=r1", "n security=securityscan", "ok"},
    {"near: one of the terms does not match", "| near region security & wrongkey | near region " SEC, "n region=r1",
     "n security=securityscan", "near"},
    {"near and far", "| near region " SEC "| far node antivirusscan", "n region=r1 zone=z11", "n security=securityscan", "ok"},
    {"near and far, and the other's far", "security=S | near region " SEC "| far node antivirusscan", "n region=r1 zone=z11",
     "n security=securityscan | far node antivirusscan", "ok"},
    {"near fits, far does not", "| near region " SEC "| far zone security in securityscan", "n region=r1 zone=z11",
     "n security=securityscan", "far"},
    {"near and far fit, the other's far does not", "security=securityscan | near region " SEC "| far node antivirusscan",
     "n region=r1 zone=z11", "n security=securityscan | far zone " SEC, "existing"},
    {"near: neither the other pod nor the pod itself", "security=value2 | near region security notin securityscan,value2",
     "n region=r1", "n security=securityscan", "near"},
    {"near: the pod itself, and nobody else", "security=x | near region security notin securityscan,value2", "n region=r1",
     "n security=securityscan", "ok"},
    {"the other's far: no term of one's own", "security=securityscan", "n zone=z11", "n security=securityscan | far zone " SEC, "existing"},
    {"the other's far: does not mean this pod", "security=securityscan", "n zone=z11", "n security=securityscan | far zone security notin securityscan",
     "ok"},
    {"far: two terms, symmetry: both must not", "foo=1 bar=1 | far region foo | far region bar", "n region=r1 zone=z11",
     "n foo=1 bar=1 | far zone bar | far region foo", "far"},
    {"far: the first term matches", "foo=1 | far region foo | far region bar", "n region=r1 zone=z11", "n foo=1", "far"},
    {"near: no selector matches nobody", "security=a | near region -", "n region=r1", "n security=a", "near"},
    {"near: an empty selector matches everybody", "| near region *", "n region=r1", "n", "ok"},
    {"far: no selector matches nobody", "| far region -", "n region=r1", "n", "ok"},
    {"near: pods that go still count", "| near region a", "n region=r1", "n ~ a", "ok"},
    /* TestRequiredAffinityMultipleNodes */
    {"near: the region of the match", "| near region foo=bar", "n1 region=China; n2 region=China az=az1; n3 region=India", "n1 foo=bar",
     "ok ok near"},
    {"near: the first of its kind", "foo=bar service=x | near zone foo=bar | near zone service=x", "n1 zone=az1; n2 zone=az2", NULL, "ok ok"},
    {"near: the first of its kind, nobody matches all terms", "foo=bar service=x | near zone foo=bar | near zone service=x",
     "n1 zone=az1 host=h1; n2 zone=az2 host=h2", "n1 foo=bar", "ok ok"},
    {"near: the first of its kind needs the key", "foo=bar | near zone foo=bar", "n1 zone=az1; n2", NULL, "ok near"},
    {"near: somebody matches, though without the key", "foo=bar | near zone foo=bar", "n1 zone=az1; n2", "n2 foo=bar", "ok near"},
    {"far: by region", "foo=abc | far region foo=abc", "n1 region=China; n2 region=China; n3 region=India", "n1 foo=abc", "far far ok"},
    {"far: two terms, two regions", "foo=123 | far hostname foo=bar | far region foo=abc",
     "a region=r1 zone=z1 hostname=a; b region=r1 zone=z1 hostname=b; c region=r2 hostname=c", "a foo=abc; c foo=bar", "far far far"},
    {"the others' far: by zone", "foo=abc", "a zone=z1 region=r1; b zone=z2 region=r1; c zone=z3 region=r2",
     "a foo=bar | far zone foo=abc; b foo=bar | far region foo=xyz", "existing ok ok"},
    {"the others' far: either term is enough", "foo=1 bar=1", "a region=r1 zone=z1 hostname=a; b region=r1 zone=z1 hostname=b; c region=r2 hostname=c",
     "a foo=2 | far hostname foo | far zone bar; c foo=2 | far hostname bar", "existing existing existing"},
    {"the others' far: a key that other nodes lack", "foo=abc", "n1 zone=z1; n2", "n1 | far zone foo=abc; n2 | far zone foo=abc", "existing ok"},
    {"far: near in one zone, far in another", "| near region service | far zone foo=bar",
     "n1 region=China zone=z1; n2 region=China zone=z2; n3 region=India zone=z3", "n1 foo=bar service=x; n3 foo=bar", "far ok near"},
    {"near: all namespaces", "ns:x | near region nsel:* foo", "n1 region=a; n2 region=b", "n1 ns:y foo", "ok near"},
    {"near: selector of namespaces", "| near region nsel:team=a foo", "n1 region=a; n2 region=b", "n1 ns:team-a foo; n2 ns:team-b foo",
     "ok near"},
    {"near: selector or name", "| near region ns:team-b nsel:team=a foo", "n1 region=a; n2 region=b; n3 region=c",
     "n1 ns:team-a foo; n2 ns:team-b foo; n3 foo", "ok ok near"},
    {"the others' far: selector of namespaces", "ns:team-a foo", "n1 region=a; n2 region=b",
     "n1 ns:x | far region nsel:team=a foo; n2 ns:x | far region nsel:team=b foo", "existing ok"},
    /* the order of the plugins: the first that refuses is the one named */
    {"order: cordon, taint, node, ports, fit, spread, pods",
     "foo | select a=b | app cpu=2 port:80 | spread 2 zone hard foo | far zone foo",
     "n1 !cordon !x:NoSchedule cpu:1; n2 !x:NoSchedule cpu:1; n3 cpu:1 zone=1; n4 a=b cpu:1 zone=1; n5 a=b cpu:1 zone=2; n6 a=b cpu:4;"
     "n7 a=b cpu:4 zone=3; n8 a=b cpu:4 zone=4",
     "n4 | app port:80; n7*2 foo; n8 foo | app", "cordon taint node ports cpu nokey skew far"},
};

static const char *
reason_of(const char *word)
{
    for (guint i = 0; i < G_N_ELEMENTS(reasons); i++)
        if (str_is(reasons[i].word, word))
            return reasons[i].text;
    g_error("no reason %s", word);
}

/* "cpu+memory" in the API's words; NULL: the node is fine. (owned) */
static char *
spelled(const char *word)
{
    g_auto(GStrv) parts = g_strsplit(word, "+", -1);

    for (guint i = 0; parts[i] != NULL; i++) {
        const char *text = reason_of(parts[i]);

        if (text == NULL)
            return NULL;
        g_free(parts[i]);
        parts[i] = g_strdup(text);
    }
    return g_strjoinv(", ", parts);
}

START_TEST(test_row)
{
    const FilterRow *row = &rows[_i];
    guint unused;
    g_autoptr(GPtrArray) nodes = rows_nodes(row->nodes, &unused);
    g_autoptr(GPtrArray) others = rows_pods(row->pods);
    g_autoptr(ApiObject) pod = rows_pod(row->pod, "incoming");
    g_auto(GStrv) words = g_strsplit(row->want, " ", -1);
    g_autoptr(Value) tree = NULL;

    g_ptr_array_add(others, make_object("{'kind':'Namespace','metadata':{'name':'team-a','labels':{'team':'a'}}}"));
    g_ptr_array_add(others, make_object("{'kind':'Namespace','metadata':{'name':'team-b','labels':{'team':'b'}}}"));
    tree = scheduler_try(pod, (const ApiObject *const *)nodes->pdata, nodes->len,
                         (const ApiObject *const *)others->pdata, others->len, 1, 34);
    ck_assert_msg(g_strv_length(words) == nodes->len, "%s", row->rule);
    for (guint i = 0; i < nodes->len; i++) {
        g_autofree char *want = spelled(words[i]);
        const Value *node = value_get_path(tree, "nodes", api_name(nodes->pdata[i]), NULL);
        const char *got = value_get_string(node, "filter", NULL);

        if (str_is(want, "-")) {
            ck_assert_msg(node == NULL, "%s: %s was looked at", row->rule, api_name(nodes->pdata[i]));
            continue;
        }
        ck_assert_msg(node != NULL, "%s: %s was not looked at", row->rule, api_name(nodes->pdata[i]));
        ck_assert_msg(str_is(got, want), "%s: %s: %s", row->rule, api_name(nodes->pdata[i]), got == NULL ? "ok" : got);
    }
}
END_TEST

Suite *
filter_rows_suite(void)
{
    Suite *suite = suite_create("filter rows");
    TCase *tcase = tcase_create("filters");

    tcase_add_loop_test(tcase, test_row, 0, G_N_ELEMENTS(rows));
    suite_add_tcase(suite, tcase);
    return suite;
}
