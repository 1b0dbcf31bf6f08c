/* prune.c - see prune.h */

#include "kubectl/prune.h"

#include "kubectl/last_applied.h"

/* defaultNamespacedPruneResources, defaultNonNamespacedPruneResources, those that are here; group/version/Kind. */
static const char *const allowed[] = {"core/v1/ConfigMap",
                                      "core/v1/PersistentVolumeClaim",
                                      "core/v1/Pod",
                                      "core/v1/ReplicationController",
                                      "core/v1/Secret",
                                      "core/v1/Service",
                                      "batch/v1/Job",
                                      "batch/v1/CronJob",
                                      "networking.k8s.io/v1/Ingress",
                                      "apps/v1/DaemonSet",
                                      "apps/v1/Deployment",
                                      "apps/v1/ReplicaSet",
                                      "apps/v1/StatefulSet",
                                      "core/v1/Namespace",
                                      "core/v1/PersistentVolume",
                                      NULL};

typedef struct {
    const ApiKind *kind;
    const char *namespace_;
} Place;

typedef struct {
    GPtrArray *applied; /* of interned uids */
    GArray *places;     /* of Place: what is still to be listed */
    guint next;
    GPtrArray *doomed; /* (owned) of ApiObject: of the place under way */
} PruneState;

static void
state_free(gpointer data)
{
    PruneState *state = data;

    g_ptr_array_unref(state->applied);
    g_array_unref(state->places);
    g_ptr_array_unref(state->doomed);
    g_free(state);
}

static const ApiKind *
kind_of(const char *text)
{
    g_auto(GStrv) parts = g_strsplit(text, "/", -1);
    g_autofree char *version = NULL;

    if (g_strv_length(parts) != 3)
        return NULL;
    version = str_is(parts[0], "core") || parts[0][0] == '\0' ? g_strdup(parts[1])
                                                              : g_strdup_printf("%s/%s", parts[0], parts[1]);
    return api_kind_find(version, parts[2]);
}

gboolean
prune_flags_fit(Command *command)
{
    const GPtrArray *given = flag_strings(command, "prune-allowlist");

    for (guint i = 0; given != NULL && i < given->len; i++) {
        const char *text = g_ptr_array_index(given, i);
        g_auto(GStrv) parts = g_strsplit(text, "/", -1);

        if (g_strv_length(parts) != 3) {
            command_fail(command, "invalid GroupVersionKind format: %s, please follow <group/version/kind>", text);
            return FALSE;
        }
        if (kind_of(text) == NULL) {
            command_fail(command, "no matches for kind \"%s\" in version \"%s/%s\"", parts[2], parts[0], parts[1]);
            return FALSE;
        }
    }
    return TRUE;
}

static void list_next(Command *command);

static void delete_next(Command *command);

static void
say_pruned(Command *command, const ApiObject *object)
{
    command_print(command, "%s pruned%s\n", target_label(object->kind, api_name(object)), dry_run_suffix(command));
}

static void
on_deleted(Command *command, const ApiResponse *response)
{
    PruneState *state = command->state;
    const ApiObject *object = g_ptr_array_index(state->doomed, 0);

    if (api_response_ok(response))
        say_pruned(command, object);
    else
        command_server_error(command, response->status, NULL);
    g_ptr_array_remove_index(state->doomed, 0);
    delete_next(command);
}

static void
delete_next(Command *command)
{
    PruneState *state = command->state;
    const char *cascade = flag_string(command, "cascade");
    const ApiObject *object;
    ApiRequest *request;

    if (state->doomed->len == 0) {
        list_next(command);
        return;
    }
    object = g_ptr_array_index(state->doomed, 0);
    if (str_is(flag_string(command, "dry-run"), "client")) {
        say_pruned(command, object);
        g_ptr_array_remove_index(state->doomed, 0);
        delete_next(command);
        return;
    }
    request = api_request_new(VERB_DELETE, object->kind, api_namespace(object), api_name(object));
    request->propagation = str_intern(str_is(cascade, "foreground") ? "Foreground"
                                      : str_is(cascade, "orphan")   ? "Orphan"
                                                                    : "Background");
    request->dry_run = str_is(flag_string(command, "dry-run"), "server");
    command_send(command, request, on_deleted);
}

static void
on_listed(Command *command, const ApiResponse *response)
{
    PruneState *state = command->state;

    if (!api_response_ok(response)) {
        command_server_error(command, response->status, NULL);
        command_finish(command, 1);
        return;
    }
    for (guint i = 0; i < response->items->len; i++) {
        ApiObject *object = g_ptr_array_index(response->items, i);

        /* what nobody applied, or was just applied, stays */
        if (str_map_get(&object->meta->annotations, LAST_APPLIED) != NULL &&
            !g_ptr_array_find(state->applied, api_uid(object), NULL))
            g_ptr_array_add(state->doomed, api_object_ref(object));
    }
    delete_next(command);
}

static void
list_next(Command *command)
{
    PruneState *state = command->state;
    const Place *place;
    ApiRequest *request;

    if (state->next == state->places->len) {
        command_end_default(command);
        return;
    }
    place = &g_array_index(state->places, Place, state->next++);
    request = api_request_new(VERB_LIST, place->kind, place->namespace_, NULL);
    request->label_selector = flag_string(command, "selector");
    command_send(command, request, on_listed);
}

static void
add_place(PruneState *state, const ApiKind *kind, const char *namespace_)
{
    Place place = {kind, namespace_};

    g_array_append_val(state->places, place);
}

void
prune_begin(Command *command, const GPtrArray *applied)
{
    PruneState *state = g_new0(PruneState, 1);
    const GPtrArray *given = flag_strings(command, "prune-allowlist");
    g_autoptr(GPtrArray) kinds = g_ptr_array_new();
    g_autoptr(GPtrArray) namespaces = g_ptr_array_new();

    state->applied = g_ptr_array_copy((GPtrArray *)applied, NULL, NULL);
    state->places = g_array_new(FALSE, TRUE, sizeof(Place));
    state->doomed = g_ptr_array_new_with_free_func(api_object_unref);
    for (guint i = 0; given != NULL && i < given->len; i++)
        g_ptr_array_add(kinds, (gpointer)kind_of(g_ptr_array_index(given, i)));
    for (guint i = 0; given == NULL && allowed[i] != NULL; i++)
        if (kind_of(allowed[i]) != NULL)
            g_ptr_array_add(kinds, (gpointer)kind_of(allowed[i]));
    for (guint i = 0; i < command->targets->len; i++) {
        const char *namespace_ = g_array_index(command->targets, Target, i).namespace_;

        if (!str_is_empty(namespace_) && !g_ptr_array_find(namespaces, namespace_, NULL))
            g_ptr_array_add(namespaces, (gpointer)namespace_);
    }
    for (guint n = 0; n < namespaces->len; n++)
        for (guint k = 0; k < kinds->len; k++)
            if (((const ApiKind *)kinds->pdata[k])->is_namespaced)
                add_place(state, kinds->pdata[k], namespaces->pdata[n]);
    for (guint k = 0; k < kinds->len; k++)
        if (!((const ApiKind *)kinds->pdata[k])->is_namespaced)
            add_place(state, kinds->pdata[k], NULL);
    command->state = state;
    command->state_free = state_free;
    list_next(command);
}
