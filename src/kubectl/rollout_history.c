/*
 * rollout_history.c - kubectl rollout history
 *
 * Models: k8s.io/kubectl pkg/polymorphichelpers/history.go v0.34. A revision is a
 * replica set; its cause is the annotation that the deployment had.
 */

#include "kubectl/rollout.h"

#include "base/table.h"
#include "kubectl/describe.h"
#include "kubectl/print.h"
#include "kubectl/replica_sets.h"

gboolean
rollout_history_begin(Command *command)
{
    if (flag_int(command, "revision", 0) < 0) {
        command_fail(command, "revision must be a positive integer: %" G_GINT64_FORMAT,
                     flag_int(command, "revision", 0));
        return FALSE;
    }
    command->state = g_new0(RolloutState, 1);
    command->state_free = rollout_state_free;
    return TRUE;
}

static gint
by_revision(gconstpointer a, gconstpointer b)
{
    gint64 left = revision_of(*(const ApiObject *const *)a);
    gint64 right = revision_of(*(const ApiObject *const *)b);

    return (left > right) - (left < right);
}

static const char *
cause_of(const ApiObject *set)
{
    return text_or(str_map_get(&set->meta->annotations, CAUSE_ANNOTATION), "");
}

/* The template as describe writes it, but not aligned. */
static void
append_revision(GString *out, const ApiObject *set)
{
    PodTemplateSpec template_ = {0};

    api_struct_copy(&pod_template_spec_type, &template_, &replica_set_spec(set)->template_);
    if (cause_of(set)[0] != '\0')
        str_map_set(&template_.metadata.annotations, str_intern(CAUSE_ANNOTATION), cause_of(set));
    describe_template(out, &template_);
    api_struct_clear(&pod_template_spec_type, &template_);
}

static void
append_table(GString *out, const GPtrArray *sets)
{
    g_autoptr(TextTable) table = text_table_new(&(TextTableOptions){.min_width = 0, .padding = 2});
    g_autofree char *text = NULL;

    text_table_header(table, "REVISION");
    text_table_header(table, "CHANGE-CAUSE");
    for (guint i = 0; i < sets->len; i++) {
        const ApiObject *set = g_ptr_array_index(sets, i);

        if (i + 1 < sets->len && revision_of(set) == revision_of(g_ptr_array_index(sets, i + 1)))
            continue; /* of two with one number the later listed counts */
        text_table_cell(table, "%" G_GINT64_FORMAT, revision_of(set));
        text_table_cell(table, "%s", text_or(cause_of(set), "<none>"));
        text_table_end_row(table);
    }
    text = text_table_format(table);
    g_string_append(out, text);
}

/* With -o: the sets themselves, @chosen alone if there is one. */
static void
print_sets(Command *command, const GPtrArray *sets, const ApiObject *chosen)
{
    guint count = 0;

    for (guint i = 0; i < sets->len; i++) {
        const ApiObject *set = g_ptr_array_index(sets, i);

        if (chosen != NULL && set != chosen)
            continue;
        if (count++ > 0 && str_is(flag_string(command, "output"), "yaml"))
            command_print(command, "---\n");
        print_changed(command, set, "");
    }
}

static void
on_sets(Command *command, const ApiResponse *response)
{
    RolloutState *state = command->state;
    const Target *target = current_target(command);
    gint64 revision = flag_int(command, "revision", 0);
    g_autoptr(GPtrArray) owned = NULL;
    g_autoptr(GString) text = g_string_new(NULL);
    const ApiObject *chosen = NULL;

    if (!api_response_ok(response)) {
        command_server_error(command, response->status, NULL);
        command_next(command);
        return;
    }
    owned = owned_replica_sets(state->object, response->items);
    g_ptr_array_sort(owned, by_revision);
    for (guint i = 0; i < owned->len; i++)
        if (revision_of(g_ptr_array_index(owned, i)) == revision)
            chosen = g_ptr_array_index(owned, i);
    if (owned->len > 0 && !str_is_empty(flag_string(command, "output")) && (revision == 0 || chosen != NULL)) {
        print_sets(command, owned, chosen);
        command_next(command);
        return;
    }
    if (owned->len == 0)
        g_string_append(text, "No rollout history found.");
    else if (revision == 0)
        append_table(text, owned);
    else if (chosen != NULL)
        append_revision(text, chosen);
    if (owned->len > 0 && revision > 0 && chosen == NULL)
        command_error(command, "unable to find the specified revision");
    else if (revision > 0)
        command_print(command, "%s with revision #%" G_GINT64_FORMAT "\n%s\n",
                      target_label(target->kind, target->name), revision, text->str);
    else
        command_print(command, "%s \n%s\n", target_label(target->kind, target->name), text->str);
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
    if (response->object->kind != &deployment_kind) {
        command_error(command, "no history viewer has been implemented for \"%s\"",
                      api_kind_group_kind(response->object->kind));
        command_next(command);
        return;
    }
    api_object_unref(state->object);
    state->object = api_object_ref(response->object);
    command_send(command, list_replica_sets(response->object), on_sets);
}

void
rollout_history_one(Command *command, Target *target)
{
    if (rollout_has_revisions(target->kind)) {
        rollout_revisions_history(command, target);
        return;
    }
    command_send(command, command_request(command, VERB_GET, target), on_got);
}
