/* test_rows.c - more rows of the kubelet's table tests, v1.34 */

#include "base/duration.h"
#include "node/image_name.h"
#include "node/internal.h"
#include "node/phase.h"
#include "node/pressure.h"
#include "node/resources.h"
#include "tests/node/support.h"

#include <check.h>

Suite *rows_suite(void);

#define MI (G_GINT64_CONSTANT(1) << 20)

/* --- kubelet_pods_test.go: TestPodPhaseWithRestart... ------------------------------------------ */

static const struct {
    const char *policy, *init, *app, *init_states, *app_states;
    gboolean is_terminal;
    const char *want;
} phase_rows[] = {
    /* ...Always */
    {"Always", "", "a b", "", "a=exit0 b=exit0", FALSE, "Running"},
    {"Always", "", "a b", "", "a=exit1 b=exit1", FALSE, "Running"},
    {"Always", "", "a b", "", "a=running b=exit0", FALSE, "Running"},
    {"Always", "", "a b", "", "a=running b=exit1", FALSE, "Running"},
    {"Always", "", "a b", "", "b=running", FALSE, "Pending"},
    {"Always", "", "a b", "", "a=waiting b=waiting", FALSE, "Pending"},
    {"Always", "", "a b", "", "a=restarting0 b=restarting1", FALSE, "Running"},
    {"Always", "", "a b", "", "a=exit0 b=waiting", FALSE, "Pending"},
    {"Always", "", "a b", "", "a=exit0", FALSE, "Pending"},
    /* ...AlwaysAndPodHasRun: it is being torn down */
    {"Always", "", "a b", "", "a=exit0 b=exit0", TRUE, "Succeeded"},
    {"Always", "", "a b", "", "a=exit0 b=exit1", TRUE, "Failed"},
    {"Always", "", "a b", "", "a=exit1 b=exit1", TRUE, "Failed"},
    {"Always", "", "a b", "", "a=running b=exit0", TRUE, "Running"},
    {"Always", "", "a b", "", "a=restarting0 b=exit0", TRUE, "Failed"},
    {"Always", "", "a b", "", "a=waiting b=exit0", TRUE, "Pending"},
    /* ...Never */
    {"Never", "", "a b", "", "", FALSE, "Pending"},
    {"Never", "", "a b", "", "a=running b=running", FALSE, "Running"},
    {"Never", "", "a b", "", "a=exit0 b=exit1", FALSE, "Failed"},
    {"Never", "", "a b", "", "a=running b=exit0", FALSE, "Running"},
    {"Never", "", "a b", "", "a=running", FALSE, "Pending"},
    {"Never", "", "a b", "", "a=restarting0 b=exit0", FALSE, "Failed"},
    /* ...OnFailure */
    {"OnFailure", "", "a b", "", "", FALSE, "Pending"},
    {"OnFailure", "", "a b", "", "a=running b=running", FALSE, "Running"},
    {"OnFailure", "", "a b", "", "a=exit0 b=exit1", FALSE, "Running"},
    {"OnFailure", "", "a b", "", "a=exit1 b=exit1", FALSE, "Running"},
    {"OnFailure", "", "a b", "", "a=running b=exit0", FALSE, "Running"},
    {"OnFailure", "", "a b", "", "a=running", FALSE, "Pending"},
    {"OnFailure", "", "a b", "", "a=running b=waiting", FALSE, "Pending"},
    {"OnFailure", "", "a b", "", "a=running b=restarting1", FALSE, "Running"},
    /* ...InitContainers */
    {"Always", "i", "a b", "", "", FALSE, "Pending"},
    {"Always", "i", "a b", "i=waiting", "", FALSE, "Pending"},
    {"Always", "i", "a b", "i=running", "", FALSE, "Pending"},
    {"Always", "i", "a b", "i=exit0", "", FALSE, "Pending"},
    {"Always", "i", "a b", "i=exit1", "", FALSE, "Pending"},
    {"Always", "i", "a b", "i=restarting1", "", FALSE, "Pending"},
    {"Always", "i", "a b", "i=restarting0", "a=running b=running", FALSE, "Running"},
    {"Always", "i", "a b", "i=exit0", "a=running b=running", FALSE, "Running"},
    {"Always", "i j", "a", "i=exit0 j=running", "a=waiting", FALSE, "Pending"},
    {"Always", "i j", "a", "i=exit0", "a=running", FALSE, "Pending"},
    {"Never", "i", "a", "i=exit1", "", FALSE, "Failed"},
    {"Never", "i", "a", "i=exit0", "a=exit0", FALSE, "Succeeded"},
    {"OnFailure", "i", "a", "i=exit1", "", FALSE, "Pending"},
    {"OnFailure", "i", "a", "i=exit0", "a=exit1", FALSE, "Running"},
    /* ...RestartableInitContainers */
    {"Always", "s+", "a b", "", "", FALSE, "Pending"},
    {"Always", "s+", "a b", "s=waiting", "", FALSE, "Pending"},
    {"Always", "s+", "a b", "s=running", "", FALSE, "Pending"},
    {"Always", "s+", "a b", "s=started", "", FALSE, "Pending"},
    {"Always", "s+", "a b", "s=started", "a=waiting b=waiting", FALSE, "Pending"},
    {"Always", "s+", "a b", "s=started", "a=running b=running", FALSE, "Running"},
    {"Always", "s+", "a b", "s=started", "a=running", FALSE, "Pending"},
    {"Always", "s+", "a b", "s=exit1", "a=running b=running", FALSE, "Running"},
    {"Always", "s+", "a b", "s=waiting", "a=running b=running", FALSE, "Pending"},
    {"Always", "s+", "a b", "", "a=running b=running", FALSE, "Pending"},
    {"Always", "s+", "a b", "s=started", "a=exit0 b=exit0", FALSE, "Running"},
    {"Always", "s+", "a b", "s=exit0", "a=exit0 b=exit0", FALSE, "Running"},
    {"Always", "s+", "a b", "s=exit1", "a=exit0 b=exit0", TRUE, "Succeeded"},
    {"Always", "s+", "a b", "s=exit0", "a=exit0 b=exit1", TRUE, "Failed"},
    {"Never", "s+", "a", "s=exit1", "", FALSE, "Pending"},
    {"Never", "s+ i", "a", "s=started i=exit1", "", FALSE, "Failed"},
    {"Never", "s+", "a", "s=restarting1", "a=exit0", FALSE, "Succeeded"},
    {"OnFailure", "s+", "a", "s=exit1", "a=exit0", FALSE, "Succeeded"},
    {"OnFailure", "s+", "a", "s=started", "a=exit0", FALSE, "Running"},
    {"OnFailure", "s+ i", "a", "s=started i=restarting1", "", FALSE, "Pending"},
};

