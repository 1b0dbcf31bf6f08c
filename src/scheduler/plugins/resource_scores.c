/* resource_scores.c - scores from the use of resources; see plugins.h */

#include "scheduler/plugins/plugins.h"

#include <math.h>

/* v1.34 noderesources/least_allocated.go */
gint64
sched_score_least_allocated(const ResourceShare *shares, guint n)
{
    gint64 sum = 0;
    gint64 weight = 0;

    for (guint i = 0; i < n; i++) {
        const ResourceShare *share = &shares[i];

        if (share->capacity == 0)
            continue;
        if (share->requested <= share->capacity)
            sum += (share->capacity - share->requested) * SCHED_SCORE_MAX / share->capacity *
                   share->weight;
        weight += share->weight;
    }
    return weight == 0 ? 0 : sum / weight;
}

/* v1.34 noderesources/most_allocated.go */
gint64
sched_score_most_allocated(const ResourceShare *shares, guint n)
{
    gint64 sum = 0;
    gint64 weight = 0;

    for (guint i = 0; i < n; i++) {
        const ResourceShare *share = &shares[i];

        if (share->capacity == 0)
            continue;
        sum += MIN(share->requested, share->capacity) * SCHED_SCORE_MAX / share->capacity *
               share->weight;
        weight += share->weight;
    }
    return weight == 0 ? 0 : sum / weight;
}

/* v1.34 plugins/helper/shape_score.go */
gint64
sched_broken_linear(const ShapePoint *points, guint n_points, gint64 utilisation)
{
    for (guint i = 0; i < n_points; i++) {
        const ShapePoint *right = &points[i];
        const ShapePoint *left;

        if (utilisation > right->utilisation)
            continue;
        if (i == 0)
            return right->score;
        left = &points[i - 1];
        return left->score + (right->score - left->score) * (utilisation - left->utilisation) /
                                 (right->utilisation - left->utilisation);
    }
    return n_points == 0 ? 0 : points[n_points - 1].score;
}

/* v1.34 noderesources/requested_to_capacity_ratio.go: scores 0..10 are stretched to 0..100 */
gint64
sched_score_capacity_ratio(const ResourceShare *shares,
                           guint n,
                           const ShapePoint *points,
                           guint n_points)
{
    g_autofree ShapePoint *shape = g_new(ShapePoint, n_points);
    gint64 sum = 0;
    gint64 weight = 0;

    for (guint i = 0; i < n_points; i++)
        shape[i] = (ShapePoint){points[i].utilisation, points[i].score * 10};
    for (guint i = 0; i < n; i++) {
        const ResourceShare *share = &shares[i];
        gint64 utilisation = 100;
        gint64 score;

        if (share->capacity == 0)
            continue;
        if (share->requested <= share->capacity)
            utilisation = share->requested * 100 / share->capacity;
        score = sched_broken_linear(shape, n_points, utilisation);
        if (score <= 0)
            continue;
        sum += score * share->weight;
        weight += share->weight;
    }
    /* rounded to nearest, half away from zero; both are positive */
    return weight == 0 ? 0 : (2 * sum + weight) / (2 * weight);
}

/*
 * v1.34 noderesources/balanced_allocation.go. Divisions, products and square
 * roots are exact to the last bit by IEEE 754, so this is the same everywhere.
 */
gint64
sched_score_balanced(const ResourceShare *shares, guint n)
{
    g_autofree double *many = n > 4 ? g_new(double, n) : NULL;
    double few[4];
    double *fractions = many != NULL ? many : few;
    double total = 0;
    double deviation = 0;
    guint count = 0;

    for (guint i = 0; i < n; i++) {
        double fraction;

        if (shares[i].capacity == 0)
            continue;
        fraction = (double)shares[i].requested / (double)shares[i].capacity;
        if (fraction > 1)
            fraction = 1;
        total += fraction;
        fractions[count++] = fraction;
    }
    if (count == 2) {
        deviation = (fractions[0] - fractions[1]) / 2;
        if (deviation < 0)
            deviation = -deviation;
    } else if (count > 2) {
        double mean = total / count;
        double sum = 0;

        for (guint i = 0; i < count; i++)
            sum = sum + (fractions[i] - mean) * (fractions[i] - mean);
        deviation = sqrt(sum / count);
    }
    return (gint64)((1 - deviation) * (double)SCHED_SCORE_MAX);
}
