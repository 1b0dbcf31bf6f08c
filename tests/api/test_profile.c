/* The tables of timers and differences: complete, and right where sources of several versions say so. */
#include "api/gates.h"
#include "api/kinds.h"
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
        ck_assert_msg(feature->gate == 0 || feature->since == PROFILE_NEVER || feature->gate <= feature->since, "%s", feature->name);
        ck_assert_msg(feature->locked == 0 || feature->locked >= feature->since, "%s", feature->name);
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

/* A gate that is set changes its own feature and nothing else; the version stays what it is. */
START_TEST(test_gate)
{
    FeatureId id = profile_gate_find("MaxUnavailableStatefulSet");
    guint open = profile_set_gate(34, id, TRUE);

    ck_assert_int_eq(id, FEATURE_STATEFUL_MAX_UNAVAILABLE);
    ck_assert_int_eq(profile_gate_find("StatefulSetEventWords"), FEATURE_N); /* a difference, no gate */
    ck_assert(!profile_has(id, 34));
    ck_assert(profile_has(id, open));
    ck_assert_uint_eq(profile_minor(open), 34);
    ck_assert_uint_eq(profile_set_gate(open, id, FALSE), 34);
    ck_assert_uint_eq(profile_set_gate(34, id, FALSE), 34);
    ck_assert(!profile_has(FEATURE_HPA_TOLERANCE, profile_set_gate(36, FEATURE_HPA_TOLERANCE, FALSE)));
    for (guint i = 0; i < FEATURE_N; i++) {
        guint other = profile_set_gate(34, (FeatureId)i, !profile_has((FeatureId)i, 34));

        if (profile_features[i].gate == 0)
            continue;
        ck_assert_uint_eq(profile_minor(other), 34);
        for (guint k = 0; k < FEATURE_N; k++)
            ck_assert_msg((profile_has((FeatureId)k, other) == profile_has((FeatureId)k, 34)) == (i != k), "%s, %s",
                          profile_features[i].name, profile_features[k].name);
    }
    ck_assert_int_eq(profile_timer_ns(TIMER_NODE_MONITOR_GRACE, profile_set_gate(30, id, TRUE)), 40 * NS_PER_S);
}
END_TEST

/* v1.34 pkg/registry/apps/statefulset/strategy.go dropStatefulSetDisabledFields; pkg/apis/apps/v1/defaults.go */
static const struct {
    const char *name;
    gboolean is_open;
    int given, stored, wanted; /* 0: the field is absent */
} fields[] = {
    {"closed: lost", FALSE, 3, 0, 0},
    {"closed, but in use: kept", FALSE, 3, 2, 3},
    {"open: kept", TRUE, 3, 0, 3},
    {"open: 1 unless somebody says otherwise", TRUE, 0, 0, 1},
    {"closed: no default", FALSE, 0, 0, 0},
};

static ApiObject *
set_with(int max_unavailable)
{
    ApiObject *set = api_object_new(&stateful_set_kind, "default", "db");
    StatefulSetUpdateStrategy *strategy = &((StatefulSetSpec *)api_edit_spec(set))->update_strategy;

    strategy->type = str_intern("RollingUpdate");
    strategy->rolling_update = g_new0(RollingUpdateStatefulSet, 1);
    if (max_unavailable != 0)
        strategy->rolling_update->max_unavailable = (IntOrString){.type = INT_OR_STRING_INT, .integer = max_unavailable};
    return set;
}

START_TEST(test_field)
{
    g_autoptr(ApiObject) given = set_with(fields[_i].given), old = fields[_i].stored != 0 ? set_with(fields[_i].stored) : NULL;
    const IntOrString *got;

    api_apply_gates(given, old, profile_set_gate(34, FEATURE_STATEFUL_MAX_UNAVAILABLE, fields[_i].is_open));
    got = &stateful_set_spec(given)->update_strategy.rolling_update->max_unavailable;
    ck_assert_msg((got->type == INT_OR_STRING_UNSET ? 0 : got->integer) == fields[_i].wanted, "%s", fields[_i].name);
}
END_TEST

/* v1.30 pkg/registry/batch/job/strategy.go, PrepareForCreate: what its gates, closed by default, take away. */
static const struct {
    guint minor;
    gboolean keeps_policy, keeps_manager;
} job_fields[] = {{30, FALSE, FALSE}, {31, TRUE, FALSE}, {32, TRUE, TRUE}, {36, TRUE, TRUE}};

START_TEST(test_job_fields)
{
    g_autoptr(ApiObject) job = api_object_new(&job_kind, "default", "j");
    JobSpec *spec = api_edit_spec(job);

    spec->success_policy = api_struct_new(&success_policy_type);
    spec->managed_by = str_intern("example.com/other");
    api_apply_gates(job, NULL, job_fields[_i].minor);
    ck_assert_int_eq(job_spec(job)->success_policy != NULL, job_fields[_i].keeps_policy);
    ck_assert_int_eq(job_spec(job)->managed_by != NULL, job_fields[_i].keeps_manager);
}
END_TEST

/*
 * v1.33 pkg/registry/core/pod/strategy.go, PrepareForCreate, is the first that counts generations of pods; gate
 * PodObservedGenerationTracking, on from v1.34: pkg/api/pod/util.go, dropDisabledPodStatusFields.
 */
static const struct {
    guint minor;
    gint64 generation, observed;
} pod_generations[] = {{30, 0, 0}, {32, 0, 0}, {33, 1, 0}, {34, 1, 1}, {36, 1, 1}};

START_TEST(test_pod_generation)
{
    g_autoptr(ApiObject) pod = api_object_new(&pod_kind, "default", "p");
    PodStatus *status = api_edit_status(pod);

    api_edit_meta(pod)->generation = 1;
    status->observed_generation = 1;
    condition_edit(&status->conditions, str_intern("Ready"))->observed_generation = 1;
    api_apply_gates_after(pod, pod_generations[_i].minor);
    ck_assert_int_eq(pod->meta->generation, pod_generations[_i].generation);
    ck_assert_int_eq(pod_status(pod)->observed_generation, pod_generations[_i].observed);
    ck_assert_int_eq(condition_find(&pod_status(pod)->conditions, "Ready")->observed_generation, pod_generations[_i].observed);
}
END_TEST

Suite *
profile_suite(void)
{
    Suite *suite = suite_create("profile");
    TCase *tcase = tcase_create("profile");

    tcase_add_test(tcase, test_rows_are_complete);
    tcase_add_test(tcase, test_gate);
    tcase_add_loop_test(tcase, test_pod_generation, 0, G_N_ELEMENTS(pod_generations));
    tcase_add_loop_test(tcase, test_job_fields, 0, G_N_ELEMENTS(job_fields));
    tcase_add_loop_test(tcase, test_field, 0, G_N_ELEMENTS(fields));
    tcase_add_loop_test(tcase, test_timer, 0, G_N_ELEMENTS(timers));
    tcase_add_test(tcase, test_feature);
    suite_add_tcase(suite, tcase);
    return suite;
}
