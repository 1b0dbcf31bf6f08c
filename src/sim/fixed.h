/*
 * fixed.h - logarithm, power of two and normal quantile in fixed point
 *
 * Integers in, integers out, so that a distribution gives the same bits on
 * every machine and with every compiler. Q48 means value * 2^48. Relative error
 * below 1e-11 (logarithm, power) and 1e-6 (quantile, absolute, in standard
 * deviations).
 */
#pragma once

#include <glib.h>

#define FIXED_ONE_Q48 (G_GINT64_CONSTANT(1) << 48)
#define FIXED_LN2_Q48 G_GINT64_CONSTANT(195103586505167) /* 0.693147180559945 */

/* fixed_log2: log2(@value), Q48; @value > 0. */
gint64 fixed_log2(guint64 value);

/* fixed_scale_exp2: @scale * 2^@exponent (Q48), rounded; kept within [0, G_MAXINT64]. @scale >= 0. */
gint64 fixed_scale_exp2(gint64 scale, gint64 exponent_q48);

/* fixed_minus_ln_unit: -ln(@bits / 2^64), Q48; 0 counts as 1. Exponential with mean 1 if bits are random. */
gint64 fixed_minus_ln_unit(guint64 bits);

/* fixed_minus_log2_unit: the same to base 2. */
gint64 fixed_minus_log2_unit(guint64 bits);

/* fixed_normal: standard normal deviate, Q28, for 64 random bits. */
gint32 fixed_normal(guint64 bits);

/* fixed_lognormal: @median * 2^(@sd_q48 * fixed_normal(@bits)), as fixed_scale_exp2. @median >= 0. */
gint64 fixed_lognormal(gint64 median, gint64 sd_q48, guint64 bits);

/* fixed_multiply_q48: @value * @factor (Q48), rounded, kept within gint64. */
gint64 fixed_multiply_q48(gint64 value, gint64 factor_q48);
