/* dist.c - the distributions of rng.h */

#include "sim/rng.h"

#include "base/caches.h"
#include "sim/fixed.h"
#include "sim/rng_inline.h"

#define UNIT_ONE (G_GINT64_CONSTANT(1) << 32)
#define Z99_Q48  G_GINT64_CONSTANT(654808713666530) /* normal quantile of 0.99: 2.326347874040841 */

/* log2(p99 / p50) / z99: the standard deviation of the logarithm to base 2, Q48; 0 if degenerate. */
static gint64
lognormal_sd_plain(const Dist *dist)
{
    gint64 ratio_q48 = fixed_log2((guint64)dist->b_ns) - fixed_log2((guint64)dist->a_ns);
    return (gint64)(((__int128)ratio_q48 << 48) / Z99_Q48);
}

/*
 * The same, remembered: a run draws from few distributions, many times, and two
 * logarithms with a division of 128 bits cost more than the draw itself.
 */
static gint64
lognormal_sd_q48(const Dist *dist)
{
    static struct {
        gint64 a_ns, b_ns, sd_q48;
    } known[64];
    guint at = (guint)(((guint64)dist->a_ns * 31 + (guint64)dist->b_ns) * G_GUINT64_CONSTANT(0x9e3779b97f4a7c15) >> 58);

    if (dist->a_ns <= 0 || dist->b_ns <= dist->a_ns)
        return 0;
    if (known[at].a_ns != dist->a_ns || known[at].b_ns != dist->b_ns) {
        known[at].a_ns = dist->a_ns;
        known[at].b_ns = dist->b_ns;
        known[at].sd_q48 = lognormal_sd_plain(dist);
    } else if (caches_are_checked()) {
        g_assert(known[at].sd_q48 == lognormal_sd_plain(dist));
    }
    return known[at].sd_q48;
}

static gint64
sample_normal(const Dist *dist, Rng *rng)
{
    __int128 deviation = ((__int128)dist->b_ns * fixed_normal(rng_next(rng))) >> 28;
    __int128 value = dist->a_ns + deviation;

    return value < 0 ? 0 : value > G_MAXINT64 ? G_MAXINT64 : (gint64)value;
}

static gint64
sample_lognormal(const Dist *dist, Rng *rng)
{
    return fixed_lognormal(MAX(dist->a_ns, 0), lognormal_sd_q48(dist), rng_draw(rng));
}

/* @exponent_q48 / shape, kept where fixed_scale_exp2 saturates anyway. */
static gint64
divide_by_shape(gint64 exponent_q48, guint shape_milli)
{
    __int128 quotient = (__int128)exponent_q48 * 1000 / MAX(shape_milli, 1);

    return (gint64)CLAMP(quotient, -(__int128)1000 * FIXED_ONE_Q48, (__int128)1000 * FIXED_ONE_Q48);
}

/* minimum * u^(-1/shape) */
static gint64
sample_pareto(const Dist *dist, Rng *rng)
{
    gint64 exponent_q48 = divide_by_shape(fixed_minus_log2_unit(rng_next(rng)), dist->shape_milli);

    return fixed_scale_exp2(MAX(dist->a_ns, 0), exponent_q48);
}

/* scale * (-ln u)^(1/shape) */
static gint64
sample_weibull(const Dist *dist, Rng *rng)
{
    gint64 exponential_q48 = fixed_minus_ln_unit(rng_next(rng));

    if (exponential_q48 == 0)
        return 0;
    gint64 log2_q48 = fixed_log2((guint64)exponential_q48) - 48 * FIXED_ONE_Q48;
    return fixed_scale_exp2(MAX(dist->a_ns, 0), divide_by_shape(log2_q48, dist->shape_milli));
}

/* Between two points the quantile is a straight line; outside, the nearest point. */
static gint64
sample_empirical(const Dist *dist, Rng *rng)
{
    guint32 unit = rng_unit(rng);
    guint low = 0;
    guint high = dist->count; /* first point whose probability is above unit */

    g_assert(dist->count > 0);
    while (low < high) {
        guint middle = low + (high - low) / 2;
        if (dist->points_unit[middle] > unit)
            high = middle;
        else
            low = middle + 1;
    }
    if (high == 0)
        return MAX(dist->points_ns[0], 0);
    if (high == dist->count)
        return MAX(dist->points_ns[dist->count - 1], 0);

    gint64 left_ns = dist->points_ns[high - 1];
    __int128 rise_ns = (__int128)dist->points_ns[high] - left_ns;
    guint32 width = dist->points_unit[high] - dist->points_unit[high - 1];
    guint32 offset = unit - dist->points_unit[high - 1];
    return MAX(left_ns + (gint64)(rise_ns * offset / width), 0);
}

