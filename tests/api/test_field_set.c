/* Sets of fields: structured-merge-diff v6 typed/{toset,symdiff,merge}_test.go, fieldpath/{set,serialize}_test.go, on our kinds. */

#include "api/field_set.h"
#include "tests/api/support.h"

#include <check.h>

Suite *field_set_suite(void);

static const char *
text_of(const FieldSet *set)
{
    g_autoptr(Value) value = field_set_write(set);
    g_autofree char *json = value_to_json(value, VALUE_SORTED | VALUE_NO_HTML_ESCAPE);

    return str_intern(json);
}

/* A document and its paths. */
static const struct {
    const ApiKind *kind;
    const char *config, *want;
} sets[] = {
    {&config_map_kind, "{data: {a: x, b: y}}", "{\"f:data\":{\"f:a\":{},\"f:b\":{}}}"},
    {&config_map_kind, "{data: {}}", "{\"f:data\":{}}"},
    {&pod_kind, "{spec: {containers: [{name: a, image: i}]}}",
     "{\"f:spec\":{\"f:containers\":{\"k:{\\\"name\\\":\\\"a\\\"}\":{\".\":{},\"f:image\":{},\"f:name\":{}}}}}"},
    /* the protocol is part of the key though nobody wrote it */
    {&pod_kind, "{spec: {containers: [{name: a, ports: [{containerPort: 80}]}]}}",
     "{\"f:spec\":{\"f:containers\":{\"k:{\\\"name\\\":\\\"a\\\"}\":{\".\":{},\"f:name\":{},\"f:ports\":{"
     "\"k:{\\\"containerPort\\\":80,\\\"protocol\\\":\\\"TCP\\\"}\":{\".\":{},\"f:containerPort\":{}}}}}}}"},
    /* atomic: a list without keys, a map that is one thing, a type that is one thing */
    {&pod_kind, "{spec: {tolerations: [{key: a}], nodeSelector: {a: b}, imagePullSecrets: [{name: s}]}}",
     "{\"f:spec\":{\"f:imagePullSecrets\":{\"k:{\\\"name\\\":\\\"s\\\"}\":{}},\"f:nodeSelector\":{},\"f:tolerations\":{}}}"},
    {&deployment_kind, "{spec: {selector: {matchLabels: {a: b}}}}", "{\"f:spec\":{\"f:selector\":{}}}"},
    {&config_map_kind, "{metadata: {finalizers: [a/b]}}", "{\"f:metadata\":{\"f:finalizers\":{\"v:\\\"a/b\\\"\":{}}}}"},
};

START_TEST(test_set_of_document)
{
    g_autoptr(Value) config = support_yaml(sets[_i].config);
    g_autoptr(FieldSet) set = field_set_of(sets[_i].kind, config);
    g_autoptr(Value) written = field_set_write(set);
    g_autoptr(FieldSet) again = field_set_read(written);

    ck_assert_str_eq(text_of(set), sets[_i].want);
    ck_assert(field_set_equal(set, again));
}
END_TEST

/* Two documents: added, modified, removed. */
static const struct {
    const char *before, *after, *added, *modified, *removed;
} changes[] = {
    {"{}", "{spec: {replicas: 1}}", "{\"f:spec\":{\".\":{},\"f:replicas\":{}}}", "{}", "{}"},
    {"{spec: {}}", "{spec: {replicas: 1}}", "{\"f:spec\":{\"f:replicas\":{}}}", "{}", "{}"},
    {"{spec: null}", "{spec: {replicas: 1}}", "{\"f:spec\":{\"f:replicas\":{}}}", "{}", "{}"},
    {"{spec: {replicas: 1}}", "{spec: {replicas: 2}}", "{}", "{\"f:spec\":{\"f:replicas\":{}}}", "{}"},
    {"{spec: {replicas: 1, paused: true}}", "{spec: {replicas: 1}}", "{}", "{}", "{\"f:spec\":{\"f:paused\":{}}}"},
    {"{spec: {selector: {matchLabels: {a: b}}}}", "{spec: {selector: {matchLabels: {a: c}}}}", "{}", "{\"f:spec\":{\"f:selector\":{}}}", "{}"},
    {"{metadata: {labels: {a: b}}}", "{metadata: {labels: {c: d}}}", "{\"f:metadata\":{\"f:labels\":{\"f:c\":{}}}}", "{}",
     "{\"f:metadata\":{\"f:labels\":{\"f:a\":{}}}}"},
    {"{status: {conditions: [{type: A, status: 'True'}]}}", "{status: {conditions: [{type: B, status: 'True'}, {type: A, status: 'False'}]}}",
     "{\"f:status\":{\"f:conditions\":{\"k:{\\\"type\\\":\\\"B\\\"}\":{\".\":{},\"f:status\":{},\"f:type\":{}}}}}",
     "{\"f:status\":{\"f:conditions\":{\"k:{\\\"type\\\":\\\"A\\\"}\":{\"f:status\":{}}}}}", "{}"},
};

