/*
 * budget.c - may this pod be disrupted?
 *
 * Models: v1.34 registry/core/pod/storage/eviction.go: getPodDisruptionBudgets,
 * checkAndDecrement. The budget is taken down before the pod is deleted, and
 * remembers the pod until its controller has seen the deletion.
 */

#include "api/profile.h"
#include "apiserver/server.h"

#define DISRUPTED_PODS_MAX 2000
#define BUSY_RETRY_S       10

const ApiObject *
budget_find(const GPtrArray *budgets, const ApiObject *pod, guint *out_count)
{
    const ApiObject *found = NULL;

    *out_count = 0;
    for (guint i = 0; i < budgets->len; i++) {
        const ApiObject *budget = g_ptr_array_index(budgets, i);

        if (!pdb_covers(budget, pod))
            continue;
        if ((*out_count)++ == 0)
            found = budget;
    }
    return found;
}

gboolean
budget_spares(const ApiObject *budget, const ApiObject *pod)
{
    const PdbStatus *status = pdb_status(budget);

    if (pod_is_ready(pod))
        return FALSE;
    if (str_is(pdb_spec(budget)->unhealthy_pod_eviction_policy, "AlwaysAllow"))
        return TRUE;
    return status->current_healthy >= status->desired_healthy && status->desired_healthy > 0;
}

static ApiStatus *
refuse(gint32 retry_after_s, const char *cause_text)
{
    ApiStatus *status = api_status_too_many_requests(
        "Cannot evict pod as it would violate the pod's disruption budget.", retry_after_s);
    ApiCause *cause = API_LIST_ADD(&status->causes);

    cause->reason = str_intern("DisruptionBudget");
    cause->message = cause_text;
    return status;
}

ApiStatus *
budget_busy(const char *name)
{
    return refuse(BUSY_RETRY_S,
                  str_internf("The disruption budget %s is still being processed by the server.",
                              name));
}

static ApiStatus *
forbid(const ApiObject *budget, const char *why)
{
    ApiStatus *status = api_status_forbidden(&pdb_kind, api_name(budget), why);

    /* The server's own word for the resource is the singular here. */
    status->message = str_internf("poddisruptionbudget.policy %s is forbidden: %s",
                                  api_quote(api_name(budget)), why);
    status->kind = str_intern("poddisruptionbudget");
    return status;
}

/* Why nothing may go. Up to v1.34 it is always the numbers, which say little if they could not be counted. */
static const char *
explain_none(const ApiObject *budget, guint version_minor)
{
    const PdbStatus *status = pdb_status(budget);
    const Condition *condition = condition_find(&status->conditions, "DisruptionAllowed");
    gboolean is_told = profile_has(FEATURE_EVICTION_WORDS, version_minor);
    gboolean has_reason =
        condition != NULL && str_is(condition->status, "False") && !str_is_empty(condition->message);

    if (is_told && has_reason && str_is(condition->reason, "SyncFailed"))
        return str_internf("The disruption budget %s does not allow evicting pods currently because it failed sync: %s",
                           api_name(budget), condition->message);
    if (!is_told || status->current_healthy <= status->desired_healthy)
        return str_internf("The disruption budget %s needs %d healthy pods and has %d currently", api_name(budget),
                           status->desired_healthy, status->current_healthy);
    if (has_reason)
        return str_internf("The disruption budget %s does not allow evicting pods currently (%s): %s", api_name(budget),
                           condition->reason, condition->message);
    return str_internf("The disruption budget %s does not allow evicting pods currently", api_name(budget));
}

ApiStatus *
budget_take(ApiServer *server, const ApiObject *budget, const char *pod, ApiObject **out_taken)
{
    const PdbStatus *before = pdb_status(budget);
    gint64 now = sim_wall_ns(server->sim);
    g_autofree char *since = time_format_rfc3339(now);

    *out_taken = NULL;
    if (before->observed_generation < budget->meta->generation)
        return budget_busy(api_name(budget));
    if (before->disruptions_allowed < 0)
        return forbid(budget, "pdb disruptions allowed is negative");
    if (before->disrupted_pods.count > DISRUPTED_PODS_MAX)
        return forbid(budget, "DisruptedPods map too big - too many evictions not confirmed by PDB "
                              "controller");
    if (before->disruptions_allowed == 0)
        return refuse(0, explain_none(budget, server->options.version_minor));
    *out_taken = api_object_copy(budget);

    PdbStatus *status = api_edit_status(*out_taken);

    status->disruptions_allowed--;
    if (status->disruptions_allowed == 0)
        pdb_set_allowed_condition(status, now);
    str_map_set(&status->disrupted_pods, pod, str_intern(since));
    return NULL;
}
