/* plan.c - see plan.h: building plans */

#include "client/plan_internal.h"

#include "base/pool.h"

static void
step_free(gpointer data)
{
    PlanStep *step = data;

    api_object_unref(step->object);
    api_object_unref(step->event_about);
    if (step->mutate_data_free != NULL)
        step->mutate_data_free(step->mutate_data);
    POOL_FREE(PlanStep, step);
}

Plan *
plan_new(void)
{
    Plan *plan = POOL_NEW0(Plan);

    plan->requeue_ns = -1;
    return plan;
}

void
plan_free(Plan *plan)
{
    if (plan == NULL)
        return;
    if (plan->steps != NULL)
        g_ptr_array_free(plan->steps, TRUE);
    if (plan->expected_deletions != NULL)
        g_ptr_array_free(plan->expected_deletions, TRUE);
    if (plan->enqueues != NULL)
        g_array_free(plan->enqueues, TRUE);
    if (plan->waits != NULL)
        g_array_free(plan->waits, TRUE);
    if (plan->carry_free != NULL)
        plan->carry_free(plan->carry);
    POOL_FREE(Plan, plan);
}

guint
plan_count(const Plan *plan)
{
    return plan->steps == NULL ? 0 : plan->steps->len;
}

PlanStep *
plan_get(const Plan *plan, guint index)
{
    g_assert(index < plan_count(plan));
    return plan->steps->pdata[index];
}

/* --- steps ------------------------------------------------------------------------------------ */

static const char *
intern_va(const char *format, va_list arguments)
{
    return format == NULL ? NULL : str_internv(format, arguments);
}

static PlanStep *
plan_add(Plan *plan, StepType type, const char *why)
{
    PlanStep *step = POOL_NEW0(PlanStep);

    step->type = type;
    step->why = why;
    step->takes_revision_of = -1;
    step->group = plan->group;
    step->group_id = plan->group_id;
    step->item = plan->group == GROUP_NONE ? 0 : plan->has_items ? plan->item : ++plan->item;
    if (plan->steps == NULL)
        plan->steps = g_ptr_array_new_with_free_func(step_free);
    g_ptr_array_add(plan->steps, step);
    return step;
}

static void
step_aim(PlanStep *step, const ApiObject *target)
{
    step->kind = target->kind;
    step->namespace_ = api_namespace(target);
    step->name = api_name(target);
}

static PlanStep *
plan_add_write(Plan *plan, StepType type, ApiObject *object, const char *why)
{
    PlanStep *step = plan_add(plan, type, why);

    step_aim(step, object);
    step->object = object;
    return step;
}

PlanStep *
plan_create(Plan *plan, ApiObject *object, const char *why_format, ...)
{
    PlanStep *step;
    va_list arguments;

    va_start(arguments, why_format);
    step = plan_add_write(plan, STEP_CREATE, object, intern_va(why_format, arguments));
    va_end(arguments);
    return step;
}

PlanStep *
plan_update(Plan *plan, ApiObject *object, const char *why_format, ...)
{
    PlanStep *step;
    va_list arguments;

    va_start(arguments, why_format);
    step = plan_add_write(plan, STEP_UPDATE, object, intern_va(why_format, arguments));
    va_end(arguments);
    return step;
}

PlanStep *
plan_update_status(Plan *plan, ApiObject *object, const char *why_format, ...)
{
    PlanStep *step;
    va_list arguments;

    va_start(arguments, why_format);
    step = plan_add_write(plan, STEP_UPDATE_STATUS, object, intern_va(why_format, arguments));
    va_end(arguments);
    step->subresource = str_intern("status");
    return step;
}

