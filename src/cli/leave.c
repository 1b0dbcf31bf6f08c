/* leave.c - see leave.h */

#include "cli/leave.h"

#include "base/caches.h"

/* Never read: a leak checker begins to look here. */
static Run *volatile last_run;
static Series *volatile last_series;

static gboolean
is_checked(void)
{
#if defined(__SANITIZE_ADDRESS__)
    return TRUE;
#else
    return caches_are_checked();
#endif
}

void
leave_run(Run *run)
{
    if (is_checked())
        run_free(run);
    else
        last_run = run;
}

void
leave_series(Series *series)
{
    if (is_checked())
        series_free(series);
    else
        last_series = series;
}
