/*
 * budget.c - may this pod be disrupted?
 *
 * The place where disruption budgets are asked before an eviction. A budget
 * answers with 429 "Cannot evict pod as it would violate the pod's disruption
 * budget."; without a budget for the pod nothing holds it.
 */

#include "apiserver/server.h"

ApiStatus *
budget_ask(ApiServer *server, const ApiObject *pod)
{
    (void)server;
    (void)pod;
    return NULL;
}
