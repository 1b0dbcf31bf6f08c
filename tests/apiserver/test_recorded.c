/*
 * test_recorded.c - answers of a real API server (v1.34.4), word for word
 *
 * Each case of data/{defaults,refused,refused-updates,patches}.jsonl for a kind
 * that there is goes through the server; code, reason, message, causes, warnings
 * and stored bodies are compared, less what differs between any two runs: uids,
 * revisions, times, generated suffixes, addresses.
 */

#include "tests/apiserver/fixture.h"

#include <check.h>

Suite *recorded_suite(void);

static Fixture fixture;

static void
set_up(void)
{
    fixture_init(&fixture, TRUE);
}

static void
tear_down(void)
{
    fixture_clear(&fixture);
}

/* --- normal form --------------------------------------------------------------------- */

/* "kube-api-access-x7k2p" and addresses drawn at random. */
static const char *
normal_text(const char *text)
{
    g_autofree char *plain = NULL;
    g_autoptr(GRegex) suffix = g_regex_new("kube-api-access-[a-z0-9]{5}", 0, 0, NULL);
    g_autoptr(GRegex) address =
        g_regex_new("\\b10\\.(9[6-9]|10[0-9]|11[01])\\.\\d+\\.\\d+\\b", 0, 0, NULL);
    g_autofree char *first =
        g_regex_replace_literal(suffix, text, -1, 0, "kube-api-access-XXXXX", 0, NULL);

    plain = g_regex_replace_literal(address, first, -1, 0, "10.X.X.X", 0, NULL);
    return str_intern(plain);
}

static void
normalise(Value *value)
{
    static const char *const varying[] = {"uid",
                                          "resourceVersion",
                                          "creationTimestamp",
                                          "managedFields",
                                          "nodePort",
                                          "healthCheckNodePort"};

    if (value == NULL)
        return;
    if (value->type == VALUE_STRING)
        value->text = normal_text(value->text);
    if (value->type == VALUE_MAP)
        for (guint i = 0; i < G_N_ELEMENTS(varying); i++)
            value_remove(value, str_intern(varying[i]));
    if (value->type == VALUE_LIST || value->type == VALUE_MAP)
        for (guint i = 0; i < value->count; i++)
            normalise(value->items[i]);
}

static char *
text_of(Value *value)
{
    if (value == NULL)
        return g_strdup("(none)");
    normalise(value);
    return value_to_json(value, VALUE_SORTED | VALUE_INDENT1 | VALUE_NO_HTML_ESCAPE);
}

/* --- comparing ----------------------------------------------------------------------- */

static Value *
body_of(const ApiResponse *response)
{
    if (response->object != NULL)
        return api_object_encode(response->object);
    return response->status == NULL ? NULL : api_status_encode(response->status);
}

/* Warnings as on the wire: 299 - "text". */
static char *
warnings_of(const ApiResponse *response)
{
    g_autoptr(Value) list = value_new_list();

    for (guint i = 0; response->warnings != NULL && i < response->warnings->len; i++) {
        g_autoptr(Value) text = value_new_string(g_ptr_array_index(response->warnings, i));
        g_autofree char *quoted = value_to_json(text, VALUE_NO_HTML_ESCAPE);

        value_append(list, value_new_string(str_internf("299 - %s", quoted)));
    }
    return value_to_json(list, VALUE_COMPACT | VALUE_NO_HTML_ESCAPE);
}

static guint
compare(const char *file, const char *name, const Value *want, const ApiResponse *got)
{
    g_autoptr(Value) want_body = value_copy(value_get(want, "body"));
    g_autoptr(Value) got_body = body_of(got);
    g_autofree char *want_text = text_of(want_body);
    g_autofree char *got_text = text_of(got_body);
    const Value *warnings = value_get(want, "warnings");
    g_autofree char *want_warnings =
        warnings == NULL ? g_strdup("[]")
                         : value_to_json(warnings, VALUE_COMPACT | VALUE_NO_HTML_ESCAPE);
    g_autofree char *got_warnings = warnings_of(got);

    if (got->code == value_get_int(want, "code", 0) && strcmp(want_text, got_text) == 0 &&
        strcmp(want_warnings, got_warnings) == 0)
        return 0;
    g_printerr("%s: %s: code %d, warnings %s\nwant %d %s\n%s\ngot\n%s\n", file, name, got->code,
               got_warnings, (int)value_get_int(want, "code", 0), want_warnings, want_text,
               got_text);
    return 1;
}

static const ApiKind *
kind_of(const Value *object)
{
    return api_kind_find(value_get_string(object, "apiVersion", NULL),
                         value_get_string(object, "kind", NULL));
}

static ApiResponse *
post(const Value *object)
{
    const ApiKind *kind = kind_of(object);
    ApiRequest *request =
        api_request_new(VERB_CREATE, kind, kind->is_namespaced ? "default" : NULL, NULL);

    request->body = value_copy(object);
    return fixture_call(&fixture, request);
}

