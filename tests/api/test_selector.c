/* Label and field selectors: v1.34 apimachinery pkg/labels, pkg/fields. */

#include "api/selector.h"
#include "tests/api/support.h"

#include <check.h>

Suite *selector_suite(void);

/* "a=1,b=2" as a map. */
static StrMap
labels_of(const char *text)
{
    StrMap map = {0};
    g_auto(GStrv) pairs = g_strsplit(text, ",", -1);

    for (guint i = 0; pairs[i] != NULL && pairs[i][0] != '\0'; i++) {
        char *sign = strchr(pairs[i], '=');

        *sign = '\0';
        str_map_set(&map, pairs[i], sign + 1);
    }
    return map;
}

static const struct {
    const char *selector;
    const char *labels;
    gboolean matches;
} match_cases[] = {
    {"", "", TRUE},
    {"", "x=y", TRUE},
    {"x=y", "x=y", TRUE},
    {"x==y", "x=y", TRUE},
    {"x=y,z=w", "x=y,z=w", TRUE},
    {"x=y,z=w", "x=y", FALSE},
    {"x!=y", "x=z", TRUE},
    {"x!=y", "", TRUE},
    {"x!=y", "x=y", FALSE},
    {"x", "x=", TRUE},
    {"x", "", FALSE},
    {"!x", "", TRUE},
    {"! x", "x=1", FALSE},
    {"x in (a,b)", "x=b", TRUE},
    {"x in (a,b)", "x=c", FALSE},
    {"x in (a,b)", "", FALSE},
    {"x notin (a,b)", "", TRUE},
    {"x notin (a,b)", "x=a", FALSE},
    {"x in ()", "x=", TRUE},
    {"x in (a,)", "x=", TRUE},
    {"x=", "x=", TRUE},
    {"x=,z=w", "x=,z=w", TRUE},
    {"x>1", "x=2", TRUE},
    {"x>1", "x=1", FALSE},
    {"x<10", "x=9", TRUE},
    {"x<10", "x=a", FALSE},
    {"x<10", "", FALSE},
    {"in=in", "in=in", TRUE},
    {"x in (in,notin)", "x=notin", TRUE},
    {" x = y , z ", "x=y,z=1", TRUE},
};

START_TEST(test_matches)
{
    g_autofree char *message = NULL;
    g_autoptr(Selector) selector = selector_parse(match_cases[_i].selector, &message);
    StrMap labels = labels_of(match_cases[_i].labels);

    ck_assert_msg(selector != NULL, "%s: %s", match_cases[_i].selector, message);
    ck_assert_msg(selector_matches(selector, &labels) == match_cases[_i].matches, "%s on %s",
                  match_cases[_i].selector, match_cases[_i].labels);
    str_map_clear(&labels);
}
END_TEST

static const struct {
    const char *text;
    const char *message;
} refuse_cases[] = {
    {"x in", "unable to parse requirement: found '' expected: '('"},
    {"x=y,", "found '', expected: identifier after ','"},
    {"x=y,,z=w", "found ',', expected: identifier after ','"},
    {",x", "found ',', expected: !, identifier, or 'end of string'"},
    {"x y", "unable to parse requirement: found 'y', expected: in, notin, =, ==, !=, gt, lt"},
    {"x=a b", "found 'b', expected: ',' or 'end of string'"},
    {"x in (a", "unable to parse requirement: found '', expected: ',' or ')'"},
    {"x in (a b)", "unable to parse requirement: found 'b', expected: ',' or ')'"},
    {"!", "unable to parse requirement: found '', expected: identifier"},
    {"x>a",
     "unable to parse requirement: values[0]: Invalid value: \"a\": for 'Gt', 'Lt' operators, the "
     "value must be an integer"},
    {"-x=a",
     "unable to parse requirement: <nil>: Invalid value: \"-x\": name part must consist of "
     "alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric "
     "character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is "
     "'([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"},
    {"x=-",
     "unable to parse requirement: values[0][x]: Invalid value: \"-\": a valid label must be an "
     "empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end "
     "with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for "
     "validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"},
};

START_TEST(test_refuses)
{
    g_autofree char *message = NULL;
    Selector *selector = selector_parse(refuse_cases[_i].text, &message);

    ck_assert_msg(selector == NULL, "%s", refuse_cases[_i].text);
    ck_assert_str_eq(message, refuse_cases[_i].message);
}
END_TEST

static const struct {
    const char *text;
    const char *canonical;
} format_cases[] = {
    {"", ""},
    {"z=1,a=2", "a=2,z=1"},
    {"x in (b,a,b)", "x in (a,b)"},
    {"x==1, !y, z", "x==1,!y,z"},
    {"x notin (a), y!=b, w>1", "w>1,x notin (a),y!=b"},
};

START_TEST(test_format)
{
    g_autoptr(Selector) selector = selector_parse(format_cases[_i].text, NULL);

    ck_assert_str_eq(selector_format(selector), format_cases[_i].canonical);
}
END_TEST

