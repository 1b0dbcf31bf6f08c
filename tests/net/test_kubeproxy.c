/*
 * test_kubeproxy.c - when rules are written, and when not
 *
 * Sources: v1.34 pkg/proxy/runner (bounded frequency without burst), v1.32 with
 * its token bucket; recorded: a sync takes 30..50 ms; a stopped kube-proxy leaves
 * its rules.
 */

#include "base/duration.h"
#include "net/kubeproxy.h"
#include "world/filter.h"

#include <check.h>

Suite *kubeproxy_suite(void);

#define IP "10.96.0.77"

typedef struct {
    Sim *sim;
    World *world;
    Machine *control, *node;
    Etcd *etcd;
    ApiServer *server;
    Process *tester;
    Client *client;
    KubeProxy *proxy;
    guint n_endpoints;
} Bench;

static KubeProxyMode mode; /* of the next bench */

static Bench *
bench_new(guint version_minor)
{
    static const WorldOptions wires = {.loopback = DIST_CONST(20 * NS_PER_US),
                                       .same_zone = DIST_CONST(200 * NS_PER_US)};
    Bench *bench = g_new0(Bench, 1);

    bench->sim = sim_new(&(SimOptions){.seed = 1,
                                       .epoch_unix_ns = G_GINT64_CONSTANT(1763683200) * NS_PER_S,
                                       .start_ns = -10 * NS_PER_S});
    bench->world = world_new(bench->sim, &wires);
    bench->control = machine_new(bench->world, &(MachineOptions){.name = "control",
                                                                 .ip = "10.0.0.1",
                                                                 .cpu_milli = 4000,
                                                                 .memory_bytes = 1 << 30});
    bench->node = machine_new(bench->world, &(MachineOptions){.name = "n1",
                                                              .ip = "10.0.0.2",
                                                              .cpu_milli = 4000,
                                                              .memory_bytes = 1 << 30,
                                                              .boot_min_ns = 5 * NS_PER_S,
                                                              .boot_max_ns = 5 * NS_PER_S});
    bench->etcd = etcd_new(&(EtcdOptions){.sim = bench->sim,
                                          .world = bench->world,
                                          .machines = &bench->control,
                                          .n_members = 1,
                                          .quick = TRUE});
    etcd_start(bench->etcd);
    bench->server = apiserver_new(&(ApiServerOptions){.sim = bench->sim,
                                                      .world = bench->world,
                                                      .machine = bench->control,
                                                      .etcd = bench->etcd,
                                                      .version_minor = 34,
                                                      .quick = TRUE});
    process_start(apiserver_process(bench->server));
    bench->tester = process_new(bench->control, "tester", NULL, NULL);
    process_start(bench->tester);
    bench->client = client_new(&(ClientOptions){.sim = bench->sim,
                                                .world = bench->world,
                                                .process = bench->tester,
                                                .server = bench->server,
                                                .user = "tester"});
    bench->proxy = kube_proxy_new(&(KubeProxyOptions){.sim = bench->sim,
                                                      .world = bench->world,
                                                      .machine = bench->node,
                                                      .server = bench->server,
                                                      .node_name = "n1",
                                                      .mode = mode,
                                                      .version_minor = version_minor});
    sim_run_until(bench->sim, 0);
    process_start(kube_proxy_process(bench->proxy));
    sim_run_until(bench->sim, 5 * NS_PER_S);
    return bench;
}

static void
bench_free(Bench *bench)
{
    kube_proxy_free(bench->proxy);
    client_free(bench->client);
    apiserver_free(bench->server);
    etcd_free(bench->etcd);
    world_free(bench->world);
    sim_free(bench->sim);
    g_free(bench);
}

static void
run(Bench *bench, gint64 ns)
{
    sim_run_until(bench->sim, sim_now_ns(bench->sim) + ns);
}

static void
on_written(gpointer user, const ApiResponse *response)
{
    (void)user;
    ck_assert_msg(response->code < 300, "%d %s", response->code,
                  response->status != NULL ? response->status->message : "");
}