PlanStep *
plan_patch(Plan *plan,
           const ApiObject *target,
           const char *subresource,
           ApiMutate mutate,
           gpointer data,
           GDestroyNotify data_free,
           const char *why_format,
           ...)
{
    PlanStep *step;
    va_list arguments;

    va_start(arguments, why_format);
    step = plan_add(plan, STEP_PATCH, intern_va(why_format, arguments));
    va_end(arguments);
    step_aim(step, target);
    step->subresource = str_intern(subresource);
    step->mutate = mutate;
    step->mutate_data = data;
    step->mutate_data_free = data_free;
    return step;
}

PlanStep *
plan_delete(Plan *plan, const ApiObject *target, const char *why_format, ...)
{
    PlanStep *step;
    va_list arguments;

    va_start(arguments, why_format);
    step = plan_add(plan, STEP_DELETE, intern_va(why_format, arguments));
    va_end(arguments);
    step_aim(step, target);
    return step;
}

PlanStep *
plan_delete_collection(Plan *plan,
                       const ApiKind *kind,
                       const char *namespace_,
                       const char *why_format,
                       ...)
{
    PlanStep *step;
    va_list arguments;

    va_start(arguments, why_format);
    step = plan_add(plan, STEP_DELETE_COLLECTION, intern_va(why_format, arguments));
    va_end(arguments);
    step->kind = kind;
    step->namespace_ = str_intern(namespace_);
    return step;
}

PlanStep *
plan_read(Plan *plan,
          const ApiKind *kind,
          const char *namespace_,
          const char *name,
          const char *why_format,
          ...)
{
    PlanStep *step;
    va_list arguments;

    va_start(arguments, why_format);
    step = plan_add(plan, STEP_GET, intern_va(why_format, arguments));
    va_end(arguments);
    step->kind = kind;
    step->namespace_ = str_intern(namespace_);
    step->name = str_intern(name);
    return step;
}

PlanStep *
plan_list(Plan *plan, const ApiKind *kind, const char *namespace_, const char *why_format, ...)
{
    PlanStep *step;
    va_list arguments;

    va_start(arguments, why_format);
    step = plan_add(plan, STEP_LIST, intern_va(why_format, arguments));
    va_end(arguments);
    step->kind = kind;
    step->namespace_ = str_intern(namespace_);
    return step;
}

PlanStep *
plan_scale(Plan *plan, const ApiObject *target, gint32 replicas, const char *why_format, ...)
{
    PlanStep *step;
    va_list arguments;

    va_start(arguments, why_format);
    step = plan_add(plan, STEP_SCALE, intern_va(why_format, arguments));
    va_end(arguments);
    step_aim(step, target);
    step->subresource = str_intern("scale");
    step->replicas = replicas;
    step->precondition_revision = target->resource_version;
    return step;
}

PlanStep *
plan_call(Plan *plan,
          void (*call)(gpointer user, const char *what, gint64 number),
          gpointer user,
          const char *what,
          gint64 number,
          const char *why_format,
          ...)
{
    PlanStep *step;
    va_list arguments;

    va_start(arguments, why_format);
    step = plan_add(plan, STEP_CALL, intern_va(why_format, arguments));
    va_end(arguments);
    step->call = call;
    step->call_user = user;
    step->call_what = str_intern(what);
    step->call_number = number;
    return step;
}

PlanStep *
plan_event(Plan *plan,
           const ApiObject *about,
           const char *type,
           const char *reason,
           const char *format,
           ...)
{
    PlanStep *step = plan_add(plan, STEP_EVENT, NULL);
    va_list arguments;

    step_aim(step, about);
    step->event_about = api_object_ref(about);
    step->on_success.type = str_intern(type);
    step->on_success.reason = str_intern(reason);
    va_start(arguments, format);
    step->event_message = intern_va(format, arguments);
    va_end(arguments);
    return step;
}

PlanStep *
plan_pause(Plan *plan, gint64 ns)
{
    PlanStep *step = plan_add(plan, STEP_PAUSE, NULL);

    step->pause_ns = ns;
    return step;
}

void
plan_group_begin(Plan *plan, GroupType type)
{
    g_assert(plan->group == GROUP_NONE);
    plan->group = type;
    plan->group_id = ++plan->n_groups;
    plan->item = 0;
    plan->has_items = FALSE;
}

