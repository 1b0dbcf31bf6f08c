/* fixture.c - see fixture.h */

#include "tests/client/fixture.h"

#include "base/duration.h"

Fixture *
fixture_new(void)
{
    static const WorldOptions world_options = {
        .loopback = {.type = DIST_CONSTANT, .a_ns = 20 * NS_PER_US},
        .same_zone = {.type = DIST_CONSTANT, .a_ns = 200 * NS_PER_US},
        .cross_zone = {.type = DIST_CONSTANT, .a_ns = 500 * NS_PER_US},
        .external = {.type = DIST_CONSTANT, .a_ns = 5 * NS_PER_MS},
    };
    Fixture *fixture = g_new0(Fixture, 1);

    fixture->sim = sim_new(&(SimOptions){
        .seed = 1,
        .epoch_unix_ns = G_GINT64_CONSTANT(1763683200) * NS_PER_S,
        .start_ns = -10 * NS_PER_S,
    });
    fixture->world = world_new(fixture->sim, &world_options);
    fixture->control = machine_new(fixture->world, &(MachineOptions){.name = "control",
                                                                     .ip = "10.0.0.1",
                                                                     .cpu_milli = 4000,
                                                                     .memory_bytes = 1 << 30});
    fixture->worker = machine_new(fixture->world, &(MachineOptions){.name = "worker",
                                                                    .ip = "10.0.0.2",
                                                                    .cpu_milli = 4000,
                                                                    .memory_bytes = 1 << 30});
    machine_power_on(fixture->control);
    machine_power_on(fixture->worker);
    fixture->etcd = etcd_new(&(EtcdOptions){.sim = fixture->sim,
                                            .world = fixture->world,
                                            .machines = &fixture->control,
                                            .n_members = 1,
                                            .quick = TRUE});
    etcd_start(fixture->etcd);
    fixture->server = apiserver_new(&(ApiServerOptions){.sim = fixture->sim,
                                                        .world = fixture->world,
                                                        .machine = fixture->control,
                                                        .etcd = fixture->etcd,
                                                        .version_minor = 34,
                                                        .quick = TRUE});
    process_start(apiserver_process(fixture->server));
    fixture->process = process_new(fixture->worker, "tester", NULL, NULL);
    process_start(fixture->process);
    sim_run_until(fixture->sim, 0);
    return fixture;
}

void
fixture_free(Fixture *fixture)
{
    apiserver_free(fixture->server);
    etcd_free(fixture->etcd);
    world_free(fixture->world);
    sim_free(fixture->sim);
    g_free(fixture);
}

void
fixture_run(Fixture *fixture, gint64 ns)
{
    sim_run_until(fixture->sim, sim_now_ns(fixture->sim) + ns);
}

Client *
fixture_client(Fixture *fixture, guint qps, guint burst)
{
    return client_new(&(ClientOptions){.sim = fixture->sim,
                                       .world = fixture->world,
                                       .process = fixture->process,
                                       .server = fixture->server,
                                       .user = "tester",
                                       .qps = qps,
                                       .burst = burst});
}

void
fixture_cut(Fixture *fixture)
{
    world_cut(fixture->world, &fixture->control, 1, &fixture->worker, 1);
}

void
fixture_heal(Fixture *fixture)
{
    world_heal(fixture->world, &fixture->control, 1, &fixture->worker, 1);
}

void
answer_done(gpointer user, const ApiResponse *response)
{
    Answer *answer = user;

    answer->calls++;
    answer->code = response->code;
    answer->message = response->status == NULL ? NULL : response->status->message;
    answer->at_ns = sim_now_ns(answer->sim);
}

void
answer_freed(gpointer user)
{
    ((Answer *)user)->freed++;
}

ApiObject *
config_map_new(const char *name, const char *value)
{
    ApiObject *object = api_object_new(&config_map_kind, str_intern("default"), str_intern(name));
    ConfigMapBody *body = api_edit_body(object);

    str_map_set(&body->data, str_intern("value"), str_intern(value));
    return object;
}

ApiRequest *
create_request(ApiObject *object)
{
    ApiRequest *request =
        api_request_new(VERB_CREATE, object->kind, api_namespace(object), api_name(object));

    request->object = object;
    return request;
}

ApiRequest *
get_request(const ApiKind *kind, const char *namespace_, const char *name)
{
    return api_request_new(VERB_GET, kind, str_intern(namespace_), str_intern(name));
}