static void
create(Bench *bench, ApiObject *object)
{
    ApiRequest *request =
        api_request_new(VERB_CREATE, object->kind, api_namespace(object), api_name(object));

    request->object = object;
    client_send(bench->client, request, on_written, bench, NULL);
}

static void
create_service(Bench *bench)
{
    ApiObject *service = api_object_new(&service_kind, str_intern("default"), str_intern("web"));
    ServiceSpec *spec = api_edit_spec(service);
    ServicePort *port = API_LIST_ADD(&spec->ports);

    spec->cluster_ip = str_intern(IP);
    str_list_add(&spec->cluster_ips, str_intern(IP));
    port->port = 80;
    port->protocol = str_intern("TCP");
    port->target_port = (IntOrString){INT_OR_STRING_INT, 80, NULL};
    create(bench, service);
}

/* One slice more, with one ready endpoint. */
static void
add_endpoint(Bench *bench)
{
    ApiObject *slice = api_object_new(&endpoint_slice_kind, str_intern("default"),
                                      str_internf("web-%u", ++bench->n_endpoints));
    EndpointSliceBody *body = api_edit_body(slice);
    EndpointPort *port = API_LIST_ADD(&body->ports);
    Endpoint *endpoint = API_LIST_ADD(&body->endpoints);

    str_map_set(&api_edit_meta(slice)->labels, str_intern("kubernetes.io/service-name"),
                str_intern("web"));
    body->address_type = str_intern("IPv4");
    port->name = str_intern("");
    port->protocol = str_intern("TCP");
    port->port = (OptInt32){TRUE, 80};
    str_list_add(&endpoint->addresses, str_internf("10.244.1.%u", bench->n_endpoints));
    endpoint->conditions.ready = OPT_TRUE;
    create(bench, slice);
}

static void
patch_node(Bench *bench, ApiMutate mutate)
{
    ApiRequest *request = api_request_new(VERB_PATCH, &node_kind, NULL, str_intern("n1"));

    request->mutate = mutate;
    client_send(bench->client, request, on_written, bench, NULL);
    run(bench, NS_PER_S);
}

static guint
backends(Bench *bench)
{
    const FilterRule *rule = filter_find(machine_filter(bench->node), str_intern(IP), 80, TRUE);

    return rule != NULL ? rule->n_backends : 0;
}

static void
check_took(const Bench *bench)
{
    KubeProxyCounters counters = kube_proxy_counters(bench->proxy);
    gint64 took_ns = counters.last_end_ns - counters.last_start_ns;
    gint64 lines_ns = counters.lines * 5 * NS_PER_US;

    ck_assert_int_ge(took_ns, 30 * NS_PER_MS + lines_ns);
    ck_assert_int_le(took_ns, 50 * NS_PER_MS + lines_ns);
}

/* A Service with one endpoint, and peace for a while. */
static Bench *
bench_with_service(guint version_minor)
{
    Bench *bench = bench_new(version_minor);

    create_service(bench);
    add_endpoint(bench);
    run(bench, 5 * NS_PER_S);
    ck_assert_uint_eq(backends(bench), 1);
    return bench;
}

/* --- frequency ------------------------------------------------------------------------------ */

START_TEST(test_first_sync_after_the_lists)
{
    Bench *bench = bench_new(34);

    ck_assert_uint_eq(kube_proxy_counters(bench->proxy).syncs, 1);
    check_took(bench);
    bench_free(bench);
}
END_TEST

START_TEST(test_idle_proxy_syncs_at_once)
{
    Bench *bench = bench_with_service(34);
    gint64 changed_ns = sim_now_ns(bench->sim);
    KubeProxyCounters counters;

    add_endpoint(bench);
    run(bench, 900 * NS_PER_MS);
    counters = kube_proxy_counters(bench->proxy);
    ck_assert_int_le(counters.last_start_ns - changed_ns, 30 * NS_PER_MS); /* write and watch */
    check_took(bench);
    ck_assert_uint_eq(backends(bench), 2);
    bench_free(bench);
}
END_TEST

