/*
 * What metrics-server keeps of two looks at a container.
 *
 * Expectations: metrics-server v0.8 pkg/storage/pod_test.go ("last with start time
 * before 10 s", restarts, missing containers), in numbers worked by hand.
 */
#include "base/duration.h"
#include "node/metrics_server.h"

#include <check.h>

Suite *metrics_suite(void);

#define T0 (G_GINT64_CONSTANT(1800000000) * NS_PER_S)

/* A look: container @name began at start_s and had used cpu_ms at wall_s. */
typedef struct {
    const char *name;
    gint64 start_s, wall_s, cpu_ms;
} Look;

static const struct {
    const char *name;
    Look scrapes[3][2];
    const char *want; /* "container cpu; ... | window @ time"; NULL: nothing to say */
} cases[] = {
    {"one look is not enough", {{{"c", 0, 100, 5000}}}, NULL},
    {"two are", {{{"c", 0, 100, 5000}}, {{"c", 0, 115, 8000}}}, "c 200m | 15s @ 115"},
    {"the same look twice", {{{"c", 0, 100, 5000}}, {{"c", 0, 115, 8000}}, {{"c", 0, 115, 8000}}}, "c 200m | 15s @ 115"},
    {"a young one is compared with its start", {{{"c", 100, 112, 3000}}}, "c 250m | 12s @ 112"},
    {"too young", {{{"c", 100, 109, 3000}}}, NULL},
    {"15 s is not young any more", {{{"c", 100, 115, 3000}}}, NULL},
    {"restarted in between", {{{"c", 0, 100, 5000}}, {{"c", 107, 115, 100}}}, NULL},
    {"one container of two is new", {{{"c", 0, 100, 5000}}, {{"c", 0, 115, 8000}, {"d", 114, 115, 10}}}, NULL},
    {"the oldest look gives the time",
     {{{"c", 0, 100, 5000}, {"d", 0, 104, 0}}, {{"c", 0, 115, 8000}, {"d", 0, 112, 2000}}},
     "c 200m; d 250m | 8s @ 112"},
    {"forgotten when a scrape misses it", {{{"c", 0, 100, 5000}}, {{NULL, 0, 0, 0}}, {{"c", 0, 130, 8000}}}, NULL},
};

static void
put(MetricsStore *store, const Look *looks)
{
    g_autoptr(GArray) points = g_array_new(FALSE, TRUE, sizeof(ContainerPoint));

    for (guint i = 0; i < 2 && looks[i].name != NULL; i++) {
        ContainerPoint point = {str_intern("default"), str_intern("p"), str_intern(looks[i].name), {0}};

        point.point = (StatsPoint){T0 + looks[i].start_s * NS_PER_S, T0 + looks[i].wall_s * NS_PER_S, looks[i].cpu_ms * NS_PER_MS, 0};
        g_array_append_val(points, point);
    }
    metrics_store_put(store, points);
}

START_TEST(test_store)
{
    MetricsStore *store = metrics_store_new(15 * NS_PER_S);
    g_autoptr(ApiObject) object = api_object_new(&pod_metrics_kind, str_intern("default"), str_intern("p"));
    PodMetrics *metrics = api_edit_body(object);
    g_autoptr(GString) got = g_string_new(NULL);

    for (guint i = 0; i < 3 && (i == 0 || cases[_i].scrapes[i][0].name != NULL || cases[_i].scrapes[2][0].name != NULL); i++)
        put(store, cases[_i].scrapes[i]);
    if (metrics_store_get(store, "default", "p", metrics)) {
        for (guint i = 0; i < metrics->containers.count; i++)
            g_string_append_printf(got, "%s%s %s", i > 0 ? "; " : "", metrics->containers.items[i].name,
                                   quantity_format(quantity_map_get(&metrics->containers.items[i].usage, str_intern("cpu"))));
        g_string_append_printf(got, " | %s @ %d", metrics->window, (int)((metrics->timestamp - T0) / NS_PER_S));
    }
    ck_assert_msg(strcmp(got->str, cases[_i].want != NULL ? cases[_i].want : "") == 0, "%s: %s", cases[_i].name, got->str);
    metrics_store_free(store);
}
END_TEST

Suite *
metrics_suite(void)
{
    Suite *suite = suite_create("metrics");
    TCase *tcase = tcase_create("metrics");

    tcase_add_loop_test(tcase, test_store, 0, G_N_ELEMENTS(cases));
    suite_add_tcase(suite, tcase);
    return suite;
}
