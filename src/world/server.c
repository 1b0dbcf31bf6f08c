/* server.c - see internal.h: what listens in containers, and how requests are served */

#include "world/rt.h"

typedef enum { REQUEST_QUEUED, REQUEST_COMPUTING, REQUEST_WAITING } RequestState;

struct ServerRequest {
    RtContainer *container; /* NULL: lost with its machine */
    GList link;             /* in the container's list, or the world's of lost ones */
    World *world;
    RequestState state;
    const char *root; /* of a file server, NULL: the application */
    const char *path;
    CpuJob job;
    SimTimer timer;
    gint64 memory_bytes;
    ServeDone done; /* NULL: the client went away */
    gpointer user;
};

void
server_listen(RtContainer *container, gint32 port, const char *root, Shell *shell)
{
    Listener listener = {.port = port, .root = root, .shell = shell};

    if (container->listeners == NULL)
        container->listeners = g_array_new(FALSE, FALSE, sizeof(Listener));
    g_array_append_val(container->listeners, listener);
}

void
server_close(RtContainer *container, Shell *shell)
{
    if (container->listeners == NULL)
        return;
    for (guint i = container->listeners->len; i > 0; i--) {
        if (g_array_index(container->listeners, Listener, i - 1).shell == shell)
            g_array_remove_index(container->listeners, i - 1);
    }
}

static const Listener *
find_listener(const RtContainer *container, gint32 port)
{
    for (guint i = 0; container->listeners != NULL && i < container->listeners->len; i++) {
        const Listener *listener = &g_array_index(container->listeners, Listener, i);

        if (listener->port == port)
            return listener;
    }
    return NULL;
}

gboolean
container_listens(const RtContainer *container, gint32 port)
{
    return find_listener(container, port) != NULL;
}

RtContainer *
sandbox_find_listener(Sandbox *sandbox, gint32 port)
{
    for (guint i = 0; i < sandbox->containers->len; i++) {
        RtContainer *container = g_ptr_array_index(sandbox->containers, i);

        if (container->state == RT_RUNNING && find_listener(container, port) != NULL)
            return container;
    }
    return NULL;
}

RtContainer *
machine_find_listener(Machine *machine, gint32 port)
{
    Runtime *runtime = machine->runtime;

    for (guint i = 0; runtime != NULL && i < runtime->sandboxes->len; i++) {
        Sandbox *sandbox = g_ptr_array_index(runtime->sandboxes, i);
        RtContainer *container =
            sandbox->host_network ? sandbox_find_listener(sandbox, port) : NULL;

        if (container != NULL)
            return container;
    }
    return NULL;
}

/* --- one request ------------------------------------------------------------------------- */

static void request_begin(ServerRequest *request);

static void
begin_next_queued(RtContainer *container)
{
    for (GList *link = container->requests.head; link != NULL; link = link->next) {
        ServerRequest *request = link->data;

        if (request->state == REQUEST_QUEUED) {
            request_begin(request);
            return;
        }
    }
}

static gint32
file_status(RtContainer *container, const char *root, const char *path)
{
    g_autofree char *clean = g_strndup(path, strcspn(path, "?#"));
    g_autofree char *whole = fs_join(root, clean[0] == '/' ? clean + 1 : clean);
    const FsNode *node;

    node = fs_get(&container->files, whole);
    if (node != NULL && node->is_dir) {
        g_autofree char *index = fs_join(whole, "index.html");

        node = fs_get(&container->files, index);
    }
    return node != NULL && !node->is_dir ? 200 : 404;
}

static gint32
answer_status(const ServerRequest *request)
{
    RtContainer *container = request->container;

    if (request->root != NULL)
        return file_status(container, request->root, request->path != NULL ? request->path : "/");
    if (!program_is_healthy(container))
        return 500;
    return program_is_ready(container) ? 200 : 503;
}

static void
request_free(ServerRequest *request)
{
    World *world = request->world;

    sim_timer_clear(&request->timer);
    request->link.next = world->free_requests;
    world->free_requests = &request->link;
}

static ServerRequest *
request_new(World *world)
{
    ServerRequest *request = world->free_requests != NULL ? world->free_requests->data : NULL;

    if (request == NULL) {
        request = g_new0(ServerRequest, 1);
    } else {
        world->free_requests = request->link.next;
        *request = (ServerRequest){0};
    }
    request->world = world;
    request->link.data = request;
    return request;
}