START_TEST(test_phase)
{
    __typeof__(&phase_rows[0]) row = &phase_rows[_i];
    g_autoptr(ApiObject) pod = pod_with_containers(row->policy, row->init, row->app);
    ContainerStatusList init = {0}, app = {0};
    const char *got;

    statuses_from_text(row->init_states, &init);
    statuses_from_text(row->app_states, &app);
    got = pod_phase(pod_spec(pod), &init, &app, row->is_terminal);
    ck_assert_msg(str_is(got, row->want), "%s, init %s, app %s: %s instead of %s", row->policy, row->init_states,
                  row->app_states, got, row->want);
    statuses_clear(&init);
    statuses_clear(&app);
}
END_TEST

/* --- status/generate_test.go ------------------------------------------------------------------- */

/* "Status", or "Status Reason", or "Status Reason: message" */
static char *
spelled(const Condition *condition)
{
    GString *text = g_string_new(condition->status);

    if (!str_is_empty(condition->reason))
        g_string_append_printf(text, " %s", condition->reason);
    if (!str_is_empty(condition->message))
        g_string_append_printf(text, ": %s", condition->message);
    return g_string_free(text, FALSE);
}

#define UNREADY "False ContainersNotReady: containers with "
#define UNINIT  "False ContainersNotInitialized: containers with "

