/* What a manifest's text is read as. */

#include "kubectl/manifest.h"

#include <check.h>
#include <string.h>

Suite *manifest_suite(void);

/*
 * k8s.io/apimachinery v0.34 pkg/util/yaml (decoder_test.go, TestYAMLOrJSONDecoder, TestDecodeBrokenYAML,
 * TestDecodeYAMLSeparatorValidation) and sigs.k8s.io/yaml goyaml.v2 decode.go, parser.fail.
 */
static const struct {
    const char *name, *text, *documents, *problem;
} cases[] = {
    {"last of two keys", "a: 1\nb: {c: 1, c: 2}\na: 3\n", "{\"a\":3,\"b\":{\"c\":2}}", NULL},
    {"an anchor in the first of two", "a: &x {b: 1}\na: {c: *x}\n", "{\"a\":{\"c\":{\"b\":1}}}", NULL},
    {"nothing in between", "# a\n---\n---\na: 1\n---\n# b\n", "{\"a\":1}", NULL},
    {"the line counts from behind the separator", "a: 1\n---\nb:\n  c: 1\n d: 2\n", "{\"a\":1}",
     "error converting YAML to JSON: yaml: line 2: did not find expected key"},
    {"the first separator counts", "---\nb:\n  c: 1\n d: 2\n", "",
     "error converting YAML to JSON: yaml: line 3: did not find expected key"},
    {"a scanner's line is the right one", "a: 1\nb: c: d\n", "",
     "error converting YAML to JSON: yaml: line 2: mapping values are not allowed in this context"},
    {"first line without a number", "b: c: d\n", "",
     "error converting YAML to JSON: yaml: mapping values are not allowed in this context"},
    {"no colon", "a: 1\nb d\nc:\n  e: f\n", "",
     "error converting YAML to JSON: yaml: line 3: could not find expected ':'"},
    {"tab", "a: 1\nb:\n\tc: 1\n", "",
     "error converting YAML to JSON: yaml: line 3: found character that cannot start any token"},
    {"anchor", "a: *x\n", "", "error converting YAML to JSON: yaml: unknown anchor 'x' referenced"},
    {"control character", "a: \x01\n", "", "error converting YAML to JSON: yaml: control characters are not allowed"},
    {"separator with a word", "a: 1\n--- b\nc: 1\n", "", "invalid Yaml document separator: b"},
    {"separator with a comment", "a: 1\n--- # b\nc: 1\n", "{\"a\":1};{\"c\":1}", NULL},
    {"the first separator with a comment", "--- # a\nb: 1\n---  \nc: 1\n", "{\"b\":1};{\"c\":1}", NULL},
    {"lines of Windows", "---\r\na: 1\r\n---\r\nb: 1\r\n", "{\"a\":1};{\"b\":1}", NULL},
    {"JSON", "{\"a\":1}\n{\"b\":2}", "{\"a\":1};{\"b\":2}", NULL},
    {"JSON and then YAML", "{\"a\":1}\n---\nb: 2\n", "{\"a\":1};{\"b\":2}", NULL},
    {"YAML in braces", "{a: 1}\n", "{\"a\":1}", NULL},
    {"neither", "{\"a\": [1 2]\n", "", "json: offset 10: invalid character '2' after array element"},
    {"cut", "{\"a\": 1", "", "unexpected EOF"},
};

START_TEST(test_manifest)
{
    g_autofree char *problem = NULL;
    g_autoptr(GPtrArray) documents = manifest_read(cases[_i].text, strlen(cases[_i].text), &problem);
    g_autoptr(GString) found = g_string_new(NULL);

    for (guint i = 0; i < documents->len; i++) {
        g_string_append(found, i > 0 ? ";" : "");
        value_append_json(found, g_ptr_array_index(documents, i), VALUE_COMPACT);
    }
    ck_assert_msg(g_str_equal(found->str, cases[_i].documents), "%s: %s", cases[_i].name, found->str);
    ck_assert_msg(g_strcmp0(problem, cases[_i].problem) == 0, "%s: %s", cases[_i].name, problem);
}
END_TEST

Suite *
manifest_suite(void)
{
    Suite *suite = suite_create("kubectl/manifest");
    TCase *tcase = tcase_create("manifest");

    tcase_add_loop_test(tcase, test_manifest, 0, (int)G_N_ELEMENTS(cases));
    suite_add_tcase(suite, tcase);
    return suite;
}
