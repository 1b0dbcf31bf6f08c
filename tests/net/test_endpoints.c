/*
 * test_endpoints.c - which endpoints a node uses, and what rules that makes
 *
 * Sources: v1.33 pkg/proxy/topology_test.go (TestCategorizeEndpoints), v1.26
 * pkg/proxy/iptables/number_generated_rules_test.go; where the policies of
 * services send a packet: kubernetes.io, virtual IPs.
 */

#include "base/duration.h"
#include "net/endpoints.h"

#include <check.h>

Suite *endpoints_suite(void);

/* --- choosing: one endpoint a word --------------------------------------------------------- */

/*
 * "r" ready, "n" not ready, "t" terminating and serving, "T" terminating, serving no more;
 * then "@node", "+zone" hints, "=node" hints.
 */
static ProxyEndpoint
parse_endpoint(const char *word, const char *node_name)
{
    ProxyEndpoint endpoint = {.port = 80};
    EndpointHints *hints = NULL;
    g_auto(GStrv) parts = NULL;
    g_autoptr(GString) spaced = g_string_new(NULL);

    endpoint.ip = str_intern(word);
    endpoint.is_ready = word[0] == 'r';
    endpoint.is_serving = word[0] == 'r' || word[0] == 't';
    endpoint.is_terminating = word[0] == 't' || word[0] == 'T';
    for (const char *c = word + 1; *c != '\0'; c++) {
        if (strchr("@+=", *c) != NULL)
            g_string_append_c(spaced, ' ');
        g_string_append_c(spaced, *c);
    }
    parts = g_strsplit(spaced->str, " ", -1);
    for (guint i = 0; parts[i] != NULL; i++) {
        if (parts[i][0] == '@')
            endpoint.is_local = str_is(parts[i] + 1, node_name);
        if (parts[i][0] != '+' && parts[i][0] != '=')
            continue;
        if (hints == NULL)
            hints = g_new0(EndpointHints, 1);
        if (parts[i][0] == '+')
            API_LIST_ADD(&hints->for_zones)->name = str_intern(parts[i] + 1);
        else
            API_LIST_ADD(&hints->for_nodes)->name = str_intern(parts[i] + 1);
    }
    endpoint.hints = hints;
    return endpoint;
}

static void
free_endpoint(ProxyEndpoint *endpoint)
{
    EndpointHints *hints = (EndpointHints *)endpoint->hints;

    if (hints == NULL)
        return;
    g_free(hints->for_zones.items);
    g_free(hints->for_nodes.items);
    g_free(hints);
}

/* "0 3": indices; "-": the list is not used; "": it is empty. */
static void
check_list(const char *name, const GArray *list, const char *want)
{
    g_autoptr(GString) got = g_string_new(NULL);

    for (guint i = 0; list != NULL && i < list->len; i++)
        g_string_append_printf(got, "%s%u", i > 0 ? " " : "", g_array_index(list, guint, i));
    ck_assert_msg(str_is(list == NULL ? "-" : got->str, want), "%s: got '%s', want '%s'", name,
                  list == NULL ? "-" : got->str, want);
}

#define ITP_LOCAL 1u /* internalTrafficPolicy Local */
#define EXTERNAL  2u /* has addresses called from outside */
#define ETP_LOCAL 4u /* externalTrafficPolicy Local */

