#include "controllers/disruption.h"

/*
 * v1.34 pkg/controller/disruption, getExpectedScale: the sum of what the
 * controllers of the pods want. A controller is looked for by the owner reference:
 * the Deployment above a ReplicaSet, a ReplicaSet without one, a ReplicationController, a StatefulSet, then
 * anything with a scale subresource, which is a ReplicaSet here whose Deployment is
 * gone.
 */

static const ApiObject *
find_owner(View *view, const OwnerReference *reference, const ApiKind *kind, const char *namespace_)
{
    const ApiObject *owner;

    if (!str_is(reference->kind, kind->kind) ||
        !str_is(reference->api_version, api_kind_api_version(kind)))
        return NULL;
    owner = view_get(view, kind, namespace_, reference->name);
    return owner != NULL && str_is(api_uid(owner), reference->uid) ? owner : NULL;
}

static const ApiObject *
find_scaled(View *view, const OwnerReference *reference, const char *namespace_, gint32 *out_scale)
{
    const ApiObject *set = find_owner(view, reference, &replica_set_kind, namespace_);
    const OwnerReference *above = set == NULL ? NULL : api_controller_of(set);
    const ApiObject *deployment =
        above == NULL ? NULL : find_owner(view, above, &deployment_kind, namespace_);

    if (deployment != NULL) {
        *out_scale = replicas_of(deployment_spec(deployment)->replicas);
        return deployment;
    }
    if (set != NULL) {
        *out_scale = replicas_of(replica_set_spec(set)->replicas);
        return set;
    }
    set = find_owner(view, reference, &replication_controller_kind, namespace_);
    if (set != NULL) {
        *out_scale = replicas_of(replica_set_spec(set)->replicas);
        return set;
    }
    set = find_owner(view, reference, &stateful_set_kind, namespace_);
    if (set != NULL)
        *out_scale = replicas_of(stateful_set_spec(set)->replicas);
    return set;
}

/* Why there is none: the kind is unknown, has no scale, or the object is not there. */
static const char *
explain_missing(const OwnerReference *reference, const ApiObject *pod)
{
    const ApiKind *kind = api_kind_find(reference->api_version, reference->kind);

    if (kind == NULL)
        return str_internf("no matches for kind %s in version %s", api_quote(reference->kind),
                           api_quote(reference->api_version));
    if (kind != &deployment_kind && kind != &replica_set_kind && kind != &stateful_set_kind &&
        kind != &replication_controller_kind)
        return str_internf("%s does not implement the scale subresource",
                           api_kind_group_resource(kind));
    return str_internf("found no controllers for pod %s", api_quote(api_name(pod)));
}

gboolean
disruption_expected_scale(View *view,
                          const GPtrArray *pods,
                          gint32 *out_scale,
                          guint *out_unmanaged,
                          const char **out_error)
{
    g_autoptr(GPtrArray) known = g_ptr_array_new(); /* owners and what is above them, once each */

    *out_scale = 0;
    *out_unmanaged = 0;
    for (guint i = 0; i < pods->len; i++) {
        const ApiObject *pod = pods->pdata[i];
        const OwnerReference *reference = api_controller_of(pod);
        const ApiObject *scaled;
        gint32 scale = 0;

        if (reference == NULL) {
            (*out_unmanaged)++;
            continue;
        }
        scaled = find_scaled(view, reference, api_namespace(pod), &scale);
        if (scaled == NULL) {
            *out_error = explain_missing(reference, pod);
            return FALSE;
        }
        if (g_ptr_array_find(known, scaled, NULL))
            continue;
        g_ptr_array_add(known, (gpointer)scaled);
        *out_scale += scale;
    }
    return TRUE;
}
