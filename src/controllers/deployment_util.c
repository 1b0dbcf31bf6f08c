#include "controllers/deployment_sync.h"

#define NO_LIMIT           G_MAXINT32
#define HISTORY_LENGTH_MAX 2000
#define LAST_APPLIED       "kubectl.kubernetes.io/last-applied-configuration"

/* --- sizes ---------------------------------------------------------------------------------- */

/* v1.34 pkg/controller/deployment/util: surge is rounded up, unavailable down; not both 0. */
void
fenceposts_resolve(const RollingUpdateDeployment *rolling,
                   gint32 desired,
                   gint32 *out_surge,
                   gint32 *out_unavailable)
{
    gint32 surge = 0;
    gint32 unavailable = 0;

    if (rolling != NULL) {
        surge = int_or_string_scale(&rolling->max_surge, desired, TRUE);
        unavailable = int_or_string_scale(&rolling->max_unavailable, desired, FALSE);
    }
    if (surge == 0 && unavailable == 0)
        unavailable = 1;
    *out_surge = surge;
    *out_unavailable = unavailable;
}

gboolean
deployment_is_rolling(const ApiObject *deployment)
{
    return str_is(deployment_spec(deployment)->strategy.type, "RollingUpdate");
}

gint32
deployment_max_surge(const ApiObject *deployment)
{
    const DeploymentSpec *spec = deployment_spec(deployment);
    gint32 surge;
    gint32 unavailable;

    if (!deployment_is_rolling(deployment))
        return 0;
    fenceposts_resolve(spec->strategy.rolling_update, replicas_of(spec->replicas), &surge,
                       &unavailable);
    return surge;
}

gint32
deployment_max_replicas(const ApiObject *deployment)
{
    return int32_plus(replicas_of(deployment_spec(deployment)->replicas), deployment_max_surge(deployment));
}

gint32
deployment_max_unavailable(const ApiObject *deployment)
{
    const DeploymentSpec *spec = deployment_spec(deployment);
    gint32 desired = replicas_of(spec->replicas);
    gint32 surge;
    gint32 unavailable;

    if (!deployment_is_rolling(deployment) || desired == 0)
        return 0;
    fenceposts_resolve(spec->strategy.rolling_update, desired, &surge, &unavailable);
    return MIN(unavailable, desired);
}

/* v1.34 pkg/controller/deployment/util, NewRSNewReplicas. */
gint32
deployment_new_set_size(const ApiObject *deployment, gint32 total, gint32 new_size)
{
    gint32 desired = replicas_of(deployment_spec(deployment)->replicas);
    gint32 max = deployment_max_replicas(deployment);

    if (!deployment_is_rolling(deployment))
        return desired;
    if (total >= max)
        return new_size;
    return int32_plus(new_size, MIN(int32_minus(max, total), int32_minus(desired, new_size)));
}

gboolean
deployment_has_deadline(const ApiObject *deployment)
{
    const DeploymentSpec *spec = deployment_spec(deployment);

    return spec->progress_deadline_s.is_set && spec->progress_deadline_s.value != NO_LIMIT;
}

/* --- sums ----------------------------------------------------------------------------------- */

static gint32
sum_sets(const GArray *sets, const SetRef *more, gint32 (*value)(const ApiObject *set))
{
    gint32 sum = 0;

    for (guint i = 0; i < sets->len; i++)
        sum = int32_plus(sum, value(g_array_index(sets, SetRef, i).object));
    if (more != NULL && more->object != NULL)
        sum = int32_plus(sum, value(more->object));
    return sum;
}

static gint32
value_spec(const ApiObject *set)
{
    return replicas_of(replica_set_spec(set)->replicas);
}

static gint32
value_status(const ApiObject *set)
{
    return replica_set_status(set)->replicas;
}

static gint32
value_ready(const ApiObject *set)
{
    return replica_set_status(set)->ready_replicas;
}

static gint32
value_available(const ApiObject *set)
{
    return replica_set_status(set)->available_replicas;
}

gint32
sets_spec_replicas(const GArray *sets, const SetRef *more)
{
    return sum_sets(sets, more, value_spec);
}

gint32
sets_status_replicas(const GArray *sets, const SetRef *more)
{
    return sum_sets(sets, more, value_status);
}

gint32
sets_ready_replicas(const GArray *sets, const SetRef *more)
{
    return sum_sets(sets, more, value_ready);
}

gint32
sets_available_replicas(const GArray *sets, const SetRef *more)
{
    return sum_sets(sets, more, value_available);
}

/* --- annotations ------------------------------------------------------------------------------ */

gboolean
set_revision(const ApiObject *set, gint64 *out_revision)
{
    const char *text = str_map_get(&set->meta->annotations, REVISION_ANNOTATION);

    if (text == NULL) {
        *out_revision = 0;
        return TRUE;
    }
    return text_to_int(text, out_revision);
}

