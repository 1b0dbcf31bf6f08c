/* lab.c - see lab.h */

#include "tests/node/lab.h"

#include <check.h>
#include <stdio.h>

static const ImageRule image_rules[] = {
    {.match = "registry.local/app:*", .is_present = TRUE},
    {.match = "registry.local/none:*", .is_missing = TRUE, .delay_ns = 5 * NS_PER_S},
    {.match = "registry.local/big:*", .size_bytes = 50 << 20},
};

static void
lab_on_change(gpointer user, WatchType type, const ApiObject *object)
{
    Lab *lab = user;
    LabRecord record = {sim_now_ns(lab->sim), type, api_object_ref(object)};

    g_array_append_val(lab->log, record);
}

static void
lab_record_clear(gpointer record)
{
    api_object_unref(((LabRecord *)record)->object);
}

typedef struct {
    int code;
    char *message;
} LabAnswer;

static void
lab_on_reply(gpointer user, ApiResponse *response)
{
    LabAnswer *answer = user;

    answer->code = response->code;
    if (response->status != NULL)
        answer->message = g_strdup(response->status->message);
    api_response_free(response);
}

int
lab_call(Lab *lab, ApiRequest *request)
{
    LabAnswer answer = {0};

    request->user = str_intern("kubernetes-admin");
    apiserver_handle(lab->server, request, lab_on_reply, &answer, NULL);
    while (answer.code == 0 && sim_step(lab->sim))
        continue;
    if (answer.code >= 300 && answer.code != 409)
        fprintf(stderr, "lab: %d %s\n", answer.code, answer.message);
    g_free(answer.message);
    return answer.code;
}

static void
lab_create(Lab *lab, ApiObject *object)
{
    ApiRequest *request =
        api_request_new(VERB_CREATE, object->kind, api_namespace(object), api_name(object));

    request->object = object;
    lab_call(lab, request);
}

static void
lab_make_node(Lab *lab, guint index, const LabOptions *options)
{
    static const char *const names[LAB_NODES] = {"node-a", "node-b"};

    lab->machines[index] =
        machine_new(lab->world, &(MachineOptions){.name = names[index],
                                                  .ip = str_internf("192.168.77.1%u", index + 1),
                                                  .cpu_milli = 2000,
                                                  .memory_bytes = G_GINT64_CONSTANT(24) << 30,
                                                  .disk_bytes = G_GINT64_CONSTANT(100) << 30,
                                                  .boot_min_ns = 5 * NS_PER_S,
                                                  .boot_max_ns = 6 * NS_PER_S});
    if (!options->ideal)
        lab->runtimes[index] = runtime_new(lab->machines[index], NULL, image_rules,
                                           G_N_ELEMENTS(image_rules), NULL, 0);
    lab->kubelets[index] = kubelet_new(&(KubeletOptions){
        .sim = lab->sim,
        .world = lab->world,
        .machine = lab->machines[index],
        .server = lab->server,
        .runtime = lab->runtimes[index],
        .node_name = names[index],
        .eviction = options->eviction,
        .shutdown_groups = options->shutdown_groups,
        .n_shutdown_groups = options->n_shutdown_groups,
        .pod_cidr = str_internf("10.244.%u.0/24", index + 1),
        .cluster_dns = options->cluster_dns,
        .version_minor = options->version_minor == 0 ? 34 : options->version_minor,
        .ideal = options->ideal,
        .ideal_startup = DIST_CONST(NS_PER_S),
        .ideal_stop = DIST_CONST(NS_PER_S),
    });
}

Lab *
lab_new(const LabOptions *options)
{
    Lab *lab = g_new0(Lab, 1);
    gint64 epoch_ns = 0;
    Dist hop = DIST_CONST(200 * NS_PER_US);

    time_parse_rfc3339("2026-11-20T08:00:00Z", &epoch_ns);
    lab->sim = sim_new(&(SimOptions){.seed = options->seed, .epoch_unix_ns = epoch_ns});
    lab->world = world_new(lab->sim, &(WorldOptions){.loopback = DIST_CONST(20 * NS_PER_US),
                                                     .same_zone = hop,
                                                     .cross_zone = hop,
                                                     .external = hop});
    lab->control_plane =
        machine_new(lab->world, &(MachineOptions){.name = "control-plane",
                                                  .ip = "192.168.77.1",
                                                  .cpu_milli = 4000,
                                                  .memory_bytes = G_GINT64_CONSTANT(8) << 30});
    lab->etcd = etcd_new(&(EtcdOptions){.sim = lab->sim,
                                        .world = lab->world,
                                        .machines = &lab->control_plane,
                                        .n_members = 1});
    lab->server = apiserver_new(&(ApiServerOptions){.sim = lab->sim,
                                                    .world = lab->world,
                                                    .machine = lab->control_plane,
                                                    .etcd = lab->etcd,
                                                    .version_minor = 34});
    lab->log = g_array_new(FALSE, FALSE, sizeof(LabRecord));
    g_array_set_clear_func(lab->log, lab_record_clear);
    apiserver_add_tap(lab->server, lab_on_change, lab);
    etcd_start(lab->etcd);
    process_start(apiserver_process(lab->server));
    sim_run_until(lab->sim, 2 * NS_PER_S);
    lab_create(lab, api_object_new(&service_account_kind, "default", "default"));
    for (guint i = 0; i < LAB_NODES; i++) {
        lab_make_node(lab, i, options);
        process_start(kubelet_process(lab->kubelets[i]));
    }
    /* Long enough that no probe worker sleeps as after a restart of the kubelet. */
    sim_run_until(lab->sim, 60 * NS_PER_S);
    lab->origin_ns = sim_now_ns(lab->sim);
    return lab;
}

