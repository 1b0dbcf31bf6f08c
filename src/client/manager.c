/* manager.c - see controller.h: a process with many controllers */

#include "client/controller_internal.h"

#include "api/profile.h"
#include "base/duration.h"
#include "client/leader.h"

/* The kubelet starts a control-plane container again within seconds. */
#define RESTART_NS (2 * NS_PER_S)

struct ControllerManager {
    ControllerManagerOptions options;
    Process *process;
    Client *client; /* of informers and election: no limit */
    InformerFactory *factory;
    Leader *leader;         /* NULL: no election */
    Recorder *recorder;     /* of the election; NULL without one */
    GPtrArray *controllers; /* of Controller (owned), in start order */
    gboolean is_leading;
};

static void
manager_on_synced(gpointer user)
{
    ControllerManager *manager = user;

    manager->is_leading = TRUE;
    for (guint i = 0; i < manager->controllers->len; i++)
        controller_start(manager->controllers->pdata[i]);
}

static void
manager_begin(gpointer user)
{
    ControllerManager *manager = user;

    informer_factory_on_synced(manager->factory, manager_on_synced, manager);
    informer_factory_start(manager->factory);
}

static void
manager_on_lost(gpointer user)
{
    ControllerManager *manager = user;

    process_crash(manager->process, RESTART_NS);
}

static void
manager_started(gpointer self)
{
    ControllerManager *manager = self;

    if (manager->leader != NULL)
        leader_start(manager->leader);
    else
        manager_begin(manager);
}

static void
manager_stopped(gpointer self)
{
    ControllerManager *manager = self;

    manager->is_leading = FALSE;
    for (guint i = 0; i < manager->controllers->len; i++)
        controller_reset(manager->controllers->pdata[i]);
    if (manager->leader != NULL) {
        leader_reset(manager->leader);
        recorder_reset(manager->recorder);
    }
    informer_factory_reset(manager->factory);
}

static void
manager_resumed(gpointer self)
{
    ControllerManager *manager = self;

    informer_factory_resumed(manager->factory);
    if (manager->leader != NULL) {
        leader_resumed(manager->leader);
        recorder_resumed(manager->recorder);
    }
    for (guint i = 0; i < manager->controllers->len; i++)
        controller_resumed(manager->controllers->pdata[i]);
}

static void
manager_on_released(gpointer user)
{
    ControllerManager *manager = user;

    process_exit(manager->process);
}

/* v1.34 cmd/kube-controller-manager handles no signal; v1.36 may, and then stops its controllers first. */
static void
manager_terminated(gpointer self)
{
    ControllerManager *manager = self;

    if (manager->leader == NULL || !profile_has(FEATURE_RELEASE_LOCK_ON_EXIT, manager->options.version_minor)) {
        process_exit(manager->process);
        return;
    }
    manager->is_leading = FALSE;
    for (guint i = 0; i < manager->controllers->len; i++)
        controller_reset(manager->controllers->pdata[i]);
    leader_release(manager->leader, manager_on_released);
}

static const ProcessHooks manager_hooks = {
    .started = manager_started,
    .stopped = manager_stopped,
    .resumed = manager_resumed,
    .terminated = manager_terminated,
};

static void
manager_add_controllers(ControllerManager *manager)
{
    const ControllerManagerOptions *options = &manager->options;
    ControllerHome home = {
        .sim = options->sim,
        .world = options->world,
        .process = manager->process,
        .server = options->server,
        .share = manager->client,
        .factory = manager->factory,
        .version_minor = options->version_minor,
        .config = options->config,
    };

    for (guint i = 0; options->controllers[i] != NULL; i++)
        g_ptr_array_add(manager->controllers, controller_new(&home, options->controllers[i]));
}

ControllerManager *
controller_manager_new(const ControllerManagerOptions *options)
{
    ControllerManager *manager = g_new0(ControllerManager, 1);
    ClientOptions client_options = {
        .sim = options->sim,
        .world = options->world,
        .server = options->server,
        .user = options->process_name,
    };
    LeaderOptions leader_options = {
        .lease_name = options->process_name,
        .elected = manager_begin,
        .lost = manager_on_lost,
    };

    manager->options = *options;
    manager->process =
        process_new(options->machine, options->process_name, &manager_hooks, manager);
    client_options.process = manager->process;
    manager->client = client_new(&client_options);
    manager->factory = informer_factory_new(manager->client);
    manager->controllers = g_ptr_array_new_with_free_func((GDestroyNotify)controller_free);
    if (options->leader_elect) {
        manager->recorder =
            recorder_new(manager->client, &(RecorderOptions){.component = options->process_name});
        leader_options.recorder = manager->recorder;
        manager->leader = leader_new(manager->client, &leader_options, manager);
    }
    manager_add_controllers(manager);
    return manager;
}

void
controller_manager_free(ControllerManager *manager)
{
    if (manager == NULL)
        return;
    g_ptr_array_free(manager->controllers, TRUE);
    leader_free(manager->leader);
    recorder_free(manager->recorder);
    informer_factory_free(manager->factory);
    client_free(manager->client);
    process_free(manager->process);
    g_free(manager);
}

Process *
controller_manager_process(ControllerManager *manager)
{
    return manager->process;
}

Controller *
controller_manager_find(ControllerManager *manager, const char *name)
{
    for (guint i = 0; i < manager->controllers->len; i++) {
        Controller *controller = manager->controllers->pdata[i];

        if (str_is(controller_def(controller)->name, name))
            return controller;
    }
    return NULL;
}

gboolean
controller_manager_is_leading(const ControllerManager *manager)
{
    return manager->is_leading;
}
