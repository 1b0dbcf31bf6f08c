/*
 * wait.c - kubectl wait; models k8s.io/kubectl pkg/cmd/wait v0.34
 *
 * One object after the other, all within one time-out.
 */

#include "base/duration.h"
#include "kubectl/follow.h"
#include "kubectl/jsonpath.h"

#define WEEK_NS (168 * NS_PER_HOUR)
#define POLL_NS (500 * NS_PER_MS) /* --for=create */

static void wait_run(Command *command);

static const FlagDef flags[] = {
    {"for", 0, FLAG_STRING, NULL, NULL},
    {"timeout", 0, FLAG_DURATION, "30s", NULL},
    {"all", 0, FLAG_BOOL, NULL, NULL},
    {0},
};

const Verb wait_verb = {.name = "wait",
                        .flags = flags,
                        .run = wait_run,
                        .doc = "Wait for a specific condition on one or many resources."};

typedef enum { FOR_CONDITION, FOR_JSONPATH, FOR_DELETE, FOR_CREATE } WaitFor;

typedef struct {
    Follow follow;
    WaitFor what;
    char *name;  /* (owned) of a condition, or a path */
    char *value; /* (owned) NULL: any */
    gint64 timeout_ns;
    gboolean is_broken; /* the path cannot be compared; said */
    GArray *asked;      /* --for=create: of Target, as the words name them */
} WaitState;

static void
state_free(gpointer data)
{
    WaitState *state = data;

    g_free(state->name);
    g_free(state->value);
    if (state->asked != NULL)
        g_array_unref(state->asked);
    g_free(state);
}

static gint64
now_ns(Command *command)
{
    return sim_now_ns(client_sim(kubectl_client(command->kubectl)));
}

/* --- is it met? -------------------------------------------------------------------------- */

/* A condition that was found for an older generation says nothing about this one. */
static gboolean
condition_is_met(const WaitState *state, const Value *tree)
{
    const Value *conditions = value_get_path(tree, "status", "conditions", NULL);
    gint64 generation = value_get_int(value_get(tree, "metadata"), "generation", -1);

    for (guint i = 0; conditions != NULL && i < conditions->count; i++) {
        const Value *one = conditions->items[i];
        const char *status = value_get_string(one, "status", NULL);
        gint64 observed =
            value_get_int(one, "observedGeneration",
                          value_get_int(value_get(tree, "status"), "observedGeneration", -1));

        if (g_ascii_strcasecmp(value_get_string(one, "type", ""), state->name) != 0 ||
            status == NULL)
            continue;
        if (generation >= 0 && observed >= 0 && observed < generation)
            return FALSE;
        return g_ascii_strcasecmp(status, state->value) == 0;
    }
    return FALSE;
}

static gboolean
path_is_met(Command *command, WaitState *state, const Value *tree)
{
    g_autofree char *message = NULL;
    g_autoptr(GPtrArray) found = jsonpath_find(state->name, tree, &message);
    const Value *value;
    g_autofree char *text = NULL;

    if (found == NULL) {
        command_error(command, "%s", message);
        state->is_broken = TRUE;
        return TRUE;
    }
    if (found->len == 0)
        return FALSE;
    if (found->len > 1) {
        command_error(command, "given jsonpath expression matches more than one value");
        state->is_broken = TRUE;
        return TRUE;
    }
    if (state->value == NULL)
        return TRUE;
    value = g_ptr_array_index(found, 0);
    if (value->type >= VALUE_LIST) {
        command_error(command, "jsonpath leads to a nested object or list which is not supported");
        state->is_broken = TRUE;
        return TRUE;
    }
    text = g_strstrip(jsonpath_go_text(value));
    return str_is(text, state->value);
}

static gboolean
is_met(Command *command, const ApiObject *object)
{
    WaitState *state = command->state;
    g_autoptr(Value) tree = api_object_encode(object);

    return state->what == FOR_CONDITION ? condition_is_met(state, tree)
                                        : path_is_met(command, state, tree);
}

/* --- one object -------------------------------------------------------------------------- */