START_TEST(test_changes)
{
    g_autoptr(Value) before = support_yaml(changes[_i].before);
    g_autoptr(Value) after = support_yaml(changes[_i].after);
    FieldChanges got = {field_set_new(), field_set_new(), field_set_new()};

    field_set_compare(&deployment_kind, before, after, &got);
    ck_assert_str_eq(text_of(got.added), changes[_i].added);
    ck_assert_str_eq(text_of(got.modified), changes[_i].modified);
    ck_assert_str_eq(text_of(got.removed), changes[_i].removed);
    field_set_free(got.added);
    field_set_free(got.modified);
    field_set_free(got.removed);
}
END_TEST

static const struct {
    const char *live, *config, *want;
} merges[] = {
    {"{spec: {replicas: 1, paused: true}}", "{spec: {replicas: 2}}", "{spec: {replicas: 2, paused: true}}"},
    {"{spec: {template: {spec: {containers: [{name: a, image: x}, {name: b}]}}}}",
     "{spec: {template: {spec: {containers: [{name: c}, {name: a, image: y}]}}}}",
     "{spec: {template: {spec: {containers: [{name: c}, {name: a, image: y}, {name: b}]}}}}"},
    {"{spec: {template: {spec: {tolerations: [{key: a}]}}}}", "{spec: {template: {spec: {tolerations: [{key: b}]}}}}",
     "{spec: {template: {spec: {tolerations: [{key: b}]}}}}"},
    {"{metadata: {finalizers: [a/a, b/b]}}", "{metadata: {finalizers: [c/c]}}", "{metadata: {finalizers: [c/c, a/a, b/b]}}"},
};

START_TEST(test_merge)
{
    g_autoptr(Value) live = support_yaml(merges[_i].live);
    g_autoptr(Value) config = support_yaml(merges[_i].config);
    g_autoptr(Value) want = support_yaml(merges[_i].want);
    g_autoptr(Value) got = field_merge(&deployment_kind, live, config);
    g_autofree char *text = value_to_json(got, VALUE_SORTED);

    ck_assert_msg(value_equal(got, want), "got %s", text);
}
END_TEST

/* Set.Iterate: what is in the set at a level before what lies below it. */
START_TEST(test_paths)
{
    g_autoptr(Value) config = support_yaml("{spec: {template: {spec: {containers: [{name: a, image: x}]}}, replicas: 1}, metadata: {finalizers: [f/g]}}");
    g_autoptr(FieldSet) set = field_set_of(&deployment_kind, config);
    g_autoptr(GPtrArray) paths = field_set_paths(set);
    const char *const want[] = {".metadata.finalizers[=\"f/g\"]", ".spec.replicas", ".spec.template.spec.containers[name=\"a\"]",
                                ".spec.template.spec.containers[name=\"a\"].image", ".spec.template.spec.containers[name=\"a\"].name"};

    ck_assert_uint_eq(paths->len, G_N_ELEMENTS(want));
    for (guint i = 0; i < paths->len; i++)
        ck_assert_str_eq(g_ptr_array_index(paths, i), want[i]);
}
END_TEST

