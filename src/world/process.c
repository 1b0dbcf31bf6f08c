/* process.c - see world.h: processes, their supervisor, pause and crash */

#include "world/internal.h"

#include "base/duration.h"

#define PROCESS_GRACE_NS (30 * NS_PER_S)

static void
trace_process(Process *process, const char *verb, const char *reason, const char *what)
{
    Machine *machine = process->machine;

    sim_trace(machine->world->sim, "world", verb,
              str_internf("process/%s/%s", machine->name, process->name), reason, "%s on %s %s",
              process->name, machine->name, what);
}

static void
process_on_restart(Sim *sim, gpointer self)
{
    Process *process = self;

    (void)sim;
    if (process->machine->state == MACHINE_ON)
        process_start(process);
}

static void
process_on_kill(Sim *sim, gpointer self)
{
    (void)sim;
    process_exit(self);
}

Process *
process_new(Machine *machine, const char *name, const ProcessHooks *hooks, gpointer self)
{
    Process *process = g_new0(Process, 1);

    process->machine = machine;
    process->name = str_intern(name);
    if (hooks != NULL)
        process->hooks = *hooks;
    process->self = self;
    process->state = PROCESS_STOPPED;
    sim_timer_init(&process->restart_timer, machine->world->sim, SIM_WORLD, process_on_restart,
                   process);
    sim_timer_init(&process->kill_timer, machine->world->sim, SIM_WORLD, process_on_kill, process);
    g_ptr_array_add(machine->processes, process);
    return process;
}

void
process_free(Process *process)
{
    if (process == NULL)
        return;
    conn_process_forget(process);
    sim_timer_clear(&process->restart_timer);
    sim_timer_clear(&process->kill_timer);
    g_ptr_array_remove(process->machine->processes, process);
    g_free(process);
}

const char *
process_name(const Process *process)
{
    return process->name;
}

Machine *
process_machine(const Process *process)
{
    return process->machine;
}

ProcessState
process_state(const Process *process)
{
    return process->state;
}

void
process_start(Process *process)
{
    process->is_enabled = TRUE;
    if (process->is_ending)
        process->restart_ns = MAX(process->restart_ns, 0);
    if (process->state != PROCESS_STOPPED || process->machine->state != MACHINE_ON)
        return;
    world_stir(process->machine->world);
    sim_timer_disarm(&process->restart_timer);
    process->state = PROCESS_RUNNING;
    trace_process(process, "start", "Started", "starts");
    if (process->hooks.started != NULL)
        process->hooks.started(process->self);
}

void
process_die(Process *process, gboolean is_silent)
{
    sim_timer_disarm(&process->restart_timer);
    sim_timer_disarm(&process->kill_timer);
    process->is_ending = FALSE;
    process->is_told = FALSE;
    if (process->state == PROCESS_STOPPED)
        return;
    world_stir(process->machine->world);
    process->state = PROCESS_STOPPED;
    conn_process_died(process, is_silent);
    if (process->hooks.stopped != NULL)
        process->hooks.stopped(process->self);
    machine_process_died(process->machine, process);
}

void
process_crash(Process *process, gint64 restart_ns)
{
    if (process->state == PROCESS_STOPPED)
        return;
    trace_process(process, "crash", "Crashed", "crashes");
    process_die(process, FALSE);
    if (restart_ns >= 0)
        sim_timer_arm_after(&process->restart_timer, restart_ns);
}

void
process_stop(Process *process)
{
    process->is_enabled = FALSE;
    if (process->state != PROCESS_STOPPED)
        trace_process(process, "stop", "Stopped", "stops");
    process_die(process, FALSE);
}

void
process_exit(Process *process)
{
    gint64 restart_ns = process->restart_ns;

    if (!process->is_ending)
        return;
    trace_process(process, "stop", "Stopped", "ends");
    process_die(process, FALSE);
    if (restart_ns >= 0)
        sim_timer_arm_after(&process->restart_timer, restart_ns);
}

/* The signal is delivered, unless the process stands still. */
static void
tell_process(Process *process)
{
    if (process->state != PROCESS_RUNNING || process->is_told)
        return;
    process->is_told = TRUE;
    if (process->hooks.terminated != NULL)
        process->hooks.terminated(process->self);
    else
        process_exit(process);
}

void
process_terminate(Process *process, gint64 restart_ns)
{
    process->is_enabled = restart_ns >= 0;
    if (process->state == PROCESS_STOPPED) {
        if (restart_ns < 0)
            sim_timer_disarm(&process->restart_timer);
        return;
    }
    process->restart_ns = restart_ns;
    if (process->is_ending)
        return;
    trace_process(process, "terminate", "Terminated", "is told to end");
    process->is_ending = TRUE;
    sim_timer_arm_after(&process->kill_timer, PROCESS_GRACE_NS);
    tell_process(process);
}

void
process_pause(Process *process)
{
    if (process->state != PROCESS_RUNNING)
        return;
    world_stir(process->machine->world);
    process->state = PROCESS_PAUSED;
    trace_process(process, "pause", "Paused", "is paused");
    if (process->hooks.paused != NULL)
        process->hooks.paused(process->self);
    conn_process_paused(process);
}

void
process_resume(Process *process)
{
    if (process->state != PROCESS_PAUSED)
        return;
    world_stir(process->machine->world);
    process->state = PROCESS_RUNNING;
    trace_process(process, "resume", "Resumed", "runs again");
    if (process->hooks.resumed != NULL)
        process->hooks.resumed(process->self);
    conn_process_resumed(process);
    if (process->is_ending)
        tell_process(process);
}