static const struct {
    const char *init, *app, *init_states, *app_states, *phase;
    const char *initialized, *containers_ready;
} condition_rows[] = {
    /* TestGenerateContainersReadyCondition */
    {"", "a", "", "a=started", "Running", "True", "True"},
    {"", "a b", "", "a=started b=started", "Running", "True", "True"},
    {"", "a b", "", "a=started", "Running", "True", UNREADY "unknown status: [b]"},
    {"", "a b", "", "a=started b=running", "Running", "True", UNREADY "unready status: [b]"},
    {"", "a b c", "", "a=waiting c=waiting", "Pending", "True",
     UNREADY "unknown status: [b], containers with unready status: [a c]"},
    {"", "a", "", "a=exit0", "Succeeded", "True PodCompleted", "False PodCompleted"},
    {"", "a b", "", "a=exit0", "Succeeded", "True PodCompleted", UNREADY "unknown status: [b]"},
    {"", "a", "", "a=exit1", "Failed", "True", "False PodFailed"},
    {"", "a", "", "a=started", "Failed", "True", "False PodFailed"},
    {"s+", "a", "s=started", "a=started", "Running", "True", "True"},
    {"s+", "a", "s=running", "a=started", "Running", "True", UNREADY "unready status: [s]"},
    {"s+", "a", "", "a=started", "Running", "True", UNREADY "unknown status: [s]"},
    {"s+ t+", "a", "s=started t=waiting", "a=waiting", "Pending", UNINIT "incomplete status: [t]",
     UNREADY "unready status: [t a]"},
    /* TestGeneratePodInitializedCondition */
    {"i", "a", "", "a=waiting", "Pending", UNINIT "unknown status: [i]", UNREADY "unready status: [a]"},
    {"i j", "a", "i=exit0 j=waiting", "a=waiting", "Pending", UNINIT "incomplete status: [j]", UNREADY "unready status: [a]"},
    {"i j k", "a", "i=exit0 j=running", "a=waiting", "Pending",
     UNINIT "unknown status: [k], containers with incomplete status: [j]", UNREADY "unready status: [a]"},
    {"i", "a", "i=exit0", "a=waiting", "Pending", "True", UNREADY "unready status: [a]"},
    {"i", "a", "i=exit1", "a=waiting", "Pending", UNINIT "incomplete status: [i]", UNREADY "unready status: [a]"},
    {"i", "a", "i=exit0", "a=exit0", "Succeeded", "True PodCompleted", "False PodCompleted"},
    {"i", "a", "i=waiting", "a=started", "Running", "True", "True"},
    {"s+", "a", "s=waiting", "a=waiting", "Pending", UNINIT "incomplete status: [s]", UNREADY "unready status: [s a]"},
    {"s+", "a", "s=started", "a=waiting", "Pending", "True", UNREADY "unready status: [a]"},
    {"s+", "a", "s=waiting", "a=running", "Running", "True", UNREADY "unready status: [s a]"},
    {"s+", "a", "s=exit0", "a=exit0", "Succeeded", "True PodCompleted", "False PodCompleted"},
    {"s+ i", "a", "s=started i=running", "a=waiting", "Pending", UNINIT "incomplete status: [i]",
     UNREADY "unready status: [a]"},
};

START_TEST(test_conditions)
{
    __typeof__(&condition_rows[0]) row = &condition_rows[_i];
    g_autoptr(ApiObject) pod = pod_with_containers("Never", row->init, row->app);
    PodStatus *status = api_part_new(&pod_status_type);
    Condition got = {0};
    g_autofree char *initialized = NULL;
    g_autofree char *ready = NULL;

    statuses_from_text(row->init_states, &status->init_container_statuses);
    statuses_from_text(row->app_states, &status->container_statuses);
    condition_initialized(pod_spec(pod), status, row->phase, &got);
    initialized = spelled(&got);
    condition_containers_ready(pod_spec(pod), status, row->phase, &got);
    ready = spelled(&got);
    ck_assert_msg(str_is(initialized, row->initialized), "row %d: %s", _i, initialized);
    ck_assert_msg(str_is(ready, row->containers_ready), "row %d: %s", _i, ready);
    api_part_unref(status);
}
END_TEST

/* TestGeneratePodReadyCondition: "type=Status ..." are the conditions that the pod has */
static const struct {
    const char *gates, *have, *app_states, *want;
} gate_rows[] = {
    {"", "", "a=started", "True"},
    {"gate1", "", "a=started",
     "False ReadinessGatesNotReady: corresponding condition of pod readiness gate \"gate1\" does not exist."},
    {"gate1", "gate1=False", "a=started",
     "False ReadinessGatesNotReady: the status of pod readiness gate \"gate1\" is not \"True\", but False"},
    {"gate1", "gate1=Unknown", "a=started",
     "False ReadinessGatesNotReady: the status of pod readiness gate \"gate1\" is not \"True\", but Unknown"},
    {"gate1", "gate1=True", "a=started", "True"},
    {"gate1 gate2", "gate1=True", "a=started",
     "False ReadinessGatesNotReady: corresponding condition of pod readiness gate \"gate2\" does not exist."},
    {"gate1 gate2", "gate1=True gate2=False", "a=started",
     "False ReadinessGatesNotReady: the status of pod readiness gate \"gate2\" is not \"True\", but False"},
    {"gate1 gate2", "gate1=False", "a=started",
     "False ReadinessGatesNotReady: the status of pod readiness gate \"gate1\" is not \"True\", but False, corresponding "
     "condition of pod readiness gate \"gate2\" does not exist."},
    {"gate1 gate2", "gate1=True gate2=True", "a=started", "True"},
    {"gate1", "gate1=True", "a=running", UNREADY "unready status: [a]"},
    {"gate1", "", "a=running", UNREADY "unready status: [a]"},
};