gint64
dist_sample_ns(const Dist *dist, Rng *rng)
{
    if (G_LIKELY(dist->type == DIST_LOGNORMAL))
        return sample_lognormal(dist, rng);
    switch (dist->type) {
    case DIST_CONSTANT:
        return MAX(dist->a_ns, 0);
    case DIST_UNIFORM:
        return MAX(rng_between_ns(rng, dist->a_ns, dist->b_ns), 0);
    case DIST_EXPONENTIAL:
        return MAX(rng_exponential_ns(rng, dist->a_ns), 0);
    case DIST_NORMAL:
        return sample_normal(dist, rng);
    case DIST_LOGNORMAL:
        return sample_lognormal(dist, rng);
    case DIST_PARETO:
        return sample_pareto(dist, rng);
    case DIST_WEIBULL:
        return sample_weibull(dist, rng);
    case DIST_EMPIRICAL:
        return sample_empirical(dist, rng);
    }
    g_assert_not_reached();
}

/*
 * E max(0, X) = m F(m/s) + s f(m/s), F the distribution function of the standard
 * normal by its series around 0. Sums and products of doubles only: the same
 * everywhere.
 */
static gint64
mean_normal(const Dist *dist)
{
    if (dist->b_ns <= 0)
        return MAX(dist->a_ns, 0);
    double x = (double)dist->a_ns / (double)dist->b_ns;
    if (x > 8)
        return dist->a_ns;
    if (x < -8)
        return 0;

    /* exp(-x^2/2) / sqrt(2 pi) through the power of two: x^2/2 / ln 2, Q48 */
    gint64 exponent_q48 = (gint64)(x * x * 0.5 * 1.4426950408889634 * (double)FIXED_ONE_Q48);
    double density = (double)fixed_scale_exp2(FIXED_ONE_Q48 << 12, -exponent_q48) /
                     (double)(FIXED_ONE_Q48 << 12) * 0.3989422804014327;
    double term = x;
    double sum = x;
    for (guint n = 1; n < 200; n++) {
        term = term * x * x / (2 * n + 1);
        sum += term;
    }
    double mean = (double)dist->a_ns * (0.5 + density * sum) + (double)dist->b_ns * density;
    return mean < 0 ? 0 : (gint64)(mean + 0.5);
}

/* p50 * exp(sigma^2 / 2), sigma = sd2 * ln 2; as a power of two, sd2^2 * ln 2 / 2 */
static gint64
mean_lognormal(const Dist *dist)
{
    gint64 sd_q48 = lognormal_sd_q48(dist);
    gint64 square_q48 = fixed_multiply_q48(sd_q48, sd_q48);

    return fixed_scale_exp2(MAX(dist->a_ns, 0), fixed_multiply_q48(square_q48, FIXED_LN2_Q48) / 2);
}

/* ln of a positive double below 2^40, by way of Q20 */
static double
natural_log(double value)
{
    gint64 log2_q48 = fixed_log2((guint64)(value * 4194304.0)) - 22 * FIXED_ONE_Q48;

    return (double)log2_q48 / (double)FIXED_ONE_Q48 * 0.6931471805599453;
}

/* scale * gamma(1 + 1/shape); ln gamma by Stirling's series at x + 10 */
static gint64
mean_weibull(const Dist *dist)
{
    double x = 1 + 1000.0 / MAX(dist->shape_milli, 1);
    double y = x + 10;
    double ln_gamma = (y - 0.5) * natural_log(y) - y + 0.9189385332046727 + 1 / (12 * y) -
                      1 / (360 * y * y * y) + 1 / (1260 * y * y * y * y * y);

    for (guint i = 0; i < 10; i++)
        ln_gamma -= natural_log(x + i);
    double exponent = ln_gamma * 1.4426950408889634;
    if (exponent > 64)
        return G_MAXINT64;
    return fixed_scale_exp2(MAX(dist->a_ns, 0), (gint64)(exponent * (double)FIXED_ONE_Q48));
}

static gint64
mean_empirical(const Dist *dist)
{
    guint last = dist->count - 1;
    __int128 sum = 0; /* twice the mean, times 2^32 */

    g_assert(dist->count > 0);
    sum += (__int128)2 * dist->points_ns[0] * dist->points_unit[0];
    for (guint i = 1; i <= last; i++)
        sum += ((__int128)dist->points_ns[i - 1] + dist->points_ns[i]) *
               (dist->points_unit[i] - dist->points_unit[i - 1]);
    sum += (__int128)2 * dist->points_ns[last] * (UNIT_ONE - dist->points_unit[last]);
    return (gint64)(sum / (2 * UNIT_ONE));
}

gint64
dist_mean_ns(const Dist *dist)
{
    switch (dist->type) {
    case DIST_CONSTANT:
    case DIST_EXPONENTIAL:
        return MAX(dist->a_ns, 0);
    case DIST_UNIFORM:
        return (gint64)(((__int128)dist->a_ns + dist->b_ns) / 2);
    case DIST_NORMAL:
        return mean_normal(dist);
    case DIST_LOGNORMAL:
        return mean_lognormal(dist);
    case DIST_PARETO:
        if (dist->shape_milli <= 1000)
            return G_MAXINT64;
        return (gint64)MIN((__int128)dist->a_ns * dist->shape_milli / (dist->shape_milli - 1000),
                           (__int128)G_MAXINT64);
    case DIST_WEIBULL:
        return mean_weibull(dist);
    case DIST_EMPIRICAL:
        return mean_empirical(dist);
    }
    g_assert_not_reached();
}
