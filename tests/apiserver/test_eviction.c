/*
 * test_eviction.c - POST pods/NAME/eviction against disruption budgets (v1.34
 * registry/core/pod/storage/eviction.go, eviction_test.go)
 */

#include "tests/apiserver/fixture.h"

#include <check.h>

Suite *eviction_suite(void);

static Fixture fixture;

static void
set_up(void)
{
    fixture_init(&fixture, TRUE);
}

static void
tear_down(void)
{
    fixture_clear(&fixture);
}

static void
create(const char *text)
{
    ApiResponse *response = fixture_create_text(&fixture, text, FIELD_VALIDATION_STRICT);

    ck_assert_msg(response->code == 201, "%s",
                  response->status == NULL ? "" : response->status->message);
    api_response_free(response);
    fixture_settle(&fixture);
}

typedef struct {
    const char *phase;
    gboolean is_ready;
} PodState;

static gboolean
set_pod(ApiObject *pod, gpointer data)
{
    const PodState *state = data;
    PodStatus *status = api_edit_status(pod);

    status->phase = str_intern(state->phase);
    if (state->is_ready)
        condition_edit(&status->conditions, "Ready")->status = str_intern("True");
    return TRUE;
}

static gboolean
set_budget(ApiObject *budget, gpointer data)
{
    *(PdbStatus *)api_edit_status(budget) = *(PdbStatus *)data;
    return TRUE;
}

static void
patch_status(const ApiKind *kind, const char *name, ApiMutate mutate, gpointer data)
{
    ApiRequest *request = api_request_new(VERB_PATCH, kind, "default", name);

    request->subresource = str_intern("status");
    request->mutate = mutate;
    request->mutate_data = data;
    api_response_free(fixture_call(&fixture, request));
    fixture_settle(&fixture);
}

static void
make_pod(const char *name, PodState state)
{
    g_autofree char *text = g_strdup_printf("{apiVersion: v1, kind: Pod, metadata: {name: %s, "
                                            "labels: {a: b}}, spec: {nodeName: n1, "
                                            "containers: [{name: c, image: i}]}}",
                                            name);

    create(text);
    patch_status(&pod_kind, name, set_pod, &state);
}

static void
make_budget(const char *name, const char *rest, PdbStatus status)
{
    g_autofree char *text = g_strdup_printf("{apiVersion: policy/v1, kind: PodDisruptionBudget, "
                                            "metadata: {name: %s}, spec: {selector: {matchLabels: "
                                            "{a: b}}, %s}}",
                                            name, rest);

    create(text);
    patch_status(&pdb_kind, name, set_budget, &status);
}

static ApiRequest *
eviction_of(const char *name)
{
    ApiRequest *request = api_request_new(VERB_CREATE, &pod_kind, "default", name);

    request->subresource = str_intern("eviction");
    return request;
}

static const PdbStatus *
budget_status(const char *name)
{
    fixture_settle(&fixture);
    return pdb_status(fixture_get(&fixture, &pdb_kind, name));
}

#define ALLOWS(n) {.observed_generation = 1, .disruptions_allowed = (n), .current_healthy = 2 + (n), \
                   .desired_healthy = 2, .expected_pods = 3}
#define UNHEALTHY                                                                                  \
    {.observed_generation = 1, .current_healthy = 1, .desired_healthy = 2, .expected_pods = 3}
#define VIOLATES "Cannot evict pod as it would violate the pod's disruption budget."

