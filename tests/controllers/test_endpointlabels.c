/*
 * test_endpointlabels.c - what one pod makes of a slice: labels, addresses, ports
 *
 * Sources: v1.34 staging/src/k8s.io/endpointslice/reconciler_test.go, utils_test.go, util/controller_utils_test.go.
 */

#include "tests/controllers/slices.h"
#include "tests/controllers/suites.h"

/* --- one pod: TestReconcile1Pod ------------------------------------------------------------------------- */

static const struct {
    const char *name, *families, *cluster_ip, *labels;
    const char *wanted; /* "TYPE ADDRESS; ..." */
    const char *wanted_labels; /* beyond those every slice has */
} single_rows[] = {
    {"no-family-service", "", "10.0.0.10", "", "IPv4 1.2.3.4", ""},
    {"ipv4", "IPv4", "", "", "IPv4 1.2.3.4", LABEL_HEADLESS "="},
    {"ipv4-clusterip", "IPv4", "1.1.1.1", "", "IPv4 1.2.3.4", ""},
    {"ipv4-labels", "IPv4", "", "foo=bar", "IPv4 1.2.3.4", "foo=bar," LABEL_HEADLESS "="},
    {"ipv4-bad-labels", "IPv4", "",
     LABEL_SERVICE_NAME "=bad," LABEL_MANAGED_BY "=actor," LABEL_HEADLESS "=invalid", "IPv4 1.2.3.4", LABEL_HEADLESS "="},
    {"ipv6", "IPv6", "", "", "IPv6 1234::5678:0:0:9abc:def0", LABEL_HEADLESS "="},
    {"ipv6-clusterip", "IPv6", "1234::5678:0000:0000:9abc:def1", "", "IPv6 1234::5678:0:0:9abc:def0", ""},
    {"dualstack-service", "IPv4,IPv6", "10.0.0.10", "", "IPv4 1.2.3.4; IPv6 1234::5678:0:0:9abc:def0", ""},
};

static void
set_labels(StrMap *labels, const char *text)
{
    g_auto(GStrv) list = g_strsplit(text, ",", -1);

    for (guint i = 0; *text != '\0' && list[i] != NULL; i++) {
        g_auto(GStrv) pair = g_strsplit(list[i], "=", 2);

        str_map_set(labels, str_intern(pair[0]), str_intern(pair[1]));
    }
}

/* Sorted; those that every slice has only if they are wrong. */
static const char *
print_labels(const StrMap *labels)
{
    g_autoptr(GString) text = g_string_new(NULL);

    for (guint i = 0; i < labels->count; i++) {
        const StrPair *pair = &labels->items[i];

        if ((str_is(pair->key, LABEL_SERVICE_NAME) && str_is(pair->value, "web")) ||
            (str_is(pair->key, LABEL_MANAGED_BY) && str_is(pair->value, MANAGED_BY_US)))
            continue;
        g_string_append_printf(text, "%s%s=%s", text->len > 0 ? "," : "", pair->key, pair->value);
    }
    ck_assert_ptr_nonnull(str_map_get(labels, LABEL_SERVICE_NAME));
    ck_assert_ptr_nonnull(str_map_get(labels, LABEL_MANAGED_BY));
    return str_intern(text->str);
}

static void
set_service(ApiObject *service, const char *families, const char *cluster_ip, const char *labels)
{
    ServiceSpec *spec = api_edit_spec(service);
    g_auto(GStrv) list = g_strsplit(families, ",", -1);

    spec->ip_families.count = 0;
    for (guint i = 0; *families != '\0' && list[i] != NULL; i++)
        str_list_add(&spec->ip_families, str_intern(list[i]));
    spec->cluster_ip = *cluster_ip == '\0' ? NULL : str_intern(cluster_ip);
    set_labels(&api_edit_meta(service)->labels, labels);
}

