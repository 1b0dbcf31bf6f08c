/* score.c - plugins score the feasible nodes, one of the best is chosen; see attempt.h */

#include "scheduler/attempt.h"

#include "base/caches.h"
#include "scheduler/plugins/plugins.h"
#include "sim/rng_inline.h"

static void
add_row(gint16 *totals, const guint8 *row, gint16 weight, guint n)
{
    for (guint i = 0; i < n; i += COLUMN_STEP)
        *(StepOfShorts *)(totals + i) +=
            __builtin_convertvector(*(const StepOfBytes *)(row + i), StepOfShorts) * weight;
}

static void
fill(gint16 *totals, gint16 value, guint n)
{
    for (guint i = 0; i < n; i += COLUMN_STEP)
        *(StepOfShorts *)(totals + i) = (StepOfShorts){0} + value;
}

/* What is known of the candidates is what the plugins work out. */
static void
check_known(const Cycle *cycle, const Candidates *of)
{
    for (guint i = 0; of->fit != NULL && i < of->n; i++) {
        g_assert(of->fit[i] == sched_fit_score(cycle->pod->shape, of->nodes[i]));
        g_assert(of->balanced[i] == sched_balanced_score(cycle->pod->shape, of->nodes[i]));
    }
}

/* Bit per plugin that has something to say. */
static guint
run_pre_scores(Cycle *cycle, const Candidates *of)
{
    guint scoring = sched_points()->score;

    for (guint bits = scoring & sched_points()->pre_score; bits != 0; bits &= bits - 1) {
        guint i = (guint)__builtin_ctz(bits);

        if (sched_plugins[i]->pre_score(cycle, &cycle->score_states[i], of) == VERDICT_SKIP)
            scoring &= ~(1u << i);
    }
    return scoring;
}

/* Kept without the room to grow that the scratch memory has. */
static void
keep_rows(Attempt *attempt, const guint8 *const *each, guint n_each)
{
    guint n = attempt->n_feasible;

    attempt->scores = n_each == 0 ? NULL : g_new(guint8, (gsize)n_each * n);
    for (guint i = 0; i < n_each; i++)
        memcpy(attempt->scores + (gsize)i * n, each[i], n);
}

void
attempt_score(Attempt *attempt, Cycle *cycle, const Candidates *of)
{
    AttemptRoom *room = of->room;
    guint scoring = run_pre_scores(cycle, of);
    const guint8 *each[SCHED_ROWS_MAX];
    gint16 weights[SCHED_ROWS_MAX];
    gint16 base = 0;
    guint n_each = 0;

    if (caches_are_checked())
        check_known(cycle, of);
    for (guint bits = scoring; bits != 0; bits &= bits - 1) {
        guint i = (guint)__builtin_ctz(bits);
        const SchedPlugin *plugin = sched_plugins[i];
        ScoreRow row = plugin->score(cycle, cycle->score_states[i], of, room->rows[n_each]);

        attempt->rows[attempt->n_rows++] = (AttemptRow){(gint8)i, row.each != NULL, row.all};
        if (row.each == NULL) {
            base = (gint16)(base + row.all * plugin->weight);
            continue;
        }
        each[n_each] = row.each;
        weights[n_each++] = (gint16)plugin->weight;
    }
    fill(room->totals, base, of->n);
    for (guint i = 0; i < n_each; i++)
        add_row(room->totals, each[i], weights[i], of->n);
    keep_rows(attempt, each, n_each);
}

/* v1.34 schedule_one.go: selectHost: the k-th of equal ones replaces with probability 1/k. */
guint
attempt_select(const gint16 *totals, guint n, Rng *tiebreak)
{
    Rng rng = *tiebreak;
    gint16 best = totals[0];
    guint chosen = 0;
    guint equals = 1;

    for (guint i = 1; i < n; i++) {
        if (totals[i] < best)
            continue;
        if (totals[i] > best) {
            best = totals[i];
            chosen = i;
            equals = 1;
        } else if (rng_draw_below(&rng, ++equals) == 0) {
            chosen = i;
        }
    }
    *tiebreak = rng;
    return chosen;
}
