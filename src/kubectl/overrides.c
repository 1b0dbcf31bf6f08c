/*
 * overrides.c - see overrides.h
 *
 * Models: k8s.io/kubectl pkg/cmd/util/override_options.go v0.34.
 */

#include "kubectl/overrides.h"

gboolean
overrides_apply(Command *command, const ApiKind *kind, Value **object)
{
    const char *text = flag_string(command, "overrides");
    const char *type = flag_string(command, "override-type");
    g_autoptr(Value) patch = NULL;
    g_autofree char *message = NULL;
    ApiStatus *status = NULL;
    Value *patched;

    if (str_is_empty(text))
        return TRUE;
    if (!str_is(type, "json") && !str_is(type, "merge") && !str_is(type, "strategic")) {
        command_fail(command, "invalid override type: %s", type);
        return FALSE;
    }
    patch = value_read_json(text, strlen(text), &message);
    if (patch == NULL) {
        command_fail(command, "Invalid JSON Patch");
        return FALSE;
    }
    patched = patch_apply(str_is(type, "json")        ? PATCH_JSON
                          : str_is(type, "strategic") ? PATCH_STRATEGIC
                                                      : PATCH_MERGE,
                          kind, *object, patch, &status);
    if (patched == NULL) {
        command_fail(command, "%s", status->message);
        api_status_unref(status);
        return FALSE;
    }
    value_free(*object);
    *object = patched;
    return TRUE;
}
