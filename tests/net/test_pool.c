/*
 * test_pool.c - connections that are kept (keep-alive)
 *
 * Sources: balancing is per connection, not per request: a backend that comes
 * later gets nothing from pools that never recycle.
 */

#include "tests/net/ground.h"

Suite *pool_suite(void);

#define TRIP_NS (NEAR_NS + FAR_NS)
#define CPU_NS  NS_PER_MS

static gint64
took_ns(const Result *result)
{
    ck_assert_uint_eq(result->calls, 1);
    return result->ended_ns - result->started_ns;
}

START_TEST(test_second_request_saves_the_handshake)
{
    Ground *ground = ground_new(1, 1000);
    RtContainer *server = ground_pod(ground, ground->b, 0);
    FlowClient *client = ground_client(ground, (FlowClientOptions){.reuse = TRUE});
    Result result;

    ground_rules(ground, &server, 1);
    ground_request(client, &result);
    ground_run(ground, NS_PER_S);
    ck_assert_int_eq(took_ns(&result), 4 * TRIP_NS + CPU_NS);
    ground_request(client, &result);
    ground_run(ground, NS_PER_S);
    ck_assert_int_eq(took_ns(&result), 2 * TRIP_NS + CPU_NS);
    flow_client_free(client);
    ground_free(ground);
}
END_TEST

/* Rules say otherwise by now; the connection keeps its backend. */
START_TEST(test_a_connection_keeps_its_backend)
{
    Ground *ground = ground_new(1, 1000);
    RtContainer *one = ground_pod(ground, ground->b, 0);
    RtContainer *two = ground_pod(ground, ground->b, 0);
    FlowClient *client = ground_client(ground, (FlowClientOptions){.reuse = TRUE});
    Result result;

    ground_rules(ground, &one, 1);
    ground_request(client, &result);
    ground_run(ground, NS_PER_S);
    ground_rules(ground, &two, 1);
    for (guint i = 0; i < 5; i++) {
        ground_request(client, &result);
        ground_run(ground, NS_PER_S);
        ck_assert_int_eq(result.outcome, FLOW_OK);
        ck_assert_str_eq(result.backend, ground_ip(one));
    }
    flow_client_free(client);
    ground_free(ground);
}
END_TEST

/* 40 connections on 4 backends, then 8 backends: the 4 new ones get nothing. */
START_TEST(test_new_backends_of_an_old_pool)
{
    Ground *ground = ground_new(5, 8000);
    RtContainer *servers[8];
    FlowClient *client;
    g_autofree Result *results = g_new0(Result, 40);
    guint old_ones = 0;

    ground->rule.profile.cpu_ns = 10 * NS_PER_MS;
    for (guint i = 0; i < 8; i++)
        servers[i] = ground_pod(ground, i % 2 == 0 ? ground->a : ground->b, 0);
    client = ground_client(ground, (FlowClientOptions){.reuse = TRUE, .max_connections = 40});
    ground_rules(ground, servers, 4);
    for (guint round = 0; round < 20; round++) {
        if (round == 5)
            ground_rules(ground, servers, 8);
        for (guint i = 0; i < 40; i++)
            ground_request(client, &results[i]);
        ground_run(ground, NS_PER_S);
        for (guint i = 0; i < 40; i++) {
            ck_assert_int_eq(results[i].outcome, FLOW_OK);
            for (guint k = 0; k < 4; k++)
                old_ones += results[i].backend == ground_ip(servers[k]);
        }
    }
    ck_assert_uint_eq(old_ones, 20 * 40);
    flow_client_free(client);
    ground_free(ground);
}
END_TEST

/* Two connections at most: the third request waits for one of them. */
START_TEST(test_waiting_for_a_connection)
{
    Ground *ground = ground_new(1, 4000);
    RtContainer *server;
    FlowClient *client =
        ground_client(ground, (FlowClientOptions){.reuse = TRUE, .max_connections = 2});
    Result results[3];

    ground->rule.profile.cpu_ns = 100 * NS_PER_MS;
    server = ground_pod(ground, ground->b, 0);
    ground_rules(ground, &server, 1);
    for (guint i = 0; i < 3; i++)
        ground_request(client, &results[i]);
    ground_run(ground, NS_PER_S);
    ck_assert_int_eq(took_ns(&results[0]), 4 * TRIP_NS + 100 * NS_PER_MS);
    ck_assert_int_eq(took_ns(&results[1]), 4 * TRIP_NS + 100 * NS_PER_MS);
    ck_assert_int_eq(took_ns(&results[2]), 6 * TRIP_NS + 200 * NS_PER_MS);
    flow_client_free(client);
    ground_free(ground);
}
END_TEST

/* A connection that cannot be opened gives its place to who waits. */
START_TEST(test_waiting_behind_a_failure)
{
    Ground *ground = ground_new(1, 1000);
    FlowClient *client =
        ground_client(ground, (FlowClientOptions){.reuse = TRUE, .max_connections = 1});
    Result results[3];

    ground_verdict(ground, FILTER_REJECT);
    for (guint i = 0; i < 3; i++)
        ground_request(client, &results[i]);
    ground_run(ground, NS_PER_S);
    for (guint i = 0; i < 3; i++) {
        ck_assert_int_eq(results[i].outcome, FLOW_REFUSED);
        ck_assert_int_eq(took_ns(&results[i]), (i + 1) * 2 * NEAR_NS);
    }
    flow_client_free(client);
    ground_free(ground);
}
END_TEST

