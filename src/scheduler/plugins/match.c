/* match.c - taints, node selectors, inter-pod terms; see plugins.h */

#include "scheduler/plugins/plugins.h"

#include "api/selector.h"

gboolean
sched_taint_is_tolerated(const TolerationList *tolerations, const Taint *taint)
{
    for (guint i = 0; i < tolerations->count; i++) {
        if (toleration_matches(&tolerations->items[i], taint->key, taint->value, taint->effect))
            return TRUE;
    }
    return FALSE;
}

const Taint *
sched_untolerated_taint(const ApiObject *node, const TolerationList *tolerations)
{
    const NodeSpec *spec = node_spec(node);

    for (guint i = 0; i < spec->taints.count; i++) {
        const Taint *taint = &spec->taints.items[i];

        if (!str_is(taint->effect, "NoSchedule") && !str_is(taint->effect, "NoExecute"))
            continue;
        if (!sched_taint_is_tolerated(tolerations, taint))
            return taint;
    }
    return NULL;
}

/* --- inter-pod terms ---------------------------------------------------------------------------------- */

/* v1.34 pkg/scheduler/framework/types.go: AffinityTerm.Matches */
gboolean
sched_affinity_term_matches(const SchedCache *cache,
                            const PodAffinityTerm *term,
                            const char *owner_namespace,
                            const ApiObject *pod)
{
    static const StrMap unknown = {0};
    const char *namespace_ = api_namespace(pod);
    gboolean is_meant;

    if (term->namespaces.count == 0 && term->namespace_selector == NULL)
        is_meant = str_is(namespace_, owner_namespace);
    else
        is_meant = str_list_contains(&term->namespaces, namespace_) ||
                   (term->namespace_selector != NULL &&
                    label_selector_matches(term->namespace_selector,
                                           cache == NULL ? &unknown
                                                         : sched_cache_namespace_labels(cache, namespace_)));
    return is_meant && label_selector_matches(term->label_selector, &pod->meta->labels);
}

gboolean
sched_affinity_all_match(const SchedCache *cache,
                         const PodTermList *terms,
                         const char *owner_namespace,
                         const ApiObject *pod)
{
    for (guint i = 0; i < terms->count; i++) {
        if (!sched_affinity_term_matches(cache, terms->items[i].term, owner_namespace, pod))
            return FALSE;
    }
    return terms->count > 0;
}

gboolean
sched_event_is_own(const PodInfo *waiting, const ClusterEvent *event)
{
    const ApiObject *object = event->object != NULL ? event->object : event->old;

    return object != NULL && object->kind == &pod_kind && api_key(object) == waiting->key;
}
