/* v1.34 pkg/controller/podautoscaler/replica_calculator.go and metrics/utilization.go */
#include "controllers/podautoscaler_sync.h"

typedef enum { GROUP_READY, GROUP_UNREADY, GROUP_MISSING, GROUP_IGNORED, GROUP_UNKNOWN } PodGroup;

typedef struct {
    const char *name;
    PodGroup group;
    gint64 request; /* milli */
    gint64 value;   /* milli */
    gboolean counts;
} Entry;

static gint32
ceil_int32(double value)
{
    gint64 whole;

    if (value >= G_MAXINT32)
        return G_MAXINT32;
    whole = (gint64)value;
    return (gint32)((double)whole < value ? whole + 1 : whole);
}

static gboolean
is_within(HpaTolerances tolerances, double ratio)
{
    return 1.0 - tolerances.down <= ratio && ratio <= 1.0 + tolerances.up;
}

static HpaProposal
failed(const char *error)
{
    return (HpaProposal){.error = str_intern(error)};
}

static const HpaPodMetric *
find_metric(const GArray *metrics, const char *pod)
{
    for (guint i = 0; i < metrics->len; i++)
        if (g_array_index(metrics, HpaPodMetric, i).pod == pod)
            return &g_array_index(metrics, HpaPodMetric, i);
    return NULL;
}

/* Samples of a pod that starts are not to be trusted. */
static gboolean
cpu_is_unready(const HpaPods *pods, const ApiObject *pod, const HpaPodMetric *metric)
{
    const PodStatus *status = pod_status(pod);
    const Condition *ready = condition_find(&status->conditions, "Ready");
    gboolean is_false;

    if (ready == NULL || status->start_time == 0)
        return TRUE;
    is_false = str_is(ready->status, "False");
    if (status->start_time + pods->cpu_initialization_ns > pods->wall_ns)
        return is_false || metric->timestamp < ready->last_transition_time + metric->window_ns;
    return is_false &&
           status->start_time + pods->initial_readiness_ns > ready->last_transition_time;
}

static PodGroup
group_of(const HpaPods *pods, const ApiObject *pod, const HpaPodMetric *metric)
{
    const char *phase = pod_status(pod)->phase;

    if (api_is_deleting(pod) || str_is(phase, "Failed"))
        return GROUP_IGNORED;
    if (str_is(phase, "Pending"))
        return GROUP_UNREADY;
    if (metric == NULL)
        return GROUP_MISSING;
    if (str_is(pods->resource, "cpu") && cpu_is_unready(pods, pod, metric))
        return GROUP_UNREADY;
    return GROUP_READY;
}

static gboolean
is_known(const GPtrArray *pods, const char *name)
{
    for (guint i = 0; i < pods->len; i++)
        if (api_name(g_ptr_array_index(pods, i)) == name)
            return TRUE;
    return FALSE;
}

static GArray *
make_entries(const HpaPods *pods)
{
    GArray *entries = g_array_new(FALSE, TRUE, sizeof(Entry));

    for (guint i = 0; i < pods->pods->len; i++) {
        const ApiObject *pod = g_ptr_array_index(pods->pods, i);
        const HpaPodMetric *metric = find_metric(pods->metrics, api_name(pod));
        Entry entry = {.name = api_name(pod), .group = group_of(pods, pod, metric)};

        entry.counts = entry.group == GROUP_READY;
        entry.value = metric != NULL ? metric->value : 0;
        g_array_append_val(entries, entry);
    }
    /* Metrics of pods that the informer does not have (any more): they count, but have no request. */
    for (guint i = 0; i < pods->metrics->len; i++) {
        const HpaPodMetric *metric = &g_array_index(pods->metrics, HpaPodMetric, i);
        Entry entry = {metric->pod, GROUP_UNKNOWN, 0, metric->value, TRUE};

        if (!is_known(pods->pods, metric->pod))
            g_array_append_val(entries, entry);
    }
    return entries;
}

static guint
count_of(const GArray *entries, PodGroup group)
{
    guint count = 0;

    for (guint i = 0; i < entries->len; i++)
        count += g_array_index(entries, Entry, i).group == group;
    return count;
}

/* What counts from now on: pods of @group, each as if it used @value (its request x @percent if >= 0). */
static void
fill_in(GArray *entries, PodGroup group, gint64 value, gint64 percent)
{
    for (guint i = 0; i < entries->len; i++) {
        Entry *entry = &g_array_index(entries, Entry, i);

        if (entry->group != group)
            continue;
        entry->counts = TRUE;
        entry->value = percent >= 0 ? entry->request * percent / 100 : value;
    }
}

