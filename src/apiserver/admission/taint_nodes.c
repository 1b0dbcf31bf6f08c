/*
 * taint_nodes.c - a new node is not ready until its kubelet says so
 *
 * Models: v1.34 plugin/pkg/admission/nodetaint (TaintNodesByCondition).
 */

#include "apiserver/admission/admission.h"

static ApiStatus *
taint_nodes_mutate(Admission *admission)
{
    if (admission->kind != &node_kind || admission->operation != ADMISSION_CREATE)
        return NULL;

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

const AdmissionPlugin taint_nodes_plugin = {
    .name = "TaintNodesByCondition",
    .mutate = taint_nodes_mutate,
};
