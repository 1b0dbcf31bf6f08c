/*
 * rollout_revisions.c - history and undo of daemon sets and stateful sets, which keep
 * their past as ControllerRevisions
 *
 * Models: k8s.io/kubectl pkg/polymorphichelpers history.go, rollback.go v0.34.
 */

#include "kubectl/rollout.h"

#include "base/table.h"
#include "kubectl/describe.h"
#include "kubectl/print.h"
#include "kubectl/replica_sets.h"

void
rollout_state_free(gpointer data)
{
    RolloutState *state = data;

    api_object_unref(state->object);
    g_free(state);
}

void
rollout_keep(Command *command, const ApiObject *object)
{
    RolloutState *state = command->state;

    if (state == NULL) {
        state = g_new0(RolloutState, 1);
        command->state = state;
        command->state_free = rollout_state_free;
    }
    api_object_unref(state->object);
    state->object = api_object_ref(object);
}

gboolean
rollout_has_revisions(const ApiKind *kind)
{
    return kind == &daemon_set_kind || kind == &stateful_set_kind;
}

/* --- what there is --------------------------------------------------------------------------- */

static gint64
number_of(const ApiObject *revision)
{
    return controller_revision_body(revision)->revision;
}

static gint
by_number(gconstpointer a, gconstpointer b)
{
    gint64 left = number_of(*(const ApiObject *const *)a);
    gint64 right = number_of(*(const ApiObject *const *)b);

    return (left > right) - (left < right);
}

/* (owned array, borrowed items), by number. */
static GPtrArray *
owned_revisions(const ApiObject *set, const GPtrArray *all)
{
    GPtrArray *owned = g_ptr_array_new();

    for (guint i = 0; i < all->len; i++)
        if (api_is_controlled_by(g_ptr_array_index(all, i), set))
            g_ptr_array_add(owned, g_ptr_array_index(all, i));
    g_ptr_array_sort(owned, by_number);
    return owned;
}

static ApiRequest *
list_revisions(const ApiObject *set)
{
    return api_request_new(VERB_LIST, &controller_revision_kind, api_namespace(set), NULL);
}

static const ApiObject *
find_number(const GPtrArray *owned, gint64 number)
{
    for (guint i = 0; i < owned->len; i++)
        if (number_of(g_ptr_array_index(owned, i)) == number)
            return g_ptr_array_index(owned, i);
    return NULL;
}

static void
append_template(GString *out, const ApiObject *revision)
{
    const Value *tree =
        value_get_path(controller_revision_body(revision)->data, "spec", "template", NULL);
    g_autoptr(Value) plain = value_copy(tree);
    PodTemplateSpec template_ = {0};
    ApiDecodeResult result = {0};

    value_remove(plain, "$patch");
    if (api_struct_decode(&pod_template_spec_type, &template_, plain, "", &result))
        describe_template(out, &template_);
    api_decode_result_clear(&result);
    api_struct_clear(&pod_template_spec_type, &template_);
}

/* --- history ------------------------------------------------------------------------------------ */

static void
append_table(GString *out, const GPtrArray *owned)
{
    g_autoptr(TextTable) table = text_table_new(&(TextTableOptions){.min_width = 0, .padding = 2});
    g_autofree char *text = NULL;

    text_table_header(table, "REVISION");
    text_table_header(table, "CHANGE-CAUSE");
    for (guint i = 0; i < owned->len; i++) {
        const ApiObject *revision = g_ptr_array_index(owned, i);

        text_table_cell(table, "%" G_GINT64_FORMAT, number_of(revision));
        text_table_cell(
            table, "%s",
            text_or(str_map_get(&revision->meta->annotations, CAUSE_ANNOTATION), "<none>"));
        text_table_end_row(table);
    }
    text = text_table_format(table);
    g_string_append(out, text);
}

static void
on_history(Command *command, const ApiResponse *response)
{
    const RolloutState *state = command->state;
    const Target *target = current_target(command);
    const char *label = target_label(target->kind, target->name);
    gint64 number = flag_int(command, "revision", 0);
    g_autoptr(GPtrArray) owned = NULL;
    g_autoptr(GString) text = g_string_new(NULL);
    const ApiObject *chosen;

    if (!api_response_ok(response)) {
        command_server_error(command, response->status, NULL);
        command_next(command);
        return;
    }
    owned = owned_revisions(state->object, response->items);
    chosen = find_number(owned, number);
    if (owned->len == 0) {
        command_print(command, "%s \nNo rollout history found.\n", label);
    } else if (number == 0) {
        append_table(text, owned);
        command_print(command, "%s \n%s\n", label, text->str);
    } else if (chosen == NULL) {
        command_error(command, "unable to find the specified revision");
    } else {
        append_template(text, chosen);
        command_print(command, "%s with revision #%" G_GINT64_FORMAT "\n%s\n", label, number,
                      text->str);
    }
    command_next(command);
}

