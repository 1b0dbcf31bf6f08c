#include "tests/controllers/mini.h"

#include "api/patch.h"
#include "api/selector.h"
#include "client/plan_internal.h"

#include <stdlib.h>
#include <string.h>

Mini *
mini_new(void)
{
    Mini *mini = g_new0(Mini, 1);

    mini->objects = g_ptr_array_new_with_free_func(api_object_unref);
    mini->log = g_string_new(NULL);
    mini->refusals = g_array_new(FALSE, TRUE, sizeof(MiniRefusal));
    mini->enqueued = g_ptr_array_new();
    mini->now_ns = 1000 * NS_PER_S;
    mini->requeue_ns = -1;
    mini->version_minor = 34;
    return mini;
}

void
mini_free(Mini *mini)
{
    g_ptr_array_unref(mini->objects);
    g_string_free(mini->log, TRUE);
    api_object_unref(mini->subject);
    g_array_unref(mini->refusals);
    g_ptr_array_unref(mini->enqueued);
    g_free(mini);
}

gint64
mini_wall_ns(const Mini *mini)
{
    return MINI_EPOCH + mini->now_ns;
}

/* --- the store ------------------------------------------------------------------------------------ */

static int
find_index(Mini *mini, const ApiKind *kind, const char *namespace_, const char *name)
{
    for (guint i = 0; i < mini->objects->len; i++) {
        const ApiObject *object = mini->objects->pdata[i];

        if (object->kind == kind && str_is(api_namespace(object), namespace_) &&
            str_is(api_name(object), name))
            return (int)i;
    }
    return -1;
}

const ApiObject *
mini_get(Mini *mini, const ApiKind *kind, const char *namespace_, const char *name)
{
    int index = find_index(mini, kind, namespace_, name);

    return index < 0 ? NULL : mini->objects->pdata[index];
}

const ApiObject *
mini_add(Mini *mini, ApiObject *object)
{
    ObjectMeta *meta = api_edit_meta(object);

    if (meta->uid == NULL)
        meta->uid = str_internf("uid-%04u", ++mini->next_uid);
    if (meta->creation_time == 0)
        meta->creation_time = api_time_seconds(mini_wall_ns(mini));
    if (meta->generation == 0)
        meta->generation = 1;
    object->resource_version = ++mini->revision;
    g_ptr_array_add(mini->objects, object);
    return object;
}

ApiObject *
mini_edit(Mini *mini, const ApiKind *kind, const char *name)
{
    const ApiObject *object =
        mini_get(mini, kind, kind->is_namespaced ? str_intern("default") : NULL, name);

    ck_assert_msg(object != NULL, "no %s %s", kind->kind, name);
    return api_object_copy(object);
}

void
mini_put(Mini *mini, ApiObject *object)
{
    int index = find_index(mini, object->kind, api_namespace(object), api_name(object));

    ck_assert_int_ge(index, 0);
    object->resource_version = ++mini->revision;
    api_object_unref(mini->objects->pdata[index]);
    mini->objects->pdata[index] = object;
}

void
mini_put_template(Mini *mini, ApiObject *set)
{
    StrMap *annotations = &api_edit_meta(set)->annotations;
    const char *text = str_map_get(annotations, DAEMON_TEMPLATE_GENERATION);

    if (text != NULL)
        str_map_set(annotations, DAEMON_TEMPLATE_GENERATION, str_internf("%d", atoi(text) + 1));
    mini_put(mini, set);
}

void
mini_remove(Mini *mini, const ApiObject *object)
{
    ck_assert(g_ptr_array_remove(mini->objects, (gpointer)object));
}

const ApiObject *
mini_nth(Mini *mini, const ApiKind *kind, guint index)
{
    for (guint i = 0; i < mini->objects->len; i++) {
        const ApiObject *object = mini->objects->pdata[i];

        if (object->kind == kind && index-- == 0)
            return object;
    }
    return NULL;
}

guint
mini_count(Mini *mini, const ApiKind *kind)
{
    guint count = 0;

    while (mini_nth(mini, kind, count) != NULL)
        count++;
    return count;
}

void
mini_refuse(Mini *mini, MiniRefusal refusal)
{
    g_array_append_val(mini->refusals, refusal);
}

/* --- steps ------------------------------------------------------------------------------------------- */

