/*
 * taint_nodes.c - a new node is not ready until its kubelet says so
 *
 * Models: v1.34 plugin/pkg/admission/nodetaint (TaintNodesByCondition).
 */

#include "apiserver/admission/admission.h"

static ApiStatus *
taint_nodes_mutate(Admission *admission)
{
    const char *key = str_intern("node.kubernetes.io/not-ready");
    const char *effect = str_intern("NoSchedule");
    NodeSpec *spec = api_edit_spec(admission->object);

    for (guint i = 0; i < spec->taints.count; i++)
        if (str_is(spec->taints.items[i].key, key) && str_is(spec->taints.items[i].effect, effect))
            return NULL;

    Taint *taint = API_LIST_ADD(&spec->taints);

    taint->key = key;
    taint->effect = effect;
    return NULL;
}

static gboolean
taint_nodes_looks_at(const ApiKind *kind, AdmissionOperation operation, gboolean is_of_part)
{
    (void)is_of_part;
    return kind == &node_kind && operation == ADMISSION_CREATE;
}

const AdmissionPlugin taint_nodes_plugin = {
    .name = "TaintNodesByCondition",
    .looks_at = taint_nodes_looks_at,
    .mutate = taint_nodes_mutate,
};
