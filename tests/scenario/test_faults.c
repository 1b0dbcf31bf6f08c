/* Faults: words and keys that are refused, and what each does to the world. */

#include "tests/scenario/support.h"

#include "base/duration.h"
#include "scenario/faults.h"

#include <check.h>

Suite *faults_suite(void);

#define THREE "  cluster: {nodes: [{name: w, count: 3}]}\n"
#define FAULT(fault) SCENARIO(THREE "  timeline:\n  - {at: 1s, fault: " fault "}\n")
#define CLOUDY(fault) SCENARIO("  cluster: {cloud: {}, nodes: [{name: w, count: 3}]}\n  timeline:\n  - {at: 1s, fault: " fault "}\n")
#define P "t.yaml:8:"

static const struct {
    const char *text, *want;
} cases[] = {
    {FAULT("{nodePowerOff: {node: w-2}}"), ""},
    {FAULT("{nodePowerOff: {nodes: [w-1, w-2], duration: 5s}}"), ""},
    {FAULT("{nodePowerOff: {selector: {zone: a}, mode: percent, value: 50}}"), ""},
    {FAULT("{componentCrash: {component: scheduler}}"), ""},
    {FAULT("{networkPartition: {node: w-1, peers: [w-2, control-plane]}}"), ""},
    {FAULT("{apiLatency: }"), ""},
    {CLOUDY("{nodePowerOff: {node: w-2, gone: true}}"), ""},
    {CLOUDY("{componentCrash: {component: cloud-controller-manager}}"), ""},
    {SCENARIO("  cluster: {nodes: [{name: w, count: 1, autoscale: {max: 2}}]}\n  timeline:\n  - {at: 1s, fault: {nodePowerOff: {node: w-1, gone: true}}}\n"), ""},
    /* clouds */
    {FAULT("{nodePowerOff: {node: w-2, gone: true}}"), P "54: spec.timeline[0].fault.nodePowerOff: this cluster runs in no cloud that could forget a machine; write cloud: {} below spec.cluster, or leave gone out\n"},
    {FAULT("{nodePowerOff: {node: w-2, gone: false}}"), ""},
    {CLOUDY("{nodePowerOff: {node: w-2, gone: true, duration: 5s}}"), P "70: spec.timeline[0].fault.nodePowerOff: a machine that is gone never comes back; leave duration out, or gone\n"},
    {CLOUDY("{nodePowerOff: {gone: true}}"), P "21: spec.timeline[0].fault.nodePowerOff: no target; write node: NAME, nodes: [...] or selector: {...}\n"},
    {FAULT("{componentCrash: {component: cloud-controller-manager}}"), P "50: spec.timeline[0].fault.componentCrash: this cluster runs in no cloud, so it has no cloud-controller-manager; write cloud: {} below spec.cluster\n"},
    /* the name */
    {FAULT("{nodePowerOf: {node: w-2}}"), P "22: spec.timeline[0].fault: unknown fault 'nodePowerOf'; write nodePowerOff\n"},
    {FAULT("{explode: {node: w-2}}"), P "22: spec.timeline[0].fault: unknown fault 'explode'; write one of apiLatency, componentCrash, componentPause, componentStop, containerCrash, diskSlow, kubeletStop, networkDelay, networkPartition, nodePowerOff, nodePowerOn, nodeReboot, nodeShutdown, podKill\n"},
    {FAULT("nodePowerOff"), P "21: spec.timeline[0].fault: a fault is one name with its targets; write fault: {nodePowerOff: {node: worker-2}}\n"},
    {FAULT("{nodePowerOff: {node: w-1}, nodeReboot: {node: w-2}}"), P "21: spec.timeline[0].fault: a fault is one name with its targets; write fault: {nodePowerOff: {node: worker-2}}\n"},
    {FAULT("{}"), P "21: spec.timeline[0].fault: a fault is one name with its targets; write fault: {nodePowerOff: {node: worker-2}}\n"},
    /* targets */
    {FAULT("{nodePowerOff: {node: w-9}}"), P "43: spec.timeline[0].fault.nodePowerOff.node: there is no node 'w-9'; write w-1\n"},
    {FAULT("{nodePowerOff: {nodes: [w-1, x]}}"), P "50: spec.timeline[0].fault.nodePowerOff.nodes: there is no node 'x'; write w-1\n"},
    {FAULT("{nodePowerOff: {}}"), P "21: spec.timeline[0].fault.nodePowerOff: no target; write node: NAME, nodes: [...] or selector: {...}\n"},
    {FAULT("{nodePowerOff: w-1}"), P "36: spec.timeline[0].fault.nodePowerOff: this is no map; write {nodePowerOff: {KEY: VALUE}}\n" P "21: spec.timeline[0].fault.nodePowerOff: no target; write node: NAME, nodes: [...] or selector: {...}\n"},
    {FAULT("{networkPartition: {node: w-1, peers: [mars]}}"), P "60: spec.timeline[0].fault.networkPartition: there is no node 'mars'; write w-1\n"},
    {FAULT("{podKill: {}}"), P "21: spec.timeline[0].fault.podKill: no target; write pod: NAME, or selector: {app: web} and mode: one\n"},
    {FAULT("{containerCrash: {pod: a, continer: b}}"), P "47: spec.timeline[0].fault.containerCrash.continer: unknown field 'continer'; write container\n"},
    /* mode and value */
    {FAULT("{nodePowerOff: {selector: {a: b}, mode: some}}"), P "61: spec.timeline[0].fault.nodePowerOff.mode: unknown word 'some'; write one\n"},
    {FAULT("{nodePowerOff: {selector: {a: b}, mode: fixed}}"), P "61: spec.timeline[0].fault.nodePowerOff: mode: fixed needs a number; write value: 1\n"},
    {FAULT("{nodePowerOff: {selector: {a: b}, mode: percent, value: 120}}"), P "77: spec.timeline[0].fault.nodePowerOff: 120 is no percentage; write a value from 1 to 100\n"},
    {FAULT("{nodePowerOff: {selector: {a: b}, value: 2}}"), P "62: spec.timeline[0].fault.nodePowerOff: value belongs to mode; write mode: fixed or mode: percent beside it\n"},
    {FAULT("{nodePowerOff: {node: w-1, mode: all}}"), P "54: spec.timeline[0].fault.nodePowerOff: mode: all chooses among what a selector matches; write selector: {KEY: VALUE} beside it\n"},
    {FAULT("{nodePowerOff: {selector: {a: b}, mode: fixed, value: -1}}"), P "61: spec.timeline[0].fault.nodePowerOff: mode: fixed needs a number; write value: 1\n" P "75: spec.timeline[0].fault.nodePowerOff.value: '-1' is out of range; write a value from 0 to 1000000\n"},
    /* what cannot be undone */
    {FAULT("{nodeReboot: {node: w-1, duration: 5s}}"), P "46: spec.timeline[0].fault.nodeReboot.duration: unknown field 'duration'; write one of node, nodes, selector, mode, value, mttf\n"},
    {FAULT("{podKill: {pod: a, duration: 5s}}"), P "40: spec.timeline[0].fault.podKill.duration: unknown field 'duration'; write one of pod, namespace, selector, mode, value, mttf\n"},
    {SCENARIO(THREE "  timeline:\n  - {every: 10s, fault: {nodePowerOff: {node: w-1, duration: 10s}}}\n"), P "40: spec.timeline[0].fault: the fault would begin again before it ends; write a duration below every\n"},
    /* at random */
    {FAULT("{nodePowerOff: {node: w-1, mttf: 10m, mttr: 1m}}"), ""},
    {FAULT("{nodePowerOff: {selector: {a: b}, mode: one, mttf: 10m, duration: 1m}}"), ""},
    {FAULT("{componentCrash: {component: scheduler, mttf: 5m}}"), ""},
    {FAULT("{podKill: {selector: {a: b}, mttf: 5m}}"), ""},
    {FAULT("{nodePowerOff: {node: w-1, mttr: 7m}}"), P "54: spec.timeline[0].fault.nodePowerOff: mttr ends what mttf begins; write mttf: 10m beside it, or duration\n"},
    {FAULT("{nodePowerOff: {node: w-1, mttf: 7m}}"), P "54: spec.timeline[0].fault.nodePowerOff: it would fail once and stay so; write mttr: 1m beside it\n"},
    {FAULT("{nodePowerOff: {node: w-1, mttf: 5m, mttr: 7m, duration: 9m}}"), P "64: spec.timeline[0].fault.nodePowerOff: both duration and mttr; write one of them\n"},
    {FAULT("{podKill: {pod: a, mttf: 0s}}"), P "46: spec.timeline[0].fault.podKill: a mean of 0s has no end of failures; write a time above 0\n"},
    {SCENARIO(THREE "  timeline:\n  - {every: 10s, fault: {podKill: {pod: a, mttf: 5m}}}\n"), P "13: spec.timeline[0].fault: mttf repeats the fault by itself; write at: 0s instead of every\n"},
    {SCENARIO(THREE "  timeline:\n  - {at: 1s, id: f, fault: {podKill: {pod: a, mttf: 5m}}}\n  - {after: f, mark: x}\n"), "t.yaml:9:13: spec.timeline[1].after: the fault of 'f' happens again and again (mttf), so nothing comes after it; write at\n"},
    /* components */
    {FAULT("{componentCrash: {}}"), P "21: spec.timeline[0].fault.componentCrash: no component; write component: scheduler, controller-manager, apiserver, etcd, kubelet or kube-proxy\n"},
    {FAULT("{componentCrash: {component: sheduler}}"), P "50: spec.timeline[0].fault.componentCrash.component: unknown word 'sheduler'; write scheduler\n" P "21: spec.timeline[0].fault.componentCrash: no component; write component: scheduler, controller-manager, apiserver, etcd, kubelet or kube-proxy\n"},
    {FAULT("{componentCrash: {component: kubelet}}"), P "50: spec.timeline[0].fault.componentCrash: a kubelet runs on every node; write node: NAME beside it\n"},
    {FAULT("{componentPause: {component: etcd, node: w-1}}"), P "62: spec.timeline[0].fault.componentPause: the etcd runs on no node; leave node out\n"},
    {FAULT("{componentCrash: {component: apiserver, member: 1}}"), P "69: spec.timeline[0].fault.componentCrash: there is no apiserver 1; write 0 to 0\n"},
    {FAULT("{componentStop: {component: kubelet, node: w-1, member: 0}}"), P "77: spec.timeline[0].fault.componentStop: the kubelet has no members; leave member out\n"},
    {FAULT("{diskSlow: {member: 1}}"), P "41: spec.timeline[0].fault.diskSlow: there is no etcd member 1; write 0 to 0\n"},
    {FAULT("{diskSlow: {factor: 0}}"), P "41: spec.timeline[0].fault.diskSlow.factor: '0' is out of range; write a value from 1 to 1000000\n"},
};

