/* Decoding: Go's type errors, strict fields, values; encoding: what is written and what is not. */

#include "tests/api/support.h"

#include <check.h>

Suite *codec_suite(void);

#define POD(spec)                                                                                  \
    "{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"p\"},\"spec\":" spec "}"
#define CONTAINER(fields) POD("{\"containers\":[{\"name\":\"c\",\"image\":\"i\"," fields "}]}")
#define DEPLOYMENT(spec)                                                                           \
    "{\"apiVersion\":\"apps/v1\",\"kind\":\"Deployment\",\"metadata\":{\"name\":\"d\"},"           \
    "\"spec\":" spec "}"
#define SECRET(data) "{\"apiVersion\":\"v1\",\"kind\":\"Secret\",\"data\":" data "}"

static ApiObject *
decode(const char *json, ApiDecodeResult *result)
{
    g_autoptr(Value) value = support_parse(json);
    const ApiKind *kind = api_kind_find(value_get_string(value, "apiVersion", NULL),
                                        value_get_string(value, "kind", NULL));

    ck_assert_msg(kind != NULL, "%s", json);
    return api_object_decode(kind, value, result);
}

/* sigs.k8s.io/json and the types' own UnmarshalJSON, as v1.34 answers. */
static const struct {
    const char *json;
    const char *error;
    const char *path;
} error_cases[] = {
    {DEPLOYMENT("{\"replicas\":\"3\"}"),
     "json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type "
     "int32",
     "spec.replicas"},
    {DEPLOYMENT("{\"replicas\":1.5}"),
     "json: cannot unmarshal number 1.5 into Go struct field DeploymentSpec.spec.replicas of type "
     "int32",
     "spec.replicas"},
    {DEPLOYMENT("{\"replicas\":3000000000}"),
     "json: cannot unmarshal number 3000000000 into Go struct field DeploymentSpec.spec.replicas "
     "of type int32",
     "spec.replicas"},
    {CONTAINER("\"readinessProbe\":{\"periodSeconds\":\"5\"}"),
     "json: cannot unmarshal string into Go struct field "
     "Probe.spec.containers.readinessProbe.periodSeconds of type int32",
     "spec.containers[0].readinessProbe.periodSeconds"},
    {CONTAINER("\"args\":\"x\""),
     "json: cannot unmarshal string into Go struct field Container.spec.containers.args of type "
     "[]string",
     "spec.containers[0].args"},
    {CONTAINER("\"args\":[1]"),
     "json: cannot unmarshal number into Go struct field Container.spec.containers.args of type "
     "string",
     "spec.containers[0].args[0]"},
    {POD("{\"containers\":{}}"),
     "json: cannot unmarshal object into Go struct field PodSpec.spec.containers of type "
     "[]v1.Container",
     "spec.containers"},
    {POD("{\"containers\":[\"x\"]}"),
     "json: cannot unmarshal string into Go struct field PodSpec.spec.containers of type "
     "v1.Container",
     "spec.containers[0]"},
    {POD("[]"), "json: cannot unmarshal array into Go struct field Pod.spec of type v1.PodSpec",
     "spec"},
    {"{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"labels\":{\"a\":1}}}",
     "json: cannot unmarshal number into Go struct field ObjectMeta.metadata.labels of type string",
     "metadata.labels.a"},
    {"{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"labels\":[]}}",
     "json: cannot unmarshal array into Go struct field ObjectMeta.metadata.labels of type "
     "map[string]string",
     "metadata.labels"},
    {CONTAINER("\"stdin\":\"true\""),
     "json: cannot unmarshal string into Go struct field Container.spec.containers.stdin of type "
     "bool",
     "spec.containers[0].stdin"},
    {CONTAINER("\"resources\":{\"requests\":{\"cpu\":\"1x\"}}"), QUANTITY_REGEX_MESSAGE,
     "spec.containers[0].resources.requests.cpu"},
    {CONTAINER("\"resources\":{\"requests\":{\"cpu\":true}}"), QUANTITY_REGEX_MESSAGE,
     "spec.containers[0].resources.requests.cpu"},
    {CONTAINER("\"readinessProbe\":{\"httpGet\":{\"port\":1.5}}"),
     "json: cannot unmarshal number 1.5 into Go struct field "
     "HTTPGetAction.spec.containers.readinessProbe.httpGet.port of type int32",
     "spec.containers[0].readinessProbe.httpGet.port"},
    {CONTAINER("\"readinessProbe\":{\"httpGet\":{\"port\":true}}"),
     "json: cannot unmarshal bool into Go struct field "
     "HTTPGetAction.spec.containers.readinessProbe.httpGet.port of type int32",
     "spec.containers[0].readinessProbe.httpGet.port"},
    {SECRET("{\"a\":\"x\"}"), "illegal base64 data at input byte 1", "data.a"},
    {SECRET("{\"a\":\"not base64!\"}"), "illegal base64 data at input byte 3", "data.a"},
    {SECRET("{\"a\":\"eA=\"}"), "illegal base64 data at input byte 3", "data.a"},
    {SECRET("{\"a\":\"eA==x\"}"), "illegal base64 data at input byte 4", "data.a"},
    /* The first type error stands, unless a type's own reader ends everything. */
    {DEPLOYMENT("{\"replicas\":\"3\",\"paused\":1}"),
     "json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type "
     "int32",
     "spec.replicas"},
    {CONTAINER("\"tty\":1,\"resources\":{\"requests\":{\"cpu\":\"x\"}}"), QUANTITY_REGEX_MESSAGE,
     "spec.containers[0].resources.requests.cpu"},
};

