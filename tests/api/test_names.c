/* Names, labels, keys: v1.34 apimachinery pkg/util/validation; metadata rules. */

#include "api/names.h"
#include "tests/api/support.h"

#include <check.h>

Suite *names_suite(void);

#define A63 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static const struct {
    NameRule rule;
    const char *text;
    gboolean is_prefix;
    guint n_messages;
} name_cases[] = {
    {NAME_DNS_LABEL, "a", FALSE, 0},
    {NAME_DNS_LABEL, "a-1", FALSE, 0},
    {NAME_DNS_LABEL, "1a", FALSE, 0},
    {NAME_DNS_LABEL, A63, FALSE, 0},
    {NAME_DNS_LABEL, A63 "a", FALSE, 1},
    {NAME_DNS_LABEL, A63 "A", FALSE, 2},
    {NAME_DNS_LABEL, "", FALSE, 1},
    {NAME_DNS_LABEL, "-a", FALSE, 1},
    {NAME_DNS_LABEL, "a-", FALSE, 1},
    {NAME_DNS_LABEL, "a-", TRUE, 0},
    {NAME_DNS_LABEL, "a.b", FALSE, 1},
    {NAME_DNS_LABEL, "A", FALSE, 1},
    {NAME_DNS_SUBDOMAIN, "a.b-c.d", FALSE, 0},
    {NAME_DNS_SUBDOMAIN, A63 "a.b", FALSE, 0},
    {NAME_DNS_SUBDOMAIN, "a..b", FALSE, 1},
    {NAME_DNS_SUBDOMAIN, ".a", FALSE, 1},
    {NAME_DNS_SUBDOMAIN, "a-.b", FALSE, 1},
    {NAME_DNS_SUBDOMAIN, "web-", TRUE, 0},
    {NAME_DNS_SUBDOMAIN, A63 A63 A63 A63 "ab", FALSE, 1},
    {NAME_DNS1035_LABEL, "a1", FALSE, 0},
    {NAME_DNS1035_LABEL, "1a", FALSE, 1},
    {NAME_PATH_SEGMENT, "system:admin", FALSE, 0},
    {NAME_PATH_SEGMENT, "..", FALSE, 1},
    {NAME_PATH_SEGMENT, "a/%", FALSE, 2},
    {NAME_QUALIFIED, "app", FALSE, 0},
    {NAME_QUALIFIED, "app.kubernetes.io/Name_1", FALSE, 0},
    {NAME_QUALIFIED, "", FALSE, 2},
    {NAME_QUALIFIED, "/a", FALSE, 1},
    {NAME_QUALIFIED, "a/", FALSE, 2},
    {NAME_QUALIFIED, "a/b/c", FALSE, 1},
    {NAME_QUALIFIED, "A/b", FALSE, 1},
    {NAME_QUALIFIED, A63 "a", FALSE, 1},
    {NAME_QUALIFIED, "-a", FALSE, 1},
    {NAME_LABEL_VALUE, "", FALSE, 0},
    {NAME_LABEL_VALUE, "My_Value.1", FALSE, 0},
    {NAME_LABEL_VALUE, "a b", FALSE, 1},
    {NAME_LABEL_VALUE, A63 "-", FALSE, 2},
    {NAME_PORT, "http", FALSE, 0},
    {NAME_PORT, "http-1", FALSE, 0},
    {NAME_PORT, "80", FALSE, 1},
    {NAME_PORT, "", FALSE, 2},
    {NAME_PORT, "a--b", FALSE, 1},
    {NAME_PORT, "-a", FALSE, 1},
    {NAME_PORT, "Http", FALSE, 1},
    {NAME_PORT, "averyveryverylong", FALSE, 1},
    {NAME_CONFIG_KEY, "a.b-C_1", FALSE, 0},
    {NAME_CONFIG_KEY, "..", FALSE, 1},
    {NAME_CONFIG_KEY, "..a", FALSE, 1},
    {NAME_CONFIG_KEY, "a/b", FALSE, 1},
    {NAME_ENV, "A B!", FALSE, 0},
    {NAME_ENV, "A=B", FALSE, 1},
    {NAME_ENV, "", FALSE, 1},
    {NAME_ENV, "\xc3\xa4", FALSE, 1},
    {NAME_PERCENT, "25%", FALSE, 0},
    {NAME_PERCENT, "25", FALSE, 1},
    {NAME_PERCENT, "%", FALSE, 1},
    {NAME_PERCENT, "-1%", FALSE, 1},
};