/* Three changes: the first at once, the second waits for 1 s after its end, the third for the second. */
START_TEST(test_one_second_from_the_end_of_the_last)
{
    Bench *bench = bench_with_service(34);
    KubeProxyCounters first, second, third;

    add_endpoint(bench);
    run(bench, 500 * NS_PER_MS);
    first = kube_proxy_counters(bench->proxy);
    add_endpoint(bench);
    add_endpoint(bench);
    run(bench, NS_PER_S);
    second = kube_proxy_counters(bench->proxy);
    ck_assert_uint_eq(second.syncs, first.syncs + 1);
    ck_assert_int_eq(second.last_start_ns, first.last_end_ns + NS_PER_S);
    ck_assert_uint_eq(backends(bench), 4);
    add_endpoint(bench);
    run(bench, 1100 * NS_PER_MS);
    third = kube_proxy_counters(bench->proxy);
    ck_assert_int_eq(third.last_start_ns, second.last_end_ns + NS_PER_S);
    run(bench, 60 * NS_PER_S);
    ck_assert_uint_eq(kube_proxy_counters(bench->proxy).syncs, third.syncs);
    bench_free(bench);
}
END_TEST

/* v1.34 pkg/proxy/{nftables,ipvs}: the same runner; without a least time a change never waits. Backends take turns in IPVS. */
START_TEST(test_modes)
{
    static const struct {
        KubeProxyMode mode;
        gint64 wait_ns;
        gboolean in_turn;
    } rows[] = {{KUBE_PROXY_IPTABLES, NS_PER_S, FALSE}, {KUBE_PROXY_NFTABLES, NS_PER_S, FALSE}, {KUBE_PROXY_IPVS, 0, TRUE}};
    Bench *bench;
    KubeProxyCounters first, second;

    mode = rows[_i].mode;
    bench = bench_with_service(34);
    add_endpoint(bench);
    run(bench, 25 * NS_PER_MS);
    add_endpoint(bench); /* while the first sync runs */
    run(bench, 60 * NS_PER_MS);
    first = kube_proxy_counters(bench->proxy);
    run(bench, 1200 * NS_PER_MS);
    second = kube_proxy_counters(bench->proxy);
    ck_assert_int_le(second.last_end_ns - second.last_start_ns, 50 * NS_PER_MS + second.lines * 5 * NS_PER_US);
    if (rows[_i].wait_ns > 0)
        ck_assert_int_eq(second.last_start_ns, first.last_end_ns + rows[_i].wait_ns);
    else
        ck_assert_int_lt(second.last_end_ns, first.last_end_ns + 100 * NS_PER_MS);
    ck_assert_uint_eq(backends(bench), 3);
    ck_assert_int_eq(filter_find(machine_filter(bench->node), str_intern(IP), 80, TRUE)->in_turn, rows[_i].in_turn);
    bench_free(bench);
    mode = KUBE_PROXY_IPTABLES;
}
END_TEST

/* What comes while a sync runs is in the next one. */
START_TEST(test_change_during_a_sync)
{
    Bench *bench = bench_with_service(34);
    KubeProxyCounters first, second;

    add_endpoint(bench);
    run(bench, 20 * NS_PER_MS);
    add_endpoint(bench);
    run(bench, 200 * NS_PER_MS);
    first = kube_proxy_counters(bench->proxy);
    ck_assert_uint_eq(backends(bench), 2);
    run(bench, 2 * NS_PER_S);
    second = kube_proxy_counters(bench->proxy);
    ck_assert_int_eq(second.last_start_ns, first.last_end_ns + NS_PER_S);
    ck_assert_uint_eq(backends(bench), 3);
    bench_free(bench);
}
END_TEST

