/* jobs.c - see jobs.h */
#include "tests/controllers/jobs.h"

static void
set_status(ApiObject *job, const char *status)
{
    g_autofree char *text = g_strdup_printf("{metadata: {name: j}, status: %s}", status);
    g_autoptr(ApiObject) read = object_from_yaml_with_status(&job_kind, text);

    api_object_set_status(job, read->status);
}

const ApiObject *
add_job(Mini *mini, const char *spec, const char *status)
{
    g_autofree char *text = g_strdup_printf(
        "{metadata: {name: j}, spec: {%s manualSelector: true, selector: {matchLabels: {a: j}}, template: {metadata: "
        "{labels: {a: j}}, spec: {restartPolicy: %s, containers: [{name: c, image: 'i:1'}]}}}}",
        spec, strstr(spec, "OnFailure") != NULL ? "OnFailure" : "Never");
    ApiObject *job = object_from_yaml(&job_kind, text);

    if (status != NULL)
        set_status(job, status);
    if (mini->state == NULL)
        mini->state = job_controller.new_state();
    return mini_add(mini, job);
}

const ApiObject *
the_job(Mini *mini)
{
    return mini_get(mini, &job_kind, "default", "j");
}

void
set_exit(ApiObject *pod, int code, gint64 at_ns)
{
    PodStatus *status = api_edit_status(pod);
    ContainerStatus *container =
        status->container_statuses.count > 0 ? &status->container_statuses.items[0] : API_LIST_ADD(&status->container_statuses);

    container->name = str_intern("c");
    if (container->state.terminated == NULL)
        container->state.terminated = g_new0(ContainerStateTerminated, 1);
    container->state.terminated->exit_code = code;
    container->state.terminated->finished_at = api_time_seconds(at_ns);
    status->phase = str_intern(code == 0 ? "Succeeded" : "Failed");
}

/* What follows the letter: index, failures of the index, exit code, disruption. */
static void
read_details(ApiObject *pod, const char *text, gint64 end_ns)
{
    StrMap *annotations = &api_edit_meta(pod)->annotations;
    const char *failures = strchr(text, '/');
    const char *code = strchr(text, '!');
    gsize length = strcspn(text, "/!d");
    g_autofree char *index = g_strndup(text, length);

    if (length > 0)
        str_map_set(annotations, str_intern(JOB_INDEX), str_intern(index));
    if (failures != NULL)
        str_map_set(annotations, str_intern(JOB_INDEX_FAILURES), str_internf("%c", failures[1]));
    if (code != NULL)
        set_exit(pod, (int)g_ascii_strtoll(code + 1, NULL, 10), end_ns);
    if (strchr(text, 'd') != NULL)
        set_condition(&((PodStatus *)api_edit_status(pod))->conditions, "DisruptionTarget", "True", NULL, end_ns);
}

const ApiObject *
add_pod(Mini *mini, const char *what)
{
    static const char *const phases[] = {['p'] = "Pending",   ['r'] = "Running", ['R'] = "Running", ['t'] = "Running",
                                         ['s'] = "Succeeded", ['f'] = "Failed",  ['F'] = "Failed",  ['w'] = "Failed"};
    gboolean is_settled = what[0] == '-';
    char letter = what[is_settled];
    guint number = mini_count(mini, &pod_kind);
    gint64 end_ns = mini_wall_ns(mini) - (letter == 'F' ? 3600 * NS_PER_S : 0);
    ApiObject *pod = make_pod(NULL, str_internf("j-%u", number), letter == 'p' ? NULL : "n1", phases[(guint)letter], letter == 'R');
    ObjectMeta *meta = api_edit_meta(pod);

    str_map_set(&meta->labels, str_intern("a"), str_intern("j"));
    api_set_controller(meta, the_job(mini));
    if (!is_settled)
        str_list_add(&meta->finalizers, str_intern(JOB_FINALIZER));
    if (letter == 't' || letter == 'w') {
        meta->deletion_time = mini_wall_ns(mini);
        set_condition(&((PodStatus *)api_edit_status(pod))->conditions, "Ready", "False", NULL, end_ns);
    }
    if (strchr("sfF", letter) != NULL)
        set_exit(pod, letter == 's' ? 0 : 1, end_ns);
    read_details(pod, what + is_settled + 1, end_ns);
    return mini_add(mini, pod);
}

