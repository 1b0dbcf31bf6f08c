/*
 * events.c - kubectl events; models k8s.io/kubectl pkg/cmd/events v0.34
 *
 * Unlike `get events` it sorts by time, and AGE tells how often.
 */

#include "kubectl/go_sort.h"
#include "kubectl/describe.h"
#include "kubectl/print.h"
#include "kubectl/printers.h"

static void events_run(Command *command);

static const FlagDef flags[] = {
    {"for", 0, FLAG_STRING, NULL, NULL},      {"types", 0, FLAG_STRINGS, NULL, NULL},
    {"watch", 'w', FLAG_BOOL, NULL, NULL},    {"no-headers", 0, FLAG_BOOL, NULL, NULL},
    {"chunk-size", 0, FLAG_INT, "500", NULL}, {0},
};

const Verb events_verb = {.name = "events",
                          .flags = flags,
                          .run = events_run,
                          .doc = "List events."};

static const PrintColumn columns[] = {{"LAST SEEN"}, {"TYPE"},    {"REASON"},
                                      {"OBJECT"},    {"MESSAGE"}, {0}};

static void
cells(const ApiObject *object, gint64 wall_ns, gboolean wide, GPtrArray *out)
{
    const EventBody *event = event_body(object);
    g_autofree char *message = g_strstrip(g_strdup(text_or(event->message, "")));

    (void)wide;
    g_ptr_array_add(out, event_interval(event, wall_ns));
    cell_add(out, "%s", text_or(event->type, ""));
    cell_add(out, "%s", text_or(event->reason, ""));
    cell_add(out, "%s/%s", text_or(event->involved_object.kind, ""),
             text_or(event->involved_object.name, ""));
    cell_add(out, "%s", message);
}

static const Printer printer = {&event_kind, columns, cells};

typedef struct {
    PrintTable *table; /* (owned) */
    const ApiKind *kind;
    const char *name; /* --for; NULL: all */
} EventsState;

static void
state_free(gpointer data)
{
    EventsState *state = data;

    print_table_free(state->table);
    g_free(state);
}

/* --types=Normal,Warning */
static gboolean
is_wanted(Command *command, const ApiObject *object)
{
    const GPtrArray *types = flag_strings(command, "types");

    if (types == NULL)
        return TRUE;
    for (guint i = 0; i < types->len; i++) {
        g_auto(GStrv) parts = g_strsplit(g_ptr_array_index(types, i), ",", -1);

        for (guint k = 0; parts[k] != NULL; k++)
            if (g_ascii_strcasecmp(parts[k], text_or(event_body(object)->type, "")) == 0)
                return TRUE;
    }
    return FALSE;
}

static ApiTime
seen_time(const EventBody *event)
{
    if (event->series != NULL)
        return event->series->last_observed_time;
    return event->last_time != 0 ? event->last_time : event->event_time;
}

static gboolean
is_earlier(gconstpointer a, gconstpointer b, gpointer user)
{
    (void)user;
    return seen_time(event_body(a)) < seen_time(event_body(b));
}

static ApiRequest *
events_request(Command *command, ApiVerb verb)
{
    const EventsState *state = command->state;
    ApiRequest *request =
        api_request_new(verb, &event_kind,
                        flag_bool(command, "all-namespaces") ? NULL : command_namespace(command),
                        NULL);

    if (state->name != NULL)
        request->field_selector = str_internf("involvedObject.kind=%s,involvedObject.name=%s",
                                              state->kind->kind, state->name);
    return request;
}

static void
on_event(gpointer user, WatchType type, const ApiObject *object)
{
    Command *command = user;
    EventsState *state = command->state;

    if ((type != WATCH_ADDED && type != WATCH_MODIFIED) || !is_wanted(command, object))
        return;
    print_table_add(state->table, object, NULL, command_wall_ns(command));
    print_table_flush(state->table, command->out);
}

static void
on_closed(gpointer user, const ApiStatus *status)
{
    (void)status;
    command_finish(user, 0);
}

static const ClientWatchHooks hooks = {on_event, on_closed};

static void
on_listed(Command *command, const ApiResponse *response)
{
    EventsState *state = command->state;
    g_autoptr(GPtrArray) shown = g_ptr_array_new();

    if (!api_response_ok(response)) {
        command_server_error(command, response->status, NULL);
        command_finish(command, 1);
        return;
    }
    for (guint i = 0; i < response->items->len; i++)
        if (is_wanted(command, g_ptr_array_index(response->items, i)))
            g_ptr_array_add(shown, g_ptr_array_index(response->items, i));
    go_sort_pointers(shown, is_earlier, NULL);
    if (!print_is_table(command)) {
        PrintList list = {.objects = shown};

        if (print_list(command, &list, 1, TRUE))
            command_finish(command, 0);
        return;
    }
    for (guint i = 0; i < shown->len; i++)
        print_table_add(state->table, g_ptr_array_index(shown, i), NULL, command_wall_ns(command));
    print_table_flush(state->table, command->out);
    if (flag_bool(command, "watch")) {
        g_autoptr(ApiRequest) request = events_request(command, VERB_WATCH);

        request->resource_version = response->revision;
        command->watch = client_watch(kubectl_client(command->kubectl), request, &hooks, command);
        return;
    }
    if (shown->len == 0 && flag_bool(command, "all-namespaces"))
        command_warn(command, "No events found.");
    else if (shown->len == 0)
        command_warn(command, "No events found in %s namespace.", command_namespace(command));
    command_finish(command, 0);
}

/* --for TYPE/NAME. FALSE: message out, ended. */
static gboolean
read_for(Command *command)
{
    EventsState *state = command->state;
    const char *text = flag_string(command, "for");
    g_auto(GStrv) parts = NULL;

    if (str_is_empty(text))
        return TRUE;
    parts = g_strsplit(text, "/", -1);
    if (g_strv_length(parts) != 2) {
        command_fail(command, parts[1] == NULL ? "--for must be in resource/name form"
                                               : "arguments in resource/name form may not have "
                                                 "more than one slash");
        return FALSE;
    }
    state->kind = api_kind_find_resource(parts[0]);
    state->name = str_intern(parts[1]);
    if (state->kind == NULL) {
        command_warn(command, "the server doesn't have a resource type \"%s\"", parts[0]);
        command_finish(command, 1);
        return FALSE;
    }
    return TRUE;
}

/* --types: FALSE: message out, ended. */
static gboolean
types_are_known(Command *command)
{
    const GPtrArray *types = flag_strings(command, "types");

    for (guint i = 0; types != NULL && i < types->len; i++) {
        g_auto(GStrv) parts = g_strsplit(g_ptr_array_index(types, i), ",", -1);

        for (guint k = 0; parts[k] != NULL; k++) {
            if (g_ascii_strcasecmp(parts[k], "Normal") == 0 ||
                g_ascii_strcasecmp(parts[k], "Warning") == 0)
                continue;
            command_fail(command, "valid --types are Normal or Warning");
            return FALSE;
        }
    }
    return TRUE;
}

static void
events_run(Command *command)
{
    EventsState *state = g_new0(EventsState, 1);
    PrintTableOptions options = print_table_options(command, &event_kind, FALSE);

    command->state = state;
    command->state_free = state_free;
    state->table = print_table_new_with(&printer, &event_kind, &options);
    if (print_output_is_known(command) && read_for(command) && types_are_known(command))
        command_send(command, events_request(command, VERB_LIST), on_listed);
}
