/* machine.c - see world.h: machines and their power */

#include "world/internal.h"

static const char *
new_boot_id(Machine *machine)
{
    guint64 high = rng_next(machine->rng_boot);
    guint64 low = rng_next(machine->rng_boot);

    return str_internf("%08x-%04x-4%03x-%04x-%04x%08x", (guint)(high >> 32),
                       (guint)(high >> 16) & 0xffff, (guint)high & 0xfff,
                       ((guint)(low >> 48) & 0x3fff) | 0x8000, (guint)(low >> 32) & 0xffff,
                       (guint)low);
}

static void machine_on_shutdown(Sim *sim, gpointer self);

static void
machine_set_state(Machine *machine, MachineState state)
{
    machine->state = state;
    world_paths_changed(machine->world);
}

static void
machine_on_booted(Sim *sim, gpointer self)
{
    Machine *machine = self;

    world_stir(machine->world);
    machine_set_state(machine, MACHINE_ON);
    machine->boot_id = new_boot_id(machine);
    sim_trace(sim, "world", "boot", str_internf("machine/%s", machine->name), "Booted",
              "machine %s is up", machine->name);
    for (guint i = 0; i < machine->hooks->len; i++) {
        const MachineHook *hook = &g_array_index(machine->hooks, MachineHook, i);

        if (hook->hooks.booted != NULL)
            hook->hooks.booted(hook->self);
    }
    conn_machine_booted(machine);
    for (guint i = 0; i < machine->processes->len; i++) {
        Process *process = g_ptr_array_index(machine->processes, i);

        if (process->is_enabled)
            process_start(process);
    }
}

Machine *
machine_new(World *world, const MachineOptions *options)
{
    Machine *machine = g_new0(Machine, 1);

    machine->world = world;
    machine->index = world->machines->len;
    machine->name = str_intern(options->name);
    machine->zone = str_intern(options->zone);
    machine->ip = str_intern(options->ip);
    machine->cpu_milli = options->cpu_milli;
    machine->memory_bytes = options->memory_bytes;
    machine->disk_bytes = options->disk_bytes;
    machine->nic_bytes_per_s =
        options->nic_bytes_per_s > 0 ? options->nic_bytes_per_s : MACHINE_DEFAULT_NIC_BYTES_PER_S;
    machine->is_external = options->is_external;
    machine->boot_min_ns = options->boot_min_ns;
    machine->boot_max_ns = options->boot_max_ns;
    if (machine->boot_min_ns <= 0 && machine->boot_max_ns <= 0) {
        machine->boot_min_ns = 30 * NS_PER_S;
        machine->boot_max_ns = 90 * NS_PER_S;
    }
    machine->boot_max_ns = MAX(machine->boot_max_ns, machine->boot_min_ns);
    machine_set_state(machine, MACHINE_ON);
    machine->rng_boot = rng_stream(world->sim, str_internf("world/boot/%s", machine->name));
    machine->boot_id = new_boot_id(machine);
    machine->processes = g_ptr_array_new();
    machine->hooks = g_array_new(FALSE, FALSE, sizeof(MachineHook));
    sim_timer_init(&machine->boot_timer, world->sim, SIM_WORLD, machine_on_booted, machine);
    sim_timer_init(&machine->shutdown_timer, world->sim, SIM_WORLD, machine_on_shutdown, machine);
    g_ptr_array_add(world->machines, machine);
    g_hash_table_insert(world->machine_by_name, (gpointer)machine->name, machine);
    if (machine->ip != NULL)
        g_hash_table_insert(world->machine_by_ip, (gpointer)machine->ip, machine);
    return machine;
}

const char *
machine_name(const Machine *machine)
{
    return machine->name;
}

const char *
machine_zone(const Machine *machine)
{
    return machine->zone;
}

const char *
machine_ip(const Machine *machine)
{
    return machine->ip;
}

gint64
machine_cpu_milli(const Machine *machine)
{
    return machine->cpu_milli;
}

gint64
machine_memory_bytes(const Machine *machine)
{
    return machine->memory_bytes;
}

gint64
machine_disk_bytes(const Machine *machine)
{
    return machine->disk_bytes;
}

Machine *
world_find_machine(World *world, const char *name)
{
    return g_hash_table_lookup(world->machine_by_name, str_intern(name));
}

Machine *
world_find_machine_ip(World *world, const char *ip)
{
    return g_hash_table_lookup(world->machine_by_ip, str_intern(ip));
}

guint
world_machine_count(const World *world)
{
    return world->machines->len;
}

Machine *
world_get_machine(World *world, guint index)
{
    return g_ptr_array_index(world->machines, index);
}

gboolean
machine_is_on(const Machine *machine)
{
    return machine->state == MACHINE_ON;
}

gboolean
machine_is_off(const Machine *machine)
{
    return machine->state == MACHINE_OFF;
}

const char *
machine_boot_id(const Machine *machine)
{
    return machine->boot_id;
}

/* Everything on the machine ends; with an orderly end the processes still say good-bye. */
static void
machine_go_down(Machine *machine, gboolean is_silent)
{
    world_stir(machine->world);
    sim_timer_disarm(&machine->boot_timer);
    sim_timer_disarm(&machine->shutdown_timer);
    machine->is_ending = FALSE;
    if (is_silent)
        machine_set_state(machine, MACHINE_OFF);
    for (guint i = 0; i < machine->processes->len; i++)
        process_die(g_ptr_array_index(machine->processes, i), is_silent);
    machine_set_state(machine, MACHINE_OFF);
    for (guint i = 0; i < machine->hooks->len; i++) {
        const MachineHook *hook = &g_array_index(machine->hooks, MachineHook, i);

        if (hook->hooks.powered_off != NULL)
            hook->hooks.powered_off(hook->self);
    }
}