static const struct {
    const char *name;
    const char *endpoints;
    const char *zone;
    guint flags;
    const char *want_cluster, *want_local;
    gboolean want_any;
} choose_cases[] = {
    {"no endpoints", "", "a", 0, "", "-", FALSE},
    {"hints of every ready endpoint: own zone only", "r+a r+b r+c r+a", "a", 0, "0 3", "-", TRUE},
    {"no hint names this zone: all", "r+a", "b", 0, "0", "-", TRUE},
    {"one without hint: all", "r+a r+b r r+a", "a", 0, "0 1 2 3", "-", TRUE},
    {"node without zone: all", "r+a r+b", NULL, 0, "0 1", "-", TRUE},
    {"hint of one not ready does not matter", "r+a r+b n", "a", 0, "0", "-", TRUE},
    {"several zones in a hint", "r+a+b r+b", "a", 0, "0", "-", TRUE},
    {"hints for nodes win over zones", "r+a=n1 r+a=n2", "a", 0, "0", "-", TRUE},
    {"hints for nodes that do not name this one: zones", "r+a=n2 r+b=n3", "a", 0, "0", "-", TRUE},
    {"all terminating: those that serve", "t t", "a", 0, "0 1", "-", TRUE},
    {"terminating ones only without a ready one", "r t", "a", 0, "0", "-", TRUE},
    {"terminating that serves no more", "T T", "a", 0, "", "-", FALSE},
    {"not ready and not terminating: nothing", "n n", "a", 0, "", "-", FALSE},
    {"internal Local: the local one, no cluster list", "r@n1 r@n2", "a", ITP_LOCAL, "-", "0", TRUE},
    {"internal Local, all elsewhere: empty, but some exist", "r@n2 r@n3", "a", ITP_LOCAL, "-", "",
     TRUE},
    {"internal Local, no endpoint usable", "n@n1 n@n2", "a", ITP_LOCAL, "-", "", FALSE},
    {"internal Local, local one terminates and serves", "t@n1 r@n2", "a", ITP_LOCAL, "-", "0",
     TRUE},
    {"internal Local, local ready before terminating", "t@n1 r@n1", "a", ITP_LOCAL, "-", "1", TRUE},
    {"external Local: both lists", "r@n1 r@n2", "a", EXTERNAL | ETP_LOCAL, "0 1", "0", TRUE},
    {"external Local, nothing here", "r@n2", "a", EXTERNAL | ETP_LOCAL, "0", "", TRUE},
    {"both Local and external: cluster list for the short cut", "r@n1 r@n2", "a",
     ITP_LOCAL | EXTERNAL | ETP_LOCAL, "0 1", "0", TRUE},
    {"external Cluster: one list", "r@n1 r@n2", "a", EXTERNAL, "0 1", "-", TRUE},
    {"external Local, not external: as Cluster", "r@n1 r@n2", "a", ETP_LOCAL, "0 1", "-", TRUE},
    {"local list ignores hints", "r@n1+b r@n2+a", "a", EXTERNAL | ETP_LOCAL, "1", "0", TRUE},
    {"local terminating and cluster ready fall back apart", "t@n1 r@n2", "a", EXTERNAL | ETP_LOCAL,
     "1", "0", TRUE},
};

START_TEST(test_choose)
{
    guint flags = choose_cases[_i].flags;
    gboolean internal_local = (flags & ITP_LOCAL) != 0;
    gboolean external = (flags & EXTERNAL) != 0;
    g_auto(GStrv) words = g_strsplit(choose_cases[_i].endpoints, " ", -1);
    g_autoptr(GArray) endpoints = g_array_new(FALSE, FALSE, sizeof(ProxyEndpoint));
    EndpointChoice choice;

    for (guint i = 0; words[i] != NULL && words[i][0] != '\0'; i++) {
        ProxyEndpoint endpoint = parse_endpoint(words[i], "n1");

        g_array_append_val(endpoints, endpoint);
    }
    choice = endpoints_choose((const ProxyEndpoint *)(gconstpointer)endpoints->data, endpoints->len,
                              "n1", choose_cases[_i].zone, !internal_local || external,
                              internal_local || (external && (flags & ETP_LOCAL) != 0));
    check_list(choose_cases[_i].name, choice.cluster, choose_cases[_i].want_cluster);
    check_list(choose_cases[_i].name, choice.local, choose_cases[_i].want_local);
    ck_assert_msg(choice.has_any == choose_cases[_i].want_any, "%s: has any",
                  choose_cases[_i].name);
    endpoint_choice_clear(&choice);
    for (guint i = 0; i < endpoints->len; i++)
        free_endpoint(&g_array_index(endpoints, ProxyEndpoint, i));
}
END_TEST

START_TEST(test_hints_for_nodes_need_1_34)
{
    ProxyEndpoint endpoints[] = {parse_endpoint("r=n1", "n1"), parse_endpoint("r=n2", "n1")};
    EndpointChoice choice = endpoints_choose(endpoints, 2, NULL, "a", TRUE, FALSE);

    check_list("without the feature", choice.cluster, "0 1");
    endpoint_choice_clear(&choice);
    free_endpoint(&endpoints[0]);
    free_endpoint(&endpoints[1]);
}
END_TEST

