/* test_dns.c - names of pods and their resolvers; v1.34 network/dns/dns_test.go, kubelet_pods_test.go */

#include "node/dns.h"
#include "node/env.h"
#include "tests/node/lab.h"
#include "tests/node/support.h"

#include <check.h>

Suite *dns_suite(void);

static ApiObject *
pod_with(const char *name, const char *spec)
{
    g_autofree char *yaml = g_strdup_printf("apiVersion: v1\nkind: Pod\nmetadata: {name: %s, namespace: ns}\nspec:\n%s"
                                            "  containers: [{name: a, image: \"i:1\"}]\n",
                                            name, spec);

    return pod_from_yaml(yaml);
}

#define SEARCH "search ns.svc.cluster.local svc.cluster.local cluster.local"

/* TestGetPodDNSType, TestGetPodDNSCustom, TestAppendDNSConfig, TestMergeDNSOptions */
static const struct {
    const char *spec;
    gboolean has_cluster, lacks_cluster;
    const char *file;
} dns_cases[] = {
    {"", TRUE, FALSE, SEARCH "\nnameserver 10.96.0.10\noptions ndots:5\n"},
    {"", FALSE, TRUE, ""},
    {"  dnsPolicy: Default\n", TRUE, FALSE, ""},
    {"  dnsPolicy: Default\n", FALSE, FALSE, ""},
    {"  hostNetwork: true\n", TRUE, FALSE, ""},
    {"  hostNetwork: true\n", FALSE, FALSE, ""},
    {"  hostNetwork: true\n  dnsPolicy: ClusterFirstWithHostNet\n", TRUE, FALSE,
     SEARCH "\nnameserver 10.96.0.10\noptions ndots:5\n"},
    {"  hostNetwork: true\n  dnsPolicy: ClusterFirstWithHostNet\n", FALSE, TRUE, ""},
    {"  dnsPolicy: None\n  dnsConfig: {nameservers: [1.1.1.1, 8.8.8.8], searches: [a.b], options: [{name: ndots, value: \"2\"}, {name: rotate}]}\n",
     TRUE, FALSE, "search a.b\nnameserver 1.1.1.1\nnameserver 8.8.8.8\noptions ndots:2 rotate\n"},
    {"  dnsConfig: {nameservers: [1.1.1.1, 10.96.0.10], searches: [a.b, svc.cluster.local], options: [{name: ndots, value: \"3\"}]}\n",
     TRUE, FALSE, SEARCH " a.b\nnameserver 10.96.0.10\nnameserver 1.1.1.1\noptions ndots:3\n"},
    {"  dnsConfig: {nameservers: [1.1.1.1]}\n", FALSE, TRUE, "nameserver 1.1.1.1\n"},
    {"  dnsConfig: {options: [{name: ndots}]}\n", TRUE, FALSE, SEARCH "\nnameserver 10.96.0.10\noptions ndots\n"},
    {"  dnsConfig: {options: [{name: timeout, value: \"1\"}]}\n", TRUE, FALSE,
     SEARCH "\nnameserver 10.96.0.10\noptions ndots:5 timeout:1\n"},
};

START_TEST(test_resolver)
{
    __typeof__(&dns_cases[0]) c = &dns_cases[_i];
    g_autoptr(ApiObject) pod = pod_with("p", c->spec);
    g_auto(PodDns) dns = {0};

    pod_dns_make(pod, c->has_cluster ? "10.96.0.10" : NULL, &dns);
    ck_assert_str_eq(pod_dns_file(&dns), c->file);
    ck_assert_int_eq(dns.lacks_cluster, c->lacks_cluster);
    ck_assert_ptr_null(dns.warning);
}
END_TEST

/* TestFormDNSNameserversFitsLimits, TestFormDNSSearchFitsLimits */
START_TEST(test_limits)
{
    g_autoptr(ApiObject) servers = pod_with("p", "  dnsConfig: {nameservers: [1.1.1.1, 2.2.2.2, 3.3.3.3]}\n");
    g_autoptr(GString) spec = g_string_new("  dnsPolicy: None\n  dnsConfig: {nameservers: [1.1.1.1], searches: [a0");
    g_autoptr(ApiObject) searches = NULL;
    g_auto(PodDns) few = {0};
    g_auto(PodDns) many = {0};

    pod_dns_make(servers, "10.96.0.10", &few);
    ck_assert_uint_eq(few.servers->len, 3);
    ck_assert_str_eq(few.warning, "Nameserver limits were exceeded, some nameservers have been omitted, the applied "
                                  "nameserver line is: 10.96.0.10 1.1.1.1 2.2.2.2");
    for (guint i = 1; i < 40; i++)
        g_string_append_printf(spec, ", a%u", i);
    g_string_append(spec, "]}\n");
    searches = pod_with("p", spec->str);
    pod_dns_make(searches, NULL, &many);
    ck_assert_uint_eq(many.searches->len, 32);
    ck_assert_msg(g_str_has_prefix(many.warning, "Search Line limits were exceeded, some search paths have been omitted, "
                                                 "the applied search line is: a0 a1 ") &&
                      g_str_has_suffix(many.warning, " a31"),
                  "%s", many.warning);
}
END_TEST

