/* vpa_estimate.c - see vpa_model.h; logic/estimator.go, logic/recommender.go, utils/vpa/capping.go */

#include "base/duration.h"
#include "controllers/vpa_model.h"

#define AMOUNT_MAX       G_GINT64_CONSTANT(100000000000000)
#define LOWER_PERCENT    50
#define TARGET_PERCENT   90
#define UPPER_PERCENT    95
#define UPPER_MULTIPLIER 1.0
#define LOWER_MULTIPLIER 0.001
#define SAMPLES_PER_DAY  (60 * 24)

static const char *const names_of[VPA_N_RESOURCES] = {[VPA_CPU] = "cpu", [VPA_MEMORY] = "memory"};

/* ScaleResource: towards zero, within bounds. Infinity is more than the most. */
static gint64
scale(gint64 amount, double factor)
{
    double scaled = (double)amount * factor;

    if (scaled > (double)AMOUNT_MAX)
        return AMOUNT_MAX;
    return scaled > 0 ? (gint64)scaled : 0;
}

static gint64
with_margin(const VpaConfig *config, const VpaHistogram *histogram, guint percent)
{
    gint64 base = vpa_histogram_percentile(histogram, percent);

    return base + scale(base, (double)config->margin_percent / 100);
}

/* getConfidence: days of samples, one a minute. */
static double
confidence_of(const VpaAggregate *aggregate)
{
    double days = (double)(aggregate->last_ns - aggregate->first_ns) / (double)(24 * NS_PER_HOUR);
    double amount = (double)aggregate->n_samples / SAMPLES_PER_DAY;

    return MIN(days, amount);
}

VpaEstimate
vpa_estimate(const VpaConfig *config, const VpaAggregate *aggregate, VpaResource resource, guint n_containers)
{
    const VpaHistogram *histogram = resource == VPA_CPU ? &aggregate->cpu : &aggregate->memory;
    gint64 least = scale(resource == VPA_CPU ? config->min_cpu_milli : config->min_memory_bytes, 1.0 / (double)n_containers);
    double confidence = confidence_of(aggregate);
    double doubt = 1 + LOWER_MULTIPLIER / confidence; /* infinite without history */
    VpaEstimate estimate = {
        .target = with_margin(config, histogram, TARGET_PERCENT),
        .lower = scale(with_margin(config, histogram, LOWER_PERCENT), 1 / (doubt * doubt)),
        .upper = scale(with_margin(config, histogram, UPPER_PERCENT), 1 + UPPER_MULTIPLIER / confidence),
    };

    estimate.target = MAX(estimate.target, least);
    estimate.lower = MAX(estimate.lower, least);
    estimate.upper = MAX(estimate.upper, least);
    return estimate;
}

/* --- recommendation ------------------------------------------------------------------------------------ */

static Quantity
quantity_of(VpaResource resource, gint64 amount)
{
    return resource == VPA_CPU ? quantity_from_milli(amount) : quantity_from_int(amount, QUANTITY_DECIMAL_SI);
}

/* maybeCapToPolicyMin, maybeCapToPolicyMax */
static Quantity
cap(const VpaContainerPolicy *policy, const char *resource, Quantity quantity)
{
    const Quantity *least = policy != NULL ? quantity_map_get(&policy->min_allowed, resource) : NULL;
    const Quantity *most = policy != NULL ? quantity_map_get(&policy->max_allowed, resource) : NULL;

    if (least != NULL && quantity_sign(least) != 0 && quantity_compare(&quantity, least) < 0)
        quantity = *least;
    if (most != NULL && quantity_sign(most) != 0 && quantity_compare(&quantity, most) > 0)
        quantity = *most;
    return quantity;
}

static void
recommend_resource(VpaContainerRecommendation *out, const VpaContainerPolicy *policy, VpaResource resource, VpaEstimate estimate)
{
    const char *name = str_intern(names_of[resource]);

    if (policy != NULL && policy->controlled_resources.count > 0 && !str_list_contains(&policy->controlled_resources, name))
        return;
    quantity_map_set(&out->target, name, cap(policy, name, quantity_of(resource, estimate.target)));
    quantity_map_set(&out->lower_bound, name, cap(policy, name, quantity_of(resource, estimate.lower)));
    quantity_map_set(&out->upper_bound, name, cap(policy, name, quantity_of(resource, estimate.upper)));
    quantity_map_set(&out->uncapped_target, name, quantity_of(resource, estimate.target));
}

static gboolean
is_wanted(const VpaSpec *spec, const char *name, const VpaAggregate *aggregate)
{
    const VpaContainerPolicy *policy = vpa_container_policy(spec, name);

    return aggregate->n_samples > 0 && (policy == NULL || !str_is(policy->mode, "Off"));
}

VpaRecommendation *
vpa_recommend(const VpaConfig *config, const VpaSpec *spec, const GArray *containers)
{
    VpaRecommendation *recommendation = api_struct_new(&vpa_recommendation_type);
    guint n_wanted = 0;

    for (guint i = 0; i < containers->len; i++) {
        const VpaNamed *named = &g_array_index(containers, VpaNamed, i);

        n_wanted += is_wanted(spec, named->name, &named->aggregate);
    }
    for (guint i = 0; i < containers->len; i++) {
        const VpaNamed *named = &g_array_index(containers, VpaNamed, i);
        VpaContainerRecommendation *out;

        if (!is_wanted(spec, named->name, &named->aggregate))
            continue;
        out = API_LIST_ADD(&recommendation->containers);
        out->container_name = named->name;
        for (VpaResource resource = VPA_CPU; resource < VPA_N_RESOURCES; resource++)
            recommend_resource(out, vpa_container_policy(spec, named->name), resource,
                               vpa_estimate(config, &named->aggregate, resource, n_wanted));
    }
    return recommendation;
}
