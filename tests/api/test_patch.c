/* Patches: RFC 6902, RFC 7386, v1.34 strategicpatch; the recorded ones are in test_recorded.c. */

#include "tests/api/support.h"

#include <check.h>

Suite *patch_suite(void);

/* A patch on a tree of a Deployment; the result, or "code reason message". */
typedef struct {
    const char *object;
    const char *patch;
    const char *want;
} PatchCase;

static void
check_patch(PatchType type, const PatchCase *test)
{
    g_autoptr(Value) object = support_yaml(test->object);
    g_autoptr(Value) patch = support_yaml(test->patch);
    ApiStatus *status = NULL;
    g_autoptr(Value) result = patch_apply(type, &deployment_kind, object, patch, &status);
    g_autofree char *got = NULL;

    if (result == NULL) {
        got = g_strdup_printf("%d %s %s", status->code, status->reason, status->message);
        api_status_unref(status);
        ck_assert_str_eq(got, test->want);
        return;
    }

    g_autoptr(Value) want = support_yaml(test->want);

    got = value_to_json(result, VALUE_SORTED);
    ck_assert_msg(value_equal(result, want), "%s: got %s", test->patch, got);
}

#define REFUSED "422 Invalid the server rejected our request due to an error in our request"

static const PatchCase json_cases[] = {
    {"{a: 1}", "[{op: add, path: /b, value: 2}]", "{a: 1, b: 2}"},
    {"{a: [1, 3]}", "[{op: add, path: /a/1, value: 2}]", "{a: [1, 2, 3]}"},
    {"{a: [1]}", "[{op: add, path: /a/-, value: 2}]", "{a: [1, 2]}"},
    {"{a: [1]}", "[{op: add, path: /a/2, value: 2}]", REFUSED},
    {"{a: 1}", "[{op: add, path: /b/c, value: 2}]", REFUSED},
    {"{a: 1, b: 2}", "[{op: remove, path: /a}]", "{b: 2}"},
    {"{a: 1}", "[{op: remove, path: /b}]", REFUSED},
    {"{a: [1, 2]}", "[{op: remove, path: /a/0}]", "{a: [2]}"},
    {"{a: [1, 2]}", "[{op: remove, path: /a/2}]", REFUSED},
    {"{a: 1}", "[{op: replace, path: /a, value: {x: y}}]", "{a: {x: y}}"},
    {"{a: 1}", "[{op: replace, path: /b, value: 2}]", "{a: 1, b: 2}"}, /* partialDoc.get knows no error */
    {"{a: 1}", "[{op: replace, path: /b/c, value: 2}]", REFUSED},
    {"{a: [1]}", "[{op: replace, path: /a/1, value: 2}]", REFUSED},
    {"{a: [1]}", "[{op: test, path: /a/1, value: null}]", REFUSED},
    {"{a: 1}", "[{op: replace, path: '', value: {b: 2}}]", "{b: 2}"},
    {"{a: 1}", "[{op: replace, path: '', value: 2}]", REFUSED},
    {"{a: 1}", "[{op: test, path: '', value: {a: 1}}]", "{a: 1}"},
    {"{a: 1}", "[{op: test, path: '', value: {a: 2}}]", REFUSED},
    {"{a: 1}", "[{op: add, path: x/b, value: 2}]", "{a: 1, b: 2}"}, /* findObject drops what comes first */
    {"{a: 1}", "[{op: add, path: b, value: 2}]", REFUSED},
    {"{a: 1}", "[{op: move, from: /x, path: /b}]", REFUSED},
    {"{a: 1, b: {}}", "[{op: move, from: /a, path: /b/c}]", "{b: {c: 1}}"},
    {"{a: [1]}", "[{op: copy, from: /a, path: /b}]", "{a: [1], b: [1]}"},
    {"{a: 1}", "[{op: copy, from: /x, path: /b}]", "{a: 1, b: null}"},
    {"{a: 1}", "[{op: copy, from: /x/y, path: /b}]", REFUSED},
    {"{a: {b: [1, 2]}}", "[{op: test, path: /a, value: {b: [1, 2]}}]", "{a: {b: [1, 2]}}"},
    {"{a: 1}", "[{op: test, path: /a, value: 2}, {op: remove, path: /a}]", REFUSED},
    {"{a: 1}", "[{op: test, path: /b, value: null}]", "{a: 1}"},
    {"{a/b: 1, c~d: 2}", "[{op: remove, path: /a~1b}, {op: remove, path: /c~0d}]", "{}"},
    {"{a: 1}", "[{op: frob, path: /a}]", REFUSED},
    {"{a: 1}", "[]", "{a: 1}"},
    {"{a: 1}", "{op: add}",
     "400 BadRequest error decoding patch: json: cannot unmarshal object into Go value of type "
     "[]handlers.jsonPatchOp"},
    {"{a: 1}", "[x]",
     "400 BadRequest error decoding patch: json: cannot unmarshal string into Go value of type "
     "handlers.jsonPatchOp"},
};

