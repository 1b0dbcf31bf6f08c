/*
 * test_memory.c - what containers hold, limits, and whom the kernel kills
 *
 * Expectations: recordings of containerd nodes, cgroup v1 and v2.
 */

#include "tests/world/pods.h"

#include "base/duration.h"
#include "world/rt.h"

Suite *memory_suite(void);

#define MIB (G_GINT64_CONSTANT(1) << 20)

START_TEST(test_over_the_limit_is_oom_killed)
{
    Pods *pods = pods_new(NULL, 0, NULL, 0);
    static const char *const command[] = {"mem", "100", NULL};
    RtContainerOptions options = {.name = "app",
                                  .image = "registry.local/app:1",
                                  .command = command,
                                  .memory_limit_bytes = 32 * MIB};
    RtContainer *container = pods_start_options(pods, pods_sandbox(pods, "a"), &options);
    gint64 life_ns;

    pods_run(pods, 5 * NS_PER_S);
    ck_assert_int_eq(rt_container_state(container), RT_EXITED);
    ck_assert_int_eq(rt_container_exit_code(container), 137);
    ck_assert_str_eq(rt_container_exit_reason(container), "OOMKilled");
    /* 100 MB/s: crossed after 0.32 s */
    life_ns = rt_container_finished_wall_ns(container) - rt_container_started_wall_ns(container);
    ck_assert_int_eq(life_ns / NS_PER_MS, 320);
    pods_free(pods);
}
END_TEST

START_TEST(test_memory_is_held_and_given_back)
{
    Pods *pods = pods_new(NULL, 0, NULL, 0);
    RtContainer *container = pods_start(pods, pods_sandbox(pods, "a"), "busybox", "mem 50");

    pods_run(pods, 250 * NS_PER_MS);
    ck_assert_int_eq(rt_container_memory_bytes(container), 25 * MIB);
    pods_run(pods, 10 * NS_PER_S);
    ck_assert_int_eq(rt_container_memory_bytes(container), 50 * MIB);
    rt_container_kill(container, 9);
    ck_assert_int_eq(rt_container_memory_bytes(container), 0);
    pods_free(pods);
}
END_TEST

/* Linux oom_badness: share of the machine in thousandths + oom_score_adj. */
START_TEST(test_machine_out_of_memory_kills_the_worst)
{
    Pods *pods = pods_new(NULL, 0, NULL, 0);
    Sandbox *sandbox = pods_sandbox(pods, "a");
    static const char *const big[] = {"mem", "600", NULL};
    static const char *const small[] = {"mem", "300", NULL};
    static const char *const late[] = {"sh", "-c", "sleep 20; mem 200", NULL};
    RtContainerOptions options = {.name = "guaranteed",
                                  .image = "x",
                                  .command = big,
                                  .oom_score_adj = -997};
    RtContainer *guaranteed = pods_start_options(pods, sandbox, &options);
    RtContainer *best_effort;
    RtContainer *burstable;

    options = (RtContainerOptions){.name = "best-effort",
                                   .image = "x",
                                   .command = small,
                                   .oom_score_adj = 1000};
    best_effort = pods_start_options(pods, sandbox, &options);
    options = (RtContainerOptions){.name = "burstable",
                                   .image = "x",
                                   .command = late,
                                   .oom_score_adj = 500};
    burstable = pods_start_options(pods, sandbox, &options);
    pods_run(pods, 60 * NS_PER_S);
    ck_assert_int_eq(rt_container_state(guaranteed), RT_RUNNING);
    ck_assert_int_eq(rt_container_state(burstable), RT_RUNNING);
    ck_assert_int_eq(rt_container_state(best_effort), RT_EXITED);
    ck_assert_str_eq(rt_container_exit_reason(best_effort), "OOMKilled");
    pods_free(pods);
}
END_TEST

START_TEST(test_tmpfs_counts_as_memory)
{
    Pods *pods = pods_new(NULL, 0, NULL, 0);
    RtMount mount = {.path = "/cache", .volume_id = "v", .is_tmpfs = TRUE};
    static const char *const command[] =
        {"sh", "-c", "printf 12345 > /cache/f; sleep 5; rm /cache/f; sleep 100", NULL};
    RtContainerOptions options = {.name = "app",
                                  .image = "busybox",
                                  .command = command,
                                  .mounts = &mount,
                                  .n_mounts = 1};
    RtContainer *container = pods_start_options(pods, pods_sandbox(pods, "a"), &options);

    pods_run(pods, NS_PER_S);
    ck_assert_int_eq(rt_container_memory_bytes(container), 5);
    pods_run(pods, 10 * NS_PER_S);
    ck_assert_int_eq(rt_container_memory_bytes(container), 0);
    pods_free(pods);
}
END_TEST

Suite *
memory_suite(void)
{
    Suite *suite = suite_create("memory");
    TCase *tcase = tcase_create("memory");

    tcase_add_test(tcase, test_over_the_limit_is_oom_killed);
    tcase_add_test(tcase, test_memory_is_held_and_given_back);
    tcase_add_test(tcase, test_machine_out_of_memory_kills_the_worst);
    tcase_add_test(tcase, test_tmpfs_counts_as_memory);
    suite_add_tcase(suite, tcase);
    return suite;
}
