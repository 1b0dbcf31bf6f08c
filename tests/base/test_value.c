/* Trees of values: YAML and JSON, read and written. */

#include "base/diag.h"
#include "base/value.h"

#include <check.h>
#include <string.h>

Suite *value_suite(void);

/* The first document as compact JSON; mistakes, if any, behind it. (owned) */
static char *
yaml_as_json(const char *text, gsize length)
{
    g_autoptr(Diag) diag = diag_new();
    g_autoptr(GPtrArray) documents = value_read_yaml(text, length, "f.yaml", diag);
    GString *out = g_string_new(NULL);

    for (guint i = 0; i < documents->len; i++) {
        g_string_append(out, i > 0 ? ";" : "");
        value_append_json(out, g_ptr_array_index(documents, i), VALUE_COMPACT);
    }
    if (diag_count_errors(diag) > 0) {
        g_autofree char *mistakes = diag_format(diag);

        g_string_append_printf(out, "!%s", mistakes);
    }
    return g_string_free(out, FALSE);
}

/* sigs.k8s.io/yaml goyaml.v2: what plain scalars mean. */
static const struct {
    const char *yaml;
    const char *json;
} yaml_cases[] = {
    {"a: 1", "{\"a\":1}"},
    {"a: yes", "{\"a\":true}"},
    {"a: off", "{\"a\":false}"},
    {"a: y", "{\"a\":true}"},
    {"a: 'yes'", "{\"a\":\"yes\"}"},
    {"a: ~", "{\"a\":null}"},
    {"a:", "{\"a\":null}"},
    {"a: null", "{\"a\":null}"},
    {"a: 0o17", "{\"a\":15}"},
    {"a: 017", "{\"a\":15}"},
    {"a: 0x1F", "{\"a\":31}"},
    {"a: 0b101", "{\"a\":5}"},
    {"a: 089", "{\"a\":89}"},
    {"a: 1_000", "{\"a\":1000}"},
    {"a: +12", "{\"a\":12}"},
    {"a: -12", "{\"a\":-12}"},
    {"a: 1.50", "{\"a\":1.50}"},
    {"a: .5", "{\"a\":0.5}"},
    {"a: -.5", "{\"a\":-0.5}"},
    {"a: 1.", "{\"a\":1}"},
    {"a: 2.0", "{\"a\":2}"},
    {"a: 1e3", "{\"a\":1000}"},
    {"a: 1.5e2", "{\"a\":150}"},
    {"a: 125e-2", "{\"a\":1.25}"},
    {"a: 1e-3", "{\"a\":0.001}"},
    {"a: 18446744073709551615", "{\"a\":18446744073709551615}"},
    {"a: 2026-11-21", "{\"a\":\"2026-11-21\"}"},
    {"a: 12:30", "{\"a\":\"12:30\"}"},
    {"a: 1.2.3", "{\"a\":\"1.2.3\"}"},
    {"a: 1.27-alpine", "{\"a\":\"1.27-alpine\"}"},
    {"a: !!str 5", "{\"a\":\"5\"}"},
    {"1: a\ntrue: b", "{\"1\":\"a\",\"true\":\"b\"}"},
    {"a: [1, {b: c}]", "{\"a\":[1,{\"b\":\"c\"}]}"},
    {"a: |\n  x\n  y\n", "{\"a\":\"x\\ny\\n\"}"},
    {"a: &x {b: 1}\nc: *x", "{\"a\":{\"b\":1},\"c\":{\"b\":1}}"},
    {"a: &x {b: 1, c: 2}\nd: {<<: *x, c: 3}", "{\"a\":{\"b\":1,\"c\":2},\"d\":{\"c\":3,\"b\":1}}"},
    {"a: 1\n---\nb: 2\n", "{\"a\":1};{\"b\":2}"},
    {"# nothing\n", ""},
    {"{\"a\": \"\\u00e9\\t\"}", "{\"a\":\"\xc3\xa9\\t\"}"},
};

START_TEST(test_yaml_reads)
{
    g_autofree char *json = yaml_as_json(yaml_cases[_i].yaml, strlen(yaml_cases[_i].yaml));

    ck_assert_str_eq(json, yaml_cases[_i].json);
}
END_TEST