START_TEST(test_single)
{
    Mini *mini = service_with(0);
    ApiObject *service = mini_edit(mini, &service_kind, "web"), *pod = make_backend(1, TRUE);
    PodStatus *status = api_edit_status(pod);
    g_autoptr(GString) got = g_string_new(NULL);

    set_service(service, single_rows[_i].families, single_rows[_i].cluster_ip, single_rows[_i].labels);
    mini_put(mini, service);
    ((PodSpec *)api_edit_spec(pod))->hostname = str_intern("example-hostname");
    status->pod_ip = status->pod_ips.items[0].ip = str_intern("1.2.3.4");
    API_LIST_ADD(&status->pod_ips)->ip = str_intern("1234::5678:0000:0000:9abc:def0");
    mini_add(mini, pod);
    SYNC(mini);
    for (guint i = 0; i < mini_count(mini, &endpoint_slice_kind); i++) {
        const Endpoint *endpoint = &body_of(mini, i)->endpoints.items[0];
        const ApiObject *slice = mini_nth(mini, &endpoint_slice_kind, i);

        g_string_append_printf(got, "%s%s %s", i > 0 ? "; " : "", body_of(mini, i)->address_type, endpoint->addresses.items[0]);
        ck_assert_uint_eq(body_of(mini, i)->endpoints.count, 1);
        ck_assert_str_eq(endpoint->zone, "zone-a");
        ck_assert_str_eq(endpoint->node_name, "n1");
        ck_assert_ptr_null(endpoint->hostname);
        ck_assert_msg(str_is(print_labels(&slice->meta->labels), single_rows[_i].wanted_labels), "%s: %s", single_rows[_i].name,
                      print_labels(&slice->meta->labels));
        ck_assert(g_str_has_prefix(api_name(slice), "web-"));
    }
    ck_assert_msg(str_is(got->str, single_rows[_i].wanted), "%s: %s", single_rows[_i].name, got->str);
    drop(mini);
}
END_TEST

/* --- labels: TestSetEndpointSliceLabels, TestNewEndpointSlice ---------------------------------------------- */

#define OURS LABEL_SERVICE_NAME "=web," LABEL_MANAGED_BY "=" MANAGED_BY_US

static const struct {
    const char *name, *slice, *service;
    gboolean is_headless;
    const char *wanted;
    gboolean has_changed;
} label_rows[] = {
    {"Service without labels and empty endpoint slice", "", "", FALSE, "", FALSE},
    {"Headless service with labels and empty endpoint slice", "", "foo=bar", TRUE, "foo=bar," LABEL_HEADLESS "=", TRUE},
    {"Headless service without labels and empty endpoint slice", "", "", TRUE, LABEL_HEADLESS "=", FALSE},
    {"Non Headless service with Headless label and empty endpoint slice", "", LABEL_HEADLESS "=", FALSE, "", FALSE},
    {"Headless Service change to ClusterIP Service with headless label", OURS "," LABEL_HEADLESS "=", LABEL_HEADLESS "=", FALSE, "", FALSE},
    {"Headless Service change to ClusterIP Service", OURS "," LABEL_HEADLESS "=", "", FALSE, "", FALSE},
    {"Headless service and endpoint slice with same labels", OURS ",foo=bar", "foo=bar", TRUE, "foo=bar," LABEL_HEADLESS "=", FALSE},
    {"Service with labels and empty endpoint slice", "", "foo=bar", FALSE, "foo=bar", TRUE},
    {"Slice with labels and service without labels", OURS ",foo=bar", "", FALSE, "", TRUE},
    {"Slice with headless label and service with ClusterIP", OURS "," LABEL_HEADLESS "=", "", FALSE, "", FALSE},
    {"Slice with reserved labels and service with labels", OURS, "foo=bar", FALSE, "foo=bar", TRUE},
    {"Evil service trying to hijack slice labels only well-known slice labels", OURS,
     LABEL_SERVICE_NAME "=bad," LABEL_MANAGED_BY "=actor," LABEL_HEADLESS "=invalid", FALSE, "", FALSE},
    {"Evil service trying to hijack slice labels with updates", OURS,
     LABEL_SERVICE_NAME "=bad," LABEL_MANAGED_BY "=actor,foo=bar", FALSE, "foo=bar", TRUE},
    {"Service with multiple labels", OURS, "foo=bar,foo2=bar2", FALSE, "foo=bar,foo2=bar2", TRUE},
};