static int
compare_lines(gconstpointer a, gconstpointer b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Two mistakes of one line: in whatever order of columns. */
static char *
sorted_lines(const char *text)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

    qsort(lines, g_strv_length(lines), sizeof *lines, compare_lines);
    return g_strjoinv("\n", lines);
}

START_TEST(test_messages)
{
    g_autofree char *messages = messages_of(cases[_i].text, NULL);
    g_autofree char *got = sorted_lines(messages);
    g_autofree char *want = sorted_lines(cases[_i].want);

    ck_assert_str_eq(got, want);
}
END_TEST

/* Every fault has a doc, a sentence, and stands in the list in order of names. */
START_TEST(test_list)
{
    for (guint i = 0; fault_defs[i] != NULL; i++) {
        ck_assert(i == 0 || strcmp(fault_defs[i - 1]->name, fault_defs[i]->name) < 0);
        ck_assert(g_str_has_suffix(fault_defs[i]->doc, "."));
        ck_assert_ptr_nonnull(fault_defs[i]->begin);
        ck_assert_ptr_nonnull(fault_defs[i]->tell);
        ck_assert_ptr_eq(fault_find(fault_defs[i]->name), fault_defs[i]);
    }
    ck_assert_ptr_null(fault_find("nothing"));
}
END_TEST

