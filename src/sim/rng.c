/* rng.c - see rng.h; distributions are in dist.c */

#include "sim/rng.h"

#include "sim/fixed.h"
#include "sim/rng_inline.h"

static guint64
splitmix64(guint64 *state)
{
    guint64 z = (*state += G_GUINT64_CONSTANT(0x9e3779b97f4a7c15));

    z = (z ^ (z >> 30)) * G_GUINT64_CONSTANT(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * G_GUINT64_CONSTANT(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

void
rng_seed(Rng *rng, guint64 seed, const char *name)
{
    guint64 hash = G_GUINT64_CONSTANT(14695981039346656037); /* FNV-1a, 64 bits */

    for (const char *c = name; *c != '\0'; c++)
        hash = (hash ^ (guint8)*c) * G_GUINT64_CONSTANT(1099511628211);

    /* The seed is mixed before the name joins it: neighbouring seeds share nothing. */
    guint64 state = splitmix64(&seed) ^ hash;
    for (guint i = 0; i < G_N_ELEMENTS(rng->state); i++)
        rng->state[i] = splitmix64(&state);
}

guint64
rng_next(Rng *rng)
{
    return rng_draw(rng);
}

guint64
rng_below(Rng *rng, guint64 bound)
{
    g_assert(bound > 0);
    return rng_draw_below(rng, bound);
}

guint32
rng_unit(Rng *rng)
{
    return (guint32)(rng_next(rng) >> 32);
}

gboolean
rng_chance(Rng *rng, guint64 numerator, guint64 denominator)
{
    return rng_below(rng, denominator) < numerator;
}

gint64
rng_between_ns(Rng *rng, gint64 low_ns, gint64 high_ns)
{
    if (high_ns <= low_ns)
        return low_ns;

    guint64 range = (guint64)high_ns - (guint64)low_ns;
    guint64 offset = range == G_MAXUINT64 ? rng_next(rng) : rng_below(rng, range + 1);
    return (gint64)((guint64)low_ns + offset);
}

gint64
rng_exponential_ns(Rng *rng, gint64 mean_ns)
{
    return fixed_multiply_q48(mean_ns, fixed_minus_ln_unit(rng_next(rng)));
}