START_TEST(test_json_patch)
{
    check_patch(PATCH_JSON, &json_cases[_i]);
}
END_TEST

/* The examples of RFC 7386, and nulls inside of new objects. */
static const PatchCase merge_cases[] = {
    {"{a: b}", "{a: c}", "{a: c}"},
    {"{a: b}", "{b: c}", "{a: b, b: c}"},
    {"{a: b}", "{a: null}", "{}"},
    {"{a: b, b: c}", "{a: null}", "{b: c}"},
    {"{a: [b]}", "{a: c}", "{a: c}"},
    {"{a: c}", "{a: [b]}", "{a: [b]}"},
    {"{a: {b: c}}", "{a: {b: d, c: null}}", "{a: {b: d}}"},
    {"{a: [{b: c}]}", "{a: [1]}", "{a: [1]}"},
    {"{e: null}", "{a: 1}", "{e: null, a: 1}"},
    {"{a: b}", "{c: {d: null, e: {f: null}}}", "{a: b, c: {e: {}}}"},
};

START_TEST(test_merge_patch)
{
    check_patch(PATCH_MERGE, &merge_cases[_i]);
}
END_TEST

#define TEMPLATE(text) "{spec: {template: {spec: {" text "}}}}"

static const PatchCase strategic_cases[] = {
    {"{spec: {replicas: 1}}", "{spec: {replicas: null, paused: true}}", "{spec: {paused: true}}"},
    {TEMPLATE("containers: [{name: a, image: x}]"), TEMPLATE("containers: [{name: a, image: y}]"),
     TEMPLATE("containers: [{name: a, image: y}]")},
    /* Without an order the new one comes first. */
    {TEMPLATE("containers: [{name: a}]"), TEMPLATE("containers: [{name: b}]"),
     TEMPLATE("containers: [{name: b}, {name: a}]")},
    {TEMPLATE("containers: [{name: a}]"),
     TEMPLATE("$setElementOrder/containers: [{name: a}, {name: b}], containers: [{name: b}]"),
     TEMPLATE("containers: [{name: a}, {name: b}]")},
    {TEMPLATE("containers: [{name: a}, {name: b}, {name: c}]"),
     TEMPLATE("$setElementOrder/containers: [{name: c}, {name: x}, {name: a}]"),
     TEMPLATE("containers: [{name: b}, {name: c}, {name: a}]")},
    {TEMPLATE("containers: [{name: a}, {name: b}]"),
     TEMPLATE("containers: [{$patch: delete, name: a}]"), TEMPLATE("containers: [{name: b}]")},
    {TEMPLATE("containers: [{name: a}]"), TEMPLATE("containers: [{$patch: replace}, {name: z}]"),
     TEMPLATE("containers: [{name: z}]")},
    {TEMPLATE("tolerations: [{key: a}]"), TEMPLATE("tolerations: [{key: b}]"),
     TEMPLATE("tolerations: [{key: b}]")},
    {TEMPLATE("volumes: [{name: v, emptyDir: {}}]"),
     TEMPLATE("volumes: [{name: v, $retainKeys: [name, hostPath], hostPath: {path: /}}]"),
     TEMPLATE("volumes: [{name: v, hostPath: {path: /}}]")},
    {"{metadata: {finalizers: [a/a, b/b]}}",
     "{metadata: {$deleteFromPrimitiveList/finalizers: [a/a], finalizers: [c/c]}}",
     "{metadata: {finalizers: [c/c, b/b]}}"},
    {"{metadata: {finalizers: [a/a]}}",
     "{metadata: {$setElementOrder/finalizers: [a/a, b/b], finalizers: [b/b]}}",
     "{metadata: {finalizers: [a/a, b/b]}}"},
    {"{spec: {strategy: {type: RollingUpdate, rollingUpdate: {maxSurge: 1}}}}",
     "{spec: {strategy: {$retainKeys: [type], type: Recreate}}}",
     "{spec: {strategy: {type: Recreate}}}"},
    {"{spec: {strategy: {type: a}}}", "{spec: {strategy: {$patch: 1}}}", "500  unknown patch type: %!s(int64=1) in map: map[$patch:1]"},
    {"{spec: {strategy: {type: a}}}", "{spec: {strategy: {$patch: null}}}",
     "500  unknown patch type: %!s(<nil>) in map: map[$patch:<nil>]"},
    {TEMPLATE("containers: [{name: a}]"), TEMPLATE("$setElementOrder/containers: null"),
     "500  expected a []interface {}, but received a %!s(<nil>)"},
    {TEMPLATE("containers: [{name: a}]"), TEMPLATE("$setElementOrder/containers: [a]"), "500  value for key 0 is not a map"},
    {TEMPLATE("containers: [{name: a}]"), TEMPLATE("$setElementOrder/containers: [a], containers: [{name: a}]"),
     "500  expected a map[string]interface {}, but received a string"},
    {TEMPLATE("containers: [{name: a}]"), TEMPLATE("$setElementOrder/containers: [{image: x}], containers: [{name: a}]"),
     "500  map: map[image:x] does not contain declared merge key: name"},
    {TEMPLATE("containers: [{name: a}]"), TEMPLATE("containers: [{name: a, $patch: merge}]"),
     "500  merging lists cannot yet be specified in the patch"},
    {"{spec: {strategy: {type: RollingUpdate}}}",
     "{spec: {strategy: {$retainKeys: [type], rollingUpdate: {}}}}",
     "400 BadRequest invalid patch format of retainKeys"},
    {TEMPLATE("containers: [{name: a}]"), TEMPLATE("$setElementOrder/containers: a"),
     "500  expected a []interface {}, but received a string"},
    {TEMPLATE("containers: {}"), TEMPLATE("$setElementOrder/containers: []"),
     "500  expected a []interface {}, but received a map[string]interface {}"},
    {TEMPLATE("containers: [{name: a}]"), TEMPLATE("containers: [b]"),
     "500  list element types are not identical: [[map[name:a]] [b]]"},
    {"{metadata: {finalizers: [a/a]}}", "{metadata: {$setElementOrder: []}}",
     "400 BadRequest invalid patch format of setElementOrder list"},
    {"{metadata: {finalizers: [a/a]}}", "{metadata: {$deleteFromPrimitiveListfinalizers: []}}",
     "400 BadRequest invalid patch format of primitive list"},
    {"{metadata: {labels: {a: b}}}", "{metadata: {labels: {$patch: replace, c: d}}}",
     "{metadata: {labels: {c: d}}}"},
    {"{metadata: {labels: {a: b}}}", "{metadata: {labels: {$patch: delete}}}",
     "{metadata: {labels: {}}}"},
    {"{metadata: {labels: {a: b}}}", "{metadata: {labels: {$patch: frob}}}",
     "500  unknown patch type: frob in map: map[$patch:frob]"},
    {TEMPLATE("containers: [{name: a}]"), TEMPLATE("containers: [{image: x}]"),
     "500  map: map[image:x] does not contain declared merge key: name"},
    {TEMPLATE("containers: [{name: a}, {name: b}]"),
     TEMPLATE("$setElementOrder/containers: [{name: b}, {name: a}], containers: [{name: a}, "
              "{name: b}]"),
     "500  The order in patch list:\n[map[name:a] map[name:b]]\n doesn't match $setElementOrder "
     "list:\n[map[name:b] map[name:a]]\n"},
    /* Nulls and directives are not stored with something new. */
    {TEMPLATE("x: 1"), TEMPLATE("containers: [{name: a, image: null, $setElementOrder/ports: []}]"),
     TEMPLATE("x: 1, containers: [{name: a}]")},
    {"{a: 1}", "[1]",
     "400 BadRequest json: cannot unmarshal array into Go value of type map[string]interface {}"},
};

