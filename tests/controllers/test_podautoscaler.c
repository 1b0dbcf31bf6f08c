/*
 * HorizontalPodAutoscaler: the calculator, and whole syncs.
 *
 * Expectations: v1.34 pkg/controller/podautoscaler/replica_calculator_test.go and
 * horizontal_test.go where a row says so; the others are worked by hand from the
 * rules of replica_calculator.go and horizontal.go.
 */
#include "controllers/podautoscaler_sync.h"
#include "tests/controllers/mini.h"
#include "tests/controllers/suites.h"

/* --- calculator ------------------------------------------------------------------------------------ */

typedef enum { UTILIZATION, AVERAGE_CPU, AVERAGE, VALUE, PER_POD } Way;

/*
 * pods: a word each, its metric in milli or "-" if there is none, after marks: ! not
 * ready, P pending, F failed, D being deleted, Y started 100 s ago and changed since, x
 * there is a metric, but no pod.
 * requests: one for all, or one each; "-" none.
 */
static const struct {
    const char *name;
    Way way;
    const char *pods, *requests;
    gint64 target;
    gint32 current;
    double up, down; /* 0: 0.1 */
    gint64 usage;    /* VALUE, PER_POD */
    gint32 replicas;
    gint32 seen; /* UTILIZATION: percent; else milli, 0: not looked at */
    const char *error;
} calculations[] = {
    /* replica_calculator_test.go */
    {"ScaleUp", UTILIZATION, "300 500 700", "1000", 30, 3, 0, 0, 0, 5, 50, NULL},
    {"ScaleDown", UTILIZATION, "100 300 500 250 250", "1000", 50, 5, 0, 0, 0, 3, 28, NULL},
    {"Tolerance", UTILIZATION, "1010 1030 1020", "900 1000 1100", 100, 3, 0, 0, 0, 3, 102, NULL},
    {"DisjointResourcesMetrics", UTILIZATION, "- x100", "1000", 100, 1, 0, 0, 0, 0, 0, "no metrics returned matched known pods"},
    {"ScaleUpHotCpuLessScale", UTILIZATION, "Y300 500 700", "1000", 30, 3, 0, 0, 0, 4, 60, NULL},
    {"ScaleUpUnreadyNoScale", UTILIZATION, "400 !500 !700", "1000", 30, 3, 0, 0, 0, 3, 40, NULL},
    {"ScaleHotCpuNoScale", UTILIZATION, "400 !Y500 !Y700", "1000", 30, 3, 0, 0, 0, 3, 40, NULL},
    {"ScaleUpIgnoresFailedPods", UTILIZATION, "500 700 F- F-", "1000", 30, 2, 0, 0, 0, 4, 60, NULL},
    {"ScaleUpIgnoresDeletionPods", UTILIZATION, "500 700 D- D-", "1000", 30, 2, 0, 0, 0, 4, 60, NULL},
    {"ScaleUpCMUnreadyHotCpuNoLessScale", AVERAGE, "50000 10000 !Y30000", "-", 15000, 3, 0, 0, 0, 6, 30000, NULL},
    {"ScaleUpCMUnreadyHotCpuScaleWouldScaleDown", AVERAGE, "!Y50000 15000 !Y30000", "-", 15000, 3, 0, 0, 0, 7, 31666, NULL},
    {"ScaleUpCMPerPodObject", PER_POD, "", "-", 5000, 3, 0, 0, 20000, 4, 6667, NULL},
    {"ScaleUpCMObjectIgnoresUnreadyPods", VALUE, "!0 0 !0", "-", 10000, 3, 0, 0, 50000, 5, 50000, NULL},
    {"ScaleUpCMExternalIgnoresUnreadyPods", VALUE, "!0 0 !0", "-", 4400, 3, 0, 0, 8600, 2, 8600, NULL},
    {"ScaleUpPerPodCMExternal", PER_POD, "", "-", 2150, 3, 0, 0, 8600, 4, 2867, NULL},
    {"ScaleDownPerPodCMObject", PER_POD, "", "-", 2000, 5, 0, 0, 6000, 3, 1200, NULL},
    {"ScaleDownCMObject", VALUE, "0 0 0 0 0", "-", 20000, 5, 0, 0, 12000, 3, 12000, NULL},
    {"ScaleDownCMExternal", VALUE, "0 0 0 0 0", "-", 14334, 5, 0, 0, 8600, 3, 8600, NULL},
    {"ScaleDownPerPodCMExternal", PER_POD, "", "-", 2867, 5, 0, 0, 8600, 3, 1720, NULL},
    {"ScaleDownIncludeUnreadyPods", UTILIZATION, "100 300 500 !250 !250", "1000", 50, 5, 0, 0, 0, 2, 30, NULL},
    {"ScaleDownExcludeUnscheduledPods", UTILIZATION, "100 P- P- P- P-", "1000", 50, 5, 0, 0, 0, 1, 10, NULL},
    {"ScaleDownIgnoreHotCpuPods", UTILIZATION, "100 300 500 Y250 Y250", "1000", 50, 5, 0, 0, 0, 2, 30, NULL},
    {"ScaleDownIgnoresFailedPods", UTILIZATION, "100 300 500 250 250 F- F-", "1000", 50, 5, 0, 0, 0, 3, 28, NULL},
    {"ScaleDownIgnoresDeletionPods", UTILIZATION, "100 300 500 250 250 D- D-", "1000", 50, 5, 0, 0, 0, 3, 28, NULL},
    {"ToleranceCM", AVERAGE, "20000 21000 21000", "-", 20000, 3, 0, 0, 0, 3, 20666, NULL},
    {"ToleranceCMObject", VALUE, "0 0 0", "-", 20000, 3, 0, 0, 20666, 3, 20666, NULL},
    {"TolerancePerPodCMObject", PER_POD, "", "-", 5000, 4, 0, 0, 20166, 4, 5042, NULL},
    {"ToleranceCMExternal", VALUE, "0 0 0", "-", 8888, 3, 0, 0, 8600, 3, 8600, NULL},
    {"TolerancePerPodCMExternal", PER_POD, "", "-", 2900, 3, 0, 0, 8600, 3, 2867, NULL},
    {"SuperfluousMetrics", UTILIZATION, "4000 9500 3000 7000 x3200 x2000", "1000", 100, 4, 0, 0, 0, 24, 587, NULL},
    {"MissingMetricsNoChangeEq", UTILIZATION, "1000 -", "1000", 100, 2, 0, 0, 0, 2, 100, NULL},
    {"MissingMetricsNoChangeGt", UTILIZATION, "1900 -", "1000", 100, 2, 0, 0, 0, 2, 190, NULL},
    {"MissingMetricsNoChangeLt", UTILIZATION, "600 -", "1000", 100, 2, 0, 0, 0, 2, 60, NULL},
    {"MissingMetricsUnreadyChange", UTILIZATION, "!100 450 -", "1000", 50, 3, 0, 0, 0, 3, 45, NULL},
    {"MissingMetricsHotCpuNoChange", UTILIZATION, "Y100 450 -", "1000", 50, 3, 0, 0, 0, 3, 45, NULL},
    {"MissingMetricsUnreadyScaleUp", UTILIZATION, "!100 2000 -", "1000", 50, 3, 0, 0, 0, 4, 200, NULL},
    {"MissingMetricsHotCpuScaleUp", UTILIZATION, "!Y100 2000 -", "1000", 50, 3, 0, 0, 0, 4, 200, NULL},
    {"MissingMetricsUnreadyScaleDown", UTILIZATION, "!100 100 100 -", "1000", 50, 4, 0, 0, 0, 3, 10, NULL},
    {"ComputedToleranceAlgImplementation", UTILIZATION, "150 150 150 150 150 150 150 150 150 150", "400 200 310 290 302 298 301 299 300 300",
     56, 10, 0, 0, 0, 9, 50, NULL},
    {"ComputedToleranceAlgImplementation, within", UTILIZATION, "150 150 150 150 150 150 150 150 150 150",
     "400 200 310 290 302 298 301 299 300 300", 55, 10, 0, 0, 0, 10, 50, NULL},
    {"MissingMetrics", UTILIZATION, "400 95 - -", "1000", 100, 4, 0, 0, 0, 3, 24, NULL},
    {"ScaleUpCM", AVERAGE, "20000 10000 30000", "-", 15000, 3, 0, 0, 0, 4, 0, NULL},
    {"ScaleUpUnreadyLessScale", UTILIZATION, "!300 500 700", "1000", 30, 3, 0, 0, 0, 4, 60, NULL},
    {"ScaleDownCM", AVERAGE, "12000 12000 12000 12000 12000", "-", 20000, 5, 0, 0, 0, 3, 0, NULL},
    {"ScaleUpCMObject", VALUE, "0 0 0", "-", 15000, 3, 0, 0, 20000, 4, 0, NULL},
    {"configurable tolerance", AVERAGE, "20000 21000 21000", "-", 20000, 3, 0.01, 0, 0, 4, 0, NULL},
    {"EmptyMetrics", UTILIZATION, "- - - -", "1000", 100, 4, 0, 0, 0, 0, 0,
     "did not receive metrics for targeted pods (pods might be unready)"},
    {"ScaleUpCMExternal", VALUE, "0", "-", 4400, 1, 0, 0, 8600, 2, 0, NULL},
    {"DuringRollingUpdateWithMaxSurge", UTILIZATION, "100 100 -", "1000", 50, 2, 0, 0, 0, 2, 10, NULL},
    /* the same rules with other numbers */
    {"unready alone", UTILIZATION, "!300 !400", "1000", 30, 2, 0, 0, 0, 0, 0,
     "did not receive metrics for targeted pods (pods might be unready)"},
    {"no pods", AVERAGE, "", "-", 100, 2, 0, 0, 0, 0, 0,
     "no pods returned by selector while calculating replica count"},
    {"a request is missing", UTILIZATION, "300 300", "-", 30, 2, 0, 0, 0, 0, 0,
     "missing request for cpu in container c of Pod p0"},
    {"pods that end do not count", UTILIZATION, "600 F900 D900", "1000", 30, 1, 0, 0, 0, 2, 60, NULL},
    {"pending counts as idle when scaling up", UTILIZATION, "900 P-", "1000", 30, 2, 0, 0, 0, 3, 90, NULL},
    {"pending counts nothing when scaling down", UTILIZATION, "100 100 P-", "1000", 50, 3, 0, 0, 0, 1, 10, NULL},
    {"a sample from before the pod was ready", UTILIZATION, "500 Y900", "1000", 30, 2, 0, 0, 0, 2, 50, NULL},
    {"readiness does not matter to other metrics", AVERAGE, "!20000 20000", "-", 10000, 2, 0, 0, 0, 4, 0, NULL},
    {"missing counts as nothing when scaling up", UTILIZATION, "900 900 -", "1000", 30, 3, 0, 0, 0, 6, 90, NULL},
    {"missing counts as its request", UTILIZATION, "100 100 -", "1000", 60, 3, 0, 0, 0, 2, 10, NULL},
    {"above 100 % it counts as the target", UTILIZATION, "100 100 -", "1000", 200, 3, 0, 0, 0, 2, 10, NULL},
    {"missing counts as the target", AVERAGE, "2000 2000 -", "-", 8000, 3, 0, 0, 0, 2, 0, NULL},
    {"the direction would turn", UTILIZATION, "440 -", "1000", 40, 2, 0, 0, 0, 2, 44, NULL},
    {"just within, above", UTILIZATION, "550 550", "1000", 50, 2, 0, 0, 0, 2, 55, NULL},
    {"just within, below", UTILIZATION, "450 450", "1000", 50, 2, 0, 0, 0, 2, 45, NULL},
    {"just outside, above", UTILIZATION, "560 560", "1000", 50, 2, 0, 0, 0, 3, 56, NULL},
    {"percent is cut off", UTILIZATION, "559 559", "1000", 50, 2, 0, 0, 0, 2, 55, NULL},
    {"the downward tolerance is its own", UTILIZATION, "400 400 400", "1000", 50, 3, 0, 0.3, 0, 3, 40, NULL},
    {"an average of CPU", AVERAGE_CPU, "300 500", "-", 200, 2, 0, 0, 0, 4, 0, NULL},
    {"a value within tolerance", VALUE, "0 0 0", "-", 15000, 3, 0, 0, 16000, 3, 0, NULL},
    {"a value counts ready pods only", VALUE, "0 !0 0", "-", 10000, 3, 0, 0, 20000, 4, 0, NULL},
    {"a value, from zero", VALUE, "", "-", 1000, 0, 0, 0, 2500, 3, 0, NULL},
    {"per pod", PER_POD, "", "-", 1000, 3, 0, 0, 4500, 5, 0, NULL},
    {"per pod, within tolerance", PER_POD, "", "-", 1000, 4, 0, 0, 4300, 4, 0, NULL},
    {"per pod, from zero", PER_POD, "", "-", 1000, 0, 0, 0, 100, 1, 0, NULL},
};

