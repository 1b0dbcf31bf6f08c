/* test_endpoints.c - v1.34 pkg/controller/endpoint/endpoints_controller_test.go, pkg/api/v1/endpoints/util_test.go */
#include "tests/controllers/slices.h"
#include "tests/controllers/suites.h"

#undef SYNC
#define SYNC(mini) mini_sync(mini, &endpoints_controller, "default/web")

static Mini *
begin(void)
{
    Mini *mini = mini_new();

    mini->version_minor = 34;
    mini->state = endpoints_controller.new_state();
    return mini;
}

static void
end(Mini *mini)
{
    endpoints_controller.free_state(mini->state);
    mini_free(mini);
}

/* "[10.244.0.2,10.244.0.3|10.244.0.4 http:80,https:443] [...]": ready, not ready, ports. (owned) */
static char *
print_subsets(const EndpointsBody *body)
{
    GString *text = g_string_new(NULL);

    for (guint i = 0; i < body->subsets.count; i++) {
        const EndpointSubset *subset = &body->subsets.items[i];

        g_string_append(text, i > 0 ? " [" : "[");
        for (guint k = 0; k < subset->addresses.count; k++)
            g_string_append_printf(text, "%s%s", k > 0 ? "," : "", subset->addresses.items[k].ip);
        g_string_append_c(text, '|');
        for (guint k = 0; k < subset->not_ready.count; k++)
            g_string_append_printf(text, "%s%s", k > 0 ? "," : "", subset->not_ready.items[k].ip);
        for (guint k = 0; k < subset->ports.count; k++)
            g_string_append_printf(text, "%s%s:%d", k > 0 ? "," : " ",
                                   subset->ports.items[k].name == NULL ? "" : subset->ports.items[k].name,
                                   subset->ports.items[k].port);
        g_string_append_c(text, ']');
    }
    return g_string_free(text, FALSE);
}

static void
check_subsets(Mini *mini, const char *name, const char *wanted)
{
    g_autofree char *got = print_subsets(endpoints_body(mini_nth(mini, &endpoints_kind, 0)));

    ck_assert_msg(str_is(got, wanted), "%s: got %s", name, got);
}

static const char *
annotation_of(Mini *mini, const char *key)
{
    const char *value = str_map_get(&mini_nth(mini, &endpoints_kind, 0)->meta->annotations, key);

    return value == NULL ? "" : value;
}

/* --- which pods are in ------------------------------------------------------------------------------ */

/* TestSyncServiceAddresses */
static const struct {
    const char *name, *phase;
    gboolean is_ready, is_deleting, takes_all;
    const char *want;
} address_cases[] = {
    {"running", "Running", TRUE, FALSE, FALSE, "[10.244.0.3| :8080]"},
    {"running, being deleted", "Running", TRUE, TRUE, FALSE, ""},
    {"unknown, ready", "Unknown", TRUE, FALSE, FALSE, "[10.244.0.3| :8080]"},
    {"unknown, ready, being deleted", "Unknown", TRUE, TRUE, FALSE, ""},
    {"pending, ready", "Pending", TRUE, FALSE, FALSE, "[10.244.0.3| :8080]"},
    {"pending, ready, being deleted", "Pending", TRUE, TRUE, FALSE, ""},
    {"unknown, not ready", "Unknown", FALSE, FALSE, FALSE, "[|10.244.0.3 :8080]"},
    {"pending, not ready", "Pending", FALSE, FALSE, FALSE, "[|10.244.0.3 :8080]"},
    {"failed", "Failed", FALSE, FALSE, FALSE, ""},
    {"succeeded", "Succeeded", FALSE, FALSE, FALSE, ""},
    {"running, all are taken", "Running", FALSE, FALSE, TRUE, "[10.244.0.3| :8080]"},
    {"running, being deleted, all are taken", "Running", FALSE, TRUE, TRUE, "[10.244.0.3| :8080]"},
    {"pending, all are taken", "Pending", FALSE, FALSE, TRUE, "[10.244.0.3| :8080]"},
    {"failed, all are taken", "Failed", FALSE, FALSE, TRUE, ""},
    {"succeeded, all are taken", "Succeeded", FALSE, FALSE, TRUE, ""},
};