START_TEST(test_gates)
{
    __typeof__(&gate_rows[0]) row = &gate_rows[_i];
    g_autoptr(ApiObject) pod = pod_with_containers("Always", "", "a");
    PodSpec *spec = api_edit_spec(pod);
    PodStatus *status = api_part_new(&pod_status_type);
    g_auto(GStrv) gates = g_strsplit(row->gates, " ", -1);
    g_auto(GStrv) have = g_strsplit(row->have, " ", -1);
    Condition got = {0};
    g_autofree char *text = NULL;

    for (guint i = 0; gates[i] != NULL; i++)
        API_LIST_ADD(&spec->readiness_gates)->condition_type = str_intern(gates[i]);
    for (guint i = 0; have[i] != NULL; i++) {
        g_auto(GStrv) pair = g_strsplit(have[i], "=", 2);

        condition_edit(&status->conditions, str_intern(pair[0]))->status = str_intern(pair[1]);
    }
    statuses_from_text(row->app_states, &status->container_statuses);
    condition_ready(pod_spec(pod), status, &status->conditions, "Running", &got);
    text = spelled(&got);
    ck_assert_msg(str_is(text, row->want), "row %d: %s", _i, text);
    api_part_unref(status);
}
END_TEST

/* --- apis/core/v1/helper/qos/qos_test.go: TestGetPodQOS; pod-level: TestComputePodQOS ----------- */

/* Containers: "requests > limits", each "cpu/memory", "-" for none; ";" between containers, "i:" before an init container. */
static char *
resources_of(const char *text)
{
    g_auto(GStrv) sides = g_strsplit(text, ">", 2);
    GString *yaml = g_string_new("{");

    for (guint i = 0; i < 2; i++) {
        g_auto(GStrv) values = g_strsplit(g_strstrip(sides[i]), "/", 3);

        g_string_append_printf(yaml, "%s%s: {", i == 0 ? "" : ", ", i == 0 ? "requests" : "limits");
        if (!str_is(values[0], "-"))
            g_string_append_printf(yaml, "cpu: %s, ", values[0]);
        if (!str_is(values[1], "-"))
            g_string_append_printf(yaml, "memory: %s, ", values[1]);
        if (values[2] != NULL)
            g_string_append_printf(yaml, "%s", values[2]);
        g_string_append_c(yaml, '}');
    }
    g_string_append_c(yaml, '}');
    return g_string_free(yaml, FALSE);
}

static ApiObject *
pod_with_resources(const char *text, const char *more)
{
    g_auto(GStrv) items = g_strsplit(text, ";", -1);
    GString *app = g_string_new(NULL);
    GString *init = g_string_new(NULL);
    GString *yaml = g_string_new(NULL);
    ApiObject *pod;

    for (guint i = 0; items[i] != NULL; i++) {
        char *item = g_strstrip(items[i]);
        gboolean is_sidecar = g_str_has_prefix(item, "s:");
        gboolean is_init = is_sidecar || g_str_has_prefix(item, "i:");
        g_autofree char *resources = resources_of(is_init ? item + 2 : item);

        g_string_append_printf(is_init ? init : app, "  - {name: c%u, image: \"i:1\", resources: %s%s}\n", i, resources,
                               is_sidecar ? ", restartPolicy: Always" : "");
    }
    g_string_append_printf(yaml, "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n%s", more);
    if (init->len > 0)
        g_string_append_printf(yaml, "  initContainers:\n%s", init->str);
    g_string_append_printf(yaml, "  containers:\n%s", app->str);
    pod = pod_from_yaml(yaml->str);
    g_string_free(app, TRUE);
    g_string_free(init, TRUE);
    g_string_free(yaml, TRUE);
    return pod;
}

