#include "tests/controllers/slices.h"
#include "tests/controllers/suites.h"

/* --- packing --------------------------------------------------------------------------------------- */

/* v1.34 endpointslice/reconciler_test.go: TestReconcileManyPods, TestReconcileMaxEndpointsPerSlice, TestReconcileEmpty */
static const struct {
    const char *name;
    guint pods, max;
    guint want[5]; /* ended by 0 but for the placeholder */
    guint want_slices;
} pack_cases[] = {
    {"250 pods", 250, 100, {100, 100, 50}, 3},
    {"250 pods, at most 80 in a slice", 250, 80, {80, 80, 80, 10}, 4},
    {"none: a placeholder", 0, 100, {0}, 1},
};

START_TEST(test_packing)
{
    Mini *mini = service_with(pack_cases[_i].pods);
    ControllersConfig config;

    controllers_config_init(&config, 34);
    config.endpoints_per_slice = pack_cases[_i].max;
    mini->config = &config;
    SYNC(mini);
    ck_assert_uint_eq(mini_count(mini, &endpoint_slice_kind), pack_cases[_i].want_slices);
    for (guint i = 0; i < pack_cases[_i].want_slices; i++)
        ck_assert_msg(body_of(mini, i)->endpoints.count == pack_cases[_i].want[i],
                      "%s: slice %u has %u", pack_cases[_i].name, i,
                      body_of(mini, i)->endpoints.count);
    SYNC(mini);
    mini_check_log(mini, "nothing to do", "");
    drop(mini);
}
END_TEST

static void
resize(Mini *mini, guint index, guint first, guint count)
{
    ApiObject *slice = api_object_copy(mini_nth(mini, &endpoint_slice_kind, index));
    EndpointSliceBody *body = api_edit_body(slice);

    for (guint i = 0; i < body->endpoints.count; i++)
        endpoint_clear(&body->endpoints.items[i]);
    body->endpoints.count = 0;
    for (guint i = first; i < first + count; i++) {
        const ApiObject *pod =
            mini_get(mini, &pod_kind, str_intern("default"), str_internf("p%03u", i));
        Endpoint endpoint;

        endpoint_from_pod(pod, mini_nth(mini, &node_kind, 0), mini_nth(mini, &service_kind, 0),
                          str_intern("IPv4"), &endpoint);
        *API_LIST_ADD(&body->endpoints) = endpoint;
    }
    mini_put(mini, slice);
}

/* reconciler.go, getSliceToFill: 90 and 40 unchanged, 8 more: the one of 90 gets them. */
START_TEST(test_best_fit)
{
    Mini *mini = service_with(138);
    const char *name;

    SYNC(mini); /* 100 and 38 */
    resize(mini, 0, 0, 90);
    resize(mini, 1, 90, 40);
    name = api_name(mini_nth(mini, &endpoint_slice_kind, 0));
    SYNC(mini);
    mini_check_log(mini, "one update", str_internf("update EndpointSlice %s", name));
    ck_assert_uint_eq(body_of(mini, 0)->endpoints.count, 98);
    ck_assert_uint_eq(body_of(mini, 1)->endpoints.count, 40);
    drop(mini);
}
END_TEST

/* reconciler.go, finalize: the placeholder becomes the first real slice, and the last real one a placeholder. */
START_TEST(test_placeholder_is_reused)
{
    Mini *mini = service_with(0);
    const char *name;
    const ApiObject *pod;

    SYNC(mini);
    name = api_name(mini_nth(mini, &endpoint_slice_kind, 0));
    pod = mini_add(mini, make_backend(1, TRUE));
    SYNC(mini);
    mini_check_log(mini, "first pod", str_internf("update EndpointSlice %s", name));
    ck_assert_int_eq(body_of(mini, 0)->ports.items[0].port.value, 8080);
    mini_remove(mini, pod);
    SYNC(mini);
    mini_check_log(mini, "last pod gone", str_internf("update EndpointSlice %s", name));
    ck_assert_uint_eq(body_of(mini, 0)->ports.count, 0);
    drop(mini);
}
END_TEST

