/* test_correlator.c - which events become one; v0.34 client-go tools/record/events_cache_test.go */

#include "base/duration.h"
#include "client/correlator.h"

#include <check.h>

Suite *correlator_suite(void);

#define EPOCH_NS (G_GINT64_CONSTANT(1763683200) * NS_PER_S)

static Correlator *correlator;
static Rng rng;

static void
set_up(void)
{
    rng_seed(&rng, 1, "test");
    correlator = correlator_new(&rng, FALSE);
}

static void
tear_down(void)
{
    correlator_free(correlator);
}

static EventDraft
draft_of(const ObjectReference *about, const char *type, const char *reason, const char *message, gint64 wall_ns)
{
    return (EventDraft){
        .about = {.kind = str_intern(about->kind),
                  .namespace_ = str_intern(about->namespace_),
                  .name = str_intern(about->name),
                  .uid = str_intern(about->uid),
                  .api_version = str_intern(about->api_version)},
        .type = str_intern(type),
        .reason = str_intern(reason),
        .message = message,
        .stamp_ns = wall_ns,
        .time = api_time_seconds(wall_ns),
        .source = {str_intern("c"), NULL},
        .reporting_component = str_intern("c"),
    };
}

/* Applies one event about Deployment default/@object and says what came of it. */
static const char *
apply_about(ObjectReference about,
            const char *type,
            const char *reason,
            const char *message,
            gint64 at_ns)
{
    gint64 wall_ns = EPOCH_NS + at_ns;
    EventDraft draft = draft_of(&about, type, reason, message, wall_ns);
    ApiObject *event = correlator_apply(correlator, &draft, wall_ns);
    const char *text;

    if (event == NULL)
        return "dropped";
    text = str_internf("%s x%d", event_body(event)->message, event_body(event)->count);
    api_object_unref(event);
    return text;
}

static const char *
apply_at(const char *object,
         const char *type,
         const char *reason,
         const char *message,
         gint64 at_ns)
{
    ObjectReference about = {.kind = "Deployment",
                             .namespace_ = "default",
                             .name = object,
                             .uid = "u",
                             .api_version = "apps/v1"};

    return apply_about(about, type, reason, message, at_ns);
}

static const char *
apply(const char *message, gint64 at_ns)
{
    return apply_at("web", "Normal", "Scaled", message, at_ns);
}

/* P40, P41: the first is created, the same again is counted */
START_TEST(test_counting)
{
    ck_assert_str_eq(apply("up", 0), "up x1");
    ck_assert_str_eq(apply("up", 5 * NS_PER_S), "up x2");
    ck_assert_str_eq(apply("up", 3 * NS_PER_HOUR), "up x3");
    ck_assert_str_eq(apply("down", 3 * NS_PER_HOUR), "down x1");
    ck_assert_str_eq(apply_at("other", "Normal", "Scaled", "up", 4 * NS_PER_HOUR), "up x1");
    ck_assert_str_eq(apply_at("web", "Warning", "Scaled", "up", 4 * NS_PER_HOUR), "up x1");
    ck_assert_str_eq(apply_at("web", "Normal", "Other", "up", 4 * NS_PER_HOUR), "up x1");
}
END_TEST

START_TEST(test_counted_event_keeps_name_and_first_time)
{
    ObjectReference about = {.kind = "Node", .name = "n1", .uid = "n1"};
    const char *name = NULL;

    for (gint64 i = 0; i < 3; i++) {
        gint64 wall_ns = EPOCH_NS + i * 10 * NS_PER_S;
        EventDraft draft = draft_of(&about, "Normal", "R", "m", wall_ns);
        ApiObject *event = correlator_apply(correlator, &draft, wall_ns);

        if (name == NULL)
            name = api_name(event);
        ck_assert_str_eq(api_name(event), name);
        ck_assert_str_eq(api_namespace(event), "default");
        ck_assert_int_eq(event_body(event)->first_time, EPOCH_NS);
        ck_assert_int_eq(event_body(event)->last_time, wall_ns);
        ck_assert_int_eq(event_body(event)->count, i + 1);
        api_object_unref(event);
    }
    ck_assert_str_eq(name, "n1.1879dc86a8530000");
}
END_TEST