static void
say_met(Command *command)
{
    const Target *target = current_target(command);
    WaitState *state = command->state;

    if (state->is_broken) {
        state->is_broken = FALSE;
        command_next(command);
        return;
    }
    if (str_is(flag_string(command, "output"), "name"))
        command_print(command, "%s\n", target_label(target->kind, target->name));
    else
        command_print(command, "%s condition met\n", target_label(target->kind, target->name));
    command_next(command);
}

static gboolean
seen(Command *command, WatchType type, const ApiObject *object)
{
    const WaitState *state = command->state;

    if (state->what == FOR_DELETE)
        return type == WATCH_DELETED;
    return type != WATCH_DELETED && is_met(command, object);
}

static void
over(Command *command, FollowEnd end)
{
    const WaitState *state = command->state;
    const Target *target = current_target(command);

    if (end == FOLLOW_DONE || (end == FOLLOW_ABSENT && state->what == FOR_DELETE)) {
        say_met(command);
        return;
    }
    if (end == FOLLOW_ABSENT) {
        g_autoptr(ApiStatus) status = api_status_not_found(target->kind, target->name);
        command_server_error(command, status, NULL);
    } else if (end != FOLLOW_REFUSED) {
        command_error(command, "timed out waiting for the condition on %s/%s", target->kind->plural,
                      target->name);
    }
    command_next(command);
}

static void wait_one(Command *command, Target *target);

static void
on_look_again(Sim *sim, gpointer self)
{
    (void)sim;
    wait_one(self, current_target(self));
}

/* --for=create looks again and again. */
static void
look_for_creation(Command *command, const ApiResponse *response)
{
    const WaitState *state = command->state;

    if (api_response_ok(response)) {
        say_met(command);
    } else if (response->code != 404) {
        command_server_error(command, response->status, NULL);
        command_next(command);
    } else if (now_ns(command) + POLL_NS >= state->follow.deadline_ns) {
        command_fail(command, "timed out waiting for the condition");
    } else {
        command->timer.handler = on_look_again;
        sim_timer_arm_after(&command->timer, POLL_NS);
    }
}

static void
on_got(Command *command, const ApiResponse *response)
{
    WaitState *state = command->state;
    const Target *target = current_target(command);

    if (state->what == FOR_CREATE) {
        look_for_creation(command, response);
        return;
    }
    if (!api_response_ok(response)) {
        if (response->code != 404 || state->what != FOR_DELETE)
            command_server_error(command, response->status, NULL);
        command_next(command);
        return;
    }
    if (state->timeout_ns == 0) { /* look once */
        if (state->what != FOR_DELETE && is_met(command, response->object)) {
            say_met(command);
            return;
        }
        command_error(command, "condition not met for %s/%s", target->kind->plural, target->name);
        command_next(command);
        return;
    }
    follow_begin(command);
}

static void
wait_one(Command *command, Target *target)
{
    command_send(command, command_request(command, VERB_GET, target), on_got);
}

static void go(Command *command);

static void
on_list_again(Sim *sim, gpointer self)
{
    (void)sim;
    targets_expand(self, go);
}

/* --for=create of a selector that nothing matches yet. */
static void
list_again(Command *command)
{
    const WaitState *state = command->state;

    if (now_ns(command) + POLL_NS >= state->follow.deadline_ns) {
        command_fail(command, "timed out waiting for the condition");
        return;
    }
    g_array_set_size(command->targets, 0);
    g_array_append_vals(command->targets, state->asked->data, state->asked->len);
    command->timer.handler = on_list_again;
    sim_timer_arm_after(&command->timer, POLL_NS);
}

static void
go(Command *command)
{
    const WaitState *state = command->state;

    if (command->targets->len == 0 && state->what == FOR_CREATE && state->asked != NULL) {
        list_again(command);
        return;
    }
    if (command->targets->len == 0 && state->what != FOR_DELETE) {
        command_fail(command, "no matching resources found");
        return;
    }
    command_each(command, wait_one, command_end_default);
}

/* --- what for? --------------------------------------------------------------------------- */

