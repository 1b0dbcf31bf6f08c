/*
 * test_recorded.c - what two real v1.34.4 nodes did, played again
 *
 * The manifests are those of the recordings; sequences of states are compared,
 * and the times that the kubelet's own timers make.
 */

#include "tests/node/lab.h"

#include <check.h>

Suite *recorded_suite(void);

static Lab *
play(const char *name, guint64 seed)
{
    const char *top = g_getenv("TOP_SRCDIR");
    g_autofree char *path =
        g_strdup_printf("%s/tests/node/data/%s.yaml", top != NULL ? top : ".", name);
    g_autofree char *yaml = NULL;
    Lab *lab = lab_new(&(LabOptions){.seed = seed});

    ck_assert_msg(g_file_get_contents(path, &yaml, NULL, NULL), "%s", path);
    lab_apply(lab, yaml);
    return lab;
}

static void
ck_between(const char *what, gint64 got, gint64 low, gint64 high)
{
    ck_assert_msg(got >= low && got <= high, "%s: %d ms, want %d..%d", what, (int)got, (int)low,
                  (int)high);
}

static void
ck_states(Lab *lab, const char *pod, const char *container, const char *want)
{
    g_autofree char *got = lab_states(lab, pod, container);

    ck_assert_msg(str_is(got, want), "%s/%s: got %s", pod, container, got);
}

static const struct {
    const char *name, *states, *phase;
    gint64 ended_low, ended_high; /* deletion until the final status */
} deletion_cases[] = {
    {"ignores-term", "waiting/ContainerCreating running terminated/Error/137", "Failed", 30000,
     30700},
    {"exits-on-term", "waiting/ContainerCreating running terminated/Completed/0", "Succeeded", 3000,
     5000},
    {"pre-stop", "waiting/ContainerCreating running terminated/Completed/0", "Succeeded", 5000,
     7200},
};

START_TEST(test_deletion)
{
    __typeof__(&deletion_cases[0]) c = &deletion_cases[_i];
    Lab *lab = play(c->name, 1);
    gint64 ended;

    lab_run(lab, 10000);
    lab_delete(lab, "p", -1);
    lab_run(lab, 50000);
    ck_states(lab, "p", "app", c->states);
    ended = lab_when(lab, "p", pod_phase_is, c->phase, 0);
    ck_between("final status", ended - 10000, c->ended_low, c->ended_high);
    ck_between("removal", lab_when_gone(lab, "p") - ended, 50, 1400);
    ck_between("Killing", lab_when_event(lab, "p", "Killing", 1) - 10000, 0, 100);
    lab_free(lab);
}
END_TEST

/* 10, 20, 40, 80, 160 s counted from the end, each rounded up to the next sync */
START_TEST(test_crash_loop)
{
    static const struct {
        gint64 low, high;
    } gaps[] = {{400, 3000}, {10500, 17500}, {21000, 32000}, {41000, 55000}, {81000, 97000}};
    Lab *lab = play("crash-loop", (guint64)_i + 1);
    gint64 last = lab_when_event(lab, "p", "Started", 1);

    lab_run(lab, 350000);
    last = lab_when_event(lab, "p", "Started", 1);
    for (guint i = 0; i < G_N_ELEMENTS(gaps); i++) {
        gint64 next = lab_when_event(lab, "p", "Started", (gint32)i + 2);

        ck_between("gap", next - last, gaps[i].low, gaps[i].high);
        last = next;
    }
    /* Warnings share a bucket with MissingClusterDNS: most of BackOff falls silent. */
    ck_between("BackOff", lab_count_event(lab, "p", "BackOff"), 7, 11);
    lab_free(lab);
}
END_TEST

START_TEST(test_never)
{
    Lab *lab = play("never", 1);
    gint64 noticed;

    lab_run(lab, 20000);
    ck_states(lab, "good", "app", "waiting/ContainerCreating running terminated/Completed/0");
    ck_states(lab, "bad", "app", "waiting/ContainerCreating running terminated/Error/3");
    noticed = lab_when(lab, "good", pod_ended, "Completed", 0);
    ck_between("phase", lab_when(lab, "good", pod_phase_is, "Succeeded", 0) - noticed, 950, 1700);
    ck_assert(pod_phase_is(lab_pod(lab, "bad"), "Failed"));
    lab_free(lab);
}
END_TEST

START_TEST(test_on_failure)
{
    Lab *lab = play("on-failure", 1);

    lab_run(lab, 60000);
    ck_assert(pod_phase_is(lab_pod(lab, "good"), "Succeeded"));
    ck_assert(pod_phase_is(lab_pod(lab, "bad"), "Running"));
    ck_assert_int_eq(pod_status(lab_pod(lab, "bad"))->container_statuses.items[0].restart_count, 3);
    lab_free(lab);
}
END_TEST

START_TEST(test_init)
{
    Lab *lab = play("init-sequence", 1);

    lab_run(lab, 25000);
    ck_states(lab, "p", "one", "waiting/PodInitializing running terminated/Completed/0");
    ck_states(lab, "p", "two", "waiting/PodInitializing running terminated/Completed/0");
    ck_states(lab, "p", "app", "waiting/PodInitializing running");
    ck_between("Initialized", lab_when(lab, "p", pod_condition_true, "Initialized", 0), 6500, 9500);
    lab_free(lab);
}
END_TEST