#define LONG "abcdefghij-abcdefghij-abcdefghij-abcdefghij-abcdefghij-abcdefg" /* 62 */

/* TestManagedHostsFileContent, TestTruncatePodHostname, TestGetNodenameForKernel */
static const struct {
    const char *name, *spec, *hostname, *hosts;
} name_cases[] = {
    {"p", "", "p", "\tp\n"},
    {"p", "  hostname: h\n", "h", "\th\n"},
    {"p", "  hostname: h\n  subdomain: s\n", "h", "\th.s.ns.svc.cluster.local\th\n"},
    {"p", "  subdomain: s\n", "p", "\tp.s.ns.svc.cluster.local\tp\n"},
    {"p", "  subdomain: s\n  setHostnameAsFQDN: true\n", "p.s.ns.svc.cluster.local", "\tp.s.ns.svc.cluster.local\tp\n"},
    {"p", "  setHostnameAsFQDN: true\n", "p", "\tp\n"},
    {LONG "hx", "", LONG "h", "\t" LONG "h\n"},
    {LONG "-x", "", LONG, "\t" LONG "\n"},
    {"p", "  hostNetwork: true\n", "node", "\tp\n"},
    {"p", "  hostAliases: [{ip: 1.2.3.4, hostnames: [foo, foo.bar]}, {ip: 5.6.7.8, hostnames: [x]}]\n", "p",
     "\tp\n\n# Entries added by HostAliases.\n1.2.3.4\tfoo\tfoo.bar\n5.6.7.8\tx\n"},
};

START_TEST(test_names)
{
    g_autoptr(ApiObject) pod = pod_with(name_cases[_i].name, name_cases[_i].spec);

    ck_assert_str_eq(pod_hostname(pod, "node"), name_cases[_i].hostname);
    ck_assert_str_eq(pod_hosts(pod), name_cases[_i].hosts);
}
END_TEST

/* pkg/fieldpath/fieldpath_test.go: maps are quoted as Go does. */
START_TEST(test_quoted_maps)
{
    g_autoptr(ApiObject) pod = pod_from_yaml("apiVersion: v1\nkind: Pod\nmetadata:\n  name: p\n  annotations: {a: \"x\\ny\", b: '{\"k\": 1}'}\n"
                                             "spec: {containers: [{name: a, image: \"i:1\"}]}\n");

    ck_assert_str_eq(env_field(pod, "metadata.annotations", "n", "", NULL), "a=\"x\\ny\"\nb=\"{\\\"k\\\": 1}\"");
}
END_TEST

/* pkg/api/v1/resource/helpers_test.go, TestExtractResourceValue; what has no limit may use all that the node gives. */
static const struct {
    const char *resources, *resource, *divisor, *want;
} resource_cases[] = {
    {"{}", "limits.cpu", NULL, "2"}, /* 1900m */
    {"{}", "limits.cpu", "1m", "1900"},
    {"{}", "limits.memory", NULL, "1000000"},
    {"{}", "limits.memory", "1k", "1000"},
    {"{}", "limits.ephemeral-storage", NULL, "5000"},
    {"{limits: {cpu: \"0\"}}", "limits.cpu", "1m", "1900"},
    {"{}", "requests.cpu", NULL, "0"},
    {"{requests: {cpu: 100m}}", "requests.cpu", NULL, "1"},
    {"{requests: {cpu: 100m}}", "requests.cpu", "1m", "100"},
    {"{limits: {cpu: 1500m}}", "limits.cpu", NULL, "2"},
    {"{requests: {memory: 64Mi}}", "requests.memory", "1Mi", "64"},
    {"{requests: {memory: 65Mi}}", "requests.memory", "64Mi", "2"},
    {"{limits: {hugepages-2Mi: 4Mi}}", "limits.hugepages-2Mi", "1Mi", "4"},
    {"{}", "limits.hugepages-2Mi", NULL, "0"},
};

