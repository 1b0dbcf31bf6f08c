/* waits.c - which timers were waited for, and how long; see sim.h */

#include "sim/kernel.h"

#include "base/intern.h"

void
sim_waited(Sim *sim, const char *timer, gint64 ns)
{
    const char *name = str_intern(timer);
    SimWait *wait = NULL;

    if (ns <= 0 || sim->now_ns < 0) /* what comes before 0 prepares the run */
        return;
    for (guint i = 0; i < sim->waits->len && wait == NULL; i++)
        if (g_array_index(sim->waits, SimWait, i).timer == name)
            wait = &g_array_index(sim->waits, SimWait, i);
    if (wait == NULL) {
        g_array_set_size(sim->waits, sim->waits->len + 1);
        wait = &g_array_index(sim->waits, SimWait, sim->waits->len - 1);
        wait->timer = name;
    }
    wait->count++;
    wait->total_ns += ns;
    wait->longest_ns = MAX(wait->longest_ns, ns);
}

const SimWait *
sim_waits(const Sim *sim, guint *out_count)
{
    *out_count = sim->waits->len;
    return (const SimWait *)(gconstpointer)sim->waits->data;
}
