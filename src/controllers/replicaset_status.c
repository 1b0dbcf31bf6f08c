#include "controllers/replicaset_sync.h"

#include "api/names.h"
#include "api/selector.h"
#include "base/caches.h"

/* From so many pods on it is worth making the text. */
#define TOKEN_FROM 64

const char *
replica_set_token(const ApiObject *set, guint n_pods)
{
    const ReplicaSetSpec *spec = replica_set_spec(set);
    LabelSelector label_selector = replica_set_selector(set);
    g_autoptr(Selector) selector = NULL;

    if (n_pods < TOKEN_FROM)
        return NULL;
    selector = selector_from_label_selector(&label_selector);
    return str_internf("%s|%s|%s", api_uid(set), selector_format(selector),
                       str_map_format(&spec->template_.metadata.labels, ""));
}

/* Among the pods are some that are still to be adopted: those are not noted. */
static gboolean
is_fully_labelled(const ApiObject *set,
                  const ApiObject *pod,
                  const StrMap *labels,
                  const char *token)
{
    gboolean fits = token != NULL && pod->fits == token;

    if (fits && !caches_are_checked())
        return TRUE;
    if (!str_map_contains_all(&pod->meta->labels, labels)) {
        g_assert(!fits);
        return FALSE;
    }
    if (token != NULL && pod->ref_count > 1 && api_is_controlled_by(pod, set))
        ((ApiObject *)pod)->fits = token;
    return TRUE;
}

/* v1.34 pkg/controller/replicaset/replica_set_utils.go, calculateStatus. */
PodCounts
replica_set_count_pods(const ApiObject *set, const GPtrArray *pods, gint64 wall_ns)
{
    const ReplicaSetSpec *spec = replica_set_spec(set);
    const char *token = replica_set_token(set, pods->len);
    PodCounts counts = {.pods = (gint32)pods->len};

    for (guint i = 0; i < pods->len; i++) {
        const ApiObject *pod = pods->pdata[i];

        pods_prefetch(pods, i);
        if (is_fully_labelled(set, pod, &spec->template_.metadata.labels, token))
            counts.fully_labelled++;
        if (!pod_is_ready(pod))
            continue;
        counts.ready++;
        if (spec->min_ready_s == 0 || pod_is_available(pod, spec->min_ready_s, wall_ns))
            counts.available++;
    }
    return counts;
}

/* While the condition is there it keeps its first message. */
static void
mark_failure(const ApiObject *set,
             gint32 n_pods,
             const char *error,
             gint64 wall_ns,
             ReplicaSetStatus *status)
{
    gboolean is_present = condition_find(&status->conditions, "ReplicaFailure") != NULL;
    gint64 excess = (gint64)n_pods - replicas_of(replica_set_spec(set)->replicas);
    Condition condition = {
        .type = str_intern("ReplicaFailure"),
        .status = str_intern("True"),
        .reason = str_intern(excess < 0 ? "FailedCreate" : "FailedDelete"),
        .last_transition_time = api_time_seconds(wall_ns),
    };

    if (error == NULL) {
        condition_remove(&status->conditions, "ReplicaFailure");
    } else if (!is_present) {
        condition.message = str_intern(error);
        condition_put(&status->conditions, &condition);
    }
}

void
replica_set_calculate_status(const ApiObject *set,
                             const PodCounts *counts,
                             const char *error,
                             gint64 wall_ns,
                             ReplicaSetStatus *status)
{
    status->replicas = counts->pods;
    status->fully_labeled_replicas = counts->fully_labelled;
    status->ready_replicas = counts->ready;
    status->available_replicas = counts->available;
    mark_failure(set, counts->pods, error, wall_ns, status);
    status->observed_generation = set->meta->generation;
}

/* --- new pods --------------------------------------------------------------------------------- */

void
pod_maker_init(PodMaker *maker, const PodTemplateSpec *template_, const ApiObject *owner)
{
    const char *prefix = str_internf("%s-", api_name(owner));
    StrList messages = {0};

    maker->template_ = template_;
    maker->owner = owner;
    maker->spec = api_part_new(&pod_spec_type);
    api_struct_copy(&pod_spec_type, maker->spec, &template_->spec);
    maker->status = api_part_new(&pod_status_type);
    maker->prefix =
        name_check(NAME_DNS_SUBDOMAIN, prefix, TRUE, &messages) ? prefix : api_name(owner);
    g_free(messages.items);
}

void
pod_maker_clear(PodMaker *maker)
{
    api_part_unref(maker->spec);
    api_part_unref(maker->status);
}

/* v1.34 pkg/controller/controller_utils.go, GetPodFromTemplate. */
ApiObject *
pod_maker_make(PodMaker *maker)
{
    const ObjectMeta *from = &maker->template_->metadata;
    ApiObject *pod = api_object_of_parts(&pod_kind, api_namespace(maker->owner), NULL, maker->spec, maker->status);
    ObjectMeta *meta = api_edit_meta(pod);

    meta->generate_name = maker->prefix;
    str_map_copy(&meta->labels, &from->labels);
    str_map_copy(&meta->annotations, &from->annotations);
    for (guint i = 0; i < from->finalizers.count; i++)
        str_list_add(&meta->finalizers, from->finalizers.items[i]);
    api_set_controller(meta, maker->owner);
    return pod;
}