START_TEST(test_names)
{
    StrList messages = {0};
    gboolean is_fine =
        name_check(name_cases[_i].rule, name_cases[_i].text, name_cases[_i].is_prefix, &messages);

    ck_assert_msg(messages.count == name_cases[_i].n_messages, "'%s': %u messages",
                  name_cases[_i].text, messages.count);
    ck_assert_int_eq(is_fine, messages.count == 0);
    g_free(messages.items);
}
END_TEST

/* Asked again and again, for one rule and for another, the answer stays that of the check. */
START_TEST(test_remembered)
{
    for (guint round = 0; round < 3; round++)
        for (guint i = 0; i < G_N_ELEMENTS(name_cases); i++)
            if (!name_cases[i].is_prefix)
                for (NameRule rule = NAME_DNS_SUBDOMAIN; rule <= NAME_PERCENT; rule++) {
                    StrList messages = {0};
                    gboolean is_fine = name_check(rule, str_intern(name_cases[i].text), FALSE, &messages);

                    ck_assert_msg(name_is_fine(rule, str_intern(name_cases[i].text)) == is_fine, "'%s' rule %d round %u",
                                  name_cases[i].text, (int)rule, round);
                    g_free(messages.items);
                }
}
END_TEST

static const struct {
    NameRule rule;
    const char *text;
    const char *message;
} text_cases[] = {
    {NAME_DNS_SUBDOMAIN, "A",
     "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or "
     "'.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used "
     "for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"},
    {NAME_DNS_LABEL, "A",
     "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and "
     "must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex "
     "used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')"},
    {NAME_LABEL_VALUE, "!",
     "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or "
     "'.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value', "
     " or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"},
    {NAME_PERCENT, "x",
     "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or "
     "'93%', regex used for validation is '[0-9]+%')"},
    {NAME_CONFIG_KEY, "..a", "must not start with '..'"},
    {NAME_PORT, "a--b", "must not contain consecutive hyphens"},
};

START_TEST(test_texts)
{
    StrList messages = {0};

    name_check(text_cases[_i].rule, text_cases[_i].text, FALSE, &messages);
    ck_assert_uint_eq(messages.count, 1);
    ck_assert_str_eq(messages.items[0], text_cases[_i].message);
    g_free(messages.items);
}
END_TEST

static const struct {
    const char *text;
    gboolean is_ip;
} ip_cases[] = {
    {"1.2.3.4", TRUE},
    {"256.1.1.1", FALSE},
    {"1.2.3", FALSE},
    {"01.2.3.4", TRUE}, /* ParseIPSloppy */
    {"1.2.3.4.5", FALSE},
    {"::1", TRUE},
    {"::", TRUE},
    {"2001:db8::1", TRUE},
    {"1:2:3:4:5:6:7:8", TRUE},
    {"1:2:3:4:5:6:7", FALSE},
    {"1::2::3", FALSE},
    {":1", FALSE},
    {"1:", FALSE},
    {"::ffff:1.2.3.4", TRUE},
    {"", FALSE},
    {"a.b.c.d", FALSE},
    {"12345::", FALSE},
    {"1:2:3:4:5:6:7:8:9", FALSE},
};

START_TEST(test_ips)
{
    ck_assert_msg(name_is_ip(ip_cases[_i].text) == ip_cases[_i].is_ip, "%s", ip_cases[_i].text);
}
END_TEST

