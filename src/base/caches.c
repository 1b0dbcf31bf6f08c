/* caches.c - see caches.h */

#include "base/caches.h"

int caches_state = -1;

gboolean
caches_look(void)
{
    if (caches_state < 0)
        caches_state = g_strcmp0(g_getenv("DESK8S_CHECK_CACHES"), "1") == 0;
    return caches_state == 1;
}
