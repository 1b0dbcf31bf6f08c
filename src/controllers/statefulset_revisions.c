#include "controllers/statefulset_sync.h"

static const ApiObject *
find_equal(const StatefulSync *sync, const Value *data)
{
    const ApiObject *found = NULL;

    for (guint i = 0; i < sync->revisions->len; i++) {
        const Value *its = controller_revision_body(sync->revisions->pdata[i])->data;

        if (its != NULL && value_equal(its, data))
            found = sync->revisions->pdata[i];
    }
    return found;
}

/* v1.34 pkg/controller/statefulset/stateful_set_control.go, getStatefulSetRevisions. */
void
stateful_find_revisions(StatefulSync *sync)
{
    const PodTemplateSpec *template_ = &stateful_set_spec(sync->set)->template_;
    const StatefulSetStatus *status = stateful_set_status(sync->set);
    g_autoptr(Value) data = revision_data(template_);
    const ApiObject *found = find_equal(sync, data);
    const ApiObject *last =
        sync->revisions->len == 0 ? NULL : sync->revisions->pdata[sync->revisions->len - 1];
    gint64 next = last == NULL ? 1 : revision_number(last) + 1;

    sync->collision_count = status->collision_count.is_set ? status->collision_count.value : 0;
    if (found == NULL) {
        const char *hash = revision_hash(data, sync->collision_count);

        sync->update = revision_new(sync->set, template_, g_steal_pointer(&data),
                                    STATEFUL_HASH_LABEL, hash, next);
        sync->is_update_new = TRUE;
        plan_create(sync->plan, api_object_ref(sync->update), "because the template is new")->ignore_codes[0] = 409;
    } else if (found == last) {
        sync->update = api_object_ref(found);
    } else {
        sync->update = revision_renumber(found, next);
        plan_update(sync->plan, api_object_ref(sync->update),
                    "because its template is the current one again")
            ->retries_on_conflict = 5;
    }
    for (guint i = 0; i < sync->revisions->len && sync->current == NULL; i++)
        if (str_is(api_name(sync->revisions->pdata[i]), status->current_revision))
            sync->current = api_object_ref(sync->revisions->pdata[i]);
    if (sync->current == NULL)
        sync->current = api_object_ref(sync->update);
}

/* history.go, CreateControllerRevision: the label keeps the first hash. */
void
stateful_rename_update(StatefulSync *sync)
{
    const char *prefix = str_internf("%.*s", REVISION_PREFIX_MAX, api_name(sync->set));
    ApiObject *renamed = api_object_copy(sync->update);
    gboolean is_current = sync->current == sync->update;

    sync->collision_count++;
    api_edit_meta(renamed)->name =
        str_internf("%s-%s", prefix, revision_hash(controller_revision_body(renamed)->data, sync->collision_count));
    api_object_unref(sync->update);
    sync->update = renamed;
    if (is_current) {
        api_object_unref(sync->current);
        sync->current = api_object_ref(renamed);
    }
    plan_create(sync->plan, api_object_ref(sync->update), "because another revision has the name")->ignore_codes[0] = 409;
}

static gboolean
is_live(const StatefulSync *sync, const ApiObject *revision)
{
    if (str_is(api_name(revision), api_name(sync->current)) ||
        str_is(api_name(revision), api_name(sync->update)))
        return TRUE;
    for (guint i = 0; i < sync->pods->len; i++) {
        const ApiObject *pod = sync->pods->pdata[i];

        if (str_is(str_map_get(&pod->meta->labels, STATEFUL_REVISION_LABEL), api_name(revision)))
            return TRUE;
    }
    return FALSE;
}

/* v1.34 pkg/controller/statefulset/stateful_set_control.go, truncateHistory: oldest first, of those nobody has. */
void
stateful_clean_history(StatefulSync *sync)
{
    OptInt32 limit = stateful_set_spec(sync->set)->revision_history_limit;
    gint64 excess = -(gint64)(limit.is_set ? limit.value : 10);

    for (guint i = 0; i < sync->revisions->len; i++)
        if (!is_live(sync, sync->revisions->pdata[i]))
            excess++;
    for (guint i = 0; i < sync->revisions->len && excess > 0; i++) {
        if (is_live(sync, sync->revisions->pdata[i]))
            continue;
        plan_delete(sync->plan, sync->revisions->pdata[i],
                    "because only %d old revisions are kept", limit.value);
        excess--;
    }
}