static const struct {
    const char *yaml;
    const char *mistake; /* is part of what is reported */
} yaml_bad_cases[] = {
    {"a: 1\nb:\n  c: 1\n  c: 2\n", "f.yaml:4:3: b.c: key 'c' is already set in this map"},
    {"a: *x\n", "f.yaml:1:4: a: unknown anchor 'x'"},
    {"a: &x [*x]\n", "anchor 'x' contains itself"},
    {"a: [1\nb: 2\n", "f.yaml:2:2: "},
    {"a:\n\t- 1\n", "f.yaml:2:1: "},
    {"? [a]\n: 1\n", "f.yaml:1:3: a map or list is no key"},
    {"a: \"\xff\"\n", "f.yaml:1:5: not UTF-8"},
    {"<<: 5\n", "'<<' needs a map"},
    {"a: !!int x\n", "cannot read 'x' with tag 'int'"},
};

START_TEST(test_yaml_refuses)
{
    g_autofree char *json = yaml_as_json(yaml_bad_cases[_i].yaml, strlen(yaml_bad_cases[_i].yaml));

    ck_assert_msg(strstr(json, yaml_bad_cases[_i].mistake) != NULL, "wanted '%s', got '%s'",
                  yaml_bad_cases[_i].mistake, json);
}
END_TEST

/* Nine levels of nine aliases would be 387 million nodes. */
START_TEST(test_yaml_limits_aliases)
{
    g_autoptr(GString) text = g_string_new("a0: &a0 [x,x,x,x,x,x,x,x,x]\n");

    for (int i = 1; i < 9; i++)
        g_string_append_printf(text, "a%d: &a%d [*a%d,*a%d,*a%d,*a%d,*a%d,*a%d,*a%d,*a%d,*a%d]\n",
                               i, i, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1);

    g_autofree char *json = yaml_as_json(text->str, text->len);

    ck_assert_msg(strstr(json, "more than 1000000 nodes") != NULL, "%s", json);
}
END_TEST

START_TEST(test_yaml_limits_depth)
{
    g_autoptr(GString) text = g_string_new(NULL);

    for (int i = 0; i < 129; i++)
        g_string_append_c(text, '[');

    g_autofree char *json = yaml_as_json(text->str, text->len);

    ck_assert_msg(strstr(json, "nested deeper than 128") != NULL, "%s", json);
}
END_TEST

START_TEST(test_yaml_keeps_positions)
{
    const char *text = "a: 1\nb:\n  - c: hello\n";
    g_autoptr(GPtrArray) documents = value_read_yaml(text, strlen(text), "f", NULL);
    const Value *root = g_ptr_array_index(documents, 0);
    const Value *list = value_get(root, "b");

    ck_assert_uint_eq(root->key_places[1].line, 2);
    ck_assert_uint_eq(root->key_places[1].column, 1);
    ck_assert_uint_eq(list->line, 3);
    ck_assert_uint_eq(list->items[0]->items[0]->line, 3);
    ck_assert_uint_eq(list->items[0]->items[0]->column, 8);
}
END_TEST

/* Go encoding/json: the words of its scanner. */
static const struct {
    const char *json;
    const char *message;
} json_bad_cases[] = {
    {"", "unexpected end of JSON input"},
    {"{", "unexpected end of JSON input"},
    {"{\"a\":", "unexpected end of JSON input"},
    {"[1,", "unexpected end of JSON input"},
    {"\"abc", "unexpected end of JSON input"},
    {"tru", "unexpected end of JSON input"},
    {"x", "invalid character 'x' looking for beginning of value"},
    {"{a:1}", "invalid character 'a' looking for beginning of object key string"},
    {"{\"a\" 1}", "invalid character '1' after object key"},
    {"{\"a\":1 \"b\"}", "invalid character '\"' after object key:value pair"},
    {"[1 2]", "invalid character '2' after array element"},
    {"{} x", "invalid character 'x' after top-level value"},
    {"trux", "invalid character 'x' in literal true (expecting 'e')"},
    {"-x", "invalid character 'x' in numeric literal"},
    {"1.x", "invalid character 'x' after decimal point in numeric literal"},
    {"1e x", "invalid character ' ' in exponent of numeric literal"},
    {"\"\\q\"", "invalid character 'q' in string escape code"},
    {"\"\\u12g4\"", "invalid character 'g' in \\u hexadecimal character escape"},
    {"\"a\nb\"", "invalid character '\\n' in string literal"},
    {"[1,]", "invalid character ']' looking for beginning of value"},
    {"{\"a\":1,}", "invalid character '}' looking for beginning of object key string"},
    {"'a'", "invalid character '\\'' looking for beginning of value"},
};

START_TEST(test_json_refuses)
{
    g_autofree char *message = NULL;
    Value *value =
        value_read_json(json_bad_cases[_i].json, strlen(json_bad_cases[_i].json), &message);

    ck_assert_ptr_null(value);
    ck_assert_str_eq(message, json_bad_cases[_i].message);
}
END_TEST

