/* What the tests of kinds share; see test_support.h. */
#include "test_support.h"

#include "base/value.h"

GPtrArray *
read_records(const char *name)
{
    GPtrArray *records = g_ptr_array_new_with_free_func((GDestroyNotify)value_free);
    const char *top = g_getenv("TOP_SRCDIR");
    g_autofree char *path = g_build_filename(top != NULL ? top : ".", "tests/api/data", name, NULL);
    g_autofree char *text = NULL;
    g_auto(GStrv) lines = NULL;

    ck_assert_msg(g_file_get_contents(path, &text, NULL, NULL), "cannot read %s", path);
    lines = g_strsplit(text, "\n", -1);
    for (guint i = 0; lines[i] != NULL; i++) {
        g_autofree char *message = NULL;
        Value *record;

        if (lines[i][0] == '\0')
            continue;
        record = value_read_json(lines[i], strlen(lines[i]), &message);
        ck_assert_msg(record != NULL, "%s:%u: %s", path, i + 1, message);
        g_ptr_array_add(records, record);
    }
    return records;
}

gboolean
is_known_kind(const Value *tree)
{
    return api_kind_find(value_get_string(tree, "apiVersion", ""),
                         value_get_string(tree, "kind", "")) != NULL;
}

ApiObject *
object_from_tree(const Value *tree)
{
    const ApiKind *kind =
        api_kind_find(value_get_string(tree, "apiVersion", ""), value_get_string(tree, "kind", ""));
    ApiDecodeResult result = {0};
    ApiObject *object;

    ck_assert_ptr_nonnull(kind);
    object = api_object_decode(kind, tree, &result);
    ck_assert_msg(object != NULL, "%s", result.type_error);
    api_decode_result_clear(&result);
    if (kind->is_namespaced && str_is_empty(object->meta->namespace_))
        api_edit_meta(object)->namespace_ = str_intern("default");
    api_default(object);
    return object;
}

ApiObject *
object_from_yaml(const char *yaml)
{
    g_autoptr(Diag) diag = diag_new();
    g_autoptr(GPtrArray) documents = value_read_yaml(yaml, strlen(yaml), "test", diag);

    ck_assert_uint_eq(documents->len, 1);
    return object_from_tree(g_ptr_array_index(documents, 0));
}

void
prepare_create(ApiObject *object)
{
    if (object->kind->begin != NULL)
        object->kind->begin(object, NULL);
    if (object->kind->prepare_create != NULL)
        object->kind->prepare_create(object);
}
