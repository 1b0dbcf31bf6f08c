/* test_printers.c - v1.34 pkg/printers/internalversion/printers_test.go, and recorded sessions */

#include "tests/kubectl/support.h"

#include "kubectl/print.h"
#include "kubectl/printers.h"

Suite *printers_suite(void);

/* Cells joined by '|', all but the wide ones unless @wide. (owned) */
static char *
row_of(const ApiObject *object, gboolean wide)
{
    const Printer *printer = printer_find(object->kind);
    g_autoptr(GPtrArray) cells = g_ptr_array_new_with_free_func(g_free);
    GString *text = g_string_new(NULL);

    printer->cells(object, NOW_NS, wide, cells);
    for (guint i = 0; printer->columns[i].title != NULL; i++)
        if (wide || !printer->columns[i].is_wide)
            g_string_append_printf(text, "%s%s", text->len > 0 ? "|" : "",
                                   (const char *)g_ptr_array_index(cells, i));
    return g_string_free(text, FALSE);
}

#define POD                                                                                        \
    "apiVersion: v1\nkind: Pod\nmetadata: {name: p, creationTimestamp: '2026-11-20T11:55:00Z'}\n"
#define TWO  "spec: {containers: [{name: a}, {name: b}]}\n"
#define ONE  "spec: {containers: [{name: a}]}\n"
#define INIT "spec: {initContainers: [{name: i}, {name: j}], containers: [{name: a}]}\n"
#define SIDECAR                                                                                    \
    "spec: {initContainers: [{name: s, restartPolicy: Always}], containers: [{name: a}]}\n"
#define RUN "ready: true, state: {running: {startedAt: '2026-11-20T11:55:01Z'}}"