/* The world 5 s later and, where there is a duration of 10 s, 20 s later. */
typedef struct {
    const char *fault;
    const char *sentence;
    gboolean (*is_under_way)(Cluster *cluster);
    gboolean ends;
} Effect;

static Machine *
machine(Cluster *cluster, const char *name)
{
    return world_find_machine(cluster->world, name);
}

static gboolean
is_off(Cluster *cluster)
{
    return !machine_is_on(machine(cluster, "w-2"));
}

static gboolean
two_are_off(Cluster *cluster)
{
    guint count = 0;

    for (guint i = 0; i < cluster->nodes->len; i++)
        count += !machine_is_on(((ClusterNode *)g_ptr_array_index(cluster->nodes, i))->machine);
    return count == 2;
}

static gboolean
is_cut_off(Cluster *cluster)
{
    return world_is_cut(cluster->world, machine(cluster, "w-2"), machine(cluster, "control-plane")) && world_is_cut(cluster->world, machine(cluster, "w-2"), machine(cluster, "w-1"));
}

static gboolean
is_cut_from_one(Cluster *cluster)
{
    return world_is_cut(cluster->world, machine(cluster, "w-2"), machine(cluster, "w-1")) && !world_is_cut(cluster->world, machine(cluster, "w-2"), machine(cluster, "control-plane"));
}

