/*
 * VerticalPodAutoscaler: histograms, containers, estimates, whole passes of the recommender.
 *
 * Expectations: kubernetes/autoscaler vertical-pod-autoscaler 1.4 pkg/recommender
 * util/histogram_test.go, decaying_histogram_test.go, model/container_test.go,
 * logic/estimator_test.go, recommender_test.go where a name says so, with their
 * values moved into the buckets of CPU (10m, 20.5m, 31.525m, 43.1m ...); amounts that
 * real recommenders gave, from kubernetes/autoscaler issues 3442, 3965 and 5242; the
 * others are worked by hand.
 */
#include "controllers/vpa_cluster.h"
#include "tests/controllers/mini.h"
#include "tests/controllers/suites.h"

#define DAY  (24 * NS_PER_HOUR)
#define MI   (G_GINT64_CONSTANT(1) << 20)
#define NOON (MINI_EPOCH - MINI_EPOCH % DAY + DAY / 4) /* nearer to the midnight before it */

static const VpaConfig defaults = {.min_cpu_milli = 25, .min_memory_bytes = 250 * MI, .margin_percent = 15};

/* --- buckets ----------------------------------------------------------------------------------------- */

static const struct {
    VpaResource resource;
    guint bucket;
    gint64 start;
} bounds[] = {
    {VPA_CPU, 0, 0},           {VPA_CPU, 1, 10},          {VPA_CPU, 2, 20},          {VPA_CPU, 3, 31},
    {VPA_CPU, 10, 125},        {VPA_CPU, 70, 5885},       {VPA_MEMORY, 1, 10000000}, {VPA_MEMORY, 2, 20500000},
    {VPA_MEMORY, 4, 43101250}, {VPA_MEMORY, 22, 385052143},
};

START_TEST(test_bound)
{
    ck_assert_int_eq(vpa_bucket_start(bounds[_i].resource, bounds[_i].bucket), bounds[_i].start);
}
END_TEST

static const struct {
    VpaResource resource;
    gint64 value;
    guint bucket;
} places[] = {
    {VPA_CPU, -5, 0},  {VPA_CPU, 0, 0},    {VPA_CPU, 9, 0},           {VPA_CPU, 10, 1},
    {VPA_CPU, 20, 1},  {VPA_CPU, 21, 2},   {VPA_CPU, 31, 2},          {VPA_CPU, 32, 3},
    {VPA_CPU, 180, 13}, {VPA_CPU, 999999999, 175}, {VPA_MEMORY, 9999999, 0}, {VPA_MEMORY, 10000000, 1},
    {VPA_MEMORY, 20500000, 2},
};

START_TEST(test_place)
{
    ck_assert_uint_eq(vpa_bucket_of(places[_i].resource, places[_i].value), places[_i].bucket);
}
END_TEST

/* What one steady use comes to, with the margin: amounts seen from real recommenders. */
static const struct {
    VpaResource resource;
    gint64 usage, target;
} seen[] = {
    {VPA_CPU, 5, 25},           {VPA_CPU, 180, 224},  {VPA_CPU, 2100, 2539},
    {VPA_MEMORY, 30 * MI, 250 * MI}, {VPA_MEMORY, 300 * MI, 380258472}, {VPA_MEMORY, 440 * MI, 548861636},
};

START_TEST(test_seen)
{
    VpaAggregate aggregate;
    VpaContainer container = {0};
    VpaEstimate estimate;

    vpa_aggregate_init(&aggregate, NOON);
    if (seen[_i].resource == VPA_CPU)
        vpa_container_add_cpu(&container, &aggregate, seen[_i].usage, NOON);
    else
        vpa_container_add_memory(&container, &aggregate, seen[_i].usage, NOON);
    estimate = vpa_estimate(&defaults, &aggregate, seen[_i].resource, 1);
    ck_assert_int_eq(estimate.target, seen[_i].target);
    /* No history: nobody shall be evicted. */
    ck_assert_int_eq(estimate.upper, G_GINT64_CONSTANT(100000000000000));
    ck_assert_int_eq(estimate.lower, seen[_i].resource == VPA_CPU ? 25 : 250 * MI);
}
END_TEST

/* --- percentiles ----------------------------------------------------------------------------------------- */

/* Samples in millicores: weight, days after the first. */
typedef struct {
    gint64 value;
    double weight;
    gint64 days;
} Sample;

