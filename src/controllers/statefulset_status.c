#include "controllers/statefulset_sync.h"

static void
count_pod(const StatefulSync *sync, const ApiObject *pod, StatefulSetStatus *status)
{
    const char *revision = str_map_get(&pod->meta->labels, STATEFUL_REVISION_LABEL);
    const char *phase = pod_status(pod)->phase;

    if (str_is_empty(phase))
        return;
    status->replicas++;
    if (str_is(phase, "Running") && pod_is_ready(pod)) {
        status->ready_replicas++;
        if (pod_is_available(pod, stateful_set_spec(sync->set)->min_ready_s, sync->r->wall_ns))
            status->available_replicas++;
    }
    if (api_is_deleting(pod) || revision == NULL)
        return;
    if (str_is(revision, api_name(sync->current)))
        status->current_replicas++;
    if (str_is(revision, api_name(sync->update)))
        status->updated_replicas++;
}

/* v1.34 pkg/controller/statefulset/stateful_set_utils.go, completeRollingUpdate. */
static void
complete_rolling(const ApiObject *set, StatefulSetStatus *status)
{
    const StatefulSetSpec *spec = stateful_set_spec(set);
    gint32 wanted = replicas_of(spec->replicas);

    if (!str_is(spec->update_strategy.type, "RollingUpdate") ||
        status->updated_replicas != wanted || status->ready_replicas != wanted ||
        status->replicas != wanted)
        return;
    status->current_replicas = status->updated_replicas;
    status->current_revision = status->update_revision;
}

/* v1.34 pkg/controller/statefulset/stateful_set_control.go, updateStatus. */
void
stateful_calculate_status(const StatefulSync *sync, StatefulSetStatus *status)
{
    status->observed_generation = sync->set->meta->generation;
    status->current_revision = api_name(sync->current);
    status->update_revision = api_name(sync->update);
    status->collision_count = OPT_INT32(sync->collision_count);
    status->replicas = status->ready_replicas = status->available_replicas = 0;
    status->current_replicas = status->updated_replicas = 0;
    for (guint i = 0; i < sync->pods->len; i++)
        count_pod(sync, sync->pods->pdata[i], status);
    status->current_replicas -= sync->current_less;
    complete_rolling(sync->set, status);
}