static void
on_history_of(Command *command, const ApiResponse *response)
{
    if (!api_response_ok(response)) {
        command_server_error(command, response->status, NULL);
        command_next(command);
        return;
    }
    rollout_keep(command, response->object);
    command_send(command, list_revisions(response->object), on_history);
}

void
rollout_revisions_history(Command *command, Target *target)
{
    command_send(command, command_request(command, VERB_GET, target), on_history_of);
}

/* --- undo ------------------------------------------------------------------------------------------ */

static void
on_patched(Command *command, const ApiResponse *response)
{
    const Target *target = current_target(command);

    if (!api_response_ok(response))
        command_error(command, "failed restoring revision %" G_GINT64_FORMAT ": %s",
                      flag_int(command, "to-revision", 0), response->status->message);
    else
        command_print(command, "%s rolled back%s\n", target_label(target->kind, target->name),
                      str_is(flag_string(command, "dry-run"), "server") ? " (server dry run)" : "");
    command_next(command);
}

static gboolean
is_current(const ApiObject *set, const ApiObject *revision)
{
    const PodTemplateSpec *template_ = set->kind == &daemon_set_kind
                                           ? &daemon_set_spec(set)->template_
                                           : &stateful_set_spec(set)->template_;
    const Value *tree =
        value_get_path(controller_revision_body(revision)->data, "spec", "template", NULL);
    g_autoptr(Value) its = value_copy(tree);
    g_autoptr(Value) present = api_struct_encode(&pod_template_spec_type, template_);

    value_remove(its, "$patch");
    value_sort(its);
    value_sort(present);
    return value_equal(its, present);
}

static void
undo_to(Command *command, const ApiObject *set, const ApiObject *chosen)
{
    const Target *target = current_target(command);
    const char *label = target_label(target->kind, target->name);
    ApiRequest *request;

    if (str_is(flag_string(command, "dry-run"), "client")) {
        g_autoptr(GString) text = g_string_new(NULL);

        append_template(text, chosen); /* not aligned */
        command_print(command, "%s will roll back to %s (dry run)\n", label, text->str);
        command_next(command);
        return;
    }
    if (is_current(set, chosen)) {
        command_print(command,
                      "%s skipped rollback (current template already matches revision "
                      "%" G_GINT64_FORMAT ")\n",
                      label, flag_int(command, "to-revision", 0));
        command_next(command);
        return;
    }
    request = command_request(command, VERB_PATCH, target);
    request->patch_type = PATCH_STRATEGIC;
    request->body = value_copy(controller_revision_body(chosen)->data);
    request->dry_run = str_is(flag_string(command, "dry-run"), "server");
    command_send(command, request, on_patched);
}

static void
on_undo(Command *command, const ApiResponse *response)
{
    const RolloutState *state = command->state;
    gint64 number = flag_int(command, "to-revision", 0);
    g_autoptr(GPtrArray) owned = NULL;
    const ApiObject *chosen = NULL;

    if (!api_response_ok(response)) {
        command_server_error(command, response->status, NULL);
        command_next(command);
        return;
    }
    owned = owned_revisions(state->object, response->items);
    if (number == 0 && owned->len <= 1) {
        command_error(command, "no last revision to roll back to");
    } else {
        chosen = number == 0 ? g_ptr_array_index(owned, owned->len - 2)
                             : find_number(owned, number);
        if (chosen == NULL)
            command_error(command,
                          "unable to find specified revision %" G_GINT64_FORMAT " in history",
                          number);
    }
    if (chosen == NULL)
        command_next(command);
    else
        undo_to(command, state->object, chosen);
}

static void
on_undo_of(Command *command, const ApiResponse *response)
{
    if (!api_response_ok(response)) {
        command_server_error(command, response->status, NULL);
        command_next(command);
        return;
    }
    rollout_keep(command, response->object);
    command_send(command, list_revisions(response->object), on_undo);
}

void
rollout_revisions_undo(Command *command, Target *target)
{
    command_send(command, command_request(command, VERB_GET, target), on_undo_of);
}
