/*
 * test_jsonpath.c - client-go v0.34 util/jsonpath/jsonpath_test.go, kubectl pkg/cmd/get
 * customcolumn_test.go
 */

#include "tests/kubectl/support.h"

#include "kubectl/jsonpath.h"
#include "kubectl/print.h"

Suite *jsonpath_suite(void);

static const char store[] =
    "{name: jsonpath, ints: [1, 2, 3, 4], "
    "book: [{category: reference, author: Nigel Rees, title: Sayings of the Century, price: 8.95}, "
    "{category: fiction, author: Evelyn Waugh, title: Sword of Honour, price: 12.99}], "
    "bicycle: [{color: red, price: 19.95, isnew: true}, {color: green, price: 20.01, isnew: "
    "false}], "
    "labels: {engieer: 10, web/html: 15, k8s-app: 20}, nothing: null, "
    "users: [{name: myself, user: {}}, {name: e2e, user: {username: admin, password: secret}}]}";

static const struct {
    const char *template_, *want;
} found_cases[] = {
    {"plain", "plain"},
    {"{}",
     "{\"bicycle\":[{\"color\":\"red\",\"isnew\":true,\"price\":19.95},{\"color\":\"green\","
     "\"isnew\":false,\"price\":20.01}],\"book\":[{\"author\":\"Nigel "
     "Rees\",\"category\":\"reference\",\"price\":8.95,\"title\":\"Sayings of the "
     "Century\"},{\"author\":\"Evelyn "
     "Waugh\",\"category\":\"fiction\",\"price\":12.99,\"title\":\"Sword of "
     "Honour\"}],\"ints\":[1,2,3,4],\"labels\":{\"engieer\":10,\"k8s-app\":20,\"web/"
     "html\":15},\"name\":\"jsonpath\",\"nothing\":null,\"users\":[{\"name\":\"myself\",\"user\":{}"
     "},{\"name\":\"e2e\",\"user\":{\"password\":\"secret\",\"username\":\"admin\"}}]}"},
    {"{.name}", "jsonpath"},
    {"hello {.name}!", "hello jsonpath!"},
    {"{$.name}", "jsonpath"},
    {"{.hello}", ""},
    {"{.nothing.at.all}", ""},
    {"{.ints}", "[1,2,3,4]"},
    {"{.ints[0]}", "1"},
    {"{.ints[-1]}", "4"},
    {"{.ints[0:2]}", "1 2"},
    {"{.ints[1:]}", "2 3 4"},
    {"{.ints[:2]}", "1 2"},
    {"{.ints[0:4:2]}", "1 3"},
    {"{.ints[-2:]}", "3 4"},
    {"{.ints[*]}", "1 2 3 4"},
    {"{.ints[0,2]}", "1 3"},
    {"{[0:1]}", NULL},
    {"{.labels.web/html}", "15"},
    {"{.labels['k8s-app']}", "20"},
    {"{.labels.k8s-app}", "20"},
    {"{.labels['engieer','k8s-app']}", "10 20"},
    {"{.book[*].author}", "Nigel Rees Evelyn Waugh"},
    {"{.book[?(@.price < 10.00)].title}", "Sayings of the Century"},
    {"{.book[?(@.price > 10.00)].title}", "Sword of Honour"},
    {"{.book[?(@.category==\"fiction\")].author}", "Evelyn Waugh"},
    {"{.book[?(@.category!='fiction')].author}", "Nigel Rees"},
    {"{.bicycle[?(@.isnew==true)].color}", "red"},
    {"{.bicycle[?(@.isnew)].color}", "red green"},
    {"{.bicycle[?(@.size)].color}", ""},
    {"{.users[?(@.name==\"e2e\")].user.password}", "secret"},
    {"{.users[0].user}", "{}"},
    {"{..price}", "19.95 20.01 8.95 12.99"},
    {"{range .users[*]}{.name}{\"\\t\"}{.user.username}{\"\\n\"}{end}", "myself\t\ne2e\tadmin\n"},
    {"{range .hello[*]}x{end}y", "y"},
    {"{range .users[*]}[{range .user}{.username}{end}]{end}.", "[][admin]."},
    {"{'single'} {\"dou\\\"ble\"}", "single dou\"ble"},
    {"{.ints[9]}", NULL},
    {"{.name[0]}", NULL},
    {"{end}", NULL},
    {"{.name", NULL},
    {"{.items[", NULL},
};

START_TEST(test_found)
{
    g_autoptr(Value) value = value_from_text(store);
    g_autofree char *message = NULL;
    g_autofree char *text = jsonpath_format(found_cases[_i].template_, value, &message);

    ck_assert_msg(g_strcmp0(text, found_cases[_i].want) == 0, "%s: got %s (%s)",
                  found_cases[_i].template_, text, message);
}
END_TEST

static const struct {
    const char *template_, *want;
} bad_cases[] = {
    {"{.items[", "unterminated array"},
    {"{.items[0", "unterminated array"},
    {"{.name", "unclosed action"},
    {"{.a\n}", "unclosed action"},
    {"{[?(@.x]}", "unterminated filter"},
    {"{[?(@.x)}", "unclosed array expect ]"},
    {"{\"x}", "unterminated quoted string"},
    {"{.a[x]}", "invalid array index x"},
    {"{....a}", "invalid multiple recursive descent"},
    {"{.a[1:2:3:4]}", "invalid array index 1:2:3:4"},
    {"{+1.2.3}", "cannot parse number +1.2.3"},
};

START_TEST(test_bad)
{
    g_autofree char *message = NULL;

    ck_assert(!jsonpath_check(bad_cases[_i].template_, &message));
    ck_assert_str_eq(message, bad_cases[_i].want);
}
END_TEST