static gboolean
is_down(Cluster *cluster)
{
    return process_state(cluster_process(cluster, "scheduler", NULL)) == PROCESS_STOPPED;
}

static gboolean
is_paused(Cluster *cluster)
{
    return process_state(cluster_process(cluster, "controller-manager", NULL)) == PROCESS_PAUSED;
}

static gboolean
kubelet_is_down(Cluster *cluster)
{
    return process_state(cluster_process(cluster, "kubelet", "w-2")) == PROCESS_STOPPED && process_is_running(cluster_process(cluster, "kubelet", "w-1"));
}

static gboolean
proxy_is_down(Cluster *cluster)
{
    return process_state(cluster_process(cluster, "kube-proxy", "w-2")) == PROCESS_STOPPED;
}

static const Effect effects[] = {
    {"{nodePowerOff: {node: w-2}}", "w-2 loses power", is_off, FALSE},
    {"{nodePowerOff: {node: w-2, duration: 10s}}", "w-2 loses power", is_off, TRUE},
    {"{nodePowerOff: {nodes: [w-1, w-3], duration: 10s}}", "w-1 and w-3 lose power", two_are_off, TRUE},
    {"{nodePowerOff: {selector: {kubernetes.io/os: linux}, mode: fixed, value: 2, duration: 10s}}", NULL, two_are_off, TRUE},
    {"{nodePowerOff: {selector: {kubernetes.io/os: linux}, mode: percent, value: 70}}", NULL, two_are_off, FALSE},
    {"{nodeReboot: {node: w-2}}", "w-2 reboots", is_off, TRUE},
    {"{nodeShutdown: {node: w-2}}", "w-2 is shut down", is_off, FALSE},
    {"{nodeShutdown: {node: w-2, duration: 10s}}", "w-2 is shut down", is_off, TRUE},
    {"{networkPartition: {node: w-2, duration: 10s}}", "w-2 is cut off from the network", is_cut_off, TRUE},
    {"{networkPartition: {node: w-2, peers: [w-1], duration: 10s}}", "w-2 is cut off from w-1", is_cut_from_one, TRUE},
    {"{componentCrash: {component: scheduler, duration: 10s}}", "the scheduler crashes", is_down, TRUE},
    {"{componentCrash: {component: scheduler}}", "the scheduler crashes", is_down, TRUE}, /* its supervisor, after 10 s */
    {"{componentStop: {component: scheduler, duration: 10s}}", "the scheduler is told to end", is_down, TRUE},
    {"{componentStop: {component: scheduler, restart: 10s}}", "the scheduler is told to end", is_down, TRUE},
    {"{componentStop: {component: scheduler}}", "the scheduler is told to end", is_down, FALSE},
    {"{componentStop: {component: kube-proxy, node: w-2, duration: 10s}}", "the kube-proxy of w-2 is told to end", proxy_is_down, TRUE},
    {"{componentPause: {component: controller-manager, duration: 10s}}", "the controller-manager stands still", is_paused, TRUE},
    {"{componentPause: {component: kube-controller-manager}}", "the kube-controller-manager stands still", is_paused, FALSE},
    {"{kubeletStop: {node: w-2, duration: 10s}}", "the kubelet of w-2 stops; its containers go on", kubelet_is_down, TRUE},
    {"{kubeletStop: {node: w-2}}", "the kubelet of w-2 stops; its containers go on", kubelet_is_down, FALSE},
    {"{componentCrash: {component: kube-proxy, node: w-2, restart: 10s}}", "the kube-proxy of w-2 crashes", proxy_is_down, TRUE},
};

