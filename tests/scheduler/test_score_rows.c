/*
 * Normalised scores of single plugins: rows of the table tests of v1.34 pkg/scheduler/framework/plugins. Every
 * node is a candidate unless marked !out, whether or not it would pass the filters.
 */

#include "scheduler/plugins/plugins.h"
#include "tests/scheduler/rows.h"
#include "tests/scheduler/support.h"

#include <check.h>
#include <stdlib.h>

Suite *score_rows_suite(void);

typedef struct {
    const char *rule, *plugin;
    const char *pod, *nodes, *pods;
    const char *want; /* of the candidates, in order; "skip": the plugin has none */
} RowCase;

#define FIT      "NodeResourcesFit"
#define BALANCED "NodeResourcesBalancedAllocation"
#define IMAGE    "ImageLocality"
#define TAINT    "TaintToleration"
#define NODE     "NodeAffinity"
#define POD      "InterPodAffinity"
#define SPREAD   "PodTopologySpread"

#define SMALL_PODS "app cpu=1000m memory=2000 | app cpu=2000m memory=3000"
#define CPU_PODS   "app cpu=1000m memory=0 | app cpu=2000m memory=0"
#define PLAIN_40_300                                                                               \
    "n1 image:gcr.io/40:latest=41943040 image:gcr.io/300:latest=314572800 image:gcr.io/2000:latest=2097152000;"       \
    "n2 image:gcr.io/250:latest=262144000 image:gcr.io/10:v1=10485760"
#define ABCD "a @host; b @host; c @host; d @host"
#define REGIONS "n1 region=China; n2 region=India; n3 az=az1"
#define S1_NEAR "near +5 region security in S1"
#define S2_NEAR "near +6 region security in S2"
#define S1_FAR  "far +5 az security in S1"
#define S2_FAR  "far +5 az security in S2"
#define S1_HARD "near region security in S1,value2 | near region security & !wrongkey"
#define S1_TEAM "+5 region ns:subteam2.team2 nsel:team=team1 security in S1"
#define HARD_TEAM "near region ns:default,subteam2.team2 nsel:team=team1 service in S1"
#define MIXED   "near +8 region security in S1 | far +5 az security in S2"

