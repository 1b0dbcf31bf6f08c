/* HorizontalPodAutoscaler: how far and how fast it goes (v1.34 pkg/controller/podautoscaler/horizontal_test.go). */
#include "controllers/podautoscaler_sync.h"
#include "tests/controllers/mini.h"
#include "tests/controllers/suites.h"

/* history: "4@120 5@60": recommended so many seconds ago. ups, downs: the same of rescales. */
static const struct {
    const char *name;
    const char *up, *down; /* rules as YAML; NULL: no behavior */
    const char *history, *ups, *downs;
    gint32 min, max, current, desired;
    gint32 result;
    const char *able, *limited;
} limits[] = {
    /* horizontal_test.go: TestConvertDesiredReplicasWithRules */
    {"within", NULL, NULL, "", "", "", 3, 8, 5, 7, 7, "ReadyForNewScale", "DesiredWithinRange"},
    {"too few", NULL, NULL, "", "", "", 2, 8, 3, 1, 2, "ReadyForNewScale", "TooFewReplicas"},
    /* TestNormalizeDesiredReplicas */
    {"history", NULL, NULL, "4@120 5@60", "", "", 1, 100, 5, 3, 5, "ScaleDownStabilized", "DesiredWithinRange"},
    {"empty history", NULL, NULL, "", "", "", 1, 100, 5, 5, 5, "ReadyForNewScale", "DesiredWithinRange"},
    {"old history", NULL, NULL, "9@301", "", "", 1, 100, 5, 3, 3, "ReadyForNewScale", "DesiredWithinRange"},
    {"twice as many at most", NULL, NULL, "", "", "", 1, 100, 10, 50, 20, "ReadyForNewScale", "ScaleUpLimit"},
    {"but four", NULL, NULL, "", "", "", 1, 100, 1, 50, 4, "ReadyForNewScale", "ScaleUpLimit"},
    {"too many", NULL, NULL, "", "", "", 1, 15, 10, 50, 15, "ReadyForNewScale", "TooManyReplicas"},
    /* TestStabilizeRecommendation with behavior, TestScalingWithRules */
    {"down window", "{}", "{stabilizationWindowSeconds: 180}", "4@120 5@60", "", "", 1, 1000, 100, 3, 5,
     "ScaleDownStabilized", "DesiredWithinRange"},
    {"up window", "{stabilizationWindowSeconds: 300}", "{}", "4@120 5@60", "", "", 1, 1000, 1, 7, 4,
     "ScaleUpStabilized", "DesiredWithinRange"},
    {"default policies", "{}", "{}", "", "", "", 1, 1000, 10, 50, 20, "ReadyForNewScale", "ScaleUpLimit"},
    {"up 100 pods or 100 %", "{policies: [{type: Pods, value: 100, periodSeconds: 60}, {type: Percent, value: 100, periodSeconds: 60}]}",
     "{}", "", "", "", 1, 1000, 10, 500, 110, "ReadyForNewScale", "ScaleUpLimit"},
    {"up 200 %", "{policies: [{type: Percent, value: 200, periodSeconds: 60}]}", "{}", "", "", "", 1, 1000, 10, 50, 30,
     "ReadyForNewScale", "ScaleUpLimit"},
    {"down 20 pods or 1 %", "{}", "{policies: [{type: Pods, value: 20, periodSeconds: 60}, {type: Percent, value: 1, periodSeconds: 60}], stabilizationWindowSeconds: 0}",
     "", "", "", 1, 1000, 100, 2, 80, "ReadyForNewScale", "ScaleDownLimit"},
    {"down 5 pods", "{}", "{policies: [{type: Pods, value: 5, periodSeconds: 60}]}", "", "", "", 1, 1000, 10, 2, 5,
     "ReadyForNewScale", "ScaleDownLimit"},
    {"up 150 with 15 added", "{policies: [{type: Pods, value: 150, periodSeconds: 120}]}", "{}", "", "15@60", "", 1, 1000, 100, 500, 235,
     "ReadyForNewScale", "ScaleUpLimit"},
    {"down 50 % with 12 removed", "{}", "{policies: [{type: Percent, value: 50, periodSeconds: 120}]}", "", "", "12@60", 0, 1000, 100, 0, 56,
     "ReadyForNewScale", "ScaleDownLimit"},
    /* worked by hand */
    {"change in a period", "{policies: [{type: Pods, value: 10, periodSeconds: 120}, {type: Percent, value: 100, periodSeconds: 30}]}", "{}",
     "", "7@60 6@60", "", 1, 1000, 100, 500, 200, "ReadyForNewScale", "ScaleUpLimit"},
    {"of two policies the least", "{selectPolicy: Min}", "{}", "", "", "", 1, 1000, 10, 50, 14, "ReadyForNewScale", "ScaleUpLimit"},
    {"up disabled", "{selectPolicy: Disabled}", "{}", "", "", "", 1, 1000, 10, 50, 10, "ReadyForNewScale", "ScaleUpLimit"},
    {"down disabled", "{}", "{selectPolicy: Disabled}", "", "", "", 1, 1000, 10, 5, 10, "ReadyForNewScale", "ScaleDownLimit"},
    {"down the least", "{}", "{selectPolicy: Min, policies: [{type: Pods, value: 2, periodSeconds: 60}, {type: Percent, value: 50, periodSeconds: 60}]}",
     "", "", "", 1, 1000, 10, 1, 8, "ReadyForNewScale", "ScaleDownLimit"},
    {"the default down window is 300 s", "{}", "{}", "9@299", "", "", 1, 1000, 10, 3, 9, "ScaleDownStabilized", "DesiredWithinRange"},
    {"a percentage rounds up", "{policies: [{type: Percent, value: 10, periodSeconds: 60}]}", "{}", "", "", "", 1, 1000, 3, 9, 4,
     "ReadyForNewScale", "ScaleUpLimit"},
    {"down it cuts off", "{}", "{policies: [{type: Percent, value: 10, periodSeconds: 60}]}", "", "", "", 1, 1000, 3, 1, 2,
     "ReadyForNewScale", "ScaleDownLimit"},
    {"behavior and the least size", "{}", "{}", "", "", "", 3, 1000, 10, 1, 3, "ReadyForNewScale", "TooFewReplicas"},
    {"a period that is over", "{policies: [{type: Pods, value: 5, periodSeconds: 60}]}", "{}", "", "5@60", "", 1, 1000, 10, 50, 15,
     "ReadyForNewScale", "ScaleUpLimit"},
    {"used up", "{policies: [{type: Pods, value: 5, periodSeconds: 60}]}", "{}", "", "5@59", "", 1, 1000, 10, 50, 10,
     "ReadyForNewScale", "ScaleUpLimit"},
};

