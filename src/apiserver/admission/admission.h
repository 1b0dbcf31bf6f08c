/*
 * admission.h - what stands between a decoded object and storage
 *
 * Models: the built-in plugins of v1.34 in their order. A plugin is one file
 * that exports one const AdmissionPlugin, and one line in table.c. The mutating
 * pass runs over all plugins first, then come strategy and validation, then the
 * validating pass. A plugin that must look again later asks for a wait; it is
 * called again with the next attempt number, so it must not have changed the
 * object by then.
 */
#pragma once

#include "apiserver/server.h"

typedef struct {
    Call *call;
    ApiServer *server;
    AdmissionOperation operation;
    const ApiKind *kind;
    const char *namespace_, *name, *subresource; /* interned; name may be NULL */
    ApiObject *object;                           /* private; NULL for deletes */
    const ApiObject *old;                        /* updates and deletes */
    /* a pod whose spec went through all of this before: only look at what may have changed */
    gboolean is_known;
    guint attempt;    /* 0, 1, ... of this plugin */
    gint64 wait_ns;   /* out: > 0: call again after it */
    gboolean is_live; /* out, with wait_ns: the wait is a read of etcd */
} Admission;

typedef struct {
    const char *name;
    /*
     * Asked once for each kind: FALSE: all such requests pass, in both passes, whatever they say and whatever there is in
     * the cluster. @is_of_part: for a subresource.
     */
    gboolean (*looks_at)(const ApiKind *kind, AdmissionOperation operation, gboolean is_of_part);
    /* What it says depends on a pod's spec alone: a pod whose spec has been through all of this is not shown to it. */
    gboolean is_of_spec;
    /* Both may be NULL. Returns: (owned) the refusal, or NULL. */
    ApiStatus *(*mutate)(Admission *admission);
    ApiStatus *(*validate)(Admission *admission);
} AdmissionPlugin;

extern const AdmissionPlugin *const admission_plugins[]; /* table.c; NULL-terminated */

extern const AdmissionPlugin namespace_lifecycle_plugin, service_account_plugin, taint_nodes_plugin, pod_security_plugin,
    priority_plugin, default_toleration_plugin, runtime_class_plugin, limit_ranger_plugin, default_storage_class_plugin,
    storage_in_use_plugin, claim_resize_plugin, resource_quota_plugin;

/* limit_ranger_has_ranges: pods of the namespace may be changed by bounds that come and go. */
gboolean limit_ranger_has_ranges(ApiServer *server, const char *namespace_);

/*
 * admission_lookup: from the watch cache, or from etcd once the plugin has waited for it.
 * (borrowed)
 */
const ApiObject *admission_lookup(const Admission *admission,
                                  const ApiKind *kind,
                                  const char *namespace_,
                                  const char *name);

/*
 * admission_mutate: the first pass. FALSE if a plugin waits: @again is called
 * later and must call this again. @again NULL: plugins cannot wait.
 */
gboolean admission_mutate(Call *call,
                          ApiObject *object,
                          const ApiObject *old,
                          AdmissionOperation operation,
                          CallStep again,
                          ApiStatus **out_status);
ApiStatus *admission_validate(Call *call,
                              ApiObject *object,
                              const ApiObject *old,
                              AdmissionOperation operation);