static ApiStatus *
refusal_for(Mini *mini, const PlanStep *step)
{
    for (guint i = 0; i < mini->refusals->len; i++) {
        MiniRefusal *refusal = &g_array_index(mini->refusals, MiniRefusal, i);
        ApiStatus *status;

        if (refusal->type != step->type || refusal->kind != step->kind || refusal->count == 0)
            continue;
        if (refusal->skip > 0) {
            refusal->skip--;
            return NULL;
        }
        refusal->count--;
        status = api_status_new(refusal->code, refusal->reason, refusal->message);
        if (refusal->cause != NULL)
            *API_LIST_ADD(&status->causes) = (ApiCause){.reason = str_intern(refusal->cause)};
        return status;
    }
    return NULL;
}

static ApiStatus *
refuse_with(int code, const char *reason, const PlanStep *step)
{
    g_autofree char *message =
        g_strdup_printf("%s \"%s\" %s", step->kind->plural, step->name, reason);

    return api_status_new(code, reason, message);
}

static ApiObject *
do_create(Mini *mini, const PlanStep *step, ApiStatus **out_status)
{
    ApiObject *object = api_object_copy(step->object);
    ObjectMeta *meta = api_edit_meta(object);

    if (meta->name == NULL && meta->generate_name != NULL)
        meta->name = str_internf("%sx%u", meta->generate_name, mini->next_uid + 1);
    if (find_index(mini, object->kind, meta->namespace_, meta->name) >= 0) {
        *out_status = refuse_with(409, "AlreadyExists", step);
        api_object_unref(object);
        return NULL;
    }
    meta->uid = NULL;
    meta->creation_time = 0;
    meta->generation = 0;
    mini_add(mini, object);
    return api_object_ref(object);
}

static ApiObject *
do_write(Mini *mini, const PlanStep *step, const StepResult *results, ApiStatus **out_status)
{
    int index = find_index(mini, step->kind, step->namespace_, step->name);
    ApiObject *stored = index < 0 ? NULL : mini->objects->pdata[index];
    guint64 revision = step->object->resource_version;
    ApiObject *object;

    if (step->takes_revision_of >= 0 && results[step->takes_revision_of].object != NULL)
        revision = results[step->takes_revision_of].object->resource_version;
    if (stored == NULL) {
        *out_status = refuse_with(404, "NotFound", step);
        return NULL;
    }
    if (revision == 0 && step->kind->allows_unconditional_update)
        revision = stored->resource_version;
    if (revision != stored->resource_version) {
        *out_status = refuse_with(409, "Conflict", step);
        return NULL;
    }
    object = api_object_copy(step->object);
    if (step->type == STEP_UPDATE_STATUS) {
        if (object->spec != NULL)
            api_object_set_spec(object, stored->spec);
    } else {
        if (object->status != NULL)
            api_object_set_status(object, stored->status);
        if (object->spec != NULL &&
            !api_struct_equal(object->kind->spec, object->spec, stored->spec))
            api_edit_meta(object)->generation++;
        if (object->body != NULL)
            api_edit_meta(object)->generation = stored->meta->generation + 1;
        if (api_uid(object) == NULL) {
            api_edit_meta(object)->uid = api_uid(stored);
            api_edit_meta(object)->creation_time = stored->meta->creation_time;
        }
    }
    mini_put(mini, object);
    return api_object_ref(object);
}

static ApiObject *
do_patch(Mini *mini, const PlanStep *step, ApiStatus **out_status)
{
    const ApiObject *stored = mini_get(mini, step->kind, step->namespace_, step->name);
    ApiObject *object;

    if (stored == NULL) {
        *out_status = refuse_with(404, "NotFound", step);
        return NULL;
    }
    object = api_object_copy(stored);
    if (!step->mutate(object, step->mutate_data)) {
        api_object_unref(object);
        return api_object_ref(stored);
    }
    if (api_is_deleting(object) && object->meta->finalizers.count == 0 &&
        !object->kind->is_graceful) {
        mini_remove(mini, stored);
        return object;
    }
    mini_put(mini, object);
    return api_object_ref(object);
}