START_TEST(test_type_errors)
{
    ApiDecodeResult result = {0};
    ApiObject *object = decode(error_cases[_i].json, &result);

    ck_assert_msg(object == NULL, "%s was accepted", error_cases[_i].json);
    ck_assert_str_eq(result.type_error, error_cases[_i].error);
    ck_assert_str_eq(result.path, error_cases[_i].path);
    api_decode_result_clear(&result);
}
END_TEST

/* Warnings of an ordinary POST; paths carry indexes. */
static const struct {
    const char *json;
    const char *text; /* NULL: nothing to say */
} strict_cases[] = {
    {POD("{\"x\":1}"), "strict decoding error: unknown field \"spec.x\""},
    {CONTAINER("\"x\":1,\"y\":2"),
     "strict decoding error: unknown field \"spec.containers[0].x\", unknown field "
     "\"spec.containers[0].y\""},
    {DEPLOYMENT("{\"replicas\":1,\"replicas\":2}"),
     "strict decoding error: duplicate field \"spec.replicas\""},
    {"{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"labels\":{\"a\":\"1\",\"a\":\"2\"}}}",
     "strict decoding error: duplicate field \"metadata.labels.a\""},
    {"{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"foo\":{},\"spec\":{}}",
     "strict decoding error: unknown field \"foo\""},
    {"{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"spec\":{}}",
     "strict decoding error: unknown field \"spec\""},
    {POD("{\"nodeName\":null,\"x\":null}"), "strict decoding error: unknown field \"spec.x\""},
    {"{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"selfLink\":\"x\","
     "\"resourceVersion\":\"7\",\"managedFields\":[]}}",
     NULL},
};

START_TEST(test_strict)
{
    ApiDecodeResult result = {0};
    g_autoptr(ApiObject) object = decode(strict_cases[_i].json, &result);
    g_autofree char *text = api_decode_result_strict_text(&result);

    ck_assert(object != NULL);
    ck_assert_pstr_eq(text, strict_cases[_i].text);
    api_decode_result_clear(&result);
}
END_TEST

/* The last of two equal keys counts. */
START_TEST(test_last_key_counts)
{
    ApiDecodeResult result = {0};
    g_autoptr(ApiObject) object = decode(DEPLOYMENT("{\"replicas\":1,\"replicas\":2}"), &result);

    ck_assert_int_eq(deployment_spec(object)->replicas.value, 2);
    api_decode_result_clear(&result);
}
END_TEST