void
lab_free(Lab *lab)
{
    for (guint i = 0; i < LAB_NODES; i++) {
        kubelet_free(lab->kubelets[i]);
        if (lab->runtimes[i] != NULL)
            runtime_free(lab->runtimes[i]);
    }
    apiserver_free(lab->server);
    etcd_free(lab->etcd);
    world_free(lab->world);
    sim_free(lab->sim);
    g_array_free(lab->log, TRUE);
    g_free(lab);
}

void
lab_apply_to(Lab *lab, const char *yaml, const char *node)
{
    g_autoptr(Diag) diag = diag_new();
    g_autoptr(GPtrArray) documents = value_read_yaml(yaml, strlen(yaml), "test", diag);

    ck_assert_uint_eq(diag_count_errors(diag), 0);
    for (guint i = 0; i < documents->len; i++) {
        Value *body = value_copy(documents->pdata[i]);
        const ApiKind *kind = api_kind_find(value_get_string(body, "apiVersion", NULL),
                                            value_get_string(body, "kind", NULL));
        ApiRequest *request;

        ck_assert_ptr_nonnull(kind);
        if (kind == &pod_kind)
            value_set(value_get(body, "spec"), "nodeName", value_new_string(node));
        request = api_request_new(VERB_CREATE, kind, "default", NULL);
        request->body = body;
        ck_assert_int_eq(lab_call(lab, request), 201);
    }
}

void
lab_apply(Lab *lab, const char *yaml)
{
    lab_apply_to(lab, yaml, "node-a");
}

void
lab_delete(Lab *lab, const char *pod, gint64 grace_s)
{
    ApiRequest *request =
        api_request_new(VERB_DELETE, &pod_kind, str_intern("default"), str_intern(pod));

    request->has_grace = grace_s >= 0;
    request->grace_s = MAX(0, grace_s);
    lab_call(lab, request);
}

void
lab_run(Lab *lab, gint64 until_ms)
{
    sim_run_until(lab->sim, lab->origin_ns + until_ms * NS_PER_MS);
}

const ApiObject *
lab_pod(Lab *lab, const char *name)
{
    return apiserver_peek(lab->server, &pod_kind, str_intern("default"), str_intern(name));
}

/* --- the log ------------------------------------------------------------------------- */

static gint64
lab_ms(const Lab *lab, const LabRecord *record)
{
    return (record->time_ns - lab->origin_ns) / NS_PER_MS;
}

gint64
lab_when(Lab *lab, const char *pod, LabTest test, const char *detail, gint64 after_ms)
{
    for (guint i = 0; i < lab->log->len; i++) {
        const LabRecord *record = &g_array_index(lab->log, LabRecord, i);

        if (record->object->kind == &pod_kind && record->type != WATCH_DELETED &&
            str_is(api_name(record->object), pod) && lab_ms(lab, record) >= after_ms &&
            test(record->object, detail))
            return lab_ms(lab, record);
    }
    return -1;
}

gint64
lab_when_gone(Lab *lab, const char *pod)
{
    for (guint i = 0; i < lab->log->len; i++) {
        const LabRecord *record = &g_array_index(lab->log, LabRecord, i);

        if (record->object->kind == &pod_kind && record->type == WATCH_DELETED &&
            str_is(api_name(record->object), pod))
            return lab_ms(lab, record);
    }
    return -1;
}

static const EventBody *
record_event(const LabRecord *record, const char *pod, const char *reason)
{
    const EventBody *body;

    if (record->object->kind != &event_kind)
        return NULL;
    body = event_body(record->object);
    return str_is(body->involved_object.name, pod) && str_is(body->reason, reason) ? body : NULL;
}

gint64
lab_when_event(Lab *lab, const char *pod, const char *reason, gint32 count)
{
    for (guint i = 0; i < lab->log->len; i++) {
        const LabRecord *record = &g_array_index(lab->log, LabRecord, i);
        const EventBody *body = record_event(record, pod, reason);

        if (body != NULL && body->count >= count)
            return lab_ms(lab, record);
    }
    return -1;
}

