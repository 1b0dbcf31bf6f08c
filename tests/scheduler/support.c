/* support.c - see support.h */

#include "tests/scheduler/support.h"

#include "base/value.h"

ApiObject *
make_object_of(const Value *value)
{
    const char *kind_name = value_get_string(value, "kind", "");
    const ApiKind *kind = api_kind_find(value_get_string(value, "apiVersion", "v1"), kind_name);
    ApiDecodeResult result = {0};
    ApiObject *object;

    if (kind == NULL)
        g_error("no kind %s", kind_name);
    object = api_object_decode(kind, value, &result);
    if (object == NULL)
        g_error("%s: %s", kind_name, result.type_error);
    api_decode_result_clear(&result);
    return object;
}

ApiObject *
make_object(const char *json)
{
    g_autofree char *text = g_strdup(json);
    g_autofree char *message = NULL;
    g_autoptr(Value) value = NULL;

    for (char *p = text; *p != '\0'; p++) {
        if (*p == '\'')
            *p = '"';
    }
    value = value_read_json(text, strlen(text), &message);
    if (value == NULL)
        g_error("%s: %s", message, text);
    return make_object_of(value);
}

ApiObject *
make_node(const char *name, const char *cpu, const char *memory, const char *extra)
{
    g_autofree char *json =
        g_strdup_printf("{'kind':'Node','metadata':{'name':'%s','labels':{'kubernetes.io/"
                        "hostname':'%s'%s}},"
                        "'status':{'allocatable':{'cpu':'%s','memory':'%s','pods':'110'}}}",
                        name, name, extra == NULL ? "" : extra, cpu, memory);

    return make_object(json);
}

char *
test_data(const char *name)
{
    const char *top = g_getenv("TOP_SRCDIR");
    g_autofree char *path =
        g_build_filename(top == NULL ? "." : top, "tests/scheduler/data", name, NULL);
    char *text = NULL;

    if (!g_file_get_contents(path, &text, NULL, NULL))
        g_error("cannot read %s", path);
    return text;
}
