/* test_workqueue.c - the queue's rules; v0.34 client-go util/workqueue */

#include "base/duration.h"
#include "client/workqueue.h"

#include <check.h>

Suite *workqueue_suite(void);

static Sim *sim;
static WorkQueue *queue;
static guint ready_calls;

static void
on_ready(gpointer user)
{
    (void)user;
    ready_calls++;
}

static void
begin(const WorkQueueOptions *options)
{
    sim = sim_new(&(SimOptions){.seed = 1});
    queue = workqueue_new(sim, options, on_ready, NULL);
    ready_calls = 0;
}

static void
end(void)
{
    workqueue_free(queue);
    sim_free(sim);
}

static void
run_to(gint64 ns)
{
    sim_run_until(sim, ns);
}

/*
 * queue_test.go TestReinsert and TestAddWhileProcessing: a letter adds, '<x' gets
 * x, '>x' is done with x.
 */
static const struct {
    const char *name;
    const char *steps;
    guint length;
} add_cases[] = {
    {"adding twice while waiting is one", "aa", 1},
    {"order of arrival", "ab<a<b", 0},
    {"added while processed: not given to another", "a<aa", 0},
    {"added while processed: queued again when done, once", "a<aaa>a", 1},
    {"not added again: done is the end", "a<a>a", 0},
    {"another key is free meanwhile", "a<aab<b", 0},
    {"re-added goes behind those who wait", "a<aab>a<b<a", 0},
    {"done twice does no harm", "a<a>a>a", 0},
};

START_TEST(test_add)
{
    begin(NULL);
    for (const char *step = add_cases[_i].steps; *step != '\0'; step++) {
        const char key[] = {*step == '<' || *step == '>' ? step[1] : *step, '\0'};

        if (*step == '<')
            ck_assert_msg(workqueue_get(queue) == str_intern(key), "%s: %s", add_cases[_i].name,
                          step);
        else if (*step == '>')
            workqueue_done(queue, key);
        else
            workqueue_add(queue, key);
        if (*step == '<' || *step == '>')
            step++;
    }
    ck_assert_msg(workqueue_length(queue) == add_cases[_i].length, "%s: %u", add_cases[_i].name,
                  workqueue_length(queue));
    end();
}
END_TEST

START_TEST(test_ready_is_an_event_of_its_own)
{
    begin(NULL);
    workqueue_add(queue, "a");
    workqueue_add(queue, "b");
    ck_assert_uint_eq(ready_calls, 0);
    run_to(0);
    ck_assert_uint_eq(ready_calls, 1);
    end();
}
END_TEST

/* delaying_queue_test.go: two delays of a key: the earlier is kept, the later lost */
static const struct {
    const char *name;
    gint64 first_ms, second_ms;
    gint64 due_ms;
} delay_cases[] = {
    {"one", 50, 50, 50},
    {"second is earlier", 1000, 50, 50},
    {"second is later", 50, 1000, 50},
    {"none at all", 0, 20, 0},
    {"below zero is now", -5, -1, 0},
};

START_TEST(test_delay)
{
    begin(NULL);
    workqueue_add_after(queue, "a", delay_cases[_i].first_ms * NS_PER_MS);
    workqueue_add_after(queue, "a", delay_cases[_i].second_ms * NS_PER_MS);
    run_to(delay_cases[_i].due_ms * NS_PER_MS - 1 < 0 ? 0 : delay_cases[_i].due_ms * NS_PER_MS - 1);
    if (delay_cases[_i].due_ms > 0)
        ck_assert_uint_eq(workqueue_length(queue), 0);
    run_to(delay_cases[_i].due_ms * NS_PER_MS);
    ck_assert_str_eq(workqueue_get(queue), "a");
    workqueue_done(queue, "a");
    if (delay_cases[_i].due_ms > 0) {
        run_to(5000 * NS_PER_MS);
        ck_assert_msg(workqueue_get(queue) == NULL, "%s: came twice", delay_cases[_i].name);
    }
    end();
}
END_TEST

START_TEST(test_delays_come_in_order_of_time)
{
    const char *const keys[] = {"d", "a", "c", "b", "e"};
    const gint64 after_ms[] = {40, 10, 30, 20, 30};
    const char *const want[] = {"a", "b", "c", "e", "d"};

    begin(NULL);
    for (guint i = 0; i < 5; i++)
        workqueue_add_after(queue, keys[i], after_ms[i] * NS_PER_MS);
    run_to(50 * NS_PER_MS);
    for (guint i = 0; i < 5; i++)
        ck_assert_str_eq(workqueue_get(queue), want[i]);
    end();
}
END_TEST

/* default_rate_limiters_test.go TestItemExponentialFailureRateLimiter: 1 ms .. 1 s */
START_TEST(test_exponential)
{
    const gint64 want_ms[] = {1, 2, 4, 8, 16};

    begin(&(WorkQueueOptions){.base_ns = NS_PER_MS, .cap_ns = NS_PER_S, .no_bucket = TRUE});
    for (guint i = 0; i < 5; i++) {
        gint64 start_ns = sim_now_ns(sim);

        workqueue_add_rate_limited(queue, "one");
        run_to(start_ns + want_ms[i] * NS_PER_MS - 1);
        ck_assert_uint_eq(workqueue_length(queue), 0);
        run_to(start_ns + want_ms[i] * NS_PER_MS);
        ck_assert_str_eq(workqueue_get(queue), "one");
        workqueue_done(queue, "one");
    }
    ck_assert_uint_eq(workqueue_requeues(queue, "one"), 5);
    ck_assert_uint_eq(workqueue_requeues(queue, "two"), 0);
    workqueue_add_rate_limited(queue, "two");
    run_to(sim_now_ns(sim) + NS_PER_MS);
    ck_assert_str_eq(workqueue_get(queue), "two");
    workqueue_forget(queue, "one");
    ck_assert_uint_eq(workqueue_requeues(queue, "one"), 0);
    end();
}
END_TEST