START_TEST(test_addresses)
{
    Mini *mini = begin();
    ApiObject *service = make_service();
    ApiObject *pod = make_backend(1, address_cases[_i].is_ready);

    ((ServiceSpec *)api_edit_spec(service))->publish_not_ready_addresses = address_cases[_i].takes_all;
    ((PodStatus *)api_edit_status(pod))->phase = str_intern(address_cases[_i].phase);
    if (address_cases[_i].is_deleting)
        api_edit_meta(pod)->deletion_time = MINI_EPOCH;
    mini_add(mini, service);
    mini_add(mini, pod);
    SYNC(mini);
    mini_check_log(mini, address_cases[_i].name, "create Endpoints web");
    check_subsets(mini, address_cases[_i].name, address_cases[_i].want);
    SYNC(mini);
    mini_check_log(mini, "nothing to do", "");
    end(mini);
}
END_TEST

/* --- how they stand ----------------------------------------------------------------------------------- */

/* Order is that of the text of the addresses, as LessEndpointAddress has it, not of numbers. */
START_TEST(test_order)
{
    Mini *mini = begin();

    mini_add(mini, make_service());
    mini_add(mini, make_backend(8, TRUE));
    mini_add(mini, make_backend(1, TRUE));
    mini_add(mini, make_backend(0, FALSE));
    SYNC(mini);
    check_subsets(mini, "by text", "[10.244.0.10,10.244.0.3|10.244.0.2 :8080]");
    end(mini);
}
END_TEST

/*
 * util.go, SortSubsets: ports stand in the order of their hashes, MD5 of what DeepHashObject prints:
 * https:443 is 9b81..., http:80 is a0af...
 */
START_TEST(test_ports_of_one_subset)
{
    Mini *mini = begin();
    ApiObject *service = make_service();
    ServiceSpec *spec = api_edit_spec(service);

    spec->ports.items[0].name = str_intern("http");
    spec->ports.items[0].target_port.integer = 80;
    (void)API_LIST_ADD(&spec->ports);
    spec->ports.items[1] = spec->ports.items[0];
    spec->ports.items[1].name = str_intern("https");
    spec->ports.items[1].target_port.integer = 443;
    mini_add(mini, service);
    mini_add(mini, make_backend(1, TRUE));
    SYNC(mini);
    check_subsets(mini, "two ports", "[10.244.0.3| https:443,http:80]");
    SYNC(mini);
    mini_check_log(mini, "nothing to do", "");
    end(mini);
}
END_TEST

/* RepackSubsets: pods whose port of that name has another number are a subset of their own. */
START_TEST(test_ports_that_differ)
{
    Mini *mini = begin();
    ApiObject *service = make_service();
    g_autofree char *got = NULL;

    ((ServiceSpec *)api_edit_spec(service))->ports.items[0].target_port =
        (IntOrString){INT_OR_STRING_STRING, 0, str_intern("web")};
    mini_add(mini, service);
    for (guint i = 0; i < 3; i++) {
        ApiObject *pod = make_backend(i, TRUE);
        Container *container = API_LIST_ADD(&((PodSpec *)api_edit_spec(pod))->containers);
        ContainerPort *port = API_LIST_ADD(&container->ports);

        port->name = str_intern("web");
        port->protocol = str_intern("TCP");
        port->container_port = i == 1 ? 9090 : 8080;
        mini_add(mini, pod);
    }
    SYNC(mini);
    got = print_subsets(endpoints_body(mini_nth(mini, &endpoints_kind, 0)));
    ck_assert_msg(str_is(got, "[10.244.0.2,10.244.0.4| :8080] [10.244.0.3| :9090]") ||
                      str_is(got, "[10.244.0.3| :9090] [10.244.0.2,10.244.0.4| :8080]"),
                  "got %s", got);
    SYNC(mini);
    mini_check_log(mini, "nothing to do", "");
    end(mini);
}
END_TEST