static ApiObject *
do_delete(Mini *mini, const PlanStep *step, ApiStatus **out_status)
{
    const ApiObject *stored = mini_get(mini, step->kind, step->namespace_, step->name);
    ApiObject *object;
    ObjectMeta *meta;

    if (stored == NULL ||
        (step->precondition_uid != NULL && !str_is(api_uid(stored), step->precondition_uid))) {
        *out_status = stored == NULL ? refuse_with(404, "NotFound", step)
                                     : refuse_with(409, "Conflict", step);
        return NULL;
    }
    object = api_object_copy(stored);
    meta = api_edit_meta(object);
    if (str_is(step->propagation, "Foreground"))
        str_list_add(&meta->finalizers, str_intern("foregroundDeletion"));
    if (str_is(step->propagation, "Orphan"))
        str_list_add(&meta->finalizers, str_intern("orphan"));
    if (meta->finalizers.count == 0 &&
        (!object->kind->is_graceful || (step->has_grace && step->grace_s == 0) ||
         str_is_empty(pod_spec(object)->node_name))) {
        mini_remove(mini, stored);
        return object;
    }
    if (meta->deletion_time == 0)
        meta->deletion_time = api_time_seconds(mini_wall_ns(mini)) + 30 * NS_PER_S;
    mini_put(mini, object);
    return api_object_ref(object);
}

/* All at once, as the server does it one by one. */
static void
do_delete_collection(Mini *mini, const PlanStep *step)
{
    for (guint i = mini->objects->len; i-- > 0;) {
        const ApiObject *object = mini->objects->pdata[i];
        PlanStep single = *step;
        ApiStatus *status = NULL;

        if (object->kind != step->kind || !str_is(api_namespace(object), step->namespace_))
            continue;
        single.name = api_name(object);
        api_object_unref(do_delete(mini, &single, &status));
        g_assert(status == NULL);
    }
}

static const char *const step_words[] = {
    [STEP_CREATE] = "create",        [STEP_UPDATE] = "update",
    [STEP_UPDATE_STATUS] = "status", [STEP_PATCH] = "patch",
    [STEP_DELETE] = "delete",        [STEP_GET] = "get",
    [STEP_EVENT] = "event",          [STEP_BINDING] = "bind",
    [STEP_PAUSE] = "pause",          [STEP_DELETE_COLLECTION] = "delete all",
    [STEP_LIST] = "list",            [STEP_SCALE] = "scale",
};

static void
keep_subject(Mini *mini, ApiObject *subject)
{
    if (subject != NULL)
        api_object_ref(subject);
    api_object_unref(mini->subject);
    mini->subject = subject;
}

static void
log_event(Mini *mini, const StepEvent *event, const char *name, const char *error)
{
    const char *place;

    if (event->reason == NULL)
        return;
    place = strstr(event->format, "%s");
    g_string_append_printf(mini->log, "event %s %s ", event->type, event->reason);
    if (place == NULL)
        g_string_append(mini->log, event->format);
    else
        g_string_append_printf(mini->log, "%.*s%s%s", (int)(place - event->format), event->format,
                               error != NULL ? error : name, place + 2);
    g_string_append_c(mini->log, '\n');
}

/* The state that matters for the kinds that change size. */
static void
log_detail(Mini *mini, const PlanStep *step, const ApiObject *object)
{
    if (step->type == STEP_DELETE && step->propagation != NULL)
        g_string_append_printf(mini->log, " %s", step->propagation);
    if (step->type == STEP_DELETE && step->has_grace)
        g_string_append_printf(mini->log, " grace=%d", (int)step->grace_s);
    if (step->type == STEP_SCALE)
        g_string_append_printf(mini->log, " replicas=%d", step->replicas);
    if (object == NULL || object->kind != &replica_set_kind)
        return;
    if (step->type == STEP_CREATE || step->type == STEP_UPDATE)
        g_string_append_printf(mini->log, " replicas=%d", replica_set_spec(object)->replicas.value);
}

static gboolean
is_ignored(const PlanStep *step, const ApiStatus *status)
{
    for (guint i = 0; i < G_N_ELEMENTS(step->ignore_codes) && step->ignore_codes[i] != 0; i++)
        if ((guint)status->code == step->ignore_codes[i])
            return TRUE;
    return step->ignore_terminating && status->causes.count > 0 &&
           str_is(status->causes.items[0].reason, "NamespaceTerminating");
}

static ApiObject *
do_read(Mini *mini, const PlanStep *step, ApiStatus **out_status)
{
    const ApiObject *stored = mini_get(mini, step->kind, step->namespace_, step->name);

    if (stored != NULL)
        return api_object_ref(stored);
    *out_status = refuse_with(404, "NotFound", step);
    return NULL;
}

static GPtrArray *
do_list(Mini *mini, const PlanStep *step)
{
    GPtrArray *items = g_ptr_array_new_with_free_func(api_object_unref);
    g_autoptr(Selector) labels =
        step->label_selector == NULL ? NULL : selector_parse(step->label_selector, NULL);

    for (guint i = 0; i < mini->objects->len; i++) {
        const ApiObject *object = mini->objects->pdata[i];

        if (object->kind == step->kind && (labels == NULL || selector_matches(labels, &object->meta->labels)))
            g_ptr_array_add(items, api_object_ref(object));
    }
    return items;
}