/* Before v1.33 two may follow each other at once. */
START_TEST(test_burst_of_old_releases)
{
    Bench *bench = bench_with_service(32);
    KubeProxyCounters first, second, third;

    add_endpoint(bench);
    run(bench, 200 * NS_PER_MS);
    first = kube_proxy_counters(bench->proxy);
    add_endpoint(bench);
    run(bench, 200 * NS_PER_MS);
    second = kube_proxy_counters(bench->proxy);
    ck_assert_uint_eq(second.syncs, first.syncs + 1);
    ck_assert_uint_eq(backends(bench), 3);
    add_endpoint(bench);
    run(bench, 1500 * NS_PER_MS);
    third = kube_proxy_counters(bench->proxy);
    ck_assert_int_eq(third.last_start_ns, second.last_end_ns + NS_PER_S);
    bench_free(bench);
}
END_TEST

/* --- lines ------------------------------------------------------------------------------------ */

/* Full: 8 lines always there, 5 for each of two Services with one endpoint (kubernetes and web). */
START_TEST(test_partial_sync_writes_less)
{
    Bench *bench = bench_with_service(34);
    guint n_services;

    add_endpoint(bench);
    run(bench, 500 * NS_PER_MS);
    n_services = filter_rule_count(machine_filter(bench->node));
    ck_assert_uint_eq(kube_proxy_counters(bench->proxy).lines, n_services + 2 + 3 * 2);
    bench_free(bench);
}
END_TEST

/* --- rules without their writer ------------------------------------------------------------------ */

START_TEST(test_paused_keeps_the_rules)
{
    Bench *bench = bench_with_service(34);
    gint64 resumed_ns;

    process_pause(kube_proxy_process(bench->proxy));
    add_endpoint(bench);
    run(bench, 30 * NS_PER_S);
    ck_assert_uint_eq(backends(bench), 1);
    resumed_ns = sim_now_ns(bench->sim);
    process_resume(kube_proxy_process(bench->proxy));
    run(bench, 500 * NS_PER_MS);
    ck_assert_uint_eq(backends(bench), 2);
    ck_assert_int_le(kube_proxy_counters(bench->proxy).last_start_ns - resumed_ns, 50 * NS_PER_MS);
    bench_free(bench);
}
END_TEST

START_TEST(test_paused_in_the_middle_of_a_sync)
{
    Bench *bench = bench_with_service(34);

    add_endpoint(bench);
    run(bench, 20 * NS_PER_MS);
    process_pause(kube_proxy_process(bench->proxy));
    run(bench, 10 * NS_PER_S);
    ck_assert_uint_eq(backends(bench), 1);
    process_resume(kube_proxy_process(bench->proxy));
    run(bench, 50 * NS_PER_MS);
    ck_assert_uint_eq(backends(bench), 2);
    bench_free(bench);
}
END_TEST

START_TEST(test_crash_keeps_the_rules)
{
    Bench *bench = bench_with_service(34);

    process_crash(kube_proxy_process(bench->proxy), 20 * NS_PER_S);
    add_endpoint(bench);
    run(bench, 19 * NS_PER_S);
    ck_assert_uint_eq(backends(bench), 1);
    run(bench, 3 * NS_PER_S);
    ck_assert_uint_eq(backends(bench), 2);
    check_took(bench);
    bench_free(bench);
}
END_TEST

/* Power-off empties the kernel; a full sync follows the boot. */
START_TEST(test_power_cycle)
{
    Bench *bench = bench_with_service(34);

    machine_power_off(bench->node);
    ck_assert_uint_eq(backends(bench), 0);
    machine_power_on(bench->node);
    run(bench, 15 * NS_PER_S);
    ck_assert_uint_eq(backends(bench), 1);
    bench_free(bench);
}
END_TEST

/* --- objects that go ------------------------------------------------------------------------------ */

static void delete (Bench *bench, const ApiKind *kind, const char *name)
{
    client_send(bench->client,
                api_request_new(VERB_DELETE, kind, str_intern("default"), str_intern(name)),
                on_written, bench, NULL);
}

