/*
 * Roles and their bindings: tables, defaults, validation, kinds.
 *
 * Models: v1.34 pkg/apis/rbac/v1/defaults.go, pkg/apis/rbac/validation.
 */
#include "api/kinds/rbac.h"
#include "api/kinds/hooks.h"
#include "api/kinds/tables.h"

static const ApiField policy_rule_fields[] = {
    {"verbs", API_STR_LIST, AT(PolicyRule, verbs), API_REQUIRED | API_ALWAYS,
     .doc = "What may be done: get, list, create and so on; \"*\" is everything."},
    {"apiGroups", API_STR_LIST, AT(PolicyRule, api_groups),
     .doc = "Groups of the resources; \"\" is the core group, \"*\" every one."},
    {"resources", API_STR_LIST, AT(PolicyRule, resources),
     .doc = "What it may be done to: pods, pods/log and so on; \"*\" is everything."},
    {"resourceNames", API_STR_LIST, AT(PolicyRule, resource_names), .doc = "Only objects of these names; none: all."},
    {"nonResourceURLs", API_STR_LIST, AT(PolicyRule, non_resource_urls),
     .doc = "Paths that are no resources, in ClusterRoles only; a * may stand at the end."},
    {0},
};
const ApiType policy_rule_type = TYPE("PolicyRule", PolicyRule, policy_rule_fields, "What is allowed.");

static const ApiField aggregation_fields[] = {
    {"clusterRoleSelectors", API_MESSAGE_LIST, AT(AggregationRule, cluster_role_selectors), .message = &label_selector_type,
     .doc = "ClusterRoles whose rules are collected here."},
    {0},
};
static const ApiType aggregation_type =
    TYPE("AggregationRule", AggregationRule, aggregation_fields, "How rules are collected.");

#define RULES                                                                                                          \
    {"rules", API_MESSAGE_LIST, AT(RoleBody, rules), API_REQUIRED | API_ALWAYS, .message = &policy_rule_type,          \
     .doc = "What is allowed; nothing forbids."}
static const ApiField role_fields[] = {RULES, {0}};
static const ApiField cluster_role_fields[] = {
    RULES,
    {"aggregationRule", API_MESSAGE, AT(RoleBody, aggregation), .message = &aggregation_type,
     .doc = "If it is set, the rules are collected from other ClusterRoles."},
    {0},
};
static const ApiType role_type = TYPE("Role", RoleBody, role_fields, "Rules for one namespace.");
static const ApiType cluster_role_type =
    TYPE("ClusterRole", RoleBody, cluster_role_fields, "Rules for the whole cluster, or for any namespace.");

static const ApiField subject_fields[] = {
    {"kind", API_STRING, AT(RbacSubject, kind), API_REQUIRED | API_ALWAYS, .doc = "User, Group or ServiceAccount."},
    {"apiGroup", API_STRING, AT(RbacSubject, api_group), .doc = "Empty for a ServiceAccount, else " RBAC_GROUP "."},
    {"name", API_STRING, AT(RbacSubject, name), API_REQUIRED | API_ALWAYS, .doc = "Name of the subject."},
    {"namespace", API_STRING, AT(RbacSubject, namespace_), .doc = "Namespace of a ServiceAccount."},
    {0},
};
static const ApiType subject_type = TYPE("Subject", RbacSubject, subject_fields, "Who is allowed.");
static const ApiField role_ref_fields[] = {
    {"apiGroup", API_STRING, AT(RoleRef, api_group), API_REQUIRED | API_ALWAYS, .doc = "Always " RBAC_GROUP "."},
    {"kind", API_STRING, AT(RoleRef, kind), API_REQUIRED | API_ALWAYS, .doc = "Role or ClusterRole."},
    {"name", API_STRING, AT(RoleRef, name), API_REQUIRED | API_ALWAYS, .doc = "Name of the role."},
    {0},
};
static const ApiType role_ref_type = TYPE("RoleRef", RoleRef, role_ref_fields, "The role that is given.");
static const ApiField binding_fields[] = {
    {"subjects", API_MESSAGE_LIST, AT(RoleBindingBody, subjects), .message = &subject_type, .doc = "Who gets the role."},
    {"roleRef", API_STRUCT, AT(RoleBindingBody, role_ref), API_REQUIRED | API_IMMUTABLE | API_ALWAYS,
     .message = &role_ref_type, .doc = "The role, which cannot be changed later."},
    {0},
};
static const ApiType binding_type =
    TYPE("RoleBinding", RoleBindingBody, binding_fields, "Gives a role within one namespace.");