/* Of Deployments. */
static ApiObject *
do_scale(Mini *mini, const PlanStep *step, ApiStatus **out_status)
{
    const ApiObject *stored = mini_get(mini, step->kind, step->namespace_, step->name);
    ApiObject *object;

    if (stored->resource_version != step->precondition_revision) {
        *out_status = refuse_with(409, "Conflict", step);
        return NULL;
    }
    object = api_object_copy(stored);
    ((DeploymentSpec *)api_edit_spec(object))->replicas = OPT_INT32(step->replicas);
    mini_put(mini, object);
    return api_object_ref(object);
}

static void
do_request(Mini *mini, const PlanStep *step, StepResult *results, StepResult *result)
{
    result->status = refusal_for(mini, step);
    if (result->status == NULL) {
        switch (step->type) {
        case STEP_CREATE:
            result->object = do_create(mini, step, &result->status);
            break;
        case STEP_UPDATE:
        case STEP_UPDATE_STATUS:
            result->object = do_write(mini, step, results, &result->status);
            break;
        case STEP_PATCH:
            result->object = do_patch(mini, step, &result->status);
            break;
        case STEP_DELETE:
            result->object = do_delete(mini, step, &result->status);
            break;
        case STEP_DELETE_COLLECTION:
            do_delete_collection(mini, step);
            break;
        case STEP_LIST:
            result->items = do_list(mini, step);
            break;
        case STEP_SCALE:
            result->object = do_scale(mini, step, &result->status);
            break;
        default:
            result->object = do_read(mini, step, &result->status);
            break;
        }
    }
    result->code = result->status != NULL ? result->status->code : 200;
}

static void
log_step(Mini *mini, const PlanStep *step, const StepResult *result)
{
    const char *name = result->object != NULL ? api_name(result->object) : step->name;

    g_string_append_printf(mini->log, "%s %s", step_words[step->type], step->kind->kind);
    g_string_append_printf(mini->log, " %s", name == NULL ? "-" : name);
    log_detail(mini, step, result->object);
    if (result->status != NULL)
        g_string_append_printf(mini->log, " -> %d", result->code);
    g_string_append_c(mini->log, '\n');
}

/* TRUE: the plan goes on. */
static gboolean
do_step(Mini *mini, const PlanStep *step, StepResult *results, guint index)
{
    StepResult *result = &results[index];

    result->was_run = TRUE;
    if (step->type == STEP_PAUSE)
        return TRUE;
    if (step->type == STEP_CALL) {
        step->call(step->call_user, step->call_what, step->call_number);
        return TRUE;
    }
    if (step->event_about != NULL)
        keep_subject(mini, step->event_about);
    if (step->type == STEP_EVENT) {
        g_string_append_printf(mini->log, "event %s %s %s\n", step->on_success.type,
                               step->on_success.reason, step->event_message);
        return TRUE;
    }
    do_request(mini, step, results, result);
    log_step(mini, step, result);
    if (mini->after_step != NULL)
        mini->after_step(mini, step);
    if (result->status == NULL) {
        log_event(mini, &step->on_success, result->object == NULL ? "" : api_name(result->object),
                  NULL);
        return TRUE;
    }
    if (step->ignores_errors || is_ignored(step, result->status)) {
        if (step->tells_ignored)
            log_event(mini, &step->on_failure, "", result->status->message);
        return TRUE;
    }
    log_event(mini, &step->on_failure, "", result->status->message);
    mini->n_failed++;
    if (mini->error == NULL)
        mini->error = result->status->message;
    return step->continue_on_error;
}

/* In slow start a batch is begun as a whole; a failure ends the item, and the group after the batch. */
static gboolean
run_group(Mini *mini, Plan *plan, StepResult *results, guint *at)
{
    const PlanStep *first = plan_get(plan, *at);
    guint batch = 1;
    guint last_item = 1;
    guint failed_item = 0;
    guint n_failed = mini->n_failed;
    gboolean is_over = FALSE;
    gboolean goes_on = TRUE;

    for (; *at < plan_count(plan) && plan_get(plan, *at)->group_id == first->group_id; (*at)++) {
        const PlanStep *step = plan_get(plan, *at);

        for (; first->group == GROUP_SLOW_START && step->item > last_item; last_item += batch) {
            is_over |= mini->n_failed > n_failed;
            batch *= 2;
        }
        if (is_over || step->item == failed_item || do_step(mini, step, results, *at))
            continue;
        failed_item = step->item;
        goes_on = FALSE;
    }
    return goes_on;
}

