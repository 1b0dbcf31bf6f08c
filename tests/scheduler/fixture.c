/* fixture.c - see fixture.h */

#include "tests/scheduler/fixture.h"

#include "base/duration.h"
#include "tests/scheduler/support.h"

static void
plane_log(gpointer user, WatchType type, const ApiObject *object)
{
    Plane *plane = user;
    gint64 ms = sim_now_ns(plane->sim) / NS_PER_MS;

    if (object->kind == &pod_kind)
        g_ptr_array_add(plane->log,
                        g_strdup_printf("%" G_GINT64_FORMAT " %s pod %s node=%s nominated=%s%s", ms,
                                        watch_type_name(type), api_name(object),
                                        pod_spec(object)->node_name == NULL
                                            ? ""
                                            : pod_spec(object)->node_name,
                                        pod_status(object)->nominated_node_name == NULL
                                            ? ""
                                            : pod_status(object)->nominated_node_name,
                                        api_is_deleting(object) ? " deleting" : ""));
    else if (object->kind == &event_kind)
        g_ptr_array_add(plane->log,
                        g_strdup_printf("%" G_GINT64_FORMAT " %s event %s %s series=%d: %s", ms,
                                        watch_type_name(type),
                                        event_body(object)->involved_object.name,
                                        event_body(object)->reason,
                                        event_body(object)->series == NULL
                                            ? 0
                                            : event_body(object)->series->count,
                                        event_body(object)->message));
}

Plane *
plane_new(guint64 seed, gboolean quick)
{
    static const WorldOptions world_options = {
        .loopback = {.type = DIST_CONSTANT, .a_ns = 20 * NS_PER_US},
        .same_zone = {.type = DIST_CONSTANT, .a_ns = 200 * NS_PER_US},
        .cross_zone = {.type = DIST_CONSTANT, .a_ns = 500 * NS_PER_US},
        .external = {.type = DIST_CONSTANT, .a_ns = 5 * NS_PER_MS},
    };
    Plane *plane = g_new0(Plane, 1);

    plane->log = g_ptr_array_new_with_free_func(g_free);
    plane->sim = sim_new(&(SimOptions){
        .seed = seed,
        .epoch_unix_ns = G_GINT64_CONSTANT(1763683200) * NS_PER_S,
        .start_ns = -10 * NS_PER_S,
    });
    plane->world = world_new(plane->sim, &world_options);
    plane->control = machine_new(plane->world, &(MachineOptions){.name = "control",
                                                                 .ip = "10.0.0.1",
                                                                 .cpu_milli = 4000,
                                                                 .memory_bytes = 1 << 30});
    machine_power_on(plane->control);
    plane->etcd = etcd_new(&(EtcdOptions){.sim = plane->sim,
                                          .world = plane->world,
                                          .machines = &plane->control,
                                          .n_members = 1,
                                          .quick = TRUE});
    etcd_start(plane->etcd);
    plane->server = apiserver_new(&(ApiServerOptions){.sim = plane->sim,
                                                      .world = plane->world,
                                                      .machine = plane->control,
                                                      .etcd = plane->etcd,
                                                      .version_minor = 34,
                                                      .quick = TRUE,
                                                      .shares_machine = quick});
    process_start(apiserver_process(plane->server));
    apiserver_add_tap(plane->server, plane_log, plane);
    plane->process = process_new(plane->control, "tester", NULL, NULL);
    process_start(plane->process);
    plane->client = client_new(&(ClientOptions){.sim = plane->sim,
                                                .world = plane->world,
                                                .process = plane->process,
                                                .server = plane->server,
                                                .user = "tester"});
    plane->scheduler = scheduler_new(&(SchedulerOptions){.sim = plane->sim,
                                                         .world = plane->world,
                                                         .machine = plane->control,
                                                         .server = plane->server,
                                                         .version_minor = 34,
                                                         .quick = quick});
    sim_run_until(plane->sim, -5 * NS_PER_S);
    process_start(scheduler_process(plane->scheduler));
    /* Pods are refused until a controller has made the account. */
    plane_post(plane, make_object("{'kind':'ServiceAccount','metadata':{'name':'default',"
                                  "'namespace':'default'}}"));
    sim_run_until(plane->sim, 0);
    return plane;
}

void
plane_free(Plane *plane)
{
    scheduler_free(plane->scheduler);
    client_free(plane->client);
    apiserver_free(plane->server);
    etcd_free(plane->etcd);
    world_free(plane->world);
    sim_free(plane->sim);
    g_ptr_array_free(plane->log, TRUE);
    g_free(plane);
}

void
plane_run(Plane *plane, gint64 ns)
{
    sim_run_until(plane->sim, sim_now_ns(plane->sim) + ns);
}

