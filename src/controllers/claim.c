#include "controllers/util.h"

#include "base/caches.h"

void
claims_init(Claims *claims)
{
    claims->claimed = g_ptr_array_new();
    claims->adopt = g_ptr_array_new();
    claims->release = g_ptr_array_new();
    claims->finalizer = NULL;
    claims->token = NULL;
}

void
claims_clear(Claims *claims)
{
    g_ptr_array_unref(claims->claimed);
    g_ptr_array_unref(claims->adopt);
    g_ptr_array_unref(claims->release);
}

/* v1.34 pkg/controller/controller_ref_manager.go, ClaimObject. */
void
claims_sort(Claims *claims,
            const ApiObject *owner,
            const LabelSelector *selector,
            const GPtrArray *candidates)
{
    for (guint i = 0; i < candidates->len; i++) {
        const ApiObject *object = candidates->pdata[i];
        const OwnerReference *controller;
        gboolean matches;

        if (object->kind == &pod_kind)
            pods_prefetch(candidates, i);
        if (claims->token != NULL && object->fits == claims->token && !caches_are_checked()) {
            g_ptr_array_add(claims->claimed, (gpointer)object);
            continue;
        }
        controller = api_controller_of(object);
        matches = label_selector_matches(selector, &object->meta->labels);

        if (claims->token != NULL && object->fits == claims->token)
            g_assert(matches && api_is_controlled_by(object, owner));
        if (controller != NULL) {
            if (!str_is(controller->uid, api_uid(owner)))
                continue;
            if (matches)
                g_ptr_array_add(claims->claimed, (gpointer)object);
            else if (!api_is_deleting(owner))
                g_ptr_array_add(claims->release, (gpointer)object);
            continue;
        }
        if (!matches || api_is_deleting(owner) || api_is_deleting(object) ||
            !str_is(api_namespace(owner), api_namespace(object)))
            continue;
        g_ptr_array_add(claims->adopt, (gpointer)object);
        g_ptr_array_add(claims->claimed, (gpointer)object);
    }
}

/* The patch carries the dependent's uid: a namesake made since then is not touched. */
typedef struct {
    ApiObject *owner;
    const char *uid, *finalizer;
} OwnerPatch;

static void
owner_patch_free(gpointer data)
{
    OwnerPatch *patch = data;

    api_object_unref(patch->owner);
    g_free(patch);
}

static OwnerPatch *
owner_patch_new(const ApiObject *owner, const ApiObject *object, const char *finalizer)
{
    OwnerPatch *patch = g_new(OwnerPatch, 1);

    patch->owner = api_object_ref(owner);
    patch->uid = api_uid(object);
    patch->finalizer = finalizer;
    return patch;
}

static gboolean
adopt_object(ApiObject *object, gpointer data)
{
    const OwnerPatch *patch = data;

    if (!str_is(api_uid(object), patch->uid) || api_is_controlled_by(object, patch->owner))
        return FALSE;
    api_set_controller(api_edit_meta(object), patch->owner);
    if (patch->finalizer != NULL && !str_list_contains(&object->meta->finalizers, patch->finalizer))
        str_list_add(&api_edit_meta(object)->finalizers, patch->finalizer);
    return TRUE;
}

static gboolean
release_object(ApiObject *object, gpointer data)
{
    const OwnerPatch *patch = data;
    ObjectMeta *meta;
    guint kept = 0;

    if (!str_is(api_uid(object), patch->uid))
        return FALSE;
    meta = api_edit_meta(object);
    for (guint i = 0; i < meta->owner_references.count; i++)
        if (!str_is(meta->owner_references.items[i].uid, api_uid(patch->owner)))
            meta->owner_references.items[kept++] = meta->owner_references.items[i];
    if (kept == meta->owner_references.count)
        return FALSE;
    meta->owner_references.count = kept;
    if (patch->finalizer != NULL)
        str_list_remove(&meta->finalizers, patch->finalizer);
    return TRUE;
}

/* ClaimObject of each, whatever becomes of the others; with an error the sync ends then. */
void
claims_plan(const Claims *claims, const ApiObject *owner, Plan *plan)
{
    if (claims->release->len + claims->adopt->len == 0)
        return;
    plan_group_begin(plan, GROUP_IN_TURN);
    for (guint i = 0; i < claims->release->len; i++) {
        const ApiObject *object = claims->release->pdata[i];
        PlanStep *step =
            plan_patch(plan, object, NULL, release_object, owner_patch_new(owner, object, claims->finalizer),
                       owner_patch_free, "because its labels no longer match the selector of %s",
                       api_name(owner));
        step->ignore_codes[0] = 404;
        step->ignore_codes[1] = 422;
    }
    for (guint i = 0; i < claims->adopt->len; i++) {
        const ApiObject *object = claims->adopt->pdata[i];

        plan_patch(plan, object, NULL, adopt_object, owner_patch_new(owner, object, claims->finalizer),
                   owner_patch_free, "because it has no controller and matches the selector of %s",
                   api_name(owner));
    }
    plan_group_end(plan);
}

/* v1.34 pkg/controller/controller_ref_manager.go, RecheckDeletionTimestamp. */
gboolean
claims_recheck(const ApiObject *owner, const StepResult *live, Plan *plan)
{
    g_autofree char *time_text = NULL;

    if (!step_succeeded(live)) {
        plan_fail(plan, "can't adopt: %s", step_error_text(live));
        return FALSE;
    }
    if (!str_is(api_uid(live->object), api_uid(owner))) {
        plan_fail(plan, "original %s %s/%s is gone: got uid %s, wanted %s", owner->kind->kind,
                  api_namespace(owner), api_name(owner), api_uid(live->object), api_uid(owner));
        return FALSE;
    }
    if (!api_is_deleting(live->object))
        return TRUE;
    time_text = time_format_rfc3339(live->object->meta->deletion_time);
    plan_fail(plan, "%s/%s has just been deleted at %s", api_namespace(owner), api_name(owner),
              time_text);
    return FALSE;
}