/* TestSyncEndpointsHeadlessWithoutPort, TestSyncEndpointsHeadlessService */
START_TEST(test_headless)
{
    Mini *mini = begin();
    ApiObject *service = make_service();
    ServiceSpec *spec = api_edit_spec(service);
    const StrMap *labels;

    spec->cluster_ip = str_intern("None");
    spec->ports.count = 0;
    mini_add(mini, service);
    mini_add(mini, make_backend(1, TRUE));
    SYNC(mini);
    check_subsets(mini, "without ports", "[10.244.0.3|]");
    labels = &mini_nth(mini, &endpoints_kind, 0)->meta->labels;
    ck_assert_str_eq(str_map_get(labels, "service.kubernetes.io/headless"), "");
    ck_assert_str_eq(str_map_get(labels, "endpoints.kubernetes.io/managed-by"), "endpoint-controller");
    SYNC(mini);
    mini_check_log(mini, "nothing to do", "");
    end(mini);
}
END_TEST

/* TestSyncEndpointsItemsPreserveNoSelector, TestSyncServiceExternalNameType, TestSyncEndpointsServiceNotFound */
START_TEST(test_not_its_business)
{
    Mini *mini = begin();
    ApiObject *service = make_service();

    str_map_clear(&((ServiceSpec *)api_edit_spec(service))->selector);
    mini_add(mini, service);
    mini_add(mini, make_backend(1, TRUE));
    SYNC(mini);
    mini_check_log(mini, "no selector", "");
    service = make_service();
    ((ServiceSpec *)api_edit_spec(service))->type = str_intern("ExternalName");
    mini_put(mini, service);
    SYNC(mini);
    mini_check_log(mini, "ExternalName", "");
    mini_add(mini, api_object_new(&endpoints_kind, str_intern("default"), str_intern("web")));
    mini_remove(mini, mini_nth(mini, &service_kind, 0));
    SYNC(mini);
    mini_check_log(mini, "gone", "delete Endpoints web");
    end(mini);
}
END_TEST

/* --- too many -------------------------------------------------------------------------------------------- */

/* TestTruncateEndpoints */
static const struct {
    const char *name;
    guint ready[5], not_ready[5], want_ready[5], want_not_ready[5];
} truncate_cases[] = {
    {"below capacity", {50, 100, 100, 100, 100}, {50, 100, 100, 100, 100}, {50, 100, 100, 100, 100}, {50, 100, 100, 100, 100}},
    {"at capacity", {100, 100, 100, 100, 100}, {100, 100, 100, 100, 100}, {100, 100, 100, 100, 100}, {100, 100, 100, 100, 100}},
    {"those that are ready have room",
     {90, 110, 50, 10, 20},
     {101, 200, 200, 201, 298},
     {90, 110, 50, 10, 20},
     {73, 144, 144, 145, 214}},
    {"those that are ready have none",
     {205, 400, 402, 400, 693},
     {100, 200, 200, 200, 300},
     {98, 191, 192, 191, 328},
     {0, 0, 0, 0, 0}},
};

START_TEST(test_truncation)
{
    EndpointsBody body = {0};

    for (guint i = 0; i < 5; i++) {
        EndpointSubset *subset = API_LIST_ADD(&body.subsets);

        for (guint k = 0; k < truncate_cases[_i].ready[i]; k++)
            (void)API_LIST_ADD(&subset->addresses);
        for (guint k = 0; k < truncate_cases[_i].not_ready[i]; k++)
            (void)API_LIST_ADD(&subset->not_ready);
    }
    ck_assert_int_eq(endpoints_truncate(&body), _i >= 2);
    for (guint i = 0; i < 5; i++) {
        ck_assert_msg(body.subsets.items[i].addresses.count == truncate_cases[_i].want_ready[i], "%s: ready of %u: %u",
                      truncate_cases[_i].name, i, body.subsets.items[i].addresses.count);
        ck_assert_msg(body.subsets.items[i].not_ready.count == truncate_cases[_i].want_not_ready[i],
                      "%s: not ready of %u: %u", truncate_cases[_i].name, i, body.subsets.items[i].not_ready.count);
    }
    api_struct_clear(endpoints_kind.body, &body);
}
END_TEST