static void
add_samples(GArray *samples, const char *text, gint64 now_ns)
{
    g_auto(GStrv) words = g_strsplit(text, " ", -1);

    for (guint i = 0; words[i] != NULL && words[i][0] != '\0'; i++) {
        HpaSample sample = {.replicas = (gint32)g_ascii_strtoll(words[i], NULL, 10)};

        sample.time_ns = now_ns - g_ascii_strtoll(strchr(words[i], '@') + 1, NULL, 10) * NS_PER_S;
        g_array_append_val(samples, sample);
    }
}

START_TEST(test_limits)
{
    gint64 now_ns = 10000 * NS_PER_S;
    HpaState state = {0};
    HpaMemory *memory = hpa_memory(&state, str_intern("default/h"));
    g_autofree char *behavior =
        limits[_i].up == NULL ? g_strdup("") : g_strdup_printf("behavior: {scaleUp: %s, scaleDown: %s},", limits[_i].up, limits[_i].down);
    g_autofree char *text = g_strdup_printf(
        "{metadata: {name: h}, spec: {%s maxReplicas: 9, scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: d}}}", behavior);
    g_autoptr(ApiObject) hpa = object_from_yaml(&hpa_kind, text);
    HpaLimits input = {memory, now_ns, hpa_spec(hpa)->behavior, 300 * NS_PER_S, limits[_i].min, limits[_i].max, limits[_i].current, limits[_i].desired};
    HpaVerdict able, limited;
    gint32 result;

    add_samples(memory->recommendations, limits[_i].history, now_ns);
    add_samples(memory->ups, limits[_i].ups, now_ns);
    add_samples(memory->downs, limits[_i].downs, now_ns);
    result = hpa_normalize(&input, &able, &limited);
    ck_assert_msg(result == limits[_i].result, "%s: %d", limits[_i].name, result);
    ck_assert_msg(str_is(able.reason, limits[_i].able), "%s: %s", limits[_i].name, able.reason);
    ck_assert_msg(str_is(limited.reason, limits[_i].limited), "%s: %s", limits[_i].name, limited.reason);
    ck_assert_msg(str_is(limited.status, str_is(limited.reason, "DesiredWithinRange") ? "False" : "True"), "%s", limits[_i].name);
    g_hash_table_unref(state.by_key);
}
END_TEST