static const struct {
    const char *template_, *want;
} failing_cases[] = {
    {"{.ints[9]}", "array index out of bounds: index 9, length 4"},
    {"{.ints[0:9]}", "array index out of bounds: index 8, length 4"},
    {"{.ints[3:1]}", "starting index 3 is greater than ending index 1"},
    {"{.ints[0:2:0]}", "step must be > 0"},
    {"{.name[0]}", "string is not array or slice"},
    {"{.labels[0]}", "map[string]interface {} is not array or slice"},
    {"{.name[?(@.x)]}", "jsonpath is not array or slice and cannot be filtered"},
    {"{.book[?(@.price < \"a\")]}", "incompatible types for comparison"},
    {"{.foo}{end}", "not in range, nothing to end"},
    {"{hello}", "unrecognized identifier hello"},
};

START_TEST(test_failing)
{
    g_autoptr(Value) value = value_from_text(store);
    g_autofree char *message = NULL;

    ck_assert_ptr_null(jsonpath_format(failing_cases[_i].template_, value, &message));
    ck_assert_str_eq(message, failing_cases[_i].want);
}
END_TEST

/* k8s.io/client-go v0.34 util/jsonpath evalField, AllowMissingKeys(false) */
START_TEST(test_strict)
{
    g_autoptr(Value) value = value_from_text(store);
    g_autofree char *message = NULL;
    g_autofree char *there = jsonpath_format_as("{.name}", value, FALSE, TRUE, NULL);

    ck_assert_ptr_null(jsonpath_format_as("{.nosuch}", value, FALSE, TRUE, &message));
    ck_assert_str_eq(message, "nosuch is not found");
    ck_assert_str_eq(there, "jsonpath");
}
END_TEST

/* -o jsonpath-as-json: a list of what each action found, indented by four. */
START_TEST(test_as_json)
{
    g_autoptr(Value) value = value_from_text(store);
    g_autofree char *text = jsonpath_format_json("{.ints[0:2]}", value, NULL);

    ck_assert_str_eq(text, "[\n    1,\n    2\n]\n");
}
END_TEST

/* RelaxedJSONPathExpression */
static const struct {
    const char *path, *want;
} relaxed_cases[] = {
    {"foo.bar", "{.foo.bar}"},
    {".foo.bar", "{.foo.bar}"},
    {"{foo.bar}", "{.foo.bar}"},
    {"{.foo.bar}", "{.foo.bar}"},
    {"{.foo", NULL},
    {"{}", NULL},
    {"{.a}{.b}", NULL},
};

START_TEST(test_relaxed)
{
    g_autofree char *message = NULL;
    g_autofree char *got = jsonpath_relax(relaxed_cases[_i].path, &message);

    ck_assert_msg(g_strcmp0(got, relaxed_cases[_i].want) == 0, "%s: got %s", relaxed_cases[_i].path,
                  got);
    ck_assert((got == NULL) == (message != NULL));
}
END_TEST

/* --- custom columns ---------------------------------------------------------------------- */

static const char pod[] = "{metadata: {name: foo}, spec: {containers: [{name: fake0}, {name: "
                          "fake1}, {name: fake2}, {name: fake3}]}, "
                          "labels: {a: b, c: 1}}";

static const struct {
    const char *spec, *want;
    gboolean no_headers;
    const char *wrong; /* beside a text */
} column_cases[] = {
    {"NAME:metadata.name", "NAME\nfoo\n"},
    {"NAME:.metadata.name,X:{.hello}", "NAME   X\nfoo    <none>\n"},
    {"C:.spec.containers[0].name", "C\nfake0\n"},
    {"C:.spec.containers[1:].name", "C\nfake1,fake2,fake3\n"},
    {"C:.spec.containers[*].name", "C\nfake0,fake1,fake2,fake3\n"},
    {":metadata.name", "foo\n", TRUE},
    {"L:.labels", "L\nmap[a:b c:1]\n"},
    {"C:.spec.containers[5].name", "C\n", .wrong = "array index out of bounds: index 5, length 4"}, /* as v1.33.1 printed */
    {"NAME", NULL},
    {"", NULL},
    {"A:{.x", NULL},
};

START_TEST(test_columns)
{
    g_autoptr(GPtrArray) values = g_ptr_array_new_with_free_func((GDestroyNotify)value_free);
    g_autofree char *message = NULL;
    g_autofree char *text = NULL;

    g_ptr_array_add(values, value_from_text(pod));
    text =
        custom_columns_format(column_cases[_i].spec, values, column_cases[_i].no_headers, &message);
    ck_assert_msg(g_strcmp0(text, column_cases[_i].want) == 0, "%s: got %s (%s)",
                  column_cases[_i].spec, text, message);
    if (text != NULL)
        ck_assert_msg(g_strcmp0(message, column_cases[_i].wrong) == 0, "%s: %s", column_cases[_i].spec, message);
}
END_TEST

Suite *
jsonpath_suite(void)
{
    Suite *suite = suite_create("kubectl/jsonpath");
    TCase *tcase = tcase_create("jsonpath");

    tcase_add_loop_test(tcase, test_found, 0, G_N_ELEMENTS(found_cases));
    tcase_add_loop_test(tcase, test_bad, 0, G_N_ELEMENTS(bad_cases));
    tcase_add_loop_test(tcase, test_failing, 0, G_N_ELEMENTS(failing_cases));
    tcase_add_test(tcase, test_as_json);
    tcase_add_test(tcase, test_strict);
    tcase_add_loop_test(tcase, test_relaxed, 0, G_N_ELEMENTS(relaxed_cases));
    tcase_add_loop_test(tcase, test_columns, 0, G_N_ELEMENTS(column_cases));
    suite_add_tcase(suite, tcase);
    return suite;
}