/* --- rules --------------------------------------------------------------------------------------- */

static ApiObject *
make_service(const char *name)
{
    ApiObject *service = api_object_new(&service_kind, str_intern("default"), str_intern(name));
    ServiceSpec *spec = api_edit_spec(service);
    ServicePort *port = API_LIST_ADD(&spec->ports);

    spec->type = str_intern("ClusterIP");
    spec->cluster_ip = str_intern("10.96.0.20");
    spec->internal_traffic_policy = str_intern("Cluster");
    port->port = 80;
    port->protocol = str_intern("TCP");
    return service;
}

/* @count ready endpoints 10.244.0.1..; every second one on n1. */
static ApiObject *
make_slice(const char *port_name, guint count)
{
    ApiObject *slice =
        api_object_new(&endpoint_slice_kind, str_intern("default"), str_intern("web-abcde"));
    EndpointSliceBody *body = api_edit_body(slice);
    EndpointPort *port = API_LIST_ADD(&body->ports);

    body->address_type = str_intern("IPv4");
    port->name = str_intern(port_name);
    port->port = (OptInt32){TRUE, 8080};
    for (guint i = 0; i < count; i++) {
        Endpoint *endpoint = API_LIST_ADD(&body->endpoints);

        str_list_add(&endpoint->addresses, str_internf("10.244.0.%u", i + 1));
        endpoint->conditions.ready = OPT_TRUE;
        endpoint->node_name = str_intern(i % 2 == 0 ? "n1" : "n2");
    }
    return slice;
}

typedef struct {
    FilterRule *rules;
    guint n_rules;
    RuleLines lines;
} Rules;

static Rules
rules_of(ApiObject *service, ApiObject *slice)
{
    const ProxyNode node = {.node_name = "n1", .has_node_hints = TRUE};
    g_autoptr(GPtrArray) slices = g_ptr_array_new();
    Rules rules = {0};

    if (slice != NULL)
        g_ptr_array_add(slices, slice);
    rules.rules = endpoints_service_rules(service, slices, &node, &rules.n_rules, &rules.lines);
    return rules;
}

static void
drop(Rules *rules, ApiObject *service, ApiObject *slice)
{
    for (guint i = 0; i < rules->n_rules; i++)
        g_free(rules->rules[i].backends);
    g_free(rules->rules);
    api_object_unref(service);
    if (slice != NULL)
        api_object_unref(slice);
}

START_TEST(test_rule_of_a_cluster_ip)
{
    ApiObject *service = make_service("web");
    ApiObject *slice = make_slice(NULL, 2);
    Rules rules = rules_of(service, slice);

    ck_assert_uint_eq(rules.n_rules, 1);
    ck_assert_str_eq(rules.rules[0].ip, "10.96.0.20");
    ck_assert_int_eq(rules.rules[0].port, 80);
    ck_assert_int_eq(rules.rules[0].verdict, FILTER_DNAT);
    ck_assert_uint_eq(rules.rules[0].n_backends, 2);
    ck_assert_str_eq(rules.rules[0].backends[1].ip, "10.244.0.2");
    ck_assert_int_eq(rules.rules[0].backends[1].port, 8080);
    ck_assert_int_eq(rules.rules[0].affinity_ns, 0);
    drop(&rules, service, slice);
}
END_TEST

START_TEST(test_slice_port_of_another_name)
{
    ApiObject *service = make_service("web");
    ApiObject *slice = make_slice("metrics", 2);
    Rules rules = rules_of(service, slice);

    ck_assert_int_eq(rules.rules[0].verdict, FILTER_REJECT);
    drop(&rules, service, slice);
}
END_TEST

START_TEST(test_an_address_in_two_slices_counts_once)
{
    ApiObject *service = make_service("web");
    ApiObject *slice = make_slice(NULL, 3);
    const ProxyNode node = {.node_name = "n1"};
    g_autoptr(GPtrArray) slices = g_ptr_array_new();
    Rules rules = {0};

    g_ptr_array_add(slices, slice);
    g_ptr_array_add(slices, slice);
    rules.rules = endpoints_service_rules(service, slices, &node, &rules.n_rules, &rules.lines);
    ck_assert_uint_eq(rules.rules[0].n_backends, 3);
    drop(&rules, service, slice);
}
END_TEST