/* --- rates ------------------------------------------------------------------------------------------------------- */

#define PODS(value, period) "{type: Pods, value: " #value ", periodSeconds: " #period "}"
#define PERCENT(value, period) "{type: Percent, value: " #value ", periodSeconds: " #period "}"
#define RULES(policies) "{policies: [" policies "], stabilizationWindowSeconds: 0}"
#define BOTH(pods, percent) RULES(pods ", " percent)
#define SPREAD_15 "1@100 5@60 9@20"
#define SPREAD_30 "10@100 10@60 10@20"
#define SPREAD_40 "8@105 12@75 9@45 11@15"

/*
 * v1.34 horizontal_test.go, TestScalingWithRules, which spreads its events over 120 s; rules NULL: the defaults, but without
 * stabilization, which is not what the test is about.
 */
static const struct {
    const char *name, *up, *down, *ups, *downs;
    gint32 min, max, current, desired, result;
    const char *limited;
} rates[] = {
    {"desired within range", NULL, NULL, "", "", 3, 8, 5, 7, 7, "DesiredWithinRange"},
    {"desired < minReplicas", NULL, NULL, "", "", 2, 8, 3, 1, 2, "TooFewReplicas"},
    {"desired within range when minReplicas is 0", NULL, NULL, "", "", 0, 10, 1, 0, 0, "DesiredWithinRange"},
    {"maxReplicas < scaleUpLimit", NULL, NULL, "", "", 1, 10, 20, 1000, 10, "TooManyReplicas"},
    {"more than the maximum", NULL, NULL, "", "", 100, 150, 100, 1000, 150, "TooManyReplicas"},
    {"scaleUpLimit < maxReplicas", RULES(PERCENT(1, 60)), NULL, "", "", 1, 2000, 3, 1000, 4, "ScaleUpLimit"},
    {"scaleDownLimit > minReplicas", NULL, RULES(PODS(20, 60)), "", "", 3, 2000, 1000, 3, 980, "ScaleDownLimit"},
    {"up, default behavior", NULL, NULL, "", "", 1, 1000, 10, 50, 20, "ScaleUpLimit"},
    {"up, pods larger than percent", BOTH(PODS(100, 60), PERCENT(100, 60)), NULL, "", "", 1, 1000, 10, 500, 110, "ScaleUpLimit"},
    {"up, percent larger than pods", BOTH(PODS(2, 60), PERCENT(100, 60)), NULL, "", "", 1, 1000, 10, 500, 20, "ScaleUpLimit"},
    {"up, large pod policy", RULES(PODS(100, 60)), NULL, "", "", 1, 1000, 10, 50, 50, "DesiredWithinRange"},
    {"up, larger pod policy", RULES(PODS(10000, 60)), NULL, "", "", 1, 1000, 10, 50, 50, "DesiredWithinRange"},
    {"up, pod policy limits", RULES(PODS(30, 60)), NULL, "", "", 1, 1000, 10, 50, 40, "ScaleUpLimit"},
    {"up, percent policy limits", RULES(PERCENT(200, 60)), NULL, "", "", 1, 1000, 10, 50, 30, "ScaleUpLimit"},
    {"down, percent larger than pods", NULL, BOTH(PODS(20, 60), PERCENT(1, 60)), "", "", 1, 1000, 100, 2, 80, "ScaleDownLimit"},
    {"down, pods larger than percent", NULL, BOTH(PODS(2, 60), PERCENT(1, 60)), "", "", 1, 1000, 100, 2, 98, "ScaleDownLimit"},
    {"down, minReplicas limits, pods", NULL, RULES(PODS(100, 60)), "", "", 1, 1000, 10, 0, 1, "TooFewReplicas"},
    {"down, minReplicas limits, percent", NULL, RULES(PERCENT(100, 60)), "", "", 5, 1000, 10, 2, 5, "TooFewReplicas"},
    {"down, pod policy limits", NULL, RULES(PODS(5, 60)), "", "", 1, 1000, 10, 2, 5, "ScaleDownLimit"},
    {"down, percent policy", NULL, RULES(PERCENT(50, 60)), "", "", 1, 1000, 10, 5, 5, "DesiredWithinRange"},
    {"up, maxReplicas limits, pods and events", RULES(PODS(300, 60)), NULL, SPREAD_15, "", 1, 200, 100, 500, 200, "TooManyReplicas"},
    {"up, maxReplicas limits, percent and events", RULES(PERCENT(10000, 60)), NULL, SPREAD_15, "", 1, 200, 100, 500, 200,
     "TooManyReplicas"},
    {"up, a lot of recent events", RULES(PODS(5, 120)), NULL, SPREAD_15, "", 1, 1000, 100, 500, 100, "ScaleUpLimit"},
    {"up, pods and events", RULES(PODS(150, 120)), NULL, SPREAD_15, "", 1, 1000, 100, 500, 235, "ScaleUpLimit"},
    {"up, percent and events", RULES(PERCENT(200, 120)), NULL, SPREAD_15, "", 1, 1000, 100, 500, 255, "ScaleUpLimit"},
    {"up, percent, events of both sorts", RULES(PERCENT(300, 300)), NULL, "4@60", "2@60", 1, 1000, 6, 24, 16, "ScaleUpLimit"},
    {"down, default policy and events", NULL, NULL, "", SPREAD_15, 1, 1000, 10, 5, 5, "DesiredWithinRange"},
    {"down, minReplicas limits, pods and events", NULL, RULES(PODS(115, 120)), "", SPREAD_15, 1, 1000, 100, 0, 1, "TooFewReplicas"},
    {"down, another minReplicas, pods and events", NULL, RULES(PODS(130, 120)), "", SPREAD_15, 5, 1000, 100, 0, 5, "TooFewReplicas"},
    {"down, minReplicas limits, percent and events", NULL, RULES(PERCENT(100, 120)), "", SPREAD_15, 5, 1000, 100, 2, 5, "TooFewReplicas"},
    {"down, pods and events", NULL, RULES(PODS(5, 120)), "", SPREAD_15, 1, 1000, 100, 2, 100, "ScaleDownLimit"},
    {"down, percent and events", NULL, RULES(PERCENT(50, 120)), "", "2@100 4@60 6@20", 1, 1000, 100, 0, 56, "ScaleDownLimit"},
    {"down, percent, events of both sorts", NULL, RULES(PERCENT(50, 180)), "2@60", "4@60", 1, 1000, 10, 1, 6, "ScaleDownLimit"},
    {"down, events prevent more", NULL, RULES(PERCENT(10, 120)), "", SPREAD_30, 1, 1000, 100, 0, 100, "ScaleDownLimit"},
    {"down, events still allow more", NULL, RULES(PERCENT(1000, 120)), "", SPREAD_30, 1, 1000, 10, 5, 5, "DesiredWithinRange"},
    {"up, some events are too old", RULES(PODS(1000, 60)), NULL, SPREAD_40, "", 1, 1000, 100, 200, 200, "DesiredWithinRange"},
    {"up, none too old for two policies", BOTH(PODS(1000, 120), PERCENT(100, 60)), NULL, SPREAD_40, "", 1, 1000, 100, 200, 200,
     "DesiredWithinRange"},
    {"up, some too old for two policies", BOTH(PODS(1000, 30), PERCENT(100, 60)), NULL, SPREAD_40, "", 1, 1000, 100, 200, 200,
     "DesiredWithinRange"},
    {"down, some events are too old", NULL, RULES(PODS(1000, 60)), "", SPREAD_40, 1, 1000, 100, 5, 5, "DesiredWithinRange"},
    {"down, none too old for two policies", NULL, BOTH(PODS(1000, 120), PERCENT(100, 60)), "", SPREAD_40, 1, 1000, 100, 5, 5,
     "DesiredWithinRange"},
    {"down, some too old for two policies", NULL, BOTH(PODS(1000, 30), PERCENT(100, 60)), "", SPREAD_40, 1, 1000, 100, 5, 5,
     "DesiredWithinRange"},
};

