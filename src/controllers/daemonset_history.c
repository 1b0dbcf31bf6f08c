#include "controllers/daemonset_sync.h"

/* The last of those with the same data, in @revisions (sorted); the others of them go to @doubles, all others to @old. */
static const ApiObject *
find_equal(const GPtrArray *revisions, const Value *data, GPtrArray *doubles, GPtrArray *old)
{
    const ApiObject *found = NULL;

    for (guint i = 0; i < revisions->len; i++) {
        const Value *its = controller_revision_body(revisions->pdata[i])->data;

        if (its == NULL || !value_equal(its, data)) {
            g_ptr_array_add(old, revisions->pdata[i]);
            continue;
        }
        if (found != NULL)
            g_ptr_array_add(doubles, (gpointer)found);
        found = revisions->pdata[i];
    }
    return found;
}

/* A revision that has lost its label gets its own name for it. */
void
daemon_label_revisions(GPtrArray *revisions, GPtrArray *labelled, Plan *plan)
{
    for (guint i = 0; i < revisions->len; i++) {
        const ApiObject *revision = revisions->pdata[i];
        ApiObject *changed;

        if (str_map_get(&revision->meta->labels, DAEMON_HASH_LABEL) != NULL)
            continue;
        changed = api_object_copy(revision);
        str_map_set(&api_edit_meta(changed)->labels, str_intern(DAEMON_HASH_LABEL), api_name(changed));
        plan_update(plan, api_object_ref(changed), "because it has no hash");
        g_ptr_array_add(labelled, changed);
        revisions->pdata[i] = changed;
    }
}

static gboolean
relabel(ApiObject *pod, gpointer hash)
{
    str_map_set(&api_edit_meta(pod)->labels, str_intern(DAEMON_HASH_LABEL), hash);
    return TRUE;
}

/* dedupCurHistories: one of several is kept; every pod of the set has its hash then, whatever it had. */
static void
drop_doubles(const ApiObject *kept, const GPtrArray *doubles, const GPtrArray *pods, Plan *plan)
{
    const char *hash = str_map_get(&kept->meta->labels, DAEMON_HASH_LABEL);

    for (guint i = 0; i < doubles->len; i++) {
        for (guint k = 0; i == 0 && k < pods->len; k++)
            if (!daemon_pod_is_updated(pods->pdata[k], hash))
                plan_patch(plan, pods->pdata[k], NULL, relabel, (gpointer)hash, NULL,
                           "because of two revisions with one template %s is kept", api_name(kept));
        plan_delete(plan, doubles->pdata[i], "because %s has the same template", api_name(kept));
    }
}

/* v1.34 pkg/controller/daemon/update.go, constructHistory and snapshot. */
ApiObject *
daemon_find_revision(const ApiObject *set,
                     const GPtrArray *revisions,
                     const GPtrArray *pods,
                     GPtrArray *old,
                     gboolean *out_is_new,
                     Plan *plan)
{
    const PodTemplateSpec *template_ = &daemon_set_spec(set)->template_;
    g_autoptr(Value) data = revision_data(template_);
    g_autoptr(GPtrArray) doubles = g_ptr_array_new();
    const ApiObject *found = find_equal(revisions, data, doubles, old);
    gint64 next = 1;

    *out_is_new = found == NULL;
    for (guint i = 0; i < old->len; i++)
        next = MAX(next, revision_number(old->pdata[i]) + 1);
    if (found == NULL) {
        const char *hash = template_hash(template_, daemon_set_status(set)->collision_count);
        ApiObject *fresh = revision_new(set, template_, g_steal_pointer(&data), DAEMON_HASH_LABEL,
                                        hash, next);

        plan_create(plan, api_object_ref(fresh), "because the template is new")->ignore_codes[0] = 409;
        return fresh;
    }
    drop_doubles(found, doubles, pods, plan);
    if (revision_number(found) < next) {
        ApiObject *renumbered = revision_renumber(found, next);

        plan_update(plan, api_object_ref(renumbered), "because its template is the current one again");
        return renumbered;
    }
    return api_object_ref(found);
}

static gboolean
is_live(const DaemonView *view, const ApiObject *revision)
{
    const char *hash = str_map_get(&revision->meta->labels, DAEMON_HASH_LABEL);

    for (guint i = 0; i < view->nodes->len; i++) {
        const GPtrArray *pods = ((DaemonNode *)view->nodes->pdata[i])->pods;

        for (guint k = 0; k < pods->len; k++)
            if (daemon_pod_is_updated(pods->pdata[k], hash))
                return TRUE;
    }
    return FALSE;
}

/* v1.34 pkg/controller/daemon/update.go, cleanupHistory: oldest first; those that pods still have stay. */
void
daemon_clean_history(const DaemonView *view, const GPtrArray *old, Plan *plan)
{
    OptInt32 limit = daemon_set_spec(view->set)->revision_history_limit;
    gint64 excess = (gint64)old->len - (limit.is_set ? limit.value : 10);
    g_autoptr(GPtrArray) sorted = g_ptr_array_new(); /* no copy: that would own the revisions too */

    if (excess <= 0)
        return;
    for (guint i = 0; i < old->len; i++)
        g_ptr_array_add(sorted, old->pdata[i]);
    revisions_sort(sorted);
    for (guint i = 0; i < sorted->len && excess > 0; i++) {
        if (is_live(view, sorted->pdata[i]))
            continue;
        plan_delete(plan, sorted->pdata[i], "because only %d old revisions are kept", limit.value);
        excess--;
    }
}
