/* program.c - see rt.h: the application that an AppProfile describes, as it lives in a container */

#include "world/rt.h"

#include "world/shell.h"

static gint64
app_age_ns(const RtContainer *container)
{
    return sim_now_ns(container->runtime->sim) - container->app.started_ns;
}

static void
program_end(RtContainer *container, gint32 exit_code)
{
    Shell *shell = container->app.shell;

    program_clear(container);
    server_close(container, shell);
    shell_program_ended(shell, exit_code);
}

/* The earlier of its two ends. */
static void
arm_end(RtContainer *container)
{
    const AppProfile *profile = container->profile;
    gint64 end_ns = profile->exit_after_ns;

    if (profile->crash_after_ns >= 0 && (end_ns < 0 || profile->crash_after_ns < end_ns))
        end_ns = profile->crash_after_ns;
    if (end_ns >= 0)
        sim_timer_arm_at(&container->app.timer, MAX(container->app.started_ns + end_ns,
                                                    sim_now_ns(container->runtime->sim)));
}

/* Containers of a pod share one network: who comes second cannot bind, and exits. */
static gboolean
port_in_use(RtContainer *container, const WellKnown *known)
{
    gint32 port = known != NULL && known->ports[0] != 0 ? known->ports[0] : container->ports[0];
    g_autofree char *words = NULL;

    if (port == 0 || sandbox_find_listener(container->sandbox, port) == NULL)
        return FALSE;
    words = g_strdup_printf("bind() to 0.0.0.0:%d failed (98: Address already in use)\n", port);
    container_log(container, words, strlen(words));
    program_end(container, 1);
    return TRUE;
}

static void
program_up(RtContainer *container)
{
    const WellKnown *known = app_well_known(container->image);
    App *app = &container->app;

    app->phase = APP_UP;
    app->up_ns = sim_now_ns(container->runtime->sim);
    app->memory_bytes = container->profile->memory_bytes;
    app->growth_bytes_per_s = container->profile->memory_growth_bytes_per_s;
    memory_add(container, app->memory_bytes);
    memory_add_rate(container, app->growth_bytes_per_s);
    if (container->profile->idle_cpu_milli > 0)
        cpu_group_set_idle(&container->cpu, container->profile->idle_cpu_milli);
    if (!container->profile->serves)
        return;
    if (port_in_use(container, known))
        return;
    for (guint i = 0; known != NULL && i < G_N_ELEMENTS(known->ports) && known->ports[i] != 0; i++)
        server_listen(container, known->ports[i], NULL, app->shell);
    /* A well-known image listens where it does, not where the pod says; a described one where the pod says. */
    if (known != NULL && known->ports[0] != 0 && !container->profile_is_explicit)
        return;
    for (const gint32 *port = container->ports; *port != 0; port++)
        server_listen(container, *port, NULL, app->shell);
}

gboolean
program_may_connect(const RtContainer *container)
{
    if (container->app.phase == APP_NONE)
        return TRUE;
    return sim_now_ns(container->runtime->sim) - container->app.up_ns >=
           container->profile->ready_delay_ns;
}

static void
app_on_timer(Sim *sim, gpointer self)
{
    RtContainer *container = self;
    const AppProfile *profile = container->profile;

    (void)sim;
    if (container->app.phase == APP_STARTING) {
        program_up(container);
        if (container->app.phase == APP_UP)
            arm_end(container);
        return;
    }
    if (profile->crash_after_ns >= 0 &&
        (profile->exit_after_ns < 0 || profile->crash_after_ns < profile->exit_after_ns))
        program_end(container, profile->crash_exit_code);
    else
        program_end(container, profile->exit_code);
}

static void
end_if_drained(RtContainer *container)
{
    if (container->app.is_closing && container->app.stop_elapsed && container->requests.length == 0)
        program_end(container, 0);
}

static void
app_on_stopped(Sim *sim, gpointer self)
{
    RtContainer *container = self;

    (void)sim;
    container->app.stop_elapsed = TRUE;
    end_if_drained(container);
}

static void
app_on_close(Sim *sim, gpointer self)
{
    RtContainer *container = self;

    (void)sim;
    server_close(container, container->app.shell);
}

void
program_init(RtContainer *container)
{
    Sim *sim = container->runtime->sim;

    sim_timer_init(&container->app.timer, sim, SIM_WORLD, app_on_timer, container);
    sim_timer_init(&container->app.stop_timer, sim, SIM_WORLD, app_on_stopped, container);
    sim_timer_init(&container->app.close_timer, sim, SIM_WORLD, app_on_close, container);
}

void
program_clear(RtContainer *container)
{
    App *app = &container->app;

    if (app->phase == APP_NONE)
        return;
    sim_timer_disarm(&app->timer);
    sim_timer_disarm(&app->stop_timer);
    sim_timer_disarm(&app->close_timer);
    if (app->phase != APP_STARTING) {
        /* What leaked so far goes with it. */
        gint64 leaked = (gint64)((__int128)app->growth_bytes_per_s *
                                 (sim_now_ns(container->runtime->sim) - app->up_ns) / NS_PER_S);

        memory_add_rate(container, -app->growth_bytes_per_s);
        memory_add(container, -MIN(app->memory_bytes + leaked, memory_now(container)));
        if (container->profile->idle_cpu_milli > 0)
            cpu_group_set_idle(&container->cpu, 0);
    }
    app->phase = APP_NONE;
    app->is_closing = FALSE;
    app->stop_elapsed = FALSE;
    app->shell = NULL;
}