void
add_pods(Mini *mini, const char *text)
{
    g_auto(GStrv) words = g_strsplit(text, " ", -1);

    for (guint i = 0; words[i] != NULL; i++)
        if (words[i][0] != '\0')
            add_pod(mini, words[i]);
}

guint
count_lines(const Mini *mini, const char *start)
{
    g_auto(GStrv) lines = g_strsplit(mini->log->str, "\n", -1);
    guint count = 0;

    for (guint i = 0; lines[i] != NULL; i++)
        count += g_str_has_prefix(lines[i], start) ? 1 : 0;
    return count;
}

void
sync_job(Mini *mini)
{
    mini_sync(mini, &job_controller, "default/j");
}

Mini *
mini_with(const char *spec)
{
    Mini *mini = mini_new();

    add_job(mini, spec, NULL);
    return mini;
}

void
mini_end(Mini *mini)
{
    job_controller.free_state(mini->state);
    mini_free(mini);
}

void
let_go(Mini *mini)
{
    for (guint i = mini_count(mini, &pod_kind); i-- > 0;)
        if (api_is_deleting(mini_nth(mini, &pod_kind, i)) && !job_pod_has_finalizer(mini_nth(mini, &pod_kind, i)))
            mini_remove(mini, mini_nth(mini, &pod_kind, i));
}

const ApiObject *
pod_of_index(Mini *mini, const char *index)
{
    for (guint i = mini_count(mini, &pod_kind); i-- > 0;) {
        const ApiObject *pod = mini_nth(mini, &pod_kind, i);

        if (str_is(str_map_get(&pod->meta->annotations, str_intern(JOB_INDEX)), index) && pod_is_active(pod))
            return pod;
    }
    ck_abort_msg("no active pod of index %s", index);
    return NULL;
}

void
end_pod(Mini *mini, const ApiObject *pod, int code)
{
    ApiObject *changed = mini_edit(mini, &pod_kind, api_name(pod));

    set_exit(changed, code, mini_wall_ns(mini));
    mini_put(mini, changed);
}

const char *
condition_reason(Mini *mini, const char *type)
{
    const Condition *condition = condition_find(&job_status(the_job(mini))->conditions, type);

    return condition == NULL ? "-" : condition->reason;
}

void
add_lettered_pods(Mini *mini, const char *text)
{
    g_auto(GStrv) words = g_strsplit(text, " ", -1);

    for (guint i = 0; words[i] != NULL; i++) {
        ApiObject *changed;

        if (words[i][0] == '\0')
            continue;
        changed = mini_edit(mini, &pod_kind, api_name(add_pod(mini, words[i])));
        api_edit_meta(changed)->uid = str_internf("%c", 'a' + (int)i);
        mini_put(mini, changed);
    }
}

const char *
print_conditions(Mini *mini)
{
    const ConditionList *list = &job_status(the_job(mini))->conditions;
    g_autoptr(GString) text = g_string_new(NULL);

    for (guint i = 0; i < list->count; i++)
        g_string_append_printf(text, "%s%s%c%s", i > 0 ? " " : "", list->items[i].type,
                               str_is(list->items[i].status, "True") ? '=' : '!', list->items[i].reason);
    return str_intern(text->str);
}

const char *
created_indexes(Mini *mini)
{
    g_autoptr(GString) text = g_string_new(NULL);

    for (guint i = 0; i < mini_count(mini, &pod_kind); i++) {
        const ApiObject *pod = mini_nth(mini, &pod_kind, i);

        if (pod->meta->generate_name != NULL)
            g_string_append_printf(text, "%s%" G_GINT64_FORMAT, text->len > 0 ? "," : "", job_pod_index(pod));
    }
    return str_intern(text->str);
}