static ApiObject *
make_hpa(const char *up, const char *down)
{
    g_autofree char *text = g_strdup_printf(
        "{metadata: {name: h}, spec: {behavior: {scaleUp: %s, scaleDown: %s}, maxReplicas: 9, scaleTargetRef: {apiVersion: apps/v1, kind: "
        "Deployment, name: d}}}",
        up, down);

    return object_from_yaml(&hpa_kind, text);
}

START_TEST(test_rates)
{
    gint64 now_ns = 10000 * NS_PER_S;
    HpaState state = {0};
    HpaMemory *memory = hpa_memory(&state, str_intern("default/h"));
    g_autoptr(ApiObject) hpa = make_hpa(rates[_i].up != NULL ? rates[_i].up : "{}",
                                        rates[_i].down != NULL ? rates[_i].down : "{stabilizationWindowSeconds: 0}");
    HpaLimits input = {memory,        now_ns,        hpa_spec(hpa)->behavior, 0,
                       rates[_i].min, rates[_i].max, rates[_i].current,       rates[_i].desired};
    HpaVerdict able, limited;
    gint32 result;

    add_samples(memory->ups, rates[_i].ups, now_ns);
    add_samples(memory->downs, rates[_i].downs, now_ns);
    result = hpa_normalize(&input, &able, &limited);
    ck_assert_msg(result == rates[_i].result, "%s: %d", rates[_i].name, result);
    ck_assert_msg(str_is(limited.reason, rates[_i].limited), "%s: %s", rates[_i].name, limited.reason);
    g_hash_table_unref(state.by_key);
}
END_TEST