START_TEST(test_resources)
{
    __typeof__(&resource_cases[0]) c = &resource_cases[_i];
    g_autofree char *yaml = g_strdup_printf("apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n"
                                            "  containers: [{name: a, image: \"i:1\", resources: %s}]\n",
                                            c->resources);
    g_autoptr(ApiObject) pod = pod_from_yaml(yaml);
    g_autoptr(ApiObject) node = api_object_new(&node_kind, NULL, "n");
    NodeStatus *status = api_edit_status(node);
    Quantity divisor = {0};
    ResourceFieldSelector ref = {.resource = str_intern(c->resource), .divisor = c->divisor != NULL ? &divisor : NULL};

    quantity_map_set(&status->allocatable, str_intern("cpu"), quantity_from_milli(1900));
    quantity_map_set(&status->allocatable, str_intern("memory"), quantity_from_int(1000000, QUANTITY_BINARY_SI));
    quantity_map_set(&status->allocatable, str_intern("ephemeral-storage"), quantity_from_int(5000, QUANTITY_BINARY_SI));
    if (c->divisor != NULL)
        quantity_parse(c->divisor, &divisor);
    ck_assert_str_eq(env_resource(pod, &pod_spec(pod)->containers.items[0], &ref, node), c->want);
    ref.container_name = str_intern("a");
    ck_assert_str_eq(env_resource(pod, NULL, &ref, node), c->want);
}
END_TEST

/* --- in containers ----------------------------------------------------------------------------- */

static char *
log_of(Lab *lab)
{
    g_autoptr(GPtrArray) containers = runtime_list_containers(lab->runtimes[0]);

    return rt_container_log(containers->pdata[0]);
}

START_TEST(test_in_container)
{
    Lab *lab = lab_new(&(LabOptions){.seed = 1, .cluster_dns = TRUE});
    g_autofree char *log = NULL;

    lab_apply(lab, "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n"
                   "  hostname: h\n"
                   "  dnsConfig: {nameservers: [1.1.1.1, 2.2.2.2, 3.3.3.3]}\n"
                   "  hostAliases: [{ip: 1.2.3.4, hostnames: [foo]}]\n"
                   "  containers:\n"
                   "  - {name: app, image: \"registry.local/app:1\", command: [sh, -c, \"hostname; echo $HOSTNAME; tail -n 1 /etc/hosts; sleep 999\"]}\n");
    lab_run(lab, 5000);
    log = log_of(lab);
    ck_assert_str_eq(log, "h\nh\n1.2.3.4\tfoo\n");
    ck_assert_int_eq(lab_count_event(lab, "p", "DNSConfigForming"), 3); /* the sandbox, two syncs */
    lab_free(lab);
}
END_TEST

static gboolean
set_label(ApiObject *object, gpointer data)
{
    (void)data;
    str_map_set(&api_edit_meta(object)->labels, str_intern("a"), str_intern("two"));
    return TRUE;
}

/* v1.34 pkg/volume/downwardapi: it follows labels at the sync that their change brings about, and knows resources. */
START_TEST(test_downward_volume)
{
    Lab *lab = lab_new(&(LabOptions){.seed = 1, .cluster_dns = TRUE});
    g_autofree char *log = NULL;
    ApiRequest *request = api_request_new(VERB_PATCH, &pod_kind, str_intern("default"), str_intern("p"));

    lab_apply(lab, "apiVersion: v1\nkind: Pod\nmetadata: {name: p, labels: {a: one}}\nspec:\n"
                   "  containers:\n"
                   "  - name: app\n    image: registry.local/app:1\n    resources: {requests: {cpu: 250m}}\n"
                   "    command: [sh, -c, \"cat /v/cpu; echo; cat /v/l; echo; sleep 10; cat /v/l; sleep 999\"]\n"
                   "    volumeMounts: [{name: v, mountPath: /v}]\n"
                   "  volumes:\n"
                   "  - name: v\n    downwardAPI:\n      items:\n"
                   "      - {path: cpu, resourceFieldRef: {containerName: app, resource: requests.cpu, divisor: 1m}}\n"
                   "      - {path: l, fieldRef: {fieldPath: metadata.labels}}\n");
    lab_run(lab, 5000);
    request->mutate = set_label;
    ck_assert_int_eq(lab_call(lab, request), 200);
    lab_run(lab, 20000);
    log = log_of(lab);
    ck_assert_str_eq(log, "250\na=\"one\"\na=\"two\"");
    lab_free(lab);
}
END_TEST