static void
run_steps(Mini *mini, Plan *plan, StepResult *results)
{
    guint i = 0;

    while (i < plan_count(plan)) {
        const PlanStep *step = plan_get(plan, i);

        if (step->group_id == 0 ? !do_step(mini, step, results, i) : !run_group(mini, plan, results, &i))
            return;
        if (step->group_id == 0)
            i++;
    }
}

static void
run_plan(Mini *mini, Reconcile *r, Plan *plan)
{
    while (plan != NULL) {
        guint count = plan_count(plan);
        StepResult *results = g_new0(StepResult, count + 1);
        Plan *next = NULL;
        gpointer carry;
        PlanContinue continuation;

        mini->expected_creations += plan_expected_creations(plan);
        for (guint i = 0; plan->enqueues != NULL && i < plan->enqueues->len; i++) {
            const PlanEnqueue *enqueue = &g_array_index(plan->enqueues, PlanEnqueue, i);

            g_ptr_array_add(mini->enqueued, (gpointer)enqueue->key);
            if (mini->enqueued_ns < 0 || enqueue->delay_ns < mini->enqueued_ns)
                mini->enqueued_ns = enqueue->delay_ns;
        }
        run_steps(mini, plan, results);
        if (plan_requeue_ns(plan) >= 0 &&
            (mini->requeue_ns < 0 || plan_requeue_ns(plan) < mini->requeue_ns))
            mini->requeue_ns = plan_requeue_ns(plan);
        if (mini->error == NULL)
            mini->error = plan_error(plan);
        continuation = plan_next(plan, &carry);
        if (continuation != NULL) {
            next = plan_new();
            mini->now_ns += mini->part_takes_ns;
            r->now_ns += mini->part_takes_ns;
            r->wall_ns += mini->part_takes_ns;
            continuation(r, carry, results, count, next);
        }
        for (guint i = 0; i < count; i++) {
            api_object_unref(results[i].object);
            if (results[i].items != NULL)
                g_ptr_array_unref(results[i].items);
            if (results[i].status != NULL)
                api_status_unref(results[i].status);
        }
        g_free(results);
        plan_free(plan);
        plan = next;
    }
}

static void
run(Mini *mini, const ControllerDef *def, const char *key, gboolean is_tick)
{
    g_autoptr(GPtrArray) snapshot = g_ptr_array_new_with_free_func(api_object_unref);
    Rng rng;
    Reconcile r;
    Plan *plan = plan_new();

    for (guint i = 0; i < mini->objects->len; i++)
        g_ptr_array_add(snapshot, api_object_ref(mini->objects->pdata[i]));
    rng_seed(&rng, 1 + mini->seed, "test");
    r = (Reconcile){
        .view = view_new_array((const ApiObject *const *)snapshot->pdata, snapshot->len),
        .key = str_intern(key),
        .now_ns = mini->now_ns,
        .wall_ns = mini_wall_ns(mini),
        .state = mini->state,
        .rng = &rng,
        .version_minor = mini->version_minor,
        .config = mini->config,
        .expectations = mini->expectations,
    };
    g_string_truncate(mini->log, 0);
    mini->requeue_ns = mini->enqueued_ns = -1;
    mini->error = NULL;
    mini->n_failed = 0;
    mini->expected_creations = 0;
    g_ptr_array_set_size(mini->enqueued, 0);
    if (is_tick)
        def->tick(&r, plan);
    else
        def->reconcile(&r, plan);
    run_plan(mini, &r, plan);
    mini->visited = view_visited(r.view);
    view_free(r.view);
}

void
mini_sync(Mini *mini, const ControllerDef *def, const char *key)
{
    run(mini, def, key, FALSE);
}

void
mini_tick(Mini *mini, const ControllerDef *def)
{
    run(mini, def, "", TRUE);
}

void
mini_check_log(Mini *mini, const char *name, const char *wanted)
{
    g_autofree char *text = g_strdup(mini->log->str);
    gsize length = strlen(text);

    if (length > 0)
        text[length - 1] = '\0';
    ck_assert_msg(strcmp(text, wanted) == 0, "%s:\n--- got\n%s\n--- wanted\n%s", name, text,
                  wanted);
}