START_TEST(test_strategic_patch)
{
    check_patch(PATCH_STRATEGIC, &strategic_cases[_i]);
}
END_TEST

/* kubectl apply: last applied, manifest, live; the patch, and that it leads to the manifest. */
static const struct {
    const char *original, *modified, *current, *patch, *result;
} three_way_cases[] = {
    {"{spec: {replicas: 1}}", "{spec: {replicas: 1}}", "{spec: {replicas: 1, paused: true}}", "{}",
     "{spec: {replicas: 1, paused: true}}"},
    {"{spec: {replicas: 1}}", "{spec: {replicas: 2}}", "{spec: {replicas: 5}}",
     "{spec: {replicas: 2}}", "{spec: {replicas: 2}}"},
    {"{spec: {replicas: 1, paused: true}}", "{spec: {replicas: 1}}",
     "{spec: {replicas: 1, paused: true}}", "{spec: {paused: null}}", "{spec: {replicas: 1}}"},
    /* Replicas that somebody else set stay, if the manifest says nothing. */
    {"{spec: {}}", "{spec: {}}", "{spec: {replicas: 5}}", "{}", "{spec: {replicas: 5}}"},
    {TEMPLATE("containers: [{name: a, image: x}]"), TEMPLATE("containers: [{name: a, image: y}]"),
     TEMPLATE("containers: [{name: a, image: x, tty: true}]"),
     TEMPLATE("$setElementOrder/containers: [{name: a}], containers: [{name: a, image: y}]"),
     TEMPLATE("containers: [{name: a, image: y, tty: true}]")},
    {TEMPLATE("containers: [{name: a}, {name: b}]"), TEMPLATE("containers: [{name: a}, {name: c}]"),
     TEMPLATE("containers: [{name: a}, {name: b}, {name: injected}]"),
     TEMPLATE("$setElementOrder/containers: [{name: a}, {name: c}], containers: [{name: c}, "
              "{$patch: delete, name: b}]"),
     TEMPLATE("containers: [{name: a}, {name: c}, {name: injected}]")},
    {"{spec: {strategy: {type: RollingUpdate}}}", "{spec: {strategy: {type: Recreate}}}",
     "{spec: {strategy: {type: RollingUpdate, rollingUpdate: {maxSurge: 1}}}}",
     "{spec: {strategy: {$retainKeys: [type], type: Recreate}}}",
     "{spec: {strategy: {type: Recreate}}}"},
    {TEMPLATE("tolerations: [{key: a}]"), TEMPLATE("tolerations: [{key: b}]"),
     TEMPLATE("tolerations: [{key: a}, {key: z}]"), TEMPLATE("tolerations: [{key: b}]"),
     TEMPLATE("tolerations: [{key: b}]")},
    {"{metadata: {finalizers: [a/a, b/b]}}", "{metadata: {finalizers: [b/b, c/c]}}",
     "{metadata: {finalizers: [a/a, b/b]}}",
     "{metadata: {$setElementOrder/finalizers: [b/b, c/c], finalizers: [c/c], "
     "$deleteFromPrimitiveList/finalizers: [a/a]}}",
     "{metadata: {finalizers: [b/b, c/c]}}"},
};

