/*
 * envelope.h - what several recordings of one scenario have in common, and what of a run lies outside
 *
 * An envelope is a tree: {"runs", "kubelet", "tolerance", "drift", "facts": {NAME: WANT}}, the same that
 * tests/recordings/compare.py writes. A WANT is one of
 *   {"times": [[lo, hi], ...]}              so many times, each within its range
 *   {"count", "first", "last": [lo, hi]}    recordings differ in how many
 *   {"range": [lo, hi]}                     a number
 *   {"values": [TEXT, ...], "optional"}     one of the texts; optional: or none at all
 *   {"first": [...], "last_value": [...]}   recordings differ on the way: how it begins and ends
 * A time may lie `tolerance` seconds and `drift` of itself outside, a number that varied one outside.
 */
#pragma once

#include "compare/facts.h"

typedef struct {
    const char *fact;              /* interned */
    const char *recorded, *found;  /* interned: for people */
    const Value *want;             /* borrowed from the envelope; NULL: never recorded */
    Value *got;                    /* (owned) what the run has */
} Difference;

/* envelope_new: of at least one run (of Facts*). @tolerance and @drift are JSON numbers. (owned) */
Value *envelope_new(const GPtrArray *runs, gboolean has_kubelets, const char *tolerance, const char *drift);
/* envelope_is_valid: a tree read from @file has the form above; mistakes go to @diag. */
gboolean envelope_is_valid(const Value *envelope, const char *file, Diag *diag);
/* envelope_has_kubelets: were the nodes real, so that what they did is compared, too? */
gboolean envelope_has_kubelets(const Value *envelope);
/*
 * envelope_check: every fact of @run outside the envelope, by name. @ignored: patterns (`*`, `?`) of facts to
 * leave out, ended by NULL; may be NULL. *out_compared: how many facts were compared. (owned array of Difference*)
 */
GPtrArray *envelope_check(const Value *envelope, const Facts *run, const char *const *ignored, guint *out_compared);
