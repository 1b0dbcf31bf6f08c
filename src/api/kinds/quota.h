/*
 * kinds/quota.h - ResourceQuota and LimitRange (v1, v1.34), and what counts against a quota
 *
 * Which resources an object uses is asked by the API server, which charges it, and by
 * the controller, which counts anew: v1.34 pkg/quota/v1/evaluator/core.
 */
#pragma once

#include "api/kinds/pod.h"

typedef struct {
    const char *scope_name, *operator_;
    StrList values;
} ScopeRequirement;
typedef struct {
    API_LIST_OF(ScopeRequirement) match_expressions;
} ScopeSelector;
typedef struct {
    QuantityMap hard;
    StrList scopes;
    ScopeSelector *scope_selector;
} QuotaSpec;
typedef struct {
    QuantityMap hard, used;
} QuotaStatus;

typedef struct {
    const char *type; /* "Pod", "Container", "PersistentVolumeClaim" */
    QuantityMap max, min, default_, default_request, max_ratio;
} LimitRangeItem;
typedef struct {
    API_LIST_OF(LimitRangeItem) limits;
} LimitRangeSpec;

extern const ApiKind resource_quota_kind, limit_range_kind;
extern const ApiType quota_spec_type, quota_status_type, limit_range_spec_type;

static inline const QuotaSpec *
quota_spec(const ApiObject *quota)
{
    return quota->spec;
}
static inline const QuotaStatus *
quota_status(const ApiObject *quota)
{
    return quota->status;
}
static inline const LimitRangeSpec *
limit_range_spec(const ApiObject *object)
{
    return object->spec;
}

/* --- evaluators ---------------------------------------------------------------------------------- */

/* quota_tracks: objects of @kind use resource @name ("requests.cpu", "count/pods"). */
gboolean quota_tracks(const ApiKind *kind, const char *name);
gboolean quota_tracks_any(const ApiKind *kind, const QuantityMap *hard);
/* quota_usage: what @object uses, added to @usage. */
void quota_usage(const ApiObject *object, gint64 wall_ns, QuantityMap *usage);
/* quota_pod_counts: a pod that is over, or should be, uses nothing but its place in storage. */
gboolean quota_pod_counts(const ApiObject *pod, gint64 wall_ns);
/* quota_has_scope: all scopes of the quota take @object. */
gboolean quota_has_scope(const QuotaSpec *spec, const ApiObject *object);
/* quota_missing: "must specify cpu for: a,b; ..." for a pod without what @hard counts; NULL: fine. (interned) */
const char *quota_missing(const QuantityMap *hard, const ApiObject *object);

/* Sums: v1.34 apiserver/pkg/quota/v1. */
void quota_add(QuantityMap *sum, const QuantityMap *other);
/* quota_mask: only what @names has. */
void quota_mask(QuantityMap *map, const QuantityMap *names);
gboolean quota_equal(const QuantityMap *a, const QuantityMap *b);
/* quota_print: "cpu=1,pods=3". (interned) */
const char *quota_print(const QuantityMap *map);
void quantity_map_copy(QuantityMap *to, const QuantityMap *from); /* replaces what was in @to */
