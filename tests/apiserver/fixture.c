/* fixture.c - see fixture.h */

#include "tests/apiserver/fixture.h"

#include <check.h>

/* @more: what else the server is told. */
static void
init(Fixture *f, gboolean quick, const ApiServerOptions *more)
{
    ApiServerOptions options = *more;
    gint64 epoch_ns = 0;
    Dist hop = DIST_CONST(200 * NS_PER_US);

    time_parse_rfc3339("2026-11-20T08:00:00Z", &epoch_ns);
    f->sim = sim_new(&(SimOptions){.seed = 1, .epoch_unix_ns = epoch_ns});
    f->world = world_new(f->sim, &(WorldOptions){.loopback = DIST_CONST(20 * NS_PER_US),
                                                 .same_zone = hop,
                                                 .cross_zone = hop,
                                                 .external = hop});
    f->machine = machine_new(f->world, &(MachineOptions){.name = "control-plane",
                                                         .ip = "192.168.0.1",
                                                         .cpu_milli = 4000,
                                                         .memory_bytes = 1 << 30});
    f->etcd = etcd_new(&(EtcdOptions){.sim = f->sim,
                                      .world = f->world,
                                      .machines = &f->machine,
                                      .n_members = 1,
                                      .quick = quick});
    options.sim = f->sim;
    options.world = f->world;
    options.machine = f->machine;
    options.etcd = f->etcd;
    options.version_minor = options.version_minor == 0 ? 34 : options.version_minor;
    options.quick = quick;
    f->server = apiserver_new(&options);
    etcd_start(f->etcd);
    process_start(apiserver_process(f->server));
    sim_run_until(f->sim, NS_PER_S);
    fixture_make_account(f, "default");
    fixture_settle(f);
}

void
fixture_init(Fixture *f, gboolean quick)
{
    init(f, quick, &(ApiServerOptions){0});
}

void
fixture_init_version(Fixture *f, guint version_minor)
{
    init(f, TRUE, &(ApiServerOptions){.version_minor = version_minor});
}

void
fixture_init_shared(Fixture *f, gboolean quick)
{
    init(f, quick, &(ApiServerOptions){.shares_machine = TRUE});
}

void
fixture_init_ranges(Fixture *f, const char *service_cidr, gint32 port_first, gint32 port_last)
{
    init(f, TRUE,
         &(ApiServerOptions){.service_cidr = service_cidr, .node_port_first = port_first, .node_port_last = port_last});
}

void
fixture_clear(Fixture *f)
{
    apiserver_free(f->server);
    etcd_free(f->etcd);
    world_free(f->world);
    sim_free(f->sim);
}

void
reply_clear(Reply *reply)
{
    api_response_free(reply->response);
    *reply = (Reply){0};
}

typedef struct {
    Fixture *f;
    Reply *reply;
} Waiting;

static void
on_reply(gpointer user, ApiResponse *response)
{
    Waiting *waiting = user;

    ck_assert_ptr_null(waiting->reply->response);
    waiting->reply->response = response;
    waiting->reply->at_ns = sim_now_ns(waiting->f->sim);
}

void
fixture_send(Fixture *f, ApiRequest *request, Reply *reply)
{
    Waiting *waiting = g_new(Waiting, 1);

    *waiting = (Waiting){f, reply};
    *reply = (Reply){0};
    if (request->user == NULL)
        request->user = str_intern("test");
    apiserver_handle(f->server, request, on_reply, waiting, g_free);
}

ApiResponse *
fixture_call(Fixture *f, ApiRequest *request)
{
    Reply reply;

    fixture_send(f, request, &reply);
    while (reply.response == NULL && sim_step(f->sim))
        continue;
    ck_assert_ptr_nonnull(reply.response);
    return reply.response;
}

Value *
fixture_parse(const char *text)
{
    g_autoptr(Diag) diag = diag_new();
    g_autoptr(GPtrArray) documents = value_read_yaml(text, strlen(text), "test", diag);

    ck_assert_uint_eq(documents->len, 1);
    ck_assert_uint_eq(diag_count_errors(diag), 0);

    Value *value = value_copy(g_ptr_array_index(documents, 0));

    return value;
}

ApiResponse *
fixture_create_text(Fixture *f, const char *text, FieldValidation validation)
{
    Value *body = fixture_parse(text);
    const ApiKind *kind = api_kind_find(value_get_string(body, "apiVersion", NULL),
                                        value_get_string(body, "kind", NULL));

    ck_assert_ptr_nonnull(kind);

    ApiRequest *request =
        api_request_new(VERB_CREATE, kind, kind->is_namespaced ? "default" : NULL, NULL);

    request->body = body;
    request->field_validation = validation;
    return fixture_call(f, request);
}

ApiResponse *
fixture_create(Fixture *f, ApiObject *object)
{
    ApiRequest *request = api_request_new(VERB_CREATE, object->kind, api_namespace(object), NULL);

    request->object = object;
    return fixture_call(f, request);
}

const ApiObject *
fixture_get(Fixture *f, const ApiKind *kind, const char *name)
{
    return apiserver_peek(f->server, kind, kind->is_namespaced ? "default" : NULL, name);
}

void
fixture_settle(Fixture *f)
{
    sim_run_until(f->sim, sim_now_ns(f->sim) + 50 * NS_PER_MS);
}

void
fixture_make_account(Fixture *f, const char *name)
{
    ApiResponse *response;

    if (apiserver_peek(f->server, &namespace_kind, NULL, name) == NULL) {
        response = fixture_create(f, api_object_new(&namespace_kind, NULL, name));
        ck_assert_int_eq(response->code, 201);
        api_response_free(response);
    }
    response = fixture_create(f, api_object_new(&service_account_kind, name, "default"));
    ck_assert_int_eq(response->code, 201);
    api_response_free(response);
}