/* default controller limiter: 5 ms doubling; the 18th failure waits 655.36 s, the 19th 1000 s */
static const struct {
    guint failures; /* before this one */
    gint64 delay_us;
} default_cases[] = {
    {0, 5000},       {1, 10000},       {2, 20000},       {14, 81920000},
    {17, 655360000}, {18, 1000000000}, {40, 1000000000},
};

START_TEST(test_default_limiter)
{
    gint64 start_ns;

    begin(&(WorkQueueOptions){.no_bucket = TRUE});
    for (guint i = 0; i < default_cases[_i].failures; i++) {
        workqueue_add_rate_limited(queue, "a");
        run_to(sim_now_ns(sim) + 1000 * NS_PER_S);
        workqueue_done(queue, workqueue_get(queue));
    }
    start_ns = sim_now_ns(sim);
    workqueue_add_rate_limited(queue, "a");
    run_to(start_ns + default_cases[_i].delay_us * NS_PER_US - 1);
    ck_assert_uint_eq(workqueue_length(queue), 0);
    run_to(start_ns + default_cases[_i].delay_us * NS_PER_US);
    ck_assert_uint_eq(workqueue_length(queue), 1);
    end();
}
END_TEST

/* the bucket over all items: 100 at once, then ten a second */
START_TEST(test_bucket)
{
    begin(NULL);
    for (guint i = 0; i < 110; i++) {
        g_autofree char *key = g_strdup_printf("k%u", i);

        workqueue_add_rate_limited(queue, key);
    }
    run_to(5 * NS_PER_MS);
    ck_assert_uint_eq(workqueue_length(queue), 100);
    run_to(100 * NS_PER_MS - 1);
    ck_assert_uint_eq(workqueue_length(queue), 100);
    run_to(100 * NS_PER_MS);
    ck_assert_uint_eq(workqueue_length(queue), 101);
    run_to(1000 * NS_PER_MS);
    ck_assert_uint_eq(workqueue_length(queue), 110);
    end();
}
END_TEST

/*
 * A failure that an event woke counts too: the key's timer keeps its time, the
 * next one is doubled all the same.
 */
START_TEST(test_failures_count_while_a_timer_waits)
{
    begin(&(WorkQueueOptions){.no_bucket = TRUE});
    for (guint i = 0; i < 8; i++)
        workqueue_add_rate_limited(queue, "a"); /* 5 .. 640 ms: only the first is kept */
    run_to(5 * NS_PER_MS);
    ck_assert_str_eq(workqueue_get(queue), "a");
    workqueue_add_rate_limited(queue, "a"); /* the 9th: 1.28 s */
    workqueue_done(queue, "a");
    workqueue_add(queue, "a"); /* an event */
    ck_assert_str_eq(workqueue_get(queue), "a");
    workqueue_add_rate_limited(queue, "a"); /* the 10th: 2.56 s, lost */
    workqueue_done(queue, "a");
    run_to(1285 * NS_PER_MS - 1);
    ck_assert_uint_eq(workqueue_length(queue), 0);
    run_to(1285 * NS_PER_MS);
    ck_assert_uint_eq(workqueue_length(queue), 1);
    ck_assert_uint_eq(workqueue_requeues(queue, "a"), 10);
    end();
}
END_TEST

START_TEST(test_clear)
{
    begin(NULL);
    workqueue_add(queue, "a");
    workqueue_add_after(queue, "b", NS_PER_S);
    workqueue_add_rate_limited(queue, "c");
    workqueue_clear(queue);
    run_to(10 * NS_PER_S);
    ck_assert_uint_eq(workqueue_length(queue), 0);
    ck_assert_uint_eq(ready_calls, 0);
    ck_assert_uint_eq(workqueue_requeues(queue, "c"), 0);
    end();
}
END_TEST

Suite *
workqueue_suite(void)
{
    Suite *suite = suite_create("workqueue");
    TCase *tcase = tcase_create("rules");

    tcase_add_loop_test(tcase, test_add, 0, G_N_ELEMENTS(add_cases));
    tcase_add_test(tcase, test_ready_is_an_event_of_its_own);
    tcase_add_loop_test(tcase, test_delay, 0, G_N_ELEMENTS(delay_cases));
    tcase_add_test(tcase, test_delays_come_in_order_of_time);
    tcase_add_test(tcase, test_exponential);
    tcase_add_loop_test(tcase, test_default_limiter, 0, G_N_ELEMENTS(default_cases));
    tcase_add_test(tcase, test_bucket);
    tcase_add_test(tcase, test_failures_count_while_a_timer_waits);
    tcase_add_test(tcase, test_clear);
    suite_add_tcase(suite, tcase);
    return suite;
}
