/* message.c - handles and messages of sim.h */

#include "sim/kernel.h"

SimHandle
sim_handle_new(Sim *sim, gpointer receiver)
{
    SimSlab *slab = &sim->receiver_slab;
    guint32 index = slab->first_free;

    g_assert(receiver != NULL);
    if (index != 0)
        slab->first_free = sim->receivers[index].next_free;
    else
        index = slab_grow(slab, (gpointer *)&sim->receivers, sizeof *sim->receivers);

    SimReceiver *slot = &sim->receivers[index];
    slot->receiver = receiver;
    if (slot->generation == 0)
        slot->generation = 1;
    return (SimHandle){index, slot->generation};
}

gpointer
sim_handle_peek(const Sim *sim, SimHandle handle)
{
    if (handle.generation == 0 || sim->receivers[handle.slot].generation != handle.generation)
        return NULL;
    return sim->receivers[handle.slot].receiver;
}

void
sim_handle_drop(Sim *sim, SimHandle handle)
{
    if (sim_handle_peek(sim, handle) == NULL)
        return;
    SimReceiver *slot = &sim->receivers[handle.slot];
    slot->receiver = NULL;
    slot->generation++;
    slot->next_free = sim->receiver_slab.first_free;
    sim->receiver_slab.first_free = handle.slot;
}

void
sim_post(Sim *sim,
         SimHandle to,
         SimPhase phase,
         gint64 delay_ns,
         SimMessageHandler handler,
         gpointer payload,
         GDestroyNotify drop)
{
    SimSlab *slab = &sim->parcel_slab;
    guint32 index = slab->first_free;
    gint64 time_ns;

    g_assert(handler != NULL);
    g_assert(phase < SIM_N_PHASES);
    if (index != 0)
        slab->first_free = sim->parcels[index].next_free;
    else
        index = slab_grow(slab, (gpointer *)&sim->parcels, sizeof *sim->parcels);

    if (__builtin_add_overflow(sim->now_ns, MAX(delay_ns, 0), &time_ns))
        time_ns = G_MAXINT64;
    sim->parcels[index] = (SimParcel){
        .handler = handler,
        .payload = payload,
        .drop = drop,
        .to = to,
        .cause = sim->cause,
    };
    if (++sim->counters.pending > sim->counters.pending_max)
        sim->counters.pending_max = sim->counters.pending;
    queue_insert(&sim->queue, sim_key(sim, time_ns),
                 index << TAG_INDEX_SHIFT | TAG_PARCEL | (guint32)phase, 0);
}

/* A message to nobody is an event too: the clock moves, and its payload is dropped then. */
void
sim_run_parcel(Sim *sim, guint32 index)
{
    SimParcel parcel = sim->parcels[index];
    gpointer receiver = sim_handle_peek(sim, parcel.to);

    sim->parcels[index].handler = NULL;
    sim->parcels[index].next_free = sim->parcel_slab.first_free;
    sim->parcel_slab.first_free = index;
    sim->counters.pending--;
    sim->cause = parcel.cause;

    if (receiver != NULL) {
        parcel.handler(sim, receiver, parcel.payload);
        return;
    }
    sim->counters.messages_dropped++;
    if (parcel.drop != NULL)
        parcel.drop(parcel.payload);
}