static ApiObject *
make_measured(const char *word, guint index, const char *request, GArray *metrics)
{
    g_autofree char *name = g_strdup_printf("p%u", index);
    const char *number = word + strspn(word, "!PFDYx");
    gboolean is_young = strchr(word, 'Y') != NULL;
    const char *phase = strchr(word, 'P') != NULL ? "Pending" : strchr(word, 'F') != NULL ? "Failed" : "Running";
    ApiObject *pod = make_pod(NULL, name, "n", phase, strchr(word, '!') == NULL);
    Container *container = API_LIST_ADD(&((PodSpec *)api_edit_spec(pod))->containers);
    PodStatus *status = api_edit_status(pod);
    HpaPodMetric metric = {.pod = api_name(pod), .timestamp = MINI_EPOCH, .window_ns = 30 * NS_PER_S};

    container->name = str_intern("c");
    if (request[0] != '-')
        quantity_map_set(&container->resources.requests, str_intern("cpu"),
                         quantity_from_milli(g_ascii_strtoll(request, NULL, 10)));
    /* Old ones never became ready if they are not: the condition is as old as they are. */
    status->start_time = MINI_EPOCH - (is_young ? 100 : 3600) * NS_PER_S;
    condition_edit(&status->conditions, str_intern("Ready"))->last_transition_time =
        is_young ? MINI_EPOCH - 10 * NS_PER_S : status->start_time;
    if (strchr(word, 'D') != NULL)
        api_edit_meta(pod)->deletion_time = MINI_EPOCH;
    metric.value = g_ascii_strtoll(number, NULL, 10);
    if (number[0] != '-')
        g_array_append_val(metrics, metric);
    return pod;
}