static const struct {
    const char *containers, *pod_level, *want; /* pod_level: as one container; NULL: none */
} qos_rows[] = {
    {"100m/100Mi > 100m/100Mi", NULL, "Guaranteed"},
    {"100m/100Mi > 100m/100Mi; 100m/100Mi > 100m/100Mi", NULL, "Guaranteed"},
    {"-/- > 100m/100Mi", NULL, "Guaranteed"},
    {"-/- > -/-; -/- > -/-", NULL, "BestEffort"},
    {"-/- > -/-", NULL, "BestEffort"},
    {"0/0 > 0/0", NULL, "BestEffort"},
    {"-/- > -/-; 1m/1Mi > 2m/2Mi", NULL, "Burstable"},
    {"-/- > -/-; 100m/100Mi > 100m/100Mi", NULL, "Burstable"},
    {"100m/100Mi > -/-", NULL, "Burstable"},
    {"100m/- > 100m/-", NULL, "Burstable"},
    {"-/100Mi > -/100Mi", NULL, "Burstable"},
    {"100m/100Mi > 200m/100Mi", NULL, "Burstable"},
    {"100m/100Mi > 100m/200Mi", NULL, "Burstable"},
    {"100m/100Mi > 100m/100Mi; 100m/100Mi > 200m/200Mi", NULL, "Burstable"},
    {"100m/100Mi > -/-; 100m/100Mi > 100m/100Mi", NULL, "Burstable"},
    {"0/0 > 100m/200Mi", NULL, "Burstable"},
    {"-/-/ephemeral-storage: 1Gi > -/-", NULL, "BestEffort"},
    {"100m/100Mi/ephemeral-storage: 1Gi > 100m/100Mi", NULL, "Guaranteed"},
    {"-/-/example.com/x: 2 > -/-/example.com/x: 2", NULL, "BestEffort"},
    {"-/-/hugepages-2Mi: 2Mi > -/-/hugepages-2Mi: 2Mi", NULL, "BestEffort"},
    {"i: 100m/100Mi > 100m/100Mi; 100m/100Mi > 100m/100Mi", NULL, "Guaranteed"},
    {"i: -/- > -/-; 100m/100Mi > 100m/100Mi", NULL, "Burstable"},
    {"i: 1m/1Mi > 2m/2Mi; -/- > -/-", NULL, "Burstable"},
    {"i: -/- > -/-; -/- > -/-", NULL, "BestEffort"},
    {"s: 100m/100Mi > 100m/100Mi; 100m/100Mi > 100m/100Mi", NULL, "Guaranteed"},
    {"-/- > -/-", "100m/100Mi > 100m/100Mi", "Guaranteed"},
    {"-/- > -/-", "100m/100Mi > 200m/100Mi", "Burstable"},
    {"1m/1Mi > 1m/1Mi", "100m/100Mi > 100m/200Mi", "Burstable"},
    {"1m/1Mi > -/-", "100m/100Mi > 100m/100Mi", "Guaranteed"},
    {"-/- > -/-", "100m/- > -/-", "Burstable"},
};

START_TEST(test_qos)
{
    __typeof__(&qos_rows[0]) row = &qos_rows[_i];
    g_autofree char *level = row->pod_level == NULL ? NULL : resources_of(row->pod_level);
    g_autofree char *more = level == NULL ? g_strdup("") : g_strdup_printf("  resources: %s\n", level);
    g_autoptr(ApiObject) pod = pod_with_resources(row->containers, more);

    ck_assert_msg(str_is(pod_qos(pod_spec(pod)), row->want), "%s: %s", row->containers, pod_qos(pod_spec(pod)));
}
END_TEST

/* --- qos/policy_test.go: TestGetContainerOOMScoreAdjust ------------------------------------------ */

