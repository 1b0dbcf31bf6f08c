/*
 * test_programs.c - what programs in containers do: answer probes, serve requests, end
 *
 * Expectations: recordings of containerd nodes, the images' own entrypoints.
 */

#include "tests/world/pods.h"

#include "base/duration.h"
#include "world/flow.h"
#include "world/rt.h"

Suite *programs_suite(void);

#define MIB (G_GINT64_CONSTANT(1) << 20)

/* --- probes ---------------------------------------------------------------------------------------------------- */

START_TEST(test_probes_of_busybox_httpd)
{
    Pods *pods = pods_new(NULL, 0, NULL, 0);
    RtContainer *container =
        pods_start(pods, pods_sandbox(pods, "a"), "registry.local/app:1",
                   "mkdir -p /www; echo 1 > /www/index.html; sleep 2; exec httpd -f -p 80 -h /www");

    ck_assert_int_eq(pods_http(pods, container, 80, "/"), RT_PROBE_REFUSED);
    ck_assert_int_eq(pods_tcp(pods, container, 80), RT_PROBE_REFUSED);
    pods_run(pods, 2 * NS_PER_S);
    ck_assert_int_eq(pods_http(pods, container, 80, "/"), 200);
    ck_assert_int_eq(pods_http(pods, container, 80, "/index.html?x=1"), 200);
    ck_assert_int_eq(pods_http(pods, container, 80, "/healthz"), 404);
    ck_assert_int_eq(pods_tcp(pods, container, 80), 0);
    ck_assert_int_eq(pods_tcp(pods, container, 81), RT_PROBE_REFUSED);
    rt_container_kill(container, 9);
    ck_assert_int_eq(pods_tcp(pods, container, 80), RT_PROBE_REFUSED);
    pods_free(pods);
}
END_TEST

static AppProfile
web_profile(void)
{
    AppProfile profile;

    app_profile_init(&profile);
    profile.startup = DIST_CONST(NS_PER_S);
    profile.stop = DIST_CONST(2 * NS_PER_S);
    profile.cpu_ns = 10 * NS_PER_MS;
    return profile;
}

START_TEST(test_profile_says_when_it_is_ready_and_healthy)
{
    AppRule rule = {.match_labels_key = "app",
                    .match_labels_value = "web",
                    .profile = web_profile()};
    static const gint32 ports[] = {8080, 0};
    RtContainerOptions options = {.name = "app", .image = "mine:1", .ports = ports};
    Pods *pods;
    RtContainer *container;

    rule.profile.ready_delay_ns = 2 * NS_PER_S;
    rule.profile.unready_from_ns = 10 * NS_PER_S;
    rule.profile.unready_until_ns = 20 * NS_PER_S;
    rule.profile.unhealthy_after_ns = 30 * NS_PER_S;
    pods = pods_new(NULL, 0, &rule, 1);
    container = pods_start_options(pods, pods_sandbox(pods, "a"), &options);
    ck_assert_int_eq(pods_http(pods, container, 8080, "/"), RT_PROBE_REFUSED);
    pods_run(pods, 1500 * NS_PER_MS);
    ck_assert_int_eq(pods_http(pods, container, 8080, "/"), 503);
    pods_run(pods, 3 * NS_PER_S);
    ck_assert_int_eq(pods_http(pods, container, 8080, "/"), 200);
    pods_run(pods, 10 * NS_PER_S);
    ck_assert_int_eq(pods_http(pods, container, 8080, "/"), 503);
    pods_run(pods, 10 * NS_PER_S);
    ck_assert_int_eq(pods_http(pods, container, 8080, "/"), 200);
    pods_run(pods, 10 * NS_PER_S);
    ck_assert_int_eq(pods_http(pods, container, 8080, "/"), 500);
    pods_stop(pods, container, 30 * NS_PER_S);
    ck_assert_int_eq(rt_container_exit_code(container), 0);
    pods_free(pods);
}
END_TEST