START_TEST(test_deletions)
{
    Bench *bench = bench_with_service(34);
    NetFilter *filter = machine_filter(bench->node);

    delete (bench, &endpoint_slice_kind, "web-1");
    run(bench, 2 * NS_PER_S);
    ck_assert_int_eq(filter_find(filter, str_intern(IP), 80, TRUE)->verdict, FILTER_REJECT);
    delete (bench, &service_kind, "web");
    run(bench, 2 * NS_PER_S);
    ck_assert(filter_find(filter, str_intern(IP), 80, TRUE) == NULL);
    bench_free(bench);
}
END_TEST

/* --- health: v1.34 pkg/proxy/healthcheck/{service_health,proxy_health}.go ------------------------------ */

#define HEALTH_PORT 31234

static void
create_local_service(Bench *bench)
{
    ApiObject *service = api_object_new(&service_kind, str_intern("default"), str_intern("web"));
    ServiceSpec *spec = api_edit_spec(service);
    ServicePort *port = API_LIST_ADD(&spec->ports);

    spec->type = str_intern("LoadBalancer");
    spec->external_traffic_policy = str_intern("Local");
    spec->health_check_node_port = HEALTH_PORT;
    spec->cluster_ip = str_intern(IP);
    str_list_add(&spec->cluster_ips, str_intern(IP));
    port->port = 80;
    port->protocol = str_intern("TCP");
    port->target_port = (IntOrString){INT_OR_STRING_INT, 80, NULL};
    create(bench, service);
}

static void
add_endpoint_on(Bench *bench, const char *node, OptBool ready)
{
    ApiObject *slice = api_object_new(&endpoint_slice_kind, str_intern("default"), str_internf("web-%u", ++bench->n_endpoints));
    EndpointSliceBody *body = api_edit_body(slice);
    EndpointPort *port = API_LIST_ADD(&body->ports);
    Endpoint *endpoint = API_LIST_ADD(&body->endpoints);

    str_map_set(&api_edit_meta(slice)->labels, str_intern("kubernetes.io/service-name"), str_intern("web"));
    body->address_type = str_intern("IPv4");
    port->name = str_intern("");
    port->protocol = str_intern("TCP");
    port->port = (OptInt32){TRUE, 80};
    str_list_add(&endpoint->addresses, str_internf("10.244.1.%u", bench->n_endpoints));
    endpoint->node_name = str_intern(node);
    endpoint->conditions.ready = ready;
    endpoint->conditions.serving = OPT_TRUE;
    create(bench, slice);
}

static const struct {
    const char *name, *node;
    OptBool ready;
    int wanted;
} local_rows[] = {
    {"a ready endpoint here", "n1", OPT_TRUE, 200},
    {"one that says nothing is ready", "n1", OPT_UNSET, 200},
    {"one here that is not ready, though it serves", "n1", OPT_FALSE, 503},
    {"one elsewhere", "n2", OPT_TRUE, 503},
};

START_TEST(test_health_of_local_service)
{
    Bench *bench = bench_new(34);

    ck_assert_int_eq(kube_proxy_answer(bench->proxy, HEALTH_PORT), 0);
    create_local_service(bench);
    run(bench, 2 * NS_PER_S);
    ck_assert_int_eq(kube_proxy_answer(bench->proxy, HEALTH_PORT), 503);
    add_endpoint_on(bench, local_rows[_i].node, local_rows[_i].ready);
    run(bench, 20 * NS_PER_MS); /* the sync has begun, and has not ended */
    ck_assert_int_eq(kube_proxy_answer(bench->proxy, HEALTH_PORT), 503);
    run(bench, 2 * NS_PER_S);
    ck_assert_msg(kube_proxy_answer(bench->proxy, HEALTH_PORT) == local_rows[_i].wanted, "%s", local_rows[_i].name);
    ck_assert_int_eq(kube_proxy_answer(bench->proxy, KUBE_PROXY_HEALTHZ_PORT), 200);
    bench_free(bench);
}
END_TEST

