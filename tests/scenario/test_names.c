/* What programs in pods get for a name: kubernetes/dns docs/specification.md 1.0.1 and the search list of a pod. */

#include "tests/scenario/support.h"

#include "base/duration.h"
#include "base/intern.h"
#include "scenario/names.h"

#include <check.h>

Suite *names_suite(void);

#define STORY(dns)                                                                                                             \
    SCENARIO("  cluster: {dns: " dns ", nodes: [{name: a}]}\n")                                                                \
    "---\napiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: db}\nspec:\n  serviceName: db\n  replicas: 2\n"              \
    "  selector: {matchLabels: {app: db}}\n  template: {metadata: {labels: {app: db}}, spec: {containers: [{name: d, image: nginx}]}}\n" \
    "---\napiVersion: v1\nkind: Service\nmetadata: {name: db}\nspec: {clusterIP: None, selector: {app: db}, ports: [{port: 80}]}\n" \
    "---\napiVersion: v1\nkind: Service\nmetadata: {name: none}\nspec: {clusterIP: None, selector: {app: none}, ports: [{port: 80}]}\n" \
    "---\napiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {clusterIP: 10.96.5.5, selector: {app: db}, ports: [{port: 80}]}\n" \
    "---\napiVersion: v1\nkind: Service\nmetadata: {name: alias}\nspec: {type: ExternalName, externalName: web.default.svc.cluster.local}\n" \
    "---\napiVersion: v1\nkind: Service\nmetadata: {name: circle}\nspec: {type: ExternalName, externalName: circle.default.svc.cluster.local}\n" \
    "---\napiVersion: v1\nkind: Service\nmetadata: {name: away}\nspec: {type: ExternalName, externalName: example.com}\n"      \
    "---\napiVersion: v1\nkind: Pod\nmetadata: {name: host}\nspec: {hostNetwork: true, containers: [{name: c, image: busybox, command: [sleep, '999']}]}\n" \
    "---\napiVersion: v1\nkind: Pod\nmetadata: {name: both}\nspec: {hostNetwork: true, dnsPolicy: ClusterFirstWithHostNet, containers: [{name: c, image: busybox, command: [sleep, '999']}]}\n" \
    "---\napiVersion: v1\nkind: Pod\nmetadata: {name: plain}\nspec: {dnsPolicy: Default, containers: [{name: c, image: busybox, command: [sleep, '999']}]}\n" \
    "---\napiVersion: v1\nkind: Pod\nmetadata: {name: own}\nspec: {dnsPolicy: None, dnsConfig: {nameservers: [10.96.0.10], searches: [db.default.svc.cluster.local], options: [{name: ndots, value: '2'}]}, containers: [{name: c, image: busybox, command: [sleep, '999']}]}\n" \
    "---\napiVersion: v1\nkind: Pod\nmetadata: {name: outside}\nspec: {dnsPolicy: None, dnsConfig: {nameservers: [1.1.1.1], searches: [default.svc.cluster.local]}, containers: [{name: c, image: busybox, command: [sleep, '999']}]}\n"