START_TEST(test_profile_ends_leaks_and_crashes)
{
    AppRule rules[] = {{.match_image = "batch:*", .profile = web_profile()},
                       {.match_image = "crash:*", .profile = web_profile()},
                       {.match_image = "leak:*", .profile = web_profile()}};
    RtContainerOptions options = {.name = "app",
                                  .image = "batch:1",
                                  .memory_limit_bytes = 100 * MIB};
    Pods *pods;
    RtContainer *batch, *crash, *leak;

    rules[0].profile.exit_after_ns = 5 * NS_PER_S;
    rules[0].profile.exit_code = 4;
    rules[1].profile.crash_after_ns = 7 * NS_PER_S;
    rules[2].profile.memory_bytes = 20 * MIB;
    rules[2].profile.memory_growth_bytes_per_s = 10 * MIB;
    pods = pods_new(NULL, 0, rules, 3);
    batch = pods_start_options(pods, pods_sandbox(pods, "a"), &options);
    options.image = "crash:1";
    crash = pods_start_options(pods, pods_sandbox(pods, "b"), &options);
    options.image = "leak:1";
    leak = pods_start_options(pods, pods_sandbox(pods, "c"), &options);
    pods_run(pods, 60 * NS_PER_S);
    ck_assert_int_eq(rt_container_exit_code(batch), 4);
    ck_assert_int_eq(rt_container_finished_wall_ns(batch) - rt_container_started_wall_ns(batch),
                     5 * NS_PER_S);
    ck_assert_int_eq(rt_container_exit_code(crash), 1);
    ck_assert_int_eq(rt_container_finished_wall_ns(crash) - rt_container_started_wall_ns(crash),
                     7 * NS_PER_S);
    ck_assert_str_eq(rt_container_exit_reason(leak), "OOMKilled");
    /* 20 MiB after 1 s, 80 more at 10 a second */
    ck_assert_int_eq((rt_container_finished_wall_ns(leak) - rt_container_started_wall_ns(leak)) /
                         NS_PER_MS,
                     9000);
    pods_free(pods);
}
END_TEST

/* --- well-known images ------------------------------------------------------------------------------------------- */

static const struct {
    const char *image, *env;
    gint32 port;      /* answers there after a minute; 0: nowhere */
    gint32 exit_code; /* -1: runs */
} images[] = {
    {"nginx:1.27", NULL, 80, -1},
    {"docker.io/library/httpd", NULL, 80, -1},
    {"redis", NULL, 6379, -1},
    {"mysql:8", NULL, 0, 1},
    {"mysql:8", "MYSQL_ROOT_PASSWORD=x", 3306, -1},
    {"postgres:16", NULL, 0, 1},
    {"postgres:16", "POSTGRES_PASSWORD=x", 5432, -1},
    {"busybox", NULL, 0, 0},
    {"alpine:3", NULL, 0, 0},
    {"registry.k8s.io/pause:3.10", NULL, 0, -1},
};

START_TEST(test_well_known_image)
{
    Pods *pods = pods_new(NULL, 0, NULL, 0);
    const char *env[] = {images[_i].env, NULL};
    RtContainerOptions options = {.name = "app", .image = images[_i].image, .env = env};
    RtContainer *container = pods_start_options(pods, pods_sandbox(pods, "a"), &options);

    pods_run(pods, 60 * NS_PER_S);
    if (images[_i].exit_code >= 0) {
        ck_assert_int_eq(rt_container_state(container), RT_EXITED);
        ck_assert_int_eq(rt_container_exit_code(container), images[_i].exit_code);
    } else {
        ck_assert_int_eq(rt_container_state(container), RT_RUNNING);
        ck_assert(images[_i].port == 0 || pods_tcp(pods, container, images[_i].port) == 0);
        pods_stop(pods, container, 30 * NS_PER_S);
        ck_assert_int_eq(rt_container_exit_code(container), 0);
    }
    pods_free(pods);
}
END_TEST

/* A client of the server in its container gets an answer to a health check, and to anything else the truth: there is no data. */
START_TEST(test_clients_of_servers)
{
#define NO_DATA ": the server answers, but desk8s plays no data: nothing was asked, nothing changed\n"
    static const struct {
        const char *script, *output;
    } questions[] = {
        {"mysqladmin ping -h localhost", "mysqld is alive\n"},
        {"mysql -uroot -px -e 'SELECT 1'", ""},
        {"mysql -uroot -px -e 'show databases'", "mysql" NO_DATA},
        {"redis-cli ping", "PONG\n"},
        {"redis-cli set a b", "redis-cli" NO_DATA},
        {"pg_isready", "/var/run/postgresql:5432 - accepting connections\n"},
        {"psql -c 'create table x'", "psql" NO_DATA},
    };
    Pods *pods = pods_new(NULL, 0, NULL, 0);
    const char *env[] = {"MYSQL_ROOT_PASSWORD=x", NULL};
    RtContainerOptions options = {.name = "app", .image = "mysql:8", .env = env};
    RtContainer *container = pods_start_options(pods, pods_sandbox(pods, "a"), &options);

    pods_run(pods, 60 * NS_PER_S);
    for (guint i = 0; i < G_N_ELEMENTS(questions); i++) {
        gint32 code = pods_exec(pods, container, questions[i].script);

        ck_assert_msg(code == 0 && strcmp(pods->exec_output, questions[i].output) == 0, "%s: %d, %s", questions[i].script, code, pods->exec_output);
    }
    pods_free(pods);
#undef NO_DATA
}
END_TEST