static const struct {
    const char *yaml, *want;
} pod_cases[] = {
    {POD TWO "status: {phase: podPhase, reason: podReason, containerStatuses: [{name: a, "
             "restartCount: 3, " RUN "}, {name: b, restartCount: 3, ready: true}]}",
     "p|1/2|podReason|6|5m"},
    {POD TWO "status: {phase: Pending, containerStatuses: [{name: a, restartCount: 3, " RUN
             "}, {name: b, restartCount: 3, ready: true}]}",
     "p|1/2|Pending|6|5m"},
    {POD TWO "status: {phase: podPhase, containerStatuses: [{name: a, restartCount: 3, " RUN
             "}, {name: b, restartCount: 3, state: {waiting: {reason: ContainerWaitingReason}}}]}",
     "p|1/2|ContainerWaitingReason|6|5m"},
    {POD TWO "status: {phase: podPhase, containerStatuses: [{name: a, restartCount: 3, state: "
             "{terminated: {reason: ContainerTerminatedReason}}}, {name: b, restartCount: 3, "
             "ready: true, state: {running: {}}}]}",
     "p|1/2|ContainerTerminatedReason|6|5m"},
    {POD ONE "status: {phase: Failed}", "p|0/1|Failed|0|5m"},
    {POD ONE "status: {phase: Pending, conditions: [{type: PodScheduled, status: 'False', reason: "
             "SchedulingGated}]}",
     "p|0/1|SchedulingGated|0|5m"},
    {POD ONE "status: {phase: Running, containerStatuses: [{name: a, ready: false, state: "
             "{terminated: {exitCode: 1, signal: 9}}}]}",
     "p|0/1|Signal:9|0|5m"},
    {POD ONE "status: {phase: Running, containerStatuses: [{name: a, ready: false, state: "
             "{terminated: {exitCode: 4}}}]}",
     "p|0/1|ExitCode:4|0|5m"},
    /* restarts with the time of the last end, as recorded: 1 (5s ago) */
    {POD ONE "status: {phase: Running, containerStatuses: [{name: a, restartCount: 3, " RUN
             ", lastState: {terminated: {finishedAt: '2026-11-15T12:00:00Z'}}}]}",
     "p|1/1|Running|3 (5d ago)|5m"},
    {POD ONE "status: {phase: Running, containerStatuses: [{name: a, restartCount: 1, ready: "
             "false, state: {terminated: {reason: Error, exitCode: 1}}, lastState: {terminated: "
             "{finishedAt: '2026-11-20T11:59:55Z'}}}]}",
     "p|0/1|Error|1 (5s ago)|5m"},
    /* init containers */
    {POD INIT "status: {phase: Pending, initContainerStatuses: [{name: i, restartCount: 3, state: "
              "{running: {}}, lastState: {terminated: {finishedAt: '2026-11-20T11:59:50Z'}}}, "
              "{name: j, state: {waiting: {reason: PodInitializing}}}], containerStatuses: [{name: "
              "a, state: {waiting: {reason: PodInitializing}}}]}",
     "p|0/1|Init:0/2|3 (10s ago)|5m"},
    {POD INIT "status: {phase: Pending, initContainerStatuses: [{name: i, state: {terminated: "
              "{exitCode: 0, reason: Completed}}}, {name: j, restartCount: 2, state: {waiting: "
              "{reason: CrashLoopBackOff}}}]}",
     "p|0/1|Init:CrashLoopBackOff|2|5m"},
    {POD INIT "status: {phase: Pending, initContainerStatuses: [{name: i, state: {terminated: "
              "{exitCode: 3, reason: Error}}}, {name: j}]}",
     "p|0/1|Init:Error|0|5m"},
    {POD INIT "status: {phase: Pending, initContainerStatuses: [{name: i, state: {terminated: "
              "{exitCode: 3}}}, {name: j}]}",
     "p|0/1|Init:ExitCode:3|0|5m"},
    {POD INIT "status: {phase: Pending, initContainerStatuses: [{name: i, state: {terminated: "
              "{exitCode: 3, signal: 6}}}, {name: j}]}",
     "p|0/1|Init:Signal:6|0|5m"},
    {POD INIT "status: {phase: Running, initContainerStatuses: [{name: i, restartCount: 3, state: "
              "{terminated: {exitCode: 0}}}, {name: j, state: {terminated: {exitCode: 0}}}], "
              "containerStatuses: [{name: a, restartCount: 2, " RUN "}]}",
     "p|1/1|Running|2|5m"},
    /* sidecars count, and their restarts stay */
    {POD SIDECAR "status: {phase: Running, initContainerStatuses: [{name: s, started: true, "
                 "restartCount: 4, " RUN "}], containerStatuses: [{name: a, restartCount: 1, " RUN
                 "}]}",
     "p|2/2|Running|5|5m"},
    {POD SIDECAR
     "status: {phase: Pending, initContainerStatuses: [{name: s, started: false, state: {running: "
     "{}}}], containerStatuses: [{name: a, state: {waiting: {reason: PodInitializing}}}]}",
     "p|0/2|Init:0/1|0|5m"},
    /* one has ended, one runs */
    {POD TWO
     "status: {phase: Running, conditions: [{type: Ready, status: 'True'}], containerStatuses: "
     "[{name: a, ready: false, state: {terminated: {reason: Completed}}}, {name: b, " RUN "}]}",
     "p|1/2|Running|0|5m"},
    {POD TWO
     "status: {phase: Running, conditions: [{type: Ready, status: 'False'}], containerStatuses: "
     "[{name: a, ready: false, state: {terminated: {reason: Completed}}}, {name: b, " RUN "}]}",
     "p|1/2|NotReady|0|5m"},
    /* deletion */
    {"apiVersion: v1\nkind: Pod\nmetadata: {name: p, creationTimestamp: '2026-11-20T11:55:00Z', "
     "deletionTimestamp: '2026-11-20T12:00:00Z'}\n" ONE
     "status: {phase: Running, containerStatuses: [{name: a, " RUN "}]}",
     "p|1/1|Terminating|0|5m"},
    {"apiVersion: v1\nkind: Pod\nmetadata: {name: p, creationTimestamp: '2026-11-20T11:55:00Z', "
     "deletionTimestamp: '2026-11-20T12:00:00Z'}\n" ONE
     "status: {phase: Failed, containerStatuses: [{name: a, state: {terminated: {reason: "
     "Error}}}]}",
     "p|0/1|Error|0|5m"},
    {"apiVersion: v1\nkind: Pod\nmetadata: {name: p, creationTimestamp: '2026-11-20T11:55:00Z', "
     "deletionTimestamp: '2026-11-20T12:00:00Z'}\n" ONE
     "status: {phase: Running, reason: NodeLost}",
     "p|0/1|Unknown|0|5m"},
};

START_TEST(test_pod)
{
    g_autoptr(ApiObject) pod = object_from_yaml(pod_cases[_i].yaml);
    g_autofree char *row = row_of(pod, FALSE);

    ck_assert_str_eq(row, pod_cases[_i].want);
}
END_TEST

#define AT "creationTimestamp: '2026-11-20T11:55:00Z'"