/* TestSyncServiceOverCapacity: the annotation comes and goes. */
START_TEST(test_over_capacity)
{
    Mini *mini = begin();

    mini_add(mini, make_service());
    for (guint i = 0; i < 1001; i++)
        mini_add(mini, make_backend(i, TRUE));
    SYNC(mini);
    ck_assert_str_eq(annotation_of(mini, "endpoints.kubernetes.io/over-capacity"), "truncated");
    ck_assert_uint_eq(endpoints_body(mini_nth(mini, &endpoints_kind, 0))->subsets.items[0].addresses.count, 1000);
    mini_remove(mini, mini_nth(mini, &pod_kind, 0));
    SYNC(mini);
    mini_check_log(mini, "one less", "update Endpoints web");
    ck_assert_str_eq(annotation_of(mini, "endpoints.kubernetes.io/over-capacity"), "");
    end(mini);
}
END_TEST

/* --- what is told of when, and a cache that is behind -------------------------------------------------------- */

/* TestLastTriggerChangeTimeAnnotation, and ..._AnnotationCleared: a sync that nothing triggered takes it away. */
START_TEST(test_trigger_time)
{
    Mini *mini = begin();
    ApiObject *service = make_service();
    const char *key = "endpoints.kubernetes.io/last-change-trigger-time";

    api_edit_meta(service)->creation_time = MINI_EPOCH - 5 * NS_PER_S;
    mini_add(mini, service);
    mini_add(mini, make_backend(1, TRUE));
    SYNC(mini);
    ck_assert_str_eq(annotation_of(mini, key), "2027-01-15T07:59:55Z");
    service = mini_edit(mini, &service_kind, "web");
    str_map_set(&api_edit_meta(service)->labels, str_intern("a"), str_intern("b"));
    mini_put(mini, service);
    SYNC(mini);
    mini_check_log(mini, "a label", "update Endpoints web");
    ck_assert_str_eq(annotation_of(mini, key), "");
    end(mini);
}
END_TEST

/* TestMultiplePodChanges: as long as the cache has what we replaced, nothing is written, and the key comes again. */
START_TEST(test_stale_cache)
{
    Mini *mini = begin();
    ApiObject *before;
    guint place;

    mini_add(mini, make_service());
    mini_add(mini, make_backend(1, TRUE));
    SYNC(mini);
    before = api_object_ref(mini_nth(mini, &endpoints_kind, 0));
    mini_add(mini, make_backend(2, TRUE));
    SYNC(mini);
    mini_check_log(mini, "the second pod", "update Endpoints web");
    mini_add(mini, make_backend(3, TRUE));
    ck_assert(g_ptr_array_find(mini->objects, mini_nth(mini, &endpoints_kind, 0), &place));
    api_object_unref(mini->objects->pdata[place]);
    mini->objects->pdata[place] = before;
    SYNC(mini);
    mini_check_log(mini, "behind", "");
    ck_assert_str_eq(mini->error, str_internf("endpoints informer cache is out of date, resource version "
                                              "%" G_GUINT64_FORMAT " already processed for endpoints default/web",
                                              before->resource_version));
    end(mini);
}
END_TEST

/* --- the other way: endpointslicemirroring_controller_test.go, TestSyncEndpoints; reconciler_test.go ------------ */

#define MIRROR(mini) mini_sync(mini, &endpoint_slice_mirroring_controller, "default/web")

static ApiObject *
make_by_hand(void)
{
    ApiObject *object = api_object_new(&endpoints_kind, str_intern("default"), str_intern("web"));
    EndpointSubset *subset = API_LIST_ADD(&((EndpointsBody *)api_edit_body(object))->subsets);

    api_edit_meta(object)->uid = str_intern("hand");
    API_LIST_ADD(&subset->addresses)->ip = str_intern("10.1.2.3");
    API_LIST_ADD(&subset->not_ready)->ip = str_intern("10.1.2.4");
    *API_LIST_ADD(&subset->ports) = (EndpointsPort){str_intern("sql"), str_intern("TCP"), NULL, 3306};
    str_map_set(&api_edit_meta(object)->annotations, str_intern("kubectl.kubernetes.io/last-applied-configuration"),
                str_intern("{}"));
    str_map_set(&api_edit_meta(object)->labels, str_intern("a"), str_intern("b"));
    return object;
}