START_TEST(test_calculation)
{
    g_auto(GStrv) words = g_strsplit(calculations[_i].pods, " ", -1);
    g_auto(GStrv) requests = g_strsplit(calculations[_i].requests, " ", -1);
    g_autoptr(GPtrArray) list = g_ptr_array_new_with_free_func(api_object_unref);
    g_autoptr(GArray) metrics = g_array_new(FALSE, TRUE, sizeof(HpaPodMetric));
    double up = calculations[_i].up != 0 ? calculations[_i].up : 0.1;
    double down = calculations[_i].down != 0 ? calculations[_i].down : 0.1;
    HpaPods pods = {
        .pods = list,
        .metrics = metrics,
        .resource = calculations[_i].way <= AVERAGE_CPU ? "cpu" : NULL,
        .tolerances = {up, down},
        .wall_ns = MINI_EPOCH,
        .cpu_initialization_ns = 300 * NS_PER_S,
        .initial_readiness_ns = 30 * NS_PER_S,
        .current = calculations[_i].current,
    };
    HpaProposal out = {0};

    for (guint i = 0; words[i] != NULL; i++) {
        ApiObject *pod = make_measured(words[i], i, requests[1] != NULL ? requests[i] : requests[0], metrics);

        if (words[i][0] == 'x')
            api_object_unref(pod);
        else
            g_ptr_array_add(list, pod);
    }
    switch (calculations[_i].way) {
    case UTILIZATION:
        out = hpa_propose_utilization(&pods, (gint32)calculations[_i].target);
        break;
    case AVERAGE_CPU:
    case AVERAGE:
        out = hpa_propose_average(&pods, calculations[_i].target);
        break;
    case VALUE:
        out = hpa_propose_value(&pods, calculations[_i].usage, calculations[_i].target);
        break;
    case PER_POD:
        out = hpa_propose_per_pod(pods.tolerances, pods.current, calculations[_i].usage, calculations[_i].target);
        break;
    }
    ck_assert_msg(g_strcmp0(out.error, calculations[_i].error) == 0, "%s: error %s", calculations[_i].name, out.error);
    ck_assert_msg(out.replicas == calculations[_i].replicas, "%s: %d replicas", calculations[_i].name, out.replicas);
    if (calculations[_i].way == UTILIZATION)
        ck_assert_msg(out.utilization == calculations[_i].seen, "%s: %d %%", calculations[_i].name, out.utilization);
    else if (calculations[_i].seen != 0)
        ck_assert_msg(out.usage == calculations[_i].seen, "%s: %d m", calculations[_i].name, (int)out.usage);
}
END_TEST

