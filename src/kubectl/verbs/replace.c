/*
 * replace.c - kubectl replace -f FILE; models k8s.io/kubectl pkg/cmd/replace v0.34
 *
 * An object without a resourceVersion replaces whatever is there. --force deletes,
 * waits until it is gone, creates.
 */

#include "base/duration.h"
#include "kubectl/expand.h"
#include "kubectl/last_applied.h"
#include "kubectl/print.h"
#include "kubectl/versions.h"

#define POLL_NS (100 * NS_PER_MS)

static void replace_run(Command *command);

static const FlagDef flags[] = {
    {"force", 0, FLAG_BOOL, NULL, NULL},
    {"validate", 0, FLAG_STRING, "strict", "strict"},
    {"save-config", 0, FLAG_BOOL, NULL, NULL},
    {"grace-period", 0, FLAG_INT, "-1", NULL},
    {"cascade", 0, FLAG_STRING, "background", "background"},
    {"timeout", 0, FLAG_DURATION, "0s", NULL},
    {"subresource", 0, FLAG_STRING, NULL, NULL},
    {"wait", 0, FLAG_BOOL, NULL, NULL},
    {0},
};

const Verb replace_verb = {.name = "replace",
                           .flags = flags,
                           .run = replace_run,
                           .doc = "Replace a resource by file name or standard input."};

static void
fail_one(Command *command, const ApiStatus *status, const char *doing)
{
    g_autofree char *prefix =
        g_strdup_printf("error when %s \"%s\": ", doing, current_target(command)->file);

    command_server_error(command, status, prefix);
    command_next(command);
}

static void
on_replaced(Command *command, const ApiResponse *response)
{
    if (!api_response_ok(response)) {
        fail_one(command, response->status, "replacing");
        return;
    }
    print_changed(command, response->object, "replaced");
    command_next(command);
}

static ApiRequest *
write_request(Command *command, ApiVerb verb)
{
    const Target *target = current_target(command);
    ApiRequest *request = command_request(command, verb, target);

    request->body = last_applied_for(command, target->manifest);
    request->dry_run = str_is(flag_string(command, "dry-run"), "server");
    request->subresource = str_intern(flag_string(command, "subresource"));
    request->field_validation = flag_validation(command);
    return request;
}

/* --- in place ---------------------------------------------------------------------------- */

static void
on_got(Command *command, const ApiResponse *response)
{
    ApiRequest *request;
    Value *metadata;

    if (!api_response_ok(response)) {
        fail_one(command, response->status, "replacing");
        return;
    }
    request = write_request(command, VERB_UPDATE);
    metadata = value_get(request->body, "metadata");
    if (metadata != NULL && str_is_empty(value_get_string(metadata, "resourceVersion", NULL))) {
        g_autofree char *version =
            g_strdup_printf("%" G_GUINT64_FORMAT, response->object->resource_version);
        value_set(metadata, "resourceVersion", value_new_string(version));
    }
    value_sort(request->body);
    command_send(command, request, on_replaced);
}

/* --- by force ---------------------------------------------------------------------------- */

static void look(Command *command);

static void
on_look_again(Sim *sim, gpointer self)
{
    (void)sim;
    look(self);
}

static void
on_looked(Command *command, const ApiResponse *response)
{
    ApiRequest *request;

    if (response->code != 404) {
        command->timer.handler = on_look_again;
        sim_timer_arm_after(&command->timer, POLL_NS);
        return;
    }
    request = write_request(command, VERB_CREATE);
    command_unversion(request->body);
    value_sort(request->body);
    command_send(command, request, on_replaced);
}

static void
look(Command *command)
{
    command_send(command, command_request(command, VERB_GET, current_target(command)), on_looked);
}

static void
on_deleted(Command *command, const ApiResponse *response)
{
    const Target *target = current_target(command);

    if (!api_response_ok(response) && response->code != 404) {
        fail_one(command, response->status, "deleting");
        return;
    }
    if (api_response_ok(response))
        command_print(command, "%s \"%s\" deleted%s\n", api_kind_group_singular(target->kind), target->name,
                      versions_where_deleted(command, target->namespace_));
    look(command);
}

static void
replace_one(Command *command, Target *target)
{
    ApiRequest *request;
    gint64 grace = flag_int(command, "grace-period", -1);

    if (is_client_dry_run(command)) {
        g_autoptr(Value) tree = last_applied_for(command, target->manifest);

        print_changed_tree(command, target, tree, "replaced");
        command_next(command);
        return;
    }
    if (target->name == NULL || *target->name == '\0') {
        command_error(command, "error when %s \"%s\": resource name may not be empty",
                      flag_bool(command, "force") ? "deleting" : "replacing", target->file);
        command_next(command);
        return;
    }
    if (!flag_bool(command, "force")) {
        command_send(command, command_request(command, VERB_GET, target), on_got);
        return;
    }
    request = command_request(command, VERB_DELETE, target);
    request->propagation = str_intern("Background");
    if (grace >= 0) {
        request->has_grace = TRUE;
        request->grace_s = grace;
    }
    command_send(command, request, on_deleted);
}

/* ReplaceOptions.Validate */
static const char *
wrong_flags(Command *command)
{
    gboolean is_forced = flag_bool(command, "force");

    if (flag_int(command, "grace-period", -1) >= 0 && !is_forced)
        return "--grace-period must have --force specified";
    if (flag_duration_ns(command, "timeout", 0) != 0 && !is_forced)
        return "--timeout must have --force specified";
    if (is_forced && flag_is_given(command, "dry-run") && !str_is(flag_string(command, "dry-run"), "none"))
        return "--dry-run can not be used when --force is set";
    return NULL;
}

static void
replace_run(Command *command)
{
    const char *wrong = wrong_flags(command);

    if (!files_are_given(command)) {
        command_fail(command, "must specify one of -f and -k");
        return;
    }
    if (wrong != NULL) {
        command_fail(command, "%s", wrong);
        return;
    }
    if (!flag_validation_is_known(command))
        return;
    if (targets_from_files(command))
        command_each(command, replace_one, command_end_default);
}
