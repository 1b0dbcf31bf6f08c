/*
 * dump.c - kubectl cluster-info dump; models k8s.io/kubectl pkg/cmd/clusterinfo v0.34, clusterinfo_dump.go
 *
 * Nodes, then for each namespace events, workloads, Services and pods, each as the list that the server sends, then the
 * log of each container. DEVIATES: to standard output only.
 */

#include "kubectl/dump.h"

#include "kubectl/log_pods.h"
#include "kubectl/print.h"
#include "kubectl/raw.h"

/* In the order in which they are printed. */
static const ApiKind *const dumped[] = {&event_kind, &replication_controller_kind, &service_kind, &daemon_set_kind, &deployment_kind, &replica_set_kind, &pod_kind};

typedef struct {
    GPtrArray *namespaces; /* of const char* (interned) */
    guint namespace_at, kind_at;
} DumpState;

static void ask_next(Command *command);

static void
state_free(gpointer data)
{
    g_ptr_array_unref(((DumpState *)data)->namespaces);
    g_free(data);
}

static void
print(Command *command, const Value *list)
{
    if (!str_is_empty(flag_string(command, "output"))) {
        print_document(command, list);
        return;
    }
    value_append_json(command->out, list, VALUE_SORTED | VALUE_INDENT4);
    g_string_append_c(command->out, '\n');
}

/* --- logs ------------------------------------------------------------------------------------ */

/* Each line stands there after its time. */
static void
print_lines(Command *command, const char *text)
{
    for (const char *line = text; *line != '\0';) {
        const char *end = strchr(line, '\n');
        const char *next = end != NULL ? end + 1 : line + strlen(line);
        const char *words = strchr(line, ' ');

        if (words != NULL && words < next)
            g_string_append_len(command->out, words + 1, next - words - 1);
        line = next;
    }
}

static void
print_log(Command *command, const ApiObject *pod, const char *container)
{
    const KubectlOptions *options = kubectl_options(command->kubectl);
    const char *id = NULL, *dial = NULL;
    g_autofree char *refusal = log_refusal(pod, container, FALSE, &id);
    g_autofree char *text = NULL;

    if (refusal == NULL && options->pod_log != NULL)
        text = options->pod_log(options->self, pod, id, &dial);
    command_print(command, "==== START logs for container %s of pod %s/%s ====\n", container, pod->meta->namespace_, api_name(pod));
    if (refusal != NULL)
        command_print(command, "Request log error: %s\n", refusal);
    else if (dial != NULL)
        command_print(command, "Request log error: the kubelet was not reached: %s\n", dial);
    else if (text != NULL)
        print_lines(command, text);
    command_print(command, "==== END logs for container %s of pod %s/%s ====\n", container, pod->meta->namespace_, api_name(pod));
}

static void
print_logs(Command *command, const ApiObject *pod)
{
    g_autoptr(Value) tree = api_object_encode(pod);
    static const char *const lists[] = {"initContainers", "containers"};

    for (guint i = 0; i < G_N_ELEMENTS(lists); i++) {
        const Value *list = value_get_path(tree, "spec", lists[i], NULL);

        for (guint k = 0; list != NULL && k < list->count; k++)
            print_log(command, pod, value_get_string(list->items[k], "name", ""));
    }
}

/* --- lists ----------------------------------------------------------------------------------- */

static gboolean
refused(Command *command, const ApiResponse *response)
{
    if (api_response_ok(response))
        return FALSE;
    command_server_error(command, response->status, NULL);
    command_finish(command, 1);
    return TRUE;
}

static void
on_list(Command *command, const ApiResponse *response)
{
    DumpState *state = command->state;
    const ApiKind *kind = dumped[state->kind_at];
    g_autoptr(Value) list = NULL;

    if (refused(command, response))
        return;
    list = raw_list(kind, response);
    print(command, list);
    if (kind == &pod_kind)
        for (guint i = 0; i < response->items->len; i++)
            print_logs(command, g_ptr_array_index(response->items, i));
    if (++state->kind_at == G_N_ELEMENTS(dumped)) {
        state->kind_at = 0;
        state->namespace_at++;
    }
    ask_next(command);
}

static void
ask_next(Command *command)
{
    const DumpState *state = command->state;

    if (state->namespace_at == state->namespaces->len) {
        command_finish(command, 0);
        return;
    }
    command_send(command, api_request_new(VERB_LIST, dumped[state->kind_at], g_ptr_array_index(state->namespaces, state->namespace_at), NULL), on_list);
}

static void
on_namespaces(Command *command, const ApiResponse *response)
{
    DumpState *state = command->state;

    if (refused(command, response))
        return;
    for (guint i = 0; i < response->items->len; i++)
        g_ptr_array_add(state->namespaces, (gpointer)str_intern(api_name(g_ptr_array_index(response->items, i))));
    ask_next(command);
}

static void
on_nodes(Command *command, const ApiResponse *response)
{
    DumpState *state = command->state;
    const GPtrArray *wanted = flag_strings(command, "namespaces");
    g_autoptr(Value) list = NULL;

    if (refused(command, response))
        return;
    list = raw_list(&node_kind, response);
    print(command, list);
    if (flag_bool(command, "all-namespaces")) {
        command_send(command, api_request_new(VERB_LIST, &namespace_kind, NULL, NULL), on_namespaces);
        return;
    }
    for (guint i = 0; wanted != NULL && i < wanted->len; i++) {
        g_auto(GStrv) names = g_strsplit(g_ptr_array_index(wanted, i), ",", -1);

        for (guint k = 0; names[k] != NULL; k++)
            g_ptr_array_add(state->namespaces, (gpointer)str_intern(names[k]));
    }
    if (wanted == NULL) {
        g_ptr_array_add(state->namespaces, (gpointer)str_intern("kube-system"));
        g_ptr_array_add(state->namespaces, (gpointer)command_namespace(command));
    }
    ask_next(command);
}

void
dump_run(Command *command)
{
    const char *directory = flag_string(command, "output-directory");
    const char *output = flag_string(command, "output");
    DumpState *state;

    if (!str_is_empty(directory) && !str_is(directory, "-")) {
        command_fail(command, "--output-directory is left out here: this kubectl writes no files; everything goes to standard output");
        return;
    }
    if (str_is(output, "name")) {
        command_fail(command, "-o name is left out here: a dump is json or yaml");
        return;
    }
    state = g_new0(DumpState, 1);
    state->namespaces = g_ptr_array_new();
    command->state = state;
    command->state_free = state_free;
    command_send(command, api_request_new(VERB_LIST, &node_kind, NULL, NULL), on_nodes);
}