static const ApiType cluster_binding_type =
    TYPE("ClusterRoleBinding", RoleBindingBody, binding_fields, "Gives a role in the whole cluster.");

/* --- defaults ------------------------------------------------------------------------------------------------ */

static void
binding_set_defaults(ApiObject *object)
{
    RoleBindingBody *body = api_edit_body(object);

    if (str_is_empty(body->role_ref.api_group))
        body->role_ref.api_group = str_intern(RBAC_GROUP);
    for (guint i = 0; i < body->subjects.count; i++) {
        RbacSubject *subject = &body->subjects.items[i];

        if (str_is_empty(subject->api_group) && (str_is(subject->kind, "User") || str_is(subject->kind, "Group")))
            subject->api_group = str_intern(RBAC_GROUP);
    }
}

/* --- validation ------------------------------------------------------------------------------------------------ */

/* ValidatePolicyRule; the cursor stands on the rule. */
static void
check_rule(ApiErrors *errors, const PolicyRule *rule, gboolean is_namespaced)
{
    gboolean has_resources = rule->api_groups.count > 0 || rule->resources.count > 0 || rule->resource_names.count > 0;

    if (rule->verbs.count == 0)
        field_required(errors, "verbs", "verbs must contain at least one value");
    if (rule->non_resource_urls.count > 0) {
        const char *printed = print_str_list(&rule->non_resource_urls);

        if (is_namespaced)
            field_invalid_raw(errors, "nonResourceURLs", printed, "namespaced rules cannot apply to non-resource URLs");
        if (has_resources)
            field_invalid_raw(errors, "nonResourceURLs", printed,
                          "rules cannot apply to both regular resources and non-resource URLs");
        return;
    }
    if (rule->api_groups.count == 0)
        field_required(errors, "apiGroups", "resource rules must supply at least one api group");
    if (rule->resources.count == 0)
        field_required(errors, "resources", "resource rules must supply at least one resource");
}

static void
check_aggregation(ApiErrors *errors, const AggregationRule *aggregation)
{
    api_errors_push(errors, "aggregationRule");
    if (aggregation->cluster_role_selectors.count == 0)
        field_required(errors, "clusterRoleSelectors",
                       "at least one clusterRoleSelector required if aggregationRule is non-nil");
    for (guint i = 0; i < aggregation->cluster_role_selectors.count; i++)
        check_label_selector(errors, str_internf("clusterRoleSelectors[%u]", i), &aggregation->cluster_role_selectors.items[i]);
    api_errors_pop(errors);
}

/* ValidateRole, ValidateClusterRole */
static void
role_validate(const ApiObject *object, ApiErrors *errors)
{
    const RoleBody *body = role_body(object);

    api_errors_push(errors, "rules");
    for (guint i = 0; i < body->rules.count; i++) {
        api_errors_push_index(errors, i);
        check_rule(errors, &body->rules.items[i], object->kind->is_namespaced);
        api_errors_pop(errors);
    }
    api_errors_pop(errors);
    if (body->aggregation != NULL)
        check_aggregation(errors, body->aggregation);
}

/* ValidateRoleBindingSubject; the cursor stands on the subject. */
static void
check_subject(ApiErrors *errors, const RbacSubject *subject, gboolean is_namespaced)
{
    static const char *const kinds[] = {"ServiceAccount", "User", "Group", NULL};
    static const char *const groups[] = {RBAC_GROUP, NULL};
    static const char *const none[] = {"", NULL};

    if (str_is_empty(subject->name))
        field_required(errors, "name", NULL);
    if (str_is(subject->kind, "ServiceAccount")) {
        if (!str_is_empty(subject->name))
            check_name(errors, "name", NAME_DNS_SUBDOMAIN, subject->name);
        if (!str_is_empty(subject->api_group))
            field_not_supported(errors, "apiGroup", subject->api_group, none);
        if (!is_namespaced && str_is_empty(subject->namespace_))
            field_required(errors, "namespace", NULL);
    } else if (str_is(subject->kind, "User") || str_is(subject->kind, "Group")) {
        if (str_is_empty(subject->name))
            field_invalid_string(errors, "name", "",
                                 str_is(subject->kind, "User") ? "user name cannot be empty" : "group name cannot be empty");
        if (!str_is(subject->api_group, RBAC_GROUP))
            field_not_supported(errors, "apiGroup", str_or_empty(subject->api_group), groups);
    } else {
        field_not_supported(errors, "kind", str_or_empty(subject->kind), kinds);
    }
}