#define HPA(metrics, status)                                                                       \
    "apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: h, "              \
    "creationTimestamp: '2026-11-20T11:55:00Z'}\nspec: {scaleTargetRef: {kind: Deployment, name: " \
    "d}, minReplicas: 2, maxReplicas: 10, metrics: [" metrics                                       \
    "]}\nstatus: {currentReplicas: 4, currentMetrics: [" status "]}\n"
#define CPU(target) "{type: Resource, resource: {name: cpu, target: {" target "}}}"

static const struct {
    const char *yaml, *want;
    gboolean wide;
} other_cases[] = {
    /* TestPrintHPA */
    {HPA("", ""), "h|Deployment/d|<none>|2|10|4|5m", FALSE},
    {HPA(CPU("averageUtilization: 80"), ""), "h|Deployment/d|cpu: <unknown>/80%|2|10|4|5m", FALSE},
    {HPA(CPU("averageUtilization: 80"), "{type: Resource, resource: {name: cpu}}"), "h|Deployment/d|cpu: <unknown>/80%|2|10|4|5m", FALSE},
    {HPA(CPU("averageUtilization: 80"), "{type: Resource, resource: {name: cpu, current: {averageUtilization: 50, averageValue: 40m}}}"),
     "h|Deployment/d|cpu: 50%/80%|2|10|4|5m", FALSE},
    {HPA(CPU("averageValue: 100m"), "{type: Resource, resource: {name: cpu, current: {averageValue: 50m}}}"),
     "h|Deployment/d|cpu: 50m/100m|2|10|4|5m", FALSE},
    {HPA("{type: External, external: {metric: {name: q}, target: {averageValue: 100}}}",
         "{type: External, external: {metric: {name: q}, current: {averageValue: 50}}}"),
     "h|Deployment/d|50/100 (avg)|2|10|4|5m", FALSE},
    {HPA("{type: External, external: {metric: {name: q}, target: {value: 100}}}", ""), "h|Deployment/d|<unknown>/100|2|10|4|5m", FALSE},
    {HPA("{type: Pods, pods: {metric: {name: q}, target: {averageValue: 100}}}",
         "{type: Pods, pods: {metric: {name: q}, current: {averageValue: 50}}}"),
     "h|Deployment/d|50/100|2|10|4|5m", FALSE},
    {HPA("{type: Object, object: {metric: {name: q}, target: {averageValue: 100}}}",
         "{type: Object, object: {metric: {name: q}, current: {averageValue: 50}}}"),
     "h|Deployment/d|50/100 (avg)|2|10|4|5m", FALSE},
    {HPA("{type: ContainerResource, containerResource: {name: cpu, container: c, target: {averageUtilization: 80}}}",
         "{type: ContainerResource, containerResource: {name: cpu, container: c, current: {averageUtilization: 50}}}"),
     "h|Deployment/d|cpu: 50%/80%|2|10|4|5m", FALSE},
    {HPA(CPU("averageUtilization: 80") "," CPU("averageValue: 1") "," CPU("averageValue: 2") "," CPU("averageValue: 3"), ""),
     "h|Deployment/d|cpu: <unknown>/80%, cpu: <unknown>/1 + 2 more...|2|10|4|5m", FALSE},
    {POD "spec: {nodeName: n1, containers: [{name: a}], readinessGates: [{conditionType: c1}, "
         "{conditionType: c2}]}\nstatus: {phase: Running, nominatedNodeName: n2, podIPs: [{ip: "
         "1.1.1.1}, {ip: '2001:db8::1'}], conditions: [{type: c1, status: 'True'}]}",
     "p|0/1|Running|0|5m|1.1.1.1|n1|n2|1/2", TRUE},
    {POD ONE "status: {phase: Pending}", "p|0/1|Pending|0|5m|<none>|<none>|<none>|<none>", TRUE},
    {"apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: d, " AT
     "}\nspec: {replicas: 5, selector: {matchLabels: {foo: bar}}, template: {spec: {containers: "
     "[{name: f1, image: i1}, {name: f2, image: i2}]}}}\nstatus: {replicas: 10, updatedReplicas: "
     "2, availableReplicas: 1, unavailableReplicas: 4}",
     "d|0/5|2|1|5m|f1,f2|i1,i2|foo=bar", TRUE},
    {"apiVersion: apps/v1\nkind: ReplicaSet\nmetadata: {name: r, " AT
     "}\nspec: {replicas: 5, selector: {matchLabels: {foo: bar}}, template: {spec: {containers: "
     "[{name: f1, image: i1}]}}}\nstatus: {replicas: 5, readyReplicas: 2}",
     "r|5|5|2|5m"},
    {"apiVersion: v1\nkind: Service\nmetadata: {name: s, " AT
     "}\nspec: {type: ClusterIP, clusterIPs: [10.9.8.7], ports: [{protocol: tcp, port: 2233}], "
     "selector: {a: b}}",
     "s|ClusterIP|10.9.8.7|<none>|2233/tcp|5m|a=b", TRUE},
    {"apiVersion: v1\nkind: Service\nmetadata: {name: s, " AT
     "}\nspec: {type: NodePort, clusterIPs: [10.9.8.7], externalIPs: [1.2.3.4, 5.6.7.8], ports: "
     "[{protocol: TCP, port: 80, nodePort: 30080}, {protocol: UDP, port: 53}]}",
     "s|NodePort|10.9.8.7|1.2.3.4,5.6.7.8|80:30080/TCP,53/UDP|5m"},
    {"apiVersion: v1\nkind: Service\nmetadata: {name: s, " AT
     "}\nspec: {type: LoadBalancer, clusterIPs: [10.9.8.7], ports: [{protocol: TCP, port: 80}]}",
     "s|LoadBalancer|10.9.8.7|<pending>|80/TCP|5m"},
    {"apiVersion: v1\nkind: Service\nmetadata: {name: s, " AT
     "}\nspec: {type: LoadBalancer, clusterIPs: [10.9.8.7], ports: [{protocol: TCP, port: "
     "80}]}\nstatus: {loadBalancer: {ingress: [{ip: 111.112.113.114}, {hostname: "
     "lb.example.com}]}}",
     "s|LoadBalancer|10.9.8.7|111.112.113.1...|80/TCP|5m"},
    {"apiVersion: v1\nkind: Service\nmetadata: {name: s, " AT
     "}\nspec: {type: LoadBalancer, clusterIPs: [10.9.8.7], ports: [{protocol: TCP, port: "
     "80}]}\nstatus: {loadBalancer: {ingress: [{ip: 111.112.113.114}, {hostname: "
     "lb.example.com}]}}",
     "s|LoadBalancer|10.9.8.7|111.112.113.114,lb.example.com|80/TCP|5m|<none>", TRUE},
    {"apiVersion: v1\nkind: Service\nmetadata: {name: s, " AT
     "}\nspec: {type: ExternalName, externalName: my.db}",
     "s|ExternalName|<none>|my.db|<none>|5m"},
    {"apiVersion: v1\nkind: Service\nmetadata: {name: s, " AT
     "}\nspec: {type: ClusterIP, clusterIPs: [None], ports: [{protocol: TCP, port: 80}]}",
     "s|ClusterIP|None|<none>|80/TCP|5m"},
    {"apiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata: {name: e, " AT
     "}\naddressType: IPv4\nports: [{name: http, port: 80, protocol: TCP}]\nendpoints: "
     "[{addresses: [10.1.2.3, '2001:db8::1234:5678']}]",
     "e|IPv4|80|10.1.2.3,2001:db8::1234:5678|5m"},
    {"apiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata: {name: e, " AT
     "}\naddressType: IPv4\nports: [{name: http}, {name: ''}]\nendpoints: [{addresses: [1.1.1.1]}, "
     "{addresses: [1.1.1.2], conditions: {ready: false}}, {addresses: [1.1.1.3]}, {addresses: "
     "[1.1.1.4]}, {addresses: [1.1.1.5]}]",
     "e|IPv4|http,*|1.1.1.1,1.1.1.2,1.1.1.3 + 2 more...|5m"},
    {"apiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata: {name: e, " AT
     "}\naddressType: IPv4\nendpoints: []",
     "e|IPv4|<unset>|<unset>|5m"},
    {"apiVersion: v1\nkind: Node\nmetadata: {name: n1, " AT
     ", labels: {kubernetes.io/role: node}}\nstatus: {conditions: [{type: Ready, status: 'True'}], "
     "nodeInfo: {kubeletVersion: v1.34.4}}",
     "n1|Ready|node|5m|v1.34.4|<none>|<none>|<unknown>|<unknown>|<unknown>", TRUE},
    {"apiVersion: v1\nkind: Node\nmetadata: {name: n1, " AT
     ", labels: {node-role.kubernetes.io/master: '', node-role.kubernetes.io/: '', "
     "node-role.kubernetes.io/control-plane: ''}}\nspec: {unschedulable: true}\nstatus: "
     "{conditions: [{type: Ready, status: 'False'}]}",
     "n1|NotReady,SchedulingDisabled|control-plane,master|5m|"},
    {"apiVersion: v1\nkind: Node\nmetadata: {name: n1, " AT
     "}\nstatus: {addresses: [{type: Hostname, address: h}, {type: InternalIP, address: 10.0.0.1}, "
     "{type: ExternalIP, address: 8.8.8.8}]}",
     "n1|Unknown|<none>|5m||10.0.0.1|8.8.8.8|<unknown>|<unknown>|<unknown>", TRUE},
    {"apiVersion: v1\nkind: Node\nmetadata: {name: n1}\nstatus: {conditions: [{type: Ready, "
     "status: Unknown}]}",
     "n1|NotReady|<none>|<unknown>|"},
    {"apiVersion: v1\nkind: Namespace\nmetadata: {name: ns, " AT "}\nstatus: {phase: Terminating}",
     "ns|Terminating|5m"},
    {"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c, " AT
     "}\ndata: {a: b}\nbinaryData: {x: eA==}",
     "c|2|5m"},
    {"apiVersion: v1\nkind: Secret\nmetadata: {name: s, " AT "}\ntype: Opaque\ndata: {a: YQ==}",
     "s|Opaque|1|5m"},
    {"apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: sa, " AT "}\nsecrets: [{name: a}]",
     "sa|1|5m"},
    {"apiVersion: scheduling.k8s.io/v1\nkind: PriorityClass\nmetadata: {name: pc, " AT
     "}\nvalue: 7\nglobalDefault: true\npreemptionPolicy: Never",
     "pc|7|true|5m|Never"},
    {"apiVersion: v1\nkind: ResourceQuota\nmetadata: {name: q, " AT
     "}\nstatus: {hard: {pods: 10, cpu: 100m, limits.memory: 1Gi, requests.memory: 2Gi}, used: "
     "{pods: 4, cpu: 20m, requests.memory: 512Mi}}",
     "q|cpu: 20m/100m, pods: 4/10, requests.memory: 512Mi/2Gi|limits.memory: 0/1Gi|5m"},
    {"apiVersion: v1\nkind: LimitRange\nmetadata: {name: l, " AT "}\nspec: {limits: []}",
     "l|2026-11-20T11:55:00Z"},
    {"apiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {name: b, " AT
     "}\nspec: {maxUnavailable: 11}\nstatus: {disruptionsAllowed: 5}",
     "b|N/A|11|5|5m"},
    {"apiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {name: b, " AT
     "}\nspec: {minAvailable: 50%}",
     "b|50%|N/A|0|5m"},
    {"apiVersion: coordination.k8s.io/v1\nkind: Lease\nmetadata: {name: l, " AT
     "}\nspec: {holderIdentity: h}",
     "l|h|5m"},
    {"apiVersion: v1\nkind: Event\nmetadata: {name: e}\ninvolvedObject: {kind: Pod, name: p, "
     "fieldPath: 'spec.containers{c}'}\nreason: Started\nmessage: \" started\\n\"\ntype: "
     "Normal\ncount: 6\nfirstTimestamp: '2026-11-20T11:50:00Z'\nlastTimestamp: "
     "'2026-11-20T11:59:00Z'\nsource: {component: kubelet, host: n1}",
     "60s|Normal|Started|pod/p|spec.containers{c}|kubelet, n1|started|10m|6|e", TRUE},
    {"apiVersion: v1\nkind: Event\nmetadata: {name: e}\ninvolvedObject: {kind: Node, name: "
     "n1}\nreason: R\nmessage: m\ntype: Warning\neventTime: '2026-11-20T11:50:00.000000Z'\nseries: "
     "{count: 4, lastObservedTime: '2026-11-20T11:59:55.000000Z'}\nreportingComponent: "
     "default-scheduler",
     "5s|Warning|R|node/n1||default-scheduler|m|10m|4|e", TRUE},
    {"apiVersion: v1\nkind: Event\nmetadata: {name: e}\ninvolvedObject: {kind: Pod, name: "
     "p}\nreason: R\nmessage: m\ntype: Normal\neventTime: '2026-11-20T11:50:00.000000Z'",
     "10m|Normal|R|pod/p|m"},
};