static const struct {
    const char *name;
    Sample samples[5];
    struct {
        guint percent;
        gint64 value;
    } wanted[8];
} series[] = {
    {"TestPercentilesEmptyHistogram", {{0}}, {{0, 0}, {50, 0}, {100, 0}}},
    {"TestNoDecay", {{10, 1, 0}, {21, 2, 0}, {32, 3, 0}, {44, 4, 0}}, {{1, 20}, {10, 20}, {20, 31}, {30, 31}, {40, 43}, {60, 43}, {70, 55}, {100, 55}}},
    {"TestSimpleDecay", {{21, 1000, 0}, {10, 1, 20}}, {{99, 20}, {100, 31}}},
    {"TestLongtermDecay", {{21, 1, 0}, {10, 1, 101}}, {{100, 20}}},
    {"TestDecayingHistogramPercentiles", {{10, 1, 0}, {21, 2, 1}, {32, 3, 2}, {44, 4, 3}}, {{0, 20}, {2, 20}, {3, 31}, {10, 31}, {11, 43}, {34, 43}, {35, 55}, {100, 55}}},
};

static void
add_all(VpaHistogram *histogram, const Sample *samples)
{
    for (guint i = 0; i < 5 && samples[i].weight > 0; i++)
        vpa_histogram_add(histogram, samples[i].value, samples[i].weight, NOON + samples[i].days * DAY);
}

START_TEST(test_series)
{
    VpaHistogram histogram;

    vpa_histogram_init(&histogram, VPA_CPU);
    add_all(&histogram, series[_i].samples);
    for (guint i = 0; i < 8 && (i == 0 || series[_i].wanted[i].percent > 0); i++)
        ck_assert_msg(vpa_histogram_percentile(&histogram, series[_i].wanted[i].percent) == series[_i].wanted[i].value,
                      "%s: %u %% is %" G_GINT64_FORMAT, series[_i].name, series[_i].wanted[i].percent,
                      vpa_histogram_percentile(&histogram, series[_i].wanted[i].percent));
}
END_TEST

/* TestDecayingHistogramMerge, with references half a year apart as well. */
START_TEST(test_merge)
{
    const gint64 gap = _i == 0 ? 0 : 180;
    VpaHistogram a, b, wanted;

    vpa_histogram_init(&a, VPA_CPU);
    vpa_histogram_init(&b, VPA_CPU);
    vpa_histogram_init(&wanted, VPA_CPU);
    add_all(&a, (const Sample[5]){{10, 1, 0}, {21, 1, 1}});
    add_all(&b, (const Sample[5]){{21, 1, 2 + gap}, {32, 1, 1 + gap}});
    add_all(&wanted, (const Sample[5]){{21, 1, 2 + gap}, {21, 1, 1}, {32, 1, 1 + gap}, {10, 1, 0}});
    vpa_histogram_merge(&a, &b);
    ck_assert_int_eq(a.reference_ns, gap == 0 ? wanted.reference_ns : b.reference_ns);
    for (guint percent = 0; percent <= 100; percent++)
        ck_assert_int_eq(vpa_histogram_percentile(&a, percent), vpa_histogram_percentile(&wanted, percent));
}
END_TEST

/* TestEmptyHistogram: what is left below the least weight is nothing. */
START_TEST(test_subtract)
{
    VpaHistogram histogram;
    gint64 midnight = NOON - DAY / 4;

    vpa_histogram_init(&histogram, VPA_CPU);
    ck_assert(vpa_histogram_is_empty(&histogram));
    vpa_histogram_add(&histogram, 100, 0.00025, midnight);
    ck_assert(!vpa_histogram_is_empty(&histogram));
    vpa_histogram_subtract(&histogram, 100, 0.0001, midnight);
    ck_assert(!vpa_histogram_is_empty(&histogram));
    vpa_histogram_subtract(&histogram, 100, 0.0001, midnight);
    ck_assert(vpa_histogram_is_empty(&histogram));
}
END_TEST

/* --- checkpoints ------------------------------------------------------------------------------------------- */

static const struct {
    const char *name;
    Sample samples[5];
    const char *weights, *total;
} saved[] = {
    {"TestHistogramSaveToCheckpointEmpty", {{0}}, "{}", "0"},
    {"TestHistogramSaveToCheckpoint", {{10, 1, 0}}, "{\"1\":10000}", "1"},
    {"TestHistogramSaveToCheckpointDropsRelativelySmallValues", {{10, 1, 0}, {21, 100000, 0}}, "{\"2\":10000}", "100001"},
    {"TestHistogramSaveToCheckpointForMultipleValues", {{10, 1, 0}, {21, 10000, 0}, {32, 50, 0}}, "{\"1\":1,\"2\":10000,\"3\":50}", "10051"},
};