static const struct {
    const char *name;
    const char *type, *cluster_ip, *label;
} unproxied_cases[] = {
    {"headless", "ClusterIP", "None", NULL},
    {"no address yet", "ClusterIP", NULL, NULL},
    {"ExternalName", "ExternalName", NULL, NULL},
    {"another proxy's", "ClusterIP", "10.96.0.20", "service.kubernetes.io/service-proxy-name"},
};

START_TEST(test_services_without_rules)
{
    ApiObject *service = make_service("web");
    ApiObject *slice = make_slice(NULL, 2);
    ServiceSpec *spec = api_edit_spec(service);
    Rules rules;

    spec->type = str_intern(unproxied_cases[_i].type);
    spec->cluster_ip = str_intern(unproxied_cases[_i].cluster_ip);
    if (unproxied_cases[_i].label != NULL)
        str_map_set(&api_edit_meta(service)->labels, str_intern(unproxied_cases[_i].label),
                    str_intern("x"));
    rules = rules_of(service, slice);
    ck_assert_msg(rules.n_rules == 0, "%s", unproxied_cases[_i].name);
    drop(&rules, service, slice);
}
END_TEST

/* A packet's way by policy: from outside, and the short cut from the machine itself. */
START_TEST(test_external_policy_local)
{
    ApiObject *service = make_service("web");
    ApiObject *slice = make_slice(NULL, 4);
    ServiceSpec *spec = api_edit_spec(service);
    Rules rules;

    spec->type = str_intern("NodePort");
    spec->ports.items[0].node_port = 30080;
    spec->external_traffic_policy = str_intern("Local");
    rules = rules_of(service, slice);
    ck_assert_uint_eq(rules.n_rules, 3);
    ck_assert_uint_eq(rules.rules[0].n_backends, 4); /* the cluster IP */
    ck_assert(rules.rules[1].ip == NULL);
    ck_assert_int_eq(rules.rules[1].port, 30080);
    ck_assert_int_eq(rules.rules[1].origin, FILTER_FROM_OUTSIDE);
    ck_assert_uint_eq(rules.rules[1].n_backends, 2);
    ck_assert_int_eq(rules.rules[2].origin, FILTER_FROM_INSIDE);
    ck_assert_uint_eq(rules.rules[2].n_backends, 4);
    drop(&rules, service, slice);
}
END_TEST

START_TEST(test_local_without_local_endpoint_drops)
{
    ApiObject *service = make_service("web");
    ApiObject *slice = make_slice(NULL, 1);
    EndpointSliceBody *body = api_edit_body(slice);
    Rules rules;

    body->endpoints.items[0].node_name = str_intern("n2");
    ((ServiceSpec *)api_edit_spec(service))->internal_traffic_policy = str_intern("Local");
    rules = rules_of(service, slice);
    ck_assert_int_eq(rules.rules[0].verdict, FILTER_DROP);
    drop(&rules, service, slice);
}
END_TEST

START_TEST(test_addresses_of_balancers)
{
    ApiObject *service = make_service("web");
    ApiObject *slice = make_slice(NULL, 2);
    ServiceSpec *spec = api_edit_spec(service);
    ServiceStatus *status = api_edit_status(service);
    LoadBalancerIngress *ingress;
    Rules rules;

    str_list_add(&spec->external_ips, str_intern("203.0.113.1"));
    ingress = API_LIST_ADD(&status->load_balancer.ingress);
    ingress->ip = str_intern("203.0.113.2");
    ingress = API_LIST_ADD(&status->load_balancer.ingress);
    ingress->ip = str_intern("203.0.113.3");
    ingress->ip_mode = str_intern("Proxy"); /* the balancer itself is to get those packets */
    rules = rules_of(service, slice);
    ck_assert_uint_eq(rules.n_rules, 3);
    ck_assert_str_eq(rules.rules[1].ip, "203.0.113.1");
    ck_assert_str_eq(rules.rules[2].ip, "203.0.113.2");
    drop(&rules, service, slice);
}
END_TEST