START_TEST(test_other)
{
    g_autoptr(ApiObject) object = object_from_yaml(other_cases[_i].yaml);
    g_autofree char *row = row_of(object, other_cases[_i].wide);

    ck_assert_str_eq(row, other_cases[_i].want);
}
END_TEST

/*
 * cli-runtime tableprinter: at least 6 wide, 3 blanks between, cut at the first newline;
 * widths are kept.
 */
START_TEST(test_table)
{
    g_autoptr(ApiObject) long_one = object_from_yaml(
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a-long-name, namespace: n1, " AT
        ", labels: {app: web, tier.example.com/x: z}}\ndata: {a: b}");
    g_autoptr(ApiObject) short_one = object_from_yaml(
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: b, namespace: n2, " AT "}");
    PrintTableOptions options = {.show_labels = TRUE,
                                 .label_columns = "tier.example.com/x",
                                 .show_namespace = TRUE,
                                 .show_kind = TRUE};
    g_autoptr(PrintTable) table = print_table_new(&config_map_kind, &options);
    g_autoptr(GString) out = g_string_new(NULL);

    print_table_add(table, long_one, NULL, NOW_NS);
    print_table_flush(table, out);
    print_table_add(table, short_one, NULL, NOW_NS);
    print_table_flush(table, out);
    ck_assert_str_eq(out->str, "NAMESPACE   NAME                    DATA   AGE   X     LABELS\n"
                               "n1          configmap/a-long-name   1      5m    z     "
                               "app=web,tier.example.com/x=z\n"
                               "n2          configmap/b             0      5m          <none>\n");
}
END_TEST