START_TEST(test_error_has_position)
{
    ApiDecodeResult result = {0};
    g_autoptr(Value) value = support_yaml("apiVersion: apps/v1\n"
                                          "kind: Deployment\n"
                                          "spec:\n"
                                          "  replicas: three\n");

    ck_assert_ptr_null(api_object_decode(&deployment_kind, value, &result));
    ck_assert_uint_eq(result.line, 4);
    ck_assert_uint_eq(result.column, 13);
    api_decode_result_clear(&result);
}
END_TEST

/* Written as the API server writes: empty structs stay, empty strings go. */
static const struct {
    const char *yaml;
    const char *json;
} encode_cases[] = {
    {"apiVersion: v1\nkind: Pod\nmetadata: {name: p}\n"
     "spec: {containers: [{name: c, image: i, args: [], workingDir: ''}]}\n",
     "{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"p\"},"
     "\"spec\":{\"containers\":[{\"name\":\"c\",\"image\":\"i\",\"resources\":{}}]},"
     "\"status\":{}}"},
    {"apiVersion: v1\nkind: Secret\nmetadata: {name: s}\ndata: {b: eA==, a: ''}\ntype: Opaque\n",
     "{\"apiVersion\":\"v1\",\"kind\":\"Secret\",\"metadata\":{\"name\":\"s\"},"
     "\"data\":{\"a\":\"\",\"b\":\"eA==\"},\"type\":\"Opaque\"}"},
    {"apiVersion: v1\nkind: ConfigMap\n"
     "metadata: {name: c, uid: u, resourceVersion: '12', generation: 3,"
     " creationTimestamp: '2026-11-21T01:16:36Z'}\n",
     "{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"c\",\"uid\":\"u\","
     "\"resourceVersion\":\"12\",\"generation\":3,"
     "\"creationTimestamp\":\"2026-11-21T01:16:36Z\"}}"},
    {"apiVersion: coordination.k8s.io/v1\nkind: Lease\nmetadata: {name: l}\n"
     "spec: {renewTime: '2026-11-21T01:16:36.500000Z', leaseDurationSeconds: 40}\n",
     "{\"apiVersion\":\"coordination.k8s.io/v1\",\"kind\":\"Lease\",\"metadata\":{\"name\":\"l\"},"
     "\"spec\":{\"leaseDurationSeconds\":40,\"renewTime\":\"2026-11-21T01:16:36.500000Z\"}}"},
};

START_TEST(test_encode)
{
    g_autoptr(ApiObject) object = support_object(encode_cases[_i].yaml);
    g_autoptr(Value) value = api_object_encode(object);
    g_autofree char *json = value_to_json(value, VALUE_COMPACT);

    ck_assert_str_eq(json, encode_cases[_i].json);
}
END_TEST

/* A resource version that is no number can never match. */
START_TEST(test_resource_version)
{
    g_autoptr(ApiObject) number =
        support_object("{apiVersion: v1, kind: ConfigMap, metadata: {resourceVersion: '12'}}");
    g_autoptr(ApiObject) text =
        support_object("{apiVersion: v1, kind: ConfigMap, metadata: {resourceVersion: abc}}");

    ck_assert_uint_eq(number->resource_version, 12);
    ck_assert_uint_eq(text->resource_version, G_MAXUINT64);
}
END_TEST

Suite *
codec_suite(void)
{
    Suite *suite = suite_create("codec");
    TCase *tcase = tcase_create("codec");

    tcase_add_loop_test(tcase, test_type_errors, 0, G_N_ELEMENTS(error_cases));
    tcase_add_loop_test(tcase, test_strict, 0, G_N_ELEMENTS(strict_cases));
    tcase_add_test(tcase, test_last_key_counts);
    tcase_add_test(tcase, test_error_has_position);
    tcase_add_loop_test(tcase, test_encode, 0, G_N_ELEMENTS(encode_cases));
    tcase_add_test(tcase, test_resource_version);
    suite_add_tcase(suite, tcase);
    return suite;
}