static void
plane_answered(gpointer user, const ApiResponse *response)
{
    Plane *plane = user;

    plane->code = response->code;
    if (response->code < 200 || response->code >= 400)
        g_printerr("plane: %d %s\n", response->code,
                   response->status == NULL ? "" : response->status->message);
}

void
plane_post(Plane *plane, ApiObject *object)
{
    ApiRequest *request =
        api_request_new(VERB_CREATE, object->kind, api_namespace(object), api_name(object));

    request->object = object;
    client_send(plane->client, request, plane_answered, plane, NULL);
}

void
plane_create(Plane *plane, ApiObject *object)
{
    plane_post(plane, object);
    plane_run(plane, 20 * NS_PER_MS);
}

void
plane_patch(Plane *plane,
            const ApiKind *kind,
            const char *namespace_,
            const char *name,
            const char *subresource,
            ApiMutate mutate,
            gpointer data)
{
    ApiRequest *request =
        api_request_new(VERB_PATCH, kind, str_intern(namespace_), str_intern(name));

    request->subresource = str_intern(subresource);
    request->patch_type = PATCH_STRATEGIC;
    request->mutate = mutate;
    request->mutate_data = data;
    client_send(plane->client, request, plane_answered, plane, NULL);
}

void
plane_delete(Plane *plane, const ApiKind *kind, const char *namespace_, const char *name)
{
    ApiRequest *request =
        api_request_new(VERB_DELETE, kind, str_intern(namespace_), str_intern(name));

    client_send(plane->client, request, plane_answered, plane, NULL);
}

static gboolean
drop_taints(ApiObject *node, gpointer data)
{
    NodeSpec *spec = api_edit_spec(node);

    (void)data;
    spec->taints.count = 0;
    return TRUE;
}

static gboolean
set_status(ApiObject *node, gpointer data)
{
    api_object_set_status(node, ((const ApiObject *)data)->status);
    return TRUE;
}

/* As a kubelet and the node controllers would leave it. */
void
plane_node(Plane *plane, const char *name, const char *cpu, const char *memory)
{
    g_autoptr(ApiObject) node = make_node(name, cpu, memory, NULL);

    plane_create(plane, api_object_ref(node));
    plane_patch(plane, &node_kind, NULL, name, "status", set_status, node);
    plane_run(plane, 20 * NS_PER_MS);
    plane_patch(plane, &node_kind, NULL, name, NULL, drop_taints, NULL);
    plane_run(plane, 20 * NS_PER_MS);
}

ApiObject *
plane_pod(const char *name, const char *cpu, const char *spec)
{
    g_autofree char *json =
        g_strdup_printf("{'kind':'Pod','metadata':{'name':'%s','namespace':'default'},'spec':{'"
                        "containers':[{"
                        "'name':'app','image':'app:1','resources':{'requests':{'cpu':'%s'}}}]%s}}",
                        name, cpu, spec == NULL ? "" : spec);

    return make_object(json);
}

const ApiObject *
plane_get(Plane *plane, const ApiKind *kind, const char *namespace_, const char *name)
{
    return apiserver_peek(plane->server, kind, str_intern(namespace_), str_intern(name));
}

const char *
plane_where(Plane *plane, const char *name)
{
    const ApiObject *pod = plane_get(plane, &pod_kind, "default", name);

    if (pod == NULL)
        return NULL;
    return pod_spec(pod)->node_name == NULL ? "" : pod_spec(pod)->node_name;
}

const char *
plane_message(Plane *plane, const char *name)
{
    const ApiObject *pod = plane_get(plane, &pod_kind, "default", name);
    const Condition *condition =
        pod == NULL ? NULL : condition_find(&pod_status(pod)->conditions, "PodScheduled");

    return condition == NULL || !str_is(condition->status, "False") ? NULL : condition->message;
}

guint
plane_events(Plane *plane, const char *reason, const char *pod)
{
    g_autoptr(GPtrArray) events = apiserver_peek_list(plane->server, &event_kind, NULL);
    guint count = 0;

    for (guint i = 0; i < events->len; i++) {
        const EventBody *body = event_body(events->pdata[i]);

        if (str_is(body->reason, reason) && str_is(body->involved_object.name, pod))
            count += body->series == NULL ? 1 : (guint)body->series->count;
    }
    return count;
}

void
plane_kill(Plane *plane, const char *pod)
{
    ApiRequest *request =
        api_request_new(VERB_DELETE, &pod_kind, str_intern("default"), str_intern(pod));

    request->has_grace = TRUE;
    client_send(plane->client, request, plane_answered, plane, NULL);
}