/* splitJSONPathInput: at each "=" that is no half of "==". (owned, of char*) */
static GPtrArray *
split_path(const char *text)
{
    GPtrArray *parts = g_ptr_array_new_with_free_func(g_free);
    GString *part = g_string_new(NULL);

    for (; *text != '\0'; text++) {
        if (text[0] == '=' && text[1] == '=') {
            g_string_append(part, "==");
            text++;
        } else if (text[0] == '=') {
            g_ptr_array_add(parts, g_strdup(part->str));
            g_string_truncate(part, 0);
        } else {
            g_string_append_c(part, *text);
        }
    }
    g_ptr_array_add(parts, g_string_free(part, FALSE));
    return parts;
}

/* processJSONPathInput: "{.status.phase}=Running". FALSE: message out, ended. */
static gboolean
read_path(Command *command, WaitState *state, const char *text)
{
    g_autoptr(GPtrArray) parts = split_path(text);
    g_autofree char *message = NULL;

    if (parts->len > 2) {
        command_fail(command, "jsonpath wait format must be --for=jsonpath='{.status.readyReplicas}'=3 or "
                              "--for=jsonpath='{.status.readyReplicas}'");
        return FALSE;
    }
    if (*(const char *)parts->pdata[0] != '\0') {
        state->name = jsonpath_relax(parts->pdata[0], &message);
        if (state->name == NULL) {
            command_fail(command, "%s", message);
            return FALSE;
        }
    }
    if (parts->len == 2) {
        char *value = parts->pdata[1];

        value += strspn(value, "'\"");
        while (*value != '\0' && strchr("'\"", value[strlen(value) - 1]) != NULL)
            value[strlen(value) - 1] = '\0';
        if (*value == '\0') {
            command_fail(command, "jsonpath wait has to have a value after equal sign, like "
                                  "--for=jsonpath='{.status.readyReplicas}'=3");
            return FALSE;
        }
        state->value = g_strdup(value);
    }
    if (state->name == NULL) {
        command_fail(command, "jsonpath expression cannot be empty");
        return FALSE;
    }
    if (!jsonpath_check(state->name, &message)) {
        command_fail(command, "%s", message);
        return FALSE;
    }
    return TRUE;
}

static gboolean
read_condition(Command *command, WaitState *state)
{
    const char *text = flag_string(command, "for");

    text = text != NULL ? text : "";
    if (g_ascii_strcasecmp(text, "delete") == 0 || g_ascii_strcasecmp(text, "create") == 0) {
        state->what = g_ascii_strcasecmp(text, "delete") == 0 ? FOR_DELETE : FOR_CREATE;
        return TRUE;
    }
    if (g_str_has_prefix(text, "condition=")) {
        g_auto(GStrv) parts = g_strsplit(text + strlen("condition="), "=", 2);

        state->what = FOR_CONDITION;
        state->name = g_strdup(parts[0] != NULL ? parts[0] : "");
        state->value = g_strdup(parts[0] != NULL && parts[1] != NULL ? parts[1] : "true");
        return TRUE;
    }
    if (g_str_has_prefix(text, "jsonpath=")) {
        state->what = FOR_JSONPATH;
        return read_path(command, state, text + strlen("jsonpath="));
    }
    command_fail(command, "unrecognized condition: \"%s\"", text);
    return FALSE;
}

static void
wait_run(Command *command)
{
    WaitState *state = g_new0(WaitState, 1);

    state->follow.seen = seen;
    state->follow.over = over;
    command->state = state;
    command->state_free = state_free;
    if (!read_condition(command, state))
        return;
    state->timeout_ns = flag_duration_ns(command, "timeout", 30 * NS_PER_S);
    if (state->timeout_ns < 0)
        state->timeout_ns = WEEK_NS;
    state->follow.deadline_ns = now_ns(command) + state->timeout_ns;
    if (!targets_from_files_or_args(command, 0) || !targets_need_names(command))
        return;
    if (state->what == FOR_CREATE && !files_are_given(command)) {
        state->asked = g_array_new(FALSE, TRUE, sizeof(Target));
        g_array_append_vals(state->asked, command->targets->data, command->targets->len);
    }
    targets_expand(command, go);
}