/*
 * replica_calculator_test.go, TestGroupPods, with its 120 s of initialization and 10 s for readiness: times in seconds ago. A pod with
 * 3000 beside one with 1000, which is ready: the average tells whether it counts.
 */
static const struct {
    const char *name, *resource, *phase;
    int started_s; /* -1: not */
    const char *ready; /* NULL: no condition */
    int changed_s, measured_s, window_s;
    gboolean counts;
} group_cases[] = {
    {"memory: as it is", "memory", "Succeeded", -1, NULL, 0, 0, 60, TRUE},
    {"without condition", "cpu", "Succeeded", 0, NULL, 0, 0, 0, FALSE},
    {"fresh metrics during initialization", "cpu", "Succeeded", 60, "True", 30, 0, 30, TRUE},
    {"without fresh metrics during initialization", "cpu", "Succeeded", 60, "True", 30, 0, 60, FALSE},
    {"unready since its first seconds", "cpu", "Succeeded", 600, "False", 594, 0, 0, FALSE},
    {"without fresh metrics after initialization", "cpu", "Succeeded", 180, "True", 180, 120, 60, TRUE},
    {"unready that was ready", "cpu", "Succeeded", 600, "False", 540, 0, 0, TRUE},
    {"unready since just after its first seconds", "cpu", "Succeeded", 600, "False", 590, 0, 0, TRUE},
    {"pending", "cpu", "Pending", -1, NULL, 0, 0, 0, FALSE},
};

START_TEST(test_groups)
{
    g_autoptr(GPtrArray) list = g_ptr_array_new_with_free_func(api_object_unref);
    g_autoptr(GArray) metrics = g_array_new(FALSE, TRUE, sizeof(HpaPodMetric));
    HpaPods pods = {
        .pods = list,
        .metrics = metrics,
        .resource = group_cases[_i].resource,
        .tolerances = {0.1, 0.1},
        .wall_ns = MINI_EPOCH,
        .cpu_initialization_ns = 120 * NS_PER_S,
        .initial_readiness_ns = 10 * NS_PER_S,
        .current = 2,
    };
    ApiObject *pod;
    PodStatus *status;

    g_ptr_array_add(list, make_measured("1000", 0, "-", metrics));
    pod = make_measured("3000", 1, "-", metrics);
    status = api_edit_status(pod);
    status->phase = str_intern(group_cases[_i].phase);
    status->start_time = group_cases[_i].started_s < 0 ? 0 : MINI_EPOCH - group_cases[_i].started_s * NS_PER_S;
    status->conditions.count = 0;
    if (group_cases[_i].ready != NULL)
        set_condition(&status->conditions, "Ready", group_cases[_i].ready, NULL, MINI_EPOCH - group_cases[_i].changed_s * NS_PER_S);
    g_array_index(metrics, HpaPodMetric, 1).timestamp = MINI_EPOCH - group_cases[_i].measured_s * NS_PER_S;
    g_array_index(metrics, HpaPodMetric, 1).window_ns = group_cases[_i].window_s * NS_PER_S;
    g_ptr_array_add(list, pod);
    ck_assert_msg(hpa_propose_average(&pods, 1000).usage == (group_cases[_i].counts ? 2000 : 1000), "%s", group_cases[_i].name);
}
END_TEST

/*
 * replica_calculator_test.go, TestCalculateRequests: two containers and a sidecar of a pod, what each asks for ("-" nothing), what the
 * pod as a whole asks for. Usage 100 of one pod, target 50 %: the percentage tells the request.
 */