/* TestEviction, TestEvictionIgnorePDB, TestEvictionWithUnhealthyPodEvictionPolicy */
static const struct {
    const char *name, *rest;
    PodState pod;
    PdbStatus budget;
    int code;
    const char *cause;
    gint32 allowed_after;
    gboolean is_noted; /* in disruptedPods */
} cases[] = {
    {"budget allows one", "minAvailable: 2", {"Running", TRUE}, ALLOWS(1), 201, NULL, 0, TRUE},
    {"budget allows two", "minAvailable: 2", {"Running", TRUE}, ALLOWS(2), 201, NULL, 1, TRUE},
    {"budget allows none", "minAvailable: 2", {"Running", TRUE}, ALLOWS(0), 429,
     "The disruption budget b needs 2 healthy pods and has 2 currently", 0, FALSE},
    {"budget not looked at yet", "minAvailable: 2", {"Running", TRUE},
     {.disruptions_allowed = 1}, 429,
     "The disruption budget b is still being processed by the server.", 1, FALSE},
    {"pending pods may go", "minAvailable: 2", {"Pending", FALSE}, UNHEALTHY, 201, NULL, 0, FALSE},
    {"so may those that are done", "minAvailable: 2", {"Succeeded", FALSE}, UNHEALTHY, 201, NULL, 0,
     FALSE},
    {"and those that failed", "minAvailable: 2", {"Failed", FALSE}, UNHEALTHY, 201, NULL, 0, FALSE},
    {"unready, enough are healthy", "minAvailable: 2", {"Running", FALSE}, ALLOWS(0), 201, NULL, 0,
     FALSE},
    {"unready, enough are healthy, and one may go", "minAvailable: 2", {"Running", FALSE},
     ALLOWS(1), 201, NULL, 1, FALSE},
    {"unready, too few are healthy", "minAvailable: 2", {"Running", FALSE},
     {.observed_generation = 1, .current_healthy = 1, .desired_healthy = 2, .expected_pods = 3}, 429,
     "The disruption budget b needs 2 healthy pods and has 1 currently", 0, FALSE},
    {"unready, none need be healthy", "minAvailable: 0", {"Running", FALSE},
     {.observed_generation = 1, .expected_pods = 3}, 429,
     "The disruption budget b needs 0 healthy pods and has 0 currently", 0, FALSE},
    {"unready, always allowed", "minAvailable: 2, unhealthyPodEvictionPolicy: AlwaysAllow",
     {"Running", FALSE}, {.observed_generation = 1, .current_healthy = 1, .desired_healthy = 2}, 201,
     NULL, 0, FALSE},
    {"ready, always allowed is for others",
     "minAvailable: 2, unhealthyPodEvictionPolicy: AlwaysAllow", {"Running", TRUE}, ALLOWS(0), 429,
     "The disruption budget b needs 2 healthy pods and has 2 currently", 0, FALSE},
    {"unready, if healthy budget said", "minAvailable: 2, unhealthyPodEvictionPolicy: "
     "IfHealthyBudget", {"Running", FALSE}, ALLOWS(0), 201, NULL, 0, FALSE},
};

START_TEST(test_rules)
{
    ApiResponse *response;
    const PdbStatus *after;

    make_budget("b", cases[_i].rest, cases[_i].budget);
    make_pod("p", cases[_i].pod);
    response = fixture_call(&fixture, eviction_of("p"));
    ck_assert_msg(response->code == cases[_i].code, "%s: %d %s", cases[_i].name, response->code,
                  response->status->message);
    after = budget_status("b");
    ck_assert_msg(after->disruptions_allowed == cases[_i].allowed_after, "%s: %d", cases[_i].name,
                  after->disruptions_allowed);
    ck_assert_msg((str_map_get(&after->disrupted_pods, str_intern("p")) != NULL) ==
                      cases[_i].is_noted, "%s", cases[_i].name);
    if (cases[_i].is_noted && cases[_i].allowed_after == 0)
        ck_assert_str_eq(condition_find(&after->conditions, "DisruptionAllowed")->reason,
                         "InsufficientPods");
    if (cases[_i].cause != NULL) {
        ck_assert_str_eq(response->status->message, VIOLATES);
        ck_assert_str_eq(response->status->reason, "TooManyRequests");
        ck_assert_str_eq(response->status->causes.items[0].reason, "DisruptionBudget");
        ck_assert_str_eq(response->status->causes.items[0].message, cases[_i].cause);
        ck_assert_int_eq(response->status->retry_after_s,
                         strstr(cases[_i].cause, "still") != NULL ? 10 : 0);
        ck_assert(!api_is_deleting(fixture_get(&fixture, &pod_kind, "p")));
    }
    api_response_free(response);
}
END_TEST

