/*
 * logarithm.c - ln without libm; see plugins.h
 *
 * Go's math.Log (after FreeBSD's e_log.c): the argument is 2^k * (1 + f) with
 * 1 + f near 1; a polynomial in s = f / (2 + f) gives ln(1 + f). Only IEEE
 * operations, so the last bit is the real scheduler's.
 */
#include "scheduler/plugins/plugins.h"

#define LN2_HIGH  6.93147180369123816490e-01
#define LN2_LOW   1.90821492927058770002e-10
#define SQRT_HALF 0.70710678118654752440

static const double odd[] = {
    6.666666666666735130e-01,
    2.857142874366239149e-01,
    1.818357216161805012e-01,
    1.479819860511658591e-01,
};
static const double even[] = {
    3.999999999940941908e-01,
    2.222219843214978396e-01,
    1.531383769920937332e-01,
};

/* @value = result * 2^exponent with 0.5 <= result < 1. */
static double
split(double value, int *out_exponent)
{
    guint64 bits;

    memcpy(&bits, &value, sizeof bits);
    *out_exponent = (int)(bits >> 52 & 0x7FF) - 1022;
    bits = (bits & ~(G_GUINT64_CONSTANT(0x7FF) << 52)) | (G_GUINT64_CONSTANT(1022) << 52);
    memcpy(&value, &bits, sizeof value);
    return value;
}

double
sched_ln(double value)
{
    int exponent;
    double f = split(value, &exponent);
    double k;
    double s;
    double s2;
    double s4;
    double rest;
    double half_square;

    if (f < SQRT_HALF) {
        f *= 2;
        exponent--;
    }
    f -= 1;
    k = exponent;
    s = f / (2 + f);
    s2 = s * s;
    s4 = s2 * s2;
    rest = s2 * (odd[0] + s4 * (odd[1] + s4 * (odd[2] + s4 * odd[3]))) +
           s4 * (even[0] + s4 * (even[1] + s4 * even[2]));
    half_square = 0.5 * f * f;
    return k * LN2_HIGH - ((half_square - (s * (half_square + rest) + k * LN2_LOW)) - f);
}