static const RowCase rows[] = {
    /* noderesources/least_allocated_test.go: TestLeastAllocatedScoringStrategy */
    {"least: nothing", FIT, "| bare", "n1 cpu:4 memory:10000; n2 cpu:4 memory:10000", NULL, "100 100"},
    {"least: nothing asked for, pods without requests", FIT, "| bare", "n1 cpu:4 memory:10000; n2 cpu:4 memory:10000",
     "n1*2 | bare; n2*2 | bare", "100 100"},
    {"least: sizes differ", FIT, "|" SMALL_PODS, "n1 cpu:4 memory:10000; n2 cpu:6 memory:10000", NULL, "37 50"},
    {"least: pods with requests", FIT, "| bare", "n1 cpu:10 memory:20000; n2 cpu:10 memory:20000",
     "n1 |" CPU_PODS "; n1 |" CPU_PODS "; n2 |" CPU_PODS "; n2 |" SMALL_PODS, "70 57"},
    {"least: asked for, pods with requests", FIT, "|" SMALL_PODS, "n1 cpu:10 memory:20000; n2 cpu:10 memory:20000",
     "n1 |" CPU_PODS "; n2 |" SMALL_PODS, "57 45"},
    {"least: another size of memory", FIT, "|" SMALL_PODS, "n1 cpu:10 memory:20000; n2 cpu:10 memory:50000",
     "n1 |" CPU_PODS "; n2 |" SMALL_PODS, "57 60"},
    {"least: beyond the capacity", FIT, "|" CPU_PODS, "n1 cpu:4 memory:10000; n2 cpu:4 memory:10000",
     "n1 |" CPU_PODS "; n2 |" SMALL_PODS, "50 25"},
    {"least: no capacity", FIT, "| bare", "n1; n2", "n1 |" CPU_PODS "; n2 |" SMALL_PODS, "0 0"},
    {"least: what is not asked for does not count", FIT, "|" SMALL_PODS,
     "n1 cpu:6 memory:10000; n2 cpu:6 memory:10000 example.com/foo:4", NULL, "50 50"},
    {"least: a node without memory", FIT, "| app cpu=3 memory=4000", "n1 cpu:6 memory:10000; n2 cpu:6", NULL, "55 50"},
    /* scheduler/util/pod_resources_test.go: 100m and 200Mi stand for what is not said, per container; 0 is said */
    {"defaults: both missing", FIT, "| app", "n1 cpu:1 memory:400Mi; n2 cpu:1 memory:2000Mi", NULL, "70 90"},
    {"defaults: cpu said", FIT, "| app cpu=500m", "n1 cpu:1 memory:400Mi; n2 cpu:1 memory:2000Mi", NULL, "50 70"},
    {"defaults: zero is said", FIT, "| app cpu=0 memory=0", "n1 cpu:1 memory:400Mi; n2 cpu:1 memory:2000Mi", NULL,
     "100 100"},
    {"defaults: two containers", FIT, "| app | app", "n1 cpu:1 memory:400Mi; n2 cpu:1 memory:2000Mi", NULL, "40 80"},
    {"defaults: of the pods there", FIT, "| bare", "n1 cpu:1 memory:400Mi; n2 cpu:1 memory:400Mi", "n1", "70 100"},
    {"defaults: a pod-level request stands for the whole", FIT, "| app | podlevel cpu=400m memory=100Mi",
     "n1 cpu:1 memory:400Mi; n2 cpu:2 memory:400Mi", NULL, "67 77"},
    /* framework/types.go: getNonMissingContainerRequests: pods that are there count otherwise than the one to be placed */
    {"defaults: a container of the pod to be placed counts beside pod-level cpu", FIT,
     "| app memory=100Mi | app | podlevel cpu=400m", "n1 cpu:1 memory:1000Mi; n2 cpu:2 memory:1000Mi", NULL, "65 75"},
    {"defaults: a container of a pod that is there does not", FIT, "| app cpu=0 memory=0",
     "n1 cpu:1 memory:1000Mi; n2 cpu:1 memory:1000Mi",
     "n1 | app memory=100Mi | app | podlevel cpu=400m; n2 | app memory=100Mi | app cpu=300m", "75 65"},
    {"defaults: pod-level cpu alone leaves the memory", FIT, "| app | podlevel cpu=400m",
     "n1 cpu:1 memory:400Mi; n2 cpu:2 memory:400Mi", NULL, "55 65"},
    {"overhead is asked for too", FIT, "| app cpu=500m memory=0 | overhead cpu=250m", "n1 cpu:1 memory:100; n2 cpu:2 memory:100",
     NULL, "62 81"},
    {"an init container asks for more", FIT, "| app cpu=100m memory=0 | init cpu=500m memory=0",
     "n1 cpu:1 memory:100; n2 cpu:2 memory:100", NULL, "75 87"},
    /* noderesources/balanced_allocation_test.go: TestNodeResourcesBalancedAllocation */
    {"balanced: nothing asked for", BALANCED, "| bare", "n1 cpu:4 memory:10000; n2 cpu:4 memory:10000", NULL, "skip"},
    {"balanced: zeros asked for", BALANCED, "| app cpu=0 memory=0", "n1 cpu:4 memory:10000; n2 cpu:4 memory:10000", NULL,
     "skip"},
    {"balanced: only something else asked for", BALANCED, "| app example.com/gpu=1", "n1 cpu:4 memory:10000; n2", NULL, "skip"},
    {"balanced: sizes differ", BALANCED, "|" SMALL_PODS, "n1 cpu:4 memory:10000; n2 cpu:6 memory:10000", NULL, "87 100"},
    {"balanced: pods with requests", BALANCED, "|" SMALL_PODS, "n1 cpu:10 memory:20000; n2 cpu:10 memory:20000",
     "n1 |" CPU_PODS "; n2 |" SMALL_PODS, "82 95"},
    {"balanced: another size of memory", BALANCED, "|" SMALL_PODS, "n1 cpu:10 memory:20000; n2 cpu:10 memory:50000",
     "n1 |" CPU_PODS "; n2 |" SMALL_PODS, "82 80"},
    {"balanced: beyond the capacity", BALANCED, "|" CPU_PODS, "n1 cpu:6 memory:10000; n2 cpu:6 memory:10000",
     "n1 |" CPU_PODS "; n2 |" SMALL_PODS, "50 75"},
    {"balanced: far beyond", BALANCED, "|" CPU_PODS, "n1 cpu:4 memory:10000; n2 cpu:4 memory:10000",
     "n1 |" CPU_PODS "; n2 |" SMALL_PODS, "50 75"},
    {"balanced: no capacity", BALANCED, "|" SMALL_PODS, "n1; n2", NULL, "100 100"},
    {"balanced: one resource", BALANCED, "|" SMALL_PODS, "n1 cpu:4; n2 memory:10000", NULL, "100 100"},
    {"balanced: no defaults", BALANCED, "| app cpu=1", "n1 cpu:2 memory:400Mi; n2 cpu:4 memory:400Mi", "n1 | app", "75 87"},
    /* imagelocality/image_locality_test.go: TestImageLocalityPriority */
    {"image: two", IMAGE, "| app image:gcr.io/40 | app image:gcr.io/250", PLAIN_40_300, NULL, "0 5"},
    {"image: two, both there", IMAGE, "| app image:gcr.io/40 | app image:gcr.io/300", PLAIN_40_300, NULL, "7 0"},
    {"image: small and large", IMAGE, "| app image:gcr.io/10:v1 | app image:gcr.io/2000", PLAIN_40_300, NULL, "49 0"},
    {"image: an init container's", IMAGE, "| app image:gcr.io/300 | init image:gcr.io/40", PLAIN_40_300, NULL, "7 0"},
    {"image: three containers, three nodes", IMAGE,
     "| app image:gcr.io/30 | app image:gcr.io/20 | app image:gcr.io/10",
     "n1 image:gcr.io/600:latest=629145600 image:gcr.io/40:latest=41943040 image:gcr.io/900:latest=943718400;"
     "n2 image:gcr.io/300:latest=314572800 image:gcr.io/600:latest=629145600 image:gcr.io/40:latest=41943040; n3", NULL,
     "0 0 0"},
    {"image: spread counts", IMAGE, "| app image:gcr.io/300 | app image:gcr.io/600 | app image:gcr.io/900",
     "n1 image:gcr.io/600:latest=629145600 image:gcr.io/40:latest=41943040 image:gcr.io/900:latest=943718400;"
     "n2 image:gcr.io/300:latest=314572800 image:gcr.io/600:latest=629145600 image:gcr.io/40:latest=41943040; n3", NULL,
     "22 16 0"},
    {"image: the sum is no more than the maximum", IMAGE, "| app image:gcr.io/10 | app image:gcr.io/4000",
     "n1 image:gcr.io/4000:latest=4194304000; n2 image:gcr.io/10:latest=10485760; n3", NULL, "66 0 0"},
    /* imagelocality: TestNormalizedImageName */
    {"image: names without a tag mean latest", IMAGE, "| app image:root | app image:gcr.io:5000/root",
     "n1 image:root:latest=1000000000 image:gcr.io:5000/root:latest=1000000000; n2", NULL, "47 0"},
    {"image: a name with its tag", IMAGE, "| app image:root:tag | app image:gcr.io:5000/root:tag",
     "n1 image:root:tag=1000000000 image:gcr.io:5000/root:tag=1000000000; n2", NULL, "47 0"},
    {"image: a digest is as good as a tag", IMAGE, "| app image:root@sha256:2cf", "n1 image:root@sha256:2cf=1000000000; n2", NULL,
     "46 0"},
    {"image: another tag is another image", IMAGE, "| app image:root:v2", "n1 image:root:v1=1000000000; n2", NULL, "0 0"},
    {"image: below 23 MiB nothing", IMAGE, "| app image:root", "n1 image:root:latest=48234496; n2", NULL, "0 0"},
    {"image: the least that counts", IMAGE, "| app image:root", "n1 image:root:latest=68723672; n2", NULL, "1 0"},
    /* tainttoleration/taint_toleration_test.go: TestTaintTolerationScore */
    {"taint: the one tolerated", TAINT, "| tol foo=bar:PreferNoSchedule", "a !foo=bar:PreferNoSchedule; b !foo=blah:PreferNoSchedule",
     NULL, "100 0"},
    {"taint: all tolerated, however many", TAINT, "| tol cpu-type=arm64:PreferNoSchedule | tol disk-type=ssd:PreferNoSchedule",
     "a; b !cpu-type=arm64:PreferNoSchedule; c !cpu-type=arm64:PreferNoSchedule !disk-type=ssd:PreferNoSchedule", NULL,
     "100 100 100"},
    {"taint: the more the worse", TAINT, "| tol foo=bar:PreferNoSchedule",
     "a; b !cpu-type=arm64:PreferNoSchedule; c !cpu-type=arm64:PreferNoSchedule !disk-type=ssd:PreferNoSchedule", NULL,
     "100 50 0"},
    {"taint: the hard ones do not count", TAINT, "| tol cpu-type=arm64:NoSchedule | tol disk-type=ssd:NoSchedule",
     "a; b !cpu-type=arm64:NoSchedule; c !cpu-type=arm64:PreferNoSchedule !disk-type=ssd:PreferNoSchedule", NULL,
     "100 100 0"},
    {"taint: no tolerations", TAINT, "", "a; b !cpu-type=arm64:PreferNoSchedule", NULL, "100 0"},
    {"taint: an empty effect tolerates it", TAINT, "| tol cpu-type", "a; b !cpu-type=arm64:PreferNoSchedule", NULL, "100 100"},
    {"taint: thirds", TAINT, "", "a !x:PreferNoSchedule; b !x:PreferNoSchedule !y:PreferNoSchedule !z:PreferNoSchedule", NULL, "67 0"},
    /* nodeaffinity/node_affinity_test.go: TestNodeAffinityPriority */
    {"node: no wish", NODE, "", "n1 foo=bar; n2 key=value; n3 az=az1", NULL, "skip"},
    {"node: nobody matches", NODE, "| want 2 foo=bar", "n1 az=az1; n2 key=value; n3 az=az1", NULL, "0 0 0"},
    {"node: one matches", NODE, "| want 2 foo=bar", "n1 foo=bar; n2 key=value; n3 az=az1", NULL, "100 0 0"},
    {"node: all match, with different weights", NODE, "| want 2 foo=bar | want 4 key=value | want 5 foo=bar & key=value & az=az1",
     "n1 foo=bar; n5 foo=bar key=value az=az1; n2 key=value", NULL, "18 100 36"},
    {"node: an empty term wishes nothing", NODE, "| want 5", "n1; n2 foo=bar", NULL, "0 0"},
    {"node: by its name", NODE, "| want 5 @name in n2", "n1; n2", NULL, "0 100"},
    {"node: a required term is no wish", NODE, "| need foo=bar", "n1 foo=bar; n2", NULL, "skip"},
    {"node: greater and less", NODE, "| want 3 gen gt 2 | want 1 gen lt 9", "n1 gen=3; n2 gen=10; n3 gen=1; n4 gen=x", NULL,
     "100 75 25 0"},
    /* interpodaffinity/scoring_test.go: TestPreferredAffinity */
    {"pod: no wish, nobody has any", POD, "security=S1", REGIONS, NULL, "skip"},
    {"pod: where a match is", POD, "security=S1 |" S1_NEAR, REGIONS, "n1 security=S1; n2 security=S2; n3 security=S1", "100 0 0"},
    {"pod: the whole region", POD, "|" S1_NEAR, "n1 region=China; n2 region=China az=az1; n3 region=India", "n1 security=S1",
     "100 100 0"},
    {"pod: where more are", POD, "security=S1 |" S2_NEAR,
     "n1 region=China; n2 region=India; n3 region=China; n4 region=China; n5 region=India",
     "n1*2 security=S2; n2 security=S2; n3 security=S2; n4 security=S2; n5 security=S2", "100 0 100 100 0"},
    {"pod: two terms", POD, "security=S1 | near +8 region security notin S1 & security in S2 | near +2 region security & !wrongkey",
     REGIONS, "n1 security=S1; n2 security=S2; n3 security=S1", "20 100 0"},
    {"pod: symmetry, preferred", POD, "security=S2", REGIONS, "n1 security=S1 |" S1_NEAR "; n2 security=S2 |" S2_NEAR, "0 100 0"},
    {"pod: symmetry by namespace selector", POD, "ns:subteam1.team1 security=S1", REGIONS,
     "n1 security=S1 | near " S1_TEAM "; n2 security=S2 |" S2_NEAR, "100 0 0"},
    {"pod: the same, away", POD, "ns:subteam1.team1 security=S1", REGIONS,
     "n1 security=S1 | far " S1_TEAM "; n2 security=S2 |" S2_NEAR, "0 100 100"},
    {"pod: symmetry, required: each term counts 1", POD, "security=S1", REGIONS, "n1 security=S1 |" S1_HARD "; n2 security=S2 |" S1_HARD,
     "100 100 0"},
    {"pod: away from a match", POD, "security=S1 |" S1_FAR, "n1 az=az1; n2 region=China", "n1 security=S1; n2 security=S2", "0 100"},
    {"pod: a match where the key is missing does not matter", POD, "security=S1 |" S1_FAR, "n1 az=az1; n2 region=China",
     "n1 security=S1; n2 security=S1", "0 100"},
    {"pod: away from two", POD, "security=S1 |" S1_FAR, "n1 az=az1; n2 region=India", "n1*2 security=S1; n2 security=S2", "0 100"},
    {"pod: symmetry, away", POD, "security=S2", "n1 az=az1; n2 az=az2", "n1 security=S1 |" S2_FAR "; n2 security=S2 |" S1_FAR, "0 100"},
    {"pod: near and away", POD, "security=S1 |" MIXED, "n1 region=China; n2 az=az1", "n1 security=S1; n2 security=S1", "100 0"},
    {"pod: near and away, brothers", POD, "security=S1 |" MIXED,
     "n1 region=China az=az1; n2 region=India; n3 region=China; n4 region=China; n5 region=India",
     "n1*2 security=S1; n2 security=S1; n3*2 security=S1; n4 security=S1; n5 security=S1", "100 0 100 100 0"},
    {"pod: near, away and symmetry", POD, "security=S1 |" MIXED, "n1 region=China; n2 az=az1; n3 region=India; n4 az=az2",
     "n1 security=S1; n2 security=S2; n3 |" MIXED "; n4 |" S1_FAR, "100 0 100 0"},
    {"pod: all the same", POD, "security=S1", "n1 region=China; n2 region=China", "n1 security=S1; n2 |" MIXED, "0 0"},
    {"pod: namespaces by selector", POD, "ns:subteam1.team1 security=S1 | near " S1_TEAM, "n1 region=China; n2 region=India",
     "n1*2 ns:subteam1.team1 security=S1; n1 ns:subteam1.team2 security=S1; n2 ns:subteam2.team1 security=S1", "100 0"},
    {"pod: namespaces by selector and name", POD, "ns:subteam1.team1 security=S1 | near " S1_TEAM, "n1 region=China; n2 region=India",
     "n1*2 ns:subteam1.team1 security=S1; n1 ns:subteam2.team2 security=S1; n2 ns:subteam2.team1 security=S1", "100 0"},
    {"pod: namespaces by selector, away", POD, "ns:subteam1.team1 security=S1 | far " S1_TEAM, "n1 region=China; n2 region=India",
     "n1*2 ns:subteam1.team1 security=S1; n1 ns:subteam1.team2 security=S1; n2 ns:subteam2.team1 security=S1", "0 100"},
    {"pod: namespaces by selector and name, away", POD, "ns:subteam1.team1 security=S1 | far " S1_TEAM,
     "n1 region=China; n2 region=India",
     "n1*2 ns:subteam1.team1 security=S1; n1 ns:subteam2.team2 security=S1; n2 ns:subteam2.team1 security=S1", "0 100"},
    {"pod: what existing pods prefer counts", POD, "security=S2", "n1 region=China; n2 region=India",
     "n1 security=S1 |" MIXED "; n2 security=S2 |" S2_NEAR, "0 100"},
    /* TestPreferredAffinityWithHardPodAffinitySymmetricWeight */
    {"pod: required, default weight", POD, "service=S1", REGIONS, "n1 |" HARD_TEAM "; n2 |" HARD_TEAM, "100 100 0"},
    {"pod: required, no such namespace", POD, "ns:subteam1.team2 service=S1", REGIONS, "n1 |" HARD_TEAM "; n2 |" HARD_TEAM, "skip"},
    {"pod: required, namespace by selector", POD, "ns:subteam1.team1 service=S1", REGIONS, "n1 |" HARD_TEAM "; n2 |" HARD_TEAM,
     "100 100 0"},
    {"pod: required, namespace by name", POD, "ns:subteam2.team2 service=S1", REGIONS, "n1 |" HARD_TEAM "; n2 |" HARD_TEAM, "100 100 0"},
    {"pod: the quotient comes first", POD, "| near +100 zone a | near +29 zone b", "n1 zone=1; n2 zone=2; n3 zone=3",
     "n1 a; n2 b", "100 28 0"},
    {"pod: a sum of 0 is no skip", POD, "| near +5 zone a | far +5 zone b", "n1 zone=1; n2 zone=2", "n1 a; n1 b", "0 0"},
    {"pod: below 0", POD, "| far +4 zone a | far +1 zone b", "n1 zone=1; n2 zone=2; n3 zone=3", "n1 a; n2 b", "0 75 100"},
    {"pod: terms of a pod that is no match", POD, "security=S3", REGIONS, "n1 security=S1 |" S1_NEAR, "skip"},
    {"pod: all namespaces", POD, "| near +5 region nsel:* a", REGIONS, "n1 ns:x a; n2 a", "100 100 0"},
    {"pod: no selector, no match", POD, "| near +5 region -", REGIONS, "n1 a", "skip"},
    /* podtopologyspread/scoring_test.go: TestPodTopologySpreadScore */
    {"spread: no pods", SPREAD, "foo | spread 1 @host soft foo", "a @host; b @host", NULL, "100 100"},
    {"spread: one candidate", SPREAD, "foo | spread 1 @host soft foo", "a @host; b @host !out", "a*2 foo; b foo", "100"},
    {"spread: as many everywhere", SPREAD, "foo | spread 1 @host soft foo", "a @host; b @host", "a foo; b foo", "100 100"},
    {"spread: 2/1/0/3", SPREAD, "foo | spread 1 @host soft foo", ABCD, "a*2 foo; b foo; d*3 foo", "20 60 100 0"},
    {"spread: no selector", SPREAD, "foo | spread 1 @host soft -", ABCD, "a*2 foo; b foo; d*3 foo", "100 100 100 100"},
    {"spread: 2/1/0/3, maxSkew 2", SPREAD, "foo | spread 2 @host soft foo", ABCD, "a*2 foo; b foo; d*3 foo", "33 66 100 16"},
    {"spread: 4/3/2/1, maxSkew 3", SPREAD, "foo | spread 3 @host soft foo", ABCD, "a*4 foo; b*3 foo; c*2 foo; d foo", "44 66 77 100"},
    {"spread: 4/2/1/~3~", SPREAD, "foo | spread 1 @host soft foo", "a @host; b @host; x @host; y @host !out",
     "a*4 foo; b*2 foo; x foo; y*3 foo", "33 83 100"},
    {"spread: 4/?2?/1/~3~", SPREAD, "foo | spread 1 @host soft foo", "a @host; b n=b; x @host; y @host !out",
     "a*4 foo; b*2 foo; x foo; y*3 foo", "16 0 100"},
    {"spread: zone, 4/2/1/~3~", SPREAD, "foo | spread 1 zone soft foo", "a zone=1 @host; b zone=1 @host; x zone=2 @host; y zone=2 @host !out",
     "a*4 foo; b*2 foo; x foo; y*3 foo", "75 75 100"},
    {"spread: zone and host, 2/~1~/2/~4~", SPREAD, "foo | spread 1 zone soft foo | spread 1 @host soft foo",
     "a zone=1 @host; x zone=2 @host; b zone=1 @host !out; y zone=2 @host !out", "a*2 foo; b foo; x*2 foo; y*4 foo", "100 63"},
    {"spread: different selectors", SPREAD, "foo bar | spread 1 zone soft foo | spread 1 @host soft bar",
     "a zone=1 @host; b zone=1 @host; x zone=2 @host; y zone=2 @host", "a foo; b foo bar; y foo; y bar", "60 20 100 60"},
    {"spread: different selectors, some have none", SPREAD, "foo bar | spread 1 zone soft foo | spread 1 @host soft bar",
     "a zone=1 @host; b zone=1 @host; x zone=2 @host; y zone=2 @host", "b bar; x foo; y foo bar", "100 60 40 0"},
    {"spread: different selectors, three candidates", SPREAD, "foo bar | spread 1 zone soft foo | spread 1 @host soft bar",
     "a zone=1 @host; b zone=1 @host; x zone=2 @host; y zone=2 @host !out", "a foo; b foo bar; y foo; y bar", "50 25 100"},
    {"spread: other namespaces do not count", SPREAD, "foo | spread 1 @host soft foo", "a @host; b @host", "a ns:ns1 foo; a foo; b*2 foo",
     "100 33"},
    {"spread: pods that go do not count", SPREAD, "foo | spread 1 @host soft foo", "a @host; b @host", "a ~ foo; b foo", "100 0"},
    {"spread: minDomains means nothing here", SPREAD, "foo | spread 2 node soft min:10 foo", "a node=a; b node=b; c node=c",
     "a*2 foo; b*2 foo; c foo", "75 75 100"},
    {"spread: node selector honoured", SPREAD, "foo | select foo | spread 1 node soft foo", "a node=a foo; b node=b foo; c node=c",
     "a*2 foo; b foo; c foo", "0 33 100"},
    {"spread: node selector ignored", SPREAD, "foo | select foo | spread 1 node soft affinity:Ignore foo",
     "a node=a foo; b node=b foo; c node=c", "a*2 foo; b foo; c foo", "66 100 100"},
    {"spread: node affinity honoured", SPREAD, "foo | need foo | spread 1 node soft foo", "a node=a foo; b node=b foo; c node=c",
     "a*2 foo; b foo; c foo", "0 33 100"},
    {"spread: node affinity ignored", SPREAD, "foo | need foo | spread 1 node soft affinity:Ignore foo",
     "a node=a foo; b node=b foo; c node=c", "a*2 foo; b foo; c foo", "66 100 100"},
    {"spread: taints honoured", SPREAD, "foo | spread 1 node soft taints:Honor foo", "a node=a; b node=b; c node=c !x:NoSchedule",
     "a*2 foo; b foo; c foo", "0 33 100"},
    {"spread: taints ignored", SPREAD, "foo | spread 1 node soft foo", "a node=a; b node=b; c node=c !x:NoSchedule",
     "a*2 foo; b foo; c foo", "66 100 100"},
    {"spread: label keys with an empty selector", SPREAD, "foo bar | spread 1 zone soft keys:foo * | spread 1 @host soft keys:bar *",
     "a zone=1 @host; b zone=1 @host; c zone=2 @host; d zone=2 @host", "a foo; b foo bar; c foo; c bar", "60 20 60 100"},
    {"spread: label keys with a selector", SPREAD, "foo bar baz | spread 1 zone soft foo | spread 1 @host soft keys:baz bar",
     "a zone=1 @host; b zone=1 @host; c zone=2 @host; d zone=2 @host", "a foo; b foo bar baz; c foo; c bar; c bar baz",
     "60 20 60 100"},
    {"spread: an empty selector counts nothing", SPREAD, "foo | spread 1 @host soft *", "a @host; b @host", "a*3 foo; b foo", "100 100"},
    {"spread: hard constraints alone", SPREAD, "foo | spread 1 @host hard foo", "a @host; b @host", "a foo", "skip"},
    {"spread: no constraint, no owner", SPREAD, "foo", "a @host; b @host", "a foo", "skip"},
};