/* --- endpoints --------------------------------------------------------------------------------------- */

/* v1.34 endpointslice/utils_test.go, TestPodToEndpoint */
static const struct {
    const char *name;
    gboolean is_ready, is_terminating, publishes;
    gboolean want_ready, want_serving, want_terminating;
} condition_cases[] = {
    {"ready pod", TRUE, FALSE, FALSE, TRUE, TRUE, FALSE},
    {"ready terminating pod", TRUE, TRUE, FALSE, FALSE, TRUE, TRUE},
    {"unready pod, publishNotReadyAddresses", FALSE, FALSE, TRUE, TRUE, FALSE, FALSE},
    {"unready pod", FALSE, FALSE, FALSE, FALSE, FALSE, FALSE},
};

START_TEST(test_conditions)
{
    g_autoptr(ApiObject) service = make_service();
    g_autoptr(ApiObject) pod = make_backend(1, condition_cases[_i].is_ready);
    Endpoint endpoint;

    ((ServiceSpec *)api_edit_spec(service))->publish_not_ready_addresses =
        condition_cases[_i].publishes;
    if (condition_cases[_i].is_terminating)
        api_edit_meta(pod)->deletion_time = MINI_EPOCH;
    endpoint_from_pod(pod, NULL, service, str_intern("IPv4"), &endpoint);
    ck_assert_msg(endpoint.conditions.ready ==
                      (condition_cases[_i].want_ready ? OPT_TRUE : OPT_FALSE),
                  "%s", condition_cases[_i].name);
    ck_assert_msg(endpoint.conditions.serving ==
                      (condition_cases[_i].want_serving ? OPT_TRUE : OPT_FALSE),
                  "%s", condition_cases[_i].name);
    ck_assert_msg(endpoint.conditions.terminating ==
                      (condition_cases[_i].want_terminating ? OPT_TRUE : OPT_FALSE),
                  "%s", condition_cases[_i].name);
    endpoint_clear(&endpoint);
}
END_TEST

/* reconciler_test.go, TestReconcile1Pod, the IPv6 case. */
START_TEST(test_ipv6)
{
    Mini *mini = service_with(0);
    ApiObject *service = mini_edit(mini, &service_kind, "web");
    ServiceSpec *spec = api_edit_spec(service);
    ApiObject *pod = make_backend(1, TRUE);

    spec->ip_families.items[0] = str_intern("IPv6");
    spec->cluster_ip = NULL;
    mini_put(mini, service);
    API_LIST_ADD(&((PodStatus *)api_edit_status(pod))->pod_ips)->ip =
        str_intern("1234::5678:0000:0000:9abc:def0");
    mini_add(mini, pod);
    SYNC(mini);
    ck_assert_uint_eq(mini_count(mini, &endpoint_slice_kind), 1);
    ck_assert_str_eq(body_of(mini, 0)->address_type, "IPv6");
    ck_assert_uint_eq(body_of(mini, 0)->endpoints.items[0].addresses.count, 1);
    ck_assert_str_eq(body_of(mini, 0)->endpoints.items[0].addresses.items[0],
                     "1234::5678:0:0:9abc:def0");
    ck_assert_ptr_nonnull(
        str_map_get(&mini_nth(mini, &endpoint_slice_kind, 0)->meta->labels, LABEL_HEADLESS));
    drop(mini);
}
END_TEST

/* utils_test.go, TestGetAddressTypesForService. */
static const struct {
    const char *name, *families[2], *cluster_ip, *want;
} family_cases[] = {
    {"both families", {"IPv4", "IPv6"}, "10.0.0.1", "IPv4 IPv6"},
    {"one family", {"IPv6"}, "10.0.0.1", "IPv6"},
    {"from the address", {NULL}, "10.0.0.1", "IPv4"},
    {"from the address, 6", {NULL}, "fd00::1", "IPv6"},
    {"headless", {NULL}, "None", "IPv4 IPv6"},
};