START_TEST(test_labels)
{
    g_autoptr(ApiObject) service = make_service();
    g_autoptr(ApiObject) slice = api_object_new(&endpoint_slice_kind, str_intern("default"), str_intern("web-0"));
    StrMap labels = {0};

    set_service(service, "IPv4", label_rows[_i].is_headless ? "None" : "1.1.1.1", label_rows[_i].service);
    set_labels(&api_edit_meta(slice)->labels, label_rows[_i].slice);
    ck_assert_msg(slice_labels(slice, service, &labels) == label_rows[_i].has_changed, "%s", label_rows[_i].name);
    ck_assert_msg(str_is(print_labels(&labels), label_rows[_i].wanted), "%s: %s", label_rows[_i].name, print_labels(&labels));
    str_map_clear(&labels);
}
END_TEST

/* --- pods: TestShouldPodBeInEndpoints, TestPodToEndpoint, TestGetEndpointPorts ------------------------------- */

static const struct {
    const char *name, *phase, *ip;
    gboolean is_deleting, wanted;
} in_rows[] = {
    {"Failed pod with Never RestartPolicy", "Failed", "1.2.3.4", FALSE, FALSE},
    {"Succeeded pod with Never RestartPolicy", "Succeeded", "1.2.3.4", FALSE, FALSE},
    {"No IPs pod with Always RestartPolicy", "Pending", "", FALSE, FALSE},
    {"Empty PodIPs, running", "Running", "", FALSE, FALSE},
    {"Terminating Pod, includeTerminating=true", "Running", "1.2.3.4", TRUE, TRUE},
    {"Terminating and failed", "Failed", "1.2.3.4", TRUE, FALSE},
    {"Pending pod with an address", "Pending", "1.2.3.4", FALSE, TRUE},
    {"Unknown pod", "Unknown", "1.2.3.4", FALSE, TRUE},
    {"Normal pod", "Running", "1.2.3.4", FALSE, TRUE},
};

START_TEST(test_in)
{
    g_autoptr(ApiObject) pod = make_backend(1, TRUE);
    PodStatus *status = api_edit_status(pod);

    status->phase = str_intern(in_rows[_i].phase);
    status->pod_ips.count = 0;
    status->pod_ip = *in_rows[_i].ip == '\0' ? NULL : str_intern(in_rows[_i].ip);
    if (in_rows[_i].is_deleting)
        api_edit_meta(pod)->deletion_time = MINI_EPOCH;
    ck_assert_msg(pod_should_be_endpoint(pod) == in_rows[_i].wanted, "%s", in_rows[_i].name);
}
END_TEST

static const struct {
    const char *name, *hostname, *subdomain, *node, *zone;
    const char *wanted; /* hostname zone node, - for none */
} place_rows[] = {
    {"Ready pod", "", "", "n1", "", "- - n1"},
    {"Ready pod + node labels", "", "", "n1", "us-central1-a", "- us-central1-a n1"},
    {"Ready pod + hostname", "example-hostname", "web", "n1", "us-central1-a", "example-hostname us-central1-a n1"},
    {"a hostname without the Service's name as subdomain", "example-hostname", "other", "n1", "", "- - n1"},
    {"a subdomain without a hostname", "", "web", "n1", "", "- - n1"},
    {"no node yet", "", "", "", "", "- - -"},
};

START_TEST(test_place)
{
    g_autoptr(ApiObject) service = make_service();
    g_autoptr(ApiObject) pod = make_backend(1, TRUE);
    g_autoptr(ApiObject) node = make_node("n1", *place_rows[_i].zone == '\0' ? NULL : place_rows[_i].zone);
    PodSpec *spec = api_edit_spec(pod);
    Endpoint endpoint;
    g_autofree char *got = NULL;

    spec->hostname = *place_rows[_i].hostname == '\0' ? NULL : str_intern(place_rows[_i].hostname);
    spec->subdomain = *place_rows[_i].subdomain == '\0' ? NULL : str_intern(place_rows[_i].subdomain);
    spec->node_name = *place_rows[_i].node == '\0' ? NULL : str_intern(place_rows[_i].node);
    endpoint_from_pod(pod, node, service, str_intern("IPv4"), &endpoint);
    got = g_strdup_printf("%s %s %s", endpoint.hostname != NULL ? endpoint.hostname : "-", endpoint.zone != NULL ? endpoint.zone : "-",
                          endpoint.node_name != NULL ? endpoint.node_name : "-");
    ck_assert_msg(str_is(got, place_rows[_i].wanted), "%s: %s", place_rows[_i].name, got);
    endpoint_clear(&endpoint);
}
END_TEST