START_TEST(test_sidecar)
{
    Lab *lab = play("sidecar", 1);
    gint64 noticed;

    lab_run(lab, 35000);
    ck_states(lab, "p", "proxy", "waiting/PodInitializing running terminated/Completed/0");
    ck_states(lab, "p", "app", "waiting/PodInitializing running terminated/Completed/0");
    ck_assert_str_eq(lab_event_message(lab, "p", "Killing"), "Stopping container proxy");
    noticed = lab_when(lab, "p", pod_ended, "Completed", 0);
    ck_between("phase", lab_when(lab, "p", pod_phase_is, "Succeeded", 0) - noticed, 2800, 3600);
    lab_free(lab);
}
END_TEST

START_TEST(test_readiness)
{
    Lab *lab = play("readiness-flap", 1);
    gint64 unready;

    lab_run(lab, 60000);
    ck_between("ready", lab_when(lab, "p", pod_condition_true, "Ready", 0), 300, 2500);
    unready = lab_when(lab, "p", pod_condition_false, "Ready", 5000);
    ck_between("not ready", unready, 21500, 26000);
    ck_between("ready again", lab_when(lab, "p", pod_condition_true, "Ready", unready), 39900,
               43500);
    ck_assert_str_eq(lab_event_message(lab, "p", "Unhealthy"),
                     "Readiness probe failed: cat: can't open '/tmp/ok': No such file or "
                     "directory\n");
    /* The failure that makes it unready is followed at once by one more check. */
    ck_between("one more check",
               lab_when_event(lab, "p", "Unhealthy", 3) - lab_when_event(lab, "p", "Unhealthy", 2),
               0, 300);
    lab_free(lab);
}
END_TEST

START_TEST(test_liveness)
{
    Lab *lab = play("liveness-fails", 1);

    lab_run(lab, 130000);
    ck_assert_int_eq(pod_status(lab_pod(lab, "p"))->container_statuses.items[0].restart_count, 3);
    ck_assert_int_eq(lab_count_event(lab, "p", "Killing"), 3);
    ck_between("Killing", lab_when_event(lab, "p", "Killing", 1), 29500, 32500);
    ck_states(lab, "p", "app", "waiting/ContainerCreating running");
    ck_assert_str_eq(lab_event_message(lab, "p", "Killing"),
                     "Container app failed liveness probe, will be restarted");
    lab_free(lab);
}
END_TEST

START_TEST(test_startup)
{
    Lab *lab = play("startup-probe", 1);

    lab_run(lab, 35000);
    ck_between("ready", lab_when(lab, "p", pod_condition_true, "Ready", 0), 12500, 16000);
    ck_between("Unhealthy", lab_count_event(lab, "p", "Unhealthy"), 5, 7);
    lab_free(lab);
}
END_TEST

START_TEST(test_oom)
{
    Lab *lab = play("oom", 1);

    lab_run(lab, 90000);
    ck_assert_int_ge(lab_when(lab, "p", pod_ended, "OOMKilled", 0), 0);
    ck_between("restarts", pod_status(lab_pod(lab, "p"))->container_statuses.items[0].restart_count,
               2, 4);
    lab_free(lab);
}
END_TEST

/* ErrImagePull and ImagePullBackOff alternate, each one sync late */
START_TEST(test_missing_image)
{
    Lab *lab = play("missing-image", 1);
    gint64 failed;

    lab_run(lab, 60000);
    failed = lab_when(lab, "p", pod_waits, "ErrImagePull", 0);
    ck_between("ErrImagePull", failed, 5200, 7000);
    ck_between("ImagePullBackOff",
               lab_when(lab, "p", pod_waits, "ImagePullBackOff", failed) - failed, 9800, 17500);
    ck_assert(g_str_has_prefix(lab_event_message(lab, "p", "Failed"),
                               "Failed to pull image \"registry.local/none:1\": "));
    ck_assert_int_ge(lab_count_event(lab, "p", "BackOff"), 2);
    lab_free(lab);
}
END_TEST

Suite *
recorded_suite(void)
{
    Suite *suite = suite_create("recorded");
    TCase *tcase = tcase_create("nodes");

    tcase_set_timeout(tcase, 120);
    tcase_add_loop_test(tcase, test_deletion, 0, G_N_ELEMENTS(deletion_cases));
    tcase_add_loop_test(tcase, test_crash_loop, 0, 3);
    tcase_add_test(tcase, test_never);
    tcase_add_test(tcase, test_on_failure);
    tcase_add_test(tcase, test_init);
    tcase_add_test(tcase, test_sidecar);
    tcase_add_test(tcase, test_readiness);
    tcase_add_test(tcase, test_liveness);
    tcase_add_test(tcase, test_startup);
    tcase_add_test(tcase, test_oom);
    tcase_add_test(tcase, test_missing_image);
    suite_add_tcase(suite, tcase);
    return suite;
}