START_TEST(test_watch_rows)
{
    g_autoptr(ApiObject) event =
        object_from_yaml("apiVersion: v1\nkind: Event\nmetadata: {name: e, namespace: "
                         "d}\ninvolvedObject: {kind: Pod, name: p}\nreason: R\nmessage: "
                         "\"one\\ntwo\"\ntype: Normal\nlastTimestamp: '2026-11-20T12:00:00Z'");
    PrintTableOptions options = {.show_event = TRUE};
    g_autoptr(PrintTable) table = print_table_new(&event_kind, &options);
    g_autoptr(GString) out = g_string_new(NULL);

    print_table_flush(table, out);
    ck_assert_str_eq(out->str, "");
    print_table_add(table, event, "ADDED", NOW_NS);
    print_table_flush(table, out);
    ck_assert_str_eq(out->str, "EVENT   LAST SEEN   TYPE     REASON   OBJECT   MESSAGE\n"
                               "ADDED   0s          Normal   R        pod/p    one...\n");
}
END_TEST

/* --- --sort-by --------------------------------------------------------------------------- */

static const struct {
    const char *path, *want;
} sort_cases[] = {
    {".metadata.name", "a1 a2 a10 b"},
    {"{.data.size}", "a2 b a10 a1"}, /* what has none comes first, then quantities */
    {".data.x", NULL},
    {"{.data", NULL},
};