static const struct {
    const char *name, *container, *a, *b, *sidecar, *whole_cpu, *whole_memory;
    gboolean needs_container;
    gint32 percent; /* of the request */
    const char *error;
} request_cases[] = {
    {"sum of containers", NULL, "100", "50", NULL, NULL, NULL, FALSE, 66, NULL},
    {"a sidecar counts", NULL, "100", "50", "50", NULL, NULL, FALSE, 50, NULL},
    {"one container", "b", "100", "50", NULL, NULL, NULL, TRUE, 200, NULL},
    {"a sidecar by name", "s", "100", "50", "25", NULL, NULL, TRUE, 400, NULL},
    {"one lacks it", NULL, "100", "-", NULL, NULL, NULL, FALSE, 0, "missing request for cpu in container b of Pod p0"},
    {"another lacks it", "a", "100", "-", NULL, NULL, NULL, FALSE, 100, NULL},
    {"the named one lacks it", "b", "100", "-", NULL, NULL, NULL, FALSE, 0, "missing request for cpu in container b of Pod p0"},
    {"no such container, v1.35", "z", "100", "50", NULL, NULL, NULL, TRUE, 0, "container z not found in Pod p0"},
    {"no such container, v1.34", "z", "100", "50", NULL, NULL, NULL, FALSE, 0, "no metrics returned matched known pods"},
    {"the whole pod's", NULL, "100", "50", NULL, "800", NULL, FALSE, 12, NULL},
    {"the whole pod's, containers without", NULL, "-", "-", NULL, "200", NULL, FALSE, 50, NULL},
    {"a container goes before the whole", "a", "100", "50", NULL, "800", NULL, FALSE, 100, NULL},
    {"the whole asks for memory only", NULL, "100", "-", NULL, NULL, "1", FALSE, 100, NULL},
    {"neither", NULL, "-", "-", NULL, NULL, "1", FALSE, 0, "missing pod-level request for cpu in Pod p0"},
};

static void
ask_for(QuantityMap *requests, const char *resource, const char *milli)
{
    if (milli != NULL && milli[0] != '-')
        quantity_map_set(requests, str_intern(resource), quantity_from_milli(g_ascii_strtoll(milli, NULL, 10)));
}

START_TEST(test_requests)
{
    g_autoptr(GPtrArray) list = g_ptr_array_new_with_free_func(api_object_unref);
    g_autoptr(GArray) metrics = g_array_new(FALSE, TRUE, sizeof(HpaPodMetric));
    HpaPods pods = {
        .pods = list,
        .metrics = metrics,
        .resource = "cpu",
        .container = request_cases[_i].container,
        .needs_container = request_cases[_i].needs_container,
        .tolerances = {0.1, 0.1},
        .wall_ns = MINI_EPOCH,
        .current = 1,
    };
    ApiObject *pod = make_measured("100", 0, "-", metrics);
    PodSpec *spec = api_edit_spec(pod);
    Container *container = &spec->containers.items[0];
    HpaProposal out;

    container->name = str_intern("a");
    ask_for(&container->resources.requests, "cpu", request_cases[_i].a);
    container = API_LIST_ADD(&spec->containers);
    container->name = str_intern("b");
    ask_for(&container->resources.requests, "cpu", request_cases[_i].b);
    if (request_cases[_i].sidecar != NULL) {
        container = API_LIST_ADD(&spec->init_containers);
        container->name = str_intern("s");
        container->restart_policy = str_intern("Always");
        ask_for(&container->resources.requests, "cpu", request_cases[_i].sidecar);
    }
    if (request_cases[_i].whole_cpu != NULL || request_cases[_i].whole_memory != NULL) {
        spec->resources = api_struct_new(&resource_requirements_type);
        ask_for(&spec->resources->requests, "cpu", request_cases[_i].whole_cpu);
        ask_for(&spec->resources->requests, "memory", request_cases[_i].whole_memory);
    }
    g_ptr_array_add(list, pod);
    out = hpa_propose_utilization(&pods, 50);
    ck_assert_msg(g_strcmp0(out.error, request_cases[_i].error) == 0, "%s: error %s", request_cases[_i].name, out.error);
    ck_assert_msg(out.utilization == request_cases[_i].percent, "%s: %d %%", request_cases[_i].name, out.utilization);
}
END_TEST

/* --- whole syncs ------------------------------------------------------------------------------------- */

#define HPA "default/h"

