/*
 * rng.h - named random streams and distributions, the same bits on every machine
 *
 * Each use has a stream of its own, seeded from (scenario seed, name), so that
 * adding a draw in one place moves nothing elsewhere. xoshiro256** seeded by
 * splitmix64. Distributions are sampled in fixed point from tables: no libm.
 */
#pragma once

#include <glib.h>

typedef struct Rng {
    guint64 state[4];
} Rng;

void rng_seed(Rng *rng, guint64 seed, const char *name);
guint64 rng_next(Rng *rng);
/* rng_below: uniform in [0, bound), unbiased; bound > 0. */
guint64 rng_below(Rng *rng, guint64 bound);
/* rng_unit: uniform in [0, 1) as 0.32 fixed point (value / 2^32). */
guint32 rng_unit(Rng *rng);
/* rng_chance: TRUE with probability numerator/denominator. */
gboolean rng_chance(Rng *rng, guint64 numerator, guint64 denominator);
/* rng_between_ns: uniform integer in [low, high]. */
gint64 rng_between_ns(Rng *rng, gint64 low_ns, gint64 high_ns);
/* rng_exponential_ns: mean in ns. */
gint64 rng_exponential_ns(Rng *rng, gint64 mean_ns);

typedef enum {
    DIST_CONSTANT,
    DIST_UNIFORM,     /* a_ns .. b_ns */
    DIST_EXPONENTIAL, /* mean a_ns */
    DIST_NORMAL,      /* mean a_ns, sd b_ns, cut at 0 */
    DIST_LOGNORMAL,   /* p50 a_ns, p99 b_ns */
    DIST_PARETO,      /* minimum a_ns, shape shape_milli/1000 */
    DIST_WEIBULL,     /* scale a_ns, shape shape_milli/1000 */
    DIST_EMPIRICAL,   /* inverse distribution function through count points */
} DistType;

/* A value type but for DIST_EMPIRICAL, whose points are (borrowed) from the scenario or static. */
typedef struct {
    DistType type;
    gint64 a_ns, b_ns;
    guint shape_milli;
    guint count;
    const gint64 *points_ns;     /* ascending */
    const guint32 *points_unit;  /* probabilities, 0.32 fixed point, ascending */
} Dist;

#define DIST_CONST(ns) ((Dist){.type = DIST_CONSTANT, .a_ns = (ns)})
#define DIST_UNI(low, high) ((Dist){.type = DIST_UNIFORM, .a_ns = (low), .b_ns = (high)})
#define DIST_LOGN(p50, p99) ((Dist){.type = DIST_LOGNORMAL, .a_ns = (p50), .b_ns = (p99)})

/* dist_sample_ns: one draw, >= 0. */
gint64 dist_sample_ns(const Dist *dist, Rng *rng);
/* dist_mean_ns: expectation (for reports; approximate to 1e-6 for tables). */
gint64 dist_mean_ns(const Dist *dist);