static const struct {
    const char *namespace_, *pod, *name, *want; /* want "DB-0": the address of that pod; "DB": of either */
} cases[] = {
    {"default", "db-0", "web", "10.96.5.5"},
    {"default", "db-0", "WEB.Default", "10.96.5.5"}, /* case does not matter */
    {"other", "x", "web", NULL},                     /* the search list begins with the pod's namespace */
    {"other", "x", "web.default", "10.96.5.5"},
    {"other", "x", "web.default.svc", "10.96.5.5"},
    {"other", "x", "web.default.svc.cluster.local", "10.96.5.5"},
    {"other", "x", "web.default.svc.cluster.local.", "10.96.5.5"},
    {"default", "db-0", "web.", NULL}, /* absolute: no search */
    {"default", "db-0", "kubernetes", "10.96.0.1"},
    {"default", "db-0", "db-0.db", "DB-0"}, /* hostname and subdomain of a StatefulSet's pod */
    {"default", "db-0", "db-1.db", "DB-1"},
    {"default", "db-0", "db-2.db", NULL},
    {"default", "db-0", "db", "DB"},
    {"default", "db-0", "none", NULL},
    {"default", "db-0", "db-0.web", NULL}, /* endpoints have names only behind headless Services */
    {"default", "db-0", "alias", "10.96.5.5"},
    {"default", "db-0", "circle", NULL},
    {"default", "db-0", "away", NULL}, /* nothing is outside */
    {"default", "db-0", "example.com", NULL},
    {"default", "db-0", "10-1-2-3.shop.pod", "10.1.2.3"}, /* CoreDNS: pods insecure */
    {"default", "db-0", "x-1-2-3.shop.pod", NULL},
    {"default", "db-0", "", NULL},
    {"default", "db-0", ".", NULL},
    {"default", "host", "web", NULL}, /* ClusterFirst on the node's network is Default */
    {"default", "both", "web", "10.96.5.5"},
    {"default", "plain", "web", NULL},
    {"default", "own", "web", NULL}, /* its own search list alone */
    {"default", "own", "db-1", "DB-1"},
    {"default", "own", "web.default.svc", NULL},
    {"default", "own", "web.default.svc.cluster.local", "10.96.5.5"},
    {"default", "outside", "web", NULL}, /* another server, which does not know the cluster */
};

static const char *
address_of(Cluster *cluster, const char *pod)
{
    return sandbox_ip(rt_container_sandbox(cluster_find_container(cluster, str_intern("default"), str_intern(pod), NULL)));
}

START_TEST(test_records)
{
    g_auto(Play) story = play_until(STORY("cluster"), 30 * NS_PER_S);
    Cluster *cluster = run_cluster(story.run);
    const char *first = address_of(cluster, "db-0");
    const char *second = address_of(cluster, "db-1");

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        const char *got = names_look_up(cluster, cases[i].namespace_, cases[i].pod, cases[i].name);
        const char *want = cases[i].want;

        if (str_is(want, "DB"))
            want = str_is(got, second) ? second : first;
        else if (str_is(want, "DB-0"))
            want = first;
        else if (str_is(want, "DB-1"))
            want = second;
        ck_assert_msg(str_is(got, want), "%s of %s/%s: got %s, wanted %s", cases[i].name, cases[i].namespace_, cases[i].pod, got, want);
    }
}
END_TEST

/* From a shell in a pod, through the packet filter; and not where nobody serves names, or nobody can be asked. */
START_TEST(test_in_pods)
{
    static const struct {
        const char *dns, *fault, *want;
    } worlds[] = {
        {"cluster", "", "Address: 10.96.5.5"},
        {"none", "", "NXDOMAIN"},
        {"cluster", "  - {at: 15s, fault: {networkPartition: {node: a, duration: 20s}}}\n", "NXDOMAIN"},
    };

    for (guint i = 0; i < G_N_ELEMENTS(worlds); i++) {
        g_autofree char *text = g_strdup_printf(
            SCENARIO("  cluster: {dns: %s, nodes: [{name: a}]}\n  timeline:\n%s  - {at: 50s, id: x, kubectl: logs c}\n"
                     "  expect: [{at: end, that: 'kubectl/x stdout contains %s'}]\n")
            "---\napiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {clusterIP: 10.96.5.5, ports: [{port: 80}]}\n"
            "---\napiVersion: v1\nkind: Pod\nmetadata: {name: c}\nspec: {containers: [{name: c, image: busybox, command: [sh, -c, sleep 20; nslookup web; sleep 99]}]}\n",
            worlds[i].dns, worlds[i].fault, worlds[i].want);
        g_auto(Play) story = play(text);
        g_autofree char *checks = checks_of(story.run);

        ck_assert_msg(g_str_has_prefix(checks, "ok"), "%u: %s", i, checks);
    }
}
END_TEST

Suite *
names_suite(void)
{
    Suite *suite = suite_create("names");
    TCase *tcase = tcase_create("names");

    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, test_records);
    tcase_add_test(tcase, test_in_pods);
    suite_add_tcase(suite, tcase);
    return suite;
}