void
plan_group_item(Plan *plan)
{
    if (plan->group == GROUP_NONE)
        return;
    plan->has_items = TRUE;
    plan->item++;
}

void
plan_group_end(Plan *plan)
{
    plan->group = GROUP_NONE;
    plan->group_id = 0;
}

/* --- the rest --------------------------------------------------------------------------------- */

void
plan_expect_creations(Plan *plan, guint count)
{
    plan->has_creations = TRUE;
    plan->expected_creations = count;
}

void
plan_expect_deletion(Plan *plan, const char *pod_key)
{
    if (plan->expected_deletions == NULL)
        plan->expected_deletions = g_ptr_array_new();
    g_ptr_array_add(plan->expected_deletions, (gpointer)str_intern(pod_key));
}

void
plan_forget_expectations(Plan *plan)
{
    plan->forgets_expectations = TRUE;
}

void
plan_requeue_after(Plan *plan, gint64 delay_ns)
{
    delay_ns = MAX(delay_ns, 0);
    if (plan->requeue_ns < 0 || delay_ns < plan->requeue_ns)
        plan->requeue_ns = delay_ns;
}

void
plan_enqueue_after(Plan *plan, const char *key, gint64 delay_ns)
{
    PlanEnqueue enqueue = {str_intern(key), delay_ns};

    if (plan->enqueues == NULL)
        plan->enqueues = g_array_new(FALSE, FALSE, sizeof enqueue);
    g_array_append_val(plan->enqueues, enqueue);
}

void
plan_waited(Plan *plan, const char *timer, gint64 ns)
{
    PlanWait wait = {str_intern(timer), ns};

    if (plan->waits == NULL)
        plan->waits = g_array_new(FALSE, FALSE, sizeof(PlanWait));
    g_array_append_val(plan->waits, wait);
}

void
plan_fail(Plan *plan, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    plan->error = intern_va(format, arguments);
    va_end(arguments);
}

void
plan_continue(Plan *plan, PlanContinue next, gpointer carry, GDestroyNotify carry_free)
{
    g_assert(plan->next == NULL);
    plan->next = next;
    plan->carry = carry;
    plan->carry_free = carry_free;
}

gint64
plan_requeue_ns(const Plan *plan)
{
    return plan->requeue_ns;
}

const char *
plan_error(const Plan *plan)
{
    return plan->error;
}

guint
plan_expected_creations(const Plan *plan)
{
    return plan->expected_creations;
}

PlanContinue
plan_next(const Plan *plan, gpointer *out_carry)
{
    if (out_carry != NULL)
        *out_carry = plan->carry;
    return plan->next;
}

/* @text with the @length bytes at @place replaced by @word (NULL: nothing). (owned) */
static char *
text_replaced(const char *text, const char *place, gsize length, const char *word)
{
    gsize n_before = (gsize)(place - text);
    gsize n_word = word == NULL ? 0 : strlen(word);
    gsize n_after = strlen(place + length);
    char *replaced = g_malloc(n_before + n_word + n_after + 1);

    memcpy(replaced, text, n_before);
    if (n_word > 0)
        memcpy(replaced + n_before, word, n_word);
    memcpy(replaced + n_before + n_word, place + length, n_after + 1);
    return replaced;
}

/* The one %s of the format is replaced by hand: the format is data. */
char *
plan_step_message(const StepEvent *event,
                  gboolean is_success,
                  const StepResult *result,
                  const char *name)
{
    const char *place = event->format == NULL ? NULL : strstr(event->format, "%s");
    const char *word = name;

    if (place == NULL)
        return g_strdup(event->format);
    if (is_success && result->object != NULL)
        word = api_name(result->object);
    else if (!is_success && result->status != NULL)
        word = result->status->message;
    return text_replaced(event->format, place, 2, word);
}
