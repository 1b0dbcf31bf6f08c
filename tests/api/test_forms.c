/*
 * Forms: HorizontalPodAutoscalers in autoscaling/v1 and back.
 *
 * Source: v1.34 pkg/apis/autoscaling/v1/conversion.go and staging/src/k8s.io/api/autoscaling/v1/types.go
 * (names of the fields in annotations); conversion_test.go for what is dropped.
 */
#include "test_support.h"

#define HEAD2   "apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: web}\nspec:\n" \
                "  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}\n  maxReplicas: 4\n"
#define A(word) "autoscaling.alpha.kubernetes.io/" word

static const struct {
    const char *name, *stored; /* the rest of a v2 document */
    int percent;               /* -1: none */
    const char *key, *annotation;
} rows[] = {
    {"CPU in percent", "  metrics: [{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 60}}}]\n", 60, A("metrics"), NULL},
    {"the default", "", 80, A("metrics"), NULL},
    {"an amount of CPU", "  metrics: [{type: Resource, resource: {name: cpu, target: {type: AverageValue, averageValue: 500m}}}]\n", -1,
     A("metrics"), "[{\"type\":\"Resource\",\"resource\":{\"name\":\"cpu\",\"targetAverageValue\":\"500m\"}}]"},
    {"memory besides", "  metrics:\n  - {type: Resource, resource: {name: memory, target: {type: Utilization, averageUtilization: 70}}}\n"
                       "  - {type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 60}}}\n",
     60, A("metrics"), "[{\"type\":\"Resource\",\"resource\":{\"name\":\"memory\",\"targetAverageUtilization\":70}}]"},
    {"one container", "  metrics: [{type: ContainerResource, containerResource: {name: cpu, container: a, target: {type: Utilization, averageUtilization: 60}}}]\n",
     -1, A("metrics"), "[{\"type\":\"ContainerResource\",\"containerResource\":{\"name\":\"cpu\",\"targetAverageUtilization\":60,\"container\":\"a\"}}]"},
    {"of pods", "  metrics: [{type: Pods, pods: {metric: {name: rps, selector: {matchLabels: {a: b}}}, target: {type: AverageValue, averageValue: 1k}}}]\n",
     -1, A("metrics"), "[{\"type\":\"Pods\",\"pods\":{\"metricName\":\"rps\",\"targetAverageValue\":\"1k\",\"selector\":{\"matchLabels\":{\"a\":\"b\"}}}}]"},
    {"of an object", "  metrics: [{type: Object, object: {metric: {name: rps}, describedObject: {kind: Service, name: s}, target: {type: Value, value: 10}}}]\n",
     -1, A("metrics"), "[{\"type\":\"Object\",\"object\":{\"target\":{\"kind\":\"Service\",\"name\":\"s\"},\"metricName\":\"rps\",\"targetValue\":\"10\"}}]"},
    {"from outside", "  metrics: [{type: External, external: {metric: {name: q}, target: {type: AverageValue, averageValue: 30}}}]\n", -1,
     A("metrics"), "[{\"type\":\"External\",\"external\":{\"metricName\":\"q\",\"targetAverageValue\":\"30\"}}]"},
    {"behavior has Go's names", "  behavior: {scaleDown: {stabilizationWindowSeconds: 60}}\n", 80, A("behavior"),
     "{\"ScaleUp\":{\"StabilizationWindowSeconds\":0,\"SelectPolicy\":\"Max\",\"Policies\":[{\"Type\":\"Pods\",\"Value\":4,\"PeriodSeconds\":15},"
     "{\"Type\":\"Percent\",\"Value\":100,\"PeriodSeconds\":15}],\"Tolerance\":null},"
     "\"ScaleDown\":{\"StabilizationWindowSeconds\":60,\"SelectPolicy\":\"Max\",\"Policies\":[{\"Type\":\"Percent\",\"Value\":100,\"PeriodSeconds\":15}],\"Tolerance\":null}}"},
};