static const SchedPlugin *
plugin_of(const char *name)
{
    for (guint i = 0; sched_plugins[i] != NULL; i++)
        if (str_is(sched_plugins[i]->name, name))
            return sched_plugins[i];
    return NULL;
}

static const char *const teams[] = {"subteam1.team1", "subteam2.team1", "subteam1.team2", "subteam2.team2"};

static const ApiObject *
get_object(gpointer user, const ApiKind *kind, const char *namespace_, const char *name)
{
    const GPtrArray *namespaces = user;

    (void)namespace_;
    for (guint i = 0; kind == &namespace_kind && i < namespaces->len; i++)
        if (str_is(api_name(namespaces->pdata[i]), name))
            return namespaces->pdata[i];
    return NULL;
}

static void
list_objects(gpointer user, const ApiKind *kind, const char *namespace_, GPtrArray *out)
{
    (void)user;
    (void)kind;
    (void)namespace_;
    (void)out;
}

/* The scores as one text. (owned) */
static char *
scores_of(SchedCache *cache, const RowCase *row, guint out_nodes)
{
    const SchedPlugin *plugin = plugin_of(row->plugin);
    g_autoptr(ApiObject) pod = rows_pod(row->pod, "incoming");
    g_autoptr(PodInfo) info = pod_info_new(sched_cache_shapes(cache), pod);
    g_autoptr(GString) text = g_string_new(NULL);
    NodeInfo *nodes[32];
    guint32 slots[32];
    guint32 places[32];
    guint8 scores[32 + COLUMN_STEP] = {0};
    Cycle cycle = {.cache = cache, .pod = info, .version_minor = 34, .narrowed_by = -1};
    Candidates of = {.nodes = nodes, .slots = slots, .places = places, .room = sched_cache_room(cache, 32)};
    gpointer state = NULL;
    g_auto(GStrv) names = g_strsplit(row->nodes, ";", -1);
    guint n = 0;

    for (guint i = 0; names[i] != NULL; i++) {
        g_auto(GStrv) words = g_strsplit(g_strstrip(names[i]), " ", 2);

        if ((out_nodes >> i & 1) != 0)
            continue;
        nodes[n] = sched_cache_find_node(cache, str_intern(words[0]));
        slots[n] = nodes[n]->slot;
        places[n] = node_columns_place(sched_cache_columns(cache), slots[n]);
        n++;
    }
    of.n = n;
    if (plugin->pre_score != NULL && plugin->pre_score(&cycle, &state, &of) == VERDICT_SKIP) {
        g_string_assign(text, "skip");
    } else {
        ScoreRow got = plugin->score(&cycle, state, &of, scores);

        for (guint i = 0; i < n; i++)
            g_string_append_printf(text, "%s%d", i == 0 ? "" : " ", got.each == NULL ? got.all : got.each[i]);
    }
    if (plugin->free_score_state != NULL)
        plugin->free_score_state(state);
    return g_strdup(text->str);
}

