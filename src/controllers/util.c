#include "controllers/util.h"

/* --- answers of steps ------------------------------------------------------------------- */

gboolean
step_succeeded(const StepResult *result)
{
    return result->was_run && result->code >= 200 && result->code < 300;
}

gboolean
step_refused_terminating(const StepResult *result)
{
    if (result->code != 403 || result->status == NULL)
        return FALSE;
    for (guint i = 0; i < result->status->causes.count; i++)
        if (str_is(result->status->causes.items[i].reason, "NamespaceTerminating"))
            return TRUE;
    return FALSE;
}

const char *
step_error_text(const StepResult *result)
{
    if (result->status == NULL || result->status->message == NULL)
        return "";
    return result->status->message;
}

/* --- conditions ------------------------------------------------------------------------------ */

void
condition_put(ConditionList *list, const Condition *condition)
{
    const Condition *present = condition_find(list, condition->type);
    Condition changed = *condition;

    if (present != NULL && str_is(present->status, changed.status)) {
        if (str_is(present->reason, changed.reason))
            return;
        changed.last_transition_time = present->last_transition_time;
    }
    condition_remove(list, changed.type);
    *API_LIST_ADD(list) = changed;
}

/* --- small things ----------------------------------------------------------------------------- */

gboolean
text_to_int(const char *text, gint64 *out_value)
{
    if (str_is_empty(text))
        return FALSE;
    return g_ascii_string_to_signed(text, 10, G_MININT64, G_MAXINT64, out_value, NULL);
}

int
compare_creation(const ApiObject *a, const ApiObject *b)
{
    if (a->meta->creation_time != b->meta->creation_time)
        return a->meta->creation_time < b->meta->creation_time ? -1 : 1;
    return g_strcmp0(api_name(a), api_name(b));
}

const ApiObject *
owner_in_view(View *view, const ApiKind *kind, const ApiObject *object)
{
    const OwnerReference *reference = api_controller_of(object);
    const ApiObject *owner;

    if (reference == NULL || !str_is(reference->kind, kind->kind))
        return NULL;
    owner = view_get(view, kind, api_namespace(object), reference->name);
    if (owner == NULL || !str_is(api_uid(owner), reference->uid))
        return NULL;
    return owner;
}

gboolean
has_same_controller(const ApiObject *a, const ApiObject *b)
{
    const OwnerReference *owner_a = api_controller_of(a);
    const OwnerReference *owner_b = api_controller_of(b);

    if (owner_a == NULL || owner_b == NULL)
        return owner_a == owner_b;
    return str_is(owner_a->uid, owner_b->uid);
}

ApiObject *
event_subject(const ApiObject *object, gboolean has_uid)
{
    ApiObject *subject = api_object_new(object->kind, api_namespace(object), api_name(object));

    if (has_uid)
        api_edit_meta(subject)->uid = api_uid(object);
    return subject;
}