START_TEST(test_patience_in_the_queue)
{
    Ground *ground = ground_new(1, 1000);
    RtContainer *server;
    FlowClient *client =
        ground_client(ground, (FlowClientOptions){.reuse = TRUE, .max_connections = 1});
    Result results[2];

    ground->rule.profile.cpu_ns = 5 * NS_PER_S;
    server = ground_pod(ground, ground->b, 0);
    ground_rules(ground, &server, 1);
    ground_request(client, &results[0]);
    ground_run(ground, 200 * NS_PER_US);
    ground_request(client, &results[1]);
    ground_run(ground, 5 * NS_PER_S);
    ck_assert_int_eq(results[0].outcome, FLOW_TIMEOUT_READ);
    ck_assert_int_eq(results[1].outcome, FLOW_TIMEOUT_CONNECT);
    ck_assert_int_eq(took_ns(&results[1]), 2 * NS_PER_S);
    flow_client_free(client);
    ground_free(ground);
}
END_TEST

/* The server ended while the connection was idle: the client knows, and opens another. */
START_TEST(test_idle_connection_that_was_closed)
{
    Ground *ground = ground_new(1, 1000);
    RtContainer *one = ground_pod(ground, ground->b, 0);
    RtContainer *two = ground_pod(ground, ground->b, 0);
    FlowClient *client = ground_client(ground, (FlowClientOptions){.reuse = TRUE});
    Result result;

    ground_rules(ground, &one, 1);
    ground_request(client, &result);
    ground_run(ground, NS_PER_S);
    rt_container_kill(one, 9);
    ground_rules(ground, &two, 1);
    ground_request(client, &result);
    ground_run(ground, NS_PER_S);
    ck_assert_int_eq(result.outcome, FLOW_OK);
    ck_assert_int_eq(took_ns(&result), 4 * TRIP_NS + CPU_NS);
    ck_assert_str_eq(result.backend, ground_ip(two));
    flow_client_free(client);
    ground_free(ground);
}
END_TEST

/* The request was on its way when the server closed: RST. */
START_TEST(test_request_that_crosses_the_close)
{
    Ground *ground = ground_new(1, 1000);
    RtContainer *server = ground_pod(ground, ground->b, 0);
    FlowClient *client = ground_client(ground, (FlowClientOptions){.reuse = TRUE});
    Result result;

    ground_rules(ground, &server, 1);
    ground_request(client, &result);
    ground_run(ground, NS_PER_S);
    ground_request(client, &result);
    ground_run(ground, TRIP_NS / 2);
    rt_container_kill(server, 9);
    ground_run(ground, NS_PER_S);
    ck_assert_int_eq(result.outcome, FLOW_RESET);
    ck_assert_int_eq(took_ns(&result), 2 * TRIP_NS);
    flow_client_free(client);
    ground_free(ground);
}
END_TEST

/* Loss of power says nothing: the client believes in the connection until its patience ends. */
START_TEST(test_server_without_power)
{
    Ground *ground = ground_new(1, 1000);
    RtContainer *one = ground_pod(ground, ground->b, 0);
    RtContainer *two = ground_pod(ground, ground->a, 0);
    FlowClient *client = ground_client(ground, (FlowClientOptions){.reuse = TRUE});
    Result result;

    ground_rules(ground, &one, 1);
    ground_request(client, &result);
    ground_run(ground, NS_PER_S);
    machine_power_off(ground->b);
    ground_rules(ground, &two, 1);
    ground_request(client, &result);
    ground_run(ground, 5 * NS_PER_S);
    ck_assert_int_eq(result.outcome, FLOW_TIMEOUT_READ);
    ground_request(client, &result);
    ground_run(ground, 5 * NS_PER_S);
    ck_assert_int_eq(result.outcome, FLOW_OK);
    ck_assert_str_eq(result.backend, ground_ip(two));
    flow_client_free(client);
    ground_free(ground);
}
END_TEST

Suite *
pool_suite(void)
{
    Suite *suite = suite_create("pool");
    TCase *tcase = tcase_create("pool");

    tcase_add_test(tcase, test_second_request_saves_the_handshake);
    tcase_add_test(tcase, test_a_connection_keeps_its_backend);
    tcase_add_test(tcase, test_new_backends_of_an_old_pool);
    tcase_add_test(tcase, test_waiting_for_a_connection);
    tcase_add_test(tcase, test_waiting_behind_a_failure);
    tcase_add_test(tcase, test_patience_in_the_queue);
    tcase_add_test(tcase, test_idle_connection_that_was_closed);
    tcase_add_test(tcase, test_request_that_crosses_the_close);
    tcase_add_test(tcase, test_server_without_power);
    suite_add_tcase(suite, tcase);
    return suite;
}