START_TEST(test_row)
{
    g_autofree char *text = g_strdup_printf("%s%s", HEAD2, rows[_i].stored);
    g_autoptr(ApiObject) stored = object_from_yaml(text);
    g_autoptr(ApiObject) form = hpa_v1_kind.from_stored(stored), again = NULL;
    g_autoptr(Value) tree = api_object_encode(form);
    const Value *percent = value_get_path(tree, "spec", "targetCPUUtilizationPercentage", NULL);
    const char *annotation = str_map_get(&form->meta->annotations, rows[_i].key);

    ck_assert_str_eq(value_get_string(tree, "apiVersion", ""), "autoscaling/v1");
    ck_assert_msg((percent == NULL ? -1 : percent->integer) == rows[_i].percent, "%s", rows[_i].name);
    ck_assert_msg(g_strcmp0(annotation, rows[_i].annotation) == 0, "%s: %s", rows[_i].name, annotation);
    again = hpa_v1_kind.to_stored(form);
    ck_assert_msg(api_struct_equal(&hpa_spec_type, again->spec, stored->spec), "%s: it comes back as another", rows[_i].name);
    ck_assert_msg(again->meta->annotations.count == 0, "%s: annotations stay", rows[_i].name);
}
END_TEST

/* conversion.go: what is now travels too, and an annotation that was stored is no annotation of this form. */
START_TEST(test_status)
{
    g_autoptr(ApiObject) stored = object_from_yaml(HEAD2);
    HpaStatus *status = api_edit_status(stored);
    MetricStatus *metric = API_LIST_ADD(&status->current_metrics);
    Quantity value = quantity_from_milli(120);
    Condition *condition = condition_edit(&status->conditions, str_intern("AbleToScale"));
    g_autoptr(ApiObject) form = NULL, again = NULL;
    g_autoptr(Value) tree = NULL;

    metric->type = str_intern("Resource");
    metric->resource = g_new0(ResourceMetricStatus, 1);
    metric->resource->name = str_intern("cpu");
    metric->resource->current.average_utilization = OPT_INT32(120);
    metric->resource->current.average_value = g_memdup2(&value, sizeof value);
    condition->status = str_intern("True");
    status->current_replicas = status->desired_replicas = 2;
    str_map_set(&api_edit_meta(stored)->annotations, str_intern(A("metrics")), str_intern("[]"));
    form = hpa_v1_kind.from_stored(stored);
    tree = api_object_encode(form);
    ck_assert_int_eq(value_get_path(tree, "status", "currentCPUUtilizationPercentage", NULL)->integer, 120);
    ck_assert_str_eq(str_map_get(&form->meta->annotations, A("current-metrics")),
                     "[{\"type\":\"Resource\",\"resource\":{\"name\":\"cpu\",\"currentAverageUtilization\":120,\"currentAverageValue\":\"120m\"}}]");
    ck_assert_ptr_nonnull(strstr(str_map_get(&form->meta->annotations, A("conditions")), "\"type\":\"AbleToScale\",\"status\":\"True\""));
    ck_assert_ptr_null(str_map_get(&form->meta->annotations, A("metrics")));
    again = hpa_v1_kind.to_stored(form);
    ck_assert(api_struct_equal(&hpa_status_type, again->status, stored->status));
}
END_TEST

START_TEST(test_find)
{
    ck_assert_ptr_eq(api_form_find("autoscaling/v1", "HorizontalPodAutoscaler"), &hpa_v1_kind);
    ck_assert_ptr_eq(api_kind_find("autoscaling/v1", "HorizontalPodAutoscaler"), &hpa_kind);
    ck_assert_ptr_eq(api_form_find_resource("hpa.v1.autoscaling"), &hpa_v1_kind);
    ck_assert_ptr_eq(api_form_find_resource("hpa"), &hpa_kind);
    ck_assert_ptr_eq(api_form_find_resource("hpa.v2.autoscaling"), &hpa_kind);
    ck_assert_ptr_null(api_form_find_resource("hpa.v3.autoscaling"));
}
END_TEST

Suite *
forms_suite(void)
{
    Suite *suite = suite_create("forms");
    TCase *tcase = tcase_create("forms");

    tcase_add_loop_test(tcase, test_row, 0, G_N_ELEMENTS(rows));
    tcase_add_test(tcase, test_status);
    tcase_add_test(tcase, test_find);
    suite_add_tcase(suite, tcase);
    return suite;
}
