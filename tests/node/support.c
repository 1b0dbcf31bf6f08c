/* support.c - see support.h */

#include "tests/node/support.h"

#include "api/kinds/tables.h"

#include <check.h>

ApiObject *
pod_from_yaml(const char *yaml)
{
    g_autoptr(Diag) diag = diag_new();
    g_autoptr(GPtrArray) documents = value_read_yaml(yaml, strlen(yaml), "test", diag);
    ApiDecodeResult result = {0};
    ApiObject *pod;

    ck_assert_uint_eq(diag_count_errors(diag), 0);
    pod = api_object_decode(&pod_kind, documents->pdata[0], &result);
    ck_assert_ptr_nonnull(pod);
    api_decode_result_clear(&result);
    api_edit_spec(pod);
    api_edit_meta(pod);
    api_default(pod);
    return pod;
}

ApiObject *
pod_with_containers(const char *policy, const char *init, const char *app)
{
    GString *yaml = g_string_new("apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n");
    g_auto(GStrv) inits = g_strsplit(init, " ", -1);
    g_auto(GStrv) apps = g_strsplit(app, " ", -1);
    ApiObject *pod;

    g_string_append_printf(yaml, "  restartPolicy: %s\n", policy);
    if (inits[0] != NULL)
        g_string_append(yaml, "  initContainers:\n");
    for (guint i = 0; inits[i] != NULL; i++) {
        gboolean is_sidecar = g_str_has_suffix(inits[i], "+");

        if (is_sidecar)
            inits[i][strlen(inits[i]) - 1] = '\0';
        g_string_append_printf(yaml, "  - {name: %s, image: \"i:1\"%s}\n", inits[i],
                               is_sidecar ? ", restartPolicy: Always" : "");
    }
    g_string_append(yaml, "  containers:\n");
    for (guint i = 0; apps[i] != NULL; i++)
        g_string_append_printf(yaml, "  - {name: %s, image: \"i:1\"}\n", apps[i]);
    pod = pod_from_yaml(yaml->str);
    g_string_free(yaml, TRUE);
    return pod;
}

static void
set_ended(ContainerState *state, gint32 exit_code)
{
    state->terminated = g_new0(ContainerStateTerminated, 1);
    state->terminated->exit_code = exit_code;
}

void
statuses_from_text(const char *text, ContainerStatusList *out)
{
    g_auto(GStrv) words = g_strsplit(text, " ", -1);

    for (guint i = 0; words[i] != NULL && words[i][0] != '\0'; i++) {
        g_auto(GStrv) parts = g_strsplit(words[i], "=", 2);
        const char *state = parts[1];
        ContainerStatus *item = API_LIST_ADD(out);

        item->name = str_intern(parts[0]);
        if (g_str_has_prefix(state, "exit")) {
            set_ended(&item->state, state[4] - '0');
            item->ready = state[4] == '0';
        } else if (str_is(state, "running") || str_is(state, "started")) {
            item->state.running = g_new0(ContainerStateRunning, 1);
            item->started = str_is(state, "started") ? OPT_TRUE : OPT_UNSET;
            item->ready = str_is(state, "started");
        } else {
            item->state.waiting = g_new0(ContainerStateWaiting, 1);
            if (g_str_has_prefix(state, "restarting"))
                set_ended(&item->last_state, state[10] - '0');
        }
    }
}

void
statuses_clear(ContainerStatusList *list)
{
    for (guint i = 0; i < list->count; i++)
        api_struct_clear(&container_status_type, &list->items[i]);
    g_free(list->items);
    *list = (ContainerStatusList){0};
}
