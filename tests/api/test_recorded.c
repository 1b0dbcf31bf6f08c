/*
 * Records of a real API server (v1.34.4, default admission plugins): what it
 * stored, refused and patched. What admission plugins and allocators add is
 * taken out before comparing; the rest must be equal word for word.
 */

#include "tests/api/support.h"

#include <check.h>

Suite *recorded_suite(void);

/* --- what is not compared ------------------------------------------------------------------- */

/* Of the server itself: other in every recording. */
static void
strip_meta(Value *object)
{
    Value *meta = value_get(object, "metadata");

    value_remove(meta, "uid");
    value_remove(meta, "resourceVersion");
    value_remove(meta, "creationTimestamp");
    value_remove(meta, "managedFields");
}

static void
strip_service_allocation(Value *object)
{
    Value *spec = value_get(object, "spec");
    const char *const added[] = {"clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy"};
    const Value *ports = value_get(spec, "ports");

    for (guint i = 0; i < G_N_ELEMENTS(added); i++)
        value_remove(spec, added[i]);
    for (guint i = 0; ports != NULL && i < ports->count; i++)
        value_remove(ports->items[i], "nodePort");
}

static void
strip(Value *object)
{
    const char *kind = value_get_string(object, "kind", "");

    strip_meta(object);
    if (strcmp(kind, "Service") == 0)
        strip_service_allocation(object);
}

/* --- what admission plugins add to a pod ----------------------------------------------------- */

#define TOKEN_VOLUME "kube-api-access-00000"

static const char token_volume[] =
    "{\"name\":\"" TOKEN_VOLUME "\",\"projected\":{\"defaultMode\":420,\"sources\":["
    "{\"serviceAccountToken\":{\"expirationSeconds\":3607,\"path\":\"token\"}},"
    "{\"configMap\":{\"items\":[{\"key\":\"ca.crt\",\"path\":\"ca.crt\"}],"
    "\"name\":\"kube-root-ca.crt\"}},"
    "{\"downwardAPI\":{\"items\":[{\"fieldRef\":{\"apiVersion\":\"v1\","
    "\"fieldPath\":\"metadata.namespace\"},\"path\":\"namespace\"}]}}]}}";
static const char token_mount[] =
    "{\"mountPath\":\"/var/run/secrets/kubernetes.io/serviceaccount\","
    "\"name\":\"" TOKEN_VOLUME "\",\"readOnly\":true}";
static const char tolerations[] =
    "[{\"effect\":\"NoExecute\",\"key\":\"node.kubernetes.io/not-ready\","
    "\"operator\":\"Exists\",\"tolerationSeconds\":300},"
    "{\"effect\":\"NoExecute\",\"key\":\"node.kubernetes.io/unreachable\","
    "\"operator\":\"Exists\",\"tolerationSeconds\":300}]";

static void
add_to_list(Value *map, const char *key, const char *item)
{
    Value *list = value_get(map, key);

    if (list == NULL) {
        list = value_new_list();
        value_set(map, key, list);
    }
    if (list->type == VALUE_LIST)
        value_append(list, support_parse(item));
}

static void
set_if_absent(Value *map, const char *key, Value *value)
{
    if (value_get(map, key) == NULL)
        value_set(map, key, value);
    else
        value_free(value);
}

static void
add_tolerations(Value *spec)
{
    g_autoptr(Value) added = support_parse(tolerations);
    Value *list = value_get(spec, "tolerations");

    if (list == NULL) {
        value_set(spec, "tolerations", g_steal_pointer(&added));
        return;
    }
    for (guint i = 0; i < added->count; i++) {
        gboolean is_there = FALSE;

        for (guint j = 0; j < list->count; j++)
            is_there = is_there || str_is(value_get_string(list->items[j], "key", ""),
                                          value_get_string(added->items[i], "key", ""));
        if (!is_there)
            value_append(list, value_copy(added->items[i]));
    }
}

/* ServiceAccount (new pods only), DefaultTolerationSeconds, Priority. */
static void
admit_pod(Value *object, gboolean is_new)
{
    Value *spec = value_get(object, "spec");
    const char *const lists[] = {"initContainers", "containers"};

    if (spec == NULL || spec->type != VALUE_MAP ||
        strcmp(value_get_string(object, "kind", ""), "Pod") != 0)
        return;
    add_tolerations(spec);
    set_if_absent(spec, "priority", value_new_int(0));
    set_if_absent(spec, "preemptionPolicy", value_new_string("PreemptLowerPriority"));
    if (!is_new)
        return;
    set_if_absent(spec, "serviceAccountName", value_new_string("default"));
    set_if_absent(spec, "serviceAccount", value_new_string("default"));
    add_to_list(spec, "volumes", token_volume);
    for (guint i = 0; i < G_N_ELEMENTS(lists); i++) {
        const Value *containers = value_get(spec, lists[i]);

        for (guint j = 0; containers != NULL && j < containers->count; j++)
            add_to_list(containers->items[j], "volumeMounts", token_mount);
    }
}