static const struct {
    const char *json;
    ValueJsonFlags flags;
    const char *want;
} json_cases[] = {
    {" { \"b\" : [ 1 , 2.50 ] , \"a\" : null } ", VALUE_COMPACT, "{\"b\":[1,2.50],\"a\":null}"},
    {"{\"b\":1,\"a\":{\"d\":1,\"c\":2}}", VALUE_SORTED, "{\"a\":{\"c\":2,\"d\":1},\"b\":1}"},
    {"\"<a&b>\"", VALUE_COMPACT, "\"\\u003ca\\u0026b\\u003e\""},
    {"\"<a&b>\"", VALUE_NO_HTML_ESCAPE, "\"<a&b>\""},
    {"\"\\u000b\\n\\b\\\"\\\\\"", VALUE_COMPACT, "\"\\u000b\\n\\b\\\"\\\\\""},
    {"\"\\ud83d\\ude00\\u2028\"", VALUE_COMPACT, "\"\xf0\x9f\x98\x80\\u2028\""},
    {"\"\\ud83d\"", VALUE_COMPACT, "\"\xef\xbf\xbd\""},
    {"{\"a\":[],\"b\":{},\"c\":[1]}", VALUE_INDENT4,
     "{\n    \"a\": [],\n    \"b\": {},\n    \"c\": [\n        1\n    ]\n}"},
    {"{\"a\":[1]}", VALUE_INDENT1, "{\n \"a\": [\n  1\n ]\n}"},
    {"1e5", VALUE_COMPACT, "1e5"},
};

START_TEST(test_json_round_trip)
{
    g_autofree char *message = NULL;
    g_autoptr(Value) value =
        value_read_json(json_cases[_i].json, strlen(json_cases[_i].json), &message);

    ck_assert_msg(value != NULL, "%s", message);

    g_autofree char *text = value_to_json(value, json_cases[_i].flags);

    ck_assert_str_eq(text, json_cases[_i].want);
}
END_TEST

/* goyaml.v2 encode: sorted keys, quotes only where needed, literal blocks. */
static const struct {
    const char *json;
    const char *yaml;
} yaml_write_cases[] = {
    {"{\"b\":1,\"a\":\"x\"}", "a: x\nb: 1\n"},
    {"{\"a\":\"1\"}", "a: \"1\"\n"},
    {"{\"a\":\"true\"}", "a: \"true\"\n"},
    {"{\"a\":\"y\"}", "a: \"y\"\n"},
    {"{\"a\":\"\"}", "a: \"\"\n"},
    {"{\"a\":\"1.5\"}", "a: \"1.5\"\n"},
    {"{\"a\":\"12:30\"}", "a: \"12:30\"\n"},
    {"{\"a\":\"25%\"}", "a: 25%\n"},
    {"{\"a\":\"500m\"}", "a: 500m\n"},
    {"{\"a\":\"2026-11-21T01:35:18Z\"}", "a: \"2026-11-21T01:35:18Z\"\n"},
    {"{\"a\":\"- b\"}", "a: '- b'\n"},
    {"{\"a\":\"b: c\"}", "a: 'b: c'\n"},
    {"{\"a\":\"*x\"}", "a: '*x'\n"},
    {"{\"a\":\"x\\n\"}", "a: |\n  x\n"},
    {"{\"a\":\"x\\ny\"}", "a: |-\n  x\n  y\n"},
    {"{\"a\":[{\"b\":1,\"c\":[1,2]},3]}", "a:\n- b: 1\n  c:\n  - 1\n  - 2\n- 3\n"},
    {"{\"a\":{},\"b\":[],\"c\":null}", "a: {}\nb: []\nc: null\n"},
    {"{\"true\":1}", "\"true\": 1\n"},
};

START_TEST(test_yaml_writes)
{
    g_autoptr(Value) value =
        value_read_json(yaml_write_cases[_i].json, strlen(yaml_write_cases[_i].json), NULL);
    g_autofree char *text = value_to_yaml(value);

    ck_assert_str_eq(text, yaml_write_cases[_i].yaml);
}
END_TEST

