/* vpa_histogram.c - see vpa_model.h; util/histogram.go, decaying_histogram.go, histogram_options.go */

#include "base/duration.h"
#include "controllers/vpa_model.h"
#include "sim/fixed.h"

#define EPSILON        0.0001 /* a bucket with less is empty */
#define HALF_LIFE_NS   (24 * NS_PER_HOUR)
#define EXPONENT_MAX   100 /* half-lives after which the reference moves */
#define CHECKPOINT_MAX 10000

/* --- buckets ----------------------------------------------------------------------------------------- */

/* First bucket / 0.05. */
static const gint64 scales[VPA_N_RESOURCES] = {[VPA_CPU] = 200, [VPA_MEMORY] = 200000000};

/* scale * (1.05^n - 1), Q64; 1.05^n grows by 21/20 from bound to bound. */
typedef struct {
    unsigned __int128 power_q64;
    gint64 scale;
} Bound;

static gint64
bound_value(const Bound *bound)
{
    /* The first bounds are whole numbers: what was cut off their powers must not cost them one. */
    unsigned __int128 product = (bound->power_q64 - ((unsigned __int128)1 << 64)) * (guint64)bound->scale;

    return (gint64)((product + ((unsigned __int128)1 << 32)) >> 64);
}

static void
bound_next(Bound *bound)
{
    bound->power_q64 = bound->power_q64 * 21 / 20;
}

gint64
vpa_bucket_start(VpaResource resource, guint bucket)
{
    Bound bound = {(unsigned __int128)1 << 64, scales[resource]};

    for (guint i = 0; i < bucket; i++)
        bound_next(&bound);
    return bound_value(&bound);
}

/* A bound that is no whole number lies above the one that it is cut to. */
guint
vpa_bucket_of(VpaResource resource, gint64 value)
{
    Bound bound = {(unsigned __int128)1 << 64, scales[resource]};
    guint bucket = 0;

    for (; bucket < VPA_N_BUCKETS - 1; bucket++) {
        unsigned __int128 product;

        bound_next(&bound);
        product = (bound.power_q64 - ((unsigned __int128)1 << 64)) * (guint64)bound.scale;
        if (product > ((unsigned __int128)(guint64)MAX(value, 0) << 64) + ((unsigned __int128)1 << 32))
            break;
    }
    return bucket;
}

/* --- weights ----------------------------------------------------------------------------------------- */

void
vpa_histogram_init(VpaHistogram *histogram, VpaResource resource)
{
    *histogram = (VpaHistogram){.resource = resource, .min = VPA_N_BUCKETS - 1};
}

gboolean
vpa_histogram_is_empty(const VpaHistogram *histogram)
{
    return histogram->weights[histogram->min] < EPSILON;
}

static void
narrow(VpaHistogram *histogram)
{
    while (histogram->weights[histogram->min] < EPSILON && histogram->min < VPA_N_BUCKETS - 1)
        histogram->min++;
    while (histogram->weights[histogram->max] < EPSILON && histogram->max > 0)
        histogram->max--;
}

/* 2^@n, exact. */
static double
power_of_two(gint64 n)
{
    double power = 1;

    for (; n > 0; n--)
        power *= 2;
    for (; n < 0; n++)
        power /= 2;
    return power;
}

static gint64
floor_divide(gint64 a, gint64 b)
{
    return a / b - (a % b < 0);
}

/* The reference becomes the midnight next to @time_ns; noon belongs to the one after it. */
static void
move_reference(VpaHistogram *histogram, gint64 time_ns)
{
    gint64 reference_ns = floor_divide(time_ns + HALF_LIFE_NS / 2, HALF_LIFE_NS) * HALF_LIFE_NS;

    if (histogram->has_reference) {
        double factor = power_of_two((histogram->reference_ns - reference_ns) / HALF_LIFE_NS);

        for (guint i = histogram->min; i <= histogram->max; i++)
            histogram->weights[i] *= factor;
        histogram->total *= factor;
        narrow(histogram);
    }
    histogram->reference_ns = reference_ns;
    histogram->has_reference = TRUE;
}

static double
decay_factor(VpaHistogram *histogram, gint64 time_ns)
{
    gint64 distance_ns, whole, rest_q48;

    if (!histogram->has_reference || time_ns > histogram->reference_ns + EXPONENT_MAX * HALF_LIFE_NS)
        move_reference(histogram, time_ns);
    distance_ns = time_ns - histogram->reference_ns;
    whole = floor_divide(distance_ns, HALF_LIFE_NS);
    rest_q48 = (gint64)(((__int128)(distance_ns - whole * HALF_LIFE_NS) << 48) / HALF_LIFE_NS);
    return (double)fixed_scale_exp2(G_GINT64_CONSTANT(1) << 52, rest_q48) * power_of_two(whole - 52);
}

void
vpa_histogram_add(VpaHistogram *histogram, gint64 value, double weight, gint64 time_ns)
{
    guint bucket = vpa_bucket_of(histogram->resource, value);
    double decayed = weight * decay_factor(histogram, time_ns);

    histogram->weights[bucket] += decayed;
    histogram->total += decayed;
    if (histogram->weights[bucket] < EPSILON)
        return;
    histogram->min = MIN(histogram->min, bucket);
    histogram->max = MAX(histogram->max, bucket);
}