static void
machine_begin_boot(Machine *machine)
{
    world_stir(machine->world);
    machine_set_state(machine, MACHINE_BOOTING);
    sim_timer_arm_after(&machine->boot_timer,
                        rng_between_ns(machine->rng_boot, machine->boot_min_ns,
                                       machine->boot_max_ns));
}

void
machine_power_off(Machine *machine)
{
    if (machine->state == MACHINE_OFF)
        return;
    sim_trace(machine->world->sim, "world", "power-off", str_internf("machine/%s", machine->name),
              "PowerOff", "machine %s lost power", machine->name);
    machine_go_down(machine, TRUE);
}

void
machine_power_on(Machine *machine)
{
    if (machine->is_ending)
        machine->reboots = TRUE;
    if (machine->state != MACHINE_OFF)
        return;
    sim_trace(machine->world->sim, "world", "power-on", str_internf("machine/%s", machine->name),
              "PowerOn", "machine %s boots", machine->name);
    machine_begin_boot(machine);
}

void
machine_reboot(Machine *machine)
{
    sim_trace(machine->world->sim, "world", "reboot", str_internf("machine/%s", machine->name),
              "Reboot", "machine %s restarts", machine->name);
    if (machine->state != MACHINE_OFF)
        machine_go_down(machine, machine->state != MACHINE_ON);
    machine_begin_boot(machine);
}

/* --- an orderly shutdown -------------------------------------------------------------------- */

static void
machine_on_shutdown(Sim *sim, gpointer self)
{
    Machine *machine = self;

    (void)sim;
    machine_go_down(machine, FALSE);
    if (machine->reboots)
        machine_begin_boot(machine);
}

void
machine_shut_down(Machine *machine, gboolean reboots)
{
    if (machine->state == MACHINE_OFF && !reboots)
        return;
    if (machine->is_ending) {
        machine->reboots = reboots;
        return;
    }
    sim_trace(machine->world->sim, "world", "shutdown", str_internf("machine/%s", machine->name), "Shutdown",
              "machine %s %s", machine->name, reboots ? "is to restart" : "is to go down");
    machine->reboots = reboots;
    if (machine->state != MACHINE_ON || machine->inhibitor.process == NULL) {
        machine_on_shutdown(machine->world->sim, machine);
        return;
    }
    machine->is_ending = TRUE;
    sim_timer_arm_after(&machine->shutdown_timer, machine->inhibitor.max_ns);
    if (process_is_running(machine->inhibitor.process))
        machine->inhibitor.told(machine->inhibitor.self);
}

void
machine_inhibit(Machine *machine, Process *process, gint64 max_ns, void (*told)(gpointer self), gpointer self)
{
    machine->inhibitor.process = process;
    machine->inhibitor.max_ns = max_ns;
    machine->inhibitor.told = told;
    machine->inhibitor.self = self;
}

/* What is to come is not done from within somebody else's event. */
void
machine_let_go(Machine *machine)
{
    if (machine->is_ending)
        sim_timer_arm_after(&machine->shutdown_timer, 0);
}

void
machine_process_died(Machine *machine, const Process *process)
{
    if (machine->inhibitor.process != process)
        return;
    machine->inhibitor.process = NULL;
    machine_let_go(machine);
}

void
machine_add_hooks(Machine *machine, const MachineHooks *hooks, gpointer self)
{
    MachineHook hook = {.hooks = *hooks, .self = self};

    g_array_append_val(machine->hooks, hook);
}

void
machine_set_delay(Machine *machine, const Dist *extra, guint loss_permille)
{
    world_stir(machine->world);
    machine->has_extra_delay = extra != NULL;
    if (extra != NULL)
        machine->extra_delay = *extra;
    machine->loss_permille = loss_permille;
    world_paths_changed(machine->world);
}

static void
machine_free(Machine *machine)
{
    if (machine->runtime != NULL && machine->runtime_free != NULL)
        machine->runtime_free(machine->runtime);
    if (machine->filter != NULL && machine->filter_free != NULL)
        machine->filter_free(machine->filter);
    while (machine->processes->len > 0)
        process_free(g_ptr_array_index(machine->processes, machine->processes->len - 1));
    g_ptr_array_free(machine->processes, TRUE);
    g_array_free(machine->hooks, TRUE);
    sim_timer_clear(&machine->boot_timer);
    sim_timer_clear(&machine->shutdown_timer);
    g_free(machine);
}

void
world_free(World *world)
{
    if (world == NULL)
        return;
    conn_free_all(world);
    for (guint i = 0; i < world->machines->len; i++)
        machine_free(g_ptr_array_index(world->machines, i));
    if (world->registry != NULL)
        world->registry_free(world->registry);
    g_ptr_array_free(world->machines, TRUE);
    g_hash_table_destroy(world->machine_by_name);
    g_hash_table_destroy(world->machine_by_ip);
    g_hash_table_destroy(world->cuts);
    g_array_free(world->stirs, TRUE);
    g_hash_table_destroy(world->addresses);
    if (world->profiles != NULL)
        g_hash_table_destroy(world->profiles);
    if (world->scripts != NULL)
        g_hash_table_destroy(world->scripts);
    while (world->lost_requests.head != NULL)
        g_free(g_queue_pop_head_link(&world->lost_requests)->data);
    while (world->free_requests != NULL) {
        GList *link = world->free_requests;

        world->free_requests = link->next;
        g_free(link->data);
    }
    g_free(world);
}