/* structured-merge-diff v6 typed/validate_test.go, typed/deduced_test.go; typed/helpers.go: the words */
static const struct {
    const char *config, *want;
} faults[] = {
    {"{spec: {replicas: 1, paused: null, template: {spec: {containers: [{name: a, resources: {limits: {cpu: 1}}}]}}}}", ""},
    {"{apiVersion: apps/v1, kind: Deployment, metadata: {name: a, resourceVersion: '5', creationTimestamp: null}}", ""},
    {"{metadata: {resourceVersion: 5}}", ".metadata.resourceVersion: expected string, got &value.valueUnstructured{Value:5}"},
    {"{spec: {replicas: x}}", ".spec.replicas: expected numeric (int or float), got string"},
    {"{spec: {replicas: {a: b}}}", ".spec.replicas: expected numeric (int or float), got map[string]interface {}"},
    {"{spec: {paused: x}}", ".spec.paused: expected boolean, got &{x}"},
    {"{metadata: {labels: {a: 5, b: true}}}",
     "errors:\n  .metadata.labels.a: expected string, got &value.valueUnstructured{Value:5}\n"
     "  .metadata.labels.b: expected string, got &value.valueUnstructured{Value:true}"},
    {"{spec: {template: {spec: {containers: [{name: a, image: [b, 1]}]}}}}",
     ".spec.template.spec.containers[name=\"a\"].image: expected string, got "
     "&value.valueUnstructured{Value:[]interface {}{\"b\", 1}}"},
    {"{spec: {template: {spec: {containers: [{name: a, resources: {limits: {cpu: {}}}}]}}}}",
     ".spec.template.spec.containers[name=\"a\"].resources.limits.cpu: expected any scalar, got &{map[]}"},
    {"{spec: {template: {spec: {containers: {a: b}}}}}", ".spec.template.spec.containers: expected list, got &{map[a:b]}"},
    {"{spec: {template: [1]}}", ".spec.template: expected map, got &{[1]}"},
    {"{spec: {template: {spec: {containers: [{name: a, args: [1]}]}}}}",
     ".spec.template.spec.containers[name=\"a\"].args[0]: expected string, got &value.valueUnstructured{Value:1}"},
    {"{spec: {template: {spec: {containers: [{name: a, env: [{name: A}, {name: A}]}]}}}}",
     ".spec.template.spec.containers[name=\"a\"].env: duplicate entries for key [name=\"A\"]"},
    {"{spec: {template: {spec: {containers: [{name: a, ports: [{containerPort: 80}, {containerPort: 80, protocol: UDP}]}]}}}}", ""},
    {"{spec: {template: {spec: {containers: [{name: a, ports: [{containerPort: 80}, {containerPort: 80, protocol: TCP}]}]}}}}",
     ".spec.template.spec.containers[name=\"a\"].ports: duplicate entries for key [containerPort=80,protocol=\"TCP\"]"},
    {"{metadata: {finalizers: [a/b, a/b]}}", ".metadata.finalizers: duplicate entries for key [=\"a/b\"]"},
    {"{spec: {template: {spec: {containers: [{image: a}, {name: [x]}]}}}}",
     ".spec.template.spec.containers: element 0: associative list with keys has an element that omits key field \"name\" (and "
     "doesn't have default value)"},
    {"{spec: {template: {spec: {containers: [null]}}}}",
     ".spec.template.spec.containers: element 0: associative list with keys may not have a null element"},
    /* a map ends with the first field that is not declared */
    {"{spec: {foo: 1, paused: x, template: {baz: 1}}}", ".spec.foo: field not declared in schema"},
    {"{metadata: {foo: 1}, spec: {template: {spec: {containers: [{name: a, bar: 1}]}}}}",
     "errors:\n  .metadata.foo: field not declared in schema\n"
     "  .spec.template.spec.containers[name=\"a\"].bar: field not declared in schema"},
};

START_TEST(test_fault)
{
    g_autoptr(Value) config = support_yaml(faults[_i].config);
    const char *fault = field_type_fault(&deployment_kind, config);

    ck_assert_str_eq(fault == NULL ? "" : fault, faults[_i].want);
}
END_TEST

Suite *
field_set_suite(void)
{
    Suite *suite = suite_create("api/field_set");
    TCase *tcase = tcase_create("tables");

    tcase_add_loop_test(tcase, test_set_of_document, 0, G_N_ELEMENTS(sets));
    tcase_add_loop_test(tcase, test_changes, 0, G_N_ELEMENTS(changes));
    tcase_add_loop_test(tcase, test_merge, 0, G_N_ELEMENTS(merges));
    tcase_add_test(tcase, test_paths);
    tcase_add_loop_test(tcase, test_fault, 0, G_N_ELEMENTS(faults));
    suite_add_tcase(suite, tcase);
    return suite;
}