START_TEST(test_mirror)
{
    Mini *mini = mini_new();
    ApiObject *object = make_service();
    const ApiObject *slice;
    const EndpointSliceBody *body;
    const char *name;

    mini->state = endpoint_slice_mirroring_controller.new_state();
    str_map_clear(&((ServiceSpec *)api_edit_spec(object))->selector);
    mini_add(mini, object);
    mini_add(mini, make_by_hand());
    MIRROR(mini);
    ck_assert_uint_eq(mini_count(mini, &endpoint_slice_kind), 1);
    slice = mini_nth(mini, &endpoint_slice_kind, 0);
    body = endpoint_slice_body(slice);
    name = api_name(slice);
    ck_assert_str_eq(str_map_format(&slice->meta->labels, ""),
                     "a=b,endpointslice.kubernetes.io/managed-by=endpointslicemirroring-controller.k8s.io,"
                     "kubernetes.io/service-name=web");
    ck_assert_uint_eq(slice->meta->annotations.count, 0);
    ck_assert_str_eq(slice->meta->owner_references.items[0].kind, "Endpoints");
    ck_assert_str_eq(slice->meta->generate_name, "web-");
    ck_assert_uint_eq(body->endpoints.count, 2);
    ck_assert_int_eq(body->endpoints.items[0].conditions.ready, OPT_TRUE);
    ck_assert_int_eq(body->endpoints.items[1].conditions.ready, OPT_FALSE);
    ck_assert_int_eq(body->ports.items[0].port.value, 3306);
    MIRROR(mini);
    mini_check_log(mini, "nothing to do", "");
    object = mini_edit(mini, &endpoints_kind, "web");
    ((EndpointsBody *)api_edit_body(object))->subsets.items[0].addresses.items[0].ip = str_intern("10.1.2.9");
    mini_put(mini, object);
    MIRROR(mini);
    mini_check_log(mini, "an address", str_internf("update EndpointSlice %s", name));
    object = mini_edit(mini, &endpoints_kind, "web");
    str_map_set(&api_edit_meta(object)->labels, str_intern("endpointslice.kubernetes.io/skip-mirror"), str_intern("true"));
    mini_put(mini, object);
    MIRROR(mini);
    mini_check_log(mini, "not wanted any more", str_internf("delete EndpointSlice %s", name));
    endpoint_slice_mirroring_controller.free_state(mini->state);
    mini_free(mini);
}
END_TEST

/* Recorded: what could not be created is told of without a namespace, so the event stands in default. */
START_TEST(test_refused)
{
    Mini *mini = begin();

    mini_add(mini, make_service());
    mini_refuse(mini, (MiniRefusal){.type = STEP_CREATE,
                                    .kind = &endpoints_kind,
                                    .code = 409,
                                    .reason = "AlreadyExists",
                                    .message = "endpoints \"web\" already exists",
                                    .count = 1});
    SYNC(mini);
    ck_assert_ptr_nonnull(strstr(mini->log->str, "event Warning FailedToCreateEndpoint Failed to create endpoint for service "
                                                 "default/web: endpoints \"web\" already exists"));
    ck_assert(mini->subject->kind == &endpoints_kind && str_is(api_name(mini->subject), "web"));
    ck_assert(api_namespace(mini->subject) == NULL && api_uid(mini->subject) == NULL);
    end(mini);
}
END_TEST

Suite *
endpoints_suite(void)
{
    Suite *suite = suite_create("endpoints");
    TCase *tcase = tcase_create("endpoints");

    tcase_add_loop_test(tcase, test_addresses, 0, G_N_ELEMENTS(address_cases));
    tcase_add_test(tcase, test_order);
    tcase_add_test(tcase, test_ports_of_one_subset);
    tcase_add_test(tcase, test_ports_that_differ);
    tcase_add_test(tcase, test_headless);
    tcase_add_test(tcase, test_not_its_business);
    tcase_add_loop_test(tcase, test_truncation, 0, G_N_ELEMENTS(truncate_cases));
    tcase_add_test(tcase, test_over_capacity);
    tcase_add_test(tcase, test_trigger_time);
    tcase_add_test(tcase, test_stale_cache);
    tcase_add_test(tcase, test_refused);
    tcase_add_test(tcase, test_mirror);
    suite_add_tcase(suite, tcase);
    return suite;
}