/* TestEvictionIgnorePDB: one that is being deleted is evicted again without asking. */
START_TEST(test_terminating)
{
    ApiResponse *response;

    make_pod("p", (PodState){"Running", TRUE});
    response = fixture_call(&fixture, eviction_of("p"));
    ck_assert_int_eq(response->code, 201);
    api_response_free(response);
    make_budget("b", "minAvailable: 2", (PdbStatus)UNHEALTHY);
    response = fixture_call(&fixture, eviction_of("p"));
    ck_assert_int_eq(response->code, 201);
    api_response_free(response);
}
END_TEST

START_TEST(test_two_budgets)
{
    ApiResponse *response;

    make_budget("b", "minAvailable: 1", (PdbStatus)ALLOWS(2));
    make_budget("c", "minAvailable: 1", (PdbStatus)ALLOWS(2));
    make_pod("p", (PodState){"Running", TRUE});
    response = fixture_call(&fixture, eviction_of("p"));
    ck_assert_int_eq(response->code, 500);
    ck_assert_str_eq(response->status->message, "This pod has more than one PodDisruptionBudget, "
                                                "which the eviction subresource does not support.");
    api_response_free(response);
}
END_TEST

/* Two at a time and one may go: the slower one conflicts, waits half a second, and is refused. */
START_TEST(test_race)
{
    Reply first = {0}, second = {0};
    const Reply *lost, *won;

    make_budget("b", "minAvailable: 2", (PdbStatus)ALLOWS(1));
    make_pod("p", (PodState){"Running", TRUE});
    make_pod("q", (PodState){"Running", TRUE});
    fixture_send(&fixture, eviction_of("p"), &first);
    fixture_send(&fixture, eviction_of("q"), &second);
    sim_run_until(fixture.sim, sim_now_ns(fixture.sim) + 2 * NS_PER_S);
    won = first.response->code == 201 ? &first : &second;
    lost = won == &first ? &second : &first;
    ck_assert_int_eq(won->response->code, 201);
    ck_assert_int_eq(lost->response->code, 429);
    ck_assert_int_ge(lost->at_ns - won->at_ns, 490 * NS_PER_MS);
    ck_assert_int_le(lost->at_ns - won->at_ns, 570 * NS_PER_MS);
    ck_assert_uint_eq(budget_status("b")->disrupted_pods.count, 1);
    reply_clear(&first);
    reply_clear(&second);
}
END_TEST

/* Asked without doing: the budget counts, and nothing is written. */
START_TEST(test_dry_run)
{
    ApiRequest *request = eviction_of("p");
    ApiResponse *response;

    make_budget("b", "minAvailable: 2", (PdbStatus)ALLOWS(1));
    make_pod("p", (PodState){"Running", TRUE});
    request->dry_run = TRUE;
    response = fixture_call(&fixture, request);
    ck_assert_int_eq(response->code, 201);
    ck_assert_int_eq(budget_status("b")->disruptions_allowed, 1);
    ck_assert(!api_is_deleting(fixture_get(&fixture, &pod_kind, "p")));
    ck_assert_ptr_null(condition_find(
        &pod_status(fixture_get(&fixture, &pod_kind, "p"))->conditions, "DisruptionTarget"));
    api_response_free(response);
}
END_TEST

/* A precondition that does not hold: 409, and not tried again. */
START_TEST(test_preconditions)
{
    ApiRequest *request = eviction_of("p");
    ApiResponse *response;

    make_pod("p", (PodState){"Running", TRUE});
    request->precondition_uid = str_intern("other");
    response = fixture_call(&fixture, request);
    ck_assert_int_eq(response->code, 409);
    ck_assert_ptr_nonnull(strstr(response->status->message,
                                 "the UID in the precondition (other) does not match the UID in "
                                 "record ("));
    api_response_free(response);
    ck_assert(!api_is_deleting(fixture_get(&fixture, &pod_kind, "p")));
    request = eviction_of("p");
    request->resource_version = 1;
    response = fixture_call(&fixture, request);
    ck_assert_int_eq(response->code, 409);
    api_response_free(response);
    request = eviction_of("p");
    request->resource_version = fixture_get(&fixture, &pod_kind, "p")->resource_version;
    response = fixture_call(&fixture, request);
    ck_assert_int_eq(response->code, 201);
    api_response_free(response);
}
END_TEST

