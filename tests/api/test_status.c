/* Statuses: v1.34 apimachinery pkg/api/errors; field errors: pkg/util/validation/field. */

#include "tests/api/support.h"

#include <check.h>

Suite *status_suite(void);

static void
check_json(ApiStatus *status, const char *want)
{
    g_autoptr(ApiStatus) owned = status;
    g_autoptr(Value) value = api_status_encode(owned);
    g_autofree char *json = value_to_json(value, VALUE_COMPACT);

    ck_assert_str_eq(json, want);
}

#define HEAD "{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"metadata\":{},\"status\":\"Failure\","

START_TEST(test_statuses)
{
    check_json(api_status_not_found(&pod_kind, "p"),
               HEAD "\"message\":\"pods \\\"p\\\" not found\",\"reason\":\"NotFound\","
                    "\"details\":{\"name\":\"p\",\"kind\":\"pods\"},\"code\":404}");
    check_json(api_status_already_exists(&deployment_kind, "d"),
               HEAD "\"message\":\"deployments.apps \\\"d\\\" already exists\","
                    "\"reason\":\"AlreadyExists\",\"details\":{\"name\":\"d\",\"group\":\"apps\","
                    "\"kind\":\"deployments\"},\"code\":409}");
    check_json(api_status_conflict_modified(&pod_kind, "p"),
               HEAD "\"message\":\"Operation cannot be fulfilled on pods \\\"p\\\": the object has "
                    "been modified; please apply your changes to the latest version and try "
                    "again\",\"reason\":\"Conflict\",\"details\":{\"name\":\"p\",\"kind\":\"pods\"}"
                    ",\"code\":409}");
    check_json(api_status_bad_request("x"),
               HEAD "\"message\":\"x\",\"reason\":\"BadRequest\",\"code\":400}");
    check_json(api_status_forbidden(&pod_kind, "p", "no"),
               HEAD "\"message\":\"pods \\\"p\\\" is forbidden: no\",\"reason\":\"Forbidden\","
                    "\"details\":{\"name\":\"p\",\"kind\":\"pods\"},\"code\":403}");
    check_json(api_status_method_not_allowed(&deployment_kind, "deletecollection"),
               HEAD "\"message\":\"deletecollection is not supported on resources of kind "
                    "\\\"deployments.apps\\\"\",\"reason\":\"MethodNotAllowed\","
                    "\"details\":{\"group\":\"apps\",\"kind\":\"deployments\"},\"code\":405}");
    check_json(api_status_too_many_requests("slow down", 1),
               HEAD "\"message\":\"slow down\",\"reason\":\"TooManyRequests\","
                    "\"details\":{\"retryAfterSeconds\":1},\"code\":429}");
    check_json(api_status_internal("boom"),
               HEAD "\"message\":\"Internal error occurred: boom\",\"reason\":\"InternalError\","
                    "\"details\":{\"causes\":[{\"message\":\"boom\"}]},\"code\":500}");
    check_json(api_status_not_found(NULL, NULL),
               HEAD "\"message\":\"the server could not find the requested resource\","
                    "\"reason\":\"NotFound\",\"code\":404}");
}
END_TEST

/* Equal errors are said once; causes keep every one. */
START_TEST(test_invalid)
{
    g_autoptr(ApiErrors) errors = api_errors_new();

    api_errors_push(errors, "spec");
    field_required(errors, "ports", "");
    field_required(errors, "ports", NULL);
    api_errors_push(errors, "a");
    api_errors_push_index(errors, 2);
    api_errors_push_key(errors, "k.v");
    field_invalid_int(errors, NULL, -1, "must be more");
    api_errors_pop(errors);
    api_errors_pop(errors);
    api_errors_pop(errors);
    api_errors_pop(errors);
    check_json(api_status_invalid(&deployment_kind, "d", errors),
               HEAD "\"message\":\"Deployment.apps \\\"d\\\" is invalid: [spec.ports: Required "
                    "value, spec.a[2][k.v]: Invalid value: -1: must be more]\","
                    "\"reason\":\"Invalid\",\"details\":{\"name\":\"d\",\"group\":\"apps\","
                    "\"kind\":\"Deployment\",\"causes\":["
                    "{\"reason\":\"FieldValueRequired\",\"message\":\"Required value\","
                    "\"field\":\"spec.ports\"},"
                    "{\"reason\":\"FieldValueRequired\",\"message\":\"Required value\","
                    "\"field\":\"spec.ports\"},"
                    "{\"reason\":\"FieldValueInvalid\",\"message\":\"Invalid value: -1: must be "
                    "more\",\"field\":\"spec.a[2][k.v]\"}]},\"code\":422}");
}
END_TEST

START_TEST(test_field_texts)
{
    static const char *const supported[] = {"Always", "Never", NULL};
    g_autoptr(ApiErrors) errors = api_errors_new();
    static const char *const want[] = {
        "x: Unsupported value: \"y\": supported values: \"Always\", \"Never\"",
        "x: Duplicate value: \"a\"",
        "x: Not found: \"a\"",
        "x: Forbidden: no",
        "x: Too long: may not be more than 10 bytes",
        "x: Too many: 11: must have at most 10 items",
        "x: Invalid value: null: bad",
        "x: Invalid value: \"a\\\"b\\n\\u200b\": bad",
        "x: Invalid value: {\"a\":1}: bad",
        "[0]: Required value: here",
    };
    g_autoptr(Value) map = support_parse("{\"a\":1}");

    field_not_supported(errors, "x", "y", supported);
    field_duplicate(errors, "x", api_quote("a"));
    field_not_found(errors, "x", api_quote("a"));
    field_forbidden(errors, "x", "no");
    field_too_long(errors, "x", 10);
    field_too_many(errors, "x", 11, 10);
    field_invalid_value(errors, "x", NULL, "bad");
    field_invalid_string(errors, "x", "a\"b\n\xe2\x80\x8b", "bad");
    field_invalid_value(errors, "x", map, "bad");
    field_required(errors, "[0]", "here");
    ck_assert_uint_eq(errors->list.count, G_N_ELEMENTS(want));
    for (guint i = 0; i < G_N_ELEMENTS(want); i++)
        ck_assert_str_eq(field_error_text(&errors->list.items[i]), want[i]);
}
END_TEST

Suite *
status_suite(void)
{
    Suite *suite = suite_create("status");
    TCase *tcase = tcase_create("status");

    tcase_add_test(tcase, test_statuses);
    tcase_add_test(tcase, test_invalid);
    tcase_add_test(tcase, test_field_texts);
    suite_add_tcase(suite, tcase);
    return suite;
}