/* NULL matches nothing, {} everything; labels and expressions are one and. */
START_TEST(test_label_selector)
{
    static const struct {
        const char *yaml; /* of spec.selector; NULL: absent */
        const char *labels;
        gboolean matches;
    } cases[] = {
        {NULL, "a=1", FALSE},
        {"{}", "a=1", TRUE},
        {"{matchLabels: {a: '1'}}", "a=1,b=2", TRUE},
        {"{matchLabels: {a: '2'}}", "a=1", FALSE},
        {"{matchExpressions: [{key: a, operator: In, values: ['1', '2']}]}", "a=2", TRUE},
        {"{matchExpressions: [{key: a, operator: NotIn, values: ['1']}]}", "", TRUE},
        {"{matchExpressions: [{key: a, operator: Exists}]}", "b=1", FALSE},
        {"{matchExpressions: [{key: a, operator: DoesNotExist}]}", "b=1", TRUE},
        {"{matchLabels: {b: '1'}, matchExpressions: [{key: a, operator: Exists}]}", "b=1", FALSE},
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *yaml =
            g_strdup_printf("apiVersion: apps/v1\nkind: ReplicaSet\nspec:\n  selector: %s\n",
                            cases[i].yaml == NULL ? "null" : cases[i].yaml);
        g_autoptr(ApiObject) object = support_object(yaml);
        const LabelSelector *label_selector = replica_set_spec(object)->selector;
        g_autoptr(Selector) selector = selector_from_label_selector(label_selector);
        StrMap labels = labels_of(cases[i].labels);

        ck_assert_msg(label_selector_matches(label_selector, &labels) == cases[i].matches, "%s",
                      cases[i].yaml);
        ck_assert_int_eq(selector_matches(selector, &labels), cases[i].matches);
        str_map_clear(&labels);
    }
}
END_TEST

static const struct {
    const char *text;
    gboolean matches; /* pod default/p on n1 */
} field_cases[] = {
    {"", TRUE},
    {"metadata.name=p", TRUE},
    {"metadata.name==p,metadata.namespace=default", TRUE},
    {"metadata.name!=p", FALSE},
    {"spec.nodeName=n1", TRUE},
    {"spec.nodeName=", FALSE},
    {"status.phase!=Running", TRUE},
    {",,metadata.name=p,", TRUE},
};

START_TEST(test_field_selector)
{
    g_autoptr(ApiObject) pod = support_object("{apiVersion: v1, kind: Pod, metadata: {name: p, "
                                              "namespace: default}, spec: {nodeName: n1}}");
    g_autofree char *message = NULL;
    g_autoptr(FieldSelector) selector = field_selector_parse(field_cases[_i].text, &message);

    ck_assert_msg(selector != NULL, "%s", message);
    ck_assert(field_selector_check(selector, &pod_kind, NULL));
    ck_assert_msg(field_selector_matches(selector, pod) == field_cases[_i].matches, "%s",
                  field_cases[_i].text);
}
END_TEST

START_TEST(test_field_selector_refuses)
{
    g_autofree char *message = NULL;
    g_autofree char *core = NULL;
    g_autofree char *other = NULL;
    g_autoptr(FieldSelector) selector = field_selector_parse("bogus=1", NULL);
    g_autoptr(FieldSelector) node = field_selector_parse("spec.nodeName=n1", NULL);
    g_autoptr(FieldSelector) escaped = field_selector_parse("metadata.name=a\\,b\\=c", NULL);

    ck_assert_ptr_null(field_selector_parse("metadata.name", &message));
    ck_assert_str_eq(message,
                     "invalid selector: 'metadata.name'; can't understand 'metadata.name'");
    ck_assert(!field_selector_check(selector, &pod_kind, &core));
    ck_assert_str_eq(core, "field label not supported: bogus");
    ck_assert(!field_selector_check(selector, &config_map_kind, &other));
    ck_assert_str_eq(other, "\"bogus\" is not a known field selector: only \"metadata.name\", "
                            "\"metadata.namespace\"");
    /* What one kind knows, another need not, and asking twice changes nothing. */
    for (guint i = 0; i < 2; i++) {
        ck_assert(field_selector_check(node, &pod_kind, NULL));
        ck_assert(!field_selector_check(node, &config_map_kind, NULL));
        ck_assert(!field_selector_check(selector, &pod_kind, NULL));
    }
    ck_assert_str_eq(field_selector_get_exact(escaped, "metadata.name"), "a,b=c");
    ck_assert_ptr_null(field_selector_get_exact(escaped, "metadata.namespace"));
}
END_TEST

Suite *
selector_suite(void)
{
    Suite *suite = suite_create("selector");
    TCase *tcase = tcase_create("selector");

    tcase_add_loop_test(tcase, test_matches, 0, G_N_ELEMENTS(match_cases));
    tcase_add_loop_test(tcase, test_refuses, 0, G_N_ELEMENTS(refuse_cases));
    tcase_add_loop_test(tcase, test_format, 0, G_N_ELEMENTS(format_cases));
    tcase_add_test(tcase, test_label_selector);
    tcase_add_loop_test(tcase, test_field_selector, 0, G_N_ELEMENTS(field_cases));
    tcase_add_test(tcase, test_field_selector_refuses);
    suite_add_tcase(suite, tcase);
    return suite;
}