void
program_start(RtContainer *container, Shell *shell)
{
    App *app = &container->app;

    app->shell = shell;
    app->phase = APP_STARTING;
    app->started_ns = sim_now_ns(container->runtime->sim);
    app->is_closing = FALSE;
    if (container->profile->exit_after_ns == 0) {
        app->phase = APP_UP;
        app->up_ns = app->started_ns;
        sim_timer_arm_after(&app->timer, 0);
        return;
    }
    sim_timer_arm_after(&app->timer,
                        dist_sample_ns(&container->profile->startup, container->runtime->rng_app));
}

static gboolean
env_is_set(const RtContainer *container, const char *name)
{
    return !str_is_empty(container_getenv(container, name));
}

static void
say(RtContainer *container, const char *text)
{
    container_log(container, text, strlen(text));
}

gint32
program_refuses(RtContainer *container)
{
    const char *name = image_short_name(container->image);

    if (str_is(name, "mysql") && !env_is_set(container, "MYSQL_ROOT_PASSWORD") &&
        !env_is_set(container, "MYSQL_ROOT_PASSWORD_FILE") &&
        !env_is_set(container, "MYSQL_ALLOW_EMPTY_PASSWORD") &&
        !env_is_set(container, "MYSQL_RANDOM_ROOT_PASSWORD")) {
        say(container,
            "[ERROR] [Entrypoint]: Database is uninitialized and password option is not specified\n"
            "    You need to specify one of the following as an environment variable:\n"
            "    - MYSQL_ROOT_PASSWORD\n    - MYSQL_ALLOW_EMPTY_PASSWORD\n    - "
            "MYSQL_RANDOM_ROOT_PASSWORD\n");
        return 1;
    }
    if (str_is(name, "mariadb") && !env_is_set(container, "MARIADB_ROOT_PASSWORD") &&
        !env_is_set(container, "MYSQL_ROOT_PASSWORD") &&
        !env_is_set(container, "MARIADB_ROOT_PASSWORD_HASH") &&
        !env_is_set(container, "MARIADB_ALLOW_EMPTY_ROOT_PASSWORD") &&
        !env_is_set(container, "MYSQL_ALLOW_EMPTY_PASSWORD") &&
        !env_is_set(container, "MARIADB_RANDOM_ROOT_PASSWORD")) {
        say(container,
            "[ERROR] [Entrypoint]: Database is uninitialized and password option is not specified\n"
            "\tYou need to specify one of MARIADB_ROOT_PASSWORD, MARIADB_ROOT_PASSWORD_HASH, "
            "MARIADB_ALLOW_EMPTY_ROOT_PASSWORD and MARIADB_RANDOM_ROOT_PASSWORD\n");
        return 1;
    }
    if (str_is(name, "postgres") && !env_is_set(container, "POSTGRES_PASSWORD") &&
        !env_is_set(container, "POSTGRES_PASSWORD_FILE") &&
        !env_is_set(container, "POSTGRES_HOST_AUTH_METHOD")) {
        say(container, "Error: Database is uninitialized and superuser password is not specified.\n"
                       "       You must specify POSTGRES_PASSWORD to a non-empty value for the\n"
                       "       superuser. For example, \"-e POSTGRES_PASSWORD=password\" on "
                       "\"docker run\".\n");
        return 1;
    }
    if (str_is(name, "hello-world"))
        say(container, "\nHello from Docker!\nThis message shows that your installation appears to "
                       "be working correctly.\n\n");
    return -1;
}

gboolean
program_signal(RtContainer *container, gint32 signal)
{
    App *app = &container->app;

    if (app->phase == APP_NONE || container->profile->ignores_term)
        return FALSE;
    if (app->is_closing)
        return TRUE;
    if (container->profile->abrupt_stop || signal == 2) {
        program_end(container, 0);
        return TRUE;
    }
    app->is_closing = TRUE;
    app->stop_elapsed = FALSE;
    sim_timer_disarm(&app->timer);
    sim_timer_arm_after(&app->close_timer, container->profile->close_delay_ns);
    sim_timer_arm_after(&app->stop_timer,
                        dist_sample_ns(&container->profile->stop, container->runtime->rng_app));
    return TRUE;
}

void
program_request_done(RtContainer *container)
{
    end_if_drained(container);
}

gboolean
program_is_healthy(const RtContainer *container)
{
    if (container->profile->unhealthy_after_ns < 0 || container->app.phase == APP_NONE)
        return TRUE;
    return app_age_ns(container) < container->profile->unhealthy_after_ns;
}

gboolean
program_is_ready(const RtContainer *container)
{
    const AppProfile *profile = container->profile;
    gint64 age_ns;

    if (container->app.phase == APP_NONE)
        return TRUE;
    age_ns = app_age_ns(container);
    if (container->app.phase == APP_STARTING ||
        sim_now_ns(container->runtime->sim) - container->app.up_ns < profile->ready_delay_ns)
        return FALSE;
    if (profile->unready_from_ns < 0 || age_ns < profile->unready_from_ns)
        return TRUE;
    return profile->unready_until_ns >= 0 && age_ns >= profile->unready_until_ns;
}
