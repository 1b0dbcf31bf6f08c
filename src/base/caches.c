/* caches.c - see caches.h */

#include "base/caches.h"

gboolean
caches_are_checked(void)
{
    static int state = -1;

    if (state < 0)
        state = g_strcmp0(g_getenv("DESK8S_CHECK_CACHES"), "1") == 0;
    return state == 1;
}