/* v1.34 pkg/controller/deployment/util, getNonNegativeInt32FromAnnotation. */
gboolean
set_annotation_int(const ApiObject *set, const char *key, gint32 *out_value)
{
    gint64 value;

    if (!text_to_int(str_map_get(&set->meta->annotations, key), &value) || value > G_MAXINT32 || value < 0)
        return FALSE;
    *out_value = (gint32)value;
    return TRUE;
}

static gboolean
put_annotation(StrMap *annotations, const char *key, const char *value)
{
    if (str_is(str_map_get(annotations, key), value))
        return FALSE;
    str_map_set(annotations, str_intern(key), value);
    return TRUE;
}

gboolean
set_replicas_annotations(ObjectMeta *meta, gint32 desired, gint32 max)
{
    gboolean has_changed = FALSE;

    has_changed |=
        put_annotation(&meta->annotations, DESIRED_ANNOTATION, str_internf("%d", desired));
    has_changed |= put_annotation(&meta->annotations, MAX_ANNOTATION, str_internf("%d", max));
    return has_changed;
}

static gboolean
is_internal_annotation(const char *key)
{
    static const char *const internal[] = {
        LAST_APPLIED,       REVISION_ANNOTATION, REVISION_HISTORY_ANNOTATION,
        DESIRED_ANNOTATION, MAX_ANNOTATION,      ROLLBACK_ANNOTATION,
    };

    for (guint i = 0; i < G_N_ELEMENTS(internal); i++)
        if (str_is(key, internal[i]))
            return TRUE;
    return FALSE;
}

/* The list of former revisions is kept within 2000 characters by dropping the oldest. */
static void
append_history(ObjectMeta *meta, const char *revision)
{
    const char *history = str_map_get(&meta->annotations, REVISION_HISTORY_ANNOTATION);
    const char *start = history;
    gsize length;

    if (str_is_empty(history)) {
        str_map_set(&meta->annotations, str_intern(REVISION_HISTORY_ANNOTATION), revision);
        return;
    }
    length = strlen(history) + strlen(revision) + 1;
    while (length > HISTORY_LENGTH_MAX && start != NULL) {
        const char *comma = strchr(start, ',');
        gsize dropped = comma == NULL ? strlen(start) + 1 : (gsize)(comma - start) + 1;

        length -= dropped;
        start = comma == NULL ? NULL : comma + 1;
    }
    if (length > HISTORY_LENGTH_MAX)
        return;
    str_map_set(&meta->annotations, str_intern(REVISION_HISTORY_ANNOTATION),
                start == NULL ? revision : str_internf("%s,%s", start, revision));
}

/* v1.34 pkg/controller/deployment/util, SetNewReplicaSetAnnotations. */
gboolean
set_new_annotations(const ApiObject *deployment, ObjectMeta *meta, gint64 revision, gboolean exists)
{
    const StrMap *own = &deployment->meta->annotations;
    const char *old_text;
    gint64 old_revision = 0;
    gboolean has_changed = FALSE;

    for (guint i = 0; i < own->count; i++)
        if (!is_internal_annotation(own->items[i].key))
            has_changed |=
                put_annotation(&meta->annotations, own->items[i].key, own->items[i].value);

    old_text = str_map_get(&meta->annotations, REVISION_ANNOTATION);
    if (!str_is_empty(old_text) && !text_to_int(old_text, &old_revision))
        return FALSE;
    if (old_revision < revision) {
        str_map_set(&meta->annotations, str_intern(REVISION_ANNOTATION),
                    str_internf("%" G_GINT64_FORMAT, revision));
        has_changed = TRUE;
        /* It had another revision before: somebody rolls back to it. */
        if (old_text != NULL)
            append_history(meta, old_text);
    }
    if (!exists) {
        gint32 desired = replicas_of(deployment_spec(deployment)->replicas);

        has_changed |=
            set_replicas_annotations(meta, desired, deployment_max_replicas(deployment));
    }
    return has_changed;
}

gboolean
deployment_set_revision(ApiObject *deployment, const char *revision)
{
    if (str_is(str_map_get(&deployment->meta->annotations, REVISION_ANNOTATION), revision))
        return FALSE;
    str_map_set(&api_edit_meta(deployment)->annotations, str_intern(REVISION_ANNOTATION), revision);
    return TRUE;
}

void
deployment_take_annotations(ApiObject *deployment, const ApiObject *set)
{
    const StrMap *old = &deployment->meta->annotations;
    const StrMap *from = &set->meta->annotations;
    StrMap taken = {0};

    for (guint i = 0; i < old->count; i++)
        if (is_internal_annotation(old->items[i].key))
            str_map_set(&taken, old->items[i].key, old->items[i].value);
    for (guint i = 0; i < from->count; i++)
        if (!is_internal_annotation(from->items[i].key))
            str_map_set(&taken, from->items[i].key, from->items[i].value);
    str_map_copy(&api_edit_meta(deployment)->annotations, &taken);
    str_map_clear(&taken);
}