START_TEST(test_address_types)
{
    g_autoptr(ApiObject) service = make_service();
    ServiceSpec *spec = api_edit_spec(service);
    const char *types[2];
    guint count;
    const char *got;

    spec->ip_families.count = 0;
    spec->cluster_ip = str_intern(family_cases[_i].cluster_ip);
    for (guint i = 0; i < 2 && family_cases[_i].families[i] != NULL; i++)
        str_list_add(&spec->ip_families, str_intern(family_cases[_i].families[i]));
    count = service_address_types(service, types);
    got = count == 2 ? str_internf("%s %s", types[0], types[1]) : types[0];
    ck_assert_str_eq(got, family_cases[_i].want);
}
END_TEST

/* utils_test.go, TestSetEndpointSliceLabels: a label of the Service is missing. */
START_TEST(test_labels)
{
    Mini *mini = service_with(1);
    ApiObject *service;

    SYNC(mini);
    service = mini_edit(mini, &service_kind, "web");
    str_map_set(&api_edit_meta(service)->labels, str_intern("foo"), str_intern("bar"));
    mini_put(mini, service);
    SYNC(mini);
    ck_assert_msg(g_str_has_prefix(mini->log->str, "update EndpointSlice"), "%s", mini->log->str);
    ck_assert_str_eq(str_map_get(&mini_nth(mini, &endpoint_slice_kind, 0)->meta->labels, "foo"),
                     "bar");
    drop(mini);
}
END_TEST

/* reconciler.go: a pod on a node that is not known is left out, and the sync repeated. */
START_TEST(test_unknown_node)
{
    Mini *mini = service_with(1);
    ApiObject *pod = make_backend(2, TRUE);

    ((PodSpec *)api_edit_spec(pod))->node_name = str_intern("ghost");
    mini_add(mini, pod);
    SYNC(mini);
    ck_assert_uint_eq(body_of(mini, 0)->endpoints.count, 1);
    ck_assert_str_eq(mini->error,
                     "skipping Pod p002 for Service default/web: Node ghost Not Found");
    drop(mini);
}
END_TEST

/* --- trigger times: util/trigger_time_tracker_test.go ------------------------------------------------------ */

static ApiTime
trigger_with(gpointer state, const ApiObject *service, ApiTime first, ApiTime second)
{
    g_autoptr(GPtrArray) pods = g_ptr_array_new_with_free_func(api_object_unref);
    ApiTime times[] = {first, second};

    for (guint i = 0; i < G_N_ELEMENTS(times); i++) {
        ApiObject *pod = make_backend(i, TRUE);

        ((PodStatus *)api_edit_status(pod))->conditions.items[0].last_transition_time = times[i];
        g_ptr_array_add(pods, pod);
    }
    return slice_state_trigger(state, service, pods);
}

START_TEST(test_trigger_times)
{
    g_autoptr(ApiObject) service = make_service();
    gpointer state = slice_state_new();
    const ApiTime t = MINI_EPOCH;

    api_edit_meta(service)->creation_time = t + 2 * NS_PER_S;
    ck_assert_int_eq(trigger_with(state, service, 0, 0), t + 2 * NS_PER_S);
    ck_assert_int_eq(trigger_with(state, service, t + 2 * NS_PER_S, t + NS_PER_S), t + NS_PER_S);
    ck_assert_int_eq(trigger_with(state, service, t + 2 * NS_PER_S, t + NS_PER_S), 0);
    ck_assert_int_eq(trigger_with(state, service, t + 2 * NS_PER_S, t + 3 * NS_PER_S),
                     t + 3 * NS_PER_S);
    slice_state_free(state);
}
END_TEST

/* --- the guard against a stale cache -------------------------------------------------------------------------- */