static guint
count_counted(const GArray *entries)
{
    guint count = 0;

    for (guint i = 0; i < entries->len; i++)
        count += g_array_index(entries, Entry, i).counts;
    return count;
}

/* --- requests ------------------------------------------------------------------------------------- */

static gboolean
has_pod_level_requests(const PodSpec *spec)
{
    const QuantityMap *requests = spec->resources == NULL ? NULL : &spec->resources->requests;

    for (guint i = 0; requests != NULL && i < requests->count; i++)
        if (pod_level_allows(requests->items[i].key))
            return TRUE;
    return FALSE;
}

/* calculatePodLevelRequests: what containers ask for counts where the pod as a whole asks for nothing. */
static const char *
whole_request(const HpaPods *pods, const ApiObject *pod, gint64 *out_milli)
{
    QuantityMap requests = {0};
    const Quantity *request;

    pod_requests(pod_spec(pod), &requests);
    request = quantity_map_get(&requests, str_intern(pods->resource));
    *out_milli = request == NULL ? 0 : quantity_value_milli(request);
    g_free(requests.items);
    return request != NULL ? NULL
                           : str_internf("missing pod-level request for %s in Pod %s", pods->resource, api_name(pod));
}

/* calculatePodRequestsFromContainers: NULL, or the complaint: every container that counts must have a request. */
static const char *
containers_request(const HpaPods *pods, const ApiObject *pod, gint64 *out_milli)
{
    const PodSpec *spec = pod_spec(pod);
    guint n = spec->containers.count;

    *out_milli = 0;
    for (guint i = 0; i < n + spec->init_containers.count; i++) {
        const Container *container =
            i < n ? &spec->containers.items[i] : &spec->init_containers.items[i - n];
        const Quantity *request;

        if (i >= n && !str_is(container->restart_policy, "Always"))
            continue;
        if (pods->container != NULL && !str_is(container->name, pods->container))
            continue;
        request = quantity_map_get(&container->resources.requests, str_intern(pods->resource));
        if (request == NULL)
            return str_internf("missing request for %s in container %s of Pod %s", pods->resource,
                               container->name, api_name(pod));
        *out_milli += quantity_value_milli(request);
        if (pods->container != NULL)
            return NULL;
    }
    if (pods->container == NULL || !pods->needs_container)
        return NULL;
    return str_internf("container %s not found in Pod %s", pods->container, api_name(pod));
}

static const char *
fill_requests(const HpaPods *pods, GArray *entries)
{
    for (guint i = 0; i < pods->pods->len; i++) {
        const ApiObject *pod = g_ptr_array_index(pods->pods, i);
        gint64 *out_milli = &g_array_index(entries, Entry, i).request;
        const char *error = pods->container == NULL && has_pod_level_requests(pod_spec(pod))
                                ? whole_request(pods, pod, out_milli)
                                : containers_request(pods, pod, out_milli);

        if (error != NULL)
            return error;
    }
    return NULL;
}

/* --- ratios --------------------------------------------------------------------------------------- */

typedef struct {
    double ratio;
    gint32 utilization;
    gint64 usage;
    gboolean is_void;
} Ratio;

/* GetResourceUtilizationRatio: integer percent first. */
static Ratio
utilization_ratio(const GArray *entries, gint64 target)
{
    gint64 used = 0, requested = 0, count = 0;
    Ratio out = {0};

    for (guint i = 0; i < entries->len; i++) {
        const Entry *entry = &g_array_index(entries, Entry, i);

        if (!entry->counts || entry->group == GROUP_UNKNOWN)
            continue;
        used += entry->value;
        requested += entry->request;
        count++;
    }
    out.is_void = requested == 0;
    if (out.is_void)
        return out;
    out.utilization = (gint32)(used * 100 / requested);
    out.ratio = (double)out.utilization / (double)target;
    out.usage = used / count;
    return out;
}

/* GetMetricUsageRatio */
static Ratio
usage_ratio(const GArray *entries, gint64 target)
{
    gint64 used = 0, count = 0;
    Ratio out = {0};

    for (guint i = 0; i < entries->len; i++) {
        const Entry *entry = &g_array_index(entries, Entry, i);

        used += entry->counts ? entry->value : 0;
        count += entry->counts;
    }
    out.usage = used / count;
    out.ratio = (double)out.usage / (double)target;
    return out;
}