static void
remove_again(const ApiResponse *created)
{
    if (created->object == NULL)
        return;

    const ApiObject *object = created->object;
    ApiRequest *request =
        api_request_new(VERB_DELETE, object->kind, api_namespace(object), api_name(object));

    request->has_grace = TRUE;
    api_response_free(fixture_call(&fixture, request));
    fixture_settle(&fixture);
}

static guint
play_post(const char *file, const char *name, const Value *record)
{
    ApiResponse *response = post(value_get(record, "object"));
    guint failed = 0;

    if (value_get(record, "response") != NULL)
        failed = compare(file, name, value_get(record, "response"), response);
    remove_again(response);
    api_response_free(response);
    return failed;
}

static guint
play_put(const char *file, const char *name, const Value *record)
{
    const Value *second = value_get(record, "second");
    ApiResponse *first = post(value_get(record, "first"));
    const ApiKind *kind = kind_of(second);
    ApiRequest *request =
        api_request_new(VERB_UPDATE, kind, kind->is_namespaced ? "default" : NULL,
                        value_get_string(value_get(second, "metadata"), "name", NULL));
    guint failed = 0;

    ck_assert_msg(first->code == 201, "%s", name);
    fixture_settle(&fixture);
    request->body = value_copy(second);

    ApiResponse *response = fixture_call(&fixture, request);

    if (value_get(record, "response") != NULL)
        failed = compare(file, name, value_get(record, "response"), response);
    remove_again(first);
    api_response_free(first);
    api_response_free(response);
    return failed;
}

/* What was there before, with what only the server sets taken out. */
static Value *
as_sent(const Value *before)
{
    static const char *const served[] = {"uid", "resourceVersion", "creationTimestamp",
                                         "generation"};
    Value *sent = value_copy(before);

    value_remove(sent, str_intern("status"));
    for (guint i = 0; i < G_N_ELEMENTS(served); i++)
        value_remove(value_get(sent, "metadata"), str_intern(served[i]));
    return sent;
}

static guint
play_patch(const char *file, const char *name, const Value *record)
{
    const Value *before = value_get(record, "before");
    g_autoptr(Value) sent = as_sent(before);
    ApiResponse *first = post(sent);
    const char *type = value_get_string(record, "type", "");
    ApiRequest *request =
        api_request_new(VERB_PATCH, kind_of(before), "default",
                        value_get_string(value_get(before, "metadata"), "name", NULL));
    guint failed;

    ck_assert_msg(first->code == 201, "%s", name);
    fixture_settle(&fixture);
    request->body = value_copy(value_get(record, "patch"));
    request->patch_type = str_is(type, "strategic") ? PATCH_STRATEGIC
                          : str_is(type, "merge")   ? PATCH_MERGE
                                                    : PATCH_JSON;

    ApiResponse *response = fixture_call(&fixture, request);

    failed = compare(file, name, value_get(record, "response"), response);
    remove_again(first);
    api_response_free(first);
    api_response_free(response);
    return failed;
}

static const struct {
    const char *file;
    const char *subject; /* member that says of which kind the case is */
    guint (*play)(const char *file, const char *name, const Value *record);
} files[] = {
    {"defaults.jsonl", "object", play_post},
    {"refused.jsonl", "object", play_post},
    {"refused-updates.jsonl", "second", play_put},
    {"patches.jsonl", "before", play_patch},
};

START_TEST(test_recorded)
{
    const char *top = g_getenv("TOP_SRCDIR");
    g_autofree char *path =
        g_build_filename(top == NULL ? "." : top, "tests/apiserver/data", files[_i].file, NULL);
    g_autofree char *text = NULL;
    gsize length = 0;
    guint played = 0;
    guint failed = 0;

    ck_assert_msg(g_file_get_contents(path, &text, &length, NULL), "%s", path);

    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

    for (guint i = 0; lines[i] != NULL; i++) {
        if (lines[i][0] == '\0')
            continue;

        g_autoptr(Value) record = value_read_json(lines[i], strlen(lines[i]), NULL);
        const char *name = value_get_string(record, "case", "");

        ck_assert_ptr_nonnull(record);
        if (kind_of(value_get(record, files[_i].subject)) == NULL)
            continue;
        played++;
        failed += files[_i].play(files[_i].file, name, record);
    }
    ck_assert_msg(failed == 0, "%s: %u of %u differ", files[_i].file, failed, played);
    ck_assert_uint_gt(played, 0);
}
END_TEST

Suite *
recorded_suite(void)
{
    Suite *suite = suite_create("apiserver/recorded");
    TCase *tcase = tcase_create("recorded");

    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_loop_test(tcase, test_recorded, 0, G_N_ELEMENTS(files));
    suite_add_tcase(suite, tcase);
    return suite;
}
