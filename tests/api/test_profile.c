/* The tables of timers and differences: complete, and right where sources of several versions say so. */
#include "api/profile.h"
#include "base/duration.h"

#include <check.h>

Suite *profile_suite(void);

START_TEST(test_rows_are_complete)
{
    for (guint i = 0; i < TIMER_N; i++) {
        const ProfileTimer *timer = &profile_timers[i];

        ck_assert_msg(timer->name != NULL && timer->component != NULL && timer->source != NULL && timer->doc != NULL, "timer %u", i);
        ck_assert_msg(timer->ns > 0, "%s", timer->name);
        ck_assert_ptr_eq(profile_timer_find(timer->name), timer);
        ck_assert(timer->changes == 0 || (timer->changes > PROFILE_MINOR_FIRST && timer->changes <= PROFILE_MINOR_LAST));
    }
    for (guint i = 0; i < FEATURE_N; i++) {
        const ProfileFeature *feature = &profile_features[i];

        ck_assert_msg(feature->name != NULL && feature->source != NULL && feature->doc != NULL, "feature %u", i);
        ck_assert_msg(feature->since == PROFILE_NEVER || (feature->since > PROFILE_MINOR_FIRST && feature->since <= PROFILE_MINOR_LAST), "%s", feature->name);
    }
    ck_assert_ptr_null(profile_timer_find("no-such-timer"));
}
END_TEST

/* pkg/controller/nodelifecycle/config/v1alpha1/defaults.go of v1.31 and v1.32; pkg/features/kube_features.go */
static const struct {
    TimerId id;
    guint minor;
    gint64 seconds;
} timers[] = {
    {TIMER_NODE_MONITOR_GRACE, 30, 40}, {TIMER_NODE_MONITOR_GRACE, 31, 40}, {TIMER_NODE_MONITOR_GRACE, 32, 50},
    {TIMER_NODE_MONITOR_GRACE, 36, 50}, {TIMER_HPA_DOWNSCALE, 30, 300},     {TIMER_LEASE_DURATION, 36, 15},
};

START_TEST(test_timer)
{
    ck_assert_int_eq(profile_timer_ns(timers[_i].id, timers[_i].minor), timers[_i].seconds * NS_PER_S);
}
END_TEST

START_TEST(test_feature)
{
    ck_assert(!profile_has(FEATURE_HPA_TOLERANCE, 34));
    ck_assert(profile_has(FEATURE_HPA_TOLERANCE, 35));
    ck_assert(!profile_has(FEATURE_JOB_INTERIM_CONDITIONS, 30));
    ck_assert(profile_has(FEATURE_JOB_INTERIM_CONDITIONS, 34));
}
END_TEST

Suite *
profile_suite(void)
{
    Suite *suite = suite_create("profile");
    TCase *tcase = tcase_create("profile");

    tcase_add_test(tcase, test_rows_are_complete);
    tcase_add_loop_test(tcase, test_timer, 0, G_N_ELEMENTS(timers));
    tcase_add_test(tcase, test_feature);
    suite_add_tcase(suite, tcase);
    return suite;
}