START_TEST(test_row)
{
    const RowCase *row = &rows[_i];
    static const SchedListers listers = {list_objects, get_object};
    guint out_nodes;
    g_autoptr(GPtrArray) nodes = rows_nodes(row->nodes, &out_nodes);
    g_autoptr(GPtrArray) pods = rows_pods(row->pods);
    g_autoptr(GPtrArray) namespaces = g_ptr_array_new_with_free_func(api_object_unref);
    SchedCache *cache = sched_cache_new(&listers, namespaces);
    g_autofree char *got = NULL;

    for (guint i = 0; i < G_N_ELEMENTS(teams); i++) {
        g_autofree char *json = g_strdup_printf("{'kind':'Namespace','metadata':{'name':'%s','labels':{'team':'%s'}}}",
                                                teams[i], strchr(teams[i], '.') + 1);

        g_ptr_array_add(namespaces, make_object(json));
    }
    for (guint i = 0; i < nodes->len; i++)
        sched_cache_set_node(cache, nodes->pdata[i]);
    for (guint i = 0; i < pods->len; i++)
        sched_cache_set_pod(cache, pods->pdata[i]);
    got = scores_of(cache, row, out_nodes);
    sched_cache_free(cache);
    ck_assert_msg(str_is(got, row->want), "%s: %s instead of %s", row->rule, got, row->want);
}
END_TEST

Suite *
score_rows_suite(void)
{
    Suite *suite = suite_create("score rows");
    TCase *tcase = tcase_create("scores");

    tcase_add_loop_test(tcase, test_row, 0, G_N_ELEMENTS(rows));
    suite_add_tcase(suite, tcase);
    return suite;
}
