/*
 * rollout_change.c - kubectl rollout pause, resume, restart
 *
 * Models: k8s.io/kubectl pkg/polymorphichelpers objectpauser.go, objectresumer.go,
 * objectrestarter.go v0.34: the strategic patch between what is and what shall be.
 */

#include "kubectl/rollout.h"

#include "api/patch.h"
#include "base/duration.h"
#include "kubectl/print.h"

static const char *
done_word(const char *word)
{
    return str_is(word, "pause") ? "paused" : str_is(word, "resume") ? "resumed" : "restarted";
}

static void
on_patched(Command *command, const ApiResponse *response)
{
    if (!api_response_ok(response))
        command_error(command, "failed to patch: %s", response->status->message);
    else
        print_changed(command, response->object, done_word(rollout_word(command)));
    command_next(command);
}

static Value *
ensure_map(Value *map, const char *key)
{
    if (value_get(map, key) == NULL)
        value_set(map, key, value_new_map());
    return value_get(map, key);
}

/* FALSE: message out. */
static gboolean
change(Command *command, const ApiObject *object, Value *tree)
{
    const char *word = rollout_word(command);
    gboolean is_paused = object->kind == &deployment_kind && deployment_spec(object)->paused;
    const char *resource = api_kind_group_resource(object->kind);
    g_autofree char *now = NULL;

    if (str_is(word, "pause")) {
        if (is_paused) {
            command_error(command, "%s \"%s\" is already paused", resource, api_name(object));
            return FALSE;
        }
        value_set(value_get(tree, "spec"), "paused", value_new_bool(TRUE));
        return TRUE;
    }
    if (str_is(word, "resume")) {
        if (!is_paused) {
            command_error(command, "%s \"%s\" is not paused", resource, api_name(object));
            return FALSE;
        }
        value_remove(value_get(tree, "spec"), "paused");
        return TRUE;
    }
    if (is_paused) {
        command_error(command,
                      "%s \"%s\" can't restart paused deployment (run rollout resume first)",
                      resource, api_name(object));
        return FALSE;
    }
    now = time_format_rfc3339(command_wall_ns(command));
    value_set(ensure_map(ensure_map(value_get_path(tree, "spec", "template", NULL), "metadata"),
                         "annotations"),
              "kubectl.kubernetes.io/restartedAt", value_new_string(now));
    return TRUE;
}

static void
on_got(Command *command, const ApiResponse *response)
{
    const Target *target = current_target(command);
    g_autoptr(Value) before = NULL;
    g_autoptr(Value) after = NULL;
    ApiRequest *request;

    if (!api_response_ok(response)) {
        command_server_error(command, response->status, NULL);
        command_next(command);
        return;
    }
    if (target->kind != &deployment_kind &&
        (!str_is(rollout_word(command), "restart") || (target->kind != &daemon_set_kind &&
                                                       target->kind != &stateful_set_kind))) {
        const char *word = rollout_word(command);

        command_error(command, "%s \"%s\" %s is not supported",
                      api_kind_group_resource(target->kind), target->name,
                      str_is(word, "pause")    ? "pausing"
                      : str_is(word, "resume") ? "resuming"
                                               : "restarting");
        command_next(command);
        return;
    }
    before = api_object_encode(response->object);
    after = value_copy(before);
    if (!change(command, response->object, after)) {
        command_next(command);
        return;
    }
    if (value_equal(before, after)) {
        command_error(command,
                      "failed to create patch for %s: if restart has already been triggered within the past second, please wait "
                      "before attempting to trigger another",
                      target->name);
        command_next(command);
        return;
    }
    request = command_request(command, VERB_PATCH, target);
    request->patch_type = PATCH_STRATEGIC;
    request->body = patch_two_way(target->kind, before, after);
    command_send(command, request, on_patched);
}

void
rollout_change_one(Command *command, Target *target)
{
    command_send(command, command_request(command, VERB_GET, target), on_got);
}