START_TEST(test_saved)
{
    VpaHistogram histogram, again;
    VpaHistogramCheckpoint checkpoint = {0};
    g_autofree char *weights = NULL;

    vpa_histogram_init(&histogram, VPA_CPU);
    vpa_histogram_init(&again, VPA_CPU);
    for (guint i = 0; i < 5 && saved[_i].samples[i].weight > 0; i++) /* at midnight: a sample counts once */
        vpa_histogram_add(&histogram, saved[_i].samples[i].value, saved[_i].samples[i].weight, NOON - DAY / 4);
    vpa_histogram_save(&histogram, &checkpoint);
    weights = value_to_json(checkpoint.bucket_weights, VALUE_COMPACT);
    ck_assert_str_eq(weights, saved[_i].weights);
    ck_assert_str_eq(checkpoint.total_weight->text, saved[_i].total);
    ck_assert(vpa_histogram_load(&again, &checkpoint));
    ck_assert_int_eq(vpa_histogram_percentile(&again, 90), vpa_histogram_percentile(&histogram, 90));
    value_free(checkpoint.bucket_weights);
    value_free(checkpoint.total_weight);
}
END_TEST

/* TestHistogramLoadFromCheckpointReturnsErrorOn...: bucket -1, bucket 99 of fewer, a negative total. */
static const struct {
    const char *weights, *total;
} broken[] = {{"{\"-1\":1}", "1.0"}, {"{\"176\":1}", "1.0"}, {"{\"x\":1}", "1.0"}, {"{}", "-1.0"}};

START_TEST(test_broken)
{
    VpaHistogram histogram;
    VpaHistogramCheckpoint checkpoint = {
        .bucket_weights = value_read_json(broken[_i].weights, strlen(broken[_i].weights), NULL),
        .total_weight = value_new_float(broken[_i].total),
    };

    vpa_histogram_init(&histogram, VPA_CPU);
    ck_assert(!vpa_histogram_load(&histogram, &checkpoint));
    value_free(checkpoint.bucket_weights);
    value_free(checkpoint.total_weight);
}
END_TEST

/* --- containers -------------------------------------------------------------------------------------------- */

/*
 * Steps: m MI HOURS a sample of memory, o MI HOURS killed with that request; the answer
 * is the peak that counts then, in Mi, or - if it was refused, and when its interval ends.
 */
static const struct {
    const char *name, *steps, *wanted;
} peaks[] = {
    {"TestAggregateContainerUsageSamples", "m 5 0, m 10 12, m 2 24, m 1 20", "5@24 10@24 2@48 -@48"},
    {"a lower one changes nothing", "m 10 0, m 5 1", "10@24 10@24"},
    {"TestRecordOOMIncreasedByBumpUp", "o 1000 0", "1200@24"},
    {"TestRecordOOMDontRunAway", "o 1000 0, o 999 0, o 999 0, o 2000 0", "1200@24 1200@24 1200@24 2400@24"},
    {"TestRecordOOMIncreasedByMin", "o 1 0", "101@24"},
    {"TestRecordOOMMaxedWithKnownSample", "m 3000 0, o 1000 0", "3000@24 3600@24"},
    {"TestRecordOOMDiscardsOldSample", "m 1000 0, o 1000 -30", "1000@24 -@24"},
    {"TestRecordOOMInNewWindow", "m 2000 0, o 1000 48", "2000@24 2400@72"},
};