static const struct {
    const char *containers, *more;
    gint64 capacity;
    gint32 want[3]; /* of the init containers, then of the others */
} oom_rows[] = {
    {"-/- > -/-", "", 4000000000, {1000}},
    {"-/- > 10/-", "", 4000000000, {999}},
    {"0/10G > -/-", "", 8000000000, {3}},
    {"5m/7999999999 > -/-", "", 8000000000, {3}},
    {"5m/8 > -/-", "", 8000000000, {999}},
    {"5m/4000000000 > 10/-", "", 8000000000, {500}},
    {"100m/100Mi > 100m/100Mi", "", 8000000000, {-997}},
    {"-/- > -/-", "  priorityClassName: system-cluster-critical\n  priority: 2000000000\n", 4000000000, {1000}},
    {"-/- > -/-", "  priorityClassName: system-node-critical\n  priority: 2000001000\n", 4000000000, {-997}},
    {"5m/2000000000 > -/-; -/- > 1/-", "", 8000000000, {750, 999}},
    /* sidecars: never worse off than the app container that asks for the least */
    {"s: 5m/1000000000 > -/-; 5m/4000000000 > -/-", "", 8000000000, {500, 500}},
    {"s: 5m/4000000000 > -/-; 5m/1000000000 > -/-", "", 8000000000, {500, 875}},
    {"i: 5m/1000000000 > -/-; 5m/4000000000 > -/-", "", 8000000000, {875, 500}},
    {"s: 5m/1000 > -/-; -/- > 1/-", "", 8000000000, {999, 999}},
    /* what is asked for the pod as a whole is shared by all containers, init containers among them */
    {"-/- > -/-", "  resources: {requests: {memory: 4000000000}}\n", 8000000000, {500}},
    {"-/2000000000 > -/-; -/- > -/-", "  resources: {requests: {memory: 4000000000}}\n", 8000000000, {625, 875}},
    {"i: -/1000000000 > -/-; -/2000000000 > -/-", "  resources: {requests: {memory: 4000000000}}\n", 8000000000, {750, 625}},
    {"s: -/1000000000 > -/-; -/1000000000 > -/-", "  resources: {requests: {memory: 4000000000}}\n", 8000000000, {750, 750}},
    {"-/1000000000 > -/-", "  resources: {requests: {cpu: 1}}\n", 8000000000, {875}},
};

START_TEST(test_oom)
{
    __typeof__(&oom_rows[0]) row = &oom_rows[_i];
    g_autoptr(ApiObject) pod = pod_with_resources(row->containers, row->more);
    const PodSpec *spec = pod_spec(pod);
    guint n_init = spec->init_containers.count;

    for (guint i = 0; i < n_init + spec->containers.count; i++) {
        const Container *container =
            i < n_init ? &spec->init_containers.items[i] : &spec->containers.items[i - n_init];
        gint32 got = oom_score_adj(spec, container, row->capacity);

        ck_assert_msg(got == row->want[i], "%s, container %u: %d instead of %d", row->containers, i, got, row->want[i]);
    }
}
END_TEST

/* --- cm/helpers_linux_test.go: TestMilliCPUToShares, TestMilliCPUToQuota --------------------------- */

START_TEST(test_cpu)
{
    static const struct {
        gint64 milli, shares;
    } shares[] = {{0, 2},         {1, 2},         {2, 2},         {20, 20},          {100, 102},       {250, 256},
                  {500, 512},     {1000, 1024},   {2500, 2560},   {256000, 262144},  {500000, 262144}};
    static const struct {
        gint64 milli, period, quota;
    } quotas[] = {{0, 100000, 0},         {5, 100000, 1000},       {9, 100000, 1000},       {10, 100000, 1000},
                  {200, 100000, 20000},   {500, 100000, 50000},    {1000, 100000, 100000},  {1500, 100000, 150000},
                  {200, 5000, 1000},      {500, 5000, 2500},       {1000, 5000, 5000},      {1500, 5000, 7500},
                  {200, 1000, 1000},      {2500, 10000, 25000}};

    for (guint i = 0; i < G_N_ELEMENTS(shares); i++)
        ck_assert_int_eq(cpu_shares_of_milli(shares[i].milli), shares[i].shares);
    for (guint i = 0; i < G_N_ELEMENTS(quotas); i++)
        ck_assert_int_eq(cpu_quota_us_of_milli(quotas[i].milli, quotas[i].period), quotas[i].quota);
}
END_TEST

/* --- eviction/helpers_test.go: TestOrderedByPriorityMemory and its parts --------------------------- */

typedef struct {
    const char *name, *request; /* NULL: nothing asked for */
    int priority;
    gint64 usage_mi;
} RankPod;

