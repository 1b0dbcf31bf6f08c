/* fixed.c - see fixed.h */

#include "sim/fixed.h"
#include "sim/fixed_tables.h"

#define MASK_BITS(n) ((G_GUINT64_CONSTANT(1) << (n)) - 1)
#define LOG2_E_Q48   G_GUINT64_CONSTANT(406082553034800) /* 1 / ln 2 = 1.442695040888963 */

static inline guint64
multiply_shift(guint64 a, guint64 b, guint shift)
{
    return (guint64)(((unsigned __int128)a * b) >> shift);
}

gint64
fixed_log2(guint64 value)
{
    g_assert(value > 0);
    guint exponent = 63 - (guint)__builtin_clzll(value);
    guint64 mantissa = value << (63 - exponent); /* Q63, in [1, 2) */
    guint i = (guint)(mantissa >> 55) & 0xff;
    guint64 rest = mantissa & MASK_BITS(55);

    /* log2(m) = log2(1 + i/256) + log2(1 + r), r = rest / (1 + i/256) < 2^-8: four terms. */
    guint64 r = multiply_shift(rest, inverse_table[i], 63);
    guint64 r2 = multiply_shift(r, r, 63);
    guint64 r3 = multiply_shift(r2, r, 63);
    guint64 r4 = multiply_shift(r2, r2, 63);
    guint64 ln_q63 = r - r2 / 2 + r3 / 3 - r4 / 4;

    return (gint64)(((guint64)exponent << 48) + log2_table[i] +
                    multiply_shift(ln_q63, LOG2_E_Q48, 63));
}

static inline gint64
scale_exp2(gint64 scale, gint64 exponent_q48)
{
    g_assert(scale >= 0);
    gint64 whole = exponent_q48 >> 48;
    guint64 fraction = (guint64)exponent_q48 & MASK_BITS(48);
    guint i = (guint)(fraction >> 40);

    /* 2^d = e^t with t = d ln 2 < 2^-8: five terms, Q62. */
    guint64 t = multiply_shift(fraction & MASK_BITS(40), (guint64)FIXED_LN2_Q48, 34);
    guint64 t2 = multiply_shift(t, t, 62);
    guint64 t3 = multiply_shift(t2, t, 62);
    guint64 t4 = multiply_shift(t2, t2, 62);
    guint64 power = (G_GUINT64_CONSTANT(1) << 62) + t + t2 / 2 + t3 / 6 + t4 / 24;
    guint64 mantissa = multiply_shift(exp2_table[i], power, 62);

    gint64 shift = 62 - whole;
    unsigned __int128 product = (unsigned __int128)(guint64)scale * mantissa;
    if (product == 0 || shift > 126)
        return 0;
    if (shift <= 0)
        return G_MAXINT64;
    product = (product + ((unsigned __int128)1 << (shift - 1))) >> shift;
    return product > G_MAXINT64 ? G_MAXINT64 : (gint64)product;
}

gint64
fixed_scale_exp2(gint64 scale, gint64 exponent_q48)
{
    return scale_exp2(scale, exponent_q48);
}

gint64
fixed_minus_log2_unit(guint64 bits)
{
    return 64 * FIXED_ONE_Q48 - fixed_log2(bits == 0 ? 1 : bits);
}

gint64
fixed_multiply_q48(gint64 value, gint64 factor_q48)
{
    __int128 product = (((__int128)value * factor_q48) + (FIXED_ONE_Q48 / 2)) >> 48;

    if (product > G_MAXINT64)
        return G_MAXINT64;
    if (product < G_MININT64)
        return G_MININT64;
    return (gint64)product;
}

gint64
fixed_minus_ln_unit(guint64 bits)
{
    return fixed_multiply_q48(fixed_minus_log2_unit(bits), FIXED_LN2_Q48);
}

static inline gint32
normal(guint64 bits)
{
    /* One bit is the sign; the others are p in (0, 1/2), of which the octave and the place in it. */
    guint64 p = (bits << 1) | 1;
    guint octave = (guint)__builtin_clzll(p);
    if (octave >= G_N_ELEMENTS(normal_table)) {
        octave = G_N_ELEMENTS(normal_table) - 1;
        p = G_GUINT64_CONSTANT(1) << (63 - octave);
    }

    guint64 place = (p << octave) & MASK_BITS(63);
    guint i = (guint)(place >> 58);
    gint64 x = (gint64)((place & MASK_BITS(58)) >> 30); /* Q28 between the points i and i + 1 */

    /* Newton's interpolation through three points. */
    const gint32 *points = &normal_table[octave][i];
    gint64 first = (gint64)points[1] - points[0];
    gint64 second = ((gint64)points[2] - points[1]) - first;
    gint64 bend = (x * (x - (1 << 28))) >> 29; /* x (x - 1) / 2, Q28 */
    gint64 z = points[0] + ((first * x) >> 28) + ((second * bend) >> 28);

    return (gint32)((bits >> 63) != 0 ? -z : z);
}

gint32
fixed_normal(guint64 bits)
{
    return normal(bits);
}

/* The draw of nearly every latency: one piece of code without calls. */
gint64
fixed_lognormal(gint64 median, gint64 sd_q48, guint64 bits)
{
    __int128 exponent = ((__int128)sd_q48 * normal(bits)) >> 28;

    return scale_exp2(median, (gint64)exponent);
}