START_TEST(test_peak)
{
    g_auto(GStrv) steps = g_strsplit(peaks[_i].steps, ", ", -1);
    g_autoptr(GString) got = g_string_new(NULL);
    VpaAggregate aggregate;
    VpaContainer container = {0};

    vpa_aggregate_init(&aggregate, NOON);
    for (guint i = 0; steps[i] != NULL; i++) {
        g_auto(GStrv) words = g_strsplit(steps[i], " ", 3);
        gint64 bytes = g_ascii_strtoll(words[1], NULL, 10) * MI;
        gint64 time_ns = NOON + g_ascii_strtoll(words[2], NULL, 10) * NS_PER_HOUR;
        gboolean is_taken = *words[0] == 'm' ? vpa_container_add_memory(&container, &aggregate, bytes, time_ns)
                                             : vpa_container_add_oom(&container, &aggregate, bytes, time_ns);
        gint64 peak = MAX(container.memory_peak, container.oom_peak);

        if (i > 0)
            g_string_append_c(got, ' ');
        if (is_taken)
            g_string_append_printf(got, "%" G_GINT64_FORMAT, peak / MI);
        else
            g_string_append_c(got, '-');
        g_string_append_printf(got, "@%" G_GINT64_FORMAT, (container.window_end_ns - NOON) / NS_PER_HOUR);
    }
    ck_assert_msg(strcmp(got->str, peaks[_i].wanted) == 0, "%s: %s", peaks[_i].name, got->str);
}
END_TEST

/* One peak an interval: the weight of all is that of one sample at its end. */
START_TEST(test_one_peak)
{
    VpaAggregate aggregate;
    VpaContainer container = {0};
    VpaHistogram wanted;

    vpa_aggregate_init(&aggregate, NOON);
    vpa_container_add_memory(&container, &aggregate, 100 * MI, NOON);
    vpa_container_add_memory(&container, &aggregate, 200 * MI, NOON + NS_PER_HOUR);
    vpa_container_add_oom(&container, &aggregate, 256 * MI, NOON + 2 * NS_PER_HOUR);
    vpa_histogram_init(&wanted, VPA_MEMORY);
    vpa_histogram_add(&wanted, 356 * MI, 1, NOON + DAY);
    ck_assert_uint_eq(aggregate.memory.min, wanted.min);
    ck_assert_uint_eq(aggregate.memory.max, wanted.max);
    ck_assert(aggregate.memory.total > wanted.total - 1e-9 && aggregate.memory.total < wanted.total + 1e-9);
}
END_TEST

/* Samples of CPU: those not newer than the last are the same ones again. */
START_TEST(test_cpu_order)
{
    VpaAggregate aggregate;
    VpaContainer container = {0};

    vpa_aggregate_init(&aggregate, NOON);
    ck_assert(vpa_container_add_cpu(&container, &aggregate, 3140, NOON));
    ck_assert(vpa_container_add_cpu(&container, &aggregate, 6280, NOON + DAY / 2));
    ck_assert(vpa_container_add_cpu(&container, &aggregate, 1570, NOON + DAY));
    ck_assert(!vpa_container_add_cpu(&container, &aggregate, 1000, NOON + DAY));
    ck_assert(!vpa_container_add_cpu(&container, &aggregate, -1000, NOON + 2 * DAY));
    ck_assert_int_eq(aggregate.n_samples, 3);
    ck_assert_int_eq(aggregate.first_ns, NOON);
    ck_assert_int_eq(aggregate.last_ns, NOON + DAY);
    ck_assert(!vpa_aggregate_is_expired(&aggregate, NOON + 9 * DAY - 1));
    ck_assert(vpa_aggregate_is_expired(&aggregate, NOON + 9 * DAY));
}
END_TEST

/* --- estimates --------------------------------------------------------------------------------------------- */

/* 180m for so many samples, each so long after the other: 224m = 195m + 15 %. */
static const struct {
    const char *name;
    guint n_samples;
    gint64 step_ns;
    guint n_containers;
    VpaEstimate wanted;
} estimates[] = {
    /* estimator_test.go: confidence 9 / 1440 = 0.00625: * (1 + 1/0.00625), / (1 + 0.001/0.00625)^2 */
    {"TestConfidenceMultiplier", 9, 2 * NS_PER_MIN, 1, {224, 166, 36064}},
    {"a day, of a sample a minute", 1441, NS_PER_MIN, 1, {224, 223, 448}},
    {"a day, of ten samples a minute: the time counts", 14401, 6 * NS_PER_S, 1, {224, 223, 448}},
    {"a week, of a sample an hour: the samples count", 168, NS_PER_HOUR, 1, {224, 220, 2144}},
    {"half a day", 721, NS_PER_MIN, 1, {224, 223, 672}},
};