START_TEST(test_affinity)
{
    ApiObject *service = make_service("web");
    ApiObject *slice = make_slice(NULL, 2);
    Rules rules;

    ((ServiceSpec *)api_edit_spec(service))->session_affinity = str_intern("ClientIP");
    rules = rules_of(service, slice);
    ck_assert_int_eq(rules.rules[0].affinity_ns, 10800 * NS_PER_S);
    drop(&rules, service, slice);
}
END_TEST

/* v1.26 number_generated_rules_test.go: lines of filter and nat of a full sync */
static const struct {
    const char *name;
    guint services, endpoints;
    gboolean is_balancer;
    guint want_filter, want_nat;
} line_cases[] = {
    {"no service", 0, 0, FALSE, 3, 5},
    {"1 service without endpoints", 1, 0, FALSE, 4, 5},
    {"1 service, 1 endpoint", 1, 1, FALSE, 3, 10},
    {"1 service, 2 endpoints", 1, 2, FALSE, 3, 13},
    {"1 service, 10 endpoints", 1, 10, FALSE, 3, 37},
    {"10 services without endpoints", 10, 0, FALSE, 13, 5},
    {"10 services, 10 endpoints each", 10, 10, FALSE, 3, 325},
    {"10 services, 20 endpoints each", 10, 20, FALSE, 3, 625},
    {"balancer without endpoints", 1, 0, TRUE, 7, 5},
    {"balancer, 1 endpoint", 1, 1, TRUE, 4, 16},
    {"10 balancers, 10 endpoints each", 10, 10, TRUE, 13, 385},
};

START_TEST(test_lines)
{
    RuleLines lines = RULE_LINES_ALWAYS;

    for (guint i = 0; i < line_cases[_i].services; i++) {
        ApiObject *service = make_service("web");
        ApiObject *slice = make_slice(NULL, line_cases[_i].endpoints);
        ServiceSpec *spec = api_edit_spec(service);
        Rules rules;

        if (line_cases[_i].is_balancer) {
            spec->type = str_intern("LoadBalancer");
            spec->ports.items[0].node_port = 30080;
            str_list_add(&spec->external_ips, str_intern("203.0.113.1"));
            str_list_add(&spec->load_balancer_source_ranges, str_intern("192.0.2.0/24"));
            API_LIST_ADD(&((ServiceStatus *)api_edit_status(service))->load_balancer.ingress)->ip =
                str_intern("203.0.113.2");
        }
        rules = rules_of(service, slice);
        lines.filter += rules.lines.filter;
        lines.nat += rules.lines.nat;
        drop(&rules, service, slice);
    }
    ck_assert_msg(lines.filter == line_cases[_i].want_filter &&
                      lines.nat == line_cases[_i].want_nat,
                  "%s: got filter %u, nat %u", line_cases[_i].name, lines.filter, lines.nat);
}
END_TEST

Suite *
endpoints_suite(void)
{
    Suite *suite = suite_create("endpoints");
    TCase *tcase = tcase_create("choose");

    tcase_add_loop_test(tcase, test_choose, 0, G_N_ELEMENTS(choose_cases));
    tcase_add_test(tcase, test_hints_for_nodes_need_1_34);
    suite_add_tcase(suite, tcase);
    tcase = tcase_create("rules");
    tcase_add_test(tcase, test_rule_of_a_cluster_ip);
    tcase_add_test(tcase, test_slice_port_of_another_name);
    tcase_add_test(tcase, test_an_address_in_two_slices_counts_once);
    tcase_add_loop_test(tcase, test_services_without_rules, 0, G_N_ELEMENTS(unproxied_cases));
    tcase_add_test(tcase, test_external_policy_local);
    tcase_add_test(tcase, test_local_without_local_endpoint_drops);
    tcase_add_test(tcase, test_addresses_of_balancers);
    tcase_add_test(tcase, test_affinity);
    tcase_add_loop_test(tcase, test_lines, 0, G_N_ELEMENTS(line_cases));
    suite_add_tcase(suite, tcase);
    return suite;
}