/* An image without an entrypoint takes args as its command. */
START_TEST(test_args_alone)
{
    Pods *pods = pods_new(NULL, 0, NULL, 0);
    static const char *const args[] = {"sh", "-c", "echo hi; exit 2", NULL};
    RtContainerOptions options = {.name = "app", .image = "busybox:1.36", .args = args};
    RtContainer *container = pods_start_options(pods, pods_sandbox(pods, "a"), &options);
    g_autofree char *log = NULL;

    pods_run(pods, NS_PER_S);
    log = rt_container_log(container);
    ck_assert_str_eq(log, "hi\n");
    ck_assert_int_eq(rt_container_exit_code(container), 2);
    pods_free(pods);
}
END_TEST

START_TEST(test_second_server_cannot_bind)
{
    Pods *pods = pods_new(NULL, 0, NULL, 0);
    Sandbox *sandbox = pods_sandbox(pods, "a");
    RtContainer *first = pods_start(pods, sandbox, "nginx", NULL);
    RtContainer *second;
    g_autofree char *log = NULL;

    pods_run(pods, 5 * NS_PER_S);
    second = pods_start(pods, sandbox, "nginx", NULL);
    pods_run(pods, 5 * NS_PER_S);
    ck_assert_int_eq(rt_container_state(first), RT_RUNNING);
    ck_assert_int_eq(rt_container_exit_code(second), 1);
    log = rt_container_log(second);
    ck_assert_str_eq(log, "bind() to 0.0.0.0:80 failed (98: Address already in use)\n");
    pods_free(pods);
}
END_TEST

/* --- requests ------------------------------------------------------------------------------------------------------- */

typedef struct {
    guint n_ok, n_reset;
    gint64 last_ns;
    Sim *sim;
} Served;

static void
on_served(gpointer user, ServeResult result, gint32 status)
{
    Served *served = user;

    (void)status;
    if (result == SERVE_OK)
        served->n_ok++;
    else
        served->n_reset++;
    served->last_ns = sim_now_ns(served->sim);
}

START_TEST(test_workers_and_accept_queue)
{
    AppRule rule = {.match_image = "*", .profile = web_profile()};
    static const gint32 ports[] = {80, 0};
    RtContainerOptions options = {.name = "app", .image = "mine", .ports = ports};
    Served served = {0};
    Pods *pods;
    RtContainer *container;
    gint64 begin_ns;

    rule.profile.concurrency = 2;
    rule.profile.backlog = 3;
    rule.profile.wait = DIST_CONST(90 * NS_PER_MS);
    rule.profile.request_memory_bytes = MIB;
    pods = pods_new(NULL, 0, &rule, 1);
    served.sim = pods->sim;
    container = pods_start_options(pods, pods_sandbox(pods, "a"), &options);
    pods_run(pods, 2 * NS_PER_S);
    begin_ns = sim_now_ns(pods->sim);
    ck_assert(sandbox_find_listener(rt_container_sandbox(container), 80) == container);
    for (guint i = 0; i < 5; i++)
        ck_assert(container_serve(container, 80, "/", on_served, &served) != NULL);
    ck_assert(!container_can_accept(container));
    ck_assert(container_serve(container, 80, "/", on_served, &served) == NULL);
    ck_assert_int_eq(rt_container_memory_bytes(container), rule.profile.memory_bytes + 2 * MIB);
    pods_run(pods, NS_PER_S);
    /* three rounds of 10 ms CPU and 90 ms waiting, two at a time on two cores */
    ck_assert_uint_eq(served.n_ok, 5);
    ck_assert_int_eq((served.last_ns - begin_ns) / NS_PER_MS, 300);
    pods_free(pods);
}
END_TEST