START_TEST(test_tree)
{
    g_autoptr(Value) map = value_new_map();
    g_autoptr(Value) copy = NULL;
    Value *list = value_new_list();

    value_set(map, "a", value_new_int(1));
    value_set(map, "b", list);
    value_append(list, value_new_string("x"));
    value_insert(list, 0, value_new_string("w"));
    copy = value_copy(map);
    ck_assert(value_equal(map, copy));
    value_set(map, "a", value_new_int(2));
    ck_assert(!value_equal(map, copy));
    ck_assert_int_eq(value_get_int(map, "a", 0), 2);
    ck_assert_str_eq(value_get_path(map, "b", NULL)->items[0]->text, "w");
    value_remove_at(list, 0);
    ck_assert_uint_eq(list->count, 1);
    ck_assert(value_remove(map, "a"));
    ck_assert(!value_remove(map, "a"));
    ck_assert_ptr_null(value_get(map, "a"));
    ck_assert_ptr_null(value_get_path(map, "x", "y", NULL));
}
END_TEST

/* 1 and 1.0 differ; the order of a map's keys does not count. */
START_TEST(test_equal)
{
    g_autoptr(Value) a = value_read_json("{\"a\":1,\"b\":2}", 13, NULL);
    g_autoptr(Value) b = value_read_json("{\"b\":2,\"a\":1}", 13, NULL);
    g_autoptr(Value) c = value_read_json("{\"b\":2,\"a\":1.0}", 15, NULL);

    ck_assert(value_equal(a, b));
    ck_assert(!value_equal(a, c));
}
END_TEST

/* Documents one behind the other: LINE:JSON of each; then mistakes, then whether the end was cut. */
static const struct {
    const char *text, *told;
} stream_cases[] = {
    {"", ""},
    {"{\"a\":1}\n{\"b\":2}\n", "1:{\"a\":1};2:{\"b\":2};"},
    {"{\n    \"a\": 1\n}\n{\n    \"b\": [\n        2\n    ]\n}\n", "1:{\"a\":1};4:{\"b\":[2]};"},
    {"{} {}\n\n[1]", "1:{};1:{};3:[1];"},
    {"{\"a\":1}\n{\"b\":", "1:{\"a\":1};cut"},
    {"{\"a\":1}\n{\"b\":\"x", "1:{\"a\":1};cut"},
    /* after a mistake it goes on with the next line that begins a document */
    {"{\"a\" 1}\n{\"b\":2}\n{\"c\":x}\n{\"d\":4}\n", "2:{\"b\":2};4:{\"d\":4};!f:1:6: invalid character '1' after object key; this is no JSON\n"
                                                  "f:3:6: invalid character 'x' looking for beginning of value; this is no JSON\n"},
    {"kind: Pod\nmetadata: {}\n", "!f:1:1: invalid character 'k' looking for beginning of value; this is no JSON\n"},
};

START_TEST(test_json_stream)
{
    const char *text = stream_cases[_i].text;
    g_autoptr(Diag) diag = diag_new();
    gboolean is_cut = FALSE;
    g_autoptr(GPtrArray) documents = value_read_json_stream(text, strlen(text), "f", diag, &is_cut);
    g_autofree char *mistakes = diag_format(diag);
    g_autoptr(GString) told = g_string_new(NULL);

    for (guint i = 0; i < documents->len; i++) {
        g_string_append_printf(told, "%u:", ((const Value *)documents->pdata[i])->line);
        value_append_json(told, documents->pdata[i], VALUE_COMPACT);
        g_string_append_c(told, ';');
    }
    g_string_append_printf(told, "%s%s%s", mistakes[0] != '\0' ? "!" : "", mistakes, is_cut ? "cut" : "");
    ck_assert_str_eq(told->str, stream_cases[_i].told);
}
END_TEST

Suite *
value_suite(void)
{
    Suite *suite = suite_create("value");
    TCase *tcase = tcase_create("value");

    tcase_add_loop_test(tcase, test_yaml_reads, 0, G_N_ELEMENTS(yaml_cases));
    tcase_add_loop_test(tcase, test_yaml_refuses, 0, G_N_ELEMENTS(yaml_bad_cases));
    tcase_add_test(tcase, test_yaml_limits_aliases);
    tcase_add_test(tcase, test_yaml_limits_depth);
    tcase_add_test(tcase, test_yaml_keeps_positions);
    tcase_add_loop_test(tcase, test_json_refuses, 0, G_N_ELEMENTS(json_bad_cases));
    tcase_add_loop_test(tcase, test_json_round_trip, 0, G_N_ELEMENTS(json_cases));
    tcase_add_loop_test(tcase, test_json_stream, 0, G_N_ELEMENTS(stream_cases));
    tcase_add_loop_test(tcase, test_yaml_writes, 0, G_N_ELEMENTS(yaml_write_cases));
    tcase_add_test(tcase, test_tree);
    tcase_add_test(tcase, test_equal);
    suite_add_tcase(suite, tcase);
    return suite;
}