/* Nothing new, not even an eviction, in a namespace that goes; drain knows it by the cause. */
START_TEST(test_terminating_namespace)
{
    ApiRequest *request = api_request_new(VERB_CREATE, &pod_kind, "going", NULL);
    ApiResponse *response;

    create("{apiVersion: v1, kind: Namespace, metadata: {name: going}}");
    request->body = fixture_parse("{apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {nodeName: n1, "
                                  "containers: [{name: c, image: i}]}}");
    api_response_free(fixture_call(&fixture, request));
    api_response_free(fixture_call(&fixture, api_request_new(VERB_DELETE, &namespace_kind, NULL, "going")));
    fixture_settle(&fixture);
    request = api_request_new(VERB_CREATE, &pod_kind, "going", "p");
    request->subresource = str_intern("eviction");
    response = fixture_call(&fixture, request);
    ck_assert_int_eq(response->code, 403);
    ck_assert_str_eq(response->status->message,
                     "pods \"p\" is forbidden: unable to create new content in namespace going "
                     "because it is being terminated");
    ck_assert_str_eq(response->status->causes.items[0].reason, "NamespaceTerminating");
    api_response_free(response);
}
END_TEST

/* eviction_test.go of v1.35, TestEviction: why none may go; up to v1.34 the numbers, always. */
static const struct {
    const char *name;
    guint version_minor;
    gint32 healthy, desired;
    const char *reason, *message; /* of DisruptionAllowed; NULL: there is none */
    const char *cause;
} word_cases[] = {
    {"as many as needed", 35, 3, 3, NULL, NULL, "The disruption budget b needs 3 healthy pods and has 3 currently"},
    {"the error is about sync failure", 35, 0, 0, "SyncFailed", "hoge",
     "The disruption budget b does not allow evicting pods currently because it failed sync: hoge"},
    {"the error includes the reason", 35, 4, 3, "bar_reason", "hoge",
     "The disruption budget b does not allow evicting pods currently (bar_reason): hoge"},
    {"more than needed, and nobody says why", 35, 4, 3, "InsufficientPods", "",
     "The disruption budget b does not allow evicting pods currently"},
    {"sync failure, before", 34, 0, 0, "SyncFailed", "hoge",
     "The disruption budget b needs 0 healthy pods and has 0 currently"},
    {"more than needed, before", 34, 4, 3, "InsufficientPods", "",
     "The disruption budget b needs 3 healthy pods and has 4 currently"},
};

START_TEST(test_words)
{
    PdbStatus status = {.observed_generation = 1,
                        .current_healthy = word_cases[_i].healthy,
                        .desired_healthy = word_cases[_i].desired,
                        .expected_pods = 5};
    ApiResponse *response;

    tear_down();
    fixture_init_version(&fixture, word_cases[_i].version_minor);
    if (word_cases[_i].reason != NULL) {
        Condition *condition = condition_edit(&status.conditions, str_intern("DisruptionAllowed"));

        condition->last_transition_time = 1;
        condition->status = str_intern("False");
        condition->reason = str_intern(word_cases[_i].reason);
        condition->message = str_intern(word_cases[_i].message);
    }
    make_budget("b", "minAvailable: 3", status);
    make_pod("p", (PodState){"Running", TRUE});
    response = fixture_call(&fixture, eviction_of("p"));
    ck_assert_msg(response->code == 429, "%s: %d", word_cases[_i].name, response->code);
    ck_assert_str_eq(response->status->causes.items[0].message, word_cases[_i].cause);
    api_response_free(response);
}
END_TEST

Suite *
eviction_suite(void)
{
    Suite *suite = suite_create("eviction");
    TCase *tcase = tcase_create("budgets");

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_loop_test(tcase, test_rules, 0, G_N_ELEMENTS(cases));
    tcase_add_test(tcase, test_terminating);
    tcase_add_test(tcase, test_two_budgets);
    tcase_add_test(tcase, test_race);
    tcase_add_test(tcase, test_dry_run);
    tcase_add_test(tcase, test_preconditions);
    tcase_add_test(tcase, test_terminating_namespace);
    tcase_add_loop_test(tcase, test_words, 0, G_N_ELEMENTS(word_cases));
    suite_add_tcase(suite, tcase);
    return suite;
}