gint32
lab_count_event(Lab *lab, const char *pod, const char *reason)
{
    gint32 most = 0;

    for (guint i = 0; i < lab->log->len; i++) {
        const EventBody *body = record_event(&g_array_index(lab->log, LabRecord, i), pod, reason);

        if (body != NULL)
            most = MAX(most, body->count);
    }
    return most;
}

const char *
lab_event_message(Lab *lab, const char *pod, const char *reason)
{
    for (guint i = 0; i < lab->log->len; i++) {
        const EventBody *body = record_event(&g_array_index(lab->log, LabRecord, i), pod, reason);

        if (body != NULL)
            return body->message;
    }
    return NULL;
}

static void
state_word(const ContainerState *state, GString *out)
{
    if (state->waiting != NULL)
        g_string_append_printf(out, "waiting/%s", state->waiting->reason);
    else if (state->running != NULL)
        g_string_append(out, "running");
    else if (state->terminated != NULL)
        g_string_append_printf(out, "terminated/%s/%d", state->terminated->reason,
                               state->terminated->exit_code);
}

char *
lab_states(Lab *lab, const char *pod, const char *container)
{
    GString *all = g_string_new(NULL);
    g_autofree char *last = g_strdup("");

    for (guint i = 0; i < lab->log->len; i++) {
        const LabRecord *record = &g_array_index(lab->log, LabRecord, i);
        const PodStatus *status;
        GString *now;

        if (record->object->kind != &pod_kind || !str_is(api_name(record->object), pod))
            continue;
        status = pod_status(record->object);
        now = g_string_new(NULL);
        for (guint j = 0; j < status->init_container_statuses.count; j++)
            if (str_is(status->init_container_statuses.items[j].name, container))
                state_word(&status->init_container_statuses.items[j].state, now);
        for (guint j = 0; j < status->container_statuses.count; j++)
            if (str_is(status->container_statuses.items[j].name, container))
                state_word(&status->container_statuses.items[j].state, now);
        if (now->len > 0 && strcmp(now->str, last) != 0) {
            g_string_append_printf(all, "%s%s", all->len > 0 ? " " : "", now->str);
            g_free(last);
            last = g_strdup(now->str);
        }
        g_string_free(now, TRUE);
    }
    return g_string_free(all, FALSE);
}

void
lab_write_log(Lab *lab, const char *path)
{
    FILE *file = fopen(path, "w");

    ck_assert_ptr_nonnull(file);
    fprintf(file, "{\"scenario\":\"lab\",\"actions\":[]}\n");
    for (guint i = 0; i < lab->log->len; i++) {
        const LabRecord *record = &g_array_index(lab->log, LabRecord, i);
        gint64 ms = lab_ms(lab, record);
        g_autoptr(Value) tree = api_object_encode(record->object);
        g_autofree char *json = value_to_json(tree, VALUE_COMPACT);

        fprintf(file, "{\"t\":%s%d.%03d,\"type\":\"%s\",\"object\":%s}\n", ms < 0 ? "-" : "",
                (int)(ABS(ms) / 1000), (int)(ABS(ms) % 1000), watch_type_name(record->type), json);
    }
    fclose(file);
}

/* --- tests on pods ------------------------------------------------------------------- */

gboolean
pod_phase_is(const ApiObject *pod, const char *phase)
{
    return str_is(pod_status(pod)->phase, phase);
}

gboolean
pod_condition_true(const ApiObject *pod, const char *type)
{
    return condition_is(&pod_status(pod)->conditions, type, "True");
}

gboolean
pod_condition_false(const ApiObject *pod, const char *type)
{
    return condition_is(&pod_status(pod)->conditions, type, "False");
}

gboolean
pod_is_going(const ApiObject *pod, const char *detail)
{
    (void)detail;
    return api_is_deleting(pod);
}

static const ContainerState *
first_state(const ApiObject *pod)
{
    const ContainerStatusList *list = &pod_status(pod)->container_statuses;

    return list->count > 0 ? &list->items[0].state : NULL;
}

gboolean
pod_waits(const ApiObject *pod, const char *reason)
{
    const ContainerState *state = first_state(pod);

    return state != NULL && state->waiting != NULL && str_is(state->waiting->reason, reason);
}

gboolean
pod_runs(const ApiObject *pod, const char *detail)
{
    const ContainerState *state = first_state(pod);

    (void)detail;
    return state != NULL && state->running != NULL;
}

gboolean
pod_ended(const ApiObject *pod, const char *reason)
{
    const ContainerState *state = first_state(pod);

    return state != NULL && state->terminated != NULL && str_is(state->terminated->reason, reason);
}