/* v1.34 pkg/volume/projected, collectData: all that is missing; the wait that ends after 2 min 3 s tells nothing. */
START_TEST(test_projected)
{
    Lab *lab = lab_new(&(LabOptions){.seed = 1, .cluster_dns = TRUE});

    lab_apply(lab, "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n"
                   "  containers: [{name: app, image: \"registry.local/app:1\", volumeMounts: [{name: v, mountPath: /v}]}]\n"
                   "  volumes: [{name: v, projected: {sources: [{configMap: {name: x}}, {secret: {name: yy}}, {configMap: {name: x}}]}}]\n");
    lab_run(lab, 127000);
    ck_assert_str_eq(lab_event_message(lab, "p", "FailedMount"),
                     "MountVolume.SetUp failed for volume \"v\" : [configmap \"x\" not found, secret \"yy\" not found]");
    ck_assert_int_eq(lab_count_event(lab, "p", "FailedMount"), 8); /* at 0, 0.5, 1.5, ... 63.5 s */
    lab_free(lab);
}
END_TEST

/* v1.34 kuberuntime_termination_order_test.go: a sidecar waits for app containers and later sidecars, not for plain init ones. */
START_TEST(test_sidecar_beside_init)
{
    Lab *lab = lab_new(&(LabOptions){.seed = 1, .cluster_dns = TRUE});
    gint64 ended;

    lab_apply(lab, "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  terminationGracePeriodSeconds: 20\n"
                   "  initContainers:\n"
                   "  - {name: s, image: \"registry.local/app:1\", restartPolicy: Always, command: [sh, -c, \"trap 'exit 0' TERM; while true; do sleep 1; done\"],\n"
                   "     readinessProbe: {exec: {command: [\"true\"]}, periodSeconds: 1}}\n"
                   "  - {name: i, image: \"registry.local/app:1\", command: [sh, -c, \"sleep 1000000\"]}\n"
                   "  containers: [{name: app, image: \"registry.local/app:1\"}]\n");
    lab_run(lab, 10000);
    lab_delete(lab, "p", -1);
    lab_run(lab, 40000);
    /* Its probe finds it ended long before the other is killed. */
    ended = lab_when_event(lab, "p", "Unhealthy", 1);
    ck_assert_msg(ended > 10000 && ended < 14000, "%d ms", (int)ended);
    ck_assert_int_gt(lab_when_gone(lab, "p"), 30000);
    lab_free(lab);
}
END_TEST

/* v1.34 pkg/probe/grpc: a refused connection is tried until the time is over; prober.go: static variables in commands. */
START_TEST(test_probe_details)
{
    Lab *lab = lab_new(&(LabOptions){.seed = 1, .cluster_dns = TRUE});
    gint64 first;

    lab_apply(lab, "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n"
                   "  containers:\n"
                   "  - {name: app, image: \"registry.local/app:1\", command: [sleep, \"1000000\"],\n"
                   "     readinessProbe: {grpc: {port: 82}, timeoutSeconds: 3, periodSeconds: 10}}\n");
    lab_apply(lab, "apiVersion: v1\nkind: Pod\nmetadata: {name: q}\nspec:\n"
                   "  containers:\n"
                   "  - {name: app, image: \"registry.local/app:1\", command: [sleep, \"1000000\"], env: [{name: X, value: seen}],\n"
                   "     readinessProbe: {exec: {command: [sh, -c, \"echo '$(X) $(Y)'; exit 1\"]}}}\n");
    lab_run(lab, 8000);
    first = lab_when(lab, "p", pod_runs, NULL, 0);
    ck_assert_int_ge(lab_when_event(lab, "p", "Unhealthy", 1), first + 2900);
    ck_assert_str_eq(lab_event_message(lab, "q", "Unhealthy"), "Readiness probe failed: seen $(Y)\n");
    lab_free(lab);
}
END_TEST

Suite *
dns_suite(void)
{
    Suite *suite = suite_create("dns");
    TCase *tcase = tcase_create("rules");

    tcase_set_timeout(tcase, 60);
    tcase_add_loop_test(tcase, test_resolver, 0, G_N_ELEMENTS(dns_cases));
    tcase_add_test(tcase, test_limits);
    tcase_add_loop_test(tcase, test_names, 0, G_N_ELEMENTS(name_cases));
    tcase_add_test(tcase, test_quoted_maps);
    tcase_add_loop_test(tcase, test_resources, 0, G_N_ELEMENTS(resource_cases));
    tcase_add_test(tcase, test_in_container);
    tcase_add_test(tcase, test_downward_volume);
    tcase_add_test(tcase, test_projected);
    tcase_add_test(tcase, test_sidecar_beside_init);
    tcase_add_test(tcase, test_probe_details);
    suite_add_tcase(suite, tcase);
    return suite;
}