START_TEST(test_effects)
{
    const Effect *effect = &effects[_i];
    g_autofree char *text = g_strdup_printf(SCENARIO("  cluster: {nodes: [{name: w, count: 3, bootMin: 8s, bootMax: 9s}]}\n  timeline:\n  - {at: 10s, fault: %s}\n"), effect->fault);
    g_auto(Play) play = play_until(text, 15 * NS_PER_S);
    Cluster *cluster = run_cluster(play.run);

    ck_assert_uint_eq(run_mark_count(play.run), 1);
    if (effect->sentence != NULL)
        ck_assert_str_eq(run_mark(play.run, 0)->text, effect->sentence);
    ck_assert(effect->is_under_way(cluster));
    run_advance(play.run, 40 * NS_PER_S);
    ck_assert_int_eq(effect->is_under_way(cluster), !effect->ends);
}
END_TEST

#define WITH_POD                                                                                   \
    "---\napiVersion: v1\nkind: Pod\nmetadata: {name: p, labels: {app: x}}\nspec:\n  containers: [{name: c, image: nginx}]\n"

/* podKill deletes at once; containerCrash makes the kubelet start the container again. */
START_TEST(test_pods)
{
    g_auto(Play) killed = play(SCENARIO(ONE_NODE "  images: [{match: '*', present: true}]\n  timeline:\n  - {at: 30s, fault: {podKill: {selector: {app: x}}}}\n"
                                                 "  expect:\n  - {at: 29s, that: pod/p exists}\n  - {at: 31s, that: pod/p absent}\n") WITH_POD);
    g_auto(Play) crashed = play(SCENARIO(ONE_NODE "  images: [{match: '*', present: true}]\n  timeline:\n  - {at: 30s, fault: {containerCrash: {pod: p}}}\n"
                                                  "  expect:\n  - {at: 29s, that: 'pod/p {.status.containerStatuses[0].restartCount} == 0'}\n"
                                                  "  - {at: end, that: 'pod/p {.status.containerStatuses[0].restartCount} == 1'}\n"
                                                  "  - {at: end, that: 'pod/p {.status.containerStatuses[0].lastState.terminated.exitCode} == 137'}\n") WITH_POD);
    g_autofree char *a = checks_of(killed.run);
    g_autofree char *b = checks_of(crashed.run);

    ck_assert_msg(run_failures(killed.run) == 0, "%s", a);
    ck_assert_msg(run_failures(crashed.run) == 0, "%s", b);
    ck_assert_str_eq(run_mark(killed.run, 0)->text, "a pod with app=x is deleted by force");
    ck_assert_str_eq(run_mark(crashed.run, 0)->text, "a container of pod p is killed");
}
END_TEST