START_TEST(test_three_way)
{
    g_autoptr(Value) original = support_yaml(three_way_cases[_i].original);
    g_autoptr(Value) modified = support_yaml(three_way_cases[_i].modified);
    g_autoptr(Value) current = support_yaml(three_way_cases[_i].current);
    g_autoptr(Value) want = support_yaml(three_way_cases[_i].patch);
    g_autoptr(Value) want_result = support_yaml(three_way_cases[_i].result);
    g_autoptr(Value) patch = patch_three_way(&deployment_kind, original, modified, current);
    g_autofree char *text = value_to_json(patch, VALUE_SORTED);
    ApiStatus *status = NULL;
    g_autoptr(Value) result =
        patch_apply(PATCH_STRATEGIC, &deployment_kind, current, patch, &status);

    ck_assert_msg(value_equal(patch, want), "patch %s", text);
    ck_assert_msg(result != NULL, "%s", status == NULL ? "" : status->message);

    g_autofree char *result_text = value_to_json(result, VALUE_SORTED);

    ck_assert_msg(value_equal(result, want_result), "result %s", result_text);
}
END_TEST

START_TEST(test_two_way)
{
    g_autoptr(Value) from = support_yaml("{spec: {replicas: 1, paused: true}}");
    g_autoptr(Value) to = support_yaml("{spec: {replicas: 2}}");
    g_autoptr(Value) want = support_yaml("{spec: {replicas: 2, paused: null}}");
    g_autoptr(Value) patch = patch_two_way(&deployment_kind, from, to);

    ck_assert(value_equal(patch, want));
}
END_TEST

START_TEST(test_read)
{
    ApiStatus *status = NULL;

    ck_assert_ptr_null(patch_read(PATCH_STRATEGIC, "{", 1, &status));
    ck_assert_str_eq(status->message, "unexpected end of JSON input");
    g_clear_pointer(&status, api_status_unref);
    ck_assert_ptr_null(patch_read(PATCH_MERGE, "{", 1, &status));
    ck_assert_str_eq(status->message, "error decoding patch: unexpected end of JSON input");
    api_status_unref(status);
}
END_TEST