void
vpa_histogram_subtract(VpaHistogram *histogram, gint64 value, double weight, gint64 time_ns)
{
    guint bucket = vpa_bucket_of(histogram->resource, value);
    double decayed = weight * decay_factor(histogram, time_ns);

    if (decayed > histogram->weights[bucket] - EPSILON)
        decayed = histogram->weights[bucket];
    histogram->total -= decayed;
    histogram->weights[bucket] -= decayed;
    narrow(histogram);
}

void
vpa_histogram_merge(VpaHistogram *histogram, const VpaHistogram *other)
{
    VpaHistogram aligned = *other;

    if (!other->has_reference)
        return;
    if (!histogram->has_reference || histogram->reference_ns < other->reference_ns)
        move_reference(histogram, other->reference_ns);
    else if (other->reference_ns < histogram->reference_ns)
        move_reference(&aligned, histogram->reference_ns);
    for (guint i = aligned.min; i <= aligned.max; i++)
        histogram->weights[i] += aligned.weights[i];
    histogram->total += aligned.total;
    histogram->min = MIN(histogram->min, aligned.min);
    histogram->max = MAX(histogram->max, aligned.max);
}

gint64
vpa_histogram_percentile(const VpaHistogram *histogram, guint percent)
{
    double threshold = (double)percent / 100 * histogram->total;
    double sum = 0;
    guint bucket = histogram->min;

    if (vpa_histogram_is_empty(histogram))
        return 0;
    for (; bucket < histogram->max; bucket++) {
        sum += histogram->weights[bucket];
        if (sum >= threshold)
            break;
    }
    return vpa_bucket_start(histogram->resource, MIN(bucket + 1, VPA_N_BUCKETS - 1));
}

/* --- checkpoints --------------------------------------------------------------------------------------- */

/* Six digits behind the point: printing a double is left to nobody's library. */
static Value *
value_of_weight(double weight)
{
    gint64 micro = (gint64)(MIN(weight, 9e12) * 1000000 + 0.5);
    g_autofree char *text = g_strdup_printf("%" G_GINT64_FORMAT ".%06" G_GINT64_FORMAT, micro / 1000000, micro % 1000000);
    gsize length = strlen(text);

    while (text[length - 1] == '0')
        text[--length] = '\0';
    if (text[length - 1] == '.')
        text[length - 1] = '\0';
    return value_new_float(text);
}

static gboolean
weight_of_value(const Value *value, double *out_weight)
{
    Quantity quantity;

    if (value == NULL || (value->type != VALUE_INT && value->type != VALUE_FLOAT) ||
        !quantity_parse(value->text, &quantity) || quantity_sign(&quantity) < 0)
        return FALSE;
    *out_weight = (double)(gint64)(quantity.nano / 1000) / 1000000;
    return TRUE;
}

void
vpa_histogram_save(const VpaHistogram *histogram, VpaHistogramCheckpoint *out)
{
    double largest = 0;

    value_free(out->bucket_weights);
    value_free(out->total_weight);
    out->reference_time = histogram->reference_ns;
    out->bucket_weights = value_new_map();
    out->total_weight = value_of_weight(histogram->total);
    for (guint i = histogram->min; i <= histogram->max; i++)
        largest = MAX(largest, histogram->weights[i]);
    for (guint i = histogram->min; i <= histogram->max; i++) {
        gint64 weight = largest > 0 ? (gint64)(histogram->weights[i] * (CHECKPOINT_MAX / largest) + 0.5) : 0;

        if (weight > 0)
            value_set(out->bucket_weights, str_internf("%u", i), value_new_int(weight));
    }
}

gboolean
vpa_histogram_load(VpaHistogram *histogram, const VpaHistogramCheckpoint *checkpoint)
{
    const Value *weights = checkpoint->bucket_weights;
    gint64 sum = 0;
    double total = 0;

    if (checkpoint->total_weight != NULL && !weight_of_value(checkpoint->total_weight, &total))
        return FALSE;
    for (guint i = 0; weights != NULL && i < weights->count; i++) {
        guint64 bucket;

        if (!g_ascii_string_to_unsigned(weights->keys[i], 10, 0, VPA_N_BUCKETS - 1, &bucket, NULL) ||
            weights->items[i]->type != VALUE_INT || weights->items[i]->integer < 0)
            return FALSE;
        sum += weights->items[i]->integer;
    }
    if (sum == 0)
        return TRUE;
    for (guint i = 0; i < weights->count; i++) {
        guint bucket = (guint)g_ascii_strtoull(weights->keys[i], NULL, 10);

        histogram->weights[bucket] += (double)weights->items[i]->integer * (total / (double)sum);
        histogram->min = MIN(histogram->min, bucket);
        histogram->max = MAX(histogram->max, bucket);
    }
    histogram->total += total;
    histogram->reference_ns = checkpoint->reference_time;
    histogram->has_reference = TRUE;
    return TRUE;
}
