/*
 * caches.h - are remembered results to be checked against the plain path?
 *
 * Whoever keeps a result so as not to compute it again asks caches_are_checked()
 * and, if so, computes it again and asserts that both are the same. On with
 * DESK8S_CHECK_CACHES=1 in the environment; the tests play scenarios that way.
 */
#pragma once

#include "base/cold.h"

/* caches_look: reads the environment, once. */
COLD gboolean caches_look(void);
extern int caches_state; /* -1: not looked yet */

static inline gboolean
caches_are_checked(void)
{
    return G_UNLIKELY(caches_state != 0) && caches_look();
}
