/* test_go_template.c - Go text/template exec_test.go, cli-runtime template_test.go v0.34 */

#include "tests/kubectl/support.h"

#include "kubectl/go_template.h"

Suite *go_template_suite(void);

static const char data[] = "{name: foo, count: 3, yes_: true, empty: '', list: [a, b], map: {two: "
                           "2, one: 1}, secret: 'aGVsbG8=', "
                           "items: [{metadata: {name: p1, labels: {app: web}}, ready: true}, "
                           "{metadata: {name: p2}, ready: false}]}";

static const struct {
    const char *template_, *want;
} format_cases[] = {
    {"plain", "plain"},
    {"{{.name}}", "foo"},
    {"{{ .count }}/{{.list}}/{{.map}}", "3/[a b]/map[one:1 two:2]"},
    {"{{.missing}}", "<no value>"},
    {"{{.missing.deeper}}", "<no value>"},
    {"{{range .items}}{{.metadata.name}}{{\"\\n\"}}{{end}}", "p1\np2\n"},
    {"{{range .none}}x{{else}}nothing{{end}}", "nothing"},
    {"{{range $i, $e := .list}}{{$i}}={{$e}} {{end}}", "0=a 1=b "},
    {"{{range $k, $v := .map}}{{$k}}:{{$v}},{{end}}", "one:1,two:2,"},
    {"{{if .yes_}}yes{{else}}no{{end}}", "yes"},
    {"{{if .empty}}yes{{else if .count}}count{{else}}no{{end}}", "count"},
    {"{{if and .yes_ (eq .name \"foo\")}}both{{end}}", "both"},
    {"{{if or .empty .missing}}a{{else}}b{{end}}", "b"},
    {"{{if not .empty}}n{{end}}", "n"},
    {"{{with .map}}{{.one}}{{$.name}}{{end}}", "1foo"},
    {"{{with $x := .name}}{{$x}}{{end}}", "foo"},
    {"{{$n := .name}}{{range .list}}{{$n}}{{.}}{{end}}", "fooafoob"},
    {"{{range .items}}{{if .ready}}{{.metadata.labels.app}}{{end}}{{end}}", "web"},
    {"{{len .list}} {{len .name}}", "2 3"},
    {"{{index .list 1}} {{index .map \"two\"}}", "b 2"},
    {"{{(index .items 0).metadata.name}}", "p1"},
    {"{{.secret | base64decode}}", "hello"},
    {"{{printf \"%s-%d|%5s|%-4v|%q%%\" .name .count .name .name .name}}",
     "foo-3|  foo|foo |\"foo\"%"},
    {"{{print \"a\" 1 2 \"b\"}}", "a1 2b"},
    {"{{println 1 \"x\"}}", "1 x\n"},
    {"{{exists .map \"one\"}} {{exists .map \"six\"}}", "true false"},
    {"{{lt .count 4}} {{ge .count 4}} {{eq .count 1 2 3}} {{ne .name \"x\"}}",
     "true false true true"},
    {"a {{- .name -}} b", "afoob"},
    {"a\n{{- /* said */ -}}\nb", "ab"},
    {"{{`raw\\n`}}", "raw\\n"},
    {"{{true}} {{false}}", "true false"},
    {"{{if .yes_}}", NULL},
    {"{{end}}", NULL},
    {"{{.name", NULL},
    {"{{nope .name}}", NULL},
    {"{{index .list 7}}", NULL},
    {"{{range .name}}{{end}}", NULL},
    {"{{}}", NULL},
};

START_TEST(test_format)
{
    g_autoptr(Value) value = value_from_text(data);
    g_autofree char *message = NULL;
    g_autofree char *got = go_template_format(format_cases[_i].template_, value, &message);

    ck_assert_msg(g_strcmp0(got, format_cases[_i].want) == 0, "%s: got %s (%s)",
                  format_cases[_i].template_, got, message);
    ck_assert((got == NULL) == (message != NULL));
}
END_TEST

START_TEST(test_check)
{
    g_autofree char *message = NULL;

    ck_assert(go_template_check("{{.a}} }} {{\"}}\"}}", &message));
    ck_assert(!go_template_check("{{.a", &message));
    ck_assert_str_eq(message, "template: output:1: unclosed action");
}
END_TEST

Suite *
go_template_suite(void)
{
    Suite *suite = suite_create("kubectl/go_template");
    TCase *tcase = tcase_create("go_template");

    tcase_add_loop_test(tcase, test_format, 0, G_N_ELEMENTS(format_cases));
    tcase_add_test(tcase, test_check);
    suite_add_tcase(suite, tcase);
    return suite;
}