START_TEST(test_estimate)
{
    VpaAggregate aggregate;
    VpaContainer container = {0};
    VpaEstimate got;

    vpa_aggregate_init(&aggregate, NOON);
    for (guint i = 0; i < estimates[_i].n_samples; i++)
        vpa_container_add_cpu(&container, &aggregate, 180, NOON + i * estimates[_i].step_ns);
    got = vpa_estimate(&defaults, &aggregate, VPA_CPU, estimates[_i].n_containers);
    ck_assert_msg(got.target == estimates[_i].wanted.target && got.lower == estimates[_i].wanted.lower &&
                      got.upper == estimates[_i].wanted.upper,
                  "%s: %" G_GINT64_FORMAT " %" G_GINT64_FORMAT " %" G_GINT64_FORMAT, estimates[_i].name, got.target,
                  got.lower, got.upper);
}
END_TEST

/* --- passes ------------------------------------------------------------------------------------------------ */

#define DEPLOYMENT \
    "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\n" \
    "spec: {selector: {matchLabels: {app: web}}, template: {metadata: {labels: {app: web}}, spec: {containers: [{name: a, image: i}]}}}\n"
#define POD \
    "apiVersion: v1\nkind: Pod\nmetadata: {name: web-1, labels: {app: web}}\n" \
    "spec: {containers: [{name: a, image: i, resources: {requests: {memory: 256Mi}}}, {name: b, image: i}]}\n"
#define VPA(policy) \
    "apiVersion: autoscaling.k8s.io/v1\nkind: VerticalPodAutoscaler\nmetadata: {name: web}\n" \
    "spec: {targetRef: {apiVersion: apps/v1, kind: Deployment, name: web}" policy "}\n"
#define POLICIES(text) ", resourcePolicy: {containerPolicies: [" text "]}"

static void
add_metrics(Mini *mini, const char *container, gint64 milli, gint64 bytes)
{
    const ApiObject *old = mini_get(mini, &pod_metrics_kind, "default", "web-1");
    ApiObject *object = old != NULL ? api_object_copy(old) : api_object_new(&pod_metrics_kind, "default", "web-1");
    PodMetrics *metrics = api_edit_body(object);
    ContainerMetrics *one = API_LIST_ADD(&metrics->containers);

    metrics->timestamp = api_time_seconds(mini_wall_ns(mini));
    one->name = str_intern(container);
    quantity_map_set(&one->usage, str_intern("cpu"), quantity_from_milli(milli));
    quantity_map_set(&one->usage, str_intern("memory"), quantity_from_int(bytes, QUANTITY_BINARY_SI));
    if (old != NULL)
        mini_remove(mini, old);
    mini_add(mini, object);
}

static Mini *
new_cluster(const char *vpa, const char *phase)
{
    Mini *mini = mini_new();
    ApiObject *pod = object_from_yaml(&pod_kind, POD);

    mini->config = (const ControllersConfig *)(gconstpointer)&defaults;
    mini->state = vpa_recommender.new_state();
    ((PodStatus *)api_edit_status(pod))->phase = str_intern(phase);
    mini_add(mini, object_from_yaml(&deployment_kind, DEPLOYMENT));
    mini_add(mini, pod);
    mini_add(mini, object_from_yaml(&vpa_kind, vpa));
    add_metrics(mini, "a", 180, 300 * MI);
    add_metrics(mini, "b", 5, 30 * MI);
    mini_tick(mini, &vpa_recommender); /* reads checkpoints */
    mini->now_ns += NS_PER_MIN;
    mini_tick(mini, &vpa_recommender);
    return mini;
}

/* "a cpu=224m memory=380258472; b ..." of targets, then the conditions. */
static char *
status_text(Mini *mini)
{
    const VpaStatus *status = vpa_status(mini_get(mini, &vpa_kind, "default", "web"));
    GString *out = g_string_new(NULL);

    for (guint i = 0; status->recommendation != NULL && i < status->recommendation->containers.count; i++) {
        const VpaContainerRecommendation *one = &status->recommendation->containers.items[i];

        g_string_append(out, one->container_name);
        for (guint k = 0; k < one->target.count; k++)
            g_string_append_printf(out, " %s=%s", one->target.items[k].key, quantity_format(&one->target.items[k].value));
        g_string_append(out, "; ");
    }
    for (guint i = 0; i < status->conditions.count; i++)
        g_string_append_printf(out, "%s%s=%s(%s)", i > 0 ? " " : "", status->conditions.items[i].type,
                               status->conditions.items[i].status,
                               status->conditions.items[i].message != NULL ? status->conditions.items[i].message : "");
    return g_string_free(out, FALSE);
}