/* ValidateRoleBinding, ValidateClusterRoleBinding */
static void
binding_validate(const ApiObject *object, ApiErrors *errors)
{
    static const char *const groups[] = {RBAC_GROUP, NULL};
    static const char *const kinds[] = {"Role", "ClusterRole", NULL};
    const RoleBindingBody *body = role_binding_body(object);
    const RoleRef *ref = &body->role_ref;
    gboolean is_namespaced = object->kind->is_namespaced;
    const char *const *allowed = is_namespaced ? kinds : kinds + 1;

    api_errors_push(errors, "roleRef");
    if (!str_is(ref->api_group, RBAC_GROUP))
        field_not_supported(errors, "apiGroup", str_or_empty(ref->api_group), groups);
    if (ref->kind == NULL || !g_strv_contains(allowed, ref->kind))
        field_not_supported(errors, "kind", str_or_empty(ref->kind), allowed);
    if (str_is_empty(ref->name))
        field_required(errors, "name", NULL);
    else
        check_name(errors, "name", NAME_PATH_SEGMENT, ref->name);
    api_errors_pop(errors);
    api_errors_push(errors, "subjects");
    for (guint i = 0; i < body->subjects.count; i++) {
        api_errors_push_index(errors, i);
        check_subject(errors, &body->subjects.items[i], is_namespaced);
        api_errors_pop(errors);
    }
    api_errors_pop(errors);
}

static void
binding_validate_update(const ApiObject *object, const ApiObject *old, ApiErrors *errors)
{
    const RoleRef *ref = &role_binding_body(object)->role_ref;

    if (!api_struct_equal(&role_ref_type, ref, &role_binding_body(old)->role_ref))
        field_invalid_raw(errors, "roleRef",
                          str_internf("{\"APIGroup\":%s,\"Kind\":%s,\"Name\":%s}", api_quote(str_or_empty(ref->api_group)),
                                      api_quote(str_or_empty(ref->kind)), api_quote(str_or_empty(ref->name))),
                          "cannot change roleRef");
}

/* --- kinds ------------------------------------------------------------------------------------------------------- */

const ApiKind role_kind = {
    .kind = "Role",
    .group = RBAC_GROUP,
    .version = "v1",
    .plural = "roles",
    .singular = "role",
    .is_created_by_update = TRUE,
    .is_namespaced = TRUE,
    .allows_unconditional_update = TRUE,
    .body = &role_type,
    .doc = "Rules that say what may be done within a namespace.",
    .validate = role_validate,
    .update_steps = "MVMVU",
    .name_rule = NAME_PATH_SEGMENT,
};

const ApiKind cluster_role_kind = {
    .kind = "ClusterRole",
    .group = RBAC_GROUP,
    .version = "v1",
    .plural = "clusterroles",
    .singular = "clusterrole",
    .is_created_by_update = TRUE,
    .allows_unconditional_update = TRUE,
    .body = &cluster_role_type,
    .doc = "Rules that say what may be done in the whole cluster, or in a namespace where a RoleBinding refers to it.",
    .validate = role_validate,
    .update_steps = "MVMVU",
    .name_rule = NAME_PATH_SEGMENT,
};

const ApiKind role_binding_kind = {
    .kind = "RoleBinding",
    .group = RBAC_GROUP,
    .version = "v1",
    .plural = "rolebindings",
    .singular = "rolebinding",
    .is_created_by_update = TRUE,
    .is_namespaced = TRUE,
    .allows_unconditional_update = TRUE,
    .body = &binding_type,
    .doc = "Gives the rules of a role to users, groups and service accounts within a namespace.",
    .set_defaults = binding_set_defaults,
    .validate = binding_validate,
    .validate_update = binding_validate_update,
    .update_steps = "MVMVUD",
    .name_rule = NAME_PATH_SEGMENT,
};

const ApiKind cluster_role_binding_kind = {
    .kind = "ClusterRoleBinding",
    .group = RBAC_GROUP,
    .version = "v1",
    .plural = "clusterrolebindings",
    .singular = "clusterrolebinding",
    .is_created_by_update = TRUE,
    .allows_unconditional_update = TRUE,
    .body = &cluster_binding_type,
    .doc = "Gives the rules of a ClusterRole to users, groups and service accounts in the whole cluster.",
    .set_defaults = binding_set_defaults,
    .validate = binding_validate,
    .validate_update = binding_validate_update,
    .update_steps = "MVMVUD",
    .name_rule = NAME_PATH_SEGMENT,
};
