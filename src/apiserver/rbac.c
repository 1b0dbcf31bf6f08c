/*
 * rbac.c - whether somebody else than the administrator may do what a request asks for
 *
 * Asked only where a request is made in another's name (kubectl --as); who is who is not checked.
 *
 * Models: v1.34 plugin/pkg/auth/authorizer/rbac/rbac.go, pkg/registry/rbac/validation/rule.go, pkg/apis/rbac/v1/evaluation_helpers.go;
 * apiserver endpoints/handlers/responsewriters/errors.go; endpoints/filters/impersonation.go. DEVIATES: of the default roles only
 * cluster-admin is known, and nobody has one without a binding.
 */

#include "apiserver/server.h"

static gboolean
has_group(const ApiIdentity *identity, const char *group)
{
    for (guint i = 0; i < identity->n_groups; i++)
        if (str_is(identity->groups[i], group))
            return TRUE;
    return FALSE;
}

/* appliesToUser */
static gboolean
is_subject(const RbacSubject *subject, const ApiIdentity *identity, const char *namespace_)
{
    const char *of = str_is_empty(subject->namespace_) ? namespace_ : subject->namespace_;

    if (str_is(subject->kind, "User"))
        return str_is(subject->name, identity->user);
    if (str_is(subject->kind, "Group"))
        return has_group(identity, subject->name);
    return of != NULL && str_is(identity->user, str_internf("system:serviceaccount:%s:%s", of, subject->name));
}

static gboolean
takes(const StrList *list, const char *word)
{
    for (guint i = 0; i < list->count; i++)
        if (str_is(list->items[i], "*") || str_is(list->items[i], word))
            return TRUE;
    return FALSE;
}

/* ResourceMatches: "*", the resource with its subresource, or "*" with the subresource. */
static gboolean
takes_resource(const StrList *list, const ApiAttributes *what)
{
    const char *word = what->subresource == NULL ? what->resource
                                                 : str_internf("%s/%s", what->resource, what->subresource);

    return takes(list, word) ||
           (what->subresource != NULL && takes(list, str_internf("*/%s", what->subresource)));
}

static gboolean
takes_path(const StrList *list, const char *path)
{
    for (guint i = 0; i < list->count; i++) {
        const char *url = list->items[i];
        gsize length = strlen(url);

        if (str_is(url, path) || (length > 0 && url[length - 1] == '*' && strncmp(url, path, length - 1) == 0))
            return TRUE;
    }
    return FALSE;
}

/* RuleAllows */
static gboolean
rule_allows(const PolicyRule *rule, const ApiAttributes *what)
{
    if (!takes(&rule->verbs, what->verb))
        return FALSE;
    if (what->path != NULL)
        return takes_path(&rule->non_resource_urls, what->path);
    return takes(&rule->api_groups, what->group) && takes_resource(&rule->resources, what) &&
           (rule->resource_names.count == 0 || (what->name != NULL && str_list_contains(&rule->resource_names, what->name)));
}

/* The role behind a binding; a missing one is told of. */
static gboolean
role_allows(ApiServer *server, const ApiObject *binding, const ApiAttributes *what, GPtrArray *missing)
{
    const RoleRef *ref = &role_binding_body(binding)->role_ref;
    gboolean is_cluster = str_is(ref->kind, "ClusterRole");
    const ApiKind *kind = is_cluster ? &cluster_role_kind : &role_kind;
    const ApiObject *role =
        cache_get(server, storage_key(server, kind, is_cluster ? NULL : api_namespace(binding), ref->name));

    if (role == NULL && is_cluster && str_is(ref->name, "cluster-admin"))
        return TRUE;
    if (role == NULL) {
        g_ptr_array_add(missing, (gpointer)str_internf("%s.%s \"%s\" not found", kind->singular, kind->group, ref->name));
        return FALSE;
    }
    for (guint i = 0; i < role_body(role)->rules.count; i++)
        if (rule_allows(&role_body(role)->rules.items[i], what))
            return TRUE;
    return FALSE;
}