#define PROVIDED "RecommendationProvided=True()"
#define NO_PODS  "NoPodsMatched=True(No pods match this VPA object) RecommendationProvided=False(No pods match this VPA object)"

static void
end_cluster(Mini *mini)
{
    vpa_recommender.free_state(mini->state);
    mini_free(mini);
}

static const struct {
    const char *name, *vpa, *phase, *wanted;
} passes[] = {
    /* recommender_test.go TestMinResourcesSplitAcrossContainers: half of 25m and of 250Mi each */
    {"the least is divided", VPA(""), "Running", "a cpu=224m memory=380258472; b cpu=12m memory=131072k; " PROVIDED},
    {"a container is left out, so the other has the whole least", VPA(POLICIES("{containerName: a, mode: 'Off'}")), "Running",
     "b cpu=25m memory=262144k; " PROVIDED},
    {"bounds", VPA(POLICIES("{containerName: a, maxAllowed: {cpu: 100m}}, {containerName: '*', minAllowed: {memory: 1Gi}}")), "Running",
     "a cpu=100m memory=380258472; b cpu=12m memory=1Gi; " PROVIDED},
    {"TestControlledResourcesFiltered", VPA(POLICIES("{containerName: '*', controlledResources: [memory]}")), "Running",
     "a memory=380258472; b memory=131072k; " PROVIDED},
    {"pods that wait are not seen", VPA(""), "Pending", NO_PODS},
    {"no target", "apiVersion: autoscaling.k8s.io/v1\nkind: VerticalPodAutoscaler\nmetadata: {name: web}\n"
                  "spec: {targetRef: {kind: StatefulSet, name: db}}\n",
     "Running", "ConfigUnsupported=True(Cannot read targetRef. Reason: StatefulSet default/db does not exist) " NO_PODS},
    {"another recommender's", VPA(", recommenders: [{name: frugal}]"), "Running", ""},
    {"ours by name", VPA(", recommenders: [{name: default}]"), "Running",
     "a cpu=224m memory=380258472; b cpu=12m memory=131072k; " PROVIDED},
};

START_TEST(test_pass)
{
    Mini *mini = new_cluster(passes[_i].vpa, passes[_i].phase);
    g_autofree char *got = status_text(mini);

    ck_assert_msg(strcmp(got, passes[_i].wanted) == 0, "%s: %s", passes[_i].name, got);
    end_cluster(mini);
}
END_TEST

/* UpdateVpaStatusIfNeeded: nothing new, nothing written; checkpoints are written all the same. */
START_TEST(test_nothing_new)
{
    Mini *mini = new_cluster(VPA(""), "Running");

    mini_tick(mini, &vpa_recommender);
    ck_assert_msg(strstr(mini->log->str, "VerticalPodAutoscaler web") == NULL, "%s", mini->log->str);
    ck_assert_msg(strstr(mini->log->str, "VerticalPodAutoscalerCheckpoint web-a") != NULL, "%s", mini->log->str);
    ck_assert_uint_eq(mini_count(mini, &vpa_checkpoint_kind), 2);
    end_cluster(mini);
}
END_TEST

/* A recommender that starts anew knows what its checkpoints say, without the peaks of the day that goes on. */
START_TEST(test_restart)
{
    Mini *mini = new_cluster(VPA(""), "Running");
    const VpaCheckpointStatus *kept = mini_get(mini, &vpa_checkpoint_kind, "default", "web-a")->status;

    ck_assert_int_eq(kept->total_samples_count, 1);
    ck_assert_uint_eq(kept->cpu.bucket_weights->count, 1);
    ck_assert_uint_eq(kept->memory.bucket_weights->count, 0);
    vpa_recommender.free_state(mini->state);
    mini->state = vpa_recommender.new_state();
    mini_remove(mini, mini_get(mini, &pod_metrics_kind, "default", "web-1"));
    mini_tick(mini, &vpa_recommender);
    mini->now_ns += NS_PER_MIN;
    mini_tick(mini, &vpa_recommender);
    {
        g_autofree char *got = status_text(mini);

        ck_assert_str_eq(got, "a cpu=224m memory=131072k; b cpu=12m memory=131072k; " PROVIDED);
    }
    end_cluster(mini);
}
END_TEST

