/*
 * patch_fail.c - how a strategic merge patch is refused
 *
 * Models: apimachinery pkg/util/mergepatch/errors.go, apiserver endpoints/handlers/patch.go
 * interpretStrategicMergePatchError (v1.34): which errors have a code, and which are passed on as they are.
 */

#include "api/patch_rules.h"

static gboolean
patch_fail(PatchMerge *merge, int code, const char *reason, const char *message)
{
    if (merge->failure == NULL)
        merge->failure = api_status_new(code, reason, message);
    return FALSE;
}

gboolean
patch_fail_format(PatchMerge *merge, const char *message)
{
    return patch_fail(merge, 400, "BadRequest", message);
}

/* 422 without a word about what was wrong. */
gboolean
patch_fail_content(PatchMerge *merge)
{
    patch_fail(merge, 422, "Invalid",
               "the server rejected our request due to an error in our request");
    merge->failure->has_details = TRUE;
    return FALSE;
}

/* Errors that the server passes on as they are: code 500, no reason. */
gboolean
patch_fail_text(PatchMerge *merge, const char *message)
{
    return patch_fail(merge, 500, "", message);
}

gboolean
patch_fail_no_key(PatchMerge *merge, const Value *element, const char *merge_key)
{
    g_autoptr(GString) text = g_string_new("map: ");

    value_append_go(text, element);
    g_string_append_printf(text, " does not contain declared merge key: %s", merge_key);
    return patch_fail_text(merge, text->str);
}

/* The name of Go's type for decoded JSON; of nothing, what fmt's %s makes of it. */
static const char *
go_type_of(const Value *value)
{
    switch (value->type) {
    case VALUE_MAP:
        return "map[string]interface {}";
    case VALUE_LIST:
        return "[]interface {}";
    case VALUE_INT:
        return "int64";
    case VALUE_FLOAT:
        return "float64";
    case VALUE_BOOL:
        return "bool";
    case VALUE_STRING:
        return "string";
    default:
        return "%!s(<nil>)";
    }
}

gboolean
patch_fail_directive(PatchMerge *merge, const Value *directive, const Value *map)
{
    g_autoptr(GString) text = g_string_new("unknown patch type: ");
    gboolean is_plain = directive->type == VALUE_STRING || directive->type == VALUE_MAP || directive->type == VALUE_LIST;

    /* fmt's %s of what is no text */
    if (!is_plain && directive->type != VALUE_NULL)
        g_string_append_printf(text, "%%!s(%s=", go_type_of(directive));
    else if (!is_plain)
        g_string_append(text, "%!s(");
    value_append_go(text, directive);
    g_string_append(text, is_plain ? "" : ")");
    g_string_append(text, " in map: ");
    value_append_go(text, map);
    return patch_fail_text(merge, text->str);
}

/* ErrBadArgType */
gboolean
patch_fail_type(PatchMerge *merge, const char *wanted, const Value *value)
{
    return patch_fail_text(merge, str_internf("expected a %s, but received a %s", wanted, go_type_of(value)));
}

gboolean
patch_fail_not_list(PatchMerge *merge, const Value *value)
{
    return patch_fail_type(merge, "[]interface {}", value);
}
