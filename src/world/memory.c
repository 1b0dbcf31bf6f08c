/*
 * memory.c - see rt.h: what containers hold, and who is killed for it
 *
 * A container's memory is a number that may grow at a steady rate, so the
 * instant at which a limit is crossed is known in advance. Beyond its limit a
 * container is killed whole (memory.oom.group); beyond the machine's memory
 * the kernel picks the container with the largest badness.
 */

#include "world/rt.h"

static gint64
value_now(const Memory *memory, gint64 now_ns)
{
    if (memory->rate_bytes_per_s == 0)
        return memory->bytes;
    return memory->bytes +
           (gint64)((__int128)memory->rate_bytes_per_s * (now_ns - memory->since_ns) / NS_PER_S);
}

static void
settle(Memory *memory, gint64 now_ns)
{
    memory->bytes = value_now(memory, now_ns);
    memory->since_ns = now_ns;
}

/* Fire when @memory goes beyond @limit_bytes; at once if it is there already. */
static void
arm_crossing(SimTimer *timer, const Memory *memory, gint64 limit_bytes, gint64 now_ns)
{
    gint64 room_bytes = limit_bytes - value_now(memory, now_ns);

    if (room_bytes < 0)
        sim_timer_arm_after(timer, 0);
    else if (memory->rate_bytes_per_s > 0)
        sim_timer_arm_after(timer, (gint64)((__int128)(room_bytes + 1) * NS_PER_S /
                                            memory->rate_bytes_per_s) +
                                       1);
    else
        sim_timer_disarm(timer);
}

static void
check_limits(RtContainer *container)
{
    Runtime *runtime = container->runtime;
    gint64 now_ns = sim_now_ns(runtime->sim);

    if (container->memory_limit_bytes > 0)
        arm_crossing(&container->memory_timer, &container->memory, container->memory_limit_bytes,
                     now_ns);
    if (runtime->machine->memory_bytes > 0)
        arm_crossing(&runtime->oom_timer, &runtime->memory, runtime->machine->memory_bytes, now_ns);
}

static void
change(RtContainer *container, gint64 bytes, gint64 rate_bytes_per_s)
{
    Runtime *runtime = container->runtime;
    gint64 now_ns = sim_now_ns(runtime->sim);

    settle(&container->memory, now_ns);
    settle(&runtime->memory, now_ns);
    container->memory.bytes += bytes;
    container->memory.rate_bytes_per_s += rate_bytes_per_s;
    runtime->memory.bytes += bytes;
    runtime->memory.rate_bytes_per_s += rate_bytes_per_s;
    check_limits(container);
}

static void
container_on_limit(Sim *sim, gpointer self)
{
    RtContainer *container = self;

    if (container->state != RT_RUNNING)
        return;
    if (memory_now(container) <= container->memory_limit_bytes) {
        check_limits(container);
        return;
    }
    sim_trace(sim, container->runtime->component, "oom-kill", container->sandbox->object,
              "OOMKilled", "container %s went over its memory limit of %" G_GINT64_FORMAT " bytes",
              container->name, container->memory_limit_bytes);
    container_exit(container, 137, "OOMKilled");
}

/* Linux oom_badness: thousandths of the machine that it holds, plus its adjustment. */
static gint64
badness(const RtContainer *container)
{
    return 1000 * memory_now(container) / container->runtime->machine->memory_bytes +
           container->oom_score_adj;
}

/* What the kernel calls it: 15 characters of the program's name. */
static const char *
victim_name(const RtContainer *container)
{
    const char *const *words = (const char *const *)(container->command != NULL ? container->command : container->args);
    g_autofree char *base = words == NULL || words[0] == NULL ? g_strdup(image_short_name(container->image))
                                                              : g_path_get_basename(words[0]);

    return str_internf("%.15s", base);
}

static void
runtime_on_exhausted(Sim *sim, gpointer self)
{
    Runtime *runtime = self;
    RtContainer *victim = NULL;

    if (value_now(&runtime->memory, sim_now_ns(sim)) <= runtime->machine->memory_bytes) {
        arm_crossing(&runtime->oom_timer, &runtime->memory, runtime->machine->memory_bytes,
                     sim_now_ns(sim));
        return;
    }
    for (guint i = 0; i < runtime->containers->len; i++) {
        RtContainer *container = g_ptr_array_index(runtime->containers, i);

        if (container->state != RT_RUNNING || memory_now(container) == 0)
            continue;
        if (victim == NULL || badness(container) > badness(victim))
            victim = container;
    }
    if (victim == NULL)
        return;
    sim_trace(sim, runtime->component, "oom-kill", victim->sandbox->object, "SystemOOM",
              "machine %s is out of memory: container %s is killed", runtime->machine->name,
              victim->name);
    if (runtime->oom_killed != NULL)
        runtime->oom_killed(runtime->oom_self, victim_name(victim), victim->host_pid);
    container_exit(victim, 137, "OOMKilled");
    sim_timer_arm_after(&runtime->oom_timer, 0);
}

void
memory_init_runtime(Runtime *runtime)
{
    sim_timer_init(&runtime->oom_timer, runtime->sim, SIM_WORLD, runtime_on_exhausted, runtime);
}

void
memory_clear_runtime(Runtime *runtime)
{
    sim_timer_clear(&runtime->oom_timer);
}

void
memory_init(RtContainer *container)
{
    container->memory.since_ns = sim_now_ns(container->runtime->sim);
    sim_timer_init(&container->memory_timer, container->runtime->sim, SIM_WORLD, container_on_limit,
                   container);
}

void
memory_clear(RtContainer *container)
{
    change(container, -memory_now(container), -container->memory.rate_bytes_per_s);
    sim_timer_disarm(&container->memory_timer);
}

gint64
memory_now(const RtContainer *container)
{
    return value_now(&container->memory, sim_now_ns(container->runtime->sim));
}

void
memory_add(RtContainer *container, gint64 bytes)
{
    if (bytes != 0)
        change(container, bytes, 0);
}

void
memory_add_rate(RtContainer *container, gint64 bytes_per_s)
{
    if (bytes_per_s != 0)
        change(container, 0, bytes_per_s);
}