/* A result of the wrong type: the whole object is shown, or for a strategic patch the patch. */
START_TEST(test_bad_result)
{
    g_autoptr(Value) patched = support_yaml("{spec: {replicas: x}}");
    g_autoptr(ApiStatus) merge = patch_status_bad_result(PATCH_MERGE, patched, patched, "why");
    g_autoptr(ApiStatus) strategic =
        patch_status_bad_result(PATCH_STRATEGIC, patched, patched, "why");

    ck_assert_str_eq(merge->message, " \"\" is invalid: patch: Invalid value: "
                                     "\"{\\\"spec\\\":{\\\"replicas\\\":\\\"x\\\"}}\": why");
    ck_assert_str_eq(strategic->message,
                     " \"\" is invalid: patch: Invalid value: \"map[spec:map[replicas:x]]\": why");
}
END_TEST

/*
 * apimachinery strategicpatch, mergePatchIntoOriginal and mergeMap change the patch that they merge; seen in refused
 * kubectl apply: `map[spec:map[template:map[spec:map[]] volumes:...]]: strict decoding error: unknown field "spec.volumes"`.
 */
START_TEST(test_spent)
{
    static const struct {
        const char *object, *patch, *left;
    } rows[] = {
        {TEMPLATE("containers: [{name: a}]"),
         TEMPLATE("$setElementOrder/containers: [{name: a}], containers: [{name: a, image: 5}]"), TEMPLATE("")},
        {TEMPLATE("containers: [{name: a, env: [{name: x}]}]"),
         TEMPLATE("containers: [{name: a, $setElementOrder/env: [{name: x}], env: [{name: x, value: 1}]}]"),
         TEMPLATE("containers: [{name: a}]")},
        {"{spec: {paused: true}}", "{spec: {strategy: {$retainKeys: [type], type: x, rollingUpdate: null}, paused: null}}",
         "{spec: {strategy: {type: x}, paused: null}}"},
        {"{metadata: {labels: {a: b}}}", "{metadata: {labels: {$patch: replace, c: d}}}", "{metadata: {labels: {c: d}}}"},
        {"{metadata: {labels: {a: b}}}", "{metadata: {labels: {$patch: delete}}}",
         "{metadata: {labels: {$patch: delete}}}"},
    };
    g_autoptr(Value) object = support_yaml(rows[_i].object);
    g_autoptr(Value) patch = support_yaml(rows[_i].patch);
    g_autoptr(Value) wanted = support_yaml(rows[_i].left);
    g_autoptr(Value) left = patch_spent(&deployment_kind, object, patch);

    ck_assert(value_equal(left, wanted));
}
END_TEST

/*
 * apimachinery strategicpatch, handleMapDiff and mergeMapHandler: a map with
 * patchStrategy replace is sent whole, even if nothing changed, and replaces the old one.
 */
START_TEST(test_whole_map)
{
    static const struct {
        const char *modified, *patch;
    } rows[] = {
        {"{spec: {minAvailable: 1, selector: {matchLabels: {a: b, c: d}}}}",
         "{spec: {selector: {matchLabels: {a: b, c: d}}}}"},
        {"{spec: {minAvailable: 2, selector: {matchLabels: {e: f}}}}",
         "{spec: {minAvailable: 2, selector: {matchLabels: {e: f}}}}"},
    };
    g_autoptr(Value) before =
        support_yaml("{spec: {minAvailable: 1, selector: {matchLabels: {a: b, c: d}}}}");
    g_autoptr(Value) modified = support_yaml(rows[_i].modified);
    g_autoptr(Value) want = support_yaml(rows[_i].patch);
    g_autoptr(Value) patch = patch_three_way(&pdb_kind, before, modified, before);
    g_autoptr(Value) result = patch_apply(PATCH_STRATEGIC, &pdb_kind, before, patch, NULL);

    ck_assert(value_equal(patch, want));
    ck_assert(value_equal(result, modified));
}
END_TEST

Suite *
patch_suite(void)
{
    Suite *suite = suite_create("patch");
    TCase *tcase = tcase_create("patch");

    tcase_add_loop_test(tcase, test_json_patch, 0, G_N_ELEMENTS(json_cases));
    tcase_add_loop_test(tcase, test_merge_patch, 0, G_N_ELEMENTS(merge_cases));
    tcase_add_loop_test(tcase, test_strategic_patch, 0, G_N_ELEMENTS(strategic_cases));
    tcase_add_loop_test(tcase, test_three_way, 0, G_N_ELEMENTS(three_way_cases));
    tcase_add_test(tcase, test_two_way);
    tcase_add_loop_test(tcase, test_whole_map, 0, 2);
    tcase_add_test(tcase, test_read);
    tcase_add_test(tcase, test_bad_result);
    tcase_add_loop_test(tcase, test_spent, 0, 5);
    suite_add_tcase(suite, tcase);
    return suite;
}
