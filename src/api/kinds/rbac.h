/*
 * kinds/rbac.h - Role, RoleBinding, ClusterRole, ClusterRoleBinding (rbac.authorization.k8s.io/v1, v1.34)
 */
#pragma once

#include "api/kinds/meta.h"

#define RBAC_GROUP "rbac.authorization.k8s.io"

typedef struct {
    StrList verbs, api_groups, resources, resource_names, non_resource_urls;
} PolicyRule;
typedef API_LIST_OF(PolicyRule) PolicyRuleList;
typedef struct {
    API_LIST_OF(LabelSelector) cluster_role_selectors;
} AggregationRule;
typedef struct { /* body of roles; namespaced ones have no aggregation */
    PolicyRuleList rules;
    AggregationRule *aggregation;
} RoleBody;

typedef struct {
    const char *kind, *api_group, *name, *namespace_;
} RbacSubject;
typedef struct {
    const char *api_group, *kind, *name;
} RoleRef;
typedef struct { /* body of bindings */
    API_LIST_OF(RbacSubject) subjects;
    RoleRef role_ref;
} RoleBindingBody;

extern const ApiKind role_kind, role_binding_kind, cluster_role_kind, cluster_role_binding_kind;
extern const ApiType policy_rule_type;

static inline const RoleBody *
role_body(const ApiObject *role)
{
    return role->body;
}
static inline const RoleBindingBody *
role_binding_body(const ApiObject *binding)
{
    return binding->body;
}