START_TEST(test_stale_cache)
{
    Mini *mini = service_with(1);
    const ApiObject *slice;
    ApiObject *behind;

    SYNC(mini);
    slice = mini_nth(mini, &endpoint_slice_kind, 0);
    slice_state_wrote(mini->state, str_intern("default/web"), slice);
    behind = api_object_copy(slice);
    api_edit_meta(behind)->generation--;
    mini_put(mini, behind);
    mini_add(mini, make_backend(2, TRUE));
    SYNC(mini);
    mini_check_log(mini, "stale", "");
    ck_assert_str_eq(mini->error, "EndpointSlice informer cache is out of date");
    drop(mini);
}
END_TEST

/* --- hints ---------------------------------------------------------------------------------------------------- */

/* v1.34 endpointslice/trafficdist_test.go, TestReconcileHints */
START_TEST(test_hints)
{
    Mini *mini = service_with(1);
    ApiObject *service;
    const Endpoint *endpoint;

    SYNC(mini);
    service = mini_edit(mini, &service_kind, "web");
    ((ServiceSpec *)api_edit_spec(service))->traffic_distribution = str_intern("PreferSameNode");
    mini_put(mini, service);
    SYNC(mini);
    ck_assert_msg(g_str_has_prefix(mini->log->str, "update EndpointSlice"), "%s", mini->log->str);
    endpoint = &body_of(mini, 0)->endpoints.items[0];
    ck_assert_str_eq(endpoint->hints->for_zones.items[0].name, "zone-a");
    ck_assert_str_eq(endpoint->hints->for_nodes.items[0].name, "n1");
    SYNC(mini);
    mini_check_log(mini, "hints are right", "");

    service = mini_edit(mini, &service_kind, "web");
    ((ServiceSpec *)api_edit_spec(service))->traffic_distribution = str_intern("PreferClose");
    mini_put(mini, service);
    SYNC(mini);
    endpoint = &body_of(mini, 0)->endpoints.items[0];
    ck_assert_uint_eq(endpoint->hints->for_nodes.count, 0);

    service = mini_edit(mini, &service_kind, "web");
    ((ServiceSpec *)api_edit_spec(service))->traffic_distribution = NULL;
    mini_put(mini, service);
    SYNC(mini);
    ck_assert_ptr_null(body_of(mini, 0)->endpoints.items[0].hints);
    drop(mini);
}
END_TEST

/*
 * trafficdist_test.go, TestReconcileHints: per endpoint "ZONE NODE [unready] [HINT[/NODE]]", before and after; of a slice
 * that is there: whether it is written.
 */
static const struct {
    const char *name, *distribution, *before, *after;
    gboolean is_written;
} hint_cases[] = {
    {"should correct incorrect hints with PreferClose", "PreferClose", "a n1 b; b n2 c; c n3", "a; b; c", TRUE},
    {"... PreferSameZone is the same", "PreferSameZone", "a n1 b; b n2 c; c n3", "a; b; c", TRUE},
    {"right hints are left alone", "PreferClose", "a n1 a; b n2 b", "a; b", FALSE},
    {"unready endpoints should not trigger updates", "PreferClose", "b n2 unready", "-", FALSE},
    {"... nor do they get a hint with others", "PreferClose", "b n2 unready; a n1", "-; a", TRUE},
    {"should remove hints when trafficDistribution is unrecognized", "Unknown", "a n1 a; b n2 b", "-; -", TRUE},
    {"should remove hints when trafficDistribution is unset", NULL, "a n1 a", "-", TRUE},
    {"none to remove", NULL, "a n1; b n2", "-; -", FALSE},
    {"PreferSameNode names both", "PreferSameNode", "a n1; b n2", "a/n1; b/n2", TRUE},
    {"... and is right with both", "PreferSameNode", "a n1 a/n1", "a/n1", FALSE},
    {"from PreferSameNode to PreferClose", "PreferClose", "a n1 a/n1", "a", TRUE},
    {"no zone: no hint", "PreferClose", "- n1", "-", FALSE},
    {"no zone, but a node", "PreferSameNode", "- n1", "/n1", TRUE},
};