static const struct {
    const char *name;
    gint32 replicas; /* of the Deployment; -1: there is none */
    const char *rest;  /* of the autoscaler's spec */
    gint64 milli;      /* each pod uses so much of 1000; -1: no metrics */
    const char *log;
} syncs[] = {
    {"too many pods for a look at metrics", 5, "maxReplicas: 3", 500,
     "get Deployment d\nscale Deployment d replicas=3\n"
     "event Normal SuccessfulRescale New size: 3; reason: Current number of replicas above Spec.MaxReplicas\n"
     "status HorizontalPodAutoscaler h"},
    {"too few", 1, "minReplicas: 2, maxReplicas: 3", 500,
     "get Deployment d\nscale Deployment d replicas=2\n"
     "event Normal SuccessfulRescale New size: 2; reason: Current number of replicas below Spec.MinReplicas\n"
     "status HorizontalPodAutoscaler h"},
    {"switched off", 0, "maxReplicas: 3", 500, "get Deployment d\nstatus HorizontalPodAutoscaler h"},
    {"more than 80 %", 2, "maxReplicas: 10", 1200,
     "get Deployment d\nlist PodMetrics -\nscale Deployment d replicas=3\n"
     "event Normal SuccessfulRescale New size: 3; reason: cpu resource utilization (percentage of request) above target\n"
     "status HorizontalPodAutoscaler h"},
    {"enough", 2, "maxReplicas: 10", 800, "get Deployment d\nlist PodMetrics -\nstatus HorizontalPodAutoscaler h"},
    {"nothing is known", 2, "maxReplicas: 10", -1,
     "get Deployment d\nlist PodMetrics -\n"
     "event Warning FailedGetResourceMetric failed to get cpu utilization: unable to get metrics for resource cpu: no metrics returned from resource metrics API\n"
     "status HorizontalPodAutoscaler h\n"
     "event Warning FailedComputeMetricsReplicas invalid metrics (1 invalid out of 1), first error is: failed to get cpu resource metric value: "
     "failed to get cpu utilization: unable to get metrics for resource cpu: no metrics returned from resource metrics API"},
    {"one metric of two fails: up all the same", 2,
     "maxReplicas: 10, metrics: [{type: Resource, resource: {name: cpu, target: {type: AverageValue, averageValue: 500m}}}, "
     "{type: External, external: {metric: {name: q}, target: {type: Value, value: 3}}}]", 1200,
     "get Deployment d\nlist PodMetrics -\nlist ExternalMetricValue q\n"
     "event Warning FailedGetExternalMetric unable to get external metric default/q/nil: no metrics returned from external metrics API\n"
     "scale Deployment d replicas=4\n"
     "event Normal SuccessfulRescale New size: 4; reason: cpu resource above target\n"
     "status HorizontalPodAutoscaler h"},
    {"but not down", 4,
     "maxReplicas: 10, metrics: [{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 80}}}, "
     "{type: External, external: {metric: {name: q, selector: {matchLabels: {a: b}}}, target: {type: Value, value: 3}}}]", 100,
     "get Deployment d\nlist PodMetrics -\nlist ExternalMetricValue q\n"
     "event Warning FailedGetExternalMetric unable to get external metric default/q/&LabelSelector{MatchLabels:map[string]string{a: b,},"
     "MatchExpressions:[]LabelSelectorRequirement{},}: no metrics returned from external metrics API\n"
     "status HorizontalPodAutoscaler h\n"
     "event Warning FailedComputeMetricsReplicas invalid metrics (1 invalid out of 2), first error is: failed to get q external metric value: "
     "failed to get external metric q: unable to get external metric default/q/&LabelSelector{MatchLabels:map[string]string{a: b,},"
     "MatchExpressions:[]LabelSelectorRequirement{},}: no metrics returned from external metrics API"},
};

static void
add_workload(Mini *mini, gint32 replicas, gint64 milli)
{
    ApiObject *deployment = make_deployment(&(DeploymentOptions){.name = "d", .replicas = replicas, .image = "i:1"});
    const LabelSelector *selector = deployment_spec(deployment)->selector;

    for (gint32 i = 0; i < replicas; i++) {
        g_autofree char *word = g_strdup_printf("%d", (int)milli);
        g_autoptr(GArray) metrics = g_array_new(FALSE, TRUE, sizeof(HpaPodMetric));
        ApiObject *pod = make_measured(word, (guint)i, "1000", metrics);
        ApiObject *usage;
        ContainerMetrics *container;

        str_map_copy(&api_edit_meta(pod)->labels, &selector->match_labels);
        mini_add(mini, pod);
        if (milli < 0)
            continue;
        usage = api_object_new(&pod_metrics_kind, str_intern("default"), api_name(pod));
        str_map_copy(&api_edit_meta(usage)->labels, &selector->match_labels);
        ((PodMetrics *)api_edit_body(usage))->timestamp = MINI_EPOCH;
        ((PodMetrics *)api_edit_body(usage))->window = str_intern("15s");
        container = API_LIST_ADD(&((PodMetrics *)api_edit_body(usage))->containers);
        container->name = str_intern("c");
        quantity_map_set(&container->usage, str_intern("cpu"), quantity_from_milli(milli));
        mini_add(mini, usage);
    }
    mini_add(mini, deployment);
}

static Mini *
mini_with(gint32 replicas, const char *rest, gint64 milli)
{
    Mini *mini = mini_new();
    g_autofree char *text = g_strdup_printf(
        "{metadata: {name: h}, spec: {%s, scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: d}}}", rest);

    mini->state = horizontal_pod_autoscaler_controller.new_state();
    if (replicas >= 0)
        add_workload(mini, replicas, milli);
    mini_add(mini, object_from_yaml(&hpa_kind, text));
    return mini;
}

static void
mini_done(Mini *mini)
{
    horizontal_pod_autoscaler_controller.free_state(mini->state);
    mini_free(mini);
}