typedef Ratio (*RatioFunc)(const GArray *entries, gint64 target);

/* The common end of GetResourceReplicas and calcPlainMetricReplicas. */
static HpaProposal
weigh(const HpaPods *pods, GArray *entries, RatioFunc ratio_of, gint64 target)
{
    Ratio first = ratio_of(entries, target), again;
    HpaProposal out = {
        .replicas = pods->current, .utilization = first.utilization, .usage = first.usage};
    gboolean has_missing = count_of(entries, GROUP_MISSING) > 0;
    gboolean adds_unready = count_of(entries, GROUP_UNREADY) > 0 && first.ratio > 1.0;
    gint32 wanted;

    if (first.is_void)
        return failed("no metrics returned matched known pods");
    if (!adds_unready && !has_missing) {
        if (!is_within(pods->tolerances, first.ratio))
            out.replicas = ceil_int32(first.ratio * (double)count_of(entries, GROUP_READY));
        return out;
    }
    if (has_missing && first.ratio < 1.0)
        fill_in(entries, GROUP_MISSING, target, ratio_of == utilization_ratio ? MAX(100, target) : -1);
    else if (has_missing && first.ratio > 1.0)
        fill_in(entries, GROUP_MISSING, 0, -1);
    if (adds_unready)
        fill_in(entries, GROUP_UNREADY, 0, -1);
    again = ratio_of(entries, target);
    if (is_within(pods->tolerances, again.ratio) || (first.ratio < 1.0 && again.ratio > 1.0) ||
        (first.ratio > 1.0 && again.ratio < 1.0))
        return out;
    wanted = ceil_int32(again.ratio * (double)count_counted(entries));
    if (!(again.ratio < 1.0 && wanted > pods->current) &&
        !(again.ratio > 1.0 && wanted < pods->current))
        out.replicas = wanted;
    return out;
}

static HpaProposal
propose(const HpaPods *pods, RatioFunc ratio_of, gint64 target)
{
    g_autoptr(GArray) entries = make_entries(pods);
    const char *error;

    if (pods->pods->len == 0)
        return failed("no pods returned by selector while calculating replica count");
    if (count_counted(entries) == 0)
        return failed("did not receive metrics for targeted pods (pods might be unready)");
    if (ratio_of == utilization_ratio) {
        error = fill_requests(pods, entries);
        if (error != NULL)
            return failed(error);
    }
    return weigh(pods, entries, ratio_of, target);
}

HpaProposal
hpa_propose_utilization(const HpaPods *pods, gint32 target)
{
    return propose(pods, utilization_ratio, target);
}

HpaProposal
hpa_propose_average(const HpaPods *pods, gint64 target)
{
    return propose(pods, usage_ratio, target);
}

/* getUsageRatioReplicaCount */
HpaProposal
hpa_propose_value(const HpaPods *pods, gint64 usage, gint64 target)
{
    double ratio = (double)usage / (double)target;
    HpaProposal out = {.replicas = pods->current, .usage = usage};
    guint n_ready = 0;

    if (pods->current == 0) {
        out.replicas = ceil_int32(ratio);
        return out;
    }
    if (is_within(pods->tolerances, ratio))
        return out;
    if (pods->pods->len == 0)
        return failed("unable to calculate ready pods: no pods returned by selector while "
                      "calculating replica count");
    for (guint i = 0; i < pods->pods->len; i++) {
        const ApiObject *pod = g_ptr_array_index(pods->pods, i);

        n_ready += str_is(pod_status(pod)->phase, "Running") && pod_is_ready(pod);
    }
    out.replicas = ceil_int32(ratio * (double)n_ready);
    return out;
}

HpaProposal
hpa_propose_per_pod(HpaTolerances tolerances, gint32 replicas, gint64 usage, gint64 target)
{
    double wanted = (double)target * (double)replicas;
    HpaProposal out = {.replicas = replicas};

    /* Without a pod the ratio is infinite, or not a number if nothing is used. */
    if (replicas == 0 || !is_within(tolerances, (double)usage / wanted))
        out.replicas = ceil_int32((double)usage / (double)target);
    out.usage = replicas == 0 ? 0 : (usage + replicas - 1) / replicas;
    return out;
}