START_TEST(test_sort)
{
    static const char *const texts[] = {
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a10}\ndata: {size: 2Gi}",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a2}",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: b}\ndata: {size: 100Mi}",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a1}\ndata: {size: 10Gi}",
    };
    g_autoptr(GPtrArray) objects = g_ptr_array_new_with_free_func(api_object_unref);
    g_autoptr(GString) names = g_string_new(NULL);
    g_autofree char *message = NULL;

    for (guint i = 0; i < G_N_ELEMENTS(texts); i++)
        g_ptr_array_add(objects, object_from_yaml(texts[i]));
    if (!print_sort(objects, sort_cases[_i].path, &message)) {
        ck_assert_ptr_null(sort_cases[_i].want);
        ck_assert_ptr_nonnull(message);
        return;
    }
    for (guint i = 0; i < objects->len; i++)
        g_string_append_printf(names, "%s%s", i > 0 ? " " : "",
                               api_name(g_ptr_array_index(objects, i)));
    ck_assert_str_eq(names->str, sort_cases[_i].want);
}
END_TEST

Suite *
printers_suite(void)
{
    Suite *suite = suite_create("kubectl/printers");
    TCase *tcase = tcase_create("printers");

    tcase_add_loop_test(tcase, test_pod, 0, G_N_ELEMENTS(pod_cases));
    tcase_add_loop_test(tcase, test_other, 0, G_N_ELEMENTS(other_cases));
    tcase_add_test(tcase, test_table);
    tcase_add_test(tcase, test_watch_rows);
    tcase_add_loop_test(tcase, test_sort, 0, G_N_ELEMENTS(sort_cases));
    suite_add_tcase(suite, tcase);
    return suite;
}
