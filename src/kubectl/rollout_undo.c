/*
 * rollout_undo.c - kubectl rollout undo
 *
 * Models: k8s.io/kubectl pkg/polymorphichelpers/rollback.go v0.34: the template and
 * annotations of the chosen revision's replica set become the deployment's, as a
 * JSON patch.
 */

#include "kubectl/rollout.h"

#include "kubectl/describe.h"
#include "kubectl/replica_sets.h"

/* Annotations that stay the deployment's own. */
static const char *const own_annotations[] = {
    "kubectl.kubernetes.io/last-applied-configuration",
    REVISION_ANNOTATION,
    "deployment.kubernetes.io/revision-history",
    "deployment.kubernetes.io/desired-replicas",
    "deployment.kubernetes.io/max-replicas",
    "deprecated.deployment.rollback.to",
};

static gboolean
is_own(const char *key)
{
    for (guint i = 0; i < G_N_ELEMENTS(own_annotations); i++)
        if (str_is(own_annotations[i], key))
            return TRUE;
    return FALSE;
}

static Value *
replace_step(const char *path, Value *value)
{
    Value *step = value_new_map();

    value_set(step, "op", value_new_string("replace"));
    value_set(step, "path", value_new_string(path));
    value_set(step, "value", value);
    return step;
}

static Value *
undo_patch(const ApiObject *deployment, const ApiObject *set)
{
    Value *patch = value_new_list();
    Value *annotations = value_new_map();
    Value *template_ =
        api_struct_encode(&pod_template_spec_type, &replica_set_spec(set)->template_);
    Value *labels = value_get_path(template_, "metadata", "labels", NULL);
    const StrMap *old = &deployment->meta->annotations;
    const StrMap *chosen = &set->meta->annotations;

    if (labels != NULL)
        value_remove(labels, HASH_LABEL);
    for (guint i = 0; i < old->count; i++)
        if (is_own(old->items[i].key))
            value_set(annotations, old->items[i].key, value_new_string(old->items[i].value));
    for (guint i = 0; i < chosen->count; i++)
        if (!is_own(chosen->items[i].key))
            value_set(annotations, chosen->items[i].key, value_new_string(chosen->items[i].value));
    value_append(patch, replace_step("/spec/template", template_));
    value_append(patch, replace_step("/metadata/annotations", annotations));
    return patch;
}

/*
 * The set with @revision; 0: the last but one. NULL and *out_message (owned) if
 * there is none.
 */
static const ApiObject *
choose(const ApiObject *deployment, const GPtrArray *owned, gint64 revision, char **out_message)
{
    const ApiObject *latest = NULL;
    const ApiObject *previous = NULL;

    for (guint i = 0; i < owned->len; i++) {
        const ApiObject *set = g_ptr_array_index(owned, i);
        gint64 number = revision_of(set);

        if (revision != 0 && number == revision)
            return set;
        if (latest == NULL || number > revision_of(latest)) {
            previous = latest;
            latest = set;
        } else if (previous == NULL || number > revision_of(previous)) {
            previous = set;
        }
    }
    if (revision != 0)
        *out_message =
            g_strdup_printf("unable to find specified revision %" G_GINT64_FORMAT " in history",
                            revision);
    else if (previous == NULL)
        *out_message =
            g_strdup_printf("no rollout history found for deployment \"%s\"", api_name(deployment));
    return revision != 0 ? NULL : previous;
}

static void
say_undone(Command *command, const char *what)
{
    const Target *target = current_target(command);

    command_print(command, "%s %s\n", target_label(target->kind, target->name), what);
}

static void
on_patched(Command *command, const ApiResponse *response)
{
    if (!api_response_ok(response))
        command_error(command, "failed restoring revision %" G_GINT64_FORMAT ": %s",
                      flag_int(command, "to-revision", 0), response->status->message);
    else
        say_undone(command, str_is(flag_string(command, "dry-run"), "server")
                                ? "rolled back (server dry run)"
                                : "rolled back");
    command_next(command);
}

static void
print_dry(Command *command, const ApiObject *set)
{
    g_autoptr(GString) text = g_string_new(NULL);

    describe_template(text, &replica_set_spec(set)->template_); /* not aligned */
    command_print(command, "%s %s (dry run)\n", target_label(&deployment_kind, current_target(command)->name), text->str);
}

static void
on_sets(Command *command, const ApiResponse *response)
{
    RolloutState *state = command->state;
    const Target *target = current_target(command);
    gint64 revision = flag_int(command, "to-revision", 0);
    g_autoptr(GPtrArray) owned = NULL;
    g_autofree char *message = NULL;
    const ApiObject *chosen;

    if (!api_response_ok(response)) {
        command_server_error(command, response->status, NULL);
        command_next(command);
        return;
    }
    owned = owned_replica_sets(state->object, response->items);
    chosen = choose(state->object, owned, revision, &message);
    if (chosen == NULL) {
        command_error(command, "%s", message);
    } else if (str_is(flag_string(command, "dry-run"), "client")) {
        print_dry(command, chosen);
    } else if (deployment_spec(state->object)->paused) {
        command_error(command, "you cannot rollback a paused deployment; resume it first with "
                               "'kubectl rollout resume' and try again");
    } else if (templates_equal(&replica_set_spec(chosen)->template_,
                               &deployment_spec(state->object)->template_)) {
        g_autofree char *what = g_strdup_printf("skipped rollback (current template already "
                                                "matches revision %" G_GINT64_FORMAT ")",
                                                revision);

        say_undone(command, what);
    } else {
        ApiRequest *request = command_request(command, VERB_PATCH, target);

        request->patch_type = PATCH_JSON;
        request->body = undo_patch(state->object, chosen);
        request->dry_run = str_is(flag_string(command, "dry-run"), "server");
        command_send(command, request, on_patched);
        return;
    }
    command_next(command);
}

static void
on_got(Command *command, const ApiResponse *response)
{
    RolloutState *state = command->state;

    if (!api_response_ok(response)) {
        command_server_error(command, response->status, NULL);
        command_next(command);
        return;
    }
    if (state == NULL) {
        state = g_new0(RolloutState, 1);
        command->state = state;
        command->state_free = rollout_state_free;
    }
    api_object_unref(state->object);
    state->object = api_object_ref(response->object);
    command_send(command, list_replica_sets(response->object), on_sets);
}

void
rollout_undo_one(Command *command, Target *target)
{
    if (rollout_has_revisions(target->kind)) {
        rollout_revisions_undo(command, target);
        return;
    }
    if (target->kind != &deployment_kind) {
        command_error(command, "no rollbacker has been implemented for \"%s\"",
                      api_kind_group_kind(target->kind));
        command_next(command);
        return;
    }
    command_send(command, command_request(command, VERB_GET, target), on_got);
}
