/* support.c - see support.h */

#include "tests/api/support.h"

#include <check.h>

Value *
support_parse(const char *text)
{
    g_autofree char *message = NULL;
    Value *value = value_read_json(text, strlen(text), &message);

    /* Not an assertion of Check: suites read records before any test runs. */
    if (value == NULL)
        g_error("%s: %s", message, text);
    return value;
}

Value *
support_yaml(const char *text)
{
    g_autoptr(Diag) diag = diag_new();
    g_autoptr(GPtrArray) documents = value_read_yaml(text, strlen(text), "test", diag);
    g_autofree char *mistakes = diag_format(diag);

    ck_assert_msg(documents->len == 1 && mistakes[0] == '\0', "%s: %s", mistakes, text);
    return g_ptr_array_steal_index(documents, 0);
}

ApiObject *
support_object(const char *yaml)
{
    g_autoptr(Value) value = support_yaml(yaml);
    const ApiKind *kind = api_kind_find(value_get_string(value, "apiVersion", NULL),
                                        value_get_string(value, "kind", NULL));
    ApiDecodeResult result = {0};
    ApiObject *object;

    ck_assert_msg(kind != NULL, "no such kind: %s", yaml);
    object = api_object_decode(kind, value, &result);
    ck_assert_msg(object != NULL, "%s", result.type_error);
    api_decode_result_clear(&result);
    return object;
}

static SupportAnswer
answer_new(void)
{
    return (SupportAnswer){.warnings = g_ptr_array_new_with_free_func(g_free)};
}

static void
answer_refuse(SupportAnswer *answer, ApiStatus *status)
{
    g_clear_pointer(&answer->object, api_object_unref);
    answer->status = status;
}

static void
answer_decode(SupportAnswer *answer, const ApiKind *kind, const Value *value)
{
    ApiDecodeResult result = {0};

    answer->object = api_object_decode(kind, value, &result);
    if (answer->object == NULL)
        answer->status = api_status_bad_body(kind, result.type_error);
    for (guint i = 0; result.strict != NULL && i < result.strict->len; i++)
        g_ptr_array_add(answer->warnings, g_strdup(g_ptr_array_index(result.strict, i)));
    api_decode_result_clear(&result);
}

static void
answer_judge(SupportAnswer *answer, const ApiObject *old)
{
    g_autoptr(ApiErrors) errors = api_errors_new();
    ApiObject *object = answer->object;

    if (old == NULL)
        api_validate_create(object, errors);
    else
        api_validate_update(object, old, errors);
    if (errors->list.count > 0)
        answer_refuse(answer, api_status_invalid(object->kind, api_name(object), errors));
    else if (object->kind->warn != NULL)
        object->kind->warn(object, old, answer->warnings);
}

SupportAnswer
support_create(const ApiKind *kind, const Value *value)
{
    SupportAnswer answer = answer_new();

    answer_decode(&answer, kind, value);
    if (answer.object == NULL)
        return answer;
    if (kind->is_namespaced && str_is_empty(api_namespace(answer.object)))
        api_edit_meta(answer.object)->namespace_ = str_intern("default");
    api_default(answer.object);
    api_apply_gates(answer.object, NULL, 34);
    if (kind->begin != NULL)
        kind->begin(answer.object, NULL);
    if (kind->prepare_create != NULL)
        kind->prepare_create(answer.object);
    if (kind->has_generation)
        api_edit_meta(answer.object)->generation = 1;
    answer_judge(&answer, NULL);
    return answer;
}

SupportAnswer
support_finish_update(ApiObject *object, const ApiObject *old)
{
    SupportAnswer answer = answer_new();
    const ObjectMeta *before = old->meta;
    ObjectMeta *meta = api_edit_meta(object);

    answer.object = object;
    if (str_is_empty(meta->namespace_))
        meta->namespace_ = before->namespace_;
    meta->uid = before->uid;
    meta->creation_time = before->creation_time;
    meta->generation = before->generation;
    api_default(object);
    api_apply_gates(object, old, 34);
    if (object->kind->begin != NULL)
        object->kind->begin(object, old);
    if (object->kind->prepare_update != NULL)
        object->kind->prepare_update(object, old);
    answer_judge(&answer, old);
    return answer;
}

SupportAnswer
support_update(const Value *value, const ApiObject *old)
{
    SupportAnswer answer = answer_new();

    answer_decode(&answer, old->kind, value);
    if (answer.object == NULL)
        return answer;

    SupportAnswer finished = support_finish_update(g_steal_pointer(&answer.object), old);

    support_answer_clear(&answer);
    return finished;
}

void
support_answer_clear(SupportAnswer *answer)
{
    api_object_unref(answer->object);
    api_status_unref(answer->status);
    g_ptr_array_unref(answer->warnings);
    *answer = (SupportAnswer){0};
}

GPtrArray *
support_records(const char *name)
{
    const char *top = g_getenv("TOP_SRCDIR");
    g_autofree char *path =
        g_build_filename(top == NULL ? "." : top, "tests", "api", "data", name, NULL);
    g_autofree char *text = NULL;
    g_auto(GStrv) lines = NULL;
    GPtrArray *records = g_ptr_array_new_with_free_func((GDestroyNotify)value_free);

    if (!g_file_get_contents(path, &text, NULL, NULL))
        g_error("cannot read %s", path);
    lines = g_strsplit(text, "\n", -1);
    for (guint i = 0; lines[i] != NULL; i++)
        if (lines[i][0] != '\0')
            g_ptr_array_add(records, support_parse(lines[i]));
    return records;
}