static const struct {
    const char *name, *ports, *containers, *wanted;
} port_rows[] = {
    {"service with AppProtocol on one port", "{name: http, port: 80, targetPort: 80, appProtocol: example.com/custom-protocol}",
     "containers: [{name: c, image: i}]", "http/TCP/80/example.com/custom-protocol;"},
    {"service with named port and AppProtocol on one port",
     "{name: http, port: 80, targetPort: 80}, {name: https, port: 443, targetPort: https, appProtocol: https}",
     "containers: [{name: c, image: i, ports: [{name: https, containerPort: 443}]}]", "http/TCP/80/;https/TCP/443/https;"},
    {"service with named port for restartable init container",
     "{name: http-sidecar, port: 8080, targetPort: 8080}, {name: http, port: 8090, targetPort: http}",
     "initContainers: [{name: s, image: i, restartPolicy: Always, ports: [{name: http-sidecar, containerPort: 8080}]}], "
     "containers: [{name: c, image: i, ports: [{name: http, containerPort: 8090}]}]",
     "http-sidecar/TCP/8080/;http/TCP/8090/;"},
    {"service with same named port for regular and restartable init container", "{name: http, port: 80, targetPort: http}",
     "initContainers: [{name: s, image: i, restartPolicy: Always, ports: [{name: http, containerPort: 8080}]}], "
     "containers: [{name: c, image: i, ports: [{name: http, containerPort: 8090}]}]",
     "http/TCP/8090/;"},
    {"a port that only a sidecar has", "{name: http, port: 80, targetPort: http}",
     "initContainers: [{name: s, image: i, restartPolicy: Always, ports: [{name: http, containerPort: 8080}]}], "
     "containers: [{name: c, image: i}]",
     "http/TCP/8080/;"},
    {"... or a container that runs first and is over", "{name: http, port: 80, targetPort: http}",
     "initContainers: [{name: s, image: i, ports: [{name: http, containerPort: 8080}]}], containers: [{name: c, image: i}]", ""},
    {"the protocol must be the same", "{name: dns, port: 53, protocol: UDP, targetPort: dns}",
     "containers: [{name: c, image: i, ports: [{name: dns, containerPort: 5353}]}]", ""},
    {"without a target: its own", "{name: http, port: 80}", "containers: [{name: c, image: i}]", "http/TCP/80/;"},
};

START_TEST(test_ports)
{
    g_autofree char *service_text = g_strdup_printf("{metadata: {name: web}, spec: {ports: [%s]}}", port_rows[_i].ports);
    g_autofree char *pod_text = g_strdup_printf("{metadata: {name: p}, spec: {%s}}", port_rows[_i].containers);
    g_autoptr(ApiObject) service = object_from_yaml(&service_kind, service_text);
    g_autoptr(ApiObject) pod = object_from_yaml(&pod_kind, pod_text);
    EndpointSliceBody body = {0};

    endpoint_ports_of(service, pod, &body);
    ck_assert_msg(str_is(ports_key(&body), port_rows[_i].wanted), "%s: %s", port_rows[_i].name, ports_key(&body));
    g_free(body.ports.items);
}
END_TEST

Suite *
endpointlabels_suite(void)
{
    Suite *suite = suite_create("endpointslice labels");
    TCase *tcase = tcase_create("labels");

    tcase_add_loop_test(tcase, test_single, 0, G_N_ELEMENTS(single_rows));
    tcase_add_loop_test(tcase, test_labels, 0, G_N_ELEMENTS(label_rows));
    tcase_add_loop_test(tcase, test_in, 0, G_N_ELEMENTS(in_rows));
    tcase_add_loop_test(tcase, test_place, 0, G_N_ELEMENTS(place_rows));
    tcase_add_loop_test(tcase, test_ports, 0, G_N_ELEMENTS(port_rows));
    suite_add_tcase(suite, tcase);
    return suite;
}