/* The recorded name of the volume is random. */
static char *
with_token_volume(const char *text)
{
    GString *out = g_string_new(NULL);
    const char *prefix = "kube-api-access-";

    for (const char *at = strstr(text, prefix); at != NULL; at = strstr(text, prefix)) {
        g_string_append_len(out, text, at - text);
        g_string_append(out, TOKEN_VOLUME);
        text = at + strlen(TOKEN_VOLUME);
    }
    g_string_append(out, text);
    return g_string_free(out, FALSE);
}

/* --- comparing -------------------------------------------------------------------------------- */

static void
check_equal(const char *name, const char *what, const Value *got, const Value *want)
{
    g_autofree char *got_text = value_to_json(got, VALUE_SORTED | VALUE_NO_HTML_ESCAPE);
    g_autofree char *recorded = value_to_json(want, VALUE_SORTED | VALUE_NO_HTML_ESCAPE);
    g_autofree char *want_text = with_token_volume(recorded);

    ck_assert_msg(strcmp(got_text, want_text) == 0, "%s: %s\n got %s\nwant %s", name, what,
                  got_text, want_text);
}

static void
check_warnings(const char *name, const GPtrArray *warnings, const Value *want)
{
    g_autoptr(Value) got = value_new_list();
    g_autoptr(Value) texts = value_new_list();

    for (guint i = 0; i < warnings->len; i++)
        value_append(got, value_new_string(g_ptr_array_index(warnings, i)));
    for (guint i = 0; i < want->count; i++) {
        /* 299 - "text" */
        const char *text = want->items[i]->text;
        g_autofree char *inner = NULL;

        if (g_str_has_prefix(text, "299 - \"")) {
            g_autofree char *quoted = g_strndup(text + 7, strlen(text) - 8);

            inner = g_strcompress(quoted);
            text = inner;
        }
        value_append(texts, value_new_string(text));
    }
    check_equal(name, "warnings", got, texts);
}

static void
check_answer(const char *name, SupportAnswer *answer, const Value *response)
{
    g_autoptr(Value) want = value_copy(value_get(response, "body"));
    g_autoptr(Value) got = NULL;
    gint64 code = value_get_int(response, "code", 0);

    if (code >= 300) {
        ck_assert_msg(answer->status != NULL, "%s: accepted, but the server says: %s", name,
                      value_get_string(want, "message", ""));
        got = api_status_encode(answer->status);
        check_equal(name, "status", got, want);
        return;
    }
    ck_assert_msg(answer->status == NULL, "%s: refused: %s", name, answer->status->message);
    got = api_object_encode(answer->object);
    strip(got);
    strip(want);
    check_equal(name, "object", got, want);
}

/* --- records ----------------------------------------------------------------------------------- */

typedef struct {
    const char *file;
    const char *name;
    const char *why;
} Skipped;

/* What only admission plugins, allocators or storage refuse. */
static const Skipped skipped[] = {
    {"refused.jsonl", "pod_bad_namespace", "the request's namespace is another"},
    {"refused.jsonl", "p_prio", "admission plugin Priority"},
    {NULL, NULL, NULL},
};

static gboolean
is_skipped(const char *file, const char *name)
{
    for (guint i = 0; skipped[i].file != NULL; i++)
        if (strcmp(skipped[i].file, file) == 0 && strcmp(skipped[i].name, name) == 0)
            return TRUE;
    return FALSE;
}

static const ApiKind *
kind_of(const Value *object)
{
    return api_kind_find(value_get_string(object, "apiVersion", NULL),
                         value_get_string(object, "kind", NULL));
}