static void
request_finish(ServerRequest *request)
{
    RtContainer *container = rt_container_ref(request->container);
    gint32 status = answer_status(request);
    ServeDone done = request->done;
    gpointer user = request->user;

    g_queue_unlink(&container->requests, &request->link);
    container->n_serving--;
    memory_add(container, -request->memory_bytes);
    request_free(request);
    begin_next_queued(container);
    if (done != NULL)
        done(user, status == 200 ? SERVE_OK : SERVE_STATUS, status);
    if (container->state == RT_RUNNING)
        program_request_done(container);
    rt_container_unref(container);
}

static void
request_on_waited(Sim *sim, gpointer self)
{
    (void)sim;
    request_finish(self);
}

static void
request_on_computed(gpointer self)
{
    ServerRequest *request = self;
    RtContainer *container = request->container;
    gint64 wait_ns = dist_sample_ns(&container->profile->wait, container->runtime->rng_app);

    request->state = REQUEST_WAITING;
    if (wait_ns == 0)
        request_finish(request);
    else
        sim_timer_arm_after(&request->timer, wait_ns);
}

static void
request_begin(ServerRequest *request)
{
    RtContainer *container = request->container;

    container->n_serving++;
    request->state = REQUEST_COMPUTING;
    request->memory_bytes = container->profile->request_memory_bytes;
    memory_add(container, request->memory_bytes);
    cpu_job_start(&container->cpu, &request->job, container->profile->cpu_ns, request_on_computed,
                  request);
}

static gboolean
has_free_worker(const RtContainer *container)
{
    return container->profile->concurrency == 0 ||
           container->n_serving < container->profile->concurrency;
}

gboolean
container_can_accept(RtContainer *container)
{
    return has_free_worker(container) ||
           container->requests.length - container->n_serving < container->profile->backlog;
}

ServerRequest *
container_serve(RtContainer *container,
                gint32 port,
                const char *path,
                ServeDone done,
                gpointer user)
{
    const Listener *listener = find_listener(container, port);
    ServerRequest *request;

    g_assert(listener != NULL);
    if (!container_can_accept(container))
        return NULL;
    request = request_new(container->runtime->world);
    request->container = container;
    request->root = listener->root;
    request->path = str_is(path, "/") ? "/" : str_intern(path);
    request->done = done;
    request->user = user;
    sim_timer_init(&request->timer, container->runtime->sim, SIM_WORLD, request_on_waited, request);
    g_queue_push_tail_link(&container->requests, &request->link);
    if (has_free_worker(container))
        request_begin(request);
    return request;
}

void
container_cancel_request(ServerRequest *request)
{
    request->done = NULL;
    if (request->container != NULL)
        return;
    g_queue_unlink(&request->world->lost_requests, &request->link);
    request_free(request);
}

void
server_clear(RtContainer *container, gboolean is_silent)
{
    g_clear_pointer(&container->listeners, g_array_unref);
    container->n_serving = 0;
    while (container->requests.head != NULL) {
        ServerRequest *request = container->requests.head->data;

        g_queue_unlink(&container->requests, &request->link);
        cpu_job_cancel(&request->job);
        sim_timer_clear(&request->timer);
        if (request->done != NULL && is_silent) {
            request->container = NULL;
            g_queue_push_tail_link(&request->world->lost_requests, &request->link);
            continue;
        }
        if (request->done != NULL)
            request->done(request->user, SERVE_RESET, 0);
        request_free(request);
    }
    while (container->watches != NULL && container->watches->len > 0) {
        DeathWatch watch = g_array_index(container->watches, DeathWatch, 0);

        g_array_remove_index(container->watches, 0);
        watch.died(watch.user, container, is_silent);
    }
}

guint
container_watch_death(RtContainer *container, ContainerDied died, gpointer user)
{
    DeathWatch watch = {.id = ++container->next_watch_id, .died = died, .user = user};

    if (container->watches == NULL)
        container->watches = g_array_new(FALSE, FALSE, sizeof(DeathWatch));
    g_array_append_val(container->watches, watch);
    return watch.id;
}

void
container_unwatch_death(RtContainer *container, guint id)
{
    for (guint i = 0; container->watches != NULL && i < container->watches->len; i++) {
        if (g_array_index(container->watches, DeathWatch, i).id == id) {
            g_array_remove_index(container->watches, i);
            return;
        }
    }
}