/* apimachinery objectmeta.go: what a create refuses in metadata. */
static const struct {
    const char *metadata;
    const char *text;
} create_cases[] = {
    {"{}", "metadata.name: Required value: name or generateName is required"},
    {"{name: a, labels: {'-': 'a'}}",
     "metadata.labels: Invalid value: \"-\": name part must consist of alphanumeric characters, "
     "'-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or "
     "'my.name',  or '123-abc', regex used for validation is "
     "'([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"},
    {"{name: a, finalizers: [x]}",
     "metadata.finalizers[0]: Invalid value: \"x\": name is neither a standard finalizer name nor "
     "is it fully qualified"},
    {"{name: a, finalizers: [a.b/c, orphan, foregroundDeletion]}",
     "metadata.finalizers: Invalid value: [\"a.b/c\",\"orphan\",\"foregroundDeletion\"]: finalizer "
     "orphan and foregroundDeletion cannot be both set"},
    {"{name: a, ownerReferences: [{apiVersion: '', kind: K, name: o, uid: ''}]}",
     "[metadata.ownerReferences.apiVersion: Invalid value: \"\": version must not be empty, "
     "metadata.ownerReferences.uid: Invalid value: \"\": must not be empty]"},
    {"{name: a, ownerReferences: [{apiVersion: v1, kind: K, name: o, uid: u, controller: true}, "
     "{apiVersion: v1, kind: K, name: m, uid: v, controller: true}]}",
     "metadata.ownerReferences: Invalid value: "
     "[{\"apiVersion\":\"v1\",\"kind\":\"K\",\"name\":\"o\",\"uid\":\"u\",\"controller\":true},"
     "{\"apiVersion\":\"v1\",\"kind\":\"K\",\"name\":\"m\",\"uid\":\"v\",\"controller\":true}]: "
     "Only one reference can have Controller set to true. Found \"true\" in references for K/o "
     "and K/m"},
    {"{name: a, annotations: {Foo.Bar/x: z}}", ""},
};

START_TEST(test_create_metadata)
{
    g_autofree char *yaml = g_strdup_printf("apiVersion: v1\nkind: ConfigMap\nmetadata: %s\n",
                                            create_cases[_i].metadata);
    g_autoptr(ApiObject) object = support_object(yaml);
    g_autoptr(ApiErrors) errors = api_errors_new();
    g_autofree char *text = NULL;

    api_edit_meta(object)->namespace_ = str_intern("default");
    api_validate_create(object, errors);
    text = api_errors_text(errors);
    ck_assert_str_eq(text, create_cases[_i].text);
}
END_TEST

START_TEST(test_cluster_scoped_has_no_namespace)
{
    g_autoptr(ApiObject) node = api_object_new(&node_kind, "default", "n");
    g_autoptr(ApiErrors) errors = api_errors_new();
    g_autofree char *text = NULL;

    api_validate_create(node, errors);
    text = api_errors_text(errors);
    ck_assert_str_eq(text, "metadata.namespace: Forbidden: not allowed on this type");
}
END_TEST

START_TEST(test_update_metadata)
{
    g_autoptr(ApiObject) old = support_object("{apiVersion: v1, kind: ConfigMap, metadata: {name: "
                                              "a, namespace: d, uid: u, generation: 2}}");
    g_autoptr(ApiObject) object = api_object_copy(old);
    g_autoptr(ApiErrors) errors = api_errors_new();
    g_autofree char *text = NULL;
    ObjectMeta *meta;

    api_edit_meta(old)->deletion_time = 1000000000;
    meta = api_edit_meta(object);
    meta->uid = str_intern("v");
    meta->generation = 1;
    meta->deletion_time = 0;
    str_list_add(&meta->finalizers, "y/b");
    str_list_add(&meta->finalizers, "x/a");
    api_validate_update(object, old, errors);
    text = api_errors_text(errors);
    ck_assert_str_eq(
        text,
        "[metadata.finalizers: Forbidden: no new finalizers can be added if the object is being "
        "deleted, found new finalizers []string{\"x/a\", \"y/b\"}, metadata.generation: Invalid "
        "value: 1: must not be decremented, metadata.uid: Invalid value: \"v\": field is "
        "immutable, metadata.deletionTimestamp: Invalid value: null: field is immutable]");
}
END_TEST

Suite *
names_suite(void)
{
    Suite *suite = suite_create("names");
    TCase *tcase = tcase_create("names");

    tcase_add_loop_test(tcase, test_names, 0, G_N_ELEMENTS(name_cases));
    tcase_add_test(tcase, test_remembered);
    tcase_add_loop_test(tcase, test_texts, 0, G_N_ELEMENTS(text_cases));
    tcase_add_loop_test(tcase, test_ips, 0, G_N_ELEMENTS(ip_cases));
    tcase_add_loop_test(tcase, test_create_metadata, 0, G_N_ELEMENTS(create_cases));
    tcase_add_test(tcase, test_cluster_scoped_has_no_namespace);
    tcase_add_test(tcase, test_update_metadata);
    suite_add_tcase(suite, tcase);
    return suite;
}