/* --- what is remembered ---------------------------------------------------------------------------------------------- */

/*
 * v1.34 horizontal_test.go, TestNormalizeDesiredReplicas (windows -1: no behavior) and TestNormalizeDesiredReplicasWithBehavior: what was
 * recommended before and then; the size before the rates, which the most generous policies leave alone.
 */
static const struct {
    const char *name, *before;
    int up_s, down_s;
    gint32 current, desired, result;
    const char *after;
} windows[] = {
    {"empty log", "", -1, -1, 5, 5, 5, "5"},
    {"stabilize", "4@120 5@60", -1, -1, 5, 3, 5, "4 5 3"},
    {"no stabilize", "1@120 2@60", -1, -1, 5, 3, 3, "1 2 3"},
    {"no stabilize - old recommendations", "10@600 9@540", -1, -1, 5, 3, 3, "10 3"},
    {"stabilize - old recommendations", "10@600 4@60 5@120 9@540", -1, -1, 5, 3, 5, "10 4 5 3"},
    {"empty recommendations for scaling down", "", 0, 0, 100, 5, 5, "5"},
    {"simple scale down stabilization", "4@120 5@60", 0, 180, 100, 3, 5, "4 5 3"},
    {"simple scale up stabilization", "4@120 5@60", 300, 0, 1, 7, 4, "4 5 7"},
    {"no scale down stabilization", "1@120 2@60", 300, 0, 100, 3, 3, "1 2 3"},
    {"no scale up stabilization", "4@120 5@60", 0, 300, 1, 3, 3, "4 5 3"},
    {"no scale down stabilization, an old one is used again", "10@600 9@540", 0, 0, 100, 3, 3, "10 3"},
    {"no scale up stabilization, an old one is used again", "10@600 9@540", 0, 0, 1, 100, 100, "10 100"},
    {"scale down stabilization, one of the old is used again", "10@600 4@60 5@120 9@540", 0, 180, 100, 3, 5, "10 4 5 3"},
    {"scale up stabilization, one of the old is used again", "10@6000 6@60 5@120 9@180", 300, 0, 1, 100, 5, "100 6 5 9"},
    {"both: not up when it goes down", "2@6000 3@180", 300, 300, 2, 1, 2, NULL},
    {"both: not down when it goes up", "2@6000 1@180", 300, 300, 2, 3, 2, NULL},
};

static const char *
print_samples(const GArray *samples)
{
    g_autoptr(GString) text = g_string_new(NULL);

    for (guint i = 0; i < samples->len; i++)
        g_string_append_printf(text, "%s%d%s", i > 0 ? " " : "", g_array_index(samples, HpaSample, i).replicas,
                               g_array_index(samples, HpaSample, i).is_outdated ? "!" : "");
    return str_intern(text->str);
}