static gboolean
bindings_allow(ApiServer *server,
               const ApiKind *kind,
               const ApiIdentity *identity,
               const ApiAttributes *what,
               GPtrArray *missing)
{
    g_autoptr(GPtrArray) bindings = g_ptr_array_new();

    cache_list(server, kind, kind->is_namespaced ? what->namespace_ : NULL, bindings);
    for (guint i = 0; i < bindings->len; i++) {
        const RoleBindingBody *body = role_binding_body(bindings->pdata[i]);
        gboolean is_meant = FALSE;

        for (guint k = 0; k < body->subjects.count && !is_meant; k++)
            is_meant = is_subject(&body->subjects.items[k], identity, kind->is_namespaced ? what->namespace_ : NULL);
        if (is_meant && role_allows(server, bindings->pdata[i], what, missing))
            return TRUE;
    }
    return FALSE;
}

/* "RBAC: ..." of several errors: in brackets. NULL: nothing was missing. (interned) */
static const char *
missing_text(const GPtrArray *missing)
{
    g_autoptr(GString) text = g_string_new(NULL);

    for (guint i = 0; i < missing->len; i++)
        g_string_append_printf(text, "%s%s", i > 0 ? ", " : "", (const char *)missing->pdata[i]);
    return missing->len == 0   ? NULL
           : missing->len == 1 ? str_internf("RBAC: %s", text->str)
                               : str_internf("RBAC: [%s]", text->str);
}

gboolean
rbac_allows(ApiServer *server, const ApiIdentity *identity, const ApiAttributes *what, const char **out_why)
{
    g_autoptr(GPtrArray) missing = g_ptr_array_new();

    *out_why = NULL;
    if (has_group(identity, "system:masters") || bindings_allow(server, &cluster_role_binding_kind, identity, what, missing) ||
        (what->namespace_ != NULL && bindings_allow(server, &role_binding_kind, identity, what, missing)))
        return TRUE;
    *out_why = missing_text(missing);
    return FALSE;
}

/* --- requests ------------------------------------------------------------------------------------------ */

static const char *
verb_word(ApiVerb verb)
{
    switch (verb) {
    case VERB_GET:
        return "get";
    case VERB_LIST:
        return "list";
    case VERB_CREATE:
        return "create";
    case VERB_UPDATE:
        return "update";
    case VERB_PATCH:
        return "patch";
    case VERB_DELETE:
        return "delete";
    case VERB_DELETE_COLLECTION:
        return "deletecollection";
    default:
        return "watch";
    }
}

/* forbiddenMessage */
static ApiStatus *
refusal(const ApiIdentity *identity, const ApiKind *kind, const ApiAttributes *what, const char *why)
{
    const char *resource = what->subresource == NULL ? what->resource
                                                     : str_internf("%s/%s", what->resource, what->subresource);
    const char *where = what->namespace_ == NULL ? "at the cluster scope"
                                                 : str_internf("in the namespace %s", api_quote(what->namespace_));
    const char *text =
        str_internf("User %s cannot %s resource %s in API group %s %s%s%s", api_quote(identity->user), what->verb,
                    api_quote(resource), api_quote(what->group), where, why == NULL ? "" : ": ", why == NULL ? "" : why);

    return api_status_forbidden(kind, what->name == NULL ? "" : what->name, text);
}

static void
answer_review(Call *call, const ApiReview *review)
{
    const char *why = NULL;
    ApiResponse *response;

    if (!rbac_allows(call->server, &review->who, &review->what, &why)) {
        call_fail(call, api_status_new(403, "Forbidden", why == NULL ? "" : why));
        return;
    }
    response = api_response_new();
    response->code = 201;
    call_answer(call, response);
}

gboolean
rbac_stops(Call *call)
{
    const ApiRequest *request = call->request;
    const ApiReview *review = request->review;
    ApiAttributes what = {.verb = verb_word(request->verb),
                          .group = request->kind->group,
                          .resource = request->kind->plural,
                          .subresource = request->subresource,
                          .namespace_ = request->namespace_,
                          .name = str_is_empty(request->name) ? NULL : request->name};
    const char *why = NULL;

    if (review == NULL)
        return FALSE;
    if (review->what.verb != NULL) {
        answer_review(call, review);
        return TRUE;
    }
    if (what.name == NULL && request->object != NULL && request->verb != VERB_CREATE)
        what.name = api_name(request->object);
    if (request->kind == &namespace_kind)
        what.namespace_ = what.name; /* a namespace lies in itself */
    if (rbac_allows(call->server, &review->who, &what, &why))
        return FALSE;
    call_fail(call, refusal(&review->who, request->kind, &what, why));
    return TRUE;
}