START_TEST(test_sync)
{
    Mini *mini = mini_with(syncs[_i].replicas, syncs[_i].rest, syncs[_i].milli);

    mini_sync(mini, &horizontal_pod_autoscaler_controller, HPA);
    mini_check_log(mini, syncs[_i].name, syncs[_i].log);
    ck_assert_int_eq(mini->requeue_ns, 15 * NS_PER_S);
    ck_assert_ptr_null(mini->error);
    mini_done(mini);
}
END_TEST

static void
check_condition(Mini *mini, const char *type, const char *status, const char *reason, const char *message)
{
    const ApiObject *hpa = mini_get(mini, &hpa_kind, str_intern("default"), "h");
    const Condition *condition = condition_find(&hpa_status(hpa)->conditions, type);

    ck_assert_msg(condition != NULL, "no %s", type);
    ck_assert_str_eq(condition->status, status);
    ck_assert_str_eq(condition->reason, reason);
    ck_assert_str_eq(condition->message, message);
}

/* horizontal.go: a target that is not there, or is of no known kind. */
START_TEST(test_no_target)
{
    Mini *mini = mini_with(-1, "maxReplicas: 3", 0);

    mini_sync(mini, &horizontal_pod_autoscaler_controller, HPA);
    check_condition(mini, "AbleToScale", "False", "FailedGetScale",
                    "the HPA controller was unable to get the target's current scale: deployments \"d\" NotFound");
    mini_done(mini);
}
END_TEST

/* What a sync leaves in the status; and the second writes nothing, because nothing is new. */
START_TEST(test_status)
{
    Mini *mini = mini_with(2, "maxReplicas: 10", 800);
    const HpaStatus *status;

    mini_sync(mini, &horizontal_pod_autoscaler_controller, HPA);
    status = hpa_status(mini_get(mini, &hpa_kind, str_intern("default"), "h"));
    ck_assert_int_eq(status->current_replicas, 2);
    ck_assert_int_eq(status->desired_replicas, 2);
    ck_assert_uint_eq(status->current_metrics.count, 1);
    ck_assert_int_eq(status->current_metrics.items[0].resource->current.average_utilization.value, 80);
    ck_assert_str_eq(quantity_format(status->current_metrics.items[0].resource->current.average_value), "800m");
    ck_assert_int_eq(status->last_scale_time, 0);
    check_condition(mini, "AbleToScale", "True", "ReadyForNewScale", "recommended size matches current size");
    check_condition(mini, "ScalingActive", "True", "ValidMetricFound",
                    "the HPA was able to successfully calculate a replica count from cpu resource utilization (percentage of request)");
    check_condition(mini, "ScalingLimited", "False", "DesiredWithinRange", "the desired count is within the acceptable range");
    mini_sync(mini, &horizontal_pod_autoscaler_controller, HPA);
    mini_check_log(mini, "again", "get Deployment d\nlist PodMetrics -");
    mini_done(mini);
}
END_TEST

/* The first look counts as a recommendation: no scaling down in the first 300 s. */
START_TEST(test_first_recommendation)
{
    Mini *mini = mini_with(4, "maxReplicas: 10", 100);

    mini_sync(mini, &horizontal_pod_autoscaler_controller, HPA);
    check_condition(mini, "AbleToScale", "True", "ScaleDownStabilized",
                    "recent recommendations were higher than current one, applying the highest recent recommendation");
    mini->now_ns += 301 * NS_PER_S;
    mini_sync(mini, &horizontal_pod_autoscaler_controller, HPA);
    mini_check_log(mini, "later",
                   "get Deployment d\nlist PodMetrics -\nscale Deployment d replicas=1\n"
                   "event Normal SuccessfulRescale New size: 1; reason: All metrics below target\n"
                   "status HorizontalPodAutoscaler h");
    mini_done(mini);
}
END_TEST

#define GOT_SCALE  "AbleToScale True SucceededGetScale\n"
#define RESOURCE   "metrics: [{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 80}}}]"
#define PODS       "metrics: [{type: Pods, pods: {metric: {name: qps}, target: {type: AverageValue, averageValue: 15}}}]"
#define OBJECT     "metrics: [{type: Object, object: {metric: {name: qps}, describedObject: {apiVersion: apps/v1, kind: Deployment, name: d}, target: {type: Value, value: 15}}}]"
#define EXTERNAL   "metrics: [{type: External, external: {metric: {name: qps}, target: {type: Value, value: 15}}}]"