static void
play_create(const char *file, int index)
{
    g_autoptr(GPtrArray) records = support_records(file);
    const Value *record = g_ptr_array_index(records, index);
    const char *name = value_get_string(record, "case", "");
    g_autoptr(Value) object = value_copy(value_get(record, "object"));
    const Value *response = value_get(record, "response");
    SupportAnswer answer;

    /* A version or kind that does not exist is found out by the URL. */
    if (is_skipped(file, name) || kind_of(object) == NULL)
        return;
    admit_pod(object, TRUE);
    answer = support_create(kind_of(object), object);
    check_answer(name, &answer, response);
    check_warnings(name, answer.warnings, value_get(response, "warnings"));
    support_answer_clear(&answer);
}

START_TEST(test_defaults)
{
    play_create("defaults.jsonl", _i);
}
END_TEST

START_TEST(test_refused)
{
    play_create("refused.jsonl", _i);
}
END_TEST

START_TEST(test_refused_updates)
{
    g_autoptr(GPtrArray) records = support_records("refused-updates.jsonl");
    const Value *record = g_ptr_array_index(records, _i);
    const char *name = value_get_string(record, "case", "");
    g_autoptr(Value) first = value_copy(value_get(record, "first"));
    g_autoptr(Value) second = value_copy(value_get(record, "second"));
    SupportAnswer created;
    SupportAnswer answer;

    if (is_skipped("refused-updates.jsonl", name))
        return;
    admit_pod(first, TRUE);
    admit_pod(second, FALSE);
    created = support_create(kind_of(first), first);
    ck_assert_msg(created.object != NULL, "%s: not created", name);
    answer = support_update(second, created.object);
    check_answer(name, &answer, value_get(record, "response"));
    support_answer_clear(&answer);
    support_answer_clear(&created);
}
END_TEST

static PatchType
patch_type_of(const char *word)
{
    if (strcmp(word, "json") == 0)
        return PATCH_JSON;
    return strcmp(word, "merge") == 0 ? PATCH_MERGE : PATCH_STRATEGIC;
}

static SupportAnswer
play_patch(const Value *record, const ApiObject *before)
{
    SupportAnswer answer = {0};
    g_autoptr(Value) tree = api_object_encode(before);
    PatchType type = patch_type_of(value_get_string(record, "type", ""));
    ApiStatus *status = NULL;
    g_autoptr(Value) patched =
        patch_apply(type, before->kind, tree, value_get(record, "patch"), &status);

    if (patched == NULL) {
        answer.status = status;
        answer.warnings = g_ptr_array_new_with_free_func(g_free);
        return answer;
    }
    return support_update(patched, before);
}

START_TEST(test_patches)
{
    g_autoptr(GPtrArray) records = support_records("patches.jsonl");
    const Value *record = g_ptr_array_index(records, _i);
    const char *name = value_get_string(record, "case", "");
    const Value *stored = value_get(record, "before");
    ApiDecodeResult result = {0};
    g_autoptr(ApiObject) before = api_object_decode(kind_of(stored), stored, &result);
    SupportAnswer answer;

    ck_assert_msg(before != NULL && result.strict == NULL, "%s: cannot be decoded", name);
    answer = play_patch(record, before);
    check_answer(name, &answer, value_get(record, "response"));
    support_answer_clear(&answer);
    api_decode_result_clear(&result);
}
END_TEST

/* What the server sent is what we send when we have read it. */
START_TEST(test_round_trip)
{
    g_autoptr(GPtrArray) records = support_records("patches.jsonl");

    for (guint i = 0; i < records->len; i++) {
        const Value *record = g_ptr_array_index(records, i);
        const Value *stored = value_get(record, "before");
        ApiDecodeResult result = {0};
        g_autoptr(ApiObject) object = api_object_decode(kind_of(stored), stored, &result);
        g_autoptr(Value) again = api_object_encode(object);

        check_equal(value_get_string(record, "case", ""), "round trip", again, stored);
        api_decode_result_clear(&result);
    }
}
END_TEST

static int
count_records(const char *file)
{
    g_autoptr(GPtrArray) records = support_records(file);

    return (int)records->len;
}

Suite *
recorded_suite(void)
{
    Suite *suite = suite_create("recorded");
    TCase *tcase = tcase_create("recorded");

    tcase_add_loop_test(tcase, test_defaults, 0, count_records("defaults.jsonl"));
    tcase_add_loop_test(tcase, test_refused, 0, count_records("refused.jsonl"));
    tcase_add_loop_test(tcase, test_refused_updates, 0, count_records("refused-updates.jsonl"));
    tcase_add_loop_test(tcase, test_patches, 0, count_records("patches.jsonl"));
    tcase_add_test(tcase, test_round_trip);
    suite_add_tcase(suite, tcase);
    return suite;
}
