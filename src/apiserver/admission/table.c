/* table.c - the plugins in the order in which they run */

#include "apiserver/admission/admission.h"

const AdmissionPlugin *const admission_plugins[] = {
    &namespace_lifecycle_plugin, &limit_ranger_plugin,       &service_account_plugin,
    &taint_nodes_plugin,         &pod_security_plugin,       &priority_plugin,
    &default_toleration_plugin,
    &default_storage_class_plugin, &storage_in_use_plugin,   &claim_resize_plugin,
    &runtime_class_plugin,       &resource_quota_plugin,
    NULL,
};

const ApiObject *
admission_lookup(const Admission *admission,
                 const ApiKind *kind,
                 const char *namespace_,
                 const char *name)
{
    const EtcdKey *key = storage_key(admission->server, kind, namespace_, name);
    const ApiObject *found = cache_get(admission->server, key);

    if (found == NULL && admission->attempt > 0)
        found = etcd_get(key);
    return found;
}
