/*
 * rng_inline.h - the draws of rng.h inside the caller's loop
 *
 * The same bits as rng_next and rng_below, which are made of these: for loops
 * that draw hundreds of times and would mostly be calls.
 */
#pragma once

#include "sim/rng.h"

static inline guint64
rng_rotate_left(guint64 value, guint count)
{
    return (value << count) | (value >> (64 - count));
}

/* xoshiro256** 1.0 of Blackman and Vigna. */
static inline guint64
rng_draw(Rng *rng)
{
    guint64 *s = rng->state;
    guint64 result = rng_rotate_left(s[1] * 5, 7) * 9;
    guint64 t = s[1] << 17;

    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rng_rotate_left(s[3], 45);
    return result;
}

/* Lemire's method: the high word of a product, low words that would favour some values redrawn. */
static inline guint64
rng_draw_below(Rng *rng, guint64 bound)
{
    unsigned __int128 product = (unsigned __int128)rng_draw(rng) * bound;

    if (G_UNLIKELY((guint64)product < bound)) {
        guint64 threshold = -bound % bound;

        while ((guint64)product < threshold)
            product = (unsigned __int128)rng_draw(rng) * bound;
    }
    return (guint64)(product >> 64);
}