/* nine single ones, then the combined one is counted up */
START_TEST(test_tenth_similar_is_combined)
{
    for (guint i = 0; i < 15; i++) {
        g_autofree char *message = g_strdup_printf("m%u", i);
        g_autofree char *want =
            i < 9 ? g_strdup_printf("m%u x1", i)
                  : g_strdup_printf("(combined from similar events): m%u x%u", i, i - 8);

        ck_assert_str_eq(apply(message, i * NS_PER_S), want);
    }
}
END_TEST

START_TEST(test_combined_event_says_less_about_its_reporter)
{
    ObjectReference about = {.kind = "Pod", .namespace_ = "default", .name = "p", .uid = "p"};

    for (guint i = 0; i < 10; i++) {
        EventDraft draft = draft_of(&about, "Normal", "R", str_internf("m%u", i), EPOCH_NS + (gint64)i);
        ApiObject *event = correlator_apply(correlator, &draft, EPOCH_NS + (gint64)i);

        ck_assert_str_eq(event_body(event)->source.component, "c");
        ck_assert_int_eq(str_is_empty(event_body(event)->reporting_component), i == 9);
        api_object_unref(event);
    }
}
END_TEST

/* a gap of more than 600 s begins anew */
static const struct {
    gint64 gap_s;
    const char *want;
} gap_cases[] = {
    {600, "(combined from similar events): m9 x1"},
    {601, "m9 x1"},
};

START_TEST(test_gap)
{
    for (guint i = 0; i < 9; i++)
        apply(str_internf("m%u", i), 0);
    ck_assert_str_eq(apply("m9", gap_cases[_i].gap_s * NS_PER_S), gap_cases[_i].want);
}
END_TEST

/*
 * Each combining drops one of the ten messages: an old one that comes again is
 * single (and counted) unless it was that one.
 */
START_TEST(test_old_messages_come_single_again)
{
    guint single = 0;
    guint combined = 0;

    for (guint i = 0; i < 10; i++)
        apply(str_internf("m%u", i), 0);
    for (guint i = 0; i < 9; i++) {
        const char *got = apply(str_internf("m%u", i), NS_PER_S);

        if (g_str_has_prefix(got, "(combined"))
            combined++;
        else
            single++;
    }
    /* At most the message dropped first is combined, and then its place is taken by another. */
    ck_assert_uint_ge(single, 5);
    ck_assert_uint_le(combined, 4);
    ck_assert_uint_eq(single + combined, 9);
}
END_TEST

/*
 * of any number of SuccessfulCreate of one ReplicaSet at most 25 arrive: 9 single,
 * the combined one up to 16
 */
/* cluster-autoscaler utils/kubernetes/factory.go: one per reason and object each 5 min. */
START_TEST(test_sparing)
{
    static const struct {
        const char *object, *reason, *message;
        gint64 at_ns;
        const char *want;
    } rows[] = {
        {"a", "NotTriggerScaleUp", "no", 0, "no x1"},
        {"a", "NotTriggerScaleUp", "no", 10 * NS_PER_S, "dropped"},
        {"a", "NotTriggerScaleUp", "another", 20 * NS_PER_S, "dropped"},
        {"a", "TriggeredScaleUp", "yes", 30 * NS_PER_S, "yes x1"},
        {"b", "NotTriggerScaleUp", "no", 30 * NS_PER_S, "no x1"},
        {"a", "NotTriggerScaleUp", "no", 300 * NS_PER_S - 1, "dropped"},
        {"a", "NotTriggerScaleUp", "no", 300 * NS_PER_S, "no x4"},
    };

    correlator_free(correlator);
    correlator = correlator_new(&rng, TRUE);
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        const char *got = apply_at(rows[i].object, "Normal", rows[i].reason, rows[i].message, rows[i].at_ns);

        ck_assert_msg(str_is(got, rows[i].want), "row %u: %s", i, got);
    }
}
END_TEST