static const struct {
    const char *rule;
    RankPod pods[6];
    const char *want;
} rank_rows[] = {
    {"above the request before below it", {{"below", "200Mi", -1, 199}, {"above", "100Mi", 1, 101}}, "above below"},
    {"at the request is not above", {{"above", "100Mi", 1, 101}, {"at", "100Mi", 0, 100}}, "above at"},
    {"lower priority first", {{"high", NULL, 1, 100}, {"low", NULL, -1, 100}}, "low high"},
    {"more above the request first", {{"little", "100Mi", 0, 150}, {"much", "100Mi", 0, 400}}, "much little"},
    {"further below comes last", {{"far", "900Mi", 0, 100}, {"near", "200Mi", 0, 100}}, "near far"},
    {"nothing asked for: all of it is above", {{"asked", "300Mi", 0, 500}, {"best-effort", NULL, 0, 300}}, "best-effort asked"},
    {"all together",
     {{"below-high", "1Gi", 1, 100},
      {"above-high", "100Mi", 1, 200},
      {"below-low", "1Gi", -1, 100},
      {"above-low-much", "100Mi", -1, 900},
      {"above-low-little", "100Mi", -1, 200}},
     "above-low-much above-low-little above-high below-low below-high"},
    {"equals stay as they were", {{"one", "100Mi", 0, 50}, {"two", "100Mi", 0, 50}, {"three", "100Mi", 0, 50}}, "one two three"},
};

START_TEST(test_rank)
{
    __typeof__(&rank_rows[0]) row = &rank_rows[_i];
    g_autoptr(GPtrArray) pods = g_ptr_array_new_with_free_func(api_object_unref);
    g_autoptr(GString) got = g_string_new(NULL);
    PodUsage usages[6];

    for (guint i = 0; i < 6 && row->pods[i].name != NULL; i++) {
        const RankPod *from = &row->pods[i];
        g_autofree char *yaml = g_strdup_printf(
            "apiVersion: v1\nkind: Pod\nmetadata: {name: %s}\nspec:\n  priority: %d\n"
            "  containers: [{name: c, image: \"i:1\", resources: {requests: {%s%s}}}]\n",
            from->name, from->priority, from->request == NULL ? "" : "memory: ", from->request == NULL ? "" : from->request);

        g_ptr_array_add(pods, pod_from_yaml(yaml));
        usages[i] = (PodUsage){pods->pdata[i], from->usage_mi * MI};
    }
    eviction_rank_memory(usages, pods->len);
    for (guint i = 0; i < pods->len; i++)
        g_string_append_printf(got, "%s%s", i == 0 ? "" : " ", api_name(usages[i].pod));
    ck_assert_msg(str_is(got->str, row->want), "%s: %s", row->rule, got->str);
}
END_TEST

/* TestThresholdsMet, ParseThresholds: quantities and shares of the capacity */
START_TEST(test_thresholds)
{
    static const struct {
        const char *threshold;
        gint64 capacity, observed;
        gboolean want;
    } rows[] = {
        {"1Gi", 10240 * MI, 500 * MI, TRUE},   {"1Gi", 10240 * MI, 2048 * MI, FALSE}, {"1Gi", 10240 * MI, 1024 * MI, FALSE},
        {"10%", 10240 * MI, 1023 * MI, TRUE},  {"10%", 10240 * MI, 1025 * MI, FALSE}, {"150Mi", 2048 * MI, 149 * MI, TRUE},
        {"10.5%", 1000, 103, TRUE},            {"10.5%", 1000, 104, FALSE},           {"0%", 1000, 0, FALSE},
    };

    for (guint i = 0; i < G_N_ELEMENTS(rows); i++)
        ck_assert_msg(threshold_is_met(rows[i].threshold, rows[i].capacity, rows[i].observed) == rows[i].want, "row %u", i);
}
END_TEST

/* nodeshutdown_manager_test.go: Test_groupByPriority; image_gc_manager_test.go: TestGarbageCollect... */
START_TEST(test_shutdown_and_images)
{
    static const ShutdownGroup groups[] = {{0, 10}, {100, 20}, {1000, 30}};
    static const struct {
        gint32 priority;
        guint want;
    } rows[] = {{-200, 0}, {-100, 0}, {0, 0},    {99, 0},      {100, 1},
                {101, 1},  {999, 1},  {1000, 2}, {1001, 2},    {2000000000, 2}};
    static const struct {
        gint64 capacity, available, want;
    } images[] = {{1000, 600, 0}, {1000, 101, 99}, {1000, 110, 0}, {1000, 100, 100}, {1000, 50, 150}, {1000, 0, 200}, {0, 0, 0}, {1000, 1200, 0}};

    for (guint i = 0; i < G_N_ELEMENTS(rows); i++)
        ck_assert_msg(shutdown_group_of(groups, 3, rows[i].priority) == rows[i].want, "%d", rows[i].priority);
    for (guint i = 0; i < G_N_ELEMENTS(images); i++)
        ck_assert_msg(image_gc_bytes_to_free(images[i].capacity, images[i].available, 90, 80) == images[i].want, "row %u", i);
}
END_TEST