/* observer.go: what counts as killed for memory since the pod was last seen. */
static const struct {
    const char *name, *old, *now; /* RESTARTS STATE LAST: r running, k killed, e ended well, w waits, - nothing */
    gboolean is_kill;
} kills[] = {
    {"it ran and was killed", "0 r -", "0 k -", TRUE},
    {"seen already", "0 k -", "0 k -", FALSE},
    {"again, too fast to be seen running", "0 k -", "1 k k", TRUE},
    {"it waits after that", "1 k k", "1 w k", FALSE},
    {"restarted between two looks", "0 r -", "1 r k", TRUE},
    {"it runs again after the back-off", "1 w k", "2 r k", FALSE},
    {"it ended by itself", "0 r -", "0 e -", FALSE},
};

static void
set_state(ContainerState *state, char what)
{
    if (what == 'r')
        state->running = g_new0(ContainerStateRunning, 1);
    else if (what == 'w')
        state->waiting = g_new0(ContainerStateWaiting, 1);
    else if (what == 'k' || what == 'e') {
        state->terminated = g_new0(ContainerStateTerminated, 1);
        state->terminated->reason = str_intern(what == 'k' ? "OOMKilled" : "Completed");
        state->terminated->finished_at = NOON;
    }
}

static ApiObject *
pod_in(const char *text)
{
    ApiObject *pod = object_from_yaml(&pod_kind, POD);
    PodStatus *status = api_edit_status(pod);
    ContainerStatus *container = API_LIST_ADD(&status->container_statuses);

    status->phase = str_intern("Running");
    container->name = str_intern("a");
    container->restart_count = text[0] - '0';
    set_state(&container->state, text[2]);
    set_state(&container->last_state, text[4]);
    return pod;
}

START_TEST(test_kill)
{
    g_autoptr(ApiObject) old = pod_in(kills[_i].old), now = pod_in(kills[_i].now);
    const ApiObject *objects[] = {now};
    View *view = view_new_array(objects, 1);
    VpaCluster *cluster = vpa_cluster_new();
    g_autoptr(Selector) all = selector_parse("app=web", NULL);
    g_autoptr(GArray) found = NULL;
    const VpaNamed *named;

    vpa_cluster_note_oom(cluster, old, now);
    vpa_cluster_load(cluster, view, NOON);
    vpa_cluster_settle(cluster);
    found = vpa_cluster_collect(cluster, "default", all, "uid", FALSE, NOON);
    named = &g_array_index(found, VpaNamed, 0);
    ck_assert_str_eq(named->name, "a");
    ck_assert_msg(vpa_histogram_is_empty(&named->aggregate.memory) == !kills[_i].is_kill, "%s", kills[_i].name);
    if (kills[_i].is_kill) /* 256Mi asked for, 100Mi more */
        ck_assert_uint_eq(named->aggregate.memory.max, vpa_bucket_of(VPA_MEMORY, 356 * MI));
    vpa_cluster_free(cluster);
    view_free(view);
}
END_TEST

Suite *
vpa_suite(void)
{
    Suite *suite = suite_create("controllers/vpa");
    TCase *tcase = tcase_create("vpa");

    tcase_add_loop_test(tcase, test_bound, 0, G_N_ELEMENTS(bounds));
    tcase_add_loop_test(tcase, test_place, 0, G_N_ELEMENTS(places));
    tcase_add_loop_test(tcase, test_seen, 0, G_N_ELEMENTS(seen));
    tcase_add_loop_test(tcase, test_series, 0, G_N_ELEMENTS(series));
    tcase_add_loop_test(tcase, test_merge, 0, 2);
    tcase_add_test(tcase, test_subtract);
    tcase_add_loop_test(tcase, test_saved, 0, G_N_ELEMENTS(saved));
    tcase_add_loop_test(tcase, test_broken, 0, G_N_ELEMENTS(broken));
    tcase_add_loop_test(tcase, test_peak, 0, G_N_ELEMENTS(peaks));
    tcase_add_test(tcase, test_one_peak);
    tcase_add_test(tcase, test_cpu_order);
    tcase_add_loop_test(tcase, test_estimate, 0, G_N_ELEMENTS(estimates));
    tcase_add_loop_test(tcase, test_pass, 0, G_N_ELEMENTS(passes));
    tcase_add_test(tcase, test_nothing_new);
    tcase_add_test(tcase, test_restart);
    tcase_add_loop_test(tcase, test_kill, 0, G_N_ELEMENTS(kills));
    suite_add_tcase(suite, tcase);
    return suite;
}