/* getCustomSpamKeyFunc there: about its status it says everything, but the same only once in 5 min. */
START_TEST(test_sparing_of_status)
{
    static const struct {
        const char *kind, *namespace_, *name, *message;
        gint64 at_ns;
        const char *want;
    } rows[] = {
        {"ConfigMap", "kube-system", "cluster-autoscaler-status", "a grows", 0, "a grows x1"},
        {"ConfigMap", "kube-system", "cluster-autoscaler-status", "b grows", 0, "b grows x1"},
        {"ConfigMap", "kube-system", "cluster-autoscaler-status", "a grows", NS_PER_S, "dropped"},
        {"ConfigMap", "kube-system", "cluster-autoscaler-status", "a grows", 300 * NS_PER_S, "a grows x3"},
        {"ConfigMap", "default", "cluster-autoscaler-status", "a grows", 0, "a grows x1"},
        {"ConfigMap", "default", "cluster-autoscaler-status", "b grows", 0, "dropped"},
        {"Secret", "kube-system", "cluster-autoscaler-status", "a grows", 0, "a grows x1"},
        {"Secret", "kube-system", "cluster-autoscaler-status", "b grows", 0, "dropped"},
        {"ConfigMap", "kube-system", "other", "a grows", 0, "a grows x1"},
        {"ConfigMap", "kube-system", "other", "b grows", 0, "dropped"},
    };

    correlator_free(correlator);
    correlator = correlator_new(&rng, TRUE);
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        ObjectReference about = {
            .kind = rows[i].kind, .namespace_ = rows[i].namespace_, .name = rows[i].name, .uid = "u", .api_version = "v1"};
        const char *got = apply_about(about, "Normal", "ScaledUpGroup", rows[i].message, rows[i].at_ns);

        ck_assert_msg(str_is(got, rows[i].want), "row %u: %s", i, got);
    }
}
END_TEST

START_TEST(test_spam_of_similar_events)
{
    guint dropped = 0;
    const char *last = NULL;

    for (guint i = 0; i < 100; i++) {
        const char *got = apply(str_internf("Created pod: web-%u", i), 0);

        if (str_is(got, "dropped"))
            dropped++;
        else
            last = got;
    }
    ck_assert_uint_eq(dropped, 75);
    ck_assert_str_eq(last, "(combined from similar events): Created pod: web-24 x16");
}
END_TEST

/* one more each 300 s; what was dropped has been counted */
START_TEST(test_bucket_refills)
{
    for (guint i = 0; i < 25; i++)
        ck_assert_str_eq(apply("m", 0), str_internf("m x%u", i + 1));
    ck_assert_str_eq(apply("m", NS_PER_S), "dropped");
    ck_assert_str_eq(apply("m", 300 * NS_PER_S - 1), "dropped");
    ck_assert_str_eq(apply("m", 300 * NS_PER_S), "m x28");
    ck_assert_str_eq(apply("m", 301 * NS_PER_S), "dropped");
    /* Another type or object has a bucket of its own; another reason has not. */
    ck_assert_str_eq(apply_at("web", "Normal", "Other", "m", 301 * NS_PER_S), "dropped");
    ck_assert_str_eq(apply_at("web", "Warning", "Scaled", "m", 301 * NS_PER_S), "m x1");
    ck_assert_str_eq(apply_at("db", "Normal", "Scaled", "m", 301 * NS_PER_S), "m x1");
}
END_TEST

/* 4096 keys are kept: the one used least recently is forgotten */
START_TEST(test_cache_size)
{
    ck_assert_str_eq(apply_at("first", "Normal", "R", "m", 0), "m x1");
    for (guint i = 0; i < 4095; i++)
        apply_at(str_internf("o%u", i), "Normal", "R", "m", 0);
    ck_assert_str_eq(apply_at("first", "Normal", "R", "m", 0), "m x2");
    for (guint i = 0; i < 4096; i++)
        apply_at(str_internf("q%u", i), "Normal", "R", "m", 0);
    ck_assert_str_eq(apply_at("first", "Normal", "R", "m", 0), "m x1");
}
END_TEST

Suite *
correlator_suite(void)
{
    Suite *suite = suite_create("correlator");
    TCase *tcase = tcase_create("rules");

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, test_counting);
    tcase_add_test(tcase, test_counted_event_keeps_name_and_first_time);
    tcase_add_test(tcase, test_tenth_similar_is_combined);
    tcase_add_test(tcase, test_combined_event_says_less_about_its_reporter);
    tcase_add_loop_test(tcase, test_gap, 0, G_N_ELEMENTS(gap_cases));
    tcase_add_test(tcase, test_old_messages_come_single_again);
    tcase_add_test(tcase, test_sparing);
    tcase_add_test(tcase, test_sparing_of_status);
    tcase_add_test(tcase, test_spam_of_similar_events);
    tcase_add_test(tcase, test_bucket_refills);
    tcase_add_test(tcase, test_cache_size);
    suite_add_tcase(suite, tcase);
    return suite;
}