/* TestCondition...: what the three conditions say after one sync. */
static const struct {
    const char *name;
    gint32 replicas;
    const char *rest;
    gint64 milli;
    MiniRefusal refusal;
    gboolean has_no_selector;
    const char *conditions;
} ends[] = {
    {"TestConditionFailedGetMetrics, resource", 2, "maxReplicas: 10, " RESOURCE, -1, {0}, FALSE, GOT_SCALE "ScalingActive False FailedGetResourceMetric\n"},
    {"... pods", 2, "maxReplicas: 10, " PODS, 100, {0}, FALSE, GOT_SCALE "ScalingActive False FailedGetPodsMetric\n"},
    {"... object", 2, "maxReplicas: 10, " OBJECT, 100, {0}, FALSE, GOT_SCALE "ScalingActive False FailedGetObjectMetric\n"},
    {"... external", 2, "maxReplicas: 10, " EXTERNAL, 100, {0}, FALSE, GOT_SCALE "ScalingActive False FailedGetExternalMetric\n"},
    {"... the API that has them is down", 2, "maxReplicas: 10, " RESOURCE, 900,
     {STEP_LIST, &pod_metrics_kind, 503, "ServiceUnavailable", "the server is currently unable to handle the request", NULL, 0, 1}, FALSE,
     GOT_SCALE "ScalingActive False FailedGetResourceMetric\n"},
    {"TestConditionInvalidSelectorMissing", 2, "maxReplicas: 10", 800, {0}, TRUE, GOT_SCALE "ScalingActive False InvalidSelector\n"},
    {"TestConditionFailedGetScale", 2, "maxReplicas: 10", 800, {STEP_GET, &deployment_kind, 500, "InternalError", "something went wrong", NULL, 0, 1}, FALSE,
     "AbleToScale False FailedGetScale\n"},
    {"TestConditionFailedUpdateScale", 2, "maxReplicas: 10", 1600, {STEP_SCALE, &deployment_kind, 500, "InternalError", "something went wrong", NULL, 0, 1}, FALSE,
     "AbleToScale False FailedUpdateScale\nScalingActive True ValidMetricFound\nScalingLimited False DesiredWithinRange\n"},
    {"TestScaleUp", 2, "maxReplicas: 10", 1600, {0}, FALSE,
     "AbleToScale True SucceededRescale\nScalingActive True ValidMetricFound\nScalingLimited False DesiredWithinRange\n"},
    {"TestMaxReplicas", 2, "maxReplicas: 3", 1600, {0}, FALSE,
     "AbleToScale True SucceededRescale\nScalingActive True ValidMetricFound\nScalingLimited True TooManyReplicas\n"},
    {"TestMoreReplicasThanSpecNoScale: no look at metrics", 8, "maxReplicas: 5", 500, {0}, FALSE, "AbleToScale True SucceededRescale\n"},
    {"TestZeroReplicas: scaling is off", 0, "maxReplicas: 5", -1, {0}, FALSE, GOT_SCALE "ScalingActive False ScalingDisabled\n"},
};

START_TEST(test_ends)
{
    Mini *mini = mini_with(ends[_i].replicas, ends[_i].rest, ends[_i].milli);
    g_autoptr(GString) got = g_string_new(NULL);
    const ConditionList *conditions;

    if (ends[_i].has_no_selector) {
        ApiObject *deployment = mini_edit(mini, &deployment_kind, "d");
        DeploymentSpec *spec = api_edit_spec(deployment);

        spec->selector->match_labels.count = 0;
        mini_put(mini, deployment);
    }
    if (ends[_i].refusal.count > 0)
        mini_refuse(mini, ends[_i].refusal);
    mini_sync(mini, &horizontal_pod_autoscaler_controller, HPA);
    conditions = &hpa_status(mini_get(mini, &hpa_kind, str_intern("default"), "h"))->conditions;
    for (guint i = 0; i < conditions->count; i++)
        g_string_append_printf(got, "%s %s %s\n", conditions->items[i].type, conditions->items[i].status, conditions->items[i].reason);
    ck_assert_msg(str_is(got->str, ends[_i].conditions), "%s:\n%s%s", ends[_i].name, got->str, mini->log->str);
    mini_done(mini);
}
END_TEST

/* Two autoscalers of the same pods stop each other, each once it knows of the other. */
START_TEST(test_rivals)
{
    Mini *mini = mini_with(2, "maxReplicas: 10", 1200);
    ApiObject *other = object_from_yaml(&hpa_kind, 
        "{metadata: {name: i}, spec: {maxReplicas: 5, scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: d}}}");

    mini_add(mini, other);
    mini_sync(mini, &horizontal_pod_autoscaler_controller, HPA);
    mini_sync(mini, &horizontal_pod_autoscaler_controller, "default/i");
    mini_check_log(mini, "second",
                   "get Deployment d\n"
                   "event Warning AmbiguousSelector pods by selector app=d are controlled by multiple HPAs: [default/h default/i]\n"
                   "status HorizontalPodAutoscaler i\n"
                   "event Warning FailedComputeMetricsReplicas pods by selector app=d are controlled by multiple HPAs: [default/h default/i]");
    mini_done(mini);
}
END_TEST

Suite *
podautoscaler_suite(void)
{
    Suite *suite = suite_create("podautoscaler");
    TCase *tcase = tcase_create("podautoscaler");

    tcase_add_loop_test(tcase, test_calculation, 0, G_N_ELEMENTS(calculations));
    tcase_add_loop_test(tcase, test_groups, 0, G_N_ELEMENTS(group_cases));
    tcase_add_loop_test(tcase, test_requests, 0, G_N_ELEMENTS(request_cases));
    tcase_add_loop_test(tcase, test_sync, 0, G_N_ELEMENTS(syncs));
    tcase_add_test(tcase, test_no_target);
    tcase_add_test(tcase, test_status);
    tcase_add_test(tcase, test_first_recommendation);
    tcase_add_loop_test(tcase, test_ends, 0, G_N_ELEMENTS(ends));
    tcase_add_test(tcase, test_rivals);
    suite_add_tcase(suite, tcase);
    return suite;
}