/* A process that is gone refuses, one that is stopped says nothing; what it knew is gone with it. */
START_TEST(test_health_of_process)
{
    Bench *bench = bench_new(34);

    create_local_service(bench);
    add_endpoint_on(bench, "n1", OPT_TRUE);
    run(bench, 3 * NS_PER_S);
    ck_assert_int_eq(kube_proxy_answer(bench->proxy, HEALTH_PORT), 200);
    process_pause(kube_proxy_process(bench->proxy));
    ck_assert_int_eq(kube_proxy_answer(bench->proxy, HEALTH_PORT), -1);
    process_resume(kube_proxy_process(bench->proxy));
    ck_assert_int_eq(kube_proxy_answer(bench->proxy, HEALTH_PORT), 200);
    process_crash(kube_proxy_process(bench->proxy), 5 * NS_PER_S);
    ck_assert_int_eq(kube_proxy_answer(bench->proxy, HEALTH_PORT), 0);
    ck_assert_int_eq(kube_proxy_answer(bench->proxy, KUBE_PROXY_HEALTHZ_PORT), 0);
    run(bench, 10 * NS_PER_S);
    ck_assert_int_eq(kube_proxy_answer(bench->proxy, HEALTH_PORT), 200);
    bench_free(bench);
}
END_TEST

static gboolean
add_delete_taint(ApiObject *node, gpointer unused)
{
    (void)unused;
    *API_LIST_ADD(&((NodeSpec *)api_edit_spec(node))->taints) =
        (Taint){.key = str_intern("ToBeDeletedByClusterAutoscaler"), .effect = str_intern("NoSchedule")};
    return TRUE;
}

/* /healthz says that the node is to go; a Service's own port does not. */
START_TEST(test_health_of_node_that_goes)
{
    Bench *bench = bench_new(34);

    create(bench, api_object_new(&node_kind, NULL, str_intern("n1")));
    create_local_service(bench);
    add_endpoint_on(bench, "n1", OPT_TRUE);
    run(bench, 3 * NS_PER_S);
    ck_assert_int_eq(kube_proxy_answer(bench->proxy, KUBE_PROXY_HEALTHZ_PORT), 200);
    patch_node(bench, add_delete_taint);
    ck_assert_int_eq(kube_proxy_answer(bench->proxy, KUBE_PROXY_HEALTHZ_PORT), 503);
    ck_assert_int_eq(kube_proxy_answer(bench->proxy, HEALTH_PORT), 200);
    bench_free(bench);
}
END_TEST

Suite *
kubeproxy_suite(void)
{
    Suite *suite = suite_create("kubeproxy");
    TCase *tcase = tcase_create("kubeproxy");

    tcase_add_test(tcase, test_first_sync_after_the_lists);
    tcase_add_test(tcase, test_idle_proxy_syncs_at_once);
    tcase_add_test(tcase, test_one_second_from_the_end_of_the_last);
    tcase_add_test(tcase, test_change_during_a_sync);
    tcase_add_loop_test(tcase, test_modes, 0, 3);
    tcase_add_test(tcase, test_burst_of_old_releases);
    tcase_add_test(tcase, test_partial_sync_writes_less);
    tcase_add_test(tcase, test_paused_keeps_the_rules);
    tcase_add_test(tcase, test_paused_in_the_middle_of_a_sync);
    tcase_add_test(tcase, test_crash_keeps_the_rules);
    tcase_add_test(tcase, test_power_cycle);
    tcase_add_test(tcase, test_deletions);
    tcase_add_loop_test(tcase, test_health_of_local_service, 0, G_N_ELEMENTS(local_rows));
    tcase_add_test(tcase, test_health_of_process);
    tcase_add_test(tcase, test_health_of_node_that_goes);
    suite_add_tcase(suite, tcase);
    return suite;
}