static void
set_hint(Endpoint *endpoint, const char *word)
{
    g_auto(GStrv) names = g_strsplit(word, "/", 2);

    endpoint->hints = g_new0(EndpointHints, 1);
    API_LIST_ADD(&endpoint->hints->for_zones)->name = str_intern(names[0]);
    if (names[1] != NULL)
        API_LIST_ADD(&endpoint->hints->for_nodes)->name = str_intern(names[1]);
}

static const char *
print_hint(const EndpointHints *hints)
{
    if (hints == NULL)
        return "-";
    return str_internf("%s%s%s", hints->for_zones.count > 0 ? hints->for_zones.items[0].name : "", hints->for_nodes.count > 0 ? "/" : "",
                       hints->for_nodes.count > 0 ? hints->for_nodes.items[0].name : "");
}

START_TEST(test_hint_rows)
{
    g_autoptr(ApiObject) service = make_service();
    ApiObject *slice = slice_new(service, str_intern("IPv4"));
    EndpointSliceBody *body = api_edit_body(slice);
    g_auto(GStrv) list = g_strsplit(hint_cases[_i].before, "; ", -1);
    g_autoptr(GString) got = g_string_new(NULL);
    const EndpointSliceBody *after;
    SlicePack pack;

    ((ServiceSpec *)api_edit_spec(service))->traffic_distribution = str_intern(hint_cases[_i].distribution);
    for (guint i = 0; list[i] != NULL; i++) {
        g_auto(GStrv) words = g_strsplit(list[i], " ", 3);
        Endpoint *endpoint = API_LIST_ADD(&body->endpoints);

        endpoint->zone = str_is(words[0], "-") ? NULL : str_intern(words[0]);
        endpoint->node_name = str_intern(words[1]);
        endpoint->conditions.ready = str_is(words[2], "unready") ? OPT_FALSE : OPT_TRUE;
        if (words[2] != NULL && !str_is(words[2], "unready"))
            set_hint(endpoint, words[2]);
    }
    slice_pack_init(&pack, service, str_intern("IPv4"), 100);
    g_ptr_array_add(pack.unchanged, slice);
    slice_pack_hints(&pack, TRUE);
    ck_assert_msg(pack.update->len == (guint)hint_cases[_i].is_written, "%s", hint_cases[_i].name);
    ck_assert_uint_eq(pack.update->len + pack.unchanged->len, 1);
    after = endpoint_slice_body(hint_cases[_i].is_written ? pack.update->pdata[0] : pack.unchanged->pdata[0]);
    for (guint i = 0; i < after->endpoints.count; i++)
        g_string_append_printf(got, "%s%s", i > 0 ? "; " : "", print_hint(after->endpoints.items[i].hints));
    ck_assert_msg(str_is(got->str, hint_cases[_i].after), "%s: %s", hint_cases[_i].name, got->str);
    slice_pack_clear(&pack);
}
END_TEST

Suite *
endpointslice_suite(void)
{
    Suite *suite = suite_create("endpointslice");
    TCase *tcase = tcase_create("endpointslice");

    tcase_add_loop_test(tcase, test_packing, 0, G_N_ELEMENTS(pack_cases));
    tcase_add_test(tcase, test_best_fit);
    tcase_add_test(tcase, test_placeholder_is_reused);
    tcase_add_loop_test(tcase, test_conditions, 0, G_N_ELEMENTS(condition_cases));
    tcase_add_test(tcase, test_ipv6);
    tcase_add_loop_test(tcase, test_address_types, 0, G_N_ELEMENTS(family_cases));
    tcase_add_test(tcase, test_labels);
    tcase_add_test(tcase, test_unknown_node);
    tcase_add_test(tcase, test_trigger_times);
    tcase_add_test(tcase, test_stale_cache);
    tcase_add_test(tcase, test_hints);
    tcase_add_loop_test(tcase, test_hint_rows, 0, G_N_ELEMENTS(hint_cases));
    suite_add_tcase(suite, tcase);
    return suite;
}