/* --- images: distribution/reference normalize_test.go, reference_test.go; images/image_manager_test.go --------- */

#define LOWER(name) "invalid reference format: repository name (" name ") must be lowercase"
#define BAD         "invalid reference format"
#define HEX32       "0123456789abcdef0123456789abcdef"

static const struct {
    const char *image, *want; /* NULL: fine */
} image_rows[] = {
    {"nginx", NULL},
    {"nginx:1.27", NULL},
    {"library/nginx", NULL},
    {"registry.k8s.io/pause:3.10", NULL},
    {"localhost/app", NULL},
    {"localhost:5000/app:v1", NULL},
    {"127.0.0.1:5000/docker/docker", NULL},
    {"foo_bar.com/app", BAD}, /* a host has no underscore */
    {"foo/foo_bar.com:8080", NULL},
    {"foo__bar/a--b/c.d", NULL},
    {"app@sha256:" HEX32 HEX32, NULL},
    {"app:tag@sha256:" HEX32, NULL},
    {"Foo/bar", NULL}, /* a host may be in upper case */
    {"Foo", LOWER("library/Foo")},
    {"Nginx:latest", LOWER("library/Nginx")},
    {"foo/Bar", LOWER("foo/Bar")},
    {"registry.io/Foo/bar:1", LOWER("Foo/bar")},
    {"app:Tag", NULL},
    {"app:", BAD},
    {"app:-x", BAD},
    {"app:a b", BAD},
    {" app", BAD},
    {"app ", BAD},
    {"-foo/bar", BAD},
    {"foo/bar-", BAD},
    {"foo..bar", BAD},
    {"foo___bar", BAD},
    {"foo//bar", BAD},
    {"/bar", BAD},
    {"app@sha256:123", BAD},
    {"app@" HEX32, BAD},
    {"app:1:2", BAD},
    {"registry.io:x/app", BAD},
    {HEX32 HEX32, "invalid repository name (" HEX32 HEX32 "), cannot specify 64-byte hexadecimal strings"},
};

START_TEST(test_image_names)
{
    g_autofree char *got = image_name_problem(image_rows[_i].image);

    ck_assert_msg(str_is(got, image_rows[_i].want), "%s: %s", image_rows[_i].image, got == NULL ? "fine" : got);
}
END_TEST

/* TestEvalCRIPullErr */
START_TEST(test_pull_errors)
{
    static const struct {
        const char *error, *reason, *message;
    } rows[] = {
        {"RegistryUnavailable", "RegistryUnavailable", "image pull failed for test because the registry is unavailable"},
        {"RegistryUnavailable: foo", "RegistryUnavailable", "image pull failed for test because the registry is unavailable: foo"},
        {"SignatureValidationFailed", "SignatureValidationFailed", "image pull failed for test because the signature validation failed"},
        {"SignatureValidationFailed: no", "SignatureValidationFailed",
         "image pull failed for test because the signature validation failed: no"},
        {"some random error", "ErrImagePull", "some random error"},
    };

    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        const char *reason;
        g_autofree char *message = image_pull_message("test", rows[i].error, &reason);

        ck_assert_str_eq(reason, rows[i].reason);
        ck_assert_str_eq(message, rows[i].message);
    }
}
END_TEST

Suite *
rows_suite(void)
{
    Suite *suite = suite_create("node rows");
    TCase *tcase = tcase_create("tables");

    tcase_add_loop_test(tcase, test_phase, 0, G_N_ELEMENTS(phase_rows));
    tcase_add_loop_test(tcase, test_conditions, 0, G_N_ELEMENTS(condition_rows));
    tcase_add_loop_test(tcase, test_gates, 0, G_N_ELEMENTS(gate_rows));
    tcase_add_loop_test(tcase, test_qos, 0, G_N_ELEMENTS(qos_rows));
    tcase_add_loop_test(tcase, test_oom, 0, G_N_ELEMENTS(oom_rows));
    tcase_add_test(tcase, test_cpu);
    tcase_add_loop_test(tcase, test_rank, 0, G_N_ELEMENTS(rank_rows));
    tcase_add_test(tcase, test_thresholds);
    tcase_add_test(tcase, test_shutdown_and_images);
    tcase_add_loop_test(tcase, test_image_names, 0, G_N_ELEMENTS(image_rows));
    tcase_add_test(tcase, test_pull_errors);
    suite_add_tcase(suite, tcase);
    return suite;
}
