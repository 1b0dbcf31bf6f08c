/* component.c - see component.h */

#include "client/component.h"

struct Component {
    ComponentOptions options;
    gpointer user;
    Process *process;
    Client *client;
    Client *event_client;    /* NULL: events go through client */
    Client *informer_client; /* lists and watches wait for nobody */
    InformerFactory *factory;
    Recorder *recorder; /* may be NULL */
};

static void
component_call(const Component *component, void (*hook)(gpointer user))
{
    if (hook != NULL)
        hook(component->user);
}

static void
component_on_synced(gpointer user)
{
    const Component *component = user;

    component_call(component, component->options.hooks.synced);
}

static void
component_started(gpointer self)
{
    Component *component = self;

    component_call(component, component->options.hooks.started);
    informer_factory_on_synced(component->factory, component_on_synced, component);
    informer_factory_start(component->factory);
}

static void
component_stopped(gpointer self)
{
    Component *component = self;

    component_call(component, component->options.hooks.stopped);
    if (component->recorder != NULL)
        recorder_reset(component->recorder);
    client_reset(component->client);
    if (component->event_client != NULL)
        client_reset(component->event_client);
    informer_factory_reset(component->factory);
}

static void
component_paused(gpointer self)
{
    const Component *component = self;

    component_call(component, component->options.hooks.paused);
}

static void
component_resumed(gpointer self)
{
    Component *component = self;

    client_resumed(component->client);
    if (component->event_client != NULL)
        client_resumed(component->event_client);
    informer_factory_resumed(component->factory);
    if (component->recorder != NULL)
        recorder_resumed(component->recorder);
    component_call(component, component->options.hooks.resumed);
}

static void
component_terminated(gpointer self)
{
    Component *component = self;

    if (component->options.hooks.terminated != NULL)
        component->options.hooks.terminated(component->user);
    else
        process_exit(component->process);
}

static const ProcessHooks component_hooks = {
    .started = component_started,
    .stopped = component_stopped,
    .paused = component_paused,
    .resumed = component_resumed,
    .terminated = component_terminated,
};

static Client *
component_new_client(const Component *component, guint qps, guint burst)
{
    const ComponentOptions *options = &component->options;
    ClientOptions client_options = {
        .sim = options->sim,
        .world = options->world,
        .process = component->process,
        .server = options->server,
        .user = options->user == NULL ? options->process_name : options->user,
        .qps = qps,
        .burst = burst,
        .share = component->client,
    };

    return client_new(&client_options);
}

Component *
component_new(const ComponentOptions *options, gpointer user)
{
    Component *component = g_new0(Component, 1);

    component->options = *options;
    component->user = user;
    component->process =
        process_new(options->machine, options->process_name, &component_hooks, component);
    component->client = component_new_client(component, options->qps, options->burst);
    component->informer_client = component_new_client(component, 0, 0);
    component->factory = informer_factory_new(component->informer_client);
    if (options->event_qps > 0)
        component->event_client =
            component_new_client(component, options->event_qps, options->event_burst);
    if (options->recorder.component != NULL)
        component->recorder = recorder_new(component->event_client != NULL ? component->event_client
                                                                           : component->client,
                                           &options->recorder);
    return component;
}

void
component_free(Component *component)
{
    if (component == NULL)
        return;
    recorder_free(component->recorder);
    informer_factory_free(component->factory);
    client_free(component->informer_client);
    client_free(component->event_client);
    client_free(component->client);
    process_free(component->process);
    g_free(component);
}

Process *
component_process(Component *component)
{
    return component->process;
}

Client *
component_client(Component *component)
{
    return component->client;
}

Client *
component_free_client(Component *component)
{
    return component->informer_client;
}

InformerFactory *
component_informers(Component *component)
{
    return component->factory;
}

Recorder *
component_recorder(Component *component)
{
    return component->recorder;
}