/*
 * v1.34 pkg/kubelet/status needsReconcile: pods that the node controller marked not
 * ready while the node was silent are ready again within 10 s of its return.
 */
START_TEST(test_return)
{
    g_auto(Play) played = play("apiVersion: desk8s/v1\nkind: Scenario\nmetadata: {name: t}\nspec:\n  duration: 3m\n" ONE_NODE
                               "  images: [{match: '*', present: true}]\n  timeline:\n  - {at: 20s, id: cut, fault: {networkPartition: {node: a, duration: 70s}}}\n"
                               "  - {after: cut, id: healed, mark: healed}\n"
                               "  expect:\n  - {within: 70s, after: cut, that: count pods ready == 0}\n  - {within: 30s, after: healed, that: count pods ready == 1}\n" WITH_POD);
    g_autofree char *checks = checks_of(played.run);

    ck_assert_msg(run_failures(played.run) == 0, "%s", checks);
}
END_TEST

#define HANDOVER(version, gates, expect)                                                           \
    "apiVersion: desk8s/v1\nkind: Scenario\nmetadata: {name: t}\nspec:\n  kubernetesVersion: '" version "'\n  duration: 30s\n" \
    "  cluster: {controlPlane: {replicas: 2}, featureGates: {" gates "}, nodes: [{name: a}]}\n"    \
    "  timeline:\n  - {at: 10s, fault: {componentStop: {component: controller-manager}}}\n"         \
    "  expect:\n  - {at: 16s, that: 'kube-system/lease/kube-controller-manager {.spec.leaseTransitions} == " expect "'}\n"

/* v1.36 ControllerManagerReleaseLeaderElectionLockOnExit; without it the signal just ends the process */
START_TEST(test_handover)
{
    static const char *const texts[] = {
        HANDOVER("1.34", "", "0"),
        HANDOVER("1.36", "", "0"),
        HANDOVER("1.36", "ControllerManagerReleaseLeaderElectionLockOnExit: true", "1"),
    };
    g_auto(Play) played = play(texts[_i]);
    g_autofree char *checks = checks_of(played.run);

    ck_assert_msg(run_failures(played.run) == 0, "%s", checks);
}
END_TEST

/* Requests take longer while apiLatency lasts. */
START_TEST(test_latency)
{
    g_auto(Play) slow = play(SCENARIO(ONE_NODE "  timeline:\n  - {at: 10s, fault: {apiLatency: {latency: 5s, duration: 20s}}}\n"
                                               "  - {at: 5s, kubectl: get nodes}\n  - {at: 12s, kubectl: get nodes}\n  - {at: 40s, kubectl: get nodes}\n"));

    for (guint i = 0; i < 3; i++) {
        const RunCommand *command = run_command(slow.run, i);
        gboolean is_slow = command->end_ns - command->start_ns >= 5 * NS_PER_S;

        ck_assert_int_eq(command->exit, 0);
        ck_assert_int_eq(is_slow, i == 1);
    }
}
END_TEST

Suite *
faults_suite(void)
{
    Suite *suite = suite_create("faults");
    TCase *tcase = tcase_create("faults");

    tcase_set_timeout(tcase, 120);
    tcase_add_loop_test(tcase, test_messages, 0, G_N_ELEMENTS(cases));
    tcase_add_test(tcase, test_list);
    tcase_add_loop_test(tcase, test_effects, 0, G_N_ELEMENTS(effects));
    tcase_add_test(tcase, test_pods);
    tcase_add_test(tcase, test_return);
    tcase_add_loop_test(tcase, test_handover, 0, 3);
    tcase_add_test(tcase, test_latency);
    suite_add_tcase(suite, tcase);
    return suite;
}