START_TEST(test_requests_in_flight)
{
    AppRule rule = {.match_image = "*", .profile = web_profile()};
    static const gint32 ports[] = {80, 0};
    RtContainerOptions options = {.name = "app", .image = "mine", .ports = ports};
    Served served = {0};
    Pods *pods;
    RtContainer *container;
    gint64 begin_ns;

    rule.profile.wait = DIST_CONST(5 * NS_PER_S);
    pods = pods_new(NULL, 0, &rule, 1);
    served.sim = pods->sim;
    container = pods_start_options(pods, pods_sandbox(pods, "a"), &options);
    pods_run(pods, 2 * NS_PER_S);
    begin_ns = sim_now_ns(pods->sim);
    container_serve(container, 80, "/", on_served, &served);
    /* SIGTERM: the socket closes after 10 ms, the request is finished, then it exits */
    runtime_stop_container(container, 30 * NS_PER_S, (SimHandle){0}, NULL, NULL);
    pods_run(pods, 9 * NS_PER_MS);
    ck_assert(sandbox_find_listener(rt_container_sandbox(container), 80) != NULL);
    pods_run(pods, 2 * NS_PER_MS);
    ck_assert(sandbox_find_listener(rt_container_sandbox(container), 80) == NULL);
    pods_run(pods, 10 * NS_PER_S);
    ck_assert_uint_eq(served.n_ok, 1);
    ck_assert_int_eq(rt_container_exit_code(container), 0);
    ck_assert_int_eq((rt_container_finished_wall_ns(container) - sim_wall_ns(pods->sim) +
                      sim_now_ns(pods->sim) - begin_ns) /
                         NS_PER_MS,
                     5010);
    /* SIGKILL: reset */
    container = pods_start_options(pods, pods_sandbox(pods, "b"), &options);
    pods_run(pods, 2 * NS_PER_S);
    container_serve(container, 80, "/", on_served, &served);
    pods_run(pods, NS_PER_S);
    rt_container_kill(container, 9);
    ck_assert_uint_eq(served.n_reset, 1);
    pods_free(pods);
}
END_TEST

static void
on_flow(gpointer user, FlowOutcome outcome, gint64 started_ns, gint64 ended_ns, const char *ip)
{
    *(FlowOutcome *)user = outcome;
    (void)started_ns;
    (void)ended_ns;
    (void)ip;
}

START_TEST(test_unready_server_answers_503)
{
    AppRule rule = {.match_image = "*", .profile = web_profile()};
    static const gint32 ports[] = {80, 0};
    RtContainerOptions options = {.name = "app", .image = "mine", .ports = ports};
    FlowOutcome outcome = FLOW_N_OUTCOMES;
    FlowClientOptions flow = {.name = "users",
                              .ip = "10.244.1.2",
                              .port = 80,
                              .timeout_ns = NS_PER_S};
    FlowClient *client;
    Pods *pods;

    rule.profile.unready_from_ns = 5 * NS_PER_S;
    pods = pods_new(NULL, 0, &rule, 1);
    pods_start_options(pods, pods_sandbox(pods, "a"), &options);
    flow.from_machine = pods->machine;
    client = flow_client_new(pods->world, &flow);
    pods_run(pods, 2 * NS_PER_S);
    flow_client_request(client, on_flow, &outcome);
    pods_run(pods, NS_PER_S);
    ck_assert_int_eq(outcome, FLOW_OK);
    pods_run(pods, 5 * NS_PER_S);
    flow_client_request(client, on_flow, &outcome);
    pods_run(pods, NS_PER_S);
    ck_assert_int_eq(outcome, FLOW_HTTP_503);
    flow_client_free(client);
    pods_free(pods);
}
END_TEST

Suite *
programs_suite(void)
{
    Suite *suite = suite_create("programs");
    TCase *tcase = tcase_create("programs");

    tcase_add_test(tcase, test_probes_of_busybox_httpd);
    tcase_add_test(tcase, test_profile_says_when_it_is_ready_and_healthy);
    tcase_add_test(tcase, test_profile_ends_leaks_and_crashes);
    tcase_add_loop_test(tcase, test_well_known_image, 0, G_N_ELEMENTS(images));
    tcase_add_test(tcase, test_clients_of_servers);
    tcase_add_test(tcase, test_args_alone);
    tcase_add_test(tcase, test_second_server_cannot_bind);
    tcase_add_test(tcase, test_workers_and_accept_queue);
    tcase_add_test(tcase, test_requests_in_flight);
    tcase_add_test(tcase, test_unready_server_answers_503);
    suite_add_tcase(suite, tcase);
    return suite;
}