START_TEST(test_windows)
{
    gint64 now_ns = 10000 * NS_PER_S;
    HpaState state = {0};
    HpaMemory *memory = hpa_memory(&state, str_intern("default/h"));
    g_autofree char *up = g_strdup_printf("{policies: [" PODS(9999, 60) "], stabilizationWindowSeconds: %d}", MAX(windows[_i].up_s, 0));
    g_autofree char *down = g_strdup_printf("{policies: [" PODS(9999, 60) "], stabilizationWindowSeconds: %d}", MAX(windows[_i].down_s, 0));
    g_autoptr(ApiObject) hpa = make_hpa(up, down);
    HpaLimits input = {memory, now_ns, windows[_i].up_s < 0 ? NULL : hpa_spec(hpa)->behavior, 300 * NS_PER_S, 1, 9999,
                       windows[_i].current, windows[_i].desired};
    HpaVerdict able, limited;
    gint32 result;

    add_samples(memory->recommendations, windows[_i].before, now_ns);
    result = hpa_normalize(&input, &able, &limited);
    ck_assert_msg(result == windows[_i].result, "%s: %d", windows[_i].name, result);
    ck_assert_msg(windows[_i].after == NULL || str_is(print_samples(memory->recommendations), windows[_i].after), "%s: %s",
                  windows[_i].name, print_samples(memory->recommendations));
    g_hash_table_unref(state.by_key);
}
END_TEST

/* v1.34 horizontal_test.go, TestStoreScaleEvents, both ways: changes before and after one of 5; "!" outdated. Rules NULL: none. */
static const struct {
    const char *name, *rules, *before, *after;
} stores[] = {
    {"empty entries with default behavior", NULL, "", ""},
    {"empty entries with two policies", BOTH(PODS(10, 60), PERCENT(100, 60)), "", "5"},
    {"one outdated entry stays without behavior", NULL, "7@61", "7"},
    {"one outdated entry is replaced", BOTH(PODS(10, 60), PERCENT(100, 60)), "7@61", "5"},
    {"one actual entry is not touched", BOTH(PODS(10, 60), PERCENT(100, 60)), "7@58", "7 5"},
    {"two entries, one of them is replaced", RULES(PODS(10, 60)), "7@61 6@59", "5 6"},
    {"one is replaced, with different periods", BOTH(PODS(10, 60), PERCENT(100, 30)), "8@29 6@59 7@61 9@61", "8 6 7! 5"},
    {"two entries, both actual", BOTH(PODS(10, 120), PERCENT(100, 30)), "7@58 6@59", "7 6 5"},
};

START_TEST(test_stores)
{
    gint64 now_ns = 10000 * NS_PER_S;

    for (gint32 sign = -1; sign <= 1; sign += 2) {
        HpaState state = {0};
        HpaMemory *memory = hpa_memory(&state, str_intern("default/h"));
        const char *rules = stores[_i].rules == NULL ? "{}" : stores[_i].rules;
        g_autoptr(ApiObject) hpa = make_hpa(rules, rules);
        GArray *samples = sign > 0 ? memory->ups : memory->downs;

        add_samples(samples, stores[_i].before, now_ns);
        hpa_note_rescale(memory, stores[_i].rules == NULL ? NULL : hpa_spec(hpa)->behavior, 10, 10 + 5 * sign, now_ns);
        ck_assert_msg(str_is(print_samples(samples), stores[_i].after), "%s, %d: %s", stores[_i].name, sign, print_samples(samples));
        g_hash_table_unref(state.by_key);
    }
}
END_TEST

Suite *
podautoscaler_limits_suite(void)
{
    Suite *suite = suite_create("podautoscaler limits");
    TCase *tcase = tcase_create("limits");

    tcase_add_loop_test(tcase, test_limits, 0, G_N_ELEMENTS(limits));
    tcase_add_loop_test(tcase, test_rates, 0, G_N_ELEMENTS(rates));
    tcase_add_loop_test(tcase, test_windows, 0, G_N_ELEMENTS(windows));
    tcase_add_loop_test(tcase, test_stores, 0, G_N_ELEMENTS(stores));
    suite_add_tcase(suite, tcase);
    return suite;
}
